"""Names of this store in a question: its products, categories, codes, countries and other values.

Names are found whole, whatever their case, plural or small typing errors; a word that only some
products' names hold stands for those products.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from itertools import islice, takewhile
from typing import Literal, NamedTuple

from backshop.insights.planning import countries, lexicon
from backshop.insights.planning.models import Known
from backshop.insights.planning.patterns import compiled
from backshop.insights.planning.text import (
    NUMBERS,
    SPELLED_ANEW,
    UNITS,
    by_length,
    folded,
    numbered,
    plain_line,
    without_hyphens,
    written_as,
)

MARK = "@x"
"""Stands, with its number, where a name was."""


class Named(NamedTuple):
    """A value that the question names. `value` is the store's own writing; `is_there` is False for
    what the store does not have."""

    field: str
    value: str
    op: Literal["=", "contains"] = "="
    is_there: bool = True
    said: str = ""
    """How the question calls it."""


MANY = 400
"""Products with one word in their names; of more of them the word alone says nothing."""


class Index:
    """The names of a store by their folded words.

    A store may have tens of thousands of products, and a question a dozen words: products are
    looked for by the words of the question in one text of all names, and only those that are found
    are taken to pieces, and kept so.
    """

    def __init__(self, known: Known) -> None:
        self.products = known.products
        self.fixed = _by_key(_said(known))
        self._fixed_words = {word for key in self.fixed for word in key}
        self._skus = dict(zip(map(str.lower, known.skus), known.skus, strict=True))
        self._coupons = {each.lower(): each for each in known.coupons}
        self._bare = {re.sub(r"[\W_]+", "", each.lower()): each for each in known.coupons}
        self._texts = _in_lines(known.products)
        self.categories = {word for name in known.categories for word in words_of(name)}
        self._known = known
        self._places: dict[str, frozenset[int] | None] = {}
        self._keys: dict[int, tuple[str, ...]] = {}

    @cached_property
    def words(self) -> frozenset[str]:
        """Words that the store's names are of."""
        return frozenset(self.categories).union(*(each.words for each in self._texts))

    @cached_property
    def named(self) -> tuple[list[tuple[str, str]], list[str]]:
        """(field, name) of products, categories and coupons, and the names in small letters."""
        found = [("product", each) for each in self.products]
        found += [("category", each) for each in self._known.categories]
        found += [("coupon", each) for each in self._known.coupons]
        return found, [name.lower() for _, name in found]

    @cached_property
    def targets(self) -> dict[int, tuple[str, ...]]:
        """What typing errors are mended to, the store's words among them."""
        of_questions = {each for held in lexicon.targets().values() for each in held}
        return by_length(self.words | of_questions)

    def code(self, said: str) -> Named | None:
        """A SKU or a coupon; coupons without their hyphens, too."""
        if said in self._coupons:
            return Named("coupon", self._coupons[said])
        if said in self._skus:
            return Named("sku", self._skus[said])
        return Named("coupon", self._bare[said]) if said in self._bare else None

    def containing(self, part: str) -> Iterator[str]:
        """Names of products with these letters in them."""
        part = part.lower()
        lowered = self.named[1]
        return (name for name, small in zip(self.products, lowered, strict=False) if part in small)

    def has(self, key: str) -> bool:
        """Whether a product's name has the folded word."""
        return self.places(key) != frozenset()

    def may_be_named(self, key: str) -> bool:
        """Whether anything has the folded word in its name."""
        return key in self._fixed_words or self.has(key)

    def places(self, key: str) -> frozenset[int] | None:
        """Products with the folded word in their names; None where they are too many to tell."""
        if key in _ANYWHERE:
            return None
        if key not in self._places:
            found = self._with_any(_spellings(key))
            self._places[key] = (
                found
                if found is None
                else frozenset(each for each in found if self._is_in(key, each))
            )
        return self._places[key]

    def speaks(self, word: str) -> bool:
        """Whether one of the store's names has the word, as it is."""
        return word in self.categories or any(word in each.words for each in self._texts)

    def key(self, place: int) -> tuple[str, ...]:
        if place not in self._keys:
            self._keys[place] = key_of(self.products[place])
        return self._keys[place]

    def whole(self, key: tuple[str, ...]) -> tuple[Named, ...]:
        """What has this for its whole name."""
        fixed = self.fixed.get(key, ())
        product = self._product(key)
        if product is None or any(each.field == "product" for each in fixed):
            return fixed
        # After a category, before what is no thing.
        first = tuple(each for each in fixed if each.field == "category")
        return (*first, Named("product", product), *fixed[len(first) :])

    def holding(self, keys: Sequence[str]) -> list[str]:
        """Names of products that have all of the words, in their order."""
        known = [each for each in map(self.places, keys) if each is not None]
        if not known:
            places = self._with_any([" ".join(keys)], most=len(self.products)) or frozenset()
        else:
            places = frozenset(
                each for each in _rarest(known) if all(self._is_in(key, each) for key in keys)
            )
        return sorted(self.products[each] for each in places)

    def _product(self, key: tuple[str, ...]) -> str | None:
        if not key or not all(map(self.has, key)):
            return None
        known = [each for each in map(self.places, key) if each is not None]
        if known:
            places = sorted(_rarest(known))
        else:  # Nothing but words of many names: as they are, or with one plural.
            said = " ".join(key)
            before = self._with_any([f"\n {said} \n", f"\n {said}s \n"]) or ()
            places = sorted(each + 1 for each in before)
        return next((self.products[each] for each in places if self.key(each) == key), None)

    def _is_in(self, key: str, place: int) -> bool:
        return key in self.key(place) or key in _joined(self.products[place])

    def _with_any(self, spellings: Iterable[str], most: int = MANY) -> frozenset[int] | None:
        found: set[int] = set()
        for wanted in spellings:
            for text in self._texts:
                found.update(islice(text.places(wanted), most + 1 - len(found)))
            if len(found) > most:
                return None
        return frozenset(found)


