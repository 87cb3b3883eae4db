"""`backshop logs`."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import click

from cli import show
from cli.errors import NothingFound
from cli.places import LOG_GROUP, ROOT, Place, snake
from cli.session import Session, common, pass_session, store_option

POLL_SECONDS = 1.0
_BESIDE = {"level", "location", "message", "timestamp", "service", "function", "at", "traceback"}


class Line(NamedTuple):
    """What a function said; `said` are the fields of a line of JSON."""

    at: datetime
    function: str
    text: str
    said: Mapping[str, Any]


def _names(_ctx: Any, _parameter: Any, typed: str) -> list[str]:
    folders = (each.name for each in (ROOT / "functions").iterdir() if each.is_dir())
    return sorted(each for each in folders if each.startswith(typed))


@click.command("logs", short_help="What functions logged, here or in CloudWatch.")
@click.argument("functions", nargs=-1, metavar="[FUNCTION]…", shell_complete=_names)
@click.option("--since", type=show.When(), help="15m, 2h, or a time (default: 15m).")
@click.option("--until", type=show.When(), help="5m, 2h, or a time (default: now).")
@click.option("--errors", is_flag=True, help="Warnings, errors and crashes alone.")
@click.option("-n", "--limit", type=click.IntRange(1), default=200, show_default=True)
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@store_option
@common
@pass_session
def command(
    session: Session,
    functions: tuple[str, ...],
    since: datetime | None,
    until: datetime | None,
    errors: bool,
    limit: int,
    follow: bool,
    store: str | None,
) -> None:
    """Show what functions logged, oldest first: of all, or of each FUNCTION by its
    folder's name. With --json a line of JSON each.

    \b
    backshop logs webhook_ingest --since 15m
    backshop logs --errors --since 2h --stack prod
    backshop logs sync_run --store woocommerce -f
    """  # fmt: skip
    store_id = session.store(store)["store_id"] if store else None
    begin = since or datetime.now(UTC) - timedelta(minutes=15)
    source = (
        _files(session.place, functions)
        if session.place.is_local
        else _groups(session.place, functions)
    )
    filters = _Asked(store_id, is_errors=errors)
    with session.waiting("reading logs"):
        lines = list(_read(session.place, source, begin, until, filters))[-limit:]
    for each in lines:
        _print(session, each)
    if not follow:
        if not lines:
            raise NothingFound("nothing was logged then; try --since 2h, or leave out a filter")
        return
    seen = {each[:3] for each in lines}
    try:
        while True:
            time.sleep(POLL_SECONDS)
            recent = max((each[0] for each in seen), default=begin) - timedelta(seconds=10)
            for each in _read(session.place, source, recent, None, filters):
                if each[:3] not in seen:
                    seen.add(each[:3])
                    _print(session, each)
    except KeyboardInterrupt:
        return


class _Asked(NamedTuple):
    store_id: str | None
    is_errors: bool

    def wants(self, line: Line) -> bool:
        if self.store_id and self.store_id not in line.text:
            return False
        level = str(line.said.get("level", ""))
        is_bad = level in ("WARNING", "ERROR", "CRITICAL") or "timed out" in line.text
        return is_bad or not self.is_errors


def _read(
    place: Place,
    source: Mapping[str, str],
    begin: datetime,
    until: datetime | None,
    filters: _Asked,
) -> Iterator[Line]:
    read = _of_file if place.is_local else _Groups(place, filters.store_id).read
    end = until or datetime.now(UTC) + timedelta(minutes=1)
    streams = [read(name, where, begin, end) for name, where in source.items()]
    return (each for each in heapq.merge(*streams, key=lambda line: line.at) if filters.wants(each))


# On this machine each function has a file.


def _files(place: Place, functions: tuple[str, ...]) -> dict[str, str]:
    assert place.state is not None
    there = {path.stem: str(path) for path in sorted((place.state / "logs").glob("*.log"))}
    return _wanted(there, functions)


def _of_file(name: str, path: str, begin: datetime, end: datetime) -> Iterator[Line]:
    """Lines that tell no time (START, REPORT, a function's own text) have that of the line before;
    the first ones that of the first line that tells one."""
    file = Path(path)
    texts = file.read_text(errors="replace").splitlines()
    never = datetime.fromtimestamp(0, UTC)
    timestamps = (_line(name, text, never).at for text in texts)
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    at = next((each for each in timestamps if each != never), changed)
    for text in texts:
        line = _line(name, text, at)
        at = line.at
        if begin <= at < end:
            yield line


# On AWS each has a log group.


def _groups(place: Place, functions: tuple[str, ...]) -> dict[str, str]:
    groups = place.of_type(LOG_GROUP)
    return _wanted({snake(each): group for each, group in sorted(groups.items())}, functions)


class _Groups(NamedTuple):
    place: Place
    store_id: str | None

    def read(self, name: str, group: str, begin: datetime, end: datetime) -> Iterator[Line]:
        pages = self.place.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName=group,
            startTime=int(begin.timestamp() * 1000),
            endTime=int(end.timestamp() * 1000),
            **({"filterPattern": f'"{self.store_id}"'} if self.store_id else {}),
        )  # fmt: skip
        for page in pages:
            for each in page["events"]:
                at = datetime.fromtimestamp(each["timestamp"] / 1000, UTC)
                yield _line(name, each["message"].rstrip("\n"), at)._replace(at=at)


def _wanted(there: dict[str, str], functions: tuple[str, ...]) -> dict[str, str]:
    unknown = sorted(set(functions) - there.keys())
    if unknown:
        known = ", ".join(there) or "none yet"
        raise NothingFound(f"{unknown[0]} has logged nothing; there are logs of {known}")
    return {name: there[name] for name in functions} if functions else there


def _line(function: str, text: str, before: datetime) -> Line:
    try:
        fields = json.loads(text)
    except ValueError:
        fields = None
    if not isinstance(fields, dict):
        return Line(before, function, text, {})
    try:
        at = datetime.fromisoformat(str(fields.get("timestamp")).replace(",", "."))
    except ValueError:
        at = before
    return Line(at if at.tzinfo else at.replace(tzinfo=UTC), function, text, fields)


def _print(session: Session, line: Line) -> None:
    if session.is_json:
        fields = line.said or {"message": line.text}
        click.echo(
            show.masked(
                json.dumps(
                    {"at": line.at.isoformat(), "function": line.function, **fields},
                    ensure_ascii=False,
                    default=str,
                )
            )
        )
        return
    at = line.at.astimezone().strftime("%H:%M:%S")
    if not line.said:
        click.echo(f"{at} {line.function} {show.masked(line.text)}")
        return
    level = str(line.said.get("level", "INFO"))
    color = {"ERROR": "red", "CRITICAL": "red", "WARNING": "yellow"}.get(level)
    rest = " ".join(
        f"{name}={show.masked(str(value))}"
        for name, value in line.said.items()
        if name not in _BESIDE and value is not None
    )
    message = show.masked(str(line.said.get("message", "")))
    click.echo(f"{at} {line.function} {click.style(level, fg=color)} {message} {rest}".rstrip())
    for below in _below(line.said):
        click.echo(f"    {below}")


def _below(fields: Mapping[str, Any]) -> Iterable[str]:
    """Where an error came from: its whole traceback where there is one, else lines."""
    if whole := fields.get("traceback"):
        return (show.hidden(each) for each in str(whole).splitlines())
    at = fields.get("at")
    return at if isinstance(at, list) else ()
