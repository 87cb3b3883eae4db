"""Filters that a question names: limits by number, classes of orders and customers, names of the
store."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from backshop.insights.planning import countries, names, times
from backshop.insights.planning.lexicon import BEST, CODES, WORST
from backshop.insights.planning.models import Declined, Known
from backshop.insights.planning.names import Named
from backshop.insights.planning.reading import Reading, Refused
from backshop.insights.planning.text import Line
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import Dimension, Filter, Limit, SemanticQuery, Unit
from backshop.insights.semantic.periods import WEEKDAYS

D = Dimension
OP = (
    r"(?:(?P<op>more than|greater than|bigger than|higher than|larger than|over|above|exceeding|exceed(?:s|ed)?|beyond|upwards of|>=|<=|>|<|at least|minimum(?: of)?|no less than|not less than|"
    r"less than|fewer than|lower than|smaller than|cheaper than|under|below|at most|up to|maximum(?: of)?|no more than|not more than|exactly|equal to|only|just|=) ?)"
)
N = rf"{OP}(?P<n>\d+(?:\.\d+)?)(?P<pct> percent)?(?P<money> ¤)?(?P<tail> or (?:more|higher|above|over|less|fewer|below|under)| and (?:more|up|above))?"
N_PLUS = r"(?P<n>\d+(?:\.\d+)?)(?P<pct> percent)?(?P<money> ¤)?(?P<tail> or (?:more|higher|above|over|less|fewer|below|under)| and (?:more|up|above|over)|\+| plus)"
_OPS = {
    ">": (
        "more than",
        "greater than",
        "bigger than",
        "higher than",
        "larger than",
        "over",
        "above",
        "exceeding",
        "exceed",
        "exceeds",
        "exceeded",
        "beyond",
        "upwards of",
        ">",
    ),
    ">=": ("at least", "minimum", "minimum of", "no less than", "not less than", ">="),
    "<": (
        "less than",
        "fewer than",
        "lower than",
        "smaller than",
        "cheaper than",
        "under",
        "below",
        "<",
    ),
    "<=": ("at most", "up to", "maximum", "maximum of", "no more than", "not more than", "<="),
    "=": ("exactly", "equal to", "only", "just", "="),
}
DURATION = r"(?:(?P<number>\d+|a|an|one|half a|couple of|a couple of|few|a few|several) )?(?P<unit>day|week|fortnight|month|quarter|year)s?"
_DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}


def op_of(found: re.Match[str]) -> str:
    groups = found.groupdict()
    said = (groups.get("op") or "").strip()
    tail = groups.get("tail") or ""
    if re.search(r"more|higher|above|over|up|\+|plus", tail):
        return ">="
    if re.search(r"less|fewer|below|under", tail):
        return "<="
    return next((op for op, held in _OPS.items() if said in held), "=")


def number_of(found: re.Match[str]) -> int | float:
    number = float(found["n"])
    if found.groupdict().get("pct"):
        return number / 100
    return int(number) if number.is_integer() else number


def days_of(found: re.Match[str]) -> int:
    said = found["number"] or "1"
    number = {
        "a": 1,
        "an": 1,
        "one": 1,
        "half a": 0.5,
        "couple of": 2,
        "a couple of": 2,
        "few": 3,
        "a few": 3,
        "several": 3,
    }.get(said)
    if found["unit"] == "year" and number == 0.5:
        return 180
    return int(_DAYS[found["unit"]] * (number if number is not None else int(said)))


def limit(field: str, op: str, value: Any) -> Filter:
    return Filter(field=str(field), op=op, value=value)


def put(reading: Reading, filter: Filter) -> None:
    if filter not in reading.filters:
        reading.filters.append(filter)


# ------------------------------------------------------------------------------- numbers


def read_left_limit(reading: Reading, metric: str, *, is_percent: bool) -> None:
    """`… over 100` about the metric itself."""
    for size in (N, N_PLUS):
        found = reading.line.take(rf"\b{size}(?= |$)")
        if found is None:
            continue
        value = number_of(found)
        if metric == "customers_at_risk" and reading.line.take(r"\b(?:spent|spend|paid)\b(?= ~)"):
            put(reading, limit(Limit.TOTAL_SPENT, op_of(found), value))
            continue
        if found["money"] and METRICS[metric].format != "money":
            raise_price_limit()
        if is_percent and not found["pct"] and value > 1:
            value = value / 100
        put(reading, limit(metric, op_of(found), value))


def raise_price_limit() -> None:
    nearest = {
        "metrics": ["avg_item_price"],
        "dimensions": ["product"],
        "period": {"type": "last_n", "n": 12, "unit": "month"},
        "top_n": 10,
    }
    raise Refused(
        Declined(
            "What things cost is no limit that can be set here.",
            ("a limit by price",),
            SemanticQuery.model_validate(nearest),
            "Average selling price by product",
        )
    )


_ROW = (
    r"(?P<row>products?|items|articles|skus?|variants?|categor(?:y|ies)|collections?|countr(?:y|ies)|markets?"
    rf"|{CODES}|days?|weeks?|months?|quarters?)"
)
_HAVE = (
    r"(?:with|having|where|have|had|has|got|(?:that|which)(?: (?:have|had|has|made|did|brought(?: in)?|got|sold|were used))+"
    r"|(?:sold|selling|made|brought in|used))"
)
_FIGURE = (
    r"(?P<figure>(?:units?|pieces)(?: sold)?(?! (?:left|in stock|on hand|remaining|available|on stock))|items sold|orders?|refunds?|(?:net )?sales|revenue|turnover"
    r"|uses|redemptions)"
)
_EARNING = r"(?:brought in|bring in|made|make|earned|earn|generated|generate|took in|took|turned over|grossed|sold for|did)"
_ROW_LIMITS = (
    rf"\b{_ROW} {_HAVE} (?:a |we )*{N}(?: (?:in|of|worth of))? {_FIGURE}\b",
    rf"\b{_ROW} {_HAVE} (?:a |total |our |the )*{_FIGURE} (?:of |was |were |is |are )*{N}(?= |$)(?! (?:days|weeks|months|times))",
    rf"\b{_ROW} (?:(?:that|which|we) )*(?:have |has |had )?(?P<figure>sold|sell|used|redeemed) {N} (?:units|pieces|times|items)\b",
    rf"\b{_ROW} (?:(?:that|which|where|we|have|has|had) )*(?P<figure>{_EARNING}) (?:us )?{N}(?= |$)(?! (?:orders?|units?|pieces|items?|times|days?|weeks?|months?|uses|redemptions))",
)
_ROWS_OF = {"pro": D.PRODUCT, "ite": D.PRODUCT, "art": D.PRODUCT, "sku": D.SKU, "var": D.SKU}
_ROWS_OF |= {"cat": D.CATEGORY, "col": D.CATEGORY, "mar": D.COUNTRY}
_GRAINS = ("day", "week", "month", "quarter")


def read_row_limits(reading: Reading) -> None:
    """`countries with more than 50 orders`: rows, a figure, and a limit on it."""
    for pattern in _ROW_LIMITS:
        found = reading.line.find(pattern)
        if found is None:
            continue
        row = found["row"].removesuffix("s")
        dimension = None if row in _GRAINS else _row_dimension(row)
        name = _limited(found["figure"], dimension)
        if name is None:
            return
        from backshop.insights.planning import metrics

        text = reading.line.text
        is_named = bool(metrics.said(text[: found.start()]))
        reading.line.text = (
            f"{text[: found.start()]}~ {'' if is_named else '%m '}{text[found.end() :]}"
        )
        if not is_named:  # Else the limit is of what is asked for, or stands beside it.
            reading.metrics.append(name)
        if dimension is None:
            reading.grain = Unit(row)
        else:
            reading.dimensions.append(dimension)
        put(reading, limit(name, op_of(found), number_of(found)))
        return


def _row_dimension(row: str) -> Dimension:
    if row.startswith("countr"):
        return D.COUNTRY
    return _ROWS_OF.get(row[:3], D.COUPON)


def _limited(figure: str, by: Dimension | None) -> str | None:
    """The metric of which rows like these have so much; None where that says something else."""
    is_of_products = by in (D.PRODUCT, D.SKU, D.CATEGORY)
    if figure != "sold for" and figure.startswith(("unit", "piece", "item", "sold", "sell")):
        return None if by == D.COUPON else "items_sold"
    if figure.startswith(("order", "use", "redeem", "redempt")):
        return "coupon_uses" if by == D.COUPON else None if is_of_products else "orders"
    if figure.startswith("refund"):
        return None if by == D.COUPON else "refunds"
    return (
        "coupon_net_sales"
        if by == D.COUPON
        else "product_net_sales"
        if is_of_products
        else "net_sales"
    )


# ------------------------------------------------------------------------------- classes

KINDS = {
    "new": "new",
    "first time": "new",
    "first": "new",
    "brand new": "new",
    "returning": "returning",
    "repeat": "returning",
    "existing": "returning",
    "old": "returning",
    "recurring": "returning",
    "loyal": "returning",
    "regular": "returning",
    "guest": "guest",
}
KIND = r"(?P<kind>brand new|new|first time|returning|repeat|existing|old|recurring|loyal|regular|guest)"
_MONEY = r"(?:net |gross |total )?(?:sales|revenues?|orders?|turnover|spend(?:ing)?|aov|average order value|money|purchases?|income|discounts?|refunds?|items|basket|checkouts?)"


_DAYS_BESIDE = rf"(?<!last )(?<!this )\b{times.LONG_WEEKDAY} (?:vs|against|compared (?:to|with)) {times.LONG_WEEKDAY}\b(?! (?:(?:of )?(?:last|this|the) week|last|before))"


_MORE = (
    r"(?:more|better|busier|less|worse|quieter|higher|lower|fewer|bigger|smaller|slower|stronger)"
)
_WEEKENDS_ASKED = (
    rf"\b{_MORE} (?:(?:sales|orders|revenue|money|items|customers) )?(?:on|at|during|over|in) (?:the )?"
    r"(?:weekends?|weekdays?|work ?days)(?: (?:than|or) (?:on|at|during|over|in) (?:the )?"
    r"(?:weekends?|weekdays?|week|work ?days))?\b"
)


def read_classes(reading: Reading, known: Known) -> None:
    line = reading.line
    _read_weekends(reading, line)
    _read_days_of_week(reading)
    _read_hours(reading, line)
    _statuses(reading, line, known)
    _currencies(reading, line, known)


def _read_weekends(reading: Reading, line: Line) -> None:
    if not line.has(r"\b(?:which|what)\b") and line.take(_WEEKENDS_ASKED):
        reading.dimensions.append(D.IS_WEEKEND)
    if line.take(
        r"\b(?:only )?(?:(?:made|placed|done) )?(?:on |at |during |over |in )?(?:the )?(?:every )?(?:weekends|(?<=on )a weekend|(?<=at )a weekend)(?: only)?\b(?! (?:vs|than)\b| (?:and|or|to|with) (?:on |at |the |during )*(?:weekdays?|work ?days|the week|week)\b| (?:[a-z]+ ){1,4}than\b)"
    ):
        put(reading, limit(D.IS_WEEKEND, "=", True))
    elif line.take(
        r"(?<!weekends or )(?<!weekends and )(?<!weekends vs )(?<!weekends than )\b(?:only )?(?:(?:made|placed|done) )?(?:on|during) (?:the |a )?(?:weekdays?|week days?|work ?days?)(?: only)?\b(?! (?:vs|than)\b| (?:and|or|to|with) (?:on |at |the )*weekends?\b)"
    ):
        put(reading, limit(D.IS_WEEKEND, "=", False))
    elif line.take(
        r"(?<!vs )(?<!and )(?<!friday )(?<!cyber )(?<!thanksgiving )(?<!last )(?<!this )(?<!past )(?<!previous )(?<!the )\bweekend (?=sales|orders|revenue)"
    ):
        put(reading, limit(D.IS_WEEKEND, "=", True))
    if line.take(
        r"(?<!last )(?<!this )(?<!past )(?<!previous )(?<!the )\bweekends?\b(?! (?:vs|and|or|to|than|before))(?=.*(?:share|percent|%m))"
    ):
        put(reading, limit(D.IS_WEEKEND, "=", True))


def _read_hours(reading: Reading, line: Line) -> None:
    if found := line.take(
        r"\b(?:(?:between|from) )?(\d\d?)(?: oclock| hours?)? ?(am|pm)? ?(?:and|to|until|till|-) ?(\d\d?) ?(am|pm|o ?clock|h|hours?)\b"
    ):
        first, last = _hour(found[1], found[2] or found[4]), _hour(found[3], found[4])
        if first >= last and not found[2]:  # `9 to 5 pm`
            first = _hour(found[1], "am")
        if 0 <= first < last <= 24:
            put(reading, limit(D.HOUR_OF_DAY, ">=", first))
            put(reading, limit(D.HOUR_OF_DAY, "<", last))
    elif found := line.take(
        r"\b(?P<op>after|past|later than|before|earlier than) (\d\d?) ?(am|pm|o ?clock|in the (?:evening|afternoon)s?)\b"
        r"|\b(?P<from>from) (\d\d?) ?(am|pm|o ?clock) (?:on|onwards?)\b"
    ):
        put(
            reading,
            limit(
                D.HOUR_OF_DAY,
                "<" if found["op"] in ("before", "earlier than") else ">=",
                _hour(found[2] or found[5], found[3] or found[6]),
            ),
        )
    elif found := line.take(r"\b(?:at|around) (\d\d?)(?::00)? ?(am|pm|o ?clock|h)\b"):
        put(reading, limit(D.HOUR_OF_DAY, "=", _hour(found[1], found[2]) % 24))


def read_weekday(reading: Reading) -> None:
    """A day of the week beside a period is one of its class: `monday sales last 3 months`."""
    if reading.line.take(r"\b(?:(?:made|placed|done) )?(?:on|at|during|over) (?:the|a) weekend\b"):
        put(reading, limit(D.IS_WEEKEND, "=", True))
    found = reading.line.take(rf"\b(?:on (?:a )?)?{times.LONG_WEEKDAY}\b")
    if found:
        put(reading, limit(D.DAY_OF_WEEK, "=", WEEKDAYS.index(found[1]) + 1))


def _read_days_of_week(reading: Reading) -> None:
    """Days of the week as a class, or as rows where they are set against each other."""
    line = reading.line
    days = [WEEKDAYS.index(day) + 1 for day in _weekdays(line)]
    if not days and (found := line.take(_DAYS_BESIDE)):
        days = [WEEKDAYS.index(found[each]) + 1 for each in (1, 2)]
        reading.dimensions.append(D.DAY_OF_WEEK)
    elif len(days) > 1 and (line.take(r"\bvs\b") or line.take(rf"\b{_MORE}\b(?=.*\bthan ~)")):
        line.take(r"\bthan\b")
        reading.dimensions.append(D.DAY_OF_WEEK)
    if len(days) == 1:
        put(reading, limit(D.DAY_OF_WEEK, "=", days[0]))
    elif days:
        put(reading, limit(D.DAY_OF_WEEK, "in", tuple(days)))


def _hour(text: str, half: str | None) -> int:
    hour = int(text)
    if half and (half == "pm" or half.startswith("in the")) and hour < 12:
        return hour + 12
    return 0 if half == "am" and hour == 12 else hour


def _weekdays(line: Line) -> list[str]:
    found = []
    while match := line.take(
        rf"\b(?:(?:on|for|of|only|and|or|every|each|by|,) )*(?:(?:every|each) {times.LONG_WEEKDAY}|{times.LONG_WEEKDAY}s)\b(?: only)?"
    ):
        found.append(match[1] or match[2])
    return found


def read_left_out(reading: Reading) -> None:
    """Classes that are left out (`not from guests`, `except fridays`)."""
    line = reading.line
    who = r"(?: (?:by|placed|made|those|purchases))*"
    if found := line.take(
        rf"\b{_NOT}{who} (?:{KIND} (?:customers?|buyers?|shoppers?|clients?|ones|people|checkouts?)|(?P<guests>guests))\b"
    ):
        kind = "guest" if found["guests"] else KINDS[found["kind"]]
        put(reading, limit(D.CUSTOMER_TYPE, "!=", kind))
    when = r"(?: (?:on|at|made|placed|during))*(?: the| a)?"
    if found := line.take(rf"\b{_NOT}{when} (?P<day>weekends?|weekdays?|work ?days?)\b"):
        put(reading, limit(D.IS_WEEKEND, "=", not found["day"].startswith("weekend")))
    if found := line.take(rf"\b{_NOT}{when} {times.LONG_WEEKDAY}s\b"):
        put(reading, limit(D.DAY_OF_WEEK, "!=", WEEKDAYS.index(found[1]) + 1))


def read_customer_types(reading: Reading) -> None:
    """New, returning or guest customers as a class of orders; alone they are metrics."""
    line = reading.line
    if line.has(
        rf"\b{KIND} (?:customers? |ones |buyers? )?(?:\w+ ){{0,2}}(?:and|vs|or|to|with|than|against|compared) (?:the )?(?:returning|repeat|existing|old|new|recurring|guests?|loyal)\b"
    ):
        return
    for pattern in (
        rf"\b(?:that|which) (?:our |the )?{KIND} (?:customers?|buyers?|shoppers?|clients?|people) (?:placed|made|ordered)\b",
        rf"\b(?:from|by|of|for|to|among|with|do|did|are|were|made by|placed by|who are|came from|come from|through) (?:our |my |the |only )*{KIND}(?: (?:customers?|buyers?|shoppers?|clients?|ones|people|users?|checkouts?|guests?)|s)\b",
        rf"\b{KIND} (?:customers?|buyers?|shoppers?|clients?) (?={_MONEY}\b)",
        r"\b(?P<kind>guest) (?=orders?|checkouts?|sales|purchases?|share|revenue)",
        rf"(?<!and )(?<!, )(?<!vs )(?<!of )(?<!many )(?<!or )(?<!per )(?<!x )(?<!~ )(?<!by )(?<!most )(?<!least )(?<!fewest )\b{KIND} (?:customers?|buyers?)(?= *$| (?:~|ytd|this|last|in|since|monthly|weekly|daily|quarterly|q[1-4]|20\d\d|january|february|march|april|may|june|july|august|september|october|november|december)\b)",
        rf"\b(?:only|just) (?:the |our |my )?{KIND}(?: customers?| buyers?| ones|s)\b",
    ):
        found = line.find(pattern)
        if found is None:
            continue
        head = Line(line.text[: found.start()])
        if found[0].startswith(("by ", "for ")) and head.has(
            r"\b(?:countr(?:y|ies)|markets?|coupons?|codes?|currenc(?:y|ies)) $"
        ):
            continue
        is_class = (
            head.has(
                r"\b(?:delivery|shipping|postage|tax|vat|gst|discounts?|refunds?|aov|refund rate)\b"
            )
            or head.has(
                rf"\b{_MONEY}\b|\bhow much\b|\bspend|spent\b|\bbasket|median|items|customers come\b|\b(?:products?|categor\w+|countr\w+|skus?|bought|ordered|purchased|sellers?|sell|buy|sold|units|pieces)\b"
            )
            or "only" in found[0]
            or "just" in found[0]
            or Line(line.text[found.end() :]).has(
                rf"^ ?(?:share of (?:the |our |all )*)?{_MONEY}\b|\bspend|spent|order\b|^ ?(?:buy|bought|purchase)\b"
            )
        )
        if not is_class:
            continue
        line.take(pattern)
        put(reading, limit(D.CUSTOMER_TYPE, "=", KINDS[found["kind"]]))
        return
    if line.take(r"\b(?:from |by |of )?guests\b(?: only)?"):
        put(reading, limit(D.CUSTOMER_TYPE, "=", "guest"))


_SORT = r"(?: (?P<{}>orders?|sales|purchases|ones|baskets|customers))?"
_WITH_CODE = r"(?:coupon|couponed|discounted|discount|promo|promoted|voucher|code)"
_WITHOUT_CODE = rf"(?:(?:non|no|not|un) ?{_WITH_CODE}|(?:full|regular|normal) price|(?:without|not using) (?:an? )?{_WITH_CODE}s?)"
_FACED = r"(?:vs|and|or|than|compared (?:to|with)|against)(?: the| our)?"
_CODES_BESIDE = (
    rf"\b{_WITH_CODE}{_SORT.format('a')} {_FACED} {_WITHOUT_CODE}{_SORT.format('b')}\b",
    rf"\b{_WITHOUT_CODE}{_SORT.format('a')} {_FACED} {_WITH_CODE}{_SORT.format('b')}\b",
)


def read_codes_beside(reading: Reading) -> None:
    """`coupon orders vs non-coupon orders` are two classes."""
    for pattern in _CODES_BESIDE:
        if found := reading.line.find(pattern):
            kept = found["b"] or found["a"] or ""
            text = reading.line.text
            reading.line.text = f"{text[: found.start()]}{kept} ~ {text[found.end() :]}"
            reading.dimensions.append(D.HAS_COUPON)
            return


def read_without_codes(reading: Reading) -> None:
    """That no coupon was used; a code by name is a name."""
    line = reading.line
    if line.has(r"\b(?:with|without) (?:and|vs|or) (?:with|without)\b") or line.has(
        rf"\bwith (?:an? )?{CODES} (?:vs|and|or) (?:those |ones |orders )?without\b"
    ):
        return
    if line.take(
        r"\b(?:(?:that|which) )?(?:were|was|are|is|been|got) not (?:discounted|couponed)\b|\b(?:un|non )discounted\b"
    ) or line.take(
        rf"\b(?:without|not using|no|with no|that did not use|did not use|not having|which did not use) (?:an? |any )?(?:{CODES}|discounts?)\b(?: orders?)?|\b(?:excluding|except|minus|ignoring|leaving out|not counting|without)(?: (?:the|any|all|those|our|orders|sales|purchases|ones|made|placed|done|that|used|use|with|using))* (?:{CODES}|discounts?)\b(?: (?:orders?|sales))?"
    ):
        put(reading, limit(D.HAS_COUPON, "=", False))


_OF_STATUSES = ("orders_all_status", "gross_sales_all_status")


def _statuses(reading: Reading, line: Line, known: Known) -> None:
    if "pending" in known.statuses:
        line.text = re.sub(
            r"\b(?:unpaid|awaiting payment|waiting (?:for|on) (?:a |the )?payment|not (?:yet )?paid(?: for)?(?: yet)?)\b",
            "pending",
            line.text,
        )
    spoken = {each: _spoken(each) for each in known.statuses}
    is_of_other = bool(reading.metrics) and reading.metrics[0] not in _OF_STATUSES
    if any(each.field == D.PAYMENT_METHOD for each in reading.filters):
        spoken = {
            each: said for each, said in spoken.items() if said != "paid"
        }  # `paid with klarna`
    for status, said in spoken.items():
        word = _pattern_of(said)
        if line.take(
            rf"\b(?:{_NOT}|(?:that|which) (?:are|were|was|is) not|not counting) (?:(?:that|which|are|were|was|any|those|been) )*{word}\b(?: (?:ones|orders))?"
        ):
            put(reading, limit(D.STATUS, "!=", status))
            continue
        if is_of_other:
            if line.take(
                rf"\b(?:of|from|for|in|on|only|with) (?:the |only )*{word} (?:orders|ones)\b|\bstatus (?:of |is )?{word}\b"
            ):
                _put_status(reading, status)
            continue
        if said == "refunded":
            pattern = r"\b(?:with |in |having )?(?:the )?status (?:of |is )?refunded\b"
        else:
            pattern = rf"\b(?:(?:with |in |having |at |on )?(?:the )?status (?:of |is |= )?{word}|(?:(?:that|which) (?:(?:is|are|were|was|got|get|have|been|still|currently|in|on) )*|still |currently ){word}|(?<=orders )(?:(?:being|were|are|was|is|got|have|been|that|which|still|currently|put|in|on) )*{word}(?! (?:rate|share|value|money|products?|items?|orders))|(?:is |are |were |was |still |currently |in |got |been |have been |get |stuck |sitting |waiting )*(?:in |on )?{word}(?= orders?| ones| status| purchases|  ?$| ~| payments?| right| as of| at| and| or| last| this| today| yesterday| in| now)(?: status)?)\b"
        if line.take(pattern):
            _put_status(reading, status)
            if not reading.metrics and line.has(_OF_MONEY):
                reading.metrics.append("gross_sales_all_status")
            reading.line.text = reading.line.text.replace(" status ", " ")


def _spoken(status: str) -> str:
    """`PaymentAuthorized` and `on-hold` as they are said."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[-_]", " ", status).lower()


