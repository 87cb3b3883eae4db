"""Stages of a delivery, and a change of one."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field, StringConstraints

from backshop.commerce import LONGEST_TRACKING_NUMBER, TRACKING_NUMBER, Model
from backshop.kits.models import Note, Text


class Stage(StrEnum):
    """The five steps of a delivery, in their order (kits.md, order_delivery_status)."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    SOURCING = "SOURCING"
    ARRIVED = "ARRIVED"
    DISPATCHED = "DISPATCHED"
    DELIVERED = "DELIVERED"


TrackingNumber = Annotated[
    Text,
    StringConstraints(min_length=1, max_length=LONGEST_TRACKING_NUMBER, pattern=TRACKING_NUMBER),
]


class Delivery(NamedTuple):
    """Where an order is. `version` counts its changes: event number `version` made it so."""

    stage: Stage
    tracking_number: str | None = None
    version: int = 0


class DeliveryChange(Model):
    """A change that staff want. `version`, where it is sent, is the one they saw."""

    stage: Stage
    tracking_number: TrackingNumber | None = None
    note: Note | None = None
    correct: bool = False
    version: int | None = Field(default=None, ge=0)


class LockedOrder(NamedTuple):
    """An order that this transaction has locked, and where its delivery is.

    `changed_meanwhile`: somebody changed it after this transaction began, while we waited.
    """

    vendure_order_id: str
    order_code: str
    is_cancelled: bool
    delivery: Delivery
    changed_meanwhile: bool


class DeliveryUpdate(NamedTuple):
    """What an order's delivery is to be."""

    order_code: str
    delivery: Delivery
    note: str | None = None
