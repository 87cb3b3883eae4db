"""Which metrics a question is about: by turns of phrase, by the metrics' own words, or by what else
it names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from re import Match
from typing import NamedTuple

from backshop.insights.planning import filters, lexicon
from backshop.insights.planning.filters import DURATION, N, days_of, limit, op_of, put
from backshop.insights.planning.lexicon import BEST, BOUGHT, CODES, GOODS, PEOPLE
from backshop.insights.planning.models import Declined
from backshop.insights.planning.patterns import Pattern, Patterns, compiled
from backshop.insights.planning.reading import Reading, Refused
from backshop.insights.planning.text import Line
from backshop.insights.planning.times import UNIT, suiting
from backshop.insights.semantic.checking import checked
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    LOW_STOCK,
    AllTime,
    Calendar,
    Dimension,
    Filter,
    Limit,
    SemanticQuery,
    Unit,
)

D = Dimension
PRODUCT_FIELDS = frozenset({D.PRODUCT, D.SKU, D.CATEGORY})
LOWEST_FIRST = frozenset({"stock_quantity", "days_of_stock"})
NEVER = (
    r"(?:(?:have|has|had|did|do|does|are|is|was|were|will) )?(?:not|never)(?: yet| been| really)?"
)


class Idiom(NamedTuple):
    """A turn of phrase. `then` reads what it needs of the match beside the metric."""

    pattern: str
    metrics: tuple[str, ...]
    dimensions: tuple[Dimension, ...] = ()
    filters: tuple[Filter, ...] = ()
    top_n: int | None = None
    then: Callable[[Reading, Match[str]], None] | None = None
    keep: str = ""
    """What stays in the line in its place."""


def ten(query: SemanticQuery) -> int:
    return -10 if query.metrics[0] in LOWEST_FIRST else 10


def _is_count(line: Line) -> bool:
    return line.has(r"\b(?:how many|number of|count(?: of)?|how much)\b")


def _list_of_customers(reading: Reading, found: Match[str]) -> None:
    if _is_count(reading.line) or re.search(r"how many|number of|count of|percent|share", found[0]):
        reading.dimensions[:] = [each for each in reading.dimensions if each != D.CUSTOMER]


def _unsold(reading: Reading, found: Match[str]) -> None:
    if "never" in found[0]:
        reading.ever = True
    _list_of_products(reading, found)


def _list_of_products(reading: Reading, found: Match[str]) -> None:
    if re.search(r"how many", found[0]) or _is_count(reading.line):
        reading.dimensions[:] = [each for each in reading.dimensions if each != D.PRODUCT]


_MORE_THAN_DAYS = rf"\b(?:(?:more|longer|older) than|over) {DURATION}"


def _lapsed(reading: Reading, found: Match[str]) -> None:
    if found["unit"]:
        days = days_of(found)
        op = ">" if re.search(_MORE_THAN_DAYS, found[0]) else ">="
        put(reading, limit(Limit.DAYS_SINCE_LAST_ORDER, op, days))
        _or_with_few_orders(reading, days)
    _list_of_customers(reading, found)


def _lapsed_this(reading: Reading, found: Match[str]) -> None:
    days = {"week": 7, "month": 30, "quarter": 90, "year": 365}[found["span"]]
    put(reading, limit(Limit.DAYS_SINCE_LAST_ORDER, ">=", days))
    _or_with_few_orders(reading, days)
    _list_of_customers(reading, found)


def _or_with_few_orders(reading: Reading, days: int) -> None:
    """The metric is about customers who had bought three times; others may be meant, too."""
    if all(each.field != Limit.ORDERS_COUNT for each in reading.filters):
        reading.notes.append("Of customers with at least 3 orders.")
        reading.others.append(f"customers with at least 1 order and no order for {days} days")


def _runs_out(reading: Reading, found: Match[str]) -> None:
    if found["unit"]:
        put(reading, limit("days_of_stock", "<", days_of(found)))
    _named_only(reading, found)


def _runs_out_next(reading: Reading, found: Match[str]) -> None:
    put(
        reading,
        limit("days_of_stock", "<", {"week": 7, "month": 30, "fortnight": 14}[found["span"]]),
    )


def _cover_limit(reading: Reading, found: Match[str]) -> None:
    days = int(float(found["n"]) * {"day": 1, "week": 7, "month": 30}[found["span"]])
    put(reading, limit("days_of_stock", op_of(found), days))


def _named_only(reading: Reading, found: Match[str]) -> None:
    """A question about one thing has no rows of all."""
    if reading.line.has(r"@x\d+\b"):
        fields = [
            reading.named[int(each)][0].field for each in re.findall(r"@x(\d+)", reading.line.text)
        ]
        if {"product", "sku"} & set(fields):
            reading.dimensions[:] = [each for each in reading.dimensions if each != D.PRODUCT]


def _most_ever(reading: Reading, found: Match[str]) -> None:
    """In one day, week or month of all."""
    of = reading.line.take(
        r"\b(?:in|on) (?:a|one|any|1) (?:single )?(day|week|month|quarter|year)\b"
    )
    if of:
        reading.grain, reading.top_n = Unit(of[1]), 1
    reading.ever = "ever" in found[0]


def _customer_number(reading: Reading, found: Match[str]) -> None:
    groups = found.groupdict()
    if groups.get("n"):
        reading.top_n = int(groups["n"])
    elif groups.get("noun") and re.search(
        r"(?:customer|client|buyer|shopper|spender|person)$", groups["noun"]
    ):
        reading.top_n = 1


def _with(reading: Reading, found: Match[str]) -> None:
    """Pairs have no rows of one product's own."""


