"""Nothing acknowledged is lost: Postgres is killed under load, four times, or twenty in the long
run.

Every delivery that got a 200 must be in the tables afterwards. The control acknowledges before it
stores; it must fail the same check, or the check would prove nothing.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from backshop import db
from backshop.aws import config, queues
from backshop.db import migrations
from backshop.stores import credentials

from local import postgres

CONTROL_ROUNDS = 8
SENDERS = 2
WORKERS = 2
SECRET = "s3cr3t"
PASSWORD = "for this test alone"
TEMPLATE = json.loads(
    (
        Path(__file__).parents[3]
        / "shops/recordings/woocommerce-11.0.1/webhooks/019_order.created.body"
    ).read_text()
)


class Killable:
    """A server that dies and comes back on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.server = postgres.start(folder)
        self.port = self.server.port

    def kill(self) -> None:
        os.kill(self.server.process.pid, signal.SIGKILL)
        self.server.process.wait()
        self.server.lock.close()
        self.server = postgres.start(self.folder, self.port)


@pytest.fixture
def killable(aws: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Killable]:
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    made = Killable(tmp_path / "postgres")
    postgres.create_database(made.server, PASSWORD)
    migrations.migrate(
        made.server.url("backshop_owner", PASSWORD),
        passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
        capability_key=b"a key for this test",
        say=lambda _line: None,
    )
    for role in ("service", "receive"):
        login = json.dumps({"username": f"backshop_{role}", "password": PASSWORD})
        config.client("secretsmanager").create_secret(Name=f"killable {role}", SecretString=login)
        monkeypatch.setenv(f"DATABASE_{role.upper()}_SECRET", f"killable {role}")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{made.port}/backshop")
    config.client("sqs").set_queue_attributes(
        QueueUrl=config.value("WEBHOOK_QUEUE_URL"), Attributes={"VisibilityTimeout": "5"}
    )
    config.reset()
    yield made
    db.close()
    postgres.stop(made.server)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_every_acknowledged_delivery_is_in_the_tables(kills, killable, load, event) -> None:
    acknowledged, stored = run(killable, load, event, kills)
    assert len(acknowledged) > 5 * kills, "the load was too small to prove anything"
    assert acknowledged - stored == set()


@pytest.mark.timeout(1800)
def test_the_control_that_acknowledges_first_loses_some(
    killable, load, event, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest = load("webhook_ingest")

    def store_without_a_queue(_url: str, body: str, **_group: str) -> None:
        record = {"messageId": "1", "body": body}
        threading.Thread(target=ingest.handler, args=({"Records": [record]}, None)).start()

    monkeypatch.setattr(queues, "send", store_without_a_queue)
    for _ in range(CONTROL_ROUNDS):
        acknowledged, stored = run(killable, load, event, 1)
        if acknowledged - stored:
            return
    pytest.fail("the check would not notice a loss")


def run(
    killable: Killable, load: Callable[[str], Any], event: Callable[[str], Any], kills: int
) -> tuple[set[int], set[int]]:
    """Send, ingest and kill at once; the orders acknowledged, and those in the tables in the
    end."""
    receive, ingest = load("webhook_receive"), load("webhook_ingest")
    id = connect(killable)
    stop = threading.Event()
    acknowledged: set[int] = set()
    numbers = iter(range(1, 1_000_000))
    lock = threading.Lock()

    def send() -> None:
        while not stop.is_set():
            with lock:
                number = next(numbers)
            if receive.handler(delivery(event, id, number), None)["statusCode"] == 200:
                acknowledged.add(number)
            time.sleep(0.05)
        db.close()

    def work() -> None:
        idle = 0
        while not stop.is_set() or idle < 60:
            idle = 0 if ingest_some(ingest) else idle + 1
        db.close()

    threads = [threading.Thread(target=send) for _ in range(SENDERS)]
    threads += [threading.Thread(target=work) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    chance = random.Random(20)
    for _ in range(kills):
        time.sleep(chance.uniform(0.2, 0.8))
        killable.kill()
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    time.sleep(0.5)
    return acknowledged, stored_orders(killable, id)


def ingest_some(ingest: Any) -> bool:
    """What Lambda does with a queue: hand over a batch, delete what did not fail."""
    url = config.value("WEBHOOK_QUEUE_URL")
    sqs = config.client("sqs")
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    if not messages:
        time.sleep(0.1)
        return False
    records = [{"messageId": each["MessageId"], "body": each["Body"]} for each in messages]
    answer = ingest.handler({"Records": records}, None)
    failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
    for message in messages:
        if message["MessageId"] not in failed:
            # Where the work took longer than the visibility timeout, it comes a second time.
            with suppress(sqs.exceptions.ReceiptHandleIsInvalid):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return True


def connect(killable: Killable) -> UUID:
    id = uuid4()
    sealed = credentials.seal(SECRET, id, "webhook_secret")
    with db.connect(killable.server.url("backshop_owner", PASSWORD)) as owner:
        owner.execute(
            "INSERT INTO backshop.stores (id, platform, store_url) VALUES (%s, 'woocommerce', %s)",
            (id, f"https://{id}.example.com"),
        )
        owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, webhook_secret)
               VALUES (%(id)s, %(id)s, 'woocommerce', %(url)s, '', '', %(sealed)s)""",
            {"id": id, "url": f"https://{id}.example.com", "sealed": sealed},
        )
        owner.execute(
            """INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)
               VALUES (%(id)s, %(id)s, %(url)s, 'no key')""",
            {"id": id, "url": f"https://{id}.example.com"},
        )
    return id


def delivery(event: Callable[[str], Any], id: UUID, number: int) -> dict[str, Any]:
    body = json.dumps(TEMPLATE | {"id": number}).encode()
    mac = hmac.new(SECRET.encode(), body, sha256).digest()
    request: dict[str, Any] = event("webhook_receive/woocommerce_order")
    request["rawPath"] = request["requestContext"]["http"]["path"] = f"/webhooks/{id}"
    request["pathParameters"] = {"connector_id": str(id)}
    request["body"] = body.decode()
    request["headers"]["x-wc-webhook-signature"] = base64.b64encode(mac).decode()
    return request


def stored_orders(killable: Killable, id: UUID) -> set[int]:
    """Order numbers that every context has."""
    with psycopg.connect(killable.server.url("backshop_owner", PASSWORD)) as owner:
        rows = owner.execute(
            """SELECT i.wc_order_id FROM insights.orders i
               JOIN connect.platform_order c
                 ON c.store_id = i.store_id AND c.order_id = i.wc_order_id::text
               WHERE i.store_id = %s""",
            (id,),
        ).fetchall()
    return {row[0] for row in rows}
