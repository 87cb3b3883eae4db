"""Routes of a connector's syncs: what ran and how it went, and starting one."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.errors import Conflict, NotFound
from backshop.stores import repository as stores
from backshop.sync import repository as store
from backshop.sync import runs
from backshop.sync.models import NewSync
from backshop.web import old as http

SHOWN = 50

app = http.app()
handler = http.handler(app)


@app.get("/connectors/<id>/syncs")
def index(id: str) -> Response[str]:
    """The last runs, newest first, with what each resource brought."""
    named = http.own_store(http.require(app, "store"), id)
    with db.transaction(store_id=named) as tx:
        _there(tx)
        found = store.runs(tx, SHOWN)
    return http.reply(200, {"syncs": [each.model_dump(mode="json") for each in found]})


@app.get("/connectors/<id>/syncs/<run_id>")
def show(id: str, run_id: str) -> Response[str]:
    """One run."""
    named = http.own_store(http.require(app, "store"), id)
    with db.transaction(store_id=named) as tx:
        _there(tx)
        found = store.runs(tx, 1, _uuid(run_id))
    if not found:
        raise NotFound("There is no such sync; GET the connector's syncs lists them.")
    return http.reply(200, found[0])


@app.post("/connectors/<id>/syncs")
def start(id: str) -> Response[str]:
    """Start a run; 409 while another one works. One that waits to be tried again gives way."""
    named = http.own_store(http.require(app, "store"), id)
    asked = http.body(app, NewSync)
    now = datetime.now(UTC)
    with db.transaction(store_id=named) as tx:
        shop = _there(tx)
        if store.credentials(tx) is None:
            raise Conflict(
                "The shop is not connected any more; PATCH the connector with new credentials.",
                slug="not-connected",
            )
        store.give_up(tx, now)
        jobs = runs.begin(tx, named, shop.platform, asked.type)
        if not jobs:
            raise Conflict("A sync of this shop is running; wait for it.", slug="sync-running")
        (run,) = store.runs(tx, 1, jobs[0].run_id)
    runs.announce(jobs)
    return http.reply(202, run)


def _there(tx: db.Tx) -> stores.Store:
    shop = stores.load(tx)
    if shop is None:
        raise NotFound("There is no such connector; GET /connectors lists them.")
    return shop


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("There is no such sync; GET the connector's syncs lists them.") from None
