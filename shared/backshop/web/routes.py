"""Typed routes: what a function declares of each, and what happens to every call.

    app = routes.app("Batches")
    handler = routes.handler(app)

    @routes.route(app, "GET /batches/<id>", scope="staff", problems=[NotFound], example=BATCH)
    def show(id: UUID) -> Batch:
        \"\"\"A batch with its statistics.\"\"\"

Parameters, bodies and answers are validated by Powertools against the types of the signature, which
also make the OpenAPI document (`make openapi`). The docstring's first sentence is its summary.
"""

from __future__ import annotations

import inspect
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import UnionType
from typing import Any, Literal, TypeVar, Union, get_args, get_origin

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.middlewares.openapi_validation import (
    OpenAPIRequestValidationMiddleware,
)
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestValidationError,
    ResponseValidationError,
)

from backshop import db
from backshop.errors import (
    BadRequest,
    Forbidden,
    NotFound,
    Problem,
    TooLarge,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from backshop.web import callers, http, idempotency, serving
from backshop.web.http import Event
from backshop.web.problems import ProblemBody
from backshop.web.serving import Handler

# The resolver logs what a route raises, text and all; logs.py says it without personal data.
logging.getLogger("aws_lambda_powertools.event_handler.api_gateway").disabled = True
F = TypeVar("F", bound=Callable[..., Any])

Scope = Literal["staff", "store", "try-on", "token", "shopper", "desk", "anyone"]
"""`staff` and `store` are scopes of keys, checked by the authorizer and here; `try-on` is that of a
publishable token, and a key with `store` does as well; `token` is a shopper's or a link's own,
which the route reads; `shopper` and `desk` are cookies of pages, which they read; `anyone` needs
nothing."""
_ACCEPTED: dict[Scope, tuple[str, ...]] = {
    "staff": ("staff",),
    "store": ("store",),
    "try-on": ("store", "try-on"),
}


class App(APIGatewayHttpResolver):
    """A resolver that knows the scope of each route and the title that groups its routes."""

    def __init__(self, title: str) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
        )
        self.title = title
        self.scopes: dict[Callable[..., Any], Scope] = {}
        self.rules: list[tuple[str, str]] = []
        self.problem_content: dict[str, Any] = {http.PROBLEM_JSON: {"model": ProblemBody}}
        self._request_validation_middleware = _Door()  # type: ignore[no-untyped-call]

    def serves(self, verb: str, path: str) -> bool:
        """Whether one of its routes takes this."""
        return any(verb == each and _is_of(path, rule) for each, rule in self.rules)


def _is_of(path: str, rule: str) -> bool:
    """Whether a path is one of a rule, whose `<parameters>` are any part but none."""
    given, wanted = path.split("/"), rule.split("/")
    return len(given) == len(wanted) and all(
        part == each or (each.startswith("<") and part)
        for part, each in zip(given, wanted, strict=True)
    )


def app(title: str) -> App:
    """A resolver that answers problems as such and unknown paths with 404."""
    made = App(title)

    def event() -> Event:
        raw: Event = made.current_event.raw_event
        return raw

    def problem(raised: Problem) -> Response[str]:
        return http.problem_answer(raised, event())

    def invalid(raised: RequestValidationError) -> Response[str]:
        return http.problem_answer(problem_of(raised), event())

    def broken(raised: ResponseValidationError) -> Response[str]:
        raise raised

    def unrelated(raised: db.ForeignKeyViolation) -> Response[str]:
        if not db.names_no_store(raised):
            raise raised
        return http.problem_answer(callers.no_store(), event())

    def answered(raised: idempotency.Answered) -> Response[str]:
        return Response(raised.status, "application/json", json.dumps(raised.answer))

    def no_such_route(_: Exception) -> Response[str]:
        problem = NotFound("There is nothing at this path; GET /openapi.json lists what there is.")
        return http.problem_answer(problem, event())

    made.exception_handler(Problem)(problem)
    made.exception_handler(idempotency.Answered)(answered)
    made.exception_handler(RequestValidationError)(invalid)
    made.exception_handler(ResponseValidationError)(broken)
    made.exception_handler(db.ForeignKeyViolation)(unrelated)
    made.not_found(no_such_route)
    return made


def route(
    app: App,
    rule: str,
    *,
    scope: Scope,
    status: int = 200,
    problems: Sequence[type[Problem]] = (),
    example: Any = None,
    body_example: Mapping[str, Any] | None = None,
    answers: Mapping[str, str] | None = None,
    takes: Mapping[str, str] | None = None,
    also: Mapping[int, str] | None = None,
) -> Callable[[F], F]:
    """Declare a route by its verb and path (`GET /batches/<id>`).

    `problems` are those that the route itself raises; the ones that follow from `scope`, parameters
    and body are added. `example` is an answer, `body_example` a request. `answers` describes
    further
    content types of the answer, `takes` those of a body that is no JSON, each as {type: sentence}.
    `also` are further statuses of the answer and when they are; the function returns such an answer
    with its status. What returns a Response, a file or a redirect, is sent as it is.
    """
    verb, path = rule.split(" ")

    def declare(function: F) -> F:
        app.scopes[function] = scope
        app.rules.append((verb, path))
        summary, _, description = inspect.cleandoc(function.__doc__ or "").partition("\n\n")
        app.route(
            path,
            method=verb,
            summary=" ".join(summary.split()),
            description=description or None,
            tags=[app.title],
            status_code=status,
            operation_id=f"{verb.lower()}{path.title().translate(_NO_SIGNS)}",
            security=_security(scope),
            responses=_responses(
                {status: HTTPStatus(status).phrase, **(also or {})},
                function,
                problems,
                scope,
                example,
                answers,
                app.problem_content,
            ),
            openapi_extensions={
                "x-scope": scope,
                **({"x-body-example": body_example} if body_example is not None else {}),
                **({"x-takes": dict(takes)} if takes else {}),
            },
        )(_unvalidated(function))
        return function

    return declare


