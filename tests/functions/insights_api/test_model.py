"""The planner that is a model, with a scripted stand-in for Bedrock: useful answers, hostile ones,
broken ones and none at all."""

from __future__ import annotations

from typing import Any

import pytest
from backshop.aws import config
from backshop.insights.planning import repository as names
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from tests.functions.insights_api.conftest import make_store

AS_OF = "2025-12-15T12:00:00"
MODEL = "example.model-v1"
OWN = "sales last month by country"
OWN_QUERY = {"metrics": ["net_sales"], "dimensions": ["country"]}


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSIGHTS_MODEL_ID", MODEL)
    names.forget()


@pytest.fixture
def stub(aws: Any) -> Any:
    with Stubber(config.client("bedrock-runtime")) as held:
        yield held


@pytest.fixture
def ask(call: Any) -> Any:
    def send(question: str = OWN, conversation: str | None = None) -> Any:
        body = {"question": question, "conversation_id": conversation, "as_of": AS_OF}
        answer = call("POST", "/insights/ask", body, staff=True)
        assert answer.status == 200, answer.body
        return answer.body

    return send


def answered(*content: dict[str, Any]) -> dict[str, Any]:
    return {
        "output": {"message": {"role": "assistant", "content": list(content)}},
        "stopReason": "tool_use",
        "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2},
        "metrics": {"latencyMs": 1},
    }


def use(name: str, given: Any) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": "t-1", "name": name, "input": given}}


def is_own(found: Any) -> bool:
    """Whether it is what the deterministic planner makes of OWN."""
    return found["kind"] == "answer" and OWN_QUERY.items() <= found["query"].items()


def test_a_models_query_is_answered_like_any_other(ask, stub):
    query = {"metrics": ["items_sold"], "dimensions": ["product"], "period": {"type": "all_time"}}
    claimed = {"text": "Revenue was 999,999 USD, see http://evil.example.com"}
    stub.add_response("converse", answered(claimed, use("query_metrics", query)))
    found = ask("whatever sells")
    assert found["query"]["metrics"] == ["items_sold"]
    assert found["query"]["top_n"] == 10
    assert "top_n" in found["assumptions"]["defaulted"]
    assert found["rows"]
    assert "999" not in str(found["text"])
    assert "evil" not in str(found)
    stub.assert_no_pending_responses()


def test_it_may_try_again_what_was_not_valid(ask, stub):
    stub.add_response("converse", answered(use("query_metrics", {"metrics": ["visits"]})))
    wrong = {"metrics": ["orders"], "dimensions": ["product"]}
    stub.add_response("converse", answered(use("query_metrics", wrong)))
    stub.add_response("converse", answered(use("query_metrics", {"metrics": ["orders"]})))
    assert ask()["query"]["metrics"] == ["orders"]
    stub.assert_no_pending_responses()


def test_addresses_do_not_reach_the_model(ask, aws, monkeypatch):
    told: list[Any] = []

    class Client:
        def converse(self, **given: Any) -> Any:
            told.append(given)
            return answered(use("query_metrics", {"metrics": ["orders"]}))

    _stand_in(monkeypatch, Client())
    ask("orders of Jane.Doe@example.com")
    assert "example.com" not in str(told)
    assert "sha256:" in told[0]["messages"][0]["content"][0]["text"]
    assert told[0]["modelId"] == MODEL
    assert told[0]["toolConfig"]["tools"][0]["toolSpec"]["name"] == "query_metrics"


