"""Shades as the merchant describes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from backshop.commerce import Model
from backshop.shade.models import Name, Names, Number, Undertone, unique_names


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
        unique_names(tuple(each.name for each in self.shades))
        return self
