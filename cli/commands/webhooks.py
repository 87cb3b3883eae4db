"""`backshop webhooks list` and `backshop webhooks replay`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from cli import show
from cli.errors import NothingFound
from cli.session import Session, common, pass_session, store_option, sure, yes_option

STATUSES = click.Choice(["received", "saved", "failed"])


@click.group("webhooks", short_help="Webhooks of the last 30 days: list, replay.")
def command() -> None:
    """What shops sent in the last 30 days."""


def _filters(wrapped: Callable[..., Any]) -> Callable[..., Any]:
    for option in (
        click.option(
            "--until", type=show.When(), help="Those that came before: 5m, 2h, or a time."
        ),
        click.option(
            "--since", type=show.When(), help="Those that came after: 15m, 2h, or a time."
        ),
        click.option("--topic", help="Of one topic, as the shop calls it."),
        click.option("--status", type=STATUSES, help="`failed` are those that nobody saved yet."),
        store_option,
    ):
        wrapped = option(wrapped)
    return wrapped


@command.command("list")
@_filters
@click.option("--about", metavar="ID", help="About one record, or with one delivery key.")
@click.option("-n", "--limit", type=click.IntRange(1), default=50, show_default=True)
@common
@pass_session
def list_(
    session: Session,
    store: str | None,
    status: str | None,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
    about: str | None,
    limit: int,
) -> None:
    """List webhooks, newest first; never what is in them.

    \b
    backshop webhooks list --store woocommerce --since 1h
    backshop webhooks list --status failed --store https://shop.example.com
    backshop webhooks list --store vendure --json | jq -r '.items[].id'
    """  # fmt: skip
    named = session.one_store(store)
    path = f"/connectors/{named['store_id']}/webhooks"
    query = {
        "status": status,
        "topic": topic,
        "since": _iso(since),
        "until": _iso(until),
        "q": about,
    }
    items: list[dict[str, Any]] = []
    with session.waiting("reading webhooks"):
        for each in session.api.all(path, **query):
            items.append(each)
            if len(items) == limit:
                break
    if not items:
        raise NothingFound("no webhook is like that; leave out --status, --topic or --since")

    def tell() -> None:
        show.table(
            ("RECEIVED", "TOPIC", "STATUS", "TRIES", "ABOUT", "ERROR", "ID"),
            [
                (show.ago(each["received_at"]), each["topic"], each["status"], each["attempts"],
                 each["about"], each["error"], each["id"])
                for each in items
            ],
        )  # fmt: skip

    session.answer({"items": items}, tell)


@command.command("replay")
@click.argument("ids", nargs=-1, metavar="[ID]…")
@_filters
@yes_option
@common
@pass_session
def replay(
    session: Session,
    ids: tuple[str, ...],
    store: str | None,
    status: str | None,
    topic: str | None,
    since: datetime | None,
    until: datetime | None,
    is_sure: bool,
) -> None:
    """Have webhooks worked off once more: those of the IDs, or all since a time. What is saved
    already stays as it is where it is newer.

    \b
    backshop webhooks replay 6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10 --store woocommerce
    backshop webhooks replay --store vendure --status failed --since 2h
    """  # fmt: skip
    if bool(ids) == bool(since):
        raise click.UsageError("name the IDs of webhooks, or a window with --since (and --until)")
    named = session.one_store(store)
    path = f"/connectors/{named['store_id']}/webhooks"
    if ids:
        with session.waiting("replaying"):
            done = [session.api.post(f"{path}/{each}/replay") for each in ids]
        counts = {"replayed": len(done), "not_kept": 0}
    else:
        window = {
            "since": _iso(since),
            "until": _iso(until or datetime.now(UTC)),
            **({"topic": topic} if topic else {}),
            **({"status": status} if status else {}),
        }
        sure(f"Replay webhooks of {named['name']} since {window['since']}?", is_sure)
        counts = _replay_window(session, f"{path}/replay", window)
    if not counts["replayed"] and not counts["not_kept"]:
        raise NothingFound("no webhook came then; `backshop webhooks list` shows them")

    def tell() -> None:
        click.echo(f"{show.counted(counts['replayed'], 'webhook')} replayed")
        if counts["not_kept"]:
            click.echo(
                f"{show.counted(counts['not_kept'], 'body')} not there any more: sync instead"
            )

    session.answer(counts, tell)


def _replay_window(session: Session, path: str, window: dict[str, Any]) -> dict[str, int]:
    counts = {"replayed": 0, "not_kept": 0}
    cursor = None
    with session.waiting("replaying"):
        while True:
            part = session.api.post(path, {**window, **({"cursor": cursor} if cursor else {})})
            for name in counts:
                counts[name] += part[name]
            cursor = part["next_cursor"]
            if cursor is None:
                return counts


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
