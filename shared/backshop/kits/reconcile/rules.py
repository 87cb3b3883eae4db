"""Who is right when the platform holds something else than we do. Pure."""

from __future__ import annotations

from collections.abc import Collection

from backshop.commerce import Fulfilment, Order, tracking_number
from backshop.kits.deliveries.models import Delivery, Stage
from backshop.kits.deliveries.rules import step
from backshop.kits.reconcile.models import Known, PlatformDelivery, Reaction

_STAGE_OF_FULFILMENT = {
    Fulfilment.FULFILLED: Stage.DISPATCHED,
    Fulfilment.DELIVERED: Stage.DELIVERED,
}


def reported(order: Order) -> PlatformDelivery:
    """What the plugin's fields say, held to the rules of what staff send: a stage in a word of the
    shop's own, or a tracking number that no courier gives, says nothing."""
    return PlatformDelivery(stage_of(order.delivery_stage), tracking_number(order.tracking_number))


def stage_of_state(order: Order, known: PlatformDelivery, follows: bool | None) -> Stage | None:
    """The stage that the platform's own state of an order means: beside the plugin's field where
    the store says so (`follows`), and where it says nothing as long as that field was never set."""
    was_set = order.delivery_stage is not None or known.stage is not None
    if follows is False or (follows is None and was_set):
        return None
    return _STAGE_OF_FULFILMENT.get(order.fulfilment)


def stage_of(text: str | None) -> Stage | None:
    """None where a shop has words of its own for it, too."""
    return Stage(text) if text and text in Stage.__members__ else None


def first_delivery(theirs: PlatformDelivery) -> Delivery:
    """Where a new order's delivery begins: at ORDER_CONFIRMED (kits.md), or where the platform has
    it already. A number without a stage comes with the stage that its parcel makes."""
    if theirs.stage is None:
        return Delivery(Stage.ORDER_CONFIRMED)
    return Delivery(stage=theirs.stage, tracking_number=theirs.tracking_number)


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
    if theirs in (as_tracked(ours), known):
        return Reaction.IGNORE
    if step(theirs.stage) < step(ours.stage):
        return Reaction.REPAIR
    if step(theirs.stage) > step(ours.stage):
        return Reaction.ADOPT
    number = theirs.tracking_number
    if number is None or number in past_numbers:
        return Reaction.REPAIR
    return Reaction.ADOPT


def follow(known: Known, order: Order, *, is_moved: bool) -> Reaction:
    """What follows from an order that a webhook or a page tells of; `is_moved`: somebody else than
    the platform gave it a stage while it was not here."""
    theirs = reported(order)
    reaction = on_report(known, theirs) if says_something(order) else Reaction.IGNORE
    is_ahead = known.ours.stage is not Stage.ORDER_CONFIRMED and theirs != as_tracked(known.ours)
    if is_moved and is_ahead and reaction is Reaction.IGNORE:
        return Reaction.ASK
    return reaction


def says_something(order: Order) -> bool:
    """A stage in a word of the shop's own says nothing, an empty field does."""
    return order.delivery_stage is None or stage_of(order.delivery_stage) is not None


def on_report(known: Known, theirs: PlatformDelivery) -> Reaction:
    """What a webhook or a page says may be older than what was written since: where it would move
    the order to where it was before, or comes while a write is under way, it decides nothing."""
    if theirs == known.sent:
        return Reaction.IGNORE
    reaction = react(known.ours, known.platform, theirs, known.past_numbers)
    if reaction is Reaction.ADOPT and theirs in known.past:
        return Reaction.ASK
    if reaction is Reaction.IGNORE and known.sent:
        return Reaction.ASK
    return reaction


def on_reading(known: Known, theirs: PlatformDelivery) -> Reaction:
    """What the platform was just read to hold: what an earlier attempt sent is nobody else's."""
    if theirs == known.sent:
        return Reaction.IGNORE
    return react(known.ours, known.platform, theirs, known.past_numbers)


def after_sending(known: Known, held: PlatformDelivery | None) -> tuple[PlatformDelivery, bool]:
    """What the platform holds as far as is known once a write is over, and whether the order is to
    be looked at again: where the platform told of something newer meanwhile, or the order was moved
    on here. Whoever moved it may have found nothing that was left to send."""
    if held is None:
        return known.platform, False
    if known.sent != held:
        return known.platform, True
    return held, as_tracked(known.ours) != held


def as_tracked(ours: Delivery) -> PlatformDelivery:
    """Our delivery as a platform would hold it."""
    return PlatformDelivery(ours.stage, ours.tracking_number)


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
