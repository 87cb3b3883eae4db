"""The SQL of customers, projects, rooms, surfaces, selections, conversations and the catalogue.

Their tables are alike, so that what is done to a row is said once, for a `Table`. Every row has a
version that counts its states. Functions act on the transaction's store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

from psycopg import sql
from psycopg.types.json import Jsonb

from backshop.db import Tx

Row = dict[str, Any]
OWN = sql.SQL("t.store_id = backshop.current_store_id()")
"""Beside the policy, which says the same: only an equality lets an index give the order of a
list."""


@dataclass(frozen=True, slots=True)
class Table:
    """`order` is how lists go, `key` last; `descending` is newest first."""

    name: str
    key: str
    order: tuple[str, ...]
    descending: bool = True
    hidden: tuple[str, ...] = ("store_id",)

    @property
    def identifier(self) -> sql.Identifier:
        return sql.Identifier("projects", self.name)


CUSTOMERS = Table(
    "customers", "customer_id", ("created_at", "customer_id"), hidden=("store_id", "search")
)
PROJECTS = Table("projects", "project_id", ("created_at", "project_id"))
ROOMS = Table("project_rooms", "room_id", ("created_at", "room_id"), descending=False)
SURFACES = Table("surfaces", "surface_id", ("created_at", "surface_id"), descending=False)
SELECTIONS = Table("selected_products", "selection_id", ("selection_date", "selection_id"))
CONVERSATIONS = Table("conversation_log", "log_id", ("conversation_date", "log_id"))
CATALOGUE = Table("product_catalog", "sku", ("sku",), descending=False)


class Filter(NamedTuple):
    """A column against a value; `any` is one of a list."""

    column: str
    operator: Literal["=", ">=", "<", "<=", "any", "ilike"]
    value: Any


def add(tx: Tx, table: Table, values: Mapping[str, Any]) -> Row:
    """A new row as it is stored. Raises UniqueViolation, ForeignKeyViolation.

    Its id grows with time, so that rows of one transaction keep their order."""
    made: dict[str, sql.Composable] = {"store_id": sql.SQL("backshop.current_store_id()")}
    if table.key not in values:
        made[table.key] = sql.SQL("uuidv7()")
    statement = sql.SQL("INSERT INTO {} AS t ({}) VALUES ({}) RETURNING t.*").format(
        table.identifier,
        sql.SQL(", ").join(map(sql.Identifier, [*made, *values])),
        sql.SQL(", ").join([*made.values(), *[sql.Placeholder()] * len(values)]),
    )
    row = tx.execute(statement, [_plain(value) for value in values.values()]).fetchone()
    assert row is not None
    return _shown(table, row)


def one(tx: Tx, table: Table, key: Any, *, lock: bool = False) -> Row | None:
    """The row, None where there is none; `lock` keeps others from changing it meanwhile."""
    statement = sql.SQL("SELECT t.* FROM {} AS t WHERE {} AND t.{} = %s {}").format(
        table.identifier, OWN, sql.Identifier(table.key), sql.SQL("FOR UPDATE" if lock else "")
    )
    row = tx.execute(statement, [key]).fetchone()
    return _shown(table, row) if row else None


def change(tx: Tx, table: Table, key: Any, values: Mapping[str, Any]) -> Row | None:
    """The row with other values; None where there is none. Raises UniqueViolation."""
    if not values:
        return one(tx, table, key)
    sets = [sql.SQL("{} = %s").format(sql.Identifier(column)) for column in values]
    statement = sql.SQL("UPDATE {} AS t SET {} WHERE {} AND t.{} = %s RETURNING t.*").format(
        table.identifier, sql.SQL(", ").join(sets), OWN, sql.Identifier(table.key)
    )
    row = tx.execute(statement, [*map(_plain, values.values()), key]).fetchone()
    return _shown(table, row) if row else None


def remove(tx: Tx, table: Table, key: Any) -> bool:
    """Whether there was such a row. Raises ForeignKeyViolation where others refer to it."""
    statement = sql.SQL("DELETE FROM {} AS t WHERE {} AND t.{} = %s").format(
        table.identifier, OWN, sql.Identifier(table.key)
    )
    return tx.execute(statement, [key]).rowcount == 1


def listed(
    tx: Tx,
    table: Table,
    filters: Sequence[Filter],
    after: Sequence[Any] | None,
    limit: int,
    *,
    joined: sql.SQL | None = None,
) -> list[Row]:
    """Rows in the table's order, behind `after`, which is where the page before ended."""
    conditions: list[sql.Composable] = [OWN]
    values: list[Any] = []
    for each in filters:
        conditions.append(_condition(each))
        values.append(each.value)
    if after is not None:
        conditions.append(
            sql.SQL("({}) {} ({})").format(
                _columns(table.order),
                sql.SQL("<" if table.descending else ">"),
                sql.SQL(", ").join([sql.Placeholder()] * len(table.order)),
            )
        )
        values += after
    direction = sql.SQL(" DESC" if table.descending else "")
    order = [sql.SQL("t.{}").format(sql.Identifier(each)) + direction for each in table.order]
    statement = sql.SQL("SELECT t.* FROM {} AS t {} WHERE {} ORDER BY {} LIMIT %s").format(
        table.identifier,
        joined or sql.SQL(""),
        sql.SQL(" AND ").join(conditions),
        sql.SQL(", ").join(order),
    )
    rows = tx.execute(statement, [*values, limit]).fetchall()
    return [_shown(table, row) for row in rows]


