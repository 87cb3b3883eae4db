"""A question as data, and its answer: the shape that planners make, routes take and charts store.

`SemanticQuery` says what is wanted in the words of the catalogue (metrics.py), with periods
relative to the day of the question; nothing in it knows of tables. `Answer` and `Refusal` are all
that a
question can come back as.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

MOST_METRICS = 8
MOST_DIMENSIONS = 3
MOST_FILTERS = 10
MOST_VALUES = 200
MOST_TOP = 1000


class Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Dimension(StrEnum):
    PRODUCT = "product"
    SKU = "sku"
    CATEGORY = "category"
    CUSTOMER = "customer"
    CUSTOMER_TYPE = "customer_type"
    COUNTRY = "country"
    COUPON = "coupon"
    HAS_COUPON = "has_coupon"
    STATUS = "status"
    PAYMENT_METHOD = "payment_method"
    DAY_OF_WEEK = "day_of_week"
    HOUR_OF_DAY = "hour_of_day"
    IS_WEEKEND = "is_weekend"
    MONTH = "month"
    COHORT_MONTH = "cohort_month"
    MONTHS_SINCE_FIRST = "months_since_first"
    RFM_SEGMENT = "rfm_segment"
    ORDER_VALUE_BUCKET = "order_value_bucket"
    CURRENCY = "currency"
    CHANNEL = "channel"


class Limit(StrEnum):
    """What filters can compare beside dimensions and the query's own metrics: of the order, of its
    customer's whole life, of the product."""

    ORDER_TOTAL = "order_total"
    ORDERS_COUNT = "orders_count"
    DAYS_SINCE_LAST_ORDER = "days_since_last_order"
    STOCK_QUANTITY = "stock_quantity"
    TOTAL_SPENT = "total_spent"


