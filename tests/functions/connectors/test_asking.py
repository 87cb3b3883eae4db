"""Connecting asks the shop: what it refuses or lacks is said at once and with the remedy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from backshop import db
from backshop.outgoing import transport
from backshop.platforms.shopify.subscribing import SCOPES
from backshop.platforms.vendure.subscribing import PERMISSIONS

from shops.running import RunningShop, running
from tests.certificates import certificate

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
        "answers_unknown": "404",
        "front": None,
        "closed": "",
        "prints_after": "",
        "prints_on": "",
        "taken_for_http": False,
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


@pytest.mark.parametrize("how", ["home", "redirect"])
def test_plain_permalinks_are_told_where_unknown_paths_lead_home(
    connect: Connect, woo: RunningShop, how: str
) -> None:
    """Hosts and themes that answer them with the home page, or send there."""
    status, problem = _with(woo, connect, permalinks="plain", answers_unknown=how)
    assert status == 422, problem
    assert "Settings, Permalinks" in problem["detail"]


@pytest.mark.parametrize(
    ("prints", "word"),
    [
        ("[29-Nov-2026 10:00:00 UTC] PHP Notice:  undefined x in y.php on line 3\n", "PHP notices"),
        ("{debug} a notice\n", "PHP notices"),
        ("\ufeff<br />\n<b>Warning</b>: x in y.php on line 3<br />\n", "PHP notices"),
    ],
)
def test_a_notice_that_begins_like_json_is_none(
    connect: Connect, woo: RunningShop, prints: str, word: str
) -> None:
    status, made = _with(woo, connect, prints=prints)
    assert status == 201, made
    assert f"prints {word} before its JSON" in " ".join(made["problems"])


@pytest.mark.parametrize(
    ("after", "word"),
    [
        (
            "\n<br />\n<b>Warning</b>: Unknown: write failed in Unknown on line 0<br />\n",
            "PHP notices",
        ),
        ("<!-- Page cached by a plugin -->", "text"),
        ("\n<script>count()</script>\n", "text"),
    ],
)
def test_what_is_printed_behind_the_json_is_said(
    connect: Connect, woo: RunningShop, after: str, word: str
) -> None:
    status, made = _with(woo, connect, prints_after=after)
    assert status == 201, made
    assert f"prints {word} after its JSON" in " ".join(made["problems"])


@pytest.mark.parametrize("path", ["/orders", "/system_status"])
def test_a_notice_of_one_path_alone_is_said(connect: Connect, woo: RunningShop, path: str) -> None:
    notice = "<b>Notice</b>: x in y.php on line 3<br />\n"
    status, made = _with(woo, connect, prints=notice, prints_on=f"{path}$")
    assert status == 201, made
    assert "PHP notices" in " ".join(made["problems"])


@pytest.mark.parametrize("platform", ["woocommerce", "vendure"])
@pytest.mark.parametrize(
    ("front", "said"),
    [
        ([401, 'Basic realm="Staging"'], "user name and password of its own"),
        ([403, ""], "firewall or security plugin"),
        ([406, ""], "firewall or security plugin"),
    ],
)
def test_what_stands_before_a_shop_is_not_taken_for_its_key(
    connect: Connect,
    servers: Callable[[str], RunningShop],
    platform: str,
    front: list[Any],
    said: str,
) -> None:
    shop = servers(platform)
    shop.control("settings", front=front)
    try:
        status, problem = connect(shop)
    finally:
        shop.control("settings", front=None)
    assert status == 422
    assert said in problem["detail"], problem
    assert "refused the key" not in problem["detail"]


@pytest.mark.parametrize("code", ["rest_not_logged_in", "rest_forbidden", "itsec_rest_api_access"])
def test_a_plugin_that_closes_the_rest_api_is_named(
    connect: Connect, woo: RunningShop, code: str
) -> None:
    status, problem = _with(woo, connect, closed=code)
    assert status == 422
    assert f"REST API closed ({code})" in problem["detail"]


def test_a_vendure_behind_a_proxy_that_strips_the_header_is_told(
    connect: Connect, servers: Callable[[str], RunningShop]
) -> None:
    """Its login works, and whatever follows is a stranger's."""
    shop = servers("vendure")
    shop.control("settings", strips_authorization=True)
    try:
        status, problem = connect(shop, api_key="superadmin", secret="superadmin")
    finally:
        shop.control("settings", strips_authorization=False)
    assert status == 422
    assert "strips the Authorization header" in problem["detail"]
    status, made = connect(shop, api_key="superadmin", secret="superadmin")
    assert (status, made.get("problems")) == (201, []), made


