"""What is particular to backshop: its database and logins, its keys, and a demo shop a platform."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from local import postgres, recordings, shops, syncs
from local.aws import Aws
from local.console import console, done, say, step
from local.functions import summary
from local.shops import DemoShop, Wanted
from local.stack import Application, CannotStart, Ready, Settings, Stack, write_private
from shops.running import RunningShop

ADMIN_SECRET = "local/database-admin"
LOGINS = {
    "owner": "DatabaseOwnerSecret",
    "backshop_service": "DatabaseServiceSecret",
    "backshop_shopper": "DatabaseShopperSecret",
    "backshop_analyst": "DatabaseAnalystSecret",
}
"""Which of the template's secrets holds the login, by its name in stack.json."""

_ORDER = json.dumps({"email": "shopper@example.com"})
SETTLE_SECONDS = 5.0
"""How long readiness waits for the first sync of the demo shops."""


def application(wanted: Wanted) -> Application:
    """backshop, with demo shops that are filled as wanted when they are made."""

    def beside(settings: Settings) -> AbstractContextManager[list[DemoShop]]:
        return shops.started(settings.state / "shops", settings.port, wanted)

    return Application(parameters, prepare, beside)


def parameters(database: postgres.Server, aws: Aws, base_url: str) -> dict[str, str]:
    """The template's parameters: an empty database, the secret of its administrator, and where the
    demo shops send their webhooks to."""
    postgres.create_database(database, secrets.token_urlsafe(24))
    login = {"username": postgres.SUPERUSER, "password": database.password}
    manager = aws.client("secretsmanager")
    try:
        secret = manager.put_secret_value(SecretId=ADMIN_SECRET, SecretString=json.dumps(login))
    except manager.exceptions.ResourceNotFoundException:
        secret = manager.create_secret(Name=ADMIN_SECRET, SecretString=json.dumps(login))
    return {
        "DatabaseUrl": f"postgresql://127.0.0.1:{database.port}/{postgres.DATABASE}",
        "DatabaseAdminSecretArn": secret["ARN"],
        "PublicUrl": base_url,
        "LocalShops": "yes",
    }


async def prepare(stack: Stack) -> Ready:
    """Migrate, make a staff key where it is missing, connect the demo shops and start to sync them.

    Raises `UserError`.
    """
    with step("Migrations"):
        await _invoke(stack, "migrate", {})
    with step("Demo shops"):
        kept = _Kept(stack.settings.state / "keys.json")
        if "staff_key" not in kept.keys:
            made = await _invoke(stack, "staff_keys", {"name": "local"})
            kept.keep("staff_key", made["staff_key"])
        running = [await asyncio.to_thread(shop.running) for shop in stack.beside]
        async with _as_staff(stack, kept) as session:
            connectors = await _connectors(session, kept, stack.beside)
            urls = {name: _url(stack, secret) for name, secret in LOGINS.items()}
            firsts = await _begin_syncs(session, urls["owner"], connectors, stack.beside)
    about = {
        "base_url": stack.base_url,
        "database_urls": urls,
        "staff_key": kept.keys["staff_key"],
        "connectors": connectors,
    }
    return Ready(
        about,
        _lines(about, running, stack.settings.stack_file),
        partial(_settle, urls["owner"], firsts),
    )


async def _settle(database_url: str, firsts: dict[str, str]) -> None:
    """Show the first syncs at work; those that take long go on by themselves."""
    if not firsts:
        return
    begun = time.monotonic()
    if await syncs.follow(database_url, firsts, console=console, seconds=SETTLE_SECONDS):
        done("First sync of the demo shops", begun)
    else:
        say(
            "The first sync of the demo shops goes on while you work; "
            "`.venv/bin/python -m local sync woocommerce` waits for it."
        )


