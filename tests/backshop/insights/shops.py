"""Random shops of every awkward kind: as plain data for the naive computation, and as the records
that platforms would send of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from backshop import commerce
from backshop.commerce import Record

from tests.backshop.insights.naive import Line, Order, Product, Refund, Shop

AS_OF = datetime(2025, 12, 15, 12, 0, tzinfo=UTC)
ZONES = (
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "America/Santiago",
    "UTC",
)
EDGES = [
    # Clocks that change, years and ISO weeks that begin, a leap day.
    datetime(2024, 2, 29, 12, tzinfo=UTC),
    datetime(2024, 3, 10, 7, tzinfo=UTC),
    datetime(2024, 10, 27, 1, tzinfo=UTC),
    datetime(2024, 12, 29, 23, tzinfo=UTC),
    datetime(2024, 12, 31, 23, tzinfo=UTC),
    datetime(2025, 1, 1, 5, tzinfo=UTC),
    datetime(2025, 3, 9, 7, tzinfo=UTC),
    datetime(2025, 3, 30, 1, tzinfo=UTC),
    datetime(2025, 9, 7, 4, tzinfo=UTC),
    datetime(2025, 11, 2, 6, tzinfo=UTC),
    datetime(2025, 11, 30, 23, tzinfo=UTC),
    datetime(2025, 12, 14, 20, tzinfo=UTC),
]
COUNTRIES = ("DE", "US", "JP", "FR", None)
STATUSES = (
    # Word, counts, cancelled.
    ("processing", True, False),
    ("completed", True, False),
    ("completed", True, False),
    ("on-hold", True, False),
    ("refunded", True, False),
    ("pending", False, False),
    ("cancelled", False, True),
    ("failed", False, True),
)


def shop(seed: int, *, orders: int = 70) -> Shop:
    random = Random(seed)
    currencies = (["USD"], ["JPY"], ["USD", "EUR"], ["EUR", "JPY", "USD"])[seed % 4]
    categories: dict[int, tuple[str, int | None]] = {
        1: ("Candles", None),
        2: ("Scented", 1),
        3: ("Tall", 2),
        4: ("Gifts", None),
    }
    products = {
        number: Product(
            number,
            f"Product {number}",
            f"SKU-{number}",
            random.choice([1, 2, 3, 4, None]),
            random.choice([0, 3, 40, None]),
            _money(random, currencies[0]),
            random.choice(["publish", "publish", "draft"]),
        )
        for number in range(1, 9)
    }
    made = Shop(
        ZONES[seed % len(ZONES)],
        currencies[0],
        [],
        products,
        categories,
        statuses={"completed", "pending"} if seed % 5 == 3 else None,
        by_paid=seed % 5 == 2,
        week_start=6 if seed % 2 else 0,
    )
    made.orders = [_order(random, made, number, currencies) for number in range(1, orders + 1)]
    return made


def _money(random: Random, currency: str) -> Decimal:
    if currency == "JPY":
        return Decimal(random.randrange(100, 30_000))
    return Decimal(random.randrange(100, 30_000)) / 100


def _moment(random: Random) -> datetime:
    if random.random() < 0.4:
        at = random.choice(EDGES) + timedelta(minutes=random.randrange(-180, 180))
    else:
        at = AS_OF - timedelta(minutes=random.randrange(-2_000, 1_050_000))
    return at.replace(microsecond=0)


def _order(random: Random, made: Shop, number: int, currencies: list[str]) -> Order:
    currency = random.choice(currencies)
    status, counted, cancelled = random.choice(STATUSES)
    lines = [_line(random, made, number, n, currency) for n in range(random.randrange(1, 4))]
    subtotal = sum((line.subtotal for line in lines), Decimal(0))
    discount = sum((line.subtotal - line.total for line in lines), Decimal(0))
    tax = _rounded((subtotal - discount) * Decimal("0.19"), currency)
    shipping = random.choice([Decimal(0), Decimal(5)])
    who = random.choice([*"abcdefg", "guest:1", "guest:2", None])
    placed = _moment(random)
    order = Order(
        number=number,
        placed=placed,
        paid=random.choice([placed, placed + timedelta(hours=30), None]),
        status=status,
        counted=counted,
        cancelled=cancelled,
        test=random.random() < 0.05,
        guest=who is None or who.startswith("guest"),
        customer=who,
        country=random.choice(COUNTRIES),
        currency=currency,
        payment=random.choice(["card", "paypal", None]),
        channel=random.choice(["web", "pos"]),
        discount=discount,
        tax=tax,
        shipping=shipping,
        # Some orders have a fee or a tip that is in no other figure.
        total=subtotal - discount + tax + shipping + random.choice([0, 0, 0, 2]),
        lines=lines,
        coupons=_coupons(random, discount),
    )
    order.refunds = _refunds(random, order)
    return order


def _line(random: Random, made: Shop, number: int, n: int, currency: str) -> Line:
    # Product 9 was deleted, and some lines were typed in by hand.
    product = random.choice([*range(1, 8), 9, None])
    quantity = Decimal(random.choice([1, 1, 2, 3, 7]))
    subtotal = _money(random, currency) * quantity
    off = random.choice([Decimal(0), Decimal(0), Decimal("0.1")])
    return Line(
        f"{number}-{n}",
        product,
        f"SKU-{product}" if product else None,
        f"Product {product}" if product else "Gift wrap",
        quantity,
        subtotal,
        subtotal - _rounded(subtotal * off, currency),
    )


def _rounded(amount: Decimal, currency: str) -> Decimal:
    return amount.quantize(Decimal(1) if currency == "JPY" else Decimal("0.01"), ROUND_HALF_UP)


def _coupons(random: Random, discount: Decimal) -> list[tuple[str, Decimal | None]]:
    codes = random.choice([[], [], ["SAVE"], ["save", "VIP"], ["vip"]])
    if len(codes) == 1:
        return [(codes[0], random.choice([discount, None]))]
    half = (discount / 2).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return [(code, half) for code in codes]


def _refunds(random: Random, order: Order) -> list[Refund]:
    kind = random.random()
    at = order.placed + timedelta(hours=random.randrange(1, 1500))
    number = order.number * 10
    if kind < 0.65:
        return []
    if kind < 0.75:
        # In full and in one sum, or in two of which the first was for one line.
        return [Refund(at, number, order.total, Decimal(0), Decimal(0), [])]
    line = order.lines[0]
    tax = _rounded(line.total * Decimal("0.19"), order.currency)
    told = random.choice([tax, Decimal(0)])
    of_line = Refund(
        at,
        number,
        line.total + tax,
        told,
        Decimal(0),
        [(line.id, line.quantity, line.total, tax)],
        random.choice(["settled", "settled", "settled", "pending"]),
    )
    if kind < 0.9 or of_line.status != "settled":
        return [of_line]
    left = order.total - of_line.amount
    later = at + timedelta(days=random.randrange(40))
    rest = Refund(later, number + 1, left, Decimal(0), order.shipping, [])
    return [of_line, rest] if left > 0 else [of_line]


# ------------------------------------------------------------------------------- as records


def records(made: Shop) -> list[Record]:
    """What a platform would send of it, in an order that suits nobody."""
    told: list[Record] = []
    for number, (name, parent) in made.categories.items():
        told.append(
            commerce.Category(
                **_version(), id=str(number), name=name, parent_id=str(parent) if parent else None
            )
        )
    told += [_product(each, made) for each in made.products.values()]
    for order in made.orders:
        told.append(_told(order))
        told += [_told_refund(order, each) for each in order.refunds]
        if order.customer:
            told.append(_customer(order.customer))
    return list(reversed(told))


def _version() -> dict[str, Any]:
    return {"changed_at": AS_OF, "observed_at": AS_OF}


def customer_id(name: str) -> str:
    if name.startswith("guest"):
        return commerce.guest_id(f"{name[-1]}@example.com")
    return str(1000 + ord(name))


def _customer(name: str) -> commerce.Customer:
    is_guest = name.startswith("guest")
    email = f"{name[-1]}@example.com" if is_guest else f"member.{name}@example.com"
    return commerce.Customer(
        **_version(), rank=0, id=customer_id(name), email=email, is_guest=is_guest
    )


def _product(each: Product, made: Shop) -> commerce.Product:
    category = (
        (
            commerce.Category(
                **_version(), rank=0, id=str(each.category), name=made.categories[each.category][0]
            ),
        )
        if each.category
        else ()
    )
    return commerce.Product(
        **_version(),
        id=str(each.number),
        title=each.name,
        status=each.status,
        categories=category,
        variants=(
            commerce.Variant(id=str(each.number), sku=each.sku, price=each.price, stock=each.stock),
        ),
    )


def _told(order: Order) -> commerce.Order:
    return commerce.Order(
        **_version(),
        id=str(order.number),
        code=f"#{order.number}",
        status=order.status,
        is_cancelled=order.cancelled,
        is_counted=order.counted,
        is_test=order.test,
        currency=order.currency,
        subtotal=order.subtotal,
        discount=order.discount,
        shipping=order.shipping,
        tax=order.tax,
        total=order.total,
        created_at=order.placed,
        placed_at=order.placed,
        paid_at=order.paid,
        payment_method=order.payment,
        channel=order.channel,
        country=order.country,
        customer_id=customer_id(order.customer) if order.customer else None,
        is_guest=order.guest,
        lines=tuple(
            commerce.OrderLine(
                id=line.id,
                product_id=line.product,
                variant_id=line.product,
                sku=line.sku,
                name=line.name,
                quantity=int(line.quantity),
                unit_price=round(line.subtotal / line.quantity, 4),
                subtotal=line.subtotal,
                total=line.total,
            )
            for line in order.lines
        ),
        coupons=tuple(commerce.CouponUse(code=code, discount=d) for code, d in order.coupons),
    )


def _told_refund(order: Order, each: Refund) -> commerce.Refund:
    return commerce.Refund(
        **_version(),
        id=str(each.number),
        order_id=str(order.number),
        amount=each.amount,
        tax=each.tax,
        shipping=each.shipping,
        currency=order.currency,
        created_at=each.at,
        status=each.status,
        lines=tuple(
            commerce.RefundLine(line_id=id, quantity=int(quantity), amount=amount, tax=tax)
            for id, quantity, amount, tax in each.lines
        ),
    )
