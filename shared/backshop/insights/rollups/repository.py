"""The SQL of rollups. Functions act on the transaction's store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Asked, Tx, array
from backshop.insights.models import Reckoning, books
from backshop.insights.rollups.images import CUSTOMERS, Image, images
from backshop.insights.semantic import repository as shops


def ask_kept_by(tx: Tx, store: UUID) -> Asked[Reckoning | None]:
    """What the store's rollups are kept by; None where they wait to be rebuilt. A store that has no
    order yet begins with sums of nothing, which are whole."""
    found = tx.execute(
        "SELECT reckoning, is_whole FROM insights.rollup_state WHERE store_id = %s", (store,)
    )

    def answer() -> Reckoning | None:
        row = found.fetchone()
        if row is None:
            return _begin(tx, store)
        return Reckoning.model_validate(row["reckoning"]) if row["is_whole"] else None

    return answer


def _begin(tx: Tx, store: UUID) -> Reckoning | None:
    shop = shops.shop(tx)
    if shop is None:
        return None
    reckoning = shop.books.reckoning
    row = tx.execute(
        """INSERT INTO insights.rollup_state (store_id, reckoning, is_whole)
           SELECT %(store)s, %(reckoning)s,
             NOT EXISTS (SELECT FROM insights.orders WHERE store_id = %(store)s)
           RETURNING is_whole""",
        {"store": store, "reckoning": Jsonb(reckoning.model_dump(mode="json"))},
    ).fetchone()
    return reckoning if row and row["is_whole"] else None


def orders_of_refunds(tx: Tx, numbers: Sequence[int]) -> set[int]:
    rows = tx.execute(
        """SELECT DISTINCT wc_order_id AS number FROM insights.refunds
           WHERE store_id = backshop.current_store_id() AND wc_refund_id = ANY (%s)""",
        (list(numbers),),
    )
    return {row["number"] for row in rows}


def ask_stored(tx: Tx, numbers: Sequence[int]) -> Asked[list[int]]:
    """Those of these orders that there are."""
    found = tx.execute(
        """SELECT array_agg(wc_order_id) AS found FROM insights.orders
           WHERE store_id = backshop.current_store_id()
             AND wc_order_id = ANY (%s)""",
        (array(numbers),),
    )

    def answer() -> list[int]:
        row = found.fetchone()
        return (row and row["found"]) or []

    return answer


Held = Mapping[str, str | None]
"""What some orders added, as JSON: by table, and by `customers`."""


def ask(tx: Tx, sources: str, of: dict[str, Any]) -> Asked[Held]:
    """The images of the orders of these sources, summed up by their keys."""
    selects = {each.table: _summed(each, each.select) for each in images()}
    selects["customers"] = CUSTOMERS
    columns = (
        f"(SELECT json_agg(e)::text FROM ({select}) AS e) AS {name}"
        for name, select in selects.items()
    )
    found = tx.execute(f"WITH {sources} SELECT {', '.join(columns)}".encode(), of)
    return lambda: found.fetchone() or {}


def _summed(image: Image, events: str) -> str:
    keys = ", ".join(image.keys)
    sums = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in image.sums)
    return f"SELECT {keys}, {sums} FROM ({events}) AS events GROUP BY {keys}"


def add(tx: Tx, sources: str, before: Sequence[Held], of: dict[str, Any]) -> None:
    """Add to all rollups what the orders of these sources have now, less what they had before; in
    one statement, so that orders and lines are read once."""
    of = of | {
        f"{name}_{number}": text
        for number, held in enumerate(before)
        for name, text in held.items()
        if text
    }
    changes = [f"{each.table}_kept AS ({_change(each, of)})" for each in images()]
    row = tx.execute(
        f"""WITH {sources}, {", ".join(changes)},
              bought AS MATERIALIZED ({_bought(of)}), known AS MATERIALIZED ({_KNOWN}),
              changed AS ({_CHANGE_OF_CUSTOMERS})
            SELECT (SELECT array_agg(wc_customer_id) FROM (
                SELECT wc_customer_id FROM changed WHERE more <> 0
                GROUP BY wc_customer_id HAVING NOT bool_or(is_new)) AS c) AS customers,
              (SELECT json_agg(m)::text FROM (
                SELECT month, sum(more) AS buyers, count(*) FILTER (WHERE is_new) AS new_buyers
                FROM changed GROUP BY month) AS m) AS months""".encode(),
        of,
    ).fetchone()
    for image in images():
        _drop_empty(tx, image, of)
    if row and row["months"]:
        _count_months(tx, of["store"], row["customers"] or [], row["months"])
        if before:
            _drop_empty_months(tx, of["store"], row["customers"] or [])


def _change(image: Image, of: Mapping[str, Any]) -> str:
    parts = [image.select]
    for held in _held(image.table, image.keys | image.sums, of):
        signed = [f"-{each}" for each in image.sums]
        parts.append(f"SELECT {', '.join([*image.keys, *signed])} FROM {held}")
    columns, keys = ", ".join([*image.keys, *image.sums]), ", ".join(image.keys)
    changed = " OR ".join(f"coalesce(sum({each}), 0) <> 0" for each in image.sums)
    kept = ", ".join(f"{each} = held.{each} + excluded.{each}" for each in image.sums)
    summed = _summed(image, " UNION ALL ".join(parts))
    return f"""INSERT INTO insights.{image.table} AS held (store_id, {columns})
               SELECT %(store)s, added.* FROM ({summed} HAVING {changed} ORDER BY {keys}) AS added
               ON CONFLICT (store_id, {keys}) DO UPDATE SET {kept}"""


def _bought(of: Mapping[str, Any]) -> str:
    """How many orders customers' months have more, or less."""
    parts = [f"SELECT * FROM ({CUSTOMERS}) AS now"]
    types = {"wc_customer_id": "bigint", "month": "date", "orders": "bigint"}
    parts.extend(
        f"SELECT wc_customer_id, month, -orders FROM {held}"
        for held in _held("customers", types, of)
    )
    return f"""SELECT wc_customer_id, month, sum(orders) AS orders
               FROM ({" UNION ALL ".join(parts)}) AS events
               GROUP BY wc_customer_id, month HAVING sum(orders) <> 0"""


