"""An order as its shopper sees it: its steps and items."""

from __future__ import annotations

from typing import TypedDict

from backshop.kits.deliveries.models import Stage


class StageEvent(TypedDict):
    """A change of stage as the shopper sees it; `at` is ISO 8601."""

    stage: str
    at: str


class TrackingStep(TypedDict):
    """One of the five steps of an order."""

    stage: Stage
    done: bool
    at: str | None
