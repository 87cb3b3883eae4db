"""Random and hostile requests to every route: never a 5xx, never a traceback.

The routes are read from template.yaml, so a new function is attacked from its first day.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from local import template

ROOT = Path(__file__).parents[2]
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "not json": b"{",
    "bad utf-8": b'{"a": "\xff\xfe"}',
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "NUL": b'{"a": "\\u0000", "phone": "\\u0000", "name": "\\u0000"}',
    "lone surrogate": b'{"a": "\\ud800", "phone": "\\ud800", "code": "\\udfff"}',
    "100,000 deep": b"[" * 100_000,
    "100,000 deep objects": b'{"a":' * 100_000,
    "null": b"null",
    "a list": b"[]",
    "a text": b'"text"',
    "a number too large": b'{"amount": 1e999999, "id": ' + b"9" * 5000 + b"}",
    "not a number": b'{"amount": NaN, "quantity": Infinity}',
    "repeated keys": b'{"a": 1, "a": 2}',
    "binary": bytes(range(256)) * 16,
}
WRONG: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1.5e308,
    "",
    " ",
    "\x00",
    "x" * 70_000,
    [],
    {},
    [[]],
    "'; --",
]
PATHS = ["%00", "%ff%fe", "..%2f..%2f", "x" * 2000, "'; DROP TABLE--", "💥", "-1", "null"]
FIELDS = [
    "platform",
    "store_url",
    "api_key",
    "secret",
    "webhook_secret",
    "sync_interval",
    "settings",
    "allowed_origins",
    "name",
    "phone",
    "session_id",
    "code",
    "stage",
    "tracking_number",
    "note",
    "correct",
    "lines",
    "amount",
    "reason",
    "restock",
    "line_id",
    "quantity",
    "address",
    "country_code",
    "line1",
    "city",
    "postal_code",
    "status",
    "target_order_count",
    "orders",
    "codes",
    "skus",
    "customer_id",
    "consent",
    "type",
    "shade_selected",
    "shade_fit_rating",
    "skin_type",
    "skin_concerns",
    "token",
]


NOBODY = "00000000-0000-4000-8000-000000000000"
ENDS = {("DELETE", "/connectors/{id}")}
"""Routes that would end the shop that the tests after these need: they are asked for another."""


def routes() -> list[tuple[str, str]]:
    """(method, path) of every route in the template."""
    read = template.load(
        ROOT / "template.yaml",
        {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"},
        {"AWS::Region": "x", "AWS::AccountId": "x", "AWS::Partition": "aws", "AWS::URLSuffix": "x"},
    )
    found = set()
    for function in read.of_type("AWS::Serverless::Function"):
        for event in (function.properties.get("Events") or {}).values():
            if event["Type"] == "HttpApi":
                found.add((event["Properties"]["Method"].upper(), event["Properties"]["Path"]))
    return sorted(found)


@pytest.fixture(scope="module")
def client(stack: Any):
    with httpx.Client(base_url=stack.base_url, timeout=40) as made:
        yield made


def credentials(stack: Any) -> list[dict[str, str]]:
    store_key = stack.connectors["vendure"]["store_key"]
    return [
        {},
        {"Authorization": f"Bearer {stack.staff_key}"},
        {"Authorization": f"Bearer {store_key}"},
    ]


def fill(path: str, stack: Any, value: str | None = None) -> str:
    """The path with its parameters set: to `value`, or to a connector that there is."""
    there = stack.connectors["vendure"]["id"]
    return re.sub(r"\{[^}]+\}", lambda _: value or there, path)


def check(answer: httpx.Response, what: object) -> None:
    assert answer.status_code < 500, (what, answer.status_code, answer.text[:500])
    assert "Traceback" not in answer.text, what
    if answer.headers.get("content-type") == "application/problem+json":
        problem = answer.json()
        assert problem["detail"], what
        assert problem["request_id"], what


@pytest.mark.parametrize("mixtures", [2, pytest.param(20, marks=pytest.mark.slow)])
@pytest.mark.parametrize(("method", "path"), routes(), ids=lambda value: str(value))
def test_hostile_requests_get_a_sentence(
    stack: Any, client: httpx.Client, method: str, path: str, mixtures: int
):
    whole = fill(path, stack, NOBODY if (method, path) in ENDS else None)
    chance = random.Random(f"{method} {path}")
    for headers in credentials(stack):
        for name, body in BODIES.items():
            kind = {"Content-Type": "application/json"}
            answer = client.request(method, whole, content=body, headers=headers | kind)
            check(answer, (name, headers.keys()))
        for _ in range(mixtures):
            wrong = {name: chance.choice(WRONG) for name in chance.sample(FIELDS, 12)}
            answer = client.request(method, whole, json=wrong, headers=headers)
            check(answer, json.dumps(wrong)[:300])
        for part in PATHS if "{" in path else ():
            check(client.request(method, fill(path, stack, part), headers=headers), part)
        for query in (
            "store_id=x",
            "cursor=%00",
            "limit=-1",
            "limit=9e9",
            "page=x&page=y",
            "store_id=%ff",
        ):
            answer = client.request(method, f"{whole}?{query}", headers=headers)
            check(answer, query)


def test_one_store_s_key_opens_nothing_of_another(stack: Any, client: httpx.Client) -> None:
    """Every route that names a connector, with another store's key: as if it did not exist."""
    other = stack.connectors["shopify"]["id"]
    assert UUID(other)
    headers = {"Authorization": f"Bearer {stack.connectors['woocommerce']['store_key']}"}
    # A body that is taken, so that what refuses the call is the key.
    place = {"name": "A", "line1": "1", "city": "B", "postal_code": "1", "country_code": "US"}
    bodies = {
        "/connectors/{id}/orders/{order_id}/address": place,
        "/connectors/{id}/orders/{order_id}/refunds": {"amount": "1.00", "reason": "damaged"},
    }
    headers["Idempotency-Key"] = "one key"
    for method, path in routes():
        if not path.startswith("/connectors/{id}"):
            continue
        address = path.replace("{id}", other)
        answer = client.request(
            method, re.sub(r"\{[^}]+\}", "1", address), json=bodies.get(path, {}), headers=headers
        )
        assert answer.status_code in {401, 403, 404}, (method, path, answer.status_code)


