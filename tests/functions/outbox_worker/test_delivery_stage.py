"""Delivery stages on their way to Vendure: sent once, read back, never overwriting what is
newer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from backshop import outbox
from backshop.platforms.errors import PermanentRefusal, TransientOutage
from backshop.platforms.vendure.api import field_names

from shops.running import running


def test_a_change_here_arrives_there_both_fields_in_one_mutation(shop):
    code = shop.place()
    shop.move(code, "DISPATCHED", "TE-1")
    shop.work_off()
    assert shop.there(code) == ("DISPATCHED", "TE-1")
    [row] = shop.rows()
    assert row["status"] == "done"
    assert row["response"] == {"sent": True, "stage": "DISPATCHED", "tracking_number": "TE-1"}
    held = shop.here(code)
    assert (held["platform_stage"], held["platform_tracking_number"]) == ("DISPATCHED", "TE-1")
    assert shop.sent() == 1


def test_changes_that_were_overtaken_are_not_sent(shop):
    code = shop.place()
    shop.move(code, "SOURCING")
    shop.move(code, "ARRIVED")
    shop.move(code, "DISPATCHED", "TE-1")
    shop.work_off()
    assert shop.there(code) == ("DISPATCHED", "TE-1")
    assert [row["response"]["sent"] for row in shop.rows()] == [True, False, False]
    assert shop.sent() == 1


def test_a_correction_goes_back_there_too(shop):
    code = shop.place()
    shop.move(code, "DISPATCHED", "TE-1")
    shop.work_off()
    shop.move(code, "SOURCING", correct=True, note="wrong parcel")
    shop.work_off()
    assert shop.there(code) == ("SOURCING", None)


@pytest.mark.parametrize("fault", ["before", "during", "after", "500", "429", "cut", "html"])
def test_whatever_breaks_it_is_sent_once(shop, fault):
    """`during` and `after` do it and answer nothing: the next attempt reads that it is done."""
    code = shop.place()
    shop.move(code, "ARRIVED")
    shop.server.faults({fault: 1.0}, most=1, late_seconds=0.02, retry_after=0)
    shop.work_off()
    met = shop.server.faults()["counts"]
    assert met.get(fault), met
    assert shop.there(code) == ("ARRIVED", None)
    assert shop.rows()[0]["status"] == "done"
    assert shop.sent() == 1


def test_what_vendure_does_not_have_is_refused_for_good(shop):
    code = shop.place()
    shop.move(code, "SOURCING")
    shop.owner.execute(
        "UPDATE backshop.outbox SET key = 'order:999999' WHERE store_id = %s", [shop.store]
    )
    shop.work_off()
    [row] = shop.rows()
    assert (row["status"], row["attempts"]) == ("failed", 1)
    assert row["response"] == {"error": "the order is gone at the shop"}


def test_a_vendure_that_is_away_is_tried_until_it_is_enough(shop, monkeypatch):
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 4)
    shops = shop.writer.import_module("connected_shop")
    monkeypatch.setattr(shops, "SECONDS", 0.5)
    code = shop.place()
    shop.move(code, "SOURCING")
    shop.server.faults({"503": 1.0}, retry_after=0)
    shop.work_off()
    shop.server.faults()
    [row] = shop.rows()
    assert (row["status"], row["attempts"]) == ("failed", 4)
    assert row["response"]["error"] == "gave up after 3 attempts"
    assert "503" in row["response"]["last"]["error"]
    _, listed = shop.call("outbox_rows/list")
    assert [each["id"] for each in listed["items"]] == [row["id"]]
    assert shop.call("outbox_rows/retry", id=str(row["id"]))[0] == 200
    shop.work_off()
    assert shop.there(code) == ("SOURCING", None)


def test_what_somebody_set_there_meanwhile_is_followed_not_overwritten(shop):
    code = shop.place()
    shop.move(code, "SOURCING")
    shop.set_there(code, "DELIVERED", "TE-9")
    shop.work_off()
    assert shop.there(code) == ("DELIVERED", "TE-9")
    held = shop.here(code)
    assert (held["stage"], held["tracking_number"], held["updated_by"]) == (
        "DELIVERED", "TE-9", "vendure",
    )  # fmt: skip
    assert shop.sent() == 0


def test_what_went_back_there_is_repaired(shop):
    code = shop.place()
    shop.move(code, "ARRIVED")
    shop.work_off()
    shop.set_there(code, "SOURCING")
    shop.owner.execute(
        "UPDATE kits.order_delivery_status SET to_repair = true WHERE store_id = %s", [shop.store]
    )
    shop.work_off()
    assert shop.there(code) == ("ARRIVED", None)
    assert shop.here(code)["version"] == 2, "no event: nothing changed here"
    assert shop.sent() == 2


def fields_with(*names: str) -> str:
    """The plugin's custom fields and some of the shop's own, as the local server takes them."""
    plugin = Path(__file__).parents[3] / "integrations/vendure/custom-fields.json"
    fields = json.loads(plugin.read_text())
    fields["Order"] += [{"name": name, "type": "string", "nullable": True} for name in names]
    return json.dumps(fields)


def moved_to(server, shop, owner, names):
    """The shop is at this server from now on, whose fields have these names."""
    shop.server = server
    owner.execute(
        "UPDATE connect.connector_config SET store_url = %s WHERE id = %s",
        [server.url, shop.store],
    )
    owner.execute(
        "UPDATE backshop.stores SET settings = settings || %s::jsonb WHERE id = %s",
        [json.dumps({"vendure_fields": names}), shop.store],
    )


def test_a_shop_with_other_field_names(shop, owner, tmp_path):
    """Both ways: what is sent, and what was set there meanwhile."""
    names = {"deliveryStage": "shippingStep", "trackingNumber": "awb"}
    own = tmp_path / "fields.json"
    own.write_text(fields_with("shippingStep", "awb"))
    with running("vendure", orders=0, products=4, custom_fields=own) as server:
        moved_to(server, shop, owner, names)
        code = shop.place()
        shop.move(code, "DISPATCHED", "TE-1")
        shop.work_off()
        number = int(code.split("-")[1])
        custom = server.order(number)["custom"]
        assert (custom["shippingStep"], custom["awb"]) == ("DISPATCHED", "TE-1")
        assert not custom.keys() & names.keys()
        server.edit_order(number, custom={"shippingStep": "DELIVERED", "awb": "TE-1"})
        shop.move(code, "DISPATCHED", "TE-2", correct=True, note="typing error")
        shop.work_off()
        assert (shop.here(code)["stage"], shop.here(code)["tracking_number"]) == (
            "DELIVERED",
            "TE-1",
        )


@pytest.mark.parametrize("is_told", [True, False])
def test_names_that_the_plugin_was_told_of_are_written_by_its_own_mutation(
    shop, owner, tmp_path, is_told
):
    """Vendure's saves the whole order, and takes a state transition back that came in between."""
    names = {"deliveryStage": "shippingStep", "trackingNumber": "awb"}
    own = tmp_path / "fields.json"
    own.write_text(fields_with(*names.values()))
    with running("vendure", orders=0, products=4, custom_fields=own) as server:
        if is_told:
            server.control("settings", delivery_fields=list(names.values()))
        moved_to(server, shop, owner, names)
        code = shop.place()
        shop.move(code, "DISPATCHED", "TE-1")
        shop.work_off()
        custom = server.order(int(code.split("-")[1]))["custom"]
        assert (custom["shippingStep"], custom["awb"]) == ("DISPATCHED", "TE-1")
        assert not custom.keys() & names.keys(), "fields that are not meant"
        ran = server.control("mutations")
        assert bool(ran.get("setOrderCustomFields")) is not is_told, ran


