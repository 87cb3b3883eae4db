"""Docs keep up with the code: every route is described, and every link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from local import template

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def routes() -> set[str]:
    read = template.load(
        ROOT / "template.yaml",
        {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"},
        {"AWS::Region": "x", "AWS::AccountId": "x", "AWS::Partition": "aws", "AWS::URLSuffix": "x"},
    )
    return {
        f"{event['Properties']['Method'].upper()} {event['Properties']['Path']}"
        for function in read.of_type("AWS::Serverless::Function")
        for event in (function.properties.get("Events") or {}).values()
        if event["Type"] == "HttpApi"
    }


def test_every_route_is_described_and_no_other() -> None:
    described = set(re.findall(r"^\| `([A-Z]+ /[^`]*)`", (ROOT / "docs/api.md").read_text(), re.M))
    assert described == routes() - {"OPTIONS /{proxy+}"}


def test_every_problem_is_described() -> None:
    table = (ROOT / "docs/problems.md").read_text()
    code = [*(ROOT / "shared").rglob("*.py"), *(ROOT / "functions").rglob("*.py")]
    used = {
        slug
        for path in code
        for slug in re.findall(r'slug(?:: str)?\s*=\s*"([^"]+)"', path.read_text())
    }
    assert {slug for slug in used - {"problem"} if f"`{slug}`" not in table} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_that_docs_name_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`|\s{2,})make ([a-z-]+)", page.read_text(), re.M))
    assert named <= targets
