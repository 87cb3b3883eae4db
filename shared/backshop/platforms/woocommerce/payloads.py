"""WooCommerce's records as the REST API v3 and the webhooks give them, as far as they are used.

Money comes as strings (`""` where there is none), and so do times: naive in the shop's own zone,
and naive in UTC under the same name with `_gmt`, which are the ones read here.

Source: `shops/recordings/woocommerce-11.0.1`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from html import unescape
from typing import Annotated, Any

from pydantic import AfterValidator, Field, TypeAdapter

from backshop.platforms.parsing import Amount, CurrencyCode, Payload, Quantity
from backshop.platforms.repair import Whole

Id = Annotated[int, Field(ge=0, lt=2**63)]
Text = Annotated[str, AfterValidator(unescape)]
"""WordPress escapes what it stores: `Salt &amp; Pepper`."""
ZERO = Decimal(0)


class AddressPayload(Payload):
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


class MetaPayload(Payload):
    key: str
    value: Any = None


class LinePayload(Payload):
    id: Id
    name: Text | None = None
    parent_name: Text | None = None
    product_id: Id | None = None
    variation_id: Id | None = None
    quantity: Quantity
    sku: str | None = None
    subtotal: Amount
    subtotal_tax: Amount = ZERO
    total: Amount
    total_tax: Amount = ZERO
    meta_data: list[MetaPayload] = Field(default_factory=list)


class CouponLinePayload(Payload):
    code: str
    discount: Amount | None = None


class RefundLinePayload(Payload):
    """A refund as its order tells it: the total is negative."""

    id: Id
    reason: str | None = None
    total: Amount


class OrderPayload(Payload):
    """`line_items` and `refunds` are None where the payload does not tell of them."""

    id: Id
    number: str | None = None
    status: str
    currency: CurrencyCode
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
    billing: AddressPayload = Field(default_factory=AddressPayload)
    shipping: AddressPayload = Field(default_factory=AddressPayload)
    payment_method: str | None = None
    created_via: str | None = None
    line_items: Annotated[list[LinePayload] | None, Whole()] = None
    coupon_lines: list[CouponLinePayload] = Field(default_factory=list)
    refunds: Annotated[list[RefundLinePayload] | None, Whole()] = None


class RefundedLinePayload(Payload):
    id: Id
    quantity: Quantity = 0
    total: Amount
    total_tax: Amount = ZERO
    meta_data: list[MetaPayload] = Field(default_factory=list)


class RefundedChargePayload(Payload):
    total: Amount
    total_tax: Amount = ZERO


class RefundPayload(Payload):
    """A refund as its own endpoints tell it: the amount is positive, its lines are negative."""

    id: Id
    parent_id: Id
    date_created_gmt: datetime | None = None
    amount: Amount
    reason: str | None = None
    line_items: Annotated[list[RefundedLinePayload], Whole()] = Field(default_factory=list)
    shipping_lines: list[RefundedChargePayload] = Field(default_factory=list)
    fee_lines: list[RefundedChargePayload] = Field(default_factory=list)


class CustomerPayload(Payload):
    id: Id
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    role: str | None = None
    username: str | None = None
    is_paying_customer: bool | None = None
    meta_data: list[MetaPayload] | None = None
    billing: AddressPayload | None = None
    shipping: AddressPayload | None = None


class NamedPayload(Payload):
    id: Id
    name: Text = ""


class AttributePayload(Payload):
    name: Text = ""
    option: Text | None = None
    options: list[str] | None = None


class ProductPayload(Payload):
    id: Id
    name: Text = ""
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
    categories: list[NamedPayload] = Field(default_factory=list)
    tags: list[NamedPayload] = Field(default_factory=list)
    attributes: list[AttributePayload] = Field(default_factory=list)
    variations: list[Any] = Field(default_factory=list)


class CategoryPayload(Payload):
    id: Id
    name: Text = ""
    parent: Id = 0
    count: int | None = None


class CouponPayload(Payload):
    id: Id
    code: str
    amount: Amount | None = None
    status: str = "publish"
    discount_type: str | None = None
    date_created_gmt: datetime | None = None
    date_modified_gmt: datetime | None = None
    date_expires_gmt: datetime | None = None
    usage_count: int = 0


class GonePayload(Payload):
    """What a deletion says: the id alone. The topic is not signed, so a whole record that comes as
    a deletion is none."""

    id: Id
    date_created: None = None


class ErrorPayload(Payload):
    """What WooCommerce sends, signed, where the record was gone when it came to be delivered."""

    code: str
    message: str
    data: dict[str, Any]


order = TypeAdapter(OrderPayload)
orders = TypeAdapter(list[OrderPayload])
refund = TypeAdapter(RefundPayload)
refunds = TypeAdapter(list[RefundPayload])
customer = TypeAdapter(CustomerPayload)
customers = TypeAdapter(list[CustomerPayload])
product = TypeAdapter(ProductPayload)
products = TypeAdapter(list[ProductPayload])
category = TypeAdapter(CategoryPayload)
categories = TypeAdapter(list[CategoryPayload])
coupon = TypeAdapter(CouponPayload)
coupons = TypeAdapter(list[CouponPayload])
gone = TypeAdapter(GonePayload)
error = TypeAdapter(ErrorPayload)
