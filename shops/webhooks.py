"""Sends webhooks, with the retries of each platform, to addresses on this machine only."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass
class Request:
    """One attempt: what goes over the wire."""

    url: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Delivery:
    """What became of one delivery, for tests and people to look at."""

    topic: str
    url: str
    id: str
    record: str
    statuses: list[int] = field(default_factory=list)
    """One for each attempt; 0 where there was no answer."""
    state: str = "pending"
    """pending, delivered, failed, or refused (an address that is not on this machine)."""


Make = Callable[[int], Request | None]
"""Makes the request of an attempt (0 is the first); None drops the delivery."""
Done = Callable[[bool], None]
"""Called after every attempt whether it was accepted."""


class Courier:
    """Delivers in the background. `scale` shortens all waits: 0.001 makes an hour 3.6 s."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale
        self.log: deque[Delivery] = deque(maxlen=100_000)
        self.paused = False
        self._tasks: set[asyncio.Future[None]] = set()
        self._session: aiohttp.ClientSession | None = None
        self._turn = asyncio.Lock()

    def ping(self, delivery: Delivery, request: Request) -> None:
        """Tries once, one ping at a time: a shop sends them while it saves its webhooks."""

        async def in_turn() -> None:
            async with self._turn:
                await self._deliver(delivery, lambda _: request, (), 5.0, 0.0, lambda _: None)

        self.log.append(delivery)
        self._track(asyncio.ensure_future(in_turn()))

    def send(
        self,
        delivery: Delivery,
        make: Make,
        *,
        delays: Sequence[float] = (),
        timeout: float = 5.0,
        wait: float = 0.0,
        done: Done | None = None,
    ) -> None:
        """Tries once after `wait` seconds and again after each of `delays`, until a 2xx comes."""
        self.log.append(delivery)
        self._track(
            asyncio.ensure_future(
                self._deliver(delivery, make, delays, timeout, wait, done or (lambda _: None))
            )
        )

    def _track(self, task: asyncio.Future[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(
        self,
        delivery: Delivery,
        make: Make,
        delays: Sequence[float],
        limit: float,
        wait: float,
        done: Done,
    ) -> None:
        for attempt, pause in enumerate((wait, *delays)):
            await asyncio.sleep(pause * self.scale)
            while self.paused:
                await asyncio.sleep(0.01)
            request = make(attempt)
            if request is None:
                delivery.state = "failed"
                return
            if urlsplit(request.url).hostname not in LOOPBACK:
                delivery.state = "refused"
                return
            status = await self._post(request, limit)
            delivery.statuses.append(status)
            accepted = 200 <= status < 300
            done(accepted)
            if accepted:
                delivery.state = "delivered"
                return
        delivery.state = "failed"

    async def _post(self, request: Request, limit: float) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=32), auto_decompress=False
            )
        try:
            async with self._session.post(
                request.url,
                data=request.body,
                headers=request.headers,
                timeout=aiohttp.ClientTimeout(total=limit),
                allow_redirects=False,
            ) as response:
                await response.read()
                return response.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0

    async def idle(self, seconds: float) -> bool:
        """Waits until nothing is under way; False when that takes longer."""
        end = time.monotonic() + seconds
        while self._tasks and time.monotonic() < end:
            await asyncio.sleep(0.01)
        return not self._tasks

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
