"""Calls of the function as API Gateway makes them, for a shop with some orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import UUID, uuid4

import pytest
from backshop import db
from backshop.commerce import Platform, Store
from backshop.insights import repository as insights
from backshop.saving import projections
from backshop.stores import repository as stores

from tests.backshop.insights.shops import records
from tests.backshop.insights.shops import shop as random_shop


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]


def make_store(seed: int | None = 1, plan: str = "agency", orders: int = 40) -> UUID:
    """A store as POST /connectors makes it, with a random shop's rows."""
    id = uuid4()
    with db.transaction(store_id=id) as tx:
        url = f"https://{id}.example.com"
        settings = {"time_zone": "Europe/Berlin", "currency": "USD"}
        stores.add(tx, Platform.WOOCOMMERCE, url, settings)
        insights.add_store(tx, url, "no key", settings)
        tx.execute("UPDATE insights.stores SET plan = %s", (plan,))
        if seed is not None:
            held = Store(id=id, platform=Platform.WOOCOMMERCE, url=url, currency="USD")
            projections.save(tx, held, records(random_shop(seed, orders=orders)))
    return id


@pytest.fixture
def function(load: Any) -> Any:
    return load("insights_api")


@pytest.fixture
def shop(aws: Any) -> UUID:
    return make_store(4)


@pytest.fixture
def call(function: Any, context: Any, shop: UUID) -> Callable[..., Answer]:
    """`call("GET", "/insights/health")` with the store's key; `staff=True` with a staff key."""

    def send(
        method: str,
        path: str,
        body: Any = None,
        *,
        of: UUID | None = None,
        staff: bool = False,
        **query: Any,
    ) -> Answer:
        of = of or shop
        given = {key: str(value) for key, value in query.items()}
        if staff:
            given["store_id"] = str(of)
        caller = {"kind": "store", "id": str(of), "store_id": str(of), "scopes": "store"}
        if staff:
            caller = {"kind": "staff", "id": str(of), "scopes": "staff store"}
        event = {
            "version": "2.0",
            "routeKey": f"{method} {path}",
            "rawPath": path,
            "rawQueryString": "&".join(f"{key}={quote(value)}" for key, value in given.items()),
            "queryStringParameters": given,
            "headers": {"content-type": "application/json"},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "requestId": "r-1",
                "authorizer": {"lambda": caller},
            },
            "isBase64Encoded": False,
        }
        if body is not None:
            event["body"] = body if isinstance(body, str) else json.dumps(body)
        answer = function.handler(event, context)
        text = answer.get("body")
        is_json = "json" in answer["headers"].get("content-type", "")
        shown = json.loads(text) if text and is_json else text
        return Answer(answer["statusCode"], shown, answer["headers"])

    return send
