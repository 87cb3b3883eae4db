"""Conditions by name (`that used SAVE10`, `not shipped to germany`): a name and the words that lead
to it are one clause, and each clause is read and taken out by itself, wherever it stands and
whatever joins it to the others. What is left is the plain question."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from backshop.insights.planning import filters, metrics, phrasing
from backshop.insights.planning.lexicon import PEOPLE
from backshop.insights.planning.models import Known
from backshop.insights.planning.names import Named
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.reading import Reading
from backshop.insights.planning.text import Line

_FIELDS = frozenset(
    {"country", "coupon", "payment_method", "channel", "product", "category", "sku"}
)
_GOODS = frozenset({"product", "category", "sku"})
NOT = frozenset(
    """
    not never neither nor without except excepting excluding exclude excl outside non minus besides ignoring
    bar
    """.split()  # noqa: SIM905
)
NOT_OF_TWO = frozenset(
    {
        ("other", "than"), ("apart", "from"), ("aside", "from"), ("leaving", "out"), ("leave", "out"), ("take", "out"), ("taking", "out"), ("but", "not"),
        ("all", "but"), ("anything", "but"), ("everything", "but"), ("anywhere", "but"), ("everywhere", "but"),
        ("except", "for"), ("anything", "except"), ("anywhere", "except"), ("everywhere", "except"), ("not", "counting"),
        ("not", "including"),
    }
)  # fmt: skip
_PREPOSITIONS = frozenset(
    """
    from in to for of with by via through using at on into out within
    """.split()  # noqa: SIM905
)
_VERBS = frozenset(
    """
    used uses use carrying came come comes coming went goes going shipped sent placed paid bought made
    ordered delivered settled having applied redeemed contain containing contained include included
    paying purchased dispatched headed bound located living based checked sold go
    """.split()  # noqa: SIM905
)
_LINKS = _PREPOSITIONS | _VERBS
"""Words that tie a name to what it is a condition of."""
_AUXILIARIES = frozenset(
    """
    was were is are be been being have has had did do does get got gets also the our my a an any
    """.split()  # noqa: SIM905
)
_WHAT = frozenset(
    """
    country code coupon voucher promo discount channel payment method codes category product
    """.split()  # noqa: SIM905
)
_RELATIVE = frozenset({"that", "which", "who", "where"})
_BUYERS = frozenset(
    ["customers", "customer", "people", "those", "ones", "anyone", "anybody", "buyers", "shoppers"]
)
_BEFORE_BUYERS = frozenset({"from", "of", "by", "to", "for", "than", "that", "which"})
_JOINTS = frozenset({"and", "but", ",", "~"})
_STOPS = _JOINTS | {"only", "just"}
_AFTER = {
    "coupon": re.compile(r" (?:code |coupon )?(?:(?:was |were |is |got |being )?(?:applied|used|redeemed)|on (?:it|them))\b| (?:code|coupon)\b"),
    "country": re.compile(r" (?:customers?|people|buyers?|shoppers?|market)\b(?! (?:who|that (?:have|has|had|bought|spent|ordered|placed|did|do|spend|buy|order|return\w*))\b)| only\b"),
    "channel": re.compile(r" (?:channel|only)\b"),
    "product": re.compile(r" (?:only|in (?:it|them))\b"),
    "sku": re.compile(r" (?:only|in (?:it|them))\b"),
    "category": re.compile(r" (?:category|collection|department|range|only|in (?:it|them))\b"),
    "payment_method": re.compile(r" (?:as (?:the )?payment method|only|payments?)\b"),
}  # fmt: skip
"""Words behind a name that belong to it."""
_OF_ORDERS = re.compile(
    r"\b(?:orders?|sales|revenue|turnover|aov|average|median|basket|baskets|purchases|taxes|tax|vat|gst|shipping"
    r"|discounts?|refunds?|refund|items|units|transactions|how much|checkouts?|takings|income|%m)\b"
)
_FACING = frozenset({"vs", "than", "compared", "against"})
_DOING = frozenset(
    """
    pay buy order shop spend bought ordered purchased purchase spent prefer use like return go
    """.split()  # noqa: SIM905
)
_BUYING = _DOING - {"spend", "spent"}
_GOODS_NOUN = re.compile(r"products?|items?|articles?|things?|skus?|variants?")
_PEOPLE = re.compile(rf"(?:{PEOPLE})")


class Lead(NamedTuple):
    start: int
    is_negative: bool
    is_linked: bool
    is_used: bool
    """Whether a verb leads to it (`used`, `paid`)."""


def read(reading: Reading, known: Known) -> None:
    """The clauses of the question, from left to right; what is left is said plainly anew."""
    place, before = 0, reading.line.text
    while place < len(reading.line.text.split()):
        place = _read_at(reading, known, place)
    if reading.line.text != before:
        reading.line = Line(phrasing.rephrased(reading.line.text))


def _read_at(reading: Reading, known: Known, place: int) -> int:
    """Where to go on."""
    tokens = reading.line.text.split()
    group = _group(tokens, place, reading)
    if not group:
        return place + 1
    after = _end(tokens, place, len(group))
    named = [reading.named[each][0] for each in group]
    lead = _lead(tokens, place)
    if not _is_clause(reading, tokens, named, lead, after):
        return after
    _put(reading, named, known, is_negative=lead.is_negative)
    rest = " ".join(tokens[after:])
    if found := _AFTER[named[0].field].match(f" {rest}"):
        rest = f" {rest}"[found.end() :]
    left = tokens[: lead.start]
    if left[-2:] == ["all", "orders"]:
        del left[-2]  # Those of the clause, and not of every status.
    reading.line.text = f" {' '.join([*left, *rest.split()])} "
    return len(left)


def _mark(token: str) -> int | None:
    return int(token[2:]) if re.fullmatch(r"@x\d+", token) else None


def _group(tokens: list[str], place: int, reading: Reading) -> list[int]:
    """The names of one field that stand there, joined by `and` or `or`."""
    first = _mark(tokens[place])
    if first is None or reading.named[first][0].field not in _FIELDS:
        return []
    field, found, at = reading.named[first][0].field, [first], place + 1
    while (then := _next_of(tokens, at)) is not None:
        mark = _mark(tokens[then])
        if mark is None or reading.named[mark][0].field != field:
            break
        found.append(mark)
        at = then + 1
    return found


_JOINING = frozenset({"and", "or", "nor", ",", "plus"})


def _next_of(tokens: list[str], at: int) -> int | None:
    """Where the next of a list of names would stand."""
    start = at
    while at < len(tokens) and tokens[at] in _JOINING:
        at += 1
    if at == start:
        return None
    while at < len(tokens) and tokens[at] in (
        "the",
        "from",
        "in",
        "to",
        "code",
        "by",
        "with",
        "via",
    ):
        at += 1
    return at if at < len(tokens) else None


def _end(tokens: list[str], place: int, number: int) -> int:
    """Behind the last of so many names."""
    while number:
        number -= _mark(tokens[place]) is not None
        place += 1
    return place


def _lead(tokens: list[str], place: int) -> Lead:
    """The words that lead to a name: prepositions, verbs, relative pronouns, negations, and what
    joins the clause to the words before."""
    walk = _Walk(tokens, place)
    while walk.at > 0 and walk.step():
        pass
    return Lead(walk.at, walk.is_negative, walk.is_linked, walk.is_used)


@dataclass
class _Walk:
    """From a name to the left, a word at a time."""

    tokens: list[str]
    at: int
    is_negative: bool = False
    is_linked: bool = False
    is_used: bool = False
    is_bare: bool = True
    """Whether nothing was met so far that could follow what a name is (`with the code`)."""

    def step(self) -> bool:
        """Whether there may be more."""
        word, before = self.tokens[self.at - 1], self.tokens[self.at - 2] if self.at > 1 else ""
        if word in _STOPS and (self.is_linked or word not in _JOINTS):
            self.at -= 1
            return False
        is_pair = (before, word) in NOT_OF_TWO
        if is_pair or word in NOT:
            self.is_negative = self.is_linked = True
            self.is_bare = False
        elif word in _LINKS:
            if not self._ties(word, before):
                return False
        elif word in _RELATIVE and self.at > 1:
            self.is_linked = True
        elif not self._belongs(word, before):
            return False
        self.at -= 2 if is_pair else 1
        return True

    def _ties(self, word: str, before: str) -> bool:
        is_of_subject = self.at < 3 or self.tokens[self.at - 3] not in _RELATIVE
        is_verb = word in _VERBS and not word.endswith("ing")  # `new customers paying with`
        if is_verb and before in _BUYERS and is_of_subject:
            return False  # `that new customers placed`
        if word == "by" and before in ("split", "grouped"):
            return False
        self.is_linked, self.is_bare = True, False
        self.is_used = self.is_used or word in _VERBS
        return True

    def _belongs(self, word: str, before: str) -> bool:
        """Whether a word that ties nothing is of the clause."""
        if word in ("orders", "sales", "purchases"):  # `excluding orders from`
            return before in NOT or (
                before in ("the", "any", "all") and self.at > 2 and self.tokens[self.at - 3] in NOT
            )
        if word in _BUYERS:
            return before in _BEFORE_BUYERS and not (before in _RELATIVE and self.at < 3)
        if word in _WHAT:
            return self.is_bare and before not in ("by", "per", "each", "which", "what")
        return word in _AUXILIARIES


def _is_clause(
    reading: Reading, tokens: list[str], named: list[Named], lead: Lead, after: int
) -> bool:
    """Whether the name is a condition of what stands before, and not what the question is about."""
    if not named[0].is_there:
        return False
    if (
        named[0].field == "category"
        and tokens[after : after + 1]
        and _GOODS_NOUN.fullmatch(tokens[after])
    ):
        return not reading.is_facing and "vs" not in tokens  # `the 3 apparel products that …`
    if not lead.is_linked:
        return False
    before, behind = tokens[max(0, lead.start - 1) : lead.start], tokens[after : after + 1]
    if reading.is_facing or {*before, *behind} & _FACING or lead.start == 0:
        return False
    if before[0] in _DOING or (_PEOPLE.fullmatch(before[0]) and {*behind} & _BUYING):
        return False
    if named[0].field in _GOODS:
        return _is_of_goods(tokens, lead, len(named))
    if tokens[lead.start] == "on" and named[0].field != "channel":
        return False
    left = " ".join(tokens[: lead.start])
    if named[0].field == "coupon" or lead.is_used:
        return _OF_ORDERS.search(left) is not None
    return True


_TOGETHER = frozenset(
    {"together", "both", "also", "bundle", "combined", "combination", "as", "often"}
)


def _is_of_goods(tokens: list[str], lead: Lead, number: int) -> bool:
    """`orders with candles`: what orders hold. Two things in one order are a pair, and no
    condition; what is sold or in stock is read elsewhere."""
    before = tokens[: lead.start]
    is_of_orders = "orders" in before or "order" in before[-2:]
    return is_of_orders and number == 1 and _TOGETHER.isdisjoint(tokens) and "most" not in tokens


def _put(reading: Reading, named: list[Named], known: Known, *, is_negative: bool) -> None:
    for each in named:
        filters.add_name(reading, each, known, negative=is_negative)


_THOSE = (
    r"(?: ,)?(?: (?:and|but))? (?P<how>(?:only|just)(?: (?:for|in|of|from|on))?|for|of|from|in|on|among) (?:the |all |those )?"
    r"(?:orders|purchases|baskets)\b(?! (?:with|using|having|that (?:had|have|used|use)) (?:an? |any )?(?:coupons?|codes?|discounts?|vouchers?|promos?|promo))(?! (?:values?|sizes?|totals?|amounts?|per|status|count|volume|and|or|vs)\b)"
)
_COUNTED = r"\b(?:number|count|no|volume|amount|list|value|total|quantity|share|percent|percentage|proportion|distribution|status|sum|totals|growth|change|changes|trend|evolution|development|increase|decrease|drop|rise|difference|course) $"
_DONE = r"\b(?:made|make|makes|earn|earns|earned|turn over|turned over|sell|sold|business|money|brings?|brought|units|products|how much|how many (?:\w+ )?(?:customers?|people))\b"


def read_those(reading: Reading) -> None:
    """`revenue by country for orders over 80`: which orders another figure is of is no figure."""
    line = reading.line
    for found in compiled(_THOSE).finditer(line.text):
        left = f"{line.text[: found.start()]} "
        if compiled(_COUNTED).search(left):
            continue
        is_alone = found["how"].startswith(("only", "just"))
        is_of_other = metrics.is_of_other(left, "orders") or compiled(_DONE).search(left)
        if is_of_other or (is_alone and len(left.split()) > 1):
            line.text = f"{line.text[: found.start()]} ~{line.text[found.end() :]}"
            reading.is_of_orders = True
            return


def words() -> frozenset[str]:
    """Words of clauses, which are spelled right."""
    return frozenset(
        {*_LINKS, *NOT, *_AUXILIARIES, *_RELATIVE, *(one for two in NOT_OF_TWO for one in two)}
    )
