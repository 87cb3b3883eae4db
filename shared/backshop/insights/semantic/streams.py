"""The streams: what is read for the measures of each, with its keys.

Where a stream counts customers, the inner query has one row a customer and key; the measures are
sums over those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backshop.insights.semantic.measures import Stream, measures_in
from backshop.insights.semantic.models import Dimension, Limit
from backshop.insights.semantic.scope import (
    PRODUCT_IDENTITY,
    PRODUCT_NAME,
    PRODUCT_OF_LINE,
    Key,
    Scope,
    Source,
    pseudonym,
)

D = Dimension
AT_RISK_ORDERS, AT_RISK_DAYS = 3, 180
PUBLISHED = "('publish', 'active')"
"""WooCommerce's word, to which Vendure's is translated, and Shopify's."""
REFUNDS = """insights.refunds AS r
  INNER JOIN insights.orders AS o ON o.store_id = r.store_id AND o.id = r.order_id"""


def source(scope: Scope, stream: Stream) -> Source:
    return _STREAMS[stream](scope)


def _sales(c: Scope) -> Source:
    named = {name for each in c.metrics for name in measures_in(each.formula)}
    joins = c.order_joins(with_first="returning_buyers" in named)
    return Source(f"insights.orders AS o {joins} WHERE {_sold(c)}", c.order_keys(c.sold_at))


def _sold(c: Scope) -> str:
    return f"""o.store_id = %(store)s AND {c.counts} AND {c.within(c.sold_at)}
        {c.order_conditions(c.sold_at)}"""


def _given_back(c: Scope, at: str) -> str:
    """Conditions of refunds; `at` says within what."""
    return f"""r.store_id = %(store)s AND r.status = 'settled' AND {c.counts} AND {at}
        {c.order_conditions("r.date_created")}"""


def _all_orders(c: Scope) -> Source:
    at = c.placed_at
    return Source(
        f"""insights.orders AS o {c.order_joins()}
            WHERE o.store_id = %(store)s AND NOT o.is_test AND {c.within(at)}
              {c.order_conditions(at)}""",
        c.order_keys(at),
    )


def _refunds(c: Scope) -> Source:
    at = "r.date_created"
    where = _given_back(c, c.within(at))
    return Source(f"{REFUNDS} {c.order_joins()} WHERE {where}", c.order_keys(at))


def _lines(c: Scope) -> Source:
    conditions = c.product_conditions(PRODUCT_NAME, "i.sku")
    return Source(
        f"""insights.orders AS o
            INNER JOIN insights.order_items AS i ON i.store_id = o.store_id AND i.order_id = o.id
            {PRODUCT_OF_LINE} {c.category_join()} {c.order_joins()}
            WHERE {_sold(c)} {conditions}""",
        c.order_keys(c.sold_at),
    )


def _refund_lines(c: Scope) -> Source:
    at = "r.date_created"
    conditions = c.product_conditions(PRODUCT_NAME, "i.sku")
    return Source(
        f"""{REFUNDS}
            INNER JOIN insights.refund_items AS l
              ON l.store_id = r.store_id AND l.refund_id = r.id
            INNER JOIN insights.order_items AS i
              ON i.store_id = o.store_id AND i.order_id = o.id AND i.line_id = l.line_id
            {PRODUCT_OF_LINE} {c.category_join()} {c.order_joins()}
            WHERE {_given_back(c, c.within(at))} {conditions}""",
        c.order_keys(at),
    )


# ------------------------------------------------------------------------------- customers


def _inner_keys(names: Sequence[str]) -> dict[str, Key]:
    """The keys of a stream whose inner query has named them already."""
    return {name: Key(f"b.k_{name}") for name in names}


def _listed(keys: dict[str, Key], names: Sequence[str]) -> str:
    return "".join(f"{keys[name].identity} AS k_{name}, " for name in names)


def _grouping(number: int) -> str:
    return ", ".join(str(each + 1) for each in range(number))


def _buyers(c: Scope) -> Source:
    names, keys = c.key_names(), c.order_keys(c.sold_at)
    inner = f"""SELECT {_listed(keys, names)} o.wc_customer_id AS customer, count(*) AS n
        FROM insights.orders AS o {c.order_joins()}
        WHERE o.wc_customer_id IS NOT NULL AND {_sold(c)}
        GROUP BY {_grouping(len(names) + 1)}"""
    return Source(f"({inner}) AS b", _inner_keys(names))


