"""The order of arrival does not matter: thousands of events, each delivered twice and shuffled over
eight workers, end as when they are told one after the other."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.commerce import Platform, Store
from backshop.saving import projections
from psycopg.rows import dict_row

from tests.backshop.saving import comparison, shops

ORDERS = {Platform.SHOPIFY: 0.35, Platform.WOOCOMMERCE: 0.35, Platform.VENDURE: 0.3}
EVENTS = {Platform.SHOPIFY: 0.34, Platform.WOOCOMMERCE: 0.36, Platform.VENDURE: 0.3}
"""Shares of the whole."""
WORKERS = 8
BATCH = 10

Batch = tuple[Platform, list[int]]
"""Deliveries of one shop: which events they say."""


def store_of(id: UUID, platform: Platform) -> Store:
    return Store(id=id, platform=platform, url="https://shop.example.com", currency="USD")


def save(connection: psycopg.Connection[Any], store: Store, records: list[Any]) -> None:
    with connection.transaction():
        connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store.id)])
        projections.save(connection, store, records)


def work(url: str, total: int, stores: dict[Platform, UUID], batches: list[Batch]) -> None:
    """One worker: its batches, as the queue hands them out."""
    events = {platform: lives(platform, total) for platform in stores}
    with psycopg.connect(url, row_factory=dict_row, prepare_threshold=None) as connection:
        for platform, places in batches:
            records = [record for place in places for record in events[platform][place]]
            save(connection, store_of(stores[platform], platform), records)


def lives(platform: Platform, total: int) -> list[shops.Event]:
    """A shop's part of so many events, five to an order."""
    orders = round(ORDERS[platform] * total / 5)
    return shops.life(platform, orders, events_of(platform, total), seed=len(platform))


def events_of(platform: Platform, total: int) -> int:
    return round(EVENTS[platform] * total)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("total", [1000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_events_twice_and_shuffled_equal_the_replay(
    total: int, database: Any, owner: Any, new_store: Callable[[str], UUID]
) -> None:
    shuffled = {platform: new_store(platform) for platform in Platform}
    in_order = {platform: new_store(platform) for platform in Platform}
    for stores in (shuffled, in_order):
        owner.execute(
            """INSERT INTO kits.import_batches
                 (store_id, batch_number, auto_assign, target_order_count, created_at)
               VALUES (%s, '20260301-0001', true, 100000, '2026-01-01')""",
            (stores[Platform.VENDURE],),
        )
    run_in_order(database.service_url, total, in_order)
    run_shuffled(database.service_url, total, shuffled)
    refunds = 0
    for platform in Platform:
        one = comparison.rows_of(owner, shuffled[platform])
        other = comparison.rows_of(owner, in_order[platform])
        assert comparison.differences(one, other) == [], platform
        assert len(one["insights.orders"]) > total / 25
        refunds += len(one.get("insights.refunds", ()))
    assert refunds > total / 400


def run_in_order(url: str, total: int, stores: dict[Platform, UUID]) -> None:
    """One event after the other, the three shops beside each other."""
    run(
        [
            (
                url,
                total,
                {platform: id},
                batches(platform, list(range(events_of(platform, total)))),
            )
            for platform, id in stores.items()
        ]
    )


def run_shuffled(url: str, total: int, stores: dict[Platform, UUID]) -> None:
    """Every event twice, anywhere; each worker gets batches of all shops."""
    random = Random(7)
    everything: list[Batch] = []
    for platform in stores:
        twice = list(range(events_of(platform, total))) * 2
        random.shuffle(twice)
        everything += batches(platform, twice)
    random.shuffle(everything)
    run([(url, total, stores, everything[worker::WORKERS]) for worker in range(WORKERS)])


def batches(platform: Platform, places: list[int]) -> list[Batch]:
    return [(platform, places[at : at + BATCH]) for at in range(0, len(places), BATCH)]


def run(jobs: list[Any]) -> None:
    """Each job in a process of its own; what fails in one (a deadlock, say) fails here."""
    context = multiprocessing.get_context("fork")
    with context.Pool(len(jobs)) as pool:
        for result in [pool.apply_async(work, job) for job in jobs]:
            result.get()


@pytest.mark.parametrize("seed", [0, 1, 2, 57, 59])
def test_a_small_shop_in_batches_of_any_size(
    seed: int, database: Any, owner: Any, new_store: Callable[[str], UUID]
) -> None:
    """Batches large enough to hold several states of one order, and what contradicts them."""
    platform, random = list(Platform)[seed % 3], Random(seed + 1000)
    events = shops.life(platform, 60, 450, seed)
    twice = list(range(len(events))) * 2
    random.shuffle(twice)
    contents = []
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:
        for places, sizes in ((range(len(events)), [15]), (twice, [1, 2, 10, 40, 150])):
            store = store_of(new_store(platform), platform)
            at = 0
            while at < len(places):
                size = random.choice(sizes)
                batch = [record for place in places[at : at + size] for record in events[place]]
                save(connection, store, batch)
                at += size
            contents.append(comparison.rows_of(owner, store.id))
    assert comparison.differences(contents[0], contents[1]) == []
