"""Working off a job: read in steps, save in batches, and leave off where another can go on.

No position is committed before all that is read up to it, so that an invocation that dies at any
moment loses and doubles nothing: the next one reads the last batch again, and what it reads twice
changes nothing the second time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from backshop import db, logs, platforms
from backshop.aws import config
from backshop.commerce import Deletion, Kind, Record, Store
from backshop.plain_orders import PlainOrder
from backshop.platforms.api import Deadline
from backshop.platforms.errors import PermanentRefusal, TransientOutage, Unanswered
from backshop.platforms.parsing import RecordPage
from backshop.platforms.ports import Credentials, Reader, Shop
from backshop.platforms.reading import ReadContext, ReadScope, Step
from backshop.saving import erasures, projections
from backshop.saving.prepare import Entry, prepare, seldom_collecting, takes_plain_orders
from backshop.stores import breaker, credentials
from backshop.stores import repository as stores
from backshop.sync import repository, rules
from backshop.sync.child_process import in_child_process
from backshop.sync.models import SHOP, Job, JobKey, Progress, Reject
from backshop.sync.rules import RunType
from backshop.sync.savers import Savers

BATCH = 3000
"""Records a transaction: fewer cost more a record, more cost memory and time to repeat."""
FIRST_BATCH = 500
"""Records of the first one of a complete reading, so that saving begins soon."""
MARGIN = 0.15
LONGEST_MARGIN = 60.0
"""The share of an invocation, and the seconds at most, that are kept for ending it: the batch under
way, handing on."""


class Outcome(NamedTuple):
    """What became of a job: `announce` says that it waits for another invocation."""

    status: str
    announce: bool = False

    @property
    def freed_place(self) -> bool:
        """Whether the store's next job may find a place now."""
        return self.status not in ("taken", "waits")


@dataclass
class Clock:
    """The time, and how much of the invocation is left."""

    left: Callable[[], float]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)


def clock(remaining_ms: Callable[[], int]) -> Clock:
    """The clock of an invocation whose context tells the milliseconds that remain."""
    granted = remaining_ms() / 1000
    margin = min(MARGIN * granted, LONGEST_MARGIN)
    return Clock(lambda: remaining_ms() / 1000 - margin)


def work(key: JobKey, clock: Clock) -> Outcome:
    """Work a job off, or as far as the time reaches. Does nothing where the job is done, where
    another invocation is at it, or as many as may be are at other jobs of the store: when one of
    those ends, `waiting` names the job. Raises whatever nobody foresaw, after noting it on the
    job."""
    choices = [[f"sync {key.resource}"], _places(key.store_id)]
    with seldom_collecting(), db.try_locks(key.store_id, choices) as kept:
        if kept < len(choices):
            return Outcome("waits" if kept else "taken")
        with db.transaction(store_id=key.store_id) as tx:
            job = repository.claim(tx, key, clock.now())
        if job is None:
            return Outcome("done")
        try:
            return _work(job, clock)
        except repository.TakenOver:
            return Outcome("taken")
        except PermanentRefusal as refused:
            return _fail(job, str(refused), clock, is_final=True)
        except TransientOutage as later:
            return _fail(job, str(later), clock, after=later.after)
        except db.Unreachable:
            raise
        except Exception as error:
            _fail(job, f"an unexpected error ({type(error).__name__}); see the log", clock)
            raise


def _places(store_id: UUID) -> list[str]:
    return [f"sync place {number}" for number in range(_jobs_at_once(store_id))]


def _jobs_at_once(store_id: UUID) -> int:
    with db.transaction(store_id=store_id) as tx:
        store = stores.load(tx)
    return platforms.load(store.platform).jobs_at_once if store else 1


def waiting(store_id: UUID) -> list[JobKey]:
    """The store's jobs that have waited the longest for an invocation, as many as may be worked at
    once."""
    at_once = _jobs_at_once(store_id)
    with db.transaction(store_id=store_id) as tx:
        return repository.waiting(tx, at_once)


def _fail(
    job: Job, error: str, clock: Clock, *, after: float | None = None, is_final: bool = False
) -> Outcome:
    retry_at = None if is_final else rules.retry_at(job.retry_count, clock.now(), after)
    with db.transaction(store_id=job.key.store_id) as tx:
        repository.fail(tx, job, error, retry_at, clock.now())
    logs.warning(
        "sync job failed",
        store_id=str(job.key.store_id),
        resource=job.key.resource,
        error=error,
        retry_at=retry_at and retry_at.isoformat(),
    )
    return Outcome("failed")


