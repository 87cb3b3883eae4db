"""What of a page's words is a machine's: what nobody says who talks to a person."""

from __future__ import annotations

import re
from html import unescape

_UNSEEN = re.compile(
    r"(?s)<(pre|code|script|style|textarea)\b.*?</\1>|<input\b[^>]*>|<option\b[^>]*>"
)
_SAID = re.compile(r'(?:aria-label|data-label|alt|title)="([^"]*)"')
_TAG = re.compile(r"<[^>]+>")
_EXAMPLE = re.compile(r"[Aa]s \d{4}-\d\d-\d\d[\d :T]*|tracking_number\b|\b(bs_staff|ck|cs)_")
"""What is to be typed stands in hints as it is typed."""
_KINDS = {
    "a moment in ISO 8601": r"\d{4}-\d\d-\d\dT",
    "a day in ISO 8601": r"\b\d{4}-\d\d-\d\d\b",
    "a value of Python's": r"\b(None|True|False|nan|NaN|Decimal|UUID)\b",
    "a name of a program": r"\b[a-z]+_[a-z_]+\b",
    "a value of an enumeration": r"\b[A-Z]{3,}_[A-Z_]+\b|\b(SOURCING|ARRIVED|DISPATCHED|DELIVERED)\b|\b[a-z]+[A-Z][a-z]+[A-Z]\w*\b",
    "an id of ours": r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b(?!\.)",
    "one of several": r"(?<![\d.,])\b1 (?!is\b|was\b|stays\b|waits\b)[a-z]+s\b",
    "zeros that say nothing": r"\b\d+\.0(?![\d.])",
    "a period by its first day": r"\b(month|quarter|year) of (the )?\d",
}


def machine_talk(html: str) -> dict[str, str]:
    """The kinds of it that a page shows or lets readers hear, each with its first case."""
    bare = _UNSEEN.sub(" ", html)
    seen = " | ".join([_TAG.sub(" ", bare), *_SAID.findall(bare)])
    text = _EXAMPLE.sub(" ", " ".join(unescape(seen).split()))
    found = {kind: re.search(pattern, text) for kind, pattern in _KINDS.items()}
    return {
        kind: text[max(each.start() - 40, 0) : each.end() + 20]
        for kind, each in found.items()
        if each
    }
