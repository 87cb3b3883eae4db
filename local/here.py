"""Runs a function in this very process, so that a debugger is where the code is: nothing stops it
between calls, and no timeout ends it."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

_OF_A_TERMINAL = ("HOME", "TERM", "PYTHONBREAKPOINT")
"""What a debugger wants of its surroundings; all else is the function's own."""


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler of the call."""

    function_name: str
    aws_request_id: str
    memory_limit_in_mb: str
    invoked_function_arn: str = ""
    function_version: str = "$LATEST"
    log_group_name: str = ""
    log_stream_name: str = "here"

    def get_remaining_time_in_millis(self) -> int:
        """Always 15 minutes, the most that Lambda gives: whoever debugs takes their time."""
        return 900_000


def call(variables: Mapping[str, str], event: Any) -> Any:
    """What the handler answers, with the environment of its function. Raises what it raises."""
    kept = {name: os.environ[name] for name in _OF_A_TERMINAL if name in os.environ}
    os.environ.clear()
    os.environ.update({**variables, **kept})
    sys.path[:0] = variables["PYTHONPATH"].split(":")
    sys.dont_write_bytecode = True
    os.chdir(variables["LAMBDA_TASK_ROOT"])
    module, _, name = variables["_HANDLER"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    context = Context(
        function_name=variables["AWS_LAMBDA_FUNCTION_NAME"],
        aws_request_id=str(uuid4()),
        memory_limit_in_mb=variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
    )
    return json.loads(json.dumps(handler(event, context)))
