"""Orders with their lines and coupons."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from backshop.commerce import Store
from backshop.db import NEW_IDS, Asked, Staged, Tx, array
from backshop.insights.projection.numbers import numbers_of


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
    of: dict[str, Any] = {"store": store.id, "counted": array(counted)}
    products = _ask_products(tx, lines)
    saved = _upsert_orders(tx, of, orders)
    of |= products()
    of |= {name: saved[name] for name in ("ids", "numbers", "updated", "new")}
    if saved["updated"]:
        _delete_stale(tx, of, orders, lines, coupon_uses)
    _insert_items(tx, of, lines)
    if coupon_uses.size:
        _insert_coupons(tx, of, coupon_uses)
    if has_refunds and saved["new"]:
        _adopt_refunds(tx, of)
    concerned: list[int] = saved["concerned"] or []
    return concerned


_OF_ORDERS = """unnest(%(numbers)s::bigint[], %(ids)s::uuid[])
                AS orders (number, id) ON orders.number = order_number"""


def _ask_products(tx: Tx, lines: Staged) -> Asked[dict[str, Any]]:
    """Those of the lines that are known, as parameters of `_insert_items`."""
    found = tx.execute(
        f"""SELECT coalesce(array_agg(wc_product_id), '{{}}') AS known_numbers,
              coalesce(array_agg(id::text), '{{}}') AS known_ids
            FROM insights.products
            WHERE wc_product_id = ANY (ARRAY(SELECT DISTINCT product_id FROM {lines.source}))""",
        lines.params,
    )
    return lambda: found.fetchone() or {}


def _insert_items(tx: Tx, of: dict[str, Any], lines: Staged) -> None:
    tx.execute(
        f"""INSERT INTO insights.order_items AS held
              (id, store_id, order_id, line_id, product_id, wc_product_id, wc_variation_id,
               product_name, sku, quantity, exact_quantity, unit_price, subtotal, total, discount,
               tax)
            SELECT {NEW_IDS}, %(store)s, orders.id, left(lines.id, 100), products.id, product_id,
              variant_id, left(name, 500), sku, quantity, exact_quantity, unit_price, subtotal,
              total, subtotal - total, tax
            FROM {lines.source}
            INNER JOIN {_OF_ORDERS}
            LEFT JOIN unnest(%(known_numbers)s::bigint[], %(known_ids)s::uuid[])
              AS products (number, id) ON products.number = lines.product_id
            {_CHANGE_ITEM if of["updated"] else ""}""",
        of | lines.params,
    )


_CHANGE_ITEM = """ON CONFLICT (store_id, order_id, line_id) DO UPDATE SET
  product_id = excluded.product_id, wc_product_id = excluded.wc_product_id,
  wc_variation_id = excluded.wc_variation_id, product_name = excluded.product_name,
  sku = excluded.sku, quantity = excluded.quantity,
  exact_quantity = excluded.exact_quantity, unit_price = excluded.unit_price,
  subtotal = excluded.subtotal, total = excluded.total, discount = excluded.discount,
  tax = excluded.tax
