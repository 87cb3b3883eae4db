"""The SQL of refund and address requests; each function acts on the transaction's store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeVar
from uuid import UUID

from psycopg.types.json import Jsonb
from pydantic import BaseModel

from backshop.connect.requests.models import (
    AddressUpdateRequest,
    LineState,
    NewAddress,
    NewRefund,
    OrderState,
    RefundRequest,
    RefundSums,
    RequestPosition,
)
from backshop.db import Tx

R = TypeVar("R", bound=BaseModel)
Table = Literal["refund_request", "address_update_request"]

_COLUMNS: dict[Table, str] = {
    "refund_request": "id, order_id, platform, status, amount, currency, lines, reason, restock,"
    " manual, response, platform_refund_id, requested_at, requested_by, finished_at",
    "address_update_request": "id, order_id, platform, status, new_address, response,"
    " requested_at, requested_by, finished_at",
}


def lock_order(tx: Tx, order_id: str) -> OrderState | None:
    """The order, held until the end of the transaction: its requests are decided one by one."""
    row = tx.execute(
        """SELECT order_id, platform, currency, total_amount AS total,
                  (SELECT coalesce(sum((payment ->> 'amount')::numeric)
                            FILTER (WHERE payment ->> 'state' = 'Settled'), 0)
                   FROM jsonb_array_elements(payments) AS payment HAVING count(*) > 0) AS paid,
                  refunded_amount AS refunded, fulfilment_status AS fulfilment, is_cancelled
           FROM connect.platform_order
           WHERE store_id = backshop.current_store_id() AND order_id = %s AND status <> 'deleted'
           FOR UPDATE""",
        (order_id,),
    ).fetchone()
    return OrderState(**row) if row else None


def lines(tx: Tx, order_id: str) -> list[LineState]:
    """The order's lines with what was refunded of them, by whichever of both tells more: the
    platform or our processed requests."""
    rows = tx.execute(
        """WITH sums AS (
             SELECT line ->> 'line_id' AS line_id,
               sum((line ->> 'quantity')::int) FILTER (WHERE status = 'processed') AS processed,
               sum((line ->> 'quantity')::int) FILTER (WHERE status = 'pending') AS pending
             FROM connect.refund_request, jsonb_array_elements(lines) AS line
             WHERE store_id = backshop.current_store_id() AND order_id = %(order)s
             GROUP BY 1
           ), placed AS (
             -- Vendure's quantities are what is left after cancellations, which refunds also count.
             SELECT line ->> 'id' AS line_id, (line ->> 'orderPlacedQuantity')::int AS quantity
             FROM connect.platform_order, jsonb_array_elements(line_items) AS line
             WHERE store_id = backshop.current_store_id() AND order_id = %(order)s
               AND platform = 'vendure'
           )
           SELECT i.line_id, greatest(i.quantity, p.quantity) AS quantity,
                  (coalesce(i.total, i.price * i.quantity) + coalesce(i.tax, 0))
                    * greatest(i.quantity, p.quantity) / i.quantity AS total,
                  greatest(i.refunded_quantity, coalesce(a.processed, 0))::int AS refunded,
                  coalesce(a.pending, 0)::int AS pending
           FROM connect.order_item AS i LEFT JOIN sums AS a USING (line_id)
             LEFT JOIN placed AS p USING (line_id)
           WHERE i.store_id = backshop.current_store_id() AND i.order_id = %(order)s
             AND i.quantity > 0""",
        {"order": order_id},
    )
    return [LineState(**row) for row in rows]


def refund_sums(tx: Tx, order_id: str) -> RefundSums:
    row = tx.execute(
        """SELECT coalesce(sum(amount) FILTER (WHERE status = 'processed'), 0) AS processed,
                  coalesce(sum(amount) FILTER (WHERE status = 'pending'), 0) AS pending
           FROM connect.refund_request
           WHERE store_id = backshop.current_store_id() AND order_id = %s""",
        (order_id,),
    ).fetchone()
    assert row is not None
    return RefundSums(**row)


def refund_by_key(tx: Tx, order_id: str, key: str) -> RefundRequest | None:
    return _first(
        tx, "refund_request", RefundRequest, "order_id = %s AND idempotency_key = %s", order_id, key
    )


def address_by_key(tx: Tx, order_id: str, key: str) -> AddressUpdateRequest | None:
    return _first(
        tx, "address_update_request", AddressUpdateRequest,
        "order_id = %s AND idempotency_key = %s", order_id, key,
    )  # fmt: skip


def refund(tx: Tx, request_id: UUID) -> RefundRequest | None:
    return _first(tx, "refund_request", RefundRequest, "id = %s", request_id)


def address(tx: Tx, request_id: UUID) -> AddressUpdateRequest | None:
    return _first(tx, "address_update_request", AddressUpdateRequest, "id = %s", request_id)


def _first(tx: Tx, table: Table, model: type[R], where: str, *params: object) -> R | None:
    row = tx.execute(
        f"""SELECT {_COLUMNS[table]} FROM connect.{table}
            WHERE store_id = backshop.current_store_id() AND {where}""".encode(),
        params,
    ).fetchone()
    return model.model_validate(row) if row else None


def add_refund(
    tx: Tx, order: OrderState, body: NewRefund, amount: Decimal, key: str, by: str
) -> RefundRequest:
    """A pending request; the order must be locked."""
    row = tx.execute(
        f"""INSERT INTO connect.refund_request
              (store_id, order_id, platform, status, amount, currency, lines, reason, restock,
               manual, idempotency_key, requested_by)
            VALUES (backshop.current_store_id(), %(order)s, %(platform)s, 'pending', %(amount)s,
                    %(currency)s, %(lines)s, %(reason)s, %(restock)s, %(manual)s, %(key)s, %(by)s)
            RETURNING {_COLUMNS["refund_request"]}""".encode(),
        {
            "order": order.order_id,
            "platform": order.platform,
            "amount": amount,
            "currency": order.currency,
            "lines": Jsonb([line.model_dump() for line in body.lines]),
            "reason": body.reason,
            "restock": body.restock,
            "manual": body.manual,
            "key": key,
            "by": by,
        },
    ).fetchone()
    return RefundRequest.model_validate(row)


def add_address(
    tx: Tx, order: OrderState, address: NewAddress, key: str | None, by: str
) -> AddressUpdateRequest:
    """A pending request; the order must be locked, so that the later one has the later time."""
    row = tx.execute(
        f"""INSERT INTO connect.address_update_request
              (store_id, order_id, platform, status, new_address, idempotency_key, requested_by,
               requested_at)
            VALUES (backshop.current_store_id(), %s, %s, 'pending', %s, %s, %s, clock_timestamp())
            RETURNING {_COLUMNS["address_update_request"]}""".encode(),
        (order.order_id, order.platform, Jsonb(address.model_dump()), key, by),
    ).fetchone()
    return AddressUpdateRequest.model_validate(row)


def set_outbox_row(tx: Tx, table: Table, request_id: UUID, outbox_id: int) -> None:
    """Remember which row of the outbox does it, for a retry."""
    tx.execute(
        f"""UPDATE connect.{table} SET outbox_id = %s
            WHERE store_id = backshop.current_store_id() AND id = %s""".encode(),
        (outbox_id, request_id),
    )


def reopen(tx: Tx, table: Table, request_id: UUID) -> int | None:
    """Make a failed request pending again; the outbox row to be opened with it, None where the
    request has not failed."""
    row = tx.execute(
        f"""UPDATE connect.{table} SET status = 'pending', response = NULL, finished_at = NULL
            WHERE store_id = backshop.current_store_id() AND id = %s AND status = 'failed'
            RETURNING outbox_id""".encode(),
        (request_id,),
    ).fetchone()
    return row["outbox_id"] if row else None


def fail_open(tx: Tx, answer: dict[str, Any]) -> None:
    """Close all of the store's pending requests as failed: nobody is left who could do them."""
    for table in ("refund_request", "address_update_request"):
        tx.execute(
            f"""UPDATE connect.{table} SET status = 'failed', response = %s, finished_at = now()
                WHERE store_id = backshop.current_store_id() AND status = 'pending'""".encode(),
            (Jsonb(answer),),
        )