def _rarest(found: Sequence[frozenset[int]]) -> frozenset[int]:
    return min(found, key=len)


class _Lines:
    """Names, one a line, words between spaces; `numbers` are theirs, where they are not all."""

    def __init__(self, lines: str, numbers: Sequence[int] | None = None) -> None:
        self.text = f"\n{lines}\n".replace("\n", " \n ")
        self.words = frozenset(lines.split())
        self._numbers = numbers

    def places(self, wanted: str) -> Iterator[int]:
        """Of names that have it between spaces."""
        if " " not in wanted and wanted not in self.words:
            return iter(())
        found = _lines_with(self.text, wanted)
        return found if self._numbers is None else (self._numbers[each] for each in found)


def _in_lines(names: Sequence[str]) -> tuple[_Lines, ...]:
    """The names; those with hyphens once more without (`tshirt`). Signs go as they do in
    questions."""
    joined = "\n".join(names).lower()
    if joined.count("\n") != len(names) - 1:
        joined = "\n".join(" ".join(each.split()) for each in names).lower()
    for sign, instead in _SIGNS if _has_signs(joined) else ():
        joined = joined.replace(sign, instead)
    joined = joined.translate(_AS_SPACES).replace("  ", " ")
    if "-" not in joined:
        return (_Lines(joined),)
    lines = joined.split("\n")
    numbers = [number for number, each in enumerate(lines) if "-" in each]
    glued = "\n".join(lines[each].replace("-", "") for each in numbers)
    return _Lines(joined.replace("-", " ")), _Lines(glued, numbers)


_SIGNS = (
    *((each, "'") for each in "’‘`"),
    *((each, "-") for each in "–—"),
    ("'s ", " "),
    ("'s\n", "\n"),
    ("'", ""),
    ("&", " and "),
    ("+", " and "),
    (". ", " "),
    (".\n", "\n"),
)
_AS_SPACES = str.maketrans(dict.fromkeys('/_,()[]{}|:;!?"*@', " "))


def _has_signs(text: str) -> bool:
    return not text.isascii() or any(each in text for each in "'`&+.")


_ANYWHERE = frozenset({*UNITS, "time", "percent"})
"""Words that stand right behind numbers in names: these are not looked for."""


def _lines_with(text: str, wanted: str) -> Iterator[int]:
    """Numbers of the lines that have it between spaces, each once."""
    wanted = f" {wanted}"  # Nearly every word ends at a space: that is looked at afterwards.
    line, last, size = -1, 0, len(wanted)
    at = text.find(wanted)
    while at >= 0:
        if text[at + size] != " ":
            at = text.find(wanted, at + size)
            continue
        line += text.count("\n", last, at + 1)
        yield line
        last = text.find("\n", at + 1)
        at = text.find(wanted, last)


