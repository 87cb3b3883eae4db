"""Questions made plain: one spelling of what people type in many, and typing errors mended.

A question becomes a line of lower-case words with single spaces, in which whoever understands a
part takes it out (`Line.take`); what is left at the end was not understood.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from re import Match

from backshop.insights.planning.patterns import Rewriting, compiled

TAKEN = " ~ "
"""Stands where a part was taken out, so that words which were apart do not become neighbours."""

_PLAIN = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": " "}
)
_MON = "jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec"
_SPELLED_OUT: tuple[tuple[str, str | Callable[[Match[str]], str]], ...] = (
    (rf"\b((?:{_MON})[a-z]*) ?'(\d\d)\b", r"\1 20\2"),
    (r"\bv-day\b", "valentines day"),
    (r"\bad+ress?es\b", "addresses"),
    (r"\b(\w+)n't\b", r"\1 not"),
    (r"\bca not\b", "can not"),
    (r"\bwo not\b", "will not"),
    (r"\b(do|did|does|has|have|is|was|were|are|would|could|should)nt\b", r"\1 not"),
    (r"\b(can|won)t\b", r"\1 not"),
    (r"\b(?:wots|wats|whatz|wat's|wot's)\b", "what is"),
    (r"\b(what|who|how|where|when|which|that|it|there|here)'?s\b", r"\1 is"),
    (r"\b(i|we|you|they)'(?:re|m)\b", r"\1 are"),
    (r"\b(i|we|you|they|who)'ve\b", r"\1 have"),
    (r"\b(i|we|you|they)'d\b", r"\1 would"),
    (r"\b(what|how|where|when|who)'?d\b", r"\1 did"),
    (r"\b(i|we|you|they)'ll\b", r"\1 will"),
    (r"\blet'?s\b", "let us"),
    (r"\b(?:becuase|becasue|becouse|beacuse|becaus|bcause|becoz|bcoz)\b", "because"),
    (
        r"\b(mother|father|valentine|new year)'?s?'? (day|eve)\b|\b(single)(?:'s|s'?) (day)\b",
        lambda m: f"{m[1] or m[3]}s {m[2] or m[4]}",
    ),
    (r"'s\b", ""),
    (r"(?<=s)'(?= |$)", ""),
    (r"'", ""),
)
_ABBREVIATED: dict[str, str] = {
    "tdy": "today",
    "yday": "yesterday",
    "yest": "yesterday",
    "amt": "amount",
    "ppl": "people",
    "cntry": "country",
    "ctry": "country",
    "yr": "year",
    "wk": "week",
    "mth": "month",
    "qtr": "quarter",
    "prev": "previous",
    "py": "last year",
    "disc": "discount",
    "prod": "products",
    "cust": "customers",
    "avg": "average",
    "qty": "quantity",
    "pct": "percent",
    "rev": "revenue",
    "nr": "number",
    "num": "number",
    "cat": "category",
    "curr": "current",
    "pymt": "payment",
    "abv": "aov",
    "mo": "month",
    "wknd": "weekend",
    "hv": "have",
    "atv": "aov",
}
_SLIPS = {
    slip: word
    for word, slips in {
        "will": "wil wll",
        "which": "wich whcih wihch whitch whch",
        "what": "waht wat wht whta wot",
        "how": "hwo hw",
        "last": "lst lsat lats",
        "the": "teh hte",
        "many": "mny mnay manny",
        "most": "mots mst",
        "from": "frm fom",
        "this": "thsi tihs ths",
        "show": "shwo sho",
        "total": "toatl totl",
        "best": "bst besst",
        "sold": "soled slod selled",
        "year": "yer yeer",
        "week": "wek",
        "top": "tpo",
        "days": "dys dasy",
        "second": "secnd secon seccond",
        "third": "thrid thrd",
        "fourth": "forth fouth",
    }.items()
    for slip in slips.split()
}
"""Of words too short, or too common, to be told from others by their spelling."""
UNITS = (
    "kg",
    "gm",
    "gr",
    "mg",
    "g",
    "ml",
    "cl",
    "ltr",
    "l",
    "cm",
    "mm",
    "oz",
    "lbs",
    "lb",
    "pcs",
    "pack",
)
"""As labels write them right after a number."""
_UNITS_SAID = {
    "kilo": "kg", "kilogram": "kg", "gram": "g", "gramme": "g", "milligram": "mg",
    "litre": "l", "liter": "l", "millilitre": "ml", "milliliter": "ml",
    "centimetre": "cm", "centimeter": "cm", "millimetre": "mm", "millimeter": "mm", "ounce": "oz",
}  # fmt: skip
"""As they are dictated."""
_MONEY = (
    r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|inr|aed|sgd|chf|jpy|cad|aud|dollars?|euros?|pounds?|bucks|quid"
    r"|rupees?|rs\.?|yen|francs?|dirhams?|crowns?|kron(?:er|or|e|a)|kr|nok|sek|dkk)(?![\w.]))"
)
_COINS = (
    r"dollars?|euros?|pounds?|bucks|quid|rupees?|yen|francs?|dirhams?|crowns?|kron(?:er|or|e|a)"
)
"""Stand after their number, whatever follows (`100 dollars 2024`)."""
_MANY = {
    "k": 1_000,
    "thousand": 1_000,
    "lakh": 100_000,
    "lac": 100_000,
    "million": 1_000_000,
    "mio": 1_000_000,
    "mn": 1_000_000,
    "crore": 10_000_000,
    "cr": 10_000_000,
}


NUMBERS = {
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "eleven": 11,
    "twelve": 12,
    "thirteen": 13,
    "fourteen": 14,
    "fifteen": 15,
    "sixteen": 16,
    "seventeen": 17,
    "eighteen": 18,
    "nineteen": 19,
    "twenty": 20,
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
}


_WEEKDAYS = {
    "mon": "monday",
    "tue": "tuesday",
    "wed": "wednesday",
    "thu": "thursday",
    "fri": "friday",
    "sat": "saturday",
    "sun": "sunday",
}


_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_ONES = "one|two|three|four|five|six|seven|eight|nine"
_BELOW_HUNDRED = rf"(?:{_TENS})(?:[ -](?:{_ONES}))?|{'|'.join(NUMBERS)}|one"
_LONG_NUMBER = (
    rf"\b(?P<hundreds>an?|one|{'|'.join(NUMBERS)}|\d{{1,2}}) (?P<of>hundred|thousand) (?:and )?(?P<rest>{_BELOW_HUNDRED})\b(?![ -](?:hundred|thousand))"
    rf"|\b(?P<tens>{_TENS})[ -](?P<ones>{_ONES})\b"
)


def _long_number(found: Match[str]) -> str:
    """`one hundred and fifty`, as it is dictated."""
    if found["tens"]:
        return str(NUMBERS[found["tens"]] + _said_number(found["ones"]))
    rest = sum(map(_said_number, re.split("[ -]", found["rest"])))
    many = 100 if found["of"] == "hundred" else 1000
    return str(_said_number(found["hundreds"]) * many + rest)


def _said_number(word: str) -> int:
    return 1 if word in ("a", "an", "one") else NUMBERS.get(word) or int(word)


_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh", "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth", "twentieth", "thirtieth"]  # fmt: skip
_ORDINAL = rf"(?:(?P<tens>twenty|thirty)[ -])?(?P<nth>{'|'.join(_ORDINALS)})"


def _ordinal(found: Match[str]) -> int:
    """A day of a month in words."""
    day = _ORDINALS.index(found["nth"]) + 1
    return (30 if day == 21 else day) + NUMBERS.get(found["tens"] or "", 0)


def _counted(found: Match[str]) -> str:
    """`2.5 lakh` as a number."""
    return f"{float(found[1]) * _MANY[found[2]]:.10g}"


_MONTH_NAMES = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]


def _month_written(month: str, year: str) -> str:
    return f"{_MONTH_NAMES[int(month) - 1]} {year}"


_SHORT: tuple[tuple[str, str | Callable[[Match[str]], str]], ...] = (
    (rf"\b((?:{_MON})[a-z]{{0,6}})\s?-\s?((?:{_MON})[a-z]{{0,6}})\b", r"\1 to \2"),
    (r"(?<![\w/.-])(0?[1-9]|1[0-2])/((?:19|20)\d\d)\b", lambda m: _month_written(m[1], m[2])),
    (
        r"(?<![\w/.-])((?:19|20)\d\d)[-/](0[1-9]|1[0-2])\b(?![-/\d])",
        lambda m: _month_written(m[2], m[1]),
    ),
    (r"\b([12])h (?=(?:19|20)\d\d\b)", r"h\1 "),
    (r"\bwinter ((?:19|20)\d\d) ?[-/] ?(?:20)?\d\d\b", r"winter \1"),
    (r"\bly\b", "last year"),
    (r"^((?:\S+ ){0,4}[^\s:]+): ", r"\1 , "),
    (r"\b[lt]tm\b", "last 12 months"),
    (r"\b2day\b", "today"),
    (r"\b(compared|comparing|back|due|up) 2 (?=last|the|this|prev)", r"\1 to "),
    (r"(?<=s )r (?=\w{2})", "are "),
    (r"\br (?=we|u|you|there|our|the|sales|orders)", "are "),
    (r"(?<=[a-z] )n (?=[a-z])", "and "),
    (r"(?<![\d:])([01]?\d|2[0-3]):00\b", r"\1 oclock"),
    (r"\b(after|past|before|until) ([01]?\d|2[0-3]) ?h\b", r"\1 \2 oclock"),
    (r"(?<=\d) ?(am|pm) ?[-–] ?(?=\d)", r" \1 to "),
    (r"\b(?:internet|e-?commerce|ecom) (?=(?:sales|revenue|orders|turnover)\b)", "online "),
    (r"\bout off? stock\b", "out of stock"),
    (
        r"\b(less|more|fewer|greater|higher|lower|bigger|smaller|better|worse) then (?=\d|last|the |in |a )",
        r"\1 than ",
    ),
    (r"\bthru\b", "through"),
    (r"\bworking days?\b", "weekdays"),
    (r"\bin the (weekends?|weekdays?)\b", r"on the \1"),
    (r"\bsuperior (?:to|than)\b", "more than"),
    (r"\binferior (?:to|than)\b", "less than"),
    (r"\btrimester(s?)\b", r"quarter\1"),
    (
        r"\b(units|items|pieces|orders|sales|revenue|spend)/(order|customer|day|basket|head|month|week)\b",
        r"\1 per \2",
    ),
    (r"\bdouble (?:eleven|11)\b", "singles day"),
    (r"\bmothering sunday\b", "mothers day"),
    (
        rf"\b({'|'.join(NUMBERS)}|an?|one|\d+) (hundred|thousand)\b",
        lambda m: str(_said_number(m[1]) * (100 if m[2] == "hundred" else 1000)),
    ),
    (rf"\b({'|'.join(NUMBERS)})(?= {_MONEY})", lambda m: str(NUMBERS[m[1]])),
    (
        rf"\b(\d+|{'|'.join(NUMBERS)}) time\b(?! of)",
        r"\1 times",
    ),
    (
        rf"\b(\d+|{'|'.join(NUMBERS)}) (orders|times|purchases|units|pieces) (or more|or less|or fewer|and up|and more)\b",
        r"\1 \3 \2",
    ),
    # 1.000 and 1.250,50 are thousands, 49,90 is none; 1,00,000 is a hundred thousand.
    (
        r"(?<![\d.,])\d{1,3}(?:\.\d{3})+(?:,\d{1,2})?(?![\d.,]\d)(?![\w])",
        lambda m: m[0].replace(".", "").replace(",", "."),
    ),
    (r"(?<![\d.,])(\d+),(\d{1,2})(?![\d,])(?=\s|$|\s?[$€£¥₹?])", r"\1.\2"),
    (r"(?<=\d),(?=(?:\d{2},)*\d{3}\b)", ""),
    (rf"(?<![\w-])(\d+(?:\.\d+)?)\s?({'|'.join(_MANY)})s?\b\.?", _counted),
    (rf"(?<=\d) ?(?:{_COINS})\b", " ¤"),
    (rf"{_MONEY}\s?(\d(?:[\d.,]*\d)?)(?!\d|st\b|nd\b|rd\b|th\b)", r"\1 ¤"),
    (rf"(?<=\d)\s?{_MONEY}", " ¤"),
    # A size as it is written on a label, apart from what it measures; those of codes stay.
    (rf"(?<![\w-])(\d+(?:\.\d+)?)({'|'.join(UNITS)})\b", r"\1 \2"),
    (r"\b([1-4])q ?'?(\d\d|\d{4})?\b", lambda m: _of_quarter(m[1], m[2])),
    (r"\bq([1-4]) ?['/]?(\d\d)\b(?![./%-])", lambda m: _of_quarter(m[1], m[2])),
    (r"\b[lt](?=\d+ ?(?:[dwmqy]|days?|weeks?|wks?|months?|mths?|mos?|years?|yrs?)\b)", "last "),
    (r"(?<=\d)\+(?!\d)", " or more "),
    (
        rf"\b(between|from) (?:the )?{_ORDINAL} (and|to|until|till|through) (?:the )?(?=(?:\w+[ -])?\w+ (?:of )?(?:{_MON}))",
        lambda m: f"{m[1]} {_ordinal(m)} {m[4]} ",
    ),
    (rf"\b{_ORDINAL} (?:of )?(?=(?:{_MON})[a-z]{{0,6}}\b)", lambda m: f"{_ordinal(m)} "),
    (
        rf"\b((?:{_MON})[a-z]{{0,6}}) (?:the )?{_ORDINAL}\b(?! (?:week|half|quarter))",
        lambda m: f"{m[1]} {_ordinal(m)}",
    ),
    (r"\b(\d+)\s?(?:x)\b", r"\1 times"),
    (r"(?<=\w) - (?=(?:\d|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec))", " to "),
    (r"\b(?:vs?|versus)\b\.?", "vs"),
    (
        r"\b(?:shop|store|physical|retail)(?= (?:vs|or|and|against) (?:online|web|website|webshop)\b)"
        r"|(?:(?<=online vs )|(?<=website vs )|(?<=webshop vs ))(?:shop|store)\b",
        "in store",
    ),
    (r"\bper cent\b|%", " percent "),
    (r"\b(\d+) ?d\b", r"\1 days"),
    (r"\b(\d+) ?wks?\b|\b(\d+) ?w\b", r"\1\2 weeks"),
    (r"\b(\d+) ?(?:mo|mos|mths?|mnths?)\b|\b(\d+)m\b", r"\1\2 months"),
    (r"\b(\d+) ?(?:yrs?|y)\b", r"\1 years"),
    (r"\b(\d+) ?(?:hrs?|h)\b", r"\1 hours"),
    (rf"\b({'|'.join(_ABBREVIATED)})s?\b\.?", lambda m: _ABBREVIATED[m[1]]),
    (r"\bw ?/ ?o\b", "without"),
    (r"(?<=[a-z\d] )w/? (?=[a-z])", "with "),
    (r"\b(tue|thu|fri)(?:s|rs?)?\b(?!-)", lambda m: _WEEKDAYS[m[1]]),
    (
        r"\b(?:(?<=last )|(?<=this )|(?<=past )|(?<=every )|(?<=cyber )|(?<=since )|(?<=on ))(mon|wed|sat|sun)s?\b"
        r"|\b(mon|wed|sat|sun)(?= \d)",
        lambda m: _WEEKDAYS[m[1] or m[2]],
    ),
    (
        rf"\bon the (\d{{1,2}})(?:st|nd|rd|th)\b(?! (?:of|{_MON}|customer|day|week|order))",
        r"on the \1 of this month",
    ),
    (r"\b(\d+)(?:st|nd|rd|th)\b", r"\1"),
    (r"\bw ?/ ?c\b", "week commencing"),
    (
        r"\b(last|past|previous) (\w+) (weeks|months|quarters|years) ?,? ?\(?(?:excluding|without|except|not counting|not including|before) (?:this|the current|the running)(?: one| week| month| quarter| year)\b",
        r"\1 \2 full \3",
    ),
    (r"\bfy ?'?(\d\d)\b(?! ?[-/] ?\d)", r"fiscal year 20\1"),
    (
        r"\b(?:fy|(?:financial|fiscal) year) ?'?(?:20)?(\d\d) ?[-/] ?'?(?:20)?(\d\d)\b",
        r"fy20\1to20\2",
    ),
    (r"\b(before|after|until|till) noon\b", r"\1 12 pm"),
    (r"\b(\d ?(?:[ap]m|oclock)?) (to|and) (?:noon|midday)\b", r"\1 \2 12 pm"),
    (r"\bin (?:lakhs?|crores?|thousands|millions)\b", " "),
    (r"#(?=\d)|\bno\.? ?(?=1\b)", "number "),
    (r"\bnumber one\b", "number 1"),
    (r"\b(?:brand|totally|completely) new\b", "new"),
    (r"\b(?:coz|cuz)\b", "because"),
    (r"\bhow many order\b(?! (?:value|size|total|amount|status))", "how many orders"),
    (r"\b(?:to|should|must) (?:watch(?: out)?|keep an eye on|look out)(?: for)?\b", "to see"),
    (r"\b(kindly|please|pls|plz|can you|could you|to) share\b(?! of)", r"\1 show"),
    (r"^share (?=the|with|me|us|our|my)", "show "),
    (r"\blas\b(?! (?:vegas|palmas))", "last"),
    (r"\bswiss francs?\b", "chf"),
    (r"\b(?:british pounds?(?: sterling)?|pounds? sterling)\b", "gbp"),
    (r"\b(?:us|american) dollars?\b", "usd"),
)


SPELLED_ANEW = frozenset(
    {*NUMBERS, *_ABBREVIATED, "vs", "versus", "v", "dozen", "hundred", "rev", "nr", "num"}
)
"""Words that a line has in another spelling, or as a number."""


@cache
def written_as() -> dict[str, tuple[str, ...]]:
    """What names may have in the place of a word of a line: numbers in words, abbreviations."""
    found: dict[str, tuple[str, ...]] = {"vs": ("versus", "v")}
    spelled = {each: str(number) for each, number in NUMBERS.items()} | _ABBREVIATED
    for short, said in spelled.items():
        for key in {said, folded(said)}:
            found[key] = (*found.get(key, ()), short)
    return found


_ONE_WORD = (
    (
        r"\b(?:buyer|client|shopper|punter|purchaser|consumer|patron|parent|mum|mom|grandparent|teacher|guy|fan)s\b|\bfolks?\b|\bfamilies\b",
        "customers",
    ),
    (r"\b(?:buyer|client|shopper|punter|purchaser|consumer|patron)\b", "customer"),
    (r"\bpurchased\b|\bbuyed\b", "bought"),
)


in_one_word = Rewriting(_ONE_WORD)
"""Words that mean the same as one; after the store's names were marked, which may hold them."""


