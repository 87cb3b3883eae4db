"""WooCommerce's records as the REST API v3 and the webhooks give them, as far as they are used.

Money comes as strings (`""` where there is none), and so do times: naive in the shop's own zone,
and naive in UTC under the same name with `_gmt`, which are the ones read here.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from backshop.platforms.parsing import Amount, Payload, Quantity
from backshop.platforms.repair import Whole

Id = Annotated[int, Field(ge=0, lt=2**63)]
ZERO = Decimal(0)


class Address(Payload):
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address_1: str | None = None
    address_2: str | None = None
    city: str | None = None
    state: str | None = None
    postcode: str | None = None
    country: str | None = None
    phone: str | None = None
    email: str | None = None


class Meta(Payload):
    key: str
    value: Any = None


class Line(Payload):
    id: Id
    name: str | None = None
    parent_name: str | None = None
    product_id: Id | None = None
    variation_id: Id | None = None
    quantity: Quantity
    sku: str | None = None
    subtotal: Amount
    subtotal_tax: Amount = ZERO
    total: Amount
    total_tax: Amount = ZERO
    meta_data: list[Meta] = Field(default_factory=list)


class CouponLine(Payload):
    code: str
    discount: Amount | None = None


class RefundLine(Payload):
    """A refund as its order tells it: the total is negative."""

    id: Id
    reason: str | None = None
    total: Amount


class Order(Payload):
    """`line_items` and `refunds` are None where the payload does not tell of them."""

    id: Id
    number: str | None = None
    status: str
    currency: str
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    date_paid_gmt: datetime | None = None
    date_completed_gmt: datetime | None = None
    discount_total: Amount = ZERO
    shipping_total: Amount = ZERO
    shipping_tax: Amount = ZERO
    total: Amount
    total_tax: Amount = ZERO
    customer_id: Id = 0
    billing: Address = Field(default_factory=Address)
    shipping: Address = Field(default_factory=Address)
    payment_method: str | None = None
    created_via: str | None = None
    line_items: Annotated[list[Line] | None, Whole()] = None
    coupon_lines: list[CouponLine] = Field(default_factory=list)
    refunds: Annotated[list[RefundLine] | None, Whole()] = None


class RefundedLine(Payload):
    id: Id
    quantity: Quantity = 0
    total: Amount
    total_tax: Amount = ZERO
    meta_data: list[Meta] = Field(default_factory=list)


class RefundedCharge(Payload):
    total: Amount
    total_tax: Amount = ZERO


class Refund(Payload):
    """A refund as its own endpoints tell it: the amount is positive, its lines are negative."""

    id: Id
    parent_id: Id
    date_created_gmt: datetime | None = None
    amount: Amount
    reason: str | None = None
    line_items: Annotated[list[RefundedLine], Whole()] = Field(default_factory=list)
    shipping_lines: list[RefundedCharge] = Field(default_factory=list)
    fee_lines: list[RefundedCharge] = Field(default_factory=list)


class Customer(Payload):
    id: Id
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    username: str | None = None
    is_paying_customer: bool | None = None
    billing: Address | None = None
    shipping: Address | None = None


class Named(Payload):
    id: Id
    name: str = ""


class Attribute(Payload):
    name: str = ""
    option: str | None = None
    options: list[str] | None = None


class Product(Payload):
    id: Id
    name: str = ""
    type: str = "simple"
    status: str = "publish"
    description: str | None = None
    short_description: str | None = None
    slug: str | None = None
    permalink: str | None = None
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    sku: str | None = None
    price: Amount | None = None
    regular_price: Amount | None = None
    sale_price: Amount | None = None
    stock_quantity: Quantity | None = None
    stock_status: str = "instock"
    parent_id: Id = 0
    categories: list[Named] = Field(default_factory=list)
    tags: list[Named] = Field(default_factory=list)
    attributes: list[Attribute] = Field(default_factory=list)
    variations: list[Any] = Field(default_factory=list)


class Category(Payload):
    id: Id
    name: str = ""
    parent: Id = 0
    count: int | None = None


class Coupon(Payload):
    id: Id
    code: str
    amount: Amount | None = None
    status: str = "publish"
    discount_type: str | None = None
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    date_expires_gmt: datetime | None = None
    usage_count: int = 0


class Gone(Payload):
    """What a deletion says: the id alone. The topic is not signed, so a whole record that comes as
    a deletion is none."""

    id: Id
    date_created: None = None


class Error(Payload):
    """What WooCommerce sends, signed, where the record was gone when it came to be delivered."""

    code: str
    message: str
    data: dict[str, Any]


order = TypeAdapter(Order)
orders = TypeAdapter(list[Order])
refund = TypeAdapter(Refund)
refunds = TypeAdapter(list[Refund])
customer = TypeAdapter(Customer)
customers = TypeAdapter(list[Customer])
product = TypeAdapter(Product)
products = TypeAdapter(list[Product])
category = TypeAdapter(Category)
categories = TypeAdapter(list[Category])
coupon = TypeAdapter(Coupon)
coupons = TypeAdapter(list[Coupon])
gone = TypeAdapter(Gone)
error = TypeAdapter(Error)
