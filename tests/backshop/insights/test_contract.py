"""The sentences of the contract (`query.md`) about periods, defaults and charts, each against days
and kinds that were worked out by hand from a calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

import pytest
from backshop.insights.answers import kind_of, told
from backshop.insights.models import books
from backshop.insights.semantic import repository
from backshop.insights.semantic.checking import checked
from backshop.insights.semantic.models import Meaningless, SemanticQuery, Unit
from backshop.insights.semantic.periods import Calendars, buckets, compared, window
from backshop.insights.semantic.repository import Shop as Held
from backshop.insights.semantic.running import local_day, run, run_in
from pydantic import ValidationError

from tests.backshop.insights.naive import Shop
from tests.backshop.insights.shops import AS_OF, shop

TODAY = date(2025, 12, 15)
"""A Monday."""


def query(**given: Any) -> SemanticQuery:
    return SemanticQuery.model_validate({"metrics": ["net_sales"], **given})


def days(period: dict[str, Any], today: date = TODAY, week_start: int = 0) -> tuple[str, str]:
    held = query(period=period).period
    assert held is not None
    found = window(held, Calendars(today, week_start, date(2023, 4, 5)))
    return str(found.first), str(found.last)


PERIODS: list[tuple[dict[str, Any], tuple[str, str]]] = [
    # Whole units that end with the current one, which is included.
    ({"type": "last_n", "n": 30, "unit": "day"}, ("2025-11-16", "2025-12-15")),
    ({"type": "last_n", "n": 1, "unit": "day"}, ("2025-12-15", "2025-12-15")),
    ({"type": "last_n", "n": 2, "unit": "week"}, ("2025-12-08", "2025-12-15")),
    ({"type": "last_n", "n": 12, "unit": "month"}, ("2025-01-01", "2025-12-15")),
    ({"type": "last_n", "n": 2, "unit": "quarter"}, ("2025-07-01", "2025-12-15")),
    ({"type": "last_n", "n": 1, "unit": "year"}, ("2025-01-01", "2025-12-15")),
    # 0 the current one to date, -1 the last full one.
    ({"type": "calendar", "unit": "day", "offset": -1}, ("2025-12-14", "2025-12-14")),
    ({"type": "calendar", "unit": "week", "offset": 0}, ("2025-12-15", "2025-12-15")),
    ({"type": "calendar", "unit": "week", "offset": -1}, ("2025-12-08", "2025-12-14")),
    ({"type": "calendar", "unit": "month", "offset": 0}, ("2025-12-01", "2025-12-15")),
    ({"type": "calendar", "unit": "month", "offset": -10}, ("2025-02-01", "2025-02-28")),
    ({"type": "calendar", "unit": "quarter", "offset": -1}, ("2025-07-01", "2025-09-30")),
    ({"type": "calendar", "unit": "year", "offset": -1}, ("2024-01-01", "2024-12-31")),
    # Both inclusive.
    ({"type": "range", "start": "2025-03-01", "end": "2025-03-31"}, ("2025-03-01", "2025-03-31")),
    # The latest that is complete on or before today.
    ({"type": "named_month", "name": "december"}, ("2024-12-01", "2024-12-31")),
    ({"type": "named_month", "name": "november"}, ("2025-11-01", "2025-11-30")),
    ({"type": "named_quarter", "quarter": 4}, ("2024-10-01", "2024-12-31")),
    ({"type": "named_quarter", "quarter": 3}, ("2025-07-01", "2025-09-30")),
    # The latest on or before today, -1 the one before.
    ({"type": "named_day", "name": "black_friday"}, ("2025-11-28", "2025-11-28")),
    ({"type": "named_day", "name": "black_friday", "offset": -1}, ("2024-11-29", "2024-11-29")),
    ({"type": "named_day", "name": "cyber_monday"}, ("2025-12-01", "2025-12-01")),
    ({"type": "named_day", "name": "valentines_day"}, ("2025-02-14", "2025-02-14")),
    ({"type": "named_day", "name": "mothers_day"}, ("2025-05-11", "2025-05-11")),
    ({"type": "named_day", "name": "fathers_day"}, ("2025-06-15", "2025-06-15")),
    ({"type": "named_day", "name": "easter_sunday"}, ("2025-04-20", "2025-04-20")),
    ({"type": "named_day", "name": "halloween"}, ("2025-10-31", "2025-10-31")),
    ({"type": "named_day", "name": "singles_day"}, ("2025-11-11", "2025-11-11")),
    ({"type": "named_day", "name": "christmas_eve"}, ("2024-12-24", "2024-12-24")),
    ({"type": "named_day", "name": "christmas_day"}, ("2024-12-25", "2024-12-25")),
    ({"type": "named_day", "name": "boxing_day"}, ("2024-12-26", "2024-12-26")),
    ({"type": "named_day", "name": "new_years_eve"}, ("2024-12-31", "2024-12-31")),
    ({"type": "named_day", "name": "new_years_day"}, ("2025-01-01", "2025-01-01")),
    ({"type": "all_time"}, ("2023-04-05", "2025-12-15")),
]


@pytest.mark.parametrize(("period", "wanted"), PERIODS, ids=str)
def test_a_period_means_its_days(period: dict[str, Any], wanted: tuple[str, str]) -> None:
    assert days(period) == wanted


def test_periods_on_their_own_last_days() -> None:
    november = {"type": "named_month", "name": "november"}
    assert days(november, date(2025, 11, 29)) == ("2024-11-01", "2024-11-30")
    assert days(november, date(2025, 11, 30)) == ("2025-11-01", "2025-11-30")
    friday = {"type": "named_day", "name": "black_friday"}
    assert days(friday, date(2025, 11, 27)) == ("2024-11-29", "2024-11-29")
    assert days(friday, date(2025, 11, 28)) == ("2025-11-28", "2025-11-28")
    february = {"type": "named_month", "name": "february"}
    assert days(february, date(2024, 2, 28)) == ("2023-02-01", "2023-02-28")
    assert days(february, date(2024, 2, 29)) == ("2024-02-01", "2024-02-29")


def test_weeks_begin_where_the_store_begins_them() -> None:
    week = {"type": "calendar", "unit": "week", "offset": 0}
    assert days(week, week_start=6) == ("2025-12-14", "2025-12-15")
    assert days(week | {"offset": -1}, week_start=6) == ("2025-12-07", "2025-12-13")


COMPARED: list[tuple[dict[str, Any], str, tuple[str, str]]] = [
    # A period still running is compared with as many days of the other.
    ({"type": "calendar", "unit": "month"}, "previous_period", ("2025-11-01", "2025-11-15")),
    ({"type": "calendar", "unit": "month"}, "previous_year", ("2024-12-01", "2024-12-15")),
    ({"type": "calendar", "unit": "month"}, "named_month:october", ("2025-10-01", "2025-10-15")),
    ({"type": "calendar", "unit": "quarter"}, "previous_period", ("2025-07-01", "2025-09-14")),
    ({"type": "calendar", "unit": "week"}, "previous_period", ("2025-12-08", "2025-12-08")),
    ({"type": "last_n", "n": 2, "unit": "month"}, "previous_period", ("2025-09-01", "2025-10-15")),
    ({"type": "last_n", "n": 7, "unit": "day"}, "previous_period", ("2025-12-02", "2025-12-08")),
    # One that is over is compared with the whole of the other, however many days that has.
    (
        {"type": "calendar", "unit": "month", "offset": -1},
        "previous_period",
        ("2025-10-01", "2025-10-31"),
    ),
    ({"type": "named_quarter", "quarter": 3}, "named_quarter:2", ("2025-04-01", "2025-06-30")),
    ({"type": "named_month", "name": "november"}, "previous_year", ("2024-11-01", "2024-11-30")),
    (
        {"type": "calendar", "unit": "year", "offset": -1},
        "previous_period",
        ("2023-01-01", "2023-12-31"),
    ),
    # Years pair date by date, weeks by week, named days by name.
    (
        {"type": "range", "start": "2025-03-10", "end": "2025-03-20"},
        "previous_year",
        ("2024-03-10", "2024-03-20"),
    ),
    (
        {"type": "calendar", "unit": "week", "offset": -1},
        "previous_year",
        ("2024-12-09", "2024-12-15"),
    ),
    ({"type": "named_day", "name": "black_friday"}, "previous_year", ("2024-11-29", "2024-11-29")),
    ({"type": "named_day", "name": "easter_sunday"}, "previous_year", ("2024-03-31", "2024-03-31")),
    (
        {"type": "named_day", "name": "black_friday"},
        "named_day:cyber_monday",
        ("2025-12-01", "2025-12-01"),
    ),
]


YEAR = {"type": "calendar", "unit": "year"}
QUARTER = {"type": "calendar", "unit": "quarter"}
YEAR_OF_MONTHS = {"type": "last_n", "n": 12, "unit": "month"}
TWO_YEARS = {"type": "last_n", "n": 2, "unit": "year"}
OVER_A_LEAP_DAY: list[tuple[date, dict[str, Any], str, tuple[str, str]]] = [
    (date(2025, 3, 1), YEAR, "previous_year", ("2024-01-01", "2024-03-01")),
    (date(2025, 3, 1), YEAR, "previous_period", ("2024-01-01", "2024-03-01")),
    (date(2025, 12, 15), YEAR, "previous_year", ("2024-01-01", "2024-12-15")),
    (date(2024, 12, 15), YEAR, "previous_year", ("2023-01-01", "2023-12-15")),
    (date(2024, 2, 29), YEAR, "previous_year", ("2023-01-01", "2023-02-28")),
    (date(2025, 2, 28), YEAR, "previous_year", ("2024-01-01", "2024-02-28")),
    (date(2025, 3, 1), QUARTER, "previous_year", ("2024-01-01", "2024-03-01")),
    (date(2025, 3, 10), YEAR_OF_MONTHS, "previous_period", ("2023-04-01", "2024-03-10")),
    (date(2025, 3, 10), TWO_YEARS, "previous_period", ("2022-01-01", "2023-03-10")),
    # What is not years apart is so by as many days.
    (date(2024, 3, 31), QUARTER, "previous_period", ("2023-10-01", "2023-12-31")),
    (date(2024, 3, 30), QUARTER, "previous_period", ("2023-10-01", "2023-12-29")),
]


def _other_days(today: date, period: dict[str, Any], word: str) -> tuple[str, str]:
    """The first and the last day of what the period is compared with."""
    held = query(period=period | {"compare": word}).period
    assert held is not None
    now = Calendars(today)
    found = compared(held, window(held, now), now)
    assert found is not None
    return str(found.first), str(found.last)


@pytest.mark.parametrize(("today", "period", "word", "wanted"), OVER_A_LEAP_DAY, ids=str)
def test_years_that_are_running_pair_date_by_date(
    today: date, period: dict[str, Any], word: str, wanted: tuple[str, str]
) -> None:
    assert _other_days(today, period, word) == wanted


@pytest.mark.parametrize(
    "period",
    [
        {"type": "last_n", "n": 3660, "unit": "year"},
        {"type": "calendar", "unit": "year", "offset": -1200},
        {"type": "last_n", "n": 700, "unit": "year", "compare": "previous_period"},
    ],
)
def test_a_period_before_all_calendars_is_refused(period: dict[str, Any]) -> None:
    held = query(period=period).period
    assert held is not None
    now = Calendars(TODAY)
    with pytest.raises(Meaningless, match="later period"):
        compared(held, window(held, now), now)


@pytest.mark.parametrize(("period", "word", "wanted"), COMPARED, ids=str)
def test_a_comparison_means_its_days(
    period: dict[str, Any], word: str, wanted: tuple[str, str]
) -> None:
    assert _other_days(TODAY, period, word) == wanted


MONTHS_12 = {"type": "last_n", "n": 12, "unit": "month"}
DAYS_90 = {"type": "last_n", "n": 90, "unit": "day"}
DAYS_30 = {"type": "last_n", "n": 30, "unit": "day"}
EVER = {"type": "all_time"}
DEFAULTS: list[tuple[dict[str, Any], dict[str, Any] | None]] = [
    # Rankings, rates, patterns by weekday, distributions, segments, cohorts.
    ({"metrics": ["product_net_sales"], "dimensions": ["product"], "top_n": 10}, MONTHS_12),
    ({"metrics": ["refund_rate"]}, MONTHS_12),
    ({"metrics": ["orders"], "dimensions": ["day_of_week"]}, MONTHS_12),
    ({"metrics": ["orders"], "dimensions": ["order_value_bucket"]}, MONTHS_12),
    ({"metrics": ["rfm_segment_size"], "dimensions": ["rfm_segment"]}, MONTHS_12),
    ({"metrics": ["cohort_retention"], "dimensions": ["cohort_month"]}, MONTHS_12),
    # Patterns by hour.
    ({"metrics": ["orders"], "dimensions": ["hour_of_day"]}, DAYS_90),
    ({"metrics": ["orders"], "dimensions": ["day_of_week", "hour_of_day"]}, DAYS_90),
    # Statuses, days of stock and other velocities.
    ({"metrics": ["orders_all_status"], "dimensions": ["status"]}, DAYS_30),
    ({"metrics": ["days_of_stock"], "dimensions": ["product"]}, DAYS_30),
    ({"metrics": ["sales_velocity"], "dimensions": ["product"]}, DAYS_30),
    # A customer's or a code's whole life, money in a status.
    ({"metrics": ["repeat_customer_rate"]}, EVER),
    ({"metrics": ["ltv_historic"]}, EVER),
    ({"metrics": ["customers_at_risk"]}, EVER),
    ({"metrics": ["median_days_between_orders"]}, EVER),
    ({"metrics": ["coupon_uses"], "dimensions": ["coupon"]}, EVER),
    ({"metrics": ["co_purchase_count"], "dimensions": ["product"]}, EVER),
    ({"metrics": ["gross_sales_all_status"], "dimensions": ["status"]}, EVER),
    # Stock and inventory.
    ({"metrics": ["stock_quantity"], "dimensions": ["product"]}, None),
    ({"metrics": ["inventory_value"]}, None),
]


@pytest.mark.parametrize(("given", "wanted"), DEFAULTS, ids=str)
def test_a_period_that_was_left_out_is_the_contracts(
    given: dict[str, Any], wanted: dict[str, Any] | None
) -> None:
    found = checked(SemanticQuery.model_validate(given))
    assert found.query.as_json()["period"] == wanted
    assert found.defaulted == (("period",) if wanted else ())


MONTH = {"type": "calendar", "unit": "month", "offset": -1}
CHARTS: list[tuple[dict[str, Any], str]] = [
    ({}, "number"),
    ({"period": MONTH | {"compare": "previous_period"}}, "number_delta"),
    ({"grain": "month", "period": MONTHS_12}, "line"),
    ({"metrics": ["net_sales", "orders"], "grain": "month", "period": MONTHS_12}, "line_dual"),
    ({"grain": "day", "period": MONTH | {"compare": "previous_year"}}, "line_compare"),
    ({"metrics": ["net_sales_cumulative"], "grain": "day", "period": MONTH}, "area"),
    ({"metrics": ["refunds"], "grain": "month", "period": MONTHS_12}, "bar"),
    ({"metrics": ["refund_rate"], "grain": "month", "period": MONTHS_12}, "bar"),
    ({"metrics": ["product_net_sales"], "dimensions": ["product"]}, "bar_h"),
    ({"dimensions": ["country"]}, "bar_h"),
    ({"dimensions": ["customer_type"]}, "bar"),
    ({"dimensions": ["payment_method"]}, "bar"),
    ({"dimensions": ["customer_type"], "grain": "month", "period": MONTHS_12}, "bar_stacked"),
    ({"metrics": ["orders"], "dimensions": ["day_of_week", "hour_of_day"]}, "heatmap"),
    ({"metrics": ["orders"], "dimensions": ["order_value_bucket"]}, "histogram"),
    ({"metrics": ["lifetime_revenue"], "dimensions": ["customer"]}, "table"),
    ({"metrics": ["stock_quantity"], "dimensions": ["product"]}, "table"),
    ({"metrics": ["co_purchase_count"], "dimensions": ["product"]}, "table"),
]


@pytest.mark.parametrize(("given", "wanted"), CHARTS, ids=str)
def test_a_chart_follows_the_shape(given: dict[str, Any], wanted: str) -> None:
    asked = query(**given)
    number = 0
    if asked.grain and asked.period:
        number = len(buckets(window(asked.period, Calendars(TODAY)), Unit(asked.grain)))
    assert kind_of(asked, number) == wanted


@pytest.mark.parametrize(
    "wrong",
    [
        {"metrics": []},
        {"top_n": 0},
        {"grain": "hour"},
        {"dimensions": ["time"]},
        {"period": {"type": "last_n", "n": 0, "unit": "day"}},
        {"period": {"type": "calendar", "unit": "month", "offset": 1}},
        {"period": {"type": "range", "start": "2025-03-31", "end": "2025-03-01"}},
        {"period": {"type": "named_day", "name": "pentecost"}},
        {"period": {"type": "named_quarter", "quarter": 5}},
        {"period": {"type": "all_time", "compare": "previous_period"}},
        {"period": MONTH | {"compare": "named_month:smarch"}},
        {"filters": [{"field": "country", "op": "like", "value": "D"}]},
        {"filters": [{"field": "country", "op": "in", "value": "DE"}]},
    ],
    ids=str,
)
def test_what_the_contract_does_not_know_is_no_query(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        query(**wrong)


def test_a_moment_without_an_offset_is_the_stores_local_time() -> None:
    own = books({"time_zone": "Asia/Tokyo", "currency": "JPY"}, "woocommerce")
    held = Held(uuid4(), own, "free", None, AS_OF, None, [])
    late = datetime.fromisoformat("2025-12-31T23:30")
    assert local_day(held, late) == date(2025, 12, 31)
    assert local_day(held, late.replace(tzinfo=UTC)) == date(2026, 1, 1)


def test_what_is_asked_at_once_is_of_one_day(tx: Any, settle: Callable[[Shop], UUID]) -> None:
    """Tiles of a dashboard, or a question's plan and its answer, of which a day ends in between."""
    settle(shop(1))
    at = datetime(2025, 10, 31, 23, 59, 59, tzinfo=UTC)
    held = repository.shop(tx)._replace(asked_at=at)
    today = {"type": "calendar", "unit": "day", "offset": 0}
    of = run_in(tx, held, query(metrics=["orders"], period=today)).assumptions
    assert of.from_ == of.to == local_day(held) == at.astimezone(held.books.zone).date()


