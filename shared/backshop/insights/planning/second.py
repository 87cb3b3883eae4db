"""A second reading, where the first one declines or is unsure: of all figures, rows, ranks and
grains that either reading found, those that go together and are likeliest by what was learned of
other questions (`learned.py`). Names, conditions and periods are those of the first reading.

What is not likely, or goes together with nothing, is left as it was: there is no guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from math import log
from typing import NamedTuple

from backshop.insights.planning.filters import N_PLUS, N, limit, number_of, op_of, put
from backshop.insights.planning.learned import MISSING, Seen
from backshop.insights.planning.reading import Reading
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    Dimension,
    Filter,
    Limit,
    SemanticQuery,
    Unit,
)

D = Dimension
SURELY_MISSING = 0.7
"""How likely it is that what is asked for is not in the data where no reading is taken."""
MISSING_AS_TOLD = 0.2
"""And where a story beside it tells of that."""
MAY_BE_MISSING = 0.1
"""Where no second one is tried."""
HARDLY_MISSING = 0.005
"""Where a word of what is not in the data is taken for a part of a story."""
LIKELIER = 5.0
"""By how much, as a difference of logarithms, a reading of another figure, or with rows or a
course in time of its own, has to be likelier than the one that the rules came to."""
LIKELIER_THAN_GUESSED = 2.0
"""And than one whose figure the question does not name."""
LIKELY = 0.15
"""How likely each part of a reading has to be where the rules came to none."""
LIKELY_CLASS = 0.6
"""How likely a class of customers has to be that was not read."""
TOLD_BY_RULES = 1.0
"""What the rules found is likelier than it looks, as a logarithm."""
CUSTOMER_TYPES = ("new", "returning", "guest")
_TRIED = 4
_HARDLY = 1e-4

_AS_CLASS: dict[str, Filter] = {
    "new_customers": limit(D.CUSTOMER_TYPE, "=", "new"),
    "returning_customers": limit(D.CUSTOMER_TYPE, "=", "returning"),
    "discounted_orders": limit(D.HAS_COUPON, "=", True),
}
"""What is no figure beside another one, but a class of it."""


class Parts(NamedTuple):
    """What the readings differ in, as `learned.Seen` calls it."""

    metric: str
    rows: str
    rank: str
    grain: str


def is_doubtful(query: SemanticQuery, seen: Seen, *, is_named: bool = True) -> bool:
    """Whether another reading is much likelier than the query, or a class of customers is likely
    that is none of its conditions. Where the question names no figure, the query's comes from what
    else it names."""
    held = parts_of(query)
    likelier = LIKELIER if is_named else LIKELIER_THAN_GUESSED
    if _class_of_customers(seen, held, query.filters):
        return True
    most = Parts(*(seen.likeliest(of) for of in Parts._fields))
    if _weight(seen, most) - _weight(seen, held) < likelier:
        return False
    found = _likeliest(seen, held, query.filters)
    if found is None:
        return False
    has_more = (found.rows and not held.rows) or (found.grain and not held.grain)
    says_other = found.metric != held.metric or bool(has_more)
    return says_other and _weight(seen, found) - _weight(seen, held) >= likelier


def parts_of(query: SemanticQuery) -> Parts:
    return Parts(
        ",".join(query.metrics),
        ",".join(sorted(query.dimensions)),
        _rank(query.top_n),
        str(query.grain or ""),
    )


def _rank(number: int | None) -> str:
    if number is None:
        return "0"
    return f"{'+' if number > 0 else '-'}{'1' if abs(number) == 1 else 'n'}"


def what_is_missing(seen: Seen, *, is_told: bool) -> str | None:
    """What is asked for that is not in the data, in words of data; empty where it has no name.
    A story that tells of what is not in the data makes it likelier (`is_told`)."""
    if seen.missing < (MISSING_AS_TOLD if is_told else SURELY_MISSING):
        return None
    of_missing = [each for each in seen.best("metric", 2) if each.startswith(MISSING)]
    return of_missing[0].removeprefix(MISSING) if of_missing else ""


def settle(reading: Reading, seen: Seen) -> None:
    """Let the reading's figure, rows, rank and grain be the likeliest that go together."""
    held = Parts(
        ",".join(reading.metrics),
        ",".join(sorted(reading.dimensions)),
        _rank(reading.top_n),
        str(reading.grain or ""),
    )
    filters = tuple(reading.filters)
    found = _likeliest(seen, held, filters)
    if found is None or not _is_likely(seen, found, held):
        return
    filters = _with_classes(found.metric, held.metric, filters)
    reading.filters[:] = (*filters, *_class_of_customers(seen, found, filters))
    reading.metrics[:] = found.metric.split(",")
    reading.dimensions[:] = [Dimension(each) for each in found.rows.split(",") if each]
    reading.grain = Unit(found.grain) if found.grain else None
    _settle_rank(reading, found.rank)


def _settle_rank(reading: Reading, rank: str) -> None:
    if rank == _rank(reading.top_n):
        return
    reading.wants_all = rank == "0"
    if reading.wants_all:
        reading.top_n = None
        return
    many = abs(reading.top_n or 10) if rank.endswith("n") else 1
    reading.top_n = -many if rank.startswith("-") else many


