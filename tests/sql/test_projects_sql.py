"""Partitions, quote numbers, updated_at and summaries of the projects schema."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Connection, Database


def one(connection: Connection, statement: str, *values: Any) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return next(iter(row.values()))


def customer(tx: Connection, store: UUID, **more: Any) -> UUID:
    found: UUID = one(
        tx,
        "INSERT INTO projects.customers (store_id, first_name, last_name, email, customer_type)"
        " VALUES (%s, 'Ann', 'Lee', %s, 'designer') RETURNING customer_id",
        store,
        more.get("email"),
    )
    return found


def project(tx: Connection, store: UUID, of: UUID | None = None) -> UUID:
    found: UUID = one(
        tx,
        "INSERT INTO projects.projects (store_id, customer_id, project_name, installation_method,"
        " tile_budget) VALUES (%s, %s, 'Bath', 'diy', 900) RETURNING project_id",
        store,
        of or customer(tx, store),
    )
    return found


def quote(tx: Connection, store: UUID, of: UUID, number: str, day: date) -> UUID:
    found: UUID = one(
        tx,
        "INSERT INTO projects.quotes (store_id, project_id, quote_number, quote_date, subtotal,"
        " total_amount) VALUES (%s, %s, %s, %s, 10, 11) RETURNING quote_id",
        store,
        of,
        number,
        day,
    )
    return found


def partition_of(connection: Connection, table: str, column: str, value: object) -> str:
    found: str = one(
        connection,
        f"SELECT tableoid::regclass::text FROM projects.{table} WHERE {column} = %s",
        value,
    )
    return found


def test_the_documents_phase_inserts_work_as_printed(tx: Connection, store: UUID) -> None:
    """The model's own statements, which leave out unit_of_measure and interaction_type."""
    tx.execute("SELECT 1")
    of = project(tx, store)
    room = one(
        tx,
        "INSERT INTO projects.project_rooms (store_id, project_id, room_type, room_name,"
        " room_style) VALUES (%s, %s, 'kitchen', 'Kitchen', 'modern') RETURNING room_id",
        store,
        of,
    )
    surface = one(
        tx,
        "INSERT INTO projects.surfaces (store_id, room_id, surface_type, surface_area_sf,"
        " pattern_type) VALUES (%s, %s, 'floor', 120.5, 'herringbone') RETURNING surface_id",
        store,
        room,
    )
    selected = tx.execute(
        "INSERT INTO projects.selected_products (store_id, surface_id, product_sku, product_type,"
        " quantity_needed, price_per_unit, selection_status)"
        " VALUES (%s, %s, 'T-1', 'tile', 130, 4.2, 'considered') RETURNING unit_of_measure::text",
        [store, surface],
    ).fetchone()
    assert selected == {"unit_of_measure": "sf"}
    logged = tx.execute(
        "INSERT INTO projects.conversation_log (store_id, project_id, aos_phase,"
        " aos_score_overall, outcome, next_action)"
        " VALUES (%s, %s, 'close', 4, 'order_placed', 'call') RETURNING interaction_type::text",
        [store, of],
    ).fetchone()
    assert logged == {"interaction_type": "followup"}


def test_the_month_of_the_migration_and_the_next_three_have_partitions(
    tx: Connection, owner: Connection, store: UUID
) -> None:
    of = project(tx, store)
    month = one(
        owner,
        "SELECT date_trunc('month', applied_at AT TIME ZONE 'UTC')::date"
        " FROM backshop.schema_migrations WHERE starts_with(name, '0008')",
    )
    for ahead in range(4):
        number = f"Q-{ahead}"
        quote(tx, store, of, number, month)
        found = partition_of(tx, "quotes", "quote_number", number)
        assert found == f"projects.quotes_{month:%Y_%m}"
        moment = datetime(month.year, month.month, 1, tzinfo=UTC)
        tx.execute(
            "INSERT INTO projects.conversation_log (store_id, project_id, conversation_date)"
            " VALUES (%s, %s, %s)",
            [store, of, moment],
        )
        found = partition_of(tx, "conversation_log", "conversation_date", moment)
        assert found == f"projects.conversation_log_{month:%Y_%m}"
        month = (month.replace(day=28) + (date(2020, 1, 5) - date(2020, 1, 1))).replace(day=1)


def test_a_month_without_a_partition_waits_in_the_default_and_moves(
    owner: Connection, store: UUID
) -> None:
    far = date(2044, 2, 29)
    with owner.transaction(force_rollback=True):
        of = project(owner, store)
        made = quote(owner, store, of, "Q-far", far)
        assert partition_of(owner, "quotes", "quote_id", made) == "projects.quotes_default"
        arguments = ("quotes", "quote_date", far)
        assert one(owner, "SELECT projects.ensure_partition(%s, %s, %s)", *arguments) is True
        assert one(owner, "SELECT projects.ensure_partition(%s, %s, %s)", *arguments) is False
        assert partition_of(owner, "quotes", "quote_id", made) == "projects.quotes_2044_02"
        # It kept its number, and still claims it.
        numbers = owner.execute(
            "SELECT quote_id FROM projects.quote_numbers WHERE quote_number = 'Q-far'"
        )
        assert numbers.fetchall() == [{"quote_id": made}]
        with pytest.raises(psycopg.errors.UniqueViolation), owner.transaction():
            quote(owner, store, of, "Q-far", far)
        owner.execute("DELETE FROM projects.quotes WHERE quote_id = %s", [made])
        numbers = owner.execute(
            "SELECT quote_id FROM projects.quote_numbers WHERE quote_number = 'Q-far'"
        )
        assert numbers.fetchall() == []


