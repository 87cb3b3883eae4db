"""Rows that refund an order: {"request_id"} of a `connect.refund_request`.

After an attempt whose end nobody told, the next one waits for `outbox.DOUBT` before it looks for
the refund: a slow shop may still be about to make it. Once such a refund is found or made, a row of
`refund_check` looks for its twin.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

import connected_shop
from backshop import db, logs, outbox
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
        refused=_refused(row),
    )


def _refused(row: outbox.Row) -> frozenset[str]:
    """The refund that the provider refused last, where staff had the request tried again since:
    their row begins anew with what it failed with."""
    refund = (row.response or {}).get("refund")
    return frozenset({str(refund["id"])} if isinstance(refund, dict) else ())


def find(row: outbox.Row) -> outbox.Answer | None:
    """The refund with our mark, if an earlier attempt made it."""
    request = _request(row)
    with connected_shop.opened(row.store_id) as shop:
        result = shop.orders.find_refund(request)
    return _answer(result) if result else None


def do(row: outbox.Row) -> outbox.Answer:
    request = _request(row)
    with connected_shop.opened(row.store_id) as shop, connected_shop.in_doubt():
        return _answer(shop.orders.make_refund(request))


def _answer(refunded: RefundResult) -> outbox.Answer:
    answer = {
        "refund_id": refunded.refund_id,
        "amount": str(refunded.amount),
        "answer": refunded.answer,
    }
    if refunded.others:
        ids = [refunded.refund_id, *refunded.others]
        logs.warning("an order was refunded more than once for one request", refunds=ids)
        logs.count("RefundsMadeTwice")
        answer["answer"] = {**refunded.answer, "made_again": list(refunded.others)}
    return answer


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    amount = Decimal(answer["amount"])
    store.finish_refund(tx, _id(row), answer["refund_id"], amount, answer["answer"])
    if row.attempts > 1 and not answer["answer"].get("made_again"):
        outbox.put(tx, "refund_check", f"check:{row.key}", row.payload)


def failed(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    store.fail(tx, "refund_request", _id(row), answer)


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["request_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
