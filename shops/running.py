"""Starts a platform server in a process of its own and talks to its control endpoint."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

ROOT = Path(__file__).resolve().parents[1]
_TRUSTING = ssl.create_default_context()
"""For loopback, where servers may have certificates of their own making."""
_TRUSTING.check_hostname = False
_TRUSTING.verify_mode = ssl.CERT_NONE


class Process(Protocol):
    """What `running` needs of a server's process, as subprocess.Popen has it."""

    pid: int
    stdin: IO[bytes] | None
    stdout: IO[bytes] | None

    def wait(self, timeout: float | None = None) -> int: ...

    def kill(self) -> None: ...


@dataclass
class RunningShop:
    """A running server. Money in `state()` and in arguments is in minor units, times are
    microseconds in UTC; every change also sends the webhooks the platform would send."""

    platform: str
    url: str
    credentials: dict[str, str]
    """What a connector needs: the names differ by platform, see each server's `announce`."""
    pid: int

    def control(self, name: str, **args: Any) -> Any:
        """Calls `/_control/<name>`; ValueError with the server's reason where it refuses."""
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.url}/_control/{name}",
            data=json.dumps(args).encode(),
            headers={"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120, context=_TRUSTING) as response:  # noqa: S310
                return json.loads(response.read())
        except urllib.error.HTTPError as error:
            raise ValueError(f"{name}: {error.read().decode(errors='replace')}") from None

    def _record(self, name: str, **args: Any) -> dict[str, Any]:
        record: dict[str, Any] = self.control(name, **args)
        return record

    def state(self) -> dict[str, Any]:
        return self._record("state")

    def order(self, order_id: int) -> dict[str, Any]:
        return next(order for order in self.state()["orders"] if order["id"] == order_id)

    def place_order(self, **spec: Any) -> dict[str, Any]:
        return self._record("place_order", **spec)

    def pay(self, order_id: int, **args: Any) -> dict[str, Any]:
        return self._record("pay", id=order_id, **args)

    def ship(self, order_id: int, **args: Any) -> dict[str, Any]:
        return self._record("ship", id=order_id, **args)

    def deliver(self, order_id: int) -> dict[str, Any]:
        return self._record("deliver", id=order_id)

    def edit_order(self, order_id: int, **args: Any) -> dict[str, Any]:
        return self._record("edit_order", id=order_id, **args)

    def cancel(self, order_id: int, **args: Any) -> dict[str, Any]:
        return self._record("cancel", id=order_id, **args)

    def refund(self, order_id: int, **args: Any) -> dict[str, Any]:
        return self._record("refund", id=order_id, **args)

    def trash(self, order_id: int) -> dict[str, Any]:
        return self._record("trash", id=order_id)

    def delete(self, order_id: int) -> dict[str, Any]:
        return self._record("delete_order", id=order_id)

    def change(self, **args: Any) -> list[int]:
        """Changes `count` or `fraction` of the orders at random (by `seed`); their ids."""
        changed: list[int] = self.control("change", **args)["changed"]
        return changed

    def faults(self, rates: dict[str, float] | None = None, **settings: Any) -> dict[str, Any]:
        """Sets the faults; `faults()` ends them all and gives the counts so far."""
        return self._record("faults", rates=rates or {}, **settings)

    def poison(self, order_id: int, kind: str, record: str = "order") -> None:
        """Spoils one record in every answer: nul, surrogate, schema, duplicate or dies (any answer
        with it is an error), or unlisted (only asked for alone it is there); "" ends it."""
        self.control("poison", id=order_id, kind=kind, record=record)

    def clock(self, **args: Any) -> str:
        now: str = self.control("clock", **args)["now"]
        return now

    def requests(self, *, reset: bool = False) -> dict[str, Any]:
        return self._record("requests", reset=reset)

    def deliveries(self) -> list[dict[str, Any]]:
        log: list[dict[str, Any]] = self.control("deliveries")
        return log

    def idle(self, seconds: float = 30) -> bool:
        """Waits until every webhook is delivered or given up; False when that takes longer."""
        done: bool = self.control("idle", seconds=seconds)["idle"]
        return done

    def emit(self, topic: str, payload: dict[str, Any] | None = None) -> None:
        self.control("emit", topic=topic, payload=payload or {})


def flags(options: dict[str, Any]) -> list[str]:
    """Command-line flags of keyword arguments: `time_zone="Asia/Tokyo"` → `--time-zone …`."""
    result: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if value is True:
            result.append(flag)
        elif value is not False and value is not None:
            result += [flag, str(value)]
    return result


@contextmanager
def running(platform: str, **options: Any) -> Iterator[RunningShop]:
    """A server on a free port for the time of the block; options are the flags of
    `python -m shops <platform> --help`. It ends with the block, and with its parent."""
    process = start([platform, "--with-parent", *flags(options)])
    try:
        ready = _first_line(process)
        yield RunningShop(platform, ready["url"], ready["credentials"], process.pid)
    finally:
        stop(process)


def start(arguments: list[str]) -> Process:
    """`python -m shops …` in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "shops", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def _first_line(process: Process) -> dict[str, Any]:
    out: IO[bytes] = process.stdout  # type: ignore[assignment]
    line = out.readline()
    if not line:
        raise RuntimeError(f"the server ended with {process.wait()} before it was ready")
    ready: dict[str, Any] = json.loads(line)
    return ready


def stop(process: Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
