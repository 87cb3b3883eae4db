"""`backshop connect`."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from cli import show
from cli.errors import Stopped
from cli.places import write_private
from cli.session import Session, common, pass_session

PLATFORMS = ("shopify", "woocommerce", "vendure")
ASKED = {
    "shopify": ("Admin API token, or the app's client id", "The app's client secret"),
    "woocommerce": ("Consumer key", "Consumer secret"),
    "vendure": ("API key, or an administrator's user name", "Password (- with an API key)"),
}
"""What a platform calls `api_key` and `secret`."""
VARIABLES = {"api_key": "BACKSHOP_API_KEY", "secret": "BACKSHOP_SECRET"}


@click.command("connect", short_help="Connect a shop, and check what its credentials open.")
@click.argument("platform", required=False, type=click.Choice(PLATFORMS))
@click.argument("url", required=False)
@click.option("--name", help="What staff see the shop as.")
@click.option("--currency", help="ISO 4217, where the shop does not say.")
@click.option("--time-zone", help="IANA, such as Europe/Berlin, where the shop does not say.")
@click.option("--channel", help="The token of a Vendure server's channel, where it has several.")
@click.option("--interval", type=click.IntRange(60, 86_400), help="Seconds between two syncs.")
@click.option("--check", "is_check", is_flag=True, help="Only check; nothing is stored.")
@click.option("--anyway", is_flag=True, help="Connect though something may not be read.")
@click.option(
    "--to",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the store key and webhook secret, which are told this once, into a file.",
)
@common
@pass_session
def command(
    session: Session,
    platform: str | None,
    url: str | None,
    name: str | None,
    currency: str | None,
    time_zone: str | None,
    channel: str | None,
    interval: int | None,
    is_check: bool,
    anyway: bool,
    to: Path | None,
) -> None:
    """Connect the shop of PLATFORM at URL: ask for what is missing, check what its credentials
    open, and begin its first sync, which subscribes its webhooks. Secrets are asked for without an
    echo, or taken from BACKSHOP_API_KEY and BACKSHOP_SECRET; they are no options, which others see.

    \b
    backshop connect
    backshop connect woocommerce https://shop.example.com --check
    backshop connect vendure https://vendure.example.com --channel west --to west.json
    """  # fmt: skip
    platform = platform or _ask("platform", "PLATFORM", type=click.Choice(PLATFORMS))
    url = url or _ask("address of the shop (https://…)", "URL")
    settings = {"currency": currency, "time_zone": time_zone, "channel": channel}
    body = {
        "platform": platform,
        "store_url": url,
        **secrets_of(platform),
        **({"name": name} if name else {}),
        **({"sync_interval": interval} if interval else {}),
        "settings": {key: value for key, value in settings.items() if value},
    }
    with session.waiting("asking the shop"):
        checked = session.api.post("/connectors/check", body)
    if is_check or not (checked["ok"] or anyway):
        session.answer(checked, lambda: _tell_check(checked))
        if not checked["ok"]:
            raise Stopped("the shop lacks something: mend it, or connect with --anyway")
        return
    with session.waiting("connecting"):
        made = session.api.post("/connectors", body, key=str(uuid4()))
    once = {key: made[key] for key in ("store_key", "webhook_secret") if made.get(key)}
    if to is not None:
        write_private(to, {"id": made["id"], **once})
    result = show.without(made, "store_key", "webhook_secret") | {"checks": checked["checks"]}
    session.answer(result, lambda: _tell(made, checked, to))


def _ask(what: str, argument: str, **how: Any) -> str:
    """Raises a usage error where nobody can be asked."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"say {argument}: nobody can be asked here")
    return str(click.prompt(f"The {what}", err=True, **how))


def secrets_of(platform: str) -> dict[str, str]:
    """From the environment, or typed unseen; Vendure's webhook secret may be given, too."""
    found = {}
    for (field, variable), label in zip(VARIABLES.items(), ASKED[platform], strict=True):
        value = os.environ.get(variable)
        if not value:
            if not sys.stdin.isatty():
                raise click.UsageError(f"set {variable} ({label}): nobody can be asked here")
            value = click.prompt(label, hide_input=True, err=True)
        found[field] = str(value).strip()
    if value := os.environ.get("BACKSHOP_WEBHOOK_SECRET"):
        found["webhook_secret"] = value
    return found


def _tell_check(checked: Mapping[str, Any]) -> None:
    for each in checked["checks"]:
        problem = f": {show.masked(each['problem'])}" if each["problem"] else ""
        click.echo(f"{'ok' if each['ok'] else 'no'}  {each['what']}{problem}")


def _tell(made: Mapping[str, Any], checked: Mapping[str, Any], to: Path | None) -> None:
    _tell_check(checked)
    click.echo(f"\nconnected {made['store_url']} as {made['id']}; its first sync has begun")
    for problem in made["problems"]:
        click.echo(f"problem: {show.masked(problem)}")
    if to is not None:
        click.echo(f"its store key is in {to}")
    else:
        click.echo(
            f"its store key was not kept; `backshop keys make --store {made['id']}` makes one"
        )
    if made.get("webhook_secret") and made["platform"] == "vendure" and to is None:
        click.echo(
            "its webhook secret was not kept: give one in BACKSHOP_WEBHOOK_SECRET, or set a new one "
            f"with `backshop rotate webhook --store {made['id']} --to FILE`"
        )
