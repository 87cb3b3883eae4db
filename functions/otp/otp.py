"""Routes by which a shopper proves a phone: a code by SMS, then a short-lived token for it.

What is answered, and how long it takes, never tells whether a phone, a session or a code exists.
"""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import bcrypt
from backshop import commerce, db, logs, senders
from backshop.commerce import Model
from backshop.errors import (
    FieldError,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    Unprocessable,
)
from backshop.kits import phones
from backshop.kits.models import OtpSettings
from backshop.kits.otp import repository as otp
from backshop.kits.otp import rules
from backshop.kits.otp.models import OtpSession, SendLimit
from backshop.stores import repository as store
from backshop.web import callers, http, routes, tokens
from pydantic import BaseModel, BeforeValidator, Field

ROUNDS = 10
"""2^10 rounds of bcrypt, some 50 ms: five guesses in five minutes protect the code, the hash has to
keep it from who reads the table while it lives."""
NOBODY = "$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZpnDzOdbYvDdQ7ePcQ0qxYkRBt3p5S"
"""Compared with where there is no session, so that it takes as long."""
TOKEN_LASTS = timedelta(minutes=30)

app = routes.app("Phone check")
handler = routes.handler(app)


class CodeRequest(Model):
    phone: str = Field(max_length=50, description="With or without its country code.")


class CodeSent(BaseModel):
    """A code is on its way, where there is such a phone."""

    session_id: str
    expires_in: int = Field(description="Seconds that the code works for.")
    resend_after: int = Field(description="Seconds until another one may be sent.")


def _typed_together(code: object) -> object:
    """A code as people type or paste it: in groups, with spaces or dashes (mozilla/fxa#2498)."""
    return re.sub(r"[\s-]", "", code) if isinstance(code, str) and len(code) <= 20 else code


class Guess(Model):
    session_id: str = Field(min_length=1, max_length=100)
    code: Annotated[str, BeforeValidator(_typed_together)] = Field(pattern=r"^[0-9]{6}$")


class ShopperToken(BaseModel):
    """Proof of a phone, for `Authorization: Bearer …` on the shopper's routes."""

    token: str
    expires_in: int = Field(description="Seconds.")


SESSION = "3t6r0m0oQhX2Zb7cL1nYwJ9sKd5uVa8e"


@routes.route(
    app,
    "POST /otp/send",
    scope="anyone",
    status=202,
    problems=[TooManyRequests],
    example={"session_id": SESSION, "expires_in": 300, "resend_after": 60},
    body_example={"phone": "077 000 0012"},
)
def send(body: CodeRequest) -> CodeSent:
    """Send a new code by SMS.

    An earlier code of this phone stops working, its guesses count on. The answer is the same
    whether or not the phone exists.
    """
    shop = _shop()
    settings = _settings(shop)
    phone = phones.normalise(body.phone, settings.countries)
    if phone is None:
        raise _unusable(settings)
    at = datetime.now(UTC)
    address = app.current_event.request_context.http.source_ip
    _take(shop.id, settings, rules.send_limits(settings, phone, address), at)
    code = f"{secrets.randbelow(1_000_000):06d}"
    session_id = secrets.token_urlsafe(24)
    hashed = bcrypt.hashpw(code.encode(), bcrypt.gensalt(ROUNDS)).decode()
    expires_at = at + timedelta(minutes=settings.minutes)
    with db.transaction(store_id=shop.id) as tx:
        otp.start_session(tx, session_id, OtpSession(phone, hashed), at, expires_at)
    domain = _domain(shop, settings)
    _send_sms(phone, rules.code_text(code, settings.shop_name, domain, settings.minutes))
    return CodeSent(
        session_id=session_id,
        expires_in=settings.minutes * 60,
        resend_after=settings.resend_seconds,
    )


