"""A delivery that somebody moves while ours is being written to Vendure: what they set is not lost.

The stand-in commits the write and holds its answer back, so that everything in between happens in
an order that is written down here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from time import sleep
from typing import Any

import psycopg
import pytest
from backshop import db, outbox, platforms
from backshop.commerce import Platform, Record, Store
from backshop.saving import projections

from tests.backshop.platforms.recorded import answer


class Died(Exception):
    """The worker died once Vendure had the write."""


def key(code: str) -> str:
    return f"order:{code.split('-')[1]}"


@contextmanager
def while_it_is_sent(shop: Any, code: str) -> Iterator[None]:
    """The first row of the order is at Vendure, which has committed and not answered."""
    shop.server.faults({"held": 1.0}, most=1)
    with ThreadPoolExecutor(1) as pool:
        sending: Future[bool] = pool.submit(work, shop, code)
        shop.server.control("held")
        try:
            yield
        finally:
            shop.server.faults()
            sending.result(30)


def work(shop: Any, code: str) -> bool:
    try:
        done: bool = shop.writer.work(shop.store, key(code))
        return done
    finally:
        db.close()


def in_sql(shop: Any, code: str, stage: str, number: str = "") -> None:
    """Any program, on a connection of its own."""
    with shop.owner.transaction():
        shop.owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.store)])
        shop.owner.execute(
            "SELECT kits.update_order_delivery_status(%s, %s, %s, 'by hand', 'a script')",
            [code, stage, number],
        )


def report(shop: Any, code: str, stage: str | None, number: str | None = None, **more: Any) -> None:
    """Vendure's order.updated, taken in by a worker of its own."""
    payload = answer("vendure-3.7.3", "order_final")["data"]["order"] | {
        "id": code.split("-")[1],
        "code": code,
        "customFields": {"deliveryStage": stage, "trackingNumber": number},
        "state": "PaymentSettled",
        "fulfillments": [],
        "updatedAt": datetime.now(UTC).isoformat(),
        **more,
    }
    now = datetime.now(UTC)
    body = json.dumps({"event": "order.updated", "createdAt": now.isoformat(), "data": payload})
    store = Store(
        id=shop.store, platform=Platform.VENDURE, url="https://v.example.com", settings={}
    )
    found = platforms.load(Platform.VENDURE).translator.translate(
        "order.updated", body.encode(), store, received_at=now, triggered_at=now
    )
    with db.transaction(store_id=shop.store) as tx:
        projections.save(tx, store, [each for each in found if isinstance(each, Record)])


def sweep(shop: Any) -> None:
    shop.sweep.handler({}, shop.context)


def both_hold(shop: Any, code: str, stage: str, number: str | None = None) -> None:
    shop.work_off()
    held = shop.here(code)
    assert (held["stage"], held["tracking_number"]) == (stage, number)
    assert shop.there(code) == (stage, number)
    assert (held["sent_stage"], held["to_repair"]) == (None, False)


# ------------------------------------------------------------------------- moved here


@pytest.mark.parametrize("echo", ["", "before the move", "after the move", "after the answer"])
@pytest.mark.parametrize("swept", [True, False])
@pytest.mark.parametrize("to", [("ARRIVED", ""), ("SOURCING", ""), ("DISPATCHED", "TE-2")])
def test_what_a_program_sets_meanwhile_arrives(shop, to, swept, echo):
    """Forwards, back, or to another tracking number; whenever Vendure's echo is heard."""
    code = shop.place()
    sent = ("DISPATCHED", "TE-1") if to[0] != "ARRIVED" else ("SOURCING", None)
    shop.move(code, *sent)
    with while_it_is_sent(shop, code):
        if echo == "before the move":
            report(shop, code, *sent)
        in_sql(shop, code, *to)
        if echo == "after the move":
            report(shop, code, *sent)
        if swept:
            sweep(shop)
    if echo == "after the answer":
        report(shop, code, *sent)
    both_hold(shop, code, to[0], to[1] or None)


@pytest.mark.parametrize("echo", [True, False])
def test_a_correction_of_staff_meanwhile_arrives(shop, echo):
    code = shop.place()
    shop.move(code, "DISPATCHED", "TE-1")
    with while_it_is_sent(shop, code):
        shop.move(code, "SOURCING", correct=True, note="wrong parcel")
        if echo:
            report(shop, code, "DISPATCHED", "TE-1")
    both_hold(shop, code, "SOURCING")


def test_an_echo_that_comes_after_the_next_write_takes_nothing_back(shop):
    code = shop.place()
    shop.move(code, "DISPATCHED", "TE-1")
    shop.work_off()
    in_sql(shop, code, "SOURCING")
    shop.work_off()
    report(shop, code, "DISPATCHED", "TE-1")
    both_hold(shop, code, "SOURCING")


