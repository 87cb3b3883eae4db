"""Routes by which a shopper proves a phone: a code by SMS, then a short-lived token for it.

What is answered, and how long it takes, never tells whether a phone, a session or a code exists.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from backshop import commerce, db, phone_check
from backshop.commerce import Model
from backshop.errors import NotFound, TooManyRequests, Unauthorized
from backshop.kits.otp import repository as otp
from backshop.kits.otp import rules
from backshop.stores import repository as store
from backshop.web import callers, http, routes
from pydantic import BaseModel, BeforeValidator, Field

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
    return rules.typed(code) if isinstance(code, str) and len(code) <= 20 else code


class Guess(Model):
    session_id: str = Field(min_length=1, max_length=100)
    code: Annotated[str, BeforeValidator(_typed_together)] = Field(pattern=r"^[0-9]{6}$")


class ShopperToken(BaseModel):
    """Proof of a phone, for `Authorization: Bearer …` on the shopper's routes."""

    token: str
    expires_in: int = Field(description="Seconds.")


class SentOnDay(BaseModel):
    day: date
    sends: int


class Usage(BaseModel):
    """Codes that were sent, and how many may be on a day."""

    days: list[SentOnDay]
    daily_sends: int
    sends_of_all_stores: int
    daily_sends_of_all_stores: int


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
    address = callers.address(app.current_event.raw_event)
    sent = phone_check.send(_shop(), body.phone, address, datetime.now(UTC))
    return CodeSent(
        session_id=sent.session_id,
        expires_in=sent.settings.minutes * 60,
        resend_after=sent.settings.resend_seconds,
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
    token = phone_check.verify(_shop(), body.session_id, body.code, datetime.now(UTC))
    return ShopperToken(token=token, expires_in=int(phone_check.TOKEN_LASTS.total_seconds()))


@routes.route(
    app,
    "GET /otp/usage",
    scope="staff",
    example={
        "days": [{"day": "2026-11-20", "sends": 12}],
        "daily_sends": 1000,
        "sends_of_all_stores": 40,
        "daily_sends_of_all_stores": 5000,
    },
)
def usage() -> Usage:
    """How many codes were sent: the store's last 30 days, newest first, and what all stores
    together sent today. Days are UTC's."""
    store_id = callers.store_of_call(app.current_event.raw_event, "deliveries")
    today = datetime.now(UTC).date()
    with db.transaction(store_id=store_id) as tx:
        shop = store.load(tx)
        if shop is None:
            raise _unknown_store()
        sent = otp.spending(tx, today - timedelta(days=29))
        of_all = otp.spending_of_all(tx, today)
    budgets = phone_check.budgets_of(shop)
    return Usage(
        days=[SentOnDay(day=day, sends=sends) for day, sends in sent.items()],
        daily_sends=budgets.store,
        sends_of_all_stores=of_all,
        daily_sends_of_all_stores=budgets.deployment,
    )


def _shop() -> commerce.Store:
    """The shop whose pages call: named as a staff key names it, or the only one with
    deliveries."""
    event = app.current_event.raw_event
    query = event.get("queryStringParameters") or {}
    named = query.get("store_id") or http.header(event, "x-store-id")
    try:
        store_id = UUID(named) if named else callers.only_store("deliveries")
    except ValueError:
        raise _unknown_store() from None
    with db.transaction(store_id=store_id) as tx:
        shop = store.load(tx)
    if shop is None:
        raise _unknown_store()
    return shop


def _unknown_store() -> NotFound:
    return NotFound("There is no such store; name one with ?store_id= or the header X-Store-Id.")
