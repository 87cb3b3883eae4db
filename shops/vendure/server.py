"""The Admin API of the local Vendure: sign-in, permissions, lists and mutations."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiohttp import web
from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    OperationDefinitionNode,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import get_variable_values

from shops.faults import spoil, spoil_page
from shops.resolving import Info, dumps, resolve
from shops.service import page_of_a_host
from shops.shop import Shop
from shops.vendure import schema
from shops.vendure.hooks import Hooks
from shops.vendure.lists import page
from shops.vendure.mutations import Mutations
from shops.vendure.views import (
    CUSTOMER_READERS,
    ORDER_READERS,
    PRODUCT_READERS,
    PROMOTION_READERS,
    VARIANT_READERS,
    Reader,
    Views,
)
from shops.webhooks import Courier

Json = dict[str, Any]
Permissions = frozenset[str] | None
"""None: everything, the superadmin's."""

NEEDS = {
    "orders": "ReadOrder",
    "order": "ReadOrder",
    "customers": "ReadCustomer",
    "customer": "ReadCustomer",
    "products": "ReadCatalog",
    "product": "ReadCatalog",
    "productVariants": "ReadCatalog",
    "productVariant": "ReadCatalog",
    "collections": "ReadCatalog",
    "promotions": "ReadPromotion",
    "promotion": "ReadPromotion",
    "backshopWebhooks": "ReadSettings",
    "setBackshopWebhooks": "UpdateSettings",
    "setBackshopDelivery": "UpdateOrder",
    "globalSettings": "ReadSettings",
    "createPromotion": "CreatePromotion",
    "updatePromotion": "UpdatePromotion",
    "deletePromotion": "DeletePromotion",
    "createCustomer": "CreateCustomer",
    "createProduct": "CreateCatalog",
    "createProductVariants": "CreateCatalog",
    "createDraftOrder": "CreateOrder",
}
OPEN = {"login", "logout", "me", "activeChannel"}
SETTINGS = "UpdateSettings"
ORDERS = "UpdateOrder"


@dataclass(frozen=True)
class Call:
    """What resolvers know of the request they serve."""

    permissions: Permissions = None
    signed_in: bool = True
    stale: Mapping[int, Json] = field(default_factory=dict)
    """Custom fields as they were when the request came in, of orders that are saved late."""


@dataclass(frozen=True)
class Setup:
    """How one local Vendure is set up."""

    site: str
    username: str = "superadmin"
    password: str = "superadmin"
    api_key: str = "local:vendure"
    fields: schema.CustomFields | None = None
    """Custom fields; None: the plugin's."""
    race_seconds: float = 0.0
    """Mutations read an order up to so long before they save it, which loses what others wrote to
    its custom fields meanwhile, as the real server does under concurrency."""
    delivery_delay: float = 0.0
    duplicates: float = 0.0
    money_precision: int = 2
    list_limit: int = 1000


