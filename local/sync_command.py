"""`python -m local sync CONNECTOR`: sync a connected shop now, show how far it is, and sum it up.

The progress goes to standard error, the summary to standard output.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import aiohttp
from rich.console import Console
from rich.table import Table

from local import commands, syncs
from local.commands import NotDone
from local.console import console, say


def run(state: Path, named: str, *, is_full: bool) -> int:
    """Sync the connector of this id, or the demo shop of this platform; 1 when the sync failed.

    Raises `NotDone` when no stack is running or there is no such connector.
    """
    about = commands.stack(state)
    with commands.while_it_answers():
        run = asyncio.run(_sync(about, named, "full" if is_full else "incremental"))
    _show(run)
    return 0 if run["status"] == "completed" else 1


async def _sync(about: dict[str, Any], named: str, type: str) -> dict[str, Any]:
    """Start the run, follow it to its end; the run as the API shows it."""
    headers = {"Authorization": f"Bearer {about['staff_key']}"}
    async with aiohttp.ClientSession(about["base_url"], headers=headers) as session:
        connector = await _connector(session, about, named)
        run = await _started(session, about["database_urls"]["owner"], connector, type)
        path = f"/connectors/{connector}/syncs/{run}"
        async with session.get(path) as answer:
            body = await _json(answer, 200)
    return body


async def _connector(session: aiohttp.ClientSession, about: dict[str, Any], named: str) -> str:
    """The id; a platform names its demo shop, or the only other shop of it."""
    demos = {each["platform"]: str(each["id"]) for each in about["connectors"]}
    if named in demos:
        return demos[named]
    async with session.get("/connectors") as answer:
        listed = (await _json(answer, 200))["items"]
    if named.lower() in {each["id"] for each in listed}:
        return named.lower()
    known = "\n".join(f"  {each['id']}  {each['platform']}  {each['store_url']}" for each in listed)
    raise NotDone(f"there is no connector {named}: name {', '.join(demos)} or an id of\n{known}")


async def _started(
    session: aiohttp.ClientSession, database_url: str, connector: str, type: str
) -> UUID:
    """Start a run and see it through; one that works already is seen through before."""
    screen = Console(stderr=True, highlight=False)
    while True:
        status, body = await syncs.start(session, connector, type)
        if status == 202:
            run = UUID(body["id"])
            break
        if status != 409 or not str(body.get("type", "")).endswith("sync-running"):
            raise NotDone(body.get("detail") or body.get("message") or f"answered {status}")
        earlier = await syncs.open_run(database_url, connector)
        if earlier is not None:
            screen.print(f"a sync ({earlier[1]}) is running already; this one comes after it")
            await _see_through(database_url, earlier[0], screen)
    await _see_through(database_url, run, screen)
    return run


async def _see_through(database_url: str, run: UUID, screen: Console) -> None:
    await syncs.follow(database_url, {str(run): "sync"}, console=screen, by_resource=True)


async def _json(answer: aiohttp.ClientResponse, expected: int) -> dict[str, Any]:
    body: dict[str, Any] = await answer.json(content_type=None)
    if answer.status != expected:
        raise NotDone(str(body.get("detail") or body.get("message") or f"{answer.status}"))
    return body


def _show(run: dict[str, Any]) -> None:
    columns = ("resource", "status", "records", "changed", "deleted", "set aside", "seconds")
    table = Table(box=None, pad_edge=False)
    for place, column in enumerate(columns):
        table.add_column(column, justify="left" if place < 2 else "right")
    for each in run["resources"]:
        numbers = (each["records"], each["changed"], each["deleted"], each["rejected"])
        seconds = _seconds(each["started_at"], each["finished_at"])
        table.add_row(each["resource"], each["status"], *(f"{one:,}" for one in numbers), seconds)
    console.print(table)
    for each in run["resources"]:
        for line in _remarks(each):
            console.print(f"{each['resource']}: {line}", soft_wrap=True, markup=False)
    say("")
    say(_sum(run))


def _remarks(resource: dict[str, Any]) -> list[str]:
    """What was done or went wrong, and the first records that were set aside."""
    lines = list(resource["notes"])
    if len(lines) > 3:
        lines = [*lines[:2], f"and {len(lines) - 2} more like it"]
    if resource["error"]:
        lines.append(resource["error"])
    return lines + [f"{each['id']}: {each['problem']}" for each in resource["rejects"]]


def _sum(run: dict[str, Any]) -> str:
    changed = sum(each["changed"] for each in run["resources"])
    took = _seconds(run["started_at"], run["completed_at"])
    if run["status"] == "completed":
        records = f"{run['records_synced']:,} records read, {changed:,} changed"
        return f"{run['type']} sync completed in {took} s: {records}"
    again = run["next_retry_at"]
    what = "it is not tried again by itself"
    if again:
        what = f"it is tried again at {datetime.fromisoformat(again).astimezone():%H:%M:%S}"
    return (
        f"{run['type']} sync failed; {what}. "
        "`.venv/bin/python -m local logs sync_run` has more; run this command again to try now."
    )


def _seconds(begun: str | None, ended: str | None) -> str:
    if begun is None or ended is None:
        return ""
    return f"{(datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds():.1f}"
