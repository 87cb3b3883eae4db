"""What came back, as tables: rows by key, with what is missing filled in and what is compared
beside it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

from backshop.insights.semantic.models import Unit
from backshop.insights.semantic.periods import Window, years_before

Keys = tuple[Any, ...]
Values = dict[str, Decimal | None]
PREVIOUS = "_previous"
CHANGE = "_change"


@dataclass
class Table:
    """Rows by their keys, whose names are `names`; `labels` are shown in place of identities."""

    names: tuple[str, ...]
    rows: dict[Keys, Values] = field(default_factory=dict)
    labels: dict[tuple[str, Any], str] = field(default_factory=dict)
    is_cut: bool = False

    def currencies(self) -> set[str]:
        if "currency" not in self.names:
            return set()
        place = self.names.index("currency")
        return {key[place] for key in self.rows if key[place] is not None}

    def shown(self, name: str, identity: Any) -> Any:
        return self.labels.get((name, identity), identity)


def table(
    rows: Iterable[Mapping[str, Any]], names: Sequence[str], metrics: Sequence[str], most: int
) -> Table:
    """A table of what a compiled statement returned."""
    made = Table(tuple(names))
    for row in rows:
        if len(made.rows) == most:
            made.is_cut = True
            break
        key = tuple(row[f"k_{name}"] for name in names)
        made.rows[key] = {name: row[name] for name in metrics}
        for name, identity in zip(names, key, strict=True):
            label = row.get(f"l_{name}")
            if label is not None:
                made.labels[name, identity] = label
    return made


def without(source: Table, name: str) -> Table:
    """The table without a key that says nothing, being the same in every row."""
    place = source.names.index(name)

    def cut(key: Keys) -> Keys:
        return key[:place] + key[place + 1 :]

    rows = {cut(key): values for key, values in source.rows.items()}
    return Table(cut(source.names), rows, source.labels, source.is_cut)


def filled(rows: Table, domains: Mapping[str, Sequence[Any]], zeros: Values, most: int) -> None:
    """Add a row of `zeros` for each value of a domain that has none, beside each of the other keys
    that there are."""
    if not domains or not rows.names:
        return
    seen = [
        list(domains[name]) if name in domains else _distinct(rows, place)
        for place, name in enumerate(rows.names)
    ]
    size = 1
    for each in seen:
        size *= max(len(each), 1)
    if size > most:
        return
    for key in product(*seen):
        rows.rows.setdefault(key, dict(zeros))


def _distinct(rows: Table, place: int) -> list[Any]:
    return list(dict.fromkeys(key[place] for key in rows.rows))


def pairing(current: Sequence[date], other: Sequence[date], years: int) -> dict[date, date]:
    """Which bucket of the current window each bucket of the other stands beside: that of the same
    date so many years later, or of the same place."""
    if years and len(current) != len(other):
        wanted = {years_before(each, years): each for each in reversed(current)}
        return {each: wanted[each] for each in other if each in wanted}
    return dict(zip(other, current, strict=False))


def moved(source: Table, pairs: Mapping[date, date]) -> Table:
    """The table with its buckets named as those that they stand beside."""
    if "time" not in source.names:
        return source
    place = source.names.index("time")
    rows = {
        (*key[:place], pairs[key[place]], *key[place + 1 :]): values
        for key, values in source.rows.items()
        if key[place] in pairs
    }
    return Table(source.names, rows, source.labels, source.is_cut)


def compare(
    current: Table, other: Table, metrics: Sequence[str], zeros: Values, *, keep_other: bool
) -> None:
    """Put what was beside what is, and the change: a fraction, empty where there was nothing."""
    if keep_other:
        for key in other.rows:
            current.rows.setdefault(key, dict(zeros))
        current.labels = {**other.labels, **current.labels}
    for key, values in current.rows.items():
        before = other.rows.get(key, zeros)
        for name in metrics:
            values[name + PREVIOUS] = before.get(name)
            values[name + CHANGE] = change(values.get(name), before.get(name))


def change(now: Decimal | None, before: Decimal | None) -> Decimal | None:
    if now is None or not before:
        return None
    return (now - before) / abs(before)


def running(rows: Table, name: str, of: str) -> None:
    """The sums of `of` along the buckets, for each of the other keys."""
    sums: dict[Keys, Decimal] = {}
    for key in sorted(rows.rows, key=lambda each: _time_of(rows, each)):
        rest = _rest(rows, key)
        sums[rest] = sums.get(rest, Decimal(0)) + (rows.rows[key][of] or Decimal(0))
        rows.rows[key][name] = sums[rest]


def _time_of(rows: Table, key: Keys) -> Any:
    return key[rows.names.index("time")] if "time" in rows.names else date.min


def _rest(rows: Table, key: Keys) -> Keys:
    return tuple(each for name, each in zip(rows.names, key, strict=True) if name != "time")


def share(rows: Table, name: str, of: str, wholes: Table) -> None:
    """Each row's part of the whole that has its bucket and currency."""
    places = [rows.names.index(each) for each in wholes.names]
    for key, values in rows.rows.items():
        whole = wholes.rows.get(tuple(key[place] for place in places), {}).get(of)
        part = values.get(of)
        values[name] = part / whole if whole and part is not None else None


def ordered(
    rows: Table, metrics: Sequence[str], *, natural: Sequence[str], top_n: int | None
) -> list[Keys]:
    """Keys in the order that they are shown in, and of `top_n` only those that it names."""
    ranked = rows.names and (top_n is not None or not set(rows.names) & set(natural))
    keys = sorted(rows.rows, key=lambda key: _by_name(rows, key))
    if not ranked:
        return keys
    first = metrics[0]
    up = (top_n or 1) < 0
    keys.sort(key=lambda key: _by_value(rows.rows[key].get(first), up))
    apart = [n for n in ("currency", "time") if n in rows.names]
    if "time" in rows.names and len(set(rows.names) - {"time", "currency"}) == 0:
        apart.remove("time")
    keys.sort(key=lambda key: tuple(_sortable(key[rows.names.index(n)]) for n in apart))
    return keys if top_n is None else list(_firsts(rows, keys, apart, abs(top_n)))


def _firsts(rows: Table, keys: Sequence[Keys], apart: Sequence[str], most: int) -> Iterator[Keys]:
    places = [rows.names.index(name) for name in apart]
    numbers: dict[Keys, int] = {}
    for key in keys:
        group = tuple(key[place] for place in places)
        numbers[group] = numbers.get(group, 0) + 1
        if numbers[group] <= most:
            yield key


def _by_name(rows: Table, key: Keys) -> tuple[Any, ...]:
    return tuple(
        _sortable(_in_order(name, rows.shown(name, each)))
        for name, each in zip(rows.names, key, strict=True)
    )


def _in_order(name: str, shown: Any) -> Any:
    """What the value is sorted by: a class of order values (`50-100`, `500+`) by its beginning."""
    if name == "order_value_bucket" and shown is not None:
        return int(shown.rstrip("+").split("-")[0])
    return shown


def _sortable(value: Any) -> tuple[int, Any, str]:
    if value is None:
        return (3, 0, "")
    if isinstance(value, bool | int | Decimal):
        return (1, value, "")
    if isinstance(value, date):
        return (1, value.toordinal(), "")
    return (2, 0, str(value))


def _by_value(value: Decimal | None, up: bool) -> tuple[bool, Decimal]:
    return (value is None, Decimal(0) if value is None else (value if up else -value))


def unfinished(window: Window | None, grain: Unit | None, end: date | None) -> bool:
    """Whether the last bucket has days to come."""
    return bool(window and grain and end and end > window.last)