_CUSTOMER = r"(?P<noun>customers?|clients?|buyers?|shoppers?|spenders?|accounts?)"
_LAST = r"(?:(?:in|for|since|over|within|during) )?(?:the )?(?:at least )?(?:(?:last|past) )?(?:more than |longer than |over |at least )?"
SHIFT = r"(?:shift(?:s|ing|ed)|flying|flew|flies|going|moves|moving)"
STOCK_LEFT = r"(?:left|in stock|on stock|on hand|remaining|available|still have)"
NOT_BOUGHT = rf"{NEVER} (?:been )?(?:{BOUGHT}|seen|heard from|active|around|buying|ordering|purchasing|shopping|visited)(?: (?:anything|again|(?:from|with|at) (?:us|(?:our|the) (?:shop|store))|an order|orders|something|since|another|any|else))*"

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        r"\bthe most (?:that )?(?:(?:we|i|the (?:shop|store)|have|has|had|ever) )+(?:sold|made|took|taken|earned|turned over)(?= (?:in|on) (?:a|one|any|1) (?:single )?(?:day|week|month|quarter|year)\b)(?P<q>)",
        ("net_sales",),
        then=lambda reading, found: _most_ever(reading, found),
    ),
    Idiom(
        r"\b(?:share|percent(?:age)?|proportion|part|how much)(?: of)?(?: (?:our|my|the|all|total|net|comes|is|does|do|of|sales|revenue|turnover|income|money|from|made|by))* (?:top|best|biggest|largest) (?:20 percent|fifth|quintile|20)(?: of)?(?: (?:our|my|the))*(?: (?:customers?|clients?|buyers?))?(?: (?:make up|bring(?: in)?|account for|contribute|spend))?\b|\bshare of (?:our |my |the )?(?:top|best|biggest|largest) (?:customers?|clients?|buyers?)\b|\b(?:pareto|80 ?(?:/|-|to)? ?20(?: rule)?|customer concentration)\b|\bhow (?:dependent|reliant|concentrated)(?: (?:is|are|our|my|the|sales|revenue|on|we|top|best|few|~|,|20|percent|of|in))*(?: customers?)?(?= |$)|\b(?:top|best) (?:20 percent|fifth)(?: of)?(?: our| my| the)* customers\b",
        ("top_customer_share",),
    ),
    # Customers who stay away.
    Idiom(
        rf"\b(?:{PEOPLE})\b(?: [~a-z]+){{0,6}}? (?:but|and|yet|~|then) (?:then )?(?:have |has |had |with |bought |ordered )?(?:not|nothing|none|silence|no (?:orders?|purchases?))(?: {BOUGHT})?(?: (?:anything|again|since))*(?: (?:in|within|for|during|over|more than|at least|the|last|past))+ {DURATION}\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |~ |and |we |i )*{NOT_BOUGHT}(?= (?:since|after) (?!(?:the )?(?:last |past |more than |longer than |over |at least )*(?:\d+|an?|one|half a|few|couple of) (?:day|week|fortnight|month|quarter|year))| in (?:19|20)\d\d)",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_list_of_customers,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |~ |and |we |i )*{NOT_BOUGHT} {_LAST}{DURATION}(?: or more)?\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |~ |and |we |i )*{NOT_BOUGHT} (?:in |for |during )?(?:this|last) (?P<span>week|month|quarter|year)\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed_this,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |~ |and )*(?:with |have |had |has |made |placed )*(?:no|without|without an?|zero|0) (?:orders?|purchases?) {_LAST}{DURATION}\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |whose |with )*(?:a |the )?last (?:order|purchase)(?: was| is| date)? (?:more than |over |at least |older than )*{DURATION} (?:ago|old|back)\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:inactive|dormant|lapsed|silent|quiet|gone|churned|lost) (?:{PEOPLE})(?: (?:that |who |which )*(?:were |are |have been )?(?:inactive|dormant|silent|quiet))? (?:since |for |over |in |the |last |past |more than )*{DURATION}\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |list |show |the |our |all |of )*(?:{PEOPLE} )+(?:that |who |which |are |have |has |been |were |is |gone |went |~ |but |and )*(?:inactive|dormant|silent|quiet|gone|away) (?:since |for |over |in |the |last |past |more than |at least )*{DURATION}\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |who |list |show |the |our |my |all |of |are ){{0,6}}(?:(?:at risk|lapsed|churned|churning|inactive|dormant|sleeping|lost|slipping) (?:{PEOPLE})|(?:{PEOPLE} ){{1,2}}(?:that |who |which |are |is |do |did |have |has |we |have we ){{0,6}}(?:at risk(?: of (?:leaving|churning|churn))?|slipping(?: away)?|about to (?:churn|leave)|(?:likely |going )?(?:to )?churn(?:ing|ed)?|(?:have )?lapsed|drifting away|los(?:t|ing)|disappeared|went quiet|gone (?:quiet|cold|silent)|stopped (?:buying|ordering|shopping|coming)|{NOT_BOUGHT} (?:recently|lately|for (?:a )?(?:long )?(?:time|while|ages)|in (?:a )?(?:long )?(?:time|while|ages)|for ages)|need (?:a )?win(?:ning)? back))\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_list_of_customers,
    ),
    Idiom(
        r"\b(?:who (?:are we|am i) (?:losing|about to lose)|win ?back (?:list|candidates|customers)|churn risk(?:s)?|at risk)\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_list_of_customers,
    ),
    Idiom(
        rf"^ (?:(?:who|customers|the ones|those|people|list|show|me) )*(?:{NOT_BOUGHT}|inactive|dormant|silent|no orders?) {_LAST}{DURATION}\b",
        ("customers_at_risk",),
        (D.CUSTOMER,),
        then=_lapsed,
    ),
    # Customers by what they bring.
    Idiom(
        rf"^ (?:(?:list|show|see|me|all|the|our|my) )*(?:who|(?:which|what) {PEOPLE})(?: (?:has|have|had|did))? (?:bought|ordered|purchased|shopped|placed(?: an?)? orders?)(?: (?:from us|with us|from our shop|with our shop|something|anything|here|orders?))*(?= *$| (?:last|this|yesterday|today|on|in the|during|over|since|from \d|between)\b)",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
    ),
    Idiom(
        rf"\b(?:who are (?:the|our|my) )?(?P<n>\d+ )?(?:who|which|what|(?:the |our |my )?{PEOPLE} (?:who|that|which)) (?:{PEOPLE} )?(?:have |has |had |did |do |does )?(?:ever )?(?:spent|spend|spends|bought for|bring|brought|brings|pay|pays|paid|buy|buys|bought)(?: in| us)?(?: the)? most(?: money| (?:with|from|at) us| in total)?\b",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
        then=_customer_number,
    ),
    Idiom(
        rf"\b(?:who (?:is|are|was|were) )?(?:our |my |the |of )*(?P<n>\d+ )?(?:single )?(?!most (?:customers?|accounts?)\b)(?:{BEST}|vip|vips|most (?:valuable|loyal|important|profitable)|high(?:est)? (?:value|spending|paying)|(?:big|top|highest|heavy) spending|big|loyal|whale)(?: value| spending| paying)? (?P<n2>\d+ )?{_CUSTOMER}(?: (?:by|in terms of) (?:lifetime )?(?:spend|spending|revenue|sales|value|money|total spent|amount|turnover))?\b(?! (?:countr|types?|segments?|rate|share|come|do|did|from|order|buy|shop))",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
        then=lambda reading, found: _best_customers(reading, found),
    ),
    Idiom(
        r"\b(?:top|best|first|biggest) (?P<n>\d+) (?:customers|clients|buyers|shoppers|spenders)\b",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
        then=_customer_number,
    ),
    Idiom(
        r"\b(?:our |my |the )?(?:vips|big spenders|top spenders|whales|best clients|regulars(?! (?:(?:who|that|have|has|had|did) )*(?:came|come|comes|return|returned|bought|ordered|back)))\b",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
    ),
    Idiom(
        r"\b(?:rank|list|sort|show)(?: me)?(?: all| our| my| the)* customers (?:by|with|and) (?:their |the |total |lifetime )*(?:spend|spending|revenue|sales|value|money|total spent|spent)\b|\bcustomers (?:ranked |sorted |ordered )?by (?:their |total |lifetime )*(?:spend|spending|revenue|sales|total spent|value)\b|\b(?:sales|revenue|spend|spending|lifetime (?:revenue|value|sales)) (?:by|per) (?:individual |each |single )customers?\b|\b(?:revenue|sales|spend) by customers?\b(?! (?:types?|segments?|countr\w+|groups?|status))",
        ("lifetime_revenue",),
        (D.CUSTOMER,),
    ),
    Idiom(
        rf"\b(?:how many |number of |count of |which |what |the |our |all )*(?:{PEOPLE} )?(?:that |who |which |have |has |had |only )*(?:bought|ordered|purchased|shopped)(?: (?:from|with|at) (?:us|our shop))? (?:only |just |exactly )?(?:once|1 time|one time|a single time)(?: only)?(?: (?:and )?(?:never (?:again|came back|returned|come back)|did not come back))?\b",
        ("one_time_customers",),
    ),
    Idiom(
        r"\b(?:one|1|single) time (?:and|vs|or|,) (?:returning|repeat) (?:customers?|buyers?)\b",
        ("one_time_customers", "returning_customers"),
    ),
    Idiom(
        r"\b(?:one|1|single) ?(?:time|off|order|purchase) (?:customers?|buyers?|shoppers?|clients?|purchasers?)\b|\bcustomers? (?:with|who have|having) (?:only |just |exactly )?(?:one|1|a single) (?:order|purchase)\b|\bone and done\b",
        ("one_time_customers",),
    ),
    Idiom(
        rf"\b(?:what (?:percent(?:age)?|share|proportion|part|fraction)|how many percent|percent(?:age)?|share|proportion|fraction|rate)(?: of)?(?: (?:our|my|all|the|these))*(?: {PEOPLE})? (?:who |that )*(?:come|came|comes|buy|bought|order|ordered|return|returned|purchase|purchased|shop|are repeat|are returning|reorder|do come|have come|have bought|have ordered)(?: (?:back|again|twice|more than once|a second time|at least twice|multiple times|repeatedly|for more|customers|buyers|with us|from us|at least 2 times))*\b",
        ("repeat_customer_rate",),
    ),
    Idiom(
        r"\b(?:how many(?: of (?:our|my|the))? (?:customers |people |buyers )?(?:come|return|buy) (?:back|again)|how often (?:do |did )?(?:our |my |the )?(?:customers |people |buyers )?(?:come|came|return|buy) (?:back|again)|do (?:our |my |the )?(?:customers|people|buyers) (?:come|buy|return|order)(?: back| again)|(?:re ?purchase|repurchase|re ?order|come back|reorder) rate|customer loyalty|how loyal(?: are)?(?: our| my| the)*(?: customers)?|(?:share|percent(?:age)?|rate) of (?:repeat|returning|loyal|recurring) (?:customers|buyers)|(?:repeat|returning|recurring|loyal) (?:customer |buyer |purchase |order |buyers |customers )?(?:rate|share|percent(?:age)?|ratio))\b",
        ("repeat_customer_rate",),
    ),
    Idiom(
        r"\b(?:how (?:long|many days)|(?:median |average |typical |usual |mean )?(?:time|days|gap|interval|period|weeks)|how much time)(?: (?:does|do|it|is|are|take|takes|pass|passes|passing|passed|lying|there|usually|typically|on average|lie|lies|go|goes|by))*(?: between| until| before|(?<=take) for|(?<=long) for| till)(?: (?:a|our|my|the|two|2|customers?|buyers?|people|one|an|consecutive|successive|they|he|for|to|someone|shoppers?))*(?: (?:orders?|purchases?|second orders?|next orders?|repeat orders?|reorders?|buys? again|orders? again|reordering|come back|comes back|buying again|first and second orders?|ordering again))\b|\bhow (?:often|frequently) do(?: (?:our|my|the))* (?:customers|people|buyers|shoppers) (?:re ?order|order|buy|purchase|shop|come back|return)(?: again)?\b|\b(?:re ?order|repurchase|purchase|order) (?:interval|cycle|gap)\b|\btime between (?:orders|purchases)\b|\bhow (?:long|many days)(?: (?:does|do|it|usually|typically|normally|on average|take|takes))*(?: (?:our|a|an|the|average))*(?: (?:customers?|people|buyers?|someone|them))?(?: to)? (?:buy|order|come back|purchase|return|reorder)(?: from us)?(?: (?:again|back|a second time))",
        ("median_days_between_orders",),
    ),
    Idiom(
        r"\b(?:cohort (?:revenue|sales|value|ltv|spend)|(?<!lifetime )(?:revenue|sales|spend|value|money|income)(?: \w+){0,2} (?:by|per|of each|for each|of|from) (?:\w+ )?cohorts?|how much (?:do|does|did) (?:the |our |my )?(?:\w+ )?cohorts? (?:spend|spent|bring|make|earn)|how much (?:is|are|was|has) (?:a|each|the|every) (?:\w+ )?cohorts? (?:worth|spent|brought)|cumulative (?:revenue|sales|spend) (?:by|per) cohort)\b",
        ("cohort_revenue",),
        (D.COHORT_MONTH, D.MONTHS_SINCE_FIRST),
    ),
    Idiom(
        r"\b(?:one time|1 time|single) customers by cohort\b",
        ("one_time_customers",),
        (D.COHORT_MONTH,),
    ),
    Idiom(
        rf"\b(?:what|how much)(?: (?:is|are|does|do|money|will))*(?: (?:an?|each|one|the|our|my|average|typical))* {PEOPLE}(?: (?:is|are))? (?:worth|bring(?:s)?(?: in)?|spends?)(?: (?:to|with|for|our|us|me|shop|store))* (?:(?:over|in|during) )?(?:(?:their|his|her|the|a|whole|entire) )*(?:lifetime|life|all)\b|\b(?:what|how much)(?: (?:is|are))*(?: (?:an?|each|one|the|our|average|typical))+ {PEOPLE}(?: is| are)? worth(?: to (?:us|me|our shop))?(?= *$)",
        ("ltv_historic",),
    ),
    Idiom(
        r"\b(?:ltv|lifetime value|clv|customer value) (?:by|per|for each|of each) (?:\w+ )?(?:cohorts?|(?:month|quarter|year) of (?:first|acquisition)\w*)\b",
        ("ltv_historic",),
        (D.COHORT_MONTH,),
    ),
    Idiom(
        r"\b(?:month (?P<k>\d+)|(?P<k2>\d+) months?|(?P<k3>\d+) month) retention(?: rates?)?(?: by cohorts?| per cohort)?\b|\bretention(?: rate)? (?:(?:after|in|at|for) (?:month )?|month )(?P<k4>\d{1,2})\b(?: months?)?",
        ("cohort_retention",),
        (D.COHORT_MONTH,),
        then=lambda reading, found: put(
            reading,
            limit(
                D.MONTHS_SINCE_FIRST,
                "=",
                int(found["k"] or found["k2"] or found["k3"] or found["k4"]),
            ),
        ),
    ),
    Idiom(
        r"\b(?:cohort )?retention(?: rates?)? (?:by|per)(?: the)?(?: number of)? months? (?:since|after|from)(?: the| their)? first (?:order|purchase)\b",
        ("cohort_retention",),
        (D.MONTHS_SINCE_FIRST,),
    ),
    Idiom(
        r"\b(?:cohort (?:retention|analysis|table|chart|heatmap|matrix|report)|cohorts?|(?:customer )?retention(?: (?:rates?|by cohorts?|cohorts?|curves?|table|heatmap|matrix|analysis|by months?|per cohort))*|how (?:well )?(?:do|are) (?:we|customers|our customers) (?:retain\w*|retained)(?: customers)?|retain(?:ed|ing)?(?: customers)?|(?:by )?month of first (?:order|purchase))\b",
        ("cohort_retention",),
        (D.COHORT_MONTH, D.MONTHS_SINCE_FIRST),
    ),
    Idiom(
        r"\b(?:rfm(?: (?:segments?|analysis|segmentation|groups?|distribution|scores?|model))*|customer (?:segments?|segmentation|groups)|segments? of (?:our |my |the )?customers?|segment(?: my| our| the)* customers(?: by rfm)?|(?:by )?(?:rfm )?segments?|segmentation)\b",
        ("rfm_segment_size",),
        (D.RFM_SEGMENT,),
    ),
    Idiom(
        r"\b(?:how many |number of |count of |list |show )*(?:(?:customers|people|buyers) (?:are |who are )?(?:in |among |as )?(?:the |our )?)?(?P<segment>champions?|hibernating|promising|cannot lose)(?: customers| segment| do we have| are there)*\b",
        ("rfm_segment_size",),
        then=lambda reading, found: put(
            reading,
            limit(
                D.RFM_SEGMENT,
                "=",
                {"champion": "champions", "cannot lose": "cannot_lose"}.get(
                    found["segment"], found["segment"]
                ),
            ),
        ),
    ),
    Idiom(
        r"\b(?:how many |number of |count of )?(?:new|first time)(?: customers?| buyers?| ones)?(?: (?:spend|spent|pay|order|buy))? (?:and|vs|or|versus|to|against|compared to|compared with) (?:the )?(?:returning|repeat|existing|old|recurring)(?: customers?| buyers?| ones)?(?: count| numbers?)?\b|\b(?:how many )?(?:returning|repeat|existing) (?:customers? )?(?:and|vs|or|versus|to|against) new(?: customers?| buyers?| ones)?\b",
        ("new_customers", "returning_customers"),
        then=lambda reading, found: _new_and_returning(reading, found),
    ),
    Idiom(
        r"\b(?:how many |number of )?(?:new|first time) (?:customers?|buyers?|clients?|shoppers?|signups?|people|faces|accounts)(?: (?:did|have) we (?:get|got|gain|gained|acquire|acquired|win|won))?\b(?! (?:sales|revenue|orders))|\b(?:customers?|buyers?|people) (?:did|have|do) (?:we|i) (?:gain|acquire|win|won|gained|acquired|add|added)\b|\b(?:customers?|people|buyers?) (?:who |that )?(?:bought|ordered|purchased|shopped)(?: from us| with us)? (?:for the )?first time\b|\bcustomer (?:acquisition|growth)\b|\b(?:gained|acquired|won)(?: \w+)? customers\b",
        ("new_customers",),
    ),
    Idiom(
        rf"\b(?P<count>how many |number of )?(?<!old )(?<!existing )(?<!previous )(?<!past )(?:{PEOPLE} )+(?:who |that |have |has |had |do |did )*(?:bought|ordered|purchased|shopped|buy|order) (?:again|twice|a second time|repeatedly|more than once|multiple times)\b",
        ("customers",),
        filters=(limit(Limit.ORDERS_COUNT, ">=", 2),),
        then=lambda reading, found: _again(reading, found),
    ),
    Idiom(r"\bsecond (?:purchase|order) rate\b", ("repeat_customer_rate",)),
    Idiom(
        rf"\b(?:how many |number of )(?:(?:of|our|my|the|these|existing|old) )*{PEOPLE} (?:(?:who|that) )*(?:came|returned|(?:have|has|had|did) (?:come|returned?))(?: back)?(?: (?:for|to) (?:(?:a|another|buy|place|more|second|further|order|orders|purchase|us) ?)+)?(?: again)?(?= |$)",
        ("returning_customers",),
    ),
    Idiom(
        r"\b(?:how many |number of )?(?:old|past|previous|earlier|former|regular) (?:customers?|buyers?|clients?)(?: (?:who|that|have|has))* (?:came|come|returned|bought|ordered|purchased)(?: (?:back|again))?\b",
        ("returning_customers",),
    ),
    Idiom(
        rf"\b(?:how much|what)(?: money)?(?: (?:did|do|have|has|does|the|our|my|all))* {PEOPLE} (?:pay|paid|spend|spent|been charged)(?: us)? (?:for|on|in) (?:the )?(?:shipping|postage|delivery)(?: fees?| costs?| charges?)?\b",
        ("shipping",),
    ),
    Idiom(
        rf"\b(?:how much|what)(?: money)?(?: (?:did|do|have|has|does|the|our|my|all))* {PEOPLE} (?:pay|paid|spend|spent|been charged)(?: us)? (?:for|on|in) (?:the )?(?:sales )?(?:tax(?:es)?|vat|gst)\b",
        ("taxes",),
    ),
    Idiom(
        rf"\b(?:how much|what)(?: money)?(?: (?:did|do|have|has|we|i))* (?:pay|paid|give|gave|given|hand|handed|send|sent|return|returned)(?: money)?(?: back)? (?:back )?to (?:our |the |my )?{PEOPLE}\b",
        ("refunds",),
    ),
    Idiom(
        rf"\b(?:how many |number of )(?:of )?(?:our |my |the )?{PEOPLE} (?:are|were) (?:new|first timers?)\b",
        ("new_customers",),
    ),
    Idiom(
        rf"\b(?:share|percent(?:age)?|proportion|fraction) of (?:our |my |the |all )*{PEOPLE} (?:(?:with|having|who|that|have|had|placed|made) )+(?:more than one|multiple|several|repeat) (?:orders?|purchases?)\b",
        ("repeat_customer_rate",),
    ),
    Idiom(
        r"\bdiscounts? (?:as|in) (?:an? )?(?:percent(?:age)?|share|proportion|fraction|part) of (?:\w+ )?(?:sales|revenue|turnover)\b",
        ("discount_rate",),
    ),
    Idiom(
        r"\b(?:tax(?:es)?|vat|gst) (?:as|in) (?:an? )?(?:percent(?:age)?|share|proportion|fraction|part) of (?:\w+ )?(?:sales|revenue|turnover)\b",
        ("tax_rate_effective",),
    ),
    Idiom(
        r"\b(?:revenue|sales|money|turnover) (?:(?:we|was|is|have|has|been) )*(?:lost|refunded|given back)(?: (?:to|in|through|on|by|for|with|due))* (?:refunds?|returns?)\b",
        ("refunds",),
    ),
    Idiom(
        r"\bhow many (?:of (?:the|our) )?(?P<it>@x\d+) (?:(?:have|has|had) )?(?:come|came) back\b(?! (?:for|to|in stock|into)\b)",
        ("refunds",),
        then=lambda reading, found: _came_back(reading, found),
    ),
    Idiom(rf"\b(?:{BEST}|more) return\b(?! (?:on|rate|customer))", ("refunds",), keep="most "),
    # Stock.
    Idiom(
        rf"\b{N} (?P<span>day|week|month)s? (?:of |worth of )?(?:stock|inventory|supply|cover)\b|\b(?:stock|inventory) (?:for|that lasts|lasting|lasts) {N.replace('?P<op>', '?P<op2>').replace('?P<n>', '?P<n2>').replace('?P<pct>', '?P<pct2>').replace('?P<money>', '?P<money2>').replace('?P<tail>', '?P<tail2>')} (?P<span2>day|week|month)s?\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=lambda reading, found: _cover(reading, found),
    ),
    Idiom(
        r"\b(?:how (?:long|many days|many weeks)|when|until when)(?: (?:will|does|do|is|are|would|can|until|till|before))*(?: (?:our|my|the|current|stock|inventory|of|it|for|@x\d+|we|they|supply|supplies))* (?:last|lasts|run out|runs out|sell out|sells out|sold out|be gone|out of stock|be sold out|go out of stock|running out)(?: of)?(?: (?:stock|the|our|my))*\b|\b(?:days|weeks)(?: of)? (?:stock|inventory|supply|cover)(?: left)?\b(?! (?:left )?(?:<|under|below|less))|\b(?:how many )?(?:days|weeks)(?: worth)? of @x\d+(?: (?:do|have|is|are|we|i|there|still|got))* (?:left|remaining|in stock)\b|\bstock (?:cover(?:age)?|days|reach)\b|\binventory (?:cover(?:age)?|days)\b|\bdays until sold out\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=_named_only,
    ),
    Idiom(
        rf"\b(?:run(?:s|ning)?|sell(?:s|ing)?|go(?:es|ing)?|be|are|is|get)(?: (?:going to|about to|likely to|set to))?(?: (?:run|be|sell|go))? (?:out|sold out|empty|finished|used up|gone)(?: of)?(?: stock)? (?:in|within|over|during|before)? ?(?:the )?(?:next |coming |less than |under )*{DURATION}\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=_runs_out,
    ),
    Idiom(
        rf"\b(?:which|what|products?|items?|articles?|skus?|stock|that|will|would|only|~| )* ?(?<!the )(?:last|lasts|lasting|enough for|cover|covers) {N}(?: more)? (?P<span>day|week|month)s?\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=lambda reading, found: _cover_limit(reading, found),
    ),
    Idiom(
        r"\b(?:run(?:s|ning)?|sell(?:s|ing)?|go(?:es|ing)?|be)(?: (?:going to|about to))?(?: (?:run|be|sell|go))? (?:out|sold out)(?: of)?(?: stock)? (?:in the |the )?(?:(?:(?:by|before|until) (?:the )?end of (?:the |this )?)|(?:next|this|coming) )(?P<span>week|month|fortnight)\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=_runs_out_next,
    ),
    Idiom(
        r"\b(?:what|which|anything|things?|products?|items?|articles?|skus?|stuff)?(?: \w+)?(?: (?:is|are|do|does|will|we|about|going|to|need|needs|next|soon|out|first))* ?(?:running out|run out|runs out|sells out|sell out|running low soon)(?: of)?(?: stock)?(?: (?:next|soon|first|shortly|soonest|fastest))\b|\b(?:what|which)(?: \w+)? (?:will|would|is going to|are going to) (?:run out|sell out)(?: of stock)?\b|\babout to (?:sell|run) out(?: of stock)?\b|\b(?:what|which)(?: (?:products?|items?|things?|stock|is|are|will|be|going|to))* (?:getting|get|going|run|be) (?:over|finished|used up)(?: soon| shortly| next| first)?\b|\b(?:restock|reorder|re ?stock|replenish)(?: list| soon| next| first| candidates)?\b|\bwhat (?:do|should) (?:we|i) (?:need to )?(?:re ?order|restock|re ?stock|replenish)(?: soon| next)?\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        then=_named_only,
    ),
    Idiom(
        r"\b(?:low|short|thin|scarce|little)(?: (?:on|in|of))? (?:stock|inventory|supply)\b|\b(?:stock|inventory) (?:is |are |levels? |running |getting |that is |which is )*(?:low|short|thin|critical|alerts?|warnings?)\b|(?<!has )(?<!have )(?<!had )(?<!already )(?<!just )\b(?:running|getting|run|runs) (?:low|short|out)(?: (?:on|of))?(?: (?:stock|inventory))?\b|\b(?:almost|nearly|about to be|close to(?: being)?) (?:sold out|out of stock|gone)\b|\b(?:below|under|at or below)(?: the| our)? (?:stock |low stock |reorder |minimum )*(?:threshold|level|minimum|point)\b|\blow quantity\b|\bneeds? restocking\b",
        ("stock_quantity",),
        (D.PRODUCT,),
        (limit(Limit.STOCK_QUANTITY, "<=", LOW_STOCK),),
        then=_list_of_products,
    ),
    Idiom(
        r"\b(?:how many |which |what |list |show )*(?:products?|items?|skus?|articles?|things?)?(?: (?:is|are|that|we|have|currently|do|which|now))* ?(?:sold out|out of stock|oos|(?:no|zero|0|without|with no|with zero)(?: stock| inventory)(?: left)?|no longer in stock|not in stock|unavailable|have (?:no|zero) stock|negative stock|(?:has|have|had|is|are)(?: (?:all|already|just|completely))* (?:run|ran) out(?: of stock)?|ran out(?: of stock)?)\b(?! (?:of|next|soon|first|in|within|by|before))",
        ("stock_quantity",),
        (D.PRODUCT,),
        (limit(Limit.STOCK_QUANTITY, "<=", 0),),
        then=_list_of_products,
    ),
    Idiom(
        r"\b(?:inventory|stock|warehouse|goods)(?: is| are)? (?:value|worth|valuation)\b|\b(?:value|worth) of (?:our |my |the |all |current )*(?:stock|inventory|warehouse|goods on hand)\b|\b(?:what|how much)(?: money)?(?: is| are| does| do)?(?: our| my| the| all)*(?: current| whole| total)? (?:stock|inventory|warehouse)(?: \w+)? worth\b|\b(?:stock|inventory)(?: \w+){0,3} worth\b|\bhow much (?:money |capital |cash )?(?:is |do we have )?(?:tied up|sitting|locked up|stuck|in)(?: \w+){0,2} (?:stock|inventory)\b|\bworth of (?:stock|inventory)\b",
        ("inventory_value",),
    ),
    Idiom(
        r"\bsell ?through(?: rate| percent(?:age)?)?\b|\b(?:share|percent(?:age)?|how much) of (?:our |the |my )?(?:stock|inventory)(?: (?:has|have|did|do|we|is|was|been))* sold\b",
        ("sell_through",),
    ),
    Idiom(
        r"(?<!orders )(?<!customers )(?<!sales )(?<!revenue )(?<!refunds )(?<!orders)(?<!customers)(?<!sales)(?<!revenue)(?<!refunds)\b(?:(?:how (?:many|much)) )?(?:units|pieces|items|quantity|it|they|@x\d+)?(?: ?(?:are|do|does|is|we|sold|sell|sells|selling)){0,3} ?(?<=\S )(?<!and )(?<!now )(?<!for )(?:per|a|each) day(?= on average| in average| actually| currently| right now| at the moment| these days| ~| *$| (?:for each|by|per|for every) (?:product|sku|item|variant)| of @x\d+)(?P<q>)|\b(?:sales )?velocity\b|\bhow (?:fast|quickly)(?: (?:do|does|is|are|did|we|it|our|the|each|my|products?|items?|@x\d+|stuff|things?))* (?:sell|selling|sold|moving|move|going)\b|\b(?:fastest|quickest|slowest) (?:selling|moving|sellers|movers)(?: products?| items?)?\b|\b(?:fast|slow) movers\b",
        ("sales_velocity",),
        (D.PRODUCT,),
        then=lambda reading, found: _velocity(reading, found),
    ),
    Idiom(
        rf"\b(?:what|which|how many|list|show|the|our|all|any|are there)?(?: ?{GOODS})?(?: (?:that|which|we|have|who|are|there|is|do|did|has|had))* ?(?:{NEVER} (?:been )?(?:sold|sell|selling|bought|ordered|purchased|move|moved|moving)(?: (?:anything|at all|once|a single (?:unit|one|time)|any))*|without (?:any |a |a single )?(?:sales?|orders?)|(?:with|have|had|having) (?:no|zero|0|nil) (?:sales?|orders?)|(?:no|zero|0) sales|(?:nobody|no ?one|no customers?) (?:(?:has|have|had|ever|yet) )*(?:buys?|bought|wants?|wanted|orders?|ordered)|unsold|dead stock|dead inventory|shelf warmers?|gathering dust|slow movers|non ?sellers?|non selling)(?: (?:products?|items?|stock))?\b",
        ("products_without_sales",),
        (D.PRODUCT,),
        then=_unsold,
    ),
    Idiom(
        rf"\b(?:how (?:many|much)|number of|quantity of|what|count of)(?: (?:of|is|the|our|my|units|pieces|stock|items|do|we|have|are))*(?: (?:@x\d+))?(?: (?:do we|are|is|do i|we|have|there|units|pieces|still|got|currently|now|of|our))* {STOCK_LEFT}\b|\b(?:current |present )?(?:stock|inventory)(?: (?:levels?|quantit(?:y|ies)|on hand|count|status|list|overview|report|position))?(?: (?:now|right now|today|currently))?\b|\bin stock\b|\bon hand\b",
        ("stock_quantity",),
        then=lambda reading, found: _stock(reading, found),
    ),
    Idiom(
        r"\bhow many (?:of )?(?P<it>@x\d+) (?:(?:do|have|are) (?:we|i|there)|did (?:we|i)(?= have\b))(?: still| currently)?(?: have| got| own)?\b(?! (?:sell|sold|sale))|\bis(?: the| our)? (?P<it3>@x\d+) (?:still |currently )?available\b|\bdo (?:we|i) (?:still )?have (?:any |some |enough )?(?P<it2>@x\d+)(?: left| in stock)?\b",
        ("stock_quantity",),
        keep="~ ",
    ),
    Idiom(
        r"\b(?:overstock(?:ed)?|excess(?:ive)? (?:stock|inventory)|too much (?:stock|inventory))(?: (?:products?|items?))?\b",
        ("days_of_stock",),
        (D.PRODUCT,),
        top_n=10,
    ),
    # Pairs.
    Idiom(
        r"\b(?:(?:what|which|how often|how many times|how many)(?: (?:else|other|do|does|did|is|are|products?|items?|people|customers|we|get|gets|commonly|usually|often|orders?|times|have|contain|include))*)?(?:frequently |often |usually |commonly |most |typically |mostly |also )*(?:bought|buy|purchased?|ordered|sold|sells?|order|go|goes|gets? bought|together)(?: most| best| often| frequently| well)?(?: together| along| in the same (?:order|basket|cart)| alongside| in combination| at the same time| as a (?:bundle|pair|set)| jointly)+(?: with)?\b|\b(?:what|which)(?: (?:else|other|do|does|did|is|are|products?|items?|goods|things?|articles?|people|customers|buyers|shoppers|who|buy|buys|bought|get|gets|of|usually|often|also|they))* (?:(?:buy|buying|getting|ordering|combining|bought|purchased?|ordered|order|get|goes|go|added|sold|add|pairs?|combines?)(?: (?:most|best|often|mostly|usually|well))*) with\b|\b(?:product |popular |common |best |top |item )*(?:pairs?|pairings?|combinations?|combos?|bundles?|cross ?sells?|market basket(?: analysis)?|basket analysis|affinit(?:y|ies)|co ?purchases?|associations?)(?: of products)?(?: (?:with|for|of))?\b|\b(?:people|customers|those|buyers) who (?:buy|bought|order|ordered) @x\d+ (?:also|usually)? ?(?:buy|bought|get|order|ordered)(?: also)?\b|\balso (?:buy|bought|order(?:ed)?|purchased?)\b|\bwhat else (?:do|did|does)(?: (?:\w+|@x\d+)){0,6} (?:buy|bought|order|get|purchase)\b",
        ("co_purchase_count",),
        (D.PRODUCT,),
        keep="~ ",
    ),
    # What sells.
    Idiom(
        r"\b(?:what|which)(?: of (?:our|the))? (?P<noun>@x\d+) (?P<verb>is|was|are|were) (?:the |our )?(?:most (?:popular|sold|bought|ordered)|best (?:seller|selling)|top (?:seller|selling)|selling (?:the )?(?:best|most))\b",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        rf"\b(?<!least )(?:{BEST})? ?(?:favou?rites?(?= (?:{GOODS}|skus?))|(?:best|highest|most) ?sell(?:ers?|ing)|bestsell(?:ers?|ing)|top ?sell(?:ers?|ing)|most (?:popular|sold|bought|ordered|purchased|wanted)|hot(?:test)? sell(?:ers?|ing)|blockbusters?|hits|top movers|(?<!least )popular|most popular)(?P<n> \d+)? ?(?P<noun>{GOODS}|skus?|variants?)?\b(?! (?:categor|collection|department))(?! ?(?:countr|day|hour|time|payment|coupon|code|month|week|channel|voucher))",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        rf"\b(?:worst|slow(?:est)?|poor(?:est)?|weakest|lowest|least|bad(?:ly)?|poorly) ?(?:sell(?:ers?|ing)|popular|sold|bought|ordered|moving|movers)(?P<n> \d+)? ?(?P<noun>{GOODS}|skus?|variants?)?\b(?! (?:categor|countr|collection|day|hour|month|week))",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, -1),
    ),
    Idiom(
        rf"\b(?:what|which)(?: (?:of )?(?:our |the )?(?P<noun>{GOODS}|skus?|categor(?:y|ies)|@x\d+))?(?: (?P<verb>do|did|does|is|are|was|were|we|our|customers|people|have|that|has))*(?: (?:in |from )?(?:the )?@x\d+(?: customers| people| shoppers| buyers)?)? (?:sell|sold|(?P<one>sells)|selling|{SHIFT}|buy|buys|bought|order|ordered)(?: \w+)? (?:the )?(?:best|most|well|a lot|top|often|fastest)\b",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        rf"\b(?:anything|what|which (?:{GOODS}))(?: (?:is|are|was|were))? selling (?:better|worse)\b",
        ("items_sold",),
        (D.PRODUCT,),
        keep="better ",
    ),
    Idiom(
        rf"\b(?:what|which (?:{GOODS}))(?: (?:is|are|was|were|has been|have been))? (?:flying|flew|going|went|flown) (?:off|like|out)(?: (?:the|our|hot|of))* (?:shel(?:f|ves)|cakes|door)(?: fastest| most)?\b",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        rf"\b(?:what|which)(?: (?P<noun>{GOODS}|skus?|@x\d+))?(?: (?:do|did|does|is|are|was|were|we|our|customers|people|have|that|has))* (?:sell|sold|sells|selling|buy|buys|bought|order|ordered)(?: \w+)? (?:the )?(?:worst|least|badly|poorly|(?:less|fewer)(?! than))\b",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, -1),
    ),
    Idiom(
        rf"\b(?:what|which (?:{GOODS})|(?:what|which) (?P<noun>@x\d+))(?: (?:do|did|are|were|have))? (?:customers|people|shoppers|buyers|they|we)(?: (?:in|from)(?: the)? @x\d+)? (?:buy|bought|buying|ordering|purchasing|purchase|purchased|order|ordered|sell|sold)(?= *$| ~|(?: in| from| on| last| this| during| most| today| yesterday| \d))",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        r"\b(?:how much |what )?(?:did |does |has |have )(?:the |our |code |coupon )*(?P<code>@x\d+)(?: code| coupon)? (?:cost|costs|set us back|take off|give away|knock off|save|saved)(?: us| me| (?:our |the )?(?:customers|people|shoppers|buyers))?\b",
        ("discounts",),
        then=lambda reading, found: _code_costs(reading, found),
    ),
    Idiom(
        r"\bwhat (?:sold|sells|has sold)\b(?= *$| ~| in| from| on| last| this| during| today| yesterday| \d)(?P<noun>)",
        ("items_sold",),
        then=lambda reading, found: _sellers(reading, found, 1),
    ),
    Idiom(
        r"\b(?P<far>most expensive|priciest|cheapest|least expensive)(?P<n> \d+)? (?P<noun>products?|items?|articles?|things?)\b",
        ("avg_item_price",),
        (D.PRODUCT,),
        then=lambda reading, found: _by_price(reading, found),
    ),
    Idiom(
        r"\b(?:who|people who|customers who) (?:buys?|bought|ordered|orders?|purchased)(?= (?:the |our )?@x)",
        ("customers",),
    ),
    # Coupons.
    Idiom(
        r"\b(?:how (?:often|many times|much|frequently)|how many people|how many orders|times|number of times|how many customers)(?: (?:is|was|were|has|have|did|people|customers|the|our|they|we|been|got|does|do|get|orders?|came|with|had))*(?: (?:code|coupon|voucher))* ?(?P<code>@x\d+)(?: (?:been|get|got|getting|is|was|gets|code|coupon|voucher|being))* (?:used|redeemed|applied|entered|use|claimed)\b|\b(?:used|redeemed|applied|use|using|redeem)(?: (?:the|our|code|coupon|voucher|promo))* (?P<code2>@x\d+)\b|\b(?:uses|usage|redemptions?|redeems?) (?:of|for)(?: (?:the|our|code|coupon|voucher|promo))* (?P<code3>@x\d+)\b|(?P<code5>@x\d+)(?: code| coupon)? (?:(?:still|being|getting|been|actually|even) )+used\b|(?P<code6>@x\d+)(?: (?:was|is|code|coupon|got|has|been))* used (?:how many times|how often)\b|(?P<code4>@x\d+) (?:uses|usage|redemptions?|count)\b",
        ("coupon_uses",),
        then=lambda reading, found: _code_uses(reading, found),
    ),
    Idiom(
        rf"\b(?:{BEST}|most(?: often| frequently| commonly)?)(?: (?:often|frequently|commonly))? (?P<n>\d+ )?(?:used|redeemed|popular|applied|claimed)? ?(?P<noun>{CODES})(?: (?:used|by uses?|by usage|by redemptions?))?\b|\b(?P<noun2>(?:which|what) (?:{CODES}))(?: (?:is|are|was|were|do|did|does|has|have|get|gets|been|got|customers|people))* (?:used|redeemed|popular|applied|use|redeem)(?: (?:the )?(?:most|often))?\b|\b(?:coupon|code|voucher|discount code|promo code) (?:uses?|usage|redemptions?)(?: (?:by|per) (?:coupon|code))?\b|\bhow often(?: (?:are|were|is|do|did|people|customers|the|our|each))* (?:{CODES})(?: (?:is|are|was))? ?(?:used|redeemed|use)?\b|\bredemptions?(?: (?:by|per) (?:coupon|code))?\b",
        ("coupon_uses",),
        then=lambda reading, found: _top_codes(reading, found),
    ),
    Idiom(
        rf"\b(?:how many |number of )?(?:{CODES})(?: (?:were|was|got|have been|are|did people|did customers|did we))? (?:used|redeemed|redeem)\b(?! (?:most|the most|least|by))",
        ("coupon_uses",),
    ),
    Idiom(
        rf"\b(?:which|what) (?P<noun>{CODES})(?: (?:is|are|was|were|do|did|does|has|have))* (?:work(?:s|ed|ing)?|perform(?:s|ed|ing)?|bring(?:s|ing)?|brought|generat\w+|make|made|drive|drove|earn(?:ed|s)?)(?: in| us)*(?: the)?(?: (?:best|most|well|better))?(?: (?:money|revenue|sales))?\b|\b(?:{BEST}) (?:performing|working|earning|converting) (?P<noun2>{CODES})\b",
        ("coupon_net_sales",),
        (D.COUPON,),
        then=lambda reading, found: _one_of(reading, found, D.COUPON),
    ),
    Idiom(
        rf"\b(?:share|percent(?:age)?|proportion|part|rate|fraction)(?: of)?(?: (?:our|my|the|all))* (?:orders?|sales|purchases|checkouts|customers)(?: (?:that|which|were|are|was|have|has|had|made|is|do|did|placed))*(?: with| using| use| used| having| had| have| has| contain(?:ing|ed|s)?| carr(?:y|ied|ies|ying)| includ(?:ed?|ing)| redeemed| c[ao]me with| on| at)(?: (?:a|an|any|some|at a|one))* ?(?:{CODES}|discounts?)\b|\b(?:coupon|discount|code|voucher) (?:usage|use|penetration|uptake) (?:rate|share|percent(?:age)?)\b|\bhow many percent of orders (?:use|used|have|had)(?: a| any)? (?:{CODES}|discounts?)\b",
        ("coupon_order_share",),
    ),
    Idiom(
        rf"\b(?:how many |number of |count of )?(?:orders?|purchases|checkouts)(?: (?:that|which|were|are|was|made|placed|have|has|had|did|do|people))*(?: with| using| use| used| having| had| has| carr(?:y|ied|ying)| redeemed| that have| contain(?:ing|ed)?)(?: (?:a|an|any|some|at least one))* ?(?:{CODES}|discounts?)\b(?! (?:vs|and|or) )(?! @x)|\b(?:discounted|coupon|couponed|promo) orders\b",
        ("discounted_orders",),
        then=lambda reading, found: _orders_with_code(reading, found),
    ),
    Idiom(
        rf"\b(?:sales|revenue|turnover|money|income)(?: (?:that|which|made|from|of|came|come|comes))*(?: with| using| from| through| via| by)(?: (?:orders|a|an|any|our|the|with|all))* ?(?:{CODES})\b(?! (?:vs|and|or) )(?P<q>)|\b(?:coupon|code|voucher|promo|discounted) (?:sales|revenue)\b|\bhow much(?: (?:revenue|money|sales))?(?: (?:did|do|have|has))?(?: (?:our|the|each|my|all))* {CODES} (?:bring|brought|make|made|generate\w*|earn\w*)(?: in)?\b",
        ("coupon_net_sales",),
        then=lambda reading, found: _code_sales(reading, found),
    ),
    # Money of orders in statuses.
    Idiom(
        r"\b(?:how much|what)(?: (?:money|cash|revenue|value|amount|is|are|do|we|have|has|worth|of|the|our|in|total))*(?: (?:stuck|tied up|sitting|waiting|locked|outstanding|pending|held|still|in|on(?! hold)|up|is|owed))+(?= (?:~|orders?|payment|pending|on hold|hold|unpaid|processing|failed|cancell?ed|@x\d|in |on |as ))\b|\b(?:money|value|amount|worth|total value|revenue|total)(?: (?:of|in|from|stuck|tied up|sitting))* (?=(?:pending|on hold|unpaid|failed|cancell?ed|processing|draft) (?:orders?|payments?|ones|status))|\b(?:outstanding|unpaid|open|pending) (?:money|amounts?|payments?|balance|sums?|invoices?|revenue|value)\b|\b(?:pending|on hold|unpaid|failed|cancell?ed|processing|draft) (?:orders?|payments?) (?=(?:value|worth|amount|total|money|sum)\b)|\bmoney by status\b|\border values? by status\b|\border values? of all status(?:es)?\b|\bvalue (?:of orders )?(?:by|per|in each) status\b",
        ("gross_sales_all_status",),
        then=lambda reading, found: _money_status(reading, found),
    ),
    Idiom(
        r"\b(?:orders? (?:by|per|in each|of each|for each) status|orders? of all status(?:es)?|all orders(?! (?:except|from|outside|without|other than|but)\b)|every order|orders? (?:incl|including|whatever|regardless|counting)(?: (?:of|the|all))*(?: status| cancell?ed| failed| statuses| unpaid)*(?: ones)?|(?:total )?orders? (?:placed )?(?:in )?all status(?:es)?|order status(?:es)?(?: (?:breakdown|overview|distribution|split))?|status (?:breakdown|of (?:our |my |the |all )?orders)|where are (?:my|our) orders at)\b",
        ("orders_all_status",),
        then=lambda reading, found: _by_status(reading, found),
    ),
    # Growth and course.
    Idiom(
        r"\b(?:year over year|year on year|yoy|annual|yearly|y/y) (?:net )?(?:sales |revenue |turnover )?(?:growth|change|increase|development)(?: rate)?(?: (?:of|in) (?:sales|revenue|turnover))?\b(?! (?:of|in|for) (?:the )?(?:number of )?(?:orders|customers|new|returning|refunds?|aov|average|items|units|discounts?|taxes|shipping))|\b(?:sales |revenue )?growth (?:rate )?(?:year over year|year on year|yoy|vs last year|compared to last year|over last year|from last year)\b|\bhow (?:much|fast) (?:are|have|did|do) (?:we|i|sales) (?:growing|grown|grow|grew)(?: year over year| yoy| compared to last year| vs last year| over last year| since last year)?\b|\bgrowth rate\b|\b(?:sales|revenue|turnover) growth\b|\bgrowth (?:of|in) (?:sales|revenue|turnover)\b|\b(?:sales|revenue) (?:yoy|year over year|year on year)\b",
        ("net_sales_yoy_pct",),
        keep="growth ",
    ),
    Idiom(
        r"\b(?:running|cumulative|cumulated|accumulated|rolling) (?:total|sum|sales|revenue|turnover|net sales)s?(?: of)?(?: (?:our|the|net))*(?: (?:sales|revenue|turnover))?\b|\b(?:sales|revenue|turnover) (?:cumulative(?:ly)?|accumulated|added up|adding up|cumulated)\b",
        ("net_sales_cumulative",),
    ),
    Idiom(
        r"\bdaily (?:sales|revenue|turnover) average\b|\b(?:average|mean|typical|avg) (?:daily|per day|a day|day)(?: (?:sales|revenue|turnover|takings|income|net sales))?\b|\b(?:average|mean|typical|on average) (?:sales|revenue|turnover|takings|income)(?: (?:per|a|each|by)) day\b|\bdaily average(?: (?:of )?(?:sales|revenue))?\b|\bhow much (?:do|did|does|are|have|were) (?:we|i|the (?:shop|store)) (?:make|made|sell|sold|earn|earned|take|turn over|making|selling|taking)(?: in)?(?: on average)? (?:per|a|each|every) day(?: on average)?\b|\b(?:sales|revenue|turnover|takings) (?:per|a) day on average\b|\baverage day\b",
        ("avg_daily_sales",),
    ),
    Idiom(
        r"\b(?:refunds?|returns?) (?:as|in)(?: an?)? (?:percent(?:age)?|share|proportion)(?: of(?: gross| net| our| the)*(?: sales| revenue| turnover)?)?\b|\b(?:refund|return|returns|refunded|refunds) (?:rates?|ratio|percent(?:age)?|share|quota)\b|\b(?:share|percent(?:age)?|proportion|rate|how many percent|what percent)(?: of)?(?: (?:our|my|the|all|total|gross|net|goes|go|went|back|as|in|to|lost|sales|revenue|money|is|are|was|gets?|goods|items|products|stuff|what|did|do|does|we|have|had|has|been|people|customers))* (?:refund|refunded|returned|refunds|returns|sent back|given back)\b",
        ("refund_rate",),
    ),
    # Shares.
    Idiom(
        r"\b(?:sales )?(?:tax(?:es)?|vat|gst) (?:as|in)(?: an?)? (?:percent(?:age)?|share|proportion)(?: of(?: gross| net| our| the)*(?: sales| revenue| turnover)?)?\b",
        ("tax_rate_effective",),
    ),
    Idiom(
        r"\b(?:what |which )?(?:share|percent(?:age)?|proportion|portion|fraction|part|slice|how much(?= of)|contribution|how many percent)(?: of| to)?(?: (?:our|my|the|all|total|net|overall|is|are))* (?:sales|revenue|turnover|income|business|takings|money)(?: (?:is|are|was|were|do|does|did|come|comes|came|each|every|from|by|per|made|due to|our|for|for each|contributed|in|through|of|goes to|go to))*\b(?! tax)|\b(?:sales|revenue|category|product|country) (?:mix|shares?|distribution|composition)(?: by| per)?\b|\b(?:how are|how do) (?:sales|revenue)(?: \w+)? (?:split|distributed|divided)(?: across| by| between| over)?\b",
        ("net_sales_share",),
        keep="by ",
        then=lambda reading, found: _mix(reading, found),
    ),
    # Orders and baskets.
    Idiom(
        r"\b(?:distribution|histogram|spread|range|breakdown) of (?:our |the |my |all )*(?:order|basket|cart) (?:values?|sizes?|totals?|amounts?)\b|\b(?:order|basket|cart) (?:value|size|total)s? (?:distribution|histogram|spread|buckets?|ranges?|bands?)\b|\bhow (?:are|is)(?: \w+){0,2} order (?:values?|sizes?) distributed\b",
        ("orders",),
        (D.ORDER_VALUE_BUCKET,),
    ),
    Idiom(
        rf"\b(?:do|does|are|is) (?:our |my |the )*(?P<a>new|returning|repeat|existing)(?: {PEOPLE})? (?P<verb>spend|buy|order|pay|worth|bigger|larger)(?:ing)?(?: \w+){{0,2}} (?:more|less|bigger|smaller|better|higher|lower)?(?: \w+){{0,3}} than (?:the )?(?:new|returning|repeat|existing|first time)(?: {PEOPLE})?\b|\b(?:who|which) spends more(?: ,)? new or (?:returning|repeat|existing)(?: {PEOPLE})?\b",
        ("aov",),
        (D.CUSTOMER_TYPE,),
    ),
    Idiom(
        rf"\b(?:how much )?(?:did |do |have |were |are |was |is )?(?:our |the |all |my )*(?:{CODES}|discounts?)(?: (?:cost|costs|costing|set us back))(?: (?:us|me|the (?:shop|store)))?\b|(?<!discount )(?<!discounts )\b(?:give|gave|giving|given|lose|lost|losing)(?: (?:away|up|off|out|do we|did we|we))*(?: (?:in|as|on|to|through|with|by|via))+ (?:our |the )?(?:{CODES}|discounts?)\b|\b(?:amount|value|sum|total|money) (?:of |in )?(?:all )?(?:discounts|money off)(?: given)?\b",
        ("discounts",),
    ),
    Idiom(
        r"\bgross (?:sales |revenue )?(?:vs|and|or|versus|,) net(?: sales| revenue)?\b|\bgross to net\b",
        ("gross_sales", "net_sales"),
    ),
    Idiom(
        r"\b(?:how (?:many|much)|number of|average|avg)(?: (?:number of|of|many))?(?: (?:items?|products?|units?|pieces?|things|articles?|stuff|goods|lines?))(?: (?:are|is|do|does|did|people|customers|they|we|there|usually|typically|on average|have|has|per|in|an|a|each|every|buy|bought|order|included|go|goes|went|end|up|come|land|fit|inside|into))*(?: (?:per|in an?|in each|an|each|in every|in the average|in 1|at once|in one|into an?|into one|into each|one|a)) ?(?:average |typical |single )?(?:orders?|baskets?|carts?|purchases?|transactions?|time|go)?\b(?! day| week| month)|\b(?:items?|units?|products?|pieces?|articles?) (?:per|an|in each|in an|each) (?:order|basket|cart|purchase|transaction)\b|\baverage items\b|\bupt\b|\bbasket (?:count|depth)\b",
        ("items_per_order",),
    ),
    Idiom(
        r"\b(?:median|typical|usual|middle|50 percent|normal) (?:\w+ )?(?:order|basket|cart|purchase|sale|ticket)(?: (?:value|size|amount|total|worth))?\b|\bmedian (?:value|amount|size|total|worth) of (?:(?:an?|one|each|our|the|all) )*(?:orders?|baskets?|purchases?)\b|\bmedian (?:aov|spend)\b|\bmedian (?:order|basket)\b|\b(?:basket|order value|order|aov|cart|order size) (?:median)\b",
        ("median_order_value",),
    ),
    Idiom(
        rf"\b(?:average|avg|mean)(?: (?:order|basket|cart|ticket|purchase|transaction|sale|checkout|bon|receipt|bill|invoice|check))+(?: (?:values?|size|amount|total|worth|spend|sum))?\b|\baov\b|\b(?:average|avg|mean) (?:value|amount|spend|size|total|worth|spending) (?:of (?:(?:an?|one|each|every|single|our|the|all) )*(?:orders?|baskets?|carts?|purchases?|checkouts?)|per (?:order|basket|cart|purchase|checkout|transaction))\b|\bhow (?:big|large|high|much)(?: is| are| was| were)?(?: an| the| our| my)* (?:average |typical )?(?:order|basket|cart|purchase)s?(?: worth)?(?: on average)?\b(?! (?:tax|discount))|\b(?:order|basket|cart) (?:value|size)s?(?: on average)?\b(?! (?:buckets?|ranges?|bands?|class|distribution|brackets?))|\bhow much (?:do|does|did|are) (?:(?:our |the |a |an? )*(?:{PEOPLE}|shopper))(?: usually| typically| normally)? (?:spend|pay|spending)(?: on average)? (?:per|an|in an|each|in one|at) (?:order|purchase|basket|checkout|visit|time)\b|\b(?:revenue|sales|spend|spending|turnover|money) per (?:order|basket|cart|transaction|purchase|checkout)\b",
        ("aov",),
    ),
    Idiom(
        rf"\b(?:spend|spending|revenue|sales|money|turnover|income|average spend|worth) (?:per|a|for each|by each|of each) (?:average )?(?:customer|client|buyer|shopper|head|person|user)\b|\bhow much (?:do|does|did|is|are|has|have)(?: (?:our|the|a|an|each|average|typical|one|new|every))* (?:{PEOPLE})(?: usually| typically| normally| on average)? (?:spend|spent|worth|pay|bring|buy for)(?: (?:with us|on average|per (?:person|head|customer)|in total))*(?= on average| *$| ~| ,| per| a| in| each| this| last| the| during| over| since| from| between| for| past| prior| previous| trailing| rolling| latest| ytd| mtd| qtd| wtd| today| yesterday| on| at| up| so| week| q[1-4]| h[12]| \d)|\baverage (?:customer|client|buyer|shopper) (?:spend\w*|spends|revenue)\b|\barpu\b|\baverage (?:spend|spending|revenue) (?:of|by|per) (?:a |our |each )?customers?\b",
        ("revenue_per_customer",),
    ),
    Idiom(
        r"\b(?:how (?:many|often|much)) (?:orders |times )?(?:do|does|did)(?: (?:our|the|a|an|each|average|typical|one|every|single))* (?:customers?|clients?|buyers?|shoppers?|people|person) (?:place|make|order|buy|purchase)(?: on average)?(?= on average| *$| ~| ,| per| a| in| each| this| last| the| during| over| since| from| between| for| past| prior| previous| trailing| rolling| latest| ytd| mtd| qtd| wtd| today| yesterday| on| at| up| so| week| q[1-4]| h[12]| \d)|\b(?:orders?|purchases?) (?:per|a|by each|for each|each) (?:customer|client|buyer|shopper|head|person)\b|\b(?:purchase|order|buying) frequency\b|\baverage (?:number of )?orders (?:per|by|of a) (?:customer|client|buyer|person)\b",
        ("orders_per_customer",),
    ),
    # Refunds and cancellations.
    Idiom(
        r"\b(?:cancell?ation|cancel|canceling|cancelling|cancelled|canceled) (?:rate|ratio|percent(?:age)?|share|quota)s?\b|\b(?:share|percent(?:age)?|proportion|rate|how many percent|what percent)(?: of)?(?: (?:our|my|the|all))* orders?(?: (?:that|which|are|were|is|was|get|gets|got|been|being|have|had))* (?:cancell?ed|cancel|failed|fail)\b|\bhow (?:often|frequently)(?: (?:are|do|is|were|get|did))?(?: (?:our|customers|people))? ?(?:orders)? ?(?:get )?(?:cancell?ed|cancel)\b",
        ("cancel_rate",),
    ),
    Idiom(
        r"\b(?:how many |number of |count of )?(?:orders?|purchases?)(?: (?:that|which|did|do|we|have|had|has|were|was|are|got|get|been|being|with|a|an|any|is|in))* (?:refunded|refund|refunds|returned|returns?|sent back|partially refunded)\b|\b(?:refunded|returned) (?:orders?|purchases?)\b|\bhow many (?:refunds?|returns?)(?: did we (?:have|get|issue|process|give|do))?\b|\bnumber of (?:refunds?|returns?)\b|\b(?:refund|return)s? count\b|\brefunded orders\b",
        ("refunded_orders",),
    ),
    Idiom(
        r"\b(?:how much|what)(?: (?:money|cash|in total|did|do|have|has|had|we|was|were|is|got|been|the|our|shop|store|total))* (?:refund(?:ed)?|g(?:i|a)ven? back|paid back|reimbursed?)\b(?! (?:rate|percent))",
        ("refunds",),
    ),
    # Tax, shipping and the rest.
    Idiom(
        r"\b(?:effective |average |real )?(?:tax|vat) (?:rate|percent(?:age)?|share|ratio)\b|\bpercent(?:age)? (?:of )?tax(?:es)?\b",
        ("tax_rate_effective",),
    ),
    Idiom(
        r"\bdiscounts?(?: given)? (?:as|in)(?: an?)? (?:percent(?:age)?|share|proportion)(?: of(?: gross| net| our| the)*(?: sales| revenue| turnover)?)?\b|\b(?:discount|discounting) (?:rate|percent(?:age)?|ratio|share|depth)\b|\bhow much (?:are|do|did) (?:we|i) discount(?:ing)?(?: on average)?\b|\baverage discount(?: (?:rate|percent(?:age)?|given))?\b|\b(?:share|percent(?:age)?|how much percent|what percent) (?:of (?:our |gross )?(?:sales|revenue) )?(?:is |do we |did we |are |was |we )*(?:discounted|given away(?: as discounts?)?|lost to discounts?)\b",
        ("discount_rate",),
    ),
    Idiom(
        r"\b(?:average|avg|mean) (?:selling |sales |unit |item |product |sold |retail )*prices?(?: (?:per|of|for) (?:an? |each )?(?:item|unit|product|piece)s?)?\b|\basp\b|\bprice per (?:item|unit|piece)\b|\b(?:revenue|sales) per (?:item|unit|piece)\b|\baverage price\b",
        ("avg_item_price",),
    ),
    Idiom(
        r"\b(?:how )?(?:fresh|current|recent|old|up to date|new|recent)(?: is| are)?(?: (?:this|the|my|our|these|your))* (?:data|numbers?|figures?|information)\b|\b(?:last|latest) (?:sync|synced|update|updated|refresh|refreshed|import|synchroni[sz]ation|data update)(?: (?:with|from|of)(?: \w+){1,2})?\b|\b(?:data|sync) (?:freshness|status|age|delay)\b|\bwhen (?:was|were|did)(?: (?:the|my|our|this|it|data|shop|store|last|numbers|figures|you|we))* (?:last )?(?:sync(?:ed)?|updat(?:e|ed)|refresh(?:ed)?)\b|\b(?:is|are) (?:the |my |our |this |these )?(?:data|numbers?|figures?) (?:up to date|current|fresh|synced|live|real time)\b|\bfreshness\b",
        ("sync_freshness",),
    ),
    Idiom(
        r"\b(?:total |grand |everything )*(?:sales|revenue|turnover|takings|total|everything) (?:incl|including|inclusive of|with|plus|and with|and including|included)(?: (?:incl|including|inclusive of|with|plus|and|included))* (?:the |all )?(?:tax(?:es)?|vat|gst|hst|shipping|delivery)(?: ?(?:and|,|plus|or|/)+ ?(?:tax(?:es)?|vat|gst|hst|shipping|delivery|postage|fees))?\b|\b(?:incl(?:uding|usive)?|with)(?: of)?(?: (?:the|all))* (?:tax(?:es)?|vat|gst|shipping|delivery)(?: ?(?:and|,|plus|/)+ ?(?:tax(?:es)?|vat|gst|shipping|delivery|postage))*(?= ,.*\b(?:sales|revenue|turnover|takings)\b)|\b(?:total|overall|all in) (?:sales|revenue|turnover)(?= (?:incl|with tax))|\btotal sales\b(?: (?:incl|including|with|inclusive of) (?:tax(?:es)?|vat|shipping|delivery)(?: and (?:tax(?:es)?|vat|shipping|delivery))?)?|\bgross (?:takings|income) with tax\b|\b(?:sales|revenue) (?:after|with) tax(?:es)? and (?:shipping|delivery)\b",
        ("total_sales",),
        then=lambda reading, found: _total(reading, found),
    ),
)


