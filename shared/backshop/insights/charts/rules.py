"""What a chart may show of a result, and how its texts are written."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from unicodedata import east_asian_width

from backshop.commerce import decimals
from backshop.insights.charts.models import ChartSpec, Drawn, Misfit
from backshop.insights.semantic.models import Cell, Column
from backshop.times import bucket, class_words

MOST_CATEGORIES: Final = 12
MOST_SERIES: Final = 6
MOST_POINTS: Final = 2000
MOST_TABLE_ROWS: Final = 20
OTHER: Final = "Other"
NONE: Final = "(none)"

_ALONG: Final = frozenset({"line", "line_compare", "line_dual", "area", "bar", "bar_h"})
"""Kinds with an x and a y."""
NUMBERS_WANTED: Final[dict[str, tuple[int, int]]] = {
    "number": (1, 1),
    "number_delta": (2, 2),
    "line": (1, 1),
    "line_compare": (2, 2),
    "line_dual": (2, 2),
    "area": (1, 1),
    "bar": (1, 1),
    "bar_h": (1, 1),
    "bar_stacked": (1, 1),
    "heatmap": (1, 1),
    "histogram": (1, 1),
    "scatter": (1, 1),
    "table": (0, 12),
}
_WITH_SERIES: Final = frozenset({"bar_stacked", "heatmap"})
_MAY_HAVE_SERIES: Final = _WITH_SERIES | {"line", "area", "scatter"}
_WITHOUT_X: Final = frozenset({"number", "number_delta", "table"})


def check(spec: ChartSpec, columns: Sequence[Column]) -> None:
    """Raises Misfit where the spec names what the result does not have, or too much or little."""
    by_name = {each.name: each for each in columns}
    for name in (spec.x, *spec.y, spec.series):
        if name is not None and name not in by_name:
            raise Misfit(f"The result has no column {text(name)}; it has {', '.join(by_name)}.")
    least, most = NUMBERS_WANTED[spec.kind]
    if not least <= len(spec.y) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise Misfit(f"A chart of kind {spec.kind} shows {wanted} columns as y.")
    if (spec.x is None) is not (spec.kind in _WITHOUT_X):
        needs = "has no" if spec.kind in _WITHOUT_X else "needs an"
        raise Misfit(f"A chart of kind {spec.kind} {needs} x.")
    if spec.kind in _WITH_SERIES and spec.series is None:
        raise Misfit(f"A chart of kind {spec.kind} needs a series.")
    if spec.series is not None and spec.kind not in _MAY_HAVE_SERIES:
        raise Misfit(f"A chart of kind {spec.kind} has no series.")
    numbers = [*spec.y] if spec.kind != "table" else []
    numbers += [spec.x] if spec.kind == "scatter" and spec.x else []
    for name in numbers:
        if by_name[name].type != "number":
            raise Misfit(f"{text(name)} is no number: choose another column as y.")


# ------------------------------------------------------------------------------- data


Point = tuple[str, str, float | None, str]
"""Of x, series, the number (None: nothing there) and that number as text."""


def points(spec: ChartSpec, drawn: Drawn, y: str, most: int = 40) -> list[Point]:
    """The cells of a chart's x, series and one y, in the result's order; names are cut at `most`
    letters and stay apart."""
    places = {each.name: place for place, each in enumerate(drawn.columns)}
    column = drawn.columns[places[y]]
    rows = drawn.rows[:MOST_POINTS]
    along, apart = (
        _labels(name, [row[places[name]] for row in rows], most) if name else [""] * len(rows)
        for name in (spec.x, spec.series)
    )
    cells = [row[places[y]] for row in rows]
    return [
        (x, series, number(cell), shown(cell, column, drawn.currency))
        for x, series, cell in zip(along, apart, cells, strict=True)
    ]


def _labels(name: str, cells: Sequence[Cell], most: int) -> list[str]:
    """Names as they are shown: those that are alike once they are cut are numbered."""
    labels: dict[Cell, str] = {}
    taken: set[str] = set()
    for cell in cells:
        if cell not in labels:
            label = plain = category(class_words(name, cell) or cell, most)
            number = 2
            while label in taken:
                label = f"{plain} ({number})"
                number += 1
            taken.add(label)
            labels[cell] = label
    return [labels[cell] for cell in cells]


def within(
    found: list[Point], column: Column, currency: str | None, *, adds_up: bool
) -> list[Point]:
    """At most MOST_CATEGORIES points: of more, the first ones, and the rest added up as Other where
    that means something."""
    if len(found) <= MOST_CATEGORIES:
        return found
    if not adds_up:
        return found[:MOST_CATEGORIES]
    kept = found[: MOST_CATEGORIES - 1]
    rest = sum(Decimal(str(value)) for _x, _s, value, _t in found[len(kept) :] if value is not None)
    name = f"{OTHER} ({len(found) - len(kept)})"
    return [*kept, (name, "", float(rest), shown(str(rest), column, currency))]


def fewer_series(
    found: list[Point], column: Column, currency: str | None, *, adds_up: bool
) -> list[Point]:
    """At most MOST_SERIES classes: the largest, and the others as one where they may be added
    up."""
    sums: dict[str, float] = {}
    for _x, series, value, _shown in found:
        sums[series] = sums.get(series, 0.0) + (value or 0.0)
    if len(sums) <= MOST_SERIES:
        return found
    kept = sorted(sums, key=lambda each: -sums[each])[: MOST_SERIES - (1 if adds_up else 0)]
    made = [each for each in found if each[1] in kept]
    if not adds_up:
        return made
    rest: dict[str, Decimal] = {}
    for x, series, value, _shown in found:
        if series not in kept:
            rest[x] = rest.get(x, Decimal()) + Decimal(str(value or 0))
    others = [
        (x, OTHER, float(value), shown(str(value), column, currency)) for x, value in rest.items()
    ]
    return [*made, *others]


def number(value: Cell) -> float | None:
    if value is None or isinstance(value, bool):
        return None
    try:
        made = float(value)
    except ValueError:
        return None
    return made if abs(made) < 1e300 else None


def category(value: Cell, most: int = 40) -> str:
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    return text(str(value), most)


_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff"
    # Pictures among letters, of which the fonts have none, and what changes how those look.
    r"\ufe00-\ufe0f\u20e3\U0001f000-\U0001faff\U000e0000-\U000e01ef]+"
)


def text(value: str, most: int = 48) -> str:
    """A text of the data as a picture shows it: one line of letters, `most` of them (broad ones
    count twice), without what turns its direction or cannot be in an SVG."""
    clean = _UNSEEN.sub(" ", value[:500]).strip() or NONE
    room = most
    for place, letter in enumerate(clean):
        room -= 2 if east_asian_width(letter) in "WF" else 1
        if room < 0:
            return clean[: max(1, place - 1)].rstrip() + "…"
    return clean


# ------------------------------------------------------------------------------- numbers


SYMBOLS: Final = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "ILS": "₪",
    "VND": "₫",
    "NGN": "₦",
    "UAH": "₴",
    "PHP": "₱",
}


def shown(value: Cell, column: Column, currency: str | None, grain: str | None = None) -> str:
    """A number with its unit: money with its currency's decimals, a rate in percent; a bucket of
    time by its name."""
    if value is None:
        return "–"
    if column.type == "date":
        first = days([str(value)])
        return bucket(first[0], grain or "day") if first else category(value)
    if named := class_words(column.name, value):
        return named
    if column.type != "number":
        return category(value)
    try:
        exact = Decimal(str(value))
    except ArithmeticError:
        return "–"
    if column.format == "money":
        return money(exact, currency)
    if column.format == "percent":
        return f"{grouped(exact * 100, 1)} %"
    if column.format in ("days", "minutes"):
        unit = str(column.format)
        return f"{grouped(exact, 1)} {unit[:-1] if exact == 1 else unit}"
    return grouped(exact, 0 if column.format == "count" and exact == exact.to_integral() else 2)


def money(value: Decimal, currency: str | None) -> str:
    if currency is None:
        return grouped(value, 2)
    digits = decimals(currency)
    amount = grouped(abs(value), digits, fixed=True)
    symbol = SYMBOLS.get(currency)
    sign = "−" if value < 0 and amount.strip("0.,") else ""
    return f"{sign}{symbol}{amount}" if symbol else f"{sign}{amount} {currency}"


def grouped(value: Decimal, digits: int, *, fixed: bool = False) -> str:
    """Thousands by commas, at most `digits` decimals (`fixed`: exactly)."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    made = f"{rounded:,f}"
    if not fixed and "." in made:
        made = made.rstrip("0").rstrip(".")
    return made.replace("-", "−")


