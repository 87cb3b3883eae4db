"""Simulated shops as forks of one process that has imported what they need: a suite starts some
three hundred of them, and each would import for a third of a second otherwise.

`python -m tests.nursery FD` is that process; it takes arguments with two pipes over the socket FD,
answers with the fork's id, and ends with whoever holds the other end.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parents[1]
MOST = 65_536
"""Bytes that one start's arguments may have."""


class Fork:
    """A shop's server, as subprocess.Popen would show it."""

    def __init__(self, nursery: socket.socket, arguments: list[str]) -> None:
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        socket.send_fds(nursery, [json.dumps(arguments).encode()], [theirs_in, theirs_out])
        os.close(theirs_in)
        os.close(theirs_out)
        self.pid = int(nursery.recv(MOST))
        self.stdin: IO[bytes] | None = os.fdopen(ours_in, "wb")
        self.stdout: IO[bytes] | None = os.fdopen(ours_out, "rb")

    def wait(self, timeout: float | None = None) -> int:
        """Until its output has ended, which is when it has; always 0, its parent knows better."""
        assert self.stdout is not None
        ends = time.monotonic() + (timeout or 60)
        while time.monotonic() < ends:
            if select.select([self.stdout], [], [], 0.2)[0] and not self.stdout.read1(MOST):  # type: ignore[attr-defined]
                return 0
        raise subprocess.TimeoutExpired("a shop", timeout or 60)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


@contextmanager
def opened() -> Iterator[Any]:
    """Gives what takes the place of `shops.running.start`."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.nursery", str(theirs.fileno())],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        pass_fds=[theirs.fileno()],
    )
    theirs.close()
    try:
        yield lambda arguments: Fork(ours, arguments)
    finally:
        ours.close()
        process.wait(timeout=60)


def main(nursery: socket.socket) -> None:
    """Fork a shop for each start, and bury those that have ended."""
    _import_shops()
    signal.signal(signal.SIGCHLD, _bury)
    while True:
        message, pipes, _flags, _address = socket.recv_fds(nursery, MOST, 2)
        if not message:
            return
        child = os.fork()
        if child == 0:
            nursery.close()
            _be_a_shop(json.loads(message), *pipes)
        for each in pipes:
            os.close(each)
        nursery.send(str(child).encode())


def _bury(_signal: int, _frame: object) -> None:
    """Waits for them, so that their processor time counts as this process's children's."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _be_a_shop(arguments: list[str], given: int, taken: int) -> None:
    from shops.__main__ import main as shop

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        os.dup2(given, 0)
        os.dup2(taken, 1)
        os.close(given)
        os.close(taken)
        sys.stdin, sys.stdout = os.fdopen(0), os.fdopen(1, "w")
        code = shop(arguments)
        sys.stdout.flush()
    finally:
        os._exit(code)


def _import_shops() -> None:
    import shops.__main__
    import shops.shopify.server
    import shops.vendure.server
    import shops.woocommerce.server  # noqa: F401


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
