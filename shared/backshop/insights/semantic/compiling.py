"""Queries as SQL: parameterised, of one store, and of raw tables alone.

Each stream (streams.py) is summed up by the same keys on its own; then the streams are laid over
each other, and the formulas are written over the sums. Every text from outside is a parameter; what
is put into the SQL comes from the catalogue.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from backshop.insights.semantic import rolled, streams
from backshop.insights.semantic.checking import ALONE, PRODUCT_DIMENSIONS
from backshop.insights.semantic.measures import MEASURES, Stream, measures_in, written
from backshop.insights.semantic.metrics import Metric
from backshop.insights.semantic.models import Dimension, Limit, SemanticQuery
from backshop.insights.semantic.scope import Asked, Scope

D = Dimension
MOST_ROWS = 10_000
THINGS = frozenset({D.PRODUCT, D.SKU, D.CATEGORY, D.CUSTOMER})
"""What has none of them is in no row but in the remainder."""
_NET_OF_ORDER = """(o.subtotal - o.discount_total - coalesce((
  SELECT sum(r.goods) FROM insights.refunds AS r
  WHERE r.store_id = o.store_id AND r.order_id = o.id AND r.status = 'settled'
    AND r.date_created < %(until)s), 0))"""

_REFUNDED_BY_THEN = """EXISTS (SELECT FROM insights.refunds AS r
  WHERE r.store_id = o.store_id AND r.order_id = o.id AND r.status = 'settled'
    AND r.amount > 0 AND r.date_created < %(until)s)"""


class Statement(NamedTuple):
    """Columns of the result are `k_…` for each key, `l_…` for what is shown in its place, and the
    metrics by their names; at most `MOST_ROWS` and one, which says that there are more."""

    sql: str
    params: dict[str, Any]
    keys: tuple[str, ...]
    metrics: tuple[str, ...]


def is_by_product(query: SemanticQuery) -> bool:
    """Whether amounts of whole orders cannot be split as the query wants them."""
    names = {*query.dimensions, *(each.field for each in query.filters)}
    return bool(names & (PRODUCT_DIMENSIONS | {Limit.STOCK_QUANTITY}))


def formula_of(metric: Metric, query: SemanticQuery) -> str:
    return metric.by_product if metric.by_product and is_by_product(query) else metric.formula


def compiled(request: Asked, metrics: Sequence[Metric]) -> Statement:
    """One statement for the rows, or for the totals, of metrics that are formulas."""
    scope = Scope(request, metrics)
    if metrics[0].name == ALONE:
        return _pairs(scope)
    formulas = {each.name: formula_of(each, request.query) for each in metrics}
    leasts = [each.least for each in metrics if each.least and D.PRODUCT in request.by]
    body = _laid_over(scope, [*formulas.values(), *leasts])
    keys = scope.key_names()
    days = scope.days("k_time")
    shown = [f"{written(text, days)} AS {name}" for name, text in formulas.items()]
    columns = [*(f"k_{key}" for key in keys), *(f"l_{key}" for key in keys), *shown]
    limits = [*_limits(scope, formulas, days), *(f"({written(each, days)})" for each in leasts)]
    limits += [f"k_{each} IS NOT NULL" for each in request.by if each in THINGS]
    where = f"WHERE {' AND '.join(limits)}" if limits else ""
    sql = _ranked(scope, f"SELECT {', '.join(columns)} FROM ({body}) AS summed {where}")
    return _finished(scope, sql, keys, tuple(formulas))


def _finished(scope: Scope, sql: str, keys: Sequence[str], metrics: tuple[str, ...]) -> Statement:
    ctes = ", ".join(f"{name} AS MATERIALIZED ({text})" for name, text in scope.ctes.items())
    whole = f"{f'WITH {ctes} ' if ctes else ''}{sql} LIMIT {MOST_ROWS + 1}"
    return Statement(whole, scope.params, tuple(keys), metrics)


def _laid_over(scope: Scope, formulas: Sequence[str]) -> str:
    """The streams' sums side by side, one row a key."""
    measures = sorted({name for text in formulas for name in measures_in(text)})
    by_source: dict[str, dict[str, str]] = {}
    for name in measures:
        kept, sql = rolled.rolled(scope, name) or (MEASURES[name].stream, _filled(scope, name))
        by_source.setdefault(kept, {})[name] = sql
    parts = [_part(scope, source, own, measures) for source, own in by_source.items()]
    if len(parts) == 1:
        return parts[0]
    keys = scope.key_names()
    columns = [f"k_{key}" for key in keys]
    labels = [f"max(l_{key}) AS l_{key}" for key in keys]
    sums = [f"sum({name}) AS {name}" for name in measures]
    grouped = f"GROUP BY {', '.join(columns)}" if keys else ""
    return f"""SELECT {", ".join([*columns, *labels, *sums])}
        FROM ({" UNION ALL ".join(parts)}) AS parts {grouped}"""


