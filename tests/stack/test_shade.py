"""The shade funnel on the whole stack: a local Shopify, its webhooks, the public routes, the inbox.

Time is moved where a person cannot wait: the kit was sold and delivered eight days ago by the
shop's clock. tests/functions/surveys moves the functions' clocks as well, for what comes after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from shops import shopify
from shops.running import RunningShop
from tests.functions.shade_world import SENDER, TOPICS, graphql, read_cart, token_in

SUBSCRIBE = """mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { userErrors { message } } }"""
Eventually = Callable[..., Any]


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with shopify.running(
        orders=0, customers=4, products=0, catalogue="shades", places="nigeria", currency="NGN"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def staff(stack: Any) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.staff_key}"}
    with stack.http(headers=headers) as client:
        yield client


@pytest.fixture(scope="module")
def store(stack: Any, shop: RunningShop, staff: httpx.Client) -> str:
    """The shop, connected, its webhooks coming."""
    made = staff.post(
        "/connectors",
        json={
            "platform": "shopify",
            "store_url": shop.url,
            "api_key": shop.credentials["api_key"],
            "secret": shop.credentials["client_secret"],
            "name": "Osaz",
            "settings": {"currency": "NGN", "time_zone": "Africa/Lagos"},
        },
    )
    assert made.status_code == 201, made.text
    id = str(made.json()["id"])
    for topic in TOPICS:
        graphql(shop, SUBSCRIBE, topic=topic, to={"uri": f"{stack.base_url}/webhooks/{id}"})
    return id


def ok(answer: httpx.Response, status: int = 200) -> Any:
    assert answer.status_code == status, answer.text
    return answer.json()


def test_from_kit_to_conversion(
    stack: Any, shop: RunningShop, staff: httpx.Client, store: str, eventually: Eventually
) -> None:
    named = {"store_id": store}
    stack.aws("ses").verify_email_identity(EmailAddress=SENDER)
    variants = _announce_products(shop)
    [customer] = [each["id"] for each in shop.state()["customers"]][:1]
    ok(
        staff.put(
            "/shade/settings",
            params=named,
            json={
                "sender": SENDER,
                "invite_ground": "Asked once.",
                "discount_amounts": {"NGN": 3000},
            },
        )
    )
    shades = [
        {"name": name, "depth": depth, "undertone": "warm", "variant_ids": [variants[name]]}
        for depth, name in enumerate(("Sand", "Honey", "Amber"), 1)
    ]
    ok(staff.put("/shade/shades", params=named, json={"shades": shades}))

    # A kit, eight days ago.
    shop.clock(now=(datetime.now(UTC) - timedelta(days=8)).isoformat())
    kit = shop.place_order(
        customer=customer, lines=[{"variant": variants["Kit"], "quantity": 1}], paid=True
    )
    shop.deliver(kit["id"])
    shop.clock(now=datetime.now(UTC).isoformat())
    assert shop.idle()
    eventually(lambda: _value(stack, store, "orders", "delivered_at"))
    assert stack.command("invoke", "survey_invite", "{}").returncode == 0

    def mails(subject: str) -> list[Any]:
        """Of this store: the demo shop invites the buyers of its kits, too."""
        found = httpx.get(f"{stack.base_url}/local/mail", timeout=20).json()
        return [each for each in found if each["from"] == SENDER and subject in each["subject"]]

    [invitation] = eventually(lambda: mails("How does your shade fit?"))
    token = token_in(invitation["text"])
    assert token in invitation["html"]

    with stack.http() as anybody:
        form = ok(anybody.get("/surveys/form", params={"token": token}))
        assert [each["name"] for each in form["shades"]] == ["Sand", "Honey", "Amber"]
        answers = {"token": token, "shade_selected": "Honey", "shade_fit_rating": 4}
        said = ok(anybody.post("/surveys", json=answers), 201)
        assert said["best"]["shade"] == "Honey"
        again = ok(anybody.post("/surveys", json=answers))
        assert again["survey_id"] == said["survey_id"]

        def code() -> str | None:
            shown = ok(anybody.get("/surveys/result", params={"token": token}))
            found: str | None = shown["discount"]["code"]
            return found

        known = eventually(code)
        [coupon] = [each for each in shop.state()["coupons"] if each["code"] == known]
        assert coupon["customers"] == [customer]
        [message] = eventually(lambda: mails("discount at Osaz"))
        assert known in message["text"]
        [link] = re.findall(r"http://\S+/c/\S+", message["text"])
        followed = anybody.get(link)
        assert followed.status_code == 302
        cart = followed.headers["location"]
        assert cart.startswith(f"{shop.url}/cart/{variants['Honey']}:1?")

        lines, discount, attributes = read_cart(cart)
        shop.place_order(
            customer=customer,
            lines=[{"variant": variant, "quantity": number} for variant, number in lines],
            coupon=discount,
            custom=attributes,
        )
        assert shop.idle()
        eventually(lambda: _value(stack, store, "conversions", "converted"))
        assert _value(stack, store, "discounts", "used")
        rated = anybody.post(
            f"/surveys/{said['survey_id']}/rating",
            json={"token": token, "match_accuracy_rating": 5},
        )
        ok(rated)
        refused = anybody.post("/surveys", json={**answers, "token": token + "x"})
        assert refused.status_code == 401

    since = f"{datetime.now(UTC) - timedelta(days=9):%Y-%m-%d}"
    numbers = ok(staff.get("/shade/funnel", params={**named, "from": since, "period": "month"}))
    for step in ("kits", "invites", "surveys", "discounts", "clicks", "conversions"):
        assert sum(row[step] for row in numbers["rows"]) == 1, step
    export = ok(staff.post("/shade/training-exports", params=named, json={}), 201)
    assert export["rows"] == 1
    assert httpx.get(export["url"], timeout=20).json()["match_accuracy_rating"] == 5


def _announce_products(shop: RunningShop) -> dict[str, int]:
    """Touch the products, so that their webhooks come; variants by shade."""
    variants: dict[str, int] = {}
    for product in shop.state()["products"]:
        shop.control("edit_product", id=product["id"], vendor="Osaz")
        for each in product["variants"]:
            variants["Kit" if each["sku"] == "KIT-SHADES" else each["title"]] = each["id"]
    assert shop.idle()
    return variants


def _value(stack: Any, store: str, table: str, column: str) -> Any:
    """The first value of a column that is not empty."""
    with psycopg.connect(stack.database_urls["owner"]) as connection:
        row = connection.execute(
            f"SELECT {column} FROM shade.{table} WHERE store_id = %s ORDER BY {column} DESC NULLS LAST",
            [store],
        ).fetchone()
    return row[0] if row else None
