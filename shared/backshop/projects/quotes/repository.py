"""The SQL of quotes beyond single rows, which `projects/repository.py` reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.projects.quotes.models import QuoteLine
from backshop.projects.repository import Row, Table
from backshop.projects.settings import ShopSettings, shop_settings

QUOTES = Table("quotes", "quote_id", ("created_at", "quote_id"))


class Shop(NamedTuple):
    """The store as its quotes name it."""

    name: str
    settings: ShopSettings


def shop(tx: Tx) -> Shop:
    row = tx.execute(
        """SELECT coalesce(settings ->> 'name', store_url, '') AS name, settings
           FROM backshop.stores WHERE id = backshop.current_store_id()"""
    ).fetchone()
    assert row is not None
    return Shop(row["name"].partition("://")[2] or row["name"], shop_settings(row["settings"]))


def next_place(tx: Tx) -> int:
    """The place of the store's next quote; others wait for theirs until the transaction ends, so
    call it last."""
    row = tx.execute(
        """INSERT INTO projects.quote_counters AS held (store_id, last)
           VALUES (backshop.current_store_id(), 1)
           ON CONFLICT (store_id) DO UPDATE SET last = held.last + 1
           RETURNING last"""
    ).fetchone()
    assert row is not None
    place: int = row["last"]
    return place


def next_revision(tx: Tx, project_id: UUID, alternative: str | None) -> int:
    row = tx.execute(
        """SELECT coalesce(max(revision), 0) + 1 AS next FROM projects.quotes
           WHERE store_id = backshop.current_store_id() AND project_id = %s
             AND alternative IS NOT DISTINCT FROM %s""",
        [project_id, alternative],
    ).fetchone()
    assert row is not None
    revision: int = row["next"]
    return revision


def of_project(tx: Tx, project_id: UUID) -> list[Row]:
    """All quotes of a project, newest first."""
    return tx.execute(
        """SELECT t.* FROM projects.quotes AS t
           WHERE t.store_id = backshop.current_store_id() AND t.project_id = %s
           ORDER BY t.created_at DESC, t.quote_id DESC""",
        [project_id],
    ).fetchall()


def open_quotes(tx: Tx, project_id: UUID) -> list[Row]:
    """Quotes that may still be accepted: drafts, and those sent that no newer one superseded."""
    return tx.execute(
        """SELECT t.quote_id, t.asked, t.content, t.stale_since, t.changes, t.quote_status
           FROM projects.quotes AS t
           WHERE t.store_id = backshop.current_store_id() AND t.project_id = %s
             AND t.quote_status IN ('draft', 'sent') AND t.superseded_at IS NULL""",
        [project_id],
    ).fetchall()


def mark_stale(tx: Tx, quote_id: UUID, changes: Any) -> None:
    """Note how a quote differs from its project; `changes` None where it does not any more."""
    tx.execute(
        """UPDATE projects.quotes
           SET changes = %(changes)s,
             stale_since = CASE WHEN %(changes)s::jsonb IS NULL THEN NULL
               ELSE coalesce(stale_since, now()) END
           WHERE store_id = backshop.current_store_id() AND quote_id = %(quote_id)s""",
        {"changes": None if changes is None else Jsonb(changes), "quote_id": quote_id},
    )


def supersede(tx: Tx, by: Row, at: datetime) -> None:
    """The other sent quotes of the same project and alternative are superseded by this one."""
    tx.execute(
        """UPDATE projects.quotes SET superseded_by = %(quote_id)s, superseded_at = %(at)s
           WHERE store_id = backshop.current_store_id() AND project_id = %(project_id)s
             AND alternative IS NOT DISTINCT FROM %(alternative)s AND quote_id <> %(quote_id)s
             AND quote_status = 'sent' AND superseded_at IS NULL""",
        {**by, "at": at},
    )


def reject_others(tx: Tx, accepted: Row, at: datetime) -> None:
    """The project's other quotes that were sent are not offered any more."""
    tx.execute(
        """UPDATE projects.quotes SET quote_status = 'rejected', answered_at = %(at)s
           WHERE store_id = backshop.current_store_id() AND project_id = %(project_id)s
             AND quote_id <> %(quote_id)s AND quote_status = 'sent'""",
        {**accepted, "at": at},
    )


