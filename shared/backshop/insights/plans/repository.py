"""The SQL of plans. Functions act on the transaction's store."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.insights.plans.rules import LIMITS, Limits, wait


class Used(NamedTuple):
    """The plan, and how many seconds to wait where its limit was used up."""

    plan: str
    wait: int | None = None


def take(tx: Tx, now: datetime) -> Used:
    """Count one question, unless the plan's limit is used up: one statement, so that a hundred at
    once are held to it exactly."""
    taken = tx.execute(
        """INSERT INTO insights.request_counts AS held (store_id, day, in_day, minute, in_minute)
           SELECT id, (%(now)s AT TIME ZONE 'UTC')::date, 1, date_trunc('minute', %(now)s), 1
           FROM insights.stores WHERE id = backshop.current_store_id()
           ON CONFLICT (store_id) DO UPDATE SET
             day = excluded.day, minute = excluded.minute,
             in_day = CASE WHEN held.day = excluded.day THEN held.in_day ELSE 0 END + 1,
             in_minute = CASE WHEN held.minute = excluded.minute THEN held.in_minute ELSE 0 END + 1
           WHERE (CASE WHEN held.day = excluded.day THEN held.in_day ELSE 0 END)
               < (%(limits)s::jsonb -> (SELECT plan FROM insights.stores WHERE id = held.store_id) ->> 0)::int
             AND (CASE WHEN held.minute = excluded.minute THEN held.in_minute ELSE 0 END)
               < (%(limits)s::jsonb -> (SELECT plan FROM insights.stores WHERE id = held.store_id) ->> 1)::int
           RETURNING (SELECT plan FROM insights.stores WHERE id = held.store_id) AS plan""",
        {"now": now, "limits": Jsonb({plan: list(each) for plan, each in LIMITS.items()})},
    ).fetchone()
    if taken:
        return Used(taken["plan"])
    return _used_up(tx, now)


def _used_up(tx: Tx, now: datetime) -> Used:
    row = tx.execute(
        """SELECT s.plan, CASE WHEN c.day = (%(now)s AT TIME ZONE 'UTC')::date
             THEN c.in_day ELSE 0 END AS in_day
           FROM insights.stores AS s
           INNER JOIN insights.request_counts AS c ON c.store_id = s.id
           WHERE s.id = backshop.current_store_id()""",
        {"now": now},
    ).fetchone()
    if row is None:
        return Used("free")
    limits: Limits = LIMITS[row["plan"] or "free"]
    return Used(row["plan"], wait(row["in_day"], limits, now))


def set_plan(tx: Tx, plan: str) -> None:
    """In force at the next question."""
    tx.execute(
        "UPDATE insights.stores SET plan = %s WHERE id = backshop.current_store_id()", (plan,)
    )
