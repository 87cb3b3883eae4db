"""Queries and answers as a person reads them: what the query says, and one plain sentence with the
number in it. Pure; every number of the sentence is a cell, total or change of the result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from backshop.insights.semantic.checking import is_of_money
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    LOW_STOCK,
    AllTime,
    Calendar,
    Cell,
    Column,
    Dimension,
    Filter,
    Format,
    LastN,
    Limit,
    NamedDay,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
    Result,
    SemanticQuery,
    Unit,
)
from backshop.insights.semantic.tables import CHANGE, PREVIOUS
from backshop.times import bucket, class_words, day_words, span, whole_unit

D = Dimension
_DIMENSION_WORDS = {
    D.CUSTOMER_TYPE: "new, returning and guest customers",
    D.HAS_COUPON: "whether a coupon was used",
    D.IS_WEEKEND: "weekend or not",
    D.DAY_OF_WEEK: "day of the week",
    D.HOUR_OF_DAY: "hour of the day",
    D.MONTH: "month of the year",
    D.COHORT_MONTH: "month of the first order",
    D.MONTHS_SINCE_FIRST: "months since the first order",
    D.RFM_SEGMENT: "RFM segment",
    D.ORDER_VALUE_BUCKET: "order value",
    D.PAYMENT_METHOD: "payment method",
    D.SKU: "SKU",
}
_LIMIT_WORDS = {
    Limit.ORDER_TOTAL: "order total",
    Limit.ORDERS_COUNT: "orders of the customer",
    Limit.DAYS_SINCE_LAST_ORDER: "days since the last order",
    Limit.STOCK_QUANTITY: "stock",
    Limit.TOTAL_SPENT: "money spent by the customer",
}
_OPS = {"=": "", "!=": "not ", "in": "", "contains": "containing ", "<": "below ", ">": "above "}
_OPS |= {"<=": "at most ", ">=": "at least "}


def label(name: str) -> str:
    """A metric's name within a sentence."""
    held = METRICS[name].label
    return held if held[:2].isupper() else held[0].lower() + held[1:]


def reads_as(query: SemanticQuery) -> str:
    """The query in a person's words."""
    parts = [" and ".join(label(each) for each in query.metrics)]
    if query.top_n and query.dimensions:
        kind = "top" if query.top_n > 0 else "bottom"
        parts[0] = f"{kind} {abs(query.top_n)} by {parts[0]}"
    by = [_DIMENSION_WORDS.get(each, str(each)) for each in query.dimensions]
    if query.grain:
        by.append(str(query.grain))
    if by:
        parts[0] += f": each {by[0]}" if query.top_n and query.dimensions else f" by {_listed(by)}"
    parts += [_filter_words(each) for each in query.filters]
    if query.period:
        parts.append(period_words(query.period))
        if query.period.compare:
            parts.append(f"compared with {compare_words(query.period)}")
    else:
        parts.append("now")
    return ", ".join(parts)


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _filter_words(filter: Filter) -> str:
    name = filter.field
    if name in METRICS:
        subject = label(name)
    elif name in Limit.__members__.values():
        subject = _LIMIT_WORDS[Limit(name)]
    else:
        subject = name.replace("_", " ")
    if isinstance(filter.value, bool):
        return f"{subject}: {'yes' if filter.value is (filter.op == '=') else 'no'}"
    values = filter.value if isinstance(filter.value, tuple) else (filter.value,)
    shown = [_value_words(name, each) for each in values]
    return f"{subject} {_OPS[filter.op]}{' or '.join(shown)}"


def _value_words(name: str, value: Any) -> str:
    if value == LOW_STOCK:
        return "the store's low-stock threshold"
    return class_words(name, value) or plain(str(value))


def period_words(period: Period) -> str:
    match period:
        case LastN(n=1):
            return f"the current {period.unit} to date"
        case LastN():
            return f"last {period.n} {period.unit}s"
        case Calendar():
            return _calendar_words(period)
        case Range():
            return span(period.start, period.end)
        case NamedMonth():
            return f"the latest full {period.name.capitalize()}"
        case NamedQuarter():
            return f"the latest full Q{period.quarter}"
        case NamedDay():
            named = period.name.replace("_", " ").title().replace("s ", "s' " if False else "s ")
            return (
                f"the latest {named}"
                if period.offset == 0
                else f"{named}, {-period.offset} before the latest"
            )
        case AllTime():
            return "all time"


