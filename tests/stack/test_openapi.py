"""GET /openapi.json is the document of the stack that serves it, and /docs shows it."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import pytest

from tests import contract


@pytest.fixture
def http(stack: Any) -> Any:
    with stack.http(headers={"Authorization": f"Bearer {stack.staff_key}"}) as client:
        yield client


def test_the_document_is_served(http: Any) -> None:
    answer = http.get("/openapi.json", headers={"Authorization": ""})
    assert answer.status_code == 200
    assert answer.json() == contract.document()


def test_the_page_needs_nothing_from_elsewhere(http: Any) -> None:
    page = http.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert not re.findall(r"https?://", page.text)
    for path in re.findall(r'(?:src|href)="(/[^"]+)"', page.text):
        assert len(http.get(path).content) > 100_000, path
    assert http.get("/docs/../html.py").status_code == 404


def test_what_the_stack_answers_is_what_the_document_promises(http: Any, stack: Any) -> None:
    """Every route once with ids of a connected shop or of nothing, and with a body of nothing: what
    it answers, if only a problem, has the form that the document says."""
    shop = stack.connectors["vendure"]["id"]
    answered: dict[str, int] = {}
    for path, item in contract.document()["paths"].items():
        for verb in item:
            # The end of the shop is asked for another one: tests after this one need it.
            ends = (verb, path) == ("delete", "/connectors/{id}")
            filled = path if ends else path.replace("/connectors/{id}", f"/connectors/{shop}")
            filled = re.sub(r"\{\w+\}", str(uuid4()), filled)
            body = None if verb in ("get", "delete") else json.dumps({})
            query = {"store_id": shop}
            answer = http.request(verb.upper(), filled, params=query, content=body)
            route = f"{verb.upper()} {path}"
            answered[route] = answer.status_code
            if answer.text.startswith('{"message":') and answer.json().keys() == {"message"}:
                continue
            contract.check(route, answer.status_code, dict(answer.headers), answer.content)
    assert {status // 100 for status in answered.values()} <= {2, 3, 4}, answered
    lists = {route: status for route, status in answered.items() if route.startswith("GET")}
    assert 200 in lists.values(), answered
