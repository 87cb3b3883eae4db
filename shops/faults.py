"""Faults on purpose: which request meets which, always the same for the same seed."""

from __future__ import annotations

import copy
import random
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANSWERS = ("429", "500", "503", "timeout", "cut", "truncated", "html")
"""What happens instead of an answer, or to it."""
PAGES = ("nul", "surrogate", "schema", "duplicate")
"""What happens to one record of an answered page."""
COMMITS = ("before", "during", "after", "held")
"""When a write is cut off, seen from the platform's commit: `during` answers nothing and commits a
moment later, so asking at once still finds nothing. `held` is no fault of the shop's: it commits,
and answers once the faults are changed, so that something can be done in between."""


@dataclass
class Faults:
    """Rates are shares of all requests (0.1 is each tenth). Names: those of ANSWERS and PAGES for
    every request, those of COMMITS for writes only."""

    rates: dict[str, float] = field(default_factory=dict)
    seed: int = 1
    latency: float = 0.0
    """Seconds added to every answer."""
    workers: int = 0
    """Requests that are answered at the same time, as by a host's PHP workers; the others wait. 0:
    any number."""
    page_seconds: float = 0.2
    """How long a shopper's page (`/`) takes a worker."""
    slow: float = 0.0
    """Share of requests that take `slow_seconds` longer."""
    slow_seconds: float = 2.0
    retry_after: int = 1
    timeout_seconds: float = 60.0
    """How long a `timeout` keeps the client waiting before the connection is closed."""
    late_seconds: float = 0.3
    """How long after the cut a `during` write is committed."""
    only: str = ""
    """A regular expression on "METHOD /path"; other requests meet no fault."""
    most: int | None = None
    """After so many faults everything is well."""

    def __post_init__(self) -> None:
        unknown = set(self.rates) - {*ANSWERS, *PAGES, *COMMITS}
        if unknown:
            raise ValueError(f"no such fault: {', '.join(sorted(unknown))}")


@dataclass(frozen=True)
class Fate:
    """What one request meets. `kind` is empty where all is well."""

    kind: str = ""
    delay: float = 0.0
    draw: float = 0.0


class Dice:
    """Draws the fate of each request from the seed and the request's number."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.counts: Counter[str] = Counter()
        self._number = 0

    def fate(self, method: str, path: str, *, write: bool) -> Fate:
        faults = self.faults
        if faults.only and not re.search(faults.only, f"{method} {path}"):
            return Fate()
        self._number += 1
        rng = random.Random(f"{faults.seed}:{self._number}")
        delay = faults.latency
        if rng.random() < faults.slow:
            delay += faults.slow_seconds
            self.counts["slow"] += 1
        kind = self._kind(rng, write)
        if kind:
            self.counts[kind] += 1
        return Fate(kind, delay, rng.random())

    def _kind(self, rng: random.Random, write: bool) -> str:
        faults = self.faults
        if faults.most is not None and sum(self.counts.values()) >= faults.most:
            return ""
        draw = rng.random()
        for kind, rate in faults.rates.items():
            if kind in COMMITS and not write:
                continue
            draw -= rate
            if draw < 0:
                return kind
        return ""


def spoil_page(kind: str, records: list[dict[str, Any]], draw: float) -> None:
    """Spoils one record of a page in place, or has it twice."""
    if not records:
        return
    index = int(draw * len(records))
    if kind == "duplicate":
        records.append(copy.deepcopy(records[index]))
    else:
        records[index] = spoil(kind, records[index])


def spoil(kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the record with a NUL or a lone surrogate in its names, or of another shape (its
    totals gone, its lines an object)."""
    if kind == "schema":
        return {
            key: {} if isinstance(value, list) else value
            for key, value in record.items()
            if not key.lower().startswith(("total", "current", "subtotal", "email"))
        }
    mark = "\x00" if kind == "nul" else "\ud800"
    return {key: _mark(key, value, mark) for key, value in record.items()}


NAMES = {"first_name", "firstName", "name", "title", "fullName"}


def _mark(key: str, value: Any, mark: str) -> Any:
    if isinstance(value, str):
        return value[:1] + mark + value[1:] if key in NAMES else value
    if isinstance(value, dict):
        return {inner: _mark(inner, part, mark) for inner, part in value.items()}
    if isinstance(value, list):
        return [_mark(key, part, mark) for part in value]
    return value
