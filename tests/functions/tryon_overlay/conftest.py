"""The shop of the try-on's drawing tests."""

import pytest
from backshop.aws import config

from bench.try_on import figures
from tests.functions import try_on_shop
from tests.functions.try_on_shop import Shop

figures.prepare()


@pytest.fixture
def shop(load, event, context, aws, store, owner, monkeypatch) -> Shop:
    bucket = "backshop-try-on-123456789012-eu-west-1"
    monkeypatch.setenv("TRY_ON_BUCKET", bucket)
    config.client("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    try_on_shop.fill(owner, store)
    return Shop(store, load, event, context, bucket)
