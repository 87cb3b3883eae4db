"""Every form of every page of the desk is sent twice: it does one thing, and leads to one place. No
page on the way says what a person would not."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from hashlib import sha256
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from backshop import db, outbox
from backshop.aws import functions
from backshop.received import bodies
from backshop.received import repository as received
from backshop.received.models import Arrival, Outcome
from backshop.web import calls
from backshop.web.pages import forms

from tests.backshop.kits.shop import add_orders
from tests.conftest import Database, migrated
from tests.functions.desk import conftest
from tests.functions.page_forms import Press, changed, forms_of, state_of, unmet
from tests.functions.page_words import machine_talk
from tests.functions.projects_api.test_quotes import GREETING, GROUT, THINSET, TILE, USAGE

LINK = re.compile(r'href="(/desk[^"#]*)')
MOST = 150
"""Pages of a walk; a list's own links repeat."""
LAST = ("/batches/*/status", "pause", "/disconnect", "/sign-out")
"""What takes other forms away is sent last, in this order."""
SHADES = {
    "name.0": "Honey",
    "depth.0": "3",
    "swatch.0": "#d9a066",
}


CHECKED = {"ok": True, "currency": "USD", "time_zone": "UTC", "checks": []}


@pytest.fixture(scope="module")
def database(postgres_server: Any) -> Database:
    """Without the stores of other tests, in whose pages the walk would lose its way."""
    return migrated(Database(postgres_server, "twice"))


@pytest.fixture
def desk(monkeypatch: Any, request: Any) -> Any:
    """With projects behind it, too, and shops that answer when they are checked."""
    monkeypatch.setattr(conftest, "BEHIND", (*conftest.BEHIND, "projects_api"))
    made = request.getfixturevalue("desk")
    invoke = functions.invoke

    def answer(name: str, sent: Any) -> Any:
        if sent["routeKey"] != "POST /connectors/check":
            return invoke(name, sent)
        kind = {"content-type": "application/json"}
        return {"statusCode": 200, "headers": kind, "body": json.dumps(CHECKED)}

    monkeypatch.setattr(functions, "invoke", answer)
    return made


@pytest.fixture
def filled(new_store: Any, owner: Any, aws: Any) -> UUID:
    """A shop with something on every page."""
    store: UUID = new_store("vendure")
    values = {"s": store}
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"name": "Linden",
             "projects": {"tax_rates": {"material": "0.0825"}, "email": "q@example.com"}}'
           WHERE id = %(s)s""",
        values,
    )
    owner.execute(
        """INSERT INTO connect.connector_config (id, store_id, platform, store_url, api_key, secret,
             webhook_secret, connected_at)
           SELECT id, id, platform, store_url, 's', 's', 's', now() FROM backshop.stores
           WHERE id = %(s)s""",
        values,
    )
    add_orders(owner, store, ["KITS-1", "KITS-2", "KITS-3", "KITS-4"])
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, code, fulfilment_status, shipping_address)
           VALUES (%(s)s, '1', 'vendure', 'paid', 50, 'USD', '[]', 'KITS-1', 'none',
             '{"name": "Jane", "line1": "1 Main St", "city": "Galle", "country_code": "LK"}')""",
        values,
    )
    owner.execute(
        """INSERT INTO connect.order_item (store_id, order_id, platform, sku, quantity, price,
             line_id, name, total, tax)
           VALUES (%(s)s, '1', 'vendure', 'S', 2, 25, '31', 'Shirt', 50, 0)""",
        values,
    )
    owner.execute(
        """WITH c AS (INSERT INTO shade.customers (store_id, shopify_customer_id)
                      VALUES (%(s)s, 'c') RETURNING id)
           INSERT INTO shade.discounts (store_id, customer_id, discount_code, amount, currency,
             status, used, expires_at, activated_at)
           SELECT %(s)s, id, 'OPEN-1', 5, 'USD', 'active', false, now() + interval '1 day', now()
           FROM c""",
        values,
    )
    owner.execute(
        """WITH s AS (INSERT INTO shade.surveys (store_id) VALUES (%(s)s) RETURNING id)
           INSERT INTO shade.model_training_data (store_id, survey_id, match_accuracy_rating,
             rated_at)
           SELECT %(s)s, id, 2, now() FROM s""",
        values,
    )
    with db.transaction(store_id=store) as tx:
        outbox.put_all(tx, "test", [("order:1", {})])
    owner.execute("UPDATE backshop.outbox SET status = 'failed' WHERE store_id = %(s)s", values)
    id, body = bodies.id_of(store, "order.updated", "w"), b'{"id": 1}'
    came = Arrival(
        id, "order.updated", "w", sha256(body).hexdigest(), datetime.now(UTC), None, body
    )
    kept = bodies.store_all(store, [came])
    with db.transaction(store_id=store) as tx:
        received.note(tx, [(came, Outcome("failed", error="Deadlock"))], kept)
    return store


