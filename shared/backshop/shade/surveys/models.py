"""What a customer answers, and the kit that it is about."""

from __future__ import annotations

from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field, StringConstraints

from backshop.commerce import Model
from backshop.shade.models import Name, Names, Text


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


class Kit(NamedTuple):
    """A kit order, as far as its survey needs it."""

    order_id: UUID
    customer_id: UUID | None
    currency: str
    is_live: bool
