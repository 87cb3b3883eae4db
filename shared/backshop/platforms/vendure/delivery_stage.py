"""An order's delivery stage and tracking number at Vendure: two custom fields, written together.

`setOrderCustomFields` loses concurrent writes silently, also beside a state transition: whoever
writes is the only writer of the order on our side, and reads back what became of it.
"""

from __future__ import annotations

from typing import NamedTuple

from backshop.platforms.orders import Json, write
from backshop.platforms.vendure.api import Api


class Held(NamedTuple):
    """What the order's custom fields hold; the stage in whatever words the shop uses."""

    stage: str | None
    tracking_number: str | None


def read(api: Api, order_id: str) -> Held | None:
    """What Vendure holds now; None where it has no such order. Raises `Later`, `Refused`."""
    order = api.insist("delivery_stage", {"id": order_id})["order"]
    return _held(order) if order else None


def set_both(api: Api, order_id: str, wanted: Held) -> Held | None:
    """Write both fields in one mutation, and read back. Raises `Later` where the end of the write
    is unknown, `Refused` where Vendure has no such order or option."""
    names = api.field_names
    fields = {
        names["deliveryStage"]: wanted.stage,
        names["trackingNumber"]: wanted.tracking_number,
    }
    write(api, "delivery_stage_set", {"input": {"id": order_id, "customFields": fields}})
    return read(api, order_id)


def _held(order: Json) -> Held:
    fields = order.get("customFields") or {}
    return Held(fields.get("deliveryStage") or None, fields.get("trackingNumber") or None)
