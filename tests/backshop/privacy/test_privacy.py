"""A person is told of and forgotten in every context, and late deliveries do not bring them
back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop import privacy
from backshop.commerce import Address, Kind, Person, Store, guest_id
from backshop.connect.try_on import rules
from backshop.saving import erasures, projections
from backshop.saving.prepare import prepare
from psycopg.rows import dict_row

from tests.backshop.saving.records import (
    NOON,
    Tx,
    customer,
    gone,
    line,
    order,
    refund,
    rows,
    save,
    shop,
)

SCHEMAS = ("backshop", "connect", "shade", "insights", "kits", "projects")
EMAIL = "ann.perera@example.com"
PHONE = "+94770000012"
ANN = Person(customer_id="7", email=EMAIL, phone=PHONE, order_ids=("1",))
TRACES = ("perera", "94770000012", "Wattala", "Nimali", "knows her skin")
"""What of Ann must be found nowhere afterwards: name, address, phone, what was printed or
written."""
ERASED_AT = NOON + timedelta(hours=1)


@pytest.fixture
def open_shop(database: Any, new_store: Callable[[str], UUID]) -> Iterator[Any]:
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:

        def make(platform: str) -> tuple[Tx, Store]:
            id = new_store(platform)
            connection.commit()
            connection.execute("SELECT set_config('backshop.store_id', %s, false)", [str(id)])
            return connection, shop(id, platform)

        yield make
        connection.rollback()


def ann(**given: Any) -> Any:
    home = Address(id="1", name="Ann Perera", line1="1 Wattala Road", country_code="LK")
    return customer(
        **{"email": EMAIL, "last_name": "Perera", "phone": PHONE, "addresses": (home,), **given}
    )


def anns_order(**given: Any) -> Any:
    raw = {"sku": "SKU-5", "meta_data": [{"key": "name", "value": "Nimali"}]}
    return order(
        **{
            "email": EMAIL,
            "phone": PHONE,
            "last_name": "Perera",
            "shipping_address": Address(name="Ann Perera", line1="1 Wattala Road"),
            "attributes": {"note": "for Ann Perera"},
            "lines": (line(custom={"print_name": "Nimali", "print_number": "7"}, raw=raw),),
            **given,
        }
    )


def fill(tx: Tx, store: Store) -> None:
    """Ann and Bo, with an order each, and what each context adds of its own."""
    save(tx, store, ann(), anns_order(), refund())
    bo = customer("8", email="bo@example.com", first_name="Bo", phone="+94770000099")
    theirs: dict[str, Any] = {
        "customer_id": "8",
        "email": "bo@example.com",
        "phone": "+94770000099",
    }
    save(tx, store, bo, order("2", **theirs, lines=(line("21"),)))
    for statement in ADDED:
        tx.execute(statement, {"store": store.id, "platform": store.platform})


ADDED = (
    """INSERT INTO connect.refund_request (store_id, order_id, platform, status, reason, response)
       VALUES (%(store)s, '1', %(platform)s, 'processed', 'Ann Perera asked', '{"to": "perera"}')""",
    """INSERT INTO connect.address_update_request
         (store_id, order_id, platform, status, new_address)
       VALUES (%(store)s, '1', %(platform)s, 'updated', '{"line1": "2 Wattala Road"}')""",
    """INSERT INTO connect.recommendation_log (store_id, customer_id, platform, recommendations)
       VALUES (%(store)s, '7', %(platform)s, '{SKU-5}')""",
    """INSERT INTO connect.try_on_session (store_id, customer_id, platform, selfie_url)
       VALUES (%(store)s, '7', %(platform)s, 's3://selfies/ann')""",
    """INSERT INTO connect.try_on_overlay (store_id, session_id, sku, overlay_url)
       SELECT store_id, session_id, 'SKU-5', 's3://overlays/ann' FROM connect.try_on_session""",
    """INSERT INTO kits.otp_sessions (store_id, phone, otp_hash, session_id, expires_at)
       VALUES (%(store)s, '94770000012', 'secret hash', 'secret session', now())""",
    """INSERT INTO kits.otp_limits (store_id, scope, key, taken, last_taken)
       VALUES (%(store)s, 'phone', '94770000012', '{2026-05-01}', '2026-05-01')""",
    """INSERT INTO kits.order_delivery_status (store_id, order_code, note)
       SELECT store_id, order_code, 'Left with Nimali Perera' FROM kits.customer_orders_summary
       WHERE vendure_order_id = '1'
       ON CONFLICT (store_id, order_code) DO UPDATE SET note = excluded.note""",
    """INSERT INTO kits.order_delivery_status_events (store_id, order_code, sequence, stage, note)
       SELECT store_id, order_code, 99, stage, 'Mrs Perera, Wattala, called'
       FROM kits.order_delivery_status WHERE note LIKE '%%Perera'""",
    """INSERT INTO backshop.outbox (store_id, key, kind, payload, status, response)
       VALUES (%(store)s, 'order:1', 'address', '{}', 'done', '{"line1": "2 Wattala Road"}')""",
    """INSERT INTO shade.surveys (store_id, customer_id, order_id, shade_selected, texture_feedback)
       SELECT store_id, customer_id, id, 'Shade 3', 'Perera knows her skin' FROM shade.orders
       WHERE shopify_order_id = '1'""",
    """INSERT INTO shade.model_training_data
         (store_id, survey_id, feedback_notes, image_url, image_at, image_consent)
       SELECT store_id, id, 'Perera knows her skin', 's3://x/Perera', now(), 'v'
       FROM shade.surveys""",
    """INSERT INTO projects.customers
         (store_id, first_name, last_name, email, phone_primary, customer_type)
       VALUES (%(store)s, 'Ann', 'Perera', 'Ann.Perera@example.com', '+94770000012', 'builder')""",
    """INSERT INTO projects.projects (store_id, customer_id, installation_method, notes)
       SELECT store_id, customer_id, 'diy', 'Ann Perera, Wattala' FROM projects.customers""",
)


def everything(owner: Any, store: Store) -> str:
    """All rows of the store, in every schema, as one text."""
    tables = rows(
        owner,
        f"""SELECT c.oid::regclass::text FROM pg_class AS c
            INNER JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'store_id'
            WHERE c.relnamespace = ANY (ARRAY{list(SCHEMAS)}::regnamespace[])
              AND c.relkind IN ('r', 'p') AND NOT c.relispartition""",
    )
    return "\n".join(
        str(row)
        for table in tables
        for row in rows(
            owner, f"SELECT to_jsonb(t) FROM {table} AS t WHERE store_id = '{store.id}'"
        )
    )


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_erased_in_every_context(open_shop: Any, owner: Any, platform: str) -> None:
    tx, store = open_shop(platform)
    fill(tx, store)
    tx.commit()
    before = everything(owner, store)
    for trace in TRACES[:4]:
        assert trace in before
    [session] = rows(tx, "SELECT session_id FROM connect.try_on_session")
    stored = privacy.erase(tx, store, ANN, ERASED_AT)
    tx.commit()
    photos = [
        f"ratings/{store.id}/{survey}"
        for survey in rows(
            owner,
            f"""SELECT survey_id FROM shade.model_training_data WHERE store_id = '{store.id}'""",
        )
    ]
    assert bool(photos) == (platform == "shopify")
    pictures = [rules.selfie_key(store.id, session), rules.overlay_key(store.id, session, "SKU-5")]
    assert stored == ([*pictures, *photos], [])
    after = everything(owner, store)
    assert [trace for trace in TRACES if trace.lower() in after.lower()] == []
    assert "bo@example.com" in after
    assert "94770000099" in after
    found = rows(
        tx, "SELECT wc_order_id, total, customer_id IS NULL FROM insights.orders ORDER BY 1"
    )
    assert found == [(1, Decimal(20), True), (2, Decimal(20), False)]
    assert rows(tx, "SELECT refunded_amount FROM connect.platform_order ORDER BY order_id") == [
        Decimal(4),
        Decimal(0),
    ]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_late_deliveries_do_not_bring_them_back(open_shop: Any, owner: Any, platform: str) -> None:
    """Late, newer than what is saved, forced, under a new id, or as a guest: from before the
    erasure nothing of a person is saved, and of their orders only goods and amounts."""
    tx, store = open_shop(platform)
    fill(tx, store)
    privacy.erase(tx, store, ANN, ERASED_AT)
    save(tx, store, ann(), anns_order(), force=True)
    save(
        tx, store, ann(minutes=30), ann(minutes=120, rank=0), anns_order(minutes=120, status="sent")
    )
    save(tx, store, ann(id="70", minutes=30), anns_order(id="3", customer_id="70"))
    guest = {"customer_id": guest_id(EMAIL), "is_guest": True}
    save(tx, store, ann(id=guest_id(EMAIL), rank=0, is_guest=True), anns_order(id="4", **guest))
    tx.commit()
    after = everything(owner, store)
    assert [trace for trace in TRACES if trace.lower() in after.lower()] == []
    assert rows(tx, "SELECT order_id, status FROM connect.platform_order ORDER BY 1") == [
        ("1", "sent"),
        ("2", "processing"),
        ("3", "processing"),
        ("4", "processing"),
    ]
    assert rows(tx, "SELECT count(*) FROM insights.customers") == [1]


def test_who_comes_back_is_welcome(open_shop: Any) -> None:
    tx, store = open_shop("woocommerce")
    fill(tx, store)
    privacy.erase(tx, store, ANN, ERASED_AT)
    new = anns_order(id="5", minutes=90, placed_at=NOON + timedelta(minutes=90))
    save(tx, store, ann(minutes=90, rank=0), new)
    found = rows(tx, "SELECT order_id FROM connect.platform_order WHERE customer_id = '7'")
    assert found == ["5"]
    assert rows(tx, "SELECT order_count FROM insights.customers WHERE wc_customer_id = 7") == [1]


def test_erasing_somebody_unknown_keeps_late_deliveries_away(open_shop: Any, owner: Any) -> None:
    tx, store = open_shop("shopify")
    privacy.erase(tx, store, ANN, ERASED_AT)
    privacy.erase(tx, store, ANN, ERASED_AT)
    save(tx, store, ann(), anns_order(), gone(Kind.CUSTOMER, "9", 1))
    tx.commit()
    assert "perera" not in everything(owner, store).lower()
    assert rows(tx, "SELECT total_amount FROM shade.orders") == [Decimal(20)]


def test_what_was_made_ready_before_an_erasure_is_refused(open_shop: Any, owner: Any) -> None:
    """A sync makes pages ready ahead: what it made while a person was still known is made again."""
    tx, store = open_shop("woocommerce")
    known = erasures.load_all(tx, store)
    made = prepare([ann(), anns_order()], store, known)
    privacy.erase(tx, store, ANN, ERASED_AT)
    with pytest.raises(projections.Outdated):
        projections.save_prepared(tx, store, made.entries, known)
    again = erasures.load_all(tx, store)
    projections.save_prepared(
        tx, store, prepare([ann(), anns_order()], store, again).entries, again
    )
    privacy.erase(tx, store, ANN, NOON + timedelta(days=1))
    with pytest.raises(projections.Outdated):
        projections.save_prepared(tx, store, made.entries, again)
    tx.commit()
    after = everything(owner, store).lower()
    assert [trace for trace in TRACES if trace.lower() in after] == []
    assert rows(tx, "SELECT order_id FROM connect.platform_order") != []


def test_what_is_kept_of_the_erased_are_hashes(open_shop: Any) -> None:
    tx, store = open_shop("shopify")
    privacy.erase(tx, store, ANN, ERASED_AT)
    kept = rows(tx, "SELECT kind, length(hash), erased_at FROM backshop.erasures ORDER BY kind")
    kinds = ("customer", "email", "order", "phone")
    assert kept == [(kind, 64, ERASED_AT) for kind in kinds]


@pytest.mark.parametrize("platform", ["shopify", "woocommerce", "vendure"])
def test_export_tells_everything_and_nothing_of_others(open_shop: Any, platform: str) -> None:
    tx, store = open_shop(platform)
    fill(tx, store)
    told = privacy.export(tx, store, Person(email=EMAIL.upper(), phone=PHONE))
    text = json.dumps(told)
    expected = {"connect", "shade", "insights", "kits", "projects", "person"}
    assert set(told) == expected
    assert len(told["connect"]["platform_customer"]) == 1
    assert told["connect"]["platform_order"][0]["order_id"] == "1"
    assert len(told["connect"]["try_on_overlay"]) == 1
    assert told["insights"]["customers"][0]["wc_customer_id"] == 7
    assert told["insights"]["refunds"][0]["amount"] == 4
    assert told["projects"]["projects"][0]["notes"] == "Ann Perera, Wattala"
    if platform == "shopify":
        assert told["shade"]["surveys"][0]["texture_feedback"] == "Perera knows her skin"
    if platform == "vendure":
        assert told["kits"]["customer_order_items"][0]["print_name"] == "Nimali"
        assert told["kits"]["customer_addresses"][0]["street_line1"] == "1 Wattala Road"
        assert len(told["kits"]["otp_sessions"]) == 1
    assert "bo@example.com" not in text
    assert "94770000099" not in text
    assert "secret" not in text


def test_a_whole_shop_is_forgotten(open_shop: Any, owner: Any) -> None:
    tx, other = open_shop("shopify")
    fill(tx, other)
    tx, store = open_shop("shopify")
    fill(tx, store)
    assert privacy.erase_shop(tx, store) > 20
    tx.commit()
    assert everything(owner, store) == ""
    assert "perera" in everything(owner, other).lower()
