"""What the two GraphQL platforms have in common: operations are files, answers hold data or
errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from backshop.platforms import parsing
from backshop.platforms.api import HttpAnswer
from backshop.platforms.errors import PayloadError, PermanentRefusal, TransientFailure
from backshop.platforms.printed import find_json

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
    adapt: Callable[[str], str] = lambda text: text,
) -> bytes:
    """The body that asks for an operation; `reword` puts it into the words of one shop."""
    query = adapt(operation(platform, name))
    return json.dumps({"query": query, "variables": variables}).encode()


def content_of(answer: HttpAnswer) -> Json:
    """The whole answer as JSON. Raises `TransientFailure` on what is none: a maintenance page, half
    a body."""
    found = find_json(answer.body)
    if found is None:
        raise TransientFailure("it answered a page in place of data")
    try:
        content = parsing.load(found.body)
    except PayloadError as wrong:
        raise TransientFailure(f"its answer is broken: {wrong}") from None
    if not isinstance(content, dict) or ("data" not in content and "errors" not in content):
        raise TransientFailure("it answered something else than GraphQL")
    return content


def first_error(content: Json) -> tuple[str, str]:
    """The code and the text of an answer's first error; the text is the server's own and short."""
    error = (
        content["errors"][0] if isinstance(content["errors"], list) and content["errors"] else {}
    )
    extensions = error.get("extensions") if isinstance(error, dict) else None
    code = str((extensions or {}).get("code") or "")
    return code[:60], str(error.get("message") or "")[:200] if isinstance(error, dict) else ""


def data(content: Json) -> Json:
    """The answer's data. Raises `TransientFailure` where there is none though there is no error
    either."""
    value = content.get("data")
    if not isinstance(value, dict):
        raise TransientFailure("it answered without data")
    return value


def refusal(platform: str, name: str, content: Json) -> PermanentRefusal:
    code, text = first_error(content)
    return PermanentRefusal(f"{platform} refused {name}: {code} {text}".rstrip(), 200, code)
