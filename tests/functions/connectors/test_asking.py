"""Connecting asks the shop: what it refuses or lacks is said at once and with the remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from backshop import db
from backshop.outgoing import transport
from backshop.platforms.shopify.subscribing import SCOPES
from backshop.platforms.vendure.subscribing import PERMISSIONS
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from shops.running import RunningShop, running

Connect = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[[str], RunningShop]]:
    started: dict[str, Any] = {}

    def get(platform: str) -> RunningShop:
        if platform not in started:
            holder = running(platform, orders=3, products=3)
            started[platform] = (holder, holder.__enter__())
        shop: RunningShop = started[platform][1]
        return shop

    yield get
    for holder, _ in started.values():
        holder.__exit__(None, None, None)


@pytest.fixture(scope="module")
def woo(servers: Callable[[str], RunningShop]) -> RunningShop:
    return servers("woocommerce")


@pytest.fixture
def connect(load: Any, event: Any, context: Any, monkeypatch: pytest.MonkeyPatch) -> Connect:
    """Connects a running shop: each time below another path, so that it is another store."""
    monkeypatch.setenv("LOCAL_SHOPS", "yes")
    function = load("connectors")

    def connected(shop: RunningShop, path: str = "", **changes: Any) -> tuple[int, dict[str, Any]]:
        given = shop.credentials
        request = event("connectors/create")
        body = {
            "platform": shop.platform,
            "store_url": shop.url + path,
            "api_key": given["api_key"],
            "secret": given.get("secret") or "none",
        }
        request["body"] = json.dumps(body | changes)
        answer = function.handler(request, context)
        made = json.loads(answer["body"])
        if answer["statusCode"] == 201:
            _forget(UUID(made["id"]))
        return answer["statusCode"], made

    def _forget(id: UUID) -> None:
        """So that the same shop can be connected again."""
        with db.transaction(store_id=id) as tx:
            for table in ("backshop.stores", "insights.stores"):
                query = f"UPDATE {table} SET store_url = store_url || '/' || %s"
                tx.execute(query.encode(), (str(uuid4()),))

    return connected


@pytest.mark.parametrize("platform", ["woocommerce", "shopify", "vendure"])
def test_a_shop_that_lacks_nothing_is_connected_without_a_word(
    connect: Connect, servers: Callable[[str], RunningShop], platform: str
) -> None:
    status, made = connect(servers(platform))
    assert (status, made.get("problems")) == (201, []), made


@pytest.mark.parametrize("platform", ["woocommerce", "shopify", "vendure"])
def test_wrong_credentials_are_refused_and_nothing_is_made(
    connect: Connect, servers: Callable[[str], RunningShop], platform: str, owner: Any
) -> None:
    before = owner.execute("SELECT count(*) AS n FROM backshop.stores").fetchone()
    status, problem = connect(servers(platform), api_key="someone", secret="something")
    assert (status, problem["type"].split("#")[1]) == (422, "shop-refuses")
    assert "refused" in problem["detail"]
    assert "something" not in json.dumps(problem)
    assert owner.execute("SELECT count(*) AS n FROM backshop.stores").fetchone() == before


@pytest.mark.parametrize("platform", ["shopify", "vendure"])
def test_an_address_without_the_platforms_api_is_named(
    connect: Connect, servers: Callable[[str], RunningShop], platform: str
) -> None:
    status, problem = connect(servers(platform), path="/elsewhere")
    assert (status, "at this address" in problem["detail"]) == (422, True), problem


@pytest.mark.parametrize("lacking", SCOPES)
def test_each_missing_scope_of_a_shopify_app_is_named(
    connect: Connect, servers: Callable[[str], RunningShop], lacking: str
) -> None:
    shop = servers("shopify")
    implied = lacking.replace("read_", "write_")
    given = [each for each in SCOPES if each not in (lacking, implied)]
    shop.control("settings", scopes=given)
    try:
        status, made = connect(shop)
    finally:
        shop.control("settings", scopes=list(SCOPES))
    assert status == 201
    assert f"scope {lacking}:" in " ".join(made["problems"])


@pytest.mark.parametrize("lacking", PERMISSIONS)
def test_each_missing_permission_of_a_vendure_role_is_named(
    connect: Connect, servers: Callable[[str], RunningShop], lacking: str
) -> None:
    shop = servers("vendure")
    key = _key_of_role(shop, [each for each in PERMISSIONS if each != lacking])
    status, made = connect(shop, api_key=key)
    assert status == 201
    [problem] = made["problems"]
    assert f"permission {lacking}:" in problem


def _key_of_role(shop: RunningShop, permissions: list[str]) -> str:
    def ask(query: str, given: dict[str, Any]) -> Any:
        headers = {"vendure-api-key": shop.credentials["api_key"]}
        body = {"query": query, "variables": {"in": given}}
        return httpx.post(f"{shop.url}/admin-api", json=body, headers=headers).json()["data"]

    role = {"code": uuid4().hex, "description": "", "permissions": permissions}
    made = ask("mutation($in: CreateRoleInput!) { createRole(input: $in) { id } }", role)
    key = {"roleIds": [made["createRole"]["id"]], "translations": []}
    answer = ask("mutation($in: CreateApiKeyInput!) { createApiKey(input: $in) { apiKey } }", key)
    return str(answer["createApiKey"]["apiKey"])


def _with(shop: RunningShop, connect: Connect, **settings: Any) -> tuple[int, dict[str, Any]]:
    """Connect the shop while it is set up so."""
    usual = {
        "permalinks": "pretty",
        "prints": "",
        "key_permissions": "read_write",
        "strips_authorization": False,
        "forbidden": [],
    }
    shop.control("settings", **settings)
    try:
        return connect(shop)
    finally:
        shop.control("settings", **usual)


def test_plain_permalinks_are_told_apart_from_a_wrong_address(
    connect: Connect, woo: RunningShop
) -> None:
    status, problem = _with(woo, connect, permalinks="plain")
    assert status == 422
    assert "Settings, Permalinks" in problem["detail"]
    status, problem = connect(woo, path="/blog")
    assert status == 422
    assert "Permalinks" not in json.dumps(problem)


def test_a_read_only_key_is_said(connect: Connect, woo: RunningShop) -> None:
    status, made = _with(woo, connect, key_permissions="read")
    assert status == 201
    assert "read-only" in " ".join(made["problems"])


@pytest.mark.parametrize("what", ["customers", "coupons", "products", "webhooks"])
def test_what_the_user_of_a_key_may_not_read_is_said(
    connect: Connect, woo: RunningShop, what: str
) -> None:
    status, made = _with(woo, connect, forbidden=[what])
    assert status == 201
    [problem] = made["problems"]
    assert f"may not read {what}" in problem


def test_a_user_who_may_not_read_orders_is_refused_in_words(
    connect: Connect, woo: RunningShop
) -> None:
    status, problem = _with(woo, connect, forbidden=["orders"])
    assert status == 422
    assert "may not read orders" in problem["detail"]


@pytest.mark.parametrize(
    ("prints", "word"),
    [
        ("\ufeff", "byte order mark"),
        ("\n\n", "blank lines"),
        ("<br />\n<b>Notice</b>: Undefined index in x.php on line 3<br />\n", "PHP notices"),
    ],
)
def test_what_a_shop_prints_before_its_json_is_said(
    connect: Connect, woo: RunningShop, prints: str, word: str
) -> None:
    status, made = _with(woo, connect, prints=prints)
    assert status == 201, made
    assert word in " ".join(made["problems"])


def test_a_shop_that_is_away_is_connected_and_said_to_be_away(
    connect: Connect, woo: RunningShop
) -> None:
    woo.faults({"503": 1.0}, retry_after=0)
    try:
        status, made = connect(woo)
    finally:
        woo.faults()
    assert status == 201
    assert "503" in made["problems"][0]


# ------------------------------------------------------------------------------- over TLS


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningShop, Path]]:
    """A shop with a certificate of its own making, and that certificate."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    shown = certificate.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "both.pem").write_bytes(shown + private)
    (folder / "shown.pem").write_bytes(shown)
    with running("woocommerce", orders=3, products=3, tls=folder / "both.pem") as shop:
        yield shop, folder / "shown.pem"


