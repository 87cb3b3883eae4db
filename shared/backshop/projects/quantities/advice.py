"""What the trade advises against, each with its source. It warns and blocks nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Literal

from backshop.projects.fields import Exposure
from backshop.projects.quantities import trade
from backshop.projects.quantities.measures import exact
from backshop.projects.quantities.models import Product, Surface, Use, Warned

WET = frozenset(["shower_walls", "shower_floor", "tub_surround"])
OFFSET_SIDE = 15
"""Inches above which a side bows enough for offsets to show it."""
MOVEMENT: dict[Exposure, tuple[int, str]] = {
    "dry": (25, "20 to 25 ft"),
    "wet": (12, "8 to 12 ft"),
    "sun": (12, "8 to 12 ft"),
    "outside": (12, "8 to 12 ft"),
}
"""Feet between movement joints at most."""
JOINTS = "ANSI A108.02, 4.3.8"
CONTACT = "ANSI A108.5"
EJ171 = "TCNA Handbook, EJ171"
UNSANDED = "ANSI A118.6 and makers' data sheets"
CATALOGUE = "the catalogue"

Flag = Literal["discontinued", "special_order", "out_of_stock"]
_FLAGS: dict[Flag, str] = {
    "discontinued": "is discontinued: what is short later cannot be ordered",
    "special_order": "is a special order and not returnable",
    "out_of_stock": "is out of stock",
}


def exposure(surface: Surface) -> Exposure:
    """Showers and tub surrounds are wet, outer walls outside, all else dry where nobody says."""
    if surface.exposure is not None:
        return surface.exposure
    if surface.surface_type in WET:
        return "wet"
    return "outside" if surface.surface_type == "exterior_wall" else "dry"


def largest_side(tile: Product) -> Fraction | None:
    sides = [side for side in (tile.size_length, tile.size_width) if side]
    return max(sides) if sides else None


def is_stone(tile: Product | None) -> bool:
    return tile is not None and (tile.material or "").strip().lower() in trade.STONE


def notes(surface: Surface, tile: Product | None) -> list[str]:
    """How the surface is to be set."""
    where = exposure(surface)
    contact = 95 if where in ("wet", "outside") or is_stone(tile) else 80
    _, every = MOVEMENT[where]
    return [
        f"Mortar coverage {contact} % of each tile's back ({CONTACT})",
        f"Movement joints every {every}, at the perimeter and at inside corners ({EJ171})",
    ]


def flags(product: Product) -> list[Flag]:
    found: list[Flag] = []
    if product.discontinued:
        found.append("discontinued")
    if product.special_order:
        found.append("special_order")
    if not product.in_stock:
        found.append("out_of_stock")
    return found


def of_surface(surface: Surface, name: str, gross: Fraction, obstacles: Fraction) -> list[Warned]:
    """On areas and movement joints."""
    found = []
    if obstacles > gross:
        found.append(
            Warned(
                rule="obstacles-too-large",
                sentence="The obstacles are larger than the surface: check the measures.",
                source="the measures",
                surface=name,
            )
        )
    limit, every = MOVEMENT[exposure(surface)]
    sides = [surface.length, surface.width, *(wall[0] for wall in surface.walls)]
    longest = max((side for side in sides if side is not None), default=Fraction(0))
    if longest > limit or gross > limit**2:
        found.append(
            Warned(
                rule="movement-joints",
                sentence=f"Plan movement joints within the surface, every {every} in each direction.",
                source=EJ171,
                surface=name,
            )
        )
    return found


def of_products(products: Sequence[Product]) -> list[Warned]:
    """On what the catalogue says of products."""
    found = []
    known = set()
    for product in products:
        if product.sku in known:
            found.append(
                Warned(
                    rule="duplicate-product",
                    sentence="Several products have this SKU; the last one is reckoned with.",
                    source=CATALOGUE,
                    sku=product.sku,
                )
            )
        known.add(product.sku)
        found += [*_flagged(product), *_label(product)]
    return found


def _flagged(product: Product) -> list[Warned]:
    return [
        Warned(
            rule=flag.replace("_", "-"),
            sentence=f"{product.sku} {_FLAGS[flag]}.",
            source=CATALOGUE,
            sku=product.sku,
        )
        for flag in flags(product)
    ]


def _label(product: Product) -> list[Warned]:
    if not (product.coverage_per_box and product.pieces_per_box):
        return []
    if not (product.size_length and product.size_width):
        return []
    nominal = product.pieces_per_box * product.size_length * product.size_width / 144
    label = exact(product.coverage_per_box)
    if abs(nominal - label) <= label * trade.LABEL_TOLERANCE:
        return []
    return [
        Warned(
            rule="label-differs",
            sentence=(
                f"The label says {product.coverage_per_box} sf a box, its pieces make "
                f"{float(nominal):.2f} sf; the label is reckoned with."
            ),
            source=CATALOGUE,
            sku=product.sku,
        )
    ]


def of_use(
    surface: Surface, name: str, joint: Fraction, product: Product, use: Use
) -> list[Warned]:
    """On a product where it is used."""
    found: list[tuple[str, str, str]] = []
    if product.product_type == "tile":
        width = joint if use.joint_in is None else use.joint_in
        found += [*_offset(surface, product, width), *_joint(product, width)]
    if product.product_type == "grout":
        width = joint if use.joint_in is None else use.joint_in
        if product.specification.grout_kind == "unsanded" and width > Fraction(1, 8):
            found.append(
                (
                    "unsanded-grout",
                    "Unsanded grout is for joints up to 1/8 in: take sanded.",
                    UNSANDED,
                )
            )
    if product.product_type == "trim" and not product.specification.joints_allowed:
        stock = product.specification.stock_length
        if stock and any(run > stock for run in use.runs):
            found.append(
                (
                    "run-longer-than-stock",
                    "A run is longer than the stock: it cannot be made without a joint.",
                    CATALOGUE,
                )
            )
    return [
        Warned(rule=rule, sentence=sentence, source=source, surface=name, sku=product.sku)
        for rule, sentence, source in found
    ]


def _offset(surface: Surface, tile: Product, joint: Fraction) -> Iterator[tuple[str, str, str]]:
    side = largest_side(tile)
    if surface.pattern_type != "brick_pattern" or side is None or side <= OFFSET_SIDE:
        return
    offset = Fraction(1, 2) if surface.offset is None else exact(surface.offset)
    if offset > Fraction("0.33"):
        yield (
            "offset-too-large",
            "Tile with a side over 15 in is offset by 33 % at most: it bows.",
            JOINTS,
        )
    rectified = tile.specification.rectified
    least, kind = (Fraction(1, 8), "rectified") if rectified else (Fraction(3, 16), "calibrated")
    if joint < least:
        yield (
            "joint-too-narrow-for-offset",
            f"Offset {kind} tile with a side over 15 in needs a joint of {least} in at least.",
            JOINTS,
        )


def _joint(tile: Product, joint: Fraction) -> Iterator[tuple[str, str, str]]:
    variation = tile.specification.facial_variation_in or Fraction(0)
    if joint < max(Fraction(1, 16), 3 * variation):
        yield (
            "joint-too-narrow",
            "A joint is three times the tile's facial variation and 1/16 in at least.",
            JOINTS,
        )


def unknown(sku: str, surface: str) -> Warned:
    return Warned(
        rule="unknown-product",
        sentence=f"{sku} is not among the products: nothing is reckoned for it.",
        source=CATALOGUE,
        surface=surface,
        sku=sku,
    )


def lacking(sku: str, surface: str, what: str) -> Warned:
    return Warned(
        rule="cannot-reckon",
        sentence=f"To reckon {sku}, {what} would have to be known.",
        source=CATALOGUE,
        surface=surface,
        sku=sku,
    )
