"""Shopify's GraphQL objects of a shop's records: dictionaries by field name, where a callable is a
field that takes arguments or is costly. What is not in them is not modelled, and asking is an
error."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from graphql import GraphQLError

from shops.resolving import Info, View
from shops.shop import (
    MICROS,
    Address,
    AppliedCoupon,
    Coupon,
    Customer,
    Fulfilment,
    Line,
    Order,
    Payment,
    Product,
    Refund,
    RefundLine,
    Shop,
    Variant,
)
from shops.shopify.ids import gid
from shops.shopify.refunds import refund_lines, refunded_quantity, to_minor

Sort = Callable[[Any], Any]


def when(micros: int | None) -> str | None:
    """Shopify's times have seconds."""
    if micros is None:
        return None
    return f"{datetime.fromtimestamp(micros // MICROS, UTC):%Y-%m-%dT%H:%M:%SZ}"


def decimal(minor: int) -> str:
    """Amounts of MoneyV2 have one decimal at least: 20.0, 19.99."""
    text = f"{abs(minor) // 100}.{abs(minor) % 100:02d}"
    return ("-" if minor < 0 else "") + (text[:-1] if text.endswith("0") else text)


def price(minor: int | None) -> str | None:
    """The scalar Money has two: 20.00."""
    if minor is None:
        return None
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02d}"


@dataclass(frozen=True)
class Call:
    """What resolvers know of the request they serve."""

    bulk: bool = False
    """Connections give everything, whatever was asked for."""


def connection(
    info: Info,
    records: Iterable[Any],
    view: Callable[[Any], View],
    sort: Sort | None = None,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    reverse: bool | None = False,
    **_: Any,
) -> View:
    """A page of records. A cursor holds the last record's sort value and id, so a page goes on
    from there even when records have moved meanwhile."""
    bulk = info.context.bulk
    if first is None and last is None and not bulk:
        raise GraphQLError(
            "you must provide one of first or last", extensions={"code": "BAD_REQUEST"}
        )
    for size in (first, last):
        if size is not None and not 0 <= size <= 250:
            raise GraphQLError(
                "first and last must be between 0 and 250", extensions={"code": "BAD_REQUEST"}
            )
    key = _key(sort)
    rows = sorted(records, key=key, reverse=bool(reverse)) if sort else list(records)
    if sort is None and reverse:
        rows.reverse()
    rows = _after(rows, after, sort, bool(reverse))
    rows = _before(rows, before, sort, bool(reverse))
    page = rows if bulk else (rows[:first] if first is not None else rows[-(last or 0) :])
    cursors = [_cursor(record, sort) for record in page]
    more = len(page) < len(rows)
    return {
        "nodes": lambda info: [view(record) for record in page],
        "edges": lambda info: [
            {"node": view(record), "cursor": cursor}
            for record, cursor in zip(page, cursors, strict=True)
        ],
        "pageInfo": {
            "hasNextPage": more if last is None else before is not None,
            "hasPreviousPage": bool(after) if last is None else more,
            "startCursor": cursors[0] if cursors else None,
            "endCursor": cursors[-1] if cursors else None,
        },
    }


def _key(sort: Sort | None) -> Sort:
    return lambda record: (sort(record) if sort else 0, record.id)


def _cursor(record: Any, sort: Sort | None) -> str:
    value = sort(record) if sort else None
    text = json.dumps({"last_id": record.id, "last_value": value}, separators=(",", ":"))
    return base64.b64encode(text.encode()).decode()


def _position(cursor: str) -> tuple[Any, int]:
    try:
        place = json.loads(base64.b64decode(cursor))
        return place["last_value"], place["last_id"]
    except (ValueError, KeyError, TypeError):
        raise GraphQLError(
            f"'{cursor}' is not a valid cursor", extensions={"code": "BAD_REQUEST"}
        ) from None


def _after(rows: list[Any], cursor: str | None, sort: Sort | None, down: bool) -> list[Any]:
    if not cursor:
        return rows
    value, last = _position(cursor)
    if sort is None:
        places = [index for index, record in enumerate(rows) if record.id == last]
        return rows[places[0] + 1 :] if places else []
    here = (value, last)
    return [r for r in rows if ((sort(r), r.id) < here if down else (sort(r), r.id) > here)]


