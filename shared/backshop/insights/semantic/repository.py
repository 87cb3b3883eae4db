"""What answering a query reads beside the numbers themselves: the store's books, its names."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from backshop.db import Tx
from backshop.insights.models import Books, Reckoning, books
from backshop.insights.semantic.categories import Category


class Shop(NamedTuple):
    """The transaction's store as its numbers need it. `rolled_up` is what its rollups were made by;
    None where they are not whole. `fresh_at` is when it was last read without failure, `asked_at`
    when all that this is read for was asked: one answer is of one day."""

    id: UUID
    books: Books
    plan: str
    fresh_at: datetime | None
    asked_at: datetime
    rolled_up: Reckoning | None
    counted: list[str]
    """Statuses that count by the platform's default, once a query has read them."""
    summed_until: date | None = None
    """The last day that rollups have something of: a shop may date orders and refunds ahead."""


def shop(tx: Tx) -> Shop | None:
    row = tx.execute(
        """SELECT s.id, b.platform, b.settings || s.settings AS settings, s.plan, s.last_sync_at,
             clock_timestamp() AS asked_at,
             CASE WHEN r.is_whole THEN r.reckoning END AS rolled_up,
             (SELECT max(day) FROM insights.daily_sales AS d WHERE d.store_id = s.id) AS summed_until
           FROM insights.stores AS s
           INNER JOIN backshop.stores AS b ON b.id = s.id
           LEFT JOIN insights.rollup_state AS r ON r.store_id = s.id
           WHERE s.id = backshop.current_store_id()"""
    ).fetchone()
    if row is None:
        return None
    rolled_up = row["rolled_up"]
    return Shop(
        row["id"],
        books(row["settings"] or {}, row["platform"]),
        row["plan"] or "free",
        row["last_sync_at"],
        row["asked_at"],
        Reckoning.model_validate(rolled_up) if rolled_up else None,
        [],
        row["summed_until"],
    )


