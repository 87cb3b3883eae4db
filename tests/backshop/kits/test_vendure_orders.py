"""What Vendure tells of orders, as it ends in the kits tables: phones, money, stages, channels."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from time import sleep
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop import commerce, platforms
from backshop.commerce import Platform, Store
from backshop.kits.otp.repository import verify_session
from backshop.kits.shoppers import repository as shoppers
from backshop.kits.shoppers.models import ProfileChange
from backshop.platforms.errors import Ignored
from backshop.saving import projections
from psycopg.rows import dict_row

from tests.backshop.platforms.recorded import answer

AT = datetime(2026, 11, 20, 3, 26, 20, 123000, tzinfo=UTC)
PLAIN: dict[str, Any] = answer("vendure-3.7.3", "order_final")["data"]["order"] | {
    "shippingAddress": None,
    "billingAddress": None,
    "customFields": {"deliveryStage": None, "trackingNumber": None},
    "state": "PaymentSettled",
    "fulfillments": [],
}
CUSTOMER = PLAIN["customer"] | {"phoneNumber": "077 000 0012", "user": None}
PHONE, OTHER_PHONE = "94770000012", "94770000013"


class Shop:
    """A store of Vendure's that takes events."""

    def __init__(self, id: UUID, database: Any, owner: Any) -> None:
        self.id, self.database, self.owner = id, database, owner
        self.settings: dict[str, Any] = {}

    @property
    def store(self) -> Store:
        return Store(
            id=self.id,
            platform=Platform.VENDURE,
            url="https://v.example.com",
            time_zone="Asia/Colombo",
            settings=self.settings,
        )

    def tell(self, *events: tuple[str, dict[str, Any]], at: datetime = AT) -> None:
        """Events of one moment, in this order, each saved by itself."""
        for event, data in events:
            self.tell_together((event, data), at=at)

    def tell_together(self, *events: tuple[str, dict[str, Any]], at: datetime = AT) -> None:
        records = [record for event in events for record in self.read(*event, at=at)]
        with psycopg.connect(self.database.service_url, row_factory=dict_row) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(self.id)])
            projections.save(tx, self.store, records)

    def read(
        self, event: str, data: dict[str, Any], at: datetime = AT, **more: Any
    ) -> list[commerce.Record]:
        body = json.dumps({"event": event, "createdAt": at.isoformat(), "data": data, **more})
        found = platforms.load(Platform.VENDURE).translator.translate(
            event, body.encode(), self.store, received_at=at + timedelta(seconds=1), triggered_at=at
        )
        return [each for each in found if isinstance(each, commerce.Record)]

    def row(self, table: str = "customer_orders_summary") -> dict[str, Any]:
        found: dict[str, Any] = self.owner.execute(
            f"SELECT * FROM kits.{table} WHERE store_id = %s", [self.id]
        ).fetchone()
        return found


@pytest.fixture
def shop(new_store: Callable[..., UUID], database: Any, owner: Any) -> Shop:
    return Shop(new_store("vendure"), database, owner)


def order(customer: dict[str, Any] | None = None, **change: Any) -> dict[str, Any]:
    return PLAIN | {"customer": CUSTOMER | (customer or {})} | change


# What only one event knows


@pytest.mark.parametrize("names", list(itertools.permutations(["order.placed", "order.updated"])))
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("state", ["PaymentSettled", "PaymentAuthorized"])
def test_a_phone_that_only_the_placing_knew_is_kept_whichever_event_wins(
    shop: Shop, names: tuple[str, ...], together: bool, state: str
) -> None:
    """Both bear the same millisecond, and either may come to be the newer."""
    bare = {"updatedAt": "2030-01-01T00:00:00Z"}
    told = {"order.placed": order(bare), "order.updated": order(bare, state=state)}
    events = [(name, told[name]) for name in names]
    (shop.tell_together if together else shop.tell)(*events)
    assert shop.row()["phone_number"] == PHONE
    shop.tell(("order.updated", order({"phoneNumber": "0770000013"} | bare)), at=AT + timedelta(1))
    assert shop.row()["phone_number"] == PHONE


