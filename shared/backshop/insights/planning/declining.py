"""What has no answer: it is refused, naming what is missing and the nearest question that has
one."""

from __future__ import annotations

import re

from backshop.insights.planning import asides, learned, lexicon, names, places, second, times
from backshop.insights.planning.lexicon import MISSING
from backshop.insights.planning.models import Declined, Known
from backshop.insights.planning.patterns import Patterns
from backshop.insights.planning.reading import Reading, Refused, declined
from backshop.insights.planning.text import Line, folded, plain_line
from backshop.insights.planning.things import THINGS
from backshop.insights.semantic.checking import checked
from backshop.insights.semantic.metrics import METRICS
from backshop.insights.semantic.models import (
    Calendar,
    Dimension,
    Limit,
    Meaningless,
    Period,
    SemanticQuery,
)
from backshop.insights.semantic.wording import plain, reads_as

_PERSON = (
    r"\b(?:from|of|by|for|to|did|does|has|have|is|was|customer|client|buyer)"
    r" (?:(?:the|our|my|customer|client|buyer) )*sha256:\w+"
    r"|sha256:\w+(?:'s)? (?:has |have |did )?(?:order|buy|bought|sp[ea]nt|purchas|return|sales|revenue)"
)


def decline_one_person(text: str) -> None:
    """An address, which stands here as its hash, names a customer: figures of all are no answer."""
    if re.search(_PERSON, text, re.IGNORECASE):
        missing = "single customers by address"
        said = "Customers are known by pseudonyms alone: one is not looked up by address."
        raise Refused(declined(said, [missing], lexicon.NEAREST_CUSTOMERS))


def decline_gift_cards(line: str, held: names.Index) -> None:
    """Before a category of gifts is found in them."""
    if re.search(r"\bgift ?cards?\b", line) and not (held.has("card") or held.has("giftcard")):
        lacking = next(each for each in MISSING if each.missing[0] == "gift cards and tips")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(declined(lacking.text, lacking.missing, nearest))


def decline_what_is_no_question(line: Line) -> None:
    if line.has(lexicon.HOSTILE):
        raise Refused(
            declined(
                "Questions are about this store's own numbers, and about nothing else.",
                ["anything but this store's numbers"],
            )
        )
    if line.has(lexicon.ACTIONS):
        raise Refused(
            declined(
                "Nothing can be changed or sent from here: questions are answered, and that is all.",
                ["changes to the shop"],
            )
        )
    if line.has(lexicon.HELLO) or not line.words():
        raise Refused(
            declined(
                "Ask about sales, orders, customers, products, refunds, coupons or stock, and a period."
            )
        )
    if line.has(lexicon.ADVICE):
        raise Refused(
            declined(
                "There is no advice here, only what the numbers are.",
                ["advice"],
                lexicon.NEAREST_PRODUCTS,
            )
        )
    if line.has(lexicon.CAUSES):
        raise Refused(
            declined(
                "The numbers say what happened, and not why.",
                ["causes", "reasons of refunds"] if line.has(lexicon.GIVEN_BACK) else ["causes"],
                lexicon.NEAREST_CHANGE,
            )
        )


def decline_what_it_stands_for(line: Line, aside: str, known: Known) -> None:
    """`we bought dog coats, how many of them have we sold`: what is told of is asked about, and is
    not known."""
    if not line.has(asides.OF_WHAT_WAS_TOLD):
        return
    told = Line(plain_line(aside))
    for each in (MISSING[place] for place in _MISSING.places(told.text)):
        if told.has(each.pattern):
            nearest = (each.nearest_text, each.nearest)
            raise Refused(declined(each.text, each.missing, nearest))
    things = "|".join(_things(told, names.index(known)))
    if things and (found := told.find(_GOT.format(things))):
        raise Refused(not_there(found[1], Reading(line, []), known))


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


_KNOWN_AFTER_ALL = {
    "forecasts": "days_of_stock",
    "carts": "co_purchase_count",
    "single orders": "customers_at_risk",
}
"""What runs out is asked about days to come, who stays away about a last order."""


_MISSING = Patterns(each.pattern for each in MISSING)


def missing_of(reading: Reading, known: Known) -> lexicon.Missing | None:
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


def decline_what_is_missing(reading: Reading, lacking: lexicon.Missing | None) -> None:
    if lacking is None or _KNOWN_AFTER_ALL.get(lacking.missing[0]) in reading.metrics:
        return
    if second.is_told(reading) and not _is_of_figures(reading.whole, lacking):
        return
    if lacking.missing[0] == "single orders" and any(
        each.field == Limit.DAYS_SINCE_LAST_ORDER for each in reading.filters
    ):
        return
    nearest = (lacking.nearest_text, lacking.nearest)
    raise Refused(declined(lacking.text, lacking.missing, nearest))


def decline_as_others(seen: learned.Seen, told: asides.Told) -> None:
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
        raise Refused(declined(text, [missing or "what is asked for"]))
    raise Refused(declined(found.text, found.missing, (found.nearest_text, found.nearest)))


def decline_what_is_to_come(reading: Reading, period: Period | None, now: times.Now) -> None:
    if not times.is_to_come(period, now):
        return
    if second.is_told(reading):  # `trade fair next week, who are our best customers`
        reading.period = None
    else:
        lacking = next(each for each in MISSING if each.missing[0] == "forecasts")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(declined(lacking.text, lacking.missing, nearest))


def decline_number(what: str | None) -> None:
    raise Refused(
        declined(
            "Orders can be limited by their total, customers by their orders, money and last"
            " order, products by their stock; not by what is asked here.",
            [f"a limit by{what or ' that number'}"],
            lexicon.NEAREST_SALES,
        )
    )


def not_there(said: str, reading: Reading, known: Known) -> Declined:
    near = names.nearest(said, known)
    metric = reading.metrics[0] if reading.metrics else "product_net_sales"
    text = f"The store has no product, category, country or code named {plain(said[:60])}."
    if not near:
        return declined(text, [f"{said[:60]}"], lexicon.NEAREST_PRODUCTS)
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


def decline_past_stock(reading: Reading) -> None:
    """States of now have no past: a period but the current one asks for it."""
    metric = METRICS[reading.metrics[0]]
    held = reading.period
    is_now = held is None or (isinstance(held, Calendar) and held.offset == 0)
    if metric.has_time or metric.name == "sync_freshness":
        return
    if not is_now or reading.grain or reading.has_trend or reading.compare:
        lacking = next(each for each in MISSING if each.missing[0] == "past stock")
        nearest = (lacking.nearest_text, lacking.nearest)
        raise Refused(declined(lacking.text, lacking.missing, nearest))


def meaningless(query: SemanticQuery, wrong: Meaningless) -> Declined:
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
