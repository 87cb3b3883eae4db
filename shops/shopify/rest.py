"""The REST-shaped bodies of Shopify's webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shops.shop import (
    MICROS,
    Address,
    Customer,
    Fulfilment,
    Line,
    Order,
    Product,
    Refund,
    Variant,
)
from shops.shopify.ids import gid
from shops.shopify.refunds import refunded_quantity
from shops.shopify.views import (
    Views,
    ViewsServer,
    financial_status,
    fulfilment_status,
    price,
    transactions,
)

Json = dict[str, Any]


class RestServer(ViewsServer, Protocol):
    """What the webhooks' bodies need of the server."""

    time_zone: str
    views: Views


class Rest:
    def __init__(self, server: RestServer) -> None:
        self.server = server
        self.shop = server.shop
        self.zone = ZoneInfo(server.time_zone)

    def time(self, micros: int | None) -> str | None:
        """Webhooks have the shop's own time with its offset."""
        if micros is None:
            return None
        return datetime.fromtimestamp(micros // MICROS, self.zone).isoformat()

    def bag(self, minor: int) -> Json:
        money = {"amount": price(minor), "currency_code": self.shop.currency}
        return {"shop_money": money, "presentment_money": dict(money)}

    def _amounts(self, amounts: dict[str, int]) -> Json:
        """`name` and `name_set` for each amount."""
        result: Json = {}
        for name, minor in amounts.items():
            result[name] = price(minor)
            result[f"{name}_set"] = self.bag(minor)
        return result

    # ------------------------------------------------------------------- orders

    def order(self, order: Order) -> Json:
        customer = self.shop.customers.get(order.customer_id or 0)
        views = self.server.views
        return {
            "id": order.id,
            "admin_graphql_api_id": gid("Order", order.id),
            "app_id": None,
            "browser_ip": None,
            "buyer_accepts_marketing": bool(customer and customer.accepts_marketing),
            "cancel_reason": (order.cancel_reason or "customer") if order.cancelled_at else None,
            "cancelled_at": self.time(order.cancelled_at),
            "cart_token": None,
            "checkout_token": None,
            "client_details": None,
            "closed_at": self.time(order.cancelled_at),
            "confirmation_number": order.key[:9].upper(),
            "confirmed": True,
            "contact_email": order.email or None,
            "created_at": self.time(order.created_at),
            "currency": order.currency,
            **self._current(order),
            "customer_locale": "en",
            "discount_codes": [
                {
                    "code": used.code,
                    "amount": price(used.discount),
                    "type": "percentage" if used.kind == "percent" else "fixed_amount",
                }
                for used in order.coupons
            ],
            "duties_included": False,
            "email": order.email or None,
            "estimated_taxes": False,
            "financial_status": financial_status(order).lower(),
            "fulfillment_status": "fulfilled" if fulfilment_status(order) == "FULFILLED" else None,
            "landing_site": None,
            "location_id": None,
            "name": views.name(order),
            "note": order.note or None,
            "note_attributes": [
                {"name": name, "value": str(value)} for name, value in order.custom.items()
            ],
            "number": views.number(order) - 1000,
            "order_number": views.number(order),
            "order_status_url": self.server.status_page(order),
            "payment_gateway_names": [order.gateway] if order.gateway else [],
            "phone": order.phone or None,
            "po_number": None,
            "presentment_currency": order.currency,
            "processed_at": self.time(order.placed_at or order.created_at),
            "reference": None,
            "referring_site": None,
            "source_identifier": None,
            "source_name": order.source,
            "source_url": None,
            "tags": ", ".join(order.tags),
            "tax_exempt": not order.tax_rate,
            "tax_lines": self._tax_lines(order, order.tax),
            "taxes_included": False,
            "test": False,
            "token": order.key,
            **self._totals(order),
            "total_tip_received": "0.00",
            "total_weight": 0,
            "updated_at": self.time(order.updated_at),
            "user_id": None,
            "billing_address": self.address(order.billing),
            "customer": self._customer_in_order(customer) if customer else None,
            "discount_applications": self._applications(order),
            "fulfillments": [self.fulfilment(order, parcel) for parcel in order.fulfilments],
            "line_items": [self.line(order, line) for line in order.lines],
            "payment_terms": None,
            "refunds": [self.refund(order, refund) for refund in order.refunds],
            "shipping_address": self.address(order.shipping_address),
            "shipping_lines": self._shipping_lines(order),
            "returns": [],
            "line_item_groups": [],
        }

    def _current(self, order: Order) -> Json:
        goods = sum(line.total for line in order.lines)
        back = sum(part.amount for refund in order.refunds for part in refund.lines)
        tax_back = sum(part.tax for refund in order.refunds for part in refund.lines)
        return {
            "current_shipping_price_set": self.bag(order.shipping),
            "current_total_additional_fees_set": None,
            "current_total_duties_set": None,
            **self._amounts(
                {
                    "current_subtotal_price": goods - back,
                    "current_total_discounts": order.discount,
                    "current_total_price": order.total - back - tax_back,
                    "current_total_tax": order.tax - tax_back,
                }
            ),
        }

    def _totals(self, order: Order) -> Json:
        return {
            **self._amounts(
                {
                    "subtotal_price": sum(line.total for line in order.lines),
                    "total_discounts": order.discount,
                    "total_line_items_price": sum(line.subtotal for line in order.lines),
                    "total_price": order.total,
                    "total_tax": order.tax,
                }
            ),
            "total_outstanding": price(0 if order.payments else order.total),
            "total_shipping_price_set": self.bag(order.shipping),
        }

    def _tax_lines(self, order: Order, minor: int) -> list[Json]:
        if not order.tax_rate:
            return []
        return [
            {
                "price": price(minor),
                "rate": float(order.tax_rate) / 100,
                "title": "Sales tax",
                "price_set": self.bag(minor),
                "channel_liable": False,
            }
        ]

    def address(self, address: Address) -> Json | None:
        if not (address.address1 or address.city or address.country_code):
            return None
        return {
            "first_name": address.first_name,
            "address1": address.address1,
            "phone": address.phone or None,
            "city": address.city,
            "zip": address.zip,
            "province": address.province or None,
            "country": address.country,
            "last_name": address.last_name,
            "address2": address.address2 or None,
            "company": address.company or None,
            "latitude": None,
            "longitude": None,
            "name": address.name,
            "country_code": address.country_code,
            "province_code": address.province_code or None,
        }

    def _applications(self, order: Order) -> list[Json]:
        return [
            {
                "target_type": "line_item",
                "type": "discount_code",
                "value": f"{used.amount:.1f}",
                "value_type": "percentage" if used.kind == "percent" else "fixed_amount",
                "allocation_method": "across",
                "target_selection": "all",
                "code": used.code,
            }
            for used in order.coupons
        ]

    def _shipping_lines(self, order: Order) -> list[Json]:
        if not order.shipping_method:
            return []
        return [
            {
                "id": order.shipping_line_id or order.id,
                "carrier_identifier": None,
                "code": order.shipping_method,
                "current_discounted_price_set": self.bag(order.shipping),
                **self._amounts({"discounted_price": order.shipping, "price": order.shipping}),
                "is_removed": False,
                "phone": None,
                "requested_fulfillment_service_id": None,
                "source": "shopify",
                "title": order.shipping_method,
                "tax_lines": self._tax_lines(order, order.shipping_tax),
                "discount_allocations": [],
            }
        ]

    def line(self, order: Order, line: Line) -> Json:
        back = refunded_quantity(order, line)
        shipped = bool(order.fulfilments)
        name = f"{line.title} - {line.variant_title}" if line.variant_title else line.title
        variant = self.shop.variants.get(line.variant_id)
        tracked = variant is not None and variant.stock is not None
        return {
            "id": line.id,
            "admin_graphql_api_id": gid("LineItem", line.id),
            "attributed_staffs": [],
            "current_quantity": line.quantity - back,
            "fulfillable_quantity": 0 if shipped else line.quantity - back,
            "fulfillment_service": "manual",
            "fulfillment_status": "fulfilled" if shipped else None,
            "gift_card": False,
            "grams": 0,
            "name": name,
            **self._amounts({"price": line.unit_price}),
            "product_exists": line.product_id in self.shop.products,
            "product_id": line.product_id,
            "properties": [
                {"name": key, "value": str(value)} for key, value in line.custom.items()
            ],
            "quantity": line.quantity,
            "requires_shipping": True,
            "sales_line_item_group_id": None,
            "sku": line.sku or None,
            "taxable": bool(order.tax_rate),
            "title": line.title,
            **self._amounts({"total_discount": 0}),
            "variant_id": line.variant_id,
            "variant_inventory_management": "shopify" if tracked else None,
            "variant_title": line.variant_title or None,
            "vendor": line.vendor or None,
            "tax_lines": self._tax_lines(order, order.line_tax(line)),
            "duties": [],
            "discount_allocations": self._allocations(order, line),
        }

    def _allocations(self, order: Order, line: Line) -> list[Json]:
        if not line.discount:
            return []
        total = sum(used.discount for used in order.coupons) or 1
        return [
            {
                **self._allocated(line.discount * used.discount // total),
                "discount_application_index": index,
            }
            for index, used in enumerate(order.coupons)
        ]

    def _allocated(self, minor: int) -> Json:
        return {"amount": price(minor), "amount_set": self.bag(minor)}

    def fulfilment(self, order: Order, parcel: Fulfilment) -> Json:
        tracked = bool(parcel.tracking_number)
        return {
            "id": parcel.id,
            "admin_graphql_api_id": gid("Fulfillment", parcel.id),
            "created_at": self.time(parcel.created_at),
            "location_id": None,
            "name": f"{self.server.views.name(order)}.1",
            "order_id": order.id,
            "origin_address": {},
            "receipt": {},
            "service": "manual",
            "shipment_status": "delivered" if parcel.state == "Delivered" else None,
            "status": "success",
            "tracking_company": parcel.method if tracked else None,
            "tracking_number": parcel.tracking_number or None,
            "tracking_numbers": [parcel.tracking_number] if tracked else [],
            "tracking_url": None,
            "tracking_urls": [],
            "updated_at": self.time(parcel.updated_at),
            "line_items": [
                {**self.line(order, line), "quantity": quantity}
                for line_id, quantity in parcel.lines
                for line in order.lines
                if line.id == line_id
            ],
        }

    def refund(self, order: Order, refund: Refund) -> Json:
        lines = {line.id: line for line in order.lines}
        return {
            "id": refund.id,
            "order_id": order.id,
            "created_at": self.time(refund.created_at),
            "note": refund.reason or None,
            "user_id": None,
            "processed_at": self.time(refund.created_at),
            "duties": [],
            "total_duties_set": self.bag(0),
            "return": None,
            "refund_shipping_lines": [
                {
                    "id": refund.id,
                    "shipping_line": next(iter(self._shipping_lines(order)), None),
                    "subtotal_amount_set": self.bag(refund.shipping),
                    "tax_amount_set": self.bag(0),
                }
            ]
            if refund.shipping
            else [],
            "restock": refund.restock,
            "admin_graphql_api_id": gid("Refund", refund.id),
            "order_adjustments": [],
            "refund_line_items": [
                {
                    "id": part.id,
                    "quantity": part.quantity,
                    "line_item_id": part.line_id,
                    "location_id": None,
                    "restock_type": "return" if refund.restock else "no_restock",
                    # Numbers here, strings elsewhere.
                    "subtotal": part.amount / 100,
                    "total_tax": part.tax / 100,
                    "subtotal_set": self.bag(part.amount),
                    "total_tax_set": self.bag(part.tax),
                    "line_item": self.line(order, lines[part.line_id]),
                }
                for part in refund.lines
                if part.line_id in lines
            ],
            "transactions": [
                {
                    "id": part.id,
                    "admin_graphql_api_id": gid("OrderTransaction", part.id),
                    "amount": price(part.amount),
                    "created_at": self.time(part.created_at),
                    "currency": order.currency,
                    "gateway": part.gateway,
                    "kind": "refund",
                    "order_id": order.id,
                    "parent_id": part.parent.id if part.parent else None,
                    "processed_at": self.time(part.created_at),
                    "status": part.status.lower(),
                    "test": False,
                }
                for part in transactions(order)
                if part.kind == "REFUND" and part.id == refund.id
            ],
        }

    # ---------------------------------------------------------------- customers

    def customer(self, customer: Customer) -> Json:
        default = self._default_address(customer)
        return {
            "id": customer.id,
            "created_at": self.time(customer.created_at),
            "updated_at": self.time(customer.updated_at),
            "first_name": customer.first_name or None,
            "last_name": customer.last_name or None,
            "state": "enabled" if customer.has_account else "disabled",
            "note": customer.note or None,
            "verified_email": customer.verified,
            "multipass_identifier": None,
            "tax_exempt": False,
            "email": customer.email or None,
            "phone": customer.phone or None,
            "currency": self.shop.currency,
            "addresses": [default] if default else [],
            "tax_exemptions": [],
            "admin_graphql_api_id": gid("Customer", customer.id),
            **({"default_address": default} if default else {}),
        }

    def _customer_in_order(self, customer: Customer) -> Json:
        whole = self.customer(customer)
        del whole["addresses"]
        return whole

    def _default_address(self, customer: Customer) -> Json | None:
        address = self.address(customer.address)
        if address is None:
            return None
        return {
            "id": customer.id,
            "customer_id": customer.id,
            **{k: v for k, v in address.items() if k not in {"latitude", "longitude"}},
            "country_name": address["country"],
            "default": True,
        }

    # ----------------------------------------------------------------- products

    def product(self, product: Product) -> Json:
        active = product.status == "publish"
        return {
            "admin_graphql_api_id": gid("Product", product.id),
            "body_html": product.description,
            "created_at": self.time(product.created_at),
            "handle": product.slug,
            "id": product.id,
            "product_type": product.kind,
            "published_at": self.time(product.created_at) if active else None,
            "template_suffix": None,
            "title": product.title,
            "updated_at": self.time(product.updated_at),
            "vendor": product.vendor,
            "status": "active" if active else "draft",
            "published_scope": "web",
            "tags": ", ".join(product.tags),
            "variants": [
                self.variant(variant, place) for place, variant in enumerate(product.variants)
            ],
            "options": [
                {
                    "name": name,
                    "id": product.id * 10 + place,
                    "product_id": product.id,
                    "position": place + 1,
                    "values": list(product.option_values.get(name, ())),
                }
                for place, name in enumerate(product.option_names)
            ],
            "images": [],
            "image": None,
            "media": [],
            "variant_gids": [
                {
                    "admin_graphql_api_id": gid("ProductVariant", variant.id),
                    "updated_at": self.time(variant.updated_at),
                }
                for variant in product.variants
            ],
            "has_variants_that_requires_components": False,
            "category": None,
        }

    def variant(self, variant: Variant, place: int) -> Json:
        options = [*variant.options.values(), None, None, None]
        on_sale = variant.regular_price is not None and variant.regular_price != variant.price
        return {
            "admin_graphql_api_id": gid("ProductVariant", variant.id),
            "barcode": variant.barcode or None,
            "compare_at_price": price(variant.regular_price) if on_sale else None,
            "created_at": self.time(variant.created_at),
            "id": variant.id,
            "inventory_policy": "deny",
            "position": place + 1,
            "price": price(variant.price or 0),
            "product_id": variant.product_id,
            "sku": variant.sku or None,
            "taxable": True,
            "title": variant.title or "Default Title",
            "updated_at": self.time(variant.updated_at),
            "option1": options[0] or "Default Title",
            "option2": options[1],
            "option3": options[2],
            "image_id": None,
            "inventory_item_id": variant.id,
            "inventory_quantity": variant.stock or 0,
            "old_inventory_quantity": variant.stock or 0,
        }
