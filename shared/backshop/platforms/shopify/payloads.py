"""Shopify's records in the form of its REST API, which its webhooks still have.

What is read through GraphQL is put into this form first (`graphql.py`), so that a record is the
same whichever way it came. Numeric ids are exact in real payloads, not in Shopify's samples;
`admin_graphql_api_id` is exact in both and preferred.

Source: `shops/recordings/shopify-2026-07`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from backshop.platforms.parsing import Amount, CurrencyCode, Payload, Quantity
from backshop.platforms.repair import Whole

Id = Annotated[int, Field(ge=0, lt=2**63)]
ZERO = Decimal(0)


class NumberedPayload(Payload):
    """Anything with a numeric id and, mostly, a global one (`gid://shopify/Order/1`)."""

    id: Id | None = None
    admin_graphql_api_id: str | None = None

    @property
    def number(self) -> str:
        """The id's digits; empty where there is neither."""
        last = (self.admin_graphql_api_id or "").rpartition("/")[2].partition("?")[0]
        return last if last.isdigit() else str(self.id or "")


class PairPayload(Payload):
    name: str
    value: str | None = None


class TaxPayload(Payload):
    price: Amount = ZERO
    rate: Amount | None = None


class AllocationPayload(Payload):
    amount: Amount
    discount_application_index: int


class ApplicationPayload(Payload):
    type: str | None = None
    code: str | None = None


class DiscountCodePayload(Payload):
    code: str
    amount: Amount | None = None


class AddressPayload(Payload):
    id: Id | None = None
    first_name: str | None = None
    last_name: str | None = None
    company: str | None = None
    address1: str | None = None
    address2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    zip: str | None = None
    country_code: str | None = None
    phone: str | None = None
    default: bool = False


class MetafieldPayload(Payload):
    namespace: str = "custom"
    key: str
    value: str | None = None


class ConsentPayload(Payload):
    state: str | None = None
    opt_in_level: str | None = None
    consent_updated_at: datetime | None = None
    consent_collected_from: str | None = None


class CustomerPayload(NumberedPayload):
    created_at: datetime | None = None
    updated_at: datetime | None = None
    email: str | None = None
    phone: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    state: str | None = None
    note: str | None = None
    tags: str | None = None
    verified_email: bool | None = None
    email_marketing_consent: ConsentPayload | None = None
    sms_marketing_consent: ConsentPayload | None = None
    addresses: list[AddressPayload] | None = None
    default_address: AddressPayload | None = None
    metafields: list[MetafieldPayload] | None = None
    """Of those that the store lists; None where they were not asked for."""


class ConsentChangePayload(NumberedPayload):
    """The e-mail topic names the customer as `customer_id`, the SMS topic as `id`."""

    customer_id: Id | None = None
    email_address: str | None = None
    phone: str | None = None
    email_marketing_consent: ConsentPayload | None = None
    sms_marketing_consent: ConsentPayload | None = None

    @property
    def number(self) -> str:
        return str(self.customer_id or self.id or "")


class LinePayload(NumberedPayload):
    title: str | None = None
    variant_title: str | None = None
    name: str | None = None
    sku: str | None = None
    quantity: Quantity
    price: Amount
    product_id: Id | None = None
    variant_id: Id | None = None
    vendor: str | None = None
    properties: list[PairPayload] | None = None
    tax_lines: list[TaxPayload] = Field(default_factory=list)
    discount_allocations: list[AllocationPayload] = Field(default_factory=list)


class ShippingLinePayload(Payload):
    """`is_removed`: an edit of the order took it off; the API leaves it out then (changelog of
    order editing, "Add and remove shipping lines")."""

    price: Amount = ZERO
    is_removed: bool = False
    tax_lines: list[TaxPayload] = Field(default_factory=list)
    discount_allocations: list[AllocationPayload] = Field(default_factory=list)


class FulfillmentPayload(Payload):
    status: str | None = None
    shipment_status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    tracking_number: str | None = None


class TransactionPayload(Payload):
    kind: str
    status: str | None = None
    amount: Amount
    currency: CurrencyCode | None = None
    """May be the shopper's, not the shop's."""


class MoneyPayload(Payload):
    amount: Amount
    currency_code: CurrencyCode | None = None


class MoneySetPayload(Payload):
    shop_money: MoneyPayload


class OrderAdjustmentPayload(Payload):
    """What a refund gives back or keeps beside its lines: negative where the shopper gets more
    (a goodwill refund), positive where less (a restocking fee); `kind` is `shipping_refund` for the
    shipping that `refund_shipping_lines` tells too (REST reference, Refund)."""

    kind: str | None = None
    amount: Amount = ZERO
    tax_amount: Amount = ZERO
    amount_set: MoneySetPayload | None = None


class RefundLinePayload(Payload):
    line_item_id: Id | None = None
    line_item: NumberedPayload | None = None
    quantity: Quantity
    subtotal: Amount = ZERO
    total_tax: Amount = ZERO
    subtotal_set: MoneySetPayload | None = None


class RefundShippingPayload(Payload):
    subtotal_amount_set: MoneySetPayload
    tax_amount_set: MoneySetPayload


