"""What the subjects of kits share: base model, texts, and the settings of a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints

from backshop.commerce import Model, clean_input

Text = Annotated[str, BeforeValidator(clean_input), StringConstraints(strip_whitespace=True)]


PrintField = Literal["patch_enabled", "patch_type", "print_name", "print_number"]
Note = Annotated[Text, StringConstraints(min_length=1, max_length=500)]


class OtpSettings(Model):
    """A store's own limits, from `settings.otp`; the defaults are those of kits.md (five minutes,
    five guesses) and docs/kits.md (the rest). A store without that part sends no codes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: bool = True
    domain: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+$")
    """The host name that the shopper's browser is on; without it that of the store's URL."""
    shop_name: str | None = Field(default=None, max_length=40)
    """In the SMS; without it the store's name."""
    countries: tuple[str, ...] = ()
    """ISO 3166 codes of the countries that codes are sent to; the shop's own first. Without any it
    is the store's country alone."""
    minutes: int = Field(default=5, ge=1, le=30)
    guesses: int = Field(default=5, ge=1, le=10)
    resend_seconds: int = Field(default=60, ge=0)
    phone_sends: int = Field(default=5, ge=1)
    """In ten minutes, to one phone, by whichever stores."""
    phone_daily_sends: int = Field(default=10, ge=1)
    """In a day, to one phone, by whichever stores."""
    address_sends: int = Field(default=30, ge=1)
    """In an hour, from one network address."""
    prefix_sends: int = Field(default=200, ge=1)
    """In a day, different phones whose numbers differ in their last four digits only: SMS pumping
    runs through such blocks."""
    daily_sends: int = Field(default=1000, ge=0)
    """The store's budget: codes on a day (UTC)."""


class DeliverySettings(Model):
    """`settings.deliveries` of a store."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    carrier: str | None = Field(default=None, min_length=1, max_length=100)
    """The courier that brings its parcels, as shoppers are told."""
    print_fields: Mapping[PrintField, str] = Field(default_factory=dict)
    """What the shop calls what is printed on an item, in the lines of its orders; left out, as the
    field is called here."""