def test_what_was_sent_by_a_worker_that_died_is_nobody_elses(shop, monkeypatch):
    """The next attempt finds at Vendure what the one before wrote, and the order moved here."""
    code = shop.place()
    shop.move(code, "DISPATCHED", "TE-1")

    def dies(*_: Any) -> bool:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(outbox, "finish", dies)
        with pytest.raises(Died):
            shop.writer.work(shop.store, key(code))
    assert shop.there(code) == ("DISPATCHED", "TE-1")
    in_sql(shop, code, "SOURCING")
    shop.owner.execute(
        "UPDATE backshop.outbox SET next_attempt_at = now() WHERE store_id = %s", [shop.store]
    )
    both_hold(shop, code, "SOURCING")


# ------------------------------------------------------------------------- moved at Vendure


def test_what_somebody_sets_there_meanwhile_is_followed(shop):
    """Their move is heard before our own write is over, and is not taken for what we sent."""
    code = shop.place()
    shop.move(code, "SOURCING")
    with while_it_is_sent(shop, code):
        shop.set_there(code, "ARRIVED")
        report(shop, code, "ARRIVED")
    both_hold(shop, code, "ARRIVED")


def test_staff_there_may_set_again_what_was_corrected(shop):
    """A minute later than else, as it may have been our own echo."""
    code = shop.place()
    shop.move(code, "ARRIVED")
    shop.work_off()
    in_sql(shop, code, "SOURCING")
    shop.work_off()
    shop.set_there(code, "ARRIVED")
    report(shop, code, "ARRIVED")
    both_hold(shop, code, "ARRIVED")


def test_a_write_that_is_lost_before_it_is_over_is_sent_again(shop):
    """A state transition saves the whole order as Vendure read it before our write, and its event
    is heard before our answer."""
    code = shop.place()
    shop.move(code, "SOURCING")
    with while_it_is_sent(shop, code):
        report(shop, code, None)
    shop.set_there(code, None)
    both_hold(shop, code, "SOURCING")


def test_a_mark_that_was_made_before_vendures_own_state_came_is_kept(shop):
    """A program moves the order, and Vendure says itself that it was shipped: the field there has
    to come along, as the mark said that it would."""
    code = shop.place()
    in_sql(shop, code, "SOURCING")
    parcel = {
        "id": "1",
        "state": "Shipped",
        "trackingCode": "TE-7",
        "createdAt": "2026-11-20T03:26:20Z",
    }
    report(shop, code, None, state="Shipped", fulfillments=[parcel])
    both_hold(shop, code, "DISPATCHED", "TE-7")


# ------------------------------------------------------------------------- before it is known


def forget(shop: Any, code: str) -> None:
    """The order as it is at Vendure, of which nothing has come here yet."""
    for table in (
        "order_tracking",
        "customer_order_items",
        "order_delivery_status_events",
        "order_delivery_status",
    ):
        shop.owner.execute(f"DELETE FROM kits.{table} WHERE store_id = %s".encode(), [shop.store])
    shop.owner.execute("DELETE FROM kits.customer_orders_summary WHERE store_id = %s", [shop.store])


def test_an_order_that_a_program_moved_before_it_came_is_moved_there(shop):
    code = shop.place()
    forget(shop, code)
    in_sql(shop, code, "ARRIVED")
    report(shop, code, None)
    both_hold(shop, code, "ARRIVED")


@pytest.mark.parametrize(
    ("theirs", "wins"), [((None, None), "ARRIVED"), (("DISPATCHED", "TE-1"), "DISPATCHED")]
)
def test_an_order_that_a_program_moves_in_the_moment_it_comes_keeps_that(
    shop, database, theirs, wins
):
    """The program commits once the order's own first delivery waits for its row."""
    code = shop.place()
    forget(shop, code)
    shop.set_there(code, *theirs)
    with ThreadPoolExecutor(1) as pool, shop.owner.transaction():
        shop.owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.store)])
        shop.owner.execute(
            "SELECT kits.update_order_delivery_status(%s, 'ARRIVED', NULL, NULL, 'a script')",
            [code],
        )
        coming = pool.submit(report_and_close, shop, code, *theirs)
        wait_for_a_lock(database, coming)
    coming.result(30)
    both_hold(shop, code, wins, theirs[1])
    [order] = shop.owner.execute(
        "SELECT delivery_stage FROM kits.customer_orders_summary WHERE store_id = %s", [shop.store]
    ).fetchall()
    assert order["delivery_stage"] == wins


def wait_for_a_lock(database: Any, other: Future[Any]) -> None:
    """Until somebody waits for a row of ours, or is done without."""
    waits = "SELECT FROM pg_locks WHERE NOT granted"
    with psycopg.connect(database.owner_url, autocommit=True) as watching:
        while not other.done() and watching.execute(waits).fetchone() is None:
            sleep(0.01)


def report_and_close(shop: Any, code: str, stage: str | None, number: str | None) -> None:
    try:
        report(shop, code, stage, number)
    finally:
        db.close()
