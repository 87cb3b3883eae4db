"""The SQL of follow-ups and reports; rows of the log itself are in projects/repository.py."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import sql

from backshop.db import Tx

Group = Literal["associate", "phase", "month"]

_ZONE = sql.SQL(
    "(SELECT coalesce(settings ->> 'time_zone', 'UTC') FROM backshop.stores"
    " WHERE id = backshop.current_store_id())"
)
_GROUPS = {
    "associate": sql.SQL("l.sales_associate"),
    "phase": sql.SQL("l.aos_phase"),
    "month": sql.SQL("date_trunc('month', l.conversation_date AT TIME ZONE {})::date").format(
        _ZONE
    ),
}


def today(tx: Tx) -> date:
    """The day it is where the store is."""
    return today_at(tx, datetime.now(UTC))


def today_at(tx: Tx, at: datetime) -> date:
    """The day that a moment is on where the store is."""
    row = tx.execute(
        sql.SQL("SELECT (%s AT TIME ZONE {})::date AS day").format(_ZONE), [at]
    ).fetchone()
    assert row is not None
    found: date = row["day"]
    return found


def next_action(tx: Tx, project_id: UUID) -> dict[str, Any]:
    """What the newest entry of the project's log says to do next, and when, as its columns."""
    row = tx.execute(
        """SELECT next_action, next_contact_date FROM projects.conversation_log
           WHERE store_id = backshop.current_store_id() AND project_id = %s
           ORDER BY conversation_date DESC, log_id DESC LIMIT 1""",
        [project_id],
    ).fetchone()
    return row or {}


def next_contact(tx: Tx, project_id: UUID) -> date | None:
    """When the newest entry of the project's log says to be in touch again."""
    found: date | None = next_action(tx, project_id).get("next_contact_date")
    return found


def follow_ups(
    tx: Tx,
    due_by: date,
    day: date,
    associate: str | None,
    after: tuple[date, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Open projects whose newest entry asks for a contact until `due_by`, the longest overdue
    first."""
    return tx.execute(
        """SELECT l.log_id, l.project_id, p.project_name, p.project_status, c.customer_id,
             c.first_name, c.last_name, c.preferred_contact_method,
             CASE c.preferred_contact_method WHEN 'email' THEN coalesce(c.email, c.phone_primary)
               ELSE coalesce(c.phone_primary, c.phone_secondary, c.email) END AS contact,
             coalesce(l.sales_associate, p.sales_associate) AS sales_associate,
             l.next_action, l.next_contact_date, %(day)s - l.next_contact_date AS days_overdue,
             (SELECT to_jsonb(q) FROM (
                SELECT quote_id, quote_number, total_amount, expiration_date, sent_at, first_seen_at
                FROM projects.quotes AS sent
                WHERE sent.store_id = l.store_id AND sent.project_id = l.project_id
                  AND sent.quote_status = 'sent' AND sent.superseded_at IS NULL
                ORDER BY sent.sent_at DESC LIMIT 1
              ) AS q) AS quote
           FROM projects.conversation_log AS l
           INNER JOIN projects.projects AS p USING (store_id, project_id)
           INNER JOIN projects.customers AS c USING (store_id, customer_id)
           WHERE l.store_id = backshop.current_store_id() AND l.next_contact_date <= %(due_by)s
             AND p.project_status NOT IN ('completed', 'cancelled')
             AND (%(associate)s::text IS NULL
               OR coalesce(l.sales_associate, p.sales_associate) = %(associate)s)
             AND (%(date)s::date IS NULL
               OR (l.next_contact_date, l.log_id) > (%(date)s::date, %(log_id)s::uuid))
             AND NOT EXISTS (
               SELECT FROM projects.conversation_log AS later
               WHERE later.store_id = l.store_id AND later.project_id = l.project_id
                 AND (later.conversation_date, later.log_id) > (l.conversation_date, l.log_id)
             )
           ORDER BY l.next_contact_date, l.log_id LIMIT %(limit)s""",
        {
            "due_by": due_by,
            "day": day,
            "associate": associate,
            "date": after[0] if after else None,
            "log_id": after[1] if after else None,
            "limit": limit,
        },
    ).fetchall()


def scores(
    tx: Tx, by: Collection[Group], since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """Averages of the scores of conversations on the days from `since` to `until`."""
    figures = """count(*) AS conversations,
      round(avg(l.aos_score_greeting), 2) AS greeting, round(avg(l.aos_score_needs), 2) AS needs,
      round(avg(l.aos_score_design), 2) AS design, round(avg(l.aos_score_close), 2) AS close,
      round(avg(l.aos_score_objection), 2) AS objection, round(avg(l.aos_score_overall), 2) AS overall"""
    return _report(tx, figures, by, since, until)


def conversions(
    tx: Tx, by: Collection[Group], since: date | None, until: date | None
) -> list[dict[str, Any]]:
    """Projects that were talked about, and those that were ordered."""
    figures = """count(*) AS conversations, count(DISTINCT l.project_id) AS projects,
      count(DISTINCT l.project_id) FILTER (WHERE l.outcome = 'quote_requested') AS quotes_requested,
      count(DISTINCT l.project_id) FILTER (WHERE l.outcome = 'order_placed') AS orders,
      count(DISTINCT l.project_id) FILTER (WHERE l.outcome = 'lost') AS lost,
      round(count(DISTINCT l.project_id) FILTER (WHERE l.outcome = 'order_placed')::numeric
        / nullif(count(DISTINCT l.project_id), 0), 2) AS conversion"""
    return _report(tx, figures, by, since, until)


def _report(
    tx: Tx, figures: str, by: Collection[Group], since: date | None, until: date | None
) -> list[dict[str, Any]]:
    columns = [
        sql.SQL("{} AS {}").format(
            _GROUPS[name] if name in by else sql.SQL("NULL"), sql.Identifier(name)
        )
        for name in _GROUPS
    ]
    grouped = sql.SQL(" GROUP BY {} ORDER BY {}").format(
        *[sql.SQL(", ").join(sql.SQL(str(at)) for at, name in enumerate(_GROUPS, 1) if name in by)]
        * 2
    )
    statement = sql.SQL(
        """SELECT {columns}, {figures} FROM projects.conversation_log AS l
           WHERE l.store_id = backshop.current_store_id()
             AND (%(since)s::date IS NULL
               OR l.conversation_date >= %(since)s::date::timestamp AT TIME ZONE {zone})
             AND (%(until)s::date IS NULL
               OR l.conversation_date < (%(until)s::date + 1)::timestamp AT TIME ZONE {zone})"""
    ).format(columns=sql.SQL(", ").join(columns), figures=sql.SQL(figures), zone=_ZONE)
    rows = tx.execute(statement + grouped if by else statement, {"since": since, "until": until})
    return rows.fetchall()
