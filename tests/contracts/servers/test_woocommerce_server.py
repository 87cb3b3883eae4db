"""The traps of WooCommerce that the contracts name, as the local shop has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shops import woocommerce
from shops.running import RunningShop
from shops.woocommerce.auth import sign
from tests.contracts.servers.receiver import Receiver, receiving
from tests.contracts.servers.recordings import RECORDINGS, Answer, load, send

ZONES = ("America/New_York", "Asia/Tokyo", "UTC")
FOLDER = "woocommerce-11.0.1"


def basic(shop: RunningShop) -> dict[str, str]:
    keys = f"{shop.credentials['api_key']}:{shop.credentials['secret']}".encode()
    return {"Authorization": f"Basic {base64.b64encode(keys).decode()}"}


def call(shop: RunningShop, method: str, path: str, body: Any = None, **params: Any) -> Answer:
    url = f"{shop.url}/wp-json/wc/v3/{path}"
    return send(method, url, params=params, body=body, headers=basic(shop))


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with woocommerce.running(orders=250, seed=7) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


# ------------------------------------------------------------------------------------ reading


def test_pages_hold_every_order_once(shop: RunningShop) -> None:
    seen: list[int] = []
    for page in (1, 2, 3):
        answer = call(shop, "GET", "orders", per_page=100, page=page, orderby="id", order="asc")
        assert answer.headers["x-wp-total"] == str(len(_listed(shop)))
        seen += [order["id"] for order in answer.body]
    assert seen == sorted(set(seen)) == _listed(shop)
    assert call(shop, "GET", "orders", per_page=100, page=4).body == []


def _listed(shop: RunningShop) -> list[int]:
    hidden = {"trash", "checkout-draft"}
    return sorted(o["id"] for o in shop.state()["orders"] if o["status"] not in hidden)


def test_the_same_seed_makes_the_same_shop() -> None:
    states = []
    for _ in range(2):
        with woocommerce.running(orders=30, seed=3, until="2026-11-20T00:00:00Z") as shop:
            states.append({k: v for k, v in shop.state().items() if k != "now"})
    for state in states:
        for customer in state["customers"][:1]:  # the administrator is made when it starts
            customer.update(created_at=0, updated_at=0)
    assert states[0] == states[1]
    with woocommerce.running(orders=30, seed=4, until="2026-11-20T00:00:00Z") as shop:
        assert shop.state()["orders"] != states[0]["orders"]


def test_totals_add_up_in_every_order(shop: RunningShop) -> None:
    orders = [
        order
        for page in (1, 2, 3)
        for order in call(shop, "GET", "orders", per_page=100, page=page).body
    ]
    assert len(orders) > 200
    for order in orders:
        lines = sum(_cents(line["total"]) for line in order["line_items"])
        tax = sum(_cents(line["total_tax"]) for line in order["line_items"])
        shipping = _cents(order["shipping_total"]) + _cents(order["shipping_tax"])
        assert _cents(order["total"]) == lines + tax + shipping
        assert _cents(order["discount_total"]) == sum(
            _cents(line["subtotal"]) - _cents(line["total"]) for line in order["line_items"]
        )
    assert any(order["coupon_lines"] for order in orders)
    assert any(order["refunds"] for order in orders)
    assert any(order["customer_id"] == 0 for order in orders)
    assert any(line["sku"] == "" for order in orders for line in order["line_items"])


def _cents(text: str) -> int:
    return round(float(text) * 100)


@pytest.mark.parametrize("zone", ZONES)
def test_two_of_the_four_ways_to_ask_by_time_miss_orders(zone: str) -> None:
    """`modified_after` is strictly greater; naive GMT with the flag and Z without it are right."""
    changed = "2026-11-20T03:19:27"
    with woocommerce.running(orders=3, time_zone=zone, until="2026-11-01T00:00:00Z") as shop:
        shop.clock(now=changed + "+00:00", frozen=True)
        order = shop.place_order()["id"]
        before = "2026-11-20T03:19:26"

        def found(value: str, flag: str) -> bool:
            answer = call(
                shop, "GET", "orders", modified_after=value, dates_are_gmt=flag, per_page=100
            )
            return order in [one["id"] for one in answer.body]

        assert found(before, "true")
        assert found(before + "Z", "false")
        assert not found(changed, "true"), "strictly greater"
        assert not found(changed + "Z", "false"), "strictly greater"
        local = datetime(2026, 11, 20, 3, 19, 26, tzinfo=UTC).astimezone(ZoneInfo(zone))
        assert found(local.strftime("%Y-%m-%dT%H:%M:%S"), "false")
        # The wrong two shift the question by the shop's offset: west of Greenwich the naive one
        # misses the order, east of it the other.
        hours = local.utcoffset().total_seconds() / 3600
        assert found(before, "false") == (hours >= 0)
        assert found(before + "Z", "true") == (hours <= 0)


@pytest.mark.parametrize("zone", ["America_New_York", "Asia_Tokyo"])
def test_times_are_shown_in_the_shops_zone_as_recorded(zone: str) -> None:
    recorded = load(FOLDER, f"tz_{zone}")["body"][0]
    name = zone.replace("_", "/", 1)
    with woocommerce.running(orders=2, time_zone=name, until="2026-11-01T00:00:00Z") as shop:
        shop.clock(now=recorded["date_created_gmt"] + "+00:00", frozen=True)
        order = call(shop, "GET", f"orders/{shop.place_order()['id']}").body
    assert order["date_created"] == recorded["date_created"]
    assert order["date_created_gmt"] == recorded["date_created_gmt"]


def test_customers_have_no_filter_by_time(shop: RunningShop) -> None:
    everybody = call(shop, "GET", "customers", per_page=100).body
    assert (
        call(shop, "GET", "customers", per_page=100, modified_after="2999-01-01").body == everybody
    )
    assert len(everybody) > 10


def test_status_any_leaves_out_trash_and_drafts(shop: RunningShop) -> None:
    order = shop.place_order()["id"]
    shop.trash(order)
    assert order not in [o["id"] for o in call(shop, "GET", "orders", status="any").body]
    assert order in [o["id"] for o in call(shop, "GET", "orders", status="trash").body]
    assert call(shop, "GET", f"orders/{order}").body["status"] == "trash"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"per_page": "0"}, "per_page must be between 1 (inclusive) and 100 (inclusive)"),
        ({"page": "x"}, "page is not of type integer."),
        ({"page": "0"}, "page must be greater than or equal to 1"),
        ({"order": "up"}, "order is not one of asc, and desc."),
        ({"modified_after": "soon"}, "Invalid date."),
    ],
)
def test_bad_parameters_are_refused(
    params: dict[str, str], sentence: str, shop: RunningShop
) -> None:
    answer = call(shop, "GET", "orders", **params)
    assert answer.status == 400
    assert answer.body["data"]["params"] == {next(iter(params)): sentence}


def test_what_there_is_not_is_a_404(shop: RunningShop) -> None:
    for path in ("orders/999999", "products/999999", "customers/999999", "coupons/999999"):
        assert call(shop, "GET", path).status == 404
    assert call(shop, "GET", "nothing").body["code"] == "rest_no_route"


# ------------------------------------------------------------------------------------ signing in


def test_who_does_not_sign_in_sees_nothing(shop: RunningShop) -> None:
    url = f"{shop.url}/wp-json/wc/v3/orders"
    stranger = send("GET", url)
    assert (stranger.status, stranger.body["code"]) == (401, "woocommerce_rest_cannot_view")
    for keys in ("ck_local:wrong", "wrong:cs_local"):
        header = {"Authorization": "Basic " + base64.b64encode(keys.encode()).decode()}
        refused = send("GET", url, headers=header)
        assert (refused.status, refused.body["code"]) == (
            401,
            "woocommerce_rest_authentication_error",
        )


def test_without_tls_only_oauth_signs_in() -> None:
    with woocommerce.running(orders=3, plain_http=True) as shop:
        url = f"{shop.url}/wp-json/wc/v3/orders"
        assert send("GET", url, headers=basic(shop)).status == 401
        good = _oauth(url, "cs_local", {"per_page": "2", "search": "a b~c"})
        assert send("GET", url, params=good).status == 200
        again = send("GET", url, params=good)
        assert again.status == 401
        assert "nonce" in again.body["message"]
        changed = _oauth(url, "cs_local", {"per_page": "2"}) | {"per_page": "3"}
        assert "signature" in send("GET", url, params=changed).body["message"]
        assert send("GET", url, params=_oauth(url, "cs_wrong", {})).status == 401
        old = _oauth(url, "cs_local", {}, stamp=int(time.time()) - 3600)
        assert "timestamp" in send("GET", url, params=old).body["message"]


def _oauth(
    url: str, secret: str, params: dict[str, str], stamp: int | None = None
) -> dict[str, str]:
    given = {
        **params,
        "oauth_consumer_key": "ck_local",
        "oauth_nonce": str(time.time_ns()),
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(stamp or int(time.time())),
    }
    return given | {"oauth_signature": sign(secret, "sha256", "GET", url, list(given.items()))}


# ------------------------------------------------------------------------------------ writing


def test_a_refund_is_never_more_than_what_is_left_and_never_idempotent(shop: RunningShop) -> None:
    order = shop.place_order(gateway="card")
    path = f"orders/{order['id']}/refunds"
    body = {"amount": "1.00", "api_refund": False}
    first, second = (call(shop, "POST", path, body) for _ in range(2))
    assert (first.status, second.status) == (201, 201)
    assert first.body["id"] != second.body["id"]
    left = order["total"] - 200
    over = call(shop, "POST", path, {"amount": f"{(left + 1) / 100:.2f}", "api_refund": False})
    assert (over.status, over.body["message"]) == (500, "Invalid refund amount.")
    rest = call(shop, "POST", path, {"amount": f"{left / 100:.2f}"})
    assert rest.body["refunded_payment"] is True, "the gateway is called unless it is told not to"
    assert call(shop, "GET", f"orders/{order['id']}").body["status"] == "refunded"


def test_a_forgotten_api_refund_calls_a_gateway_that_cannot(shop: RunningShop) -> None:
    order = shop.place_order(gateway="bacs")["id"]
    refused = call(shop, "POST", f"orders/{order}/refunds", {"amount": "1.00"})
    assert refused.status == 500
    assert refused.body["data"] == 500


def test_coupons_expire_at_what_date_expires_says(shop: RunningShop) -> None:
    made = call(
        shop,
        "POST",
        "coupons",
        {"code": "BACK-7", "amount": "3", "date_expires": "2026-12-20T00:00:00Z"},
    ).body
    assert made["code"] == "back-7"
    assert made["date_expires_gmt"] == "2026-12-20T00:00:00"
    ignored = call(
        shop,
        "POST",
        "coupons",
        {"code": "BACK-8", "amount": "3", "date_expires_gmt": "2026-12-20T00:00:00"},
    ).body
    assert ignored["date_expires"] is None
    assert call(shop, "GET", "coupons", code="BACK-7").body[0]["id"] == made["id"]


# ------------------------------------------------------------------------------------ webhooks


def subscribe(shop: RunningShop, receiver: Receiver, topic: str) -> int:
    body = {"topic": topic, "delivery_url": receiver.url + "/hook", "secret": "s3cr3t"}
    answer = call(shop, "POST", "webhooks", body)
    assert answer.status == 201
    identity: int = answer.body["id"]
    return identity


def signed(received_body: bytes, secret: str = "s3cr3t") -> str:
    digest = hmac.new(secret.encode(), received_body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def test_deliveries_look_as_recorded(receiver: Receiver) -> None:
    with woocommerce.running(orders=5) as shop:
        webhook = subscribe(shop, receiver, "order.updated")
        shop.idle()
        ping = receiver.got[0]
        assert ping.body == f"webhook_id={webhook}".encode()
        assert ping.headers["content-type"] == "application/x-www-form-urlencoded"
        assert "x-wc-webhook-signature" not in ping.headers
        order = shop.place_order()["id"]
        shop.idle()
        delivery = receiver.of("x-wc-webhook-topic", "order.updated")[-1]
        assert delivery.headers["x-wc-webhook-signature"] == signed(delivery.body)
        assert json.loads(delivery.body)["id"] == order
        shown = call(shop, "GET", f"webhooks/{webhook}").body
    recorded = json.loads(
        (RECORDINGS / FOLDER / "webhooks/020_order.updated.headers.json").read_text()
    )
    names = {name.lower() for name in recorded} - {"connection", "accept", "accept-encoding"}
    assert names <= set(delivery.headers)
    assert shown["date_modified"] is not None
    assert set(shown) == set(load(FOLDER, "webhook_get")["body"])
    assert "secret" not in load(FOLDER, "webhook_update_reveals_secret")["body"]
    assert "secret" not in shown


def test_the_recorded_deliveries_are_signed_as_the_local_ones_are() -> None:
    folder = RECORDINGS / FOLDER / "webhooks"
    checked = 0
    for path in folder.glob("*.headers.json"):
        headers = json.loads(path.read_text())
        body = path.with_name(path.name.replace(".headers.json", ".body")).read_bytes()
        if "X-WC-Webhook-Signature" in headers:
            assert headers["X-WC-Webhook-Signature"] == signed(body)
            checked += 1
    assert checked > 10


def test_a_delivery_carries_the_state_at_delivery(receiver: Receiver) -> None:
    with woocommerce.running(orders=5, delivery_delay=0.3) as shop:
        subscribe(shop, receiver, "order.created")
        order, gone = shop.place_order()["id"], shop.place_order()["id"]
        shop.edit_order(order, note="later")
        shop.delete(gone)
        shop.idle()
        bodies = [json.loads(d.body) for d in receiver.of("x-wc-webhook-topic", "order.created")]
    assert {"later"} == {body["customer_note"] for body in bodies if body.get("id") == order}
    assert [body["code"] for body in bodies if "code" in body] == [
        "woocommerce_rest_shop_order_invalid_id"
    ]


def test_trash_tells_and_deleting_for_good_does_not(receiver: Receiver) -> None:
    with woocommerce.running(orders=5) as shop:
        subscribe(shop, receiver, "order.deleted")
        trashed, deleted = shop.place_order()["id"], shop.place_order()["id"]
        call(shop, "DELETE", f"orders/{trashed}")
        call(shop, "DELETE", f"orders/{deleted}", force="true")
        shop.idle()
    bodies = [one.body for one in receiver.of("x-wc-webhook-topic", "order.deleted")]
    assert bodies == [b'{"id":%d}' % trashed]


def test_nothing_is_sent_again_and_the_seventh_failure_in_a_row_switches_it_off(
    receiver: Receiver,
) -> None:
    receiver.answer = lambda one: 500 if "x-wc-webhook-topic" in one.headers else 200
    with woocommerce.running(orders=5) as shop:
        webhook = subscribe(shop, receiver, "order.updated")
        order = shop.place_order()["id"]
        shop.idle()
        tries = len(receiver.of("x-wc-webhook-topic", "order.updated"))
        states = []
        for _ in range(9):
            shop.edit_order(order, note="x")
            shop.idle()
            states.append(call(shop, "GET", f"webhooks/{webhook}").body["status"])
        sent = len(receiver.of("x-wc-webhook-topic", "order.updated"))
        assert sent == 7
        assert states.index("disabled") == 7 - tries - 1
        again = call(shop, "PUT", f"webhooks/{webhook}", {"status": "active"})
        assert again.body["status"] == load(FOLDER, "webhook_reactivate")["body"]["status"]
        assert load(FOLDER, "webhook_after_disable")["body"]["status"] == "disabled"
        receiver.answer = lambda _: 200
        shop.edit_order(order, note="y")
        shop.idle()
    assert len(receiver.of("x-wc-webhook-topic", "order.updated")) == 8


def test_nothing_is_sent_to_other_machines() -> None:
    with woocommerce.running(orders=5) as shop:
        body = {"topic": "order.updated", "delivery_url": "https://example.com/hook"}
        call(shop, "POST", "webhooks", body)
        shop.place_order()
        shop.idle()
        assert {one["state"] for one in shop.deliveries()} == {"refused"}
        assert shop.deliveries()[0]["statuses"] == []
