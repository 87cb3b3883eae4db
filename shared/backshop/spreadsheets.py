"""Texts in files that spreadsheets open: one that they would run as a formula is kept from it."""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_RUNS = re.compile(rf"^(?=[\s{_SIGNS}])|(?<=[,;\t|\r\n])(?=[\s\"']*[{_SIGNS}])")
"""Where a cell begins, and where one begins for a program that takes another separator than ours:
quotes hold only behind a separator that the reader knows too. Space before a formula does not stop
every spreadsheet, nor do wide forms of its signs."""


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever would be run: shoppers choose names and notes."""
    return _RUNS.sub("'", text)