def test_an_older_event_fills_in_but_replaces_nothing(shop: Shop) -> None:
    later = order({}, shippingAddress={"streetLine1": "1 Main", "phoneNumber": "0770000013"})
    shop.tell(("order.updated", later), at=AT + timedelta(seconds=5))
    shop.tell(("order.placed", order()))
    assert shop.row()["phone_number"] == OTHER_PHONE
    assert shop.row()["phone_source"] == "order"


def test_the_phone_that_the_plugin_kept_heals_an_order(shop: Shop) -> None:
    changed = {"updatedAt": "2030-01-01T00:00:00Z", "phoneNumber": "0770000013"}
    shop.tell(("order.updated", order(changed)))
    assert shop.row()["phone_number"] is None
    fields = {"deliveryStage": None, "trackingNumber": None, "placedPhone": "+94 77 000 0012"}
    shop.tell(("order.updated", order(changed, customFields=fields)), at=AT + timedelta(1))
    assert (shop.row()["phone_number"], shop.row()["phone_source"]) == (PHONE, "order")


@pytest.mark.parametrize(
    ("customer", "taken"),
    [
        ({"user": {"id": "1", "verified": True}, "updatedAt": "2030-01-01T00:00:00Z"}, True),
        ({"user": {"id": "1", "verified": False}, "updatedAt": "2030-01-01T00:00:00Z"}, False),
        ({"updatedAt": PLAIN["orderPlacedAt"]}, True),
        ({"updatedAt": "2030-01-01T00:00:00Z"}, False),
        ({"updatedAt": None}, False),
    ],
)
def test_before_the_plugin_only_a_phone_that_cannot_have_changed_is_taken(
    shop: Shop, customer: dict[str, Any], taken: bool
) -> None:
    shop.tell(("order.updated", order(customer)))
    found = shop.row()
    assert (found["phone_number"], found["phone_source"]) == (
        (PHONE, "customer") if taken else (None, None)
    )
    given = {"streetLine1": "1 Main", "phoneNumber": "0770000013"}
    shop.tell(("order.updated", order(customer, shippingAddress=given)), at=AT + timedelta(1))
    assert (shop.row()["phone_number"], shop.row()["phone_source"]) == (OTHER_PHONE, "order")
    shop.tell(("order.updated", order(customer)), at=AT + timedelta(2))
    assert shop.row()["phone_number"] == OTHER_PHONE, "the order's own word stays"


@pytest.mark.parametrize("first", ["+1 555 0100", "see note", "0112345678", "0770000013 ext. 2"])
def test_a_usable_phone_is_found_among_all_that_were_given(shop: Shop, first: str) -> None:
    shop.tell(
        (
            "order.placed",
            order(
                {},
                shippingAddress={"streetLine1": "1 Main", "phoneNumber": first},
                billingAddress={"streetLine1": "1 Main", "phoneNumber": "unknown"},
            ),
        )
    )
    assert shop.row()["phone_number"] == PHONE


# Money


def test_what_was_spent_is_by_currency(shop: Shop) -> None:
    for number, (currency, total) in enumerate([("LKR", 100000), ("KWD", 200), ("LKR", 50000)]):
        shop.tell(
            (
                "order.placed",
                order(
                    {},
                    id=f"9{number}",
                    code=f"C{number}",
                    currencyCode=currency,
                    total=total,
                    totalWithTax=total,
                    payments=[],
                    orderPlacedAt=f"2026-11-0{number + 1}T00:00:00Z",
                ),
            )
        )
    found = shop.row("customers")
    assert (found["total_orders"], found["total_spent"], found["currency"]) == (3, 1500, "LKR")
    assert {each: Decimal(str(spent)) for each, spent in found["spent_by_currency"].items()} == {
        "LKR": 1500,
        "KWD": 2,
    }


# Channels


def test_events_of_another_channel_are_not_taken(shop: Shop) -> None:
    assert shop.read("order.updated", order(), channel="__default_channel__")
    with pytest.raises(Ignored, match="channel"):
        shop.read("order.updated", order(), channel="eu")
    shop.settings = {"channel": "a-token"}
    assert shop.read("order.updated", order(), channel="eu"), "its code is not known yet"
    shop.settings = {"channel": "a-token", "channel_code": "eu"}
    assert shop.read("order.updated", order(), channel="eu")
    with pytest.raises(Ignored):
        shop.read("order.deleted", {"id": "1"}, channel="us")


