"""GET and POST /c/{id}: the one counts nothing, the other a click; both lead to the
shop's own host or nowhere."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.backshop.kits.shop import Caller


def name(store: UUID, recommendation: UUID) -> str:
    return urlsafe_b64encode(store.bytes + recommendation.bytes).decode().rstrip("=")


@pytest.fixture
def shop(new_store) -> UUID:
    made: UUID = new_store("shopify")
    return made


@pytest.fixture
def host(owner, shop) -> str:
    row = owner.execute("SELECT store_url FROM backshop.stores WHERE id = %s", [shop]).fetchone()
    return str(row["store_url"])


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


@pytest.fixture
def recommend(owner, shop):
    """Saves a recommendation with a cart link; its id."""

    def make(cart_url: str | None) -> UUID:
        row = owner.execute(
            """WITH survey AS (
                 INSERT INTO shade.surveys (store_id) VALUES (%(shop)s) RETURNING id
               ), made AS (
                 INSERT INTO shade.recommendations (store_id, survey_id, cart_url)
                 SELECT %(shop)s, id, %(url)s FROM survey RETURNING id
               )
               INSERT INTO shade.conversions (store_id, recommendation_id)
               SELECT %(shop)s, id FROM made RETURNING recommendation_id""",
            {"shop": shop, "url": cart_url},
        ).fetchone()
        id: UUID = row["recommendation_id"]
        return id

    return make


def test_every_click_counts_and_the_first_is_remembered(call, recommend, host, shop, owner) -> None:
    id = recommend(f"{host}/cart/7:1?attributes%5Bshade_recommendation%5D=x")
    for _ in range(3):
        answer = call.raw("cart_links/click", id=name(shop, id))
        assert answer["statusCode"] == 303
        assert answer["headers"]["Location"].startswith(f"{host}/cart/7:1?")
        assert answer["headers"]["Cache-Control"] == "no-store"
    row = owner.execute("SELECT * FROM shade.conversions WHERE store_id = %s", [shop]).fetchone()
    assert row["clicks"] == 3
    assert row["cart_url"].startswith(f"{host}/cart/7:1")
    assert abs((row["clicked_at"] - datetime.now(UTC)).total_seconds()) < 60
    assert not row["converted"]


def test_following_the_link_changes_nothing(call, recommend, host, shop, owner) -> None:
    id = recommend(f"{host}/cart/7:1")
    read = "SELECT xmin::text, * FROM shade.conversions WHERE store_id = %s"
    before = owner.execute(read, [shop]).fetchall()
    for _ in range(3):
        answer = call.raw("cart_links/follow", id=name(shop, id))
        assert answer["statusCode"] == 302
        assert answer["headers"]["Location"].startswith(f"{host}/cart/7:1")
    assert owner.execute(read, [shop]).fetchall() == before


@pytest.mark.parametrize("way", ["follow", "click"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/cart/7:1",
        "{host}.evil.example/cart/7:1",
        "{host}@evil.example/cart/7:1",
        "//evil.example/cart/7:1",
        "javascript:alert(1)",
        "",
        None,
    ],
)
def test_it_leads_to_no_other_host(call, recommend, host, shop, owner, url: Any, way: str) -> None:
    id = recommend(url and url.format(host=host))
    status, said = call(f"cart_links/{way}", id=name(shop, id))
    assert status == 404
    assert "evil" not in str(said)
    row = owner.execute("SELECT * FROM shade.conversions WHERE store_id = %s", [shop]).fetchone()
    assert row["clicks"] == 0, "what leads nowhere is no click"


@pytest.mark.parametrize("id", ["x", "%00", "A" * 43, "é" * 43, "A" * 5000, "C3w_"])
def test_a_made_up_link_leads_nowhere(call, id: str) -> None:
    assert call("cart_links/follow", id=id)[0] == 404


def test_a_link_of_another_store_leads_nowhere(call, recommend, host, new_store) -> None:
    id = recommend(f"{host}/cart/7:1")
    assert call("cart_links/follow", id=name(new_store("shopify"), id))[0] == 404
    assert call("cart_links/follow", id=name(uuid4(), id))[0] == 404
