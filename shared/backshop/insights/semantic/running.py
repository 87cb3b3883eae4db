"""Answering a query: which days it means, what is read, and the table that comes of it.

`run` is the one way: routes, planners, saved charts, exports and the dashboard come through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from difflib import get_close_matches
from typing import Any

from backshop.commerce import decimals
from backshop.db import Tx
from backshop.errors import NotFound
from backshop.insights.semantic import repository, tables
from backshop.insights.semantic.checking import (
    ALONE,
    Checked,
    checked,
    is_of_money,
    is_split,
)
from backshop.insights.semantic.compiling import MOST_ROWS, THINGS, compiled, is_by_product
from backshop.insights.semantic.measures import MEASURES, measures_in
from backshop.insights.semantic.metrics import METRICS, After, Metric
from backshop.insights.semantic.models import (
    AllTime,
    Assumptions,
    Cell,
    Column,
    Dimension,
    Filter,
    Format,
    Range,
    Result,
    SemanticQuery,
    Unit,
)
from backshop.insights.semantic.periods import (
    Calendars,
    Window,
    buckets,
    compared,
    end_of,
    window,
    years_apart,
)
from backshop.insights.semantic.repository import Shop
from backshop.insights.semantic.scope import Asked, values_of
from backshop.insights.semantic.tables import CHANGE, PREVIOUS, Keys, Table, Values
from backshop.insights.semantic.wording import reads_as

D = Dimension
CELLS = 20_000
"""Rows that filling may make; a query with more keeps to what it found."""
NATURAL = (
    "time",
    D.DAY_OF_WEEK,
    D.HOUR_OF_DAY,
    D.IS_WEEKEND,
    D.MONTH,
    D.HAS_COUPON,
    D.COHORT_MONTH,
    D.MONTHS_SINCE_FIRST,
    D.ORDER_VALUE_BUCKET,
)
"""Keys that have an order of their own."""


class NotThere(Exception):
    """A name that the store does not have; `nearest` of those that it has."""

    def __init__(self, dimension: str, name: str, nearest: Sequence[str]) -> None:
        super().__init__(dimension)
        self.dimension = dimension
        self.name = name
        self.nearest = tuple(nearest)


def run(tx: Tx, query: SemanticQuery, *, as_of: datetime | None = None) -> Result:
    """The answer to a query of the transaction's store, in numbers. `as_of` without a zone is the
    store's local time. Raises `Meaningless`, `NotThere`, NotFound where there is no such store."""
    shop = repository.shop(tx)
    if shop is None:
        raise NotFound("There is no such store.")
    return run_in(tx, shop, query, as_of=as_of)


def run_in(tx: Tx, shop: Shop, query: SemanticQuery, *, as_of: datetime | None = None) -> Result:
    """`run` for callers that have read the store already."""
    found = checked(query)
    found = found._replace(query=_with_known_names(tx, shop, found.query))
    return _Run(tx, shop, found, _moment(shop, as_of)).result()


def local_day(shop: Shop, as_of: datetime | None = None) -> date:
    return _moment(shop, as_of).today


@dataclass(frozen=True)
class _Moment:
    """`until` ends what is known: the day of the question, or the very moment it is asked as of."""

    today: date
    until: datetime
    is_now: bool


def _moment(shop: Shop, as_of: datetime | None) -> _Moment:
    zone = shop.books.zone
    if as_of is None:
        today = shop.asked_at.astimezone(zone).date()
        ends = datetime.combine(today + timedelta(days=1), time(), zone)
        return _Moment(today, ends.astimezone(UTC), True)
    at = as_of.replace(tzinfo=zone) if as_of.tzinfo is None else as_of.astimezone(zone)
    return _Moment(at.date(), at.astimezone(UTC), False)


def _with_known_names(tx: Tx, shop: Shop, query: SemanticQuery) -> SemanticQuery:
    """Names in filters as the store writes them. Raises `NotThere`."""
    filters = []
    for each in query.filters:
        if each.field in repository.NAMES and each.op in ("=", "!=", "in"):
            each = _known(tx, shop, each)
        filters.append(each)
    return query.model_copy(update={"filters": tuple(filters)})


def _known(tx: Tx, shop: Shop, filter: Filter) -> Filter:
    wanted = [str(value) for value in values_of(filter)]
    known = repository.known_names(tx, shop.id, filter.field, wanted)
    for name in wanted:
        if name not in known:
            there = repository.names(tx, shop.id, filter.field)
            lowered = {each.lower(): each for each in there}
            close = get_close_matches(name.lower(), lowered, n=3, cutoff=0.5)
            raise NotThere(filter.field, name, [lowered[each] for each in close])
    names = tuple(dict.fromkeys(known[name] for name in wanted))
    return filter.model_copy(update={"value": names if filter.op == "in" else names[0]})