def _spellings(key: str) -> list[str]:
    """How a folded word may stand in a name; with a size's unit apart and beside it."""
    found = [key, f"{key}s", f"{key}es", *written_as().get(key, ())]
    if key.endswith("y"):
        found.append(f"{key[:-1]}ies")
    if key[-1:].isdigit():
        found += [f"{key}{unit}" for unit in (*UNITS, "x", "%", "st", "nd", "rd", "th")]
    if key.endswith("000") and key.isdigit():
        found.append(f"{key[:-3]}k")
    return found


_STATUSES = {"cancelled": "canceled", "canceled": "cancelled", "on hold": "on-hold"}
_PAYMENTS = {
    "cash on delivery": ("cod", "cash"),
    "cod": ("cod", "cash on delivery"),
    "bank transfer": ("bacs", "bank", "wire", "transfer"),
    "wire transfer": ("bacs", "bank", "wire"),
    "credit card": ("card", "stripe", "credit"),
    "credit cards": ("card", "stripe", "credit"),
    "card": ("card", "stripe", "credit"),
    "cards": ("card", "stripe", "credit"),
    "cheque": ("cheque", "check"),
    "pay pal": ("paypal",),
    "apple pay": ("apple",),
    "google pay": ("google",),
    "klarna": ("klarna",),
    "stripe": ("stripe",),
    "razorpay": ("razorpay",),
    "mollie": ("mollie",),
    "adyen": ("adyen",),
    "invoice": ("invoice",),
}
_CHANNELS = {
    "online": ("web", "online", "online_store", "online store", "checkout"),
    "online store": ("web", "online_store", "online"),
    "website": ("web", "online_store", "online"),
    "webshop": ("web", "online_store", "online"),
    "in store": ("pos", "retail"),
    "in person": ("pos", "retail"),
    "retail store": ("pos", "retail"),
    "point of sale": ("pos",),
    "at the till": ("pos", "retail"),
    "at the counter": ("pos", "retail"),
    "over the counter": ("pos", "retail"),
    "counter": ("pos", "retail"),
    "brick and mortar": ("pos", "retail"),
    "offline": ("pos", "retail"),
    "pos": ("pos",),
}


_ODD = re.compile(r"\d\s?[a-z]|[^a-z0-9 -]")


def words_of(name: str) -> tuple[str, ...]:
    """A name's words as they stand in a question's line. Most names need no more than lower case,
    and there are thousands of them."""
    lowered = name.lower()
    if _ODD.search(lowered) or not SPELLED_ANEW.isdisjoint(lowered.replace("-", " ").split()):
        line = numbered(without_hyphens(plain_line(name).replace("-", " ")))
        return tuple(re.findall(r"[^\s,/~@]+", line))
    return tuple(lowered.replace("-", " ").split())


def key_of(name: str) -> tuple[str, ...]:
    return tuple(folded(each) for each in words_of(name))


@lru_cache(maxsize=16)
def index(known: Known) -> Index:
    return Index(known)


def _by_key(said: Iterable[tuple[str, str, str]]) -> dict[tuple[str, ...], tuple[Named, ...]]:
    found: dict[tuple[str, ...], tuple[Named, ...]] = {}
    for field, value, name in said:
        key = key_of(name)
        held = found.get(key, ())
        if key and all(each.field != field for each in held):
            found[key] = (*held, Named(field, value))
    return found


def _joined(name: str) -> list[str]:
    """Words with a hyphen, as many write them (`tshirt`)."""
    return [folded(each.replace("-", "")) for each in name.lower().split() if "-" in each]


def _said(known: Known) -> Iterator[tuple[str, str, str]]:
    """(field, value, how it is called) of all but products."""
    yield from (("category", name, name) for name in known.categories)
    yield from (("payment_method", name, name) for name in known.payment_methods)
    yield from (("channel", name, name) for name in known.channels)
    for said, parts in _PAYMENTS.items():
        fits = [each for each in known.payment_methods if any(one in each.lower() for one in parts)]
        if len(fits) == 1:
            yield "payment_method", fits[0], said
    yield from _own_words(known.payment_methods, "payment_method")
    for said, names in _CHANNELS.items():
        fits = [each for each in known.channels if each.lower() in names]
        if len(fits) == 1:
            yield "channel", fits[0], said


