"""How many connections functions hold at most, and how many the database takes, by arithmetic.

Each execution environment holds one connection a login, and some that are kept beside them. Without
RDS Proxy between them, executions at once times connections must not be more than the database
takes.

`python -m infra.connections 1000 MostCapacity=16` says so for these executions at once and
parameters of infra/.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from local import template

ROOT = Path(__file__).resolve().parents[1]
AURORA = {1.0: 189, 4.0: 823, 8.0: 1669, 16.0: 3360, 32.0: 5000}
"""By Aurora capacity units at most: the user guide of Aurora, "Maximum connections for Aurora
Serverless v2"."""
AURORA_SMALL = 2000
"""At most so many where the least capacity is 0 or 0.5, from the same page."""
BYTES_EACH = 9_531_392
"""RDS' own max_connections is memory by this, and 5,000 at most (its user guide, "Maximum number of
database connections")."""
GIB = {
    "db.t4g.medium": 4, "db.t4g.large": 8, "db.t4g.xlarge": 16,
    "db.m7g.large": 8, "db.m7g.xlarge": 16, "db.m7g.2xlarge": 32,
    "db.r7g.large": 16, "db.r7g.xlarge": 32, "db.r7g.2xlarge": 64,
}  # fmt: skip
USABLE = 0.9
"""Of a class' memory; what the system takes is not the database's to count."""
KEPT = 10
"""Connections that Postgres and RDS keep for themselves and administrators, migrate and maintain
included."""
READERS = {"SHOPPER": 1, "ANALYST": 2}
"""Logins that functions use beside their own, and connections of each: an analyst's next one is
opened while a question is answered."""
BESIDE = {"SyncRunFunction": 2, "OutboxWorkerFunction": 1, "CatalogueImportsFunction": 1}
"""Further connections of the own login: locks live on one (`db.try_locks`), and the second saver of
a sync has one."""


def main(executions: str, *overrides: str) -> None:
    """Print the verdict."""
    each = most_held()
    parameters = settings(overrides)
    has_proxy = parameters["WithProxy"] == "true"
    sys.stdout.write(f"{verdict(parameters, int(executions), each, has_proxy=has_proxy)}\n")


def taken(settings: Mapping[str, str]) -> int | None:
    """How many connections the database of these settings of infra/ takes; None where its class
    is not known here."""
    if settings.get("Database", "aurora") == "rds":
        gib = GIB.get(settings["InstanceClass"])
        return gib and min(int(gib * USABLE * 2**30 / BYTES_EACH), 5000)
    most = float(settings["MostCapacity"])
    found = max(number for units, number in AURORA.items() if units <= most)
    return min(found, AURORA_SMALL) if float(settings["LeastCapacity"]) < 1 else found


def held(document: Mapping[str, Any]) -> dict[str, int]:
    """How many connections an environment of each function of template.yaml holds at most."""
    return {
        name: 1 + BESIDE.get(name, 0) + _of_readers(each)
        for name, each in document["Resources"].items()
        if each["Type"] == "AWS::Serverless::Function" and name != "MigrateFunction"
    }


def most_held() -> int:
    """By an environment of any function."""
    return max(held(template.read(ROOT / "template.yaml")).values())


def _of_readers(function: Mapping[str, Any]) -> int:
    variables = _variables(function)
    return sum(number for name, number in READERS.items() if f"DATABASE_{name}_SECRET" in variables)


def _variables(function: Mapping[str, Any]) -> Mapping[str, Any]:
    environment: Mapping[str, Any] = function["Properties"].get("Environment", {})
    variables: Mapping[str, Any] = environment.get("Variables", {})
    return variables


def settings(overrides: Iterable[str]) -> dict[str, str]:
    """The parameters of infra/ with these in place of its own: `MostCapacity=16`."""
    declared = template.read(ROOT / "infra/template.yaml")["Parameters"]
    own = {name: str(each.get("Default", "")) for name, each in declared.items()}
    return own | dict(each.split("=", 1) for each in overrides)


def verdict(settings: Mapping[str, str], executions: int, each: int, *, has_proxy: bool) -> str:
    """One sentence: whether the database takes what so many executions at once hold."""
    if has_proxy:
        return f"{executions:,} executions at once go through RDS Proxy"
    most = executions * each
    limit = taken(settings)
    holds = f"{executions:,} executions at once hold at most {most:,} connections"
    if limit is None:
        return f"{holds}; compare that with `SHOW max_connections` of {settings['InstanceClass']}"
    free = limit - KEPT
    if most <= free:
        return f"{holds}; the database takes {free:,}"
    refused = f"from {free // each + 1:,} executions at once on some are refused"
    return f"{holds}; the database takes {free:,}: {refused}. Enough is {_remedy(settings, most)}"


def _remedy(settings: Mapping[str, str], most: int) -> str:
    proxy = "WithProxy=true where RDS Proxy takes this PostgreSQL"
    if settings.get("Database", "aurora") == "rds":
        return f"a larger InstanceClass, or {proxy}"
    enough = [units for units, number in AURORA.items() if number - KEPT >= most]
    if not enough:
        return proxy
    least = "LeastCapacity=1 and " if float(settings["LeastCapacity"]) < 1 else ""
    units = max(enough[0], float(settings["MostCapacity"]))
    return f"{least}MostCapacity={units:g}, or {proxy}"


if __name__ == "__main__":
    main(*sys.argv[1:])
