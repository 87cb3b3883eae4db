"""Replays recorded requests and compares answers, key by key, with what was recorded."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RECORDINGS = Path(__file__).resolve().parents[3] / "shops" / "recordings"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a header sent twice the last one, as the recordings keep it."""
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw) if self.raw else None


def load(folder: str, name: str) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((RECORDINGS / folder / f"{name}.json").read_text())
    return recorded


def send(
    method: str,
    url: str,
    *,
    params: Mapping[str, Any] | None = None,
    body: Any = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    if params:
        url += "?" + urllib.parse.urlencode(params)
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return _answer(response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error)


def _answer(response: Any) -> Answer:
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Answer(response.status, headers, response.read())


def differences(recorded: Any, got: Any, volatile: re.Pattern[str], path: str = "") -> list[str]:
    """What differs: keys and their order, types, and values except where the path is volatile
    (there the type must be the same, and dates, numbers and random words must look the same)."""
    if type(recorded) is not type(got):
        return [f"{path}: {recorded!r} was recorded, {got!r} came"]
    if isinstance(recorded, dict):
        if list(recorded) != list(got):
            return [f"{path}: keys {list(recorded)} were recorded, {list(got)} came"]
        return [
            line
            for key, value in recorded.items()
            for line in differences(value, got[key], volatile, f"{path}.{key}")
        ]
    if isinstance(recorded, list):
        if len(recorded) != len(got):
            return [f"{path}: {len(recorded)} items were recorded, {len(got)} came"]
        return [
            line
            for index, (left, right) in enumerate(zip(recorded, got, strict=True))
            for line in differences(left, right, volatile, f"{path}[{index}]")
        ]
    if recorded == got or (volatile.search(path) and _form(recorded) == _form(got)):
        return []
    return [f"{path}: {recorded!r} was recorded, {got!r} came"]


def _form(value: Any) -> str:
    """Text with its digits alike and long random parts left out."""
    return re.sub(r"[0-9]+", "0", re.sub(r"\b(wc_order_)?\w{12,}", "random", str(value)))
