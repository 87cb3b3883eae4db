"""The only way to other functions: the routes that they serve, called as the gateway calls them."""

from __future__ import annotations

import json
from typing import Any

from backshop.aws import config


class Crashed(Exception):
    """A function failed without an answer; its own log says why."""


def invoke(name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A function's answer to an event. Raises Crashed."""
    answer = config.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event).encode())
    payload = answer["Payload"].read()
    if answer.get("FunctionError"):
        raise Crashed(f"{name} failed")
    result: dict[str, Any] = json.loads(payload)
    return result