class RefundPayload(NumberedPayload):
    order_id: Id | None = None
    created_at: datetime
    processed_at: datetime | None = None
    note: str | None = None
    refund_line_items: Annotated[list[RefundLinePayload], Whole()] = Field(default_factory=list)
    refund_shipping_lines: list[RefundShippingPayload] = Field(default_factory=list)
    order_adjustments: list[OrderAdjustmentPayload] = Field(default_factory=list)
    transactions: list[TransactionPayload] | None = None


class OrderPayload(NumberedPayload):
    """`line_items` and `refunds` are None where the payload does not tell of them."""

    name: str | None = None
    created_at: datetime
    updated_at: datetime | None = None
    processed_at: datetime | None = None
    cancelled_at: datetime | None = None
    test: bool | None = False
    email: str | None = None
    phone: str | None = None
    currency: CurrencyCode
    taxes_included: bool | None = False
    financial_status: str | None = None
    fulfillment_status: str | None = None
    source_name: str | None = None
    total_price: Amount
    total_outstanding: Amount | None = None
    total_received: Amount | None = None
    """Before anything was given back; deliveries do not tell it."""
    """Still to be paid; below zero where the shop owes."""
    total_tax: Amount = ZERO
    total_discounts: Amount = ZERO
    payment_gateway_names: list[str] = Field(default_factory=list)
    note_attributes: list[PairPayload] = Field(default_factory=list)
    tags: str | None = None
    discount_codes: list[DiscountCodePayload] = Field(default_factory=list)
    discount_applications: list[ApplicationPayload] = Field(default_factory=list)
    customer: CustomerPayload | None = None
    billing_address: AddressPayload | None = None
    shipping_address: AddressPayload | None = None
    line_items: Annotated[list[LinePayload] | None, Whole()] = None
    shipping_lines: list[ShippingLinePayload] | None = None
    fulfillments: list[FulfillmentPayload] = Field(default_factory=list)
    refunds: Annotated[list[RefundPayload] | None, Whole()] = None


class VariantPayload(NumberedPayload):
    title: str | None = None
    sku: str | None = None
    price: Amount = ZERO
    compare_at_price: Amount | None = None
    inventory_quantity: Quantity | None = None
    inventory_policy: str | None = None
    inventory_management: str | None = None
    """Who counts the stock; deliveries of API versions before 2025 told it."""
    available_for_sale: bool | None = None
    """Told by the API alone."""


class TaxonomyPayload(NumberedPayload):
    name: str | None = None


class CollectionPayload(NumberedPayload):
    title: str = ""
    updated_at: datetime | None = None
    products_count: int | None = None
    """Told by the API alone."""


class ProductPayload(NumberedPayload):
    title: str = ""
    body_html: str | None = None
    handle: str | None = None
    vendor: str | None = None
    product_type: str | None = None
    status: str = "active"
    tags: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    variants: list[VariantPayload] = Field(default_factory=list)
    variant_gids: list[dict[str, Any]] | None = None
    collections: list[CollectionPayload] | None = None
    """Told by the API alone."""


class RedeemCodePayload(Payload):
    code: str


class DiscountPayload(NumberedPayload):
    admin_graphql_api_id: str
    title: str | None = None
    status: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    redeem_code: RedeemCodePayload | None = None
    # What the webhooks leave out and the API tells:
    type: str | None = None
    amount: Amount | None = None
    usage_count: int = 0
    ends_at: datetime | None = None


# A topic is not signed, a body is. What deletes, erases or ends must look like it, or whoever holds
# one signed order could send it again as the end of the shop.


class GonePayload(NumberedPayload):
    """What a deletion says; a record that is there has the times of its making and change."""

    created_at: None = None
    updated_at: None = None


class SubjectPayload(Payload):
    """The person that a privacy topic is about."""

    id: Id | None = None
    email: str | None = None
    phone: str | None = None


class RequestedOrdersPayload(Payload):
    id: Id


class DataRequestPayload(Payload):
    customer: SubjectPayload
    orders_requested: list[Id] = Field(default_factory=list)
    data_request: RequestedOrdersPayload


class RedactionPayload(Payload):
    shop_domain: str
    customer: SubjectPayload
    orders_to_redact: list[Id]


class ShopRedactionPayload(Payload):
    """A customer's redaction names the shop too."""

    shop_id: Id
    shop_domain: str
    customer: None = None


class ShopPayload(Payload):
    """What the end of a connection says."""

    myshopify_domain: str | None


order = TypeAdapter(OrderPayload)
refund = TypeAdapter(RefundPayload)
customer = TypeAdapter(CustomerPayload)
consent_change = TypeAdapter(ConsentChangePayload)
product = TypeAdapter(ProductPayload)
collection = TypeAdapter(CollectionPayload)
discount = TypeAdapter(DiscountPayload)
gone = TypeAdapter(GonePayload)
data_request = TypeAdapter(DataRequestPayload)
redaction = TypeAdapter(RedactionPayload)
shop_redaction = TypeAdapter(ShopRedactionPayload)
shop = TypeAdapter(ShopPayload)
anything = TypeAdapter(dict[str, Any])