def _pattern_of(said: str) -> str:
    """A status in either spelling, and as the platform writes it: a shop may call it anything."""
    return re.sub("cancell?ed", "cancell?ed", re.escape(said)).replace(r"\ ", "[ _-]?")


def read_spoken_statuses(reading: Reading, known: Known) -> None:
    """Statuses of several words that turns of phrase would take for their own (`partially
    refunded`)."""
    for status in known.statuses:
        said = _spoken(status)
        is_taken = " " in said and re.search(r"refund|return|cancel", said)
        word = _pattern_of(said)
        pattern = rf"\b(?:(?:with|in|having) )?(?:the )?(?:status (?:of )?)?{word}\b"
        if is_taken and reading.line.take(pattern):
            _put_status(reading, status)


_OF_MONEY = r"\b(?:money|cash|value|worth|amount|stuck|tied up|sit|sits|sitting|outstanding)\b"


def _put_status(reading: Reading, status: str) -> None:
    """Of several, any of them."""
    held = next(
        (each for each in reading.filters if each.field == D.STATUS and each.op in ("=", "in")),
        None,
    )
    if held is None:
        put(reading, limit(D.STATUS, "=", status))
        return
    values = held.value if isinstance(held.value, tuple) else (held.value,)
    reading.filters[reading.filters.index(held)] = limit(D.STATUS, "in", (*values, status))


