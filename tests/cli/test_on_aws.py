"""`--stack` talks to a deployed stack: what CloudFormation lists of it, its queues, secrets,
logs, schedules and functions in the pinned stand-in, and its API, which the running stack
answers here."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from cli import places
from cli.errors import NOTHING_FOUND
from local import aws as stand_in
from local import template
from tests.architecture.test_commands_of_docs import commands, runbooks
from tests.cli.conftest import QUEUES
from tests.stack.conftest import AWS_PYTHON, ROOT

STACK = "backshop-prod"
KINDS = ("AWS::SQS::Queue", "AWS::SecretsManager::Secret", "AWS::Logs::LogGroup")
SERVICES = f"{stand_in.SERVICES},cloudformation,lambda,iam,logs,scheduler"


def document(base_url: str) -> str:
    """Queues, secrets and log groups of template.yaml by their names there, a schedule, and the
    functions without a route, whose calls the running stack's own answer."""
    whole = template.read(ROOT / "template.yaml")["Resources"]
    made = {
        name: {"Type": each["Type"], "Properties": each.get("Properties", {})}
        for name, each in whole.items()
        if each["Type"] in KINDS
    }
    role = "arn:aws:iam::000000000000:role/none"
    for name, function in (("StaffKeys", "staff_keys"), ("Migrate", "migrate")):
        url = f"{base_url}/2015-03-31/functions/{function}/invocations"
        made[f"{name}Function"] = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.13", "Handler": "x.handler", "Role": role,
                "Code": {"ZipFile": "def handler(event, context): pass"},
                "Environment": {"Variables": {"MINISTACK_LAMBDA_PROXY_URL": url}},
            },
        }  # fmt: skip
    made["SyncPlanFunctionEveryMinute"] = {
        "Type": "AWS::Scheduler::Schedule",
        "Properties": {
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "DISABLED",
            "Target": {"Arn": {"Fn::GetAtt": ["StaffKeysFunction", "Arn"]}, "RoleArn": role},
        },
    }
    outputs = {
        "ApiUrl": base_url,
        "StaffKeysFunctionName": {"Ref": "StaffKeysFunction"},
        "MigrateFunctionName": {"Ref": "MigrateFunction"},
    }
    return json.dumps(
        {
            "Parameters": {"LogDays": {"Type": "Number", "Default": 30}},
            "Resources": made,
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
    )


@pytest.fixture(scope="module")
def deployed(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[stand_in.Aws]:
    """A deployed stack, and the key that whoever operates it has in Secrets Manager."""
    folder = tmp_path_factory.mktemp("aws")
    with stand_in.running(folder, AWS_PYTHON, SERVICES) as aws:
        formation = aws.client("cloudformation")
        formation.create_stack(StackName=STACK, TemplateBody=document(stack.base_url))
        formation.get_waiter("stack_create_complete").wait(
            StackName=STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
        )
        aws.client("secretsmanager").create_secret(
            Name=f"{STACK}/operator-key", SecretString=stack.staff_key
        )
        yield aws


@pytest.fixture
def aws(deployed: stand_in.Aws, monkeypatch: pytest.MonkeyPatch) -> stand_in.Aws:
    """A login for it, as `aws` would find one."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", deployed.endpoint)
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", stand_in.REGION)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    return deployed


@pytest.fixture
def there(run: Any, aws: Any) -> Any:
    """Calls `backshop --stack prod`, a stage of samconfig.toml."""
    return lambda *arguments: run(*arguments, "--stack", "prod")


def physical(aws: Any, logical: str) -> str:
    about = aws.client("cloudformation").describe_stack_resource(
        StackName=STACK, LogicalResourceId=logical
    )
    return str(about["StackResourceDetail"]["PhysicalResourceId"])


def test_status_and_a_sync_through_the_outputs(there: Any, stack: Any) -> None:
    said = there("status", "--json").json
    assert (said["stack"], said["api"], said["health"]) == (STACK, stack.base_url, "ok")
    assert {each["name"] for each in said["queues"]} == QUEUES
    assert {each["name"]: each["state"] for each in said["schedules"]} == {
        "sync_plan_every_minute": "DISABLED"
    }
    assert there("sync", "--store", "woocommerce").code == 0


def test_dead_letters_go_back_as_they_were(there: Any, aws: Any) -> None:
    sqs = aws.client("sqs")
    for number in range(23):
        sqs.send_message(
            QueueUrl=physical(aws, "WebhookDeadLetters"), MessageBody=str(number),
            MessageAttributes={"a": {"DataType": "String", "StringValue": "b"}},
        )  # fmt: skip
    fifo = physical(aws, "OutboxWorkerDeadLetters")
    sqs.send_message(
        QueueUrl=fifo,
        MessageBody="x",
        MessageGroupId="order:1",
        MessageDeduplicationId=str(uuid4()),
    )
    by_name = {each["name"]: each for each in there("status", "--json").json["queues"]}
    assert by_name["WebhookQueue"]["dead_letters"] == 23
    told = there("redrive", "--json").json["items"]
    assert {each["queue"]: each["put_back"] for each in told} == {
        **dict.fromkeys(QUEUES, 0), "OutboxWorkerQueue": 1, "WebhookQueue": 23,
    }  # fmt: skip
    back = sqs.receive_message(
        QueueUrl=physical(aws, "OutboxWorkerQueue"), MessageSystemAttributeNames=["All"]
    )["Messages"][0]
    assert (back["Body"], back["Attributes"]["MessageGroupId"]) == ("x", "order:1")
    [one] = sqs.receive_message(
        QueueUrl=physical(aws, "WebhookQueue"), MessageAttributeNames=["All"]
    )["Messages"]
    assert one["MessageAttributes"]["a"]["StringValue"] == "b"


def test_logs_come_from_cloudwatch(there: Any, aws: Any, woocommerce: str) -> None:
    logs = aws.client("logs")
    now = int(time.time() * 1000)
    for function, store in (("SyncRunLogs", woocommerce), ("WebhookIngestLogs", "another")):
        group = physical(aws, function)
        logs.create_log_stream(logGroupName=group, logStreamName="s")
        lines = [
            {"level": "INFO", "message": "done", "store_id": store},
            {
                "level": "ERROR",
                "message": "handler crashed",
                "error": "psycopg.errors.X",
                "at": ["a:1 b"],
            },
        ]
        events = [
            {"timestamp": now - 3_600_000 + place, "message": json.dumps(line)}
            for place, line in enumerate(lines)
        ]
        events.append({"timestamp": now - 1000, "message": "mail of shopper@example.com"})
        logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=events)
    both = there("logs", "--since", "2h")
    assert both.out.count("handler crashed") == 2
    assert "    a:1 b" in both.out
    assert "shopper@" not in both.out
    one = there("logs", "sync_run", "--store", "woocommerce", "--since", "2h", "--json")
    assert [json.loads(each)["store_id"] for each in one.out.splitlines()] == [woocommerce]
    assert there("logs", "--errors", "--since", "30m").code == 3
    assert there("logs", "nobody").code == 3


def test_a_first_key_stays_in_secrets_manager(there: Any, aws: Any, stack: Any) -> None:
    manager = aws.client("secretsmanager")
    manager.delete_secret(SecretId=f"{STACK}/operator-key", ForceDeleteWithoutRecovery=True)
    told = there("status")
    assert (told.code, "backshop keys make NAME --keep --stack" in told.err) == (5, True)
    made = there("keys", "make", "operators", "--keep")
    assert (made.code, "bs_staff_" in made.out) == (0, False), made.err
    assert there("status").code == 0


def test_a_key_of_the_environment_comes_first(there: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKSHOP_KEY", "bs_staff_" + "0" * 32 + "_none")
    assert there("status").code == 5


def test_secrets_change_and_migrate_is_told(there: Any, aws: Any) -> None:
    manager = aws.client("secretsmanager")

    def value(logical: str) -> str:
        return str(manager.get_secret_value(SecretId=physical(aws, logical))["SecretString"])

    names = ["DatabaseStaffSecret", "DatabaseTryOnSecret", "CapabilitySecret", "TokenSecret"]
    before = {name: value(name) for name in names}
    assert there("rotate", "logins", "--yes").code == 0
    assert there("rotate", "capability", "--yes").code == 0
    assert there("rotate", "token", "--yes").code == 0
    after = {name: value(name) for name in names}
    assert all(after[name] != before[name] for name in names)
    assert json.loads(after["DatabaseTryOnSecret"])["username"] == "backshop_try_on"


def test_the_new_key_after_all_ended_is_kept(there: Any, here: Any, aws: Any) -> None:
    """Both places have one stack's keys in this test, so this machine's needs a new one, too."""
    manager = aws.client("secretsmanager")

    def kept() -> str:
        return str(manager.get_secret_value(SecretId=f"{STACK}/operator-key")["SecretString"])

    before = kept()
    told = there("rotate", "keys", "--yes")
    assert (told.code, "bs_staff_" in told.out) == (0, False)
    assert kept() != before
    assert there("status").code == 0
    assert here("keys", "make", "operators", "--keep").code == 0


def test_a_schedule_is_done_now(there: Any, stack: Any) -> None:
    """What it calls is the running stack's staff_keys here, which lists keys for an empty event."""
    told = there("run", "sync_plan_every_minute", "--json")
    assert told.json == {
        "schedule": "sync_plan_every_minute", "function": "sync_plan", "input": "{}",
    }  # fmt: skip
    told = there("run", "no_such")
    assert (told.code, "there are sync_plan_every_minute" in told.err) == (3, True)


ASKS = {"rotate"}
"""Commands of runbooks that ask a person for a shop's credentials; these are only read, by
tests/architecture/test_commands_of_docs.py."""
RUNBOOKS = sorted(
    {
        " ".join(shlex.quote(each) for each in command)
        for text in runbooks().values()
        for command in commands(text, "backshop")
        if command[0] not in ASKS
    }
)


@pytest.mark.parametrize("line", RUNBOOKS)
def test_a_runbooks_command_does_its_work(run: Any, aws: Any, stack: Any, line: str) -> None:
    """On a stack where all is well there may be nothing that it finds."""
    [shop] = [
        each["store_url"]
        for each in httpx.get(
            f"{stack.base_url}/connectors", headers={"Authorization": f"Bearer {stack.staff_key}"}
        ).json()["items"]
        if each["platform"] == "woocommerce"
    ]
    arguments = shlex.split(line.replace("https://shop.example.com", shop))
    is_asked = "give-up" in arguments
    told = run(*arguments, *(["--yes"] if is_asked else []))
    assert told.code in (0, NOTHING_FOUND), told.err


@pytest.mark.parametrize(
    "command",
    [
        ["webhooks", "list", "--store", "woocommerce"],
        ["outbox", "list", "--status", "done"],
        ["export", "nobody@example.com", "--store", "woocommerce"],
    ],
)
def test_routes_are_those_of_programs(there: Any, command: list[str]) -> None:
    assert there(*command).code in (0, 3)


def test_what_is_not_there_or_not_allowed_is_a_sentence(
    run: Any, aws: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = run("status", "--stack", "no-such-stack")
    assert told.code == 4
    assert told.err.startswith("error: there is no stack no-such-stack in eu-west-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    told = run("status", "--stack", "prod")
    assert (told.code, told.err.count("\n")) == (4, 1)
    assert "AWS_PROFILE" in told.err


def test_the_region_is_the_one_that_aws_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    client = places._client("sqs", None, "http://127.0.0.1:9")
    assert client.meta.region_name == "eu-north-1"
