"""All Shopify shops of one app share the secret that signs: a delivery is held to its shop."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
from backshop import platforms
from backshop.commerce import Platform, Store
from backshop.platforms.errors import PayloadError
from backshop.stores import credentials

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
STORE = Store(id=uuid4(), platform=Platform.SHOPIFY, url="https://x.myshopify.com", currency="USD")
SECRET = "the secret of the app"
ACTS = ("customers/redact", "customers/data_request", "shop/redact", "app/uninstalled")


@pytest.fixture
def connect(owner, new_store, aws):
    def make(url: str, secret: str = SECRET, domain: str | None = None) -> str:
        id = new_store("shopify")
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, webhook_secret, shop_domain)
               VALUES (%s, %s, 'shopify', %s, '', '', %s, %s)""",
            [id, id, url, credentials.seal(secret, id, "webhook_secret"), domain],
        )
        return str(id)

    return make


@pytest.fixture
def shops(connect, owner):
    """Two shops of one app; other tests' shops of these names are gone."""
    owner.execute("UPDATE connect.connector_config SET shop_domain = NULL")
    return connect("https://one.myshopify.com"), connect("https://two.myshopify.com")


@pytest.fixture
def post(load, event, context):
    function = load("webhook_receive")

    def send(place: str, topic: str, body: Any, shop: str | None, secret: str = SECRET) -> int:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        mac = hmac.new(secret.encode(), content, sha256).digest()
        request = event("webhook_receive/woocommerce_order")
        request["rawPath"] = request["requestContext"]["http"]["path"] = f"/webhooks/{place}"
        request["pathParameters"] = {"connector_id": place}
        request["headers"] = {
            "content-type": "application/json",
            "x-shopify-topic": topic,
            "x-shopify-hmac-sha256": base64.b64encode(mac).decode(),
            **({"x-shopify-shop-domain": shop} if shop else {}),
        }
        request["isBase64Encoded"], request["body"] = True, base64.b64encode(content).decode()
        status: int = function.handler(request, context)["statusCode"]
        return status

    return send


def about(topic: str, shop: Any) -> dict[str, Any]:
    if topic == "app/uninstalled":
        return {"id": 7, "myshopify_domain": shop}
    return {"shop_id": 7, "shop_domain": shop, "customer": {"id": 1}, "orders_to_redact": []}


def queued(aws) -> list[str]:
    return [each["connector_id"] for each in aws.messages("WEBHOOK_QUEUE_URL")]


@pytest.mark.parametrize("topic", ACTS)
@pytest.mark.parametrize("header", ["one.myshopify.com", "two.myshopify.com", None])
def test_what_names_a_shop_goes_to_that_shop_whichever_address_it_came_to(
    shops, post, aws, topic, header
):
    one, two = shops
    body = about(topic, "one.myshopify.com")
    for place in (one, two, "shopify"):
        assert post(place, topic, body, header) == 200
        assert queued(aws) == [one], place


@pytest.mark.parametrize("topic", ["orders/create", "products/delete", "customers/update"])
def test_a_record_of_another_shop_is_refused(shops, post, aws, topic):
    one, two = shops
    assert post(two, topic, {"id": 1}, "one.myshopify.com") == 403
    assert post(two, topic, {"id": 1}, None) == 403
    assert post("shopify", topic, {"id": 1}, "one.myshopify.com") == 403
    assert queued(aws) == []
    assert post(one, topic, {"id": 1}, "One.MyShopify.com") == 200
    assert queued(aws) == [one]


def test_a_text_that_only_mentions_the_word_names_no_shop(shops, post, aws):
    one, two = shops
    body = {"id": 1, "note": '"shop_domain"', "nested": {"shop_domain": "two.myshopify.com"}}
    assert post(one, "orders/create", body, "one.myshopify.com") == 200
    assert post(two, "orders/create", body, "one.myshopify.com") == 403
    assert queued(aws) == [one]