class Unit(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"


MonthName = Literal[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
DayName = Literal[
    "black_friday",
    "cyber_monday",
    "valentines_day",
    "mothers_day",
    "fathers_day",
    "easter_sunday",
    "halloween",
    "singles_day",
    "christmas_eve",
    "christmas_day",
    "boxing_day",
    "new_years_eve",
    "new_years_day",
]
MONTHS: tuple[str, ...] = get_args(MonthName)
DAYS: tuple[str, ...] = get_args(DayName)

# ------------------------------------------------------------------------------- periods

_COMPARE = re.compile(
    r"previous_period|previous_year"
    rf"|named_month:({'|'.join(MONTHS)})|named_quarter:[1-4]|named_day:({'|'.join(DAYS)})"
)


class Compared(Model):
    """`compare`: `previous_period`, `previous_year`, or a period by type and name
    (`named_month:november`, `named_quarter:2`, `named_day:black_friday`)."""

    compare: str | None = None

    @field_validator("compare")
    @classmethod
    def _known(cls, value: str | None) -> str | None:
        if value is not None and not _COMPARE.fullmatch(value):
            raise ValueError(
                "previous_period, previous_year, named_month:<month>, named_quarter:<1-4> or"
                " named_day:<day>"
            )
        return value


class LastN(Compared):
    """Whole units that end with the current one, which is included."""

    type: Literal["last_n"] = "last_n"
    n: int = Field(ge=1, le=3660)
    unit: Unit


class Calendar(Compared):
    """0 is the current unit to date, -1 the last full one."""

    type: Literal["calendar"] = "calendar"
    unit: Unit
    offset: int = Field(default=0, ge=-1200, le=0)


class Range(Compared):
    """Both days are included."""

    type: Literal["range"] = "range"
    start: date
    end: date

    @model_validator(mode="after")
    def _forwards(self) -> Range:
        if self.end < self.start:
            raise ValueError("the end is before the start")
        if not 1990 <= self.start.year <= self.end.year <= 2100:
            raise ValueError("years from 1990 to 2100")
        return self


class NamedMonth(Compared):
    """The latest that is complete on or before the day of the question."""

    type: Literal["named_month"] = "named_month"
    name: MonthName


class NamedQuarter(Compared):
    type: Literal["named_quarter"] = "named_quarter"
    quarter: int = Field(ge=1, le=4)


class NamedDay(Compared):
    """The latest on or before the day of the question; -1 the one before."""

    type: Literal["named_day"] = "named_day"
    name: DayName
    offset: int = Field(default=0, ge=-20, le=0)


class AllTime(Compared):
    type: Literal["all_time"] = "all_time"

    @field_validator("compare")
    @classmethod
    def _alone(cls, value: str | None) -> str | None:
        if value is not None:
            raise ValueError("all time has nothing to be compared with")
        return value


Period = Annotated[
    LastN | Calendar | Range | NamedMonth | NamedQuarter | NamedDay | AllTime,
    Field(discriminator="type"),
]

# ------------------------------------------------------------------------------- the query

Op = Literal["=", "!=", "in", "contains", "<", "<=", ">", ">="]
Text = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Value = bool | int | float | Text
LOW_STOCK = "low_stock_threshold"
"""The value that stands for the store's own threshold."""


class Filter(Model):
    """`field` is a dimension, a `Limit`, or a metric of the same query; of `in` the value is a
    list. Which operators a field takes is checked when the query is compiled."""

    field: str = Field(min_length=1, max_length=60)
    op: Op
    value: Value | Annotated[tuple[Value, ...], Field(min_length=1, max_length=MOST_VALUES)]

    @model_validator(mode="after")
    def _fits(self) -> Filter:
        if (self.op == "in") is not isinstance(self.value, tuple):
            raise ValueError("in takes a list, every other operator one value")
        values = self.value if isinstance(self.value, tuple) else (self.value,)
        if any(isinstance(each, float) and not abs(each) < 1e15 for each in values):
            raise ValueError("a number below 1e15")
        return self


class SemanticQuery(Model):
    """What is wanted. `as_json` is the form that is stored and sent back."""

    metrics: tuple[str, ...] = Field(min_length=1, max_length=MOST_METRICS)
    dimensions: tuple[Dimension, ...] = Field(default=(), max_length=MOST_DIMENSIONS)
    grain: Unit | None = None
    period: Period | None = None
    filters: tuple[Filter, ...] = Field(default=(), max_length=MOST_FILTERS)
    top_n: int | None = Field(default=None, ge=-MOST_TOP, le=MOST_TOP)

    @model_validator(mode="after")
    def _each_once(self) -> SemanticQuery:
        if len(set(self.metrics)) < len(self.metrics):
            raise ValueError("each metric once")
        if len(set(self.dimensions)) < len(self.dimensions):
            raise ValueError("each dimension once")
        if self.top_n == 0:
            raise ValueError("top_n is positive for the largest, negative for the smallest")
        return self

    def as_json(self) -> dict[str, Any]:
        """JSON with every field of the query, and of its period what it has."""
        made = self.model_dump(mode="json")
        if self.period is not None:
            period = made["period"]
            compare = period.pop("compare")
            named = {"type": period.pop("type")} | period
            made["period"] = named | ({"compare": compare} if compare else {})
        return made


# ------------------------------------------------------------------------------- the answer

Format = Literal["money", "count", "percent", "ratio", "days", "minutes"]
Cell = bool | int | float | str | None
"""Money is a decimal text with the decimals of its currency; percentages are fractions (0.08)."""


class Column(Model):
    """`type`: text, number, date (the first day of a bucket, ISO 8601) or boolean. A compared
    metric has two more columns, `<metric>_previous` and `<metric>_change` (a fraction)."""

    name: str
    type: Literal["text", "number", "date", "boolean"]
    format: Format | None = None


class Assumptions(BaseModel):
    """What the answer rests on. `from` and `to` are local days, both included, null where the
    numbers are of now; `currency` is null where rows have their own."""

    model_config = ConfigDict(populate_by_name=True, frozen=True, extra="forbid")

    from_: date | None = Field(default=None, alias="from")
    to: date | None = None
    compared_from: date | None = None
    compared_to: date | None = None
    time_zone: str
    currency: str | None
    statuses: tuple[str, ...]
    fresh_at: datetime | None
    defaulted: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Result(Model):
    """What a query found, before it is worded and drawn. `totals` are computed over the whole,
    never added up from rows; `remainder` is what is in no row, so that rows and remainder make the
    total
    (additive metrics only). Where rows are of several currencies, money has no total but one for
    each in `totals_by_currency`. `unfinished` says that the last bucket has not ended yet, `is_cut`
    that there are more rows."""

    query: SemanticQuery
    reads_as: str
    assumptions: Assumptions
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: dict[str, Cell]
    totals_by_currency: dict[str, dict[str, Cell]] = Field(default_factory=dict)
    remainder: dict[str, Cell] = Field(default_factory=dict)
    unfinished: bool = False
    is_cut: bool = False


class Answer(Model):
    kind: Literal["answer"] = "answer"
    text: str
    query: dict[str, Any]
    reads_as: str
    assumptions: Assumptions
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: dict[str, Cell]
    totals_by_currency: dict[str, dict[str, Cell]] = Field(default_factory=dict)
    remainder: dict[str, Cell] = Field(default_factory=dict)
    chart: dict[str, Any]
    conversation_id: str | None = None
    follow_ups: tuple[str, ...] = ()


class Nearest(Model):
    text: str
    query: dict[str, Any]


class Refusal(Model):
    """`missing` names what would be needed, in words of data (`visits`, `cost prices`)."""

    kind: Literal["refusal"] = "refusal"
    text: str
    missing: tuple[str, ...] = ()
    nearest: Nearest | None = None
    conversation_id: str | None = None


Reply = Annotated[Answer | Refusal, Field(discriminator="kind")]


class Meaningless(Exception):
    """A query that has no answer by its own shape; `message` says in a sentence what it may be
    instead, `field` which part of the query it is about."""

    def __init__(self, message: str, field: str = "query") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
