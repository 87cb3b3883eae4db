"""The deterministic planner: a question's parts are taken out of its line one after the other, and
put together as a query. What cannot be said in a query is declined, naming what is missing.

Pure; the store's names, the day and the conversation's query are arguments.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Any

from backshop.insights.planning import (
    asides,
    clauses,
    colloquial,
    correcting,
    facing,
    filters,
    following,
    goods,
    learned,
    lexicon,
    limits,
    metrics,
    names,
    phrasing,
    places,
    ranking,
    second,
    times,
    twofold,
)
from backshop.insights.planning.chat import EVENTS
from backshop.insights.planning.lexicon import DIMENSION_NOUNS, MISSING, PEOPLE
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.names import Named
from backshop.insights.planning.patterns import Patterns
from backshop.insights.planning.text import (
    Line,
    folded,
    in_one_word,
    mended,
    numbered,
    plain_line,
    without_hyphens,
)
from backshop.insights.planning.things import THINGS
from backshop.insights.semantic.checking import RANKED, checked, wants_ten
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    AllTime,
    Calendar,
    Dimension,
    Filter,
    LastN,
    Limit,
    Meaningless,
    NamedMonth,
    NamedQuarter,
    Period,
    Range,
    SemanticQuery,
    Unit,
)
from backshop.insights.semantic.wording import plain, reads_as

D = Dimension
MOST_WORDS = 80
"""Of a question; a longer one is no question of numbers."""


@dataclass
class Reading:
    """What has been understood so far."""

    line: Line
    named: list[tuple[Named, ...]]
    whole: str = ""
    """The line as it was, before anything was taken out."""
    metrics: list[str] = field(default_factory=list)
    dimensions: list[Dimension] = field(default_factory=list)
    grain: Unit | None = None
    period: Period | None = None
    compare: str | None = None
    filters: list[Filter] = field(default_factory=list)
    top_n: int | None = None
    wants_all: bool = False
    notes: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    has_trend: bool = False
    ever: bool = False
    """Whether the question is of all time, should it name no period."""
    is_ranked: bool = False
    sign: int = 0
    """Whether the question is of the largest (1) or the smallest (-1)."""
    as_many: int = 0
    """Of a question that goes on: how many rows it wants (`make it ten`)."""
    shift: str = ""
    """Of a question that goes on: by what its period goes back from the old one."""
    compare_before: bool = False
    is_about_it: bool = False
    is_of_orders: bool = False
    """Whether orders are named as what another figure is of."""
    is_facing: bool = False
    """Whether names are set against each other."""
    has_faced: bool = False
    """Whether names, days or types of customers of a kind are its rows for that."""
    is_against: bool = False
    """Whether a question that goes on sets the old period against another."""
    is_stepwise: bool = False
    """Month over month, and the like."""
    defaulted: list[str] = field(default_factory=list)
    rows_of: str = ""
    """How the question calls a class of products whose best it asks for."""
    seen: learned.Seen | None = None
    """Of a second reading: what such questions are about."""


class Refused(Exception):
    def __init__(self, declined: Declined) -> None:
        super().__init__(declined.text)
        self.declined = declined


def plan(asked: Asked, known: Known) -> Plan | Declined:
    """What the question means, or why it has no answer."""
    try:
        return _plan(asked, known, _told(asked, known))
    except Refused as refused:
        declined = refused.declined
    if not _OF_THE_WHOLE.isdisjoint(declined.missing):
        return declined
    made = _without_what_is_told(asked, known, declined)
    if isinstance(made, Plan) or asked.before is not None or asked.offered is not None:
        return made
    return _read_anew(asked, known, _told(asked, known)) or made


def _read_anew(asked: Asked, known: Known, told: asides.Told) -> Plan | None:
    """By a second reading; None where it comes to nothing."""
    try:
        return _plan(asked, known, told, is_second=True)
    except Refused:
        return None


_OF_THE_WHOLE = frozenset(
    {
        "one question at a time",
        "single customers by address",
        "changes to the shop",
        "anything but this store's numbers",
        "advice",
    }
)
"""What is missing of a question, whatever stands around it."""
_TRIED = 3
"""Places where a question that means nothing may begin otherwise."""


def _without_what_is_told(asked: Asked, known: Known, declined: Declined) -> Plan | Declined:
    """A story that holds a word of what is not known refuses no question beside it. What the
    question calls `it` has to be known, though."""
    for told in islice(asides.told_otherwise(asked.text), _TRIED):
        try:
            return _plan(asked, known, told, is_sure=False)
        except Refused:
            continue
    return declined


def opened(asked: Asked, known: Known) -> Reading:
    """The question as a line with the store's names marked in it, of which nothing is read yet.
    Raises Refused."""
    return _opened(asked, known, _now(asked, known), _told(asked, known))


def _now(asked: Asked, known: Known) -> times.Now:
    return times.Now(asked.day, asked.week_start, known.currency not in ("USD", "PHP"))


def _told(asked: Asked, known: Known) -> asides.Told:
    held = names.index(known)
    text = re.sub(r"sha256:\w+", " ", asked.text)
    return asides.told_apart(text, lambda word: held.has(folded(word)) or word in held.categories)


def _plan(
    asked: Asked,
    known: Known,
    told: asides.Told,
    *,
    is_sure: bool = True,
    is_second: bool = False,
) -> Plan:
    now = _now(asked, known)
    reading = _opened(asked, known, now, told)
    if not is_sure and reading.line.has(asides.UNKNOWN_IT):
        raise Refused(_declined("What is asked about is not known."))
    if told.aside and names.MARK not in reading.line.text:
        _decline_what_it_stands_for(reading.line, told.aside, known)
    line = reading.line
    if is_second:
        reading.seen = _seen(reading)
    if asked.offered and line.has(following.YES):
        return finished(asked.offered, Reading(line, []))
    reading.is_about_it = line.has(following.IT)
    following_up = asked.before is not None and following.is_cue(line)
    _decline_what_is_no_question(line)
    _decline_two_at_once(reading, asked, known, now)
    if line.take(r"\b(?:financial|fiscal|business)(?= (?:year|quarter)\b)"):
        line.text = re.sub(r" ~ (?=(?:year|quarter)\b)", " ", line.text)
        reading.notes.append("Years and quarters are those of the calendar.")
    lacking = _missing(reading, known)
    metrics.read_less_refunds(line)
    _read_order_values(reading)
    facing.read(reading)
    filters.read_facing(reading)
    filters.read_codes_beside(reading)
    filters.read_without_codes(reading)
    clauses.read(reading, known)
    filters.read_row_limits(reading)
    filters.read_left_out(reading)
    filters.read_customer_types(reading)
    limits.read(reading)
    clauses.read_those(reading)
    filters.read_spoken_statuses(reading, known)
    metrics.read_segment(reading)
    metrics.read_idioms(reading)
    _decline_what_is_missing(reading, lacking)
    filters.read_classes(reading, known)
    if asked.before is not None:
        following.read_shift(reading)
    _read_comparison(reading, known, now)
    filters.read_names(reading, known)
    _read_dimensions(reading)
    ranking.read(reading)
    metrics.read(reading)
    if asked.before is not None and following.is_about_it(asked.before, reading, cued=following_up):
        _take_words_of_names(reading, known)
        return finished(following.changed(asked.before, reading, now), reading, before=asked.before)
    _check_left(reading, known)
    return _completed(reading, asked, known, told)


def _completed(reading: Reading, asked: Asked, known: Known, told: asides.Told) -> Plan:
    """The plan of what was read, or of a second reading where that is much likelier."""
    if reading.seen:
        second.settle(reading, reading.seen)
    is_named = bool(reading.metrics)
    _complete(reading, asked.day)
    made = finished(_query(reading), reading)
    if reading.seen:
        return made
    seen = learned.seen(reading.whole, reading.named)
    _decline_as_others(seen, told)
    if asked.before is not None or reading.has_faced:
        return made
    if not second.is_doubtful(made.query, seen, is_named=is_named):
        return made
    return _read_anew(asked, known, told) or made


def _seen(reading: Reading) -> learned.Seen:
    """What such questions are about. Raises Refused where that may well be nothing of the data."""
    seen = learned.seen(reading.line.text, reading.named)
    if seen.missing > second.MAY_BE_MISSING:
        raise Refused(_declined("What is asked about is not known."))
    return seen


def _is_told(reading: Reading) -> bool:
    """Of a second reading: whether words of what is not in the data are only a part of a story."""
    return reading.seen is not None and reading.seen.missing < second.HARDLY_MISSING


def _decline_as_others(seen: learned.Seen, told: asides.Told) -> None:
    """Where such questions ask for what is not in the data. Raises Refused."""
    if seen.missing < second.MISSING_AS_TOLD:
        return
    aside = Line(plain_line(told.aside)) if told.aside else None
    found = next((each for each in MISSING if aside and aside.has(each.pattern)), None)
    missing = second.what_is_missing(seen, is_told=found is not None)
    if missing is None:
        return
    found = next((each for each in MISSING if missing in each.missing), found)
    if found is None:
        text = "That is not part of these numbers."
        raise Refused(_declined(text, [missing or "what is asked for"]))
    raise Refused(_declined(found.text, found.missing, (found.nearest_text, found.nearest)))


# ------------------------------------------------------------------------------- opening


def _opened(asked: Asked, known: Known, now: times.Now, told: asides.Told) -> Reading:
    """The line, with the store's names marked in it."""
    held, found = names.index(known), names.Found()
    _decline_one_person(asked.text)
    line = _marked(told.question, known, held, found)
    aside = numbered(without_hyphens(plain_line(told.aside))) if told.aside else ""
    line = asides.dated(line, aside)
    if told.aside and asides.refers(line):
        line = asides.resolved(line, _marked_aside(told.aside, known, held, found), found.names)
    line = names.without_kinds(line, held)
    line = phrasing.rephrased(correcting.corrected(line, found.names, now))
    line = in_one_word(line)
    if asked.before is not None:
        line = following.spoken_then(line, asked.before)
    return Reading(Line(line), found.names, line)


