"""The SQL of discounts. Everybody locks in one order: the kit order, the customer, the discount."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.discounts.models import Discount, DiscountHolder, DiscountTerms
from backshop.shade.repository import LIVE_KIT

_DISCOUNT = """id, customer_id, discount_code, amount, currency, status, used, applied_to_order_id,
    expires_at, created_at, activated_at, external_id"""


def find_customer(
    tx: Tx, *, shopify_id: str | None = None, email: str | None = None
) -> UUID | None:
    """The customer with this Shopify id, or the newest with this address."""
    row = tx.execute(
        """SELECT id FROM shade.customers
           WHERE store_id = backshop.current_store_id()
             AND (shopify_customer_id = %(shopify_id)s
               OR (%(shopify_id)s::text IS NULL AND lower(email) = lower(%(email)s)))
           ORDER BY created_at DESC, id LIMIT 1""",
        {"shopify_id": shopify_id, "email": email},
    ).fetchone()
    return row["id"] if row else None


def customer_by_email(tx: Tx, email: str) -> UUID:
    """The customer of a store whose customers are known by address alone; made where there is
    none."""
    row = tx.execute(
        """INSERT INTO shade.customers AS target (store_id, email)
           VALUES (backshop.current_store_id(), %s)
           ON CONFLICT (store_id, lower(email))
             WHERE shopify_customer_id IS NULL AND email IS NOT NULL
           DO UPDATE SET email = target.email
           RETURNING id""",
        (email,),
    ).fetchone()
    assert row is not None
    id: UUID = row["id"]
    return id


def lock_customer(tx: Tx, customer_id: UUID) -> bool:
    """Lock the customer until the end of the transaction: their discounts are made one by one."""
    row = tx.execute(
        """SELECT id FROM shade.customers
           WHERE store_id = backshop.current_store_id()
             AND id = %s FOR NO KEY UPDATE""",
        (customer_id,),
    ).fetchone()
    return row is not None


def open_discount(tx: Tx, customer_id: UUID, at: datetime) -> Discount | None:
    """The customer's discount that can still be used or is on its way to the shop; one that ended
    meanwhile is closed. Lock the customer first."""
    tx.execute(
        """UPDATE shade.discounts SET status = 'expired'
           WHERE store_id = backshop.current_store_id()
             AND customer_id = %s AND status IN ('pending', 'active') AND NOT used
             AND expires_at <= %s""",
        (customer_id, at),
    )
    row = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts
            WHERE store_id = backshop.current_store_id()
              AND customer_id = %s AND status IN ('pending', 'active') AND NOT used""",
        (customer_id,),
    ).fetchone()
    return Discount(**row) if row else None


def add_discount(
    tx: Tx, customer_id: UUID, code: str, terms: DiscountTerms, at: datetime
) -> Discount | None:
    """A discount that the shop does not have yet; None where the code is taken."""
    row = tx.execute(
        f"""INSERT INTO shade.discounts
              (store_id, customer_id, discount_code, amount, currency, expires_at, created_at)
            VALUES (backshop.current_store_id(), %(customer)s, %(code)s, %(amount)s, %(currency)s,
                    %(expires_at)s, %(at)s)
            ON CONFLICT (store_id, discount_code) DO NOTHING
            RETURNING {_DISCOUNT}""",
        {"customer": customer_id, "code": code, "at": at, **terms._asdict()},
    ).fetchone()
    return Discount(**row) if row else None


