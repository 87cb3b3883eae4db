"""Where a Vendure shop keeps its customers' consent to marketing, for which Vendure has no
field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class ConsentSource(NamedTuple):
    """A custom field of customers that is true or false, or the name of a customer group."""

    field: str | None = None
    group: str | None = None


def consent_of(settings: Mapping[str, Any]) -> ConsentSource:
    """From `settings.consent`, such as {"field": "newsletter"} or {"group": "Newsletter"}; whatever
    is no text names nothing."""
    named = settings.get("consent")
    named = named if isinstance(named, dict) else {}
    field, group = named.get("field"), named.get("group")
    return ConsentSource(
        field if isinstance(field, str) and field.isidentifier() else None,
        group if isinstance(group, str) and group else None,
    )
