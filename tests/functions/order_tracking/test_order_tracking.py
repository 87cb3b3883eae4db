"""GET /orders/{code} and PUT /orders/{code}/sms: what a shopper's token opens, and what it does
not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from backshop import db
from backshop.commerce import Customer, Platform, Store
from backshop.saving import projections
from backshop.web import tokens

from tests.backshop.kits.shop import OTHER_PHONE, PHONE, Caller, add_orders, transaction

ITEM = {
    "quantity": 2,
    "patch_enabled": True,
    "patch_type": "league",
    "print_name": "KUMARI",
    "print_number": "7",
}


@pytest.fixture
def shop(new_store, owner):
    made = new_store("vendure")
    add_orders(owner, made, ["KITS-1001"], items=[ITEM, {}])
    add_orders(owner, made, ["KITS-1002"], phone=OTHER_PHONE, items=[ITEM])
    return made


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


def token(
    store, phone: str = PHONE, *, at: datetime | None = None, audience: str = "shopper"
) -> str:
    claims = {"store_id": str(store), "phone": phone}
    return tokens.sign(audience, claims, at=at or datetime.now(UTC), lasts=timedelta(minutes=30))


def show(call: Caller, held: str | None, code: str = "KITS-1001"):
    return call("order_tracking/show", code=code, token=held)


def move(database, shop, stage: str, number: str | None = None, code: str = "KITS-1001") -> None:
    with transaction(database, shop) as tx:
        tx.execute(
            "SELECT FROM kits.update_order_delivery_status(%s, %s, %s)", [code, stage, number]
        )


def test_a_shopper_follows_their_order(call, shop, database):
    status, order = show(call, token(shop))
    assert status == 200
    assert (order["stage"], order["courier"], order["tracking_number"]) == (
        "ORDER_CONFIRMED", None, None,
    )  # fmt: skip
    assert [(each["stage"], each["done"]) for each in order["steps"]] == [
        ("ORDER_CONFIRMED", True),
        ("SOURCING", False),
        ("ARRIVED", False),
        ("DISPATCHED", False),
        ("DELIVERED", False),
    ]
    assert datetime.fromisoformat(order["steps"][0]["at"]).tzinfo
    first, second = order["items"]
    assert {name: first[name] for name in ITEM} == ITEM
    assert (second["quantity"], second["patch_enabled"]) == (1, False)
    assert first["unit_price_with_tax"] == "2500.00"


def test_the_tracking_number_is_shown_once_the_courier_has_the_parcel(call, shop, database):
    shown = {}
    for stage in ("SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED"):
        move(database, shop, stage, "TE-000012")
        shown[stage] = show(call, token(shop))[1]["tracking_number"]
    assert shown == {
        "SOURCING": None, "ARRIVED": None, "DISPATCHED": "TE-000012", "DELIVERED": "TE-000012",
    }  # fmt: skip
    steps = show(call, token(shop))[1]["steps"]
    assert all(each["done"] and each["at"] for each in steps)


def test_another_phones_order_is_like_one_that_does_not_exist(call, shop):
    foreign = show(call, token(shop), "KITS-1002")
    unknown = show(call, token(shop), "KITS-9999")
    assert foreign == unknown
    assert foreign[0] == 404
    assert show(call, token(shop, OTHER_PHONE), "KITS-1002")[0] == 200


def test_an_order_belongs_to_the_phone_that_was_given_with_it(call, shop, owner):
    """A stranger checks out as a guest with the customer's e-mail address and a phone of their own:
    Vendure overwrites the customer's phone, the history stays closed."""
    customer = owner.execute(
        """INSERT INTO kits.customers (store_id, vendure_customer_id, email, phone_number)
           VALUES (%s, '1', 'kumari@example.com', %s) RETURNING id""",
        [shop, OTHER_PHONE],
    ).fetchone()
    owner.execute(
        """UPDATE kits.customer_orders_summary SET customer_id = %s
           WHERE store_id = %s AND order_code = 'KITS-1001'""",
        [customer["id"], shop],
    )
    assert show(call, token(shop, OTHER_PHONE))[0] == 404
    assert show(call, token(shop, PHONE))[0] == 200


def test_a_token_of_another_store_opens_nothing_here(call, shop, new_store):
    assert show(call, token(new_store("vendure")))[0] == 404


def test_what_is_no_token_is_refused(call, shop):
    now = datetime.now(UTC)
    for bad in (
        None, "", "x", "a.b.c",
        token(shop, at=now - timedelta(minutes=31)),
        token(shop, audience="survey"),
    ):  # fmt: skip
        status, problem = show(call, bad)
        assert status == 401
        assert PHONE not in json.dumps(problem)


def test_sms_are_agreed_to_order_by_order(call, shop, owner):
    def agree(held: str, code: str, agreed: object = True):
        return call("order_tracking/agree", code=code, token=held, body={"agreed": agreed})

    def agreed() -> dict[str, bool]:
        rows = owner.execute(
            "SELECT order_code, sms_updates FROM kits.customer_orders_summary WHERE store_id = %s",
            [shop],
        )
        return {row["order_code"]: row["sms_updates"] for row in rows}

    assert agree(token(shop), "KITS-1001")[0] == 200
    assert agree(token(shop), "KITS-1002")[0] == 404
    assert agree(token(shop), "KITS-1001", "maybe")[0] == 422
    assert agreed() == {"KITS-1001": True, "KITS-1002": False}
    assert agree(token(shop), "KITS-1001", False)[0] == 200
    assert agreed() == {"KITS-1001": False, "KITS-1002": False}


