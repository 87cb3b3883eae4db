"""Limits by number, wherever they stand: a size (`over 80`, `between 50 and 100`, `3 or more`), and
the noun that it limits, which is the nearest before it, whatever conditions stand between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from backshop.insights.planning import clauses
from backshop.insights.planning.filters import N_PLUS, N, limit, number_of, op_of, put
from backshop.insights.planning.lexicon import CODES, GOODS, PEOPLE
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.reading import Reading
from backshop.insights.planning.times import MONTH
from backshop.insights.semantic.models import Limit

_MONTHS = MONTH[1:-1]
_BETWEEN = (
    r"(?:(?:between|from) (?P<a>\d+)(?P<m> ¤)? (?:and|to) (?P<b>\d+)(?P<m2> ¤)?"
    r"|(?P<a2>\d+)(?P<m3> ¤)? ?(?:to|-) ?(?P<b2>\d+)(?P<m4> ¤))"
)
_SIZE = r"(?<![\w@.])(?:{})(?= |$)"

_UNITS = (
    ("since", r" ?(?P<span>day|week|month|year)s? (?:since|after) (?:their |the |his |her )?last (?:order|purchase)\b"),
    ("count", r" ?(?:orders?|times?|purchases?)\b"),
    (
        "stock",
        r" ?(?:units |pieces |items |pcs )?(?:left|in stock|on hand|remaining|available|on stock)\b",
    ),
    ("stock", r" of(?: left)?(?= *$| ~| ,)"),
    ("spent", r" (?:in |of |as )?(?:their |total |lifetime |overall )*(?:spend(?:ing)?|spent|revenue|sales|purchases|turnover)(?= |$)| (?:in total|in all|overall|altogether|all told)\b"),
    (
        "other",
        r" ?(?:(?:days|weeks|months|quarters|years|hours?|minutes?|items?|units?|products?|pieces|lines?|percent|stars?|am|pm|o ?clock|h|countr\w+)\b|of (?:the )?(?:last|this|each|every)\b)",
    ),
)  # fmt: skip
"""What a size is of, by what follows it."""

_ORDERS = r"orders?|baskets?|purchases?|carts?|transactions|checkouts?"
_NOUNS = (
    rf"\b(?:(?P<orders>{_ORDERS})|(?P<people>{PEOPLE})|(?P<goods>{GOODS}|skus?|what)"
    rf"|(?P<rows>(?<!@x\d )(?:countr(?:y|ies)|markets?|categor(?:y|ies)|collections?|channels?|methods?|{CODES})))\b"
)
_CODE_USED = r"\b(?:with|without|using|used|use|having|had|have|carried|carrying|redeemed|and)(?: (?:an?|any|the|our|some|no))? $"
"""Before a code that is a condition of orders, and no row."""
_STOCK = r"\b(?:with )?(?:a |their |the )?(?:stock|inventory|quantity)(?: level| quantity| on hand)?(?: (?:is|are|of|at|being))? ?$"
_STOCK_HELD = r"\b(?:products?|items?|skus?|articles?|things?|stuff|what)(?: (?:that|which|do|did|we|i|have|own|hold|stock|only|got|still))+ ?$"

_TO_ORDERS = frozenset(
    """
    , say so like meaning ie i mean that which where with worth valued value values of totalling totaling having had have
    has were was are is came come comes did do we get got placed a an the total totals totalled amount amounts order orders
    at in to costing cost costs priced size sized and but their sum any
    """.split()  # noqa: SIM905
)
"""Words that lead from orders to a limit of their totals."""
_LED_TO_PEOPLE = frozenset(
    """
    who that which have has had do did are there we i got get placing , ~ and but also ever with already of ours at risk
    spent spend spending spends paid pay worth a an lifetime value total totals us overall in having whose their purchases
    purchase billing business amount is valued our shop revenue from
    """.split()  # noqa: SIM905
)
_BUYING = frozenset(
    [
        "ordered",
        "bought",
        "purchased",
        "shopped",
        "placed",
        "made",
        "order",
        "buy",
        "having",
        "come",
        "back",
    ]
)
_ABOUT_ELSE = re.compile(
    r"\b(?:average|avg|aov|median|items|units|refunds?|discounts?|tax|taxes|up|down|grew|grow|rose|fell|than"
    r"|(?:by|per|each|every) (?:day|week|month|quarter|year|hour|weekday))\b"
)
_BOUGHT = frozenset(["ordered", "bought", "purchased", "shopped", "come"])
_SPENT = frozenset(
    [
        "spent",
        "spend",
        "spending",
        "spends",
        "paid",
        "worth",
        "value",
        "valued",
        "purchases",
        "purchase",
        "billing",
        "business",
        "revenue",
    ]
)
_TIME = r" (?:days?|weeks?|months?|quarters?|years?)\b"
_THINGS = frozenset({"product", "category", "sku"})
_WORDS = {"once": 1, "twice": 2}


class Size(NamedTuple):
    start: int
    end: int
    limits: tuple[tuple[str, int | float], ...]
    """Operators with their numbers."""
    is_money: bool


def read(reading: Reading) -> None:
    for find in (_customers_by_times, _sizes_of, _customers_by_times, _customers_by_count):
        find(reading)


def _sizes_of(reading: Reading) -> None:
    """Each size with what it limits, until none is left that limits anything."""
    at = 0
    while size := next((each for each in _sizes(reading.line.text) if each.start >= at), None):
        at = size.start + 1
        span = _limited(reading, size)
        if span is None:
            continue
        field, start, end = span
        negation = _negated(reading.line.text[:start]) if len(size.limits) == 1 else None
        if negation is not None:
            start -= negation
            size = size._replace(limits=tuple((_TURNED[op], number) for op, number in size.limits))
        days = _days(reading.line.text[size.end :]) if field == Limit.DAYS_SINCE_LAST_ORDER else 1
        for op, number in size.limits:
            put(reading, limit(field, op, number * days))
        at = max(start - 1, 0)
        _cut(reading, start, end, "" if field == Limit.ORDER_TOTAL else "~")


def _is_of_month(size: Size, right: str) -> bool:
    """`between 3 and 9 november`."""
    is_day = not size.is_money and all(number <= 31 for _, number in size.limits)
    return is_day and compiled(rf" (?:of )?(?:{_MONTHS})\b").match(right) is not None


def _days(right: str) -> int:
    """In the unit that the size is followed by."""
    return {"d": 1, "w": 7, "m": 30, "y": 365}[right.strip()[0]]


def _cut(reading: Reading, start: int, end: int, instead: str = "~") -> None:
    text = reading.line.text
    reading.line.text = re.sub(r"\s+", " ", f"{text[:start]} {instead} {text[end:]}")


def _sizes(text: str) -> Iterator[Size]:
    """From left to right; of two that begin in one another, the longer."""
    if not any(each.isdigit() for each in text):
        return
    found: list[Size] = []
    for match in compiled(_SIZE.format(_BETWEEN)).finditer(text):
        first, last = int(match["a"] or match["a2"]), int(match["b"] or match["b2"])
        is_money = any(match[each] for each in ("m", "m2", "m3", "m4"))
        found.append(Size(match.start(), match.end(), ((">=", first), ("<=", last)), is_money))
    for pattern in (N, N_PLUS):
        for match in compiled(_SIZE.format(pattern)).finditer(text):
            if match["pct"] or any(each.start <= match.start() < each.end for each in found):
                continue
            made = ((op_of(match), number_of(match)),)
            found.append(Size(match.start(), match.end(), made, bool(match["money"])))
    yield from sorted(found)


def _limited(reading: Reading, size: Size) -> tuple[str, int, int] | None:
    """The field that the size limits, and from where to where it is spoken of."""
    text = reading.line.text
    left, right = text[: size.start], text[size.end :]
    if lapsed := _of_last_order(left, right, size):
        return lapsed
    unit, length = _unit(right, size)
    if stocked := _of_stock(left, right, size, unit, length):
        return stocked
    if unit in ("stock", "other") or _is_else(reading, size, left, right):
        return None
    if unit == "since":
        return Limit.DAYS_SINCE_LAST_ORDER, _with(left), size.end + length
    return _by_noun(left, right, size, unit, length)


_LAST_ORDER = r"(?: (?:and|but|with|who|whose|that|have|has|had|placed|made|an?|the|their|~))* last (?:order|purchase|visit)(?: date)?(?: (?:is|was|being|placed|made|from))* $"


def _of_last_order(left: str, right: str, size: Size) -> tuple[str, int, int] | None:
    """`whose last order is more than 90 days ago`."""
    spoken = compiled(_LAST_ORDER).search(left)
    ago = compiled(r" (?:day|week|month|year)s? (?:ago|back|old|in the past)\b").match(right)
    if not (spoken and ago and compiled(rf"\b(?:{PEOPLE})\b").search(left)):
        return None
    return Limit.DAYS_SINCE_LAST_ORDER, spoken.start(), size.end + ago.end()


def _is_else(reading: Reading, size: Size, left: str, right: str) -> bool:
    """A number of things (`more than 3 candles`), a date or a year."""
    thing = re.match(r" @x(\d+)", right)
    is_of_things = thing and reading.named[int(thing[1])][0].field in _THINGS
    return bool(is_of_things) or _is_of_month(size, right) or _is_year(size, left)


def _of_stock(
    left: str, right: str, size: Size, unit: str, length: int
) -> tuple[str, int, int] | None:
    if stocked := re.search(_STOCK, left):
        found = re.match(r" (?:units|pieces|items)\b", right)
        length = len(found[0]) if found else 0
        return Limit.STOCK_QUANTITY, stocked.start(), size.end + length
    if unit != "stock" or (right.startswith(" of") and not compiled(_STOCK_HELD).search(left)):
        return None
    return Limit.STOCK_QUANTITY, size.start, size.end + length


def _by_noun(
    left: str, right: str, size: Size, unit: str, length: int
) -> tuple[str, int, int] | None:
    """Of the nearest noun before it."""
    nouns = [each for each in compiled(_NOUNS).finditer(left) if not _is_condition(left, each)]
    noun = next(reversed(nouns), None)
    if noun is None or noun["people"] or _is_of_buyers(left, noun):
        return _of_people(left, size, unit, length) or (
            _before_noun(size, right) if noun is None else None
        )
    if noun["orders"] and unit in ("", "spent"):
        return _of_orders(left, noun.end(), size)
    return None


def _is_condition(left: str, noun: re.Match[str]) -> bool:
    """`orders that used a coupon and were over 75`."""
    is_code = compiled(rf"{CODES}").fullmatch(noun[0]) is not None
    return is_code and compiled(_CODE_USED).search(left[: noun.start()]) is not None


def _with(left: str) -> int:
    """Where `with` or `who have` begins that leads to the end of the text."""
    return _led(left, 0, frozenset({"with", "having", "have", "has", "who", "that", "whose"}))


def _unit(right: str, size: Size) -> tuple[str, int]:
    """What follows the size, and how long that is."""
    is_time = compiled(_TIME).match(right)
    if is_time and size.limits[0][1] == 1:
        return "other", 0  # `over 1 year`
    for unit, pattern in _UNITS:
        found = compiled(pattern).match(right)
        if found and not (unit == "other" and size.is_money and is_time):
            return unit, found.end()  # `over 80 dollars last week` has none
    return "", 0


def _is_year(size: Size, left: str) -> bool:
    """`sales over 2024`, and not `orders over 2000`."""
    is_beside = re.search(rf"\b(?:worth|total|value|{PEOPLE}|spent) (?:of |worth )?$", left)
    return (
        not size.is_money
        and not is_beside
        and all(2010 <= number <= 2035 for _, number in size.limits)
    )


def _of_orders(left: str, at: int, size: Size) -> tuple[str, int, int] | None:
    """By their total, unless the words between speak of another figure."""
    between = left[at:]
    is_clause = re.search(r" (?:that|which|and) (?:were|was|are|is) $", between)
    is_money = size.is_money and (" by " in between or is_clause)
    if _ABOUT_ELSE.search(between) and not is_money:
        return None
    return Limit.ORDER_TOTAL, _led(left, at, _TO_ORDERS), size.end


_TURNED = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "=": "!="}
_ANY = frozenset(
    ["anything", "everything", "orders", "those", "ones", "any", "all", "the", "sales", "purchases"]
)


def _negated(left: str) -> int | None:
    """Where the words begin that leave out what is limited (`leaving out anything under 20`)."""
    words, at = left.split(), 0
    while words and words[-1] in _ANY:
        at += len(words.pop()) + 1
    two = tuple(words[-2:])
    if two in clauses.NOT_OF_TWO:
        return at + len(" ".join(two)) + 1
    return at + len(words[-1]) + 1 if words and words[-1] in clauses.NOT else None


def _before_noun(size: Size, right: str) -> tuple[str, int, int] | None:
    """`over 100 dollars, how many orders`."""
    if size.is_money and compiled(rf"^[^@]*\b(?:{_ORDERS})\b").match(right):
        return Limit.ORDER_TOTAL, size.start, size.end
    return None


def _is_of_buyers(left: str, noun: re.Match[str]) -> bool:
    """`customers with purchases over 500`: of what they bought in all."""
    return noun[0].startswith("purchase") and bool(
        re.search(rf"\b(?:{PEOPLE}) (?:with|having|whose)(?: (?:a|an|their|total|lifetime|overall))* $", left[: noun.start()])
    )  # fmt: skip


def _of_people(left: str, size: Size, unit: str, length: int) -> tuple[str, int, int] | None:
    words = _LED_TO_PEOPLE | _BUYING if unit == "count" else _LED_TO_PEOPLE
    at = _people_before(left, words)
    if at is None:
        return None
    between = set(_MARKED.sub(" ", left[at:]).split())
    if unit == "" and between and not (size.is_money or between & _SPENT):
        return None
    field = Limit.ORDERS_COUNT if unit == "count" else Limit.TOTAL_SPENT
    return field, _led(left, at, words), size.end + length


_MARKED = re.compile(r"(?:(?:from|in|of)(?: the)? )?@x\d+")


def _people_before(left: str, words: frozenset[str]) -> int | None:
    """Where the first noun of people ends from which nothing but such words lead on."""
    for noun in compiled(rf"\b(?:{PEOPLE})\b").finditer(left):
        if set(_MARKED.sub(" ", left[noun.end() :]).split()) <= words:
            return noun.end()
    return None


def _led(left: str, at: int, words: frozenset[str]) -> int:
    """Where the words begin that lead to the end of the text, of what follows `at`."""
    start = len(left)
    for word in reversed(re.findall(r"\S+ *", left[at:])):
        if word.strip() not in words or word.strip() == "risk":
            break
        start -= len(word)
    return start


def _customers_by_times(reading: Reading) -> None:
    """`customers who bought more than once`, `twice or more`."""
    for found in compiled(
        r"\b(?P<op>more than|at least) (?P<word>once|twice)\b|\b(?P<word2>once|twice) or more\b"
    ).finditer(reading.line.text):
        left = reading.line.text[: found.start()]
        at = _people_before(left, _LED_TO_PEOPLE | _BUYING)
        if at is None or not _BOUGHT & set(left[at:].split()):
            continue
        op = ">" if found["op"] == "more than" else ">="
        put(reading, limit(Limit.ORDERS_COUNT, op, _WORDS[found["word"] or found["word2"]]))
        _cut(reading, _led(left, at, _LED_TO_PEOPLE | _BUYING), found.end())
        return


def _customers_by_count(reading: Reading) -> None:
    """`customers who placed 3 orders`."""
    found = reading.line.find(r"(?<![\w@.])(?P<n>\d+) (?:orders|times|purchases)\b")
    if found is None:
        return
    left = reading.line.text[: found.start()]
    at = _people_before(left, _LED_TO_PEOPLE | _BUYING)
    if at is not None:
        put(reading, limit(Limit.ORDERS_COUNT, "=", number_of(found)))
        _cut(reading, _led(left, at, _LED_TO_PEOPLE | _BUYING), found.end())


def words() -> frozenset[str]:
    """Words that lead to limits, which are spelled right."""
    return frozenset({*_TO_ORDERS, *_LED_TO_PEOPLE, *_BUYING}) - {","}
