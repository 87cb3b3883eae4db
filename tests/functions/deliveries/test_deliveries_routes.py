"""PUT /orders/{code}/delivery and POST /deliveries/import against the real database."""

from __future__ import annotations

from time import perf_counter

import psycopg
import pytest

from tests.backshop.kits.shop import Caller, add_orders, environments

STAFF = "staff:7c9e6679-7425-40de-944b-e07fc1f90ae7"


@pytest.fixture
def shop(new_store, owner):
    made = new_store("vendure")
    add_orders(owner, made, ["KITS-1001", "KITS-1002", "KITS-1003"])
    return made


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


def put(call: Caller, stage: str, number: str | None = None, code: str = "KITS-1001", **more):
    body = {"stage": stage, **({"tracking_number": number} if number else {}), **more}
    return call("deliveries/update", code=code, body=body)


def tables(owner, shop, code: str) -> dict[str, tuple[str, str | None]]:
    """Stage and tracking number as each table has them."""
    found = owner.execute(
        """SELECT s.stage, s.tracking_number AS number, s.version,
               o.delivery_stage, o.tracking_number AS o_number, t.status, t.tracking_number AS t_number,
               t.carrier,
               (SELECT array_agg(e.sequence ORDER BY e.sequence)
                FROM kits.order_delivery_status_events AS e
                WHERE e.store_id = s.store_id AND e.order_code = s.order_code) AS sequences
           FROM kits.order_delivery_status AS s
           JOIN kits.customer_orders_summary AS o USING (store_id, order_code)
           JOIN kits.order_tracking AS t USING (store_id, vendure_order_id)
           WHERE s.store_id = %s AND s.order_code = %s""",
        [shop, code],
    ).fetchone()
    assert found["sequences"] == list(range(1, found["version"] + 1)), "gapless"
    assert found["carrier"] is None, "the store names no courier"
    return {
        "status": (found["stage"], found["number"]),
        "summary": (found["delivery_stage"], found["o_number"]),
        "tracking": (found["status"], found["t_number"]),
    }


def test_a_change_reaches_every_table_the_history_and_the_outbox(call, aws, owner, shop):
    status, answer = put(call, "SOURCING", note="asked the supplier")
    assert (status, answer["stage"], answer["version"]) == (200, "SOURCING", 2)
    assert put(call, "DISPATCHED", "TE-000012")[0] == 200
    assert tables(owner, shop, "KITS-1001") == {
        "status": ("DISPATCHED", "TE-000012"),
        "summary": ("DISPATCHED", "TE-000012"),
        "tracking": ("shipped", "TE-000012"),
    }
    _, shown = call("deliveries/show", code="KITS-1001")
    told = [(e["sequence"], e["stage"], e["note"], e["updated_by"]) for e in shown["events"]]
    assert told == [
        (1, "ORDER_CONFIRMED", None, "vendure"),
        (2, "SOURCING", "asked the supplier", STAFF),
        (3, "DISPATCHED", None, STAFF),
    ]
    rows = owner.execute(
        "SELECT key, kind, payload, status FROM backshop.outbox WHERE store_id = %s ORDER BY id",
        [shop],
    ).fetchall()
    assert [(r["key"], r["kind"], r["payload"], r["status"]) for r in rows] == [
        ("order:1001", "delivery_stage", {"order_code": "KITS-1001"}, "pending")
    ] * 2
    hints = aws.messages("OUTBOX_QUEUE_URL")
    assert hints == [{"store_id": str(shop), "key": "order:1001"}] * 2


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        ("ORDER_CONFIRMED", "confirmed"),
        ("SOURCING", "processing"),
        ("ARRIVED", "processing"),
        ("DISPATCHED", "shipped"),
        ("DELIVERED", "delivered"),
    ],
)
def test_order_tracking_follows(call, owner, shop, stage, status):
    assert put(call, stage, "TE-1")[0] == 200
    assert tables(owner, shop, "KITS-1001")["tracking"] == (status, "TE-1")


def test_repeating_adds_nothing(call, aws, owner, shop):
    for _ in range(3):
        assert put(call, "SOURCING")[1]["version"] == 2
    assert len(aws.messages("OUTBOX_QUEUE_URL")) == 1


