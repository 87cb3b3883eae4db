"""A shopper's own words, by their phone."""

from __future__ import annotations

from typing import Annotated, NamedTuple

from pydantic import Field

from backshop.commerce import Model, Time
from backshop.kits.deliveries.models import Stage
from backshop.kits.models import Text


class ProfileChange(Model):
    """PUT /profile: the whole of it."""

    name: Annotated[Text, Field(max_length=200)] | None = None
    news: bool


class Said(NamedTuple):
    """What is kept of a shopper; `news` is None before they said anything."""

    name: str | None
    news: bool | None
    news_told_at: Time | None


class FollowedOrder(NamedTuple):
    """An order of the phone, by the shop's id and by its code."""

    order_id: str
    order_code: str
    placed_at: Time
    stage: Stage
    is_cancelled: bool
