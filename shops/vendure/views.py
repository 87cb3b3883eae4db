"""Vendure's GraphQL objects of a shop's records; see `shopify/views.py` for how they resolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from shops.resolving import View
from shops.shop import (
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
    gross,
    iso,
)
from shops.vendure import ACTIVE
from shops.vendure.schema import CustomFields

NEXT: dict[str, tuple[str, ...]] = {
    "Draft": ("Cancelled", "ArrangingPayment"),
    "AddingItems": ("ArrangingPayment", "Cancelled"),
    "ArrangingPayment": ("PaymentAuthorized", "PaymentSettled", "AddingItems", "Cancelled"),
    "PaymentAuthorized": (
        "PaymentSettled",
        "Cancelled",
        "Modifying",
        "ArrangingAdditionalPayment",
    ),
    "PaymentSettled": (
        "PartiallyDelivered",
        "Delivered",
        "PartiallyShipped",
        "Shipped",
        "Cancelled",
        "Modifying",
        "ArrangingAdditionalPayment",
    ),
    "PartiallyShipped": ("Shipped", "PartiallyDelivered", "Cancelled", "Modifying"),
    "Shipped": ("PartiallyDelivered", "Delivered", "Cancelled", "Modifying"),
    "PartiallyDelivered": ("Delivered", "Cancelled", "Modifying"),
    "Delivered": ("Cancelled",),
    "Modifying": (
        "PaymentAuthorized",
        "PaymentSettled",
        "PartiallyShipped",
        "Shipped",
        "PartiallyDelivered",
        "ArrangingAdditionalPayment",
    ),
    "ArrangingAdditionalPayment": (
        "PaymentAuthorized",
        "PaymentSettled",
        "PartiallyShipped",
        "Shipped",
        "PartiallyDelivered",
        "Cancelled",
    ),
    "Cancelled": (),
}
"""Vendure's default order process."""


def void(order: Order) -> bool:
    """A cancelled order's lines have no quantity left and its discounts are 0."""
    return order.status == "Cancelled"


def sub_total(order: Order) -> int:
    return 0 if void(order) else sum(line.total for line in order.lines)


def sub_total_with_tax(order: Order) -> int:
    if void(order):
        return 0
    return sum(gross(line.net_unit_price, order.tax_rate) * line.quantity for line in order.lines)


def shipping(order: Order) -> int:
    return order.shipping


def shipping_with_tax(order: Order) -> int:
    return gross(shipping(order), order.shipping_tax_rate)


def total_with_tax(order: Order) -> int:
    return sub_total_with_tax(order) + shipping_with_tax(order)


class ViewsServer(Protocol):
    """What views need of the server that they are a part of."""

    shop: Shop
    channel: str
    channel_token: str
    fields: CustomFields

    def list_orders(self, orders: Any, options: View | None) -> View: ...
    def list_variants(self, variants: Any, options: View | None) -> View: ...