def _condition(each: Filter) -> sql.Composable:
    names = each.column.split(".")
    column = sql.Identifier(*(names if len(names) > 1 else ("t", each.column)))
    if each.operator == "any":
        return sql.SQL("{} = ANY (%s)").format(column)
    return sql.SQL("{} {} %s").format(column, sql.SQL(each.operator.upper()))


def _columns(names: Sequence[str]) -> sql.Composable:
    return sql.SQL(", ").join(sql.Identifier("t", each) for each in names)


def _plain(value: Any) -> Any:
    return Jsonb(value) if isinstance(value, dict | list) else value


def _shown(table: Table, row: Row) -> Row:
    for column in table.hidden:
        row.pop(column, None)
    return row


def currency(tx: Tx) -> str | None:
    """The store's currency, where it is known."""
    row = tx.execute(
        """SELECT settings ->> 'currency' AS currency FROM backshop.stores
           WHERE id = backshop.current_store_id()"""
    ).fetchone()
    return row["currency"] if row else None


# ---------------------------------------------------------------- customers


def found_customers(tx: Tx, query: str, most: int) -> list[Row]:
    """Customers by name, e-mail or phone in any spelling, the likeliest first."""
    rows = tx.execute(
        """SELECT t.* FROM projects.search_customers(%s, %s) AS found
           INNER JOIN projects.customers AS t USING (customer_id)
           WHERE t.store_id = backshop.current_store_id()
           ORDER BY found.similarity DESC, t.last_name, t.first_name, t.customer_id""",
        [query, most],
    ).fetchall()
    return [_shown(CUSTOMERS, row) for row in rows]


def summary(tx: Tx, customer_id: UUID) -> list[Row]:
    """The document's query "Get Customer Project Summary", a room with two surfaces counted
    once."""
    return tx.execute(
        """SELECT c.first_name, c.last_name, c.email, p.project_id, p.project_name, p.project_status,
             count(DISTINCT pr.room_id) AS room_count, sum(s.surface_area_sf) AS total_sf, p.tile_budget
           FROM projects.customers AS c
           INNER JOIN projects.projects AS p
             ON c.store_id = p.store_id AND c.customer_id = p.customer_id
           LEFT JOIN projects.project_rooms AS pr
             ON p.store_id = pr.store_id AND p.project_id = pr.project_id
           LEFT JOIN projects.surfaces AS s ON pr.store_id = s.store_id AND pr.room_id = s.room_id
           WHERE c.store_id = backshop.current_store_id() AND c.customer_id = %s
           GROUP BY c.store_id, c.customer_id, p.store_id, p.project_id
           ORDER BY p.created_at DESC, p.project_id""",
        [customer_id],
    ).fetchall()


