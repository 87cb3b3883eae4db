"""Routes of the virtual try-on: begin a session, see what came of it, erase it; and looks of
products.

A shop begins sessions with its store key or hands its pages a publishable token for ten minutes.
What
a session holds is shown and erased for its own capability alone, which only its beginner was given.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.aws import config, objects
from backshop.connect.try_on import repository as try_on
from backshop.connect.try_on import rules
from backshop.connect.try_on.looks import Foundation, Result, SessionStatus
from backshop.connect.try_on.models import (
    AssetUpload,
    NewAsset,
    NewSession,
    ProductLook,
    PublishableToken,
    Session,
    SessionBegun,
    ShownResult,
    Upload,
)
from backshop.errors import FieldError, Forbidden, NotFound, TooManyRequests, Unprocessable
from backshop.web import callers, http, idempotency, routes, tokens

ASSET_BYTES = 10_000_000

app = routes.app("Try-on")
handler = routes.handler(app)

UPLOAD = {
    "url": "https://try-on.example.com/",
    "fields": {"key": "selfies/…", "Content-Type": "image/jpeg", "policy": "…"},
    "max_bytes": rules.MAX_BYTES,
    "expires_in": 600,
}
SESSION_ID = "3f0f6a5e-5c0f-4c9f-8b5e-0f2a6c1d9e77"
FAILED = {
    "status": "failed",
    "code": "not_wearable",
    "reason": "This product cannot be tried on yet.",
    "sku": "BRUSH",
    "url": None,
}


@routes.route(
    app,
    "POST /try-on/tokens",
    scope="store",
    status=201,
    example={"token": "eyJhbGciOiJIUzI1NiJ9.…", "expires_in": 600},
)
def publish(key: idempotency.Key = None) -> PublishableToken:
    """A publishable token: who has it may begin sessions of this store, and nothing else."""
    store_id = callers.store_of_call(_event())
    claims = {"store_id": str(store_id)}
    token = tokens.sign(rules.PUBLISHABLE, claims, at=datetime.now(UTC), lasts=rules.TOKEN_LASTS)
    made = PublishableToken(token=token, expires_in=int(rules.TOKEN_LASTS.total_seconds()))
    return idempotency.once(store_id, _event(), key, made, secret=["token"])


@routes.route(
    app,
    "POST /try-on/sessions",
    scope="try-on",
    status=201,
    problems=[TooManyRequests],
    body_example={"skus": ["TINT-30", "BRUSH"], "consent": True},
    example={
        "session_id": SESSION_ID,
        "status": "created",
        "capability": "eyJhbGciOiJIUzI1NiJ9.…",
        "upload": UPLOAD,
        "results": [FAILED],
    },
)
def begin(body: NewSession, key: idempotency.Key = None) -> SessionBegun:
    """A session and where to upload its selfie.

    Each SKU must be of the store; those that cannot be tried on have failed already. A publishable
    token cannot name a customer.
    """
    published = callers.principal(_event()).kind == rules.PUBLISHABLE
    store_id = callers.store_of_call(_event())
    if published and body.customer_id:
        raise Forbidden("A publishable token cannot name a customer; use the store key.")
    at, session_id = datetime.now(UTC), uuid4()
    object_key = rules.selfie_key(store_id, session_id)
    claims = {"store_id": str(store_id), "session_id": str(session_id)}
    with db.transaction(store_id=store_id) as tx:
        claim = idempotency.claim(tx, _event(), key)
        _take(tx, store_id, published, at)
        platform = _platform(tx, body.customer_id)
        results = _early_results(tx, body)
        selfie = objects.address(_bucket(), object_key)
        try_on.add_session(tx, session_id, body, platform, selfie, results, at)
        begun = SessionBegun(
            session_id=session_id,
            status=SessionStatus.CREATED,
            capability=tokens.sign(rules.CAPABILITY, claims, at=at, lasts=rules.OVERLAYS_LAST),
            upload=_upload(object_key, body.content_type, rules.MAX_BYTES),
            results=[ShownResult(sku=sku, **asdict(result)) for sku, result in results.items()],
        )
        return claim.keep(begun, secret=["capability", "upload"])


@routes.route(
    app,
    "GET /try-on/sessions/<id>",
    scope="token",
    example={
        "session_id": SESSION_ID,
        "status": "complete",
        "reason": None,
        "selfie_url": None,
        "results": [
            {
                "status": "complete",
                "code": None,
                "reason": None,
                "sku": "TINT-30",
                "url": "https://try-on.example.com/overlays/…",
            },
            FAILED,
        ],
        "reading": {
            "ita": 31.5,
            "ita_range": [24.0, 39.0],
            "monk": 4,
            "monk_range": [3, 5],
            "warnings": [],
            "shades": [{"sku": "TINT-30", "title": "Tint 30", "delta_e": 2.4}],
        },
        "notes": [],
        "created_at": "2026-11-02T10:15:00Z",
    },
)
def show(id: UUID) -> Session:
    """A session with links to its pictures, which live for 15 minutes."""
    store_id, session_id = _capable(id)
    at = datetime.now(UTC)
    with db.transaction(store_id=store_id) as tx:
        row = try_on.session(tx, session_id)
        if row and rules.is_stuck(row["status"], row["claimed_at"] or row["created_at"], at):
            try_on.fail_stuck(tx, at - rules.STUCK_AFTER, rules.NO_SELFIE, rules.STUCK)
            row = try_on.session(tx, session_id)
    if row is None:
        raise _gone()
    return _shown(row)


@routes.route(app, "DELETE /try-on/sessions/<id>", scope="token", status=204)
def erase(id: UUID) -> Response[str]:
    """Erase a session: rows, selfie and pictures. It may be called again until it has succeeded."""
    store_id, session_id = _capable(id)
    with db.transaction(store_id=store_id) as tx:
        try_on.delete_sessions(tx, [session_id])
    # Every picture, whether known to the database or not.
    pictures = objects.keys(_bucket(), rules.overlays_prefix(store_id, session_id))
    objects.delete(_bucket(), [rules.selfie_key(store_id, session_id), *pictures])
    return Response(204, body="")


LOOK = {"sku": "LIP-RED", "look": {"kind": "lip", "color": "#a8142a"}}


@routes.route(
    app,
    "PUT /try-on/looks",
    scope="store",
    problems=[NotFound],
    body_example=LOOK,
    example={
        "sku": "LIP-RED",
        "look": {"kind": "lip", "color": "#a8142a", "coverage": 0.8, "finish": "natural"},
    },
)
def set_look(body: ProductLook) -> ProductLook:
    """Say how a product is tried on; docs/try-on.md describes the looks."""
    look = body.model_dump(mode="json", exclude_none=True).get("look")
    with db.transaction(store_id=callers.store_of_call(_event())) as tx:
        if not try_on.set_look(tx, body.sku, look):
            raise NotFound("There is no product with this SKU; sync the store first.")
    return body


@routes.route(
    app,
    "POST /try-on/assets",
    scope="store",
    status=201,
    body_example={"name": "horn-rims.png", "content_type": "image/png"},
    example={"name": "horn-rims.png", "upload": UPLOAD},
)
def add_asset(body: NewAsset, key: idempotency.Key = None) -> AssetUpload:
    """Where to upload a picture or a font that looks name; the same name replaces it."""
    store_id = callers.store_of_call(_event())
    upload = _upload(rules.asset_key(store_id, body.name), body.content_type, ASSET_BYTES)
    made = AssetUpload(name=body.name, upload=upload)
    return idempotency.once(store_id, _event(), key, made, secret=["upload"])


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


def _take(tx: db.Tx, store_id: UUID, published: bool, at: datetime) -> None:
    """Count the session against its limits. Raises TooManyRequests."""
    address = callers.address(_event())
    window = rules.ADDRESS_WINDOW
    if published and not try_on.take(
        tx, rules.address_hash(store_id, address), rules.ADDRESS_SESSIONS, window, at
    ):
        raise TooManyRequests(
            "Too many sessions were begun from here; wait some minutes.",
            retry_after=int(window.total_seconds()),
        )
    if try_on.sessions_since(tx, at - rules.STORE_WINDOW) >= rules.STORE_SESSIONS:
        raise TooManyRequests("This shop's try-on is very busy; try again later.", retry_after=300)


def _platform(tx: db.Tx, customer_id: str | None) -> str | None:
    if customer_id is None:
        return None
    platform = try_on.platform_of_customer(tx, customer_id)
    if platform is None:
        raise _wrong("customer_id", "this store has no such customer")
    return platform


def _early_results(tx: db.Tx, new: NewSession) -> dict[str, Result]:
    """What is known before there is a selfie. Raises Unprocessable where a SKU is not the store's,
    or none of them can be tried on."""
    found = try_on.products(tx, [*new.skus, *([new.own_shade] if new.own_shade else [])])
    for place, sku in enumerate(new.skus):
        if sku not in found:
            raise _wrong(f"skus.{place}", "this store has no such product")
    if new.own_shade and not _is_shade(found.get(new.own_shade)):
        raise _wrong("own_shade", "give the SKU of a foundation with a shade")
    looks = {sku: rules.look(found[sku].metadata) for sku in new.skus}
    failed = {sku: look for sku, look in looks.items() if isinstance(look, Result)}
    if len(failed) == len(new.skus):
        raise _wrong("skus", "none of these products can be tried on yet")
    return failed


def _is_shade(product: try_on.Product | None) -> bool:
    look = rules.look(product.metadata) if product else None
    return isinstance(look, Foundation) and bool(look.shade)


def _wrong(field: str, message: str) -> Unprocessable:
    return Unprocessable(
        f"Please correct: {field}.", errors=[FieldError(field=field, message=message)]
    )


def _capable(id: UUID) -> tuple[UUID, UUID]:
    """Store and session of the capability that was sent, if it is this session's."""
    claims = tokens.read(rules.CAPABILITY, http.bearer(_event()), at=datetime.now(UTC))
    if claims["session_id"] != str(id):
        raise _gone()
    return UUID(claims["store_id"]), UUID(claims["session_id"])


