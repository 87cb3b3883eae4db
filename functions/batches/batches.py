"""Routes of staff for supplier batches: fill one, buy from the supplier, walk it to completion."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sheets
from aws_lambda_powertools.event_handler import Response
from backshop import db, outbox
from backshop.commerce import Platform
from backshop.db import Tx
from backshop.errors import BadRequest, Conflict, FieldError, NotFound
from backshop.kits.batches import repository as batches
from backshop.kits.batches import rules as batches_rules
from backshop.kits.batches.models import BatchStatus, Candidate
from backshop.kits.deliveries import models
from backshop.kits.deliveries import repository as deliveries
from backshop.kits.deliveries import rules as deliveries_rules
from backshop.kits.models import Note
from backshop.web import old as http
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PAGE = 50

app = http.app()
handler = http.handler(app)


class NewBatch(BaseModel):
    """POST /batches. `auto_assign`: takes orders placed from now on by itself; one batch may."""

    model_config = ConfigDict(extra="forbid")

    target_order_count: int = Field(default=20, ge=1, le=100_000)
    notes: Note | None = None
    auto_assign: bool = False


class Assignment(BaseModel):
    model_config = ConfigDict(extra="forbid")

    order_codes: list[str] = Field(min_length=1, max_length=10_000)


class StatusChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    status: BatchStatus


class Query(BaseModel):
    """GET /batches?status=&cursor=; the cursor is the last answer's `next_cursor`."""

    status: BatchStatus | None = None
    cursor: str | None = Field(default=None, pattern=r"^\d{8}-\d{4,9}$")


@app.post("/batches")
def create() -> Response[str]:
    """A new batch that collects orders, under the next number of the day."""
    http.require(app, "staff")
    asked = http.body(app, NewBatch)
    try:
        with db.transaction(store_id=_store_id()) as tx:
            made = batches.create(tx, asked.target_order_count, asked.notes, asked.auto_assign)
    except db.UniqueViolation:
        raise Conflict(
            "Another batch already takes orders by itself; move it on first, or leave out "
            "auto_assign.",
            slug="auto-assign-taken",
        ) from None
    return http.reply(201, _shown(made))


@app.get("/batches")
def index() -> Response[str]:
    """The batches, newest first, 50 at a time."""
    http.require(app, "staff")
    try:
        asked = Query.model_validate(app.current_event.query_string_parameters)
    except ValidationError:
        raise BadRequest(
            f"status is one of {', '.join(BatchStatus)}; cursor is the last answer's next_cursor."
        ) from None
    with db.transaction(store_id=_store_id()) as tx:
        rows = batches.batches(tx, asked.status, asked.cursor, PAGE + 1)
    more = rows[PAGE - 1]["batch_number"] if len(rows) > PAGE else None
    return http.reply(200, {"batches": [_shown(row) for row in rows[:PAGE]], "next_cursor": more})


@app.get("/batches/<id>")
def show(id: str) -> Response[str]:
    """A batch with its statistics."""
    http.require(app, "staff")
    with db.transaction(store_id=_store_id()) as tx:
        batch = batches.batch(tx, _id(id))
        statistics = batches.statistics(tx, _id(id))
    return http.reply(200, _shown(batch) | {"statistics": statistics})


@app.post("/batches/<id>/orders")
def assign(id: str) -> Response[str]:
    """Put orders into a batch that collects; those that cannot be are listed with the reason."""
    caller = http.require(app, "staff")
    codes = list(dict.fromkeys(http.body(app, Assignment).order_codes))
    store_id, batch_id = _store_id(), _id(id)

    def save() -> tuple[set[str], dict[str, Candidate], batches.Row]:
        with db.transaction(store_id=store_id) as tx:
            _check_collecting(batches.batch(tx, batch_id))
            assigned = batches.assign(tx, batch_id, codes, by=f"{caller.kind}:{caller.id}")
            left_out = [code for code in codes if code not in assigned]
            known = batches.candidates(tx, left_out) if left_out else {}
            batch = batches.batch(tx, batch_id)
            _check_collecting(batch)
            return assigned, known, batch

    assigned, known, batch = db.despite_deadlocks(save)
    refused = [
        {
            "order_code": code,
            "reason": batches_rules.why_left_out(known.get(code), batch["batch_number"]),
        }
        for code in codes
        if code not in assigned
    ]
    return http.reply(200, {"assigned": len(assigned), "refused": refused, "batch": _shown(batch)})


@app.delete("/batches/<id>/orders/<code>")
def unassign(id: str, code: str) -> Response[str]:
    """Take an order out of a batch that collects; no batch takes it by itself again."""
    http.require(app, "staff")
    with db.transaction(store_id=_store_id()) as tx:
        deliveries.lock_delivery(tx, code)
        _check_collecting(batches.batch(tx, _id(id), lock=True))
        if not batches.unassign(tx, _id(id), code):
            raise NotFound("The order is not in this batch.")
        batch = batches.batch(tx, _id(id))
    return http.reply(200, _shown(batch))


