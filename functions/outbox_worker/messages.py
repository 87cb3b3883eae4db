"""Sending something to a customer once, by e-mail or SMS, and what the shade funnel says.

Nobody can be asked whether a message went out. So it is written down before it is handed to the
provider, and one whose end is unknown is not sent again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from html import escape

from backshop import commerce, senders
from backshop.errors import Conflict
from backshop.platforms.errors import PermanentDecline, TransientOutage
from backshop.shade import models


@dataclass(frozen=True, slots=True)
class Message:
    """`lines` are paragraphs; `link` stands at its end, `button` names it in HTML. `short` is the
    same as an SMS, link included."""

    subject: str
    lines: tuple[str, ...]
    button: str
    link: str
    short: str

    @property
    def text(self) -> str:
        return "\n\n".join((*self.lines, f"{self.button}: {self.link}"))

    @property
    def html(self) -> str:
        paragraphs = "".join(f"<p>{escape(line)}</p>" for line in self.lines)
        link = f'<p><a href="{escape(self.link)}">{escape(self.button)}</a></p>'
        return f'<!doctype html><html lang="en"><body>{paragraphs}{link}</body></html>'


@dataclass(frozen=True, slots=True)
class Recipient:
    channel: str
    email: str | None
    phone: str | None
    sender: str | None


def settings_of(shop: commerce.Store) -> models.ShadeSettings:
    """The store's shade settings. Raises `TransientOutage` where they do not fit: staff mend
    them."""
    try:
        return models.settings_of(shop.settings)
    except Conflict as wrong:
        raise TransientOutage(wrong.detail) from wrong


def send_once(
    message: Message, to: Recipient, state: str | None, remember: Callable[[str | None], None]
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


def _send(message: Message, to: Recipient) -> str:
    if to.channel == "sms":
        digits = re.sub(r"\D", "", to.phone or "")
        if not digits:
            raise senders.MessageNotSent("the customer has no phone", lasting=True)
        return senders.send_sms(digits, message.short)
    if not to.email or not to.sender:
        missing = "customer has no address" if to.sender else "store has no sender (shade settings)"
        raise senders.MessageNotSent(f"the {missing}", lasting=True)
    return senders.send_mail(to.sender, to.email, message.subject, message.text, message.html)


def invitation(first_name: str | None, shop_name: str, link: str) -> Message:
    return Message(
        subject=f"How does your shade fit? {shop_name} would like to know",
        lines=(
            _greeting(first_name),
            "Your sample kit should have been with you for some days now. Tell us which shade "
            "fits you, and we will find your best match and send you a discount for the full "
            "size. It takes two minutes.",
        ),
        button="Find my shade",
        link=link,
        short=f"{shop_name}: which shade fits you? Two minutes, and your discount waits: {link}",
    )


def discount(
    first_name: str | None,
    shop_name: str,
    code: str,
    worth: tuple[Decimal, str],
    until: datetime,
    link: str,
) -> Message:
    amount = f"{worth[1]} {worth[0]:,.2f}".removesuffix(".00")
    day = f"{until:%d %B %Y}, {until:%H:%M} UTC".lstrip("0")
    return Message(
        subject=f"Your {amount} discount at {shop_name}",
        lines=(
            _greeting(first_name),
            f"Thank you for telling us about your shade. Your code {code} takes {amount} off one "
            f"order until {day}. The link below has your match and the code in the cart already.",
        ),
        button="Show my cart",
        link=link,
        short=f"{shop_name}: {code} takes {amount} off until {day}. Your cart: {link}",
    )


def _greeting(first_name: str | None) -> str:
    return f"Hello {first_name}," if first_name else "Hello,"
