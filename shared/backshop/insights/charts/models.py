"""What a chart is: its kind, and which columns of a result it shows. Data come by reference alone,
and nothing in a spec can name an address, a colour or an expression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backshop.insights.semantic.models import Cell, Column, SemanticQuery

ChartKind = Literal[
    "number",
    "number_delta",
    "line",
    "line_compare",
    "line_dual",
    "area",
    "bar",
    "bar_h",
    "bar_stacked",
    "heatmap",
    "histogram",
    "scatter",
    "table",
]
Name = str


class ChartSpec(BaseModel):
    """`x` is what a chart runs along (time, names, classes; a scatter's first number), `y` its
    numbers, `series` what splits them (a heatmap's rows). A table shows `y`, or every column where
    it names
    none. `adds_up` says that the rest of many names may be added up as "Other"."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: ChartKind
    x: Name | None = Field(default=None, max_length=100)
    y: tuple[Name, ...] = Field(default=(), max_length=12)
    series: Name | None = Field(default=None, max_length=100)
    title: str = Field(default="", max_length=255)
    adds_up: bool = False


class ChartConfig(BaseModel):
    """`saved_charts.chart_config`: what a chart asks, a query or SQL that the guard looks at each
    time it is drawn, and how its answer looks. Numbers are never stored."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    query: SemanticQuery | None = None
    sql: str | None = Field(default=None, max_length=8192)
    chart: ChartSpec

    @model_validator(mode="after")
    def _asks_one(self) -> ChartConfig:
        if (self.query is None) is (self.sql is None):
            raise ValueError("a query or sql")
        return self


class Drawn(NamedTuple):
    """What is drawn: a result's columns and rows, its currency (None where there is none, or rows
    have their own), whether its last bucket has not ended yet, and what its buckets are (None where
    they tell by what lies between them)."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    currency: str | None = None
    is_unfinished: bool = False
    grain: str | None = None


class Misfit(ValueError):
    """The spec does not fit the result; the message says which column it needs."""
