"""Rows that change an order's shipping address: {"request_id"} of a
`connect.address_update_request`.

Of several changes of one order only the last is sent: those before it end as superseded. After an
attempt whose end nobody told the next one waits for `outbox.DOUBT`, and so do later changes: what
a slow shop does late would take their place.
"""

from __future__ import annotations

from functools import partial
from uuid import UUID

import connected_shop
from backshop import db, outbox
from backshop.commerce import Address
from backshop.connect.requests import repository as store
from backshop.connect.requests.models import AddressUpdateRequest
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.orders import AddressChange


def find(row: outbox.Row) -> outbox.Answer | None:
    """What the platform says where the order has the address already."""
    request, before, _ = _request(row)
    address = Address(**request.new_address)
    keep_order = partial(connected_shop.save_order, row.store_id)
    change = AddressChange(request.order_id, address, before, keep_order=keep_order)
    with connected_shop.opened(row.store_id) as shop, connected_shop.in_doubt():
        return shop.orders.find_address(change)


def do(row: outbox.Row) -> outbox.Answer:
    request, before, later = _request(row)
    if later:
        raise PermanentDecline(
            {"error": "a later change took its place", "superseded_by": str(later)}
        )

    def keep_state(state: str) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            store.keep_state(tx, request.id, state)

    address = Address(**request.new_address)
    keep_order = partial(connected_shop.save_order, row.store_id)
    change = AddressChange(request.order_id, address, before, keep_state, keep_order)
    with connected_shop.opened(row.store_id) as shop, connected_shop.in_doubt():
        return shop.orders.change_address(change)


def _request(row: outbox.Row) -> tuple[AddressUpdateRequest, str | None, UUID | None]:
    """The request, the state that Vendure's order is to come back to, and what superseded it."""
    with db.transaction(store_id=row.store_id) as tx:
        request = store.address(tx, _id(row))
        if request is None or not request.new_address:
            raise PermanentDecline({"error": "the request is gone, or its address was erased"})
        before = store.state_before(tx, request.order_id)
        return request, before, store.later_address(tx, request)


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.finish_address(tx, _id(row), answer)


def failed(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.fail(tx, "address_update_request", _id(row), answer)


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["request_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
