"""The page behind every mail's last line: no more of these mails."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.errors import Gone, Unauthorized
from backshop.shade.invites import repository as invites
from backshop.web import pages, tokens
from backshop.web.pages import forms
from frame import Shop, app, event, now, query, shop_of

AUDIENCE = "mail stop"
ONE_CLICK = "List-Unsubscribe"
"""The field that mail providers send for their readers (RFC 8058); they follow no redirect."""


class Reader(NamedTuple):
    shop: Shop
    customer_id: UUID


@pages.route(app, "GET /mail/stop/<token>", problems=[Gone])
def show_stop(token: str) -> Response[str]:
    """Whether mails come, and a button that ends them."""
    reader = _reader(token)
    with db.transaction(store_id=reader.shop.id) as tx:
        done = invites.is_unsubscribed(tx, reader.customer_id)
    return reader.shop.page(
        "stop.html", done=done is not False, token=token, key=forms.new_key(), said=query("said")
    )


@pages.route(
    app,
    "POST /mail/stop/<token>",
    fields="`List-Unsubscribe=One-Click`, of a mail provider; nothing of our own page.",
    problems=[Gone],
    also={200: "Done, for a mail provider, which follows no redirect."},
)
def stop(token: str) -> Response[str]:
    """Send no more mails; may be repeated."""
    sent = forms.read_from_anywhere(event())
    reader = _reader(token)
    with db.transaction(store_id=reader.shop.id) as tx:
        invites.unsubscribe(tx, reader.customer_id, now())
    if sent.first(ONE_CLICK):
        return reader.shop.page("stop.html", done=True, token=token, key="", said="")
    return pages.redirect(f"/mail/stop/{token}?said=done")


def _reader(token: str) -> Reader:
    """Whose mail the link was in. Raises Gone."""
    try:
        claims = tokens.read(AUDIENCE, token, at=now())
    except Unauthorized:
        raise Gone(
            "This link is not complete or too old; use the one in your latest mail.",
            slug="link-expired",
        ) from None
    return Reader(shop_of(UUID(claims["store_id"]), named=False), UUID(claims["customer_id"]))
