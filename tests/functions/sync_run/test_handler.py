"""The function sync_run as Lambda calls it."""

import json
from types import SimpleNamespace
from uuid import uuid4

import pytest
from backshop.sync import work

from tests.functions.sync_run.shops import connected, differences


def context(remaining=lambda: 60_000):
    return SimpleNamespace(get_remaining_time_in_millis=remaining)


def asked(event, *bodies):
    template = event("sync_run/job")["Records"][0]
    return {
        "Records": [
            template | {"messageId": str(number), "body": body}
            for number, body in enumerate(bodies)
        ]
    }


@pytest.fixture
def run(load, event):
    function = load("sync_run")
    return lambda bodies, *remaining: function.handler(asked(event, *bodies), context(*remaining))


def test_jobs_of_a_queue_end_in_tables(run):
    with connected("woocommerce", orders=20) as shop:
        jobs = [key.model_dump_json() for key in shop.begin("full")]
        for job in jobs:
            assert run([job]) == {"batchItemFailures": []}
        assert shop.run().status == "completed"
        assert "\n".join(differences(shop)) == ""
        webhooks = shop.shop.control("webhooks")
        assert {each["status"] for each in webhooks} == {"active"}
        assert {each["delivery_url"] for each in webhooks} == {
            f"http://127.0.0.1:9/webhooks/{shop.id}"
        }


def test_a_job_is_handed_on_by_a_message(run, aws, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 150)
    with connected("woocommerce", orders=600) as shop:
        (key,) = shop.begin("full", "orders")
        bodies, held = [key.model_dump_json()], []
        while bodies:
            held.append(len(shop.rows("SELECT 1 FROM insights.orders")))
            assert run(bodies, shop.until_saved()) == {"batchItemFailures": []}
            bodies = [json.dumps(each) for each in aws.messages("SYNC_QUEUE_URL")]
        assert len(held) > 3
        assert held == sorted(set(held)), "each turn got further"
        assert len(shop.rows("SELECT 1 FROM insights.orders")) == 600
        assert shop.run().status == "completed"


@pytest.mark.parametrize("body", ["{}", "[", '{"store_id": 5}'])
def test_a_message_that_is_no_job_is_reported(run, body):
    assert run([body]) == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_a_job_that_is_gone_is_done(run):
    with connected("woocommerce", orders=3) as shop:
        (key,) = shop.begin("full", "coupons")
        gone = key.model_copy(update={"run_id": uuid4()}).model_dump_json()
        assert run([gone]) == {"batchItemFailures": []}
        stranger = key.model_copy(update={"store_id": uuid4()}).model_dump_json()
        assert run([stranger]) == {"batchItemFailures": []}
        assert shop.run().resources[0].status == "queued"


@pytest.mark.parametrize("platform", ["woocommerce", "shopify", "vendure"])
def test_webhooks_that_are_gone_or_switched_off_come_back(platform):
    with connected(platform, orders=2) as shop:
        first = shop.sync("full", "shop")
        wanted = sorted(each_of(shop))
        assert wanted
        assert first.resources[0].notes
        assert shop.sync("incremental", "shop").resources[0].notes == []
        break_webhooks(shop)
        assert sorted(each_of(shop)) != wanted
        again = shop.sync("incremental", "shop")
        assert sorted(each_of(shop)) == wanted
        assert again.resources[0].notes


def each_of(shop):
    return [
        (each.get("topic"), each.get("delivery_url") or each.get("uri") or each.get("url"))
        for each in shop.shop.control("webhooks")
        if each.get("status", "active") == "active"
    ]


def break_webhooks(shop):
    """WooCommerce: disabled and deleted; the others: gone from the list."""
    import httpx

    if shop.platform == "woocommerce":
        keys = (shop.shop.credentials["api_key"], shop.shop.credentials["secret"])
        base = f"{shop.shop.url}/wp-json/wc/v3/webhooks"
        first, second, *_ = shop.shop.control("webhooks")
        httpx.put(f"{base}/{first['id']}", auth=keys, json={"status": "disabled"})
        httpx.delete(f"{base}/{second['id']}?force=true", auth=keys)
    elif shop.platform == "shopify":
        for held in shop.shop.control("webhooks")[:3]:
            gone = f'webhookSubscriptionDelete(id: "{held["id"]}") {{ userErrors {{ message }} }}'
            ask(shop, f"mutation {{ {gone} }}")
    else:
        ask(shop, "mutation { setBackshopWebhooks(webhooks: []) { url } }")


def ask(shop, query):
    import httpx

    if shop.platform == "shopify":
        path = "/admin/api/2026-10/graphql.json"
        headers = {"X-Shopify-Access-Token": shop.shop.credentials["api_key"]}
    else:
        path, headers = "/admin-api", {"vendure-api-key": shop.shop.credentials["api_key"]}
    answer = httpx.post(shop.shop.url + path, json={"query": query}, headers=headers).json()
    assert "errors" not in answer, answer


def test_settings_are_learnt_from_the_shop():
    with connected("woocommerce", orders=2, time_zone="Asia/Tokyo") as shop:
        shop.sync("full", "shop")
        store = shop.load()
        assert (store.currency, store.time_zone) == ("USD", "Asia/Tokyo")
        (row,) = shop.rows("SELECT wc_version, settings, last_sync_at FROM insights.stores")
        assert row["wc_version"] == "11.0.1"
        assert row["settings"]["time_zone"] == "Asia/Tokyo"
        assert row["last_sync_at"] is not None
