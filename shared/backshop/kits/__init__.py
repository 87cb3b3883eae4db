"""Phone check, delivery tracking and supplier batches."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.contexts import KindName, Projection, Use


class KitsContext:
    """What is saved here; see `ports.Context`."""

    use: Use | None = "deliveries"
    kinds: frozenset[KindName] = frozenset({"customer", "order"})
    reads_records = True

    @property
    def projection(self) -> Projection:
        from backshop.kits import projection

        return projection


CONTEXT = KitsContext()
