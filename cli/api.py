"""backshop's API, called with a staff key."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from cli.errors import NothingFound, Refused, Stopped, Unreachable

MOST = 200
"""Of a page, which is what the API gives at most."""
SECONDS = 35.0
"""The gateway gives up after 30 s."""
COMMANDS = {
    "GET /outbox?status=failed": "`backshop outbox list --status failed`",
    "GET /outbox?status=pending": "`backshop outbox list --status pending`",
    "GET /connectors": "`backshop status`",
}
"""What a person types where a refusal names a route."""
TRIES = 3
"""Of what may be asked again: a GET, and a POST with an Idempotency-Key."""


class Problem(Stopped):
    """What the API refused, in its own words."""

    def __init__(self, status: int, slug: str, message: str) -> None:
        super().__init__(message)
        self.status, self.slug = status, slug


class Api:
    """One deployment's API."""

    def __init__(self, url: str, key: str | None) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._again = urllib3.Retry(
            total=TRIES - 1, status_forcelist=(502, 503, 504), backoff_factor=0.3,
            raise_on_status=False, respect_retry_after_header=False,
        )  # fmt: skip
        self._pool = urllib3.PoolManager(timeout=SECONDS)

    def get(self, path: str, **query: Any) -> Any:
        """Raises `Stopped`."""
        return self._call("GET", path, query)

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, *, key: str | None = None,
        **query: Any,
    ) -> Any:  # fmt: skip
        """`key` is the Idempotency-Key. Raises `Stopped`."""
        return self._call("POST", path, query, body, {"Idempotency-Key": key} if key else {})

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        """Raises `Stopped`."""
        return self._call("PATCH", path, {}, body)

    def all(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page. Raises `Stopped`."""
        cursor = None
        while True:
            page = self.get(path, limit=MOST, cursor=cursor, **query)
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _call(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any],
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        fields = {name: str(value) for name, value in query.items() if value is not None}
        target = self._url + path
        if fields:
            from urllib.parse import urlencode

            target += f"?{urlencode(fields)}"
        sent = {**self._headers, **(headers or {}), "Content-Type": "application/json"}
        content = None if body is None else json.dumps(body)
        may_repeat = method == "GET" or bool(headers)
        again = self._again if may_repeat else False
        try:
            answer = self._pool.request(method, target, body=content, headers=sent, retries=again)
        except HTTPError as error:
            raise Unreachable(
                f"{self._url} does not answer ({type(error).__name__}): is it running?"
            ) from error
        if answer.status >= 400:
            raise _problem(answer.status, answer.data, f"{method} {path}")
        return json.loads(answer.data) if answer.data else None


def _problem(status: int, content: bytes, call: str) -> Stopped:
    try:
        body = json.loads(content)
    except ValueError:
        body = {}
    detail = str(body.get("detail") or body.get("message") or f"answered {status}")
    wrong = [f"{each['field']}: {each['message']}" for each in body.get("errors") or ()]
    text = _for_people("; ".join([detail.rstrip("."), *wrong]))
    if status in (401, 403):
        return Refused(
            f"the key may not do {call} ({detail}): is BACKSHOP_KEY set to another stack's key?"
        )
    if status == 404:
        return NothingFound(text)
    if status >= 500 and not body.get("detail"):
        text = f"{call} answered {status}; `backshop logs --since 5m` says why"
    return Problem(status, re.split("[/#:]", str(body.get("type", "")))[-1], text)


def _for_people(text: str) -> str:
    for route, command in COMMANDS.items():
        text = text.replace(f"{route} lists", f"{command} lists")
    return text