def _first_orders(c: Scope) -> Source:
    """By what the first order is; a filter on it asks which first orders are such."""
    c.add_firsts()
    joins = c.order_joins()
    first = "" if "AS f ON" in joins else "INNER JOIN firsts AS f ON f.id = o.id"
    return Source(
        f"""insights.orders AS o {joins} {first}
            WHERE f.id = o.id AND {_sold(c)}""",
        c.order_keys(c.sold_at),
    )


def _lives(c: Scope) -> Source:
    """Customers with an order in the window, and all that they ever brought."""
    names, keys = c.key_names(), c.order_keys(c.sold_at)
    joins = c.order_joins()
    shared = [name for name in ("currency", "country") if name in names]
    active = f"""SELECT DISTINCT {_listed(keys, names)} o.wc_customer_id AS customer
        FROM insights.orders AS o {joins} WHERE o.wc_customer_id IS NOT NULL AND {_sold(c)}"""
    columns = "".join(f"o.{name}, " for name in shared)
    lives = f"""SELECT {columns} o.wc_customer_id AS customer, sum(net) AS net FROM (
          SELECT o.*, o.subtotal - o.discount_total AS net FROM insights.orders AS o {joins}
          WHERE o.store_id = %(store)s AND {c.counts} AND {c.known(c.sold_at)}
            {c.order_conditions(c.sold_at)}
          UNION ALL
          SELECT o.*, -r.goods FROM {REFUNDS} {joins}
          WHERE {_given_back(c, c.known("r.date_created"))}
        ) AS o GROUP BY {_grouping(len(shared) + 1)}"""
    same = "".join(f" AND n.{name} IS NOT DISTINCT FROM b.k_{name}" for name in shared)
    return Source(
        f"""({active}) AS b LEFT JOIN ({lives}) AS n ON n.customer = b.customer{same}""",
        _inner_keys(names),
    )


def _gaps(c: Scope) -> Source:
    """Each order but the first of a customer, with the days since the one before."""
    gap = f"{c.sold_at} - lag({c.sold_at}) OVER (PARTITION BY o.wc_customer_id ORDER BY {c.sold_at}, o.wc_order_id)"
    inner = f"""SELECT o.*, extract(epoch FROM {gap}) / 86400 AS gap
        FROM insights.orders AS o
        WHERE o.store_id = %(store)s AND {c.counts} AND o.wc_customer_id IS NOT NULL
          AND {c.known(c.sold_at)}"""
    return Source(
        f"""({inner}) AS o {c.order_joins()}
            WHERE gap IS NOT NULL AND {c.within(c.sold_at)} {c.order_conditions(c.sold_at)}""",
        c.order_keys(c.sold_at),
    )


def _net_by_customer(c: Scope, names: Sequence[str]) -> str:
    """One row a key and customer with an order in the window: orders, the last one's moment, net
    sales of the window."""
    joins, back = c.order_joins(), "r.date_created"
    sold, returned = c.order_keys(c.sold_at), c.order_keys(back)
    grouped = ", ".join([*(f"k_{name}" for name in names), "customer"])
    return f"""SELECT {grouped}, sum(n) AS n, max(last) AS last, sum(net) AS net FROM (
          SELECT {_listed(sold, names)} o.wc_customer_id AS customer, 1 AS n,
            {c.sold_at} AS last, o.subtotal - o.discount_total AS net
          FROM insights.orders AS o {joins} WHERE {_sold(c)}
          UNION ALL
          SELECT {_listed(returned, names)} o.wc_customer_id, 0, NULL, -r.goods
          FROM {REFUNDS} {joins} WHERE {_given_back(c, c.within(back))}
        ) AS events WHERE customer IS NOT NULL GROUP BY {grouped} HAVING sum(n) > 0"""


def _apart(names: Sequence[str]) -> str:
    return f"PARTITION BY {', '.join(f'k_{name}' for name in names)}" if names else ""


def _top_fifth(c: Scope) -> Source:
    names = c.key_names()
    apart = _apart(names)
    inner = f"""SELECT customers.*, row_number() OVER ({apart} ORDER BY net DESC) AS place,
          count(*) OVER ({apart}) AS n_all
        FROM ({_net_by_customer(c, names)}) AS customers"""
    columns = "".join(f"k_{name}, " for name in names)
    return Source(
        f"(SELECT {columns} net, place, n_all AS n FROM ({inner}) AS placed) AS b",
        _inner_keys(names),
    )


