"""Texts in files that spreadsheets open: one that they would run as a formula is kept from it."""

from __future__ import annotations

import re

_SIGNS = "=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_NOTHING = r"\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff"
"""Space, and signs that nobody sees: whoever reads the cell may leave them out."""
_RUNS = re.compile(
    rf"^(?=[{_NOTHING}{_SIGNS}])|(?<=[,;\t|\r\n\v\f\x1c-\x1f\x85\u2028\u2029])(?=[{_NOTHING}\"']*[{_SIGNS}])"
)
"""Where a cell begins, and where one begins for a program that takes another separator than ours:
quotes hold only behind a separator that the reader knows too. Space before a formula does not stop
every spreadsheet, nor do wide forms of its signs."""


def harmless(text: str) -> str:
    """The text with an apostrophe before whatever would be run: shoppers choose names and notes."""
    return _RUNS.sub("'", text)
