"""`backshop sync`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from cli import show
from cli.api import Problem
from cli.errors import Stopped
from cli.session import Session, common, pass_session, store_option

POLL_SECONDS = 0.5


@click.command("sync", short_help="Sync a store now, and follow it.")
@store_option
@click.option("--full", is_flag=True, help="Read everything, and delete what the shop has no more.")
@click.option("--no-wait", is_flag=True, help="Start it, and do not wait for its end.")
@common
@pass_session
def command(session: Session, store: str | None, full: bool, no_wait: bool) -> None:
    """Start a sync of a store and follow it to its end; one that runs already is followed first.
    Progress goes to standard error, the sum to standard output. Exits with 1 where it failed.

    \b
    backshop sync --store woocommerce
    backshop sync --store https://shop.example.com --full
    backshop sync --store 0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11 --json | jq .records_synced
    """
    named = session.one_store(store)
    if named["platform"] is None:
        raise Stopped(f"{named['name']} has no platform to sync with")
    path = f"/connectors/{named['store_id']}/syncs"
    run = _start(session, path, "full" if full else "incremental")
    if not no_wait:
        run = _follow(session, f"{path}/{run['id']}")
    session.answer(run, lambda: _tell(run))
    if run["status"] == "failed":
        again = run["next_retry_at"]
        hint = (
            f"it is tried again {show.ago(again)}" if again else "it is not tried again by itself"
        )
        raise Stopped(f"the sync failed; {hint}; `backshop logs sync_run --since 15m` has more")


def _start(session: Session, path: str, type: str) -> dict[str, Any]:
    while True:
        try:
            started: dict[str, Any] = session.api.post(path, {"type": type})
            return started
        except Problem as refused:
            if refused.slug != "sync-running":
                raise
        running = [each for each in session.api.get(path)["items"] if each["status"] == "running"]
        if running:
            click.echo(f"a sync ({running[0]['type']}) runs already; this one follows", err=True)
            _follow(session, f"{path}/{running[0]['id']}")


def _follow(session: Session, path: str) -> dict[str, Any]:
    """The run when it has ended; tells each resource that does, and how far it is."""
    ended: set[str] = set()
    began = last = time.monotonic()
    while True:
        run: dict[str, Any] = session.api.get(path)
        for each in run["resources"]:
            if each["finished_at"] and each["resource"] not in ended:
                ended.add(each["resource"])
                click.echo(f"{each['resource']}: {each['records']:,} records", err=True)
                last = time.monotonic()
        if run["status"] != "running":
            return run
        if time.monotonic() - last >= show.PROGRESS_SECONDS:
            last = time.monotonic()
            read = sum(each["records"] for each in run["resources"])
            click.echo(f"{read:,} records … {last - began:.0f} s", err=True)
        time.sleep(POLL_SECONDS)


def _tell(run: Mapping[str, Any]) -> None:
    show.table(
        ("RESOURCE", "STATUS", "RECORDS", "CHANGED", "DELETED", "SET ASIDE"),
        [
            (each["resource"], each["status"], each["records"], each["changed"], each["deleted"],
             each["rejected"])
            for each in run["resources"]
        ],
    )  # fmt: skip
    for each in run["resources"]:
        remarks = [*each["notes"], *([each["error"]] if each["error"] else [])]
        remarks += [f"{one['id']}: {one['problem']}" for one in each["rejects"]]
        for remark in remarks:
            click.echo(f"{each['resource']}: {show.masked(remark)}")
    changed = sum(each["changed"] for each in run["resources"])
    read = f"{run['records_synced'] or 0:,} records read, {changed:,} changed"
    click.echo(f"\n{run['type']} sync {run['status']}{_took(run)}: {read}")


def _took(run: Mapping[str, Any]) -> str:
    if run["completed_at"] is None:
        return ""
    begun, ended = map(datetime.fromisoformat, (run["started_at"], run["completed_at"]))
    return f" in {(ended - begun).total_seconds():.1f} s"
