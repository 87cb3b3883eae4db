"""Everything that merchants ask for can be computed from what is stored: each metric on a shop
small enough to be added up by hand.

    O1  1 May  Ann    LK  2 x P5 at 10, coupon -2, shipping 5.00, tax 1.80 + 0.50 of shipping
    O2  2 May  Ann    US  1 x P6 at 25, tax 2.50
    O3  2 May  guest  LK  1 x P5 at 10, 1 x P6 at 25, shipping 5.00
    O4  3 May  Bo     LK  1 x P5 at 10, cancelled
    R1  4 May  of O1: one P5, 9.00 and 0.90 of tax      R2  5 May  of O3: the shipping, 5.00
"""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from backshop.commerce import CouponUse, RefundLine, guest_id

from tests.backshop.saving.records import (
    NOON,
    category,
    customer,
    line,
    order,
    product,
    refund,
    rows,
    save,
    shop,
    variant,
)

GUEST = guest_id("bo.guest@example.com")
TEN, TWENTY_FIVE = Decimal("10.00"), Decimal("25.00")


def placed(days: int) -> dict[str, Any]:
    at = NOON + timedelta(days=days)
    return {"placed_at": at, "created_at": at}


def records() -> list[Any]:
    p5 = product(
        "5", categories=(category("3", rank=0, name="Shirts"),), variants=(variant("5", stock=4),)
    )
    p6 = product("6", variants=(variant("6", price=TWENTY_FIVE, stock=0, available=False),))
    shirt, cap = line(product=5), line("12", product=6, quantity=1, price=TWENTY_FIVE)
    one_shirt = line("13", product=5, quantity=1)
    return [
        *(p5, p6, product("7", title="Unsold")),
        *(customer("7"), customer("8", first_name="Bo")),
        customer(GUEST, rank=0, is_guest=True, email="bo.guest@example.com"),
        order(
            "1",
            **placed(0),
            lines=(shirt.model_copy(update={"total": Decimal("18.00"), "tax": Decimal("1.80")}),),
            coupons=(CouponUse(code="save", discount=Decimal("2.00")),),
            discount=Decimal("2.00"),
            shipping=Decimal("5.00"),
            shipping_tax=Decimal("0.50"),
            tax=Decimal("2.30"),
            total=Decimal("25.30"),
            country="LK",
            status="completed",
        ),
        order(
            "2",
            **placed(1),
            lines=(cap.model_copy(update={"id": "21", "tax": Decimal("2.50")}),),
            tax=Decimal("2.50"),
            total=Decimal("27.50"),
            country="US",
        ),
        order(
            "3",
            **placed(1),
            lines=(one_shirt.model_copy(update={"id": "31"}), cap.model_copy(update={"id": "32"})),
            shipping=Decimal("5.00"),
            total=Decimal("40.00"),
            country="LK",
            customer_id=GUEST,
            is_guest=True,
        ),
        order(
            "4",
            **placed(2),
            lines=(one_shirt.model_copy(update={"id": "41"}),),
            customer_id="8",
            status="cancelled",
            is_cancelled=True,
            is_counted=False,
        ),
        refund(
            "91",
            minutes=3 * 1440,
            amount=Decimal("9.90"),
            tax=Decimal("0.90"),
            lines=(RefundLine(line_id="11", quantity=1, amount=Decimal("9.00"), tax=Decimal("0.90")),),
        ),
        refund(
            "92",
            minutes=4 * 1440,
            order_id="3",
            amount=Decimal("5.00"),
            shipping=Decimal("5.00"),
            lines=(),
        ),
    ]  # fmt: skip


COUNTED = "insights.orders AS o WHERE o.is_counted"
ITEMS = """insights.order_items AS i JOIN insights.orders AS o ON o.id = i.order_id
           WHERE o.is_counted"""
# Goods given back: what is left of a refund without its tax and shipping.
NET = f"""(SELECT (SELECT sum(i.subtotal) FROM {ITEMS})
            - (SELECT sum(o.discount_total) FROM {COUNTED})
            - (SELECT sum(r.amount - r.tax - r.shipping) FROM insights.refunds AS r))"""
FIRST = """SELECT customer_id, min(date_created) AS first, count(*) AS number
           FROM insights.orders WHERE is_counted GROUP BY customer_id"""
BY_CUSTOMER = """SELECT c.wc_customer_id, c.total_spent, c.order_count FROM insights.customers AS c
                 WHERE c.order_count > 0"""

