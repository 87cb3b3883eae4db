"""Limits count what a machine can give, not what its clock shows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from local import pace


def waited(monkeypatch: pytest.MonkeyPatch, crowd: float, looks: int) -> str:
    """The result of waiting half a tenth of a second for what is there after so many looks."""
    monkeypatch.setattr(pace, "TICK", 0.01)

    async def main() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        return await pace.within(0.05, future, after(looks, lambda: future.set_result("there")))

    def after(looks: int, do: Callable[[], None]) -> Callable[[], float]:
        count = 0

        def look() -> float:
            nonlocal count
            count += 1
            if count == looks:
                do()
            return crowd

        return look

    return asyncio.run(main())


def test_a_crowded_machine_gets_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waited(monkeypatch, crowd=1000, looks=20) == "there"


def test_a_free_one_the_time_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(TimeoutError):
        waited(monkeypatch, crowd=1, looks=20)


def test_what_is_there_needs_no_time() -> None:
    async def main() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.set_result("there")
        return await pace.within(0, future)

    assert asyncio.run(main()) == "there"


def test_a_thread_has_at_most_a_core_to_itself() -> None:
    assert pace.crowding() >= 1


def test_other_systems_have_the_load_of_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "_RUNNABLE", pace._RUNNABLE / "not there")
    monkeypatch.setattr(pace, "_CORES", 2)
    monkeypatch.setattr("os.getloadavg", lambda: (12.0, 0.0, 0.0))
    assert pace.crowding() == 6
