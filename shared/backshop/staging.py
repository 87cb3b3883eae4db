"""Records as rows: the one language in Postgres' text forms, for statements that save lists of them.

Each record becomes rows of one or more relations (`RELATIONS`: column names and types). Projections
read those with SQL, and the digest of a record is that of its rows, so that it changes exactly when
what would be saved changes. JSON columns travel as text and are cast by the statement that saves
them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any, NamedTuple

import orjson

from backshop import commerce
from backshop.commerce import (
    Category,
    Coupon,
    Customer,
    Deletion,
    Kind,
    Order,
    OrderLine,
    Platform,
    Product,
    Record,
    Refund,
    Store,
    stable_number,
)
from backshop.db import Row, copy_line

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
        "amount": "numeric",
        "tax": "numeric",
    },
}

MONEY_LIMIT = Decimal(10) ** 8
"""What numeric(10, 2), the data models' money, cannot hold."""
INTEGER_LIMIT = 2**31


class Unstorable(ValueError):
    """A record with a value that no column can hold; the text names field and limit, no value."""


class Staging(NamedTuple):
    """A row on its way: the relation's name, the row, and it as a line of COPY."""

    relation: str
    row: Row
    line: str


def rows_of(record: Record, store: Store) -> list[Staging]:
    """The record's rows; none for a deletion. Raises `Unstorable`."""
    if isinstance(record, Deletion):
        return []
    made = _makers[type(record)](record, store)
    return [Staging(relation, row, copy_line(row)) for relation, row in made]


def digest_of(staged: Iterable[Staging], more: bytes = b"") -> str:
    """128 bits of BLAKE2b over the rows and `more`, in hex; that of a deletion is empty, which is
    less than any other."""
    content = "".join([each.line for each in staged])
    if not content:
        return ""
    return blake2b(content.encode() + more, digest_size=16).hexdigest()


def version_row(kind: Kind, record: Record, digest: str) -> Row:
    """A row of `versions`."""
    return (
        kind.value,
        record.id,
        str(record.rank),
        _time(record.changed_at),
        _time(record.observed_at),
        _truth(isinstance(record, Deletion)),
        digest,
    )


Made = list[tuple[str, Row]]


def _category(record: Category, store: Store) -> Made:
    parent = record.parent_id
    row = (
        str(stable_number(record.id)),
        _external(record.id),
        record.name,
        None if parent is None else str(stable_number(parent)),
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
        str(stable_number(record.id)),
        _external(record.id),
        record.title,
        record.status,
        record.type,
        None if category is None else str(stable_number(category.id)),
        _maybe_time(record.created_at),
        modified_at,
        _truth(record.variants_known),
    )
    return [("products", row), *variants]


def _variants(record: Product, store: Store, modified_at: str | None) -> list[Row]:
    product_id = record.parent_id or record.id
    tags = "{" + ",".join([json.dumps(tag, ensure_ascii=False) for tag in record.tags]) + "}"
    metadata = _json(record.metadata) if record.metadata else None
    by_id = {variant.id: variant for variant in record.variants}
    return [
        (
            product_id,
            str(stable_number(product_id)),
            variant.id,
            str(stable_number(variant.id)),
            _external(variant.id),
            variant.sku[:100],
            f"{store.platform}:{variant.id}",
            variant.title,
            _money(variant.price, "price"),
            _maybe_money(variant.regular_price, "regular_price"),
            _maybe_money(variant.sale_price, "sale_price"),
            variant.currency or store.currency,
            _whole(variant.stock, "stock"),
            _truth(variant.available),
            record.title,
            record.description,
            record.product_type,
            tags,
            record.status,
            metadata,
            modified_at,
        )
        for variant in by_id.values()
    ]


def _coupon(record: Coupon, store: Store) -> Made:
    row = (
        str(stable_number(record.id)),
        _external(record.id),
        record.code[:100],
        record.type,
        _maybe_money(record.amount, "amount"),
        _whole(record.usage_count, "usage_count"),
        record.status,
        _maybe_time(record.expires_at),
    )
    return [("coupons", row)]


def _customer(record: Customer, store: Store) -> Made:
    name = " ".join([part for part in (record.first_name, record.last_name) if part])
    addresses = record.addresses
    home = next((each for each in addresses if each.is_default), None) or next(
        iter(addresses), None
    )
    row = (
        record.id,
        str(stable_number(record.id)),
        _external(record.id),
        record.email or "",
        _email_hash(record.email) if record.email else None,
        record.phone,
        name or None,
        _truth(record.is_guest),
        None if home is None else _country(home.country_code),
        _json(record.metadata) if record.metadata else None,
        _maybe_time(record.created_at),
        _modified(record, store),
    )
    return [("customers", row)]


def _order(record: Order, store: Store) -> Made:
    number = str(stable_number(record.id))
    customer = record.customer_id
    email = record.email
    address = record.shipping_address
    lines = record.lines
    uses = {use.code[:100]: use for use in record.coupons}
    row = (
        record.id,
        number,
        _external(record.id),
        record.code,
        record.status,
        _truth(record.is_cancelled),
        _truth(record.is_counted),
        _truth(record.is_test),
        _truth(record.is_guest),
        record.fulfilment.value,
        record.currency,
        _money(record.subtotal, "subtotal"),
        _money(record.discount, "discount"),
        _money(record.shipping, "shipping"),
        _money(record.shipping_tax, "shipping_tax"),
        _money(record.tax, "tax"),
        _money(record.total, "total"),
        _time(record.created_at),
        _time(record.placed_at or record.created_at),
        _maybe_time(record.paid_at),
        _modified_order(record, store),
        _refunds_listed(record, store),
        record.payment_method,
        record.channel,
        _country(record.country),
        next(iter(uses), None),
        customer,
        None if customer is None else str(stable_number(customer)),
        _email_hash(email) if email else None,
        record.phone,
        None if address is None else _json(address.model_dump(exclude_none=True)),
        _json([each.model_dump() for each in record.payments]) if record.payments else "[]",
        _json([line.raw or _trimmed(line) for line in lines]),
    )
    made: Made = [("orders", row)]
    for line in {line.id: line for line in lines}.values():
        made.append(("lines", _line(line, record.id, number)))
    for code, use in uses.items():
        made.append(("coupon_uses", (number, code, _maybe_money(use.discount, "discount"))))
    return made