def _before(rows: list[Any], cursor: str | None, sort: Sort | None, down: bool) -> list[Any]:
    if not cursor:
        return rows
    value, last = _position(cursor)
    if sort is None:
        places = [index for index, record in enumerate(rows) if record.id == last]
        return rows[: places[0]] if places else rows
    here = (value, last)
    return [r for r in rows if ((sort(r), r.id) > here if down else (sort(r), r.id) < here)]


def financial_status(order: Order) -> str:
    if not order.payments:
        if order.stage == "cancelled":
            return "VOIDED"
        return {"on_hold": "AUTHORIZED", "failed": "EXPIRED"}.get(order.stage, "PENDING")
    if not order.refunded:
        return "PAID"
    return "REFUNDED" if order.refunded >= order.total else "PARTIALLY_REFUNDED"


def fulfilment_status(order: Order) -> str:
    return "FULFILLED" if order.fulfilments else "UNFULFILLED"


@dataclass(frozen=True)
class Transaction:
    """Shopify keeps payments and what was given back in one list."""

    id: int
    kind: str
    amount: int
    gateway: str
    created_at: int
    parent: Payment | None = None
    state: str = "Settled"

    @property
    def status(self) -> str:
        return {"Pending": "PENDING", "Failed": "FAILURE"}.get(self.state, "SUCCESS")


def transactions(order: Order) -> list[Transaction]:
    sales = [
        Transaction(pay.id, "SALE", pay.amount, pay.gateway, pay.created_at)
        for pay in order.payments
    ]
    first = order.payments[0] if order.payments else None
    back = [
        Transaction(
            refund.id,
            "REFUND",
            refund.amount,
            first.gateway if first else "manual",
            refund.created_at,
            first,
            refund.state,
        )
        for refund in order.refunds
        if refund.amount
    ]
    return sales + back


@dataclass(frozen=True)
class Collection:
    """What the shop knows as a category."""

    id: int
    title: str
    updated_at: int
    products: int


class ViewsServer(Protocol):
    """What views need of the server that they are a part of."""

    shop: Shop
    first_id: int
    storefront: str

    def collections(self) -> dict[int, Collection]: ...
    def discount_status(self, coupon: Coupon) -> str: ...
    def orders_of(self, customer_id: int) -> list[Order]: ...
    def page_of_orders(self, info: Info, orders: Iterable[Order], **args: Any) -> View: ...
    def status_page(self, order: Order) -> str: ...


