"""POST /discounts and what becomes of them: one for a customer, at Shopify and WooCommerce."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from time import monotonic, sleep
from typing import Any
from uuid import UUID, uuid4

import pytest
from backshop import db, outbox
from backshop.commerce import Store
from backshop.shade import projection
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.conversions import repository as conversions
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.models import ShadeSettings

from shops import woocommerce
from shops.running import RunningShop
from tests.backshop.kits.shop import Caller, environments
from tests.functions.shade_world import free_address

SETTINGS = ShadeSettings(discount_amounts={"NGN": Decimal(3000), "USD": Decimal(5)})
SHOPPER = {"shopify_customer_id": "5000000123"}


@pytest.fixture
def shop(new_store, owner) -> UUID:
    made: UUID = new_store("shopify")
    owner.execute(
        """INSERT INTO shade.customers (store_id, shopify_customer_id, email)
           VALUES (%s, '5000000123', 'ada@example.com')""",
        [made],
    )
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"shade": {"discount_amounts":
             {"USD": 5}}}' WHERE id = %s""",
        [made],
    )
    return made


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


@pytest.fixture
def rows(owner, shop) -> Callable[[], list[dict[str, Any]]]:
    def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = owner.execute(
            "SELECT * FROM shade.discounts WHERE store_id = %s ORDER BY created_at", [shop]
        ).fetchall()
        return found

    return read


@pytest.mark.parametrize("each", [12, pytest.param(125, marks=pytest.mark.slow)])
def test_many_requests_at_once_make_one_code(call, rows, owner, shop, each) -> None:
    call.module("discounts")
    wanted = ("discounts/create", {"body": SHOPPER})
    with environments(call, 8) as made:
        statuses = made.together([[wanted] * each] * 8)
    assert sorted(statuses) == [200] * (8 * each - 1) + [202]
    [row] = rows()
    assert (row["amount"], row["currency"], row["used"]) == (5, "USD", False)
    assert row["expires_at"] - row["created_at"] == timedelta(days=7)
    sent = owner.execute(
        "SELECT key, payload FROM backshop.outbox WHERE store_id = %s", [shop]
    ).fetchall()
    assert sent == [{"key": f"discount:{row['id']}", "payload": {"discount_id": str(row["id"])}}]


def test_without_the_customers_lock_there_is_still_one(call, rows, shop, monkeypatch) -> None:
    """The unique index is the second line: who comes second fails rather than gives away
    another."""
    call.module("discounts")
    monkeypatch.setattr(discounts, "lock_customer", lambda *_: True)
    monkeypatch.setattr(discounts, "open_discount", lambda *_: None)
    assert call("discounts/create", body=SHOPPER)[0] == 202
    with pytest.raises(Exception, match="UniqueViolation"):
        call("discounts/create", body=SHOPPER)
    assert len(rows()) == 1


def test_a_repeated_key_is_answered_as_the_first_time(call, rows, shop) -> None:
    first = call("discounts/create", body=SHOPPER, key="k1")
    assert first[0] == 202
    assert call("discounts/create", body=SHOPPER, key="k1") == first
    assert call("discounts/create", body=SHOPPER)[0] == 200, "without a key it is the open one"
    body = {"email": "ada@example.com"}
    status, problem = call("discounts/create", body=body, key="k1")
    assert (status, problem["type"].split("#")[1]) == (422, "idempotency-key-reused")
    assert len(rows()) == 1


def test_the_code_is_shown_once_the_shop_has_it(call, rows, shop) -> None:
    status, said = call("discounts/create", body={"email": "ADA@example.com"})
    assert status == 202
    assert (said["status"], said["discount_code"]) == ("pending", None)
    with db.transaction(store_id=shop) as tx:
        assert discounts.activate(tx, UUID(said["id"]), "gid://1", datetime.now(UTC))
    status, said = call("discounts/show", id=said["id"])
    assert (status, said["status"]) == (200, "active")
    assert said["discount_code"] == rows()[0]["discount_code"]
    status, listed = call("discounts/list", query={"status": "active"})
    assert [each["id"] for each in listed["items"]] == [said["id"]]
    assert call("discounts/list", query={"status": "pending"})[1]["items"] == []