class _Run:
    """One query being answered: what is fixed for it, and the tables on their way."""

    def __init__(self, tx: Tx, shop: Shop, found: Checked, moment: _Moment) -> None:
        self.tx = tx
        self.shop = shop
        self.query = found.query
        self.metrics = found.metrics
        self.defaulted = found.defaulted
        self.moment = moment
        self.split = is_split(self.query, self.metrics)
        self.tree = repository.tree(tx) if self._is_about(D.CATEGORY) else ()
        self.calendars = Calendars(moment.today, shop.books.week_start, self._since())
        period = self.query.period
        self.window = window(period, self.calendars) if period else None
        self.base = _bases(self.metrics, self.query)
        self.notes: list[str] = []

    def _is_about(self, dimension: Dimension) -> bool:
        named = {*self.query.dimensions, *(each.field for each in self.query.filters)}
        return dimension in named

    def _since(self) -> date | None:
        if not isinstance(self.query.period, AllTime):
            return None
        first = repository.first_order_at(self.tx, self.shop, self.moment.until)
        return first.astimezone(self.shop.books.zone).date() if first else None

    # --------------------------------------------------------------------------- reading

    def fetch(
        self,
        metrics: Sequence[Metric],
        days: Window | None,
        *,
        by: tuple[Dimension, ...] = (),
        grain: Unit | None = None,
        is_ranked: bool = False,
        split: bool | None = None,
        query: SemanticQuery | None = None,
    ) -> Table:
        request = Asked(
            query=query or self.query,
            books=self.shop.books,
            store_id=self.shop.id,
            window=days,
            today=self.moment.today,
            until=self.moment.until,
            split=self.split if split is None else split,
            by=by,
            grain=grain,
            tree=self.tree,
            is_ranked=is_ranked,
            minutes_old=self._minutes_old(),
            is_now=self.moment.is_now,
            rolled_up=self.moment.is_now and self.shop.rolled_up == self.shop.books.reckoning,
            summed_until=self.shop.summed_until,
        )
        statement = compiled(request, metrics)
        rows = repository.rows(self.tx, statement.sql, statement.params)
        if not statement.keys and rows and all(rows[0][each] is None for each in statement.metrics):
            rows = []
        made = tables.table(rows, statement.keys, statement.metrics, MOST_ROWS)
        if D.PRODUCT in by and request.rolled_up:
            self._name_products(made)
        return made

    def _name_products(self, rows: Table) -> None:
        """Of rollups, which know products by their numbers."""
        place = rows.names.index(D.PRODUCT)
        wanted = {key[place] for key in rows.rows if (D.PRODUCT, key[place]) not in rows.labels}
        found = repository.product_names(self.tx, self.shop.id, sorted(wanted)) if wanted else {}
        rows.labels |= {(str(D.PRODUCT), each): name for each, name in found.items()}

    def _minutes_old(self) -> float | None:
        fresh = self.shop.fresh_at
        if fresh is None:
            return None
        now = self.shop.asked_at if self.moment.is_now else self.moment.until
        return max((now - fresh).total_seconds() / 60, 0)

    # --------------------------------------------------------------------------- the result

    def result(self) -> Result:
        rows = self._rows()
        totals = self._totals(rows)
        self._complete(rows, totals)
        currencies = sorted(rows.currencies() | totals.currencies())
        if len(currencies) <= 1 and D.CURRENCY not in self.query.dimensions:
            rows, totals = _of_one_currency(rows), _of_one_currency(totals)
        elif len(currencies) <= 1:
            totals = _of_one_currency(totals)
        keys = tables.ordered(
            rows, [each.name for each in self.metrics], natural=NATURAL, top_n=self._cut()
        )
        return self._result(rows, keys, totals, currencies)

    def _cut(self) -> int | None:
        return self.query.top_n if self.query.dimensions or self.query.grain else None

    def _rows(self) -> Table:
        query = self.query
        # Days and hours without anything are rows, too, which Postgres does not have to rank.
        is_ranked = self.metrics[0].after is None and not _PATTERNS.keys() & set(query.dimensions)
        # The smallest of a bucket are those that it has nothing of, which only filling tells.
        is_ranked &= not (query.grain and query.dimensions and (query.top_n or 0) < 0)
        rows = self.fetch(
            self.base, self.window, by=query.dimensions, grain=query.grain, is_ranked=is_ranked
        )
        self._fill(rows, self.window)
        self._compare(rows, query.dimensions, query.grain)
        self._derive(rows, query.dimensions, query.grain)
        return rows

    def _totals(self, rows: Table) -> Table:
        """Computed over the whole. Limits on results leave nothing to total."""
        query = self.query
        if not query.dimensions and not query.grain:
            return Table(rows.names, dict(rows.rows))
        if self.metrics[0].name == ALONE or self._has_own_limits():
            return Table(())
        totals = self.fetch(self.base, self.window)
        self._fill(totals, None)
        self._compare(totals, (), None)
        self._derive(totals, (), None)
        return totals

    def _has_own_limits(self) -> bool:
        return any(each.field in self.query.metrics for each in self.query.filters)

    def _zeros(self, metrics: Sequence[Metric]) -> Values:
        return {each.name: Decimal(0) if _is_zero_when_empty(each) else None for each in metrics}

    def _fill(self, rows: Table, days: Window | None) -> None:
        if not rows.names or rows.names == ("currency",):
            if not rows.rows:
                key = tuple(self.shop.books.currency for _ in rows.names)
                rows.rows[key] = self._zeros(self.base)
            return
        domains = self._domains(rows, days)
        if "currency" in rows.names and not rows.rows and domains:
            domains["currency"] = [self.shop.books.currency]
        tables.filled(rows, domains, self._zeros(self.base), CELLS)

    def _domains(self, rows: Table, days: Window | None) -> dict[str, Sequence[Any]]:
        """Values that a row is owed for: buckets, and the days and hours of a pattern."""
        found: dict[str, Sequence[Any]] = {}
        if days and self.query.grain and "time" in rows.names:
            found["time"] = buckets(days, self.query.grain, self.shop.books.week_start)
        filtered = {each.field for each in self.query.filters}
        for dimension, domain in _PATTERNS.items():
            if dimension in self.query.dimensions and dimension not in filtered and days:
                found[dimension] = domain if dimension == D.HOUR_OF_DAY or days.days >= 7 else []
        return {name: values for name, values in found.items() if values}

    def _compare(self, rows: Table, by: tuple[Dimension, ...], grain: Unit | None) -> None:
        period = self.query.period
        if period is None or self.window is None:
            return
        if period.compare:
            other = compared(period, self.window, self.calendars)
            assert other is not None
            self._beside(rows, other, by, grain, self.base)
        yearly = [each for each in self.metrics if each.after == After.YEAR_ON_YEAR]
        if yearly:
            bases = [METRICS[each.of] for each in yearly]
            before = compared(_beside_last_year(period), self.window, self.calendars)
            assert before is not None
            held = {key: dict(values) for key, values in rows.rows.items()}
            self._beside(rows, before, by, grain, bases)
            for key, values in rows.rows.items():
                old = held.get(key, {})
                for each in yearly:
                    values[each.name] = values[each.of + CHANGE]
                    for suffix in (PREVIOUS, CHANGE):
                        values[each.of + suffix] = old.get(each.of + suffix)

    def _beside(
        self,
        rows: Table,
        other: Window,
        by: tuple[Dimension, ...],
        grain: Unit | None,
        metrics: Sequence[Metric],
    ) -> None:
        found = self.fetch(metrics, other, by=by, grain=grain)
        if grain and self.window:
            week = self.shop.books.week_start
            years = years_apart(self.window, other) if grain != Unit.WEEK else 0
            pairs = tables.pairing(
                buckets(self.window, grain, week), buckets(other, grain, week), years
            )
            found = tables.moved(found, pairs)
        tables.compare(
            rows,
            found,
            [each.name for each in metrics],
            self._zeros(self.base),
            keep_other=self.query.top_n is None or not by,
        )

    def _derive(self, rows: Table, by: tuple[Dimension, ...], grain: Unit | None) -> None:
        """Metrics that are made of rows."""
        for each in self.metrics:
            if each.after == After.RUNNING:
                tables.running(rows, each.name, each.of)
            elif each.after == After.SHARE:
                of = _base(each, self.query)
                tables.share(rows, each.name, of.name, self._wholes(of, by, grain))

    def _wholes(self, of: Metric, by: tuple[Dimension, ...], grain: Unit | None) -> Table:
        """What shares are of: everything, whatever the filters by class leave of it."""
        kept = tuple(each for each in self.query.filters if each.field == D.CURRENCY)
        is_part = bool(by) or len(kept) < len(self.query.filters)
        query = self.query.model_copy(update={"filters": kept, "dimensions": ()})
        return self.fetch([of], self.window, grain=grain if is_part else None, query=query)

    # --------------------------------------------------------------------------- showing it

    def _complete(self, rows: Table, totals: Table) -> None:
        """Of several currencies, what is no money has one total."""
        several = len(rows.currencies() | totals.currencies()) > 1
        plain = [each for each in self.base if not is_of_money(each)]
        if not several or not plain or not totals.names:
            return
        whole = self.fetch(plain, self.window, split=False)
        for values in whole.rows.values():
            totals.rows.setdefault((None,), {}).update(values)

    def _result(
        self, rows: Table, keys: Sequence[Keys], totals: Table, currencies: Sequence[str]
    ) -> Result:
        currency = (
            (currencies[0] if currencies else self.shop.books.currency)
            if len(currencies) <= 1
            else None
        )
        columns = self._columns(rows)
        shown = tuple(tuple(self._cells(rows, key, columns, currency)) for key in keys)
        total_cells = self._total_cells(totals, currency)
        remainder = self._remainder(rows, keys, totals, currency)
        by_currency = self._by_currency(totals) if currency is None else {}
        if currency is None:
            self.notes.append(
                f"Amounts in {', '.join(currencies)} are never added up: one row a currency."
            )
        return Result(
            query=self.query,
            reads_as=reads_as(self.query),
            assumptions=self._assumptions(currency),
            columns=tuple(columns),
            rows=shown,
            totals=total_cells,
            totals_by_currency=by_currency,
            remainder=remainder,
            unfinished=self._is_unfinished(),
            is_cut=rows.is_cut,
        )

    def _columns(self, rows: Table) -> list[Column]:
        return _columns(rows.names, self.query, self.metrics)

    def _cells(
        self, rows: Table, key: Keys, columns: Sequence[Column], currency: str | None
    ) -> list[Cell]:
        own = currency or _currency_of(rows, key)
        cells: list[Cell] = [
            _shown(rows.shown(name, each)) for name, each in zip(rows.names, key, strict=True)
        ]
        values = rows.rows[key]
        return cells + [
            cell(values.get(column.name), column.format, own) for column in columns[len(cells) :]
        ]

    def _total_cells(self, totals: Table, currency: str | None) -> dict[str, Cell]:
        found: dict[str, Cell] = {}
        if not totals.rows:
            return found
        values = totals.rows.get((None,)) if currency is None and totals.names else None
        if values is None and (currency is not None or not totals.names):
            values = next(iter(totals.rows.values()))
        for column in self._columns(Table(())):
            found[column.name] = cell((values or {}).get(column.name), column.format, currency)
        return found

    def _by_currency(self, totals: Table) -> dict[str, dict[str, Cell]]:
        columns = self._columns(Table(()))
        return {
            own: {each.name: cell(values.get(each.name), each.format, own) for each in columns}
            for key, values in totals.rows.items()
            if (own := _currency_of(totals, key))
        }

    def _remainder(
        self, rows: Table, keys: Sequence[Keys], totals: Table, currency: str | None
    ) -> dict[str, Cell]:
        """What of the totals is in no row, of metrics that rows add up to."""
        if currency is None or not self.query.dimensions or not totals.rows:
            return {}
        if D.COUPON in self.query.dimensions:
            return {}
        whole = next(iter(totals.rows.values()))
        found: dict[str, Cell] = {}
        for each in self.metrics:
            total = whole.get(each.name)
            if each.is_additive and total is not None:
                held = sum(
                    (rows.rows[key].get(each.name) or Decimal(0) for key in keys), Decimal(0)
                )
                found[each.name] = cell(total - held, each.format, currency)
        if set(self.query.dimensions) & THINGS and any(_is_some(each) for each in found.values()):
            kinds = " or ".join(each for each in self.query.dimensions if each in THINGS)
            what = "in no row: further rows, or" if self.query.top_n else "in no row:"
            self.notes.append(f"`remainder` is {what} things and refunds without {kinds}.")
        return found

    def _is_unfinished(self) -> bool:
        grain, days = self.query.grain, self.window
        if grain is None or days is None:
            return False
        last = buckets(days, grain, self.shop.books.week_start)[-1]
        return days.last == self.moment.today and end_of(last, grain) >= days.last

    def _assumptions(self, currency: str | None) -> Assumptions:
        days, period = self.window, self.query.period
        other = compared(period, days, self.calendars) if period and days else None
        statuses = self.shop.books.reckoning.statuses
        notes = [each.note for each in self.metrics if each.note]
        if D.PRODUCT in self.query.dimensions and any(each.least for each in self.metrics):
            notes.append("Only products of which at least 5 were sold.")
        return Assumptions(
            from_=days.first if days else None,
            to=days.last if days else None,
            compared_from=other.first if other else None,
            compared_to=other.last if other else None,
            time_zone=self.shop.books.reckoning.time_zone,
            currency=currency,
            statuses=tuple(statuses or self._counted()),
            fresh_at=self.shop.fresh_at,
            defaulted=self.defaulted,
            notes=(*dict.fromkeys(notes), *self.notes),
        )

    def _counted(self) -> list[str]:
        """Read once for all queries of a store that share its books."""
        held = self.shop.counted
        if not held:
            held += repository.counted_statuses(self.tx, self.shop.id)
        return held


