"""What template.yaml becomes on AWS stays below AWS' quotas, with room to grow.

SAM's own translator, which CloudFormation runs, makes of it what CloudFormation gets; names and
ARNs are made as long as AWS makes them. Sources: the pages "quotas" of the user guides of
CloudFormation, Lambda, API Gateway (HTTP APIs), IAM and CodeDeploy.
"""

from __future__ import annotations

import copy
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from local import layer_sizes, template

ROOT = Path(__file__).parents[2]
ACCOUNT = "123456789012"
REGION = "ap-northeast-1"
STACK = "backshop-staging"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/" + "i" * 36,
    "AWS::NoValue": template._NO_VALUE,
}
PLACES = {
    "DatabaseUrl": f"postgresql://{'h' * 60}.{REGION}.rds.amazonaws.com:5432/backshop?sslmode=x",
    "DatabaseDirectUrl": f"postgresql://{'h' * 60}.{REGION}.rds.amazonaws.com:5432/backshop",
    "DatabaseAdminSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:rds!{'s' * 50}",
    "SubnetIds": "subnet-" + "0" * 17,
    "SecurityGroupIds": "sg-" + "0" * 17,
    "AlarmTopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:{'t' * 60}",
    "GradualTraffic": "true",
    "ReservedConcurrency": "50",
    "MailIdentityArns": ",".join(
        f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/shop-{each}.example.com" for each in range(10)
    ),
    "SmsProviderSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{'s' * 50}",
    "CanarySecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{'s' * 50}",
    "CdnSecretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{'s' * 50}",
    "InsightsModelArns": f"arn:aws:bedrock:{REGION}:{ACCOUNT}:inference-profile/{'m' * 50}",
}
RESOURCES = 400
"""CloudFormation takes 500 a stack; what is above this leaves no room for what comes next."""


def document() -> dict[str, Any]:
    """The template as `sam package` hands it over: code lies in a bucket."""
    made = template.read(ROOT / "template.yaml")
    for each in made["Resources"].values():
        for key in ("CodeUri", "ContentUri"):
            if key in each.get("Properties", {}):
                each["Properties"][key] = "s3://bucket/key"
                each["Properties"].pop("SkipBuild", None)
    return made


def translated(given: Mapping[str, Any]) -> dict[str, Any]:
    """What SAM makes of it: what CloudFormation gets."""
    values = {name: str(each.get("Default")) for name, each in given["Parameters"].items()}
    session = boto3.Session(region_name=REGION)
    made: dict[str, Any] = Translator({}, Parser(), boto_session=session).translate(
        copy.deepcopy(dict(given)), values | PLACES
    )
    return made


def read(made: Mapping[str, Any]) -> template.Template:
    values = template._parameters(made["Parameters"], PLACES)
    bare = template.Template(ROOT, {}, values | PSEUDO, {}, made["Conditions"])
    conditions = template._Resolver(bare, attribute)
    resources = {
        name: template.Resource(name, each["Type"], each.get("Properties", {}))
        for name, each in made["Resources"].items()
        if "Condition" not in each or conditions.condition(each["Condition"])
    }
    return template.Template(ROOT, resources, bare.parameters, {}, bare.conditions)


@cache
def transformed() -> dict[str, Any]:
    return translated(document())


@cache
def deployed() -> template.Template:
    return read(transformed())


def attribute(name: str, key: str) -> str:
    """Names as CloudFormation makes them: the stack's and the resource's, cut at 51 letters, and 12
    of chance."""
    called = f"{STACK}-{name}"[:51] + "-ABCDEFGHIJKL"
    if "Aliaslive" in name:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{called[:64]}:live"
    if "Secret" in name:
        return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{called}-AbCdEf"
    if key == "Ref" and "Queue" in name:
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{called}"
    if key == "Arn":
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{called}"
    return called


def of_type(made: template.Template, kind: str) -> dict[str, dict[str, Any]]:
    return {each.name: made.resolve(each.properties, attribute) for each in made.of_type(kind)}


