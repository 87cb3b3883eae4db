"""The SQL of shades and of what is in stock."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from backshop.db import Tx
from backshop.shade.catalogue.models import Shade


def shades(tx: Tx) -> list[Shade]:
    """The store's shades, lightest first."""
    rows = tx.execute(
        """SELECT name, depth, undertone, finish, swatch, variant_ids, good_for, not_for, is_offered
           FROM shade.shades WHERE store_id = backshop.current_store_id()
           ORDER BY depth, undertone, name"""
    ).fetchall()
    return [Shade(**row) for row in rows]


def save_shades(tx: Tx, catalogue: Sequence[Shade]) -> None:
    """Make these the store's shades. One that is missing stays, because answers name it, and is
    offered no longer."""
    tx.execute(
        """UPDATE shade.shades SET is_offered = false, updated_at = now()
           WHERE store_id = backshop.current_store_id()
             AND is_offered AND lower(name) <> ALL (%s)""",
        ([each.name.lower() for each in catalogue],),
    )
    tx.cursor().executemany(
        """INSERT INTO shade.shades
             (store_id, name, depth, undertone, finish, swatch, variant_ids, good_for, not_for,
              is_offered)
           VALUES (backshop.current_store_id(), %(name)s, %(depth)s, %(undertone)s, %(finish)s,
                   %(swatch)s, %(variant_ids)s, %(good_for)s, %(not_for)s, %(is_offered)s)
           ON CONFLICT (store_id, lower(name)) DO UPDATE SET
             name = excluded.name, depth = excluded.depth, undertone = excluded.undertone,
             finish = excluded.finish, swatch = excluded.swatch,
             variant_ids = excluded.variant_ids, good_for = excluded.good_for,
             not_for = excluded.not_for, is_offered = excluded.is_offered, updated_at = now()""",
        [
            each.model_dump(exclude={"variant_ids", "good_for", "not_for"})
            | {name: list(getattr(each, name)) for name in ("variant_ids", "good_for", "not_for")}
            for each in sorted(catalogue, key=lambda shade: shade.name.lower())
        ],
    )


def in_stock(tx: Tx, variant_ids: Collection[int]) -> frozenset[int]:
    """Those of the variants that can be bought now; one that is unknown cannot."""
    rows = tx.execute(
        """SELECT variant_id FROM shade.variants
           WHERE store_id = backshop.current_store_id()
             AND is_available AND variant_id = ANY (%s)""",
        (list(variant_ids),),
    )
    return frozenset(row["variant_id"] for row in rows)
