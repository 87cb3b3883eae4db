"""FastAPI under Mangum, for functions that serve an OpenAPI of their own: problems, callers, stores
and origins are those of all other functions (docs/architecture.md, "Adding a FastAPI function").

An environment of Lambda answers one call at a time, in one thread that holds its connection to the
database. Routes and dependencies are `async def` therefore, although they block: FastAPI would run
plain functions in other threads, each with a connection of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Iterator, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPBearer, SecurityScopes
from mangum import Mangum
from pydantic import BaseModel
from pydantic_core import to_json
from starlette.exceptions import HTTPException

from backshop import db
from backshop.errors import (
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    Unprocessable,
)
from backshop.web import callers, http, idempotency, serving
from backshop.web.callers import Principal
from backshop.web.http import Event
from backshop.web.problems import ProblemBody
from backshop.web.serving import Handler

REQUEST_BYTES = 6_000_000
"""The largest body that Lambda takes; JSON may have http.BODY_BYTES of it."""
_UNREAD = {"host", "x-forwarded-port"}
"""Headers that Mangum takes apart, and fails on where they are not as it expects."""
# It logs what an app raises, text and all; logs.py says it without personal data.
logging.getLogger("mangum.http").disabled = True


def problems(*kinds: type[Problem]) -> dict[int | str, dict[str, Any]]:
    """`responses=` of a route that answers these problems beside those that every route may."""
    content = {http.PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
    return {
        kind.status: {"description": HTTPStatus(kind.status).phrase, "content": content}
        for kind in kinds
    }


class Route(APIRoute):
    """A route whose JSON body is read by http.parse, strictly where its model is strict, whatever
    its content type claims; and whose OpenAPI names the problems that its parameters and body
    bring."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)
        kinds: list[type[Problem]] = [BadRequest, Unauthorized, Forbidden, NotFound]
        # API Gateway ends a path at a decoded `?` in one of its parameters.
        kinds += [MethodNotAllowed] if "{" in path else []
        kinds += [TooLarge, Unprocessable] if self.body_field else []
        self.responses = problems(*kinds) | self.responses

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()
        field = self.body_field
        model: Any = field.field_info.annotation if field else None

        async def read_and_answer(request: Request) -> Response:
            event = request.scope["aws.event"]
            if field is not None and (event.get("body") or field.field_info.is_required()):
                _take_as_json(request, http.parse(model, event))
            return await answer(request)

        return read_and_answer


def _take_as_json(request: Request, body: BaseModel) -> None:
    """Have FastAPI find this body, which was validated, where it would parse one."""
    headers = [each for each in request.scope["headers"] if each[0] != b"content-type"]
    request.scope["headers"] = [*headers, (b"content-type", b"application/json")]
    request._json = body


class App(FastAPI):
    examples: Path
    """`{"POST /rooms": {"body": …, "answer": …}, …}`, read where the document is wanted alone."""

    def openapi(self) -> dict[str, Any]:
        """OpenAPI 3.1 of the routes, made when it is first asked for."""
        if self.openapi_schema is None:
            made = super().openapi()
            schemas = made.setdefault("components", {}).setdefault("schemas", {})
            schemas |= _schemas_of_problems()
            for route, example in json.loads(self.examples.read_bytes()).items():
                _show(made, route, example)
        return super().openapi()


def _show(document: dict[str, Any], route: str, example: dict[str, Any]) -> None:
    """Put a route's examples beside the schemas of its body and its answer."""
    verb, path = route.split(" ")
    operation = document["paths"][path][verb.lower()]
    [answer] = [each for status, each in operation["responses"].items() if status[0] == "2"]
    for part, holder in (("body", operation.get("requestBody")), ("answer", answer)):
        if part in example:
            assert holder is not None, f"{route} takes no body"
            holder["content"]["application/json"]["examples"] = {"one": {"value": example[part]}}


def _schemas_of_problems() -> dict[str, Any]:
    schema = ProblemBody.model_json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    return {**schema.pop("$defs"), "ProblemBody": schema}


