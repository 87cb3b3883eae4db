"""Whether the numbers of a sentence are those of its result, whoever wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from backshop.insights.semantic.models import Result

_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


def holds(text: str, result: Result) -> bool:
    """Whether every number in it is a cell, total or change of the result, a day of its period, or
    a number of the question itself."""
    known = set(_numbers_of(result))
    return all(_is_known(each, known) for each in numbers(text, result))


def numbers(text: str, result: Result) -> list[str]:
    """The numbers in a text, those within names of the result left out."""
    for name in sorted(_names(result), key=len, reverse=True):
        text = text.replace(name, " ")
    return _NUMBER.findall(text)


def _names(result: Result) -> Iterator[str]:
    from backshop.insights.semantic.wording import plain

    for row in result.rows:
        for column, value in zip(result.columns, row, strict=True):
            if column.type == "text" and isinstance(value, str) and re.search(r"\d", value):
                yield plain(value)


def _is_known(numeral: str, known: set[Decimal]) -> bool:
    """Whether it is one of them, as exactly as it is said."""
    number = Decimal(numeral.replace(",", ""))
    digits = len(numeral.partition(".")[2])
    unit = Decimal(1).scaleb(-digits)
    return any(abs(abs(each) - number) <= unit / 2 for each in known)


def _numbers_of(result: Result) -> Iterator[Decimal]:
    percents = {each.name for each in result.columns if each.format == "percent"}
    for row in result.rows:
        for column, value in zip(result.columns, row, strict=True):
            yield from _of_cell(value, is_percent=column.name in percents, kind=column.type)
    for totals in (result.totals, result.remainder, *result.totals_by_currency.values()):
        for name, value in totals.items():
            yield from _of_cell(value, is_percent=name in percents, kind="number")
    held = result.assumptions
    for day in (held.from_, held.to, held.compared_from, held.compared_to):
        if day is not None:
            yield from _of_day(day.isoformat())
    yield from _in_json(result.query.as_json())


def _of_cell(value: Any, *, is_percent: bool, kind: str) -> Iterator[Decimal]:
    if kind == "date" and isinstance(value, str):
        yield from _of_day(value)
        return
    if value is None or isinstance(value, bool):
        return
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return
    if number.is_finite():
        yield number * 100 if is_percent else number


def _of_day(day: str) -> Iterator[Decimal]:
    """Its numbers, and that of its quarter."""
    year, month, number = (Decimal(each) for each in day.split("-"))
    yield from (year, month, number, (month + 2) // 3)


def _in_json(value: Any) -> Iterator[Decimal]:
    if isinstance(value, dict):
        for each in value.values():
            yield from _in_json(each)
    elif isinstance(value, list):
        for each in value:
            yield from _in_json(each)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield Decimal(str(value))
    elif isinstance(value, str):
        yield from (Decimal(each.replace(",", "")) for each in _NUMBER.findall(value))
