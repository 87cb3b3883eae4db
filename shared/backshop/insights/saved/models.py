"""Saved charts and conversations as they are stored and shown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from backshop.commerce import clean_text, email_hash

MOST_CHARTS = 60
MOST_MESSAGES = 60
"""The latest that a conversation keeps."""
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(?:\.[\w-]+)+")


def without_addresses(text: str) -> str:
    """The text with each e-mail address replaced by its hash, as rows know it; for whatever is
    stored, logged or handed on."""
    return _ADDRESS.sub(lambda found: f"sha256:{email_hash(found.group())}", text)


def _stored(text: str) -> str:
    return without_addresses(clean_text(text) or "")


Title = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_stored)]
QueryText = Annotated[str, Field(max_length=2000), AfterValidator(_stored)]


class NewChart(BaseModel):
    """`chart_config` holds what is asked (`query`, or `sql` that the guard accepts) and the
    chart."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={
            "examples": [
                {
                    "title": "Sales by month",
                    "chart_config": {
                        "query": {
                            "metrics": ["net_sales"],
                            "grain": "month",
                            "period": {"type": "last_n", "n": 12, "unit": "month"},
                        },
                        "chart": {"kind": "line", "x": "time", "y": ["net_sales"]},
                    },
                }
            ]
        },
    )

    title: Title
    query_text: QueryText | None = None
    chart_config: dict[str, Any]


class ChartChange(BaseModel):
    """What is named changes."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    title: Title | None = None
    query_text: QueryText | None = None
    chart_config: dict[str, Any] | None = None


class ChartOrder(BaseModel):
    """Charts in the order that the dashboard shows them in; those left out come after."""

    model_config = ConfigDict(extra="forbid")

    ids: list[UUID] = Field(max_length=MOST_CHARTS)


class SavedChart(BaseModel):
    id: UUID
    title: str
    query_text: str | None
    chart_config: dict[str, Any]
    position_index: int
    created_at: datetime
    updated_at: datetime


class Chat(BaseModel):
    """`messages` are {"role", "text", …}, the oldest first."""

    id: UUID
    messages: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime
