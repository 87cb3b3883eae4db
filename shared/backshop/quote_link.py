"""What a customer does with a quote by its link: read, accept, ask for changes. Routes and pages
share it. Whoever has the link may; it names the store, and nothing else does."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop import outbox
from backshop.db import Tx
from backshop.projects import repository
from backshop.projects.conversations import repository as conversations
from backshop.projects.quotes import quoting, rules
from backshop.projects.quotes import repository as quotes
from backshop.projects.quotes.models import Mail, Offer, OfferingShop
from backshop.projects.quotes.repository import QUOTES
from backshop.projects.repository import PROJECTS, Row
from backshop.web import tokens


def token(store_id: UUID, quote: Row) -> str:
    """The token of the link to a quote that was sent."""
    link = rules.link_of(store_id, quote)
    return tokens.sign_short(rules.LINK, link.content, until=link.until)


def link(token: str, at: datetime) -> rules.Linked:
    """What a link's token stands for. Raises Unauthorized where it is forged or has expired."""
    if "." in token:
        return rules.linked_at_length(tokens.read(rules.LINK, token, at=at))
    return rules.linked(tokens.read_short(rules.LINK, token, at=at))


def read(tx: Tx, link: rules.Linked) -> tuple[Row, Row]:
    """The project and its quote. Raises NotFound where they are gone."""
    project = repository.one(tx, PROJECTS, link.project_id)
    quote = repository.one(tx, QUOTES, link.quote_id)
    if project is None or quote is None or quote["project_id"] != link.project_id:
        raise quoting.no_quote()
    return project, quote


def shown(tx: Tx, project: Row, quote: Row, at: datetime) -> Offer:
    """The quote as the customer sees it."""
    today = conversations.today_at(tx, at)
    shop = quotes.shop(tx)
    settings = shop.settings
    return rules.offer_of(
        quote,
        rules.state_of(quote, project["project_status"], today),
        OfferingShop(
            name=shop.name, email=settings.email, phone=settings.phone, address=settings.address
        ),
        quotes.acceptance(tx, quote["project_id"], quote["quote_id"]),
    )


def accept(
    tx: Tx, link: rules.Linked, by: quoting.By, at: datetime
) -> tuple[Row, Row, list[outbox.Row]]:
    """Accept; project and quote, and the rows that mail it to both sides. Raises Conflict."""
    project, quote = quoting.locked(tx, link.project_id, link.quote_id)
    accepted = quoting.accept(tx, project, quote, by, at)
    return project, accepted, put_mails(tx, accepted, *_copies(tx, accepted))


def ask_for_changes(tx: Tx, link: rules.Linked, message: str, at: datetime) -> None:
    """Tell the shop what should be different. Raises Conflict."""
    project, quote = quoting.locked(tx, link.project_id, link.quote_id)
    quoting.ask_for_changes(tx, project, quote, message, at)


def put_mails(tx: Tx, quote: Row, *kinds: Mail) -> list[outbox.Row]:
    """Have these sent, once each; announce the rows after the commit."""
    rows = []
    for kind in kinds:
        if quotes.add_mail(tx, quote["quote_id"], kind):
            ids = {"quote_id": str(quote["quote_id"]), "mail": kind}
            rows.append(outbox.put(tx, "quote_mail", f"quote:{quote['quote_id']}", ids))
    return rows


def _copies(tx: Tx, quote: Row) -> list[Mail]:
    """Who gets what was accepted by e-mail: both sides, where they have an address."""
    recipient = quote["recipient"] or {}
    shop = quotes.shop(tx)
    copies: list[tuple[Mail, str | None]] = [
        ("accepted", recipient.get("email")),
        ("accepted_shop", shop.settings.email),
    ]
    return [mail for mail, address in copies if address]
