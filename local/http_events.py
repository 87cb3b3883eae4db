"""What an HTTP API of API Gateway makes of a request and of a function's answer; no input or
output.

Payload format 2.0. Four facts that its documentation leaves open were measured by others on AWS:
bodies are text for `text/*`, `application/json`, `application/xml` and `application/javascript`
only and base64 for all else (forms included); the path arrives percent-decoded and ends at a
decoded `?`; the query string stays as it was sent; `/track/{proxy+}` takes `/track/` too, for which
no route can be declared (https://github.com/storacha/w3infra/pull/166).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

_TEXT = re.compile(r"text/|application/(json|xml|javascript)\s*(;|$)")
_HOP_BY_HOP = frozenset(
    [
        "connection",
        "content-length",
        "keep-alive",
        "proxy-authenticate",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)


@dataclass(frozen=True)
class Request:
    """A request as it came in: the target still encoded, headers in order, the body in bytes."""

    method: str
    target: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source_ip: str
    request_id: str
    at: datetime

    @property
    def raw_path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True)
class Route:
    """A method (`ANY` for all) and a path such as `/orders/{code}` or `/files/{proxy+}`."""

    method: str
    path: str
    function: str
    api: str = ""
    authorizer: str | None = None
    seconds: float = 30.0

    @property
    def key(self) -> str:
        return "$default" if self.path == "$default" else f"{self.method} {self.path}"


@dataclass(frozen=True)
class Response:
    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Cors:
    """The CORS configuration of an API; the gateway answers preflights itself where there is
    one."""

    origins: Sequence[str] = ()
    methods: Sequence[str] = ()
    headers: Sequence[str] = ()
    exposed: Sequence[str] = ()
    max_age: int | None = None
    credentials: bool = False


class BadAnswer(ValueError):
    """The function's answer is none that API Gateway could turn into a response."""


def problem(status: int, message: str) -> Response:
    """An error that the gateway itself gives, in AWS's shape."""
    body = json.dumps({"message": message}, separators=(",", ":")).encode()
    return Response(status, (("content-type", "application/json"),), body)


NOT_FOUND = problem(404, "Not Found")
UNAUTHORIZED = problem(401, "Unauthorized")
FORBIDDEN = problem(403, "Forbidden")
TOO_LARGE = problem(413, "Request Entity Too Large")
INTERNAL_ERROR = problem(500, "Internal Server Error")
UNAVAILABLE = problem(503, "Service Unavailable")


@dataclass(frozen=True)
class Match:
    route: Route
    parameters: Mapping[str, str] = field(default_factory=dict)


def find(routes: Iterable[Route], method: str, raw_path: str) -> Match | None:
    """The most specific route: literal segments before parameters before `{proxy+}` before
    $default, and a route of the method before one of `ANY`."""
    best: tuple[tuple[int, ...], Match] | None = None
    for route in routes:
        if route.method not in (method, "ANY"):
            continue
        found = _matches(route.path, raw_path)
        if found is None:
            continue
        rank, parameters = found
        weight = (*rank, 0 if route.method == method else 1)
        if best is None or weight < best[0]:
            best = weight, Match(route, parameters)
    return best[1] if best else None


def _matches(path: str, raw_path: str) -> tuple[tuple[int, ...], dict[str, str]] | None:
    if path == "$default":
        return (9,), {}
    wanted, parts = path.split("/"), raw_path.split("/")
    rank: list[int] = []
    parameters: dict[str, str] = {}
    for number, segment in enumerate(wanted):
        if segment.endswith("+}"):
            rest = "/".join(parts[number:])
            is_below = number > 1 and number < len(parts)
            if not rest and not is_below:
                return None
            parameters[segment[1:-2]] = unquote(rest)
            return (*rank, 2), parameters
        if number >= len(parts):
            return None
        if segment.startswith("{"):
            if not parts[number]:
                return None
            parameters[segment[1:-1]] = unquote(parts[number])
            rank.append(1)
        elif segment == unquote(parts[number]):
            rank.append(0)
        else:
            return None
    return (tuple(rank), parameters) if len(parts) == len(wanted) else None


