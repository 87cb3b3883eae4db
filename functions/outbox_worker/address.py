"""Rows that change an order's shipping address: {"request_id"} of a `connect.address_update_request`.

Of several changes of one order only the last is sent: those before it end as superseded.
"""

from __future__ import annotations

from uuid import UUID

import connected_shop
from backshop import db, outbox
from backshop.commerce import Address
from backshop.connect.requests import repository as store
from backshop.connect.requests.models import AddressUpdateRequest

VENDURE = "vendure"


def ask(row: outbox.Row) -> outbox.Answer | None:
    """What the platform says where the order has the address already."""
    request, before, _ = _request(row)
    address = Address(**request.new_address)
    with connected_shop.opened(row.store_id) as shop:
        extra = (before,) if shop.platform == VENDURE else ()
        found: outbox.Answer | None = shop.orders.find_address(
            shop.api, request.order_id, address, *extra
        )
        return found


def do(row: outbox.Row) -> outbox.Answer:
    request, before, later = _request(row)
    if later:
        raise outbox.Refused(
            {"error": "a later change took its place", "superseded_by": str(later)}
        )
    address = Address(**request.new_address)

    def keep_state(state: str) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            store.keep_state(tx, request.id, state)

    with connected_shop.opened(row.store_id) as shop:
        extra = (before, keep_state) if shop.platform == VENDURE else ()
        answer: outbox.Answer = shop.orders.change_address(
            shop.api, request.order_id, address, *extra
        )
    return answer


def _request(row: outbox.Row) -> tuple[AddressUpdateRequest, str | None, UUID | None]:
    """The request, the state that Vendure's order is to come back to, and what superseded it."""
    with db.transaction(store_id=row.store_id) as tx:
        request = store.address(tx, _id(row))
        if request is None or not request.new_address:
            raise outbox.Refused({"error": "the request is gone, or its address was erased"})
        before = store.state_before(tx, request.order_id)
        return request, before, store.later_address(tx, request)


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.finish_address(tx, _id(row), answer)


def failed(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.fail(tx, "address_update_request", _id(row), answer)


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["request_id"])


kind = outbox.Kind(ask=ask, do=do, done=done, failed=failed)
