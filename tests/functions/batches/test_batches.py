"""Supplier batches through their routes, against the real database."""

from __future__ import annotations

import base64
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

import psycopg
import pytest
from backshop.aws import queues
from backshop.kits.batches import repository as batches
from backshop.kits.batches.models import PurchaseItem

from tests.backshop.kits.shop import Caller, add_orders, environments, transaction

WALK = ["orderedFromSupplier", "inTransit", "arrived", "dispatched", "completed"]


@pytest.fixture
def shop(new_store):
    return new_store("vendure")


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


def create(call: Caller, **body: Any) -> dict[str, Any]:
    status, batch = call("batches/create", body=body)
    assert status == 201, batch
    return batch


def assign(call: Caller, batch: dict[str, Any], codes: list[str]) -> dict[str, Any]:
    status, answer = call("batches/assign", id=batch["id"], body={"order_codes": codes})
    assert status == 200, answer
    return answer


def move(call: Caller, batch: dict[str, Any], status: str) -> tuple[int, Any]:
    return call("batches/move", id=batch["id"], body={"status": status})


def stages(owner, shop) -> dict[str, str]:
    rows = owner.execute(
        "SELECT order_code, stage FROM kits.order_delivery_status WHERE store_id = %s", [shop]
    )
    return {row["order_code"]: row["stage"] for row in rows}


def deliver(database, shop, codes: list[str], stage: str) -> None:
    with transaction(database, shop) as tx:
        for code in codes:
            tx.execute(
                "SELECT FROM kits.update_order_delivery_status(%s, %s, 'TE-1')", [code, stage]
            )


def cancel(database, shop, code: str) -> None:
    with transaction(database, shop) as tx:
        tx.execute(
            "UPDATE kits.customer_orders_summary SET is_cancelled = true WHERE order_code = %s",
            [code],
        )


