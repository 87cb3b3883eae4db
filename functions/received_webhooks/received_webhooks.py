"""Routes of staff to the webhooks that came in the last 30 days: search them, look at one, have one
or a window of them worked off once more.

A replay is a message of the queue like the first one was. It passes the claim, which tells a
delivery that comes again, but not the versions: a state that is older than what is saved changes
nothing. Only this function may read the bodies.
"""

from __future__ import annotations

import json
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from backshop import db
from backshop.aws import config, objects, queues
from backshop.commerce import Model, Store, Time
from backshop.connect.records.models import Query
from backshop.errors import Gone, NotFound
from backshop.received import bodies, repository
from backshop.received.models import ReceivedWebhook, Status, WebhookFilter, WebhookPosition
from backshop.stores import repository as stores
from backshop.web import callers, http, idempotency, paging, routes
from pydantic import BaseModel, Field

AT_ONCE = 100
"""So many are replayed by one call; its answer says where the next one goes on."""

app = routes.app("Received webhooks")
handler = routes.handler(app)

Topic = Annotated[str, MaxLen(100)]


class WholeWebhook(ReceivedWebhook):
    """A webhook with its body, as the shop sent it."""

    body: str | None = Field(description="Null where it was erased with a person, or never kept.")


class Window(Model):
    """Which webhooks are to be worked off once more; `until` is not in it."""

    since: Time
    until: Time
    topic: Topic | None = None
    status: Status | None = None
    cursor: str | None = Field(default=None, max_length=1000)


class Replayed(BaseModel):
    """What became of them: they are queued, oldest first."""

    replayed: int
    not_kept: int = Field(description="So many have no body any more.")
    next_cursor: str | None = Field(description="Send it as `cursor` for the rest of the window.")


WEBHOOK = {
    "id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10",
    "topic": "order.updated",
    "key": "3f1b2c",
    "status": "failed",
    "about": "order:1001",
    "error": "ValidationError",
    "size": 4211,
    "attempts": 5,
    "received_at": "2026-11-20T04:00:00Z",
    "triggered_at": None,
    "settled_at": "2026-11-20T04:00:02Z",
    "is_kept": True,
    "replays": 0,
    "replayed_at": None,
    "replayed_by": None,
}


@routes.route(
    app,
    "GET /connectors/<id>/webhooks",
    scope="staff",
    example={"items": [WEBHOOK], "next_cursor": None},
)
def index(
    id: UUID,
    q: Query = None,
    topic: Topic | None = None,
    status: Status | None = None,
    since: Time | None = None,
    until: Time | None = None,
    cursor: paging.Cursor = None,
    limit: paging.Limit = paging.LIMIT,
) -> paging.Page[ReceivedWebhook]:
    """Webhooks of the last 30 days, newest first; `q` finds by the record's id or the delivery's
    key, many at once."""
    after = paging.position(cursor, WebhookPosition)
    which = WebhookFilter(q=q, topic=topic, status=status, since=since, until=until)
    with db.transaction(store_id=_store_id(id)) as tx:
        rows = repository.listed(tx, which, after, limit + 1)
    return paging.page(rows, limit, _position)


@routes.route(
    app,
    "GET /connectors/<id>/webhooks/<webhook_id>",
    scope="staff",
    example=WEBHOOK | {"body": '{"id": 1001}'},
)
def show(id: UUID, webhook_id: UUID) -> WholeWebhook:
    """One webhook with its body."""
    store_id = _store_id(id)
    with db.transaction(store_id=store_id) as tx:
        webhook = _existing(repository.webhook(tx, webhook_id))
    body = bodies.read(store_id, webhook_id) if webhook.is_kept else None
    return WholeWebhook(
        **webhook.model_dump(), body=body.decode("utf-8", "replace") if body else None
    )


