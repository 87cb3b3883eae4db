"""One shop in memory: what the three servers show, each in its own words, and how it changes.

Money is integer minor units (cents), without tax unless a name says otherwise; times are
microseconds since 1970 in UTC, so that each server can cut them to its own resolution.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Literal

MICROS = 1_000_000

Stage = Literal[
    "cart",
    "pending",
    "on_hold",
    "paid",
    "shipped",
    "delivered",
    "cancelled",
    "refunded",
    "failed",
]


@dataclass(slots=True)
class Address:
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    address1: str = ""
    address2: str = ""
    city: str = ""
    province: str = ""
    province_code: str = ""
    zip: str = ""
    country: str = ""
    country_code: str = ""
    phone: str = ""

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(slots=True)
class Customer:
    id: int
    email: str
    first_name: str
    last_name: str
    phone: str
    created_at: int
    updated_at: int
    address: Address
    shipping: Address = field(default_factory=Address)
    role: str = "customer"
    verified: bool = True
    has_account: bool = True
    accepts_marketing: bool = False
    accepts_sms: bool = False
    meta: dict[str, Any] = field(default_factory=dict)
    """What plugins keep with a customer (WooCommerce), or custom fields (Vendure)."""
    is_paying: bool = False
    note: str = ""
    tags: tuple[str, ...] = ()


@dataclass(slots=True)
class Variant:
    id: int
    product_id: int
    sku: str
    title: str
    options: dict[str, str]
    price: int | None
    """What it costs now; None where the merchant has set none."""
    regular_price: int | None
    stock: int | None
    """None where the stock is not managed."""
    created_at: int
    updated_at: int
    barcode: str = ""


@dataclass(slots=True)
class Product:
    id: int
    title: str
    slug: str
    description: str
    vendor: str
    kind: str
    tags: tuple[str, ...]
    category: str
    status: str
    variants: list[Variant]
    option_names: tuple[str, ...]
    created_at: int
    updated_at: int
    has_variants: bool = False
    option_values: dict[str, tuple[str, ...]] = field(default_factory=dict)
    total_sales: int = 0
    image: str = ""


@dataclass(slots=True)
class Line:
    id: int
    product_id: int
    variant_id: int
    sku: str
    title: str
    variant_title: str
    options: dict[str, str]
    quantity: int
    unit_price: int
    discount: int = 0
    """What coupons take off the whole line."""
    vendor: str = ""
    stock_taken: int = 0
    restocked: int = 0
    placed_quantity: int = 0
    custom: dict[str, Any] = field(default_factory=dict)

    @property
    def subtotal(self) -> int:
        return self.unit_price * self.quantity

    @property
    def total(self) -> int:
        return self.subtotal - self.discount

    @property
    def net_unit_price(self) -> int:
        """The unit price after its share of the discounts, rounded."""
        if not self.quantity:
            return self.unit_price
        return int((Decimal(self.total) / self.quantity).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(slots=True)
class Coupon:
    id: int
    code: str
    kind: Literal["fixed", "percent"]
    amount: Decimal
    """Major units of money, or percent."""
    created_at: int
    updated_at: int
    starts_at: int | None = None
    expires_at: int | None = None
    usage_limit: int | None = None
    usage_limit_per_customer: int | None = None
    used: int = 0
    used_by: list[str] = field(default_factory=list)
    status: str = "publish"
    title: str = ""
    customers: tuple[int, ...] = ()
    emails: tuple[str, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class AppliedCoupon:
    id: int
    coupon_id: int
    code: str
    kind: Literal["fixed", "percent"]
    amount: Decimal
    discount: int
    title: str = ""


@dataclass(slots=True)
class Payment:
    id: int
    amount: int
    gateway: str
    state: str
    transaction_id: str
    created_at: int


@dataclass(slots=True)
class RefundLine:
    id: int
    line_id: int
    quantity: int
    amount: int
    tax: int


@dataclass(slots=True)
class Refund:
    id: int
    order_id: int
    amount: int
    """All that is given back, tax and shipping included."""
    reason: str
    created_at: int
    updated_at: int
    lines: list[RefundLine] = field(default_factory=list)
    shipping: int = 0
    adjustment: int = 0
    state: str = "Settled"
    payment_id: int | None = None
    transaction_id: str | None = None
    by_gateway: bool = False
    restock: bool = False


@dataclass(slots=True)
class Fulfilment:
    id: int
    state: str
    method: str
    tracking_number: str
    created_at: int
    updated_at: int
    delivered_at: int | None = None
    lines: list[tuple[int, int]] = field(default_factory=list)
    """Line id and quantity."""


@dataclass(slots=True)
class Note:
    id: int
    text: str
    for_customer: bool
    created_at: int


@dataclass(slots=True)
class Order:
    id: int
    code: str
    customer_id: int | None
    email: str
    phone: str
    billing: Address
    shipping_address: Address
    lines: list[Line]
    stage: Stage
    status: str
    """The platform's own word."""
    currency: str
    created_at: int
    updated_at: int
    placed_at: int | None = None
    paid_at: int | None = None
    completed_at: int | None = None
    cancelled_at: int | None = None
    cancel_reason: str = ""
    shipping_method: str = ""
    shipping_line_id: int = 0
    shipping: int = 0
    shipping_tax_rate: Decimal = Decimal(0)
    tax_rate: Decimal = Decimal(0)
    tax_line_id: int = 0
    coupons: list[AppliedCoupon] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    fulfilments: list[Fulfilment] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    gateway: str = ""
    gateway_title: str = ""
    note: str = ""
    source: str = "web"
    tags: tuple[str, ...] = ()
    custom: dict[str, Any] = field(default_factory=dict)
    key: str = ""
    trashed_from: str = ""
    trashed_at: int | None = None
    rounds_units: bool = False
    """Tax is rounded on one unit and multiplied (Vendure), not on the line."""

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def refunded(self) -> int:
        return sum(refund.amount for refund in self.refunds if refund.state != "Failed")

    def line_tax(self, line: Line) -> int:
        if not self.rounds_units:
            return share(line.total, self.tax_rate)
        return gross(line.net_unit_price, self.tax_rate) * line.quantity - line.total

    @property
    def shipping_tax(self) -> int:
        return share(self.shipping, self.shipping_tax_rate)

    @property
    def tax(self) -> int:
        return sum(self.line_tax(line) for line in self.lines) + self.shipping_tax

    @property
    def total(self) -> int:
        return sum(line.total for line in self.lines) + self.shipping + self.tax