_LESS = r"(?:excluding|excl|exclude|without|net of|after|less|minus|not counting|not including|deducting|deducted)"
_BEFORE = r"(?:before|including|incl|without deducting|gross of)"
_SALES = r"(?:net |total )?(?:sales|revenue|turnover|takings|income|money)"


def read_less_refunds(line: Line) -> None:
    """Net sales are without refunds and discounts as they are; before them, they are gross."""
    of = r"(?: (?:the|any|all|our|for))* (?:refunds?|returns?|discounts?|coupons?)(?:(?: and|,|, and| or) (?:refunds?|returns?|discounts?|coupons?))?"
    if found := line.find(
        rf"\bgross (?:sales|revenue|turnover) {_LESS}(?: the)? (?:discounts|coupons)(?: and|,|, and| less| minus)+ (?:the )?(?:refunds?|returns?)\b"
    ):
        line.text = f"{line.text[: found.start()]}net sales{line.text[found.end() :]}"
    if line.has(rf"^ (?:and |show (?:it )?|now |what about )*{_LESS}{of} $"):
        line.text = " net sales "
    elif line.has(rf"\b{_SALES}\b"):
        if found := line.find(
            rf"\b{_LESS}(?: (?:the|any|all|our|for))* (?:refunds?|returns?)\b(?! (?:rate|orders))"
        ):
            line.text = f"{line.text[: found.start()]}{line.text[found.end() :]}"
        if found := line.find(rf"\b(?P<what>{_SALES}) {_BEFORE}{of}\b"):
            line.text = f"{line.text[: found.start()]}gross sales{line.text[found.end() :]}"


