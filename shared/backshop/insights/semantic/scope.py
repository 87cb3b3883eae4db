"""What every part of a query's SQL is written with: its parameters, its moments, its keys, and the
conditions of its filters.

Aliases mean the same everywhere: `o` an order, `i` its line, `p` the line's product, `r` a refund,
`l` its line, `c` the codes of the order, `f` the first order of its customer, `g` the row that a
category belongs to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID

from backshop.insights.models import Books
from backshop.insights.semantic.categories import Category, groups, under
from backshop.insights.semantic.checking import NUMBERS, TRUTHS
from backshop.insights.semantic.metrics import Metric
from backshop.insights.semantic.models import (
    LOW_STOCK,
    Dimension,
    Filter,
    Limit,
    SemanticQuery,
    Unit,
    Value,
)
from backshop.insights.semantic.periods import Window, buckets

D = Dimension
INTERVAL = {
    Unit.DAY: "1 day",
    Unit.WEEK: "7 days",
    Unit.MONTH: "1 month",
    Unit.QUARTER: "3 months",
    Unit.YEAR: "1 year",
}
PRODUCT_NAME = "coalesce(p.name, i.product_name)"
PRODUCT_IDENTITY = "coalesce(i.wc_product_id::text, 'name:' || i.product_name)"
PRODUCT_OF_LINE = """LEFT JOIN insights.products AS p
  ON p.store_id = i.store_id AND p.wc_product_id = i.wc_product_id"""
ORDER_DIMENSIONS = frozenset(
    {
        D.COUNTRY,
        D.COUPON,
        D.HAS_COUPON,
        D.STATUS,
        D.PAYMENT_METHOD,
        D.CHANNEL,
        D.CURRENCY,
        D.DAY_OF_WEEK,
        D.HOUR_OF_DAY,
        D.IS_WEEKEND,
        D.MONTH,
        D.CUSTOMER,
        D.CUSTOMER_TYPE,
        D.ORDER_VALUE_BUCKET,
        D.COHORT_MONTH,
    }
)
NO_DECIMALS = ("JPY", "KRW", "VND", "CLP", "ISK", "UGX", "XAF", "XOF", "PYG", "RWF", "HUF", "IDR")
"""Currencies in whose amounts a basket has about a hundred times the figure."""
BUCKETS = (25, 50, 100, 200, 500)


class Asked(NamedTuple):
    """A query on its way to SQL. `by` are the dimensions of its rows, none for totals; `until` ends
    what is known: the moment that the question is asked as of. `split` says that rows are of one
    currency each, `is_ranked` that only those are wanted that `top_n` names by the first metric."""

    query: SemanticQuery
    books: Books
    store_id: UUID
    window: Window | None
    today: date
    until: datetime
    split: bool
    by: tuple[Dimension, ...] = ()
    grain: Unit | None = None
    tree: tuple[Category, ...] = ()
    is_ranked: bool = False
    minutes_old: float | None = None
    is_now: bool = True
    rolled_up: bool = False
    """Whether the store's rollups are whole, and made as its books say."""
    summed_until: date | None = None


class Key(NamedTuple):
    """What rows are told apart by, and what is shown for it where that is something else."""

    identity: str
    label: str | None = None


class Source(NamedTuple):
    """FROM and WHERE of a stream, and what the keys are there."""

    sql: str
    keys: dict[str, Key]
    is_summed: bool = False
    """Whether there is one row for each of the query's keys, so that nothing is left to group."""


