"""What the cells of a price list say, as people and spreadsheets write it.

Each reader takes the text of a cell that is not empty and gives what its column stores, as Postgres
writes it, or raises ValueError with a sentence that says what to write: where two readings are
possible, nothing is guessed.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction
from math import gcd
from typing import Literal, get_args

from backshop.projects.fields import ProductType
from backshop.projects.quantities import measures
from backshop.projects.quantities.models import plain

Sign = Literal[".", ","]
"""What stands before the decimals."""

DATED = "\ufdd0"
"""Begins the text of a cell that holds a date; no text has this character."""
MOST_PRICE = Decimal("99999999.99")
MOST_INCHES = Decimal("9999.99")
MOST_COVERAGE = Decimal("999999.99")
MOST_PIECES = 1_000_000

_MONTHS = (
    "jan|janv|ene|feb|févr|fév|mar|mär|mrz|mars|apr|avr|abr|may|mai|jun|juin|jul|juil|aug|août|ago|"
    "sep|sept|oct|okt|nov|dec|déc|dez|dic|january|february|march|april|june|july|august|september|"
    "october|november|december|januar|februar|märz|juni|juli|oktober|dezember"
)
_DATES = re.compile(
    rf"\d{{1,2}}[-. /]{{1,2}}(?:{_MONTHS})\.?(?:[-. /]+\d{{2,4}})?"
    rf"|(?:{_MONTHS})\.?[-. /]+\d{{1,4}}"
    r"|\d{1,2}([-./])\d{1,2}\1\d{4}(?: .*)?|\d{4}-\d{2}-\d{2}(?:[ t].*)?",
    re.IGNORECASE,
)
_ERRORS = ("#n/a", "#ref!", "#value!", "#div/0!", "#name?", "#num!", "#null!", "#spill!", "#calc!")
_EMPTY = {"-", "–", "—", "n/a", "na", "none", "null", "nil"}


_AS_IT_IS = re.compile(r"[^\W_](?:[\w,./()&:;-] ?)*(?<! )")


def is_plain(text: str) -> bool:
    """Whether a text holds nothing that has to be looked at more closely, as nearly all do."""
    return _AS_IT_IS.fullmatch(text) is not None


def is_empty(text: str) -> bool:
    """Whether a cell says that there is nothing to say."""
    return text.lower() in _EMPTY


def tidied(text: str) -> str:
    """Without space around, quotes that Excel needs to keep zeros (`="00123"`), and hard spaces."""
    text = " ".join(text.replace("\u00a0", " ").replace("\u202f", " ").split())
    if text.startswith('="') and text.endswith('"') and len(text) > 3:
        text = text[2:-1]
    return text


def refuse_wreckage(text: str) -> None:
    """Refuse what a spreadsheet left in place of what was meant."""
    if text.startswith(DATED):
        raise ValueError(_dated(text.removeprefix(DATED)))
    if text.lower() in _ERRORS:
        raise ValueError(
            f"the cell holds Excel's error {text}: mend its formula, or type the value"
        )
    if text.startswith("=") and len(text) > 1:
        raise ValueError("the cell holds a formula: save its value in its place")


def _dated(what: str) -> str:
    return (
        f"Excel took this for a date ({what}): format the column as text, type what was meant again"
        " (a size as 12 x 24, a fraction as 0 1/2), and save"
    )


# ---------------------------------------------------------------- texts


def sku(text: str) -> str:
    refuse_wreckage(text)
    if re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+\d+", text):
        raise ValueError(
            f"Excel wrote the SKU as {text}: format the column as text, type the SKU again, and save"
        )
    return short(text, 50)


def short(text: str, length: int) -> str:
    """A text of a column of so many characters."""
    refuse_wreckage(text)
    if len(text) > length:
        raise ValueError(f"shorten it to {length} characters; it has {len(text)}")
    if "\ufffd" in text:
        raise ValueError(
            "a character was lost on its way: save the file in UTF-8, or send it as"
            " application/octet-stream"
        )
    if not text.isprintable():
        raise ValueError("it holds a character that cannot be printed: type it again")
    return text


# ---------------------------------------------------------------- prices

_DOLLARS = {
    "USD",
    "CAD",
    "AUD",
    "NZD",
    "SGD",
    "HKD",
    "MXN",
    "TWD",
    "JMD",
    "TTD",
    "BBD",
    "BSD",
    "BZD",
}
_CURRENCIES: dict[str, set[str]] = {
    "$": _DOLLARS, "us$": {"USD"}, "c$": {"CAD"}, "ca$": {"CAD"}, "a$": {"AUD"}, "au$": {"AUD"},
    "nz$": {"NZD"}, "s$": {"SGD"}, "hk$": {"HKD"}, "mx$": {"MXN"}, "€": {"EUR"}, "£": {"GBP"},
    "¥": {"JPY", "CNY"}, "₹": {"INR"}, "rs": {"INR", "LKR", "PKR", "NPR", "MUR"},
    "rs.": {"INR", "LKR", "PKR", "NPR", "MUR"}, "kr": {"SEK", "NOK", "DKK", "ISK"},
    "kr.": {"SEK", "NOK", "DKK", "ISK"}, "fr": {"CHF"}, "fr.": {"CHF"}, "sfr": {"CHF"},
    "sfr.": {"CHF"}, "zł": {"PLN"}, "kč": {"CZK"}, "ft": {"HUF"}, "lei": {"RON"}, "₺": {"TRY"},
    "r$": {"BRL"}, "r": {"ZAR"}, "₩": {"KRW"}, "฿": {"THB"}, "₫": {"VND"}, "₱": {"PHP"},
    "₦": {"NGN"}, "₪": {"ILS"}, "₽": {"RUB"}, "₴": {"UAH"}, "dollar": _DOLLARS,
    "dollars": _DOLLARS, "euro": {"EUR"}, "euros": {"EUR"},
}  # fmt: skip
_GROUPS = {
    # In thousands, and as India groups: 1,23,456.50.
    ".": r"\d{1,3}(?:[,']\d{3})+|\d{1,2}(?:,\d{2})+,\d{3}|\d{1,3}(?: \d{3})+",
    ",": r"\d{1,3}(?:[.']\d{3})+|\d{1,3}(?: \d{3})+",
}
_PRICES = {
    sign: re.compile(rf"(?P<whole>(?!0[ ,.']){groups}|\d+)?(?:\{sign}(?P<decimals>\d{{1,2}}0*)?)?")
    for sign, groups in _GROUPS.items()
}
_TWO_READINGS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
_DECIMALS = re.compile(r"\d([.,])\d{1,2}(?!\d)[^\d.,]*$")


def sign_of(prices: list[str], otherwise: Sign) -> Sign:
    """What stands before the decimals of these prices, where one of them tells."""
    signs = [found[1] for price in prices if (found := _DECIMALS.search(price))]
    if not signs:
        return otherwise
    return "," if signs.count(",") > signs.count(".") else "."


def price(text: str, sign: Sign, currency: str | None, said_above: str | None = None) -> str:
    """Major units, of a store that sells in `currency` where it is known; `said_above` is the
    currency that the column's name says."""
    if not said_above and _USUAL.fullmatch(text) and (text[0] != "$" or currency in _DOLLARS):
        return text.lstrip("$").replace(",", "")
    found = _PRICE.fullmatch(text)
    if found is None:
        raise ValueError(_no_price(text))
    number, currency_word = _apart(found)
    if currency_word or said_above:
        _expect_currency(currency_word or said_above or "", currency)
    return _amount(number, sign)


