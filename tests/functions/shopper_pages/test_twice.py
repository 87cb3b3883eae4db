"""Every form of every page for shoppers, sent twice, does one thing and leads to one place. No page
on the way says what a person would not."""

from __future__ import annotations

import copy
import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from backshop import phone_check, senders
from backshop.web import tokens

from tests.backshop.kits.shop import PHONE, add_orders
from tests.functions import try_on_shop
from tests.functions.page_forms import Press, changed, forms_of, state_of, unmet
from tests.functions.page_words import machine_talk
from tests.functions.projects_api import conftest as projects
from tests.functions.projects_api.test_quotes import project, rates, sent

call, function = projects.call, projects.function
__all__ = ["call", "function", "project", "rates"]
HOST = "linden.example.com"
LINK = re.compile(r'href="(/[^"#]*)')
OURS = ("/track", "/survey", "/try-on", "/quote/", "/mail/stop", "/privacy/")
LAST = "/track/end"
"""Signs out, so that it is sent last."""


class Browser:
    """What a browser without scripts does, as far as the server sees it."""

    def __init__(self, handler: Any, event: Any, context: Any) -> None:
        self.handler, self.event, self.context = handler, event, context
        self.cookies: dict[str, str] = {}

    def send(self, verb: str, path: str, body: str | None = None) -> Any:
        asked = copy.deepcopy(self.event("shopper_pages/begin_try_on"))
        parts = urlsplit(path)
        asked["rawPath"] = asked["requestContext"]["http"]["path"] = parts.path
        asked["requestContext"]["http"]["method"] = verb
        asked["routeKey"] = asked["requestContext"]["routeKey"] = f"{verb} {parts.path[:200]}"
        asked["queryStringParameters"] = dict(parse_qsl(parts.query))
        asked["requestContext"]["domainName"] = HOST
        asked["headers"] |= {"host": HOST, "origin": f"https://{HOST}"}
        asked["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        asked["body"] = body
        answer = self.handler(asked, self.context)
        for each in answer.get("cookies") or ():
            name, _, rest = each.partition("=")
            self.cookies.pop(name, None)
            if "Max-Age=0" not in each:
                self.cookies[name] = rest.partition(";")[0]
        return answer

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def post(self, path: str, pairs: Any) -> Any:
        return self.send("POST", path, urlencode(pairs))


@pytest.fixture
def store(new_store: Any, owner: Any) -> UUID:
    """A shop with everything that its shoppers can do."""
    made: UUID = new_store("shopify")
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"name": "Linden",
             "uses": ["deliveries", "surveys"], "otp": {"resend_seconds": 0, "phone_sends": 100,
             "phone_daily_sends": 100}, "pages": {"host": "linden.example.com"},
             "shade": {"discount_amounts": {"USD": 5}}}' WHERE id = %s""",
        [made],
    )
    add_orders(owner, made, ["KITS-1001"])
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, code, fulfilment_status, shipping_address)
           VALUES (%s, '1001', 'shopify', 'paid', 50, 'USD', '[]', 'KITS-1001', 'none',
             '{"name": "Jane", "line1": "1 Main St", "city": "Colombo", "country_code": "LK"}')""",
        [made],
    )
    for depth, name in enumerate(("Sand", "Honey"), 1):
        owner.execute(
            """INSERT INTO shade.shades (store_id, name, depth, undertone, variant_ids)
               VALUES (%s, %s, %s, 'warm', ARRAY[%s])""",
            [made, name, depth, depth],
        )
        owner.execute("INSERT INTO shade.variants VALUES (%s, %s, %s, true)", [made, depth, depth])
    try_on_shop.fill(owner, made, {"TINT-30": try_on_shop.LOOKS["TINT-30"]})
    return made


@pytest.fixture
def customer(store: UUID, owner: Any) -> UUID:
    row = owner.execute(
        """INSERT INTO shade.customers (store_id, email, shopify_customer_id)
           VALUES (%s, 'ada@example.com', %s) RETURNING id""",
        [store, uuid4().hex],
    ).fetchone()
    return UUID(str(row["id"]))


@pytest.fixture
def kit(store: UUID, customer: UUID, owner: Any) -> UUID:
    row = owner.execute(
        """INSERT INTO shade.orders (store_id, shopify_order_id, customer_id, product_type,
             currency, total_amount, order_date, paid_at, fulfilled_at)
           VALUES (%s, %s, %s, 'shade_kit', 'USD', 10, now(), now(), now()) RETURNING id""",
        [store, uuid4().hex, customer],
    ).fetchone()
    return UUID(str(row["id"]))


@pytest.fixture
def codes(monkeypatch: Any) -> list[str]:
    """The SMS that were sent, the newest last."""
    said: list[str] = []
    monkeypatch.setattr(senders, "send_sms", lambda _, text: said.append(text))
    monkeypatch.setattr(phone_check, "ROUNDS", 4)
    return said


@pytest.fixture
def links(store: UUID, customer: UUID, kit: UUID, call: Any, project: str) -> list[str]:
    """What leads to each of the pages: a link in a mail, or an address that the shop names."""

    def token(audience: str, **more: UUID) -> str:
        claims = {"store_id": str(store), **{name: str(id) for name, id in more.items()}}
        return tokens.sign(audience, claims, at=datetime.now(UTC), lasts=timedelta(days=1))

    quotes = [sent(call, project)[1] for _ in range(2)]
    return [
        "/track",
        f"/survey?token={token('survey', order_id=kit)}",
        "/try-on?skus=TINT-30",
        *(f"/quote/{each.rpartition('/')[2]}" for each in quotes),
        f"/mail/stop/{token('mail stop', customer_id=customer)}",
    ]


@pytest.fixture
def browser(load: Any, event: Any, context: Any, try_on_behind: str) -> Browser:
    return Browser(load("shopper_pages").handler, event, context)


class Walk:
    """Goes through the pages, and sends each form that it meets for the first time twice."""

    def __init__(self, browser: Browser, owner: Any, codes: list[str], store: UUID) -> None:
        self.browser, self.owner, self.codes, self.store = browser, owner, codes, store
        self.seen: set[tuple[str, ...]] = set()
        self.pages: set[str] = set()
        self.sent: set[str] = set()
        self.refused: list[Any] = []
        self.talk: dict[str, dict[str, str]] = {}
        self.last: tuple[str, Press] | None = None

    def go(self, start: str) -> None:
        ahead = [start]
        while ahead:
            path = ahead.pop(0)
            if path in self.pages or not path.startswith(OURS):
                continue
            answer = self.browser.get(path)
            while answer["statusCode"] == 303:
                path = answer["headers"]["Location"]
                answer = self.browser.get(path)
            self.pages.add(path)
            if answer["statusCode"] != 200:
                continue
            if said := machine_talk(answer["body"]):
                self.talk[path] = said
            for press in self._new(answer["body"]):
                ahead.append(self._twice(path, press))
                # What it did may have brought other forms to this page.
                ahead.append(path)
                self.pages.discard(path)
            ahead += [unescape(each) for each in LINK.findall(answer["body"])]

    def _new(self, html: str) -> list[Press]:
        found = []
        for form in forms_of(html):
            for press in form.presses():
                which = (press.action.partition("?")[0], *press.kind)
                if which in self.seen or not press.action.startswith(OURS):
                    continue
                if press.action.startswith(LAST):
                    self.last = self.last or ("/track/orders", press)
                    continue
                self.seen.add(which)
                found.append(press)
        # What leads away, such as the right code, stands before what goes on without it.
        return found[::-1]

    def _twice(self, path: str, press: Press) -> str:
        """Where it leads; the page itself where the form is gone from it meanwhile."""
        shown = self.browser.get(path)["body"] or ""
        now = [each for form in forms_of(shown) for each in form.presses()]
        same = [each for each in now if each.kind == press.kind]
        if not same:
            return path
        pairs = same[0].filled(self._typed())
        action = unescape(same[0].action)
        cookies = dict(self.browser.cookies)
        one = self.browser.post(action, pairs)
        said = (
            press.kind,
            one["statusCode"],
            re.findall(r"(?s)summary.*?</div>", one["body"] or ""),
        )
        if one["statusCode"] != 303:
            self.refused.append(said)
            return path
        self.sent.add(action.partition("?")[0])
        once = state_of(self.owner)
        for kept in (self.browser.cookies, cookies):
            # The answer to the first click came, or the second one overtook it.
            self.browser.cookies = dict(kept)
            two = self.browser.post(action, pairs)
            assert (two["statusCode"], two["headers"].get("Location")) == (
                303,
                one["headers"]["Location"],
            ), (said, two["body"])
            assert not changed(once, state_of(self.owner)), said
        other = self.browser.post(action, [*pairs, ("more", "x")])
        assert other["statusCode"] < 500, said
        assert "Idempotency" not in (other["body"] or ""), said
        return str(one["headers"]["Location"])

    def finish(self) -> None:
        assert self.last
        self._twice(*self.last)

    def _typed(self) -> dict[str, str]:
        code = self.codes[-1].split("#")[1] if self.codes else ""
        return {
            "phone": f"+{PHONE}",
            "code": code,
            "name": "Ada Miller",
            "message": "Another grout.",
            "profile.line1": "2 Main St",
            "profile.phone": f"+{PHONE}",
        }


def test_every_form_sent_twice_does_one_thing_and_leads_to_one_place(
    browser, links, owner, codes, store, kit
) -> None:
    walk = Walk(browser, owner, codes, store)
    for start in links:
        walk.go(start)
    # A rating's photo, and a picture that could not be drawn on, have forms of their own.
    owner.execute(
        """UPDATE shade.model_training_data SET image_url = 's3://somewhere/else', image_at = now()
           WHERE store_id = %s""",
        [store],
    )
    owner.execute(
        "UPDATE connect.try_on_session SET status = 'failed' WHERE store_id = %s", [store]
    )
    token = links[1].partition("?")[2]
    for again in (f"/survey/rating?{token}", "/try-on/result?skus=TINT-30"):
        walk.pages.clear()
        walk.go(again)
    walk.finish()
    assert not walk.refused, "what is typed is what these forms take"
    assert not unmet(walk.sent, OURS), "each of them is sent"
    heard = {kind: (path, case) for path, said in walk.talk.items() for kind, case in said.items()}
    assert heard == {}
