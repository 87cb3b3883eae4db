"""What a schedule does for all stores it does in rounds, whose parts fail each for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from local import template

ROOT = Path(__file__).parents[2]
FOR_ITSELF = {
    "train_recommender": "hands each store to a queue, whose messages fail each for itself",
}
"""Schedules that see all stores and need no round, and why."""
ONE_AT_A_TIME = {
    "functions/tryon_failures/tryon_failures.py": "S3 tells of one object in a notification",
}
PSEUDO = dict.fromkeys(("AWS::Region", "AWS::AccountId", "AWS::Partition", "AWS::URLSuffix"), "x")


def scheduled() -> set[str]:
    """The functions that a schedule calls."""
    places = {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x", "CanarySecretArn": "x"}
    read = template.load(ROOT / "template.yaml", places, PSEUDO)
    return {
        each.properties["CodeUri"].rpartition("/")[2]
        for each in read.of_type("AWS::Serverless::Function")
        if any(
            event["Type"] == "ScheduleV2"
            for event in (each.properties.get("Events") or {}).values()
        )
    }


def code_of(function: str) -> str:
    return "\n".join(path.read_text() for path in (ROOT / "functions" / function).glob("*.py"))


def test_schedules_for_all_stores_work_in_rounds() -> None:
    names = scheduled()
    assert {"maintain", "sync_plan", "outbox_sweep", "survey_invite", "insights_rollups"} <= names
    for_all = {each for each in names if "all_stores=True" in code_of(each)}
    in_rounds = {
        each
        for each in for_all
        if "rounds.Round()" in code_of(each) and "this_round.end()" in code_of(each)
    }
    assert for_all - in_rounds == set(FOR_ITSELF)


def loops_over_stores(code: str) -> Iterator[int]:
    """Lines of loops that begin a transaction for each store by themselves."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.For | ast.ListComp | ast.GeneratorExp | ast.DictComp) and any(
            isinstance(each, ast.Call)
            and ast.unparse(each.func) == "db.transaction"
            and any(given.arg == "store_id" for given in each.keywords)
            for each in ast.walk(node)
        ):
            yield node.lineno


def test_no_loop_begins_a_transaction_for_each_store_by_itself() -> None:
    found = {
        str(path.relative_to(ROOT)): lines
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := list(loops_over_stores(path.read_text())))
    }
    assert set(found) == set(ONE_AT_A_TIME)


@pytest.mark.parametrize(
    ("code", "is_found"),
    [
        ("for id in ids:\n    with db.transaction(store_id=id) as tx:\n        learn(tx)", True),
        ("with db.transaction(store_id=id) as tx:\n    learn(tx)", False),
    ],
)
def test_the_control_is_found(code: str, is_found: bool) -> None:
    assert bool(list(loops_over_stores(code))) is is_found
