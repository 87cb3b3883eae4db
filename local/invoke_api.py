"""Lambda's Invoke API, for `python -m local invoke` and for `aws lambda invoke --endpoint-url`."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable

from aiohttp import web

from local.functions import Functions, OnFailure, TooLarge
from local.gateway import LocalRoute

_ADDRESS = re.compile(
    r"(?:(?:arn:aws:lambda:[^:]+:)?\d{12}:function:)?(?P<name>[^:]+)(?::(?P<qualifier>[^:]+))?"
)


def _named(address: str) -> tuple[str, str | None]:
    """A name or ARN as the Invoke API takes it: the function, and its version or alias."""
    match = _ADDRESS.fullmatch(address)
    return (match["name"], match["qualifier"]) if match else (address, None)


class InvokeApi:
    """Calls functions by name or ARN, waiting for the answer or not."""

    def __init__(self, functions: Functions, on_failure: Callable[[str], OnFailure | None]) -> None:
        self._functions = functions
        self._on_failure = on_failure
        self._running: set[asyncio.Task[object]] = set()

    def routes(self) -> list[LocalRoute]:
        return [
            ("POST", "/2015-03-31/functions/{function}/invocations", self._invoke),
            ("GET", "/local/events/{function}", self._last_event),
        ]

    async def _last_event(self, request: web.Request) -> web.Response:
        last = self._functions.last.get(request.match_info["function"])
        if last is None:
            return web.json_response({"Message": "it was not called yet"}, status=404)
        return web.Response(body=last, content_type="application/json")

    async def _invoke(self, request: web.Request) -> web.Response:
        function = request.match_info["function"]
        name, qualifier = _named(function)
        if not self._functions.has(name, request.query.get("Qualifier", qualifier)):
            known = ", ".join(self._functions.names)
            return web.json_response(
                {"Message": f"Function not found: {function}; there are {known}"},
                status=404,
                headers={"X-Amzn-ErrorType": "ResourceNotFoundException"},
            )
        payload = await request.read() or b"{}"
        if request.headers.get("X-Amz-Invocation-Type") == "Event":
            task: asyncio.Task[object] = asyncio.create_task(
                self._functions.invoke_async(name, payload, self._on_failure(name))
            )
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            return web.Response(status=202)
        try:
            answer = await self._functions.invoke(name, payload)
        except TooLarge as error:
            return web.json_response(
                {"Message": f"Request must be smaller than 6291456 bytes: {error}"},
                status=413,
                headers={"X-Amzn-ErrorType": "RequestTooLargeException"},
            )
        headers = {"X-Amz-Function-Error": "Unhandled"} if answer.failed else {}
        return web.Response(body=answer.payload, content_type="application/json", headers=headers)
