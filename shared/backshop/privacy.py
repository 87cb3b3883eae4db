"""What every context knows of a person, exported and erased in one transaction.

Erasing leaves the hashes of what the person was known by (`backshop.erasures`), by which
`projections.save` recognises deliveries from before: a late one does not bring them back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from backshop import outbox
from backshop.aws import config, objects
from backshop.commerce import Kind, Person, Store, guest_id
from backshop.connect import projection as connect
from backshop.contexts import PersonalData
from backshop.db import Tx
from backshop.insights import projection as insights
from backshop.kits import projection as kits
from backshop.projects import projection as projects
from backshop.received import bodies
from backshop.received import repository as received
from backshop.saving import ledger
from backshop.saving.erasures import Hash, hashes_of
from backshop.shade import projection as shade
from backshop.stores import repository as stores
from backshop.stores import rules

OTHER_CONTEXTS: dict[str, PersonalData] = {
    "shade": shade,
    "insights": insights,
    "kits": kits,
    "projects": projects,
}
SHORTEST_PHONE = 7
"""Digits without country code that are held to be a phone of their own."""


class Stored(NamedTuple):
    """Keys of what is stored of a person: selfies, pictures made of them and photos of ratings in
    the try-on's bucket, archived projects and quotes in the data bucket."""

    pictures: list[str]
    papers: list[str]


def export(tx: Tx, store: Store, person: Person, *spelt: Person) -> dict[str, Any]:
    """Everything about the person: context, table, rows; ready for JSON. Anybody's row with the
    person's customer id, e-mail address or phone is theirs; `spelt` is the person once more with
    other spellings of them."""
    people = (person, *spelt)
    whole = [each for one in people for each in _with_other_ids(one, connect.customers_of(tx, one))]
    exported: dict[str, Any] = {
        "person": person.model_dump(),
        "connect": _merged([connect.export(tx, store, each) for each in people]),
    }
    for name, context in OTHER_CONTEXTS.items():
        exported[name] = _merged([context.export(tx, store, each) for each in whole])
    return exported


def erase(tx: Tx, store: Store, person: Person, at: datetime) -> Stored:
    """Forget the person in every context, and for good what is older than `at`. Orders keep their
    goods and amounts. The stored objects that the caller is to delete."""
    ledger.lock(tx, store)
    everyone = _with_other_ids(person, connect.customers_of(tx, person))
    _remember(tx, store, everyone, at)
    outbox.forget_answers(tx, [f"order:{id}" for id in connect.orders_of(tx, person)])
    pictures = connect.stored(tx, person)
    connect.erase(tx, store, person)
    papers: list[str] = []
    for name, context in OTHER_CONTEXTS.items():
        for each in everyone:
            if name == "projects":
                papers += projects.stored(tx, each)
            if name == "shade":
                pictures += shade.stored(tx, each)
            context.erase(tx, store, each)
    return Stored(pictures, papers)


def keep_export(
    tx: Tx,
    store: Store,
    person: Person,
    request_id: str,
    at: datetime,
    spelt: Sequence[Person] = (),
) -> str:
    """Put everything about a person where staff find it for seven days, GET
    /connectors/{id}/data-requests; the object's key."""
    key = rules.export_key(store.id, request_id)
    content = orjson.dumps(
        export(tx, store, person, *spelt), default=str, option=orjson.OPT_INDENT_2
    )
    objects.put(config.value("DATA_BUCKET"), key, content, "application/json")
    subjects = {each for one in (person, *spelt) for each in _subjects(tx, one)}
    stores.note_export(tx, request_id, key, at, subjects)
    return key


def erase_with_objects(tx: Tx, store: Store, person: Person, at: datetime) -> None:
    """`erase`, and delete the person's pictures, documents, answers to their data requests and the
    bodies of webhooks that name them. Before the commit: what cannot be deleted makes the whole
    erasure come again."""
    subjects = _subjects(tx, person)
    stored = erase(tx, store, person, at)
    answers = [rules.export_key(store.id, each) for each in stores.forget_exports(tx, subjects)]
    papers = [*stored.papers, *answers]
    for bucket, keys in (("TRY_ON_BUCKET", stored.pictures), ("DATA_BUCKET", papers)):
        if keys:
            objects.delete(config.value(bucket), keys)
    bodies.delete(store.id, received.forget_subjects(tx, subjects))


def _subjects(tx: Tx, person: Person) -> set[str]:
    """As rows name whom a stored object is about."""
    return {f"{kind}:{digest}" for kind, digest in known_by(tx, person)}