def _calendar_words(period: Calendar) -> str:
    if period.unit == Unit.DAY:
        return {0: "today", -1: "yesterday"}.get(period.offset, f"{-period.offset} days ago")
    if period.offset == 0:
        return f"this {period.unit} to date"
    if period.offset == -1:
        return f"last {period.unit}"
    return f"the {period.unit} {-period.offset} {period.unit}s ago"


def compare_words(period: Period) -> str:
    if period.compare == "previous_period":
        return "the period before"
    if period.compare == "previous_year":
        return "the same a year before"
    kind, _, name = (period.compare or "").partition(":")
    if kind == "named_quarter":
        return f"the latest full Q{name}"
    return f"the latest {name.replace('_', ' ').title()}"


# ------------------------------------------------------------------------------- the sentence


def sentence(result: Result) -> str:
    """One plain sentence that answers, with the numbers of the result."""
    query = result.query
    first = query.metrics[0]
    name = label(first)
    name = name[0].upper() + name[1:]
    when = _when(result)
    if not result.rows:
        return f"There is nothing to show for {label(first)}{when}."
    is_sums = set(query.dimensions) <= {D.CURRENCY} and is_of_money(METRICS[first])
    if not query.grain and (is_sums or not query.dimensions):
        return _plain_answer(result, name, when)
    return _table_answer(result, name, when)


def _when(result: Result) -> str:
    held = result.assumptions
    if held.from_ is None or held.to is None:
        return " now"
    if isinstance(result.query.period, AllTime):
        return " over all time"
    if held.from_ == held.to:
        return f" on {day_words(held.from_)}"
    said = span(held.from_, held.to)
    return f" in {said}" if whole_unit(held.from_, held.to) else f" from {said}"


def _plain_answer(result: Result, name: str, when: str) -> str:
    if len(result.rows) > 1:
        parts = [_row_words(result, row) for row in result.rows]
        return f"{name}{when}: {', '.join(parts)}."
    values = dict(zip((each.name for each in result.columns), result.rows[0], strict=True))
    metric = result.query.metrics[0]
    shown = spoken(values[metric], _column(result, metric).format, result.assumptions.currency)
    verb = "were" if METRICS[metric].label.endswith("s") else "was"
    compared = _change_words(result, metric, values)
    more = [
        f"{label(each)} {spoken(values[each], _column(result, each).format, result.assumptions.currency)}"
        for each in result.query.metrics[1:]
    ]
    rest = f"; {', '.join(more)}" if more else ""
    return f"{name} {verb} {shown}{when}{compared}{rest}."


def _row_words(result: Result, row: Sequence[Cell]) -> str:
    values = dict(zip((each.name for each in result.columns), row, strict=True))
    metric = result.query.metrics[0]
    currency = str(values.get("currency") or result.assumptions.currency)
    shown = spoken(values[metric], _column(result, metric).format, currency)
    return shown if METRICS[metric].is_money else f"{currency} {shown}"


def _change_words(result: Result, metric: str, values: dict[str, Cell]) -> str:
    if metric + PREVIOUS not in values:
        return ""
    before, change = values[metric + PREVIOUS], values[metric + CHANGE]
    currency = result.assumptions.currency
    shown = spoken(before, _column(result, metric).format, currency)
    if not isinstance(change, int | float):
        return f", after {shown} before"
    word = "more" if change > 0 else "less"
    if change == 0:
        return f", as much as before ({shown})"
    return f", {spoken(abs(change), 'percent', currency)} {word} than the {shown} before"


