"""Works the queue of deliveries off: deduplicates, translates, saves in every context.

A batch is one transaction per store. Where that fails, each delivery gets a transaction of its own,
so that one bad delivery fails alone; it comes again and in the end lies in the dead-letter queue.
The claim of a delivery is made in the transaction that saves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from backshop import commerce, db, logs, outbox, platforms
from backshop.aws import config, objects, queues
from backshop.aws.queues import BatchResponse, Message
from backshop.connect import repository as connect
from backshop.plain_orders import PlainOrder
from backshop.platforms.errors import Ignored
from backshop.received import bodies
from backshop.received import repository as received
from backshop.received.models import Arrival, Outcome
from backshop.saving import ledger, projections
from backshop.saving.erasures import Erasures, hashes_in, hashes_of
from backshop.saving.prepare import NeededWhole, seldom_collecting, takes_plain_orders
from backshop.stores import repository as store

SMALL = 64_000
"""Bytes of a store's bodies that are saved without waiting for each statement. More are rows that
cost more than the waiting, and are copied where that is allowed (`db.stage`)."""


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A message of the queue; the counterpart of webhook_receive's."""

    message: Message
    connector_id: UUID
    arrival: Arrival
    is_replay: bool
    """Staff had it sent once more: the claim lets it pass, the versions decide as ever."""


@logs.crash_safely
@seldom_collecting()
def handler(event: dict[str, Any], _context: Any) -> BatchResponse:
    """A batch of deliveries, answered with those that have to come again."""
    failed: list[str] = []
    groups: dict[UUID, list[QueuedDelivery]] = defaultdict(list)
    for record in event["Records"]:
        delivery = _read(record)
        if delivery is None:
            failed.append(record["messageId"])
        else:
            groups[delivery.connector_id].append(delivery)
    # Who has little to do is not kept waiting by who has much.
    for connector_id, deliveries in sorted(groups.items(), key=lambda group: len(group[1])):
        failed += _guarded(connector_id, deliveries)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _read(record: Message) -> QueuedDelivery | None:
    """The delivery in a message, its body fetched where it was parked; None where that fails."""
    try:
        content = orjson.loads(record["body"])
        parked = content.get("parked")
        body = (
            objects.get(config.value("DATA_BUCKET"), parked) if parked else content["body"].encode()
        )
        triggered, store_id = content["triggered_at"], UUID(content["connector_id"])
        topic, key = content["topic"], content["key"]
        arrival = Arrival(
            bodies.id_of(store_id, topic, key),
            topic,
            key,
            content["sha256"],
            datetime.fromisoformat(content["received_at"]),
            datetime.fromisoformat(triggered) if triggered else None,
            body,
            queues.tries(record),
        )
        return QueuedDelivery(record, store_id, arrival, content.get("replay") is True)
    except Exception as error:
        logs.failure("message cannot be read", error, message_id=record["messageId"])
        return None


def _guarded(connector_id: UUID, deliveries: list[QueuedDelivery]) -> list[str]:
    """`_ingest`, whose failure is of its own store's deliveries alone."""
    try:
        return _ingest(connector_id, deliveries)
    except Exception as error:
        logs.failure("deliveries failed", error, connector_id=str(connector_id))
        return [each.message["messageId"] for each in deliveries]


def _ingest(connector_id: UUID, deliveries: list[QueuedDelivery]) -> list[str]:
    """Save one store's deliveries together, or each alone where that fails; the failed ones' ids.

    Where somebody else saves for the store, its deliveries are handed back at once: waiting would
    keep the others of the batch, and other batches, from being worked.
    """
    ids = [each.message["messageId"] for each in deliveries]
    stored = _store_bodies(connector_id, deliveries)
    try:
        _save(connector_id, deliveries, stored)
        return []
    except db.LockNotAvailable:
        _note(connector_id, [(each, None) for each in deliveries], stored)
        url = config.value("WEBHOOK_QUEUE_URL")
        queues.hand_back(url, [each.message for each in deliveries])
        return ids
    except Exception as error:
        if len(deliveries) == 1 or db.is_away(error):
            _report(deliveries[0], error, stored)
            return ids
    failed: list[str] = []
    for delivery in deliveries:
        try:
            _save(connector_id, [delivery], stored)
        except Exception as error:
            _report(delivery, error, stored)
            failed.append(delivery.message["messageId"])
    return failed


def _store_bodies(connector_id: UUID, deliveries: Sequence[QueuedDelivery]) -> set[UUID]:
    """Store the bodies that are not there yet, whatever becomes of their deliveries; their ids."""
    again = [each.arrival for each in deliveries if each.arrival.tries > 1]
    kept = _expect(connector_id, again) if again else set()
    new = [e.arrival for e in deliveries if not e.is_replay and e.arrival.id not in kept]
    return bodies.store_all(connector_id, new)