def test_a_vendure_that_forgot_our_session_is_signed_in_to_anew(
    connect: Connect, servers: Callable[[str], RunningShop]
) -> None:
    shop = servers("vendure")
    for _ in range(2):
        status, made = connect(shop, api_key="superadmin", secret="superadmin")
        assert (status, made.get("problems")) == (201, []), made
        shop.control("settings", forget_tokens=True)


def test_an_api_key_that_vendure_does_not_know_is_refused(
    connect: Connect, servers: Callable[[str], RunningShop]
) -> None:
    status, problem = connect(servers("vendure"), api_key="some:key")
    assert status == 422
    assert "refused the API key" in problem["detail"]


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
    shown, both = certificate(tmp_path_factory.mktemp("tls"))
    with running("woocommerce", orders=3, products=3, tls=both) as shop:
        yield shop, shown


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
@pytest.mark.parametrize("strips", [True, False])
def test_a_proxy_that_ends_tls_is_signed_to_and_named(
    connect: Connect, secured: tuple[RunningShop, Path], strips: bool
) -> None:
    status, made = _with(secured[0], connect, taken_for_http=True, strips_authorization=strips)
    assert status == 201, made
    [problem] = made["problems"]
    assert "WordPress does not know that it is reached over TLS" in problem
    assert "wp-config.php" in problem


@pytest.mark.usefixtures("_trusted")
def test_a_read_only_key_at_a_host_that_strips_the_header(
    connect: Connect, secured: tuple[RunningShop, Path]
) -> None:
    status, made = _with(secured[0], connect, strips_authorization=True, key_permissions="read")
    assert status == 201, made
    said = " ".join(made["problems"])
    assert "strips the Authorization header" in said
    assert "read-only" in said


def test_plain_http_at_an_https_address_is_said(connect: Connect, woo: RunningShop) -> None:
    status, made = connect(woo, store_url=woo.url.replace("http://", "https://"))
    assert status == 201, made
    [problem] = made["problems"]
    assert "speaks no TLS" in problem
    assert "HTTPS" in problem


@pytest.mark.parametrize(
    ("given", "reason", "remedy"),
    [
        ({"ends_in": -1}, "expired", "renew it"),
        ({"begins_in": 1}, "not yet valid", "from a later day"),
        ({"names": ["other.example.com"]}, "mismatch", "set store_url"),
    ],
)
@pytest.mark.parametrize("platform", ["woocommerce", "vendure"])
def test_each_fault_of_a_certificate_has_a_remedy_of_its_own(
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    given: dict[str, Any],
    reason: str,
    remedy: str,
) -> None:
    """Each is trusted but for that fault."""
    shown, both = certificate(tmp_path, **given)
    monkeypatch.setenv("SSL_CERT_FILE", str(shown))
    transport._tls.cache_clear()
    try:
        with running(platform, orders=1, products=1, tls=both) as shop:
            status, made = connect(shop)
    finally:
        transport._tls.cache_clear()
    assert status == 201, made
    [problem] = made["problems"]
    assert reason in problem
    assert remedy in problem


@pytest.mark.usefixtures("_trusted")
def test_a_wrong_key_is_no_stripped_header(
    connect: Connect, secured: tuple[RunningShop, Path]
) -> None:
    status, problem = connect(secured[0], secret="cs_wrong")
    assert (status, "Authorization" in problem["detail"]) == (422, False)
