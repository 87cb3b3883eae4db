"""What is written to customer and shop about a quote. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from backshop.commerce import is_name
from backshop.projects.quotes.models import Mail, Recipient
from backshop.projects.quotes.paper import day, money
from backshop.projects.quotes.repository import Shop


class Letter(NamedTuple):
    """`lines` are paragraphs; `button` names the link to the quote that follows them."""

    to: str | None
    subject: str
    lines: tuple[str, ...]
    button: str


def letter(mail: Mail, quote: Mapping[str, Any], shop: Shop) -> Letter:
    recipient = Recipient.model_validate(quote["recipient"])
    # Who asks for a quote types the name: one that could be a link is not said.
    name = recipient.name if is_name(recipient.name) else None
    hello = f"Hello {name}," if name else "Hello,"
    number = quote["quote_number"]
    total = f"{quote['currency']} {money(quote['total_amount'])}"
    if mail == "sent":
        until = f", valid until {day(quote['expiration_date'])}"
        return Letter(
            recipient.email,
            f"Quote {number} from {shop.name}",
            (
                hello,
                f"Here is our quote {number} over {total}{until}. It is attached as a PDF; behind "
                "the link you can look at it, ask for changes and accept it.",
                *_regards(quote, shop),
            ),
            "Show the quote",
        )
    if mail == "accepted":
        return Letter(
            recipient.email,
            f"You accepted quote {number} from {shop.name}",
            (
                hello,
                f"Thank you: you accepted our quote {number} over {total}. What you accepted is "
                "attached as a PDF; behind the link are the payments with their due dates.",
                *_regards(quote, shop),
            ),
            "Show the quote",
        )
    return Letter(
        shop.settings.email,
        f"{name or 'Your customer'} accepted quote {number}",
        (
            f"{name or 'Your customer'} accepted quote {number} over {total}. What was decided of it is "
            "ordered now; the PDF that was accepted is attached.",
        ),
        "Show the quote as the customer sees it",
    )


def _regards(quote: Mapping[str, Any], shop: Shop) -> tuple[str, ...]:
    associate = quote["sales_associate"]
    return (", ".join(filter(None, (associate, shop.name, shop.settings.phone))),)
