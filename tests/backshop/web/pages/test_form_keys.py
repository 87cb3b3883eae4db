"""Every form of every page that does something carries an idempotency key; none that only asks."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PAGES = sorted(ROOT.glob("functions/*/templates/*.html"))
FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
KEY = re.compile(r'\bkey\(|name="key"')
TO_THE_BUCKET = "upload.url"
"""S3's own form: it has a `key` of its own, the object's."""


def forms_of(page: Path) -> list[tuple[str, str]]:
    return FORM.findall(page.read_text())


def test_there_are_pages_with_forms() -> None:
    assert sum(len(forms_of(page)) for page in PAGES) > 40


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parts[-3]}-{page.stem}")
def test_forms_that_do_something_carry_a_key(page: Path) -> None:
    for attributes, inside in forms_of(page):
        does = 'method="post"' in attributes
        assert does or 'method="get"' in attributes, attributes
        if TO_THE_BUCKET not in attributes:
            assert len(KEY.findall(inside)) == does, attributes
