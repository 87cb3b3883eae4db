"""Reading in a process of its own: what arrives, what is raised, and that nothing is left."""

import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from backshop.platforms.errors import PermanentRefusal, TransientOutage
from backshop.sync import child_process as module
from backshop.sync.child_process import in_child_process

linux = pytest.mark.skipif(sys.platform != "linux", reason="other systems read in one process")


def children() -> list[int]:
    return [child.pid for child in psutil.Process().children()]


def test_what_is_made_arrives_in_its_order() -> None:
    assert list(
        in_child_process(lambda: iter([{"page": n, "body": "x" * 100_000} for n in range(200)]))
    ) == [{"page": n, "body": "x" * 100_000} for n in range(200)]


@linux
def test_it_is_made_in_another_process_that_ends() -> None:
    before = children()
    pids = set(in_child_process(lambda: iter([os.getpid()] * 3)))
    assert len(pids) == 1
    assert os.getpid() not in pids
    assert children() == before


def test_where_forking_is_not_safe_it_is_made_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert list(in_child_process(lambda: iter([os.getpid()]))) == [os.getpid()]


@pytest.mark.parametrize(
    "error",
    [TransientOutage("the shop is away", 7.5), PermanentRefusal("no such key", 401, "unknown_key")],
)
def test_what_is_raised_there_is_raised_here(error: Exception) -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise error

    items = in_child_process(fail)
    assert next(items) == 1
    with pytest.raises(type(error), match=str(error)) as caught:
        next(items)
    told = {key: value for key, value in vars(caught.value).items() if key != "__notes__"}
    assert told == vars(error)


@linux
def test_an_error_that_cannot_be_sent_is_named() -> None:
    class OfThisTest(Exception):
        """Not importable by its name, so it cannot be pickled."""

    def fail() -> Iterator[int]:
        raise OfThisTest("a secret")
        yield

    with pytest.raises(RuntimeError, match="OfThisTest") as caught:
        list(in_child_process(fail))
    assert "a secret" not in str(caught.value)


@linux
def test_a_process_that_dies_is_no_end() -> None:
    def die() -> Iterator[int]:
        yield 1
        os.kill(os.getpid(), signal.SIGKILL)
        yield 2

    items = in_child_process(die)
    assert next(items) == 1
    with pytest.raises(RuntimeError, match="died"):
        next(items)


@linux
def test_who_stops_early_leaves_no_process() -> None:
    def forever() -> Iterator[bytes]:
        while True:
            yield b"x" * 50_000

    before = children()
    items: Any = in_child_process(forever)
    next(items)
    assert len(children()) == len(before) + 1
    items.close()
    assert children() == before


@linux
def test_it_does_not_run_far_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process rests once the queue and the pipe are full."""
    monkeypatch.setattr(module, "WAITING", 3)

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 200_000

    before = set(children())
    items: Any = in_child_process(endless)
    next(items)
    (pid,) = set(children()) - before
    process = psutil.Process(pid)
    deadline = time.monotonic() + 20
    while not rests(process):
        assert time.monotonic() < deadline
    items.close()


def rests(process: psutil.Process) -> bool:
    before = process.num_ctx_switches()
    time.sleep(0.2)
    return process.num_ctx_switches() == before


@linux
def test_nothing_of_this_process_is_open_there() -> None:
    """A connection to the database that both held would outlive the one, and a lock with it."""
    with socket.socketpair()[0] as ours:
        names = {os.readlink(f"/proc/self/fd/{ours.fileno()}")}

        def held() -> Iterator[list[str]]:
            yield [
                os.readlink(f"/proc/self/fd/{name}")
                for name in os.listdir("/proc/self/fd")
                if os.path.islink(f"/proc/self/fd/{name}")
            ]

        (there,) = in_child_process(held)
    assert not names & set(there)
    assert [name for name in there if name.startswith("socket:")] == []


class Unreadable:
    def __reduce__(self) -> Any:
        return int, ("no number",)


@linux
@pytest.mark.timeout(30)
def test_what_does_not_unpack_here_is_raised_here() -> None:
    with pytest.raises(ValueError, match="no number"):
        list(in_child_process(lambda: iter([Unreadable()])))
