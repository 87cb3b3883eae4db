"""What a search means."""

from __future__ import annotations

import re
from typing import NamedTuple

from backshop.commerce import email_hash

MOST_CODES = 500
"""So many codes are looked for at once."""
PHONE_DIGITS = 6
"""The fewest that are taken for a phone number's; the last so many are compared."""


class Search(NamedTuple):
    """A search as statements ask it: what matches any of these is found."""

    codes: list[str]
    """Ids and codes, as typed, in capitals and in small letters, with Shopify's `#`."""
    text: str | None
    """In small letters, part of a name, an address or a title; None where codes were listed."""
    digits: str | None
    """The end of a phone number."""
    email_hash: str | None
    """How a guest is known by their e-mail address."""


def search(query: str | None) -> Search | None:
    """What somebody looks for: words, or many codes separated by spaces, commas or lines. None
    where nothing is said."""
    whole = " ".join((query or "").split())
    terms = [term.lstrip("#") for term in re.split(r"[\s,;]+", whole) if term.strip("#")]
    if not terms:
        return None
    are_codes = len(terms) > 1 and all(re.search(r"\d", term) for term in terms)
    digits = re.sub(r"\D", "", whole) if re.fullmatch(r"[\d+() .-]+", whole) else ""
    return Search(
        codes=_spellings(terms[:MOST_CODES]),
        text=None if are_codes else whole.lower(),
        digits=digits[-9:].lstrip("0") if len(digits) >= PHONE_DIGITS else None,
        email_hash=email_hash(whole) if "@" in whole else None,
    )


def _spellings(terms: list[str]) -> list[str]:
    spelt = (each for term in terms for each in (term, term.upper(), term.lower(), f"#{term}"))
    return list(dict.fromkeys(spelt))
