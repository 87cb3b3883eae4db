"""What a sync reads of each platform; loads no HTTP client."""

from __future__ import annotations

from backshop.commerce import Platform

SHOP = "shop"
"""The job that comes first: facts of the shop, and its webhooks."""

RESOURCES: dict[Platform, tuple[str, ...]] = {
    Platform.WOOCOMMERCE: ("categories", "products", "customers", "coupons", "orders", "refunds"),
    Platform.SHOPIFY: ("collections", "products", "customers", "discounts", "orders"),
    Platform.VENDURE: ("collections", "products", "customers", "promotions", "orders"),
}
"""In the order in which they are announced."""
