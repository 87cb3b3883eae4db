"""A shopper proves a phone: a code by SMS, then a token for it. Routes and pages share it.

What is answered, and how long it takes, never tells whether a phone, a session or a code exists.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

import bcrypt

from backshop import commerce, db, logs, senders
from backshop.aws import config
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
from backshop.web import tokens

ROUNDS = 10
"""2^10 rounds of bcrypt, some 50 ms: five guesses in five minutes protect the code, the hash has to
keep it from who reads the table while it lives."""
NOBODY = "$2b$10$C6UzMDM.H6dfI/f/IKcEeO7ZpnDzOdbYvDdQ7ePcQ0qxYkRBt3p5S"
"""Compared with where there is no session, so that it takes as long."""
TOKEN_LASTS = timedelta(minutes=30)
AUDIENCE = "shopper"


class Shopper(NamedTuple):
    """Who proved a phone at a store."""

    store_id: UUID
    phone: str


class Sent(NamedTuple):
    """A code that is on its way, where there is such a phone."""

    session_id: str
    phone: str
    settings: OtpSettings


class Budgets(NamedTuple):
    """Codes on a day (UTC): the store's and those of all stores together."""

    store: int
    deployment: int


def settings_of(shop: commerce.Store) -> OtpSettings:
    return phones.settings_of(shop.settings, shop.time_zone)


def budgets_of(shop: commerce.Store) -> Budgets:
    deployment = int(config.value("OTP_DAILY_SENDS", "5000"))
    return Budgets(settings_of(shop).daily_sends, deployment)


def require_on(shop: commerce.Store) -> OtpSettings:
    """The settings of a store that switched the phone check on. Raises NotFound where it did not:
    nobody's SMS are to be had through a store that asked for none."""
    settings = settings_of(shop)
    if shop.settings.get("otp") is None or not settings.enabled:
        raise NotFound("This store has no phone check; `settings.otp` switches it on.")
    if not settings.countries:
        raise NotFound(
            "This store does not say where it is at home, so no codes are sent; `settings.country`,"
            " or `settings.otp.countries`, names the countries that they go to."
        )
    return settings


def send(
    shop: commerce.Store,
    typed: str,
    address: str,
    at: datetime,
    *,
    domain: str | None = None,
    session_id: str | None = None,
) -> Sent:
    """Send a new code. `domain` is the host whose page takes it, left out that of the shop.

    Raises Unprocessable where it is no phone of the shop's countries, TooManyRequests, Unavailable,
    and as `require_on`.
    """
    settings = require_on(shop)
    phone = phone_of(typed, settings)
    _take(shop, phone, address, at)
    code = f"{secrets.randbelow(1_000_000):06d}"
    session_id = session_id or secrets.token_urlsafe(24)
    hashed = bcrypt.hashpw(code.encode(), bcrypt.gensalt(ROUNDS)).decode()
    expires_at = at + timedelta(minutes=settings.minutes)
    with db.transaction(store_id=shop.id) as tx:
        otp.start_session(tx, session_id, OtpSession(phone, hashed), at, expires_at)
    where = domain or settings.domain or urlsplit(shop.url).hostname or ""
    name = settings.shop_name or shop.settings.get("name") or urlsplit(shop.url).hostname or where
    _send_sms(phone, rules.code_text(code, name[:40], where, settings.minutes))
    return Sent(session_id, phone, settings)


def verify(shop: commerce.Store, session_id: str, code: str, at: datetime) -> str:
    """The token of the phone whose code this is. Raises Unauthorized, for whatever reason with the
    same words, and as `require_on`."""
    settings = require_on(shop)
    with db.transaction(store_id=shop.id) as tx:
        session = otp.use_guess(tx, session_id, settings.guesses, at)
    hashed = session.otp_hash if session else NOBODY
    right = bcrypt.checkpw(code.encode(), hashed.encode())
    if session is None or not right or not _close(shop.id, session_id, at):
        raise Unauthorized(
            "The code is wrong or no longer valid; try again or ask for a new one.",
            slug="code-refused",
        )
    return token_of(Shopper(shop.id, session.phone), at)


def token_of(proved: Shopper, at: datetime) -> str:
    """The token of who has proved this phone."""
    claims = {"store_id": str(proved.store_id), "phone": proved.phone}
    return tokens.sign(AUDIENCE, claims, at=at, lasts=TOKEN_LASTS)


def shopper(token: str, at: datetime) -> Shopper:
    """Whose token it is. Raises Unauthorized."""
    claims = tokens.read(AUDIENCE, token, at=at)
    return Shopper(UUID(claims["store_id"]), claims["phone"])


def phone_of(typed: str, settings: OtpSettings) -> str:
    """The phone in the one spelling. Raises Unprocessable."""
    phone = phones.normalise(typed, settings.countries)
    if phone is not None:
        return phone
    countries = " or ".join(settings.countries)
    example = phones.example(settings.countries[0] if settings.countries else "")
    message = f"give a mobile phone of {countries or 'any country'}, such as {example}"
    raise Unprocessable(
        f"Please correct: phone ({message}).", errors=[FieldError(field="phone", message=message)]
    )


def _take(shop: commerce.Store, phone: str, address: str, at: datetime) -> None:
    """Take one send from each limit, from all or from none; always in this order, so that nobody
    waits for each other. Raises TooManyRequests."""
    settings, budgets = settings_of(shop), budgets_of(shop)
    with db.transaction(store_id=shop.id) as tx:
        _take_from(tx, rules.address_limit(settings, address), at)
        limits = rules.phone_limits(settings, phone)
        taken = otp.sends_to_phone(tx, phone, at - rules.DAY, at)
        for limit in limits:
            _refuse(limit.scope, rules.wait(limit, taken, at))
        prefix = rules.prefix_limit(settings, phone)
        others = otp.phones_of_prefix(tx, prefix, phone, at)
        _refuse(prefix.scope, rules.wait(prefix, others, at))
        _take_from(tx, limits[-1], at)
        if otp.guesses_used(tx, phone, at) >= settings.guesses:
            _refuse("guesses", timedelta(minutes=settings.minutes))
        if not otp.spend(tx, at.date(), budgets.store):
            _refuse("store", rules.until_tomorrow(at))
        if not otp.spend_of_all(tx, at.date(), budgets.deployment):
            _refuse("deployment", rules.until_tomorrow(at))


def _take_from(tx: db.Tx, limit: SendLimit, at: datetime) -> None:
    if not otp.take_send(tx, limit, at):
        _refuse(limit.scope, rules.wait(limit, otp.sends_taken(tx, limit), at))


def _refuse(scope: str, wait: timedelta) -> None:
    """Raises TooManyRequests where there is something to wait for."""
    if wait <= timedelta(0):
        return
    logs.count("OtpSendsRefused", scope=scope)
    raise TooManyRequests(
        f"Too many codes were sent; ask for a new one in {rules.in_words(wait)}.",
        slug="too-many-codes",
        retry_after=max(1, ceil(wait.total_seconds())),
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
