"""What the tests of shoppers' pages share: the try-on's own function behind them."""

from __future__ import annotations

from typing import Any

import pytest
from aws_lambda_powertools.event_handler.api_gateway import BaseRouter
from backshop.aws import config, functions

BUCKET = "backshop-try-on-123456789012-eu-west-1"


@pytest.fixture
def try_on_behind(load: Any, context: Any, aws: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """The pages' calls of the try-on's routes reach the function that serves them; its bucket."""
    monkeypatch.setenv("TRY_ON_BUCKET", BUCKET)
    monkeypatch.setenv("TRYON_SESSIONS_FUNCTION", "tryon_sessions")
    config.client("s3").create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    behind = load("tryon_sessions").handler

    def invoke(name: str, sent: Any) -> Any:
        assert name == "tryon_sessions"
        # Powertools keeps the event of the call in its class, and the page goes on with its own.
        mine = BaseRouter.current_event, BaseRouter.lambda_context
        try:
            return behind(sent, context)
        finally:
            BaseRouter.current_event, BaseRouter.lambda_context = mine

    monkeypatch.setattr(functions, "invoke", invoke)
    return BUCKET
