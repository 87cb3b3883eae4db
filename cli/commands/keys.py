"""`backshop keys list`, `make` and `revoke`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli import show
from cli.errors import NothingFound
from cli.session import Session, common, pass_session, store_option, sure, yes_option


@click.group("keys", short_help="Keys of people and shops: list, make, revoke.")
def command() -> None:
    """Keys that open the API: a person's staff key, and a store's own."""


@command.command("list")
@click.option("--all", "with_revoked", is_flag=True, help="Those that were revoked, too.")
@common
@pass_session
def list_(session: Session, with_revoked: bool) -> None:
    """List staff keys, newest first; never the keys themselves.

    \b
    backshop keys list
    backshop keys list --all --json
    """
    found: list[dict[str, Any]] = session.invoke("staff_keys", {})["staff_keys"]
    items = [each for each in found if with_revoked or each["revoked_at"] is None]
    if not items:
        raise NothingFound("there is no staff key; `backshop keys make NAME` makes one")

    def tell() -> None:
        show.table(
            ("NAME", "MAY", "MADE", "REVOKED", "ID"),
            [
                (each["name"], " ".join(each["scopes"]), show.ago(each["created_at"]),
                 show.ago(each["revoked_at"]) if each["revoked_at"] else None, each["id"])
                for each in items
            ],
        )  # fmt: skip

    session.answer({"items": items}, tell)


@command.command("make")
@click.argument("name", required=False)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["staff", "store"]),
    help="What it may do; `store` alone is all but what is staff's (default: both).",
)
@click.option("--keep", is_flag=True, help="This command's own key from now on; not shown.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the key into a file for you alone; not shown.",
)
@store_option
@common
@pass_session
def make(
    session: Session,
    name: str | None,
    scopes: tuple[str, ...],
    keep: bool,
    to: Path | None,
    store: str | None,
) -> None:
    """Make a staff key for the person or program NAME, or with --store the store's own new key,
    which ends its former one within a minute. A key is shown this once: on standard output,
    unless it is kept.

    \b
    backshop keys make Alice --to alice.key
    backshop keys make operators --keep --stack prod     # stays in Secrets Manager
    backshop keys make --store woocommerce --to shop.key
    """  # fmt: skip
    if bool(name) == bool(store):
        raise click.UsageError("say whose: the NAME of a person or program, or --store")
    if store:
        named = session.store(store)
        made = session.api.patch(f"/connectors/{named['store_id']}", {"new_store_key": True})
        session.place.keep_store_key(named["store_id"], made["store_key"])
        result = {"id": named["store_id"], "name": named["name"], "key": made["store_key"]}
    else:
        event = {"name": name, **({"scopes": list(scopes)} if scopes else {})}
        made = session.invoke("staff_keys", event)
        result = {"id": made["id"], "name": name, "key": made["staff_key"]}
    _hand_over(session, result, keep and not store, to)


def _hand_over(session: Session, result: dict[str, Any], keep: bool, to: Path | None) -> None:
    key = result["key"]
    if keep:
        session.place.keep_key(key)
    if to is not None:
        to.touch(mode=0o600)
        to.chmod(0o600)
        to.write_text(f"{key}\n")
    if keep or to is not None:
        result = result | {"key": None}
        where = to or ("Secrets Manager" if not session.place.is_local else "the local stack")
        session.answer(result, lambda: click.echo(f"the key of {result['name']} is in {where}"))
    else:
        session.answer(result, lambda: click.echo(key))


@command.command("revoke")
@click.argument("id")
@yes_option
@common
@pass_session
def revoke(session: Session, id: str, is_sure: bool) -> None:
    """End a staff key, by its ID or, where only one has it, its name; and its sessions at the desk.
    It stops working within a minute.

    \b
    backshop keys revoke Alice
    """
    keys: list[dict[str, Any]] = session.invoke("staff_keys", {})["staff_keys"]
    found = [
        each for each in keys if each["revoked_at"] is None and id in (each["id"], each["name"])
    ]
    if not found:
        raise NothingFound(f"no key is called {id}; `backshop keys list` has names and ids")
    if len(found) > 1:
        raise NothingFound(f"{len(found)} keys are called {id}: say the id of one")
    sure(f"Revoke the key of {found[0]['name']}?", is_sure)
    result = session.invoke("staff_keys", {"revoke": found[0]["id"]})
    session.answer(result, lambda: click.echo(f"the key of {found[0]['name']} is revoked"))
