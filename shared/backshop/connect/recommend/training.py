"""Making a model from baskets: neighbours, blend weights, calibration, and the held-out comparison.

The last order of every customer is kept out to score the model. The weights are fitted on the
orders
before it, each from what was known earlier; what is served in the end uses all orders with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import linalg, sparse, special

from backshop.connect.recommend import rules
from backshop.connect.recommend.models import (
    HALF_LIVES,
    Baskets,
    Blend,
    Floats,
    Histories,
    Ints,
    Model,
    Neighbours,
    Quality,
    Scores,
    Trained,
)

EASE_ITEMS = 5_000
"""Up to so many items the exact item-to-item regression (EASE, Steck 2019) is solved, in 4 bytes x
items^2 of memory; above it shrunk cosine neighbours take its place."""
EASE_RIDGE = 400.0
COSINE_SHRINK = 10.0
MIN_BUYERS = 5
"""An item with fewer buyers has no neighbours; its trend alone speaks for it."""
NEIGHBOURS = 100
"""Kept for each item."""
SHORTLIST = 200
"""Items a customer that the weights are fitted on; nearly all that could be served are in it."""
LIST = 10
FIT_ORDERS = 3
"""Orders of each customer that are kept out one after the other to fit the weights on."""
SPAN, SPANS = 30.0, 2
"""Days before the end from which orders are predicted as serving would have done, so many times
over."""
JUDGED = 4_000
"""Customers a round that the weights are fitted on, and that the held-out comparison is made of."""

CELLS = 1_000_000
"""Customers x items that are worked on at a time: some 70 bytes each."""

Matrix = Any
"""A scipy.sparse.csr_matrix; scipy comes without types."""
Bools = NDArray[np.bool_]


def bought(baskets: Baskets) -> Matrix:
    """Customers x items, 1 where the customer ever bought the item."""
    ones = np.ones(len(baskets.item), dtype=np.float32)
    matrix = sparse.csr_matrix(
        (ones, (baskets.customer, baskets.item)), shape=(baskets.customers, baskets.items)
    )
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix


def find_neighbours(baskets: Baskets) -> Neighbours:
    """The neighbours of every item that enough customers bought, by the method their number
    allows."""
    matrix = bought(baskets)
    known = np.flatnonzero(np.asarray(matrix.sum(axis=0)).ravel() >= MIN_BUYERS)
    if not len(known):
        return no_neighbours(baskets.items)
    among = (ease if len(known) <= EASE_ITEMS else cosine)(matrix[:, known])
    width = among.item.shape[1]
    item = np.zeros((baskets.items, width), dtype=np.int32)
    weight = np.zeros((baskets.items, width), dtype=np.float32)
    item[known], weight[known] = known[among.item], among.weight
    return Neighbours(item, weight)


def no_neighbours(items: int) -> Neighbours:
    return Neighbours(np.zeros((items, 1), dtype=np.int32), np.zeros((items, 1), np.float32))


def ease(matrix: Matrix, ridge: float = EASE_RIDGE, keep: int = NEIGHBOURS) -> Neighbours:
    """The ridge regression of every item on all others, in closed form (Steck 2019, eq. 8)."""
    items = matrix.shape[1]
    gram = np.empty((items, items), dtype=np.float32, order="F")
    for start, common in _buyers_in_common(matrix):
        gram[:, start : start + len(common)] = common.T
    gram[np.diag_indices(items)] += ridge
    gram, failed = linalg.lapack.spotrf(gram, lower=1, overwrite_a=1)
    if not failed:
        gram, failed = linalg.lapack.spotri(gram, lower=1, overwrite_c=1)
    if failed:
        raise linalg.LinAlgError("the item matrix is singular in spite of its ridge")
    diagonal = np.diagonal(gram).copy()
    rows = (np.r_[gram[at, :at], gram[at:, at]] / -diagonal for at in range(items))
    return _strongest(rows, items, keep)


def cosine(matrix: Matrix, shrink: float = COSINE_SHRINK, keep: int = NEIGHBOURS) -> Neighbours:
    """Cosine of the items' buyers, pulled to 0 where they are few."""
    buyers = np.sqrt(np.asarray(matrix.sum(axis=0)).ravel())
    rows = (
        row / (buyers[at] * buyers + shrink)
        for start, common in _buyers_in_common(matrix)
        for at, row in enumerate(common, start)
    )
    return _strongest(rows, matrix.shape[1], keep)


