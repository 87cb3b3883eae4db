"""Planning a question, without the database, against `SELECT 1` through the connection that would
answer it: the questions of the planner's tests, of the shop there and of one with 10,000 products.
The limit is a hundred."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

import psycopg

from bench.insights import database
from bench.timing import interleaved, timed

LIMIT = 100
ROUNDS = 9
PRODUCTS = 10_000


def main() -> None:
    from backshop.insights.planning.models import Asked
    from backshop.insights.planning.rules import plan

    from tests.backshop.insights.planning.shop import KNOWN, SHOPS, TODAY, questions

    samples = [Asked(each.text, TODAY) for each in questions("known.txt")]
    many = replace(KNOWN, products=(*KNOWN.products, *_names(PRODUCTS)))
    with database(is_loaded=False) as url, psycopg.connect(url, autocommit=True) as connection:
        took = timed(partial(plan, samples[0], KNOWN))
        print(f"the first question of an environment, patterns included: {took * 1000:.0f} ms")
        for each in samples:
            plan(each, KNOWN)
        few = SHOPS["tea"]
        for label, known in (
            (f"{len(few.products)} products", few),
            (f"{PRODUCTS:,} products", many),
        ):
            fresh = [replace(known, channels=(f"shop {n}",)) for n in range(ROUNDS)]
            firsts = [partial(plan, samples[0], each) for each in fresh]
            plans = [partial(plan, each, known) for each in samples]
            _measure(label, plans, firsts, connection)


def _measure(
    label: str,
    plans: Sequence[Callable[[], object]],
    firsts: Sequence[Callable[[], object]],
    connection: Any,
) -> None:
    # Of stores that were not asked about before; the patterns are there since the questions before.
    first = median(timed(each) for each in firsts)
    ones = [partial(_select_one, connection)] * len(plans)
    taken = interleaved({"plan": lambda: _each(plans), "one": lambda: _each(ones)}, ROUNDS)
    # Round by round, so that no question comes after itself.
    rounds = [[timed(each) for each in plans] for _ in range(ROUNDS)]
    slowest = max(map(median, zip(*rounds, strict=True)))
    print(
        f"{label}: {len(plans)} questions, {taken['plan'] * 1000:.2f} ms each,"
        f" {taken['plan'] / taken['one']:.1f} x SELECT 1 (limit {LIMIT}),"
        f" the slowest {slowest / taken['one']:.1f} x, the first of a store"
        f" {first / taken['one']:.0f} x",
        flush=True,
    )


def _select_one(connection: Any) -> None:
    connection.execute("SELECT 1").fetchone()


def _names(number: int) -> list[str]:
    kinds = ("Lamp", "Chair", "Table", "Vase", "Rug", "Shelf", "Clock", "Basket", "Mirror", "Bowl")
    tones = (
        "Amber",
        "Birch",
        "Cobalt",
        "Denim",
        "Ebony",
        "Fern",
        "Ginger",
        "Hazel",
        "Ivory",
        "Jade",
    )
    return [
        f"{tones[n % 10]} {kinds[n // 10 % 10]} Model {n // 100 + 1}" for n in range(number)
    ]  # fmt: skip


def _each(calls: Sequence[Callable[[], object]]) -> float:
    """Seconds of one, over all of them."""
    return timed(lambda: [each() for each in calls]) / len(calls)


if __name__ == "__main__":
    main()
