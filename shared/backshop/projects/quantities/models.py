"""What a calculation of quantities takes and gives."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from backshop.projects.fields import (
    Area,
    CustomerType,
    Exposure,
    Input,
    Money,
    Name50,
    Name100,
    Name255,
    Pieces,
    Portion,
    Positive,
    ProductType,
    Sku,
    SurfaceType,
    Unit,
)
from backshop.projects.quantities.measures import Feet, Inches, SquareFeet
from backshop.projects.quantities.trade import Complexity, Pattern, Trowel


class Specification(Input):
    """What a product's label or data sheet says, as far as quantities need it."""

    grout_kind: Literal["sanded", "unsanded"] | None = None
    bag_lb: Positive | None = Field(None, description="Pounds in a bag of grout or thinset.")
    density_lb_ft3: Positive | None = Field(None, description="Of grout, as it is packed.")
    coverage_sf: Positive | None = Field(
        None, description="Square feet that a bag, gallon, roll or piece covers: the low end."
    )
    stock_length: Feet | None = Field(None, description="Of trim.")
    joints_allowed: bool = Field(True, description="Whether a run of trim may be pieced together.")
    tube_floz: Positive | None = None
    pieces_per_pack: Pieces | None = Field(None, description="Spacers or clips in a pack.")
    pieces_per_tile: Positive | None = Field(None, description="Spacers for each tile: usually 4.")
    pieces_per_sf: Positive | None = Field(None, description="Clips on a square foot.")
    rectified: bool | None = None
    facial_variation_in: Inches | None = Field(None, description="Of tile of one caliber.")
    allowance: Portion | None = Field(None, description="In place of the trade's own.")


class Product(Input):
    """A product as the catalogue has it. Sizes are in inches."""

    sku: Sku
    product_name: Name255 | None = None
    product_type: ProductType
    material: Name100 | None = None
    size_length: Inches | None = None
    size_width: Inches | None = None
    size_thickness: Inches | None = None
    coverage_per_box: Positive | None = Field(None, description="Square feet, as the label says.")
    pieces_per_box: Pieces | None = None
    unit_of_measure: Unit | None = Field(None, description="What the price is for.")
    price_retail: Money | None = None
    price_pro: Money | None = None
    in_stock: bool = True
    discontinued: bool = False
    special_order: bool = False
    specification: Specification = Specification()


class UseDetails(Input):
    """How a product is used on a surface, beside which and how much."""

    joint_in: Inches | None = Field(
        None, description="Width of the joint; 1/8 where none is given."
    )
    coverage_sf: Positive | None = Field(None, description="In place of the product's.")
    trowel: Trowel | None = None
    runs: Annotated[list[Feet], Field(max_length=100)] = Field(
        default=[], description="Lengths of trim, or of joints to be sealed."
    )
    bead_in: Annotated[list[Inches], Field(min_length=2, max_length=2)] | None = Field(
        None, description="Width and depth of sealant."
    )
    waste_factor: Portion | None = Field(
        None, description="In place of the surface's; 0.1 is 10 %."
    )


class Use(UseDetails):
    """A product on a surface."""

    sku: Sku
    quantity: Area | None = Field(
        None, description="In the product's unit, in place of what is reckoned."
    )


class Obstacle(Input):
    """What is not tiled: a window, an island."""

    name: Name255 | None = None
    area: SquareFeet


_WRITTEN = {"type": ["number", "string"]}
_MEASURES: dict[str, Any] = {
    "anyOf": [
        {"required": ["area_sf"], "properties": {"area_sf": _WRITTEN}},
        {"required": ["walls"], "properties": {"walls": {"minItems": 1}}},
        {"required": ["length", "width"], "properties": {"length": _WRITTEN, "width": _WRITTEN}},
        {"required": ["length", "height"], "properties": {"length": _WRITTEN, "height": _WRITTEN}},
    ]
}


class Surface(Input):
    """A surface by its measures, or by its net area as somebody else measured it."""

    model_config = ConfigDict(json_schema_extra=_MEASURES)

    name: Name255 | None = None
    room: Name255 | None = None
    surface_type: SurfaceType = "floor"
    area_sf: SquareFeet | None = Field(None, description="Net: obstacles are taken off already.")
    length: Feet | None = None
    width: Feet | None = None
    height: Feet | None = None
    walls: Annotated[
        list[Annotated[list[Feet], Field(min_length=2, max_length=2)]], Field(max_length=50)
    ] = Field(default=[], description="Length and height of each wall.")
    obstacles: Annotated[list[Obstacle | SquareFeet], Field(max_length=50)] = Field(default=[])
    pattern_type: Pattern = "straight_lay"
    complexity_level: Complexity = "simple"
    waste_factor: Portion | None = Field(None, description="In place of the trade's; 0.1 is 10 %.")
    exposure: Exposure | None = Field(
        None, description="Wet for showers and tub surrounds where nothing is given."
    )
    offset: Portion | None = Field(None, description="Of a brick pattern; 0.5 where none is given.")
    products: Annotated[list[Use], Field(max_length=50)] = Field(default=[])

    @model_validator(mode="after")
    def _measured(self) -> Surface:
        sides = self.length is not None and (self.width is not None or self.height is not None)
        if self.area_sf is None and not self.walls and not sides:
            raise ValueError("give area_sf, walls, or length with width or height")
        return self


