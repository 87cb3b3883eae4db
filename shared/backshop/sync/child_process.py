"""Reading in a process of its own, ahead of the one that saves.

In threads of one process the two would stop each other at every statement, because Python runs one
of them at a time: a quarter of a full reading's time.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from queue import Empty, Queue
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

Message = tuple[bool, Any]
"""Whether it is an item, and the item; else what was raised, or None at the end."""

WAITING = 44
"""Items that wait here for the one that saves; a full pipe holds back the one that reads."""


def in_child_process(make: Callable[[], Iterator[T]]) -> Iterator[T]:
    """What `make()` yields, made in a forked process; what it raises is raised here.

    `make` opens what it needs: nothing that is open here is open there. The process ends with the
    iteration, however that ends. Raises RuntimeError where the process dies. Where forking is not
    safe (macOS), `make` is called here.
    """
    if sys.platform != "linux":
        yield from make()
        return
    receiver, sender = Pipe(duplex=False)
    child = os.fork()
    if child == 0:
        _make(make, sender)
    sender.close()
    arrived: Queue[Message | None] = Queue(WAITING)
    receiving = threading.Thread(target=_receive, args=(receiver, arrived), daemon=True)
    receiving.start()
    try:
        yield from _items(arrived)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        while receiving.is_alive():
            # It may wait for room in the queue.
            with suppress(Empty):
                arrived.get(timeout=0.05)


def _items(arrived: Queue[Message | None]) -> Iterator[Any]:
    while (message := arrived.get()) is not None:
        is_item, value = message
        if is_item:
            yield value
        elif value is None:
            return
        else:
            raise value
    raise RuntimeError("the process that reads the shop died")


def _receive(receiver: Connection, arrived: Queue[Message | None]) -> None:
    """Unpacks what arrives, while the one that saves waits for the database."""
    with receiver, suppress(EOFError, OSError):
        while True:
            arrived.put(_unpacked(receiver.recv_bytes()))
    arrived.put(None)


def _unpacked(packed: bytes) -> Message:
    try:
        message: Message = pickle.loads(packed)  # noqa: S301 - our own process wrote it
    except Exception as failed:
        return False, failed
    return message


# ------------------------------------------------------------------------------- in the process


def _make(make: Callable[[], Iterator[T]], sender: Connection) -> NoReturn:
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        _close_all_but(sender.fileno())
        _send(make, sender)
    finally:
        # Ends without tidying up what belongs to the process that forked.
        os._exit(0)


def _close_all_but(kept: int) -> None:
    """A connection to the database that were open here too would outlive the other process, and
    with it a lock."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _send(make: Callable[[], Iterator[T]], sender: Connection) -> None:
    try:
        for item in make():
            sender.send_bytes(pickle.dumps((True, item)))
        last: Exception | None = None
    except BrokenPipeError:
        return
    except Exception as failed:
        last = _portable(failed)
    sender.send_bytes(pickle.dumps((False, last)))


def _portable(failed: Exception) -> Exception:
    """The exception as it can be sent, with the place where it was raised."""
    failed.add_note("".join(traceback.format_exception(failed)))
    with suppress(Exception):
        pickle.loads(pickle.dumps(failed))  # noqa: S301
        return failed
    return RuntimeError(f"reading failed with {type(failed).__name__}; see the log")