def size(value: Any) -> int:
    return len(json.dumps(value, separators=(",", ":")).encode())


def resource_policies(made: template.Template) -> dict[str, int]:
    """Bytes of each function's policy as Lambda keeps it: one document for each alias or for the
    function itself, one statement for each permission, compact JSON."""
    statements: dict[str, list[Any]] = {}
    for name, said in of_type(made, "AWS::Lambda::Permission").items():
        condition = {"ArnLike": {"AWS:SourceArn": said.get("SourceArn", "")}}
        if "SourceAccount" in said:
            condition["StringEquals"] = {"AWS:SourceAccount": said["SourceAccount"]}
        statements.setdefault(said["FunctionName"], []).append(
            {
                "Sid": f"{STACK}-{name}-ABCDEFGHIJKL",
                "Effect": "Allow",
                "Principal": {"Service": said["Principal"]},
                "Action": said["Action"],
                "Resource": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{'f' * 64}:live",
                "Condition": condition,
            }
        )
    return {
        name: size({"Version": "2012-10-17", "Id": "default", "Statement": each})
        for name, each in statements.items()
    }


def test_resources_of_the_stack() -> None:
    kinds = Counter(each.type for each in deployed().resources.values())
    print(f"{kinds.total()} of 500 resources, of which {kinds.most_common(8)}")
    assert kinds.total() <= RESOURCES
    assert kinds["AWS::CodeDeploy::DeploymentGroup"], "shifting traffic takes resources, too"


def test_who_may_call_a_function_fits_its_policy() -> None:
    """Lambda takes 20 kB a function: about 40 permissions."""
    policies = resource_policies(deployed())
    name, most = max(policies.items(), key=lambda item: item[1])
    print(f"the largest of {len(policies)} policies is {most} of 20,480 bytes: {name}")
    assert most <= 20_480 / 4


def test_a_permission_a_route_would_not_fit() -> None:
    """What SAM does by itself, which the API's `$default` of nobody keeps it from: the counts above
    would find it."""
    given = document()
    del given["Resources"]["Api"]["Properties"]["DefinitionBody"]
    made = read(translated(given))
    assert len(made.resources) > 500
    assert max(resource_policies(made).values()) > 20_480


def routes() -> dict[tuple[str, str], tuple[str, bool]]:
    """(function, is open) by method and path, as the blocks of functions say."""
    found: dict[tuple[str, str], tuple[str, bool]] = {}
    for name, each in document()["Resources"].items():
        for event in (each.get("Properties", {}).get("Events") or {}).values():
            if event["Type"] == "HttpApi":
                said = event["Properties"]
                route = (said["Method"].lower(), said["Path"])
                assert route not in found, f"{route} is {name}'s and {found[route]}'s"
                found[route] = (name, said.get("Auth", {}).get("Authorizer") == "NONE")
    return found


def test_the_api_has_the_routes_of_the_functions_and_no_other() -> None:
    """None for what is unknown, and each asks for a key unless its function's block says NONE."""
    made = deployed()
    [api] = of_type(made, "AWS::ApiGatewayV2::Api").values()
    served = {}
    for path, methods in api["Body"]["paths"].items():
        for said, about in methods.items():
            method = "any" if said == "x-amazon-apigateway-any-method" else said
            [function] = re.findall(
                r"-(\w+Function)", str(about["x-amazon-apigateway-integration"])
            )
            closed = about["security"] == [{"KeyAuthorizer": []}]
            assert closed or about["security"] == [{"NONE": []}], (method, path)
            served[method, path] = (function, not closed)
    assert served == routes()
    assert api["Body"]["components"]["securitySchemes"].keys() == {"KeyAuthorizer"}


