"""Names of a store in filters, those that are gone among them, and how little is read for one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from backshop.insights.dashboard import TILES
from backshop.insights.semantic import repository
from backshop.insights.semantic.models import SemanticQuery
from backshop.insights.semantic.running import run_in
from backshop.saving import projections

from tests.backshop.insights import plans
from tests.backshop.saving.records import line, order, product, shop, variant

ORDERS = 120


def test_a_sku_that_is_gone_is_found_by_a_step_for_each_sku(tx: Any, store: UUID) -> None:
    """And not by reading the lines, of which a store has a thousand to a SKU."""
    there = product("5", variants=(variant("5", sku="SKU-5"),))
    sold = [
        order(str(each), lines=(line(sku="Old-1" if each % 2 else "SKU-5"),))
        for each in range(1, ORDERS + 1)
    ]
    projections.save(tx, shop(store), [there, *sold])
    assert repository.known_names(tx, store, "sku", ["old-1", "sku-5", "new"]) == {
        "old-1": "Old-1",
        "sku-5": "SKU-5",
    }
    assert repository.names(tx, store, "sku") == ["Old-1", "SKU-5"]
    explained: Any = plans.Explaining(tx)
    repository.known_names(explained, store, "sku", ["old-1"])
    assert 0 < explained.read["order_items"] <= 6


def test_top_products_read_the_sums_of_their_month_and_names_of_those_shown(
    tx: Any, store: UUID
) -> None:
    now = datetime.now(UTC)
    past = now.replace(day=1) - timedelta(days=20)
    catalogue = [product(str(each)) for each in range(1, 31)]
    sold = [
        order(str(each), lines=(line(product=each),), placed_at=now if each <= 12 else past)
        for each in range(1, 31)
    ]
    projections.save(tx, shop(store), [*catalogue, *sold])
    (tile,) = (each for each in TILES if each.title.startswith("Top products"))
    explained: Any = plans.Explaining(tx)
    held = repository.shop(tx)
    assert held is not None
    found = run_in(explained, held, SemanticQuery.model_validate(tile.query))
    assert len(found.rows) == 5
    assert explained.read["product_months"] == 12
    assert explained.read["products"] == 5
    assert explained.read["order_items"] == 0
