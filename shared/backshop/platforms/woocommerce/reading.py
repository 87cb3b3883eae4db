"""Reading a WooCommerce shop: lists by offset, filtered by their modified time where they have
one.

Source: `shops/recordings/woocommerce-11.0.1` (`modified_after`, `dates_are_gmt`, totals of pages).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pydantic import TypeAdapter

from backshop.commerce import Kind, Product, Store
from backshop.platforms import paging, parsing
from backshop.platforms.api import with_retries
from backshop.platforms.paging import Fetched, WalkPlace, walk
from backshop.platforms.parsing import RecordPage
from backshop.platforms.ports import Reader
from backshop.platforms.reading import Position, ReadContext, ReadScope, Step, since_text
from backshop.platforms.woocommerce import translate
from backshop.platforms.woocommerce.api import WooCommerceApi

PER_PAGE = 100
"""WooCommerce gives no more."""
CUSTOMER_PAGES = 20
"""Customers cannot be asked for by their modified time: each incremental pass reads the new ones
and this many pages of the others, going round, so that a shop of 2,000 customers is read whole."""

Convert = Callable[[bytes, Store, datetime], RecordPage]
Params = Mapping[str, str]


class _Changed(parsing.Payload):
    date_modified_gmt: datetime | None = None
    date_created_gmt: datetime | None = None


_NEWEST = TypeAdapter(list[_Changed])


def reader(api: WooCommerceApi, store: Store, resource: str, context: ReadContext) -> Reader:
    """The reader of a resource; see `ports.Shop.reader`."""
    if resource == "customers":
        return _WooCommerceCustomers(api, store, context)
    return _WooCommerceLists(api, store, context, **_LISTS[resource])


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
    has_modified: bool = True
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
        for number in range(position.get("list", 0), len(self.variants)):
            params = {**self.variants[number], "orderby": "id", "order": "asc"}
            if self.has_modified and not scope.complete and scope.since:
                # Naive GMT with the flag is one of the two spellings that mean the same in every
                # time zone of a shop.
                params |= {"modified_after": since_text(scope.since), "dates_are_gmt": "true"}
            place = _place(position) if number == position.get("list", 0) else paging.START
            for fetched, after in walk(partial(self._fetch, params), place, PER_PAGE):
                count = paging.new_in(fetched.ids, place.last)
                place = after
                yield Step(fetched.page, {"list": number, "place": list(after)}, count)

    def find(self, _kind: Kind, ids: Collection[str]) -> list[RecordPage]:
        """Trashed records are found, as deletions; variations are not, which only their product
        lists."""
        include = {"include": ",".join(sorted(ids))}
        return [self._fetch({**variant, **include}, 0, 1).page for variant in self.variants]

    def remember(self, _scope: ReadScope, _position: Position) -> Mapping[str, Any]:
        return {}

    def _fetch(self, params: Params, offset: int, number: int) -> Fetched:
        fetched = _fetch(
            self.api, self.path, params, self.convert, self.store, self.context, offset, number
        )
        fetched = self._add_variations(fetched) if self.with_variations else fetched
        return fetched._replace(page=self.context.finish(fetched.page))

    def _add_variations(self, fetched: Fetched) -> Fetched:
        """A variable product names its variations only by id; they are read here."""
        events = list(fetched.page.events)
        rejected = list(fetched.page.rejected)
        for product in fetched.page.events:
            if isinstance(product, Product) and not product.variants_known:
                for part in self._variations(product.id):
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
        read = partial(_fetch, self.api, path, params, self.convert, self.store, self.context)
        for fetched, _ in walk(read, paging.START, PER_PAGE, at_once=1):
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
    },
    "orders": {
        "path": "orders",
        "convert": translate.orders_page,
        "kinds": frozenset({Kind.ORDER}),
        "variants": ({"status": "any"}, {"status": "trash"}, {"status": "checkout-draft"}),
    },
    "refunds": {
        "path": "refunds",
        "convert": translate.refunds_page,
        "kinds": frozenset({Kind.REFUND}),
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
        return [self._fetch(0, 1, {"include": ",".join(sorted(ids))}).page]

    def remember(self, scope: ReadScope, position: Position) -> Mapping[str, Any]:
        return {
            **scope.before,
            **{key: position[key] for key in ("end", "round") if key in position},
        }

    def _walk(self, place: Any) -> Iterator[tuple[Fetched, WalkPlace]]:
        return walk(self._fetch, WalkPlace(*place) if place else paging.START, PER_PAGE)

    def _fetch(self, offset: int, number: int, also: Params | None = None) -> Fetched:
        params = {"role": "all", "orderby": "id", "order": "asc", **(also or {})}
        convert = translate.customers_page
        fetched = _fetch(
            self.api, "customers", params, convert, self.store, self.context, offset, number
        )
        return fetched._replace(page=self.context.finish(fetched.page))


def _fetch(
    api: WooCommerceApi,
    path: str,
    params: Params,
    convert: Convert,
    store: Store,
    context: ReadContext,
    offset: int,
    number: int,
) -> Fetched:
    """One page of a list in the one language, observed at the moment it was requested."""
    query = {**params, "per_page": str(PER_PAGE), "page": str(number), "offset": str(offset)}

    def fetch_once() -> Fetched:
        observed_at = context.now()
        answer = api.get_once(path, query)
        page = convert(answer.body, store, observed_at)
        return Fetched(page, page.ids, _total(answer.headers))

    return with_retries(fetch_once, api.deadline)


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
