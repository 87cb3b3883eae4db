"""Saving records in the insights schema: what a store's numbers are computed from.

Functions take staged relations (staging.py), act on the transaction's store and do the same whatever
the order of arrival: rows keep the number of what they refer to, and who comes second completes the
reference. The caller holds the store's lock and passes only records that are newer than what is
saved. Those that change what a customer has bought return the numbers of the customers concerned,
for `update_customers`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from backshop.commerce import (
    Person,
    Platform,
    Refunded,
    Store,
    email_hash,
    guest_id,
    stable_number,
)
from backshop.db import NEW_IDS, Staged, Tx, stage, tell

DATES = {"number": "bigint", "at": "timestamptz"}


def save_categories(tx: Tx, store: Store, categories: Staged) -> None:
    of = {"store": store.id} | categories.params
    tx.execute(
        f"""INSERT INTO insights.categories AS held
              (store_id, wc_category_id, external_id, name, wc_parent_id, product_count)
            SELECT %(store)s, number, external_id, coalesce(left(name, 255), ''), parent_number,
              coalesce(product_count, 0)
            FROM {categories.source}
            ON CONFLICT (store_id, wc_category_id) DO UPDATE SET
              name = excluded.name, wc_parent_id = excluded.wc_parent_id,
              product_count = excluded.product_count""",
        of,
    )
    # Parents of these, and these as parents of others.
    tx.execute(
        f"""WITH wanted AS (
              SELECT c.id, (SELECT p.id FROM insights.categories AS p
                WHERE p.wc_category_id = c.wc_parent_id) AS parent_id
              FROM insights.categories AS c
              WHERE (c.wc_category_id = ANY (ARRAY(SELECT number FROM {categories.source}))
                  OR c.wc_parent_id = ANY (ARRAY(SELECT number FROM {categories.source})))
            )
            UPDATE insights.categories AS held SET parent_id = wanted.parent_id
            FROM wanted
            WHERE held.id = wanted.id
              AND held.parent_id IS DISTINCT FROM wanted.parent_id""",
        of,
    )
    tx.execute(
        f"""UPDATE insights.products AS held SET category_id = c.id, category_name = c.name
            FROM insights.categories AS c
            WHERE held.wc_category_id = ANY (ARRAY(SELECT number FROM {categories.source}))
              AND c.wc_category_id = held.wc_category_id
              AND (held.category_id, held.category_name) IS DISTINCT FROM (c.id, c.name)""",
        of,
    )


def save_products(tx: Tx, store: Store, products: Staged, variants: Staged) -> None:
    """Products with their variants. A variation that comes before its product (WooCommerce) makes
    one of its name, which the product's own record then fills."""
    of = {"store": store.id}
    new = _upsert_products(tx, of, products) + _stand_in(tx, of, variants)
    _save_variants(tx, of, products, variants)
    _sum_up_products(tx, of, products, variants)
    if new:
        tx.execute(
            """UPDATE insights.order_items AS held SET product_id = (
                 SELECT p.id FROM insights.products AS p
                 WHERE p.wc_product_id = held.wc_product_id)
               WHERE product_id IS NULL AND wc_product_id = ANY (%(new)s)""",
            of | {"new": new},
        )


def _upsert_products(tx: Tx, of: dict[str, Any], products: Staged) -> list[int]:
    """The numbers of those that were not there."""
    if not products.size:
        return []
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.products
                (store_id, wc_product_id, external_id, name, status, type, wc_category_id,
                 category_id, category_name, created_at, updated_at)
              SELECT %(store)s, number, external_id, coalesce(left(title, 500), ''), left(status, 50),
                left(type, 50), category_number,
                (SELECT c.id FROM insights.categories AS c
                 WHERE c.wc_category_id = category_number),
                (SELECT c.name FROM insights.categories AS c
                 WHERE c.wc_category_id = category_number),
                created_at, modified_at
              FROM {products.source}
              ON CONFLICT (store_id, wc_product_id) DO UPDATE SET
                name = excluded.name, status = excluded.status, type = excluded.type,
                wc_category_id = excluded.wc_category_id, category_id = excluded.category_id,
                category_name = excluded.category_name, created_at = excluded.created_at,
                updated_at = excluded.updated_at
              RETURNING new.wc_product_id AS number, old.id AS before
            )
            SELECT array_agg(number) AS new FROM saved WHERE before IS NULL""",
        of | products.params,
    ).fetchone()
    return (row and row["new"]) or []


def _stand_in(tx: Tx, of: dict[str, Any], variants: Staged) -> list[int]:
    if not variants.size:
        return []
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.products (store_id, wc_product_id, name, status, type)
              SELECT DISTINCT ON (product_number) %(store)s::uuid, product_number,
                coalesce(left(product_title, 500), ''), left(status, 50), 'variable'
              FROM {variants.source}
              ORDER BY product_number, number
              ON CONFLICT (store_id, wc_product_id) DO NOTHING
              RETURNING wc_product_id
            )
            SELECT array_agg(wc_product_id) AS new FROM saved""",
        of | variants.params,
    ).fetchone()
    return (row and row["new"]) or []


