"""The stand-in's standard queues serve stores fairly, as SQS' fair queues do."""

import time
from pathlib import Path

import pytest

from local import aws

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def sqs(tmp_path_factory):
    python = ROOT / ".venv-aws" / "bin" / "python"
    with aws.running(tmp_path_factory.mktemp("aws"), python, "sqs") as running:
        yield running.client("sqs")


@pytest.fixture
def queue(sqs, request):
    name = f"queue-{abs(hash(request.node.name)) % 10**8}"
    return sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"})["QueueUrl"]


def send(sqs, queue, group, count):
    for start in range(0, count, 10):
        entries = [
            {"Id": str(number), "MessageBody": f"{group} {start + number}", "MessageGroupId": group}
            for number in range(min(10, count - start))
        ]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)


def receive(sqs, queue, most=10):
    answer = sqs.receive_message(
        QueueUrl=queue, MaxNumberOfMessages=most, MessageSystemAttributeNames=["All"]
    )
    return [each["Body"] for each in answer.get("Messages", [])]


def test_a_store_with_one_message_is_served_before_the_backlog_of_another(sqs, queue):
    send(sqs, queue, "noisy", 200)
    receive(sqs, queue)
    send(sqs, queue, "quiet", 1)
    assert receive(sqs, queue)[0] == "quiet 0"


def test_a_batch_is_shared_and_each_store_keeps_its_order(sqs, queue):
    send(sqs, queue, "noisy", 30)
    send(sqs, queue, "quiet", 5)
    received = receive(sqs, queue)
    assert [each for each in received if each.startswith("quiet")] == [
        f"quiet {number}" for number in range(5)
    ]
    assert [each for each in received if each.startswith("noisy")] == [
        f"noisy {number}" for number in range(5)
    ]


def test_nothing_is_lost_or_given_out_twice(sqs, queue):
    send(sqs, queue, "noisy", 60)
    send(sqs, queue, "quiet", 7)
    sqs.send_message(QueueUrl=queue, MessageBody="of no group")
    received: list[str] = []
    until = time.monotonic() + 20
    while len(received) < 68 and time.monotonic() < until:
        received += receive(sqs, queue)
    assert len(received) == len(set(received)) == 68
    assert receive(sqs, queue) == []


def test_without_fairness_the_backlog_goes_first(sqs, queue):
    """The control: the same messages without groups."""
    for start in range(0, 20, 10):
        entries = [{"Id": str(n), "MessageBody": f"noisy {start + n}"} for n in range(10)]
        sqs.send_message_batch(QueueUrl=queue, Entries=entries)
    sqs.send_message(QueueUrl=queue, MessageBody="quiet 0")
    assert "quiet 0" not in receive(sqs, queue)