def name_of(column: Column) -> str:
    return text(column.name.replace("_", " ").strip().capitalize())


def unit(column: Column, currency: str | None) -> str:
    """What stands on an axis: the column's name and what its numbers are in."""
    name = name_of(column)
    units = {"money": currency, "percent": "%", "days": "days", "minutes": "minutes"}
    unit_name = units.get(column.format or "")
    return f"{name} ({unit_name})" if unit_name else name


def axis_format(values: Sequence[float | None], column: Column, currency: str | None) -> str:
    """d3's format of an axis' numbers: whole where the currency or the count has no decimals."""
    largest = max((abs(each) for each in values if each is not None), default=0.0)
    if column.format == "percent":
        return ".0%" if largest >= 0.05 else ".1%"
    if largest >= 10_000:
        return "~s"
    whole = column.format == "count" or (column.format == "money" and not decimals(currency or ""))
    return ",.0f" if whole or largest >= 20 else ",~f"


# ------------------------------------------------------------------------------- time


def days(found: Sequence[str]) -> list[date] | None:
    """The texts as days, or None where one is none."""
    try:
        return [date.fromisoformat(each) for each in found]
    except ValueError:
        return None


_GAPS: Final = {"day": 1, "week": 7, "month": 28, "quarter": 89, "year": 365}


def date_format(found: Sequence[date], grain: str | None = None) -> str:
    """d3's format of the buckets' first days, by what they are or what lies between them."""
    distinct = sorted(set(found))
    gaps = [(b - a).days for a, b in itertools.pairwise(distinct)]
    gap = _GAPS.get(grain or "") or min(gaps, default=1)
    if gap >= 365:
        return "%Y"
    if gap >= 89:
        return "Q%q %Y"
    if gap >= 28:
        return "%b %Y"
    return "%-d %b" if distinct[-1].year == distinct[0].year else "%-d %b %y"


def ticks(found: Sequence[date], width: int) -> list[date]:
    """As many of the buckets' days as have room, the last among them."""
    distinct = sorted(set(found))
    step = -(-len(distinct) // max(2, width // 80))
    return distinct[::-1][::step][::-1]