_USUAL = re.compile(r"\$?(?:\d{1,8}|[1-9]\d{0,2}(?:,\d{3}){1,2})\.\d\d")
"""As most prices are written; they are read without another look."""
_PRICE = re.compile(
    r"(?P<before>(?:[^\d.,(−=#\ufdd0-]+(?:\. *)?)?)(?P<number>[.,]?\d(?:[\d., '’]*\d)?)"
    r"(?:[.,](?:[-–—]{1,2}|(?=\s|$)))?(?P<after>\D*)"
)


def _no_price(text: str) -> str:
    """Why it is none."""
    refuse_wreckage(text)
    if _DATES.fullmatch(text):
        return _dated(text)
    if re.match(r"\D*[-−(]\D*\d", text):
        return "a price is not negative: write what the product costs"
    return "write the price as a number, such as 1,234.50"


def _apart(found: re.Match[str]) -> tuple[str, str]:
    """The number, and what stands before or behind it."""
    before, after = found["before"].strip(), found["after"].strip()
    if _DATES.fullmatch(found[0]):
        raise ValueError(_dated(found[0]))
    if before and after:
        raise ValueError("write the price as a number, such as 1,234.50, and its currency once")
    return found["number"].replace("’", "'"), before or after


def _expect_currency(currency_word: str, currency: str | None) -> None:
    meant = _CURRENCIES.get(currency_word.lower())
    if meant is None and re.fullmatch(r"[A-Za-z]{3}", currency_word):
        meant = {currency_word.upper()}
    if meant is None:
        raise ValueError(
            f"write the price alone, without “{currency_word}”; what it is for stands in a column “unit”"
        )
    if currency and currency not in meant:
        raise ValueError(
            f"the price is in {currency_word}, and the store sells in {currency}: convert it"
        )


