"""Vendure's records as the Admin API gives them, and as the plugin's events carry them.

Money is in integer minor units. What only the plugin adds (custom fields) and what an older
selection of fields left out is optional here.

Source: `shops/schemas/vendure_admin_3.7.3.graphql.gz`.
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


class VendurePayload(parsing.Payload):
    """Vendure writes camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class UserPayload(VendurePayload):
    id: Id
    verified: bool | None = None


class CountryPayload(VendurePayload):
    code: str | None = None


class AddressPayload(VendurePayload):
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
    country: CountryPayload | str | None = None
    phone_number: str | None = None
    default_shipping_address: bool | None = None
    default_billing_address: bool | None = None


class BuyerPayload(VendurePayload):
    """A customer as an order names them; one without an id is a guest."""

    id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    user: UserPayload | None = None
    addresses: list[AddressPayload] | None = None
    groups: list[NamedPayload] | None = None
    custom_fields: dict[str, Any] | None = None


class CustomerPayload(BuyerPayload):
    id: Id


class NamedPayload(VendurePayload):
    id: Id
    name: str | None = None


class LineVariantPayload(VendurePayload):
    id: Id
    sku: str | None = None
    name: str | None = None
    product: NamedPayload | None = None


class LinePayload(VendurePayload):
    id: Id
    quantity: Quantity
    order_placed_quantity: Quantity | None = None
    unit_price: Minor
    unit_price_with_tax: Minor
    prorated_line_price: Minor | None = None
    prorated_line_price_with_tax: Minor
    product_variant: LineVariantPayload
    custom_fields: dict[str, Any] | None = None


class DiscountPayload(VendurePayload):
    type: str | None = None


class RefundLinePayload(VendurePayload):
    order_line_id: Id
    quantity: Quantity


class RefundPayload(VendurePayload):
    id: Id
    created_at: datetime
    total: Minor
    shipping: Minor = 0
    state: str
    reason: str | None = None
    lines: list[RefundLinePayload] | None = None


class PaymentPayload(VendurePayload):
    id: Id
    created_at: datetime | None = None
    method: str | None = None
    amount: Minor
    state: str
    refunds: Annotated[list[RefundPayload] | None, Whole()] = None


class FulfillmentPayload(VendurePayload):
    id: Id
    state: str
    created_at: datetime | None = None
    updated_at: datetime | None = None
    tracking_code: str | None = None


class ChannelPayload(VendurePayload):
    code: str


class OrderPayload(VendurePayload):
    id: Id
    code: str
    state: str
    active: bool
    created_at: datetime
    order_placed_at: datetime | None
    currency_code: parsing.CurrencyCode
    shipping: Minor = 0
    shipping_with_tax: Minor = 0
    total: Minor
    total_with_tax: Minor
    coupon_codes: list[str] = Field(default_factory=list)
    customer: BuyerPayload | None = None
    shipping_address: AddressPayload | None = None
    billing_address: AddressPayload | None = None
    discounts: list[DiscountPayload] = Field(default_factory=list)
    lines: Annotated[list[LinePayload], Whole()]
    payments: Annotated[list[PaymentPayload] | None, Whole()] = None
    fulfillments: list[FulfillmentPayload] | None = None
    channels: list[ChannelPayload] = Field(default_factory=list)
    custom_fields: dict[str, Any] | None = None


class StockLevelPayload(VendurePayload):
    stock_on_hand: Quantity
    stock_allocated: Quantity = 0


class VariantPayload(VendurePayload):
    id: Id
    sku: str | None = None
    name: str | None = None
    enabled: bool = True
    price: Minor
    price_with_tax: Minor | None = None
    currency_code: parsing.CurrencyCode | None = None
    stock_levels: list[StockLevelPayload] | None = None
    track_inventory: bool | str | None = None
    """TRUE, FALSE, or INHERIT for what the server's settings say; older plugins do not tell."""


class CountPayload(VendurePayload):
    total_items: int | None = None


class CollectionPayload(VendurePayload):
    id: Id
    name: str
    parent_id: Id | None = None
    product_variants: CountPayload | None = None
    """Told by the API alone."""


class ProductPayload(VendurePayload):
    id: Id
    name: str
    slug: str | None = None
    description: str | None = None
    enabled: bool = True
    created_at: datetime | None = None
    variants: list[VariantPayload] = Field(default_factory=list)
    collections: list[CollectionPayload] = Field(default_factory=list)


class ArgumentPayload(VendurePayload):
    name: str
    value: str


class OperationPayload(VendurePayload):
    code: str
    args: list[ArgumentPayload] = Field(default_factory=list)


class PromotionPayload(VendurePayload):
    id: Id
    name: str | None = None
    coupon_code: str | None = None
    enabled: bool = True
    ends_at: datetime | None = None
    actions: list[OperationPayload] = Field(default_factory=list)


class GonePayload(VendurePayload):
    id: Id


order = TypeAdapter(OrderPayload)
customer = TypeAdapter(CustomerPayload)
product = TypeAdapter(ProductPayload)
collection = TypeAdapter(CollectionPayload)
promotion = TypeAdapter(PromotionPayload)
gone = TypeAdapter(GonePayload)


class Envelope(VendurePayload):
    """What the plugin posts."""

    event: str | None = None
    created_at: datetime | None = None
    channel: str | None = None
    data: dict[str, Any]


envelope = TypeAdapter(Envelope)