RFM_SEGMENTS = """CASE
  WHEN r >= 4 AND fm >= 4 THEN 'champions'
  WHEN r >= 3 AND fm >= 3 THEN 'loyal'
  WHEN r >= 4 THEN 'recent'
  WHEN r = 3 THEN 'promising'
  WHEN fm >= 4 THEN 'cannot_lose'
  WHEN fm >= 3 THEN 'at_risk'
  WHEN r = 2 THEN 'hibernating'
  ELSE 'lost' END"""
"""By the scores of recency, and of frequency and money together (their mean)."""


def _rfm(c: Scope) -> Source:
    """Customers who are alike have the same score, the lowest of those that they share."""
    names = [name for name in c.key_names() if name != D.RFM_SEGMENT]
    apart = _apart(names)

    def score(column: str) -> str:
        return f"""1 + floor(5.0 * (rank() OVER ({apart} ORDER BY {column}) - 1)
            / count(*) OVER ({apart}))"""

    scored = f"""SELECT customers.*, {score("last")} AS r, {score("n")} AS f, {score("net")} AS m
        FROM ({_net_by_customer(c, names)}) AS customers"""
    keys = "".join(f"k_{name}, " for name in names)
    inner = f"""SELECT {keys} {RFM_SEGMENTS} AS k_rfm_segment
        FROM (SELECT scored.*, (f + m) / 2 AS fm FROM ({scored}) AS scored) AS averaged"""
    wanted = [
        c.matches("b.k_rfm_segment", each) for each in c.filters if each.field == D.RFM_SEGMENT
    ]
    where = f"WHERE {' AND '.join(wanted)}" if wanted else ""
    return Source(f"({inner}) AS b {where}", _inner_keys([*names, D.RFM_SEGMENT]))


def _at_risk(c: Scope) -> Source:
    names = c.key_names()
    fields = {each.field for each in c.filters}
    having = []
    if Limit.ORDERS_COUNT not in fields:
        having.append(f"count(*) >= {AT_RISK_ORDERS}")
    if Limit.DAYS_SINCE_LAST_ORDER not in fields:
        having.append(f"{c.days_since(f'max({c.sold_at})')} >= {AT_RISK_DAYS}")
    currency = "o.currency" if "currency" in names else "NULL::text"
    inner = f"""SELECT o.wc_customer_id AS customer, {currency} AS currency,
          max({c.sold_at}) AS last
        FROM insights.orders AS o {c.order_joins()}
        WHERE o.wc_customer_id IS NOT NULL AND {_sold(c)}
        GROUP BY 1, 2 {f"HAVING {' AND '.join(having)}" if having else ""}"""
    keys = {
        "time": Key(c.bucket("b.last")),
        "customer": Key(pseudonym("b.customer")),
        "currency": Key("b.currency"),
    }
    return Source(f"({inner}) AS b", keys)


# ------------------------------------------------------------------------------- cohorts


def _members(c: Scope) -> str:
    """Customers with their first order in the window, by its month."""
    c.add_firsts()
    return f"""SELECT f.customer, {c.month("f.at")} AS cohort, {c.bucket("f.at")} AS k_time,
          {"o.currency" if "currency" in c.key_names() else "NULL::text"} AS k_currency
        FROM firsts AS f INNER JOIN insights.orders AS o
          ON o.store_id = %(store)s AND o.id = f.id
        WHERE {c.within("f.at")}"""


def _months_between(cohort: str, later: str) -> str:
    return f"""((extract(year FROM {later}) - extract(year FROM {cohort})) * 12
        + extract(month FROM {later}) - extract(month FROM {cohort}))::int"""


_COHORT = "cohort, k_time, k_currency"


def _cohort_keys() -> dict[str, Key]:
    return {
        "time": Key("b.k_time"),
        "currency": Key("b.k_currency"),
        "cohort_month": Key("to_char(b.cohort, 'YYYY-MM')"),
        "months_since_first": Key("b.k"),
    }


def _cohort_filters(c: Scope) -> str:
    keys = _cohort_keys()
    found = [c.matches(keys[each.field].identity, each) for each in c.filters if each.field in keys]
    return f"WHERE {' AND '.join(found)}" if found else ""


