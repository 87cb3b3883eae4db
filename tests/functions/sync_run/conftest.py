"""What sync_run needs beside the surroundings of every function."""

import pytest
from backshop import config


@pytest.fixture(autouse=True)
def _sync_queue(aws, monkeypatch):
    made = config.client("sqs").create_queue(QueueName="sync")
    aws.queues["SYNC_QUEUE_URL"] = made["QueueUrl"]
    monkeypatch.setenv("SYNC_QUEUE_URL", made["QueueUrl"])
    monkeypatch.setenv("PUBLIC_URL", "http://127.0.0.1:9/")