# Stages that Vendure itself tells


def shipped(state: str = "Shipped", stage: str | None = None, code: str = "TE-7") -> dict[str, Any]:
    parcel = {"id": "1", "state": state, "trackingCode": code, "createdAt": AT.isoformat()}
    fields = {"deliveryStage": stage, "trackingNumber": None}
    return order({}, state=state, fulfillments=[parcel], customFields=fields)


def delivery(shop: Shop) -> tuple[Any, ...]:
    found = shop.row("order_delivery_status")
    return found["stage"], found["tracking_number"]


def test_vendures_own_states_move_the_stage_where_no_field_was_set(shop: Shop) -> None:
    shop.tell(("order.placed", order()))
    shop.tell(("order.updated", shipped("PartiallyShipped")), at=AT + timedelta(1))
    assert delivery(shop)[0] == "ORDER_CONFIRMED", "only a part is on its way"
    shop.tell(("order.updated", shipped()), at=AT + timedelta(2))
    assert delivery(shop) == ("DISPATCHED", "TE-7")
    shop.tell(("order.updated", shipped("Delivered")), at=AT + timedelta(3))
    assert delivery(shop) == ("DELIVERED", "TE-7")
    assert shop.row("order_delivery_status")["to_repair"] is False


@pytest.mark.parametrize("mover", ["vendure", "a script"])
def test_of_an_order_that_comes_back_only_what_a_program_set_is_looked_after(
    shop: Shop, mover: str
) -> None:
    """Its stage stays while it is away. Where the platform's own state had moved it, nothing was
    ever to be sent, whether it is seen before the order is gone or after."""
    shop.tell(("order.placed", order()))
    if mover == "vendure":
        shop.tell(("order.updated", shipped(code="")), at=AT + timedelta(1))
    else:
        with shop.owner.transaction():
            shop.owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
            move = "SELECT kits.update_order_delivery_status(%s, 'DISPATCHED', NULL, NULL, %s)"
            shop.owner.execute(move, [PLAIN["code"], mover])
    shop.tell(("order.deleted", {"id": PLAIN["id"]}), at=AT + timedelta(2))
    assert shop.row("order_delivery_status")["to_repair"] is False
    shop.tell(("order.updated", shipped(code="")), at=AT + timedelta(3))
    assert delivery(shop)[0] == "DISPATCHED"
    assert shop.row("order_delivery_status")["to_repair"] is (mover == "a script")


def test_what_a_program_set_is_sent_whatever_vendure_tells_meanwhile(shop: Shop) -> None:
    """The mark by which it is sent stays until Vendure holds it."""
    shop.tell(("order.placed", order()))
    with shop.owner.transaction():
        shop.owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        move = "SELECT kits.update_order_delivery_status(%s, 'SOURCING', NULL, NULL, 'a script')"
        shop.owner.execute(move, [PLAIN["code"]])
    shop.tell(("order.updated", shipped("PaymentSettled")), at=AT + timedelta(1))
    assert delivery(shop)[0] == "SOURCING"
    assert shop.row("order_delivery_status")["to_repair"] is True
    held = {"customFields": {"deliveryStage": "SOURCING", "trackingNumber": None}}
    shop.tell(("order.updated", order({}, **held)), at=AT + timedelta(2))
    assert shop.row("order_delivery_status")["to_repair"] is False, "there it is"


@pytest.mark.parametrize("states", [("Shipped", "Cancelled"), ("Cancelled", "Shipped")])
def test_the_tracking_code_of_a_parcel_that_was_cancelled_is_none(
    shop: Shop, states: tuple[str, str]
) -> None:
    parcels = [
        {
            "id": str(number),
            "state": state,
            "trackingCode": f"TE-{state}",
            "createdAt": AT.isoformat(),
        }
        for number, state in enumerate(states, 1)
    ]
    shop.tell(("order.placed", order()))
    shop.tell(
        ("order.updated", order({}, state="Shipped", fulfillments=parcels)), at=AT + timedelta(1)
    )
    assert delivery(shop) == ("DISPATCHED", "TE-Shipped")