def _is_likely(seen: Seen, found: Parts, held: Parts) -> bool:
    """Each part, unless the rules found the same."""
    return all(
        one == other or seen.chance(of, one) >= LIKELY
        for of, one, other in zip(Parts._fields, found, held, strict=True)
    )


def _likeliest(seen: Seen, held: Parts, filters: tuple[Filter, ...]) -> Parts | None:
    """Of the parts that go together."""
    found = [
        each
        for each in _combined(seen, held)
        if _go_together(each, _with_classes(each.metric, held.metric, filters))
    ]
    return max(
        found,
        key=lambda each: _weight(seen, each) + TOLD_BY_RULES * _shared(each, held),
        default=None,
    )


def _shared(found: Parts, held: Parts) -> int:
    """How many parts that the rules found are among them; what they found nothing of is no sign."""
    return sum(
        one == other and other not in ("", "0") for one, other in zip(found, held, strict=True)
    )


def _combined(seen: Seen, held: Parts) -> Iterator[Parts]:
    listed = [each for each in held.metric.split(",") if each]
    if _are_counts(listed):
        figures = [held.metric]
    elif len(listed) > 1:  # A list of figures is read as it is said, but for words of classes.
        figures = [held.metric, ",".join(each for each in listed if each not in _AS_CLASS)]
    else:
        likely = [each for each in seen.best("metric", _TRIED) if not each.startswith(MISSING)]
        figures = [*listed, *likely]
    figures = [each for each in dict.fromkeys(figures) if each]
    others = (
        dict.fromkeys([own, *(each for each in seen.best(of, 3) if not each.startswith(MISSING))])
        for of, own in zip(Parts._fields[1:], held[1:], strict=True)
    )
    return (Parts(*each) for each in product(figures, *others))


def _are_counts(figures: list[str]) -> bool:
    """`how many customers, and how many returning ones`: beside a count of all, none is a class."""
    return "customers" in figures and not _AS_CLASS.keys().isdisjoint(figures)


def _weight(seen: Seen, parts: Parts) -> float:
    return sum(
        log(max(seen.chance(of, each), _HARDLY))
        for of, each in zip(Parts._fields, parts, strict=True)
    )


def _with_classes(metric: str, instead_of: str, filters: tuple[Filter, ...]) -> tuple[Filter, ...]:
    """And the class that another figure's word means (`discounts of new customers`)."""
    figures = metric.split(",")
    for each in instead_of.split(","):
        own = _AS_CLASS.get(each)
        if own is None or each in figures or any(one.field == own.field for one in filters):
            continue
        if all(own.field in METRICS[one].dimensions for one in figures if one in METRICS):
            filters = (*filters, own)
    return filters


def _class_of_customers(
    seen: Seen, parts: Parts, filters: tuple[Filter, ...]
) -> tuple[Filter, ...]:
    """The condition that such questions have, where nothing of it was read."""
    kind = seen.likeliest("customers")
    is_likely = kind in CUSTOMER_TYPES and seen.chance("customers", kind) >= LIKELY_CLASS
    is_read = D.CUSTOMER_TYPE in (*parts.rows.split(","), *(each.field for each in filters))
    figures = parts.metric.split(",")
    has_classes = all(D.CUSTOMER_TYPE in METRICS[each].dimensions for each in figures)
    if not is_likely or is_read or _are_counts(figures) or not has_classes:
        return ()
    return (limit(D.CUSTOMER_TYPE, "=", kind),)


def _go_together(parts: Parts, filters: tuple[Filter, ...]) -> bool:
    figures = parts.metric.split(",")
    fields = {each for each in parts.rows.split(",") if each}
    fields |= {each.field for each in filters if each.field in D.__members__.values()}
    if any(each not in METRICS or not fields <= set(METRICS[each].dimensions) for each in figures):
        return False
    if parts.grain and not all(METRICS[each].has_time for each in figures):
        return False
    return parts.rank == "0" or bool(parts.rows or parts.grain)


# ------------------------------------------------------------------------------- numbers


_OF_DAYS = frozenset({Limit.DAYS_SINCE_LAST_ORDER, "days_of_stock"})


def read_numbers(reading: Reading, seen: Seen) -> None:
    """Numbers that are left: limits of what such questions limit, or how many rows are wanted."""
    field = seen.likeliest("limit")
    if field and "," not in field and seen.chance("limit", field) >= 0.5 and field not in _OF_DAYS:
        for size in (N, N_PLUS):
            while found := reading.line.find(rf"(?<![\w@.]){size}(?= |$)"):
                if op_of(found) == "=":
                    break
                put(reading, limit(field, op_of(found), number_of(found)))
                reading.line.text = (
                    f"{reading.line.text[: found.start()]} ~ {reading.line.text[found.end() :]}"
                )
    rank = seen.likeliest("rank")
    alone = re.findall(r"(?<![\w@.-])\d{1,3}(?= |$)", reading.line.text)
    if rank.endswith("n") and len(alone) == 1 and reading.top_n is None:
        number = int(alone[0])
        reading.top_n = -number if rank.startswith("-") else number
        reading.line.take(rf"(?<![\w@.-]){alone[0]}(?= |$)")


def is_told(reading: Reading) -> bool:
    """Of a second reading: whether words of what is not in the data are only a part of a story."""
    return reading.seen is not None and reading.seen.missing < HARDLY_MISSING
