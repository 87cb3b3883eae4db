"""Settings, shades, the funnel's numbers and the training set."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from backshop import db
from backshop.aws import config
from backshop.shade.training import repository as training

from tests.backshop.kits.shop import Caller

AT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)


@pytest.fixture
def shop(new_store) -> UUID:
    made: UUID = new_store("shopify")
    return made


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


def shade(name: str, depth: int, **more: Any) -> dict[str, Any]:
    return {"name": name, "depth": depth, "undertone": "warm", **more}


def test_settings_are_shown_with_defaults_and_replaced_whole(call) -> None:
    status, said = call("shade_admin/settings")
    assert status == 200
    assert said["discount_amounts"] == {}, "no currency is anybody's default"
    kinds = {"shade_kit": {"skus": ["KIT"]}}
    given = {"discount_amounts": {"GBP": "4.50"}, "discount_days": 3, "kinds": kinds}
    status, said = call("shade_admin/change_settings", body=given)
    assert status == 200
    assert (said["discount_amounts"], said["discount_days"]) == ({"GBP": "4.50"}, 3)
    assert said["kinds"]["shade_kit"]["skus"] == ["KIT"]
    _, said = call("shade_admin/change_settings", body={"transit_days": 2})
    assert (said["transit_days"], said["discount_days"]) == (2, 7)
    assert said["kinds"] is None
    assert call("shade_admin/settings")[1] == said


def test_settings_that_do_not_fit_name_their_fields(call) -> None:
    body = {"sender": "me", "weights": {"depth": "deep"}}
    status, said = call("shade_admin/change_settings", body=body)
    assert status == 422
    assert {each["field"] for each in said["errors"]} == {"sender", "weights.depth"}


def test_settings_that_came_another_way_are_refused_until_they_are_replaced(
    call, owner, shop
) -> None:
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"shade": {"transit_days": "soon"}}'
           WHERE id = %s""",
        [shop],
    )
    status, said = call("shade_admin/settings")
    assert status == 409
    assert said["type"].endswith("#shade-settings")
    assert call("shade_admin/change_settings", body={})[0] == 200
    assert call("shade_admin/settings")[0] == 200


def test_a_shade_that_is_left_out_is_offered_no_longer(call) -> None:
    first = {"shades": [shade("Honey", 3, swatch="#C68642"), shade("Sand", 2)]}
    status, said = call("shade_admin/change_shades", body=first)
    assert status == 200
    assert [each["name"] for each in said["shades"]] == ["Sand", "Honey"]
    assert said["shades"][1]["swatch"] == "#c68642"
    _, said = call("shade_admin/change_shades", body={"shades": [shade("HONEY", 4)]})
    offered = {each["name"]: each["is_offered"] for each in said["shades"]}
    assert offered == {"HONEY": True, "Sand": False}
    assert call("shade_admin/shades")[1] == said


@pytest.mark.parametrize(
    "wrong",
    [
        shade("Honey", 0),
        shade("", 1),
        shade("Honey", 1, undertone="green"),
        shade("Honey", 1, swatch="honey"),
        shade("Honey", 1, variant_ids=[0]),
        shade("Honey", 1, colour="#c68642"),
    ],
)
def test_a_shade_that_does_not_fit_is_refused(call, wrong: dict[str, Any]) -> None:
    status, said = call("shade_admin/change_shades", body={"shades": [wrong]})
    assert status == 422
    assert said["errors"]
    assert call("shade_admin/shades")[1] == {"shades": []}


def test_only_staff_change_anything(call) -> None:
    for name in ("change_settings", "change_shades", "export_training"):
        request = call.request(f"shade_admin/{name}")
        request["requestContext"]["authorizer"]["lambda"] = {
            "kind": "store",
            "id": str(call.store),
            "store_id": str(call.store),
            "scopes": "store",
        }
        answer = call.module("shade_admin").handler(request, call.context)
        assert answer["statusCode"] == 403


# ------------------------------------------------------------------------------- numbers


