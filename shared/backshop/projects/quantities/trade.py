"""What the trade reckons with where nobody says otherwise: figures, and where each is from.

Waste is what retailers and calculators publish; neither TCNA nor ANSI name a number.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, NamedTuple

Pattern = Literal[
    "straight_lay", "brick_pattern", "herringbone", "diagonal", "basket_weave", "chevron",
    "versailles", "pinwheel", "other",
]  # fmt: skip
Complexity = Literal["simple", "moderate", "complex"]
Trowel = Literal["1/4x1/4", "1/4x3/8", "1/2x1/2"]


class Waste(NamedTuple):
    """Per cent of the net area, by complexity."""

    simple: int
    moderate: int
    complex: int
    source: str


WASTE: dict[Pattern, Waste] = {
    "straight_lay": Waste(
        10,
        12,
        15,
        "10: homeproject.tools, justhetool, calculateproject; 10–15: cletile, thatcherstudio",
    ),
    "brick_pattern": Waste(
        12, 14, 17, "a little above straight: benchcalcs 8 against 5, homeproject.tools 10"
    ),
    "diagonal": Waste(
        15, 17, 20, "15: justhetool, boneyardtools; 15–20: homeproject.tools, calculover"
    ),
    "herringbone": Waste(20, 22, 25, "20: justhetool, calculateproject; 18: benchcalcs"),
    "chevron": Waste(20, 22, 25, "as herringbone, by analogy: no source of its own"),
    "basket_weave": Waste(15, 17, 20, "mosaic sheets 15–20; mounted 8–10: restorationtile"),
    "versailles": Waste(15, 18, 20, "15: homeproject.tools; 20: benchcalcs"),
    "pinwheel": Waste(12, 15, 18, "10: hunker; 5–15: fcimag"),
    "other": Waste(15, 18, 20, "15–20: calculateproject"),
}
LARGE_SIDE = 18
"""Inches from which a side adds LARGE_WASTE per cent."""
LARGE_WASTE = 3
STONE_WASTE = (15, 20)
"""Per cent in all for soft stone, unless the pattern alone asks for more."""
SOFT_STONE = frozenset(
    ["limestone", "marble", "onyx", "sandstone", "slate", "soapstone", "travertine"]
)
STONE = SOFT_STONE | {"granite", "quartzite", "stone", "basalt"}

DENSITY = {"sanded": Fraction("98.6"), "unsanded": Fraction("99.8")}
"""Pounds a cubic foot: reproduce 55 entries of a manufacturer's coverage tables within 1.1 %
(SikaTile-800)."""
GROUT_BAG = Fraction(25)
GROUT_ALLOWANCE = Fraction("0.1")
GROUT_TABLE = "geometry of the joint; densities that reproduce the coverage tables of SikaTile-800"

THINSET_BAG = 50
THINSET: dict[Trowel, tuple[int, str]] = {
    "1/4x1/4": (80, "TEC Sturdi Flex, square notch: 80–90 sf per 50 lb"),
    "1/4x3/8": (55, "TEC Sturdi Flex: 55–65 sf per 50 lb"),
    "1/2x1/2": (40, "digests of makers' tables: 35–50 sf per 50 lb"),
}
"""The low end of what a bag covers, in square feet; of the widest range, what is usual."""
MASTIC = (18, "mastic, 1/4 in notch: 18–23 sf a gallon")

UNDERLAYMENT_ALLOWANCE = Fraction("0.05")
TRIM_ALLOWANCE = Fraction("0.1")
SEALANT_ALLOWANCE = Fraction("0.05")
SPACER_ALLOWANCE = Fraction("0.1")
SPACERS_A_TILE = 4
OUNCE = Fraction("1.80469")
"""Cubic inches of a US fluid ounce."""
TUBE_OUNCES = Fraction("10.1")
BEAD = (Fraction(1, 4), Fraction(1, 8))
"""Inches wide and deep: what angi's table of sealants reckons with."""

LABEL_TOLERANCE = Fraction("0.03")
"""How far a box's coverage may be from pieces × nominal size, which leaves out the joint."""


def trowel_for(largest_side: Fraction | None) -> Trowel:
    """The notch that is usual for a tile with this largest side, in inches."""
    if largest_side is None or largest_side <= 8:
        return "1/4x1/4"
    return "1/4x3/8" if largest_side < 15 else "1/2x1/2"
