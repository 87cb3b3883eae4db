"""The metrics: one declaration each, from which SQL, checks, descriptions, the words that planners
know and the documentation are made. Adding a metric is adding one here.

A formula is SQL over measures (measures.py), each in braces. `by_product` is the formula where a
query groups or filters by product, SKU or category, and order-level amounts cannot be split.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from backshop.insights.semantic.models import Dimension, Format

D = Dimension

BY_ORDER = (
    D.DAY_OF_WEEK,
    D.HOUR_OF_DAY,
    D.COUNTRY,
    D.COUPON,
    D.STATUS,
    D.PAYMENT_METHOD,
    D.CUSTOMER_TYPE,
    D.IS_WEEKEND,
    D.MONTH,
    D.HAS_COUPON,
    D.ORDER_VALUE_BUCKET,
    D.CURRENCY,
    D.CHANNEL,
)
BY_PRODUCT = (D.PRODUCT, D.SKU, D.CATEGORY)
BY_ALL = BY_ORDER + BY_PRODUCT
BY_PLACE = (D.COUNTRY, D.CURRENCY)


class Default(StrEnum):
    """The period of a query that names none."""

    NOW = "now"
    DAYS_30 = "30_days"
    MONTHS_12 = "12_months"
    ALL_TIME = "all_time"


class After(StrEnum):
    """What is computed from the rows of `of`, once those are there."""

    SHARE = "share"
    """Of the bucket, or of the period where there are no dimensions."""
    RUNNING = "running"
    """Added up along the buckets."""
    YEAR_ON_YEAR = "year_on_year"


@dataclass(frozen=True, slots=True)
class Metric:
    """`words` are phrases of merchants, lower case, the plainest first. `is_additive`: rows of
    classes that exclude each other add up to the total."""

    name: str
    label: str
    format: Format
    definition: str
    dimensions: tuple[Dimension, ...]
    words: tuple[str, ...]
    formula: str = ""
    by_product: str = ""
    has_time: bool = True
    default: Default = Default.MONTHS_12
    is_additive: bool = False
    after: After | None = None
    of: str = ""
    of_products: str = ""
    note: str = ""
    """What every answer with it says."""
    least: str = ""
    """A condition over measures below which a row by product says nothing, and is left out."""
    kind: Literal["flow", "rate", "stock", "life"] = "flow"
    """A sum or count of a period, a proportion, a state of now, or of whole lives."""

    @property
    def is_money(self) -> bool:
        return self.format == "money"


NET = "{gross} - {discounts} - {goods_back}"
PRODUCT_NET = "{line_net} - {line_back}"
UNITS = "{units} - {units_back}"
TAXES = "{tax} - {tax_back}"


def _per(above: str, below: str) -> str:
    return f"({above}) / nullif({below}, 0)"


_DECLARED: tuple[Metric, ...] = (
    Metric(
        "gross_sales",
        "Gross sales",
        "money",
        "Lines at list price times quantity, before coupons, refunds, tax and shipping.",
        BY_ALL,
        ("gross sales", "gross revenue", "gross", "sales before discounts", "gross turnover"),
        "{gross}",
        "{line_gross}",
        is_additive=True,
    ),
    Metric(
        "discounts",
        "Discounts",
        "money",
        "What coupons took off; by coupon what that code took off.",
        BY_ORDER,
        ("discounts", "discount", "discounts given", "money off", "coupon discounts", "price cuts"),
        "{own_discounts}",
        is_additive=True,
    ),
    Metric(
        "refunds",
        "Refunds",
        "money",
        "Goods part of settled refunds (the amount less its tax and shipping) of orders that count,"
        " on the day of the refund, positive; by product that of refunded lines.",
        BY_ALL,
        (
            "refunds",
            "refunded",
            "refund amount",
            "returns",
            "money back",
            "given back",
            "chargebacks",
            "money returned",
            "returned",
            "sent back",
            "gave back",
            "give back",
            "refunding",
        ),
        "{goods_back}",
        "{line_back}",
        is_additive=True,
    ),
    Metric(
        "net_sales",
        "Net sales",
        "money",
        "Gross sales less discounts and refunds; an order refunded in full comes to nothing.",
        BY_ORDER,
        (
            "net sales",
            "sales",
            "revenue",
            "turnover",
            "net revenue",
            "money",
            "income",
            "takings",
            "earnings",
            "made",
            "earned",
            "take in",
            "sell",
            "sold for",
        ),
        NET,
        is_additive=True,
    ),
    Metric(
        "product_net_sales",
        "Product net sales",
        "money",
        "Lines after their discounts, less refunded lines.",
        BY_ALL,
        ("product net sales", "product sales", "item sales", "product revenue", "item revenue"),
        PRODUCT_NET,
        is_additive=True,
    ),
    Metric(
        "taxes",
        "Taxes",
        "money",
        "Tax on goods and shipping, less tax given back.",
        BY_ORDER,
        ("taxes", "tax", "vat", "gst", "sales tax", "tax collected"),
        TAXES,
        is_additive=True,
    ),
    Metric(
        "shipping",
        "Shipping",
        "money",
        "Shipping charged without its tax, less shipping given back.",
        BY_ORDER,
        (
            "shipping",
            "delivery fees",
            "delivery charges",
            "postage",
            "shipping income",
            "delivery income",
            "freight",
        ),
        "{shipping} - {shipping_back}",
        is_additive=True,
    ),
    Metric(
        "total_sales",
        "Total sales",
        "money",
        "Net sales, taxes and shipping together; fees, tips and gift cards are in none of them.",
        BY_ORDER,
        (
            "total sales",
            "sales including tax",
            "revenue with tax and shipping",
            "sales with tax and delivery",
            "total revenue with tax",
        ),
        f"{NET} + {TAXES} + {{shipping}} - {{shipping_back}}",
        is_additive=True,
        note="Fees, tips and gift cards are not in total sales.",
    ),
    Metric(
        "orders",
        "Orders",
        "count",
        "Orders that count: by the platform's own default, or of the statuses that the store sets;"
        " never test orders. An order refunded in full still counts.",
        BY_ORDER,
        (
            "orders",
            "order count",
            "number of orders",
            "purchases",
            "transactions",
            "checkouts",
            "checkout",
            "average orders",
        ),
        "{orders}",
        is_additive=True,
    ),
    Metric(
        "orders_all_status",
        "Orders (all statuses)",
        "count",
        "Orders of every status, test orders apart.",
        BY_ORDER,
        (
            "orders of all statuses",
            "all orders whatever the status",
            "orders including cancelled",
            "orders by status",
            "pending orders",
            "cancelled orders",
            "failed orders",
        ),
        "{all_orders}",
        is_additive=True,
        default=Default.DAYS_30,
    ),
    Metric(
        "aov",
        "Average order value",
        "money",
        "Net sales by orders; empty without orders.",
        BY_ORDER,
        (
            "average order value",
            "aov",
            "average basket",
            "basket size",
            "average spend per order",
            "average order",
            "average cart",
            "order value",
        ),
        _per(NET, "{orders}"),
        kind="rate",
    ),
    Metric(
        "median_order_value",
        "Median order value",
        "money",
        "The middle of orders' net values (lines less discounts and goods given back).",
        BY_ORDER,
        ("median order value", "median order", "typical order", "median basket", "middle order"),
        "{median_net}",
        kind="rate",
    ),
    Metric(
        "items_sold",
        "Items sold",
        "count",
        "Quantities of lines less refunded quantities, exact where they are fractions.",
        BY_ALL,
        (
            "items sold",
            "units sold",
            "quantity sold",
            "pieces sold",
            "items",
            "units",
            "best sellers",
            "bestsellers",
            "best selling",
            "most popular",
            "top sellers",
            "sold",
            "quantity",
            "volume",
            "pieces",
        ),
        UNITS,
        is_additive=True,
    ),
    Metric(
        "items_per_order",
        "Items per order",
        "ratio",
        "Items sold by orders.",
        BY_ORDER,
        ("items per order", "units per order", "pieces per order", "average items", "basket count"),
        _per(UNITS, "{orders}"),
        kind="rate",
    ),
    Metric(
        "avg_item_price",
        "Average selling price",
        "money",
        "Product net sales by items sold.",
        (D.PRODUCT, D.CATEGORY),
        (
            "average selling price",
            "average item price",
            "average price",
            "price per item",
            "asp",
            "average unit price",
        ),
        _per(PRODUCT_NET, UNITS),
        kind="rate",
    ),
    Metric(
        "refund_rate",
        "Refund rate",
        "percent",
        "Refunds by gross sales of the period; by product only where at least 5 were sold.",
        BY_ALL,
        ("refund rate", "return rate", "share refunded", "percent refunded", "returns rate"),
        _per("{goods_back}", "{gross}"),
        _per("{line_back}", "{line_gross}"),
        kind="rate",
        least="{units} >= 5",
        note="The refund rate is money refunded by gross sales, not orders by orders.",
    ),
    Metric(
        "refunded_orders",
        "Refunded orders",
        "count",
        "Orders that count and had any money given back, in the period in which they were placed.",
        BY_ORDER,
        ("refunded orders", "orders refunded", "returned orders", "orders with a refund"),
        "{refunded_orders}",
        is_additive=True,
    ),
    Metric(
        "cancel_rate",
        "Cancellation rate",
        "percent",
        "Cancelled and failed orders by orders of every status.",
        (),
        ("cancellation rate", "cancel rate", "share cancelled", "percent of orders cancelled"),
        _per("{cancelled_orders}", "{all_orders}"),
        kind="rate",
    ),
    Metric(
        "discounted_orders",
        "Discounted orders",
        "count",
        "Orders with at least one coupon.",
        BY_ORDER,
        ("discounted orders", "orders with a coupon", "orders with a discount", "coupon orders"),
        "{coupon_orders}",
        is_additive=True,
    ),
    Metric(
        "coupon_order_share",
        "Share of orders with coupon",
        "percent",
        "Discounted orders by orders.",
        BY_ORDER,
        (
            "share of orders with coupon",
            "coupon usage rate",
            "coupon share",
            "percent of orders with a discount",
            "how often are coupons used",
        ),
        _per("{coupon_orders}", "{orders}"),
        kind="rate",
    ),
    Metric(
        "coupon_uses",
        "Coupon uses",
        "count",
        "Orders that carry the code; without a code, orders that carry any.",
        (D.COUPON,),
        (
            "coupon uses",
            "uses of the code",
            "times used",
            "redemptions",
            "coupon redemptions",
            "most used coupon",
            "promo code uses",
            "voucher uses",
        ),
        "{coupon_orders}",
        default=Default.ALL_TIME,
    ),
    Metric(
        "coupon_net_sales",
        "Sales with coupon",
        "money",
        "Net sales of orders that carry the code; without a code, of orders that carry any.",
        (D.COUPON,),
        ("sales with coupon", "coupon sales", "revenue from the code", "sales by code"),
        "{coupon_gross} - {coupon_discounts} - {coupon_goods_back}",
    ),
    Metric(
        "discount_rate",
        "Discount rate",
        "percent",
        "Discounts by gross sales.",
        BY_ORDER,
        ("discount rate", "average discount", "discount percentage", "percent discounted"),
        _per("{own_discounts}", "{gross}"),
        kind="rate",
    ),
    Metric(
        "customers",
        "Customers",
        "count",
        "Different customers with an order in the period; guests are told apart by their e-mail.",
        BY_ORDER,
        ("customers", "buyers", "shoppers", "clients", "unique customers", "people who bought"),
        "{buyers}",
    ),
    Metric(
        "new_customers",
        "New customers",
        "count",
        "Customers whose first order that counts was in the period.",
        (D.COUNTRY, D.COUPON, D.CURRENCY),
        (
            "new customers",
            "new ones",
            "first time customers",
            "first-time buyers",
            "new buyers",
            "acquired",
        ),
        "{new_buyers}",
    ),
    Metric(
        "returning_customers",
        "Returning customers",
        "count",
        "Customers of the period whose first order was before it.",
        BY_PLACE,
        (
            "returning customers",
            "returning ones",
            "repeat customers",
            "existing customers",
            "repeat buyers",
        ),
        "{returning_buyers}",
    ),
    Metric(
        "repeat_customer_rate",
        "Repeat customer rate",
        "percent",
        "Customers with at least two orders in the period by its customers.",
        BY_PLACE,
        (
            "repeat customer rate",
            "repeat rate",
            "repeat purchase rate",
            "share of repeat customers",
            "percent who come back",
            "loyalty rate",
        ),
        _per("{repeat_buyers}", "{buyers}"),
        kind="rate",
        default=Default.ALL_TIME,
    ),
    Metric(
        "orders_per_customer",
        "Orders per customer",
        "ratio",
        "Orders by customers.",
        BY_PLACE,
        ("orders per customer", "purchase frequency", "order frequency", "orders per buyer"),
        _per("{orders}", "{buyers}"),
        kind="rate",
    ),
    Metric(
        "revenue_per_customer",
        "Revenue per customer",
        "money",
        "Net sales by customers.",
        BY_PLACE,
        (
            "revenue per customer",
            "sales per customer",
            "spend per customer",
            "average customer spend",
            "arpu",
        ),
        _per(NET, "{buyers}"),
        kind="rate",
    ),
    Metric(
        "ltv_historic",
        "Historic LTV",
        "money",
        "Net sales of a customer's whole life, averaged over the customers of the period; what was,"
        " not what is to be expected.",
        (D.COHORT_MONTH, D.COUNTRY),
        (
            "lifetime value",
            "ltv",
            "customer lifetime value",
            "clv",
            "historic ltv",
            "customer value",
        ),
        _per("{life_net}", "{life_buyers}"),
        kind="life",
        default=Default.ALL_TIME,
    ),
    Metric(
        "cohort_retention",
        "Cohort retention",
        "percent",
        "Of the customers with their first order in a month, the share with an order so many months"
        " later.",
        (D.COHORT_MONTH, D.MONTHS_SINCE_FIRST),
        ("cohort retention", "retention", "retention rate", "cohorts", "how many come back"),
        _per("{cohort_active}", "{cohort_size}"),
        kind="life",
    ),
    Metric(
        "cohort_revenue",
        "Cohort revenue",
        "money",
        "Net sales per member of a month's new customers, added up until so many months later.",
        (D.COHORT_MONTH, D.MONTHS_SINCE_FIRST),
        ("cohort revenue", "cohort sales", "revenue by cohort", "sales by cohort"),
        _per("{cohort_net}", "{cohort_size_net}"),
        kind="life",
    ),
    Metric(
        "median_days_between_orders",
        "Median days between orders",
        "days",
        "The middle of the gaps between consecutive orders of a customer, dated by the later one.",
        (D.COUNTRY,),
        (
            "days between orders",
            "median days between orders",
            "time between orders",
            "reorder interval",
            "how often do customers reorder",
            "purchase interval",
        ),
        "{median_gap}",
        kind="life",
        default=Default.ALL_TIME,
    ),
    Metric(
        "rfm_segment_size",
        "RFM segments",
        "count",
        "Customers of the period in named segments, by fifths of how recently, how often and for how"
        " much they bought.",
        (D.RFM_SEGMENT,),
        ("rfm segments", "rfm", "customer segments", "segments", "segmentation"),
        "{rfm_customers}",
        is_additive=True,
        kind="life",
    ),
    Metric(
        "customers_at_risk",
        "Customers at risk",
        "count",
        "Customers with at least 3 orders and none for 180 days; filters on orders_count and"
        " days_since_last_order replace those figures.",
        (D.CUSTOMER,),
        (
            "customers at risk",
            "at risk customers",
            "lapsed customers",
            "churned customers",
            "who has not bought",
            "inactive customers",
            "lost customers",
            "haven't ordered",
        ),
        "{at_risk}",
        is_additive=True,
        kind="life",
        default=Default.ALL_TIME,
    ),
    Metric(
        "one_time_customers",
        "One-time customers",
        "count",
        "Customers with exactly one order in the period.",
        (D.COHORT_MONTH,),
        (
            "one-time customers",
            "one time buyers",
            "single purchase customers",
            "bought only once",
            "ordered once",
        ),
        "{single_buyers}",
        is_additive=False,
        kind="life",
        default=Default.ALL_TIME,
    ),
    Metric(
        "top_customer_share",
        "Revenue share of top 20% customers",
        "percent",
        "Net sales of the fifth of customers that spent most, by net sales.",
        BY_PLACE,
        (
            "share of top customers",
            "top 20% of customers",
            "revenue share of best customers",
            "customer concentration",
            "pareto",
        ),
        _per("{top_fifth_net}", NET),
        kind="rate",
    ),
    Metric(
        "stock_quantity",
        "Stock on hand",
        "count",
        "Pieces in stock now, of products whose stock is tracked.",
        (D.PRODUCT, D.SKU, D.CATEGORY),
        (
            "stock",
            "stock on hand",
            "in stock",
            "inventory",
            "stock level",
            "stock quantity",
            "low stock",
            "out of stock",
            "running out",
            "sold out",
        ),
        "{stock}",
        has_time=False,
        default=Default.NOW,
        is_additive=True,
        kind="stock",
    ),
    Metric(
        "inventory_value",
        "Inventory value (retail)",
        "money",
        "Pieces in stock now times their selling price; not what they cost.",
        (D.CATEGORY,),
        ("inventory value", "stock value", "value of stock", "worth of stock", "stock worth"),
        "{stock_value}",
        has_time=False,
        default=Default.NOW,
        is_additive=True,
        kind="stock",
        note="Valued at selling prices; cost prices are not synced.",
    ),
    Metric(
        "sales_velocity",
        "Sales velocity",
        "ratio",
        "Items sold by days of the period, by default the last 30.",
        (D.PRODUCT, D.SKU),
        ("sales velocity", "velocity", "units per day", "daily sales rate", "sold per day"),
        f"({UNITS}) / {{days}}",
        kind="rate",
        default=Default.DAYS_30,
    ),
    Metric(
        "days_of_stock",
        "Days of stock",
        "days",
        "Stock now by sales velocity; empty, that is without end, where nothing sells.",
        (D.PRODUCT, D.SKU),
        (
            "days of stock",
            "stock cover",
            "how long will stock last",
            "days of inventory",
            "runs out",
            "days until sold out",
            "run out of stock",
        ),
        f"{{stock}} / (CASE WHEN {UNITS} > 0 THEN ({UNITS}) / {{days}} END)",
        kind="stock",
        default=Default.DAYS_30,
        note="An empty number of days means that nothing sells: the stock has no end.",
    ),
    Metric(
        "sell_through",
        "Sell-through",
        "percent",
        "Items sold by items sold and stock now together.",
        (D.PRODUCT, D.CATEGORY),
        ("sell-through", "sell through", "sell-through rate", "share of stock sold"),
        f"({UNITS}) / nullif({UNITS} + {{stock}}, 0)",
        kind="rate",
    ),
    Metric(
        "products_without_sales",
        "Products without sales",
        "count",
        "Published products without a line of an order that counts in the period.",
        (D.PRODUCT, D.CATEGORY),
        (
            "products without sales",
            "unsold products",
            "dead stock",
            "products that do not sell",
            "slow movers",
            "never sold",
            "not sold",
            "zero sales",
        ),
        "{unsold}",
        is_additive=True,
    ),
    Metric(
        "co_purchase_count",
        "Bought together",
        "count",
        "Orders that count and hold both of two products.",
        (D.PRODUCT,),
        (
            "bought together",
            "bought with",
            "frequently bought together",
            "purchased together",
            "product pairs",
            "combinations",
            "cross-sell",
        ),
        "{pairs}",
        default=Default.ALL_TIME,
    ),
    Metric(
        "net_sales_yoy_pct",
        "Year-over-year growth",
        "percent",
        "Net sales by those of the same days a year before, less 1; empty where those are nothing.",
        BY_PLACE,
        ("year over year growth", "yoy growth", "year-on-year", "annual growth", "yoy", "growth"),
        kind="rate",
        after=After.YEAR_ON_YEAR,
        of="net_sales",
    ),
    Metric(
        "net_sales_share",
        "Share of net sales",
        "percent",
        "A group's part of net sales; by product and category, of product net sales.",
        (D.PRODUCT, D.CATEGORY, D.COUNTRY, D.COUPON, D.CURRENCY),
        (
            "share of net sales",
            "share of sales",
            "percent of sales",
            "share of revenue",
            "sales mix",
        ),
        kind="rate",
        after=After.SHARE,
        of="net_sales",
        of_products="product_net_sales",
    ),
    Metric(
        "avg_daily_sales",
        "Average daily sales",
        "money",
        "Net sales by the days of the period that have begun.",
        BY_PLACE,
        ("average daily sales", "sales per day", "daily average", "average sales a day"),
        f"({NET}) / {{days}}",
        kind="rate",
    ),
    Metric(
        "tax_rate_effective",
        "Effective tax rate",
        "percent",
        "Taxes by net sales.",
        (D.COUNTRY,),
        ("effective tax rate", "tax rate", "average tax rate", "tax percentage"),
        _per(TAXES, NET),
        kind="rate",
    ),
    Metric(
        "sync_freshness",
        "Data freshness",
        "minutes",
        "Minutes since the store was last read or heard of without failure.",
        (),
        ("data freshness", "last sync", "how fresh", "up to date", "last updated", "sync status"),
        "{minutes_old}",
        has_time=False,
        default=Default.NOW,
        kind="stock",
    ),
    Metric(
        "net_sales_cumulative",
        "Cumulative net sales",
        "money",
        "Net sales added up from the beginning of the period.",
        BY_PLACE,
        ("cumulative sales", "running total", "cumulative revenue", "sales so far", "cumulative"),
        after=After.RUNNING,
        of="net_sales",
    ),
    Metric(
        "product_net_sales_share",
        "Share of product sales",
        "percent",
        "A product's or category's part of product net sales.",
        (D.PRODUCT, D.CATEGORY),
        ("share of product sales", "product mix", "category mix", "share by product"),
        kind="rate",
        after=After.SHARE,
        of="product_net_sales",
    ),
    Metric(
        "lifetime_revenue",
        "Lifetime revenue",
        "money",
        "Net sales of a customer's whole life, of customers with an order in the period.",
        (D.CUSTOMER,),
        (
            "lifetime revenue",
            "top customers",
            "best customers",
            "biggest customers",
            "customers who spent most",
            "biggest spenders",
            "highest spending customers",
            "vip customers",
        ),
        "{life_net}",
        is_additive=True,
        kind="life",
        default=Default.ALL_TIME,
    ),
    Metric(
        "gross_sales_all_status",
        "Order value (all statuses)",
        "money",
        "Totals of orders of every status, test orders apart: what money is in which status.",
        (D.STATUS,),
        (
            "order value of all statuses",
            "pending money",
            "money in pending orders",
            "unpaid orders",
            "outstanding",
            "value on hold",
            "money by status",
        ),
        "{all_total}",
        is_additive=True,
        default=Default.ALL_TIME,
    ),
)

METRICS: dict[str, Metric] = {each.name: each for each in _DECLARED}


def shared_dimensions(metrics: Iterable[Metric]) -> tuple[Dimension, ...]:
    """The dimensions that all of them have."""
    sets = [set(each.dimensions) for each in metrics]
    return tuple(each for each in Dimension if sets and all(each in held for held in sets))
