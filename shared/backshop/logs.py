"""The only way to log and to count: JSON lines for CloudWatch, metrics in its embedded format.

Log ids, never payloads, phones, e-mail addresses, codes or secrets.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from functools import cache, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from aws_lambda_powertools import Logger

P = ParamSpec("P")
R = TypeVar("R")

_shows_text: Callable[[], bool] = bool
"""Whether errors may be logged with their text: nowhere, unless `show_text` was told where."""

_about: dict[str, Any] = {}


@cache
def logger() -> Logger:
    """Made with the first line: a call that logs nothing, or its first answer, does not wait for
    it."""
    from aws_lambda_powertools import Logger

    return Logger(service="backshop", log_uncaught_exceptions=False)


def about(**ids: Any) -> None:
    """Keys of every further line, until others of the same names are told."""
    _about.update(ids)


def count(name: str, value: float = 1, **dimensions: str) -> None:
    """Add to the CloudWatch metric `name`; each set of dimensions is a metric of its own."""
    from aws_lambda_powertools.metrics import MetricUnit, single_metric

    with single_metric(
        name=name, unit=MetricUnit.Count, value=value, namespace="backshop"
    ) as metric:
        for key, dimension in dimensions.items():
            metric.add_dimension(name=key, value=dimension)


def info(message: str, **ids: Any) -> None:
    """One line at INFO; `ids` become keys of their own."""
    logger().info(message, extra=_about | ids)


def warning(message: str, **ids: Any) -> None:
    """One line at WARNING: something was refused or set aside and somebody may want to look."""
    logger().warning(message, extra=_about | ids)


class Crash(Exception):
    """Stands for an unexpected exception whose own text may hold personal data."""


def show_text(here: Callable[[], bool]) -> None:
    """Log errors with their text where `here` says so; aws/config.py knows where that is."""
    global _shows_text
    _shows_text = here


def failure(message: str, error: BaseException, **ids: Any) -> None:
    """Log an unexpected exception by its type, SQLSTATE, constraint and the lines it passed.

    Its text stays out: database and validation errors quote the values they stumbled over. On a
    laptop it is there, with the whole traceback (`show_text`).
    """
    frames = traceback.extract_tb(error.__traceback__)
    diagnosis = getattr(error, "diag", None)
    logger().error(
        message,
        extra=_about
        | {
            "error": _name(error),
            "cause": _name(error.__cause__) if error.__cause__ else None,
            "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
            "sqlstate": getattr(error, "sqlstate", None),
            "constraint": getattr(diagnosis, "constraint_name", None),
            "traceback": _traceback(error) if _shows_text() else None,
            **ids,
        },
    )


def _traceback(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def crash_safely(handler: Callable[P, R]) -> Callable[P, R]:
    """A handler that still crashes on the unexpected, so that alarms and dead-letter queues see it,
    but without the exception's text in the runtime's own log line; on a laptop with it."""

    @wraps(handler)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except Exception as error:
            failure("handler crashed", error)
            count("Crashes")
            if _shows_text():
                raise
            raise Crash(type(error).__qualname__) from None

    return guarded
