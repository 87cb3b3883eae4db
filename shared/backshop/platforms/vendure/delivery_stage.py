"""An order's delivery stage and tracking number at Vendure: two custom fields, written together.

`setOrderCustomFields` loses concurrent writes silently, also beside a state transition: whoever
writes is the only writer of the order on our side, and reads back what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from backshop.platforms.orders import Json, write
from backshop.platforms.ports import DeliveryFields
from backshop.platforms.vendure.api import VendureApi


@dataclass(frozen=True, slots=True)
class VendureDeliveryStages:
    """Deliveries of one server; see `ports.DeliveryStages`."""

    api: VendureApi

    def read(self, order_id: str) -> DeliveryFields | None:
        """What Vendure holds now; None where it has no such order. Raises `TransientOutage`,
        `PermanentRefusal`."""
        order = self.api.run("delivery_stage", {"id": order_id})["order"]
        return _fields_of(order) if order else None

    def write(self, order_id: str, fields: DeliveryFields) -> DeliveryFields | None:
        """Write both fields in one mutation, and read back. Raises `TransientOutage` where the end
        of the write is unknown, `PermanentRefusal` where Vendure has no such order or option."""
        names = self.api.field_names
        custom = {
            names["deliveryStage"]: fields.stage,
            names["trackingNumber"]: fields.tracking_number,
        }
        write(self.api, "delivery_stage_set", {"input": {"id": order_id, "customFields": custom}})
        return self.read(order_id)


def _fields_of(order: Json) -> DeliveryFields:
    fields = order.get("customFields") or {}
    return DeliveryFields(fields.get("deliveryStage") or None, fields.get("trackingNumber") or None)
