"""PDFs of quotes: drawn when they are asked for as long as they are drafts, and kept when they are
sent."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import stored
from backshop import db, logs
from backshop.aws import config, objects
from backshop.errors import NotFound
from backshop.projects import logos
from backshop.projects.quotes import paper, quoting, rules
from backshop.projects.quotes import repository as quotes
from backshop.projects.quotes.repository import Shop
from backshop.projects.repository import Row
from botocore.exceptions import ClientError
from fastapi import Response

TYPE = "application/pdf"
ANSWER: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The PDF",
        "content": {TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""`responses=` of a route that answers a PDF."""


def keep(tx: db.Tx, store: UUID, quote: Row) -> quoting.Kept:
    """Store the PDF of a quote that is about to be sent."""
    content = _drawn(store, quotes.shop(tx), quote, is_draft=False)
    key = rules.pdf_key(store, quote["quote_id"])
    bucket = config.value("DATA_BUCKET")
    objects.put(bucket, key, content, TYPE)
    return objects.address(bucket, key), sha256(content).hexdigest()


def answer(tx: db.Tx, store: UUID, quote: Row) -> Response:
    """The PDF as it was sent, or of a draft as it is now."""
    if quote["pdf_key"]:
        key = rules.pdf_key(store, quote["quote_id"])
        content = stored.read(key, "The quote's PDF")
    elif quote["quote_status"] == "draft":
        content = _drawn(store, quotes.shop(tx), quote, is_draft=True)
    else:
        raise NotFound("The quote's PDF was erased with its customer.")
    name = f"Quote {quote['quote_number']}.pdf"
    headers = {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
    return Response(content, headers=headers, media_type=TYPE)


def _drawn(store: UUID, shop: Shop, quote: Row, *, is_draft: bool) -> bytes:
    return paper.pdf(quote, shop, _logo(store, shop), is_draft=is_draft)


def _logo(store: UUID, shop: Shop) -> bytes | None:
    """Without one where it cannot be had: a quote is worth more than its logo."""
    kind = logos.kind_of(shop.settings.logo_key)
    if kind is None:
        return None
    key = logos.key(store, kind)
    try:
        return objects.get(config.value("DATA_BUCKET"), key)
    except ClientError:
        logs.warning("a store's logo is gone", key=key)
        return None
