"""One execution environment of a function: an awslambdaric process and the Runtime API it asks.

The process sees what it would see on Lambda: the variables of the template and Lambda's own, its
folder and its layers, one invocation at a time, a deadline, and no time at all between calls.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from aiohttp import web

from local import pace, processes
from local.sources import Version

INVOKE_BYTES = 6 * 1024 * 1024
"""What Lambda takes and gives in one synchronous invocation."""
INIT_SECONDS = 30.0
"""Lambda allows 10 s; a laptop's disk needs more for the same imports when they are cold."""
_MEMORY_SECONDS = 0.25
_STAND_IN = Path(__file__).parent / "runtime_client"


@dataclass(frozen=True)
class Function:
    """A function as the template describes it, with everything resolved."""

    name: str
    folder: Path
    handler: str
    timeout: float
    memory_mb: int
    environment: Mapping[str, str]
    layers: tuple[Path, ...] = ()
    concurrency: int = 10
    arn: str = ""
    retries: int = 2
    """Of an asynchronous invocation that failed."""
    alias: str = ""
    """Of its published version; empty where it publishes none."""


@dataclass(frozen=True)
class Answer:
    """What an invocation gave: JSON, and whether it is an error that the function did not
    handle."""

    payload: bytes
    failed: bool = False


@dataclass(frozen=True)
class Surroundings:
    """What all functions of one stack share."""

    region: str
    aws_endpoint: str
    dependencies: Path
    logs: Path
    native_client: bool = sys.platform == "linux"
    invoke_endpoint: str = ""
    """Where functions are called by functions: the gateway's own address."""
    say: Callable[[str], None] = lambda _: None
    """Takes what the person at the terminal should know."""


@dataclass
class _Invocation:
    request_id: str
    payload: bytes
    delivered: asyncio.Future[float]
    answer: asyncio.Future[Answer]