def test_a_list_goes_on_where_it_ended(call, rows, shop, owner) -> None:
    for number in range(5):
        owner.execute(
            """INSERT INTO shade.discounts (store_id, discount_code, amount, currency, expires_at)
               VALUES (%s, %s, 5, 'USD', now())""",
            [shop, f"CODE-{number}"],
        )
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"status": "pending", "limit": "2"} | ({"cursor": cursor} if cursor else {})
        status, said = call("discounts/list", query=query)
        assert status == 200, said
        seen += [each["id"] for each in said["items"]]
        cursor = said["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"email": "ada@example.com", "shopify_customer_id": "1"}, 422),
        ({"email": "not an address"}, 422),
        ({"shopify_customer_id": "1; DROP"}, 422),
        ({"shopify_customer_id": "404"}, 404),
        ({"email": "nobody@example.com"}, 404),
        ({**SHOPPER, "currency": "NGN"}, 422),
        ({**SHOPPER, "currency": "usd"}, 422),
        ({**SHOPPER, "amount": 1000}, 422),
        ("[]", 422),
        ("{", 400),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, rows, body: Any, status: int) -> None:
    got, said = call("discounts/create", body=body)
    assert got == status, said
    assert said["detail"]
    assert not rows()


@pytest.mark.parametrize("id", ["nonsense", "0198f3a0-0000-7000-8000-000000000000"])
def test_an_unknown_discount_is_not_found(call, id: str) -> None:
    assert call("discounts/show", id=id)[0] == 404
    assert call("discounts/revoke", id=id)[0] == 404


@pytest.mark.parametrize(
    "query", [{"status": "lost"}, {"cursor": "x"}, {"cursor": f"{'9' * 12},{uuid4()}"}]
)
def test_a_bad_query_is_refused(call, query: dict[str, str]) -> None:
    assert call("discounts/list", query=query)[0] == 400


def test_another_discount_follows_an_ended_one(call, rows, shop, owner) -> None:
    call("discounts/create", body=SHOPPER)
    owner.execute(
        "UPDATE shade.discounts SET expires_at = now() - interval '1 s' WHERE store_id = %s", [shop]
    )
    status, _ = call("discounts/create", body=SHOPPER)
    assert status == 202
    assert [row["status"] for row in rows()] == ["expired", "pending"]


def test_an_amount_of_money_keeps_its_currency(call, rows, shop, owner) -> None:
    """A customer with an open one in naira gets none in dollars beside it."""
    call("discounts/create", body=SHOPPER)
    with db.transaction(store_id=shop) as tx:
        customer = discounts.find_customer(tx, shopify_id="5000000123")
        assert customer is not None
        with pytest.raises(Exception, match="open discount in USD"):
            issuing.issue(tx, SETTINGS, customer, "NGN", datetime.now(UTC))
    assert len(rows()) == 1


@pytest.mark.parametrize(
    ("currency", "amount", "sent"),
    [
        ("JPY", "500", "500"),
        ("KWD", "2.5", "2.500"),
        ("USD", "5", "5.00"),
        ("VND", "90000", "90000"),
    ],
)
def test_an_amount_is_sent_in_the_decimals_of_its_currency(
    load, shop, aws, currency: str, amount: str, sent: str
) -> None:
    """The column keeps four: 500.0000 yen are no amount of yen."""
    settings = ShadeSettings(discount_amounts={currency: Decimal(amount)})
    with db.transaction(store_id=shop) as tx:
        customer = discounts.find_customer(tx, shopify_id="5000000123")
        assert customer is not None
        made = issuing.issue(tx, settings, customer, currency, datetime.now(UTC)).discount
        row = outbox.put(tx, "discount", f"discount:{made.id}", {"discount_id": str(made.id)})
    load("outbox_worker")
    discount = import_module("discount")

    assert str(discount.read(row)[1].amount) == sent


def test_a_taken_code_is_drawn_again(call, rows, shop, monkeypatch) -> None:
    drawn = iter([7, 7, 8])
    monkeypatch.setattr("secrets.randbelow", lambda _: next(drawn))
    call("discounts/create", body=SHOPPER)
    call("discounts/revoke", id=str(rows()[0]["id"]))
    call("discounts/create", body=SHOPPER)
    codes = [row["discount_code"] for row in rows()]
    assert len(set(codes)) == 2


def test_a_used_discount_cannot_be_revoked(call, rows, shop, owner) -> None:
    _, said = call("discounts/create", body=SHOPPER)
    owner.execute("UPDATE shade.discounts SET used = true WHERE store_id = %s", [shop])
    status, refusal = call("discounts/revoke", id=said["id"])
    assert status == 409
    assert refusal["type"].endswith("#discount-used")


