"""What could be asked next: first the other reading of the question, then what lies near."""

from __future__ import annotations

from dataclasses import replace

from backshop.insights.planning.models import Asked, Known, Plan
from backshop.insights.planning.rules import plan
from backshop.insights.semantic.metrics import METRICS, After
from backshop.insights.semantic.models import AllTime, Dimension, SemanticQuery

D = Dimension
MOST = 3


def follow_ups(made: Plan, asked: Asked, known: Known) -> tuple[str, ...]:
    """Questions that are answered, each with another query than the one that was."""
    found: dict[str, SemanticQuery] = {}
    for text in (*made.others, *_near(made.query)):
        if len(found) == MOST:
            break
        answer = plan(replace(asked, text=text, before=made.query, offered=None), known)
        if isinstance(answer, Plan) and answer.query not in (made.query, *found.values()):
            found[text] = answer.query
    return tuple(found)


def _near(query: SemanticQuery) -> list[str]:
    metric = METRICS[query.metrics[0]]
    said = []
    if metric.has_time and not query.grain and metric.kind != "life" and not query.dimensions:
        said.append("and by month?")
    if (
        metric.has_time
        and query.period
        and not isinstance(query.period, AllTime)
        and not query.period.compare
        and metric.after is None
        and not query.dimensions
        and metric.kind in ("flow", "rate")
    ):
        said.append("compared to the same period last year?")
    if not query.dimensions and not query.grain:
        said += [f"by {name}?" for dimension, name in _BY if dimension in metric.dimensions]
    if query.top_n and query.top_n > 0 and query.dimensions:
        said.append("the worst instead?")
    if query.dimensions == (D.PRODUCT,) and metric.name in ("product_net_sales", "items_sold"):
        said.append("by category?")
    if D.COUNTRY in metric.dimensions and query.dimensions and D.COUNTRY not in query.dimensions:
        said.append("by country?")
    if metric.after == After.SHARE:
        said.append("and by country?")
    return said


_BY = (
    (D.COUNTRY, "country"),
    (D.CATEGORY, "category"),
    (D.CUSTOMER_TYPE, "new and returning customers"),
    (D.PRODUCT, "product"),
)
