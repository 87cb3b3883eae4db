"""Routes of connected shops: connect one, list, show and change them, and answers to data requests."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID, uuid4

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.aws import config
from backshop.commerce import Platform
from backshop.connect import repository as connect
from backshop.connect import rules
from backshop.connect.models import Connector, ConnectorChange, ConnectorOnce, NewConnector
from backshop.errors import Conflict, FieldError, NotFound, Unprocessable
from backshop.insights import repository as insights
from backshop.kits.models import OtpSettings
from backshop.shade.models import ShadeSettings
from backshop.stores import credentials
from backshop.stores import repository as store
from backshop.sync import runs
from backshop.web import keys
from backshop.web import old as http
from pydantic import BaseModel, ValidationError

EXPORT_LINK_SECONDS = 900
PARTS: dict[str, type[BaseModel]] = {"otp": OtpSettings, "shade": ShadeSettings}
"""Parts of a store's settings that are other contexts', and what they must fit."""

app = http.app()
handler = http.handler(app)


@app.post("/connectors")
def create() -> Response[str]:
    """Connect a shop: its credentials sealed, a store of its own in every context, a store key. Its
    first sync begins, which subscribes its webhooks."""
    http.require(app, "staff")
    new = http.body(app, NewConnector)
    _check_address(new.store_url, new.platform)
    id = uuid4()
    made_secret = None if new.webhook_secret else _default_webhook_secret(new)
    store_key, key_hash = keys.make("store", id)
    sealed = {
        "api_key": credentials.seal(new.api_key.get_secret_value(), id, "api_key"),
        "secret": credentials.seal(new.secret.get_secret_value(), id, "secret"),
        "webhook_secret": credentials.seal(
            made_secret or _plain(new.webhook_secret), id, "webhook_secret"
        ),
    }
    settings = _settings(new)
    try:
        with db.transaction(store_id=id) as tx:
            store.add(tx, new.platform, new.store_url, settings)
            connect.add_connector(tx, new.platform, new.store_url, new.sync_interval, sealed)
            insights.add_store(tx, new.store_url, key_hash, settings)
            first_sync = runs.begin(tx, id, new.platform)
            shown = connect.connector(tx)
    except db.UniqueViolation:
        raise Conflict(
            "A shop with this store_url is connected already; change it with PATCH.",
            slug="already-connected",
        ) from None
    runs.announce(first_sync)
    told = made_secret if new.platform != Platform.SHOPIFY else None
    return http.reply(201, ConnectorOnce(**_shown(shown), store_key=store_key, webhook_secret=told))


@app.get("/connectors")
def index() -> Response[str]:
    """All connectors for staff; a store key sees its own."""
    caller = http.require(app, "store")
    if caller.store_id:
        with db.transaction(store_id=caller.store_id) as tx:
            rows = connect.connectors(tx)
    else:
        with db.transaction(all_stores=True) as tx:
            rows = connect.connectors(tx)
    shown = [Connector(**_shown(row)).model_dump(mode="json") for row in rows]
    return http.reply(200, {"connectors": shown})


@app.get("/connectors/<id>")
def show(id: str) -> Response[str]:
    """One connector."""
    with db.transaction(store_id=http.own_store(http.require(app, "store"), id)) as tx:
        return http.reply(200, Connector(**_shown(connect.connector(tx))))


@app.patch("/connectors/<id>")
def change(id: str) -> Response[str]:
    """Change what is named. Giving credentials anew also revives an uninstalled connector."""
    named = http.own_store(http.require(app, "staff"), id)
    asked = http.body(app, ConnectorChange)
    sealed = {
        name: credentials.seal(_plain(getattr(asked, name)), named, name)
        for name in ("api_key", "secret", "webhook_secret")
        if getattr(asked, name)
    }
    store_key = None
    try:
        with db.transaction(store_id=named) as tx:
            before = _shown(connect.connector(tx))
            if asked.store_url:
                _check_move(before, asked)
            if "webhook_secret" in sealed:
                _keep_previous(tx, named)
            connect.change_connector(tx, asked.store_url, asked.sync_interval, sealed)
            settings = _settings(asked)
            store.change(tx, asked.store_url, settings)
            insights.change(tx, asked.store_url, settings)
            if asked.api_key:
                insights.set_active(tx, True)
            if asked.new_store_key:
                store_key, key_hash = keys.make("store", named)
                insights.change_key(tx, key_hash)
            shown = connect.connector(tx)
    except db.UniqueViolation:
        raise Conflict(
            "Another connector has this store_url already.", slug="already-connected"
        ) from None
    return http.reply(200, ConnectorOnce(**_shown(shown), store_key=store_key))


@app.get("/connectors/<id>/data-requests")
def data_requests(id: str) -> Response[str]:
    """Answers to customers/data_request of the last seven days, as links that live 15 minutes."""
    named = http.own_store(http.require(app, "staff"), id)
    with db.transaction(store_id=named) as tx:
        rows = store.exports(tx)
    s3 = config.client("s3")
    bucket = config.value("DATA_BUCKET")
    found = [
        {
            "request_id": row["request_id"],
            "requested_at": row["requested_at"],
            "url": s3.generate_presigned_url(
                "get_object",
                Params={"Bucket": bucket, "Key": row["object_key"]},
                ExpiresIn=EXPORT_LINK_SECONDS,
            ),
        }
        for row in rows
    ]
    return http.reply(200, {"data_requests": found})


def _check_address(url: str, platform: Platform) -> None:
    """Raises Unprocessable for an address that functions must not call. The demo shops of a laptop
    are on loopback; the template's parameter LocalShops allows them."""
    wrong = rules.wrong_with_address(url, platform)
    if wrong and config.value("LOCAL_SHOPS", "no") != "yes":
        raise Unprocessable(
            "Please correct: store_url.", errors=[FieldError(field="store_url", message=wrong)]
        )


