"""Secrets of connected shops: sealed with KMS so that each opens only for its own connector."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from backshop.aws import config


class Unreadable(Exception):
    """A ciphertext that was changed, or that belongs to another connector or field."""


def seal(plain: str, connector_id: UUID, field: str) -> str:
    """The ciphertext in base64, for a `text` column. `plain` is at most 4,096 bytes of UTF-8.

    Connector and field are the encryption context: KMS refuses to open it under any other.
    """
    answer = config.client("kms").encrypt(
        KeyId=config.value("CREDENTIALS_KEY"),
        Plaintext=plain.encode(),
        EncryptionContext=_context(connector_id, field),
    )
    return base64.b64encode(answer["CiphertextBlob"]).decode()


def unseal(sealed: str, connector_id: UUID, field: str) -> str:
    """What `seal` was given. Raises Unreadable when it does not belong here."""
    kms = config.client("kms")
    try:
        answer = kms.decrypt(
            KeyId=config.value("CREDENTIALS_KEY"),
            CiphertextBlob=base64.b64decode(sealed, validate=True),
            EncryptionContext=_context(connector_id, field),
        )
    except (binascii.Error, kms.exceptions.InvalidCiphertextException) as wrong:
        raise Unreadable(f"connector {connector_id}: its {field} does not decrypt") from wrong
    opened: bytes = answer["Plaintext"]
    return opened.decode()


def _context(connector_id: UUID, field: str) -> dict[str, str]:
    return {"connector_id": str(connector_id), "field": field}
