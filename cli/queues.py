"""The queues of a place: how full they are, and dead letters put back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from cli.places import QUEUE, Place

_PART = 10
"""Messages that SQS gives, takes or deletes at once."""


@dataclass(frozen=True)
class Queue:
    """A queue and the one that its failed messages go to."""

    name: str
    url: str
    waiting: int
    in_flight: int
    dead_letters: int
    dead_url: str


def queues(place: Place) -> list[Queue]:
    """Those that have dead letters, by name."""
    sqs = place.client("sqs")
    urls = place.of_type(QUEUE)

    def about(url: str) -> Mapping[str, str]:
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        attributes: Mapping[str, str] = answer["Attributes"]
        return attributes

    with ThreadPoolExecutor(8) as pool:
        found = dict(zip(urls, pool.map(about, urls.values()), strict=True))
    by_arn = {each["QueueArn"]: name for name, each in found.items()}
    listed = []
    for name, each in sorted(found.items()):
        policy = json.loads(each.get("RedrivePolicy") or "{}")
        dead = by_arn.get(policy.get("deadLetterTargetArn", ""))
        if dead is not None:
            listed.append(
                Queue(
                    name=name,
                    url=urls[name],
                    waiting=_number(each, "ApproximateNumberOfMessages")
                    + _number(each, "ApproximateNumberOfMessagesDelayed"),
                    in_flight=_number(each, "ApproximateNumberOfMessagesNotVisible"),
                    dead_letters=_number(found[dead], "ApproximateNumberOfMessages"),
                    dead_url=urls[dead],
                )
            )
    return listed


def _number(attributes: Mapping[str, str], name: str) -> int:
    return int(attributes.get(name) or 0)


def redrive(sqs: Any, queue: Queue) -> int:
    """Move every dead letter back to its queue; how many there were.

    A message is deleted after it was sent, so that a crash in between doubles it rather than loses
    it. Not by StartMessageMoveTask: it goes on for nobody knows how long, and tells no number.
    """
    moved = 0
    while messages := _receive(sqs, queue.dead_url):
        for message in messages:
            sqs.send_message(QueueUrl=queue.url, **_same(message))
        sqs.delete_message_batch(
            QueueUrl=queue.dead_url,
            Entries=[
                {"Id": str(place), "ReceiptHandle": each["ReceiptHandle"]}
                for place, each in enumerate(messages)
            ],
        )
        moved += len(messages)
    return moved


def _receive(sqs: Any, url: str) -> list[dict[str, Any]]:
    answer = sqs.receive_message(
        QueueUrl=url,
        MaxNumberOfMessages=_PART,
        WaitTimeSeconds=1,  # a long poll asks all of the queue's servers
        MessageSystemAttributeNames=["All"],
        MessageAttributeNames=["All"],
    )
    messages: list[dict[str, Any]] = answer.get("Messages", [])
    return messages


def _same(message: Mapping[str, Any]) -> dict[str, Any]:
    """What has to be sent for the same message once more."""
    attributes = message.get("Attributes") or {}
    sent: dict[str, Any] = {"MessageBody": message["Body"]}
    if message.get("MessageAttributes"):
        sent["MessageAttributes"] = message["MessageAttributes"]
    if "MessageGroupId" in attributes:
        sent["MessageGroupId"] = attributes["MessageGroupId"]
    if "MessageDeduplicationId" in attributes:
        # The original one would be refused within five minutes of the first send.
        sent["MessageDeduplicationId"] = message["MessageId"]
    return sent