def _gone() -> NotFound:
    return NotFound("There is no such session; it may have been erased or have expired.")


def _shown(row: dict[str, Any]) -> Session:
    whose = row["store_id"], row["session_id"]
    results = []
    for sku in row["skus"]:
        result = row["results"].get(sku)
        if result:
            url = _link(rules.overlay_key(*whose, sku)) if sku in row["drawn"] else None
            results.append(ShownResult(sku=sku, url=url, **result))
    selfie_there = row["selfie_deleted_at"] is None and row["claimed_at"] is not None
    return Session(
        session_id=row["session_id"],
        status=row["status"],
        reason=row["reason"],
        selfie_url=_link(rules.selfie_key(*whose)) if selfie_there else None,
        results=results,
        reading=row["reading"],
        notes=row["notes"],
        created_at=row["created_at"],
    )


def _link(key: str) -> str:
    """A signed link to an object, for as long as it takes to look at it."""
    return objects.link(_bucket(), key, rules.LINK_LASTS)


def _upload(key: str, content_type: str, limit: int) -> Upload:
    """A signed form for one object of this type and at most this many bytes."""
    form = objects.upload(_bucket(), key, content_type, limit, rules.UPLOAD_LASTS)
    lasts = int(rules.UPLOAD_LASTS.total_seconds())
    return Upload(**form, max_bytes=limit, expires_in=lasts)


def _bucket() -> str:
    return config.value("TRY_ON_BUCKET")
