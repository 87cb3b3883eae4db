"""A real Vendure 3.7.3 with our plugin, on the tests' own Postgres, and a shop to fill it with.

`running` starts one; `Shop` sells: whatever a test wants of a checkout goes through the Shop API,
as a storefront would, and whatever staff do through the Admin API.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from psycopg import sql

from local import postgres

PLUGIN = Path(__file__).parents[2] / "integrations" / "vendure"
STARTS_WITHIN = 180.0
Json = dict[str, Any]


class VendureError(AssertionError):
    """Vendure answered `errors`."""


def missing() -> str | None:
    """What a real Vendure lacks on this machine, as a sentence; None where everything is there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "node and npm are not installed"
    if not (PLUGIN / "node_modules/@vendure/core").is_dir():
        return "Vendure's packages are not there: run `make setup-vendure`"
    return None


def build() -> None:
    """The plugin as it would be packed."""
    subprocess.run(["npm", "run", "--silent", "build"], cwd=PLUGIN, check=True)


@dataclass
class Client:
    """One session at one of the two APIs."""

    url: str
    channel: str | None = None
    token: str | None = None
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))

    def ask(self, query: str, **variables: Any) -> Json:
        """The `data` of the answer. Raises VendureError where there are errors."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if self.channel:
            headers["vendure-token"] = self.channel
        answer = self.http.post(
            self.url, json={"query": query, "variables": variables}, headers=headers
        )
        self.token = answer.headers.get("vendure-auth-token") or self.token
        body = answer.json()
        if body.get("errors"):
            raise VendureError(body["errors"][0]["message"])
        data: Json = body["data"]
        return data

    def do(self, mutation: str, **variables: Any) -> Json:
        """One mutation written as `name(arguments){selection}`; its own part of the answer. Raises
        VendureError where it is one of Vendure's typed refusals."""
        declared = "".join(f"${name}:{kind}" for name, (kind, _) in variables.items())
        head = f"mutation({declared})" if declared else "mutation"
        values = {name: value for name, (_, value) in variables.items()}
        [done] = self.ask(f"{head}{{{mutation}}}", **values).values()
        if isinstance(done, dict) and "errorCode" in done:
            raise VendureError(f"{done['errorCode']}: {done.get('message', '')}")
        return done if isinstance(done, dict) else {"value": done}


@dataclass
class Vendure:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def admin(self, username: str = "superadmin", password: str = "superadmin") -> Client:
        client = Client(f"{self.url}/admin-api")
        client.ask(
            "mutation($u:String!,$p:String!){login(username:$u,password:$p){__typename}}",
            u=username,
            p=password,
        )
        return client

    def shopper(self, channel: str | None = None) -> Client:
        return Client(f"{self.url}/shop-api", channel)


