"""An order's delivery stage and tracking number at Vendure: two custom fields, written together.

The plugin's own mutation writes these two columns and nothing else. Where a server has an older
plugin or fields of its own, `setOrderCustomFields` has to do, which saves the whole order as it was
read:
it loses concurrent writes silently and takes state transitions back. Either way whoever writes is
the
only writer of the order on our side, and reads back what became of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.orders import Json, write
from backshop.platforms.ports import DeliveryFields
from backshop.platforms.vendure.api import UNKNOWN_FIELD, VendureApi

OTHER_NAMES = {"BAD_USER_INPUT", "USER_INPUT_ERROR"}
"""How a plugin refuses names of one's own: an older one that knows no `fieldNames`, and one that
was told of others."""


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
        if not self._write_alone(order_id, fields):
            self._write_with_the_order(order_id, fields)
        return self.read(order_id)

    def _write_alone(self, order_id: str, fields: DeliveryFields) -> bool:
        """By the plugin's mutation; False where the server has none, or the fields are the shop's
        own, of which the plugin was not told."""
        given, names = _input(order_id, fields), self.api.field_names
        has_own_names = any(name != name_there for name, name_there in names.items())
        if has_own_names:
            given["fieldNames"] = list(names.values())
        try:
            write(self.api, "delivery_set", {"input": given})
        except PermanentRefusal as refused:
            if refused.code == UNKNOWN_FIELD or (has_own_names and refused.code in OTHER_NAMES):
                return False
            raise
        return True

    def _write_with_the_order(self, order_id: str, fields: DeliveryFields) -> None:
        names = self.api.field_names
        custom = {
            names["deliveryStage"]: fields.stage,
            names["trackingNumber"]: fields.tracking_number,
        }
        write(self.api, "delivery_stage_set", {"input": {"id": order_id, "customFields": custom}})


def _input(order_id: str, fields: DeliveryFields) -> Json:
    return {
        "orderId": order_id,
        "deliveryStage": fields.stage,
        "trackingNumber": fields.tracking_number,
    }


def _fields_of(order: Json) -> DeliveryFields:
    fields = order.get("customFields") or {}
    return DeliveryFields(_text(fields.get("deliveryStage")), _text(fields.get("trackingNumber")))


def _text(value: object) -> str | None:
    """Fields of the shop's own may hold something else."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number or (isinstance(value, str) and value) else None
