"""awslambdaric's native client for the Runtime API, in Python, for systems where it has none.

awslambdaric imports a module of this name and calls these four functions.
"""

from __future__ import annotations

import os
from http.client import HTTPConnection, HTTPResponse

_PREFIX = "/2018-06-01/runtime/invocation"
_DEADLINE = "Lambda-Runtime-Deadline-Ms"
_connection = HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, dict[str, str | int]]:
    """Wait for an invocation; its payload and its headers, the deadline as a number."""
    response, body = _ask("GET", f"{_PREFIX}/next", None, {})
    if response.status != 200:
        raise RuntimeError(f"the Runtime API answered {response.status}")
    headers: dict[str, str | int] = dict(response.getheaders())
    headers[_DEADLINE] = int(headers[_DEADLINE])
    return body, headers


def post_invocation_result(
    invoke_id: str, result: bytes, content_type: str, invocation_id: str | None = None
) -> None:
    _report(f"{_PREFIX}/{invoke_id}/response", result, {"Content-Type": content_type})


def post_error(
    invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None
) -> None:
    headers = {"Content-Type": "application/json"}
    _report(f"{_PREFIX}/{invoke_id}/error", error.encode(), headers)


def _report(path: str, body: bytes, headers: dict[str, str]) -> None:
    response, _ = _ask("POST", path, body, headers)
    if response.status != 202:
        raise RuntimeError(f"the Runtime API answered {response.status}")


def _ask(
    method: str, path: str, body: bytes | None, headers: dict[str, str]
) -> tuple[HTTPResponse, bytes]:
    _connection.request(method, path, body, headers | {"User-Agent": _user_agent})
    response = _connection.getresponse()
    return response, response.read()
