"""The recorded conversation with a real Vendure, held again with the local one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shops import vendure
from shops.running import RunningShop
from tests.contracts.servers.recordings import RECORDINGS, Answer, differences, load, send

FOLDER = "vendure-3.7.3"

# The custom fields of the recorded server.
FIELDS = {
    "Order": [
        {
            "name": "deliveryStage",
            "type": "string",
            "options": ["packed", "shipped", "out_for_delivery", "delivered"],
        },
        {"name": "deliveryNote", "type": "string"},
        {"name": "trackingUrl", "type": "string"},
    ]
}

# In an order in which they can have been recorded, with who asks and the shop's clock.
CONVERSATION = [
    ("login_ok", "nobody", "25:55"),
    ("login_bad", "nobody", "25:55"),
    ("orders_unauthenticated", "nobody", "25:55"),
    ("bearer_invalid", "dead token", "25:55"),
    ("channel_token_invalid", "superadmin", "25:55"),
    ("country_create", "superadmin", "25:55"),
    ("zone_create", "superadmin", "25:55"),
    ("ch", "superadmin", "25:55"),
    ("tc", "superadmin", "25:55"),
    ("tr", "superadmin", "25:55"),
    ("payment_method_create", "superadmin", "25:55"),
    ("shipping_method_create", "superadmin", "25:55"),
    ("product_create", "superadmin", "25:56"),
    ("variant_create", "superadmin", "25:56"),
    ("customer_create", "superadmin", "25:57"),
    ("customer_create_dup", "superadmin", "25:57"),
    ("customers_incremental", "superadmin", "25:57"),
    ("promotion_create_fixed_coupon", "superadmin", "25:57"),
    ("role_create", "superadmin", "25:57"),
    ("api_key_create", "superadmin", "25:57"),
    ("api_key_header_read", "api key", "25:57"),
    ("api_key_header_forbidden", "api key", "25:57"),
    ("draft_create", "superadmin", "25:57"),
    ("draft_add", "superadmin", "25:57"),
    ("draft_customer", "superadmin", "25:57"),
    ("draft_addr", "superadmin", "25:58"),
    ("draft_ship", "superadmin", "25:58"),
    ("draft_coupon", "superadmin", "25:58"),
    ("draft_arrange", "superadmin", "25:58"),
    ("payment_add", "superadmin", "25:58"),
    ("order_get", "superadmin", "25:58"),
    ("payments", "superadmin", "25:58"),
    ("set_custom_fields", "superadmin", "25:58"),
    ("set_custom_fields_keeps_others", "superadmin", "25:59"),
    ("set_custom_fields_readback", "superadmin", "25:59"),
    ("set_custom_fields_bad_option", "superadmin", "25:59"),
    ("set_custom_fields_unknown_field", "superadmin", "25:59"),
    ("set_custom_fields_missing_order", "superadmin", "25:59"),
    ("orders_incremental", "superadmin", "25:59"),
    ("orders_updatedAt_after_equal", "superadmin", "25:59"),
    ("orders_updatedAt_between_equal", "superadmin", "25:59"),
    ("orders_take_too_many", "superadmin", "25:59"),
    ("query_bad_field", "superadmin", "25:59"),
    ("modify_wrong_state", "superadmin", "25:59"),
    ("modify_transition", "superadmin", "25:59"),
    ("modify_shipping_address", "superadmin", "25:59"),
    ("modify_back", "superadmin", "25:59"),
    ("fulfill", "superadmin", "26:00"),
    ("fulfillment_Shipped", "superadmin", "26:00"),
    ("fulfillment_Delivered", "superadmin", "26:00"),
    ("order_final", "superadmin", "26:00"),
    ("products_incremental", "superadmin", "26:00"),
    ("refund_create", "superadmin", "26:14"),
    ("refund_create_dup", "superadmin", "26:14"),
    ("refund_settle", "superadmin", "26:14"),
    ("refund_too_much", "superadmin", "26:14"),
    ("order_after_refund", "superadmin", "26:14"),
]

# Random codes and keys, and the times of a second, faster, run.
VOLATILE = re.compile(
    r"\.code$|\.token$|apiKey|createdAt|orderPlacedAt|\.createCustomer\.updatedAt|locations"
    r"|\.set_custom_fields\.updatedAt"
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    fields: Path = tmp_path_factory.mktemp("vendure") / "fields.json"
    fields.write_text(json.dumps(FIELDS))
    with vendure.running(empty=True, custom_fields=fields, currency="USD") as running:
        yield running


@pytest.fixture(scope="module")
def answers(shop: RunningShop) -> dict[str, Answer]:
    result: dict[str, Answer] = {}
    for name, who, clock in CONVERSATION:
        shop.clock(now=f"2026-11-20T03:{clock}+00:00", frozen=True)
        headers = _headers(who, result)
        asked = load(FOLDER, name)["request"]
        result[name] = send("POST", shop.url + "/admin-api", body=asked, headers=headers)
    return result


def _headers(who: str, answers: dict[str, Answer]) -> dict[str, str]:
    if who == "superadmin":
        return {"Authorization": f"Bearer {answers['login_ok'].headers['vendure-auth-token']}"}
    if who == "dead token":
        return {"Authorization": "Bearer 0000"}
    if who == "api key":
        return {"vendure-api-key": answers["api_key_create"].body["data"]["createApiKey"]["apiKey"]}
    return {}


@pytest.mark.parametrize("name", [name for name, _, _ in CONVERSATION])
def test_the_answer_is_the_recorded_one(name: str, answers: dict[str, Answer]) -> None:
    recorded, got = load(FOLDER, name), answers[name]
    assert got.status == recorded["status"]
    assert differences(_redacted(recorded["body"]), _redacted(got.body), VOLATILE) == []
    assert got.headers["content-type"] == "application/json; charset=utf-8"


def _redacted(body: object) -> object:
    """Without keys, which the recordings do not have, and without the one message that graphql-js
    and graphql-core put in other words."""
    text = json.dumps(body)
    text = re.sub(r'"apiKey": "[^"]*"', '"apiKey": "…"', text)
    text = re.sub(r'"message": "Variable [^{]*\{.*?(nosuch).*?\."', '"message": "nosuch"', text)
    return json.loads(text)


def test_every_recording_is_replayed() -> None:
    names = {path.stem for path in (RECORDINGS / FOLDER).glob("*.json")}
    assert names == {name for name, _, _ in CONVERSATION}


def test_login_answers_with_a_token_in_a_header_and_a_dead_token_with_an_empty_one(
    answers: dict[str, Answer],
) -> None:
    assert len(answers["login_ok"].headers["vendure-auth-token"]) >= 32
    assert "vendure-auth-token" not in answers["login_bad"].headers
    assert answers["bearer_invalid"].headers["vendure-auth-token"] == ""
    assert "vendure-auth-token" not in answers["orders_unauthenticated"].headers
