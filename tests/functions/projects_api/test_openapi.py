"""Whatever the served OpenAPI allows, the function takes, and what it does not allow it refuses: by
thousands of generated calls through the Lambda handler, on a store that has one of everything."""

from __future__ import annotations

import base64
import json
import re
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig
from schemathesis.generation import GenerationMode

from local import http_events

CASES = 5_000
CONFIG: dict[str, Any] = {
    "checks": {
        # A state of the store may stand against a call that is well formed: 409 and 412.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "403", "404", "409", "412"]
        }
    },
    "auth": {"openapi": {"key": {"bearer": "bs_store_key"}}},
}
"""Every check is on."""


KEY = "bs_store_key"


def route(path: str) -> str:
    """The route of a path, as far as its length matters: keys of answers are kept by it."""
    return re.sub(r"^/(quotes?)/[^/]{37,}", r"/\1/{token}", path)


class Gateway:
    """WSGI in, events of payload format 2.0 out, as API Gateway makes them for a store's key."""

    def __init__(self, handler: Any, context: Any, store: Any) -> None:
        self.handler, self.context = handler, context
        self.caller = {"kind": "store", "id": str(store), "store_id": str(store), "scopes": "store"}
        self.calls = 0
        self.statuses: dict[int, int] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.calls += 1
        headers = [
            (key[5:].replace("_", "-").lower(), value.encode("latin-1").decode("utf-8", "replace"))
            for key, value in environ.items()
            if key.startswith("HTTP_")
        ]
        if kind := environ.get("CONTENT_TYPE"):
            headers.append(("content-type", kind))
        path = quote(environ["PATH_INFO"].encode("latin-1"))
        request = http_events.Request(
            method=environ["REQUEST_METHOD"],
            target=f"{path}?{environ.get('QUERY_STRING', '')}".rstrip("?"),
            headers=headers,
            body=environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)),
            source_ip="192.0.2.1",
            request_id="r-1",
            at=datetime.now(UTC),
        )
        match = http_events.Match(http_events.Route(request.method, route(path), "projects_api"))
        known = ("authorization", f"Bearer {KEY}") in headers
        event = http_events.event(
            request, match, account="1", authorizer=self.caller if known else None
        )
        answer = self.handler(event, self.context)
        status = answer["statusCode"]
        self.statuses[status] = self.statuses.get(status, 0) + 1
        headers = list(answer.get("headers", {}).items())
        start_response(f"{status} {HTTPStatus(status).phrase}", headers)
        body = (answer.get("body") or "").encode()
        return [base64.b64decode(body) if answer.get("isBase64Encoded") else body]


@pytest.fixture
def world(call, monkeypatch):
    """One of everything that a path or body may name."""
    # It is looked for with every call.
    monkeypatch.setitem(sys.modules, "flask", None)

    def made(method, path, body):
        answer = call(method, path, body)
        assert answer.status in (200, 201), answer.body
        return answer.body

    greeting = {"customer": {"first_name": "Jo", "customer_type": "builder"}}
    greeted = made("POST", "/projects/greeting", greeting)
    project = greeted["project"]["project_id"]
    room = made("POST", f"/projects/{project}/rooms", {"room_type": "other"})["room_id"]
    surface = made(
        "POST",
        f"/rooms/{room}/surfaces",
        {"surface_type": "floor", "surface_area_sf": 100},
    )["surface_id"]
    tile = {"sku": "T-1", "product_name": "Tile", "product_type": "tile", "coverage_per_box": 10}
    made("POST", "/catalogue", tile | {"price_retail": 4})
    selection = made("POST", f"/surfaces/{surface}/selections", {"product_sku": "T-1"})
    quote = {"selection_ids": [selection["selection_id"]]}
    draft = made("POST", f"/projects/{project}/quotes", quote)["quote_id"]
    sent = made("POST", f"/projects/{project}/quotes", quote)["quote_id"]
    sent = made("POST", f"/projects/{project}/quotes/{sent}/sending", None)
    return {
        "quote_id": draft,
        "token": sent["link"].rpartition("/")[2],
        "customer_id": greeted["customer"]["customer_id"],
        "project_id": project,
        "room_id": room,
        "surface_id": surface,
        "selection_id": selection["selection_id"],
        "log_id": greeted["conversation"]["log_id"],
        "sku": "T-1",
    }


def calls(function, context, store, world, number):
    """Run `number` generated calls, good and bad ones; the gateway with what it counted."""
    gateway = Gateway(function.handler, context, store)
    config = SchemathesisConfig.from_dict(CONFIG)
    schema = schemathesis.openapi.from_wsgi("/openapi/projects.json", gateway, config=config)
    operations = [each.ok() for each in schema.get_all_operations()]
    each = -(-number // len(operations))

    for operation in operations:
        good = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
        bad = operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)

        @seed(15)
        @given(case=st.one_of(good, bad), named=st.booleans())
        @settings(
            max_examples=each,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def run(case, named):
            if case.meta.generation.mode.is_positive:
                # A cursor is what the page before gave, a key is new for each request: neither can
                # be made up by chance.
                (case.query or {}).pop("cursor", None)
                (case.headers or {}).pop("idempotency-key", None)
                if named:
                    case.path_parameters = {
                        key: world.get(key, value)
                        for key, value in (case.path_parameters or {}).items()
                    }
                    name_known(case.body, world)
            case.call_and_validate()

        run()
    return gateway


def name_known(body, world):
    """Have a body name what is there."""
    if isinstance(body, dict):
        for key, value in body.items():
            if key in world and isinstance(value, str) and key != "sku":
                body[key] = world[key]
            else:
                name_known(value, world)
    elif isinstance(body, list):
        for each in body:
            name_known(each, world)


def test_the_openapi_holds_for_some_calls_of_each_route(function, context, store, world):
    gateway = calls(function, context, store, world, 400)
    assert gateway.calls >= 400


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_openapi_holds_for_thousands_of_calls(function, context, store, world):
    gateway = calls(function, context, store, world, CASES)
    print(json.dumps({"calls": gateway.calls, "answers": gateway.statuses}))
    assert gateway.calls >= CASES
    assert gateway.statuses[200] + gateway.statuses[201] > CASES / 10
    assert not [status for status in gateway.statuses if status >= 500]
