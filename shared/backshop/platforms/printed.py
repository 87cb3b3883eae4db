"""Finding the JSON in what a PHP host answers, which may print something of its own first."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

MARK = b"\xef\xbb\xbf"
BLANK = b" \t\r\n"
LONGEST = 65_536
"""Bytes before the JSON that are looked through: notices are lines, what is longer is a page."""
MOST_STARTS = 200
BEGINNING = 256
"""Bytes that are looked at to see how a body begins and ends."""

_page = re.compile(rb"<!doctype|<html|<head|<body", re.IGNORECASE)
_start = re.compile(rb"(?:(?<=[\n>])|\A)[\[{]")
"""JSON follows the end of a line or of a tag: of a list that was cut short, a part in its middle
could be whole as well."""
_notice = re.compile(rb"(?i)\b(notice|warning|deprecated|strict standards)\b")


_first = re.compile(rb"(?:\{\s*[\"}]|\[\s*[\[{\]])")
"""How an answer begins that is JSON alone; `[29-Nov-2026 …] PHP Notice` is none."""
_CLOSES = {b"{": b"}", b"[": b"]"}


class Found(NamedTuple):
    """The JSON, and what was printed beside it, in words; empty where nothing was."""

    body: bytes
    printed: str = ""
    is_after: bool = False

    @property
    def words(self) -> str:
        """What was printed, and where; empty where nothing was."""
        return self.printed and f"{self.printed} {'after' if self.is_after else 'before'}"


def advice(printed: str) -> str:
    """What to tell whoever keeps a shop that prints something of its own."""
    return (
        f"your shop prints {printed} its JSON, which other programs cannot read: look for a"
        " plugin or wp-config.php that prints, or was saved with a byte order mark, and set"
        " WP_DEBUG_DISPLAY to false"
    )


def find_json(body: bytes) -> Found | None:
    """The JSON in an answer; None where there is none, or it is not safe to say where it begins:
    whatever stands before it is no page, and from there to the end everything is one value. What
    follows a whole value is left out."""
    if _first.match(body):
        return _whole(body)
    rest = body.lstrip(BLANK)
    has_mark = rest.startswith(MARK)
    while rest.startswith(MARK):
        rest = rest[len(MARK) :].lstrip(BLANK)
    if _first.match(rest):
        printed = "a byte order mark" if has_mark else "blank lines"
        return Found(_whole(rest).body, printed)
    at = _json_at(rest)
    if at is None:
        return None
    return Found(rest[at:], _kind(rest[:at]))


def _whole(body: bytes) -> Found:
    """The value that the body begins with, where something follows it."""
    first = body[:BEGINNING].lstrip(BLANK)[:1]
    if body[-BEGINNING:].rstrip(BLANK)[-1:] == _CLOSES.get(first):
        return Found(body)
    try:
        text = body.decode()
        at = len(text) - len(text.lstrip())
        _, end = json.JSONDecoder().raw_decode(text, at)
    except (ValueError, RecursionError):
        return Found(body)
    after = text[end:].encode()
    return Found(text[:end].encode(), _kind(after), is_after=True)


def _kind(printed: bytes) -> str:
    return "PHP notices" if _notice.search(printed) else "text"


def _json_at(body: bytes) -> int | None:
    before = body[:LONGEST]
    for tried, start in enumerate(_start.finditer(before)):
        if tried == MOST_STARTS or _page.search(before[: start.start()]):
            return None
        try:
            value = json.loads(body[start.start() :])
        except (ValueError, RecursionError):
            continue
        # An empty list can be the end of a notice ("in array []").
        return start.start() if value else None
    return None