def test_the_api_may_call_each_function_that_has_routes() -> None:
    """By the alias that its routes name, and nobody else may."""
    made = deployed()
    [api] = of_type(made, "AWS::ApiGatewayV2::Api").values()
    called = set(re.findall(r"functions/(arn:[^/]+:live)/invocations", json.dumps(api["Body"])))
    may: dict[str, set[str]] = {}
    for said in of_type(made, "AWS::Lambda::Permission").values():
        may.setdefault(said["Principal"], set()).add(said["FunctionName"])
    assert may["apigateway.amazonaws.com"] == called
    [drawn] = may["s3.amazonaws.com"]
    assert "TryonOverlayFunction" in drawn
    assert may.keys() == {"apigateway.amazonaws.com", "s3.amazonaws.com"}
    for name, said in of_type(made, "AWS::Lambda::Permission").items():
        from_here = "SourceArn" in said or said["SourceAccount"] == ACCOUNT
        assert from_here, f"{name} lets every account's API or bucket call"


def test_routes_of_the_api() -> None:
    """SAM makes an integration a route; API Gateway takes 300 of either, and no more on request."""
    print(f"{len(routes())} of 300 routes")
    assert len(routes()) <= 290
    [api] = of_type(deployed(), "AWS::ApiGatewayV2::Api").values()
    assert len(api["Body"]["components"]["securitySchemes"]) <= 10
    [stage] = of_type(deployed(), "AWS::ApiGatewayV2::Stage").values()
    assert len(stage["AccessLogSettings"]["Format"]) <= 3072
    keys = {f"{method.upper()} {path}" for method, path in routes()}
    assert stage["RouteSettings"].keys() <= keys, "a setting without its route fails"


def test_parts_of_the_templates() -> None:
    for name in ("template.yaml", "infra/template.yaml"):
        given = template.read(ROOT / name)
        assert len(given["Parameters"]) <= 200
        assert len(given.get("Mappings", {})) <= 200
        assert len(given["Outputs"]) <= 200
        assert (ROOT / name).stat().st_size <= 1_000_000 / 2, "of a template in a bucket"
        # A parameter's value may have 4,096 bytes: of secrets' ARNs and mail identities, too.
    assert size({each.name: each.properties for each in deployed().resources.values()}) < 1_000_000


def test_templates_too_large_to_be_sent_go_by_a_bucket() -> None:
    """51,200 bytes is what a call takes; above it `sam deploy` needs `resolve_s3`."""
    settings = (ROOT / "samconfig.toml").read_text()
    large = {
        name: (ROOT / name).stat().st_size > 51_200
        for name in ("template.yaml", "infra/template.yaml")
    }
    assert large == {"template.yaml": True, "infra/template.yaml": False}
    for stage in ("default", "dev", "staging", "prod"):
        part = settings.split(f"[{stage}.deploy.parameters]")[1].split("\n[")[0]
        assert "resolve_s3 = true" in part, stage


def functions() -> Iterator[tuple[str, dict[str, Any]]]:
    yield from of_type(deployed(), "AWS::Lambda::Function").items()


def test_settings_of_functions() -> None:
    """4 kB of variables, names and values together; 5 layers; 15 minutes; 256 letters of what it
    is, of which the digest of its code takes 64."""
    for name, each in functions():
        variables = each.get("Environment", {}).get("Variables", {})
        assert size(variables) <= 4_096 * 0.9, name
        assert len(each["Layers"]) <= 5, name
        assert each["Timeout"] <= 900, name
        assert 128 <= each["MemorySize"] <= 10_240, name
        assert len(each.get("Description", "")) <= 256 - 65, name


def test_functions_with_their_layers_can_be_unpacked() -> None:
    """250 MB unzipped. `make template` holds each built layer to its limit, these sum them up."""
    given = document()
    shared = given["Globals"]["Function"]["Layers"]
    for name, each in given["Resources"].items():
        if each["Type"] == "AWS::Serverless::Function":
            layers = [layer["Ref"] for layer in [*shared, *each["Properties"].get("Layers", [])]]
            total = sum(layer_sizes.LIMITS[layer] for layer in layers)
            assert total * layer_sizes.MB <= 250 * 1024 * 1024, (name, layers)


