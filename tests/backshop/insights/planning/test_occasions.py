"""Who asks, why, and for what occasion (`occasions.txt`) is no part of what is asked; what is not
in the data stays refused where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from backshop.insights.planning.models import Asked, Plan
from backshop.insights.planning.rules import plan

from tests.backshop.insights.planning.shop import KNOWN, TODAY, Expected, written
from tests.backshop.insights.planning.test_planning import difference, hold_right

FIGURES = {
    "net sales by country last month": "net_sales | country | | cal month -1 | | ",
    "the revenue of each category in 2024": "product_net_sales | category | | range 2024-01-01 2024-12-31 | | ",
    "refunds per month this year": "refunds | | month | cal year 0 | | ",
    "the stock of the travel mug": "stock_quantity | | | null | product = Travel Mug | ",
    "aov by payment method last quarter": "aov | payment_method | | cal quarter -1 | | ",
}  # fmt: skip
QUESTIONS = {
    "which coupons brought in the most revenue in 2024": "coupon_net_sales | coupon | | range 2024-01-01 2024-12-31 | | 10",
    "how many orders did we have last week": "orders | | | cal week -1 | | ",
    "what sold best in november": "items_sold | product | | month november | | 10",
}  # fmt: skip


def lines() -> Iterator[tuple[str, list[str]]]:
    """Each line's kind, with what is missing of it, and its sentences."""
    for line in (Path(__file__).parent / "occasions.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            kind, _, said = line.rpartition("|")
            yield kind.strip(), [each.strip() for each in said.split(";") if each.strip()]


def around() -> Iterator[Expected]:
    """Every sentence, around three questions each."""
    said = [each for kind, held in lines() if kind == "round" for each in held]
    for number, sentence in enumerate(said):
        held = list((FIGURES if "{n}" in sentence else {**FIGURES, **QUESTIONS}).items())
        for step in range(3):
            text, means = held[(number + 3 * step) % len(held)]
            asked = sentence.format(q=text, n=text)
            yield written([asked, *(each.strip() for each in f"{means}|*".split("|"))], KNOWN)


def test_who_asks_and_why_is_not_asked() -> None:
    hold_right(around())


MISSING = [(kind.partition("|")[2].strip(), each) for kind, held in lines() if kind != "round" for each in held]  # fmt: skip


@pytest.mark.parametrize(("missing", "text"), MISSING)
def test_what_is_asked_for_is_missing(missing: str, text: str) -> None:
    assert difference(written([text, f"!{missing}"], KNOWN)) == {}


TRAINERS = replace(KNOWN, products=(*KNOWN.products, "Pottery Workshop", "Planning Pad", "Audit Book"))  # fmt: skip


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("revenue for the pottery workshop", "Pottery Workshop"),
        ("revenue last month for our workshop", "Pottery Workshop"),
    ],
)
def test_what_the_store_sells_is_no_occasion(text: str, name: str) -> None:
    made = plan(Asked(text, TODAY), TRAINERS)
    assert isinstance(made, Plan)
    assert [each.value for each in made.query.filters] == [name]


@pytest.mark.timeout(30)
@pytest.mark.parametrize("words", ["on call", "with on call call", "right now here at", "meeting"])
def test_the_same_words_again_and_again_are_read_in_no_time(words: str) -> None:
    """`on call on call …` could be parted into occasions in more ways than there is time for."""
    assert plan(Asked(f"{f'{words} ' * 500}"[:1000], TODAY), KNOWN)
