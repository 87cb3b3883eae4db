"""The link that a customer opens a quote with: signed, so that nobody else gets at the quote."""

from datetime import UTC, datetime
from uuid import UUID

from backshop import quote_link
from backshop.aws import config
from backshop.projects.quotes import rules
from backshop.projects.repository import Row
from backshop.web.http import Event


def link(event: Event, store: UUID, quote: Row) -> str | None:
    """None before the quote is sent."""
    if quote["sent_at"] is None:
        return None
    return rules.page(_base(event), quote_link.token(store, quote))


def read(token: str) -> rules.Linked:
    """What a link's token stands for. Raises Unauthorized where it is forged or has expired."""
    return quote_link.link(token, datetime.now(UTC))


def _base(event: Event) -> str:
    """Where this API is: PUBLIC_URL, else what the call was sent to."""
    domain = event.get("requestContext", {}).get("domainName", "")
    return config.value("PUBLIC_URL", f"https://{domain}")
