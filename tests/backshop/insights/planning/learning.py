"""Learns the weights of `planning/learned.py` from every question whose meaning is known, and from
questions put together of their parts:

    python -m tests.backshop.insights.planning.learning

writes `planning/learned.json`. The same questions give the same weights, but for the last digit
of some.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import numpy as np
from backshop.insights.planning import learned
from backshop.insights.planning.models import Asked
from backshop.insights.planning.opening import opened
from backshop.insights.planning.reading import Refused
from backshop.insights.planning.text import folded
from backshop.insights.semantic.metrics import METRICS
from scipy import sparse
from scipy.optimize import minimize

from tests.backshop.insights.planning import (
    shop,
    test_clauses,
    test_frames,
    test_pairs,
    test_slots,
)
from tests.backshop.insights.planning.shop import KNOWN, Expected, questions

WEIGHTS = Path(learned.__file__).with_name("learned.json")
ROUNDS = 70
PENALTY = 0.015
LEAST = 1.0
"""A smaller weight is left out."""
SEEN_TWICE = 2
MADE = 4_000
BLURRED, BLURRED_COUNT, BLUR = 2, 0.4, 0.4
"""Copies of each question that merchants asked, what each of them counts, and how likely each of
their words is changed."""
FEW = 8
"""Questions by which a thing that is missing is told from others."""


class Example(NamedTuple):
    features: set[str]
    query: dict[str, Any] | None
    missing: str
    counts: float
    """Questions of merchants count more than those that are put together."""


# ------------------------------------------------------------------------------- questions


def asked() -> Iterator[tuple[Expected, float]]:
    for name, held, day in shop.SET_ASIDE:
        yield from ((each, 2.0) for each in questions(name, held, day))
    yield from ((each, 1.0) for each in questions("known.txt"))
    yield from ((each, 1.0) for each in test_slots.slots())
    yield from ((each, 1.0) for each in test_slots.slots("idioms.txt"))
    yield from ((each, 0.3) for each in made())


def made() -> Iterator[Expected]:
    """Figures, conditions, rows and courses, each said in many ways, in any order."""
    chance = Random(5)
    for kind in test_frames.KINDS:
        yield from test_frames.questions(kind, 2, 7)
    for held in (*test_clauses.PAIRS * 2, *((each,) for each in test_clauses.CONDITIONS * 4)):
        if question := test_clauses.asked(chance, held):
            yield question
    yield from test_clauses.questions(1500, 9)
    yield from test_clauses.figures(3000, 9)
    yield from test_pairs.questions(2500, 9)
    for _ in range(MADE):
        yield _put_together(chance)


_FIGURES = [
    *((name.strip(), each) for slot, (name, *_), held in test_slots.lines() if slot == "metric" for each in held),
    *((each.name, word) for each in METRICS.values() if "country" in each.dimensions for word in each.words),
]  # fmt: skip
_FIGURES = [(name, each) for name, each in _FIGURES if not each.startswith("*")]
_ROWS = {
    **test_frames.ROWS,
    "customer_type": ("customer type", "types of customers"),
    "day_of_week": ("weekday", "weekdays"),
    "hour_of_day": ("hour of the day", "hours"),
}
_BY = ("by {0}", "per {0}", "for each {0}", "for every {0}", "across {1}", "of all {1}", "split by {0}", "in each {0}")  # fmt: skip
_COURSE = ("by {0}", "per {0}", "for each {0}", "each {0}", "in every {0}", "{0} by {0}")
_BEFORE = ("", "", "", "", "", "show me ", "how about ", "i want to know ", "give me ", "please ", "can you tell me ", "so ", "and what is ", "um ")  # fmt: skip
_WHEN = (*test_frames.PERIODS.values(), "", "", "since january")


def _put_together(chance: Random) -> Expected:
    name, figure = chance.choice(_FIGURES)
    held = _conditions(chance, name)
    filters = [shop.filter_of(each) for one in held for each in one.filters]
    parts = [chance.choice(each.wordings) for each in held]
    rows, grain, said = _rows_or_course(chance, name, {each["field"] for each in filters})
    parts += [each for each in (said, chance.choice(_WHEN)) if each]
    chance.shuffle(parts)
    first = chance.choice((0, 0, 0, 1)) if parts else 0
    text = " ".join([*parts[:first], chance.choice(_BEFORE) + figure, *parts[first:]])
    query = {
        "metrics": [name],
        "dimensions": rows,
        "grain": grain,
        "filters": filters,
        "top_n": None,
    }
    return Expected(text, query, (), "*", (), KNOWN)


def _conditions(chance: Random, name: str) -> list[test_clauses.Condition]:
    held: list[test_clauses.Condition] = []
    for _ in range(chance.choice((0, 1, 1, 2))):
        each = chance.choice(test_clauses.CONDITIONS)
        if not each.metric and all(_fits(name, one) for one in each.filters):
            held += [each] if each.kind not in {one.kind for one in held} else []
    return held


def _fits(name: str, condition: str) -> bool:
    field = shop.filter_of(condition)["field"]
    return (field if field != "order_total" else "order_value_bucket") in METRICS[name].dimensions


def _rows_or_course(
    chance: Random, name: str, filtered: set[str]
) -> tuple[list[str], str | None, str]:
    kind = chance.random()
    if kind < 0.3:
        rows = chance.choice(list(_ROWS))
        if rows in METRICS[name].dimensions and rows not in filtered:
            return [rows], None, chance.choice(_BY).format(*_ROWS[rows])
    elif kind < 0.5:
        grain = chance.choice(("day", "week", "month", "quarter"))
        return [], grain, chance.choice(_COURSE).format(grain)
    return [], None, ""


_SMALL = frozenset(
    """
    the a an of in for to we our did do does i me my is are was were and from with by on at us so it that this you
    please how what have has
    """.split()  # noqa: SIM905
)


def blurred(line: str, chance: Random) -> str:
    """The line as who types in a hurry or learnt English late might say it: without some small
    words, with other plurals, its end before its beginning."""
    words = []
    for each in line.split():
        if each in _SMALL and chance.random() < BLUR:
            continue
        is_turned = each.isalpha() and len(each) > 3 and chance.random() < BLUR / 2
        words.append(_turned(each) if is_turned else each)
    if len(words) > 5 and chance.random() < BLUR:
        place = chance.randrange(2, len(words) - 2)
        words = [*words[place:], ",", *words[:place]]
    return " ".join(words)


def _turned(word: str) -> str:
    return f"{word}s" if folded(word) == word else folded(word)


def examples(held: Iterable[tuple[Expected, float]], copies: int = 0) -> Iterator[Example]:
    """Of questions that stand by themselves, and copies of those that merchants asked."""
    chance = Random(3)
    for question, counts in held:
        if question.before:
            continue
        try:
            reading = opened(Asked(question.text, question.day), question.shop)
        except Refused:
            continue
        line = learned.kinds(reading.line.text, reading.named)
        missing = question.missing[0] if question.missing else ""
        yield Example(learned.features(line), question.query, missing, counts)
        for _ in range(copies if counts >= 1 else 0):
            found = learned.features(blurred(line, chance))
            yield Example(found, question.query, missing, counts * BLURRED_COUNT)


# ------------------------------------------------------------------------------- labels


def _rank(query: dict[str, Any]) -> str:
    number = query["top_n"]
    if number is None:
        return "0"
    return f"{'+' if number > 0 else '-'}{'1' if abs(number) == 1 else 'n'}"


def _limits(query: dict[str, Any]) -> str:
    fields = {
        each["field"]
        for each in query["filters"]
        if isinstance(each["value"], int | float) and not isinstance(each["value"], bool)
    }
    return ",".join(sorted(fields))


def _of_customers(query: dict[str, Any]) -> str:
    held = [each["value"] for each in query["filters"] if each["field"] == "customer_type"]
    return held[0] if held and isinstance(held[0], str) else ""


LABELS: dict[str, Callable[[dict[str, Any]], str]] = {
    "metric": lambda query: ",".join(query["metrics"]),
    "rows": lambda query: ",".join(sorted(query["dimensions"])),
    "rank": _rank,
    "grain": lambda query: query["grain"] or "",
    "limit": _limits,
    "customers": _of_customers,
}


def _label(of: str, each: Example, many: set[str]) -> str:
    if each.query is not None:
        return LABELS[of](each.query)
    named = each.missing if of == "metric" and each.missing in many else ""
    return learned.MISSING + named


# ------------------------------------------------------------------------------- weights


def weights(held: list[Example]) -> dict[str, Any]:
    """Labels by what is asked for, and of each word the places of its labels with their weights in
    hundredths, which counts them on over all that is asked for."""
    counted = Counter(each for one in held for each in one.features)
    words = sorted(each for each, number in counted.items() if number >= SEEN_TWICE)
    lines = _matrix(held, {each: place for place, each in enumerate(words)})
    counts = np.array([each.counts for each in held])[:, None]
    missed = Counter(each.missing for each in held if each.query is None)
    many = {each for each, number in missed.items() if number >= FEW}
    labels, columns = {}, []
    for of in LABELS:
        wanted = [_label(of, each, many) for each in held]
        labels[of] = sorted(set(wanted))
        columns.append(_fitted(lines, wanted, labels[of], counts))
    table = np.rint(np.hstack(columns) * learned.HUNDREDTHS).astype(int)
    return {"labels": labels, "words": dict(_of_words(words, table))}


def _of_words(words: list[str], table: Any) -> Iterator[tuple[str, list[int]]]:
    for word, row in zip(words, table, strict=True):
        places = np.flatnonzero(abs(row) >= LEAST * learned.HUNDREDTHS)
        if len(places):
            yield word, [int(each) for place in places for each in (place, row[place])]


def _matrix(held: list[Example], places: dict[str, int]) -> Any:
    found = [[places[each] for each in one.features if each in places] for one in held]
    rows = np.repeat(np.arange(len(found)), [len(each) for each in found])
    columns = [each for one in found for each in one]
    ones = sparse.csr_matrix((np.ones(len(columns)), (rows, columns)), (len(held), len(places)))
    return sparse.diags(1 / np.sqrt(np.maximum([len(each) for each in found], 1))) @ ones


def _fitted(lines: Any, wanted: list[str], labels: list[str], counts: Any) -> Any:
    """A multinomial logistic regression."""
    is_label = np.array([[each == label for label in labels] for each in wanted], float)
    size = (lines.shape[1], len(labels))

    def loss(flat: Any) -> tuple[float, Any]:
        table = flat.reshape(size)
        sums = lines @ table
        powers = np.exp(sums - sums.max(1, keepdims=True))
        chances = powers / powers.sum(1, keepdims=True)
        lost = -(counts * is_label * np.log(chances + 1e-12)).sum() + PENALTY * (flat @ flat) / 2
        return lost, (lines.T @ (counts * (chances - is_label)) + PENALTY * table).ravel()

    first = np.zeros(size[0] * size[1])
    found = minimize(loss, first, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS})
    return found.x.reshape(size)


def written(made: dict[str, Any]) -> str:
    """One word a line."""
    words = ",\n".join(
        f"{json.dumps(word)}: {json.dumps(held, separators=(',', ':'))}"
        for word, held in made["words"].items()
    )
    return f'{{"labels": {json.dumps(made["labels"])},\n"words": {{\n{words}\n}}}}\n'


def main() -> None:
    held = list(examples(asked(), BLURRED))
    WEIGHTS.write_text(written(weights(held)))
    print(f"learned of {len(held):,} questions, copies included")


if __name__ == "__main__":
    main()