def test_a_shoppers_login_reads_nothing_of_another_phone_in_any_table(aws, shop, owner, database):
    """By SQL as backshop_shopper, with a capability: every table and view of the schema."""
    owner.execute(
        """INSERT INTO kits.otp_sessions (store_id, phone, otp_hash, session_id, expires_at)
           VALUES (%s, %s, 'x', 's1', now()), (%s, %s, 'x', 's2', now())""",
        [shop, PHONE, shop, OTHER_PHONE],
    )
    names = [
        row["name"]
        for row in owner.execute(
            """SELECT relname AS name FROM pg_class WHERE relnamespace = 'kits'::regnamespace
               AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1"""
        )
    ]
    assert len(names) >= 12
    readable = {}
    for name in names:
        try:
            with db.shopper(shop, PHONE) as tx:
                columns = [
                    row["column_name"]
                    for row in tx.execute(
                        """SELECT column_name FROM information_schema.columns
                           WHERE table_schema = 'kits' AND table_name = %s
                           AND has_column_privilege(format('kits.%%I', table_name), column_name,
                                                    'SELECT')""",
                        [name],
                    )
                ]
                if not columns:
                    continue
                readable[name] = tx.execute(
                    f"SELECT {', '.join(columns)} FROM kits.{name}"
                ).fetchall()
        except psycopg.errors.InsufficientPrivilege:
            continue
    assert set(readable) == {
        "customer_orders_summary", "customer_order_items", "order_delivery_status",
        "order_delivery_status_events", "order_tracking",
    }  # fmt: skip
    seen = json.dumps(readable, default=str)
    assert "KITS-1001" in seen
    assert all(rows for rows in readable.values()), "their own they may read"
    assert "KITS-1002" not in seen
    assert OTHER_PHONE not in seen
    for name in names:
        for statement in (
            f"DELETE FROM kits.{name}",
            f"UPDATE kits.{name} SET store_id = store_id",
        ):
            with pytest.raises(psycopg.Error), db.shopper(shop, PHONE) as tx:
                tx.execute(statement)


def test_a_shoppers_login_without_a_capability_reads_nothing(aws, shop, database):
    with psycopg.connect(database.shopper_url, autocommit=True) as connection:
        for forged in ("", "v1.shopper", f"v1.shopper.{shop}.{PHONE}.9999999999.{'0' * 64}"):
            connection.execute("SELECT set_config('backshop.capability', %s, false)", [forged])
            connection.execute("SELECT set_config('backshop.store_id', %s, false)", [str(shop)])
            connection.execute("SELECT set_config('backshop.all_stores', 'on', false)")
            found = connection.execute("SELECT order_code FROM kits.customer_orders_summary")
            assert found.fetchall() == []


def test_the_profile_is_the_phones_and_its_word_outweighs_the_shops(call, shop, owner, database):
    status, said = call("order_tracking/show_profile", token=token(shop))
    assert (status, said["news"]) == (200, None)
    assert [each["order_code"] for each in said["orders"]] == ["KITS-1001"]
    body = {"name": "Nimal", "news": False}
    status, said = call("order_tracking/change_profile", token=token(shop), body=body)
    assert (status, said["name"], said["news"]) == (200, "Nimal", False)
    told = said["news_told_at"]
    _, again = call("order_tracking/change_profile", token=token(shop), body=body)
    assert again["news_told_at"] == told, "said again, it was said before"
    customer = Customer(
        id="7",
        changed_at=datetime.now(UTC),
        observed_at=datetime.now(UTC),
        phone=PHONE,
        marketing_consent=True,
    )
    with transaction(database, shop) as tx:
        store = Store(id=shop, platform=Platform.VENDURE, url="https://v.example.com")
        projections.save(tx, store.model_copy(update={"settings": {"country": "LK"}}), [customer])
    [kept] = owner.execute(
        "SELECT marketing_consent FROM kits.customers WHERE store_id = %s", [shop]
    ).fetchall()
    assert kept["marketing_consent"] is False
    for held in (None, token(shop, audience="survey")):
        assert call("order_tracking/show_profile", token=held)[0] == 401
    assert call("order_tracking/show_profile", token=token(shop, OTHER_PHONE))[1]["name"] is None


def test_an_address_is_asked_for_once_a_key_and_by_the_phone_alone(call, shop, owner):
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, code)
           VALUES (%s, '1001', 'vendure', 'PaymentSettled', 5000, 'LKR', '[]', 'KITS-1001')""",
        [shop],
    )
    status, said = call("order_tracking/change_address", code="KITS-1001", token=token(shop))
    assert (status, said["address"]["line1"]) == (202, "12 Temple Road")
    status, _ = call(
        "order_tracking/change_address", code="KITS-1001", token=token(shop, OTHER_PHONE)
    )
    assert status == 404