ONE = {"shop_id": 7, "shop_domain": "one.myshopify.com"}
WHOLE = {
    "customers/redact": ONE | {"customer": {"id": 1}, "orders_to_redact": []},
    "customers/data_request": ONE | {"customer": {"id": 1}, "data_request": {"id": 9}},
    "shop/redact": ONE,
    "app/uninstalled": {"id": 7, "myshopify_domain": "one.myshopify.com"},
}
"""As translators take them."""
SPELT = {
    "UTF-16": lambda body: json.dumps(body).encode("utf-16-le"),
    "UTF-16 with its mark": lambda body: json.dumps(body).encode("utf-16"),
    "UTF-32": lambda body: json.dumps(body).encode("utf-32-be"),
    "a byte order mark": lambda body: json.dumps(body).encode("utf-8-sig"),
    "escapes in its names": lambda body: json.dumps(body).replace("_domain", "\\u005fdomain").encode(),
    "no number": lambda body: json.dumps(body | {"odd": float("nan")}).encode(),
    "half a character": lambda body: json.dumps(body | {"odd": "\ud800"}).encode(),
    "its name twice": lambda body: json.dumps(body).replace(
        '"shop_domain"', '"shop_domain": "two.myshopify.com", "shop_domain"').encode(),
    "large letters": lambda body: json.dumps(body).replace("one.my", "ONE.My").encode(),
}  # fmt: skip
"""Ways to write a body in which one reader finds the shop's name and another may not."""


@pytest.mark.parametrize("topic", ACTS)
@pytest.mark.parametrize("spelt", SPELT)
def test_a_body_acts_at_no_shop_but_the_one_it_names_however_it_is_written(
    shops, post, aws, load, topic, spelt
):
    """What another than the named shop is handed is not obeyed there either, whoever handed it."""
    one, two = shops
    content = SPELT[spelt](WHOLE[topic])
    assert is_obeyed(topic, json.dumps(WHOLE[topic]).encode())
    for place in (two, one, "shopify"):
        post(place, topic, content, "two.myshopify.com")
    asked = aws.messages("WEBHOOK_QUEUE_URL")
    to_two = [each for each in asked if each["connector_id"] == two]
    assert [each for each in to_two if is_obeyed(topic, each["body"].encode())] == []


def is_obeyed(topic: str, body: bytes) -> bool:
    """Whether the translator takes it."""
    try:
        return bool(platforms.load(Platform.SHOPIFY).translator.translate(topic, body, STORE, NOW))
    except PayloadError:
        return False


def test_a_shop_of_another_app_is_not_reached(shops, connect, post, aws, owner):
    one, _ = shops
    three = connect("https://three.myshopify.com", secret="another app's secret")
    for topic in ACTS:
        assert post(one, topic, about(topic, "three.myshopify.com"), None) == 401
        assert post("shopify", topic, about(topic, "three.myshopify.com"), None) == 401
        assert post("shopify", topic, about(topic, "three.myshopify.com"), None, "x") == 401
    assert queued(aws) == []
    assert post("shopify", ACTS[0], about(ACTS[0], "three.myshopify.com"), None, "another app's secret") == 200  # fmt: skip
    assert queued(aws) == [three]


@pytest.mark.parametrize("shop", ["nobody.myshopify.com", "", None, 7, ["one.myshopify.com"]])
def test_an_order_for_no_shop_of_ours_reaches_nobody(shops, post, aws, shop):
    for place in (*shops, "shopify"):
        for topic in ACTS:
            assert post(place, topic, about(topic, shop), None) in {401, 403, 404}
    assert queued(aws) == []


def test_of_two_connectors_with_one_name_the_one_that_signed_is_meant(connect, shops, post, aws):
    """A stand-in may claim a name; it has not the secret."""
    one, two = shops
    twin = connect("http://127.0.0.1:1", secret="its own", domain="one.myshopify.com")
    body = about(ACTS[0], "one.myshopify.com")
    assert post("shopify", ACTS[0], body, None) == 200
    assert post("shopify", ACTS[0], body, None, "its own") == 200
    assert queued(aws) == [one, twin]
    assert UUID(two)


def test_before_a_stand_in_told_its_name_nothing_that_acts_is_taken(connect, post, aws, owner):
    unnamed = connect("http://127.0.0.1:2")
    assert post(unnamed, "orders/create", {"id": 1}, "any.myshopify.com") == 200
    assert queued(aws) == [unnamed]
    for topic in ACTS:
        assert post(unnamed, topic, about(topic, "any.myshopify.com"), "any.myshopify.com") == 404
    assert queued(aws) == []


def test_a_name_that_was_learned_meanwhile_counts_at_once(connect, post, aws, owner, monkeypatch):
    id = connect("https://old-name.myshopify.com")
    assert post(id, "orders/create", {"id": 1}, "old-name.myshopify.com") == 200
    owner.execute(
        "UPDATE connect.connector_config SET shop_domain = 'new-name.myshopify.com' WHERE id = %s",
        [id],
    )
    import sys

    monkeypatch.setattr(sys.modules["webhook_receive"], "AGAIN_SECONDS", 0)
    assert post(id, "orders/create", {"id": 1}, "new-name.myshopify.com") == 200
    assert len(queued(aws)) == 2
