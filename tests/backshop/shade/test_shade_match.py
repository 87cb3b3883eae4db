"""The shade match: what it never does, whatever the shop, the ratings and the answers are."""

from __future__ import annotations

import random
from typing import Any

import pytest
from backshop.shade.catalogue.models import Shade
from backshop.shade.matching import rules
from backshop.shade.matching.models import RatingTally
from backshop.shade.models import Weights
from backshop.shade.surveys.models import Answers
from hypothesis import given, settings
from hypothesis import strategies as st

SKIN_TYPES = ("Oily", "Dry", "Combo")
CONCERNS = ("Acne", "Redness", "Hyperpigmentation")
FINISHES = ("Matte", "Dewy")
NAMES = [f"Shade {number}" for number in range(1, 9)]
WORDS = SKIN_TYPES + CONCERNS


@st.composite
def shops(draw: st.DrawFn) -> dict[str, Any]:
    """Arguments of `rules.match`: a catalogue, its stock, ratings, and a customer's answers."""
    count = draw(st.integers(1, len(NAMES)))
    shades = [
        Shade(
            name=name,
            depth=draw(st.integers(1, 5)),
            undertone=draw(st.sampled_from(rules.UNDERTONES)),
            finish=draw(st.none() | st.sampled_from(FINISHES)),
            variant_ids=tuple(
                draw(st.lists(st.integers(1, 12), max_size=2, unique=True)),
            ),
            good_for=tuple(draw(st.lists(st.sampled_from(WORDS), max_size=3, unique=True))),
            not_for=tuple(draw(st.lists(st.sampled_from(WORDS), max_size=1, unique=True))),
            is_offered=draw(st.integers(0, 9)) > 0,
        )
        for name in NAMES[:count]
    ]
    return {
        "answers": Answers(
            shade_selected=draw(st.sampled_from(NAMES[:count])),
            shade_fit_rating=draw(st.none() | st.integers(1, 5)),
            skin_type=draw(st.none() | st.sampled_from(SKIN_TYPES)),
            skin_concerns=tuple(draw(st.lists(st.sampled_from(CONCERNS), unique=True))),
            finish_preference=draw(st.none() | st.sampled_from(FINISHES)),
        ),
        "shades": shades,
        "tallies": [draw(ratings(NAMES[:count])) for _ in range(draw(st.integers(0, 12)))],
        "in_stock": frozenset(draw(st.lists(st.integers(1, 12), max_size=12))),
        "weights": draw(st.just(Weights()) | st.builds(Weights, **WEIGHTS)),
    }


WEIGHTS = {
    name: st.integers(0, 40).map(float)
    for name in ("depth", "undertone", "own_fit", "skin_type", "finish", "concern", "ratings")
} | {
    "everybody": st.floats(0, 0.99),
    "prior": st.floats(1, 5),
    "prior_strength": st.floats(0.1, 50),
}


@st.composite
def ratings(draw: st.DrawFn, names: list[str]) -> RatingTally:
    number = draw(st.integers(1, 60))
    return RatingTally(
        shade=draw(st.sampled_from(names)),
        depth=draw(st.integers(1, 5)),
        undertone=draw(st.sampled_from(rules.UNDERTONES)),
        skin_type=draw(st.none() | st.sampled_from(SKIN_TYPES)),
        number=number,
        total=draw(st.integers(number, 5 * number)),
    )


def order(shop: dict[str, Any]) -> list[str]:
    return [each.shade.name for each in rules.rank(**shop)]


@given(shops())
@settings(max_examples=60, deadline=None)
def test_no_shade_is_recommended_that_is_out_of_stock_or_ruled_out(shop: dict[str, Any]) -> None:
    by_name = {each.name: each for each in shop["shades"]}
    said = {shop["answers"].skin_type, *shop["answers"].skin_concerns}
    match = rules.match(**shop)
    picks = [each for each in (match.best, match.lighter, match.deeper) if each]
    for pick in picks:
        shade = by_name[pick.shade]
        assert pick.variant_id in shop["in_stock"]
        assert pick.variant_id in shade.variant_ids
        assert shade.is_offered
        assert not said & set(shade.not_for)
    allowed = {
        each.name
        for each in shop["shades"]
        if each.is_offered
        and set(each.variant_ids) & shop["in_stock"]
        and not said & set(each.not_for)
    }
    assert set(order(shop)) == allowed, "and no other one is held back"
    assert {each.shade for each in match.left_out} == set(by_name) - allowed


@given(shops())
@settings(max_examples=60, deadline=None)
def test_lighter_is_lighter_and_deeper_is_deeper(shop: dict[str, Any]) -> None:
    match = rules.match(**shop)
    ranked = rules.rank(**shop)
    if match.best is None:
        assert not ranked
        return
    assert match.best.shade == ranked[0].shade.name
    depths = {each.shade.depth for each in ranked}
    best = match.best.depth
    assert (match.lighter is None) == (not any(depth < best for depth in depths))
    assert (match.deeper is None) == (not any(depth > best for depth in depths))
    assert match.lighter is None or match.lighter.depth < best
    assert match.deeper is None or match.deeper.depth > best


