"""The function as a whole: what its template block, its app and its OpenAPI say is one thing."""

from __future__ import annotations

import json
from pathlib import Path

from local import template

ROOT = Path(__file__).parents[3]


def routes_of_template():
    read = template.load(
        ROOT / "template.yaml",
        {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"},
        {"AWS::Region": "x", "AWS::AccountId": "x", "AWS::Partition": "aws", "AWS::URLSuffix": "x"},
    )
    for each in read.of_type("AWS::Serverless::Function"):
        if each.properties["CodeUri"] == "functions/projects_api":
            for event in each.properties["Events"].values():
                said = event["Properties"]
                if event["Type"] == "HttpApi":
                    yield (
                        f"{said['Method']} {said['Path']}".replace("+}", "}"),
                        said.get("Auth", {}).get("Authorizer") == "NONE",
                    )


def test_the_template_has_the_routes_of_the_openapi_with_their_keys(function, event, context):
    answer = function.handler(event("projects_api/openapi"), context)
    spec = json.loads(answer["body"])
    assert spec["openapi"].startswith("3.1")
    described = {
        (f"{method.upper()} {path}", "security" not in operation)
        for path, operations in spec["paths"].items()
        for method, operation in operations.items()
    }
    assert described == set(routes_of_template()) - {("GET /openapi/projects.json", True)}


def test_the_calculator_answers_anybody(function, event, context):
    answer = function.handler(event("projects_api/quantities"), context)
    assert answer["statusCode"] == 200
    found = json.loads(answer["body"])
    line = found["tiles"][0]
    assert (line["net_sf"], line["order_sf"], line["boxes"], line["leftover_sf"]) == (
        "126.00",
        "138.60",
        "14",
        "1.40",
    )
    assert (line["waste_percent"], line["total_price"]) == ("10.00", "600.60")


def test_measures_that_are_none_are_named(call):
    answer = call("POST", "/quantities", {"surfaces": [{"length": "ten", "width": 1}]})
    assert (answer.status, answer.slug) == (422, "invalid")
    assert answer.body["errors"][0]["field"] == "surfaces.0.length"
    assert answer.body["errors"][0]["message"].startswith("write a length as")
    answer = call("POST", "/quantities", {"surfaces": [{"length": 1}]})
    assert "give area_sf, walls" in answer.body["errors"][0]["message"]
