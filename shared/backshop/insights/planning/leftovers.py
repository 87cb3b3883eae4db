"""What is left once all was read: words that stand as a name, numbers that limit nothing, parts of
a day. None of them is passed over."""

from __future__ import annotations

import re

from backshop.insights.planning import declining, filters, lexicon, names, second
from backshop.insights.planning.models import Known
from backshop.insights.planning.names import Named
from backshop.insights.planning.reading import Reading, Refused, declined
from backshop.insights.planning.text import Line, folded
from backshop.insights.planning.things import THINGS
from backshop.insights.semantic.models import Dimension
from backshop.insights.semantic.wording import plain

D = Dimension


def check(reading: Reading, known: Known) -> None:
    """Words that nobody understood, where they stand as a name: of products, or of nothing that the
    store has."""
    line = reading.line
    facing = set(re.findall(r"\bvs (?:the |our )?([^\s~@%]+)", line.text))
    while line.take(r"\bvs\b"):
        pass
    if line.has(r"\bbut (?:not|never|have not|has not|did not)\b"):
        asked = ["two conditions at once"]
        raise Refused(declined("That asks for two things at once: ask for one of them.", asked))
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
            declined(
                f"There is nothing in this store's numbers about {plain(said)}.", [plain(said)]
            )
        )
    raise Refused(declining.not_there(said, reading, known))


def _without_its_category(reading: Reading, part: Named) -> None:
    """A product that is called by one of its words and what it is (`decaf coffee`) is itself."""
    if (part.field, part.op) == ("product", "="):
        reading.filters[:] = [
            each for each in reading.filters if (each.field, each.op) != (D.CATEGORY, "=")
        ]


def take_words_of_names(reading: Reading, known: Known) -> None:
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
    if not (reading.metrics or second.is_told(reading)) or line.has(
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
        declined(
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
        declining.decline_number(found["what"])


def check_numbers(reading: Reading) -> None:
    """Nor is any other number."""
    if found := reading.line.find(r"(?<![\w@.-])\d[\d.,]*\b(?P<what> [a-z]+)?"):
        declining.decline_number(found["what"])


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