@given(shops(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_input_does_not_matter(shop: dict[str, Any], chance: random.Random) -> None:
    before = rules.match(**shop)
    for name in ("shades", "tallies"):
        chance.shuffle(shop[name])
    again = rules.match(**shop)
    assert again == before, "the same points, reasons and rank, to the last digit"


@given(shops(), st.data())
@settings(max_examples=150, deadline=None)
def test_better_ratings_never_lower_a_shade(shop: dict[str, Any], data: st.DataObject) -> None:
    """More fives, or better ones in place of worse: no shade that was behind comes before it."""
    before = order(shop)
    if not before:
        return
    name = data.draw(st.sampled_from(before))
    mine = [place for place, each in enumerate(shop["tallies"]) if each.shade == name]
    better = list(shop["tallies"])
    if mine and data.draw(st.booleans()):
        place = data.draw(st.sampled_from(mine))
        each = better[place]
        total = data.draw(st.integers(each.total, 5 * each.number))
        better[place] = each._replace(total=total)
    else:
        added = data.draw(ratings([name]))
        better.append(added._replace(total=5 * added.number))
    after = order({**shop, "tallies": better})
    assert set(before[: before.index(name)]) >= set(after[: after.index(name)])


@given(shops())
@settings(max_examples=60, deadline=None)
def test_a_better_own_fit_never_lowers_the_tried_shade(shop: dict[str, Any]) -> None:
    tried = shop["answers"].shade_selected
    places = []
    for fit in (1, 2, 3, 4, 5):
        answers = shop["answers"].model_copy(update={"shade_fit_rating": fit})
        ranked = order({**shop, "answers": answers})
        if tried in ranked:
            places.append(ranked.index(tried))
    assert places == sorted(places, reverse=True)


def test_backing_off_to_everybodys_average_would_break_that() -> None:
    """Why the average of all shades counts the same for each: as a stand-in for missing ratings it
    lets a shade that is loved already lift its unrated rivals above itself."""
    loved = RatingTally("Shade 1", 1, "cool", None, 1000, 5000)
    hated = RatingTally("Shade 2", 1, "cool", None, 1000, 1000)

    def stand_in(shade: str, tallies: list[RatingTally]) -> float:
        own = [each for each in tallies if each.shade == shade]
        all_, number = sum(t.total for t in tallies), sum(t.number for t in tallies)
        mean = all_ / number
        return (10 * mean + sum(t.total for t in own)) / (10 + sum(t.number for t in own))

    def lead(tallies: list[RatingTally]) -> float:
        return stand_in("Shade 1", tallies) - stand_in("Shade 3", tallies)

    assert lead([loved._replace(number=1100, total=5500), hated]) < lead([loved, hated])


SHADES = [
    Shade(name=name, depth=depth, undertone="warm", finish="Matte", variant_ids=(depth,))
    for depth, name in enumerate(("Ivory", "Sand", "Honey", "Amber"), 1)
]
STOCK = frozenset(range(1, 10))


def match(answers: dict[str, Any], shades: list[Shade] = SHADES, tallies: Any = ()) -> Any:
    given = Answers.model_validate({"shade_selected": "Honey", **answers})
    return rules.match(given, shades, tallies, STOCK, Weights())


def test_the_shade_that_fits_is_the_best() -> None:
    found = match({"shade_fit_rating": 5})
    assert found.best.shade == "Honey"
    assert found.best.parts == {"depth": 0, "undertone": 0, "own_fit": 6, "ratings": 0}
    assert found.best.reasons == (
        "as deep as Honey, which you tried",
        "the same warm undertone",
        "you rated its fit 5 of 5",
        "nobody has rated it yet",
    )
    assert (found.lighter.shade, found.deeper.shade) == ("Sand", "Amber")
    assert found.lighter.reasons[0] == "one step lighter than Honey"


def test_the_shade_that_does_not_fit_gives_way_to_a_neighbour() -> None:
    found = match({"shade_fit_rating": 1})
    assert found.best.shade in ("Sand", "Amber")


def test_who_is_alike_decides_between_neighbours() -> None:
    """Both neighbours are a step away; customers of this depth and skin rated the deeper one."""
    message_state = [
        RatingTally("Amber", 3, "warm", "Oily", 12, 57),
        RatingTally("Sand", 3, "warm", "Oily", 12, 20),
        RatingTally("Sand", 1, "cool", "Dry", 40, 200),
    ]
    found = match({"shade_fit_rating": 1, "skin_type": "Oily"}, tallies=message_state)
    assert found.best.shade == "Amber"
    assert (found.best.ratings.level, found.best.ratings.count) == (
        "depth_undertone_skin_type",
        12,
    )
    assert not found.best.ratings.too_few
    assert "by 12 customers of your depth, undertone and skin type" in found.best.reasons[-1]


@pytest.mark.parametrize(
    ("number", "level", "too_few"), [(0, "all", True), (9, "all", True), (10, "shade", False)]
)
def test_too_few_ratings_are_said(number: int, level: str, too_few: bool) -> None:
    tallies = [RatingTally("Honey", 1, "cool", None, number, 4 * number)] if number else []
    found = match({"shade_fit_rating": 5}, tallies=tallies).best
    assert (found.ratings.level, found.ratings.too_few) == (level, too_few)
    assert found.ratings.count == number
    assert ("too few" in found.reasons[-1]) == (0 < number < 10)


def test_only_the_order_of_depths_matters() -> None:
    wide = [each.model_copy(update={"depth": each.depth * 20}) for each in SHADES]
    near, far = match({"shade_fit_rating": 4}), match({"shade_fit_rating": 4}, wide)
    assert [near.best.points, near.lighter.points] == [far.best.points, far.lighter.points]


def test_nothing_in_stock_is_no_match() -> None:
    given = Answers(shade_selected="Honey")
    found = rules.match(given, SHADES, (), frozenset(), Weights())
    assert (found.best, found.lighter, found.deeper) == (None, None, None)
    assert {each.reason for each in found.left_out} == {"it is out of stock"}
