"""How often saving one delivered order waits for the database, counted in libpq's own trace."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import pytest
from backshop import db
from psycopg.pq import Trace

RECORDED = Path(__file__).parents[3] / "shops/recordings"
WARM = 12
"""Deliveries after which all statements are prepared."""
MOST = {"woocommerce": 7, "shopify": 9, "vendure": 9}
"""Round trips of an order that is new, and of one that changed, its customer known."""
START = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def woocommerce(number: int, at: datetime, state: int) -> tuple[str, dict[str, Any]]:
    recorded = RECORDED / "woocommerce-11.0.1/webhooks/020_order.updated.body"
    changes = {
        "id": number,
        "number": str(number),
        "date_modified_gmt": at.strftime("%Y-%m-%dT%H:%M:%S"),
        "status": ("processing", "on-hold")[state % 2],
    }
    return "order.updated", json.loads(recorded.read_bytes()) | changes


def shopify(number: int, at: datetime, state: int) -> tuple[str, dict[str, Any]]:
    recorded = json.loads((RECORDED / "shopify-2026-07/orders_updated.json").read_bytes())
    changes = {
        "id": number,
        "admin_graphql_api_id": f"gid://shopify/Order/{number}",
        "updated_at": at.isoformat(),
        "phone": f"+1202555{state:04}",
        # Of an account: guests are customers of no context but insights.
        "customer": recorded["customer"] | {"id": 207119551},
    }
    return "orders/updated", recorded | changes


def vendure(number: int, at: datetime, state: int) -> tuple[str, dict[str, Any]]:
    recorded = json.loads((RECORDED / "vendure-3.7.3/order_final.json").read_bytes())
    order = recorded["body"]["data"]["order"]
    changes = {
        "id": str(number),
        "code": f"CODE{number}",
        "state": ("PaymentSettled", "PaymentAuthorized")[state % 2],
        "lines": [line | {"id": f"{number}-{line['id']}"} for line in order["lines"]],
    }
    data = order | changes
    return "order.updated", {"event": "order.updated", "createdAt": at.isoformat(), "data": data}


PLATFORMS: dict[str, Callable[[int, datetime, int], tuple[str, dict[str, Any]]]] = {
    "woocommerce": woocommerce,
    "shopify": shopify,
    "vendure": vendure,
}


class Traffic(NamedTuple):
    statements: int
    round_trips: int


@pytest.fixture(params=PLATFORMS)
def platform(request) -> str:
    return request.param


@pytest.fixture
def deliver(platform, owner, new_store, load) -> Callable[[int], None]:
    """Delivers an order of this number, each time with another state of it."""
    store = new_store(platform)
    owner.execute(
        """INSERT INTO connect.connector_config
             (id, store_id, platform, store_url, api_key, secret, webhook_secret, connected_at)
           VALUES (%(id)s, %(id)s, %(platform)s, %(url)s, 'sealed', 'sealed', 'sealed',
                   '2026-01-01')""",
        {"id": store, "platform": platform, "url": f"https://{store}.example.com"},
    )
    handler, states = load("webhook_ingest").handler, count()

    def run(number: int) -> None:
        state = next(states)
        at = START + timedelta(minutes=state)
        topic, body = PLATFORMS[platform](number, at, state)
        answer = handler({"Records": [message(store, topic, body, at)]}, None)
        assert answer == {"batchItemFailures": []}

    return run


def message(store: UUID, topic: str, body: dict[str, Any], at: datetime) -> dict[str, Any]:
    text = json.dumps(body)
    digest = sha256(text.encode()).hexdigest()
    said = {
        "connector_id": str(store),
        "topic": topic,
        "key": digest,
        "sha256": digest,
        "received_at": (at + timedelta(seconds=1)).isoformat(),
        "triggered_at": at.isoformat(),
        "body": text,
    }
    return {"messageId": str(uuid4()), "body": json.dumps(said)}


@contextmanager
def recorded() -> Iterator[list[str]]:
    """The types of the messages that all connections send meanwhile, in order."""
    sent: list[str] = []
    connections = list(db._connections().values())
    with TemporaryFile("w+") as file:
        for each in connections:
            each.pgconn.trace(file.fileno())
            each.pgconn.set_trace_flags(Trace.SUPPRESS_TIMESTAMPS)
        try:
            yield sent
        finally:
            for each in connections:
                each.pgconn.untrace()
        file.seek(0)
        columns = (line.rstrip("\n").split("\t") for line in file)
        sent += [each[2] for each in columns if each[0] == "F"]


def traffic(sent: list[str]) -> Traffic:
    """Who sends a Query or a Sync waits for the answer to it, and so does who asks for what is done
    by now, unless everything was asked for at that moment."""
    waits = [
        message
        for before, message in pairwise(["", *sent])
        if message in {"Query", "Sync"} or (message == "Flush" and before != "Sync")
    ]
    return Traffic(sum(each in {"Query", "Execute"} for each in sent), len(waits))


def test_an_order_is_saved_in_few_round_trips(platform, deliver):
    for _ in range(WARM):
        deliver(1001)
    for number in range(1002, 1002 + WARM):
        deliver(number)
    assert len(db._connections()) == 1
    for number in (1001, 2001):
        with recorded() as sent:
            deliver(number)
        seen = traffic(sent)
        assert seen.statements > seen.round_trips, "nothing was recorded"
        assert seen.round_trips <= MOST[platform]