def _own_words(values: tuple[str, ...], field: str) -> Iterator[tuple[str, str, str]]:
    """Words that only one of the values has, and questions do not (`klarna` of `Klarna, later`)."""
    words = {each: set(re.findall(r"[a-z]{3,}", each.lower())) for each in values}
    for value, held in words.items():
        others = set().union(*(each for other, each in words.items() if other != value))
        for word in sorted(held - others - lexicon.english()):
            yield field, value, word


class Found:
    """Names that were found, in their order in the line; each left `@x0`, `@x1` … in its
    place."""

    def __init__(self) -> None:
        self.names: list[tuple[Named, ...]] = []

    def add(self, choices: tuple[Named, ...]) -> str:
        self.names.append(choices)
        return f"{MARK}{len(self.names) - 1}"


def marked_codes(line: str, held: Index, found: Found, own_words: frozenset[str]) -> str:
    """SKUs and coupon codes, which are one word each, hyphens included. A code that is an ordinary
    word counts where the question speaks of a code."""
    made, place = [], 0
    tokens = line.split()
    while place < len(tokens):
        named, taken = _code_at(tokens, place, held, own_words)
        made.append(found.add((named,)) if named else tokens[place])
        place += taken
    return " ".join(made)


_OF_CODES = frozenset({"code", "coupon", "voucher", "sku", "promo", "discount", "codes"})


def _code_at(
    tokens: list[str], place: int, held: Index, own_words: frozenset[str]
) -> tuple[Named | None, int]:
    """The code that begins there, and of how many words: `save 10` is SAVE10, too."""
    for length in (3, 2, 1):
        span = tokens[place : place + length]
        word = "".join(span)
        dictated = "".join(str(NUMBERS.get(each, each)) for each in span)  # `save ten`
        named = held.code(word) or held.code(re.sub(r"['_./-]", "", word)) or held.code(dictated)
        if named is None or len(span) < length:
            continue
        around = {*tokens[max(0, place - 2) : place], *tokens[place + length : place + length + 1]}
        is_spoken = dictated != word and span[0] not in own_words  # `save ten`
        is_plain = word.isalpha() and not is_spoken and (length > 1 or word in own_words)
        if around & _OF_CODES or not is_plain:
            return named, length
    return None, 1


def marked_names(line: str, held: Index, found: Found, own_words: frozenset[str]) -> str:
    """Whole names, the longest first. One that is a single ordinary word of questions counts only
    where what stands before it says so."""
    tokens, made, at = line.split(), [], 0
    while at < len(tokens):
        part, taken = _part_at(tokens, at, held, own_words)
        if part:
            made.append(found.add((part,)))
            at += taken
            continue
        part = _rows_at(tokens, at, held, own_words)
        if part:
            made.append(found.add((part,)))
            at += 1
            continue
        for length in range(_longest_at(tokens, at, held), 0, -1):
            span = tokens[at : at + length]
            if "," in (span[0], span[-1]):
                continue
            choices = held.whole(tuple(folded(each) for each in span if each != ","))
            if choices and (length > 1 or _is_meant(span[0], tokens, at, own_words, choices)):
                made.append(found.add(tuple(each._replace(said=span[-1]) for each in choices)))
                at += length
                break
        else:
            made.append(tokens[at])
            at += 1
    return " ".join(made)


_OTHER = r"(?:vs|or|and|,|than|against)(?: (?:the|a))?"


def marked_others(line: str, held: Index, found: Found) -> str:
    """`gift box small vs large`: a product's name that differs in one word, of which no more than
    that word is said."""
    after = re.compile(rf"({MARK}(\d+) {_OTHER}) ([^\s@]+)(?= |$)")
    before = re.compile(rf"(?:(?<= )|^)()([^\s@]+) ({_OTHER} {MARK}(\d+))\b")
    if said := after.search(line):
        other = _differing(found.names[int(said[2])][0], said[3], held)
        if other:
            line = f"{line[: said.end(1)]} {found.add((other,))}{line[said.end() :]}"
    if said := before.search(line):
        other = _differing(found.names[int(said[4])][0], said[2], held)
        if other:
            line = f"{line[: said.start(2)]}{found.add((other,))} {line[said.start(3) :]}"
    return line


