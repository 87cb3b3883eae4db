"""Lambda's Invoke API, for `python -m local invoke` and for `aws lambda invoke --endpoint-url`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from aiohttp import web

from local.functions import Functions, OnFailure, TooLarge
from local.gateway import LocalRoute


class InvokeApi:
    """Calls functions by name or ARN, waiting for the answer or not."""

    def __init__(self, functions: Functions, on_failure: Callable[[str], OnFailure | None]) -> None:
        self._functions = functions
        self._on_failure = on_failure
        self._running: set[asyncio.Task[object]] = set()

    def routes(self) -> list[LocalRoute]:
        return [("POST", "/2015-03-31/functions/{function}/invocations", self._invoke)]

    async def _invoke(self, request: web.Request) -> web.Response:
        name = request.match_info["function"].rpartition(":")[2]
        if name not in self._functions:
            known = ", ".join(self._functions.names)
            return web.json_response(
                {"Message": f"Function not found: {name}; there are {known}"},
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
