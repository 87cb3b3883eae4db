"""Reading a Vendure server: lists by offset.

Only orders and customers can be asked for by what changed, and of an order most changes do not move
its `updatedAt`: orders that are not at their end are read again every time, and what happens to
them afterwards (a refund of a delivered order) is told by the plugin's events or found when
everything is read. Products are always read whole: neither their prices nor their stock move their
time.

Sources: `integrations/vendure/test/server.test.ts` (`updatedAt` stands still) and
`shops/recordings/vendure-3.7.3` (filters).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from backshop.commerce import Kind, Store
from backshop.platforms import paging
from backshop.platforms.api import TRIES, with_retries
from backshop.platforms.errors import PermanentRefusal, Unanswered
from backshop.platforms.halves import PAGE_TRIES, page_in_halves
from backshop.platforms.pace import PageSize
from backshop.platforms.paging import Fetch, Fetched, WalkPlace, walk
from backshop.platforms.parsing import RecordPage, ids_of
from backshop.platforms.ports import Reader
from backshop.platforms.reading import Position, ReadContext, ReadScope, Step, since_text
from backshop.platforms.vendure import translate
from backshop.platforms.vendure.api import UNKNOWN_FIELD, VendureApi

Json = dict[str, Any]
PER_PAGE = 100
"""The fastest for orders with lines; more than 1,000 is an error, 0 would mean everything."""
AT_ONCE = 4
FINAL = ["Delivered", "Cancelled"]
_limit = re.compile(r"Cannot take more than (\d+) results")
NO_CART: Json = {"active": {"eq": False}}


def reader(api: VendureApi, store: Store, resource: str, context: ReadContext) -> Reader:
    """The reader of a resource; see `ports.Shop.reader`."""
    return _READERS[resource](api, store, context)


@dataclass
class _VendureList:
    """A list of the server, sorted by id."""

    api: VendureApi
    store: Store
    context: ReadContext
    name: str
    """Of the operation, of the field that it asks for, and by which the translator knows it."""
    kinds: frozenset[Kind]
    per_page: int = PER_PAGE
    size: PageSize = field(default_factory=lambda: PageSize(PER_PAGE))

    def whole(self) -> frozenset[Kind]:
        return self.kinds

    def mark(self) -> datetime | None:
        return None

    def filters(self, _scope: ReadScope, /) -> list[Json]:
        """The lists that make up the reading, one after the other."""
        return [{}]

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        start = position.get("list", 0)
        for number, chosen in list(enumerate(self.filters(scope)))[start:]:
            kept = position.get("place") if number == start else None
            place = WalkPlace(*kept) if kept else paging.START
            for fetched, after in self._walk(partial(self._fetch, chosen), place):
                new = paging.new_in(fetched.ids, place.last)
                place = after
                yield Step(fetched.page, {"list": number, "place": list(after)}, new)

    def _walk(self, fetch: Fetch, place: WalkPlace) -> Iterator[tuple[Fetched, WalkPlace]]:
        """In smaller pages where the server's `adminListQueryLimit` asks for them, which its first
        answer says."""
        try:
            yield from walk(fetch, place, self.per_page, AT_ONCE)
        except PermanentRefusal as refused:
            limit = list_limit(refused)
            if limit is None or limit >= self.per_page:
                raise
            self.per_page = limit
            yield from walk(fetch, place, self.per_page, AT_ONCE)

    def find(self, _kind: Kind, ids: Collection[str]) -> list[RecordPage]:
        chosen: Json = {"id": {"in": sorted(ids)}}
        return [
            fetched.page for fetched, _ in self._walk(partial(self._fetch, chosen), paging.START)
        ]

    def remember(self, _scope: ReadScope, _position: Position) -> Mapping[str, Any]:
        return {}

    def _fetch(self, chosen: Json, offset: int, _number: int) -> Fetched:
        fetched = paging.in_parts(partial(self._part, chosen), offset, self.per_page, self.size)
        return fetched._replace(page=self.context.finish(fetched.page))

    def _part(self, chosen: Json, offset: int, count: int) -> Fetched:
        options = {"take": count, "skip": offset, "sort": {"id": "ASC"}, "filter": chosen}
        try:
            return self._page(options, PAGE_TRIES)
        except Unanswered:
            named = self.api.run(f"{self.name}_ids", {"options": options})[self.name]
            ids = ids_of(named["items"])
            return Fetched(page_in_halves(ids, self._some), ids, named["totalItems"])

    def _some(self, ids: Sequence[str], is_last: bool) -> RecordPage:
        options = {"take": len(ids), "sort": {"id": "ASC"}, "filter": {"id": {"in": list(ids)}}}
        return self._page(options, TRIES if is_last else PAGE_TRIES).page

    def _page(self, options: Json, tries: int) -> Fetched:
        observed_at = self.context.now()
        answer = self._ask({"options": options}, tries)
        items = answer["items"]
        page = translate.page(self.name, items, self.store, observed_at)
        return Fetched(page, ids_of(items), answer["totalItems"])

    def _ask(self, variables: Json, tries: int) -> Json:
        return self._timed(self.name, variables, tries)

    def _timed(self, operation: str, variables: Json, tries: int) -> Json:
        """The list that an operation asks for; how long each try takes says how much to ask for."""

        def run_once() -> Json:
            began = monotonic()
            try:
                return self.api.run_once(operation, variables)
            finally:
                self.size.took(monotonic() - began, variables["options"]["take"])

        answer: Json = with_retries(run_once, self.api.deadline, tries)[self.name]
        return answer


def list_limit(refused: PermanentRefusal) -> int | None:
    """The `adminListQueryLimit` that a refusal names."""
    named = _limit.search(str(refused)) if refused.code == "USER_INPUT_ERROR" else None
    return int(named[1]) or None if named else None


class _VendureOrders(_VendureList):
    def mark(self) -> datetime | None:
        answer = self.api.run("newest_orders", {})
        times = [each["at"] for name in ("updated", "placed") for each in answer[name]["items"]]
        return max((datetime.fromisoformat(each) for each in times if each), default=None)

    def filters(self, scope: ReadScope, /) -> list[Json]:
        if scope.complete or scope.since is None:
            return [NO_CART]
        after = {"after": f"{since_text(scope.since)}.000Z"}
        changed = NO_CART | {"_or": [{"updatedAt": after}, {"orderPlacedAt": after}]}
        return [changed, NO_CART | {"state": {"notIn": FINAL}}]

    def _ask(self, variables: Json, tries: int) -> Json:
        """With the plugin's fields, as far as the server has them."""
        while not self._is_plain:
            try:
                return super()._ask(variables, tries)
            except PermanentRefusal as refused:
                if refused.code != UNKNOWN_FIELD:
                    raise
                self._is_plain = not self.api.has_placed_phone
                self.api.has_placed_phone = False
        return self._timed("orders_plain", variables, tries)

    _is_plain = False


