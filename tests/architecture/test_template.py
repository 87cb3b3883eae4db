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
    "catalogue_imports": {
        ("Get", f"{DATA}/catalogue-imports/*"),
        ("Put", f"{DATA}/catalogue-imports/*"),
    },
    "connectors": {("Get", f"{DATA}/exports/*"), ("Delete", f"{DATA}/webhooks/*")},
    "people": {
        ("Get", f"{DATA}/exports/*"),
        ("Put", f"{DATA}/exports/*"),
        ("Delete", f"{DATA}/archive/*"),
        ("Delete", f"{DATA}/exports/*"),
        ("Delete", f"{DATA}/quotes/*"),
        ("Delete", f"{DATA}/webhooks/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/ratings/*"),
    },
    "projects_api": {
        ("Get", f"{DATA}/archive/*"),
        ("Get", f"{DATA}/logos/*"),
        ("Get", f"{DATA}/quotes/*"),
        ("Put", f"{DATA}/quotes/*"),
    },
    "outbox_worker": {
        ("Get", f"{DATA}/quotes/*"),
        *(
            ("Delete", f"{DATA}/{kind}/*")
            for kind in (
                *("archive", "catalogue-imports", "exports", "insights-exports", "logos"),
                *("quotes", "training", "webhooks"),
            )
        ),
        *(
            ("Delete", f"{TRY_ON}/{kind}/*")
            for kind in ("selfies", "overlays", "assets", "ratings")
        ),
    },
    "maintain": {
        ("Put", f"{DATA}/archive/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/ratings/*"),
    },
    "insights_api": {
        ("Put", f"{DATA}/insights-exports/*"),
        ("Get", f"{DATA}/insights-exports/*"),
    },
    "shade_admin": {
        ("Put", f"{DATA}/training/*"),
        ("Get", f"{DATA}/training/*"),
        ("Get", f"{TRY_ON}/ratings/*"),
    },
    "shopper_pages": {
        ("Put", f"{TRY_ON}/ratings/*"),
        ("Get", f"{TRY_ON}/ratings/*"),
        ("Delete", f"{TRY_ON}/ratings/*"),
        ("Put", f"{TRY_ON}/selfies/*"),
    },
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
        ("Put", f"{DATA}/webhooks/*"),
        ("Delete", f"{DATA}/webhooks/*"),
        ("Delete", f"{DATA}/archive/*"),
        ("Delete", f"{DATA}/exports/*"),
        ("Delete", f"{DATA}/quotes/*"),
        ("Delete", f"{TRY_ON}/selfies/*"),
        ("Delete", f"{TRY_ON}/overlays/*"),
        ("Delete", f"{TRY_ON}/ratings/*"),
    },
    "stores": {("Put", f"{DATA}/logos/*")},
    "received_webhooks": {("Get", f"{DATA}/webhooks/*"), ("Put", f"{DATA}/overflow/*")},
    "webhook_receive": {("Put", f"{DATA}/overflow/*")},
}
"""What each function does to which objects, as its code does."""


