"""What was read, put together as a query with its defaults."""

from __future__ import annotations

from datetime import date

from backshop.insights.planning import declining, filters, leftovers, metrics, ranking, times
from backshop.insights.planning.models import Plan
from backshop.insights.planning.reading import Reading, Refused, declined
from backshop.insights.planning.text import Line
from backshop.insights.semantic.checking import RANKED, checked, wants_ten
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    AllTime,
    Calendar,
    Dimension,
    LastN,
    Limit,
    Meaningless,
    Range,
    SemanticQuery,
    Unit,
)

D = Dimension


def complete(reading: Reading, day: date) -> None:
    _limits_of_lapse(reading, day)
    if not reading.metrics:
        metrics.guess(reading)
    metrics.fit(reading)
    reading.metrics += [
        each.field
        for each in reading.filters
        if each.field in METRICS and each.field not in reading.metrics
    ]
    _keep_said_limit(reading)
    _keep_each(reading)
    leftovers.check_numbers(reading)
    if len(reading.dimensions) > 1 and reading.top_n and reading.grain is None:
        reading.top_n, reading.wants_all = None, True
        reading.notes.append(
            "Every pair is shown: ranks hold over all rows, not within each class."
        )
    if (
        reading.is_ranked
        and reading.grain
        and RANKED & set(reading.dimensions)
        and not reading.top_n
    ):
        reading.top_n = 10 * reading.sign
        reading.defaulted.append("top_n")
    _keep_cohorts(reading)
    if D.COHORT_MONTH in reading.dimensions:
        reading.has_trend = False
    if D.IS_WEEKEND in reading.dimensions:
        reading.filters[:] = [each for each in reading.filters if each.field != D.IS_WEEKEND]
    _without_rows_of_one(reading)
    declining.decline_past_stock(reading)
    _compare_what_went_up(reading)
    is_growth = reading.metrics[0] == "net_sales_yoy_pct"
    if not (reading.dimensions or reading.compare or reading.grain or is_growth):
        reading.has_trend |= reading.line.has(_IS_GROWING)
    if (
        reading.metrics[0] in ranking.BAD
        and reading.top_n
        and reading.line.has(ranking.WORST_OF_BAD)
    ):
        reading.top_n = abs(reading.top_n)
    if (
        reading.dimensions
        and reading.compare is None
        and not is_growth
        and reading.line.has(_GROWS)
    ):
        is_of_year = isinstance(reading.period, Calendar) and reading.period.unit == Unit.YEAR
        reading.compare = "previous_year" if is_of_year else "previous_period"
    if reading.has_trend and reading.grain is None and METRICS[reading.metrics[0]].has_time:
        reading.grain = times.suiting(reading.period)


def _keep_cohorts(reading: Reading) -> None:
    """`cohort retention by months since first order`: of each cohort."""
    is_of_cohorts = reading.metrics[0] in ("cohort_retention", "cohort_revenue")
    is_by_months = reading.dimensions == [D.MONTHS_SINCE_FIRST]
    if is_of_cohorts and is_by_months and Line(reading.whole).has(r"\bcohorts?\b"):
        reading.dimensions.insert(0, D.COHORT_MONTH)


def _keep_each(reading: Reading) -> None:
    """`what stock do we have of each product`, `stock by sku in pens`: of all, and not of ten."""
    if reading.metrics[0] == "stock_quantity" and not reading.is_ranked:
        is_of_some = any(each.field in metrics.PRODUCT_FIELDS for each in reading.filters)
        reading.wants_all |= is_of_some or Line(reading.whole).has(_OF_EACH)


_OF_EACH = (
    r"\b(?:each|every) (?:of )?(?:the |our |my |single |@x\d+ )*(?:products?|items?|articles?)\b"
)


def _keep_said_limit(reading: Reading) -> None:
    """`nearly gone, under 10 left`: the number that is said, and not the store's own."""
    own = [each for each in reading.filters if each.value == "low_stock_threshold"]
    if sum(each.field == Limit.STOCK_QUANTITY for each in reading.filters) > len(own):
        reading.filters[:] = [each for each in reading.filters if each not in own]


def _compare_what_went_up(reading: Reading) -> None:
    """`did the average go up this month`: since the one before."""
    held = reading.period
    if reading.dimensions or reading.compare or reading.grain:
        return
    if isinstance(held, Calendar) and reading.line.has(_WENT):
        reading.compare = "previous_year" if held.unit == Unit.YEAR else "previous_period"


def _without_rows_of_one(reading: Reading) -> None:
    """One product has no rows of products (`how popular is the travel mug`), but what is bought
    with it has."""
    is_one = any(each.field == D.PRODUCT and each.op == "=" for each in reading.filters)
    if is_one and D.PRODUCT in reading.dimensions and reading.metrics[0] != "co_purchase_count":
        reading.dimensions.remove(D.PRODUCT)
        reading.top_n = reading.top_n if reading.dimensions or reading.grain else None