@routes.route(
    app,
    "POST /connectors/<id>/webhooks/<webhook_id>/replay",
    scope="staff",
    status=202,
    problems=[Gone],
    example=WEBHOOK | {"status": "received", "replays": 1},
)
def replay(id: UUID, webhook_id: UUID, key: idempotency.Key = None) -> ReceivedWebhook:
    """Have one webhook worked off once more."""
    store_id = _store_id(id)
    with db.transaction(store_id=store_id) as tx:
        claim = idempotency.claim(tx, _event(), key)
        webhook = _existing(repository.webhook(tx, webhook_id))
        if not webhook.is_kept or not _send(tx, _store(tx), [webhook]):
            raise Gone(
                "The body of this webhook is not there any more; sync the shop instead.",
                slug="webhook-not-kept",
            )
        return claim.keep(_existing(repository.webhook(tx, webhook_id)), status=202)


@routes.route(
    app,
    "POST /connectors/<id>/webhooks/replay",
    scope="staff",
    status=202,
    body_example={"since": "2026-11-20T04:00:00Z", "until": "2026-11-20T05:00:00Z"},
    example={"replayed": 12, "not_kept": 0, "next_cursor": None},
)
def replay_window(id: UUID, body: Window, key: idempotency.Key = None) -> Replayed:
    """Have the webhooks of a window worked off once more, oldest first, a hundred a call."""
    after = paging.position(body.cursor, WebhookPosition)
    which = WebhookFilter(topic=body.topic, status=body.status, since=body.since, until=body.until)
    with db.transaction(store_id=_store_id(id)) as tx:
        claim = idempotency.claim(tx, _event(), key)
        shop = _store(tx)
        rows = repository.listed(tx, which, after, AT_ONCE + 1, oldest_first=True)
        page = paging.page(rows, AT_ONCE, _position)
        sent = _send(tx, shop, [each for each in page.items if each.is_kept])
        answer = Replayed(
            replayed=sent, not_kept=len(page.items) - sent, next_cursor=page.next_cursor
        )
        return claim.keep(answer, status=202)


def _send(tx: db.Tx, shop: Store, webhooks: list[ReceivedWebhook]) -> int:
    """Queue these once more; how many had a body still. Before the commit: what is queued twice
    changes nothing, what is noted and not queued would be lost."""
    read = [(each, bodies.read(shop.id, each.id)) for each in webhooks]
    found = [(each, body) for each, body in read if body is not None]
    digests = repository.digests(tx, [each.id for each, _ in found])
    group = str(shop.id)
    messages = [
        queues.Grouped(_message(shop, each, digests[each.id], body), group) for each, body in found
    ]
    queues.send_all(config.value("WEBHOOK_QUEUE_URL"), messages)
    repository.note_replay(tx, [each.id for each, _ in found], callers.principal(_event()).actor)
    return len(found)


def _message(shop: Store, webhook: ReceivedWebhook, digest: str, body: bytes) -> str:
    """What webhook_receive wrote of it, and that it is a replay."""
    message = {
        "connector_id": str(shop.id),
        "platform": shop.platform,
        "topic": webhook.topic,
        "key": webhook.key,
        "received_at": webhook.received_at.isoformat(),
        "triggered_at": webhook.triggered_at.isoformat() if webhook.triggered_at else None,
        "sha256": digest,
        "replay": True,
    }
    text = json.dumps(message | {"body": body.decode()})
    if len(text) <= queues.INLINE_BYTES // queues.BATCH:
        return text
    return json.dumps(message | {"parked": objects.park(config.value("DATA_BUCKET"), body)})


def _store(tx: db.Tx) -> Store:
    shop = stores.load(tx)
    if shop is None:
        raise NotFound("There is no such connector; GET /connectors lists them.")
    return shop


def _existing(webhook: ReceivedWebhook | None) -> ReceivedWebhook:
    if webhook is None:
        raise NotFound("There is no such webhook; they are kept for 30 days.")
    return webhook


def _position(last: ReceivedWebhook) -> WebhookPosition:
    return WebhookPosition(received_at=last.received_at, id=last.id)


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(_event(), connector_id)