# ---------------------------------------------------------------- a project as a whole

# One statement and one text: the rows become JSON where they are, in the shape of the models.
_WHOLE = """
SELECT (to_jsonb(p) || jsonb_build_object(
  'customer', (
    SELECT to_jsonb(c) - 'search' FROM projects.customers AS c
    WHERE c.store_id = p.store_id AND c.customer_id = p.customer_id
  ),
  'rooms', coalesce((
    SELECT jsonb_agg(to_jsonb(r) || jsonb_build_object('surfaces', coalesce((
      SELECT jsonb_agg(to_jsonb(s) || jsonb_build_object('selections', coalesce((
        SELECT jsonb_agg(to_jsonb(sp) ORDER BY sp.selection_date, sp.selection_id)
        FROM projects.selected_products AS sp
        WHERE sp.store_id = s.store_id AND sp.surface_id = s.surface_id
      ), '[]')) ORDER BY s.created_at, s.surface_id)
      FROM projects.surfaces AS s WHERE s.store_id = r.store_id AND s.room_id = r.room_id
    ), '[]')) ORDER BY r.created_at, r.room_id)
    FROM projects.project_rooms AS r WHERE r.store_id = p.store_id AND r.project_id = p.project_id
  ), '[]')
))::text AS whole
FROM projects.projects AS p
WHERE p.store_id = backshop.current_store_id() AND p.project_id = %s
"""


def whole(tx: Tx, project_id: UUID) -> str | None:
    """The project with its customer, rooms, surfaces and selections, as JSON."""
    row = tx.execute(_WHOLE, [project_id]).fetchone()
    return row["whole"] if row else None


def project_of(tx: Tx, table: Table, key: Any) -> UUID | None:
    """The project of a room, a surface or a selection."""
    statement = _PROJECT_OF[table.name]
    row = tx.execute(statement, [key]).fetchone()
    return row["project_id"] if row else None


_PROJECT_OF = {
    "project_rooms": """
SELECT project_id FROM projects.project_rooms
WHERE store_id = backshop.current_store_id() AND room_id = %s""",
    "surfaces": """
SELECT r.project_id FROM projects.surfaces AS s
INNER JOIN projects.project_rooms AS r USING (store_id, room_id)
WHERE s.store_id = backshop.current_store_id() AND s.surface_id = %s""",
    "selected_products": """
SELECT r.project_id FROM projects.selected_products AS sp
INNER JOIN projects.surfaces AS s USING (store_id, surface_id)
INNER JOIN projects.project_rooms AS r USING (store_id, room_id)
WHERE sp.store_id = backshop.current_store_id() AND sp.selection_id = %s""",
}

IN_PROJECT = {
    "surfaces": sql.SQL("INNER JOIN projects.project_rooms AS r USING (store_id, room_id)"),
    "selected_products": sql.SQL(
        "INNER JOIN projects.surfaces AS s USING (store_id, surface_id)"
        " INNER JOIN projects.project_rooms AS r USING (store_id, room_id)"
    ),
}
"""Joins through which surfaces and selections are listed by project."""


def surfaces_of(tx: Tx, project_id: UUID) -> set[UUID]:
    """Ids of the project's surfaces."""
    rows = tx.execute(
        """SELECT s.surface_id FROM projects.surfaces AS s
           INNER JOIN projects.project_rooms AS r USING (store_id, room_id)
           WHERE s.store_id = backshop.current_store_id() AND r.project_id = %s""",
        [project_id],
    )
    return {row["surface_id"] for row in rows}


