"""Shops of these tests, saved through the projections as everything is."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from backshop import commerce
from backshop.saving import projections

from tests.backshop.insights.naive import Shop
from tests.backshop.insights.shops import records

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def settings_of(made: Shop) -> dict[str, Any]:
    own: dict[str, Any] = {"week_starts_on": DAYS[made.week_start]}
    if made.statuses:
        own["statuses"] = sorted(made.statuses)
    if made.by_paid:
        own["orders_dated"] = "paid"
    return {"time_zone": made.zone, "currency": made.currency, "insights": own}


@pytest.fixture
def settle(tx: Any, store: UUID, owner: Any) -> Callable[[Shop], UUID]:
    """Saves a shop as the transaction's store."""

    def settle(made: Shop) -> UUID:
        told = json.dumps(settings_of(made))
        for table in ("backshop.stores", "insights.stores"):
            owner.execute(f"UPDATE {table} SET settings = %s WHERE id = %s", (told, store))
        held = commerce.Store(
            id=store,
            platform=commerce.Platform.WOOCOMMERCE,
            url="https://shop.example.com",
            currency=made.currency,
            time_zone=made.zone,
        )
        projections.save(tx, held, records(made))
        return store

    return settle
