"""From sample kit to survey, shade match, discount and conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.contexts import KindName, Projection, Use


class ShadeContext:
    """What is saved here; see `ports.Context`."""

    use: Use | None = "surveys"
    kinds: frozenset[KindName] = frozenset({"product", "customer", "order"})
    reads_records = True

    @property
    def projection(self) -> Projection:
        from backshop.shade import projection

        return projection


CONTEXT = ShadeContext()
