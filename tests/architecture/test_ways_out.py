"""What leaves goes through the one guard that there is for it: calls over HTTP, and cells that a
spreadsheet opens."""

from __future__ import annotations

import re
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
    "functions/migrate/deployments.py": "answers CloudFormation at the address that it gave",
}
WRITE_AS_IT_IS = {
    "functions/desk/delivery_pages.py": "the file goes to our own import, and to nobody's screen",
}


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
