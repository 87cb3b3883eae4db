"""GET /insights/charts/{file} against the real database."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from backshop.insights.plans import counting

from tests.backshop.kits.shop import Clock

NAMED = "3f0a4b52-9a4e-4c7b-8c58-0d6a5f2f7b10"
BAR = {"kind": "bar_h", "x": "product_name", "y": ["sold"]}
SQL = "SELECT product_name, sum(quantity) AS sold FROM order_items GROUP BY 1 ORDER BY 2 DESC"


@pytest.fixture
def shop(new_store, owner):
    """A store that sold two things, and one that is somebody else's."""
    for names in (("Lamp <b>", "Vase"), ("CANARY",)):
        made = new_store()
        for number, name in enumerate(names, 1):
            owner.execute(
                """WITH o AS (
                     INSERT INTO insights.orders (store_id, wc_order_id, date_created, status, total,
                       currency)
                     VALUES (%(store)s, %(n)s, now(), 'completed', 10, 'USD') RETURNING store_id, id
                   )
                   INSERT INTO insights.order_items (store_id, order_id, product_name, quantity, total,
                     subtotal, line_id)
                   SELECT store_id, id, %(name)s, %(n)s, 10, 10, 1 FROM o""",
                {"store": made, "n": number, "name": name},
            )
        if names[0] != "CANARY":
            mine = made
    return mine


@pytest.fixture
def save(owner, shop):
    def made(config, store=shop):
        row = owner.execute(
            """INSERT INTO insights.saved_charts (store_id, title, chart_config)
               VALUES (%s, 'My chart', %s) RETURNING id""",
            [store, json.dumps(config)],
        ).fetchone()
        return row["id"]

    return made


@pytest.fixture
def draw(load, event, context, shop):
    function = load("insights_charts")

    def call(file, **query):
        request = event("insights_charts/draw")
        path = f"/insights/charts/{file}"
        request["rawPath"] = request["requestContext"]["http"]["path"] = path
        request["pathParameters"] = {"file": str(file)}
        caller = {"kind": "store", "id": "k", "store_id": str(shop), "scopes": "store"}
        request["requestContext"]["authorizer"] = {"lambda": caller}
        if query:
            request["queryStringParameters"] = query
        return function.handler(request, context)

    return call


def content(answer) -> bytes:
    body = answer["body"]
    return base64.b64decode(body) if answer["isBase64Encoded"] else body.encode()


def test_a_chart_of_sql_is_drawn_with_the_stores_own_numbers(draw, save):
    answer = draw(f"{save({'sql': SQL, 'chart': BAR | {'title': 'Once'}})}.svg")
    assert answer["statusCode"] == 200, answer["body"]
    assert answer["headers"]["Content-Type"] == "image/svg+xml"
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]
    svg = content(answer).decode()
    assert "Lamp &lt;b&gt;" in svg
    assert "My chart" in svg
    assert "Once" not in svg
    assert "CANARY" not in svg


def test_a_chart_of_a_query_is_drawn(draw, save):
    query = {
        "metrics": ["orders"],
        "grain": "day",
        "period": {"type": "last_n", "n": 7, "unit": "day"},
    }
    chart = {"kind": "line", "x": "time", "y": ["orders"]}
    answer = draw(f"{save({'query': query, 'chart': chart})}.png", width="360")
    assert answer["statusCode"] == 200, answer["body"]
    assert content(answer)[:8] == b"\x89PNG\r\n\x1a\n"
    assert abs(int.from_bytes(content(answer)[16:20], "big") - 720) <= 4


@pytest.mark.parametrize(
    ("config", "sentence"),
    [
        ({"sql": "DELETE FROM orders", "chart": BAR}, "exactly one SELECT"),
        ({"sql": "SELECT email_hash FROM customers", "chart": BAR}, "no column"),
        ({"sql": "SELECT 1 AS one", "chart": BAR}, "no column product_name"),
        ({"chart": BAR}, "save it anew"),
        (
            {"sql": SQL, "chart": {**BAR, "data": {"url": "http://169.254.169.254/"}}},
            "save it anew",
        ),
        ({"query": {"metrics": ["visits"]}, "chart": BAR}, "no answer"),
    ],
)
def test_what_cannot_be_drawn_is_said(config, sentence, draw, save):
    answer = draw(f"{save(config)}.svg")
    assert answer["statusCode"] == 422
    assert sentence in json.loads(answer["body"])["detail"]


@pytest.mark.parametrize("file", ["x.svg", f"{NAMED}", f"{NAMED}.gif", f"{NAMED}.svg.png"])
def test_other_files_are_not_there(file, draw):
    assert draw(file)["statusCode"] == 404


def test_another_stores_chart_is_not_there(draw, save, new_store):
    assert draw(f"{save({'sql': SQL, 'chart': BAR}, new_store())}.svg")["statusCode"] == 404
    assert draw(f"{uuid4()}.svg")["statusCode"] == 404


@pytest.mark.parametrize("width", ["10", "99999", "x"])
def test_a_width_is_that_of_a_screen(width, draw, save):
    assert draw(f"{save({'sql': SQL, 'chart': BAR})}.svg", width=width)["statusCode"] == 400


def test_pictures_count_against_the_plan(draw, save, owner, shop, monkeypatch):
    """A plan's hundredth question of a day is the last, pictures among them."""
    clock = Clock()
    clock.at = datetime(2026, 11, 28, 12, 0, 30, tzinfo=UTC)
    monkeypatch.setattr(counting, "datetime", clock)
    query = {"metrics": ["orders"], "period": {"type": "calendar", "unit": "day", "offset": 0}}
    file = f"{save({'query': query, 'chart': {'kind': 'number', 'x': None, 'y': ['orders']}})}.svg"
    owner.execute(
        """INSERT INTO insights.request_counts (store_id, day, in_day, minute, in_minute)
           VALUES (%s, '2026-11-28', 99, '2026-11-28T12:00:00Z', 1)""",
        [shop],
    )
    assert draw(file)["statusCode"] == 200
    answer = draw(file)
    assert answer["statusCode"] == 429, answer["body"]
    assert int(answer["headers"]["Retry-After"]) == 43_171
    owner.execute("UPDATE insights.stores SET plan = 'starter' WHERE id = %s", [shop])
    assert draw(file)["statusCode"] == 200