def test_routes_without_a_key_are_the_ones_meant_for_everybody(
    stack: Any, client: httpx.Client
) -> None:
    """What answers without a key is listed here with its reason; everything else is closed."""
    everybody = {
        ("POST", "/webhooks/{connector_id}"): "signed by the shop",
        ("OPTIONS", "/{proxy+}"): "preflights carry no key",
        ("GET", "/openapi.json"): "a file, for those who write a client",
        ("GET", "/openapi/projects.json"): "a file, for those who write a client",
        ("GET", "/openapi/insights.json"): "a file, for those who write a client",
        ("POST", "/quantities"): "a calculator on a shop's page; it reads nothing of a store",
        ("GET", "/quote/{token}"): "carries the link's token",
        ("POST", "/quote/{token}/changes"): "carries the link's token",
        ("POST", "/quote/{token}/acceptance"): "carries the link's token",
        ("GET", "/quotes/{token}"): "carries the link's token",
        ("GET", "/quotes/{token}/pdf"): "carries the link's token",
        ("POST", "/quotes/{token}/views"): "carries the link's token",
        ("POST", "/quotes/{token}/acceptance"): "carries the link's token",
        ("POST", "/quotes/{token}/changes"): "carries the link's token",
        ("POST", "/otp/send"): "a shopper has no key yet",
        ("POST", "/otp/verify"): "a shopper has no key yet",
        ("GET", "/orders/{code}"): "carries the shopper's own token",
        ("PUT", "/orders/{code}/sms"): "carries the shopper's own token",
        ("GET", "/profile"): "carries the shopper's own token",
        ("PUT", "/profile"): "carries the shopper's own token",
        ("POST", "/orders/{code}/address"): "carries the shopper's own token",
        ("POST", "/surveys"): "carries the link's token",
        ("POST", "/surveys/{id}/rating"): "carries the link's token",
        ("GET", "/surveys/form"): "carries the link's token",
        ("GET", "/surveys/result"): "carries the link's token",
        ("GET", "/c/{id}"): "a shopper follows a link",
        ("GET", "/desk/sign-in"): "asks for the key",
        ("POST", "/c/{id}"): "a shopper presses a button",
        ("POST", "/try-on/sessions"): "carries a publishable token",
        ("GET", "/try-on/sessions/{id}"): "carries the session's capability",
        ("DELETE", "/try-on/sessions/{id}"): "carries the session's capability",
        ("GET", "/orders"): "carries the shopper's own token",
        ("GET", "/assets/{name}"): "what pages look like, the same for everybody",
        ("GET", "/track"): "where a shopper types a phone",
        ("POST", "/track"): "where a shopper types a phone",
        ("GET", "/track/code"): "where a shopper types a code",
        ("POST", "/track/code"): "where a shopper types a code",
        ("POST", "/track/code/again"): "where a shopper types a code",
        ("GET", "/track/orders"): "leads to /track without the shopper's session",
        ("GET", "/track/orders/{code}"): "leads to /track without the shopper's session",
        ("POST", "/track/orders/{code}/sms"): "leads to /track without the shopper's session",
        ("POST", "/track/end"): "ends the shopper's session",
        ("GET", "/track/profile"): "leads to /track without the shopper's session",
        ("POST", "/track/profile"): "leads to /track without the shopper's session",
        ("GET", "/survey"): "where a survey's link leads; carries its token or session",
        ("GET", "/survey/{n}"): "where a survey's link leads; carries its token or session",
        ("POST", "/survey/{n}"): "where a survey's link leads; carries its token or session",
        ("GET", "/survey/answers"): "where a survey's link leads; carries its token or session",
        ("POST", "/survey/answers"): "where a survey's link leads; carries its token or session",
        ("GET", "/survey/match"): "where a survey's link leads; carries its token or session",
        ("GET", "/survey/rating"): "where a survey's link leads; carries its token or session",
        ("POST", "/survey/rating"): "where a survey's link leads; carries its token or session",
        ("POST", "/survey/photo"): "where a survey's link leads; carries its token or session",
        ("GET", "/mail/stop/{token}"): "carries the mail's token",
        ("POST", "/mail/stop/{token}"): "carries the mail's token",
        ("GET", "/try-on"): "a shop's page, the same for everybody",
        ("POST", "/try-on"): "takes a shopper's consent; carries the page's own form",
        ("GET", "/try-on/picture"): "leads to /try-on without the session's capability",
        ("GET", "/try-on/result"): "leads to /try-on without the session's capability",
        ("POST", "/try-on/erasure"): "carries the session's capability",
        ("GET", "/try-on/frame"): "a shop's page, the same for everybody",
        ("GET", "/try-on/embed.js"): "a shop's page, the same for everybody",
        ("GET", "/privacy/pictures"): "a shop's page, the same for everybody",
        ("GET", "/health"): "says that the stack answers, and nothing else",
        ("POST", "/desk/sign-in"): "takes the key",
        ("POST", "/desk/sign-out"): "ends the session",
        ("ANY", "/desk/{unknown+}"): "says that there is no such page",
        ("ANY", "/track/{unknown+}"): "says that there is no such page",
        ("ANY", "/survey/{unknown+}"): "says that there is no such page",
        ("ANY", "/quote/{unknown+}"): "says that there is no such page",
        ("ANY", "/mail/{unknown+}"): "says that there is no such page",
        ("ANY", "/privacy/{unknown+}"): "says that there is no such page",
        ("GET", "/try-on/{unknown+}"): "says that there is no such page",
        ("POST", "/try-on/{unknown+}"): "says that there is no such page",
    }

    def is_closed(method: str, path: str) -> bool:
        answer = client.request(method, fill(path, stack), json={})
        leads_to_sign_in = answer.headers.get("location", "").startswith("/desk/sign-in?")
        return answer.status_code in {401, 403} or leads_to_sign_in

    open_routes = {
        (method, path)
        for method, path in routes()
        if (method, path) in everybody or not is_closed(method, path)
    }
    assert open_routes <= set(everybody), open_routes - set(everybody)
