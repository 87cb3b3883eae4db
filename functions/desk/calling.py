"""The routes that programs call, called for who is at the desk: with the scopes of their key,
checked and answered by the function that serves them."""

from __future__ import annotations

import base64
import json
from typing import Any, NamedTuple

from backshop import logs
from backshop.aws import config, functions
from backshop.errors import FieldError, Problem, Unavailable
from backshop.web import calls, idempotency
from sessions import Me
from showing import sentence, spoken

Query = dict[str, Any]


class Refused(Problem):
    """What a route answered that did not do what it was asked."""

    def __init__(self, status: int, said: dict[str, Any]) -> None:
        errors = [
            FieldError(field=each["field"], message=sentence(spoken(each["message"])))
            for each in said.get("errors") or ()
        ]
        slug = str(said.get("type", "")).rpartition("#")[2] or "problem"
        detail = spoken(said.get("detail") or "That did not work; try it again.")
        super().__init__(detail, slug=slug, errors=errors, members={"said": said})
        self.status = status  # type: ignore[misc]  # of this answer, not of the kind


class File(NamedTuple):
    """An answer that is no JSON."""

    kind: str
    content: bytes
    headers: dict[str, str]


def ask(
    me: Me,
    function: str,
    route: str,
    *,
    query: Query | None = None,
    body: Any = None,
    text: str | None = None,
    key: str | None = None,
    version: int | None = None,
    **path: str,
) -> Any:
    """What the route answers (`GET /connectors/{id}`), as JSON or a File. `path` fills its braces,
    `text` is a body that is no JSON, `version` what was seen of what is changed.

    Raises Refused with the route's own words, Unavailable where the function failed.
    """
    headers = {}
    if key:
        headers[idempotency.HEADER] = key
    if version is not None:
        headers["if-match"] = f'"{version}"'
    caller = {"kind": "staff", "id": str(me.key_id), "scopes": " ".join(sorted(me.scopes))}
    event = calls.event(
        route, path, caller=caller, query=query, body=body, text=text, headers=headers
    )
    try:
        answer = functions.invoke(config.value(f"{function.upper()}_FUNCTION"), event)
    except functions.Crashed as crashed:
        logs.failure("a route failed", crashed, asked=route)
        raise Unavailable(
            "That part of backshop does not answer right now; nothing was lost. Try it again.",
            retry_after=10,
        ) from crashed
    return _read(answer)


def _read(answer: dict[str, Any]) -> Any:
    status = int(answer["statusCode"])
    headers = {name.lower(): value for name, value in (answer.get("headers") or {}).items()}
    body = answer.get("body") or ""
    content = base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    kind = headers.get("content-type", "")
    if status == 303 and "location" in headers:
        return File("", b"", {"location": headers["location"]})
    said = json.loads(content) if content and "json" in kind else None
    if status >= 400:
        raise Refused(status, said or {})
    return said if said is not None or not content else File(kind, content, headers)
