"""The small commands that work beside a running stack."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import psycopg

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
    payload = _event(state, function, event)
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
        print(f"it failed; `.venv/bin/backshop logs {function}` has more", file=sys.stderr)
    return int(failed)


def invoke_here(state: Path, function: str, event: str) -> int:
    """Call a function in this process and print its answer. Raises what the function raises."""
    from local import here

    environments = host(state)["environments"]
    if function not in environments:
        raise NotDone(f"there is no function {function}; there are {', '.join(environments)}")
    payload = json.loads(_event(state, function, event))
    print(json.dumps(here.call(environments[function], payload), indent=2, ensure_ascii=False))
    return 0


def _last_event(state: Path, function: str) -> str:
    url = f"{host(state)['base_url']}/local/events/{function}"
    try:
        with urllib.request.urlopen(url) as response:  # noqa: S310 (loopback)
            text: str = response.read().decode()
            return text
    except urllib.error.HTTPError:
        raise NotDone(f"{function} was not called since the stack started") from None
    except urllib.error.URLError as error:
        raise NotDone(f"the stack does not answer ({error.reason}): is it still running?") from None


def _event(state: Path, function: str, argument: str) -> bytes:
    """JSON from standard input, a file, the last call, or the argument itself. Raises `NotDone`."""
    if argument == "last":
        text = _last_event(state, function)
    elif argument == "-":
        text = sys.stdin.read()
    elif argument.lstrip().startswith(("{", "[", '"')):
        text = argument
    else:
        try:
            text = Path(argument).read_text()
        except OSError as error:
            raise NotDone(f"{argument} cannot be read: {error.strerror}") from None
    try:
        json.loads(text)
    except ValueError as error:
        raise NotDone(f"the event is no JSON: {error}") from None
    return text.encode()