def _expect(connector_id: UUID, again: list[Arrival]) -> set[UUID]:
    try:
        with db.transaction(store_id=connector_id) as tx:
            return received.expect(tx, again)
    except Exception as error:
        logs.failure("webhooks are not noted", error, connector_id=str(connector_id))
        return set()


def _note(
    connector_id: UUID,
    noted: Sequence[tuple[QueuedDelivery, Outcome | None]],
    stored: Collection[UUID],
) -> None:
    """Write down what came and is not saved. For staff, who see it among the webhooks; the log has
    the lines."""
    try:
        with db.transaction(store_id=connector_id) as tx:
            gone = received.note(tx, [(each.arrival, outcome) for each, outcome in noted], stored)
            gone += received.erased_meanwhile(tx, [each.arrival.id for each, _ in noted])
            bodies.delete(connector_id, gone)
    except Exception as unnoted:
        logs.failure("webhooks are not noted", unnoted, connector_id=str(connector_id))


def _report(delivery: QueuedDelivery, error: Exception, stored: Collection[UUID]) -> None:
    outcome = Outcome("failed", error=type(error).__name__)
    _note(delivery.connector_id, [(delivery, outcome)], stored)
    logs.failure(
        "delivery failed",
        error,
        connector_id=str(delivery.connector_id),
        topic=delivery.arrival.topic,
        delivery=delivery.arrival.key,
    )


def _save(connector_id: UUID, deliveries: list[QueuedDelivery], stored: Collection[UUID]) -> None:
    """Save deliveries in one transaction, orders in their short form unless somebody in them was
    erased, which is known only once the store is locked."""
    try:
        _save_told(connector_id, deliveries, stored, plainly=True)
    except NeededWhole:
        _save_told(connector_id, deliveries, stored, plainly=False)


def _save_told(
    connector_id: UUID, deliveries: list[QueuedDelivery], stored: Collection[UUID], *, plainly: bool
) -> None:
    is_small = sum(len(each.arrival.body) for each in deliveries) < SMALL
    with db.transaction(store_id=connector_id, keeps_plans=True, is_pipelined=is_small) as tx:
        loading = store.ask(tx)
        claiming = store.claim_deliveries(
            tx,
            [
                store.Claim(each.topic, each.key, each.sha256, each.received_at)
                for each in (delivery.arrival for delivery in deliveries)
            ],
        )
        shop, new = loading(), claiming()
        if shop is None:
            logs.warning("delivery for a connector that is gone", connector_id=str(connector_id))
            bodies.delete(
                connector_id, [e.arrival.id for e in deliveries if e.arrival.id in stored]
            )
            return
        taken = [e for e in deliveries if e.is_replay or (e.arrival.topic, e.arrival.key) in new]
        others = _of_others(tx, taken, shop)
        plainly = plainly and takes_plain_orders(shop, Erasures())
        translated = [
            (each, [] if each in others else list(_translate(each, shop, plainly)))
            for each in taken
        ]
        events = [event for _, its_events in translated for event in its_events]
        records = [each for each in events if isinstance(each, commerce.Record | PlainOrder)]
        # The body of a deletion is an id that anybody's is like: the shop is asked first.
        gone = [each for each in records if isinstance(each, commerce.Deletion)]
        rest = [each for each in records if not isinstance(each, commerce.Deletion)]
        outcomes = {each.arrival.id: _outcome(its_events) for each, its_events in translated}
        noted = [(each.arrival, outcomes.get(each.arrival.id)) for each in deliveries]
        # Who erases holds the lock too: what is noted from here on is what is erased after it.
        lock = ledger.ask_lock(tx, shop, wait=False)
        noting = received.ask_note(tx, noted, stored)
        erasing = received.ask_erased_meanwhile(tx, [each.arrival.id for each in taken])
        projections.save(tx, shop, rest, lock=lock)
        questions = outbox.put_all(tx, "deletion", [_question(each) for each in gone])
        unkept = [*noting(), *erasing()]
        if consents := [each for each in events if isinstance(each, commerce.ConsentChange)]:
            projections.save_consents(tx, shop, consents)
        if acts := [e for e in events if not isinstance(e, commerce.Record | PlainOrder)]:
            questions += _obey(tx, shop, acts)
            unkept += received.erased_meanwhile(tx, [each.arrival.id for each in taken])
        bodies.delete(connector_id, unkept)
    outbox.announce(questions)


