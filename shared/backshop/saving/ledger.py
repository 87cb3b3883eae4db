"""The ledger `backshop.record_versions`: the greatest version of each record that was seen.

What is claimed here is newer than all that came before, whichever way and in whatever order it
came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from backshop import db
from backshop.commerce import Kind, Store
from backshop.db import Asked, Tx
from backshop.saving import rows
from backshop.saving.prepare import Entry, Key

_BY_KEY = """set_config('enable_seqscan', 'off', true),
  set_config('max_parallel_workers_per_gather', '0', true)"""


def lock(tx: Tx, store: Store, *, wait: bool = True) -> None:
    """Keep others from saving for the store until the transaction ends; where somebody does, wait
    for them, or raise `db.LockNotAvailable`.

    Everything is found by key from here on, and by one process. Reading a whole table looks cheap
    while it is small, and the checks of foreign keys would keep such a plan while it grows. Raises
    RuntimeError in a transaction that sees more than this store: row-level security is what keeps
    stores apart here.
    """
    ask_lock(tx, store, wait=wait)()


def share_lock(tx: Tx, store: Store) -> bool:
    """`lock`, but together with others who share it: they see to it that they save for different
    customers. False where nobody has ever locked, and it is not locked now. Who shares it gets it
    before those who wait to have it alone."""
    held = tx.execute(
        f"""SELECT {_BY_KEY},
             backshop.visible_store_ids() = ARRAY[%(store)s::uuid]
               AND current_user <> 'backshop_owner' AS is_alone
           FROM (SELECT FROM backshop.locks
                 WHERE store_id = %(store)s AND name = 'saving' FOR SHARE) AS held""",
        {"store": store.id},
    ).fetchone()
    if held:
        _see_that_it_is_alone(held)
    return held is not None


def ask_lock(tx: Tx, store: Store, *, wait: bool = True) -> Asked[None]:
    """`lock`, asked for: what is read after it was asked is what the lock keeps."""
    locked = tx.execute(
        f"""SELECT {_BY_KEY}, backshop.lock('saving', %(wait)s),
             backshop.visible_store_ids() = ARRAY[%(store)s::uuid]
               AND current_user <> 'backshop_owner' AS is_alone""",
        {"store": store.id, "wait": wait},
    )
    return lambda: _see_that_it_is_alone(locked.fetchone())


def _see_that_it_is_alone(row: dict[str, Any] | None) -> None:
    if not row or not row["is_alone"]:
        raise RuntimeError("save in a transaction that sees this store alone")


def dated(tx: Tx, store: Store, entries: Sequence[Entry]) -> Sequence[Entry]:
    """The entries with deletions as new as the newest state that was known when they were received,
    in the ledger or among the entries, or as the platform says that they happened.

    Nothing of a shop's clock is compared with ours so: what is put back within a minute comes back
    and stays, though its deletion is told once more, whichever of the clocks goes first.
    """
    gone = [each for each in entries if each.is_deletion]
    if not gone:
        return entries
    known: dict[Key, list[tuple[datetime, datetime]]] = defaultdict(list)
    for kind in {each.key[0] for each in gone}:
        ids = [each.key[1] for each in gone if each.key[0] == kind]
        for id, held in versions_of(tx, store, kind, ids).items():
            known[kind, id].append(held.at)
    for each in entries:
        if not each.is_deletion:
            known[each.key].append(each.version[1:])
    return [_dated(each, known[each.key]) if each.is_deletion else each for each in entries]


def _dated(entry: Entry, known: Sequence[tuple[datetime, datetime]]) -> Entry:
    happened_at, received_at = entry.version[1:]
    before = [changed_at for changed_at, observed_at in known if observed_at <= received_at]
    is_dated = happened_at < received_at
    if is_dated or not known:
        changed_at = max([*before, happened_at])
    else:
        # Where it was seen only since, the deletion is no newer than what was seen.
        changed_at = max(before) if before else min(changed_at for changed_at, _ in known)
    version = entry.version._replace(changed_at=changed_at)
    kind, id = entry.key
    line = rows.version_line(kind, id, version, entry.digest, True)
    return msgspec.structs.replace(entry, version=version, version_line=line)


Claimed = dict[Key, bool]
"""Records whose version moved on; True where they also say something else than before."""


def claim(tx: Tx, store: Store, entries: Sequence[Entry], force: bool) -> Claimed:
    """Move the ledger on to these versions, where they are greater.

    A newer state that says the same moves it too: an older one with other content that comes late
    must lose against it. What was observed before a deletion was heard of does not undo it, however
    late it comes: had it come in time, the deletion would have been the newer one.
    """
    return ask_claim(tx, store, entries, force)()


def ask_claim(tx: Tx, store: Store, entries: Sequence[Entry], force: bool) -> Asked[Claimed]:
    """`claim`, asked for."""
    lines = [each.version_line for each in entries]
    versions = db.stage_lines(tx, "versions", rows.RELATIONS["versions"], lines)
    newer = "<=" if force else "<"
    moved = tx.execute(
        f"""WITH moved AS (
              INSERT INTO backshop.record_versions AS known
                (store_id, kind, external_id, rank, changed_at, observed_at, deleted, digest)
              SELECT %(store)s, kind, id, rank, changed_at, observed_at, deleted,
                coalesce(decode(digest, 'hex'), '')
              FROM {versions.source} ORDER BY kind, id
              ON CONFLICT (store_id, kind, external_id) DO UPDATE SET
                rank = excluded.rank, changed_at = excluded.changed_at,
                observed_at = excluded.observed_at, deleted = excluded.deleted,
                digest = excluded.digest
              WHERE (known.rank, known.changed_at, known.observed_at, known.digest)
                {newer} (excluded.rank, excluded.changed_at, excluded.observed_at, excluded.digest)
                AND (excluded.deleted OR NOT known.deleted
                  OR excluded.observed_at >= known.observed_at)
              RETURNING new.kind, new.external_id AS id,
                %(force)s OR (old.digest, old.deleted) IS DISTINCT FROM (new.digest, new.deleted)
                  AS changed
            )
            SELECT kind, changed, array_agg(id) AS ids FROM moved GROUP BY kind, changed""",
        {"store": store.id, "force": force} | versions.params,
    )
    return lambda: _claimed(moved)


def _claimed(moved: Iterable[dict[str, Any]]) -> Claimed:
    claimed: Claimed = {}
    for row in moved:
        kind, changed = Kind(row["kind"]), row["changed"]
        claimed |= {(kind, id): changed for id in row["ids"]}
    return claimed


class LedgerVersion(NamedTuple):
    """What the ledger knows of a record: when its state was made and observed, and if it is
    gone."""

    at: tuple[datetime, datetime]
    deleted: bool


def versions_of(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> dict[str, LedgerVersion]:
    """The versions of those of these records that the ledger knows."""
    rows = tx.execute(
        """SELECT external_id, changed_at, observed_at, deleted FROM backshop.record_versions
           WHERE store_id = %s AND kind = %s AND external_id = ANY (%s)""",
        (store.id, kind.value, list(ids)),
    )
    return {
        row["external_id"]: LedgerVersion((row["changed_at"], row["observed_at"]), row["deleted"])
        for row in rows
    }


def forget_contents(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> None:
    """Take what these records say as unknown: the next state of them is a change."""
    tx.execute(
        """UPDATE backshop.record_versions SET digest = ''
           WHERE store_id = %s AND kind = %s AND external_id = ANY (%s) AND NOT deleted""",
        (store.id, kind.value, list(ids)),
    )


def forget_older(
    tx: Tx, store: Store, kind: Kind, gone: Sequence[tuple[str, datetime, datetime]]
) -> list[str]:
    """Drop records that are older than (`changed_at`, `observed_at`); the ids of those dropped."""
    ids, changed, observed = zip(*gone, strict=True)
    dropped = tx.execute(
        """DELETE FROM backshop.record_versions AS known
           USING unnest(%s::text[], %s::timestamptz[], %s::timestamptz[])
             AS gone (id, changed_at, observed_at)
           WHERE known.store_id = %s AND known.kind = %s AND known.external_id = gone.id
             AND (known.changed_at, known.observed_at) < (gone.changed_at, gone.observed_at)
           RETURNING known.external_id AS id""",
        (list(ids), list(changed), list(observed), store.id, kind.value),
    )
    return [row["id"] for row in dropped]
