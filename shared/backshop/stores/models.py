"""What lists of the tenants' rows need beside the rows."""

from __future__ import annotations

from pydantic import BaseModel

from backshop.commerce import Time


class ExportPosition(BaseModel):
    """Where a page of answers to data requests ended: they are newest first."""

    created_at: Time
    request_id: str
