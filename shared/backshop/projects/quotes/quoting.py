"""What happens to quotes: made, changed, sent, seen, accepted, turned down, expired.

Whatever moves a quote on keeps its project first and then the quote from others, so that of two who
want different things one comes second and sees what the first one did.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from backshop import db
from backshop.db import Tx
from backshop.errors import Conflict, NotFound
from backshop.projects import changing
from backshop.projects import repository as rows
from backshop.projects.conversations import repository as conversations
from backshop.projects.quotes import repository, rules
from backshop.projects.quotes.models import Content, NewQuote, QuoteChange, Role
from backshop.projects.quotes.repository import QUOTES
from backshop.projects.repository import CONVERSATIONS, PROJECTS, Row


class Caller(NamedTuple):
    """For which store a quote is made, and by whom."""

    store_id: UUID
    role: Role


def create(tx: Tx, caller: Caller, project_id: UUID, request: NewQuote) -> Row:
    """A draft of the project as it is now. Raises NotFound, Conflict, Forbidden."""
    project = changing.lock(tx, project_id)
    if project["project_status"] not in ("inquiry", "quoted"):
        raise Conflict(
            f"The project is {project['project_status']}: quotes are made before it is ordered.",
            slug="project-closed",
        )
    columns = _drafted(tx, caller, project_id, request)
    columns |= {
        "project_id": project_id,
        "quote_date": conversations.today(tx),
        "sales_associate": request.sales_associate or project["sales_associate"],
        "currency": project["currency"],
        "revision": repository.next_revision(tx, project_id, request.alternative),
    }
    columns["quote_number"] = rules.number(repository.next_place(tx))
    return rows.add(tx, QUOTES, columns)


def change(tx: Tx, caller: Caller, quote: Row, request: QuoteChange) -> Row:
    """The draft with other wishes, reckoned anew. Raises Conflict, Forbidden."""
    if quote["quote_status"] != "draft":
        raise Conflict(
            "What was sent never changes: make a new quote, which supersedes it when it is sent.",
            slug="not-a-draft",
        )
    values = {**quote["asked"], **request.model_dump(mode="json", exclude_unset=True)}
    values = {name: value for name, value in values.items() if value is not None}
    merged = NewQuote.model_validate(values, strict=False)
    fields = request.model_fields_set
    checked = bool(fields & {"discount", "line_discounts", "charges"})
    columns = _drafted(tx, caller, quote["project_id"], merged, check_discounts=checked)
    if "sales_associate" in fields:
        columns["sales_associate"] = request.sales_associate
    if merged.alternative != quote["alternative"]:
        columns["revision"] = repository.next_revision(tx, quote["project_id"], merged.alternative)
    changed = rows.change(tx, QUOTES, quote["quote_id"], columns)
    assert changed is not None
    return changed


def _drafted(
    tx: Tx, caller: Caller, project_id: UUID, request: NewQuote, *, check_discounts: bool = True
) -> dict[str, Any]:
    project = changing.whole(tx, project_id)
    settings = repository.shop(tx).settings
    catalogue = changing.products_of(tx, caller.store_id, project)
    drafted = rules.draft(project, request, catalogue, settings)
    if drafted.obstacles:
        raise Conflict(" ".join(drafted.obstacles), slug="cannot-quote")
    if check_discounts:
        rules.refuse_discounts(request, drafted.content.figures, settings, caller.role)
    return {
        **rules.columns_of(drafted.content),
        "asked": request.model_dump(mode="json", exclude_unset=True),
        "recipient": rules.recipient_of(project).model_dump(mode="json"),
        "alternative": request.alternative,
        "expiration_date": request.expiration_date,
        "special_instructions": request.special_instructions,
        "stale_since": None,
        "changes": None,
    }


def locked(tx: Tx, project_id: UUID, quote_id: UUID) -> tuple[Row, Row]:
    """The project and its quote, both kept from others. Raises NotFound, Conflict."""
    project = changing.lock(tx, project_id)
    quote = rows.one(tx, QUOTES, quote_id, lock=True)
    if quote is None or quote["project_id"] != project_id:
        raise no_quote()
    return project, quote


def no_quote() -> NotFound:
    return NotFound("The project has no such quote; GET /projects/{id}/quotes lists them.")


Kept = tuple[str, str]
"""Where a PDF lies, and its SHA-256."""


def send(tx: Tx, project: Row, quote: Row, at: datetime, keep: Callable[[Row], Kept]) -> Row:
    """The draft sent: what it says is final, the project quoted, and older quotes for the same
    alternative superseded. `keep` stores its PDF. Raises Conflict."""
    today = conversations.today_at(tx, at)
    rules.refuse_sending(quote, project["project_status"], today)
    shop = repository.shop(tx)
    content = Content.model_validate(quote["content"])
    content.terms = shop.settings.terms
    content.alternates = [
        rules.offered_of(other)
        for other in _newest(repository.of_project(tx, quote["project_id"]))
        if other["alternative"] != quote["alternative"]
    ]
    recipient = rules.recipient_of(changing.whole(tx, quote["project_id"]))
    final = {
        "recipient": recipient.model_dump(mode="json"),
        "content": content.model_dump(mode="json"),
        "expiration_date": quote["expiration_date"]
        or today + timedelta(days=shop.settings.quote_days),
    }
    key, digest = keep({**quote, **final})
    final |= {"quote_status": "sent", "sent_at": at, "pdf_key": key, "pdf_sha256": digest}
    sent = rows.change(tx, QUOTES, quote["quote_id"], final)
    assert sent is not None
    repository.supersede(tx, sent, at)
    if project["project_status"] == "inquiry":
        rows.change(tx, PROJECTS, project["project_id"], {"project_status": "quoted"})
    follow_up = today + timedelta(days=shop.settings.follow_up_days)
    _note(
        tx,
        sent,
        interaction_type="quote_review",
        aos_phase="close",
        outcome="quote_requested",
        conversation_summary=f"Quote {sent['quote_number']} sent.",
        next_action=f"Ask about quote {sent['quote_number']}",
        next_contact_date=follow_up,
    )
    return sent


def _newest(quotes: list[Row]) -> list[Row]:
    """The newest quote of each alternative that may still be accepted, in their order."""
    newest: dict[str, Row] = {}
    for quote in quotes:
        if (
            quote["alternative"]
            and quote["quote_status"] in ("draft", "sent")
            and quote["superseded_at"] is None
        ):
            newest.setdefault(quote["alternative"], quote)
    return [newest[name] for name in rules.ALTERNATIVES if name in newest]


def see(tx: Tx, quote: Row, at: datetime) -> Row:
    """Note when the customer first saw the quote; later looks change nothing."""
    if quote["first_seen_at"] is not None or quote["sent_at"] is None:
        return quote
    seen = rows.change(tx, QUOTES, quote["quote_id"], {"first_seen_at": at})
    assert seen is not None
    # What is to be done next stays to be done: the newest entry of the log says what that is.
    _note(
        tx,
        seen,
        interaction_type="quote_review",
        aos_phase="followup",
        outcome="information_gathered",
        conversation_summary=f"The customer opened quote {seen['quote_number']}.",
        **conversations.next_action(tx, seen["project_id"]),
    )
    return seen


class By(NamedTuple):
    """Who accepts: the name as it was typed, from where, with what."""

    name: str
    source_address: str | None
    user_agent: str | None


def accept(tx: Tx, project: Row, quote: Row, by: By, at: datetime) -> Row:
    """The quote accepted, as it was sent: its decided products are ordered, and no other quote of
    the project is offered any more. Raises Conflict, in a sentence for the customer."""
    today = conversations.today_at(tx, at)
    rules.refuse_answer(rules.state_of(quote, project["project_status"], today))
    content = Content.model_validate(quote["content"])
    payments = rules.payments_due(content.payments, today)
    values = {
        "project_id": quote["project_id"],
        "quote_id": quote["quote_id"],
        "accepted_at": at,
        "accepted_name": by.name,
        "source_address": by.source_address,
        "user_agent": by.user_agent and by.user_agent[:500],
        "pdf_sha256": quote["pdf_sha256"],
        "payments": [each.model_dump(mode="json") for each in payments],
    }
    try:
        repository.accept(tx, values)
    except db.UniqueViolation:
        raise Conflict(rules.WHY_NOT["rejected"], slug="quote-rejected") from None
    answered = {"quote_status": "accepted", "answered_at": at}
    accepted = rows.change(tx, QUOTES, quote["quote_id"], answered)
    assert accepted is not None
    repository.no_longer_selected(tx, _only_in_others(tx, quote, content))
    repository.reject_others(tx, quote, at)
    repository.order(tx, content.lines)
    rows.change(tx, PROJECTS, quote["project_id"], {"project_status": "ordered"})
    _note(
        tx,
        accepted,
        interaction_type="order_placement",
        aos_phase="close",
        outcome="order_placed",
        conversation_summary=f"Quote {accepted['quote_number']} accepted.",
    )
    return accepted


def _only_in_others(tx: Tx, quote: Row, content: Content) -> list[UUID]:
    """Selections that other quotes of the project hold, and this one does not."""
    mine = {part.selection_id for line in content.lines for part in line.parts}
    others = {
        part.selection_id
        for other in repository.open_quotes(tx, quote["project_id"])
        for line in Content.model_validate(other["content"]).lines
        for part in line.parts
    }
    return sorted(others - mine)


def ask_for_changes(tx: Tx, project: Row, quote: Row, message: str, at: datetime) -> None:
    """Note what the customer wants to be different, to be answered today. Raises Conflict."""
    today = conversations.today_at(tx, at)
    rules.refuse_answer(rules.state_of(quote, project["project_status"], today))
    _note(
        tx,
        quote,
        interaction_type="quote_review",
        aos_phase="negotiation",
        outcome="quote_requested",
        conversation_summary=f"Changes of quote {quote['quote_number']} asked for: {message}",
        next_action=f"Revise quote {quote['quote_number']}",
        next_contact_date=today,
    )


def reject(tx: Tx, quote: Row, reason: str | None, at: datetime) -> Row:
    """The customer does not want it. Raises Conflict where it was not sent, or answered."""
    if quote["quote_status"] != "sent":
        raise Conflict(
            f"The quote is {quote['quote_status']}: only one that was sent is turned down.",
            slug="not-sent",
        )
    answered = {"quote_status": "rejected", "answered_at": at}
    rejected = rows.change(tx, QUOTES, quote["quote_id"], answered)
    assert rejected is not None
    sentence = f"Quote {quote['quote_number']} turned down."
    _note(
        tx,
        rejected,
        interaction_type="quote_review",
        aos_phase="close",
        outcome="lost",
        conversation_summary=f"{sentence} {reason}" if reason else sentence,
    )
    return rejected


def _note(tx: Tx, quote: Row, **fields: Any) -> None:
    columns = {"project_id": quote["project_id"], "sales_associate": quote["sales_associate"]}
    rows.add(tx, CONVERSATIONS, columns | fields)
