"""What a command prints: tables for people, JSON for programs, nothing private."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import click

PROGRESS_SECONDS = 2.0
"""Whoever waits longer is told what for, and again each so many seconds."""
_PRIVATE = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail
    r"|\+\d[\d ().-]{6,}\d"  # phone
    r"|\b(?:bs_(?:staff|store)|shp(?:at|ss|ca)|c[ks])_\w{8,}"  # keys
    r"|eyJ[\w-]{10,}\.eyJ[\w.-]{10,}"  # tokens
)
_AGO = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def masked(text: str) -> str:
    """The text without e-mail addresses, phones, keys and tokens; in one line."""
    return hidden(" ".join(text.split()))


def hidden(text: str) -> str:
    """The same, with its spaces as they are."""
    return _PRIVATE.sub("[…]", text)


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Columns with a heading, as wide as what is in them; the last one ends where it ends."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    for place, row in enumerate([list(columns), *texts]):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(click.style(line.rstrip(), bold=place == 0))


def _text(cell: Any) -> str:
    if cell is None:
        return "-"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def ago(when: str | datetime | None, now: datetime | None = None) -> str:
    """How long ago, or in how long, in the largest unit: `5m ago`, `in 2h`."""
    if when is None:
        return "never"
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    seconds = ((now or datetime.now(UTC)) - at).total_seconds()
    length = duration(abs(seconds))
    return f"in {length}" if seconds < 0 else f"{length} ago"


def duration(seconds: float) -> str:
    """`45s`, `12m`, `3h`, `2d`."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{int(seconds // size)}{unit}"
    return f"{int(seconds)}s"


class When(click.ParamType[datetime]):
    """A time: ISO 8601 (UTC where it names no zone), or how long ago: `15m`, `2h`, `3d`."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        if isinstance(value, datetime):
            return value
        if length := _AGO.fullmatch(str(value).removesuffix(" ago")):
            return datetime.now(UTC) - timedelta(**{_UNITS[length[2]]: int(length[1])})
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time: write 15m, 2h, 3d or 2026-11-20T04:00Z", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@contextmanager
def progress(what: str) -> Iterator[None]:
    """Says on standard error what is waited for, once it takes longer than two seconds."""
    ended = threading.Event()

    def tell() -> None:
        waited = PROGRESS_SECONDS
        while not ended.wait(PROGRESS_SECONDS):
            click.echo(f"{what} … {waited:.0f} s", err=True)
            waited += PROGRESS_SECONDS

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


def counted(number: int, what: str) -> str:
    """`1 row`, `2 rows`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def without(row: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The row without what is not for everybody's eyes."""
    return {name: value for name, value in row.items() if name not in names}
