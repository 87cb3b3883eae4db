"""Trying on without scripts: each step by forms, links and redirects alone, with the try-on's own
functions behind."""

from __future__ import annotations

import copy
import re
from html import unescape
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from backshop.connect.try_on import rules

from bench.try_on import figures
from tests.functions import try_on_shop

figures.prepare()
FORM = re.compile(r'<form[^>]*action="([^"]*)"[^>]*>(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)">')


class Browser:
    """What a browser without scripts does, as far as the server sees it."""

    def __init__(self, function, event, context) -> None:
        self.function, self.event, self.context = function, event, context
        self.cookies: dict[str, str] = {}
        self.foreign: dict[str, str] = {}

    def get(self, path):
        return self._send("try_on", path)

    def post(self, path, fields=()):
        return self._send("begin_try_on", path, urlencode(dict(fields)))

    def _send(self, name, path, body=None):
        asked = copy.deepcopy(self.event(f"shopper_pages/{name}"))
        parts = urlsplit(path)
        asked["rawPath"] = asked["requestContext"]["http"]["path"] = parts.path
        verb = "GET" if body is None else "POST"
        asked["routeKey"] = asked["requestContext"]["routeKey"] = f"{verb} {parts.path}"
        asked["queryStringParameters"] = dict(parse_qsl(parts.query))
        asked["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        asked["headers"] |= self.foreign
        if body is not None:
            asked["body"] = body
        answer = self.function.handler(asked, self.context)
        for each in answer.get("cookies") or ():
            name, _, rest = each.partition("=")
            assert all(said in each for said in ("Secure", "HttpOnly", "SameSite=Lax"))
            self.cookies.pop(name, None)
            if "Max-Age=0" not in each:
                self.cookies[name] = rest.partition(";")[0]
        return answer


@pytest.fixture
def shop(load, event, context, try_on_behind, new_store, owner):
    store = new_store("woocommerce")
    looks = {name: try_on_shop.LOOKS[name] for name in ("TINT-20", "TINT-30", "LIP-RED")}
    try_on_shop.fill(owner, store, looks)
    return try_on_shop.Shop(store, load, event, context, try_on_behind)


@pytest.fixture
def browser(shop, load, event, context) -> Browser:
    return Browser(load("shopper_pages"), event, context)


def form_of(answer, place=0):
    """Address and hidden fields of a form of the page."""
    assert answer["statusCode"] in (200, 422), answer["body"]
    action, inside = FORM.findall(answer["body"])[place]
    return unescape(action), {n: unescape(v) for n, v in HIDDEN.findall(inside)}


def place_of(answer) -> str:
    assert answer["statusCode"] == 303, answer["body"]
    return answer["headers"]["Location"]


def agree(browser, shop) -> str:
    """Consent given; where the picture is chosen."""
    action, hidden = form_of(browser.get(f"/try-on?skus=TINT-30&store_id={shop.store}"))
    return place_of(browser.post(action, hidden | {"agreed": "yes"}))


def upload(browser, shop, at):
    """What S3 does with the page's form; the session as the drawing function is told of it."""
    shown = browser.get(at)
    action, fields = form_of(shown)
    assert shop.bucket in action
    assert "form-action 'self' https://" in shown["headers"]["Content-Security-Policy"]
    assert fields["success_action_redirect"].startswith("https://shop.example.com/try-on/result?")
    made = {"upload": {"fields": fields}}
    shop.upload(made, try_on_shop.selfie())
    return made, fields["success_action_redirect"].removeprefix("https://shop.example.com")


def test_from_consent_to_erasure(browser, shop, owner):
    at = agree(browser, shop)
    assert at.startswith("/try-on/picture?")
    made, led = upload(browser, shop, at)
    waiting = browser.get(f"{led}&bucket={shop.bucket}&key=x&etag=y")
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in waiting["body"]
    assert "Your picture is on its way" in waiting["body"]
    shop.notify(made)
    assert place_of(browser.get(at)).startswith("/try-on/result?"), "the picture is there"
    drawn = browser.get(led)
    assert "Product TINT-30 on you" in drawn["body"]
    pictures = re.findall(r'<img src="([^"]+)"', drawn["body"])
    assert ["/selfies/" in each for each in pictures] == [True, False]
    assert "/overlays/" in pictures[1]
    other = re.search(r'<a class="shade" href="([^"]+)">', drawn["body"])
    assert other
    second = browser.get(unescape(other[1]))
    assert "Product TINT-20 on you" in second["body"]
    assert re.findall(r'<img src="([^"?]+)', second["body"])[1] != pictures[1].partition("?")[0]
    assert "add-to-cart=" in drawn["body"]
    [action, hidden] = form_of(drawn)
    gone = place_of(browser.post(action, hidden))
    assert "Your picture is erased" in browser.get(gone)["body"]
    assert not shop.stored()
    assert not browser.cookies
    assert place_of(browser.post(action, hidden)) == gone, "it may be repeated"
    left = owner.execute(
        "SELECT count(*) AS n FROM connect.try_on_session WHERE store_id = %s", [shop.store]
    ).fetchone()
    assert left["n"] == 0


def test_without_consent_no_session_begins(browser, shop, owner):
    action, hidden = form_of(browser.get(f"/try-on?skus=TINT-30&store_id={shop.store}"))
    answer = browser.post(action, hidden)
    assert answer["statusCode"] == 422
    assert answer["body"].count("Tick the box if you agree; without it no picture is taken.") >= 2
    assert not browser.cookies
    row = owner.execute(
        "SELECT count(*) AS n FROM connect.try_on_session WHERE store_id = %s", [shop.store]
    ).fetchone()
    assert row["n"] == 0


def test_a_double_click_begins_one_session_with_its_consent(browser, shop, owner):
    action, hidden = form_of(browser.get(f"/try-on?skus=TINT-30&store_id={shop.store}"))
    for _ in range(2):
        assert place_of(browser.post(action, hidden | {"agreed": "yes"}))
    rows = owner.execute(
        "SELECT consent_version, skus FROM connect.try_on_session WHERE store_id = %s",
        [shop.store],
    ).fetchall()
    assert [row["skus"][0] for row in rows] == ["TINT-30"]
    assert rows[0]["consent_version"]


def test_a_picture_without_a_face_is_said_with_a_way_on(browser, shop):
    at = agree(browser, shop)
    made, led = upload(browser, shop, at)
    shop.upload(made, b"no picture")
    shop.notify(made)
    shown = browser.get(led)
    assert "That picture did not do" in shown["body"]
    assert "Choose another picture" in shown["body"]
    assert place_of(browser.post(*form_of(shown)))
    assert not shop.stored()


def test_without_a_session_each_step_leads_to_the_first(browser, shop):
    query = f"?skus=TINT-30&store_id={shop.store}"
    for path in ("/try-on/picture", "/try-on/result"):
        assert place_of(browser.get(path + query)) == f"/try-on{query}"
    browser.cookies["__Host-try-on"] = "a.b.c"
    assert place_of(browser.get("/try-on/result" + query)) == f"/try-on{query}"


def test_an_address_has_its_limit_here_too(browser, shop):
    for number in range(rules.ADDRESS_SESSIONS + 1):
        action, hidden = form_of(browser.get(f"/try-on?store_id={shop.store}"))
        answer = browser.post(action, hidden | {"agreed": "yes"})
        refused = number == rules.ADDRESS_SESSIONS
        assert answer["statusCode"] == (429 if refused else 303)
    assert "wait some minutes" in answer["body"]


def test_other_pages_begin_and_erase_nothing(browser, shop):
    agree(browser, shop)
    browser.foreign = {"origin": "https://evil.example", "sec-fetch-site": "cross-site"}
    for path in ("/try-on", "/try-on/erasure"):
        assert browser.post(f"{path}?store_id={shop.store}", {"agreed": "yes"})["statusCode"] == 403
