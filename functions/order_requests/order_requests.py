"""Refunds and address changes: requesting them, following them, trying failed ones again.

A request is a row, and beside it a row of the outbox in the same transaction; outbox_worker does
it at the platform (docs/refunds.md). The key of a repeated call is kept with the request, for good.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from backshop import db, outbox
from backshop.connect.requests import repository, rules
from backshop.connect.requests.models import (
    AddressStatus,
    AddressUpdateRequest,
    NewAddress,
    NewRefund,
    OrderId,
    RefundRequest,
    RefundStatus,
    RequestPosition,
)
from backshop.errors import Conflict, NotFound, Unprocessable
from backshop.web import callers, http, idempotency, paging, routes

R = TypeVar("R", RefundRequest, AddressUpdateRequest)

app = routes.app("Order requests")
handler = routes.handler(app)

REFUND = {
    "id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10",
    "order_id": "1001",
    "platform": "woocommerce",
    "status": "pending",
    "amount": "12.50",
    "currency": "USD",
    "lines": [{"line_id": "7", "quantity": 1}],
    "reason": "arrived broken",
    "restock": False,
    "manual": False,
    "response": None,
    "platform_refund_id": None,
    "requested_at": "2026-11-02T10:15:00Z",
    "requested_by": "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "finished_at": None,
}
NEW_ADDRESS = {
    "name": "Jane Doe",
    "line1": "1 Main Street",
    "city": "Portland",
    "province_code": "OR",
    "postal_code": "97201",
    "country_code": "US",
}
ADDRESS = {
    "id": "0e7f9d2b-6a10-4b57-8a53-6f1c1e0a9f6d",
    "order_id": "1001",
    "platform": "woocommerce",
    "status": "updated",
    "new_address": NEW_ADDRESS,
    "response": None,
    "requested_at": "2026-11-02T10:15:00Z",
    "requested_by": "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "finished_at": "2026-11-02T10:15:09Z",
}


@routes.route(
    app,
    "POST /connectors/<id>/orders/<order_id>/refunds",
    scope="store",
    status=202,
    problems=[NotFound, Conflict],
    body_example={"lines": [{"line_id": "7", "quantity": 1}], "reason": "arrived broken"},
    example=REFUND,
)
def request_refund(
    id: UUID, order_id: OrderId, body: NewRefund, key: idempotency.RequiredKey
) -> RefundRequest:
    """Request a refund of lines or of an amount.

    The key tells a repeated call from a second refund, so it is required; the same key is answered
    with its request whenever it comes.
    """
    with db.transaction(store_id=_store_id(id)) as tx:
        order = _order(tx, order_id)
        known = repository.refund_by_key(tx, order_id, key)
        if known:
            _same(known, body)
            return known
        lines, sums = repository.lines(tx, order_id), repository.refund_sums(tx, order_id)
        amount = rules.refund_amount(order, lines, sums, body)
        made = repository.add_refund(tx, order, body, amount, key, _actor())
        row = _put(tx, "refund_request", "refund", made.order_id, made.id)
    outbox.announce([row])
    return made


@routes.route(
    app,
    "POST /connectors/<id>/orders/<order_id>/address",
    scope="store",
    status=202,
    problems=[NotFound, Conflict],
    body_example=NEW_ADDRESS,
    example=ADDRESS,
)
def request_address(
    id: UUID, order_id: OrderId, body: NewAddress, key: idempotency.Key = None
) -> AddressUpdateRequest:
    """Request another shipping address; of several the last one wins."""
    store_id = _store_id(id)
    address = rules.checked_address(body)
    with db.transaction(store_id=store_id) as tx:
        order = _order(tx, order_id)
        known = repository.address_by_key(tx, order_id, key) if key else None
        if known:
            if known.new_address != address.model_dump():
                raise idempotency.reused()
            return known
        rules.may_change_address(order)
        made = repository.add_address(tx, order, address, key, _actor())
        row = _put(tx, "address_update_request", "address", made.order_id, made.id)
    outbox.announce([row])
    return made


@routes.route(
    app,
    "GET /connectors/<id>/refunds",
    scope="store",
    example={"items": [REFUND], "next_cursor": None},
)
def list_refunds(
    id: UUID,
    status: RefundStatus | None = None,
    order_id: OrderId | None = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[RefundRequest]:
    """Refund requests, newest first; `status` and `order_id` filter."""
    after = paging.position(cursor, RequestPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        requests = repository.refunds(tx, status, order_id, after, limit + 1)
    return paging.page(requests, limit, _position)


@routes.route(
    app,
    "GET /connectors/<id>/address-updates",
    scope="store",
    example={"items": [ADDRESS], "next_cursor": None},
)
def list_addresses(
    id: UUID,
    status: AddressStatus | None = None,
    order_id: OrderId | None = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[AddressUpdateRequest]:
    """Address requests, newest first; `status` and `order_id` filter."""
    after = paging.position(cursor, RequestPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        requests = repository.addresses(tx, status, order_id, after, limit + 1)
    return paging.page(requests, limit, _position)


@routes.route(app, "GET /connectors/<id>/refunds/<request_id>", scope="store", example=REFUND)
def show_refund(id: UUID, request_id: UUID) -> RefundRequest:
    """One refund request."""
    with db.transaction(store_id=_store_id(id)) as tx:
        return _existing(repository.refund(tx, request_id))


@routes.route(
    app, "GET /connectors/<id>/address-updates/<request_id>", scope="store", example=ADDRESS
)
def show_address(id: UUID, request_id: UUID) -> AddressUpdateRequest:
    """One address request."""
    with db.transaction(store_id=_store_id(id)) as tx:
        return _existing(repository.address(tx, request_id))


@routes.route(
    app,
    "POST /connectors/<id>/refunds/<request_id>/retry",
    scope="staff",
    status=202,
    problems=[Conflict, Unprocessable],
    example=REFUND,
)
def retry_refund(id: UUID, request_id: UUID) -> RefundRequest:
    """Try a failed refund again, if so much is still left of the order."""
    with db.transaction(store_id=_store_id(id)) as tx:
        request = _existing(repository.refund(tx, request_id))
        order = _order(tx, request.order_id)
        body = NewRefund(
            lines=tuple(request.lines),
            amount=None if request.lines else request.amount,
            restock=request.restock,
        )
        lines = repository.lines(tx, order.order_id)
        rules.refund_amount(order, lines, repository.refund_sums(tx, order.order_id), body)
        row = _reopen(tx, "refund_request", request.id)
        reopened = repository.refund(tx, request.id)
    outbox.announce([row])
    return _existing(reopened)


@routes.route(
    app,
    "POST /connectors/<id>/address-updates/<request_id>/retry",
    scope="staff",
    status=202,
    problems=[Conflict],
    example=ADDRESS,
)
def retry_address(id: UUID, request_id: UUID) -> AddressUpdateRequest:
    """Try a failed change again, unless a later one was requested: that one has the last word."""
    with db.transaction(store_id=_store_id(id)) as tx:
        request = _existing(repository.address(tx, request_id))
        rules.may_change_address(_order(tx, request.order_id))
        if repository.later_address(tx, request):
            raise Conflict(
                "Another address was asked for after this one; retry that one.", slug="superseded"
            )
        row = _reopen(tx, "address_update_request", request.id)
        reopened = repository.address(tx, request.id)
    outbox.announce([row])
    return _existing(reopened)


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(_event(), connector_id)


def _actor() -> str:
    return callers.principal(_event()).actor


def _position(last: RefundRequest | AddressUpdateRequest) -> RequestPosition:
    return RequestPosition(requested_at=last.requested_at, id=last.id)


def _put(
    tx: db.Tx, table: repository.Table, kind: str, order_id: str, request_id: UUID
) -> outbox.Row:
    row = outbox.put(tx, kind, f"order:{order_id}", {"request_id": str(request_id)})
    repository.set_outbox_row(tx, table, request_id, row.id)
    return row


def _reopen(tx: db.Tx, table: repository.Table, request_id: UUID) -> outbox.Row:
    outbox_id = repository.reopen(tx, table, request_id)
    row = outbox.reopen(tx, outbox_id, datetime.now(UTC)) if outbox_id is not None else None
    if row is None:
        raise Conflict("Only a failed request can be tried again.", slug="not-failed")
    return row


def _order(tx: db.Tx, order_id: str) -> repository.OrderState:
    order = repository.lock_order(tx, order_id)
    if order is None:
        raise NotFound("There is no such order; the next sync brings new ones.")
    return order


def _existing(request: R | None) -> R:
    if request is None:
        raise NotFound("There is no such request; the list tells which there are.")
    return request


def _same(known: RefundRequest, body: NewRefund) -> None:
    """Raises Unprocessable where the key was used for another refund."""
    what = (tuple(known.lines), known.reason, known.restock, known.manual)
    amount = known.lines or known.amount == body.amount
    if not amount or what != (body.lines, body.reason, body.restock, body.manual):
        raise idempotency.reused()
