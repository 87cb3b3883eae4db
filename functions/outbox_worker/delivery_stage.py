"""Rows that bring Vendure in step with an order's delivery here: {"order_code"}.

What is sent is the delivery as it is when the row is done, so a row whose change was overtaken
finds nothing left to send. What somebody set at Vendure meanwhile is followed, not overwritten.
"""

from __future__ import annotations

import connected_shop
from backshop import db, outbox
from backshop.commerce import tracking_number
from backshop.kits.deliveries import repository as deliveries
from backshop.kits.deliveries.models import DeliveryUpdate
from backshop.kits.reconcile import repository as reconcile
from backshop.kits.reconcile import rules
from backshop.kits.reconcile.models import PlatformDelivery, Reaction
from backshop.platforms.errors import PermanentDecline, TransientOutage
from backshop.platforms.ports import DeliveryFields

VENDURE = "vendure"


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nothing to ask first: `do` begins with what Vendure holds."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    """What Vendure holds in the end, and whether that had to be sent."""
    with connected_shop.opened(row.store_id) as shop:
        stages = shop.delivery_stages
        if stages is None:
            return {"skipped": f"deliveries are not kept at {shop.platform}"}
        order_id = row.key.removeprefix("order:")
        theirs = stages.read(order_id)
        if theirs is None:
            raise PermanentDecline({"error": "the order is gone at the shop"})
        wanted = _merged(row, theirs)
        if theirs == wanted:
            return {"sent": False, **wanted._asdict()}
        after = stages.write(order_id, wanted)
    if after != wanted:
        raise TransientOutage("the shop took the change and then held something else")
    return {"sent": True, **wanted._asdict()}


def _merged(row: outbox.Row, theirs: DeliveryFields) -> DeliveryFields:
    """What both sides are to hold: ours, after following where somebody moved the order there."""
    code = row.payload["order_code"]
    reported = _tracked(theirs)
    with db.transaction(store_id=row.store_id) as tx:
        if not deliveries.lock_deliveries(tx, [code]):
            raise PermanentDecline({"error": "the order is gone here"})
        known = reconcile.known_of_order(tx, code)
        if known is None:
            raise PermanentDecline({"error": "the order has no delivery here"})
        ours = known.ours
        if rules.on_reading(known, reported) is Reaction.ADOPT:
            ours = rules.adopted(ours, reported)
            deliveries.save_deliveries(
                tx, [DeliveryUpdate(code, ours)], by=VENDURE, from_platform=True
            )
            reconcile.note_platform(tx, code, reported)
        reconcile.begin_sending(tx, code, rules.as_tracked(ours))
    return DeliveryFields(ours.stage.value, ours.tracking_number)


def done(tx: db.Tx, row: outbox.Row, answer: outbox.Answer) -> None:
    """Vendure holds it: its own echo will say nothing new."""
    if "stage" in answer:
        reported = _tracked(DeliveryFields(answer["stage"], answer["tracking_number"]))
        reconcile.end_sending(tx, row.payload["order_code"], reported)


def failed(tx: db.Tx, row: outbox.Row, _answer: outbox.Answer) -> None:
    """Nobody knows what Vendure holds."""
    reconcile.end_sending(tx, row.payload["order_code"], None)


def _tracked(fields: DeliveryFields) -> PlatformDelivery:
    """What staff could not have sent says nothing."""
    return PlatformDelivery(rules.stage_of(fields.stage), tracking_number(fields.tracking_number))


action = outbox.Action(find=find, do=do, done=done, failed=failed)