@pytest.mark.parametrize(
    ("setting", "field", "stage"),
    [
        (None, "SOURCING", "SOURCING"),
        (True, "SOURCING", "DISPATCHED"),
        (True, None, "DISPATCHED"),
        (False, None, "ORDER_CONFIRMED"),
        (False, "ARRIVED", "ARRIVED"),
        (None, "a word of its own", "ORDER_CONFIRMED"),
    ],
)
def test_the_store_says_whether_they_count_beside_the_field(
    shop: Shop, setting: bool | None, field: str | None, stage: str
) -> None:
    if setting is not None:
        shop.settings = {"stage_from_state": setting}
    shop.tell(("order.updated", shipped(stage=field)))
    assert delivery(shop)[0] == stage


@pytest.mark.parametrize(
    "number", ["<script>alert(1)</script>", "x" * 101, "TE-1\nTE-2", "a;b", "  "]
)
def test_a_tracking_number_that_staff_could_not_send_is_not_taken_from_vendure(
    shop: Shop, number: str
) -> None:
    fields = {"deliveryStage": "DISPATCHED", "trackingNumber": number}
    shop.tell(("order.updated", order({}, customFields=fields)))
    assert delivery(shop) == ("DISPATCHED", None)
    fields = {"deliveryStage": "DISPATCHED", "trackingNumber": " TE-1 "}
    shop.tell(("order.updated", order({}, customFields=fields)), at=AT + timedelta(1))
    assert delivery(shop) == ("DISPATCHED", "TE-1")


# Consent, and phones that were verified early


@pytest.mark.parametrize(
    ("consent", "customer", "given", "told"),
    [
        ({"field": "newsletter"}, {"customFields": {"newsletter": True}}, True, True),
        ({"field": "newsletter"}, {"customFields": {"newsletter": False}}, False, True),
        ({"field": "newsletter"}, {"customFields": {"newsletter": None}}, True, True),
        ({"field": "newsletter"}, {"customFields": {}}, True, True),
        ({"group": "News"}, {"groups": [{"id": "1", "name": "News"}]}, True, True),
        ({"group": "News"}, {"groups": []}, False, True),
        ({"group": "News"}, {}, True, True),
        ("nonsense", {"customFields": {"newsletter": False}}, True, True),
    ],
)
def test_consent_is_a_field_or_a_group_and_not_told_is_no_refusal(
    shop: Shop, consent: Any, customer: dict[str, Any], given: bool, told: bool
) -> None:
    """The customer had agreed before."""
    shop.settings = {"consent": {"field": "before"}}
    shop.tell(("customer.updated", CUSTOMER | {"customFields": {"before": True}}))
    assert shop.row("customers")["marketing_consent"] is True
    shop.settings = {"consent": consent}
    shop.tell(
        ("customer.updated", CUSTOMER | {"firstName": "Joan"} | customer), at=AT + timedelta(1)
    )
    found = shop.row("customers")
    assert (found["marketing_consent"], found["consent_told"]) == (given, told)


def test_what_was_never_told_is_marked_so(shop: Shop) -> None:
    shop.tell(("customer.updated", CUSTOMER))
    found = shop.row("customers")
    assert (found["marketing_consent"], found["consent_told"]) == (False, False)