def _save_variants(tx: Tx, of: dict[str, Any], products: Staged, variants: Staged) -> None:
    if products.size:
        tx.execute(
            f"""DELETE FROM insights.product_variants AS held
                USING insights.products AS p
                WHERE p.id = held.product_id
                  AND p.wc_product_id = ANY (ARRAY(SELECT number FROM {products.source}))
                  AND (held.wc_variation_id = p.wc_product_id AND p.external_id IS NULL
                    OR p.wc_product_id = ANY (ARRAY(
                      SELECT number FROM {products.source} WHERE variants_known)))
                  AND NOT EXISTS (SELECT FROM {variants.source}
                    WHERE variants.product_number = p.wc_product_id
                      AND variants.number = held.wc_variation_id)""",
            of | products.params | variants.params,
        )
    if variants.size:
        tx.execute(
            f"""INSERT INTO insights.product_variants AS held
                  (store_id, product_id, wc_variation_id, external_id, name, sku, price,
                   regular_price, sale_price, stock_quantity, stock_status)
                SELECT %(store)s,
                  (SELECT p.id FROM insights.products AS p
                   WHERE p.wc_product_id = product_number),
                  number, external_id, left(title, 500), given_sku, price, regular_price,
                  sale_price, stock, CASE WHEN available THEN 'instock' ELSE 'outofstock' END
                FROM {variants.source}
                ON CONFLICT (store_id, product_id, wc_variation_id) DO UPDATE SET
                  name = excluded.name, sku = excluded.sku, price = excluded.price,
                  regular_price = excluded.regular_price, sale_price = excluded.sale_price,
                  stock_quantity = excluded.stock_quantity, stock_status = excluded.stock_status
                WHERE (held.name, held.sku, held.price, held.regular_price, held.sale_price,
                       held.stock_quantity, held.stock_status)
                  IS DISTINCT FROM
                      (excluded.name, excluded.sku, excluded.price, excluded.regular_price,
                       excluded.sale_price, excluded.stock_quantity, excluded.stock_status)""",
            of | variants.params,
        )


def _sum_up_products(tx: Tx, of: dict[str, Any], products: Staged, variants: Staged) -> None:
    numbers = f"""SELECT number FROM {products.source}
                  UNION SELECT product_number FROM {variants.source}"""
    _sum_up(tx, f"wc_product_id = ANY (ARRAY({numbers}))", of | products.params | variants.params)


def _sum_up(tx: Tx, which: str, of: dict[str, Any]) -> None:
    """What a product says of its variants: the price of the cheapest, the stock of all, the SKU
    where there is one."""
    tx.execute(
        f"""UPDATE insights.products AS held
            SET sku = s.sku, price = s.price, regular_price = s.regular_price,
              sale_price = s.sale_price, stock_quantity = s.stock, stock_status = s.status
            FROM (
              SELECT p.id, v.* FROM insights.products AS p
              CROSS JOIN LATERAL (
                SELECT CASE WHEN count(*) = 1 THEN min(sku) END AS sku, min(price) AS price,
                  (array_agg(regular_price ORDER BY price, wc_variation_id))[1] AS regular_price,
                  (array_agg(sale_price ORDER BY price, wc_variation_id))[1] AS sale_price,
                  sum(stock_quantity::bigint) AS stock,
                  CASE WHEN bool_or(stock_status = 'instock') THEN 'instock'
                       WHEN count(*) > 0 THEN 'outofstock' END AS status
                FROM insights.product_variants AS v
                WHERE v.product_id = p.id
              ) AS v
              WHERE p.{which}
            ) AS s
            WHERE held.id = s.id
              AND (held.sku, held.price, held.regular_price, held.sale_price, held.stock_quantity,
                   held.stock_status)
                IS DISTINCT FROM
                  (s.sku, s.price, s.regular_price, s.sale_price, s.stock, s.status)""",
        of,
    )