_CURRENCY_WORDS = {
    "euro": "EUR",
    "euros": "EUR",
    "pound": "GBP",
    "pounds": "GBP",
    "sterling": "GBP",
    "yen": "JPY",
    "dollar": "USD",
    "dollars": "USD",
    "franc": "CHF",
    "francs": "CHF",
    "zloty": "PLN",
    "kronor": "SEK",
    "rupees": "INR",
}


def _currencies(reading: Reading, line: Line, known: Known) -> None:
    codes = {each.lower(): each for each in known.currencies}
    words = dict(_CURRENCY_WORDS.items())
    if "dollar" in line.text and known.currency in ("CAD", "AUD", "NZD", "SGD", "HKD"):
        words |= {"dollar": known.currency, "dollars": known.currency}
    pattern = rf"\b(?:(?:only )?(?:in|paid in|charged in|currency|for) )?(?P<c>{'|'.join([*codes, *words, 'eur', 'gbp', 'usd', 'jpy', 'chf', 'cad', 'aud'])})(?: only| currency| (?=sales|orders|revenue))?\b"
    found = line.take(pattern)
    if found is None:
        return
    code = codes.get(found["c"]) or words.get(found["c"]) or found["c"].upper()
    if known.currencies and code not in known.currencies:
        shown = ", ".join(known.currencies)
        raise Refused(
            Declined(
                f"The store has no orders in {code}; it has {shown}. Amounts are not converted.",
                (f"orders in {code}",),
                SemanticQuery.model_validate(
                    {
                        "metrics": ["net_sales"],
                        "dimensions": ["currency"],
                        "period": {"type": "last_n", "n": 12, "unit": "month"},
                    }
                ),
                "Net sales by currency",
            )
        )
    if known.currencies != (code,):
        put(reading, limit(D.CURRENCY, "=", code))


