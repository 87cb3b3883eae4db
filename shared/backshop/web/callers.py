"""Who is calling, and on whose store the call acts."""

from __future__ import annotations

from hmac import compare_digest
from ipaddress import ip_address
from typing import NamedTuple
from uuid import UUID

from backshop.aws import config
from backshop.errors import BadRequest, Forbidden, NotFound, Unauthorized
from backshop.stores import tenants
from backshop.uses import Use
from backshop.web.http import Event, header, uuid


class Principal(NamedTuple):
    """Who calls, as the authorizer recognised them: `staff` (store_id None) or a store's own
    key."""

    kind: str
    id: str
    store_id: UUID | None
    scopes: frozenset[str]

    @property
    def actor(self) -> str:
        """How histories name the caller: `staff:<id>` or `store:<id>`."""
        return f"{self.kind}:{self.id}"


def principal(event: Event) -> Principal:
    """Who calls, from the authorizer's context. Raises Unauthorized where no authorizer ran."""
    context = authorizer_context(event)
    if "kind" not in context:
        raise Unauthorized("Send a staff or store key as `Authorization: Bearer <key>`.")
    store = context.get("store_id")
    return Principal(
        kind=context["kind"],
        id=context["id"],
        store_id=UUID(store) if store else None,
        scopes=frozenset(context.get("scopes", "").split()),
    )


def authorizer_context(event: Event) -> dict[str, str]:
    """What the authorizer answered; empty on routes without one."""
    authorizer = event.get("requestContext", {}).get("authorizer") or {}
    context: dict[str, str] = authorizer.get("lambda") or {}
    return context


def require(event: Event, *scopes: str) -> Principal:
    """The caller, if their key has one of the scopes. Raises Forbidden otherwise."""
    caller = principal(event)
    if caller.scopes.isdisjoint(scopes):
        raise Forbidden(f"This key lacks the scope '{scopes[0]}'; use one that has it.")
    return caller


def own_store(event: Event, store_id: UUID) -> UUID:
    """The store that a path names, if the caller may see it. Raises NotFound otherwise, also for a
    store of somebody else, so that ids cannot be probed."""
    if principal(event).store_id not in (None, store_id):
        raise _no_connector()
    return store_id


def store_of_call(event: Event, use: Use | None = None) -> UUID:
    """The store of a call whose path names none: a store key's own; a staff key names it by
    `?store_id=` or the header X-Store-Id, unless there is only one (that uses this).

    Raises NotFound where there is none, BadRequest where there are several.
    """
    caller = principal(event)
    query = event.get("queryStringParameters") or {}
    named = query.get("store_id") or header(event, "x-store-id")
    if named:
        return own_store(event, uuid(named, _no_connector()))
    if caller.store_id:
        return caller.store_id
    return only_store(use)


def only_store(use: Use | None) -> UUID:
    """The only store there is (that uses this). Raises BadRequest where several are, NotFound where
    none is."""
    ids = tenants.some_ids(use, limit=2)
    if not ids:
        raise NotFound(
            f"No store that uses {use} is connected yet; `settings.uses` of PATCH /connectors/{{id}}"
            " says what a store uses."
            if use
            else "No store is connected yet; POST /connectors connects one."
        )
    if len(ids) > 1:
        raise BadRequest(
            "There are several stores: name one with ?store_id= or the header X-Store-Id.",
            slug="which-store",
        )
    return ids[0]


def address(event: Event) -> str:
    """The caller's network address: that of the connection, or, where a CDN stands before the API,
    the one that it tells in the header CDN_ADDRESS_HEADER.

    Anybody can send such a header past the CDN, so it counts only beside the CDN's secret.
    """
    connection: str = event["requestContext"]["http"]["sourceIp"]
    name = config.value("CDN_ADDRESS_HEADER", "")
    if not name:
        return connection
    proof = header(event, "x-cdn-secret") or ""
    if not compare_digest(
        proof.encode(errors="surrogatepass"), config.secret("CDN_SECRET").encode()
    ):
        return connection
    return _read_address(header(event, name.lower()) or "") or connection


def _read_address(addresses: str) -> str | None:
    """The last address of a list but the CDN's own, which the gateway adds; with or without a port,
    as CloudFront writes it (`198.51.100.7:443`, `2001:db8::7:443`)."""
    hops = [each.strip() for each in addresses.split(",")]
    hop = hops[-2] if len(hops) > 1 else hops[0]
    for text in (hop, hop.rpartition(":")[0].strip("[]")):
        try:
            return str(ip_address(text))
        except ValueError:
            continue
    return None


def no_store() -> NotFound:
    """What a call is answered that names a store which is not there."""
    return NotFound("There is no such store; GET /connectors lists them.")


def _no_connector() -> NotFound:
    return NotFound("There is no such connector; GET /connectors lists them.")