def _amount(number: str, sign: Sign) -> str:
    other: Sign = "," if sign == "." else "."
    found = _PRICES[sign].fullmatch(number)
    if found is None:
        found, sign = _PRICES[other].fullmatch(number), other
        if found and _TWO_READINGS.fullmatch(number):
            whole = re.sub(r"[.,]", "", number)
            raise ValueError(
                f"{number} may be {whole} or {number[:-1]}: write it without a sign for thousands,"
                " with two decimals"
            )
    if found is None:
        raise ValueError("write the price with two decimals at most, such as 1,234.50")
    whole = re.sub(r"\D", "", found["whole"] or "0")
    value = Decimal(f"{whole}.{found['decimals'] or 0}")
    if value > MOST_PRICE:
        raise ValueError(f"a price is at most {MOST_PRICE:,}: check it")
    return f"{value:.2f}"


def currency(text: str, expected: str | None) -> tuple[()]:
    """Nothing: prices are in the store's currency, and a column can only agree."""
    refuse_wreckage(text)
    _expect_currency(text, expected)
    return ()


# ---------------------------------------------------------------- sizes

_FRACTION = re.compile(r"(\d+)/(\d+)")
_DENOMINATORS = {2, 3, 4, 8, 16, 32, 64}
_METRIC = re.compile(r"\d ?(?:mm|cm|m)\b")
_UNIT_AT_END = re.compile(r"(?<=[\d¼½¾]) ?(mm|cm|m|in|inch|inches|ft|feet|yd|[\"']+)\.?$")


def length(text: str, sign: Sign, unit: str = "in") -> str:
    """A size in inches, to the hundredth; a bare number is in `unit`."""
    return _inches(_length(_written(text, sign), unit))


def sizes(text: str, sign: Sign, unit: str = "in") -> tuple[str, str, str]:
    """Length, width and thickness, empty where they are not said, of a size such as `12" x 24"`. A
    unit at the end is that of all sides; a bare number is in `unit`."""
    text = _written(text, sign)
    sides = [side.strip() for side in re.split(r"\s*(?:x|×|\*|\bby\b)\s*", text)]
    if not 1 <= len(sides) <= 3 or not all(sides):
        raise ValueError('write a size as 12" x 24", 12 x 24 x 3/8 or 300 x 600 mm')
    if len(sides) == 1:
        raise ValueError('write both sides of a size, as 12" x 24" or 300 x 600 mm')
    sides = [re.sub(r"^[lwthd] |(?<=[\d\"']) ?[lwthd]$", "", side) for side in sides]
    last = _UNIT_AT_END.search(sides[-1])
    shared = {'"': "in", "''": "in", "'": "ft"}.get(last[1], last[1]) if last else unit
    found = [_length(side, _UNITS.get(shared, "in")) for side in sides]
    if len(found) == 3 and found[2] * 2 > min(found[:2]):
        raise ValueError("say the unit of each side, as 12 in x 24 in x 10 mm")
    inches = [_inches(each) for each in found]
    return inches[0], inches[1], inches[2] if len(inches) == 3 else ""


_UNITS = {
    "mm": "mm", "cm": "cm", "m": "m", "in": "in", "inch": "in", "inches": "in", "ft": "ft",
    "feet": "ft", "yd": "yd",
}  # fmt: skip


def _written(text: str, sign: Sign) -> str:
    """The text with the signs that measures are read by. Refuses dates, and fractions that may be
    two sides."""
    refuse_wreckage(text)
    if _DATES.fullmatch(text):
        raise ValueError(_dated(text))
    text = re.sub(r"([¼½¾⅐-⅞])", r" \1", text.replace("″", '"').replace("′", "'"))
    text = text.translate(str.maketrans("”“’‘", "\"\"''"))
    text = unicodedata.normalize("NFKC", text).replace("\u2044", "/").replace("\u2013", "-")
    text = " ".join(re.sub(r"\(?\bnominal\b\)?", " ", text.lower()).split())
    for top, bottom in _FRACTION.findall(text):
        _refuse_two_sides(int(top), int(bottom))
    if sign == ",":
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)
    return re.sub(r"(?<![\d.,])\.(?=\d)", "0.", text)


def _refuse_two_sides(top: int, bottom: int) -> None:
    if bottom not in _DENOMINATORS or top >= bottom or gcd(top, bottom) > 1:
        raise ValueError(
            f"{top}/{bottom} may be a size of two sides: write {top} x {bottom}, or a fraction in"
            " its lowest terms, such as 1/2"
        )


