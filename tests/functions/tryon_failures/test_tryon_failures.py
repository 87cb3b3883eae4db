"""A drawing that dies ends its session at once."""

from __future__ import annotations

import json

import pytest
from backshop.connect.try_on import rules

from tests.functions.try_on_shop import Shop, selfie


def died(shop: Shop, made: dict, by: str = "first") -> dict:
    """Call the function as the queue does after the invocation `by` died."""
    event = shop.event("tryon_failures/crashed")
    record = json.loads(event["Records"][0]["body"])
    record["requestContext"]["requestId"] = by
    record["requestPayload"]["Records"][0]["s3"]["object"]["key"] = made["upload"]["fields"]["key"]
    event["Records"][0]["body"] = json.dumps(record)
    return shop.load("tryon_failures").handler(event, shop.context)


class Dies(BaseException):
    """As the end of a process is for what runs in it."""


def test_a_session_whose_drawing_died_has_failed_and_says_to_begin_anew(shop, load, monkeypatch):
    made = shop.begin(["LIP-RED", "TINT-30"])
    shop.upload(made, selfie())
    overlay = load("tryon_overlay")
    monkeypatch.setattr(overlay, "_read", lambda _key: (_ for _ in ()).throw(Dies))
    event = shop.event("tryon_overlay/selfie")
    event["Records"][0]["s3"]["object"]["key"] = made["upload"]["fields"]["key"]
    shop.context.aws_request_id, before = "first", shop.context.aws_request_id
    try:
        with pytest.raises(Dies):
            overlay.handler(event, shop.context)
    finally:
        shop.context.aws_request_id = before
    assert shop.show(made)["status"] == "in_progress"
    assert died(shop, made) == {"batchItemFailures": []}
    shown = shop.show(made)
    assert (shown["status"], shown["reason"]) == ("failed", rules.STUCK)
    assert {each["code"] for each in shown["results"]} == {"stuck"}


def test_a_session_that_was_never_taken_up_fails_too(shop):
    made = shop.begin(["LIP-RED"])
    died(shop, made)
    assert shop.show(made)["status"] == "failed"


def test_another_invocation_of_the_same_session_is_left_alone(shop, owner):
    made = shop.begin(["LIP-RED"])
    owner.execute(
        "UPDATE connect.try_on_session SET status = 'in_progress', claimed_by = 'second',"
        " claimed_at = now() WHERE session_id = %s",
        [made["session_id"]],
    )
    died(shop, made, by="first")
    assert shop.show(made)["status"] == "in_progress"
    died(shop, made, by="second")
    assert shop.show(made)["status"] == "failed"


def test_what_was_drawn_stays(shop):
    made = shop.begin(["LIP-RED"])
    shop.upload(made, selfie())
    shop.notify(made)
    died(shop, made)
    assert shop.show(made)["status"] == "complete"


def test_a_session_that_was_erased_is_no_failure(shop):
    made = shop.begin(["LIP-RED"])
    shop.call("erase", session=made["session_id"], token=made["capability"])
    assert died(shop, made) == {"batchItemFailures": []}