def test_partitions_are_made_once_by_several_at_once(database: Database) -> None:
    start = threading.Barrier(4)

    def run(_number: int) -> int:
        with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
            start.wait()
            made: int = one(connection, "SELECT projects.ensure_partitions(6)")
            return made

    with ThreadPoolExecutor(4) as pool:
        made = sorted(pool.map(run, range(4)))
    assert made[:3] == [0, 0, 0]


def test_a_quote_number_is_given_once_whatever_its_month(tx: Connection, store: UUID) -> None:
    of = project(tx, store)
    quote(tx, store, of, "Q-1", date(2026, 1, 5))
    with pytest.raises(psycopg.errors.UniqueViolation, match="quote_numbers"), tx.transaction():
        quote(tx, store, of, "Q-1", date(2026, 7, 5))


def test_two_at_once_do_not_get_one_quote_number(database: Database, store: UUID) -> None:
    with psycopg.connect(database.owner_url, row_factory=dict_row) as connection:
        of = project(connection, store)
    start = threading.Barrier(8)

    def run(worker: int) -> bool:
        with psycopg.connect(database.service_url, row_factory=dict_row) as connection:
            connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
            start.wait()
            try:
                quote(connection, store, of, "Q-1", date(2026, 1 + worker, 1))
            except psycopg.errors.UniqueViolation:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(run, range(8))) == [False] * 7 + [True]


def test_a_quote_keeps_its_number_when_it_moves_and_frees_it_when_it_changes(
    tx: Connection, store: UUID
) -> None:
    of = project(tx, store)
    made = quote(tx, store, of, "Q-1", date(2026, 1, 5))
    tx.execute("UPDATE projects.quotes SET quote_date = '2030-05-05' WHERE quote_id = %s", [made])
    numbers = "SELECT quote_number, quote_id FROM projects.quote_numbers"
    assert tx.execute(numbers).fetchall() == [{"quote_number": "Q-1", "quote_id": made}]
    tx.execute("UPDATE projects.quotes SET quote_number = 'Q-2' WHERE quote_id = %s", [made])
    assert tx.execute(numbers).fetchall() == [{"quote_number": "Q-2", "quote_id": made}]
    quote(tx, store, of, "Q-1", date(2026, 1, 5))
    tx.execute("DELETE FROM projects.quotes")
    assert tx.execute(numbers).fetchall() == []


@pytest.mark.parametrize(
    ("table", "key"),
    [("customers", "customer_id"), ("projects", "project_id")],
)
def test_updated_at_moves_with_a_change_and_only_then(
    table: str, key: str, database: Database, store: UUID
) -> None:
    with psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row) as owner:
        of = customer(owner, store)
        row = of if table == "customers" else project(owner, store, of)
        read = f"SELECT updated_at FROM projects.{table} WHERE {key} = %s"
        first = one(owner, read, row)
        time.sleep(0.002)
        owner.execute(f"UPDATE projects.{table} SET notes = notes WHERE {key} = %s".encode(), [row])
        assert one(owner, read, row) == first
        owner.execute(f"UPDATE projects.{table} SET notes = 'x' WHERE {key} = %s".encode(), [row])
        second = one(owner, read, row)
        assert second > first
        owner.execute(
            f"UPDATE projects.{table} SET updated_at = '2020-01-01Z' WHERE {key} = %s".encode(),
            [row],
        )
        assert one(owner, read, row) == datetime(2020, 1, 1, tzinfo=UTC)


def test_summaries_count_each_room_once_and_show_only_their_store(
    database: Database, owner: Connection, new_store: Any
) -> None:
    mine, other = new_store(None), new_store(None)
    made = {}
    for store in (mine, other):
        of = made[store] = project(owner, store)
        for area in (10, 20):
            room = one(
                owner,
                "INSERT INTO projects.project_rooms (store_id, project_id, room_type)"
                " VALUES (%s, %s, 'other') RETURNING room_id",
                store,
                of,
            )
            for price, status in ((3, "selected"), (5, "considered")):
                surface = one(
                    owner,
                    "INSERT INTO projects.surfaces (store_id, room_id, surface_type,"
                    " surface_area_sf) VALUES (%s, %s, 'floor', %s) RETURNING surface_id",
                    store,
                    room,
                    area,
                )
                owner.execute(
                    "INSERT INTO projects.selected_products (store_id, surface_id, product_sku,"
                    " product_type, total_price, selection_status)"
                    " VALUES (%s, %s, 'T', 'tile', %s, %s::projects.selection_status)",
                    [store, surface, price, status],
                )
    owner.execute("SELECT projects.refresh_summaries()")
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(mine)])
        summary = tx.execute(
            "SELECT project_id, first_name, room_count, total_sf, tile_budget"
            " FROM projects.customer_project_summary"
        ).fetchall()
        assert summary == [
            {
                "project_id": made[mine],
                "first_name": "Ann",
                "room_count": 2,
                "total_sf": Decimal(60),
                "tile_budget": Decimal(900),
            }
        ]
        totals = tx.execute(
            "SELECT project_id, project_total, surface_count FROM projects.project_totals"
        ).fetchall()
        assert totals == [
            {"project_id": made[mine], "project_total": Decimal(6), "surface_count": 2}
        ]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            tx.execute("SELECT * FROM projects.project_totals_data")
