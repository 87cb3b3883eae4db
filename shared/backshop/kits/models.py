"""What the subjects of Signature Kits share: base model, texts, and the settings of a store."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from backshop.commerce import Model, clean_input

Text = Annotated[str, BeforeValidator(clean_input), StringConstraints(strip_whitespace=True)]


Note = Annotated[Text, StringConstraints(min_length=1, max_length=500)]


class OtpSettings(Model):
    """A store's own limits, from `settings.otp`; the defaults are those of kits.md (five minutes,
    five guesses) and docs/kits.md (the rest)."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    domain: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+$")
    """The host name that the shopper's browser is on; without it that of the store's URL."""
    shop_name: str = Field(default="Signature Kits", max_length=40)
    countries: tuple[str, ...] = ("LK",)
    """ISO 3166 codes of the countries that codes are sent to; the shop's own first."""
    minutes: int = Field(default=5, ge=1, le=30)
    guesses: int = Field(default=5, ge=1, le=10)
    resend_seconds: int = Field(default=60, ge=0)
    phone_sends: int = Field(default=5, ge=1)
    """In ten minutes, to one phone."""
    address_sends: int = Field(default=30, ge=1)
    """In an hour, from one network address."""
    prefix_sends: int = Field(default=200, ge=1)
    """In a day, to numbers that differ in their last four digits only: SMS pumping runs through
    such blocks."""