@pytest.mark.parametrize("name", ["1x", "a b", "x } me { id", ""])
def test_what_cannot_be_a_field_is_never_put_into_an_operation(name):
    if name:
        with pytest.raises(PermanentRefusal):
            field_names({"vendure_fields": {"deliveryStage": name}})
    else:
        assert field_names({"vendure_fields": {"deliveryStage": name}})["deliveryStage"] == (
            "deliveryStage"
        )


# ------------------------------------------------------------------------- telling shoppers


def agree(shop, code: str) -> None:
    shop.owner.execute(
        "UPDATE kits.customer_orders_summary SET sms_updates = true WHERE order_code = %s"
        " AND store_id = %s",
        [code, shop.store],
    )


def test_a_shopper_who_agreed_is_told_once_of_each_stage(shop):
    code, silent = shop.place(), shop.place()
    agree(shop, code)
    for stage, number in (("SOURCING", None), ("DISPATCHED", "TE-1")):
        shop.move(code, stage, number)
        shop.move(code, stage, number)
        shop.move(silent, stage, number)
        shop.work_off()
    assert [phone for phone, _ in shop.texts] == ["94770000012"] * 2
    assert "sourced" in shop.texts[0][1]
    assert "TE-1" in shop.texts[1][1]
    assert {row["status"] for row in shop.rows("delivery_sms")} == {"done"}