def _decline_what_it_stands_for(line: Line, aside: str, known: Known) -> None:
    """`we bought dog coats, how many of them have we sold`: what is told of is asked about, and is
    not known."""
    if not line.has(asides.OF_WHAT_WAS_TOLD):
        return
    told = Line(plain_line(aside))
    for each in (MISSING[place] for place in _MISSING.places(told.text)):
        if told.has(each.pattern):
            nearest = (each.nearest_text, each.nearest)
            raise Refused(_declined(each.text, each.missing, nearest))
    things = "|".join(_things(told, names.index(known)))
    if things and (found := told.find(_GOT.format(things))):
        raise Refused(_not_there(found[1], Reading(line, []), known))


_GOT = (
    r"\b(?:bought|sell|sells|sold|selling|got|ordered|stock|launched|made|added|introduced)"
    r" (?:some |a few |the |new |our |an? )*((?:[a-z]+ )?(?:{}))\b"
)


def _things(told: Line, held: names.Index) -> list[str]:
    own = lexicon.own_words()
    return [
        each
        for each in told.words()
        if each in THINGS and each not in own and not held.may_be_named(folded(each))
    ]


def _marked_aside(text: str, known: Known, held: names.Index, found: names.Found) -> str:
    """What only is told may be of anything, and refuses nothing."""
    try:
        return _marked(text, known, held, found)
    except Refused:
        return ""


