"""Fills a shop: from a seed, always the same one, or from a CSV of real invoices."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import groupby
from pathlib import Path

from shops.shop import (
    MICROS,
    Address,
    Customer,
    Fulfilment,
    Line,
    Order,
    Payment,
    Product,
    Refund,
    RefundLine,
    Shop,
    Stage,
    Variant,
    micros,
    share,
)

DAY = 24 * 3600 * MICROS

FIRST = [
    "Amara",
    "Ben",
    "Chloe",
    "Dilshan",
    "Elena",
    "Farid",
    "Grace",
    "Hiro",
    "Ines",
    "Jonas",
    "Kavya",
    "Liam",
    "Mei",
    "Noor",
    "Oscar",
    "Priya",
    "Quentin",
    "Rosa",
    "Samir",
    "Tara",
    "Uma",
    "Viktor",
    "Wanjiru",
    "Xin",
    "Yusuf",
    "Zoë",
]
LAST = [
    "Adeyemi",
    "Brown",
    "Castillo",
    "Dias",
    "Eriksen",
    "Fernando",
    "Garcia",
    "Haddad",
    "Ito",
    "Jansen",
    "Khan",
    "Lindqvist",
    "Müller",
    "Nguyen",
    "Okafor",
    "Perera",
    "Quispe",
    "Rossi",
    "Silva",
    "Tanaka",
    "Usman",
    "Vogel",
    "Wijesinghe",
    "Xu",
    "Young",
    "Zhang",
]
STREETS = ["Main", "Oak", "Lake", "Hill", "Station", "Temple", "Garden", "Mill", "Park", "River"]
ADJECTIVES = [
    "Plain",
    "Soft",
    "Bright",
    "Heavy",
    "Light",
    "Classic",
    "Woven",
    "Matte",
    "Deep",
    "Small",
]
THINGS = [
    "Mug",
    "Tee",
    "Tote",
    "Lamp",
    "Jersey",
    "Scarf",
    "Bowl",
    "Candle",
    "Notebook",
    "Cap",
    "Apron",
    "Poster",
]
SIZES = ("S", "M", "L", "XL")


@dataclass(frozen=True)
class Place:
    country: str
    country_code: str
    province: str
    province_code: str
    city: str
    zip: str
    phone: str
    """The part before the last two digits: ranges kept free for examples."""


PLACES = (
    Place("United States", "US", "California", "CA", "San Francisco", "94103", "+1 415 555 01"),
    Place("United States", "US", "New York", "NY", "Brooklyn", "11201", "+1 718 555 01"),
    Place("Canada", "CA", "Ontario", "ON", "Ottawa", "K1A 0B1", "+1 613 555 01"),
)
SRI_LANKA = (
    Place("Sri Lanka", "LK", "Western", "1", "Colombo", "00300", "070 000 00"),
    Place("Sri Lanka", "LK", "Central", "2", "Kandy", "20000", "+94 70 000 00"),
    Place("Sri Lanka", "LK", "Southern", "3", "Galle", "80000", "947000000"),
)
NIGERIA = (
    Place("Nigeria", "NG", "Lagos", "LA", "Ikeja", "100271", "+234 700 000 00"),
    Place("United States", "US", "Texas", "TX", "Houston", "77002", "+1 713 555 01"),
)


@dataclass(frozen=True)
class Plan:
    """What to generate. The same plan always makes the same shop."""

    orders: int = 100
    customers: int = 0
    """0: one for every four orders, five at least."""
    products: int = 40
    seed: int = 1
    until: int = 0
    """The time of the newest order, microseconds; 0: the last midnight in UTC."""
    days: int = 365
    places: tuple[Place, ...] = PLACES
    tax: Decimal = Decimal(10)
    taxed_shipping: bool = True
    shipping: int = 500
    carts: float = 0.0
    """Share of orders that are carts nobody has checked out."""
    guests: float = 0.2
    refunds: float = 0.05
    coupons: float = 0.1
    catalogue: str = "general"
    """`shades`: sample kits and full sizes; `kits`: jerseys with patch and print."""


def last_midnight() -> int:
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(today.timestamp()) * MICROS


def fill(shop: Shop, plan: Plan) -> None:
    """Adds the plan's products, customers, coupons and orders, oldest first."""
    rng = random.Random(plan.seed)
    until = plan.until or last_midnight()
    start = until - plan.days * DAY
    shop.tax_rate = plan.tax
    shop.shipping_tax_rate = plan.tax if plan.taxed_shipping else Decimal(0)
    products = [_product(shop, rng, number, start) for number in range(plan.products)]
    if plan.catalogue == "shades":
        products = _shades(shop, start) + products
    for product in products:
        shop.add_product(product)
    count = plan.customers or max(5, plan.orders // 4)
    customers = [
        shop.add_customer(**_person(rng, number, plan.places, start)) for number in range(count)
    ]
    _coupons(shop, start)
    _orders(shop, rng, plan, customers, start, until)
    shop.version += 1


def _person(
    rng: random.Random, number: int, places: tuple[Place, ...], at: int
) -> dict[str, object]:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    place = rng.choice(places)
    phone = f"{place.phone}{number % 100:02d}"
    return {
        "email": f"shopper{number}@example.com",
        "first_name": first,
        "last_name": last,
        "phone": phone,
        "created_at": at + number * MICROS,
        "updated_at": at + number * MICROS,
        "accepts_marketing": rng.random() < 0.5,
        "address": Address(
            first,
            last,
            "",
            f"{rng.randrange(1, 200)} {rng.choice(STREETS)} St",
            "",
            place.city,
            place.province,
            place.province_code,
            place.zip,
            place.country,
            place.country_code,
            phone,
        ),
    }


def _product(shop: Shop, rng: random.Random, number: int, at: int) -> Product:
    thing = THINGS[number % len(THINGS)]
    title = f"{rng.choice(ADJECTIVES)} {thing} {number}"
    product_id = shop.ids.next("product")
    price = rng.randrange(500, 9000, 5)
    sizes = SIZES[: rng.randrange(2, 5)] if thing in {"Tee", "Jersey", "Cap"} else ("",)
    variants = [
        Variant(
            shop.ids.next("variant") if size else _single_variant(shop, product_id),
            product_id,
            "" if number % 20 == 3 else f"{thing[:3].upper()}-{number}{size}",
            size or "Default Title",
            {"Size": size} if size else {},
            price,
            price,
            rng.randrange(1_000, 20_000) if rng.random() < 0.7 else None,
            at,
            at,
        )
        for size in sizes
    ]
    return Product(
        product_id,
        title,
        title.lower().replace(" ", "-"),
        f"<p>{title}</p>",
        "backshop",
        thing,
        (thing.lower(),),
        thing + "s",
        "publish",
        variants,
        ("Size",) if sizes != ("",) else (),
        at,
        at,
        has_variants=sizes != ("",),
        option_values={"Size": sizes} if sizes != ("",) else {},
    )


def _single_variant(shop: Shop, product_id: int) -> int:
    """A product without variants has one all the same; in WooCommerce it is the product itself."""
    return product_id if shop.rules.product_is_variant else shop.ids.next("variant")


SHADES = ("Ivory", "Sand", "Honey", "Amber", "Cocoa", "Espresso")


def _shades(shop: Shop, at: int) -> list[Product]:
    """A cosmetics shop: a sample kit and the full sizes it leads to, one variant a shade."""
    kit = ("Shade Sample Kit", "Sample kit", ("shade_kit",), (("KIT-SHADES", ""),), 900)
    full = (
        "Tinted SPF 50",
        "Sunscreen",
        ("full_size_spf",),
        tuple((f"SPF-{shade.upper()}", shade) for shade in SHADES),
        3400,
    )
    return [
        _shade_product(shop, title, kind, tags, skus, price, at)
        for title, kind, tags, skus, price in (kit, full)
    ]


def _shade_product(
    shop: Shop,
    title: str,
    kind: str,
    tags: tuple[str, ...],
    skus: tuple[tuple[str, str], ...],
    price: int,
    at: int,
) -> Product:
    product_id = shop.ids.next("product")
    variants = [
        Variant(
            shop.ids.next("variant"),
            product_id,
            sku,
            shade or "Default Title",
            {"Shade": shade} if shade else {},
            price,
            price,
            5_000,
            at,
            at,
        )
        for sku, shade in skus
    ]
    several = len(skus) > 1
    return Product(
        product_id,
        title,
        title.lower().replace(" ", "-"),
        f"<p>{title}</p>",
        "backshop",
        kind,
        tags,
        kind,
        "publish",
        variants,
        ("Shade",) if several else (),
        at,
        at,
        has_variants=several,
        option_values={"Shade": tuple(shade for _, shade in skus)} if several else {},
    )


def _coupons(shop: Shop, at: int) -> None:
    shop.add_coupon(
        code="welcome10", kind="percent", amount=Decimal(10), created_at=at, updated_at=at
    )
    shop.add_coupon(code="five-off", kind="fixed", amount=Decimal(5), created_at=at, updated_at=at)


def _orders(
    shop: Shop,
    rng: random.Random,
    plan: Plan,
    customers: list[Customer],
    start: int,
    until: int,
) -> None:
    variants = [v for p in shop.products.values() for v in p.variants if v.price is not None]
    weights = [1 / (rank + 3) for rank in range(len(variants))]
    picks = iter(rng.choices(variants, weights, k=plan.orders * 6))
    coupons = list(shop.coupons.values())
    step = (until - start) // max(1, plan.orders)
    for number in range(plan.orders):
        placed = start + (number + 1) * step - rng.randrange(max(1, step))
        order = _order(shop, rng, plan, customers, picks, placed)
        if rng.random() < plan.coupons and order.stage != "cart":
            shop.apply_coupon(order, coupons[number % len(coupons)])
        _live(shop, rng, plan, order, until)
        shop.add_order(order, announce=False)


def _order(
    shop: Shop,
    rng: random.Random,
    plan: Plan,
    customers: list[Customer],
    picks: Iterator[Variant],
    placed: int,
) -> Order:
    customer = rng.choice(customers)
    guest = rng.random() < plan.guests
    cart = rng.random() < plan.carts
    order_id = shop.ids.next("order")
    lines = [
        shop.line(next(picks), rng.choice((1, 1, 1, 2, 3)))
        for _ in range(rng.choice((1, 1, 2, 2, 3, 4)))
    ]
    if plan.catalogue == "kits":
        for line in lines:
            _personalise(rng, line)
    email = f"guest{order_id}@example.com" if guest else customer.email
    buyer: int | None = customer.id
    if guest or (cart and rng.random() < 0.7):
        buyer = _guest(shop, customer, email, placed) if guest and not cart else None
    return Order(
        order_id,
        shop.new_code(order_id),
        buyer,
        email,
        customer.phone,
        customer.address,
        customer.address,
        lines,
        "cart" if cart else "pending",
        shop.rules.status["cart" if cart else "pending"],
        shop.currency,
        placed,
        placed,
        placed_at=None if cart else placed,
        shipping_method="Flat rate",
        shipping_line_id=shop.ids.next("line"),
        shipping=plan.shipping,
        shipping_tax_rate=shop.shipping_tax_rate,
        tax_rate=shop.tax_rate,
        tax_line_id=shop.ids.next("line"),
        gateway="card",
        gateway_title="Card",
        key=f"{rng.getrandbits(64):016x}",
        rounds_units=shop.rules.rounds_units,
    )


def _guest(shop: Shop, like: Customer, email: str, at: int) -> int | None:
    """The customer that a guest's checkout makes where guests are customers."""
    if not shop.rules.guests_are_customers:
        return None
    return shop.add_customer(
        email=email,
        first_name=like.first_name,
        last_name=like.last_name,
        phone=like.phone,
        created_at=at,
        updated_at=at,
        address=like.address,
        has_account=False,
        verified=False,
    ).id


def _personalise(rng: random.Random, line: Line) -> None:
    if rng.random() < 0.5:
        line.custom = {
            "patchEnabled": True,
            "patchType": rng.choice(("League", "Cup")),
            "printName": rng.choice(LAST).upper(),
            "printNumber": str(rng.randrange(1, 100)),
        }


FATES: tuple[tuple[Stage, float], ...] = (
    ("delivered", 0.78),
    ("shipped", 0.06),
    ("paid", 0.07),
    ("pending", 0.02),
    ("on_hold", 0.01),
    ("cancelled", 0.05),
    ("failed", 0.01),
)


def _live(shop: Shop, rng: random.Random, plan: Plan, order: Order, until: int) -> None:
    """Takes an order through its stages up to `until`; the newest ones are still under way."""
    if order.stage == "cart":
        return
    placed = order.placed_at or order.created_at
    fate = _fate(rng, until - placed)
    order.stage, order.status = fate, shop.rules.status[fate]
    order.updated_at = placed
    if fate in {"delivered", "shipped", "paid"}:
        _pay(shop, order, placed + 60 * MICROS)
    if fate in {"delivered", "shipped"}:
        _ship(shop, rng, order, placed + DAY, delivered=fate == "delivered")
    if fate == "cancelled":
        order.cancelled_at = order.updated_at = min(until, placed + 3600 * MICROS)
        order.cancel_reason = "customer"
        order.shipping = 0 if shop.rules.cancel_empties else order.shipping
    if fate == "delivered" and rng.random() < plan.refunds:
        _refund(shop, rng, order, min(until, placed + 4 * DAY))
    if shop.rules.unmoved:
        order.updated_at = order.created_at
    if plan.catalogue == "kits":
        order.custom = _delivery(rng, order)
    if fate in {"pending", "failed"} and shop.rules.random_codes:
        order.placed_at = None


def _delivery(rng: random.Random, order: Order) -> dict[str, str]:
    """How far the kit has come: the stage, and the number once a courier has it."""
    if order.fulfilments:
        parcel = order.fulfilments[0]
        stage = "DELIVERED" if parcel.delivered_at else "DISPATCHED"
        return {"deliveryStage": stage, "trackingNumber": parcel.tracking_number}
    if order.stage == "paid":
        return {"deliveryStage": rng.choice(("ORDER_CONFIRMED", "SOURCING", "ARRIVED"))}
    return {}


def _fate(rng: random.Random, age: int) -> Stage:
    draw, fate = rng.random(), FATES[-1][0]
    for name, weight in FATES:
        draw -= weight
        if draw < 0:
            fate = name
            break
    return "paid" if fate == "delivered" and age < 4 * DAY else fate


def _pay(shop: Shop, order: Order, at: int) -> None:
    order.paid_at = order.updated_at = at
    order.payments.append(
        Payment(
            shop.ids.next("payment"), order.total, order.gateway, "Settled", f"tx{order.id}", at
        )
    )


def _ship(shop: Shop, rng: random.Random, order: Order, at: int, *, delivered: bool) -> None:
    arrived = at + 2 * DAY if delivered else None
    order.completed_at = at
    order.updated_at = arrived or at
    order.fulfilments.append(
        Fulfilment(
            shop.ids.next("fulfilment"),
            "Delivered" if delivered else "Shipped",
            "Trans Express",
            f"TX{rng.getrandbits(32):010d}",
            at,
            arrived or at,
            arrived,
            [(line.id, line.quantity) for line in order.lines],
        )
    )


def _refund(shop: Shop, rng: random.Random, order: Order, at: int) -> None:
    line = rng.choice(order.lines)
    amount = line.total // line.quantity
    tax = share(amount, order.tax_rate)
    order.refunds.append(
        Refund(
            shop.ids.next("refund"),
            order.id,
            amount + tax,
            "damaged",
            at,
            at,
            [RefundLine(shop.ids.next("line"), line.id, 1, amount, tax)],
            payment_id=order.payments[0].id if order.payments else None,
        )
    )
    order.updated_at = at


# --------------------------------------------------------------------------- real invoices

COUNTRIES = {
    "United Kingdom": "GB",
    "EIRE": "IE",
    "Germany": "DE",
    "France": "FR",
    "Spain": "ES",
    "Netherlands": "NL",
    "Belgium": "BE",
    "Switzerland": "CH",
    "Portugal": "PT",
    "Australia": "AU",
    "Norway": "NO",
    "Italy": "IT",
    "Channel Islands": "JE",
    "Finland": "FI",
    "Cyprus": "CY",
    "Sweden": "SE",
    "Austria": "AT",
    "Denmark": "DK",
    "Japan": "JP",
    "Poland": "PL",
    "Israel": "IL",
    "USA": "US",
    "Hong Kong": "HK",
    "Singapore": "SG",
    "Iceland": "IS",
    "Canada": "CA",
    "Greece": "GR",
    "Malta": "MT",
    "United Arab Emirates": "AE",
    "RSA": "ZA",
    "Lebanon": "LB",
    "Lithuania": "LT",
    "Brazil": "BR",
    "Czech Republic": "CZ",
    "Bahrain": "BH",
    "Saudi Arabia": "SA",
}


def fill_from_invoices(shop: Shop, path: Path, *, limit: int | None = None, until: int = 0) -> None:
    """Fills the shop from `InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,
    CustomerID,Country` (gzipped CSV, invoices in order). Times move so that the newest invoice is
    at `until`. Invoices that begin with C give back what the customer's latest order of that
    product had; where there is none they are left out. Lines without price or count are too."""
    shop.tax_rate = shop.shipping_tax_rate = Decimal(0)
    shift = (until or last_midnight()) - _newest(path)
    invoices = _Invoices(shop, shift)
    count = 0
    for number, rows in _invoices(path):
        if limit is not None and count >= limit:
            break
        count += invoices.add(number, rows)
    shop.version += 1


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _newest(path: Path) -> int:
    return max(micros(row["InvoiceDate"]) for row in _rows(path))


def _invoices(path: Path) -> Iterator[tuple[str, list[dict[str, str]]]]:
    for number, rows in groupby(_rows(path), key=lambda row: row["InvoiceNo"]):
        yield number, list(rows)


class _Invoices:
    def __init__(self, shop: Shop, shift: int) -> None:
        self.shop, self.shift = shop, shift
        self.variants: dict[str, Variant] = {}
        self.customers: dict[str, Customer] = {}
        self.latest: dict[tuple[int | None, str], Order] = {}

    def add(self, number: str, rows: list[dict[str, str]]) -> int:
        """1 where the invoice became an order, 0 where it gave something back or nothing."""
        at = micros(rows[0]["InvoiceDate"]) + self.shift
        customer = self._customer(rows[0], at)
        if number.startswith("C"):
            for row in rows:
                self._give_back(customer, row, at)
            return 0
        sold = [r for r in rows if float(r["Quantity"]) > 0 and float(r["UnitPrice"] or 0) > 0]
        if sold:
            self._order(customer, sold, at, number)
        return bool(sold)

    def _customer(self, row: dict[str, str], at: int) -> Customer | None:
        key = row["CustomerID"].removesuffix(".0")
        if not key:
            return None
        if key not in self.customers:
            place = _abroad(row["Country"])
            person = random.Random(key)
            self.customers[key] = self.shop.add_customer(
                email=f"customer{key}@example.com",
                first_name=person.choice(FIRST),
                last_name=person.choice(LAST),
                created_at=at,
                updated_at=at,
                address=place,
            )
        return self.customers[key]

    def _variant(self, row: dict[str, str], at: int) -> Variant:
        code = row["StockCode"]
        if code not in self.variants:
            shop = self.shop
            product_id = shop.ids.next("product")
            price = round(float(row["UnitPrice"]) * 100)
            variant = Variant(
                _single_variant(shop, product_id),
                product_id,
                code,
                "Default Title",
                {},
                price,
                price,
                None,
                at,
                at,
            )
            title = row["Description"].strip().title() or code
            self.variants[code] = variant
            shop.add_product(
                Product(
                    product_id,
                    title,
                    code.lower(),
                    "",
                    "Online Retail",
                    "Gift",
                    (),
                    "Gifts",
                    "publish",
                    [variant],
                    (),
                    at,
                    at,
                )
            )
        return self.variants[code]

    def _order(
        self, customer: Customer | None, rows: Iterable[dict[str, str]], at: int, number: str
    ) -> None:
        shop = self.shop
        order_id = shop.ids.next("order")
        lines = [
            shop.line(
                self._variant(row, at),
                int(float(row["Quantity"])),
                unit_price=round(float(row["UnitPrice"]) * 100),
            )
            for row in rows
        ]
        place = customer.address if customer else _abroad("United Kingdom")
        order = Order(
            order_id,
            number,
            customer.id if customer else None,
            customer.email if customer else f"guest{number}@example.com",
            "",
            place,
            place,
            lines,
            "delivered",
            shop.rules.status["delivered"],
            shop.currency,
            at,
            at,
            placed_at=at,
            completed_at=at,
            gateway="card",
            gateway_title="Card",
            key=number,
            rounds_units=shop.rules.rounds_units,
        )
        _pay(shop, order, at)
        for line in lines:
            self.latest[customer.id if customer else None, line.sku] = order
        shop.add_order(order, announce=False)

    def _give_back(self, customer: Customer | None, row: dict[str, str], at: int) -> None:
        order = self.latest.get((customer.id if customer else None, row["StockCode"]))
        if order is None:
            return
        line = next(line for line in order.lines if line.sku == row["StockCode"])
        taken = sum(
            part.quantity
            for refund in order.refunds
            for part in refund.lines
            if part.line_id == line.id
        )
        quantity = min(line.quantity - taken, -int(float(row["Quantity"])))
        if quantity <= 0:
            return
        amount = line.unit_price * quantity
        part = RefundLine(self.shop.ids.next("line"), line.id, quantity, amount, 0)
        order.refunds.append(
            Refund(
                self.shop.ids.next("refund"),
                order.id,
                amount,
                "returned",
                at,
                at,
                [part],
                payment_id=order.payments[0].id,
            )
        )
        if not self.shop.rules.unmoved:
            order.updated_at = at


def _abroad(country: str) -> Address:
    code = COUNTRIES.get(country, "GB")
    return Address("A", "Customer", "", "1 High Street", "", "Town", "", "", "0001", country, code)