_PATTERNS: dict[Dimension, Sequence[Any]] = {
    D.DAY_OF_WEEK: range(1, 8),
    D.HOUR_OF_DAY: range(24),
}


def columns_of(found: Checked) -> list[Column]:
    """The columns that an answer has, whatever the store holds; the currency among them where rows
    may have one each."""
    query = found.query
    names = ["time"] if query.grain else []
    names += [str(each) for each in query.dimensions]
    names += ["with"] if query.metrics[0] == ALONE else []
    names += ["currency"] if is_split(query, found.metrics) and D.CURRENCY not in names else []
    return _columns(names, query, found.metrics)


def _columns(keys: Sequence[str], query: SemanticQuery, metrics: Sequence[Metric]) -> list[Column]:
    columns = [_key_column(name) for name in keys]
    is_compared = bool(query.period and query.period.compare)
    for each in metrics:
        columns.append(Column(name=each.name, type="number", format=each.format))
        if is_compared and each.after is None:
            columns.append(Column(name=each.name + PREVIOUS, type="number", format=each.format))
            columns.append(Column(name=each.name + CHANGE, type="number", format="percent"))
    return columns


def _bases(metrics: Sequence[Metric], query: SemanticQuery) -> list[Metric]:
    """The formulas to be read: the metrics', and those that others are made of."""
    found = {each.name: each for each in metrics if each.after is None}
    for each in metrics:
        if each.after is not None:
            of = _base(each, query)
            found.setdefault(of.name, of)
    return list(found.values())


