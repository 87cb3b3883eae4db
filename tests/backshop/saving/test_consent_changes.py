"""Consent that changes by a delivery of its own: Shopify's customers' topics do not tell it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.commerce import ConsentChange, Record, Store
from backshop.platforms.errors import Ignored
from backshop.saving import projections
from psycopg.rows import dict_row

from tests.backshop.platforms.recorded import told
from tests.backshop.saving import records

MAIL, SMS = "customers_email_marketing_consent/update", "customers_marketing_consent/update"


def state(given: bool, hour: int) -> dict[str, Any]:
    at = f"2026-05-01T{hour:02}:00:00Z"
    return {
        "state": "subscribed" if given else "unsubscribed",
        "opt_in_level": "single_opt_in",
        "consent_updated_at": at,
    }


def by_mail(given: bool, hour: int) -> list[Any]:
    body = {"customer_id": 7, "email_address": "ann@example.com"}
    return told("shopify", MAIL, body | {"email_marketing_consent": state(given, hour)})


def by_sms(given: bool, hour: int) -> list[Any]:
    consent = state(given, hour) | {"consent_collected_from": "other"}
    return told("shopify", SMS, {"id": 7, "phone": "+1555", "sms_marketing_consent": consent})


def save(tx: records.Tx, shop: Store, events: Sequence[Any]) -> None:
    records.save(tx, shop, *(each for each in events if isinstance(each, Record)))
    changes = [each for each in events if isinstance(each, ConsentChange)]
    if changes:
        projections.save_consents(tx, shop, changes)


def test_each_channel_has_a_delivery_of_its_own() -> None:
    [customer, change] = by_mail(True, 9)
    assert (customer.rank, customer.id, customer.email) == (0, "7", "ann@example.com")
    [consent] = change.consents
    assert (consent.channel, consent.given, consent.source) == (
        "email", True, "shopify, single_opt_in",
    )  # fmt: skip
    assert consent.at == datetime(2026, 5, 1, 9, tzinfo=UTC)
    [_, change] = by_sms(False, 9)
    assert [(each.channel, each.given) for each in change.consents] == [("sms", False)]


@pytest.mark.parametrize("consent", [None, {}, {"state": None}])
def test_a_delivery_without_consent_changes_nothing(consent: Any) -> None:
    with pytest.raises(Ignored):
        told("shopify", MAIL, {"customer_id": 7, "email_marketing_consent": consent})


def test_any_order_of_arrival_ends_with_the_last_word(
    new_store: Callable[..., UUID], database: Any
) -> None:
    """And with the customer's own name, whether the customer was known before or not."""
    named = [records.customer(email="ann@example.com")]
    for events in itertools.permutations(
        [named, by_mail(True, 9), by_mail(False, 10), by_sms(True, 8)]
    ):
        shop = records.shop(new_store("shopify"), "shopify", uses=["surveys", "deliveries"])
        with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
            for each in events:
                save(tx, shop, each)
            [(name, consents)] = records.rows(
                tx, "SELECT name, consents FROM connect.platform_customer"
            )
            assert name == "Ann Lee"
            assert {channel: said["given"] for channel, said in consents.items()} == {
                "email": False,
                "sms": True,
            }
            tx.rollback()


def test_every_context_follows(new_store: Callable[..., UUID], database: Any) -> None:
    shop = records.shop(new_store("shopify"), "shopify", uses=["surveys", "deliveries"])
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        save(tx, shop, [records.customer()])
        for given in (True, False):
            save(tx, shop, by_mail(given, 9 if given else 10))
            assert records.rows(tx, "SELECT accepts_marketing FROM shade.customers") == [given]
            assert records.rows(
                tx, "SELECT marketing_consent, consent_told FROM kits.customers"
            ) == [(given, True)]
        tx.rollback()