class _Kept:
    """Keys that are told only once, in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.keys: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, name: str, value: Any) -> None:
        self.keys[name] = value
        write_private(self._path, self.keys)


async def _invoke(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    answer = await stack.functions.invoke(function, json.dumps(event).encode())
    if answer.failed:
        log = stack.settings.logs / f"{function}.log"
        raise CannotStart(
            f"the function {function} failed: {summary(answer, 5000)}\n{log} has more"
        )
    return json.loads(answer.payload)


def _as_staff(stack: Stack, kept: _Kept) -> aiohttp.ClientSession:
    headers = {"Authorization": f"Bearer {kept.keys['staff_key']}"}
    return aiohttp.ClientSession(stack.base_url, headers=headers)


async def _connectors(
    session: aiohttp.ClientSession, kept: _Kept, demo_shops: list[DemoShop]
) -> list[dict[str, Any]]:
    listed = await _ask(session, "GET", "/connectors", 200)
    there = {each["id"]: each for each in listed["items"]}
    return [await _connector(session, kept, there, shop) for shop in demo_shops]


async def _connector(
    session: aiohttp.ClientSession, kept: _Kept, there: dict[str, Any], shop: DemoShop
) -> dict[str, Any]:
    """The demo shop of a platform as stack.json shows it, connected now if it was not before."""
    demo, platform = shop.demo, shop.demo.platform
    known = kept.keys.get(platform)
    access = _access(shop.running())
    if known is None or known["id"] not in there:
        wanted = {
            "platform": platform,
            "webhook_secret": demo.webhook_secret,
            "settings": demo.settings,
            **access,
        }
        made = await _ask(session, "POST", "/connectors", 201, json=wanted)
        known = {"id": made["id"], "store_key": made["store_key"]}
        kept.keep(platform, known)
    elif there[known["id"]]["store_url"] != access["store_url"]:
        await _ask(session, "PATCH", f"/connectors/{known['id']}", 200, json=access)
    return {
        "id": known["id"],
        "platform": platform,
        "webhook_path": f"/webhooks/{known['id']}",
        "webhook_secret": demo.webhook_secret,
        "store_key": known["store_key"],
    }


def _access(shop: RunningShop) -> dict[str, str]:
    """Where the shop is and what opens its API, in the words of POST /connectors."""
    given = shop.credentials
    if shop.platform == "vendure":
        given = {"api_key": given["username"], "secret": given["password"]}
    return {"store_url": shop.url, "api_key": given["api_key"], "secret": given["secret"]}


async def _begin_syncs(
    session: aiohttp.ClientSession,
    database_url: str,
    connectors: list[dict[str, Any]],
    demo_shops: list[DemoShop],
) -> dict[str, str]:
    """Sync every demo shop; the runs (id, platform) that read a new shop.

    A shop that was connected just now has its first sync begun. A kept shop is synced, too: a
    gateway with another port has to be told to it.
    """
    firsts = {}
    for connector, shop in zip(connectors, demo_shops, strict=True):
        begun = await syncs.open_run(database_url, connector["id"])
        run = str(begun[0]) if begun else await _begin_sync(session, connector, shop.is_new)
        if shop.is_new:
            firsts[run] = connector["platform"]
    return firsts


async def _begin_sync(
    session: aiohttp.ClientSession, connector: dict[str, Any], is_new: bool
) -> str:
    type = "full" if is_new else "incremental"
    status, answer = await syncs.start(session, connector["id"], type)
    if status != 202:
        raise CannotStart(f"the sync of {connector['platform']} answered {status}: {answer}")
    run: str = answer["id"]
    return run


async def _ask(
    session: aiohttp.ClientSession, method: str, path: str, expected: int, **request: Any
) -> Any:
    async with session.request(method, path, **request) as response:
        text = await response.text()
        if response.status != expected:
            raise CannotStart(f"{method} {path} answered {response.status}: {text[:500]}")
        return json.loads(text)


def _url(stack: Stack, secret: str) -> str:
    """The login that the secret holds, as migrate set it in the database."""
    arn = stack.resources.attribute(secret, "Ref")
    manager = stack.aws.client("secretsmanager")
    login = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    return stack.database.url(login["username"], quote(login["password"], safe=""))


def _lines(about: dict[str, Any], running: Sequence[RunningShop], file: Path) -> tuple[str, ...]:
    """What a newcomer can try next, as it stands."""
    base, staff_key = about["base_url"], about["staff_key"]
    [shop] = [each for each in about["connectors"] if each["platform"] == "woocommerce"]
    [woocommerce] = [each for each in running if each.platform == "woocommerce"]
    delivery = recordings.first_order()
    headers = " ".join(
        f"-H '{name}: {value}'"
        for name, value in delivery.headers.items()
        if name.startswith("X-WC-Webhook-") and name.endswith(("Topic", "Signature"))
    )
    return (
        "",
        f"[bold]backshop runs at {base}[/bold]   (Ctrl-C stops it; its keys are in {_short(file)})",
        "",
        "The shops that are connected:",
        f"  curl -s {base}/connectors -H 'Authorization: Bearer {staff_key}' -w '\\n'",
        "A recorded WooCommerce order, signed by the shop; it is in the tables a second later:",
        f"  curl -s {base}{shop['webhook_path']} {headers} -H 'Content-Type: application/json' "
        f"--data-binary @{delivery.path} -w '\\n'",
        "What one shop's own key sees:",
        f"  curl -s {base}/connectors/{shop['id']} -H 'Authorization: Bearer {shop['store_key']}' -w '\\n'",
        "",
        "An order placed at the demo shop of WooCommerce, which tells of it by webhook:",
        f"  curl -s {woocommerce.url}/_control/place_order -d '{_ORDER}' -w '\\n'",
        "",
        "The demo shops; docs/local.md says what else can happen there:",
        *(f"  {each.url}  {each.platform}" for each in running),
        "`make demo` replays all recorded deliveries and shows the rows.",
        "",
    )


def _short(path: Path) -> Path:
    """The path as seen from here, where it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
