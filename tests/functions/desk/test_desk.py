"""Signing in and out of the desk, who may do what there, and what its pages show and do."""

from __future__ import annotations

import csv
import io
import re
import sys
from datetime import date, datetime
from html import unescape
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from backshop import db, outbox
from psycopg.types.json import Jsonb

from tests.backshop.kits.shop import add_orders

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def test_a_session_begins_with_a_key_and_its_cookie_is_bound_to_the_host(desk, staff_key):
    browser = desk()
    asked = browser.get("/desk/shops?cursor=x")
    assert (asked.status, asked.leads_to) == (
        303,
        "/desk/sign-in?next=%2Fdesk%2Fshops%3Fcursor%3Dx",
    )
    key = staff_key()["staff_key"]
    wrong = key[:-1] + ("x" if key[-1] != "x" else "y")
    refused = browser.post("/desk/sign-in", {"staff_key": wrong, "next": "/desk/shops"})
    assert refused.status == 422
    assert key[:-1] not in refused.text
    assert 'href="#staff_key"' in refused.text
    done = browser.post("/desk/sign-in", {"staff_key": f" {key} ", "next": "/desk/shops"})
    assert (done.status, done.leads_to) == (303, "/desk/shops")
    [cookie] = done.cookies
    assert cookie.startswith("__Host-desk=")
    for said in ("Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=28800"):
        assert said in cookie
    assert "Domain" not in cookie
    assert browser.get("/desk/shops").status == 200


@pytest.mark.parametrize(
    "next",
    [
        "https://evil.example",
        "//evil.example",
        "/desk\\@evil.example",
        "/other",
        "",
        "/desk/\r\nSet-Cookie: __Host-desk=theirs",
        "/desk/\n",
        "/desk/\x85",
        "/desk/\u010d\u010aSet-Cookie: a=b",
    ],
)
def test_signing_in_leads_nowhere_else(desk, staff_key, next):
    done = desk().post("/desk/sign-in", {"staff_key": staff_key()["staff_key"], "next": next})
    assert done.leads_to == "/desk"


@pytest.mark.parametrize("draft", ["[" * 10_000, '{"path":' * 5_000, "9" * 5_000, "[1", "5"])
def test_a_draft_that_is_none_of_ours_is_none(desk, staff_key, draft):
    form = {"staff_key": staff_key()["staff_key"], "next": "/desk/shops", "draft": draft}
    assert desk().post("/desk/sign-in", form).leads_to == "/desk/shops"


@pytest.mark.parametrize("referer", ["http://[", "http://[::1", "//[x]/", "http://\u2100/", ""])
def test_a_form_that_says_it_came_from_nowhere_asks_to_sign_in(desk, store, referer):
    browser = desk()
    browser.headers["referer"] = referer
    answer = browser.post(f"/desk/{store}/shop", {"name": "Kept"})
    assert answer.status == 401
    assert "staff_key" in answer.text


def test_a_webhook_that_nests_without_end_is_shown_as_it_came(desk):
    body = "[" * 10_000
    assert sys.modules["webhooks"]._pretty(body) == body
    assert sys.modules["webhooks"]._pretty("[1]") == "[\n  1\n]"


def test_ending_the_session_or_its_key_holds_at_the_next_request(desk, staff_key, load, context):
    made = staff_key()
    one, two = desk(), desk()
    for each in (one, two):
        each.post("/desk/sign-in", {"staff_key": made["staff_key"], "next": "/desk"})
    stolen = dict(one.cookies)
    left = one.post("/desk/sign-out", {"everywhere": ""})
    assert left.leads_to == "/desk/sign-in?done=signed_out"
    one.cookies = stolen
    assert one.get("/desk").status == 303, "the cookie is worth nothing any more"
    assert two.get("/desk").status == 200
    two.post("/desk/sign-out", {"everywhere": "yes"})
    assert two.get("/desk").status == 303
    two.post("/desk/sign-in", {"staff_key": made["staff_key"], "next": "/desk"})
    assert two.get("/desk").status == 200
    load("staff_keys").handler({"revoke": made["id"]}, context)
    assert two.get("/desk").status == 303
    again = two.post("/desk/sign-in", {"staff_key": made["staff_key"], "next": "/desk"})
    assert again.status == 422


