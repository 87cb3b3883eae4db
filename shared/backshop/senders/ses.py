"""AWS SES: one e-mail to one address, in plain text and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from backshop.aws import config
from backshop.senders import Attachment, Doubtful, MessageNotSent

_passing = {
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
    "ServiceUnavailable",
    "InternalFailure",
    "InternalServiceErrorException",
}


def send(
    sender: str, to: str, subject: str, text: str, html: str, headers: Mapping[str, str]
) -> str:
    """Send from an address that SES may send from; the MessageId. Raises `MessageNotSent` or
    `Doubtful`."""

    def utf8(words: str) -> dict[str, str]:
        return {"Data": words, "Charset": "UTF-8"}

    return _sent(
        "sesv2",
        FromEmailAddress=sender,
        Destination={"ToAddresses": [to]},
        Content={
            "Simple": {
                "Subject": utf8(subject),
                "Body": {"Text": utf8(text), "Html": utf8(html)},
                "Headers": [{"Name": name, "Value": headers[name]} for name in headers],
            }
        },
    )


def send_with(
    sender: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    headers: Mapping[str, str],
    attachments: Sequence[Attachment],
) -> str:
    """The same with files, as a whole message in MIME."""
    from email.message import EmailMessage
    from email.policy import SMTP

    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, to
    message["Subject"] = " ".join(subject.split())
    for name in headers:
        message[name] = headers[name]
    message.set_content(text)
    message.add_alternative(html, subtype="html")
    for each in attachments:
        kind, _, subtype = each.content_type.partition("/")
        message.add_attachment(each.content, maintype=kind, subtype=subtype, filename=each.name)
    return _sent(
        "ses",
        call="send_raw_email",
        Source=sender,
        Destinations=[to],
        RawMessage={"Data": message.as_bytes()},
    )


def _sent(api: str, *, call: str = "send_email", **request: Any) -> str:
    from botocore.exceptions import (
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
    )

    try:
        answer = getattr(config.client(api), call)(**request)
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        raise MessageNotSent(f"SES refused: {code}", lasting=code not in _passing) from None
    except (ConnectTimeoutError, EndpointConnectionError):
        raise MessageNotSent("SES cannot be reached", lasting=False) from None
    except HTTPClientError as lost:
        raise Doubtful(f"SES did not answer: {type(lost).__name__}") from None
    reference: str = answer["MessageId"]
    return reference
