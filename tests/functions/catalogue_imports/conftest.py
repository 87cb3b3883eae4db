"""A store's catalogue, and files sent to it as API Gateway sends them."""

from __future__ import annotations

import base64
import io
import json
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest


class Answer(NamedTuple):
    status: int
    body: Any

    @property
    def problems(self) -> dict[int, str]:
        return {each["line"]: each["message"] for each in self.body["problems"]}

    @property
    def counts(self) -> tuple[int, int, int, int]:
        said = self.body
        return said["added"], said["changed"], said["unchanged"], said["refused"]


@pytest.fixture
def context(context):
    """An invocation with ten minutes left."""
    return SimpleNamespace(**{**vars(context), "get_remaining_time_in_millis": lambda: 600_000})


@pytest.fixture
def function(load, aws, monkeypatch):
    monkeypatch.setenv("IMPORT_QUEUE_URL", aws.queues["SYNC_QUEUE_URL"])
    return load("catalogue_imports")


@pytest.fixture
def call(function, context, store):
    def send(method, path, body=None, *, of=store, content_type="text/csv", route=None, **query):
        caller = {"kind": "store", "id": str(of), "store_id": str(of), "scopes": "store"}
        given = {key: str(value).lower() for key, value in query.items()}
        event = {
            "version": "2.0",
            "routeKey": f"{method} {route or path}",
            "rawPath": path,
            "rawQueryString": "&".join(f"{key}={value}" for key, value in given.items()),
            "queryStringParameters": given,
            "headers": {"content-type": content_type},
            "requestContext": {
                "http": {"method": method, "path": path, "sourceIp": "192.0.2.1"},
                "requestId": "r-1",
                "authorizer": {"lambda": caller},
                "stage": "$default",
            },
            "isBase64Encoded": isinstance(body, bytes),
            "body": base64.b64encode(body).decode() if isinstance(body, bytes) else body,
        }
        answer = function.handler(event, context)
        return Answer(answer["statusCode"], json.loads(answer["body"]))

    return send


@pytest.fixture
def send(call):
    """POST a file; texts go as CSV."""
    return lambda content, **query: call("POST", "/catalogue/imports", content, **query)


@pytest.fixture
def catalogue(owner, store):
    """The store's products by SKU."""

    def read():
        rows = owner.execute("SELECT * FROM projects.product_catalog WHERE store_id = %s", [store])
        return {row["sku"]: row for row in rows}

    return read


def workbook(*sheets, **states) -> bytes:
    """An XLSX file of (title, rows)."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        sheet.sheet_state = states.get(title, "visible")
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
