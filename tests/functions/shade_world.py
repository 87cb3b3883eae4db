"""A cosmetics shop on a local Shopify, connected to the functions of the shade funnel, and its
time.

What the shop does reaches the functions as signed webhooks; what the functions want of the shop
goes through outbox, queue and GraphQL. `pass_time` moves the clocks of both.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

from backshop import db
from backshop.aws import config
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses import ses_backends

from shops.running import RunningShop
from tests.backshop.kits.shop import Caller
from tests.contracts.servers.receiver import Receiver

FUNCTIONS = str(Path(__file__).parents[2] / "functions")
TOPICS = (
    "ORDERS_CREATE",
    "ORDERS_UPDATED",
    "ORDERS_CANCELLED",
    "ORDERS_DELETE",
    "REFUNDS_CREATE",
    "PRODUCTS_UPDATE",
)
SENDER = "hello@shop.example.com"
SHADES = ("Ivory", "Sand", "Honey", "Amber", "Cocoa", "Espresso")
SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { userErrors { message } } }"""


def subscribe(shop: RunningShop, receiver: Receiver) -> None:
    """Let the shop tell the receiver of everything; once for all tests that share the two."""
    for topic in TOPICS:
        graphql(shop, SUBSCRIBE, topic=topic, to={"uri": receiver.url})


