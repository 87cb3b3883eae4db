"""What a tile shop says of itself for its quotes; the part `projects` of a store's settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[Decimal, Field(ge=0, lt=1, max_digits=6, decimal_places=5)]
"""A share: 0.0825 is 8.25 %."""
Limit = Annotated[Decimal, Field(ge=0, le=1, max_digits=5, decimal_places=4)]
"""A share: 0.1 is 10 %."""
Days = Annotated[int, Field(ge=1, le=365)]


class TaxRates(BaseModel):
    """By the class of a quote's line."""

    model_config = ConfigDict(extra="forbid")

    material: Rate = Decimal(0)
    labour: Rate = Decimal(0)
    delivery: Rate = Decimal(0)


class DiscountLimits(BaseModel):
    """How much of a line, and of all lines together, may be taken off: by a store's key, which
    associates work with, and by a staff key."""

    model_config = ConfigDict(extra="forbid")

    associate: Limit = Decimal("0.1")
    manager: Limit = Decimal("0.3")


class ShopSettings(BaseModel):
    """`logo_key` tells that there is a logo and its kind (`logos.kind_of`), `email` what quotes are
    sent from and where the shop's copies go."""

    model_config = ConfigDict(extra="ignore")

    tax_rates: TaxRates = TaxRates()
    discount_limits: DiscountLimits = DiscountLimits()
    quote_days: Days = 30
    follow_up_days: Days = 3
    terms: Annotated[str, Field(max_length=20_000)] | None = None
    logo_key: str | None = None
    email: str | None = None
    phone: str | None = None
    address: Annotated[str, Field(max_length=500)] | None = None


def shop_settings(settings: dict[str, Any]) -> ShopSettings:
    """The part `projects` of a store's settings, with defaults for what is not said."""
    return ShopSettings.model_validate(settings.get("projects") or {})
