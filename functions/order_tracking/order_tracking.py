"""Routes of the shopper, who has proved a phone: their order, and whether they want SMS about it.

Reading goes through the shopper's own login, whose policies show the orders given with that phone
and nothing else; another phone's order is answered like one that does not exist.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.errors import NotFound
from backshop.kits.deliveries import rules as deliveries_rules
from backshop.kits.deliveries.models import Stage
from backshop.kits.tracking import repository as tracking
from backshop.kits.tracking import rules as tracking_rules
from backshop.web import old as http
from backshop.web import tokens
from pydantic import BaseModel, ConfigDict

app = http.app()
handler = http.handler(app)


class Shopper(NamedTuple):
    store_id: UUID
    phone: str


class Agreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    agreed: bool


@app.get("/orders/<code>")
def show(code: str) -> Response[str]:
    """Stage, the five steps with their times, items, courier, and the tracking number once the
    courier has the parcel."""
    shopper = _shopper()
    with db.shopper(shopper.store_id, shopper.phone) as tx:
        order = tracking.shoppers_order(tx, code)
    if order is None:
        raise _unknown()
    stage = Stage(order["stage"] or Stage.ORDER_CONFIRMED)
    return http.reply(
        200,
        {
            "order_code": order["order_code"],
            "placed_at": order["order_date"],
            "is_cancelled": order["is_cancelled"],
            "total_with_tax": order["total_with_tax"],
            "currency": order["currency"],
            "stage": stage,
            "steps": tracking_rules.steps(stage, order["events"]),
            "courier": order["carrier"] or deliveries_rules.CARRIER,
            "tracking_number": order["tracking_number"]
            if deliveries_rules.shows_tracking(stage)
            else None,
            "items": order["items"],
        },
    )


@app.put("/orders/<code>/sms")
def agree(code: str) -> Response[str]:
    """Say whether an SMS is wanted at each later stage of this order."""
    shopper = _shopper()
    agreed = http.body(app, Agreement).agreed
    with db.transaction(store_id=shopper.store_id) as tx:
        if not tracking.agree_to_sms(tx, code, shopper.phone, agreed):
            raise _unknown()
    return http.reply(200, {"order_code": code, "agreed": agreed})


def _shopper() -> Shopper:
    """Who calls, by the token of POST /otp/verify. Raises Unauthorized."""
    said = http.header(app.current_event.raw_event, "authorization") or ""
    scheme, _, token = said.partition(" ")
    claims = tokens.read(
        "shopper", token.strip() if scheme.lower() == "bearer" else "", at=datetime.now(UTC)
    )
    return Shopper(UUID(claims["store_id"]), claims["phone"])


def _unknown() -> NotFound:
    return NotFound("There is no order with this code that was placed with your phone.")
