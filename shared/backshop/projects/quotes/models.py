"""Quotes as they are asked for, kept and shown.

`Content` is what is kept of a quote beside the document's columns: it never changes once it was
sent, and nothing in it is personal (that is `Recipient`).
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from backshop.projects.fields import (
    Area,
    BigMoney,
    Input,
    Money,
    Name100,
    Notes,
    Numeric,
    ProductType,
    QuoteStatus,
    ReturnTerms,
    Size,
    Sku,
    Varchar,
    change_of,
    whole_number,
)
from backshop.times import Time

Alternative = Literal["good", "better", "best"]
TaxClass = Literal["material", "labour", "delivery"]
Role = Literal["associate", "manager"]
"""Who gives a discount: a store's key is an associate's, a staff key a manager's."""
Part = Annotated[Decimal, Numeric(5, 4, most=Decimal(1))]
"""A share of a whole to a hundredth of a per cent: 0.075 is 7.5 %."""
Rate = Annotated[Decimal, Numeric(6, 5, most=Decimal(1))]
Label = Annotated[str, Varchar(100, least=1)]
Text = Annotated[str, Varchar(500, least=1)]

Days = Annotated[int, Field(ge=0, le=3650), BeforeValidator(whole_number)]
ChargeUnit = Literal["sf", "box", "linear_ft", "piece", "bag", "tube", "gallon", "hour", "job"]

# ---------------------------------------------------------------- what is asked for


class Charge(Input):
    """A line that is no product: installation, demolition, a carry up the stairs."""

    description: Text
    tax_class: TaxClass = "labour"
    quantity: Area = Decimal(1)
    unit: ChargeUnit = "job"
    price_per_unit: Money
    discount: Part = Decimal(0)


class LineDiscount(Input):
    """Off every line of a product."""

    sku: Sku
    discount: Part


class Payment(Input):
    """A part of the total. Due on a day, or so many days after the quote is accepted."""

    label: Label
    share: Part = Field(description="Of the total; all shares make 1.")
    due_on: date | None = None
    due_days: Days | None = Field(
        None, description="After acceptance; 0 is at once, as is a payment without a due date."
    )


class NewQuote(Input):
    """What a quote is to hold beside the project's own rooms, products and prices."""

    alternative: Alternative | None = Field(
        None, description="Of several offers of one project, one of which is accepted."
    )
    selection_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] | None = Field(
        None, description="What is quoted; everything selected where nothing is given."
    )
    charges: Annotated[list[Charge], Field(max_length=100)] = Field(default=[])
    line_discounts: Annotated[list[LineDiscount], Field(max_length=500)] = Field(default=[])
    discount: Part = Field(Decimal(0), description="Off all lines but delivery.")
    delivery_fee: Money = Decimal(0)
    payments: Annotated[list[Payment], Field(max_length=24)] = Field(
        default=[], description="The total is due on acceptance where nothing is given."
    )
    expiration_date: date | None = Field(
        None, description="The last day; 30 days from sending where none is given."
    )
    sales_associate: Name100 | None = Field(None, description="The project's where none is given.")
    special_instructions: Notes | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "alternative": "better",
                    "charges": [
                        {
                            "description": "Installation",
                            "tax_class": "labour",
                            "quantity": 126,
                            "unit": "sf",
                            "price_per_unit": "9.00",
                        }
                    ],
                    "line_discounts": [{"sku": "T-12", "discount": 0.05}],
                    "delivery_fee": "95.00",
                    "payments": [
                        {"label": "Deposit", "share": 0.5},
                        {"label": "On delivery", "share": 0.5, "due_days": 30},
                    ],
                }
            ]
        }
    )


@change_of
class QuoteChange(NewQuote):
    """What is to be another of a draft, which is reckoned anew with the project as it is now."""


# ---------------------------------------------------------------- what is kept


class Recipient(BaseModel):
    """Whom a quote is for, as they were when it was made."""

    name: str
    company: str | None = None
    address: list[str]
    email: str | None
    phone: str | None
    project_name: str | None
    tax_exemption: str | None


