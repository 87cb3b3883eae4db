"""Records as rows: the one language in Postgres' text forms, for statements that save lists of
them.

Each record becomes rows of one or more relations (`RELATIONS`: column names and types). Projections
read those with SQL, and the digest of a record is that of its rows, so that it changes exactly when
what would be saved changes. An empty text stands for nothing. JSON columns travel as text and are
cast by the statement that saves them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from backshop import commerce
from backshop.commerce import (
    MONEY_LIMIT,
    Address,
    Category,
    Coupon,
    Customer,
    Kind,
    Order,
    OrderLine,
    Payment,
    Platform,
    Product,
    Record,
    Refund,
    RefundLine,
    Store,
    Version,
    consents_by_channel,
    stable_number,
)
from backshop.db import Row, copy_line
from backshop.plain_orders import PlainLine, PlainOrder, utc_text

Columns = dict[str, str]

RELATIONS: dict[str, Columns] = {
    "versions": {
        "kind": "text",
        "id": "text",
        "rank": "smallint",
        "changed_at": "timestamptz",
        "observed_at": "timestamptz",
        "deleted": "boolean",
        "digest": "text",
    },
    "categories": {
        "number": "bigint",
        "external_id": "text",
        "name": "text",
        "parent_number": "bigint",
        "product_count": "integer",
    },
    "products": {
        "id": "text",
        "number": "bigint",
        "external_id": "text",
        "title": "text",
        "status": "text",
        "type": "text",
        "category_number": "bigint",
        "created_at": "timestamptz",
        "modified_at": "timestamptz",
        "variants_known": "boolean",
        "categories_known": "boolean",
    },
    "variants": {
        "product_id": "text",
        "product_number": "bigint",
        "id": "text",
        "number": "bigint",
        "external_id": "text",
        "given_sku": "text",
        "own_sku": "text",
        "title": "text",
        "price": "numeric",
        "regular_price": "numeric",
        "sale_price": "numeric",
        "currency": "text",
        "stock": "integer",
        "available": "boolean",
        "stock_status": "text",
        "product_title": "text",
        "description": "text",
        "product_type": "text",
        "tags": "text[]",
        "status": "text",
        "metadata": "text",
        "modified_at": "timestamptz",
    },
    "coupons": {
        "number": "bigint",
        "external_id": "text",
        "code": "text",
        "type": "text",
        "amount": "numeric",
        "usage_count": "integer",
        "status": "text",
        "expires_at": "timestamptz",
    },
    "customers": {
        "id": "text",
        "number": "bigint",
        "external_id": "text",
        "email": "text",
        "email_hash": "text",
        "phone": "text",
        "name": "text",
        "is_guest": "boolean",
        "country": "text",
        "metadata": "text",
        "untold": "text[]",
        "consents": "text",
        "created_at": "timestamptz",
        "modified_at": "timestamptz",
    },
    "orders": {
        "id": "text",
        "number": "bigint",
        "external_id": "text",
        "code": "text",
        "status": "text",
        "is_cancelled": "boolean",
        "is_counted": "boolean",
        "is_test": "boolean",
        "is_guest": "boolean",
        "fulfilment": "text",
        "currency": "text",
        "subtotal": "numeric",
        "discount": "numeric",
        "shipping": "numeric",
        "shipping_tax": "numeric",
        "tax": "numeric",
        "total": "numeric",
        "created_at": "timestamptz",
        "placed_at": "timestamptz",
        "paid_at": "timestamptz",
        "modified_at": "timestamptz",
        "refunds_listed_at": "timestamptz",
        "payment_method": "text",
        "channel": "text",
        "country": "text",
        "coupon": "text",
        "customer_id": "text",
        "customer_number": "bigint",
        "email_hash": "text",
        "phone": "text",
        "shipping_address": "text",
        "payments": "text",
        "line_items": "text",
        "lines_known": "boolean",
    },
    "lines": {
        "order_id": "text",
        "order_number": "bigint",
        "id": "text",
        "product_id": "bigint",
        "variant_id": "bigint",
        "sku": "text",
        "name": "text",
        "quantity": "integer",
        "exact_quantity": "numeric",
        "unit_price": "numeric",
        "subtotal": "numeric",
        "total": "numeric",
        "tax": "numeric",
    },
    "coupon_uses": {"order_number": "bigint", "code": "text", "discount": "numeric"},
    "refunds": {
        "number": "bigint",
        "external_id": "text",
        "order_number": "bigint",
        "external_order_id": "text",
        "created_at": "timestamptz",
        "is_dated": "boolean",
        "amount": "numeric",
        "shipping": "numeric",
        "tax": "numeric",
        "currency": "text",
        "status": "text",
    },
    "refund_lines": {
        "refund_number": "bigint",
        "line_id": "text",
        "quantity": "integer",
        "exact_quantity": "numeric",
        "amount": "numeric",
        "tax": "numeric",
    },
}

LONGEST_PLAIN = 15
"""Characters of an amount that cannot be too large, if it has no exponent."""
INTEGER_LIMIT = 2**31
STATUS = 50
"""Characters: plugins add words of their own."""


class Unstorable(ValueError):
    """A record with a value that no column can hold; the text names field and limit, no value."""


Line = tuple[str, str]
"""A row on its way: the relation's name, and the row as a line of COPY."""
Made = list[tuple[str, Row]]