_GROWS = r"\b(?:grow(?:s|ing|n)?|grew|growth|improv(?:es|ed|ing)|declin(?:e|es|ed|ing)|shrink(?:s|ing)?|shrank|falling|fell|dropp(?:ed|ing)|rising|rose|increas(?:ed|ing)|decreas(?:ed|ing)|gain(?:ed|ing)|los(?:t|ing) (?:ground|sales))\b"


_WENT = r"\b(?:is|are|was|were)\b(?: [~%\w]+){0,4} (?:up|down|higher|lower|better|worse)(?: or (?:up|down|higher|lower|better|worse))?\b(?! than)|\b(?:did|has|have)\b(?: [~%\w]+){0,4} (?:go|gone|went) (?:up|down)\b|\b(?:did|has|have)\b(?: [~%\w]+){0,4} (?:rise|risen|drop|dropped|fall|fallen|increased?|decreased?|improved?|declined?|grow|grown)\b"


_IS_GROWING = r"\b(?:is|are|was|were)\b(?: [~%\w]+){0,4} (?:growing|declining|shrinking|falling|dropping|rising|increasing|decreasing|slowing(?: down)?|going (?:up|down)|getting (?:bigger|smaller|higher|lower|larger|better|worse|more|fewer))\b"


def _limits_of_lapse(reading: Reading, day: date) -> None:
    """Customers who have not bought since a day: a limit, and no period."""
    held = reading.period
    if reading.metrics[:1] != ["customers_at_risk"] or not isinstance(held, Range):
        return
    if not held.start <= day <= held.end:
        return
    days = (day - held.start).days
    filters.put(reading, filters.limit(Limit.DAYS_SINCE_LAST_ORDER, ">=", days))
    reading.period = None


def query_of(reading: Reading) -> SemanticQuery:
    period = reading.period
    if period is None and (reading.ever or reading.grain == Unit.YEAR):
        period = AllTime()
    if (
        reading.grain
        and isinstance(period, LastN)
        and period.n == 1
        and period.unit == Unit.YEAR
        and reading.grain == Unit.MONTH
    ):
        period = LastN(n=12, unit=Unit.MONTH)
    if reading.compare and (period is None or isinstance(period, AllTime)):
        period = LastN(n=12, unit=Unit.MONTH)
    if reading.compare and period is not None:
        period = period.model_copy(update={"compare": reading.compare})
    return SemanticQuery.model_construct(
        metrics=tuple(dict.fromkeys(reading.metrics)),
        dimensions=tuple(reading.dimensions),
        grain=reading.grain,
        period=period,
        filters=tuple(reading.filters),
        top_n=reading.top_n,
    )


def _with_weekends(query: SemanticQuery) -> SemanticQuery:
    """`only saturdays and sundays` are weekends, unless they are set against each other."""
    if D.DAY_OF_WEEK in query.dimensions:
        return query
    of_both = (D.DAY_OF_WEEK, "in")
    held = tuple(
        filters.limit(D.IS_WEEKEND, "=", True)
        if (each.field, each.op) == of_both and each.value in ((6, 7), (7, 6))
        else each
        for each in query.filters
    )
    return query.model_copy(update={"filters": held})


def finished(
    query: SemanticQuery, reading: Reading | None = None, before: SemanticQuery | None = None
) -> Plan:
    """The query with its defaults, once it means something. Raises Refused."""
    reading = reading or Reading(Line(""), [])
    defaulted = list(reading.defaulted)
    try:
        query = _with_weekends(SemanticQuery.model_validate(query.model_dump()))
        if query.top_n and not query.dimensions and not query.grain:
            query = query.model_copy(update={"top_n": None})
        if query.period is not None and not any(
            METRICS[each].has_time for each in query.metrics if each in METRICS
        ):
            query = query.model_copy(update={"period": None})
        found = checked(query)
    except Meaningless as wrong:
        raise Refused(declining.meaningless(query, wrong)) from None
    except ValueError:
        raise Refused(
            declined("That is more than one question holds; ask for less at once.")
        ) from None
    defaulted += found.defaulted
    query = found.query
    if (
        query.top_n is None
        and not reading.wants_all
        and wants_ten(query)
        and (before is None or before.top_n is None)
    ):
        is_most = query.metrics[0] == "stock_quantity" and reading.sign > 0
        query = query.model_copy(update={"top_n": 10 if is_most else metrics.ten(query)})
        defaulted.append("top_n")
    return Plan(query, tuple(defaulted), tuple(reading.notes), tuple(reading.others))
