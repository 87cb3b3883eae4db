"""What is subscribed is understood, and what can be understood is subscribed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from backshop import platforms
from backshop.commerce import Platform
from backshop.platforms.errors import Ignored, PayloadError
from backshop.platforms.shopify import subscribing as shopify
from backshop.platforms.woocommerce import subscribing as woocommerce

from tests.backshop.platforms.recorded import NOW, store

EVENTS = Path(__file__).parents[3] / "integrations" / "vendure" / "src" / "events.ts"
PRIVACY = ("customers/data_request", "customers/redact", "shop/redact")
"""Shopify wants these named in the app's configuration; nobody can subscribe them."""


def _of_shopify(topic: str) -> str:
    """ORDERS_CREATE is orders/create in a delivery's header."""
    if topic.endswith("_CONSENT_UPDATE"):
        return f"{topic.lower().removesuffix('_update')}/update"
    return topic.lower().replace("_", "/", 1)


def _of_vendure() -> list[str]:
    """The names that our plugin sends, read from its own list."""
    return re.findall(r"'(\w+\.\w+)'", EVENTS.read_text())


SUBSCRIBED = [
    *(("shopify", _of_shopify(topic)) for topic in shopify.TOPICS),
    *(("shopify", topic) for topic in PRIVACY),
    *(("woocommerce", topic) for topic in woocommerce.TOPICS),
    *(("vendure", event) for event in _of_vendure()),
]


def _complaint(platform: str, topic: str) -> str:
    """What is said of a body without anything in it."""
    translator = platforms.load(Platform(platform)).translator
    try:
        translator.translate(topic, b'{"data": {}}', store(platform), NOW)
    except (Ignored, PayloadError) as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("platform", "topic"), SUBSCRIBED)
def test_what_is_subscribed_is_translated(platform: str, topic: str) -> None:
    """A body that is none of the topic's is refused for its form, never as a topic unknown."""
    assert "nothing is kept of" not in _complaint(platform, topic)


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_another_topic_is_known_as_such(platform: str) -> None:
    assert "nothing is kept of" in _complaint(platform, "weather/changed")


def test_each_list_has_what_it_lists() -> None:
    assert len(_of_vendure()) > 10
    assert {topic.partition("/")[0] for _, topic in SUBSCRIBED if "/" in topic} >= {
        "orders",
        "refunds",
        "discounts",
    }
