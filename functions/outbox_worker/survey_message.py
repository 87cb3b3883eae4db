"""Rows that invite to a survey: {"order_id"} of a `shade.survey_invites`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import messages
from backshop import commerce, db, outbox
from backshop.shade.invites import repository as invites
from backshop.shade.invites import rules
from backshop.stores import repository as stores
from backshop.web import tokens

LINK_LASTS = timedelta(days=90)


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows whether it was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    id = _id(row)
    with db.transaction(store_id=row.store_id) as tx:
        invite = invites.invite(tx, id)
        shop = stores.load(tx)
    if invite is None or shop is None or not invite.is_live:
        return {"skipped": "the kit was given back, or its survey is answered"}
    settings = messages.settings_of(shop)

    def remember(status: str | None) -> None:
        with db.transaction(store_id=row.store_id) as tx:
            invites.set_invite(tx, id, status or "pending")

    claims = {"store_id": str(shop.id), "order_id": str(id)}
    token = tokens.sign("survey", claims, at=datetime.now(UTC), lasts=LINK_LASTS)
    link = rules.survey_link(settings, shop.url, token)
    message = messages.invitation(invite.first_name, shop_name(shop), link)
    to = messages.Recipient(invite.channel, invite.email, invite.phone_number, settings.sender)
    return {"reference": messages.send_once(message, to, invite.status, remember)}


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    sent = "reference" in answer
    invites.set_invite(
        tx, _id(row), "sent" if sent else "failed", datetime.now(UTC) if sent else None
    )


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    invites.set_invite(tx, _id(row), "failed")


def shop_name(shop: commerce.Store) -> str:
    """As the merchant calls it, or its host."""
    return str(shop.settings.get("name") or shop.url.partition("://")[2])


def _id(row: outbox.Row) -> UUID:
    return UUID(row.payload["order_id"])


action = outbox.Action(find=find, do=do, done=done, failed=failed)
