"""Refunds and addresses of Vendure orders that were made smaller, refunded or kept in other
units."""

from __future__ import annotations

from decimal import Decimal

import pytest
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.vendure.money import minor_units
from backshop.platforms.vendure.orders import can_come_back

from shops.running import running


@pytest.fixture
def shop(connect):
    return connect("vendure")


def pay(shop, order, *states):
    """The order's payments here, as a sync would have saved them."""
    payments = (
        "[" + ",".join(f'{{"amount": "{amount}", "state": "{s}"}}' for amount, s in states) + "]"
    )
    shop.owner.execute(
        "UPDATE connect.platform_order SET payments = %s WHERE store_id = %s AND order_id = %s",
        (payments, shop.store, str(order["id"])),
    )


def test_what_may_be_refunded_is_what_was_paid_less_what_went_back(shop):
    """The total has shrunk already when goods were taken out: the refund is not taken off twice."""
    order = shop.place()
    pay(shop, order, ("29.00", "Settled"), ("50.00", "Declined"))
    shop.owner.execute(
        """UPDATE connect.platform_order SET total_amount = 17, refunded_amount = 12
           WHERE store_id = %s AND order_id = %s""",
        (shop.store, str(order["id"])),
    )
    status, refused = shop.call("refund", order["id"], {"amount": "17.01"})
    assert status == 409
    assert "17.00" in refused["detail"]
    assert shop.call("refund", order["id"], {"amount": "17.00"})[0] == 202


def test_the_pieces_left_of_a_line_can_be_refunded_after_a_partial_cancellation(shop):
    """Three were bought, one was cancelled and refunded: the other two can go back."""
    order = shop.place()
    line = str(order["lines"][0]["id"])
    shop.owner.execute(
        """UPDATE connect.order_item SET quantity = 2, total = 20, tax = 0, refunded_quantity = 1
           WHERE store_id = %s AND line_id = %s""",
        (shop.store, line),
    )
    placed = f'[{{"id": "{line}", "orderPlacedQuantity": 3}}]'
    shop.owner.execute(
        "UPDATE connect.platform_order SET line_items = %s WHERE store_id = %s AND order_id = %s",
        (placed, shop.store, str(order["id"])),
    )
    wanted = {"lines": [{"line_id": line, "quantity": 2}]}
    status, made = shop.call("refund", order["id"], wanted)
    assert (status, made["amount"]) == (202, "20.00")
    assert shop.call("refund", order["id"], {"lines": [{"line_id": line, "quantity": 1}]})[0] == 422


def test_the_address_of_a_partly_refunded_order_is_declined_before_it_is_stuck(shop):
    """Vendure lets an order out of Modifying only while what was paid covers its total."""
    order = shop.place()
    shop.refund(order, amount="5.00")
    shop.work_off()
    made = shop.change(order)
    shop.work_off()
    done = shop.shown(made, "address-updates")
    assert done["status"] == "failed"
    assert "Modifying" in done["response"]["error"]
    assert shop.server.order(order["id"])["status"] == "PaymentSettled"


STATE = {"totalWithTax": 2900, "modifications": [], "payments": []}


@pytest.mark.parametrize(
    ("payments", "state", "can"),
    [
        ([(2900, "Settled", 0)], "PaymentSettled", True),
        ([(2900, "Settled", 1)], "PaymentSettled", False),
        ([(2000, "Settled", 0), (900, "Settled", 0)], "PaymentSettled", True),
        ([(2000, "Settled", 0), (900, "Authorized", 0)], "PaymentSettled", False),
        ([(2000, "Settled", 0), (900, "Authorized", 0)], "PaymentAuthorized", True),
        ([(2900, "Settled", 0)], "PaymentAuthorized", False),
        ([(2900, "Declined", 0)], "PaymentSettled", False),
    ],
)
def test_who_can_come_back(payments, state, can):
    found = STATE | {
        "payments": [
            {
                "amount": amount,
                "state": of,
                "refunds": [
                    {"total": back, "state": "Settled"},
                    {"total": 9000, "state": "Failed"},
                ],
            }
            for amount, of, back in payments
        ]
    }
    assert can_come_back(found, state) is can
    unpaid = found | {"modifications": [{"isSettled": False}]}
    assert not can_come_back(unpaid, state)


@pytest.mark.parametrize(
    ("major", "precision", "minor"), [("2700", 2, 270000), ("2700", 0, 2700), ("1.234", 3, 1234)]
)
def test_minor_units_are_the_servers(major, precision, minor):
    assert minor_units(Decimal(major), precision) == minor


def test_an_amount_that_the_server_cannot_keep_is_declined():
    with pytest.raises(PermanentDecline):
        minor_units(Decimal("10.5"), 0)


@pytest.mark.parametrize("precision", [0, 3])
def test_a_refund_is_sent_in_the_units_that_the_server_names(shop, precision, monkeypatch):
    """Even where no sync has learnt them yet: the server is asked before money moves."""
    with running("vendure", orders=0, products=2, money_precision=precision) as server:
        order = server.place_order(paid=True)
        shop.owner.execute(
            "UPDATE connect.connector_config SET store_url = %s WHERE id = %s",
            (server.url, shop.store),
        )
        shop.server = server
        shop.save(order)
        made = shop.refund(order, amount="1")
        shop.work_off()
        assert shop.shown(made)["status"] == "processed", shop.shown(made)
        [refund] = server.order(order["id"])["refunds"]
        assert refund["amount"] == 10**precision
