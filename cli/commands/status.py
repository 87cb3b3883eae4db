"""`backshop status`."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import click

from cli import show
from cli.errors import Stopped
from cli.places import Place
from cli.session import Session, common, pass_session, store_option


@click.command("status", short_help="How everything is: health, queues, stores, schedules.")
@store_option
@common
@pass_session
def command(session: Session, store: str | None) -> None:
    """How everything is: whether the API, its secrets and its database answer, how full queues are
    and what failed in them, how far each store's sync is behind, which changes wait to be made at
    shops, and when each schedule's function was last heard of. Exits with 1 where it is not well.

    \b
    backshop status
    backshop status --store https://shop.example.com
    backshop status --json | jq '.queues[] | select(.dead_letters > 0)'
    """
    from cli import queues

    with session.waiting("asking"):
        health = _health(session)
        found = [vars(each) for each in queues.queues(session.place)]
        schedules = _schedules(session.place)
        stores = session.stores(store) if health == "ok" else []
    result = {
        "stack": session.place.name,
        "api": session.place.api_url,
        "health": health,
        "queues": [show.without(each, "url", "dead_url") for each in found],
        "stores": stores,
        "schedules": schedules,
    }
    session.answer(result, lambda: _tell(result))
    if health != "ok":
        raise Stopped(f"{session.place.name} is not well: `backshop logs health --since 5m`")


def _health(session: Session) -> str:
    from cli.api import Api

    try:
        Api(session.place.api_url, None).get("/health")
    except Stopped as wrong:
        return wrong.message
    return "ok"


def _schedules(place: Place) -> list[dict[str, Any]]:
    from cli import schedules

    found = schedules.schedules(place)
    heard = _changed if place.is_local else partial(_last_event, place)
    with ThreadPoolExecutor(8) as pool:
        times = pool.map(lambda each: heard(each.log) if each.log else None, found)
        return [
            {
                "name": each.name,
                "expression": each.expression,
                "state": each.state,
                "last_heard": at,
            }
            for each, at in zip(found, times, strict=True)
        ]


def _changed(log: str) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(Path(log).stat().st_mtime, UTC).isoformat()


def _last_event(place: Place, group: str) -> str | None:
    from datetime import UTC, datetime

    streams = place.client("logs").describe_log_streams(
        logGroupName=group, orderBy="LastEventTime", descending=True, limit=1
    )["logStreams"]
    times = [each["lastEventTimestamp"] for each in streams if "lastEventTimestamp" in each]
    return datetime.fromtimestamp(max(times) / 1000, UTC).isoformat() if times else None


def _tell(result: Mapping[str, Any]) -> None:
    click.echo(f"{result['stack']} at {result['api']}: {result['health']}\n")
    show.table(
        ("QUEUE", "WAITING", "IN FLIGHT", "DEAD LETTERS"),
        [
            (each["name"], each["waiting"], each["in_flight"], each["dead_letters"])
            for each in result["queues"]
        ],
    )
    click.echo()
    show.table(
        ("STORE", "PLATFORM", "CONNECTION", "LAST SYNC", "BEHIND", "PENDING", "FAILED", "WEBHOOKS FAILED", "ID"),
        [
            (
                each["name"],
                each["platform"],
                each["connection"],
                show.ago(each["last_synced_at"]) if each["platform"] else None,
                show.duration(each["seconds_behind"]) if each["seconds_behind"] else None,
                each["pending_writes"],
                each["failed_writes"],
                each["failed_webhooks"],
                each["store_id"],
            )
            for each in result["stores"]
        ],
    )  # fmt: skip
    click.echo()
    show.table(
        ("SCHEDULE", "WHEN", "STATE", "LAST HEARD"),
        [
            (each["name"], each["expression"], each["state"].lower(), show.ago(each["last_heard"]))
            for each in result["schedules"]
        ],
    )