def test_a_sale_taken_back_while_another_discount_is_open_ends_its_own(shop, owner, aws) -> None:
    """The customer has a new one already; two open ones there are never."""
    with db.transaction(store_id=shop) as tx:
        customer = discounts.find_customer(tx, shopify_id="5000000123")
        assert customer is not None
        first = issuing.issue(tx, SETTINGS, customer, "USD", datetime.now(UTC)).discount
        discounts.activate(tx, first.id, "1", datetime.now(UTC))
    owner.execute(
        """WITH sale AS (
             INSERT INTO shade.orders (store_id, shopify_order_id, order_date, total_amount,
               currency, paid_at, discount_codes)
             VALUES (%s, '900', now(), 40, 'USD', now(), ARRAY[%s]) RETURNING id)
           SELECT id FROM sale""",
        [shop, first.discount_code.lower()],
    )
    with db.transaction(store_id=shop) as tx:
        conversions.settle(tx, ["900"], conversions.ask_mark(tx, ["900"]))
        assert discounts.discount(tx, first.id).used
        issuing.issue(tx, SETTINGS, customer, "USD", datetime.now(UTC))
    owner.execute("UPDATE shade.orders SET is_cancelled = true WHERE store_id = %s", [shop])
    with db.transaction(store_id=shop) as tx:
        conversions.settle(tx, ["900"])
        after = discounts.discount(tx, first.id)
    assert after is not None
    assert (after.used, after.status, after.applied_to_order_id) == (False, "expired", None)


# ------------------------------------------------------------------------------- WooCommerce


@pytest.fixture(scope="module")
def server() -> Iterator[RunningShop]:
    with woocommerce.running(orders=0, customers=2, products=2) as running:
        yield running


@pytest.fixture
def woo(server, load, event, context, aws, owner) -> Caller:
    """The functions, and a WooCommerce store connected to them."""
    free_address(owner, server.url)
    call = Caller(load, event, context, UUID(int=0))
    status, made = call(
        "connectors/create",
        body={
            "platform": "woocommerce",
            "store_url": server.url,
            "api_key": server.credentials["api_key"],
            "secret": server.credentials["secret"],
            "settings": {"currency": "USD", "shade": {"discount_amounts": {"USD": 5}}},
        },
    )
    assert status == 201, made
    call.store = UUID(made["id"])
    return call


def send(call: Caller, aws: Any) -> None:
    """Work the outbox' queue off."""

    class Patient:
        aws_request_id = function_name = invoked_function_arn = "test"
        memory_limit_in_mb = 512

        @staticmethod
        def get_remaining_time_in_millis() -> int:
            return 100_000

    taken = aws.messages("OUTBOX_QUEUE_URL")
    records = [{"messageId": str(uuid4()), "body": json.dumps(each)} for each in taken]
    work = call.module("outbox_worker")
    assert work.handler({"Records": records}, Patient) == {"batchItemFailures": []}


def coupons(server: RunningShop, code: str) -> list[dict[str, Any]]:
    return [each for each in server.state()["coupons"] if each["code"] == code.lower()]


def test_a_woocommerce_coupon_is_made_and_deleted(woo, server, aws, owner) -> None:
    status, said = woo("discounts/create", body={"email": "ada@example.com"})
    assert status == 202
    again = woo("discounts/create", body={"email": "Ada@Example.com"})
    assert again == (200, said), "the same customer, in any case"
    send(woo, aws)
    _, shown = woo("discounts/show", id=said["id"])
    assert shown["status"] == "active"
    [coupon] = coupons(server, shown["discount_code"])
    assert (coupon["kind"], coupon["amount"], coupon["usage_limit"]) == ("fixed", "5.00", 1)
    ends = datetime.fromtimestamp(coupon["expires_at"] / 1e6, UTC)
    assert abs(ends - datetime.fromisoformat(said["expires_at"])) < timedelta(seconds=1)
    status, _ = woo("discounts/revoke", id=said["id"])
    assert status == 202
    send(woo, aws)
    assert woo("discounts/show", id=said["id"])[1]["status"] == "revoked"
    assert not coupons(server, shown["discount_code"])


