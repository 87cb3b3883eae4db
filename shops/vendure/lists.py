"""Vendure's lists: `skip`, `take`, `sort` and `filter` with their operators."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import GraphQLError

from shops.shop import micros

MOST = 1000
Read = Callable[[Any, str], Any]
"""record, field name → its value: microseconds for times."""
Options = Mapping[str, Any]


def page(
    records: Iterable[Any],
    options: Options | None,
    read: Read,
    view: Callable[[Any], Any],
    most: int = MOST,
) -> dict[str, Any]:
    """The page that the options ask for, and how many records there are on all pages; `most` is the
    server's `adminListQueryLimit`."""
    options = options or {}
    take = options.get("take")
    if take is not None and take > most:
        raise GraphQLError(
            f"Cannot take more than {most} results from a list query",
            extensions={"code": "USER_INPUT_ERROR"},
        )
    filters = options.get("filter") or {}
    joined = any if options.get("filterOperator") == "OR" else all
    found = [record for record in records if _matches(record, filters, read, joined)]
    for name, direction in reversed(list((options.get("sort") or {}).items())):
        found.sort(key=lambda record: _sortable(read(record, name)), reverse=direction == "DESC")
    skip = options.get("skip") or 0
    # `take: 0` gives everything, as it does on the real server.
    chosen = found[skip : skip + (take or most)] if take != 0 else found[skip:]
    return {
        "items": lambda info: [view(record) for record in chosen],
        "totalItems": len(found),
    }


def _sortable(value: Any) -> tuple[bool, Any]:
    return (value is not None, value if value is not None else 0)


def _matches(
    record: Any, filters: Mapping[str, Any], read: Read, joined: Callable[[Iterable[bool]], bool]
) -> bool:
    parts = [(name, operators) for name, operators in filters.items() if operators is not None]
    return joined(_part(record, name, operators, read) for name, operators in parts) or not parts


def _part(record: Any, name: str, operators: Any, read: Read) -> bool:
    if name == "_and":
        return all(_matches(record, inner, read, all) for inner in operators)
    if name == "_or":
        return any(_matches(record, inner, read, all) for inner in operators)
    value = read(record, name)
    return all(
        _operator(operator, value, wanted)
        for operator, wanted in operators.items()
        if wanted is not None
    )


def _operator(operator: str, value: Any, wanted: Any) -> bool:
    if operator == "isNull":
        return (value is None) == bool(wanted)
    if value is None:
        return operator in {"notEq", "notIn", "notContains"}
    return OPERATORS[operator](value, wanted)


def _like(value: Any, wanted: Any) -> Any:
    """The wanted value in the terms of the record's: ids and times come as text."""
    if isinstance(value, bool) or not isinstance(value, int) or not isinstance(wanted, str):
        return wanted
    return micros(wanted) if "T" in wanted or "-" in wanted else int(wanted)


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda value, wanted: value == _like(value, wanted),
    "notEq": lambda value, wanted: value != _like(value, wanted),
    "contains": lambda value, wanted: wanted.lower() in value.lower(),
    "notContains": lambda value, wanted: wanted.lower() not in value.lower(),
    "in": lambda value, wanted: value in [_like(value, one) for one in wanted],
    "notIn": lambda value, wanted: value not in [_like(value, one) for one in wanted],
    "inList": lambda value, wanted: wanted in value,
    "regex": lambda value, wanted: re.search(wanted, value, re.IGNORECASE) is not None,
    "before": lambda value, wanted: value < _like(value, wanted),
    "after": lambda value, wanted: value > _like(value, wanted),
    "lt": lambda value, wanted: value < _like(value, wanted),
    "lte": lambda value, wanted: value <= _like(value, wanted),
    "gt": lambda value, wanted: value > _like(value, wanted),
    "gte": lambda value, wanted: value >= _like(value, wanted),
    # As recorded, the start is not part of it.
    "between": lambda value, wanted: (
        _like(value, wanted["start"]) < value <= _like(value, wanted["end"])
    ),
}
