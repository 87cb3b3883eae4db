"""Routes of staff that move orders through their delivery stages, one by one or from a CSV file."""

from __future__ import annotations

from collections import Counter
from typing import Literal
from uuid import UUID

import csv_file
from backshop import db, outbox
from backshop.commerce import Time
from backshop.errors import BadRequest, Conflict, TooLarge, Unprocessable
from backshop.kits.deliveries import repository as deliveries
from backshop.kits.deliveries import rules
from backshop.kits.deliveries.models import (
    Delivery,
    DeliveryChange,
    DeliveryUpdate,
    LockedOrder,
    Stage,
)
from backshop.web import callers, http, routes
from csv_file import FileLine
from pydantic import BaseModel, Field

app = routes.app("Deliveries")
handler = routes.handler(app)


class OrderDelivery(BaseModel):
    """Where an order is."""

    order_code: str
    stage: Stage
    tracking_number: str | None
    version: int = Field(description="How often it changed; send it with a change.")


class DeliveryEvent(BaseModel):
    """A change of an order's delivery."""

    sequence: int
    stage: Stage
    tracking_number: str | None
    note: str | None
    updated_by: str | None
    updated_at: Time


class DeliveryHistory(OrderDelivery):
    """Where an order is, and every change of it, oldest first."""

    events: list[DeliveryEvent]


Result = Literal["changed", "unchanged", "refused"]


class LineResult(BaseModel):
    """What became of one line of the file; the header is line 1."""

    line: int
    code: str
    result: Result
    message: str | None = None


class ImportReport(BaseModel):
    """What became of the file."""

    changed: int
    unchanged: int
    refused: int
    lines: list[LineResult]


DELIVERY = {
    "order_code": "KITS-1001",
    "stage": "DISPATCHED",
    "tracking_number": "TE-000012",
    "version": 4,
}
EVENT = {
    "sequence": 4,
    "stage": "DISPATCHED",
    "tracking_number": "TE-000012",
    "note": None,
    "updated_by": "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "updated_at": "2026-11-20T03:19:21Z",
}


@routes.route(
    app,
    "PUT /orders/<code>/delivery",
    scope="staff",
    problems=[Conflict],
    example=DELIVERY,
    body_example={"stage": "DISPATCHED", "tracking_number": "TE-000012", "version": 3},
)
def update_delivery(code: str, body: DeliveryChange) -> OrderDelivery:
    """Move an order to its next delivery stage.

    Stages may be skipped; to go back, or to replace a tracking number, send `correct` and a note.
    """
    with db.transaction(store_id=_store_id()) as tx:
        order = deliveries.lock_delivery(tx, code)
        after = _after(order, body)
        rows = []
        if after:
            deliveries.save_delivery(tx, DeliveryUpdate(code, after, body.note), by=_actor())
            rows = [outbox.put(tx, *_message(order))]
    outbox.announce(rows)
    return OrderDelivery(order_code=code, **(after or order.delivery)._asdict())


@routes.route(
    app, "GET /orders/<code>/delivery", scope="staff", example=DELIVERY | {"events": [EVENT]}
)
def show_delivery(code: str) -> DeliveryHistory:
    """Where an order is, and every change of it with who and when."""
    with db.transaction(store_id=_store_id()) as tx:
        order = deliveries.lock_delivery(tx, code)
        events = [DeliveryEvent.model_validate(each) for each in deliveries.events(tx, code)]
    return DeliveryHistory(order_code=code, **order.delivery._asdict(), events=events)


@routes.route(
    app,
    "POST /deliveries/import",
    scope="staff",
    problems=[BadRequest, TooLarge],
    example={
        "changed": 1,
        "unchanged": 0,
        "refused": 1,
        "lines": [
            {"line": 2, "code": "KITS-1001", "result": "changed", "message": None},
            {
                "line": 3,
                "code": "KITS-1002",
                "result": "refused",
                "message": "there is no order with this code",
            },
        ],
    },
    takes={"text/csv": "A file with the columns code, stage, tracking_number; 10,000 lines."},
)
def import_deliveries(dry_run: bool = False) -> ImportReport:
    """Change many deliveries from a CSV file; what can be done is done, every line is answered.

    With `dry_run=true` nothing is done: the answer tells what would become of each line.
    """
    lines = csv_file.read(http.raw_body(app.current_event.raw_event))
    store_id = _store_id()

    def save() -> tuple[list[LineResult], list[outbox.Row]]:
        with db.transaction(store_id=store_id) as tx:
            orders = deliveries.lock_deliveries(tx, [each.code for each in lines if each.change])
            updates: list[DeliveryUpdate] = []
            results = [_decide(each, orders.get(each.code), updates) for each in lines]
            if dry_run:
                return results, []
            deliveries.save_deliveries(tx, updates, by=_actor())
            messages = [_message(orders[each.order_code])[1:] for each in updates]
            return results, outbox.put_all(tx, "delivery_stage", messages)

    results, rows = db.despite_deadlocks(save)
    outbox.announce(rows)
    counts = Counter(each.result for each in results)
    return ImportReport(
        changed=counts["changed"],
        unchanged=counts["unchanged"],
        refused=counts["refused"],
        lines=results,
    )


def _decide(line: FileLine, order: LockedOrder | None, updates: list[DeliveryUpdate]) -> LineResult:
    """What becomes of a line; an update is added to `updates`."""

    def result(result: Result, message: str | None = None) -> LineResult:
        return LineResult(line=line.number, code=line.code, result=result, message=message)

    if line.change is None:
        return result("refused", line.message)
    if order is None:
        return result("refused", "there is no order with this code")
    try:
        after = _after(order, line.change)
    except (Conflict, Unprocessable) as refused:
        return result("refused", refused.detail)
    if after is None:
        return result("unchanged")
    updates.append(DeliveryUpdate(line.code, after))
    return result("changed")


def _after(order: LockedOrder, change: DeliveryChange) -> Delivery | None:
    """The delivery after the change, None where it is so already. Raises as rules.advance does, and
    Conflict for the second of two who change the order at the same time."""
    if order.is_cancelled:
        raise Conflict("The order is cancelled; it is not delivered.", slug="order-cancelled")
    after = rules.advance(order.delivery, change)
    if after and order.changed_meanwhile:
        raise rules.changed_meanwhile(order.delivery)
    return after


def _message(order: LockedOrder) -> tuple[str, str, dict[str, str]]:
    """The outbox row that takes a changed delivery to the platform."""
    return "delivery_stage", f"order:{order.vendure_order_id}", {"order_code": order.order_code}


def _store_id() -> UUID:
    return callers.store_of_call(app.current_event.raw_event, "deliveries")


def _actor() -> str:
    return callers.principal(app.current_event.raw_event).actor
