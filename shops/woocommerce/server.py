"""The REST API of a WooCommerce shop: routes, lists and writes."""

from __future__ import annotations

import json
import math
import re
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from inspect import isawaitable
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from aiohttp import web

from shops.faults import spoil, spoil_page
from shops.service import page_of_a_host
from shops.shop import MICROS, Customer, Order, Refund, Shop
from shops.webhooks import Courier
from shops.woocommerce import auth, writes
from shops.woocommerce.auth import Keys
from shops.woocommerce.errors import RestError, unknown
from shops.woocommerce.hooks import Hooks
from shops.woocommerce.query import ListQuery, pick, read
from shops.woocommerce.render import Json, Renderer, dumps

API = "/wp-json/wc/v3"
METHODS = "GET, POST, PUT, PATCH, DELETE"
COLLECTIONS = ("refunds", "notes", "variations")
FEATURES = (
    "analytics",
    "marketplace",
    "order_attribution",
    "site_visibility_badge",
    "remote_logging",
    "blueprint",
    "point_of_sale",
    "push_notifications",
    "custom_order_tables",
)
Handler = Callable[[web.Request], Any]


class WooCommerce:
    """One shop behind the API. Rendered orders are kept, so that reading costs a join of bytes."""

    def __init__(
        self, shop: Shop, courier: Courier, site: str, zone: str, keys: Keys, delay: float = 0.0
    ) -> None:
        self.shop = shop
        self.courier = courier
        self.keys = keys
        self.zone = ZoneInfo(zone)
        self.renderer = Renderer(shop, site, zone)
        self.hooks = Hooks(courier, self.renderer, shop.clock, delay)
        self.poisoned: dict[tuple[str, str], str] = {}
        self.taxes: list[Json] = []
        self.gateway = writes.Gateway()
        self.gives_offset = False
        self.has_plain_permalinks = False
        self.answers_unknown = "404"
        """How paths that it does not know are answered: `404`, `home` or `redirect`."""
        self.front: tuple[int, str] | None = None
        """What a host in front answers with a page of its own: status and WWW-Authenticate."""
        self.is_closed = ""
        """The code by which a plugin refuses everybody at the REST API."""
        self.prints = self.prints_after = b""
        self.prints_on = ""
        """A regular expression on the path where it prints; everywhere if empty."""
        self._orders: dict[int, bytes] = {}
        self._lists: OrderedDict[Any, list[int]] = OrderedDict()
        shop.listeners.append(self._changed)

    # ------------------------------------------------------------------ changes

    def _changed(self, event: str, record: Any) -> None:
        kind, _, what = event.partition(".")
        if kind == "order":
            self._orders.pop(record.id, None)
        senders: dict[str, Callable[[str, Any], None]] = {
            "order": self._send_order,
            "customer": self._send_customer,
            "product": self._send_product,
            "coupon": self._send_coupon,
        }
        sender = senders.get(kind)
        if sender is not None and self.hooks.all:
            sender(what, record)

    def _send_order(self, what: str, order: Order) -> None:
        number = str(order.id)
        if what == "trashed":
            self.hooks.send("order.deleted", number, lambda: {"id": order.id})
        elif what in {"created", "updated", "restored"}:
            self.hooks.send(f"order.{what}", number, lambda: self._order_now(order.id))

    def _order_now(self, order_id: int) -> Json:
        """The order as it is when the delivery leaves; an error object where it is gone."""
        order = self.shop.orders.get(order_id)
        if order is None:
            return unknown("woocommerce_rest_shop_order_invalid_id").body
        return self._poisoned("order", self.renderer.order(order))

    def _send_customer(self, what: str, customer: Customer) -> None:
        payload = (
            (lambda: {"id": customer.id})
            if what == "deleted"
            else (lambda: self.renderer.customer(customer))
        )
        self.hooks.send(f"customer.{what}", str(customer.id), payload)

    def _send_product(self, what: str, product: Any) -> None:
        payload = (
            (lambda: {"id": product.id})
            if what == "deleted"
            else (lambda: self.renderer.product(product))
        )
        self.hooks.send(f"product.{what}", str(product.id), payload)

    def _send_coupon(self, what: str, coupon: Any) -> None:
        payload = (
            (lambda: {"id": coupon.id})
            if what == "deleted"
            else (lambda: self.renderer.coupon(coupon))
        )
        self.hooks.send(f"coupon.{what}", str(coupon.id), payload)

    def _poisoned(self, kind: str, record: Json) -> Json:
        how = self.poisoned.get((kind, str(record["id"])))
        if how == "dies":
            raise RestError(500, "internal_server_error", "A critical error on this website.")
        return spoil(how, record) if how and how not in ("duplicate", "unlisted") else record

    # ----------------------------------------------------------------- platform

    def add_routes(self, app: web.Application) -> None:
        add = app.router.add_route
        for method, path, handler in self._routes():
            add(method, API + path, self._guarded(handler))
        add("GET", "/wp-json/", self._index)
        add("GET", "/", self._home)
        app.router.add_route("*", "/{anything:.*}", self._no_route)

    def _routes(self) -> list[tuple[str, str, Handler]]:
        routes: list[tuple[str, str, Handler]] = [
            ("GET", "/orders", self._list_orders),
            ("POST", "/orders", self._writing(writes.create_order)),
            ("POST", "/orders/batch", self._batch),
            ("GET", r"/orders/{id:\d+}", self._get_order),
            ("DELETE", r"/orders/{id:\d+}", self._writing(writes.delete_order)),
            ("GET", r"/orders/{id:\d+}/refunds", self._list_refunds_of_order),
            ("POST", r"/orders/{id:\d+}/refunds", self._writing(writes.create_refund)),
            ("GET", r"/orders/{id:\d+}/refunds/{refund:\d+}", self._get_refund),
            ("GET", r"/orders/{id:\d+}/notes", self._list_notes),
            ("POST", r"/orders/{id:\d+}/notes", self._writing(writes.create_note)),
            ("GET", "/refunds", self._list_refunds),
            ("GET", "/customers", self._list_customers),
            ("POST", "/customers", self._writing(writes.create_customer)),
            ("GET", r"/customers/{id:\d+}", self._get_customer),
            ("DELETE", r"/customers/{id:\d+}", self._writing(writes.delete_customer)),
            ("GET", "/products", self._list_products),
            ("POST", "/products", self._writing(writes.create_product)),
            ("GET", "/products/categories", self._list_categories),
            ("GET", r"/products/{id:\d+}", self._get_product),
            ("DELETE", r"/products/{id:\d+}", self._writing(writes.delete_product)),
            ("GET", r"/products/{id:\d+}/variations", self._list_variations),
            ("POST", r"/products/{id:\d+}/variations", self._writing(writes.create_variation)),
            ("GET", r"/products/{id:\d+}/variations/{variation:\d+}", self._get_variation),
            ("GET", "/coupons", self._list_coupons),
            ("POST", "/coupons", self._writing(writes.create_coupon)),
            ("GET", r"/coupons/{id:\d+}", self._get_coupon),
            ("DELETE", r"/coupons/{id:\d+}", self._writing(writes.delete_coupon)),
            ("GET", "/webhooks", self._list_webhooks),
            ("POST", "/webhooks", self._writing(writes.create_webhook)),
            ("GET", r"/webhooks/{id:\d+}", self._get_webhook),
            ("DELETE", r"/webhooks/{id:\d+}", self._writing(writes.delete_webhook)),
            ("GET", "/taxes", self._list_taxes),
            ("POST", "/taxes", self._writing(writes.create_tax)),
            ("GET", "/system_status", self._system_status),
        ]
        for path, change in (
            (r"/orders/{id:\d+}", writes.update_order),
            (r"/customers/{id:\d+}", writes.update_customer),
            (r"/products/{id:\d+}", writes.update_product),
            (r"/products/{id:\d+}/variations/{variation:\d+}", writes.update_variation),
            (r"/coupons/{id:\d+}", writes.update_coupon),
            (r"/webhooks/{id:\d+}", writes.update_webhook),
        ):
            routes += [(method, path, self._writing(change)) for method in ("PUT", "POST", "PATCH")]
        return routes

    def is_write(self, request: web.Request, body: bytes) -> bool:
        return request.method != "GET"

    def spoil(self, kind: str, draw: float, body: bytes) -> bytes:
        records = orjson.loads(body)
        if not isinstance(records, list):
            return body
        spoil_page(kind, records, draw)
        return dumps(records)

    def announce(self) -> Json:
        return {
            "url": self.renderer.site,
            "credentials": {"api_key": self.keys.key, "secret": self.keys.secret},
        }

    def emit(self, topic: str, payload: Json) -> None:
        self.hooks.send(topic, str(payload.get("id", "")), lambda: payload)

    async def act(self, name: str, args: Json) -> Any:
        if name == "webhooks":
            return [
                {**self.hooks.json(webhook), "failures": webhook.failures}
                for webhook in self.hooks.all.values()
            ]
        if name == "native":
            return [self.renderer.order(order) for order in self.shop.orders.values()]
        if name == "settings":
            if "time_zone" in args:
                self.zone = ZoneInfo(args["time_zone"])
                self.renderer.zone = self.zone
                self._orders.clear()
            self.gives_offset = bool(args.get("gives_offset", self.gives_offset))
            if "permalinks" in args:
                self.has_plain_permalinks = args["permalinks"] == "plain"
            self.prints = args.get("prints", self.prints.decode()).encode()
            self.prints_after = args.get("prints_after", self.prints_after.decode()).encode()
            self.prints_on = args.get("prints_on", self.prints_on)
            self.answers_unknown = args.get("answers_unknown", self.answers_unknown)
            self.is_closed = args.get("closed", self.is_closed)
            if "front" in args:
                self.front = tuple(args["front"]) if args["front"] else None
            self.keys.is_taken_for_http = bool(
                args.get("taken_for_http", self.keys.is_taken_for_http)
            )
            self.keys.secret = args.get("secret", self.keys.secret)
            self.keys.permissions = args.get("key_permissions", self.keys.permissions)
            self.keys.forbidden = frozenset(args.get("forbidden", self.keys.forbidden))
            self.keys.is_header_stripped = bool(
                args.get("strips_authorization", self.keys.is_header_stripped)
            )
            if "storage" in args:
                is_legacy = args["storage"] == "legacy"
                unmoved = frozenset({"edit", "address"}) if is_legacy else frozenset()
                self.shop.rules = replace(self.shop.rules, unmoved=unmoved)
            if "gateway_confirms" in args:
                self.gateway.set_confirms(bool(args["gateway_confirms"]))
            return {}
        raise LookupError(f"no such action: {name}")

    def warm(self) -> None:
        """Renders every order once, so that the first reader does not wait for it."""
        for order in self.shop.orders.values():
            self._order_bytes(order)

    # ------------------------------------------------------------------ answers

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: web.Request) -> web.Response:
            if (stands_before := self._before(request)) is not None:
                return stands_before
            if self.has_plain_permalinks:
                return self._unknown()
            try:
                auth.check(self.keys, request)
                answer = handler(request)
                response: web.Response = await answer if isawaitable(answer) else answer
                return response
            except RestError as refusal:
                return self._reply(request, refusal.body, refusal.status)

        return guarded

    def _writing(self, change: Callable[..., writes.Written]) -> Handler:
        """A handler of a write: `change(server, path ids, body, query)` makes it."""

        async def handler(request: web.Request) -> web.Response:
            body = await _json(request)
            ids = {name: int(value) for name, value in request.match_info.items()}
            written = change(self, ids, body, request.query)
            headers = (
                {"Location": f"{self.renderer.api}/{written.location}"}
                if (written.location)
                else {}
            )
            return self._reply(request, written.body, written.status, headers)

        return handler

    def _reply(
        self,
        request: web.Request,
        value: Any,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> web.Response:
        return self._raw(request, dumps(value), status, headers or {})

    def _raw(
        self,
        request: web.Request,
        body: bytes,
        status: int = 200,
        headers: dict[str, str] | None = None,
        links: Sequence[str] = (),
    ) -> web.Response:
        single = "id" in request.match_info and not request.path.endswith(COLLECTIONS)
        if re.search(self.prints_on, request.path):
            body = self.prints + body + self.prints_after
        response = web.Response(
            body=body,
            status=status,
            headers={
                "Content-Type": "application/json; charset=UTF-8",
                "X-Robots-Tag": "noindex",
                "X-Content-Type-Options": "nosniff",
                "Access-Control-Expose-Headers": "X-WP-Total, X-WP-TotalPages, Link",
                "Allow": _allowed(request, single),
                **(headers or {}),
            },
        )
        response.headers.add("Link", f'<{self.renderer.site}/wp-json/>; rel="https://api.w.org/"')
        for link in links:
            response.headers.add("Link", link)
        return response

    async def _home(self, request: web.Request) -> web.Response:
        """Without permalinks the API is at the home page's `rest_route`."""
        if request.query.get("rest_route") == "/":
            return self._shop_index(request)
        return web.Response(body=b"<!DOCTYPE html><title>Shop</title>", content_type="text/html")

    async def _index(self, request: web.Request) -> web.Response:
        if (stands_before := self._before(request)) is not None:
            return stands_before
        return self._unknown() if self.has_plain_permalinks else self._shop_index(request)

    def _before(self, request: web.Request) -> web.Response | None:
        """What a host or a plugin answers in place of WordPress."""
        if self.front is not None:
            return page_of_a_host(*self.front)
        if self.is_closed:
            refusal = RestError(401, self.is_closed, "You are not currently logged in.")
            return self._reply(request, refusal.body, 401)
        return None

    def _unknown(self) -> web.Response:
        if self.answers_unknown == "redirect":
            return web.Response(status=301, headers={"Location": f"{self.renderer.site}/"})
        return page_of_a_host(200) if self.answers_unknown == "home" else _not_found()

    def _batch(self, request: web.Request) -> web.Response:
        """An empty batch, which changes nothing; others are not modelled."""
        return self._reply(request, [])

    def _shop_index(self, request: web.Request) -> web.Response:
        offset = self.shop_offset()
        return self._reply(
            request,
            {
                "name": self.shop.name,
                "description": "",
                "url": self.renderer.site,
                "home": self.renderer.site,
                "gmt_offset": offset,
                "timezone_string": "" if self.gives_offset else self.zone.key,
                "namespaces": ["oembed/1.0", "wc/v3", "wp/v2"],
                "authentication": [],
                "routes": {},
            },
        )

    def shop_offset(self) -> float | int:
        now = datetime.fromtimestamp(self.shop.clock.now() // MICROS, UTC).astimezone(self.zone)
        offset = now.utcoffset()
        hours = (offset.total_seconds() if offset else 0) / 3600
        return int(hours) if hours == int(hours) else hours

    async def _no_route(self, request: web.Request) -> web.Response:
        message = "No route was found matching the URL and request method."
        return self._reply(request, RestError(404, "rest_no_route", message).body, 404)

    # -------------------------------------------------------------------- lists

    def _page(
        self,
        request: web.Request,
        query: ListQuery,
        ids: Sequence[int],
        render: Callable[[int], bytes],
        *,
        posts: bool = False,
    ) -> web.Response:
        """One page of a list with its totals and links. `posts`: past the end WordPress reports a
        total of 0 (as recorded for orders)."""
        start = query.offset if query.offset is not None else (query.page - 1) * query.per_page
        page = ids[start : start + query.per_page]
        total = 0 if posts and query.page > 1 and not page else len(ids)
        pages = math.ceil(total / query.per_page)
        if query.fields == ("id",):
            # WordPress prepares only what is asked for.
            rows = [dumps({"id": record_id}) for record_id in page]
        else:
            rows = [render(record_id) for record_id in page]
        if query.fields and query.fields != ("id",):
            # A poisoned row may hold its record twice, or a lone surrogate.
            rows = [
                dumps(pick(record, query.fields))
                for row in rows
                for record in json.loads(b"[" + row + b"]")
            ]
        body = b"[" + b",".join(rows) + b"]"
        headers = {"X-WP-Total": str(total), "X-WP-TotalPages": str(pages)}
        links = self._links(request, query, pages, some=bool(page))
        return self._raw(request, body, 200, headers, links)

    def _links(
        self, request: web.Request, query: ListQuery, pages: int, *, some: bool
    ) -> list[str]:
        links = []
        if query.page > 1:
            links.append((min(query.page - 1, pages), "prev"))
        if query.page < pages:
            links.append((query.page + 1, "next"))
        return [
            f'<{self.renderer.site}{request.path}?{self._other(request, page, some)}>; rel="{rel}"'
            for page, rel in links
        ]

    def _other(self, request: web.Request, page: int, some: bool) -> str:
        params = dict(request.query)
        params["page"] = str(page)
        if request.path.endswith("/orders"):
            params.setdefault("status[0]", params.pop("status", "any"))
            if some:
                params.setdefault("dp", "2")
                params.setdefault("context", "view")
        return urlencode(params)

    def _listed(self, name: str, query: ListQuery, find: Callable[[], list[int]]) -> list[int]:
        """The ids of a list, found once for all its pages while nothing changes."""
        key = (name, self.shop.version, query.filter_key)
        if key in self._lists:
            self._lists.move_to_end(key)
        else:
            self._lists[key] = find()
            while len(self._lists) > 32:
                self._lists.popitem(last=False)
        return self._lists[key]

    def _read(self, resource: str, request: web.Request) -> ListQuery:
        return read(resource, request.query, self.zone)

    def _list_orders(self, request: web.Request) -> web.Response:
        query = self._read("orders", request)
        ids = self._listed("orders", query, lambda: self._find_orders(query))
        orders = self.shop.orders
        return self._page(
            request, query, ids, lambda number: self._order_bytes(orders[number]), posts=True
        )

    def _order_bytes(self, order: Order) -> bytes:
        body = self._orders.get(order.id)
        if body is None:
            body = dumps(self.renderer.order(order))
            self._orders[order.id] = body
        how = self.poisoned.get(("order", str(order.id))) if self.poisoned else None
        if how == "duplicate":
            return body + b"," + body
        return dumps(self._poisoned("order", orjson.loads(body))) if how else body

    def _find_orders(self, query: ListQuery) -> list[int]:
        hidden = {"trash", "checkout-draft", "auto-draft"}
        statuses = set(query.status) or {"any"}
        orders: list[Order] = [
            order
            for order in self.shop.orders.values()
            if order.status in statuses or ("any" in statuses and order.status not in hidden)
            if self.poisoned.get(("order", str(order.id))) != "unlisted"
        ]
        for name, value in query.equals:
            orders = [order for order in orders if _order_has(order, name, value)]
        if query.search:
            orders = [order for order in orders if _order_matches(order, query.search.lower())]
        return _sorted_ids(_within(orders, query), query)

    def _list_customers(self, request: web.Request) -> web.Response:
        query = self._read("customers", request)
        wanted = dict(query.equals)
        role = wanted.get("role", "customer")
        found = [
            customer
            for customer in self.shop.customers.values()
            if role in {"all", customer.role}
            and wanted.get("email", customer.email).lower() == customer.email.lower()
        ]
        if query.search:
            found = [c for c in found if query.search.lower() in c.email.lower()]
        key = (lambda c: c.id) if query.orderby != "registered_date" else (lambda c: c.created_at)
        chosen = _chosen(found, query)
        chosen.sort(key=key, reverse=query.order == "desc")
        customers = self.shop.customers
        return self._page(
            request,
            query,
            [customer.id for customer in chosen],
            lambda number: dumps(
                self._poisoned("customer", self.renderer.customer(customers[number]))
            ),
        )

    def _list_products(self, request: web.Request) -> web.Response:
        query = self._read("products", request)
        wanted = dict(query.equals)
        statuses = set(query.status) - {"any"}
        found = [
            product
            for product in self.shop.products.values()
            if (not statuses or product.status in statuses)
            and ("sku" not in wanted or any(v.sku == wanted["sku"] for v in product.variants))
            and wanted.get("slug", product.slug) == product.slug
        ]
        if query.search:
            found = [p for p in found if query.search.lower() in p.title.lower()]
        ids = _sorted_ids(_within(found, query), query)
        products = self.shop.products
        return self._page(
            request,
            query,
            ids,
            lambda number: dumps(
                self._poisoned("product", self.renderer.product(products[number]))
            ),
        )

    def _list_coupons(self, request: web.Request) -> web.Response:
        query = self._read("coupons", request)
        code = dict(query.equals).get("code")
        statuses = set(query.status) or {"publish"}
        found = [
            coupon
            for coupon in self.shop.coupons.values()
            if (code is None or coupon.code == code.lower())
            and (coupon.status in statuses or ("any" in statuses and coupon.status != "trash"))
        ]
        ids = _sorted_ids(_within(found, query), query)
        coupons = self.shop.coupons
        return self._page(
            request, query, ids, lambda number: dumps(self.renderer.coupon(coupons[number]))
        )

    def _list_refunds(self, request: web.Request) -> web.Response:
        query = self._read("refunds", request)
        found = {
            refund.id: (order, refund)
            for order in self.shop.orders.values()
            for refund in order.refunds
        }
        ids = _sorted_ids(_within([refund for _, refund in found.values()], query), query)
        return self._page(
            request,
            query,
            ids,
            lambda number: dumps(self.renderer.refund(*found[number], parent=True)),
        )

    def _list_refunds_of_order(self, request: web.Request) -> web.Response:
        order = self.order(int(request.match_info["id"]))
        query = self._read("refunds", request)
        found = {refund.id: refund for refund in order.refunds}
        ids = _sorted_ids(_within(list(found.values()), query), query)
        return self._page(
            request, query, ids, lambda number: dumps(self.renderer.refund(order, found[number]))
        )

    def _list_notes(self, request: web.Request) -> web.Response:
        order = self.order(int(request.match_info["id"]))
        notes = [self.renderer.note(order, note) for note in reversed(order.notes)]
        return self._reply(request, notes)

    def _list_variations(self, request: web.Request) -> web.Response:
        product = self.product(int(request.match_info["id"]))
        query = self._read("products", request)
        shown = {v.id: v for v in product.variants} if product.has_variants else {}
        ids = _sorted_ids(_within(list(shown.values()), query), query)
        return self._page(
            request,
            query,
            ids,
            lambda number: dumps(self.renderer.variation(product, shown[number])),
        )

    def _list_categories(self, request: web.Request) -> web.Response:
        query = self._read("categories", request)
        names = sorted({product.category for product in self.shop.products.values()})
        shown = {
            category["id"]: {**category, "parent": 0, "description": "", "count": 0}
            for category in (self.renderer.category(name) for name in names)
        }
        return self._page(request, query, list(shown), lambda number: dumps(shown[number]))

    def _list_webhooks(self, request: web.Request) -> web.Response:
        query = self._read("webhooks", request)
        found = self.hooks.all
        ids = sorted(found, reverse=query.order == "desc")
        return self._page(request, query, ids, lambda number: dumps(self.hooks.json(found[number])))

    def _list_taxes(self, request: web.Request) -> web.Response:
        return self._reply(request, self.taxes)

    # ------------------------------------------------------------------ records

    def order(self, number: int, status: int = 404) -> Order:
        order = self.shop.orders.get(number)
        if order is None:
            raise unknown("woocommerce_rest_shop_order_invalid_id", status=status)
        return order

    def product(self, number: int) -> Any:
        product = self.shop.products.get(number)
        if product is None:
            raise unknown("woocommerce_rest_product_invalid_id")
        return product

    def customer(self, number: int) -> Customer:
        customer = self.shop.customers.get(number)
        if customer is None:
            raise unknown("woocommerce_rest_invalid_id", "Invalid resource ID.")
        return customer

    def coupon(self, number: int) -> Any:
        coupon = self.shop.coupons.get(number)
        if coupon is None:
            raise unknown("woocommerce_rest_shop_coupon_invalid_id")
        return coupon

    def webhook(self, number: int) -> Any:
        webhook = self.hooks.all.get(number)
        if webhook is None:
            raise unknown("woocommerce_rest_shop_webhook_invalid_id")
        return webhook

    def _get_order(self, request: web.Request) -> web.Response:
        order = self.order(int(request.match_info["id"]))
        return self._one(request, self._poisoned("order", self.renderer.order(order)))

    def _one(self, request: web.Request, record: Json) -> web.Response:
        fields = [part for part in request.query.get("_fields", "").split(",") if part]
        return self._reply(request, pick(record, fields) if fields else record)

    def refund(self, order: Order, number: int) -> Refund:
        for refund in order.refunds:
            if refund.id == number:
                return refund
        raise unknown("woocommerce_rest_invalid_order_refund_id", "Invalid order refund ID.")

    def _get_refund(self, request: web.Request) -> web.Response:
        order = self.order(int(request.match_info["id"]))
        refund = self.refund(order, int(request.match_info["refund"]))
        return self._one(request, self.renderer.refund(order, refund))

    def _get_customer(self, request: web.Request) -> web.Response:
        customer = self.customer(int(request.match_info["id"]))
        return self._one(request, self.renderer.customer(customer))

    def _get_product(self, request: web.Request) -> web.Response:
        product = self.product(int(request.match_info["id"]))
        return self._one(request, self.renderer.product(product, single=True))

    def _get_variation(self, request: web.Request) -> web.Response:
        product = self.product(int(request.match_info["id"]))
        number = int(request.match_info["variation"])
        variant = next((v for v in product.variants if v.id == number), None)
        if variant is None or not product.has_variants:
            raise unknown("woocommerce_rest_product_variation_invalid_id")
        return self._one(request, self.renderer.variation(product, variant))

    def _get_coupon(self, request: web.Request) -> web.Response:
        coupon = self.coupon(int(request.match_info["id"]))
        return self._one(request, self.renderer.coupon(coupon))

    def _get_webhook(self, request: web.Request) -> web.Response:
        webhook = self.webhook(int(request.match_info["id"]))
        return self._one(request, self.hooks.json(webhook))

    def _system_status(self, request: web.Request) -> web.Response:
        return self._one(
            request,
            {
                "environment": {"version": "11.0.1", "wp_version": "7.1"},
                "settings": {
                    "api_enabled": False,
                    "force_ssl": False,
                    "currency": self.shop.currency,
                    "currency_symbol": "&#36;",
                    "currency_position": "left",
                    "thousand_separator": ",",
                    "decimal_separator": ".",
                    "number_of_decimals": 2,
                    "geolocation_enabled": False,
                    "taxonomies": {
                        kind: kind for kind in ("external", "grouped", "simple", "variable")
                    },
                    "product_visibility_terms": {
                        term: term
                        for term in (
                            "exclude-from-catalog",
                            "exclude-from-search",
                            "featured",
                            "outofstock",
                            *(f"rated-{stars}" for stars in range(1, 6)),
                        )
                    },
                    "woocommerce_com_connected": "no",
                    "enforce_approved_download_dirs": True,
                    "order_datastore": "WC_Order_Data_Store_CPT"
                    if self.shop.rules.unmoved
                    else "Automattic\\WooCommerce\\Internal\\DataStores\\Orders"
                    "\\OrdersTableDataStore",
                    "HPOS_enabled": not self.shop.rules.unmoved,
                    "HPOS_sync_enabled": False,
                    "enabled_features": list(FEATURES),
                },
            },
        )


def _not_found() -> web.Response:
    """The theme's page, or the web server's: WordPress never heard of the request."""
    body = b"<!DOCTYPE html><html><head><title>Page not found</title></head></html>"
    return web.Response(status=404, body=body, content_type="text/html")


def _allowed(request: web.Request, single: bool) -> str:
    if request.path in {f"{API}/refunds", f"{API}/system_status"}:
        return "GET"
    return METHODS if single else "GET, POST"


async def _json(request: web.Request) -> Json:
    raw = await request.read()
    if not raw:
        return {}
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        data = {"status": 400, "json_error_code": 4, "json_error_message": "Syntax error"}
        raise RestError(400, "rest_invalid_json", "Invalid JSON body passed.", data) from None
    return value if isinstance(value, dict) else {}


def _order_has(order: Order, name: str, value: str) -> bool:
    if name == "customer":
        return str(order.customer_id or 0) == value
    return any(str(line.product_id) == value for line in order.lines)


def _order_matches(order: Order, text: str) -> bool:
    names = (order.email, order.billing.name, order.shipping_address.name, str(order.id))
    return any(text in name.lower() for name in names)


def _chosen(records: list[Any], query: ListQuery) -> list[Any]:
    if query.include:
        records = [record for record in records if record.id in query.include]
    if query.exclude:
        records = [record for record in records if record.id not in query.exclude]
    return records


def _within(records: list[Any], query: ListQuery) -> list[Any]:
    """Those inside the date filters: strictly after or before, by whole seconds."""
    for name, moment in query.dates:
        field = "updated_at" if name.startswith("modified") else "created_at"
        if name.endswith("after"):
            records = [r for r in records if getattr(r, field) // MICROS > moment]
        else:
            records = [r for r in records if getattr(r, field) // MICROS < moment]
    return _chosen(records, query)


def _sorted_ids(records: list[Any], query: ListQuery) -> list[int]:
    down = query.order == "desc"
    if query.orderby == "include" and query.include:
        return sorted((r.id for r in records), key=query.include.index)
    if query.orderby == "id":
        return sorted((r.id for r in records), reverse=down)
    field = "updated_at" if query.orderby == "modified" else "created_at"
    sign = -1 if down else 1
    # Within one second the order is by id, downwards for the newest first.
    records.sort(key=lambda r: (sign * (getattr(r, field) // MICROS), sign * r.id))
    return [record.id for record in records]