class Views:
    def __init__(self, server: ViewsServer) -> None:
        self.server = server
        self.shop = server.shop

    # ------------------------------------------------------------------- orders

    def order(self, order: Order) -> View:
        active = order.status in ACTIVE
        return {
            "__typename": "Order",
            "id": str(order.id),
            "code": order.code,
            "state": order.status,
            "type": "Regular",
            "active": active,
            "nextStates": list(NEXT.get(order.status, ())),
            "createdAt": iso(order.created_at),
            "updatedAt": iso(order.updated_at),
            "orderPlacedAt": None if active else iso(order.placed_at),
            "currencyCode": order.currency,
            "totalQuantity": 0 if void(order) else sum(line.quantity for line in order.lines),
            "subTotal": sub_total(order),
            "subTotalWithTax": sub_total_with_tax(order),
            "shipping": shipping(order),
            "shippingWithTax": shipping_with_tax(order),
            "total": sub_total(order) + shipping(order),
            "totalWithTax": total_with_tax(order),
            "couponCodes": [used.code for used in order.coupons],
            "customer": lambda info: self._customer_of(order),
            "shippingAddress": lambda info: self.order_address(order.shipping_address),
            "billingAddress": lambda info: self.order_address(order.billing),
            "lines": lambda info: [self.line(order, line) for line in order.lines],
            "surcharges": [],
            "promotions": lambda info: [
                self.promotion(self.shop.coupons[used.coupon_id])
                for used in order.coupons
                if used.coupon_id in self.shop.coupons
            ],
            "modifications": [],
            "discounts": lambda info: [self.discount(order, used) for used in order.coupons],
            "shippingLines": lambda info: self._shipping_lines(order),
            "payments": lambda info: [self.payment(order, one) for one in order.payments],
            "fulfillments": lambda info: [
                self.fulfillment(order, one) for one in order.fulfilments
            ],
            "taxSummary": lambda info: self._tax_summary(order),
            "channels": lambda info: [self.channel()],
            "history": lambda info, **_: {"items": [], "totalItems": 0},
            "customFields": lambda info: {
                field["name"]: order.custom.get(field["name"])
                for field in self.server.fields.get("Order", ())
            },
        }

    def _customer_of(self, order: Order) -> View | None:
        customer = self.shop.customers.get(order.customer_id or 0)
        return self.customer(customer) if customer else None

    def _tax_summary(self, order: Order) -> list[View]:
        base = sub_total(order)
        return [
            {
                "description": "Standard tax",
                "taxRate": float(order.tax_rate),
                "taxBase": base,
                "taxTotal": sub_total_with_tax(order) - base,
            }
        ]

    def order_address(self, address: Address) -> View:
        """An order without an address has one of nulls."""
        return {
            "__typename": "OrderAddress",
            "fullName": address.name or None,
            "company": address.company or None,
            "streetLine1": address.address1 or None,
            "streetLine2": address.address2 or None,
            "city": address.city or None,
            "province": address.province or None,
            "postalCode": address.zip or None,
            "country": address.country or None,
            "countryCode": address.country_code or None,
            "phoneNumber": address.phone or None,
            "customFields": None,
        }

    def line(self, order: Order, line: Line) -> View:
        rate = order.tax_rate
        quantity = 0 if void(order) else line.quantity
        unit, net = line.unit_price, line.net_unit_price
        variant = self.shop.variants.get(line.variant_id)
        return {
            "__typename": "OrderLine",
            "id": str(line.id),
            "createdAt": iso(order.created_at),
            "updatedAt": iso(order.created_at),
            "quantity": quantity,
            "orderPlacedQuantity": line.placed_quantity if order.placed_at else 0,
            "taxRate": float(rate),
            "unitPrice": unit,
            "unitPriceWithTax": gross(unit, rate),
            "unitPriceChangeSinceAdded": 0,
            "unitPriceWithTaxChangeSinceAdded": 0,
            "discountedUnitPrice": unit,
            "discountedUnitPriceWithTax": gross(unit, rate),
            "proratedUnitPrice": net,
            "proratedUnitPriceWithTax": gross(net, rate),
            "linePrice": unit * quantity,
            "linePriceWithTax": gross(unit, rate) * quantity,
            "discountedLinePrice": unit * quantity,
            "discountedLinePriceWithTax": gross(unit, rate) * quantity,
            "proratedLinePrice": line.total if quantity else 0,
            "proratedLinePriceWithTax": gross(net, rate) * quantity,
            "lineTax": (gross(net, rate) - net) * quantity,
            "discounts": lambda info: self._line_discounts(order, line),
            "taxLines": [{"description": "Standard tax", "taxRate": float(rate)}],
            "productVariant": lambda info: self._variant_of(line, variant),
            "featuredAsset": None,
            "order": lambda info: self.order(order),
            "customFields": lambda info: (
                {
                    field["name"]: line.custom.get(field["name"])
                    for field in self.server.fields.get("OrderLine", ())
                }
                or None
            ),
        }

    def _line_discounts(self, order: Order, line: Line) -> list[View]:
        if not line.discount:
            return []
        return [
            {
                **self.discount(order, used),
                "amount": -line.discount,
                "amountWithTax": -gross(line.discount, order.tax_rate),
            }
            for used in order.coupons[:1]
        ]

    def _variant_of(self, line: Line, variant: Variant | None) -> View:
        """A deleted variant is still in its orders, for deleting only hides it."""
        if variant is not None:
            return self.variant(variant)
        product = {
            "__typename": "Product",
            "id": str(line.product_id),
            "name": line.title,
            "slug": "",
            "enabled": False,
        }
        return {
            "__typename": "ProductVariant",
            "id": str(line.variant_id),
            "sku": line.sku,
            "name": line.title,
            "product": product,
            "productId": str(line.product_id),
        }

    def discount(self, order: Order, used: AppliedCoupon) -> View:
        return {
            "__typename": "Discount",
            "type": "DISTRIBUTED_ORDER_PROMOTION",
            "description": used.title or used.code,
            "adjustmentSource": f"PROMOTION:{used.coupon_id}",
            "amount": 0 if void(order) else -used.discount,
            "amountWithTax": 0 if void(order) else -gross(used.discount, order.tax_rate),
        }

    def _shipping_lines(self, order: Order) -> list[View]:
        if not order.shipping_method:
            return []
        return [
            {
                "__typename": "ShippingLine",
                "id": str(order.shipping_line_id),
                "price": shipping(order),
                "priceWithTax": shipping_with_tax(order),
                "discountedPrice": shipping(order),
                "discountedPriceWithTax": shipping_with_tax(order),
                "discounts": [],
                "shippingMethod": {
                    "__typename": "ShippingMethod",
                    "id": "1",
                    "code": order.shipping_method.lower().replace(" ", "-"),
                    "name": order.shipping_method,
                    "description": "",
                },
            }
        ]

    def payment(self, order: Order, payment: Payment) -> View:
        return {
            "__typename": "Payment",
            "id": str(payment.id),
            "createdAt": iso(payment.created_at),
            "updatedAt": iso(payment.created_at),
            "method": payment.gateway,
            "amount": payment.amount,
            "state": payment.state,
            "nextStates": [],
            "transactionId": payment.transaction_id or None,
            "errorMessage": None,
            "metadata": {},
            "refunds": lambda info: [
                self.refund(order, one) for one in order.refunds if one.payment_id == payment.id
            ],
        }

    def refund(self, order: Order, refund: Refund) -> View:
        return {
            "__typename": "Refund",
            "id": str(refund.id),
            "createdAt": iso(refund.created_at),
            "updatedAt": iso(refund.updated_at),
            "items": sum(part.amount + part.tax for part in refund.lines),
            "shipping": refund.shipping,
            "adjustment": refund.adjustment,
            "total": refund.amount,
            "method": order.gateway or None,
            "state": refund.state,
            "reason": refund.reason or None,
            "transactionId": refund.transaction_id,
            "paymentId": str(refund.payment_id),
            "metadata": {},
            "lines": lambda info: [self._refund_line(order, refund, p) for p in refund.lines],
        }

    def _refund_line(self, order: Order, refund: Refund, part: RefundLine) -> View:
        line = next((one for one in order.lines if one.id == part.line_id), None)
        return {
            "__typename": "RefundLine",
            "orderLineId": str(part.line_id),
            "quantity": part.quantity,
            "refundId": str(refund.id),
            "orderLine": lambda info: self.line(order, line) if line else None,
        }

    def fulfillment(self, order: Order, parcel: Fulfilment) -> View:
        lines = [
            {"__typename": "FulfillmentLine", "orderLineId": str(line_id), "quantity": quantity}
            for line_id, quantity in parcel.lines
        ]
        return {
            "__typename": "Fulfillment",
            "id": str(parcel.id),
            "createdAt": iso(parcel.created_at),
            "updatedAt": iso(parcel.updated_at),
            "state": parcel.state,
            "nextStates": [],
            "method": parcel.method,
            "trackingCode": parcel.tracking_number or None,
            "lines": lines,
            "summary": lines,
        }

    # ---------------------------------------------------------------- customers

    def customer(self, customer: Customer) -> View:
        return {
            "__typename": "Customer",
            "id": str(customer.id),
            "createdAt": iso(customer.created_at),
            "updatedAt": iso(customer.updated_at),
            "title": None,
            "firstName": customer.first_name,
            "lastName": customer.last_name,
            "emailAddress": customer.email,
            "phoneNumber": customer.phone or None,
            "groups": [],
            "customFields": {
                field["name"]: customer.meta.get(field["name"])
                for field in self.server.fields.get("Customer", ())
            }
            or None,
            "user": {
                "__typename": "User",
                "id": str(customer.id + 1),
                "identifier": customer.email,
                "verified": customer.verified,
                "lastLogin": None,
            }
            if customer.has_account
            else None,
            "addresses": lambda info: self._addresses(customer),
            "orders": lambda info, options=None: self.server.list_orders(
                [o for o in self.shop.orders.values() if o.customer_id == customer.id], options
            ),
        }

    def _addresses(self, customer: Customer) -> list[View]:
        if not customer.address.address1:
            return []
        address = self.order_address(customer.address)
        address |= {
            "__typename": "Address",
            "id": str(customer.id),
            "createdAt": iso(customer.created_at),
            "updatedAt": iso(customer.created_at),
            "defaultShippingAddress": True,
            "defaultBillingAddress": True,
            "country": {
                "__typename": "Country",
                "id": "1",
                "code": customer.address.country_code,
                "name": customer.address.country,
                "enabled": True,
            },
        }
        return [address]

    # ----------------------------------------------------------------- products

    def product(self, product: Product) -> View:
        return {
            "__typename": "Product",
            "id": str(product.id),
            "createdAt": iso(product.created_at),
            "updatedAt": iso(product.updated_at),
            "languageCode": "en",
            "enabled": product.status == "publish",
            "name": product.title,
            "slug": product.slug,
            "description": product.description,
            "featuredAsset": None,
            "assets": [],
            "facetValues": [],
            "optionGroups": [],
            "channels": lambda info: [self.channel()],
            "customFields": None,
            "collections": lambda info: self._collections(product.category),
            "variants": lambda info: [self.variant(variant) for variant in product.variants],
            "variantList": lambda info, options=None: self.server.list_variants(
                product.variants, options
            ),
        }

    def _collections(self, name: str) -> list[View]:
        return [self.collection(name)] if name else []

    def collection(self, name: str) -> View:
        names = sorted({p.category for p in self.shop.products.values() if p.category})
        inside = [p for p in self.shop.products.values() if p.category == name]
        return {
            "__typename": "Collection",
            "id": str(self.shop.ids.first + 1 + names.index(name)),
            "createdAt": iso(0),
            "updatedAt": iso(0),
            "name": name,
            "slug": name.lower().replace(" ", "-"),
            "description": "",
            "isPrivate": False,
            "parentId": "1",
            "position": names.index(name),
            "productVariants": lambda info, options=None: self.server.list_variants(
                [each for p in inside for each in p.variants], options
            ),
            "productVariantCount": lambda info: sum(len(p.variants) for p in inside),
        }

    def variant(self, variant: Variant) -> View:
        product = self.shop.products[variant.product_id]
        name = f"{product.title} {variant.title}" if product.has_variants else product.title
        price = variant.price or 0
        stock = variant.stock if variant.stock is not None else 0
        level = {
            "__typename": "StockLevel",
            "id": str(variant.id),
            "stockLocationId": "1",
            "stockOnHand": stock,
            "stockAllocated": 0,
        }
        return {
            "__typename": "ProductVariant",
            "id": str(variant.id),
            "productId": str(product.id),
            "createdAt": iso(variant.created_at),
            "updatedAt": iso(variant.updated_at),
            "languageCode": "en",
            "enabled": True,
            "sku": variant.sku,
            "name": name,
            "price": price,
            "priceWithTax": gross(price, self.shop.tax_rate),
            "currencyCode": self.shop.currency,
            "trackInventory": "TRUE" if variant.stock is not None else "FALSE",
            "stockOnHand": stock,
            "stockAllocated": 0,
            "stockLevel": "IN_STOCK" if variant.stock is None or stock > 0 else "OUT_OF_STOCK",
            "stockLevels": [level],
            "featuredAsset": None,
            "facetValues": [],
            "customFields": None,
            "options": [
                {
                    "__typename": "ProductOption",
                    "id": str(variant.id * 10 + place),
                    "code": value.lower(),
                    "name": value,
                }
                for place, value in enumerate(variant.options.values())
            ],
            "product": lambda info: self.product(product),
        }

    # ------------------------------------------------------------------- others

    def promotion(self, coupon: Coupon) -> View:
        percent = coupon.kind == "percent"
        action = coupon.extra.get("action") or {
            "code": "order_percentage_discount" if percent else "order_fixed_discount",
            "arguments": [
                {
                    "name": "discount",
                    "value": str(coupon.amount if percent else int(coupon.amount * 100)),
                }
            ],
        }
        return {
            "__typename": "Promotion",
            "id": str(coupon.id),
            "createdAt": iso(coupon.created_at),
            "updatedAt": iso(coupon.updated_at),
            "startsAt": iso(coupon.starts_at),
            "endsAt": iso(coupon.expires_at),
            "couponCode": coupon.code,
            "usageLimit": coupon.usage_limit,
            "perCustomerUsageLimit": coupon.usage_limit_per_customer,
            "name": coupon.title or coupon.code,
            "description": "",
            "enabled": coupon.status == "publish",
            "conditions": [_operation(one) for one in coupon.extra.get("conditions", ())],
            "actions": [_operation(action)],
            "customFields": None,
        }

    def channel(self) -> View:
        return {
            "__typename": "Channel",
            "id": "1",
            "code": self.server.channel,
            "token": self.server.channel_token,
            "currencyCode": self.shop.currency,
            "defaultCurrencyCode": self.shop.currency,
            "availableCurrencyCodes": [self.shop.currency],
            "defaultLanguageCode": "en",
            "pricesIncludeTax": False,
        }


