"""The SQL functions of the kits model, alone and in races."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from tests.conftest import Connection, Database

STAGES = ["ORDER_CONFIRMED", "SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED"]


def one(connection: Connection, statement: str, *values: Any) -> Any:
    row = connection.execute(statement.encode(), values).fetchone()
    assert row is not None
    return next(iter(row.values()))


def as_service(database: Database, store: UUID) -> Connection:
    connection = psycopg.connect(database.service_url, row_factory=dict_row, autocommit=True)
    connection.execute("SELECT set_config('backshop.store_id', %s, false)", [str(store)])
    return connection


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Let `number` threads begin together."""
    start = threading.Barrier(number)

    def run(worker: int) -> Any:
        start.wait()
        return work(worker)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def customer(tx: Connection, store: UUID) -> UUID:
    found: UUID = one(
        tx,
        "INSERT INTO kits.customers (store_id, vendure_customer_id) VALUES (%s, %s) RETURNING id",
        store,
        uuid4().hex,
    )
    return found


def order(tx: Connection, store: UUID, code: str, **more: Any) -> UUID:
    values = {
        "store_id": store,
        "vendure_order_id": f"id of {code}",
        "order_code": code,
        "order_date": datetime(2026, 3, 1, tzinfo=UTC),
        "total_with_tax": 100,
        "currency": "LKR",
        **more,
    }
    found: UUID = one(
        tx,
        f"INSERT INTO kits.customer_orders_summary ({', '.join(values)})"
        f" VALUES ({', '.join(['%s'] * len(values))}) RETURNING id",
        *values.values(),
    )
    return found


def item(tx: Connection, store: UUID, of: UUID, **more: Any) -> None:
    values = {
        "store_id": store,
        "order_summary_id": of,
        "vendure_line_id": uuid4().hex,
        "product_sku": "KIT",
        "variant_sku": "KIT-M",
        "product_name": "Home kit",
        "variant_name": "M",
        "quantity": 1,
        "unit_price_with_tax": 50,
        "currency": "LKR",
        **more,
    }
    tx.execute(
        f"INSERT INTO kits.customer_order_items ({', '.join(values)})"
        f" VALUES ({', '.join(['%s'] * len(values))})".encode(),
        list(values.values()),
    )


def batch(tx: Connection, store: UUID, target: int = 4) -> UUID:
    found: UUID = one(
        tx,
        "INSERT INTO kits.import_batches (store_id, batch_number, target_order_count)"
        " VALUES (%s, kits.generate_batch_number(), %s) RETURNING id",
        store,
        target,
    )
    return found


def assign(tx: Connection, store: UUID, code: str, to: UUID) -> None:
    tx.execute(
        "INSERT INTO kits.order_batch_assignments (store_id, vendure_order_id, batch_id)"
        " VALUES (%s, %s, %s)",
        [store, f"id of {code}", to],
    )


# update_customer_statistics


def statistics(tx: Connection, of: UUID) -> tuple[Any, ...]:
    tx.execute("SELECT kits.update_customer_statistics(%s)", [of])
    row = tx.execute(
        "SELECT total_orders, total_spent, last_order_date, currency FROM kits.customers"
        " WHERE id = %s",
        [of],
    ).fetchone()
    assert row is not None
    return tuple(row.values())


def test_statistics_leave_out_cancellations_and_refunds(tx: Connection, store: UUID) -> None:
    of = customer(tx, store)
    assert statistics(tx, of) == (0, 0, None, None)
    late = datetime(2026, 5, 1, tzinfo=UTC)
    order(tx, store, "A", customer_id=of)
    order(tx, store, "B", customer_id=of, refunded_amount=30, order_date=late)
    order(tx, store, "C", customer_id=of, is_cancelled=True, order_date=datetime.now(UTC))
    order(tx, store, "D", customer_id=customer(tx, store))
    assert statistics(tx, of) == (2, Decimal(170), late, "LKR")
    tx.execute("UPDATE kits.customer_orders_summary SET is_cancelled = true")
    assert statistics(tx, of) == (0, 0, None, None)


