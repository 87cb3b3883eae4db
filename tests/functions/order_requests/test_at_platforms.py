"""Refunds and address changes at the three local shops, from the route to the platform."""

from __future__ import annotations

import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from backshop import outbox

PLATFORMS = ("woocommerce", "shopify", "vendure")
CUTS = ("before", "during", "after", "cut", "truncated", "html", "500")

pytestmark = pytest.mark.parametrize("platform", PLATFORMS)


@pytest.fixture
def shop(connect, platform):
    return connect(platform)


def refunds(shop, order: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shop.server.order(order["id"])["refunds"]
    return found


def break_next(shop, kind: str, only: str = "") -> None:
    """The next request (or the next write) that the pattern names meets the fault, then all is
    well."""
    shop.server.faults({kind: 1.0}, most=1, late_seconds=0.1, only=only, timeout_seconds=0.1)


def test_an_amount_is_given_back_once(shop):
    order = shop.place()
    made = shop.refund(order, amount="7.50", reason="late delivery")
    shop.work_off()
    done = shop.shown(made)
    assert (done["status"], done["amount"]) == ("processed", "7.50"), done
    assert done["response"]
    [refund] = refunds(shop, order)
    assert refund["amount"] == 750
    assert refund["reason"] == f"late delivery [{made['id']}]"
    assert refund["state"] == "Settled"
    assert done["platform_refund_id"] == str(refund["id"])


def test_lines_are_given_back_at_the_shop_s_prices(shop):
    order = shop.place()
    line = order["lines"][0]
    parts = [
        shop.refund(order, lines=[{"line_id": str(line["id"]), "quantity": quantity}])
        for quantity in (1, 2)
    ]
    shop.work_off()
    done = [shop.shown(part) for part in parts]
    assert [each["status"] for each in done] == ["processed"] * 2
    made = refunds(shop, order)
    assert sum(part["quantity"] for each in made for part in each["lines"]) == 3
    told = sum(Decimal(each["amount"]) for each in done) * 100
    assert sum(each["amount"] for each in made) == told
    net = line["unit_price"] * 3 - line["discount"]
    whole = Decimal(net) * (100 + Decimal(order["tax_rate"])) / 100
    assert abs(told - whole) <= 2, "shares add up to the line, but for the shop's own rounding"


def test_restocking(shop, platform):
    order = shop.place()
    line = order["lines"][0]
    asked = {"lines": [{"line_id": str(line["id"]), "quantity": 1}], "restock": True}
    status, made = shop.call("refund", order["id"], asked)
    if platform == "vendure":
        assert status == 422, "a refund there does not restock"
        return
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    assert refunds(shop, order)[0]["restock"]
    without = shop.refund(order, lines=asked["lines"])
    shop.work_off()
    assert shop.shown(without)["status"] == "processed"
    assert not refunds(shop, order)[1]["restock"]


def test_everything_can_be_given_back_and_then_nothing(shop):
    order = shop.place()
    made = shop.refund(order, amount=str(Decimal(order["total"]) / 100))
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    assert shop.server.order(order["id"])["refunded"] == order["total"]
    assert shop.call("refund", order["id"], {"amount": "0.01"})[0] == 409


def test_what_the_shop_refunded_itself_counts(shop):
    """Not known here yet, so the request is taken; the platform has the last word."""
    order = shop.place()
    shop.server.refund(order["id"], amount=order["total"] - 100)
    made = shop.refund(order, amount="5.00")
    shop.work_off()
    done = shop.shown(made)
    assert done["status"] == "failed"
    assert "left" in str(done["response"])
    assert shop.server.order(order["id"])["refunded"] == order["total"] - 100


def test_failed_refunds_are_tried_again_by_staff(shop):
    order = shop.place()
    shop.server.refund(order["id"], amount=order["total"] - 100)
    made = shop.refund(order, amount="5.00")
    shop.work_off()
    status, again = shop.call("retry_refund", id=made["id"])
    assert (status, again["status"]) == (202, "pending")
    shop.work_off()
    assert shop.shown(made)["status"] == "failed"
    assert len(refunds(shop, order)) == 1


@pytest.mark.parametrize("kind", CUTS)
def test_a_refund_whose_answer_never_came_is_made_once(shop, kind):
    order = shop.place()
    break_next(shop, kind, only="refunds" if shop.platform == "woocommerce" else "POST")
    made = shop.refund(order, amount="7.50")
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    assert shop.server.idle()
    assert [refund["amount"] for refund in refunds(shop, order)] == [750]
    assert refunds(shop, order)[0]["state"] == "Settled"


def test_a_payment_method_that_cannot_give_back_is_refunded_by_hand(shop, platform):
    """Bank transfers at WooCommerce; elsewhere `manual` changes nothing."""
    order = shop.place(gateway="bacs")
    made, by_hand = (
        shop.refund(order, amount="1.00"),
        shop.refund(order, amount="2.00", manual=True),
    )
    shop.work_off()
    first = shop.shown(made)
    assert shop.shown(by_hand)["status"] == "processed"
    if platform == "woocommerce":
        assert first["status"] == "failed"
        assert "does not support automatic refunds" in first["response"]["message"]
        assert [refund["amount"] for refund in refunds(shop, order)] == [200]


def test_a_refund_waits_for_its_gateway_and_is_never_sent_again(shop, platform, monkeypatch):
    if platform != "woocommerce":
        pytest.skip("only WooCommerce saves a refund before its gateway is called")
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 4)
    shop.server.control("settings", gateway_confirms=False)
    order = shop.place()
    made, by_hand = shop.refund(order, amount="7.50"), shop.refund(order, amount="1", manual=True)
    shop.work_off()
    waited = shop.shown(made)
    assert waited["status"] == "failed", waited
    assert "check at the payment provider" in waited["response"]["error"]
    assert shop.shown(by_hand)["status"] == "processed"
    assert shop.call("retry_refund", id=made["id"])[0] == 202
    shop.server.control("settings", gateway_confirms=True)
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    assert [refund["amount"] for refund in refunds(shop, order)] == [750, 100]


