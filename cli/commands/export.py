"""`backshop export`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli import people, show
from cli.errors import NothingFound, Unreachable
from cli.session import Session, common, pass_session, store_option


@click.command("export", short_help="Export what is known of a person, by e-mail or phone.")
@people.person_argument
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write everything into a file for you alone (default: only count it).",
)
@store_option
@common
@pass_session
def command(session: Session, person: str, to: Path | None, store: str | None) -> None:
    """Show what a store knows of a person, in numbers, and with --to write all of it into a file as
    JSON. A phone is found however the shop writes it. `-` reads the person from standard input.

    \b
    backshop export shopper@example.com --store woocommerce
    backshop export "+1 555 010 0123" --store https://shop.example.com --to person.json
    """  # fmt: skip
    named = session.one_store(store)
    path = f"/connectors/{named['store_id']}/data-requests"
    body: dict[str, Any] = {**people.asked(person), "dry_run": to is None}
    with session.waiting("reading every context"):
        found = session.api.post(path, body)
    if not found["total"]:
        raise NothingFound(f"{named['name']} knows nothing of this person")
    if to is not None:
        _download(found["url"], to)
    result = show.without(found, "url") | {"file": str(to) if to else None}

    def tell() -> None:
        people.tell(found)
        click.echo(f"\n{to} has it all" if to else "\n--to FILE writes all of it into a file")

    session.answer(result, tell)


def _download(url: str, to: Path) -> None:
    import urllib3

    try:
        answer = urllib3.request("GET", url, timeout=60)
    except urllib3.exceptions.HTTPError as error:
        raise Unreachable(
            f"the file cannot be fetched ({type(error).__name__}): try again"
        ) from error
    if answer.status != 200:
        raise Unreachable(f"the file cannot be fetched (S3 answered {answer.status}): try again")
    to.touch(mode=0o600)
    to.chmod(0o600)
    to.write_bytes(answer.data)
