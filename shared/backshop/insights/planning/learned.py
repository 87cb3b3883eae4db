"""What questions of such words were about: a linear model, learned of all questions whose meaning
is known (`tests/backshop/insights/planning/learning.py` writes its weights to `learned.json`).

It reads words and pairs of words, the figures and rows that a line names, and of names only their
kind, so that it does not know one shop from another. It says how likely each figure, row, rank,
grain and limit is, and that something is asked for that is not in the data; it decides nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from math import exp, sqrt
from pathlib import Path
from typing import NamedTuple

from backshop.insights.planning import metrics, ranking
from backshop.insights.planning.names import MARK, Named
from backshop.insights.planning.text import Line
from backshop.insights.planning.times import MONTH

HUNDREDTHS = 100
MISSING = "!"
"""Begins what stands for something that is not in the data, in place of a figure."""

_NAMES = re.compile(rf"{MARK}(\d+)")
_NUMBERS = re.compile(r"(?<![\w@%])\d[\d.,]*\b")
_MONTHS = re.compile(rf"\b{MONTH}\b")
_WEEKDAYS = re.compile(r"\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b")
_ROWS = re.compile(rf"\b(?:{ranking.NOUNS})\b")
_STEM = 5
"""Letters by which a longer word is known, too."""
_BETWEEN = frozenset(
    ["than", "vs", "or", "and", "each", "compare", "compared", "both", "together", "against"]
)
"""Words by which two names of a kind are set against each other, or taken together."""
_SIGNS = frozenset({",", "~", "."})


class Seen(NamedTuple):
    """How likely each label is, by what is asked for: `metric` (several with commas between them),
    `rows`, `rank`, `grain`, `limit`."""

    chances: dict[str, dict[str, float]]

    def best(self, of: str, number: int) -> list[str]:
        """The likeliest labels."""
        held = self.chances[of]
        return sorted(held, key=lambda each: -held[each])[:number]

    def likeliest(self, of: str) -> str:
        held = self.chances[of]
        return max(held, key=held.__getitem__)

    def chance(self, of: str, label: str) -> float:
        return self.chances[of].get(label, 0.0)

    @property
    def missing(self) -> float:
        """How likely it is that something is asked for that is not in the data."""
        held = self.chances["metric"]
        return sum(chance for label, chance in held.items() if label.startswith(MISSING))


def kinds(text: str, named: Sequence[tuple[Named, ...]]) -> str:
    """The line with kinds in place of names, numbers, months and weekdays."""

    def kind(found: re.Match[str]) -> str:
        each = named[int(found[1])][0]
        return f"@{each.field}{'*' if each.op == 'contains' else ''}"

    text = _NUMBERS.sub("#", _NAMES.sub(kind, text))
    return _WEEKDAYS.sub("%day", _MONTHS.sub("%month", text))


def features(text: str) -> set[str]:
    """Of a line of kinds."""
    words = [each for each in text.split() if each not in _SIGNS]
    found = {"", *words, *(f"{one} {other}" for one, other in pairwise(["^", *words, "$"]))}
    found.update(f"{each[:_STEM]}-" for each in words if len(each) > _STEM)
    figures = list(metrics.said_in(Line(f" {text} ")))
    kinds = [each for each in words if each.startswith(MARK[0])]
    held = set(kinds)
    for kind in held:
        if kinds.count(kind) > 1:
            found.add(f"{kind}s")
            found.update(f"{kind}s {each}" for each in _BETWEEN & set(words))
    found.update(f"={name}" for name in figures)
    found.add(f"={','.join(sorted(set(figures)))}=")
    found.add("".join(sorted(held)))
    found.update(f"={name} {kind}" for name in figures for kind in held or "-")
    found.update(_rows(text))
    return found


def _rows(text: str) -> Iterable[str]:
    for each in _ROWS.finditer(text):
        before = text[: each.start()].split()[-1:]
        yield f">{each.lastgroup}"
        yield f">{each.lastgroup} {''.join(before)}"


class Model:
    def __init__(self, labels: dict[str, list[str]], words: dict[str, list[int]]) -> None:
        self._labels = labels
        self._words = words
        self._first = [0] * sum(map(len, labels.values()))
        for place, weight in _pairs(words.get("", [])):
            self._first[place] = weight
        self._read: dict[str, tuple[tuple[int, int], ...]] = {"": ()}

    def seen(self, found: set[str]) -> Seen:
        """`found` are features. A label's weight is the sum of theirs."""
        sums = self._first.copy()
        known = [each for each in found if each in self._words]
        for word in known:
            held = self._read.get(word)
            if held is None:
                held = self._read[word] = _pairs(self._words[word])
            for place, weight in held:
                sums[place] += weight
        scale = HUNDREDTHS * sqrt(max(len(known), 1))
        chances, start = {}, 0
        for of, labels in self._labels.items():
            powers = [exp(each / scale) for each in sums[start : start + len(labels)]]
            total = sum(powers)
            chances[of] = dict(zip(labels, [each / total for each in powers], strict=True))
            start += len(labels)
        return Seen(chances)


def _pairs(numbers: list[int]) -> tuple[tuple[int, int], ...]:
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


@cache
def model() -> Model:
    """Read when it is asked for the first time."""
    held = json.loads(Path(__file__).with_name("learned.json").read_text())
    return Model(held["labels"], held["words"])


def seen(text: str, named: Sequence[tuple[Named, ...]]) -> Seen:
    """Of a line in which names are marked."""
    return model().seen(features(kinds(text, named)))
