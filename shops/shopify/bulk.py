"""Bulk operations: a query over everything, run in the background, its result a JSONL file."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Protocol

from graphql import (
    DocumentNode,
    FieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    execute_sync,
    get_named_type,
    visit,
)

from shops.resolving import resolve
from shops.shop import MICROS, Shop
from shops.shopify.hooks import Hooks
from shops.shopify.ids import gid
from shops.shopify.schema import Documents
from shops.shopify.views import Call, when
from shops.webhooks import Courier

Json = dict[str, Any]
WEEK = 7 * 24 * 3600 * MICROS
AT_ONCE = 5
MOST_CONNECTIONS = 5
DEEPEST = 2


class BulkRefused(Exception):
    def __init__(self, message: str, code: str, field: list[str] | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.field = field


@dataclass
class Operation:
    id: int
    query: str
    created_at: int
    status: str = "CREATED"
    completed_at: int | None = None
    error: str | None = None
    lines: bytes = b""
    objects: int = 0
    roots: int = 0


class BulkServer(Protocol):
    """What bulk operations need of the server."""

    shop: Shop
    courier: Courier
    site: str
    documents: Documents
    root: Json
    hooks: Hooks

    def poison_line(self, line: Json) -> Json: ...


class Bulk:
    def __init__(self, server: BulkServer, seconds: float) -> None:
        self.server = server
        self.seconds = seconds
        self.all: dict[int, Operation] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, query: str) -> Operation:
        """Checks and starts a query; BulkRefused in Shopify's words."""
        running = [one for one in self.all.values() if one.status in {"CREATED", "RUNNING"}]
        if len(running) >= AT_ONCE:
            raise BulkRefused(
                f"A bulk query operation for this app and shop is already in progress: "
                f"{gid('BulkOperation', running[0].id)}.",
                "OPERATION_IN_PROGRESS",
            )
        document = self.server.documents.read(query)
        if document.errors or document.node is None:
            words = "; ".join(error.message for error in document.errors)
            raise BulkRefused(f"Invalid bulk query: {words}", "INVALID", ["query"])
        _check(self.server, document.node)
        operation = Operation(
            self.server.shop.ids.next("bulk"), query, self.server.shop.clock.now()
        )
        self.all[operation.id] = operation
        task = asyncio.ensure_future(self._run(operation, document.node))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    def cancel(self, operation: Operation) -> None:
        if operation.status in {"CREATED", "RUNNING"}:
            operation.status = "CANCELED"
            operation.completed_at = self.server.shop.clock.now()

    async def _run(self, operation: Operation, node: DocumentNode) -> None:
        scale = self.server.courier.scale
        await asyncio.sleep(self.seconds * scale / 2)
        if operation.status != "CREATED":
            return
        operation.status = "RUNNING"
        await asyncio.sleep(self.seconds * scale / 2)
        if operation.status != "RUNNING":
            return
        result = execute_sync(
            self.server.documents.schema,
            node,
            self.server.root,
            Call(bulk=True),
            field_resolver=resolve,
        )
        if result.errors or result.data is None:
            operation.status, operation.error = "FAILED", "INTERNAL_SERVER_ERROR"
        else:
            self._finish(operation, result.data)
        operation.completed_at = self.server.shop.clock.now()
        self.server.hooks.send(
            "BULK_OPERATIONS_FINISH",
            {
                "admin_graphql_api_id": gid("BulkOperation", operation.id),
                "completed_at": when(operation.completed_at),
                "created_at": when(operation.created_at),
                "error_code": operation.error,
                "status": operation.status.lower(),
                "type": "query",
            },
            str(operation.id),
        )

    def _finish(self, operation: Operation, data: Json) -> None:
        lines: list[Json] = []
        for value in data.values():
            for node in _nodes(value):
                operation.roots += 1
                _flatten(node, None, lines)
        lines = [self.server.poison_line(line) for line in lines]
        text = "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)
        operation.lines, operation.objects = text.encode(), len(lines)
        operation.status = "COMPLETED"

    def view(self, operation: Operation) -> Json:
        expired = (
            operation.completed_at is not None
            and self.server.shop.clock.now() - operation.completed_at > WEEK
        )
        done = operation.status == "COMPLETED"
        url = f"{self.server.site}/_bulk/{operation.id}.jsonl"
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", operation.id),
            "status": "EXPIRED" if expired and done else operation.status,
            "type": "QUERY",
            "query": operation.query,
            "errorCode": operation.error,
            "createdAt": when(operation.created_at),
            "completedAt": when(operation.completed_at),
            "objectCount": str(operation.objects),
            "rootObjectCount": str(operation.roots),
            "fileSize": str(len(operation.lines)) if done else None,
            # A result without lines has no file.
            "url": url if done and operation.lines and not expired else None,
            "partialDataUrl": None,
        }

    def file(self, number: int) -> bytes | None:
        operation = self.all.get(number)
        if operation is None or self.view(operation)["url"] is None:
            return None
        return operation.lines


def _check(server: BulkServer, node: DocumentNode) -> None:
    info = TypeInfo(server.documents.schema)
    counter = _Connections(info)
    visit(node, TypeInfoVisitor(info, counter))
    if not counter.count:
        raise BulkRefused(
            "Bulk queries must contain at least one connection.", "INVALID", ["query"]
        )
    if counter.count > MOST_CONNECTIONS:
        raise BulkRefused(
            f"Bulk queries cannot contain more than {MOST_CONNECTIONS} connections.",
            "INVALID",
            ["query"],
        )
    if counter.deepest > DEEPEST:
        raise BulkRefused(
            f"Bulk queries cannot contain connections with a nesting depth greater than {DEEPEST}.",
            "INVALID",
            ["query"],
        )


class _Connections(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self.info = info
        self.count = self.depth = self.deepest = 0

    def _is_connection(self) -> bool:
        kind = self.info.get_type()
        return kind is not None and get_named_type(kind).name.endswith("Connection")

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        if self._is_connection():
            self.count += 1
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)

    def leave_field(self, node: FieldNode, *_: Any) -> None:
        if self._is_connection():
            self.depth -= 1


def _nodes(value: Any) -> list[Json]:
    if not isinstance(value, dict):
        return []
    if "nodes" in value:
        return list(value["nodes"])
    return [edge["node"] for edge in value.get("edges", ())]


def _is_connection(value: Any) -> bool:
    return isinstance(value, dict) and ("edges" in value or "nodes" in value)


def _flatten(node: Json, parent: str | None, lines: list[Json]) -> None:
    """A line for the node, without its connections, then one for each of their nodes."""
    line = {name: value for name, value in node.items() if not _is_connection(value)}
    if parent is not None:
        line["__parentId"] = parent
    lines.append(line)
    for value in node.values():
        if _is_connection(value):
            for child in _nodes(value):
                _flatten(child, node.get("id"), lines)