class Vendure:
    channel = "__default_channel__"
    channel_token = "l0c4lch4nn3lt0k3n0000"

    def __init__(self, shop: Shop, courier: Courier, setup: Setup) -> None:
        self.shop = shop
        self.courier = courier
        self.setup = setup
        self.race_seconds = setup.race_seconds
        self.fields = schema.plugin_fields() if setup.fields is None else setup.fields
        self.schema = schema.load(self.fields)
        self.poisoned: dict[tuple[str, str], str] = {}
        self.tokens: set[str] = set()
        self.keys: dict[str, Permissions] = {setup.api_key: None}
        self.roles: dict[str, frozenset[str]] = {}
        self.shipping_method, self.shipping_price = "Flat rate", 500
        self.views = Views(self)
        self.hooks = Hooks(self, setup.delivery_delay, setup.duplicates)
        self.root = self._guarded({**self._queries(), **Mutations(self).all()})
        self.strips_authorization = False
        """A proxy in front hands no `Authorization` header on."""
        self.front: tuple[int, str] | None = None
        """What a proxy in front answers with a page of its own: status and WWW-Authenticate."""
        self._documents: OrderedDict[str, Any] = OrderedDict()
        self.mutations: Counter[str] = Counter()
        """How often each mutation was run, whether its answer arrived or not."""
        self.delivery_fields = ("deliveryStage", "trackingNumber")
        """What the plugin was told that the fields of stage and tracking number are called."""
        self.field_writes: list[Json] = []
        """What setOrderCustomFields was given, and what the order held then."""
        shop.listeners.append(self.hooks.changed)

    # ----------------------------------------------------------------- platform

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/admin-api", self._admin_api)

    def is_write(self, request: web.Request, body: bytes) -> bool:
        try:
            document = self._read(orjson.loads(body).get("query") or "")
        except (orjson.JSONDecodeError, AttributeError):
            return False
        if not isinstance(document, DocumentNode):
            return False
        return _is_mutation(document) and not _is_login(document)

    def spoil(self, kind: str, draw: float, body: bytes) -> bytes:
        try:
            answer = json.loads(body)
        except ValueError:
            return body
        for value in (answer.get("data") or {}).values():
            if isinstance(value, dict) and isinstance(value.get("items"), list):
                spoil_page(kind, value["items"], draw)
        return dumps(answer)

    def announce(self) -> Json:
        return {
            "url": self.setup.site,
            "credentials": {
                "username": self.setup.username,
                "password": self.setup.password,
                "api_key": self.setup.api_key,
            },
        }

    def emit(self, topic: str, payload: Json) -> None:
        self.hooks.send(topic, str(payload.get("id", "")), payload)

    async def act(self, name: str, args: Json) -> Any:
        if name == "webhooks":
            return [self.hooks.view(webhook) for webhook in self.hooks.all.values()]
        if name == "mutations":
            return dict(self.mutations)
        if name == "field_writes":
            return self.field_writes
        if name == "native":
            return [
                self.select(self.hooks.documents["order"], str(number))
                for number in self.shop.orders
            ]
        if name == "settings":
            self.race_seconds = float(args.get("race_seconds", self.race_seconds))
            self.hooks.delay = float(args.get("delivery_delay", self.hooks.delay))
            self.hooks.duplicates = float(args.get("duplicates", self.hooks.duplicates))
            self.delivery_fields = tuple(args.get("delivery_fields", self.delivery_fields))
            self.strips_authorization = bool(
                args.get("strips_authorization", self.strips_authorization)
            )
            if "front" in args:
                self.front = tuple(args["front"]) if args["front"] else None
            if args.get("forget_tokens"):
                self.tokens.clear()
            return {}
        raise LookupError(f"no such action: {name}")

    # --------------------------------------------------------------------- HTTP

    async def _admin_api(self, request: web.Request) -> web.Response:
        if self.front is not None:
            return page_of_a_host(*self.front)
        try:
            body = orjson.loads(await request.read())
            query, variables = body["query"], body.get("variables") or {}
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
            message = "POST body missing, invalid Content-Type, or JSON object has no keys."
            return _reply({"errors": [{"message": message}]}, 400)
        document = self._read(query)
        if not isinstance(document, DocumentNode):
            return _reply({"errors": [_refused(error) for error in document]}, 400)
        call, token = self._caller(request)
        if self.race_seconds and _is_mutation(document):
            call = await self._read_early(call, variables)
        if _is_mutation(document):
            self.mutations.update(_fields(document))
        response = _reply(self._run(document, variables, call), 200)
        new = self._token_of(document, response)
        if new is not None or token is not None:
            response.headers["vendure-auth-token"] = new if new is not None else token or ""
        return response

    def _caller(self, request: web.Request) -> tuple[Call, str | None]:
        """Who asks; and the token header that a dead token is answered with (an empty one)."""
        key = request.headers.get("vendure-api-key")
        if key is not None and key in self.keys:
            return Call(self.keys[key]), None
        header = "" if self.strips_authorization else request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip()
        if token and token in self.tokens:
            return Call(), None
        return Call(frozenset(), signed_in=False), "" if token else None

    async def _read_early(self, call: Call, variables: Json) -> Call:
        """Takes the order's fields as they are now and saves later, as a slow server does."""
        fields = variables.get("input") or variables.get("in") or variables
        identity = str(fields.get("id") or fields.get("orderId") or variables.get("o") or "")
        order = self.shop.orders.get(int(identity)) if identity.isdigit() else None
        if order is None:
            return call
        stale = {order.id: dict(order.custom)}
        await asyncio.sleep(self.shop.random.random() * self.race_seconds)
        return Call(call.permissions, call.signed_in, stale)

    def _token_of(self, document: DocumentNode, response: web.Response) -> str | None:
        """A new token where the request was a login that succeeded."""
        if not _is_login(document):
            return None
        body = response.body
        if not isinstance(body, bytes) or b"InvalidCredentialsError" in body:
            return None
        token = secrets.token_hex(32)
        self.tokens.add(token)
        return token

    def _read(self, text: str) -> Any:
        """The document, or the errors for which it is refused."""
        if text not in self._documents:
            self._documents[text] = self._checked(text)
            if len(self._documents) > 256:
                self._documents.popitem(last=False)
        return self._documents[text]

    def _checked(self, text: str) -> Any:
        try:
            document = parse(text)
        except GraphQLError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return [error]
        errors = validate(self.schema, document)
        for one in errors:
            one.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"}
        return errors or document

    def _run(self, document: DocumentNode, variables: Json, call: Call) -> Json:
        operation = _operation(document)
        coerced = get_variable_values(self.schema, operation.variable_definitions or (), variables)
        if isinstance(coerced, list):
            return {"errors": [_coded(error, "BAD_USER_INPUT") for error in coerced]}
        result = execute_sync(
            self.schema,
            document,
            self.root,
            call,
            variable_values=variables,
            field_resolver=resolve,
        )
        answer: Json = {}
        if self._dies_of(result.data):
            return {"errors": [_died()], "data": None}
        if result.errors:
            answer["errors"] = [_plain(error) for error in result.errors]
        answer["data"] = self._poison(result.data)
        return answer

    def select(self, document: DocumentNode, identity: str) -> Json | None:
        """One record as a document of the plugin selects it."""
        result = execute_sync(
            self.schema,
            document,
            self.root,
            Call(),
            variable_values={"id": identity},
            field_resolver=resolve,
        )
        if result.errors:
            raise result.errors[0]
        found = next(iter((result.data or {}).values()), None)
        return self._poison_one(found) if isinstance(found, dict) else None

    # ------------------------------------------------------------------- poison

    def _dies_of(self, data: Any) -> bool:
        """Whether a resolver fails for one of the records, of which more than the id is asked."""
        dying = [key for key, how in self.poisoned.items() if how == "dies"]
        lists = data.items() if dying and isinstance(data, dict) else ()
        return any(
            (name.removesuffix("s"), str(item["id"])) in dying and len(item) > 1
            for name, value in lists
            for item in ((value or {}).get("items") or [value])
            if isinstance(item, dict) and "id" in item
        )

    def _poison(self, data: Any) -> Any:
        if not self.poisoned or not isinstance(data, dict):
            return data
        for name, value in data.items():
            if isinstance(value, dict) and isinstance(value.get("items"), list):
                value["items"] = [
                    row for item in value["items"] for row in self._poison_row(name, item)
                ]
            elif isinstance(value, dict):
                data[name] = self._poison_one(value, name)
        return data

    def _poison_row(self, name: str, item: Json) -> list[Json]:
        how = self.poisoned.get((name.removesuffix("s"), str(item.get("id"))))
        if how == "duplicate":
            return [item, dict(item)]
        return [spoil(how, item)] if how and how != "dies" else [item]

    def _poison_one(self, item: Json, name: str = "order") -> Json:
        how = self.poisoned.get((name, str(item.get("id"))))
        return spoil(how, item) if how and how not in ("duplicate", "dies") else item

    # ------------------------------------------------------------------ queries

    def _queries(self) -> dict[str, Callable[..., Any]]:
        shop, views = self.shop, self.views
        return {
            "orders": lambda info, options=None: self.list_orders(shop.orders.values(), options),
            "order": lambda info, id: _found(shop.orders, id, views.order),
            "customers": lambda info, options=None: self._list(
                shop.customers, options, CUSTOMER_READERS, views.customer
            ),
            "customer": lambda info, id: _found(shop.customers, id, views.customer),
            "products": lambda info, options=None: self._list(
                shop.products, options, PRODUCT_READERS, views.product
            ),
            "product": lambda info, id=None, slug=None: self._product(id, slug),
            "productVariants": self._variants,
            "productVariant": lambda info, id: _found(shop.variants, id, views.variant),
            "promotions": lambda info, options=None: self._list(
                shop.coupons, options, PROMOTION_READERS, views.promotion
            ),
            "promotion": lambda info, id: _found(shop.coupons, id, views.promotion),
            "collections": lambda info, options=None: self._collections(),
            "activeChannel": lambda info: views.channel(),
            "globalSettings": lambda info: {
                "trackInventory": True,
                "serverConfig": {"moneyStrategyPrecision": self.setup.money_precision},
            },
            "me": self._me,
            "login": self._login,
            "logout": lambda info: {"success": True},
            "backshopWebhooks": self.hooks.listed,
            "setBackshopWebhooks": self.hooks.set,
        }

    def _guarded(self, root: dict[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
        return {name: self._guard(name, resolver) for name, resolver in root.items()}

    def _guard(self, name: str, resolver: Callable[..., Any]) -> Callable[..., Any]:
        if name in OPEN:
            return resolver
        fallback = ORDERS if "Order" in name or "Refund" in name or "Fulfill" in name else SETTINGS
        needed = NEEDS.get(name, fallback)

        def guarded(info: Info, **args: Any) -> Any:
            allowed = info.context.permissions
            if allowed is not None and needed not in allowed:
                raise GraphQLError(
                    "You are not currently authorized to perform this action",
                    extensions={"code": "FORBIDDEN"},
                )
            return resolver(info, **args)

        return guarded

    def list_orders(self, orders: Any, options: Json | None) -> Json:
        def read(order: Any, name: str) -> Any:
            reader = ORDER_READERS.get(name)
            return reader(order) if reader else order.custom.get(name)

        return page(orders, options, read, self.views.order, self.setup.list_limit)

    def list_variants(self, variants: Any, options: Json | None) -> Json:
        most = self.setup.list_limit
        return page(variants, options, _reader(VARIANT_READERS), self.views.variant, most)

    def _list(
        self,
        records: Mapping[int, Any],
        options: Json | None,
        readers: Mapping[str, Reader],
        view: Callable[[Any], Json],
    ) -> Json:
        return page(records.values(), options, _reader(readers), view, self.setup.list_limit)

    def _product(self, identity: str | None, slug: str | None) -> Json | None:
        if identity is not None:
            return _found(self.shop.products, identity, self.views.product)
        found = (p for p in self.shop.products.values() if p.slug == slug)
        product = next(found, None)
        return self.views.product(product) if product else None

    def _variants(
        self,
        info: Info,
        options: Json | None = None,
        productId: str | None = None,  # noqa: N803 - the schema's name
    ) -> Json:
        variants = self.shop.variants.values()
        found = [v for v in variants if productId in {None, str(v.product_id)}]
        return self.list_variants(found, options)

    def _collections(self) -> Json:
        names = sorted({p.category for p in self.shop.products.values() if p.category})
        items = [self.views.collection(name) for name in names]
        return {"items": items, "totalItems": len(items)}

    def _me(self, info: Info) -> Json | None:
        return self._current_user(info.context.permissions) if info.context.signed_in else None

    def _current_user(self, held: Permissions = None) -> Json:
        every = list(self.schema.type_map["Permission"].values)  # type: ignore[attr-defined]
        permissions = every if held is None else sorted(held)
        channel = {
            "id": "1",
            "token": self.channel_token,
            "code": self.channel,
            "permissions": permissions,
        }
        return {
            "__typename": "CurrentUser",
            "id": "1",
            "identifier": self.setup.username,
            "channels": [channel],
        }

    def _login(
        self,
        info: Info,
        username: str,
        password: str,
        rememberMe: bool | None = None,  # noqa: N803 - the schema's name
    ) -> Json:
        same = secrets.compare_digest(username.encode(), self.setup.username.encode())
        if not same or not secrets.compare_digest(password.encode(), self.setup.password.encode()):
            return {
                "__typename": "InvalidCredentialsError",
                "errorCode": "INVALID_CREDENTIALS_ERROR",
                "message": "The provided credentials are invalid",
                "authenticationError": "",
            }
        return self._current_user()


def _found(records: Mapping[int, Any], identity: str, view: Callable[[Any], Json]) -> Json | None:
    record = records.get(int(identity)) if str(identity).isdigit() else None
    return view(record) if record is not None else None


def _reader(readers: Mapping[str, Reader]) -> Callable[[Any, str], Any]:
    def read(record: Any, name: str) -> Any:
        if name not in readers:
            raise GraphQLError(f"the local Vendure does not filter or sort by {name}")
        return readers[name](record)

    return read


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(part for part in document.definitions if isinstance(part, OperationDefinitionNode))


def _fields(document: DocumentNode) -> list[str]:
    """The names of the fields that it asks for at the top."""
    chosen = _operation(document).selection_set.selections
    return [field.name.value for field in chosen if isinstance(field, FieldNode)]


def _is_mutation(document: DocumentNode) -> bool:
    return _operation(document).operation.value == "mutation"


def _is_login(document: DocumentNode) -> bool:
    fields = _operation(document).selection_set.selections
    return any(isinstance(field, FieldNode) and field.name.value == "login" for field in fields)


def _plain(error: GraphQLError) -> Json:
    """As recorded: message, places, path and a code."""
    code = (error.extensions or {}).get("code", "INTERNAL_SERVER_ERROR")
    return {
        "message": error.message,
        "locations": error.formatted.get("locations", []),
        "path": error.formatted.get("path", []),
        "extensions": {"code": code},
    }


def _died() -> Json:
    return {"message": "Unhandled error", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}


def _coded(error: GraphQLError, code: str) -> Json:
    return {
        "message": error.message,
        "locations": error.formatted.get("locations", []),
        "extensions": {"code": code},
    }


def _refused(error: GraphQLError) -> Json:
    answer = _coded(error, (error.extensions or {})["code"])
    answer["extensions"] = {"http": {"status": 400, "headers": {}}, **answer["extensions"]}
    # graphql-js and graphql-core say the same but for the quotes and a suggestion at the end.
    answer["message"] = answer["message"].partition(" Did you mean")[0].replace("'", '"')
    return answer


def _reply(value: Any, status: int) -> web.Response:
    return web.Response(
        body=dumps(value), status=status, content_type="application/json", charset="utf-8"
    )
