"""The shop behind a row of the outbox: its API, and what its failures mean for the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any
from uuid import UUID

from backshop import db, logs, outbox, platforms
from backshop.commerce import Record, Store
from backshop.platforms.api import Deadline
from backshop.platforms.errors import (
    Ignored,
    PermanentRefusal,
    PlatformError,
    TransientOutage,
    Unconfirmed,
)
from backshop.platforms.ports import Credentials, Json, Shop
from backshop.stores import breaker, credentials
from backshop.stores import repository as stores
from backshop.sync import repository as sync

SECONDS = 25.0
"""How long a row may wait for a shop before another attempt takes over."""
MENDABLE_STATUS = {0, 301, 302, 307, 308, 400, 401, 402, 403, 423}
MENDABLE_CODES = {"FORBIDDEN", "ACCESS_DENIED", "UNAUTHENTICATED", "INVALID_CREDENTIALS"}
"""Refusals that end when staff mend the connector: tried again meanwhile."""


@contextmanager
def opened(store_id: UUID) -> Iterator[Shop]:
    """The store's shop for one row. Refusals that staff can mend become `TransientOutage`."""
    with db.transaction(store_id=store_id) as tx:
        sealed = sync.credentials(tx)
        shop = stores.load(tx)
        breaker.check(tx, datetime.now(UTC))
    if sealed is None or shop is None:
        raise TransientOutage("the shop is not connected; give its credentials anew")
    until = monotonic() + SECONDS
    deadline = Deadline(lambda: until - monotonic())
    opened_shop = platforms.load(shop.platform).open(_unsealed(sealed, shop), deadline)
    with closing(opened_shop), _mendable(), breaker.watched(store_id):
        yield opened_shop


@contextmanager
def in_doubt() -> Iterator[None]:
    """A write whose end nobody told may still be done: the next attempt waits for that."""
    try:
        yield
    except Unconfirmed as doubtful:
        after = max(doubtful.after or 0.0, outbox.DOUBT.total_seconds())
        raise Unconfirmed(str(doubtful), after) from doubtful


def save_order(store_id: UUID, payload: Json) -> None:
    """Save an order as the shop answered a write of it. WooCommerce's older storage does not move
    the order's modified time for it, and webhooks may be late. What fails here is left to the next
    sync."""
    from backshop.saving import projections

    now = datetime.now(UTC)
    try:
        with db.transaction(store_id=store_id) as tx:
            store = stores.load(tx)
        if store is None:
            return
        translate = platforms.load(store.platform).translator.translate
        events = translate("order.updated", json.dumps(payload).encode(), store, now)
        records = [each for each in events if isinstance(each, Record)]
        with db.transaction(store_id=store_id) as tx:
            projections.save(tx, store, records, unstorable=[])
    except (Ignored, PlatformError, db.Unreachable) as failed:
        logs.warning("a written order waits for the next sync", error=type(failed).__name__)


def _unsealed(sealed: dict[str, Any], shop: Store) -> Credentials:
    return Credentials(
        url=sealed["store_url"],
        api_key=credentials.unseal(sealed["api_key"], shop.id, "api_key"),
        secret=credentials.unseal(sealed["secret"], shop.id, "secret"),
        settings=shop.settings,
    )


@contextmanager
def _mendable() -> Iterator[None]:
    try:
        yield
    except PermanentRefusal as refusal:
        if refusal.status in MENDABLE_STATUS or refusal.code in MENDABLE_CODES:
            raise TransientOutage(str(refusal)) from refusal
        raise
