"""Refunds and address changes: asking for them, following them, trying failed ones again.

A request is a row, and beside it a row of the outbox in the same transaction; outbox_worker does
it at the platform (docs/refunds.md).
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db, outbox
from backshop.connect.requests import repository as store
from backshop.connect.requests import rules
from backshop.connect.requests.models import (
    AddressStatus,
    AddressUpdateRequest,
    Cursor,
    NewAddress,
    NewRefund,
    RefundRequest,
    RefundStatus,
)
from backshop.errors import BadRequest, Conflict, NotFound, Unprocessable
from backshop.web import old as http
from pydantic import BaseModel, Field, ValidationError

KEY_HEADER = "idempotency-key"

app = http.app()
handler = http.handler(app)


class Query(BaseModel):
    limit: int = Field(default=50, ge=1, le=200)
    cursor: str | None = Field(default=None, max_length=200)
    order_id: str | None = Field(default=None, max_length=100, pattern=r"^[^\x00]*$")


class RefundQuery(Query):
    status: RefundStatus | None = None


class AddressQuery(Query):
    status: AddressStatus | None = None


@app.post("/connectors/<id>/orders/<order_id>/refunds")
def ask_refund(id: str, order_id: str) -> Response[str]:
    """Ask for a refund; 202 with the request, also for the same key again.

    The key tells a repeated call from a second refund, so it is required.
    """
    caller = http.require(app, "store")
    named = http.own_store(caller, id)
    key = _key()
    if key is None:
        raise BadRequest(
            "Send an Idempotency-Key header, a UUID for instance, so that a repeated call makes "
            "no second refund.",
            slug="no-idempotency-key",
        )
    asked = http.body(app, NewRefund)
    with db.transaction(store_id=named) as tx:
        order = _order(tx, order_id)
        known = store.refund_by_key(tx, order_id, key)
        if known:
            _same(known, asked)
            return http.reply(202, known)
        lines, requested = store.lines(tx, order_id), store.requested(tx, order_id)
        amount = rules.refund_amount(order, lines, requested, asked)
        made = store.add_refund(tx, order, asked, amount, key, _by(caller))
        row = _put(tx, "refund_request", "refund", made.order_id, made.id)
    outbox.announce([row])
    return http.reply(202, made)


@app.post("/connectors/<id>/orders/<order_id>/address")
def ask_address(id: str, order_id: str) -> Response[str]:
    """Ask for another shipping address; 202 with the request. Of several the last one wins."""
    caller = http.require(app, "store")
    named = http.own_store(caller, id)
    key = _key()
    address = rules.checked_address(http.body(app, NewAddress))
    with db.transaction(store_id=named) as tx:
        order = _order(tx, order_id)
        known = store.address_by_key(tx, order_id, key) if key else None
        if known:
            if known.new_address != address.model_dump():
                raise _key_reused()
            return http.reply(202, known)
        rules.may_change_address(order)
        made = store.add_address(tx, order, address, key, _by(caller))
        row = _put(tx, "address_update_request", "address", made.order_id, made.id)
    outbox.announce([row])
    return http.reply(202, made)


@app.get("/connectors/<id>/refunds")
def list_refunds(id: str) -> Response[str]:
    """Newest first; `status` and `order_id` filter, `cursor` is the last page's `next_cursor`."""
    named = http.own_store(http.require(app, "store"), id)
    asked = _query(RefundQuery)
    with db.transaction(store_id=named) as tx:
        found = store.refunds(tx, asked.status, asked.order_id, _after(asked), asked.limit + 1)
    return _page("refunds", found, asked.limit)


@app.get("/connectors/<id>/address-updates")
def list_addresses(id: str) -> Response[str]:
    """As the list of refunds."""
    named = http.own_store(http.require(app, "store"), id)
    asked = _query(AddressQuery)
    with db.transaction(store_id=named) as tx:
        found = store.addresses(tx, asked.status, asked.order_id, _after(asked), asked.limit + 1)
    return _page("address_updates", found, asked.limit)


@app.get("/connectors/<id>/refunds/<request_id>")
def show_refund(id: str, request_id: str) -> Response[str]:
    named = http.own_store(http.require(app, "store"), id)
    with db.transaction(store_id=named) as tx:
        return http.reply(200, _found(store.refund(tx, _uuid(request_id))))


@app.get("/connectors/<id>/address-updates/<request_id>")
def show_address(id: str, request_id: str) -> Response[str]:
    named = http.own_store(http.require(app, "store"), id)
    with db.transaction(store_id=named) as tx:
        return http.reply(200, _found(store.address(tx, _uuid(request_id))))