def test_a_session_is_over_after_eight_hours(alice, owner):
    assert alice.get("/desk").status == 200
    owner.execute("UPDATE backshop.desk_sessions SET expires_at = now() - interval '1 second'")
    assert alice.get("/desk").status == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 303),
        ({"origin": "https://desk.example.com"}, 303),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"sec-fetch-site": "same-site", "origin": "https://desk.example.com"}, 403),
        ({"origin": "https://desk.example.com:8443"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({}, 403),
    ],
)
def test_a_form_of_another_origin_does_nothing(alice, owner, headers, status):
    alice.headers = headers
    answer = alice.post("/desk/sign-out", {"everywhere": "yes"})
    assert answer.status == status
    alice.headers = {}
    assert (alice.get("/desk").status == 200) is (status == 403)


def test_a_key_sees_what_it_may(desk, staff_key, store):
    browser = desk()
    key = staff_key(scopes=["store"])["staff_key"]
    browser.post("/desk/sign-in", {"staff_key": key, "next": "/desk"})
    orders = browser.get(f"/desk/{store}/orders")
    assert orders.status == 200
    assert "/refunds" in orders.text
    assert "/deliveries" not in orders.text
    assert "/webhooks" not in orders.text
    kept_out = browser.get(f"/desk/{store}/webhooks")
    assert kept_out.status == 403
    assert "scope" in kept_out.text
    assert "staff" in kept_out.text
    assert browser.post(f"/desk/{store}/disconnect", {"name": "x"}).status == 403


def test_pages_keep_their_policy_and_are_kept_by_nobody(alice, store):
    answer = alice.get(f"/desk/{store}/orders")
    policy = str(answer.headers["Content-Security-Policy"])
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["Cache-Control"] == "no-store"
    assert " style=" not in answer.text


