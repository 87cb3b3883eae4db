"""What the three servers have in common: faults, the control endpoint, start and stop."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import asdict, fields
from decimal import Decimal
from typing import Any, Protocol

import orjson
from aiohttp import web

from shops import control
from shops.faults import PAGES, Dice, Fate, Faults
from shops.shop import Shop
from shops.webhooks import Courier

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

HTML = b"<!DOCTYPE html><html><body><h1>We will be back in a minute</h1></body></html>"


class Platform(Protocol):
    """What a server brings of its own."""

    shop: Shop
    hooks: Any
    """Its webhooks: `all` is a dictionary of them."""
    poisoned: dict[tuple[str, str], str]

    def add_routes(self, app: web.Application) -> None: ...

    def is_write(self, request: web.Request, body: bytes) -> bool: ...

    def spoil(self, kind: str, draw: float, body: bytes) -> bytes:
        """Spoils a record of an answered page; any other answer comes back as it was."""

    def announce(self) -> dict[str, Any]:
        """Where it is and how to sign in: printed when it is ready."""

    def emit(self, topic: str, payload: dict[str, Any]) -> None:
        """Sends a webhook that no change of the shop causes."""

    async def act(self, name: str, args: dict[str, Any]) -> Any:
        """An action that only this platform has; KeyError where there is none of that name."""


class Service:
    """One running server: its platform, its faults, and what it was asked."""

    def __init__(self, platform: Platform, courier: Courier) -> None:
        self.platform = platform
        self.courier = courier
        self.dice = Dice(Faults())
        self.requests: Counter[str] = Counter()
        self._workers: asyncio.Semaphore | None = None
        self._late: set[asyncio.Task[Any]] = set()
        self._held, self._let_go = asyncio.Event(), asyncio.Event()

    def app(self) -> web.Application:
        app = web.Application(middlewares=[self._meet_fate], client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/_control/{name:.+}", self._control)
        self.platform.add_routes(app)

        async def stop(_: web.Application) -> None:
            await self.courier.close()

        app.on_cleanup.append(stop)
        return app

    # ------------------------------------------------------------------- faults

    @web.middleware
    async def _meet_fate(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith("/_control/"):
            return await handler(request)
        self.requests[f"{request.method} {request.path}"] += 1
        if not self.dice.faults.rates and not (self.dice.faults.latency or self.dice.faults.slow):
            return await handler(request)
        body = await request.read()
        write = self.platform.is_write(request, body)
        async with self._workers or nullcontext():
            if request.path == "/":
                await asyncio.sleep(self.dice.faults.page_seconds)
                return web.Response(body=HTML, content_type="text/html", charset="utf-8")
            fate = self.dice.fate(request.method, request.path_qs, write=write)
            if fate.delay:
                await asyncio.sleep(fate.delay)
            return await self._answer(fate, request, handler)

    async def _answer(
        self, fate: Fate, request: web.Request, handler: Handler
    ) -> web.StreamResponse:
        faults = self.dice.faults
        if fate.kind in {"", *PAGES}:
            response = await handler(request)
            return self._spoiled(fate, response)
        if fate.kind == "truncated":
            return await _cut_short(request, await handler(request))
        if fate.kind == "after":
            await handler(request)
            return _broken(fate, request)
        if fate.kind == "during":
            self._later(handler(request), faults.late_seconds)
            return _cut(request)
        if fate.kind == "held":
            response = await handler(request)
            let_go = self._let_go
            self._held.set()
            await let_go.wait()
            return response
        if fate.kind == "before":
            return _broken(fate, request)
        if fate.kind == "timeout":
            await asyncio.sleep(faults.timeout_seconds)
            return _cut(request)
        return _refusal(fate.kind, request, faults)

    def _spoiled(self, fate: Fate, response: web.StreamResponse) -> web.StreamResponse:
        if fate.kind and isinstance(response, web.Response) and response.status == 200:
            response.body = self.platform.spoil(fate.kind, fate.draw, _bytes(response))
        return response

    def _later(self, work: Awaitable[Any], seconds: float) -> None:
        async def run() -> None:
            await asyncio.sleep(seconds)
            await work

        task = asyncio.ensure_future(run())
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    # ------------------------------------------------------------------ control

    async def _control(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        body = await request.read()
        args = orjson.loads(body) if body else dict(request.query)
        try:
            result = await self._act(name, args)
        except (KeyError, LookupError, ValueError, TypeError) as error:
            return _reply(400, {"error": f"{type(error).__name__}: {error}"})
        return _reply(200, result)

    async def _act(self, name: str, args: dict[str, Any]) -> Any:
        own = getattr(self, f"_do_{name}", None)
        if own is not None:
            return await own(args)
        if name in control.ACTIONS:
            return control.ACTIONS[name](self.platform.shop, args)
        return await self.platform.act(name, args)

    async def _do_faults(self, args: dict[str, Any]) -> Any:
        """Sets the faults (everything not named goes back to its default); without arguments it
        only tells how many of each kind there were."""
        counts = dict(self.dice.counts)
        if args:
            known = {field.name for field in fields(Faults)}
            self.dice = Dice(Faults(**{k: v for k, v in args.items() if k in known}))
            workers = self.dice.faults.workers
            self._workers = asyncio.Semaphore(workers) if workers else None
            self._let_go.set()
            self._held, self._let_go = asyncio.Event(), asyncio.Event()
            unknown = set(args) - known - {"off"}
            if unknown:
                raise ValueError(f"no such setting: {', '.join(sorted(unknown))}")
        return {"counts": counts, "faults": asdict(self.dice.faults)}

    async def _do_poison(self, args: dict[str, Any]) -> Any:
        """Spoils one record in every answer from now on: {record: order, id, kind}. What `dies`
        cannot be shown, and what is `unlisted` only by itself."""
        record, identity = args.get("record", "order"), str(args["id"])
        if args["kind"]:
            self.platform.poisoned[record, identity] = args["kind"]
        else:
            self.platform.poisoned.pop((record, identity), None)
        self.platform.shop.version += 1
        return {"poisoned": len(self.platform.poisoned)}

    async def _do_requests(self, args: dict[str, Any]) -> Any:
        counts = dict(self.requests)
        if args.get("reset"):
            self.requests.clear()
        return {"total": sum(counts.values()), "requests": counts}

    async def _do_held(self, args: dict[str, Any]) -> Any:
        """Waits until a write is held back."""
        await asyncio.wait_for(self._held.wait(), float(args.get("seconds", 30)))
        return {}

    async def _do_deliveries(self, args: dict[str, Any]) -> Any:
        return [asdict(delivery) for delivery in self.courier.log]

    async def _do_idle(self, args: dict[str, Any]) -> Any:
        """Waits for deliveries and late commits."""
        seconds = float(args.get("seconds", 30))
        if self._late:
            await asyncio.wait(set(self._late), timeout=seconds)
        return {"idle": await self.courier.idle(seconds)}

    async def _do_courier(self, args: dict[str, Any]) -> Any:
        self.courier.paused = bool(args.get("paused", self.courier.paused))
        self.courier.scale = float(args.get("scale", self.courier.scale))
        return {"paused": self.courier.paused, "scale": self.courier.scale}

    async def _do_emit(self, args: dict[str, Any]) -> Any:
        self.platform.emit(args["topic"], args.get("payload", {}))
        return {}

    async def _do_state(self, args: dict[str, Any]) -> Any:
        return control.state(self.platform.shop)


def page_of_a_host(status: int, asks: str = "") -> web.Response:
    """What a firewall, or a host that asks for a password of its own (`asks`), answers itself."""
    headers = {"WWW-Authenticate": asks} if asks else {}
    return web.Response(
        status=status, body=HTML, content_type="text/html", charset="utf-8", headers=headers
    )


def _bytes(response: web.Response) -> bytes:
    body = response.body
    return bytes(body) if isinstance(body, (bytes, bytearray, memoryview)) else b""


def _reply(status: int, value: Any) -> web.Response:
    body = orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS)
    return web.Response(status=status, body=body, content_type="application/json")


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _cut(request: web.Request) -> web.Response:
    """Drops the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut_short(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Promises the whole body, sends half of it and drops the connection."""
    body = _bytes(response) if isinstance(response, web.Response) else b""
    short = web.StreamResponse(status=response.status, headers=response.headers)
    short.content_length = len(body)
    await short.prepare(request)
    await short.write(body[: len(body) // 2])
    await asyncio.sleep(0.01)
    if request.transport is not None:
        request.transport.abort()
    return short


def _broken(fate: Fate, request: web.Request) -> web.Response:
    """A write whose answer tells nothing: half of them dropped, half answered with a 5xx."""
    return _cut(request) if fate.draw < 0.5 else web.Response(status=502, body=HTML)


def _refusal(kind: str, request: web.Request, faults: Faults) -> web.Response:
    if kind == "cut":
        return _cut(request)
    if kind == "html":
        return web.Response(status=200, body=HTML, content_type="text/html", charset="utf-8")
    body = {"errors": "Too many requests" if kind == "429" else "Internal error"}
    headers = {"Retry-After": str(faults.retry_after)} if kind in {"429", "503"} else {}
    return web.Response(
        status=int(kind), text=json.dumps(body), content_type="application/json", headers=headers
    )


async def serve(
    service: Service, sock: Any, tls: ssl.SSLContext | None = None, *, with_parent: bool
) -> None:
    """Serves until SIGINT, SIGTERM or, with `with_parent`, until standard input ends."""
    runner = web.AppRunner(service.app(), access_log=None, keepalive_timeout=60)
    await runner.setup()
    await web.SockSite(runner, sock, backlog=256, ssl_context=tls).start()
    print(json.dumps(service.platform.announce()), flush=True)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM"):
        loop.add_signal_handler(getattr(signal, name), stop.set)
    if with_parent:
        loop.run_in_executor(None, _wait_for_end, loop, stop)
    await stop.wait()
    await runner.cleanup()


def _wait_for_end(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    while sys.stdin.buffer.read(1024):
        pass
    loop.call_soon_threadsafe(stop.set)
