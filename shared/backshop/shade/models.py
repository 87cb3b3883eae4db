"""What the subjects of the shade funnel share: base model, names, and the settings of a store."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from backshop.commerce import Currency, Model, Money, clean_input, decimals
from backshop.errors import Conflict

Text = Annotated[str, BeforeValidator(clean_input), StringConstraints(strip_whitespace=True)]
Name = Annotated[Text, StringConstraints(min_length=1, max_length=50)]
Undertone = Literal["cool", "neutral", "warm"]
Email = Annotated[str, Field(max_length=255, pattern=r"^[\x21-\x3f\x41-\x7e]+@[a-zA-Z0-9.-]+$")]
Number = Annotated[int, Field(gt=0, lt=2**63)]
Amount = Annotated[Money, Field(gt=0, max_digits=15, decimal_places=3)]


def _payable(amounts: dict[str, Decimal]) -> dict[str, Decimal]:
    for currency, amount in amounts.items():
        if amount != round(amount, decimals(currency)):
            raise ValueError(f"an amount in {currency} has at most {decimals(currency)} decimals")
    return amounts


Amounts = Annotated[dict[Currency, Amount], AfterValidator(_payable)]
"""By currency, in the decimals that it has."""


def unique_names(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({each.casefold() for each in names}) < len(names):
        raise ValueError("name each only once")
    return names


Names = Annotated[tuple[Name, ...], Field(max_length=50), AfterValidator(unique_names)]


def _page(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.fragment:
        raise ValueError("give the page's address as https://…")
    return value


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
    """Something else to buy: recommended for its concerns, or where the customer wants it."""

    name: Name
    variant_ids: tuple[Number, ...] = Field(min_length=1, max_length=20)
    good_for: Names = ()


class ShadeSettings(BaseModel):
    """`settings.shade` of a store. What is left out has a default that works, except the sender:
    without one no e-mail goes out."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    days_after_delivery: int = Field(default=5, ge=0, le=90)
    transit_days: int = Field(default=7, ge=0, le=90)
    """From fulfilment to delivery, where nobody reports the delivery."""
    invite_within_days: int = Field(default=60, ge=1, le=365)
    """Kits that arrived longer ago get no invitation: the first sync brings years of them."""
    rating_days: int = Field(default=14, ge=1, le=180)
    """From the arrival of the full size to the question how well it does."""
    channel: Literal["email", "sms"] = "email"
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Whose phones are written without a country code (ISO 3166). Left out: the store's own."""
    sender: Email | None = None
    """An address that SES may send from."""
    survey_url: Annotated[str, Field(max_length=500), AfterValidator(_page)] | None = None
    """The page with the form; `?token=` is added. Left out: our own."""
    invite_ground: Annotated[Text, StringConstraints(max_length=500)] | None = None
    """Why customers who did not agree to marketing may be invited, in the store's own words; left
    out, they are not."""
    discount_amounts: Amounts = {}
    """By the shop's currency; a shop without one gives no discount."""
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


class KindRuleChange(Model):
    skus: tuple[Text, ...] = ()
    tags: tuple[Text, ...] = ()
    types: tuple[Text, ...] = ()


class SettingsChange(ShadeSettings):
    """PUT /shade/settings: the whole of it. Unlike what is read from a store, unknown names are
    errors. `kinds` says which products are kits and full sizes (kinds.py)."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kinds: dict[Literal["shade_kit", "full_size_spf"], KindRuleChange] | None = None


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
