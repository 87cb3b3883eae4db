"""Local WooCommerce, Shopify and Vendure servers that behave as the real ones were recorded.

    python -m shops woocommerce --orders 1000 --port 9001

and, in tests,

    with woocommerce.running(orders=50, time_zone="Asia/Tokyo") as shop:
        shop.place_order()

Each server runs in a process of its own, listens on loopback only and ends with its parent. All
three stand on one shop (`shop.py`), which is generated from a seed or read from a CSV of invoices.
"""
