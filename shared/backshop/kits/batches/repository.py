"""The SQL of batches, their orders and purchase lists. Orders are locked before their batch."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from backshop.db import Asked, Tx
from backshop.errors import NotFound
from backshop.kits.batches.models import (
    Batch,
    BatchStatistics,
    BatchStatus,
    Candidate,
    PurchaseItem,
)

_BATCH = """id, batch_number, status, target_order_count, order_count, notes, created_at,
    updated_at, auto_assign"""


def create(tx: Tx, target: int, notes: str | None, auto_assign: bool) -> Batch:
    """A new batch under the next number of the day. Raises UniqueViolation where another one
    already takes orders by itself."""
    row = tx.execute(
        f"""INSERT INTO kits.import_batches
                (store_id, batch_number, target_order_count, notes, auto_assign)
            VALUES (kits.require_store(), kits.generate_batch_number(), %s, %s, %s)
            RETURNING {_BATCH}""",
        (target, notes, auto_assign),
    ).fetchone()
    return Batch.model_validate(row)


def list_batches(
    tx: Tx,
    status: BatchStatus | None,
    before: str | None,
    limit: int,
    *,
    q: str | None = None,
    completed: bool | None = None,
) -> list[Batch]:
    """The store's batches, newest number first, from below `before` on; `q` is part of a number or
    of notes, or the code of an order in it, `completed` whether nothing is left to do."""
    rows = tx.execute(
        f"""SELECT {_BATCH} FROM kits.import_batches
            WHERE store_id = backshop.current_store_id()
              AND (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(completed)s::bool IS NULL OR (status = 'completed') = %(completed)s)
              AND (%(q)s::text IS NULL
                OR position(lower(%(q)s) IN lower(concat_ws(' ', batch_number, notes))) > 0
                OR id IN (SELECT o.batch_id FROM kits.customer_orders_summary AS o
                          WHERE o.store_id = backshop.current_store_id()
                            AND o.order_code IN (upper(%(q)s), %(q)s)))
              AND (%(before)s::text IS NULL
                   OR (length(batch_number), batch_number) < (length(%(before)s), %(before)s))
            ORDER BY length(batch_number) DESC, batch_number DESC LIMIT %(limit)s""",
        {"status": status, "before": before, "limit": limit, "q": q, "completed": completed},
    )
    return [Batch.model_validate(row) for row in rows]


def batch(tx: Tx, batch_id: UUID, *, lock: bool = False) -> Batch:
    """One batch. Raises NotFound."""
    row = tx.execute(
        f"""SELECT {_BATCH} FROM kits.import_batches
           WHERE store_id = backshop.current_store_id()
             AND id = %s
            {"FOR NO KEY UPDATE" if lock else ""}""",
        (batch_id,),
    ).fetchone()
    if row is None:
        raise NotFound("There is no such batch; GET /batches lists them.")
    return Batch.model_validate(row)


def statistics(tx: Tx, batch_id: UUID) -> BatchStatistics:
    """What is in a batch that there is, and how far it is. Amounts as text: JSON's numbers are
    binary fractions here."""
    row = tx.execute(
        """SELECT s.batch_id, s.batch_number, s.status, s.target_order_count, s.order_count,
               s.cancelled_count, s.item_count, s.orders_by_stage, s.completion_percentage,
               s.delivered_percentage,
               (SELECT coalesce(jsonb_object_agg(v.key, v.value), '{}')
                FROM jsonb_each_text(s.total_value) AS v) AS total_value
           FROM kits.get_batch_statistics(%s) AS s""",
        (batch_id,),
    ).fetchone()
    return BatchStatistics.model_validate(row)


def set_status(tx: Tx, batch_id: UUID, status: BatchStatus) -> None:
    tx.execute(
        """UPDATE kits.import_batches SET status = %s
           WHERE store_id = backshop.current_store_id()
             AND id = %s""",
        (status, batch_id),
    )


def assign(tx: Tx, batch_id: UUID, codes: Sequence[str], *, by: str) -> set[str]:
    """Put orders into a batch that collects; the codes of those that went in."""
    rows = tx.execute(
        """WITH assigned AS MATERIALIZED (
               SELECT kits.assign_orders(%s, ARRAY(
                   SELECT vendure_order_id FROM kits.customer_orders_summary
                   WHERE store_id = backshop.current_store_id() AND order_code = ANY (%s)), %s) AS id
           )
           SELECT o.order_code FROM kits.customer_orders_summary AS o
           INNER JOIN assigned ON o.vendure_order_id = assigned.id
           WHERE o.store_id = backshop.current_store_id()""",
        (batch_id, list(codes), by),
    )
    return {row["order_code"] for row in rows}


def candidates(tx: Tx, codes: Sequence[str]) -> dict[str, Candidate]:
    """What is known of these orders; codes of no order are left out."""
    rows = tx.execute(
        """SELECT o.vendure_order_id, o.order_code, o.is_cancelled, o.delivery_stage, b.batch_number
           FROM kits.customer_orders_summary AS o
           LEFT JOIN kits.import_batches AS b ON b.store_id = o.store_id AND b.id = o.batch_id
           WHERE o.store_id = backshop.current_store_id() AND o.order_code = ANY (%s)""",
        (list(codes),),
    )
    return {row["order_code"]: Candidate(**row) for row in rows}


def assign_automatically(tx: Tx, order_ids: Sequence[str]) -> Asked[int]:
    """Put new orders that were just saved into the batch that takes them by itself; how many.

    `order_ids` are the platform's; those that were placed before the batch was made, are past
    ORDER_CONFIRMED or were taken out by staff stay out.
    """
    assigned = tx.execute(
        "SELECT count(*) AS number FROM kits.assign_orders_to_open_batch(%s)", (list(order_ids),)
    )
    return lambda: (assigned.fetchone() or {"number": 0})["number"]


def unassign(tx: Tx, batch_id: UUID, code: str) -> bool:
    """Take an order out of a batch, for good; False where it is not in it."""
    row = tx.execute(
        """UPDATE kits.customer_orders_summary SET keep_unbatched = true
           WHERE store_id = backshop.current_store_id()
             AND order_code = %s AND batch_id = %s RETURNING vendure_order_id""",
        (code, batch_id),
    ).fetchone()
    if row is None:
        return False
    tx.execute("SELECT kits.unassign_orders(%s)", ([row["vendure_order_id"]],))
    return True


def export_purchase_list(tx: Tx, batch_id: UUID) -> list[PurchaseItem]:
    """Write the batch's purchase list anew from its orders, and return it."""
    tx.execute("SELECT count(*) FROM kits.export_supplier_purchase_list(%s)", (batch_id,))
    return purchase_list(tx, batch_id)


def purchase_list(tx: Tx, batch_id: UUID) -> list[PurchaseItem]:
    """The batch's purchase list as it was last written."""
    rows = tx.execute(
        """SELECT product_sku, variant_sku, product_name, variant_name, quantity, patch_enabled,
               patch_type, print_name, print_number
           FROM kits.supplier_purchase_lists
           WHERE store_id = backshop.current_store_id()
             AND batch_id = %s
           ORDER BY product_name, variant_name, product_sku, variant_sku, patch_enabled, patch_type,
               print_name, print_number""",
        (batch_id,),
    )
    return [PurchaseItem.model_validate(row) for row in rows]
