"""Questions that go on from the one before: what they name changes, everything else stays."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import takewhile

from backshop.insights.planning import metrics as metrics_of
from backshop.insights.planning import ranking, times
from backshop.insights.planning.filters import N, number_of, op_of
from backshop.insights.planning.lexicon import BEST, DIMENSION_NOUNS, WORST
from backshop.insights.planning.models import Known
from backshop.insights.planning.reading import Reading
from backshop.insights.planning.text import Line
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    AllTime,
    Calendar,
    Dimension,
    Filter,
    LastN,
    Limit,
    NamedDay,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
    SemanticQuery,
    Unit,
)
from backshop.insights.semantic.periods import WEEKDAYS, Window, compared, window

YES = r"^ (?:yes|yeah|yep|sure|ok|okay|please|do (?:it|that)|go ahead|sounds good|show (?:me )?(?:that|it)|that one)(?: (?:please|do|do that|do it|go ahead|show me|show me that|that|it|then))* $"
CUE = r"^ (?:(?:ok|okay|now|great|thanks|cool|nice|hm+|so|right|then|please|well|good|alright|no|oops) )*(?:sorry|i mean|i meant|actually|and|what about|how about|what of|only|just|same|the same|instead|but|also|or|then|by|per|as|for|in|on|compared|compare (?:it|that|this|them|to|with)|vs|with|without|excluding|exclude|except|include|including|add|plus|show (?:it|that|this|them|only|the same)|make (?:it|that)|break (?:it|that|this|them)|split (?:it|that|this|them)|group (?:it|that|this)|drill|top \d+|bottom \d+|first \d+|filter|limit|narrow|do (?:it|that|the same)|can (?:you|i) (?:see|do|show|get|have|break|split) (?:it|that|this|them)|switch|change (?:it|that)|replace|use|not|from|since|during|over|grouped|sorted|sort|rank(?:ed)?|more|less|all|everything|of (?:those|these|them|that)|which of (?:those|these|them)|last|this|previous|yesterday|today|the (?:week|month|quarter|year|day|one) before|daily|weekly|monthly|quarterly|yearly)\b"
_STRONG_CUE = r"^ (?:(?:ok|okay|now|great|thanks|so|then|well|no|oops) )*(?:sorry|i mean|i meant|actually|and|what about|how about|what of|same|the same|instead|but|also|or|add|plus|as|with|include|make (?:it|that)|show (?:it|that|this|the same|only)|do (?:it|that|the same)|by|per|switch|only|just|use|change (?:it|that)|replace|vs|compare (?:it|that|this|them|to|with)|compared)\b|\binstead\b"
_ADDING = r"\b(?:also|as well|too|add|adding|plus|additionally|in addition|include|including|together with|on top|next to it|alongside)\b"
_EVERYTHING = r"\b(?:all (?:countries|products|categories|customers|orders|coupons|of (?:it|them))|worldwide|everywhere|globally|in total|overall|without (?:the )?filters?|no filters?|everything|altogether|the whole (?:shop|store))\b"
_CLEARED = r"\b(?:remove|drop|clear|without|lose|forget|ignore|take off|no)(?: (?:the|that|this|all))*(?: (?P<what>[a-z ]+?))? (?:filters?|restrictions?|limits?)\b"
_IN_ONE = r"\b(?:as|in|just|only) (?:the |a |one |1 )*(?:single )?(?:total|sum|number|figure)s?\b|\bnot (?:by|per|each) (?:day|week|month|quarter|year)\b|\b(?:all )?(?:added|summed) (?:up|together)\b|^ (?:(?:the|just|and|show|me|give|now|ok|only) )*(?:grand |overall )?total (?:please )?$"
_NOT_COMPARED = r"\b(?:without|no|drop|remove|lose|forget|skip|leave out|ignore)(?: (?:the|that|any|more))* (?:comparison|compare|comparing|previous (?:period|year|one))\b"
_CLASSES = {
    "new": "new_customers",
    "first time": "new_customers",
    "returning": "returning_customers",
    "repeat": "returning_customers",
    "existing": "returning_customers",
    "one time": "one_time_customers",
}
_CLASS = rf"^ (?:(?:and|what about|how about|the|same|for|now|ok|only) )*(?P<kind>{'|'.join(_CLASSES)})(?: ones| customers?)?(?: instead)? $"
_BEFORE = r"\b(?:the )?(?:one|period|day|week|month|quarter|year|\d+ (?:days|weeks|months|years)) (?:before|prior|earlier)(?: (?:that|it|this))?\b|\bbefore that\b|\bthe previous (?:one|period)\b|\bthe prior (?:one|period)\b"
_DAY_BEFORE = r"\b(?:the )?(?P<day>weekend|(?:mon|tues|wednes|thurs|fri|satur|sun)day) (?:before|prior|earlier)(?: (?:that|it|this))?\b"
_YEAR_BEFORE = r"\b(?:the )?(?:same (?:period|time|months?|weeks?|days?|quarter)(?: of| in)? (?:the )?(?:last|previous|prior) year|(?:a|1) year (?:ago|before|earlier)|year before)\b"
_OTHER_WAY = r"\b(?:the other way (?:round|around)|reverse(?:d)?|worst|bottom|lowest|least|flip(?:ped)?|ascending)\b"


IT = r"\b(?:it|they|them|that one|this one|those|these|(?:is|was|does|did|were) that)\b"
_SAME_LAST_YEAR = r"^ (?:(?:and|what about|how about|for|in|the|ok|now) )*(?:same (?:period|time|months?|weeks?|days?|quarter|date)s?(?: of| in)? (?:the )?(?:last|previous|prior) year|(?:(?:how|what) (?:was|were|is|did) (?:it|that|this|they)(?: look| do)?(?: like)? )?(?:an?|1|one) (?:whole |full )?year (?:earlier|before(?: that)?|ago|prior)) $"
_COMPARE_THEM = r"\bcompare (?:them|both|these|those|the (?:two|2)|it|that)(?= *$| ~)"
_AS_RATE = r"\bas (?:(?:an?|the|their|its|each|one) )*(?:rate|percent(?:age)?|share|ratio|proportion)s?\b|\bin percent\b"
_RATES = {
    "refunds": "refund_rate",
    "refunded_orders": "refund_rate",
    "discounts": "discount_rate",
    "discounted_orders": "coupon_order_share",
    "taxes": "tax_rate_effective",
    "net_sales": "net_sales_share",
    "product_net_sales": "product_net_sales_share",
    "returning_customers": "repeat_customer_rate",
}
_OTHER_MIDDLE = {
    "median": ("aov", "median_order_value"),
    "(?:average|mean)": ("median_order_value", "aov"),
}
_DROPPED = frozenset(
    {
        "product",
        "sku",
        "category",
        "coupon",
        "country",
        "payment_method",
        "status",
        "channel",
        "currency",
    }
)
"""Dimensions that say nothing more once one value is asked for."""


_NOT_THAT = rf"\b(?:instead of|rather than|and not|not)(?: (?:by|in|the|just|only))* (?:revenue|sales|turnover|money|value|units|pieces|quantity|orders|products?|categor(?:y|ies)|countr(?:y|ies)|{times.UNIT}s?|daily|weekly|monthly|quarterly)(?= |$)"


_AS_MANY = (
    r"^ (?:(?:ok|okay|now|and|please|can you|could you|just|only|actually|rather) )*"
    r"(?:(?:make|have|do) (?:it|that|them)|show(?: me)?|give me|expand to|extend to|limit to|cut to|down to|up to)"
    r" (?:the |a |to )*(?P<n>\d{1,3})(?: (?:of them|of those|rows|instead|please|only))* $"
    r"|^ (?:the |only |just )*(?P<n2>\d{1,3})(?: (?:of them|of those|instead|please))+ $"
)


_OF_THOSE = r"^( (?:(?:and|but|ok|now|what about|how about|same|only|just) )*(?:for|of|on|only|just)) (?:the )?(?:orders|sales)(?= (?:from|in|with|over|under|that|without|via|paid|on|by|to)\b| @x)"
"""`and for orders from austria?`: of those, and no other figure."""

_MAKE_IT = r"^ (?:(?:and|ok|okay|now|please|can you|could you|then|so|but) )*(?:make|turn|have) (?:it|that|this|them)(?: into| in| to)? (?!\d{1,3}\b)"
"""Of which `make` is no money."""
_JUST_ORDERS = r"^( (?:(?:and|but|ok|now|then) )*(?:for|of|only|just)(?: for)?(?: the)?) (?:orders|those|ones)(?=(?: ~)?(?: now| please| then| instead| though)* *$)"
"""`only orders over 100`, once the limit is taken out."""
_OF_ORDERS = (
    Limit.ORDER_TOTAL,
    Dimension.COUPON,
    Dimension.HAS_COUPON,
    Dimension.CURRENCY,
    Dimension.CHANNEL,
)


def spoken_then(line: str, before: SemanticQuery) -> str:
    """The question with what its short forms mean after that one."""
    if "orders" in before.metrics:
        line = re.sub(_HOW_MANY_OF, r"and \1 orders \2", line)
        line = re.sub(_THOSE_OF, r"\1orders\2", line)
        line = re.sub(_THEIR_VALUE, r"\1average order value", line)
    if before.metrics[:1] != ("customers",):
        line = re.sub(_ONLY_CUSTOMERS, r"\1 ", line)
    if any(each.field == Dimension.COUPON for each in before.filters):
        line = re.sub(_BROUGHT_BY_IT, "how much revenue was that", line)
    line = re.sub(_ONLY_CHANNEL, r"\1 ", line)
    line = re.sub(_PUT_BESIDE, r"compare with \1", line)
    line = re.sub(_SAME_COMPARISON, "", re.sub(_LOWEST_OF, r"the bottom \1", line))
    if before.metrics[:1] in (("refunds",), ("discounts",)):
        line = re.sub(_AS_SHARE, "as a rate", line)
    if "stock_quantity" in before.metrics:
        line = re.sub(
            r"\bwhat (?:is|are) (?:it|they|that|those|these|all that) worth\b",
            "what is the inventory value",
            line,
        )
    if before.period is not None:
        line = re.sub(_SAME_TIME, "", line)
    if before.period is not None and (beside := re.match(_SIDE_BY_SIDE, line)):
        return f"compared with the {beside['unit'] or 'year'} before"
    if before.metrics[:1] == ("items_sold",):
        line = re.sub(_IN_MONEY, "in money", line)
    line = _plainly_then(line, before)
    added = re.match(r"^(?:and |also |please )*add (?:the |our )?(?=\w)", line)
    if added and metrics_of.said(line[added.end() :]):
        line = f"also {line[added.end() :]}"
    return line


_THEIR_VALUE = r"\b((?:and |what is |what was |show |the |give me |their )*)(?:average|mean|typical) (?:value|size|amount|worth)(?: (?:of|for) (?:those|these|them)(?: orders)?)?(?= *$| ,| please)"
_ONLY_CUSTOMERS = r"^((?:(?:and|but|now|ok) )*(?:only|just)(?: for| those of)?) (?:the |our )?(?:customers|buyers|people|shoppers|clients) (?=in|from|of)"
_BROUGHT_BY_IT = r"\bhow much (?:have|has|did|do) (?:the |those )?orders (?:with|using|that used) (?:it|that|this|that code|this code) (?:brought in|bring in|brought|made|make|earned|earn)\b"
_ONLY_CHANNEL = (
    r"\b((?:only|just)(?: the)? @x\d+) (?:orders|sales)(?= ,| and leave| leave| not| please|$)"
)
_LOWEST_OF = r"\bthe (\d+) with (?:the )?(?:lowest|least|smallest|fewest)\b"
_PUT_BESIDE = (
    r"\b(?:put|place|set|show|lay) (?:the )?((?:19|20)\d\d|last year|last month|last week|last quarter|the (?:year|month|week|quarter) before"
    r"|january|february|march|april|may|june|july|august|september|october|november|december|q[1-4])"
    r" (?:next to|beside|alongside|against) (?:it|that|this|them|those)\b"
)
_SAME_COMPARISON = r"[ ,]*\b(?:with |in )?(?:the )?same comparison\b"
_SAME_TIME = (
    r"\b(?:for|in|over|during|within|across) (?:exactly )?(?:(?:the|that|those|these) )?(?:very )?(?:same|those|these)"
    r" (?:\d+ )?(?:days|weeks|months|quarters|years|dates|time ?frame|period|periods|time span)\b"
    r"(?! (?:(?:of|in|a|the) )*(?:last|previous|prior|before|earlier|year|(?:19|20)\d\d))"
)
"""Of a question that goes on: the period stays."""
_LEAD = r"(?:(?:and|but|ok|okay|now|so|then|please|same|the same|well|sorry|hm+|can you|could you|can i|could i|let us|i mean|i meant|i just|i only|what if|if|we|you|i) )*"
_IN_MONEY = rf"^{_LEAD}(?:what (?:is|was|are|were) (?:that|it|this|those|they|these) )?(?:just |but |and )*(?:in|as)(?: terms of)? (?:cash|value|money|dollars|euros|pounds|sterling|quid|bucks|francs|rupees|kroner|¤)(?: terms| instead| please)* *$"
_PLAINLY: tuple[tuple[str, str], ...] = (
    (rf"^{_LEAD}(?:change|switch|swap|turn) (?:it|that|this|them) (?:to|for|into) ", "what about "),
    (
        rf"^{_LEAD}(?:instead|rather) (?:of|than) (?:the )?@x\d+ ,? ?(?:the )?(@x\d+) *$",
        r"\1 instead",
    ),
    (rf"^{_LEAD}(?:the )?(@x\d+) ,? ?(?:and )?not (?:the )?@x\d+ *$", r"\1 instead"),
    (
        rf"^{_LEAD}(?:drop|remove|ignore|skip|lose|forget|omit|cut)(?: out)? (?=(?:the )?@x\d)",
        "without ",
    ),
    (
        rf"^{_LEAD}(?:take|leave|kick|keep|cut) ((?:the )?@x\d+(?:(?: ,| and)+ @x\d+)*) (?:out|off|away)(?: of it)?(?: please)? *$",
        r"without \1",
    ),
    (
        rf"^{_LEAD}(?:and )?(?:only|just|at|on|over|during|how much of (?:it|that) (?:was|fell|came|is)|how about|what about| )*(?:at|on|over|during) (?:the |a )?weekends?(?: only| please)? *$",
        "only on weekends",
    ),
)
"""How people go on, in plainer words."""
_FEW = rf"^{_LEAD}(?:(?:only|just|limit|cut|narrow|keep|bring|it|them|that|this|to|down|show|me|get|have|see|need|want|give|do) )*(?P<n>\d{{1,2}})(?: (?:of them|of those|rows|is enough|are enough|is fine|will do|would do|please|only|instead))* *$"
"""`3 is enough`: rows of a list."""
_FEW_OTHERS = (
    rf"^{_LEAD}which (?P<n>\d{{1,2}}) (?:are|were|did) (?:the )?(?P<way>{BEST}|{WORST}) *$"
)
_WORTH = (
    rf"^{_LEAD}(?:(?:only|just|keep|limit|narrow|it|that|to|what about|how about|count|counting|how (?:much|many) of (?:that|it|those|them)|was|were|is|are|came|from|for|of|if|where|with|the|those|these|ones|orders?|totals?|value|worth|baskets?) )*"
    rf"(?P<size>{N})(?: only| please| though)* *$"
)
"""`and those over 80`: orders of so much."""
_KIND_OF = (
    rf"^(?!(?:and |ok |now )*(?:the )?same for ){_LEAD}(?:(?:only|just|keep|limit|narrow|it|that|to|what about|how about|count|counting|how (?:much|many) of (?:that|it|those|them)|was|were|is|are|came|the|those|these|ones|orders?|placed|made) )*"
    r"(?P<sign>from|for|by|only|just|to|counting|were|with) (?:the |our )?(?:(?P<kind>new|first time|returning|repeat|existing) (?:customers|buyers|shoppers|clients|ones|people)|people who bought for the (?P<first>first) time)(?: only| please)* *$"
)
"""`only from new customers`: a class, and no figure."""
_FIGURE_NOW = r"^(?:(?:and|ok|no|now|well) )*(?:in|rather|not that ,?|no|let me see|let us see|give me|can i have|can i see) (?:the )?"


def _plainly_then(line: str, before: SemanticQuery) -> str:
    for pattern, plain in _PLAINLY:
        line = re.sub(pattern, plain, line)
    if before.top_n and (few := re.match(_FEW, line)):
        return f"make it {few['n']}"
    if before.top_n and (few := re.match(_FEW_OTHERS, line)):
        return f"the {few['way']} {few['n']}"
    if _is_of_orders(before):
        if (worth := re.match(_WORTH, line)) and not re.match(_FEW, line):
            return f"only orders {worth['size']}"
        if kind := re.match(_KIND_OF, line):
            return f"only {kind['kind'] or 'new'} customers"
    lead = re.match(_FIGURE_NOW, line)
    if lead and metrics_of.said(line[lead.end() :]):
        return f"and {line[lead.end() :].removesuffix(' instead')}"
    return line


def _is_of_orders(before: SemanticQuery) -> bool:
    """Whether orders are what it sums up, of any size and of anybody."""
    of_orders = {Dimension.ORDER_VALUE_BUCKET, Dimension.CUSTOMER_TYPE}
    is_limited = any(
        isinstance(each.value, int | float) and not isinstance(each.value, bool)
        for each in before.filters
    )
    return not is_limited and all(
        of_orders <= set(METRICS[each].dimensions) for each in before.metrics
    )


_SIDE_BY_SIDE = (
    r"^(?:(?:and|now|ok|so|then|please|but|put|show|me|with|next|to|how|what|about|was|were|is|did|it|that|this|they|look|do|the|in|for) )*"
    r"(?:(?:an?|1|one|the|same|time|period|days?|weeks?|months?|quarters?|of|last|previous|prior) )*(?P<unit>day|week|month|quarter|year)"
    r"(?: (?:earlier|before|ago|prior|that|it))* ,? ?(?:side by side|next to (?:it|each other|one another)|alongside(?: it)?|beside it|for comparison|in comparison)$"
)
"""`how was it a year earlier, side by side?`"""
_HOW_MANY_OF = r"^((?:and )?how many)(?: of (?:them|those|these))? (?:were|are|came|come|was) (from|by|over|under|above|below|with|paid|in|to)\b"
_AS_SHARE = r"\bas (?:an? )?(?:share|percent|percentage|proportion) of (?:their |the |our |its )?(?:gross |net |product )?sales\b"
_THOSE_OF = r"^((?:(?:and|but|what about|how about|only|just|ok|now) )*)(?:the )?(?:those|ones)((?: \w+)? (?:over|under|above|below|between|of more|of at least|worth|more than|less than|at least) )"


def read_shift(reading: Reading) -> None:
    """`same day last year` goes back from the old period, and names none of its own; what the
    question turns away from (`units instead of revenue`) is no part of it."""
    reading.line.text = re.sub(_MAKE_IT, " and ", reading.line.text)
    reading.line.text = re.sub(_OF_THOSE, r"\1 ", reading.line.text)
    if any(each.field in _OF_ORDERS for each in reading.filters):
        reading.line.text = re.sub(_JUST_ORDERS, r"\1 ", reading.line.text)
    if found := reading.line.take(_AS_MANY):
        reading.as_many = int(found["n"] or found["n2"])
    if found := reading.line.find(_NOT_THAT):
        text = reading.line.text
        reading.line.text = f"{text[: found.start()]}instead{text[found.end() :]}"
    if reading.line.take(_SAME_LAST_YEAR):
        reading.shift = "previous_year"
    elif found := reading.line.take(_DAY_BEFORE):
        reading.shift = found["day"]
    if reading.line.take(_COMPARE_THEM):
        reading.compare_before = True


_SHORT_CUE = (
    r"\b(?:instead|as well|too|the same)\b|^ now (?:(?:the|for|only|with) )?(?:[~@%\w]+ ){1,2}$"
)


def is_cue(line: Line) -> bool:
    return line.has(CUE) or line.has(_SHORT_CUE)


_WHICH_THEN = rf"^ (?:(?:and|so|ok|then) )*(?:what|which|in which|on which|at what)(?: one)? ~ (?:(?:is|was|are|were) (?:the )?(?:{BEST}|{WORST})|(?:sold|sells?|earned|made|brought in) (?:the )?(?:most|best|least|worst)) $"
"""`what hour is the busiest?`: of what the conversation is about."""


def is_about_it(before: SemanticQuery, reading: Reading, *, cued: bool) -> bool:
    """Whether the question only changes the one before."""
    if _is_of_code(before, reading) and not reading.period:
        return cued or len(reading.whole.split()) <= 8
    if (
        reading.metrics
        and reading.is_about_it
        and not any(each.field in _DROPPED for each in reading.filters)
    ):
        return cued or len(reading.line.words()) <= 8
    if reading.line.has(_WHICH_THEN) and not (reading.period or reading.filters):
        return len(reading.line.words()) <= 7
    if not reading.metrics:
        return cued or len(reading.line.words()) <= 8
    if _is_of_then(reading) or _is_of_the_thing(before, reading):
        return True
    return cued and reading.line.has(rf"{_STRONG_CUE}|^ now\b|\b(?:as well|too)(?: please)? $")


def _is_of_then(reading: Reading) -> bool:
    """`what was the revenue`: of the period and the rows that the conversation is about."""
    is_whole = bool(reading.period or reading.dimensions or reading.filters or reading.grain)
    if not is_whole and len(reading.line.words()) <= 2:
        return True
    return not is_whole and reading.line.has(
        r"^ (?:and |so )?how (?:many|much) [%\w]+ $|^ (?:and )?(?:what|how much|how many)(?: \S+){0,4} (?:was|were|did)\b|^ in (?:terms of )?%m|^ in (?:terms of )?(?:revenue|sales|units|quantity|quantities|volume|pieces|money|orders|turnover|value|items)\b"
    )


_OF_THINGS = frozenset({"stock_quantity", "days_of_stock", "sales_velocity"})


def _is_of_the_thing(before: SemanticQuery, reading: Reading) -> bool:
    """`how many are left`, after a question about one product."""
    return (
        bool(_OF_THINGS & set(reading.metrics))
        and not reading.filters
        and len(reading.line.words()) <= 6
        and any(each.field in ("product", "sku") and each.op == "=" for each in before.filters)
    )


def whole_names(before: SemanticQuery, reading: Reading, known: Known) -> None:
    """`and the 50 ml one`, after a question about a product of 100 ml: the product that is called
    like it but for that."""
    old = next((each for each in before.filters if (each.field, each.op) == _ONE_PRODUCT), None)
    for place, each in enumerate(reading.filters):
        if old is None or (each.field, each.op) != (Dimension.PRODUCT, "contains"):
            continue
        alike = _most_alike(str(old.value), str(each.value).lower(), known.products)
        if alike is not None:
            reading.filters[place] = each.model_copy(update={"op": "=", "value": alike})


_ONE_PRODUCT = (Dimension.PRODUCT, "=")


def _most_alike(name: str, part: str, products: Sequence[str]) -> str | None:
    """The one of those with the part in their names that begins in most words as the name does."""
    shared = {each: _shared_words(each, name) for each in products if part in each.lower()}
    most = max(shared.values(), default=0)
    found = [each for each, number in shared.items() if number == most]
    return found[0] if most and len(found) == 1 else None


def _shared_words(name: str, other: str) -> int:
    pairs = zip(name.lower().split(), other.lower().split(), strict=False)
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], pairs))


def changed(before: SemanticQuery, reading: Reading, now: times.Now) -> SemanticQuery:
    line = reading.line
    is_added = line.has(_ADDING)
    cleared = _cleared(line)
    metrics = _metrics(before, reading, is_added)
    dimensions = _dimensions(before, reading, is_added)
    of_names = {each.field for each in before.filters} & {"product", "category"}
    if reading.top_n and of_names and not (dimensions or reading.grain or before.grain):
        dimensions = [Dimension.PRODUCT]
    grain = reading.grain or (before.grain if not reading.dimensions or is_added else None)
    if line.take(_IN_ONE) and not reading.grain:
        grain = None
        dimensions = dimensions if before.grain else list(reading.dimensions)
    if reading.has_trend and grain is None:
        grain = times.suiting(reading.period or before.period)
    filters = [
        each
        for each in _filters(before, reading, is_added)
        if cleared is None or (cleared and each.field not in cleared)
    ]
    period, compare = _period(before, reading, now)
    anew = Reading(Line(line.text), [])
    anew.metrics, anew.dimensions, anew.grain = metrics, dimensions, grain
    anew.filters = [each for each in filters if _fits(each, metrics)]
    anew.period = period
    metrics_of.fit(anew)
    anew.filters = [_renamed(each, anew.metrics) for each in anew.filters]
    if anew.metrics[:1] != ["co_purchase_count"]:
        anew.dimensions = [each for each in anew.dimensions if not _is_one(each, anew.filters)]
    dimensions = (
        [each for each in anew.dimensions if each in METRICS[anew.metrics[0]].dimensions]
        if reading.metrics
        else anew.dimensions
    )
    if period is not None and not isinstance(period, AllTime):
        period = period.model_copy(update={"compare": compare})
    elif compare and isinstance(period, AllTime):
        period = LastN(n=12, unit=Unit.MONTH, compare=compare)
    return SemanticQuery.model_construct(
        metrics=tuple(anew.metrics),
        dimensions=tuple(dimensions),
        grain=anew.grain,
        period=period,
        filters=tuple(anew.filters),
        top_n=_top(before, reading, dimensions, grain),
    )


def _cleared(line: Line) -> frozenset[str] | None:
    """Fields whose filters go, none of them for all; None where they stay."""
    found = line.take(_CLEARED)
    if found is None:
        return frozenset() if line.take(_EVERYTHING) else None
    said = found["what"] or ""
    return frozenset(
        str(dimension) for dimension, noun in DIMENSION_NOUNS if re.fullmatch(noun, said)
    )


def _renamed(filter: Filter, metrics: list[str]) -> Filter:
    """A limit on the metric, which may have become another."""
    is_old = filter.field in METRICS and filter.field not in metrics
    return filter.model_copy(update={"field": metrics[0]}) if is_old else filter


def _is_one(dimension: Dimension, filters: list[Filter]) -> bool:
    return dimension in _DROPPED and any(
        each.field == dimension and each.op == "=" for each in filters
    )


def _metrics(before: SemanticQuery, reading: Reading, is_added: bool) -> list[str]:
    if not reading.metrics and reading.line.take(_AS_RATE):
        return [_RATES.get(each, each) for each in before.metrics]
    is_of_classes = not reading.metrics and set(before.metrics) & set(_CLASSES.values())
    if is_of_classes and (found := reading.line.take(_CLASS)):
        return [_CLASSES[found["kind"]]]
    if not reading.metrics and len(before.metrics) == 1:
        for word, (old, new) in _OTHER_MIDDLE.items():
            if before.metrics[0] == old and reading.line.take(rf"\b(?:the )?{word}\b"):
                return [new]
    if not reading.metrics or _is_of_code(before, reading):
        return list(before.metrics)
    if is_added:
        return list(dict.fromkeys([*before.metrics, *reading.metrics]))
    return list(reading.metrics)


def _is_of_code(before: SemanticQuery, reading: Reading) -> bool:
    """`and how many of those used save10`: of what was counted, whose figure is not named anew."""
    is_of_those = reading.line.has(r"\bof (?:those|these|them)\b")
    said = _NAMES_OF.sub(" ", re.sub(_OF_THOSE, r"\1 ", f" {reading.whole.strip()} "))
    return (
        set(reading.metrics) in ({"coupon_uses"}, {"coupon_net_sales"})
        and (is_of_those or not metrics_of.said(said))
        and (is_of_those or before.metrics != ("orders",))
        and all(Dimension.COUPON in METRICS[each].dimensions for each in before.metrics)
        and any(each.field == Dimension.COUPON for each in reading.filters)
    )


_NAMES_OF = re.compile(r"@x\d+")


def _dimensions(before: SemanticQuery, reading: Reading, is_added: bool) -> list[Dimension]:
    if not reading.dimensions:
        return list(before.dimensions)
    if is_added:
        return list(dict.fromkeys([*before.dimensions, *reading.dimensions]))
    return list(reading.dimensions)


def _filters(before: SemanticQuery, reading: Reading, is_added: bool) -> list[Filter]:
    named = {each.field for each in reading.filters}
    left_out = {each.field for each in reading.filters if each.op == "!="}
    kept = [
        each
        for each in before.filters
        if each.field not in named or (each.op == "!=" and each.field in left_out)
    ]
    if named.isdisjoint({*Limit}) and (found := reading.line.take(_LIMIT_ANEW)):
        kept = [_limited_anew(each, found) for each in kept]
    if not is_added:
        return [*kept, *reading.filters]
    joined = []
    for each in reading.filters:
        old = next(
            (one for one in before.filters if one.field == each.field and one.op in ("=", "in")),
            None,
        )
        if old is None or each.op != "=":
            joined.append(each)
            continue
        values = old.value if isinstance(old.value, tuple) else (old.value,)
        joined.append(
            Filter(field=each.field, op="in", value=tuple(dict.fromkeys([*values, each.value])))
        )
    return [*kept, *joined]


_LIMIT_ANEW = rf"^ (?:(?:and|what about|how about|but|ok|now|only|just|the ones|ones|those) )*{N}(?=(?: ,)?(?: (?:just|only))?(?: (?:the )?~)* $)"
"""`and over 150?`, where there was a limit before."""


def _limited_anew(filter: Filter, found: re.Match[str]) -> Filter:
    if not isinstance(filter.value, int | float) or isinstance(filter.value, bool):
        return filter
    return filter.model_copy(update={"op": op_of(found), "value": number_of(found)})


def _fits(filter: Filter, metrics: list[str]) -> bool:
    """Whether the new metrics can be filtered so; what cannot is left behind."""
    if filter.field in Limit.__members__.values():
        return True
    if filter.field in METRICS:
        return filter.field in metrics
    own = METRICS[metrics[0]]
    return filter.field in own.dimensions or filter.field in (
        "product",
        "sku",
        "category",
        "coupon",
    )


def _period(
    before: SemanticQuery, reading: Reading, now: times.Now
) -> tuple[Period | None, str | None]:
    old = before.period
    compare = old.compare if old else None
    line = reading.line
    if old is not None and (beside := _beside(old, reading, now)):
        return beside
    if reading.compare:
        if reading.period is None or _is_implied(reading.period, reading.compare):
            return old, reading.compare
        return reading.period, reading.compare
    if old is not None and line.take(_YEAR_BEFORE):
        return _moved(old, now, "previous_year"), None
    if old is not None and line.take(_BEFORE):
        return _moved(old, now, "previous_period"), None
    if reading.period is None:
        return old, compare
    if (
        isinstance(reading.period, Calendar)
        and reading.period.unit == Unit.YEAR
        and reading.period.offset == -1
        and isinstance(old, NamedMonth | NamedQuarter | NamedDay | Range)
    ):
        return _moved(old, now, "previous_year"), None
    is_same = isinstance(old, NamedDay) and isinstance(reading.period, NamedDay)
    return reading.period, compare if is_same and line.has(r"\bsame\b") else None


def _day_before(old: Period, day: str, now: times.Now) -> Range:
    """`and the weekend before`, `and the monday before`: the latest before the old period."""
    first = window(old, now.calendars).first
    number = 5 if day == "weekend" else WEEKDAYS.index(day)
    start = first - timedelta(days=(first.weekday() - number - 1) % 7 + 1)
    return Range(start=start, end=start + timedelta(days=day == "weekend"))


def _beside(old: Period, reading: Reading, now: times.Now) -> tuple[Period, str | None] | None:
    """The old period with another comparison, with none, or moved."""
    if reading.line.take(_NOT_COMPARED):
        return old.model_copy(update={"compare": None}), None
    if reading.shift == "weekend" or reading.shift in WEEKDAYS:
        return _day_before(old, reading.shift, now), None
    if reading.shift:
        return _moved(old, now, reading.shift), None
    if reading.compare_before and not isinstance(old, AllTime):
        return old, "previous_period"
    against = _against(old, reading, now)
    return (old, against) if against else None


def _against(old: Period, reading: Reading, now: times.Now) -> str | None:
    """By what word the old period is set against the one that is named (`compare with october`)."""
    if not reading.is_against or reading.compare or reading.period is None:
        return None
    return times.word(old, reading.period, now)


def _is_implied(held: Period, compare: str) -> bool:
    """A period that only the comparison named: `compared to last year` is about the old one."""
    return isinstance(held, Calendar) and held.offset == 0 and compare.startswith("previous")


def _moved(old: Period, now: times.Now, word: str) -> Period:
    """The old period one further back."""
    if isinstance(old, Calendar) and word == "previous_period":
        return Calendar(unit=old.unit, offset=old.offset - 1)
    if isinstance(old, NamedDay):
        return NamedDay(name=old.name, offset=old.offset - 1)
    if isinstance(old, Calendar) and old.unit == Unit.YEAR:
        return Calendar(unit=old.unit, offset=old.offset - 1)
    if isinstance(old, AllTime):
        return old
    current = window(old, now.calendars)
    other = compared(old.model_copy(update={"compare": word}), current, now.calendars)
    assert other is not None
    held: Window = other
    return Range(start=held.first, end=held.first + timedelta(days=held.days - 1))


def _top(
    before: SemanticQuery, reading: Reading, dimensions: list[Dimension], grain: Unit | None
) -> int | None:
    if not dimensions and not grain:
        return None
    number = abs(reading.top_n or before.top_n or 0)
    is_of_bad = {*before.metrics[:1], *reading.metrics[:1]} <= ranking.BAD
    if number and is_of_bad and reading.line.has(ranking.WORST_OF_BAD):
        return number
    if reading.line.has(_OTHER_WAY) and before.top_n:
        return -number if before.top_n > 0 else number
    if reading.as_many:
        return -reading.as_many if (before.top_n or 0) < 0 else reading.as_many
    if reading.top_n is not None:
        return reading.top_n
    if reading.line.has(r"\b(?:all|every one|everything|whole list|complete list|full list)\b"):
        reading.wants_all = True
        return None
    return before.top_n if list(before.dimensions) == dimensions else None
