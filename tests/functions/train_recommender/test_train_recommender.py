"""From orders in the database to a model that is served, or to the one before it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest
from backshop import db
from backshop.connect.recommend import repository as recommend
from backshop.connect.recommend.models import Quality, Scores

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def fill(owner, store: UUID, customers: int = 120, items: int = 30, seed: int = 5) -> None:
    """Orders of customers with a taste, and the products they are about."""
    random = np.random.default_rng(seed)
    owner.execute(
        """INSERT INTO connect.platform_product
             (store_id, sku, platform, title, price, product_id, variant_id)
           SELECT %s, 'SKU-' || n, 'woocommerce', 'Item ' || n, 10 + n, n, n
           FROM generate_series(0, %s) AS n""",
        (store, items - 1),
    )
    orders, lines = [], []
    for customer in range(customers):
        liking = np.where(np.arange(items) % 5 == customer % 5, 10.0, 1.0)
        for number in range(4):
            at = NOW - timedelta(days=float(random.uniform(1, 200)))
            orders.append((f"{customer}-{number}", str(customer), at))
            chosen = random.choice(items, 3, replace=False, p=liking / liking.sum())
            lines += [(f"{customer}-{number}", f"SKU-{item}", str(item)) for item in chosen]
    owner.execute(
        """INSERT INTO connect.platform_customer (store_id, customer_id, platform, email)
           SELECT %s, n::text, 'woocommerce', '' FROM generate_series(0, %s) AS n""",
        (store, customers),
    )
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, customer_id, status,
             total_amount, currency, line_items, created_at)
           SELECT %s, id, 'woocommerce', customer, 'completed', 30, 'USD', '[]', at
           FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS o (id, customer, at)""",
        (store, *map(list, zip(*orders, strict=True))),
    )
    owner.execute(
        """INSERT INTO connect.order_item
             (store_id, order_id, platform, sku, quantity, price, line_id)
           SELECT %s, id, 'woocommerce', sku, 1, 10, line
           FROM unnest(%s::text[], %s::text[], %s::text[]) AS i (id, sku, line)""",
        (store, *map(list, zip(*lines, strict=True))),
    )


@pytest.fixture
def function(load):
    return load("train_recommender")


def count(owner, table: str, store: UUID, where: str = "true") -> int:
    sql = f"SELECT count(*) AS n FROM connect.{table} WHERE store_id = %s AND {where}"
    return owner.execute(sql, [store]).fetchone()["n"]


def test_model_is_stored_with_its_scores_and_replaces_the_one_before(function, owner, store):
    fill(owner, store)
    assert function.train(store, NOW) == "active"
    first = owner.execute(
        "SELECT * FROM connect.recommendation_model WHERE store_id = %s", [store]
    ).fetchone()
    assert first["scores"]["new"]["customers"] > 100
    assert count(owner, "recommendation_item", store) == 30
    assert count(owner, "recommendation_popular", store) == 30
    assert function.train(store, NOW) == "active"
    assert count(owner, "recommendation_model", store, "status = 'active'") == 1
    assert count(owner, "recommendation_model", store, "status = 'replaced'") == 1
    assert count(owner, "recommendation_item", store) == 30, "the old items are gone"


def test_a_worse_model_leaves_the_previous_one(function, owner, store, monkeypatch):
    fill(owner, store)
    function.train(store, NOW)
    active = "SELECT id FROM connect.recommendation_model WHERE store_id = %s AND status = 'active'"
    before = owner.execute(active, [store]).fetchone()
    monkeypatch.setattr(Scores, "beats_popularity", False)
    assert function.train(store, NOW) == "rejected"
    assert owner.execute(active, [store]).fetchone() == before
    assert count(owner, "recommendation_model", store, "status = 'rejected'") == 1
    assert count(owner, "recommendation_item", store) == 30