@lru_cache(1 << 16)
def share(amount: int, percent: Decimal) -> int:
    """The percentage of an amount, rounded half away from zero as the shops do."""
    if not percent:
        return 0
    return int((amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))


def gross(net: int, percent: Decimal) -> int:
    """An amount with its tax, rounded half away from zero."""
    return net + share(net, percent)


def iso(micros: int | None) -> str | None:
    """ISO 8601 with milliseconds and Z, None for None."""
    if micros is None:
        return None
    moment = datetime.fromtimestamp(micros // MICROS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{micros % MICROS // 1000:03d}Z"


def micros(text: str) -> int:
    """Reads ISO 8601; a time without zone is UTC."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    whole = int(moment.replace(microsecond=0).timestamp())
    return whole * MICROS + moment.microsecond


class Clock:
    """The shop's clock: the machine's, moved by an offset, or standing still."""

    def __init__(self, start: int | None = None) -> None:
        self._offset = 0
        self._frozen: int | None = start

    def now(self) -> int:
        if self._frozen is not None:
            return self._frozen
        return time.time_ns() // 1000 + self._offset

    def set(self, moment: int, *, frozen: bool) -> None:
        self._offset = moment - time.time_ns() // 1000
        self._frozen = moment if frozen else None

    def advance(self, by: int) -> None:
        if self._frozen is not None:
            self._frozen += by
        else:
            self._offset += by


class Ids:
    """Numbers new records; kinds named together in one group share a sequence, as WordPress's
    posts do (products, orders, coupons and refunds there never have the same id)."""

    def __init__(self, groups: Iterable[Sequence[str]] = (), start: int = 1) -> None:
        self._group = {kind: names[0] for names in groups for kind in names}
        self.first = start
        self._last: dict[str, int] = {}

    def begin_at(self, first: int) -> None:
        """The next ids of every kind will be at least `first`."""
        self.first = first
        self._last = {name: max(last, first - 1) for name, last in self._last.items()}

    def next(self, kind: str) -> int:
        name = self._group.get(kind, kind)
        value = self._last.get(name, self.first - 1) + 1
        self._last[name] = value
        return value

    def skip_to(self, kind: str, value: int) -> None:
        """The next id of this kind will be at least `value`."""
        name = self._group.get(kind, kind)
        self._last[name] = max(self._last.get(name, 0), value - 1)


@dataclass(frozen=True)
class Rules:
    """Where the platforms differ in how the same change goes."""

    status: Mapping[Stage, str]
    """The platform's word for each stage."""
    unmoved: frozenset[str] = frozenset()
    """Changes that leave an order's `updated_at` where it was (Vendure)."""
    per_item_discount: bool = False
    """A fixed coupon is spread evenly over the items (WooCommerce), not by their worth."""
    product_is_variant: bool = False
    """A product without variants is sold under its own id (WooCommerce)."""
    guests_are_customers: bool = False
    """Who buys without an account is a customer all the same, found by e-mail (Vendure)."""
    rounds_units: bool = False
    """Tax is rounded on one unit and multiplied (Vendure)."""
    random_codes: bool = False
    """Orders are known by a random code (Vendure), not by their number."""
    cancel_empties: bool = False
    """A cancelled order's shipping goes with its lines (Vendure)."""
    address_moves_customer: bool = True
    """A change of an address moves its customer's `updated_at` (not on Vendure)."""
    variant_moves_product: bool = True
    """A change of a variant moves its product's `updated_at` (not on Vendure)."""


Listener = Callable[[str, Any], None]


class Shop:
    """The records and every change they can go through; each change tells the listeners."""

    def __init__(
        self, rules: Rules, ids: Ids, *, currency: str = "USD", seed: int = 1, name: str = "Shop"
    ) -> None:
        self.rules = rules
        self.ids = ids
        self.currency = currency
        self.name = name
        self.clock = Clock()
        self.random = random.Random(seed)
        self.customers: dict[int, Customer] = {}
        self.products: dict[int, Product] = {}
        self.variants: dict[int, Variant] = {}
        self.orders: dict[int, Order] = {}
        self.coupons: dict[int, Coupon] = {}
        self.tax_rate = Decimal(0)
        self.shipping_tax_rate = Decimal(0)
        self.refunding = ""
        """What payment providers do with refunds: "settle", "wait" or "refuse" them; "" is the
        platform's usual."""
        self.version = 0
        self.listeners: list[Listener] = []

    def __getstate__(self) -> dict[str, Any]:
        """Everything but who listens, which is the running server's."""
        return {**self.__dict__, "listeners": []}

    # ------------------------------------------------------------------ telling

    def publish(self, event: str, record: Any) -> None:
        self.version += 1
        for listener in self.listeners:
            listener(event, record)

    def touch(self, order: Order, why: str) -> None:
        """Saves a change of an order: moves `updated_at` where the platform does, and tells."""
        if why not in self.rules.unmoved:
            order.updated_at = max(self.clock.now(), order.updated_at)
        self.publish("order.updated", order)

    # ---------------------------------------------------------------- customers

    def customer_by_email(self, email: str) -> Customer | None:
        wanted = email.lower()
        return next((c for c in self.customers.values() if c.email.lower() == wanted), None)

    def add_customer(self, **fields: Any) -> Customer:
        now = self.clock.now()
        fields.setdefault("address", Address())
        customer = Customer(
            **{
                "id": fields.pop("id", None) or self.ids.next("customer"),
                "first_name": "",
                "last_name": "",
                "phone": "",
                "created_at": now,
                "updated_at": now,
                **fields,
            }
        )
        self.customers[customer.id] = customer
        self.publish("customer.created", customer)
        return customer

    def guest(self, email: str, first_name: str, last_name: str, phone: str) -> Customer:
        """The customer a guest's checkout makes; an earlier one loses its name and phone to it."""
        known = self.customer_by_email(email)
        names = {"first_name": first_name, "last_name": last_name, "phone": phone}
        if known is None:
            return self.add_customer(email=email, has_account=False, verified=False, **names)
        return self.edit_customer(known, **names)

    def edit_customer(self, customer: Customer, **fields: Any) -> Customer:
        for key, value in fields.items():
            setattr(customer, key, value)
        if self.rules.address_moves_customer or set(fields) - {"address", "shipping"}:
            customer.updated_at = max(self.clock.now(), customer.updated_at)
        self.publish("customer.updated", customer)
        return customer

    def delete_customer(self, customer: Customer) -> None:
        del self.customers[customer.id]
        for order in self.orders.values():
            if order.customer_id == customer.id:
                order.customer_id = None
        self.publish("customer.deleted", customer)

    # ----------------------------------------------------------------- products

    def add_product(self, product: Product) -> Product:
        self.products[product.id] = product
        for variant in product.variants:
            self.variants[variant.id] = variant
        self.publish("product.created", product)
        return product

    def add_variant(self, product: Product, variant: Variant) -> Variant:
        product.variants.append(variant)
        self.variants[variant.id] = variant
        self.publish("product.updated", product)
        return variant

    def edit_product(self, product: Product, **fields: Any) -> Product:
        for key, value in fields.items():
            setattr(product, key, value)
        product.updated_at = max(self.clock.now(), product.updated_at)
        self.publish("product.updated", product)
        return product

    def edit_variant(self, variant: Variant, **fields: Any) -> Variant:
        for key, value in fields.items():
            setattr(variant, key, value)
        variant.updated_at = self.clock.now()
        product = self.products[variant.product_id]
        if self.rules.variant_moves_product:
            product.updated_at = max(variant.updated_at, product.updated_at)
        self.publish("product.updated", product)
        return variant

    def delete_variant(self, variant: Variant) -> None:
        """Staff take it off its product, which they save then."""
        product = self.products[variant.product_id]
        product.variants.remove(variant)
        del self.variants[variant.id]
        self.edit_product(product)

    def delete_product(self, product: Product) -> None:
        del self.products[product.id]
        for variant in product.variants:
            self.variants.pop(variant.id, None)
        self.publish("product.deleted", product)

    # ------------------------------------------------------------------ coupons

    def coupon_by_code(self, code: str) -> Coupon | None:
        wanted = code.lower()
        return next((c for c in self.coupons.values() if c.code.lower() == wanted), None)

    def add_coupon(self, **fields: Any) -> Coupon:
        now = self.clock.now()
        coupon = Coupon(
            **{"id": self.ids.next("coupon"), "created_at": now, "updated_at": now, **fields}
        )
        self.coupons[coupon.id] = coupon
        self.publish("coupon.created", coupon)
        return coupon

    def edit_coupon(self, coupon: Coupon, **fields: Any) -> Coupon:
        for key, value in fields.items():
            setattr(coupon, key, value)
        coupon.updated_at = self.clock.now()
        self.publish("coupon.updated", coupon)
        return coupon

    def delete_coupon(self, coupon: Coupon) -> None:
        del self.coupons[coupon.id]
        self.publish("coupon.deleted", coupon)

    # ------------------------------------------------------------------- orders

    def new_code(self, order_id: int) -> str:
        """Sixteen letters and digits where codes are random, the number elsewhere."""
        if not self.rules.random_codes:
            return str(order_id)
        return "".join(self.random.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=16))

    def line(self, variant: Variant, quantity: int, **fields: Any) -> Line:
        product = self.products[variant.product_id]
        return Line(
            **{
                "id": self.ids.next("line"),
                "product_id": product.id,
                "variant_id": variant.id,
                "sku": variant.sku,
                "title": product.title,
                "variant_title": variant.title if product.has_variants else "",
                "options": dict(variant.options),
                "quantity": quantity,
                "placed_quantity": quantity,
                "unit_price": variant.price or 0,
                "vendor": product.vendor,
                **fields,
            }
        )

    def add_order(self, order: Order, *, announce: bool = True) -> Order:
        self.orders[order.id] = order
        self.version += 1
        if announce:
            self.publish("order.created", order)
        return order

    def apply_coupon(self, order: Order, coupon: Coupon, scale: int = 100) -> AppliedCoupon:
        """Spreads the coupon's worth over the lines; never more than they cost."""
        worth = [line.total for line in order.lines]
        wanted = (
            share(sum(worth), coupon.amount)
            if coupon.kind == "percent"
            else int(coupon.amount * scale)
        )
        weights = (
            [line.quantity for line in order.lines]
            if self.rules.per_item_discount and coupon.kind == "fixed"
            else worth
        )
        parts = spread(min(wanted, sum(worth)), weights, worth)
        for line, part in zip(order.lines, parts, strict=True):
            line.discount += part
        coupon.used += 1
        coupon.used_by.append(str(order.customer_id or order.email))
        applied = AppliedCoupon(
            self.ids.next("line"),
            coupon.id,
            coupon.code,
            coupon.kind,
            coupon.amount,
            sum(parts),
            coupon.title,
        )
        order.coupons.append(applied)
        return applied

    def _enter(self, order: Order, stage: Stage) -> None:
        order.stage = stage
        order.status = self.rules.status[stage]

    def pay(self, order: Order, gateway: str | None = None, transaction: str = "") -> Payment:
        now = self.clock.now()
        payment = Payment(
            self.ids.next("payment"),
            order.total,
            gateway or order.gateway or "manual",
            "Settled",
            transaction,
            now,
        )
        order.payments.append(payment)
        order.paid_at = now
        order.placed_at = order.placed_at or now
        self._take_stock(order)
        if order.customer_id in self.customers:
            self.customers[order.customer_id].is_paying = True
        self._enter(order, "paid")
        self.touch(order, "pay")
        self.publish("order.paid", order)
        return payment

    def _take_stock(self, order: Order) -> None:
        for line in order.lines:
            variant = self.variants.get(line.variant_id)
            if variant is None:
                continue
            self.products[variant.product_id].total_sales += line.quantity
            if variant.stock is not None:
                line.stock_taken = line.quantity
                variant.stock -= line.quantity

    def ship(self, order: Order, tracking_number: str = "", method: str = "Courier") -> Fulfilment:
        now = self.clock.now()
        parcel = Fulfilment(
            self.ids.next("fulfilment"),
            "Shipped",
            method,
            tracking_number,
            now,
            now,
            lines=[(line.id, line.quantity) for line in order.lines],
        )
        order.fulfilments.append(parcel)
        order.completed_at = order.completed_at or now
        self._enter(order, "shipped")
        self.touch(order, "ship")
        self.publish("order.fulfilled", order)
        return parcel

    def deliver(self, order: Order) -> None:
        now = self.clock.now()
        for parcel in order.fulfilments:
            parcel.state = "Delivered"
            parcel.delivered_at = parcel.updated_at = now
        self._enter(order, "delivered")
        self.touch(order, "deliver")

    def cancel(self, order: Order, reason: str = "customer") -> None:
        order.cancelled_at = self.clock.now()
        order.cancel_reason = reason
        if self.rules.cancel_empties:
            order.shipping = 0
        self._enter(order, "cancelled")
        self.touch(order, "cancel")
        self.publish("order.cancelled", order)

    def set_status(self, order: Order, status: str) -> None:
        """Sets the platform's word; the stage follows where the word has one."""
        stages = [stage for stage, word in self.rules.status.items() if word == status]
        now = self.clock.now()
        order.status = status
        if stages and order.stage not in stages:
            order.stage = stages[0]
        if status == self.rules.status["shipped"]:
            order.completed_at = order.completed_at or now
            order.paid_at = order.paid_at or now
        if order.stage == "cancelled":
            order.cancelled_at = order.cancelled_at or now
        self.touch(order, "status")

    def refund(self, order: Order, amount: int, **fields: Any) -> Refund:
        now = self.clock.now()
        refund = Refund(
            **{
                "id": self.ids.next("refund"),
                "order_id": order.id,
                "amount": amount,
                "reason": "",
                "created_at": now,
                "updated_at": now,
                **fields,
            }
        )
        order.refunds.append(refund)
        if refund.restock:
            self._restock(order, refund)
        self.touch(order, "refund")
        self.publish("refund.created", refund)
        return refund

    def set_refunding(self, how: str) -> None:
        """Let payment providers treat refunds so from now on, those that wait at one included."""
        self.refunding = how
        ends = {"settle": "Settled", "refuse": "Failed"}
        for order in self.orders.values():
            for refund in order.refunds:
                if how in ends and refund.state == "Pending" and refund.transaction_id:
                    refund.state, refund.updated_at = ends[how], self.clock.now()
                    self.touch(order, "settle")

    def _restock(self, order: Order, refund: Refund) -> None:
        lines = {line.id: line for line in order.lines}
        for part in refund.lines:
            line = lines[part.line_id]
            variant = self.variants.get(line.variant_id)
            if variant is not None and variant.stock is not None and line.stock_taken:
                variant.stock += part.quantity
                line.stock_taken -= part.quantity
                line.restocked += part.quantity

    def change_address(
        self, order: Order, fields: Mapping[str, str], *, billing: bool = False
    ) -> Address:
        current = order.billing if billing else order.shipping_address
        changed = replace(current, **fields)
        if billing:
            order.billing = changed
        else:
            order.shipping_address = changed
        self.touch(order, "address")
        return changed

    def edit_order(self, order: Order, **fields: Any) -> None:
        for key, value in fields.items():
            setattr(order, key, value)
        self.touch(order, "custom" if "custom" in fields else "edit")

    def trash(self, order: Order) -> None:
        now = self.clock.now()
        order.trashed_from, order.trashed_at = order.status, now
        order.status = "trash"
        order.updated_at = max(now, order.updated_at)
        self.publish("order.trashed", order)

    def restore(self, order: Order) -> None:
        order.status, order.trashed_from, order.trashed_at = order.trashed_from, "", None
        self.touch(order, "restore")
        self.publish("order.restored", order)

    def delete_order(self, order: Order) -> None:
        del self.orders[order.id]
        self.publish("order.deleted", order)


def spread(amount: int, weights: Sequence[int], limits: Sequence[int]) -> list[int]:
    """Splits an amount by weights, each part within its limit; what rounding leaves goes to the
    first parts that have room, so the parts always add up (to the limits' sum at most)."""
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    parts = [
        min(limit, amount * weight // total) for weight, limit in zip(weights, limits, strict=True)
    ]
    left = min(amount, sum(limits)) - sum(parts)
    for index, limit in enumerate(limits):
        extra = min(left, limit - parts[index])
        parts[index] += extra
        left -= extra
    return parts
