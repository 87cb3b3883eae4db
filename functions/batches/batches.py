"""Routes of staff for supplier batches: fill one, buy from the supplier, walk it to completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal
from uuid import UUID

import sheets
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Query
from backshop import db, outbox
from backshop.commerce import Model
from backshop.db import Tx
from backshop.errors import Conflict, FieldError, NotFound
from backshop.kits.batches import repository as batches
from backshop.kits.batches import rules
from backshop.kits.batches.models import (
    Batch,
    BatchStatistics,
    BatchStatus,
    Candidate,
    PurchaseItem,
)
from backshop.kits.deliveries import repository as deliveries
from backshop.kits.deliveries.models import DeliveryUpdate, LockedOrder
from backshop.kits.deliveries.rules import step
from backshop.kits.models import Note
from backshop.web import callers, http, idempotency, paging, routes
from pydantic import BaseModel, Field

app = routes.app("Batches")
handler = routes.handler(app)


class NewBatch(Model):
    target_order_count: int = Field(default=20, ge=1, le=100_000)
    notes: Note | None = None
    auto_assign: bool = Field(
        default=False,
        description="Whether it takes orders placed from now on by itself; one batch may.",
    )


class Assignment(Model):
    order_codes: list[str] = Field(min_length=1, max_length=10_000)


class StatusChange(Model):
    status: BatchStatus


class BatchPosition(BaseModel):
    number: str = Field(pattern=r"^\d{8}-\d{4,9}$")


class BatchDetails(Batch):
    """A batch with its statistics."""

    statistics: BatchStatistics


class LeftOutOrder(BaseModel):
    order_code: str
    reason: str


class Assigned(BaseModel):
    """What became of the orders."""

    assigned: int
    refused: list[LeftOutOrder]
    batch: Batch


class PurchaseItems(BaseModel):
    items: list[PurchaseItem]


class PurchaseList(PurchaseItems):
    """The purchase list of a batch."""

    batch_number: str


BATCH = {
    "id": "5f0c1f0e-6a53-4a44-9b1c-2d7a4f0b8e11",
    "batch_number": "20261120-0001",
    "status": "collecting",
    "target_order_count": 20,
    "order_count": 1,
    "notes": "Away shirts",
    "created_at": "2026-11-20T03:19:21Z",
    "updated_at": "2026-11-20T03:19:21Z",
    "auto_assign": True,
}
STATISTICS = {
    "batch_id": BATCH["id"],
    "batch_number": BATCH["batch_number"],
    "status": "collecting",
    "target_order_count": 20,
    "order_count": 1,
    "cancelled_count": 0,
    "item_count": 2,
    "total_value": {"LKR": "5000.00"},
    "orders_by_stage": {"ORDER_CONFIRMED": 1},
    "completion_percentage": "5.00",
    "delivered_percentage": "0",
}
ITEM = {
    "product_sku": "SHIRT",
    "variant_sku": "SHIRT-M",
    "product_name": "Shirt",
    "variant_name": "Shirt M",
    "quantity": 2,
    "patch_enabled": True,
    "patch_type": "league",
    "print_name": "PERERA",
    "print_number": "10",
}


@routes.route(
    app,
    "POST /batches",
    scope="staff",
    status=201,
    problems=[Conflict],
    example=BATCH,
    body_example={"target_order_count": 20, "notes": "Away shirts", "auto_assign": True},
)
def create(body: NewBatch, key: idempotency.Key = None) -> Batch:
    """Make a batch that collects orders, under the next number of the day."""
    try:
        with db.transaction(store_id=_store_id()) as tx:
            claim = idempotency.claim(tx, app.current_event.raw_event, key)
            batch = batches.create(tx, body.target_order_count, body.notes, body.auto_assign)
            return claim.keep(batch)
    except db.UniqueViolation:
        raise Conflict(
            "Another batch already takes orders by itself; move it on first, or leave out "
            "auto_assign.",
            slug="auto-assign-taken",
        ) from None


@routes.route(app, "GET /batches", scope="staff", example={"items": [BATCH], "next_cursor": None})
def index(
    status: BatchStatus | None = None,
    completed: bool | None = None,
    q: paging.Search = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[Batch]:
    """The store's batches, newest first; `completed=false` are those that are not, `q` part of a
    number or of notes, or the code of an order in it."""
    before = paging.position(cursor, BatchPosition)
    with db.transaction(store_id=_store_id()) as tx:
        number = before.number if before else None
        rows = batches.list_batches(tx, status, number, limit + 1, q=q, completed=completed)
    return paging.page(rows, limit, lambda last: BatchPosition(number=last.batch_number))


@routes.route(app, "GET /batches/<id>", scope="staff", example=BATCH | {"statistics": STATISTICS})
def show(id: UUID) -> BatchDetails:
    """A batch with its statistics."""
    with db.transaction(store_id=_store_id()) as tx:
        batch = batches.batch(tx, id)
        return BatchDetails(**batch.model_dump(), statistics=batches.statistics(tx, id))


@routes.route(
    app,
    "POST /batches/<id>/orders",
    scope="staff",
    problems=[Conflict],
    example={
        "assigned": 1,
        "refused": [{"order_code": "KITS-1002", "reason": "the order is cancelled"}],
        "batch": BATCH,
    },
    body_example={"order_codes": ["KITS-1001", "KITS-1002"]},
)
def assign(id: UUID, body: Assignment, key: idempotency.Key = None) -> Assigned:
    """Put orders into a batch that collects; those that cannot be are listed with the reason."""
    codes = list(dict.fromkeys(body.order_codes))
    store_id = _store_id()

    def save() -> Assigned:
        with db.transaction(store_id=store_id) as tx:
            claim = idempotency.claim(tx, app.current_event.raw_event, key)
            _check_collecting(batches.batch(tx, id))
            assigned = batches.assign(tx, id, codes, by=_actor())
            left_out = [code for code in codes if code not in assigned]
            known = batches.candidates(tx, left_out) if left_out else {}
            batch = batches.batch(tx, id)
            _check_collecting(batch)
            refused = _left_out(left_out, known, batch)
            answer = Assigned(assigned=len(assigned), refused=refused, batch=batch)
            return claim.keep(answer, status=200)

    return db.despite_deadlocks(save)


@routes.route(
    app,
    "DELETE /batches/<id>/orders/<code>",
    scope="staff",
    problems=[Conflict],
    example=BATCH | {"order_count": 0},
)
def unassign(id: UUID, code: str) -> Batch:
    """Take an order out of a batch that collects; no batch takes it by itself again."""
    with db.transaction(store_id=_store_id()) as tx:
        deliveries.lock_delivery(tx, code)
        _check_collecting(batches.batch(tx, id, lock=True))
        if not batches.unassign(tx, id, code):
            raise NotFound("The order is not in this batch.")
        return batches.batch(tx, id)


@routes.route(
    app,
    "PUT /batches/<id>/status",
    scope="staff",
    problems=[Conflict],
    example=BATCH | {"status": "orderedFromSupplier"},
    body_example={"status": "orderedFromSupplier"},
)
def move(id: UUID, body: StatusChange) -> Batch:
    """Take a batch one step on, and its orders with it."""
    store_id = _store_id()

    def save() -> tuple[Batch, list[outbox.Row]]:
        with db.transaction(store_id=store_id) as tx:
            rows = _move(tx, id, body.status, by=_actor())
            return batches.batch(tx, id), rows

    batch, rows = db.despite_deadlocks(save)
    outbox.announce(rows)
    return batch


@routes.route(
    app,
    "POST /batches/<id>/export",
    scope="staff",
    problems=[Conflict],
    example={"items": [ITEM]},
)
def export(id: UUID) -> PurchaseItems:
    """Write the purchase list anew while the batch collects, and return it."""
    with db.transaction(store_id=_store_id()) as tx:
        _check_collecting(batches.batch(tx, id))
        return PurchaseItems(items=batches.export_purchase_list(tx, id))


@routes.route(
    app,
    "GET /batches/<id>/purchase-list",
    scope="staff",
    example={"batch_number": BATCH["batch_number"], "items": [ITEM]},
    answers={
        "text/csv": "With `?format=csv`: one line per item, UTF-8 with a byte order mark.",
        sheets.XLSX: "With `?format=xlsx`: a workbook with one sheet.",
    },
)
def purchase_list(
    id: UUID, kind: Annotated[Literal["json", "csv", "xlsx"], Query(alias="format")] = "json"
) -> PurchaseList | Response[bytes]:
    """The purchase list as JSON, CSV or XLSX.

    While the batch collects it is that of the orders of now, and nothing is kept; afterwards it is
    the one that was ordered.
    """
    with db.transaction(store_id=_store_id()) as tx:
        batch = batches.batch(tx, id)
        if batch.status is BatchStatus.COLLECTING:
            with tx.transaction(force_rollback=True):
                items = batches.export_purchase_list(tx, id)
        else:
            items = batches.purchase_list(tx, id)
    name = f"purchase-list-{batch.batch_number}.{kind}"
    if kind == "csv":
        return http.download(name, "text/csv; charset=utf-8", sheets.as_csv(items))
    if kind == "xlsx":
        return http.download(name, sheets.XLSX, sheets.as_xlsx(items, batch.batch_number))
    return PurchaseList(batch_number=batch.batch_number, items=items)


def _left_out(
    codes: Sequence[str], known: Mapping[str, Candidate], batch: Batch
) -> list[LeftOutOrder]:
    return [
        LeftOutOrder(
            order_code=code, reason=rules.why_left_out(known.get(code), batch.batch_number)
        )
        for code in codes
    ]


def _move(tx: Tx, batch_id: UUID, status: BatchStatus, *, by: str) -> list[outbox.Row]:
    """Move the batch and its orders; the outbox rows to announce."""
    orders = deliveries.lock_batch_deliveries(tx, batch_id)
    batch = batches.batch(tx, batch_id, lock=True)
    if not rules.next_status(batch.status, status):
        return []
    if batch.order_count != len(orders):
        raise Conflict("Orders joined the batch just now; try again.", slug="batch-changed")
    _check_arrived(orders, status)
    rows = _take_along(tx, orders, status, by=by)
    if status is BatchStatus.ORDERED_FROM_SUPPLIER:
        batches.export_purchase_list(tx, batch_id)
    batches.set_status(tx, batch_id, status)
    return rows


def _check_arrived(orders: dict[str, LockedOrder], status: BatchStatus) -> None:
    """Raise Conflict with the orders that are not yet where the batch is to go."""
    stage = rules.STAGE_BEFORE_STATUS.get(status)
    if stage is None:
        return
    rest = [each for each in orders.values() if step(each.delivery.stage) < step(stage)]
    if rest:
        raise Conflict(
            f"{len(rest)} orders of the batch are not at {stage} yet; deliver them first.",
            slug="orders-not-there",
            errors=[
                FieldError(field=each.order_code, message=f"is at {each.delivery.stage}")
                for each in rest
            ],
        )


def _take_along(
    tx: Tx, orders: dict[str, LockedOrder], status: BatchStatus, *, by: str
) -> list[outbox.Row]:
    """Bring the orders that are behind to the stage of the batch; the outbox rows to
    announce."""
    stage = rules.STAGE_OF_STATUS.get(status)
    if stage is None:
        return []
    behind = [each for each in orders.values() if step(each.delivery.stage) < step(stage)]
    updates = [
        DeliveryUpdate(each.order_code, each.delivery._replace(stage=stage)) for each in behind
    ]
    deliveries.save_deliveries(tx, updates, by=by)
    return outbox.put_all(
        tx,
        "delivery_stage",
        [(f"order:{each.vendure_order_id}", {"order_code": each.order_code}) for each in behind],
    )


def _check_collecting(batch: Batch) -> None:
    if batch.status is not BatchStatus.COLLECTING:
        raise Conflict(
            f"The batch is at {batch.status}; only one that collects can be changed.",
            slug="batch-closed",
        )


def _store_id() -> UUID:
    return callers.store_of_call(app.current_event.raw_event, "deliveries")


def _actor() -> str:
    return callers.principal(app.current_event.raw_event).actor
