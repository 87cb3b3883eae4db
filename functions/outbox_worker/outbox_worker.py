"""The one function that writes to platforms: takes the open rows of a key in order and does them.

docs/outbox.md tells how; each kind of row is a module beside this one, listed in ACTIONS.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

from backshop import db, logs, outbox
from backshop.aws import queues
from backshop.aws.queues import BatchResponse, Message
from backshop.platforms.errors import (
    Permanent,
    PermanentDecline,
    Transient,
    TransientOutage,
    Unconfirmed,
)
from pydantic import BaseModel

ACTIONS = {
    "deletion": "deletion",
    "delivery_stage": "delivery_stage",
    "delivery_sms": "delivery_sms",
    "refund": "refund",
    "refund_check": "refund_check",
    "address": "address",
    "discount": "discount",
    "discount_end": "discount_end",
    "discount_message": "discount_message",
    "survey_message": "survey_message",
    "rating_message": "rating_message",
    "quote_mail": "quote_mail",
    "uninstall": "uninstall",
}
"""Kind of row: the module whose `action` does it."""

PLACES = ("outbox place 0", "outbox place 1")
"""Locks of a store: so many invocations work its rows off at once, whatever its shop is like."""
SPARE_MS = 30_000
"""Time to leave for one row; with less the rest of the key is left to outbox_sweep."""


class Hint(BaseModel):
    """The message: where there may be something to do."""

    store_id: UUID
    key: str


@logs.crash_safely
def handler(event: dict[str, Any], context: Any) -> BatchResponse:
    """Work off the keys that the messages name."""

    def one(message: Message) -> None:
        hint = Hint.model_validate_json(message["body"])
        work_off(
            hint.store_id,
            hint.key,
            has_time=lambda: context.get_remaining_time_in_millis() > SPARE_MS,
        )

    return queues.process(event, one)


def work_off(store_id: UUID, key: str, has_time: Callable[[], bool]) -> None:
    """Do the key's rows that are due, then those of the store's other keys, in one of its places.

    Where all places are taken there is nothing to do: who has one looks for what is due until
    nothing is, once more after giving it back. What is due when the time is up is announced.
    """
    following: outbox.Row | None = None
    while has_time():
        with db.try_locks(store_id, [PLACES]) as has_place:
            if not has_place:
                return
            next_key: str | None = key
            while next_key is not None and has_time():
                while has_time() and work(store_id, next_key):
                    pass
                following = _next_due(store_id)
                next_key = following.key if following else None
        following = _next_due(store_id)
        if following is None:
            return
        key = following.key
    if following is not None:
        outbox.announce([following], turn=f"-{uuid4()}")


def _next_due(store_id: UUID) -> outbox.Row | None:
    with db.transaction(store_id=store_id) as tx:
        return next(iter(outbox.due(tx, datetime.now(UTC), 1)), None)


def work(store_id: UUID, key: str) -> bool:
    """Do the key's oldest open row; whether there was one and the next may follow at once.

    Raises what is not expected of a platform, after giving the row back.
    """
    with db.transaction(store_id=store_id) as tx:
        row = outbox.claim(tx, key, datetime.now(UTC))
    if row is None:
        return False
    action: outbox.Action = import_module(ACTIONS[row.kind]).action
    try:
        answer = _send(action, row)
    except Permanent as refused:
        _fail(action, row, refused.answer)
    except Transient as transient:
        return _give_back(action, row, transient)
    except Exception as error:
        broken = f"{type(error).__name__} in {row.kind}"
        _give_back(action, row, TransientOutage(broken, outbox.DOUBT.total_seconds()))
        raise
    else:
        with db.transaction(store_id=store_id) as tx:
            if outbox.finish(tx, row, answer):
                action.done(tx, row, answer)
    return True


def _send(action: outbox.Action, row: outbox.Row) -> outbox.Answer:
    """The platform's answer, an earlier attempt's if that went through. The last attempt only asks,
    so that a row fails knowing what became of the one before."""
    answer = action.find(row) if row.attempts > 1 else None
    if answer is not None:
        return answer
    if outbox.gives_up(row.attempts):
        tried = f"gave up after {row.attempts - 1} attempts"
        raise PermanentDecline({"error": tried, "last": row.response})
    return action.do(row)


def _fail(action: outbox.Action, row: outbox.Row, answer: outbox.Answer) -> None:
    with db.transaction(store_id=row.store_id) as tx:
        if outbox.fail(tx, row, answer):
            action.failed(tx, row, answer)
    logs.warning("outbox row failed", row=row.id, kind=row.kind, store_id=str(row.store_id))
    logs.count("OutboxRowsFailed")


def _give_back(action: outbox.Action, row: outbox.Row, transient: Transient) -> bool:
    """Put the row back for later, or fail it where it has been tried enough; True where it failed
    and so no longer holds up its key."""
    if outbox.gives_up(row.attempts):
        _fail(action, row, {"error": str(transient), "attempts": row.attempts})
        return True
    after = transient.after and timedelta(seconds=transient.after)
    at = datetime.now(UTC) + max(outbox.wait(row.attempts), after or outbox.FIRST_WAIT)
    answer = {"error": str(transient)} | (
        {"in_doubt": True} if isinstance(transient, Unconfirmed) else {}
    )
    with db.transaction(store_id=row.store_id) as tx:
        outbox.retry(tx, row, answer, at)
    return False