@pytest.fixture
def sell(owner, shop):
    """A kit and what became of it: `steps` of invite, survey, discount, click, sale."""
    number = iter(range(1, 1000))

    def kit(currency: str, shade: str, steps: int, price: int = 40, at: datetime = AT) -> None:
        id = next(number)
        of = {"shop": shop, "currency": currency, "shade": shade, "at": at, "price": price}
        owner.execute(
            """INSERT INTO shade.orders (store_id, id, shopify_order_id, product_type, currency,
                 total_amount, order_date)
               VALUES (%(shop)s, %(kit)s, %(number)s, 'shade_kit', %(currency)s, 9, %(at)s)""",
            of | {"kit": (kit_id := UUID(int=id)), "number": f"kit-{id}"},
        )
        if steps >= 1:
            owner.execute(
                """INSERT INTO shade.survey_invites (store_id, order_id, channel, status, sent_at)
                   VALUES (%(shop)s, %(kit)s, 'email', 'sent', %(at)s)""",
                of | {"kit": kit_id},
            )
        if steps >= 2:
            owner.execute(
                """WITH survey AS (
                     INSERT INTO shade.surveys (store_id, order_id, shade_selected,
                       shade_fit_rating, texture_feedback, survey_completed_at)
                     VALUES (%(shop)s, %(kit)s, %(shade)s, 4, 'soft', %(at)s) RETURNING id
                   ), discount AS (
                     INSERT INTO shade.discounts (store_id, id, discount_code, amount, currency,
                       expires_at, activated_at)
                     SELECT %(shop)s, %(kit)s, %(code)s, 5, %(currency)s, %(at)s, %(at)s
                     WHERE %(steps)s >= 3
                   ), made AS (
                     INSERT INTO shade.recommendations (store_id, survey_id, recommended_shade)
                     SELECT %(shop)s, id, %(shade)s FROM survey RETURNING id, survey_id
                   ), sale AS (
                     INSERT INTO shade.orders (store_id, shopify_order_id, product_type, currency,
                       total_amount, refunded_amount, order_date)
                     SELECT %(shop)s, %(sale)s, 'full_size_spf', %(currency)s, %(price)s, 1, %(at)s
                     WHERE %(steps)s >= 5 RETURNING id
                   )
                   INSERT INTO shade.conversions (store_id, recommendation_id, survey_id,
                     clicked_at, converted, converted_at, order_id)
                   SELECT %(shop)s, m.id, m.survey_id, CASE WHEN %(steps)s >= 4 THEN %(at)s END,
                     s.id IS NOT NULL, CASE WHEN s.id IS NOT NULL THEN %(at)s END, s.id
                   FROM made AS m LEFT JOIN sale AS s ON true""",
                of | {"kit": kit_id, "code": f"CODE-{id}", "sale": f"sale-{id}", "steps": steps},
            )
            if steps >= 3:
                owner.execute(
                    """UPDATE shade.recommendations AS r SET discount_id = %(kit)s
                       FROM shade.surveys AS s
                       WHERE r.store_id = %(shop)s AND s.id = r.survey_id
                         AND s.order_id = %(kit)s""",
                    of | {"kit": kit_id},
                )

    yield kit
    for table in ("conversions", "model_training_data", "recommendations", "discounts", "surveys"):
        owner.execute(f"DELETE FROM shade.{table} WHERE store_id = %s", [shop])
    owner.execute("DELETE FROM shade.orders WHERE store_id = %s", [shop])


def test_money_of_two_currencies_is_never_added_up(call, sell) -> None:
    for currency, price in (("USD", 40), ("USD", 20), ("NGN", 30_000)):
        sell(currency, "Honey", 5, price)
    sell("NGN", "Sand", 2)
    sell("NGN", "Sand", 0)
    query = {"from": "2026-11-01", "to": "2026-11-30"}
    status, said = call("shade_admin/funnel", query=query)
    assert status == 200
    rows = {(row["currency"], row["shade"]): row for row in said["rows"]}
    assert rows["USD", "Honey"]["revenue"] == "58.00", "less what was given back"
    assert rows["NGN", "Honey"]["revenue"] == "29999.00"
    assert rows["USD", "Honey"]["conversions"] == 2
    assert rows["NGN", "Sand"] == {
        "period": "2026-11-01",
        "currency": "NGN",
        "shade": "Sand",
        "kits": 1,
        "invites": 1,
        "surveys": 1,
        "discounts": 0,
        "clicks": 0,
        "conversions": 0,
        "revenue": "0.00",
    }
    assert rows["NGN", None]["kits"] == 1
    assert all(len(row["currency"]) == 3 for row in said["rows"])