def test_hostile_texts_are_text(alice, store, owner):
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items, code,
              shipping_address)
           VALUES (%s, '7', 'woocommerce', %s, 5, 'USD', '[]', %s, jsonb_build_object('name', %s::text))""",
        [store, HOSTILE, HOSTILE, HOSTILE + "ש" * 2000],
    )
    owner.execute(
        """INSERT INTO connect.order_item
             (store_id, order_id, platform, sku, quantity, price, line_id, name)
           VALUES (%s, '7', 'woocommerce', %s, 1, 5, %s, %s)""",
        [store, HOSTILE, HOSTILE, HOSTILE * 10],
    )
    for path in ("orders", "orders/7", f"orders?q={'%3Cimg%20src=x%3E'}"):
        answer = alice.get(f"/desk/{store}/{path}")
        assert answer.status == 200
        assert "<img" not in answer.text
    assert alice.get(f"/desk/{store}/orders/none").status == 404
    assert alice.get("/desk/nothing/orders").status == 404


@pytest.fixture
def order(owner, store) -> str:
    owner.execute(
        """INSERT INTO connect.platform_order
             (store_id, order_id, platform, status, total_amount, currency, line_items, code)
           VALUES (%s, '7', 'woocommerce', 'paid', 50, 'USD', '[]', 'W-7')""",
        [store],
    )
    owner.execute(
        """INSERT INTO connect.order_item
             (store_id, order_id, platform, sku, quantity, price, line_id, name, total, tax)
           VALUES (%s, '7', 'woocommerce', 'S', 2, 25, '31', 'Shirt', 50, 0)""",
        [store],
    )
    return f"/desk/{store}/orders/7"


def test_a_refund_is_requested_once_however_often_the_form_is_sent(alice, order, owner, store):
    key = alice.key_of(alice.get(order))
    form = {"key": key, "line.31": "1", "reason": "torn"}
    for _ in range(3):
        done = alice.post(f"{order}/refunds", form)
        assert (done.status, done.leads_to) == (303, f"{order}?done=refund")
    rows = owner.execute(
        "SELECT amount, reason, requested_by FROM connect.refund_request WHERE store_id = %s",
        [store],
    ).fetchall()
    assert [(row["amount"], row["reason"]) for row in rows] == [(25, "torn")]
    assert rows[0]["requested_by"].startswith("staff:")
    assert "Refund requested" in alice.get(order).text


def test_what_was_typed_is_there_with_what_is_to_be_corrected(alice, order):
    key = alice.key_of(alice.get(order))
    answer = alice.post(f"{order}/refunds", {"key": key, "line.31": "9", "reason": HOSTILE})
    assert answer.status in (409, 422)
    assert "<title>Error:" in answer.text
    assert 'role="alert"' in answer.text
    assert 'value="9"' in answer.text
    assert "&lt;img" in answer.text
    wrong = alice.post(f"{order}/address", {"key": key, "name": "", "country_code": "Peru"})
    assert wrong.status == 422
    assert 'value="Peru"' in wrong.text
    assert 'href="#country_code"' in wrong.text


def test_a_form_survives_the_end_of_its_session(alice, order, owner, staff_key):
    owner.execute("DELETE FROM backshop.desk_sessions")
    form = {"key": "k", "name": "Jane", "line1": "1 Main St", "country_code": "US"}
    answer = alice.post(f"{order}/address", form, page=order)
    assert answer.status == 401
    draft = re.search(r'name="draft" value="([^"]*)"', answer.text)
    next = re.search(r'name="next" value="([^"]*)"', answer.text)
    assert draft
    assert next
    assert next[1] == order
    fields = {"staff_key": staff_key()["staff_key"], "next": next[1], "draft": unescape(draft[1])}
    assert alice.post("/desk/sign-in", fields).leads_to == order
    shown = alice.get(order)
    assert 'value="1 Main St"' in shown.text
    assert alice.get(order).text.count('value="1 Main St"') == 1, "a GET changes nothing"


def test_secrets_are_not_kept_for_after_the_sign_in(alice, owner):
    owner.execute("DELETE FROM backshop.desk_sessions")
    form = {"store_url": "https://x.example.com", "api_key": "ck_secret", "secret": "cs_secret"}
    answer = alice.post("/desk/shops", form, page="/desk/shops/new")
    assert answer.status == 401
    assert "https://x.example.com" in answer.text
    assert "_secret" not in answer.text


def test_gets_change_nothing(alice, order, store, owner):
    paths = ["/desk", "/desk/shops", "/desk/shops/new", order]
    pages = ("orders", "customers", "products", "refunds", "addresses", "outgoing", "webhooks")
    paths += [f"/desk/{store}/{page}" for page in pages]
    tables = owner.execute(
        """SELECT schemaname || '.' || relname AS name FROM pg_stat_user_tables
           WHERE schemaname IN ('backshop', 'connect', 'kits', 'shade', 'insights', 'projects')"""
    ).fetchall()

    def state() -> dict[str, str]:
        return {
            each["name"]: owner.execute(
                f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY t::text), '')) AS sum"
                f" FROM {each['name']} AS t"
            ).fetchone()["sum"]
            for each in tables
        }

    before = state()
    for path in paths:
        assert alice.get(path).status == 200, path
    assert state() == before


def test_failed_changes_are_tried_again_together(alice, store, owner):
    with db.transaction(store_id=store) as tx:
        rows = outbox.put_all(tx, "test", [(f"order:{n}", {}) for n in range(3)])
    owner.execute("UPDATE backshop.outbox SET status = 'failed' WHERE store_id = %s", [store])
    shown = alice.get(f"/desk/{store}/outgoing")
    assert shown.text.count('name="id"') == 3
    chosen = [("id", str(row.id)) for row in rows[:2]]
    done = alice.post(f"/desk/{store}/outgoing", chosen)
    assert done.leads_to.startswith(f"/desk/{store}/outgoing?fates=")
    assert "2 done" in alice.get(done.leads_to).text
    again = alice.get(alice.post(f"/desk/{store}/outgoing", chosen).leads_to).text
    assert "0 done, 2 not" in again, "they are under way"
    assert again.count("No failed row has this id") == 2
    none = alice.post(f"/desk/{store}/outgoing", {})
    assert (none.status, none.text.count("Choose the changes first")) == (422, 1)
    left = owner.execute(
        "SELECT count(*) AS n FROM backshop.outbox WHERE store_id = %s AND status = 'failed'",
        [store],
    ).fetchone()
    assert left["n"] == 1


def test_codes_are_moved_and_each_fate_is_said(alice, new_store, owner):
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1", "KITS-2"])
    path = f"/desk/{store}/deliveries"
    done = alice.post(path, {"stage": "SOURCING", "codes": "KITS-1, KITS-2\nKITS-9"})
    assert done.status == 303
    shown = alice.get(done.leads_to)
    assert shown.text.count("Being sourced</span>") == 2
    assert "Not moved" in shown.text
    assert "KITS-9: there is no order with this code" in shown.text
    again = alice.get(alice.post(path, {"stage": "SOURCING", "codes": "KITS-1"}).leads_to)
    assert "Was there already" in again.text
    forged = alice.get(f"{path}?fates=eyJhbGciOiJub25lIn0.e30.")
    assert forged.status == 200
    empty = alice.post(path, {"stage": "SOURCING", "codes": " "})
    assert empty.status == 422


def test_what_routes_say_to_programs_is_said_in_words(alice, new_store, owner):
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1"], stage="ARRIVED")
    path = f"/desk/{store}/deliveries"
    back = {"stage": "SOURCING", "codes": "KITS-1"}
    shown = unescape(alice.get(alice.post(path, back).leads_to).text)
    assert "at “Arrived here” already" in shown
    assert "tick that it corrects a mistake" in shown
    assert '"correct": true' not in shown


def test_every_line_of_a_file_is_shown_before_it_is_done(alice, new_store, owner):
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1", "KITS-2"])
    text = "code,stage,tracking_number\nKITS-1,SOURCING,\nKITS-8,SOURCING,\n"
    path = f"/desk/{store}/deliveries"
    shown = alice.post(f"{path}/check", {"csv": text})
    assert shown.status == 200
    assert "1 would move" in shown.text
    stage = "SELECT delivery_stage AS at FROM kits.customer_orders_summary WHERE order_code = 'KITS-1' AND store_id = %s"
    assert owner.execute(stage, [store]).fetchone()["at"] == "ORDER_CONFIRMED"
    done = alice.post(f"{path}/import", {"csv": text})
    assert done.status == 303
    assert owner.execute(stage, [store]).fetchone()["at"] == "SOURCING"
    said = alice.get(done.leads_to).text
    assert "1 moved, 0 were there already, 1 stayed" in said
    assert alice.post(f"{path}/check", {"csv": "no columns"}).status == 400


def test_a_batch_is_filled_and_walked(alice, new_store, owner):
    store: UUID = new_store("vendure")
    add_orders(owner, store, ["KITS-1", "KITS-2"])
    path = f"/desk/{store}/batches"
    key = alice.key_of(alice.get(path))
    made = alice.post(path, {"key": key, "target_order_count": "2"})
    assert made.status == 303
    batch = made.leads_to.partition("?")[0]
    assert alice.post(path, {"key": "other", "target_order_count": "no"}).status == 422
    assert alice.post(f"{batch}/orders", {"codes": "KITS-1 KITS-2"}).status == 303
    lists = "SELECT xmin::text FROM kits.supplier_purchase_lists WHERE store_id = %s"
    before = owner.execute(lists, [store]).fetchall()
    assert alice.get(batch).status == 200
    assert owner.execute(lists, [store]).fetchall() == before, "a GET changes nothing"
    left_out = alice.get(alice.post(f"{batch}/orders", {"codes": "KITS-1 KITS-9"}).leads_to).text
    assert "0 done, 2 not" in left_out, "one is in it already"
    assert re.search(r"KITS-9</bdi> <span[^>]*>Not done", left_out)
    out = alice.get(alice.post(f"{batch}/orders", {"out": "KITS-2, KITS-8"}).leads_to).text
    assert "1 done, 1 not" in out
    assert re.search(r"KITS-8</bdi> <span[^>]*>Not done", out)
    assert alice.post(f"{batch}/orders", {"codes": "KITS-2"}).status == 303
    assert alice.post(f"{batch}/status", {"status": "orderedFromSupplier"}).status == 303
    shown = alice.get(batch)
    assert "Ordered from supplier (now)" in shown.text
    assert alice.post(f"{batch}/status", {"status": "completed"}).status == 409
    assert alice.get(f"{batch}/purchase-list?format=csv").headers["Content-Disposition"]


@pytest.fixture
def shades_shop(new_store) -> UUID:
    """A shop that has surveys."""
    made: UUID = new_store("shopify")
    return made


def rows_of(*shades: tuple[str, str, str]) -> dict[str, str]:
    """The fields of these shades as the page has them."""
    made: dict[str, str] = {}
    for place, (name, depth, swatch) in enumerate(shades):
        made |= {
            f"name.{place}": name,
            f"depth.{place}": depth,
            f"swatch.{place}": swatch,
            f"undertone.{place}": "warm",
            f"is_offered.{place}": "yes",
        }
    return made


def test_a_match_is_previewed_before_shades_and_weights_are_saved(alice, shades_shop):
    path = f"/desk/{shades_shop}/shades"
    assert alice.get(path).status == 200
    typed = rows_of(("Honey", "3", "#d9a066"), ("", "", "")) | {"weight.depth": "12"}
    shown = alice.post(f"{path}/preview", typed | {"tried": "Honey", "fit": "5"})
    assert shown.status == 200
    assert "Honey" in shown.text
    assert "left out" in shown.text, "no variant of it can be bought"
    assert 'value="Honey"' not in alice.get(path).text, "a preview saves nothing"
    wrong = alice.post(path, rows_of(("Honey", "deep", "#d9a066")))
    assert wrong.status == 422
    assert 'href="#shades.0.depth"' in wrong.text
    assert 'value="deep"' in wrong.text
    assert alice.post(path, typed).leads_to == f"{path}?done=saved"
    saved = alice.get(path).text
    assert 'value="Honey"' in saved
    assert 'value="12"' in saved


def test_ratings_take_staffs_notes(alice, shades_shop, owner):
    owner.execute(
        """WITH s AS (INSERT INTO shade.surveys (store_id) VALUES (%(s)s) RETURNING id)
           INSERT INTO shade.model_training_data
             (store_id, survey_id, match_accuracy_rating, feedback_notes, rated_at)
           SELECT %(s)s, id, 2, %(said)s, now() FROM s""",
        {"s": shades_shop, "said": HOSTILE},
    )
    path = f"/desk/{shades_shop}/ratings"
    shown = alice.get(path).text
    assert "<img" not in shown
    id = re.search(r'name="id" value="([^"]+)"', shown)
    assert id
    done = alice.post(path, {"id": id[1], "note": "Too dark to tell"})
    assert done.leads_to == f"{path}?done=noted"
    assert "Too dark to tell" in alice.get(f"{path}?noted=true").text
    assert alice.get(f"/desk/{shades_shop}/funnel").status == 200


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
def test_the_funnel_is_of_the_last_90_days_where_the_shop_is(alice, shades_shop, owner, zone):
    """In one of the two zones it is always another day than in UTC."""
    owner.execute(
        "UPDATE backshop.stores SET settings = settings || %s WHERE id = %s",
        [Jsonb({"time_zone": zone}), shades_shop],
    )
    before = datetime.now(ZoneInfo(zone)).date()
    shown = alice.get(f"/desk/{shades_shop}/funnel").text
    first, last = (
        date.fromisoformat(found[1])
        for name in ("from", "to")
        if (found := re.search(rf'name="{name}" type="date" value="([^"]+)"', shown))
    )
    assert last in {before, datetime.now(ZoneInfo(zone)).date()}
    assert (last - first).days == 89


def test_photos_of_ratings_are_shown_by_short_links(alice, shades_shop, owner, monkeypatch):
    monkeypatch.setenv("TRY_ON_BUCKET", "backshop-try-on-123456789012-eu-west-1")
    owner.execute(
        """WITH s AS (INSERT INTO shade.surveys (store_id) SELECT %(s)s FROM generate_series(1, 2)
                      RETURNING id)
           INSERT INTO shade.model_training_data
             (store_id, survey_id, match_accuracy_rating, rated_at, image_url, image_at)
           SELECT %(s)s, id, 4, now(), 's3://somewhere/else', now() FROM s""",
        {"s": shades_shop},
    )
    answer = alice.get(f"/desk/{shades_shop}/ratings")
    links = re.findall(r'<img class="photo" src="([^"]+)"', answer.text)
    assert len(links) == 2
    for link in map(unescape, links):
        assert f"/ratings/{shades_shop}/" in link
        assert "X-Amz-Expires=900" in link
    images = str(answer.headers["Content-Security-Policy"]).partition("img-src ")[2]
    origin = links[0].partition("/ratings/")[0]
    assert origin.startswith(images.partition(";")[0].split()[-1])


def test_a_question_is_answered_and_its_answer_pinned(alice, store, owner):
    path = f"/desk/{store}/numbers"
    asked = alice.post(path, {"question": "orders by month this year"})
    assert asked.status == 303
    talk = asked.leads_to.partition("#")[0]
    shown = alice.get(talk).text
    assert "orders by month this year" in shown
    conversation = re.search(r'name="conversation" value="([^"]+)"', shown)
    assert conversation
    pinned = alice.post(f"/desk/{store}/charts", {"conversation": conversation[1], "pin": "1"})
    assert pinned.leads_to == f"{path}?done=pinned"
    board = alice.get(path).text
    assert "orders by month this year" in board
    chart = re.search(r'name="unpin" value="([^"]+)"', board)
    assert chart
    gone = alice.post(f"/desk/{store}/charts", {"unpin": chart[1]})
    assert gone.leads_to == f"{path}?done=unpinned"
    assert (
        alice.post(f"/desk/{store}/charts", {"conversation": conversation[1], "pin": "0"}).status
        == 404
    )
    assert alice.post(path, {"question": " "}).status in (400, 422)


def test_shops_beyond_those_of_the_menu_have_their_pages(alice, store, owner) -> None:
    owner.execute("UPDATE backshop.stores SET created_at = now() WHERE id = %s", [store])
    owner.execute(
        """INSERT INTO backshop.stores (platform, store_url, created_at)
           SELECT 'woocommerce', 'https://' || gen_random_uuid() || '.example.com',
             now() - interval '1 day' FROM generate_series(1, 201)"""
    )
    assert alice.get(f"/desk/{store}/orders").status == 200


def test_all_that_is_filtered_is_a_file_and_no_cell_of_it_runs(alice, store, owner) -> None:
    owner.execute(
        """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
             currency, line_items, code, is_cancelled, shipping_address)
           SELECT %s, number::text, 'woocommerce', 'processing', 5, 'USD', '[]',
             CASE number WHEN 7 THEN '=1+1' ELSE 'W-' || number END, number > 440,
             '{"name": "Zoë, \\"Z\\""}'
           FROM generate_series(1, 450) AS number""",
        [store],
    )
    page = alice.get(f"/desk/{store}/orders?cancelled=false&limit=3")
    link = re.search(r'href="([^"]*format=csv[^"]*)"', page.text)
    assert link, "each list offers it"
    answer = alice.get(unescape(link[1]))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert 'filename="orders.csv"' in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 440, "all of it, not a page"
    assert {each["is_cancelled"] for each in rows} == {"false"}
    assert "'=1+1" in {each["code"] for each in rows}
    assert {each["customer_name"] for each in rows} == {'Zoë, "Z"'}
    assert alice.get(f"/desk/{store}/orders?format=csv&fulfilment=nonsense").status == 400


@pytest.mark.parametrize(
    "name", ["customers", "products", "refunds", "addresses", "webhooks", "outgoing"]
)
def test_every_list_is_a_file(alice, store, name) -> None:
    answer = alice.get(f"/desk/{store}/{name}?format=csv")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_a_file_is_for_who_is_signed_in(desk, store) -> None:
    assert desk().get(f"/desk/{store}/orders?format=csv").status == 303
