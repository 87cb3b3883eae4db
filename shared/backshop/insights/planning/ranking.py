"""Rows that a question ranks: `top 5 products`, `which countries`, `our best month`."""

from __future__ import annotations

import re
from re import Match

from backshop.insights.planning.lexicon import BEST, CODES, DIMENSION_NOUNS, GOODS, WORST
from backshop.insights.planning.reading import Reading
from backshop.insights.planning.text import Line, folded
from backshop.insights.semantic.checking import RANKED
from backshop.insights.semantic.models import Dimension, Unit

D = Dimension
NOUNS = "|".join(f"(?P<{str(dimension).upper()}>{noun})" for dimension, noun in DIMENSION_NOUNS)
_UNITS = r"days|weeks|months|quarters|years|percent"
_NUMBER = rf"(?<!at )\b(?:(?:{BEST}|{WORST}) (?P<n>\d{{1,4}})\b(?! percent)|(?:first|last) (?P<m>\d{{1,4}})\b(?! (?:{_UNITS})))"
_NUMBER_BEFORE = rf"(?P<m>)(?<!than )(?<!over )(?<!under )(?<!least )(?<!above )(?<!below )\b(?P<n>\d{{1,4}}) (?:(?:of )?(?:our |my |the )?(?:{BEST}|{WORST})|(?:{GOODS}|categories|countries|{CODES}|customers))\b"
_BUCKET = rf"\b(?:which|what|in which|in what)?(?: \w+)?(?: ?(?:is|was|were|are) ?)?(?:our |my |the )?(?:all time |single )?(?:(?:{BEST}|{WORST})(?: (?:selling|performing|earning|sales|revenue|order|trading))? |which |what )(?:(?:sales|revenue|order) )?(?P<unit>day|week|month|quarter|year)(?P<s>s?)\b(?! of (?:the )?(?:week|year)| (?:do|does) (?:we|people|customers) (?:usually|normally|typically))"
_BUCKET_WITH = rf"\b(?P<unit>day|week|month|quarter|year)(?P<s>s?) (?:with|having|that (?:had|has)|which (?:had|has)|when we had|of) (?:the |our )?(?:{BEST}|{WORST})\b"
_DOING = r"(?:selling|performing|earning|sold|grossing|used|popular|moving|returned|refunded|profitable|valuable|revenue|sales|turnover|common|ordered|bought|spending|paying|redeemed)"
_ROWS = (
    rf"\b(?:(?:{BEST}|{WORST})(?: {_DOING}| %m)? )(?:{NOUNS})\b",
    rf"\b(?:which|what|whose)(?: \d+)?(?: of (?:our|my|the))?(?: are| is| were)?(?: the| our| my)?(?: (?:{BEST}|{WORST}))?(?: (?:selling|performing|earning))? (?!product (?:net )?(?:sales|revenue)\b)(?:{NOUNS})\b",
    rf"\b(?:{NOUNS}) (?:with|having|by|ranked by|sorted by|that (?:have|has|get|got|had|are|were)|which (?:have|get|got|had|are|were)|for)(?: the| our)* (?:{BEST}|{WORST})\b",
    rf"^ (?:(?:our|my|the|all|list|show|me|of|give|rank|please|can|you|i|see|want|need|to|a|number) )*(?:{NOUNS}) (?:(?:ranked|sorted|ordered) )?by\b",
    r"^ (?:(?:our|my|the|all|list|show|me|which|what) )*(?:(?P<PRODUCT>products|articles)) (?:bought|ordered|purchased)\b",
    rf"\b(?:list|show|rank|ranking of|give me|see)(?: me)?(?: all| our| my| the| of)* (?:{NOUNS})\b",
)
_CLASSES = r"(?:buckets?|ranges?|class(?:es)?|bands?|brackets?)$"
_WHICH_MORE = r"^ (?:and )?(?:which|what)(?: of (?:the|our|my))? ~ .*\b(more|better|less|fewer|worse)\b(?! than)"
_ONE_OF = r"\b(?:which|what|who) (?:one )?of (?:our|my|the|all)(?: \w+){1,3} (?:is|was|has|does|sells|makes|brings|gets)\b"
BAD = frozenset({"refunds", "refund_rate", "refunded_orders", "cancel_rate"})
"""Of these the worst are the largest."""
WORST_OF_BAD = r"\b(?:worst|bad(?:ly)?|poorest|weakest)\b"
_UNCOUNTED = frozenset({"stuff", "payment", "geo", "dow", "rfm", "merch"})
TEN_LOWEST = -10


