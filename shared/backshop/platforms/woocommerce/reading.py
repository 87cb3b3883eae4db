"""Reading a WooCommerce shop: lists by offset, filtered by their modified time where they have
one.

Source: `shops/recordings/woocommerce-11.0.1` (`modified_after`, `dates_are_gmt`, totals of pages).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from time import monotonic
from typing import Any

from pydantic import TypeAdapter

from backshop.commerce import Event, Kind, Product, Store
from backshop.platforms import paging, parsing
from backshop.platforms.api import TRIES, with_retries
from backshop.platforms.errors import PermanentRefusal, Unanswered
from backshop.platforms.halves import PAGE_TRIES, PROBLEM, page_in_halves
from backshop.platforms.pace import PageSize
from backshop.platforms.paging import Fetched, WalkPlace, walk
from backshop.platforms.parsing import RecordPage, Rejected
from backshop.platforms.ports import Reader
from backshop.platforms.printed import advice
from backshop.platforms.reading import Position, ReadContext, ReadScope, Step, since_text
from backshop.platforms.woocommerce import translate
from backshop.platforms.woocommerce.api import WooCommerceApi
from backshop.platforms.woocommerce.subscribing import DATES_CHANGES

PER_PAGE = 100
"""WooCommerce gives no more."""
CUSTOMER_PAGES = 20
"""Customers cannot be asked for by their modified time: each incremental pass reads the new ones
and this many pages of the others, going round, so that a shop of 2,000 customers is read whole."""

Convert = Callable[[bytes, Store, datetime], RecordPage]
Params = Mapping[str, str]


NO_ROUTE = "rest_no_route"
OPEN = "pending,processing,on-hold"
"""Orders that staff still change: in WordPress' own tables lines, fees and addresses are stored
without moving the order's modified time (`DATES_CHANGES`)."""


class _Changed(parsing.Payload):
    date_modified_gmt: datetime | None = None
    date_created_gmt: datetime | None = None


class _Named(parsing.Payload):
    id: int


_NEWEST = TypeAdapter(list[_Changed])
_IDS = TypeAdapter(list[_Named])


def reader(api: WooCommerceApi, store: Store, resource: str, context: ReadContext) -> Reader:
    """The reader of a resource; see `ports.Shop.reader`."""
    if resource == "customers":
        return _WooCommerceCustomers(api, store, context)
    settings = _LISTS[resource]
    if store.settings.get(DATES_CHANGES):
        settings = settings | {"again": ()}
    if resource == "orders" and context.takes_plain_orders:
        settings = settings | {"convert": translate.plain_orders_page}
    return _WooCommerceLists(api, store, context, **settings)


@dataclass
class _WooCommerceLists:
    """A resource that is one list, or several that differ in their parameters.

    `status=any` leaves out trashed orders and drafts of the checkout, so these are lists of their
    own.
    """

    api: WooCommerceApi
    store: Store
    context: ReadContext
    path: str
    convert: Convert
    kinds: frozenset[Kind]
    variants: tuple[Params, ...] = ({},)
    again: tuple[Params, ...] = ()
    """Lists that every pass reads: what changes in them does not always move its time."""
    has_modified: bool = True
    has_single: bool = True
    """Whether `path/{id}` answers one record."""
    size: PageSize = field(default_factory=lambda: PageSize(PER_PAGE))
    with_variations: bool = field(default=False)

    def whole(self) -> frozenset[Kind]:
        return self.kinds

    def mark(self) -> datetime | None:
        if not self.has_modified:
            return None
        newest = {
            **self.variants[0],
            "orderby": "modified",
            "order": "desc",
            "per_page": "1",
            "_fields": "id,date_modified_gmt,date_created_gmt",
        }
        return with_retries(
            lambda: _newest(self.api.get_once(self.path, newest).body), self.api.deadline
        )

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        lists = self._lists(scope)
        for number in range(position.get("list", 0), len(lists)):
            params = {**lists[number], "orderby": "id", "order": "asc"}
            place = _place(position) if number == position.get("list", 0) else paging.START
            for fetched, after in walk(partial(self._fetch, params), place, PER_PAGE):
                count = paging.new_in(fetched.ids, place.last)
                place = after
                yield Step(fetched.page, {"list": number, "place": list(after)}, count)

    def _lists(self, scope: ReadScope) -> list[Params]:
        """What changed, and all of `again`; or everything."""
        if not self.has_modified or scope.complete or not scope.since:
            return list(self.variants)
        # Naive GMT with the flag is one of the two spellings that mean the same in every time zone
        # of a shop.
        changed = {"modified_after": since_text(scope.since), "dates_are_gmt": "true"}
        return [*({**each, **changed} for each in self.variants), *self.again]

    def find(self, _kind: Kind, ids: Collection[str]) -> list[RecordPage]:
        """Trashed records are found, as deletions. What no list has (an order whose status no
        plugin registers any more) is asked for alone, where it can be."""
        include = {"include": ",".join(sorted(ids))}
        pages = [self._fetch({**variant, **include}, 0, 1).page for variant in self.variants]
        if self.has_single:
            read = partial(self._alone, self._list(self.variants[0]))
            pages += _alone(ids, pages, read)
        return pages

    def _alone(self, of: _List, id: str) -> RecordPage | None:
        fetched = of.one(id)
        if fetched is None:
            return None
        fetched = self._add_variations(fetched) if self.with_variations else fetched
        return self.context.finish(fetched.page)

    def remember(self, _scope: ReadScope, _position: Position) -> Mapping[str, Any]:
        return {}

    def _fetch(self, params: Params, offset: int, number: int) -> Fetched:
        fetched = self._list(params).fetch(offset, number)
        fetched = self._add_variations(fetched) if self.with_variations else fetched
        return fetched._replace(page=self.context.finish(fetched.page))

    def _list(self, params: Params) -> _List:
        return _List(self.api, self.path, params, self.convert, self.store, self.context, self.size)

    def _add_variations(self, fetched: Fetched) -> Fetched:
        """A variable product names its variations only by id; they are read here, all that there
        are, so that others are known to be gone."""
        events: list[Event] = []
        rejected = list(fetched.page.rejected)
        for product in fetched.page.events:
            if not isinstance(product, Product) or product.variants_known:
                events.append(product)
                continue
            parts = list(self._variations(product.id))
            ids = {id for part in parts for id in (*part.ids, *(r.id for r in part.rejected))}
            events.append(product.model_copy(update={"variation_ids": tuple(sorted(ids))}))
            for part in parts:
                events += [
                    translate.of_product(each, product) if isinstance(each, Product) else each
                    for each in part.events
                ]
                rejected += part.rejected
        page = fetched.page._replace(events=events, rejected=rejected)
        return fetched._replace(page=page)

    def _variations(self, product_id: str) -> Iterator[RecordPage]:
        path = f"products/{product_id}/variations"
        params = {"orderby": "id", "order": "asc"}
        size = PageSize(PER_PAGE)
        of = _List(self.api, path, params, self.convert, self.store, self.context, size)
        for fetched, _ in walk(of.fetch, paging.START, PER_PAGE, at_once=1):
            yield fetched.page


