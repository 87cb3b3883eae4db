"""What training reads and makes, and what is served."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from backshop.commerce import Money, Time

Floats = NDArray[Any]
"""Floating-point numbers, of whichever width."""
Ints = NDArray[Any]
"""Integers, of whichever width."""

HALF_LIVES = (7.0, 30.0, 180.0)
"""Days in which a sale counts half, for the three trends of an item: this week's, this month's and
its usual one. Their ratios say whether it is rising or being sold out."""


@dataclass(frozen=True, slots=True)
class Baskets:
    """Who bought what when: one entry a distinct item of an order, sorted by customer, day, order.

    `customer`, `order` and `item` are numbers from 0; `day` is the order's time in days since the
    epoch (UTC, with its fraction).
    """

    customer: Ints
    order: Ints
    item: Ints
    day: Floats
    customers: int
    items: int


@dataclass(frozen=True, slots=True)
class Histories:
    """Baskets summed up per customer and item, customers one after the other.

    Entries `start[c]` to `start[c + 1]` are customer c's. `since` counts the orders that the
    customer placed after the last one with the item. Days as in `Baskets`.
    """

    start: Ints
    item: Ints
    count: Ints
    first: Floats
    last: Floats
    since: Ints
    orders: Ints
    """Per customer, as are those below: the number of orders, their mean number of items, the
    number of different items ever bought, the days of the first and of the last order."""
    size: Floats
    variety: Ints
    first_order: Floats
    last_order: Floats


@dataclass(frozen=True, slots=True)
class Neighbours:
    """For each item the items that it speaks for, strongest first, and how strongly.

    Both arrays have one row an item; a row with fewer neighbours ends in weights of 0.
    """

    item: NDArray[np.int32]
    weight: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Blend:
    """A logistic regression, and Platt's calibration of it: p = sigmoid(slope x logit + intercept).

    `weights` are for plain features, one each. The calibration was fitted on what would have been
    served, the first ten of each list, which is where a model is too sure of itself.
    """

    weights: Floats
    bias: float
    slope: float = 1.0
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class Model:
    """All that serving needs. `trend` has a row for each of HALF_LIVES and a column an item,
    `orders` the decayed number of orders beside it, both as of `day`."""

    neighbours: Neighbours
    trend: NDArray[np.float32]
    orders: Floats
    day: float
    new: Blend
    again: Blend


class Quality(BaseModel):
    """How a list did on held-out orders. `hr` and `ndcg` count the first ten; `ece` is the expected
    calibration error over ten groups of equal size, `log_loss_ratio` the log-loss of what was
    served divided by that of always saying the mean."""

    customers: int
    hr: float
    ndcg: float
    ece: float | None = None
    log_loss_ratio: float | None = None


class Scores(BaseModel):
    """The held-out comparison that decides whether a model is served."""

    new: Quality
    """Items that the customer had not bought before; hits are the new items of the held-out
    order."""
    again: Quality
    """Items that the customer had bought before."""
    any: Quality
    """Both ranked together by probability; hits are all items of the held-out order."""
    popularity_new: Quality
    popularity_any: Quality

    @property
    def beats_popularity(self) -> bool:
        """Better in both figures on new items, and on all items."""
        pairs = ((self.new, self.popularity_new), (self.any, self.popularity_any))
        return all(ours.hr > theirs.hr and ours.ndcg > theirs.ndcg for ours, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Trained:
    model: Model
    scores: Scores


class Ranked(NamedTuple):
    """Items, best first, and the probability that the next order contains each."""

    items: Ints
    probabilities: Floats


class Suggestion(BaseModel):
    sku: str
    title: str
    price: Money
    currency: str | None
    probability: float = Field(
        description="That the customer's next order contains it, if they order now."
    )


class Suggestions(BaseModel):
    customer_id: str
    basis: Literal["customer", "popularity"] = Field(
        description="`popularity` where nothing is known of the customer, or no model has proven "
        "itself yet."
    )
    buy_again: list[Suggestion]
    new_for_you: list[Suggestion]


class Training(BaseModel):
    """A training as it ended; `scores` are on orders that were held out."""

    id: UUID
    status: str
    scores: Scores | None
    items: int
    trained_at: Time


class TrainingPosition(BaseModel):
    """Where a page of trainings ended: they are newest first."""

    trained_at: Time
    id: UUID
