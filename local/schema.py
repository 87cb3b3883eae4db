"""`make schema`: sql/schema.sql and the pictures of docs/data-model.md, from the migrated database.

Both are read by people who do not want to run the migrations in their heads; tests/sql compares
them with a database that was just migrated.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
from backshop.db import migrations

from local import postgres

ROOT = Path(__file__).resolve().parents[1]
SCHEMA = ROOT / "sql" / "schema.sql"
PAGE = ROOT / "docs" / "data-model.md"
CONTEXTS = ("backshop", "connect", "shade", "insights", "projects", "kits")
_NOISE = re.compile(
    r"^(\\(un)?restrict .*|--( .*)?|SET .*|SELECT pg_catalog\.set_config.*)\n", re.MULTILINE
)
"""Lines of pg_dump that say nothing of the schema, some of them others each time."""

_POLICY_ROLES = re.compile(
    r"^(CREATE POLICY \S+ ON \S+ (?:FOR \w+ )?TO )([\w, ]+?)(?= USING| WITH|;)", re.M
)
"""pg_dump names a policy's roles in the order in which they were last changed."""

_NO_MONTHS = "--exclude-table=projects.*_20*"
"""Partitions are made for this month and the next ones, whenever that is."""


class Reference(NamedTuple):
    table: str
    target: str
    columns: str


class Drawing(NamedTuple):
    """What a context's picture and table are made of: columns by table, and who refers to whom."""

    columns: dict[str, list[str]]
    references: list[Reference]


def dump(url: str) -> str:
    """The schema of a database as pg_dump writes it, without owners and what changes by itself."""
    command = [str(postgres.binaries() / "pg_dump"), "--schema-only", "--no-owner", _NO_MONTHS, url]
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = _POLICY_ROLES.sub(_sorted_roles, _NOISE.sub("", written))
    return re.sub(r"\n{2,}", "\n\n", text).lstrip("\n")


def _sorted_roles(policy: re.Match[str]) -> str:
    return policy[1] + ", ".join(sorted(policy[2].split(", ")))


def drawing(connection: psycopg.Connection[Any], context: str) -> Drawing:
    """Tables with their columns in order, partitions left out, and references within the
    context."""
    columns = defaultdict(list)
    for table, column in connection.execute(_COLUMNS, [context]):
        columns[table].append(column)
    references = [Reference(*row) for row in connection.execute(_REFERENCES, [context] * 2)]
    return Drawing(dict(columns), references)


def markdown(drawn: Drawing) -> str:
    """A picture of the tables that refer to each other, and a table of all with their columns."""
    lines = ["```mermaid", "erDiagram"]
    lines += [
        f'    {each.target} ||--o{{ {each.table} : "{each.columns}"' for each in drawn.references
    ]
    alone = drawn.columns.keys() - {name for each in drawn.references for name in each[:2]}
    lines += [f"    {table}" for table in sorted(alone)]
    lines += ["```", "", "| table | columns |", "|---|---|"]
    for table, columns in sorted(drawn.columns.items()):
        lines.append(f"| `{table}` | {', '.join(columns)} |")
    return "\n".join(lines)


def page(text: str, drawings: dict[str, Drawing]) -> str:
    """The page with each `<!-- schema: context -->` … `<!-- end -->` written anew."""
    for context, drawn in drawings.items():
        begin, end = f"<!-- schema: {context} -->\n", "<!-- end -->"
        before, mark, rest = text.partition(begin)
        if not mark:
            raise ValueError(f"docs/data-model.md has no place for {context}")
        text = f"{before}{begin}{markdown(drawn)}\n{end}{rest.partition(end)[2]}"
    return text


def read(url: str) -> tuple[str, dict[str, Drawing]]:
    """schema.sql, and the drawing of each context, of a migrated database."""
    with psycopg.connect(url, autocommit=True) as connection:
        return dump(url), {context: drawing(connection, context) for context in CONTEXTS}


def main() -> int:
    """Migrate an empty database, and write what it became."""
    with tempfile.TemporaryDirectory(prefix="backshop-schema-") as folder:
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder), settings=postgres.THROWAWAY) as server:
            url = postgres.create_database(server, "not kept")
            migrations.migrate(url, say=lambda _line: None)
            schema, drawings = read(url)
    SCHEMA.write_text(schema)
    PAGE.write_text(page(PAGE.read_text(), drawings))
    print(f"{SCHEMA.relative_to(ROOT)}, {PAGE.relative_to(ROOT)}")
    return 0


_COLUMNS = """
SELECT c.relname, a.attname
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
WHERE c.relnamespace = %s::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY c.relname, a.attnum"""

_REFERENCES = """
SELECT c.relname, t.relname, string_agg(a.attname, ', ' ORDER BY k.place)
FROM pg_constraint AS f
JOIN pg_class AS c ON c.oid = f.conrelid JOIN pg_class AS t ON t.oid = f.confrelid
CROSS JOIN unnest(f.conkey) WITH ORDINALITY AS k (number, place)
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.number
WHERE f.contype = 'f' AND NOT c.relispartition
  AND c.relnamespace = %s::regnamespace AND t.relnamespace = %s::regnamespace
  AND (a.attname <> 'store_id' OR cardinality(f.conkey) = 1)
GROUP BY c.relname, t.relname, f.conname
ORDER BY t.relname, c.relname, 3"""


if __name__ == "__main__":
    sys.exit(main())
