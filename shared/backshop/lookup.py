"""Lists that span contexts, for the routes of programs and the pages of staff alike."""

from __future__ import annotations

from uuid import UUID

from pydantic import Field

from backshop import db
from backshop.connect.records import repository
from backshop.connect.records.models import OrderFilter, OrderPosition, ShownOrder
from backshop.kits.arrival import repository as arrival
from backshop.kits.deliveries import repository as deliveries
from backshop.web import paging

MOST_LATE = 10_000
"""A list of more is no list of what needs a person."""


class ListedOrder(ShownOrder):
    """An order in a list."""

    stage: str | None = Field(description="Where its delivery is; null where it is not followed.")


def orders(
    store_id: UUID, which: OrderFilter, cursor: str | None, limit: int
) -> paging.Page[ListedOrder]:
    """A page of a store's orders, newest first. Raises BadRequest for a cursor that is none."""
    after = paging.position(cursor, OrderPosition)
    with db.transaction(store_id=store_id) as tx:
        late = arrival.late_ids(tx, MOST_LATE) if which.late else None
        rows = repository.orders(tx, which, after, limit + 1, late)
        stages = deliveries.stages_of(tx, [row.order_id for row in rows])
    listed = [ListedOrder(**row.model_dump(), stage=stages.get(row.order_id)) for row in rows]
    return paging.page(
        listed,
        limit,
        lambda last: OrderPosition(created_at=last.created_at, order_id=last.order_id),
    )