def marked_parts_facing(line: str, held: Index, found: Found, own_words: frozenset[str]) -> str:
    """`hoodies vs socks`: words of products' names that are set against each other."""
    said = re.search(r"(?<![@\w])([a-z]+) (?:vs|against) (?:the )?([a-z]+)(?!\w)", line)
    if said is None or not own_words.isdisjoint(said.groups()):
        return line
    parts = [of_parts([each], held) for each in said.groups()]
    if not all(parts):
        return line
    first, then = (found.add((each,)) for each in parts if each)
    return f"{line[: said.start(1)]}{first} vs {then}{line[said.end(2) :]}"


def marked_parts_left_out(line: str, held: Index, found: Found, own_words: frozenset[str]) -> str:
    """`products except the kite`: a word of products' names that is left out."""
    said = compiled(
        r"\b(?:except|excluding|excl|without|other than|apart from|besides|ignoring|not counting|leaving out)(?: for)?"
        r"(?: the| any| our| all)* (?P<part>[a-z]+(?: [a-z]+)?)(?!\w)"
    ).search(line)
    if said is None:
        return line
    for words in (said["part"].split(), said["part"].split()[:1]):
        if own_words.isdisjoint(words) and (part := of_parts(words, held)):
            end = said.start("part") + len(" ".join(words))
            return f"{line[: said.start('part')]}{found.add((part,))}{line[end:]}"
    return line


def without_kinds(line: str, held: Index) -> str:
    """`the tea jasmine pearls`: what a product is, before its name."""
    found = re.search(rf"\bthe ([a-z]+) (?={MARK}\d)", line)
    if found is None or folded(found[1]) not in {folded(each) for each in held.categories}:
        return line
    return f"{line[: found.start()]}{line[found.end() :]}"


def of_category(words: list[str], known: Known) -> Named | None:
    """The one category that has all of the words in its name (`mugs` of Cups & Mugs)."""
    keys = {folded(each) for each in words}
    fits = [each for each in known.categories if keys <= set(key_of(each))]
    return Named("category", fits[0]) if keys and len(fits) == 1 else None


def _differing(named: Named, word: str, held: Index) -> Named | None:
    if named.field != "product" or named.op != "=":
        return None
    key, instead = key_of(named.value), folded(word)
    if instead in key or not held.has(instead):
        return None
    for place in range(len(key)):
        choices = held.whole((*key[:place], instead, *key[place + 1 :]))
        if choices:
            return choices[0]
    return None


def _longest_at(tokens: list[str], at: int, held: Index) -> int:
    """Of how many words a name can be that begins there."""
    run = takewhile(
        lambda each: each == "," or held.may_be_named(each), (folded(each) for each in tokens[at:])
    )
    return sum(1 for _ in run)


_LONGEST_PART = 12
"""Words."""


def _part_at(
    tokens: list[str], at: int, held: Index, own_words: frozenset[str]
) -> tuple[Named | None, int]:
    """Two words and more that only stand beside each other in products' names (`gift box`), where
    no whole name does."""
    run = []
    for word in tokens[at : at + _LONGEST_PART]:
        if not held.has(folded(word)):
            break
        run.append(word)
    if run and run[0] in ("for", "of", "in", "with", "and", "the", "to", "by", "on", "from"):
        return None, 0
    for length in range(len(run), 1, -1):
        span = run[:length]
        if held.whole(tuple(folded(each) for each in span)):
            return None, 0
        is_twice = len({folded(word) for word in span}) < length  # `daily order planner orders`
        if is_twice or all(word in own_words or word.isdigit() for word in span):
            continue
        named = of_parts(span, held)
        if named is not None:
            return named, length
    return None, 0


def _rows_at(tokens: list[str], at: int, held: Index, own_words: frozenset[str]) -> Named | None:
    """One word of several products' names, where its products are asked for (`which hoodies`)."""
    word, before = tokens[at], tokens[at - 1] if at else ""
    if word.isdigit() or word in own_words or word in _MEASURES or held.whole((folded(word),)):
        return None
    if not _OF_ROWS.fullmatch(before):
        return None
    if at + 1 < len(tokens) and held.has(folded(tokens[at + 1])):
        return None
    named = of_parts([word], held)
    return named._replace(said=word) if named and named.op == "contains" else None


