"""Orders, products and customers of a store as lists and single records show them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints, model_validator

from backshop.commerce import Money, Time, in_currency

Query = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)] | None
"""What is searched for: words, or many codes separated by spaces, commas or lines."""
Fulfilment = Literal["none", "partial", "fulfilled", "delivered"]


class ShownOrder(BaseModel):
    """An order in a list. Amounts are with tax, in major units of `currency`."""

    order_id: str
    code: str | None = Field(description="What shopper and staff call it by.")
    platform: str
    status: str
    total_amount: Money
    refunded_amount: Money
    currency: str
    created_at: Time
    fulfilment_status: Fulfilment
    is_cancelled: bool
    customer_id: str | None
    customer_name: str | None
    customer_email: str | None
    item_count: int

    @model_validator(mode="after")
    def _in_currency(self) -> ShownOrder:
        self.total_amount = in_currency(self.total_amount, self.currency)
        self.refunded_amount = in_currency(self.refunded_amount, self.currency)
        return self


class ShownLine(BaseModel):
    """A line of an order; `line_id` is what a refund names. `price` is one of them, `total` all of
    them after discounts, both without tax."""

    line_id: str
    sku: str | None
    product_id: str | None
    variant_id: str | None
    name: str | None
    quantity: int
    price: Money
    total: Money | None
    tax: Money | None
    refunded_quantity: int


class Payment(BaseModel):
    """What an order is paid with, where the platform tells."""

    id: str | None = None
    amount: str | None = None
    state: str | None = None


class WholeOrder(ShownOrder):
    """An order as it is stored, with its lines."""

    phone: str | None
    shipping_address: dict[str, Any] | None
    shipping_amount: Money
    tax_amount: Money
    refunded_shipping_amount: Money
    payments: list[Payment]
    modified_at: Time | None
    synced_at: Time | None
    lines: list[ShownLine]


class ShownProduct(BaseModel):
    """What is sold: one row a variant."""

    sku: str
    platform: str
    title: str
    variant_title: str | None
    product_type: str | None
    price: Money
    currency: str | None
    available: bool
    stock_quantity: int | None
    status: str | None
    tags: list[str]
    product_id: str | None
    variant_id: str | None
    modified_at: Time | None


class ShownCustomer(BaseModel):
    """Who buys, with an account; guests are known by their orders alone."""

    customer_id: str
    platform: str
    name: str | None
    email: str | None = Field(description="None where the platform knows only a phone.")
    phone: str | None
    order_count: int
    last_order_at: Time | None
    modified_at: Time | None


class OrderPosition(BaseModel):
    """Where a page of orders ended: they are newest first."""

    created_at: Time
    order_id: str


class ProductPosition(BaseModel):
    """Where a page of products ended: they are in the order of their SKUs."""

    sku: str


class CustomerPosition(BaseModel):
    """Where a page of customers ended: they are in the order of their ids."""

    customer_id: str


class OrderFilter(BaseModel):
    """Which orders; what is None filters nothing. `until` is not in it."""

    q: str | None = None
    status: str | None = None
    fulfilment: Fulfilment | None = None
    cancelled: bool | None = None
    customer_id: str | None = None
    since: Time | None = None
    until: Time | None = None
    late: bool | None = None
    """Those that move later than usual."""


class ProductFilter(BaseModel):
    """Which products; what is None filters nothing."""

    q: str | None = None
    available: bool | None = None
    status: str | None = None
    most_stock: int | None = None