@routes.route(
    app,
    "POST /otp/verify",
    scope="anyone",
    problems=[Unauthorized],
    example={"token": "eyJhbGciOiJIUzI1NiIs…", "expires_in": 1800},
    body_example={"session_id": SESSION, "code": "012345"},
)
def verify(body: Guess) -> ShopperToken:
    """Prove a phone with the code that was sent to it; the same refusal for everything else."""
    shop = _shop()
    at = datetime.now(UTC)
    with db.transaction(store_id=shop.id) as tx:
        session = otp.use_guess(tx, body.session_id, _settings(shop).guesses, at)
    hashed = session.otp_hash if session else NOBODY
    right = bcrypt.checkpw(body.code.encode(), hashed.encode())
    if session is None or not right or not _close(shop.id, body.session_id, at):
        raise Unauthorized(
            "The code is wrong or no longer valid; try again or ask for a new one.",
            slug="code-refused",
        )
    claims = {"store_id": str(shop.id), "phone": session.phone}
    token = tokens.sign("shopper", claims, at=at, lasts=TOKEN_LASTS)
    return ShopperToken(token=token, expires_in=int(TOKEN_LASTS.total_seconds()))


def _shop() -> commerce.Store:
    """The shop whose pages call: named as a staff key names it, or the only Vendure one."""
    event = app.current_event.raw_event
    query = event.get("queryStringParameters") or {}
    named = query.get("store_id") or http.header(event, "x-store-id")
    try:
        store_id = UUID(named) if named else callers.only_store(commerce.Platform.VENDURE)
    except ValueError:
        raise _unknown_store() from None
    with db.transaction(store_id=store_id) as tx:
        shop = store.load(tx)
    if shop is None:
        raise _unknown_store()
    return shop


def _unknown_store() -> NotFound:
    return NotFound("There is no such store; name one with ?store_id= or the header X-Store-Id.")


def _settings(shop: commerce.Store) -> OtpSettings:
    return OtpSettings.model_validate(shop.settings.get("otp") or {})


def _domain(shop: commerce.Store, settings: OtpSettings) -> str:
    return settings.domain or urlsplit(shop.url).hostname or ""


def _unusable(settings: OtpSettings) -> Unprocessable:
    countries = " or ".join(settings.countries)
    message = f"give a mobile phone of {countries}, such as 077 123 4567"
    return Unprocessable(
        f"Please correct: phone ({message}).", errors=[FieldError(field="phone", message=message)]
    )


def _take(store_id: UUID, settings: OtpSettings, limits: list[SendLimit], at: datetime) -> None:
    """Take one send from each limit, from all or from none."""
    phone = next(limit.key for limit in limits if limit.scope == "phone")
    with db.transaction(store_id=store_id) as tx:
        for limit in limits:
            if not otp.take_send(tx, limit, at):
                raise _too_many(limit, rules.wait(limit, otp.sends_taken(tx, limit), at))
        if otp.guesses_used(tx, phone, at) >= settings.guesses:
            raise _too_many(limits[0], timedelta(minutes=settings.minutes))


def _too_many(limit: SendLimit, wait: timedelta) -> TooManyRequests:
    logs.count("OtpSendsRefused", scope=limit.scope)
    return TooManyRequests(
        "Too many codes were sent; wait a little, then ask for a new one.",
        slug="too-many-codes",
        retry_after=max(1, int(wait.total_seconds())),
    )


def _send_sms(phone: str, text: str) -> None:
    """A phone that the provider refuses for good is answered like any other: an answer of its own
    would tell which phones exist."""
    try:
        senders.send_sms(phone, text)
    except senders.Doubtful as lost:
        logs.warning("a code may not have gone out", reason=str(lost))
    except senders.MessageNotSent as refused:
        logs.warning("a code did not go out", reason=str(refused))
        logs.count("OtpNotSent")
        if not refused.lasting:
            raise Unavailable(
                "The code could not be sent; ask for a new one in a minute.", retry_after=60
            ) from None


def _close(store_id: UUID, session_id: str, at: datetime) -> bool:
    with db.transaction(store_id=store_id) as tx:
        return otp.verify_session(tx, session_id, at)
