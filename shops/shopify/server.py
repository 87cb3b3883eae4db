"""The HTTP side of the local Shopify: tokens, GraphQL with its costs, files of bulk operations."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from aiohttp import web
from graphql import GraphQLError, execute_sync
from graphql.execution.values import get_variable_values

from shops.faults import spoil, spoil_page
from shops.resolving import Info, dumps, resolve
from shops.shop import MICROS, Coupon, Order, Shop, micros
from shops.shopify import schema
from shops.shopify.bulk import Bulk
from shops.shopify.cost import MAX_QUERY, Bucket, Estimate
from shops.shopify.hooks import Hooks
from shops.shopify.ids import gid, number
from shops.shopify.mutations import mutations
from shops.shopify.search import Search, Test, compared, parse
from shops.shopify.views import (
    Call,
    Collection,
    Views,
    connection,
    financial_status,
    fulfilment_status,
)
from shops.webhooks import Courier

Json = dict[str, Any]
LIMITS = "https://shopify.dev/api/usage/rate-limits"
SCOPES = (
    "read_all_orders",
    "read_customers",
    "read_discounts",
    "read_orders",
    "read_products",
    "write_discounts",
    "write_orders",
)
TOKEN_SECONDS = 86399
DAY = 24 * 3600


@dataclass(frozen=True)
class Setup:
    """How one local Shopify is set up."""

    site: str
    domain: str = "local-shop.myshopify.com"
    time_zone: str = "America/New_York"
    token: str = "shpat_local"
    """The permanent token; empty: only client credentials."""
    client_id: str = "local_client"
    client_secret: str = "shpss_local"
    bucket: float = 2000.0
    restore: float = 100.0
    bulk_seconds: float = 0.5
    first_id: int = 0


class Shopify:
    version = "2026-10"

    def __init__(self, shop: Shop, courier: Courier, setup: Setup) -> None:
        self.shop = shop
        self.courier = courier
        self.setup = setup
        self.scopes: tuple[str, ...] = SCOPES
        self.site, self.domain = setup.site, setup.domain
        self.time_zone, self.client_secret = setup.time_zone, setup.client_secret
        self.first_id = setup.first_id
        self.storefront = f"https://{setup.domain}"
        self.poisoned: dict[tuple[str, str], str] = {}
        self.tokens: dict[str, int] = {}
        self.is_installed = True
        """Whether the merchant has the app; its tokens end with that."""
        self.bucket = Bucket(setup.bucket, setup.restore, setup.bucket)
        self.documents = schema.Documents(schema.load())
        self.views = Views(self)
        self.hooks = Hooks(self)
        self.bulk = Bulk(self, setup.bulk_seconds)
        self.warnings: list[Json] = []
        self._of_customer: tuple[int, dict[int, list[Order]]] = (-1, {})
        self.root = {**self._queries(), **mutations(self)}
        shop.listeners.append(self.hooks.changed)

    # ----------------------------------------------------------------- platform

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/admin/oauth/access_token", self._grant)
        app.router.add_post("/admin/api/{version}/graphql.json", self._graphql)
        app.router.add_get(r"/_bulk/{id:\d+}.jsonl", self._bulk_file)

    def is_write(self, request: web.Request, body: bytes) -> bool:
        if not request.path.endswith("/graphql.json"):
            return False
        try:
            query = orjson.loads(body).get("query") or ""
        except (orjson.JSONDecodeError, AttributeError):
            return False
        return self.documents.read(query).is_mutation

    def spoil(self, kind: str, draw: float, body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        for value in (answer.get("data") or {}).values():
            if isinstance(value, dict) and isinstance(value.get("nodes"), list):
                spoil_page(kind, value["nodes"], draw)
        return dumps(answer)

    def announce(self) -> Json:
        return {
            "url": self.site,
            "credentials": {
                "api_key": self.setup.token,
                "client_id": self.setup.client_id,
                "client_secret": self.setup.client_secret,
                "secret": self.setup.client_secret,
                "domain": self.domain,
            },
        }

    def emit(self, topic: str, payload: Json) -> None:
        """`customers/redact` and the like go to the app's address; other topics (`orders/paid`)
        to their subscribers. A privacy topic for a customer's id is filled in from the shop."""
        name = topic.upper().replace("/", "_")
        if name in {"CUSTOMERS_REDACT", "CUSTOMERS_DATA_REQUEST", "SHOP_REDACT", "APP_UNINSTALLED"}:
            self.hooks.send_to_app(name, self._privacy(name, payload))
            self.hooks.send(name, self._privacy(name, payload), "")
        else:
            self.hooks.send(name, payload, str(payload.get("id", "")))

    def _privacy(self, topic: str, fields: Json) -> Json:
        base: Json = {"shop_id": 1, "shop_domain": self.domain}
        if topic == "APP_UNINSTALLED":
            return {"id": 1, "name": self.shop.name, "myshopify_domain": self.domain, **fields}
        customer = self.shop.customers.get(int(fields.get("customer_id", 0)))
        if customer is not None:
            base["customer"] = {
                "id": customer.id,
                "email": customer.email,
                "phone": customer.phone,
            }
            orders = [order.id for order in self.orders_of(customer.id)]
            what = "orders_to_redact" if topic == "CUSTOMERS_REDACT" else "orders_requested"
            base[what] = orders
        return {**base, **{k: v for k, v in fields.items() if k != "customer_id"}}

    async def act(self, name: str, args: Json) -> Any:
        if name == "webhooks":
            return [self.hooks.view(one) for one in self.hooks.all.values()]
        if name == "settings":
            self.hooks.app_address = args.get("app_address", self.hooks.app_address)
            self.scopes = tuple(args.get("scopes", self.scopes))
            self.is_installed = args.get("installed", self.is_installed)
            if not self.is_installed:
                self.tokens.clear()
            if "bucket" in args:
                self.bucket = Bucket(
                    float(args["bucket"]),
                    float(args.get("restore", self.bucket.restore)),
                    float(args["bucket"]),
                )
            return {}
        if name == "webhook_payload":
            order = self.shop.orders[int(args["id"])]
            return self.hooks.rest.order(order)
        raise LookupError(f"no such action: {name}")

    # -------------------------------------------------------------------- auth

    async def _grant(self, request: web.Request) -> web.Response:
        """The client-credentials grant: a token for 24 hours."""
        params = await _form_or_json(request)
        if params.get("grant_type") != "client_credentials":
            return _json({"error": "unsupported_grant_type"}, 400)
        known = secrets.compare_digest(params.get("client_id", ""), self.setup.client_id)
        if not known or not secrets.compare_digest(
            params.get("client_secret", ""), self.setup.client_secret
        ):
            message = "Could not find Shopify API application with the given client_id"
            return _json({"error": "invalid_client", "error_description": message}, 401)
        if not self.is_installed:
            return _json({"error": "app_not_installed"}, 400)
        token = f"shpat_{self.shop.random.getrandbits(128):032x}"
        self.tokens[token] = self.shop.clock.now() + TOKEN_SECONDS * MICROS
        body = {"access_token": token, "scope": ",".join(SCOPES), "expires_in": TOKEN_SECONDS}
        return _json(body)

    def _signed_in(self, request: web.Request) -> bool:
        token = request.headers.get("X-Shopify-Access-Token", "")
        if not self.is_installed:
            return False
        if self.setup.token and secrets.compare_digest(token.encode(), self.setup.token.encode()):
            return True
        return self.tokens.get(token, 0) > self.shop.clock.now()

    # ----------------------------------------------------------------- GraphQL

    async def _graphql(self, request: web.Request) -> web.Response:
        if not self._signed_in(request):
            words = "[API] Invalid API key or access token (unrecognized login or wrong password)"
            return _json({"errors": words}, 401)
        try:
            body = orjson.loads(await request.read())
            query, variables = body["query"], body.get("variables") or {}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            return _json({"errors": {"query": "Required parameter missing or invalid"}}, 400)
        version = request.match_info["version"]
        response = _json(self._run(query, variables))
        response.headers["X-Shopify-API-Version"] = version
        response.headers["X-Request-Id"] = f"{self.shop.random.getrandbits(64):016x}"
        return response

    def _run(self, query: str, variables: Json) -> Json:
        document = self.documents.read(query)
        if document.errors or document.node is None:
            return {"errors": [error.formatted for error in document.errors]}
        estimate = Estimate(self.documents.schema, document.node, variables)
        coerced = get_variable_values(
            self.documents.schema, estimate.operation.variable_definitions or (), variables
        )
        if isinstance(coerced, list):
            return {"errors": [_bad_variable(error) for error in coerced]}
        requested = estimate.requested()
        if requested > MAX_QUERY:
            return {"errors": [_too_dear(requested)]}
        if requested > self.bucket.available():
            return {"errors": [_throttled()], **self._cost(requested, None)}
        self.warnings = []
        result = execute_sync(
            self.documents.schema,
            document.node,
            self.root,
            Call(),
            variable_values=variables,
            field_resolver=resolve,
        )
        actual = estimate.actual(result.data)
        self.bucket.take(actual)
        if self._dies_of(result.data):
            died = {"message": "Internal error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            return {"errors": [died], **self._cost(requested, actual)}
        answer: Json = {"data": self._poison(result.data)}
        if result.errors:
            answer["errors"] = [error.formatted for error in result.errors]
        answer |= self._cost(requested, actual)
        if self.warnings:
            answer["extensions"]["search"] = self.warnings
        return answer

    def _cost(self, requested: int, actual: int | None) -> Json:
        cost = {
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        }
        return {"extensions": {"cost": cost}}

    def _poison(self, data: Any) -> Any:
        if not self.poisoned or not isinstance(data, dict):
            return data
        for name, value in data.items():
            if isinstance(value, dict) and isinstance(value.get("nodes"), list):
                value["nodes"] = [
                    line for node in value["nodes"] for line in self._poison_node(node)
                ]
            elif isinstance(value, dict):
                data[name] = self.poison_line(value)
        return data

    def _dies_of(self, data: Any) -> bool:
        """Whether one of the records, of which more than the id is asked, is one that fails."""
        dies = "dies" in self.poisoned.values() and isinstance(data, dict)
        return dies and any(
            self._how(node) == "dies" and node.keys() - {"id", "__typename", "updatedAt"}
            for value in data.values()
            for node in ((value.get("nodes") or [value]) if isinstance(value, dict) else ())
            if isinstance(node, dict)
        )

    def _poison_node(self, node: Json) -> list[Json]:
        how = self._how(node)
        if how == "duplicate":
            return [node, dict(node)]
        return [spoil(how, node)] if how and how != "dies" else [node]

    def poison_line(self, line: Json) -> Json:
        how = self._how(line)
        return spoil(how, line) if how and how not in ("duplicate", "dies") else line

    def _how(self, node: Json) -> str | None:
        head, _, tail = str(node.get("id", "")).rpartition("/")
        kind = head.rpartition("/")[2].lower()
        return self.poisoned.get((kind, tail))

    async def _bulk_file(self, request: web.Request) -> web.StreamResponse:
        lines = self.bulk.file(int(request.match_info["id"]))
        if lines is None:
            return web.Response(status=404, text="NoSuchKey")
        return web.Response(body=lines, content_type="application/jsonl")

    # ----------------------------------------------------------------- queries

    def orders_of(self, customer_id: int) -> list[Order]:
        """The customer's orders; found for everybody at once while nothing changes."""
        version, found = self._of_customer
        if version != self.shop.version:
            found = {}
            for order in self.shop.orders.values():
                if order.customer_id and order.stage != "cart":
                    found.setdefault(order.customer_id, []).append(order)
            self._of_customer = (self.shop.version, found)
        return found.get(customer_id, [])

    def status_page(self, order: Order) -> str:
        return f"{self.storefront}/orders/{order.key}"

    def discount_status(self, coupon: Coupon) -> str:
        now = self.shop.clock.now()
        if coupon.expires_at is not None and coupon.expires_at <= now:
            return "EXPIRED"
        return "SCHEDULED" if (coupon.starts_at or 0) > now else "ACTIVE"

    def _queries(self) -> Json:
        views, shop = self.views, self.shop
        return {
            "shop": lambda info: self._shop(),
            "currentAppInstallation": lambda info: {
                "id": gid("AppInstallation", 1),
                "accessScopes": [{"handle": each, "description": each} for each in self.scopes],
            },
            "orders": lambda info, **args: self.page_of_orders(
                info, [order for order in shop.orders.values() if order.stage != "cart"], **args
            ),
            "order": lambda info, id: _maybe(shop.orders.get(number(id, "Order")), views.order),
            "refund": lambda info, id: self._refund(number(id, "Refund")),
            "customers": self._customers,
            "customer": lambda info, id: _maybe(
                shop.customers.get(number(id, "Customer")), views.customer
            ),
            "products": self._products,
            "product": lambda info, id: _maybe(
                shop.products.get(number(id, "Product")), views.product
            ),
            "productVariants": self._variants,
            "productVariant": lambda info, id: _maybe(
                shop.variants.get(number(id, "ProductVariant")), views.variant
            ),
            "codeDiscountNodeByCode": lambda info, code: _maybe(
                shop.coupon_by_code(code), views.discount_node
            ),
            "codeDiscountNode": lambda info, id: _maybe(
                shop.coupons.get(number(id, "DiscountCodeNode")), views.discount_node
            ),
            "codeDiscountNodes": self._discounts,
            "collections": self._collections,
            "collection": lambda info, id: _maybe(
                self.collections().get(number(id, "Collection")), views.collection
            ),
            "discountNodes": self._discount_nodes,
            "webhookSubscriptions": self._subscriptions,
            "webhookSubscription": lambda info, id: _maybe(
                self.hooks.all.get(number(id, "WebhookSubscription")), self.hooks.view
            ),
            "bulkOperation": lambda info, id: _maybe(
                self.bulk.all.get(number(id, "BulkOperation")), self.bulk.view
            ),
            "bulkOperations": self._bulk_operations,
            "node": lambda info, id: self._node(id),
            "nodes": lambda info, ids: [self._node(identity) for identity in ids],
            "ordersCount": lambda info, **_: {
                "count": min(10_000, len(shop.orders)),
                "precision": "EXACT" if len(shop.orders) <= 10_000 else "AT_LEAST",
            },
        }

    def _shop(self) -> Json:
        return {
            "__typename": "Shop",
            "id": gid("Shop", 1),
            "name": self.shop.name,
            "email": "owner@example.com",
            "contactEmail": "owner@example.com",
            "myshopifyDomain": self.domain,
            "url": self.storefront,
            "primaryDomain": {"id": gid("Domain", 1), "host": self.domain, "url": self.storefront},
            "currencyCode": self.shop.currency,
            "ianaTimezone": self.time_zone,
            "enabledPresentmentCurrencies": [self.shop.currency],
            "plan": {"publicDisplayName": "Basic", "partnerDevelopment": False},
        }

    def _node(self, identity: str) -> Json | None:
        finders: dict[str, tuple[Mapping[int, Any], Callable[[Any], Json]]] = {
            "Order": (self.shop.orders, self.views.order),
            "Customer": (self.shop.customers, self.views.customer),
            "Product": (self.shop.products, self.views.product),
            "ProductVariant": (self.shop.variants, self.views.variant),
            "DiscountCodeNode": (self.shop.coupons, self.views.discount_node),
            "BulkOperation": (self.bulk.all, self.bulk.view),
            "WebhookSubscription": (self.hooks.all, self.hooks.view),
            "Collection": (self.collections(), self.views.collection),
        }
        kind = identity.rpartition("/")[0].rpartition("/")[2]
        if kind == "Refund":
            return self._refund(number(identity))
        if kind not in finders:
            return None
        records, view = finders[kind]
        return _maybe(records.get(number(identity)), view)

    def _refund(self, identity: int) -> Json | None:
        for order in self.shop.orders.values():
            for refund in order.refunds:
                if refund.id == identity:
                    return self.views.refund(order, refund)
        return None

    def _search(self, text: str | None, fields: Mapping[str, Test], path: str) -> Search:
        search = parse(text, fields)
        if search.warnings:
            self.warnings.append({"path": [path], "query": text, "warnings": search.warnings})
        return search

    def page_of_orders(
        self,
        info: Info,
        orders: Iterable[Order],
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803 - the schema's name
        **args: Any,
    ) -> Json:
        search = self._search(query, ORDER_FIELDS, "orders")
        sort = ORDER_SORTS.get(sortKey or "PROCESSED_AT")
        if sort is None:
            raise GraphQLError(f"the local Shopify does not sort orders by {sortKey}")
        found = [order for order in orders if search.matches(order)]
        return connection(info, found, self.views.order, sort, **args)

    def _customers(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, CUSTOMER_FIELDS, "customers")
        sort = SORTS.get(sortKey or "ID")
        if sort is None:
            raise GraphQLError(f"the local Shopify does not sort customers by {sortKey}")
        found = [one for one in self.shop.customers.values() if search.matches(one)]
        return connection(info, found, self.views.customer, sort, **args)

    def _products(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, PRODUCT_FIELDS, "products")
        sort = SORTS.get(sortKey or "ID")
        if sort is None:
            raise GraphQLError(f"the local Shopify does not sort products by {sortKey}")
        found = [one for one in self.shop.products.values() if search.matches(one)]
        return connection(info, found, self.views.product, sort, **args)

    def _variants(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, VARIANT_FIELDS, "productVariants")
        found = [one for one in self.shop.variants.values() if search.matches(one)]
        return connection(info, found, self.views.variant, SORTS["ID"], **args)

    def _discounts(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, DISCOUNT_FIELDS, "codeDiscountNodes")
        found = [one for one in self.shop.coupons.values() if search.matches(one)]
        return connection(info, found, self.views.discount_node, SORTS["ID"], **args)

    def _discount_nodes(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, DISCOUNT_FIELDS, "discountNodes")
        found = [one for one in self.shop.coupons.values() if search.matches(one)]
        return connection(info, found, self.views.any_discount_node, SORTS["ID"], **args)

    def collections(self) -> dict[int, Collection]:
        """The shop's categories as collections, numbered by name."""
        names = sorted({p.category for p in self.shop.products.values() if p.category})
        found = {}
        for place, name in enumerate(names):
            inside = [p for p in self.shop.products.values() if p.category == name]
            number_ = self.first_id + 1 + place
            newest = max(product.updated_at for product in inside)
            found[number_] = Collection(number_, name, newest, len(inside))
        return found

    def _collections(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, COLLECTION_FIELDS, "collections")
        found = [one for one in self.collections().values() if search.matches(one)]
        return connection(info, found, self.views.collection, SORTS["ID"], **args)

    def _subscriptions(
        self,
        info: Info,
        topics: list[str] | None = None,
        uri: str | None = None,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        found = [
            one
            for one in self.hooks.all.values()
            if (not topics or one.topic in topics) and uri in {None, one.uri}
        ]
        return connection(info, found, self.hooks.view, SORTS["ID"], **args)

    def _bulk_operations(
        self,
        info: Info,
        query: str | None = None,
        sortKey: str | None = None,  # noqa: N803
        **args: Any,
    ) -> Json:
        search = self._search(query, BULK_FIELDS, "bulkOperations")
        found = [one for one in self.bulk.all.values() if search.matches(one)]
        return connection(info, found, self.bulk.view, lambda one: one.created_at, **args)


def _maybe(record: Any, view: Callable[[Any], Json]) -> Json | None:
    return None if record is None else view(record)


def _time(field: str) -> Test:
    """Times compare by whole seconds."""

    def test(compare: str, value: str, record: Any) -> bool:
        wanted = micros(value) // MICROS
        if record is None:
            return False
        moment = getattr(record, field)
        return moment is not None and compared(compare, moment // MICROS, wanted)

    return test


def _day(field: str) -> Test:
    """Customers compare by whole days, whatever time of day is given."""

    def test(compare: str, value: str, record: Any) -> bool:
        wanted = micros(value) // MICROS // DAY
        if record is None:
            return False
        return compared(compare, getattr(record, field) // MICROS // DAY, wanted)

    return test


def _words(read: Callable[[Any], Iterable[str]]) -> Test:
    def test(compare: str, value: str, record: Any) -> bool:
        if record is None:
            return False
        wanted = value.lower()
        if wanted.endswith("*"):
            return any(word.lower().startswith(wanted[:-1]) for word in read(record))
        return any(word.lower() == wanted for word in read(record))

    return test


def _id(compare: str, value: str, record: Any) -> bool:
    wanted = int(value)
    return record is not None and compared(compare, record.id, wanted)


def _order_status(compare: str, value: str, record: Order | None) -> bool:
    if record is None:
        return False
    cancelled = record.cancelled_at is not None
    return {
        "any": True,
        "open": not cancelled,
        "closed": cancelled,
        "cancelled": cancelled,
        "not_closed": not cancelled,
    }.get(value.lower(), False)


ORDER_FIELDS: dict[str, Test] = {
    "id": _id,
    "updated_at": _time("updated_at"),
    "created_at": _time("created_at"),
    "processed_at": _time("placed_at"),
    "status": _order_status,
    "financial_status": _words(lambda order: [financial_status(order)]),
    "fulfillment_status": _words(lambda order: [fulfilment_status(order)]),
    "email": _words(lambda order: [order.email]),
    "tag": _words(lambda order: order.tags),
    "discount_code": _words(lambda order: [used.code for used in order.coupons]),
    "customer_id": lambda compare, value, order: (
        order is not None and order.customer_id == int(value)
    ),
    "sku": _words(lambda order: [line.sku for line in order.lines]),
}
CUSTOMER_FIELDS: dict[str, Test] = {
    "id": _id,
    "updated_at": _day("updated_at"),
    "created_at": _day("created_at"),
    "customer_date": _day("created_at"),
    "email": _words(lambda one: [one.email]),
    "phone": _words(lambda one: [one.phone]),
    "tag": _words(lambda one: one.tags),
    "first_name": _words(lambda one: [one.first_name]),
    "last_name": _words(lambda one: [one.last_name]),
}
PRODUCT_FIELDS: dict[str, Test] = {
    "id": _id,
    "updated_at": _time("updated_at"),
    "created_at": _time("created_at"),
    "status": _words(lambda one: ["active" if one.status == "publish" else "draft"]),
    "title": _words(lambda one: [one.title]),
    "handle": _words(lambda one: [one.slug]),
    "product_type": _words(lambda one: [one.kind]),
    "tag": _words(lambda one: one.tags),
    "vendor": _words(lambda one: [one.vendor]),
    "sku": _words(lambda one: [variant.sku for variant in one.variants]),
}
VARIANT_FIELDS: dict[str, Test] = {
    "id": _id,
    "updated_at": _time("updated_at"),
    "sku": _words(lambda one: [one.sku]),
    "barcode": _words(lambda one: [one.barcode]),
    "product_id": lambda compare, value, one: one is not None and one.product_id == int(value),
}
DISCOUNT_FIELDS: dict[str, Test] = {
    "id": _id,
    "title": _words(lambda one: [one.title]),
    "code": _words(lambda one: [one.code]),
    "method": _words(lambda one: ["code"]),
    "updated_at": _time("updated_at"),
}
COLLECTION_FIELDS: dict[str, Test] = {
    "id": _id,
    "title": _words(lambda one: [one.title]),
    "updated_at": _time("updated_at"),
}
BULK_FIELDS: dict[str, Test] = {
    "id": _id,
    "status": _words(lambda one: [one.status]),
    "operation_type": _words(lambda one: ["query"]),
    "created_at": _time("created_at"),
}
SORTS: dict[str, Callable[[Any], Any]] = {
    "ID": lambda one: one.id,
    "UPDATED_AT": lambda one: one.updated_at,
    "CREATED_AT": lambda one: one.created_at,
    "TITLE": lambda one: one.title,
}
ORDER_SORTS: dict[str, Callable[[Order], Any]] = {
    **SORTS,
    "PROCESSED_AT": lambda order: order.placed_at or order.created_at,
    "ORDER_NUMBER": lambda order: order.id,
}


def _bad_variable(error: GraphQLError) -> Json:
    return {
        "message": error.message,
        "extensions": {"code": "INVALID_VARIABLE"},
        "locations": error.formatted.get("locations", []),
    }


def _too_dear(requested: int) -> Json:
    return {
        "message": f"Query cost is {requested}, which exceeds the single query max cost limit "
        f"({MAX_QUERY}).\n\nSee {LIMITS} for more information on how the cost of a query is "
        "calculated.",
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": requested,
            "maxCost": MAX_QUERY,
            "documentation": LIMITS,
        },
    }


def _throttled() -> Json:
    return {
        "message": "Throttled",
        "extensions": {"code": "THROTTLED", "documentation": LIMITS},
    }


def _json(value: Any, status: int = 200) -> web.Response:
    return web.Response(
        body=dumps(value), status=status, content_type="application/json", charset="utf-8"
    )


async def _form_or_json(request: web.Request) -> dict[str, str]:
    if request.content_type == "application/json":
        value = await request.json()
        return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}
    return {k: str(v) for k, v in (await request.post()).items()}