def _cells(c: Scope) -> str:
    """Each cohort in each month that it has reached."""
    c.ctes["members"] = _members(c)
    c.ctes["sizes"] = f"SELECT {_COHORT}, count(*) AS size FROM members GROUP BY {_COHORT}"
    reached = _months_between("s.cohort", "%(today)s::date")
    return f"sizes AS s CROSS JOIN generate_series(0, greatest({reached}, 0)) AS k (k)"


def _cohorts(c: Scope) -> Source:
    cells = _cells(c)
    k = _months_between("m.cohort", c.local(c.sold_at))
    c.ctes["acts"] = f"""SELECT DISTINCT {_COHORT}, m.customer, {k} AS k
        FROM members AS m INNER JOIN insights.orders AS o ON o.wc_customer_id = m.customer
        WHERE o.store_id = %(store)s AND {c.counts} AND {c.known(c.sold_at)}"""
    same = "a.cohort = s.cohort AND a.k_time IS NOT DISTINCT FROM s.k_time"
    same += " AND a.k_currency IS NOT DISTINCT FROM s.k_currency"
    if c.is_about(D.MONTHS_SINCE_FIRST):
        inner = f"""SELECT s.cohort, s.k_time, s.k_currency, k.k, s.size, count(a.customer) AS active
            FROM {cells} LEFT JOIN acts AS a ON {same} AND a.k = k.k GROUP BY 1, 2, 3, 4, 5"""
    else:
        inner = f"""SELECT s.cohort, s.k_time, s.k_currency, NULL::int AS k, s.size,
              count(DISTINCT a.customer) AS active
            FROM sizes AS s LEFT JOIN acts AS a ON {same} AND a.k >= 1 GROUP BY 1, 2, 3, 5"""
    return Source(f"({inner}) AS b {_cohort_filters(c)}", _cohort_keys())


def _cohort_money(c: Scope) -> Source:
    cells = _cells(c)
    currency = "AND o.currency = m.k_currency" if "currency" in c.key_names() else ""
    sold = _months_between("m.cohort", c.local(c.sold_at))
    back = _months_between("m.cohort", c.local("r.date_created"))
    c.ctes["brought"] = f"""SELECT {_COHORT}, k, sum(net) AS net FROM (
          SELECT {_COHORT}, {sold} AS k, o.subtotal - o.discount_total AS net
          FROM members AS m INNER JOIN insights.orders AS o
            ON o.wc_customer_id = m.customer {currency}
          WHERE o.store_id = %(store)s AND {c.counts} AND {c.known(c.sold_at)}
          UNION ALL
          SELECT {_COHORT}, {back}, -r.goods
          FROM members AS m
          INNER JOIN insights.orders AS o ON o.wc_customer_id = m.customer {currency}
          INNER JOIN insights.refunds AS r ON r.store_id = o.store_id AND r.order_id = o.id
          WHERE o.store_id = %(store)s AND {c.counts} AND r.status = 'settled'
            AND {c.known("r.date_created")}
        ) AS events GROUP BY {_COHORT}, k"""
    same = "a.cohort = s.cohort AND a.k_time IS NOT DISTINCT FROM s.k_time"
    same += " AND a.k_currency IS NOT DISTINCT FROM s.k_currency"
    if c.is_about(D.MONTHS_SINCE_FIRST):
        inner = f"""SELECT s.cohort, s.k_time, s.k_currency, k.k, s.size,
              sum(coalesce(a.net, 0)) OVER (
                PARTITION BY s.cohort, s.k_time, s.k_currency ORDER BY k.k) AS net
            FROM {cells} LEFT JOIN brought AS a ON {same} AND a.k = k.k"""
    else:
        inner = f"""SELECT s.cohort, s.k_time, s.k_currency, NULL::int AS k, s.size,
              coalesce(sum(a.net), 0) AS net
            FROM sizes AS s LEFT JOIN brought AS a ON {same} GROUP BY 1, 2, 3, 5"""
    return Source(f"({inner}) AS b {_cohort_filters(c)}", _cohort_keys())


# ------------------------------------------------------------------------------- products