def _part(scope: Scope, source: str, own: dict[str, str], measures: Sequence[str]) -> str:
    is_stream = source in Stream.__members__.values()
    found = streams.source(scope, Stream(source)) if is_stream else rolled.source(scope, source)
    names = scope.key_names()
    keys = [f"{found.keys[name].identity} AS k_{name}" for name in names]
    label = "{}::text" if found.is_summed else "max({}::text)"
    labels = [f"{label.format(found.keys[name].label or 'NULL')} AS l_{name}" for name in names]
    sums = [f"({own.get(name, 'NULL')})::numeric AS {name}" for name in measures]
    is_grouped = keys and not found.is_summed
    grouped = f"GROUP BY {', '.join(str(n + 1) for n in range(len(keys)))}" if is_grouped else ""
    # A day's sums are there for whatever happened on it, and rows only for what is asked.
    some = f"HAVING {' OR '.join(f'{each} <> 0' for each in own.values())}"
    having = some if source == "days" and keys else ""
    return f"(SELECT {', '.join([*keys, *labels, *sums])} FROM {found.sql} {grouped} {having})"


def _filled(scope: Scope, measure: str) -> str:
    own = "coalesce(c.discount, o.discount_total)" if scope.is_by_code else "o.discount_total"
    sql = MEASURES[measure].sql.replace("{own_discount}", own)
    sql = sql.replace("{net_of_order}", _NET_OF_ORDER)
    by_then = "true" if scope.asked.is_now else _REFUNDED_BY_THEN
    sql = sql.replace("{refunded_by_then}", by_then)
    return sql.replace("{bucket_begins}", scope.bucket_begins(scope.sold_at))


def _limits(scope: Scope, formulas: dict[str, str], days: str) -> list[str]:
    """Filters on the query's own metrics, which choose among rows."""
    if not scope.key_names():
        return []
    return [
        scope.compares(f"({written(formulas[each.field], days)})", each)
        for each in scope.filters
        if each.field in formulas
    ]


def _ranked(scope: Scope, body: str) -> str:
    request = scope.asked
    number = request.query.top_n
    if not request.is_ranked or number is None or not request.by:
        return body
    apart = [f"k_{name}" for name in scope.key_names() if name in ("time", "currency")]
    apart = [each for each in apart if each != "k_currency" or request.split]
    # By bytes: a language's order of letters costs more than all else, and decides ties alone.
    ties = [f'k_{each}::text COLLATE "C"' for each in request.by]
    order = f"{scope.metrics[0].name} {'DESC' if number > 0 else 'ASC'} NULLS LAST"
    # Postgres keeps the first few of a sort, and does not sort the rest.
    first = f"ORDER BY {', '.join([order, *ties])} LIMIT {abs(number)}"
    if not apart:
        return f"SELECT * FROM (SELECT found.* FROM ({body}) AS found {first}) AS placed"
    if apart == ["k_currency"]:  # Of which there are few, so that all rows are read for each.
        scope.ctes["found"] = body
        return f"""SELECT placed.* FROM (SELECT DISTINCT k_currency FROM found) AS apart
            CROSS JOIN LATERAL (SELECT found.* FROM found
              WHERE found.k_currency IS NOT DISTINCT FROM apart.k_currency {first}) AS placed"""
    apart = [f'{each} COLLATE "C"' if each == "k_currency" else each for each in apart]
    return f"""SELECT * FROM (
          SELECT found.*, row_number() OVER (
            PARTITION BY {", ".join(apart)} ORDER BY {", ".join([order, *ties])}) AS place
          FROM ({body}) AS found
        ) AS placed WHERE place <= {abs(number)} ORDER BY place"""


def _pairs(scope: Scope) -> Statement:
    found = streams.pairs(scope)
    number = scope.asked.query.top_n
    keys = (["time"] if scope.asked.grain else []) + ["product", "with"]
    if number is None:
        return _finished(scope, found, keys, (ALONE,))
    order = f"co_purchase_count {'DESC' if number > 0 else 'ASC'}, k_product, k_with"
    ranked = f"""SELECT * FROM (SELECT found.*, row_number() OVER (
          PARTITION BY k_time ORDER BY {order}) AS place FROM ({found}) AS found) AS placed
        WHERE place <= {abs(number)} ORDER BY place"""
    return _finished(scope, ranked, keys, (ALONE,))
