"""The SQL of recommendations; each function acts on the transaction's store.

Numbers of neighbours and trends are kept as little-endian bytes, which cost nothing to read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
from psycopg.rows import tuple_row
from psycopg.types.json import Jsonb

from backshop.connect.recommend import rules
from backshop.connect.recommend.models import (
    HALF_LIVES,
    Baskets,
    Blend,
    Floats,
    Histories,
    Neighbours,
    Ranked,
    Trained,
    Training,
    TrainingPosition,
)
from backshop.db import Tx

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INTS, SINGLES = np.dtype("<i4"), np.dtype("<f4")
KEPT_MODELS = 30
"""Scores of so many trainings stay for comparison."""
PART = 500
"""Items a statement."""


class Header(NamedTuple):
    """The active model without its neighbours; it never changes, so it may be kept."""

    id: UUID
    skus: list[str]
    """By item number."""
    items: dict[str, int]
    trend: Floats
    new: Blend
    again: Blend


class Offer(NamedTuple):
    sku: str
    title: str
    price: Decimal
    currency: str | None


def days(at: datetime) -> float:
    """Days since the epoch in UTC, with their fraction."""
    return (at - EPOCH) / timedelta(days=1)


def read_baskets(tx: Tx, since: datetime) -> tuple[Baskets, list[str]]:
    """All orders of known customers since then, and the SKU of each item.

    Cancelled orders and lines that were given back whole are no wishes. Rows are read as they
    come and kept as numbers: a few bytes a line, however many orders there are.
    """
    customers: dict[str, int] = {}
    orders: dict[str, int] = {}
    skus: dict[str, int] = {}
    columns = array("i"), array("i"), array("i"), array("d")
    with tx.cursor("order_lines", row_factory=tuple_row) as cursor:
        cursor.itersize = 10_000
        cursor.execute(
            """SELECT o.customer_id, o.order_id, i.sku,
                      extract(epoch FROM o.created_at)::float8 / 86400
               FROM connect.platform_order AS o
               JOIN connect.order_item AS i USING (store_id, order_id, platform)
               WHERE o.store_id = backshop.current_store_id() AND o.customer_id IS NOT NULL
                 AND NOT o.is_cancelled AND o.created_at >= %s
                 AND i.sku IS NOT NULL AND i.quantity > i.refunded_quantity""",
            (since,),
        )
        for customer, order, sku, day in cursor:
            columns[0].append(customers.setdefault(customer, len(customers)))
            columns[1].append(orders.setdefault(order, len(orders)))
            columns[2].append(skus.setdefault(sku, len(skus)))
            columns[3].append(day)
    number = [np.frombuffer(column, column.typecode) for column in columns]
    baskets, numbers = rules.baskets(number[0], number[1], number[2], number[3])
    names = list(skus)
    return baskets, [names[each] for each in numbers]


def save_model(tx: Tx, trained: Trained, skus: Sequence[str]) -> UUID:
    """Store the model; where it beats popularity it becomes the active one, else the previous one
    stays and only the scores of this one are kept."""
    wins = trained.scores.beats_popularity
    if wins:
        tx.execute(
            """UPDATE connect.recommendation_model SET status = 'replaced'
               WHERE store_id = backshop.current_store_id() AND status = 'active'"""
        )
    model = trained.model
    row = tx.execute(
        """INSERT INTO connect.recommendation_model
             (store_id, status, scores, blends, items, day, trend)
           VALUES (backshop.current_store_id(), %s, %s, %s, %s, %s, %s) RETURNING id""",
        (
            "active" if wins else "rejected",
            Jsonb(trained.scores.model_dump()),
            Jsonb({"new": _blend_out(model.new), "again": _blend_out(model.again)}),
            len(skus),
            (EPOCH + timedelta(days=model.day)).date(),
            model.trend.astype(SINGLES).tobytes(),
        ),
    ).fetchone()
    assert row is not None
    made: UUID = row["id"]
    if wins:
        _save_items(tx, made, model.neighbours, skus)
    _forget_models(tx)
    return made


def _save_items(tx: Tx, model_id: UUID, neighbours: Neighbours, skus: Sequence[str]) -> None:
    numbers, weights = neighbours.item.astype(INTS), neighbours.weight.astype(SINGLES)
    for start in range(0, len(skus), PART):
        part = range(start, min(start + PART, len(skus)))
        tx.execute(
            """INSERT INTO connect.recommendation_item
                 (store_id, model_id, item, sku, neighbours, weights)
               SELECT backshop.current_store_id(), %s, each.*
               FROM unnest(%s::int[], %s::text[], %s::bytea[], %s::bytea[]) AS each""",
            (
                model_id,
                list(part),
                [skus[item] for item in part],
                [numbers[item].tobytes() for item in part],
                [weights[item].tobytes() for item in part],
            ),
        )


def _forget_models(tx: Tx) -> None:
    """Only the active model needs its items, and of old ones some scores are enough."""
    tx.execute(
        """DELETE FROM connect.recommendation_item AS i
           USING connect.recommendation_model AS m
           WHERE i.store_id = backshop.current_store_id()
             AND m.store_id = i.store_id AND m.id = i.model_id AND m.status = 'replaced'"""
    )
    tx.execute(
        """DELETE FROM connect.recommendation_model
           WHERE store_id = backshop.current_store_id() AND status <> 'active'
             AND id NOT IN (SELECT id FROM connect.recommendation_model
                            WHERE store_id = backshop.current_store_id()
                            ORDER BY trained_at DESC LIMIT %s)""",
        (KEPT_MODELS,),
    )


def save_popular(tx: Tx, popular: Ranked, skus: Sequence[str]) -> None:
    """Replace the best sellers."""
    tx.execute(
        """DELETE FROM connect.recommendation_popular
           WHERE store_id = backshop.current_store_id()"""
    )
    tx.execute(
        """INSERT INTO connect.recommendation_popular (store_id, sku, probability)
           SELECT backshop.current_store_id(), each.*
           FROM unnest(%s::text[], %s::real[]) AS each""",
        ([skus[item] for item in popular.items], popular.probabilities.tolist()),
    )


def trainings(tx: Tx, after: TrainingPosition | None, number: int) -> list[Training]:
    """So many trainings with their scores, newest first."""
    rows = tx.execute(
        """SELECT id, status, scores, items, trained_at FROM connect.recommendation_model
           WHERE store_id = backshop.current_store_id()
             AND (%(at)s::timestamptz IS NULL OR (trained_at, id) < (%(at)s, %(id)s))
           ORDER BY trained_at DESC, id DESC LIMIT %(number)s""",
        {
            "at": after.trained_at if after else None,
            "id": after.id if after else None,
            "number": number,
        },
    )
    return [Training.model_validate(row) for row in rows]


def active_model(tx: Tx) -> UUID | None:
    row = tx.execute(
        """SELECT id FROM connect.recommendation_model
           WHERE store_id = backshop.current_store_id() AND status = 'active'"""
    ).fetchone()
    return row["id"] if row else None


def header(tx: Tx, model_id: UUID) -> Header:
    row = tx.execute(
        """SELECT blends, trend FROM connect.recommendation_model
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (model_id,),
    ).fetchone()
    assert row is not None
    rows = tx.execute(
        """SELECT sku FROM connect.recommendation_item
           WHERE store_id = backshop.current_store_id() AND model_id = %s ORDER BY item""",
        (model_id,),
    )
    skus = [each["sku"] for each in rows]
    return Header(
        id=model_id,
        skus=skus,
        items={sku: item for item, sku in enumerate(skus)},
        trend=np.frombuffer(row["trend"], SINGLES).reshape(len(HALF_LIVES), -1),
        new=_blend_in(row["blends"]["new"]),
        again=_blend_in(row["blends"]["again"]),
    )


