"""Every alarm watches a metric that is really emitted, with the dimensions that it has there.

An alarm that names a metric without its dimensions, or by a wrong name, never fires and never says
so: CloudWatch takes it for a metric without data.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from backshop import logs

from local import template

ROOT = Path(__file__).parents[2]
STACK = "a-stack"
PSEUDO = {
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "1",
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "x",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:eu-west-1:1:stack/{STACK}/an-id",
}
AWS_METRICS: dict[str, tuple[set[str], dict[str, str]]] = {
    "AWS/Lambda": (
        {"Errors", "Throttles", "Invocations", "Duration", "ConcurrentExecutions"},
        {"FunctionName": "AWS::Serverless::Function"},
    ),
    "AWS/SQS": (
        {"ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"},
        {"QueueName": "AWS::SQS::Queue"},
    ),
    "AWS/ApiGateway": ({"5xx", "4xx", "Count", "Latency"}, {"ApiId": "AWS::Serverless::HttpApi"}),
    "AWS/SNS": ({"SMSMonthToDateSpentUSD"}, {}),
}
"""What AWS emits, and the dimensions under which it does, from its user guides of each service
("Monitoring with CloudWatch"): the metrics of an HTTP API are called `5xx` and `4xx`, and each is
kept by `ApiId`; the month's spending on SMS has no dimension."""

Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name, dimensions."""


@cache
def read() -> template.Template:
    places = {
        "DatabaseUrl": "x",
        "DatabaseAdminSecretArn": "arn:admin",
        "AlarmTopicArn": "arn:t",
        "CanarySecretArn": "arn:canary",
    }
    return template.load(ROOT / "template.yaml", places, PSEUDO)


def attribute(name: str, attribute: str) -> str:
    return name if attribute in ("Ref", "QueueName") else f"{name}.{attribute}"


def alarms() -> dict[str, dict[str, Any]]:
    made = read()
    found = made.of_type("AWS::CloudWatch::Alarm")
    return {each.name: made.resolve(each.properties, attribute) for each in found}


def watched(alarm: dict[str, Any]) -> Iterator[Metric]:
    """The metrics of an alarm: one, or those that a formula is made of."""
    if "Metrics" in alarm:
        stats = [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]
    else:
        stats = [alarm]
    for each in stats:
        dimensions = {given["Name"]: given["Value"] for given in each.get("Dimensions", [])}
        yield each["Namespace"], each["MetricName"], frozenset(dimensions.items())


def counted() -> Iterator[tuple[str, frozenset[str]]]:
    """Every call of `logs.count`: the metric and its dimensions' names."""
    for folder in ("functions", "shared/backshop"):
        for path in (ROOT / folder).rglob("*.py"):
            call = "count" if path.name == "logs.py" else "logs.count"
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == call:
                    name = node.args[0]
                    assert isinstance(name, ast.Constant), f"{path}: name the metric in the call"
                    keys = {each.arg for each in node.keywords if each.arg not in (None, "value")}
                    yield str(name.value), frozenset(map(str, keys))


@pytest.fixture(scope="module")
def emitted() -> Iterator[set[Metric]]:
    """What CloudWatch gets of every count, in the environment that the template gives functions."""
    made = read()
    services = {
        made.resolve(
            each.properties["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"], attribute
        )
        for each in made.of_type("AWS::Serverless::Function")
    }
    [service] = services
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("POWERTOOLS_SERVICE_NAME", service)
        environment.delenv("POWERTOOLS_METRICS_DISABLED", raising=False)
        yield {metric for name, keys in counted() for metric in emission(name, keys)}


def emission(name: str, keys: frozenset[str]) -> Iterator[Metric]:
    with redirect_stdout(StringIO()) as out:
        logs.count(name, 1, **dict.fromkeys(keys, "any"))
    line = json.loads(out.getvalue())
    for directive in line["_aws"]["CloudWatchMetrics"]:
        for dimensions in directive["Dimensions"]:
            values = frozenset((key, line[key]) for key in dimensions)
            for metric in directive["Metrics"]:
                yield directive["Namespace"], metric["Name"], values


def is_emitted(metric: Metric, emitted: set[Metric]) -> bool:
    namespace, name, dimensions = metric
    if namespace in AWS_METRICS:
        names, kinds = AWS_METRICS[namespace]
        given = dict(dimensions)
        made = read().resources
        return (
            name in names
            and given.keys() == kinds.keys()
            and all(made[value].type == kinds[key] for key, value in given.items())
        )
    # Where a value differs from call to call, any will do.
    keys = {key for key, _ in dimensions}
    return any(
        (namespace, name) == other[:2]
        and keys == {key for key, _ in other[2]}
        and all(value in (dict(dimensions)[key], "any") for key, value in other[2])
        for other in emitted
    )


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_watches_what_is_emitted(name: str, emitted: set[Metric]) -> None:
    metrics = list(watched(alarms()[name]))
    assert metrics
    assert [each for each in metrics if not is_emitted(each, emitted)] == []


@pytest.mark.parametrize(
    "wrong",
    [
        ("backshop", "OutboxRowsFailed", frozenset()),
        ("backshop", "OutboxRowsFailed", frozenset({("service", "backshop")})),
        ("backshop", "OutboxRowFailed", frozenset({("service", STACK)})),
        ("AWS/ApiGateway", "5XXError", frozenset({("ApiId", "Api")})),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", frozenset({("QueueName", "Api")})),
        ("AWS/Lambda", "Errors", frozenset({("Function", "AuthorizerFunction")})),
    ],
)
def test_what_is_not_emitted_is_found_out(wrong: Metric, emitted: set[Metric]) -> None:
    assert not is_emitted(wrong, emitted)


def drawn() -> Iterator[Metric]:
    """The metrics of the dashboard, whose dots and ellipses repeat what the line above says."""
    made = read()
    [dashboard] = made.of_type("AWS::CloudWatch::Dashboard")
    body = json.loads(made.resolve(dashboard.properties["DashboardBody"], attribute))
    for widget in body["widgets"]:
        above: list[str] = []
        for line in widget["properties"]["metrics"]:
            given = [each for each in line if isinstance(each, str)]
            if given[0] == "...":
                given = above[: len(above) - len(given) + 1] + given[1:]
            above = [above[at] if each == "." else each for at, each in enumerate(given)]
            named = dict(zip(above[2::2], above[3::2], strict=True))
            yield above[0], above[1], frozenset(named.items())


def test_the_dashboard_draws_what_is_emitted(emitted: set[Metric]) -> None:
    metrics = list(drawn())
    assert len(metrics) > 20
    assert [each for each in metrics if not is_emitted(each, emitted)] == []


RUNBOOKS = (ROOT / "docs/operations.md").read_text()


@pytest.mark.parametrize("name", sorted(alarms()))
def test_an_alarm_has_a_runbook(name: str) -> None:
    """What it means, what to look at, what to do, with a command."""
    _, found, rest = RUNBOOKS.partition(f"\n### {name}\n")
    assert found, f"docs/operations.md has no section ### {name}"
    runbook = rest.split("\n#")[0]
    assert "**Look:**" in runbook
    assert "**Do:**" in runbook
    assert "`" in runbook


def test_no_runbook_is_left_behind() -> None:
    headings = [line.removeprefix("### ") for line in RUNBOOKS.splitlines() if "Alarm" in line]
    assert {each for each in headings if each.endswith("Alarm")} == set(alarms())


def test_every_alarm_is_heard() -> None:
    assert {name: each.get("AlarmActions") for name, each in alarms().items()} == {
        name: ["arn:t"] for name in alarms()
    }