def addresses_of(
    tx: Tx, order_ids: Sequence[str]
) -> dict[str, tuple[dict[str, str | None], dict[str, str | None] | None]]:
    """Where these orders go, and the address that was last asked for and is not there yet."""
    rows = tx.execute(
        """SELECT o.order_id, coalesce(o.shipping_address, '{}') AS address,
             (SELECT a.new_address FROM connect.address_update_request AS a
              WHERE a.store_id = o.store_id AND a.order_id = o.order_id AND a.status = 'pending'
              ORDER BY a.requested_at DESC LIMIT 1) AS wanted
           FROM connect.platform_order AS o
           WHERE o.store_id = backshop.current_store_id() AND o.order_id = ANY (%s)""",
        (list(order_ids),),
    )
    return {
        row["order_id"]: (_texts(row["address"]), _texts(row["wanted"]) if row["wanted"] else None)
        for row in rows
    }


def _texts(address: dict[str, Any]) -> dict[str, str | None]:
    return {name: each for name, each in address.items() if each is None or isinstance(each, str)}


def later_address(tx: Tx, request: AddressUpdateRequest) -> UUID | None:
    """The latest change of the same order's address that was asked for after this one."""
    row = tx.execute(
        """SELECT id FROM connect.address_update_request
           WHERE store_id = backshop.current_store_id() AND order_id = %(order)s
             AND platform = %(platform)s AND requested_at > %(at)s
           ORDER BY requested_at DESC LIMIT 1""",
        {"order": request.order_id, "platform": request.platform, "at": request.requested_at},
    ).fetchone()
    return row["id"] if row else None


