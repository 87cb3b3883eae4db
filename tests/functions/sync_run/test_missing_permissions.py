"""What a key, a role or an app may not do is said on the run, each by name; the rest is done."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
from backshop.platforms.shopify.subscribing import SCOPES
from backshop.platforms.vendure.subscribing import PERMISSIONS
from backshop.platforms.woocommerce.subscribing import LISTS
from backshop.sync.models import SHOP, Run

from tests.functions.sync_run.shops import Connected, connected
from tests.functions.sync_run.test_vendure_servers import with_role

WRITING = ("UpdateOrder", "UpdateSettings", "ReadSettings")
"""Of which reading orders, products and customers does not say anything by itself."""


def told(run: Run) -> str:
    return " ".join(part for job in run.resources for part in (*job.notes, job.error or ""))


def outcomes(run: Run) -> dict[str, str]:
    return {job.resource: job.status for job in run.resources}


@pytest.mark.parametrize(
    "lacking", [*combinations(WRITING, 2), ("ReadPromotion", "UpdateSettings")]
)
def test_each_of_two_missing_permissions_is_named(aws: Any, lacking: tuple[str, str]) -> None:
    """One of them refuses the subscription of webhooks, which is tried after the other is known."""
    with connected("vendure", orders=2) as shop:
        with_role(shop, [each for each in PERMISSIONS if each not in lacking])
        said = told(shop.sync())
        assert [each for each in lacking if f"permission {each}" not in said] == []


@pytest.mark.parametrize(
    "lacking", [("read_all_orders", "write_orders"), ("read_discounts", "write_discounts")]
)
def test_each_missing_scope_of_an_app_is_named_on_the_run(
    aws: Any, lacking: tuple[str, str]
) -> None:
    with connected("shopify", orders=2) as shop:
        shop.shop.control("settings", scopes=[each for each in SCOPES if each not in lacking])
        said = told(shop.sync())
        assert [each for each in lacking if f"scope {each}:" not in said] == []


@pytest.fixture
def woo(aws: Any) -> Iterator[Connected]:
    with connected("woocommerce", orders=3) as shop:
        yield shop


def with_settings(shop: Connected, **settings: Any) -> Run:
    usual = {"key_permissions": "read_write", "prints": "", "forbidden": []}
    shop.shop.control("settings", **settings)
    try:
        return shop.sync()
    finally:
        shop.shop.control("settings", **usual)


def test_a_key_that_became_read_only_hides_nothing_else(woo: Connected) -> None:
    run = with_settings(woo, key_permissions="read", prints="\ufeff", forbidden=["coupons"])
    said = told(run)
    assert "read-only" in said
    assert "byte order mark" in said
    assert "may not read coupons" in said
    assert outcomes(run)["orders"] == "completed", "what may be read is read"


def test_a_run_asks_for_no_list_but_to_read_it(woo: Connected) -> None:
    """What the key may not read is said by the job of that list, and looked for when connecting."""
    woo.sync()
    woo.shop.requests(reset=True)
    assert woo.sync("incremental", SHOP).resources[0].status == "completed"
    asked = woo.shop.requests()["requests"]
    counts = {path: asked.get(f"GET /wp-json/wc/v3/{path}", 0) for path in LISTS}
    assert counts == {"products": 0, "customers": 0, "coupons": 0, "webhooks": 1}
    assert sum(asked.values()) == 5, asked


@pytest.mark.parametrize("what", ["customers", "coupons", "products", "webhooks"])
def test_what_a_key_s_user_may_not_read_is_named_and_the_rest_is_read(
    woo: Connected, what: str
) -> None:
    run = with_settings(woo, forbidden=[what])
    assert f"may not read {what}: make the key for an administrator" in told(run)
    assert outcomes(run)["orders"] == "completed"
    assert "read/write access" not in told(run), "the key itself is right"