class Line:
    """What of a question has not been understood yet."""

    def __init__(self, text: str) -> None:
        self.text = f" {' '.join(text.split())} "

    def take(self, pattern: str) -> Match[str] | None:
        """The first place that reads so, taken out."""
        found = compiled(pattern).search(self.text)
        if found:
            left = self.text[: found.start()] + TAKEN + self.text[found.end() :]
            self.text = f" {' '.join(left.split())} "
        return found

    def has(self, pattern: str) -> bool:
        return compiled(pattern).search(self.text) is not None

    def find(self, pattern: str) -> Match[str] | None:
        return compiled(pattern).search(self.text)

    def words(self) -> list[str]:
        return re.findall(r"[^\s~,]+", self.text)


def _of_quarter(quarter: str, year: str | None) -> str:
    return f"q{quarter} {year if len(year) == 4 else f'20{year}'}" if year else f"q{quarter}"


_spelled_out, _shortened = Rewriting(_SPELLED_OUT), Rewriting(_SHORT)


def _in_digits(line: str) -> str:
    """Years and long numbers that are written out."""
    line = compiled(_YEARS_SAID).sub(_year_said, line)
    return compiled(_LONG_NUMBER).sub(_long_number, line)


def plain_line(text: str) -> str:
    """Lower case, one spelling of contractions, abbreviations and numbers; hyphens and signs kept
    where they may be part of a code."""
    line = unicodedata.normalize("NFKC", text).translate(_PLAIN).lower()
    line = _shortened(_in_digits(_spelled_out(line)))
    line = compiled(r"(?<![\d.,])(\d{1,3}) (\d{3})(?= ¤)").sub(r"\1\2", line)  # `10 000 kr`
    line = compiled(r"[?;] +(?=(?:what|who|which|how|when)\b)").sub(" , ", line)
    line = compiled(r"[?!;:()\[\]{}\"|*]|\.(?!\d)|(?<!\d)\.").sub(" ", line)
    line = compiled(r"\s*,\s*|\s*&\s*|\s*\+\s*").sub(
        lambda m: " , " if "," in m[0] else " and ", line
    )
    return " ".join(line.split())


