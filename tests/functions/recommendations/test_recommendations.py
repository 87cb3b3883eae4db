"""GET …/recommendations against the real database."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from backshop import db
from backshop.connect.recommend import repository as recommend
from backshop.connect.recommend import rules, training

PATH_ID = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"


@pytest.fixture
def call(load, event, context, store):
    function = load("recommendations")

    def send(customer: str = "7", name: str = "recommend", **changes: Any) -> tuple[int, Any]:
        request = event(f"recommendations/{name}")
        path = request["rawPath"].replace(PATH_ID, str(changes.pop("id", store)))
        path = path.replace("/customers/7/", f"/customers/{customer}/")
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["requestContext"]["authorizer"]["lambda"].update(changes.pop("caller", {}))
        if "limit" in changes:
            request["queryStringParameters"] = {"limit": changes["limit"]}
        answer = function.handler(request, context)
        return answer["statusCode"], json.loads(answer["body"])

    return send


@pytest.fixture
def shop(owner, store):
    """120 customers, 60 items; customer 7 likes SKUs of group 2. Customer `new` never ordered."""
    now = datetime.now(UTC)
    owner.execute(
        """INSERT INTO connect.platform_product
             (store_id, sku, platform, title, price, product_id, variant_id)
           SELECT %s, 'SKU-' || n, 'woocommerce', 'Item ' || n, 10 + n, n, n
           FROM generate_series(0, 59) AS n""",
        [store],
    )
    owner.execute(
        """INSERT INTO connect.platform_customer (store_id, customer_id, platform, email)
           SELECT %s, name, 'woocommerce', ''
           FROM (SELECT n::text AS name FROM generate_series(0, 119) AS n UNION SELECT 'new') AS c""",
        [store],
    )
    random = np.random.default_rng(5)
    orders, lines = [], []
    for customer in range(120):
        liking = np.where(np.arange(60) % 5 == customer % 5, 10.0, 1.0)
        for number in range(4):
            at = now - timedelta(days=float(random.uniform(1, 200)))
            orders.append((f"{customer}-{number}", str(customer), at))
            chosen = random.choice(60, 3, replace=False, p=liking / liking.sum())
            lines += [(f"{customer}-{number}", f"SKU-{item}", str(item)) for item in chosen]
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
    return now


@pytest.fixture
def model(aws, shop, store):
    with db.transaction(store_id=store) as tx:
        baskets, skus = recommend.read_baskets(tx, shop - timedelta(days=400))
    day = float(int(recommend.days(shop)))
    trained = training.train(baskets, day)
    assert trained.scores.beats_popularity
    with db.transaction(store_id=store) as tx:
        recommend.save_model(tx, trained, skus)
        trend, orders = training.trends(baskets, day)
        recommend.save_popular(tx, rules.popular(trend[1], orders[1], 20), skus)
    return trained


def own_skus(owner, store, customer: str) -> set[str]:
    rows = owner.execute(
        """SELECT DISTINCT sku FROM connect.order_item JOIN connect.platform_order
             USING (store_id, order_id, platform) WHERE store_id = %s AND customer_id = %s""",
        (store, customer),
    )
    return {row["sku"] for row in rows}


def test_two_lists_with_probabilities_and_a_log(call, model, owner, store):
    status, found = call()
    assert status == 200
    assert found["basis"] == "customer"
    mine = own_skus(owner, store, "7")
    assert {each["sku"] for each in found["buy_again"]} <= mine
    assert len(found["buy_again"]) == min(10, len(mine))
    new = [each["sku"] for each in found["new_for_you"]]
    assert len(new) == 10
    assert not set(new) & mine
    for part in ("buy_again", "new_for_you"):
        likely = [each["probability"] for each in found[part]]
        assert likely == sorted(likely, reverse=True)
        assert all(0 < each < 1 for each in likely)
    assert sum(int(sku.split("-")[1]) % 5 == 2 for sku in new[:3]) >= 2, "the customer's taste"
    logged = owner.execute(
        "SELECT * FROM connect.recommendation_log WHERE store_id = %s", [store]
    ).fetchall()
    assert len(logged) == 1
    served = [*found["buy_again"], *found["new_for_you"]]
    assert logged[0]["recommendations"] == [each["sku"] for each in served]
    mean = sum(each["probability"] for each in served) / len(served)
    assert logged[0]["confidence"] == pytest.approx(Decimal(mean * 100), abs=Decimal("0.01"))
    assert logged[0]["customer_id"] == "7"


def test_what_is_sold_out_is_not_offered_and_leaves_no_gap(call, model, owner, store):
    _, before = call(limit="5")
    gone = [before["new_for_you"][0]["sku"], before["buy_again"][0]["sku"]]
    owner.execute(
        """UPDATE connect.platform_product SET available = false
           WHERE store_id = %s AND sku = ANY (%s)""",
        (store, gone),
    )
    _, after = call(limit="5")
    served = {each["sku"] for each in (*after["buy_again"], *after["new_for_you"])}
    assert not served & set(gone)
    assert len(after["new_for_you"]) == 5
    assert after["new_for_you"][0] == before["new_for_you"][1]


def test_a_customer_without_orders_gets_the_best_sellers(call, model):
    status, found = call("new")
    assert status == 200
    assert found["basis"] == "popularity"
    assert found["buy_again"] == []
    likely = [each["probability"] for each in found["new_for_you"]]
    assert len(likely) == 10
    assert likely == sorted(likely, reverse=True)


def test_before_the_first_training_the_lists_are_empty_and_logged(call, shop, owner, store):
    status, found = call()
    assert (status, found["basis"], found["new_for_you"]) == (200, "popularity", [])
    logged = owner.execute(
        "SELECT * FROM connect.recommendation_log WHERE store_id = %s", [store]
    ).fetchone()
    assert (logged["recommendations"], logged["confidence"]) == ([], None)


def test_an_unknown_customer_is_404(call, shop):
    status, problem = call("999999")
    assert status == 404
    assert "no such customer" in problem["detail"]


@pytest.mark.parametrize("limit", ["0", "51", "many", "-1"])
def test_a_bad_limit_is_400(call, shop, limit):
    assert call(limit=limit)[0] == 400


def test_a_store_key_sees_its_own_store_only(call, model, store, new_store):
    own = {"kind": "store", "id": str(store), "store_id": str(store), "scopes": "store"}
    assert call(caller=own)[0] == 200
    assert call(caller=own, id=new_store())[0] == 404
    assert call(name="trainings", caller=own)[0] == 403


def test_staff_see_how_the_trainings_did(call, model):
    status, found = call(name="trainings")
    assert status == 200
    [training_row] = found["items"]
    assert training_row["status"] == "active"
    assert training_row["scores"]["new"]["ndcg"] == pytest.approx(model.scores.new.ndcg)