def _operation(operation: View) -> View:
    return {
        "code": operation["code"],
        "args": operation.get("arguments") or operation.get("args") or [],
    }


Reader = Callable[[Any], Any]

ORDER_READERS: dict[str, Reader] = {
    "id": lambda order: order.id,
    "createdAt": lambda order: order.created_at,
    "updatedAt": lambda order: order.updated_at,
    "orderPlacedAt": lambda order: None if order.status in ACTIVE else order.placed_at,
    "code": lambda order: order.code,
    "state": lambda order: order.status,
    "active": lambda order: order.status in ACTIVE,
    "type": lambda order: "Regular",
    "currencyCode": lambda order: order.currency,
    "totalQuantity": lambda order: sum(line.quantity for line in order.lines),
    "subTotal": sub_total,
    "subTotalWithTax": sub_total_with_tax,
    "shipping": shipping,
    "shippingWithTax": shipping_with_tax,
    "total": lambda order: sub_total(order) + shipping(order),
    "totalWithTax": total_with_tax,
    "customerLastName": lambda order: order.billing.last_name,
    "transactionId": lambda order: order.payments[0].transaction_id if order.payments else None,
}
CUSTOMER_READERS: dict[str, Reader] = {
    "id": lambda one: one.id,
    "createdAt": lambda one: one.created_at,
    "updatedAt": lambda one: one.updated_at,
    "emailAddress": lambda one: one.email,
    "firstName": lambda one: one.first_name,
    "lastName": lambda one: one.last_name,
    "phoneNumber": lambda one: one.phone or None,
    "postalCode": lambda one: one.address.zip,
}
PRODUCT_READERS: dict[str, Reader] = {
    "id": lambda one: one.id,
    "createdAt": lambda one: one.created_at,
    "updatedAt": lambda one: one.updated_at,
    "enabled": lambda one: one.status == "publish",
    "name": lambda one: one.title,
    "slug": lambda one: one.slug,
    "sku": lambda one: [variant.sku for variant in one.variants],
}
VARIANT_READERS: dict[str, Reader] = {
    "id": lambda one: one.id,
    "productId": lambda one: one.product_id,
    "createdAt": lambda one: one.created_at,
    "updatedAt": lambda one: one.updated_at,
    "sku": lambda one: one.sku,
    "price": lambda one: one.price or 0,
    "stockOnHand": lambda one: one.stock or 0,
}
PROMOTION_READERS: dict[str, Reader] = {
    "id": lambda one: one.id,
    "createdAt": lambda one: one.created_at,
    "updatedAt": lambda one: one.updated_at,
    "startsAt": lambda one: one.starts_at,
    "endsAt": lambda one: one.expires_at,
    "couponCode": lambda one: one.code,
    "name": lambda one: one.title,
    "enabled": lambda one: one.status == "publish",
}
