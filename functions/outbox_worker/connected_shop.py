"""The shop behind a row of the outbox: its API, and what its failures mean for the row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from time import monotonic
from types import ModuleType
from typing import Any, NamedTuple
from uuid import UUID

from backshop import db, outbox
from backshop.platforms import reading
from backshop.platforms.api import Later, Passing, Patience, Refused
from backshop.platforms.orders import Declined
from backshop.platforms.reading import Credentials
from backshop.stores import credentials
from backshop.stores import repository as store
from backshop.sync import repository as sync

SECONDS = 25.0
"""How long a row may wait for a shop before another attempt takes over."""
MENDABLE_STATUS = {0, 301, 302, 307, 308, 400, 401, 402, 403, 423}
MENDABLE_CODES = {"FORBIDDEN", "ACCESS_DENIED", "UNAUTHENTICATED", "INVALID_CREDENTIALS"}
"""Refusals that end when staff mend the connector: tried again meanwhile."""


class Shop(NamedTuple):
    platform: str
    api: Any
    orders: ModuleType
    """The platform's `orders.py`."""


@contextmanager
def opened(store_id: UUID) -> Iterator[Shop]:
    """The store's shop for one row. Inside, what the platform refuses becomes `outbox.Refused` and
    what may pass `outbox.Later`."""
    with db.transaction(store_id=store_id) as tx:
        sealed = sync.credentials(tx)
        shop = store.load(tx)
    if sealed is None or shop is None:
        raise outbox.Later("the shop is not connected; give its credentials anew")
    until = monotonic() + SECONDS
    api = reading.open_api(
        shop.platform, _unsealed(sealed, shop), Patience(lambda: until - monotonic())
    )
    orders = import_module(f"backshop.platforms.{shop.platform.value}.orders")
    try:
        with _translated():
            yield Shop(shop.platform.value, api, orders)
    finally:
        api.close()


def _unsealed(sealed: dict[str, Any], shop: store.Store) -> Credentials:
    return Credentials(
        url=sealed["store_url"],
        api_key=credentials.unseal(sealed["api_key"], shop.id, "api_key"),
        secret=credentials.unseal(sealed["secret"], shop.id, "secret"),
        settings=shop.settings,
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except Declined as declined:
        raise outbox.Refused(declined.answer) from declined
    except (Later, Passing) as later:
        after = timedelta(seconds=later.after) if later.after else None
        raise outbox.Later(str(later), after=after) from later
    except Refused as refused:
        if refused.status in MENDABLE_STATUS or refused.code in MENDABLE_CODES:
            raise outbox.Later(str(refused)) from refused
        answer = {"error": str(refused), "status": refused.status, "code": refused.code}
        raise outbox.Refused(answer) from refused
