"""A shop's word that it took the app away, or is to be erased, is believed of the shop alone: all
shops of an app share the secret that signs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from backshop import db, platforms, privacy
from backshop.aws import config
from backshop.connect import repository as connect

from local import template
from tests.functions.sync_run.shops import Connected, connected

ROOT = Path(__file__).resolve().parents[3]
DOMAIN = "ours.myshopify.com"
KINDS = ("archive", "catalogue-imports", "exports", "insights-exports", "quotes", "training")
"""What the data bucket keeps of a shop below its id, beside bodies of webhooks."""
TOPICS = ("app/uninstalled", "shop/redact")


@pytest.fixture
def shop(aws, monkeypatch) -> Iterator[Connected]:
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("TRY_ON_BUCKET", aws.bucket)
    with connected("shopify", orders=3, seed=4) as made:
        with db.connect(config.database_url("owner")) as owner:
            owner.execute(
                """UPDATE connect.connector_config
                   SET shop_domain = %s, connected_at = now() - interval '1 day' WHERE id = %s""",
                [DOMAIN, made.id],
            )
        made.sync("full", "orders")
        yield made


@pytest.fixture
def told(load, shop) -> Callable[..., None]:
    """A signed delivery of a topic, ingested."""
    function = load("webhook_ingest")

    def send(topic: str, at: datetime | None = None) -> None:
        named = "myshopify_domain" if topic == "app/uninstalled" else "shop_domain"
        body = json.dumps({"id": 1, "shop_id": 1, named: DOMAIN})
        message = {
            "connector_id": str(shop.id),
            "platform": "shopify",
            "topic": topic,
            "key": str(uuid4()),
            "sha256": sha256(body.encode()).hexdigest(),
            "received_at": (at or datetime.now(UTC)).isoformat(),
            "triggered_at": None,
            "body": body,
        }
        record = {"messageId": "1", "body": json.dumps(message)}
        assert function.handler({"Records": [record]}, None) == {"batchItemFailures": []}

    return send


@pytest.fixture
def work(load, aws, shop) -> Callable[[], list[dict[str, Any]]]:
    """Works off what was announced; the store's rows of the kind."""
    worker = load("outbox_worker")
    time_enough = SimpleNamespace(get_remaining_time_in_millis=lambda: 100_000)

    def run() -> list[dict[str, Any]]:
        messages = aws.messages("OUTBOX_QUEUE_URL")
        assert messages, "announced"
        for each in messages:
            worker.handler({"Records": [{"messageId": "1", "body": json.dumps(each)}]}, time_enough)
        return shop.rows("SELECT status, response FROM backshop.outbox WHERE kind = 'uninstall'")

    return run


def standing(shop: Connected) -> str | None:
    with db.transaction(store_id=shop.id) as tx:
        found = connect.standing(tx)
    return found.status if found else None


def orders(shop: Connected) -> int:
    [row] = shop.rows("SELECT count(*) AS n FROM connect.platform_order")
    return int(row["n"])


@pytest.mark.parametrize("topic", TOPICS)
def test_a_shop_that_is_said_to_have_left_and_is_open_stays(
    topic, shop, told, work, monkeypatch
) -> None:
    def asked(*_: Any) -> Any:
        raise AssertionError("the shop is not asked while deliveries are ingested")

    before = orders(shop)
    with monkeypatch.context() as patch:
        patch.setattr(type(platforms.load("shopify")), "open", property(asked))
        told(topic)
    assert (standing(shop), orders(shop)) == ("active", before)
    [row] = work()
    assert (row["status"], row["response"]) == ("done", {"left": False})
    assert (standing(shop), orders(shop)) == ("active", before)


@pytest.mark.parametrize("order", [TOPICS, TOPICS[::-1]])
def test_a_shop_that_left_ends_and_is_erased(order, shop, told, work, aws) -> None:
    """The control: the same deliveries, in either order, and the app is gone there."""
    kept = [f"{kind}/{whose}/1" for whose in (shop.id, uuid4()) for kind in KINDS]
    theirs, others = kept[: len(KINDS)], kept[len(KINDS) :]
    for key in (*theirs, *others):
        config.client("s3").put_object(Bucket=aws.bucket, Key=key, Body=b"x")
    shop.shop.control("settings", installed=False)
    told(order[0])
    if order[0] == "app/uninstalled":
        assert [each["response"] for each in work()] == [{"left": True}]
        assert standing(shop) == "uninstalled"
        assert shop.rows("SELECT api_key, secret FROM connect.connector_config") == [
            {"api_key": "", "secret": ""}
        ]
        assert orders(shop) > 0
        told(order[1])
    assert work() == []
    assert (standing(shop), orders(shop)) == (None, 0)
    left = config.client("s3").list_objects_v2(Bucket=aws.bucket)["Contents"]
    assert sorted(each["Key"] for each in left if each["Key"].endswith("/1")) == sorted(others)


def test_an_erased_shop_leaves_nothing_that_is_kept_for_days():
    """What the buckets keep below a store's id, by their lifecycles; parked bodies name none."""
    kept = set()
    for bucket in ("DataBucket", "TryOnBucket"):
        rules = template.read(ROOT / "template.yaml")["Resources"][bucket]["Properties"][
            "LifecycleConfiguration"
        ]["Rules"]
        kept |= {each["Prefix"].rstrip("/") for each in rules if each.get("Prefix")}
    assert kept - {"overflow"} <= {*privacy.OF_A_SHOP, *privacy.PICTURES_OF_A_SHOP}


def test_what_was_parked_for_an_open_shop_is_erased_when_it_left(shop, told, work) -> None:
    told("shop/redact")
    work()
    assert orders(shop) > 0
    shop.shop.control("settings", installed=False)
    told("app/uninstalled")
    work()
    assert (standing(shop), orders(shop)) == (None, 0)


def test_a_shop_that_is_away_is_asked_again(shop, told, work) -> None:
    told("app/uninstalled")
    shop.shop.faults({"500": 1.0}, retry_after=0)
    [row] = work()
    assert row["status"] == "pending"
    assert standing(shop) == "active"


@pytest.mark.parametrize("topic", TOPICS)
def test_a_word_from_before_the_credentials_is_not_asked_about(topic, shop, told, work) -> None:
    shop.shop.control("settings", installed=False)
    told(topic, datetime.now(UTC) - timedelta(days=2))
    [row] = work()
    assert "since" in row["response"]["skipped"]
    assert standing(shop) == "active"


def test_credentials_that_are_given_while_the_shop_is_asked_stay(
    shop, told, load, monkeypatch
) -> None:
    told("app/uninstalled")
    shop.shop.control("settings", installed=False)
    worker = load("outbox_worker")
    uninstall = __import__("uninstall")
    ask = uninstall._has_left

    def asked(store_id: Any) -> bool:
        answer: bool = ask(store_id)
        with db.transaction(store_id=store_id) as tx:
            connect.change_connector(tx, None, None, {"api_key": "new", "secret": "new"})
        return answer

    monkeypatch.setattr(uninstall, "_has_left", asked)
    assert worker.work(shop.id, "uninstall")
    assert standing(shop) == "active"
    assert shop.rows("SELECT api_key FROM connect.connector_config") == [{"api_key": "new"}]
