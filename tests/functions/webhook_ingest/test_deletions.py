"""A deletion is believed of the shop alone: the body of its delivery is an id that does for
anything."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from hashlib import sha256
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from backshop import db, outbox, platforms
from backshop.aws import config

from tests.functions.sync_run.shops import Connected, connected, differences

TOPICS = {
    "woocommerce": {
        "order": "order.deleted",
        "customer": "customer.deleted",
        "product": "product.deleted",
    },
    "shopify": {
        "order": "orders/delete",
        "customer": "customers/delete",
        "product": "products/delete",
    },
    "vendure": {
        "order": "order.deleted",
        "customer": "customer.deleted",
        "product": "product.deleted",
    },
}


@pytest.fixture(autouse=True)
def _public_url(aws, monkeypatch):
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9/")


@pytest.fixture
def ingest(load):
    function = load("webhook_ingest")

    def run(shop: Connected, kind: str, id: Any, received_at: datetime | None = None) -> None:
        topic = TOPICS[shop.platform][kind]
        at = received_at or datetime.now(UTC)
        said: dict[str, Any] = {"id": id}
        if shop.platform == "vendure":
            said = {
                "event": topic,
                "deliveryId": str(uuid4()),
                "createdAt": at.isoformat(),
                "type": "deleted",
                "data": {"id": str(id)},
            }
        body = json.dumps(said).encode()
        message = {
            "connector_id": str(shop.id),
            "platform": shop.platform,
            "topic": topic,
            "key": str(uuid4()),
            "sha256": sha256(body).hexdigest(),
            "received_at": at.isoformat(),
            "triggered_at": None,
            "body": body.decode(),
        }
        record = {"messageId": "1", "body": json.dumps(message)}
        assert function.handler({"Records": [record]}, None) == {"batchItemFailures": []}

    return run


@pytest.fixture
def work(load, aws):
    """Works off what is in the outbox of the store; its answers."""
    worker = load("outbox_worker")
    time_enough = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000)

    def run(shop: Connected) -> list[Any]:
        messages = [
            {"messageId": "1", "body": json.dumps(each)}
            for each in aws.messages("OUTBOX_QUEUE_URL")
        ]
        assert messages, "announced"
        for each in messages:
            worker.handler({"Records": [each]}, time_enough)
        return shop.rows("SELECT status, response FROM backshop.outbox ORDER BY id")

    return run


def ids(shop: Connected) -> dict[str, Any]:
    state = shop.shop.state()
    orders = [each for each in state["orders"] if each["status"] != "trash" and each["placed_at"]]
    return {
        "order": orders[0]["id"],
        "customer": state["customers"][-1]["id"],
        "product": state["products"][-1]["id"],
    }


SHOPS = [("woocommerce", 12), ("shopify", 6), ("vendure", 12)]


@pytest.mark.parametrize("platform, orders", SHOPS)
def test_a_deletion_that_the_shop_does_not_confirm_is_not_obeyed(
    platform, orders, ingest, work, monkeypatch
):
    """Each id of the shop, sent as the deletion of each kind."""
    with connected(platform, orders=orders, seed=10) as shop:
        shop.sync("full")
        before = differences(shop)
        assert before == []

        def asked(*_: Any) -> Any:
            raise AssertionError("the shop is not asked while deliveries are ingested")

        with monkeypatch.context() as patch:
            patch.setattr(type(platforms.load(platform)), "open", property(asked))
            for id in ids(shop).values():
                for kind in TOPICS[platform]:
                    ingest(shop, kind, id)
        assert differences(shop) == [], "nothing is gone before the shop was asked"
        rows = work(shop)
        assert [each["status"] for each in rows] == ["done"] * len(rows)
        assert differences(shop) == []


@pytest.mark.parametrize("platform, orders", SHOPS)
def test_what_the_shop_deleted_goes_when_it_says_so(platform, orders, ingest, work):
    """The control: the same deliveries, and the shop has the records no more."""
    with connected(platform, orders=orders, seed=10) as shop:
        shop.sync("full")
        gone = ids(shop)
        kinds = ["order", "product"] if platform == "vendure" else list(gone)
        for kind in kinds:
            shop.shop.control(f"delete_{kind}", id=gone[kind])
        assert differences(shop) != []
        for kind in kinds:
            ingest(shop, kind, gone[kind])
        assert {each["response"]["gone"] for each in work(shop)} == {True}
        assert differences(shop) == []


def test_what_lies_in_the_bin_is_gone(ingest, work):
    with connected("woocommerce", orders=6, seed=10) as shop:
        shop.sync("full")
        chosen = ids(shop)["order"]
        shop.shop.control("trash", id=chosen)
        ingest(shop, "order", chosen)
        assert [each["response"]["gone"] for each in work(shop)] == [True]
        assert differences(shop) == []


@pytest.mark.parametrize("ahead", [-300, 0, 300])
def test_what_is_put_back_while_the_shop_is_asked_stays(ahead, ingest, work, monkeypatch):
    """The shop's clock goes so many seconds ahead of ours. Its deletion comes a second time too."""
    with connected("woocommerce", orders=6, seed=10) as shop:
        shop.shop.clock(advance=ahead)
        shop.sync("full")
        chosen = ids(shop)["order"]
        shop.shop.control("trash", id=chosen)
        ingest(shop, "order", chosen)
        deletion = import_module("deletion")
        ask = deletion._is_gone
        answers = []

        def asked(*args: Any) -> bool:
            answers.append(ask(*args))
            if len(answers) == 1:
                shop.shop.control("restore", id=chosen)
                shop.sync("full", "orders")
            return answers[-1]

        monkeypatch.setattr(deletion, "_is_gone", asked)
        work(shop)
        assert answers == [True, False]
        assert differences(shop) == []
        ingest(shop, "order", chosen)
        work(shop)
        assert differences(shop) == []


def test_what_was_seen_since_is_not_asked_about(ingest, work):
    """A deletion that waited while the record came back."""
    with connected("woocommerce", orders=6, seed=10) as shop:
        chosen = ids(shop)["order"]
        told = datetime.now(UTC)
        shop.sync("full")
        shop.shop.control("delete_order", id=chosen)
        ingest(shop, "order", chosen, told)
        [row] = work(shop)
        assert "seen since" in row["response"]["skipped"]


def test_a_shop_that_is_away_is_asked_again(ingest, work):
    with connected("woocommerce", orders=6, seed=10) as shop:
        shop.sync("full")
        chosen = ids(shop)["order"]
        shop.shop.control("delete_order", id=chosen)
        ingest(shop, "order", chosen)
        shop.shop.faults({"500": 1.0}, retry_after=0)
        [row] = work(shop)
        assert row["status"] == "pending"
        assert any("should not be there" in each for each in differences(shop))
        shop.shop.faults()
        with db.connect(config.database_url("owner")) as owner:
            owner.execute("UPDATE backshop.outbox SET next_attempt_at = now()")
        with db.transaction(store_id=shop.id) as tx:
            due = outbox.due(tx, datetime.now(UTC), 10)
        outbox.announce(due)
        assert [each["status"] for each in work(shop)] == ["done"]
        assert differences(shop) == []