_MEASURES = frozenset(
    {"ml", "cl", "l", "kg", "g", "mg", "cm", "mm", "m", "km", "oz", "lb", "ft", "in"}
)
_OF_ROWS = re.compile(r"which|what|best|top|worst|selling|popular|\d+")


def _is_meant(
    word: str, tokens: list[str], at: int, own_words: frozenset[str], choices: tuple[Named, ...]
) -> bool:
    if word.isdigit():
        return False
    if choices[0].field == "channel" and (word,) in countries.codes():
        return "channel" in tokens[max(0, at - 1) : at + 2]
    before = tokens[at - 1] if at else ""
    if choices[0].field == "payment_method" and (before, word) in _OTHER_CARDS:
        return False
    after = tokens[at + 1] if at + 1 < len(tokens) else ""
    if choices[0].field in ("category", "product") and (
        "category" in (before, after) or "categories" in (before, after)
    ):
        return before in ("category", "the", "our", "my") or after in ("category", "categories")
    is_within = before in ("in", "within") and not after  # `only the ones in track`
    return word not in own_words or (is_within and choices[0].field == "category")


_OTHER_CARDS = frozenset(
    (each, card)
    for each in (
        "handwritten",
        "birthday",
        "post",
        "greeting",
        "greetings",
        "christmas",
        "loyalty",
        "business",
        "thank",
    )
    for card in ("card", "cards")
)
"""By which nobody pays."""

_PRONOUN = re.compile(
    r"\b(buy\w*|bought|order(?:ed|ing)|purchas(?:e|ed|ing)|shop(?:ped|ping)|heard?|once|twice|again"
    r"|anything|something|stuff|things|back|gone|away|items?|products?|worth|loyal|new|known|visible)"
    r" (from|with|to) us\b"
)


_TO_US = frozenset(
    """
    show showing charge charges charged give gives gave given giving tell tells told let cost costs costing make makes made making bring brings
    brought bringing earn earns earned earning get gets got buy owe owes owed pay pays paid help helps send sends sent leave
    leaves left save saves saved set join joined choose find finds found trust love remind for of about with by between among
    like both all worth return returned visit visited know back behind on at after made
    """.split()  # noqa: SIM905
)
"""Before `us`, where it is those who ask."""


_BEFORE_US = frozenset(
    """
    in from to the , and or vs not except excluding outside only just without than through sales revenue orders customers
    turnover aov refunds discounts taxes tax shipping buyers our than against minus ~ uk canada nor neither either
    non both where value values size basket baskets number units items spend growth rate total count ltv
    month week quarter day weekday method category distribution split mix breakdown trend
    """.split()  # noqa: SIM905
)
_AFTER_US = frozenset(
    """
    sales revenue orders customers customer market only vs and or buyers shoppers turnover aov share , order people
    new returning repeat monthly weekly daily ytd mtd
    """.split()  # noqa: SIM905
)


def _is_country(tokens: list[str], at: int) -> bool:
    """Unless what stands around `us` makes it those who ask (`orders that hit us on monday`)."""
    if tokens[at] != "us" or (at > 0 and tokens[at - 1] in _TO_US):
        return False
    if tokens[at - 1 : at] == ["to"] and tokens[at + 1 : at + 2] == ["from"]:
        return False  # `sent back to us from italy`
    before = tokens[at - 1] if at else ","
    is_marked = before.startswith(MARK) or before[-1:].isdigit() or before == "¤"
    after = "".join(tokens[at + 1 : at + 2])
    is_dated = re.fullmatch(r"20\d\d|q[1-4]", after) is not None
    return is_marked or is_dated or before in _BEFORE_US or after in _AFTER_US