class Views:
    """Views of one shop."""

    def __init__(self, server: ViewsServer) -> None:
        self.server = server
        self.shop = server.shop

    def money(self, minor: int) -> View:
        return {"amount": decimal(minor), "currencyCode": self.shop.currency}

    def bag(self, minor: int) -> View:
        money = self.money(minor)
        return {"shopMoney": money, "presentmentMoney": money}

    # ------------------------------------------------------------------- orders

    def order(self, order: Order) -> View:
        cancelled = order.cancelled_at is not None
        return {
            "__typename": "Order",
            "id": gid("Order", order.id),
            "legacyResourceId": str(order.id),
            "name": self.name(order),
            "number": self.number(order),
            "confirmationNumber": order.key[:9].upper(),
            "createdAt": when(order.created_at),
            "updatedAt": when(order.updated_at),
            "processedAt": when(order.placed_at or order.created_at),
            "cancelledAt": when(order.cancelled_at),
            "cancelReason": (order.cancel_reason or "customer").upper() if cancelled else None,
            "closed": cancelled,
            "closedAt": when(order.cancelled_at),
            "confirmed": True,
            "test": False,
            "edited": False,
            "email": order.email or None,
            "phone": order.phone or None,
            "note": order.note or None,
            "tags": list(order.tags),
            "sourceName": order.source,
            "sourceIdentifier": None,
            "customerLocale": "en",
            "customerAcceptsMarketing": False,
            "statusPageUrl": lambda info, **_: self.server.status_page(order),
            "displayFinancialStatus": financial_status(order),
            "displayFulfillmentStatus": fulfilment_status(order),
            "currencyCode": order.currency,
            "presentmentCurrencyCode": order.currency,
            "taxesIncluded": False,
            "taxExempt": not order.tax_rate,
            "discountCode": order.coupons[0].code if order.coupons else None,
            "discountCodes": [used.code for used in order.coupons],
            "paymentGatewayNames": [order.gateway] if order.gateway else [],
            "fullyPaid": bool(order.payments),
            "unpaid": not order.payments,
            "capturable": False,
            "requiresShipping": True,
            "fulfillable": not order.fulfilments and not cancelled,
            "merchantEditable": not cancelled and not order.fulfilments,
            "merchantEditableErrors": _not_editable(order),
            "refundable": bool(order.payments) and order.refunded < order.total,
            "customAttributes": [
                {"key": key, "value": str(value)} for key, value in order.custom.items()
            ],
            "subtotalLineItemsQuantity": sum(line.quantity for line in order.lines),
            **self._totals(order),
            "taxLines": lambda info: self._tax_lines(order, order.tax),
            "customer": lambda info: self.customer_of(order),
            "shippingAddress": lambda info: self.address(order.shipping_address, order.id),
            "billingAddress": lambda info: self.address(order.billing, order.id),
            "shippingLine": lambda info: self.shipping_line(order),
            "shippingLines": lambda info, **args: connection(
                info, [order] if order.shipping_method else [], self._shipping_view, **args
            ),
            "discountApplications": lambda info, **args: connection(
                info, order.coupons, lambda used: self.application(order, used), **args
            ),
            "lineItems": lambda info, **args: connection(
                info, order.lines, lambda line: self.line(order, line), **args
            ),
            "fulfillments": lambda info, first=None, **_: [
                self.fulfilment(order, parcel) for parcel in order.fulfilments[:first]
            ],
            "fulfillmentOrders": lambda info, **args: connection(
                info, [order], self.fulfilment_order, **args
            ),
            "refunds": lambda info, first=None: [
                self.refund(order, refund) for refund in order.refunds[:first]
            ],
            "transactions": lambda info, first=None, **_: [
                self.transaction(order, part) for part in transactions(order)[:first]
            ],
            "suggestedRefund": lambda info, **args: self.suggested_refund(order, **args),
        }

    def _totals(self, order: Order) -> View:
        goods = sum(line.total for line in order.lines)
        left = order.total - order.refunded
        open_ = 0 if order.payments or order.stage == "cancelled" else order.total
        received = order.total if order.payments else 0
        back = sum(part.amount for refund in order.refunds for part in refund.lines)
        tax_back = sum(part.tax for refund in order.refunds for part in refund.lines)
        return {
            name: self.bag(minor)
            for name, minor in {
                "totalPriceSet": order.total,
                "originalTotalPriceSet": order.total,
                "currentTotalPriceSet": order.total - back - tax_back,
                "subtotalPriceSet": goods,
                "currentSubtotalPriceSet": goods - back,
                "totalTaxSet": order.tax,
                "currentTotalTaxSet": order.tax - tax_back,
                "totalDiscountsSet": order.discount,
                "currentTotalDiscountsSet": order.discount,
                "totalShippingPriceSet": order.shipping,
                "currentShippingPriceSet": order.shipping,
                "totalRefundedSet": order.refunded,
                "totalRefundedShippingSet": sum(refund.shipping for refund in order.refunds),
                "totalOutstandingSet": open_,
                "totalReceivedSet": received,
                "netPaymentSet": left if order.payments else 0,
                "totalTipReceivedSet": 0,
            }.items()
        }

    def number(self, order: Order) -> int:
        return order.id - self.server.first_id + 1000

    def name(self, order: Order) -> str:
        return f"#{self.number(order)}"

    def customer_of(self, order: Order) -> View | None:
        customer = self.shop.customers.get(order.customer_id or 0)
        return self.customer(customer) if customer else None

    def _tax_lines(self, order: Order, minor: int) -> list[View]:
        if not order.tax_rate:
            return []
        rate = float(order.tax_rate)
        return [
            {
                "title": "Sales tax",
                "rate": rate / 100,
                "ratePercentage": rate,
                "priceSet": self.bag(minor),
                "channelLiable": False,
                "source": "shopify",
            }
        ]

    def address(self, address: Address, owner: int) -> View | None:
        if not (address.address1 or address.city or address.country_code):
            return None
        return {
            "__typename": "MailingAddress",
            "id": gid("MailingAddress", owner) + "?model_name=Address",
            "firstName": address.first_name or None,
            "lastName": address.last_name or None,
            "name": address.name or None,
            "company": address.company or None,
            "address1": address.address1 or None,
            "address2": address.address2 or None,
            "city": address.city or None,
            "province": address.province or None,
            "provinceCode": address.province_code or None,
            "zip": address.zip or None,
            "country": address.country or None,
            "countryCodeV2": address.country_code or None,
            "countryCode": address.country_code or None,
            "phone": address.phone or None,
            "formattedArea": ", ".join(filter(None, (address.city, address.country))),
        }

    def shipping_line(self, order: Order) -> View | None:
        return self._shipping_view(order) if order.shipping_method else None

    def _shipping_view(self, order: Order) -> View:
        bag = self.bag(order.shipping)
        return {
            "__typename": "ShippingLine",
            "id": gid("ShippingLine", order.shipping_line_id or order.id),
            "title": order.shipping_method,
            "code": order.shipping_method,
            "source": "shopify",
            "custom": False,
            "isRemoved": False,
            "phone": None,
            "originalPriceSet": bag,
            "discountedPriceSet": bag,
            "currentDiscountedPriceSet": bag,
            "discountAllocations": [],
            "taxLines": self._tax_lines(order, order.shipping_tax),
        }

    def application(self, order: Order, used: AppliedCoupon) -> View:
        value: View = {"__typename": "MoneyV2", **self.money(used.discount)}
        if used.kind == "percent":
            value = {"__typename": "PricingPercentageValue", "percentage": float(used.amount)}
        return {
            "__typename": "DiscountCodeApplication",
            "index": order.coupons.index(used),
            "code": used.code,
            "allocationMethod": "ACROSS",
            "targetSelection": "ALL",
            "targetType": "LINE_ITEM",
            "value": value,
        }

    def line(self, order: Order, line: Line) -> View:
        back = refunded_quantity(order, line)
        shipped = line.quantity if order.fulfilments else 0
        after = line.total // line.quantity if line.quantity else 0
        variant = self.shop.variants.get(line.variant_id)
        return {
            "__typename": "LineItem",
            "id": gid("LineItem", line.id),
            "title": line.title,
            "name": f"{line.title} - {line.variant_title}" if line.variant_title else line.title,
            "variantTitle": line.variant_title or None,
            "sku": line.sku or None,
            "vendor": line.vendor or None,
            "quantity": line.quantity,
            "currentQuantity": line.quantity - back,
            "refundableQuantity": line.quantity - back,
            "unfulfilledQuantity": max(0, line.quantity - shipped - back),
            "nonFulfillableQuantity": 0,
            "isGiftCard": False,
            "requiresShipping": True,
            "restockable": True,
            "taxable": bool(order.tax_rate),
            "merchantEditable": True,
            "image": None,
            "originalUnitPriceSet": self.bag(line.unit_price),
            "discountedUnitPriceSet": self.bag(line.unit_price),
            "discountedUnitPriceAfterAllDiscountsSet": self.bag(after),
            "originalTotalSet": self.bag(line.subtotal),
            "discountedTotalSet": lambda info, withCodeDiscounts=False: self.bag(  # noqa: N803
                line.total if withCodeDiscounts else line.subtotal
            ),
            # Codes are discounts of the order; only a line's own discounts would be in here.
            "totalDiscountSet": self.bag(0),
            "discountAllocations": lambda info: self._allocations(order, line),
            "taxLines": lambda info, **_: self._tax_lines(order, order.line_tax(line)),
            "customAttributes": [
                {"key": key, "value": str(value)} for key, value in line.custom.items()
            ],
            "product": lambda info: self._product_of(line),
            "variant": lambda info: self.variant(variant) if variant else None,
        }

    def _product_of(self, line: Line) -> View | None:
        product = self.shop.products.get(line.product_id)
        return self.product(product) if product else None

    def _allocations(self, order: Order, line: Line) -> list[View]:
        """What each code took off the line. Several codes share it by what they took in all."""
        if not line.discount or not order.coupons:
            return []
        total = sum(used.discount for used in order.coupons) or 1
        return [
            {
                "allocatedAmountSet": self.bag(line.discount * used.discount // total),
                "discountApplication": self.application(order, used),
            }
            for used in order.coupons
        ]

    def fulfilment(self, order: Order, parcel: Fulfilment) -> View:
        delivered = parcel.state == "Delivered"
        track = {"company": parcel.method, "number": parcel.tracking_number or None, "url": None}
        return {
            "__typename": "Fulfillment",
            "id": gid("Fulfillment", parcel.id),
            "legacyResourceId": str(parcel.id),
            "name": f"{self.name(order)}.1",
            "status": "SUCCESS",
            "displayStatus": "DELIVERED" if delivered else "FULFILLED",
            "createdAt": when(parcel.created_at),
            "updatedAt": when(parcel.updated_at),
            "deliveredAt": when(parcel.delivered_at),
            "inTransitAt": when(parcel.created_at),
            "estimatedDeliveryAt": None,
            "requiresShipping": True,
            "totalQuantity": sum(quantity for _, quantity in parcel.lines),
            "trackingInfo": lambda info, first=None: [track] if parcel.tracking_number else [],
        }

    def fulfilment_order(self, order: Order) -> View:
        done = bool(order.fulfilments)
        address = order.shipping_address
        return {
            "__typename": "FulfillmentOrder",
            "id": gid("FulfillmentOrder", order.id),
            "status": "CLOSED" if done or order.cancelled_at else "OPEN",
            "requestStatus": "UNSUBMITTED",
            "createdAt": when(order.created_at),
            "updatedAt": when(order.updated_at),
            "orderId": gid("Order", order.id),
            "orderName": self.name(order),
            "supportedActions": []
            if done
            else [{"action": "CREATE_FULFILLMENT", "externalUrl": None}],
            "destination": {
                "id": gid("FulfillmentOrderDestination", order.id),
                "firstName": address.first_name,
                "lastName": address.last_name,
                "company": address.company or None,
                "address1": address.address1,
                "address2": address.address2 or None,
                "city": address.city,
                "province": address.province or None,
                "zip": address.zip,
                "countryCode": address.country_code or None,
                "phone": address.phone or None,
                "email": order.email,
            },
        }

    def transaction(self, order: Order, part: Transaction) -> View:
        sale = part.kind == "SALE"
        parent = transactions(order)[0] if part.parent else None
        return {
            "__typename": "OrderTransaction",
            "id": gid("OrderTransaction", part.id),
            "kind": part.kind,
            "status": part.status,
            "gateway": part.gateway,
            "formattedGateway": part.gateway.replace("_", " ").title(),
            "createdAt": when(part.created_at),
            "processedAt": when(part.created_at),
            "test": False,
            "errorCode": None,
            "paymentId": order.payments[0].transaction_id if order.payments else None,
            "amountSet": self.bag(part.amount),
            "maximumRefundableV2": self.money(part.amount - order.refunded) if sale else None,
            "parentTransaction": lambda info: self.transaction(order, parent) if parent else None,
            "order": lambda info: self.order(order),
        }

    # ------------------------------------------------------------------ refunds

    def refund(self, order: Order, refund: Refund) -> View:
        own = [part for part in transactions(order) if part.id == refund.id]
        return {
            "__typename": "Refund",
            "id": gid("Refund", refund.id),
            "legacyResourceId": str(refund.id),
            "createdAt": when(refund.created_at),
            "updatedAt": when(refund.updated_at),
            "processedAt": when(refund.created_at),
            "note": refund.reason or None,
            "totalRefundedSet": self.bag(refund.amount),
            "order": lambda info: self.order(order),
            "return": None,
            "duties": [],
            "transactions": lambda info, **args: connection(
                info, own, lambda part: self.transaction(order, part), **args
            ),
            "refundLineItems": lambda info, **args: connection(
                info,
                refund.lines,
                lambda part: self.refund_line(order, part, restock=refund.restock),
                **args,
            ),
            "refundShippingLines": lambda info, **args: connection(
                info,
                [refund] if refund.shipping else [],
                lambda _: self._refund_shipping(refund),
                **args,
            ),
            "orderAdjustments": lambda info, **args: connection(info, [], dict, **args),
        }

    def _refund_shipping(self, refund: Refund) -> View:
        return {
            "id": gid("RefundShippingLine", refund.id),
            "subtotalAmountSet": self.bag(refund.shipping),
            "taxAmountSet": self.bag(0),
        }

    def refund_line(self, order: Order, part: RefundLine, *, restock: bool) -> View:
        line = next(line for line in order.lines if line.id == part.line_id)
        return {
            "__typename": "RefundLineItem",
            "id": gid("RefundLineItem", part.id),
            "quantity": part.quantity,
            "restockType": "RETURN" if restock else "NO_RESTOCK",
            "restocked": restock,
            "location": None,
            "subtotalSet": self.bag(part.amount),
            "totalTaxSet": self.bag(part.tax),
            "priceSet": self.bag(part.amount // part.quantity if part.quantity else 0),
            "lineItem": lambda info: self.line(order, line),
        }

    def suggested_refund(
        self,
        order: Order,
        refundLineItems: Sequence[View] | None = None,  # noqa: N803 - the schema's names
        shippingAmount: str | None = None,  # noqa: N803
        suggestFullRefund: bool | None = None,  # noqa: N803
        refundShipping: bool | None = None,  # noqa: N803
        **_: Any,
    ) -> View:
        most = order.total - order.refunded if order.payments else 0
        lines = refund_lines(self.shop, order, refundLineItems or ())
        shipping = to_minor(shippingAmount) if shippingAmount else 0
        if refundShipping or suggestFullRefund:
            shipping = order.shipping + order.shipping_tax
        subtotal, tax = sum(p.amount for p in lines), sum(p.tax for p in lines)
        amount = most if suggestFullRefund else min(most, subtotal + tax + shipping)
        sale = next(iter(transactions(order)), None)
        suggested = {
            "kind": "SUGGESTED_REFUND",
            "gateway": sale.gateway if sale else None,
            "formattedGateway": sale.gateway if sale else None,
            "amountSet": self.bag(amount),
            "maximumRefundableSet": self.bag(most),
            "parentTransaction": self.transaction(order, sale) if sale else None,
        }
        return {
            "__typename": "SuggestedRefund",
            "amountSet": self.bag(amount),
            "maximumRefundableSet": self.bag(most),
            "subtotalSet": self.bag(subtotal),
            "discountedSubtotalSet": self.bag(subtotal),
            "totalTaxSet": self.bag(tax),
            "totalDutiesSet": self.bag(0),
            "totalCartDiscountAmountSet": self.bag(0),
            "shipping": {
                "amountSet": self.bag(shipping),
                "maximumRefundableSet": self.bag(order.shipping + order.shipping_tax),
                "taxSet": self.bag(0),
            },
            "refundDuties": [],
            "refundLineItems": [self.refund_line(order, part, restock=False) for part in lines],
            "suggestedTransactions": [suggested] if sale and amount else [],
        }

    # ---------------------------------------------------------------- customers

    def metafield(self, name: str, value: Any) -> View:
        """By its name, `namespace.key`."""
        namespace, _, key = name.rpartition(".")
        return {
            "__typename": "Metafield",
            "namespace": namespace,
            "key": key,
            "value": str(value),
            "type": "single_line_text_field",
        }

    def customer(self, customer: Customer) -> View:
        def orders() -> list[Order]:
            return self.server.orders_of(customer.id)

        consent = "SUBSCRIBED" if customer.accepts_marketing else "NOT_SUBSCRIBED"
        address = self.address(customer.address, customer.id)
        return {
            "__typename": "Customer",
            "id": gid("Customer", customer.id),
            "legacyResourceId": str(customer.id),
            "firstName": customer.first_name or None,
            "lastName": customer.last_name or None,
            "displayName": f"{customer.first_name} {customer.last_name}".strip() or customer.email,
            "createdAt": when(customer.created_at),
            "updatedAt": when(customer.updated_at),
            "state": "ENABLED" if customer.has_account else "DISABLED",
            "tags": list(customer.tags),
            "note": customer.note or None,
            "locale": "en",
            "verifiedEmail": customer.verified,
            "taxExempt": False,
            "dataSaleOptOut": False,
            "numberOfOrders": lambda info: str(len(orders())),
            "amountSpent": lambda info: self.money(
                sum(o.total - o.refunded for o in orders() if o.payments)
            ),
            "lastOrder": lambda info: (
                self.order(max(orders(), key=lambda o: o.created_at)) if orders() else None
            ),
            "email": customer.email or None,
            "phone": customer.phone or None,
            "metafields": lambda info, keys=None, first=250, **_: {
                "nodes": [
                    self.metafield(name, value)
                    for name, value in customer.meta.items()
                    if keys is None or name in keys
                ][:first]
            },
            "defaultEmailAddress": {
                "emailAddress": customer.email,
                "marketingState": consent,
                "marketingOptInLevel": "SINGLE_OPT_IN",
                "marketingUpdatedAt": when(customer.updated_at),
                "validFormat": True,
            }
            if customer.email
            else None,
            "defaultPhoneNumber": {
                "phoneNumber": customer.phone,
                "smsMarketingConsent": {
                    "state": "SUBSCRIBED" if customer.accepts_sms else "NEVER_SUBSCRIBED",
                    "optInLevel": "SINGLE_OPT_IN" if customer.accepts_sms else "UNKNOWN",
                    "updatedAt": when(customer.updated_at) if customer.accepts_sms else None,
                    "collectedFrom": "SHOPIFY" if customer.accepts_sms else None,
                },
            }
            if customer.phone
            else None,
            "defaultAddress": address,
            "addresses": lambda info, first=None: [address] if address else [],
            "addressesV2": lambda info, **args: connection(
                info, [customer] if address else [], lambda _: address or {}, **args
            ),
            "orders": lambda info, **args: self.server.page_of_orders(info, orders(), **args),
        }

    # ----------------------------------------------------------------- products

    def product(self, product: Product) -> View:
        prices = [v.price for v in product.variants if v.price is not None] or [0]
        stocks = [v.stock for v in product.variants if v.stock is not None]
        active = product.status == "publish"
        return {
            "__typename": "Product",
            "id": gid("Product", product.id),
            "legacyResourceId": str(product.id),
            "title": product.title,
            "handle": product.slug,
            "status": "ACTIVE" if active else "DRAFT",
            "vendor": product.vendor,
            "productType": product.kind,
            "tags": list(product.tags),
            "description": lambda info, **_: product.description,
            "descriptionHtml": product.description,
            "createdAt": when(product.created_at),
            "updatedAt": when(product.updated_at),
            "publishedAt": when(product.created_at) if active else None,
            "onlineStoreUrl": f"{self.server.storefront}/products/{product.slug}"
            if active
            else None,
            "totalInventory": sum(stocks),
            "tracksInventory": bool(stocks),
            "hasOnlyDefaultVariant": not product.has_variants,
            "isGiftCard": False,
            "category": {
                "__typename": "TaxonomyCategory",
                "id": f"gid://shopify/TaxonomyCategory/{product.category}",
                "name": product.category,
                "fullName": product.category,
            }
            if product.category
            else None,
            "options": lambda info, first=None: self._options(product),
            "priceRangeV2": {
                "minVariantPrice": self.money(min(prices)),
                "maxVariantPrice": self.money(max(prices)),
            },
            "featuredMedia": None,
            "media": lambda info, **args: connection(info, [], dict, **args),
            "collections": lambda info, **args: connection(
                info,
                [c for c in self.server.collections().values() if c.title == product.category],
                self.collection,
                **args,
            ),
            "variantsCount": {"count": len(product.variants), "precision": "EXACT"},
            "variants": lambda info, **args: connection(
                info, product.variants, self.variant, **args
            ),
        }

    def _options(self, product: Product) -> list[View]:
        names = product.option_names or ("Title",)
        return [
            {
                "id": gid("ProductOption", product.id * 10 + place),
                "name": name,
                "position": place + 1,
                "values": list(product.option_values.get(name, ("Default Title",))),
                "optionValues": [
                    {"id": gid("ProductOptionValue", product.id * 100 + index), "name": value}
                    for index, value in enumerate(
                        product.option_values.get(name, ("Default Title",))
                    )
                ],
            }
            for place, name in enumerate(names)
        ]

    def variant(self, variant: Variant) -> View:
        product = self.shop.products[variant.product_id]
        on_sale = variant.regular_price is not None and variant.price != variant.regular_price
        available = variant.stock is None or variant.stock > 0
        return {
            "__typename": "ProductVariant",
            "id": gid("ProductVariant", variant.id),
            "legacyResourceId": str(variant.id),
            "title": variant.title or "Default Title",
            "displayName": f"{product.title} - {variant.title or 'Default Title'}",
            "sku": variant.sku or None,
            "barcode": variant.barcode or None,
            "price": price(variant.price or 0),
            "compareAtPrice": price(variant.regular_price) if on_sale else None,
            "inventoryQuantity": variant.stock if variant.stock is not None else 0,
            "inventoryPolicy": "DENY",
            "availableForSale": available,
            "sellableOnlineQuantity": max(0, variant.stock or 0),
            "taxable": True,
            "position": product.variants.index(variant) + 1,
            "createdAt": when(variant.created_at),
            "updatedAt": when(variant.updated_at),
            "selectedOptions": [
                {"name": name, "value": value} for name, value in variant.options.items()
            ]
            or [{"name": "Title", "value": "Default Title"}],
            "inventoryItem": {
                "__typename": "InventoryItem",
                "id": gid("InventoryItem", variant.id),
                "legacyResourceId": str(variant.id),
                "sku": variant.sku or None,
                "tracked": variant.stock is not None,
                "requiresShipping": True,
                "unitCost": None,
            },
            "product": lambda info: self.product(product),
        }

    def collection(self, collection: Collection) -> View:
        return {
            "__typename": "Collection",
            "id": gid("Collection", collection.id),
            "legacyResourceId": str(collection.id),
            "title": collection.title,
            "handle": collection.title.lower().replace(" ", "-"),
            "updatedAt": when(collection.updated_at),
            "productsCount": {"count": collection.products, "precision": "EXACT"},
        }

    # ---------------------------------------------------------------- discounts

    def discount_node(self, coupon: Coupon) -> View:
        return {
            "__typename": "DiscountCodeNode",
            "id": gid("DiscountCodeNode", coupon.id),
            "codeDiscount": lambda info: self.discount(coupon),
        }

    def any_discount_node(self, coupon: Coupon) -> View:
        """The node that discounts with and without codes have in common."""
        return {
            "__typename": "DiscountNode",
            "id": gid("DiscountCodeNode", coupon.id),
            "discount": lambda info: self.discount(coupon),
        }

    def discount(self, coupon: Coupon) -> View:
        code = {
            "__typename": "DiscountRedeemCode",
            "id": gid("DiscountRedeemCode", coupon.id),
            "code": coupon.code,
            "asyncUsageCount": coupon.used,
        }
        amount = {
            "__typename": "DiscountAmount",
            "amount": self.money(int(coupon.amount * 100)),
            "appliesOnEachItem": False,
        }
        percent = {"__typename": "DiscountPercentage", "percentage": float(coupon.amount) / 100}
        combines = coupon.extra.get("combines", {})
        return {
            "__typename": "DiscountCodeBasic",
            "title": coupon.title or coupon.code,
            "status": self.server.discount_status(coupon),
            "summary": coupon.title or coupon.code,
            "shortSummary": coupon.title or coupon.code,
            "startsAt": when(coupon.starts_at or coupon.created_at),
            "endsAt": when(coupon.expires_at),
            "createdAt": when(coupon.created_at),
            "updatedAt": when(coupon.updated_at),
            "usageLimit": coupon.usage_limit,
            "appliesOncePerCustomer": coupon.usage_limit_per_customer == 1,
            "asyncUsageCount": coupon.used,
            "codesCount": {"count": 1, "precision": "EXACT"},
            "codes": lambda info, **args: connection(info, [coupon], lambda _: code, **args),
            "combinesWith": {
                name: bool(combines.get(name))
                for name in ("orderDiscounts", "productDiscounts", "shippingDiscounts")
            },
            "context": lambda info: self._context(coupon),
            "customerGets": {
                "value": percent if coupon.kind == "percent" else amount,
                "items": {"__typename": "AllDiscountItems", "allItems": True},
                "appliesOnOneTimePurchase": True,
                "appliesOnSubscription": False,
            },
            "minimumRequirement": None,
            "discountClasses": ["ORDER"],
            "tags": [],
            "shareableUrls": [],
            "totalSales": None,
        }

    def _context(self, coupon: Coupon) -> View:
        if not coupon.customers:
            return {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"}
        known = [self.shop.customers[c] for c in coupon.customers if c in self.shop.customers]
        return {
            "__typename": "DiscountCustomers",
            "customers": [self.customer(customer) for customer in known],
        }


def _not_editable(order: Order) -> list[str]:
    if order.cancelled_at is not None:
        return ["Canceled orders can't be edited."]
    return ["Fulfilled orders can't be edited."] if order.fulfilments else []
