"""Without RDS Proxy each execution environment holds its own connections: how many there may be,
and how many the database takes."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra import connections
from local import template

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        # The table of Aurora's user guide, "Maximum connections for Aurora Serverless v2".
        ({"LeastCapacity": "1", "MostCapacity": "1"}, 189),
        ({"LeastCapacity": "1", "MostCapacity": "4"}, 823),
        ({"LeastCapacity": "1", "MostCapacity": "5.5"}, 823),
        ({"LeastCapacity": "1", "MostCapacity": "16"}, 3360),
        ({"LeastCapacity": "1", "MostCapacity": "256"}, 5000),
        ({"LeastCapacity": "0.5", "MostCapacity": "16"}, 2000),
        ({"LeastCapacity": "0.5", "MostCapacity": "8"}, 1669),
        ({"Database": "rds", "InstanceClass": "db.t4g.medium"}, 405),
        ({"Database": "rds", "InstanceClass": "db.of-tomorrow"}, None),
    ],
)
def test_what_a_database_takes(settings: dict[str, str], taken: int | None) -> None:
    assert connections.taken(settings) == taken


def test_what_a_function_holds_at_most() -> None:
    """One connection for each login that its code uses, and what is beside them."""
    held = connections.held(template.read(ROOT / "template.yaml"))
    assert held["WebhookIngestFunction"] == 1
    assert held["BatchesFunction"] == 1, "staff instead of service"
    assert held["InsightsApiFunction"] == 3, "staff and analyst, the next one opened ahead"
    assert held["OrderTrackingFunction"] == 2, "storefront and shopper"
    assert held["SyncRunFunction"] == 3, "a job's locks, and the second saver"
    assert max(held.values()) <= 3, "migrate aside, which runs alone"


def test_functions_that_keep_locks_hold_a_connection_for_them() -> None:
    held = connections.held(template.read(ROOT / "template.yaml"))
    keeping = {
        each.parent.name
        for each in (ROOT / "functions").rglob("*.py")
        if "db.try_lock" in each.read_text()
    }
    assert keeping
    for folder in keeping:
        assert held[f"{folder.title().replace('_', '')}Function"] >= 2, folder


def said(settings: dict[str, str], executions: int) -> str:
    return connections.verdict(settings, executions, 3, has_proxy=False)


def test_it_is_said_where_the_database_takes_fewer() -> None:
    prod = {"LeastCapacity": "1", "MostCapacity": "16"}
    assert said(prod, 1000) == (
        "1,000 executions at once hold at most 3,000 connections; the database takes 3,350"
    )
    assert "are refused" in said({"LeastCapacity": "1", "MostCapacity": "4"}, 1000)
    assert "MostCapacity=16" in said({"LeastCapacity": "1", "MostCapacity": "4"}, 1000)
    assert "WithProxy=true" in said(prod, 3000)


def test_a_small_least_capacity_is_named_where_it_is_what_limits() -> None:
    assert "LeastCapacity=1" in said({"LeastCapacity": "0.5", "MostCapacity": "16"}, 1000)


def test_every_stage_takes_what_an_account_begins_with() -> None:
    """New accounts have 10 executions at once, and most get 1,000 when they ask."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        settings: dict[str, Any] = tomllib.load(file)
    for stage in ("dev", "staging", "prod"):
        given = settings[f"infra-{stage}"]["deploy"]["parameters"]["parameter_overrides"]
        assert "are refused" not in said(connections.settings(given), 10), stage
    assert "are refused" not in said(connections.settings(given), 1000), "prod"


TABLE = re.compile(
    r"^\| .*(Aurora, ([\d.]+) to (\d+) units|`(db[.\w]+)`).* \| ([\d,]+) \| ([\d,]+) \|$", re.M
)


def test_the_docs_table_is_this_arithmetic() -> None:
    rows = TABLE.findall((ROOT / "docs/operations.md").read_text())
    assert len(rows) == 5
    for _, least, most, name, limit, executions in rows:
        given = {"LeastCapacity": least, "MostCapacity": most}
        taken = connections.taken({"Database": "rds", "InstanceClass": name} if name else given)
        assert taken is not None
        assert (limit, executions) == (f"{taken:,}", f"{(taken - connections.KEPT) // 3:,}")


def test_unknown_classes_are_said_to_be_unknown() -> None:
    assert "max_connections" in said({"Database": "rds", "InstanceClass": "db.x"}, 1000)