_SEGMENT = r"(?P<{}>champions?|loyal|recent|promising|can ?not lose|at risk|hibernating|lost)"
_SEGMENT_ASKED = (
    rf"{_SEGMENT.format('a')}(?: customers?| ones| rfm)* segments?\b"
    rf"|\b(?:rfm )?segments? (?:is |= |of |called |named )?{_SEGMENT.format('b')}\b(?: customers)?"
    rf"|\b(?=.*\brfm\b){_SEGMENT.format('c')}(?: customers?| ones)?\b"
    rf"|\brfm {_SEGMENT.format('d')}(?: customers?| ones)?\b"
)


def _read_segments(reading: Reading) -> None:
    """Two of them (`the loyal and the champions segments`)."""
    found = reading.line.take(
        rf"\b(?:how many|customers|people|are|sit|in|the|our| )*{_SEGMENT.format('a')} (?:and|or|,) (?:the )?{_SEGMENT.format('b')} segments\b"
    )
    if found:
        both = tuple(_segment_named(found[each]) for each in "ab")
        reading.metrics.append("rfm_segment_size")
        put(reading, limit(D.RFM_SEGMENT, "in", both))


def _segment_named(said: str) -> str:
    name = "champions" if said.startswith("champion") else said.replace("can not", "cannot")
    return name.replace(" ", "_")