class QuotedSurface(BaseModel):
    name: str
    surface_type: str
    net_sf: Area
    length_ft: Size | None
    width_ft: Size | None
    height_ft: Size | None
    pattern: str
    waste_percent: Area | None = Field(description="What tile is ordered beyond the net area.")


class QuotedRoom(BaseModel):
    name: str
    length_ft: Size | None
    width_ft: Size | None
    height_ft: Size | None
    surfaces: list[QuotedSurface]


class LinePart(BaseModel):
    """What a surface takes of a line."""

    selection_id: UUID
    surface_id: UUID
    room: str
    surface: str
    net: BigMoney
    order: BigMoney
    waste_percent: BigMoney
    quantity: BigMoney
    total_price: BigMoney
    undecided: bool
    return_terms: ReturnTerms
    lot: str | None = None
    shade: str | None = None
    caliber: str | None = None


class QuoteLine(BaseModel):
    """A product over the whole project, or a charge. `total` is `amount` less its discount."""

    sku: str | None
    description: str
    product_type: ProductType | None
    tax_class: TaxClass
    quantity: BigMoney
    unit: ChargeUnit
    price_per_unit: Money
    price_kind: Literal["retail", "pro"] | None = None
    box_coverage_sf: Size | None = None
    amount: BigMoney
    discount: Part
    discount_amount: BigMoney
    total: BigMoney
    measured_in: str | None = None
    net: BigMoney | None = Field(None, description="In `measured_in`, without waste.")
    waste_percent: BigMoney | None = None
    order: BigMoney | None = Field(None, description="Net with waste.")
    package: str | None = None
    packages: BigMoney | None = None
    leftover: BigMoney | None = Field(None, description="Of the packages, over the order.")
    flags: list[str] = Field(default=[])
    return_terms: ReturnTerms = "returnable"
    undecided: bool = Field(False, description="Quoted, and not ordered before it is decided.")
    parts: list[LinePart] = Field(default=[])


class Taxed(BaseModel):
    tax_class: TaxClass
    rate: Rate
    taxable: BigMoney


class DuePayment(BaseModel):
    label: str
    share: Part
    amount: Money
    due_on: date | None = Field(description="Known once the quote is accepted, or given.")
    due_days: int | None


class Figures(BaseModel):
    """The sums of a quote, in its currency."""

    subtotal_before_discount: BigMoney
    line_discounts: BigMoney
    quote_discount: BigMoney
    discount_amount: BigMoney = Field(description="Both together.")
    subtotal: BigMoney = Field(description="Without the discounts.")
    taxable: BigMoney
    taxes: list[Taxed]
    tax_amount: BigMoney
    delivery_fee: BigMoney
    total_amount: BigMoney


class Offered(BaseModel):
    """Another alternative of the project, as it was when the quote was sent."""

    alternative: Alternative
    quote_number: str
    total_amount: Money
    lines: list[str]


class Content(BaseModel):
    rooms: list[QuotedRoom]
    lines: list[QuoteLine]
    figures: Figures
    discount: Part = Decimal(0)
    payments: list[DuePayment]
    warnings: list[str]
    terms: str | None
    tile_budget: Money | None
    material_total: BigMoney = Field(description="Of products, after discounts, before tax.")
    over_tile_budget_by: BigMoney | None
    alternates: list[Offered] = Field(default=[])


class LineChange(BaseModel):
    """How a line of the quote differs from the project as it is now."""

    sku: str | None
    description: str
    what: Literal["added", "removed", "changed"]
    quantity_before: BigMoney | None
    quantity_now: BigMoney | None
    price_before: Money | None
    price_now: Money | None
    total_before: BigMoney | None
    total_now: BigMoney | None
    difference: Decimal


class Changes(BaseModel):
    """What became of a quote's project since it was reckoned."""

    lines: list[LineChange]
    total_before: BigMoney
    total_now: BigMoney
    difference: Decimal