def save_coupons(tx: Tx, store: Store, coupons: Staged) -> None:
    tx.execute(
        f"""INSERT INTO insights.coupons
              (store_id, wc_coupon_id, external_id, code, discount_type, amount, usage_count,
               status, expires_at)
            SELECT %(store)s, number, external_id, code, left(type, 50), amount, usage_count,
              left(status, 50), expires_at
            FROM {coupons.source}
            ON CONFLICT (store_id, wc_coupon_id) DO UPDATE SET
              code = excluded.code, discount_type = excluded.discount_type,
              amount = excluded.amount, usage_count = excluded.usage_count,
              status = excluded.status, expires_at = excluded.expires_at""",
        {"store": store.id} | coupons.params,
    )


class Saved(NamedTuple):
    """Numbers of customers: those `new` here, whose orders of the batch are counted already, and
    those `concerned` by orders that waited for them."""

    new: list[int]
    concerned: list[int]


def save_customers(tx: Tx, store: Store, customers: Staged, orders: Staged) -> Saved:
    """Customers and guests; orders that waited for them are theirs from now on. New ones start with
    what the orders of the batch, which are saved next, will have them bought."""
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.customers
                (id, store_id, wc_customer_id, external_id, email_hash, display_name, created_at,
                 country, order_count, total_spent, first_order_date, last_order_date)
              SELECT {NEW_IDS}, %(store)s, customers.number, customers.external_id, customers.email_hash,
                left(name, 255), customers.created_at, customers.country,
                coalesce(bought.number, 0), coalesce(bought.spent, 0), bought.first, bought.last
              FROM {customers.source}
              LEFT JOIN (
                SELECT customer_number, count(*) AS number, sum(round(total, 2)) AS spent,
                  min(placed_at) AS first, max(placed_at) AS last
                FROM {orders.source}
                WHERE is_counted AND NOT is_test GROUP BY customer_number
              ) AS bought ON bought.customer_number = customers.number
              ON CONFLICT (store_id, wc_customer_id) DO UPDATE SET
                email_hash = excluded.email_hash, display_name = excluded.display_name,
                created_at = excluded.created_at, country = excluded.country
              RETURNING new.wc_customer_id AS number, old.id AS before
            )
            SELECT array_agg(number) AS new FROM saved WHERE before IS NULL""",
        {"store": store.id} | customers.params | orders.params,
    ).fetchone()
    if not row or not row["new"]:
        return Saved([], [])
    linked = tx.execute(
        """WITH linked AS (
             UPDATE insights.orders AS held SET customer_id = (
               SELECT c.id FROM insights.customers AS c
               WHERE c.wc_customer_id = held.wc_customer_id)
             WHERE customer_id IS NULL AND wc_customer_id = ANY (%(new)s)
             RETURNING wc_customer_id
           )
           SELECT array_agg(DISTINCT wc_customer_id) AS concerned FROM linked""",
        row,
    ).fetchone()
    return Saved(row["new"], (linked and linked["concerned"]) or [])


def save_orders(
    tx: Tx,
    store: Store,
    orders: Staged,
    lines: Staged,
    coupon_uses: Staged,
    *,
    has_refunds: bool,
    counted: Sequence[int],
) -> list[int]:
    """Orders with lines and coupons; `has_refunds` says that refunds of some are stored. New orders
    are added to what their customers have bought, but for those whose are `counted` already."""
    of: dict[str, Any] = {"store": store.id, "counted": list(counted)}
    saved = _upsert_orders(tx, of, orders)
    of |= {name: saved[name] for name in ("ids", "numbers", "updated", "new")}
    if saved["updated"]:
        _delete_stale(tx, of, lines, coupon_uses)
    _insert_items(tx, of, lines)
    if coupon_uses.size:
        _insert_coupons(tx, of, coupon_uses)
    if has_refunds and saved["new"]:
        _adopt_refunds(tx, of)
    concerned: list[int] = saved["concerned"] or []
    return concerned


_OF_ORDERS = """unnest(%(numbers)s::bigint[], %(ids)s::uuid[])
                AS orders (number, id) ON orders.number = order_number"""


def _insert_items(tx: Tx, of: dict[str, Any], lines: Staged) -> None:
    products = tx.execute(
        f"""SELECT array_agg(wc_product_id) AS numbers, array_agg(id::text) AS ids
            FROM insights.products
            WHERE wc_product_id = ANY (ARRAY(SELECT DISTINCT product_id FROM {lines.source}))""",
        lines.params,
    ).fetchone()
    known = products or {}
    tx.execute(
        f"""INSERT INTO insights.order_items AS held
              (id, store_id, order_id, line_id, product_id, wc_product_id, wc_variation_id,
               product_name, sku, quantity, unit_price, subtotal, total, discount, tax)
            SELECT {NEW_IDS}, %(store)s, orders.id, left(lines.id, 100), products.id, product_id,
              variant_id, left(name, 500), sku, quantity, unit_price, subtotal, total,
              subtotal - total, tax
            FROM {lines.source}
            INNER JOIN {_OF_ORDERS}
            LEFT JOIN unnest(%(known_numbers)s::bigint[], %(known_ids)s::uuid[])
              AS products (number, id) ON products.number = lines.product_id
            {_CHANGE_ITEM if of["updated"] else ""}""",
        of
        | lines.params
        | {"known_numbers": known.get("numbers") or [], "known_ids": known.get("ids") or []},
    )


_CHANGE_ITEM = """ON CONFLICT (store_id, order_id, line_id) DO UPDATE SET
  product_id = excluded.product_id, wc_product_id = excluded.wc_product_id,
  wc_variation_id = excluded.wc_variation_id, product_name = excluded.product_name,
  sku = excluded.sku, quantity = excluded.quantity, unit_price = excluded.unit_price,
  subtotal = excluded.subtotal, total = excluded.total, discount = excluded.discount,
  tax = excluded.tax
