"""Rows that invite to a survey: {"order_id"} of a `shade.survey_invites`."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import messages
from backshop import db, outbox, platforms
from backshop.shade.invites import repository as invites
from backshop.shade.invites import rules
from backshop.stores import repository as stores
from backshop.web.pages import mails


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows whether it was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    id = _id(row)
    with db.transaction(store_id=row.store_id) as tx:
        invite = invites.invite(tx, id)
        shop = stores.load(tx)
    if invite is None or shop is None or not invite.is_live:
        return {"skipped": "the kit was given back, its survey is answered, or no mail is wanted"}
    settings = messages.settings_of(shop)

    def remember(status: str | None) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            invites.set_invite(tx, id, status or "pending")

    at, brand = datetime.now(UTC), mails.brand_of(shop)
    discounted = settings.discount_amounts and platforms.load(shop.platform).makes_discounts
    token = messages.survey_token(shop, id, at)
    message = mails.write(
        "invitation" if discounted else "plain_invitation",
        brand,
        rules.survey_link(settings, messages.pages_of(brand), token),
        name=invite.first_name,
        stop_url=messages.stop_url(shop, brand, invite.customer_id, at),
    )
    to = messages.recipient(invite.channel, invite, shop)
    return {"reference": messages.send_once(message, to, invite.status, remember)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    sent = "reference" in answer
    invites.set_invite(
        tx, _id(row), "sent" if sent else "failed", datetime.now(UTC) if sent else None
    )


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    invites.set_invite(tx, _id(row), "failed")


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["order_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
