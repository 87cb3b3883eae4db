"""ministack, whose standard queues serve message groups fairly, as those of SQS do: of messages
that wait, those of groups with little under way are given out first.

Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-fair-queues.html
"""

import time
from collections import Counter
from typing import Any

from ministack.app import main
from ministack.services import sqs

Message = dict[str, Any]

_in_order = sqs._collect_msgs


def in_fair_order(messages: list[Message], now: float) -> list[Message]:
    """Those that wait first, the groups with the least under way before others, each in its order;
    a message without a group is one of its own."""
    busy = Counter(
        each["group_id"] for each in messages if each["group_id"] and each["visible_at"] > now
    )
    places = []
    for place, each in enumerate(messages):
        group = each["group_id"]
        if each["visible_at"] > now:
            continue
        places.append((busy[group] if group else 0, place))
        if group:
            busy[group] += 1
    first = [messages[place] for _, place in sorted(places)]
    return first + [each for each in messages if each["visible_at"] > now]


def collect(queue: dict[str, Any], most: int, timeout: int) -> list[Message]:
    if not queue["is_fifo"]:
        for each in queue["messages"]:
            sqs._ensure_msg_fields(each)
        fair = {**queue, "messages": in_fair_order(queue["messages"], time.time())}
        found: list[Message] = _in_order(fair, most, timeout)
        return found
    ordered: list[Message] = _in_order(queue, most, timeout)
    return ordered


if __name__ == "__main__":
    sqs._collect_msgs = collect
    main()