def _stock(c: Scope) -> Source:
    """Of variants where SKUs are asked for, else of products."""
    variants = ""
    stock = "p.stock_quantity"
    if c.is_about(D.SKU):
        variants = """INNER JOIN insights.product_variants AS v
            ON v.store_id = p.store_id AND v.product_id = p.id"""
        stock = "v.stock_quantity"
    keys = c.product_keys()
    return Source(
        f"""(SELECT NULL) AS now CROSS JOIN {c.every_bucket()}
            CROSS JOIN insights.products AS p {variants} {c.category_join()}
            CROSS JOIN LATERAL (SELECT {stock} AS stock) AS s
            WHERE p.store_id = %(store)s AND s.stock IS NOT NULL
              {c.product_conditions("p.name", "v.sku")}""",
        keys,
    )


def _stock_value(c: Scope) -> Source:
    keys = c.product_keys()
    return Source(
        f"""{c.every_bucket()} CROSS JOIN insights.products AS p
            INNER JOIN insights.product_variants AS v
              ON v.store_id = p.store_id AND v.product_id = p.id
            {c.category_join()}
            WHERE p.store_id = %(store)s {c.product_conditions("p.name", "v.sku")}""",
        keys,
    )


def _unsold(c: Scope) -> Source:
    keys = c.product_keys()
    same = f"AND {c.bucket(c.sold_at)} = t.bucket" if c.asked.grain else ""
    return Source(
        f"""{c.every_bucket()} CROSS JOIN insights.products AS p {c.category_join()}
            WHERE p.store_id = %(store)s AND p.status IN {PUBLISHED}
              {c.product_conditions("p.name", "p.sku")}
              AND NOT EXISTS (
                SELECT FROM insights.order_items AS i
                INNER JOIN insights.orders AS o ON o.store_id = i.store_id AND o.id = i.order_id
                WHERE i.store_id = p.store_id AND i.wc_product_id = p.wc_product_id
                  AND {c.counts} AND {c.within(c.sold_at)} {same})""",
        keys,
    )


def _freshness(c: Scope) -> Source:
    """Beside amounts of money it stands in the row of the store's own currency."""
    minutes = f"(SELECT {c.param(c.asked.minutes_old)}::numeric AS minutes) AS b"
    return Source(minutes, {"currency": Key(f"{c.param(c.asked.books.currency)}::text")})


def pairs(c: Scope) -> str:
    """Rows of two products that stood in the same orders: identities, names and how many orders.
    Where a filter names products, those come first."""
    named = c.product_conditions(PRODUCT_NAME, "i.sku")
    lines = f"""SELECT DISTINCT o.id, {c.bucket(c.sold_at)} AS k_time, {PRODUCT_IDENTITY} AS product,
          max({PRODUCT_NAME}) OVER (PARTITION BY {PRODUCT_IDENTITY}) AS name,
          bool_or(true {named}) OVER (PARTITION BY {PRODUCT_IDENTITY}) AS is_named
        FROM insights.orders AS o
        INNER JOIN insights.order_items AS i ON i.store_id = o.store_id AND i.order_id = o.id
        {PRODUCT_OF_LINE}
        WHERE {_sold(c)} AND {PRODUCT_IDENTITY} IS NOT NULL"""
    c.ctes["lines"] = lines
    order = (
        "a.is_named AND (NOT b.is_named OR a.product < b.product)"
        if named
        else "a.product < b.product"
    )
    return f"""SELECT a.k_time, a.product AS k_product, max(a.name) AS l_product,
          b.product AS k_with, max(b.name) AS l_with, count(*) AS co_purchase_count
        FROM lines AS a INNER JOIN lines AS b ON b.id = a.id AND b.product <> a.product
        WHERE {order} GROUP BY 1, 2, 4"""


_STREAMS: dict[Stream, Callable[[Scope], Source]] = {
    Stream.SALES: _sales,
    Stream.ALL_ORDERS: _all_orders,
    Stream.REFUNDS: _refunds,
    Stream.LINES: _lines,
    Stream.REFUND_LINES: _refund_lines,
    Stream.BUYERS: _buyers,
    Stream.FIRST_ORDERS: _first_orders,
    Stream.LIVES: _lives,
    Stream.GAPS: _gaps,
    Stream.RFM: _rfm,
    Stream.AT_RISK: _at_risk,
    Stream.TOP_FIFTH: _top_fifth,
    Stream.COHORTS: _cohorts,
    Stream.COHORT_MONEY: _cohort_money,
    Stream.STOCK: _stock,
    Stream.STOCK_VALUE: _stock_value,
    Stream.UNSOLD: _unsold,
    Stream.FRESHNESS: _freshness,
}
