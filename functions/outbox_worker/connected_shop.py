"""The shop behind a row of the outbox: its API, and what its failures mean for the row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from time import monotonic
from typing import Any
from uuid import UUID

from backshop import db, platforms
from backshop.platforms.api import Deadline
from backshop.platforms.errors import PermanentRefusal, TransientOutage
from backshop.platforms.ports import Credentials, Shop
from backshop.stores import credentials
from backshop.stores import repository as store
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
        shop = store.load(tx)
    if sealed is None or shop is None:
        raise TransientOutage("the shop is not connected; give its credentials anew")
    until = monotonic() + SECONDS
    deadline = Deadline(lambda: until - monotonic())
    opened_shop = platforms.load(shop.platform).open(_unsealed(sealed, shop), deadline)
    with closing(opened_shop), _mendable():
        yield opened_shop


def _unsealed(sealed: dict[str, Any], shop: store.Store) -> Credentials:
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