def _work(job: Job, clock: Clock) -> Outcome:
    with db.transaction(store_id=job.key.store_id) as tx:
        store = stores.load(tx)
        sealed = repository.credentials(tx)
        breaker.check(tx, clock.now())
    if store is None or sealed is None:
        raise PermanentRefusal("the shop is no longer connected; give its credentials anew (PATCH)")
    opening = platforms.load(store.platform).open
    connect = partial(opening, _unseal(sealed, store), Deadline(clock.left))
    with breaker.watched(store.id), closing(connect()) as shop:
        if job.key.resource == SHOP:
            return _look_after_shop(job, store, shop, sealed, clock)
        if store.currency is None:
            store = _learn(store, shop)
        reading = _Reading(job, store, shop, connect, clock)
        with closing(reading.savers):
            return reading.run()


def _unseal(sealed: dict[str, Any], store: Store) -> Credentials:
    return Credentials(
        url=sealed["store_url"],
        api_key=credentials.unseal(sealed["api_key"], store.id, "api_key"),
        secret=credentials.unseal(sealed["secret"], store.id, "secret"),
        settings=store.settings,
    )


# ------------------------------------------------------------------------- the shop's own things


def _learn(store: Store, shop: Shop) -> Store:
    """The store with what the shop says of itself, before the first page is read: amounts without
    a currency would be saved without one."""
    facts = shop.facts()
    with db.transaction(store_id=store.id) as tx:
        repository.learn(tx, facts.currency, facts.time_zone, facts.version)
        return stores.load(tx) or store


def _look_after_shop(
    job: Job, store: Store, shop: Shop, sealed: dict[str, Any], clock: Clock
) -> Outcome:
    """Learn what the shop says of itself, and have it send its webhooks here."""
    facts = shop.facts()
    with db.transaction(store_id=store.id) as tx:
        repository.learn(
            tx, facts.currency, facts.time_zone, facts.version, facts.settings, facts.domain
        )
    secret = credentials.unseal(sealed["webhook_secret"], store.id, "webhook_secret")
    address = f"{config.value('PUBLIC_URL').rstrip('/')}/webhooks/{store.id}"
    known = sha256(f"{address} {secret}".encode()).hexdigest()
    try:
        done = shop.subscribe(address, secret, job.cursor.get("secret") != known)
    except PermanentRefusal:
        with db.transaction(store_id=store.id) as tx:
            made = Progress(notes=list(facts.problems))
            repository.advance(tx, job, {}, made, clock.now())
        raise
    with db.transaction(store_id=store.id) as tx:
        notes = [*facts.problems, *done]
        repository.advance(tx, job, {}, Progress(notes=notes), clock.now())
        repository.complete(tx, job, {"secret": known}, clock.now())
    return Outcome("completed")


# ------------------------------------------------------------------------- reading a resource