def event(
    request: Request, match: Match, *, account: str, authorizer: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The event of payload format 2.0; `authorizer` is the context that a Lambda authorizer
    gave."""
    headers, cookies = _headers(request)
    path = unquote(request.raw_path).partition("?")[0]
    made: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route.key,
        "rawPath": path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": _context(request, match, headers, path, account),
        "isBase64Encoded": False,
    }
    if cookies:
        made["cookies"] = cookies
    if request.query:
        made["queryStringParameters"] = query_parameters(request.query)
    if match.parameters:
        made["pathParameters"] = dict(match.parameters)
    if authorizer is not None:
        made["requestContext"]["authorizer"] = {"lambda": dict(authorizer)}
    if request.body:
        made["isBase64Encoded"] = not _TEXT.match(headers.get("content-type", "").lower())
        made["body"] = (
            base64.b64encode(request.body).decode()
            if made["isBase64Encoded"]
            else request.body.decode(errors="replace")
        )
    return made


def authorizer_event(
    request: Request, match: Match, identity: Sequence[str], *, account: str, region: str
) -> dict[str, Any]:
    """What a Lambda authorizer of payload format 2.0 gets: the request without its body."""
    made = event(request, match, account=account)
    made.pop("body", None)
    made.pop("isBase64Encoded")
    arn = f"arn:aws:execute-api:{region}:{account}:local/$default"
    return made | {
        "type": "REQUEST",
        "routeArn": f"{arn}/{request.method}{made['rawPath']}",
        "identitySource": list(identity),
    }


def response(payload: bytes) -> Response:
    """The response that a function's answer stands for. Raises `BadAnswer`.

    Without a `statusCode` the whole answer is the JSON body of a 200.
    """
    try:
        answer = json.loads(payload)
    except ValueError as error:
        raise BadAnswer("the function did not answer with JSON") from error
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Response(200, (("content-type", "application/json"),), payload)
    try:
        status = int(answer["statusCode"])
        headers = [
            (name.lower(), str(value)) for name, value in (answer.get("headers") or {}).items()
        ]
        body = _body(answer)
    except (TypeError, ValueError, AttributeError) as error:
        raise BadAnswer("the function's answer has a bad status, header or body") from error
    if not 100 <= status <= 599:
        raise BadAnswer("the function's answer has a bad status")
    kept = [each for each in headers if each[0] not in _HOP_BY_HOP]
    if not any(name == "content-type" for name, _ in kept):
        kept.append(("content-type", "text/plain;charset=UTF-8"))
    kept += [("set-cookie", str(cookie)) for cookie in answer.get("cookies") or ()]
    return Response(status, kept, body)


def preflight(cors: Cors, request: Request) -> Response:
    """The gateway's own answer to an OPTIONS request of an API with a CORS configuration."""
    allowed = _cors_origin(cors, request)
    if allowed is None:
        return Response(204)
    headers = [*_cors_headers(cors, allowed)]
    if cors.methods:
        headers.append(("access-control-allow-methods", ",".join(cors.methods)))
    if cors.headers:
        headers.append(("access-control-allow-headers", ",".join(cors.headers)))
    if cors.max_age is not None:
        headers.append(("access-control-max-age", str(cors.max_age)))
    return Response(204, headers)


def with_cors(cors: Cors, request: Request, answer: Response) -> Response:
    """The API's configuration replaces whatever CORS headers the function set."""
    kept = [each for each in answer.headers if not each[0].startswith("access-control-")]
    allowed = _cors_origin(cors, request)
    if allowed is not None:
        kept += _cors_headers(cors, allowed)
        if cors.exposed:
            kept.append(("access-control-expose-headers", ",".join(cors.exposed)))
    return Response(answer.status, kept, answer.body)


def _cors_origin(cors: Cors, request: Request) -> str | None:
    origin = next((value for name, value in request.headers if name.lower() == "origin"), None)
    if origin is None:
        return None
    if "*" in cors.origins:
        return "*"
    return origin if origin in cors.origins else None


def _cors_headers(cors: Cors, allowed: str) -> list[tuple[str, str]]:
    headers = [("access-control-allow-origin", allowed)]
    if allowed != "*":
        headers.append(("vary", "origin"))
    if cors.credentials:
        headers.append(("access-control-allow-credentials", "true"))
    return headers


def _headers(request: Request) -> tuple[dict[str, str], list[str]]:
    """Names in lower case, repeated ones joined by commas; cookies apart."""
    headers: dict[str, str] = {}
    cookies: list[str] = []
    for name, value in request.headers:
        lower = name.lower()
        if lower == "cookie":
            cookies += [each.strip() for each in value.split(";") if each.strip()]
        else:
            headers[lower] = f"{headers[lower]},{value}" if lower in headers else value
    headers.setdefault("content-length", str(len(request.body)))
    forwarded = headers.get("x-forwarded-for")
    headers["x-forwarded-for"] = ", ".join(filter(None, (forwarded, request.source_ip)))
    headers["x-forwarded-proto"] = "http"
    return headers, cookies


def query_parameters(query: str) -> dict[str, str]:
    """Decoded parameters; the values of a repeated one joined by commas."""
    parameters: dict[str, str] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        parameters[name] = f"{parameters[name]},{value}" if name in parameters else value
    return parameters


def _context(
    request: Request, match: Match, headers: Mapping[str, str], path: str, account: str
) -> dict[str, Any]:
    host = headers.get("host", "")
    return {
        "accountId": account,
        "apiId": "local",
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": {
            "method": request.method,
            "path": path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": request.request_id,
        "routeKey": match.route.key,
        "stage": "$default",
        "time": request.at.astimezone(UTC).strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": int(request.at.timestamp() * 1000),
    }


def _body(answer: Mapping[str, Any]) -> bytes:
    body = answer.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError("a body is a string")
    if not answer.get("isBase64Encoded"):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise ValueError("a body that is not base64") from error