@app.post("/connectors/<id>/refunds/<request_id>/retry")
def retry_refund(id: str, request_id: str) -> Response[str]:
    """Try a failed refund again, if so much is still left of the order."""
    named = http.own_store(http.require(app, "staff"), id)
    with db.transaction(store_id=named) as tx:
        request = _found(store.refund(tx, _uuid(request_id)))
        order = _order(tx, request.order_id)
        asked = NewRefund(
            lines=tuple(request.lines),
            amount=None if request.lines else request.amount,
            restock=request.restock,
        )
        lines = store.lines(tx, order.order_id)
        rules.refund_amount(order, lines, store.requested(tx, order.order_id), asked)
        row = _reopen(tx, "refund_request", request.id)
        shown = store.refund(tx, request.id)
    outbox.announce([row])
    return http.reply(202, _found(shown))


@app.post("/connectors/<id>/address-updates/<request_id>/retry")
def retry_address(id: str, request_id: str) -> Response[str]:
    """Try a failed change again, unless a later one was asked for: that one has the last word."""
    named = http.own_store(http.require(app, "staff"), id)
    with db.transaction(store_id=named) as tx:
        request = _found(store.address(tx, _uuid(request_id)))
        rules.may_change_address(_order(tx, request.order_id))
        if store.later_address(tx, request):
            raise Conflict(
                "Another address was asked for after this one; retry that one.", slug="superseded"
            )
        row = _reopen(tx, "address_update_request", request.id)
        shown = store.address(tx, request.id)
    outbox.announce([row])
    return http.reply(202, _found(shown))


def _put(tx: db.Tx, table: store.Table, kind: str, order_id: str, request_id: UUID) -> outbox.Row:
    row = outbox.put(tx, kind, f"order:{order_id}", {"request_id": str(request_id)})
    store.set_outbox_row(tx, table, request_id, row.id)
    return row


def _reopen(tx: db.Tx, table: store.Table, request_id: UUID) -> outbox.Row:
    outbox_id = store.reopen(tx, table, request_id)
    row = outbox.reopen(tx, outbox_id, datetime.now(UTC)) if outbox_id is not None else None
    if row is None:
        raise Conflict("Only a failed request can be tried again.", slug="not-failed")
    return row


def _order(tx: db.Tx, order_id: str) -> store.OrderState:
    order = store.lock_order(tx, order_id)
    if order is None:
        raise NotFound("There is no such order; the next sync brings new ones.")
    return order


def _found(request: Any) -> Any:
    if request is None:
        raise NotFound("There is no such request; the list tells which there are.")
    return request


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such request; the list tells which there are.") from None


def _key() -> str | None:
    key = http.header(app.current_event.raw_event, KEY_HEADER)
    if key is not None and not 1 <= len(key) <= 255:
        raise BadRequest("The Idempotency-Key is 1 to 255 characters.", slug="bad-idempotency-key")
    return key


def _key_reused() -> Unprocessable:
    return Unprocessable(
        "This Idempotency-Key was used for something else; use a new one for a new request.",
        slug="idempotency-key-reused",
    )


def _same(known: RefundRequest, asked: NewRefund) -> None:
    """Raises Unprocessable where the key was used for another refund."""
    what = (tuple(known.lines), known.reason, known.restock, known.manual)
    amount = known.lines or known.amount == asked.amount
    if not amount or what != (asked.lines, asked.reason, asked.restock, asked.manual):
        raise _key_reused()


def _by(caller: http.Principal) -> str:
    return f"{caller.kind}:{caller.id}"


def _query(model: type[Any]) -> Any:
    try:
        return model.model_validate(app.current_event.query_string_parameters)
    except ValidationError as wrong:
        names = ", ".join(str(each["loc"][0]) for each in wrong.errors())
        raise BadRequest(
            f"Please correct {names}: status is a request's status, limit 1 to 200."
        ) from None


def _after(asked: Query) -> Cursor | None:
    if asked.cursor is None:
        return None
    try:
        return Cursor.model_validate_json(urlsafe_b64decode(asked.cursor.encode()))
    except (ValidationError, binascii.Error, ValueError):
        raise BadRequest(
            "The cursor is not one of ours; send next_cursor as it was given."
        ) from None


def _page(
    name: Literal["refunds", "address_updates"],
    found: list[RefundRequest] | list[AddressUpdateRequest],
    limit: int,
) -> Response[str]:
    page = found[:limit]
    more = None
    if len(found) > limit:
        last = Cursor(requested_at=page[-1].requested_at, id=page[-1].id)
        more = urlsafe_b64encode(last.model_dump_json().encode()).decode()
    shown = [each.model_dump(mode="json") for each in page]
    return http.reply(200, {name: shown, "next_cursor": more})
