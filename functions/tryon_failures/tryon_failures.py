"""Ends the sessions whose drawing died, at once: the shopper is told, and begins anew.

Lambda puts what it called `tryon_overlay` with into the queue when that crashed, ran out of time or
could not be called.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote_plus

from backshop import db, logs
from backshop.aws import queues
from backshop.aws.queues import BatchResponse, Message
from backshop.connect.try_on import repository as try_on
from backshop.connect.try_on import rules


@logs.crash_safely
def handler(event: dict[str, Any], _context: Any) -> BatchResponse:
    """Records of failed invocations (Lambda's destinations): the session of each object's key."""
    return queues.process(event, _end)


def _end(message: Message) -> None:
    record = json.loads(message["body"])
    by = record["requestContext"]["requestId"]
    for each in record["requestPayload"]["Records"]:
        key = unquote_plus(each["s3"]["object"]["key"])
        store_id, session_id = rules.parse_selfie_key(key)
        with db.transaction(store_id=store_id) as tx:
            ended = try_on.fail_crashed(tx, session_id, by, rules.CRASHED)
        logs.info("drawing died", session_id=str(session_id), ended=ended)