class Customer(Input):
    """Who buys: professionals with an account pay the pro price."""

    customer_type: CustomerType
    pro_account_number: Name50 | None = None


class Measures(Input):
    """What `POST /quantities` takes."""

    surfaces: Annotated[list[Surface], Field(min_length=1, max_length=100)]
    products: Annotated[list[Product], Field(max_length=100)] = Field(default=[])
    customer: Customer | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "surfaces": [
                        {
                            "name": "Floor",
                            "length": "10'6\"",
                            "width": "12'",
                            "products": [{"sku": "T-12", "joint_in": "1/8"}, {"sku": "G-25"}],
                        }
                    ],
                    "products": [
                        {
                            "sku": "T-12",
                            "product_type": "tile",
                            "size_length": 12,
                            "size_width": 12,
                            "size_thickness": "3/8",
                            "coverage_per_box": 10,
                            "pieces_per_box": 10,
                            "unit_of_measure": "sf",
                            "price_retail": 4.29,
                        },
                        {"sku": "G-25", "product_type": "grout", "price_retail": 24.98},
                    ],
                }
            ]
        }
    )


# ---------------------------------------------------------------- what comes out

Amount = Annotated[Decimal, Field(ge=0)]


class Warned(BaseModel):
    """What the trade advises against, or what a customer should know; nothing is blocked by it."""

    rule: str
    sentence: str
    source: str
    surface: str | None = None
    sku: str | None = None


class SurfaceArea(BaseModel):
    """A surface's areas in square feet; `net_m2` in square metres."""

    name: str
    room: str | None
    gross_sf: Amount
    obstacles_sf: Amount
    net_sf: Amount
    net_m2: Amount
    pattern_type: Pattern
    complexity_level: Complexity
    notes: list[str] = Field(description="How the surface is set: contact, movement joints.")


class Part(BaseModel):
    """What a surface takes of a product. Quantities and prices of the parts make the line's."""

    surface: str
    net: Amount
    waste_percent: Amount
    order: Amount = Field(description="Net with waste or allowance.")
    quantity: Amount
    total_price: Amount | None


class Line(BaseModel):
    """A product over the whole project, rounded up to whole packages once."""

    sku: str
    product_name: str | None
    product_type: ProductType
    measured_in: Literal["sf", "lb", "linear_ft", "piece", "gallon", "bag"]
    net: Amount = Field(description="In `measured_in`, without waste or allowance.")
    order: Amount = Field(description="In `measured_in`, with it.")
    waste_percent: Amount = Field(description="Of all parts together.")
    package: Literal["box", "bag", "roll", "tube", "pack", "piece", "gallon", "sf"]
    packages: Amount
    package_size: Amount | None = Field(description="In `measured_in`.")
    leftover: Amount = Field(description="Of the packages, over the order.")
    spare: Amount = Field(description="Of the packages, over the net: waste and leftover.")
    packages_rounded_apart: Amount = Field(description="What rounding up by surface would take.")
    unit_of_measure: Unit
    quantity: Amount = Field(description="In `unit_of_measure`.")
    price_kind: Literal["retail", "pro"] | None
    price_per_unit: Amount | None
    total_price: Amount | None
    flags: list[Literal["discontinued", "special_order", "out_of_stock"]]
    basis: str = Field(description="Where the figures are from.")
    parts: list[Part]


class TileLine(Line):
    """A line of tile: what every offer shows apart."""

    product_type: Literal["tile"] = "tile"
    net_sf: Amount
    order_sf: Amount
    boxes: Amount
    leftover_sf: Amount


class Quantities(BaseModel):
    surfaces: list[SurfaceArea]
    tiles: list[TileLine]
    materials: list[Line]
    total_price: Amount = Field(description="Of the lines that have a price.")
    warnings: list[Warned]


def plain(value: Fraction, places: int = 2) -> Decimal:
    """A fraction as a decimal, half up."""
    scale = 10**places
    return Decimal((value * scale * 2 + 1) // 2).scaleb(-places)


def up(value: Fraction, places: int = 2) -> Decimal:
    """A fraction as a decimal that is never less."""
    return Decimal(-(-value * 10**places // 1)).scaleb(-places)
