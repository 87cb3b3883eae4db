"""Every statement names the store it is about, beside what row-level security does by itself.

The policies keep stores apart already. Naming the store as well is what makes a statement right
where a policy is missing or a transaction sees more than it should; it also is what an index begins
with.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
SCHEMAS = "backshop|connect|shade|insights|projects|kits"
STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE|MERGE)\b")
TABLE = re.compile(rf"\b(FROM|JOIN|INTO|UPDATE|USING)\s+(ONLY\s+)?({SCHEMAS})\.[a-z_]+(?![a-z_(])")
NAMED = re.compile(
    r"current_store_id\(\)|kits\.require_store\(\)|\bstore_id\s*=\s*(%|\$)|%\(store(_id)?\)s|\bstore_id = ANY|\bstore_id, [^)]*\)\s*(IN|VALUES|=)"
)
SEES_MORE = re.compile(
    r"sees all|\s+sees\s+all|transaction\s+sees|for the owner",
    re.IGNORECASE,
)

STORELESS = re.compile(r"backshop\.desk_sessions|kind = 'staff'|api_keys SET revoked_at")
"""Staff and their sessions belong to no store."""
COMPOSED = {
    "insights/semantic/": "store_id = %(store)s",
    "insights/saved/export.py": ".store_id = %(store)s",
    "connect/repository.py": "c.id = backshop.current_store_id()",
    "shade/training/repository.py": "u.store_id = backshop.current_store_id()",
    "received/repository.py": '_MATCHES = """store_id = backshop.current_store_id()',
    "projects/archive/repository.py": "unnest(%(stores)s::uuid[]",
}
"""Statements that are put together from parts, and the part of the file that names the store."""
OWN_LOGIN = ("kits/tracking/repository.py",)
"""For the login of shoppers, whose capability names store and phone."""

SAVING = ("saving/", "projection.py", "insights/projection/")
"""Saves thousands of records a statement, in transactions that see one store alone, which
`ledger.lock` makes sure of; docs/projections.md has what naming it once more costs."""


class Statement(NamedTuple):
    where: str
    text: str
    said: str
    """What the docstrings of its function and its module say."""


def _text(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "…" for each in node.values]
        return "".join(map(str, parts))
    return None


def _walk(node: ast.AST, said: str) -> Iterator[tuple[ast.AST, str]]:
    """Every node with the docstring of the function around it."""
    for child in ast.iter_child_nodes(node):
        inner = said
        if isinstance(child, ast.FunctionDef):
            inner = ast.get_docstring(child) or ""
        yield child, inner
        if not isinstance(child, ast.JoinedStr):
            yield from _walk(child, inner)


def statements(tree: ast.Module, name: str) -> Iterator[Statement]:
    module = ast.get_docstring(tree) or ""
    for node, said in _walk(tree, ""):
        text = _text(node)
        if text and STATEMENT.match(text) and TABLE.search(text):
            yield Statement(f"{name}:{getattr(node, 'lineno', 0)}", text, f"{module}\n{said}")


def all_statements() -> Iterator[Statement]:
    for folder in ("shared/backshop", "functions"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if name.endswith("db/migrations.py"):
                continue  # the owner's, who has no store
            yield from statements(ast.parse(path.read_text()), name)


def is_named(each: Statement) -> bool:
    return any(
        pattern.search(text)
        for pattern, text in (
            (NAMED, each.text),
            (STORELESS, each.text),
            (SEES_MORE, each.said),
        )
    )


def is_composed(each: Statement) -> bool:
    """Whether its condition is a part that stands elsewhere in the file, where it is held, too."""
    path = ROOT / each.where.rpartition(":")[0]
    return any(
        name in each.where and condition in path.read_text() for name, condition in COMPOSED.items()
    )


def is_saving(each: Statement) -> bool:
    return any(part in each.where for part in SAVING)


def test_every_statement_outside_of_saving_names_its_store() -> None:
    found = [
        each
        for each in all_statements()
        if not is_saving(each) and not any(name in each.where for name in OWN_LOGIN)
    ]
    assert len(found) > 300
    lacking = [
        f"{each.where} {' '.join(each.text.split())[:90]}"
        for each in found
        if not is_named(each) and not is_composed(each)
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("code", "is_right"),
    [
        ('"SELECT 1 FROM kits.batches WHERE id = %s"', False),
        ('"SELECT 1 FROM kits.batches WHERE store_id = backshop.current_store_id()"', True),
        ('"UPDATE kits.batches SET status = %s WHERE store_id = %s AND id = %s"', True),
        ('"DELETE FROM kits.batches AS b USING kits.orders AS o WHERE o.store_id = b.store_id"', False),
        ('f"SELECT {columns} FROM kits.batches WHERE id = %s"', False),
        ('"INSERT INTO kits.batches (id) VALUES (%s)"', False),
    ],
)  # fmt: skip
def test_a_statement_that_names_no_store_is_noticed(code: str, is_right: bool) -> None:
    (found,) = statements(ast.parse(f"def read(tx):\n    tx.execute({code})"), "x.py")
    assert is_named(found) is is_right
