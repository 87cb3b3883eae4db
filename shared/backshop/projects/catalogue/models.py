"""Products of the catalogue. Sizes are inches, coverage square feet."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from backshop.errors import Conflict
from backshop.projects.fields import (
    Inch,
    Input,
    Money,
    Name100,
    Pieces,
    ProductType,
    Size,
    Sku,
    Unit,
    Varchar,
    change_of,
)
from backshop.projects.quantities.measures import Inches
from backshop.projects.quantities.models import Specification, plain
from backshop.times import Time

MOST_INCHES = Decimal("9999.99")
_SIZES = ("size_length", "size_width", "size_thickness")


class ProductFields(Input):
    product_type: ProductType | None = None
    brand: Name100 | None = None
    material: Name100 | None = None
    color: Name100 | None = None
    size_length: Annotated[Inches, Field()] | None = None
    size_width: Inches | None = None
    size_thickness: Inches | None = None
    coverage_per_box: Size | None = Field(None, description="Square feet, as the label says.")
    pieces_per_box: Pieces | None = None
    price_retail: Money | None = None
    price_pro: Money | None = None
    unit_of_measure: Unit | None = Field(None, description="What the prices are for.")
    in_stock: bool | None = True
    discontinued: bool | None = False
    special_order: bool | None = False
    specification: Specification = Specification()

    def columns(self) -> dict[str, Any]:
        """What was said, as columns: sizes to two decimals. Raises Conflict where one is larger
        than a column holds, which a text in another unit may say."""
        values = self.given()
        values |= {size: plain(values[size]) for size in _SIZES if values.get(size) is not None}
        if any((values.get(size) or 0) > MOST_INCHES for size in _SIZES):
            raise Conflict(
                "A tile is no larger than 9,999 inches: check its size.", slug="too-large-size"
            )
        if "specification" in values:
            values["specification"] = values["specification"].model_dump(
                mode="json", exclude_unset=True
            )
        return values


class NewCatalogueProduct(ProductFields):
    sku: Sku
    product_name: Annotated[str, Varchar(255, least=1)]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "sku": "T-12",
                    "product_name": "Slate grey 12 × 12",
                    "product_type": "tile",
                    "size_length": 12,
                    "size_width": 12,
                    "size_thickness": "3/8",
                    "coverage_per_box": 10,
                    "pieces_per_box": 10,
                    "unit_of_measure": "sf",
                    "price_retail": "4.29",
                    "price_pro": "3.79",
                }
            ]
        }
    )


@change_of
class CatalogueChange(ProductFields):
    """What is to be another; the SKU stays."""

    product_name: Annotated[str, Varchar(255, least=1)]


class CatalogueProduct(BaseModel):
    sku: str
    product_name: str
    product_type: Name100 | None
    brand: Name100 | None
    material: Name100 | None
    color: Name100 | None
    size_length: Inch | None
    size_width: Inch | None
    size_thickness: Inch | None
    coverage_per_box: Size | None
    pieces_per_box: int | None
    price_retail: Money | None
    price_pro: Money | None
    currency: str
    unit_of_measure: Unit | None
    in_stock: bool | None
    discontinued: bool | None
    special_order: bool | None
    specification: dict[str, Any]
    created_at: Time
    updated_at: Time
    version: int