def test_statistics_count_orders_that_arrive_together(database: Database, store: UUID) -> None:
    with as_service(database, store) as tx:
        of = customer(tx, store)

    def place(worker: int) -> None:
        with as_service(database, store) as tx:
            for number in range(10):
                with tx.transaction():
                    order(tx, store, f"{worker}-{number}", customer_id=of)
                    tx.execute("SELECT kits.update_customer_statistics(%s)", [of])

    at_once(8, place)
    with as_service(database, store) as tx:
        row = tx.execute("SELECT total_orders, total_spent FROM kits.customers").fetchone()
        assert row == {"total_orders": 80, "total_spent": Decimal(8000)}


# update_order_delivery_status


def move(tx: Connection, code: str, stage: str, *more: str | None) -> dict[str, Any]:
    statement = "SELECT (kits.update_order_delivery_status(%s, %s, %s, %s, %s)).*"
    values = [code, stage, *more, *[None] * (3 - len(more))]
    row = tx.execute(statement, values).fetchone()
    assert row is not None
    return row


def events(tx: Connection, code: str) -> list[tuple[Any, ...]]:
    rows = tx.execute(
        "SELECT sequence, stage, tracking_number, note, updated_by"
        " FROM kits.order_delivery_status_events WHERE order_code = %s ORDER BY sequence",
        [code],
    )
    return [tuple(row.values()) for row in rows]


def test_a_stage_is_set_with_its_history(tx: Connection, store: UUID) -> None:
    order(tx, store, "A")
    first = move(tx, "A", "ORDER_CONFIRMED", None, None, "system")
    assert (first["store_id"], first["stage"]) == (store, "ORDER_CONFIRMED")
    last = move(tx, "A", "DISPATCHED", "TE-1", "left the house", "Ann")
    assert (last["id"], last["tracking_number"]) == (first["id"], "TE-1")
    assert events(tx, "A") == [
        (1, "ORDER_CONFIRMED", None, None, "system"),
        (2, "DISPATCHED", "TE-1", "left the house", "Ann"),
    ]
    summary = tx.execute(
        "SELECT delivery_stage, tracking_number FROM kits.customer_orders_summary"
    ).fetchone()
    assert summary == {"delivery_stage": "DISPATCHED", "tracking_number": "TE-1"}


def test_repeating_a_change_adds_nothing(tx: Connection, store: UUID) -> None:
    first = move(tx, "A", "DISPATCHED", "TE-1", "left", "Ann")
    assert move(tx, "A", "DISPATCHED", "TE-1", "left", "Ann") == first
    assert move(tx, "A", "DISPATCHED", None, None, "Bob") == first
    assert len(events(tx, "A")) == 1


@pytest.mark.parametrize(
    ("stage", "tracking", "note"),
    [("DELIVERED", None, None), ("DISPATCHED", "TE-2", None), ("DISPATCHED", None, "wet")],
)
def test_any_change_is_an_event(
    stage: str, tracking: str | None, note: str | None, tx: Connection, store: UUID
) -> None:
    move(tx, "A", "DISPATCHED", "TE-1")
    row = move(tx, "A", stage, tracking, note)
    assert events(tx, "A")[1] == (2, stage, tracking or "TE-1", note, None)
    assert row["tracking_number"] == (tracking or "TE-1")


def test_an_unknown_stage_is_refused(tx: Connection, store: UUID) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        move(tx, "A", "LOST")


