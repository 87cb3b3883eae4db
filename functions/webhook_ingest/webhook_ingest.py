"""Works the queue of deliveries off: deduplicates, translates, saves in every context.

A batch is one transaction per store. Where that fails, each delivery gets a transaction of its own,
so that one bad delivery fails alone; it comes again and in the end lies in the dead-letter queue.
The claim of a delivery is made in the transaction that saves it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from backshop import commerce, db, logs, platforms
from backshop.aws import config, objects, queues
from backshop.aws.queues import BatchResponse, Message
from backshop.connect import repository as connect
from backshop.insights import repository as insights
from backshop.platforms.errors import Ignored
from backshop.saving import projections
from backshop.stores import repository as store


@dataclass(frozen=True, slots=True)
class QueuedDelivery:
    """A message of the queue; the counterpart of webhook_receive's."""

    message: Message
    connector_id: UUID
    topic: str
    key: str
    sha256: str
    received_at: datetime
    triggered_at: datetime | None
    body: bytes


@logs.crash_safely
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
    for connector_id, deliveries in groups.items():
        failed += _ingest(connector_id, deliveries)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}


def _read(record: Message) -> QueuedDelivery | None:
    """The delivery in a message, its body fetched where it was parked; None where that fails."""
    try:
        content = orjson.loads(record["body"])
        parked = content.get("parked")
        body = (
            objects.get(config.value("DATA_BUCKET"), parked) if parked else content["body"].encode()
        )
        triggered = content["triggered_at"]
        return QueuedDelivery(
            message=record,
            connector_id=UUID(content["connector_id"]),
            topic=content["topic"],
            key=content["key"],
            sha256=content["sha256"],
            received_at=datetime.fromisoformat(content["received_at"]),
            triggered_at=datetime.fromisoformat(triggered) if triggered else None,
            body=body,
        )
    except Exception as error:
        logs.failure("message cannot be read", error, message_id=record["messageId"])
        return None


def _ingest(connector_id: UUID, deliveries: list[QueuedDelivery]) -> list[str]:
    """Save one store's deliveries together, or each alone where that fails; the failed ones' ids.

    Where somebody else saves for the store, its deliveries are handed back at once: waiting would
    keep the others of the batch, and other batches, from being worked.
    """
    ids = [each.message["messageId"] for each in deliveries]
    try:
        _save(connector_id, deliveries)
        return []
    except db.LockNotAvailable:
        url = config.value("WEBHOOK_QUEUE_URL")
        queues.hand_back(url, [each.message for each in deliveries])
        return ids
    except Exception as error:
        if len(deliveries) == 1 or db.is_away(error):
            _report(deliveries[0], error)
            return ids
    failed: list[str] = []
    for delivery in deliveries:
        try:
            _save(connector_id, [delivery])
        except Exception as error:
            _report(delivery, error)
            failed.append(delivery.message["messageId"])
    return failed


def _report(delivery: QueuedDelivery, error: Exception) -> None:
    logs.failure(
        "delivery failed",
        error,
        connector_id=str(delivery.connector_id),
        topic=delivery.topic,
        delivery=delivery.key,
    )


def _save(connector_id: UUID, deliveries: list[QueuedDelivery]) -> None:
    with db.transaction(store_id=connector_id) as tx:
        shop = store.load(tx)
        if shop is None:
            logs.warning("delivery for a connector that is gone", connector_id=str(connector_id))
            return
        new = store.claim_deliveries(
            tx,
            [
                store.Claim(each.topic, each.key, each.sha256, each.received_at)
                for each in deliveries
            ],
        )
        events = [
            event
            for each in deliveries
            if (each.topic, each.key) in new
            for event in _translate(each, shop)
        ]
        records = [each for each in events if isinstance(each, commerce.Record)]
        projections.save(tx, shop, records, wait=False)
        if orders := [each for each in events if not isinstance(each, commerce.Record)]:
            _obey(tx, shop, orders)


def _translate(delivery: QueuedDelivery, shop: commerce.Store) -> Iterable[commerce.Event]:
    try:
        return platforms.load(shop.platform).translator.translate(
            delivery.topic,
            delivery.body,
            shop,
            received_at=delivery.received_at,
            triggered_at=delivery.triggered_at,
        )
    except Ignored as why:
        logs.info("delivery says nothing to save", topic=delivery.topic, reason=str(why))
        return ()


def _obey(tx: db.Tx, shop: commerce.Store, events: Sequence[commerce.Event]) -> None:
    """What is no record but an order to act: privacy requests and the end of a connection."""
    from backshop import privacy  # rarely needed, and it loads every context

    for event in events:
        if isinstance(event, commerce.DataRequest):
            _export(tx, shop, event)
        elif isinstance(event, commerce.Erasure):
            _delete_objects(privacy.erase(tx, shop, event.person, event.received_at))
        elif isinstance(event, commerce.ShopErasure):
            privacy.erase_shop(tx, shop)
            for kind in ("archive", "exports", "training"):
                _delete_below(config.value("DATA_BUCKET"), f"{kind}/{shop.id}/")
            _delete_below(config.value("DATA_BUCKET"), f"logos/{shop.id}.")
            for kind in ("selfies", "overlays", "assets"):
                _delete_below(config.value("TRY_ON_BUCKET"), f"{kind}/{shop.id}/")
        elif isinstance(event, commerce.Uninstall) and connect.end(tx, event.received_at):
            insights.set_active(tx, False)


def _delete_objects(addresses: Sequence[str]) -> None:
    """Delete a person's pictures. Before the commit: what cannot be deleted makes the whole erasure
    come again."""
    for bucket, key in map(objects.parse, addresses):
        objects.delete(bucket, [key])


def _delete_below(bucket: str, prefix: str) -> None:
    objects.delete(bucket, objects.keys(bucket, prefix))


def _export(tx: db.Tx, shop: commerce.Store, request: commerce.DataRequest) -> None:
    """Put everything about a person where staff find it: GET /connectors/{id}/data-requests."""
    from backshop import privacy

    exported = privacy.export(tx, shop, request.person)
    key = f"exports/{shop.id}/{request.request_id}.json"
    content = orjson.dumps(exported, default=str, option=orjson.OPT_INDENT_2)
    objects.put(config.value("DATA_BUCKET"), key, content, "application/json")
    store.note_export(tx, request.request_id, key, request.received_at)