Row = tuple[Any, ...]


def _rows(tx: Any, **given: Any) -> list[Row]:
    return list(run(tx, query(metrics=["items_sold"], **given), as_of=AS_OF).rows)


def _ranked(rows: list[Row], top: int) -> list[Any]:
    values = sorted((Decimal(str(row[-1])) for row in rows), reverse=top > 0)
    return values[: abs(top)]


@pytest.mark.parametrize("top", [1, 3, -2])
def test_top_n_ranks_buckets_and_within_each_bucket(
    tx: Any, settle: Callable[[Shop], UUID], top: int
) -> None:
    """With a grain and no dimension the buckets; with both the rows of each."""
    settle(shop(1))
    period = {"type": "range", "start": "2025-01-01", "end": "2025-12-14"}
    months = _rows(tx, grain="month", period=period)
    found = _rows(tx, grain="month", period=period, top_n=top)
    assert [Decimal(str(row[-1])) for row in found] == _ranked(months, top)
    by_product = {"grain": "month", "dimensions": ["product"], "period": period}
    every, some = _rows(tx, **by_product), _rows(tx, **by_product, top_n=top)
    kept = {month: list(held) for month, held in groupby(some, key=lambda row: row[0])}
    checked_months = 0
    for month, held in groupby(every, key=lambda row: row[0]):
        sold = [row for row in held if row[1] is not None]
        values = [Decimal(str(row[-1])) for row in kept.get(month, []) if row[1] is not None]
        assert values[: abs(top)] == _ranked(sold, top)[: len(values)], month
        checked_months += bool(sold)
    assert checked_months > 5


