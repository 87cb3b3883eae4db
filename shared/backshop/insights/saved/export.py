"""A store's own rows, and answers, as CSV (RFC 4180, UTF-8), a piece at a time."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from backshop.db import Tx
from backshop.insights.semantic.models import Result
from backshop.insights.semantic.scope import pseudonym
from backshop.spreadsheets import harmless

What = Literal["orders", "items", "customers", "products"]
PIECE = 500
"""Rows that are written, and fetched, at once."""
_OWN = "WHERE {t}.store_id = %(store)s"

STATEMENTS: dict[str, str] = {
    "orders": f"""SELECT coalesce(o.external_id, o.wc_order_id::text) AS order_id, o.code,
        o.date_created AS placed_at, o.date_paid AS paid_at, o.status, o.is_counted, o.currency,
        o.subtotal, o.discount_total, o.shipping_total, o.tax_total, o.total, o.refunded_total,
        o.country, o.payment_method, o.channel, o.coupon_used, {pseudonym("o.wc_customer_id")}
          AS customer
      FROM insights.orders AS o {_OWN.format(t="o")} ORDER BY o.date_created, o.wc_order_id""",
    "items": f"""SELECT coalesce(o.external_id, o.wc_order_id::text) AS order_id, i.line_id,
        o.date_created AS placed_at, i.wc_product_id AS product_id, i.product_name, i.sku,
        coalesce(i.exact_quantity, i.quantity) AS quantity, o.currency, i.unit_price, i.subtotal,
        i.discount, i.total, i.tax, i.refunded_quantity, i.refunded_total
      FROM insights.orders AS o
      INNER JOIN insights.order_items AS i ON i.store_id = o.store_id AND i.order_id = o.id
      {_OWN.format(t="o")} ORDER BY o.date_created, o.wc_order_id, i.line_id""",
    "customers": f"""SELECT {pseudonym("c.wc_customer_id")} AS customer, c.country,
        c.wc_customer_id < 0 AS is_guest, c.order_count, c.total_spent, c.first_order_date,
        c.last_order_date, c.created_at
      FROM insights.customers AS c {_OWN.format(t="c")} ORDER BY c.wc_customer_id""",
    "products": f"""SELECT p.wc_product_id AS product_id, p.name, v.name AS variant, v.sku,
        p.category_name AS category, p.status, v.price, v.regular_price, v.sale_price,
        v.stock_quantity, v.stock_status
      FROM insights.products AS p
      LEFT JOIN insights.product_variants AS v
        ON v.store_id = p.store_id AND v.product_id = p.id
      {_OWN.format(t="p")} ORDER BY p.wc_product_id, v.wc_variation_id""",
}


def rows(tx: Tx, what: What, store: Any) -> Iterator[bytes]:
    """All rows, of which a few hundred are in memory at a time."""
    with tx.cursor(name="export") as cursor:
        cursor.itersize = PIECE
        cursor.execute(STATEMENTS[what].encode(), {"store": store})
        header: list[str] | None = None
        while found := cursor.fetchmany(PIECE):
            lines: list[Sequence[Any]] = []
            if header is None:
                header = list(found[0])
                lines.append(header)
            lines += [list(row.values()) for row in found]
            yield _written(lines)
        if header is None:
            yield _written([[each.name for each in cursor.description or ()]])


def answered(result: Result) -> Iterator[bytes]:
    """The rows of an answer, and its totals as it showed them."""
    names = [each.name for each in result.columns]
    yield _written([names])
    for start in range(0, len(result.rows), PIECE):
        yield _written(result.rows[start : start + PIECE])
    if result.query.dimensions or result.query.grain:
        yield _written(_totals(result, names))


def _totals(result: Result, names: Sequence[str]) -> Iterator[list[Any]]:
    """A line of what is a total of all, and where amounts have none, one of each currency."""
    if any(each is not None for each in result.totals.values()):
        yield _total(names, result.totals, {})
    if names[0] != "currency":
        for own, totals in result.totals_by_currency.items():
            yield _total(names, totals, {"currency": own})


def _total(names: Sequence[str], totals: dict[str, Any], keys: dict[str, str]) -> list[Any]:
    held = {names[0]: "Total"} | keys | totals
    return [held.get(name, "") for name in names]


def _written(lines: Iterable[Sequence[Any]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows([_cell(each) for each in line] for line in lines)
    return made.getvalue().encode()


def _cell(value: Any) -> Any:
    """Times in UTC; a text that a spreadsheet would run begins with an apostrophe."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and not _is_number(value):
        return harmless(value)
    return value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def parts(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    """The pieces put together, each part but the last with at least so many bytes."""
    held: list[bytes] = []
    length = 0
    for piece in pieces:
        held.append(piece)
        length += len(piece)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    if held:
        yield b"".join(held)