def test_racing_changes_leave_a_gapless_history_in_order(database: Database, store: UUID) -> None:
    with as_service(database, store) as tx:
        order(tx, store, "A")

    def push(worker: int) -> None:
        dice = random.Random(worker)
        with as_service(database, store) as tx:
            for _ in range(25):
                move(tx, "A", dice.choice(STAGES), dice.choice([None, "TE-1", "TE-2"]))

    at_once(8, push)
    with as_service(database, store) as tx:
        history = tx.execute(
            "SELECT sequence, stage, tracking_number, updated_at"
            " FROM kits.order_delivery_status_events ORDER BY sequence"
        ).fetchall()
        now = tx.execute(
            "SELECT stage, tracking_number, updated_at FROM kits.order_delivery_status"
        ).fetchone()
        summary = tx.execute(
            "SELECT delivery_stage, tracking_number FROM kits.customer_orders_summary"
        ).fetchone()
    assert [each["sequence"] for each in history] == list(range(1, len(history) + 1))
    assert 1 < len(history) <= 200
    times = [each["updated_at"] for each in history]
    assert times == sorted(times)
    for before, after in pairwise(history):
        assert (before["stage"], before["tracking_number"]) != (
            after["stage"],
            after["tracking_number"],
        )
    last = {name: value for name, value in history[-1].items() if name != "sequence"}
    assert last == now
    assert summary == {
        "delivery_stage": last["stage"],
        "tracking_number": last["tracking_number"],
    }


# generate_batch_number


def test_batch_numbers_count_by_store_and_day(
    database: Database, new_store: Callable[..., UUID]
) -> None:
    for _ in range(2):
        with as_service(database, new_store("vendure")) as tx:
            began = datetime.now(UTC)
            numbers = [one(tx, "SELECT kits.generate_batch_number()") for _ in range(3)]
            days = Counter(each.split("-")[0] for each in numbers)
            assert days.keys() <= {f"{at:%Y%m%d}" for at in (began, datetime.now(UTC))}
            assert numbers == [
                f"{day}-000{number + 1}" for day in sorted(days) for number in range(days[day])
            ]


def test_batch_numbers_grow_beyond_four_digits(tx: Connection, store: UUID) -> None:
    tx.execute(
        """INSERT INTO kits.batch_number_counters (store_id, day, last_number)
           SELECT %s, (now() AT TIME ZONE 'UTC')::date + ahead, 9998
           FROM generate_series(0, 1) AS ahead""",
        [store],
    )
    numbers = [one(tx, "SELECT kits.generate_batch_number()") for _ in range(3)]
    days = Counter(each.split("-")[0] for each in numbers)
    assert [each.split("-")[1] for each in numbers] == [
        f"{9999 + number}" for day in sorted(days) for number in range(days[day])
    ]


def test_batch_numbers_are_given_once_and_without_gaps(database: Database, store: UUID) -> None:
    def take(worker: int) -> list[str]:
        kept = []
        with as_service(database, store) as tx:
            for number in range(25):
                with tx.transaction(force_rollback=number % 3 == 0):
                    given = one(tx, "SELECT kits.generate_batch_number()")
                if number % 3:
                    kept.append(given)
        return kept

    given = [each for some in at_once(8, take) for each in some]
    assert len(given) == 8 * 16
    days = Counter(each.split("-")[0] for each in given)
    assert sorted(given) == [
        f"{day}-{number + 1:04d}" for day in sorted(days) for number in range(days[day])
    ]


# get_batch_statistics and export_supplier_purchase_list


def test_batch_statistics(tx: Connection, store: UUID) -> None:
    of = batch(tx, store, target=4)
    orders: dict[str, dict[str, Any]] = {
        "A": {},
        "B": {"total_with_tax": 50},
        "C": {"is_cancelled": True},
        "D": {"currency": "USD", "total_with_tax": 7},
    }
    for code, more in orders.items():
        item(tx, store, order(tx, store, code, **more), quantity=2)
        assign(tx, store, code, of)
    order(tx, store, "elsewhere")
    move(tx, "A", "DELIVERED", "TE-1")
    row = tx.execute("SELECT * FROM kits.get_batch_statistics(%s)", [of]).fetchone()
    assert row is not None
    number = row.pop("batch_number")
    assert number == one(tx, "SELECT batch_number FROM kits.import_batches")
    assert row == {
        "batch_id": of,
        "status": "collecting",
        "target_order_count": 4,
        "order_count": 3,
        "cancelled_count": 1,
        "item_count": 6,
        "total_value": {"LKR": 150, "USD": 7},
        "orders_by_stage": {"DELIVERED": 1, "ORDER_CONFIRMED": 2},
        "completion_percentage": Decimal("75.00"),
        "delivered_percentage": Decimal("33.33"),
    }