def verify(shop: Shop) -> None:
    """The shopper proves PHONE."""
    open_session(shop)
    with psycopg.connect(shop.database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        assert verify_session(tx, "early", datetime.now(UTC))


def open_session(shop: Shop) -> None:
    """PHONE is being proved."""
    shop.owner.execute(
        """INSERT INTO kits.otp_sessions (store_id, phone, otp_hash, session_id, expires_at)
           VALUES (%s, %s, '', 'early', now() + interval '1 minute')""",
        [shop.id, PHONE],
    )


@pytest.mark.parametrize("event", ["customer.created", "order.placed", "order.updated"])
def test_whatever_brings_the_customer_a_verified_phone_marks_them(shop: Shop, event: str) -> None:
    """An order names its customer before anything else does; one who is deleted and back is known
    anew."""
    verify(shop)
    shop.tell((event, CUSTOMER if event.startswith("customer") else order()))
    assert shop.row("customers")["phone_verified"] is True
    shop.tell(("customer.deleted", {"id": CUSTOMER["id"]}), at=AT + timedelta(1))
    assert shop.row("customers")["phone_verified"] is False
    shop.tell(("customer.updated", CUSTOMER), at=AT + timedelta(2))
    assert shop.row("customers")["phone_verified"] is True


def test_a_phone_verified_before_its_customer_is_known_marks_the_customer(shop: Shop) -> None:
    verify(shop)
    shop.tell(("customer.updated", CUSTOMER | {"phoneNumber": "0770000013"}))
    assert shop.row("customers")["phone_verified"] is False
    shop.tell(("customer.updated", CUSTOMER), at=AT + timedelta(1))
    assert shop.row("customers")["phone_verified"] is True
    shop.tell(("customer.updated", CUSTOMER | {"phoneNumber": "0770000013"}), at=AT + timedelta(2))
    assert shop.row("customers")["phone_verified"] is False


# Fields as shoppers, scripts and shops of their own fill them


TYPED = [
    ("TE-1", "TE-1"),
    ("  TE-1\n", "TE-1"),
    ("TE 1/2_3.4", "TE 1/2_3.4"),
    (12345, "12345"),
    ("<script>alert(1)</script>", None),
    ("=cmd|' /C calc'!A0", None),
    ("TE\u200b-1", None),
    ("TE-1\nTE-2", None),
    ("x" * 101, None),
    ("TE-1, TE-2", None),
    ("   ", None),
    ("", None),
    (True, None),
    (1.5, None),
    ({"number": "TE-1"}, None),
    (["TE-1"], None),
]


@pytest.mark.parametrize(("given", "held"), TYPED)
def test_a_tracking_number_is_held_to_what_staff_may_send(
    shop: Shop, given: Any, held: str | None
) -> None:
    fields = {"deliveryStage": "DISPATCHED", "trackingNumber": given}
    shop.tell(("order.placed", order(customFields=fields)))
    assert delivery(shop) == ("DISPATCHED", held)
    assert shop.row()["tracking_number"] == held
    assert shop.row("order_tracking")["tracking_number"] == held


@pytest.mark.parametrize(
    "given", ["<script>", "TE-1, TE-2", "x" * 101, "see the mail", {}, True, "\u200b"]
)
def test_what_is_no_tracking_number_does_not_hide_the_parcels_own(shop: Shop, given: Any) -> None:
    given = "?" if given == "see the mail" else given
    parcels = [
        {"id": "1", "state": "Shipped", "trackingCode": code, "createdAt": AT.isoformat()}
        for code in ("TE-7", given if isinstance(given, str) else "!")
    ]
    fields = {"deliveryStage": "DISPATCHED", "trackingNumber": given}
    shop.tell(("order.placed", order(customFields=fields, fulfillments=parcels, state="Shipped")))
    assert delivery(shop) == ("DISPATCHED", "TE-7")


@pytest.mark.parametrize(
    "given",
    [
        "dispatched",
        " DISPATCHED",
        "DISPATCHED\u200b",
        "name",
        "__members__",
        3,
        True,
        {},
        ["SOURCING"],
    ],
)
def test_a_stage_in_another_word_says_nothing(shop: Shop, given: Any) -> None:
    shop.tell(("order.placed", order(customFields={"deliveryStage": "SOURCING"})))
    fields = {"deliveryStage": given, "trackingNumber": "TE-1"}
    shop.tell(("order.updated", order(customFields=fields)), at=AT + timedelta(1))
    assert delivery(shop) == ("SOURCING", None)
    assert shop.row()["delivery_stage"] == "SOURCING"


@pytest.mark.parametrize(
    "given", ["<script>", "077", 770000012, True, {"a": 1}, "x" * 5000, "\u0000", "911", "+44"]
)
def test_a_placed_phone_that_is_none_hides_no_other(shop: Shop, given: Any) -> None:
    fields = {"deliveryStage": None, "trackingNumber": None, "placedPhone": given}
    address = {"streetLine1": "1 Main", "phoneNumber": "0770000013"}
    shop.tell(("order.updated", order(customFields=fields, shippingAddress=address)))
    assert shop.row()["phone_number"] == OTHER_PHONE


@pytest.mark.parametrize(
    ("given", "held"),
    [
        ("ZARA\u0000", "ZARA"),
        ("x" * 5000, "x" * 100),
        (10, "10"),
        (0, "0"),
        ("", None),
        ({"text": "ZARA"}, None),
        (["ZARA"], None),
        (True, None),
        ("ZARA\u202eARAZ", "ZARAARAZ"),
        ("ZARA\r\nx", "ZARA x"),
        ("   ", None),
    ],
)
def test_what_is_printed_is_one_line_of_text(shop: Shop, given: Any, held: str | None) -> None:
    line = PLAIN["lines"][0] | {"customFields": {"printName": given, "patchEnabled": True}}
    shop.tell(("order.placed", order(lines=[line])))
    found = shop.row("customer_order_items")
    assert (found["print_name"], found["patch_enabled"]) == (held, True)


@pytest.mark.parametrize(
    ("given", "held"),
    [
        (True, True),
        ("yes", True),
        (1, True),
        ("0", False),
        (None, False),
        ({}, False),
        ([1], False),
    ],
)
def test_a_box_is_ticked_or_not(shop: Shop, given: Any, held: bool) -> None:
    line = PLAIN["lines"][0] | {"customFields": {"patchEnabled": given}}
    shop.tell(("order.placed", order(lines=[line])))
    assert shop.row("customer_order_items")["patch_enabled"] is held


# In the very moment: two connections, one of which commits once the other waits for it, or is done


def said_to_be(shop: Shop) -> tuple[bool, bool]:
    found = shop.row("customers")
    return found["phone_verified"], found["marketing_consent"]


def proves(shop: Shop, tx: Any) -> None:
    assert verify_session(tx, "early", datetime.now(UTC))


def agrees(shop: Shop, tx: Any) -> None:
    shoppers.save(tx, PHONE, ProfileChange(news=True), datetime.now(UTC))


def is_saved(event: str) -> Callable[[Shop, Any], None]:
    def save(shop: Shop, tx: Any) -> None:
        data = CUSTOMER if event.startswith("customer") else order()
        projections.save(tx, shop.store, shop.read(event, data, at=AT + timedelta(1)))

    return save


@pytest.mark.parametrize(
    ("event", "is_known"),
    [
        ("customer.created", False),
        ("order.placed", False),
        ("customer.updated", False),
        ("customer.updated", True),
    ],
)
@pytest.mark.parametrize(("says", "expected"), [(proves, (True, False)), (agrees, (False, True))])
@pytest.mark.parametrize("shopper_commits_first", [True, False])
def test_what_a_shopper_says_in_the_moment_that_the_customer_is_saved(
    shop: Shop,
    says: Callable[[Shop, Any], None],
    expected: tuple[bool, bool],
    event: str,
    shopper_commits_first: bool,
    is_known: bool,
) -> None:
    if is_known:
        shop.tell(("customer.updated", CUSTOMER | {"phoneNumber": "0770000013"}))
    open_session(shop)
    steps = [says, is_saved(event)]
    first, second = steps if shopper_commits_first else reversed(steps)
    with ThreadPoolExecutor(1) as pool:
        with connected(shop) as tx:
            first(shop, tx)
            other = pool.submit(alone, shop, second)
            wait_for_a_lock(shop, other)
        other.result(30)
    assert said_to_be(shop) == expected


def test_phones_of_another_store_wait_for_nobody(
    shop: Shop, new_store: Callable[..., UUID]
) -> None:
    elsewhere = Shop(new_store("vendure"), shop.database, shop.owner)
    open_session(elsewhere)
    with ThreadPoolExecutor(1) as pool, connected(shop) as tx:
        is_saved("customer.created")(shop, tx)
        pool.submit(alone, elsewhere, proves).result(30)


@contextmanager
def connected(shop: Shop) -> Iterator[Any]:
    with psycopg.connect(shop.database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        yield tx


def alone(shop: Shop, does: Callable[[Shop, Any], None]) -> None:
    with connected(shop) as tx:
        does(shop, tx)


def wait_for_a_lock(shop: Shop, other: Future[None]) -> None:
    waits = "SELECT FROM pg_locks WHERE NOT granted"
    with psycopg.connect(shop.database.owner_url, autocommit=True) as watching:
        while not other.done() and watching.execute(waits).fetchone() is None:
            sleep(0.01)