def graphql(shop: RunningShop, query: str, **variables: Any) -> Any:
    import httpx

    answer = httpx.post(
        f"{shop.url}/admin/api/2026-10/graphql.json",
        json={"query": query, "variables": variables},
        headers={"X-Shopify-Access-Token": shop.credentials["api_key"]},
        timeout=30,
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


class World:
    def __init__(
        self,
        shop: RunningShop,
        receiver: Receiver,
        aws: Any,
        load: Callable[[str], ModuleType],
        event: Callable[[str], dict[str, Any]],
        context: Any,
        owner: Any,
    ) -> None:
        self.shop, self.receiver, self.aws, self.owner = shop, receiver, aws, owner
        self.call = Caller(load, event, context, UUID(int=0))
        self.skew = timedelta()
        assert shop.idle()
        self._seen = len(receiver.got)
        shop.faults()
        shop.clock(now=datetime.now(UTC).isoformat())
        config.client("ses").verify_email_identity(EmailAddress=SENDER)
        self.store = self._connect()
        self.call.store = self.store
        self.variants = self._announce_products()

    # ------------------------------------------------------------------ setting up

    def _connect(self) -> UUID:
        """A store of its own on the one server."""
        free_address(self.owner, self.shop.url)
        status, made = self.call(
            "connectors/create",
            body={
                "platform": "shopify",
                "store_url": self.shop.url,
                "api_key": self.shop.credentials["api_key"],
                "secret": self.shop.credentials["client_secret"],
                "name": "Osaz",
                "settings": {"currency": "NGN", "time_zone": "Africa/Lagos"},
            },
        )
        assert status == 201, made
        return UUID(made["id"])

    def _announce_products(self) -> dict[str, int]:
        """Touch the products, so that their webhooks come; variants by shade."""
        variants: dict[str, int] = {}
        for product in self.shop.state()["products"]:
            if product["kind"] in ("Sample kit", "Sunscreen", "Serum"):
                self.shop.control("edit_product", id=product["id"], vendor="Osaz")
                for each in product["variants"]:
                    variants["Kit" if each["sku"] == "KIT-SHADES" else each["title"]] = each["id"]
        self.flow()
        return variants

    def graphql(self, query: str, **variables: Any) -> Any:
        return graphql(self.shop, query, **variables)

    def set_up(self, **settings: Any) -> None:
        """A catalogue of one undertone, and a sender, as a merchant enters them."""
        given = {
            "sender": SENDER,
            "days_after_delivery": 5,
            "transit_days": 7,
            "discount_amounts": {"NGN": 3000, "USD": 5},
            "invite_ground": "Buyers of kits are asked once.",
            **settings,
        }
        status, said = self.call("shade_admin/change_settings", body=given)
        assert status == 200, said
        status, said = self.call(
            "shade_admin/change_shades",
            body={
                "shades": [
                    {
                        "name": name,
                        "depth": depth,
                        "undertone": "warm",
                        "finish": "Matte",
                        "swatch": "#c68642",
                        "variant_ids": [self.variants[name]],
                    }
                    for depth, name in enumerate(SHADES, 1)
                ]
            },
        )
        assert status == 200, said

    # ------------------------------------------------------------------ time and messages

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def pass_time(self, **amount: float) -> None:
        self.skew += timedelta(**amount)
        self.shop.clock(advance=timedelta(**amount).total_seconds())
        self._set_clocks()

    def _set_clocks(self) -> None:
        """Give every function's `datetime` the moved clock."""
        skew = self.skew

        class Moved(datetime):
            def __new__(cls, *parts: Any, **named: Any) -> Any:
                """A plain time, as the clock tells elsewhere."""
                return datetime(*parts, **named)  # noqa: DTZ001  whatever zone was asked for

            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return datetime.now(tz) + skew

        for module in list(sys.modules.values()):
            where = getattr(module, "__file__", None) or ""
            known = getattr(module, "datetime", None)
            if where.startswith(FUNCTIONS) and isinstance(known, type):
                module.datetime = Moved  # type: ignore[attr-defined]

    def flow(self) -> None:
        """Let everything happen that was caused: webhooks in, rows of the outbox out."""
        self._set_clocks()
        while self._webhooks() or self._outbox():
            pass

    def _webhooks(self) -> bool:
        assert self.shop.idle()
        fresh = self.receiver.got[self._seen :]
        self._seen = len(self.receiver.got)
        for delivery in fresh:
            event = self.call.request("webhook_receive/woocommerce_order")
            event["headers"] = delivery.headers
            event["body"], event["isBase64Encoded"] = delivery.body.decode(), False
            event["pathParameters"] = {"connector_id": str(self.store)}
            event["rawPath"] = f"/webhooks/{self.store}"
            event["requestContext"]["http"]["path"] = event["rawPath"]
            receive = self.call.module("webhook_receive")
            self._set_clocks()
            answer = receive.handler(event, self.call.context)
            assert answer["statusCode"] == 200, answer
        taken = self.aws.messages("WEBHOOK_QUEUE_URL")
        if taken:
            ingest = self.call.module("webhook_ingest")
            self._set_clocks()
            failed = ingest.handler({"Records": _records(taken)}, self.call.context)
            assert failed == {"batchItemFailures": []}
        return bool(fresh)

    def _outbox(self) -> bool:
        """Announce what is due, as outbox_sweep does every minute, and work the queue off."""
        from backshop import outbox

        with db.transaction(store_id=self.store) as tx:
            outbox.announce(outbox.due(tx, self.now(), 1000))
        taken = self.aws.messages("OUTBOX_QUEUE_URL")
        if not taken:
            return False
        work = self.call.module("outbox_worker")
        for name in set(work.ACTIONS.values()):
            __import__(name)  # it loads them as they are due, and so with a clock that goes right
        self._set_clocks()
        failed = work.handler({"Records": _records(taken)}, _Patient)
        assert failed == {"batchItemFailures": []}
        return True

    def sweep(self) -> dict[str, int]:
        """The scheduled function, and what it caused."""
        function = self.call.module("survey_invite")
        self._set_clocks()
        done: dict[str, int] = function.handler({}, self.call.context)
        self.flow()
        return done

    def mail(self) -> list[Any]:
        """What SES was told to send, oldest first."""
        return list(ses_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sent_messages)

    # ------------------------------------------------------------------ what people do

    def buy(self, *names: str, **spec: Any) -> dict[str, Any]:
        lines = [{"variant": self.variants[name], "quantity": 1} for name in names]
        order = self.shop.place_order(lines=lines, **spec)
        self.flow()
        return order

    def kit_arrives(self, **spec: Any) -> dict[str, Any]:
        """A kit is sold, sent and delivered, and the time for its survey comes."""
        order = self.buy("Kit", **spec)
        self.shop.deliver(order["id"])
        self.flow()
        self.pass_time(days=5, minutes=1)
        return order

    def invited(self, **spec: Any) -> str:
        """A kit's customer is invited; the token in their mail."""
        self.kit_arrives(**spec)
        self.sweep()
        return token_in(self.mail()[-1].body)

    def request(self, name: str, **changes: Any) -> tuple[int, Any]:
        function = self.call.module(name.split("/")[0])
        self._set_clocks()
        answer = function.handler(self.call.request(name, **changes), self.call.context)
        body = json.loads(answer["body"]) if answer.get("body") else answer.get("headers")
        return answer["statusCode"], body

    def answer(self, token: str, **answers: Any) -> tuple[int, Any]:
        given = {"shade_selected": "Honey", "shade_fit_rating": 5, "skin_type": "Oily", **answers}
        return self.request("surveys/answer", body={"token": token, **given})

    def result(self, token: str) -> Any:
        status, body = self.request("surveys/result", query={"token": token})
        assert status == 200, body
        return body

    def click(self, link: str) -> str:
        """Follow a link of ours; where it leads."""
        id = urlsplit(link).path.removeprefix("/c/")
        status, headers = self.request("cart_links/click", id=id)
        assert status == 303, headers
        return str(headers["Location"])

    def check_out(self, cart: str, **spec: Any) -> dict[str, Any]:
        """Buy what a cart permalink holds, as Shopify's checkout does."""
        lines, code, attributes = read_cart(cart)
        given = {"custom": attributes, **({"coupon": code} if code else {}), **spec}
        order = self.shop.place_order(
            lines=[{"variant": variant, "quantity": number} for variant, number in lines], **given
        )
        self.flow()
        return order

    # ------------------------------------------------------------------ what there is

    def rows(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.execute(
            f"SELECT * FROM shade.{table} WHERE store_id = %s", [self.store]
        ).fetchall()
        return found

    def row(self, table: str) -> dict[str, Any]:
        [found] = self.rows(table)
        return found

    def outbox_rows(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.owner.execute(
            "SELECT * FROM backshop.outbox WHERE store_id = %s AND kind = %s ORDER BY id",
            [self.store, kind],
        ).fetchall()
        return found

    def coupons(self) -> list[dict[str, Any]]:
        """The codes that the shop has of this store's."""
        ours = {each["discount_code"] for each in self.rows("discounts")}
        return [each for each in self.shop.state()["coupons"] if each["code"] in ours]


class _Patient:
    """A context with all the time there is."""

    aws_request_id = "52fdfc07-2182-454f-963f-5f0f9a621d72"
    function_name = "outbox_worker"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:outbox_worker"

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 100_000


def free_address(owner: Any, url: str) -> None:
    """Let the store of an earlier test go of the server's address, which belongs to one at a
    time."""
    for table in ("backshop.stores", "connect.connector_config", "insights.stores"):
        owner.execute(
            f"UPDATE {table} SET store_url = store_url || '/' || id WHERE store_url = %s", [url]
        )


def _records(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"messageId": str(uuid4()), "body": json.dumps(body)} for body in bodies]


def token_in(text: str) -> str:
    found = re.search(r"token=([\w.-]+)", text)
    assert found, text
    return found[1]


def read_cart(url: str) -> tuple[list[tuple[int, int]], str | None, dict[str, str]]:
    """Lines, code and attributes of a cart permalink."""
    parts = urlsplit(url)
    assert parts.path.startswith("/cart/"), url
    lines = [
        (int(variant), int(number))
        for variant, number in (each.split(":") for each in parts.path[6:].split(","))
    ]
    query = parse_qs(parts.query)
    attributes = {
        name[len("attributes[") : -1]: said[0]
        for name, said in query.items()
        if name.startswith("attributes[")
    }
    return lines, query.get("discount", [None])[0], attributes