def _table_answer(result: Result, name: str, when: str) -> str:
    metric = result.query.metrics[0]
    place = [each.name for each in result.columns].index(metric)
    column = result.columns[place]
    total = result.totals.get(metric)
    text = f"{name}{when}"
    if total is not None and METRICS[metric].kind != "rate":
        text += f" came to {spoken(total, column.format, result.assumptions.currency)}"
    elif total is not None:
        text += f" was {spoken(total, column.format, result.assumptions.currency)} overall"
    firsts = _firsts(result, place)
    if not firsts and total is None:
        return f"There is nothing to show for {label(metric)}{when}."
    if not firsts or all(Decimal(str(row[place])) == 0 for _currency, row in firsts):
        return f"{text}{_nothing(total)}."
    word = "the least" if (result.query.top_n or 0) < 0 else "the most"
    tops = [
        f"{spoken(row[place], column.format, currency)}, {_named(result, row)}"
        for currency, row in firsts
    ]
    return f"{text}{':' if total is None else ';'} {word}, {', and '.join(tops)}."


def _nothing(total: Cell) -> str:
    return " came to nothing" if total is None else ""


def _firsts(result: Result, place: int) -> list[tuple[str | None, Sequence[Cell]]]:
    """The row with the most, or the least where the least are asked for, of each currency: amounts
    of several are never compared."""
    names = [each.name for each in result.columns]
    is_apart = "currency" in names and not _is_counted_by_currency(result)
    own = names.index("currency") if is_apart else None
    rows: dict[str | None, list[Sequence[Cell]]] = {}
    for row in result.rows:
        if isinstance(row[place], int | float | str):
            currency = str(row[own]) if own is not None else result.assumptions.currency
            rows.setdefault(currency, []).append(row)
    first = min if (result.query.top_n or 0) < 0 else max
    return [
        (currency, first(held, key=lambda row: Decimal(str(row[place]))))
        for currency, held in sorted(rows.items(), key=lambda each: each[0] or "")
    ]


def _is_counted_by_currency(result: Result) -> bool:
    """Whether currencies are classes like any other, of something that is no money."""
    query = result.query
    return D.CURRENCY in query.dimensions and not is_of_money(METRICS[query.metrics[0]])


def _named(result: Result, row: Sequence[Cell]) -> str:
    parts = []
    for column, value in zip(result.columns, row, strict=True):
        if column.name in METRICS or column.name.endswith((PREVIOUS, CHANGE)):
            break
        if column.type == "date":
            grain = result.query.grain or Unit.DAY
            before = {Unit.DAY: "on", Unit.WEEK: "in the"}.get(grain, "in")
            parts.append(f"{before} {bucket(date.fromisoformat(str(value)), grain)}")
        elif column.name != "currency" or _is_counted_by_currency(result):
            parts.append(f"for {_class_words(column, value)}")
    return " ".join(parts) or "overall"


def _class_words(column: Column, value: Cell) -> str:
    if value is None:
        return f"no {column.name.replace('_', ' ')}"
    if isinstance(value, bool):
        return f"{column.name.replace('_', ' ')}: {'yes' if value else 'no'}"
    return class_words(column.name, value) or plain(str(value))


def _column(result: Result, name: str) -> Column:
    return next(each for each in result.columns if each.name == name)


def spoken(value: Cell, format: Format | None, currency: str | None) -> str:
    """A cell within a sentence."""
    if value is None:
        return "nothing to measure"
    number = Decimal(str(value))
    if format == "money":
        return f"{number:,} {currency}" if currency else f"{number:,}"
    if format == "percent":
        return f"{_trimmed(number * 100)} %"
    said = _trimmed(number)
    if format not in ("days", "minutes"):
        return said
    return f"{said} {format[:-1] if said == '1' else format}"


def _trimmed(number: Decimal) -> str:
    rounded = round(number, 1 if abs(number) < 1000 else 0)
    text = f"{rounded:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_MARKUP = re.compile(r"[<>\[\]()`*_|#!\\]|https?://|www\.", re.IGNORECASE)


def plain(text: str) -> str:
    """Data as text within a sentence: no link, picture or markup can come of it."""
    cleaned = _MARKUP.sub(" ", "".join(each if each.isprintable() else " " for each in text))
    return " ".join(cleaned.split())[:80]
