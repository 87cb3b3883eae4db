"""The events of backshop's Vendure plugin: signed, at least once, in no particular order.

`integrations/vendure/README.md` defines them; `data` is what the fragments of its
`events.graphql` select, taken when the event is queued.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

from graphql import DocumentNode, GraphQLError, parse

from shops.resolving import Info
from shops.shop import Order, Shop, iso
from shops.vendure import ACTIVE
from shops.vendure.schema import PLUGIN, CustomFields
from shops.webhooks import Courier, Delivery, Request

Json = dict[str, Any]

RETRIES = tuple(min(2.0**attempt, 3600.0) for attempt in range(1, 31))
PLAIN = {"customer": "customer", "product": "product", "coupon": "promotion"}
QUERIES = {
    "order": "query($id: ID!) { order(id: $id) { ...BackshopOrder } }",
    "customer": "query($id: ID!) { customer(id: $id) { ...BackshopCustomer } }",
    "product": "query($id: ID!) { product(id: $id) { ...BackshopProduct } }",
    "promotion": "query($id: ID!) { promotion(id: $id) { ...BackshopPromotion } }",
}
EVENTS = frozenset(
    {"order.placed", "order.updated", "order.deleted"}
    | {f"{kind}.{what}" for kind in PLAIN.values() for what in ("created", "updated", "deleted")}
)


@dataclass
class Webhook:
    url: str
    secret: str
    events: tuple[str, ...]
    created_at: int
    last_delivered_at: int | None = None
    last_error: str | None = None


class HooksServer(Protocol):
    """What events need of the server."""

    shop: Shop
    courier: Courier
    channel: str
    fields: CustomFields

    def select(self, document: DocumentNode, identity: str) -> Json | None: ...


@dataclass
class Hooks:
    server: HooksServer
    delay: float = 0.0
    """Deliveries wait up to so many seconds, each for itself: they overtake one another."""
    duplicates: float = 0.0
    """Share of deliveries that are sent twice, as a queue does that lost an acknowledgement."""
    all: dict[str, Webhook] = field(default_factory=dict)
    placed: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        fragments = (PLUGIN / "events.graphql").read_text()
        self.documents: dict[str, DocumentNode] = {
            kind: parse(f"{query}\n{fragments}") for kind, query in QUERIES.items()
        }
        self.placed = {
            order.id for order in self.server.shop.orders.values() if order.status not in ACTIVE
        }

    # --------------------------------------------------------------------- list

    def view(self, webhook: Webhook) -> Json:
        return {
            "__typename": "BackshopWebhook",
            "url": webhook.url,
            "channel": self.server.channel,
            "events": list(webhook.events),
            "createdAt": iso(webhook.created_at),
            "lastDeliveredAt": iso(webhook.last_delivered_at),
            "lastError": webhook.last_error,
        }

    def listed(self, info: Info) -> list[Json]:
        return [self.view(webhook) for webhook in self.all.values()]

    def set(self, info: Info, webhooks: list[Json]) -> list[Json]:
        kept: dict[str, Webhook] = {}
        for webhook in webhooks:
            kept[webhook["url"]] = self._webhook(webhook)
        self.all = kept
        return self.listed(info)

    def _webhook(self, fields: Json) -> Webhook:
        known = self.all.get(fields["url"])
        events = tuple(fields.get("events") or ())
        if not fields["url"].startswith(("https://", "http://")):
            raise _bad(f'"{fields["url"]}" is not an address: give one with https://')
        if set(events) - EVENTS:
            raise _bad(f"There is no event {', '.join(sorted(set(events) - EVENTS))}")
        if known is None and not fields.get("secret"):
            raise _bad(f'A secret is needed for the new address "{fields["url"]}"')
        if known is None:
            now = self.server.shop.clock.now()
            return Webhook(fields["url"], fields["secret"], events, now)
        known.secret = fields.get("secret") or known.secret
        known.events = events
        return known

    # ------------------------------------------------------------------ telling

    def changed(self, event: str, record: Any) -> None:
        kind, _, what = event.partition(".")
        if kind == "order":
            self._order(what, record)
        elif kind in PLAIN and what in {"created", "updated", "deleted"}:
            self.send(f"{PLAIN[kind]}.{what}", str(record.id))

    def _order(self, what: str, order: Order) -> None:
        """Carts and drafts send nothing; an order that has just been placed says so once."""
        if what == "deleted":
            self.send("order.deleted", str(order.id))
        elif order.status in ACTIVE or order.status == "Draft":
            return
        elif order.id not in self.placed:
            self.placed.add(order.id)
            self._keep_phone(order)
            self.send("order.placed", str(order.id))
            if order.customer_id:
                self.send("customer.updated", str(order.customer_id))
        elif what in {"created", "updated"}:
            self.send("order.updated", str(order.id))

    def _keep_phone(self, order: Order) -> None:
        """The plugin writes the customer's phone into the order, in the transaction that places
        it."""
        names = {field["name"] for field in self.server.fields.get("Order", ())}
        customer = self.server.shop.customers.get(order.customer_id or 0)
        if "placedPhone" in names and customer and customer.phone:
            order.custom["placedPhone"] = customer.phone

    def send(self, event: str, identity: str, data: Json | None = None) -> None:
        for webhook in self.all.values():
            if not webhook.events or event in webhook.events:
                self._send(webhook, event, identity, data)

    def _send(self, webhook: Webhook, event: str, identity: str, data: Json | None) -> None:
        shop = self.server.shop
        delivery_id = str(uuid.UUID(int=shop.random.getrandbits(128), version=4))
        body = self._body(delivery_id, event, iso(shop.clock.now()), identity, data)

        def make(_: int) -> Request:
            return Request(webhook.url, _headers(webhook, event, delivery_id, body), body)

        def done(accepted: bool) -> None:
            webhook.last_error = None if accepted else "the delivery was not accepted"
            if accepted:
                webhook.last_delivered_at = shop.clock.now()

        times = 2 if shop.random.random() < self.duplicates else 1
        for _ in range(times):
            self.server.courier.send(
                Delivery(event, webhook.url, delivery_id, identity),
                make,
                delays=RETRIES,
                wait=shop.random.random() * self.delay,
                done=done,
            )

    def _body(
        self, delivery_id: str, event: str, created_at: str | None, identity: str, data: Json | None
    ) -> bytes:
        kind, _, what = event.partition(".")
        if data is None:
            found = (
                None if what == "deleted" else self.server.select(self.documents[kind], identity)
            )
            data = found if found is not None else {"id": identity}
        body = {
            "deliveryId": delivery_id,
            "event": event,
            "createdAt": created_at,
            "channel": self.server.channel,
            "data": data,
        }
        return json.dumps(body, separators=(",", ":")).encode()


def _headers(webhook: Webhook, event: str, delivery_id: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    signed = f"{stamp}.".encode() + body
    digest = hmac.new(webhook.secret.encode(), signed, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-Vendure-Event": event,
        "X-Vendure-Delivery": delivery_id,
        "X-Vendure-Timestamp": stamp,
        "X-Vendure-Signature": f"sha256={digest}",
    }


def _bad(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "USER_INPUT_ERROR"})
