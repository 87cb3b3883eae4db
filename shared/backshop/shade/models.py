"""What the shade funnel talks about: a store's settings, its shades, answers, matches, discounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from backshop.commerce import Currency, clean_input
from backshop.errors import Conflict

Text = Annotated[str, BeforeValidator(clean_input), StringConstraints(strip_whitespace=True)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=50)]
Undertone = Literal["cool", "neutral", "warm"]
Email = Annotated[str, Field(max_length=255, pattern=r"^[\x21-\x3f\x41-\x7e]+@[a-zA-Z0-9.-]+$")]
Number = Annotated[int, Field(gt=0, lt=2**63)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=10, decimal_places=2)]


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


def _names(given: tuple[str, ...]) -> tuple[str, ...]:
    if len({each.casefold() for each in given}) < len(given):
        raise ValueError("name each only once")
    return given


Names = Annotated[tuple[Name, ...], Field(max_length=50), AfterValidator(_names)]


def _page(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("give the page's address as https://…")
    return value


# ------------------------------------------------------------------------------- settings


class Weights(Model):
    """What counts how much in the match; docs/shade.md explains each. A greater one counts more."""

    depth: float = Field(default=10, ge=0, le=1000)
    """For each step of depth away from the shade that was tried."""
    undertone: float = Field(default=6, ge=0, le=1000)
    """For each step of undertone."""
    own_fit: float = Field(default=6, ge=0, le=1000)
    """For the shade that was tried: rated 5 it gets as much, rated 1 it loses it."""
    skin_type: float = Field(default=3, ge=0, le=1000)
    finish: float = Field(default=3, ge=0, le=1000)
    concern: float = Field(default=2, ge=0, le=1000)
    """For each concern that the shade does well for."""
    ratings: float = Field(default=8, ge=0, le=1000)
    """For an average of 5 by similar customers; an average of 1 loses as much."""
    prior: float = Field(default=3, ge=1, le=5)
    """What a shade counts as rated before anybody has rated it."""
    prior_strength: float = Field(default=10, gt=0, le=1000)
    """How many ratings it takes to weigh as much as what is known without them."""
    everybody: float = Field(default=0.2, ge=0, lt=1)
    """The share of all ratings, the same for each shade."""


class AddOn(Model):
    """Something else to buy: recommended for its concerns, or where the customer asked for it."""

    name: Name
    variant_ids: tuple[Number, ...] = Field(min_length=1, max_length=20)
    good_for: Names = ()


class ShadeSettings(BaseModel):
    """`settings.shade` of a store. What is not given has a default that works, except the sender:
    without one no e-mail goes out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    days_after_delivery: int = Field(default=5, ge=0, le=90)
    transit_days: int = Field(default=7, ge=0, le=90)
    """From fulfilment to delivery, where nobody reports the delivery."""
    invite_within_days: int = Field(default=60, ge=1, le=365)
    """Kits that arrived longer ago get no invitation: the first sync brings years of them."""
    channel: Literal["email", "sms"] = "email"
    sender: Email | None = None
    """An address that SES may send from."""
    survey_url: Annotated[str, Field(max_length=500), AfterValidator(_page)] | None = None
    """The page with the form; `?token=` is added. Left out: /pages/shade-survey of the shop."""
    discount_amounts: dict[Currency, Amount] = {"NGN": Decimal(3000), "USD": Decimal(5)}
    discount_days: int = Field(default=7, ge=1, le=365)
    skin_types: Names = ("Oily", "Dry", "Combo", "Normal", "Sensitive")
    concerns: Names = (
        "Hyperpigmentation",
        "Acne",
        "Dryness",
        "Redness",
        "Fine lines",
        "Uneven texture",
    )
    finishes: Names = ("Matte", "Natural", "Dewy")
    addons: tuple[AddOn, ...] = Field(default=(), max_length=50)
    weights: Weights = Weights()


