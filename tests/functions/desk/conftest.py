"""The desk with the functions behind it, all in this process, and a browser that keeps cookies."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote_plus, urlencode, urlsplit

import pytest
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from backshop import db
from backshop.aws import functions

BEHIND = (
    "batches",
    "connector_syncs",
    "connectors",
    "deliveries",
    "discounts",
    "insights_api",
    "insights_charts",
    "order_requests",
    "outbox_rows",
    "received_webhooks",
    "shade_admin",
    "shop_records",
    "today",
)
ORIGIN = "https://desk.example.com"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str
    cookies: list[str]

    @property
    def leads_to(self) -> str:
        return self.headers.get("Location", "")


@dataclass
class Browser:
    """What a browser does, as far as the server sees it."""

    handler: Callable[..., Any]
    event: dict[str, Any]
    context: Any
    cookies: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=lambda: {"sec-fetch-site": "same-origin"})

    def get(self, path: str) -> Answer:
        return self._send("GET", path)

    def post(self, path: str, fields: Any = (), *, page: str | None = None) -> Answer:
        """Send a form; `page` is the one that it is on."""
        return self._send("POST", path, urlencode(fields, doseq=True), page)

    def _send(
        self, method: str, path: str, body: str | None = None, page: str | None = None
    ) -> Answer:
        event = copy.deepcopy(self.event)
        parts = urlsplit(path)
        event["rawPath"] = event["requestContext"]["http"]["path"] = parts.path
        event["requestContext"]["http"]["method"] = method
        event["requestContext"]["domainName"] = urlsplit(ORIGIN).hostname
        event["rawQueryString"] = parts.query
        pairs = [each.partition("=") for each in parts.query.split("&") if each]
        event["queryStringParameters"] = {
            unquote_plus(name): unquote_plus(value) for name, _, value in pairs
        }
        event["headers"] = {
            "host": urlsplit(ORIGIN).netloc,
            "x-forwarded-proto": "https",
            **self.headers,
            **({"referer": ORIGIN + page} if page else {}),
        }
        event["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        event["body"] = body
        said = self.handler(event, self.context)
        answer = Answer(
            said["statusCode"], said.get("headers") or {}, said.get("body") or "", said["cookies"]
        )
        for each in answer.cookies:
            name, _, rest = each.partition("=")
            value = rest.partition(";")[0]
            if "Max-Age=0" in each or not value:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = value
        return answer

    def key_of(self, answer: Answer) -> str:
        """The idempotency key of the first form on a page."""
        found = re.search(r'name="key" value="([^"]+)"', answer.text)
        assert found
        return unescape(found[1])


@pytest.fixture
def desk(load, event, context, monkeypatch) -> Iterator[Callable[[], Browser]]:
    """Opens the desk in a browser of its own."""
    handlers = {}
    for name in BEHIND:
        monkeypatch.setenv(f"{name.upper()}_FUNCTION", name)
        handlers[name] = load(name).handler
        _forget_parts(name)

    def invoke(name: str, sent: dict[str, Any]) -> Any:
        """Each function has a process of its own; here Powertools keeps one event for all."""
        mine = BaseRouter.current_event, BaseRouter.lambda_context
        try:
            return handlers[name](sent, context)
        finally:
            BaseRouter.current_event, BaseRouter.lambda_context = mine

    monkeypatch.setattr(functions, "invoke", invoke)
    function = load("desk")
    yield lambda: Browser(function.handler, event("desk/today"), context)
    db.close()


def _forget_parts(name: str) -> None:
    """Functions have parts of the same name (`asking`); each has its own in its own process."""
    for each, module in list(sys.modules.items()):
        if f"/functions/{name}/" in (getattr(module, "__file__", None) or ""):
            del sys.modules[each]


@pytest.fixture
def staff_key(load, event, context) -> Callable[..., dict[str, str]]:
    """Makes a staff key: {"id", "staff_key"}."""
    make = load("staff_keys").handler
    return lambda **more: make({"name": "Alice", **more}, context)


@pytest.fixture
def alice(desk, staff_key) -> Browser:
    """Somebody who is signed in with a key that may everything."""
    browser = desk()
    answer = browser.post("/desk/sign-in", {"staff_key": staff_key()["staff_key"], "next": "/desk"})
    assert answer.status == 303, answer.text
    return browser