# ------------------------------------------------------------------------------- names

_NOT = r"(?:excluding|excl|tak(?:e|ing) out|remov(?:e|ing)|drop(?:ping)?|except(?:ing)?(?: for)?|without|not|outside(?: of)?|other than|apart from|besides|ignoring|leaving out|leave out|minus|but not|non|everywhere but|anywhere but|all but|exclude|aside from)(?: (?:in|from|for|of|the|any|counting|including|to|our|sales|orders|customers|using|code|coupon|country|category|channel|product))*"


def is_negative(line: Line) -> bool:
    return line.has(rf"\b{_NOT} ~?\s*$")


_FACING = (
    r"^ (?:the |our )?@x\d+(?:(?: ,| and)+ @x\d+)+ , ",
    r"@x\d+(?:(?: ,| and)+ @x\d+)+ (?:[^@]* )?(?:each|respectively|separate(?:ly)?|one by one)(?= ?$| [~,]| (?:last|this|in|over|during|since))",
    r"@x\d+(?: \w+){0,5}(?: ~)? (?:vs|or|compared \w+|(?<!other )than|against) (?:\w+ ){0,2}@x\d+",
    r"^ @x\d+(?:,? @x\d+){2,} (?:orders|sales|revenue|aov|refunds|units)\b",
    r"@x\d+ and (?:in|from|to|for) @x\d+ (?:separate|separately|apart|each)\b",
    r"@x\d+ [^@\d]*\b(?:more|better|less|worse|fewer|higher|lower|bigger|smaller|faster|slower)\b[^@\d]* than [^@\d]*@x\d+",
    r"@x\d+ [^@]*, (?:and )?(?:from|in|for|of|with) @x\d+,? (?:too|as well)\b",
    r"\b(?:compare|comparing|comparison|difference|split)\b(?: \w+){0,5} @x\d+(?: (?:and|with|to|,))+ @x\d+",
)


