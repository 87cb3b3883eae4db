"""Vendure's records as the Admin API gives them, and as the plugin's events carry them.

Money is in integer minor units. What only the plugin adds (custom fields) and what an older
selection of fields left out is optional here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.alias_generators import to_camel

from backshop.platforms import parsing
from backshop.platforms.repair import Whole

Minor = Annotated[int, Field(gt=-(2**53), lt=2**53)]
Quantity = Annotated[int, Field(gt=-(2**31), lt=2**31)]
Id = Annotated[str, Field(min_length=1, max_length=90)]


class Payload(parsing.Payload):
    """Vendure writes camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class User(Payload):
    id: Id
    verified: bool | None = None


class Country(Payload):
    code: str | None = None


class Address(Payload):
    """An order's address names the country's code, a customer's the country."""

    id: Id | None = None
    full_name: str | None = None
    company: str | None = None
    street_line1: str | None = None
    street_line2: str | None = None
    city: str | None = None
    province: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    country: Country | str | None = None
    phone_number: str | None = None
    default_shipping_address: bool | None = None
    default_billing_address: bool | None = None


class Customer(Payload):
    id: Id
    created_at: datetime | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    user: User | None = None
    addresses: list[Address] | None = None
    custom_fields: dict[str, Any] | None = None


class Named(Payload):
    id: Id
    name: str | None = None


class LineVariant(Payload):
    id: Id
    sku: str | None = None
    name: str | None = None
    product: Named | None = None


class Line(Payload):
    id: Id
    quantity: Quantity
    order_placed_quantity: Quantity | None = None
    unit_price: Minor
    unit_price_with_tax: Minor
    prorated_line_price: Minor | None = None
    prorated_line_price_with_tax: Minor
    product_variant: LineVariant
    custom_fields: dict[str, Any] | None = None


class Discount(Payload):
    type: str | None = None


class RefundLine(Payload):
    order_line_id: Id
    quantity: Quantity


class Refund(Payload):
    id: Id
    created_at: datetime
    total: Minor
    shipping: Minor = 0
    state: str
    reason: str | None = None
    lines: list[RefundLine] | None = None


class Payment(Payload):
    id: Id
    created_at: datetime | None = None
    method: str | None = None
    amount: Minor
    state: str
    refunds: Annotated[list[Refund] | None, Whole()] = None


class Fulfillment(Payload):
    id: Id
    state: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    tracking_code: str | None = None


class Channel(Payload):
    code: str


class Order(Payload):
    id: Id
    code: str
    state: str
    active: bool
    created_at: datetime
    order_placed_at: datetime | None
    currency_code: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    shipping: Minor = 0
    shipping_with_tax: Minor = 0
    total: Minor
    total_with_tax: Minor
    coupon_codes: list[str] = Field(default_factory=list)
    customer: Customer | None = None
    shipping_address: Address | None = None
    billing_address: Address | None = None
    discounts: list[Discount] = Field(default_factory=list)
    lines: Annotated[list[Line], Whole()]
    payments: Annotated[list[Payment] | None, Whole()] = None
    fulfillments: list[Fulfillment] | None = None
    channels: list[Channel] = Field(default_factory=list)
    custom_fields: dict[str, Any] | None = None


class StockLevel(Payload):
    stock_on_hand: Quantity
    stock_allocated: Quantity = 0


class Variant(Payload):
    id: Id
    sku: str | None = None
    name: str | None = None
    enabled: bool = True
    price: Minor
    price_with_tax: Minor | None = None
    currency_code: str | None = None
    stock_levels: list[StockLevel] | None = None


class Collection(Payload):
    id: Id
    name: str
    parent_id: Id | None = None


class Product(Payload):
    id: Id
    name: str
    slug: str | None = None
    description: str | None = None
    enabled: bool = True
    created_at: datetime | None = None
    variants: list[Variant] = Field(default_factory=list)
    collections: list[Collection] = Field(default_factory=list)


class Argument(Payload):
    name: str
    value: str


class Operation(Payload):
    code: str
    args: list[Argument] = Field(default_factory=list)


class Promotion(Payload):
    id: Id
    name: str | None = None
    coupon_code: str | None = None
    enabled: bool = True
    ends_at: datetime | None = None
    actions: list[Operation] = Field(default_factory=list)


class Gone(Payload):
    id: Id


order = TypeAdapter(Order)
customer = TypeAdapter(Customer)
product = TypeAdapter(Product)
collection = TypeAdapter(Collection)
promotion = TypeAdapter(Promotion)
gone = TypeAdapter(Gone)


class Envelope(Payload):
    """What the plugin posts."""

    event: str | None = None
    created_at: datetime | None = None
    data: dict[str, Any]


envelope = TypeAdapter(Envelope)