@contextlib.contextmanager
def running(server: postgres.Server, database: str, **settings: str) -> Iterator[Vendure]:
    """A Vendure on a new database of that server; `settings` are the environment of
    integrations/vendure/server (MONEY_PRECISION, LIST_LIMIT, TOKEN_METHOD)."""
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    where = urlsplit(server.superuser_url(database))
    port = _free_port()
    env = {
        **os.environ,
        "VENDURE_PORT": str(port),
        "PG_PORT": str(where.port),
        "PG_USER": where.username or "",
        "PG_PASSWORD": where.password or "",
        "PG_DATABASE": database,
        "VENDURE_DISABLE_TELEMETRY": "true",
        "TZ": "UTC",
        **settings,
    }
    process = subprocess.Popen(
        ["node", "server/index.js"],
        cwd=PLUGIN,
        env=env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _await(process)
        yield Vendure(port)
    finally:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
        process.kill()


def _await(process: subprocess.Popen[str]) -> None:
    """Until the server says that it is ready. Raises where it ended before."""
    assert process.stdout
    lines: list[str] = []
    until = time.monotonic() + STARTS_WITHIN
    for line in process.stdout:
        lines.append(line)
        if line.strip() == "READY":
            os.set_blocking(process.stdout.fileno(), False)
            return
        if time.monotonic() > until:
            break
    raise VendureError("Vendure did not start:\n" + "".join(lines[-30:]))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def _en(name: str, **more: str) -> str:
    rest = "".join(f',{key}:"{value}"' for key, value in more.items())
    return f'translations:[{{languageCode:en,name:"{name}"{rest}}}]'


def _arguments(**values: str) -> str:
    pairs = ",".join(f'{{name:"{name}",value:"{value}"}}' for name, value in values.items())
    return f"arguments:[{pairs}]"


def furnish(admin: Client, currency: str = "USD") -> None:
    """A shop that sells two variants of a mug in one country, with a flat shipping rate of 500 and
    ten per cent of tax, both in minor units of its currency."""
    code = "test-payment"
    for mutation in (
        f'createCountry(input:{{code:"US",enabled:true,{_en("United States")}}}){{id}}',
        'createZone(input:{name:"Z",memberIds:["1"]}){id}',
        f"""updateChannel(input:{{id:"1",defaultTaxZoneId:"1",defaultShippingZoneId:"1",
            defaultCurrencyCode:{currency},availableCurrencyCodes:[{currency}]}}){{__typename}}""",
        'createTaxCategory(input:{name:"Standard",isDefault:true}){id}',
        """createTaxRate(input:{name:"ten",enabled:true,value:10,categoryId:"1",zoneId:"1"}){id}""",
        f"""createPaymentMethod(input:{{code:"{code}",enabled:true,handler:{{code:"{code}",
            arguments:[]}},{_en("Test", description="")}}}){{id}}""",
        f"""createShippingMethod(input:{{code:"std",fulfillmentHandler:"manual-fulfillment",
            checker:{{code:"default-shipping-eligibility-checker",{_arguments(orderMinimum="0")}}},
            calculator:{{code:"default-shipping-calculator",
                {_arguments(rate="500", taxRate="0", includesTax="auto")}}},
            {_en("Standard", description="")}}}){{id}}""",
        f"createProduct(input:{{enabled:true,{_en('Mug', slug='mug', description='d')}}}){{id}}",
        f"""createProductOptionGroup(input:{{code:"size",translations:[{{languageCode:en,
            name:"Size"}}],options:[{{code:"s",{_en("S")}}},{{code:"l",{_en("L")}}}]}}){{id}}""",
        'addOptionGroupToProduct(productId:"1",optionGroupId:"1"){id}',
        f"""createProductVariants(input:[
            {{productId:"1",sku:"MUG-S",price:2000,optionIds:["1"],stockOnHand:1000,{_en("Mug S")}}},
            {{productId:"1",sku:"MUG-L",price:3000,optionIds:["2"],stockOnHand:1000,{_en("Mug L")}}}
            ]){{id}}""",
    ):
        admin.ask(f"mutation{{{mutation}}}")


def check_out(
    shopper: Client,
    email: str,
    phone: str,
    items: dict[str, int] | None = None,
    address_phone: str | None = None,
) -> Json:
    """A guest buys `items` (quantities by variant id) and pays at once; the placed order's `id`,
    `code` and `state`."""
    for variant, quantity in (items or {"1": 1}).items():
        shopper.do(
            f'addItemToOrder(productVariantId:"{variant}",quantity:{quantity})'
            "{...on Order{id} ...on ErrorResult{errorCode message}}"
        )
    shopper.do(
        f"""setCustomerForOrder(input:{{firstName:"Ada",lastName:"Buyer",emailAddress:"{email}",
            phoneNumber:"{phone}"}}){{...on Order{{id}} ...on ErrorResult{{errorCode message}}}}"""
    )
    of_address = f',phoneNumber:"{address_phone}"' if address_phone else ""
    shopper.do(
        f"""setOrderShippingAddress(input:{{fullName:"Ada Buyer",streetLine1:"1 Main St",
            city:"Springfield",countryCode:"US"{of_address}}})
            {{...on Order{{id}} ...on ErrorResult{{errorCode message}}}}"""
    )
    shopper.do(
        'setOrderShippingMethod(shippingMethodId:["1"])'
        "{...on Order{id} ...on ErrorResult{errorCode message}}"
    )
    shopper.do(
        'transitionOrderToState(state:"ArrangingPayment")'
        "{...on Order{id} ...on ErrorResult{errorCode message}}"
    )
    return shopper.do(
        'addPaymentToOrder(input:{method:"test-payment",metadata:{}})'
        "{...on Order{id code state} ...on ErrorResult{errorCode message}}"
    )
