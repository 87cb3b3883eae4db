"""Reading a Shopify shop through GraphQL Admin: page after page by cursor, within its budget.

Source: `shops/schemas/shopify_admin_2026-10.json.gz`, with which every operation is validated.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from time import monotonic
from typing import Any

from backshop.commerce import Kind, Store
from backshop.platforms.api import TRIES
from backshop.platforms.errors import PermanentRefusal, Unanswered
from backshop.platforms.halves import MOST_LOST, PAGE_TRIES, PROBLEM
from backshop.platforms.pace import LONG_PAGE, SHORT_PAGE
from backshop.platforms.parsing import RecordPage, Rejected
from backshop.platforms.ports import Reader
from backshop.platforms.reading import OVERLAP, Position, ReadContext, ReadScope, Step, since_text
from backshop.platforms.shopify import bulk, graphql, translate
from backshop.platforms.shopify.api import TOO_EXPENSIVE, ShopifyApi
from backshop.platforms.shopify.metafields import metafields

Json = dict[str, Any]
BULK_PAGE = 100
ALL_ORDERS = "read_all_orders"
"""The access scope without which Shopify lists the orders of the last 60 days only."""


def reader(api: ShopifyApi, store: Store, resource: str, context: ReadContext) -> Reader:
    """The reader of a resource; see `ports.Shop.reader`."""
    return _READERS[resource](api, store, context)


@dataclass
class _ShopifyList:
    """A connection of the shop, sorted by id."""

    api: ShopifyApi
    store: Store
    context: ReadContext
    name: str
    """Of the operation and of the field that it asks for."""
    resource: str
    """By which the translator knows it."""
    type: str
    """In Shopify's global ids."""
    kinds: frozenset[Kind]
    convert: Callable[[Json], Json]
    first: int
    """How many records to ask for at once; halved where that costs too much or takes too long."""
    has_newest: bool = False
    always: str = ""
    """A filter that holds for every reading."""
    by_day: bool = False
    """Whether `updated_at` matches whole days."""

    def whole(self) -> frozenset[Kind]:
        return self.kinds

    def mark(self) -> datetime | None:
        if not self.has_newest:
            return None
        nodes = self.api.run("newest", {})[self.name]["nodes"]
        return datetime.fromisoformat(nodes[0]["updatedAt"]) if nodes else None

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        since = None if scope.complete else scope.since
        yield from self._pages(self._query(since), position, since)

    def find(self, _kind: Kind, ids: Collection[str]) -> list[RecordPage]:
        """The search lags behind; whether what it leaves out is still there, the record itself
        says."""
        query = " OR ".join(f"id:{id}" for id in sorted(ids))
        pages = [step.page for step in self._pages(query, {}, None)]
        listed = {id for page in pages for id in page.ids}
        left_out = [f"gid://shopify/{self.type}/{id}" for id in sorted(set(ids) - listed)]
        if left_out:
            nodes = [each for each in self.api.run("nodes", {"ids": left_out})["nodes"] if each]
            there = [str(graphql.rest_id(each["id"])) for each in nodes]
            rejected = [Rejected(id, "the shop has it, but its search does not") for id in there]
            pages.append(self.context.finish(RecordPage([], rejected, there)))
        return pages

    def remember(self, _scope: ReadScope, _position: Position) -> Mapping[str, Any]:
        return {}

    def _query(self, since: datetime | None) -> str | None:
        """A time must be quoted: its colons are syntax otherwise."""
        parts = [self.always] if self.always else []
        if since and self.has_newest:
            parts.append(f"updated_at:>='{since_text(since)}Z'")
        return " AND ".join(parts) or None

    def _pages(
        self, query: str | None, position: Position, since: datetime | None
    ) -> Iterator[Step]:
        after, first = position.get("after"), position.get("first", self.first)
        while True:
            observed_at = self.context.now()
            began = monotonic()
            answer, first, lost = self._ask(query, after, first)
            seconds = monotonic() - began
            nodes = answer["nodes"]
            page = self._page_of(
                [each for each in nodes if self._is_wanted(each, since)], observed_at
            )
            if lost:
                page = page._replace(
                    rejected=[*page.rejected, *(Rejected(id, PROBLEM) for id in lost)],
                    ids=[*page.ids, *lost],
                )
            after = answer["pageInfo"]["endCursor"]
            if seconds > LONG_PAGE:
                first = max(1, first // 2)
            elif seconds < SHORT_PAGE and nodes and not lost:
                first = min(self.first, first * 2)
            yield Step(page, {"after": after, "first": first}, len(page.ids))
            if not answer["pageInfo"]["hasNextPage"]:
                return

    def _ask(self, query: str | None, after: str | None, first: int) -> tuple[Json, int, list[str]]:
        """A page, the size that Shopify let through, and the ids of what it cannot show."""
        while True:
            variables = {"first": first, "after": after, "query": query} | self._more()
            try:
                tries = TRIES if first == 1 else PAGE_TRIES
                answer: Json = self.api.run(self.name, variables, tries)[_field(self.name)]
                return answer, first, []
            except PermanentRefusal as refused:
                if refused.code != TOO_EXPENSIVE or first == 1:
                    raise
            except Unanswered:
                if first == 1:
                    named = self.api.run(f"{self.name}_ids", variables)[_field(self.name)]
                    lost = [str(graphql.rest_id(each["id"])) for each in named["nodes"]]
                    return named | {"nodes": []}, first, lost
            first = first // 2

    def _more(self) -> Json:
        """Further variables of the operation."""
        return {}

    def _is_wanted(self, node: Json, since: datetime | None) -> bool:
        """Where the filter matches whole days, what changed earlier that day is left out here."""
        if not self.by_day or since is None:
            return True
        try:
            return datetime.fromisoformat(node["updatedAt"]) >= since - OVERLAP
        except (KeyError, TypeError, ValueError):
            return True

    def _page_of(self, nodes: list[Json], observed_at: datetime) -> RecordPage:
        answer: list[Json] = []
        rejected: list[Rejected] = []
        for node in nodes:
            try:
                answer.append(self.convert(self._filled(node)))
            except Unanswered:
                rejected.append(Rejected(str(graphql.rest_id(node["id"])), PROBLEM))
                if len(rejected) >= MOST_LOST and not answer:
                    raise
            except (KeyError, TypeError, AttributeError, IndexError) as wrong:
                id = graphql.rest_id(node.get("id")) if isinstance(node, dict) else None
                problem = (
                    f"the API's answer lacks what it promises ({type(wrong).__name__}: {wrong})"
                )
                rejected.append(Rejected(str(id or "?"), problem[:200]))
        page = self.context.finish(translate.page(self.resource, answer, self.store, observed_at))
        ids = [str(graphql.rest_id(each.get("id"))) for each in nodes]
        return page._replace(rejected=[*rejected, *page.rejected], ids=ids)

    def _filled(self, node: Json) -> Json:
        """The node with what did not fit its page."""
        return node

    def _rest(
        self, operation: str, variables: Json, path: tuple[str, str], first: Json
    ) -> list[Json]:
        """All nodes of a connection inside a record of which `first` is the first page."""
        nodes = list(first["nodes"])
        info = first["pageInfo"]
        while info["hasNextPage"]:
            result = self.api.run(operation, variables | {"after": info["endCursor"]})[path[0]]
            if result is None:
                break
            nodes += result[path[1]]["nodes"]
            info = result[path[1]]["pageInfo"]
        return nodes


def _field(name: str) -> str:
    return "discountNodes" if name == "discounts" else name


class _ShopifyOrders(_ShopifyList):
    """Orders, with all lines and whole refunds. All of them at once come by a bulk operation, and
    page by page where Shopify takes none."""

    def steps(self, scope: ReadScope, position: Position) -> Iterator[Step]:
        if scope.complete and "after" not in position:
            begun = position if "bulk" in position else self._begin_bulk()
            if begun is not None:
                done = yield from self._bulk(begun)
                if done:
                    return
                position = {}
        yield from super().steps(scope, position)

    def _begin_bulk(self) -> Position | None:
        """What the operation finds was so when it was asked for, or later: hours may pass until its
        result is read."""
        observed_at = self.context.now()
        id = bulk.start(self.api)
        return (
            None
            if id is None
            else {"bulk": id, "observed_at": observed_at.isoformat(), "looks": 0, "line": 0}
        )

    def _bulk(self, begun: Position) -> Generator[Step, None, bool]:
        """The result of an operation from where it was left; False where there is none."""
        while True:
            status, url = bulk.look(self.api, begun["bulk"])
            if status not in bulk.WORKING:
                break
            begun = begun | {"looks": begun["looks"] + 1}
            yield Step(self.context.finish(RecordPage([], [], [])), begun, 0)
            self.api.deadline.sleep(min(bulk.POLL, max(0.0, self.api.deadline.left())))
        if status != "COMPLETED":
            return False
        if url is not None:
            yield from self._result(begun, url)
        return True

    def _result(self, begun: Position, url: str) -> Iterator[Step]:
        result: list[bulk.BulkOrder] = []
        for each in bulk.orders(url, begun["line"], self.api.deadline.left):
            result.append(each)
            if len(result) == BULK_PAGE:
                yield self._bulk_step(begun, result)
                result = []
        if result:
            yield self._bulk_step(begun, result)

    def _bulk_step(self, begun: Position, result: list[bulk.BulkOrder]) -> Step:
        orders = [each.order for each in result if each.order is not None]
        page = self._page_of(orders, datetime.fromisoformat(begun["observed_at"]))
        broken = len(result) - len(orders)
        rejected = [Rejected("?", "a line of the bulk result cannot be read")] * broken
        page = page._replace(rejected=[*page.rejected, *rejected])
        return Step(page, begun | {"line": result[-1].after}, len(result))

    def whole(self) -> frozenset[Kind]:
        """Without the scope for all orders, one that is not listed may simply be old."""
        scopes = self.api.run("shop", {})["currentAppInstallation"]["accessScopes"]
        has_all = any(each["handle"] == ALL_ORDERS for each in scopes)
        return self.kinds if has_all else frozenset()

    def _filled(self, node: Json) -> Json:
        id = node["id"]
        lines = self._rest("order_lines", {"id": id}, ("order", "lineItems"), node["lineItems"])
        refunds = [self._refund(each["id"]) for each in self._refunds(node)]
        return node | {"lineItems": {"nodes": lines}, "refunds": [each for each in refunds if each]}

    def _refunds(self, node: Json) -> list[Json]:
        """A page of orders names the first three only."""
        if len(node["refunds"]) < 3:
            return list(node["refunds"])
        result = self.api.run("refunds_of_order", {"id": node["id"]})["order"]
        return list(result["refunds"]) if result else []

    def _refund(self, id: str) -> Json | None:
        result: Json | None = self.api.run("refund", {"id": id, "after": None})["refund"]
        if result is None:
            return None
        path = ("refund", "refundLineItems")
        lines = self._rest("refund", {"id": id}, path, result["refundLineItems"])
        return result | {"refundLineItems": {"nodes": lines}}


class _ShopifyCustomers(_ShopifyList):
    """Customers, with the metafields that the store lists."""

    def _more(self) -> Json:
        named = [metafield.full for metafield in metafields(self.store.settings)]
        return {"fields": named, "withFields": True} if named else {}


class _ShopifyProducts(_ShopifyList):
    """Products, with all variants."""

    def _filled(self, node: Json) -> Json:
        variables = {"id": node["id"]}
        path = ("product", "variants")
        variants = self._rest("product_variants", variables, path, node["variants"])
        return node | {"variants": {"nodes": variants}}


_READERS: dict[str, Callable[..., Reader]] = {
    "collections": partial(
        _ShopifyList,
        name="collections",
        resource="collections",
        type="Collection",
        kinds=frozenset({Kind.CATEGORY}),
        convert=graphql.collection,
        first=100,
    ),
    "products": partial(
        _ShopifyProducts,
        name="products",
        resource="products",
        type="Product",
        kinds=frozenset({Kind.PRODUCT}),
        convert=graphql.product,
        first=25,
        has_newest=True,
    ),
    "customers": partial(
        _ShopifyCustomers,
        name="customers",
        resource="customers",
        type="Customer",
        kinds=frozenset({Kind.CUSTOMER}),
        convert=graphql.customer,
        first=50,
        has_newest=True,
        by_day=True,
    ),
    "discounts": partial(
        _ShopifyList,
        name="discounts",
        resource="discounts",
        type="DiscountCodeNode",
        kinds=frozenset({Kind.COUPON}),
        convert=graphql.discount,
        first=50,
        always="method:code",
    ),
    "orders": partial(
        _ShopifyOrders,
        name="orders",
        resource="orders",
        type="Order",
        kinds=frozenset({Kind.ORDER}),
        convert=graphql.order,
        first=25,
        has_newest=True,
    ),
}
