"""Ratings of recommended shades as staff see them."""

from __future__ import annotations

from uuid import UUID

from pydantic import BaseModel, Field

from backshop.commerce import Model, Time


class ShownRating(BaseModel):
    """A shopper's word on a recommended shade, and staff's own on that."""

    id: UUID
    survey_id: UUID | None
    rating: int = Field(description="1 to 5.")
    feedback_notes: str | None
    image_url: str | None = Field(description="A link to the photo that lives 15 minutes.")
    rated_at: Time | None
    shade_selected: str | None
    recommended_shade: str | None
    qa_note: str | None = Field(description="Staff's own; the shopper's later word leaves it.")
    qa_by: str | None
    qa_at: Time | None


class RatingPosition(BaseModel):
    """Where a page ended: ratings are newest first."""

    rated_at: Time
    id: UUID


class RatingNote(Model):
    """Staff's own note on a rating; null takes it away."""

    note: str | None = Field(min_length=1, max_length=2000)