def without_hyphens(line: str) -> str:
    """Hyphens and slashes between words as spaces; those of dates stay."""
    return " ".join(
        compiled(r"(?<=[a-z])[-/_]+(?=[a-z0-9@])|(?<=[0-9])-(?=[a-z])|(?<= )-+(?= )")
        .sub(" ", line)
        .split()
    )


_YEARS_SAID = (
    r"\b(?:twenty|two thousand(?: and)?|20) (nineteen|eighteen|twenty|20)(?:[ -](one|two|three|four|five|six|seven|eight|nine|[1-9]))?\b"
    r"|\b2000 (?:and )?(nineteen|eighteen|twenty|20)(?:[ -](one|two|three|four|five|six|seven|eight|nine|[1-9]))?\b"
)


def _year_said(found: Match[str]) -> str:
    """`twenty twenty five`, as it is dictated."""
    parts = [each for each in found.groups() if each]
    said = [NUMBERS.get(each) or (1 if each == "one" else int(each)) for each in parts]
    return str(2000 + sum(said))


def numbered(line: str) -> str:
    """Numbers that are written out, as digits."""
    line = compiled(_YEARS_SAID).sub(_year_said, line)
    line = compiled(rf"\b({'|'.join(NUMBERS)})\b").sub(lambda m: str(NUMBERS[m[1]]), line)
    line = compiled(rf"\b(\d+|one) ?({'|'.join(_UNITS_SAID)})s?\b").sub(
        lambda m: f"{1 if m[1] == 'one' else m[1]} {_UNITS_SAID[m[2]]}", line
    )
    line = compiled(r"\ba dozen\b").sub("12", line)
    return compiled(r"\ba hundred\b").sub("100", line)


