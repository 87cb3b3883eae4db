"""What is said of a conversation, what each of the four phases records, and reports."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backshop.projects.fields import (
    ContactMethod,
    Input,
    InstallationMethod,
    InteractionType,
    Money,
    Name100,
    Name255,
    Notes,
    Numeric,
    Outcome,
    Phase,
    ProjectStatus,
    Score,
    change_of,
)
from backshop.projects.models import (
    Customer,
    NewCustomer,
    NewRoom,
    NewSelection,
    NewSurface,
    Project,
    ProjectFields,
    WholeProject,
)
from backshop.projects.rules import Next
from backshop.times import Time


class Entry(Input):
    """What is noted of a conversation in any phase."""

    conversation_date: Time | None = Field(None, description="Now where none is given.")
    aos_score_greeting: Score | None = None
    aos_score_needs: Score | None = None
    aos_score_design: Score | None = None
    aos_score_close: Score | None = None
    aos_score_objection: Score | None = None
    aos_score_overall: Score | None = None
    outcome: Outcome | None = None
    sales_associate: Name100 | None = Field(None, description="The project's where none is given.")
    conversation_summary: Notes | None = None
    next_action: Name255 | None = None
    next_contact_date: date | None = None


class NewConversation(Entry):
    interaction_type: InteractionType = "followup"
    aos_phase: Phase | None = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "interaction_type": "followup",
                    "aos_phase": "needs_assessment",
                    "aos_score_needs": 3,
                    "next_action": "call about the grout",
                    "next_contact_date": "2026-12-01",
                }
            ]
        }
    )


@change_of
class ConversationChange(NewConversation):
    """What is to be another; the time of a conversation stays."""


class Conversation(BaseModel):
    log_id: UUID
    project_id: UUID
    conversation_date: Time
    interaction_type: InteractionType
    aos_phase: Phase | None
    aos_score_greeting: int | None
    aos_score_needs: int | None
    aos_score_design: int | None
    aos_score_close: int | None
    aos_score_objection: int | None
    aos_score_overall: int | None
    outcome: Outcome | None
    sales_associate: str | None
    conversation_summary: str | None
    next_action: str | None
    next_contact_date: date | None
    version: int


# ---------------------------------------------------------------- the four phases


class GreetedProject(ProjectFields):
    """A project of which little is known yet."""

    installation_method: InstallationMethod = "unknown"


class GreetingEntry(Entry):
    aos_phase: Literal["greeting", "credibility"] = "greeting"


_OBJECT: Any = {"type": "object"}
_TEXT: Any = {"type": "string"}


class Greeting(Input):
    """Phase 1, greeting and credibility: who it is, and their project."""

    customer: NewCustomer | None = Field(None, description="Somebody new; else give customer_id.")
    customer_id: UUID | None = None
    project: GreetedProject = GreetedProject()
    conversation: GreetingEntry = GreetingEntry()

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["customer"], "properties": {"customer": _OBJECT}},
                {"required": ["customer_id"], "properties": {"customer_id": _TEXT}},
            ],
            "examples": [
                {
                    "customer": {
                        "first_name": "Jo",
                        "last_name": "Miller",
                        "phone_primary": "+1 555 0100",
                        "customer_type": "diy_homeowner",
                    },
                    "project": {"installation_method": "diy", "sales_associate": "Ana"},
                    "conversation": {"aos_score_greeting": 3},
                }
            ],
        }
    )


class Greeted(BaseModel):
    customer: Customer
    project: Project
    conversation: Conversation
    next: Next


class RoomWithSurfaces(NewRoom):
    surfaces: Annotated[list[NewSurface], Field(max_length=50)] = Field(default=[])


class ProjectNeeds(Input):
    """Who, when, how and how much."""

    project_name: Name255 | None = None
    installation_method: InstallationMethod | None = None
    contractor_name: Name255 | None = None
    project_start_date: date | None = None
    total_budget_min: Money | None = None
    total_budget_max: Money | None = None
    tile_budget: Money | None = None


class Needs(Input):
    """Phase 2, needs assessment: what is tiled, who does it, when, for how much."""

    rooms: Annotated[list[RoomWithSurfaces], Field(max_length=50)] = Field(default=[])
    project: ProjectNeeds = ProjectNeeds()
    conversation: Entry = Entry()

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rooms": [
                        {
                            "room_type": "bathroom",
                            "room_name": "Guest bath",
                            "room_style": "modern",
                            "surfaces": [
                                {
                                    "surface_type": "floor",
                                    "surface_area_sf": 48,
                                    "pattern_type": "herringbone",
                                }
                            ],
                        }
                    ],
                    "project": {
                        "installation_method": "contractor",
                        "contractor_name": "Rivera Tile",
                        "project_start_date": "2027-02-01",
                        "total_budget_min": 2000,
                        "total_budget_max": 4000,
                    },
                    "conversation": {"aos_score_needs": 4},
                }
            ]
        }
    )


class SelectionOnSurface(NewSelection):
    surface_id: UUID


class Design(Input):
    """Phase 3, design and details: products that are considered."""

    selections: Annotated[list[SelectionOnSurface], Field(min_length=1, max_length=200)]
    conversation: Entry = Entry()


class Close(Input):
    """Phase 4, close and follow-up: how it ended, and what comes next."""

    conversation: Entry

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "conversation": {
                        "aos_score_overall": 3,
                        "outcome": "follow_up_scheduled",
                        "next_action": "call when the sample has arrived",
                        "next_contact_date": "2026-12-01",
                    }
                }
            ]
        }
    )


class Recorded(BaseModel):
    """What a phase left behind."""

    project: WholeProject
    conversation: Conversation
    next: Next


# ---------------------------------------------------------------- follow-ups and reports


class Unanswered(BaseModel):
    """A quote that was sent and waits for an answer."""

    quote_id: UUID
    quote_number: str
    total_amount: Money
    expiration_date: date | None
    sent_at: Time
    first_seen_at: Time | None = Field(description="Null where the customer never opened it.")


class FollowUp(BaseModel):
    """Somebody who waits to hear from the shop."""

    log_id: UUID
    project_id: UUID
    project_name: str | None
    project_status: ProjectStatus
    customer_id: UUID
    first_name: str
    last_name: str | None
    preferred_contact_method: ContactMethod | None
    contact: str | None = Field(description="The phone or address for the preferred way.")
    sales_associate: str | None
    next_action: str | None
    next_contact_date: date
    days_overdue: int
    quote: Unanswered | None = Field(description="The newest one.")


Average = Annotated[Decimal, Numeric(3, 2)]


class ScoreRow(BaseModel):
    """Averages of the scores (1–4); null for what the report is not grouped by, or not scored."""

    associate: str | None
    phase: Phase | None
    month: date | None
    conversations: int
    greeting: Average | None
    needs: Average | None
    design: Average | None
    close: Average | None
    objection: Average | None
    overall: Average | None


class Scores(BaseModel):
    items: list[ScoreRow]


class ConversionRow(BaseModel):
    """How many of the projects that were talked about were ordered."""

    associate: str | None
    phase: Phase | None
    month: date | None
    conversations: int
    projects: int
    quotes_requested: int
    orders: int = Field(description="Projects with an order placed.")
    lost: int
    conversion: Average | None = Field(description="Orders a project, 0 to 1.")


class Conversions(BaseModel):
    items: list[ConversionRow]