def read_segment(reading: Reading) -> None:
    """One segment by its name (`how many are in the loyal segment`), which alone means other
    things."""
    _read_segments(reading)
    found = reading.line.take(
        rf"(?:\b(?:in|of|among|size|how many|customers|people|the|our|are) )*\b(?:{_SEGMENT_ASKED})"
    )
    if found is None:
        return
    said = next(found[each] for each in "abcd" if found[each])
    reading.line.take(r"\b(?:by |per |the )?rfm\b")
    reading.metrics.append("rfm_segment_size")
    put(reading, limit(D.RFM_SEGMENT, "=", _segment_named(said)))


def read_idioms(reading: Reading) -> None:
    """The first turn of phrase of a question, and any that is joined to it."""
    line, last = reading.line, -1
    while (place := _next_idiom(line, last)) is not None:
        last, idiom = place, IDIOMS[place]
        found = line.find(idiom.pattern)
        if found is None or not found[0].strip():
            continue
        if reading.metrics and not _joined(line, found.start(), found.end()):
            continue
        before = line.text[: found.start()].count("%m")
        line.text = f"{line.text[: found.start()]} %m {idiom.keep}{line.text[found.end() :]}"
        kept = [each for each in re.findall(r"@x\d+", found[0]) if each not in line.text]
        line.text = re.sub(r"\s+", " ", " ".join([line.text, *kept]) + " ")
        if not (idiom.keep or idiom.then):
            _drop_other_name(line, idiom)
        reading.metrics[before:before] = [
            each for each in idiom.metrics if each not in reading.metrics
        ]
        for dimension in idiom.dimensions:
            if dimension not in reading.dimensions:
                reading.dimensions.append(dimension)
        for filter in idiom.filters:
            put(reading, filter)
        reading.top_n = idiom.top_n or reading.top_n
        if idiom.then:
            idiom.then(reading, found)
    if "%m" in line.text:
        line.text = re.sub(r"\s+", " ", line.text)