WHERE (held.wc_product_id, held.wc_variation_id, held.product_name, held.sku, held.quantity,
       held.exact_quantity, held.unit_price, held.subtotal, held.total, held.discount, held.tax)
  IS DISTINCT FROM
      (excluded.wc_product_id, excluded.wc_variation_id, excluded.product_name, excluded.sku,
       excluded.quantity, excluded.exact_quantity, excluded.unit_price, excluded.subtotal, excluded.total,
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
    are_new = orders.is_table and not _are_stored(tx, orders)
    known = _KNOWN_CUSTOMERS.format(orders=orders.source) if orders.is_table else ""
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO insights.orders
                (id, store_id, wc_order_id, external_id, date_created, date_modified, status,
                 total, subtotal, tax_total, shipping_total, shipping_tax, discount_total,
                 currency, wc_customer_id, customer_id, payment_method, coupon_used, code, country,
                 channel, date_paid, is_guest, is_counted, is_cancelled, is_test,
                 refunds_listed_at)
              SELECT {NEW_IDS}, %(store)s, number, external_id, placed_at, modified_at, status,
                total, {_if_lines_known("subtotal", "subtotal")}, tax, shipping, shipping_tax,
                {_if_lines_known("discount", "discount_total")}, currency, customer_number,
                {"known.id" if known else _CUSTOMER},
                left(payment_method, 100), {_if_lines_known("coupon", "coupon_used")},
                left(code, 100), country, left(channel, 100),
                paid_at, is_guest, is_counted, is_cancelled, is_test, refunds_listed_at
              FROM {orders.source} {known}
              {"" if are_new else _CHANGE_ORDER}
              RETURNING old.id AS before, new.id, new.wc_order_id AS number,
                old.wc_customer_id AS customer_before, new.wc_customer_id AS customer,
                new.total, new.currency, new.date_created,
                new.is_counted AND NOT new.is_test AS is_sale
            ), bought AS (
              SELECT customer, count(*) AS number, sum(total) AS spent, min(date_created) AS first,
                max(date_created) AS last, min(currency) AS currency,
                min(currency) < max(currency) AS is_mixed
              FROM saved
              WHERE before IS NULL AND is_sale AND customer IS NOT NULL
                AND customer <> ALL (%(counted)s::bigint[])
              GROUP BY customer
            ), added AS (
              UPDATE insights.customers AS held
              SET order_count = held.order_count + bought.number,
                total_spent = held.total_spent + bought.spent,
                first_order_date = least(held.first_order_date, bought.first),
                last_order_date = greatest(held.last_order_date, bought.last),
                currency = bought.currency
              FROM bought
              WHERE held.wc_customer_id = bought.customer AND NOT bought.is_mixed
                AND coalesce(held.currency, bought.currency) = bought.currency
              RETURNING held.wc_customer_id AS customer
            )
            SELECT array_agg(id)::text AS ids, array_agg(number)::text AS numbers,
              (array_agg(before) FILTER (WHERE before IS NOT NULL))::text AS updated,
              (array_agg(number) FILTER (WHERE before IS NULL))::text AS new,
              array_agg(customer) FILTER (WHERE before IS NOT NULL AND customer IS NOT NULL)
                || array_agg(customer_before) FILTER (WHERE customer_before IS NOT NULL)
                || ARRAY(SELECT customer FROM bought EXCEPT SELECT customer FROM added)
                AS concerned
            FROM saved""",
        of | orders.params,
    ).fetchone()
    return row or {}


_CUSTOMER = """(SELECT c.id FROM insights.customers AS c
                 WHERE c.wc_customer_id = customer_number)"""
# The same of many at once, which reads each page of the index once.
_KNOWN_CUSTOMERS = """LEFT JOIN (
  SELECT c.wc_customer_id, c.id FROM insights.customers AS c
  WHERE c.wc_customer_id = ANY (ARRAY(SELECT customer_number FROM {orders}))
  OFFSET 0) AS known ON known.wc_customer_id = customer_number"""


def buyers_of(tx: Tx, ids: Collection[str]) -> dict[int, int | None]:
    """The customers of those of these orders that are there, all by their numbers."""
    rows = tx.execute(
        """SELECT wc_order_id AS number, wc_customer_id AS buyer FROM insights.orders
           WHERE wc_order_id = ANY (%(numbers)s)""",
        {"numbers": numbers_of(ids)},
    )
    return {row["number"]: row["buyer"] for row in rows}


def _are_stored(tx: Tx, orders: Staged) -> bool:
    """Whether any of these orders is there."""
    found = tx.execute(
        f"""SELECT FROM insights.orders
            WHERE wc_order_id = ANY (ARRAY(SELECT number FROM {orders.source})) LIMIT 1""",
        orders.params,
    )
    return bool(found.rowcount)


# Orders that are all new have nothing to conflict with, which saves a sixth of an insert.
_CHANGE_ORDER = """ON CONFLICT (store_id, wc_order_id) DO UPDATE SET
  date_created = excluded.date_created, date_modified = excluded.date_modified,
  status = excluded.status, total = excluded.total, subtotal = excluded.subtotal,
  tax_total = excluded.tax_total, shipping_total = excluded.shipping_total,
  shipping_tax = excluded.shipping_tax, discount_total = excluded.discount_total,
  currency = excluded.currency, wc_customer_id = excluded.wc_customer_id,
  customer_id = excluded.customer_id, payment_method = excluded.payment_method,
  coupon_used = excluded.coupon_used, code = excluded.code, country = excluded.country,
  channel = excluded.channel, date_paid = excluded.date_paid, is_guest = excluded.is_guest,
  is_counted = excluded.is_counted, is_cancelled = excluded.is_cancelled,
  is_test = excluded.is_test, refunds_listed_at = excluded.refunds_listed_at"""


def _if_lines_known(sent: str, stored: str) -> str:
    """What was sent, or what is stored where the order was sent without its lines."""
    return f"""CASE WHEN lines_known THEN {sent} ELSE coalesce((
                  SELECT o.{stored} FROM insights.orders AS o
                  WHERE o.wc_order_id = orders.number), {sent}) END"""


def _delete_stale(
    tx: Tx, of: dict[str, Any], orders: Staged, lines: Staged, coupon_uses: Staged
) -> None:
    """Lines and coupons that updated orders no longer have. An order that was sent without its
    lines says nothing of them."""
    for table, key, among, named in (
        ("order_items", "line_id", lines, "lines.id"),
        ("order_coupons", "code", coupon_uses, "coupon_uses.code"),
    ):
        tx.execute(
            f"""DELETE FROM insights.{table} AS held
                WHERE order_id = ANY (%(updated)s::uuid[])
                  AND order_id <> ALL (ARRAY(
                    SELECT o.id FROM insights.orders AS o
                    WHERE o.wc_order_id = ANY (ARRAY(
                      SELECT number FROM {orders.source} WHERE NOT lines_known))))
                  AND NOT EXISTS (
                    SELECT FROM {among.source} INNER JOIN {_OF_ORDERS}
                    WHERE orders.id = held.order_id AND {named} = held.{key})""",
            of | orders.params | among.params,
        )


def _adopt_refunds(tx: Tx, of: dict[str, Any]) -> None:
    """Refunds that came before their order, whose currency is theirs."""
    tx.execute(
        """UPDATE insights.refunds AS held SET order_id = o.id, currency = o.currency
           FROM insights.orders AS o
           WHERE o.wc_order_id = held.wc_order_id
             AND held.order_id IS NULL AND held.wc_order_id = ANY (%(new)s::bigint[])""",
        of,
    )


def delete_orders(tx: Tx, store: Store, ids: Collection[str]) -> list[int]:
    """Orders with their lines and coupons; their refunds wait for them to come back."""
    of = {"store": store.id, "numbers": numbers_of(ids)}
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