def test_forward_only_unless_corrected_with_a_note(call, owner, shop):
    put(call, "DISPATCHED", "TE-1")
    status, problem = put(call, "SOURCING")
    assert (status, problem["type"].split("#")[1]) == (409, "delivery-goes-back")
    assert put(call, "SOURCING", correct=True)[0] == 422
    assert put(call, "SOURCING", correct=True, note="wrong parcel")[0] == 200
    assert tables(owner, shop, "KITS-1001")["status"] == ("SOURCING", None)
    assert put(call, "DISPATCHED")[0] == 422, "the wrong parcel's number is gone"


def test_a_change_that_was_decided_on_an_older_view_is_refused(call):
    seen = call("deliveries/show", code="KITS-1001")[1]["version"]
    assert put(call, "SOURCING", version=seen)[0] == 200
    status, problem = put(call, "ARRIVED", version=seen)
    assert (status, problem["type"].split("#")[1]) == (409, "delivery-changed")
    assert "SOURCING" in problem["detail"]
    assert put(call, "SOURCING", version=seen)[0] == 200, "the same change sent again"


def test_of_two_at_the_same_time_one_is_told(call, database, owner, shop):
    """Twenty rounds of two staff whose requests overlap: never two winners without a word."""
    call.module("deliveries")
    outcomes = []
    with environments(call, 2) as staff:
        for number in range(20):
            code = f"KITS-{2000 + number}"
            add_orders(owner, shop, [code])
            # Both requests begin while the order is held, so that they overlap for certain.
            with psycopg.connect(database.owner_url) as holder:
                holder.execute(
                    "SELECT FROM kits.customer_orders_summary WHERE order_code = %s FOR UPDATE",
                    [code],
                )
                bodies = [
                    {"stage": stage, "tracking_number": "TE-1"}
                    for stage in ("ARRIVED", "DISPATCHED")
                ]
                staff.begin(
                    [[("deliveries/update", {"code": code, "body": body})] for body in bodies]
                )
                two_wait = wait_for_two(owner)
            outcomes.append(sorted(staff.end()))
            assert two_wait
            tables(owner, shop, code)
    assert outcomes == [[200, 409]] * 20


def wait_for_two(owner) -> bool:
    began = perf_counter()
    while perf_counter() - began < 10:
        row = owner.execute("SELECT count(*) AS number FROM pg_locks WHERE NOT granted").fetchone()
        if row["number"] >= 2:
            return True
    return False


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"stage": "LOST"}, 422),
        ({"stage": "SOURCING", "tracking_number": ""}, 422),
        ({"stage": "SOURCING", "tracking_number": "<b>"}, 422),
        ({"stage": "SOURCING", "note": "\x00"}, 422),
        ({"stage": "SOURCING", "colour": "red"}, 422),
        ({}, 422),
        ("no json", 400),
    ],
)
def test_what_is_wrong_is_said(call, body, status):
    assert call("deliveries/update", code="KITS-1001", body=body)[0] == status


def test_unknown_cancelled_and_foreign_orders(call, owner, shop, new_store):
    assert put(call, "SOURCING", code="KITS-9")[0] == 404
    owner.execute(
        "UPDATE kits.customer_orders_summary SET is_cancelled = true WHERE store_id = %s"
        " AND order_code = 'KITS-1001'",
        [shop],
    )
    assert put(call, "SOURCING")[1]["type"].endswith("#order-cancelled")
    call.store = new_store("vendure")
    assert put(call, "SOURCING", code="KITS-1002")[0] == 404


def test_a_store_key_is_not_staff(call):
    request = call.request("deliveries/update", code="KITS-1001", body={"stage": "SOURCING"})
    request["requestContext"]["authorizer"]["lambda"] |= {
        "kind": "store", "store_id": str(call.store), "scopes": "store",
    }  # fmt: skip
    assert call.module("deliveries").handler(request, call.context)["statusCode"] == 403


# ------------------------------------------------------------------------- CSV


def upload(call: Caller, text: str):
    return call("deliveries/import", body=text)


