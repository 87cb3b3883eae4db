"""Lists of the desk: what they open on, what they find, their file, and one action on many rows."""

from __future__ import annotations

import csv
import io
import re
import sys
from html import unescape
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID, uuid4

import pytest
from backshop import db, outbox

from tests.backshop.kits.shop import add_orders

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def discounts(owner: Any, new_store: Any) -> tuple[UUID, dict[str, str]]:
    """A shop with discounts, by code."""
    store: UUID = new_store("shopify")
    made = {}
    for code, status, used in (
        ("OPEN-1", "active", False),
        ("OPEN-2", "active", False),
        ("SOLD-1", "active", True),
        ("GONE-1", "expired", False),
        (HOSTILE, "failed", False),
    ):
        made[code] = str(
            owner.execute(
                """WITH c AS (INSERT INTO shade.customers (store_id, shopify_customer_id)
                              VALUES (%(store)s, %(code)s) RETURNING id)
                   INSERT INTO shade.discounts (store_id, customer_id, discount_code, amount,
                     currency, status, used, expires_at, activated_at)
                   SELECT %(store)s, id, %(code)s, 5, 'USD', %(status)s, %(used)s,
                     now() + interval '1 day', now() FROM c RETURNING id""",
                {"store": store, "code": code, "status": status, "used": used},
            ).fetchone()["id"]
        )
    return store, made


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def file_of(alice: Any, page: Any) -> list[dict[str, str]]:
    """What the page's link to its file brings."""
    link = re.search(r'href="([^"]*format=csv[^"]*)"', page.text)
    assert link
    answer = alice.get(unescape(link[1]))
    assert answer.status == 200, answer.text
    return rows_of(answer.text)


def test_discounts_open_on_those_that_can_be_ended(alice, discounts) -> None:
    path = f"/desk/{discounts[0]}/discounts"
    opened = alice.get(path)
    assert {row["discount_code"] for row in file_of(alice, opened)} == {
        "OPEN-1",
        "OPEN-2",
        "SOLD-1",
    }
    assert len(file_of(alice, alice.get(f"{path}?status=all"))) == 5
    found = alice.get(f"{path}?status=all&q=open&used=false")
    assert {row["discount_code"] for row in file_of(alice, found)} == {"OPEN-1", "OPEN-2"}
    assert "“open”" in found.text
    hostile = alice.get(f"{path}?status=all&q=onerror")
    assert "<img" not in hostile.text
    assert HOSTILE in unescape(hostile.text)
    assert "Nothing matches" in alice.get(f"{path}?status=all&q=none").text


def test_many_discounts_are_ended_and_each_fate_is_said(alice, discounts, owner) -> None:
    store, ids = discounts
    path = f"/desk/{store}/discounts?q=1"
    chosen = [("id", ids[code]) for code in ("OPEN-1", "SOLD-1", HOSTILE)]
    named = [(f"of.{ids[code]}", code) for code in ids]
    done = alice.post(path, [*chosen, ("id", "nonsense"), ("id", str(uuid4())), *named])
    assert done.leads_to.startswith(f"/desk/{store}/discounts?q=1&fates="), "filtered as it was"
    shown = alice.get(done.leads_to).text
    assert "2 done, 3 not" in shown
    assert re.search(
        r"SOLD-1</bdi> <span[^>]*>Not done</span> <span[^>]*>The discount is used", shown
    )
    assert re.search(r"OPEN-1</bdi> <span[^>]*>Done", shown)
    assert "<img" not in shown
    left = owner.execute(
        "SELECT discount_code AS c FROM shade.discounts WHERE store_id = %s AND status = 'active'",
        [store],
    ).fetchall()
    assert {row["c"] for row in left} == {"OPEN-2", "SOLD-1"}
    assert alice.get(f"/desk/{store}/discounts?fates=a.b.c").status == 200


def test_batches_open_on_those_that_are_not_completed(alice, new_store, owner) -> None:
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1"])
    path = f"/desk/{store}/batches"
    made = {}
    for notes in ("Away shirts", "Home shirts"):
        answer = alice.post(path, {"target_order_count": "2", "notes": notes})
        made[notes] = answer.leads_to.partition("?")[0].rpartition("/")[2]
    owner.execute(
        "UPDATE kits.import_batches SET status = 'completed' WHERE id = %s", [made["Home shirts"]]
    )
    alice.post(f"{path}/{made['Away shirts']}/orders", {"codes": "KITS-1"})

    def listed(query: str) -> set[str]:
        return {row["notes"] for row in file_of(alice, alice.get(path + query))}

    assert listed("") == {"Away shirts"}
    assert listed("?show=all") == {"Away shirts", "Home shirts"}
    assert listed("?show=completed") == {"Home shirts"}
    assert listed("?show=all&q=home") == {"Home shirts"}
    assert listed("?q=kits-1") == {"Away shirts"}
    assert "Nothing matches" in alice.get(f"{path}?q=kits-7").text
    owner.execute(
        "UPDATE kits.import_batches SET status = 'completed' WHERE store_id = %s", [store]
    )
    assert "Nothing is left to do here" in alice.get(path).text


