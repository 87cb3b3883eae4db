"""The mutations that the local Shopify has. Refusals are `userErrors`, as on the real one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Protocol
from urllib.parse import urlsplit

from graphql import GraphQLError
from graphql.execution.values import get_directive_values

from shops.resolving import Info
from shops.shop import Coupon, Shop, micros
from shops.shopify.bulk import Bulk, BulkRefused
from shops.shopify.hooks import Hooks, asked_metafields
from shops.shopify.ids import gid, number
from shops.shopify.refunds import RefundError, refund_amount, refund_lines, to_minor
from shops.shopify.views import Views
from shops.webhooks import LOOPBACK

Json = dict[str, Any]
Mutation = Callable[..., Json]

ADDRESS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "company": "company",
    "address1": "address1",
    "address2": "address2",
    "city": "city",
    "provinceCode": "province_code",
    "zip": "zip",
    "countryCode": "country_code",
    "phone": "phone",
}
DAY_OF_KEYS = 24 * 3600 * 1_000_000


class MutationsServer(Protocol):
    """What mutations need of the server."""

    shop: Shop
    views: Views
    hooks: Hooks
    bulk: Bulk


def mutations(server: MutationsServer) -> dict[str, Mutation]:
    own = Mutations(server)
    return {
        "refundCreate": own.refund_create,
        "orderUpdate": own.order_update,
        "orderCancel": own.order_cancel,
        "tagsAdd": own.tags_add,
        "discountCodeBasicCreate": own.discount_create,
        "discountCodeBasicUpdate": own.discount_update,
        "discountCodeDeactivate": own.discount_deactivate,
        "discountCodeActivate": own.discount_activate,
        "discountCodeDelete": own.discount_delete,
        "webhookSubscriptionCreate": own.webhook_create,
        "webhookSubscriptionUpdate": own.webhook_update,
        "webhookSubscriptionDelete": own.webhook_delete,
        "bulkOperationRunQuery": own.bulk_run,
        "bulkOperationCancel": own.bulk_cancel,
    }


class Mutations:
    def __init__(self, server: MutationsServer) -> None:
        self.server = server
        self.shop = server.shop
        self.done: dict[str, tuple[str, int, Json]] = {}
        """Idempotency key → what was asked, when, and the answer."""

    def _once(self, info: Info, arguments: Any, do: Callable[[], Json]) -> Json:
        """Does it, or answers again what the same key was answered within a day."""
        key = self._key(info)
        if key is None:
            return do()
        request = json.dumps([info.field_name, arguments], sort_keys=True, default=str)
        now = self.shop.clock.now()
        known = self.done.get(key)
        if known is not None and now - known[1] < DAY_OF_KEYS:
            if known[0] != request:
                raise GraphQLError(
                    "The idempotency key was used with other arguments.",
                    extensions={"code": "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"},
                )
            return known[2]
        answer = do()
        if not answer["userErrors"]:
            self.done[key] = (request, now, answer)
        return answer

    def _key(self, info: Info) -> str | None:
        directive = info.schema.get_directive("idempotent")
        if directive is None:
            return None
        values = get_directive_values(directive, info.field_nodes[0], info.variable_values)
        return str(values["key"]) if values else None

    # ------------------------------------------------------------------- orders

    def refund_create(self, info: Info, input: Json) -> Json:
        return self._once(info, input, lambda: self._refund(input))

    def _refund(self, fields: Json) -> Json:
        order = self.shop.orders.get(number(fields["orderId"], "Order"))
        if order is None:
            return {"refund": None, "order": None, **_errors(["orderId"], "Order does not exist")}
        try:
            amount = refund_amount(order, fields)
            lines = refund_lines(self.shop, order, fields.get("refundLineItems") or ())
        except RefundError as refusal:
            return {"refund": None, "order": None, "userErrors": [refusal.error]}
        shipping = fields.get("shipping") or {}
        restock = any(
            item.get("restockType") in {"RETURN", "CANCEL"}
            for item in fields.get("refundLineItems") or ()
        )
        refund = self.shop.refund(
            order,
            amount,
            reason=fields.get("note") or "",
            lines=lines,
            shipping=to_minor(shipping.get("amount") or 0),
            restock=restock,
            payment_id=order.payments[0].id if order.payments else None,
            state={"wait": "Pending", "refuse": "Failed"}.get(self.shop.refunding, "Settled"),
            transaction_id=f"re_{order.id}_{len(order.refunds)}",
        )
        views = self.server.views
        return {
            "refund": views.refund(order, refund),
            "order": views.order(order),
            "userErrors": [],
        }

    def order_update(self, info: Info, input: Json) -> Json:
        order = self.shop.orders.get(number(input["id"], "Order"))
        if order is None:
            return {"order": None, **_errors(["id"], "Order does not exist")}
        for name in ("email", "phone", "note"):
            if name in input:
                setattr(order, name, input[name] or "")
        if "tags" in input:
            order.tags = tuple(input["tags"] or ())
        if input.get("shippingAddress"):
            problem = _address_problem(input["shippingAddress"])
            if problem:
                return {"order": None, **_errors(["shippingAddress", *problem[0]], problem[1])}
            address = input["shippingAddress"]
            fields = {
                ADDRESS[name]: value or "" for name, value in address.items() if name in ADDRESS
            }
            self.shop.change_address(order, {**fields, **_names(fields)})
        else:
            self.shop.touch(order, "edit")
        return {"order": self.server.views.order(order), "userErrors": []}

    def order_cancel(self, info: Info, orderId: str, **args: Any) -> Json:  # noqa: N803
        order = self.shop.orders.get(number(orderId, "Order"))
        problem = None
        if order is None:
            problem = "Order does not exist"
        elif order.cancelled_at is not None:
            problem = "Order has already been cancelled"
        if order is None or problem:
            error = {"field": ["orderId"], "message": problem, "code": "INVALID"}
            return {"job": None, "orderCancelUserErrors": [error], "userErrors": [error]}
        self.shop.cancel(order, str(args.get("reason", "OTHER")).lower())
        job = {"id": gid("Job", order.id), "done": True}
        return {"job": job, "orderCancelUserErrors": [], "userErrors": []}

    def tags_add(self, info: Info, id: str, tags: list[str]) -> Json:
        order = self.shop.orders.get(number(id, "Order"))
        if order is None:
            return {"node": None, **_errors(["id"], "Order does not exist")}
        self.shop.edit_order(order, tags=tuple(dict.fromkeys((*order.tags, *tags))))
        return {"node": self.server.views.order(order), "userErrors": []}

    # ---------------------------------------------------------------- discounts

    def discount_create(self, info: Info, basicCodeDiscount: Json) -> Json:  # noqa: N803
        discount = basicCodeDiscount
        if not discount.get("code"):
            return _no_discount(["basicCodeDiscount", "code"], "Code can't be blank", "BLANK")
        if self.shop.coupon_by_code(discount["code"]):
            return _no_discount(
                ["basicCodeDiscount", "code"],
                "Code must be unique. Please try a different code.",
                "TAKEN",
            )
        if not discount.get("startsAt"):
            return _no_discount(
                ["basicCodeDiscount", "startsAt"], "Starts at can't be blank", "BLANK"
            )
        try:
            fields = self._discount_fields(discount)
        except RefundError as refusal:
            return {"codeDiscountNode": None, "userErrors": [{"extraInfo": None, **refusal.error}]}
        coupon = self.shop.add_coupon(code=discount["code"], **fields)
        return {"codeDiscountNode": self.server.views.discount_node(coupon), "userErrors": []}

    def discount_update(
        self,
        info: Info,
        id: str,
        basicCodeDiscount: Json,  # noqa: N803
    ) -> Json:
        coupon = self._coupon(id)
        if coupon is None:
            return _no_discount(["id"], "Discount does not exist", "INVALID")
        try:
            fields = self._discount_fields(basicCodeDiscount)
        except RefundError as refusal:
            return {"codeDiscountNode": None, "userErrors": [{"extraInfo": None, **refusal.error}]}
        self.shop.edit_coupon(coupon, **fields)
        return {"codeDiscountNode": self.server.views.discount_node(coupon), "userErrors": []}

    def _discount_fields(self, discount: Json) -> Json:
        fields: Json = {}
        if "title" in discount:
            fields["title"] = discount["title"]
        starts, ends = discount.get("startsAt"), discount.get("endsAt")
        if starts and ends and micros(ends) <= micros(starts):
            raise RefundError(
                ["basicCodeDiscount", "endsAt"],
                "Ends at must be after the start date",
                "END_DATE_BEFORE_START_DATE",
            )
        if starts:
            fields["starts_at"] = micros(starts)
        if "endsAt" in discount:
            fields["expires_at"] = micros(ends) if ends else None
        if "usageLimit" in discount:
            fields["usage_limit"] = discount["usageLimit"]
        if "appliesOncePerCustomer" in discount:
            fields["usage_limit_per_customer"] = 1 if discount["appliesOncePerCustomer"] else None
        fields |= _value(discount.get("customerGets") or {})
        context = discount.get("context") or {}
        if context.get("customers"):
            fields["customers"] = self._customers(context["customers"].get("add") or ())
        fields["extra"] = {"combines": discount.get("combinesWith") or {}}
        return fields

    def _customers(self, customer_ids: Sequence[str]) -> tuple[int, ...]:
        numbers = tuple(number(one, "Customer") for one in customer_ids)
        if any(one not in self.shop.customers for one in numbers):
            raise RefundError(
                ["basicCodeDiscount", "context", "customers", "add"], "Invalid customer", "INVALID"
            )
        return numbers

    def _coupon(self, identity: str) -> Coupon | None:
        return self.shop.coupons.get(number(identity, "DiscountCodeNode"))

    def discount_deactivate(self, info: Info, id: str) -> Json:
        coupon = self._coupon(id)
        if coupon is None:
            return _no_discount(["id"], "Discount does not exist", "INVALID")
        self.shop.edit_coupon(coupon, expires_at=self.shop.clock.now())
        return {"codeDiscountNode": self.server.views.discount_node(coupon), "userErrors": []}

    def discount_activate(self, info: Info, id: str) -> Json:
        coupon = self._coupon(id)
        if coupon is None:
            return _no_discount(["id"], "Discount does not exist", "INVALID")
        self.shop.edit_coupon(coupon, expires_at=None)
        return {"codeDiscountNode": self.server.views.discount_node(coupon), "userErrors": []}

    def discount_delete(self, info: Info, id: str) -> Json:
        coupon = self._coupon(id)
        if coupon is None:
            error = {"field": ["id"], "message": "Discount does not exist", "code": "INVALID"}
            return {"deletedCodeDiscountId": None, "userErrors": [{"extraInfo": None, **error}]}
        self.shop.delete_coupon(coupon)
        return {"deletedCodeDiscountId": id, "userErrors": []}

    # ----------------------------------------------------------------- webhooks

    def webhook_create(
        self,
        info: Info,
        topic: str,
        webhookSubscription: Json,  # noqa: N803
    ) -> Json:
        uri = webhookSubscription.get("uri") or webhookSubscription.get("callbackUrl") or ""
        problem = _uri_problem(uri)
        if problem is None and self.server.hooks.find(topic, uri):
            problem = "Address for this topic has already been taken"
        if problem:
            field = ["webhookSubscription", "callbackUrl"]
            return {"webhookSubscription": None, **_errors(field, problem)}
        subscription = self.server.hooks.subscribe(topic, uri, webhookSubscription)
        return {"webhookSubscription": self.server.hooks.view(subscription), "userErrors": []}

    def webhook_update(
        self,
        info: Info,
        id: str,
        webhookSubscription: Json,  # noqa: N803
    ) -> Json:
        found = self.server.hooks.all.get(number(id, "WebhookSubscription"))
        if found is None:
            missing = _errors(["id"], "Webhook subscription does not exist")
            return {"webhookSubscription": None, **missing}
        uri = webhookSubscription.get("uri")
        problem = _uri_problem(uri) if uri else None
        if problem:
            return {
                "webhookSubscription": None,
                **_errors(["webhookSubscription", "callbackUrl"], problem),
            }
        found.uri = uri or found.uri
        if "metafields" in webhookSubscription:
            found.metafields = asked_metafields(webhookSubscription)
        found.updated_at = self.shop.clock.now()
        return {"webhookSubscription": self.server.hooks.view(found), "userErrors": []}

    def webhook_delete(self, info: Info, id: str) -> Json:
        if self.server.hooks.all.pop(number(id, "WebhookSubscription"), None) is None:
            missing = _errors(["id"], "Webhook subscription does not exist")
            return {"deletedWebhookSubscriptionId": None, **missing}
        return {"deletedWebhookSubscriptionId": id, "userErrors": []}

    # --------------------------------------------------------------------- bulk

    def bulk_run(self, info: Info, query: str, **_: Any) -> Json:
        try:
            operation = self.server.bulk.start(query)
        except BulkRefused as refusal:
            error = {"field": refusal.field, "message": str(refusal), "code": refusal.code}
            return {"bulkOperation": None, "userErrors": [error]}
        return {"bulkOperation": self.server.bulk.view(operation), "userErrors": []}

    def bulk_cancel(self, info: Info, id: str) -> Json:
        operation = self.server.bulk.all.get(number(id, "BulkOperation"))
        if operation is None:
            return {"bulkOperation": None, **_errors(["id"], "Bulk operation does not exist")}
        self.server.bulk.cancel(operation)
        return {"bulkOperation": self.server.bulk.view(operation), "userErrors": []}


def _errors(field: list[str], message: str) -> Json:
    return {"userErrors": [{"field": field, "message": message}]}


def _no_discount(field: list[str], message: str, code: str) -> Json:
    error = {"field": field, "message": message, "code": code, "extraInfo": None}
    return {"codeDiscountNode": None, "userErrors": [error]}


def _value(gets: Json) -> Json:
    value = gets.get("value") or {}
    if value.get("discountAmount"):
        amount = Decimal(str(value["discountAmount"]["amount"]))
        if amount <= 0:
            field = ["basicCodeDiscount", "customerGets", "value", "discountAmount", "amount"]
            raise RefundError(field, "Value must be greater than 0", "GREATER_THAN")
        return {"kind": "fixed", "amount": amount}
    if value.get("percentage") is not None:
        share = Decimal(str(value["percentage"]))
        if not 0 < share <= 1:
            field = ["basicCodeDiscount", "customerGets", "value", "percentage"]
            raise RefundError(field, "Value must be between 0.0 and 1.0", "VALUE_OUTSIDE_RANGE")
        return {"kind": "percent", "amount": share * 100}
    return {}


def _uri_problem(uri: str) -> str | None:
    parts = urlsplit(uri)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return None
    if parts.scheme == "http":
        return "Address protocol http:// is not supported"
    return "Address is invalid"


def _address_problem(address: Json) -> tuple[list[str], str] | None:
    for name, words in (("address1", "Address"), ("city", "City"), ("countryCode", "Country")):
        if name in address and not address[name]:
            return [name], f"{words} can't be blank"
    return None


COUNTRIES = {
    "US": "United States",
    "CA": "Canada",
    "LK": "Sri Lanka",
    "NG": "Nigeria",
    "GB": "United Kingdom",
}


def _names(fields: Json) -> Json:
    """The words that go with the codes; a province whose name is unknown shows its code."""
    names: Json = {}
    if "country_code" in fields:
        names["country"] = COUNTRIES.get(fields["country_code"], fields["country_code"])
    if "province_code" in fields:
        names["province"] = fields["province_code"]
    return names
