"""Pages that a shop cannot render: asked for again in halves, down to the one record.

PHP dies while it lists an old order, a resolver fails for one product: the whole page is HTTP 500
or an error. The records' ids, asked for alone, say which they are; what the shop cannot show even
by itself is set aside under its id, and the others are read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backshop.platforms.errors import TransientOutage, Unanswered
from backshop.platforms.parsing import RecordPage, Rejected

PAGE_TRIES = 3
"""For a page that may be asked for in halves."""
MOST_LOST = 10
"""Records of one page that cannot be shown, with none that can: then it is not the records."""

PROBLEM = "the shop cannot show it: it fails whenever it is asked for this record"

Ask = Callable[[Sequence[str], bool], RecordPage]
"""`ask(ids, is_last)` reads these records; `is_last` says that this is no page to be halved, but
one record, for which every try counts. Raises `Unanswered`."""


def page_in_halves(ids: Sequence[str], ask: Ask) -> RecordPage:
    """These records, as far as the shop can show them. Raises `TransientOutage`."""
    pages = _halves(list(ids), ask, [])
    return RecordPage(
        events=[event for page in pages for event in page.events],
        rejected=[each for page in pages for each in page.rejected],
        ids=list(ids),
        cleaned=any(page.cleaned for page in pages),
        notes=tuple(dict.fromkeys(note for page in pages for note in page.notes)),
    )


def _halves(ids: list[str], ask: Ask, lost: list[str]) -> list[RecordPage]:
    """`lost` gathers what could not be shown since something was."""
    if not ids:
        return []
    try:
        page = ask(ids, len(ids) == 1)
    except Unanswered as failed:
        if len(ids) == 1:
            lost.append(ids[0])
            if len(lost) >= MOST_LOST:
                raise TransientOutage(f"{failed}, whichever record it is asked for") from failed
            return [RecordPage([], [Rejected(ids[0], PROBLEM)], ids)]
    else:
        lost.clear()
        return [page]
    half = len(ids) // 2
    return [*_halves(ids[:half], ask, lost), *_halves(ids[half:], ask, lost)]
