"""/survey and /mail/stop against the real database and a local Shopify."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from html import unescape
from importlib import import_module
from urllib.parse import urlencode, urlsplit
from uuid import uuid4

import pytest
from backshop.web import tokens

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def shop(owner, new_store):
    made = new_store("shopify")
    owner.execute(
        """UPDATE backshop.stores SET store_url = 'https://osaz.example/' || id,
             settings = settings || '{"name": "Osaz", "currency": "NGN",
               "shade": {"discount_amounts": {"NGN": 3000}}}' WHERE id = %s""",
        [made],
    )
    for depth, name in enumerate(("Sand", "Honey", HOSTILE), 1):
        owner.execute(
            """INSERT INTO shade.shades
                 (store_id, name, depth, undertone, swatch, variant_ids)
               VALUES (%s, %s, %s, 'warm', '#c68642', ARRAY[%s])""",
            [made, name, depth, depth],
        )
        owner.execute("INSERT INTO shade.variants VALUES (%s, %s, %s, true)", [made, depth, depth])
    return made


@pytest.fixture
def customer(owner, shop):
    return owner.execute(
        """INSERT INTO shade.customers (store_id, email, shopify_customer_id)
           VALUES (%s, 'ada@example.com', %s) RETURNING id""",
        [shop, uuid4().hex],
    ).fetchone()["id"]


@pytest.fixture
def kit(owner, shop, customer):
    return owner.execute(
        """INSERT INTO shade.orders (store_id, shopify_order_id, customer_id, product_type,
             currency, total_amount, order_date, paid_at, fulfilled_at)
           VALUES (%s, %s, %s, 'shade_kit', 'NGN', 10, now(), now(), now()) RETURNING id""",
        [shop, uuid4().hex, customer],
    ).fetchone()["id"]


@pytest.fixture
def kept() -> dict[str, str]:
    """The browser's cookies."""
    return {}


@pytest.fixture
def browse(load, event, context, kept):
    function = load("shopper_pages")

    def go(verb, path, form=None, headers=None, query=None):
        name = "answer" if verb == "POST" else "survey"
        parts = urlsplit(path)
        asked = event(f"shopper_pages/{name}")
        asked["rawPath"] = asked["requestContext"]["http"]["path"] = parts.path
        asked["queryStringParameters"] = dict(
            pair.split("=", 1) for pair in parts.query.split("&") if pair
        )
        asked["body"] = urlencode(form or {}, doseq=True)
        asked["headers"] |= headers or {}
        asked["cookies"] = [f"{name}={value}" for name, value in kept.items()]
        answer = function.handler(asked, context)
        for each in answer.get("cookies") or ():
            name, _, value = each.partition(";")[0].partition("=")
            kept[name] = value
        return answer

    return go


def link(shop, kit) -> str:
    claims = {"store_id": str(shop), "order_id": str(kit)}
    token = tokens.sign("survey", claims, at=datetime.now(UTC), lasts=timedelta(days=1))
    return f"token={token}"


def place(answer) -> str:
    assert answer["statusCode"] == 303, answer["body"]
    return answer["headers"]["Location"]


def answer_all(browse, token) -> str:
    at = f"/survey/1?{token}"
    said = {"/survey/1": "Honey", "/survey/2": "5", "/survey/4": ["Acne", "Dryness"]}
    while urlsplit(at).path != "/survey/answers":
        at = place(browse("POST", at, {"answer": said.get(urlsplit(at).path, "")}))
    return at


def test_from_the_link_to_the_match(browse, shop, kit, owner):
    token = link(shop, kit)
    assert "Find your shade" in browse("GET", f"/survey?{token}")["body"]
    asked = browse("GET", f"/survey/1?{token}")["body"]
    assert HOSTILE not in asked
    assert HOSTILE in unescape(asked)
    assert 'fill="#c68642"' in asked
    check = browse("GET", answer_all(browse, token))["body"]
    assert "Acne, Dryness" in check
    led = place(browse("POST", f"/survey/answers?{token}"))
    shown = browse("GET", led)
    assert '<h1 dir="auto">Honey</h1>' in shown["body"]
    assert "The shop is making your code" in shown["body"]
    policy = shown["headers"]["Content-Security-Policy"]
    assert "form-action 'self' https://osaz.example" in policy
    saved = owner.execute(
        "SELECT * FROM shade.surveys WHERE store_id = %s AND order_id = %s", [shop, kit]
    ).fetchone()
    assert (saved["shade_selected"], saved["shade_fit_rating"]) == ("Honey", 5)
    assert saved["skin_concerns"] == ["Acne", "Dryness"]
    assert place(browse("POST", f"/survey/answers?{token}")) == led
    assert place(browse("GET", f"/survey?{token}")) == led


SAID = '{"of": "MARK", "answers": {"shade_selected": ANSWER, "shade_fit_rating": ANSWER}}'


