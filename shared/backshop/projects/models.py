"""Customers, projects, rooms, surfaces and selected products, as they come in and go out.

Names and types are the document's; what stands beside them says so.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backshop.projects.fields import (
    Area,
    BigMoney,
    Complexity,
    ContactMethod,
    Count,
    CustomerType,
    Email,
    Exposure,
    Input,
    InstallationMethod,
    Money,
    Name50,
    Name100,
    Name255,
    Notes,
    Pattern,
    Phone,
    Portion,
    ProductType,
    ProjectStatus,
    ReturnTerms,
    RoomType,
    SelectionStatus,
    Share,
    Size,
    Sku,
    SurfaceType,
    Unit,
    Urgency,
    Varchar,
    change_of,
)
from backshop.projects.quantities.measures import Feet, SquareFeet
from backshop.projects.quantities.models import Obstacle, UseDetails
from backshop.times import Time

FirstName = Annotated[str, Varchar(100, least=1)]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


# ---------------------------------------------------------------- customers


class NewCustomer(Input):
    first_name: FirstName
    last_name: Name100 | None = None
    email: Email | None = Field(
        None, description="Kept in lower case; one customer of a store each."
    )
    phone_primary: Phone | None = None
    phone_secondary: Phone | None = None
    address_line1: Name255 | None = None
    address_line2: Name255 | None = None
    city: Name100 | None = None
    state: Name50 | None = None
    zip_code: Annotated[str, Varchar(20)] | None = None
    country: Name50 | None = "USA"
    customer_type: CustomerType
    pro_account_number: Name50 | None = Field(
        None, description="With it contractors, designers and builders pay the pro price."
    )
    preferred_contact_method: ContactMethod | None = "phone"
    marketing_opt_in: bool | None = False
    notes: Notes | None = None
    tax_exemption: Name100 | None = Field(
        None, description="The number of their certificate: quotes are without tax then."
    )

    model_config = _example(
        {
            "first_name": "Jo",
            "last_name": "Miller",
            "email": "jo.miller@example.com",
            "phone_primary": "+1 555 0100",
            "customer_type": "diy_homeowner",
        }
    )


@change_of
class CustomerChange(NewCustomer):
    """What is to be another; null empties what may be empty."""


class Customer(BaseModel):
    customer_id: UUID
    first_name: str
    last_name: str | None
    email: str | None
    phone_primary: str | None
    phone_secondary: str | None
    address_line1: str | None
    address_line2: str | None
    city: str | None
    state: str | None
    zip_code: str | None
    country: str | None
    customer_type: CustomerType
    pro_account_number: str | None
    preferred_contact_method: ContactMethod | None
    marketing_opt_in: bool | None
    created_at: Time
    updated_at: Time
    notes: str | None
    tax_exemption: str | None
    version: int


class Summary(BaseModel):
    """A customer's project in the document's query "Get Customer Project Summary"."""

    first_name: str
    last_name: str | None
    email: str | None
    project_id: UUID
    project_name: str | None
    project_status: ProjectStatus
    room_count: int
    total_sf: BigMoney | None
    tile_budget: Money | None


# ---------------------------------------------------------------- projects


class ProjectFields(Input):
    project_name: Name255 | None = None
    total_budget_min: Money | None = None
    total_budget_max: Money | None = None
    tile_budget: Money | None = None
    project_start_date: date | None = None
    installation_method: InstallationMethod
    contractor_name: Name255 | None = None
    contractor_phone: Phone | None = None
    contractor_email: Email | None = None
    designer_name: Name255 | None = None
    designer_company: Name255 | None = None
    urgency_level: Urgency | None = "medium"
    lead_source: Name100 | None = None
    sales_associate: Name100 | None = None
    notes: Notes | None = None


class NewProject(ProjectFields):
    customer_id: UUID

    model_config = _example(
        {
            "customer_id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
            "project_name": "Master bath",
            "installation_method": "contractor",
            "tile_budget": "3500.00",
            "sales_associate": "Ana",
        }
    )


@change_of
class ProjectChange(NewProject):
    """What is to be another; the status is moved by POST /projects/{id}/status."""


class Project(BaseModel):
    project_id: UUID
    customer_id: UUID
    project_name: str | None
    project_status: ProjectStatus
    total_budget_min: Money | None
    total_budget_max: Money | None
    tile_budget: Money | None
    project_start_date: date | None
    project_completion_date: date | None
    installation_method: InstallationMethod
    contractor_name: str | None
    contractor_phone: str | None
    contractor_email: str | None
    designer_name: str | None
    designer_company: str | None
    urgency_level: Urgency | None
    lead_source: str | None
    sales_associate: str | None
    created_at: Time
    updated_at: Time
    notes: str | None
    currency: str
    archived_at: Time | None = Field(description="Since when its details are in the archive.")
    version: int


class StatusMove(Input):
    status: ProjectStatus
    completed_on: date | None = Field(
        None, description="Of a project that is completed; today where none is given."
    )


# ---------------------------------------------------------------- rooms and surfaces


class NewRoom(Input):
    room_name: Name100 | None = None
    room_type: RoomType
    room_style: Name100 | None = None
    room_length_ft: Feet | None = None
    room_width_ft: Feet | None = None
    room_height_ft: Feet | None = None
    room_notes: Notes | None = None

    model_config = _example(
        {"room_type": "master_bathroom", "room_name": "Master bath", "room_length_ft": "10'6\""}
    )


@change_of
class RoomChange(NewRoom):
    """What is to be another."""


class Room(BaseModel):
    room_id: UUID
    project_id: UUID
    room_name: str | None
    room_type: RoomType
    room_style: str | None
    room_length_ft: Size | None
    room_width_ft: Size | None
    room_height_ft: Size | None
    room_notes: str | None
    created_at: Time
    updated_at: Time
    version: int


_WRITTEN: Any = {"type": ["number", "string"]}
_MEASURED: Any = [["surface_area_sf"], ["length_ft", "width_ft"], ["length_ft", "height_ft"]]


class NewSurface(Input):
    """A surface by its area, or by measures from which the area is reckoned."""

    surface_name: Name100 | None = None
    surface_type: SurfaceType
    surface_area_sf: SquareFeet | None = Field(
        None, description="Net of obstacles; else it is reckoned from the measures."
    )
    length_ft: Feet | None = None
    width_ft: Feet | None = None
    height_ft: Feet | None = None
    pattern_type: Pattern | None = "straight_lay"
    complexity_level: Complexity | None = "simple"
    waste_factor: Portion | None = Field(
        None,
        description="A share: 0.1 is 10 %. The trade's for pattern and complexity where none is given.",
    )
    obstacles: Annotated[list[Obstacle], Field(max_length=50)] = Field(
        default=[], description="What is not tiled; taken off measured areas."
    )
    obstacles_count: Count | None = None
    obstacles_description: Notes | None = None
    prep_work_needed: Notes | None = None
    exposure: Exposure | None = None
    offset_share: Portion | None = Field(None, description="Of a brick pattern.")

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": list(names), "properties": dict.fromkeys(names, _WRITTEN)}
                for names in _MEASURED
            ],
            "examples": [
                {
                    "surface_type": "floor",
                    "length_ft": "10'6\"",
                    "width_ft": "12'",
                    "pattern_type": "herringbone",
                    "obstacles": [{"name": "island", "area": "2x3 ft"}],
                }
            ],
        }
    )


@change_of
class SurfaceChange(NewSurface):
    """What is to be another. New measures make a new area, unless one is given."""


class StoredObstacle(BaseModel):
    name: str | None
    area_sf: Area


class Surface(BaseModel):
    surface_id: UUID
    room_id: UUID
    surface_name: str | None
    surface_type: SurfaceType
    surface_area_sf: Area
    length_ft: Size | None
    width_ft: Size | None
    height_ft: Size | None
    pattern_type: Pattern | None
    complexity_level: Complexity | None
    waste_factor: Share | None
    waste_given: bool
    obstacles: list[StoredObstacle]
    obstacles_count: int | None
    obstacles_description: str | None
    prep_work_needed: str | None
    exposure: Exposure | None
    offset_share: Share | None
    created_at: Time
    updated_at: Time
    version: int


# ---------------------------------------------------------------- selected products


class NewSelection(Input):
    """A product for a surface. What the catalogue knows of the SKU need not be said."""

    product_sku: Sku
    product_name: Name255 | None = None
    product_type: ProductType | None = Field(
        None, description="The catalogue's where none is given."
    )
    quantity_needed: Area | None = Field(None, description="Reckoned where none is given.")
    unit_of_measure: Unit | None = None
    box_coverage_sf: Size | None = None
    price_per_unit: Money | None = Field(
        None, description="The catalogue's retail or pro price where none is given."
    )
    selection_status: Literal["considered", "selected"] = "considered"
    undecided: bool = Field(False, description="Quoted, but never ordered.")
    lot: Name50 | None = None
    shade: Name50 | None = None
    caliber: Name50 | None = None
    return_terms: ReturnTerms | None = Field(
        None, description="Special orders are not returnable where nothing is given."
    )
    usage: UseDetails | None = None
    notes: Notes | None = None

    model_config = _example(
        {"product_sku": "T-12", "selection_status": "selected", "usage": {"joint_in": "1/8"}}
    )


@change_of
class SelectionChange(NewSelection):
    """What is to be another. Null for a quantity or price has it reckoned again."""

    selection_status: SelectionStatus  # type: ignore[assignment]


class Selection(BaseModel):
    selection_id: UUID
    surface_id: UUID
    product_sku: str
    product_name: str | None
    product_type: ProductType
    quantity_needed: Area | None
    quantity_ordered: Area | None
    unit_of_measure: Unit
    box_coverage_sf: Size | None
    price_per_unit: Money | None
    total_price: Money | None
    selection_status: SelectionStatus
    selection_date: Time
    notes: str | None
    quantity_given: bool
    price_given: bool
    usage: dict[str, Any]
    undecided: bool
    lot: str | None
    shade: str | None
    caliber: str | None
    return_terms: ReturnTerms
    version: int


# ---------------------------------------------------------------- a project as a whole


class WholeSurface(Surface):
    selections: list[Selection]


class WholeRoom(Room):
    surfaces: list[WholeSurface]


class Totals(BaseModel):
    """`project_total` is what the document's query "Calculate Project Total" computes."""

    room_count: int
    surface_count: int
    total_sf: BigMoney
    project_total: BigMoney = Field(description="Of selected products.")
    considered_total: BigMoney
    ordered_total: BigMoney = Field(description="Of products ordered or delivered.")
    over_tile_budget_by: BigMoney | None = Field(
        description="Null within the budget, or without one."
    )


class StoredProject(Project):
    customer: Customer
    rooms: list[WholeRoom]


class WholeProject(StoredProject):
    totals: Totals
