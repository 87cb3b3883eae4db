"""`backshop rotate`."""

from __future__ import annotations

import json
import secrets
import string
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from cli import show
from cli.commands.connect import secrets_of
from cli.places import SECRET, write_private
from cli.session import Session, common, pass_session, store_option, sure, yes_option

LOGINS = ["owner", "service", "receive", "staff", "storefront", "try-on", "shopper", "analyst"]
"""Of the database; `migrate` sets their passwords."""
KEYS = {"capability": "CapabilitySecret", "token": "TokenSecret", "keys": "KeySecret"}
OF_A_STORE = ("webhook", "credentials")
MEANWHILE = {
    "capability": "Reads of shoppers and analysts fail for up to five minutes.",
    "token": "Tokens of the former value are honoured on for a while.",
    "keys": "EVERY key ends within five minutes, staff's and stores'; this command makes itself a new one.",
    "webhook": "Deliveries signed with the former secret are accepted for a day.",
    "credentials": "The shop is asked first; nothing changes where it refuses them.",
}


@click.command("rotate", short_help="Change a secret: a login, a signing key, a shop's.")
@click.argument(
    "what",
    metavar="SECRET",
    type=click.Choice(["logins", *LOGINS, *KEYS, *OF_A_STORE]),
)
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write a shop's new webhook secret into a file for you alone.",
)
@yes_option
@store_option
@common
@pass_session
def command(session: Session, what: str, to: Path | None, is_sure: bool, store: str | None) -> None:
    """Give a SECRET a new value, which nobody sees: a login of the database (owner, service,
    receive, staff, storefront, try-on, shopper, analyst, or all as logins), what signs (capability,
    token, keys), or with --store a shop's: webhook, credentials.

    \b
    backshop rotate logins --stack prod
    backshop rotate token
    backshop rotate webhook --store vendure --to webhook.json
    backshop rotate credentials --store https://shop.example.com
    """  # fmt: skip
    if what in OF_A_STORE:
        if store is None:
            raise click.UsageError(f"say whose {what} with --store")
        named = session.store(store)
        _confirm(session, f"{what} of {named['name']}", what, is_sure)
        _of_store(session, named, what, to)
    else:
        _confirm(session, what, what, is_sure)
        _of_stack(session, what)
    result = {"rotated": what, "store_id": named["store_id"] if what in OF_A_STORE else None}
    session.answer(result, lambda: click.echo(_told(what, to)))


def _told(what: str, to: Path | None) -> str:
    """What was done, and where the new value is, if it is anywhere to be read."""
    return f"{what}: rotated" + (
        f"; the new secret is in {to}" if to and what in OF_A_STORE else ""
    )


def _confirm(session: Session, name: str, what: str, is_sure: bool) -> None:
    meanwhile = MEANWHILE.get(what, "A function that is refused reads its login anew.")
    sure(f"{meanwhile} Rotate {name} of {session.place.name}?", is_sure)


def _of_stack(session: Session, what: str) -> None:
    place = session.place
    manager = place.client("secretsmanager")
    former = session.invoke("staff_keys", {})["staff_keys"] if what == "keys" else []
    wanted = LOGINS if what == "logins" else [what]
    with session.waiting("changing secrets"):
        for each in wanted:
            name = KEYS.get(each) or _logical(each)
            arn = place.of_type(SECRET)[name]
            value = _password(64)
            if each in LOGINS:
                before = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
                value = json.dumps(before | {"password": _password(40)})
            manager.put_secret_value(SecretId=arn, SecretString=value)
    if what not in ("token", "keys"):
        session.invoke("migrate", {})
        place.renew_urls()
    if what == "keys":
        _renew_key(session, former)


def _renew_key(session: Session, former: Sequence[Mapping[str, Any]]) -> None:
    """Give this command a key of the new secret, and revoke the `former` ones, which are dead
    anyway: so `backshop keys list` shows those that open something."""
    made = session.invoke("staff_keys", {"name": "operators"})
    session.place.keep_key(made["staff_key"])
    for key in former:
        if key["revoked_at"] is None:
            session.invoke("staff_keys", {"revoke": key["id"]})


def _logical(login: str) -> str:
    return f"Database{''.join(part.capitalize() for part in login.split('-'))}Secret"


def _password(length: int) -> str:
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(length))


def _of_store(session: Session, store: Mapping[str, Any], what: str, to: Path | None) -> None:
    path = f"/connectors/{store['store_id']}"
    if what == "webhook":
        value = secrets.token_urlsafe(32)
        if to is None:
            raise click.UsageError("say --to FILE: the shop has to be given the new secret")
        write_private(to, {"id": store["store_id"], "webhook_secret": value})
        body = {"webhook_secret": value}
    else:
        body = secrets_of(str(store["platform"]))
    with session.waiting("asking the shop"):
        answer = session.api.patch(path, body)
    for problem in answer["problems"]:
        click.echo(f"problem: {show.masked(problem)}", err=True)
