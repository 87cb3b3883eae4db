"""What has been understood of a question so far, and that it is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from backshop.insights.planning import lexicon
from backshop.insights.planning.models import Declined
from backshop.insights.planning.names import Named
from backshop.insights.planning.text import Line
from backshop.insights.semantic.models import Dimension, Filter, Period, SemanticQuery, Unit

if TYPE_CHECKING:
    from backshop.insights.planning import learned


@dataclass
class Reading:
    """What has been understood so far."""

    line: Line
    named: list[tuple[Named, ...]]
    whole: str = ""
    """The line as it was, before anything was taken out."""
    metrics: list[str] = field(default_factory=list)
    dimensions: list[Dimension] = field(default_factory=list)
    grain: Unit | None = None
    period: Period | None = None
    compare: str | None = None
    filters: list[Filter] = field(default_factory=list)
    top_n: int | None = None
    wants_all: bool = False
    notes: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    has_trend: bool = False
    ever: bool = False
    """Whether the question is of all time, should it name no period."""
    is_ranked: bool = False
    sign: int = 0
    """Whether the question is of the largest (1) or the smallest (-1)."""
    as_many: int = 0
    """Of a question that goes on: how many rows it wants (`make it ten`)."""
    shift: str = ""
    """Of a question that goes on: by what its period goes back from the old one, or the day or
    weekend that it goes back to."""
    compare_before: bool = False
    is_about_it: bool = False
    is_of_orders: bool = False
    """Whether orders are named as what another figure is of."""
    is_facing: bool = False
    """Whether names are set against each other."""
    has_faced: bool = False
    """Whether names, days or types of customers of a kind are its rows for that."""
    is_against: bool = False
    """Whether a question that goes on sets the old period against another."""
    is_stepwise: bool = False
    """Month over month, and the like."""
    defaulted: list[str] = field(default_factory=list)
    rows_of: str = ""
    """How the question calls a class of products whose best it asks for."""
    seen: learned.Seen | None = None
    """Of a second reading: what such questions are about."""


class Refused(Exception):
    def __init__(self, declined: Declined) -> None:
        super().__init__(declined.text)
        self.declined = declined


def declined(
    text: str,
    missing: Sequence[str] = (),
    nearest: tuple[str, dict[str, Any]] = lexicon.NEAREST_NET,
) -> Declined:
    return Declined(text, tuple(missing), SemanticQuery.model_validate(nearest[1]), nearest[0])


def add_rows(reading: Reading, dimension: Dimension) -> None:
    if dimension not in reading.dimensions:
        reading.dimensions.append(dimension)
