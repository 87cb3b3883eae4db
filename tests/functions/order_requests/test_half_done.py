"""Refunds that payment providers leave half done, and writes that a slow shop does late, at each
platform."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from backshop import outbox

from tests.functions.order_requests.test_at_platforms import break_next, refunds

TELL = ("shopify", "vendure")
"""Platforms whose refunds have a state of their own; WooCommerce's `refunded_payment` is tested in
test_at_platforms."""
ALL = ("woocommerce", *TELL)


@pytest.fixture
def shop(connect, platform):
    made = connect(platform)
    made.server.control("refunding", how="")
    yield made
    made.server.control("refunding", how="")


def wait_out(shop, made: dict[str, Any], monkeypatch) -> dict[str, Any]:
    """The request once it was tried as often as it is."""
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 4)
    shop.work_off()
    done: dict[str, Any] = shop.shown(made)
    return done


@pytest.mark.parametrize("platform", TELL)
def test_a_refund_that_its_provider_has_not_done_is_waited_for(shop, monkeypatch):
    shop.server.control("refunding", how="wait")
    order = shop.place()
    made = shop.refund(order, amount="7.50")
    done = wait_out(shop, made, monkeypatch)
    assert done["status"] == "failed", done
    assert "check at the payment provider" in str(done["response"])
    assert [each["state"] for each in refunds(shop, order)] == ["Pending"], "never sent again"
    assert shop.call("retry_refund", id=made["id"])[0] == 202
    shop.server.control("refunding", how="settle")
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    [refund] = refunds(shop, order)
    assert (refund["amount"], refund["state"]) == (750, "Settled")
    assert refund["transaction_id"].startswith("re_"), "the provider's own, not ours"


@pytest.mark.parametrize("platform", TELL)
@pytest.mark.parametrize("is_cut", [False, True])
def test_a_refund_that_its_provider_refuses_fails_and_is_not_sent_again(shop, is_cut):
    shop.server.control("refunding", how="refuse")
    order = shop.place()
    if is_cut:
        break_next(shop, "after")
    made = shop.refund(order, amount="7.50")
    shop.work_off()
    done = shop.shown(made)
    assert done["status"] == "failed", done
    assert "payment provider" in str(done["response"])
    assert [each["state"] for each in refunds(shop, order)] == ["Failed"]


@pytest.mark.parametrize("platform", TELL)
def test_a_provider_that_refuses_in_the_end_is_not_asked_again(shop, monkeypatch):
    shop.server.control("refunding", how="wait")
    order = shop.place()
    made = shop.refund(order, amount="7.50")
    shop.writer.work(shop.store, f"order:{order['id']}")
    assert shop.shown(made)["status"] == "pending"
    shop.server.control("refunding", how="refuse")
    done = wait_out(shop, made, monkeypatch)
    assert done["status"] == "failed"
    assert [each["state"] for each in refunds(shop, order)] == ["Failed"]


@pytest.mark.parametrize("platform", ["vendure"])
def test_staff_have_a_refused_refund_made_anew(shop, capsys):
    """At Shopify the refund stays what it is, and another request makes another."""
    shop.server.control("refunding", how="refuse")
    order = shop.place()
    made = shop.refund(order, amount="7.50")
    shop.work_off()
    shop.server.control("refunding", how="settle")
    assert shop.call("retry_refund", id=made["id"])[0] == 202
    shop.work_off()
    assert shop.shown(made)["status"] == "processed"
    assert [each["state"] for each in refunds(shop, order)] == ["Failed", "Settled"]
    assert "RefundsMadeTwice" not in capsys.readouterr().out


@pytest.mark.parametrize("platform", ALL)
def test_an_address_that_a_slow_shop_writes_late_does_not_replace_a_later_one(shop, monkeypatch):
    """It acts half a second after the connection broke; the later change waits for that."""
    monkeypatch.setattr(outbox, "DOUBT", timedelta(seconds=1.5))
    order = shop.place()
    only = "PUT" if shop.platform == "woocommerce" else ""
    shop.server.faults({"during": 1.0}, most=1, late_seconds=0.7, only=only, timeout_seconds=0.1)
    first = shop.change(order, line1="1 First St")
    shop.writer.work(shop.store, f"order:{order['id']}")
    second = shop.change(order, line1="2 Second St")
    shop.work_off()
    time.sleep(0.8)
    assert shop.shown(second, "address-updates")["status"] == "updated"
    assert shop.shown(first, "address-updates")["status"] in ("updated", "failed")
    held = shop.server.order(order["id"])
    assert held["shipping_address"]["address1"] == "2 Second St"
    assert held["status"] == order["status"]


@pytest.mark.parametrize("platform", ["vendure"])
def test_a_country_that_vendure_does_not_know_leaves_no_order_in_modifying(shop):
    """It is no member of the union, but an error (UserInputError of `findOneByCode`)."""
    order = shop.place()
    made = shop.change(
        order, country_code="FR", postal_code="75001", city="Paris", province_code=""
    )
    shop.work_off()
    done = shop.shown(made, "address-updates")
    assert done["status"] == "failed"
    assert "FR" in str(done["response"])
    assert shop.server.order(order["id"])["status"] == order["status"]


@pytest.mark.parametrize("platform", ["vendure"])
def test_an_order_whose_change_is_given_up_does_not_stay_in_modifying(shop, monkeypatch):
    """`modifyOrder` breaks each time; the last attempt only looks, and takes the order back."""
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 3)
    from backshop.platforms.errors import Unconfirmed
    from backshop.platforms.vendure import orders

    def broken(*_args: Any, **_named: Any) -> Any:
        raise Unconfirmed("the connection broke")

    monkeypatch.setattr(orders, "_modify", broken)
    order = shop.place()
    made = shop.change(order)
    shop.writer.work(shop.store, f"order:{order['id']}")
    assert shop.server.order(order["id"])["status"] == "Modifying", "else this shows nothing"
    shop.work_off()
    assert shop.shown(made, "address-updates")["status"] == "failed"
    assert shop.server.order(order["id"])["status"] == order["status"]


@pytest.mark.parametrize("platform", ["vendure"])
def test_an_order_that_cannot_leave_modifying_is_said_to_be_there(shop, monkeypatch):
    """Somebody refunds while the address is changed."""
    from backshop.platforms.vendure import orders

    modify = orders._modify

    def refunded_meanwhile(api: Any, change: Any, *, dry_run: bool) -> Any:
        answer = modify(api, change, dry_run=dry_run)
        if not dry_run:
            shop.server.refund(order["id"], amount=500)
        return answer

    monkeypatch.setattr(orders, "_modify", refunded_meanwhile)
    order = shop.place()
    made = shop.change(order)
    shop.work_off()
    done = shop.shown(made, "address-updates")
    assert done["status"] == "failed"
    assert "is in the state Modifying" in done["response"]["error"]
