"""Sending something to somebody once, by e-mail or SMS, and what the shade funnel says.

Nobody can be asked whether a message went out. So it is written down before it is handed to the
provider, and one whose end is unknown is not sent again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from backshop import commerce, senders
from backshop.aws import config
from backshop.errors import Conflict
from backshop.kits import phones
from backshop.platforms.errors import PermanentDecline, TransientOutage
from backshop.shade import models
from backshop.web import tokens
from backshop.web.pages.mails import Brand, Mail

SURVEY_LASTS = timedelta(days=90)
STOP_LASTS = timedelta(days=3 * 365)
"""How long a mail's link unsubscribes."""


@dataclass(frozen=True, slots=True)
class Recipient:
    channel: str
    email: str | None
    phone: str | None
    sender: str | None
    country: str | None = None
    """Of phones that are written without it (ISO 3166)."""


class Person(Protocol):
    """Whose addresses are known."""

    @property
    def email(self) -> str | None: ...
    @property
    def phone_number(self) -> str | None: ...


def settings_of(shop: commerce.Store) -> models.ShadeSettings:
    """The store's shade settings. Raises `TransientOutage` where they do not fit: staff mend
    them."""
    try:
        return models.settings_of(shop.settings)
    except Conflict as wrong:
        raise TransientOutage(wrong.detail) from wrong


def recipient(channel: str, person: Person, shop: commerce.Store) -> Recipient:
    """How the store reaches a person of its shade funnel. Raises `TransientOutage`, as
    `settings_of`."""
    settings = settings_of(shop)
    country = settings.country or phones.country_of_store(shop.settings, shop.time_zone)
    return Recipient(channel, person.email, person.phone_number, settings.sender, country)


def send_once(
    message: Mail, to: Recipient, state: str | None, remember: Callable[[str | None], None]
) -> str:
    """Send, between `remember("sending")` and whoever closes the row; the provider's reference.

    `state` is what was remembered before. Raises `PermanentDecline` and `TransientOutage`.
    """
    if state == "sending":
        raise PermanentDecline({"error": "it may have gone out already, so it is not sent again"})
    remember("sending")
    try:
        return _send(message, to)
    except senders.MessageNotSent as refused:
        remember(state)
        if refused.lasting:
            raise PermanentDecline({"error": str(refused)}) from refused
        raise TransientOutage(str(refused)) from refused
    except senders.Doubtful as lost:
        raise PermanentDecline({"error": f"{lost}; it is not sent again"}) from lost


def _send(message: Mail, to: Recipient) -> str:
    if to.channel == "sms":
        digits = phones.international(to.phone, to.country)
        if not digits:
            raise senders.MessageNotSent("the customer has no phone that takes SMS", lasting=True)
        return senders.send_sms(digits, message.short)
    if not to.email or not to.sender:
        missing = "customer has no address" if to.sender else "store has no sender in its settings"
        raise senders.MessageNotSent(f"the {missing}", lasting=True)
    return senders.send_mail(
        to.sender,
        to.email,
        message.subject,
        message.text,
        message.html,
        message.headers,
        message.attachments,
    )


def pages_of(brand: Brand) -> str:
    """Where the store's pages are: its own host, or the deployment's address."""
    host = brand.settings.host
    return f"https://{host}" if host else config.value("PUBLIC_URL").rstrip("/")


def survey_token(shop: commerce.Store, order_id: UUID, at: datetime) -> str:
    """What opens the survey of a kit's order, and the rating of what it recommended."""
    claims = {"store_id": str(shop.id), "order_id": str(order_id)}
    return tokens.sign("survey", claims, at=at, lasts=SURVEY_LASTS)


def stop_url(shop: commerce.Store, brand: Brand, customer_id: UUID, at: datetime) -> str:
    """The link by which a customer gets no more of these mails."""
    claims = {"store_id": str(shop.id), "customer_id": str(customer_id)}
    token = tokens.sign("mail stop", claims, at=at, lasts=STOP_LASTS)
    return f"{pages_of(brand)}/mail/stop/{token}"
