"""The SQL of archiving: what goes into an object, what goes from the tables, and back.

Scores and outcomes of conversations stay, for reports; their summaries are in the object alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from backshop.db import Tx


class Details(NamedTuple):
    """A project with all that is archived of it, as JSON."""

    store_id: UUID
    project_id: UUID
    content: str


def due(tx: Tx, before: date, limit: int) -> list[Details]:
    """Projects completed before a day, the oldest first, kept from others until the transaction
    ends. One that was brought back stays for 90 days. For a transaction that sees all stores."""
    rows = tx.execute(
        """WITH due AS MATERIALIZED (
             SELECT p.store_id, p.project_id, p.notes FROM projects.projects AS p
             WHERE p.project_status = 'completed' AND p.archived_at IS NULL
               AND p.project_completion_date < %(before)s
               AND NOT EXISTS (
                 SELECT FROM projects.archived_projects AS a
                 WHERE a.store_id = p.store_id AND a.project_id = p.project_id
                   AND a.restored_at > now() - interval '90 days'
               )
             ORDER BY p.project_completion_date LIMIT %(limit)s FOR UPDATE OF p SKIP LOCKED
           ), rooms AS (
             SELECT d.project_id, jsonb_agg(to_jsonb(r)) AS all
             FROM due AS d INNER JOIN projects.project_rooms AS r USING (store_id, project_id)
             GROUP BY d.project_id
           ), surfaces AS (
             SELECT d.project_id, jsonb_agg(to_jsonb(s)) AS all
             FROM due AS d INNER JOIN projects.project_rooms AS r USING (store_id, project_id)
             INNER JOIN projects.surfaces AS s USING (store_id, room_id)
             GROUP BY d.project_id
           ), selections AS (
             SELECT d.project_id, jsonb_agg(to_jsonb(sp)) AS all
             FROM due AS d INNER JOIN projects.project_rooms AS r USING (store_id, project_id)
             INNER JOIN projects.surfaces AS s USING (store_id, room_id)
             INNER JOIN projects.selected_products AS sp USING (store_id, surface_id)
             GROUP BY d.project_id
           ), conversations AS (
             SELECT d.project_id, jsonb_agg(jsonb_build_object('log_id', l.log_id,
                 'conversation_date', l.conversation_date, 'next_action', l.next_action,
                 'conversation_summary', l.conversation_summary)) AS all
             FROM due AS d INNER JOIN projects.conversation_log AS l USING (store_id, project_id)
             WHERE l.conversation_summary IS NOT NULL OR l.next_action IS NOT NULL
             GROUP BY d.project_id
           )
           SELECT d.store_id, d.project_id, jsonb_build_object('notes', d.notes,
               'rooms', coalesce(rooms.all, '[]'), 'surfaces', coalesce(surfaces.all, '[]'),
               'selections', coalesce(selections.all, '[]'),
               'conversations', coalesce(conversations.all, '[]'))::text AS content
           FROM due AS d LEFT JOIN rooms USING (project_id) LEFT JOIN surfaces USING (project_id)
           LEFT JOIN selections USING (project_id) LEFT JOIN conversations USING (project_id)""",
        {"before": before, "limit": limit},
    )
    return [Details(**row) for row in rows]


def forget_details(tx: Tx, archived: Sequence[tuple[Details, str]]) -> None:
    """Take the details from the tables that lie at these addresses by now; for a transaction that
    sees all stores."""
    which = {
        "stores": [each.store_id for each, _ in archived],
        "ids": [each.project_id for each, _ in archived],
        "keys": [address for _, address in archived],
    }
    for statement in _FORGET:
        tx.execute(statement, which)


_GONE = "unnest(%(stores)s::uuid[], %(ids)s::uuid[]) AS gone (store_id, project_id)"
_FORGET = (
    f"""DELETE FROM projects.selected_products AS sp
        USING projects.surfaces AS s, projects.project_rooms AS r, {_GONE}
        WHERE r.store_id = gone.store_id AND r.project_id = gone.project_id
          AND s.store_id = r.store_id AND s.room_id = r.room_id
          AND sp.store_id = s.store_id AND sp.surface_id = s.surface_id""",
    f"""DELETE FROM projects.surfaces AS s USING projects.project_rooms AS r, {_GONE}
        WHERE r.store_id = gone.store_id AND r.project_id = gone.project_id
          AND s.store_id = r.store_id AND s.room_id = r.room_id""",
    f"""DELETE FROM projects.project_rooms AS r USING {_GONE}
        WHERE r.store_id = gone.store_id AND r.project_id = gone.project_id""",
    f"""UPDATE projects.conversation_log AS l SET conversation_summary = NULL, next_action = NULL
        FROM {_GONE}
        WHERE l.store_id = gone.store_id AND l.project_id = gone.project_id
          AND (l.conversation_summary IS NOT NULL OR l.next_action IS NOT NULL)""",
    f"""UPDATE projects.projects AS p SET notes = NULL, archived_at = now() FROM {_GONE}
        WHERE p.store_id = gone.store_id AND p.project_id = gone.project_id""",
    """INSERT INTO projects.archived_projects (store_id, project_id, object_key)
       SELECT * FROM unnest(%(stores)s::uuid[], %(ids)s::uuid[], %(keys)s::text[])
       ON CONFLICT (store_id, project_id) DO UPDATE
       SET object_key = excluded.object_key, archived_at = now(), restored_at = NULL""",
)


def store_of_archived(tx: Tx, project_id: UUID) -> UUID | None:
    """Whose an archived project is, its row kept from others; None where it is not archived."""
    row = tx.execute(
        """SELECT a.store_id FROM projects.archived_projects AS a
           INNER JOIN projects.projects AS p USING (store_id, project_id)
           WHERE a.store_id = backshop.current_store_id() AND a.project_id = %s
             AND p.archived_at IS NOT NULL
           FOR UPDATE""",
        [project_id],
    ).fetchone()
    return row["store_id"] if row else None


def restore(tx: Tx, project_id: UUID, content: str) -> None:
    """Put the details back."""
    params: dict[str, Any] = {"id": project_id, "content": content}
    for statement in _RESTORE:
        tx.execute(statement, params)


_RESTORE = (
    *(
        f"""INSERT INTO projects.{table}
            SELECT * FROM jsonb_populate_recordset(
              NULL::projects.{table}, %(content)s::jsonb -> '{name}')
            WHERE store_id = backshop.current_store_id()"""
        for table, name in (
            ("project_rooms", "rooms"),
            ("surfaces", "surfaces"),
            ("selected_products", "selections"),
        )
    ),
    """UPDATE projects.conversation_log AS l
       SET conversation_summary = was.conversation_summary, next_action = was.next_action
       FROM jsonb_to_recordset(%(content)s::jsonb -> 'conversations') AS was (
         log_id uuid, conversation_date timestamptz, conversation_summary text, next_action text)
       WHERE l.store_id = backshop.current_store_id() AND l.log_id = was.log_id
         AND l.conversation_date = was.conversation_date""",
    """UPDATE projects.projects SET notes = %(content)s::jsonb ->> 'notes', archived_at = NULL
       WHERE store_id = backshop.current_store_id() AND project_id = %(id)s""",
    """UPDATE projects.archived_projects SET restored_at = now()
       WHERE store_id = backshop.current_store_id() AND project_id = %(id)s""",
)