def has_ordered(tx: Tx, column: Literal["room_id", "surface_id"], key: UUID) -> bool:
    """Whether products were ordered for a room or a surface."""
    statement = sql.SQL(
        """SELECT 1 FROM projects.selected_products AS sp
           INNER JOIN projects.surfaces AS s USING (store_id, surface_id)
           WHERE sp.store_id = backshop.current_store_id() AND s.{} = %s
             AND sp.selection_status IN ('ordered', 'delivered') LIMIT 1"""
    ).format(sql.Identifier(column))
    return tx.execute(statement, [key]).fetchone() is not None


def remove_surface(tx: Tx, surface_id: UUID) -> None:
    """Delete a surface with its selections."""
    tx.execute(
        """DELETE FROM projects.selected_products
           WHERE store_id = backshop.current_store_id() AND surface_id = %s""",
        [surface_id],
    )
    remove(tx, SURFACES, surface_id)


def remove_room(tx: Tx, room_id: UUID) -> None:
    """Delete a room with its surfaces and their selections."""
    tx.execute(
        """DELETE FROM projects.selected_products AS sp USING projects.surfaces AS s
           WHERE sp.store_id = backshop.current_store_id() AND s.store_id = sp.store_id
             AND s.surface_id = sp.surface_id AND s.room_id = %s""",
        [room_id],
    )
    tx.execute(
        """DELETE FROM projects.surfaces
           WHERE store_id = backshop.current_store_id() AND room_id = %s""",
        [room_id],
    )
    remove(tx, ROOMS, room_id)


class Amount(NamedTuple):
    """What was reckoned for a selection."""

    selection_id: UUID
    quantity_needed: Any
    price_per_unit: Any
    total_price: Any


def set_amounts(tx: Tx, amounts: Sequence[Amount]) -> None:
    """Write down what was reckoned, where it is another than before."""
    if not amounts:
        return
    tx.execute(
        """UPDATE projects.selected_products AS t SET
             quantity_needed = said.quantity, price_per_unit = said.price, total_price = said.total
           FROM unnest(%s::uuid[], %s::numeric[], %s::numeric[], %s::numeric[])
             AS said (id, quantity, price, total)
           WHERE t.store_id = backshop.current_store_id() AND t.selection_id = said.id
             AND (t.quantity_needed, t.price_per_unit, t.total_price)
               IS DISTINCT FROM (said.quantity, said.price, said.total)""",
        [list(column) for column in zip(*amounts, strict=True)],
    )


def project_total(tx: Tx, project_id: UUID) -> Row | None:
    """The document's query "Calculate Project Total"; None where nothing is selected."""
    return tx.execute(
        """SELECT p.project_id, sum(sp.total_price) AS project_total,
             count(DISTINCT s.surface_id) AS surface_count
           FROM projects.projects AS p
           INNER JOIN projects.project_rooms AS pr
             ON p.store_id = pr.store_id AND p.project_id = pr.project_id
           INNER JOIN projects.surfaces AS s ON pr.store_id = s.store_id AND pr.room_id = s.room_id
           INNER JOIN projects.selected_products AS sp
             ON s.store_id = sp.store_id AND s.surface_id = sp.surface_id
           WHERE p.store_id = backshop.current_store_id() AND p.project_id = %s
             AND sp.selection_status = 'selected'
           GROUP BY p.project_id""",
        [project_id],
    ).fetchone()


# ---------------------------------------------------------------- the catalogue


def catalogue_version(tx: Tx) -> int:
    """Counts the changes of the store's catalogue."""
    row = tx.execute(
        """SELECT version FROM projects.catalogue_versions
           WHERE store_id = backshop.current_store_id()"""
    ).fetchone()
    return row["version"] if row else 0


def products(tx: Tx, skus: Sequence[str]) -> list[Row]:
    """Products of the catalogue by SKU."""
    rows = tx.execute(
        """SELECT t.* FROM projects.product_catalog AS t
           WHERE t.store_id = backshop.current_store_id() AND t.sku = ANY (%s)""",
        [list(skus)],
    ).fetchall()
    return [_shown(CATALOGUE, row) for row in rows]