class SettingsChange(ShadeSettings):
    """PUT /shade/settings: the whole of it. Unlike what is read from a store, unknown names are
    errors. `kinds` says which products are kits and full sizes (kinds.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kinds: dict[Literal["shade_kit", "full_size_spf"], KindRule] | None = None


class KindRule(Model):
    skus: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    types: tuple[Text, ...] = ()


SettingsChange.model_rebuild()


def settings_of(settings: Mapping[str, Any]) -> ShadeSettings:
    """A store's shade settings. Raises Conflict where they came another way than by PUT
    /shade/settings and do not fit."""
    try:
        return ShadeSettings.model_validate(settings.get("shade") or {})
    except ValidationError:
        raise Conflict(
            "The store's shade settings do not fit; put them right with PUT /shade/settings.",
            slug="shade-settings",
        ) from None


# ------------------------------------------------------------------------------- catalogue


class Shade(Model):
    """A shade as the merchant describes it. `depth` counts from the lightest; only its order
    matters. `good_for` and `not_for` are skin types and concerns, as the survey names them."""

    name: Name
    depth: int = Field(ge=1, le=100)
    undertone: Undertone
    finish: Name | None = None
    swatch: (
        Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)] | None
    ) = None
    variant_ids: tuple[Number, ...] = Field(default=(), max_length=50)
    good_for: Names = ()
    not_for: Names = ()
    is_offered: bool = True


class Catalogue(Model):
    """PUT /shade/shades: all shades of the store; one that is missing is offered no longer."""

    shades: tuple[Shade, ...] = Field(max_length=500)

    @model_validator(mode="after")
    def _once(self) -> Catalogue:
        _names(tuple(each.name for each in self.shades))
        return self


# ------------------------------------------------------------------------------- survey


class Answers(Model):
    """What a customer says; surveys has the same columns. Names are those of GET /surveys/form, in
    any case."""

    shade_selected: Name
    shade_fit_rating: int | None = Field(default=None, ge=1, le=5)
    skin_type: Name | None = None
    skin_concerns: Names = ()
    finish_preference: Name | None = None
    texture_feedback: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    interested_in_addons: Names = ()


class Tally(NamedTuple):
    """Ratings of one shade by customers alike: `depth`, `undertone` are those of the shade that
    they tried themselves. `number` ratings add up to `total`."""

    shade: str
    depth: int
    undertone: str
    skin_type: str | None
    number: int
    total: int


class Ratings(Model):
    """What stands behind a shade's rating. `level` is the narrowest group with ten ratings or
    more; where there is none, `too_few` is true and `count` are the shade's own."""

    average: float
    count: int
    level: Literal["depth_undertone_skin_type", "depth_undertone", "shade", "all"]
    too_few: bool


class Pick(Model):
    """A recommended shade with what speaks for it, and how the points add up."""

    shade: str
    swatch: str | None
    depth: int
    undertone: Undertone
    variant_id: int
    points: float
    parts: dict[str, float]
    reasons: tuple[str, ...]
    ratings: Ratings


class LeftOut(Model):
    shade: str
    reason: str


class Match(Model):
    """The best shade, the best lighter and the best deeper one than it, as far as there are any."""

    best: Pick | None = None
    lighter: Pick | None = None
    deeper: Pick | None = None
    left_out: tuple[LeftOut, ...] = ()


class Item(NamedTuple):
    """Something in the cart, by name and Shopify's variant."""

    name: str
    variant_id: int
    quantity: int = 1


# ------------------------------------------------------------------------------- discounts

DiscountStatus = Literal["pending", "active", "failed", "revoking", "revoked", "expired"]


class Terms(NamedTuple):
    """What a discount is worth, in major units, and until when."""

    amount: Decimal
    currency: str
    expires_at: datetime


class Discount(BaseModel):
    """A discount as its store sees it. `code` is told to nobody but the customer and staff."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    customer_id: UUID | None
    discount_code: str
    amount: Decimal
    currency: str
    status: DiscountStatus
    used: bool
    applied_to_order_id: UUID | None
    expires_at: datetime
    created_at: datetime
    activated_at: datetime | None
    external_id: str | None

    def is_usable(self, at: datetime) -> bool:
        return self.status == "active" and not self.used and self.expires_at > at