def _length(text: str, unit: str) -> Fraction:
    if re.fullmatch(r"\d{1,7}(?:\.\d{1,15})?", text):
        return Fraction(text) * measures.length(f"1 {unit}")
    try:
        return measures.length(text, unit)
    except ValueError:
        raise ValueError('write a size as 11-13/16, 12", 1 ft 6 in, 300 mm or 30 cm') from None


def _inches(value: Fraction) -> str:
    return _bounded(value, MOST_INCHES, "a size is at most 9,999 inches: check it and its unit")


def _bounded(value: Fraction, most: Decimal, sentence: str) -> str:
    rounded = plain(value)
    if value <= 0 or not rounded:
        raise ValueError("write what is more than 0, or leave the cell empty")
    if rounded > most:
        raise ValueError(sentence)
    return str(rounded)


def coverage(text: str, sign: Sign, unit: str = "sf") -> str:
    """Square feet; a bare number is in `unit`, `sf` or `m2`."""
    written = _written(re.sub(r" ?(/|per) ?(box|carton|ctn|case)$", "", text.lower()), sign)
    if re.fullmatch(r"\d{1,9}(?:\.\d{1,15})?", written):
        value = Fraction(written) * (measures.SQUARE_METER if unit == "m2" else 1)
    else:
        try:
            value = measures.area(written)
        except ValueError:
            raise ValueError("write what a box covers as 10.5 sf or 0.98 m2") from None
    return _bounded(value, MOST_COVERAGE, "a box covers at most 999,999 sf: check it")


def pieces(text: str) -> str:
    refuse_wreckage(text)
    if _DATES.fullmatch(text):
        raise ValueError(_dated(text))
    found = re.fullmatch(r"(\d{1,7})(?:[.,]0+)? ?(?:pcs?|pieces?|tiles?|ea)?\.?", text.lower())
    if found is None or not 1 <= int(found[1]) <= MOST_PIECES:
        raise ValueError("write how many pieces a box holds, as a whole number such as 10")
    return str(int(found[1]))


# ---------------------------------------------------------------- words

_YES = {"yes", "y", "true", "t", "x", "✓", "✔", "ja", "oui", "si", "sí", "wahr", "vrai"}
_NO = {"no", "n", "false", "f", "nein", "non", "falsch", "faux"}
_TYPES: dict[str, str] = {
    "mosaic": "tile", "floor tile": "tile", "wall tile": "tile", "bullnose": "trim",
    "trim piece": "trim", "thinset": "adhesive", "thin set": "adhesive", "mortar": "adhesive",
    "membrane": "underlayment", "backer board": "underlayment", "spacer": "spacers",
    "tool": "tools", "accessory": "accessories",
} | {each: each for each in get_args(ProductType)}  # fmt: skip
_SOLD_BY = {
    "sf": ("sf", "sq ft", "sqft", "sft", "ft2", "ft²", "square foot", "square feet"),
    "box": ("box", "boxes", "bx", "carton", "ctn", "case", "cs"),
    "linear_ft": ("linear_ft", "linear ft", "linear foot", "linear feet", "lf", "lin ft"),
    "piece": ("piece", "pieces", "pc", "pcs", "each", "ea", "unit", "sheet", "sht"),
    "bag": ("bag", "bags"),
    "tube": ("tube", "tubes", "cartridge"),
    "gallon": ("gallon", "gallons", "gal", "pail"),
}
_UNITS_SOLD = {word: unit for unit, words in _SOLD_BY.items() for word in words}


def flag(text: str, yes: frozenset[str] = frozenset(), no: frozenset[str] = frozenset()) -> str:
    """Yes or no; a number is yes where it is more than 0."""
    refuse_wreckage(text)
    word = text.lower()
    if word in yes or word in _YES:
        return "t"
    if word in no or word in _NO:
        return "f"
    if re.fullmatch(r"-?\d{1,9}(?:[.,]\d+)?", word):
        return "t" if Decimal(word.replace(",", ".")) > 0 else "f"
    raise ValueError("write yes or no")


def product_type(text: str) -> str:
    refuse_wreckage(text)
    word = " ".join(re.sub(r"[-_/]", " ", text.lower()).split())
    found = _TYPES.get(word) or _TYPES.get(word.removesuffix("s"))
    if found is None:
        raise ValueError(f"write one of {', '.join(get_args(ProductType))}")
    return found


def unit_of_measure(text: str) -> str:
    refuse_wreckage(text)
    word = " ".join(re.sub(r"^(per |/)|\.", " ", text.lower()).split())
    if found := _UNITS_SOLD.get(word):
        return found
    if word in ("m2", "m²", "sqm", "sq m", "square meter", "square metre"):
        raise ValueError("prices are for square feet: convert them (1 m2 is 10.7639 sf)")
    raise ValueError(f"write one of {', '.join(_SOLD_BY)}")