class _Reading:
    """One job in one invocation."""

    def __init__(
        self, job: Job, store: Store, shop: Shop, connect: Callable[[], Shop], clock: Clock
    ) -> None:
        self.job = job
        self.store = store
        self.connect = connect
        self.clock = clock
        with db.transaction(store_id=store.id) as tx:
            self.erasures = erasures.load_all(tx, store)
        self.savers = Savers(store, self.erasures, are_new="complete_at" not in job.cursor)
        self.reader = self._open(shop)
        self.began_at = job.position.get("at")

    def _open(self, shop: Shop) -> Reader:
        is_plain = takes_plain_orders(self.store, self.erasures)
        context = ReadContext(self.clock.now, self._prepare, is_plain)
        return shop.reader(self.store, self.job.key.resource, context)

    def run(self) -> Outcome:
        if not self.job.position:
            self._begin()
        try:
            is_done = self._read() and self._check_missing()
        except projections.Outdated:
            is_done = False
        if not is_done:
            return self._hand_on()
        self._complete()
        return Outcome("completed")

    def _begin(self) -> None:
        """Take the mark before the first page: what changes from here on, the next pass reads."""
        started_at = self.clock.now()
        mark = rules.new_mark(self._newest(), started_at)
        whole = (RunType.FULL, RunType.RECONCILE)
        is_complete = self.job.type in whole or "complete_at" not in self.job.cursor
        position: dict[str, Any] = {
            "part": "reading",
            "started_at": started_at.isoformat(),
            "mark": mark and mark.isoformat(),
            "complete": is_complete,
            "at": {},
        }
        self._advance(position, Progress())

    def _newest(self) -> datetime | None:
        """None where the newest record is one that the shop cannot show: the mark stays then."""
        try:
            return self.reader.mark()
        except Unanswered:
            return None

    # -- reading and saving

    def _read(self) -> bool:
        """Read on to the end, or until the time is up; False in that case."""
        if self.job.position["part"] != "reading":
            return True
        scope = self._scope()
        lifts = self._has_tombstones()
        with closing(self._steps(scope)) as steps:
            first = min(FIRST_BATCH, BATCH) if scope.complete else BATCH
            for batch in _batches(steps, self.clock, first):
                self._save(batch, lifts)
                if self.clock.left() <= 0:
                    return False
        # A store that was never read has nothing to miss: what is there came by webhook meanwhile.
        part = "missing" if scope.complete and "complete_at" in self.job.cursor else "done"
        self._advance(self.job.position | {"part": part, "after": None}, Progress())
        return True

    def _steps(self, scope: ReadScope) -> Generator[Step]:
        """The pages: many are read in a process of their own."""
        at = self.job.position["at"]
        if scope.complete:
            yield from in_child_process(lambda: self._open(self.connect()).steps(scope, at))
        else:
            yield from self.reader.steps(scope, at)

    def _scope(self) -> ReadScope:
        mark = self.job.cursor.get("mark")
        return ReadScope(
            complete=self.job.position["complete"],
            since=datetime.fromisoformat(mark) if mark else None,
            before=self.job.cursor.get("before", {}),
        )

    def _has_tombstones(self) -> bool:
        with db.transaction(store_id=self.store.id) as tx:
            return repository.has_tombstones(tx, {kind.value for kind in self.reader.kinds})

    def _save(self, batch: Sequence[Step], lifts: bool) -> None:
        entries = [each for step in batch for each in step.page.prepared.entries]
        made = Progress(
            records=sum(step.new for step in batch),
            rejects=_rejects([step.page for step in batch]),
            notes=_notes(batch),
        )
        position = self.job.position | {"at": batch[-1].position}
        self._commit_what_can_be(entries, lifts, made, position)

    def _prepare(self, page: RecordPage) -> RecordPage:
        """The page with entries in place of what it says, which needs several times their
        memory."""
        records = [each for each in page.events if isinstance(each, Record | PlainOrder)]
        prepared = prepare(records, self.store, self.erasures)
        return page._replace(events=[], prepared=prepared)

    def _commit_what_can_be(
        self, entries: Sequence[Entry], lifts: bool, made: Progress, position: dict[str, Any]
    ) -> None:
        """Save the entries, and set aside those that Postgres will not take."""
        try:
            self._commit(entries, lifts, made, position)
        except repository.Unsaveable:
            good, bad = self._sort_out(entries)
            self._commit(good, lifts, _with(made, bad), position)

    def _commit(
        self, entries: Sequence[Entry], lifts: bool, made: Progress, position: dict[str, Any]
    ) -> None:
        def begin(tx: db.Tx) -> None:
            repository.commit_soon(tx)
            if lifts:
                repository.lift_tombstones(tx, _sightings(entries))

        def finish(tx: db.Tx, saved: projections.Saved) -> None:
            changed = sum(counts.changed for counts in saved.values())
            done = made.model_copy(update={"changed": changed})
            repository.advance(tx, self.job, position, done, self.clock.now())

        self.savers.save(entries, begin, finish, may_be_two=not lifts)

    def _sort_out(self, entries: Sequence[Entry]) -> tuple[list[Entry], list[Reject]]:
        """Find the records that Postgres will not take, by halves; nothing stays saved."""
        if self._can_save(entries):
            return list(entries), []
        if len(entries) == 1:
            problem = "the database does not take a value of it"
            return [], [Reject(id=entries[0].key[1], problem=problem)]
        half = len(entries) // 2
        first, bad_first = self._sort_out(entries[:half])
        second, bad_second = self._sort_out(entries[half:])
        return first + second, bad_first + bad_second

    def _can_save(self, entries: Sequence[Entry]) -> bool:
        try:
            with db.transaction(store_id=self.store.id) as tx:
                projections.save_prepared(tx, self.store, entries, self.erasures)
                raise _Undo
        except _Undo:
            return True
        except repository.Unsaveable:
            return False

    # -- what a complete reading did not meet

    def _check_missing(self) -> bool:
        """Ask again for what a complete reading did not meet, and delete what is gone; False where
        the time is up. What the platform still has is saved instead."""
        if self.job.position["part"] != "missing":
            return True
        kinds = {kind.value for kind in self.reader.whole()}
        started_at = datetime.fromisoformat(self.job.position["started_at"])
        while self.clock.left() > 0:
            with db.transaction(store_id=self.store.id) as tx:
                unseen = repository.unseen(tx, kinds, started_at, self.job.position["after"], 100)
            if not unseen:
                self._advance(self.job.position | {"part": "done"}, Progress())
                return True
            self._delete_gone(unseen)
        return False

    def _delete_gone(self, unseen: Sequence[tuple[str, str]]) -> None:
        """What is still there but cannot be read is kept as it is."""
        requested_at = self.clock.now()
        pages = [
            (kind, page)
            for kind in sorted({kind for kind, _ in unseen})
            for page in self.reader.find(Kind(kind), [id for each, id in unseen if each == kind])
        ]
        current = [each for _, page in pages for each in page.prepared.entries]
        met = {each.key for each in current} | _still_there(pages)
        gone = [
            Deletion(id=id, kind=Kind(kind), changed_at=requested_at, observed_at=requested_at)
            for kind, id in unseen
            if (kind, id) not in met
        ]
        position = self.job.position | {"after": list(unseen[-1])}
        made = Progress(deleted=len(gone), rejects=_rejects([page for _, page in pages]))
        deletions = prepare(gone, self.store, self.erasures).entries
        self._commit_what_can_be([*current, *deletions], False, made, position)

    # -- the job itself

    def _advance(self, position: dict[str, Any], made: Progress) -> None:
        with db.transaction(store_id=self.store.id) as tx:
            repository.advance(tx, self.job, position, made, self.clock.now())

    def _hand_on(self) -> Outcome:
        """Give the job to a fresh invocation; one that came no further than it began would go on
        for ever."""
        if self.job.position.get("at") == self.began_at and self.job.position["part"] == "reading":
            return _fail(self.job, "an invocation ended without getting further", self.clock)
        with db.transaction(store_id=self.store.id) as tx:
            repository.hand_on(tx, self.job, self.clock.now())
        return Outcome("handed on", announce=True)

    def _complete(self) -> None:
        position, cursor = self.job.position, self.job.cursor
        before = self.reader.remember(self._scope(), position["at"])
        moved = {
            "mark": position["mark"] or cursor.get("mark"),
            "before": dict(before),
            "complete_at": position["started_at"]
            if position["complete"]
            else cursor["complete_at"],
        }
        with db.transaction(store_id=self.store.id) as tx:
            repository.complete(tx, self.job, moved, self.clock.now())


