"""Which shade is recommended and why. Pure.

Points are exact fractions, so that neither order of input nor rounding can change a rank.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from backshop.shade.catalogue.models import Shade
from backshop.shade.matching.models import LeftOut, Match, Pick, Ratings, RatingTally
from backshop.shade.models import Weights
from backshop.shade.surveys.models import Answers

UNDERTONES = ("cool", "neutral", "warm")
"""In their order."""
ENOUGH = 10
"""Fewer ratings than this say little, and the answer says so."""
UNSURE = 3
"""How well the tried shade fits where the customer does not say: as well as badly."""


class Score(NamedTuple):
    """A shade that may be recommended, with its points part by part."""

    shade: Shade
    variant_id: int
    parts: dict[str, Fraction]
    reasons: tuple[str, ...]
    ratings: Ratings

    @property
    def points(self) -> Fraction:
        return sum(self.parts.values(), Fraction(0))


def match(
    answers: Answers,
    shades: Collection[Shade],
    tallies: Iterable[RatingTally],
    in_stock: Collection[int],
    weights: Weights,
) -> Match:
    """The best shade, and the best of those lighter and of those deeper than it.

    `answers.shade_selected` is one of `shades`; `in_stock` are variants that can be bought. A shade
    that is not offered, not in stock, or not for the customer's skin type or one of their concerns
    is never recommended.
    """
    ranked = rank(answers, shades, tallies, in_stock, weights)
    left_out = [
        LeftOut(shade=shade.name, reason=why)
        for shade in sorted(shades, key=_place)
        if (why := why_left_out(shade, answers, in_stock))
    ]
    if not ranked:
        return Match(left_out=tuple(left_out))
    best = ranked[0]
    lighter = next((each for each in ranked if each.shade.depth < best.shade.depth), None)
    deeper = next((each for each in ranked if each.shade.depth > best.shade.depth), None)
    return Match(
        best=_pick(best),
        lighter=lighter and _pick(lighter),
        deeper=deeper and _pick(deeper),
        left_out=tuple(left_out),
    )


def rank(
    answers: Answers,
    shades: Collection[Shade],
    tallies: Iterable[RatingTally],
    in_stock: Collection[int],
    weights: Weights,
) -> list[Score]:
    """All shades that may be recommended, the best first; arguments as for `match`."""
    tried = _named(answers.shade_selected, shades)
    steps = {depth: place for place, depth in enumerate(sorted({s.depth for s in shades}))}
    known = _by_shade(tallies)
    scores = []
    for shade in shades:
        if why_left_out(shade, answers, in_stock):
            continue
        distance = _Distance(
            steps[shade.depth] - steps[tried.depth],
            UNDERTONES.index(shade.undertone) - UNDERTONES.index(tried.undertone),
        )
        scores.append((_score(shade, tried, distance, answers, known, in_stock, weights), distance))
    scores.sort(
        key=lambda each: (
            -each[0].points,
            abs(each[1].depth),
            abs(each[1].undertone),
            _place(each[0].shade),
        )
    )
    return [score for score, _ in scores]


class _Distance(NamedTuple):
    """Steps from the tried shade; negative is lighter and cooler."""

    depth: int
    undertone: int


def why_left_out(shade: Shade, answers: Answers, in_stock: Collection[int]) -> str | None:
    """The hard filter that keeps a shade out, in words; None where it may be recommended."""
    if not shade.is_offered:
        return "it is not offered"
    if not any(each in in_stock for each in shade.variant_ids):
        return "it is out of stock"
    for trait in (answers.skin_type, *answers.skin_concerns):
        if trait and includes(shade.not_for, trait):
            return f"it is not for {trait.lower()}"
    return None


def _score(
    shade: Shade,
    tried: Shade,
    distance: _Distance,
    answers: Answers,
    known: Mapping[str, list[RatingTally]],
    in_stock: Collection[int],
    weights: Weights,
) -> Score:
    fit = Fraction(answers.shade_fit_rating or UNSURE, 5)
    parts = {
        "depth": -Fraction(weights.depth) * abs(distance.depth) * fit,
        "undertone": -Fraction(weights.undertone) * abs(distance.undertone) * fit,
    }
    reasons = [_depth_words(distance.depth, tried), _undertone_words(distance.undertone, shade)]
    if shade.name == tried.name and answers.shade_fit_rating is not None:
        parts["own_fit"] = Fraction(weights.own_fit) * (answers.shade_fit_rating - 3) / 2
        reasons.append(f"you rated its fit {answers.shade_fit_rating} of 5")
    if answers.skin_type and includes(shade.good_for, answers.skin_type):
        parts["skin_type"] = Fraction(weights.skin_type)
        reasons.append(f"does well on {answers.skin_type.lower()} skin")
    if answers.finish_preference and includes((shade.finish or "",), answers.finish_preference):
        parts["finish"] = Fraction(weights.finish)
        reasons.append(f"has the {answers.finish_preference.lower()} finish you prefer")
    eased = [each for each in answers.skin_concerns if includes(shade.good_for, each)]
    if eased:
        parts["concerns"] = Fraction(weights.concern) * len(eased)
        reasons.append("does well for " + " and ".join(sorted(each.lower() for each in eased)))
    estimate, ratings = _ratings(shade, tried, answers.skin_type, known, weights)
    parts["ratings"] = Fraction(weights.ratings) * (estimate - 3) / 2
    reasons.append(_rating_words(ratings))
    variant_id = next(each for each in shade.variant_ids if each in in_stock)
    return Score(shade, variant_id, parts, tuple(reasons), ratings)


def _by_shade(tallies: Iterable[RatingTally]) -> dict[str, list[RatingTally]]:
    known: dict[str, list[RatingTally]] = defaultdict(list)
    for each in tallies:
        known[each.shade].append(each)
    return known


Level = Literal["depth_undertone_skin_type", "depth_undertone", "shade"]


def _ratings(
    shade: Shade,
    tried: Shade,
    skin_type: str | None,
    known: Mapping[str, list[RatingTally]],
    weights: Weights,
) -> tuple[Fraction, Ratings]:
    """The Bayesian average of a shade's fit by customers alike, and what stands behind it.

    Each group's average is drawn towards that of the wider one, the more so the fewer ratings it
    has: same depth, undertone and skin type, same depth and undertone, all of this shade. The
    average of everybody's ratings of all shades counts with a share that is the same for each;
    were it to stand in for a shade's missing ratings, a shade's better ratings would lift its
    unrated rivals more than itself.
    """
    own = known.get(shade.name, [])
    alike = [t for t in own if (t.depth, t.undertone) == (tried.depth, tried.undertone)]
    levels: dict[Level, list[RatingTally]] = {
        "shade": own,
        "depth_undertone": alike,
        "depth_undertone_skin_type": [t for t in alike if skin_type and t.skin_type == skin_type],
    }
    prior, strength = Fraction(weights.prior), Fraction(weights.prior_strength)
    average, level, count = prior, None, sum(t.number for t in own)
    for name, group in levels.items():
        average = _drawn(group, average, strength)
        if (ratings := sum(t.number for t in group)) >= ENOUGH:
            level, count = name, ratings
    everybody = _drawn([t for group in known.values() for t in group], prior, strength)
    share = Fraction(weights.everybody)
    estimate = share * everybody + (1 - share) * average
    behind = Ratings(
        average=float(round(estimate, 2)), count=count, level=level or "all", too_few=level is None
    )
    return estimate, behind


def _drawn(group: Iterable[RatingTally], towards: Fraction, strength: Fraction) -> Fraction:
    count = total = 0
    for each in group:
        count, total = count + each.number, total + each.total
    return (strength * towards + total) / (strength + count)


def _pick(score: Score) -> Pick:
    return Pick(
        shade=score.shade.name,
        swatch=score.shade.swatch,
        depth=score.shade.depth,
        undertone=score.shade.undertone,
        variant_id=score.variant_id,
        points=float(round(score.points, 2)),
        parts={name: float(round(points, 2)) for name, points in score.parts.items()},
        reasons=score.reasons,
        ratings=score.ratings,
    )


def _place(shade: Shade) -> tuple[int, str]:
    return shade.depth, shade.name


def _named(name: str, shades: Collection[Shade]) -> Shade:
    return next(each for each in shades if each.name.casefold() == name.casefold())


def includes(names: Iterable[str], wanted: str) -> bool:
    return any(each.casefold() == wanted.casefold() for each in names)


def _steps(number: int) -> str:
    return "one step" if abs(number) == 1 else f"{abs(number)} steps"


def _depth_words(distance: int, tried: Shade) -> str:
    if distance == 0:
        return f"as deep as {tried.name}, which you tried"
    return f"{_steps(distance)} {'deeper' if distance > 0 else 'lighter'} than {tried.name}"


def _undertone_words(distance: int, shade: Shade) -> str:
    if distance == 0:
        return f"the same {shade.undertone} undertone"
    return f"a {shade.undertone} undertone, {_steps(distance)} {'warmer' if distance > 0 else 'cooler'}"


_WHO = {
    "depth_undertone_skin_type": "customers of your depth, undertone and skin type",
    "depth_undertone": "customers of your depth and undertone",
    "shade": "customers who tried it",
}


def _rating_words(ratings: Ratings) -> str:
    if not ratings.too_few:
        return f"rated {ratings.average:.1f} of 5, by {ratings.count} {_WHO[ratings.level]}"
    if ratings.count == 0:
        return "nobody has rated it yet"
    number = "one rating" if ratings.count == 1 else f"{ratings.count} ratings"
    return f"only {number} so far, too few to tell"