@pytest.mark.parametrize(
    "draft",
    [
        "[" * 5000,
        '{"of":' * 1500,
        "9" * 5000,
        "[]",
        '{"of": "MARK", "answers": [1]}',
        '{"of": "MARK", "answers": 5}',
        *(
            SAID.replace("ANSWER", each)
            for each in (
                '"a\\u0000b"', '"\\ud800"', f'"{"9" * 5000}"', "9" * 4000, "1e999", "[[1]]", "{}",
                '[{"a": 1}]', "true", "null", '"\u00b2"',
            )
        ),
    ],
    ids=lambda said: said[:30],
)  # fmt: skip
@pytest.mark.parametrize("at", ["GET /survey/1", "GET /survey/answers", "POST /survey/answers"])
def test_a_draft_that_no_page_of_ours_kept_is_none(browse, kept, shop, kit, owner, draft, at):
    """The cookie is the browser's, who may write anything into it."""
    token = link(shop, kit)
    mark = import_module("survey")._mark(token.removeprefix("token="))
    said = draft.replace("MARK", mark).encode()
    kept["__Host-survey"] = urlsafe_b64encode(said).decode().rstrip("=")
    verb, path = at.split(" ")
    assert browse(verb, f"{path}?{token}")["statusCode"] in (200, 303, 422)
    row = owner.execute("SELECT count(*) AS n FROM shade.surveys WHERE store_id = %s", [shop])
    assert row.fetchone()["n"] == 0


def test_reading_changes_nothing(browse, shop, kit, owner):
    token = link(shop, kit)
    for path in ("/survey", "/survey/1", "/survey/answers", "/survey/match", "/survey/rating"):
        browse("GET", f"{path}?{token}")
    row = owner.execute(
        "SELECT count(*) AS n FROM shade.surveys WHERE store_id = %s", [shop]
    ).fetchone()
    assert row["n"] == 0


@pytest.mark.parametrize(
    ("n", "answer", "words"),
    [
        (1, "", "Choose the shade that suits you best."),
        (1, "Unknown", "Choose from what is listed."),
        (2, "9", "Choose from what is listed."),
        (6, "x" * 1001, "Write at most 1,000 characters."),
    ],
)
def test_what_does_not_fit_is_said(browse, shop, kit, n, answer, words):
    shown = browse("POST", f"/survey/{n}?{link(shop, kit)}", {"answer": answer})
    assert shown["statusCode"] == 422
    assert shown["body"].count(words) == 2


def test_a_needed_answer_is_asked_for_before_the_check(browse, shop, kit):
    assert "/survey/1?" in place(browse("GET", f"/survey/answers?{link(shop, kit)}"))


def test_a_changed_answer_leads_back_to_the_check(browse, shop, kit):
    token = link(shop, kit)
    answer_all(browse, token)
    led = place(browse("POST", f"/survey/1?{token}", {"answer": "Sand", "then": "answers"}))
    assert "Sand" in browse("GET", led)["body"]


@pytest.mark.parametrize("token", ["", "token=x", "token=a.b.c"])
def test_a_bad_link_says_what_to_do(browse, token):
    answer = browse("GET", f"/survey?{token}")
    assert answer["statusCode"] == 410
    assert "open the one in your message again" in answer["body"]


def test_the_rating_is_kept_and_the_last_word_counts(browse, shop, kit, owner):
    token = link(shop, kit)
    answer_all(browse, token)
    browse("POST", f"/survey/answers?{token}")
    wrong = browse("POST", f"/survey/rating?{token}", {"rating": "9", "notes": "Kept"})
    assert wrong["statusCode"] == 422
    assert "Kept" in wrong["body"]
    for rating in ("3", "5"):
        led = place(browse("POST", f"/survey/rating?{token}", {"rating": rating, "notes": ""}))
    assert "Thank you" in browse("GET", led)["body"]
    row = owner.execute(
        "SELECT match_accuracy_rating AS n FROM shade.model_training_data WHERE store_id = %s",
        [shop],
    ).fetchone()
    assert row["n"] == 5


def stop_path(shop, customer) -> str:
    claims = {"store_id": str(shop), "customer_id": str(customer)}
    token = tokens.sign("mail stop", claims, at=datetime.now(UTC), lasts=timedelta(days=1))
    return f"/mail/stop/{token}"


def is_stopped(owner, customer) -> bool:
    row = owner.execute(
        "SELECT unsubscribed_at FROM shade.customers WHERE id = %s", [customer]
    ).fetchone()
    return row["unsubscribed_at"] is not None


def test_only_a_post_unsubscribes(browse, shop, customer, owner):
    path = stop_path(shop, customer)
    shown = browse("GET", path)["body"]
    assert re.search(r'<form method="post" action="/mail/stop/', shown)
    assert not is_stopped(owner, customer)
    assert place(browse("POST", path)) == f"{path}?said=done"
    assert is_stopped(owner, customer)
    assert "You get no more" in browse("GET", path)["body"]


def test_a_mail_provider_unsubscribes_with_one_click(browse, shop, customer, owner):
    foreign = {"origin": "https://mail.example", "sec-fetch-site": "cross-site"}
    answer = browse(
        "POST", stop_path(shop, customer), {"List-Unsubscribe": "One-Click"}, headers=foreign
    )
    assert answer["statusCode"] == 200
    assert is_stopped(owner, customer)


def test_a_forged_link_stops_nothing(browse):
    assert browse("POST", "/mail/stop/a.b.c")["statusCode"] == 410