def _drop_other_name(line: Line, idiom: Idiom) -> None:
    """What the figure is called once more right behind it: `aov (average order value)`."""
    found = line.find(idiom.pattern)
    if found and found[0].strip() and line.text[: found.start()].endswith("%m "):
        line.text = f"{line.text[: found.start()]}{line.text[found.end() :].lstrip()}"


def _next_idiom(line: Line, last: int) -> int | None:
    """Of those that may be in the line as it is now."""
    return next((each for each in _IDIOM_PATTERNS.places(line.text) if each > last), None)


_IDIOM_PATTERNS = Patterns(each.pattern for each in IDIOMS)
_AND = r"(?:and|,|plus|with|as well as|along with|vs|or|/|together with|including)(?: (?:the|our|my|also|total|number of|how many|average|avg))*"

_DONE = r"(?:(?:charged|collected|given|paid|earned|income|did|do|have|has|had|we|i|there|get|got|make|made|see|receive|received|come|came|were|was) )*"
_ASKED = r"(?:(?:the|our|my|number of|how many|what|is|was|were|are|also|much|how|and|then) )*"
_BETWEEN = rf"[ ~]*{_DONE}[ ~]*{_AND}[ ~]*{_ASKED}"


def _joined(line: Line, start: int, end: int) -> bool:
    before, after = line.text[:start], line.text[end:]
    return bool(
        re.search(rf"%m~* ?~? ?{_DONE}~? ?{_AND} {_ASKED}$", before)
        or re.search(rf"^ *{_DONE}~? ?{_AND} {_ASKED}%m", after)
    )


# ------------------------------------------------------------------------------- what idioms read


def _best_customers(reading: Reading, found: Match[str]) -> None:
    number = found["n"] or found["n2"]
    if number:
        reading.top_n = int(number)
    elif found["noun"] in ("customer", "client", "buyer", "shopper", "spender"):
        reading.top_n = 1


def _new_and_returning(reading: Reading, found: Match[str]) -> None:
    """Of money they are classes, alone they are counts."""
    around = Line(f"{reading.line.text} {found[0]}")
    if around.has(
        r"\b(?:sales|revenue|spend|spent|orders?|aov|turnover|money|basket|discounts?|refunds?|items|purchases)\b"
    ):
        reading.metrics[:] = [
            each for each in reading.metrics if each not in ("new_customers", "returning_customers")
        ]
        reading.dimensions.append(D.CUSTOMER_TYPE)
        reading.line.text = reading.line.text.replace("%m", "~")


def _cover(reading: Reading, found: Match[str]) -> None:
    number, span = found["n"] or found["n2"], found["span"] or found["span2"]
    said = (found["op"] or found["op2"] or "").strip()
    op = next((op for op, held in filters._OPS.items() if said in held), "<")
    put(
        reading,
        limit("days_of_stock", op, int(float(number) * {"day": 1, "week": 7, "month": 30}[span])),
    )


def _velocity(reading: Reading, found: Match[str]) -> None:
    sign = -1 if re.search(r"slow", found[0]) else 1
    number = reading.line.find(r"\b(\d{1,3}) %m")
    if number:
        reading.line.text = reading.line.text.replace(f" {number[1]} %m", " %m", 1)
    if number or sign < 0:
        reading.top_n = sign * (int(number[1]) if number else 10)
    if reading.line.take(r"\b(?:for each|by|per|for every) (?:skus?|variants?)\b"):
        reading.dimensions[:] = [
            D.SKU if each == D.PRODUCT else each for each in reading.dimensions
        ]
    _named_only(reading, found)


def _stock(reading: Reading, found: Match[str]) -> None:
    """Of what is named; else of everything, by product where the question asks which."""
    if reading.line.has(
        r"\ball (?:the |our )?(?:products|items|articles)\b|\bevery (?:product|item|article)\b"
    ):
        reading.wants_all = True
    is_list = re.search(r"\b(?:list|levels|overview|report|status)\b", found[0])
    if (
        is_list or reading.line.has(r"\b(?:which|what|by|per|each|list|show|levels?|every|all)\b")
    ) and not reading.line.has(r"@x\d+"):
        if not reading.line.has(r"\b(?:categor|collection|sku|variant)\w*"):
            reading.dimensions.append(D.PRODUCT)
        reading.line.take(
            r"\b(?:by|per|for each|of each|for every|each|of all|all) (?:the |our )?(?:products?|items?|articles?)\b"
        )
    if (
        any(each.field == Limit.STOCK_QUANTITY for each in reading.filters)
        and D.PRODUCT not in reading.dimensions
    ):
        reading.dimensions.append(D.PRODUCT)


_OF_ORDERS = r"\b(?:which|what) (?P<noun>payment (?:method|type|option|provider)|channel|weekday|day of the week|day|hour|time of day|time|country|market)s?\b"


def _sellers(reading: Reading, found: Match[str], sign: int) -> None:
    groups = found.groupdict()
    if reading.line.has(_OF_ORDERS) and not groups.get("noun"):
        # What is popular is a class of orders.
        reading.metrics[reading.metrics.index("items_sold")] = "orders"
        reading.top_n = sign
        said = reading.line.take(_OF_ORDERS)
        nouns = {"pay": D.PAYMENT_METHOD, "cha": D.CHANNEL, "cou": D.COUNTRY, "mar": D.COUNTRY}
        nouns |= {
            "wee": D.DAY_OF_WEEK,
            "day": D.DAY_OF_WEEK,
            "hou": D.HOUR_OF_DAY,
            "tim": D.HOUR_OF_DAY,
        }
        reading.dimensions.append(nouns[said["noun"][:3]] if said else D.COUNTRY)
        return
    if reading.line.take(_BY_MONEY):
        reading.metrics[reading.metrics.index("items_sold")] = "product_net_sales"
    reading.line.take(_BY_PIECES)
    noun = groups.get("noun") or ""
    if noun.startswith("@x"):
        _sellers_of(reading, groups, sign)
        return
    if "sku" in noun or "variant" in noun:
        reading.dimensions.append(D.SKU)
    elif noun.startswith("categor"):
        reading.dimensions.append(D.CATEGORY)
    elif not reading.line.has(r"\b(?:categor(?:y|ies)|collections?)\b") or noun:
        reading.dimensions.append(D.PRODUCT)
    else:
        said = reading.line.take(r"\b(?:by |per |which |what )?(?:categor(?:y|ies)|collections?)\b")
        reading.dimensions.append(D.CATEGORY)
        if said and said[0].endswith(("y", "n")) and not said[0].startswith(("by", "per")):
            reading.top_n = sign
    _number_of_sellers(reading, found, sign)
    reading.others.append("by revenue instead")


def _number_of_sellers(reading: Reading, found: Match[str], sign: int) -> None:
    number = found.groupdict().get("n")
    before = reading.line.find(r"\b(\d{1,3}) %m") or reading.line.find(
        r"%m (\d{1,3})\b(?! (?:days|weeks|months|years))"
    )
    if number is None and before:
        number = before[1]
        reading.line.take(rf"\b{number}\b")
    is_one = bool(
        re.search(
            r"(?:best|top|worst|hot|hottest) ?seller\b|(?:product|item|article|thing|sku|variant)$",
            found[0].strip(),
        )
    )
    noun = (found.groupdict().get("noun") or "").strip()
    is_one |= noun in ("sku", "variant", "category")
    is_one |= noun in ("product", "item", "article") and found[0].startswith(("which", "what"))
    if number:
        reading.top_n = sign * int(number)
    elif is_one and not re.search(r"ellers\b", found[0]):
        reading.top_n = sign
    elif sign < 0 and D.CATEGORY not in reading.dimensions:
        reading.top_n = -10
    elif (said := reading.line.find(r"%m @x(\d+)")) and _is_part(reading, said):
        reading.top_n = 10  # `top selling tea`: the name says of which, and not which


def _is_part(reading: Reading, said: Match[str]) -> bool:
    return reading.named[int(said[1])][0].op == "contains"


def _sellers_of(reading: Reading, groups: dict[str, str | None], sign: int) -> None:
    """`which green tea sells best`: of what is named; one of them, where the verb says so."""
    reading.line.text += f"{groups['noun']} "
    is_one = groups.get("one") or groups.get("verb") in ("is", "was", "does", "has")
    reading.dimensions.append(D.PRODUCT)
    reading.top_n = sign if is_one else 10 * sign


def _orders_with_code(reading: Reading, found: Match[str]) -> None:
    """Of another figure they are a class."""
    if reading.line.has(
        r"\b(?:average|avg|aov|median|typical|basket|revenue|sales|turnover|items per|refunds?|customers)\b"
    ):
        reading.metrics.remove("discounted_orders")
        put(reading, limit(D.HAS_COUPON, "=", True))
        reading.line.text = reading.line.text.replace(
            "%m", "orders" if "orders" in found[0] else "~"
        )


def _came_back(reading: Reading, found: Match[str]) -> None:
    """Goods are sent back, and people of a country come again."""
    if reading.named[int(found["it"][2:])][0].field == D.COUNTRY:
        reading.metrics[reading.metrics.index("refunds")] = "returning_customers"


def _by_price(reading: Reading, found: Match[str]) -> None:
    sign = 1 if found["far"] in ("most expensive", "priciest") else -1
    many = 10 if found["noun"].endswith("s") else 1
    reading.top_n = sign * (int(found["n"]) if found["n"] else many)
    reading.notes.append("By the average price that it was sold for.")


def _mix(reading: Reading, found: Match[str]) -> None:
    """`category mix`, `product share`."""
    words = {"category": D.CATEGORY, "product": D.PRODUCT, "country": D.COUNTRY}
    before = reading.line.find(r"\b(category|product|country) %m")
    said = found[0].split()[0]
    dimension = words.get(before[1] if before else said)
    is_by_others = reading.line.has(rf"\bby (?:{'|'.join(words)})")
    if dimension and dimension not in reading.dimensions and not is_by_others:
        reading.dimensions.append(dimension)


def _again(reading: Reading, found: Match[str]) -> None:
    if found["count"]:
        reading.line.text += "how many "
    else:
        reading.dimensions.append(D.CUSTOMER)


def _code_costs(reading: Reading, found: Match[str]) -> None:
    if reading.named[int(found["code"][2:])][0].field != "coupon":
        reading.metrics.remove("discounts")


def _code_uses(reading: Reading, found: Match[str]) -> None:
    codes = list(re.findall(r"@x(\d+)", found[0]))
    if any(reading.named[int(each)][0].field != "coupon" for each in codes):
        reading.metrics.remove("coupon_uses")
        reading.line.text = reading.line.text.replace("%m", found[0])
    elif found["code2"] and reading.line.has(
        r"\b(?:sales|revenue|aov|average order|new customers|money|discounts?|how much|turnover)\b"
    ):
        reading.metrics.remove("coupon_uses")
        reading.line.text = reading.line.text.replace("%m", "~")


_BY_MONEY = r"\b(?:by|in terms of|based on|according to|in|for)(?: (?:the|total|net|their))* (?:revenue|sales(?! channel)|turnover|money|value|income|earnings|cash)\b"
_BY_PIECES = r"\b(?:by|in terms of|based on|according to|in)(?: (?:the|total|number of|sold))* (?:units?|quantit(?:y|ies)|volume|pieces|items|number|count|units sold)(?: sold| ordered)?\b"


def _ranked_by(line: Line, dimension: Dimension) -> str | None:
    """The figure that rows are ranked by (`top coupons by discount amount`), where it is none of
    the words that mean money or pieces of anything."""
    found = line.find(r"\bby (?:the |their |total |highest |most )*(?=[a-z])")
    if found is None or line.has(_BY_MONEY) or line.has(_BY_PIECES):
        return None
    said = next((each for each in _said(line) if each.start == found.end()), None)
    if said is None or said.is_weak or dimension not in METRICS[said.name].dimensions:
        return None
    line.text = f"{line.text[: found.start()]} ~ {line.text[said.end :]}"
    return said.name


_IN_PIECES = r"\bin (?:terms of )?(?:units|pieces|quantity|quantities|volume)(?= *$| ~)"


_LEFT_OUT = r"\b(?:except|excluding|excl|without|but not|other than|apart from|besides|not counting|leaving out)(?: for)? @x\d+"