_EITHER = r"\b(by|with|via|through|using|from|to|in|for|of|not) (?:either )?(@x\d+) or (@x\d+)\b"


def read_facing(reading: Reading) -> None:
    """Before turns of phrase take one of the names out of its place."""
    line = reading.line
    is_either = line.has(_EITHER) and not line.has(rf"(?<!or )\b{_MORE}\b(?! than \d)")
    if is_either:
        line.text = re.sub(_EITHER, r"\1 \2 and \3", line.text)
    reading.is_facing = reading.is_facing or any(line.has(each) for each in _FACING)


def read_names(reading: Reading, known: Known) -> None:
    """The names that were marked, as filters: one field's are any of them, or rows where the
    question sets them against each other."""
    line = reading.line
    wanted: dict[str, list[Named]] = {}
    is_negative_before: dict[str, bool] = {}
    for place, choices in enumerate(reading.named):
        if not line.has(rf"@x{place}\b"):
            continue
        named = _chosen(choices, line, place)
        if not named.is_there:
            _decline_absent(named, known)
        before = Line(line.text.split(f"@x{place} ")[0])
        goes_on = is_negative_before.get(named.field, False) and before.has(
            r"@x\d+ (?:and|or|,|nor) $"
        )
        is_negative_before[named.field] = goes_on or before.has(rf"\b{_NOT} $")
        if is_negative_before[named.field]:
            _put_negative(reading, named, known)
        else:
            wanted.setdefault(named.field, []).append(named)
    facing = reading.is_facing or any(line.has(each) for each in _FACING)
    if reading.is_facing:
        _decline_unlike(wanted)
    _read_rows_of_a_name(reading)
    for field, held in wanted.items():
        _put_names(reading, field, held, known, facing=facing)
    _without_marks(line)
    reading.is_facing = facing or line.has(r"\bvs\b")


