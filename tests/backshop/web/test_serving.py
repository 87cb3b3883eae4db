"""What every answer carries, whichever function gives it."""

from __future__ import annotations

from typing import Any

import pytest
from backshop.web import serving


def answered(headers: dict[str, Any] | None) -> dict[str, Any]:
    said = {"statusCode": 200} | ({"headers": headers} if headers is not None else {})
    found: dict[str, Any] = serving.handler(lambda _event, _context: said)({}, None)["headers"]
    return {name.lower(): value for name, value in found.items()}


@pytest.mark.parametrize("headers", [None, {}, {"content-type": "application/json"}])
def test_an_answer_is_kept_by_nobody(headers: dict[str, Any] | None) -> None:
    """A link's token in the address is all that opens some of them."""
    assert answered(headers)["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["Cache-Control", "cache-control"])
def test_what_says_how_long_it_lasts_is_kept_so_long(name: str) -> None:
    assert answered({name: "public, max-age=300"})["cache-control"] == "public, max-age=300"