def _top_codes(reading: Reading, found: Match[str]) -> None:
    if ranked := _ranked_by(reading.line, D.COUPON):
        reading.metrics[reading.metrics.index("coupon_uses")] = ranked
    elif reading.line.take(_BY_MONEY):
        reading.metrics[reading.metrics.index("coupon_uses")] = "coupon_net_sales"
    of_names = re.sub(_LEFT_OUT, "", reading.line.text)
    if any(
        reading.named[int(each)][0].field == "coupon" for each in re.findall(r"@x(\d+)", of_names)
    ):
        return
    is_of_all = re.search(r"(?:usage|uses?|redemptions?)$", found[0].strip())
    if is_of_all and reading.line.has(rf"\b(?:by|per|each) {UNIT}\b|\b(?:dai|week|month)ly\b"):
        return
    reading.dimensions.append(D.COUPON)
    if found["n"]:
        reading.top_n = int(found["n"])
    else:
        _one_of(reading, found, None)
    reading.line.take(r"\b(?:by|per) (?:coupons?|codes?)\b")


def _one_of(reading: Reading, found: Match[str], dimension: Dimension | None) -> None:
    noun = (found["noun"] or found["noun2"] or "").strip()
    if noun and not noun.endswith("s"):
        reading.top_n = 1


def _code_sales(reading: Reading, found: Match[str]) -> None:
    if (
        re.search(r"\bcodes|coupons|vouchers|each", found[0])
        and re.search(r"each|by (?:coupon|code)", found[0] + reading.line.text)
    ) or re.search(
        r"\b(?:sales|revenue|turnover|money|income) by (?:our |the |all |any )*(?:coupon|code|promo|voucher)",
        found[0],
    ):
        reading.dimensions.append(D.COUPON)


def _money_status(reading: Reading, found: Match[str]) -> None:
    if "status" in found[0]:
        reading.dimensions.append(D.STATUS)
        return
    said = re.search(r"\b(?:on hold|failed|cancell?ed|processing|draft)\b", found[0])
    if said:
        reading.line.text += f"{said[0]} orders "
    elif re.search(r"\b(?:pending|unpaid|outstanding|open|owed)\b", found[0]):
        reading.line.text += "pending orders "


def _by_status(reading: Reading, found: Match[str]) -> None:
    if (
        re.search(
            r"(?:by|per|each) status|status(?:es)? (?:breakdown|overview|distribution|split)|status of|order status|orders at",
            found[0],
        )
        and D.STATUS not in reading.dimensions
    ):
        reading.dimensions.append(D.STATUS)


def _total(reading: Reading, found: Match[str]) -> None:
    """`total sales` alone are total sales; of products there are none."""
    del reading, found


# ------------------------------------------------------------------------------- by their words

_WEAK = frozenset(
    {
        "sell",
        "sold",
        "made",
        "earned",
        "take in",
        "sold for",
        "items",
        "units",
        "money",
        "gross",
        "growth",
        "segments",
        "acquired",
        "returns",
    }
)


@cache
def _owners() -> dict[str, str]:
    """Metrics by what they are called."""
    owner: dict[str, str] = {}
    for metric in METRICS.values():
        for phrase in (*metric.words, metric.label.lower()):
            owner.setdefault(" ".join(re.sub(r"[-()]", " ", phrase.lower()).split()), metric.name)
    return owner


@cache
def _phrases() -> dict[str, Pattern]:
    """What metrics are called, the longest first, by the first word of it."""
    found: dict[str, list[str]] = {}
    for phrase in sorted(_owners(), key=lambda each: (-len(each.split()), -len(each))):
        first = re.match(r"\w+", phrase)
        assert first, phrase
        for word in {first[0], f"{first[0]}s"} if first[0] == phrase else {first[0]}:
            found.setdefault(word, []).append(re.escape(phrase))
    return {word: compiled(rf"\b(?:{'|'.join(each)})s?\b") for word, each in found.items()}


class Said(NamedTuple):
    start: int
    end: int
    name: str
    is_weak: bool


def read(reading: Reading) -> None:
    """Metrics by their own words: the first that is spoken of, and those joined to it."""
    line = reading.line
    found = list(_said(line))
    if reading.metrics:
        _add_joined(reading, found)
        return
    if reading.line.has(r"\b(?:how many|number of) sales\b(?! (?:tax|channel|person|people))"):
        reading.metrics.append("orders")
        return
    strong = [
        each
        for place, each in enumerate(found)
        if not each.is_weak or _is_listed(line, found, place)
    ]
    is_of_products = any(each.field in PRODUCT_FIELDS for each in reading.filters)
    if is_of_products and reading.line.has(_HOW_MANY_BOUGHT):
        reading.metrics.append("items_sold")
        return
    if not strong and reading.line.has(_SELL_MORE):
        reading.metrics.append("net_sales")
        return
    if not strong:
        _by_verbs(reading)
        is_of_stock = any(each.field == Limit.STOCK_QUANTITY for each in reading.filters)
        strong = found[:1] if not (reading.metrics or is_of_stock) else []
    if not strong:
        return
    head = _head(reading.line, strong)
    reading.metrics.append(head.name)
    _add_following(reading, head, strong)
    if reading.metrics == ["net_sales"]:
        _by_verbs(reading)


def _is_listed(line: Line, found: list[Said], place: int) -> bool:
    """Whether a word that may mean other things stands in a list of figures (`revenue, units and
    refunds`)."""
    before, after = found[max(place - 1, 0) : place], found[place + 1 : place + 2]
    own = found[place]
    return any(
        compiled(_BETWEEN).fullmatch(line.text[one.end : other.start])
        for one, other in [*((each, own) for each in before), *((own, each) for each in after)]
    )


_SELL_MORE = (
    r"\b(?:sell|sold|selling|sells) (?:(?:much|any|a lot|far) )?(?:more|less|better|worse)\b"
)
_HOW_MANY_BOUGHT = r"\b(?:did|has|have|does|do) (?:anyone|anybody|someone|any customers?)(?: [~%\w]+){0,4} (?:buy|bought|order|ordered|purchased?)\b|\bhow many (?:of )?(?:the |our )?~(?: [~%\w]+){0,6} (?:buy|bought|order|ordered|purchased?|sell|sold)\b"


def _said(line: Line) -> Iterator[Said]:
    owners = _owners()
    for match in _called(line.text):
        said = match[0]
        name = owners.get(said) or owners[said.removesuffix("s")]
        yield Said(match.start(), match.end(), name, said in _WEAK)


def _called(text: str) -> Iterator[Match[str]]:
    """From left to right, none in another."""
    phrases, end = _phrases(), 0
    for word in re.finditer(r"\w+", text):
        pattern = phrases.get(word[0]) if word.start() >= end else None
        if pattern and (found := pattern.compiled.match(text, word.start())):
            yield found
            end = found.end()


def begins(text: str) -> bool:
    """Whether the line begins with what a metric is called."""
    return any(each.start == 1 for each in _said(Line(text)))


def said(text: str) -> frozenset[str]:
    """The metrics that are called by their own words."""
    return frozenset(each.name for each in _said(Line(text)) if not each.is_weak)


def said_in(line: Line) -> Iterator[str]:
    """The metrics that are called by words of their own, from left to right, those included that
    may mean other things."""
    return (each.name for each in _said(line))


def is_of_other(text: str, name: str) -> bool:
    """Whether the text calls another figure by a word of its own, one that may mean other things
    included."""
    return any(each.name != name for each in _said(Line(text)))


def without_words(text: str) -> str | None:
    """The line without what metrics are called in it; None where it names none."""
    found = list(_called(text))
    for each in reversed(found):
        text = f"{text[: each.start()]} {text[each.end() :]}"
    return text if found else None


def _add_joined(reading: Reading, found: list[Said]) -> None:
    """Beside a turn of phrase, what is joined to it."""
    line = reading.line
    for each in [*reversed(found), *found]:
        if each.is_weak or each.name in reading.metrics or not _joined(line, each.start, each.end):
            continue
        if each.name == "net_sales" and "total_sales" in reading.metrics:
            continue  # `including tax, what were sales`
        is_before = each.start < line.text.find("%m")
        reading.metrics.insert(0 if is_before else len(reading.metrics), each.name)
        # As long as the word was, so that the others stay where they were found.
        mark = "%m".ljust(each.end - each.start, "~")
        line.text = line.text[: each.start] + mark + line.text[each.end :]


def _add_following(reading: Reading, head: Said, found: list[Said]) -> None:
    end = head.end
    for each in found:
        if each.start > end and compiled(_BETWEEN).fullmatch(reading.line.text[end : each.start]):
            if each.name not in reading.metrics:
                reading.metrics.append(each.name)
            end = each.end


def _head(line: Line, found: list[Said]) -> Said:
    if counted := line.find(
        r"\b(?:how many|number of|count of|total number of|amount of)(?: \w+)? (?=\w)"
    ):
        after = [each for each in found if each[0] >= counted.start()]
        if after and after[0] == found[0]:
            return after[0]
    first = found[0]
    if (
        first[2] == "customers"
        and len(found) > 1
        and not re.search(r"how many|number of", line.text)
    ):
        # `customers' orders`, `what customers spend`.
        others = [each for each in found if each[2] != "customers"]
        if others and not re.search(rf"{_AND} *$", line.text[: others[0][0]]):
            return others[0]
    return first


def _by_verbs(reading: Reading) -> None:
    """`how many … did we sell`: of things, pieces; `how much`, money."""
    line = reading.line
    if not reading.metrics and line.has(
        r"\bspend\w*\b.*\b(?:on average|average)\b|\baverage\b.*\bspend"
    ):
        reading.metrics[:] = ["aov"]
        return
    if not reading.metrics and line.has(
        r"\b(?:highest|biggest|largest|lowest|smallest|average) (?:baskets?|tickets?|carts?|bills?)\b|\b(?:baskets?|tickets?) (?:by|per|in|from|this|last)\b"
    ):
        reading.metrics[:] = ["aov"]
        return
    is_of_orders = bool({D.COUNTRY, D.CHANNEL, D.CUSTOMER_TYPE} & set(reading.dimensions))
    if is_of_orders and not reading.metrics and line.has(r"\b(?:ordered|orders?|ordering)\b"):
        reading.metrics[:] = ["orders"]
        return
    is_of_products = bool({D.PRODUCT, D.SKU} & set(reading.dimensions))
    if is_of_products and not reading.metrics and line.has(r"\b(?:bought|ordered|purchased)\b"):
        reading.metrics[:] = ["items_sold"]
        return
    if line.has(
        rf"\bhow many\b(?! (?:orders|sales|{PEOPLE})\b)(?: [~@%\w]+){{0,8}} (?:sell|sold|sells|selling|go out|went out|move|moved|buy|bought|ordered|shift|ship|shipped|purchased|get rid of|got rid of|offload|offloaded|flog|flogged|get through|got through|go through|went through|went|gone|go)\b|\bhow many (?:units|pieces|items|products|things)\b|\b(?:units|pieces|items) (?:sold|of)\b|\bsold (?:units|pieces|items)\b|\b(?:sell|sold|shift|shifted) any\b"
    ):
        reading.metrics[:] = ["items_sold"]
    elif not reading.metrics and line.has(
        rf"\bhow many (?:different |distinct )?{PEOPLE}\b"
        if {D.HOUR_OF_DAY, D.DAY_OF_WEEK, D.IS_WEEKEND} & set(reading.dimensions)
        else rf"\bhow many (?:different |distinct )?{PEOPLE}\b|\b(?:more|fewer|less) {PEOPLE} (?:buy|bought|buying|order|ordered|ordering|shop|shopped|purchase|come|came)\b"
    ):
        reading.metrics[:] = ["customers"]
    elif not reading.metrics and line.has(
        r"\bhow much\b(?: [~@%\w]+){0,8} (?:sell|sold|make|made|earn|earned|take|took|bring|brought|do|did|bring in|pull|spent|spend|gross|turn over)\b|\b(?:make|made|earn|earned|took in|bring in|brought in|bringing in|take in|pulled in|generate[ds]?)\b"
    ):
        reading.metrics[:] = ["net_sales"]
    elif not reading.metrics and line.has(
        r"\b(?:busiest|busier|quieter|quietest|busy|quiet|slowest|(?:do|did) (?:people|customers|we|they) (?:order|buy|shop|purchase))\b"
    ):
        reading.metrics[:] = ["orders"]


def guess(reading: Reading) -> None:
    """A question that names no metric: what its rows are usually ranked by, or net sales."""
    if (reading.top_n or reading.sign) and not reading.dimensions and not reading.grain:
        reading.dimensions.append(D.PRODUCT)
        is_bought = reading.line.has(r"\b(?:buy|bought|buying|ordered|purchased?)\b")
        reading.metrics.append("items_sold" if is_bought else "product_net_sales")
        if reading.sign < 0 and not reading.top_n:
            reading.top_n = -10
        reading.others.append("by units instead")
        return
    conditions = () if reading.is_of_orders else reading.filters
    fields = {*reading.dimensions, *(each.field for each in conditions)}
    if fields and D.CUSTOMER not in fields and reading.line.has(r"\b(?:spend|spent)\b"):
        reading.metrics.append("net_sales")
        return
    for field, name in (
        (D.CUSTOMER, "lifetime_revenue"),
        (Limit.TOTAL_SPENT, "customers"),
        (Limit.ORDERS_COUNT, "customers"),
        (Limit.STOCK_QUANTITY, "stock_quantity"),
        (D.COUPON, "coupon_uses" if D.COUPON in reading.dimensions else "coupon_net_sales"),
        (D.RFM_SEGMENT, "rfm_segment_size"),
        (D.COHORT_MONTH, "cohort_retention"),
        (D.STATUS, "orders_all_status"),
        (D.ORDER_VALUE_BUCKET, "orders"),
        (Limit.ORDER_TOTAL, "orders"),
        (D.HOUR_OF_DAY, "orders"),
        (D.DAY_OF_WEEK, "net_sales"),
        (D.PAYMENT_METHOD, "orders"),
        (D.CUSTOMER_TYPE, "net_sales"),
    ):
        if field in fields:
            reading.metrics.append(name)
            if (
                field == Limit.STOCK_QUANTITY
                and not _is_count(reading.line)
                and not reading.dimensions
            ):
                is_of_skus = reading.line.has(r"\b(?:skus?|variants?|variations?)\b")
                reading.dimensions.append(D.SKU if is_of_skus else D.PRODUCT)
            return
    if fields or reading.period or reading.grain or reading.compare or reading.has_trend:
        reading.metrics.append("net_sales")
        reading.others.append("by units instead" if D.PRODUCT in fields else "and the orders?")
        return
    if reading.line.has(
        r"\b(?:business|biz|performance|performing|doing|going|overview|summary|numbers|figures|stats|kpis?|dashboard|report)\b"
    ):
        reading.metrics += ["net_sales"]
        reading.period, reading.compare = Calendar(unit=Unit.MONTH), "previous_period"
        return
    raise Refused(
        Declined(
            "That names nothing that can be counted here: ask about sales, orders, customers,"
            " products, refunds, coupons or stock.",
            ("a number to look for",),
            SemanticQuery.model_validate(lexicon.NEAREST_NET[1]),
            lexicon.NEAREST_NET[0],
        )
    )


