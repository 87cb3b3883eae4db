"""The small commands that work beside a running stack."""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

from local import queues
from local.console import say, step
from local.errors import UserError


class NotDone(UserError):
    """The command cannot do what was asked; the message says why and what to do."""


def host(state: Path) -> dict[str, Any]:
    """What the running stack wrote down. Raises `NotDone` when there is none."""
    return _read(state / "host.json")


def stack(state: Path) -> dict[str, Any]:
    """The contents of stack.json. Raises `NotDone` when no stack is running."""
    return _read(state / "stack.json")


def _read(path: Path) -> dict[str, Any]:
    try:
        about: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise NotDone(
            "no stack is running: start one with `make run` in another terminal"
        ) from None
    return about


@contextmanager
def while_it_answers() -> Iterator[None]:
    """Raises `NotDone` when the stack is gone in the middle."""
    try:
        yield
    except (aiohttp.ClientConnectionError, psycopg.OperationalError) as error:
        raise NotDone("the stack stopped answering: is it still running?") from error


def invoke(state: Path, function: str, event: str) -> int:
    """Call a function and print its answer; 1 when it failed."""
    payload = _event(event)
    url = f"{host(state)['base_url']}/2015-03-31/functions/{function}/invocations"
    request = urllib.request.Request(url, data=payload, method="POST")  # noqa: S310 (loopback)
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310
            failed = response.headers.get("X-Amz-Function-Error") is not None
            body = response.read()
    except urllib.error.HTTPError as refused:
        raise NotDone(json.load(refused).get("Message", str(refused))) from None
    except urllib.error.URLError as error:
        raise NotDone(f"the stack does not answer ({error.reason}): is it still running?") from None
    print(json.dumps(json.loads(body), indent=2, ensure_ascii=False))
    if failed:
        print(f"it failed; `.venv/bin/python -m local logs {function}` has more", file=sys.stderr)
    return int(failed)


def _event(given: str) -> bytes:
    """JSON from standard input, a file, or the argument itself. Raises `NotDone`."""
    if given == "-":
        text = sys.stdin.read()
    elif given.lstrip().startswith(("{", "[", '"')):
        text = given
    else:
        try:
            text = Path(given).read_text()
        except OSError as error:
            raise NotDone(f"{given} cannot be read: {error.strerror}") from None
    try:
        json.loads(text)
    except ValueError as error:
        raise NotDone(f"the event is no JSON: {error}") from None
    return text.encode()


def redrive(state: Path) -> int:
    """Put every dead letter back into its queue and tell how many there were."""
    about = host(state)
    with while_it_answers():
        moved = asyncio.run(_redrive(about["aws_endpoint"], about["dead_letters"]))
    for name, number in moved.items():
        say(f"{name}: {number} message{'' if number == 1 else 's'} put back")
    if not moved:
        say("no queue has a dead-letter queue")
    return 0


async def _redrive(endpoint: str, pairs: list[dict[str, str]]) -> dict[str, int]:
    sqs = queues.Sqs(endpoint)
    try:
        with step("Dead letters"):
            return {
                each["name"]: await queues.redrive(sqs, each["dead"], each["queue"])
                for each in pairs
            }
    finally:
        await sqs.close()


def logs(folder: Path, functions: list[str], lines: int, *, follow: bool) -> int:
    """Print the last lines of the functions' logs, and what is added until Ctrl-C."""
    there = sorted(path.stem for path in folder.glob("*.log")) if folder.exists() else []
    unknown = [each for each in functions if each not in there]
    if unknown:
        known = ", ".join(there) or "none yet"
        raise NotDone(f"{unknown[0]} has logged nothing; there are logs of: {known}")
    wanted = functions or there
    ends = {}
    for name in wanted:
        path = folder / f"{name}.log"
        with path.open(errors="replace") as file:
            _print(name, list(deque(file, maxlen=lines)), alone=len(wanted) == 1)
            ends[path] = file.tell()
    try:
        while follow:
            time.sleep(0.3)
            for path, end in ends.items():
                with path.open(errors="replace") as file:
                    file.seek(end)
                    _print(path.stem, file.readlines(), alone=len(wanted) == 1)
                    ends[path] = file.tell()
    except KeyboardInterrupt:
        pass
    return 0


def _print(name: str, lines: list[str], *, alone: bool) -> None:
    for line in lines:
        print(line.rstrip("\n") if alone else f"{name}: {line.rstrip()}", flush=True)