def test_two_changes_at_once_make_one_sms(shop):
    code = shop.place()
    agree(shop, code)
    shop.move(code, "SOURCING")
    shop.sweep.handler({}, shop.context)
    shop.move(code, "ARRIVED")
    shop.work_off()
    assert len(shop.texts) == 1
    assert "arrived" in shop.texts[0][1]


@pytest.mark.parametrize(
    ("error", "status", "texts"),
    [("away", "done", 1), ("lasting", "failed", 0), ("doubtful", "failed", 0)],
)
def test_an_sms_whose_end_is_unknown_is_not_sent_again(shop, monkeypatch, error, status, texts):
    senders = shop.writer.import_module("delivery_sms").senders
    sent, tries = [], []
    failures = {
        "away": senders.MessageNotSent("away", lasting=False),
        "lasting": senders.MessageNotSent("no such phone", lasting=True),
        "doubtful": senders.Doubtful("no answer"),
    }

    def send(*message):
        tries.append(message)
        if len(tries) == 1:
            raise failures[error]
        sent.append(message)
        return "reference"

    monkeypatch.setattr(senders, "send_sms", send)
    code = shop.place()
    agree(shop, code)
    shop.move(code, "SOURCING")
    shop.work_off()
    [row] = shop.rows("delivery_sms")
    assert (row["status"], len(sent)) == (status, texts)
    assert "94770000012" not in str(row)


# ------------------------------------------------------------------------- the dispatch


def test_a_message_works_off_its_key(shop, event):
    code = shop.place()
    shop.move(code, "SOURCING")
    message = event("outbox_worker/message")
    record = message["Records"][0]
    record["body"] = f'{{"store_id": "{shop.store}", "key": "order:{code.split("-")[1]}"}}'
    shop.context.get_remaining_time_in_millis = lambda: 100_000
    assert shop.writer.handler(message, shop.context) == {"batchItemFailures": []}
    assert shop.rows()[0]["status"] == "done"
    assert shop.writer.handler(message, shop.context) == {"batchItemFailures": []}, "nothing left"
    record["body"] = "{}"
    assert shop.writer.handler(message, shop.context)["batchItemFailures"]


def test_what_is_unexpected_counts_as_an_attempt_and_is_seen(shop, monkeypatch):
    module = shop.writer.import_module("delivery_stage")

    def broken(row: outbox.Row) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(module, "action", outbox.Action(find=lambda row: None, do=broken))
    code = shop.place()
    shop.move(code, "SOURCING")
    key = f"order:{code.split('-')[1]}"
    with pytest.raises(ZeroDivisionError):
        shop.writer.work(shop.store, key)
    [row] = shop.rows()
    assert (row["status"], row["attempts"]) == ("pending", 1)
    assert row["response"] == {"error": "ZeroDivisionError in delivery_stage"}


def test_the_last_attempt_only_looks(shop, monkeypatch):
    """So that a row that fails knows what became of the attempt before."""
    calls = []
    done = []

    def do(row):
        calls.append("do")
        raise TransientOutage("no answer")

    def find(row):
        calls.append("find")
        return {"found": True} if len(calls) >= 5 else None

    module = shop.writer.import_module("delivery_stage")
    monkeypatch.setattr(outbox, "MAX_ATTEMPTS", 4)
    monkeypatch.setattr(
        module, "action", outbox.Action(find, do, lambda tx, row, answer: done.append(answer))
    )
    code = shop.place()
    shop.move(code, "SOURCING")
    shop.work_off()
    assert calls == ["do", "find", "do", "find", "do", "find"][: len(calls)]
    assert done == [{"found": True}]
    assert shop.rows()[0]["status"] == "done"
