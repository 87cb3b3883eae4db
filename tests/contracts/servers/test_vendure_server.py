"""The traps of Vendure that the contracts name, as the local shop has them."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shops import vendure
from shops.running import RunningShop
from tests.contracts.servers.receiver import Received, Receiver, receiving
from tests.contracts.servers.recordings import Answer, send

LIST = (
    "query($o: OrderListOptions) { orders(options: $o) { totalItems items { id code state active"
    " createdAt updatedAt orderPlacedAt customer { id } } } }"
)
STAGE = (
    "mutation($input: UpdateOrderInput!) { setOrderCustomFields(input: $input) { id"
    " customFields { deliveryStage trackingNumber } } }"
)


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with vendure.running(orders=120, seed=3, until="2026-11-20T00:00:00Z") as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


def post(shop: RunningShop, text: str, /, **variables: Any) -> Answer:
    headers = {"vendure-api-key": shop.credentials["api_key"]}
    body = {"query": text, "variables": variables}
    return send("POST", shop.url + "/admin-api", body=body, headers=headers)


def ask(shop: RunningShop, text: str, /, **variables: Any) -> Any:
    answer = post(shop, text, **variables).body
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def listed(shop: RunningShop, **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ask(shop, LIST, o=options)["orders"]["items"]
    return found


# ------------------------------------------------------------------------------------ reading


def test_carts_are_among_the_orders(shop: RunningShop) -> None:
    carts = listed(shop, take=1000, filter={"active": {"eq": True}})
    assert carts
    assert {cart["orderPlacedAt"] for cart in carts} == {None}
    assert any(cart["customer"] is None for cart in carts)
    placed = listed(shop, take=1000, filter={"active": {"eq": False}})
    assert all(order["orderPlacedAt"] and order["customer"] for order in placed)
    assert len(carts) + len(placed) == len(shop.state()["orders"])


def test_take_has_a_limit_and_zero_means_all(shop: RunningShop) -> None:
    everything = len(shop.state()["orders"])
    assert len(listed(shop, take=0)) == everything
    assert len(listed(shop, take=7)) == 7
    assert len(listed(shop, take=50, skip=everything - 3)) == 3
    refused = post(shop, LIST, o={"take": 1001}).body["errors"][0]
    assert refused["extensions"]["code"] == "USER_INPUT_ERROR"


def test_a_filter_by_the_time_that_was_read_gives_the_last_row_again(shop: RunningShop) -> None:
    """Times are cut to milliseconds, the database keeps microseconds."""
    shop.clock(now="2026-11-20T10:00:00.123456+00:00", frozen=True)
    order = shop.place_order()
    row = next(r for r in listed(shop, take=0) if r["id"] == str(order["id"]))
    assert row["createdAt"] == "2026-11-20T10:00:00.123Z"
    again = listed(shop, filter={"createdAt": {"after": row["createdAt"]}})
    assert [one["id"] for one in again] == [row["id"]]
    assert listed(shop, filter={"createdAt": {"after": "2026-11-20T10:00:00.124Z"}}) == []


def test_filters_combine(shop: RunningShop) -> None:
    placed = listed(
        shop,
        take=0,
        filter={"_or": [{"state": {"eq": "Shipped"}}, {"state": {"in": ["Delivered"]}}]},
    )
    assert {order["state"] for order in placed} == {"Shipped", "Delivered"}
    one = placed[0]["code"]
    found = listed(
        shop,
        filter={"code": {"eq": one}, "state": {"eq": "AddingItems"}},
        filterOperator="OR",
        take=0,
    )
    assert {order["state"] for order in found} >= {"AddingItems", placed[0]["state"]}
    assert one in {order["code"] for order in found}
    asc = [order["createdAt"] for order in listed(shop, sort={"createdAt": "ASC"}, take=20)]
    assert asc == sorted(asc)


def test_most_changes_leave_updated_at_where_it_was(shop: RunningShop) -> None:
    shop.clock(now="2026-11-21T10:00:00Z", frozen=True)
    order = shop.place_order()

    def updated_at() -> str:
        found = ask(shop, "query($id: ID!) { order(id: $id) { updatedAt } }", id=str(order["id"]))
        text: str = found["order"]["updatedAt"]
        return text

    before = updated_at()
    shop.clock(now="2026-11-22T10:00:00Z", frozen=True)
    shop.ship(order["id"])
    shop.deliver(order["id"])
    shop.refund(order["id"], amount=100)
    assert updated_at() == before
    given = {"id": str(order["id"]), "customFields": {"deliveryStage": "DELIVERED"}}
    ask(shop, STAGE, input=given)
    assert updated_at() == "2026-11-22T10:00:00.000Z"
    shop.clock(now="2026-11-23T10:00:00Z", frozen=True)
    shop.cancel(order["id"])
    assert updated_at() == "2026-11-23T10:00:00.000Z", "cancelling does"
    # A change of a variant does not move its product either.
    variant = shop.state()["products"][0]["variants"][0]
    shop.control("edit_variant", id=variant["id"], price=1)
    assert shop.state()["products"][0]["updated_at"] < variant["updated_at"] + 1


def test_after_a_full_cancel_totals_read_zero(shop: RunningShop) -> None:
    order = shop.place_order()
    shop.cancel(order["id"])
    query = (
        "query($id: ID!) { order(id: $id) { state total totalWithTax totalQuantity"
        " lines { quantity orderPlacedQuantity } } }"
    )
    found = ask(shop, query, id=str(order["id"]))["order"]
    assert found["state"] == "Cancelled"
    assert (found["total"], found["totalWithTax"], found["totalQuantity"]) == (0, 0, 0)
    assert found["lines"][0]["orderPlacedQuantity"] == order["lines"][0]["quantity"]
    other = shop.place_order(shipping=700)
    cancel = "mutation($id: ID!) { cancelOrder(input: {orderId: $id}) { __typename } }"
    ask(shop, cancel, id=str(other["id"]))
    found = ask(shop, query, id=str(other["id"]))["order"]
    assert found["total"] == 700, "without cancelShipping its shipping stays"


def test_money_is_in_minor_units_and_adds_up(shop: RunningShop) -> None:
    for order in shop.control("native"):
        assert order["total"] == order["subTotal"] + order["shipping"]
        assert order["totalWithTax"] == order["subTotalWithTax"] + order["shippingWithTax"]
        assert order["subTotalWithTax"] == sum(
            line["proratedLinePriceWithTax"] for line in order["lines"]
        )
        for discount in order["discounts"]:
            gone = order["state"] == "Cancelled"
            assert discount["amountWithTax"] < discount["amount"] < 0 or gone
        for payment in order["payments"]:
            if order["state"] != "Cancelled":
                assert payment["amount"] == order["totalWithTax"]


def test_a_guest_checkout_overwrites_the_customers_name_and_phone(shop: RunningShop) -> None:
    address = {"first_name": "Old", "last_name": "Name"}
    first = shop.place_order(email="guest@example.com", phone="070 000 0001", address=address)
    again = {"first_name": "New", "last_name": "Name"}
    second = shop.place_order(email="Guest@example.com", phone="0700000002", address=again)
    assert first["customer_id"] == second["customer_id"]
    query = "query($id: ID!) { customer(id: $id) { firstName phoneNumber user { id } } }"
    found = ask(shop, query, id=str(first["customer_id"]))["customer"]
    assert found == {"firstName": "New", "phoneNumber": "0700000002", "user": None}


# ------------------------------------------------------------------------------------ writing


def test_an_address_is_changed_in_the_state_modifying_only(shop: RunningShop) -> None:
    order = str(shop.place_order()["id"])
    modify = (
        "mutation($input: ModifyOrderInput!) { modifyOrder(input: $input) { __typename"
        " ... on Order { shippingAddress { city fullName country } }"
        " ... on ErrorResult { errorCode } } }"
    )
    move = (
        "mutation($id: ID!, $s: String!) { transitionOrderToState(id: $id, state: $s) {"
        " __typename ... on Order { state } ... on OrderStateTransitionError { transitionError"
        " fromState toState } } }"
    )
    address = {"city": "Galle", "countryCode": "LK"}
    given = {"dryRun": False, "orderId": order, "updateShippingAddress": address}
    refused = ask(shop, modify, input=given)["modifyOrder"]
    assert refused["errorCode"] == "ORDER_MODIFICATION_STATE_ERROR"
    assert (
        ask(shop, move, id=order, s="Modifying")["transitionOrderToState"]["state"] == "Modifying"
    )
    changed = ask(shop, modify, input=given)["modifyOrder"]["shippingAddress"]
    assert changed["city"] == "Galle"
    assert changed["country"] == "Sri Lanka"
    back = ask(shop, move, id=order, s="PaymentSettled")["transitionOrderToState"]
    assert back["state"] == "PaymentSettled"
    wrong = ask(shop, move, id=order, s="AddingItems")["transitionOrderToState"]
    assert (wrong["fromState"], wrong["toState"]) == ("PaymentSettled", "AddingItems")


REFUND = (
    "mutation($input: RefundOrderInput!) { refundOrder(input: $input) { __typename"
    " ... on Refund { id total state } ... on RefundAmountError { errorCode maximumRefundable } } }"
)


def test_a_refund_crashes_without_the_old_arguments_and_is_not_idempotent(
    shop: RunningShop,
) -> None:
    order = shop.place_order()
    payment = str(order["payments"][0]["id"])
    bare = {"paymentId": payment, "amount": 100}
    crash = post(shop, REFUND, input=bare).body
    assert crash["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert shop.order(order["id"])["refunds"] == []
    whole = {**bare, "shipping": 0, "adjustment": 0, "lines": []}
    first, second = (ask(shop, REFUND, input=whole)["refundOrder"] for _ in range(2))
    assert first["id"] != second["id"]
    assert first["state"] == "Pending"
    over = ask(shop, REFUND, input={**whole, "amount": order["total"]})["refundOrder"]
    assert over["maximumRefundable"] == order["total"] - 200
    settle = (
        'mutation($id: ID!) { settleRefund(input: {id: $id, transactionId: "r1"}) {'
        " ... on Refund { state transactionId } ... on ErrorResult { errorCode } } }"
    )
    assert ask(shop, settle, id=first["id"])["settleRefund"]["state"] == "Settled"
    again = ask(shop, settle, id=first["id"])["settleRefund"]
    assert again["errorCode"] == "REFUND_STATE_TRANSITION_ERROR"


def test_concurrent_writes_of_custom_fields_get_lost_where_asked_for() -> None:
    with vendure.running(orders=5, race_seconds=0.05) as shop:
        lost = 0
        for _ in range(12):
            order = shop.place_order()["id"]
            changes = ({"deliveryStage": "SOURCING"}, {"trackingNumber": "TX1"})
            threads = [
                threading.Thread(
                    target=post,
                    args=(shop, STAGE),
                    kwargs={"input": {"id": str(order), "customFields": change}},
                )
                for change in changes
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            custom = shop.order(order)["custom"]
            lost += (custom.get("deliveryStage"), custom.get("trackingNumber")) != (
                "SOURCING",
                "TX1",
            )
        assert lost > 0
        shop.control("settings", race_seconds=0)
        order = shop.place_order()["id"]
        for change in changes:
            ask(shop, STAGE, input={"id": str(order), "customFields": change})
        kept = shop.order(order)["custom"]
        assert (kept["deliveryStage"], kept["trackingNumber"]) == ("SOURCING", "TX1")


# ------------------------------------------------------------------------------------ events

SET = (
    "mutation($webhooks: [BackshopWebhookInput!]!) { setBackshopWebhooks(webhooks: $webhooks) {"
    " url events lastError } }"
)


def subscribe(shop: RunningShop, url: str, **more: Any) -> None:
    ask(shop, SET, webhooks=[{"url": url, "secret": "s3cr3t", **more}])


def check_signature(one: Received, secret: str = "s3cr3t") -> None:
    stamp = one.headers["x-vendure-timestamp"]
    assert abs(int(stamp) - time.time()) < 60
    digest = hmac.new(secret.encode(), f"{stamp}.".encode() + one.body, hashlib.sha256)
    assert one.headers["x-vendure-signature"] == f"sha256={digest.hexdigest()}"


def test_events_are_as_the_plugin_defines_them(receiver: Receiver) -> None:
    with vendure.running(orders=5) as shop:
        subscribe(shop, receiver.url)
        cart = shop.place_order(cart=True, paid=False)
        shop.idle()
        assert receiver.of("x-vendure-event", "order.placed") == [], "carts send nothing"
        order = shop.place_order()
        shop.control("edit_order", id=order["id"], custom={"deliveryStage": "ARRIVED"})
        shop.idle()
        placed = receiver.of("x-vendure-event", "order.placed")
        assert len(placed) == 1
        last = receiver.of("x-vendure-event", "order.updated")[-1]
        for one in receiver.got:
            check_signature(one)
        body = json.loads(last.body)
        assert list(body) == ["deliveryId", "event", "createdAt", "channel", "data"]
        assert body["deliveryId"] == last.headers["x-vendure-delivery"]
        assert body["event"] == last.headers["x-vendure-event"]
        assert body["data"]["code"] == order["code"]
        assert body["data"]["customFields"]["deliveryStage"] == "ARRIVED"
        assert str(cart["id"]) not in {json.loads(o.body)["data"]["id"] for o in receiver.got}
        native = {one["id"]: one for one in shop.control("native")}
        assert body["data"] == native[str(order["id"])]


def test_a_delivery_is_tried_again_with_the_same_id_and_body(receiver: Receiver) -> None:
    receiver.answer = lambda _: 500 if len(receiver.got) < 4 else 200
    with vendure.running(orders=5, time_scale=0.001) as shop:
        subscribe(shop, receiver.url, events=["order.placed"])
        shop.place_order()
        assert shop.idle()
        assert len(receiver.got) == 4
        assert len({(one.headers["x-vendure-delivery"], one.body) for one in receiver.got}) == 1
        for one in receiver.got:
            check_signature(one)
        listed_ = ask(shop, "{ backshopWebhooks { url lastDeliveredAt lastError } }")
        assert listed_["backshopWebhooks"][0]["lastError"] is None
        assert listed_["backshopWebhooks"][0]["lastDeliveredAt"]


def test_deliveries_come_twice_and_overtake_one_another_where_asked_for(
    receiver: Receiver,
) -> None:
    with vendure.running(orders=5, duplicates=0.5, delivery_delay=0.3) as shop:
        subscribe(shop, receiver.url, events=["order.updated"])
        order = shop.place_order()["id"]
        for number in range(20):
            shop.edit_order(order, note=str(number))
        assert shop.idle()
    ids = [one.headers["x-vendure-delivery"] for one in receiver.got]
    assert len(set(ids)) == 20
    assert len(ids) > 20
    times = [json.loads(one.body)["createdAt"] for one in receiver.got]
    assert times != sorted(times)


def test_the_list_of_webhooks_is_set_as_a_whole_and_keeps_secrets(
    receiver: Receiver,
) -> None:
    with vendure.running(orders=5) as shop:
        subscribe(shop, receiver.url)
        keep = [{"url": receiver.url, "events": ["order.placed"]}]
        assert ask(shop, SET, webhooks=keep)["setBackshopWebhooks"][0]["events"] == ["order.placed"]
        shop.place_order()
        shop.idle()
        check_signature(receiver.got[-1])
        for bad in (
            [{"url": "https://example.com/new"}],
            [{"url": "nonsense", "secret": "s"}],
            [{"url": receiver.url, "events": ["order.paid"]}],
        ):
            error = post(shop, SET, webhooks=bad).body["errors"][0]
            assert error["extensions"]["code"] == "USER_INPUT_ERROR"
        assert ask(shop, SET, webhooks=[])["setBackshopWebhooks"] == []
        count = len(receiver.got)
        shop.place_order()
        shop.idle()
        assert len(receiver.got) == count


def test_a_forgotten_token_is_answered_with_an_empty_header(shop: RunningShop) -> None:
    login = 'mutation { login(username: "superadmin", password: "superadmin") { __typename } }'
    token = send("POST", shop.url + "/admin-api", body={"query": login}).headers[
        "vendure-auth-token"
    ]
    headers = {"Authorization": f"Bearer {token}"}
    query = {"query": "{ orders { totalItems } }"}
    assert "errors" not in send("POST", shop.url + "/admin-api", body=query, headers=headers).body
    shop.control("settings", forget_tokens=True)
    dead = send("POST", shop.url + "/admin-api", body=query, headers=headers)
    assert dead.status == 200
    assert dead.body["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert dead.headers["vendure-auth-token"] == ""