def test_functions_that_answer_routes_answer_in_time() -> None:
    """API Gateway waits 30 seconds for an answer, and 10 for the authorizer's."""
    # It has minutes for jobs, and ends what a request asks for after its REQUEST_SECONDS.
    bounds_itself = {"CatalogueImportsFunction"}
    answering = {function for function, _ in routes().values()} - bounds_itself
    slow = {name: each["Timeout"] for name, each in functions() if name in answering}
    assert {name: seconds for name, seconds in slow.items() if seconds > 30} == {}
    assert dict(functions())["AuthorizerFunction"]["Timeout"] <= 10


def test_roles() -> None:
    """10,240 letters of inline policies a role, without blanks, and 10 managed ones."""
    for name, each in of_type(deployed(), "AWS::IAM::Role").items():
        inline = sum(size(policy["PolicyDocument"]) for policy in each.get("Policies", []))
        assert inline <= 10_240 * 0.8, name
        assert len(each.get("ManagedPolicyArns", [])) <= 10, name


def test_queues_wait_for_those_who_work_them_off() -> None:
    """Lambda refuses a queue whose messages come back before its function's time is up."""
    made = deployed()
    waits = {
        name: int(each.get("VisibilityTimeout", 30))
        for name, each in of_type(made, "AWS::SQS::Queue").items()
    }
    times = {name: each["Timeout"] for name, each in functions()}
    sources = made.of_type("AWS::Lambda::EventSourceMapping")
    assert sources
    for each in sources:
        [queue] = [name for name in waits if name in str(each.properties["EventSourceArn"])]
        [function] = [name for name in times if name in str(each.properties["FunctionName"])]
        assert waits[queue] >= times[function], (queue, function)


def test_alarms() -> None:
    """10 metrics an alarm, 10 alarms a deployment, 1,024 letters of what it means."""
    for name, each in of_type(deployed(), "AWS::CloudWatch::Alarm").items():
        assert len(each.get("Metrics", [])) <= 10, name
        assert len(each["AlarmDescription"]) <= 1_024, name
    groups = of_type(deployed(), "AWS::CodeDeploy::DeploymentGroup")
    assert groups
    for name, each in groups.items():
        assert len(each["AlarmConfiguration"]["Alarms"]) <= 10, name


def in_circles(resources: Mapping[str, Any]) -> set[str]:
    """The resources that wait for themselves, or for one that does; CloudFormation refuses them."""
    needs = {}
    for name, each in resources.items():
        listed = each.get("DependsOn", [])
        after = {listed} if isinstance(listed, str) else set(listed)
        named = _named([each.get("Properties"), each.get("UpdatePolicy")])
        needs[name] = (after | set(named)) & resources.keys()
    done: set[str] = set()
    while ready := {name for name in needs.keys() - done if needs[name] <= done}:
        done |= ready
    return needs.keys() - done


def test_no_resource_waits_for_itself() -> None:
    assert in_circles(transformed()["Resources"]) == set()
    # As functions would if their deployment asked for the alarm of the API by its resource.
    changed = copy.deepcopy(transformed()["Resources"])
    group = changed["DeskFunctionDeploymentGroup"]["Properties"]
    group["AlarmConfiguration"]["Alarms"].append({"Name": {"Ref": "ApiErrorsAlarm"}})
    assert {"Api", "ApiErrorsAlarm", "DeskFunctionAliaslive"} <= in_circles(changed)


def _named(value: Any) -> Iterator[str]:
    """The resources that a value refers to."""
    if isinstance(value, list):
        for each in value:
            yield from _named(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == "Ref":
                yield each
            elif key == "Fn::GetAtt":
                yield each[0]
            elif key == "Fn::Sub":
                text = each if isinstance(each, str) else each[0]
                yield from (name.split(".")[0] for name in re.findall(r"\$\{([^}!]+)\}", text))
            yield from _named(each)
