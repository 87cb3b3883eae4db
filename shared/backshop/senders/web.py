"""The HTTP call that the providers with a web API share."""

from __future__ import annotations

import json
from typing import Any

from backshop.senders import Doubtful, MessageNotSent

SECONDS = 5.0


def post(provider: str, url: str, **request: Any) -> dict[str, Any]:
    """POST and read the JSON answer. Raises `MessageNotSent` unless its `status` is `success`,
    `Doubtful` where the answer never came or is none."""
    import httpx

    from backshop.outgoing import transport

    try:
        with transport.client() as client:
            answer = client.post(url, **transport.limits(SECONDS), **request)
    except (httpx.ConnectError, httpx.ConnectTimeout):
        raise MessageNotSent(f"{provider} cannot be reached", lasting=False) from None
    except httpx.HTTPError as lost:
        raise Doubtful(f"{provider} did not answer: {type(lost).__name__}") from None
    return _read(provider, answer.status_code, answer.content)


def _read(provider: str, status: int, content: bytes) -> dict[str, Any]:
    if status == 429 or status in (401, 403):
        raise MessageNotSent(f"{provider} answered {status}", lasting=False)
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if isinstance(answer, dict) and answer.get("status") == "success" and status < 300:
        return answer
    if status >= 500 or not isinstance(answer, dict):
        raise Doubtful(f"{provider} answered {status}")
    raise MessageNotSent(f"{provider} answered {status}", lasting=True)
