"""Wordings of two parts of a question together mean what each of them means alone (`slots.txt`):
every figure, class, rank and grain is asked of periods in all their wordings."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import NamedTuple

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, written
from tests.backshop.insights.planning.test_planning import hold_right
from tests.backshop.insights.planning.test_slots import lines

PARTS = {
    "metric": "{} | | | {} | | | *",
    "grain": "{} | | {} | {} | | | *",
    "by": "{} | {} | {} | {} | | {} | *",
    "of": "{} | | | {} | {} | | *",
}
"""What a question means by slot, its period as it comes."""
OF_COMPARISONS = ("net_sales_yoy_pct",)
"""Say what they are compared with themselves."""
PLACES = ("{part} {period}", "{part} {period}", "{period}: {part}")


class Period(NamedTuple):
    means: str
    wording: str


def _periods() -> list[Period]:
    """Those that name no comparison; `all` is what some figures have by themselves."""
    return [
        Period(meaning[0], wording)
        for slot, meaning, wordings in lines()
        for wording in wordings
        if slot == "period" and " vs " not in meaning[0] and not wording.startswith("*")
    ]


def _means(slot: str, meaning: list[str], period: str) -> str:
    if slot == "of":
        return PARTS[slot].format(meaning[0], period, *meaning[1:])
    if slot == "by":
        return PARTS[slot].format(*meaning[:3], period, *meaning[3:])
    if slot == "grain" and (meaning[1], period) == ("month", "last 1 year"):
        period = "last 12 month"  # As the contract has it.
    return PARTS[slot].format(*meaning, period)


def questions(number: int, seed: int) -> Iterator[Expected]:
    chance, periods = Random(seed), _periods()
    parts = [
        (slot, meaning, wording)
        for slot, meaning, wordings in lines()
        for wording in wordings
        if slot in PARTS and not wording.startswith("*") and meaning[0] not in OF_COMPARISONS
    ]
    for _ in range(number):
        slot, meaning, wording = chance.choice(parts)
        period = chance.choice(periods)
        text = chance.choice(PLACES).format(part=wording, period=period.wording)
        fields = [text, *(each.strip() for each in _means(slot, meaning, period.means).split("|"))]
        yield written(fields, KNOWN)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_parts_together_mean_what_each_means(seed: int) -> None:
    hold_right(questions(1000, seed))
