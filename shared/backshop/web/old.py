"""Untyped routes, until each function has typed ones (routes.py): the only one who knows HTTP: bodies in, replies and problems out, and who is calling.

Routes are Powertools' `APIGatewayHttpResolver`. What is wrong with a request is raised as one of
errors.py and answered as `application/problem+json` (RFC 9457); anything else crashes.
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from uuid import UUID

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, ValidationError

from backshop.errors import (
    BadRequest,
    FieldError,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    Unprocessable,
)
from backshop.logs import crash_safely, logger

PROBLEM_TYPE = "https://github.com/backshop/backshop/blob/main/docs/problems.md#"
BODY_BYTES = 1_000_000
"""The largest JSON body that a route takes, unless it says otherwise."""

App = APIGatewayHttpResolver
# The resolver logs what a route raises, text and all; logs.py says it without personal data.
logging.getLogger("aws_lambda_powertools.event_handler.api_gateway").disabled = True
Event = dict[str, Any]
M = TypeVar("M", bound=BaseModel)
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of NUL, which JSON allows and Postgres does not; an escaped backslash before it is none."""
Handler = Callable[[Event, Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls, as the authorizer found it: `staff` (store_id None) or a store's own `store` key."""

    kind: str
    id: str
    store_id: UUID | None
    scopes: frozenset[str]


def app() -> App:
    """A resolver that answers problems as such and unknown paths with 404."""
    made = APIGatewayHttpResolver()
    made.exception_handler(Problem)(lambda problem: problem_response(made, problem))

    @made.not_found
    def no_such_route(_: Exception) -> Response[str]:
        return problem_response(made, NotFound("There is nothing at this path; see docs/api.md."))

    return made


def handler(app: App) -> Handler:
    """The Lambda handler of an app: logs the request id, turns problems into answers."""

    @crash_safely
    def handle(event: Event, context: Any) -> dict[str, Any]:
        logger.append_keys(request_id=_request_id(event), route=event.get("routeKey"))
        answer: dict[str, Any] = app.resolve(event, context)
        if origin := header(event, "origin"):
            _allow_origin(event, answer, origin)
        return answer

    return handle


def reply(
    status: int,
    body: BaseModel | Mapping[str, Any] | list[Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response[str]:
    """A JSON answer; models are written by their own rules, times as ISO 8601 in UTC."""
    if body is None:
        text = ""
    elif isinstance(body, BaseModel):
        text = body.model_dump_json()
    else:
        text = json.dumps(body, default=_plain, separators=(",", ":"))
    kind = "application/json" if text else None
    return Response(status_code=status, content_type=kind, body=text, headers=dict(headers or {}))


def download(name: str, content_type: str, content: bytes) -> Response[bytes]:
    """A file to be saved under `name`; binary answers travel as base64 through the gateway."""
    return Response(
        status_code=200,
        content_type=content_type,
        body=content,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def problem_response(app: App, problem: Problem) -> Response[str]:
    """The wire form of a problem (RFC 9457), with the request id to quote to support."""
    body: dict[str, Any] = {
        "type": PROBLEM_TYPE + problem.slug,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": _request_id(app.current_event.raw_event),
    }
    if problem.errors:
        body["errors"] = problem.errors
    wait = problem.retry_after
    headers = {"Retry-After": str(wait)} if wait is not None else {}
    return Response(
        status_code=problem.status,
        content_type="application/problem+json",
        body=json.dumps(body, separators=(",", ":")),
        headers=headers,
    )


def raw_body(event: Event, limit: int = BODY_BYTES) -> bytes:
    """The body's bytes as they were sent. Raises TooLarge above `limit`, BadRequest on bad base64."""
    sent = event.get("body") or ""
    if event.get("isBase64Encoded"):
        if len(sent) // 4 * 3 - 2 > limit:
            raise _too_large(limit)
        try:
            content = base64.b64decode(sent, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("The body is not the base64 it claims to be.") from None
    else:
        content = sent.encode("utf-8", "surrogatepass")
    if len(content) > limit:
        raise _too_large(limit)
    return content


def body(app: App, model: type[M]) -> M:
    """The JSON body as `model`. Raises BadRequest when it is not JSON, Unprocessable with each
    field's error when it does not fit; the values themselves are not repeated."""
    return parse(model, raw_body(app.current_event.raw_event))


def parse(model: type[M], content: bytes) -> M:
    """JSON bytes as `model`; raises as `body` does."""
    if _NUL.search(content):
        raise Unprocessable("The body holds the character NUL, which cannot be stored; remove it.")
    try:
        return model.model_validate_json(content)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_input=False, include_context=False)
        if found[0]["type"] == "json_invalid":
            raise BadRequest(
                "The body is not valid JSON; send one JSON object in UTF-8.", slug="not-json"
            ) from None
        errors = [
            FieldError(field=".".join(map(str, each["loc"])), message=each["msg"]) for each in found
        ]
        names = ", ".join(each["field"] or "the body" for each in errors[:5])
        raise Unprocessable(f"Please correct: {names}.", errors=errors) from None


def principal(app: App) -> Principal:
    """Who calls, from the authorizer's context. Raises Unauthorized where no authorizer ran."""
    context = app.current_event.raw_event.get("requestContext", {})
    found = (context.get("authorizer") or {}).get("lambda") or {}
    if "kind" not in found:
        raise Unauthorized("Send a staff or store key as `Authorization: Bearer <key>`.")
    store = found.get("store_id")
    return Principal(
        kind=found["kind"],
        id=found["id"],
        store_id=UUID(store) if store else None,
        scopes=frozenset(found.get("scopes", "").split()),
    )


def require(app: App, scope: str) -> Principal:
    """The caller, if their key has the scope. Raises Forbidden otherwise."""
    caller = principal(app)
    if scope not in caller.scopes:
        raise Forbidden(f"This key lacks the scope '{scope}'; use one that has it.")
    return caller


def own_store(caller: Principal, store_id: str) -> UUID:
    """The store that a path names, if the caller may see it. Raises NotFound otherwise, also for a
    store of somebody else, so that ids cannot be probed."""
    try:
        named = UUID(store_id)
    except ValueError:
        named = None
    if named is None or caller.store_id not in (None, named):
        raise NotFound("There is no such connector; GET /connectors lists them.")
    return named


def store_id(app: App, platform: str | None = None) -> UUID:
    """The store of a call whose path names none: a store key's own; a staff key names it by
    `?store_id=` or the header X-Store-Id, unless there is only one (of that platform)."""
    caller = principal(app)
    event = app.current_event
    named = event.query_string_parameters.get("store_id") or event.headers.get("x-store-id")
    if named:
        return own_store(caller, named)
    if caller.store_id:
        return caller.store_id
    from backshop.web.callers import only_store

    return only_store(platform)


def header(event: Event, name: str) -> str | None:
    """A request header by its lower-case name, as HTTP APIs send them."""
    found: str | None = event.get("headers", {}).get(name)
    return found


def _allow_origin(event: Event, answer: dict[str, Any], origin: str) -> None:
    """Let the calling page read the answer where its store allows the origin; a call that no key
    ties to a store is checked against all stores'."""
    from backshop.stores import tenants

    found = (event["requestContext"].get("authorizer") or {}).get("lambda") or {}
    named = found.get("store_id")
    if tenants.is_origin_allowed(origin, UUID(named) if named else None):
        answer.setdefault("headers", {})["Access-Control-Allow-Origin"] = origin
    answer.setdefault("headers", {})["Vary"] = "Origin"


def _request_id(event: Event) -> str | None:
    found: str | None = event.get("requestContext", {}).get("requestId")
    return found


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit:,} bytes; send less at once.")


def _plain(value: Any) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
