"""Rows that mail a quote, or that it was accepted: {"quote_id", "mail"} of `quote_mails`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import messages
from backshop import db, outbox, quote_link
from backshop.aws import config, objects
from backshop.platforms.errors import PermanentDecline
from backshop.projects.quotes import letters, rules
from backshop.projects.quotes import repository as quotes
from backshop.projects.repository import one
from backshop.senders import Attachment
from backshop.stores import repository as stores
from backshop.stores.models import PageSettings
from backshop.web.pages import mails


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows whether it was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    id, mail = _id(row), row.payload["mail"]
    with db.transaction(store_id=row.store_id) as tx:
        quote = one(tx, quotes.QUOTES, id)
        shop, settings = quotes.shop(tx), stores.settings(tx)
        status = quotes.mail_status(tx, id, mail)
    if quote is None or quote["recipient"] is None or quote["pdf_key"] is None:
        raise PermanentDecline({"error": "the quote is gone, or its customer was erased"})
    letter = letters.letter(mail, quote, shop)
    message = mails.laid_out(
        mails.Brand(shop.name, PageSettings.model_validate(settings.get("pages") or {}), "UTC"),
        letter.subject,
        letter.lines,
        letter.button,
        _link(row.store_id, quote),
        attachments=(
            Attachment(
                f"Quote {quote['quote_number']}.pdf",
                "application/pdf",
                objects.get(config.value("DATA_BUCKET"), rules.pdf_key(row.store_id, id)),
            ),
        ),
    )
    to = messages.Recipient("email", letter.to, None, shop.settings.email)

    def remember(now: str | None) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            quotes.set_mail(tx, id, mail, now or "pending")

    return {"reference": messages.send_once(message, to, status, remember)}


def _link(store_id: UUID, quote: quotes.Row) -> str:
    return rules.page(config.value("PUBLIC_URL"), quote_link.token(store_id, quote))


def done(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    quotes.set_mail(tx, _id(row), row.payload["mail"], "sent", datetime.now(UTC))


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    quotes.set_mail(tx, _id(row), row.payload["mail"], "failed")


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["quote_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
