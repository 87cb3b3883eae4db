"""Routes of connected shops: connect one, list, show and change them, and answers to data
requests."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asking
import checking
from backshop import db, outbox
from backshop.aws import config, objects
from backshop.commerce import Platform, Store
from backshop.connect import repository as connect
from backshop.connect import rules
from backshop.connect.models import (
    Connector,
    ConnectorChange,
    ConnectorOnce,
    ConnectorPosition,
    DataRequest,
    Disconnection,
    Erased,
    Kept,
    NewConnector,
)
from backshop.connect.requests import repository as requests
from backshop.errors import Conflict, FieldError, NotFound, Unprocessable
from backshop.insights import repository as insights
from backshop.insights.models import InsightsSettings
from backshop.insights.plans import repository as plans
from backshop.kits.models import DeliverySettings, OtpSettings
from backshop.outgoing import addresses
from backshop.platforms.ports import Credentials
from backshop.received import bodies
from backshop.received import repository as received
from backshop.shade.models import ShadeSettings
from backshop.stores import credentials
from backshop.stores import repository as stores
from backshop.stores import rules as keeping
from backshop.stores.models import ExportPosition, PageSettings
from backshop.sync import repository as syncs
from backshop.sync import runs
from backshop.sync.models import JobKey
from backshop.web import callers, http, idempotency, keys, paging, routes
from checking import Check
from pydantic import BaseModel, SecretStr, ValidationError

LINK_LASTS = timedelta(minutes=15)
FILLS_LATER = (
    "What the store uses from now on is filled by the next sync of everything, which comes once a"
    ' day; POST /connectors/{id}/syncs with {"type": "full"} begins one.'
)
GONE = {"error": "the shop was disconnected"}
PARTS: dict[str, type[BaseModel]] = {
    "deliveries": DeliverySettings,
    "insights": InsightsSettings,
    "otp": OtpSettings,
    "pages": PageSettings,
    "shade": ShadeSettings,
}
"""Parts of a store's settings that are other contexts', and what they must fit."""

app = routes.app("Connectors")
handler = routes.handler(app)

CONNECTOR = {
    "id": "0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
    "platform": "woocommerce",
    "store_url": "https://shop.example.com",
    "sync_interval": 300,
    "status": "active",
    "shop_domain": None,
    "erasure_asked_at": None,
    "paused_at": None,
    "name": "The shop",
    "allowed_origins": ["https://shop.example.com"],
    "settings": {"currency": "USD", "time_zone": "UTC"},
    "created_at": "2026-11-02T10:15:00Z",
    "updated_at": "2026-11-02T10:15:00Z",
    "webhook_path": "/webhooks/0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11",
}
DISCONNECTION = {
    "status": "active",
    "erased": {
        "what": ["the shop's credentials", "the store key", "bodies of webhooks"],
        "webhook_bodies": 1204,
        "waiting": 2,
    },
    "kept": {"orders": 5120, "customers": 3011, "products": 240},
}
NEW = {
    "platform": "woocommerce",
    "store_url": "https://shop.example.com",
    "api_key": "ck_…",
    "secret": "cs_…",
    "name": "The shop",
    "allowed_origins": ["https://shop.example.com"],
    "settings": {"currency": "USD", "time_zone": "UTC"},
}


@routes.route(
    app,
    "POST /connectors",
    scope="staff",
    status=201,
    problems=[Conflict],
    body_example=NEW,
    example=CONNECTOR | {"store_key": "bs_store_…", "webhook_secret": "…", "problems": []},
)
def create(body: NewConnector, key: idempotency.Key = None) -> ConnectorOnce:
    """Connect a shop: its credentials sealed, a store of its own in every context, a store key.

    The shop is asked first. What it refuses (credentials, an address without its API) is a 422;
    what else it lacks, or that it cannot be reached, is named in `problems`.

    Its first sync begins, which subscribes its webhooks. The store key, and a webhook secret that
    was made here, are shown this once.
    """
    _check_address(body.store_url, body.platform)
    _check_channel(body, body.platform)
    id = idempotency.derived_id(_event(), key) if key else uuid4()
    idempotency.look_up(id, _event(), key)
    problems = asking.ask(
        body.platform,
        Credentials(
            url=body.store_url,
            api_key=body.api_key.get_secret_value(),
            secret=body.secret.get_secret_value(),
            settings=body.settings.model_dump(mode="json"),
        ),
    )
    made_secret = None if body.webhook_secret else _default_webhook_secret(body)
    store_key, key_hash = keys.make("store", id)
    sealed = {
        "api_key": _seal(body.api_key, id, "api_key"),
        "secret": _seal(body.secret, id, "secret"),
        "webhook_secret": _seal(made_secret or body.webhook_secret, id, "webhook_secret"),
    }
    settings = _settings(body)
    try:
        with db.transaction(store_id=id) as tx:
            claim = idempotency.claim(tx, _event(), key)
            stores.add(tx, body.platform, body.store_url, settings)
            connect.add_connector(tx, body.platform, body.store_url, body.sync_interval, sealed)
            insights.add_store(tx, body.store_url, key_hash, settings)
            first_sync = runs.begin(tx, id, body.platform)
            connector = ConnectorOnce(
                **_fields(connect.connector(tx)),
                store_key=store_key,
                problems=problems,
                # Shopify signs with the app's own secret: its owner has it.
                webhook_secret=made_secret.get_secret_value()
                if made_secret and body.platform != Platform.SHOPIFY
                else None,
            )
            claim.keep(connector, secret=["store_key", "webhook_secret"])
    except db.UniqueViolation as taken:
        if taken.diag.constraint_name == "stores_pkey":
            raise idempotency.reused() from None
        raise Conflict(
            "A shop with this store_url is connected already; change it with PATCH. For another"
            " shop of the same Vendure server, name its channel in settings.channel.",
            slug="already-connected",
        ) from None
    runs.announce(first_sync)
    return connector


@routes.route(
    app,
    "POST /connectors/check",
    scope="staff",
    body_example=NEW,
    example={
        "ok": False,
        "currency": "USD",
        "time_zone": "America/New_York",
        "checks": [
            {"what": "shop", "ok": True, "problem": None},
            {"what": "orders", "ok": False, "problem": "the key may not read orders"},
        ],
    },
)
def check(body: NewConnector) -> Check:
    """Whether credentials open the shop, and what is missing; nothing is stored or connected."""
    _check_address(body.store_url, body.platform)
    settings = body.settings.model_dump(exclude_unset=True) if body.settings else {}
    return checking.check(
        body.platform,
        Credentials(
            url=body.store_url,
            api_key=body.api_key.get_secret_value(),
            secret=body.secret.get_secret_value(),
            settings=settings,
        ),
    )


@routes.route(
    app,
    "GET /connectors",
    scope="store",
    example={"items": [CONNECTOR], "next_cursor": None},
)
def index(
    cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[Connector]:
    """All connectors for staff; a store key sees its own."""
    after = paging.position(cursor, ConnectorPosition)
    store_id = callers.principal(_event()).store_id
    with db.transaction(store_id=store_id, all_stores=store_id is None) as tx:
        rows = connect.connectors(tx, after, limit + 1)
    connectors = [Connector(**_fields(row)) for row in rows]
    return paging.page(
        connectors, limit, lambda last: ConnectorPosition(created_at=last.created_at, id=last.id)
    )


@routes.route(app, "GET /connectors/<id>", scope="store", example=CONNECTOR)
def show(id: UUID) -> Connector:
    """One connector."""
    with db.transaction(store_id=_store_id(id)) as tx:
        return Connector(**_fields(connect.connector(tx)))


@routes.route(
    app,
    "PATCH /connectors/<id>",
    scope="staff",
    problems=[Conflict],
    body_example={"sync_interval": 600},
    example=CONNECTOR
    | {"sync_interval": 600, "store_key": None, "webhook_secret": None, "problems": []},
)
def change(id: UUID, body: ConnectorChange) -> ConnectorOnce:
    """Change what is named. Credentials sent anew also revive an uninstalled connector.

    Where the address, the credentials or the channel change, the shop is asked first, as when it is
    connected. Where `settings.uses` grows, a sync of everything begins, which fills what is new.
    """
    store_id = _store_id(id)
    problems = _ask_changed(store_id, body)
    secrets_sent = {
        name: secret
        for name in ("api_key", "secret", "webhook_secret")
        if (secret := getattr(body, name))
    }
    sealed = {name: _seal(secret, store_id, name) for name, secret in secrets_sent.items()}
    store_key = None
    try:
        with db.transaction(store_id=store_id) as tx:
            _check_change(_fields(connect.connector(tx)), body)
            if "webhook_secret" in sealed:
                _keep_previous(tx, store_id)
            connect.change_connector(tx, body.store_url, body.sync_interval, sealed)
            if body.paused is not None:
                connect.pause(tx, body.paused)
            before = stores.load(tx)
            settings = _settings(body)
            stores.change(tx, body.store_url, settings)
            insights.change(tx, body.store_url, settings)
            if body.api_key:
                insights.set_active(tx, True)
            if body.plan:
                plans.set_plan(tx, body.plan)
            if body.new_store_key:
                store_key, key_hash = keys.make("store", store_id)
                insights.change_key(tx, key_hash)
            refill = _refill(tx, before)
            if refill == []:
                problems.append(FILLS_LATER)
            shown = _fields(connect.connector(tx))
    except db.UniqueViolation:
        raise Conflict(
            "Another connector has this store_url and channel already.", slug="already-connected"
        ) from None
    runs.announce(refill or [])
    return ConnectorOnce(**shown, store_key=store_key, problems=problems)


@routes.route(app, "GET /connectors/<id>/disconnection", scope="staff", example=DISCONNECTION)
def disconnection(id: UUID) -> Disconnection:
    """What disconnecting the shop would erase, and what it would keep; nothing is done."""
    with db.transaction(store_id=_store_id(id)) as tx:
        connector = _fields(connect.connector(tx))
        return _disconnection(tx, connector["status"])


@routes.route(
    app,
    "DELETE /connectors/<id>",
    scope="staff",
    example=DISCONNECTION | {"status": "uninstalled"},
)
def disconnect(id: UUID) -> Disconnection:
    """Disconnect the shop: its credentials, its store key and the webhooks that it sent are erased,
    its syncs end, and what still waited to be done there fails.

    Orders, customers, products and numbers are kept, as `GET /connectors/{id}/disconnection` says
    before. A second call changes nothing; PATCH with new credentials connects the shop again.
    Where the platform asked to erase the shop (`erasure_asked_at`), all of it is erased within
    minutes.
    """
    store_id = _store_id(id)
    now = datetime.now(UTC)
    with db.transaction(store_id=store_id) as tx:
        connector = _fields(connect.connector(tx))
        made = _disconnection(tx, connector["status"])
        connect.disconnect(tx)
        insights.set_active(tx, False)
        insights.change_key(tx, keys.NOBODY)
        syncs.give_up(tx, now)
        outbox.fail_open(tx, GONE)
        requests.fail_open(tx, GONE)
        webhooks = received.forget_all(tx)
        _erase_if_asked(tx, now)
    bodies.delete(store_id, webhooks)
    return made.model_copy(update={"status": "uninstalled"})


@routes.route(
    app,
    "GET /connectors/<id>/data-requests",
    scope="staff",
    example={
        "items": [
            {
                "request_id": "42",
                "requested_at": "2026-11-02T10:15:00Z",
                "url": "https://data.example.com/exports/…",
            }
        ],
        "next_cursor": None,
    },
)
def data_requests(
    id: UUID, cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[DataRequest]:
    """Answers to customers' data requests of the last seven days, as links that live 15 minutes."""
    after = paging.position(cursor, ExportPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        rows = stores.exports(tx, after, limit + 1)
    page = paging.page(rows, limit, ExportPosition.model_validate)
    return paging.Page(
        items=[_data_request(id, row) for row in page.items], next_cursor=page.next_cursor
    )


def _refill(tx: db.Tx, before: Store | None) -> list[JobKey] | None:
    """The jobs of the sync that fills what the store uses from now on; none where it has to wait
    for one that runs, None where there is nothing to fill."""
    after = stores.load(tx)
    if before is None or after is None or not after.uses - before.uses:
        return None
    stores.read_anew(tx)
    return runs.begin(tx, after.id, after.platform) if syncs.credentials(tx) else []


def _disconnection(tx: db.Tx, status: str) -> Disconnection:
    held = connect.holdings(tx)
    return Disconnection(
        status=status,
        erased=Erased(webhook_bodies=received.kept_bodies(tx), waiting=outbox.open_rows(tx)),
        kept=Kept.model_validate(held),
    )


def _erase_if_asked(tx: db.Tx, now: datetime) -> None:
    """Have the platform's order carried out that came while the shop was connected here: by
    outbox_worker, which may delete what is stored of it."""
    standing = connect.standing(tx)
    if standing and standing.is_erasure_asked:
        outbox.put(tx, "uninstall", "uninstall", {"at": now.isoformat()})


def _data_request(store_id: UUID, row: dict[str, Any]) -> DataRequest:
    key = keeping.export_key(store_id, row["request_id"])
    return DataRequest(
        request_id=row["request_id"],
        requested_at=row["requested_at"],
        url=objects.link(config.value("DATA_BUCKET"), key, LINK_LASTS),
    )


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(_event(), connector_id)


def _seal(secret: SecretStr | None, id: UUID, field: str) -> str:
    assert secret is not None
    return credentials.seal(secret.get_secret_value(), id, field)


def _check_address(url: str, platform: Platform) -> None:
    """Raises Unprocessable for an address that functions must not call."""
    if config.allows_local_shops():
        return
    wrong = rules.wrong_with_address(url, platform) or addresses.wrong_with(url)
    if wrong:
        errors = [FieldError(field="store_url", message=wrong)]
        raise Unprocessable(http.please_correct(errors), errors=errors)


def _check_channel(body: NewConnector | ConnectorChange, platform: Platform) -> None:
    """Raises Unprocessable for a channel where there are none: it would make one shop two."""
    if body.settings and body.settings.channel and platform != Platform.VENDURE:
        wrong = "is for Vendure alone; leave it out"
        errors = [FieldError(field="settings.channel", message=wrong)]
        raise Unprocessable(http.please_correct(errors), errors=errors)


def _ask_changed(store_id: UUID, body: ConnectorChange) -> list[str]:
    """What the shop lacks by its new address, credentials or channel. Raises Unprocessable."""
    has_channel = body.settings is not None and "channel" in body.settings.model_fields_set
    if not (body.store_url or body.api_key or body.secret or has_channel):
        return []
    with db.transaction(store_id=store_id) as tx:
        before = _fields(connect.connector(tx))
        sealed = syncs.credentials(tx) or {}
    _check_change(before, body)
    new_secrets: dict[str, SecretStr | None] = {"api_key": body.api_key, "secret": body.secret}
    plain = {
        name: value.get_secret_value()
        if value
        else credentials.unseal(sealed[name], store_id, name)
        for name, value in new_secrets.items()
        if value or name in sealed
    }
    if len(plain) < len(new_secrets):
        return []
    settings = before["settings"] | (body.settings.model_dump(mode="json") if body.settings else {})
    url = body.store_url or before["store_url"]
    return asking.ask(
        Platform(before["platform"]), Credentials(url=url, **plain, settings=settings)
    )


def _check_change(before: dict[str, Any], body: ConnectorChange) -> None:
    _check_channel(body, Platform(before["platform"]))
    if body.store_url:
        _check_move(before, body)


def _check_move(before: dict[str, Any], body: ConnectorChange) -> None:
    """Raises Unprocessable where the kept credentials would be sent to another origin."""
    url = body.store_url or ""
    _check_address(url, Platform(before["platform"]))
    if rules.is_elsewhere(before["store_url"], url) and not (body.api_key and body.secret):
        raise Unprocessable(
            "The shop moves to another address: send api_key and secret for it too.",
            slug="credentials-missing",
        )


def _default_webhook_secret(body: NewConnector) -> SecretStr:
    """Shopify signs with the app's own secret; for the others one is made."""
    if body.platform == Platform.SHOPIFY:
        return body.secret
    return SecretStr(secrets.token_urlsafe(32))


def _keep_previous(tx: db.Tx, id: UUID) -> None:
    """Seal the current secret anew as the previous one: its ciphertext is tied to its field."""
    current = connect.webhook_secrets(tx)
    if current and "webhook_secret" in current.sealed:
        plain = credentials.unseal(current.sealed["webhook_secret"], id, "webhook_secret")
        connect.keep_previous_secret(tx, credentials.seal(plain, id, "webhook_secret_previous"))


def _settings(body: NewConnector | ConnectorChange) -> dict[str, Any]:
    """What a store's `settings` hold: those of the body, its name and where browsers call from."""
    settings = body.settings.model_dump(mode="json", exclude_unset=True) if body.settings else {}
    _check_parts(settings)
    beside = {"name": body.name, "allowed_origins": body.allowed_origins}
    return settings | {key: value for key, value in beside.items() if value is not None}


def _check_parts(settings: dict[str, Any]) -> None:
    """Raise Unprocessable where a part of the settings would not be understood by who reads it."""
    errors = []
    for name, model in PARTS.items():
        try:
            model.model_validate(settings.get(name) or {})
        except ValidationError as wrong:
            details = wrong.errors(include_url=False, include_input=False)
            for each in details:
                each["loc"] = ("settings", name, *each["loc"])
            errors += http.field_errors(details)
    if errors:
        raise Unprocessable(http.please_correct(errors), errors=errors)


def _fields(row: dict[str, Any] | None) -> dict[str, Any]:
    """A connector's row as `Connector` has it. Raises NotFound."""
    if row is None:
        raise NotFound("There is no such connector; GET /connectors lists them.")
    settings = dict(row["settings"])
    return row | {
        "name": settings.pop("name", None),
        "allowed_origins": settings.pop("allowed_origins", []),
        "settings": settings,
        "webhook_path": f"/webhooks/{row['id']}",
    }