class Scope:
    """A statement while it is written: parameters and common parts collect in it."""

    def __init__(self, request: Asked, metrics: Sequence[Metric]) -> None:
        self.asked = request
        self.metrics = metrics
        self.filters = request.query.filters
        reckoning = request.books.reckoning
        window = request.window
        self.params: dict[str, Any] = {
            "store": request.store_id,
            "zone": reckoning.time_zone,
            "first": window.first if window else None,
            "last": window.last if window else None,
            "today": request.today,
            "until": request.until,
            "statuses": list(reckoning.statuses or ()),
        }
        self.ctes: dict[str, str] = {}
        self.is_paid = reckoning.orders_dated == "paid"
        counts = "o.status = ANY (%(statuses)s)" if reckoning.statuses else "o.is_counted"
        dated = " AND o.date_paid IS NOT NULL" if self.is_paid else ""
        self.counts = f"({counts} AND NOT o.is_test{dated})"
        self.sold_at = "o.date_paid" if self.is_paid else "o.date_created"
        self.placed_at = (
            "coalesce(o.date_paid, o.date_created)" if self.is_paid else "o.date_created"
        )
        self.codes = _codes(self.filters)

    def param(self, value: Any) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return f"%({name})s"

    def key_names(self) -> list[str]:
        """`time`, the dimensions, and the currency where rows have one each."""
        names = ["time"] if self.asked.grain else []
        names += [str(each) for each in self.asked.by]
        if self.asked.split and D.CURRENCY not in self.asked.by:
            names.append("currency")
        return names

    def is_about(self, *dimensions: Dimension) -> bool:
        """Whether rows or filters are by one of them."""
        named = {*self.asked.by, *(each.field for each in self.filters)}
        return bool(named & set(dimensions))

    # --------------------------------------------------------------------------- moments

    def within(self, at: str) -> str:
        """Inside the window, as far as it is known; all that is known where there is none."""
        if self.asked.window is None:
            return self.known(at)
        return f"""{at} >= {self.midnight("%(first)s::date")}
            AND {at} < least({self.midnight("%(last)s::date + 1")}, %(until)s)"""

    def known(self, at: str) -> str:
        return f"{at} < %(until)s"

    def midnight(self, day: str) -> str:
        return f"(({day})::timestamp AT TIME ZONE %(zone)s)"

    def local(self, at: str) -> str:
        return f"({at} AT TIME ZONE %(zone)s)"

    def month(self, at: str) -> str:
        return f"date_trunc('month', {self.local(at)})::date"

    def bucket(self, at: str) -> str:
        unit, local = self.asked.grain, self.local(at)
        if unit is None:
            return "NULL::date"
        if unit == Unit.DAY:
            return f"{local}::date"
        if unit == Unit.WEEK and self.asked.books.week_start:
            shift = f"make_interval(days => {self.asked.books.week_start})"
            return f"(date_trunc('week', {local} - {shift}) + {shift})::date"
        return f"date_trunc('{unit}', {local})::date"

    def bucket_begins(self, at: str) -> str:
        if self.asked.window is None:
            return "'-infinity'::timestamptz"
        first = "%(first)s::date"
        return self.midnight(f"greatest({self.bucket(at)}, {first})" if self.asked.grain else first)

    def every_bucket(self) -> str:
        """`t`, for what is a state of now and stands in each bucket."""
        grain, window = self.asked.grain, self.asked.window
        if grain is None or window is None:
            return "(SELECT NULL::date AS bucket) AS t"
        days = self.param(buckets(window, grain, self.asked.books.week_start))
        return f"unnest({days}::date[]) AS t (bucket)"

    def days(self, bucket: str) -> str:
        """Days of the bucket, or of the window, that have begun."""
        window, grain = self.asked.window, self.asked.grain
        if window is None:
            return "30"
        if grain is None:
            return str(window.days)
        end = f"({bucket} + interval '{INTERVAL[grain]}')::date - 1"
        return f"(least({end}, %(last)s::date) - greatest({bucket}, %(first)s::date) + 1)"

    # --------------------------------------------------------------------------- keys

    def order_keys(self, at: str) -> dict[str, Key]:
        """Keys of what happened to an order, or to a line of it, at the moment `at`."""
        local = self.local(at)
        weekday = f"extract(isodow FROM {local})::int"
        return {
            "time": Key(self.bucket(at)),
            "country": Key("o.country"),
            "status": Key("o.status"),
            "payment_method": Key("o.payment_method"),
            "channel": Key("o.channel"),
            "currency": Key("o.currency"),
            "day_of_week": Key(weekday),
            "hour_of_day": Key(f"extract(hour FROM {local})::int"),
            "is_weekend": Key(f"({weekday} >= 6)"),
            "month": Key(f"extract(month FROM {local})::int"),
            "has_coupon": Key("(o.coupon_used IS NOT NULL)"),
            "coupon": Key("c.code", "c.label"),
            "customer_type": Key(_customer_type(self.placed_at)),
            "order_value_bucket": Key(_value_bucket()),
            "product": Key(PRODUCT_IDENTITY, PRODUCT_NAME),
            "sku": Key("i.sku"),
            "category": Key("g.row", "g.name"),
            "cohort_month": Key(f"to_char({self.local('f.at')}, 'YYYY-MM')"),
            "customer": Key(pseudonym("o.wc_customer_id")),
        }

    def product_keys(self) -> dict[str, Key]:
        """Keys of the product `p` and its variant `v`, now, in each bucket `t`."""
        currency = self.param(self.asked.books.currency)
        return {
            "time": Key("t.bucket"),
            "product": Key("p.wc_product_id::text", "p.name"),
            "sku": Key("v.sku"),
            "category": Key("g.row", "g.name"),
            "currency": Key(f"{currency}::text"),
        }

    # --------------------------------------------------------------------------- joins

    def order_joins(self, *, with_first: bool = False) -> str:
        """What keys and filters of an order need beside it."""
        joins = []
        if self.is_by_code:
            joins.append(self._code_join())
        if with_first or self.is_about(D.CUSTOMER_TYPE, D.COHORT_MONTH):
            self.add_firsts()
            joins.append("LEFT JOIN firsts AS f ON f.customer = o.wc_customer_id")
        return " ".join(joins)

    @property
    def is_by_code(self) -> bool:
        return D.COUPON in self.asked.by or bool(self.codes)

    def _code_join(self) -> str:
        """An order once for each of its codes; once for all that are wanted, where rows are not by
        code."""
        wanted = f"AND lower(u.code) IN {self._lowered(self.codes)}" if self.codes else ""
        is_apart = D.COUPON in self.asked.by
        code = "lower(u.code)" if is_apart else "NULL::text"
        grouped = "GROUP BY lower(u.code)" if is_apart else "HAVING count(*) > 0"
        return f"""INNER JOIN LATERAL (
              SELECT {code} AS code, min(u.code) AS label, sum(u.discount) AS discount
              FROM insights.order_coupons AS u
              WHERE u.store_id = o.store_id AND u.order_id = o.id {wanted} {grouped}
            ) AS c ON true"""

    def category_join(self) -> str:
        if D.CATEGORY not in self.asked.by:
            return ""
        named: set[UUID] = set()
        for each in self.filters:
            if each.field == D.CATEGORY and each.op != "!=":
                named |= self._categories(each)
        found = groups(self.asked.tree, named)
        ids = self.param([each.category for each in found])
        rows = self.param([str(each.row) for each in found])
        names = self.param([each.name for each in found])
        return f"""LEFT JOIN unnest({ids}::uuid[], {rows}::text[], {names}::text[])
            AS g (id, row, name) ON g.id = p.category_id"""

    def add_firsts(self) -> None:
        """`firsts`: the first order that counts of each customer."""
        self.ctes["firsts"] = f"""SELECT DISTINCT ON (o.wc_customer_id)
              o.wc_customer_id AS customer, o.id, {self.sold_at} AS at, o.wc_order_id AS number
            FROM insights.orders AS o WHERE {self._of_customers()}
            ORDER BY o.wc_customer_id, {self.sold_at}, o.wc_order_id"""

    def add_lives(self) -> None:
        """`lives`: how many orders each customer had, and the last one's moment."""
        self.ctes["lives"] = f"""SELECT o.wc_customer_id AS customer, count(*) AS n,
              max({self.sold_at}) AS last
            FROM insights.orders AS o WHERE {self._of_customers()} GROUP BY o.wc_customer_id"""

    def add_spent(self) -> None:
        """`spent`: what each customer paid and did not get back, by currency."""
        self.ctes["spent"] = f"""SELECT o.wc_customer_id AS customer, o.currency,
              sum(o.total - o.refunded_total) AS spent
            FROM insights.orders AS o WHERE {self._of_customers()}
            GROUP BY o.wc_customer_id, o.currency"""

    def _of_customers(self) -> str:
        return f"""o.store_id = %(store)s AND {self.counts} AND o.wc_customer_id IS NOT NULL
            AND {self.known(self.sold_at)}"""

    # --------------------------------------------------------------------------- filters

    def order_conditions(self, at: str) -> str:
        """`AND …` for the filters by what an order is."""
        keys = self.order_keys(at)
        found = []
        for each in self.filters:
            if each.field in (Limit.ORDER_TOTAL, *_LIFE_LIMITS):
                found.append(self._order_limit(each))
            elif each.field == D.COUPON:
                found.append(self._codes_match(each))
            elif each.field in ORDER_DIMENSIONS:
                found.append(self.matches(keys[each.field].identity, each))
        return "".join(f" AND {each}" for each in found if each)

    def product_conditions(self, name: str, sku: str) -> str:
        """`AND …` for the filters by product, SKU, category and stock."""
        found = []
        for each in self.filters:
            if each.field == D.PRODUCT:
                found.append(self.matches(name, each))
            elif each.field == D.SKU:
                found.append(self.matches(sku, each))
            elif each.field == D.CATEGORY:
                found.append(self._in_category(each))
            elif each.field == Limit.STOCK_QUANTITY:
                found.append(self.compares("p.stock_quantity", each))
        return "".join(f" AND {each}" for each in found)

    def matches(self, expression: str, filter: Filter) -> str:
        """The filter by a dimension, whose type decides how values are compared."""
        values = values_of(filter)
        if filter.field in TRUTHS:
            return f"{expression} = {self.param(filter.value is (filter.op == '='))}"
        if filter.field in NUMBERS:
            if filter.op == "in":
                return f"{expression} = ANY ({self.param(list(values))}::int[])"
            op = "IS DISTINCT FROM" if filter.op == "!=" else filter.op
            return f"{expression} {op} {self.param(filter.value)}::int"
        texts = [str(each) for each in values]
        if filter.op == "contains":
            return f"{expression} ILIKE {self.param(_pattern(texts[0]))}"
        if filter.op == "!=":
            return f"coalesce(lower({expression}) NOT IN {self._lowered(texts)}, true)"
        if filter.op in ("=", "in"):
            return f"lower({expression}) IN {self._lowered(texts)}"
        return f"{expression} {filter.op} {self.param(texts[0])}"

    def compares(self, expression: str, filter: Filter) -> str:
        """The filter by a number."""
        value: Any = filter.value
        if value == LOW_STOCK:
            value = self.asked.books.low_stock_threshold
        op = "<>" if filter.op == "!=" else filter.op
        return f"{expression} {op} {self.param(value)}::numeric"

    def days_since(self, at: str) -> str:
        return f"(%(today)s::date - {self.local(at)}::date)"

    def _lowered(self, texts: Sequence[str]) -> str:
        return f"(SELECT lower(w) FROM unnest({self.param(list(texts))}::text[]) AS w)"

    def _codes_match(self, filter: Filter) -> str:
        """Of `=` and `in` the join has taken care."""
        if filter.op in ("=", "in"):
            return ""
        if D.COUPON in self.asked.by:
            return self.matches("c.label", filter)
        positive = filter.model_copy(update={"op": "="}) if filter.op == "!=" else filter
        carries = f"""EXISTS (SELECT FROM insights.order_coupons AS u
            WHERE u.store_id = o.store_id AND u.order_id = o.id
              AND {self.matches("u.code", positive)})"""
        return f"NOT {carries}" if filter.op == "!=" else carries

    def _order_limit(self, filter: Filter) -> str:
        if filter.field == Limit.ORDER_TOTAL:
            return self.compares("o.total", filter)
        if filter.field == Limit.TOTAL_SPENT:
            self.add_spent()
            return f"""EXISTS (SELECT FROM spent AS s WHERE s.customer = o.wc_customer_id
                AND s.currency = o.currency AND {self.compares("s.spent", filter)})"""
        self.add_lives()
        column = "v.n" if filter.field == Limit.ORDERS_COUNT else self.days_since("v.last")
        return f"""o.wc_customer_id IN (
            SELECT v.customer FROM lives AS v WHERE {self.compares(column, filter)})"""

    def _in_category(self, filter: Filter) -> str:
        ids = self.param(sorted(under(self.asked.tree, self._categories(filter))))
        inside = f"coalesce(p.category_id = ANY ({ids}::uuid[]), false)"
        return f"NOT {inside}" if filter.op == "!=" else inside

    def _categories(self, filter: Filter) -> set[UUID]:
        wanted = [str(each).lower() for each in values_of(filter)]
        if filter.op == "contains":
            return {each.id for each in self.asked.tree if wanted[0] in each.name.lower()}
        return {each.id for each in self.asked.tree if each.name.lower() in wanted}


