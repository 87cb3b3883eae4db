"""What lists of the tenants' rows need beside the rows, and how a store's pages look."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from backshop.commerce import Time


class ExportPosition(BaseModel):
    """Where a page of answers to data requests ended: they are newest first."""

    created_at: Time
    request_id: str


class PageSettings(BaseModel):
    """`settings.pages` of a store: how its shoppers' pages look, and where they are."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    colour: str | None = Field(default=None, pattern=r"^#[0-9a-f]{6}$")
    """The one colour of the brand; everything else is made of it."""
    host: str | None = Field(default=None, pattern=r"^[a-z0-9.-]+$", max_length=253)
    """The host name by which the pages are this store's, without `?store_id=`."""
    language: Literal["en", "fr"] = "en"
    """Of e-mails and SMS."""
    help: str | None = Field(default=None, max_length=300)
    """One sentence at the end of every page: where shoppers get help."""
