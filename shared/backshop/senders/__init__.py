"""SMS, by whichever provider the deployment names in SMS_SENDER (sns, notify_lk or text_lk), and
e-mail by SES."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import NamedTuple
from unicodedata import normalize

from backshop.aws import config

_senders = {
    "sns": "backshop.senders.sns",
    "notify_lk": "backshop.senders.notify_lk",
    "text_lk": "backshop.senders.text_lk",
}

_one_address = re.compile(
    r"[^@,;:<>()\[\]\\\"\s\x00-\x20\x7f-\x9f]{1,64}@[^@,;:<>()\[\]\\\"\s\x00-\x20\x7f-\x9f]+"
)
"""Nothing that would be two addresses, a name beside one, or the end of a header: shops keep what
shoppers typed."""


class MessageNotSent(Exception):
    """The provider said no, or could not be reached: nothing went out. The text names the provider
    and its status, never the phone or the message. `lasting` where the same would be refused
    again."""

    def __init__(self, reason: str, *, lasting: bool) -> None:
        super().__init__(reason)
        self.lasting = lasting


class Attachment(NamedTuple):
    """A file that goes with an e-mail."""

    name: str
    content_type: str
    content: bytes


class Doubtful(Exception):
    """The provider was reached and did not answer: the message may have gone out or not."""


def send_sms(phone: str, text: str) -> str:
    """Send a text to a phone (digits with country code); the provider's reference for it, or its
    word. Raises `MessageNotSent` or `Doubtful`."""
    name = config.value("SMS_SENDER")
    if name not in _senders:
        raise config.Missing(f"set SMS_SENDER to one of: {', '.join(_senders)}")
    reference: str = import_module(_senders[name]).send(phone, text)
    return reference


def send_mail(
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str],
    attachments: Sequence[Attachment] = (),
) -> str:
    """Send an e-mail by SES to one address; its reference. Raises `MessageNotSent` or
    `Doubtful`."""
    from backshop.senders import ses

    if not _one_address.fullmatch(normalize("NFKC", to)):  # as it is read where signs are wide
        raise MessageNotSent("the customer's address is none that e-mail is sent to", lasting=True)
    if attachments:
        return ses.send_with(sender, to, subject, text, html, headers, attachments)
    return ses.send(sender, to, subject, text, html, headers)