VERSION = "1"
"""Of the API, not of the software: it changes when callers have to."""


def _answer_model(returns: Any) -> Any:
    """The model of a JSON answer: of `Model`, `tuple[Model, int]` (an answer with its status) and
    `Model | Response` (one that may be a file); None where there is no such answer."""
    if get_origin(returns) is tuple:
        return get_args(returns)[0]
    if get_origin(returns) in (UnionType, Union):
        return next(each for each in get_args(returns) if not _is_response(each))
    return None if _is_response(returns) else returns


def _returns(function: Callable[..., Any]) -> Any:
    return inspect.signature(function, eval_str=True).return_annotation


def _is_response(returns: Any) -> bool:
    return (get_origin(returns) or returns) is Response


def _unvalidated(function: F) -> F:
    """The function without its return type where that may be a Response: Powertools would take the
    bytes of a file for JSON."""
    returns = _returns(function)
    if any(_is_response(each) for each in (returns, *get_args(returns))):
        del function.__annotations__["return"]
    return function


_NO_SIGNS = str.maketrans("", "", "/<>-_.")


def handler(app: App) -> Handler:
    """The Lambda handler of an app: logs the request id, turns problems into answers."""
    return serving.handler(app.resolve)


class _Door(OpenAPIRequestValidationMiddleware):
    """Powertools' validation, behind the key's scope and with our way to read a body.

    Without it a key that may not call would learn what a body lacks, and bodies of other types than
    JSON (curl's own default) would be refused.
    """

    def handler(self, app: Any, next_middleware: NextMiddleware) -> Response[Any]:
        scope = app.scopes.get(app.context["_route"].func)
        if scope is None:  # no route matches: a path may hold what no pattern takes, a NUL for one
            unknown: Response[Any] = next_middleware(app)
            return unknown
        if scopes := _ACCEPTED.get(scope):
            callers.require(app.current_event.raw_event, *scopes)
        http.refuse_nul(app.current_event.raw_event)
        answer: Response[Any] = super().handler(app, next_middleware)
        return answer

    def _get_body(self, app: Any) -> Any:
        return http.json_body(app.current_event.raw_event)


def problem_of(raised: RequestValidationError) -> Problem:
    """404 where a path's id is malformed, 400 where a parameter is, 422 where the body is."""
    details = raised.errors()
    rooms = {str(each["loc"][0]) for each in details}
    if "path" in rooms:
        return NotFound("There is nothing under this id; the list beside it tells what there is.")
    for each in details:
        each["loc"] = each["loc"][1:]
    errors = http.field_errors(details)
    if "body" in rooms:
        return Unprocessable(http.please_correct(errors), errors=errors)
    if any(each["field"] == idempotency.HEADER for each in errors):
        is_missing = any(each["type"] == "missing" for each in details)
        return idempotency.refused(is_missing=is_missing)
    return BadRequest(http.please_correct(errors), errors=errors)


def _security(scope: Scope) -> list[dict[str, list[str]]]:
    if scope == "anyone":
        return []
    if scope == "try-on":
        return [{"key": ["store"]}, {"token": []}]
    return [{scope: []}] if scope in ("token", "shopper", "desk") else [{"key": [scope]}]


def _responses(
    statuses: Mapping[int, str],
    function: Callable[..., Any],
    problems: Sequence[type[Problem]],
    scope: Scope,
    example: Any,
    answers: Mapping[str, str] | None,
    problem_content: Mapping[str, Any],
) -> dict[int, Any]:
    content: dict[str, Any] = {}
    returns = _answer_model(_returns(function))
    if returns is not None:
        content["application/json"] = {"model": returns}
        if example is not None:
            content["application/json"]["examples"] = {"one": {"value": example}}
    for kind, sentence in (answers or {}).items():
        content[kind] = {"schema": {"type": "string", "description": sentence}}
    declared: dict[int, Any] = {
        status: {"description": sentence, "content": {} if 300 <= status < 400 else content}
        for status, sentence in statuses.items()
    }
    for problem in (*_implied(function, scope), *problems):
        declared[problem.status] = {
            "description": HTTPStatus(problem.status).phrase,
            "content": dict(problem_content),
        }
    return declared


def _implied(function: Callable[..., Any], scope: Scope) -> list[type[Problem]]:
    """What any route with this scope and these parameters can answer."""
    implied: list[type[Problem]] = [Unavailable]
    if scope != "anyone":
        implied.append(Unauthorized)
    if scope in _ACCEPTED:
        implied.append(Forbidden)
    parameters = inspect.signature(function).parameters
    # A key's store, too, may be named wrongly, or not at all where there are several.
    if parameters or scope in _ACCEPTED:
        implied += [BadRequest, NotFound]
    if "body" in parameters:
        implied += [TooLarge, Unprocessable]
    return implied
