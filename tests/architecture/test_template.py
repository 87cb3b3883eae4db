"""What template.yaml lets functions and strangers do is no more than they need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local import template

ROOT = Path(__file__).parents[2]
DATA, TRY_ON = "arn:aws:s3:::DataBucket", "arn:aws:s3:::TryOnBucket"
OBJECTS = {
    "connectors": {("Get", f"{DATA}/exports/*")},
    "projects_api": {("Get", f"{DATA}/archive/*")},
    "maintain": {
        ("Put", f"{DATA}/archive/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
    },
    "insights_api": {
        ("Put", f"{DATA}/insights-exports/*"),
        ("Get", f"{DATA}/insights-exports/*"),
    },
    "shade_admin": {("Put", f"{DATA}/training/*"), ("Get", f"{DATA}/training/*")},
    "tryon_overlay": {
        ("Get", f"{TRY_ON}/selfies/*"),
        ("Get", f"{TRY_ON}/assets/*"),
        ("Put", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
    },
    "tryon_sessions": {
        ("Put", f"{TRY_ON}/selfies/*"),
        ("Put", f"{TRY_ON}/assets/*"),
        ("Get", f"{TRY_ON}/selfies/*"),
        ("Get", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
    },
    "webhook_ingest": {
        ("Get", f"{DATA}/overflow/*"),
        ("Put", f"{DATA}/exports/*"),
        ("Delete", f"{DATA}/exports/*"),
        ("Delete", f"{DATA}/training/*"),
        ("Delete", f"{DATA}/archive/*"),
        ("Delete", f"{DATA}/logos/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/assets/*"),
    },
    "stores": {("Put", f"{DATA}/logos/*")},
    "webhook_receive": {("Put", f"{DATA}/overflow/*")},
}
"""What each function does to which objects, as its code does."""


def read(**parameters: str) -> template.Template:
    places = {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "arn:admin", **parameters}
    pseudo = {
        "AWS::Region": "eu-west-1",
        "AWS::AccountId": "1",
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "x",
    }
    return template.load(ROOT / "template.yaml", places, pseudo)


def attribute(name: str, attribute: str) -> str:
    if name.endswith("Bucket") and attribute == "Arn":
        return f"arn:aws:s3:::{name}"
    return name if attribute == "Ref" else f"{name}.{attribute}"


def statements(**parameters: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every function's policies, its lists made lists."""
    made = read(**parameters)
    for each in made.of_type("AWS::Serverless::Function"):
        name = each.properties["CodeUri"].removeprefix("functions/")
        for policy in made.resolve(each.properties.get("Policies", []), attribute):
            for said in policy["Statement"]:
                listed = {
                    key: value if isinstance(value, list) else [value]
                    for key, value in said.items()
                    if key in ("Action", "Resource", "NotResource")
                }
                yield name, {**said, **listed}


def test_who_keeps_secret_answers_opens_no_credentials() -> None:
    """Only connecting a shop seals its credentials; all others seal answers for an
    Idempotency-Key."""
    sealing = {
        name: said.get("Condition")
        for name, said in statements()
        if "kms:Encrypt" in said["Action"] and name != "connectors"
    }
    answers = {"StringLike": {"kms:EncryptionContext:field": "answer:*"}}
    assert sealing == dict.fromkeys(sealing, answers)
    keep = re.compile(r"\bsecret=[\[(]")
    keeping = {
        path.parent.name for path in ROOT.glob("functions/*/*.py") if keep.search(path.read_text())
    }
    assert keeping == {*sealing, "connectors"}


def by_name(arn: str) -> str:
    return arn.replace("backshop-try-on-1-eu-west-1", "TryOnBucket")


def test_a_function_reaches_the_objects_that_it_uses_and_no_others() -> None:
    reached: dict[str, set[tuple[str, str]]] = {}
    for name, said in statements():
        for action in said["Action"]:
            if action.startswith("s3:") and action.endswith("Object"):
                for arn in said["Resource"]:
                    what = action.removeprefix("s3:").removesuffix("Object")
                    reached.setdefault(name, set()).add((what, by_name(arn)))
    assert reached == OBJECTS


def test_buckets_are_listed_below_a_prefix_of_what_is_reached() -> None:
    listing = [
        (name, by_name(arn), said.get("Condition"))
        for name, said in statements()
        for arn in said.get("Resource", [])
        if "s3:ListBucket" in said["Action"]
    ]
    assert {name for name, _, _ in listing} == {
        "maintain",
        "tryon_overlay",
        "tryon_sessions",
        "webhook_ingest",
    }
    for name, bucket, condition in listing:
        prefixes = condition["StringLike"]["s3:prefix"]
        for prefix in [prefixes] if isinstance(prefixes, str) else prefixes:
            assert f"{bucket}/{prefix}" in {arn for _, arn in OBJECTS[name]}, name


def test_no_policy_names_everything() -> None:
    for name, said in statements(MailIdentityArns="arn:aws:ses:eu-west-1:1:identity/example.com"):
        assert said["Effect"] == "Allow"
        assert not [each for each in said["Action"] if "*" in each], name
        for arn in said.get("Resource", []):
            assert "*" not in arn or arn.startswith("arn:aws:s3:::"), (name, arn)
        # A phone has no ARN: everything that is no topic.
        assert "NotResource" not in said or said["Action"] == ["sns:Publish"], name


@pytest.mark.parametrize("number", [0, 1, 2])
def test_mail_goes_out_from_the_identities_that_are_named(number: int) -> None:
    arns = [f"arn:aws:ses:eu-west-1:1:identity/{each}.example.com" for each in range(number)]
    found = [
        (name, said["Resource"])
        for name, said in statements(MailIdentityArns=",".join(arns))
        if "ses:SendEmail" in said["Action"]
    ]
    assert found == ([("outbox_worker", arns)] if arns else [])


def open_routes() -> Iterator[str]:
    for each in read().of_type("AWS::Serverless::Function"):
        for event in (each.properties.get("Events") or {}).values():
            said = event["Properties"]
            if event["Type"] == "HttpApi" and said.get("Auth", {}).get("Authorizer") == "NONE":
                yield f"{said['Method']} {said['Path']}"


def test_every_route_that_anybody_may_call_has_a_limit_of_its_own() -> None:
    api = read().resources["Api"].properties
    default, own = api["DefaultRouteSettings"], api["RouteSettings"]
    # A key without a route makes the deployment fail.
    assert set(own) == set(open_routes())
    webhooks = "POST /webhooks/{connector_id}"
    for limit in ("ThrottlingRateLimit", "ThrottlingBurstLimit"):
        looser = {route for route, said in own.items() if said[limit] >= default[limit]}
        assert looser == {webhooks}, "shops are refused nothing"
        assert own["POST /otp/send"][limit] == min(said[limit] for said in own.values())
