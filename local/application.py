"""What is particular to backshop: its database and logins, its keys, and a demo shop a platform."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp

from local import postgres, recordings
from local.aws import Aws
from local.console import step
from local.functions import summary
from local.stack import Application, CannotStart, Ready, Stack, write_private

ADMIN_SECRET = "local/database-admin"
LOGINS = {
    "owner": "DatabaseOwnerSecret",
    "backshop_service": "DatabaseServiceSecret",
    "backshop_shopper": "DatabaseShopperSecret",
    "backshop_analyst": "DatabaseAnalystSecret",
}
"""Which of the template's secrets holds the login, by its name in stack.json."""

DEMO_SHOPS: tuple[dict[str, Any], ...] = (
    {
        "platform": "shopify",
        "store_url": "https://shopify.example.com",
        "webhook_secret": "demo-shopify-secret",
        "settings": {"currency": "USD", "time_zone": "America/New_York"},
    },
    {
        "platform": "woocommerce",
        "store_url": "https://woocommerce.example.com",
        # The recorded deliveries are signed with it.
        "webhook_secret": recordings.WOOCOMMERCE_SECRET,
        "settings": {"currency": "USD", "time_zone": "America/New_York"},
    },
    {
        "platform": "vendure",
        "store_url": "https://vendure.example.com",
        "webhook_secret": "demo-vendure-secret",
        "settings": {"currency": "USD", "time_zone": "Asia/Colombo"},
    },
)


def parameters(database: postgres.Server, aws: Aws) -> dict[str, str]:
    """The template's parameters: an empty database, and the secret of its administrator."""
    postgres.create_database(database, secrets.token_urlsafe(24))
    login = {"username": postgres.SUPERUSER, "password": database.password}
    manager = aws.client("secretsmanager")
    try:
        said = manager.put_secret_value(SecretId=ADMIN_SECRET, SecretString=json.dumps(login))
    except manager.exceptions.ResourceNotFoundException:
        said = manager.create_secret(Name=ADMIN_SECRET, SecretString=json.dumps(login))
    return {
        "DatabaseUrl": f"postgresql://127.0.0.1:{database.port}/{postgres.DATABASE}",
        "DatabaseAdminSecretArn": said["ARN"],
    }


async def prepare(stack: Stack) -> Ready:
    """Migrate, make a staff key and the demo shops where they are missing. Raises `CannotStart`."""
    with step("Migrations"):
        await _invoke(stack, "migrate", {})
    with step("Demo shops"):
        kept = _Kept(stack.settings.state / "keys.json")
        if "staff_key" not in kept.said:
            made = await _invoke(stack, "staff_keys", {"name": "local"})
            kept.keep("staff_key", made["staff_key"])
        connectors = await _connectors(stack, kept)
    about = {
        "base_url": stack.base_url,
        "database_urls": {name: _url(stack, secret) for name, secret in LOGINS.items()},
        "staff_key": kept.said["staff_key"],
        "connectors": connectors,
    }
    return Ready(about, _lines(about, stack.settings.stack_file))


APPLICATION = Application(parameters, prepare)


class _Kept:
    """Keys that are told only once, in a file of their own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.said: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}

    def keep(self, name: str, value: Any) -> None:
        self.said[name] = value
        write_private(self._path, self.said)


async def _invoke(stack: Stack, function: str, event: dict[str, Any]) -> Any:
    answer = await stack.functions.invoke(function, json.dumps(event).encode())
    if answer.failed:
        log = stack.settings.logs / f"{function}.log"
        raise CannotStart(
            f"the function {function} failed: {summary(answer, 5000)}\n{log} has more"
        )
    return json.loads(answer.payload)


async def _connectors(stack: Stack, kept: _Kept) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {kept.said['staff_key']}"}
    async with aiohttp.ClientSession(stack.base_url, headers=headers) as session:
        listed = await _ask(session, "GET", "/connectors", 200)
        there = {each["id"]: each for each in listed["connectors"]}
        return [await _connector(session, kept, there, shop) for shop in DEMO_SHOPS]


async def _connector(
    session: aiohttp.ClientSession, kept: _Kept, there: dict[str, Any], shop: dict[str, Any]
) -> dict[str, Any]:
    """The demo shop of a platform as stack.json shows it, connected now if it was not before."""
    platform = shop["platform"]
    known = kept.said.get(platform)
    if known is None or known["id"] not in there:
        wanted = {**shop, "api_key": "demo-api-key", "secret": shop["webhook_secret"]}
        made = await _ask(session, "POST", "/connectors", 201, json=wanted)
        known = {"id": made["id"], "store_key": made["store_key"]}
        kept.keep(platform, known)
    return {
        "id": known["id"],
        "platform": platform,
        "webhook_path": f"/webhooks/{known['id']}",
        "webhook_secret": shop["webhook_secret"],
        "store_key": known["store_key"],
    }


async def _ask(
    session: aiohttp.ClientSession, method: str, path: str, expected: int, **request: Any
) -> Any:
    async with session.request(method, path, **request) as response:
        said = await response.text()
        if response.status != expected:
            raise CannotStart(f"{method} {path} answered {response.status}: {said[:500]}")
        return json.loads(said)


def _url(stack: Stack, secret: str) -> str:
    """The login that the secret holds, as migrate set it in the database."""
    arn = stack.resources.attribute(secret, "Ref")
    manager = stack.aws.client("secretsmanager")
    login = json.loads(manager.get_secret_value(SecretId=arn)["SecretString"])
    return stack.database.url(login["username"], quote(login["password"], safe=""))


def _lines(about: dict[str, Any], file: Path) -> tuple[str, ...]:
    """What a newcomer can try next, as it stands."""
    base, staff_key = about["base_url"], about["staff_key"]
    [shop] = [each for each in about["connectors"] if each["platform"] == "woocommerce"]
    delivery = recordings.first_order()
    headers = " ".join(
        f"-H '{name}: {said}'"
        for name, said in delivery.headers.items()
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
        "`make demo` replays all recorded deliveries and shows the rows.",
        "",
    )


def _short(path: Path) -> Path:
    """The path as seen from here, where it is below."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
