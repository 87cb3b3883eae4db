"""WooCommerce's refusals: a code, a sentence and a status, in the body as recorded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RestError(Exception):
    """Ends a request with an error body. `data` is `{"status": …}` unless it is given."""

    def __init__(self, status: int, code: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = {
            "code": code,
            "message": message,
            "data": {"status": status} if data is None else data,
        }


def invalid(params: Mapping[str, tuple[str, str]]) -> RestError:
    """The refusal of parameters: name → (code, sentence)."""
    names = ", ".join(params)
    return RestError(
        400,
        "rest_invalid_param",
        f"Invalid parameter(s): {names}",
        {
            "status": 400,
            "params": {name: sentence for name, (_, sentence) in params.items()},
            "details": {
                name: {"code": code, "message": sentence, "data": None}
                for name, (code, sentence) in params.items()
            },
        },
    )


def unknown(code: str, message: str = "Invalid ID.", status: int = 404) -> RestError:
    return RestError(status, code, message)


def one_of(name: str, allowed: tuple[str, ...]) -> tuple[str, str]:
    listed = ", ".join(allowed[:-1]) + f", and {allowed[-1]}"
    return "rest_not_in_enum", f"{name} is not one of {listed}."