def _check_move(before: dict[str, Any], asked: ConnectorChange) -> None:
    """Raises Unprocessable where the kept credentials would be sent to another host."""
    url = asked.store_url or ""
    _check_address(url, Platform(before["platform"]))
    if rules.is_elsewhere(before["store_url"], url) and not (asked.api_key and asked.secret):
        raise Unprocessable(
            "The shop moves to another host: send api_key and secret for it too.",
            slug="credentials-missing",
        )


def _default_webhook_secret(new: NewConnector) -> str:
    """Shopify signs with the app's own secret; for the others one is made."""
    if new.platform == Platform.SHOPIFY:
        return new.secret.get_secret_value()
    return secrets.token_urlsafe(32)


def _keep_previous(tx: db.Tx, id: UUID) -> None:
    """Seal the current secret anew as the previous one: its ciphertext is tied to its field."""
    current = connect.webhook_secrets(tx)
    if current and "webhook_secret" in current.sealed:
        plain = credentials.unseal(current.sealed["webhook_secret"], id, "webhook_secret")
        connect.keep_previous_secret(tx, credentials.seal(plain, id, "webhook_secret_previous"))


def _settings(asked: NewConnector | ConnectorChange) -> dict[str, Any]:
    """What a store's `settings` hold: the given settings, its name and where browsers call from."""
    given = asked.settings.model_dump(mode="json", exclude_unset=True) if asked.settings else {}
    _check_parts(given)
    beside = {"name": asked.name, "allowed_origins": asked.allowed_origins}
    return given | {key: said for key, said in beside.items() if said is not None}


def _check_parts(given: dict[str, Any]) -> None:
    """Raise Unprocessable where a part of the settings would not be understood by who reads it."""
    errors = []
    for name, model in PARTS.items():
        try:
            model.model_validate(given.get(name) or {})
        except ValidationError as wrong:
            errors += [
                FieldError(
                    field=".".join(map(str, ("settings", name, *each["loc"]))), message=each["msg"]
                )
                for each in wrong.errors(include_url=False, include_input=False)
            ]
    if errors:
        names = ", ".join(each["field"] for each in errors[:5])
        raise Unprocessable(f"Please correct: {names}.", errors=errors)


def _plain(value: object) -> str:
    return value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)


def _shown(row: dict[str, Any] | None) -> dict[str, Any]:
    if row is None:
        raise NotFound("There is no such connector; GET /connectors lists them.")
    settings = dict(row["settings"])
    return row | {
        "name": settings.pop("name", None),
        "allowed_origins": settings.pop("allowed_origins", []),
        "settings": settings,
        "webhook_path": f"/webhooks/{row['id']}",
    }
