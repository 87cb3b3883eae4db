"""What requests ask about stores before they act on one."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

from backshop import db
from backshop.stores import repository
from backshop.uses import Use

ORIGIN_SECONDS = 60
_hosts: dict[str, tuple[float, UUID | None]] = {}
_origins: dict[tuple[str, UUID | None], tuple[float, bool]] = {}


def some_ids(use: Use | None, *, limit: int) -> list[UUID]:
    """Ids of up to `limit` stores (that use this), for callers who may see all of them."""
    with db.transaction(all_stores=True) as tx:
        return repository.some_ids(tx, use, limit)


def of_host(host: str) -> UUID | None:
    """The store whose pages are at this host name; kept for a minute."""
    kept = _hosts.get(host)
    if kept and monotonic() - kept[0] < ORIGIN_SECONDS:
        return kept[1]
    with db.transaction(all_stores=True) as tx:
        found = repository.of_host(tx, host)
    if len(_hosts) > 1000:
        _hosts.clear()
    _hosts[host] = (monotonic(), found)
    return found


def is_origin_allowed(origin: str, store_id: UUID | None) -> bool:
    """Whether the store, or any store where none is named, allows browsers to call from `origin`.

    Kept for a minute, because browsers ask with every call.
    """
    kept = _origins.get((origin, store_id))
    if kept and monotonic() - kept[0] < ORIGIN_SECONDS:
        return kept[1]
    with db.transaction(all_stores=True) as tx:
        allowed = repository.is_origin_allowed(tx, origin, store_id)
    if len(_origins) > 1000:
        _origins.clear()
    _origins[origin, store_id] = (monotonic(), allowed)
    return allowed
