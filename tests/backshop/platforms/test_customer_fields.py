"""Consent to marketing and listed fields of customers, as each platform tells them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from backshop import platforms
from backshop.commerce import Consent, Customer, Platform, Store
from backshop.platforms.customer_fields import consent_sources, truth

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def told(platform: Platform, payload: dict[str, Any], **settings: Any) -> Customer:
    """The customer that a delivery tells of."""
    store = Store(
        id=uuid4(), platform=platform, url="https://shop.example.com", currency="USD",
        settings=settings,
    )  # fmt: skip
    topics = {Platform.SHOPIFY: "customers/update", Platform.WOOCOMMERCE: "customer.updated"}
    body = json.dumps(payload).encode()
    translate = platforms.load(platform).translator.translate
    [found] = [
        each for each in translate(topics[platform], body, store, NOW) if isinstance(each, Customer)
    ]
    return found


def test_shopify_tells_each_channel_with_its_time_and_source() -> None:
    customer = told(
        Platform.SHOPIFY,
        {
            "id": 7,
            "email": "ann@example.com",
            "email_marketing_consent": {
                "state": "subscribed",
                "opt_in_level": "single_opt_in",
                "consent_updated_at": "2026-04-01T10:00:00-04:00",
            },
            "sms_marketing_consent": {
                "state": "unsubscribed",
                "opt_in_level": "single_opt_in",
                "consent_updated_at": None,
                "consent_collected_from": "OTHER",
            },
        },
    )
    assert customer.marketing_consent is True
    assert customer.consents == (
        Consent(
            channel="email",
            given=True,
            source="shopify, single_opt_in",
            at=datetime(2026, 4, 1, 14, tzinfo=UTC),
        ),
        Consent(channel="sms", given=False, source="shopify, other, single_opt_in"),
    )


@pytest.mark.parametrize("consent", [None, {}, {"state": None}])
def test_what_shopify_does_not_tell_is_no_refusal(consent: Any) -> None:
    customer = told(Platform.SHOPIFY, {"id": 7, "email_marketing_consent": consent})
    assert (customer.marketing_consent, customer.consents) == (None, ())


@pytest.mark.parametrize(
    ("value", "given"),
    [
        ("1", True),
        ("yes", True),
        (True, True),
        (1, True),
        ("0", False),
        ("", False),
        (False, False),
    ],
)
def test_woocommerce_keeps_consent_in_the_meta_data_that_the_store_names(
    value: Any, given: bool
) -> None:
    meta = [{"id": 1, "key": "newsletter", "value": value}, {"id": 2, "key": "size", "value": "L"}]
    settings: dict[str, Any] = {
        "consent": {"sms": {"meta": "newsletter"}},
        "customer_fields": ["size"],
    }
    customer = told(Platform.WOOCOMMERCE, {"id": 7, "meta_data": meta}, **settings)
    assert customer.consents == (
        Consent(channel="sms", given=given, source="meta data newsletter"),
    )
    assert customer.marketing_consent is None
    assert customer.metadata["size"] == "L"
    assert "newsletter" not in customer.metadata


@pytest.mark.parametrize("meta", [[], [{"id": 1, "key": "newsletter", "value": ["?"]}]])
def test_what_woocommerce_does_not_tell_is_no_refusal(meta: list[Any]) -> None:
    settings = {"consent": {"meta": "newsletter"}}
    customer = told(Platform.WOOCOMMERCE, {"id": 7, "meta_data": meta}, **settings)
    assert (customer.marketing_consent, customer.consents) == (None, ())


def test_sources_are_named_for_all_channels_or_for_e_mail_alone() -> None:
    assert set(consent_sources({"consent": {"field": "newsletter"}})) == {"email"}
    both = {"consent": {"email": {"group": "Letters"}, "sms": {"field": "texts"}}}
    assert set(consent_sources(both)) == {"email", "sms"}
    odds: tuple[Any, ...] = (None, [], "yes", {"field": 5}, {"email": "yes"})
    for odd in odds:
        assert consent_sources({"consent": odd}) == {}
    assert truth({"a": 1}) is None