def discount(tx: Tx, id: UUID, *, lock: bool = False) -> Discount | None:
    row = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts
           WHERE store_id = backshop.current_store_id()
             AND id = %s
            {"FOR NO KEY UPDATE" if lock else ""}""",
        (id,),
    ).fetchone()
    return Discount(**row) if row else None


def list_discounts(
    tx: Tx,
    status: str | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
    *,
    q: str | None = None,
    used: bool | None = None,
) -> list[Discount]:
    """The store's discounts, newest first, from before a place in that order on; `q` is part of a
    code that the shop has."""
    rows = tx.execute(
        f"""SELECT {_DISCOUNT} FROM shade.discounts
            WHERE store_id = backshop.current_store_id()
              AND (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(used)s::bool IS NULL OR used = %(used)s)
              AND (%(q)s::text IS NULL OR (
                activated_at IS NOT NULL AND position(lower(%(q)s) IN lower(discount_code)) > 0))
              AND (%(at)s::timestamptz IS NULL OR (created_at, id) < (%(at)s, %(id)s::uuid))
            ORDER BY created_at DESC, id DESC LIMIT %(limit)s""",
        {
            "status": status,
            "used": used,
            "q": q,
            "at": before[0] if before else None,
            "id": before[1] if before else None,
            "limit": limit,
        },
    ).fetchall()
    return [Discount(**row) for row in rows]


def holder(tx: Tx, discount_id: UUID) -> DiscountHolder | None:
    row = tx.execute(
        """SELECT c.email, c.phone_number, c.first_name, c.shopify_customer_id
           FROM shade.discounts AS d
           INNER JOIN shade.customers AS c ON d.store_id = c.store_id AND d.customer_id = c.id
           WHERE d.store_id = backshop.current_store_id() AND d.id = %s""",
        (discount_id,),
    ).fetchone()
    return DiscountHolder(**row) if row else None


def activate(tx: Tx, id: UUID, external_id: str, at: datetime) -> bool:
    """The shop has it now: the customer may. False where it was ended meanwhile. A failed one that
    staff had tried again is open again, if its customer got no other one since."""
    changed = tx.execute(
        """UPDATE shade.discounts AS d SET
             external_id = %(external_id)s,
             activated_at = coalesce(activated_at, %(at)s),
             status = CASE
               WHEN d.status = 'failed' AND EXISTS (
                 SELECT FROM shade.discounts AS o
                 WHERE o.store_id = d.store_id AND o.customer_id = d.customer_id AND o.id <> d.id
                   AND o.status IN ('pending', 'active') AND NOT o.used) THEN 'revoking'
               WHEN d.status IN ('pending', 'failed') THEN 'active'
               ELSE d.status END
           WHERE d.store_id = backshop.current_store_id() AND id = %(id)s RETURNING status""",
        {"id": id, "external_id": external_id, "at": at},
    ).fetchone()
    return changed is not None and changed["status"] == "active"


def set_status(tx: Tx, id: UUID, status: str, *, only: Collection[str]) -> bool:
    """Move a discount on from one of the statuses `only`; whether it was there."""
    done = tx.execute(
        """UPDATE shade.discounts SET status = %s
           WHERE store_id = backshop.current_store_id()
             AND id = %s AND status = ANY (%s)""",
        (status, id, list(only)),
    )
    return done.rowcount == 1


def message_state(tx: Tx, id: UUID) -> str | None:
    row = tx.execute(
        """SELECT told FROM shade.discounts
           WHERE store_id = backshop.current_store_id()
             AND id = %s""",
        (id,),
    ).fetchone()
    return row["told"] if row else None


def set_message_state(tx: Tx, id: UUID, message_state: str | None) -> None:
    tx.execute(
        """UPDATE shade.discounts SET told = %s
           WHERE store_id = backshop.current_store_id()
             AND id = %s""",
        (message_state, id),
    )


def expire_discounts(tx: Tx, at: datetime) -> int:
    """Close what ended unused, in every store that the transaction sees; the shop ended it by
    itself, at the time that it was given."""
    return tx.execute(
        """UPDATE shade.discounts SET status = 'expired'
           WHERE status IN ('pending', 'active') AND NOT used AND expires_at <= %s""",
        (at,),
    ).rowcount


def end_discounts_of_returned_kits(tx: Tx, limit: int) -> list[UUID]:
    """Begin to revoke unused discounts whose kit was cancelled or given back whole; their ids."""
    rows = tx.execute(
        f"""UPDATE shade.discounts SET status = 'revoking'
            WHERE store_id = backshop.current_store_id() AND id IN (
              SELECT d.id FROM shade.discounts AS d
              INNER JOIN shade.recommendations AS r
                ON d.store_id = r.store_id AND d.id = r.discount_id
              INNER JOIN shade.surveys AS s ON r.store_id = s.store_id AND r.survey_id = s.id
              INNER JOIN shade.orders AS o ON s.store_id = o.store_id AND s.order_id = o.id
              WHERE d.status IN ('pending', 'active') AND NOT d.used
              GROUP BY d.id HAVING NOT bool_or({LIVE_KIT})
              ORDER BY d.id LIMIT %s)
              AND status IN ('pending', 'active') AND NOT used
            RETURNING id""",
        (limit,),
    )
    return [row["id"] for row in rows]
