"""Rows that refund an order: {"request_id"} of a `connect.refund_request`."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import connected_shop
from backshop import db, outbox
from backshop.connect.requests import repository as store
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.orders import RefundOrder, RefundResult


def _request(row: outbox.Row) -> RefundOrder:
    with db.transaction(store_id=row.store_id) as tx:
        request = store.refund(tx, _id(row))
    if request is None or request.amount is None or request.currency is None:
        raise PermanentDecline({"error": "the request is gone"})
    return RefundOrder(
        mark=str(request.id),
        order_id=request.order_id,
        amount=request.amount,
        currency=request.currency,
        lines=tuple((line.line_id, line.quantity) for line in request.lines),
        reason=request.reason or "",
        restock=request.restock,
        manual=request.manual,
    )


def find(row: outbox.Row) -> outbox.Answer | None:
    """The refund with our mark, if an earlier attempt made it."""
    request = _request(row)
    with connected_shop.opened(row.store_id) as shop:
        result = shop.orders.find_refund(request)
    return _answer(result) if result else None


def do(row: outbox.Row) -> outbox.Answer:
    request = _request(row)
    with connected_shop.opened(row.store_id) as shop:
        return _answer(shop.orders.make_refund(request))


def _answer(refunded: RefundResult) -> outbox.Answer:
    return {
        "refund_id": refunded.refund_id,
        "amount": str(refunded.amount),
        "answer": refunded.answer,
    }


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    amount = Decimal(answer["amount"])
    store.finish_refund(tx, _id(row), answer["refund_id"], amount, answer["answer"])


def failed(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.fail(tx, "refund_request", _id(row), answer)


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["request_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
