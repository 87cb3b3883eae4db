"""Every page of the desk is walked, and every form on it: a key of its own that no other has, an
address of ours; sent again it does nothing twice."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from tests.backshop.kits.shop import add_orders

LINK = re.compile(r'href="(/desk[^"#]*)')
FORM = re.compile(r'<form\b[^>]*method="post"[^>]*>.*?</form>', re.DOTALL)
ACTION = re.compile(r'<form[^>]*action="([^"]*)"')
KEY = re.compile(r'name="key" value="([^"]*)"')
MOST = 120
"""Pages of a walk; a list's own links repeat."""


def walk(browser: Any, start: str) -> dict[str, list[str]]:
    """Every page that links lead to from here on, with its forms."""
    found: dict[str, list[str]] = {}
    ahead = [start]
    while ahead and len(found) < MOST:
        path = ahead.pop(0)
        if path in found or "format=" in path or "purchase-list" in path:
            continue
        if "/projects" in path:  # it only reads, and what it reads is no function of this test's
            continue
        answer = browser.get(path)
        assert answer.status == 200, (path, answer.text[:300])
        found[path] = FORM.findall(answer.text)
        ahead += [unescape(each) for each in LINK.findall(answer.text)]
    return found


@pytest.fixture
def filled(new_store: Any, owner: Any) -> UUID:
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1", "KITS-2"])
    return store


def test_every_form_carries_a_key_of_its_own(alice, filled) -> None:
    alice.post(f"/desk/{filled}/batches", {"key": "first", "target_order_count": "2"})
    found = walk(alice, f"/desk/{filled}/orders")
    assert len(found) > 15
    forms = [form for on_page in found.values() for form in on_page]
    assert len(forms) > 30
    keys = []
    for form in forms:
        action, key = ACTION.search(form), KEY.findall(form)
        assert action, form[:200]
        assert unescape(action[1]).startswith("/desk"), action[1]
        assert len(key) == 1, form[:300]
        keys += key
    assert len(set(keys)) == len(keys), "no two forms share one"


@pytest.mark.parametrize("times", [2, 3])
def test_sent_again_a_form_leads_where_it_led(alice, filled, owner, times) -> None:
    path = f"/desk/{filled}/batches"
    key = alice.key_of(alice.get(path))
    fields = {"key": key, "target_order_count": "2"}
    led = {alice.post(path, fields).leads_to for _ in range(times)}
    assert len(led) == 1
    batch = led.pop().partition("?")[0]
    row = owner.execute(
        "SELECT count(*) AS n FROM kits.import_batches WHERE store_id = %s", [filled]
    ).fetchone()
    assert row["n"] == 1
    for _ in range(times):
        assert alice.post(f"{batch}/orders", {"codes": "KITS-1 KITS-2", "key": "x"}).status == 303
        moved = {"stage": "SOURCING", "codes": "KITS-1", "key": "y"}
        assert alice.post(f"/desk/{filled}/deliveries", moved).status == 303
    row = owner.execute(
        """SELECT count(*) AS n FROM kits.order_delivery_status_events
           WHERE store_id = %s AND order_code = 'KITS-1' AND stage = 'SOURCING'""",
        [filled],
    ).fetchone()
    assert row["n"] == 1