def read(reading: Reading) -> None:
    line = reading.line
    sign = -1 if line.has(rf"\b{WORST}\b") else 1 if line.has(rf"\b{BEST}\b") else 0
    if reading.metrics and reading.top_n is not None:
        return
    if (
        sign
        and not reading.grain
        and not reading.dimensions
        and (found := line.take(_BUCKETS_BEST))
    ):
        reading.is_ranked, reading.sign = True, sign
        reading.grain, reading.top_n = Unit(found["unit"]), int(found["n"]) * sign
        return
    number, sign = _number(line, sign)
    reading.is_ranked, reading.sign = sign != 0, sign
    if _best_bucket(reading, number, sign):
        return
    is_one = line.has(_ONE_OF)
    if not sign and reading.rows_of and (said := line.find(_WHICH_MORE)):
        reading.is_ranked, reading.sign = (
            True,
            (sign := -1 if said[1] in ("less", "fewer", "worse") else 1),
        )
    noun = _rows(reading, is_ranked=sign != 0) or _rows_of_a_name(reading, sign)
    if noun is None:
        _of_rows_that_are_there(reading, number, sign)
    elif number:
        reading.top_n = number * (sign or 1)
    elif sign and is_one:
        reading.top_n = sign
    elif sign:
        reading.top_n = _number_of(noun, reading.dimensions[-1], sign)


def _number(line: Line, sign: int) -> tuple[int | None, int]:
    found = line.find(_NUMBER) or line.find(_NUMBER_BEFORE)
    if found is None:
        return None, sign
    group = "n" if found["n"] else "m"
    drop(line, found, group, "")
    return int(found[group]), sign or (-1 if found[0].startswith("last") else 1)


def drop(line: Line, found: Match[str], group: str, instead: str) -> None:
    start, end = found.span(group)
    line.text = re.sub(r"\s+", " ", line.text[:start] + instead + line.text[end:])


_BUCKETS_BEST = r"\b(?:which|what|the) (?P<n>\d{1,2}) (?P<unit>day|week|month|quarter|year)s\b(?=.*\b(?:most|best|highest|least|fewest|lowest|worst|biggest)\b)"


def _best_bucket(reading: Reading, number: int | None, sign: int) -> bool:
    """`our best month`. A day that is best within no period is one of the week."""
    line = reading.line
    is_free = not reading.dimensions and not reading.grain
    found = (line.find(_BUCKET) or line.find(_BUCKET_WITH)) if is_free else None
    if found is None or not (sign or line.has(r"\b(?:most|best|least|worst)\b")):
        return False
    drop(line, found, "unit", " ~ ")
    line.text = line.text.replace(" ~ s ", " ~ ")
    unit, is_many = Unit(found["unit"]), bool(found["s"])
    if unit == Unit.DAY and reading.period is None:
        reading.dimensions.append(D.DAY_OF_WEEK)
        reading.top_n = None if is_many else (number or 1) * (sign or 1)
        reading.others.append("best day ever")
    else:
        reading.grain = unit
        ranked = number or (None if is_many else 1)
        reading.top_n = ranked * (sign or 1) if ranked else None
    return True


def _rows(reading: Reading, *, is_ranked: bool) -> str | None:
    """The noun of the rows that are asked for, which become a dimension."""
    for pattern in _ROWS:
        found = reading.line.find(pattern)
        if found is None:
            continue
        dimension = next(
            each for each, _ in DIMENSION_NOUNS if found.groupdict().get(str(each).upper())
        )
        if dimension == D.ORDER_VALUE_BUCKET and not re.search(_CLASSES, found[0]):
            continue
        if dimension in (D.COUPON, D.CUSTOMER) and reading.metrics and not is_ranked:
            continue
        if re.search(r"\bmost customers$", found[0]):  # They are counted, by what else is asked.
            continue
        noun = found[str(dimension).upper()]
        drop(reading.line, found, str(dimension).upper(), " ~ ")
        if any(each.field == dimension and each.op == "=" for each in reading.filters):
            return None
        if dimension not in reading.dimensions:
            reading.dimensions.append(dimension)
        return noun
    return None


def _rows_of_a_name(reading: Reading, sign: int) -> str | None:
    """Of each country, too (`top candle in each country`)."""
    if not (sign and reading.rows_of) or set(reading.dimensions) - {D.COUNTRY} or reading.grain:
        return None
    reading.dimensions.insert(0, D.PRODUCT)
    return reading.rows_of


def _number_of(noun: str, dimension: Dimension, sign: int) -> int | None:
    """One where the noun is singular; else none, which becomes ten of what there are many of."""
    last = "months" if noun.startswith("months of") else noun.split()[-1]
    if folded(last) == last and last not in _UNCOUNTED:
        return sign
    return TEN_LOWEST if sign < 0 and dimension in RANKED else None


def _of_rows_that_are_there(reading: Reading, number: int | None, sign: int) -> None:
    if number:
        reading.top_n = number * (sign or 1)
    elif sign < 0 and RANKED & set(reading.dimensions):
        reading.top_n = TEN_LOWEST
