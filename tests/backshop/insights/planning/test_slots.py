"""How merchants say each part of a question: each wording alone, in an otherwise plain question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, written
from tests.backshop.insights.planning.test_planning import difference

PLAIN = {
    "metric": ("{} last month", "{} | | | cal month -1 | | | *"),
    "period": ("revenue {}", "net_sales | | | {} | | | *"),
    "grain": ("{} in 2024", "{} | | {} | range 2024-01-01 2024-12-31 | | | *"),
    "by": ("{} last month", "{} | {} | {} | cal month -1 | | {} | *"),
    "of": ("{} last month", "{} | | | cal month -1 | {} | | *"),
    "missing": ("{}", "! {}"),
}
"""A question and its meaning by slot; `*` is any chart, which other fields decide."""


def lines(name: str = "slots.txt") -> Iterator[tuple[str, list[str], list[str]]]:
    """Each line's slot, what it means, and its wordings."""
    for line in (Path(__file__).parent / name).read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        slot, *meaning, wordings = (each.strip() for each in line.split("|"))
        yield slot, meaning, [each for each in map(str.strip, wordings.split(";")) if each]


def slots(name: str = "slots.txt") -> Iterator[Expected]:
    for slot, meaning, wordings in lines(name):
        for wording in wordings:
            yield _question(slot, meaning, wording)


def _question(slot: str, meaning: list[str], wording: str) -> Expected:
    if slot == "whole":
        return written([wording.removeprefix("*"), *meaning], KNOWN)
    carrier, means = PLAIN[slot]
    text = wording.removeprefix("*") if wording.startswith("*") else carrier.format(wording)
    return written([text, *(each.strip() for each in means.format(*meaning).split("|"))], KNOWN)


@pytest.mark.parametrize("question", [*slots(), *slots("idioms.txt")], ids=lambda each: each.text)
def test_each_wording_of_a_part_means_it(question: Expected) -> None:
    assert difference(question) == {}
