"""Stands before a function's own module: its process dies between statements, and its clock is
wrong.

Found by the Lambda runtime as `faulty.handler`; the handler it stands for is in FAULTS_HANDLER.
It lies in a folder of its own, which functions have as a layer.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import random
import signal
import time
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

_CONTROLS = Path(os.environ["FAULTS_CONTROLS"])
_told: dict[str, Any] = json.loads(_CONTROLS.read_text())
_dice = random.Random(f"{_told['seed']} {os.getpid()}")
_apart = _dice.uniform(-1, 1)


def _offset() -> float:
    return float(_apart * _told["apart"])


def _count(what: str) -> None:
    file = os.open(_CONTROLS.with_suffix(".counts"), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(file, f"{what}\n".encode())
    os.close(file)


def _move_clocks() -> None:
    """`datetime` stays the class that it is, for all who compare with it: its own `now` moves."""
    right_now, right_time = datetime.now, time.time

    def now(_cls: type[datetime], tz: Any = None) -> datetime:
        return right_now(tz) + timedelta(seconds=_offset())

    members: Any = gc.get_referents(datetime.__dict__)[0]
    members["now"] = classmethod(now)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime))
    time.time = lambda: right_time() + _offset()


def _step() -> None:
    if _told["killed"] and _dice.random() < _told["killed"]:
        _count("killed")
        os.kill(os.getpid(), signal.SIGKILL)


def _die_around(owner: Any, name: str) -> None:
    real = getattr(owner, name)

    def call(*given: Any, **named: Any) -> Any:
        _step()
        answer = real(*given, **named)
        _step()
        return answer

    setattr(owner, name, call)


def _install() -> None:
    import botocore.client
    import psycopg

    _move_clocks()
    _die_around(psycopg.Connection, "execute")
    _die_around(psycopg.Cursor, "copy")
    _die_around(botocore.client.BaseClient, "_make_api_call")
    _die_around(import_module("backshop.aws.signed"), "send")
    if os.environ["AWS_LAMBDA_FUNCTION_NAME"] in ("outbox_worker", "sync_run"):
        _die_around(import_module("backshop.outgoing.transport").Transport, "handle_request")
    if _told["apart"]:
        _count("clocks")


_install()
_module, _, _name = os.environ["FAULTS_HANDLER"].rpartition(".")
_handler = getattr(import_module(_module), _name)


def handler(event: Any, context: Any) -> Any:
    """The function's own handler, with what is told now; its deadline is by its own clock."""
    _told.update(json.loads(_CONTROLS.read_text()))
    context._epoch_deadline_time_in_ms += int(_offset() * 1000)
    return _handler(event, context)