def expire(tx: Tx, at: datetime) -> int:
    """Sent quotes whose last day is over where their store is; how many. For a transaction that
    sees all stores, or one."""
    return tx.execute(
        """UPDATE projects.quotes AS q SET quote_status = 'expired', answered_at = %(at)s
           FROM backshop.stores AS s
           WHERE s.id = q.store_id AND q.quote_status = 'sent'
             AND q.expiration_date < (%(at)s AT TIME ZONE
               coalesce(s.settings ->> 'time_zone', 'UTC'))::date""",
        {"at": at},
    ).rowcount


def accept(tx: Tx, values: dict[str, Any]) -> None:
    """Raises UniqueViolation where a quote of the project is accepted already."""
    columns = list(values)
    tx.execute(
        sql.SQL("INSERT INTO projects.quote_acceptances (store_id, {}) VALUES ({}, {})").format(
            sql.SQL(", ").join(map(sql.Identifier, columns)),
            sql.SQL("backshop.current_store_id()"),
            sql.SQL(", ").join([sql.Placeholder()] * len(columns)),
        ),
        [Jsonb(each) if isinstance(each, list) else each for each in values.values()],
    )


def acceptance(tx: Tx, project_id: UUID, quote_id: UUID) -> Row | None:
    return tx.execute(
        """SELECT accepted_at, accepted_name, source_address, user_agent, pdf_sha256, payments
           FROM projects.quote_acceptances
           WHERE store_id = backshop.current_store_id() AND project_id = %s AND quote_id = %s""",
        [project_id, quote_id],
    ).fetchone()


def add_mail(tx: Tx, quote_id: UUID, mail: str) -> bool:
    """Note that a mail is to be sent; False where it was before."""
    return (
        tx.execute(
            """INSERT INTO projects.quote_mails (store_id, quote_id, mail)
               VALUES (backshop.current_store_id(), %s, %s) ON CONFLICT DO NOTHING""",
            [quote_id, mail],
        ).rowcount
        == 1
    )


def mail_status(tx: Tx, quote_id: UUID, mail: str) -> str | None:
    row = tx.execute(
        """SELECT status FROM projects.quote_mails
           WHERE store_id = backshop.current_store_id() AND quote_id = %s AND mail = %s""",
        [quote_id, mail],
    ).fetchone()
    return row["status"] if row else None


def set_mail(
    tx: Tx, quote_id: UUID, mail: str, status: str, sent_at: datetime | None = None
) -> None:
    tx.execute(
        """UPDATE projects.quote_mails SET status = %s, sent_at = %s
           WHERE store_id = backshop.current_store_id() AND quote_id = %s AND mail = %s""",
        [status, sent_at, quote_id, mail],
    )


def mails(tx: Tx, quote_id: UUID) -> list[Row]:
    """What was mailed about a quote, or is to be."""
    return tx.execute(
        """SELECT mail, status, sent_at FROM projects.quote_mails
           WHERE store_id = backshop.current_store_id() AND quote_id = %s ORDER BY mail""",
        [quote_id],
    ).fetchall()


