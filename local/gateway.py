"""Serves the template's routes over HTTP as an HTTP API of API Gateway would."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from local import http_events as http
from local import pace
from local.functions import Functions, TooLarge

REQUEST_BYTES = 10 * 1024 * 1024
"""What an HTTP API takes; a function takes 6 MB of event, which is less in base64."""

Say = Callable[[str], None]
LocalRoute = tuple[str, str, Callable[[web.Request], Awaitable[web.StreamResponse]]]


@dataclass(frozen=True)
class Authorizer:
    """A Lambda authorizer with simple responses; its answers are kept `seconds` by identity."""

    function: str
    headers: Sequence[str] = ("authorization",)
    query: Sequence[str] = ()
    seconds: float = 0.0


@dataclass(frozen=True)
class Api:
    """What one AWS::Serverless::HttpApi says beside its routes."""

    authorizers: Mapping[str, Authorizer] = field(default_factory=dict)
    cors: http.Cors | None = None
    default_authorizer: str | None = None


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    context: Mapping[str, Any] = field(default_factory=dict)


class _AuthorizerFailed(Exception):
    pass


class Gateway:
    """Turns requests into invocations and answers into responses."""

    def __init__(
        self,
        routes: Sequence[http.Route],
        apis: Mapping[str, Api],
        functions: Functions,
        *,
        account: str,
        region: str,
        say: Say = lambda _: None,
        say_request: Say = lambda _: None,
    ) -> None:
        self._routes = routes
        self._apis = apis
        self._functions = functions
        self._account = account
        self._region = region
        self._say = say
        self._say_request = say_request
        self._verdicts: dict[tuple[str, str, tuple[str, ...]], tuple[float, Verdict]] = {}

    def application(self, local: Sequence[LocalRoute] = ()) -> web.Application:
        """The web application; `local` are routes of the stack itself, ahead of the template's."""
        application = web.Application(client_max_size=REQUEST_BYTES)
        for method, path, handler in local:
            application.router.add_route(method, path, handler)
        application.router.add_route("*", "/{anything:(?s:.*)}", self._handle)
        return application

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        begun = time.perf_counter()
        answer = await self._answer(request)
        taken = (time.perf_counter() - begun) * 1000
        path = request.raw_path.partition("?")[0]
        self._say_request(f"{request.method} {path} {answer.status} {taken:.0f} ms")
        return _to_aiohttp(answer)

    async def _answer(self, request: web.Request) -> http.Response:
        try:
            body = await request.read()
        except web.HTTPRequestEntityTooLarge:
            return http.TOO_LARGE
        came = http.Request(
            method=request.method,
            target=_text(_target(request.raw_path)),
            headers=[(name, _text(value)) for name, value in request.headers.items()],
            body=body,
            source_ip=request.remote or "",
            request_id=str(uuid4()),
            at=datetime.now(UTC),
        )
        match = http.find(self._routes, came.method, came.raw_path)
        if match is None:
            return self._unmatched(came)
        answer = await self._authorized(came, match)
        cors = self._api(match.route.api).cors
        answer = http.with_cors(cors, came, answer) if cors else answer
        headers = [*answer.headers, ("apigw-requestid", came.request_id)]
        return http.Response(answer.status, headers, answer.body)

    def _api(self, name: str) -> Api:
        return self._apis.get(name, Api())

    def _unmatched(self, request: http.Request) -> http.Response:
        """A preflight for a path that exists is answered by the API's CORS configuration."""
        if request.method == "OPTIONS":
            for route in self._routes:
                cors = self._api(route.api).cors
                if cors and http.find([route], route.method, request.raw_path):
                    return http.preflight(cors, request)
        return http.NOT_FOUND

    async def _authorized(self, request: http.Request, match: http.Match) -> http.Response:
        if match.route.authorizer is None:
            return await self._invoke(request, match, None)
        authorizer = self._api(match.route.api).authorizers[match.route.authorizer]
        identity = _identity(authorizer, request)
        if identity is None:
            return http.UNAUTHORIZED
        try:
            verdict = await self._verdict(authorizer, identity, request, match)
        except _AuthorizerFailed:
            return http.INTERNAL_ERROR
        if not verdict.allowed:
            return http.FORBIDDEN
        return await self._invoke(request, match, verdict.context)

    async def _verdict(
        self,
        authorizer: Authorizer,
        identity: tuple[str, ...],
        request: http.Request,
        match: http.Match,
    ) -> Verdict:
        key = (match.route.api, authorizer.function, identity)
        kept = self._verdicts.get(key)
        if kept and kept[0] > time.monotonic():
            return kept[1]
        event = http.authorizer_event(
            request, match, identity, account=self._account, region=self._region
        )
        answer = await self._functions.invoke(authorizer.function, json.dumps(event).encode())
        if answer.failed:
            raise _AuthorizerFailed
        verdict = _read_verdict(answer.payload)
        if authorizer.seconds > 0:
            self._verdicts[key] = time.monotonic() + authorizer.seconds, verdict
        return verdict

    async def _invoke(
        self, request: http.Request, match: http.Match, authorizer: Mapping[str, Any] | None
    ) -> http.Response:
        event = http.event(request, match, account=self._account, authorizer=authorizer)
        call = self._functions.invoke(match.route.function, json.dumps(event).encode())
        # The gateway gives up after its own limit, but the invocation goes on.
        running = asyncio.ensure_future(call)
        try:
            answer = await pace.within(match.route.seconds, running)
        except TimeoutError:
            running.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            return http.UNAVAILABLE
        except TooLarge:
            return http.TOO_LARGE
        if answer.failed:
            return http.INTERNAL_ERROR
        try:
            return http.response(answer.payload)
        except http.BadAnswer as error:
            self._say(f"{match.route.function}: {error}")
            return http.INTERNAL_ERROR


def logger() -> logging.Logger:
    """What the web server logs to: what went wrong, and nothing that a request said."""
    made = logging.getLogger("local.gateway")
    made.addFilter(_without_contents)
    return made


def _without_contents(record: logging.LogRecord) -> bool:
    """What cannot be parsed is quoted by aiohttp, be it a key."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, HttpProcessingError):
        record.msg = f"{record.getMessage()}: {type(error).__name__}"
        record.args, record.exc_info, record.exc_text = (), None, None
    return True


def _text(raw: str) -> str:
    """Bytes that are no UTF-8 come as lone surrogates, which no JSON may hold."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _target(raw: str) -> str:
    """The path and query of a request line, which may hold a whole URL."""
    if raw.startswith("/"):
        return raw
    return "/" + raw.partition("://")[2].partition("/")[2]


def _identity(authorizer: Authorizer, request: http.Request) -> tuple[str, ...] | None:
    """The values of the identity sources; None when one is missing or empty."""
    headers = {name.lower(): value for name, value in request.headers}
    query = http.query_parameters(request.query)
    values = [headers.get(name.lower()) for name in authorizer.headers]
    values += [query.get(name) for name in authorizer.query]
    found = tuple(each for each in values if each)
    return found if len(found) == len(values) else None


def _read_verdict(payload: bytes) -> Verdict:
    try:
        verdict = json.loads(payload)
        return Verdict(verdict["isAuthorized"] is True, verdict.get("context") or {})
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _AuthorizerFailed from error


def _to_aiohttp(answer: http.Response) -> web.Response:
    response = web.Response(status=answer.status, body=answer.body)
    response.headers.popall("content-type", None)
    for name, value in answer.headers:
        response.headers.add(name, value)
    return response
