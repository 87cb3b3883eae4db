"""Bulk operations: Shopify works a query off by itself and lays the result down as lines of JSON,
which costs nothing of the budget. Used where all orders are read.

Source: https://shopify.dev/docs/api/usage/bulk-operations/queries
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx

from backshop.aws import config
from backshop.outgoing import transport
from backshop.platforms import graphql, parsing
from backshop.platforms.api import USER_AGENT
from backshop.platforms.errors import PermanentRefusal, TransientOutage
from backshop.platforms.shopify.api import ShopifyApi

Json = dict[str, Any]
POLL = 2.0
"""Seconds between two looks at an operation that runs."""
MOST_BYTES = 20 * 1024**3
"""Of a result: ten million orders."""
LONGEST_LINE = 16 * 1024**2
"""An order without its lines, or one line, is a few kB."""
STORAGE = "storage.googleapis.com"
"""Where Shopify lays results down: at this host, or a bucket's own below it."""
WORKING = ("CREATED", "RUNNING", "CANCELING")

_CHILDREN = {"LineItem": "lineItems", "ShippingLine": "shippingLines"}
"""Everything else below an order is one of its discount applications."""


class BulkOrder(NamedTuple):
    """An order with its children, and the number of the line behind them; None for one whose lines
    cannot be read."""

    order: Json | None
    after: int


def start(api: ShopifyApi) -> str | None:
    """The id of a new operation that reads all orders; None where Shopify takes none now (a shop
    runs five at once) or not from this app."""
    query = graphql.operation("shopify", "orders_bulk")
    node = api.run("bulk_run", {"query": query})["bulkOperationRunQuery"]
    if node["userErrors"] or not node["bulkOperation"]:
        return None
    return str(node["bulkOperation"]["id"])


def look(api: ShopifyApi, id: str) -> tuple[str, str | None]:
    """How far the operation is, and where its result lies; an empty result lies nowhere."""
    node = api.run("bulk", {"id": id})["bulkOperation"]
    return (str(node["status"]), node["url"]) if node else ("EXPIRED", None)


def orders(url: str, skip: int, left: Callable[[], float]) -> Iterator[BulkOrder]:
    """The orders of a result, from line `skip` on, one at a time in memory. Raises
    `TransientOutage` where it cannot be fetched; what was handed on until then stays handed on.
    Raises `PermanentRefusal` where it lies elsewhere than Shopify's results do."""
    _check(url)
    gathered: Json | None = None
    number = 0
    try:
        for line in _lines(url, left):
            number += 1
            if number <= skip or not line:
                continue
            node = _read(line)
            if node is None or "__parentId" in node:
                gathered = _with_child(gathered, node)
                continue
            if gathered is not None:
                yield BulkOrder(_whole(gathered), number - 1)
            gathered = _root(node)
    except httpx.HTTPError as broken:
        raise TransientOutage(f"the bulk result broke off ({type(broken).__name__})") from None
    if gathered is not None:
        yield BulkOrder(_whole(gathered), number)


def _lines(url: str, left: Callable[[], float]) -> Iterator[bytes]:
    """Without the shop's credentials: the result lies elsewhere. Only a newline ends a line: texts
    may hold what Unicode calls a line separator."""
    limits = transport.limits(max(1.0, left()), MOST_BYTES)
    headers = {"User-Agent": USER_AGENT}
    with (
        transport.client(headers=headers) as client,
        client.stream("GET", url, **limits) as answer,
    ):
        if answer.status_code != 200:
            raise TransientOutage(f"the bulk result answered {answer.status_code}")
        yield from _split(answer.iter_bytes())


def _check(url: str) -> None:
    """The address comes from whoever answers as the shop."""
    if config.allows_local_shops():
        return
    parts = urlsplit(url)
    host = parts.hostname or ""
    is_there = host == STORAGE or host.endswith(f".{STORAGE}")
    if parts.scheme != "https" or not is_there or parts.port not in (None, 443):
        raise PermanentRefusal("Shopify named a bulk result that does not lie in its storage")


def _split(chunks: Iterable[bytes]) -> Iterator[bytes]:
    begun = b""
    for chunk in chunks:
        *lines, begun = (begun + chunk).split(b"\n")
        if len(begun) > LONGEST_LINE:
            raise TransientOutage("the bulk result has a line that is too long")
        yield from lines
    if begun:
        yield begun


def _read(line: bytes) -> Json | None:
    try:
        node = parsing.load(line)
    except ValueError:
        return None
    return node if isinstance(node, dict) else None


def _root(node: Json) -> Json:
    empty: Mapping[str, Any] = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
    names = (*_CHILDREN.values(), "discountApplications")
    return node | {name: json.loads(json.dumps(empty)) for name in names}


def _with_child(gathered: Json | None, node: Json | None) -> Json | None:
    """An order with one more child; one of which a line is broken is marked as such."""
    if gathered is None:
        return None
    if node is None:
        return gathered | {"broken": True}
    name = _CHILDREN.get(str(node.get("__typename")), "discountApplications")
    gathered[name]["nodes"].append(node)
    return gathered


def _whole(gathered: Json) -> Json | None:
    return None if gathered.get("broken") else gathered