def _question(gone: commerce.Deletion) -> tuple[str, dict[str, str]]:
    """The outbox row that asks the shop, by its key and payload."""
    payload = {
        "kind": gone.kind.value,
        "id": gone.id,
        "changed_at": gone.changed_at.isoformat(),
        "observed_at": gone.observed_at.isoformat(),
    }
    return f"deletion:{gone.kind.value}:{gone.id}"[:255], payload


def _outcome(events: Sequence[commerce.Event | PlainOrder]) -> Outcome:
    """What became of a delivery that is saved. One that says nothing to save may name anybody."""
    records = [each for each in events if isinstance(each, commerce.Record | PlainOrder)]
    persons = [
        each.person for each in events if isinstance(each, commerce.DataRequest | commerce.Erasure)
    ]
    hashes = hashes_in(records) | {each for person in persons for each in hashes_of(person)}
    return Outcome(
        "saved",
        subjects=sorted(f"{kind}:{digest}" for kind, digest in hashes) if events else None,
        about=_about(records),
    )


def _about(records: Sequence[commerce.Record | PlainOrder]) -> str | None:
    """The record that a delivery is about: the one that tells of the others."""
    if records and isinstance(order := records[0], PlainOrder):
        return f"order:{order.id}"
    whole = [each for each in records if isinstance(each, commerce.Record)]
    own = max(whole, key=lambda each: (each.rank, _KINDS.get(type(each), 0)), default=None)
    if own is None:
        return None
    kind = own.kind.value if isinstance(own, commerce.Deletion) else type(own).__name__.lower()
    return f"{kind}:{own.id}"


_KINDS: dict[type, int] = {commerce.Customer: 1, commerce.Order: 2}
"""An order brings its customer along."""


def _translate(
    delivery: QueuedDelivery, shop: commerce.Store, plainly: bool
) -> Iterable[commerce.Event | PlainOrder]:
    arrival = delivery.arrival
    try:
        return platforms.load(shop.platform).translator.translate(
            arrival.topic,
            arrival.body,
            shop,
            received_at=arrival.received_at,
            triggered_at=arrival.triggered_at,
            plainly=plainly,
        )
    except Ignored as why:
        logs.info("delivery says nothing to save", topic=arrival.topic, reason=str(why))
        return ()


def _of_others(
    tx: db.Tx, deliveries: Sequence[QueuedDelivery], shop: commerce.Store
) -> list[QueuedDelivery]:
    """Those whose bodies name another shop than this store's, where that has told its name: nothing
    of them is obeyed here, whoever signed them and however they came."""
    webhooks = platforms.load(shop.platform).webhooks
    read = [(each, webhooks.read({}, each.arrival.body)) for each in deliveries]
    named = [(each, said.shop_domain or "") for each, said in read if said.names_shop]
    standing = connect.standing(tx) if named else None
    if not standing or standing.shop_domain is None:
        return []
    others = []
    for each, domain in named:
        if domain != standing.shop_domain:
            logs.warning(
                "a delivery of another shop", store_id=str(shop.id), topic=each.arrival.topic
            )
            logs.count("WebhookOfAnotherShop")
            others.append(each)
    return others


def _obey(tx: db.Tx, shop: commerce.Store, events: Sequence[commerce.Event]) -> list[outbox.Row]:
    """What is no record but an order to act: privacy requests and the end of a connection. The rows
    that ask the shop whether that is so."""
    from backshop import privacy  # rarely needed, and it loads every context

    questions: list[outbox.Row] = []
    for event in events:
        if isinstance(event, commerce.DataRequest):
            privacy.keep_export(tx, shop, event.person, event.request_id, event.received_at)
        elif isinstance(event, commerce.Erasure):
            privacy.erase_with_objects(tx, shop, event.person, event.received_at)
        elif isinstance(event, commerce.ShopErasure):
            _park_erasure(tx, shop, event)
            questions.append(_ask_whether_it_left(tx, event.received_at))
        elif isinstance(event, commerce.Uninstall):
            questions.append(_ask_whether_it_left(tx, event.received_at))
    return questions


def _ask_whether_it_left(tx: db.Tx, at: datetime) -> outbox.Row:
    """All shops of an app share the secret that signs, and an order may be an old one: nothing ends
    before the shop was asked (`outbox_worker/uninstall.py`)."""
    return outbox.put(tx, "uninstall", "uninstall", {"at": at.isoformat()})


def _park_erasure(tx: db.Tx, shop: commerce.Store, event: commerce.ShopErasure) -> None:
    """Shopify asks 48 hours after the shop took the app away. Where it is connected as far as we
    know, an alarm tells staff."""
    connect.ask_erasure(tx, event.received_at)
    standing = connect.standing(tx)
    if standing and standing.status == "active":
        logs.warning("a connected shop is to be erased", store_id=str(shop.id))
        logs.count("ShopErasuresParked")
