"""The five steps of an order. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from backshop.kits.deliveries.models import Stage
from backshop.kits.deliveries.rules import step
from backshop.kits.tracking.models import StageEvent, TrackingStep


def steps(stage: Stage, events: Sequence[StageEvent]) -> list[TrackingStep]:
    """The five steps with the time at which each was last reached; None for one that was skipped or
    is still to come."""
    reached = {event["stage"]: datetime.fromisoformat(event["at"]) for event in events}
    return [
        TrackingStep(
            stage=each,
            done=step(each) <= step(stage),
            at=reached.get(each) if step(each) <= step(stage) else None,
        )
        for each in Stage
    ]
