"""Works sync jobs off, one at a time, and hands on to a fresh invocation before its time runs out.

Lambda stops a queue loop after 16 invocations unless it is allowed; it is, and bounded by the job
itself: one that gets no further fails.
"""

from __future__ import annotations

from typing import Any

from backshop import logs
from backshop.aws import queues
from backshop.aws.queues import BatchResponse, Message
from backshop.sync import runs, work
from backshop.sync.models import JobKey


@logs.crash_safely
def handler(event: dict[str, Any], context: Any) -> BatchResponse:
    """Messages are the keys of jobs (`JobKey`); what a job is and how far it came is in its row."""

    def one(message: Message) -> None:
        key = JobKey.model_validate_json(message["body"])
        outcome = work.work(key, work.clock(context.get_remaining_time_in_millis))
        logs.info(
            "sync job",
            store_id=str(key.store_id),
            run_id=str(key.run_id),
            resource=key.resource,
            outcome=outcome.status,
        )
        if outcome.announce:
            runs.announce([key])
        if outcome.freed_place:
            runs.announce([each for each in work.waiting(key.store_id) if each != key])

    return queues.process(event, one)