def test_periods_are_the_stores_own(call, sell, owner, shop) -> None:
    """Half past eleven at night in UTC is the next day in Lagos."""
    sell("NGN", "Honey", 5)
    sell("NGN", "Honey", 0, at=AT - timedelta(days=30))
    query = {"from": "2026-11-20", "to": "2026-11-20", "period": "day"}
    assert call("shade_admin/funnel", query=query)[1]["rows"][0]["period"] == "2026-11-20"
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"time_zone": "Africa/Lagos"}'
           WHERE id = %s""",
        [shop],
    )
    assert call("shade_admin/funnel", query=query)[1]["rows"] == []
    query = {"from": "2026-11-21", "to": "2026-11-21", "period": "day"}
    rows = call("shade_admin/funnel", query=query)[1]["rows"]
    assert [row["period"] for row in rows] == ["2026-11-21"]


@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"},
        {"period": "year"},
        {"from": "2026-11-30", "to": "2026-11-01"},
        {"from": "2020-01-01", "to": "2026-01-01"},
        {"to": "0001-01-01"},
        {"from": "9999-12-31", "to": "9999-12-31"},
    ],
)
def test_a_bad_question_is_refused(call, query: dict[str, str]) -> None:
    asked = call.request("shade_admin/funnel")
    asked["queryStringParameters"] = {"store_id": str(call.store), **query}
    answer = call.module("shade_admin").handler(asked, call.context)
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"])["detail"]


# ------------------------------------------------------------------------------- training


def test_the_training_set_is_exported_and_marked(call, sell, owner, shop, aws) -> None:
    sell("USD", "Honey", 5)
    sell("USD", "Sand", 2)
    owner.execute(
        """INSERT INTO shade.model_training_data
             (store_id, survey_id, match_accuracy_rating, feedback_notes)
           SELECT store_id, id, 4, 'quite' FROM shade.surveys
           WHERE store_id = %s AND shade_selected = 'Honey'""",
        [shop],
    )
    status, said = call("shade_admin/export_training", body={})
    assert (status, said["rows"]) == (201, 1)
    listed = config.client("s3").list_objects_v2(Bucket=aws.bucket, Prefix=f"training/{shop}/")
    [stored] = listed["Contents"]
    body = config.client("s3").get_object(Bucket=aws.bucket, Key=stored["Key"])["Body"].read()
    [line] = [json.loads(each) for each in body.decode().splitlines()]
    assert (line["shade_selected"], line["match_accuracy_rating"]) == ("Honey", 4)
    assert (line["recommended_shade"], line["converted"]) == ("Honey", True)
    assert not {"customer_id", "email", "phone_number", "first_name", "order_id"} & set(line)
    marked = owner.execute(
        "SELECT used_for_training FROM shade.model_training_data WHERE store_id = %s", [shop]
    ).fetchall()
    assert marked == [{"used_for_training": True}]
    assert call("shade_admin/export_training", body={"only_new": True})[1]["rows"] == 0
    assert call("shade_admin/export_training", body={})[1]["rows"] == 1
    first = call("shade_admin/export_training", body={}, key="k1")
    assert first[0] == 201
    assert call("shade_admin/export_training", body={}, key="k1") == first, "link included"
    kept = owner.execute(
        "SELECT answer::text FROM backshop.idempotency_keys WHERE store_id = %s", [shop]
    ).fetchall()
    assert kept
    assert not any("Signature" in row["answer"] for row in kept), "signed links are sealed"


def test_staffs_note_on_a_rating_outlives_the_shoppers_later_word(call, shop, owner) -> None:
    survey = owner.execute(
        "INSERT INTO shade.surveys (store_id) VALUES (%s) RETURNING id", [shop]
    ).fetchone()["id"]
    with db.transaction(store_id=shop) as tx:
        training.rate(tx, survey, 2, "too warm", AT)
    status, listed = call("shade_admin/ratings")
    assert status == 200
    [rating] = listed["items"]
    assert (rating["rating"], rating["qa_note"]) == (2, None)
    status, noted = call("shade_admin/note_rating", body={"note": "Dark photo."}, id=rating["id"])
    assert (status, noted["qa_note"]) == (200, "Dark photo.")
    assert noted["qa_by"].startswith("staff:")
    with db.transaction(store_id=shop) as tx:
        training.rate(tx, survey, 5, "fits after all", AT + timedelta(days=1))
    [after] = call("shade_admin/ratings", query={"noted": "true"})[1]["items"]
    assert (after["rating"], after["feedback_notes"]) == (5, "fits after all")
    assert after["qa_note"] == "Dark photo."
    assert call("shade_admin/ratings", query={"noted": "false"})[1]["items"] == []
    status, emptied = call("shade_admin/note_rating", body={"note": None}, id=rating["id"])
    assert (status, emptied["qa_note"], emptied["qa_by"]) == (200, None, None)


def test_a_rating_of_another_store_takes_no_note(call, new_store) -> None:
    id = "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10"
    assert call("shade_admin/note_rating", body={"note": "x"}, id=id)[0] == 404
    assert call("shade_admin/note_rating", body={"note": ""}, id=id)[0] == 422