METRICS: dict[str, tuple[str, Any]] = {
    "gross_sales": (f"SELECT sum(i.subtotal) FROM {ITEMS}", 80),
    "discounts": (f"SELECT sum(o.discount_total) FROM {COUNTED}", 2),
    "refunds": (
        """SELECT sum(amount) FROM insights.refunds
           WHERE status = 'settled' AND date_created >= '2026-05-04'""",
        "14.90",
    ),
    "net_sales": (f"SELECT {NET}", 69),
    "product_net_sales": (
        f"SELECT sum(i.total - i.refunded_total) FROM {ITEMS} AND i.wc_product_id = 5",
        19,
    ),
    "taxes": (f"SELECT sum(o.tax_total) FROM {COUNTED}", "4.80"),
    "shipping": (
        f"""SELECT (SELECT sum(o.shipping_total) FROM {COUNTED})
              - (SELECT sum(shipping) FROM insights.refunds)""",
        5,
    ),
    "total_sales": (
        f"SELECT {NET} + (SELECT sum(o.tax_total + o.shipping_total) FROM {COUNTED})",
        "83.80",
    ),
    "orders": (f"SELECT count(*) FROM {COUNTED}", 3),
    "orders_all_status": ("SELECT count(*) FROM insights.orders", 4),
    "aov": (f"SELECT {NET} / count(*) FROM {COUNTED}", 23),
    "median_order_value": (
        f"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY o.total) FROM {COUNTED}",
        "27.5",
    ),
    "items_sold": (f"SELECT sum(i.quantity - i.refunded_quantity) FROM {ITEMS}", 4),
    "items_per_order": (
        f"SELECT sum(i.quantity - i.refunded_quantity)::numeric / count(DISTINCT o.id) FROM {ITEMS}",
        Decimal(4) / 3,
    ),
    "avg_item_price": (
        f"""SELECT sum(i.total - i.refunded_total) / sum(i.quantity - i.refunded_quantity)
            FROM {ITEMS} AND i.wc_product_id = 5""",
        "9.5",
    ),
    "refund_rate": (
        f"SELECT (SELECT sum(amount) FROM insights.refunds) / sum(i.subtotal) FROM {ITEMS}",
        Decimal("14.90") / 80,
    ),
    "refunded_orders": (f"SELECT count(*) FROM {COUNTED} AND o.refunded_total > 0", 2),
    "cancel_rate": (
        "SELECT (count(*) FILTER (WHERE is_cancelled))::numeric / count(*) FROM insights.orders",
        "0.25",
    ),
    "discounted_orders": (f"SELECT count(*) FROM {COUNTED} AND o.coupon_used IS NOT NULL", 1),
    "coupon_order_share": (f"SELECT count(o.coupon_used)::numeric / count(*) FROM {COUNTED}", Decimal(1) / 3),
    "coupon_uses": ("SELECT count(*) FROM insights.order_coupons WHERE code = 'save'", 1),
    "coupon_net_sales": (
        """SELECT sum(o.subtotal - o.discount_total) FROM insights.order_coupons AS c
           JOIN insights.orders AS o ON o.id = c.order_id WHERE c.code = 'save'""",
        18,
    ),
    "discount_rate": (f"SELECT sum(o.discount_total) / sum(o.subtotal) FROM {COUNTED}", Decimal(2) / 80),
    "customers": (f"SELECT count(DISTINCT o.customer_id) FROM {COUNTED}", 2),
    "new_customers": (f"SELECT count(*) FROM ({FIRST}) AS f WHERE first >= '2026-05-02'", 1),
    "returning_customers": (
        f"""SELECT count(DISTINCT o.customer_id) FROM insights.orders AS o
            JOIN ({FIRST}) AS f USING (customer_id)
            WHERE o.is_counted AND o.date_created >= '2026-05-02' AND f.first < '2026-05-02'""",
        1,
    ),
    "repeat_customer_rate": (
        f"SELECT (count(*) FILTER (WHERE number > 1))::numeric / count(*) FROM ({FIRST}) AS f",
        "0.5",
    ),
    "orders_per_customer": (f"SELECT avg(number) FROM ({FIRST}) AS f", "1.5"),
    "revenue_per_customer": (f"SELECT {NET} / count(DISTINCT o.customer_id) FROM {COUNTED}", "34.5"),
    "ltv_historic": (f"SELECT avg(total_spent) FROM ({BY_CUSTOMER}) AS c", "38.95"),
    "cohort_retention": (
        f"""SELECT count(DISTINCT o.customer_id)::numeric FROM insights.orders AS o
            JOIN ({FIRST}) AS f USING (customer_id)
            WHERE o.is_counted AND date_trunc('month', f.first, 'UTC') = '2026-05-01T00:00Z'
              AND o.date_created > f.first""",
        1,
    ),
    "cohort_revenue": (
        f"""SELECT sum(o.total - o.refunded_total) FROM insights.orders AS o
            JOIN ({FIRST}) AS f USING (customer_id)
            WHERE o.is_counted AND date_trunc('month', f.first, 'UTC') = '2026-05-01T00:00Z'""",
        "77.90",
    ),
    "median_days_between_orders": (
        """SELECT extract(day FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY gap)) FROM (
             SELECT date_created - lag(date_created)
               OVER (PARTITION BY customer_id ORDER BY date_created) AS gap
             FROM insights.orders WHERE is_counted) AS g WHERE gap IS NOT NULL""",
        1,
    ),
    "rfm_segment_size": (
        """SELECT count(*) FROM insights.customers
           WHERE order_count = 2 AND total_spent = 42.90 AND last_order_date >= '2026-05-02'""",
        1,
    ),
    "customers_at_risk": (
        "SELECT count(*) FROM insights.customers WHERE last_order_date < '2026-06-01'",
        2,
    ),
    "one_time_customers": ("SELECT count(*) FROM insights.customers WHERE order_count = 1", 1),
    "top_customer_share": (
        f"SELECT max(total_spent) / sum(total_spent) FROM ({BY_CUSTOMER}) AS c",
        Decimal("42.90") / Decimal("77.90"),
    ),
    "stock_quantity": ("SELECT sum(stock_quantity) FROM insights.products", 4),
    "inventory_value": ("SELECT sum(stock_quantity * price) FROM insights.product_variants", 40),
    "sales_velocity": (
        f"""SELECT sum(i.quantity - i.refunded_quantity) / 30.0 FROM {ITEMS}
            AND i.sku = 'SKU-5' AND o.date_created > '2026-04-10'""",
        Decimal(2) / 30,
    ),
    "days_of_stock": (
        f"""SELECT p.stock_quantity / (SELECT sum(i.quantity - i.refunded_quantity) / 30.0
              FROM {ITEMS} AND i.product_id = p.id) FROM insights.products AS p
            WHERE p.sku = 'SKU-5'""",
        60,
    ),
    "sell_through": (
        f"""SELECT s.sold::numeric / (s.sold + p.stock_quantity) FROM insights.products AS p,
            LATERAL (SELECT sum(i.quantity - i.refunded_quantity) AS sold FROM {ITEMS}
                     AND i.product_id = p.id) AS s WHERE p.category_name = 'Shirts'""",
        Decimal(2) / 6,
    ),
    "products_without_sales": (
        f"""SELECT count(*) FROM insights.products AS p WHERE p.status = 'publish'
            AND NOT EXISTS (SELECT FROM {ITEMS} AND i.product_id = p.id)""",
        1,
    ),
    "co_purchase_count": (
        """SELECT count(*) FROM insights.order_items AS a JOIN insights.order_items AS b
           ON a.order_id = b.order_id AND a.wc_product_id < b.wc_product_id""",
        1,
    ),
    "net_sales_yoy_pct": (
        f"SELECT count(*) FROM {COUNTED} AND o.date_created < '2026-01-01'",
        0,
    ),
    "net_sales_share": (
        f"""SELECT sum(o.subtotal - o.discount_total) FILTER (WHERE o.country = 'LK')
              / sum(o.subtotal - o.discount_total) FROM {COUNTED}""",
        Decimal(53) / 78,
    ),
    "avg_daily_sales": (f"SELECT {NET} / 3", 23),
    "tax_rate_effective": (
        f"SELECT sum(o.tax_total) / {NET} FROM {COUNTED}",
        Decimal("4.80") / 69,
    ),
    "sync_freshness": (
        "SELECT count(*) FROM insights.sync_logs WHERE status = 'completed' AND completed_at < now()",
        0,
    ),
    "net_sales_cumulative": (
        f"""SELECT running FROM (SELECT o.date_created,
              sum(o.subtotal - o.discount_total) OVER (ORDER BY o.date_created) AS running
            FROM {COUNTED}) AS days ORDER BY date_created LIMIT 1""",
        18,
    ),
    "product_net_sales_share": (
        """SELECT sum(i.total - i.refunded_total) FILTER (WHERE p.category_name = 'Shirts')
              / sum(i.total - i.refunded_total)
            FROM insights.products AS p JOIN insights.order_items AS i ON i.product_id = p.id
            JOIN insights.orders AS o ON o.id = i.order_id WHERE o.is_counted""",
        Decimal(19) / 69,
    ),
    "lifetime_revenue": (
        "SELECT total_spent FROM insights.customers WHERE wc_customer_id = 7",
        "42.90",
    ),
    "gross_sales_all_status": ("SELECT sum(total) FROM insights.orders", "102.80"),
}  # fmt: skip


@pytest.fixture
def filled(tx: Any, store: Any) -> Any:
    save(tx, shop(store), *records())
    return tx


def test_each_metric_equals_the_sum_by_hand(filled: Any) -> None:
    wrong = {}
    for name, (query, expected) in METRICS.items():
        (found,) = rows(filled, query)
        if abs(Decimal(str(found)) - Decimal(expected)) > Decimal("0.000001"):
            wrong[name] = (found, expected)
    assert wrong == {}


def test_no_metric_is_left_out() -> None:
    given = Path(__file__).parents[4] / "shared/insights/metrics.json"
    assert len(METRICS) == 53
    if given.exists():
        assert set(METRICS) == {each["name"] for each in json.loads(given.read_text())}
