"""A signed body is taken under topics of its own kind only: no platform signs topics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from backshop import platforms
from backshop.commerce import Event, Platform
from backshop.plain_orders import PlainOrder
from backshop.platforms.errors import Ignored, PayloadError

from tests.backshop.platforms.recorded import FOLDER, NOW, answer, deliveries, store

SHOPIFY = FOLDER / "shopify-2026-07"
TOPICS = {
    "shopify": {
        "orders": "orders/updated", "customers": "customers/update", "products": "products/update",
        "refunds": "refunds/create", "collections": "collections/update",
        "discounts": "discounts/update",
        "consents": "customers_email_marketing_consent/update",
        "sms": "customers_marketing_consent/update",
    },
    "woocommerce": {
        "order": "order.updated", "customer": "customer.updated", "product": "product.updated",
        "coupon": "coupon.updated",
    },
    "vendure": {
        "order": "order.updated", "customer": "customer.updated", "product": "product.updated",
        "promotion": "promotion.updated", "collection": "collection.updated",
    },
}  # fmt: skip
"""A topic of each kind, by platform."""


def told(platform: str, topic: str, body: Any) -> Sequence[Event | PlainOrder]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return platforms.load(Platform(platform)).translator.translate(topic, raw, store(platform), NOW)


def _bodies() -> Iterator[tuple[str, str, str, Any]]:
    """Platform, kind and name of recorded deliveries that are not deletions, with their bodies."""
    for path in sorted(SHOPIFY.glob("*_*.json")):
        kind = path.stem.partition("_")[0]
        if kind in TOPICS["shopify"] and "delete" not in path.stem and _is_whole(path):
            yield "shopify", kind, path.stem, json.loads(path.read_bytes())
    for name, (_, body) in deliveries().items():
        kind, _, event = name.partition("_")[2].partition(".")
        if kind in TOPICS["woocommerce"] and event != "deleted":
            yield "woocommerce", kind, name, body
    state = {"state": "subscribed", "consent_updated_at": "2026-11-01T00:00:00Z"}
    mail = {"customer_id": 7, "email_address": "a@example.com", "email_marketing_consent": state}
    yield "shopify", "consents", "mail", mail
    yield "shopify", "sms", "sms", {"id": 7, "phone": None, "sms_marketing_consent": state}
    yield (
        "vendure",
        "order",
        "order_final",
        {"data": answer("vendure-3.7.3", "order_final")["data"]["order"]},
    )
    yield "vendure", "customer", "bare", {"data": {"id": "7", "emailAddress": "a@example.com"}}
    yield (
        "vendure",
        "product",
        "bare",
        {"data": {"id": "7", "name": "Tee", "slug": "tee", "variants": []}},
    )
    yield "vendure", "promotion", "bare", {"data": {"id": "7", "couponCode": "TEN", "actions": []}}


def _is_whole(path: Path) -> bool:
    """Not what tells of a customer in a request about personal data, or of an edit alone."""
    return path.stem not in ("orders_edited", "customers_redact", "customers_data_request")


BODIES = list(_bodies())


@pytest.mark.parametrize(("platform", "kind", "name", "body"), BODIES, ids=[f"{p}-{n}" for p, _, n, _ in BODIES])  # fmt: skip
def test_a_body_is_taken_under_its_own_kind_alone(
    platform: str, kind: str, name: str, body: Any
) -> None:
    taken = _takers(platform, body)
    assert taken <= ({"consents", "sms"} if kind in ("consents", "sms") else {kind})
    own = TOPICS[platform][kind]
    assert taken or _is_ignored(platform, own, body)


ODD = {
    "no number": lambda body: json.dumps(body | {"odd": float("nan")}).encode(),
    "half a character": lambda body: json.dumps(body | {"odd": "\ud800"}).encode(),
    "a byte order mark": lambda body: json.dumps(body).encode("utf-8-sig"),
    "UTF-16": lambda body: json.dumps(body).encode("utf-16-le"),
}
"""What one reader of JSON takes and another does not."""


@pytest.mark.parametrize("odd", ODD)
def test_what_is_odd_in_a_body_hides_its_kind_from_nobody(odd: str) -> None:
    for platform, _, name, body in BODIES:
        said = body if isinstance(body, dict) else json.loads(body)
        plain = _takers(platform, said | {"odd": None})
        assert _takers(platform, ODD[odd](said)) <= plain, (platform, name)


def _takers(platform: str, body: Any) -> set[str]:
    """The kinds under whose topics it is taken."""
    return {kind for kind, topic in TOPICS[platform].items() if _is_taken(platform, topic, body)}


def _is_taken(platform: str, topic: str, body: Any) -> bool:
    try:
        return told(platform, topic, body) is not None
    except (Ignored, PayloadError):
        return False


def _is_ignored(platform: str, topic: str, body: Any) -> bool:
    """An error that WooCommerce sent in place of a record, a discount without a code."""
    try:
        return not told(platform, topic, body)
    except Ignored:
        return True


@pytest.mark.parametrize(
    ("platform", "topic"), [(p, t) for p, topics in TOPICS.items() for t in topics.values()]
)
def test_an_id_alone_tells_nothing(platform: str, topic: str) -> None:
    """It is what a deletion says, which would leave a customer without a name."""
    for body in ({"id": 7}, {"data": {"id": "7"}}):
        with pytest.raises(PayloadError):
            told(platform, topic, body)


@pytest.mark.parametrize(
    ("platform", "topic", "body"),
    [
        ("shopify", "customers/update", {"id": 7, "email": "ann@example.com"}),
        ("shopify", "customers/update", {"id": 7, "currency": "USD", "total_price": "1.00",
                                         "verified_email": True}),
        ("woocommerce", "customer.updated", {"id": 7, "email": "ann@example.com"}),
        ("woocommerce", "customer.updated", {"id": 7, "role": "customer", "line_items": []}),
        ("vendure", "customer.updated", {"data": {"id": "7", "firstName": "Ann"}}),
    ],
)  # fmt: skip
def test_what_tells_little_or_too_much_is_taken(platform: str, topic: str, body: Any) -> None:
    assert told(platform, topic, body)