@pytest.fixture
def project(filled: UUID, desk: Any) -> None:
    """A project that can be quoted."""

    def call(route: str, body: Any, **path: str) -> Any:
        caller = {"kind": "staff", "id": str(uuid4()), "scopes": "staff store"}
        event = calls.event(
            route, path, caller=caller, query={"store_id": str(filled)}, body=body, headers={}
        )
        answer = functions.invoke("projects_api", event)
        assert answer["statusCode"] < 300, answer["body"]
        return json.loads(answer["body"])

    desk().get("/desk/sign-in")  # Powertools keeps an event from the first call on
    for product in (TILE, GROUT, THINSET):
        call("POST /catalogue", product)
    id = call("POST /projects/greeting", GREETING)["project"]["project_id"]
    room = {"room_type": "bathroom", "room_name": "Guest bath"}
    room = call("POST /projects/{project_id}/rooms", room, project_id=id)
    surface = {"surface_type": "floor", "length_ft": "10'6\"", "width_ft": "12'"}
    surface = call("POST /rooms/{room_id}/surfaces", surface, room_id=room["room_id"])
    for sku in ("T-12", "G-25", "M-50"):
        selected = {"product_sku": sku, "selection_status": "selected"} | USAGE.get(sku, {})
        call("POST /surfaces/{surface_id}/selections", selected, surface_id=surface["surface_id"])


def typed(key: str) -> dict[str, str]:
    """What is typed into fields of these names, by the end of the address where it matters."""
    return {
        "staff_key": key,
        "line.31": "1",
        "restock": "",
        "note": "Seen",
        "codes": "KITS-2",
        "orders.codes": "KITS-4",
        "out": "KITS-4",
        "csv": "code,stage,tracking_number\nKITS-3,SOURCING,\n",
        "target_order_count": "2",
        "since": "2026-11-20 14:05",
        "until": "2026-11-21 14:05",
        "question": "orders by month this year",
        "tracking_number": "",
        "disconnect.name": "Linden",
        "shop.name": "Linden",
        "shops.store_url": f"https://{uuid4()}.example.com",
        "shops.api_key": "key",
        "shops.secret": "-",
        "shops.time_zone": "UTC",
        "shops.currency": "USD",
        "address.line1": "2 Main St",
        **{f"shades.{name}": said for name, said in SHADES.items()},
        **{f"preview.{name}": said for name, said in SHADES.items()},
    }


