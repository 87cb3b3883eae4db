"""What a discount is worth, and how its code is spelled. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from backshop.shade.discounts.models import DiscountTerms
from backshop.shade.models import ShadeSettings

ALPHABET = "3479CDFGHJKMNPQRTWXY"
"""Twenty letters of which no two look alike, and no vowels, so that no words come about."""
LENGTH = 15
CODES = len(ALPHABET) ** LENGTH
"""20^15 codes, 64.8 random bits."""


def terms(settings: ShadeSettings, currency: str, at: datetime) -> DiscountTerms | None:
    """What a discount in this currency is worth; None where the store names no amount for it. An
    amount is never converted."""
    amount = settings.discount_amounts.get(currency)
    if amount is None:
        return None
    return DiscountTerms(amount, currency, at + timedelta(days=settings.discount_days))


def spell_code(number: int) -> str:
    """The code of a number drawn from `range(CODES)`, in three groups of five."""
    letters = []
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[place])
    text = "".join(letters)
    return "-".join(text[start : start + 5] for start in range(0, LENGTH, 5))
