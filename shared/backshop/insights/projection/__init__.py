"""Saving records in the insights schema: what a store's numbers are computed from.

Functions take staged relations (staging.py), act on the transaction's store and do the same
whatever the order of arrival: rows keep the number of what they refer to, and who comes second
completes the
reference. The caller holds the store's lock and passes only records that are newer than what is
saved. Those that change what a customer has bought return the numbers of the customers concerned,
for `update_customers`.
"""

from __future__ import annotations

from backshop.insights.projection.catalogue import (
    delete_categories,
    delete_coupons,
    delete_products,
    save_categories,
    save_coupons,
    save_products,
    uncounted_variants,
    variations_of,
)
from backshop.insights.projection.customers import (
    Saved,
    customers_of,
    delete_customers,
    save_customers,
    update_customers,
)
from backshop.insights.projection.orders import buyers_of, delete_orders, save_orders
from backshop.insights.projection.persons import erase, export
from backshop.insights.projection.refunds import (
    ask_refunds_of,
    date_refunds,
    delete_refunds,
    orders_that_list_refunds,
    save_refunds,
    update_refunded,
)
from backshop.insights.rollups import Keeping

__all__ = [
    "Keeping",
    "Saved",
    "ask_refunds_of",
    "buyers_of",
    "customers_of",
    "date_refunds",
    "delete_categories",
    "delete_coupons",
    "delete_customers",
    "delete_orders",
    "delete_products",
    "delete_refunds",
    "erase",
    "export",
    "orders_that_list_refunds",
    "save_categories",
    "save_coupons",
    "save_customers",
    "save_orders",
    "save_products",
    "save_refunds",
    "uncounted_variants",
    "update_customers",
    "update_refunded",
    "variations_of",
]