def rows(tx: Tx, sql: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of a compiled statement."""
    return tx.execute(sql.encode(), params).fetchall()


def first_order_at(tx: Tx, shop: Shop, until: datetime) -> datetime | None:
    """When the store's first order that counts is dated."""
    reckoning = shop.books.reckoning
    at = "date_paid" if reckoning.orders_dated == "paid" else "date_created"
    row = tx.execute(
        f"""SELECT {at} AS at FROM insights.orders
            WHERE store_id = %(store)s AND NOT is_test AND {at} < %(until)s
              AND CASE WHEN %(statuses)s::text[] IS NULL THEN is_counted
                ELSE status = ANY (%(statuses)s) END
            ORDER BY {at} LIMIT 1""",
        {
            "store": shop.id,
            "until": until,
            "statuses": list(reckoning.statuses) if reckoning.statuses else None,
        },
    ).fetchone()
    return row["at"] if row else None


def tree(tx: Tx) -> tuple[Category, ...]:
    found = tx.execute(
        """SELECT id, parent_id, name FROM insights.categories
           WHERE store_id = backshop.current_store_id() ORDER BY id"""
    ).fetchall()
    return tuple(Category(row["id"], row["parent_id"], row["name"]) for row in found)


def product_names(tx: Tx, store_id: UUID, products: list[str]) -> dict[str, str]:
    """Names of products by their numbers as text; of a deleted one that of its lines, and what is
    none has its name in it (`name:…`)."""
    numbers = [int(each) for each in products if not each.startswith("name:")]
    names = {each: each[5:] for each in products if each.startswith("name:")}
    for there in (_OF_PRODUCTS, _OF_LINES):
        left = [each for each in numbers if str(each) not in names]
        if left:
            found = tx.execute(there, {"store": store_id, "numbers": left})
            names |= {str(row["number"]): row["name"] for row in found}
    return names


_OF_PRODUCTS = """SELECT wc_product_id AS number, name FROM insights.products
  WHERE store_id = %(store)s AND wc_product_id = ANY (%(numbers)s::bigint[])"""
_OF_LINES = """SELECT wc_product_id AS number, max(product_name) AS name
  FROM insights.order_items
  WHERE store_id = %(store)s AND product_id IS NULL
    AND wc_product_id = ANY (%(numbers)s::bigint[])
  GROUP BY wc_product_id HAVING max(product_name) IS NOT NULL"""


def counted_statuses(tx: Tx, store_id: UUID) -> list[str]:
    """Statuses of the stored orders that count by the platform's default: one step of the index for
    each status that there is."""
    found = tx.execute(
        """WITH RECURSIVE statuses AS (
             (SELECT status FROM insights.orders WHERE store_id = %(store)s
              ORDER BY status LIMIT 1)
             UNION ALL
             SELECT (SELECT o.status FROM insights.orders AS o
               WHERE o.store_id = %(store)s AND o.status > s.status ORDER BY o.status LIMIT 1)
             FROM statuses AS s WHERE s.status IS NOT NULL
           )
           SELECT status FROM statuses WHERE status IS NOT NULL AND (
             SELECT o.is_counted FROM insights.orders AS o
             WHERE o.store_id = %(store)s AND o.status = statuses.status LIMIT 1)""",
        {"store": store_id},
    )
    return [row["status"] for row in found]


def _distinct(column: str) -> str:
    return f"SELECT {column} AS name FROM insights.orders WHERE store_id = %(store)s"


_THERE: dict[str, str] = {
    "product": "SELECT name FROM insights.products WHERE store_id = %(store)s",
    "sku": "SELECT sku AS name FROM insights.product_variants WHERE store_id = %(store)s",
    "category": "SELECT name FROM insights.categories WHERE store_id = %(store)s",
    "coupon": "SELECT code AS name FROM insights.coupons WHERE store_id = %(store)s",
    **{each: _distinct(each) for each in ("status", "payment_method", "channel")},
}
# Lines without a product are those of products that are gone, and have an index of their own.
_GONE: dict[str, str] = {
    "product": """SELECT product_name AS name FROM insights.order_items
      WHERE store_id = %(store)s AND product_id IS NULL""",
    # One step of the index for each SKU that there is, and not for each line.
    "sku": """(WITH RECURSIVE skus AS (
        (SELECT sku FROM insights.order_items
         WHERE store_id = %(store)s AND sku IS NOT NULL ORDER BY sku LIMIT 1)
        UNION ALL
        SELECT (SELECT i.sku FROM insights.order_items AS i
          WHERE i.store_id = %(store)s AND i.sku > s.sku ORDER BY i.sku LIMIT 1)
        FROM skus AS s WHERE s.sku IS NOT NULL
      )
      SELECT sku AS name FROM skus WHERE sku IS NOT NULL)""",
    "coupon": "SELECT code AS name FROM insights.order_coupons WHERE store_id = %(store)s",
}
NAMES: dict[str, str] = {
    each: f"{there} UNION {_GONE[each]}" if each in _GONE else there
    for each, there in _THERE.items()
}
"""By dimension: every value that this store has, deleted products and coupons included."""


def names(tx: Tx, store_id: UUID, dimension: str) -> list[str]:
    found = tx.execute(
        f"SELECT DISTINCT name FROM ({NAMES[dimension]}) AS n WHERE name IS NOT NULL ORDER BY name",
        {"store": store_id},
    )
    return [row["name"] for row in found]


def known_names(tx: Tx, store_id: UUID, dimension: str, wanted: list[str]) -> dict[str, str]:
    """Those of the wanted names that the store has, whatever their case, as it writes them. What is
    gone is looked for only where it is not there any more."""
    found = _spelled(tx, store_id, _THERE[dimension], wanted)
    left = [each for each in wanted if each not in found]
    if left and dimension in _GONE:
        found |= _spelled(tx, store_id, _GONE[dimension], left)
    return found


def _spelled(tx: Tx, store_id: UUID, there: str, wanted: list[str]) -> dict[str, str]:
    """The first spelling that is found ends looking for a name."""
    found = tx.execute(
        f"""SELECT w.name AS wanted, n.name
            FROM unnest(%(wanted)s::text[]) AS w (name)
            CROSS JOIN LATERAL (
              SELECT min(name) AS name FROM (
                SELECT name FROM ({there}) AS held WHERE lower(name) = lower(w.name)
                LIMIT {SPELLINGS}
              ) AS spelled
            ) AS n WHERE n.name IS NOT NULL""",
        {"store": store_id, "wanted": wanted},
    )
    return {row["wanted"]: row["name"] for row in found}


SPELLINGS = 100
"""Rows that are looked at for one name, of which the first by its letters stands for all."""
