"""Refunds and address changes as the API takes and shows them; connect.md sections 6 and 7."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from backshop.commerce import Money, Time, in_currency

Amount = Annotated[Decimal, Field(gt=0, max_digits=15, decimal_places=3)]
"""Money in major units of the order's currency, which may allow fewer decimals."""
OrderId = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]
"""The platform's id of an order."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)]
RefundStatus = Literal["pending", "processed", "failed"]
AddressStatus = Literal["pending", "updated", "failed"]


class RequestBody(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class LineToRefund(RequestBody):
    """So many of an order line; `line_id` is the platform's."""

    line_id: str = Field(min_length=1, max_length=100)
    quantity: int = Field(ge=1, le=1_000_000)


class NewRefund(RequestBody):
    """POST …/refunds: some lines, or an amount.

    `manual` is for WooCommerce shops whose payment method cannot give money back by itself: the
    refund is only written down there, and somebody pays it out.
    """

    lines: tuple[LineToRefund, ...] = Field(default=(), max_length=250)
    amount: Amount | None = None
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    restock: bool = False
    manual: bool = False

    @model_validator(mode="after")
    def _one_of_both(self) -> NewRefund:
        if bool(self.lines) is (self.amount is not None):
            raise ValueError("give either lines or an amount")
        if len({line.line_id for line in self.lines}) < len(self.lines):
            raise ValueError("name each line once")
        if self.restock and not self.lines:
            raise ValueError("only lines can be restocked; an amount names none")
        return self


class NewAddress(RequestBody):
    """POST …/address: where the order is to go. `province_code` is the state's or province's code
    as platforms use it (CA, ON); `province` its name, where there are no codes."""

    name: Annotated[Text, Field(min_length=1)]
    company: Text = ""
    line1: Annotated[Text, Field(min_length=1)]
    line2: Text = ""
    city: Text = ""
    province: Text = ""
    province_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=10)] = ""
    postal_code: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    country_code: Annotated[
        str, StringConstraints(strip_whitespace=True, to_upper=True, pattern=r"^[A-Za-z]{2}$")
    ]
    phone: Annotated[str, StringConstraints(strip_whitespace=True, max_length=50)] = ""


@dataclass(frozen=True, slots=True)
class OrderState:
    """What is known here of the order that a request is about; money in major units."""

    order_id: str
    platform: str
    currency: str
    total: Decimal
    refunded: Decimal
    fulfilment: str
    is_cancelled: bool
    paid: Decimal | None = None
    """What its settled payments come to; None where the platform does not tell payments."""


@dataclass(frozen=True, slots=True)
class LineState:
    """An order line: `total` with tax after discounts; what was given back of it, and what pending
    requests are about to."""

    line_id: str
    quantity: int
    total: Decimal
    refunded: int
    pending: int


@dataclass(frozen=True, slots=True)
class RefundSums:
    """Sums of the order's refund requests."""

    processed: Decimal
    pending: Decimal


class RefundRequest(BaseModel):
    """A row of `refund_request`. `amount` is what was asked for, of lines what they were thought
    to be worth; once processed it is what the platform gave back."""

    id: UUID
    order_id: str
    platform: str
    status: RefundStatus
    amount: Money | None
    currency: str | None
    lines: list[LineToRefund]
    reason: str | None
    restock: bool
    manual: bool
    response: dict[str, Any] | None
    platform_refund_id: str | None
    requested_at: Time
    requested_by: str | None
    finished_at: Time | None

    @model_validator(mode="after")
    def _in_currency(self) -> RefundRequest:
        if self.amount is not None and self.currency:
            self.amount = in_currency(self.amount, self.currency)
        return self


class AddressUpdateRequest(BaseModel):
    """A row of `address_update_request`."""

    id: UUID
    order_id: str
    platform: str
    status: AddressStatus
    new_address: dict[str, Any]
    response: dict[str, Any] | None
    requested_at: Time
    requested_by: str | None
    finished_at: Time | None


class RequestPosition(BaseModel):
    """Where a page ended: lists are newest first."""

    requested_at: Time
    id: UUID
