"""What a tile shop says of itself for its quotes; the part `projects` of a store's settings."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

Rate = Annotated[Decimal, Field(ge=0, lt=1, max_digits=6, decimal_places=5)]
"""A share: 0.0825 is 8.25 %."""


class TaxRates(BaseModel):
    """By the class of a quote's line."""

    model_config = ConfigDict(extra="forbid")

    material: Rate = Decimal(0)
    labour: Rate = Decimal(0)
    delivery: Rate = Decimal(0)


class ShopSettings(BaseModel):
    """`logo_key` is where the logo lies in the data bucket."""

    model_config = ConfigDict(extra="ignore")

    tax_rates: TaxRates = TaxRates()
    terms: Annotated[str, Field(max_length=20_000)] | None = None
    logo_key: str | None = None


def shop_settings(settings: dict[str, Any]) -> ShopSettings:
    """The part `projects` of a store's settings, with defaults for what is not said."""
    return ShopSettings.model_validate(settings.get("projects") or {})
