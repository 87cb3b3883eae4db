"""What the rows are: by country, weekdays against weekends, a list of catchwords."""

from __future__ import annotations

import re

from backshop.insights.planning import metrics, ranking, times
from backshop.insights.planning.lexicon import DIMENSION_NOUNS, PEOPLE
from backshop.insights.planning.reading import Reading, add_rows
from backshop.insights.semantic.models import Dimension, Unit

D = Dimension


def read_order_values(reading: Reading) -> None:
    """`orders by order value` are its classes; a rank by it is of the average."""
    if reading.line.has(
        r"\b(?:countr|product|categor|channel|customer|payment|coupon|top|best|rank)\w*"
    ):
        return
    if reading.line.take(
        r"\bby (?:order|basket|cart) (?:values?|sizes?|totals?|amounts?)(?: (?:buckets?|ranges?|bands?|class(?:es)?|brackets?))?\b"
    ):
        add_rows(reading, D.ORDER_VALUE_BUCKET)


_WHEN = (
    r"\b(?:at )?(?:what|which) times?(?: of (?:the )?day)? (?=do|does|are|is|did)"
    r"|\bwhen (?=(?:do|are|does|is)(?: most)? (?:of )?(?:our |my |the |most )*"
    r"(?:people|customers|we|they|shoppers|orders|shop)\b.*"
    r"\b(?:buy|shop|order|busiest|purchase|come in|sell|placed|busy)\b)"
)


_CLASSES_BESIDE: tuple[tuple[Dimension, str], ...] = (
    (
        D.IS_WEEKEND,
        r"\b(?:weekends? (?:(?:(?:are|is|do|does|bring|make|sell|us|in) )*(?:busier|better|stronger|slower|worse|quieter|more|less)(?: \w+)? than|vs|and|or|to|with|than) (?:on )?(?:weekdays?|the week|during the week|work ?days)|weekdays? (?:(?:(?:are|is|do|does|bring|make|sell|us|in) )*(?:busier|better|stronger|slower|worse|quieter|more|less)(?: \w+)? than|vs|and|or|to|with|than) (?:on )?(?:the )?weekends?)\b",
    ),
    (
        D.CUSTOMER_TYPE,
        r"\b(?:guests?|guest (?:checkouts?|customers?)) (?:vs|and|or) (?:registered|accounts?|logged in|members?|known)(?: customers?| users?| buyers?)?\b|\bregistered (?:vs|and|or) guests?\b",
    ),
    (
        D.CUSTOMER_TYPE,
        r"\bguests? (?:vs|and|or|than) (?:the )?(?:new|returning|repeat|existing)(?: customers?| buyers?)?\b|\b(?:new|returning|repeat|existing)(?: customers?| buyers?)? (?:vs|and|or|than) guests?\b",
    ),
    (
        D.CUSTOMER_TYPE,
        r"\b(?:between |by |across )?(?:new|returning|repeat|guests?)(?: customers?)? ?(?:,|and|vs) (?:new|returning|repeat|guests?)(?: customers?)? ?(?:,|and|vs|, and) (?:new|returning|repeat|guests?)(?: customers?)?\b",
    ),
    (
        D.CUSTOMER_TYPE,
        r"\b(?:new|first time) (?:(?:customers?|buyers?|ones) )?(?:(?:spend|spent|order|buy|bring|pay)(?: in| more| less)? )?(?:than|vs|and|or|compared (?:to|with)|against) (?:the )?(?:returning|repeat|existing|old|regular)(?: (?:customers?|buyers?|ones))?\b",
    ),
    (
        D.HAS_COUPON,
        r"\b(?:with (?:and|vs|or) without|without (?:and|vs|or) with)(?: (?:an? |any |the |our )?(?:coupons?|discounts?|vouchers?|promos?|codes?|promo codes?|discount codes?))?\b|\bwith (?:an? )?(?:coupons?|discounts?|codes?) (?:vs|and|or) (?:those |ones |orders )?without(?: (?:one|any|coupons?|it))?\b|\bcoupons? (?:vs|and|or) (?:no|non)(?: |-)coupons?\b|\bwhether (?:or not )?(?:a |they used a )?(?:coupon|discount)(?: was| is)? ?(?:used)?\b",
    ),
    (
        D.PAYMENT_METHOD,
        rf"\bhow (?:do|does|did) (?:our |my |the |most )*{PEOPLE} (?:usually |mostly |typically )?pay\b",
    ),
    (D.HOUR_OF_DAY, _WHEN),
    (
        D.HOUR_OF_DAY,
        r"\b(?:at|in|during|by) (?:the )?(?:night|day|mornings?|afternoons?|evenings?|lunch(?:time)?|noon)s? (?:vs|or|and|than) (?:(?:at|in|during|by) )?(?:the )?(?:night|day|mornings?|afternoons?|evenings?|lunch(?:time)?|noon)s?\b",
    ),
    (
        D.COUNTRY,
        r"(?<!day )(?<!days )(?<!week )(?<!weeks )(?<!weekday )(?<!month )(?<!months )(?<!hour )(?<!hours )(?<!time )(?<!times )\b(?:from |in )?where\b(?= (?:[~%@\w]+ )*?(?:come|coming|live|lives|sell|from|located|ship|buy|based|order|made|go|spend))",
    ),
)
"""Turns of phrase that ask for a dimension's rows."""