def test_a_shop_that_acts_late_refunds_once(shop, monkeypatch):
    """It acts a second after the connection broke; without the wait it is asked again after 0.2
    s."""
    monkeypatch.setattr(outbox, "DOUBT", timedelta(seconds=2))
    order = shop.place()
    shop.server.faults({"during": 1.0}, most=1, late_seconds=1.0)
    made = shop.refund(order, amount="7.50")
    shop.work_off()
    time.sleep(1.2)  # however soon it was processed, the late one is there by now
    assert shop.shown(made)["status"] == "processed"
    assert [refund["amount"] for refund in refunds(shop, order)] == [750]


def test_two_refunds_of_one_request_are_an_alarm(shop, capsys):
    """The shop makes the first one, after all, when the second try has been made."""
    order = shop.place()
    break_next(shop, "before")
    made = shop.refund(order, amount="7.50", reason="late")
    until = time.monotonic() + 30
    while shop.shown(made)["status"] == "pending" and time.monotonic() < until:
        shop.writer.work(shop.store, f"order:{order['id']}")
    assert shop.shown(made)["status"] == "processed"
    assert "RefundsMadeTwice" not in capsys.readouterr().out
    shop.server.refund(order["id"], amount=750, reason=f"late [{made['id']}]")
    shop.work_off()
    assert "RefundsMadeTwice" in capsys.readouterr().out


def test_an_address_arrives(shop):
    order = shop.place()
    made = shop.change(order)
    shop.work_off()
    done = shop.shown(made, "address-updates")
    assert done["status"] == "updated", done
    assert "Jane" not in str(done["response"])
    held = shop.server.order(order["id"])
    address = held["shipping_address"]
    assert address["first_name"] + " " + address["last_name"] == "Jane van Doe"
    assert (address["address1"], address["address2"]) == ("2 New St", "Floor 3")
    assert (address["city"], address["zip"], address["country_code"]) == ("Oakland", "94601", "US")
    assert held["status"] == order["status"], "it is back in its state"


