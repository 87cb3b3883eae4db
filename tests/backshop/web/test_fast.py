"""An app of FastAPI answers as the resolvers of http.py do: same problems, callers and crashes."""

from __future__ import annotations

import base64
import json
import logging
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from backshop import logs
from backshop.errors import Conflict, PreconditionFailed
from backshop.web import fast, serving
from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field, field_validator

STORE = UUID("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11")
EXAMPLES = Path(__file__).with_name("tiles.json")
OTHER = UUID("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b12")


class Tile(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    sku: str = Field(max_length=50)
    price: Decimal = Field(max_digits=10, decimal_places=2)
    boxes: int = 1

    @field_validator("sku")
    @classmethod
    def no_spaces(cls, sku: str) -> str:
        if " " in sku:
            raise ValueError("write the SKU without spaces")
        return sku


def make() -> tuple[fast.App, serving.Handler]:
    app = fast.app(
        title="Tiles",
        description="",
        version="1",
        openapi_path="/openapi/tiles.json",
        examples=EXAMPLES,
    )

    @app.post("/tiles", status_code=201, responses=fast.problems(Conflict))
    async def create(tile: Tile, store: fast.StoreId) -> Tile:
        if tile.sku == "taken":
            raise Conflict("There is one already.")
        if tile.sku == "changed":
            raise PreconditionFailed("It changed.", members={"current": {"price": Decimal("1.5")}})
        return tile

    @app.get("/tiles/{id}")
    async def show(id: UUID, store: fast.StoreId, limit: int = 5) -> dict[str, Any]:
        return {"id": id, "store": store, "limit": limit}

    @app.delete("/tiles/{id}", status_code=204)
    async def remove(id: UUID, caller: fast.Staff) -> None: ...

    @app.get("/crash")
    async def crash() -> None:
        raise RuntimeError("+1 555 0100 is a customer's phone")

    return app, fast.handler(app)


APP, HANDLE = make()


def call(
    method: str,
    path: str,
    body: str | bytes | None = None,
    query: str = "",
    caller: dict[str, str] | None = None,
    **headers: str,
) -> tuple[dict[str, Any], Any]:
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "[::1]:8080", **headers},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
            "requestId": "r-1",
        },
        "isBase64Encoded": False,
    }
    if query:
        event["queryStringParameters"] = dict([query.split("=")])
    if caller != {}:
        found = {"kind": "store", "id": str(STORE), "store_id": str(STORE), "scopes": "store"}
        event["requestContext"]["authorizer"] = {"lambda": caller or found}
    if isinstance(body, bytes):
        event |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
    elif body is not None:
        event["body"] = body
    answer = HANDLE(event, None)
    assert not answer["isBase64Encoded"]
    return answer, json.loads(answer["body"]) if answer.get("body") else None


def slug(body: dict[str, Any]) -> str:
    return body["type"].rpartition("#")[2]


def test_a_body_is_read_whatever_its_content_type_says() -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "nonsense", ""):
        sent = json.dumps({"sku": "T1", "price": 4.29})
        for body in (sent, sent.encode()):
            answer, shown = call("POST", "/tiles", body, "", None, **{"content-type": kind})
            assert answer["statusCode"] == 201
            assert shown == {"sku": "T1", "price": "4.29", "boxes": 1}


@pytest.mark.parametrize(
    "body, status, which, fields",
    [
        ("{", 400, "not-json", []),
        (None, 400, "not-json", []),
        ("[]", 422, "invalid", [""]),
        ('{"sku": "T1"}', 422, "invalid", ["price"]),
        ('{"sku": "T1", "price": NaN}', 422, "invalid", ["price"]),
        ('{"sku": "T1", "price": "a"}', 422, "invalid", ["price"]),
        ('{"sku": "T1", "price": 1, "boxes": "2"}', 422, "invalid", ["boxes"]),
        ('{"sku": "T1", "price": 1, "size": 2}', 422, "invalid", ["size"]),
        ('{"sku": "T\\u0000", "price": 1}', 422, "invalid", []),
        ('{"sku": "T\\ud800", "price": 1}', 400, "not-json", []),
        ('{"sku": "taken", "price": 1}', 409, "conflict", []),
        (" " * 1_000_001, 413, "too-large", []),
    ],
)
def test_what_is_wrong_with_a_body(
    body: str | None, status: int, which: str, fields: list[str]
) -> None:
    answer, told = call("POST", "/tiles", body)
    assert answer["statusCode"] == status == told["status"]
    assert answer["headers"]["content-type"] == "application/problem+json"
    assert slug(told) == which
    assert told["request_id"] == "r-1"
    assert [each["field"] for each in told.get("errors", [])] == fields


