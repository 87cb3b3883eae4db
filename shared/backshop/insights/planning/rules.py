"""The deterministic planner: a question's parts are taken out of its line one after the other, and
put together as a query. What cannot be said in a query is declined, naming what is missing.

Pure; the store's names, the day and the conversation's query are arguments.
"""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import islice

from backshop.insights.planning import (
    asides,
    clauses,
    completing,
    declining,
    facing,
    filters,
    following,
    learned,
    leftovers,
    limits,
    metrics,
    names,
    opening,
    periods,
    ranking,
    rows,
    second,
    times,
    twofold,
)
from backshop.insights.planning.models import Asked, Declined, Known, Plan
from backshop.insights.planning.reading import Reading, Refused, declined
from backshop.insights.semantic.models import Dimension, SemanticQuery


def plan(asked: Asked, known: Known) -> Plan | Declined:
    """What the question means, or why it has no answer."""
    try:
        return _plan(asked, known, opening.told_of(asked, known))
    except Refused as refused:
        declined = refused.declined
    if not _OF_THE_WHOLE.isdisjoint(declined.missing):
        return declined
    made = _without_what_is_told(asked, known, declined)
    if isinstance(made, Plan) or asked.before is not None or asked.offered is not None:
        return made
    return _read_anew(asked, known, opening.told_of(asked, known)) or made


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


def _plan(
    asked: Asked,
    known: Known,
    told: asides.Told,
    *,
    is_sure: bool = True,
    is_second: bool = False,
) -> Plan:
    now = opening.now_of(asked, known)
    reading = opening.opened_at(asked, known, now, told)
    if not is_sure and reading.line.has(asides.UNKNOWN_IT):
        raise Refused(declined("What is asked about is not known."))
    if told.aside and names.MARK not in reading.line.text:
        declining.decline_what_it_stands_for(reading.line, told.aside, known)
    line = reading.line
    if is_second:
        reading.seen = _seen(reading)
    if asked.offered and line.has(following.YES):
        return completing.finished(asked.offered, Reading(line, []))
    reading.is_about_it = line.has(following.IT)
    following_up = asked.before is not None and following.is_cue(line)
    declining.decline_what_is_no_question(line)
    _decline_two_at_once(reading, asked, known, now)
    if line.take(r"\b(?:financial|fiscal|business)(?= (?:year|quarter)\b)"):
        line.text = re.sub(r" ~ (?=(?:year|quarter)\b)", " ", line.text)
        reading.notes.append("Years and quarters are those of the calendar.")
    lacking = declining.missing_of(reading, known)
    metrics.read_less_refunds(line)
    rows.read_order_values(reading)
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
    declining.decline_what_is_missing(reading, lacking)
    filters.read_classes(reading, known)
    if asked.before is not None:
        following.read_shift(reading)
    periods.read(reading, known, now)
    filters.read_names(reading, known)
    rows.read(reading)
    ranking.read(reading)
    metrics.read(reading)
    if asked.before is not None and following.is_about_it(asked.before, reading, cued=following_up):
        leftovers.take_words_of_names(reading, known)
        following.whole_names(asked.before, reading, known)
        return completing.finished(_changed(asked.before, reading, now), reading, asked.before)
    leftovers.check(reading, known)
    return _completed(reading, asked, known, told)


def _changed(before: SemanticQuery, reading: Reading, now: times.Now) -> SemanticQuery:
    try:
        return following.changed(before, reading, now)
    except ValueError:  # `and the year before`, of the first that a period may be of
        text = "That is before the calendar of shops begins: ask for a later period."
        raise Refused(declined(text, ["days so long ago"])) from None


def _without_filter_of_all(reading: Reading, known: Known) -> None:
    """`pos vs web`, in a shop that has no other channel: its rows are all of them."""
    if Dimension.CHANNEL in reading.dimensions:
        reading.filters[:] = [
            each
            for each in reading.filters
            if (each.field, each.op) != (Dimension.CHANNEL, "in")
            or not isinstance(each.value, tuple)
            or set(each.value) != set(known.channels)
        ]


def _completed(reading: Reading, asked: Asked, known: Known, told: asides.Told) -> Plan:
    """The plan of what was read, or of a second reading where that is much likelier."""
    if reading.seen:
        second.settle(reading, reading.seen)
    is_named = bool(reading.metrics)
    _without_filter_of_all(reading, known)
    completing.complete(reading, asked.day)
    made = completing.finished(completing.query_of(reading), reading)
    if reading.seen:
        return made
    seen = learned.seen(reading.whole, reading.named)
    declining.decline_as_others(seen, told)
    if asked.before is not None or reading.has_faced:
        return made
    if not second.is_doubtful(made.query, seen, is_named=is_named):
        return made
    return _read_anew(asked, known, told) or made


def _seen(reading: Reading) -> learned.Seen:
    """What such questions are about. Raises Refused where that may well be nothing of the data."""
    seen = learned.seen(reading.line.text, reading.named)
    if seen.missing > second.MAY_BE_MISSING:
        raise Refused(declined("What is asked about is not known."))
    return seen


def _decline_two_at_once(reading: Reading, asked: Asked, known: Known, now: times.Now) -> None:
    first = twofold.first_of_two(reading.line.text, reading.named, now)
    if first is None:
        return
    made = plan(replace(asked, text=first, before=None), known)
    nearest = (made.query, first.strip()) if isinstance(made, Plan) else (None, "")
    text = "These are two questions: ask them one after the other."
    raise Refused(Declined(text, ("one question at a time",), *nearest))