def test_an_address_is_known_here_as_soon_as_it_is_written(shop, platform, owner):
    """No webhook is subscribed and no sync runs; in WordPress' own tables an address does not even
    move the order's modified time."""
    if platform != "woocommerce":
        pytest.skip("tells its changes by events, and is read again whatever its times say")
    shop.server.control("settings", storage="legacy")
    order = shop.place()
    shop.change(order)
    shop.work_off()
    row = owner.execute(
        "SELECT shipping_address FROM connect.platform_order WHERE store_id = %s AND order_id = %s",
        (shop.store, str(order["id"])),
    ).fetchone()
    assert row["shipping_address"]["line1"] == "2 New St"


def test_two_changes_in_a_row_end_with_the_later_one(shop):
    order = shop.place()
    first = shop.change(order, line1="1 First St")
    second = shop.change(order, line1="2 Second St")
    shop.work_off()
    assert shop.server.order(order["id"])["shipping_address"]["address1"] == "2 Second St"
    assert shop.shown(second, "address-updates")["status"] == "updated"
    before = shop.shown(first, "address-updates")
    assert (before["status"], before["response"]["superseded_by"]) == ("failed", second["id"])
    third = shop.change(order, line1="3 Third St")
    shop.work_off()
    assert shop.shown(third, "address-updates")["status"] == "updated"
    assert shop.server.order(order["id"])["shipping_address"]["address1"] == "3 Third St"


@pytest.mark.parametrize("kind", CUTS)
def test_a_change_whose_answer_never_came_arrives(shop, kind):
    order = shop.place()
    break_next(shop, kind)
    made = shop.change(order)
    shop.work_off()
    assert shop.shown(made, "address-updates")["status"] == "updated"
    held = shop.server.order(order["id"])
    assert held["shipping_address"]["address1"] == "2 New St"
    assert held["status"] == order["status"]


def test_a_shipped_order_keeps_its_address(shop):
    """Shipped a moment ago, which is not known here yet."""
    order = shop.place()
    shop.server.ship(order["id"])
    made = shop.change(order)
    shop.work_off()
    done = shop.shown(made, "address-updates")
    assert done["status"] == "failed"
    assert shop.server.order(order["id"])["shipping_address"]["address1"] != "2 New St"


def test_an_erased_address_is_not_sent(shop):
    order = shop.place()
    made = shop.change(order)
    shop.owner.execute(
        "UPDATE connect.address_update_request SET new_address = '{}' WHERE id = %s", [made["id"]]
    )
    shop.work_off()
    assert shop.shown(made, "address-updates")["status"] == "failed"
    held = shop.server.order(order["id"])["shipping_address"]
    assert held == order["shipping_address"]


def test_an_order_that_is_gone_fails_for_good(shop):
    order = shop.place()
    shop.server.delete(order["id"])
    refund, change = shop.refund(order, amount="1.00"), shop.change(order)
    shop.work_off()
    assert shop.shown(refund)["status"] == "failed"
    assert shop.shown(change, "address-updates")["status"] == "failed"


def test_wrong_credentials_are_tried_again_until_staff_mend_them(shop, platform):
    from backshop.stores import credentials

    order = shop.place()
    wrong = credentials.seal(
        "shpat_wrong" if platform == "shopify" else "a:b", shop.store, "api_key"
    )
    set_key = "UPDATE connect.connector_config SET api_key = %s WHERE id = %s RETURNING old.api_key"
    right = shop.owner.execute(set_key, (wrong, shop.store)).fetchone()["api_key"]
    made = shop.refund(order, amount="1.00")
    with pytest.raises(AssertionError, match="open still"):
        shop.work_off(seconds=0.5)
    assert shop.shown(made)["status"] == "pending"
    shop.owner.execute(set_key, (right, shop.store))
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
