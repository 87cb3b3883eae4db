"""Feeds functions from SQS as Lambda's event source mappings do."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from local.aws import REGION
from local.functions import Functions, TooLarge
from local.runtime import INVOKE_BYTES, Answer

Message = Mapping[str, Any]
"""A message as SQS gives it."""

RETRY_SECONDS = 2
"""When a failed message comes again. AWS waits out the queue's visibility timeout, which is
minutes; nobody at a laptop does."""
FINISH_SECONDS = 5.0
"""How long the work under way may take when the stack is asked to stop."""
WAIT_SECONDS = 1
"""A long poll; the stand-in does not end before the last one is over."""
_PART = 10
_ROOM = INVOKE_BYTES - 256 * 1024


@dataclass(frozen=True)
class EventSource:
    """One queue that feeds one function."""

    function: str
    arn: str
    url: str
    batch_size: int = 10
    window: float = 0.0
    partial: bool = False
    concurrency: int = 5


class Sqs:
    """The few calls that pollers need, without blocking; the stand-in asks for no signature."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))

    async def call(self, action: str, **parameters: Any) -> dict[str, Any]:
        """Raises `aiohttp.ClientError`."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"AmazonSQS.{action}",
        }
        async with self._session.post(
            self._endpoint, data=json.dumps(parameters), headers=headers
        ) as response:
            response.raise_for_status()
            found: dict[str, Any] = json.loads(await response.read() or b"{}")
            return found

    async def receive(self, url: str, most: int, wait: int) -> list[Message]:
        answer = await self.call(
            "ReceiveMessage",
            QueueUrl=url,
            MaxNumberOfMessages=most,
            WaitTimeSeconds=wait,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        return answer.get("Messages") or []

    async def delete(self, url: str, messages: Sequence[Message]) -> None:
        for part in _parts(messages):
            entries = [
                {"Id": str(number), "ReceiptHandle": each["ReceiptHandle"]}
                for number, each in enumerate(part)
            ]
            await self.call("DeleteMessageBatch", QueueUrl=url, Entries=entries)

    async def show_again(self, url: str, messages: Sequence[Message], seconds: int) -> None:
        for part in _parts(messages):
            entries = [
                {
                    "Id": str(number),
                    "ReceiptHandle": each["ReceiptHandle"],
                    "VisibilityTimeout": seconds,
                }
                for number, each in enumerate(part)
            ]
            await self.call("ChangeMessageVisibilityBatch", QueueUrl=url, Entries=entries)

    async def close(self) -> None:
        await self._session.close()


async def poll(
    source: EventSource, sqs: Sqs, functions: Functions, say: Callable[[str], None]
) -> None:
    """Feed one function from one queue until cancelled; what is under way then may finish."""
    slots = asyncio.Semaphore(source.concurrency)
    batches: set[asyncio.Task[None]] = set()
    try:
        while True:
            await slots.acquire()
            batch: list[Message] = []
            try:
                batch = await _batch(source, sqs)
            except (aiohttp.ClientError, TimeoutError) as error:
                say(f"{source.function}: its queue cannot be read ({type(error).__name__})")
                await asyncio.sleep(1)
            if not batch:
                slots.release()
                continue
            task = asyncio.create_task(_work_off(source, batch, sqs, functions, say))
            batches.add(task)
            task.add_done_callback(batches.discard)
            task.add_done_callback(lambda _: slots.release())
    finally:
        await finish(batches)


async def finish(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Let tasks end for a few seconds, then cancel what is left."""
    if left := set(tasks):
        _, late = await asyncio.wait(left, timeout=FINISH_SECONDS)
        for task in late:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _batch(source: EventSource, sqs: Sqs) -> list[Message]:
    """Up to a batch: what is there within the window after the first message, and fits 6 MB."""
    first = min(_PART, source.batch_size)
    batch = await sqs.receive(source.url, first, WAIT_SECONDS)
    ends = time.monotonic() + source.window
    while batch and len(batch) < source.batch_size and (left := ends - time.monotonic()) > 0:
        if sum(len(each["Body"]) for each in batch) > _ROOM // 2:
            break
        more = min(_PART, source.batch_size - len(batch))
        batch += await sqs.receive(source.url, more, math.ceil(left))
    return batch


async def _work_off(
    source: EventSource,
    batch: list[Message],
    sqs: Sqs,
    functions: Functions,
    say: Callable[[str], None],
) -> None:
    event = {"Records": [record(each, source.arn) for each in batch]}
    try:
        answer = await functions.invoke(source.function, json.dumps(event).encode())
        failed = failures(answer, [each["MessageId"] for each in batch], partial=source.partial)
    except TooLarge as error:
        say(f"{source.function}: a batch of {error}")
        failed = {each["MessageId"] for each in batch}
    except asyncio.CancelledError:
        await sqs.show_again(source.url, batch, 0)
        raise
    done = [each for each in batch if each["MessageId"] not in failed]
    again = [each for each in batch if each["MessageId"] in failed]
    try:
        await sqs.delete(source.url, done)
        await sqs.show_again(source.url, again, RETRY_SECONDS)
    except aiohttp.ClientError as error:
        say(f"{source.function}: its queue did not answer ({type(error).__name__})")
    if again:
        say(f"{source.function}: {len(again)} of {len(batch)} messages failed and come again")


def failures(answer: Answer, ids: Sequence[str], *, partial: bool) -> set[str]:
    """The ids of a batch that are to come again.

    As on Lambda an error, and a partial answer that names an unknown id or is malformed, fails all.
    """
    if answer.failed:
        return set(ids)
    if not partial:
        return set()
    try:
        body = json.loads(answer.payload)
        named = [each["itemIdentifier"] for each in (body or {}).get("batchItemFailures") or []]
    except (ValueError, TypeError, KeyError, AttributeError):
        return set(ids)
    return set(named) if set(named) <= set(ids) else set(ids)


def record(message: Message, arn: str) -> dict[str, Any]:
    """A message in the words of Lambda's event."""
    attributes = {
        name: {
            "dataType": value["DataType"],
            "stringValue": value.get("StringValue"),
            "binaryValue": value.get("BinaryValue"),
            "stringListValues": [],
            "binaryListValues": [],
        }
        for name, value in (message.get("MessageAttributes") or {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes") or {},
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": REGION,
    }


def _parts(messages: Sequence[Message]) -> Iterable[Sequence[Message]]:
    return (messages[start : start + _PART] for start in range(0, len(messages), _PART))
