"""`backshop outbox list`, `retry` and `give-up`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from cli import show
from cli.errors import NothingFound
from cli.session import Session, common, pass_session, store_option, sure, yes_option


@click.group("outbox", short_help="Changes that are to be made at shops: list, retry, give up.")
def command() -> None:
    """What is to be done at shops, or sent to people, and did not go out yet."""


@command.command("list")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice(["pending", "sending", "failed", "done"]),
    default=("pending", "sending", "failed"),
    help="May be said several times (default: all but done).",
)
@click.option("-n", "--limit", type=click.IntRange(1), default=100, show_default=True)
@store_option
@common
@pass_session
def list_(session: Session, statuses: tuple[str, ...], limit: int, store: str | None) -> None:
    """List rows of the outbox, oldest first, each with why it waits. Exits with 3 where none does.

    \b
    backshop outbox list
    backshop outbox list --status failed --store shopify
    backshop outbox list --json | jq -r '.items[] | "\\(.id) \\(.why)"'
    """
    items: list[dict[str, Any]] = []
    with session.waiting("reading the outbox"):
        for named in session.stores(store):
            items += _rows(session, named, statuses, limit)
    items = sorted(items, key=lambda each: str(each["created_at"]))[:limit]
    if not items:
        raise NothingFound(f"no row is {' or '.join(statuses)}")

    def tell() -> None:
        show.table(
            ("ID", "STORE", "KIND", "KEY", "STATUS", "TRIES", "SINCE", "NEXT TRY", "WHY"),
            [
                (each["id"], each["store"], each["kind"], each["key"], each["status"],
                 each["attempts"], show.ago(each["created_at"]),
                 show.ago(each["next_attempt_at"]) if each["status"] == "pending" else None,
                 each["why"])
                for each in items
            ],
        )  # fmt: skip

    session.answer({"items": items}, tell)


def _rows(
    session: Session, store: Mapping[str, Any], statuses: tuple[str, ...], limit: int
) -> list[dict[str, Any]]:
    """A store's rows, without payload and answer: those may name people."""
    has = {"pending": "pending_writes", "sending": "pending_writes", "failed": "failed_writes"}
    found = []
    for status in statuses:
        if status in has and not store[has[status]]:
            continue
        listed = session.api.all("/outbox", store_id=store["store_id"], status=status)
        for place, row in enumerate(listed):
            if place == limit:
                break
            found.append(
                {
                    "store_id": store["store_id"],
                    "store": store["name"],
                    **show.without(row, "payload", "response"),
                    "why": _why(row),
                }
            )
    return found


def _why(row: Mapping[str, Any]) -> str:
    """Why a row is where it is, in the shop's words where it said something."""
    answer = row["response"] or {}
    error = show.masked(str(answer.get("error") or "")) if isinstance(answer, Mapping) else ""
    if row["status"] == "done":
        return "done"
    if row["status"] == "sending":
        return "it is being sent"
    if row["status"] == "pending" and not row["attempts"]:
        return "not tried yet: an earlier row of its key, or a place of its store, is waited for"
    return error or "the last try ended without an answer"


@command.command("retry")
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1), metavar="ID…")
@store_option
@common
@pass_session
def retry(session: Session, ids: tuple[int, ...], store: str | None) -> None:
    """Try failed rows again. The shop is asked first whether an earlier try went through.

    \b
    backshop outbox retry 12 --store woocommerce
    """
    _each(session, ids, store, "retry", "tried again")


@command.command("give-up")
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1), metavar="ID…")
@yes_option
@store_option
@common
@pass_session
def give_up(session: Session, ids: tuple[int, ...], is_sure: bool, store: str | None) -> None:
    """Try rows that wait no more. The shop is asked once whether an earlier try went through; then
    they are closed, and what asked for them is told that it failed.

    \b
    backshop outbox give-up 12 --store woocommerce
    """
    sure(f"Give up {show.counted(len(ids), 'row')} for good?", is_sure)
    _each(session, ids, store, "give-up", "given up")


def _each(session: Session, ids: tuple[int, ...], store: str | None, what: str, done: str) -> None:
    named = session.one_store(store)
    with session.waiting("writing"):
        items = [session.api.post(f"/outbox/{id}/{what}", store_id=named["store_id"]) for id in ids]
    session.answer(
        {"items": items}, lambda: click.echo(f"{show.counted(len(items), 'row')} {done}")
    )
