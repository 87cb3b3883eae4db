"""Scoring: from what a customer bought, and when, to two ranked lists with probabilities.

Training evaluates with these same functions, so what is measured is what is served. numpy only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from backshop.connect.recommend.models import (
    HALF_LIVES,
    Baskets,
    Blend,
    Floats,
    Histories,
    Ints,
    Neighbours,
    Ranked,
)

NO_AFFINITY = 0.003
"""Added to an affinity before its logarithm: items without a common buyer stay comparable."""
NO_SALES = 0.5
"""Added to a trend before its logarithm, in decayed sales."""


def baskets(
    customers: ArrayLike, orders: ArrayLike, items: ArrayLike, days: ArrayLike
) -> tuple[Baskets, list[Any]]:
    """Lines of orders, in any order and named in any way, as `Baskets`; and the items by number."""
    _, customer = np.unique(np.asarray(customers), return_inverse=True)
    _, order = np.unique(np.asarray(orders), return_inverse=True)
    names, item = np.unique(np.asarray(items), return_inverse=True)
    begun = np.full(order.max(initial=-1) + 1, np.inf)
    np.minimum.at(begun, order, days)
    # An item that stands on two lines of an order was bought in it once.
    kept = np.unique(order.astype(np.int64) * len(names) + item, return_index=True)[1]
    kept = kept[np.lexsort((item[kept], order[kept], begun[order[kept]], customer[kept]))]
    made = Baskets(
        customer=customer[kept].astype(np.int32),
        order=order[kept].astype(np.int32),
        item=item[kept].astype(np.int32),
        day=begun[order[kept]],
        customers=int(customer.max(initial=-1)) + 1,
        items=len(names),
    )
    return made, names.tolist()


def hold_out(baskets: Baskets) -> tuple[Baskets, Baskets]:
    """Split off the last order of every customer who has at least two: (kept, held out)."""
    last = _last_order(baskets)
    is_last = baskets.order == last[baskets.customer]
    others = np.bincount(baskets.customer[~is_last], minlength=baskets.customers)
    held_out = is_last & (others[baskets.customer] > 0)
    return _some(baskets, ~held_out), _some(baskets, held_out)


def split(baskets: Baskets, day: float) -> tuple[Baskets, Baskets]:
    """What was known when `day` began, and the next order of every customer known by then."""
    before = baskets.day < day
    known = np.zeros(baskets.customers, dtype=bool)
    known[baskets.customer[before]] = True
    after = np.flatnonzero(~before & known[baskets.customer])
    following = np.full(baskets.customers, -1, dtype=np.int64)
    following[baskets.customer[after[::-1]]] = baskets.order[after[::-1]]  # the first one stays
    held_out = ~before & (baskets.order == following[baskets.customer])
    return _some(baskets, before), _some(baskets, held_out)


def sample(baskets: Baskets, customers: int) -> Baskets:
    """All that so many of the customers bought, the same ones every time."""
    there = np.unique(baskets.customer)
    if len(there) <= customers:
        return baskets
    chosen = np.zeros(baskets.customers, dtype=bool)
    chosen[np.random.default_rng(0).choice(there, customers, replace=False)] = True
    return _some(baskets, chosen[baskets.customer])


def _last_order(baskets: Baskets) -> Ints:
    last = np.full(baskets.customers, -1, dtype=np.int64)
    last[baskets.customer] = baskets.order  # sorted by day: the last assignment stays
    return last


def _some(baskets: Baskets, chosen: np.ndarray) -> Baskets:
    return Baskets(
        customer=baskets.customer[chosen],
        order=baskets.order[chosen],
        item=baskets.item[chosen],
        day=baskets.day[chosen],
        customers=baskets.customers,
        items=baskets.items,
    )


def histories(baskets: Baskets) -> Histories:
    """Sum up what each customer bought."""
    rank, orders, first_order, last_order = _order_ranks(baskets)
    key = baskets.customer.astype(np.int64) * baskets.items + baskets.item
    by_key = np.argsort(key, kind="stable")  # stable: days keep rising within a key
    key = key[by_key]
    begins = np.flatnonzero(np.r_[True, key[1:] != key[:-1]][: len(key)])
    ends = np.r_[begins[1:], len(key)][: len(begins)] - 1
    customer = baskets.customer[by_key][begins]
    days = baskets.day[by_key]
    lines = np.bincount(baskets.customer, minlength=baskets.customers)
    return Histories(
        start=np.searchsorted(customer, np.arange(baskets.customers + 1)),
        item=baskets.item[by_key][begins],
        count=ends - begins + 1,
        first=days[begins],
        last=days[ends],
        since=orders[customer] - 1 - rank[by_key][ends],
        orders=orders,
        size=lines / np.maximum(orders, 1),
        variety=np.bincount(customer, minlength=baskets.customers),
        first_order=first_order,
        last_order=last_order,
    )


def _order_ranks(baskets: Baskets) -> tuple[Ints, Ints, Floats, Floats]:
    """Each line's order as the customer's 0th, 1st, …; per customer: orders, first and last day."""
    customer, order = baskets.customer, baskets.order
    begins = np.r_[True, (order[1:] != order[:-1]) | (customer[1:] != customer[:-1])]
    begins = begins[: len(order)]
    running = np.cumsum(begins) - 1
    orders = np.bincount(customer[begins], minlength=baskets.customers)
    before = np.cumsum(orders) - orders
    first = np.zeros(baskets.customers)
    last = np.zeros(baskets.customers)
    first[customer[::-1]] = baskets.day[::-1]
    last[customer] = baskets.day
    return running - before[customer], orders, first, last


def affinities(rows: Neighbours, items: int) -> Floats:
    """How strongly the items whose neighbours are given speak for each of all items."""
    return np.bincount(rows.item.ravel(), weights=rows.weight.ravel(), minlength=items)


def new_features(
    affinity: Floats, trend: Floats, orders: Floats, size: Floats, gap: Floats
) -> Floats:
    """Features of items that the customer has not bought yet.

    `affinity` is (…, items), `trend` (half-lives, items); the customer's number of orders, mean
    order size and days since the last order are (…, 1).
    """
    columns = [
        np.log(np.maximum(affinity, 0) + NO_AFFINITY),
        *np.log(trend + NO_SALES),
        np.log(orders),
        np.log(size),
        np.log1p(gap),
    ]
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def again_features(
    h: Histories, c: Ints, at: Ints, now: Floats | float, affinity: Floats, trend: Floats
) -> Floats:
    """Features of items that the customer bought before.

    `at` are entries of `h`, `c` their customers, `now` the day of the offer; `affinity` (entries)
    and `trend` (half-lives, entries) are those of the entries' items. An item is overdue where the
    time since it was last bought exceeds the usual interval: its own after two purchases, else
    that between the customer's orders.
    """
    since = np.maximum(now - h.last[at], 0)
    gap = np.maximum(now - h.last_order[c], 0)
    between_orders = (h.last_order[c] - h.first_order[c]) / np.maximum(h.orders[c] - 1, 1)
    own = (h.last[at] - h.first[at]) / np.maximum(h.count[at] - 1, 1)
    usual = np.where(h.count[at] > 1, own, between_orders)
    columns = [
        np.log(h.count[at]),
        np.log(h.orders[c]),
        np.log(h.orders[c]) ** 2,
        np.log1p(h.since[at]),
        np.log1p(since),
        np.log((since + 3) / (usual + 10)),
        np.log1p(gap),
        np.exp(-gap),  # an order split in two is no return
        np.log(h.size[c]),
        np.log(h.variety[c]),
        np.log(np.maximum(affinity, 0) + NO_AFFINITY),
        *np.log(trend + NO_SALES),
    ]
    return np.stack(columns, axis=-1)


def logits(blend: Blend, features: Floats) -> Floats:
    """The blend's opinion of each row of features (last axis); higher is likelier."""
    return features @ blend.weights + blend.bias