def finish_refund(
    tx: Tx, request_id: UUID, refund_id: str, amount: Decimal, answer: dict[str, Any]
) -> None:
    """The platform gave back `amount`."""
    tx.execute(
        """UPDATE connect.refund_request
           SET status = 'processed', platform_refund_id = %s, amount = %s, response = %s,
               finished_at = now()
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (refund_id, amount, Jsonb(answer), request_id),
    )


def finish_address(tx: Tx, request_id: UUID, answer: dict[str, Any]) -> None:
    """The platform's order has the new address; the order here gets it from the next delivery."""
    tx.execute(
        """UPDATE connect.address_update_request
           SET status = 'updated', response = %s, finished_at = now()
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (Jsonb(answer), request_id),
    )


def fail(tx: Tx, table: Table, request_id: UUID, answer: dict[str, Any]) -> None:
    tx.execute(
        f"""UPDATE connect.{table} SET status = 'failed', response = %s, finished_at = now()
            WHERE store_id = backshop.current_store_id() AND id = %s""".encode(),
        (Jsonb(answer), request_id),
    )


def keep_state(tx: Tx, request_id: UUID, state: str) -> None:
    """Remember the state that the order is taken back to."""
    tx.execute(
        """UPDATE connect.address_update_request SET state_before = %s
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (state, request_id),
    )


def state_before(tx: Tx, order_id: str) -> str | None:
    """The state that a change of this order's address began from and may not have come back to:
    a change that was completed did."""
    row = tx.execute(
        """SELECT state_before FROM connect.address_update_request
           WHERE store_id = backshop.current_store_id() AND order_id = %s
             AND state_before IS NOT NULL AND status <> 'updated'
           ORDER BY requested_at DESC LIMIT 1""",
        (order_id,),
    ).fetchone()
    return row["state_before"] if row else None


def refunds(
    tx: Tx, status: str | None, order_id: str | None, after: RequestPosition | None, number: int
) -> list[RefundRequest]:
    """Newest first, those that come after the position."""
    rows = _page(tx, "refund_request", status, order_id, after, number)
    return [RefundRequest.model_validate(row) for row in rows]


def addresses(
    tx: Tx, status: str | None, order_id: str | None, after: RequestPosition | None, number: int
) -> list[AddressUpdateRequest]:
    """Newest first, those that come after the position."""
    rows = _page(tx, "address_update_request", status, order_id, after, number)
    return [AddressUpdateRequest.model_validate(row) for row in rows]


def _page(
    tx: Tx,
    table: Table,
    status: str | None,
    order_id: str | None,
    after: RequestPosition | None,
    number: int,
) -> Sequence[dict[str, Any]]:
    return tx.execute(
        f"""SELECT {_COLUMNS[table]} FROM connect.{table}
            WHERE store_id = backshop.current_store_id()
              AND (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(order)s::text IS NULL OR order_id = %(order)s)
              AND (%(at)s::timestamptz IS NULL OR (requested_at, id) < (%(at)s, %(id)s))
            ORDER BY requested_at DESC, id DESC LIMIT %(number)s""".encode(),
        {
            "status": status,
            "order": order_id,
            "at": after.requested_at if after else None,
            "id": after.id if after else None,
            "number": number,
        },
    ).fetchall()


_RUNS = """store_id NOT IN (SELECT c.store_id FROM connect.connector_config AS c
                             WHERE c.paused_at IS NOT NULL)"""


def count_pending(tx: Tx, now: datetime, age: timedelta) -> int:
    """Requests that have been pending for longer than `age`, of every store that the transaction
    sees and nobody paused."""
    row = tx.execute(
        f"""SELECT (SELECT count(*) FROM connect.refund_request
                    WHERE status = 'pending' AND requested_at < %(before)s AND {_RUNS})
                + (SELECT count(*) FROM connect.address_update_request
                   WHERE status = 'pending' AND requested_at < %(before)s AND {_RUNS})
                  AS number""",
        {"before": now - age},
    ).fetchone()
    assert row is not None
    number: int = row["number"]
    return number
