"""Discount codes at Shopify. A code can be looked up, so no attempt is ever made blindly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from backshop.platforms.discounts import NewDiscount
from backshop.platforms.errors import PermanentDecline
from backshop.platforms.orders import Graphql, Json, write


@dataclass(frozen=True, slots=True)
class ShopifyDiscounts:
    """Codes of one shop; see `ports.Discounts`."""

    api: Graphql

    def find(self, discount: NewDiscount) -> str | None:
        """The id of our discount with this code; None where the shop knows no such code. Raises
        PermanentDecline where the code is somebody else's."""
        return _ours(_lookup(self.api, discount.code), discount)

    def create(self, discount: NewDiscount) -> str:
        """Make the discount, if an earlier attempt did not; its id.

        Raises PermanentDecline where Shopify refuses it, and where the shop sells in another
        currency: amounts are always in the shop's own.
        """
        content = _lookup(self.api, discount.code)
        if (made := _ours(content, discount)) is not None:
            return made
        if content["shop"]["currencyCode"] != discount.currency:
            raise PermanentDecline(
                {"error": f"the shop sells in {content['shop']['currencyCode']}"}
            )
        answer = write(self.api, "discount_create", {"input": _input(discount)})[
            "discountCodeBasicCreate"
        ]
        if answer["userErrors"] or answer["codeDiscountNode"] is None:
            raise PermanentDecline({"userErrors": answer["userErrors"]})
        id: str = answer["codeDiscountNode"]["id"]
        return id

    def end(self, discount: NewDiscount) -> None:
        """Let nobody use the code any more; nothing to do where the shop does not know it."""
        id = _ours(_lookup(self.api, discount.code), discount)
        if id is None:
            return
        answer = write(self.api, "discount_deactivate", {"id": id})["discountCodeDeactivate"]
        if answer["userErrors"]:
            raise PermanentDecline({"userErrors": answer["userErrors"]})


def _lookup(api: Graphql, code: str) -> Json:
    return api.run("discount_by_code", {"code": code})


def _ours(content: Json, discount: NewDiscount) -> str | None:
    node = content["codeDiscountNodeByCode"]
    if node is None:
        return None
    if discount.mark not in (node["codeDiscount"].get("title") or ""):
        raise PermanentDecline({"error": "the shop has another discount with this code"})
    id: str = node["id"]
    return id


def _input(discount: NewDiscount) -> Json:
    customer = f"gid://shopify/Customer/{discount.customer_id}"
    return {
        "title": f"Shade survey [{discount.mark}]",
        "code": discount.code,
        "startsAt": _time(discount.starts_at),
        "endsAt": _time(discount.ends_at),
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "context": {"customers": {"add": [customer]}} if discount.customer_id else {"all": "ALL"},
        "customerGets": {
            "items": {"all": True},
            "value": {
                "discountAmount": {"amount": str(discount.amount), "appliesOnEachItem": False}
            },
        },
        "combinesWith": {
            "orderDiscounts": False,
            "productDiscounts": False,
            "shippingDiscounts": True,
        },
    }


def _time(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