def _marked(text: str, known: Known, held: names.Index, found: names.Found) -> str:
    """The text as a line, spelled right, with the store's names marked in it."""
    line = plain_line(text).replace("@", " ")  # No mark but those that are set here.
    if len(line.split()) > MOST_WORDS:
        raise Refused(_declined("That is longer than a question of numbers; ask in one sentence."))
    line = names.marked_codes(line, held, found, lexicon.own_words())
    line = numbered(without_hyphens(line))
    line = _spelled(colloquial.plainly(line, held.may_be_named), held)
    _decline_gift_cards(line, held)
    line = re.sub(
        rf"\b(?:{lexicon.FEASTS}|christmas|xmas) month\b(?=.*\b{times.MONTH}\b)", "the month", line
    )
    line = names.marked_names(line, held, found, lexicon.own_words())
    line = names.marked_others(line, held, found)
    line = names.marked_parts_facing(line, held, found, lexicon.own_words())
    line = names.marked_parts_left_out(line, held, found, lexicon.own_words())
    line = re.sub(r"\b(?:chinese|lunar) new year\b", "lunarnewyear", line)
    return goods.as_products(names.marked_countries(line, text, known, found), known)


_PERSON = (
    r"\b(?:from|of|by|for|to|did|does|has|have|is|was|customer|client|buyer)"
    r" (?:(?:the|our|my|customer|client|buyer) )*sha256:\w+"
    r"|sha256:\w+(?:'s)? (?:has |have |did )?(?:order|buy|bought|sp[ea]nt|purchas|return|sales|revenue)"
)


def _decline_one_person(text: str) -> None:
    """An address, which stands here as its hash, names a customer: figures of all are no answer."""
    if re.search(_PERSON, text, re.IGNORECASE):
        missing = "single customers by address"
        said = "Customers are known by pseudonyms alone: one is not looked up by address."
        raise Refused(_declined(said, [missing], lexicon._CUSTOMERS))


def _decline_gift_cards(line: str, held: names.Index) -> None:
    """Before a category of gifts is found in them."""
    if re.search(r"\bgift ?cards?\b", line) and not (held.has("card") or held.has("giftcard")):
        lacking = next(each for each in MISSING if each.missing[0] == "gift cards and tips")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(_declined(lacking.text, lacking.missing, nearest))


def _spelled(line: str, held: names.Index) -> str:
    english = lexicon.english()
    known = frozenset(
        each
        for each in line.split()
        if not {each, folded(each), f"{each}s"}.isdisjoint(english)
        or not {each, folded(each)}.isdisjoint(THINGS)
        or each in EVENTS
        or held.speaks(each)
        or held.may_be_named(folded(each))
    )
    return mended(line, known, lambda: held.targets)


def _declined(
    text: str, missing: Sequence[str] = (), nearest: tuple[str, dict[str, Any]] = lexicon._NET
) -> Declined:
    return Declined(text, tuple(missing), SemanticQuery.model_validate(nearest[1]), nearest[0])