_LIFE_LIMITS = (Limit.ORDERS_COUNT, Limit.DAYS_SINCE_LAST_ORDER, Limit.TOTAL_SPENT)


def values_of(filter: Filter) -> tuple[Value, ...]:
    return filter.value if isinstance(filter.value, tuple) else (filter.value,)


def pseudonym(number: str) -> str:
    """A name for a customer that says nothing of them and stays the same."""
    return f"'C-' || left(md5(%(store)s::text || ':' || {number}::text), 10)"


def _codes(filters: Sequence[Filter]) -> list[str]:
    """Codes of which every order has to carry one."""
    for each in filters:
        if each.field == D.COUPON and each.op in ("=", "in"):
            return [str(value) for value in values_of(each)]
    return []


def _pattern(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _customer_type(at: str) -> str:
    """A guest is one whatever came before; else it is the first order that counts, or a later
    one."""
    return f"""CASE WHEN o.is_guest OR o.wc_customer_id IS NULL THEN 'guest'
      WHEN (f.at, f.number) < ({at}, o.wc_order_id) THEN 'returning' ELSE 'new' END"""


def _value_bucket() -> str:
    """By the order's total; edges a hundred times higher where the currency counts in small
    coins."""
    names = "', '".join(NO_DECIMALS)
    scale = f"(CASE WHEN o.currency IN ('{names}') THEN 100 ELSE 1 END)"
    edges = f"ARRAY[{', '.join(map(str, BUCKETS))}]::numeric[]"
    place = f"width_bucket(o.total / {scale}, {edges})"
    plain, high = (_bucket_names(factor) for factor in (1, 100))
    return f"""(CASE WHEN o.currency IN ('{names}') THEN {high} ELSE {plain} END)[{place} + 1]"""


def _bucket_names(factor: int) -> str:
    edges = [str(each * factor) for each in BUCKETS]
    names = [f"0-{edges[0]}", *(f"{a}-{b}" for a, b in pairwise(edges))]
    quoted = ", ".join(f"'{each}'" for each in [*names, f"{edges[-1]}+"])
    return f"ARRAY[{quoted}]"
