"""`backshop erase`."""

from __future__ import annotations

from typing import Any

import click

from cli import people
from cli.errors import NothingFound
from cli.session import Session, common, pass_session, store_option, sure, yes_option


@click.command("erase", short_help="Erase a person, by e-mail or phone.")
@people.person_argument
@click.option("--dry-run", is_flag=True, help="Only count what would be erased.")
@yes_option
@store_option
@common
@pass_session
def command(session: Session, person: str, dry_run: bool, is_sure: bool, store: str | None) -> None:
    """Forget a person in every context of a store, pictures and documents included: show what is
    known of them in numbers, ask, and erase it. Orders keep their goods and amounts, and late
    deliveries do not bring the person back. It cannot be undone. `-` reads the
    person from standard input.

    \b
    backshop erase shopper@example.com --store woocommerce --dry-run
    backshop erase "+1 555 010 0123" --store woocommerce
    """  # fmt: skip
    named = session.one_store(store)
    path = f"/connectors/{named['store_id']}/erasures"
    who: dict[str, Any] = dict(people.asked(person))
    with session.waiting("reading every context"):
        found = session.api.post(path, {**who, "dry_run": True})
    if not found["total"]:
        raise NothingFound(f"{named['name']} knows nothing of this person")
    if dry_run:
        session.answer(found, lambda: people.tell(found))
        return
    if not session.is_json:
        people.tell(found)
    sure(f"Erase this person from {named['name']}? It cannot be undone.", is_sure)
    with session.waiting("erasing"):
        done = session.api.post(path, {**who, "dry_run": False})
    session.answer(done, lambda: click.echo(f"\nerased from {named['name']}"))