@dataclass(eq=False)
class Environment:
    """A process that serves one invocation after the other; `stop` it in the end."""

    function: Function
    surroundings: Surroundings
    version: Version
    idle_since: float = field(default_factory=time.monotonic)
    _process: Process | None = None
    _server: asyncio.Server | None = None
    _watch: asyncio.Task[None] | None = None
    _log: int = -1
    _current: _Invocation | None = None
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _frozen: bool = False
    _ended: bool = False
    _out_of_memory: bool = False

    @property
    def alive(self) -> bool:
        """Whether it can serve another invocation."""
        return not self._ended and self._runs

    @property
    def _runs(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start the process; call it from the main thread (see `processes.options`)."""
        loop = asyncio.get_running_loop()
        server = web.Server(self._serve, keepalive_timeout=86_400, access_log=None)
        self._server = await loop.create_server(server, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        path = self.surroundings.logs / f"{self.function.name}.log"
        self._log = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-S", "-P", "-m", "awslambdaric", self.function.handler),
            cwd=self.function.folder,
            env=variables(self.function, self.surroundings, port),
            stdin=DEVNULL,
            stdout=self._log,
            stderr=self._log,
            **processes.options(signal.SIGKILL),
        )
        self._watch = asyncio.create_task(self._await_exit())

    async def stop(self) -> None:
        self.kill()
        if self._watch is not None:
            await self._watch
        if self._server is not None:
            self._server.close()
        if self._log >= 0:
            os.close(self._log)
            self._log = -1

    def kill(self) -> None:
        self._ended = True
        if self._runs:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    async def invoke(self, request_id: str, payload: bytes) -> Answer:
        """Run one invocation; errors of the function, its death and its timeout are answers too."""
        loop = asyncio.get_running_loop()
        call = _Invocation(request_id, payload, loop.create_future(), loop.create_future())
        self._current = call
        begun = time.monotonic()
        self._say(f"START RequestId: {request_id} Version: $LATEST")
        self._thaw()
        self._arrived.set()
        answer = await self._within_limits(call)
        self._current = None
        self.idle_since = time.monotonic()
        self._report(request_id, begun, call)
        return answer

    async def _within_limits(self, call: _Invocation) -> Answer:
        guard = asyncio.get_running_loop().call_later(_MEMORY_SECONDS, self._guard_memory, call)
        try:
            await pace.within(INIT_SECONDS, call.delivered)
            return await pace.within(self.function.timeout, call.answer)
        except TimeoutError:
            self.kill()
            seconds = self.function.timeout if call.delivered.done() else INIT_SECONDS
            message = f"{_now()} {call.request_id} Task timed out after {seconds:.2f} seconds"
            self._say(message)
            return _failure("Sandbox.Timedout", message)
        finally:
            guard.cancel()

    def _guard_memory(self, call: _Invocation) -> None:
        """Lambda kills a sandbox that needs more memory than it was given."""
        if call.answer.done() or not self.alive:
            return
        if self._memory_mb() > self.function.memory_mb:
            self._out_of_memory = True
            self.kill()
            return
        loop = asyncio.get_running_loop()
        later = loop.call_later(_MEMORY_SECONDS, self._guard_memory, call)
        call.answer.add_done_callback(lambda _: later.cancel())

    def _memory_mb(self) -> int:
        try:
            return int(psutil.Process(self.pid).memory_info().rss) >> 20
        except psutil.Error:
            return 0

    # What the process asks.

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if path.endswith("/invocation/next"):
            return await self._next()
        body = await request.content.read()
        if path.endswith("/response"):
            self._finish(_limited(body))
        elif path.endswith("/error"):
            self._ended = self._ended or path.endswith("/init/error")
            self._finish(Answer(body, failed=True))
        else:
            return web.Response(status=404)
        return web.Response(status=202)

    async def _next(self) -> web.Response:
        if not self._arrived.is_set():
            self._freeze()
            await self._arrived.wait()
        self._arrived.clear()
        call = self._current
        assert call is not None
        call.delivered.set_result(time.monotonic())
        deadline = int((time.time() + self.function.timeout) * 1000)
        headers = {
            "Lambda-Runtime-Aws-Request-Id": call.request_id,
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": self.function.arn,
            "Lambda-Runtime-Trace-Id": f"Root=1-{int(time.time()):08x}-{os.urandom(12).hex()}",
            "Content-Type": "application/json",
        }
        return web.Response(body=call.payload, headers=headers)

    def _finish(self, answer: Answer) -> None:
        call = self._current
        if call is None:
            return
        for future, result in ((call.delivered, time.monotonic()), (call.answer, answer)):
            if not future.done():
                future.set_result(result)  # type: ignore[arg-type]

    async def _await_exit(self) -> None:
        assert self._process is not None
        code = await self._process.wait()
        if self._current is not None:
            self._finish(self._death(code, self._current.request_id))

    def _death(self, code: int, request_id: str) -> Answer:
        how = "signal: killed" if code < 0 else f"exit status {code}"
        kind = "Runtime.OutOfMemory" if self._out_of_memory else "Runtime.ExitError"
        message = f"RequestId: {request_id} Error: Runtime exited with error: {how}"
        self._say(f"{message} {kind}")
        return _failure(kind, message)

    # Between invocations nothing runs.

    def _freeze(self) -> None:
        if self.alive and not self._frozen:
            os.kill(self.pid, signal.SIGSTOP)
            self._frozen = True

    def _thaw(self) -> None:
        if self.alive and self._frozen:
            os.kill(self.pid, signal.SIGCONT)
            self._frozen = False

    # The function's log, in Lambda's words.

    def _say(self, line: str) -> None:
        if self._log >= 0:
            os.write(self._log, f"{line}\n".encode())

    def _report(self, request_id: str, begun: float, call: _Invocation) -> None:
        delivered = call.delivered.result() if call.delivered.done() else time.monotonic()
        duration = (time.monotonic() - delivered) * 1000
        init = (delivered - begun) * 1000
        self._say(
            f"END RequestId: {request_id}\n"
            f"REPORT RequestId: {request_id}\tDuration: {duration:.2f} ms\t"
            f"Memory Size: {self.function.memory_mb} MB\tMax Memory Used: {self._memory_mb()} MB"
            + (f"\tInit Duration: {init:.2f} ms" if init > 50 else "")
        )


def variables(function: Function, surroundings: Surroundings, port: int) -> dict[str, str]:
    """The whole environment of a function's process: the template's variables and Lambda's own."""
    search = [function.folder, *function.layers, surroundings.dependencies]
    if not surroundings.native_client:
        search.insert(0, _STAND_IN)
    reserved = {
        "_HANDLER": function.handler,
        "AWS_REGION": surroundings.region,
        "AWS_DEFAULT_REGION": surroundings.region,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "local",
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "LAMBDA_TASK_ROOT": str(function.folder),
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, search)),
        "TZ": ":UTC",
    }
    beside_lambda = {
        "AWS_ENDPOINT_URL": surroundings.aws_endpoint,
        **(
            {"AWS_ENDPOINT_URL_LAMBDA": surroundings.invoke_endpoint}
            if surroundings.invoke_endpoint
            else {}
        ),
        # The demo shops are on this machine.
        "LOCAL_SHOPS": "yes",
        "LOCAL_ERRORS": "yes",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return {**function.environment, **reserved, **beside_lambda}


def _limited(body: bytes) -> Answer:
    if len(body) <= INVOKE_BYTES:
        return Answer(body)
    message = f"Response payload size exceeded maximum allowed payload size ({INVOKE_BYTES} bytes)."
    return _failure("Function.ResponseSizeTooLarge", message)


def _failure(kind: str, message: str) -> Answer:
    error: dict[str, Any] = {"errorType": kind, "errorMessage": message}
    return Answer(json.dumps(error).encode(), failed=True)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