def test_statistics_of_an_empty_and_of_no_batch(tx: Connection, store: UUID) -> None:
    row = tx.execute("SELECT * FROM kits.get_batch_statistics(%s)", [batch(tx, store)]).fetchone()
    assert row is not None
    assert (row["order_count"], row["delivered_percentage"], row["total_value"]) == (0, 0, {})
    assert tx.execute("SELECT * FROM kits.get_batch_statistics(%s)", [uuid4()]).fetchall() == []


def purchase_list(tx: Connection, of: UUID) -> list[tuple[Any, ...]]:
    rows = tx.execute(
        "SELECT variant_sku, patch_type, print_name, print_number, quantity"
        " FROM kits.export_supplier_purchase_list(%s)"
        " ORDER BY variant_sku, patch_type NULLS FIRST, print_name NULLS FIRST",
        [of],
    )
    return [tuple(row.values()) for row in rows]


def test_the_purchase_list_adds_up_what_is_the_same(tx: Connection, store: UUID) -> None:
    of = batch(tx, store)
    first, second = order(tx, store, "A"), order(tx, store, "B")
    gone = order(tx, store, "C", is_cancelled=True)
    printed = {"print_name": "SILVA", "print_number": "10"}
    patched = {"patch_enabled": True, "patch_type": "league"}
    item(tx, store, first)
    item(tx, store, second, quantity=2, product_name="Home kit (new)")
    item(tx, store, first, **printed)
    item(tx, store, second, **printed, **patched)
    item(tx, store, second, variant_sku="KIT-L", quantity=5)
    item(tx, store, gone, quantity=9)
    for code in "ABC":
        assign(tx, store, code, of)
    wanted = [
        ("KIT-L", None, None, None, 5),
        ("KIT-M", None, None, None, 3),
        ("KIT-M", None, "SILVA", "10", 1),
        ("KIT-M", "league", "SILVA", "10", 1),
    ]
    assert purchase_list(tx, of) == wanted
    assert purchase_list(tx, of) == wanted
    assert one(tx, "SELECT count(*) FROM kits.supplier_purchase_lists") == 4


def test_two_exports_at_once_write_one_list(database: Database, store: UUID) -> None:
    with as_service(database, store) as tx:
        of = batch(tx, store)
        for code in "ABCD":
            item(tx, store, order(tx, store, code), variant_sku=f"KIT-{code}")
            assign(tx, store, code, of)

    def export(_worker: int) -> list[tuple[Any, ...]]:
        with as_service(database, store) as tx:
            return purchase_list(tx, of)

    lists = at_once(6, export)
    assert all(each == lists[0] for each in lists)
    assert len(lists[0]) == 4
    with as_service(database, store) as tx:
        assert one(tx, "SELECT count(*) FROM kits.supplier_purchase_lists") == 4


# cleanup_expired_otps


