"""AWS SNS: a text straight to a phone."""

from __future__ import annotations

from backshop.aws import config
from backshop.senders import Doubtful, MessageNotSent

_refusals = {"InvalidParameter", "InvalidParameterValue", "OptedOut", "AuthorizationError"}


def send(phone: str, text: str) -> str:
    """Publish as transactional (delivered first), under SMS_SENDER_ID where the country knows
    sender names; returns the MessageId."""
    from botocore.exceptions import (
        ClientError,
        ConnectTimeoutError,
        EndpointConnectionError,
        HTTPClientError,
    )

    named = {"SMSType": "Transactional", "SenderID": config.value("SMS_SENDER_ID", "Kits")}
    attributes = {
        f"AWS.SNS.SMS.{name}": {"DataType": "String", "StringValue": value}
        for name, value in named.items()
    }
    try:
        answer = config.client("sns").publish(
            PhoneNumber=f"+{phone}", Message=text, MessageAttributes=attributes
        )
    except ClientError as refused:
        code = refused.response["Error"]["Code"]
        raise MessageNotSent(f"SNS refused: {code}", lasting=code in _refusals) from None
    except (ConnectTimeoutError, EndpointConnectionError):
        raise MessageNotSent("SNS cannot be reached", lasting=False) from None
    except HTTPClientError as lost:
        raise Doubtful(f"SNS did not answer: {type(lost).__name__}") from None
    reference: str = answer["MessageId"]
    return reference
