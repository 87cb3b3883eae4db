"""Routes of staff that move orders through their delivery stages, one by one or from a CSV file."""

from __future__ import annotations

import csv
import io
from typing import Literal, NamedTuple

from aws_lambda_powertools.event_handler import Response
from backshop import db, outbox
from backshop.commerce import Platform
from backshop.errors import BadRequest, Conflict, Problem
from backshop.kits.deliveries import models, rules
from backshop.kits.deliveries import repository as deliveries
from backshop.kits.deliveries.models import Delivery, DeliveryChange, Stage
from backshop.web import old as http
from pydantic import BaseModel, ValidationError

COLUMNS = {"code", "stage", "tracking_number"}
LINES = 10_000

app = http.app()
handler = http.handler(app)


@app.put("/orders/<code>/delivery")
def update_delivery(code: str) -> Response[str]:
    """Move an order to its next delivery stage; 409 where the stage would go back."""
    caller = http.require(app, "staff")
    change = http.body(app, DeliveryChange)
    with db.transaction(store_id=http.store_id(app, Platform.VENDURE)) as tx:
        held = deliveries.lock_delivery(tx, code)
        after = _after(held, change)
        rows = []
        if after:
            deliveries.save_delivery(
                tx, models.DeliveryUpdate(code, after, change.note), by=f"{caller.kind}:{caller.id}"
            )
            rows = [outbox.put(tx, *_message(held))]
    outbox.announce(rows)
    return http.reply(200, _shown(code, after or held.delivery))


@app.get("/orders/<code>/delivery")
def show_delivery(code: str) -> Response[str]:
    """Where an order is, and every change of it with who and when."""
    http.require(app, "staff")
    with db.transaction(store_id=http.store_id(app, Platform.VENDURE)) as tx:
        held = deliveries.lock_delivery(tx, code)
        events = deliveries.events(tx, code)
    return http.reply(200, _shown(code, held.delivery) | {"events": events})


class Line(BaseModel):
    """What became of one line of the file; the header is line 1."""

    line: int
    code: str
    result: Literal["changed", "unchanged", "refused"]
    message: str | None = None


class Asked(NamedTuple):
    """One line of the file as it was read: a change, or why it is none."""

    line: int
    code: str
    change: DeliveryChange | None
    message: str | None


@app.post("/deliveries/import")
def import_deliveries() -> Response[str]:
    """Take a CSV of code, stage, tracking_number; what can be done is done, every line is
    answered."""
    caller = http.require(app, "staff")
    asked = read_csv(http.raw_body(app.current_event.raw_event))
    store_id = http.store_id(app, Platform.VENDURE)

    def save() -> tuple[list[Line], list[outbox.Row]]:
        with db.transaction(store_id=store_id) as tx:
            held = deliveries.lock_deliveries(tx, [each.code for each in asked if each.change])
            changes: list[models.DeliveryUpdate] = []
            report = [_decide(each, held.get(each.code), changes) for each in asked]
            deliveries.save_deliveries(tx, changes, by=f"{caller.kind}:{caller.id}")
            messages = [_message(held[each.order_code])[1:] for each in changes]
            return report, outbox.put_all(tx, "delivery_stage", messages)

    report, rows = db.despite_deadlocks(save)
    outbox.announce(rows)
    counts = {
        result: sum(line.result == result for line in report)
        for result in ("changed", "unchanged", "refused")
    }
    return http.reply(200, counts | {"lines": [line.model_dump() for line in report]})


def read_csv(content: bytes) -> list[Asked]:
    """The lines of the file; separators may be commas, semicolons or tabs, as spreadsheets save
    them. Raises BadRequest where it is no such file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("Save the file as CSV in UTF-8 and send it again.", slug="csv") from None
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=separator, restkey="more")
    try:
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        if not set(rows.fieldnames) >= COLUMNS:
            raise BadRequest(
                "The first line must name the columns: code,stage,tracking_number.", slug="csv"
            )
        found = _read_lines(rows)
    except csv.Error:
        raise BadRequest("The file is no valid CSV; save it again.", slug="csv") from None
    if len(found) > LINES:
        raise BadRequest(f"Send at most {LINES:,} lines at once.", slug="csv")
    return found


def _read_lines(rows: csv.DictReader[str]) -> list[Asked]:
    found: list[Asked] = []
    first_line: dict[str, int] = {}
    for row in rows:
        cells = {name: (row[name] or "").strip() for name in COLUMNS}
        code, line = cells["code"], rows.line_num
        if code in first_line:
            message = f"this order is in line {first_line[code]} already"
            found.append(Asked(line, code, None, message))
            continue
        first_line[code] = line
        found.append(_read_line(line, code, cells))
    return found


def _read_line(line: int, code: str, cells: dict[str, str]) -> Asked:
    if not code:
        return Asked(line, code, None, "the code is missing")
    if "\0" in code:
        return Asked(line, code, None, "the code holds a character that no order's code has")
    try:
        change = DeliveryChange.model_validate(
            {
                "stage": cells["stage"].upper().replace(" ", "_"),
                "tracking_number": cells["tracking_number"] or None,
            }
        )
    except ValidationError as wrong:
        named = wrong.errors()[0]["loc"][0]
        hint = f"stage must be one of {', '.join(Stage)}" if named == "stage" else f"{named} is odd"
        return Asked(line, code, None, hint)
    return Asked(line, code, change, None)


def _decide(
    asked: Asked, held: models.LockedOrder | None, changes: list[models.DeliveryUpdate]
) -> Line:
    """What becomes of a line; a change is added to `changes`."""
    said = {"line": asked.line, "code": asked.code}
    if asked.change is None:
        return Line(**said, result="refused", message=asked.message)
    if held is None:
        return Line(**said, result="refused", message="there is no order with this code")
    try:
        after = _after(held, asked.change)
    except Problem as refused:
        return Line(**said, result="refused", message=refused.detail)
    if after is None:
        return Line(**said, result="unchanged")
    changes.append(models.DeliveryUpdate(asked.code, after))
    return Line(**said, result="changed")


def _after(held: models.LockedOrder, change: DeliveryChange) -> Delivery | None:
    """The delivery after the change, None where it is so already. Raises as rules.advance does, and
    Conflict for the second of two who change the order at the same time."""
    if held.is_cancelled:
        raise Conflict("The order is cancelled; it is not delivered.", slug="order-cancelled")
    after = rules.advance(held.delivery, change)
    if after and held.changed_meanwhile:
        raise rules.changed_meanwhile(held.delivery)
    return after


def _message(held: models.LockedOrder) -> tuple[str, str, dict[str, str]]:
    """The outbox row that takes a changed delivery to the platform."""
    return "delivery_stage", f"order:{held.vendure_order_id}", {"order_code": held.order_code}


def _shown(code: str, delivery: Delivery) -> dict[str, object]:
    return {"order_code": code, **delivery._asdict()}
