"""A kits shop with orders, as projections would have saved them, and ways to call its functions."""

from __future__ import annotations

import copy
import json
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any
from uuid import UUID

import psycopg
from backshop import db
from psycopg.rows import dict_row

PHONE = "94770000012"
OTHER_PHONE = "94770000013"

Connection = psycopg.Connection[dict[str, Any]]


@contextmanager
def transaction(database: Any, store: UUID) -> Iterator[Connection]:
    """A transaction of the handlers' login on a store; commits."""
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:
        connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
        yield connection


def add_orders(
    owner: Connection,
    store: UUID,
    codes: Sequence[str],
    *,
    phone: str = PHONE,
    stage: str = "ORDER_CONFIRMED",
    items: Sequence[dict[str, Any]] = (),
    placed_at: datetime | None = None,
) -> None:
    """Orders with their items and first delivery event. The id of `KITS-12` is `12`.

    On a connection of its own: one that has seen the tables small checks references by reading them
    whole until they are analyzed.
    """
    with _like(owner) as connection:
        _insert_orders(connection, store, codes, phone, stage, items, placed_at)


def _like(connection: Connection) -> Connection:
    info = connection.info
    return psycopg.connect(
        host=info.host,
        port=info.port,
        dbname=info.dbname,
        user=info.user,
        password=info.password,
        row_factory=dict_row,
    )


def _insert_orders(
    owner: Connection,
    store: UUID,
    codes: Sequence[str],
    phone: str,
    stage: str,
    items: Sequence[dict[str, Any]],
    placed_at: datetime | None,
) -> None:
    with owner.transaction():
        owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
        owner.execute(
            """INSERT INTO kits.customer_orders_summary
                   (store_id, vendure_order_id, order_code, order_date, total_with_tax, currency,
                    phone_number)
               SELECT %s, split_part(code, '-', 2), code, %s, 5000, 'LKR', %s
               FROM unnest(%s::text[]) AS code""",
            [store, placed_at or datetime.now(UTC), phone, list(codes)],
        )
        for number, item in enumerate(items or [{}]):
            said = {"product_sku": "SHIRT", "variant_sku": "SHIRT-M", "quantity": 1, **item}
            owner.execute(
                """INSERT INTO kits.customer_order_items
                       (store_id, order_summary_id, vendure_line_id, product_sku, variant_sku,
                        product_name, variant_name, quantity, unit_price_with_tax, currency,
                        patch_enabled, patch_type, print_name, print_number)
                   SELECT store_id, id, vendure_order_id || '-' || %s, %s, %s, 'Shirt', 'Shirt M', %s,
                       2500, 'LKR', %s, %s, %s, %s
                   FROM kits.customer_orders_summary
                   WHERE store_id = %s AND order_code = ANY (%s)""",
                [
                    number,
                    said["product_sku"],
                    said["variant_sku"],
                    said["quantity"],
                    said.get("patch_enabled", False),
                    said.get("patch_type"),
                    said.get("print_name"),
                    said.get("print_number"),
                    store,
                    list(codes),
                ],
            )
        owner.execute(
            """SELECT count(*) FROM kits.update_order_delivery_statuses(
                   %s::text[], array_fill(%s::text, ARRAY[%s]), array_fill(NULL::text, ARRAY[%s]),
                   array_fill(NULL::text, ARRAY[%s]), 'vendure', true)""",
            [list(codes), stage, len(codes), len(codes), len(codes)],
        )


class Caller:
    """Calls a function by its events: `call("deliveries/update", code="KITS-1", body={…})`."""

    def __init__(
        self,
        load: Callable[[str], ModuleType],
        event: Callable[[str], dict[str, Any]],
        context: Any,
        store: UUID,
    ) -> None:
        self._load, self._event, self.context, self.store = load, event, context, store
        self._modules: dict[str, ModuleType] = {}

    def module(self, name: str) -> ModuleType:
        if name not in self._modules:
            self._modules[name] = self._load(name)
        return self._modules[name]

    def request(
        self,
        name: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        token: str | None = None,
        address: str | None = None,
        key: str | None = None,
        **path: str,
    ) -> dict[str, Any]:
        request = copy.deepcopy(self._event(name))
        given = request.get("pathParameters", {})
        for field, value in path.items():
            old = f"/{given[field]}"
            request["rawPath"] = request["rawPath"].replace(old, f"/{value}")
            given[field] = value
        request["requestContext"]["http"]["path"] = request["rawPath"]
        if body is not None:
            request["body"] = body if isinstance(body, str) else json.dumps(body)
        if token:
            request["headers"]["authorization"] = f"Bearer {token}"
        if key:
            request["headers"]["idempotency-key"] = key
        if address:
            request["requestContext"]["http"]["sourceIp"] = address
        request["queryStringParameters"] = {"store_id": str(self.store), **(query or {})}
        return request

    def __call__(self, name: str, **changes: Any) -> tuple[int, Any]:
        """Status and JSON of the answer."""
        answer = self.raw(name, **changes)
        return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else None

    def raw(self, name: str, **changes: Any) -> dict[str, Any]:
        function = self.module(name.split("/")[0])
        answer: dict[str, Any] = function.handler(self.request(name, **changes), self.context)
        return answer


class Clock:
    """Stands in for `datetime` in a module whose time a test moves."""

    def __init__(self) -> None:
        self.at: datetime | None = None

    def now(self, _zone: Any = None) -> datetime:
        return self.at or datetime.now(UTC)


class Environments:
    """Execution environments of the functions: processes, each with its own connections.

    A function's resolver keeps the event that it handles, as one environment handles one at a time;
    so threads cannot stand in for environments.
    """

    def __init__(self, call: Caller, number: int) -> None:
        fork = multiprocessing.get_context("fork")
        self._barrier = fork.Barrier(number)
        self._pipes = []
        self._processes = []
        db.close()
        for _ in range(number):
            here, there = fork.Pipe()
            process = fork.Process(target=self._work, args=(call, there), daemon=True)
            process.start()
            self._pipes.append(here)
            self._processes.append(process)

    def _work(self, call: Caller, pipe: Any) -> None:
        while (calls := pipe.recv()) is not None:
            self._barrier.wait()
            pipe.send([call(name, **changes)[0] for name, changes in calls])

    def together(self, each: Sequence[Sequence[tuple[str, dict[str, Any]]]]) -> list[int]:
        """Let each environment make its calls, all beginning at the same time; their statuses."""
        self.begin(each)
        return self.end()

    def begin(self, each: Sequence[Sequence[tuple[str, dict[str, Any]]]]) -> None:
        for pipe, calls in zip(self._pipes, each, strict=True):
            pipe.send(list(calls))

    def end(self) -> list[int]:
        return [status for pipe in self._pipes for status in pipe.recv()]

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join(10)


@contextmanager
def environments(call: Caller, number: int) -> Iterator[Environments]:
    """Load the functions before, by calling them or by `call.module`: they are forked as they
    are."""
    made = Environments(call, number)
    try:
        yield made
    finally:
        made.close()
