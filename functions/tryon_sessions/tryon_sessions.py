"""Routes of the virtual try-on: begin a session, see what came of it, erase it; and looks of products.

A shop begins sessions with its store key or hands its pages a publishable token for ten minutes. What
a session holds is shown and erased for its own capability alone, which only its beginner was given.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.aws import config
from backshop.connect.try_on import repository as try_on
from backshop.connect.try_on import rules
from backshop.connect.try_on.models import (
    Foundation,
    NewAsset,
    NewSession,
    ProductLook,
    Reading,
    Result,
    Session,
    Shown,
    Status,
)
from backshop.errors import (
    FieldError,
    Forbidden,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unprocessable,
)
from backshop.web import old as http
from backshop.web import tokens

ASSET_BYTES = 10_000_000
CAPABILITY = "try-on session"
PUBLISHABLE = "publishable"

app = http.app()
handler = http.handler(app)


@app.post("/try-on/tokens")
def publish() -> Response[str]:
    """A publishable token: who has it may begin sessions of this store, and nothing else."""
    http.require(app, "store")
    store_id = http.store_id(app)
    claims = {"store_id": str(store_id)}
    token = tokens.sign(PUBLISHABLE, claims, at=datetime.now(UTC), lasts=rules.TOKEN_LASTS)
    return http.reply(201, {"token": token, "expires_in": int(rules.TOKEN_LASTS.total_seconds())})


@app.post("/try-on/sessions")
def begin() -> Response[str]:
    """A session and where to upload its selfie. Each SKU must be of the store; those that cannot be
    tried on have failed already."""
    published = _published()
    store_id = http.store_id(app)
    new = http.body(app, NewSession)
    if published and new.customer_id:
        raise Forbidden("A publishable token cannot name a customer; use the store key.")
    at, session_id = datetime.now(UTC), uuid4()
    key = rules.selfie_key(store_id, session_id)
    with db.transaction(store_id=store_id) as tx:
        _take(tx, store_id, published, at)
        platform = _platform(tx, new.customer_id)
        results = _early_results(tx, new)
        try_on.add_session(tx, session_id, new, platform, _url(key), results, at)
    claims = {"store_id": str(store_id), "session_id": str(session_id)}
    return http.reply(
        201,
        {
            "session_id": session_id,
            "status": Status.CREATED,
            "capability": tokens.sign(CAPABILITY, claims, at=at, lasts=rules.OVERLAYS_LAST),
            "upload": _upload(key, new.content_type, rules.MAX_BYTES),
            "results": [
                Shown(sku=sku, **dict(result)).model_dump() for sku, result in results.items()
            ],
        },
    )


@app.get("/try-on/sessions/<id>")
def show(id: str) -> Response[str]:
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
    return http.reply(200, _shown(row))


@app.delete("/try-on/sessions/<id>")
def erase(id: str) -> Response[str]:
    """Erase a session: rows, selfie and pictures. It may be called again until it has succeeded."""
    store_id, session_id = _capable(id)
    with db.transaction(store_id=store_id) as tx:
        try_on.delete_sessions(tx, [session_id])
    _delete_objects(store_id, session_id)
    return http.reply(204)


@app.put("/try-on/looks")
def set_look() -> Response[str]:
    """Say how a product is tried on; docs/try-on.md describes the looks."""
    http.require(app, "store")
    asked = http.body(app, ProductLook)
    look = asked.look.model_dump(mode="json", exclude_none=True) if asked.look else None
    with db.transaction(store_id=http.store_id(app)) as tx:
        if not try_on.set_look(tx, asked.sku, look):
            raise NotFound("There is no product with this SKU; sync the store first.")
    return http.reply(200, {"sku": asked.sku, "look": look})


@app.post("/try-on/assets")
def add_asset() -> Response[str]:
    """Where to upload a picture or a font that looks name; the same name replaces it."""
    http.require(app, "store")
    asked = http.body(app, NewAsset)
    key = rules.asset_key(http.store_id(app), asked.name)
    upload = _upload(key, asked.content_type, ASSET_BYTES)
    return http.reply(201, {"name": asked.name, "upload": upload})


def _published() -> bool:
    """Whether a publishable token calls, rather than a key. Raises Forbidden for other callers."""
    caller = http.principal(app)
    if not caller.scopes & {"store", "try-on"}:
        raise Forbidden("This key lacks the scope 'store'; use one that has it.")
    return caller.kind == PUBLISHABLE


def _take(tx: db.Tx, store_id: UUID, published: bool, at: datetime) -> None:
    """Count the session against its limits. Raises TooManyRequests."""
    address = app.current_event.request_context.http.source_ip
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
    """What is known before there is a selfie. Raises Unprocessable where a SKU is not the store's, or
    none of them can be tried on."""
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


def _capable(id: str) -> tuple[UUID, UUID]:
    """Store and session of the capability that was sent, if it is this session's."""
    scheme, _, token = (http.header(app.current_event.raw_event, "authorization") or "").partition(
        " "
    )
    if scheme.lower() != "bearer":
        raise Unauthorized("Send the session's capability as `Authorization: Bearer <capability>`.")
    claims = tokens.read(CAPABILITY, token, at=datetime.now(UTC))
    if claims["session_id"] != id.lower():
        raise _gone()
    return UUID(claims["store_id"]), UUID(claims["session_id"])


def _gone() -> NotFound:
    return NotFound("There is no such session; it may have been erased or have expired.")


def _shown(row: dict[str, Any]) -> Session:
    results = []
    for sku in row["skus"]:
        result = row["results"].get(sku)
        if result:
            url = row["overlays"].get(sku)
            results.append(Shown(sku=sku, url=_link(url) if url else None, **result))
    selfie_there = row["selfie_deleted_at"] is None and row["claimed_at"] is not None
    return Session(
        session_id=row["session_id"],
        status=row["status"],
        reason=row["reason"],
        selfie_url=_link(row["selfie_url"]) if selfie_there else None,
        results=results,
        reading=Reading.model_validate(row["reading"]) if row["reading"] else None,
        notes=row["notes"],
        created_at=row["created_at"],
    )


def _url(key: str) -> str:
    return f"s3://{config.value('TRY_ON_BUCKET')}/{key}"


def _link(url: str) -> str:
    """A signed link to an object, for as long as it takes to look at it."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    link: str = config.client("s3").generate_presigned_url(
        "get_object",
        Params={"Bucket": bucket, "Key": key},
        ExpiresIn=int(rules.LINK_LASTS.total_seconds()),
    )
    return link


def _upload(key: str, content_type: str, most: int) -> dict[str, Any]:
    """A presigned POST for one object of this type and at most this many bytes."""
    lasts = int(rules.UPLOAD_LASTS.total_seconds())
    made = config.client("s3").generate_presigned_post(
        Bucket=config.value("TRY_ON_BUCKET"),
        Key=key,
        Fields={"Content-Type": content_type},
        Conditions=[{"Content-Type": content_type}, ["content-length-range", 1, most]],
        ExpiresIn=lasts,
    )
    return {**made, "max_bytes": most, "expires_in": lasts}


def _delete_objects(store_id: UUID, session_id: UUID) -> None:
    """The selfie and every picture, whether known to the database or not."""
    s3, bucket = config.client("s3"), config.value("TRY_ON_BUCKET")
    prefix = rules.overlays_prefix(store_id, session_id)
    found = s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
    keys = [rules.selfie_key(store_id, session_id), *(each["Key"] for each in found)]
    s3.delete_objects(
        Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys], "Quiet": True}
    )