def _decline_unlike(wanted: dict[str, list[Named]]) -> None:
    """A product and a category share their sales: they are not set against each other."""
    unlike = [each for each in ("category", "product", "sku") if each in wanted]
    if len(unlike) < 2 or any(len(wanted[each]) > 1 for each in unlike):
        return
    first, then = (wanted[each][0] for each in unlike[:2])
    raise Refused(
        Declined(
            f"{first.value} is a {first.field} and {then.value} a {then.field}: ask for one after the"
            " other, or compare two of a kind.",
            ("a comparison of unlike things",),
            SemanticQuery.model_validate(
                {
                    "metrics": ["product_net_sales"],
                    "dimensions": [first.field],
                    "period": {"type": "last_n", "n": 12, "unit": "month"},
                }
            ),
            f"Product net sales by {first.field}",
        )
    )


def _read_rows_of_a_name(reading: Reading) -> None:
    """`our best helmet`, `top 5 accessories`: rows of what has the name."""
    found = reading.line.find(
        r"\b(?:which|what)(?: of (?:the|our|my))? @x(\d+)"
    ) or reading.line.find(
        rf"\b(?:{BEST}|{WORST})(?: \d+)?(?: (?:selling|performing|earning|sold))?(?: \d+)?(?: (?:of )?(?:the|our|my))? @x(\d+)"
    )
    named = reading.named[int(found[1])][0] if found else None
    if named and (named.field == "category" or named.op == "contains"):
        reading.rows_of = named.said or "s"