@pytest.mark.parametrize("seed", [0, 1])
def test_classes_of_order_values_stand_in_their_order(
    tx: Any, settle: Callable[[Shop], UUID], seed: int
) -> None:
    """By amount, not by letters; in a currency of small coins, too."""
    settle(shop(seed, orders=200))
    period = {"type": "range", "start": "2024-01-01", "end": "2025-12-14"}
    rows = _rows(tx, dimensions=["order_value_bucket"], period=period)
    begins = [int(str(row[0]).split("-")[0].rstrip("+")) for row in rows]
    assert begins == sorted(begins)
    assert len(begins) > 3
    by_year = _rows(tx, dimensions=["order_value_bucket"], grain="year", period=period)
    for _year, held in groupby(by_year, key=lambda row: row[0]):
        names = [row[1] for row in held]
        assert names == [row[0] for row in rows if row[0] in names]


YEARS = {"type": "range", "start": "2024-01-01", "end": "2025-12-14"}


def _sentence(tx: Any, **given: Any) -> tuple[str, list[Row]]:
    result = run(tx, query(**{"period": YEARS, **given}), as_of=AS_OF)
    return told(result), list(result.rows)


def test_a_sentence_ranks_no_currencies_together(tx: Any, settle: Callable[[Shop], UUID]) -> None:
    """Each has its own first row, and a total of its own."""
    settle(shop(3, orders=200))
    text, rows = _sentence(tx, dimensions=["country"])
    for currency in ("EUR", "JPY", "USD"):
        most = max(Decimal(row[2]) for row in rows if row[1] == currency)
        assert f"{most:,} {currency}" in text
    by_currency, sums = _sentence(tx, dimensions=["currency"])
    assert by_currency.count(",") >= 2
    assert all(f"{Decimal(amount):,} {currency}" in by_currency for currency, amount in sums)
    counted, counts = _sentence(tx, metrics=["orders"], dimensions=["currency"])
    most_orders = max(counts, key=lambda row: int(row[1]))
    assert f"the most, {most_orders[1]}, for {most_orders[0]}" in counted


def test_a_sentence_names_the_least_where_the_least_are_asked_for(
    tx: Any, settle: Callable[[Shop], UUID]
) -> None:
    settle(shop(1))
    worst = {"metrics": ["items_sold"], "dimensions": ["product"], "top_n": -3}
    text, rows = _sentence(tx, **worst)
    least = min(Decimal(str(row[1])) for row in rows)
    assert f"the least, {least.normalize():f}, for {rows[0][0]}" in text
    assert "the most" not in text


def test_a_sentence_of_nothing_names_no_first(tx: Any, settle: Callable[[Shop], UUID]) -> None:
    settle(shop(1, orders=0))
    for given in (
        {"metrics": ["orders"], "dimensions": ["hour_of_day"], "top_n": 1},
        {"metrics": ["net_sales"], "grain": "month"},
    ):
        text = _sentence(tx, **given)[0]
        assert "came to 0" in text
        assert "the most" not in text
