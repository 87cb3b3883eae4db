"""What is particular to backshop: its database and logins, its keys, and a demo shop a platform."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import time
from collections.abc import Sequence
from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from rich.console import Console

from local import containers, postgres, recordings, shade_shop, shops, syncs, tile_shop
from local.aws import Aws
from local.console import console, done, say, step
from local.functions import summary
from local.shops import DemoShop, Wanted
from local.stack import HOST, Application, CannotStart, Ready, Settings, Stack, write_private
from shops.running import RunningShop

ADMIN_SECRET = "local/database-admin"
LOGINS = {
    "owner": "DatabaseOwnerSecret",
    "backshop_service": "DatabaseServiceSecret",
    "backshop_shopper": "DatabaseShopperSecret",
    "backshop_analyst": "DatabaseAnalystSecret",
}
"""Which of the template's secrets holds the login, by its name in stack.json: those that people
look with, not those of single functions."""

_OPEN = "open" if sys.platform == "darwin" else "xdg-open"
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
        if bridge := stack.settings.bridge:
            await containers.listen(bridge, [int(each.url.rpartition(":")[2]) for each in running])
        async with _as_staff(stack, kept) as session:
            connectors = await _connectors(session, kept, stack.beside, stack.settings.bridge)
            urls = {name: _url(stack, secret) for name, secret in LOGINS.items()}
            firsts = await _begin_syncs(session, urls["owner"], connectors, stack.beside)
            quote = await _quote_of_tile_shop(stack, session, kept)
    about = {
        "base_url": stack.base_url,
        "database_urls": urls,
        "staff_key": kept.keys["staff_key"],
        "connectors": connectors,
    }
    return Ready(
        about,
        _variables(about, running, kept.keys["tile_shop"]),
        _lines(about, quote, stack.settings.env_file),
        partial(_settle, urls["owner"], firsts),
        partial(_dress_shade_shop, stack, kept, urls["owner"], firsts),
    )


async def _quote_of_tile_shop(stack: Stack, session: aiohttp.ClientSession, kept: _Kept) -> str:
    """The token of the quote that the demo tile shop sent; the shop is made if it is missing."""
    stack.aws.client("ses").verify_email_identity(EmailAddress=tile_shop.STORE["email"])
    if "tile_shop" not in kept.keys:
        async with AsyncExitStack() as sessions:

            async def with_key(key: str) -> tile_shop.Ask:
                headers = {"Authorization": f"Bearer {key}"}
                opened = aiohttp.ClientSession(stack.base_url, headers=headers)
                return partial(_ask, await sessions.enter_async_context(opened))

            kept.keep("tile_shop", await tile_shop.made(partial(_ask, session), with_key))
    token: str = kept.keys["tile_shop"]["token"]
    return token


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
            "`.venv/bin/backshop sync --store woocommerce` waits for it."
        )


async def _dress_shade_shop(
    stack: Stack, kept: _Kept, database_url: str, firsts: dict[str, str]
) -> None:
    """Once, when the shop's products are there."""
    stack.aws.client("ses").verify_email_identity(EmailAddress=shade_shop.SETTINGS["sender"])
    if "shade_shop" in kept.keys:
        return
    await syncs.follow(database_url, firsts, console=Console(quiet=True))
    async with _as_staff(stack, kept) as session:
        if await shade_shop.dressed(partial(_ask, session), kept.keys["shopify"]["id"]):
            kept.keep("shade_shop", True)


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
    session: aiohttp.ClientSession, kept: _Kept, demo_shops: list[DemoShop], bridge: str | None
) -> list[dict[str, Any]]:
    listed = await _ask(session, "GET", "/connectors", 200)
    there = {each["id"]: each for each in listed["items"]}
    return [await _connector(session, kept, there, shop, bridge) for shop in demo_shops]