# Read once, and looked up in a hash: where Postgres knows nothing of the table yet, as within a
# minute of a rebuild, it would look each of `bought` up in those of all of them.
_KNOWN = """SELECT DISTINCT wc_customer_id FROM insights.customer_months
    WHERE store_id = %(store)s AND wc_customer_id = ANY (ARRAY(SELECT wc_customer_id FROM bought))"""

# `more` is 1 where a customer's month begins to be, -1 where it ends, and `is_new` is the first
# month of somebody who had none.
_CHANGE_OF_CUSTOMERS = """INSERT INTO insights.customer_months AS held
    (store_id, wc_customer_id, month, orders, is_first)
  SELECT %(store)s, wc_customer_id, month, orders,
    month = min(month) OVER (PARTITION BY wc_customer_id)
      AND wc_customer_id NOT IN (SELECT wc_customer_id FROM known)
  FROM bought
  ORDER BY wc_customer_id, month
  ON CONFLICT (store_id, wc_customer_id, month)
    DO UPDATE SET orders = held.orders + excluded.orders
  RETURNING new.wc_customer_id, new.month,
    (new.orders > 0)::int - (coalesce(old.orders, 0) > 0)::int AS more,
    old.orders IS NULL AND new.is_first AS is_new"""


def _held(name: str, types: Mapping[str, str], of: Mapping[str, Any]) -> list[str]:
    """What was read before, as rows."""
    typed = ", ".join(f"{column} {type}" for column, type in types.items())
    return [
        f"json_to_recordset(%({key})s::json) AS taken ({typed})"
        for key in of
        if key.rpartition("_")[0] == name
    ]


def _drop_empty(tx: Tx, image: Image, of: dict[str, Any]) -> None:
    """Rows that nothing is the sum of any more."""
    for held in _held(image.table, image.keys | image.sums, of):
        same = " AND ".join(f"held.{each} = taken.{each}" for each in image.keys)
        tx.execute(
            f"""DELETE FROM insights.{image.table} AS held USING {held}
                WHERE held.store_id = %(store)s AND {same} AND held.events = 0""".encode(),
            of,
        )