def test_expired_codes_are_cleaned_up(
    database: Database, owner: Connection, new_store: Callable[..., UUID]
) -> None:
    mine, other = new_store("vendure"), new_store("vendure")
    for store in (mine, other):
        for age in ("-1 second", "1 minute"):
            owner.execute(
                "INSERT INTO kits.otp_sessions (store_id, phone, otp_hash, session_id, expires_at)"
                " VALUES (%s, '94770000001', '-', %s, now() + %s::interval)",
                [store, uuid4().hex, age],
            )
    with as_service(database, mine) as tx:
        assert one(tx, "SELECT kits.cleanup_expired_otps()") == 1
        assert one(tx, "SELECT kits.cleanup_expired_otps()") == 0
        assert one(tx, "SELECT count(*) FROM kits.otp_sessions") == 1
    left = "SELECT count(*) FROM kits.otp_sessions WHERE store_id = %s"
    assert one(owner, left, other) == 2
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.all_stores', 'on', true)")
        tx.execute("SELECT kits.cleanup_expired_otps()")
        assert one(tx, left, other) == 1


# whose store


@pytest.mark.parametrize(
    "call",
    [
        "update_customer_statistics(gen_random_uuid())",
        "update_order_delivery_status('A', 'SOURCING')",
        "generate_batch_number()",
        "get_batch_statistics(gen_random_uuid())",
        "export_supplier_purchase_list(gen_random_uuid())",
    ],
)
def test_functions_refuse_a_transaction_without_a_store(
    call: str, database: Database, owner: Connection
) -> None:
    for connection in (psycopg.connect(database.service_url), owner):
        with pytest.raises(psycopg.errors.InvalidParameterValue, match="no store is set"):
            connection.execute(f"SELECT * FROM kits.{call}".encode())
        if connection is not owner:
            connection.close()


def test_functions_act_on_their_store_even_for_the_owner(
    owner: Connection, new_store: Callable[..., UUID]
) -> None:
    mine, other = new_store("vendure"), new_store("vendure")
    with owner.transaction(force_rollback=True):
        for store in (mine, other):
            owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
            move(owner, "A", "SOURCING", None, str(store))
        assert move(owner, "A", "ARRIVED")["store_id"] == other
        stages = owner.execute(
            "SELECT store_id, stage FROM kits.order_delivery_status WHERE store_id = ANY (%s)",
            [[mine, other]],
        ).fetchall()
    assert {row["store_id"]: row["stage"] for row in stages} == {
        mine: "SOURCING",
        other: "ARRIVED",
    }


# What is to be sent to the platform


def test_whoever_moves_a_stage_the_platform_is_told(tx: Connection, store: UUID) -> None:
    """The function itself marks the order, unless the platform is its caller; an order that nobody
    knows is at no platform."""
    order(tx, store, "A")
    marked = "SELECT to_repair FROM kits.order_delivery_status WHERE order_code = %s"
    move(tx, "A", "SOURCING", None, None, "a program")
    assert tx.execute(marked, ["A"]).fetchone() == {"to_repair": True}
    tx.execute("UPDATE kits.order_delivery_status SET to_repair = false")
    move(tx, "A", "ARRIVED")
    assert tx.execute(marked, ["A"]).fetchone() == {"to_repair": True}
    many = "SELECT FROM kits.update_order_delivery_statuses(ARRAY['A'], ARRAY['DISPATCHED'], ARRAY['T'], ARRAY[''], 'vendure', true)"
    tx.execute(many)
    assert tx.execute(marked, ["A"]).fetchone() == {"to_repair": False}
    move(tx, "of nobody", "SOURCING")
    assert tx.execute(marked, ["of nobody"]).fetchone() == {"to_repair": False}


def test_statistics_keep_currencies_apart(tx: Connection, store: UUID) -> None:
    of = customer(tx, store)
    late = datetime(2026, 5, 1, tzinfo=UTC)
    order(tx, store, "A", customer_id=of)
    order(tx, store, "B", customer_id=of, currency="KWD", order_date=late)
    number, spent, _, currency = statistics(tx, of)
    row = tx.execute("SELECT spent_by_currency FROM kits.customers WHERE id = %s", [of]).fetchone()
    assert number == 2
    assert (currency, spent) in {("LKR", 100), ("KWD", 100)}, "one of them alone"
    assert row
    assert set(row["spent_by_currency"]) == {"LKR", "KWD"}
