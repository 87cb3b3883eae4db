"""Records to save, with only what a test is about spelled out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
from backshop.commerce import (
    Category,
    Customer,
    Deletion,
    Kind,
    Order,
    OrderLine,
    Platform,
    Product,
    Record,
    Refund,
    RefundLine,
    Store,
    Variant,
)
from backshop.saving import projections

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)

Tx = psycopg.Connection[dict[str, Any]]


def at(minutes: float) -> dict[str, datetime]:
    """The version of a record that changed so long after noon."""
    moment = NOON + timedelta(minutes=minutes)
    return {"changed_at": moment, "observed_at": moment}


def shop(id: UUID, platform: str = "woocommerce", **settings: Any) -> Store:
    return Store(
        id=id,
        platform=Platform(platform),
        url="https://shop.example.com",
        currency="USD",
        settings=settings,
    )


def line(id: str = "11", product: int | None = 5, quantity: int = 2, **given: Any) -> OrderLine:
    price = given.pop("price", Decimal("10.00"))
    return OrderLine(
        **{
            "id": id,
            "product_id": product,
            "variant_id": product,
            "sku": f"SKU-{product}" if product else None,
            "name": f"Product {product}",
            "quantity": quantity,
            "unit_price": price,
            "subtotal": price * quantity,
            "total": price * quantity,
            **given,
        }
    )


def order(id: str = "1", minutes: float = 0, **given: Any) -> Order:
    lines = given.pop("lines", (line(),))
    subtotal = sum((each.subtotal for each in lines), Decimal(0))
    return Order(
        **{
            **at(minutes),
            "id": id,
            "code": f"#{id}",
            "status": "processing",
            "currency": "USD",
            "subtotal": subtotal,
            "total": subtotal,
            "created_at": NOON,
            "placed_at": NOON,
            "customer_id": "7",
            "email": "ann@example.com",
            "lines": lines,
            **given,
        }
    )


def customer(id: str = "7", minutes: float = 0, **given: Any) -> Customer:
    return Customer(
        **{
            **at(minutes),
            "id": id,
            "email": "ann@example.com",
            "first_name": "Ann",
            "last_name": "Lee",
            **given,
        }
    )


def product(id: str = "5", minutes: float = 0, **given: Any) -> Product:
    variants = given.pop("variants", (variant(id),))
    return Product(
        **{**at(minutes), "id": id, "title": f"Product {id}", "variants": variants, **given}
    )


def variant(id: str = "5", sku: str | None = None, **given: Any) -> Variant:
    return Variant(**{"id": id, "sku": sku or f"SKU-{id}", "price": Decimal("10.00"), **given})


def category(id: str = "3", minutes: float = 0, **given: Any) -> Category:
    return Category(**{**at(minutes), "id": id, "name": f"Category {id}", **given})


def refund(id: str = "91", minutes: float = 5, **given: Any) -> Refund:
    return Refund(
        **{
            **at(minutes),
            "id": id,
            "order_id": "1",
            "amount": Decimal("4.00"),
            "currency": "USD",
            "created_at": NOON + timedelta(minutes=minutes),
            "lines": (RefundLine(line_id="11", quantity=1, amount=Decimal("4.00")),),
            **given,
        }
    )


def gone(kind: Kind, id: str, minutes: float) -> Deletion:
    return Deletion(kind=kind, id=id, **at(minutes))


def save(tx: Tx, store: Store, *records: Record, **how: Any) -> projections.Saved:
    return projections.save(tx, store, records, **how)


def rows(tx: Tx, query: str) -> list[Any]:
    """The rows as tuples, or the values where there is one column."""
    found = [tuple(row.values()) for row in tx.execute(query)]
    return [each[0] if len(each) == 1 else each for each in found]