def _decline_what_is_no_question(line: Line) -> None:
    if line.has(lexicon.HOSTILE):
        raise Refused(
            _declined(
                "Questions are about this store's own numbers, and about nothing else.",
                ["anything but this store's numbers"],
            )
        )
    if line.has(lexicon.ACTIONS):
        raise Refused(
            _declined(
                "Nothing can be changed or sent from here: questions are answered, and that is all.",
                ["changes to the shop"],
            )
        )
    if line.has(lexicon.HELLO) or not line.words():
        raise Refused(
            _declined(
                "Ask about sales, orders, customers, products, refunds, coupons or stock, and a period."
            )
        )
    if line.has(lexicon.ADVICE):
        raise Refused(
            _declined(
                "There is no advice here, only what the numbers are.", ["advice"], lexicon._PRODUCTS
            )
        )
    if line.has(lexicon.CAUSES):
        raise Refused(
            _declined(
                "The numbers say what happened, and not why.",
                ["causes", "reasons of refunds"] if line.has(lexicon.GIVEN_BACK) else ["causes"],
                lexicon._CHANGE,
            )
        )


def _decline_two_at_once(reading: Reading, asked: Asked, known: Known, now: times.Now) -> None:
    first = twofold.first_of_two(reading.line.text, reading.named, now)
    if first is None:
        return
    made = plan(replace(asked, text=first, before=None), known)
    nearest = (made.query, first.strip()) if isinstance(made, Plan) else (None, "")
    text = "These are two questions: ask them one after the other."
    raise Refused(Declined(text, ("one question at a time",), *nearest))


_KNOWN_AFTER_ALL = {
    "forecasts": "days_of_stock",
    "carts": "co_purchase_count",
    "single orders": "customers_at_risk",
}
"""What runs out is asked about days to come, who stays away about a last order."""


def _read_order_values(reading: Reading) -> None:
    """`orders by order value` are its classes; a rank by it is of the average."""
    if reading.line.has(
        r"\b(?:countr|product|categor|channel|customer|payment|coupon|top|best|rank)\w*"
    ):
        return
    if reading.line.take(
        r"\bby (?:order|basket|cart) (?:values?|sizes?|totals?|amounts?)(?: (?:buckets?|ranges?|bands?|class(?:es)?|brackets?))?\b"
    ):
        _add(reading, D.ORDER_VALUE_BUCKET)


_MISSING = Patterns(each.pattern for each in MISSING)


def _missing(reading: Reading, known: Known) -> lexicon.Missing | None:
    """What of the question is no data; a status that the store has is."""
    if _asks_what_a_thing_cost(reading):
        return next(each for each in MISSING if each.missing[0] == "cost prices")
    has_place = places.has_one(reading.line.text, names.index(known).speaks)
    statuses = " ".join(known.statuses).lower()
    for place in _MISSING.places(reading.line.text):
        each = MISSING[place]
        if has_place and each.missing[0] != "deliveries":
            continue
        found = reading.line.find(each.pattern)
        if found and not (each.missing[0] == "deliveries" and found[0].strip() in statuses):
            return each
    return _CITIES if has_place else None


_CITIES = next(each for each in MISSING if each.missing[0] == "cities and regions")


def _asks_what_a_thing_cost(reading: Reading) -> bool:
    """Of a code that is the discounts it gave."""
    found = reading.line.find(
        r"\b(?:what|how much) (?:do|did|does) (?:the |our |an? |each |every |one )?@x(\d+) costs? (?:us|me)\b"
    )
    return found is not None and reading.named[int(found[1])][0].field != "coupon"


def _is_of_figures(line: str, lacking: lexicon.Missing) -> bool:
    """Whether a word of what is not in the data says what figures are of, and tells of nothing."""
    before, behind = rf"{_FROM} (?:\w+ )?{lacking.pattern}", rf"{lacking.pattern} {_FIGURES}"
    return Line(line).has(before) or Line(line).has(behind)


_FROM = r"\b(?:from|by|per|through|via|thanks to)(?: (?:the|our|my|an?))?"
_FIGURES = r"(?:revenue|sales|turnover|income|orders|purchases|refunds|returns|discounts|customers|costs?|fees|invoices)\b"


def _decline_what_is_missing(reading: Reading, lacking: lexicon.Missing | None) -> None:
    if lacking is None or _KNOWN_AFTER_ALL.get(lacking.missing[0]) in reading.metrics:
        return
    if _is_told(reading) and not _is_of_figures(reading.whole, lacking):
        return
    if lacking.missing[0] == "single orders" and any(
        each.field == Limit.DAYS_SINCE_LAST_ORDER for each in reading.filters
    ):
        return
    nearest = (lacking.nearest_text, lacking.nearest)
    raise Refused(_declined(lacking.text, lacking.missing, nearest))


# ------------------------------------------------------------------------------- parts


_NOT_COMPARED = (
    "A period is compared with the one before, the same a year before, or a month, quarter or day"
    " by name: ask for the two one after the other."
)


_AGAINST = r"^ (?:(?:and|now|ok|please) )?(?:vs|against|compared? (?:it |that |this |them )?(?:to|with|against))\b"