def probabilities(blend: Blend, scores: Floats) -> Floats:
    """Calibrated probabilities of logits."""
    return 1 / (1 + np.exp(-(blend.slope * scores + blend.intercept)))


def decayed(trend: Floats, days: float) -> Floats:
    """The trend (half-lives, items) after some more days without a sale."""
    return trend * np.exp2(-days / np.array(HALF_LIVES))[:, None]


def best(scores: Floats, number: int) -> Ints:
    """The places of the highest scores along the last axis, best first; equal ones keep their
    order."""
    number = min(number, scores.shape[-1])
    top = np.argpartition(-scores, number - 1, axis=-1)[..., :number]
    top = np.sort(top, axis=-1)
    order = np.argsort(-np.take_along_axis(scores, top, axis=-1), axis=-1, kind="stable")
    return np.take_along_axis(top, order, axis=-1)


def buy_again(
    blend: Blend, trend: Floats, history: Histories, affinity: Floats, now: float, number: int
) -> Ranked:
    """What one customer (the history's only one) is likeliest to buy again, on day `now`."""
    at = np.arange(len(history.item))
    features = again_features(
        history, np.zeros_like(at), at, now, affinity[history.item], trend[:, history.item]
    )
    scores = logits(blend, features)
    top = best(scores, number)
    return Ranked(history.item[top], probabilities(blend, scores[top]))


def new_for_you(
    blend: Blend, trend: Floats, history: Histories, affinity: Floats, now: float, number: int
) -> Ranked:
    """What the customer has not bought yet and is likeliest to."""
    gap = np.maximum(now - history.last_order, 0)
    features = new_features(affinity, trend, history.orders, history.size, gap)
    scores = logits(blend, features)
    scores[history.item] = -np.inf
    top = best(scores, number)
    top = top[np.isfinite(scores[top])]
    return Ranked(top, probabilities(blend, scores[top]))


def popular(trend: Floats, orders: Floats, number: int) -> Ranked:
    """What an unknown customer is likeliest to buy: the share of this month's orders with the item.

    `trend` and `orders` are decayed counts of the same half-life. Half an order is added to both
    sides, so that one sale in a new shop is no certainty.
    """
    top = best(trend, number)
    top = top[trend[top] > 0]
    return Ranked(top, np.minimum(trend[top] / (orders + 1), 1))