# ------------------------------------------------------------------------------- spelling

_SHORTENED = {
    word[0] + re.sub(r"[aeiou]", "", word[1:]): word
    for word in (
        "last", "top", "many", "how", "month", "week", "year", "day", "sales", "orders", "today",
        "yesterday", "products", "product", "customers", "customer", "best", "show", "what", "much",
        "country", "quarter", "revenue", "refunds", "stock", "from", "category", "number", "return",
        "discount", "discounts", "coupon", "coupons", "compare", "average", "worst", "sold", "sell",
    )
}  # fmt: skip
"""Words whose vowels nobody has time for."""


def mended(
    line: str, known: frozenset[str], targets: Callable[[], Mapping[int, tuple[str, ...]]]
) -> str:
    """The line with words that nobody knows replaced by the nearest of `targets` (by length), where
    that is near enough to be a typing error."""
    return " ".join(
        word if word in known or not word.isalpha() else _mended(word, targets)
        for word in line.split()
    )


def _mended(word: str, targets: Callable[[], Mapping[int, tuple[str, ...]]]) -> str:
    shortened = _SHORTENED.get(word) or _SLIPS.get(word)
    if shortened:
        return shortened
    if len(word) < 4:
        return word
    return _without_vowels(word, targets()) or _nearest(word, targets()) or word


