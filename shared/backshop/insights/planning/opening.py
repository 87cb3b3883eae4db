"""A question as a line in the planner's own words, with the names of the store marked in it."""

from __future__ import annotations

import re

from backshop.insights.planning import (
    asides,
    colloquial,
    correcting,
    declining,
    following,
    goods,
    lexicon,
    names,
    phrasing,
    times,
)
from backshop.insights.planning.chat import EVENTS
from backshop.insights.planning.models import Asked, Known
from backshop.insights.planning.reading import Reading, Refused, declined
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

MOST_WORDS = 80
"""Of a question; a longer one is no question of numbers."""


def opened(asked: Asked, known: Known) -> Reading:
    """The question as a line with the store's names marked in it, of which nothing is read yet.
    Raises Refused."""
    return opened_at(asked, known, now_of(asked, known), told_of(asked, known))


def now_of(asked: Asked, known: Known) -> times.Now:
    return times.Now(asked.day, asked.week_start, known.currency not in ("USD", "PHP"))


def told_of(asked: Asked, known: Known) -> asides.Told:
    held = names.index(known)
    text = re.sub(r"sha256:\w+", " ", asked.text)
    return asides.told_apart(text, lambda word: held.has(folded(word)) or word in held.categories)


def opened_at(asked: Asked, known: Known, now: times.Now, told: asides.Told) -> Reading:
    """The line, with the store's names marked in it."""
    held, found = names.index(known), names.Found()
    declining.decline_one_person(asked.text)
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
        raise Refused(declined("That is longer than a question of numbers; ask in one sentence."))
    line = names.marked_codes(line, held, found, lexicon.own_words())
    line = numbered(without_hyphens(line))
    line = _spelled(colloquial.plainly(line, held.may_be_named), held)
    declining.decline_gift_cards(line, held)
    line = re.sub(
        rf"\b(?:{lexicon.FEASTS}|christmas|xmas) month\b(?=.*\b{times.MONTH}\b)", "the month", line
    )
    line = names.marked_names(line, held, found, lexicon.own_words())
    line = names.marked_others(line, held, found)
    line = names.marked_parts_facing(line, held, found, lexicon.own_words())
    line = names.marked_parts_left_out(line, held, found, lexicon.own_words())
    line = re.sub(r"\b(?:chinese|lunar) new year\b", "lunarnewyear", line)
    return goods.as_products(names.marked_countries(line, text, known, found), known)


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
