"""Numbers of the funnel."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from backshop.commerce import Money

Period = Literal["day", "week", "month"]


class FunnelRow(BaseModel):
    """What happened in a period, for one currency and shade."""

    period: str = Field(description="The first day of the period.")
    currency: str
    shade: str | None = Field(description="The recommended one; null before there is one.")
    kits: int
    invites: int
    surveys: int
    discounts: int
    clicks: int
    conversions: int
    revenue: Money = Field(description="Major units, less what was given back.")
