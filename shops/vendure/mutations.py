"""The mutations that the local Vendure has. Business refusals are union members, the rest are
errors, as recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Protocol

from graphql import GraphQLError

from shops.resolving import Info
from shops.shop import (
    Address,
    Fulfilment,
    Line,
    Order,
    Product,
    Refund,
    RefundLine,
    Shop,
    Variant,
    micros,
    share,
)
from shops.vendure import ACTIVE
from shops.vendure.schema import CustomFields
from shops.vendure.views import NEXT, Views, total_with_tax

Json = dict[str, Any]

ADDRESS = {
    "company": "company",
    "streetLine1": "address1",
    "streetLine2": "address2",
    "city": "city",
    "province": "province",
    "postalCode": "zip",
    "countryCode": "country_code",
    "phoneNumber": "phone",
}
COUNTRIES = {
    "US": "United States",
    "LK": "Sri Lanka",
    "GB": "United Kingdom",
    "CA": "Canada",
    "NG": "Nigeria",
}


def failure(kind: str, code: str, message: str, **more: Any) -> Json:
    return {"__typename": kind, "errorCode": code, "message": message, **more}


def missing(entity: str, identity: Any) -> GraphQLError:
    return GraphQLError(
        f'No {entity} with the id "{identity}" could be found',
        extensions={"code": "ENTITY_NOT_FOUND"},
    )


def bad_input(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "USER_INPUT_ERROR"})


class MutationsServer(Protocol):
    """What mutations need of the server."""

    shop: Shop
    views: Views
    fields: CustomFields
    field_writes: list[Json]
    delivery_fields: tuple[str, ...]
    shipping_method: str
    shipping_price: int
    roles: dict[str, frozenset[str]]
    keys: dict[str, frozenset[str] | None]


class Mutations:
    def __init__(self, server: MutationsServer) -> None:
        self.server = server
        self.shop = server.shop
        self.views = server.views
        self.made: dict[str, int] = {}

    def all(self) -> dict[str, Callable[..., Any]]:
        return {
            "transitionOrderToState": self.transition,
            "setOrderCustomFields": self.set_custom_fields,
            "setBackshopDelivery": self.set_delivery,
            "modifyOrder": self.modify,
            "cancelOrder": self.cancel,
            "refundOrder": self.refund,
            "settleRefund": self.settle_refund,
            "addManualPaymentToOrder": self.add_payment,
            "addFulfillmentToOrder": self.add_fulfillment,
            "transitionFulfillmentToState": self.transition_fulfillment,
            "createDraftOrder": self.create_draft,
            "deleteDraftOrder": self.delete_draft,
            "addItemToDraftOrder": self.add_item,
            "setCustomerForDraftOrder": self.set_customer,
            "setDraftOrderShippingAddress": self.set_address,
            "setDraftOrderBillingAddress": self.set_billing,
            "setDraftOrderShippingMethod": self.set_shipping,
            "applyCouponCodeToDraftOrder": self.apply_coupon,
            "createCustomer": self.create_customer,
            "createProduct": self.create_product,
            "createProductVariants": self.create_variants,
            "createPromotion": self.create_promotion,
            "updatePromotion": self.update_promotion,
            "deletePromotion": self.delete_promotion,
            "createRole": self.create_role,
            "createApiKey": self.create_api_key,
            "createTaxRate": self.create_tax_rate,
            "createShippingMethod": self.create_shipping_method,
            "updateChannel": self.update_channel,
            "createCountry": self._make("Country"),
            "createZone": self._make("Zone"),
            "createTaxCategory": self._make("TaxCategory"),
            "createPaymentMethod": self._make("PaymentMethod"),
        }

    def order(self, identity: str) -> Order:
        order = self.shop.orders.get(int(identity)) if str(identity).isdigit() else None
        if order is None:
            raise missing("Order", identity)
        return order

    # ------------------------------------------------------------------- states

    def transition(self, info: Info, id: str, state: str) -> Json:
        order = self.order(id)
        problem = self._problem(order, state)
        if problem:
            return failure(
                "OrderStateTransitionError",
                "ORDER_STATE_TRANSITION_ERROR",
                f'Cannot transition Order from "{order.status}" to "{state}"',
                transitionError=problem,
                fromState=order.status,
                toState=state,
            )
        stale = info.context.stale.get(order.id)
        if stale is not None:
            # The order was read before it is saved: a change of its fields in between is lost.
            order.custom = dict(stale)
        self._enter(order, state)
        return self.views.order(order)

    def _problem(self, order: Order, state: str) -> str:
        if state not in NEXT.get(order.status, ()):
            return f'Cannot transition Order from "{order.status}" to "{state}"'
        if state == "ArrangingPayment" and not order.lines:
            return 'Cannot transition Order to the "ArrangingPayment" state when it is empty'
        parcels = {parcel.state for parcel in order.fulfilments}
        if state == "Delivered" and parcels != {"Delivered"}:
            return (
                'Cannot transition Order to the "Delivered" state unless all OrderItems are '
                "delivered"
            )
        if state == "Cancelled" and order.status not in ACTIVE | {"Draft"}:
            return (
                'Cannot transition Order to the "Cancelled" state unless all OrderItems are '
                "cancelled"
            )
        if state == "PaymentSettled" and _covered(order) < total_with_tax(order):
            return (
                'Cannot transition Order to the "PaymentSettled" state when the total is not '
                "covered by settled Payments"
            )
        if state == "Shipped" and not parcels:
            return (
                'Cannot transition Order to the "Shipped" state unless all OrderItems are shipped'
            )
        return ""

    def _enter(self, order: Order, state: str) -> None:
        order.status = state
        stages = {word: stage for stage, word in self.shop.rules.status.items()}
        order.stage = stages.get(state, order.stage)
        if state == "Cancelled":
            order.cancelled_at = self.shop.clock.now()
        self.shop.touch(order, "transition")

    def set_custom_fields(self, info: Info, input: Json) -> Json:
        order = self.order(input["id"])
        values = input.get("customFields") or {}
        self._check_options(values)
        held = {name: order.custom.get(name) for name in values}
        self.server.field_writes.append({"order": order.id, "held": held, "given": values})
        # Vendure saves all fields as it read them, with the given ones on top.
        before = info.context.stale.get(order.id, order.custom)
        self.shop.edit_order(order, custom={**before, **values})
        return self.views.order(order)

    def set_delivery(self, info: Info, input: Json) -> Json:
        """The plugin's own mutation: these two columns, and nothing of the order as it was read."""
        order = self.order(input["orderId"])
        written = {name: input.get(name) or None for name in ("deliveryStage", "trackingNumber")}
        stage = written["deliveryStage"]
        fields = {field["name"]: field for field in self.server.fields.get("Order", ())}
        stages = fields.get("deliveryStage", {}).get("options") or ()
        if stage is not None and stage not in stages:
            raise bad_input(f'"{stage}" is no delivery stage: {", ".join(stages)}')
        names = self.server.delivery_fields
        if tuple(input.get("fieldNames") or names) != names:
            raise bad_input(f"the fields are {' and '.join(names)} here")
        named = dict(zip(names, written.values(), strict=True))
        held = {name: order.custom.get(name) for name in named}
        self.server.field_writes.append({"order": order.id, "held": held, "given": named})
        self.shop.edit_order(order, custom={**order.custom, **named})
        return {"__typename": "BackshopDelivery", "orderId": str(order.id), **written}

    def _check_options(self, values: Mapping[str, Any]) -> None:
        for field in self.server.fields.get("Order", ()):
            value, options = values.get(field["name"]), field.get("options")
            if value is not None and options and value not in options:
                listed = ", ".join(f"'{option}'" for option in options)
                raise bad_input(
                    f'The custom field "{field["name"]}" value ["{value}"] is invalid. '
                    f"Valid options are [{listed}]"
                )

    def modify(self, info: Info, input: Json) -> Json:
        order = self.order(input["orderId"])
        if order.status != "Modifying":
            code = "ORDER_MODIFICATION_STATE_ERROR"
            return failure("OrderModificationStateError", code, f"errorResult.{code}")
        shipping, billing = input.get("updateShippingAddress"), input.get("updateBillingAddress")
        for address in (shipping, billing):
            country = (address or {}).get("countryCode")
            if country and country not in COUNTRIES:
                raise bad_input(f'The countryCode "{country}" was not recognized')
        if not (shipping or billing or input.get("adjustOrderLines")):
            code = "NO_CHANGES_SPECIFIED_ERROR"
            return failure("NoChangesSpecifiedError", code, f"errorResult.{code}")
        if input.get("dryRun"):
            return self.views.order(order)
        if shipping:
            self.shop.change_address(order, _address(shipping))
        if billing:
            self.shop.change_address(order, _address(billing), billing=True)
        for change in input.get("adjustOrderLines") or ():
            self._line(order, change["orderLineId"]).quantity = change["quantity"]
            self.shop.touch(order, "lines")
        return self.views.order(order)

    def _line(self, order: Order, identity: str) -> Line:
        line = next((line for line in order.lines if str(line.id) == identity), None)
        if line is None:
            raise missing("OrderLine", identity)
        return line

    def cancel(self, info: Info, input: Json) -> Json:
        order = self.order(input["orderId"])
        if order.status in ACTIVE:
            return failure(
                "CancelActiveOrderError",
                "CANCEL_ACTIVE_ORDER_ERROR",
                f'Cannot cancel OrderLines from an Order in the "{order.status}" state',
                orderState=order.status,
            )
        kept = order.shipping
        self.shop.cancel(order, input.get("reason") or "")
        if not input.get("cancelShipping"):
            order.shipping = kept
        return self.views.order(order)

    # -------------------------------------------------------------------- money

    def add_payment(self, info: Info, input: Json) -> Json:
        order = self.order(input["orderId"])
        if order.status not in {"ArrangingPayment", "ArrangingAdditionalPayment"}:
            return failure(
                "ManualPaymentStateError",
                "MANUAL_PAYMENT_STATE_ERROR",
                'A manual payment may only be added when the Order is in the "ArrangingPayment" '
                'or "ArrangingAdditionalPayment" state',
            )
        order.gateway = input["method"]
        for line in order.lines:
            line.placed_quantity = line.quantity
        self.shop.pay(order, input["method"], input.get("transactionId") or "")
        return self.views.order(order)

    def refund(self, info: Info, input: Json) -> Json:
        order, payment = self._payment(input["paymentId"])
        amount = input.get("amount")
        left = payment.amount - sum(
            refund.amount
            for refund in order.refunds
            if refund.payment_id == payment.id and refund.state != "Failed"
        )
        if amount is not None and amount > left:
            return failure(
                "RefundAmountError",
                "REFUND_AMOUNT_ERROR",
                "The amount specified exceeds the refundable amount for this payment",
                maximumRefundable=left,
            )
        if any(input.get(name) is None for name in ("lines", "shipping", "adjustment")):
            # As on the real server, which counts on arguments that its schema has deprecated.
            raise GraphQLError(
                "Cannot read properties of undefined (reading 'reduce')",
                extensions={"code": "INTERNAL_SERVER_ERROR"},
            )
        lines = [self._refund_line(order, item) for item in input["lines"]]
        goods = sum(line.amount + line.tax for line in lines)
        total = amount if amount is not None else goods + input["shipping"] + input["adjustment"]
        how = self.shop.refunding
        refund = self.shop.refund(
            order,
            total,
            reason=input.get("reason") or "",
            lines=lines,
            shipping=input["shipping"],
            adjustment=input["adjustment"],
            payment_id=payment.id,
            state={"settle": "Settled", "refuse": "Failed"}.get(how, "Pending"),
            transaction_id=f"re_{order.id}_{len(order.refunds)}" if how else None,
        )
        if how == "wait":
            # A handler that answers Pending: the refund is kept with the provider's id, and
            # from Pending to Pending there is no transition.
            message = 'Cannot transition Refund from "Pending" to "Pending"'
            return failure(
                "RefundStateTransitionError",
                "REFUND_STATE_TRANSITION_ERROR",
                message,
                transitionError=message,
                fromState="Pending",
                toState="Pending",
            )
        return self.views.refund(order, refund)

    def _payment(self, identity: str) -> tuple[Order, Any]:
        for order in self.shop.orders.values():
            for payment in order.payments:
                if str(payment.id) == identity:
                    return order, payment
        raise missing("Payment", identity)

    def _refund_line(self, order: Order, item: Json) -> RefundLine:
        line = self._line(order, item["orderLineId"])
        amount = line.total * item["quantity"] // line.quantity
        return RefundLine(
            self.shop.ids.next("refund_line"),
            line.id,
            item["quantity"],
            amount,
            share(amount, order.tax_rate),
        )

    def settle_refund(self, info: Info, input: Json) -> Json:
        order, refund = self._refund(input["id"])
        if refund.state != "Pending":
            return failure(
                "RefundStateTransitionError",
                "REFUND_STATE_TRANSITION_ERROR",
                f'Cannot transition Refund from "{refund.state}" to "Settled"',
                transitionError=f'Cannot transition Refund from "{refund.state}" to "Settled"',
                fromState=refund.state,
                toState="Settled",
            )
        refund.state, refund.transaction_id = "Settled", input["transactionId"]
        refund.updated_at = self.shop.clock.now()
        self.shop.touch(order, "settle")
        return self.views.refund(order, refund)

    def _refund(self, identity: str) -> tuple[Order, Refund]:
        for order in self.shop.orders.values():
            for refund in order.refunds:
                if str(refund.id) == identity:
                    return order, refund
        raise missing("Refund", identity)

    # -------------------------------------------------------------- fulfilments

    def add_fulfillment(self, info: Info, input: Json) -> Json:
        items = input["lines"]
        if not items:
            code = "EMPTY_ORDER_LINE_SELECTION_ERROR"
            return failure("EmptyOrderLineSelectionError", code, f"errorResult.{code}")
        order = self._order_of_line(items[0]["orderLineId"])
        if order.fulfilments:
            code = "ITEMS_ALREADY_FULFILLED_ERROR"
            return failure("ItemsAlreadyFulfilledError", code, f"errorResult.{code}")
        args = {one["name"]: one["value"] for one in input["handler"].get("arguments") or ()}
        now = self.shop.clock.now()
        parcel = Fulfilment(
            self.shop.ids.next("fulfilment"),
            "Pending",
            args.get("method", ""),
            args.get("trackingCode", ""),
            now,
            now,
            lines=[(int(one["orderLineId"]), one["quantity"]) for one in items],
        )
        order.fulfilments.append(parcel)
        self.shop.touch(order, "ship")
        return self.views.fulfillment(order, parcel)

    def _order_of_line(self, identity: str) -> Order:
        for order in self.shop.orders.values():
            if any(str(line.id) == identity for line in order.lines):
                return order
        raise missing("OrderLine", identity)

    def transition_fulfillment(self, info: Info, id: str, state: str) -> Json:
        for order in self.shop.orders.values():
            for parcel in order.fulfilments:
                if str(parcel.id) == id:
                    return self._move(order, parcel, state)
        raise missing("Fulfillment", id)

    def _move(self, order: Order, parcel: Fulfilment, state: str) -> Json:
        steps = {"Pending": {"Shipped", "Delivered", "Cancelled"}, "Shipped": {"Delivered"}}
        if state not in steps.get(parcel.state, set()):
            message = f'Cannot transition Fulfillment from "{parcel.state}" to "{state}"'
            return failure(
                "FulfillmentStateTransitionError",
                "FULFILLMENT_STATE_TRANSITION_ERROR",
                message,
                transitionError=message,
                fromState=parcel.state,
                toState=state,
            )
        parcel.state, parcel.updated_at = state, self.shop.clock.now()
        if state in {"Shipped", "Delivered"}:
            self._enter(order, state)
        return self.views.fulfillment(order, parcel)

    # ------------------------------------------------------------------- drafts

    def create_draft(self, info: Info) -> Json:
        shop, now = self.shop, self.shop.clock.now()
        order_id = shop.ids.next("order")
        order = Order(
            order_id,
            shop.new_code(order_id),
            None,
            "",
            "",
            Address(),
            Address(),
            [],
            "cart",
            "Draft",
            shop.currency,
            now,
            now,
            tax_rate=shop.tax_rate,
            shipping_tax_rate=shop.shipping_tax_rate,
            rounds_units=shop.rules.rounds_units,
        )
        shop.add_order(order)
        return self.views.order(order)

    def delete_draft(self, info: Info, orderId: str) -> Json:  # noqa: N803
        order = self.order(orderId)
        if order.status != "Draft":
            return {"result": "NOT_DELETED", "message": "The order is not a draft"}
        self.shop.delete_order(order)
        return {"result": "DELETED", "message": None}

    def add_item(self, info: Info, orderId: str, input: Json) -> Json:  # noqa: N803
        order = self.order(orderId)
        variant = self.shop.variants.get(int(input["productVariantId"]))
        if variant is None:
            raise missing("ProductVariant", input["productVariantId"])
        custom = dict(input.get("customFields") or {})
        order.lines.append(self.shop.line(variant, input["quantity"], custom=custom))
        self.shop.touch(order, "lines")
        return self.views.order(order)

    def set_customer(
        self,
        info: Info,
        orderId: str,  # noqa: N803
        customerId: str | None = None,  # noqa: N803
        input: Json | None = None,
    ) -> Json:
        order = self.order(orderId)
        customer = self.shop.customers.get(int(customerId)) if customerId else None
        if customer is None and input:
            customer = self.shop.guest(
                input["emailAddress"],
                input["firstName"],
                input["lastName"],
                input.get("phoneNumber") or "",
            )
        if customer is None:
            raise missing("Customer", customerId)
        order.customer_id, order.email, order.phone = customer.id, customer.email, customer.phone
        self.shop.touch(order, "lines")
        return self.views.order(order)

    def set_address(self, info: Info, orderId: str, input: Json) -> Json:  # noqa: N803
        order = self.order(orderId)
        self.shop.change_address(order, _address(input))
        return self.views.order(order)

    def set_billing(self, info: Info, orderId: str, input: Json) -> Json:  # noqa: N803
        order = self.order(orderId)
        self.shop.change_address(order, _address(input), billing=True)
        return self.views.order(order)

    def set_shipping(
        self,
        info: Info,
        orderId: str,  # noqa: N803
        shippingMethodId: str,  # noqa: N803
    ) -> Json:
        order = self.order(orderId)
        order.shipping_method = self.server.shipping_method
        order.shipping = self.server.shipping_price
        order.shipping_line_id = self.shop.ids.next("shipping_line")
        self.shop.touch(order, "lines")
        return self.views.order(order)

    def apply_coupon(
        self,
        info: Info,
        orderId: str,  # noqa: N803
        couponCode: str,  # noqa: N803
    ) -> Json:
        order = self.order(orderId)
        coupon = self.shop.coupon_by_code(couponCode)
        now = self.shop.clock.now()
        if coupon is None or coupon.status != "publish":
            code = "COUPON_CODE_INVALID_ERROR"
            message = f'Coupon code "{couponCode}" is not valid'
            return failure("CouponCodeInvalidError", code, message, couponCode=couponCode)
        if coupon.expires_at is not None and coupon.expires_at < now:
            code = "COUPON_CODE_EXPIRED_ERROR"
            message = f'Coupon code "{couponCode}" has expired'
            return failure("CouponCodeExpiredError", code, message, couponCode=couponCode)
        if coupon.usage_limit is not None and coupon.used >= coupon.usage_limit:
            code = "COUPON_CODE_LIMIT_ERROR"
            message = "Coupon code cannot be used more than once per customer"
            more = {"couponCode": couponCode, "limit": coupon.usage_limit}
            return failure("CouponCodeLimitError", code, message, **more)
        self.shop.apply_coupon(order, coupon)
        self.shop.touch(order, "lines")
        return self.views.order(order)

    # ---------------------------------------------------------------- catalogue

    def create_customer(self, info: Info, input: Json, password: str | None = None) -> Json:
        if self.shop.customer_by_email(input["emailAddress"]):
            return failure(
                "EmailAddressConflictError",
                "EMAIL_ADDRESS_CONFLICT_ERROR",
                "The email address is not available.",
            )
        customer = self.shop.add_customer(
            email=input["emailAddress"],
            first_name=input["firstName"],
            last_name=input["lastName"],
            phone=input.get("phoneNumber") or "",
            verified=False,
        )
        return self.views.customer(customer)

    def create_product(self, info: Info, input: Json) -> Json:
        now = self.shop.clock.now()
        words = input["translations"][0]
        product = Product(
            self.shop.ids.next("product"),
            words["name"],
            words["slug"],
            words["description"],
            "",
            "",
            (),
            "",
            "publish" if input.get("enabled", True) else "draft",
            [],
            (),
            now,
            now,
        )
        self.shop.add_product(product)
        return self.views.product(product)

    def create_variants(self, info: Info, input: Sequence[Json]) -> list[Json]:
        return [self._variant(fields) for fields in input]

    def _variant(self, fields: Json) -> Json:
        now = self.shop.clock.now()
        product = self.shop.products.get(int(fields["productId"]))
        if product is None:
            raise missing("Product", fields["productId"])
        variant = Variant(
            self.shop.ids.next("variant"),
            product.id,
            fields["sku"],
            fields["translations"][0]["name"],
            {},
            fields.get("price"),
            fields.get("price"),
            fields.get("stockOnHand"),
            now,
            now,
        )
        self.shop.add_variant(product, variant)
        return self.views.variant(variant)

    def create_promotion(self, info: Info, input: Json) -> Json:
        if not input.get("conditions") and not input.get("couponCode"):
            return failure(
                "MissingConditionsError",
                "MISSING_CONDITIONS_ERROR",
                "A Promotion must have either at least one condition or a coupon code set",
            )
        coupon = self.shop.add_coupon(
            **{
                "code": input.get("couponCode") or "",
                "kind": "fixed",
                "amount": Decimal(0),
                **_promotion(input),
            }
        )
        return self.views.promotion(coupon)

    def update_promotion(self, info: Info, input: Json) -> Json:
        coupon = self.shop.coupons.get(int(input["id"]))
        if coupon is None:
            raise missing("Promotion", input["id"])
        self.shop.edit_coupon(coupon, **_promotion(input))
        return self.views.promotion(coupon)

    def delete_promotion(self, info: Info, id: str) -> Json:
        coupon = self.shop.coupons.get(int(id))
        if coupon is None:
            raise missing("Promotion", id)
        self.shop.delete_coupon(coupon)
        return {"result": "DELETED", "message": None}

    # ----------------------------------------------------------------- settings

    def _make(self, kind: str) -> Callable[..., Json]:
        """A mutation that only makes a record of which nothing but its id is asked."""

        def make(info: Info, input: Any) -> Json:
            return {"__typename": kind, "id": str(self._number(kind))}

        return make

    def _number(self, kind: str) -> int:
        self.made[kind] = self.made.get(kind, 0) + 1
        return self.made[kind]

    def create_tax_rate(self, info: Info, input: Json) -> Json:
        self.shop.tax_rate = Decimal(str(input["value"]))
        return {"__typename": "TaxRate", "id": str(self._number("TaxRate"))}

    def create_shipping_method(self, info: Info, input: Json) -> Json:
        args = {one["name"]: one["value"] for one in input["calculator"]["arguments"]}
        self.server.shipping_method = input["translations"][0]["name"]
        self.server.shipping_price = int(args.get("rate", 0))
        self.shop.shipping_tax_rate = Decimal(args.get("taxRate", "0"))
        return {"__typename": "ShippingMethod", "id": str(self._number("ShippingMethod"))}

    def update_channel(self, info: Info, input: Json) -> Json:
        if input.get("defaultCurrencyCode"):
            self.shop.currency = input["defaultCurrencyCode"]
        return self.views.channel()

    def create_role(self, info: Info, input: Json) -> Json:
        # The first two roles are the superadmin's and the customers'.
        number = self._number("Role") + 2
        permissions = ["Authenticated", *input["permissions"]]
        self.server.roles[str(number)] = frozenset(permissions)
        return {
            "__typename": "Role",
            "id": str(number),
            "code": input["code"],
            "description": input["description"],
            "permissions": permissions,
        }

    def create_api_key(self, info: Info, input: Json) -> Json:
        roles = [self.server.roles.get(one, frozenset()) for one in input["roleIds"]]
        key = f"{self.shop.random.getrandbits(64):016x}:{self.shop.random.getrandbits(128):032x}"
        self.server.keys[key] = frozenset().union(*roles)
        number = str(self._number("ApiKey"))
        return {"__typename": "CreateApiKeyResult", "apiKey": key, "entityId": number}


