"""Measures as people write them: feet and inches in any usual spelling, or metric; kept as exact
fractions of a foot, of a square foot, or of an inch.

Each kind of measure is one regular expression. It reads a text and stands in the OpenAPI too, so
that whatever the one allows the other takes. A comma is a decimal sign (`4,20 m`) and has one or
two digits behind it: with three it could mean thousands, which are written without one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Annotated, Any

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

FOOT = Fraction(12)
"""In inches, as all units below."""
_METER = Fraction(10000, 254)
SQUARE_METER = Fraction(1_000_000_000_000, 92_903_040_000)
"""In square feet: a foot is 0.3048 m exactly."""
MOST = 100_000
"""The greatest number that a measure may be written with."""
TEXT_LENGTH = 60

_QUARTERS = {"¼": Fraction(1, 4), "½": Fraction(1, 2), "¾": Fraction(3, 4)}
_UNITS = {
    "ft": (FOOT, ["feet", "foot", "ft.", "ft", "lf", "'", "′", "’"]),
    "in": (Fraction(1), ["inches", "inch", "in.", "in", "''", '"', "″", "”"]),
    "yd": (3 * FOOT, ["yards", "yard", "yd"]),
    "mm": (_METER / 1000, ["millimeters", "millimetres", "millimeter", "millimetre", "mm"]),
    "cm": (_METER / 100, ["centimeters", "centimetres", "centimeter", "centimetre", "cm"]),
    "m": (_METER, ["meters", "metres", "meter", "metre", "m"]),
}
_AREAS = {
    "sf": (
        Fraction(1),
        ["square feet", "square foot", "sq. ft.", "sq ft", "sqft", "sf", "ft2", "ft²"],
    ),
    "m2": (
        SQUARE_METER,
        [
            "square meters",
            "square metres",
            "square meter",
            "square metre",
            "sq m",
            "sqm",
            "m2",
            "m²",
        ],
    ),
}


def _any_case(words: list[str]) -> str:
    """Alternatives in either case, without flags, which patterns of JSON Schema do not have."""
    return (
        "|".join(
            "".join(
                f"[{c}{c.upper()}]" if c.isascii() and c.isalpha() else re.escape(c) for c in word
            )
            for word in words
        )
        .replace("\\ ", " ")
        .replace("\\'", "'")
    )


_DECIMAL = r"[0-9]{1,5}(\.[0-9]{1,4}|,[0-9]{1,2})?"
_WHOLE_AND = r"([0-9]{1,5}( |-| - ))?[0-9]{1,3}/[1-9][0-9]{0,2}"
_WITH_SIGN = r"[0-9]{0,5} ?[¼½¾]"
_VALUE = f"({_WHOLE_AND}|{_WITH_SIGN}|{_DECIMAL})"
_FEET = _any_case(_UNITS["ft"][1])
_INCHES = _any_case(_UNITS["in"][1])
_OTHER = _any_case([word for unit in ("in", "yd", "mm", "cm", "m") for word in _UNITS[unit][1]])
_LENGTH = f"({_VALUE} ?({_FEET})( ?-? ?{_VALUE} ?({_INCHES})?)?|{_VALUE}( ?({_OTHER}))?)"
_AREA = (
    f"({_VALUE} ?({_any_case([w for u in _AREAS.values() for w in u[1]])})"
    f"|{_LENGTH} ?(x|X|×|by) ?{_LENGTH}|{_VALUE})"
)
LENGTH_PATTERN = f"^ ?{_LENGTH} ?$"
AREA_PATTERN = f"^ ?{_AREA} ?$"


def length(text: str, unit: str = "ft") -> Fraction:
    """A length in inches; a bare number is in `unit`. Raises ValueError with what to write
    instead."""
    if len(text) > TEXT_LENGTH or not _compiled(LENGTH_PATTERN).fullmatch(text):
        raise ValueError("""write a length as 10'6", 10 ft 6 in, 10.5, 126 in or 3.2 m""")
    value, _ = _length(text.strip().lower(), unit)
    return value


