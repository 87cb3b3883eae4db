"""How many rows of each table a statement reads, by Postgres' own count."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any


class Explaining:
    """A transaction that counts what its statements read of each table and answers them from
    running them once more, with the plans that a large table would have: other tests' rows, and how
    lately they were looked at, change nothing. Nothing that is written may be told from twice."""

    def __init__(self, tx: Any) -> None:
        self._tx = tx
        self.read: Counter[str] = Counter()
        self.scans: Counter[str] = Counter()
        """How often each table was gone to."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def execute(self, statement: bytes | str, params: Any = None) -> Any:
        text = statement.decode() if isinstance(statement, bytes) else statement
        self._tx.execute("SAVEPOINT explained")
        for each in ("seqscan", "bitmapscan", "sort", "hashjoin", "mergejoin"):
            self._tx.execute(f"SET LOCAL enable_{each} = off")
        found = self._tx.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {text}", params)
        told = next(iter(found.fetchone().values()))
        plan = (json.loads(told) if isinstance(told, str) else told)[0]["Plan"]
        self._tx.execute("ROLLBACK TO SAVEPOINT explained")
        for node in _nodes(plan):
            table = node.get("Relation Name")
            if table and node["Node Type"] != "ModifyTable":
                rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
                rows += node.get("Rows Removed by Index Recheck", 0)
                self.read[table] += round(rows * node["Actual Loops"])
                self.scans[table] += node["Actual Loops"]
        return self._tx.execute(statement, params)


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)