def _read_comparison(reading: Reading, known: Known, now: times.Now) -> None:
    line = reading.line
    while line.take(
        r"\b(?:by|per|for each|each) (?:month of (?:the )?year|calendar months?)\b|\b(?:which|what) months?\b(?= (?:[~%\w]+ ){0,3}(?:usually|typically|normally|generally|always|tend))|\b(?:seasonality|seasonal(?: pattern| trend)?s?)\b"
    ):
        _add(reading, D.MONTH)
    if line.has(times.TREND):
        reading.has_trend = True
        line.take(times.TREND)
    reading.is_stepwise = line.has(times.STEPWISE)
    reading.grain = reading.grain or times.grain(line)
    reading.is_against = line.has(_AGAINST)
    if line.has(times.VAGUE_THIRD) and not line.has(r"\b(?:since|until|till|by|before|from)\b"):
        reading.notes.append(
            "Of a month, early is taken as the days to the 10th, mid to the 20th, late from the 21st."
        )
    if line.has(r"\bfy20\d\dto20\d\d\b"):
        reading.notes.append("The financial year is taken from April to March.")
    held, is_thanksgiving = reading.period, line.has(r"\bthanksgiving\b")
    feast = _feast_marked(line)
    period, compare, other = times.comparison(line, now)
    if other is not None:
        raise Refused(_declined(_NOT_COMPARED, ["a comparison of these periods"]))
    reading.period = held or period
    if feast:
        _decline_feast(reading, feast, known)
    if period is not None:
        filters.read_weekday(reading)
    reading.compare = compare
    _decline_what_is_to_come(reading, period, now)
    if is_thanksgiving and compare:
        raise Refused(_declined(_NOT_COMPARED, ["thanksgiving of another year"]))
    if reading.grain is None:
        reading.grain = times.grain(line)


_ITS_TIME = r"on|during|over|around|for|since|after|before|this|last|at|in"
_ITS_NOUN = r"days?|weeks?|season|period|time|sales?|orders?|revenue|turnover|business|rush"
_FEAST = "afeast"
"""Stands for a feast while periods are looked for, so that no part of it is taken for one."""


def _feast_marked(line: Line) -> str | None:
    found = line.find(rf"\b(?:{lexicon.FEASTS})\b")
    if found is None:
        return None
    line.text = f"{line.text[: found.start()]}{_FEAST}{line.text[found.end() :]}"
    return found[0]


def _decline_feast(reading: Reading, said: str, known: Known) -> None:
    """Diwali or the Christmas season, unless days are named beside it: which days are meant is not
    guessed. A part of a product's name is one, unless it is spoken of as a time."""
    line, held = reading.line, reading.period
    is_dated = isinstance(held, Range | NamedMonth | NamedQuarter) and not _is_whole_years(held)
    is_time = line.has(
        rf"\b(?:{_ITS_TIME}) (?:the )?{_FEAST}\b|\b{_FEAST} (?:{_ITS_NOUN})\b|^ {_FEAST} $"
    )
    of_name = names.of_parts([said], names.index(known)) if " " not in said else None
    line.text = line.text.replace(_FEAST, said if of_name else "~")
    if is_dated or (of_name is not None and not is_time):
        return
    called = plain(said.replace("lunarnewyear", "chinese new year"))
    raise Refused(
        _declined(
            f"Which days {called} means is not known here: name them, such as sales from 1 to 5"
            " November.",
            [f"the dates of {called}"],
        )
    )


def _is_whole_years(held: Period) -> bool:
    return isinstance(held, Range) and (held.end - held.start).days >= 364


def _decline_what_is_to_come(reading: Reading, period: Period | None, now: times.Now) -> None:
    if not times.is_to_come(period, now):
        return
    if _is_told(reading):  # `trade fair next week, who are our best customers`
        reading.period = None
    else:
        lacking = next(each for each in MISSING if each.missing[0] == "forecasts")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(_declined(lacking.text, lacking.missing, nearest))


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


def _read_dimensions(reading: Reading) -> None:
    line = reading.line
    if found := line.take(_ROWS_ACROSS):  # `weekday x hour`
        _add(reading, next(each for each, _ in DIMENSION_NOUNS if found[str(each).upper()]))
        line.text = re.sub(r"~ (?:x|vs) ", "~ x ", line.text)
    while found := line.take(_BY_ROWS):
        _add(reading, next(each for each, _ in DIMENSION_NOUNS if found[str(each).upper()]))
    for (dimension, _), split in zip(DIMENSION_NOUNS, _ROWS_SPLIT, strict=True):
        if line.take(split):
            _add(reading, dimension)
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
            _add(reading, dimension)
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
        _add(reading, dimension)
        line.take(rf"(?<= ){re.escape(found[0])}(?= )")


def _read_rows_alone(reading: Reading) -> None:
    line = reading.line
    _read_catchwords(reading)
    found = None if reading.dimensions else line.find(_ROWS_ALONE)
    if found and (reading.metrics or metrics.said(line.text)):
        _add(reading, next(each for each, _ in _LISTED if found[str(each).upper()]))
        line.text = f"{line.text[: found.start()]} ~ {line.text[found.end() :]}"