def _base(metric: Metric, query: SemanticQuery) -> Metric:
    """What a derived metric is made of; by product and category of what products brought."""
    of = metric.of_products if metric.of_products and is_by_product(query) else metric.of
    return METRICS[of]


def _beside_last_year(period: Any) -> Any:
    if isinstance(period, AllTime):
        return Range(start=date(2000, 1, 1), end=date(2000, 1, 1), compare="previous_year")
    return period.model_copy(update={"compare": "previous_year"})


def _is_zero_when_empty(metric: Metric) -> bool:
    """Sums and counts of nothing are 0, means and rates of nothing are empty."""
    known = [MEASURES[each] for each in measures_in(metric.formula) if each in MEASURES]
    is_sum = all(each.is_sum for each in known)
    return is_sum and "nullif" not in metric.formula and "CASE" not in metric.formula


def _of_one_currency(rows: Table) -> Table:
    return tables.without(rows, "currency") if "currency" in rows.names else rows


def _currency_of(rows: Table, key: Keys) -> str | None:
    if "currency" not in rows.names:
        return None
    found: str | None = key[rows.names.index("currency")]
    return found


def _key_column(name: str) -> Column:
    if name == "time":
        return Column(name=name, type="date")
    if name in (D.IS_WEEKEND, D.HAS_COUPON):
        return Column(name=name, type="boolean")
    if name in (D.DAY_OF_WEEK, D.HOUR_OF_DAY, D.MONTH, D.MONTHS_SINCE_FIRST):
        return Column(name=name, type="number")
    return Column(name=name, type="text")


def _shown(value: Any) -> Cell:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return int(value)
    shown: Cell = value
    return shown


def _is_some(value: Cell) -> bool:
    return bool(value) and Decimal(str(value)) != 0


def cell(value: Decimal | None, format: Format | None, currency: str | None) -> Cell:
    """A number as answers show it: money as a text with its currency's decimals, counts whole where
    they are, fractions to six places, ratios to four, days to two."""
    if value is None:
        return None
    value = Decimal(value)
    if format == "money":
        step = Decimal(1).scaleb(-decimals(currency or "USD"))
        return str(value.quantize(step, ROUND_HALF_UP) + 0)
    if format in ("count", "minutes"):
        whole = value if format == "count" else value.to_integral_value(ROUND_HALF_UP)
        return int(whole) if whole == whole.to_integral_value() else float(whole)
    places = {"percent": 6, "days": 2}.get(format or "", 4)
    return float(value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))
