"""What the platform holds of a delivery, and what follows from it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from backshop.kits.deliveries.models import Delivery, Stage


class PlatformDelivery(NamedTuple):
    """Stage and tracking number together, as a platform holds them."""

    stage: Stage | None
    tracking_number: str | None


class Reaction(Enum):
    """What to do about the stage that a platform reports."""

    IGNORE = "ignore"
    """It is what we have, our own echo, or what we knew before our change."""
    ADOPT = "adopt"
    """Somebody moved the order there."""
    REPAIR = "repair"
    """The platform lost our change or went back: it is sent again."""
    ASK = "ask"
    """What is reported may be older than what was written since: the platform is read afresh."""


class Known(NamedTuple):
    """What is known of an order that the platform reports.

    `sent` is what is being written to it, None where nothing is; `past` are the states that the
    order has had here; `moved_by` is who moved it last: its platform, a program, somebody.
    """

    ours: Delivery
    platform: PlatformDelivery
    sent: PlatformDelivery | None
    past: frozenset[PlatformDelivery]
    moved_by: str | None

    @property
    def past_numbers(self) -> set[str]:
        return {each.tracking_number for each in self.past if each.tracking_number}
