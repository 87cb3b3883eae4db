"""The only way to SQS: sending, and batches that fail one by one. A body that is too large for a
message goes by way of S3 (objects.park)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypedDict

from backshop.aws import config
from backshop.logs import failure

BATCH = 10
INLINE_BYTES = 250_000
"""A longer body goes to S3: SQS bills by 64 KB, and ten messages must fit a 6 MB invocation."""


class Failure(TypedDict):
    itemIdentifier: str


class BatchResponse(TypedDict):
    """What Lambda wants back from a batch: the messages to be tried again."""

    batchItemFailures: list[Failure]


class Message(TypedDict, total=False):
    """A record of an SQS event, as far as it is read here."""

    messageId: str
    receiptHandle: str
    body: str
    attributes: dict[str, str]


def hand_back(url: str, messages: Sequence[Message]) -> None:
    """Let these messages, which the batch reports as failed, come again soon: in five seconds the
    first time, then in twice as many each time, at most five minutes, in place of the queue's own
    wait."""
    for start in range(0, len(messages), BATCH):
        part = messages[start : start + BATCH]
        entries = [
            {
                "Id": str(number),
                "ReceiptHandle": each["receiptHandle"],
                "VisibilityTimeout": _wait(each),
            }
            for number, each in enumerate(part)
        ]
        config.client("sqs").change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _wait(message: Message) -> int:
    return int(min(300, 5 * 2 ** min(tries(message) - 1, 10)))


def tries(message: Message) -> int:
    """How often the queue has handed the message out, this time included."""
    return int(message.get("attributes", {}).get("ApproximateReceiveCount", "1"))


def send(url: str, body: str, *, group: str | None = None, dedup: str | None = None) -> None:
    """Put one message on a queue. The group is its store: a standard queue serves stores with
    little to do before those with much (fair queues). FIFO queues also take a deduplication id."""
    fifo = {"MessageGroupId": group, "MessageDeduplicationId": dedup}
    attributes = {name: value for name, value in fifo.items() if value is not None}
    config.client("sqs").send_message(QueueUrl=url, MessageBody=body, **attributes)


class Grouped(NamedTuple):
    """A message of a standard queue; its group is its store (see `send`)."""

    body: str
    group: str


def send_all(url: str, messages: Sequence[Grouped]) -> None:
    """Put many messages on a standard queue, ten a call. Raises `NotSent`."""
    _send(
        url,
        [{"MessageBody": each.body, "MessageGroupId": each.group} for each in messages],
    )


def _send(url: str, messages: Sequence[dict[str, str]]) -> None:
    """Ten a call; one that is refused keeps none of the others. Raises `NotSent` at the end."""
    refused = 0
    for start in range(0, len(messages), BATCH):
        part = messages[start : start + BATCH]
        entries = [{"Id": str(number), **each} for number, each in enumerate(part)]
        answer = config.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
        refused += len(answer.get("Failed", []))
    if refused:
        raise NotSent(f"{refused} messages were refused by {url}")


class NotSent(Exception):
    """SQS took only a part of what it was given."""


class Ordered(NamedTuple):
    """A message of a FIFO queue: those of one group stay in order, and of two with the same
    deduplication id within five minutes the second is dropped."""

    body: str
    group: str
    dedup: str


def send_ordered(url: str, messages: Sequence[Ordered]) -> None:
    """Put many messages on a FIFO queue, ten a call. Raises `NotSent`."""
    _send(
        url,
        [
            {
                "MessageBody": each.body,
                "MessageGroupId": each.group,
                "MessageDeduplicationId": each.dedup,
            }
            for each in messages
        ],
    )


def process(event: dict[str, Any], one: Callable[[Message], None]) -> BatchResponse:
    """Call `one` for each message; those that raise are reported, so that only they come again.

    On a FIFO queue the ones after a failure are handed back unread: their order must hold.
    """
    records: list[Message] = event["Records"]
    failures: list[Failure] = []
    for number, record in enumerate(records):
        try:
            one(record)
        except Exception as error:
            failure("message failed", error, message_id=record["messageId"])
            if "MessageDeduplicationId" in record.get("attributes", {}):
                failures = [{"itemIdentifier": each["messageId"]} for each in records[number:]]
                break
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
