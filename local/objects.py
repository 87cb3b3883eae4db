"""Calls functions for objects stored in a bucket, by way of a queue that the stand-in notifies."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from local.aws import ACCOUNT, REGION, Aws
from local.queues import WAIT_SECONDS, Message, Sqs, finish

_VISIBLE_SECONDS = 1200


@dataclass(frozen=True)
class Trigger:
    """Objects of a bucket that call a function."""

    function: str
    bucket: str
    events: tuple[str, ...]
    rules: tuple[tuple[str, str], ...] = ()


def subscribe(aws: Aws, bucket: str, triggers: Sequence[Trigger]) -> dict[Trigger, str]:
    """Have the bucket notify a queue for each trigger; the queues' URLs."""
    urls: dict[Trigger, str] = {}
    configurations = []
    for number, trigger in enumerate(triggers):
        queue = f"local-objects-{trigger.function}-{number}"
        aws.client("sqs").create_queue(
            QueueName=queue, Attributes={"VisibilityTimeout": str(_VISIBLE_SECONDS)}
        )
        urls[trigger] = f"{aws.endpoint}/{ACCOUNT}/{queue}"
        configurations.append(_configuration(trigger, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}"))
    aws.client("s3").put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": configurations}
    )
    return urls


def _configuration(trigger: Trigger, arn: str) -> dict[str, Any]:
    made: dict[str, Any] = {"QueueArn": arn, "Events": list(trigger.events)}
    if trigger.rules:
        rules = [{"Name": name, "Value": value} for name, value in trigger.rules]
        made["Filter"] = {"Key": {"FilterRules": rules}}
    return made


async def poll(
    trigger: Trigger,
    url: str,
    sqs: Sqs,
    call: Callable[[str, bytes], Awaitable[Any]],
    say: Callable[[str], None],
) -> None:
    """Call the function for each notification until cancelled, each as an invocation of its own."""
    calls: set[asyncio.Task[None]] = set()
    try:
        while True:
            messages: list[Message] = []
            try:
                messages = await sqs.receive(url, 10, WAIT_SECONDS)
            except (aiohttp.ClientError, TimeoutError) as error:
                say(f"{trigger.function}: its bucket cannot be watched ({type(error).__name__})")
                await asyncio.sleep(1)
            for message in messages:
                task = asyncio.create_task(_call(trigger, url, message, sqs, call))
                calls.add(task)
                task.add_done_callback(calls.discard)
    finally:
        await finish(calls)


async def _call(
    trigger: Trigger,
    url: str,
    message: Message,
    sqs: Sqs,
    call: Callable[[str, bytes], Awaitable[Any]],
) -> None:
    try:
        if "Records" in json.loads(message["Body"]):  # the first one is S3's test of the queue
            await call(trigger.function, message["Body"].encode())
    except asyncio.CancelledError:
        await sqs.show_again(url, [message], 0)
        raise
    await sqs.delete(url, [message])