def test_ratings_open_on_those_that_nobody_looked_at(alice, new_store, owner) -> None:
    store: UUID = new_store("shopify")
    owner.execute(
        """WITH s AS (INSERT INTO shade.surveys (store_id, shade_selected)
                      SELECT %(s)s, name FROM unnest(ARRAY['Sand', 'Honey', 'Clay']) AS name
                      RETURNING id, shade_selected)
           INSERT INTO shade.model_training_data
             (store_id, survey_id, match_accuracy_rating, feedback_notes, rated_at, qa_note)
           SELECT %(s)s, id, 2, 'a word on ' || shade_selected, now(),
             CASE shade_selected WHEN 'Clay' THEN 'seen' END FROM s""",
        {"s": store},
    )
    path = f"/desk/{store}/ratings"

    def listed(query: str) -> set[str]:
        return {row["shade_selected"] for row in file_of(alice, alice.get(path + query))}

    assert listed("") == {"Sand", "Honey"}
    assert listed("?noted=all") == {"Sand", "Honey", "Clay"}
    assert listed("?noted=true&q=WORD") == {"Clay"}
    assert listed("?q=honey&rating=2&photo=false") == {"Honey"}
    page = alice.get(f"{path}?q=honey")
    id = re.search(r'name="id" value="([^"]+)"', page.text)
    action = re.search(r'<form method="post" action="([^"]+/ratings[^"]*)"', page.text)
    assert id
    assert action
    noted = alice.post(unescape(action[1]), {"id": id[1], "note": "seen too"})
    assert noted.leads_to == f"{path}?q=honey&done=noted", "back to the list as it was filtered"


def test_what_goes_out_is_found_by_what_and_to_what(alice, store) -> None:
    with db.transaction(store_id=store) as tx:
        rows = outbox.put_all(tx, "test", [(f"order:{n}", {}) for n in (7, 8)])
        for row in rows:
            tx.execute("UPDATE backshop.outbox SET status = 'failed' WHERE id = %s", [row.id])
        outbox.put(tx, "test", "order:70", {})
    path = f"/desk/{store}/outgoing"

    def listed(query: str) -> set[str]:
        return {row["key"] for row in file_of(alice, alice.get(path + query))}

    assert listed("") == {"order:7", "order:8"}
    assert listed("?q=ORDER:7") == {"order:7"}
    assert listed("?status=pending&q=order:7") == {"order:70"}
    assert "Nothing matches" in alice.get(f"{path}?q=none").text


@pytest.mark.parametrize("name", ["batches", "discounts", "ratings", "outgoing"])
@pytest.mark.parametrize("query", ["limit=0", "cursor=x", "q=" + "x" * 300])
def test_a_wrong_address_is_said(alice, store, name, query) -> None:
    assert alice.get(f"/desk/{store}/{name}?{query}").status == 400


def test_an_erased_person_s_corrected_address_is_shown_as_none(alice, store, owner) -> None:
    """Erasing a person leaves the request, and nothing of the address."""
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items)
           VALUES (%s, '1', 'woocommerce', 'processing', 5, 'USD', '[]')""",
        [store],
    )
    owner.execute(
        """INSERT INTO connect.address_update_request
             (store_id, order_id, platform, status, new_address)
           VALUES (%s, '1', 'woocommerce', 'failed', '{}')""",
        [store],
    )
    assert alice.get(f"/desk/{store}/addresses").status == 200


@pytest.fixture
def two_orders(owner: Any, store: UUID) -> str:
    for id, code in (("7", "#1007"), ("8", "#10070")):
        owner.execute(
            """INSERT INTO connect.platform_order (store_id, order_id, platform, status,
                 total_amount, currency, line_items, code, shipping_address)
               VALUES (%s, %s, 'woocommerce', 'paid', 50, 'USD', '[]', %s, '{"name": "Ada"}')""",
            [store, id, code],
        )
    return f"/desk/{store}/orders"


@pytest.mark.parametrize("code", ["1007", "%231007", "%20%231007%0A", "7"])
def test_a_code_leads_to_its_order(alice, two_orders, code) -> None:
    answer = alice.get(f"{two_orders}?q={code}&fulfilment=&late=&cancelled=")
    assert (answer.status, answer.leads_to) == (303, f"{two_orders}/7")


@pytest.mark.parametrize("query", ["q=%2310070&fulfilment=none", "q=ada", "q=10070&format=csv", ""])
def test_what_is_searched_for_or_filtered_stays_a_list(alice, two_orders, query) -> None:
    assert alice.get(f"{two_orders}?{query}").status == 200


def test_each_need_of_today_leads_to_its_rows(alice, store) -> None:
    """The address says what the list filters by, and the list shows that it does."""
    needs = sys.modules["day_page"].NEEDS
    filtered = {kind.path for kind in needs.values() if "=" in kind.path}
    assert len(filtered) > 4
    for path in filtered:
        shown = alice.get(path.replace("{store}", str(store)))
        for name, value in parse_qsl(path.partition("?")[2]):
            chosen = rf'(?s)<select id="{name}"[^>]*>((?!</select>).)*value="{value}" selected'
            assert re.search(chosen, shown.text), path


def test_each_end_of_a_window_that_is_no_time_is_named(alice, store) -> None:
    typed = {"since": "yesterday", "until": "9999-12-31 23:59-14:00"}
    answer = alice.post(f"/desk/{store}/webhooks", typed)
    assert answer.status == 422
    assert all(f'href="#{name}"' in answer.text for name in typed)
    assert all(f'value="{said}"' in answer.text for said in typed.values())


def test_what_is_to_be_corrected_is_said_in_sentences(alice, store) -> None:
    answer = alice.post(f"/desk/{store}/batches", {"target_order_count": "many"})
    assert ">Give a whole number.</a>" in answer.text
