"""Quotes under many hands at once: numbers without a gap, and one outcome of a race."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from backshop import db
from backshop.errors import Conflict
from backshop.projects import repository as rows
from backshop.projects.quotes import quoting
from backshop.projects.quotes import repository as quotes
from backshop.projects.quotes.models import Charge, NewQuote
from backshop.projects.repository import CUSTOMERS, PROJECTS, add

CREATIONS = 200
RACES = 500
ASKED = NewQuote(charges=[Charge(description="Installation", price_per_unit=Decimal(100))])


def new_projects(store: UUID, number: int) -> list[UUID]:
    with db.transaction(store_id=store) as tx:
        who = {"first_name": "Jo", "customer_type": "diy_homeowner"}
        customer = add(tx, CUSTOMERS, who)["customer_id"]
        columns = {"customer_id": customer, "installation_method": "diy"}
        return [add(tx, PROJECTS, columns)["project_id"] for _ in range(number)]


def create(store: UUID, project: UUID) -> dict:
    with db.transaction(store_id=store) as tx:
        return quoting.create(tx, quoting.Caller(store, "associate"), project, ASKED)


def at_once(workers: int, tasks: list) -> list:
    """Run them in so many threads, each with a connection of its own; what each returned."""

    def run(task):
        return task()

    with ThreadPoolExecutor(workers) as pool:
        done = list(pool.map(run, tasks))
        barrier = threading.Barrier(workers)

        def close(_):
            barrier.wait(20)
            db.close()

        list(pool.map(close, range(workers)))
    return done


def test_two_hundred_quotes_at_once_have_numbers_without_gap_or_twin(aws, store):
    projects = new_projects(store, 20)
    tasks = [lambda at=at: create(store, projects[at % 20]) for at in range(CREATIONS)]
    made = at_once(16, tasks)
    numbers = sorted(each["quote_number"] for each in made)
    assert numbers == [f"Q-{place:06}" for place in range(1, CREATIONS + 1)]
    for project in projects:
        revisions = sorted(each["revision"] for each in made if each["project_id"] == project)
        assert revisions == list(range(1, CREATIONS // 20 + 1))


def test_creations_that_fail_midway_leave_no_gap(aws, store):
    [project] = new_projects(store, 1)

    def fail():
        with suppress(LookupError), db.transaction(store_id=store) as tx:
            quoting.create(tx, quoting.Caller(store, "associate"), project, ASKED)
            raise LookupError("after the number was taken")

    tasks = [fail if at % 3 else (lambda: create(store, project)) for at in range(30)]
    at_once(8, tasks)
    with db.transaction(store_id=store) as tx:
        numbers = [each["quote_number"] for each in quotes.of_project(tx, project)]
    assert sorted(numbers) == [f"Q-{place:06}" for place in range(1, 11)]


def sent(store: UUID, project: UUID, at: datetime, **asked) -> dict:
    with db.transaction(store_id=store) as tx:
        wanted = ASKED.model_copy(update=asked)
        draft = quoting.create(tx, quoting.Caller(store, "associate"), project, wanted)
        locked, draft = quoting.locked(tx, project, draft["quote_id"])
        return quoting.send(tx, locked, draft, at, lambda _: ("s3://x/y", "hash"))


def accept(store: UUID, quote: dict, at: datetime) -> str | None:
    """Why it was refused; None where it was accepted."""
    try:
        with db.transaction(store_id=store) as tx:
            project, locked = quoting.locked(tx, quote["project_id"], quote["quote_id"])
            quoting.accept(tx, project, locked, quoting.By("Jo Miller", None, None), at)
    except Conflict as refused:
        return refused.slug
    return None


def expire(store: UUID, _quote: dict, at: datetime) -> int:
    """The sweep of a store that has one quote out."""
    with db.transaction(store_id=store) as tx:
        return quotes.expire(tx, at)


def test_accepting_and_expiring_at_once_have_one_outcome(aws, store):
    """The sweep comes at a moment when the quote is over, the customer at one when it is not."""
    now = datetime.now(UTC)
    over = now + timedelta(days=60)
    outcomes = []
    start, end = threading.Barrier(2), threading.Barrier(2)

    def side(act, quote, at):
        start.wait(20)
        done = act(store, quote, at)
        end.wait(20)
        return done

    def close(_):
        start.wait(20)
        db.close()

    with ThreadPoolExecutor(2) as pool:
        for project in new_projects(store, RACES):
            quote = sent(store, project, now)
            accepting = pool.submit(side, accept, quote, now)
            expiring = pool.submit(side, expire, quote, over)
            refused, expired = accepting.result(), expiring.result()
            with db.transaction(store_id=store) as tx:
                status = rows.one(tx, quotes.QUOTES, quote["quote_id"])["quote_status"]
                kept = quotes.acceptance(tx, project, quote["quote_id"]) is not None
            outcomes.append((refused, expired, status, kept))
        list(pool.map(close, range(2)))
    possible = {(None, 0, "accepted", True), ("quote-expired", 1, "expired", False)}
    assert set(outcomes) <= possible
    accepted = sum(kept for *_, kept in outcomes)
    print(f"{accepted} accepted, {RACES - accepted} expired")
    assert 0 < accepted < RACES  # it was a race


def test_two_alternatives_accepted_at_once_are_one_order(aws, store):
    [project] = new_projects(store, 1)
    now = datetime.now(UTC)
    offers = [sent(store, project, now, alternative=each) for each in ("good", "better", "best")]
    tasks = [lambda offer=offer: accept(store, offer, now) for offer in offers]
    assert sorted(map(str, at_once(3, tasks))) == ["None", "quote-rejected", "quote-rejected"]
