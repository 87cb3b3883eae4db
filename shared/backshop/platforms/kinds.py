"""Whether a body is of the kind that its topic names.

A platform signs bodies, not topics: whoever holds a signed order could send it again as a customer,
and a bare `{"id": 7}`, which is what deletions look like, as a customer without a name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backshop.platforms.errors import PayloadError
from backshop.platforms.webhooks import said

Marks = Mapping[str, frozenset[str]]
"""By kind: fields that bodies of this kind alone have, never those of another."""
Wholes = Mapping[frozenset[str], str]
"""The kind of bodies that have just these fields, none of which is a mark."""


def check(body: bytes, kind: str, marks: Marks, wholes: Wholes | None = None) -> None:
    """`check_value` of a body; one that is no object is left to whoever reads it."""
    value = said(body)
    if value is not None:
        check_value(value, kind, marks, wholes)


def check_value(value: Any, kind: str, marks: Marks, wholes: Wholes | None = None) -> None:
    """Raises `PayloadError` where the value has marks of other kinds and none of its own, or says
    nothing but an id. What tells little, but more than that, is taken as it is."""
    if not isinstance(value, dict):
        return
    if value.keys() <= {"id"}:
        raise PayloadError("", "says nothing but an id")
    named = _kind_of_gid(value.get("admin_graphql_api_id")) or (wholes or {}).get(frozenset(value))
    if named is not None and named in marks:
        found = {named}
    else:
        found = {each for each, names in marks.items() if names & value.keys()}
    if found and kind not in found:
        raise PayloadError("", "a body of another kind than its topic's")


def _kind_of_gid(gid: object) -> str | None:
    """`Order` of `gid://shopify/Order/1`; of discounts there are several sorts."""
    parts = gid.split("/") if isinstance(gid, str) else []
    name = parts[3] if len(parts) > 4 and parts[2] == "shopify" else None
    return "Discount" if name and name.startswith("Discount") else name
