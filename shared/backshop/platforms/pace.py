"""How many requests a small host is asked at once, and for how many records.

A shop answers its shoppers with the same few workers that answer us. More requests at once than
the host has workers gain nothing and make its pages wait, so the number grows only while answers
stay as quick as they were, and a shop whose answers take long keeps the two it began with.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition, Lock
from time import monotonic

from backshop.platforms.errors import TransientFailure

START = 2
MOST = 8
QUICK = 0.3
"""Seconds: a shop that answers within these has room for more, as long as that does not make its
answers slower."""
SLOW = 1.5
"""Seconds: a shop that needs longer is asked for one thing at a time."""
SLACK = 1.3
"""How much slower than the quickest an answer may be."""

LONG_PAGE = 8.0
"""Seconds: a page that took longer is asked for in halves from then on; gateways give up at 20 to
60."""
SHORT_PAGE = 2.0


class Pace:
    """Holds requests back, so that no more are under way than the shop bears. Many threads may use
    one at once."""

    def __init__(self) -> None:
        self._limit = float(START)
        self._quickest = QUICK
        self._under_way = 0
        self._rests_until = 0.0
        self._may = Condition()

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request. Raises `TransientFailure` while the shop wants to be left alone: it told
        another request so (Retry-After)."""
        with self._may:
            while self._under_way >= int(self._limit):
                self._may.wait()
            rest = self._rests_until - monotonic()
            if rest > 0:
                self._may.notify()
                raise TransientFailure("it asked us to wait", rest)
            self._under_way += 1
        began = monotonic()
        is_well = False
        try:
            yield
            is_well = True
        except TransientFailure as failed:
            self._rests_until = max(self._rests_until, monotonic() + (failed.after or 0.0))
            raise
        finally:
            with self._may:
                self._under_way -= 1
                self.learn(monotonic() - began, is_well)
                self._may.notify_all()

    def learn(self, seconds: float, is_well: bool) -> None:
        """What an answer's time says: one more for each round of quick answers, one less where they
        become slower, half where the shop is slow or fails."""
        if not is_well or seconds > SLOW:
            self._limit = max(1.0, self._limit / 2)
            return
        if seconds <= QUICK and seconds <= self._quickest * SLACK + 0.02:
            self._limit = min(float(MOST), self._limit + 1 / self._limit)
        elif self._limit > START:
            self._limit = max(float(START), self._limit - 1 / self._limit)
        else:
            self._limit = min(float(START), self._limit + 1 / self._limit)
        # The quickest answer is forgotten by and by: an empty page tells little of full ones.
        self._quickest = min(seconds, self._quickest * 1.002)

    @property
    def limit(self) -> int:
        return int(self._limit)


class PageSize:
    """How many records are asked for at once: fewer where a page takes the shop long."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._now = most
        self._lock = Lock()

    @property
    def now(self) -> int:
        return self._now

    def took(self, seconds: float, count: int) -> None:
        """A page of so many records took so long."""
        with self._lock:
            if seconds > LONG_PAGE:
                self._now = max(1, min(self._now, count // 2))
            elif seconds < SHORT_PAGE and count >= self._now:
                self._now = min(self._most, self._now * 2)
