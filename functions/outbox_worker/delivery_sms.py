"""Rows that tell a shopper by SMS how far their order is: {"order_code"}.

Nobody can be asked whether an SMS went out. So the version is noted before it is handed to the
provider, and one whose end is unknown is not sent again.
"""

from __future__ import annotations

from backshop import db, outbox, senders
from backshop.kits.follow_ups import repository as follow_ups
from backshop.kits.follow_ups import rules
from backshop.platforms.errors import PermanentDecline, TransientOutage


def find(_row: outbox.Row) -> outbox.Answer | None:
    """Nobody can be asked; `do` knows what was handed over."""
    return None


def do(row: outbox.Row) -> outbox.Answer:
    code = row.payload["order_code"]
    with db.transaction(store_id=row.store_id) as tx:
        news = follow_ups.start_notice(tx, code)
    if news is None:
        return {"skipped": "told already, or no longer wanted"}
    try:
        reference = senders.send_sms(
            news.phone, rules.delivery_text(code, news.delivery, news.carrier)
        )
    except senders.MessageNotSent as refused:
        with db.transaction(store_id=row.store_id) as tx:
            follow_ups.undo_notice(tx, code, news)
        if refused.lasting:
            raise PermanentDecline({"error": str(refused)}) from refused
        raise TransientOutage(str(refused)) from refused
    except senders.Doubtful as lost:
        raise PermanentDecline({"error": f"{lost}; it is not sent again"}) from lost
    return {"reference": reference, "version": news.delivery.version}


action = outbox.Action(find=find, do=do)
