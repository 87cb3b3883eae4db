"""Bodies of webhooks in S3, each under a key that KMS opens for `received_webhooks` alone."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID, uuid5

from backshop import logs
from backshop.aws import config, objects
from backshop.received.models import Arrival

AT_ONCE = 8
"""Bodies that are stored at the same time: a batch of a hundred waits for a dozen answers."""


def key_of(store_id: UUID, id: UUID) -> str:
    """Where the body of a webhook lies in the bucket."""
    return f"{prefix_of(store_id)}{id}"


def prefix_of(store_id: UUID) -> str:
    """Below which all bodies of a store lie."""
    return f"webhooks/{store_id}/"


def id_of(store_id: UUID, topic: str, key: str) -> UUID:
    """The id of a webhook, the same whenever it comes: its body can be stored before its row is
    made, and lies in one place however often it is tried."""
    return uuid5(store_id, f"{topic} {key}")


def store_all(store_id: UUID, arrivals: Sequence[Arrival]) -> set[UUID]:
    """Store the bodies; the ids of those that are stored.

    Never raises: what cannot be kept is saved all the same, and cannot be replayed.
    """
    if not arrivals:
        return set()
    try:
        put = partial(_put_part, store_id, config.value("WEBHOOK_BODIES_KEY"))
    except Exception as error:
        _count(store_id, error)
        return set()
    parts = [arrivals[start::AT_ONCE] for start in range(min(AT_ONCE, len(arrivals)))]
    if len(parts) == 1:
        return put(*parts)
    with ThreadPoolExecutor(len(parts)) as pool:
        return set().union(*pool.map(put, parts))


def _put_part(store_id: UUID, kms_key: str, arrivals: Sequence[Arrival]) -> set[UUID]:
    """Store these one after another; the first that fails ends it, as the others would."""
    stored: set[UUID] = set()
    try:
        for each in arrivals:
            place = key_of(store_id, each.id)
            bucket = config.value("DATA_BUCKET")
            objects.put(bucket, place, each.body, "application/json", kms_key=kms_key)
            stored.add(each.id)
    except Exception as error:
        _count(store_id, error)
    return stored


def _count(store_id: UUID, error: Exception) -> None:
    logs.count("WebhookNotKept")
    logs.failure("webhooks are not kept", error, connector_id=str(store_id))


def read(store_id: UUID, id: UUID) -> bytes | None:
    """The body of a webhook; None where it is gone."""
    from botocore.exceptions import ClientError

    try:
        return objects.get(config.value("DATA_BUCKET"), key_of(store_id, id))
    except ClientError as refused:
        if refused.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None


def delete(store_id: UUID, ids: Sequence[UUID]) -> None:
    """Delete the bodies of these. Raises NotDeleted."""
    objects.delete(config.value("DATA_BUCKET"), [key_of(store_id, each) for each in ids])
