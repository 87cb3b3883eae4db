"""The routes of insights."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from uuid import uuid4

import pytest
from backshop import db
from backshop.aws import config
from backshop.insights.plans import repository as plans
from backshop.insights.plans.rules import LIMITS
from backshop.insights.rollups import rebuilding
from backshop.insights.saved import repository as saved
from backshop.insights.saved.models import MOST_MESSAGES, without_addresses

from tests.functions.insights_api.conftest import make_store

AS_OF = "2025-12-15T12:00:00Z"
MONTHS = {
    "metrics": ["orders"],
    "grain": "month",
    "period": {"type": "last_n", "n": 24, "unit": "month"},
}
SALES = {
    "metrics": ["net_sales", "orders"],
    "period": {"type": "range", "start": "2024-01-01", "end": "2025-12-14"},
}


def test_a_query_is_answered_in_the_contracts_shape(call):
    answer = call("POST", "/insights/query", MONTHS, staff=True, as_of=AS_OF)
    assert answer.status == 200
    body = answer.body
    assert body["kind"] == "answer"
    assert body["query"] == MONTHS | {"dimensions": [], "filters": [], "top_n": None}
    assert [each["name"] for each in body["columns"]] == ["time", "orders"]
    assert len(body["rows"]) == 24
    assert body["rows"][-1][0] == "2025-12-01"
    assert sum(row[1] for row in body["rows"]) == body["totals"]["orders"] > 0
    assert body["assumptions"]["from"] == "2024-01-01"
    assert body["assumptions"]["to"] == "2025-12-15"
    assert body["assumptions"]["time_zone"] == "Europe/Berlin"
    assert body["assumptions"]["statuses"]
    assert body["chart"]["kind"] == "line"
    assert str(body["totals"]["orders"]) in body["text"]


def test_what_has_no_answer_is_refused_in_a_sentence(call):
    wrong = [
        ({"metrics": ["visits"]}, "GET /insights/metrics"),
        ({"metrics": ["orders"], "dimensions": ["product"]}, "country"),
        ({"metrics": ["stock_quantity"], "grain": "month"}, "state of now"),
        ({"metrics": ["orders"], "filters": [{"field": "x", "op": "=", "value": 1}]}, "no filter"),
        (
            {"metrics": ["orders"], "filters": [{"field": "month", "op": "=", "value": "x"}]},
            "whole",
        ),
    ]
    for query, said in wrong:
        answer = call("POST", "/insights/query", query)
        assert answer.status == 422, query
        assert said in answer.body["detail"], answer.body
    for body in ("{", "[]", '{"metrics": []}', '{"metrics": ["orders"], "top_n": 0}', "null"):
        assert call("POST", "/insights/query", body).status in (400, 422)


def test_a_name_that_is_not_there_is_refused_with_the_nearest(call):
    query = {
        "metrics": ["items_sold"],
        "period": {"type": "all_time"},
        "filters": [{"field": "product", "op": "=", "value": "prodct 3"}],
    }
    refused = call("POST", "/insights/query", query).body
    assert refused["kind"] == "refusal"
    assert "Product 3" in refused["text"]
    again = call("POST", "/insights/query", refused["nearest"]["query"]).body
    assert again["kind"] == "answer"
    query["filters"][0]["value"] = "PRODUCT 3"
    shown = call("POST", "/insights/query", query).body
    assert shown["query"]["filters"][0]["value"] == "Product 3"
    assert shown["rows"] == again["rows"]


def test_as_of_is_for_staff(call):
    assert call("POST", "/insights/query", MONTHS, as_of=AS_OF).status == 403
    assert call("POST", "/insights/query", MONTHS, staff=True, as_of="noon").status == 400
    local = call("POST", "/insights/query", MONTHS, staff=True, as_of="2025-12-15T00:30:00")
    assert local.body["assumptions"]["to"] == "2025-12-15"


def test_the_catalogue_tells_every_metric(call):
    found = call("GET", "/insights/metrics").body
    assert len(found["metrics"]) == 53
    net = next(each for each in found["metrics"] if each["name"] == "net_sales")
    assert net["dimensions"][0] == "time"
    assert "revenue" in net["words"]


def test_every_store_has_a_dashboard_from_the_start(call, aws):
    tiles = call("GET", "/insights/dashboard", of=make_store(None)).body["tiles"]
    assert len(tiles) == 7
    assert [each["problem"] for each in tiles] == [None] * 7
    assert {each["answer"]["kind"] for each in tiles} == {"answer"}
    with_orders = call("GET", "/insights/dashboard", staff=True, as_of=AS_OF).body["tiles"]
    assert [each["answer"]["chart"]["kind"] for each in with_orders] == [
        "number_delta", "number_delta", "number_delta", "bar_h", "table", "number_delta", "table",
    ]  # fmt: skip
    assert with_orders[3]["answer"]["rows"]


def test_charts_are_saved_ordered_renamed_refreshed_and_deleted(call):
    config_ = {"query": MONTHS, "chart": {"kind": "line", "x": "time", "y": ["orders"]}}
    made = call(
        "POST",
        "/insights/charts",
        {"title": "Mine", "query_text": "ask ann@example.com", "chart_config": config_},
    )
    assert made.status == 201
    id = made.body["id"]
    assert "ann@example.com" not in str(made.body)
    assert made.body["position_index"] == 7
    ordered = call("PUT", "/insights/charts/order", {"ids": [id]}).body["charts"]
    assert ordered[0]["id"] == id
    assert [each["position_index"] for each in ordered] == list(range(8))
    renamed = call("PATCH", f"/insights/charts/{id}", {"title": "Other"}).body
    assert (renamed["title"], renamed["chart_config"]) == ("Other", made.body["chart_config"])
    fresh = call("POST", f"/insights/charts/{id}/refresh").body
    assert fresh["answer"]["query"]["metrics"] == ["orders"]
    assert call("DELETE", f"/insights/charts/{id}").status == 204
    assert call("DELETE", f"/insights/charts/{id}").status == 404
    assert call("GET", "/insights/charts").body["charts"][0]["title"] == "Sales this month"


def test_a_chart_that_cannot_be_drawn_is_not_saved(call):
    for config_ in (
        {},
        {"chart": {"kind": "line"}},
        {"query": {"metrics": ["visits"]}, "chart": {"kind": "number"}},
        {"query": MONTHS, "chart": {"kind": "pie"}},
        {"query": MONTHS, "chart": {"kind": "line", "x": "time", "y": ["visits"]}},
        {"query": MONTHS, "chart": {"kind": "line", "x": "product", "y": ["orders"]}},
        {"query": MONTHS, "chart": {"kind": "line_compare", "x": "time", "y": ["orders"]}},
    ):
        body = {"title": "Wrong", "chart_config": config_}
        assert call("POST", "/insights/charts", body).status == 422, config_


def test_no_text_of_a_chart_keeps_an_address(call, shop):
    who = "ann@example.com"
    query_ = {
        "metrics": ["lifetime_revenue"],
        "dimensions": ["customer"],
        "filters": [
            {"field": "customer", "op": "=", "value": who},
            {"field": "customer", "op": "in", "value": [f"of {who}"]},
        ],
    }
    sql = f"SELECT 1 AS \"{who}\" FROM customers WHERE display_name = '{who}'"
    for config_ in (
        {"query": query_, "chart": {"kind": "table", "title": who}},
        {"sql": sql, "chart": {"kind": "bar", "x": who, "y": [who]}},
    ):
        body = {"title": "Hers", "chart_config": config_}
        made = call("POST", "/insights/charts", body)
        assert made.status == 201, made.body
        changed = call("PATCH", f"/insights/charts/{made.body['id']}", {"chart_config": config_})
        assert changed.status == 200
        assert "sha256:" in str(changed.body)
    with db.transaction(store_id=shop) as tx:
        kept = str(tx.execute("SELECT * FROM insights.saved_charts").fetchall())
    assert "ann@" not in kept


def test_a_title_fits_whatever_becomes_of_it(call):
    config_ = {"query": MONTHS, "chart": {"kind": "line", "x": "time", "y": ["orders"]}}
    for title, status in (("a@b.co " * 30, 201), ("   ", 422), (" Mine ", 201)):
        made = call("POST", "/insights/charts", {"title": title, "chart_config": config_})
        assert made.status == status, (title, made.body)
        assert "@" not in str(made.body)
    assert made.body["title"] == "Mine"


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.com", "Ann.B+x@Example.co.uk", "o'brien@example.com", "анна@пример.рф",
        '"ann b"@example.com', "ann\uff20example.com", "ann%40example.com", "ann@[192.168.0.1]",
    ],
)  # fmt: skip
def test_an_address_is_known_however_it_is_written(address):
    for around in ("{}", "orders of {}?", "<{}>", "({}), ", "mailto:{}"):
        before, after = around.split("{}")
        hidden = without_addresses(around.format(address))
        assert re.fullmatch(
            rf"{re.escape(before)}sha256:[0-9a-f]{{64}}{re.escape(after)}", hidden
        ), hidden


def test_long_words_are_no_work():
    begun = process_time()
    assert without_addresses("a" * 100_000) == "a" * 100_000
    assert process_time() - begun < 1


def test_another_stores_charts_are_not_there(call, shop):
    other = make_store(None)
    own = call("GET", "/insights/charts").body["charts"][0]["id"]
    for method in ("PATCH", "DELETE"):
        body = {"title": "Taken"} if method == "PATCH" else None
        assert call(method, f"/insights/charts/{own}", body, of=other).status == 404
    call("PUT", "/insights/charts/order", {"ids": [own]}, of=other)
    assert call("GET", "/insights/charts").body["charts"][0]["id"] == own
    assert call("GET", "/insights/charts").body["charts"][0]["position_index"] == 0


def test_limits_are_the_plans_and_hold_exactly(call, aws):
    store = make_store(None, plan="free")
    now = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)

    def take(at):
        with db.transaction(store_id=store) as tx:
            return plans.take(tx, at)

    def ask(_):
        used = take(now)
        db.close()
        return used.wait is None

    with ThreadPoolExecutor(8) as pool:
        allowed = list(pool.map(ask, range(40)))
    assert allowed.count(True) == LIMITS["free"].minute
    assert take(now).wait == 31
    minutes = 1
    while (used := take(now + timedelta(minutes=minutes))).wait is None or used.wait < 100:
        minutes += used.wait is not None
    with db.transaction(store_id=store) as tx:
        row = tx.execute("SELECT in_day FROM insights.request_counts").fetchone()
    assert row["in_day"] == LIMITS["free"].day
    assert 40_000 < used.wait < 43_300
    with db.transaction(store_id=store) as tx:
        plans.set_plan(tx, "starter")
    assert take(now + timedelta(minutes=minutes)).wait is None


def test_who_has_asked_too_much_is_told_when_to_come_back(call, aws):
    store = make_store(None, plan="free")
    minute = LIMITS["free"].minute
    answered = 0
    # Where a minute ends between two of them, it is up to twice as many.
    while (refused := call("POST", "/insights/query", MONTHS, of=store)).status == 200:
        answered += 1
        assert answered <= 2 * minute
    assert refused.status == 429
    assert answered >= minute
    assert 1 <= int(refused.headers["retry-after"]) <= 61
    assert "free" in refused.body["detail"]
    assert call("POST", "/insights/query", MONTHS, of=store, staff=True).status == 200
    assert call("GET", "/insights/health", of=store).status == 200


@pytest.mark.parametrize("what", ["orders", "items", "customers", "products"])
def test_own_rows_as_csv(call, shop, what):
    answer = call("GET", "/insights/export", what=what)
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.body)))
    table = {"items": "order_items", "products": "product_variants"}.get(what, what)
    with db.transaction(store_id=shop) as tx:
        stored = tx.execute(f"SELECT count(*) AS n FROM insights.{table}").fetchone()["n"]
    assert len(rows) == stored > 0
    assert "@" not in answer.body


def test_an_answer_as_csv_is_the_answer(call):
    import json

    shown = call("POST", "/insights/query", SALES | {"grain": "year"}, staff=True, as_of=AS_OF).body
    query = json.dumps(SALES | {"grain": "year"})
    answer = call("GET", "/insights/export", query=query, staff=True, as_of=AS_OF)
    header, *rows, total = list(csv.reader(io.StringIO(answer.body)))
    assert header == [each["name"] for each in shown["columns"]]
    assert rows == [[str(cell) for cell in row] for row in shown["rows"]]
    assert total == ["Total", shown["totals"]["net_sales"], str(shown["totals"]["orders"])]
    assert call("GET", "/insights/export").status == 400
    assert call("GET", "/insights/export", query="{}").status == 400


def test_an_answer_of_several_currencies_has_a_total_of_each(call):
    of = make_store(3)
    query_ = SALES | {"metrics": ["net_sales"], "grain": "year"}
    answer = call("POST", "/insights/query", query_, of=of).body
    answered = call("GET", "/insights/export", of=of, query=json.dumps(query_)).body
    rows = list(csv.DictReader(io.StringIO(answered)))
    totals = {each["currency"]: each["net_sales"] for each in rows if each["time"] == "Total"}
    assert len(totals) == 3
    assert totals == {own: each["net_sales"] for own, each in answer["totals_by_currency"].items()}
    assert len(rows) == len(answer["rows"]) + 3


def test_a_large_export_comes_by_a_link(call, shop, aws, monkeypatch, function):
    exporting = sys.modules["exporting"]

    monkeypatch.setattr(exporting, "INLINE", 2000)
    whole = call("GET", "/insights/export", what="items")
    assert whole.status == 303
    key = whole.headers["location"].partition("?")[0].partition(".com/")[2]
    assert key.startswith(f"insights-exports/{shop}/")
    stored = config.client("s3").get_object(Bucket=aws.bucket, Key=key)["Body"].read()
    monkeypatch.setattr(exporting, "INLINE", 5_000_000)
    assert stored.decode() == call("GET", "/insights/export", what="items").body


def test_a_text_that_a_spreadsheet_would_run_is_not_run(call, shop):
    with db.transaction(store_id=shop) as tx:
        tx.execute("UPDATE insights.products SET name = '=HYPERLINK(1)' WHERE wc_product_id = 3")
    assert "\n=HYP" not in (body := call("GET", "/insights/export", what="products").body)
    assert "'=HYPERLINK(1)" in body


def test_health_tells_when_each_resource_was_last_read(call, shop):
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    with db.transaction(store_id=shop) as tx:
        for hours, status in ((0, "completed"), (2, "failed")):
            run = tx.execute(
                """INSERT INTO insights.sync_logs (store_id, sync_type, status, started_at, completed_at)
                   VALUES (%s, 'incremental', %s, %s, %s) RETURNING id""",
                (shop, status, at + timedelta(hours=hours), at + timedelta(hours=hours)),
            ).fetchone()["id"]
            tx.execute(
                """INSERT INTO backshop.sync_jobs
                     (store_id, run_id, resource, status, finished_at, error)
                   VALUES (%s, %s, 'orders', %s, %s, %s)""",
                (shop, run, status, at + timedelta(hours=hours), status if hours else None),
            )
    (orders,) = call("GET", "/insights/health").body["resources"]
    assert orders["read_at"] == "2026-11-01T12:00:00Z"
    assert (orders["status"], orders["error"]) == ("failed", "failed")


def test_health_tells_when_rollups_mean_other_settings(call, shop):
    with db.transaction(store_id=shop) as tx:
        rebuilding.rebuild(tx, shop)
    assert call("GET", "/insights/health").body["rollups_whole"] is True
    with db.transaction(store_id=shop) as tx:
        tx.execute(
            'UPDATE insights.stores SET settings = settings || \'{"time_zone": "Asia/Tokyo"}\''
            " WHERE id = %s",
            (shop,),
        )
    assert call("GET", "/insights/health").body["rollups_whole"] is False


def test_conversations_are_kept_bounded_and_forgotten(call, shop):

    with db.transaction(store_id=shop) as tx:
        id = saved.converse(tx, None, [{"role": "user", "text": "0"}])
        for number in range(1, MOST_MESSAGES + 10):
            assert saved.converse(tx, id, [{"role": "user", "text": str(number)}]) == id
        assert saved.converse(tx, uuid4(), []) is None
    held = call("GET", f"/insights/conversations/{id}").body
    assert len(held["messages"]) == MOST_MESSAGES
    assert held["messages"][-1]["text"] == str(MOST_MESSAGES + 9)
    assert call("GET", "/insights/conversations").body["items"][0]["id"] == str(id)
    assert call("GET", f"/insights/conversations/{id}", of=make_store(None)).status == 404
    assert call("DELETE", f"/insights/conversations/{id}").status == 204
    assert call("GET", f"/insights/conversations/{id}").status == 404
    hidden = without_addresses("orders of Ann@Example.com?")
    assert "@" not in hidden
    assert hidden == without_addresses("orders of ann@example.com?")


def test_the_openapi_is_served(call) -> Any:
    document = call("GET", "/openapi/insights.json").body
    assert document["openapi"].startswith("3.1")
    assert "/insights/query" in document["paths"]
