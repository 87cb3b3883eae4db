"""What Vendure tells of orders, as it ends in the kits tables: phones, money, stages, channels."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop import commerce, platforms
from backshop.commerce import Platform, Store
from backshop.kits.otp.repository import verify_session
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
    shop.owner.execute(
        """INSERT INTO kits.otp_sessions (store_id, phone, otp_hash, session_id, expires_at)
           VALUES (%s, %s, '', 'early', now() + interval '1 minute')""",
        [shop.id, PHONE],
    )
    with psycopg.connect(shop.database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.id)])
        assert verify_session(tx, "early", datetime.now(UTC))


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
