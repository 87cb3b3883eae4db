"""Who is right when the platform holds something else than we do. Pure."""

from __future__ import annotations

from collections.abc import Collection

from backshop.kits.deliveries.models import Delivery, Stage
from backshop.kits.deliveries.rules import step
from backshop.kits.reconcile.models import PlatformDelivery, Reaction


def first_delivery(theirs: PlatformDelivery) -> Delivery:
    """Where a new order's delivery begins: at ORDER_CONFIRMED (kits.md), or where the platform has
    it already."""
    return Delivery(
        stage=theirs.stage or Stage.ORDER_CONFIRMED, tracking_number=theirs.tracking_number
    )


def react(
    ours: Delivery, known: PlatformDelivery, theirs: PlatformDelivery, past_numbers: Collection[str]
) -> Reaction:
    """Three-way: ours now, what the platform was last known to hold, what it holds.

    `past_numbers` are the tracking numbers that the order has had here: a platform that shows an
    older one has lost a write (`setOrderCustomFields` loses concurrent ones silently: measured on
    Vendure 3.7.3 in 20 of 100 rounds of two writers).
    """
    if theirs.stage is None:
        return Reaction.IGNORE if known.stage is None else Reaction.REPAIR
    wanted = PlatformDelivery(ours.stage, ours.tracking_number)
    if theirs in (wanted, known):
        return Reaction.IGNORE
    if step(theirs.stage) < step(ours.stage):
        return Reaction.REPAIR
    if step(theirs.stage) > step(ours.stage):
        return Reaction.ADOPT
    number = theirs.tracking_number
    if number is None or number in past_numbers:
        return Reaction.REPAIR
    return Reaction.ADOPT


def adopted(ours: Delivery, theirs: PlatformDelivery) -> Delivery:
    """The delivery after somebody moved the order at the platform, tracking number or not: what
    has happened there cannot be refused."""
    if theirs.stage is None:
        raise ValueError("nothing to adopt")
    return Delivery(
        stage=theirs.stage,
        tracking_number=theirs.tracking_number or ours.tracking_number,
        version=ours.version + 1,
    )
