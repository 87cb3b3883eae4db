"""Discount codes at WooCommerce: coupons, whose codes it lower-cases and which it lets one look
up."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from backshop.platforms.api import HttpAnswer
from backshop.platforms.discounts import NewDiscount
from backshop.platforms.errors import (
    PermanentDecline,
    TransientFailure,
    TransientOutage,
    Unconfirmed,
)
from backshop.platforms.orders import Json
from backshop.platforms.woocommerce.api import WooCommerceApi, refused_key


@dataclass(frozen=True, slots=True)
class WooCommerceDiscounts:
    """Codes of one shop; see `ports.Discounts`."""

    api: WooCommerceApi

    def find(self, discount: NewDiscount) -> str | None:
        """The id of our coupon with this code; None where the shop knows no such code. Raises
        PermanentDecline where the code is somebody else's."""
        coupons = json.loads(self.api.get("coupons", {"code": discount.code.lower()}).body)
        coupon = next((each for each in coupons if each["code"] == discount.code.lower()), None)
        if coupon is None:
            return None
        if discount.mark not in coupon["description"]:
            raise PermanentDecline({"error": "the shop has another coupon with this code"})
        return str(coupon["id"])

    def create(self, discount: NewDiscount) -> str:
        """Make the coupon, if an earlier attempt did not; its id. Amounts are in the shop's
        currency, which WooCommerce does not name. Raises PermanentDecline where it refuses the
        coupon."""
        if (made := self.find(discount)) is not None:
            return made
        answer = _write(self.api, "POST", "coupons", _body(discount))
        return str(json.loads(answer.body)["id"])

    def end(self, discount: NewDiscount) -> None:
        """Delete the coupon; nothing to do where the shop does not know it."""
        id = self.find(discount)
        if id is not None:
            _write(self.api, "DELETE", f"coupons/{id}", None, force="true")


def _body(discount: NewDiscount) -> Json:
    """`date_expires` in UTC with a Z: WooCommerce silently ignores `date_expires_gmt`."""
    return {
        "code": discount.code,
        "description": f"Shade survey [{discount.mark}]",
        "discount_type": "fixed_cart",
        "amount": str(discount.amount),
        "date_expires": discount.ends_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "individual_use": True,
        "usage_limit": 1,
        "usage_limit_per_user": 1,
        "email_restrictions": [discount.email] if discount.email else [],
    }


def _write(api: WooCommerceApi, method: str, path: str, body: Any, **params: str) -> HttpAnswer:
    """One try; the next attempt looks first. Raises PermanentDecline on a refusal, Unconfirmed
    where the end is unknown."""
    try:
        answer = api.call(method, path, params, body)
    except TransientFailure as failed:
        raise Unconfirmed(f"the shop did not confirm: {failed}", failed.after) from failed
    if answer.status in (200, 201) and answer.body[:1] == b"{":
        return answer
    if answer.status in (401, 403):
        raise TransientOutage(refused_key(answer, method, path))
    if answer.status < 300:
        raise Unconfirmed("the shop answered a page in place of data")
    if method == "DELETE" and answer.status == 404:
        return answer
    raise PermanentDecline(
        {"error": f"WooCommerce answered {answer.status} {_code(answer)}".rstrip()}
    )


def _code(answer: HttpAnswer) -> str:
    try:
        return str(json.loads(answer.body)["code"])[:100]
    except (ValueError, TypeError, KeyError):
        return ""
