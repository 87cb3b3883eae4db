"""docs/openapi.json is what the functions declare, whole: every route, with examples and
problems."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from backshop.projects.quotes.rules import WHY_NOT
from backshop.web import http

from local import openapi

PROBLEMS = openapi.ROOT / "docs" / "problems.md"


@pytest.fixture(scope="module")
def parts() -> dict[str, Any]:
    return openapi.documents()


@pytest.fixture(scope="module")
def document(parts) -> dict[str, Any]:
    return openapi.merged(parts)


@pytest.fixture(scope="module")
def operations(document) -> dict[str, Any]:
    return dict(openapi.operations(document))


def test_the_files_are_what_the_functions_declare(document):
    for path, text in openapi.written().items():
        assert path.read_text() == text, f"{path.name} is old: run make openapi"


def test_every_function_with_routes_declares_them(parts):
    assert {name for name, part in parts.items() if not part} == {"cors"}


def test_routes_are_those_of_the_template(parts):
    for name, routed in openapi.routes_by_function().items():
        if name != "cors":
            declared = {route for route, _ in openapi.operations(parts[name])}
            # FastAPI serves its own document beside the routes that are in it.
            assert declared == {each for each in routed if "/openapi/" not in each}, name


def test_every_route_says_who_may_call_and_what_it_does(operations):
    for route, operation in operations.items():
        assert operation["summary"].endswith("."), route
        assert operation["tags"], route
        assert operation["security"] is not None, route
        assert any(status.startswith(("2", "3")) for status in operation["responses"]), route


def test_names_of_operations_are_their_own(operations):
    names = [operation["operationId"] for operation in operations.values()]
    assert len(names) == len(set(names))


def contents(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """JSON that a route takes and answers where all goes well: (where, type, content)."""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "body", kind, content
    for status, answer in operation["responses"].items():
        if status.startswith("2"):
            for kind, content in answer.get("content", {}).items():
                yield status, kind, content


def test_every_body_and_answer_has_an_example_that_fits(operations, document):
    for route, operation in operations.items():
        for where, kind, content in contents(operation):
            if kind != "application/json":
                continue
            assert content.get("examples"), f"{route}: {where} has no example"
            whole = {"components": document["components"], "allOf": [content["schema"]]}
            for example in content["examples"].values():
                problems = jsonschema_rs.Draft202012Validator(
                    whole, validate_formats=True
                ).iter_errors(example["value"])
                assert not [str(each.message) for each in problems], f"{route}: {where}"


def test_it_is_openapi_3_1(document):
    assert document["openapi"] == "3.1.0"
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(document)))
    assert used <= document["components"]["schemas"].keys()


def test_every_type_of_problem_has_its_place_in_the_docs():
    anchors = re.findall(r'<a id="([^"]+)"></a>', PROBLEMS.read_text())
    code = [
        *(openapi.ROOT / "shared").rglob("*.py"),
        *(openapi.ROOT / "functions").rglob("*.py"),
    ]
    slugs = {
        slug
        for path in code
        for slug in re.findall(r'slug(?:: str)?\s*=\s*"([^"]+)"', path.read_text())
    } - {"problem"}
    slugs |= {f"quote-{state}" for state in WHY_NOT}
    assert len(anchors) == len(set(anchors))
    assert set(anchors) == slugs
    assert http.PROBLEM_TYPE.endswith("docs/problems.md#")


def test_it_is_served(load, event, context):
    answer = load("openapi").handler(event("openapi/show"), context)
    assert answer["statusCode"] == 200
    assert json.loads(answer["body"]) == json.loads(openapi.DOCUMENT.read_text())