def lines_of(record: Record, store: Store) -> list[Line]:
    """The record's rows as lines; none for a deletion. Raises `Unstorable`."""
    make = _makers.get(type(record))
    if make is None:
        return []
    return [(relation, copy_line(row)) for relation, row in make(record, store)]


def digest_of(lines: Iterable[Line], more: bytes = b"") -> str:
    """128 bits of BLAKE2b over the rows and `more`, in hex; that of a deletion is empty, which is
    less than any other."""
    content = "\n".join([line for _, line in lines])
    return blake2b(content.encode() + more, digest_size=16).hexdigest() if content else ""


def version_line(kind: Kind, id: str, version: Version, digest: str, is_deletion: bool) -> str:
    """A line of `versions`."""
    return copy_line(
        (
            kind,
            id,
            "1" if version.rank else "0",
            _time(version.changed_at),
            _time(version.observed_at),
            _TRUTH[is_deletion],
            digest,
        )
    )


def _category(record: Category, _store: Store) -> Made:
    parent = record.parent_id
    row = (
        *_numbered(record.id),
        record.name,
        _numbered(parent)[0] if parent else "",
        _whole(record.product_count, "product_count"),
    )
    return [("categories", row)]


def _product(record: Product, store: Store) -> Made:
    modified_at = _modified(record, store)
    variants = [("variants", each) for each in _variants(record, store, modified_at)]
    if record.parent_id is not None:
        return variants
    category = record.categories[0] if record.categories else None
    row = (
        record.id,
        *_numbered(record.id),
        record.title,
        record.status[:STATUS],
        record.type,
        _numbered(category.id)[0] if category else "",
        _maybe_time(record.created_at),
        modified_at,
        _TRUTH[record.variants_known],
        _TRUTH[record.categories_known],
    )
    return [("products", row), *variants]


def _variants(record: Product, store: Store, modified_at: str) -> list[Row]:
    product_id = record.parent_id or record.id
    tags = _array(record.tags)
    metadata = _json(record.metadata) if record.metadata else ""
    by_id = {variant.id: variant for variant in record.variants}
    return [
        (
            product_id,
            _numbered(product_id)[0],
            variant.id,
            *_numbered(variant.id),
            variant.sku[:100],
            f"{store.platform}:{variant.id}",
            variant.title or "",
            _money(variant.price, "price"),
            _money(variant.regular_price, "regular_price"),
            _money(variant.sale_price, "sale_price"),
            variant.currency or store.currency or "",
            _whole(variant.stock, "stock"),
            _TRUTH[variant.available],
            variant.stock_status or ("instock" if variant.available else "outofstock"),
            record.title,
            record.description or "",
            record.product_type or "",
            tags,
            record.status[:STATUS],
            metadata,
            modified_at,
        )
        for variant in by_id.values()
    ]


def _coupon(record: Coupon, _store: Store) -> Made:
    row = (
        *_numbered(record.id),
        record.code[:100],
        record.type or "",
        _money(record.amount, "amount"),
        _whole(record.usage_count, "usage_count"),
        record.status[:STATUS],
        _maybe_time(record.expires_at),
    )
    return [("coupons", row)]


def _customer(record: Customer, store: Store) -> Made:
    email = record.email
    row = (
        record.id,
        *_numbered(record.id),
        email or "",
        _email_hash(email) if email else "",
        record.phone or "",
        " ".join([part for part in (record.first_name, record.last_name) if part]),
        _TRUTH[record.is_guest],
        _home_country(record.addresses),
        _json(record.metadata) if record.metadata else "",
        _array(record.untold_fields),
        _json(consents_by_channel(record.consents)) if record.consents else "",
        _maybe_time(record.created_at),
        _modified(record, store),
    )
    return [("customers", row)]


def _array(texts: Sequence[str]) -> str:
    return "{" + ",".join([json.dumps(each, ensure_ascii=False) for each in texts]) + "}"


def _home_country(addresses: Sequence[Address]) -> str:
    home = next(
        (each for each in addresses if each.is_default), addresses[0] if addresses else None
    )
    return _country(home.country_code) if home else ""