WHERE (held.wc_product_id, held.wc_variation_id, held.product_name, held.sku, held.quantity,
       held.unit_price, held.subtotal, held.total, held.discount, held.tax)
  IS DISTINCT FROM
      (excluded.wc_product_id, excluded.wc_variation_id, excluded.product_name, excluded.sku,
       excluded.quantity, excluded.unit_price, excluded.subtotal, excluded.total,
       excluded.discount, excluded.tax)"""


def _insert_coupons(tx: Tx, of: dict[str, Any], coupon_uses: Staged) -> None:
    tx.execute(
        f"""INSERT INTO insights.order_coupons AS held (store_id, order_id, code, discount)
            SELECT %(store)s, orders.id, code, discount
            FROM {coupon_uses.source} INNER JOIN {_OF_ORDERS}
            ON CONFLICT (store_id, order_id, code) DO UPDATE SET discount = excluded.discount
            WHERE held.discount IS DISTINCT FROM excluded.discount""",
        of | coupon_uses.params,
    )


def _upsert_orders(tx: Tx, of: dict[str, Any], orders: Staged) -> dict[str, Any]:
    """Ids and numbers of all, ids of the updated and numbers of the new orders, as arrays in
    Postgres' text form, which only goes back there; and numbers of the customers of the updated,
    before and after."""
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.orders
                (id, store_id, wc_order_id, external_id, date_created, date_modified, status,
                 total, subtotal, tax_total, shipping_total, shipping_tax, discount_total,
                 currency, wc_customer_id, customer_id, payment_method, coupon_used, code, country,
                 channel, date_paid, is_guest, is_counted, is_cancelled, is_test,
                 refunds_listed_at)
              SELECT {NEW_IDS}, %(store)s, number, external_id, placed_at, modified_at, status,
                total, subtotal, tax, shipping, shipping_tax, discount, currency, customer_number,
                (SELECT c.id FROM insights.customers AS c
                 WHERE c.wc_customer_id = customer_number),
                left(payment_method, 100), coupon, left(code, 100), country, left(channel, 100),
                paid_at, is_guest, is_counted, is_cancelled, is_test, refunds_listed_at
              FROM {orders.source}
              ON CONFLICT (store_id, wc_order_id) DO UPDATE SET
                date_created = excluded.date_created, date_modified = excluded.date_modified,
                status = excluded.status, total = excluded.total, subtotal = excluded.subtotal,
                tax_total = excluded.tax_total, shipping_total = excluded.shipping_total,
                shipping_tax = excluded.shipping_tax, discount_total = excluded.discount_total,
                currency = excluded.currency, wc_customer_id = excluded.wc_customer_id,
                customer_id = excluded.customer_id, payment_method = excluded.payment_method,
                coupon_used = excluded.coupon_used, code = excluded.code,
                country = excluded.country, channel = excluded.channel,
                date_paid = excluded.date_paid, is_guest = excluded.is_guest,
                is_counted = excluded.is_counted, is_cancelled = excluded.is_cancelled,
                is_test = excluded.is_test, refunds_listed_at = excluded.refunds_listed_at
              RETURNING old.id AS before, new.id, new.wc_order_id AS number,
                old.wc_customer_id AS customer_before, new.wc_customer_id AS customer,
                new.total, new.date_created, new.is_counted AND NOT new.is_test AS is_sale
            ), bought AS (
              SELECT customer, count(*) AS number, sum(total) AS spent, min(date_created) AS first,
                max(date_created) AS last
              FROM saved
              WHERE before IS NULL AND is_sale AND customer <> ALL (%(counted)s::bigint[])
              GROUP BY customer
            ), added AS (
              UPDATE insights.customers AS held
              SET order_count = held.order_count + bought.number,
                total_spent = held.total_spent + bought.spent,
                first_order_date = least(held.first_order_date, bought.first),
                last_order_date = greatest(held.last_order_date, bought.last)
              FROM bought WHERE held.wc_customer_id = bought.customer
            )
            SELECT array_agg(id)::text AS ids, array_agg(number)::text AS numbers,
              (array_agg(before) FILTER (WHERE before IS NOT NULL))::text AS updated,
              (array_agg(number) FILTER (WHERE before IS NULL))::text AS new,
              array_agg(customer) FILTER (WHERE before IS NOT NULL AND customer IS NOT NULL)
                || array_agg(customer_before) FILTER (WHERE customer_before IS NOT NULL)
                AS concerned
            FROM saved""",
        of | orders.params,
    ).fetchone()
    return row or {}


