"""An address that nothing is at: a page with a way back for a browser, a problem for a program."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
SHOP = "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11"


@pytest.fixture
def ask(load: Any, event: Any, context: Any, aws: Any) -> Any:
    """Calls a function as the gateway does for what no other route takes."""
    loaded: dict[str, Any] = {}

    def send(function: str, verb: str, path: str, accept: str, query: str = "") -> Any:
        asked = copy.deepcopy(event("desk/sign_in"))
        asked["rawPath"] = asked["requestContext"]["http"]["path"] = path
        asked["requestContext"]["http"]["method"] = verb
        asked["routeKey"] = "ANY /{unknown+}"
        asked["rawQueryString"] = query
        asked["queryStringParameters"] = dict([query.split("=")]) if query else {}
        asked["headers"]["accept"] = accept
        asked["body"] = None
        module = loaded.setdefault(function, load(function))
        return module.handler(asked, context)

    return send


@pytest.mark.parametrize(
    ("function", "verb", "path", "back"),
    [
        ("desk", "GET", "/desk/unknown", "/desk"),
        ("desk", "GET", f"/desk/{SHOP}/nothing/7", "/desk"),
        ("desk", "GET", f"/desk/{SHOP}/orders/7/refunds", f"/desk/{SHOP}/orders/7"),
        ("desk", "DELETE", f"/desk/{SHOP}/orders", f"/desk/{SHOP}/orders"),
        ("desk", "POST", "/desk/", "/desk"),
        ("desk", "GET", "/desk/sign-out", "/desk"),
        ("shopper_pages", "GET", "/track/unknown", "/track"),
        ("shopper_pages", "GET", "/track/code/again", "/track/code"),
        ("shopper_pages", "PUT", "/track/profile", "/track/profile"),
        ("shopper_pages", "GET", "/try-on/erasure", "/try-on"),
        ("shopper_pages", "GET", "/quote/abc/acceptance", "/quote/abc"),
        ("shopper_pages", "GET", "/mail/stop", "/track"),
        ("shopper_pages", "GET", "/privacy/", "/track"),
    ],
)
def test_a_browser_gets_a_page_with_a_way_back(ask, new_store, function, verb, path, back) -> None:
    new_store("woocommerce")
    answer = ask(function, verb, path, BROWSER)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]
    assert f'href="{back}' in answer["body"]
    assert "There is no page at this address" in answer["body"]


@pytest.mark.parametrize("accept", ["application/json", "*/*", ""])
@pytest.mark.parametrize(
    ("function", "path"), [("desk", "/desk/unknown"), ("shopper_pages", "/track/unknown")]
)
def test_a_program_gets_a_problem(ask, function, path, accept) -> None:
    answer = ask(function, "GET", path, accept)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert json.loads(answer["body"])["detail"].startswith("There is no page at this address")


@pytest.mark.parametrize(
    ("function", "path", "query", "to"),
    [
        ("desk", "/desk/", "", "/desk"),
        ("desk", f"/desk/{SHOP}/orders/", "q=a%20b", f"/desk/{SHOP}/orders?q=a%20b"),
        ("shopper_pages", "/track/", "", "/track"),
        ("shopper_pages", "/survey/match/", "token=a.b", "/survey/match?token=a.b"),
        ("shopper_pages", "/track/orders//", "", "/track/orders"),
    ],
)
def test_a_slash_too_many_leads_to_the_page(ask, function, path, query, to) -> None:
    answer = ask(function, "GET", path, BROWSER, query)
    assert (answer["statusCode"], answer["headers"].get("Location")) == (303, to)


def test_a_slash_too_many_leads_nowhere_else(ask) -> None:
    for path in ("//evil.example.com/", "/desk//evil.example.com/", "/desk/a\r\nx: y/orders/"):
        answer = ask("desk", "GET", path, BROWSER)
        to = answer["headers"].get("Location", "/desk")
        assert to.startswith("/desk")
        assert to.isprintable()