def marked_countries(line: str, original: str, known: Known, found: Found) -> str:
    """Countries by name, adjective or code; a code of two letters where it is written in capitals,
    and `us` where it can be no pronoun."""
    for code in (
        re.findall(r"(?<![\w@.-])(?:[A-Z]{2}|UAE|USA)(?![\w-])", original)
        if original != original.upper()
        else []
    ):
        if code in ("KW", "CW") and re.search(rf"\b{code.lower()} ?\d", line):
            continue
        iso = {"UK": "GB", "UAE": "AE", "USA": "US"}.get(code, code)
        if countries.name(iso) != iso:
            line = re.sub(
                rf"(?<![\w@])(?:the )?{code.lower()}(?![\w-])",
                lambda _, iso=iso: found.add((_country(iso, known),)),  # type: ignore[misc]
                line,
                count=1,
            )
    line = _PRONOUN.sub(r"\1 \2 our shop", line)
    own = "|".join(re.escape(each.lower()) for each in known.countries if len(each) == 2)
    if own and (pair := re.search(rf"(?<![\w@])({own}) (vs|versus) ({own})(?![\w-])", line)):
        first, then = (found.add((_country(pair[each].upper(), known),)) for each in (1, 3))
        line = f"{line[: pair.start()]}{first} vs {then}{line[pair.end() :]}"
    line = _marked_own_codes(line, known, found)
    tokens, at = line.split(), 0
    made: list[str] = []
    table = countries.codes()
    while at < len(tokens):
        if _is_country(tokens, at):
            if made and made[-1] == "the":
                made.pop()
            made.append(found.add((_country("US", known),)))
            at += 2 if tokens[at + 1 : at + 2] == ["market"] else 1
            continue
        is_part = bool(made) and made[-1] in ("north", "south", "latin", "central")
        for length in (4, 3, 2, 1) if not (is_part and tokens[at] == "america") else ():
            iso = table.get(tuple(tokens[at : at + length])) if at + length <= len(tokens) else None
            if iso and tokens[at + length : at + length + 3] != ["in", "the", "name"]:
                made.append(found.add((_country(iso, known),)))
                at += length
                break
        else:
            made.append(tokens[at])
            at += 1
    return " ".join(made)


def _marked_own_codes(line: str, known: Known, found: Found) -> str:
    """Codes of the store's countries in small letters, where they are no words and stand as a
    country does (`nz customers`, `in nz`)."""
    english = lexicon.english()
    own = (each.lower() for each in known.countries if len(each) == 2)
    codes = {each for each in own if each == "de" or each not in english}
    if not codes:
        return line
    of = "|".join(sorted(codes))
    return re.sub(
        rf"(?<![\w@])(?:(?<=in )|(?<=from )|(?<=to )|(?<=for )|(?<=only )|(?<=just )|(?<=now )|(?<=or )|(?<=and )|(?<=orders )|(?<=sales )|(?<=revenue )|(?<=aov )|(?<=refunds )|(?<=customers )|(?<={MARK}\d )|(?<=order )|(?<=units ))({of})(?![\w-])"
        rf"|(?<![\w@])({of})(?= (?:customers?|orders?|sales|revenue|buyers?|shoppers?|market|only))|^({of})$",
        lambda said: found.add((_country((said[1] or said[2] or said[3]).upper(), known),)),
        line,
    )


def _country(iso: str, known: Known) -> Named:
    return Named("country", iso, is_there=iso in known.countries)


def of_parts(words: list[str], held: Index) -> Named | None:
    """Products whose names hold all of the words: the one, or those that contain the phrase."""
    keys = [folded(each) for each in words]
    names = held.holding(keys) if keys and all(map(held.has, keys)) else []
    if not names:
        return None
    if len(names) == 1:
        return Named("product", names[0])
    for phrase in (" ".join(words), " ".join(keys), keys[0], keys[0][:-1]):
        if phrase and all(phrase in each.lower() for each in names):
            return Named("product", phrase, "contains")
    return Named("product", keys[0], "contains")


def nearest(said: str, known: Known) -> list[tuple[str, str]]:
    """(field, name) of what the store has that is spelled most like it."""
    from rapidfuzz import fuzz, process

    choices, lowered = index(known).named
    found = process.extract(said.lower(), lowered, scorer=fuzz.ratio, limit=3, score_cutoff=55)
    return [choices[place] for _, _, place in found]


def near_enough(said: str, known: Known) -> Named | None:
    """A whole name with slips of the pen in it; another number is another thing."""
    from rapidfuzz import fuzz, process

    if len(said) < 5:
        return None
    products = index(known).named[1][: len(known.products)]
    categories = [each.lower() for each in known.categories]
    for field, names, lowered in (
        ("category", known.categories, categories),
        ("product", known.products, products),
    ):
        found = process.extractOne(said.lower(), lowered, scorer=fuzz.ratio, score_cutoff=86)
        if found and _digits(said) == _digits(found[0]):
            return Named(field, names[found[2]])
    return None


def _digits(text: str) -> list[str]:
    return re.findall(r"\d+", text)
