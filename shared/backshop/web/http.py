"""Bytes on the wire: bodies and headers in, files and problems out.

What is wrong with a request is raised as one of errors.py and answered as
`application/problem+json` (RFC 9457).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from backshop.errors import (
    BadRequest,
    FieldError,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    Unprocessable,
)
from backshop.web import messages

# Taking a delivery needs this module, and neither pydantic nor a resolver: they are imported where
# they are used.
if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler import Response
    from pydantic import BaseModel
    from pydantic_core import ErrorDetails

PROBLEM_TYPE = "https://github.com/backshop/backshop/blob/main/docs/problems.md#"
PROBLEM_JSON = "application/problem+json"
BODY_BYTES = 1_000_000
"""The largest JSON body that a route takes, unless it says otherwise."""
MOST_BYTES = 6_291_456
"""The largest body that reaches a function at all: Lambda's invocation has 6 MiB."""

Event = dict[str, Any]
M = TypeVar("M", bound="BaseModel")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
"""The escape of NUL, which JSON allows and Postgres does not; an escaped backslash before it is
none."""


def header(event: Event, name: str) -> str | None:
    """A request header by its lower-case name, as HTTP APIs send them; `sam local` hands names on
    as they came."""
    headers: dict[str, str] = event.get("headers") or {}
    value = headers.get(name)
    if value is None:
        value = next((each for key, each in headers.items() if key.lower() == name), None)
    return value


def wants_page(event: Event) -> bool:
    """Whether a browser shows to a person what is answered."""
    return "text/html" in (header(event, "accept") or "").lower()


def origin(event: Event) -> str:
    """The origin that was called, such as `https://shop.example.com`. The gateway tells its name;
    headers add no more than a port and http in place of https, as on a laptop."""
    host: str = event["requestContext"]["domainName"]
    sent = header(event, "host") or ""
    if sent.lower().startswith(f"{host.lower()}:") and sent[len(host) + 1 :].isdecimal():
        host = sent
    scheme = "http" if header(event, "x-forwarded-proto") == "http" else "https"
    return f"{scheme}://{host}".lower()


def bearer(event: Event) -> str:
    """The token of an `Authorization: Bearer …` header. Raises Unauthorized where there is none."""
    scheme, _, token = (header(event, "authorization") or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise Unauthorized("Send the token as `Authorization: Bearer <token>`.")
    return token.strip()


def uuid(text: str, otherwise: NotFound) -> UUID:
    """An id that no route's type has read. Raises `otherwise` where it is malformed: nothing has
    it."""
    try:
        return UUID(text)
    except ValueError:
        raise otherwise from None


def raw_body(event: Event, limit: int = BODY_BYTES) -> bytes:
    """The body's bytes as they were sent. Raises TooLarge above `limit`, BadRequest on bad
    base64."""
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        if len(body) // 4 * 3 - 2 > limit:
            raise _too_large(limit)
        try:
            content = base64.b64decode(body, validate=True)
        except (binascii.Error, ValueError):
            raise BadRequest("The body is not the base64 it claims to be.") from None
    else:
        content = body.encode("utf-8", "surrogatepass")
    if len(content) > limit:
        raise _too_large(limit)
    return content


def json_body(event: Event, limit: int = BODY_BYTES) -> Any:
    """The body as JSON. Raises as `raw_body`, BadRequest where it is no JSON, and Unprocessable
    where it holds what no column can."""
    from pydantic_core import from_json

    content = _storable(raw_body(event, limit))
    try:
        return from_json(content, allow_inf_nan=False)
    except ValueError:
        raise _not_json() from None


def parse(model: type[M], event: Event, limit: int = BODY_BYTES) -> M:
    """The body as a model, as strict as the model is. Raises as `json_body`, and Unprocessable with
    each field that does not fit."""
    from pydantic import ValidationError

    content = _storable(raw_body(event, limit))
    try:
        return model.model_validate_json(content)
    except ValidationError as wrong:
        details = wrong.errors(include_url=False, include_input=False)
        if details[0]["type"] == "json_invalid":
            raise _not_json() from None
        errors = field_errors(details)
        raise Unprocessable(please_correct(errors), errors=errors) from None


def holds_nul(content: bytes) -> bool:
    """Whether JSON holds the character NUL, which no column does."""
    return _NUL.search(content) is not None


def refuse_nul(event: Event) -> None:
    """Raises BadRequest where a parameter of the query holds NUL: nothing here has it."""
    if any("\0" in value for value in (event.get("queryStringParameters") or {}).values()):
        raise BadRequest("A parameter holds the character NUL, which nothing here does; remove it.")


def _storable(content: bytes) -> bytes:
    if holds_nul(content):
        raise Unprocessable("The body holds the character NUL, which cannot be stored; remove it.")
    return content


def _not_json() -> BadRequest:
    return BadRequest("The body is not valid JSON; send one JSON object in UTF-8.", slug="not-json")


def field_errors(details: Sequence[ErrorDetails]) -> list[FieldError]:
    """What pydantic found wrong, by field, without the values themselves."""
    return [
        FieldError(field=".".join(map(str, each["loc"])), message=messages.message(each))
        for each in details
    ]


def please_correct(errors: Sequence[FieldError]) -> str:
    """A sentence that names the first of the fields that are wrong, and what they may be."""
    first = [f"{each['field'] or 'the body'} ({each['message']})" for each in errors[:5]]
    return f"Please correct: {', '.join(first)}."


def download(name: str, content_type: str, content: bytes) -> Response[bytes]:
    """A file to be saved under `name`; binary answers travel as base64 through the gateway."""
    from aws_lambda_powertools.event_handler import Response

    return Response(
        status_code=200,
        content_type=content_type,
        body=content,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def problem_body(problem: Problem, request_id: str | None) -> dict[str, Any]:
    """A problem in the form of `ProblemBody`."""
    body: dict[str, Any] = {
        "type": PROBLEM_TYPE + problem.slug,
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "request_id": request_id,
        **problem.members,
    }
    if problem.errors:
        body["errors"] = problem.errors
    return body


def problem_headers(problem: Problem) -> dict[str, str]:
    """Retry-After, where the problem passes by itself."""
    return {} if problem.retry_after is None else {"Retry-After": str(problem.retry_after)}


def problem_answer(problem: Problem, event: Event) -> Response[str]:
    """A problem as Powertools answers it."""
    from aws_lambda_powertools.event_handler import Response

    return Response(
        status_code=problem.status,
        content_type=PROBLEM_JSON,
        body=json.dumps(problem_body(problem, request_id(event)), separators=(",", ":")),
        headers=dict(problem_headers(problem)),
    )


def json_event(body: dict[str, Any]) -> dict[str, Any]:
    """An answer in the gateway's own form, for functions without a resolver."""
    return _in_gateways_form(200, "application/json", body, {})


def problem_event(problem: Problem, event: Event) -> dict[str, Any]:
    """A problem in the gateway's own form."""
    body = problem_body(problem, request_id(event))
    return _in_gateways_form(problem.status, PROBLEM_JSON, body, problem_headers(problem))


def _in_gateways_form(
    status: int, content_type: str, body: dict[str, Any], headers: dict[str, str]
) -> dict[str, Any]:
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, **headers},
        "body": json.dumps(body, separators=(",", ":")),
        "isBase64Encoded": False,
    }


def request_id(event: Event) -> str | None:
    """API Gateway's id of the request, which logs and problems name."""
    value: str | None = event.get("requestContext", {}).get("requestId")
    return value


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than {limit:,} bytes; send less at once.")