class _VendureCustomers(_VendureList):
    def mark(self) -> datetime | None:
        items = self.api.run("newest_customers", {})["customers"]["items"]
        return datetime.fromisoformat(items[0]["at"]) if items else None

    def filters(self, scope: ReadScope, /) -> list[Json]:
        if scope.complete or scope.since is None:
            return [{}]
        return [{"updatedAt": {"after": f"{since_text(scope.since)}.000Z"}}]

    def _ask(self, variables: Json, tries: int) -> Json:
        """With the custom fields that the store wants, as far as the server has them."""
        while True:
            try:
                return super()._ask(variables, tries)
            except PermanentRefusal as refused:
                if not self.api.lacks_field(refused):
                    raise

    def _page(self, options: Json, tries: int) -> Fetched:
        fetched = super()._page(options, tries)
        if not self.api.missing_fields:
            return fetched
        named = ", ".join(self.api.missing_fields)
        note = (
            f"Vendure's customers have no such custom fields as the store's settings name: {named}"
        )
        return fetched._replace(page=fetched.page._replace(notes=(note,)))


_READERS: dict[str, Callable[..., Reader]] = {
    "collections": partial(_VendureList, name="collections", kinds=frozenset({Kind.CATEGORY})),
    "products": partial(_VendureList, name="products", kinds=frozenset({Kind.PRODUCT})),
    "customers": partial(_VendureCustomers, name="customers", kinds=frozenset({Kind.CUSTOMER})),
    "promotions": partial(_VendureList, name="promotions", kinds=frozenset({Kind.COUPON})),
    "orders": partial(_VendureOrders, name="orders", kinds=frozenset({Kind.ORDER})),
}