# ---------------------------------------------------------------- what is shown

Mail = Literal["sent", "accepted", "accepted_shop"]
"""A quote to its customer; that it was accepted, to the customer and to the shop."""


class Mailed(BaseModel):
    mail: Mail
    status: Literal["pending", "sending", "sent", "failed"]
    sent_at: Time | None


class Acceptance(BaseModel):
    accepted_at: Time
    accepted_name: str | None
    source_address: str | None
    user_agent: str | None
    pdf_sha256: str | None
    payments: list[DuePayment]


class QuoteSummary(BaseModel):
    """A quote in lists: the document's columns and what stands beside them."""

    quote_id: UUID
    project_id: UUID
    quote_number: str
    quote_date: date
    expiration_date: date | None
    subtotal: Money
    tax_amount: Money
    delivery_fee: Money
    total_amount: Money
    quote_status: QuoteStatus
    sales_associate: str | None
    special_instructions: str | None
    created_at: Time
    updated_at: Time
    currency: str
    version: int
    alternative: Alternative | None
    revision: int = Field(description="Of the quotes of this project for the same alternative.")
    discount_amount: Money
    sent_at: Time | None
    first_seen_at: Time | None
    answered_at: Time | None
    stale_since: Time | None
    changes: Changes | None
    superseded_by: UUID | None
    superseded_at: Time | None
    pdf_sha256: str | None


class Quote(QuoteSummary):
    recipient: Recipient | None = Field(description="Null where they were forgotten.")
    content: Content
    acceptance: Acceptance | None
    link: str | None = Field(description="For the customer, once it was sent.")
    mails: list[Mailed]


class Compared(BaseModel):
    alternative: Alternative
    quote_id: UUID
    quote_number: str
    quote_status: QuoteStatus
    is_superseded: bool
    stale: bool
    material_total: BigMoney
    total_amount: Money
    more_than_cheapest: Money
    over_tile_budget_by: BigMoney | None


class ComparedSurface(BaseModel):
    room: str
    surface: str
    good: list[str]
    better: list[str]
    best: list[str]


class Comparison(BaseModel):
    """The newest quote of each alternative, side by side."""

    currency: str
    alternatives: list[Compared]
    surfaces: list[ComparedSurface]


class Rejection(Input):
    reason: Annotated[str, Varchar(2000)] | None = None


class Delivered(Input):
    selection_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)] = Field(
        description="Ordered products that the customer has now."
    )


# ---------------------------------------------------------------- what the customer sees

State = Literal["draft", "open", "accepted", "rejected", "expired", "superseded", "closed"]


class OfferingShop(BaseModel):
    name: str
    email: str | None
    phone: str | None
    address: str | None


class Offer(BaseModel):
    """A quote as its customer sees it behind the link."""

    shop: OfferingShop
    state: State = Field(description="Only an `open` one can be accepted or changed.")
    why_not: str | None = Field(description="Why it cannot be accepted; null where it can.")
    quote_number: str
    quote_date: date
    expiration_date: date | None
    revision: int
    alternative: Alternative | None
    currency: str
    subtotal: Money
    discount_amount: Money
    tax_amount: Money
    delivery_fee: Money
    total_amount: Money
    sales_associate: str | None
    special_instructions: str | None
    recipient: Recipient | None
    content: Content
    first_seen_at: Time | None
    accepted_at: Time | None
    accepted_name: str | None
    payments: list[DuePayment] = Field(description="With due dates once the quote is accepted.")
    pdf_sha256: str | None


class Signature(Input):
    """Acceptance by typed name."""

    name: Annotated[str, Varchar(200, least=2)]

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Jo Miller"}]})


class ChangeRequest(Input):
    message: Annotated[str, Varchar(2000, least=1)]

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message": "A lighter grout in the shower, please."}]}
    )


class Received(BaseModel):
    """What the customer is told when the shop has their message."""

    message: str
