"""Where what is kept of a store lies. Pure."""

from __future__ import annotations

from uuid import UUID


def export_key(store_id: UUID, request_id: str) -> str:
    """Where the answer to a person's data request lies in the data bucket."""
    return f"exports/{store_id}/{request_id}.json"