def _add(reading: Reading, dimension: Dimension) -> None:
    if dimension not in reading.dimensions:
        reading.dimensions.append(dimension)


# ------------------------------------------------------------------------------- what is left


def _check_left(reading: Reading, known: Known) -> None:
    """Words that nobody understood, where they stand as a name: of products, or of nothing that the
    store has."""
    line = reading.line
    facing = set(re.findall(r"\bvs (?:the |our )?([^\s~@%]+)", line.text))
    while line.take(r"\bvs\b"):
        pass
    if line.has(r"\bbut (?:not|never|have not|has not|did not)\b"):
        asked = ["two conditions at once"]
        raise Refused(_declined("That asks for two things at once: ask for one of them.", asked))
    if reading.seen:
        second.read_numbers(reading, reading.seen)
    _check_numbers(reading)
    _check_hours(reading)
    held = names.index(known)
    left = _name_like(line, _unknown(line), held)
    numbered_name = line.find(r"\b(?:product|item|category|coupon|code|sku|voucher) \d+\b")
    if not left and numbered_name:
        left = numbered_name[0].split()
    elif all(each.isdigit() for each in left):
        left = []  # A number alone is no name.
    if left:
        is_sure = numbered_name is not None or left[0] in facing
        _take_as_name(reading, left, known, is_sure=is_sure)


def _unknown(line: Line) -> list[str]:
    english = lexicon.english()
    return [
        each
        for each in line.words()
        if each not in english
        and folded(each) not in english
        and not each.startswith(("@", "%"))
        and not re.fullmatch(r"[\d.,<>=/¤-]+", each)
    ]


def _take_as_name(reading: Reading, left: list[str], known: Known, *, is_sure: bool) -> None:
    """The words as a name that the store has; words that stand as none are chat. Raises Refused."""
    line, held = reading.line, names.index(known)
    said = " ".join(left)
    is_slip = THINGS.isdisjoint(each for each in left if not held.has(each))
    part = names.of_parts(left, held) or (names.near_enough(said, known) if is_slip else None)
    part = part or names.of_category(left, known)
    if part is None and not is_sure and not _stands_as_name(reading, left, held):
        return
    if part is not None:
        if part.op == "=" and part.value.lower() != said:
            reading.notes.append(f"Taken as {part.value}.")
        for word in left:
            line.take(rf"(?<= ){re.escape(word)}(?= )")
        _without_its_category(reading, part)
        filters.add_name(reading, part, known, negative=filters.is_negative(line))
        return
    if not reading.metrics and not reading.dimensions and reading.period is None:
        raise Refused(
            _declined(
                f"There is nothing in this store's numbers about {plain(said)}.", [plain(said)]
            )
        )
    raise Refused(_not_there(said, reading, known))


def _without_its_category(reading: Reading, part: Named) -> None:
    """A product that is called by one of its words and what it is (`decaf coffee`) is itself."""
    if (part.field, part.op) == ("product", "="):
        reading.filters[:] = [
            each for each in reading.filters if (each.field, each.op) != (D.CATEGORY, "=")
        ]


def _take_words_of_names(reading: Reading, known: Known) -> None:
    """Of a question that goes on, words that only products' names have (`the vanilla one`)."""
    held = names.index(known)
    own = lexicon.own_words()
    words = [each for each in reading.line.words() if each.isalpha() and each not in own]
    if alone := reading.line.find(
        r"^ (?:(?:and|what about|how about|but|ok|now|only|just) )*(?:the |our )?(\w+) ones? $"
    ):
        words = [alone[1]]  # `and the rose ones`
    part = names.of_parts([each for each in words if held.has(folded(each))], held)
    if part is not None:
        filters.add_name(reading, part, known)
    elif words and reading.line.has(_NAMED_THEN.format(re.escape(words[0]))):
        unknown = [each for each in words if each in _unknown(reading.line)]
        if unknown == words:
            _take_as_name(reading, words, known, is_sure=True)


_NAMED_THEN = r"^ (?:(?:and|what|how|ok|now|only|just|but|same) )*(?:for|of|about|in|from|without|excluding|except|only|just) (?:the |our |my )?{}\b"
"""Where a question that goes on names something."""


