"""The demo shops: a local server of each platform, kept from one run of the stack to the next."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import processes, recordings
from local.errors import UserError
from shops import running as servers
from shops.running import RunningShop

HOST = "127.0.0.1"
INVOICES = servers.ROOT.parent / "shared" / "data" / "online_retail.csv.gz"
FIRST_ID = 1_000_000
"""People and tests post recorded deliveries to the demo shops' connectors: these have small ids."""


class NoShop(UserError):
    """A demo shop cannot be served; the message says why and what to do."""


@dataclass(frozen=True)
class Wanted:
    """How the shops are filled when they are made."""

    orders: int = 200
    invoices: bool = False
    """Fill WooCommerce from `INVOICES` instead of generating."""


@dataclass(frozen=True)
class Demo:
    """What is particular to the demo shop of a platform."""

    platform: str
    name: str
    webhook_secret: str
    settings: Mapping[str, Any]
    flags: Mapping[str, Any]


DEMOS = (
    Demo(
        "shopify",
        "Linden Suncare",
        "demo-shopify-secret",
        {
            "currency": "USD",
            "time_zone": "America/New_York",
            "shade": {"discount_amounts": {"USD": "5"}},
            "pages": {"colour": "#8a3b12"},
        },
        # Shopify signs its webhooks with the app's secret. The budget is that of Shopify Plus.
        {
            "catalogue": "shades",
            "client_secret": "demo-shopify-secret",
            "bucket": 20_000,
            "restore": 1_000,
        },
    ),
    Demo(
        "woocommerce",
        "Harbour Goods",
        # The recorded deliveries are signed with it.
        recordings.WOOCOMMERCE_SECRET,
        {"currency": "USD", "time_zone": "America/New_York"},
        {"time_zone": "America/New_York", "first_id": FIRST_ID},
    ),
    Demo(
        "vendure",
        "Signature Kits",
        "demo-vendure-secret",
        {
            "currency": "USD",
            "time_zone": "Asia/Colombo",
            "otp": {},
            "pages": {"colour": "#0b5d3b"},
            "deliveries": {"carrier": "Trans Express"},
        },
        {"currency": "USD", "first_id": FIRST_ID},
    ),
)


@dataclass
class DemoShop:
    """A demo shop whose server was started."""

    demo: Demo
    is_new: bool
    """Made now, not kept from an earlier run."""
    process: subprocess.Popen[bytes]
    log: Path
    kept_port: Path
    _running: RunningShop | None = field(default=None, init=False)

    def running(self) -> RunningShop:
        """Waits until it answers. Raises `NoShop`."""
        if self._running is None:
            self._running = self._announced()
        return self._running

    def _announced(self) -> RunningShop:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise NoShop(
                f"the demo shop of {self.demo.platform} did not start: {self.log} says why; "
                "`make reset` makes it anew"
            )
        announced = json.loads(line)
        self.kept_port.write_text(announced["url"].rsplit(":", 1)[1])
        platform = self.demo.platform
        return RunningShop(platform, announced["url"], announced["credentials"], self.process.pid)


@contextmanager
def started(folder: Path, gateway_port: int, wanted: Wanted) -> Iterator[list[DemoShop]]:
    """The three servers, starting, for the time of the block; what happens in them is kept in
    `folder`. They end with this process, however that ends.

    Each has the port of its last run, at first one above the gateway's, and any other where that is
    taken. Raises `NoShop`.
    """
    if wanted.invoices and not INVOICES.exists():
        raise NoShop(f"there are no invoices at {INVOICES}: leave --invoices out")
    folder.mkdir(parents=True, exist_ok=True)
    shops: list[DemoShop] = []
    try:
        for place, demo in enumerate(DEMOS, 1):
            port = _port(folder, demo, gateway_port + place if gateway_port else 0)
            shops.append(_start(folder, demo, port, wanted))
        yield shops
    finally:
        _stop([shop.process for shop in shops])


def _start(folder: Path, demo: Demo, port: int, wanted: Wanted) -> DemoShop:
    state, log = folder / f"{demo.platform}.pickle", folder / f"{demo.platform}.log"
    kept_port = folder / f"{demo.platform}.port"
    flags = {"orders": wanted.orders, **demo.flags, "port": port, "state": state}
    if wanted.invoices and demo.platform == "woocommerce":
        flags["invoices"] = INVOICES
    is_new = not state.exists()
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "shops",
                demo.platform,
                "--with-parent",
                *servers.flags(flags),
            ],
            cwd=servers.ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=file,
            **processes.options(signal.SIGTERM),
        )
    return DemoShop(demo, is_new, process, log, kept_port)


def _stop(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """All of them write down their shops at the same time."""
    for process in running:
        if process.stdin is not None:
            process.stdin.close()
    for process in running:
        servers.stop(process)


def _port(folder: Path, demo: Demo, first: int) -> int:
    """The port of the last run, or the first one; 0, which is any, where that is taken."""
    kept = folder / f"{demo.platform}.port"
    port = int(kept.read_text()) if kept.exists() else first
    return port if _is_free(port) else 0


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True