def _put_negative(reading: Reading, named: Named, known: Known) -> None:
    """Of a part of names, each product that has it."""
    for name in _whole(named.value, named.op, known):
        put(reading, limit(named.field, "!=", name))


def _whole(value: str, op: str, known: Known) -> tuple[str, ...]:
    """Of a part of names, the products that have it."""
    if op != "contains":
        return (value,)
    return tuple(islice(names.index(known).containing(value), 8))


def _put_names(
    reading: Reading, field: str, held: list[Named], known: Known, *, facing: bool
) -> None:
    if not facing and any(
        each.field == field and each.op in ("=", "in") for each in reading.filters
    ):
        for each in held:
            add_name(reading, each, known)
        return
    values = tuple(dict.fromkeys(each.value for each in held))
    if len(values) == 1:
        put(reading, limit(field, held[0].op, values[0]))
        return
    values = tuple(
        dict.fromkeys(one for each in held for one in _whole(each.value, each.op, known))
    )
    put(reading, limit(field, "in", values))
    if facing and Dimension(field) not in reading.dimensions:
        reading.dimensions.append(Dimension(field))


def _without_marks(line: Line) -> None:
    line.text = re.sub(rf"\b{_NOT} (?=@x\d)", " ", line.text)
    line.text = re.sub(
        r"\b(?:with|from|to|by|among|for)(?: (?:the|our|my))? @x\d+ (?:customers?|shoppers?|buyers?|people|clients?)(?= |$)(?! (?:come|are|have|spent|spend|bought|order))",
        " ~ ",
        line.text,
    )
    line.text = (
        re.sub(
            r"@x\d+ (?:customers?|shoppers?|buyers?|people|clients?|market)(?= |$)(?! (?:come|are|have|spent|spend|bought|order))",
            " ~ customers ",
            line.text,
        )
        if re.search(r"how many|number of|count|customers", line.text)
        else line.text
    )
    line.text = re.sub(
        r"\s+",
        " ",
        re.sub(
            r"(?:\b(?:(?:paying|ordering|shopping|buying) )?(?:in|from|for|of|to|with|by|using|code|coupon|category|product) )?@x\d+",
            " ~ ",
            line.text,
        ),
    )


