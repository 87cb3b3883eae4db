"""A shop whose pages take long is asked for smaller ones."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from backshop import platforms
from backshop.commerce import Platform, Store
from backshop.platforms import pace
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials
from backshop.platforms.reading import ReadContext, ReadScope
from backshop.platforms.shopify import reading
from backshop.platforms.vendure.api import VendureApi

from shops.running import running


def sizes(url: str, token: str) -> list[int]:
    """How many products each page but the last had."""
    store = Store(id=uuid4(), platform=Platform.SHOPIFY, url=url, currency="USD")
    opened = platforms.load(Platform.SHOPIFY).open(Credentials(url, token, "none"), Deadline())
    with closing(opened) as shop:
        reader = shop.reader(store, "products", ReadContext(lambda: datetime.now(UTC)))
        return [len(step.page.ids) for step in reader.steps(ReadScope(complete=True), {})][:-1]


def test_shopify_is_asked_for_less_where_a_page_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with running("shopify", orders=0, products=60, bucket=1e6, restore=1e6) as shop:
        token = shop.credentials["api_key"]
        quick = sizes(shop.url, token)
        assert min(quick) == max(quick) > 8
        monkeypatch.setattr(reading, "LONG_PAGE", 0.0)
        monkeypatch.setattr(reading, "SHORT_PAGE", 0.0)
        slow = sizes(shop.url, token)
        assert slow[:3] == [quick[0], quick[0] // 2, quick[0] // 4]
        assert slow[-1] == 1
        assert sum(slow) > 50


@pytest.mark.parametrize("resource", ["products", "orders", "customers"])
def test_vendure_is_asked_for_less_where_a_page_takes_long(
    resource: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    run_once = VendureApi.run_once

    def noted(api: VendureApi, operation: str, variables: Any) -> Any:
        asked.append(variables.get("options", {}).get("take"))
        return run_once(api, operation, variables)

    def read(url: str, user: str, password: str) -> list[str]:
        """The ids of all records; `asked` has the sizes of the requests."""
        asked.clear()
        store = Store(id=uuid4(), platform=Platform.VENDURE, url=url, currency="USD")
        opened = platforms.load(Platform.VENDURE).open(Credentials(url, user, password), Deadline())
        with closing(opened) as shop:
            reader = shop.reader(store, resource, ReadContext(lambda: datetime.now(UTC)))
            steps = reader.steps(ReadScope(complete=True), {})
            return list(dict.fromkeys(id for step in steps for id in step.page.ids))

    with running("vendure", orders=60, products=60, carts=0, list_limit=16) as shop:
        login = (shop.credentials["username"], shop.credentials["password"])
        whole = read(shop.url, *login)
        assert len(whole) > 20
        monkeypatch.setattr(VendureApi, "run_once", noted)
        assert read(shop.url, *login) == whole
        assert {each for each in asked if each} == {100, 16}
        monkeypatch.setattr(pace, "LONG_PAGE", 0.0)
        assert read(shop.url, *login) == whole
        takes = [each for each in asked if each]
        assert takes[:2] == [100, 16]
        assert max(takes[2:]) <= 9, "half as many, and the one at which they join"
        assert min(takes) <= 3, "and fewer still"
