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
        if event["Type"] == "HttpApi" and not event["Properties"]["Path"].endswith("{unknown+}")
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


def anchors(page: Path) -> set[str]:
    """What the headings of a page are linked by, as GitHub makes it of them."""
    prose = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", prose, re.M)
    plain = [re.sub(r"[^\w\- ]", "", each.lower()) for each in headings]
    return {each.strip().replace(" ", "-") for each in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", page.read_text()):
        linked = page.parent / target if target else page
        assert linked.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor in anchors(linked), f"{page.name} links to {target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_that_docs_name_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
    named = set(re.findall(r"(?:^|`|\s{2,})make ([a-z-]+)", page.read_text(), re.M))
    assert named <= targets