def test_a_coupon_whose_answer_was_lost_is_made_once(woo, server, aws, owner) -> None:
    _, said = woo("discounts/create", body={"email": "lost@example.com"})
    server.faults({"after": 1.0}, most=1)
    send(woo, aws)
    server.faults()
    [row] = owner.execute(
        "SELECT status, discount_code FROM shade.discounts WHERE id = %s", [said["id"]]
    ).fetchall()
    assert row["status"] == "pending"
    assert len(coupons(server, row["discount_code"])) == 1, "it was made, and nobody said so"
    owner.execute(
        "UPDATE backshop.outbox SET next_attempt_at = now() WHERE store_id = %s", [woo.store]
    )
    with db.transaction(store_id=woo.store) as tx:
        outbox.announce(outbox.due(tx, datetime.now(UTC), 10))
    send(woo, aws)
    assert woo("discounts/show", id=said["id"])[1]["status"] == "active"
    assert len(coupons(server, row["discount_code"])) == 1


def test_the_platform_of_the_store_matters(new_store, load, event, context, aws) -> None:
    vendure = Caller(load, event, context, new_store("vendure"))
    status, said = vendure("discounts/create", body={"email": "ada@example.com"})
    assert status == 400
    assert "Shopify and WooCommerce" in said["detail"]


def test_a_product_that_is_withdrawn_cannot_be_bought(shop, aws) -> None:
    from backshop.commerce import Product, Variant

    at = datetime.now(UTC)
    of = Store(id=shop, platform="shopify", url="https://x.example.com")

    def product(status: str, *variants: tuple[str, bool]) -> Product:
        return Product(
            id="77",
            changed_at=at,
            observed_at=at,
            title="SPF",
            status=status,
            variants=tuple(
                Variant(id=id, sku=id, price="10", available=available)
                for id, available in variants
            ),
        )

    with db.transaction(store_id=shop) as tx:
        projection.save_products(
            tx, of, [product("active", ("1", True), ("2", False), ("3", True))]
        )
        assert catalogue.in_stock(tx, [1, 2, 3, 4]) == {1, 3}
        projection.save_products(tx, of, [product("active", ("1", True), ("2", True))])
        assert catalogue.in_stock(tx, [1, 2, 3]) == {1, 2}, "3 is no longer a variant of it"
        projection.save_products(tx, of, [product("draft", ("1", True), ("2", True))])
        assert catalogue.in_stock(tx, [1, 2, 3]) == set()
        projection.delete_products(tx, of, ["77"])
        assert not tx.execute("SELECT FROM shade.variants").fetchall()


def test_a_code_that_a_slow_shop_made_in_between_is_ours(load, monkeypatch) -> None:
    """Looked for, not there yet; asked for again, and refused as taken: by our earlier attempt."""
    from backshop.platforms.errors import PermanentDecline

    class Late:
        is_ours = True

        def create(self, _discount: Any) -> str:
            raise PermanentDecline({"error": "WooCommerce answered 400 coupon_code_already_exists"})

        def find(self, _discount: Any) -> str | None:
            return "77" if self.is_ours else None

    load("outbox_worker")
    discount = import_module("discount")

    shop = Late()
    assert discount._create(shop, None) == "77"
    shop.is_ours = False
    with pytest.raises(PermanentDecline):
        discount._create(shop, None)


def test_a_coupon_that_is_made_after_it_was_revoked_is_ended(woo, server, aws, owner, monkeypatch):
    """The shop acts after the connection broke, and the discount was revoked before."""
    monkeypatch.setattr(outbox, "FIRST_WAIT", timedelta(milliseconds=50))
    monkeypatch.setattr(outbox, "DOUBT", timedelta(seconds=1.5))
    _, said = woo("discounts/create", body={"email": "late@example.com"})
    server.faults({"during": 1.0}, most=1, late_seconds=0.8, timeout_seconds=0.1)
    send(woo, aws)
    assert woo("discounts/revoke", id=said["id"])[0] == 202
    work, until = woo.module("outbox_worker"), monotonic() + 20
    while monotonic() < until:
        with db.transaction(store_id=woo.store) as tx:
            due = outbox.due(tx, datetime.now(UTC), 10)
            waiting = outbox.open_rows(tx)
        for row in due:
            work.work(woo.store, row.key)
        if not waiting:
            break
        sleep(0.05)
    sleep(1)
    row = owner.execute(
        "SELECT status, discount_code FROM shade.discounts WHERE id = %s", [said["id"]]
    ).fetchone()
    assert row["status"] == "revoked"
    assert not coupons(server, row["discount_code"]), "nobody can use it"