def test_numbers_count_within_a_day_without_gap_or_repetition(call, shop):
    """Four environments make 25 each; some fail half-way, which takes no number."""
    call.module("batches")
    good = ("batches/create", {"body": {"target_order_count": 5}})
    bad = ("batches/create", {"body": {"target_order_count": 0}})
    with environments(call, 4) as staff:
        answers = staff.together([[good, bad] * 25] * 4)
    assert answers.count(201) == 100
    numbers: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        _, page = call("batches/list", query={"status": "collecting", **cursor})
        numbers += [batch["batch_number"] for batch in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    days = sorted({number[:8] for number in numbers})
    assert all(re.fullmatch(r"\d{8}-\d{4}", number) for number in numbers)
    assert numbers == sorted(numbers, reverse=True)
    for day in days:
        counted = sorted(int(number[9:]) for number in numbers if number[:8] == day)
        assert counted == list(range(1, len(counted) + 1))
    assert len(numbers) == 100


def test_the_walk_with_its_orders_following(call, owner, database, shop):
    codes = [f"KITS-{number}" for number in range(3)]
    add_orders(owner, shop, codes)
    batch = create(call, target_order_count=3)
    answer = assign(call, batch, codes)
    assert (answer["assigned"], answer["refused"]) == (3, [])
    deliver(database, shop, ["KITS-2"], "DISPATCHED")
    seen = []
    for status in WALK[:3]:
        assert move(call, batch, status)[0] == 200
        assert move(call, batch, status)[0] == 200, "repeating changes nothing"
        seen.append(stages(owner, shop))
    assert [each["KITS-0"] for each in seen] == ["SOURCING", "SOURCING", "ARRIVED"]
    assert {each["KITS-2"] for each in seen} == {"DISPATCHED"}, "never back"
    code, problem = move(call, batch, "dispatched")
    assert (code, problem["type"].split("#")[1]) == (409, "orders-not-there")
    assert problem["errors"] == [
        {"field": "KITS-0", "message": "is at ARRIVED"},
        {"field": "KITS-1", "message": "is at ARRIVED"},
    ]
    deliver(database, shop, codes[:2], "DISPATCHED")
    assert move(call, batch, "dispatched")[0] == 200
    assert move(call, batch, "completed")[0] == 409
    deliver(database, shop, codes, "DELIVERED")
    assert move(call, batch, "completed")[1]["status"] == "completed"
    rows = owner.execute(
        "SELECT key, count(*) AS number FROM backshop.outbox WHERE store_id = %s GROUP BY key",
        [shop],
    ).fetchall()
    assert {row["key"]: row["number"] for row in rows} == {"order:0": 2, "order:1": 2}
    _, shown = call("batches/show", id=batch["id"])
    statistics = shown["statistics"]
    assert statistics["order_count"] == 3
    assert float(statistics["completion_percentage"]) == 100
    assert float(statistics["delivered_percentage"]) == 100


def test_a_batch_does_not_jump_or_go_back(call, owner, shop):
    batch = create(call)
    assert move(call, batch, "arrived")[1]["type"].endswith("#batch-out-of-step")
    move(call, batch, "orderedFromSupplier")
    assert move(call, batch, "collecting")[0] == 409
    assert move(call, batch, "lost")[0] == 422


def test_why_an_order_stays_out_is_said(call, owner, database, shop):
    add_orders(owner, shop, [f"KITS-{number}" for number in range(5)])
    first, second = create(call), create(call)
    assign(call, first, ["KITS-0"])
    cancel(database, shop, "KITS-1")
    deliver(database, shop, ["KITS-2"], "ARRIVED")
    answer = assign(call, second, ["KITS-0", "KITS-1", "KITS-2", "KITS-3", "KITS-9", "KITS-3"])
    assert answer["assigned"] == 1
    assert {each["order_code"]: each["reason"] for each in answer["refused"]} == {
        "KITS-0": f"the order is in batch {first['batch_number']}",
        "KITS-1": "the order is cancelled",
        "KITS-2": "the order is at ARRIVED already",
        "KITS-9": "there is no order with this code",
    }
    again = assign(call, second, ["KITS-3"])
    assert again["refused"][0]["reason"] == "the order is in this batch already"
    assert again["batch"]["order_count"] == 1
    move(call, second, "orderedFromSupplier")
    status, problem = call("batches/assign", id=second["id"], body={"order_codes": ["KITS-4"]})
    assert (status, problem["type"].split("#")[1]) == (409, "batch-closed")


def test_four_environments_assign_the_same_orders_to_four_batches(call, owner, shop):
    codes = [f"KITS-{number}" for number in range(200)]
    add_orders(owner, shop, codes)
    batches = [create(call, target_order_count=50) for _ in range(4)]
    orders = [codes, codes[::-1], codes[100:] + codes[:100], codes[50:]]
    with environments(call, 4) as staff:
        for _ in range(3):
            assert set(
                staff.together(
                    [
                        [("batches/assign", {"id": batch["id"], "body": {"order_codes": each}})]
                        for batch, each in zip(batches, orders, strict=True)
                    ]
                )
            ) == {200}
    rows = owner.execute(
        """SELECT b.order_count, count(a.id) AS assigned, count(o.id) AS marked
           FROM kits.import_batches AS b
           LEFT JOIN kits.order_batch_assignments AS a ON a.batch_id = b.id
           LEFT JOIN kits.customer_orders_summary AS o
               ON o.batch_id = b.id AND o.vendure_order_id = a.vendure_order_id
           WHERE b.store_id = %s GROUP BY b.id, b.order_count""",
        [shop],
    ).fetchall()
    assert sum(row["order_count"] for row in rows) == 200
    assert all(row["order_count"] == row["assigned"] == row["marked"] for row in rows)


def test_a_cancelled_order_drops_out(call, owner, database, shop):
    codes = [f"KITS-{number}" for number in range(3)]
    add_orders(owner, shop, codes)
    batch = create(call, target_order_count=3)
    assign(call, batch, codes)
    cancel(database, shop, "KITS-1")
    _, shown = call("batches/show", id=batch["id"])
    assert (shown["order_count"], shown["statistics"]["order_count"]) == (2, 2)
    _, listed = call("batches/purchase_list", id=batch["id"], query={"format": "json"})
    assert [item["quantity"] for item in listed["items"]] == [2]
    for status in WALK[:3]:
        assert move(call, batch, status)[0] == 200
    assert stages(owner, shop)["KITS-1"] == "ORDER_CONFIRMED"
    deliver(database, shop, ["KITS-0", "KITS-2"], "DISPATCHED")
    assert move(call, batch, "dispatched")[0] == 200, "the cancelled one holds nobody up"


def test_an_order_that_staff_take_out_stays_out(call, owner, database, shop):
    batch = create(call, auto_assign=True)
    later = datetime.now(UTC) + timedelta(seconds=1)
    add_orders(owner, shop, ["KITS-1", "KITS-2"], placed_at=later)
    with transaction(database, shop) as tx:
        assert batches.assign_automatically(tx, ["1", "2"])() == 2
    status, shown = call("batches/unassign", id=batch["id"], code="KITS-1")
    assert (status, shown["order_count"]) == (200, 1)
    assert call("batches/unassign", id=batch["id"], code="KITS-1")[0] == 404
    with transaction(database, shop) as tx:
        assert batches.assign_automatically(tx, ["1", "2"])() == 0
    assert assign(call, batch, ["KITS-1"])["assigned"] == 1, "unless by hand"


def test_the_open_batch_takes_orders_placed_since(call, owner, database, shop):
    add_orders(owner, shop, ["KITS-1"], placed_at=datetime.now(UTC) - timedelta(days=1))
    batch = create(call, auto_assign=True, target_order_count=2)
    status, problem = call("batches/create", body={"auto_assign": True})
    assert (status, problem["type"].split("#")[1]) == (409, "auto-assign-taken")
    now = datetime.now(UTC) + timedelta(seconds=1)
    add_orders(owner, shop, ["KITS-2", "KITS-3"], placed_at=now)
    add_orders(owner, shop, ["KITS-4"], placed_at=now, stage="SOURCING")
    with transaction(database, shop) as tx:
        batches.assign_automatically(tx, ["1", "2", "3", "4"])
    rows = owner.execute(
        """SELECT order_code FROM kits.customer_orders_summary
           WHERE store_id = %s AND batch_id = %s ORDER BY 1""",
        [shop, batch["id"]],
    ).fetchall()
    assert [row["order_code"] for row in rows] == ["KITS-2", "KITS-3"]
    listed = owner.execute(
        "SELECT sum(quantity) AS number FROM kits.supplier_purchase_lists WHERE batch_id = %s",
        [batch["id"]],
    ).fetchone()
    assert listed["number"] == 2, "at the target count the purchase list is there"
    move(call, batch, "orderedFromSupplier")
    assert create(call, auto_assign=True)["auto_assign"] is True


# ------------------------------------------------------------------------- purchase list

FORMULA = '=HYPERLINK("https://example.com")'


@pytest.fixture
def ordered(call, owner, shop) -> dict[str, Any]:
    """A batch of 4 orders with plain, patched and printed shirts."""
    add_orders(owner, shop, ["KITS-1", "KITS-2"], items=[{"quantity": 2}])
    print_ = {"patch_enabled": True, "patch_type": "league", "print_name": "දිල්කි",
              "print_number": "07"}  # fmt: skip
    add_orders(owner, shop, ["KITS-3"], items=[print_, {"variant_sku": "SHIRT-L", "quantity": 3}])
    add_orders(owner, shop, ["KITS-4"], items=[print_, {"print_name": FORMULA}])
    batch = create(call, target_order_count=4)
    assign(call, batch, [f"KITS-{number}" for number in range(1, 5)])
    return batch


def as_text(answer: dict[str, Any]) -> bytes:
    assert answer["statusCode"] == 200
    return (
        base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    )


def test_the_list_adds_up_by_product_variant_patch_and_print(call, ordered, owner):
    stored = owner.execute(
        "SELECT * FROM kits.supplier_purchase_lists WHERE batch_id = %s", [ordered["id"]]
    ).fetchall()
    told = {
        (row["variant_sku"], row["patch_type"], row["print_name"]): row["quantity"]
        for row in stored
    }
    assert told == {
        ("SHIRT-M", None, None): 4,
        ("SHIRT-M", "league", "දිල්කි"): 2,
        ("SHIRT-M", None, FORMULA): 1,
        ("SHIRT-L", None, None): 3,
    }


def test_as_csv_for_spreadsheets(call, ordered):
    answer = call.raw("batches/purchase_list", id=ordered["id"], query={"format": "csv"})
    assert (
        f"purchase-list-{ordered['batch_number']}.csv" in answer["headers"]["Content-Disposition"]
    )
    content = as_text(answer)
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert sum(int(row["Quantity"]) for row in rows) == 10
    names = {row["Print name"] for row in rows}
    assert names == {"", "දිල්කි", f"'{FORMULA}"}, "no formula runs"
    assert {row["Print number"] for row in rows} == {"", "07"}


@pytest.mark.parametrize(
    "name, written",
    [
        ("=1+1", "'=1+1"),
        (" =1+1", "' =1+1"),
        ("\n@x", "'\n'@x"),
        ("\t-1", "'\t'-1"),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("A;=1+1", "A;'=1+1"),
    ],
)
def test_no_spelling_of_a_formula_runs(call, name, written):
    sheets = call.module("batches").sheets
    texts = dict.fromkeys(sheets.COLUMNS, "")
    item = PurchaseItem.model_validate(
        texts | {"quantity": 1, "patch_enabled": False, "print_name": name}
    )
    (row,) = csv.DictReader(io.StringIO(sheets.as_csv([item]).decode("utf-8-sig"), newline=""))
    assert row["Print name"] == written


def test_as_xlsx(call, ordered):
    answer = call.raw("batches/purchase_list", id=ordered["id"], query={"format": "xlsx"})
    assert "spreadsheetml" in answer["headers"]["Content-Type"]
    with zipfile.ZipFile(io.BytesIO(as_text(answer))) as book:
        assert book.testzip() is None
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        strings = book.read("xl/sharedStrings.xml").decode()
        assert ordered["batch_number"] in book.read("xl/workbook.xml").decode()
    assert "<f>" not in sheet, "no formula"
    assert "<hyperlink" not in sheet
    assert "දිල්කි" in strings
    assert sheet.count("<row ") == 6, "heading, four lines, total"


def test_the_list_is_frozen_when_it_was_ordered(call, ordered, database, shop):
    def quantities() -> int:
        _, shown = call("batches/purchase_list", id=ordered["id"], query={"format": "json"})
        return sum(item["quantity"] for item in shown["items"])

    cancel(database, shop, "KITS-1")
    assert quantities() == 8
    assert call("batches/export", id=ordered["id"])[0] == 200
    move(call, ordered, "orderedFromSupplier")
    cancel(database, shop, "KITS-2")
    assert quantities() == 8
    assert call("batches/export", id=ordered["id"])[0] == 409


@pytest.mark.parametrize("id", ["no-uuid", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_batch_is_a_404(call, id):
    assert call("batches/show", id=id)[0] == 404
    assert call("batches/move", id=id, body={"status": "arrived"})[0] == 404
    assert call("batches/assign", id=id, body={"order_codes": ["KITS-1"]})[0] == 404
    assert call("batches/purchase_list", id=id)[0] == 404


def test_queries_that_make_no_sense(call):
    assert call("batches/list", query={"status": "lost"})[0] == 400
    assert call("batches/list", query={"cursor": "; DROP"})[0] == 400
    assert call("batches/create", body={"target_order_count": "many"})[0] == 422


def test_a_move_that_loses_a_deadlock_is_made_again(call, owner, database, shop):
    """Somebody locks two orders of the batch in the other order, as a sync's page may. Who has
    waited for a second looks for deadlocks and loses: the move, unless this machine stood still."""
    call.module("batches")
    with environments(call, 1) as staff:
        for first in (1, 3, 5, 7):
            codes = [f"KITS-{first}", f"KITS-{first + 1}"]
            add_orders(owner, shop, codes)
            batch = create(call, target_order_count=5)
            assign(call, batch, codes)
            has_lost = lock_crosswise(staff, database, owner, batch, codes)
            assert staff.end() == [200]
            assert {stages(owner, shop)[code] for code in codes} == {"SOURCING"}
            if has_lost:
                return
    pytest.fail("the move never lost")


def lock_crosswise(staff, database, owner, batch, codes) -> bool:
    """Begin the move and lock its orders from the last to the first; whether the move lost."""
    lock = "SELECT FROM kits.customer_orders_summary WHERE order_code = %s FOR UPDATE"
    body = {"status": "orderedFromSupplier"}
    with psycopg.connect(database.owner_url) as other:
        other.execute(lock, [codes[1]])
        staff.begin([[("batches/move", {"id": batch["id"], "body": body})]])
        wait_until_waiting(owner)
        try:
            other.execute(lock, [codes[0]])
        except psycopg.errors.DeadlockDetected:
            return False
        finally:
            other.rollback()
    return True


def wait_until_waiting(owner) -> None:
    ends = perf_counter() + 10
    while perf_counter() < ends:
        row = owner.execute("SELECT count(*) AS number FROM pg_locks WHERE NOT granted").fetchone()
        if row["number"]:
            return
    raise AssertionError("the move never waited")


# ------------------------------------------------------------------------- size


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are sent meanwhile."""
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def count(self: Any, query: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(str(query))
        return execute(self, query, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(psycopg.Cursor, "execute", count)
        yield sent


def statements(call, owner, shop, monkeypatch, orders: int, first: int) -> dict[str, int]:
    """How many it takes to assign, export and move a batch of that many orders."""
    codes = [f"KITS-{number}" for number in range(first, first + orders)]
    add_orders(owner, shop, codes, items=[{"print_name": "KUMARI"}, {}])
    owner.execute("ANALYZE")  # as autovacuum does within a minute of such an import
    batch = create(call, target_order_count=2 * orders)
    steps = {
        "assign": lambda: assign(call, batch, codes),
        "export": lambda: call("batches/export", id=batch["id"]),
        "ordered": lambda: move(call, batch, "orderedFromSupplier"),
        "in transit": lambda: move(call, batch, "inTransit"),
        "arrived": lambda: move(call, batch, "arrived"),
    }
    found = {}
    for name, step in steps.items():
        with counted(monkeypatch) as sent:
            step()
            found[name] = len(sent)
    after = stages(owner, shop)
    assert {after[code] for code in codes} == {"ARRIVED"}
    return found


@pytest.mark.parametrize("orders", [500, pytest.param(10_000, marks=pytest.mark.slow)])
def test_a_large_batch_takes_as_many_statements_as_a_small_one(
    orders, call, owner, shop, monkeypatch
):
    """By statements, not by the clock: as many as a few orders take."""
    # The stand-in for SQS works in this process.
    monkeypatch.setattr(queues, "send_ordered", lambda url, messages: None)
    few = statements(call, owner, shop, monkeypatch, 10, first=1)
    many = statements(call, owner, shop, monkeypatch, orders, first=100_000)
    assert many == few


def test_a_repeated_key_makes_no_second_batch(call, shop):
    body = {"target_order_count": 5}
    first = call("batches/create", body=body, key="k1")
    assert first[0] == 201
    assert call("batches/create", body=body, key="k1") == first
    assert len(call("batches/list")[1]["items"]) == 1
    status, problem = call("batches/create", body={"target_order_count": 6}, key="k1")
    assert (status, problem["type"].split("#")[1]) == (422, "idempotency-key-reused")
    assert call("batches/create", body=body, key="k2")[1]["id"] != first[1]["id"]


def test_a_repeated_assignment_answers_the_same(call, owner, shop):
    add_orders(owner, shop, ["KITS-1"])
    batch = create(call, target_order_count=5)
    codes = {"order_codes": ["KITS-1", "KITS-2"]}
    first = call("batches/assign", id=batch["id"], body=codes, key="k1")
    assert first[1]["assigned"] == 1
    assert call("batches/assign", id=batch["id"], body=codes, key="k1") == first
    assert call("batches/assign", id=batch["id"], body=codes)[1]["assigned"] == 0


def test_money_and_times_have_one_form(call, owner, shop):
    add_orders(owner, shop, ["KITS-1"])
    batch = create(call, target_order_count=3)
    assign(call, batch, ["KITS-1"])
    _, shown = call("batches/show", id=batch["id"])
    assert shown["statistics"]["total_value"] == {"LKR": "5000.00"}
    assert shown["created_at"].endswith("Z")
    assert shown["updated_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "slug"),
    [
        ({"status": "lost"}, "bad-request"),
        ({"cursor": "20261120-0001"}, "bad-cursor"),
        ({"limit": "0"}, "bad-request"),
        ({"limit": "201"}, "bad-request"),
        ({"limit": "many"}, "bad-request"),
    ],
)
def test_lists_refuse_what_makes_no_sense(call, query, slug):
    status, problem = call("batches/list", query=query)
    assert (status, problem["type"].split("#")[1]) == (400, slug)


def test_an_unknown_format_is_named(call):
    batch = create(call)
    status, problem = call("batches/purchase_list", id=batch["id"], query={"format": "pdf"})
    assert status == 400
    assert [each["field"] for each in problem["errors"]] == ["format"]
    assert "xlsx" in problem["detail"]