def test_messages_are_sentences_of_ours() -> None:
    _, told = call("POST", "/tiles", '{"sku": "T 1", "price": 1}')
    assert told["errors"] == [{"field": "sku", "message": "write the SKU without spaces"}]


def test_a_problem_may_carry_the_current_state() -> None:
    answer, told = call("POST", "/tiles", '{"sku": "changed", "price": 1}')
    assert answer["statusCode"] == 412
    assert told["current"] == {"price": "1.5"}


def test_base64_that_is_none() -> None:
    event = {
        "version": "2.0",
        "headers": {},
        "requestContext": {"http": {"method": "POST", "path": "/tiles", "sourceIp": "x"}},
        "isBase64Encoded": True,
        "body": "%%%",
    }
    assert HANDLE(event, None)["statusCode"] == 400


def test_a_malformed_id_names_nothing_and_a_bad_query_is_named() -> None:
    assert call("GET", "/tiles/abc")[0]["statusCode"] == 404
    answer, told = call("GET", f"/tiles/{STORE}", query="limit=many")
    assert answer["statusCode"] == 400
    assert [each["field"] for each in told["errors"]] == ["limit"]


def test_paths_and_methods_that_are_not_there() -> None:
    answer, told = call("GET", "/nothing")
    assert (answer["statusCode"], slug(told)) == (404, "not-found")
    answer, told = call("PUT", "/tiles")
    assert (answer["statusCode"], slug(told)) == (405, "method-not-allowed")
    assert answer["headers"]["allow"] == "POST"


def test_who_calls_and_for_which_store() -> None:
    path = f"/tiles/{STORE}"
    staff = {"kind": "staff", "id": "s", "scopes": "staff store"}
    assert call("GET", path)[1]["store"] == str(STORE)
    assert call("GET", path, caller={})[0]["statusCode"] == 401
    assert call("GET", path, caller={**staff, "scopes": "try-on"})[0]["statusCode"] == 403
    assert call("GET", path, query=f"store_id={OTHER}")[0]["statusCode"] == 404
    assert call("GET", path, query="store_id=abc", caller=staff)[0]["statusCode"] == 404
    assert call("GET", path, query=f"store_id={OTHER}", caller=staff)[1]["store"] == str(OTHER)
    named = call("GET", path, caller=staff, **{"x-store-id": str(OTHER)})
    assert named[1]["store"] == str(OTHER)
    assert call("DELETE", path)[0]["statusCode"] == 403
    assert call("DELETE", path, caller=staff)[0]["statusCode"] == 204


def test_a_crash_stays_a_crash_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), pytest.raises(logs.Crash, match=r"^RuntimeError$"):
        call("GET", "/crash")
    assert "0100" not in caplog.text


def test_routes_that_would_run_in_other_threads_are_refused() -> None:
    def helper() -> int:
        return 1

    for plain in (True, False):
        app = fast.app(
            title="x", description="", version="1", openapi_path="/x.json", examples=EXAMPLES
        )
        if plain:

            @app.get("/plain")
            def answer() -> None: ...

        else:

            @app.get("/depends")
            async def depends(number: int = Depends(helper)) -> None: ...

        with pytest.raises(TypeError, match="async def"):
            fast.handler(app)


def test_the_openapi_names_problems_scopes_and_stores() -> None:
    answer, spec = call("GET", "/openapi/tiles.json", caller={})
    assert answer["statusCode"] == 200
    assert spec["openapi"].startswith("3.1")
    assert spec["components"]["schemas"]["ProblemBody"]["required"]
    create = spec["paths"]["/tiles"]["post"]
    assert set(create["responses"]) == {"201", "400", "401", "403", "404", "409", "413", "422"}
    for status, told in create["responses"].items():
        kind = "application/json" if status == "201" else "application/problem+json"
        assert list(told["content"]) == [kind]
    assert create["security"] == [{"key": ["store"]}]
    assert {each["name"] for each in create["parameters"]} == {"store_id", "x-store-id"}
    assert spec["paths"]["/tiles/{id}"]["delete"]["security"] == [{"key": ["staff"]}]


def test_examples_stand_beside_their_schemas() -> None:
    app, _handler = make()
    operation = app.openapi()["paths"]["/tiles"]["post"]
    shown = json.loads(EXAMPLES.read_text())["POST /tiles"]
    for holder, part in (
        (operation["requestBody"], "body"),
        (operation["responses"]["201"], "answer"),
    ):
        [example] = holder["content"]["application/json"]["examples"].values()
        assert example["value"] == shown[part]


def test_an_example_of_a_route_that_is_gone_is_no_example(tmp_path: Path) -> None:
    app, _handler = make()
    app.examples = tmp_path / "examples.json"
    app.examples.write_text('{"GET /tiles/of/old": {"answer": {}}}')
    with pytest.raises(KeyError):
        app.openapi()
