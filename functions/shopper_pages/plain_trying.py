"""Trying on for a browser without scripts: each step a page, by the routes that the script calls.

The capability of the session lies in a cookie for as long as the picture lies in the bucket."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.shared.cookies import Cookie, SameSite
from backshop import logs
from backshop.aws import config, functions, objects
from backshop.connect.try_on import rules
from backshop.errors import (
    BadRequest,
    FieldError,
    NotFound,
    Problem,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from backshop.web import callers, calls, http, idempotency, pages, tokens
from backshop.web.pages import Policy, forms
from frame import Shop, app, bucket_origin, called_shop, event, now, query, shop_of
from trying import CONSENT, Choice, choices_of, consent_page, own_address

COOKIE = "__Host-try-on"
AGAIN_SECONDS = 3
ANEW_SECONDS = int(rules.UPLOAD_LASTS.total_seconds()) - 60
"""The form for the picture is renewed before S3 would refuse it."""
USUAL = timedelta(seconds=10)
LATE = timedelta(seconds=45)
"""A picture that was sent has arrived by then; one that was not can be chosen again."""


class Session(NamedTuple):
    """The session that this browser is in."""

    id: UUID
    shop: Shop
    capability: str


@pages.route(
    app,
    "POST /try-on",
    fields="`agreed`: yes.",
    problems=[BadRequest, NotFound, TooManyRequests],
)
def begin() -> Response[str]:
    """Begin a session for who agrees; leads to where the picture is chosen."""
    sent, shop = forms.read(event()), called_shop()
    choices = choices_of(shop)
    if sent.first("agreed") != "yes":
        message = "Tick the box if you agree; without it no picture is taken."
        return consent_page(shop, choices, [FieldError(field="agreed", message=message)])
    body = {
        "skus": [each.sku for each in choices],
        "consent": True,
        "consent_version": CONSENT,
        "content_type": "image/jpeg",
    }
    key = {idempotency.HEADER: sent.key} if sent.key else {}
    made = _called("POST /try-on/sessions", {}, shop=shop, body=body, headers=key)
    return pages.redirect(own_address("/try-on/picture"), cookies=[_cookie(made["capability"])])


@pages.route(app, "GET /try-on/picture", problems=[NotFound], leads=True)
def choose() -> Response[str]:
    """Choose a picture, which goes to the bucket and nowhere else; S3 leads on to the result."""
    session = _session()
    found = _found(session)
    if session is None or found is None:
        return pages.redirect(own_address("/try-on"))
    if found["status"] != "created":
        return pages.redirect(own_address("/try-on/result"))
    upload = objects.upload(
        config.value("TRY_ON_BUCKET"),
        rules.selfie_key(session.shop.id, session.id),
        "image/jpeg",
        rules.MAX_BYTES,
        rules.UPLOAD_LASTS,
        to=http.origin(event()) + own_address("/try-on/result"),
    )
    return session.shop.page(
        "try_on_picture.html",
        policy=Policy(leads_to=[bucket_origin()]),
        upload=upload,
        anew=ANEW_SECONDS,
        megabytes=rules.MAX_BYTES // 1_000_000,
    )


@pages.route(app, "GET /try-on/result", problems=[NotFound], leads=True)
def result() -> Response[str]:
    """Wait for what is drawn, and see it: before and after, and other shades."""
    session = _session()
    found = _found(session)
    if session is None or found is None:
        if query("said") == "erased":
            return called_shop().page("try_on_erased.html", again=own_address("/try-on"))
        return pages.redirect(own_address("/try-on"))
    if found["status"] in ("created", "in_progress"):
        return _waiting(session, found)
    if found["status"] == "failed":
        return _failed(session, found)
    return _drawn(session, found)


@pages.route(app, "POST /try-on/erasure", problems=[NotFound])
def erase() -> Response[str]:
    """Erase the picture and everything that was drawn on it; may be repeated."""
    forms.read(event())
    session = _session()
    if session is not None:
        _ask("DELETE /try-on/sessions/{id}", session)
    return pages.redirect(own_address("/try-on/result", said="erased"), cookies=[_cookie("")])


def _waiting(session: Session, found: dict[str, Any]) -> Response[str]:
    since = datetime.fromisoformat(found["created_at"])
    waited = now() - since
    return session.shop.page(
        "try_on_wait.html",
        is_drawn=found["status"] == "in_progress",
        is_slow=waited > USUAL,
        choose=own_address("/try-on/picture") if waited > LATE else None,
        here=own_address("/try-on/result"),
        since=since,
        again=AGAIN_SECONDS,
    )


def _failed(session: Session, found: dict[str, Any]) -> Response[str]:
    reasons = [found["reason"], *(each["reason"] for each in found["results"])]
    return session.shop.page(
        "try_on_failed.html",
        reason=next(filter(None, reasons), "The picture could not be used."),
        again=own_address("/try-on"),
        erasure=own_address("/try-on/erasure"),
        key=forms.new_key(),
    )


def _drawn(session: Session, found: dict[str, Any]) -> Response[str]:
    results = {each["sku"]: each for each in found["results"]}
    choices = [each for each in choices_of(session.shop) if each.sku in results]
    drawn = [each for each in choices if results[each.sku]["url"]]
    if not drawn:
        return _failed(session, found)
    chosen = next((each for each in drawn if each.sku == query("sku")), drawn[0])
    return session.shop.page(
        "try_on_result.html",
        policy=Policy(reaches=[bucket_origin()]),
        chosen=chosen,
        before=found["selfie_url"],
        after=results[chosen.sku]["url"],
        notes=[*found["notes"], *((found["reading"] or {}).get("warnings") or ())],
        shades=[_shade(each, results[each.sku], chosen) for each in choices],
        again=own_address("/try-on"),
        erasure=own_address("/try-on/erasure"),
        key=forms.new_key(),
    )


def _shade(choice: Choice, result: dict[str, Any], chosen: Choice) -> dict[str, Any]:
    """A product as the result offers it; without an address where it could not be drawn."""
    to = own_address("/try-on/result", sku=choice.sku) if result["url"] else None
    return {
        "title": choice.title,
        "colour": choice.colour,
        "to": to,
        "reason": result["reason"],
        "is_chosen": choice.sku == chosen.sku,
    }


def _session() -> Session | None:
    """The session of the cookie; None where it is over."""
    prefix = COOKIE + "="
    sent = (each for each in event().get("cookies") or () if each.startswith(prefix))
    capability = next((each.removeprefix(prefix) for each in sent), "")
    try:
        claims = tokens.read(rules.CAPABILITY, capability, at=now())
    except Unauthorized:
        return None
    return Session(UUID(claims["session_id"]), shop_of(UUID(claims["store_id"])), capability)


def _found(session: Session | None) -> dict[str, Any] | None:
    """The session as `GET /try-on/sessions/{id}` answers it; None where it is gone."""
    if session is None:
        return None
    try:
        found: dict[str, Any] = _ask("GET /try-on/sessions/{id}", session)
    except NotFound:
        return None
    return found


def _ask(route: str, session: Session) -> Any:
    headers = {"authorization": f"Bearer {session.capability}"}
    return _called(route, {"id": str(session.id)}, headers=headers)


def _called(
    route: str,
    path: dict[str, str],
    *,
    shop: Shop | None = None,
    body: Any = None,
    headers: dict[str, str],
) -> Any:
    """What the route answers; `shop` is whose publishable token the page would have."""
    id = str(shop.id) if shop else ""
    caller = {"kind": rules.PUBLISHABLE, "id": id, "store_id": id, "scopes": "try-on"}
    sent = calls.event(
        route,
        path,
        caller=caller if shop else None,
        body=body,
        headers=headers,
        address=callers.address(event()),
    )
    try:
        answer = functions.invoke(config.value("TRYON_SESSIONS_FUNCTION"), sent)
    except functions.Crashed as crashed:
        logs.failure("a route failed", crashed, asked=route)
        raise Unavailable(
            "That does not answer right now; your picture is safe. Try it again.", retry_after=10
        ) from crashed
    text = answer.get("body") or ""
    if answer.get("isBase64Encoded"):
        text = base64.b64decode(text).decode()
    said = json.loads(text) if text else None
    if answer["statusCode"] >= 400:
        raise _refused(answer["statusCode"], said or {})
    return said


def _refused(status: int, said: dict[str, Any]) -> Problem:
    detail = said.get("detail", "")
    if status == NotFound.status:
        return NotFound(detail)
    if status == TooManyRequests.status:
        return TooManyRequests(detail, retry_after=int(rules.ADDRESS_WINDOW.total_seconds()))
    return Unprocessable(detail, slug=str(said.get("type", "")).rpartition("#")[2] or None)


def _cookie(capability: str) -> Cookie:
    lasts = rules.SELFIE_LASTS if capability else timedelta(0)
    return Cookie(
        COOKIE,
        capability,
        path="/",
        secure=True,
        http_only=True,
        max_age=int(lasts.total_seconds()),
        same_site=SameSite.LAX_MODE,
    )