def _chosen(choices: tuple[Named, ...], line: Line, place: int) -> Named:
    """Of several fields that have the name, the one that is spoken of."""
    for named in choices:
        if line.has(rf"\b{named.field}(?:s| named| called)? @x{place}\b|@x{place} {named.field}\b"):
            return named
    return choices[0]


def _decline_absent(named: Named, known: Known) -> None:
    shown = ", ".join(countries.name(each) for each in known.countries[:5])
    text = f"The store has no orders from {countries.name(named.value)}"
    text += f"; it has some from {shown}." if shown else "."
    nearest = {
        "metrics": ["net_sales"],
        "dimensions": ["country"],
        "period": {"type": "last_n", "n": 12, "unit": "month"},
    }
    raise Refused(
        Declined(
            text,
            (f"orders from {countries.name(named.value)}",),
            SemanticQuery.model_validate(nearest),
            "Net sales by country",
        )
    )


_BETTER = r"\b(?:better|more|worse|less|faster|slower|higher|lower) than\b(?! \d)"


def add_name(reading: Reading, named: Named, known: Known, *, negative: bool = False) -> None:
    """Beside another of its field, either of them."""
    op = "!=" if negative and named.op == "=" else named.op
    beside = [
        each
        for each in reading.filters
        if each.field == named.field and each.op in ("=", "in", "contains")
    ]
    if negative or not beside:
        put(reading, limit(named.field, op, named.value))
        return
    held = beside[0].value if isinstance(beside[0].value, tuple) else (beside[0].value,)
    whole = [one for each in held for one in _whole(str(each), beside[0].op, known)]
    values = tuple(dict.fromkeys([*_whole(named.value, named.op, known), *whole]))
    if values == (beside[0].value,):
        return
    reading.filters[reading.filters.index(beside[0])] = limit(named.field, "in", values)
    is_facing = reading.is_facing or reading.line.has(_BETTER)
    if is_facing and Dimension(named.field) not in reading.dimensions:
        reading.dimensions.append(Dimension(named.field))
