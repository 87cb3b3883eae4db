"""What leaves goes through the one guard that there is for it: calls over HTTP, cells that a
spreadsheet opens, and objects, which are found by whose they are."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CALLS = re.compile(
    r"httpx\.(Client|AsyncClient|HTTPTransport|get|post|put|delete|request|stream)\("
    r"|urlopen\(|HTTPS?Connection\(|create_connection\(|import (requests|urllib3|aiohttp)\b"
)
WRITES = re.compile(r"csv\.(writer|DictWriter)\(|Workbook\(")
CALL_BY_THEMSELVES = {
    "shared/backshop/outgoing/transport.py": "it is the guard",
    "shared/backshop/aws/signed.py": "asks AWS, at hosts that nobody else names",
    "functions/migrate/deployments.py": "answers CloudFormation at the address that it gave",
}
WRITE_AS_IT_IS = {
    "functions/desk/delivery_pages.py": "the file goes to our own import, and to nobody's screen",
}


KEYED = {"get", "download", "exists", "keys", "delete", "link", "put", "put_in_parts", "upload"}
"""What `objects` does at a key."""


def told_by_rows(code: str) -> Iterator[str]:
    """Calls of `objects` that take what a row or settings say for a bucket or key."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id == "objects" and node.func.attr in KEYED:
                yield from (ast.unparse(node) for each in node.args[:2] if is_told(each))


def is_told(place: ast.expr) -> bool:
    """Whether a row's column, or a field that names a place, is read there; ids of whose an object
    is are given to a function that makes its key."""
    return isinstance(place, ast.Starred) or any(
        isinstance(each, ast.Subscript)
        or (isinstance(each, ast.Attribute) and re.search(r"(key|url|address)$", each.attr))
        for each in _outside_of_makers(place)
    )


def _outside_of_makers(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.Call) and re.search(r"(key|key_of|prefix)$", ast.unparse(node.func)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _outside_of_makers(child)


def files_that(does: re.Pattern[str], root: Path = ROOT) -> set[str]:
    return {
        str(path.relative_to(root))
        for folder in ("shared", "functions")
        for path in (root / folder).rglob("*.py")
        if does.search(path.read_text())
    }


def test_calls_go_through_the_transport_that_knows_whom_may_be_called() -> None:
    assert files_that(CALLS) == set(CALL_BY_THEMSELVES)


def test_every_file_for_spreadsheets_is_defused() -> None:
    writers = files_that(WRITES)
    assert len(writers) > len(WRITE_AS_IT_IS)
    assert writers - files_that(re.compile(r"\bharmless\(")) == set(WRITE_AS_IT_IS)


@pytest.mark.parametrize(
    ("line", "does"),
    [
        ("answer = httpx.get(url, follow_redirects=True)", CALLS),
        ("import requests", CALLS),
        ("csv.writer(out).writerows(rows)", WRITES),
    ],
)
def test_the_control_is_found(tmp_path: Path, line: str, does: re.Pattern[str]) -> None:
    for folder in ("shared", "functions"):
        (tmp_path / folder).mkdir()
    (tmp_path / "functions" / "new.py").write_text(f"{line}\n")
    assert files_that(does, tmp_path) == {"functions/new.py"}


def test_objects_are_found_by_whose_they_are() -> None:
    """A row that says where its object lies may say anything: another store's key, another
    bucket's."""
    told = {
        str(path.relative_to(ROOT)): calls
        for folder in ("shared", "functions")
        for path in (ROOT / folder).rglob("*.py")
        if (calls := list(told_by_rows(path.read_text())))
    }
    assert told == {}


@pytest.mark.parametrize(
    ("call", "is_refused"),
    [
        ('objects.get(bucket, row["object_key"])', True),
        ('objects.get(*objects.parse(quote["pdf_key"]))', True),
        ("objects.get(bucket, shop.settings.logo_key)", True),
        ('objects.delete(bucket, [row["key"] for row in rows])', True),
        ('objects.get(bucket, rules.pdf_key(store, quote["quote_id"]))', False),
        ("objects.delete(bucket, [key_of(each.store_id, each.id) for each in rows])", False),
    ],
)
def test_the_control_of_keys_is_found(call: str, is_refused: bool) -> None:
    assert bool(list(told_by_rows(call))) is is_refused
