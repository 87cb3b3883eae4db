"""Topic, key and time of a delivery: what is the same delivery, and what only looks like it."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from backshop import platforms
from backshop.platforms.webhooks import Webhook

from tests.backshop.platforms.recorded import deliveries

RECORDED = deliveries()


def woocommerce(name: str) -> Webhook:
    return platforms.load("woocommerce").webhooks.read(*RECORDED[name])


def test_only_the_ping_is_a_ping():
    pings = [name for name in RECORDED if woocommerce(name).is_ping]
    assert pings == ["001_ping"]


@pytest.mark.parametrize(
    "body", [b"webhook_id=", b"webhook_id=1&x=2", b"webhook_id=" + b"1" * 50, b"{}"]
)
def test_what_only_resembles_a_ping_is_none(body):
    assert not platforms.load("woocommerce").webhooks.read({}, body).is_ping


def test_a_ping_with_a_topic_is_none():
    headers = {"X-WC-Webhook-Topic": "order.created"}
    assert not platforms.load("woocommerce").webhooks.read(headers, b"webhook_id=1").is_ping


def test_two_products_that_share_a_delivery_id_are_two_deliveries():
    first, second = (RECORDED[f"{number}_product.created"][0] for number in ("012", "013"))
    assert first["X-WC-Webhook-Delivery-ID"] == second["X-WC-Webhook-Delivery-ID"]
    assert woocommerce("012_product.created").key != woocommerce("013_product.created").key


def test_the_same_body_under_two_topics_is_two_deliveries():
    assert RECORDED["019_order.created"][1] == RECORDED["020_order.updated"][1]
    assert woocommerce("019_order.created").key != woocommerce("020_order.updated").key


def test_the_same_delivery_has_the_same_key_whatever_its_delivery_id():
    headers, body = RECORDED["026_order.updated"]
    again = headers | {"X-WC-Webhook-Delivery-ID": "another"}
    assert (
        platforms.load("woocommerce").webhooks.read(again, body).key
        == woocommerce("026_order.updated").key
    )


def test_an_order_that_is_trashed_twice_is_deleted_twice():
    headers, body = RECORDED["030_order.deleted"]
    later = headers | {"X-WC-Webhook-Delivery-ID": "a later second"}
    assert (
        platforms.load("woocommerce").webhooks.read(later, body).key
        != woocommerce("030_order.deleted").key
    )


def test_the_shop_of_a_woocommerce_delivery():
    assert woocommerce("026_order.updated").shop_domain == "127.0.0.1"
    odd = {"X-WC-Webhook-Source": "http://[::1", "X-WC-Webhook-Topic": "order.updated"}
    assert platforms.load("woocommerce").webhooks.read(odd, b"{}").shop_domain is None


SHOPIFY = {
    "x-shopify-topic": "orders/updated",
    "x-shopify-shop-domain": "one.myshopify.com",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-triggered-at": "2026-11-20T03:19:20.123456789Z",
}


def test_a_shopify_delivery():
    delivery = platforms.load("shopify").webhooks.read(SHOPIFY, b"{}")
    assert delivery.topic == "orders/updated"
    assert delivery.shop_domain == "one.myshopify.com"
    assert delivery.triggered_at == datetime(2026, 11, 20, 3, 19, 20, 123456, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["x-shopify-topic", "x-shopify-shop-domain", "x-shopify-webhook-id"]
)
def test_shopify_deliveries_differ_by_shop_topic_and_webhook_id(name):
    other = SHOPIFY | {name: "other"}
    assert (
        platforms.load("shopify").webhooks.read(other, b"{}").key
        != platforms.load("shopify").webhooks.read(SHOPIFY, b"{}").key
    )


def test_a_shopify_retry_has_the_same_key():
    retry = SHOPIFY | {"x-shopify-triggered-at": "2026-11-20T05:19:20Z"}
    assert (
        platforms.load("shopify").webhooks.read(retry, b"{}").key
        == platforms.load("shopify").webhooks.read(SHOPIFY, b"{}").key
    )


def test_without_a_webhook_id_the_body_tells():
    bare = SHOPIFY | {"x-shopify-webhook-id": ""}
    keys = {
        platforms.load("shopify").webhooks.read(bare, body).key for body in (b"{}", b"[]", b"{}")
    }
    assert len(keys) == 2


VENDURE = {
    "deliveryId": "0f7c1f5e-1",
    "event": "order.updated",
    "createdAt": "2026-11-20T03:19:20.123Z",
    "channel": "__default_channel__",
    "data": {},
}


def test_a_vendure_delivery_is_named_by_its_signed_body():
    headers = {"X-Vendure-Event": "order.deleted", "X-Vendure-Delivery": "another"}
    delivery = platforms.load("vendure").webhooks.read(headers, json.dumps(VENDURE).encode())
    assert delivery.topic == "order.updated"
    assert delivery.key == "0f7c1f5e-1"
    assert delivery.triggered_at == datetime(2026, 11, 20, 3, 19, 20, 123000, tzinfo=UTC)


def test_a_vendure_body_that_cannot_be_read_is_named_by_its_headers():
    headers = {"X-Vendure-Event": "order.updated", "X-Vendure-Delivery": "d1"}
    for body in (b"", b"[1]", b"\xff", b"[" * 100_000, b'{"deliveryId": 5, "event": null}'):
        delivery = platforms.load("vendure").webhooks.read(headers, body)
        assert (delivery.topic, delivery.key) == ("order.updated", "d1")


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_reading_never_raises(platform):
    for headers in ({}, {"x-shopify-triggered-at": "é", "x-wc-webhook-source": "::://"}):
        for body in (b"", b"\x00", b"null", b"{", b"\xf0\x28"):
            platforms.load(platform).webhooks.read(headers, body)


@pytest.mark.parametrize("platform", platforms.NAMES)
def test_receiving_does_not_load_the_translators(platform):
    """A cold webhook_receive has five seconds, and pydantic takes a tenth of one."""
    code = (
        "import sys; from datetime import datetime, UTC; from backshop import platforms;"
        f"platforms.load({platform!r}).webhooks.read({{}}, b'{{}}');"
        f"platforms.load({platform!r}).signatures.verify({{}}, b'{{}}', ['x'], datetime.now(UTC));"
        "print([m for m in ('pydantic', 'backshop.commerce', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(Path(platforms.__file__).parents[2])},
    )
    assert done.stdout.strip() == "[]"
