"""Every GraphQL operation of backshop is valid where it will run: spec rules, nothing deprecated,
oneOf, the required @idempotent, and sample variables."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from shops.shopify import schema as shopify
from shops.vendure import schema as vendure
from tests.contracts.graphql.check import files, has_variables, problems

HERE = Path(__file__).resolve().parent
PLATFORMS = HERE.parents[2] / "shared/backshop/platforms"
SCHEMAS = {"shopify": shopify.load, "vendure": vendure.load}

OPERATIONS = [
    (platform, path) for platform in SCHEMAS for path in files(PLATFORMS / platform / "operations")
]
REFUSED = [(platform, path) for platform in SCHEMAS for path in files(HERE / "refused" / platform)]

# Vendure's refundOrder crashes without these, deprecated as they are.
NEEDED = re.compile(r"^deprecated: \$input\.(lines|shipping|adjustment): Use the `amount` field")


@cache
def schema(platform: str) -> GraphQLSchema:
    return SCHEMAS[platform]()


@cache
def samples(platform: str) -> dict[str, dict[str, Any]]:
    """Sample variables by operation (its file's name)."""
    found: dict[str, dict[str, Any]] = json.loads((HERE / f"variables/{platform}.json").read_text())
    return found


def _name(case: Any) -> str:
    return case.stem if isinstance(case, Path) else str(case)


@pytest.mark.parametrize("platform", SCHEMAS)
def test_there_are_operations_and_a_sample_for_each_that_takes_variables(platform: str) -> None:
    names = {path.stem for where, path in OPERATIONS if where == platform}
    taking = {
        path.stem
        for where, path in OPERATIONS
        if where == platform and has_variables(path.read_text())
    }
    assert names, "no operations: has their folder moved?"
    assert taking <= set(samples(platform)), "add sample variables to tests/contracts/graphql"
    assert set(samples(platform)) <= names, "samples for operations that are gone"


@pytest.mark.parametrize(("platform", "path"), OPERATIONS, ids=_name)
def test_the_operation_is_valid(platform: str, path: Path) -> None:
    variables = samples(platform).get(path.stem)
    found = problems(schema(platform), path.read_text(), variables)
    assert [line for line in found if not NEEDED.match(line)] == []


@pytest.mark.parametrize(("platform", "path"), REFUSED, ids=_name)
def test_what_must_be_refused_is_refused_for_its_reason(platform: str, path: Path) -> None:
    text = path.read_text()
    expected = re.match(r"# refused: (.*)", text)
    assert expected
    found = problems(schema(platform), text, None)
    assert any(re.match(expected[1], line) for line in found), found


def test_variables_are_checked_too() -> None:
    create = (
        "mutation W($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {"
        " webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {"
        " userErrors { message } } }"
    )
    good = {"topic": "ORDERS_CREATE", "sub": {"uri": "https://example.com/hook"}}
    assert problems(schema("shopify"), create, good) == []
    for bad, reason in (
        ({**good, "topic": "CUSTOMERS_REDACT"}, "variables: .*topic"),
        ({**good, "sub": {"callbackUrl": "https://example.com"}}, r"deprecated: \$sub.callbackUrl"),
        ({**good, "sub": {"url": "https://example.com"}}, "variables: .*url"),
        ({"sub": good["sub"]}, "variables: .*topic"),
        ({**good, "more": 1}, r"variables: \$more"),
    ):
        found = problems(schema("shopify"), create, bad)
        assert any(re.match(reason, line) for line in found), (bad, found)


def test_one_of_is_checked_in_variables() -> None:
    create = (
        "mutation D($input: DiscountCodeBasicInput!) {"
        " discountCodeBasicCreate(basicCodeDiscount: $input) { userErrors { code } } }"
    )
    one = {"code": "X", "context": {"all": "ALL"}}
    two = {
        "code": "X",
        "context": {"all": "ALL", "customers": {"add": ["gid://shopify/Customer/1"]}},
    }
    assert problems(schema("shopify"), create, {"input": one}) == []
    assert problems(schema("shopify"), create, {"input": two}) != []