def _without_vowels(word: str, targets: Mapping[int, tuple[str, ...]]) -> str | None:
    """The shortest that has these letters besides its vowels (`ordrd`)."""
    if any(each in "aeiou" for each in word[1:]):
        return None
    longer = (each for more in range(1, 6) for each in targets.get(len(word) + more, ()))
    return next(
        (
            each
            for each in longer
            if each[0] == word[0] and each[0] + re.sub(r"[aeiou]", "", each[1:]) == word
        ),
        None,
    )


def _is_within(word: str, longer: str) -> bool:
    """Whether only letters are missing, the commonest of slips."""
    rest = iter(longer)
    return all(each in rest for each in word)


def _nearest(word: str, targets: Mapping[int, tuple[str, ...]]) -> str | None:
    from rapidfuzz.distance import DamerauLevenshtein
    from rapidfuzz.process import extract

    most = 1 if len(word) < 6 else 2
    choices = [
        each
        for length in range(len(word) - most, len(word) + most + 1)
        for each in targets.get(length, ())
        if each[0] == word[0] or each[:2] == word[1::-1] or each[1:2] == word[:1]
    ]
    found = extract(word, choices, scorer=DamerauLevenshtein.distance, score_cutoff=most, limit=3)
    near = [each for each in found if each[0][0] == word[0]] or found
    if not near:
        return None
    best = min(
        near,
        key=lambda each: (each[1], not _is_within(word, each[0]), abs(len(each[0]) - len(word))),
    )
    # Two slips in a short word make any word of another (`matcha` is no March).
    return best[0] if best[1] < 2 or min(len(word), len(best[0])) >= 6 else None


def by_length(words: Iterable[str]) -> dict[int, tuple[str, ...]]:
    found: dict[int, list[str]] = {}
    for word in sorted({each for each in words if len(each) >= 4 and each.isalpha()}):
        found.setdefault(len(word), []).append(word)
    return {length: tuple(held) for length, held in found.items()}


_IRREGULAR = {
    "mice": "mouse",
    "knives": "knife",
    "shelves": "shelf",
    "leaves": "leaf",
    "scarves": "scarf",
    "loaves": "loaf",
    "geese": "goose",
    "feet": "foot",
    "teeth": "tooth",
    "children": "child",
}
_IN_IE = frozenset(
    {
        "beanie",
        "bikie",
        "brownie",
        "calorie",
        "cookie",
        "hoodie",
        "movie",
        "onesie",
        "pie",
        "smoothie",
        "tie",
        "veggie",
    }
)


def folded(word: str) -> str:
    """A word without its plural, for names: `candles` and `Candle` are one."""
    word = word.lower()
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word[:-1] in _IN_IE:
        return word[:-1]
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