def spellings(tx: Tx, phone: str) -> list[str]:
    """How the store's records write a phone: with its country's code or without, with spaces or
    without. As it was given where none has it. One that lacks more than a country's code (three
    digits at most) may be somebody else's."""
    digits = re.sub(r"\D", "", phone).lstrip("0")
    if len(digits) < SHORTEST_PHONE:
        return [phone]
    rows = tx.execute(
        """SELECT DISTINCT phone FROM (
             SELECT phone FROM connect.platform_customer WHERE store_id = %(store)s
             UNION ALL SELECT phone FROM connect.platform_order WHERE store_id = %(store)s
             UNION ALL SELECT phone_number FROM kits.customers WHERE store_id = %(store)s
             UNION ALL SELECT phone_number FROM kits.customer_orders_summary
                       WHERE store_id = %(store)s
             UNION ALL SELECT phone_number FROM shade.customers WHERE store_id = %(store)s
             UNION ALL SELECT phone_primary FROM projects.customers WHERE store_id = %(store)s
             UNION ALL SELECT phone_secondary FROM projects.customers WHERE store_id = %(store)s
           ) AS kept
           CROSS JOIN LATERAL (
             SELECT ltrim(regexp_replace(phone, '[^0-9]', '', 'g'), '0') AS digits) AS plain
           WHERE length(plain.digits) >= %(shortest)s
             AND abs(length(plain.digits) - length(%(digits)s)) <= %(country)s
             AND (right(plain.digits, length(%(digits)s)) = %(digits)s
               OR right(%(digits)s, length(plain.digits)) = plain.digits)
           ORDER BY phone""",
        {"store": _current(tx), "digits": digits, "shortest": SHORTEST_PHONE, "country": 3},
    )
    return list(dict.fromkeys([phone, *(row["phone"] for row in rows)]))


def _current(tx: Tx) -> Any:
    row = tx.execute("SELECT backshop.current_store_id() AS id").fetchone()
    return row["id"] if row else None


def known_by(tx: Tx, person: Person) -> list[Hash]:
    """All that the person is recognised by; to be asked before they are erased."""
    everyone = _with_other_ids(person, connect.customers_of(tx, person))
    return _hashes(everyone)


def erase_shop(tx: Tx, store: Store) -> int:
    """Forget the whole store, in every table; how many rows went."""
    ledger.lock(tx, store)
    row = tx.execute("SELECT backshop.erase_store() AS deleted").fetchone()
    return row["deleted"] if row else 0


OF_A_SHOP = (
    *("archive", "catalogue-imports", "exports", "insights-exports", "quotes", "training"),
    "webhooks",
)
PICTURES_OF_A_SHOP = ("selfies", "overlays", "assets", "ratings")
"""Where the two buckets keep what is a shop's, below its id."""


def erase_shop_with_objects(tx: Tx, store: Store) -> int:
    """`erase_shop`, and delete all that is stored of it. Before the commit: what cannot be deleted
    makes the whole erasure come again."""
    rows = erase_shop(tx, store)
    for kind in OF_A_SHOP:
        _delete_below(config.value("DATA_BUCKET"), f"{kind}/{store.id}/")
    _delete_below(config.value("DATA_BUCKET"), f"logos/{store.id}.")
    for kind in PICTURES_OF_A_SHOP:
        _delete_below(config.value("TRY_ON_BUCKET"), f"{kind}/{store.id}/")
    return rows


def _delete_below(bucket: str, prefix: str) -> None:
    objects.delete(bucket, objects.keys(bucket, prefix))


def _with_other_ids(person: Person, ids: Sequence[str]) -> list[Person]:
    """The person, and once more for each other customer id that they are known by."""
    others = [each for each in ids if each != person.customer_id]
    return [person, *(person.model_copy(update={"customer_id": each}) for each in others)]


def _hashes(people: Sequence[Person]) -> list[Hash]:
    return sorted({each for person in people for each in hashes_of(person)})


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
    hashes = _hashes(people)
    tx.execute(
        """INSERT INTO backshop.erasures AS held (store_id, kind, hash, erased_at)
           SELECT backshop.current_store_id(), kind, hash, %s
           FROM unnest(%s::text[], %s::text[]) AS known (kind, hash)
           ON CONFLICT (store_id, kind, hash) DO UPDATE
           SET erased_at = greatest(held.erased_at, excluded.erased_at)""",
        (at, [kind for kind, _ in hashes], [digest for _, digest in hashes]),
    )
    known = {each.customer_id for each in people} | {guest_id(p.email) for p in people if p.email}
    tx.execute(
        """DELETE FROM backshop.record_versions
           WHERE store_id = %s AND kind = %s AND external_id = ANY (%s)""",
        (store.id, Kind.CUSTOMER.value, sorted(each for each in known if each)),
    )