class Walk:
    """Goes through the desk, and sends each form that it meets for the first time twice."""

    def __init__(self, browser: Any, owner: Any, key: str, start: str) -> None:
        self.browser, self.owner, self.key = browser, owner, key
        self.typed = typed(key)
        self.seen: set[tuple[str, ...]] = set()
        self.pages: set[str] = set()
        self.ahead = [start]
        self.last: list[tuple[str, Press]] = []
        self.sent: set[str] = set()
        self.refused: list[Any] = []
        self.talk: dict[str, dict[str, str]] = {}

    def go(self) -> None:
        """Every page that is to be come to, and every form but those that are sent last."""
        while self.ahead and len(self.pages) < MOST:
            path = self.ahead.pop(0)
            if path not in self.pages and "format=" not in path and "purchase-list" not in path:
                self.pages.add(path)
                self._page(path)

    def finish(self) -> None:
        for which in LAST:
            for path, press in [each for each in self.last if which in f"{each[1].kind}"]:
                self._twice(path, press)

    def _page(self, path: str) -> None:
        answer = self.browser.get(path)
        if answer.status != 200:
            # It leads on, or is a record of which only its delivery is known here.
            assert answer.status in (303, 404), (path, answer.text[:300])
            return
        if said := machine_talk(answer.text):
            self.talk[path] = said
        self.ahead += [unescape(each) for each in LINK.findall(answer.text)]
        for press in self._new(answer.text):
            self._twice(path, press)

    def _new(self, html: str) -> list[Press]:
        found = [press for form in forms_of(html) for press in form.presses()]
        new = {press.kind: press for press in found if press.kind not in self.seen}
        self.seen |= set(new)
        return list(new.values())

    def _twice(self, path: str, press: Press, html: str | None = None) -> None:
        if any(which in f"{press.kind}" for which in LAST) and (path, press) not in self.last:
            self.last.append((path, press))
            return
        pairs = self._fresh(path, press) if html is None else press.filled(self.typed)
        if pairs is None:
            return
        # Only one sync runs at a time, and nobody works them off here.
        self.owner.execute(
            """UPDATE insights.sync_logs SET status = 'completed', completed_at = now()
               WHERE status = 'running'"""
        )
        one = self.browser.post(press.action, pairs, page=path)
        said = (press.kind, one.status, re.findall(r'(?s)class="summary.*?</div>', one.text))
        if one.status not in (200, 303):
            self.refused.append(said)
            return
        once = state_of(self.owner)
        self.sent.add(press.action.partition("?")[0])
        two = self.browser.post(press.action, pairs, page=path)
        assert (two.status, two.leads_to.partition("?done")[0]) == (
            one.status,
            one.leads_to.partition("?done")[0],
        ), said
        self._other(press, pairs, once, is_claimed=one.status == 303)
        if "sign-out" in press.action:
            self.browser.post("/desk/sign-in", {"staff_key": self.key, "next": "/desk"})
        if one.status == 200:
            for each in self._new(one.text):
                self._twice(path, each, one.text)
            return
        shown = self.browser.get(one.leads_to)
        assert "Not done</span>" not in shown.text, said
        assert "Not moved</span>" not in shown.text, said
        self.ahead.append(one.leads_to)

    def _fresh(self, path: str, press: Press) -> Any:
        """The form as the page has it now: with a key that was not sent yet. None where what was
        done meanwhile has taken it away."""
        shown = self.browser.get(path)
        now = [each for form in forms_of(shown.text) for each in form.presses()]
        same = [each for each in now if each.kind == press.kind]
        if not same:
            return None
        press.action = unescape(same[0].action)
        return same[0].filled(self.typed)

    def _other(self, press: Press, pairs: Any, state: Any, *, is_claimed: bool) -> None:
        """The same key with something else in the form is refused in a sentence."""
        if "sign-" not in press.action and not press.action.startswith("/desk/shops"):
            answer = self.browser.post(press.action, [*pairs, ("more", "x")])
            if is_claimed:
                assert answer.status == 422, press.kind
                assert forms.USED in unescape(answer.text)
        assert not changed(state, state_of(self.owner)), press.kind


def test_every_form_sent_twice_does_one_thing_and_leads_to_one_place(
    desk, filled, project, staff_key, owner
) -> None:
    key = staff_key()["staff_key"]
    browser = desk()
    assert browser.post("/desk/sign-in", {"staff_key": key, "next": "/desk"}).status == 303
    for question in ("orders by month this year", "sales this month"):
        asked = browser.post(f"/desk/{filled}/numbers", {"question": question, "key": question})
        talk = re.search(r"talk=([0-9a-f-]+)", asked.leads_to)
        assert talk
        pin = {"conversation": talk[1], "pin": "1", "key": question}
        assert browser.post(f"/desk/{filled}/charts", pin).status == 303
    walk = Walk(browser, owner, key, "/desk/sign-in")
    walk.ahead.append(f"/desk/{filled}/orders")
    walk.go()
    # What was asked of the shop fails, so that it can be tried again.
    owner.execute("UPDATE backshop.outbox SET status = 'failed' WHERE store_id = %s", [filled])
    for table in ("refund_request", "address_update_request"):
        owner.execute(f"UPDATE connect.{table} SET status = 'failed' WHERE store_id = %s", [filled])
    walk.pages.clear()
    walk.ahead = [f"/desk/{filled}/{each}" for each in ("refunds", "addresses")]
    walk.go()
    walk.finish()
    assert not walk.refused, "what is typed is what these forms take"
    assert not unmet(walk.sent, "/desk"), "each of them is sent"
    assert any("send" in kind for kind in walk.seen), "a quote, too"
    heard = {kind: (path, case) for path, said in walk.talk.items() for kind, case in said.items()}
    assert heard == {}
