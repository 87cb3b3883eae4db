"""The SQL of saved charts and conversations. Functions act on the transaction's store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.insights.saved.models import MOST_MESSAGES, Chat, SavedChart

_COLUMNS = "id, title, query_text, chart_config, position_index, created_at, updated_at"


def charts(tx: Tx) -> list[SavedChart]:
    """In their order."""
    rows = tx.execute(
        f"""SELECT {_COLUMNS} FROM insights.saved_charts
            WHERE store_id = backshop.current_store_id() ORDER BY position_index, id"""
    )
    return [SavedChart.model_validate(row) for row in rows]


def chart(tx: Tx, id: UUID) -> SavedChart | None:
    row = tx.execute(
        f"""SELECT {_COLUMNS} FROM insights.saved_charts
            WHERE store_id = backshop.current_store_id() AND id = %s""",
        (id,),
    ).fetchone()
    return SavedChart.model_validate(row) if row else None


def add_chart(
    tx: Tx, title: str, query_text: str | None, config: dict[str, Any], most: int
) -> SavedChart | None:
    """A chart behind the others; None where the store has so many already."""
    row = tx.execute(
        f"""INSERT INTO insights.saved_charts
              (store_id, title, query_text, chart_config, position_index)
            SELECT backshop.current_store_id(), %s, %s, %s, coalesce(max(position_index) + 1, 0)
            FROM insights.saved_charts WHERE store_id = backshop.current_store_id()
            HAVING count(*) < %s
            RETURNING {_COLUMNS}""",
        (title, query_text, Jsonb(config), most),
    ).fetchone()
    return SavedChart.model_validate(row) if row else None


def change_chart(tx: Tx, id: UUID, changes: dict[str, Any]) -> SavedChart | None:
    """Change what is given."""
    values = {key: Jsonb(each) if key == "chart_config" else each for key, each in changes.items()}
    row = tx.execute(
        f"""UPDATE insights.saved_charts SET
              title = coalesce(%(title)s, title),
              query_text = coalesce(%(query_text)s, query_text),
              chart_config = coalesce(%(chart_config)s, chart_config)
            WHERE store_id = backshop.current_store_id() AND id = %(id)s
            RETURNING {_COLUMNS}""",
        {"title": None, "query_text": None, "chart_config": None} | values | {"id": id},
    ).fetchone()
    return SavedChart.model_validate(row) if row else None


def delete_chart(tx: Tx, id: UUID) -> bool:
    return (
        tx.execute(
            """DELETE FROM insights.saved_charts
               WHERE store_id = backshop.current_store_id() AND id = %s""",
            (id,),
        ).rowcount
        == 1
    )


def order_charts(tx: Tx, ids: Sequence[UUID]) -> None:
    """Put these first, in this order; the others keep theirs behind them."""
    tx.execute(
        """UPDATE insights.saved_charts AS held SET position_index = placed.place
           FROM (
             SELECT c.id, row_number() OVER (
               ORDER BY wanted.place NULLS LAST, c.position_index, c.id) - 1 AS place
             FROM insights.saved_charts AS c
             LEFT JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS wanted (id, place)
               ON wanted.id = c.id
             WHERE c.store_id = backshop.current_store_id()
           ) AS placed
           WHERE held.store_id = backshop.current_store_id() AND held.id = placed.id""",
        {"ids": list(ids)},
    )


def conversations(tx: Tx, after: tuple[datetime, UUID] | None, limit: int) -> list[Chat]:
    """The latest first, without their messages' end cut off; `after` is where a page ended."""
    at, id = after or (None, None)
    rows = tx.execute(
        """SELECT id, messages, created_at, updated_at FROM insights.conversations
           WHERE store_id = backshop.current_store_id()
             AND (%(at)s::timestamptz IS NULL OR (updated_at, id) < (%(at)s, %(id)s::uuid))
           ORDER BY updated_at DESC, id DESC LIMIT %(limit)s""",
        {"at": at, "id": id, "limit": limit},
    )
    return [Chat.model_validate(row) for row in rows]


def conversation(tx: Tx, id: UUID) -> Chat | None:
    row = tx.execute(
        """SELECT id, messages, created_at, updated_at FROM insights.conversations
           WHERE store_id = backshop.current_store_id() AND id = %s""",
        (id,),
    ).fetchone()
    return Chat.model_validate(row) if row else None


def converse(tx: Tx, id: UUID | None, messages: Sequence[dict[str, Any]]) -> UUID | None:
    """Add to a conversation, or begin one where no id is given; of many messages the latest are
    kept. Its id; None where there is no such conversation."""
    if id is None:
        begun = tx.execute(
            """INSERT INTO insights.conversations (store_id, messages)
               VALUES (backshop.current_store_id(), %s) RETURNING id""",
            (Jsonb(list(messages)[-MOST_MESSAGES:]),),
        ).fetchone()
        return begun["id"] if begun else None
    row = tx.execute(
        """UPDATE insights.conversations AS held SET updated_at = now(), messages = (
             SELECT coalesce(jsonb_agg(m.message ORDER BY m.place), '[]')
             FROM (
               SELECT message, place FROM jsonb_array_elements(held.messages || %(more)s)
                 WITH ORDINALITY AS m (message, place)
               ORDER BY place DESC LIMIT %(most)s
             ) AS m)
           WHERE held.store_id = backshop.current_store_id() AND held.id = %(id)s
           RETURNING held.id""",
        {"id": id, "more": Jsonb(list(messages)), "most": MOST_MESSAGES},
    ).fetchone()
    return row["id"] if row else None


def delete_conversation(tx: Tx, id: UUID) -> bool:
    return (
        tx.execute(
            """DELETE FROM insights.conversations
               WHERE store_id = backshop.current_store_id() AND id = %s""",
            (id,),
        ).rowcount
        == 1
    )