def app(*, title: str, description: str, version: str, openapi_path: str, examples: Path) -> App:
    """An app without routes; its OpenAPI is served at `openapi_path`, with these examples."""
    made = App(
        title=title,
        description=description,
        version=version,
        openapi_url=openapi_path,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    made.router.route_class = Route
    made.examples = examples
    made.add_exception_handler(Problem, _answer_problem)
    made.add_exception_handler(idempotency.Answered, _answer_again)
    made.add_exception_handler(RequestValidationError, _answer_invalid)
    made.add_exception_handler(HTTPException, _answer_unrouted)
    made.add_exception_handler(db.ForeignKeyViolation, _answer_unrelated)
    return made


def handler(app: App) -> Handler:
    """The Lambda handler of an app. Raises TypeError where a route would run in another thread."""
    _refuse_threads(app)

    def resolve(event: Event, context: Any) -> dict[str, Any]:
        crashes: list[Exception] = []

        async def guarded(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
            scope["aws.event"] = event
            try:
                await app(scope, receive, send)
            except Exception as error:
                crashes.append(error)
                raise

        try:
            http.refuse_nul(event)
            content = http.raw_body(event, REQUEST_BYTES)
        except Problem as problem:
            return http.problem_event(problem, event)
        serve = Mangum(guarded, lifespan="off", text_mime_types=["text/", "json", "javascript"])
        answer: dict[str, Any] = serve(_plain(event, content), context)
        if crashes:
            raise crashes[0]
        return answer

    return serving.handler(resolve)


def _plain(event: Event, content: bytes) -> Event:
    headers = {
        name: value for name, value in event.get("headers", {}).items() if name not in _UNREAD
    }
    return event | {"headers": headers, "body": content, "isBase64Encoded": False}


def _refuse_threads(app: App) -> None:
    for route in app.routes:
        if isinstance(route, APIRoute):
            for call in _calls(route.dependant):
                if not _is_async(call):
                    raise TypeError(f"{route.path}: make {call} an async def")


def _calls(dependant: Any) -> Iterator[Callable[..., Any]]:
    yield dependant.call
    for each in dependant.dependencies:
        yield from _calls(each)


def _is_async(call: Callable[..., Any]) -> bool:
    return asyncio.iscoroutinefunction(call) or asyncio.iscoroutinefunction(
        getattr(call, "__call__", None)  # noqa: B004  an object that FastAPI awaits
    )


# ---------------------------------------------------------------- who calls, for which store

_key = HTTPBearer(
    scheme_name="key",
    description="A staff key or a store's own key, as `Authorization: Bearer bs_…`.",
    auto_error=False,
)


async def _principal(
    request: Request, wanted: SecurityScopes, _shown: Annotated[Any, Depends(_key)]
) -> Principal:
    """Who calls, as the authorizer found it. Raises Unauthorized, Forbidden."""
    event = request.scope["aws.event"]
    for scope in wanted.scopes:
        callers.require(event, scope)
    return callers.principal(event)


Staff = Annotated[Principal, Security(_principal, scopes=["staff"])]
"""The caller of a route, who has to hold a staff key."""
Caller = Annotated[Principal, Security(_principal, scopes=["store"])]
"""The caller of a route, staff or a store."""

_UUID = {"format": "uuid"}


async def _store(
    request: Request,
    caller: Caller,
    store_id: Annotated[
        str | None,
        Query(description="The store, for staff keys; may be left out where there is only one."),
    ] = None,
    x_store_id: Annotated[str | None, Header(description="As `store_id`.")] = None,
) -> UUID:
    """The store of the call: a store key's own; staff name it. Raises NotFound, BadRequest."""
    return callers.store_of_call(request.scope["aws.event"])


StoreId = Annotated[UUID, Depends(_store)]
"""The store of a call whose path names none."""


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias=idempotency.HEADER,
        min_length=1,
        max_length=idempotency.KEY_LENGTH,
        description=idempotency.DESCRIPTION,
    ),
]
"""The key of a POST that makes something, for `idempotency.claim`."""


async def _answer_again(request: Request, known: Exception) -> Response:
    assert isinstance(known, idempotency.Answered)
    return Response(to_json(known.answer), known.status, media_type="application/json")


# ---------------------------------------------------------------- problems


async def _answer_problem(request: Request, problem: Exception) -> Response:
    assert isinstance(problem, Problem)
    return Response(
        _problem_json(request.scope["aws.event"], problem),
        problem.status,
        http.problem_headers(problem),
        http.PROBLEM_JSON,
    )


def _problem_json(event: Event, problem: Problem) -> bytes:
    return to_json(http.problem_body(problem, http.request_id(event)))


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """A malformed id in a path names nothing; a wrong parameter is named."""
    assert isinstance(error, RequestValidationError)
    details = error.errors()
    if any(each["loc"][0] == "path" for each in details):
        return await _answer_problem(request, NotFound("There is nothing under this id; check it."))
    errors = http.field_errors([each | {"loc": each["loc"][1:]} for each in details])
    problem = BadRequest(http.please_correct(errors), errors=errors)
    if any(each["field"] == idempotency.HEADER for each in errors):
        problem = idempotency.refused()
    return await _answer_problem(request, problem)


async def _answer_unrelated(request: Request, error: Exception) -> Response:
    assert isinstance(error, db.ForeignKeyViolation)
    if not db.names_no_store(error):
        raise error
    return await _answer_problem(request, callers.no_store())


async def _answer_unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = (error.headers or {}).get("Allow", "")
        answer = await _answer_problem(
            request, MethodNotAllowed(f"This path takes {allowed} alone; see docs/api.md.")
        )
        answer.headers["Allow"] = allowed
        return answer
    return await _answer_problem(
        request, NotFound("There is nothing at this path; see docs/api.md.")
    )