def _line(line: OrderLine, order_id: str, order_number: str) -> Row:
    product, variant, sku = line.product_id, line.variant_id, line.sku
    return (
        order_id,
        order_number,
        line.id,
        None if product is None else str(product),
        None if variant is None else str(variant),
        sku[:100] if sku else None,
        line.name,
        _whole(line.quantity, "quantity"),
        _money(line.unit_price, "unit_price"),
        _money(line.subtotal, "subtotal"),
        _money(line.total, "total"),
        _money(line.tax, "tax"),
    )


def _trimmed(line: OrderLine) -> dict[str, Any]:
    """The line for `line_items` where the translator kept nothing of the platform's own words."""
    said = {
        "id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "price": str(line.unit_price),
        "total": str(line.total),
    }
    return said | {"custom": line.custom} if line.custom else said


def _refund(record: Refund, store: Store) -> Made:
    number = str(stable_number(record.id))
    row = (
        number,
        _external(record.id),
        str(stable_number(record.order_id)),
        _external(record.order_id),
        _time(record.created_at),
        # A refund as its order tells it (WooCommerce) has the date of the change that brought it.
        _truth(record.rank == 1),
        _money(record.amount, "amount"),
        _money(record.shipping, "shipping"),
        _money(record.tax, "tax"),
        record.currency,
        record.status,
    )
    made: Made = [("refunds", row)]
    for line in _added_up(record):
        made.append(("refund_lines", (number, *line)))
    return made


def _added_up(record: Refund) -> list[Row]:
    """One row a line of the order: a refund may name one twice."""
    sums: dict[str, tuple[int, Decimal, Decimal]] = {}
    for line in record.lines:
        quantity, amount, tax = sums.get(line.line_id, (0, Decimal(0), Decimal(0)))
        sums[line.line_id] = (quantity + line.quantity, amount + line.amount, tax + line.tax)
    return [
        (line_id, _whole(quantity, "quantity"), _money(amount, "amount"), _money(tax, "tax"))
        for line_id, (quantity, amount, tax) in sums.items()
    ]


_makers: dict[type[Record], Callable[[Any, Store], Made]] = {
    Category: _category,
    Product: _product,
    Coupon: _coupon,
    Customer: _customer,
    Order: _order,
    Refund: _refund,
}


def _modified(record: Record, store: Store) -> str | None:
    """The platform's modified time. Hearsay has none, and Vendure's versions are times of events
    or of reading, which say nothing of the record."""
    if record.rank == 0 or store.platform == Platform.VENDURE:
        return None
    return _time(record.changed_at)


def _modified_order(record: Order, store: Store) -> str:
    """For Vendure, whose `updatedAt` stands still, the latest time that the order itself tells."""
    if store.platform != Platform.VENDURE:
        return _time(record.changed_at)
    told = (record.placed_at, record.paid_at, record.fulfilled_at, record.delivered_at)
    return _time(max([record.created_at, *[each for each in told if each]]))


def _refunds_listed(record: Order, store: Store) -> str | None:
    """When the order told all its refunds: only WooCommerce lets one be deleted, so that one
    which an order no longer lists is gone."""
    if store.platform != Platform.WOOCOMMERCE or record.refunds is None:
        return None
    return _time(record.changed_at)


def _external(id: str) -> str | None:
    """The platform's own id where its number does not tell it."""
    return None if id.isascii() and id.isdigit() and len(id) <= 18 else id


def _country(code: str | None) -> str | None:
    return code.upper() if code and len(code) == 2 else None


@lru_cache(maxsize=4096)
def _email_hash(email: str) -> str | None:
    return commerce.email_hash(email)


_time: Callable[[datetime], str] = lru_cache(maxsize=8192)(datetime.isoformat)


def _maybe_time(value: datetime | None) -> str | None:
    return None if value is None else _time(value)


def _truth(value: bool) -> str:
    return "t" if value else "f"


def _money(value: Decimal, field: str) -> str:
    if not -MONEY_LIMIT < value < MONEY_LIMIT:
        raise Unstorable(f"{field} has more than eight digits before the decimal point")
    return str(value)


def _maybe_money(value: Decimal | None, field: str) -> str | None:
    return None if value is None else _money(value, field)


def _whole(value: int | None, field: str) -> str | None:
    if value is None:
        return None
    if not -INTEGER_LIMIT <= value < INTEGER_LIMIT:
        raise Unstorable(f"{field} does not fit into 32 bits")
    return str(value)


def _json(value: Any) -> str:
    """JSON text without NUL, which jsonb cannot hold; Decimals as strings, as the platforms have."""
    try:
        said = orjson.dumps(value, default=str).decode()
    except TypeError:  # an integer above 64 bits, a lone surrogate
        said = json.dumps(value, default=str)
    return (
        json.dumps(_storable(value), default=str) if "\\u0000" in said or "\\ud" in said else said
    )


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return commerce.clean_text(value) or ""
    if isinstance(value, dict):
        return {_storable(key): _storable(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(each) for each in value]
    return value