def _covered(order: Order) -> int:
    """What settled payments come to, less the refunds that are settled."""
    paid = sum(payment.amount for payment in order.payments if payment.state == "Settled")
    return paid - sum(refund.amount for refund in order.refunds if refund.state == "Settled")


def _address(address: Mapping[str, Any]) -> dict[str, str]:
    """The shop's fields of an address; what is not given stays."""
    fields = {ADDRESS[k]: v or "" for k, v in address.items() if k in ADDRESS}
    if address.get("fullName"):
        first, _, last = address["fullName"].partition(" ")
        fields |= {"first_name": first, "last_name": last}
    if "country_code" in fields:
        fields["country"] = COUNTRIES.get(fields["country_code"], fields["country_code"])
    return fields


def _promotion(promotion: Mapping[str, Any]) -> Json:
    fields: Json = {}
    if "couponCode" in promotion:
        fields["code"] = promotion["couponCode"] or ""
    if "enabled" in promotion:
        fields["status"] = "publish" if promotion["enabled"] else "draft"
    for name, field in (("startsAt", "starts_at"), ("endsAt", "expires_at")):
        if name in promotion:
            fields[field] = micros(promotion[name]) if promotion[name] else None
    for name, field in (
        ("usageLimit", "usage_limit"),
        ("perCustomerUsageLimit", "usage_limit_per_customer"),
    ):
        if name in promotion:
            fields[field] = promotion[name]
    if promotion.get("translations"):
        fields["title"] = promotion["translations"][0]["name"]
    if promotion.get("actions"):
        fields |= _action(promotion["actions"][0])
        fields["extra"] = {
            "action": promotion["actions"][0],
            "conditions": list(promotion.get("conditions") or ()),
        }
    return fields


def _action(action: Mapping[str, Any]) -> Json:
    args = {one["name"]: one["value"] for one in action.get("arguments") or ()}
    amount = Decimal(args.get("discount", "0"))
    if "percentage" in action["code"]:
        return {"kind": "percent", "amount": amount}
    return {"kind": "fixed", "amount": amount / 100}
