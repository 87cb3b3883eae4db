"""Making a store's rollups anew: after its settings changed what counts, or when, and on
command."""

from __future__ import annotations

from uuid import UUID

from backshop.db import Tx
from backshop.insights.rollups import repository
from backshop.insights.rollups.images import images, params, sources
from backshop.insights.semantic import repository as shops


def rebuild(tx: Tx, store: UUID) -> bool:
    """Make all sums of the transaction's store anew, by its settings as they are; False where there
    is no such store. The caller holds the lock of those who save for the store."""
    shop = shops.shop(tx)
    if shop is None:
        return False
    reckoning = shop.books.reckoning
    of = params(reckoning, store)
    tables = [*(each.table for each in images()), "customer_months", "monthly_customers"]
    repository.clear(tx, store, tables)
    repository.fill(tx, sources(reckoning, "true"), of)
    repository.note(tx, store, reckoning)
    return True
