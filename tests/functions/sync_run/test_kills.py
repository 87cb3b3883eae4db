"""sync_run is killed at a random statement, eight times, or fifty in the long run, and loses and
doubles nothing."""

import os
import random
import signal
from typing import Any

import psycopg
import pytest
from backshop import db
from backshop.sync import work

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