class _Undo(Exception):
    """Rolls a trial back."""


def _batches(steps: Iterator[Step], clock: Clock, enough: int) -> Iterator[list[Step]]:
    """Steps in a batch of about `enough` records, and then of `BATCH`; a shorter one when the time
    is up, at the end, and before a failure: what was read until then counts."""
    batch: list[Step] = []
    size = 0
    try:
        for step in steps:
            batch.append(step)
            size += len(step.page.ids)
            if size >= enough or clock.left() <= 0:
                yield batch
                batch, size, enough = [], 0, BATCH
    except (TransientOutage, PermanentRefusal):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def _still_there(pages: Sequence[tuple[str, RecordPage]]) -> set[tuple[str, str]]:
    """(kind, id) of all that the shop answered with, readable or not."""
    return {
        (kind, id)
        for kind, page in pages
        for id in (*page.ids, *(each.id for each in page.rejected))
    }


def _rejects(pages: Sequence[RecordPage]) -> list[Reject]:
    unread = [Reject(id=each.id, problem=each.problem) for page in pages for each in page.rejected]
    refused = [each for page in pages for each in page.prepared.unstorable]
    return unread + [Reject(id=each.id, problem=each.reason) for each in refused]


def _sightings(entries: Sequence[Entry]) -> list[tuple[str, str, datetime]]:
    return [
        (each.key[0].value, each.key[1], each.version.observed_at)
        for each in entries
        if each.version.rank == 1 and not each.is_deletion
    ]


def _notes(batch: Sequence[Step]) -> list[str]:
    notes = list(dict.fromkeys(note for step in batch for note in step.page.notes))
    if any(step.page.cleaned for step in batch):
        notes.append("characters that cannot be stored were dropped")
    return notes


def _with(made: Progress, rejects: Sequence[Reject]) -> Progress:
    return made.model_copy(update={"rejects": [*made.rejects, *rejects]})