@app.put("/batches/<id>/status")
def move(id: str) -> Response[str]:
    """Take a batch one step on, and its orders with it."""
    caller = http.require(app, "staff")
    asked = http.body(app, StatusChange).status
    store_id, batch_id = _store_id(), _id(id)

    def save() -> tuple[batches.Row, list[outbox.Row]]:
        with db.transaction(store_id=store_id) as tx:
            rows = _move(tx, batch_id, asked, by=f"{caller.kind}:{caller.id}")
            return batches.batch(tx, batch_id), rows

    batch, rows = db.despite_deadlocks(save)
    outbox.announce(rows)
    return http.reply(200, _shown(batch))


def _move(tx: Tx, batch_id: UUID, asked: BatchStatus, *, by: str) -> list[outbox.Row]:
    """Move the batch and its orders; the outbox rows to announce."""
    held = deliveries.lock_batch_deliveries(tx, batch_id)
    batch = batches.batch(tx, batch_id, lock=True)
    if not batches_rules.next_status(BatchStatus(batch["status"]), asked):
        return []
    if batch["order_count"] != len(held):
        raise Conflict("Orders joined the batch just now; try again.", slug="batch-changed")
    _check_arrived(held, asked)
    rows = _take_along(tx, held, asked, by=by)
    if asked is BatchStatus.ORDERED_FROM_SUPPLIER:
        batches.export_purchase_list(tx, batch_id)
    batches.set_status(tx, batch_id, asked)
    return rows


@app.post("/batches/<id>/export")
def export(id: str) -> Response[str]:
    """Write the purchase list anew while the batch collects, and return it."""
    http.require(app, "staff")
    with db.transaction(store_id=_store_id()) as tx:
        _check_collecting(batches.batch(tx, _id(id)))
        items = batches.export_purchase_list(tx, _id(id))
    return http.reply(200, {"items": items})


@app.get("/batches/<id>/purchase-list")
def purchase_list(id: str) -> Response[Any]:
    """The purchase list as JSON, or as a file with ?format=csv or ?format=xlsx. While the batch
    collects it is written anew; afterwards it is the one that was ordered."""
    http.require(app, "staff")
    kind = app.current_event.query_string_parameters.get("format", "json")
    if kind not in ("json", "csv", "xlsx"):
        raise BadRequest("format is one of json, csv, xlsx.")
    with db.transaction(store_id=_store_id()) as tx:
        batch = batches.batch(tx, _id(id))
        collecting = batch["status"] == BatchStatus.COLLECTING
        read = batches.export_purchase_list if collecting else batches.purchase_list
        items = read(tx, _id(id))
    name = f"purchase-list-{batch['batch_number']}.{kind}"
    if kind == "csv":
        return http.download(name, "text/csv; charset=utf-8", sheets.as_csv(items))
    if kind == "xlsx":
        return http.download(name, sheets.XLSX, sheets.as_xlsx(items, batch["batch_number"]))
    return http.reply(200, {"batch_number": batch["batch_number"], "items": items})


def _check_arrived(held: dict[str, models.LockedOrder], asked: BatchStatus) -> None:
    """Raise Conflict with the orders that are not yet where the batch is to go."""
    stage = batches_rules.STAGE_BEFORE_STATUS.get(asked)
    if stage is None:
        return
    rest = [
        each
        for each in held.values()
        if deliveries_rules.step(each.delivery.stage) < deliveries_rules.step(stage)
    ]
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
    tx: Tx, held: dict[str, models.LockedOrder], asked: BatchStatus, *, by: str
) -> list[outbox.Row]:
    """Bring the orders that are behind to the stage of the batch; the outbox rows to
    announce."""
    stage = batches_rules.STAGE_OF_STATUS.get(asked)
    if stage is None:
        return []
    behind = [
        each
        for each in held.values()
        if deliveries_rules.step(each.delivery.stage) < deliveries_rules.step(stage)
    ]
    changes = [
        models.DeliveryUpdate(each.order_code, each.delivery._replace(stage=stage))
        for each in behind
    ]
    deliveries.save_deliveries(tx, changes, by=by)
    return outbox.put_all(
        tx,
        "delivery_stage",
        [(f"order:{each.vendure_order_id}", {"order_code": each.order_code}) for each in behind],
    )


def _check_collecting(batch: batches.Row) -> None:
    if batch["status"] != BatchStatus.COLLECTING:
        raise Conflict(
            f"The batch is at {batch['status']}; only one that collects can be changed.",
            slug="batch-closed",
        )


def _store_id() -> UUID:
    return http.store_id(app, Platform.VENDURE)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such batch; GET /batches lists them.") from None


def _shown(batch: batches.Row) -> dict[str, Any]:
    return {name: value for name, value in batch.items() if name != "store_id"}
