"""Customers and guests, and what each has bought."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from backshop.commerce import Store
from backshop.db import NEW_IDS, Staged, Tx, array
from backshop.insights.projection.numbers import numbers_of


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
                 country, order_count, total_spent, currency, first_order_date, last_order_date)
              SELECT {NEW_IDS}, %(store)s, customers.number, customers.external_id, customers.email_hash,
                left(name, 255), customers.created_at, customers.country,
                coalesce(bought.number, 0), coalesce(bought.spent, 0), bought.currency,
                bought.first, bought.last
              FROM {customers.source}
              LEFT JOIN (
                SELECT customer_number, count(*) AS number, min(latest) AS currency,
                  sum(round(total, 4)) FILTER (WHERE currency = latest) AS spent,
                  min(placed_at) AS first, max(placed_at) AS last
                FROM (
                  SELECT orders.*, first_value(currency) OVER (
                    PARTITION BY customer_number ORDER BY placed_at DESC, number) AS latest
                  FROM {orders.source} WHERE is_counted AND NOT is_test
                ) AS counted
                GROUP BY customer_number
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
        {"new": array(row["new"])},
    ).fetchone()
    return Saved(row["new"], (linked and linked["concerned"]) or [])


def customers_of(tx: Tx, store: Store, order_ids: Collection[str]) -> list[int]:
    """Numbers of the customers of these orders."""
    row = tx.execute(
        """SELECT array_agg(DISTINCT wc_customer_id) AS found FROM insights.orders
           WHERE wc_order_id = ANY (%(numbers)s)
             AND wc_customer_id IS NOT NULL""",
        {"store": store.id, "numbers": numbers_of(order_ids)},
    ).fetchone()
    return (row and row["found"]) or []


def update_customers(tx: Tx, store: Store, numbers: Collection[int]) -> None:
    """What these customers have bought: orders that count, and the money that stayed after refunds
    of those in the latest one's currency."""
    tx.execute(
        """WITH concerned AS (
             SELECT array_agg(id) AS ids FROM insights.customers
             WHERE wc_customer_id = ANY (%(numbers)s)
           ), bought AS (
             SELECT customer_id, count(*) AS number, min(latest) AS currency,
               sum(total - refunded_total) FILTER (WHERE currency = latest) AS spent,
               min(date_created) AS first, max(date_created) AS last
             FROM (
               SELECT *, first_value(currency) OVER (
                 PARTITION BY customer_id ORDER BY date_created DESC, wc_order_id) AS latest
               FROM insights.orders
               WHERE customer_id = ANY ((SELECT ids FROM concerned)::uuid[])
                 AND is_counted AND NOT is_test
             ) AS o
             GROUP BY customer_id
           )
           UPDATE insights.customers AS held
           SET order_count = s.number, total_spent = s.spent, first_order_date = s.first,
             last_order_date = s.last, currency = s.currency
           FROM (
             SELECT c.id, coalesce(b.number, 0) AS number, coalesce(b.spent, 0) AS spent, b.first,
               b.last, b.currency
             FROM unnest((SELECT ids FROM concerned)) AS c (id)
             LEFT JOIN bought AS b ON b.customer_id = c.id
           ) AS s
           WHERE held.wc_customer_id = ANY (%(numbers)s)
             AND held.id = s.id
             AND (held.order_count, held.total_spent, held.first_order_date, held.last_order_date,
                  held.currency)
               IS DISTINCT FROM (s.number, s.spent, s.first, s.last, s.currency)""",
        {"store": store.id, "numbers": array(numbers)},
    )


def delete_customers(tx: Tx, store: Store, ids: Collection[str]) -> None:
    of = {"store": store.id, "numbers": numbers_of(ids)}
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
