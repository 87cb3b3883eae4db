"""Saved charts and conversations as they are stored and shown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from backshop.commerce import clean_text, email_hash

MOST_CHARTS = 60
MOST_MESSAGES = 60
"""The latest that a conversation keeps."""
MOST_TITLE = 255
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_ADDRESS = re.compile(
    # Nothing that goes on before it, so that long words are looked at once.
    rf"""(?:"[^"@\n]{{1,64}}"|(?<!{_LOCAL}){_LOCAL}+?)(?:[@\uff20\ufe6b]|%40)"""
    r"(?:[\w-]+(?:\.[\w-]+)+|\[[\da-f:.]+\])",
    re.IGNORECASE,
)
_AT = re.compile(r"[\uff20\ufe6b]|%40")


def without_addresses(text: str) -> str:
    """The text with each e-mail address replaced by its hash, as rows know it; for whatever is
    stored, logged or handed on."""
    return _ADDRESS.sub(lambda found: f"sha256:{email_hash(_AT.sub('@', found.group()))}", text)


def stored(value: Any) -> Any:
    """JSON as it may be stored: without e-mail addresses in any of its texts."""
    if isinstance(value, dict):
        return {key: stored(each) for key, each in value.items()}
    if isinstance(value, list):
        return [stored(each) for each in value]
    return without_addresses(clean_text(value) or "") if isinstance(value, str) else value


def _title(text: str) -> str:
    return str(stored(text))[:MOST_TITLE]


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MOST_TITLE),
    AfterValidator(_title),
]
QueryText = Annotated[str, Field(max_length=2000), AfterValidator(stored)]


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