_LISTS: dict[str, dict[str, Any]] = {
    "categories": {
        "path": "products/categories",
        "convert": translate.categories_page,
        "kinds": frozenset({Kind.CATEGORY}),
        "has_modified": False,
    },
    "products": {
        "path": "products",
        "convert": translate.products_page,
        "kinds": frozenset({Kind.PRODUCT}),
        "variants": ({"status": "any"}, {"status": "trash"}),
        "with_variations": True,
    },
    "coupons": {
        "path": "coupons",
        "convert": translate.coupons_page,
        "kinds": frozenset({Kind.COUPON}),
        # Without a status WordPress lists what is published alone.
        "variants": ({"status": "any"}, {"status": "trash"}),
    },
    "orders": {
        "path": "orders",
        "convert": translate.orders_page,
        "kinds": frozenset({Kind.ORDER}),
        "variants": ({"status": "any"}, {"status": "trash"}, {"status": "checkout-draft"}),
        "again": ({"status": OPEN},),
    },
    "refunds": {
        "path": "refunds",
        "convert": translate.refunds_page,
        "kinds": frozenset({Kind.REFUND}),
        "has_single": False,
    },
}


@dataclass
class _WooCommerceCustomers:
    """Customers have no modified filter. Complete readings are one list; the others read what was
    added behind the end of the last one, and then a part of the whole list, going round."""

    api: WooCommerceApi
    store: Store
    context: ReadContext
    kinds: frozenset[Kind] = frozenset({Kind.CUSTOMER})
    size: PageSize = field(default_factory=lambda: PageSize(PER_PAGE))

    def whole(self) -> frozenset[Kind]:
        return self.kinds

    def mark(self) -> datetime | None:
        return None

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        end = position.get("end") or (None if scope.complete else scope.before.get("end"))
        is_whole = scope.complete or "end" not in scope.before
        if is_whole or "round" not in position:
            for fetched, after in self._walk(end):
                count = paging.new_in(fetched.ids, end[2] if end else None)
                end = list(after)
                yield Step(fetched.page, {"end": end}, count)
        if not is_whole:
            yield from self._round(scope, position, end)

    def _round(self, scope: ReadScope, position: Position, end: object) -> Iterator[Step]:
        place = position.get("round") or scope.before.get("round")
        for pages, (fetched, after) in enumerate(self._walk(place), position.get("pages", 0) + 1):
            count = paging.new_in(fetched.ids, place[2] if place else None)
            place = list(paging.START if len(fetched.ids) < PER_PAGE else after)
            yield Step(fetched.page, {"end": end, "round": place, "pages": pages}, count)
            if pages >= CUSTOMER_PAGES:
                return

    def find(self, _kind: Kind, ids: Collection[str]) -> list[RecordPage]:
        pages = [self._fetch(0, 1, {"include": ",".join(sorted(ids))}).page]
        return pages + _alone(ids, pages, self._alone)

    def _alone(self, id: str) -> RecordPage | None:
        fetched = self._list({}).one(id)
        return fetched and self.context.finish(fetched.page)

    def remember(self, scope: ReadScope, position: Position) -> Mapping[str, Any]:
        return {
            **scope.before,
            **{key: position[key] for key in ("end", "round") if key in position},
        }

    def _walk(self, place: Any) -> Iterator[tuple[Fetched, WalkPlace]]:
        return walk(self._fetch, WalkPlace(*place) if place else paging.START, PER_PAGE)

    def _fetch(self, offset: int, number: int, also: Params | None = None) -> Fetched:
        fetched = self._list(also or {}).fetch(offset, number)
        return fetched._replace(page=self.context.finish(fetched.page))

    def _list(self, also: Params) -> _List:
        params = {"role": "all", "orderby": "id", "order": "asc", **also}
        convert = translate.customers_page
        return _List(self.api, "customers", params, convert, self.store, self.context, self.size)


@dataclass
class _List:
    """One list of the shop's, in the one language; what it says is observed at the moment it was
    requested."""

    api: WooCommerceApi
    path: str
    params: Params
    convert: Convert
    store: Store
    context: ReadContext
    size: PageSize

    def fetch(self, offset: int, number: int) -> Fetched:
        """A page of it, in one request or, where the shop is slow, in several."""

        def part(at: int, count: int) -> Fetched:
            return self._part(at, number if (at, count) == (offset, PER_PAGE) else 1, count)

        return paging.in_parts(part, offset, PER_PAGE, self.size)

    def _part(self, offset: int, number: int, count: int) -> Fetched:
        query = {
            **self.params,
            "per_page": str(count),
            "page": str(number),
            "offset": str(offset),
        }
        try:
            return self._read(query, PAGE_TRIES)
        except Unanswered:
            ids, total = self._ids(query)
            return Fetched(page_in_halves(ids, self._some), ids, total)

    def _some(self, ids: Collection[str], is_last: bool) -> RecordPage:
        query = {**self.params, "per_page": str(len(ids)), "include": ",".join(ids)}
        return self._read(query, TRIES if is_last else PAGE_TRIES).page

    def one(self, id: str) -> Fetched | None:
        """A record by its own path; None where the shop has none. Raises `Unanswered`."""

        def fetch_once() -> Fetched | None:
            observed_at = self.context.now()
            try:
                answer = self.api.get_once(f"{self.path}/{id}", {})
            except PermanentRefusal as refused:
                if refused.status == 404 and refused.code != NO_ROUTE:
                    return None
                raise
            page = self.convert(b"[" + answer.body + b"]", self.store, observed_at)
            return Fetched(page, page.ids)

        return with_retries(fetch_once, self.api.deadline)

    def _read(self, query: Params, tries: int) -> Fetched:
        def fetch_once() -> Fetched:
            observed_at = self.context.now()
            began = monotonic()
            try:
                answer = self.api.get_once(self.path, query)
            finally:
                self.size.took(monotonic() - began, int(query["per_page"]))
            page = self.convert(answer.body, self.store, observed_at)
            if answer.printed:
                page = page._replace(notes=(advice(answer.printed),))
            return Fetched(page, page.ids, _total(answer.headers))

        return with_retries(fetch_once, self.api.deadline, tries)

    def _ids(self, query: Params) -> tuple[list[str], int | None]:
        """The ids of a page, which WordPress answers without reading the records' other fields."""

        def fetch_once() -> tuple[list[str], int | None]:
            answer = self.api.get_once(self.path, {**query, "_fields": "id"})
            records = parsing.parse(_IDS, answer.body)
            return [str(each.id) for each in records], _total(answer.headers)

        return with_retries(fetch_once, self.api.deadline)


def _alone(
    ids: Collection[str], pages: list[RecordPage], read: Callable[[str], RecordPage | None]
) -> list[RecordPage]:
    """What the shop says by `read` of those records that no page has."""
    listed = {id for page in pages for id in page.ids}
    listed |= {each.id for page in pages for each in page.rejected}
    found: list[RecordPage] = []
    for id in sorted(set(ids) - listed):
        try:
            page = read(id)
        except Unanswered:
            page = RecordPage([], [Rejected(id, PROBLEM)], [id])
        if page is not None:
            found.append(page)
    return found


def _total(headers: Mapping[str, str]) -> int | None:
    total = headers.get("x-wp-total", "")
    return int(total) if total.isdigit() else None


def _newest(body: bytes) -> datetime | None:
    """The modified time of the only record asked for. Raises `PayloadError`."""
    newest = parsing.parse(_NEWEST, body)
    if not newest:
        return None
    changed_at = newest[0].date_modified_gmt or newest[0].date_created_gmt
    return changed_at and changed_at.replace(tzinfo=UTC)


def _place(position: Position) -> WalkPlace:
    return WalkPlace(*position["place"]) if position.get("place") else paging.START
