"""When an order will come: a range that holds four of five, from what was seen lately. Pure.

Each stage has its durations, the latest counting most, because suppliers become slower and faster.
What is left of the way is their sum. An order that waits already is compared with those alone that
waited as long.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import accumulate
from math import sqrt
from typing import NamedTuple
from zoneinfo import ZoneInfo

from backshop.kits.arrival.models import Arrival, Outlook, Walk
from backshop.kits.deliveries.models import Stage
from backshop.kits.deliveries.rules import step

WALKS = 400
"""How many orders are learnt from, the latest that moved."""
HALVES_IN = 60
"""So many later orders halve what an order counts."""
FEWEST = 3
"""Below this nothing is said."""
AIM = 0.82
"""The share of past orders that a range holds, so that four of five of the coming ones are in it:
they come from a time that has moved on."""
LATE = 0.9
"""An order is late that waits longer than this share of them."""
POINTS = 40
SHARES = [(at + 0.5) / POINTS for at in range(POINTS)]
"""Of the values that stand for a distribution, all as likely."""
LINDY = (0.03, 0.1, 0.2, 0.35, 0.6)
"""What is left, as a share of the wait so far, for one who has waited longer than anybody did."""


class Seen(NamedTuple):
    """A duration in seconds, and how much it counts."""

    seconds: float
    weight: float


Stages = list[list[Seen]]
"""By stage from ORDER_CONFIRMED to DISPATCHED: how long orders were at it."""


def learn(walks: Sequence[Walk]) -> Stages:
    """The durations of each stage; `walks` are the latest, the newest first."""
    found: Stages = [[] for _ in range(step(Stage.DELIVERED))]
    for age, walk in enumerate(walks):
        entered = _entered(walk)
        weight = 0.5 ** (age / HALVES_IN)
        for at in range(len(found)):
            start, end = entered[at], entered[at + 1]
            if start is not None and end is not None:
                found[at].append(Seen(max(0.0, (end - start).total_seconds()), weight))
    return found


def outlook(stages: Stages, stage: Stage, since: datetime, now: datetime, zone: str) -> Outlook:
    """What to expect of an order that is at `stage` since then."""
    waited = max(0.0, (now - since).total_seconds())
    if stage == Stage.DELIVERED:
        return Outlook(arrival=None, usual_by=None, is_late=False)
    ahead = stages[step(stage) :]
    usual = _usual(ahead[0])
    return Outlook(
        arrival=_arrival(ahead, waited, now, ZoneInfo(zone)),
        usual_by=None if usual is None else (since + usual).astimezone(ZoneInfo(zone)).date(),
        is_late=usual is not None and now > since + usual,
    )


def usual_waits(stages: Stages) -> dict[Stage, timedelta]:
    """How long orders usually are at each stage, where there is enough to learn from."""
    waits = {stage: _usual(seen) for stage, seen in zip(Stage, stages, strict=False)}
    return {stage: wait for stage, wait in waits.items() if wait is not None}


def _usual(seen: Sequence[Seen]) -> timedelta | None:
    """By when an order has usually left a stage."""
    if len(seen) < FEWEST:
        return None
    return timedelta(seconds=_quantile(sorted(seen), LATE) * _widening(seen))


def _arrival(
    ahead: Sequence[Sequence[Seen]], waited: float, now: datetime, zone: ZoneInfo
) -> Arrival | None:
    if any(len(each) < FEWEST for each in ahead):
        return None
    left = _left(ahead[0], waited)
    for each in ahead[1:]:
        left = _sum(left, _thin(sorted(each)))
    left.sort()
    widening = max(_widening(each) for each in ahead)
    middle = _at(left, 0.5)
    low = middle - (middle - _at(left, (1 - AIM) / 2)) * widening
    high = middle + (_at(left, (1 + AIM) / 2) - middle) * widening
    first = _nearest_midnight(now + timedelta(seconds=max(0.0, low)), zone)
    last = _nearest_midnight(now + timedelta(seconds=high), zone) - timedelta(days=1)
    first = max(first, now.astimezone(zone).date())
    return Arrival(first=first, last=max(first, last))


def _left(seen: Sequence[Seen], waited: float) -> list[float]:
    """How long those were at the stage still, who had waited as long."""
    longer = sorted(
        Seen(each.seconds - waited, each.weight) for each in seen if each.seconds > waited
    )
    if len(longer) < FEWEST:
        return [waited * share for share in LINDY]
    return _thin(longer)


def _widening(seen: Sequence[Seen]) -> float:
    """How much wider a range must be than that of what was seen, because little was: Student's
    range of the next value beside the normal one, for as many as the weights amount to."""
    number = sum(each.weight for each in seen) ** 2 / sum(each.weight**2 for each in seen)
    z, free = 1.2816, max(1.0, number - 1)
    student = z + (z**3 + z) / (4 * free) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * free**2)
    return student * sqrt(1 + 1 / number) / z


def _thin(ordered: Sequence[Seen]) -> list[float]:
    """A distribution as POINTS equally likely values."""
    ends = list(accumulate(each.weight for each in ordered))
    middles = [end - each.weight / 2 for end, each in zip(ends, ordered, strict=True)]
    return [_between(ordered, middles, share * ends[-1]) for share in SHARES]


def _quantile(ordered: Sequence[Seen], share: float) -> float:
    """A weighted quantile."""
    ends = list(accumulate(each.weight for each in ordered))
    middles = [end - each.weight / 2 for end, each in zip(ends, ordered, strict=True)]
    return _between(ordered, middles, share * ends[-1])


def _between(ordered: Sequence[Seen], middles: Sequence[float], target: float) -> float:
    """The value at so much weight, drawn straight between the middles of neighbours."""
    right = bisect_left(middles, target)
    if right == 0 or right == len(ordered):
        return ordered[min(right, len(ordered) - 1)].seconds
    before, after = ordered[right - 1].seconds, ordered[right].seconds
    part = (target - middles[right - 1]) / (middles[right] - middles[right - 1])
    return before + (after - before) * part


def _sum(one: Sequence[float], other: Sequence[float]) -> list[float]:
    sums = sorted(a + b for a in one for b in other)
    return [_at(sums, share) for share in SHARES]


def _at(ordered: Sequence[float], share: float) -> float:
    """A quantile of equally likely values."""
    place = min(max(share * len(ordered) - 0.5, 0.0), len(ordered) - 1.0)
    before = int(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (ordered[after] - ordered[before]) * (place - before)


def _nearest_midnight(moment: datetime, zone: ZoneInfo) -> date:
    """The day that begins at the nearest midnight: rounding both ends keeps the share that a range
    of whole days holds."""
    local = moment.astimezone(zone)
    return local.date() + timedelta(days=1 if local.time() >= time(12) else 0)


def _entered(walk: Walk) -> list[datetime | None]:
    """When the order last came to each stage or past it; None for what nobody saw, such as the
    stages of an order that came to us half way."""
    times: list[datetime | None] = [None] * len(Stage)
    times[0] = walk.placed_at
    before = 0
    for number, (stage, at) in enumerate(walk.changes):
        now = step(stage)
        for passed in range(before + 1, now + 1):
            times[passed] = at if number else None
        for lost in range(now + 1, len(times)):
            times[lost] = None
        before = now
    if walk.changes and step(walk.changes[0][0]) > 0:
        times[0] = None
    return times


def newest_first(walks: Iterable[Walk]) -> list[Walk]:
    """The latest that moved, as `learn` takes them."""
    moved = [each for each in walks if each.changes]
    return sorted(moved, key=lambda each: each.changes[-1][1], reverse=True)[:WALKS]
