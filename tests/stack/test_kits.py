"""Signature Kits on the whole stack: a local Vendure, its events, the public routes, the SMS inbox.

The first four tests are the flows of the data model (kits.md, "Data Flow"), in its words.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.rows import dict_row

from shops import vendure
from shops.running import RunningShop

PHONE = "94770000012"
STRANGER = "94770000013"
STAGES = ["ORDER_CONFIRMED", "SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED"]
SUBSCRIBE = """mutation($webhooks: [BackshopWebhookInput!]!) {
  setBackshopWebhooks(webhooks: $webhooks) { url } }"""
CUSTOMER = """mutation($input: CreateCustomerInput!) {
  createCustomer(input: $input) { ... on Customer { id } ... on ErrorResult { message } } }"""

Eventually = Callable[..., Any]


def graphql(server: RunningShop, query: str, **variables: Any) -> Any:
    answer = httpx.post(
        f"{server.url}/admin-api",
        json={"query": query, "variables": variables},
        headers={"vendure-api-key": server.credentials["api_key"]},
        timeout=20,
    ).json()
    assert "errors" not in answer, answer
    return answer["data"]


@dataclass
class Kits:
    """The connected shop, seen from all sides."""

    store: str
    server: RunningShop
    staff: httpx.Client
    anybody: httpx.Client
    stack: Any
    eventually: Eventually

    def place(self, *, phone: str = PHONE, **spec: Any) -> dict[str, Any]:
        """A checkout in Vendure, with the phone in its address."""
        address = {
            "first_name": "Kumari",
            "last_name": "Silva",
            "address1": "1 Galle Road",
            "city": "Colombo",
            "zip": "00300",
            "country_code": "LK",
            "phone": f"0{phone[2:]}",
        }
        return self.server.place_order(paid=True, phone=phone, address=address, **spec)

    def row(self, statement: str, *values: Any) -> dict[str, Any] | None:
        rows = self.rows(statement, *values)
        return rows[0] if rows else None

    def rows(self, statement: str, *values: Any) -> list[dict[str, Any]]:
        """What a table holds of this store: `%s` for each value, the store first."""
        url = self.stack.database_urls["owner"]
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(statement, [self.store, *values]).fetchall()

    def saved(self, code: str) -> dict[str, Any]:
        """The order here, once its event has come."""
        found: dict[str, Any] = self.eventually(
            lambda: self.row(
                """SELECT o.*, d.stage, d.version FROM kits.customer_orders_summary AS o
                   JOIN kits.order_delivery_status AS d USING (store_id, order_code)
                   WHERE o.store_id = %s AND o.order_code = %s""",
                code,
            )
        )
        return found

    def put(self, code: str, **change: Any) -> httpx.Response:
        return self.staff.put(f"/orders/{code}/delivery", json=change)

    def prove(self, phone: str) -> dict[str, str]:
        """Go through the phone check; the header that the shopper sends from then on."""
        sent = self.anybody.post("/otp/send", json={"phone": f"+{phone}"})
        assert sent.status_code == 202, sent.text

        def text() -> str | None:
            found = self.anybody.get("/local/sms").json()
            texts = [each["text"] for each in found if each["to"].lstrip("+") == phone]
            return next((each for each in texts if "@kits.example.com #" in each), None)

        code = self.eventually(text).rsplit("#", 1)[1]
        proof = self.anybody.post(
            "/otp/verify", json={"session_id": sent.json()["session_id"], "code": code}
        )
        assert proof.status_code == 200, proof.text
        return {"Authorization": f"Bearer {proof.json()['token']}"}

    def settled(self, seconds: float = 60) -> None:
        """Wait until every event has been taken in and everything has gone out. The sweep comes
        every minute by itself; it is called where it is what everything waits for."""
        swept = time.monotonic()

        def nothing_open() -> bool:
            nonlocal swept
            assert self.server.idle()
            queues = ("webhook-queue", "outbox-worker-queue.fifo")
            waiting = sum(self._waiting(name) for name in queues)
            row = self.row(
                """SELECT (SELECT count(*) FROM backshop.outbox WHERE store_id = s.id
                           AND status IN ('pending', 'sending')) AS rows,
                          (SELECT count(*) FROM kits.order_delivery_status
                           WHERE store_id = s.id AND (to_repair OR to_tell)) AS follow_ups
                   FROM backshop.stores AS s WHERE id = %s"""
            )
            assert row is not None
            late = row["rows"] and time.monotonic() - swept > 5
            if not waiting and (row["follow_ups"] or late):
                self.stack.command("invoke", "outbox_sweep", "{}")
                swept = time.monotonic()
            return not (waiting or row["rows"] or row["follow_ups"])

        self.eventually(nothing_open, seconds)

    def _waiting(self, name: str) -> int:
        sqs = self.stack.aws("sqs")
        urls = sqs.list_queues().get("QueueUrls", [])
        [url] = [each for each in urls if _plain(each).endswith(_plain(name))]
        said = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
            ],
        )["Attributes"]
        return sum(int(number) for number in said.values())


def _plain(name: str) -> str:
    return name.lower().replace("-", "").replace("_", "")


@pytest.fixture(scope="module")
def server() -> Iterator[RunningShop]:
    with vendure.running(
        orders=0, customers=2, products=6, catalogue="kits", places="sri-lanka", currency="LKR",
        time_scale=0.01, delivery_delay=0.05, duplicates=0.2,
    ) as running:  # fmt: skip
        yield running


@pytest.fixture(scope="module")
def connected(stack: Any, server: RunningShop) -> dict[str, Any]:
    """The shop, connected, its events coming."""
    with stack.http(headers={"Authorization": f"Bearer {stack.staff_key}"}) as staff:
        made = staff.post(
            "/connectors",
            json={
                "platform": "vendure",
                "store_url": server.url,
                "api_key": server.credentials["api_key"],
                "secret": "none",
                "name": "Signature Kits",
                "settings": {
                    "currency": "LKR",
                    "time_zone": "Asia/Colombo",
                    "otp": {"domain": "kits.example.com", "resend_seconds": 0},
                },
            },
        )
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.json()
    to = {"url": f"{stack.base_url}/webhooks/{body['id']}", "secret": body["webhook_secret"]}
    graphql(server, SUBSCRIBE, webhooks=[to])
    return body


@pytest.fixture
def kits(
    stack: Any, server: RunningShop, connected: dict[str, Any], eventually: Eventually
) -> Iterator[Kits]:
    named = {"X-Store-Id": str(connected["id"])}
    as_staff = {"Authorization": f"Bearer {stack.staff_key}", **named}
    with stack.http(headers=as_staff) as staff, stack.http(headers=named) as anybody:
        yield Kits(str(connected["id"]), server, staff, anybody, stack, eventually)


def test_customer_registration(kits: Kits) -> None:
    # 1. Customer created in Vendure
    made = graphql(
        kits.server,
        CUSTOMER,
        input={
            "firstName": "Nimal",
            "lastName": "Perera",
            "emailAddress": "nimal@example.com",
            "phoneNumber": "077 000 0044",
        },
    )
    identity = made["createCustomer"]["id"]

    # 2. it is synced to the `customers` table
    def customer() -> dict[str, Any] | None:
        return kits.row(
            "SELECT * FROM kits.customers WHERE store_id = %s AND vendure_customer_id = %s",
            identity,
        )

    row = kits.eventually(customer)
    assert (row["email"], row["phone_number"]) == ("nimal@example.com", "94770000044")
    assert (row["phone_verified"], row["total_orders"], row["is_active"]) == (False, 0, True)
    # 3. Addresses synced to `customer_addresses`
    started = kits.staff.post(f"/connectors/{kits.store}/syncs", json={"type": "full"})
    assert started.status_code in (202, 409), started.text
    settled = [each for each in kits.server.state()["customers"] if each["address"]["address1"]]
    assert settled

    def addresses() -> bool:
        rows = kits.rows(
            """SELECT c.vendure_customer_id, a.street_line1, a.city
               FROM kits.customer_addresses AS a
               JOIN kits.customers AS c ON c.store_id = a.store_id AND c.id = a.customer_id
               WHERE a.store_id = %s"""
        )
        here = {(r["vendure_customer_id"], r["street_line1"], r["city"]) for r in rows}
        there = {
            (str(each["id"]), each["address"]["address1"], each["address"]["city"])
            for each in settled
        }
        return there <= here

    kits.eventually(addresses, 60)
    # A phone that is proved is verified in the table.
    kits.prove("94770000044")
    assert kits.eventually(customer)["phone_verified"] is True


def test_order_placement(kits: Kits) -> None:
    batch = kits.staff.post("/batches", json={"target_order_count": 50, "auto_assign": True})
    assert batch.status_code == 201, batch.text
    # 1. Order created in Vendure
    order = kits.place(email="kumari@example.com")
    # 2. it is synced to `customer_orders_summary`
    summary = kits.saved(order["code"])
    assert summary["vendure_order_id"] == str(order["id"])
    assert summary["total_with_tax"] * 100 == order["total"]
    assert (summary["currency"], summary["phone_number"]) == ("LKR", PHONE)
    # 3. Order items synced to `customer_order_items`
    items = kits.rows(
        "SELECT * FROM kits.customer_order_items WHERE store_id = %s AND order_summary_id = %s",
        summary["id"],
    )
    assert sum(item["quantity"] for item in items) == sum(
        line["quantity"] for line in order["lines"]
    )
    # 4. Customer statistics updated
    customer = kits.row(
        "SELECT * FROM kits.customers WHERE store_id = %s AND id = %s", summary["customer_id"]
    )
    assert customer is not None
    assert (customer["total_orders"], customer["total_spent"]) == (1, summary["total_with_tax"])
    assert customer["last_order_date"] == summary["order_date"]
    # 5. Order assigned to batch
    shown = kits.staff.get(f"/batches/{batch.json()['id']}").json()
    assert str(summary["batch_id"]) == shown["id"]
    assert shown["order_count"] >= 1
    # 6. Delivery status initialized to ORDER_CONFIRMED
    assert summary["stage"] == "ORDER_CONFIRMED"
    # A refund and a cancellation are in the statistics right after.
    kits.server.refund(order["id"], amount=100)
    kits.eventually(
        lambda: kits.row(
            "SELECT 1 AS seen FROM kits.customers WHERE store_id = %s AND id = %s"
            " AND total_spent = %s",
            summary["customer_id"],
            summary["total_with_tax"] - 1,
        )
    )
    kits.server.cancel(order["id"])
    kits.eventually(
        lambda: kits.row(
            "SELECT 1 AS seen FROM kits.customers WHERE store_id = %s AND id = %s"
            " AND total_orders = 0 AND total_spent = 0",
            summary["customer_id"],
        )
    )
    assert kits.saved(order["code"])["batch_id"] is None, "a cancelled order drops out"
    moved = kits.staff.put(
        f"/batches/{batch.json()['id']}/status", json={"status": "orderedFromSupplier"}
    )
    assert moved.status_code == 200, moved.text


def test_delivery_tracking(kits: Kits) -> None:
    order = kits.place(email="kumari@example.com")
    code = order["code"]
    kits.saved(code)
    shopper = kits.prove(PHONE)
    agreed = kits.anybody.put(f"/orders/{code}/sms", headers=shopper, json={"agreed": True})
    assert agreed.status_code == 200, agreed.text
    # 1. Admin updates `deliveryStage` in Vendure Order custom field
    kits.server.edit_order(order["id"], custom={"deliveryStage": "ARRIVED"})
    # 2. it is synced to `order_delivery_status`
    kits.eventually(lambda: kits.saved(code)["stage"] == "ARRIVED")
    # 3. History entry created in `order_delivery_status_events`
    history = kits.staff.get(f"/orders/{code}/delivery").json()["events"]
    assert [(each["stage"], each["updated_by"]) for each in history] == [
        ("ORDER_CONFIRMED", "vendure"),
        ("ARRIVED", "vendure"),
    ]
    # … and the other way round: a change here arrives in Vendure.
    assert kits.put(code, stage="DISPATCHED", tracking_number="TE-000012").status_code == 200
    kits.eventually(
        lambda: kits.server.order(order["id"])["custom"].get("deliveryStage") == "DISPATCHED"
    )
    assert kits.server.order(order["id"])["custom"]["trackingNumber"] == "TE-000012"
    # 4. Customer views status via `/orders/[code]` with phone validation
    shown = kits.anybody.get(f"/orders/{code}", headers=shopper).json()
    assert (shown["stage"], shown["tracking_number"]) == ("DISPATCHED", "TE-000012")
    assert [each["done"] for each in shown["steps"]] == [True, True, True, True, False]
    assert sum(item["quantity"] for item in shown["items"]) == sum(
        line["quantity"] for line in order["lines"]
    )
    kits.settled()
    told = [
        each["text"]
        for each in kits.anybody.get("/local/sms").json()
        if code in each["text"] and each["to"].lstrip("+") == PHONE
    ]
    assert any("TE-000012" in text for text in told)
    assert len(told) == len(set(told)), "each once"
    # Its own echo added nothing.
    assert [each["sequence"] for each in kits.staff.get(f"/orders/{code}/delivery").json()["events"]] == [
        1, 2, 3,
    ]  # fmt: skip

    # A stranger checks out as a guest with this e-mail address: the history stays closed to them.
    kits.place(phone=STRANGER, email="kumari@example.com")
    kits.server.edit_order(order["id"], note="call first")
    kits.settled()
    other = kits.prove(STRANGER)
    assert kits.anybody.get(f"/orders/{code}", headers=other).status_code == 404
    assert kits.anybody.get(f"/orders/{code}", headers=shopper).status_code == 200
    assert kits.anybody.get(f"/orders/{code}").status_code == 401


def test_batch_management(kits: Kits) -> None:
    orders = [kits.place(email=f"fan{number}@example.com") for number in range(3)]
    codes = [order["code"] for order in orders]
    for code in codes:
        kits.saved(code)
    # 1. Admin creates import batch
    batch = kits.staff.post("/batches", json={"target_order_count": 3}).json()
    path = f"/batches/{batch['id']}"
    # 2. Orders assigned to batch via `order_batch_assignments`
    assigned = kits.staff.post(f"{path}/orders", json={"order_codes": codes}).json()
    assert assigned["assigned"] == 3, assigned
    # 3. When batch reaches threshold, export to `supplier_purchase_lists`
    listed = kits.rows(
        "SELECT * FROM kits.supplier_purchase_lists WHERE store_id = %s AND batch_id = %s",
        batch["id"],
    )
    pieces = sum(line["quantity"] for order in orders for line in order["lines"])
    assert sum(item["quantity"] for item in listed) == pieces
    sheet = kits.staff.get(f"{path}/purchase-list", params={"format": "xlsx"})
    assert sheet.content[:2] == b"PK"
    # 4. Batch status updated through lifecycle
    for status, stage in (
        ("orderedFromSupplier", "SOURCING"),
        ("inTransit", "SOURCING"),
        ("arrived", "ARRIVED"),
    ):
        moved = kits.staff.put(f"{path}/status", json={"status": status})
        assert moved.status_code == 200, moved.text
        assert {kits.saved(code)["stage"] for code in codes} == {stage}
    kits.settled()
    held = {kits.server.order(order["id"])["custom"]["deliveryStage"] for order in orders}
    assert held == {"ARRIVED"}
    waits = kits.staff.put(f"{path}/status", json={"status": "dispatched"})
    assert waits.status_code == 409
    assert {each["field"] for each in waits.json()["errors"]} == set(codes)
    lines = "".join(f"{code},DISPATCHED,TE-{number}\n" for number, code in enumerate(codes))
    report = kits.staff.post(
        "/deliveries/import",
        content=f"code,stage,tracking_number\n{lines}",
        headers={"Content-Type": "text/csv"},
    ).json()
    assert report["changed"] == 3, report
    assert kits.staff.put(f"{path}/status", json={"status": "dispatched"}).status_code == 200
    for code in codes:
        assert kits.put(code, stage="DELIVERED").status_code == 200
    assert kits.staff.put(f"{path}/status", json={"status": "completed"}).status_code == 200


def test_a_shoppers_token_opens_no_staff_route_and_no_other_order(kits: Kits) -> None:
    mine, theirs = kits.place(), kits.place(phone=STRANGER)
    kits.saved(mine["code"])
    kits.saved(theirs["code"])
    shopper = kits.prove(PHONE)
    routes = [
        ("GET", f"/orders/{theirs['code']}", None),
        ("PUT", f"/orders/{theirs['code']}/sms", {"agreed": True}),
        ("GET", f"/orders/{mine['code']}/delivery", None),
        ("PUT", f"/orders/{mine['code']}/delivery", {"stage": "SOURCING"}),
        ("POST", "/deliveries/import", None),
        ("GET", "/batches", None),
        ("POST", "/batches", {}),
        ("GET", "/outbox", None),
        ("GET", "/connectors", None),
    ]
    for method, path, body in routes:
        answer = kits.anybody.request(method, path, json=body, headers=shopper)
        assert answer.status_code in (401, 403, 404), (method, path, answer.text)
        assert STRANGER not in answer.text
    assert kits.anybody.get(f"/orders/{mine['code']}", headers=shopper).status_code == 200


# ------------------------------------------------------------------------- everybody at once


def play(kits: Kits, rounds: int, seed: int) -> list[dict[str, Any]]:
    """Two staff and Vendure's own admin change the same order at the same time, ten rounds an
    order. Staff take one in five back with a note."""
    dice = random.Random(seed)
    orders: list[dict[str, Any]] = []

    def staff_change(code: str, stage: str, correct: bool, name: str) -> int:
        body: dict[str, Any] = {"stage": stage}
        if stage in STAGES[3:]:
            body["tracking_number"] = "TE-1"
        if correct:
            body |= {"correct": True, "note": name}
        return kits.put(code, **body).status_code

    def vendure_change(order_id: int, stage: str) -> int:
        number = "TE-1" if stage in STAGES[3:] else None
        kits.server.edit_order(order_id, custom={"deliveryStage": stage, "trackingNumber": number})
        return 200

    with ThreadPoolExecutor(3) as pool:
        for number in range(rounds):
            if number % 10 == 0:
                orders.append(kits.place())
                kits.saved(orders[-1]["code"])
            order = orders[-1]
            started = [
                pool.submit(
                    staff_change, order["code"], dice.choice(STAGES), dice.random() < 0.2, name
                )
                for name in ("first", "second")
            ]
            if dice.random() < 0.5:
                started.append(pool.submit(vendure_change, order["id"], dice.choice(STAGES)))
            assert {each.result() for each in started} <= {200, 409, 422}
    return orders


def check(kits: Kits, order: dict[str, Any]) -> None:
    """One truth in every table and in Vendure, and a history that leads to it."""
    code = order["code"]
    row = kits.row(
        """SELECT s.stage, s.tracking_number, s.version, o.delivery_stage, o.tracking_number AS o_number,
               t.status, t.tracking_number AS t_number
           FROM kits.order_delivery_status AS s
           JOIN kits.customer_orders_summary AS o USING (store_id, order_code)
           JOIN kits.order_tracking AS t USING (store_id, vendure_order_id)
           WHERE s.store_id = %s AND s.order_code = %s""",
        code,
    )
    assert row is not None
    held = (row["stage"], row["tracking_number"])
    assert (row["delivery_stage"], row["o_number"]) == held
    words = ["confirmed", "processing", "processing", "shipped", "delivered"]
    assert (row["status"], row["t_number"]) == (words[STAGES.index(row["stage"])], held[1])
    custom = kits.server.order(order["id"])["custom"]
    if row["version"] > 1 or custom:
        assert (custom.get("deliveryStage"), custom.get("trackingNumber")) == held
    events = kits.rows(
        """SELECT * FROM kits.order_delivery_status_events
           WHERE store_id = %s AND order_code = %s ORDER BY sequence""",
        code,
    )
    assert [event["sequence"] for event in events] == list(range(1, row["version"] + 1))
    times = [event["updated_at"] for event in events]
    assert times == sorted(times)
    states = [(event["stage"], event["tracking_number"]) for event in events]
    assert states[-1] == held
    for number in range(1, len(events)):
        assert states[number] != states[number - 1], "every event is a change"
        back = STAGES.index(states[number][0]) < STAGES.index(states[number - 1][0])
        assert not back or events[number]["note"], "back only by a correction"


def everybody_at_once(kits: Kits, rounds: int, seed: int) -> None:
    kits.settled()
    before = len(kits.server.control("field_writes"))
    last = kits.row("SELECT coalesce(max(id), 0) AS id FROM backshop.outbox WHERE store_id = %s")
    assert last is not None
    orders = play(kits, rounds, seed)
    kits.settled(120)
    for order in orders:
        check(kits, order)
    rows = kits.rows(
        """SELECT key, status, attempts, response FROM backshop.outbox
           WHERE store_id = %s AND kind = 'delivery_stage' AND id > %s""",
        last["id"],
    )
    assert {row["status"] for row in rows} == {"done"}
    sent = [row for row in rows if row["response"]["sent"]]
    writes = kits.server.control("field_writes")[before:]
    assert len(writes) >= len(sent)
    last_given: dict[int, Any] = {}
    for write in writes:
        again = write["given"] == last_given.get(write["order"])
        assert not (again and write["given"] == write["held"]), f"sent twice: {write}"
        last_given[write["order"]] = write["given"]
    print(f"{rounds} rounds, {len(orders)} orders, {len(rows)} rows, {len(writes)} writes")


def test_twenty_rounds_of_everybody_at_once(kits: Kits) -> None:
    everybody_at_once(kits, 20, seed=5)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_500_rounds_of_everybody_at_once(kits: Kits) -> None:
    everybody_at_once(kits, 500, seed=4)