def read(**parameters: str) -> template.Template:
    places = {
        "DatabaseUrl": "x",
        "DatabaseAdminSecretArn": "arn:admin",
        "CanarySecretArn": "arn:canary",
        **parameters,
    }
    pseudo = {
        "AWS::Region": "eu-west-1",
        "AWS::AccountId": "1",
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "x",
        "AWS::StackId": "arn:aws:cloudformation:eu-west-1:1:stack/backshop/an-id",
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


def test_bodies_of_webhooks_are_opened_by_one_function() -> None:
    """To be encrypted with the key is not to be able to open what it encrypts."""
    may = {
        (name, action)
        for name, said in statements()
        for action in said["Action"]
        if action.startswith("kms:") and "WebhookBodiesKey.Arn" in said["Resource"]
    }
    assert may == {("received_webhooks", "kms:Decrypt"), ("webhook_ingest", "kms:GenerateDataKey")}


def by_name(arn: str) -> str:
    return arn.replace("backshop-try-on-an-id", "TryOnBucket")


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
        "outbox_worker",
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


def role(said: list[dict[str, Any]]) -> str:
    """What a function may, in one line."""
    parts = []
    for each in said:
        of = each.get("Resource") or [f"all but {name}" for name in each["NotResource"]]
        places = ", ".join(f"`{short(name)}`" for name in of)
        condition = each.get("Condition", {})
        values = [value for kind in condition.values() for value in kind.values()]
        flat = [name for value in values for name in ([value] if isinstance(value, str) else value)]
        only = f" ({', '.join(flat)})" if flat else ""
        parts.append(f"{', '.join(each['Action'])}: {places}{only}")
    return "; ".join(parts)


def short(arn: str) -> str:
    name = by_name(arn).removeprefix("arn:aws:s3:::")
    return name.removesuffix(".Arn").replace(".Arn:live", "")


def roles() -> list[str]:
    everything = {
        "MailIdentityArns": "MailIdentityArns",
        "InsightsModelArns": "InsightsModelArns",
        "SmsProviderSecretArn": "SmsProviderSecretArn",
        "CdnSecretArn": "CdnSecretArn",
        "CanarySecretArn": "CanarySecretArn",
        "DatabaseAdminSecretArn": "DatabaseAdminSecretArn",
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for name, said in statements(**everything):
        found.setdefault(name, []).append(said)
    return [f"| `{name}` | {role(said)} |" for name, said in sorted(found.items())]


def test_the_table_of_roles_is_the_template_s() -> None:
    text = (ROOT / "docs/security.md").read_text()
    part = text.split("## What each role of AWS may")[1].split("\n## ")[0]
    written = [line for line in part.splitlines() if line.startswith("| `")]
    assert written == roles(), "the rows have to be:\n" + "\n".join(roles())


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


def reserved(**parameters: str) -> dict[str, int]:
    """The functions that keep executions to themselves, and how many."""
    made = read(**parameters)
    found = {
        each.properties["CodeUri"].removeprefix("functions/"): made.resolve(
            each.properties.get("ReservedConcurrentExecutions"), attribute
        )
        for each in made.of_type("AWS::Serverless::Function")
    }
    return {name: int(number) for name, number in found.items() if isinstance(number, int | str)}


def test_concurrency_is_reserved_by_parameter_alone() -> None:
    """A new account, with ten executions, refuses every reservation; so none is there unasked."""
    assert reserved() == {}
    assert reserved(ReservedConcurrency="50") == {
        "authorizer": 50,
        "webhook_receive": 50,
        "insights_rollups": 1,
        "outbox_sweep": 1,
        "survey_invite": 1,
    }


def test_nothing_has_a_name_that_a_second_stack_would_take() -> None:
    """Names in a region or account are made by CloudFormation, or of the stack's own id. SAM names
    schedules after their functions unless it is told not to."""
    made = read()
    named = {
        f"{each.name}.{key}": value
        for each in made.resources.values()
        for key, value in each.properties.items()
        if key.endswith("Name") and key not in ("MetricName",)
        if each.type != "AWS::Lambda::Permission"  # the name of whom it lets call
    }
    unlike = {key: str(value) for key, value in named.items() if "StackId" not in str(value)}
    assert {key: value for key, value in unlike.items() if "StackName" not in value} == {}
    schedules = [
        (each.name, event["Properties"].get("OmitName"))
        for each in made.of_type("AWS::Serverless::Function")
        for event in (each.properties.get("Events") or {}).values()
        if event["Type"].startswith("Schedule")
    ]
    assert schedules
    assert [name for name, omits in schedules if not omits] == []


FIELDS = {
    ("connectors", "kms:Encrypt"): {
        "api_key", "secret", "webhook_secret", "webhook_secret_previous", "answer:*",
    },
    ("connectors", "kms:Decrypt"): {"webhook_secret", "answer:*"},
    ("sync_run", "kms:Decrypt"): {"api_key", "secret", "webhook_secret"},
    ("outbox_worker", "kms:Decrypt"): {"api_key", "secret"},
    ("webhook_receive", "kms:Decrypt"): {"webhook_secret", "webhook_secret_previous"},
}  # fmt: skip
"""What each function opens or seals of a shop's credentials, as its code does; answers aside."""


def test_each_function_opens_those_credentials_alone_that_it_uses() -> None:
    fields: dict[tuple[str, str], set[str]] = {}
    for name, said in statements():
        if "CredentialsKey.Arn" not in said.get("Resource", []):
            continue
        [compared] = said["Condition"].values()
        [(key, named)] = compared.items()
        assert key == "kms:EncryptionContext:field"
        for action in said["Action"]:
            given = {named} if isinstance(named, str) else set(named)
            fields.setdefault((name, action), set()).update(given)
    of_shops = {call: named for call, named in fields.items() if named != {"answer:*"}}
    assert of_shops == FIELDS


@pytest.mark.parametrize(
    ("kind", "policy", "service"),
    [
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "sqs:*"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "s3:*"),
    ],
)
def test_queues_and_buckets_are_spoken_to_over_tls_alone(
    kind: str, policy: str, service: str
) -> None:
    made = read()
    safe: set[str] = set()
    for each in made.of_type(policy):
        properties = made.resolve(each.properties, attribute)
        for said in properties["PolicyDocument"]["Statement"]:
            if (said["Effect"], said["Principal"], said["Action"]) == ("Deny", "*", service):
                assert said["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
                safe |= set(properties.get("Queues") or [properties["Bucket"]])
    there = {each.name for each in made.of_type(kind)}
    assert there
    assert safe == there


def test_every_schedule_has_alarms_of_its_own() -> None:
    """One for failing, and one for not being called at all."""
    made = read()
    scheduled = {
        each.name
        for each in made.of_type("AWS::Serverless::Function")
        for event in (each.properties.get("Events") or {}).values()
        if event["Type"] in ("Schedule", "ScheduleV2")
    }
    watched: dict[str, set[str]] = {"Errors": set(), "Invocations": set()}
    for each in made.of_type("AWS::CloudWatch::Alarm"):
        said = made.resolve(each.properties, attribute)
        if said.get("Namespace") != "AWS/Lambda" or said["MetricName"] == "Throttles":
            continue
        [function] = [dimension["Value"] for dimension in said["Dimensions"]]
        missing = {"Errors": "notBreaching", "Invocations": "breaching"}
        assert said["TreatMissingData"] == missing[said["MetricName"]]
        watched[said["MetricName"]].add(function)
    assert scheduled
    assert scheduled == watched["Invocations"]
    assert scheduled <= watched["Errors"]


def test_the_canary_is_there_where_it_has_a_shop_and_nowhere_else() -> None:
    parts = {"CanaryFunction", "CanaryLogs", "CanaryErrorsAlarm", "CanarySilentAlarm"}
    assert parts <= read().resources.keys()
    assert parts & read(CanarySecretArn="").resources.keys() == set()
    allowed = [said for name, said in statements() if name == "canary"]
    assert allowed == [
        {
            "Effect": "Allow",
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": ["arn:canary"],
        }
    ]


def test_what_a_laptop_needs_cannot_be_set_in_aws() -> None:
    assert "LOCAL_SHOPS" not in (ROOT / "template.yaml").read_text()


def test_new_code_waits_for_its_migrations() -> None:
    document = template.read(ROOT / "template.yaml")["Resources"]
    functions = {
        name: each.get("DependsOn")
        for name, each in document.items()
        if each["Type"] == "AWS::Serverless::Function"
    }
    assert functions.pop("MigrateFunction") is None
    assert functions == dict.fromkeys(functions, "Migration")
    migration = document["Migration"]["Properties"]
    assert migration["ServiceToken"] == {"Fn::GetAtt": ["MigrateFunction", "Arn"]}
    # A change of either is a change of the resource.
    assert [migration[each] for each in ("Migrations", "Code")] == [
        {"Ref": "SqlLayer"},
        {"Ref": "BackshopLayer"},
    ]


def test_traffic_goes_over_bit_by_bit_and_back_on_alarms() -> None:
    """For what routes, queues and buckets call. Of a schedule's one call now and then there is no
    tenth, and what is called by hand, or inside a deployment, has to be the newest."""
    gradual = {}
    for each in read().of_type("AWS::Serverless::Function"):
        said = each.properties
        events = {event["Type"] for event in (said.get("Events") or {}).values()}
        is_called = bool(events) and not any(kind.startswith("Schedule") for kind in events)
        name = said["CodeUri"].removeprefix("functions/")
        preference = said["DeploymentPreference"]
        if is_called or name == "authorizer":
            gradual[name] = preference
            assert said["AutoPublishAlias"] == "live", name
        else:
            assert (said["AutoPublishAlias"], preference["Enabled"]) == ("", False), name
    assert len(gradual) > 30
    for preference in gradual.values():
        assert preference["Enabled"] == {"Ref": "GradualTraffic"}
        assert preference["Type"] == "Linear10PercentEvery1Minute"


def test_deployments_go_back_on_alarms_that_see_every_function() -> None:
    """Handlers count what they did not expect; what cannot even be imported fails a route, which
    the API counts, or what a queue or bucket calls, which Lambda does."""
    made = read()
    asked = made.of_type("AWS::Serverless::Function")[0].properties["DeploymentPreference"][
        "Alarms"
    ]
    named = {
        str(each.properties["AlarmName"]): each
        for each in made.of_type("AWS::CloudWatch::Alarm")
        if "AlarmName" in each.properties
    }
    assert asked[:2] == [{"Ref": "CrashesAlarm"}, {"Ref": "CanaryAlarm"}]
    assert {str(each) for each in asked[2:]} == named.keys()
    seen = {
        dimension["Value"]["Ref"]
        for each in named.values()
        for dimension in each.properties["Dimensions"]
    }
    unrouted = {
        each.name
        for each in made.of_type("AWS::Serverless::Function")
        if each.properties["AutoPublishAlias"] and not has_routes(each)
    }
    # Where the authorizer fails, the API answers 500.
    assert seen == {"Api", *unrouted} - {"AuthorizerFunction"}


def has_routes(function: template.Resource) -> bool:
    events = (function.properties.get("Events") or {}).values()
    return any(event["Type"] == "HttpApi" for event in events)