def test_model_comes_back_as_it_was_stored(function, owner, store):
    fill(owner, store)
    with db.transaction(store_id=store) as tx:
        baskets, skus = recommend.read_baskets(tx, NOW - timedelta(days=730))
    trained = function.training.train(baskets, 20_000.0)
    with db.transaction(store_id=store) as tx:
        model_id = recommend.save_model(tx, trained, skus)
        header = recommend.header(tx, model_id)
        history = recommend.history(tx, header, "7")
        rows = recommend.neighbours(tx, header, history.item.tolist())
    assert header.trend.tolist() == trained.model.trend.tolist()
    assert header.new.weights.tolist() == trained.model.new.weights.tolist()
    assert header.skus == skus
    items = history.item
    assert rows.weight.tolist() == trained.model.neighbours.weight[items].ravel().tolist()
    whole = function.rules.histories(baskets)
    names = {sku: item for item, sku in enumerate(skus)}
    mine = owner.execute(
        """SELECT DISTINCT sku FROM connect.order_item JOIN connect.platform_order
             USING (store_id, order_id, platform) WHERE store_id = %s AND customer_id = '7'""",
        [store],
    )
    assert {names[row["sku"]] for row in mine} == set(items.tolist())
    customer = next(
        c for c in range(baskets.customers)
        if whole.item[whole.start[c] : whole.start[c + 1]].tolist() == items.tolist()
    )  # fmt: skip
    entries = slice(whole.start[customer], whole.start[customer + 1])
    for field in ("count", "first", "last", "since"):
        ours, theirs = getattr(history, field), getattr(whole, field)[entries]
        assert ours == pytest.approx(theirs), field
    for field in ("orders", "size", "variety", "first_order", "last_order"):
        assert getattr(history, field)[0] == pytest.approx(getattr(whole, field)[customer])


def test_cancelled_and_returned_orders_are_no_wishes(function, owner, store):
    fill(owner, store, customers=3)
    owner.execute(
        "UPDATE connect.platform_order SET is_cancelled = true WHERE store_id = %s AND order_id = '0-0'",
        [store],
    )
    owner.execute(
        "UPDATE connect.order_item SET refunded_quantity = 1 WHERE store_id = %s AND order_id = '0-1'",
        [store],
    )
    with db.transaction(store_id=store) as tx:
        baskets, _ = recommend.read_baskets(tx, NOW - timedelta(days=730))
    assert len(np.unique(baskets.order)) == 10


def test_a_new_shop_gets_its_best_sellers_and_no_model(function, owner, store):
    fill(owner, store, customers=5)
    assert function.train(store, NOW) == "too little"
    assert count(owner, "recommendation_model", store) == 0
    assert count(owner, "recommendation_popular", store) > 0


def test_a_shop_with_one_product_gets_its_best_seller(function, owner, store):
    fill(owner, store)
    owner.execute("UPDATE connect.order_item SET sku = 'SKU-1' WHERE store_id = %s", [store])
    assert function.train(store, NOW) == "too little"
    assert count(owner, "recommendation_popular", store) == 1


def test_best_sellers_are_saved_whatever_becomes_of_the_model(function, owner, store, monkeypatch):
    fill(owner, store)

    def fails(*_arguments):
        raise MemoryError

    monkeypatch.setattr(function.training, "train", fails)
    with pytest.raises(MemoryError):
        function.train(store, NOW)
    assert count(owner, "recommendation_popular", store) == 30


def test_a_shop_without_orders_is_no_error(function, store):
    assert function.train(store, NOW) == "too little"


def test_each_night_every_active_store_is_queued(
    function, monkeypatch, owner, new_store, event, context
):
    from backshop.aws import config

    url = config.client("sqs").create_queue(QueueName="train")["QueueUrl"]
    monkeypatch.setenv("TRAIN_QUEUE_URL", url)
    wanted, other = new_store(), new_store()
    for each, status in ((wanted, "active"), (other, "uninstalled")):
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, status)
               VALUES (%(id)s, %(id)s, 'woocommerce', %(id)s::text, 'x', 'x', %(status)s)""",
            {"id": each, "status": status},
        )
    answer = function.handler(event("train_recommender/scheduled"), context)
    sent = []
    while (
        got := config.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        for message in got:
            sent.append(json.loads(message["Body"])["store_id"])
            config.client("sqs").delete_message(
                QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]
            )
    assert answer["stores"] == len(sent)
    assert str(wanted) in sent
    assert str(other) not in sent


def test_a_message_trains_its_store(function, owner, store, event, context):
    fill(owner, store, customers=5)
    request = event("train_recommender/message")
    request["Records"][0]["body"] = json.dumps({"store_id": str(store)})
    assert function.handler(request, context) == {"batchItemFailures": []}
    assert count(owner, "recommendation_popular", store) > 0


def test_scores_are_of_the_documented_form():
    quality = Quality(customers=1, hr=0.5, ndcg=0.25)
    assert set(quality.model_dump()) == {"customers", "hr", "ndcg", "ece", "log_loss_ratio"}
