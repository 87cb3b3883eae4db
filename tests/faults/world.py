"""The running stack with its shops, as the load and the promises see it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg.rows import dict_row

from cli import places, queues
from local import processes
from shops.running import RunningShop
from tests.faults import serve
from tests.faults.controls import Controls
from tests.faults.database import Database
from tests.faults.proxy import Proxy, Relay
from tests.stack.conftest import ROOT, Running
from tests.stack.test_local_shops import PLATFORMS, Shop

START_SECONDS = 120.0
PHONE = "94770000012"
"""Of every shopper; no log may have it."""
SENDER = "hello@planted.example.com"


class NotStarted(RuntimeError):
    """The stack did not start; the message says why."""


@dataclass
class Done:
    """What was acknowledged under load, and so has to be true afterwards."""

    refunds: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Refund requests by id: platform and the shop's order."""
    stages: dict[str, str] = field(default_factory=dict)
    """The last stage that staff set, by order code."""
    surveys: dict[str, str] = field(default_factory=dict)
    """Surveys taken, by the shopper's e-mail address."""
    calls: int = 0
    refused: int = 0
    """Calls that were answered with a 5xx or not at all; they were sent again."""
    doubled: list[str] = field(default_factory=list)
    """Repeated calls that were answered as new ones."""


@dataclass
class World:
    """Everything that is there, and what was done to it."""

    stack: Running
    database: Database
    proxy: Proxy
    relay: Relay
    controls: Controls
    shops: dict[str, Shop]
    done: Done = field(default_factory=Done)

    def servers(self) -> dict[str, RunningShop]:
        return {platform: shop.server for platform, shop in self.shops.items()}

    def store(self, platform: str) -> str:
        return self.shops[platform].id

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """As the owner, past the proxy."""
        with psycopg.connect(self._owner_url, row_factory=dict_row) as connection:
            return connection.execute(statement.encode(), values).fetchall()

    @property
    def _owner_url(self) -> str:
        url = self.stack.database_urls["owner"]
        return url.replace(f":{self.proxy.port}/", f":{self.database.port}/")

    def staff(self, platform: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.stack.staff_key}"}
        if platform:
            headers["X-Store-Id"] = self.store(platform)
        return self.stack.http(headers=headers)

    def invoke(self, function: str) -> None:
        url = f"{self.stack.base_url}/2015-03-31/functions/{function}/invocations"
        httpx.post(url, content=b"{}", timeout=120)

    @cached_property
    def place(self) -> places.Place:
        return places.local(self.stack.state)

    def waiting(self) -> dict[str, int]:
        """Messages by queue, those that are being worked off and dead letters included."""
        found = {}
        for each in queues.queues(self.place):
            found[each.name] = each.waiting + each.in_flight
            found[f"dead letters of {each.name}"] = each.dead_letters
        return {name: number for name, number in found.items() if number}

    def redrive(self) -> None:
        """Put every dead letter back into its queue."""
        for each in queues.queues(self.place):
            queues.redrive(self.place.client("sqs"), each)

    def open_rows(self) -> list[dict[str, Any]]:
        """Of the outbox: what is still to be done."""
        return self.rows(
            """SELECT id, key, kind, status, attempts, response FROM backshop.outbox
               WHERE status IN ('pending', 'sending') ORDER BY id"""
        )

    def end_waits(self) -> None:
        """Whatever waits for its time, or for a lease that ran on when its worker died, is due."""
        with psycopg.connect(self._owner_url) as connection:
            connection.execute(
                """UPDATE backshop.outbox SET next_attempt_at = now() - interval '1 minute'
                   WHERE status IN ('pending', 'sending')"""
            )
            connection.execute("DELETE FROM backshop.slow_shops")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def serving(
    folder: Path, database: Database, proxy: Proxy, relay: Relay, controls: Controls, orders: int
) -> Iterator[Running]:
    """The stack in a process of its own, which ends with the block, and with this process. Start it
    from the main thread. Raises `NotStarted`."""
    state = folder / "state"
    state.mkdir()
    given = serve.Given(
        state=str(state),
        port=urlsplit(relay.to).port or 0,
        database_port=proxy.port,
        database_password=database.server.password,
        webhooks=f"http://127.0.0.1:{relay.port}",
        controls=str(controls.path),
        orders=orders,
    )
    file = folder / "given.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(asdict(given)))
    output = folder / "stack.out"
    with output.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.serve", str(file)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"},
            stdout=out,
            stderr=out,
            text=True,
            **processes.options(serve_ends_with()),
        )
    running = Running(state, process, output)
    try:
        _until_ready(running)
        yield running
    finally:
        if process.poll() is None:
            running.stop()


def serve_ends_with() -> Any:
    import signal

    return signal.SIGTERM


def _until_ready(running: Running) -> None:
    ends = time.monotonic() + START_SECONDS
    while not (running.state / "stack.json").exists():
        if running.process.poll() is not None or time.monotonic() > ends:
            raise NotStarted(f"the stack did not start:\n{running.output.read_text()}")
        time.sleep(0.1)


def connected(
    running: Running, database: Database, proxy: Proxy, relay: Relay, controls: Controls
) -> World:
    """The stack's demo shops, read once; from then on only webhooks tell of them."""
    running.until_synced()
    shops = {platform: Shop(running, platform) for platform in PLATFORMS}
    world = World(running, database, proxy, relay, controls, shops)
    with world.staff() as staff:
        for shop in shops.values():
            change: dict[str, Any] = {"sync_interval": 86_400}
            if shop.platform == "vendure":
                otp = {"domain": "kits.example.com", "resend_seconds": 0}
                change["settings"] = {
                    "currency": "USD", "time_zone": "Asia/Colombo", "otp": otp,
                }  # fmt: skip
            staff.patch(f"/connectors/{shop.id}", json=change).raise_for_status()
    return world
