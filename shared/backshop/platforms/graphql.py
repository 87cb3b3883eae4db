"""What the two GraphQL platforms have in common: operations are files, answers hold data or errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from backshop.platforms import payload
from backshop.platforms.api import Answer
from backshop.platforms.errors import PayloadError, PermanentRefusal, TransientFailure

Json = dict[str, Any]


@cache
def operation(platform: str, name: str) -> str:
    """The text of an operation: `<platform>/operations/<name>.graphql`."""
    path = Path(__file__).parent / platform / "operations" / f"{name}.graphql"
    return path.read_text(encoding="utf-8")


def request(
    platform: str,
    name: str,
    variables: Mapping[str, Any],
    reword: Callable[[str], str] = lambda text: text,
) -> bytes:
    """The body that asks for an operation; `reword` puts it into the words of one shop."""
    query = reword(operation(platform, name))
    return json.dumps({"query": query, "variables": variables}).encode()


def answered(answer: Answer) -> Json:
    """The whole answer as JSON. Raises `TransientFailure` on what is none: a maintenance page, half a body."""
    if answer.body[:1] != b"{":
        raise TransientFailure("it answered a page in place of data")
    try:
        told = payload.load(answer.body)
    except PayloadError as wrong:
        raise TransientFailure(f"its answer is broken: {wrong}") from None
    if not isinstance(told, dict) or ("data" not in told and "errors" not in told):
        raise TransientFailure("it answered something else than GraphQL")
    return told


def first_error(told: Json) -> tuple[str, str]:
    """The code and the text of an answer's first error; the text is the server's own and short."""
    error = told["errors"][0] if isinstance(told["errors"], list) and told["errors"] else {}
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = str((extensions or {}).get("code") or "")
    return code[:60], str(error.get("message") or "")[:200] if isinstance(error, dict) else ""


def data(told: Json) -> Json:
    """The answer's data. Raises `TransientFailure` where there is none though there is no error either."""
    found = told.get("data")
    if not isinstance(found, dict):
        raise TransientFailure("it answered without data")
    return found


def refused(platform: str, name: str, told: Json) -> PermanentRefusal:
    code, text = first_error(told)
    return PermanentRefusal(f"{platform} refused {name}: {code} {text}".rstrip(), 200, code)
