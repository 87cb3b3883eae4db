"""What every context knows of a person, exported and erased in one transaction.

Erasing leaves the hashes of what the person was known by (`backshop.erasures`), by which
`projections.save` recognises deliveries from before: a late one does not bring them back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from backshop.commerce import Kind, Person, Store, guest_id
from backshop.connect import projection as connect
from backshop.contexts import PersonalData
from backshop.db import Tx
from backshop.insights import projection as insights
from backshop.kits import projection as kits
from backshop.projects import projection as projects
from backshop.saving import ledger
from backshop.saving.erasures import hashes_of
from backshop.shade import projection as shade

OTHER_CONTEXTS: dict[str, PersonalData] = {
    "shade": shade,
    "insights": insights,
    "kits": kits,
    "projects": projects,
}


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Everything about the person: context, table, rows; ready for JSON. Anybody's row with the
    person's customer id, e-mail address or phone is theirs."""
    whole = _with_other_ids(person, connect.customers_of(tx, person))
    exported: dict[str, Any] = {
        "person": person.model_dump(),
        "connect": connect.export(tx, store, person),
    }
    for name, context in OTHER_CONTEXTS.items():
        exported[name] = _merged([context.export(tx, store, each) for each in whole])
    return exported


def erase(tx: Tx, store: Store, person: Person, at: datetime) -> list[str]:
    """Forget the person in every context, and for good what is older than `at`. Orders keep their
    goods and amounts. The stored objects (selfies, overlays, archived projects) that the
    caller is to delete."""
    ledger.lock(tx, store)
    everyone = _with_other_ids(person, connect.customers_of(tx, person))
    _remember(tx, store, everyone, at)
    objects = connect.erase(tx, store, person)
    for context in OTHER_CONTEXTS.values():
        for each in everyone:
            if context is projects:
                objects += projects.archived(tx, each)
            context.erase(tx, store, each)
    return objects


def erase_shop(tx: Tx, store: Store) -> int:
    """Forget the whole store, in every table; how many rows went."""
    ledger.lock(tx, store)
    row = tx.execute("SELECT backshop.erase_store() AS deleted").fetchone()
    return row["deleted"] if row else 0


def _with_other_ids(person: Person, ids: Sequence[str]) -> list[Person]:
    """The person, and once more for each other customer id that they are known by."""
    others = [each for each in ids if each != person.customer_id]
    return [person, *(person.model_copy(update={"customer_id": each}) for each in others)]


def _merged(tables: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The same tables, each row once."""
    merged: dict[str, Any] = {}
    for each in tables:
        for table, rows in each.items():
            rows_so_far = merged.setdefault(table, [])
            rows_so_far += [row for row in rows if row not in rows_so_far]
    return merged


def _remember(tx: Tx, store: Store, people: Sequence[Person], at: datetime) -> None:
    """Keep the hashes, and drop the ledger's rows, which name guests by the hash of an address."""
    hashes = sorted({each for person in people for each in hashes_of(person)})
    tx.execute(
        """INSERT INTO backshop.erasures AS held (store_id, kind, hash, erased_at)
           SELECT %s, kind, hash, %s FROM unnest(%s::text[], %s::text[]) AS known (kind, hash)
           ON CONFLICT (store_id, kind, hash) DO UPDATE
           SET erased_at = greatest(held.erased_at, excluded.erased_at)""",
        (store.id, at, [kind for kind, _ in hashes], [digest for _, digest in hashes]),
    )
    known = {each.customer_id for each in people} | {guest_id(p.email) for p in people if p.email}
    tx.execute(
        """DELETE FROM backshop.record_versions
           WHERE store_id = %s AND kind = %s AND external_id = ANY (%s)""",
        (store.id, Kind.CUSTOMER.value, sorted(each for each in known if each)),
    )
