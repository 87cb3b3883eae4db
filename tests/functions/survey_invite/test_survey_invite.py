"""Who is invited to a survey, when, and by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

AT = datetime.now(UTC)


@pytest.fixture
def shop(new_store, owner) -> UUID:
    made: UUID = new_store("shopify")
    change(owner, made, sender="hello@shop.example.com")
    return made


def change(owner: Any, shop: UUID, **settings: Any) -> None:
    owner.execute(
        "UPDATE backshop.stores SET settings = settings || %s WHERE id = %s",
        [Jsonb({"shade": settings}), shop],
    )


@pytest.fixture
def kit(owner, shop):
    """Sells a kit that was fulfilled, and perhaps delivered, so many days ago."""
    number = iter(range(1, 1000))

    def sell(fulfilled: float | None = 6, delivered: float | None = None, **given: Any) -> None:
        id = str(next(number))
        owner.execute(
            """WITH buyer AS (
                 INSERT INTO shade.customers (store_id, shopify_customer_id, email, phone_number)
                 VALUES (%(shop)s, %(id)s, %(email)s, %(phone)s) RETURNING id)
               INSERT INTO shade.orders
                 (store_id, shopify_order_id, customer_id, product_type, currency, total_amount,
                  refunded_amount, is_cancelled, fulfilled_at, delivered_at, order_date)
               SELECT %(shop)s, %(id)s, id, %(type)s, 'USD', 9, %(refunded)s, %(cancelled)s,
                 %(fulfilled)s, %(delivered)s, now() FROM buyer""",
            {
                "shop": shop,
                "id": id,
                "email": "ada@example.com",
                "phone": "+15550100",
                "type": "shade_kit",
                "refunded": 0,
                "cancelled": False,
                "fulfilled": None if fulfilled is None else AT - timedelta(days=fulfilled),
                "delivered": None if delivered is None else AT - timedelta(days=delivered),
                **given,
            },
        )

    return sell


@pytest.fixture
def run(load, context, owner, shop):
    """Runs the function; how many of this shop's kits have been invited for."""

    def once() -> int:
        load("survey_invite").handler({}, context)
        row = owner.execute(
            "SELECT count(*) AS number FROM shade.survey_invites WHERE store_id = %s", [shop]
        ).fetchone()
        return int(row["number"])

    return once


@pytest.mark.parametrize(
    ("kind", "invited"),
    [
        ({"fulfilled": 20, "delivered": 5.1}, 1),
        ({"fulfilled": 20, "delivered": 4.9}, 0),
        ({"fulfilled": 12.1}, 1),
        ({"fulfilled": 11.9}, 0),
        ({"fulfilled": None}, 0),
        ({"fulfilled": 90, "delivered": 66}, 0),
        ({"fulfilled": 73}, 0),
        ({"fulfilled": 20, "cancelled": True}, 0),
        ({"fulfilled": 20, "refunded": 9}, 0),
        ({"fulfilled": 20, "refunded": 4}, 1),
        ({"fulfilled": 20, "type": "full_size_spf"}, 0),
        ({"fulfilled": 20, "type": None}, 0),
        ({"fulfilled": 20, "email": None}, 0),
        ({"fulfilled": 20, "email": ""}, 0),
    ],
)
def test_who_is_invited(kit, run, kind: dict[str, Any], invited: int) -> None:
    kit(**kind)
    assert run() == invited


def test_each_kit_is_invited_for_once(kit, run, owner, shop) -> None:
    kit(20)
    kit(21)
    assert [run(), run(), run()] == [2, 2, 2]
    rows = owner.execute(
        "SELECT key, kind, payload FROM backshop.outbox WHERE store_id = %s ORDER BY id", [shop]
    ).fetchall()
    assert [row["kind"] for row in rows] == ["survey_message"] * 2
    assert all(row["key"] == f"survey:{row['payload']['order_id']}" for row in rows)


def test_without_a_sender_nobody_gets_an_email(kit, run, owner, shop) -> None:
    change(owner, shop)
    kit(20)
    assert run() == 0
    change(owner, shop, channel="sms")
    assert run() == 1, "an SMS needs none"


def test_an_sms_needs_a_phone(kit, run, owner, shop) -> None:
    change(owner, shop, channel="sms")
    kit(20, phone=None)
    assert run() == 0


def test_settings_that_do_not_fit_stop_their_own_store_only(
    kit, load, context, owner, shop, new_store
) -> None:
    kit(20)
    change(owner, shop, days_after_delivery="soon")
    done = load("survey_invite").handler({}, context)
    assert done["stores_skipped"] >= 1
    owner.execute("UPDATE backshop.stores SET settings = '{}' WHERE id = %s", [shop])


def test_discounts_end_on_time(load, context, owner, shop) -> None:
    for code, ends in (("ENDED", "-1 s"), ("RUNNING", "1 h")):
        owner.execute(
            """INSERT INTO shade.discounts
                 (store_id, discount_code, amount, currency, status, expires_at)
               VALUES (%s, %s, 5, 'USD', 'active', now() + %s::interval)""",
            [shop, code, ends],
        )
    load("survey_invite").handler({}, context)
    rows = owner.execute(
        "SELECT discount_code, status FROM shade.discounts WHERE store_id = %s", [shop]
    ).fetchall()
    assert {row["discount_code"]: row["status"] for row in rows} == {
        "ENDED": "expired",
        "RUNNING": "active",
    }
