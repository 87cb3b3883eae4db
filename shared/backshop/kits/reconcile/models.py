"""What the platform holds of a delivery, and what follows from it."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from backshop.kits.deliveries.models import Stage


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
