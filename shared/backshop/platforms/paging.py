"""Walking a list that is asked for by offset, while the shop goes on changing it.

Pages are asked for several at once and handed on in order. Each begins with the last record of the
one before: when a record leaves the list meanwhile, the others move up, the pages no longer join,
and the walk steps back instead of missing what moved across the seam.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import takewhile
from typing import NamedTuple

from backshop.platforms.errors import TransientOutage
from backshop.platforms.pace import PageSize
from backshop.platforms.parsing import RecordPage

AT_ONCE = 8
"""Requests under way."""
AHEAD = 12
"""Pages that are asked for before they are wanted, so that reading goes on while a batch is
saved."""


class Fetched(NamedTuple):
    """A page, the ids of its records as they came, and how long the list is said to be."""

    page: RecordPage
    ids: list[str]
    total: int | None = None


class WalkPlace(NamedTuple):
    """Where a walk is: the next page by offset and by number, and the last record handed on."""

    offset: int = 0
    number: int = 1
    last: str | None = None


START = WalkPlace()


def new_in(ids: list[str], last: str | None) -> int:
    """How many of a page's records come after the last one that was handed on."""
    if last is None:
        return len(ids)
    limit = order(last)
    return len(ids) - sum(1 for _ in takewhile(lambda id: order(id) <= limit, ids))


def in_parts(
    part: Callable[[int, int], Fetched], offset: int, whole: int, size: PageSize
) -> Fetched:
    """A page of `whole` records, in one request or, where the shop is slow, in several.

    `part(offset, count)` asks for so many records. Raises `TransientOutage` where the list moves
    meanwhile.
    """
    count = min(size.now, whole)
    parts = [part(offset, count)]
    read = count
    while read < whole and len(parts[-1].ids) == count:
        # Each part begins with the last record of the one before, as pages do.
        count = min(size.now, whole - read) + 1
        following = part(offset + read - 1, count)
        if following.ids[:1] != parts[-1].ids[-1:]:
            raise TransientOutage("the list changes faster than it can be read")
        parts.append(following)
        read += count - 1
    return parts[0] if len(parts) == 1 else _one_page(parts)


def _one_page(parts: list[Fetched]) -> Fetched:
    pages = [each.page for each in parts]
    page = RecordPage(
        events=[event for each in pages for event in each.events],
        rejected=[rejected for each in pages for rejected in each.rejected],
        ids=[*pages[0].ids, *(id for each in pages[1:] for id in each.ids[1:])],
        cleaned=any(each.cleaned for each in pages),
        notes=tuple(dict.fromkeys(note for each in pages for note in each.notes)),
    )
    return Fetched(page, page.ids, parts[0].total)


Fetch = Callable[[int, int], Fetched]


def walk(
    fetch: Fetch, start: WalkPlace, size: int, at_once: int = AT_ONCE
) -> Iterator[tuple[Fetched, WalkPlace]]:
    """The pages from `start` on, each with the place after it.

    `fetch(offset, number)` is called in threads and gives at most `size` records, sorted by id;
    the page's number is for servers that know no offsets. Whatever it raises is raised here.
    """
    ahead = _Ahead(fetch, size, at_once)
    place = start
    try:
        while True:
            got, place = _joined(ahead, place, size)
            is_last = len(got.ids) < size
            if got.ids:
                place = _after(place, size, got.ids[-1], is_last)
                yield got, place
            if is_last:
                return
    finally:
        ahead.close()


def _after(place: WalkPlace, size: int, last: str, is_last: bool) -> WalkPlace:
    """Behind the last page a walk starts with that page once more: it may have grown."""
    if is_last:
        return place._replace(last=last)
    return WalkPlace(place.offset + size - 1, place.number + 1, last)


def _joined(ahead: _Ahead, place: WalkPlace, size: int) -> tuple[Fetched, WalkPlace]:
    """The page at this place, or an earlier one where the list has moved up since.

    A server that knows no offsets gives the same records again: there, pages simply follow.
    """
    got = ahead.take(place)
    while place.offset > 0 and place.last is not None and not _joins(got.ids, place.last):
        earlier = place._replace(offset=max(0, place.offset - size))
        again = ahead.take(earlier)
        if again.ids == got.ids:
            break
        if not got.ids and order(again.ids[-1]) <= order(place.last):
            break
        got, place = again, earlier
    return got, place


def _joins(ids: list[str], last: str) -> bool:
    return bool(ids) and order(ids[0]) <= order(last)


def order(id: str) -> tuple[int, str]:
    """Sorts ids as the platforms do: numbers by value, anything else by its text."""
    return (int(id), "") if id.isdigit() else (0, id)


class _Ahead:
    """Asks for the pages after the one that is taken, as far as the list is known to reach."""

    def __init__(self, fetch: Fetch, size: int, at_once: int) -> None:
        self._fetch = fetch
        self._stride = size - 1
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="page")
        self._pending: dict[tuple[int, int], Future[Fetched]] = {}
        self._total: int | None = None

    def take(self, place: WalkPlace) -> Fetched:
        pending = self._pending.pop((place.offset, place.number), None)
        if pending is None:
            self._forget()
            got = self._fetch(place.offset, place.number)
        else:
            got = pending.result()
        self._total = got.total if got.ids else self._total
        self._request_ahead(place)
        return got

    def _request_ahead(self, place: WalkPlace) -> None:
        for ahead in range(1, AHEAD + 1):
            following = (place.offset + ahead * self._stride, place.number + ahead)
            if following[0] >= (self._total or 0):
                return
            if following not in self._pending:
                self._pending[following] = self._pool.submit(self._fetch, *following)

    def _forget(self) -> None:
        for pending in self._pending.values():
            pending.cancel()
        self._pending.clear()

    def close(self) -> None:
        """Does not wait for what is under way: there may be no time left."""
        self._pool.shutdown(wait=False, cancel_futures=True)
