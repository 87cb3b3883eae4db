"""The query parameters of a list: checked, and turned into filters, as WordPress does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from multidict import MultiMapping

from shops.woocommerce.errors import invalid, one_of

STATUSES = (
    "auto-draft",
    "pending",
    "processing",
    "on-hold",
    "completed",
    "cancelled",
    "refunded",
    "failed",
    "checkout-draft",
)
LISTED = ("any", "trash", *STATUSES)
ORDER_BY = {
    "orders": ("date", "id", "include", "title", "slug", "modified"),
    "products": (
        "date",
        "modified",
        "id",
        "include",
        "title",
        "slug",
        "price",
        "popularity",
        "rating",
        "menu_order",
    ),
    "coupons": ("date", "modified", "id", "include", "title", "slug"),
    "customers": ("id", "include", "name", "registered_date"),
    "webhooks": ("date", "id", "title"),
    "refunds": ("date", "modified", "id", "include", "title", "slug"),
}
DATES = ("after", "before", "modified_after", "modified_before")


@dataclass(frozen=True)
class ListQuery:
    """What a list was asked for. Times are seconds since 1970 in UTC."""

    page: int = 1
    per_page: int = 10
    offset: int | None = None
    order: str = "desc"
    orderby: str = "date"
    status: tuple[str, ...] = ()
    search: str = ""
    include: tuple[int, ...] = ()
    exclude: tuple[int, ...] = ()
    dates: tuple[tuple[str, int], ...] = ()
    equals: tuple[tuple[str, str], ...] = ()
    """Other filters that the resource has: customer, product, code, email, sku, role …"""
    fields: tuple[str, ...] = ()

    @property
    def filter_key(self) -> tuple[Any, ...]:
        """Two queries with the same key differ at most in which page they ask for."""
        return (
            self.order,
            self.orderby,
            self.status,
            self.search,
            self.include,
            self.exclude,
            self.dates,
            self.equals,
        )


@dataclass
class _Reader:
    params: MultiMapping[str]
    bad: dict[str, tuple[str, str]] = field(default_factory=dict)

    def integer(self, name: str, default: int | None, low: int = 0, high: int | None = None) -> Any:
        text = self.params.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"-?\d+", text):
            self.bad[name] = ("rest_invalid_type", f"{name} is not of type integer.")
            return default
        value = int(text)
        if high is not None and not low <= value <= high:
            sentence = f"{name} must be between {low} (inclusive) and {high} (inclusive)"
            self.bad[name] = ("rest_out_of_bounds", sentence)
        elif value < low:
            sentence = f"{name} must be greater than or equal to {low}"
            self.bad[name] = ("rest_out_of_bounds", sentence)
        return value

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.params.get(name, default)
        if value not in allowed:
            self.bad[name] = one_of(name, allowed)
        return value

    def many(self, name: str) -> tuple[str, ...]:
        """`a,b`, `name[]=a&name[]=b` and `name[0]=a` all mean the same."""
        found: list[str] = []
        for key, value in self.params.items():
            if key == name or re.fullmatch(rf"{re.escape(name)}\[\d*\]", key):
                found += [part for part in re.split(r"[\s,]+", value) if part]
        return tuple(found)

    def choices(self, name: str, allowed: tuple[str, ...]) -> tuple[str, ...]:
        values = self.many(name)
        for index, value in enumerate(values):
            if value not in allowed:
                self.bad[name] = one_of(f"{name}[{index}]", allowed)
        return values

    def integers(self, name: str) -> tuple[int, ...]:
        values = self.many(name)
        if not all(re.fullmatch(r"\d+", value) for value in values):
            self.bad[name] = ("rest_invalid_type", f"{name}[0] is not of type integer.")
            return ()
        return tuple(int(value) for value in values)

    def dates(self, zone: ZoneInfo) -> tuple[tuple[str, int], ...]:
        gmt = self.params.get("dates_are_gmt", "false").lower() in {"true", "1"}
        found = []
        for name in DATES:
            text = self.params.get(name)
            if text is None:
                continue
            moment = cutoff(text, zone, gmt=gmt)
            if moment is None:
                self.bad[name] = ("rest_invalid_date", "Invalid date.")
            else:
                found.append((name, moment))
        return tuple(found)


def cutoff(text: str, zone: ZoneInfo, *, gmt: bool) -> int | None:
    """The instant a date filter means, None for what is no date.

    As recorded: a time with a zone becomes the shop's wall time first; then the wall time is read
    as GMT with `dates_are_gmt` and as the shop's time without it. So `…Z` with the flag and a naive
    GMT time without it both miss the instant by the shop's offset.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        moment = moment.astimezone(zone).replace(tzinfo=None)
    return int(moment.replace(tzinfo=UTC if gmt else zone).timestamp())


def read(
    resource: str, params: MultiMapping[str], zone: ZoneInfo, also: Mapping[str, str] | None = None
) -> ListQuery:
    """Refuses what WordPress refuses; `also` are filters the path brings."""
    reader = _Reader(params)
    customers = resource == "customers"
    statuses = reader.choices("status", LISTED) if resource == "orders" else reader.many("status")
    query = ListQuery(
        page=reader.integer("page", 1, 1),
        per_page=reader.integer("per_page", 10, 1, 100),
        offset=reader.integer("offset", None, 0),
        order=reader.choice("order", "asc" if customers else "desc", ("asc", "desc")),
        orderby=reader.choice(
            "orderby", "name" if customers else "date", ORDER_BY.get(resource, ("date", "id"))
        ),
        status=statuses,
        search=params.get("search", ""),
        include=reader.integers("include"),
        exclude=reader.integers("exclude"),
        # The customers resource has no date filters: unknown parameters are ignored.
        dates=() if customers else reader.dates(zone),
        equals=_equals(resource, params, also or {}),
        fields=reader.many("_fields"),
    )
    if reader.bad:
        raise invalid(reader.bad)
    return query


FILTERS = {
    "orders": ("customer", "product"),
    "products": ("sku", "type", "category", "slug"),
    "coupons": ("code",),
    "customers": ("email", "role"),
}


def _equals(
    resource: str, params: MultiMapping[str], also: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    found = [(name, params[name]) for name in FILTERS.get(resource, ()) if name in params]
    return (*found, *also.items())


def pick(record: Any, fields: Iterable[str]) -> Any:
    """The record with `_fields` only; `a.b` keeps b of a."""
    wanted: dict[str, list[str]] = {}
    for name in fields:
        head, _, rest = name.partition(".")
        wanted.setdefault(head, []).append(rest)
    kept = {}
    for name, value in record.items():
        if name not in wanted:
            continue
        deeper = [rest for rest in wanted[name] if rest]
        whole = "" in wanted[name] or not isinstance(value, dict)
        kept[name] = value if whole else pick(value, deeper)
    return kept
