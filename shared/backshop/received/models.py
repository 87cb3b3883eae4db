"""A received webhook as it is kept and shown; its body lies in S3."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, Field

from backshop.commerce import Time

Status = Literal["received", "saved", "failed"]


class Arrival(NamedTuple):
    """A webhook on its way to be kept. Topic and key tell it from all others of its store, and make
    its id."""

    id: UUID
    topic: str
    key: str
    sha256: str
    received_at: datetime
    triggered_at: datetime | None
    body: bytes
    tries: int = 1
    """How often the queue has handed it out."""


class Outcome(NamedTuple):
    """What became of a webhook.

    `subjects` are the hashes of the persons that it names, None where nobody can tell: such a body
    is erased with any person of the store. `about` is the record that it is about: `order:1001`.
    """

    status: Status
    subjects: list[str] | None = None
    about: str | None = None
    error: str | None = None


class ReceivedWebhook(BaseModel):
    """A webhook that a shop sent."""

    id: UUID
    topic: str
    key: str = Field(description="What tells it from all others of its topic.")
    status: Status = Field(description="`failed`: it could not be saved yet; mend and replay it.")
    about: str | None = Field(description="The record that it is about, `order:1001`.")
    error: str | None = Field(description="The kind of failure, without values.")
    size: int = Field(description="Bytes of its body.")
    attempts: int
    received_at: Time
    triggered_at: Time | None
    settled_at: Time | None
    is_kept: bool = Field(description="Whether its body can be looked at and replayed.")
    replays: int
    replayed_at: Time | None
    replayed_by: str | None


class WebhookPosition(BaseModel):
    """Where a page ended: lists are newest first, windows that are replayed oldest first."""

    received_at: Time
    id: UUID


class WebhookFilter(BaseModel):
    """Which webhooks; what is None filters nothing. `until` is not in it."""

    q: str | None = None
    topic: str | None = None
    status: Status | None = None
    since: Time | None = None
    until: Time | None = None
