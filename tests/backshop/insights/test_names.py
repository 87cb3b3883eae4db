"""Names of a store in filters, those that are gone among them, and how little is read for one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from backshop.insights.semantic import repository
from backshop.saving import projections

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
