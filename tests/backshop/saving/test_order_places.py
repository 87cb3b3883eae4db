"""An order that was cancelled or deleted keeps its place in a batch, and what staff and shopper
chose of it, for when it comes back."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.commerce import Deletion, Fulfilment, Kind, Order
from backshop.kits.batches import repository as batches
from backshop.kits.batches.models import BatchStatus
from psycopg.rows import dict_row

from tests.backshop.saving import records


class Shop:
    """A Vendure store in one transaction, with the batch that takes orders by itself."""

    def __init__(self, tx: records.Tx, id: UUID) -> None:
        self.tx, self.store = tx, records.shop(id, "vendure")
        row = tx.execute(
            """INSERT INTO kits.import_batches
                 (store_id, batch_number, auto_assign, created_at, target_order_count)
               VALUES (%s, '20260301-0001', true, '2026-01-01', 5) RETURNING id""",
            [id],
        ).fetchone()
        assert row
        self.batch: UUID = row["id"]

    def tell(self, *told: Order | Deletion) -> None:
        for each in told:
            records.save(self.tx, self.store, each)

    def move(self, status: str) -> None:
        batches.set_status(self.tx, self.batch, BatchStatus(status))

    @property
    def has_order(self) -> bool:
        """Whether the batch holds it: the assignment, the order's own word and the count agree."""
        row = self.tx.execute(
            """SELECT (SELECT count(*) FROM kits.order_batch_assignments
                       WHERE batch_id = b.id) AS assigned,
                 (SELECT count(*) FROM kits.customer_orders_summary
                  WHERE batch_id = b.id) AS marked,
                 b.order_count AS counted
               FROM kits.import_batches AS b WHERE b.id = %s""",
            [self.batch],
        ).fetchone()
        assert row
        found = set(row.values())
        assert len(found) == 1, row
        return found == {1}

    def chosen(self) -> list[Any]:
        return records.rows(
            self.tx, "SELECT keep_unbatched, sms_updates FROM kits.customer_orders_summary"
        )

    def places(self) -> int:
        found: int = records.rows(self.tx, "SELECT count(*) FROM kits.order_places")[0]
        return found


@pytest.fixture
def shop(new_store: Callable[..., UUID], database: Any) -> Iterator[Shop]:
    id = new_store("vendure")
    with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
        tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(id)])
        yield Shop(tx, id)
        tx.rollback()


def sent(minutes: float, **given: Any) -> Order:
    return records.order(minutes=minutes, fulfilment=Fulfilment.FULFILLED, **given)


def cancelled(minutes: float) -> Order:
    return sent(minutes, is_cancelled=True, status="Cancelled")


def deleted(minutes: float) -> Deletion:
    return records.gone(Kind.ORDER, "1", minutes)


@pytest.mark.parametrize("leaves", [cancelled, deleted])
def test_an_order_returns_to_its_batch_however_far_it_is(shop: Shop, leaves: Any) -> None:
    """Past ORDER_CONFIRMED no batch takes an order any more, but it had its place."""
    shop.tell(records.order(), sent(1))
    assert shop.has_order
    shop.tell(leaves(2))
    assert not shop.has_order
    shop.tell(sent(3))
    assert shop.has_order
    assert shop.places() == 0


@pytest.mark.parametrize("leaves", [cancelled, deleted])
def test_any_order_of_arrival_ends_in_the_batch(
    leaves: Any, new_store: Callable[..., UUID], database: Any
) -> None:
    told = [records.order(), sent(1), leaves(2), sent(3)]
    for events in itertools.permutations(told):
        id = new_store("vendure")
        with psycopg.connect(database.service_url, row_factory=dict_row) as tx:
            tx.execute("SELECT set_config('backshop.store_id', %s, true)", [str(id)])
            shop = Shop(tx, id)
            shop.tell(*events)
            assert shop.has_order, [type(each).__name__ for each in events]
            tx.rollback()


@pytest.mark.parametrize("leaves", [cancelled, deleted])
def test_goods_that_were_not_ordered_are_not_in_the_order(shop: Shop, leaves: Any) -> None:
    shop.tell(records.order(), leaves(2))
    shop.move("orderedFromSupplier")
    shop.tell(records.order(minutes=3))
    assert not shop.has_order
    assert shop.places() == 0


@pytest.mark.parametrize("leaves", [cancelled, deleted])
def test_goods_that_were_ordered_are(shop: Shop, leaves: Any) -> None:
    shop.tell(records.order())
    shop.move("orderedFromSupplier")
    shop.tell(leaves(2))
    shop.move("inTransit")
    shop.tell(records.order(minutes=3))
    assert shop.has_order


def test_a_completed_batch_takes_back_its_own_alone(shop: Shop) -> None:
    shop.tell(records.order())
    shop.move("dispatched")
    shop.tell(deleted(2))
    shop.move("completed")
    shop.tell(records.order(minutes=3))
    assert not shop.has_order


def test_an_order_of_a_completed_batch_returns_to_it(shop: Shop) -> None:
    shop.tell(records.order())
    shop.move("completed")
    shop.tell(deleted(2), records.order(minutes=3))
    assert shop.has_order


def test_one_deleted_while_cancelled_returns_when_it_is_neither(shop: Shop) -> None:
    shop.tell(records.order(), cancelled(1), deleted(2), cancelled(3))
    assert not shop.has_order
    shop.tell(records.order(minutes=4))
    assert shop.has_order


def test_an_order_that_any_program_uncancels_returns(shop: Shop) -> None:
    shop.tell(records.order())
    for is_cancelled in (True, False):
        shop.tx.execute("UPDATE kits.customer_orders_summary SET is_cancelled = %s", [is_cancelled])
        assert shop.has_order is not is_cancelled


def test_what_staff_and_shopper_chose_outlives_a_deletion(shop: Shop) -> None:
    shop.tell(records.order())
    assert batches.unassign(shop.tx, shop.batch, "#1")
    shop.tx.execute("UPDATE kits.customer_orders_summary SET sms_updates = true")
    shop.tell(deleted(1), records.order(minutes=2))
    assert shop.chosen() == [(True, True)]
    assert not shop.has_order, "taken out stays out"
    shop.tx.execute("UPDATE kits.customer_orders_summary SET sms_updates = false")
    shop.tell(cancelled(3), deleted(4), records.order(minutes=5))
    assert shop.chosen() == [(True, False)]