@pytest.fixture
def _trusted(secured: tuple[RunningShop, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if a public authority had signed the certificate."""
    monkeypatch.setenv("SSL_CERT_FILE", str(secured[1]))
    transport._tls.cache_clear()
    yield
    transport._tls.cache_clear()


def test_a_certificate_that_nobody_signed_is_said(
    connect: Connect, secured: tuple[RunningShop, Path]
) -> None:
    status, made = connect(secured[0])
    assert status == 201
    [problem] = made["problems"]
    assert "self-signed certificate" in problem
    assert "Let's Encrypt" in problem


@pytest.mark.usefixtures("_trusted")
def test_keys_go_as_basic_over_tls(connect: Connect, secured: tuple[RunningShop, Path]) -> None:
    status, made = connect(secured[0])
    assert (status, made.get("problems")) == (201, []), made


@pytest.mark.usefixtures("_trusted")
def test_a_host_that_strips_the_header_is_signed_to_instead(
    connect: Connect, secured: tuple[RunningShop, Path]
) -> None:
    status, made = _with(secured[0], connect, strips_authorization=True)
    assert status == 201, made
    [problem] = made["problems"]
    assert "strips the Authorization header" in problem
    assert "OAuth 1.0a" in problem


@pytest.mark.usefixtures("_trusted")
def test_a_wrong_key_is_no_stripped_header(
    connect: Connect, secured: tuple[RunningShop, Path]
) -> None:
    status, problem = connect(secured[0], secret="cs_wrong")
    assert (status, "Authorization" in problem["detail"]) == (422, False)
