"""The SQL of `insights.stores`; each function acts on the transaction's store."""

from __future__ import annotations

from typing import Any

from psycopg.types.json import Jsonb

from backshop.db import Tx


def add_store(tx: Tx, url: str, key_hash: str, settings: dict[str, Any]) -> None:
    """The store as insights knows it, with its first dashboard; `key_hash` is the bcrypt hash of
    its API key."""
    # The authorizer imports this module, and needs no charts.
    from backshop.insights.dashboard import first_charts

    tx.execute(
        """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash, settings)
           VALUES (backshop.current_store_id(), backshop.current_store_id(), %s, %s, %s)""",
        (url, key_hash, Jsonb(settings)),
    )
    for place, (title, config) in enumerate(first_charts()):
        tx.execute(
            """INSERT INTO insights.saved_charts (store_id, title, chart_config, position_index)
               VALUES (backshop.current_store_id(), %s, %s, %s)""",
            (title, Jsonb(config), place),
        )


def key_hash(tx: Tx) -> str | None:
    """The bcrypt hash of the store's API key; None where there is no such store."""
    row = tx.execute(
        "SELECT api_key_hash FROM insights.stores WHERE id = backshop.current_store_id()"
    ).fetchone()
    return row["api_key_hash"] if row else None


def change_key(tx: Tx, key_hash: str) -> None:
    """The store's new API key; the old one is worth nothing from here on."""
    tx.execute(
        "UPDATE insights.stores SET api_key_hash = %s WHERE id = backshop.current_store_id()",
        (key_hash,),
    )


def change(tx: Tx, url: str | None, settings: dict[str, Any]) -> None:
    """Change what is given; `settings` are laid over the stored ones, a null takes its key away.
    Raises UniqueViolation where URL and channel are another store's."""
    tx.execute(
        """UPDATE insights.stores SET
             store_url = coalesce(%(url)s, store_url),
             settings = jsonb_strip_nulls(settings || %(settings)s)
           WHERE id = backshop.current_store_id()""",
        {"url": url, "settings": Jsonb(settings)},
    )


def set_active(tx: Tx, active: bool) -> None:
    """Whether the store is connected; a store that comes back counts from now."""
    tx.execute(
        """UPDATE insights.stores SET is_active = %(active)s,
             connected_at = CASE WHEN %(active)s AND NOT is_active THEN now() ELSE connected_at END
           WHERE id = backshop.current_store_id()""",
        {"active": active},
    )


def refunds_of(tx: Tx, order_number: int) -> list[dict[str, Any]]:
    """What the shop gave back of an order, whose number is `commerce.stable_number` of its id."""
    return tx.execute(
        """SELECT coalesce(external_id, wc_refund_id::text) AS refund_id, amount, currency, status,
               date_created AS created_at
           FROM insights.refunds
           WHERE store_id = backshop.current_store_id() AND wc_order_id = %s
           ORDER BY date_created, wc_refund_id""",
        (order_number,),
    ).fetchall()
