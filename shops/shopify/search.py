"""Shopify's search syntax: `updated_at:>='2026-11-01T00:00:00Z' AND -status:cancelled`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Test = Callable[[str, str, Any], bool]
"""comparator, value, record → whether it matches; ValueError for a value it cannot read."""

TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<word>AND|OR|NOT)(?=[\s()]|$) |
        (?P<minus>-)(?=[\w(]) |
        (?P<name>\w+):(?P<compare>>=|<=|>|<)?(?P<value>'[^']*'|"[^"]*"|[^\s()]+) |
        (?P<text>'[^']*'|"[^"]*"|[^\s()]+)
    )""",
    re.VERBOSE,
)


@dataclass
class Search:
    """A parsed query; `warnings` names what Shopify would have ignored."""

    matches: Callable[[Any], bool]
    warnings: list[dict[str, str]] = field(default_factory=list)


def parse(text: str | None, fields: Mapping[str, Test]) -> Search:
    """Terms side by side are joined by AND. A field that is unknown, or a value that does not
    parse, is ignored with a warning, as Shopify ignores it. A time must be quoted: its colons are
    syntax otherwise."""
    if not text or not text.strip():
        return Search(lambda _: True)
    parser = _Parser(text, fields)
    return Search(parser.either(), parser.warnings)


class _Parser:
    def __init__(self, text: str, fields: Mapping[str, Test]) -> None:
        self.tokens = [match.groupdict() for match in TOKEN.finditer(text) if match.group().strip()]
        self.fields = fields
        self.warnings: list[dict[str, str]] = []
        self.at = 0

    def _peek(self) -> dict[str, str | None]:
        return self.tokens[self.at] if self.at < len(self.tokens) else {}

    def _next(self) -> dict[str, str | None]:
        token = self._peek()
        self.at += 1
        return token

    def either(self) -> Callable[[Any], bool]:
        parts = [self.both()]
        while self._peek().get("word") == "OR":
            self._next()
            parts.append(self.both())
        return lambda record: any(part(record) for part in parts)

    def both(self) -> Callable[[Any], bool]:
        parts = [self.one()]
        while self._peek() and not self._peek().get("close") and self._peek().get("word") != "OR":
            if self._peek().get("word") == "AND":
                self._next()
            parts.append(self.one())
        return lambda record: all(part(record) for part in parts)

    def one(self) -> Callable[[Any], bool]:
        token = self._next()
        if token.get("word") == "NOT" or token.get("minus"):
            inner = self.one()
            return lambda record: not inner(record)
        if token.get("open"):
            group = self.either()
            self._next()
            return group
        if token.get("name"):
            return self._term(token)
        text = (token.get("text") or "").strip("'\"").lower()
        test = self.fields.get("default")
        return (lambda record: test("", text, record)) if test else (lambda _: True)

    def _term(self, token: Mapping[str, str | None]) -> Callable[[Any], bool]:
        name, raw = token["name"] or "", token["value"] or ""
        quoted = raw[:1] in {"'", '"'}
        value, compare = raw.strip("'\""), token["compare"] or ""
        test = self.fields.get(name)
        if test is None:
            return self._ignore(name, "invalid_field", f"Invalid search field: {name}.")
        if ":" in raw and not quoted:
            return self._ignore(name, "invalid_value", f"Quote the value of {name}.")
        try:
            test(compare, value, None)
        except ValueError:
            return self._ignore(name, "invalid_value", f"Invalid value for {name}.")
        return lambda record: test(compare, value, record)

    def _ignore(self, name: str, code: str, message: str) -> Callable[[Any], bool]:
        self.warnings.append({"field": name, "message": message, "code": code})
        return lambda _: True


def compared(compare: str, left: Any, right: Any) -> bool:
    if compare == ">=":
        return bool(left >= right)
    if compare == "<=":
        return bool(left <= right)
    if compare == ">":
        return bool(left > right)
    if compare == "<":
        return bool(left < right)
    return bool(left == right)
