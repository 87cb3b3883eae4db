"""What stands between: a TCP proxy before Postgres, and a relay for the shops' webhooks.

Both live on an event loop in a thread of its own; what changes them may be called from any thread.
"""

from __future__ import annotations

import asyncio
import random
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import aiohttp
from aiohttp import web

HOST = "127.0.0.1"
T = TypeVar("T")


@contextmanager
def loop_in_thread() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop that runs beside the block; its tasks end with it."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        asyncio.run_coroutine_threadsafe(_end_tasks(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


async def _end_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def wait_for(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(60)


class Proxy:
    """Passes bytes to a port of this machine and back, late or not at all."""

    def __init__(self, to: int, seed: int) -> None:
        self.to = to
        self.port = 0
        self.delay = 0.0
        """Seconds, at most, that each piece takes longer on its way."""
        self.drop = 0.0
        """The chance that a piece of an answer is not delivered and its connection is cut."""
        self.counts: Counter[str] = Counter()
        self._dice = random.Random(seed)
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        server = await asyncio.start_server(self._serve, HOST, 0)
        self.port = server.sockets[0].getsockname()[1]

    def cut(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cut every open connection."""
        loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()
        self.counts["cut"] += len(self._open) // 2

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there_reader, there_writer = await asyncio.open_connection(HOST, self.to)
        except OSError:
            self.counts["refused"] += 1
            writer.transport.abort()
            return
        both = {writer, there_writer}
        self._open |= both
        ways = [
            asyncio.create_task(self._pass(reader, there_writer, is_answer=False)),
            asyncio.create_task(self._pass(there_reader, writer, is_answer=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # the proxy ends; a stream's own callback would tell of it otherwise
        finally:
            for way in ways:
                way.cancel()
            for each in both:
                each.transport.abort()
            self._open -= both

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        try:
            while piece := await reader.read(65536):
                if self.delay:
                    self.counts["slowed"] += 1
                    await asyncio.sleep(self._dice.random() * self.delay)
                if is_answer and self.drop and self._dice.random() < self.drop:
                    self.counts["dropped"] += 1
                    return
                writer.write(piece)
                await writer.drain()
            # What was sent before the end still arrives.
            if writer.can_write_eof():
                writer.write_eof()
            await asyncio.sleep(1)
        except OSError:
            return


@dataclass(frozen=True)
class Accepted:
    """A webhook that the gateway answered with 200: it may not be lost."""

    connector: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Relay:
    """Between the shops and the gateway: sends webhooks twice and out of order, and remembers which
    were accepted. Everything else goes through as it is."""

    seed: int
    to: str
    doubled: float = 0.0
    held: float = 0.0
    port: int = 0
    accepted: list[Accepted] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    async def start(self) -> None:
        self._dice = random.Random(self.seed)
        self._later: set[asyncio.Task[Any]] = set()
        self._session = aiohttp.ClientSession(auto_decompress=False)
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/{path:.*}", self._relay)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, HOST, 0)
        await site.start()
        self.port = runner.addresses[0][1]

    async def stop(self) -> None:
        await self._session.close()

    async def _relay(self, request: web.Request) -> web.Response:
        body = await request.read()
        if not request.path.startswith("/webhooks/"):
            return await self._forward(request.method, request.path_qs, request.headers, body)
        if self._dice.random() < self.held:
            self.counts["held"] += 1
            await asyncio.sleep(self._dice.uniform(0.2, 3.0))
        if self._dice.random() < self.doubled:
            self.counts["doubled"] += 1
            self._keep(self._again(request.path_qs, dict(request.headers), body))
        return await self._deliver(request.path_qs, dict(request.headers), body)

    async def _again(self, path: str, headers: dict[str, str], body: bytes) -> None:
        await asyncio.sleep(self._dice.uniform(0.0, 4.0))
        await self._deliver(path, headers, body)

    def _keep(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def _deliver(self, path: str, headers: dict[str, str], body: bytes) -> web.Response:
        answer = await self._forward("POST", path, headers, body)
        self.counts[f"answered {answer.status}"] += 1
        if answer.status == 200 and b"accepted" in bytes(answer.body or b""):  # type: ignore[arg-type]
            lower = {name.lower(): value for name, value in headers.items()}
            self.accepted.append(Accepted(path.rsplit("/", 1)[1], lower, body))
        return answer

    async def _forward(self, method: str, path: str, headers: Any, body: bytes) -> web.Response:
        kept = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        try:
            async with self._session.request(
                method, f"{self.to}{path}", data=body, headers=kept, allow_redirects=False
            ) as answer:
                content = await answer.read()
                kind = answer.headers.get("Content-Type", "application/json")
                return web.Response(
                    status=answer.status, body=content, headers={"Content-Type": kind}
                )
        except (aiohttp.ClientError, OSError):
            return web.Response(status=502)


_HOP = {"host", "connection", "content-length", "transfer-encoding"}
