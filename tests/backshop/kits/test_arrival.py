"""When an order will come: ranges over simulated years of 5,000 orders whose suppliers drift."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from statistics import mean

import pytest
from backshop.kits.arrival import rules
from backshop.kits.arrival.models import Walk
from backshop.kits.deliveries.models import Stage

STAGES = list(Stage)
START = datetime(2025, 1, 1, tzinfo=UTC)
ORDERS, DAYS = 5_000, 500
LOOKS = 100
DRIFTS: dict[str, Callable[[float], float]] = {
    "slower": lambda part: 1 + part,
    "faster": lambda part: 2 - part,
    "seasons": lambda part: 1 + 0.4 * math.sin(part * 4 * math.pi),
    "a new supplier": lambda part: 1 if part < 0.5 else 1.7,
}


def history(drift: Callable[[float], float], weekly: bool, seed: int) -> list[Walk]:
    """Orders over 500 days. `weekly`: what was sourced comes with a shipment a week, so that the
    orders of one share their luck."""
    chance, walks = random.Random(seed), []
    for number in range(ORDERS):
        placed = START + timedelta(days=DAYS * number / ORDERS + chance.random() / 10)
        at, changes = placed, [(STAGES[0], placed)]
        for place, (days, spread) in enumerate([(2, 0.5), (12, 0.35), (2, 0.6), (3, 0.4)]):
            factor = drift(number / ORDERS) * math.exp(chance.gauss(0, spread))
            at += timedelta(days=days * factor)
            if weekly and place == 1:
                week = math.ceil((at - START) / timedelta(weeks=1))
                at = START + timedelta(weeks=week, hours=10)
            changes.append((STAGES[place + 1], at))
        walks.append(Walk(placed, changes))
    return walks


def known(walks: Sequence[Walk], now: datetime) -> list[Walk]:
    """What was to be seen at that time of the orders of half a year."""
    return [
        Walk(each.placed_at, [change for change in each.changes if change[1] <= now])
        for each in walks
        if now - timedelta(days=180) < each.placed_at < now
    ]


def width_of_all(walks: Sequence[Walk], now: datetime) -> float:
    """Days that four of five of all orders that had come differ by."""
    took = sorted(
        (walk.changes[-1][1] - walk.placed_at) / timedelta(days=1)
        for walk in walks
        if walk.changes[-1][1] <= now
    )
    return took[int(len(took) * 0.9)] - took[int(len(took) * 0.1)]


@pytest.mark.parametrize("name", DRIFTS)
def test_four_of_five_come_in_a_range_that_is_narrower_than_that_of_all(name):
    chance = random.Random(12)
    held, widths, of_all = 0, [], []
    for weekly in (False, True):
        walks = history(DRIFTS[name], weekly, seed=11)
        for _ in range(LOOKS):
            order = walks[chance.randrange(ORDERS // 5, ORDERS)]
            place = chance.randrange(len(STAGES) - 1)
            since, left = order.changes[place][1], order.changes[place + 1][1]
            now = since + (left - since) * chance.random()
            seen = known([each for each in walks if each is not order], now)
            stages = rules.learn(rules.newest_first(seen))
            found = rules.outlook(stages, STAGES[place], since, now, "UTC").arrival
            held += found.first <= order.changes[-1][1].date() <= found.last
            widths.append((found.last - found.first).days + 1)
            of_all.append(width_of_all(walks, now))
    share = held / (2 * LOOKS)
    assert 0.75 <= share <= 0.85, f"{share:.1%} of {2 * LOOKS}"
    assert mean(widths) < mean(of_all), f"{mean(widths):.1f} of {mean(of_all):.1f} days"


def some(number: int, days: float = 4.0, spread: float = 0.5) -> list[Walk]:
    """Orders that took about so long at each stage, the newest first."""
    chance, walks = random.Random(number), []
    for age in range(number):
        placed = START - timedelta(days=age)
        at, changes = placed, [(Stage.ORDER_CONFIRMED, placed)]
        for stage in STAGES[1:]:
            at += timedelta(days=days + chance.uniform(-spread, spread))
            changes.append((stage, at))
        walks.append(Walk(placed, changes))
    return walks


def look(walks: Sequence[Walk], waited: timedelta = timedelta(0), zone: str = "UTC"):
    now = START + timedelta(days=60)
    return rules.outlook(rules.learn(walks), Stage.SOURCING, now - waited, now, zone)


def test_nothing_is_said_where_nothing_is_known():
    for few in (0, 1, 2):
        assert look(some(few)).arrival is None
    assert look(some(3)).arrival is not None


def test_little_to_learn_from_is_a_wider_range():
    days = [
        (found.last - found.first).days
        for found in (look(some(number, spread=3)).arrival for number in (4, 12, 200))
    ]
    assert days[0] > days[-1]


def test_who_waits_longer_than_nine_of_ten_is_late():
    walks = some(100)
    assert not look(walks, timedelta(days=4)).is_late
    late = look(walks, timedelta(days=7))
    assert late.is_late
    assert late.arrival.first >= (START + timedelta(days=60)).date()


def test_an_order_that_came_half_way_teaches_only_what_was_seen():
    at = START + timedelta(days=9)
    bulk = [Walk(START, [(Stage.DELIVERED, at)]), Walk(START, [(Stage.ARRIVED, at)])]
    assert rules.learn(bulk) == [[], [], [], []]
    later = Walk(START, [(Stage.ARRIVED, at), (Stage.DELIVERED, at + timedelta(days=5))])
    assert [len(each) for each in rules.learn([later])] == [0, 0, 0, 1]


def test_a_skipped_stage_took_no_time_and_a_step_back_is_no_arrival():
    day = timedelta(days=1)
    skipped = Walk(START, [(Stage.ORDER_CONFIRMED, START), (Stage.DISPATCHED, START + 3 * day)])
    days = [[each.seconds / 86_400 for each in stage] for stage in rules.learn([skipped])]
    assert days == [[3.0], [0.0], [0.0], []]
    back = Walk(
        START,
        [
            (Stage.ORDER_CONFIRMED, START),
            (Stage.SOURCING, START + day),
            (Stage.ARRIVED, START + 2 * day),
            (Stage.SOURCING, START + 3 * day),
            (Stage.ARRIVED, START + 6 * day),
        ],
    )
    days = [[each.seconds / 86_400 for each in stage] for stage in rules.learn([back])]
    assert days == [[1.0], [5.0], [], []]


def test_days_are_those_of_the_shop():
    east, west = (look(some(50), zone=zone).arrival for zone in ("Pacific/Auckland", "UTC"))
    assert east.first >= west.first