# ------------------------------------------------------------------------------- fitting


def fit(reading: Reading) -> None:
    """Metrics as their rows and filters have them: of products, product sales; of codes, the sales
    with them."""
    fields = {*reading.dimensions, *(each.field for each in reading.filters)}
    _spent_by_all(reading, fields)
    _of_a_class(reading)
    _of_a_class_beside(reading, fields)
    if fields & PRODUCT_FIELDS:
        _of_products(reading)
    elif fields & {D.COUPON}:
        _of_codes(reading, fields)
        _codes_of_classes(reading, fields)
    _in_pieces(reading)
    _velocity_of_classes(reading)
    _with_tax(reading)
    _with_codes(reading)
    _of_shares(reading)
    if not _of_spenders(reading, fields):
        _of_customers(reading, fields)
    _of_courses(reading, fields)
    if reading.dimensions or reading.grain:
        is_percent = METRICS[reading.metrics[0]].format == "percent"
        filters.read_left_limit(reading, reading.metrics[0], is_percent=is_percent)


_CLASS_OF = {"new_customers": "new", "returning_customers": "returning"}


def _of_a_class_beside(reading: Reading, fields: set[str]) -> None:
    """`web, returning customers, orders and aov`: beside figures that come by what is named, who do
    not are whose figures they are."""
    asked = {each for each in fields if each in D.__members__.values()}
    strange = [each for each in reading.metrics if asked - set(METRICS[each].dimensions)]
    kind = _CLASS_OF.get(strange[0]) if len(strange) == 1 else None
    if kind is None or len(reading.metrics) < 2 or D.CUSTOMER_TYPE in fields:
        return
    reading.metrics.remove(strange[0])
    filters.put(reading, filters.limit(D.CUSTOMER_TYPE, "=", kind))


def _of_a_class(reading: Reading) -> None:
    """`which payment method do new customers use most`: orders, where they do not come by it."""
    kind = _CLASS_OF.get(reading.metrics[0])
    strange = set(reading.dimensions) - set(METRICS[reading.metrics[0]].dimensions)
    if kind is None or not strange or D.CUSTOMER_TYPE in strange or len(reading.metrics) > 1:
        return
    if strange <= set(METRICS["orders"].dimensions) and reading.is_ranked:
        reading.metrics[0] = "orders"
        filters.put(reading, filters.limit(D.CUSTOMER_TYPE, "=", kind))


def _spent_by_all(reading: Reading, fields: set[str]) -> None:
    """`how much did people spend with save10` is all of it, where it does not come by customer."""
    if reading.metrics[:1] != ["revenue_per_customer"] or reading.line.has(
        r"\b(?:per|each|average|avg|every)\b"
    ):
        return
    of_dimensions = fields & set(Dimension.__members__.values())
    if of_dimensions - set(METRICS["revenue_per_customer"].dimensions):
        reading.metrics[0] = "net_sales"


def _of_courses(reading: Reading, fields: set[str]) -> None:
    """What is called otherwise by status, cohort, or in the course of time."""
    name = reading.metrics[0]
    if name in ("cohort_retention", "cohort_revenue") and D.COHORT_MONTH in fields:
        reading.grain = None
    if D.STATUS in fields and name == "orders":
        reading.metrics[0] = "orders_all_status"
    elif D.COHORT_MONTH in fields and name == "net_sales":
        reading.metrics[0] = "cohort_revenue"
    elif name == "net_sales_cumulative" and reading.grain is None:
        reading.grain = suiting(reading.period)
    elif (name == "net_sales_yoy_pct" and reading.compare not in (None, "previous_year")) or (
        name == "net_sales_yoy_pct" and reading.is_stepwise
    ):
        reading.metrics[0] = "net_sales"
    elif name == "net_sales_yoy_pct":
        reading.compare = None


_OF_ALL_CLASSES = {"coupon_uses": "orders", "coupon_net_sales": "net_sales"}


def _codes_of_classes(reading: Reading, fields: set[str]) -> None:
    """What came with a code in one country, say, are orders and sales with it."""
    name = reading.metrics[0]
    others = {each for each in fields if each in Dimension.__members__.values()} - {D.COUPON}
    has_code = any(each.field == D.COUPON for each in reading.filters)
    if name in _OF_ALL_CLASSES and has_code and others - set(METRICS[name].dimensions):
        reading.metrics[0] = _OF_ALL_CLASSES[name]


def _with_codes(reading: Reading) -> None:
    said = rf"\b(?:used|using|with|had|have|has) (?:an? |any )(?:{CODES}|discount)\b"
    if reading.metrics[0] == "orders" and reading.line.has(said):
        reading.metrics[0] = "discounted_orders"


def _in_pieces(reading: Reading) -> None:
    """`how did the mug sell, in units`."""
    if reading.metrics == ["product_net_sales"] and reading.line.take(_IN_PIECES):
        reading.metrics[0] = "items_sold"


def _velocity_of_classes(reading: Reading) -> None:
    """How fast a category's products sell is read from their pieces; it is by day as it is."""
    if reading.metrics == ["sales_velocity"] and reading.grain == Unit.DAY:
        reading.grain = None
    has_category = any(each.field == D.CATEGORY for each in reading.filters)
    is_ranked = bool(reading.top_n or reading.sign) and D.PRODUCT in reading.dimensions
    if reading.metrics == ["sales_velocity"] and has_category and is_ranked:
        reading.metrics[:] = ["items_sold"]


_INCOME = r"\b(?:c[ao]me(?: in)?|ma[dk]e|t[ao]ken?|took|earn(?:ed)?|bring in|brought in|income|money|cash)\b"


def _with_tax(reading: Reading) -> None:
    """`sales … including tax` are total sales, and not two figures."""
    is_income = set(reading.metrics) == {"taxes", "shipping"} and reading.line.has(_INCOME)
    is_whole = reading.metrics[0] in ("net_sales", "total_sales") or is_income
    others = set(reading.metrics[1:])
    said = reading.line.has(r"\b(?:incl|including|included|inclusive|with)\b")
    if is_whole and others and others <= {"taxes", "shipping"} and said:
        reading.metrics[:] = ["total_sales"]


_SHARE = r"\b(?:share|percent(?:age)?|proportion|portion|fraction)\b"
_SHARES = {"discounted_orders": "coupon_order_share", "refunded_orders": "refund_rate"}


def _of_shares(reading: Reading) -> None:
    """Shares that are no metric: the figure of each class, of which they can be read."""
    name = reading.metrics[0]
    is_asked = name == "net_sales_share" or reading.line.has(_SHARE)
    if not is_asked or len(reading.metrics) > 1:
        return
    if name == "coupon_net_sales" and not (reading.filters or reading.dimensions):
        reading.metrics[0], reading.dimensions[:] = "net_sales", [D.HAS_COUPON]
        return
    if name in _SHARES:
        reading.metrics[0] = _SHARES[name]
        return
    if name in ("net_sales", "total_sales", "product_net_sales") and (
        reading.filters or reading.dimensions
    ):
        reading.metrics[0] = name = "net_sales_share"
        if {D.PRODUCT, D.CATEGORY} & {
            *reading.dimensions,
            *(each.field for each in reading.filters),
        }:
            reading.metrics[0] = "product_net_sales_share"
            return
    _decline_share_of_limit(reading)
    whole = "net_sales" if name == "net_sales_share" else name
    classes = [
        each
        for each in reading.filters
        if each.op == "=" and each.field in METRICS[whole].dimensions
    ]
    unknown = [each for each in classes if each.field not in METRICS[name].dimensions]
    others = [each for each in reading.dimensions if each not in METRICS[name].dimensions]
    if name == "net_sales_share" and not unknown and not others:
        return
    if name != "net_sales_share" and (
        name not in ("orders", "customers", "items_sold") or not classes
    ):
        return
    reading.metrics[0] = whole
    for each in classes:
        reading.filters.remove(each)
        if each.field not in reading.dimensions:
            reading.dimensions.append(Dimension(each.field))
    reading.notes.append("This share is no metric of its own: it is each row's part of the total.")


_SHARE_OF = rf"{_SHARE} of (?:our |all |the )*(?:orders|customers|sales|revenue)\b"


def _decline_share_of_limit(reading: Reading) -> None:
    limits = [each for each in reading.filters if each.field in Limit.__members__.values()]
    if not (limits and reading.line.has(_SHARE_OF)):
        return
    classes, rate = (
        {"metrics": ["orders"], "dimensions": ["order_value_bucket"]},
        {"metrics": ["repeat_customer_rate"]},
    )
    is_of_orders = limits[0].field == Limit.ORDER_TOTAL
    raise Refused(
        Declined(
            "There is no share of what is above or below a limit; how many there are is known.",
            ("a share by limit",),
            checked(SemanticQuery.model_validate(classes if is_of_orders else rate)).query,
            "Orders by order value" if is_of_orders else "Repeat customer rate",
        )
    )


def _of_spenders(reading: Reading, fields: set[str]) -> bool:
    """Whether customers limited by money are counted: among all, and not among those of a metric
    that has limits of its own."""
    if Limit.TOTAL_SPENT not in fields:
        return False
    if reading.metrics[0] == "one_time_customers":
        put(reading, limit(Limit.ORDERS_COUNT, "=", 1))
        reading.metrics[0] = "customers"
        return False
    if reading.metrics[0] != "customers_at_risk" or D.CUSTOMER in reading.dimensions:
        return False
    reading.metrics[0] = "customers"
    reading.period = reading.period or AllTime()
    return True


def _of_customers(reading: Reading, fields: set[str]) -> None:
    """Who is meant by limits on whole lives: a list, unless they are to be counted."""
    name = reading.metrics[0]
    if name == "ltv_historic" and D.CUSTOMER in reading.dimensions:
        reading.metrics[0] = name = "lifetime_revenue"
    is_limited = bool(fields & {Limit.ORDERS_COUNT, Limit.TOTAL_SPENT})
    if (
        name == "customers"
        and Limit.TOTAL_SPENT not in fields
        and Limit.DAYS_SINCE_LAST_ORDER in fields
    ):
        reading.metrics[0] = "customers_at_risk"
        return
    is_elsewhere = any(each.field in (D.COUNTRY, D.CURRENCY, D.COUPON) for each in reading.filters)
    has_rows = is_elsewhere or bool(reading.dimensions) or reading.grain is not None
    if name == "customers" and is_limited and not has_rows and not _is_count(reading.line):
        reading.dimensions.append(D.CUSTOMER)
    if name == "customers" and D.CUSTOMER in reading.dimensions:
        reading.metrics[0] = "lifetime_revenue"
    if name == "lifetime_revenue" and is_limited and is_elsewhere:
        reading.notes.append("Of one country or code customers are counted, and not listed.")
    if name == "lifetime_revenue" and is_limited and (is_elsewhere or _is_count(reading.line)):
        reading.metrics[0] = name = "customers"
        reading.dimensions[:] = [each for each in reading.dimensions if each != D.CUSTOMER]
        reading.top_n = None
    if name == "lifetime_revenue" and D.CUSTOMER not in reading.dimensions:
        reading.dimensions.append(D.CUSTOMER)
    if is_limited and reading.period is None and name in ("customers", "lifetime_revenue"):
        reading.period = AllTime()


_BY_PRODUCT = {
    "net_sales": "product_net_sales",
    "total_sales": "product_net_sales",
    "net_sales_share": "product_net_sales_share",
    "refunded_orders": "refunds",
    "avg_daily_sales": "sales_velocity",
    "customers": "customers",
}


def _of_products(reading: Reading) -> None:
    made = []
    for name in reading.metrics:
        if name == "orders":
            reading.notes.append("Orders do not come by product: these are the items sold.")
            made.append("items_sold")
        else:
            made.append(_BY_PRODUCT.get(name, name))
    reading.metrics[:] = dict.fromkeys(made)
    if {D.PRODUCT, D.SKU} <= set(reading.dimensions) and made[0] in (
        "days_of_stock",
        "sales_velocity",
    ):
        reading.dimensions.remove(D.PRODUCT)
    if (
        D.PRODUCT in reading.dimensions
        and D.CATEGORY in reading.dimensions
        and reading.top_n is None
    ):
        is_counted = "products_without_sales" in made  # `… by category`: how many of each
        reading.dimensions.remove(D.PRODUCT if is_counted else D.CATEGORY)


_OF_ORDERS_ALONE = {D.COUNTRY, D.CUSTOMER_TYPE, D.PAYMENT_METHOD, D.CHANNEL, D.DAY_OF_WEEK}


def _of_codes(reading: Reading, fields: set[str]) -> None:
    alone = not fields - {D.COUPON} and len(reading.metrics) == 1
    if not fields - {D.COUPON} and {*reading.metrics} == {"coupon_uses", "net_sales"}:
        place = reading.metrics.index("net_sales")
        reading.metrics[place] = "coupon_net_sales"
    if reading.metrics == ["coupon_net_sales"] and fields & _OF_ORDERS_ALONE:
        reading.metrics[0] = "net_sales"  # Those with a code are the same by what orders have.
    if fields & (_OF_ORDERS_ALONE | {D.IS_WEEKEND}):
        is_used = reading.line.has(r"\b(?:used|redeemed|applied)\b")
        if reading.metrics == ["coupon_uses"] or (is_used and reading.metrics == ["net_sales"]):
            reading.metrics[0] = "orders"
    if not alone:
        return
    if reading.metrics[0] == "net_sales":
        reading.metrics[0] = "coupon_net_sales"
    elif reading.metrics[0] == "orders":
        reading.metrics[0] = "coupon_uses"
