"""All functions of a stack: as many execution environments of each as are needed at once."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from local import later, sources
from local.runtime import INVOKE_BYTES, Answer, Environment, Function, Surroundings

IDLE_SECONDS = 600
"""An environment that was not called for so long is given up, as Lambda does sooner or later."""
ASYNC_WAITS = (1.0, 2.0)
"""Before the second and third try of an asynchronous invocation; Lambda waits 1 and 2 minutes."""

OnFailure = Callable[[bytes, Answer, str], Awaitable[None]]
"""Takes the event of an asynchronous invocation that failed for good, the last answer, and the
request's id, which all its tries have."""


class TooLarge(Exception):
    """An event above Lambda's 6 MB."""


class Pool:
    """One function and its environments."""

    def __init__(self, function: Function, surroundings: Surroundings) -> None:
        self.function = function
        self._surroundings = surroundings
        self._slots = asyncio.Semaphore(function.concurrency)
        self._idle: list[Environment] = []
        self._busy: set[Environment] = set()
        self._leaving: set[asyncio.Task[None]] = set()

    async def invoke(self, payload: bytes, request_id: str | None = None) -> Answer:
        """Run one invocation in a warm environment if there is one, else in a new one.

        Waits while the function's concurrency is used up, where Lambda would refuse.
        Raises `TooLarge`.
        """
        if len(payload) > INVOKE_BYTES:
            raise TooLarge(f"{len(payload)} bytes, and Lambda takes {INVOKE_BYTES}")
        async with self._slots:
            environment = await self._take()
            self._busy.add(environment)
            try:
                return await environment.invoke(request_id or str(uuid4()), payload)
            except asyncio.CancelledError:
                environment.kill()
                raise
            finally:
                self._busy.discard(environment)
                self._give_back(environment)

    async def _take(self) -> Environment:
        function = self.function
        version = sources.version((function.folder, *function.layers))
        while self._idle:
            environment = self._idle.pop()
            if environment.alive and environment.version == version:
                return environment
            self._give_up(environment)
        await later.fetch(function, self._surroundings.say)
        environment = Environment(function, self._surroundings, version)
        await environment.start()
        return environment

    def _give_back(self, environment: Environment) -> None:
        if environment.alive:
            self._idle.append(environment)
        else:
            self._give_up(environment)

    def _give_up(self, environment: Environment) -> None:
        environment.kill()
        task = asyncio.create_task(environment.stop())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def give_up_idle(self, before: float) -> None:
        for environment in [each for each in self._idle if each.idle_since < before]:
            self._idle.remove(environment)
            self._give_up(environment)

    async def stop(self) -> None:
        for environment in [*self._idle, *self._busy]:
            self._give_up(environment)
        self._idle.clear()
        await asyncio.gather(*self._leaving)


class Functions:
    """Every function by its name."""

    def __init__(
        self,
        functions: Iterable[Function],
        surroundings: Surroundings,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._pools = {each.name: Pool(each, surroundings) for each in functions}
        self._say = say
        self.last: dict[str, bytes] = {}
        """The last event that each function got."""

    def __contains__(self, name: str) -> bool:
        return name in self._pools

    def has(self, name: str, qualifier: str | None) -> bool:
        """Whether there is the function, and the version or alias that is asked for of it."""
        pool = self._pools.get(name)
        return pool is not None and qualifier in (None, "$LATEST", pool.function.alias or None)

    @property
    def names(self) -> list[str]:
        return sorted(self._pools)

    async def invoke(self, name: str, payload: bytes, request_id: str | None = None) -> Answer:
        """A synchronous invocation. Raises `TooLarge`."""
        self.last[name] = payload
        answer = await self._pools[name].invoke(payload, request_id)
        if answer.failed:
            self._say(
                f"{name} failed: {summary(answer)}; `.venv/bin/backshop logs {name}` has more"
                f"{trace(answer)}"
            )
        return answer

    async def invoke_async(
        self, name: str, payload: bytes, on_failure: OnFailure | None = None
    ) -> Answer:
        """An asynchronous invocation: as many more tries after a failure as the template says, then
        `on_failure`."""
        request_id = str(uuid4())
        answer = await self.invoke(name, payload, request_id)
        for wait in ASYNC_WAITS[: self._pools[name].function.retries]:
            if not answer.failed:
                return answer
            await asyncio.sleep(wait)
            answer = await self.invoke(name, payload, request_id)
        if answer.failed and on_failure is not None:
            await on_failure(payload, answer, request_id)
        return answer

    async def give_up_idle(self) -> None:
        """Runs until it is cancelled."""
        while True:
            await asyncio.sleep(IDLE_SECONDS / 10)
            for pool in self._pools.values():
                pool.give_up_idle(time.monotonic() - IDLE_SECONDS)

    async def stop(self) -> None:
        await asyncio.gather(*(pool.stop() for pool in self._pools.values()))


def trace(answer: Answer) -> str:
    """The lines that an error passed, ours alone, each below the other."""
    try:
        lines = json.loads(answer.payload).get("stackTrace") or ()
    except (ValueError, AttributeError):
        return ""
    ours = [each for each in lines if "site-packages" not in each]
    return "".join("\n    " + part for each in ours for part in each.rstrip().splitlines())


def failure_record(name: str, payload: bytes, answer: Answer, request_id: str) -> dict[str, Any]:
    """What Lambda sends to the destination of failures (its developer guide, "Capturing records of
    Lambda asynchronous invocations")."""
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:{name}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 1,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": json.loads(answer.payload or b"null"),
    }


def summary(answer: Answer, most: int = 300) -> str:
    """The error of an answer in one line, cut at so many characters."""
    try:
        error = json.loads(answer.payload)
        return f"{error.get('errorType', 'Error')}: {error.get('errorMessage', '')}"[:most]
    except (ValueError, AttributeError):
        return "an answer that is no JSON object"