def test_sql_is_a_way_out_through_the_guard(ask, stub):
    sql = "SELECT country, count(*) AS n FROM orders GROUP BY 1 ORDER BY 2 DESC"
    stub.add_response("converse", answered(use("run_sql", {"sql": sql})))
    found = ask()
    assert found["query"] == {"sql": sql}
    assert [each["name"] for each in found["columns"]] == ["country", "n"]
    assert sum(row[1] for row in found["rows"]) == 40
    assert found["chart"]["kind"] == "table"
    assert str(found["rows"][0][1]) in found["text"]
    stub.add_response("converse", answered(use("query_metrics", {"metrics": ["orders"]})))
    assert ask("and now?", found["conversation_id"])["query"]["metrics"] == ["orders"]


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE orders",
        "SELECT * FROM insights.stores; DELETE FROM insights.orders",
        "SELECT api_key_hash FROM insights.stores",
        "SELECT * FROM backshop.stores",
        "SELECT email_hash FROM customers",
        "SELECT pg_sleep(100)",
        "SELECT pg_read_file('/etc/passwd')",
        "UPDATE orders SET total = 0",
        "(" * 5000,
        "",
        "SELECT 1" + " " * 9000,
        "\x00",
    ],
)
def test_hostile_sql_runs_nowhere(ask, stub, sql):
    for _ in range(3):
        stub.add_response("converse", answered(use("run_sql", {"sql": sql})))
    assert is_own(ask())


def test_sql_sees_no_other_store(ask, stub):
    make_store(7)
    stub.add_response("converse", answered(use("run_sql", {"sql": "SELECT count(*) FROM orders"})))
    assert ask()["rows"] == [[40]]


@pytest.mark.parametrize(
    "content",
    [
        (),
        ({"text": "I cannot help with that."},),
        (use("send_email", {"to": "all"}),),
        (use("query_metrics", {"metrics": []}),),
        (use("query_metrics", {"metrics": ["net_sales"], "store_id": "another"}),),
        (use("query_metrics", {"metrics": ["net_sales'; DROP TABLE orders"]}),),
        (use("query_metrics", {"metrics": ["net_sales"], "period": {"type": "last_n", "n": 10**9, "unit": "day"}}),),
        (use("query_metrics", [1, 2]),),
        (use("query_metrics", "net_sales"),),
        (use("run_sql", {"sql": 5}),),
        (use("run_sql", {}),),
    ],
)  # fmt: skip
def test_what_cannot_be_used_falls_back(ask, stub, content):
    for _ in range(3):
        stub.add_response("converse", answered(*content))
    assert is_own(ask())


def test_a_refusal_of_the_model_is_in_our_words(ask, stub):
    missing = [
        "<img src=http://evil.example.com/x.png>",
        "[click](http://evil.example.com)",
        "moon phases",
        5,
    ]
    stub.add_response("converse", answered(use("decline", {"missing": missing})))
    found = ask()
    assert found["kind"] == "refusal"
    assert "moon phases" in found["missing"]
    for mark in ("<", "[", "http", "("):
        assert mark not in found["text"]


def test_a_name_of_the_model_is_looked_up(ask, stub):
    given = {
        "metrics": ["items_sold"],
        "filters": [{"field": "product", "op": "=", "value": "Prodct 3"}],
    }
    stub.add_response("converse", answered(use("query_metrics", given)))
    found = ask("how many of that one")
    assert found["kind"] == "refusal"
    assert "Product 3" in found["text"]


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "AccessDeniedException", "ModelTimeoutException"]
)
def test_a_model_that_refuses_to_answer_is_done_without(ask, stub, code):
    stub.add_client_error("converse", code)
    assert is_own(ask())


class _Silent:
    def converse(self, **given: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="https://bedrock.example.com")


class _Babbling:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def converse(self, **given: Any) -> Any:
        return self.answer


def _stand_in(monkeypatch: pytest.MonkeyPatch, client: Any) -> None:
    real = config.client
    monkeypatch.setattr(
        config, "client", lambda service: client if service == "bedrock-runtime" else real(service)
    )


NONSENSE: tuple[Any, ...] = (
    None, {}, [], "text", {"output": None}, {"output": {"message": None}},
    {"output": {"message": {"content": "text"}}}, {"output": {"message": {"content": [None]}}},
    {"output": {"message": {"role": "assistant", "content": [{"toolUse": {"name": ["x"]}}]}}},
    {"output": {"message": {"role": "assistant", "content": [{"toolUse": {"input": {}}}]}}},
)  # fmt: skip


@pytest.mark.parametrize("client", [_Silent(), *map(_Babbling, NONSENSE)])
def test_nonsense_of_any_shape_falls_back(ask, aws, monkeypatch, client):
    _stand_in(monkeypatch, client)
    assert is_own(ask())
