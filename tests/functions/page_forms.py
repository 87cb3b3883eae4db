"""The forms of a page as a browser would send them, and what the database holds."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

Pairs = list[tuple[str, str]]
FORGOTTEN = ("backshop.idempotency_keys", "backshop.desk_sessions")
"""What is kept of forms and of who sends them, and is no effect."""
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+(?=/|$)|\beyJ[\w.-]+")


@dataclass
class Form:
    """A form with what it would send, were nothing typed."""

    method: str
    action: str
    fields: Pairs = field(default_factory=list)
    boxes: Pairs = field(default_factory=list)
    typed: set[str] = field(default_factory=set)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)
    """Name, value, and where the button alone leads."""

    def presses(self) -> Iterator[Press]:
        for name, value, action in self.buttons or [("", "", "")]:
            pairs = [*self.fields, (name, value)] if name else list(self.fields)
            yield Press(self, action or self.action, pairs, name, value)


@dataclass
class Press:
    """One button of a form."""

    form: Form
    action: str
    pairs: Pairs
    name: str
    value: str

    @property
    def kind(self) -> tuple[str, ...]:
        """The same for the same button on the same page of another record."""
        names = sorted({_ID.sub("*", name) for name, _ in self.pairs})
        path = _ID.sub("*", self.action.partition("?")[0])
        return (path, self.name, _ID.sub("*", self.value), *names)

    def filled(self, typed: Mapping[str, str]) -> Pairs:
        """What is sent: with every box ticked, every choice made, and `typed` where the page has
        nothing yet, by the field's name or by the end of the address and it (`shop.name`)."""
        given = {name: value for name, value in self.form.boxes if typed.get(name, value)}
        made = [
            (name, self._said(name, value, typed) if name in self.form.typed else value)
            for name, value in self.pairs
        ]
        return [*made, *given.items()]

    def _said(self, name: str, value: str, typed: Mapping[str, str]) -> str:
        path = self.action.partition("?")[0]
        for key in (f"{path.rpartition('/')[2]}.{name}", name):
            if key in typed:
                return typed[key]
        return value


def forms_of(html: str) -> list[Form]:
    """The forms of a page that do something."""
    reader = _Reader()
    reader.feed(html)
    for id, name, value, ticked in reader.elsewhere:
        made = reader.by_id[id]
        (made.fields if ticked else made.boxes).append((name, value))
    return [each for each in reader.found if each.method == "post"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.elsewhere: list[tuple[str, str, str, bool]] = []
        self.form: Form | None = None
        self.select: tuple[str, list[str], str | None] | None = None
        self.area: tuple[str, list[str]] | None = None

    def handle_starttag(self, tag: str, given: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in given}
        name, value = attributes.get("name", ""), attributes.get("value", "")
        if tag == "form":
            self.form = Form(attributes.get("method", "get"), attributes.get("action", ""))
            self.found.append(self.form)
            self.by_id[attributes.get("id", "")] = self.form
        elif tag == "input" and "form" in attributes:
            is_box = attributes.get("type") == "checkbox"
            self.elsewhere.append((attributes["form"], name, value, not is_box))
        elif self.form is None or "disabled" in attributes:
            return
        elif tag == "input" and name:
            self._input(attributes, name, value)
        elif tag == "button":
            # What is behind a `#` is for the browser alone.
            action = attributes.get("formaction", "").partition("#")[0]
            self.form.buttons.append((name, value, action))
        elif tag == "select":
            self.select = (name, [], None)
        elif tag == "option" and self.select:
            known, options, chosen = self.select
            said = attributes.get("value")
            options.append(said if said is not None else "\0")
            is_chosen = "selected" in attributes
            self.select = (known, options, options[-1] if is_chosen else chosen)
        elif tag == "textarea":
            self.area = (name, [])

    def handle_data(self, data: str) -> None:
        if self.area:
            self.area[1].append(data)
        elif self.select and self.select[1] and self.select[1][-1] == "\0":
            name, options, chosen = self.select
            options[-1] = data
            self.select = (name, options, data if chosen == "\0" else chosen)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "select" and self.select and self.form:
            name, options, chosen = self.select
            if options:
                self.form.fields.append((name, options[0] if chosen is None else chosen))
            self.select = None
        elif tag == "textarea" and self.area and self.form:
            self.form.fields.append((self.area[0], "".join(self.area[1]).lstrip("\n")))
            self.form.typed.add(self.area[0])
            self.area = None

    def _input(self, attributes: dict[str, str], name: str, value: str) -> None:
        assert self.form is not None
        kind = attributes.get("type", "text")
        if kind in ("checkbox", "radio"):
            is_on = "checked" in attributes
            (self.form.fields if is_on else self.form.boxes).append((name, value or "on"))
        elif kind != "file":
            self.form.fields.append((name, value))
            if kind != "hidden":
                self.form.typed.add(name)


def state_of(owner: Any) -> dict[str, str]:
    """A hash of the rows of every table, by its name."""
    tables = owner.execute(
        """SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables
           WHERE schemaname IN ('backshop', 'connect', 'kits', 'shade', 'insights', 'projects')"""
    ).fetchall()
    names = sorted({each["name"] for each in tables} - set(FORGOTTEN))
    each_hash = " UNION ALL ".join(
        f"SELECT '{name}' AS name, (SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text),"
        f" '')) FROM {name} AS t) AS hash"
        for name in names
    )
    return {row["name"]: row["hash"] for row in owner.execute(each_hash).fetchall()}


def unmet(sent: Collection[str], begins: str | tuple[str, ...]) -> list[str]:
    """The routes of pages that begin so, and that no form was sent to; `sent` are addresses."""
    said = json.loads((Path(__file__).parents[2] / "docs/openapi.json").read_text())["paths"]
    paths = [path for path, each in said.items() if path.startswith(begins) and _is_page(each)]
    return [
        path
        for path in paths
        if not any(re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), each) for each in sent)
    ]


def _is_page(route: dict[str, Any]) -> bool:
    answers = route.get("post", {}).get("responses", {}).values()
    return any("text/html" in each.get("content", {}) for each in answers)


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {name for name in after if before.get(name) != after[name]}


__all__ = ["Form", "Press", "changed", "forms_of", "state_of", "unmet"]