def _count_months(tx: Tx, store: UUID, customers: Sequence[int], months: str) -> None:
    """Count these changes of months. Only a customer whose months came or went can have another
    first one. They are named twice: by the join alone, all customers of the store would be read."""
    of = {"store": store, "customers": array(customers), "months": months}
    tx.execute(
        """WITH firsts AS (
             SELECT wc_customer_id, min(month) FILTER (WHERE orders > 0) AS month
             FROM insights.customer_months
             WHERE store_id = %(store)s AND wc_customer_id = ANY (%(customers)s)
             GROUP BY wc_customer_id
           ), moved AS (
             UPDATE insights.customer_months AS held
             SET is_first = NOT held.is_first
             FROM firsts AS f
             WHERE held.store_id = %(store)s AND held.wc_customer_id = ANY (%(customers)s)
               AND held.wc_customer_id = f.wc_customer_id
               AND held.is_first IS DISTINCT FROM (f.month IS NOT NULL AND held.month = f.month)
             RETURNING new.month, CASE WHEN new.is_first THEN 1 ELSE -1 END AS more
           )
           INSERT INTO insights.monthly_customers AS held (store_id, month, buyers, new_buyers)
           SELECT %(store)s, month, sum(buyers), sum(new_buyers) FROM (
             SELECT month, buyers, new_buyers
             FROM json_to_recordset(%(months)s::json)
               AS m (month date, buyers integer, new_buyers integer)
             UNION ALL SELECT month, 0, more FROM moved
           ) AS changes GROUP BY month ORDER BY month
           ON CONFLICT (store_id, month) DO UPDATE SET
             buyers = held.buyers + excluded.buyers,
             new_buyers = held.new_buyers + excluded.new_buyers""",
        of,
    )


def _drop_empty_months(tx: Tx, store: UUID, customers: Sequence[int]) -> None:
    of = {"store": store, "customers": list(customers)}
    tx.execute(
        """DELETE FROM insights.customer_months
           WHERE store_id = %(store)s AND wc_customer_id = ANY (%(customers)s) AND orders <= 0""",
        of,
    )
    tx.execute(
        """DELETE FROM insights.monthly_customers
           WHERE store_id = %(store)s AND buyers = 0 AND new_buyers = 0""",
        of,
    )


# ------------------------------------------------------------------------------- all of them anew


def clear(tx: Tx, store: UUID, tables: Sequence[str]) -> None:
    for table in tables:
        tx.execute(f"DELETE FROM insights.{table} WHERE store_id = %s".encode(), (store,))


def fill(tx: Tx, sources: str, of: dict[str, Any]) -> None:
    made = []
    for image in images():
        columns = ", ".join([*image.keys, *image.sums])
        made.append(
            f"""{image.table}_made AS (
                  INSERT INTO insights.{image.table} (store_id, {columns})
                  SELECT %(store)s, e.* FROM ({_summed(image, image.select)}
                    ORDER BY {", ".join(image.keys)}) AS e)"""
        )
    tx.execute(
        f"""WITH {sources}, {", ".join(made)}
            INSERT INTO insights.customer_months
              (store_id, wc_customer_id, month, orders, is_first)
            SELECT %(store)s, wc_customer_id, month, orders,
              month = min(month) OVER (PARTITION BY wc_customer_id)
            FROM ({CUSTOMERS}) AS made""".encode(),
        of,
    )
    tx.execute(
        """INSERT INTO insights.monthly_customers (store_id, month, buyers, new_buyers)
           SELECT %(store)s, month, count(*), count(*) FILTER (WHERE is_first)
           FROM insights.customer_months WHERE store_id = %(store)s GROUP BY month""",
        of,
    )


def note(tx: Tx, store: UUID, reckoning: Reckoning) -> None:
    tx.execute(
        """INSERT INTO insights.rollup_state AS held (store_id, reckoning, is_whole)
           VALUES (%s, %s, true)
           ON CONFLICT (store_id) DO UPDATE SET
             reckoning = excluded.reckoning, is_whole = true, rebuilt_at = now()""",
        (store, Jsonb(reckoning.model_dump(mode="json"))),
    )


def stale(tx: Tx) -> list[UUID]:
    """Stores whose rollups are not whole, or not made as their settings say now; needs a
    transaction that sees all."""
    rows = tx.execute(
        """SELECT s.id, b.platform, b.settings || s.settings AS settings, r.reckoning, r.is_whole
           FROM insights.stores AS s
           INNER JOIN backshop.stores AS b ON b.id = s.id
           LEFT JOIN insights.rollup_state AS r ON r.store_id = s.id
           ORDER BY s.id"""
    )
    found = []
    for row in rows:
        held = Reckoning.model_validate(row["reckoning"]) if row["is_whole"] else None
        if held != books(row["settings"] or {}, row["platform"]).reckoning:
            found.append(row["id"])
    return found


def forget_days(tx: Tx, days: int) -> int:
    """Drop products' days older than that, of every store the transaction sees; their number."""
    return tx.execute(
        "DELETE FROM insights.product_days WHERE day < current_date - %s", (days,)
    ).rowcount
