"""The shops that the questions are about (`shops.json`), and how questions and their queries are
written down."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from backshop.insights.planning.models import Known

HERE = Path(__file__).parent


def _shop(fields: dict[str, Any]) -> Known:
    return Known(**{name: _held(value) for name, value in fields.items()})


def _held(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


SHOPS = {
    name: _shop(fields) for name, fields in json.loads((HERE / "shops.json").read_text()).items()
}
KNOWN, TODAY = SHOPS["known"], date(2025, 12, 15)
"""What questions are about, and when they are asked, that say no other."""


class Set(NamedTuple):
    """Questions that are set aside, whose shop they are about, and when."""

    path: str
    shop: Known
    day: date


def _set(path: Path) -> Set:
    first = path.read_text().split("\n", 1)[0]
    found = re.fullmatch(r"# shop: (\w+), day: (\S+)", first)
    assert found, path
    return Set(str(path.relative_to(HERE)), SHOPS[found[1]], date.fromisoformat(found[2]))


SET_ASIDE = [_set(each) for each in sorted((HERE / "set_aside").glob("*.txt"))]


@dataclass(frozen=True)
class Expected:
    """A question with the query that it means, or with what is missing; `before` is the question
    that it follows."""

    text: str
    query: dict[str, Any] | None = None
    missing: tuple[str, ...] = ()
    chart: str = ""
    before: tuple[str, ...] = field(default=())
    shop: Known = KNOWN
    day: date = TODAY


def questions(name: str, shop: Known = KNOWN, day: date = TODAY) -> Iterator[Expected]:
    chain: list[str] = []
    for line in (HERE / name).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        parts = [each.strip() for each in line.split("|")]
        text = parts[0].removeprefix(">").strip()
        chain = [*chain, text] if line.startswith(">") else [text]
        yield replace(written(parts, shop, tuple(chain[:-1]), text), day=day)


def written(
    parts: list[str], shop: Known, before: tuple[str, ...] = (), text: str | None = None
) -> Expected:
    """A question and its meaning, as they stand in a line between its bars."""
    text = parts[0] if text is None else text
    if parts[1].startswith("!"):
        return Expected(text, None, tuple(_list(parts[1][1:])), "", before, shop)
    return Expected(text, _query(parts), (), parts[7], before, shop)


def _query(parts: list[str]) -> dict[str, Any]:
    metrics, dimensions, grain, period, filters, top_n = parts[1:7]
    return {
        "metrics": _list(metrics),
        "dimensions": _list(dimensions),
        "grain": grain or None,
        "period": _period(period),
        "filters": [filter_of(each) for each in filters.split(";") if each.strip()],
        "top_n": int(top_n) if top_n else None,
    }


def _list(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _period(text: str) -> dict[str, Any] | None:
    text, _, compare = text.partition(" vs ")
    words = text.split()
    made: dict[str, Any]
    match words:
        case ["null"]:
            return None
        case ["all"]:
            made = {"type": "all_time"}
        case ["cal", unit, offset]:
            made = {"type": "calendar", "unit": unit, "offset": int(offset)}
        case ["last", n, unit]:
            made = {"type": "last_n", "n": int(n), "unit": unit}
        case ["range", start, end]:
            made = {"type": "range", "start": start, "end": end}
        case ["month", name]:
            made = {"type": "named_month", "name": name}
        case ["quarter", quarter]:
            made = {"type": "named_quarter", "quarter": int(quarter)}
        case ["day", name, offset]:
            made = {"type": "named_day", "name": name, "offset": int(offset)}
        case _:
            raise ValueError(text)
    return made | ({"compare": compare} if compare else {})


def filter_of(text: str) -> dict[str, Any]:
    found = re.fullmatch(r"\s*(\w+) (=|!=|in|contains|<=|>=|<|>) (.+?)\s*", text)
    assert found, text
    return {"field": found[1], "op": found[2], "value": _value(found[3], found[2])}


def _value(text: str, op: str) -> Any:
    if op == "in":
        return [_value(each, "=") for each in text.split(",")]
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    return float(text) if re.fullmatch(r"-?\d+\.\d+", text) else text
