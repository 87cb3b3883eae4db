"""sync_run is killed at a random statement, eight times, or fifty in the long run, and loses and
doubles nothing."""

import os
import random
import signal
from typing import Any

import psycopg
import pytest
from backshop import db
from backshop.aws import config
from backshop.saving import projections
from backshop.sync import work
from backshop.sync.models import SHOP
from psycopg.types.json import Jsonb

from tests.functions.sync_run.shops import connected, differences, dump


def killed(shop, key, statement):
    """Work in a child process that is killed right before its nth statement; whether it was."""
    child = os.fork()
    if child == 0:
        try:
            db._kept.connections = {}
            die_at(statement)
            shop.work(key)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def die_at(statement):
    count = 0
    execute, copy = psycopg.Connection.execute, psycopg.Cursor.copy

    def step():
        nonlocal count
        count += 1
        if count == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    def counted_execute(self, *given, **named):
        step()
        return execute(self, *given, **named)

    def counted_copy(self, *given, **named):
        step()
        return copy(self, *given, **named)

    vars_of: Any = psycopg.Connection
    vars_of.execute = counted_execute
    vars_of = psycopg.Cursor
    vars_of.copy = counted_copy


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("most", [8, pytest.param(50, marks=pytest.mark.slow)])
def test_kills_lose_and_double_nothing(most, monkeypatch):
    monkeypatch.setattr(work, "BATCH", 40)
    rng = random.Random(50)
    kills, runs, whole = 0, 0, None
    with connected("woocommerce", orders=8 * most, seed=30) as shop:
        shop.sync("full", SHOP)  # whose time zone says which day an order is of
        while kills < most:
            runs += 1
            whole = shop.begin("full", "products", "customers", "orders", "refunds")
            for key in whole:
                while kills < most and killed(shop, key, rng.randrange(1, 60)):
                    kills += 1
                shop.work(key)
            run = shop.run()
            assert run.status == "completed"
            read = {each.resource: each.records for each in run.resources}
            assert read["orders"] == len(shop.shop.state()["orders"]), "each record counts once"
            assert "\n".join(differences(shop)) == ""
            shop.shop.change(count=20, seed=runs)
        shop.sync("incremental")
        assert "\n".join(differences(shop)) == ""
        after = dump(shop)
        with shop.twin() as unhurt:
            unhurt.sync("full")
            assert dump(unhurt) == after, "the same rows as without any kill"


def test_what_a_crashed_server_lost_is_read_again(monkeypatch):
    """Batches are committed without waiting for the disk, and a transaction after a crash begins on
    a fresh connection: it must not go on behind a batch that is gone."""
    monkeypatch.setattr(work, "BATCH", 40)
    with connected("woocommerce", orders=200, seed=31) as shop:
        *before, orders, refunds = shop.begin("full", "products", "customers", "orders", "refunds")
        for key in before:
            shop.work(key)
        save, positions = projections.save_prepared, []

        def save_and_lose(*given):
            positions.append(shop_position())
            if len(positions) == 3:
                with db.connect(config.database_url("owner")) as server:
                    server.execute(
                        """UPDATE backshop.sync_jobs SET position = %s
                           WHERE resource = 'orders' AND store_id = %s""",
                        [Jsonb(positions[1]), shop.id],
                    )
            return save(*given)

        def shop_position():
            with db.connect(config.database_url("owner")) as server:
                found = server.execute(
                    """SELECT position FROM backshop.sync_jobs
                       WHERE resource = 'orders' AND store_id = %s""",
                    [shop.id],
                )
                return found.fetchone()["position"]

        with monkeypatch.context() as crash:
            crash.setattr(projections, "save_prepared", save_and_lose)
            assert work.work(orders, work.clock(lambda: 900_000)).status == "taken"
        assert shop_position() == positions[1] != positions[2]
        for key in (orders, refunds):
            shop.work(key)
        assert shop.run().status == "completed"
        assert "\n".join(differences(shop)) == ""
