"""Routes of a connector's syncs: what ran and how it went, and starting one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from backshop import db
from backshop.commerce import Store
from backshop.errors import Conflict, NotFound
from backshop.stores import repository as stores
from backshop.sync import repository, runs
from backshop.sync.models import NewSync, Run, RunPosition
from backshop.web import callers, http, idempotency, paging, routes

app = routes.app("Syncs")
handler = routes.handler(app)

RUN = {
    "id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10",
    "type": "incremental",
    "status": "completed",
    "records_synced": 12,
    "started_at": "2026-11-02T10:15:00Z",
    "completed_at": "2026-11-02T10:15:04Z",
    "error_message": None,
    "retry_count": 0,
    "next_retry_at": None,
    "resources": [
        {
            "resource": "orders",
            "status": "completed",
            "records": 12,
            "changed": 3,
            "deleted": 0,
            "rejected": 1,
            "rejects": [{"id": "1001", "problem": "currency"}],
            "notes": [],
            "error": None,
            "retry_count": 0,
            "next_retry_at": None,
            "started_at": "2026-11-02T10:15:01Z",
            "finished_at": "2026-11-02T10:15:03Z",
        }
    ],
}


@routes.route(
    app,
    "GET /connectors/<id>/syncs",
    scope="store",
    example={"items": [RUN], "next_cursor": None},
)
def index(
    id: UUID, cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[Run]:
    """The last runs, newest first, with what each resource brought."""
    after = paging.position(cursor, RunPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        _connected(tx)
        page = repository.runs(tx, limit + 1, after=after)
    return paging.page(
        page, limit, lambda last: RunPosition(started_at=last.started_at, id=last.id)
    )


@routes.route(app, "GET /connectors/<id>/syncs/<run_id>", scope="store", example=RUN)
def show(id: UUID, run_id: UUID) -> Run:
    """One run."""
    with db.transaction(store_id=_store_id(id)) as tx:
        _connected(tx)
        page = repository.runs(tx, 1, run_id)
    if not page:
        raise NotFound("There is no such sync; GET the connector's syncs lists them.")
    return page[0]


@routes.route(
    app,
    "POST /connectors/<id>/syncs",
    scope="store",
    status=202,
    problems=[Conflict],
    body_example={"type": "incremental"},
    example=RUN | {"status": "running", "records_synced": 0, "completed_at": None},
)
def start(id: UUID, body: NewSync, key: idempotency.Key = None) -> Run:
    """Start a run; 409 while another one works. One that waits to be tried again gives way."""
    store_id = _store_id(id)
    with db.transaction(store_id=store_id) as tx:
        claim = idempotency.claim(tx, _event(), key)
        shop = _connected(tx)
        if repository.credentials(tx) is None:
            raise Conflict(
                "The shop is not connected any more; PATCH the connector with new credentials.",
                slug="not-connected",
            )
        if repository.is_paused(tx):
            raise Conflict(
                'The shop is paused; PATCH the connector with {"paused": false} first.',
                slug="shop-paused",
            )
        repository.give_up(tx, datetime.now(UTC))
        jobs = runs.begin(tx, store_id, shop.platform, body.type)
        if not jobs:
            raise Conflict("A sync of this shop is running; wait for it.", slug="sync-running")
        [run] = repository.runs(tx, 1, jobs[0].run_id)
        claim.keep(run, status=202)
    runs.announce(jobs)
    return run


def _connected(tx: db.Tx) -> Store:
    shop = stores.load(tx)
    if shop is None:
        raise NotFound("There is no such connector; GET /connectors lists them.")
    return shop


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(_event(), connector_id)