def _order(record: Order, store: Store) -> Made:
    number, external_id = _numbered(record.id)
    customer_id, email, lines = record.customer_id, record.email, record.lines
    codes = [use.code[:100] for use in record.coupons]
    created_at, changed_at = _time(record.created_at), _time(record.changed_at)
    row = (
        record.id,
        number,
        external_id,
        record.code,
        record.status[:STATUS],
        _TRUTH[record.is_cancelled],
        _TRUTH[record.is_counted],
        _TRUTH[record.is_test],
        _TRUTH[record.is_guest],
        record.fulfilment,
        record.currency,
        *_amounts(
            record.subtotal,
            record.discount,
            record.shipping,
            record.shipping_tax,
            record.tax,
            record.total,
        ),
        created_at,
        _time(record.placed_at) if record.placed_at else created_at,
        _maybe_time(record.paid_at),
        *_modified_order(record, store, changed_at),
        record.payment_method or "",
        record.channel or "",
        _country(record.country),
        codes[0] if codes else "",
        customer_id or "",
        _numbered(customer_id)[0] if customer_id else "",
        _email_hash(email) if email else "",
        record.phone or "",
        _address(record.shipping_address) if record.shipping_address else "",
        _payments(record.payments) if record.payments else "",
        _json([line.raw or _trimmed(line) for line in lines]),
        _TRUTH[record.lines_known],
    )
    made: Made = [("orders", row)]
    made += [("lines", _line(line, record.id, number)) for line in _by_id(lines)]
    if codes:
        uses = dict(zip(codes, record.coupons, strict=True))
        made += [
            ("coupon_uses", (number, code, _money(use.discount, "discount")))
            for code, use in uses.items()
        ]
    return made


def lines_of_plain(order: PlainOrder) -> list[Line]:
    """`lines_of` an order told in its short form."""
    id = order.id
    customer_id, created_at = order.customer_id, order.created_at
    row = (
        id,
        id,
        "",
        order.code,
        order.status[:STATUS],
        _TRUTH[order.is_cancelled],
        _TRUTH[order.is_counted],
        "f",
        _TRUTH[order.is_guest],
        order.fulfilment,
        order.currency,
        order.subtotal,
        order.discount,
        order.shipping,
        order.shipping_tax,
        order.tax,
        order.total,
        created_at,
        created_at,
        order.paid_at,
        order.modified_at,
        order.modified_at,
        order.payment_method,
        order.channel,
        _country(order.country),
        "",
        customer_id,
        _numbered(customer_id)[0] if customer_id else "",
        _email_hash(order.email) if order.email else "",
        order.phone,
        order.shipping_address,
        order.payments,
        order.line_items,
        "t",
    )
    lines = [("orders", copy_line(row))]
    lines += [("lines", copy_line(_plain_line(each, id))) for each in order.lines]
    return lines


def _plain_line(line: PlainLine, order_id: str) -> Row:
    return (
        order_id,
        order_id,
        line.id,
        line.product_id,
        line.variant_id,
        line.sku[:100],
        line.name,
        line.quantity,
        "",
        line.unit_price,
        line.subtotal,
        line.total,
        line.tax,
    )


def lines_of_buyer(order: PlainOrder) -> list[Line]:
    """The lines of the customer that a plain order names."""
    number, external_id = _numbered(order.customer_id)
    row = (
        order.customer_id,
        number,
        external_id,
        order.email,
        _email_hash(order.email) if order.email else "",
        order.phone,
        order.customer_name,
        _TRUTH[order.is_guest],
        "",
        "",
        "{}",
        "",
        "",
        "",
    )
    return [("customers", copy_line(row))]


def _by_id(lines: Sequence[OrderLine]) -> Sequence[OrderLine]:
    """The lines, of several with one id the last."""
    if len(lines) < 2:
        return lines
    by_id = {line.id: line for line in lines}
    return lines if len(by_id) == len(lines) else list(by_id.values())


def _line(line: OrderLine, order_id: str, order_number: str) -> Row:
    product_id, variant_id, sku, quantity = (
        line.product_id,
        line.variant_id,
        line.sku,
        line.quantity,
    )
    if not -INTEGER_LIMIT <= quantity < INTEGER_LIMIT:
        raise Unstorable("quantity does not fit into 32 bits")
    return (
        order_id,
        order_number,
        line.id,
        str(product_id) if product_id else "",
        str(variant_id) if variant_id else "",
        sku[:100] if sku else "",
        line.name,
        str(quantity),
        "" if line.exact_quantity is None else str(line.exact_quantity),
        *_amounts(line.unit_price, line.subtotal, line.total, line.tax),
    )


def _trimmed(line: OrderLine) -> dict[str, Any]:
    """The line for `line_items` where the translator kept nothing of the platform's own words."""
    text = {
        "id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "price": str(line.unit_price),
        "total": str(line.total),
    }
    return text | {"custom": line.custom} if line.custom else text


