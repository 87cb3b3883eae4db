"""What a template asks to be served: functions, routes, queues, timers and buckets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from local import http_events as http
from local.aws import ACCOUNT, Aws
from local.gateway import Api, Authorizer
from local.objects import Trigger
from local.queues import EventSource
from local.resources import Resources, function_arn, function_name
from local.runtime import Function
from local.schedules import Schedule
from local.template import Resource, Template, Unsupported

CONCURRENCY = 10
"""Environments of one function at a time, unless the template reserves fewer."""
_BATCHES = 5
"""Lambda begins to read a queue with five batches at once."""


@dataclass
class Plan:
    """Everything that the stack serves."""

    functions: list[Function] = field(default_factory=list)
    routes: list[http.Route] = field(default_factory=list)
    apis: dict[str, Api] = field(default_factory=dict)
    sources: list[EventSource] = field(default_factory=list)
    schedules: list[Schedule] = field(default_factory=list)
    triggers: list[Trigger] = field(default_factory=list)
    on_failure: dict[str, str] = field(default_factory=dict)
    """Queues for events that a function failed on for good, by function."""
    unserved: list[str] = field(default_factory=list)


def make(resources: Resources, aws: Aws) -> Plan:
    """Read the functions and their events. Raises `template.Unsupported`."""
    template = resources.template
    plan = Plan(unserved=resources.unknown())
    for api in template.of_type("AWS::Serverless::HttpApi"):
        plan.apis[api.name] = _api(resources.resolve(api.properties))
    for resource in template.of_type("AWS::Serverless::Function"):
        properties = resources.resolve(resource.properties)
        function = _function(template, resource, properties)
        if any(function.name == each.name for each in plan.functions):
            raise Unsupported(f"two functions have the folder {function.folder}")
        plan.functions.append(function)
        if queue := _failure_queue(properties):
            plan.on_failure[function.name] = queue_url(aws, queue)
        for name, event in (properties.get("Events") or {}).items():
            reader = _EVENTS.get(event["Type"])
            if reader is None:
                plan.unserved.append(f"{resource.name}.{name} ({event['Type']})")
                continue
            reader(plan, function, name, event.get("Properties") or {}, aws)
    return plan


def queue_url(aws: Aws, arn: str) -> str:
    """The address of the queue that an ARN names."""
    return f"{aws.endpoint}/{ACCOUNT}/{arn.rpartition(':')[2]}"


def _function(template: Template, resource: Resource, properties: Mapping[str, Any]) -> Function:
    name = function_name(resource)
    environment = properties.get("Environment", {}).get("Variables", {})
    extra = {}
    if properties.get("LoggingConfig", {}).get("LogFormat") == "JSON":
        extra["AWS_LAMBDA_LOG_FORMAT"] = "JSON"
    return Function(
        name=name,
        folder=template.folder / properties["CodeUri"],
        handler=properties["Handler"],
        timeout=float(properties.get("Timeout", 3)),
        memory_mb=int(properties.get("MemorySize", 128)),
        environment={key: str(value) for key, value in environment.items()} | extra,
        layers=tuple(_layers(template, properties.get("Layers", []))),
        concurrency=int(properties.get("ReservedConcurrentExecutions") or CONCURRENCY),
        arn=function_arn(name),
        retries=int(properties.get("EventInvokeConfig", {}).get("MaximumRetryAttempts", 2)),
        alias=str(properties.get("AutoPublishAlias") or ""),
    )


def _layers(template: Template, names: list[str]) -> list[Path]:
    """A layer is the folder that it is built from; what is not in this template is left out.

    Lambda unpacks later layers over earlier ones, so the last one is found first.
    """
    found = [template.resources.get(name) for name in reversed(names)]
    return [
        template.folder / each.properties["ContentUri"]
        for each in found
        if each is not None and each.type == "AWS::Serverless::LayerVersion"
    ]


def _failure_queue(properties: Mapping[str, Any]) -> str | None:
    config = properties.get("EventInvokeConfig", {}).get("DestinationConfig", {})
    found: str | None = config.get("OnFailure", {}).get("Destination")
    return found if found and ":sqs:" in found else None


def _api(properties: Mapping[str, Any]) -> Api:
    authorizers = {
        name: _authorizer(about)
        for name, about in (properties.get("Auth", {}).get("Authorizers") or {}).items()
    }
    cors = properties.get("CorsConfiguration")
    default = properties.get("Auth", {}).get("DefaultAuthorizer")
    return Api(authorizers, _cors(cors) if cors else None, default)


def _authorizer(about: Mapping[str, Any]) -> Authorizer:
    identity = about.get("Identity", {})
    return Authorizer(
        function=about["FunctionArn"].rpartition(":")[2],
        headers=tuple(identity.get("Headers", ())),
        query=tuple(identity.get("QueryStrings", ())),
        seconds=float(identity.get("ReauthorizeEvery", 0)),
    )


def _cors(cors: Mapping[str, Any] | bool) -> http.Cors:
    if cors is True:
        return http.Cors(origins=("*",))
    assert isinstance(cors, Mapping)
    return http.Cors(
        origins=cors.get("AllowOrigins", ()),
        methods=cors.get("AllowMethods", ()),
        headers=cors.get("AllowHeaders", ()),
        exposed=cors.get("ExposeHeaders", ()),
        max_age=cors.get("MaxAge"),
        credentials=bool(cors.get("AllowCredentials")),
    )


Properties = Mapping[str, Any]


def _http(plan: Plan, function: Function, _name: str, properties: Properties, _aws: Aws) -> None:
    api = properties.get("ApiId", "ServerlessHttpApi")
    default = plan.apis[api].default_authorizer if api in plan.apis else None
    authorizer = properties.get("Auth", {}).get("Authorizer", default)
    plan.routes.append(
        http.Route(
            method=properties.get("Method", "ANY")
            .upper()
            .replace("X-AMAZON-APIGATEWAY-ANY-METHOD", "ANY"),
            path=properties.get("Path", "$default"),
            function=function.name,
            api=api,
            authorizer=None if authorizer == "NONE" else authorizer,
            seconds=float(properties.get("TimeoutInMillis", 30_000)) / 1000,
        )
    )


def _sqs(plan: Plan, function: Function, _name: str, properties: Properties, aws: Aws) -> None:
    if properties.get("Enabled", True) is False:
        return
    most = int(properties.get("ScalingConfig", {}).get("MaximumConcurrency", _BATCHES))
    plan.sources.append(
        EventSource(
            function=function.name,
            arn=properties["Queue"],
            url=queue_url(aws, properties["Queue"]),
            batch_size=int(properties.get("BatchSize", 10)),
            window=float(properties.get("MaximumBatchingWindowInSeconds", 0)),
            partial="ReportBatchItemFailures" in properties.get("FunctionResponseTypes", ()),
            concurrency=min(most, function.concurrency),
        )
    )


def _schedule(plan: Plan, function: Function, name: str, properties: Properties, _aws: Aws) -> None:
    if properties.get("Enabled", True) is False or properties.get("State") == "DISABLED":
        return
    plan.schedules.append(
        Schedule(
            name=f"{function.name}-{name}",
            function=function.name,
            expression=properties.get("ScheduleExpression") or properties["Schedule"],
            zone=properties.get("ScheduleExpressionTimezone", "UTC"),
            input=properties.get("Input"),
            source="aws.scheduler" if "ScheduleExpression" in properties else "aws.events",
        )
    )


def _s3(plan: Plan, function: Function, _name: str, properties: Properties, _aws: Aws) -> None:
    events = properties["Events"]
    rules = properties.get("Filter", {}).get("S3Key", {}).get("Rules", [])
    plan.triggers.append(
        Trigger(
            function=function.name,
            bucket=properties["Bucket"],
            events=tuple([events] if isinstance(events, str) else events),
            rules=tuple((rule["Name"], rule["Value"]) for rule in rules),
        )
    )


_EVENTS: dict[str, Callable[[Plan, Function, str, Properties, Aws], None]] = {
    "HttpApi": _http,
    "S3": _s3,
    "SQS": _sqs,
    "Schedule": _schedule,
    "ScheduleV2": _schedule,
}