def area(text: str) -> Fraction:
    """An area in square feet: `6 sf`, `1.35 m²`, `2 x 3 ft`, or a bare number of square feet.

    Raises ValueError with what to write instead."""
    if len(text) > TEXT_LENGTH or not _compiled(AREA_PATTERN).fullmatch(text):
        raise ValueError("write an area as 6 sf, 1.35 m2, 2x3 ft or 0.9 m x 1.5 m")
    text = text.strip().lower()
    sides = re.split(r" ?(?:x|×|by) ?", text)
    if len(sides) == 2:
        return _product(*sides)
    for size, words in _AREAS.values():
        for word in words:
            if text.endswith(word):
                return _number(text.removesuffix(word).strip()) * size
    return _number(text)


def _product(first: str, second: str) -> Fraction:
    """Two sides in square feet; a side without a unit has the other's."""
    _, unit = _length(first, "ft")
    _, other = _length(second, "ft")
    one, _ = _length(first, other or "ft")
    two, _ = _length(second, unit or "ft")
    return one * two / 144


def _length(text: str, unit: str) -> tuple[Fraction, str | None]:
    """A length in inches and the unit it names; `unit` where it names none."""
    found = _compiled(
        f"(?P<feet>{_VALUE}) ?({_FEET})( ?-? ?(?P<inches>{_VALUE}) ?({_INCHES})?)?"
    ).fullmatch(text)
    if found:
        inches = found["inches"]
        return _number(found["feet"]) * FOOT + (_number(inches) if inches else 0), "ft"
    for name in ("in", "yd", "mm", "cm", "m"):
        size, words = _UNITS[name]
        for word in words:
            if text.endswith(word):
                return _number(text.removesuffix(word).strip()) * size, name
    return _number(text) * _UNITS[unit][0], None


def _number(text: str) -> Fraction:
    if text[-1] in _QUARTERS:
        return Fraction(int(text[:-1].strip() or 0)) + _QUARTERS[text[-1]]
    whole, _, part = text.replace(" - ", "-").replace(" ", "-").rpartition("-")
    if "/" in part:
        return Fraction(int(whole or 0)) + Fraction(part)
    return Fraction(text.replace(",", "."))


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def exact(number: float | int | Decimal) -> Fraction:
    """A number as it is written: 0.1 is a tenth."""
    return Fraction(str(number))


def _read(value: Any, of_text: Callable[[str], Fraction], unit: Fraction) -> Fraction:
    if isinstance(value, Fraction):
        return value
    if isinstance(value, str):
        return of_text(value)
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("write a number or a text")
    if not 0 <= value <= MOST:
        raise ValueError(f"write a number between 0 and {MOST}")
    return exact(value) * unit


def _schema(pattern: str, what: str, examples: list[Any]) -> WithJsonSchema:
    number = {"type": "number", "minimum": 0, "maximum": MOST}
    text = {"type": "string", "pattern": pattern, "maxLength": TEXT_LENGTH}
    return WithJsonSchema({"anyOf": [number, text], "description": what, "examples": examples})


_written = PlainSerializer(float, return_type=float, when_used="json")
Feet = Annotated[
    Fraction,
    PlainValidator(lambda value: _read(value, length, FOOT) / FOOT),
    _written,
    _schema(
        LENGTH_PATTERN, "A length; a bare number is in feet.", ["10'6\"", "10 ft 6", 10.5, "3.2 m"]
    ),
]
Inches = Annotated[
    Fraction,
    PlainValidator(lambda value: _read(value, lambda text: length(text, "in"), Fraction(1))),
    _written,
    _schema(LENGTH_PATTERN, "A size; a bare number is in inches.", [12, "11-13/16", "30 cm"]),
]
SquareFeet = Annotated[
    Fraction,
    PlainValidator(lambda value: _read(value, area, Fraction(1))),
    _written,
    _schema(AREA_PATTERN, "An area; a bare number is in square feet.", [35, "2x3 ft", "1.35 m2"]),
]