def _refund(record: Refund, _store: Store) -> Made:
    number, external_id = _numbered(record.id)
    row = (
        number,
        external_id,
        *_numbered(record.order_id),
        _time(record.created_at),
        # A refund as its order tells it (WooCommerce) has the date of the change that brought it.
        _TRUTH[record.is_dated],
        *_amounts(record.amount, record.shipping, record.tax),
        record.currency or "",
        record.status,
    )
    made: Made = [("refunds", row)]
    made += [("refund_lines", (number, *line)) for line in _added_up(record)]
    return made


def _added_up(record: Refund) -> list[Row]:
    """One row a line of the order: a refund may name one twice."""
    sums: dict[str, RefundLine] = {}
    for line in record.lines:
        sums[line.line_id] = _plus(sums[line.line_id], line) if line.line_id in sums else line
    return [
        (
            each.line_id,
            _whole(each.quantity, "quantity"),
            "" if each.exact_quantity is None else str(each.exact_quantity),
            *_amounts(each.amount, each.tax),
        )
        for each in sums.values()
    ]


def _plus(one: RefundLine, other: RefundLine) -> RefundLine:
    exact = None
    if one.exact_quantity is not None or other.exact_quantity is not None:
        exact = (one.exact_quantity or one.quantity) + (other.exact_quantity or other.quantity)
    return RefundLine(
        line_id=one.line_id,
        quantity=one.quantity + other.quantity,
        exact_quantity=None if exact is None else Decimal(exact),
        amount=one.amount + other.amount,
        tax=one.tax + other.tax,
    )


_makers: dict[type[Record], Callable[[Any, Store], Made]] = {
    Category: _category,
    Product: _product,
    Coupon: _coupon,
    Customer: _customer,
    Order: _order,
    Refund: _refund,
}


def _modified(record: Record, store: Store) -> str:
    """The platform's modified time. Hearsay has none, and Vendure's versions are times of events
    or of reading, which say nothing of the record."""
    if record.rank == 0 or store.platform == Platform.VENDURE:
        return ""
    return _time(record.changed_at)


def _modified_order(record: Order, store: Store, changed_at: str) -> tuple[str, str]:
    """When the platform says that it was modified, and when it told all the order's refunds: one
    that comes alone later, is older and unheard of, was deleted.

    For Vendure, whose `updatedAt` stands still, the latest time that the order itself tells;
    refunds are told in orders only there.
    """
    if store.platform != Platform.VENDURE:
        return changed_at, "" if record.refunds is None else changed_at
    times = (record.placed_at, record.paid_at, record.fulfilled_at, record.delivered_at)
    return _time(max([record.created_at, *[each for each in times if each]])), ""


def _numbered(id: str) -> tuple[str, str]:
    """The platform's id as a number, and itself where that does not tell it."""
    if id.isdigit() and id.isascii() and len(id) <= 18:
        return id, ""
    return str(stable_number(id)), id


def _country(code: str | None) -> str:
    return code.upper() if code and len(code) == 2 else ""


@lru_cache(maxsize=4096)
def _email_hash(email: str) -> str:
    return commerce.email_hash(email) or ""


_time: Callable[[datetime], str] = lru_cache(maxsize=1000)(utc_text)


def _maybe_time(value: datetime | None) -> str:
    return _time(value) if value else ""


_TRUTH = ("f", "t")


def _amounts(*values: Decimal) -> list[str]:
    """Raises `Unstorable`; looks closer only at what is long."""
    texts = [str(value) for value in values]
    if max(map(len, texts)) > LONGEST_PLAIN or "E" in "".join(texts):
        return [_money(value, "an amount") for value in values]
    return texts


def _money(value: Decimal | None, field: str) -> str:
    if value is None:
        return ""
    if not -MONEY_LIMIT < value < MONEY_LIMIT:
        raise Unstorable(f"{field} has more than fifteen digits before the decimal point")
    return str(value)


def _whole(value: int | None, field: str) -> str:
    if value is None:
        return ""
    if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise Unstorable(f"{field} does not fit into 32 bits")
    return str(value)


def _address(address: Address) -> str:
    return _json({key: value for key, value in vars(address).items() if value is not None})


def _payments(payments: Sequence[Payment]) -> str:
    return _json([vars(each) | {"amount": str(each.amount)} for each in payments])


def _json(value: Any) -> str:
    """JSON text without NUL, which jsonb cannot hold; Decimals as strings, as the platforms
    have."""
    try:
        text = orjson.dumps(value, default=str).decode()
    except TypeError:  # an integer above 64 bits, a lone surrogate
        text = json.dumps(value, default=str)
    return (
        json.dumps(_storable(value), default=str) if "\\u0000" in text or "\\ud" in text else text
    )


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return commerce.clean_text(value) or ""
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(each) for each in value]
    return value
