"""The SQL of charts."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from backshop.db import Tx


class Saved(NamedTuple):
    title: str
    config: dict[str, Any]


def saved(tx: Tx, store_id: UUID, id: UUID) -> Saved | None:
    """A saved chart of the store."""
    row = tx.execute(
        """SELECT title, chart_config FROM insights.saved_charts
           WHERE store_id = %s AND id = %s""",
        (store_id, id),
    ).fetchone()
    return Saved(row["title"], row["chart_config"]) if row else None
