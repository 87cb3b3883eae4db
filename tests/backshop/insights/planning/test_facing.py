"""Two things of a kind that are set against each other (`facing.txt`) are rows of that kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.backshop.insights.planning.shop import KNOWN, Expected, written
from tests.backshop.insights.planning.test_frames import PERIODS
from tests.backshop.insights.planning.test_planning import hold_right


class Kind(NamedTuple):
    names: dict[str, str]
    """What each of them is called in a question, by its name in a query."""
    frames: tuple[str, ...]
    figures: dict[str, str]
    is_whole: bool = False
    """Whether two of them are all there are, as the contract has it: they need no condition."""


OF_ORDERS = {"orders": "number of orders", "net_sales": "revenue", "aov": "average order value", "refund_rate": "refund rate", "shipping": "shipping income", "median_order_value": "median order value", "discounts": "discounts"}  # fmt: skip
KINDS = {
    "product": Kind({"Travel Mug": "the travel mug", "Linen Apron": "the linen apron", "Vanilla Candle": "the vanilla candle"}, ("figure", "goods"), {"product_net_sales": "revenue", "items_sold": "units sold"}),
    "category": Kind({"Candles": "candles", "Soap": "soap", "Apparel": "apparel"}, ("figure", "goods"), {"product_net_sales": "revenue", "items_sold": "units sold"}),
    "coupon": Kind({"SAVE10": "SAVE10", "WELCOME15": "WELCOME15"}, ("figure", "codes", "uses"), {"coupon_net_sales": "revenue", "coupon_uses": "uses"}),
    "country": Kind({"DE": "germany", "FR": "france", "US": "the us"}, ("figure", "places"), OF_ORDERS),
    "payment_method": Kind({"paypal": "paypal", "stripe": "stripe"}, ("figure", "ways"), OF_ORDERS),
    "day_of_week": Kind({"1": "mondays", "5": "fridays", "3": "wednesdays"}, ("figure", "days"), OF_ORDERS),
    "customer_type": Kind({"guest": "guests", "returning": "returning customers", "new": "new customers"}, ("figure", "types", "spend"), OF_ORDERS),
}  # fmt: skip
SPOKEN = {"goods": "product_net_sales", "codes": "coupon_net_sales", "uses": "coupon_uses", "spend": "aov"}  # fmt: skip
"""The figure of frames that name one themselves; of others it is orders."""


def frames() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in (Path(__file__).parent / "facing.txt").read_text().splitlines():
        if not line.startswith("#"):
            kind, said = line.split("|")
            found.setdefault(kind.strip(), []).extend(each.strip() for each in said.split(";"))
    return found


def questions(of: str, rounds: int, seed: int) -> Iterator[Expected]:
    chance = Random(seed)
    kind, held = KINDS[of], frames()
    for _ in range(rounds):
        for frame in kind.frames:
            for said in held[frame]:
                yield _question(chance, of, frame, said)


def _question(chance: Random, of: str, frame: str, said: str) -> Expected:
    kind = KINDS[of]
    (one, a), (other, b) = chance.sample(list(kind.names.items()), 2)
    period, when = chance.choice(list(PERIODS.items()))
    name, figure = chance.choice(list(kind.figures.items()))
    if frame != "figure":
        name = SPOKEN.get(frame, "orders")
    where = "" if of == "customer_type" else f"{of} in {one},{other}"
    text = said.format(a=a, b=b, m=figure, p=when)
    return written([text, name, of, "", period, where, "", "*"], KNOWN)


@pytest.mark.parametrize("of", list(KINDS))
def test_things_that_face_each_other_are_rows(of: str) -> None:
    hold_right(questions(of, 2, 4))
