"""/try-on: what is offered, who may frame it, and that its token begins sessions alone."""

from __future__ import annotations

import re
from html import unescape

import pytest
from backshop.web import tokens
from psycopg.types.json import Jsonb

from tests.functions.try_on_shop import LOOKS, fill

HOSTILE = '"><script>alert(1)</script>'


@pytest.fixture
def shop(owner, new_store):
    made = new_store("woocommerce")
    fill(owner, made, LOOKS)
    owner.execute(
        """UPDATE connect.platform_product SET title = %s, product_id = '77'
           WHERE store_id = %s AND sku = 'TINT-20'""",
        [HOSTILE, made],
    )
    owner.execute(
        "UPDATE backshop.stores SET store_url = %s, settings = settings || %s WHERE id = %s",
        [
            f"https://linden.example/{made}",
            Jsonb({"name": "Linden", "allowed_origins": ["https://linden.example"]}),
            made,
        ],
    )
    return made


@pytest.fixture
def get(load, event, context, aws, monkeypatch, shop):
    monkeypatch.setenv("TRY_ON_BUCKET", "try-on")
    function = load("shopper_pages")

    def ask(name, **query):
        asked = event(f"shopper_pages/{name}")
        asked["queryStringParameters"] = {"store_id": str(shop), **query}
        return function.handler(asked, context)

    return ask


def offered(answer) -> list[str]:
    return re.findall(r'name="sku" value="([^"]*)"', answer["body"])


def test_what_is_asked_for_comes_first_and_other_shades_follow(get):
    assert offered(get("try_on", skus="TINT-30"))[0] == "TINT-30"
    assert set(offered(get("try_on", skus="TINT-30"))) == {"TINT-20", "TINT-30", "TINT-50"}
    assert offered(get("try_on", skus="LIP-RED")) == ["LIP-RED"]
    assert offered(get("try_on", skus="RIMS,LIP-RED")) == ["RIMS", "LIP-RED"]
    assert len(offered(get("try_on", skus=""))) == len(LOOKS)


def test_what_cannot_be_tried_on_is_said(get):
    answer = get("try_on", skus="NONE")
    assert answer["statusCode"] == 404
    assert "None of these products can be tried on yet" in answer["body"]


def test_consent_is_unticked_and_says_what_how_long_and_which_text(get):
    body = get("try_on", skus="TINT-30")["body"]
    boxes = re.findall(r'<input type="checkbox"[^>]*>', body)
    assert len(boxes) == 2, "with scripts, and without"
    assert not any("checked" in box.replace("checkbox", "") for box in boxes)
    words = " ".join(unescape(body).split())
    for said in ("outline of my face", "colour of my skin", "24 hours", "30 days"):
        assert said in words
    assert "/privacy/pictures" in body
    assert re.search(r'data-version="\d{4}-\d\d-\d\d"', body)
    assert "30 days" in get("privacy")["body"]


def test_titles_are_text(get):
    body = get("try_on", skus="TINT-20")["body"]
    assert HOSTILE not in body
    assert HOSTILE in unescape(body)


def test_only_the_frame_is_framed_and_only_by_the_stores_origins(get):
    alone = get("try_on", skus="TINT-30")["headers"]["Content-Security-Policy"]
    framed = get("try_on_frame", skus="TINT-30")["headers"]["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in alone
    assert "frame-ancestors https://linden.example;" in framed
    for policy in (alone, framed):
        assert "unsafe" not in policy
        assert "https://try-on.s3" in policy
    assert "camera=(self)" in get("try_on", skus="TINT-30")["headers"]["Permissions-Policy"]
    assert not get("try_on_frame", skus="TINT-30").get("cookies")


def test_the_token_begins_sessions_and_nothing_else(get, shop, aws):
    from datetime import UTC, datetime

    token = re.search(r'data-token="([^"]+)"', get("try_on", skus="TINT-30")["body"])[1]
    claims = tokens.read("publishable", token, at=datetime.now(UTC))
    assert claims["store_id"] == str(shop)
    assert set(claims) == {"store_id", "aud", "iat", "exp"}


def test_the_cart_is_the_shops_own(get, shop):
    body = get("try_on", skus="TINT-20")["body"]
    assert re.search(
        rf'data-cart="https://linden.example/{shop}/\?add-to-cart=\w+&amp;quantity=1"', body
    )


def test_the_line_of_a_product_page_is_kept_for_minutes_alone(get):
    answer = get("embed")
    assert answer["headers"]["Content-Type"].startswith("text/javascript")
    assert answer["headers"]["Cache-Control"] == "public, max-age=300"
    assert "backshop:choice" in answer["body"]
