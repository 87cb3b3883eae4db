"""Shops that live for a while: every change that their platforms would tell, in order of time.

An event is what one delivery says: a list of records. Generated from a seed, so that two stores can
be told the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from backshop import commerce
from backshop.commerce import (
    Address,
    Category,
    Coupon,
    CouponUse,
    Customer,
    Deletion,
    Fulfilment,
    Kind,
    Order,
    OrderLine,
    Platform,
    Product,
    Record,
    Refund,
    RefundLine,
    Variant,
)

START = datetime(2026, 3, 1, tzinfo=UTC)
Event = list[Record]


@dataclass
class Shop:
    """What the platform knows at the moment, and what it has told so far."""

    platform: Platform
    random: Random
    now: datetime = START
    events: list[Event] = field(default_factory=list)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    refunds: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    number: int = 1000

    def tick(self) -> dict[str, datetime]:
        """A later moment; sometimes within the same second, which is all that shops tell apart."""
        self.now += timedelta(seconds=self.random.choice((0, 1, 7, 400)), milliseconds=3)
        return {"changed_at": self.now.replace(microsecond=0), "observed_at": self.now}

    def next_id(self) -> str:
        self.number += 1
        return str(self.number)

    def money(self, most: int = 90) -> Decimal:
        return Decimal(self.random.randrange(100, most * 100)) / 100

    def tell(self, *records: Record) -> None:
        self.events.append(list(records))


def life(
    platform: Platform, orders: int, events: int, seed: int, start: datetime = START
) -> list[Event]:
    """About `events` events of a shop with `orders` orders, in order of time."""
    shop = Shop(platform, Random(seed), start)
    for category in range(1, 7):
        _category(shop, str(category))
    for coupon in range(1, 9):
        _coupon(shop, str(coupon))
    for product in range(1, 41):
        _product(shop, str(product))
    for customer in range(1, 121):
        _customer(shop, str(customer))
    to_place = orders
    while to_place or len(shop.events) < events:
        left = events - len(shop.events)
        if to_place and shop.random.random() < to_place / max(left, 1):
            _place(shop)
            to_place -= 1
        else:
            _change(shop)
    return shop.events


def _change(shop: Shop) -> None:
    change = shop.random.choices(
        [_edit, _cancel, _uncancel, _refund, _delete, _restore, _catalogue, _people],
        [40, 6, 3, 14, 3, 2, 12, 12],
    )[0]
    change(shop)


def _some_order(shop: Shop, gone: bool = False) -> dict[str, Any] | None:
    among = [each for each in shop.orders.values() if each["gone"] is gone]
    return shop.random.choice(among[-150:]) if among else None


def _place(shop: Shop) -> None:
    id, r = shop.next_id(), shop.random
    guest = r.random() < 0.2
    email = f"guest{r.randrange(60)}@example.com" if guest else None
    customer = commerce.guest_id(email) if email else str(r.randrange(1, 141))
    if shop.platform == Platform.VENDURE and guest:
        # Vendure makes a customer of everybody; two accounts may have shared an address.
        customer = str(r.randrange(141, 160))
        email, guest = f"c{int(customer) // 2}@example.com", False
    placed = shop.tick()["changed_at"]
    shop.orders[id] = {
        "id": id,
        "gone": False,
        "cancelled": False,
        "placed_at": placed,
        "customer_id": customer,
        "is_guest": guest,
        "email": email or f"c{customer}@example.com",
        "status": "processing",
        "lines": [_line(shop, place) for place in range(r.choice((1, 2, 3)))],
    }
    shop.refunds[id] = []
    _tell_order(shop, shop.orders[id])


def _line(shop: Shop, place: int) -> dict[str, Any]:
    r, price = shop.random, shop.money()
    product = r.randrange(1, 46)
    return {
        "id": f"{shop.number}{place}{r.randrange(10)}",
        "product_id": product if r.random() < 0.95 else None,
        "quantity": r.randrange(1, 4),
        "price": price,
        "name": f"Product {product} | with \\ and\ttab" if product == 7 else f"Product {product}",
    }


def _tell_order(shop: Shop, held: dict[str, Any]) -> None:
    version = shop.tick()
    lines = tuple(
        OrderLine(
            id=each["id"],
            product_id=each["product_id"],
            variant_id=each["product_id"],
            sku=f"SKU-{each['product_id']}" if each["product_id"] else None,
            name=each["name"],
            quantity=each["quantity"],
            unit_price=each["price"],
            subtotal=each["price"] * each["quantity"],
            total=each["price"] * each["quantity"],
            custom={"print_name": "Nimal", "print_number": "7"} if each["quantity"] == 3 else {},
        )
        for each in held["lines"]
    )
    subtotal = sum((line.subtotal for line in lines), Decimal(0))
    order = Order(
        **version,
        id=held["id"],
        code=f"C{held['id']}",
        status="cancelled" if held["cancelled"] else held["status"],
        is_cancelled=held["cancelled"],
        is_counted=not held["cancelled"],
        fulfilment=Fulfilment.FULFILLED if held["status"] == "completed" else Fulfilment.NONE,
        currency="USD",
        subtotal=subtotal,
        total=subtotal + 5,
        shipping=Decimal(5),
        created_at=held["placed_at"],
        placed_at=held["placed_at"],
        payment_method="cod",
        customer_id=held["customer_id"],
        is_guest=held["is_guest"],
        email=held["email"],
        phone="+94770000012",
        country="LK",
        lines=lines,
        coupons=(CouponUse(code="save", discount=Decimal(1)),) if len(lines) == 2 else (),
        refunds=tuple(
            _refund_record(shop, held, each, version) for each in shop.refunds[held["id"]]
        ),
    )
    shop.tell(_stub(order), order)


def _stub(order: Order) -> Customer:
    assert order.customer_id
    return Customer(
        id=order.customer_id,
        changed_at=order.changed_at,
        observed_at=order.observed_at,
        rank=0,
        email=order.email,
        first_name=f"As on {order.code}",
        is_guest=order.is_guest,
    )


def _refund_record(
    shop: Shop, held: dict[str, Any], refund: dict[str, Any], version: dict[str, datetime] | None
) -> Refund:
    """As an order lists it (`version` is the order's), or alone."""
    listed = version is not None
    brief = listed and shop.platform == Platform.WOOCOMMERCE
    line = held["lines"][0]["id"] if held["lines"] else "none"
    return Refund(
        id=refund["id"],
        changed_at=version["changed_at"] if version else refund["at"],
        observed_at=version["observed_at"] if version else refund["seen"],
        rank=0 if brief else 1,
        order_id=held["id"],
        amount=refund["amount"],
        currency="USD",
        created_at=version["changed_at"] if brief and version else refund["at"],
        status=refund["status"],
        lines=() if brief else (RefundLine(line_id=refund.get("line", line), quantity=1, amount=refund["amount"]),),
    )  # fmt: skip


def _edit(shop: Shop) -> None:
    held = _some_order(shop)
    if held is None:
        return
    r = shop.random
    what = r.randrange(5)
    if what == 0 and len(held["lines"]) > 1:
        held["lines"].pop()
    elif what == 1:
        held["lines"].append(_line(shop, 9))
    elif what == 2:
        held["status"] = r.choice(("processing", "on-hold", "completed"))
    elif what == 3 and not held["is_guest"]:
        held["customer_id"] = str(r.randrange(1, 141))
    _tell_order(shop, held)


def _cancel(shop: Shop) -> None:
    held = _some_order(shop)
    if held:
        held["cancelled"] = True
        _tell_order(shop, held)


def _uncancel(shop: Shop) -> None:
    among = [each for each in shop.orders.values() if each["cancelled"] and not each["gone"]]
    if among:
        held = shop.random.choice(among)
        held["cancelled"] = False
        _tell_order(shop, held)


def _refund(shop: Shop) -> None:
    """A refund is told by its own event, by the order, or by both."""
    held = _some_order(shop)
    if held is None or not held["lines"]:
        return
    refunds, r = shop.refunds[held["id"]], shop.random
    if refunds and r.random() < 0.2 and shop.platform == Platform.WOOCOMMERCE:
        refunds.pop()
    elif refunds and r.random() < 0.3 and shop.platform == Platform.VENDURE:
        refunds[-1]["status"] = "settled"
    else:
        at = shop.tick()
        refunds.append(
            {
                "id": shop.next_id(),
                "at": at["changed_at"],
                "seen": at["observed_at"],
                "amount": shop.money(3),
                "line": held["lines"][0]["id"],
                "status": "pending" if shop.platform == Platform.VENDURE else "settled",
            }
        )
        if shop.platform != Platform.VENDURE and r.random() < 0.6:
            shop.tell(_refund_record(shop, held, refunds[-1], None))
    _tell_order(shop, held)


def _delete(shop: Shop) -> None:
    held = _some_order(shop)
    if held:
        held["gone"] = True
        shop.refunds[held["id"]] = []
        shop.tell(Deletion(kind=Kind.ORDER, id=held["id"], **shop.tick()))


def _restore(shop: Shop) -> None:
    held = _some_order(shop, gone=True)
    if held:
        held["gone"] = False
        _tell_order(shop, held)


def _catalogue(shop: Shop) -> None:
    r = shop.random
    what = r.randrange(10)
    if what == 0:
        _gone(shop, Kind.PRODUCT, str(r.randrange(1, 46)))
    elif what == 1:
        _gone(shop, Kind.CATEGORY, str(r.randrange(1, 7)))
    elif what == 2:
        _category(shop, str(r.randrange(1, 7)))
    elif what == 3:
        _coupon(shop, str(r.randrange(1, 9)))
    elif what == 4:
        _gone(shop, Kind.COUPON, str(r.randrange(1, 9)))
    else:
        _product(shop, str(r.randrange(1, 46)))


def _gone(shop: Shop, kind: Kind, id: str) -> None:
    shop.tell(Deletion(kind=kind, id=id, **shop.tick()))


def _people(shop: Shop) -> None:
    id = str(shop.random.randrange(1, 141))
    if shop.random.random() < 0.2:
        _gone(shop, Kind.CUSTOMER, id)
    else:
        _customer(shop, id)


def _category(shop: Shop, id: str) -> None:
    parent = shop.random.randrange(0, int(id))
    shop.tell(
        Category(
            id=id,
            name=f"Category {shop.random.randrange(100)}",
            parent_id=str(parent) if parent else None,
            **shop.tick(),
        )
    )


def _coupon(shop: Shop, id: str) -> None:
    shop.tell(
        Coupon(id=id, code=f"save{id}", amount=shop.money(), usage_count=shop.number, **shop.tick())
    )


def _customer(shop: Shop, id: str) -> None:
    r = shop.random
    shop.tell(
        Customer(
            id=id,
            email=f"c{id}@example.com",
            phone=f"077000{r.randrange(1000, 9999)}",
            first_name=f"Name {r.randrange(100)}",
            created_at=START,
            addresses=tuple(
                Address(
                    id=f"{id}-{place}", line1=f"{r.randrange(99)} Main Street", country_code="LK"
                )
                for place in range(r.randrange(3))
            ),
            **shop.tick(),
        )
    )


def _product(shop: Shop, id: str) -> None:
    """Some share a SKU, some have several variants that come and go."""
    r, version = shop.random, shop.tick()
    categories = (
        Category(id=str(r.randrange(1, 9)), name=f"Heard {r.randrange(9)}", rank=0, **version),
    )
    variants = range(1 if int(id) % 5 else r.randrange(1, 4))
    tags = ("shade_kit",) if r.random() < 0.2 else ("full_size_spf",) if r.random() < 0.2 else ()
    shop.tell(
        Product(
            id=id,
            title=f"Product {id} {r.randrange(100)}",
            tags=tags,
            categories=categories if r.random() < 0.8 else (),
            variants=tuple(
                Variant(
                    id=id if place == 0 else f"{id}{place}00",
                    sku="SHARED" if int(id) % 7 == 0 else f"SKU-{id}-{place}",
                    price=shop.money(),
                    stock=r.choice((None, 0, 5, 9)),
                )
                for place in variants
            ),
            **version,
        )
    )
