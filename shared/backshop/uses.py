"""What a store uses beyond what every store has: its own setting, whatever its platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

Use = Literal["deliveries", "surveys"]
USUAL: Mapping[str, frozenset[Use]] = {
    "vendure": frozenset({"deliveries"}),
    "shopify": frozenset({"surveys"}),
}
"""What stores of a platform use whose settings do not say."""


def uses_of(platform: str | None, settings: Mapping[str, Any]) -> frozenset[Use]:
    """What a store uses: what `settings.uses` says, or what is usual at its platform."""
    named = settings.get("uses")
    return USUAL.get(platform or "", frozenset()) if named is None else frozenset(named)