def _buyers_in_common(matrix: Matrix) -> Iterator[tuple[int, Floats]]:
    """How many bought both, a slice of items (its first one's number) by all items at a time."""
    by_item = matrix.T.tocsr()
    step = max(1, 1_000_000 // matrix.shape[1])
    for start in range(0, matrix.shape[1], step):
        yield start, (by_item[start : start + step] @ matrix).toarray()


def _strongest(rows: Iterator[Floats], items: int, keep: int) -> Neighbours:
    """The greatest positive weights of each row; an item is no neighbour of its own."""
    keep = min(keep, items)
    item = np.zeros((items, keep), dtype=np.int32)
    weight = np.zeros((items, keep), dtype=np.float32)
    for at, row in enumerate(rows):
        row[at] = 0
        item[at] = rules.best(row, keep)
        weight[at] = np.maximum(row[item[at]], 0)
    return Neighbours(item, weight)


@dataclass(frozen=True, slots=True)
class Moment:
    """Customers at the moment of their held-out orders, all on one day.

    `affinity`, `wanted` and `owned` are (customers, items); `wanted` marks the held-out order.
    `trend` is as of the day's beginning. `now` in days, one a customer.
    """

    customers: Ints
    now: Floats
    affinity: Floats
    wanted: Bools
    owned: Bools
    trend: Floats


def replay(kept: Baskets, held_out: Baskets, neighbours: Neighbours) -> Iterator[Moment]:
    """Go through the held-out orders by day; trends know only what was kept and sold on days
    before."""
    owned = bought(kept)
    wanted = bought(held_out)
    spoken = sparse.csr_matrix(
        (
            neighbours.weight.ravel(),
            neighbours.item.ravel(),
            np.arange(len(neighbours.item) + 1) * neighbours.item.shape[1],
        ),
        shape=(kept.items, kept.items),
    )
    now = np.full(kept.customers, np.inf)
    now[held_out.customer] = held_out.day
    waiting = np.argsort(now, kind="stable")[: len(np.unique(held_out.customer))]
    trends = _Trends(kept)
    step = max(1, CELLS // kept.items)
    for day in np.unique(np.floor(now[waiting])):
        today = waiting[np.floor(now[waiting]) == day]
        trend = trends.before(day)
        for start in range(0, len(today), step):
            part = today[start : start + step]
            yield Moment(
                customers=part,
                now=now[part],
                affinity=(owned[part] @ spoken).toarray(),
                wanted=wanted[part].toarray() > 0,
                owned=owned[part].toarray() > 0,
                trend=trend,
            )


class _Trends:
    """Decayed sales of every item; asked for rising days only."""

    def __init__(self, baskets: Baskets) -> None:
        by_day = np.argsort(baskets.day, kind="stable")
        self.days = np.floor(baskets.day[by_day])
        self.item = baskets.item[by_day]
        self.items = baskets.items
        self.at = 0
        self.day = self.days[0] if len(self.days) else 0.0
        self.trend: Floats = np.zeros((len(HALF_LIVES), baskets.items))

    def before(self, day: float) -> Floats:
        while self.at < len(self.days) and self.days[self.at] < day:
            end = int(np.searchsorted(self.days, self.days[self.at], side="right"))
            self._to(self.days[self.at])
            self.trend += np.bincount(self.item[self.at : end], minlength=self.items)
            self.at = end
        self._to(day)
        return self.trend.astype(np.float32)

    def _to(self, day: float) -> None:
        self.trend = rules.decayed(self.trend, day - self.day)
        self.day = day


MIN_CUSTOMERS = 50


class TooLittle(ValueError):
    """There are too few returning customers to learn from, or nothing that they could choose."""


def train(baskets: Baskets, day: float) -> Trained:
    """Fit, score on held-out orders, and make the model to be served from `day` (since the epoch)
    on.

    Raises TooLittle where fewer than MIN_CUSTOMERS customers have the three orders that it takes,
    or where they never bought anything new, or never anything again.
    """
    kept, held_out = rules.hold_out(baskets)
    new, again = fit(kept)
    scores = evaluate(kept, rules.sample(held_out, JUDGED), new, again)
    trend, orders = trends(baskets, day)
    return Trained(Model(find_neighbours(baskets), trend, orders, day, new, again), scores)


def trends(baskets: Baskets, day: float) -> tuple[NDArray[np.float32], Floats]:
    """Decayed sales (half-lives, items) and number of orders (half-lives) of all days before
    `day`."""
    first = np.unique(baskets.order, return_index=True)[1]
    age = day - np.floor(baskets.day[first])
    orders = [(0.5 ** (age[age > 0] / half_life)).sum() for half_life in HALF_LIVES]
    return _Trends(baskets).before(day), np.array(orders)


def fit(kept: Baskets) -> tuple[Blend, Blend]:
    """Weights and calibration of the two lists (new, again), from the last orders of `kept`.

    Weights are fitted on each customer's last orders, whenever they were, and on the next orders
    after
    some recent days; the calibration on the latter alone, because they are what is predicted at
    serving. Customers who are known to come back buy again more often than those of whom no later
    order is known, and every order in `kept` but none at serving has a later one. So the number of
    later orders is a feature, made to vary by keeping out one order after the other, and 0 is put
    in for it in the end.
    """
    new, again = Parts([], []), Parts([], [])
    earlier = kept
    for later in range(1, FIT_ORDERS + 1):
        earlier, held_out = rules.hold_out(earlier)
        if later == 1 and len(np.unique(held_out.customer)) < MIN_CUSTOMERS:
            raise TooLittle(f"fewer than {MIN_CUSTOMERS} customers have three orders or more")
        for each in _examples_of(earlier, held_out, later):
            new.fitted.append(each.new)
            again.fitted.append(each.again)
    end = float(np.floor(kept.day.max())) + 1
    for span in range(1, SPANS + 1):
        day = end - SPAN * span
        for each in _examples_of(*rules.split(kept, day), later=0):
            for parts, examples in ((new, each.new), (again, each.again)):
                parts.fitted.append(examples)
                if each.day < day + SPAN:
                    parts.recent.append(examples)
    return _blend(new), _blend(again)


class Parts(NamedTuple):
    """Examples that weights are fitted on, and those of them that the calibration is."""

    fitted: list[Examples]
    recent: list[Examples]


class Both(NamedTuple):
    """Examples of both lists on one day."""

    day: float
    new: Examples
    again: Examples


def _examples_of(kept: Baskets, held_out: Baskets, later: int) -> Iterator[Both]:
    """The held-out orders as examples, of a sample of the customers where there are very many."""
    if not len(held_out.item):
        return
    summed = rules.histories(kept)
    for moment in replay(kept, rules.sample(held_out, JUDGED), find_neighbours(kept)):
        day = float(np.floor(moment.now[0]))
        yield Both(
            day, _new_examples(moment, summed, later), _again_examples(moment, summed, later)
        )


class Examples(NamedTuple):
    """Rows of features, whether the held-out order had the item, and whose order that was.

    The last feature is log(1 + later), where `later` orders of the customer followed.
    """

    features: NDArray[np.float32]
    wanted: Bools
    order: NDArray[np.int64]
    """The customer, who has one order in each part; over joined parts a number of its own."""


def _examples(features: Floats, wanted: Bools, customer: Ints, later: int) -> Examples:
    last = np.full((len(features), 1), np.log1p(later))
    made = np.hstack([features, last], dtype=np.float32)
    return Examples(made, wanted, customer.astype(np.int64))


def _person(summed: Histories, moment: Moment) -> tuple[Floats, Floats, Floats]:
    """Orders, mean order size and days since the last order, as columns."""
    who = moment.customers
    gap = np.maximum(moment.now - summed.last_order[who], 0)
    return summed.orders[who][:, None], summed.size[who][:, None], gap[:, None]


def _new_examples(moment: Moment, summed: Histories, later: int) -> Examples:
    known = np.log(np.maximum(moment.affinity, 0) + rules.NO_AFFINITY)
    likely = known + 0.5 * np.log(moment.trend[0] + rules.NO_SALES)
    likely[moment.owned] = -np.inf
    number = min(SHORTLIST, likely.shape[1])
    short = np.argpartition(-likely, number - 1, axis=1)[:, :number]
    affinity = np.take_along_axis(moment.affinity, short, axis=1)
    features = rules.new_features(affinity, moment.trend[:, short], *_person(summed, moment))
    allowed = ~np.take_along_axis(moment.owned, short, axis=1)
    customer = np.broadcast_to(moment.customers[:, None], short.shape)
    wanted = np.take_along_axis(moment.wanted, short, axis=1)
    return _examples(features[allowed], wanted[allowed], customer[allowed], later)


def _again_examples(moment: Moment, summed: Histories, later: int) -> Examples:
    features, place, item = _again_features(moment, summed)
    return _examples(features, moment.wanted[place, item], moment.customers[place], later)


def _again_features(moment: Moment, summed: Histories) -> tuple[Floats, Ints, Ints]:
    """Rows of features of everything that the customers own, and each row's customer and item."""
    at, place = _entries(summed, moment.customers)
    item = summed.item[at]
    features = rules.again_features(
        summed,
        moment.customers[place],
        at,
        moment.now[place],
        moment.affinity[place, item],
        moment.trend[:, item],
    )
    return features, place, item


def _entries(summed: Histories, customers: Ints) -> tuple[Ints, Ints]:
    """The entries of these customers' histories, and for each the customer's place among them."""
    lengths = np.diff(summed.start)[customers]
    place = np.repeat(np.arange(len(customers)), lengths)
    within = np.arange(len(place)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return summed.start[customers][place] + within, place


def _blend(parts: Parts) -> Blend:
    """Raises TooLittle where no example was wanted, or every one."""
    every = _joined(parts.fitted)
    parts.fitted.clear()
    if not 0 < every.wanted.sum() < len(every.wanted):
        raise TooLittle("there was nothing new to buy, or nothing was bought again")
    weights, bias = _regression(every.features, every.wanted)
    recent = _joined(parts.recent)
    if len(np.unique(recent.order)) < MIN_CUSTOMERS or not recent.wanted.any():
        recent = every  # a young or a quiet shop
    scores = recent.features @ weights + bias
    shown = _first(scores, recent.order)
    slope, intercept = _regression(scores[shown, None], recent.wanted[shown])
    return Blend(weights[:-1], bias, float(slope[0]), intercept)


def _joined(parts: list[Examples]) -> Examples:
    if not parts:
        return Examples(np.empty((0, 1), np.float32), np.empty(0, bool), np.empty(0, np.int64))
    features, wanted, order = map(np.concatenate, zip(*parts, strict=True))
    part = np.repeat(np.arange(len(parts)), [len(each.order) for each in parts])
    return Examples(features, wanted, order * len(parts) + part)


def _first(scores: Floats, order: Ints) -> Ints:
    """The rows of the highest scores of each order: those that would have been shown."""
    sorting = np.lexsort((-scores, order))
    order = order[sorting]
    rank = np.arange(len(order)) - np.searchsorted(order, order)
    return sorting[rank < LIST]


def _regression(x: Floats, y: Bools, ridge: float = 1.0) -> tuple[Floats, float]:
    """Logistic regression by Newton's method: weights of the plain features, and the bias.

    The ridge acts on standardised features and spares the bias. Rows are taken in slices, which
    keeps the working memory small.
    """
    parts = [slice(start, start + 50_000) for start in range(0, len(x), 50_000)]
    mean = x.mean(axis=0, dtype=np.float64)
    scale = np.sqrt(sum(((x[part] - mean) ** 2).sum(axis=0) for part in parts) / len(x))
    scale[scale < 1e-6] = 1  # a feature that never varies says nothing
    penalty = np.r_[np.full(x.shape[1], ridge), 1e-9]
    weights = np.zeros(len(penalty))
    weights[-1] = np.log((y.sum() + 0.5) / (len(y) - y.sum() + 0.5))
    for _ in range(25):
        slope, curvature = -penalty * weights, np.diag(penalty)
        for part in parts:
            z = np.c_[(x[part] - mean) / scale, np.ones(len(x[part]))]
            p = special.expit(z @ weights)
            slope += z.T @ (y[part] - p)
            curvature += (z * (p * (1 - p))[:, None]).T @ z
        step = linalg.solve(curvature, slope, assume_a="pos")
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    plain = weights[:-1] / scale
    return plain, float(weights[-1] - mean @ plain)


def evaluate(kept: Baskets, held_out: Baskets, new: Blend, again: Blend) -> Scores:
    """Compare with popularity (all sales so far) on the held-out orders."""
    summed = rules.histories(kept)
    popularity = np.bincount(kept.item, minlength=kept.items).astype(float)
    ours_new, ours_again, ours_any, plain_new, plain_any = (Tally() for _ in range(5))
    for moment in replay(kept, held_out, find_neighbours(kept)):
        wanted, owned = moment.wanted, moment.owned
        fresh = _top_new(moment, summed, new)
        known = _top_again(moment, summed, again)
        both = _merged(known, fresh)
        ours_new.add(fresh, wanted & ~owned)
        ours_again.add(known, wanted & owned)
        ours_any.add(both, wanted)
        tops = np.broadcast_to(popularity, wanted.shape)
        plain_any.add(Lists(rules.best(tops, LIST)), wanted)
        plain_new.add(Lists(rules.best(np.where(owned, -1, tops), LIST)), wanted & ~owned)
    shown = ours_new.shown + ours_again.shown
    return Scores(
        new=ours_new.quality(ours_new.shown),
        again=ours_again.quality(ours_again.shown),
        any=ours_any.quality(shown),
        popularity_new=plain_new.quality([]),
        popularity_any=plain_any.quality([]),
    )


class Lists(NamedTuple):
    """One list a customer: items (-1 where a list is shorter), and probabilities if known."""

    items: Ints
    probabilities: Floats | None = None


def _top_new(moment: Moment, summed: Histories, blend: Blend) -> Lists:
    features = rules.new_features(
        moment.affinity, moment.trend[:, None, :], *_person(summed, moment)
    )
    scores = rules.logits(blend, features)
    scores[moment.owned] = -np.inf
    return _lists(rules.best(scores, LIST), scores, blend)


def _top_again(moment: Moment, summed: Histories, blend: Blend) -> Lists:
    features, place, item = _again_features(moment, summed)
    scores = np.full(moment.owned.shape, -np.inf)
    scores[place, item] = rules.logits(blend, features)
    return _lists(rules.best(scores, LIST), scores, blend)


def _lists(top: Ints, scores: Floats, blend: Blend) -> Lists:
    reached = np.take_along_axis(scores, top, axis=1)
    items = np.where(np.isfinite(reached), top, -1)
    return Lists(items, np.where(items < 0, 0, rules.probabilities(blend, reached)))


def _merged(one: Lists, other: Lists) -> Lists:
    items = np.concatenate([one.items, other.items], axis=1)
    likely = np.concatenate([one.probabilities, other.probabilities], axis=1)
    top = rules.best(likely, LIST)
    return Lists(np.take_along_axis(items, top, axis=1), np.take_along_axis(likely, top, axis=1))


class Tally:
    """Hits of lists of ten, counted over the customers who wanted anything of their kind."""

    def __init__(self) -> None:
        self.customers = 0
        self.hits = 0
        self.gain = 0.0
        self.shown: list[tuple[Floats, Bools]] = []

    def add(self, lists: Lists, wanted: Bools) -> None:
        hit = np.take_along_axis(wanted, np.maximum(lists.items, 0), axis=1) & (lists.items >= 0)
        discount = 1 / np.log2(np.arange(2, LIST + 2))
        ideal = np.r_[0, np.cumsum(discount)][np.minimum(wanted.sum(axis=1), LIST)]
        wanting = ideal > 0
        gain = (hit @ discount[: hit.shape[1]])[wanting] / ideal[wanting]
        self.customers += int(wanting.sum())
        self.hits += int(hit[wanting].any(axis=1).sum())
        self.gain += float(gain.sum())
        if lists.probabilities is not None:
            there = lists.items >= 0
            self.shown.append((lists.probabilities[there], hit[there]))

    def quality(self, shown: Sequence[tuple[Floats, Bools]]) -> Quality:
        customers = max(self.customers, 1)
        quality = Quality(
            customers=self.customers, hr=self.hits / customers, ndcg=self.gain / customers
        )
        if not any(len(likely) for likely, _ in shown):
            return quality
        likely, hit = (np.concatenate(part) for part in zip(*shown, strict=True))
        ece, ratio = calibration_error(likely, hit), log_loss_ratio(likely, hit)
        return quality.model_copy(update={"ece": ece, "log_loss_ratio": ratio})


def calibration_error(likely: Floats, hit: Bools, groups: int = 10) -> float:
    """Mean distance of predicted and observed frequency over groups of equal size by prediction."""
    parts = np.array_split(np.argsort(likely, kind="stable"), groups)
    off = [abs(float(likely[part].sum() - hit[part].sum())) for part in parts]
    return sum(off) / len(likely)


def log_loss_ratio(likely: Floats, hit: Bools) -> float | None:
    """Log-loss of the predictions over that of always predicting the observed mean; None where
    that is 0, because everything was hit or nothing."""
    always = _log_loss(np.full(len(hit), hit.mean()), hit)
    return _log_loss(likely, hit) / always if always else None


def _log_loss(likely: Floats, hit: Bools) -> float:
    likelihood = np.clip(np.where(hit, likely, 1 - likely), 1e-12, 1)
    return float(-np.log(likelihood).mean())
