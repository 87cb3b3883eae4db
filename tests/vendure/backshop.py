"""backshop beside a real Vendure: deliveries go through webhook_receive, its queue and
webhook_ingest, syncs through their jobs, writes through the outbox."""

from __future__ import annotations

import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID, uuid4

import httpx
from backshop import db, outbox, platforms
from backshop.commerce import Platform
from backshop.stores import credentials
from backshop.sync import repository as sync
from backshop.sync import work
from backshop.sync.models import SHOP, JobKey, Run
from backshop.sync.rules import RunType

from tests.backshop.kits.shop import Caller
from tests.vendure import server

SECRET = "signs the deliveries of tests"
Json = dict[str, Any]


Arrived = dict[str, list[tuple[dict[str, str], bytes]]]
"""Deliveries by the path that they were posted to."""


@contextmanager
def listening() -> Iterator[tuple[str, Arrived]]:
    """An address on loopback that keeps what is posted to it. One for all tests: the plugin goes on
    trying addresses at which nobody is, and others wait meanwhile."""
    arrived: Arrived = defaultdict(list)

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            names = {name.lower(): value for name, value in self.headers.items()}
            arrived[self.path].append((names, self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Tests print nothing."""

    receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{receiver.server_port}", arrived
    finally:
        receiver.shutdown()
        receiver.server_close()


@dataclass
class Backshop:
    load: Callable[[str], Any]
    event: Callable[[str], Json]
    context: Any
    owner: Any
    aws: Any
    store: UUID = field(default_factory=uuid4)
    arrived: Arrived = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)
    """The events that arrived, by name."""

    def connect(
        self,
        store: UUID,
        shop: server.Vendure,
        username: str = "superadmin",
        password: str = "superadmin",
        **settings: Any,
    ) -> None:
        """Connect the server as this store; what its first sync says of it."""
        self.store = store
        self.channel: str | None = settings.get("channel")
        with suppress(server.VendureError, httpx.HTTPError):
            self.admin = shop.admin()
        plain = {"api_key": username, "secret": password, "webhook_secret": SECRET}
        sealed = {name: credentials.seal(value, store, name) for name, value in plain.items()}
        self.owner.execute(
            """INSERT INTO connect.connector_config
                 (id, store_id, platform, store_url, api_key, secret, webhook_secret)
               VALUES (%(id)s, %(id)s, 'vendure', %(url)s, %(api_key)s, %(secret)s,
                 %(webhook_secret)s)""",
            {"id": store, "url": f"{shop.url}", **sealed},
        )
        otp = {"countries": ["LK", "US"]}
        self.owner.execute(
            "UPDATE backshop.stores SET settings = settings || %s WHERE id = %s",
            [json.dumps({"otp": otp} | settings), store],
        )
        self.call = Caller(self.load, self.event, self.context, store)
        self.first_run = self.sync("full")

    def disconnect(self) -> None:
        """Nothing more is sent here."""
        Client = server.Client
        for client in (self.admin, Client(self.admin.url, self.channel, self.admin.token)):
            with suppress(server.VendureError, httpx.HTTPError):
                client.ask("mutation{setBackshopWebhooks(webhooks:[]){url}}")
        self.owner.execute("DELETE FROM connect.connector_config WHERE id = %s", [self.store])
        db.close()

    # -- coming in

    def sync(self, type: str = "incremental", *resources: str) -> Run:
        """A whole run, as it is shown afterwards."""
        named = resources or (SHOP, *platforms.load(Platform.VENDURE).resources)
        with db.transaction(store_id=self.store) as tx:
            run_id = sync.start(tx, RunType(type), named, datetime.now(UTC))
        assert run_id is not None, "a run is open already"
        for resource in named:
            key = JobKey(store_id=self.store, run_id=run_id, resource=resource)
            while work.work(key, work.clock(lambda: 600_000)).announce:
                pass
        with db.transaction(store_id=self.store) as tx:
            return sync.runs(tx, 1)[0]

    def take(self, until: Callable[[], bool], seconds: float = 30) -> None:
        """Hand deliveries on through both functions until it is so."""
        receive, ingest = self.call.module("webhook_receive"), self.call.module("webhook_ingest")
        ends_at = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < ends_at, f"it never came to be so; arrived: {self.seen[-20:]}"
            waiting = self.arrived.pop(f"/webhooks/{self.store}", [])
            for headers, body in waiting:
                self.seen.append(headers["x-vendure-event"])
                assert (
                    receive.handler(self._request(headers, body), self.context)["statusCode"] == 200
                )
            messages = self.aws.messages("WEBHOOK_QUEUE_URL")
            if messages:
                records = [
                    {"messageId": str(number), "body": json.dumps(each)}
                    for number, each in enumerate(messages)
                ]
                answer = ingest.handler({"Records": records}, self.context)
                assert answer == {"batchItemFailures": []}
            else:
                time.sleep(0.05)

    def _request(self, headers: dict[str, str], body: bytes) -> Json:
        path = f"/webhooks/{self.store}"
        return {
            "version": "2.0",
            "routeKey": "POST /webhooks/{connector_id}",
            "rawPath": path,
            "rawQueryString": "",
            "headers": headers,
            "pathParameters": {"connector_id": str(self.store)},
            "requestContext": {
                "http": {"method": "POST", "path": path, "sourceIp": "127.0.0.1"},
                "stage": "$default",
                "requestId": "test",
            },
            "body": body.decode(),
            "isBase64Encoded": False,
        }

    # -- going out

    def work_off(self, seconds: float = 30) -> None:
        """The sweep and the worker, until nothing is open."""
        writer, sweep = self.call.module("outbox_worker"), self.call.module("outbox_sweep")
        ends_at = time.monotonic() + seconds
        while True:
            sweep.follow_up(self.store)
            with db.transaction(store_id=self.store) as tx:
                rows = outbox.due(tx, datetime.now(UTC), 1000)
                open_rows = tx.execute(
                    "SELECT key, kind, response FROM backshop.outbox"
                    " WHERE status IN ('pending', 'sending') AND store_id = %s",
                    [self.store],
                ).fetchall()
            if not open_rows:
                return
            assert time.monotonic() < ends_at, open_rows
            for row in rows:
                while writer.work(self.store, row.key):
                    pass
            time.sleep(0.05)

    # -- looking

    def rows(self, table: str, where: str = "true", *values: Any) -> list[Json]:
        found: list[Json] = self.owner.execute(
            f"SELECT * FROM {table} WHERE store_id = %s AND {where}", [self.store, *values]
        ).fetchall()
        return found

    def order(self, id: str) -> Json | None:
        """The kits order."""
        found = self.rows("kits.customer_orders_summary", "vendure_order_id = %s", id)
        return found[0] if found else None
