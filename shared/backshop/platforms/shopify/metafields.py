"""The metafields of customers that a store lists among its custom fields.

Source: https://shopify.dev/docs/apps/build/metafields (namespace and key; `custom` is the namespace
of those that are made in the admin).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from backshop.platforms.customer_fields import listed_fields

CUSTOM = "custom"


class Metafield(NamedTuple):
    name: str
    """As the store lists it: `size`, or `loyalty.points` of another namespace."""
    namespace: str
    key: str

    @property
    def full(self) -> str:
        return f"{self.namespace}.{self.key}"


def metafields(settings: Mapping[str, Any]) -> list[Metafield]:
    """From `settings.customer_fields`."""
    return [_metafield(name) for name in listed_fields(settings)]


def _metafield(name: str) -> Metafield:
    namespace, dot, key = name.rpartition(".")
    return Metafield(name, namespace if dot and namespace else CUSTOM, key)