def test_every_line_of_a_csv_is_answered(call, aws, owner, shop):
    put(call, "ARRIVED", code="KITS-1003")
    status, report = upload(
        call,
        "code,stage,tracking_number\n"
        "KITS-1001,DISPATCHED,TE-1\n"
        "KITS-1002,dispatched,\n"
        "KITS-1003,ARRIVED,\n"
        "KITS-1001,DELIVERED,TE-1\n"
        "KITS-9,SOURCING,\n"
        "KITS-1002,LOST,\n"
        ",SOURCING,\n",
    )
    assert status == 200
    assert [(each["line"], each["code"], each["result"]) for each in report["lines"]] == [
        (2, "KITS-1001", "changed"),
        (3, "KITS-1002", "refused"),
        (4, "KITS-1003", "unchanged"),
        (5, "KITS-1001", "refused"),
        (6, "KITS-9", "refused"),
        (7, "KITS-1002", "refused"),
        (8, "", "refused"),
    ]
    messages = {each["line"]: each["message"] for each in report["lines"]}
    assert "tracking_number" in messages[3]
    assert messages[5] == "this order is in line 2 already"
    assert messages[6] == "there is no order with this code"
    assert (report["changed"], report["unchanged"], report["refused"]) == (1, 1, 5)
    assert tables(owner, shop, "KITS-1001")["status"] == ("DISPATCHED", "TE-1")
    again = upload(call, "code,stage,tracking_number\nKITS-1001,DISPATCHED,TE-1\n")[1]
    assert (again["changed"], again["unchanged"]) == (0, 1)
    assert len(aws.messages("OUTBOX_QUEUE_URL")) == 2


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffcode;stage;tracking_number\r\nKITS-1001;Dispatched;TE-1\r\n",
        "tracking_number\tCode\tStage\nTE-1\tKITS-1001\tDISPATCHED\n",
        'code,stage,tracking_number,comment\n"KITS-1001", DISPATCHED ,TE-1,"a, b"\n\n',
    ],
)
def test_csv_as_spreadsheets_save_it(call, owner, shop, text):
    assert upload(call, text)[1]["changed"] == 1
    assert tables(owner, shop, "KITS-1001")["status"] == ("DISPATCHED", "TE-1")


@pytest.mark.parametrize("text", ["", "KITS-1001,DISPATCHED,TE-1", "code,stage\n", "\x00"])
def test_what_is_no_such_csv_is_said(call, text):
    status, problem = upload(call, text)
    assert status == 400
    assert "code,stage,tracking_number" in problem["detail"]


def test_a_code_with_nul_is_refused_alone(call):
    text = "code,stage,tracking_number\nKITS\0,SOURCING,\nKITS-1001,SOURCING,\n"
    status, report = upload(call, text)
    assert status == 200
    assert [each["result"] for each in report["lines"]] == ["refused", "changed"]


def test_bytes_that_are_no_utf8(call):
    request = call.request("deliveries/import")
    request |= {"body": "//79/A==", "isBase64Encoded": True}
    assert call.module("deliveries").handler(request, call.context)["statusCode"] == 400


def test_ten_thousand_lines_and_not_one_more(call, aws, owner, shop):
    codes = [f"KITS-{number}" for number in range(10_000, 20_000)]
    add_orders(owner, shop, codes)
    owner.execute("ANALYZE")  # as autovacuum does within a minute of such an import
    text = "code,stage,tracking_number\n" + "".join(f"{c},DISPATCHED,TE{c[5:]}\n" for c in codes)
    assert upload(call, text)[1]["changed"] == 10_000
    waiting = owner.execute(
        "SELECT count(*) AS number FROM backshop.outbox WHERE store_id = %s", [shop]
    ).fetchone()
    assert waiting["number"] == 10_000
    assert len(aws.messages("OUTBOX_QUEUE_URL")) == 10, "the sweep announces the others"
    assert upload(call, text + "KITS-1,SOURCING,\n")[0] == 400


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_a_separator_line_of_excel_is_no_heading(load, separator):
    """Excel writes and hides `sep=;` (PowerShell/PowerShell#7776)."""
    csv_file = load("deliveries").csv_file
    rows = [["code", "stage", "tracking_number"], ["A1", "DISPATCHED", "T1"]]
    text = f"sep={separator}\r\n" + "".join(separator.join(row) + "\r\n" for row in rows)
    [line] = csv_file.read(text.encode("utf-8-sig"))
    assert (line.number, line.code) == (3, "A1")
    assert (line.change.stage, line.change.tracking_number) == ("DISPATCHED", "T1")
