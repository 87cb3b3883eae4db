"""Time limits that a busy machine survives.

A function's timeout is meant for a processor of its own, as on Lambda; on a laptop it shares one
with whatever else runs. A second counts in full while every thread that can run has a core, and as
one
n-th of a second while n share one. On an idle machine the limits are the template's.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

TICK = 0.1
"""Seconds between two looks at how crowded the machine is."""
_RUNNABLE = Path("/proc/loadavg")
_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def crowding() -> float:
    """How many threads share a core now, at least 1. Where the kernel does not count those that can
    run at this moment, the load of the last minute."""
    try:
        runnable = float(_RUNNABLE.read_text().split()[3].partition("/")[0])
    except (OSError, ValueError, IndexError):
        runnable = os.getloadavg()[0]
    return max(1.0, runnable / _CORES)


async def within(
    seconds: float, future: asyncio.Future[T], crowd: Callable[[], float] = crowding
) -> T:
    """The future's result. Raises TimeoutError after so many seconds of a processor's attention;
    the future goes on."""
    left = seconds
    while not future.done():
        if left <= 0:
            raise TimeoutError
        begun = time.monotonic()
        await asyncio.wait((future,), timeout=min(TICK, left))
        left -= (time.monotonic() - begun) / crowd()
    return future.result()