def _stands_as_name(reading: Reading, left: list[str], held: names.Index) -> bool:
    """Whether unknown words would be a name: after `of`, before `sales`, or like one of the
    store's; others are chat (`what's the damage on refunds`)."""
    line, first, last = reading.line, re.escape(left[0]), re.escape(left[-1])
    if any(re.fullmatch(r"[a-z]{3,}\d+", each) for each in left):
        return True
    said = re.escape(" ".join(left))
    if len(left[0]) > 3 and line.has(
        rf"^ (?:the |our |my )?{said} (?:how (?:many|much)|sold|stock|units)\b"
    ):
        return True  # `hamster cages how many sold`
    if all(_is_adverb(each) for each in left):
        return False
    if line.has(rf"\bby (?:the |our )*{first} (?:sales|revenue|turnover|money|value|spend)\b"):
        return False  # `by attributed revenue`
    if not (reading.metrics or _is_told(reading)) or line.has(
        rf"\b(?:of|for|from|in|by|with|on|about|many|much|selling|called|named|product|item|category|code|coupon|using|than|vs|which|what) (?:the |our |my |all )?{first}\b"
    ):
        return True
    if line.has(
        rf"\b{last} (?:sales|revenue|orders?|turnover|refunds?|stock)\b"
        rf"|\b(?:the|our|my|any) {first}(?: \S+)?? (?:sell|sells|sold|selling)\b"
    ):
        return True
    from rapidfuzz import fuzz, process

    words = [each for each in left if len(each) > 3]
    return any(
        process.extractOne(each, list(held.words), scorer=fuzz.ratio, score_cutoff=84)
        for each in words
    )


def _is_adverb(word: str) -> bool:
    return len(word) > 6 and word.endswith("ly") and word not in THINGS


_PART_OF_DAY = r"(?<!good )\b(?:mornings?|afternoons?|evenings?|nights?|overnight|nocturnal|lunch ?times?|midnight|noon|midday|daytime)\b(?! quick)"


def _check_hours(reading: Reading) -> None:
    """Which hours are the morning is not guessed."""
    is_said = D.HOUR_OF_DAY in reading.dimensions or any(
        each.field == D.HOUR_OF_DAY for each in reading.filters
    )
    found = reading.line.find(_PART_OF_DAY)
    is_greeting = found is not None and reading.line.has(
        rf"^ {found[0]}\b(?! (?:orders|sales|revenue))"
    )
    if found is None or is_said or is_greeting:
        return
    raise Refused(
        _declined(
            f"Which hours {plain(found[0])} means is not known here: name them, such as orders"
            " between 6 am and 12 pm.",
            [f"the hours of {found[0]}"],
            (
                "Orders by hour of the day",
                {
                    "metrics": ["orders"],
                    "dimensions": ["hour_of_day"],
                    "period": {"type": "last_n", "n": 90, "unit": "day"},
                },
            ),
        )
    )


def _check_numbers(reading: Reading) -> None:
    """A limit that nothing was found to limit is not passed over."""
    line = reading.line
    has_rows = bool(reading.dimensions or reading.grain)
    found = line.find(
        rf"\b(?:{filters.N}|{filters.N_PLUS.replace('?P<n>', '?:').replace('?P<pct>', '?:').replace('?P<money>', '?:').replace('?P<tail>', '?:')})(?P<what> [a-z]+)?"
    )
    is_limit = found and (
        not has_rows or found["what"] in (" items", " products", " units", " pieces", " lines")
    )
    if found and is_limit:
        _decline_number(found["what"])


def _check_numbers_left(reading: Reading) -> None:
    """Nor is any other number."""
    if found := reading.line.find(r"(?<![\w@.-])\d[\d.,]*\b(?P<what> [a-z]+)?"):
        _decline_number(found["what"])


def _decline_number(what: str | None) -> None:
    raise Refused(
        _declined(
            "Orders can be limited by their total, customers by their orders, money and last"
            " order, products by their stock; not by what is asked here.",
            [f"a limit by{what or ' that number'}"],
            lexicon._SALES,
        )
    )


def _name_like(line: Line, unknown: list[str], held: names.Index) -> list[str]:
    """The run of words that would be a name, beginning with the first unknown one; words of
    products' names count, too, where they mean nothing else."""
    runs: list[list[str]] = [[]]
    for word in line.text.split():
        is_name = word in unknown or (
            held.has(folded(word))
            and word not in lexicon.own_words()
            and not word.startswith(("@", "%"))
        )
        if is_name:
            runs[-1].append(word)
        elif runs[-1] and not (word.isalpha() and held.has(folded(word))):
            runs.append([])
    return max(runs, key=len)


def _not_there(said: str, reading: Reading, known: Known) -> Declined:
    near = names.nearest(said, known)
    metric = reading.metrics[0] if reading.metrics else "product_net_sales"
    text = f"The store has no product, category, country or code named {plain(said[:60])}."
    if not near:
        return _declined(text, [f"{said[:60]}"], lexicon._PRODUCTS)
    field, name = near[0]
    shown = " or ".join(dict.fromkeys(each[1] for each in near))
    usable = metric if Dimension(field) in METRICS[metric].dimensions else "product_net_sales"
    if field == "coupon" and usable == "product_net_sales" and metric not in METRICS:
        usable = "coupon_net_sales"
    query = {
        "metrics": [usable],
        "period": reading.period.model_dump(mode="json") if reading.period else None,
        "filters": [{"field": field, "op": "=", "value": name}],
    }
    return Declined(
        f"{text} The nearest: {shown}.",
        (said[:60],),
        SemanticQuery.model_validate(query),
        f"The same for {name}",
    )