def _delete_stale(tx: Tx, of: dict[str, Any], lines: Staged, coupon_uses: Staged) -> None:
    """Lines and coupons that updated orders no longer have."""
    for table, key, among, named in (
        ("order_items", "line_id", lines, "lines.id"),
        ("order_coupons", "code", coupon_uses, "coupon_uses.code"),
    ):
        tx.execute(
            f"""DELETE FROM insights.{table} AS held
                WHERE order_id = ANY (%(updated)s::uuid[])
                  AND NOT EXISTS (
                    SELECT FROM {among.source} INNER JOIN {_OF_ORDERS}
                    WHERE orders.id = held.order_id AND {named} = held.{key})""",
            of | among.params,
        )


def _adopt_refunds(tx: Tx, of: dict[str, Any]) -> None:
    """Refunds that came before their order."""
    tx.execute(
        """UPDATE insights.refunds AS held SET order_id = (
             SELECT o.id FROM insights.orders AS o
             WHERE o.wc_order_id = held.wc_order_id)
           WHERE order_id IS NULL AND wc_order_id = ANY (%(new)s::bigint[])""",
        of,
    )


def save_refunds(tx: Tx, store: Store, refunds: Staged, refund_lines: Staged) -> None:
    of = {"store": store.id}
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.refunds AS held
                (store_id, wc_refund_id, external_id, wc_order_id, external_order_id, order_id,
                 date_created, is_dated, amount, shipping, tax, currency, status)
              SELECT %(store)s, number, external_id, order_number, external_order_id,
                (SELECT o.id FROM insights.orders AS o
                 WHERE o.wc_order_id = order_number),
                created_at, is_dated, amount, shipping, tax, currency, status
              FROM {refunds.source}
              ON CONFLICT (store_id, wc_refund_id) DO UPDATE SET
                wc_order_id = excluded.wc_order_id,
                external_order_id = excluded.external_order_id, order_id = excluded.order_id,
                date_created = CASE WHEN excluded.is_dated THEN excluded.date_created
                  ELSE least(held.date_created, excluded.date_created) END,
                is_dated = excluded.is_dated, amount = excluded.amount,
                shipping = excluded.shipping, tax = excluded.tax, currency = excluded.currency,
                status = excluded.status
              RETURNING old.id AS before
            )
            SELECT array_agg(before) AS updated FROM saved WHERE before IS NOT NULL""",
        of | refunds.params,
    ).fetchone()
    if row and row["updated"]:
        tx.execute(
            f"""DELETE FROM insights.refund_items AS held
                WHERE refund_id = ANY (%(updated)s)
                  AND NOT EXISTS (SELECT FROM {refund_lines.source}
                    WHERE refund_lines.line_id = held.line_id AND refund_number = (
                      SELECT r.wc_refund_id FROM insights.refunds AS r
                      WHERE r.id = held.refund_id))""",
            of | row | refund_lines.params,
        )
    if refund_lines.size:
        tx.execute(
            f"""INSERT INTO insights.refund_items AS held
                  (store_id, refund_id, line_id, quantity, total, tax)
                SELECT %(store)s,
                  (SELECT r.id FROM insights.refunds AS r
                   WHERE r.wc_refund_id = refund_number),
                  left(line_id, 100), quantity, amount, tax
                FROM {refund_lines.source}
                ON CONFLICT (store_id, refund_id, line_id) DO UPDATE SET
                  quantity = excluded.quantity, total = excluded.total, tax = excluded.tax
                WHERE (held.quantity, held.total, held.tax)
                  IS DISTINCT FROM (excluded.quantity, excluded.total, excluded.tax)""",
            of | refund_lines.params,
        )


def date_refunds(tx: Tx, store: Store, dates: Sequence[tuple[str, str]]) -> None:
    """(number, time) of refunds as orders told them. Such a refund happened no later than the
    earliest change of the order that knew of it, in whatever order those arrive."""
    seen = stage(tx, "seen", DATES, dates)
    tx.execute(
        f"""UPDATE insights.refunds AS held SET date_created = seen.at
            FROM (SELECT number, min(at) AS at FROM {seen.source} GROUP BY number) AS seen
            WHERE held.wc_refund_id = seen.number
              AND NOT held.is_dated AND held.date_created > seen.at""",
        {"store": store.id} | seen.params,
    )


def refunds_of(tx: Tx, store: Store, order_ids: Collection[str]) -> list[tuple[str, str]]:
    """(order id, refund id) of the stored refunds of these orders, whether those are stored or not."""
    rows = tx.execute(
        """SELECT coalesce(external_order_id, wc_order_id::text) AS order_id,
             coalesce(external_id, wc_refund_id::text) AS refund_id
           FROM insights.refunds
           WHERE wc_order_id = ANY (%(numbers)s)""",
        {"store": store.id, "numbers": _numbers(order_ids)},
    )
    return [(row["order_id"], row["refund_id"]) for row in rows]


def orders_that_list_refunds(tx: Tx, store: Store, order_ids: Collection[str]) -> set[str]:
    """Those of these orders whose saved states tell all their refunds."""
    rows = tx.execute(
        """SELECT coalesce(external_id, wc_order_id::text) AS id FROM insights.orders
           WHERE wc_order_id = ANY (%(numbers)s) AND refunds_listed_at IS NOT NULL""",
        {"numbers": _numbers(order_ids)},
    )
    return {row["id"] for row in rows}


def update_refunded(tx: Tx, store: Store, order_ids: Collection[str]) -> list[Refunded]:
    """Sum up the settled refunds of these orders, on orders and lines; the sums, for the contexts
    that keep them too."""
    of = {"store": store.id, "numbers": _numbers(order_ids)}
    tx.execute(
        """UPDATE insights.orders AS held SET refunded_total = s.amount
           FROM (
             SELECT o.id, coalesce((SELECT sum(r.amount) FROM insights.refunds AS r
               WHERE r.order_id = o.id
                 AND r.status = 'settled'), 0) AS amount
             FROM insights.orders AS o
             WHERE o.wc_order_id = ANY (%(numbers)s)
           ) AS s
           WHERE held.wc_order_id = ANY (%(numbers)s)
             AND held.id = s.id AND held.refunded_total <> s.amount""",
        of,
    )
    tx.execute(
        """WITH concerned AS (
             SELECT array_agg(o.id) AS ids FROM insights.orders AS o
             WHERE o.wc_order_id = ANY (%(numbers)s)
           ), given_back AS (
             SELECT r.order_id, l.line_id, sum(l.quantity) AS quantity, sum(l.total) AS total
             FROM insights.refunds AS r
             INNER JOIN insights.refund_items AS l ON l.refund_id = r.id
             WHERE r.order_id = ANY ((SELECT ids FROM concerned)::uuid[]) AND r.status = 'settled'
             GROUP BY r.order_id, l.line_id
           )
           UPDATE insights.order_items AS held
           SET refunded_quantity = s.quantity, refunded_total = s.total
           FROM (
             SELECT i.id, coalesce(g.quantity, 0) AS quantity, coalesce(g.total, 0) AS total
             FROM insights.order_items AS i
             LEFT JOIN given_back AS g ON g.order_id = i.order_id AND g.line_id = i.line_id
             WHERE i.order_id = ANY ((SELECT ids FROM concerned)::uuid[])
           ) AS s
           WHERE held.order_id = ANY ((SELECT ids FROM concerned)::uuid[])
             AND held.id = s.id
             AND (held.refunded_quantity, held.refunded_total) IS DISTINCT FROM
               (s.quantity, s.total)""",
        of,
    )
    return _refunded(tx, of, order_ids)


def _refunded(tx: Tx, of: dict[str, Any], order_ids: Collection[str]) -> list[Refunded]:
    rows = tx.execute(
        """SELECT r.wc_order_id AS number, sum(r.amount) AS amount, sum(r.shipping) AS shipping,
             (SELECT json_object_agg(line_id, quantity) FROM (
                SELECT l.line_id, sum(l.quantity) AS quantity
                FROM insights.refunds AS of_it
                INNER JOIN insights.refund_items AS l
                  ON l.refund_id = of_it.id
                WHERE of_it.wc_order_id = r.wc_order_id
                  AND of_it.status = 'settled'
                GROUP BY l.line_id) AS lines) AS quantities
           FROM insights.refunds AS r
           WHERE r.wc_order_id = ANY (%(numbers)s)
             AND r.status = 'settled'
           GROUP BY r.wc_order_id""",
        of,
    )
    found = {row.pop("number"): row for row in rows}
    nothing = {"amount": Decimal(0), "shipping": Decimal(0), "quantities": {}}
    return [
        Refunded(id, got["amount"], got["shipping"], got["quantities"] or {})
        for id in order_ids
        for got in [found.get(stable_number(id), nothing)]
    ]


def customers_of(tx: Tx, store: Store, order_ids: Collection[str]) -> list[int]:
    """Numbers of the customers of these orders."""
    row = tx.execute(
        """SELECT array_agg(DISTINCT wc_customer_id) AS found FROM insights.orders
           WHERE wc_order_id = ANY (%(numbers)s)
             AND wc_customer_id IS NOT NULL""",
        {"store": store.id, "numbers": _numbers(order_ids)},
    ).fetchone()
    return (row and row["found"]) or []


def update_customers(tx: Tx, store: Store, numbers: Collection[int]) -> None:
    """What these customers have bought: orders that count, and the money that stayed after
    refunds."""
    tx.execute(
        """WITH concerned AS (
             SELECT array_agg(id) AS ids FROM insights.customers
             WHERE wc_customer_id = ANY (%(numbers)s)
           ), bought AS (
             SELECT customer_id, count(*) AS number, sum(total - refunded_total) AS spent,
               min(date_created) AS first, max(date_created) AS last
             FROM insights.orders
             WHERE customer_id = ANY ((SELECT ids FROM concerned)::uuid[]) AND is_counted AND NOT is_test
             GROUP BY customer_id
           )
           UPDATE insights.customers AS held
           SET order_count = s.number, total_spent = s.spent, first_order_date = s.first,
             last_order_date = s.last
           FROM (
             SELECT c.id, coalesce(b.number, 0) AS number, coalesce(b.spent, 0) AS spent, b.first,
               b.last
             FROM unnest((SELECT ids FROM concerned)) AS c (id)
             LEFT JOIN bought AS b ON b.customer_id = c.id
           ) AS s
           WHERE held.wc_customer_id = ANY (%(numbers)s)
             AND held.id = s.id
             AND (held.order_count, held.total_spent, held.first_order_date, held.last_order_date)
               IS DISTINCT FROM (s.number, s.spent, s.first, s.last)""",
        {"store": store.id, "numbers": list(numbers)},
    )


def delete_categories(tx: Tx, store: Store, ids: Collection[str]) -> None:
    of = {"store": store.id, "numbers": _numbers(ids)}
    gone = """(SELECT c.id FROM insights.categories AS c
               WHERE c.wc_category_id = ANY (%(numbers)s))"""
    tx.execute(
        f"""UPDATE insights.categories SET parent_id = NULL
            WHERE parent_id = ANY (ARRAY{gone})""",
        of,
    )
    tx.execute(
        f"""UPDATE insights.products SET category_id = NULL, category_name = NULL
            WHERE category_id = ANY (ARRAY{gone})""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.categories
           WHERE wc_category_id = ANY (%(numbers)s)""",
        of,
    )


def delete_products(tx: Tx, store: Store, ids: Collection[str]) -> None:
    """Products, or variations that were records of their own (WooCommerce)."""
    of = {"store": store.id, "numbers": _numbers(ids)}
    tx.execute(
        """UPDATE insights.order_items SET product_id = NULL
           WHERE product_id = ANY (ARRAY(
             SELECT p.id FROM insights.products AS p
             WHERE p.wc_product_id = ANY (%(numbers)s)))""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.products
           WHERE wc_product_id = ANY (%(numbers)s)""",
        of,
    )
    if store.platform == Platform.WOOCOMMERCE:
        row = tx.execute(
            """WITH gone AS (
                 DELETE FROM insights.product_variants
                 WHERE wc_variation_id = ANY (%(numbers)s)
                 RETURNING product_id
               )
               SELECT array_agg(product_id) AS products FROM gone""",
            of,
        ).fetchone()
        if row and row["products"]:
            _sum_up(tx, "id = ANY (%(products)s)", of | row)


def delete_coupons(tx: Tx, store: Store, ids: Collection[str]) -> None:
    tx.execute(
        "DELETE FROM insights.coupons WHERE wc_coupon_id = ANY (%(numbers)s)",
        {"store": store.id, "numbers": _numbers(ids)},
    )


def delete_customers(tx: Tx, store: Store, ids: Collection[str]) -> None:
    of = {"store": store.id, "numbers": _numbers(ids)}
    tx.execute(
        """UPDATE insights.orders SET customer_id = NULL
           WHERE customer_id = ANY (ARRAY(
             SELECT c.id FROM insights.customers AS c
             WHERE c.wc_customer_id = ANY (%(numbers)s)))""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.customers
           WHERE wc_customer_id = ANY (%(numbers)s)""",
        of,
    )


def delete_orders(tx: Tx, store: Store, ids: Collection[str]) -> list[int]:
    """Orders with their lines and coupons; their refunds wait for them to come back."""
    of = {"store": store.id, "numbers": _numbers(ids)}
    tx.execute(
        """UPDATE insights.refunds SET order_id = NULL
           WHERE wc_order_id = ANY (%(numbers)s)""",
        of,
    )
    row = tx.execute(
        """WITH gone AS (
             DELETE FROM insights.orders
             WHERE wc_order_id = ANY (%(numbers)s)
             RETURNING wc_customer_id
           )
           SELECT array_agg(DISTINCT wc_customer_id) AS concerned FROM gone
           WHERE wc_customer_id IS NOT NULL""",
        of,
    ).fetchone()
    return (row and row["concerned"]) or []


def delete_refunds(tx: Tx, store: Store, ids: Collection[str]) -> list[str]:
    """The ids of the orders concerned."""
    rows = tx.execute(
        """DELETE FROM insights.refunds
           WHERE wc_refund_id = ANY (%(numbers)s)
           RETURNING coalesce(external_order_id, wc_order_id::text) AS order_id""",
        {"store": store.id, "numbers": _numbers(ids)},
    )
    return [row["order_id"] for row in rows]


def _numbers(ids: Collection[str]) -> list[int]:
    return [stable_number(each) for each in ids]


# ------------------------------------------------------------------------------- privacy

_THEIRS = {
    "customers": "(wc_customer_id = ANY (%(numbers)s) OR email_hash = %(email_hash)s)",
    "orders": """(wc_order_id = ANY (%(orders)s) OR wc_customer_id = ANY (%(numbers)s)
                OR customer_id = ANY (%(of_customers)s))""",
    "order_items": "order_id = ANY (%(of_orders)s)",
    "order_coupons": "order_id = ANY (%(of_orders)s)",
    "refunds": "order_id = ANY (%(of_orders)s)",
}


def _about(tx: Tx, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS`."""
    known = [person.customer_id, guest_id(person.email) if person.email else None]
    about: dict[str, Any] = {
        "numbers": _numbers([each for each in known if each]),
        "email_hash": email_hash(person.email),
        "orders": _numbers(person.order_ids),
    }
    for name, table in (("of_customers", "customers"), ("of_orders", "orders")):
        rows = tx.execute(f"SELECT id FROM insights.{table} WHERE {_THEIRS[table]}", about)
        about[name] = [row["id"] for row in rows]
    return about


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON."""
    about = _about(tx, person)
    return tell(tx, "insights", _THEIRS, about)


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts."""
    about = _about(tx, person)
    tx.execute(
        """UPDATE insights.orders SET customer_id = NULL, wc_customer_id = NULL
           WHERE id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute("DELETE FROM insights.customers WHERE id = ANY (%(of_customers)s)", about)
