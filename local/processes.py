"""Starts child processes that never outlive this one."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

_SET_PARENT_DEATH_SIGNAL = 1
_prctl: Any = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def options(death: signal.Signals) -> dict[str, Any]:
    """Arguments for `Popen`: a process group of its own, and on Linux the signal `death` as soon as
    the thread that started it ends. Start from the main thread, therefore.

    The group keeps Ctrl-C in the terminal from reaching the child before its parent has finished
    with it. Where there is no such signal, a stopped child still ends: its group is orphaned when
    its parent dies, and the kernel sends orphaned groups with stopped members SIGHUP and SIGCONT.
    """
    return {"process_group": 0, "preexec_fn": _dies_with(death, os.getpid())}


def _dies_with(death: signal.Signals, parent: int) -> Callable[[], None] | None:
    if _prctl is None:
        return None

    def ask() -> None:
        _prctl(_SET_PARENT_DEATH_SIGNAL, int(death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def stop(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> None:
    """Ask a process to end, and make it when it has not done so in time."""
    with suppress(ProcessLookupError):
        process.send_signal(how)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
