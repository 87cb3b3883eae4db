"""The SQL of rollups. Functions act on the transaction's store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.insights.models import Reckoning, books
from backshop.insights.rollups.images import Image
from backshop.insights.semantic import repository as shops


def kept_by(tx: Tx, store: UUID) -> Reckoning | None:
    """What the store's rollups are kept by; None where they wait to be rebuilt. A store that has no
    order yet begins with sums of nothing, which are whole."""
    row = tx.execute(
        "SELECT reckoning, is_whole FROM insights.rollup_state WHERE store_id = %s", (store,)
    ).fetchone()
    if row is None:
        return _begin(tx, store)
    return Reckoning.model_validate(row["reckoning"]) if row["is_whole"] else None


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
           WHERE wc_refund_id = ANY (%s)""",
        (list(numbers),),
    )
    return {row["number"] for row in rows}


def stored(tx: Tx, numbers: Sequence[int]) -> list[int]:
    """Those of these orders that there are."""
    row = tx.execute(
        "SELECT array_agg(wc_order_id) AS found FROM insights.orders WHERE wc_order_id = ANY (%s)",
        (list(numbers),),
    ).fetchone()
    return (row and row["found"]) or []


def read(tx: Tx, select: str, image: Image | None, of: dict[str, Any], which: str) -> str | None:
    """The image of some orders, summed up by its keys, as JSON."""
    text = select.replace("{which}", which)
    if image is not None:
        text = _summed(image, f"SELECT * FROM ({text}) AS events")
    row = tx.execute(f"SELECT json_agg(e)::text AS held FROM ({text}) AS e".encode(), of).fetchone()
    return row["held"] if row else None


def _summed(image: Image, events: str) -> str:
    keys = ", ".join(image.keys)
    sums = ", ".join(f"coalesce(sum({each}), 0) AS {each}" for each in image.sums)
    return f"SELECT {keys}, {sums} FROM ({events}) AS events GROUP BY {keys}"


def add(tx: Tx, image: Image, before: Sequence[str], of: dict[str, Any], which: str) -> None:
    """Add to a rollup what the orders have now, less what they had before."""
    of = dict(of)
    after = image.select.replace("{which}", which)
    parts = [after, *(_taken(image, n, text, of) for n, text in enumerate(before))]
    columns = [*image.keys, *image.sums]
    changed = " OR ".join(f"coalesce(sum({each}), 0) <> 0" for each in image.sums)
    kept = [f"{each} = held.{each} + excluded.{each}" for each in image.sums]
    keys = ", ".join(image.keys)
    summed = _summed(image, " UNION ALL ".join(parts))
    tx.execute(
        f"""INSERT INTO insights.{image.table} AS held (store_id, {", ".join(columns)})
            SELECT %(store)s, added.* FROM ({summed} HAVING {changed} ORDER BY {keys}) AS added
            ON CONFLICT (store_id, {keys}) DO UPDATE SET {", ".join(kept)}""".encode(),
        of,
    )
    for number in range(len(before)):
        same = " AND ".join(f"held.{each} = taken.{each}" for each in image.keys)
        tx.execute(
            f"""DELETE FROM insights.{image.table} AS held USING {_held(image, number)}
                WHERE held.store_id = %(store)s AND {same} AND held.events = 0""".encode(),
            of,
        )


def _taken(image: Image, number: int, text: str, of: dict[str, Any]) -> str:
    """An image that was read before, with its sums negated."""
    of[f"before_{number}"] = text
    signed = [f"-{each}" for each in image.sums]
    return f"SELECT {', '.join([*image.keys, *signed])} FROM {_held(image, number)}"


def _held(image: Image, number: int) -> str:
    typed = ", ".join(f"{name} {type}" for name, type in (image.keys | image.sums).items())
    return f"json_to_recordset(%(before_{number})s::json) AS taken ({typed})"


def add_customers(
    tx: Tx, select: str, before: Sequence[str], of: dict[str, Any], which: str
) -> None:
    """Add orders to customers' months; then months count who is new in them, or gone."""
    of = dict(of)
    parts = [f"SELECT * FROM ({select.replace('{which}', which)}) AS now"]
    for number, text in enumerate(before):
        of[f"before_{number}"] = text
        parts.append(
            f"""SELECT wc_customer_id, month, -orders
                FROM json_to_recordset(%(before_{number})s::json)
                  AS taken (wc_customer_id bigint, month date, orders bigint)"""
        )
    row = tx.execute(
        f"""WITH changed AS (
              INSERT INTO insights.customer_months AS held (store_id, wc_customer_id, month, orders)
              SELECT %(store)s, wc_customer_id, month, sum(orders)
              FROM ({" UNION ALL ".join(parts)}) AS events
              GROUP BY wc_customer_id, month HAVING sum(orders) <> 0
              ORDER BY wc_customer_id, month
              ON CONFLICT (store_id, wc_customer_id, month)
                DO UPDATE SET orders = held.orders + excluded.orders
              RETURNING new.wc_customer_id, new.month,
                (new.orders > 0)::int - (coalesce(old.orders, 0) > 0)::int AS more
            )
            SELECT array_agg(DISTINCT wc_customer_id) FILTER (WHERE more <> 0) AS customers,
              (SELECT json_agg(m)::text FROM (
                 SELECT month, sum(more) AS more FROM changed GROUP BY month) AS m) AS months
            FROM changed""".encode(),
        of,
    ).fetchone()
    if row and row["customers"]:
        _count_months(tx, of["store"], row["customers"], row["months"])


def _count_months(tx: Tx, store: UUID, customers: Sequence[int], months: str) -> None:
    """Only a customer whose months came or went has another first one."""
    of = {"store": store, "customers": list(customers), "months": months}
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
             WHERE held.store_id = %(store)s AND held.wc_customer_id = f.wc_customer_id
               AND held.is_first IS DISTINCT FROM (f.month IS NOT NULL AND held.month = f.month)
             RETURNING new.month, CASE WHEN new.is_first THEN 1 ELSE -1 END AS more
           )
           INSERT INTO insights.monthly_customers AS held (store_id, month, buyers, new_buyers)
           SELECT %(store)s, month, sum(buyers), sum(new_buyers) FROM (
             SELECT month, more AS buyers, 0 AS new_buyers
             FROM json_to_recordset(%(months)s::json) AS m (month date, more integer)
             UNION ALL SELECT month, 0, more FROM moved
           ) AS changes GROUP BY month ORDER BY month
           ON CONFLICT (store_id, month) DO UPDATE SET
             buyers = held.buyers + excluded.buyers,
             new_buyers = held.new_buyers + excluded.new_buyers""",
        of,
    )
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


def fill(tx: Tx, image: Image, of: dict[str, Any]) -> None:
    columns = [*image.keys, *image.sums]
    summed = _summed(image, image.select.replace("{which}", "true"))
    tx.execute(
        f"""INSERT INTO insights.{image.table} (store_id, {", ".join(columns)})
            SELECT %(store)s, made.* FROM ({summed}) AS made""".encode(),
        of,
    )


def fill_customers(tx: Tx, select: str, of: dict[str, Any]) -> None:
    tx.execute(
        f"""INSERT INTO insights.customer_months
              (store_id, wc_customer_id, month, orders, is_first)
            SELECT %(store)s, wc_customer_id, month, orders,
              month = min(month) OVER (PARTITION BY wc_customer_id)
            FROM ({select.replace("{which}", "true")}) AS made""".encode(),
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
