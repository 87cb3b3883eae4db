"""Questions in plain English, asked as API Gateway asks them."""

from __future__ import annotations

from typing import Any

import pytest
from backshop import db
from backshop.insights.planning import repository as names

from tests.functions.insights_api.conftest import make_store

AS_OF = "2025-12-15T12:00:00"


@pytest.fixture(autouse=True)
def fresh() -> None:
    names.forget()


@pytest.fixture
def ask(call: Any) -> Any:
    def send(question: str, conversation: str | None = None, status: int = 200) -> Any:
        body = {"question": question, "conversation_id": conversation, "as_of": AS_OF}
        answer = call("POST", "/insights/ask", body, staff=True)
        assert answer.status == status, answer.body
        return answer.body

    return send


def test_a_question_is_answered_in_the_contracts_shape(ask):
    found = ask("revenue by month this year")
    assert found["kind"] == "answer"
    assert found["query"] == {
        "metrics": ["net_sales"],
        "dimensions": [],
        "grain": "month",
        "period": {"type": "calendar", "unit": "year", "offset": 0},
        "filters": [],
        "top_n": None,
    }
    assert len(found["rows"]) == 12
    assert found["chart"]["kind"] == "line"
    assert found["totals"]["net_sales"].split(".")[0] in found["text"].replace(",", "")
    assert found["assumptions"]["defaulted"] == []
    assert found["conversation_id"]
    assert found["follow_ups"]


def test_what_was_left_out_is_said(ask):
    found = ask("top products")
    assert found["assumptions"]["defaulted"] == ["period", "top_n"]
    assert found["query"]["top_n"] == 10
    assert "by units instead" in found["follow_ups"]


def test_a_conversation_goes_on(ask):
    first = ask("sales last month")
    id = first["conversation_id"]
    second = ask("and by week?", id)
    assert second["conversation_id"] == id
    assert second["query"]["grain"] == "week"
    third = ask("only Germany", id)
    assert third["query"]["filters"] == [{"field": "country", "op": "=", "value": "DE"}]
    assert third["query"]["grain"] == "week"
    refused = ask("what is our conversion rate", id)
    assert refused["missing"] == ["visits"]
    taken = ask("yes", id)
    assert taken["query"] == refused["nearest"]["query"]


def test_follow_ups_are_answered(ask):
    for question in ("sales last month", "best sellers", "customers at risk", "refunds by product"):
        found = ask(question)
        for each in found["follow_ups"]:
            again = ask(each, found["conversation_id"])
            assert again["kind"] == "answer", (question, each, again)


def test_names_are_the_stores_own(ask):
    found = ask("how many PRODUCT 3 did we sell ever")
    assert found["query"]["filters"] == [{"field": "product", "op": "=", "value": "Product 3"}]
    assert found["query"]["metrics"] == ["items_sold"]
    deleted = ask("sales of product 9 ever")
    assert deleted["kind"] == "answer"
    assert deleted["query"]["filters"][0]["value"] == "Product 9"
    for question, near in (
        ("sales of product 12", "Product 1"),
        ("sales of candelabrum", "Candles"),
    ):
        absent = ask(question)
        assert absent["kind"] == "refusal"
        assert near in absent["text"]
        assert absent["nearest"]["query"]["filters"][0]["value"].startswith(near)
    there = ask("sales with code vip all time")
    assert there["kind"] == "answer"
    elsewhere = ask("sales in Brazil")
    assert elsewhere["kind"] == "refusal"
    assert "Brazil" in elsewhere["text"]
    assert elsewhere["nearest"]["query"]["dimensions"] == ["country"]


def test_addresses_are_never_kept(ask, shop):
    found = ask("orders of Jane.Doe@example.com last month")
    with db.transaction(store_id=shop) as tx:
        stored = str(tx.execute("SELECT messages FROM insights.conversations").fetchall())
    assert "example.com" not in stored + str(found)
    assert "sha256:" in stored


def test_conversations_are_bounded(ask, call):
    id = ask("sales last month")["conversation_id"]
    for _ in range(35):
        ask("by week", id)
    kept = call("GET", f"/insights/conversations/{id}").body["messages"]
    assert len(kept) == 60
    assert kept[-1]["query"]["grain"] == "week"


def test_another_stores_conversation_is_not_there(call, ask):
    id = ask("sales last month")["conversation_id"]
    other = make_store(None)
    body = {"question": "and by week?", "conversation_id": id}
    assert call("POST", "/insights/ask", body, of=other).status == 404


def test_what_is_no_question_is_refused_in_a_sentence(call):
    for body, status in (
        ({}, 422),
        ({"question": ""}, 422),
        ({"question": "x" * 1001}, 422),
        ({"question": 5}, 422),
        ({"question": "sales", "store_id": "x"}, 422),
        ({"question": "sales", "conversation_id": "x"}, 422),
        ({"question": "\x00"}, 422),
        ({"question": "  "}, 400),
        ({"question": "sales", "as_of": AS_OF}, 403),
    ):
        assert call("POST", "/insights/ask", body).status == status, body


@pytest.mark.parametrize(
    "text",
    [
        "🎉🎉🎉", "?", "'; DROP TABLE orders; --", "\u202esales", "a " * 400, "@x0 vs @x1", "%m %m",
        "sales " * 60, "(((((", "revenue last month'; DROP TABLE orders; --", "~ ~ ~", "1", "-1",
        "top 99999 products", "sales in 9999", "last 99999999 days", "31 february 2025", "sales 0/0/0000",
        "orders over 1e999", "売上は？", "sales of " + "x" * 900, "top 0 products", "sales from 2025-12-01 to 2025-01-01",
        "last 0 days", "week 99", "h3 2025", "q9", "0 best sellers", "sales since 2050", "sales before 1900",
        "revenue 3000 years ago", "sales in the last 3600 years",
    ],
)  # fmt: skip
def test_nothing_that_can_be_typed_is_an_error(ask, text):
    assert ask(text)["kind"] in ("answer", "refusal")


def test_a_product_is_found_as_soon_as_it_is_there(ask, shop, monkeypatch):
    monkeypatch.setattr(names, "AGAIN_SECONDS", 0.0)
    assert ask("sales of the moonstone lamp ever")["kind"] == "refusal"
    with db.transaction(store_id=shop) as tx:
        tx.execute(
            """INSERT INTO insights.products (store_id, wc_product_id, name)
               VALUES (%s, 4711, 'Moonstone Lamp')""",
            (shop,),
        )
    found = ask("sales of the moonstone lamp ever")
    assert found["kind"] == "answer"
    assert found["query"]["filters"][0]["value"] == "Moonstone Lamp"