async def _connector(
    session: aiohttp.ClientSession,
    kept: _Kept,
    there: dict[str, Any],
    shop: DemoShop,
    bridge: str | None,
) -> dict[str, Any]:
    """The demo shop of a platform as stack.json shows it, connected now if it was not before."""
    demo, platform = shop.demo, shop.demo.platform
    known = kept.keys.get(platform)
    access = _access(shop.running(), bridge)
    if known is None or known["id"] not in there:
        wanted = {
            "platform": platform,
            "name": demo.name,
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


def _access(shop: RunningShop, bridge: str | None) -> dict[str, str]:
    """Where the shop is (for containers, too, where they are to reach it) and what opens its API,
    in the words of POST /connectors."""
    credentials = shop.credentials
    if shop.platform == "vendure":
        credentials = {"api_key": credentials["username"], "secret": credentials["password"]}
    url = shop.url.replace(HOST, bridge) if bridge else shop.url
    return {"store_url": url, "api_key": credentials["api_key"], "secret": credentials["secret"]}


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


def _variables(
    about: dict[str, Any], running: Sequence[RunningShop], tile_shop: dict[str, Any]
) -> dict[str, str]:
    """The keys for a shell; each demo shop's connector, store key and address by its platform."""
    of_shops = {"TILES": tile_shop["id"], "TILES_KEY": tile_shop["store_key"]}
    for shop in about["connectors"]:
        name = shop["platform"].upper()
        of_shops |= {name: shop["id"], f"{name}_KEY": shop["store_key"]}
    addresses = {f"{each.platform.upper()}_URL": each.url for each in running}
    return {
        "STAFF_KEY": about["staff_key"],
        **of_shops,
        **addresses,
        "QUOTE": tile_shop["token"],
    }


def _lines(about: dict[str, Any], quote: str, file: Path) -> tuple[str, ...]:
    """What a newcomer can try next, as it stands, in a shell that has read the file."""
    base = about["base_url"]
    shops = {each["platform"]: each for each in about["connectors"]}
    shop, shopify = shops["woocommerce"], shops["shopify"]
    delivery = recordings.first_order()
    headers = " ".join(
        f"-H '{name}: {value}'"
        for name, value in delivery.headers.items()
        if name.startswith("X-WC-Webhook-") and name.endswith(("Topic", "Signature"))
    )
    return (
        "",
        f"[bold]backshop runs at {base}[/bold]   (Ctrl-C stops it)",
        "",
        f"  {base}/desk   where staff work; `. {_short(file)}; echo $STAFF_KEY` "
        "prints the key that signs in",
        f"  {base}/try-on?skus={shade_shop.SKU}&store_id={shopify['id']}   a product on your own face",
        f"  {base}/track   what a shopper sees: the code of any number is at {base}/local/sms",
        f"  {base}/docs   every route, to read and to try",
        f"  {base}/quote/{quote}   the quote of a tile shop, as its customer sees it",
        f"  {_OPEN} {base}/quotes/{quote}/pdf",
        "",
        "In a second terminal, the addresses and keys that the lines below use:",
        f"  . {_short(file)}",
        "The shops that are connected:",
        "  curl -s $BACKSHOP/connectors -H \"Authorization: Bearer $STAFF_KEY\" -w '\\n'",
        "A recorded WooCommerce order, signed by the shop; it is in the tables a second later:",
        f"  curl -s $BACKSHOP{shop['webhook_path']} {headers} -H 'Content-Type: application/json' "
        f"--data-binary @{_short(delivery.path)} -w '\\n'",
        "What one shop's own key sees:",
        "  curl -s $BACKSHOP/connectors/$WOOCOMMERCE "
        "-H \"Authorization: Bearer $WOOCOMMERCE_KEY\" -w '\\n'",
        "An order placed at the demo shop of WooCommerce, which tells of it by webhook:",
        f"  curl -s $WOOCOMMERCE_URL/_control/place_order -d '{_ORDER}' -w '\\n'",
        "",
        "What else can happen at the demo shops: docs/local.md",
        "`make demo` replays all recorded deliveries and shows the rows.",
        "",
    )


def _short(path: Path) -> Path:
    """The path as seen from here, where it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
