"""POST /insights/ask: a question in plain English, within a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

import answering
import model
from backshop import db, logs
from backshop.commerce import clean_text
from backshop.errors import BadRequest, NotFound, TooManyRequests, Unprocessable
from backshop.insights import answers
from backshop.insights.planning import repository as names
from backshop.insights.planning import suggesting
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.rules import plan
from backshop.insights.planning.tools import Sql
from backshop.insights.plans import counting
from backshop.insights.saved import repository as saved
from backshop.insights.saved.models import Chat, without_addresses
from backshop.insights.semantic import repository as semantic
from backshop.insights.semantic.models import Answer, Meaningless, Nearest, Refusal, SemanticQuery
from backshop.insights.semantic.repository import Shop
from backshop.insights.semantic.running import local_day
from backshop.web import fast
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from served import app


class Question(BaseModel):
    """`as_of` is for staff: an ISO 8601 date-time, of which one without an offset is the store's
    local time."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"question": "top 5 products last month"}]},
    )

    question: Annotated[str, Field(min_length=1, max_length=1000)]
    conversation_id: UUID | None = None
    as_of: Annotated[str, Field(max_length=40)] | None = None


class _Context(NamedTuple):
    shop: Shop
    known: Known
    asked: Asked


@app.post("/insights/ask", responses=fast.problems(TooManyRequests))
async def ask(body: Question, caller: fast.Caller, store_id: fast.StoreId) -> Answer | Refusal:
    """Answer a question in plain English, or say what is missing. With `conversation_id` it goes on
    from the questions before it ("and by month?")."""
    at = answering.moment(caller, body.as_of)
    counting.count(caller.kind, store_id)
    text = without_addresses(clean_text(body.question) or "").strip()
    if not text:
        raise BadRequest("Ask something: the question is empty.")
    with _transaction(store_id) as tx:
        context = _context(tx, store_id, text, body.conversation_id, at)
    made, found = _planned(context)
    with _transaction(store_id) as tx:
        if isinstance(made, Declined):
            made = _with_fresh_names(tx, made, context)
        reply = found or _reply(tx, made, context, at)
        return _kept(tx, reply, text, body.conversation_id)


@contextmanager
def _transaction(store_id: UUID) -> Iterator[db.Tx]:
    with db.transaction(store_id=store_id) as tx:
        tx.execute(f"SET LOCAL statement_timeout = '{answering.TIMEOUT}'".encode())
        yield tx


def _planned(context: _Context) -> tuple[Plan | Declined, Answer | None]:
    """The plan, and its answer where it is SQL. Asked of the model first, where there is one; no
    transaction is open meanwhile."""
    planned = model.plan(context.asked, context.known) if model.is_configured() else None
    own = _own_plan(context.asked, context.known)
    if isinstance(planned, Sql):
        return own, _by_sql(planned, context)
    if planned is None or (isinstance(planned, Declined) and isinstance(own, Declined)):
        return own, None
    return planned, None


def _with_fresh_names(tx: db.Tx, made: Declined, context: _Context) -> Plan | Declined:
    """What is not there may have been added since the names were read."""
    known = names.known(tx, context.shop.id, context.shop.books.currency, again=True)
    return made if known == context.known else _own_plan(context.asked, known)


def _own_plan(asked: Asked, known: Known) -> Plan | Declined:
    try:
        return plan(asked, known)
    except Meaningless as wrong:
        return Declined(wrong.message, SO_LONG_AGO)


SO_LONG_AGO = ("days so long ago",)
"""What a query that the planner let through may still mean: days that no date can be."""


def _by_sql(sql: Sql, context: _Context) -> Answer | None:
    """What the guard lets the model's SQL find; None where it lets nothing."""
    from backshop.insights import guard

    zone = context.shop.books.reckoning.time_zone
    try:
        found = guard.run(context.shop.id, sql.text, time_zone=zone)
    except guard.Refused as refused:
        logs.count("ModelSqlRefused")
        logs.info("the model's SQL is not run", reason=refused.message)
        return None
    return answers.of_sql(sql.text, found.columns, found.rows, context.shop, is_cut=found.is_cut)


def _context(
    tx: db.Tx, store_id: UUID, text: str, conversation_id: UUID | None, at: datetime | None
) -> _Context:
    """Raises NotFound."""
    shop = semantic.shop(tx)
    if shop is None:
        raise NotFound("There is no such store.")
    before, offered = None, None
    if conversation_id is not None:
        before, offered = _last(answering.found(saved.conversation(tx, conversation_id), "conversation"))  # fmt: skip
    known = names.known(tx, store_id, shop.books.currency)
    today = local_day(shop, at)
    return _Context(shop, known, Asked(text, today, shop.books.week_start, before, offered))


def _last(chat: Chat) -> tuple[SemanticQuery | None, SemanticQuery | None]:
    """The query that a conversation is about, and the one that its last refusal offered."""
    offered = _query(chat.messages[-1].get("offered")) if chat.messages else None
    for message in reversed(chat.messages):
        query = _query(message.get("query"))
        if query is not None:
            return query, offered
    return None, offered


def _query(stored: Any) -> SemanticQuery | None:
    """A query that a message holds; one that is no longer understood is none."""
    try:
        return SemanticQuery.model_validate(stored) if stored else None
    except ValidationError:
        return None


def _reply(
    tx: db.Tx, made: Plan | Declined, context: _Context, at: datetime | None
) -> Answer | Refusal:
    if isinstance(made, Declined):
        return _refusal(made)
    try:
        reply = answering.reply_in(tx, made.query, at, shop=context.shop)
    except Unprocessable as wrong:
        return Refusal(text=wrong.detail, missing=SO_LONG_AGO)
    if isinstance(reply, Refusal):
        return reply
    held = reply.assumptions
    defaulted = tuple(dict.fromkeys([*held.defaulted, *made.defaulted]))
    assumptions = held.model_copy(
        update={"defaulted": defaulted, "notes": (*made.notes, *held.notes)}
    )
    return reply.model_copy(
        update={
            "assumptions": assumptions,
            "follow_ups": suggesting.follow_ups(made, context.asked, context.known),
        }
    )


def _refusal(made: Declined) -> Refusal:
    nearest = None
    if made.nearest is not None:
        nearest = Nearest(text=made.nearest_text, query=made.nearest.as_json())
    return Refusal(text=made.text, missing=made.missing, nearest=nearest)


def _kept(
    tx: db.Tx, reply: Answer | Refusal, text: str, conversation_id: UUID | None
) -> Answer | Refusal:
    """The reply with the conversation that it stands in."""
    answer: dict[str, Any] = {"role": "assistant", "kind": reply.kind, "text": reply.text}
    if isinstance(reply, Answer):
        answer["query"] = reply.query
    elif reply.nearest is not None:
        answer["offered"] = reply.nearest.query
    at = datetime.now(UTC).isoformat(timespec="seconds")
    question = {"role": "user", "text": text, "at": at}
    id = saved.converse(tx, conversation_id, [question, answer | {"at": at}])
    return reply.model_copy(update={"conversation_id": str(answering.found(id, "conversation"))})