_BY = r"(?:by|per|x|for each|for every|each|every|across|grouped by|split by|broken down by|breakdown by|broken into|split into|according to|depending on|in each|from each|of each|and by|between|among|then by|(?<!^ )~ (?:and|,|x|vs)(?: by)?)"


_BY_ROWS = rf"(?<!\w){_BY}(?: the| our| my| different| various| individual| all| all the| single)*(?: |-)(?:{ranking.NOUNS})(?! net sales| sold)(?: too| as well| separately| individually)?\b"


_ROWS_ACROSS = rf"\b(?:{ranking.NOUNS}) (?=(?:x|vs) (?:hours?|weekdays?|months?|countr|categor|products?|channels?)\b)"


_LISTED = [
    (each, noun)
    for each, noun in DIMENSION_NOUNS
    if each
    in (
        D.COUNTRY,
        D.CATEGORY,
        D.CHANNEL,
        D.PAYMENT_METHOD,
        D.DAY_OF_WEEK,
        D.STATUS,
        D.CUSTOMER_TYPE,
    )
]


_ROWS_ALONE = (
    r"(?:(?<=^ )|(?<=[,/] ))(?:"
    + "|".join(rf"(?P<{each.upper()}>{noun})" for each, noun in _LISTED)
    + r")(?= [,~/]| $)"
)
"""Of a list of catchwords (`aov / country / last month`)."""


_ROWS_SPLIT = tuple(
    rf"\b(?:{noun}) (?:breakdown|split|wise|level|ranking|table|mix|distribution|comparison)\b"
    for _, noun in DIMENSION_NOUNS
)


def read(reading: Reading) -> None:
    line = reading.line
    if found := line.take(_ROWS_ACROSS):  # `weekday x hour`
        add_rows(reading, next(each for each, _ in DIMENSION_NOUNS if found[str(each).upper()]))
        line.text = re.sub(r"~ (?:x|vs) ", "~ x ", line.text)
    while found := line.take(_BY_ROWS):
        add_rows(reading, next(each for each, _ in DIMENSION_NOUNS if found[str(each).upper()]))
    for (dimension, _), split in zip(DIMENSION_NOUNS, _ROWS_SPLIT, strict=True):
        if line.take(split):
            add_rows(reading, dimension)
    for dimension, spoken in _CLASSES_BESIDE:
        if spoken == _WHEN and (reading.grain or D.DAY_OF_WEEK in reading.dimensions):
            line.take(r"\bwhen\b")  # `when do we sell most, by weekday`
        if found := line.take(spoken):
            if not reading.metrics and re.search(r"\b(?:busi|quiet)er\b", found[0]):
                reading.metrics.append("orders")
            reading.filters[:] = [
                each
                for each in reading.filters
                if each.field != dimension or dimension not in (D.IS_WEEKEND, D.HAS_COUPON)
            ]
            add_rows(reading, dimension)
    _read_rows_alone(reading)
    if reading.grain is None and (
        found := line.take(rf"(?<!^ )~ (?:and|,|x)(?: by)? {times.UNIT}s?\b")
    ):
        reading.grain = Unit(found[1])


_ROWS_OF_ANY = re.compile(rf"(?<= )(?:{ranking.NOUNS})(?= )")


_FILLING = re.compile(r"[~,/\d.¤]+|@x\d+|%\w+|the|our|my|please|and|x")


_OF_SENTENCES = frozenset(
    [
        "what",
        "how",
        "which",
        "who",
        "when",
        "where",
        "show",
        "me",
        "give",
        "did",
        "do",
        "does",
        "is",
        "are",
        "was",
        "were",
        "we",
        "i",
        "have",
        "many",
        "much",
        "of",
        "by",
        "in",
        "for",
        "from",
        "to",
    ]
)


def _read_catchwords(reading: Reading) -> None:
    """`revenue category country q3`: a figure, its rows, and nothing else."""
    line = reading.line
    words = line.words()
    if reading.dimensions or len(words) > 7 or not _OF_SENTENCES.isdisjoint(words):
        return
    text = line.text if reading.metrics else metrics.without_words(line.text)
    if not text:
        return
    rest = _ROWS_OF_ANY.sub("~", re.sub(r"\s+", " ", f" {text} "))
    if not all(map(_FILLING.fullmatch, rest.split())):
        return
    for found in _ROWS_OF_ANY.finditer(re.sub(r"\s+", " ", f" {text} ")):
        dimension = next(each for each, _ in DIMENSION_NOUNS if found[str(each).upper()])
        if dimension in (D.CUSTOMER, D.ORDER_VALUE_BUCKET) or any(
            each.field == dimension for each in reading.filters
        ):
            continue
        add_rows(reading, dimension)
        line.take(rf"(?<= ){re.escape(found[0])}(?= )")


def _read_rows_alone(reading: Reading) -> None:
    line = reading.line
    _read_catchwords(reading)
    found = None if reading.dimensions else line.find(_ROWS_ALONE)
    if found and (reading.metrics or metrics.said(line.text)):
        add_rows(reading, next(each for each, _ in _LISTED if found[str(each).upper()]))
        line.text = f"{line.text[: found.start()]} ~ {line.text[found.end() :]}"
