"""Quotes of a project, for the shop: drafts, alternatives side by side, sending, turning down."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import links
import mailing
import printing
from answers import CHANGES, Cursor, IfMatch, Limit, Once, Text, etag, expect, found, listed
from backshop import db, outbox
from backshop.errors import Conflict
from backshop.projects import changing, repository
from backshop.projects.fields import QuoteStatus
from backshop.projects.models import WholeProject
from backshop.projects.quotes import quoting, rules
from backshop.projects.quotes import repository as quotes
from backshop.projects.quotes.models import (
    Acceptance,
    Alternative,
    Comparison,
    Delivered,
    NewQuote,
    Quote,
    QuoteChange,
    QuoteSummary,
    Rejection,
)
from backshop.projects.quotes.quoting import Caller
from backshop.projects.quotes.repository import QUOTES
from backshop.projects.repository import PROJECTS
from backshop.web import fast, paging
from backshop.web.fast import StoreId, problems
from fastapi import Request, Response
from served import app

TAGS: list[Any] = ["Quotes"]


def shown(
    tx: db.Tx, store: UUID, row: repository.Row, request: Request, response: Response
) -> Quote:
    """A quote as the shop sees it, with its ETag."""
    acceptance = quotes.acceptance(tx, row["project_id"], row["quote_id"])
    response.headers["ETag"] = etag(row)
    return Quote.model_validate(
        {
            **row,
            "acceptance": acceptance and Acceptance.model_validate(acceptance),
            "mails": quotes.mails(tx, row["quote_id"]),
            "link": links.link(request.scope["aws.event"], store, row),
        }
    )


def _caller(principal: fast.Caller, store: UUID) -> Caller:
    return Caller(store, "manager" if principal.kind == "staff" else "associate")


@app.post("/projects/{project_id}/quotes", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_quote(
    project_id: UUID,
    quote: NewQuote,
    principal: fast.Caller,
    store: StoreId,
    once: Once,
    request: Request,
    response: Response,
) -> Quote:
    """A draft with the next number: the project's rooms, products and prices as they are now."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        row = quoting.create(tx, _caller(principal, store), project_id, quote)
        return claim.keep(shown(tx, store, row, request, response))


@app.get("/projects/{project_id}/quotes", tags=TAGS)
async def list_quotes(
    project_id: UUID,
    store: StoreId,
    status: QuoteStatus | None = None,
    alternative: Alternative | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[QuoteSummary]:
    """The project's quotes, newest first."""
    filters = [
        ("project_id", "=", project_id),
        ("quote_status", "=", status),
        ("alternative", "=", alternative),
    ]
    return listed(store, QuoteSummary, QUOTES, filters, cursor, limit)


@app.get("/quotes", tags=TAGS)
async def list_all_quotes(
    store: StoreId,
    status: QuoteStatus | None = None,
    quote_number: Text = None,
    sales_associate: Text = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[QuoteSummary]:
    """The store's quotes, newest first."""
    filters = [
        ("quote_status", "=", status),
        ("quote_number", "=", quote_number),
        ("sales_associate", "=", sales_associate),
    ]
    return listed(store, QuoteSummary, QUOTES, filters, cursor, limit)


@app.get("/projects/{project_id}/quotes/comparison", tags=TAGS)
async def compare_quotes(project_id: UUID, store: StoreId) -> Comparison:
    """The newest quote of each alternative, good, better and best, side by side."""
    with db.transaction(store_id=store) as tx:
        project = found(repository.one(tx, PROJECTS, project_id), "project")
        return rules.comparison(quotes.of_project(tx, project_id), project["currency"])


@app.get("/projects/{project_id}/quotes/{quote_id}", tags=TAGS)
async def show_quote(
    project_id: UUID, quote_id: UUID, store: StoreId, request: Request, response: Response
) -> Quote:
    """One quote, with its lines."""
    with db.transaction(store_id=store) as tx:
        row = repository.one(tx, QUOTES, quote_id)
        if row is None or row["project_id"] != project_id:
            raise quoting.no_quote()
        return shown(tx, store, row, request, response)


@app.patch("/projects/{project_id}/quotes/{quote_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_quote(
    project_id: UUID,
    quote_id: UUID,
    change: QuoteChange,
    principal: fast.Caller,
    store: StoreId,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> Quote:
    """Change what is named of a draft, and reckon it anew with the project as it is now."""
    with db.transaction(store_id=store) as tx:
        _, quote = quoting.locked(tx, project_id, quote_id)
        expect(QuoteSummary, quote, if_match)
        row = quoting.change(tx, _caller(principal, store), quote, change)
        return shown(tx, store, row, request, response)


@app.post(
    "/projects/{project_id}/quotes/{quote_id}/sending", tags=TAGS, responses=problems(*CHANGES)
)
async def send_quote(
    project_id: UUID,
    quote_id: UUID,
    store: StoreId,
    once: Once,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> Quote:
    """Send a draft by e-mail as a PDF, where the customer has an address; the answer has the link.

    It never changes from now on, and supersedes what was sent before for the same alternative."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project, quote = quoting.locked(tx, project_id, quote_id)
        expect(QuoteSummary, quote, if_match)
        row = quoting.send(
            tx, project, quote, datetime.now(UTC), lambda final: printing.keep(tx, store, final)
        )
        rows = mailing.put(tx, row, "sent") if row["recipient"]["email"] else []
        sent = claim.keep(shown(tx, store, row, request, response), status=200, secret=["link"])
    outbox.announce(rows)
    return sent


@app.get(
    "/projects/{project_id}/quotes/{quote_id}/pdf",
    tags=TAGS,
    response_class=Response,
    responses=printing.ANSWER,
)
async def print_quote(project_id: UUID, quote_id: UUID, store: StoreId) -> Response:
    """The quote's PDF: as it was sent, or of a draft as it is now."""
    with db.transaction(store_id=store) as tx:
        row = repository.one(tx, QUOTES, quote_id)
        if row is None or row["project_id"] != project_id:
            raise quoting.no_quote()
        return printing.answer(tx, store, row)


@app.post(
    "/projects/{project_id}/quotes/{quote_id}/rejection", tags=TAGS, responses=problems(*CHANGES)
)
async def reject_quote(
    project_id: UUID,
    quote_id: UUID,
    rejection: Rejection,
    store: StoreId,
    once: Once,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> Quote:
    """Note that the customer does not want a quote that was sent."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        _, quote = quoting.locked(tx, project_id, quote_id)
        expect(QuoteSummary, quote, if_match)
        row = quoting.reject(tx, quote, rejection.reason, datetime.now(UTC))
        return claim.keep(shown(tx, store, row, request, response), status=200, secret=["link"])


@app.post("/projects/{project_id}/deliveries", tags=TAGS, responses=problems(Conflict))
async def deliver(
    project_id: UUID, delivered: Delivered, store: StoreId, once: Once
) -> WholeProject:
    """Note that the customer has ordered products now."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        changing.lock(tx, project_id)
        wanted = set(delivered.selection_ids)
        if quotes.deliver(tx, project_id, sorted(wanted)) != len(wanted):
            raise Conflict(
                "Some of these selections are not ordered in this project; "
                "GET /projects/{id}/selections?selection_status=ordered lists those that are.",
                slug="not-ordered",
            )
        return claim.keep(changing.whole(tx, project_id), status=200)
