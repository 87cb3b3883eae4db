"""What planners know of a store and of the conversation, and what they come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from backshop.insights.semantic.models import SemanticQuery


@dataclass(frozen=True)
class Plan:
    """A query, and how the question was read. `defaulted` are parts that the question left open,
    `notes` what the answer has to say of the reading, `others` questions of the other readings."""

    query: SemanticQuery
    defaulted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declined:
    """Why there is no query: what is missing, in words of data, and what could be asked instead."""

    text: str
    missing: tuple[str, ...] = ()
    nearest: SemanticQuery | None = None
    nearest_text: str = ""


@dataclass(frozen=True)
class Known:
    """The values that a store has, as it writes them, by dimension; deleted products and coupons
    included."""

    products: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    skus: tuple[str, ...] = ()
    coupons: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    payment_methods: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    currency: str = "USD"

    @cached_property
    def _hash(self) -> int:
        names = (self.products, self.categories, self.skus, self.coupons, self.countries)
        others = (self.currencies, self.statuses, self.payment_methods, self.channels)
        return hash((names, others, self.currency))

    def __hash__(self) -> int:
        """Reckoned once: there may be tens of thousands of names."""
        return self._hash


@dataclass(frozen=True)
class Asked:
    """A question with all that its meaning depends on. `before` is the query that the conversation
    is about, `offered` the one that a refusal proposed last."""

    text: str
    day: date
    week_start: int = 0
    before: SemanticQuery | None = None
    offered: SemanticQuery | None = None
