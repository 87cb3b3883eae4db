"""Who is invited to a survey, when, and by what."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


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


def ago(days: float | None) -> datetime | None:
    """By the clock of now: tests before this one may take as long as they like."""
    return None if days is None else datetime.now(UTC) - timedelta(days=days)


@pytest.fixture
def kit(owner, shop):
    """Sells a kit that was fulfilled, and perhaps delivered, so many days ago."""
    number = iter(range(1, 1000))

    def sell(fulfilled: float | None = 6, delivered: float | None = None, **given: Any) -> None:
        id = str(next(number))
        owner.execute(
            """WITH buyer AS (
                 INSERT INTO shade.customers (store_id, shopify_customer_id, email, phone_number,
                   accepts_marketing, unsubscribed_at)
                 VALUES (%(shop)s, %(id)s, %(email)s, %(phone)s, %(agreed)s, %(stopped)s)
                 RETURNING id)
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
                "agreed": True,
                "stopped": None,
                "refunded": 0,
                "cancelled": False,
                "fulfilled": ago(fulfilled),
                "delivered": ago(delivered),
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


@pytest.mark.parametrize(
    ("agreed", "ground", "stopped", "number"),
    [
        (True, None, None, 1),
        (False, None, None, 0),
        (None, None, None, 0),
        (False, "Buyers of kits are asked once.", None, 1),
        (True, None, LONG_AGO, 0),
        (True, "Buyers of kits are asked once.", LONG_AGO, 0),
    ],
)
def test_only_who_agreed_is_invited_or_on_the_stores_stated_ground(
    kit, run, owner, shop, agreed, ground, stopped, number
) -> None:
    change(owner, shop, sender="hello@shop.example.com", invite_ground=ground)
    kit(fulfilled=9, delivered=6, agreed=agreed, stopped=stopped)
    assert run() == number


# ------------------------------------------------------------------------- the rating


@pytest.fixture
def converted(owner, shop, kit):
    """A kit whose survey led to a full size that arrived so many days ago."""

    def make(arrived: float | None = 15, fulfilled: float = 20, **buyer: Any) -> UUID:
        kit(fulfilled=60, **buyer)
        sold = owner.execute(
            """SELECT id, customer_id FROM shade.orders WHERE store_id = %s
               ORDER BY created_at DESC, shopify_order_id::int DESC LIMIT 1""",
            [shop],
        ).fetchone()
        made: UUID = owner.execute(
            """WITH full_size AS (
                 INSERT INTO shade.orders (store_id, shopify_order_id, customer_id, product_type,
                   currency, total_amount, order_date, paid_at, fulfilled_at, delivered_at)
                 VALUES (%(shop)s, 'f' || gen_random_uuid(), %(customer)s, 'full_size_spf', 'USD',
                   30, now(), now(), %(fulfilled)s, %(arrived)s) RETURNING id),
               survey AS (
                 INSERT INTO shade.surveys (store_id, order_id, customer_id, shade_selected)
                 VALUES (%(shop)s, %(kit)s, %(customer)s, 'Sand') RETURNING id),
               recommended AS (
                 INSERT INTO shade.recommendations (store_id, survey_id, recommended_shade)
                 SELECT %(shop)s, id, 'Honey' FROM survey RETURNING id, survey_id)
               INSERT INTO shade.conversions (store_id, customer_id, survey_id, recommendation_id,
                 order_id, converted, converted_at)
               SELECT %(shop)s, %(customer)s, r.survey_id, r.id, f.id, true, now()
               FROM recommended AS r, full_size AS f RETURNING recommendation_id""",
            {
                "shop": shop,
                "kit": sold["id"],
                "customer": sold["customer_id"],
                "fulfilled": ago(fulfilled),
                "arrived": ago(arrived),
            },
        ).fetchone()["recommendation_id"]
        return made

    return make


def asked(owner: Any, shop: UUID) -> int:
    row = owner.execute(
        "SELECT count(*) AS number FROM backshop.outbox WHERE store_id = %s AND kind = 'rating_message'",
        [shop],
    ).fetchone()
    return int(row["number"])


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ({"arrived": 14.1}, 1),
        ({"arrived": 13.9}, 0),
        ({"arrived": 75}, 0),
        ({"arrived": None, "fulfilled": 21.1}, 1),
        ({"arrived": None, "fulfilled": 20.9}, 0),
        ({"agreed": False}, 0),
        ({"agreed": None}, 0),
        ({"stopped": LONG_AGO}, 0),
        ({"email": None}, 0),
    ],
)
def test_who_is_asked_for_a_rating(converted, run, owner, shop, given, number) -> None:
    converted(**given)
    run()
    run()
    assert asked(owner, shop) == number, "once a recommendation"


def test_who_has_rated_already_is_not_asked(converted, run, owner, shop) -> None:
    recommendation = converted()
    owner.execute(
        """INSERT INTO shade.model_training_data (store_id, survey_id, match_accuracy_rating)
           SELECT store_id, survey_id, 5 FROM shade.recommendations WHERE id = %s""",
        [recommendation],
    )
    run()
    assert asked(owner, shop) == 0


def test_the_request_leads_to_the_rating_and_can_be_stopped(
    converted, run, owner, shop, load, monkeypatch
) -> None:
    recommendation = converted()
    run()
    sent: list[Any] = []
    worker = load("outbox_worker")

    def send(*mail: Any) -> str:
        sent.append(mail)
        return "reference"

    monkeypatch.setattr("backshop.senders.send_mail", send)
    [row] = owner.execute(
        "SELECT key FROM backshop.outbox WHERE store_id = %s AND kind = 'rating_message'", [shop]
    ).fetchall()
    assert row["key"] == f"rating:{recommendation}"

    class Patient:
        aws_request_id = function_name = invoked_function_arn = "test"
        memory_limit_in_mb = 512

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 100_000

    body = f'{{"store_id": "{shop}", "key": "{row["key"]}"}}'
    assert worker.handler({"Records": [{"messageId": "1", "body": body}]}, Patient) == {
        "batchItemFailures": []
    }
    [(_, to, subject, text, _, headers, _)] = sent
    assert (to, subject) == ("ada@example.com", "Does Honey suit you?")
    assert "/survey/rating?token=" in text
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [state] = owner.execute(
        "SELECT status FROM shade.rating_requests WHERE store_id = %s", [shop]
    ).fetchall()
    assert state["status"] == "sent"
