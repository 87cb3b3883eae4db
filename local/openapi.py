"""`make openapi`: one OpenAPI document of all routes, made of the types that the functions declare.

docs/openapi.json is for people and generators, functions/openapi/openapi.json is what is served;
tests/architecture compares both with what the functions declare, and their routes with
template.yaml.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from aws_lambda_powertools.event_handler.openapi.merge import OpenAPIMerge
from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, HTTPBearer
from backshop.web import http, routes
from backshop.web.pages import COOKIES

from local import template

ROOT = Path(__file__).resolve().parents[1]
DOCUMENT = ROOT / "docs" / "openapi.json"
SERVED = ROOT / "functions" / "openapi" / "openapi.json"
PREFLIGHTS = "OPTIONS /{proxy+}"
"""The one route that browsers call by themselves."""
UNKNOWN = "{unknown+}"
"""Ends the routes that take what no other does: there is nothing to say of them."""
ADDED = ("Validation Error", "Response Validation Error")
"""Descriptions of answers that Powertools adds to every route, and that none gives."""
VERBS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

DESCRIPTION = """\
The back office of online shops. Times are ISO 8601 in UTC, money is a decimal text beside its \
currency, lists come in pages. What is wrong with a request is answered as a problem (RFC 9457); \
each `type` leads to what to do about it.\
"""
SECURITY: dict[str, Any] = {
    "key": HTTPBearer(
        description="A staff key or a store's own key, as `Authorization: Bearer bs_…`. The scope "
        "`store` is every key's, `staff` is the staff's alone.",
    ),
    "token": HTTPBearer(
        description="A token for one thing and some time: of a shopper (POST /otp/verify), of a "
        "link, or of a try-on session.",
        bearerFormat="JWT",
    ),
    "shopper": APIKey(
        name=COOKIES["shopper"],
        in_=APIKeyIn.cookie,
        description="The session of a shopper who proved a phone at POST /track/code.",
    ),
    "desk": APIKey(
        name=COOKIES["desk"],
        in_=APIKeyIn.cookie,
        description="The session of staff who signed in at the desk with their key.",
    ),
}
STORE_PARAMETERS = [
    {
        "name": "store_id",
        "in": "query",
        "required": False,
        "schema": {"type": "string", "format": "uuid"},
        "description": "The store, for staff keys; may be left out where there is only one.",
    },
    {
        "name": "X-Store-Id",
        "in": "header",
        "required": False,
        "schema": {"type": "string", "format": "uuid"},
        "description": "As `store_id`.",
    },
]
"""What callers.store_of_call reads on routes whose path names no connector."""
_Document = dict[str, Any]


def _bare(route: str, operation: _Document) -> _Document:
    """The document of a function that declares nothing, because it has one route and no time."""
    verb, path = route.split(" ")
    return {"paths": {path: {verb.lower(): operation}}}


def _problem(description: str) -> _Document:
    schema = {"$ref": "#/components/schemas/ProblemBody"}
    return {"description": description, "content": {http.PROBLEM_JSON: {"schema": schema}}}


BARE = {
    "cors": {},
    "openapi": _bare(
        "GET /openapi.json",
        {
            "tags": ["OpenAPI"],
            "summary": "This document.",
            "operationId": "getOpenapiJson",
            "security": [],
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {
                        "application/json": {
                            "schema": {"type": "object"},
                            "examples": {"one": {"value": {"openapi": "3.1.0"}}},
                        }
                    },
                }
            },
        },
    ),
    "webhook_receive": _bare(
        "POST /webhooks/{connector_id}",
        {
            "tags": ["Webhooks"],
            "summary": "A shop's delivery: 200 when it is safe in the queue.",
            "description": "Signed as the platform signs: `X-Shopify-Hmac-Sha256`, "
            "`X-WC-Webhook-Signature` or `X-Vendure-Signature`.",
            "operationId": "postWebhooksConnectorId",
            "security": [],
            "parameters": [
                {
                    "name": "connector_id",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string"},
                    "description": "The connector's id; `shopify` for what names its shop in the "
                    "signed body, such as the privacy topics, of which an app has one address.",
                }
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"type": "object"},
                        "examples": {"one": {"value": {"id": 1001, "status": "processing"}}},
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "OK",
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"status": {"enum": ["accepted", "pong"]}},
                                "required": ["status"],
                            },
                            "examples": {"one": {"value": {"status": "accepted"}}},
                        }
                    },
                },
                "400": _problem("Bad Request"),
                "401": _problem("Unauthorized"),
                "403": _problem("Forbidden"),
                "404": _problem("Not Found"),
                "413": _problem("Content Too Large"),
                "503": _problem("Service Unavailable"),
            },
        },
    ),
}
"""What the functions without types take and answer: tests hold their real answers against it."""


def routes_by_function() -> dict[str, set[str]]:
    """What template.yaml routes to each function: {"batches": {"GET /batches", …}, …}."""
    places = {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"}
    pseudo = ("AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix")
    read = template.load(ROOT / "template.yaml", places, dict.fromkeys(pseudo, "x"))
    found: dict[str, set[str]] = {}
    for function in read.of_type("AWS::Serverless::Function"):
        name = function.properties["CodeUri"].removeprefix("functions/")
        for event in (function.properties.get("Events") or {}).values():
            if event["Type"] == "HttpApi":
                about = event["Properties"]
                if about["Path"].endswith(UNKNOWN):
                    continue
                # The gateway's `{sku+}` takes slashes too; OpenAPI has no word for that.
                path = about["Path"].replace("+}", "}")
                found.setdefault(name, set()).add(f"{about['Method'].upper()} {path}")
    return found


def documents() -> dict[str, _Document]:
    """The document of each function that has routes; an empty one where it declares no types."""
    made: dict[str, _Document] = dict(BARE)
    for name in routes_by_function().keys() - BARE.keys():
        with _loaded(name) as module:
            made[name] = _declared(module)
    return dict(sorted(made.items()))


def merged(parts: dict[str, _Document]) -> _Document:
    """One document of them all. Raises OpenAPIMergeError where two declare the same route."""
    merge = OpenAPIMerge(
        title="backshop",
        version=routes.VERSION,
        openapi_version="3.1.0",
        description=DESCRIPTION,
        security_schemes=SECURITY,
        on_conflict="error",
    )
    for part in _without_homonyms(parts):
        merge.add_schema(part)
    document: _Document = merge.get_openapi_schema()
    document["tags"] = [{"name": tag} for tag in sorted(_tags(document))]
    document["paths"] = dict(sorted(document["paths"].items()))
    document["components"] = {
        "schemas": dict(sorted(document["components"]["schemas"].items())),
        "securitySchemes": {
            name: scheme.model_dump(by_alias=True, exclude_none=True, mode="json")
            for name, scheme in SECURITY.items()
        },
    }
    return document


def operations(document: _Document) -> Iterator[tuple[str, _Document]]:
    """Every operation with its route: ("GET /batches/{id}", {…})."""
    for path, item in document.get("paths", {}).items():
        for verb, operation in item.items():
            if verb in VERBS:
                yield f"{verb.upper()} {path}", operation


@contextmanager
def _loaded(name: str) -> Iterator[ModuleType]:
    """The function's module, its folder first on the path, as on a Lambda; forgotten afterwards,
    because several have modules of the same name."""
    folder = ROOT / "functions" / name
    before, path = set(sys.modules), list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path[:] = path
        for each in set(sys.modules) - before:
            if (getattr(sys.modules[each], "__file__", None) or "").startswith(str(folder)):
                del sys.modules[each]


def _declared(module: ModuleType) -> _Document:
    app = getattr(module, "app", None)
    if isinstance(app, routes.App):
        made = app.get_openapi_schema(title=app.title, security_schemes=SECURITY)
        return _completed(made.model_dump(mode="json", by_alias=True, exclude_none=True))
    if app is not None and hasattr(app, "openapi"):
        document: _Document = _in_our_form(app.openapi())
        return document
    return {}


def _in_our_form(document: Any) -> Any:
    """FastAPI's document as ours are: the docstring's sentence as summary, open routes said to be
    so, and no defaults of null, which say nothing."""
    for _route, operation in operations(document):
        summary, _, rest = operation.get("description", "").partition("\n\n")
        operation["summary"] = " ".join(summary.split())
        operation["description"] = rest or operation["summary"]
        operation.setdefault("security", [])
    return _without_null_defaults(document)


def _without_null_defaults(part: Any) -> Any:
    if isinstance(part, dict):
        return {
            key: _without_null_defaults(value)
            for key, value in part.items()
            if not (key == "default" and value is None)
        }
    return [_without_null_defaults(each) for each in part] if isinstance(part, list) else part


def _completed(document: _Document) -> _Document:
    """With what Powertools has no words for: bodies that are no JSON, and examples of those that
    are; without the answers that it adds to every route."""
    for route, operation in operations(document):
        example = operation.pop("x-body-example", None)
        takes = operation.pop("x-takes", {})
        if operation.pop("x-scope") in ("staff", "store") and " /connectors" not in route:
            operation.setdefault("parameters", []).extend(STORE_PARAMETERS)
        if takes:
            operation["requestBody"] = {
                "required": True,
                "content": {
                    kind: {"schema": {"type": "string", "description": sentence}}
                    for kind, sentence in takes.items()
                },
            }
        if example is not None:
            [(_kind, body)] = operation["requestBody"]["content"].items()
            body["examples"] = {"one": {"value": example}}
        operation.setdefault("security", [])
        operation["responses"] = {
            status: _without_empty_content(answer)
            for status, answer in sorted(operation["responses"].items())
            if answer["description"] not in ADDED
        }
    for unused in ("HTTPValidationError", "ValidationError", "ResponseValidationError"):
        document["components"]["schemas"].pop(unused, None)
    return document


def _without_empty_content(answer: _Document) -> _Document:
    """An answer without a body, a redirect, has no content either."""
    if any(answer.get("content", {}).values()):
        return answer
    return {name: value for name, value in answer.items() if name != "content"}


def _without_homonyms(parts: dict[str, _Document]) -> Iterator[_Document]:
    """The documents, where a name that an earlier one gave to something else is made this
    function's own: `projects_api.Customer`."""
    known: dict[str, Any] = {}
    for function, part in parts.items():
        schemas = part.get("components", {}).get("schemas", {})
        taken = _with_users(
            {name for name, schema in schemas.items() if known.get(name, schema) != schema}, schemas
        )
        known = schemas | known
        text = json.dumps(part)
        for name in taken:
            text = text.replace(f'"#/components/schemas/{name}"', f'"{_own(function, name)}"')
        renamed: _Document = json.loads(text)
        for name in taken:
            mine = renamed["components"]["schemas"].pop(name)
            renamed["components"]["schemas"][f"{function}.{name}"] = mine
        yield renamed


def _with_users(names: set[str], schemas: dict[str, Any]) -> set[str]:
    """Those schemas and all that refer to them: a page of another thing is another page."""
    users = {
        name
        for name, schema in schemas.items()
        if any(f'"#/components/schemas/{each}"' in json.dumps(schema) for each in names)
    }
    return names if users <= names else _with_users(names | users, schemas)


def _own(function: str, name: str) -> str:
    return f"#/components/schemas/{function}.{name}"


def _tags(document: _Document) -> set[str]:
    return {tag for _route, operation in operations(document) for tag in operation.get("tags", [])}


def written() -> dict[Path, str]:
    """What the two files are to hold: the one to be read, the other to be sent."""
    document = merged(documents())
    return {
        DOCUMENT: json.dumps(document, indent=2, ensure_ascii=False) + "\n",
        SERVED: json.dumps(document, separators=(",", ":"), ensure_ascii=False) + "\n",
    }


def main() -> None:
    for path, text in written().items():
        path.write_text(text)
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