def order(tx: Tx, lines: Sequence[QuoteLine]) -> None:
    """What was quoted and decided is ordered, as it was quoted: a selection that was changed or
    taken out since is as it was, where its surface is still there."""
    rows = [
        (
            part.selection_id,
            part.surface_id,
            line.sku,
            line.description[:255],
            line.product_type,
            part.quantity,
            line.unit,
            line.box_coverage_sf,
            line.price_per_unit,
            part.total_price,
            part.return_terms,
            part.lot,
            part.shade,
            part.caliber,
        )
        for line in lines
        for part in line.parts
        if not part.undecided
    ]
    if not rows:
        return
    tx.execute(
        """INSERT INTO projects.selected_products AS held (store_id, selection_id, surface_id,
             product_sku, product_name, product_type, quantity_needed, quantity_ordered,
             unit_of_measure, box_coverage_sf, price_per_unit, total_price, return_terms, lot, shade,
             caliber, selection_status)
           SELECT backshop.current_store_id(), said.id, said.surface_id, said.sku, said.name,
             said.kind::projects.product_type, said.quantity, said.quantity,
             said.unit::projects.unit_of_measure, said.coverage, said.price, said.total,
             said.return_terms, said.lot, said.shade, said.caliber, 'ordered'
           FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::numeric[],
               %s::text[], %s::numeric[], %s::numeric[], %s::numeric[], %s::text[], %s::text[],
               %s::text[], %s::text[])
             AS said (id, surface_id, sku, name, kind, quantity, unit, coverage, price, total,
               return_terms, lot, shade, caliber)
           INNER JOIN projects.surfaces AS s
             ON s.store_id = backshop.current_store_id() AND s.surface_id = said.surface_id
           ON CONFLICT (store_id, selection_id) DO UPDATE SET
             product_sku = excluded.product_sku, product_name = excluded.product_name,
             product_type = excluded.product_type, quantity_needed = excluded.quantity_needed,
             quantity_ordered = excluded.quantity_ordered,
             unit_of_measure = excluded.unit_of_measure, box_coverage_sf = excluded.box_coverage_sf,
             price_per_unit = excluded.price_per_unit, total_price = excluded.total_price,
             return_terms = excluded.return_terms, lot = excluded.lot, shade = excluded.shade,
             caliber = excluded.caliber, selection_status = 'ordered', undecided = false
           WHERE held.selection_status <> 'delivered'""",
        [list(column) for column in zip(*rows, strict=True)],
    )


def no_longer_selected(tx: Tx, selection_ids: Sequence[UUID]) -> None:
    """What only other alternatives hold is considered again, so that no total counts it."""
    tx.execute(
        """UPDATE projects.selected_products SET selection_status = 'considered'
           WHERE store_id = backshop.current_store_id() AND selection_id = ANY (%s)
             AND selection_status = 'selected'""",
        [list(selection_ids)],
    )


def deliver(tx: Tx, project_id: UUID, selection_ids: Sequence[UUID]) -> int:
    """Ordered selections of the project become delivered; how many of them are by now."""
    tx.execute(
        """UPDATE projects.selected_products AS sp SET selection_status = 'delivered'
           FROM projects.surfaces AS s
           INNER JOIN projects.project_rooms AS r USING (store_id, room_id)
           WHERE sp.store_id = backshop.current_store_id() AND s.store_id = sp.store_id
             AND s.surface_id = sp.surface_id AND r.project_id = %s
             AND sp.selection_id = ANY (%s) AND sp.selection_status = 'ordered'""",
        [project_id, list(selection_ids)],
    )
    row = tx.execute(
        """SELECT count(*) AS number FROM projects.selected_products AS sp
           INNER JOIN projects.surfaces AS s USING (store_id, surface_id)
           INNER JOIN projects.project_rooms AS r USING (store_id, room_id)
           WHERE sp.store_id = backshop.current_store_id() AND r.project_id = %s
             AND sp.selection_id = ANY (%s) AND sp.selection_status = 'delivered'""",
        [project_id, list(selection_ids)],
    ).fetchone()
    return row["number"] if row else 0


def projects_quoting(tx: Tx, skus: Sequence[str]) -> list[UUID]:
    """Projects with open quotes that hold one of the products, in the order to lock them in."""
    rows = tx.execute(
        """SELECT DISTINCT q.project_id FROM projects.quotes AS q
           WHERE q.store_id = backshop.current_store_id()
             AND q.quote_status IN ('draft', 'sent') AND q.superseded_at IS NULL
             AND EXISTS (
               SELECT FROM jsonb_array_elements(q.content -> 'lines') AS line
               WHERE line ->> 'sku' = ANY (%s)
             )
           ORDER BY q.project_id""",
        [list(skus)],
    )
    return [row["project_id"] for row in rows]


def open_projects_of(tx: Tx, customer_id: UUID) -> list[UUID]:
    """The customer's projects that are not ordered yet, in the order to lock them in."""
    rows = tx.execute(
        """SELECT project_id FROM projects.projects
           WHERE store_id = backshop.current_store_id() AND customer_id = %s
             AND project_status IN ('inquiry', 'quoted') AND archived_at IS NULL
           ORDER BY project_id""",
        [customer_id],
    )
    return [row["project_id"] for row in rows]