# ------------------------------------------------------------------------------- together


def _complete(reading: Reading, day: date) -> None:
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
    _check_numbers_left(reading)
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
    if D.COHORT_MONTH in reading.dimensions:
        reading.has_trend = False
    if D.IS_WEEKEND in reading.dimensions:
        reading.filters[:] = [each for each in reading.filters if each.field != D.IS_WEEKEND]
    _without_rows_of_one(reading)
    _decline_past_stock(reading)
    _compare_what_went_up(reading)
    is_growth = reading.metrics[0] == "net_sales_yoy_pct"
    if not (reading.dimensions or reading.compare or reading.grain or is_growth):
        reading.has_trend |= reading.line.has(_IS_GROWING)
    if reading.metrics[0] in _BAD and reading.top_n and reading.line.has(_WORST_OF_BAD):
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


def _keep_each(reading: Reading) -> None:
    """`what stock do we have of each product`: of all, and not of ten."""
    if reading.metrics[0] == "stock_quantity" and not reading.is_ranked:
        reading.wants_all |= Line(reading.whole).has(_OF_EACH)


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


def _decline_past_stock(reading: Reading) -> None:
    """States of now have no past: a period but the current one asks for it."""
    metric = METRICS[reading.metrics[0]]
    held = reading.period
    is_now = held is None or (isinstance(held, Calendar) and held.offset == 0)
    if metric.has_time or metric.name == "sync_freshness":
        return
    if not is_now or reading.grain or reading.has_trend or reading.compare:
        lacking = next(each for each in MISSING if each.missing[0] == "past stock")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(_declined(lacking.text, lacking.missing, nearest))


_GROWS = r"\b(?:grow(?:s|ing|n)?|grew|growth|improv(?:es|ed|ing)|declin(?:e|es|ed|ing)|shrink(?:s|ing)?|shrank|falling|fell|dropp(?:ed|ing)|rising|rose|increas(?:ed|ing)|decreas(?:ed|ing)|gain(?:ed|ing)|los(?:t|ing) (?:ground|sales))\b"


_WENT = r"\b(?:is|are|was|were)\b(?: [~%\w]+){0,4} (?:up|down|higher|lower|better|worse)(?: or (?:up|down|higher|lower|better|worse))?\b(?! than)|\b(?:did|has|have)\b(?: [~%\w]+){0,4} (?:go|gone|went) (?:up|down)\b|\b(?:did|has|have)\b(?: [~%\w]+){0,4} (?:rise|risen|drop|dropped|fall|fallen|increased?|decreased?|improved?|declined?|grow|grown)\b"


_BAD = frozenset({"refunds", "refund_rate", "refunded_orders", "cancel_rate"})
_WORST_OF_BAD = r"\b(?:worst|bad(?:ly)?|poorest|weakest)\b"
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


def _query(reading: Reading) -> SemanticQuery:
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


def finished(
    query: SemanticQuery, reading: Reading | None = None, before: SemanticQuery | None = None
) -> Plan:
    """The query with its defaults, once it means something. Raises Refused."""
    reading = reading or Reading(Line(""), [])
    defaulted = list(reading.defaulted)
    try:
        query = SemanticQuery.model_validate(query.model_dump())
        if query.top_n and not query.dimensions and not query.grain:
            query = query.model_copy(update={"top_n": None})
        if query.period is not None and not any(
            METRICS[each].has_time for each in query.metrics if each in METRICS
        ):
            query = query.model_copy(update={"period": None})
        found = checked(query)
    except Meaningless as wrong:
        raise Refused(_meaningless(query, wrong)) from None
    except ValueError:
        raise Refused(
            _declined("That is more than one question holds; ask for less at once.")
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


def _meaningless(query: SemanticQuery, wrong: Meaningless) -> Declined:
    """What of the query goes together, as the nearest question."""
    names_ = [each for each in query.metrics if each in METRICS][:1] or ["net_sales"]
    metric = METRICS[names_[0]]
    missing = [
        f"{metric.label.lower()} by {each}".replace("_", " ")
        for each in query.dimensions
        if each not in metric.dimensions
    ]
    missing += [
        f"{metric.label.lower()} by {each.field}".replace("_", " ")
        for each in query.filters
        if each.field in Dimension.__members__.values() and each.field not in metric.dimensions
    ]
    kept = SemanticQuery(
        metrics=(names_[0],),
        dimensions=tuple(each for each in query.dimensions if each in metric.dimensions),
        grain=query.grain if metric.has_time else None,
        period=query.period if metric.has_time else None,
        filters=tuple(
            each
            for each in query.filters
            if each.field in Dimension.__members__.values() and each.field in metric.dimensions
        ),
    )
    try:
        nearest: SemanticQuery | None = checked(kept).query
    except Meaningless:
        nearest = None
    return Declined(
        wrong.message,
        tuple(missing) or ("a metric of this kind",),
        nearest,
        reads_as(nearest) if nearest else "",
    )
