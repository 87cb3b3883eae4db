"""Ratings, scores, and the match that comes of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple
from uuid import UUID

from backshop.commerce import Model
from backshop.shade.carts.models import CartItem
from backshop.shade.models import Undertone


class RatingTally(NamedTuple):
    """Ratings of one shade by customers alike: `depth`, `undertone` are those of the shade that
    they tried themselves. `number` ratings add up to `total`."""

    shade: str
    depth: int
    undertone: str
    skin_type: str | None
    number: int
    total: int


class Ratings(Model):
    """What stands behind a shade's rating. `level` is the narrowest group with ten ratings or
    more; where there is none, `too_few` is true and `count` are the shade's own."""

    average: float
    count: int
    level: Literal["depth_undertone_skin_type", "depth_undertone", "shade", "all"]
    too_few: bool


class Pick(Model):
    """A recommended shade with what speaks for it, and how the points add up."""

    shade: str
    swatch: str | None
    depth: int
    undertone: Undertone
    variant_id: int
    points: float
    parts: dict[str, float]
    reasons: tuple[str, ...]
    ratings: Ratings


class LeftOut(Model):
    shade: str
    reason: str


class Match(Model):
    """The best shade, the best lighter and the best deeper one than it, as far as there are any."""

    best: Pick | None = None
    lighter: Pick | None = None
    deeper: Pick | None = None
    left_out: tuple[LeftOut, ...] = ()


class Recommendation(NamedTuple):
    """What is saved of a recommendation."""

    id: UUID
    survey_id: UUID
    match: Match
    items: Sequence[CartItem]
    cart_url: str | None
    click_url: str | None
    discount_id: UUID | None


class SavedRecommendation(Model):
    """A recommendation as it was saved."""

    id: UUID
    survey_id: UUID
    match: Match
    recommended_bundle: tuple[str, ...]
    cart_url: str | None
    click_url: str | None
    discount_id: UUID | None