def knows_customer(tx: Tx, customer_id: str) -> bool:
    rows = tx.execute(
        """SELECT FROM connect.platform_customer
           WHERE store_id = backshop.current_store_id() AND customer_id = %s""",
        (customer_id,),
    )
    return rows.fetchone() is not None


def history(tx: Tx, model: Header, customer_id: str) -> Histories | None:
    """What the customer bought of the model's items; None where that is nothing."""
    rows = tx.execute(
        """WITH orders AS MATERIALIZED (
             SELECT order_id, platform, extract(epoch FROM created_at)::float8 / 86400 AS day,
                    row_number() OVER (ORDER BY created_at, order_id) AS place
             FROM connect.platform_order
             WHERE store_id = backshop.current_store_id() AND customer_id = %s
               AND NOT is_cancelled
           ), lines AS MATERIALIZED (
             SELECT DISTINCT o.place, o.day, i.sku
             FROM orders AS o
             JOIN connect.order_item AS i ON i.store_id = backshop.current_store_id()
               AND i.order_id = o.order_id AND i.platform = o.platform
             WHERE i.sku IS NOT NULL AND i.quantity > i.refunded_quantity
           ), whole AS MATERIALIZED (
             SELECT count(DISTINCT place) AS orders, count(*)::float8 AS lines,
                    count(DISTINCT sku) AS variety, min(day) AS first_order, max(day) AS last_order,
                    max(place) AS last_place
             FROM lines
           ), items AS MATERIALIZED (
             SELECT sku, count(*) AS count, min(day) AS first, max(day) AS last,
                    max(place) AS place
             FROM lines GROUP BY sku
           )
           SELECT i.sku, i.count, i.first, i.last, w.last_place - i.place AS since, w.orders,
                  w.lines, w.variety, w.first_order, w.last_order
           FROM items AS i CROSS JOIN whole AS w""",
        (customer_id,),
    ).fetchall()
    known = [row | {"item": model.items[row["sku"]]} for row in rows if row["sku"] in model.items]
    known.sort(key=itemgetter("item"))
    return _history(known) if known else None


