"""Starts syncs through the API, and follows them in the database, which the gateway's log is
spared."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import aiohttp
import psycopg
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Part:
    """How far a part of the work is."""

    done: int
    total: int
    records: int
    has_begun: bool = True


Parts = Mapping[str, Part]


async def start(
    session: aiohttp.ClientSession, connector: str, type: str
) -> tuple[int, dict[str, Any]]:
    """POST a sync; the status and what was answered: the run with 202, a problem otherwise."""
    async with session.post(f"/connectors/{connector}/syncs", json={"type": type}) as answer:
        return answer.status, await answer.json(content_type=None)


async def open_run(url: str, connector: str) -> tuple[UUID, str] | None:
    """The run of the connector that works now, and its type."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        found = await connection.execute(
            "SELECT id, sync_type FROM insights.sync_logs"
            " WHERE store_id = %s AND status = 'running'",
            [connector],
        )
        row = await found.fetchone()
    return (row[0], row[1]) if row else None


async def follow(
    url: str,
    runs: Mapping[str, str],
    *,
    console: Console,
    seconds: float = float("inf"),
) -> bool:
    """Show how far these runs (id, name) are until all have ended, or for so long; whether they
    have.

    A bar a run, which fills with its resources.
    """
    ends = time.monotonic() + seconds
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True)
    async with connection:
        with shown(console) as show:
            while True:
                still, parts = await _read(connection, runs)
                show(parts)
                if not still or time.monotonic() > ends:
                    return not still
                await asyncio.sleep(POLL_SECONDS)


async def _read(
    connection: psycopg.AsyncConnection[Any], runs: Mapping[str, str]
) -> tuple[bool, dict[str, Part]]:
    """Whether any of the runs works still, and how far their parts are."""
    rows = await connection.execute(
        "SELECT run.id::text, run.status = 'running', job.records,"
        " job.status IN ('completed', 'failed'), job.status <> 'queued'"
        " FROM insights.sync_logs AS run JOIN backshop.sync_jobs AS job"
        " ON (job.store_id, job.run_id) = (run.store_id, run.id)"
        " WHERE run.id = ANY (%s::uuid[]) ORDER BY array_position(%s::uuid[], run.id), job.resource",
        [list(runs), list(runs)],
    )
    still = False
    parts: dict[str, Part] = {}
    async for run, works, records, is_done, has_begun in rows:
        still = still or works
        name = runs[run]
        before = parts.get(name, Part(0, 0, 0, has_begun=False))
        parts[name] = Part(
            before.done + is_done,
            before.total + 1,
            before.records + records,
            before.has_begun or has_begun,
        )
    return still, parts


@contextmanager
def shown(console: Console) -> Iterator[Any]:
    """Gives a function that shows parts: bars on a terminal, elsewhere a line when a part is
    done."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[records]:,} records", justify="right"),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        yield _Bars(progress)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._told: set[str] = set()

    def __call__(self, parts: Parts) -> None:
        for name, part in parts.items():
            if part.done == part.total and name not in self._told:
                self._told.add(name)
                self._console.print(f"{name}: {part.records:,} records", soft_wrap=True)
                self._console.file.flush()


class _Bars:
    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[str, Any] = {}

    def __call__(self, parts: Parts) -> None:
        for name, part in parts.items():
            if name not in self._tasks:
                self._tasks[name] = self._progress.add_task(name, records=0, start=False)
            # How many records there are nobody knows before: a part without steps only moves.
            is_open = part.total == 1 and not part.done and part.has_begun
            self._progress.update(
                self._tasks[name],
                completed=part.done,
                total=None if is_open else part.total,
                records=part.records,
            )
