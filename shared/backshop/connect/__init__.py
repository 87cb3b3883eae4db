"""The shared catalogue: products, customers, orders, refunds; try-on and recommendations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backshop.contexts import KindName, Projection, Use


class ConnectContext:
    """What is saved here; see `ports.Context`."""

    use: Use | None = None
    kinds: frozenset[KindName] = frozenset({"product", "customer", "order"})
    reads_records = False

    @property
    def projection(self) -> Projection:
        from backshop.connect import projection

        return projection


CONTEXT = ConnectContext()