def neighbours(tx: Tx, model: Header, items: Sequence[int]) -> Neighbours:
    """Those of all the items, in one row."""
    rows = tx.execute(
        """SELECT neighbours, weights FROM connect.recommendation_item
           WHERE store_id = backshop.current_store_id() AND model_id = %s AND item = ANY (%s)
           ORDER BY item""",
        (model.id, list(items)),
    ).fetchall()
    return Neighbours(
        np.frombuffer(b"".join(row["neighbours"] for row in rows), INTS),
        np.frombuffer(b"".join(row["weights"] for row in rows), SINGLES),
    )


def _history(rows: Sequence[dict[str, Any]]) -> Histories:
    whole = rows[0]
    return Histories(
        start=np.array([0, len(rows)]),
        item=np.array([row["item"] for row in rows]),
        count=np.array([row["count"] for row in rows]),
        first=np.array([row["first"] for row in rows]),
        last=np.array([row["last"] for row in rows]),
        since=np.array([row["since"] for row in rows]),
        orders=np.array([whole["orders"]]),
        size=np.array([whole["lines"] / whole["orders"]]),
        variety=np.array([whole["variety"]]),
        first_order=np.array([whole["first_order"]]),
        last_order=np.array([whole["last_order"]]),
    )


def offers(tx: Tx, skus: Sequence[str]) -> dict[str, Offer]:
    """Those of the products that can be bought now."""
    rows = tx.execute(
        """SELECT sku, title, price, currency FROM connect.platform_product
           WHERE store_id = backshop.current_store_id() AND sku = ANY (%s) AND available""",
        (list(skus),),
    )
    return {row["sku"]: Offer(**row) for row in rows}


def popular(tx: Tx, number: int) -> list[tuple[Offer, float]]:
    """The best sellers that can be bought now, with the share of recent orders that had them."""
    rows = tx.execute(
        """SELECT p.sku, p.title, p.price, p.currency, r.probability
           FROM connect.recommendation_popular AS r
           JOIN connect.platform_product AS p USING (store_id, sku)
           WHERE r.store_id = backshop.current_store_id() AND p.available
           ORDER BY r.probability DESC, p.sku LIMIT %s""",
        (number,),
    )
    probabilities = ((row.pop("probability"), row) for row in rows)
    return [(Offer(**row), probability) for probability, row in probabilities]


def log(tx: Tx, customer_id: str, skus: Sequence[str], confidence: float | None) -> None:
    """Write down what was served; `confidence` is the mean probability in per cent."""
    tx.execute(
        """INSERT INTO connect.recommendation_log
             (store_id, customer_id, platform, recommendations, confidence)
           SELECT store_id, customer_id, platform, %(skus)s, %(confidence)s
           FROM connect.platform_customer
           WHERE store_id = backshop.current_store_id() AND customer_id = %(customer)s""",
        {"customer": customer_id, "skus": list(skus), "confidence": confidence},
    )


def _blend_out(blend: Blend) -> dict[str, Any]:
    return {
        "weights": blend.weights.tolist(),
        "bias": blend.bias,
        "slope": blend.slope,
        "intercept": blend.intercept,
    }


def _blend_in(stored: dict[str, Any]) -> Blend:
    return Blend(np.array(stored["weights"]), stored["bias"], stored["slope"], stored["intercept"])


def stores_to_train(tx: Tx) -> Iterator[UUID]:
    """Every store with an active connector; for a transaction that sees all."""
    rows = tx.execute(
        "SELECT store_id FROM connect.connector_config WHERE status = 'active' ORDER BY store_id"
    )
    return (row["store_id"] for row in rows.fetchall())
