"""AWS SES: one e-mail to one address, in plain text and HTML."""

from __future__ import annotations

from backshop.aws import config
from backshop.senders import Doubtful, MessageNotSent

_passing = {"Throttling", "ThrottlingException", "ServiceUnavailable", "InternalFailure"}


def send(sender: str, to: str, subject: str, text: str, html: str) -> str:
    """Send from an address that SES may send from; the MessageId. Raises `MessageNotSent` or
    `Doubtful`."""
    from botocore.exceptions import (
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
    )

    def utf8(words: str) -> dict[str, str]:
        return {"Data": words, "Charset": "UTF-8"}

    try:
        answer = config.client("ses").send_email(
            Source=sender,
            Destination={"ToAddresses": [to]},
            Message={
                "Subject": utf8(subject),
                "Body": {"Text": utf8(text), "Html": utf8(html)},
            },
        )
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        raise MessageNotSent(f"SES refused: {code}", lasting=code not in _passing) from None
    except (ConnectTimeoutError, EndpointConnectionError):
        raise MessageNotSent("SES cannot be reached", lasting=False) from None
    except HTTPClientError as lost:
        raise Doubtful(f"SES did not answer: {type(lost).__name__}") from None
    reference: str = answer["MessageId"]
    return reference
