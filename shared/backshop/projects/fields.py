"""The kinds of values that columns of this context hold, each as narrow as its column, so that what
is accepted can be stored; their JSON Schema says the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
)
from pydantic_core import CoreSchema, core_schema

NUL_FREE = r"^[^\x00]*$"
"""Postgres stores no NUL."""


class Input(BaseModel):
    """What comes in: nothing is guessed, nothing unknown is dropped."""

    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)

    def given(self) -> dict[str, Any]:
        """What was said, by field, as it was read: `model_dump` would write fractions as texts."""
        return {name: getattr(self, name) for name in self.model_fields_set}


@dataclass(frozen=True, slots=True)
class Varchar:
    """A text of a column of this length."""

    length: int
    least: int = 0

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        return core_schema.str_schema(
            min_length=self.least or None, max_length=self.length, pattern=NUL_FREE
        )


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number of a NUMERIC(digits, places) from `least` to `most`; where only the column bounds
    it, a text as well."""

    digits: int
    places: int
    least: Decimal = Decimal(0)
    most: Decimal | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        number = core_schema.decimal_schema(
            ge=self.least,
            le=self.most,
            max_digits=self.digits,
            decimal_places=self.places,
            strict=False,
        )
        return core_schema.no_info_before_validator_function(
            self._read,
            number,
            serialization=core_schema.plain_serializer_function_ser_schema(
                self._write, when_used="json-unless-none"
            ),
        )

    def _write(self, value: Decimal) -> str | float:
        return f"{value:.{self.places}f}" if self._takes_text else float(value)

    @property
    def _takes_text(self) -> bool:
        return not self.least and self.most is None

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        whole = self.digits - self.places
        text = {"type": "string", "pattern": self._pattern}
        if handler.mode == "serialization":
            return text if self._takes_text else {"type": "number"}
        step = Decimal(1).scaleb(-self.places)
        number = {
            "type": "number",
            "minimum": float(self.least),
            "maximum": float(Decimal(10) ** whole - step if self.most is None else self.most),
            "multipleOf": float(step),
        }
        return {"anyOf": [number, text]} if self._takes_text else number

    @property
    def _pattern(self) -> str:
        return rf"^[0-9]{{1,{self.digits - self.places}}}(\.[0-9]{{1,{self.places}}})?$"

    def _read(self, value: Any) -> Any:
        """What is no number is left to pydantic to refuse."""
        if isinstance(value, bool):
            raise ValueError("write a number")
        if isinstance(value, str):
            if not self._takes_text or not re.fullmatch(self._pattern, value):
                raise ValueError(f"write a number with {self.places} decimals at most")
        elif isinstance(value, float) and abs(value) < 10**self.digits:
            # 7 × 0.01 is 0.07000000000000001 in floats, and meant as 0.07.
            near = Decimal(str(value)).quantize(Decimal(1).scaleb(-self.places), ROUND_HALF_UP)
            if abs(float(near) - value) <= 1e-12 * max(1, abs(value)):
                return near
        return value


Name50 = Annotated[str, Varchar(50)]
Name100 = Annotated[str, Varchar(100)]
Name255 = Annotated[str, Varchar(255)]
Notes = Annotated[str, Varchar(20_000)]

Money = Annotated[Decimal, Numeric(10, 2)]
"""Major units."""
BigMoney = Annotated[Decimal, Numeric(16, 2)]
"""A sum of amounts of money or areas."""
Area = Annotated[Decimal, Numeric(10, 2)]
"""Square feet."""
Size = Annotated[Decimal, Numeric(8, 2)]
"""Feet, or square feet of a box."""
Inch = Annotated[Decimal, Numeric(6, 2)]
Share = Annotated[Decimal, Numeric(4, 2)]

Email = Annotated[
    str,
    Field(
        max_length=255,
        pattern=r"^[^@\x00-\x20\x7f]{1,64}@[^@\x00-\x20\x7f.]+(\.[^@\x00-\x20\x7f.]+)+$",
        examples=["jo.miller@example.com"],
    ),
]
Phone = Annotated[
    str,
    Field(max_length=20, pattern=r"^[0-9+()./ x#-]{3,20}$", examples=["+1 555 0100"]),
]
Portion = Annotated[Decimal, Numeric(4, 2, most=Decimal(1))]
"""A share of a whole: 0.1 is 10 %."""
Positive = Annotated[Decimal, Numeric(9, 4, Decimal("0.0001"))]


def whole_number(value: Any) -> Any:
    """12.0 is a whole number in JSON."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Count = Annotated[int, Field(ge=0, le=1_000_000), BeforeValidator(whole_number)]
Pieces = Annotated[int, Field(ge=1, le=1_000_000), BeforeValidator(whole_number)]
Sku = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f]*$")]

CustomerType = Literal["diy_homeowner", "contractor", "designer", "builder"]
ContactMethod = Literal["phone", "email", "text"]
ProjectStatus = Literal["inquiry", "quoted", "ordered", "in_progress", "completed", "cancelled"]
InstallationMethod = Literal["diy", "contractor", "designer_managed", "unknown"]
Urgency = Literal["low", "medium", "high", "rush"]
RoomType = Literal[
    "kitchen", "bathroom", "master_bathroom", "guest_bathroom", "powder_room", "laundry_room",
    "mudroom", "entryway", "living_room", "dining_room", "bedroom", "basement", "outdoor",
    "commercial", "other",
]  # fmt: skip
SurfaceType = Literal[
    "floor", "backsplash", "shower_walls", "shower_floor", "tub_surround", "accent_wall", "fireplace",
    "countertop", "wainscoting", "ceiling", "exterior_wall", "other",
]  # fmt: skip
Pattern = Literal[
    "straight_lay", "brick_pattern", "herringbone", "diagonal", "basket_weave", "chevron",
    "versailles", "pinwheel", "other",
]  # fmt: skip
Complexity = Literal["simple", "moderate", "complex"]
Exposure = Literal["dry", "wet", "sun", "outside"]
ProductType = Literal[
    "tile", "trim", "grout", "adhesive", "underlayment", "sealant", "caulk", "spacers", "tools",
    "accessories",
]  # fmt: skip
Unit = Literal["sf", "box", "linear_ft", "piece", "bag", "tube", "gallon"]
SelectionStatus = Literal["considered", "selected", "ordered", "delivered"]
ReturnTerms = Literal["returnable", "restocking_fee", "not_returnable"]
InteractionType = Literal[
    "initial_inquiry", "followup", "quote_review", "order_placement", "support"
]
Phase = Literal[
    "greeting", "credibility", "needs_assessment", "design_details", "close", "objection_handling",
    "negotiation", "followup",
]  # fmt: skip
Outcome = Literal[
    "information_gathered", "quote_requested", "order_placed", "follow_up_scheduled", "lost"
]
QuoteStatus = Literal["draft", "sent", "accepted", "rejected", "expired"]
Score = Annotated[int, Field(ge=1, le=4), BeforeValidator(whole_number)]

M = TypeVar("M", bound=BaseModel)


def change_of(model: type[M]) -> type[M]:
    """The model as a change of what it describes: each field may be left out, and then has no part
    in `model_dump(exclude_unset=True)`; null only empties what may be empty."""
    for field in model.model_fields.values():
        field.default, field.default_factory = None, None
    model.model_config = {**model.model_config, "json_schema_extra": _without_defaults}
    model.model_rebuild(force=True)
    return model


def _without_defaults(schema: dict[str, Any]) -> None:
    for each in schema.get("properties", {}).values():
        each.pop("default", None)
