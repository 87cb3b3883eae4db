"""WooCommerce's JSON of a shop's records, key by key as recorded from 11.0.1."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from shops.shop import (
    MICROS,
    Address,
    Coupon,
    Customer,
    Line,
    Note,
    Order,
    Product,
    Refund,
    RefundLine,
    Shop,
    Variant,
    share,
)

UTC = ZoneInfo("UTC")
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "LKR": "රු", "NGN": "₦"}
Json = dict[str, Any]

_ENCODE = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


def dumps(value: Any) -> bytes:
    r"""JSON as PHP writes it: compact, non-ASCII and slashes escaped. (A lone surrogate passes.)"""
    return _ENCODE(value).replace("/", "\\/").encode()


@lru_cache(1 << 16)
def money(minor: int) -> str:
    sign = "-" if minor < 0 else ""
    return f"{sign}{abs(minor) // 100}.{abs(minor) % 100:02d}"


def number(minor: int) -> float | int:
    """A price as PHP encodes a float: 14.99, and 10 rather than 10.0."""
    return minor // 100 if minor % 100 == 0 else minor / 100


def plain_number(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


class Renderer:
    """Renders records for one site: its address and time zone are in every one of them."""

    def __init__(self, shop: Shop, site: str, zone: str) -> None:
        self.shop = shop
        self.site = site
        self.api = f"{site}/wp-json/wc/v3"
        self.zone = ZoneInfo(zone)

    # -------------------------------------------------------------------- times

    def local(self, micros: int | None) -> str | None:
        if micros is None:
            return None
        return datetime.fromtimestamp(micros // MICROS, self.zone).isoformat()[:19]

    def gmt(self, micros: int | None) -> str | None:
        if micros is None:
            return None
        return datetime.fromtimestamp(micros // MICROS, UTC).isoformat()[:19]

    def links(self, path: str, *, methods: Iterable[str] = (), up: str = "") -> Json:
        allow = list(methods) or ["GET", "POST", "PUT", "PATCH", "DELETE"]
        links: Json = {
            "self": [{"href": f"{self.api}/{path}", "targetHints": {"allow": allow}}],
            "collection": [{"href": f"{self.api}/{path.rpartition('/')[0]}"}],
        }
        if up:
            links["up"] = [{"href": f"{self.api}/{up}"}]
        return links

    # ------------------------------------------------------------------- orders

    def order(self, order: Order) -> Json:
        tax_lines = sum(order.line_tax(line) for line in order.lines)
        pay = f"{self.site}/checkout/order-pay/{order.id}/?pay_for_order=true&key="
        open_ = order.status in {"pending", "failed", "checkout-draft"}
        return {
            "id": order.id,
            "parent_id": 0,
            "status": order.status,
            "currency": order.currency,
            "version": "11.0.1",
            "prices_include_tax": False,
            "date_created": self.local(order.created_at),
            "date_modified": self.local(order.updated_at),
            "discount_total": money(order.discount),
            "discount_tax": money(self._discount_tax(order)),
            "shipping_total": money(order.shipping),
            "shipping_tax": money(order.shipping_tax),
            "cart_tax": money(tax_lines),
            "total": money(order.total),
            "total_tax": money(tax_lines + order.shipping_tax),
            "customer_id": order.customer_id or 0,
            "order_key": f"wc_order_{order.key}",
            "billing": self.billing(order),
            "shipping": address(order.shipping_address),
            "payment_method": order.gateway,
            "payment_method_title": order.gateway_title,
            "transaction_id": order.payments[0].transaction_id if order.payments else "",
            "customer_ip_address": "",
            "customer_user_agent": "",
            "created_via": order.source,
            "customer_note": order.note,
            "date_completed": self.local(order.completed_at),
            "date_paid": self.local(order.paid_at),
            "cart_hash": "",
            "number": str(order.id),
            "meta_data": self._order_meta(order),
            "line_items": [self.line(order, line) for line in order.lines],
            "tax_lines": self._tax_lines(order, tax_lines),
            "shipping_lines": self._shipping_lines(order),
            "fee_lines": [],
            "coupon_lines": [
                self._coupon_line(order, index) for index in range(len(order.coupons))
            ],
            "refunds": [refund_in_order(refund) for refund in newest_first(order.refunds)],
            "payment_url": pay + f"wc_order_{order.key}",
            "is_editable": order.status in {"pending", "on-hold", "auto-draft"},
            "needs_payment": open_ and order.status != "checkout-draft" and order.total > 0,
            "needs_processing": True,
            "date_created_gmt": self.gmt(order.created_at),
            "date_modified_gmt": self.gmt(order.updated_at),
            "date_completed_gmt": self.gmt(order.completed_at),
            "date_paid_gmt": self.gmt(order.paid_at),
            "currency_symbol": SYMBOLS.get(order.currency, order.currency),
            "_links": self._order_links(order),
        }

    def _discount_tax(self, order: Order) -> int:
        return sum(
            share(line.subtotal, order.tax_rate) - order.line_tax(line)
            for line in order.lines
            if line.discount
        )

    def billing(self, order: Order) -> Json:
        value = address(order.billing)
        phone = value.pop("phone")
        return {**value, "email": order.email, "phone": order.phone or phone}

    def _order_meta(self, order: Order) -> list[Json]:
        meta = [
            {"id": order.id * 10 + index, "key": key, "value": value}
            for index, (key, value) in enumerate(order.custom.items())
        ]
        if order.trashed_at is not None:
            meta += [
                {
                    "id": order.id * 10 + 8,
                    "key": "_wp_trash_meta_status",
                    "value": "wc-" + order.trashed_from,
                },
                {
                    "id": order.id * 10 + 9,
                    "key": "_wp_trash_meta_time",
                    "value": str(order.trashed_at // MICROS),
                },
            ]
        return meta

    def line(self, order: Order, line: Line) -> Json:
        tax = order.line_tax(line)
        subtotal_tax = share(line.subtotal, order.tax_rate)
        variation = line.variant_id != line.product_id
        return {
            "id": line.id,
            "name": f"{line.title} - {line.variant_title}" if variation else line.title,
            "product_id": line.product_id,
            "variation_id": line.variant_id if variation else 0,
            "quantity": line.quantity,
            "tax_class": "",
            "subtotal": money(line.subtotal),
            "subtotal_tax": money(subtotal_tax),
            "total": money(line.total),
            "total_tax": money(tax),
            "taxes": [{"id": 1, "total": money(tax), "subtotal": money(subtotal_tax)}]
            if order.tax_rate
            else [],
            "meta_data": self._line_meta(line),
            "sku": line.sku,
            "global_unique_id": "",
            "price": number(line.total // line.quantity)
            if line.quantity and line.total % line.quantity == 0
            else line.total / (line.quantity or 1) / 100,
            "image": {"id": 0, "src": ""} if variation else {"id": "", "src": ""},
            "parent_name": line.title if variation else None,
        }

    def _line_meta(self, line: Line) -> list[Json]:
        pairs = [(name.lower(), name, value) for name, value in line.options.items()]
        pairs += [(key, key, str(value)) for key, value in line.custom.items()]
        if line.stock_taken:
            pairs.append(("_reduced_stock", "_reduced_stock", str(line.stock_taken)))
        if line.restocked:
            pairs.append(
                ("_restock_refunded_items", "_restock_refunded_items", str(line.restocked))
            )
        return [
            {
                "id": line.id * 10 + index,
                "key": key,
                "value": value,
                "display_key": shown,
                "display_value": value,
            }
            for index, (key, shown, value) in enumerate(pairs)
        ]

    def _tax_lines(self, order: Order, tax: int) -> list[Json]:
        if not order.tax_rate:
            return []
        return [
            {
                "id": order.tax_line_id,
                "rate_code": "US-CA-CA TAX-1",
                "rate_id": 1,
                "label": "CA tax",
                "compound": False,
                "tax_total": money(tax),
                "shipping_tax_total": money(order.shipping_tax),
                "rate_percent": plain_number(order.tax_rate),
                "meta_data": [],
            }
        ]

    def _shipping_lines(self, order: Order) -> list[Json]:
        if not order.shipping_method:
            return []
        return [
            {
                "id": order.shipping_line_id,
                "method_title": order.shipping_method,
                "method_id": "flat_rate",
                "instance_id": "",
                "total": money(order.shipping),
                "total_tax": money(order.shipping_tax),
                "taxes": [{"id": 1, "total": money(order.shipping_tax), "subtotal": ""}]
                if order.shipping_tax_rate
                else [],
                "tax_status": "taxable",
                "meta_data": [],
            }
        ]

    def _coupon_line(self, order: Order, index: int) -> Json:
        used = order.coupons[index]
        percent = used.kind == "percent"
        info = json.dumps(
            [used.coupon_id, used.code, "percent" if percent else None, plain_number(used.amount)],
            separators=(",", ":"),
        )
        return {
            "id": used.id,
            "code": used.code,
            "discount": short(used.discount),
            "discount_tax": short(self._discount_tax(order)),
            "meta_data": [
                {
                    "id": used.id * 10,
                    "key": "coupon_info",
                    "value": info,
                    "display_key": "coupon_info",
                    "display_value": info,
                }
            ],
            "discount_type": "percent" if percent else "fixed_cart",
            "nominal_amount": plain_number(used.amount),
            "free_shipping": False,
        }

    def _order_links(self, order: Order) -> Json:
        links = self.links(f"orders/{order.id}")
        links["email_templates"] = [
            {
                "embeddable": True,
                "href": f"{self.api}/orders/{order.id}/actions/email_templates",
            }
        ]
        if order.customer_id:
            links["customer"] = [{"href": f"{self.api}/customers/{order.customer_id}"}]
        return links

    # ------------------------------------------------------------------ refunds

    def refund(self, order: Order, refund: Refund, *, parent: bool = False) -> Json:
        lines = {line.id: line for line in order.lines}
        return {
            "id": refund.id,
            **({"parent_id": order.id} if parent else {}),
            "date_created": self.local(refund.created_at),
            "date_created_gmt": self.gmt(refund.created_at),
            "amount": money(refund.amount),
            "reason": refund.reason,
            "refunded_by": 1,
            "refunded_payment": refund.by_gateway,
            "meta_data": [{"id": refund.id * 10, "key": "_refund_type", "value": "partial"}],
            "line_items": [
                self._refund_line(lines[part.line_id], part)
                for part in refund.lines
                if part.line_id in lines
            ],
            "shipping_lines": [],
            "tax_lines": [],
            "fee_lines": [],
            "_links": self.links(
                f"orders/{order.id}/refunds/{refund.id}",
                methods=("GET", "DELETE"),
                up=f"orders/{order.id}",
            ),
        }

    def _refund_line(self, line: Line, part: RefundLine) -> Json:
        variation = line.variant_id != line.product_id
        return {
            "id": part.id,
            "name": f"{line.title} - {line.variant_title}" if variation else line.title,
            "product_id": line.product_id,
            "variation_id": line.variant_id if variation else 0,
            "quantity": -part.quantity,
            "tax_class": "",
            "subtotal": money(-part.amount),
            "subtotal_tax": money(-part.tax),
            "total": money(-part.amount),
            "total_tax": money(-part.tax),
            "taxes": [{"id": 1, "total": money(-part.tax), "subtotal": money(-part.tax)}]
            if part.tax
            else [],
            "meta_data": [
                {
                    "id": part.id * 10,
                    "key": "_refunded_item_id",
                    "value": str(line.id),
                    "display_key": "_refunded_item_id",
                    "display_value": str(line.id),
                }
            ],
            "sku": line.sku,
            "global_unique_id": "",
            "price": number(part.amount // part.quantity) if part.quantity else 0,
            "image": {"id": 0, "src": ""} if variation else {"id": "", "src": ""},
            "parent_name": line.title if variation else None,
        }

    def note(self, order: Order, note: Note) -> Json:
        return {
            "id": note.id,
            "author": "WooCommerce",
            "date_created": self.local(note.created_at),
            "date_created_gmt": self.gmt(note.created_at),
            "note": note.text,
            "customer_note": note.for_customer,
            "_links": self.links(
                f"orders/{order.id}/notes/{note.id}",
                methods=("GET", "DELETE"),
                up=f"orders/{order.id}",
            ),
        }

    # ---------------------------------------------------------------- customers

    def customer(self, customer: Customer) -> Json:
        seen = customer.updated_at if customer.role == "customer" else None
        digest = sha256(customer.email.lower().encode()).hexdigest()
        methods = ["GET", "POST", "PUT", "PATCH"] + ["DELETE"] * (customer.role == "customer")
        return {
            "id": customer.id,
            "date_created": self.local(customer.created_at),
            "date_created_gmt": self.gmt(customer.created_at),
            "date_modified": self.local(seen),
            "date_modified_gmt": self.gmt(seen),
            "email": customer.email,
            "first_name": customer.first_name,
            "last_name": customer.last_name,
            "role": customer.role,
            "username": customer.email.partition("@")[0],
            "billing": {
                **customer_address(customer.address),
                "email": customer.email if customer.address.address1 else "",
                "phone": customer.phone,
            },
            "shipping": {
                **customer_address(customer.shipping),
                "phone": customer.shipping.phone,
            },
            "is_paying_customer": customer.is_paying,
            "avatar_url": f"https://secure.gravatar.com/avatar/{digest}?s=96&d=mm&r=g",
            "meta_data": self._customer_meta(customer),
            "_links": self.links(f"customers/{customer.id}", methods=methods),
        }

    def _customer_meta(self, customer: Customer) -> list[Json]:
        nag = {"default_password_nag": "1"} if customer.role == "customer" else {}
        return [
            {"id": customer.id * 10 + place, "key": key, "value": value}
            for place, (key, value) in enumerate((nag | customer.meta).items())
        ]

    # ----------------------------------------------------------------- products

    def product(self, product: Product, *, single: bool = False) -> Json:
        only = product.variants[0] if not product.has_variants else None
        price, regular = _prices(product)
        on_sale = price is not None and regular is not None and price < regular
        managed = only is not None and only.stock is not None
        published = product.status == "publish"
        slug = product.slug if published else ""
        where = f"product/{slug}/" if published else f"?post_type=product&p={product.id}"
        return {
            "id": product.id,
            "name": product.title,
            "slug": slug,
            "permalink": f"{self.site}/{where}",
            "date_created": self.local(product.created_at),
            "date_created_gmt": self.gmt(product.created_at),
            "date_modified": self.local(product.updated_at),
            "date_modified_gmt": self.gmt(product.updated_at),
            "type": "variable" if product.has_variants else "simple",
            "status": product.status,
            "featured": False,
            "catalog_visibility": "visible",
            "description": product.description,
            "short_description": "",
            "sku": only.sku if only else "",
            "price": _optional(price),
            "regular_price": _optional(regular) if only else "",
            "sale_price": _optional(price) if on_sale else "",
            **dict.fromkeys(
                (
                    "date_on_sale_from",
                    "date_on_sale_from_gmt",
                    "date_on_sale_to",
                    "date_on_sale_to_gmt",
                )
            ),
            "on_sale": on_sale,
            "purchasable": price is not None,
            "total_sales": product.total_sales,
            "virtual": False,
            "downloadable": False,
            "downloads": [],
            "download_limit": -1,
            "download_expiry": -1,
            "external_url": "",
            "button_text": "",
            "tax_status": "taxable",
            "tax_class": "",
            "manage_stock": managed,
            "stock_quantity": only.stock if only else None,
            "backorders": "no",
            "backorders_allowed": False,
            "backordered": False,
            "low_stock_amount": None,
            "sold_individually": False,
            "weight": "",
            "dimensions": {"length": "", "width": "", "height": ""},
            "shipping_required": True,
            "shipping_taxable": True,
            "shipping_class": "",
            "shipping_class_id": 0,
            "reviews_allowed": True,
            "average_rating": "0" if single else "0.00",
            "rating_count": 0,
            "upsell_ids": [],
            "cross_sell_ids": [],
            "parent_id": 0,
            "purchase_note": "",
            "categories": [self.category(product.category)],
            "brands": [],
            "tags": [
                {"id": index + 1, "name": tag, "slug": tag}
                for index, tag in enumerate(product.tags)
            ],
            "images": [],
            "attributes": self._attributes(product),
            "default_attributes": [],
            "variations": [v.id for v in product.variants] if product.has_variants else [],
            "grouped_products": [],
            "menu_order": 0,
            "price_html": self._price_html(price, regular),
            "related_ids": self._related(product),
            "meta_data": [],
            "stock_status": "instock" if _in_stock(product) else "outofstock",
            "has_options": product.has_variants,
            "post_password": "",
            "global_unique_id": only.barcode if only else "",
            **(
                {
                    "permalink_template": f"{self.site}/product/%pagename%/",
                    "generated_slug": product.slug,
                }
                if single
                else {}
            ),
            "_links": self.links(f"products/{product.id}"),
        }

    def _related(self, product: Product) -> list[int]:
        others = (
            p for p in self.shop.products.values() if p.status == "publish" and p is not product
        )
        return [other.id for other in islice(others, 5)]

    def category(self, name: str) -> Json:
        names = sorted({product.category for product in self.shop.products.values()})
        place = 15 if name == "Uncategorized" else 16 + names.index(name)
        number = self.shop.ids.first - 1 + place
        return {"id": number, "name": name, "slug": name.lower().replace(" ", "-")}

    def _attributes(self, product: Product) -> list[Json]:
        return [
            {
                "id": 0,
                "name": name,
                "slug": name,
                "position": index,
                "visible": True,
                "variation": True,
                "options": list(product.option_values.get(name, ())),
            }
            for index, name in enumerate(product.option_names)
        ]

    def _price_html(self, price: int | None, regular: int | None) -> str:
        if price is None:
            return ""
        span = (
            '<span class="woocommerce-Price-amount amount"><bdi><span '
            'class="woocommerce-Price-currencySymbol" translate="no">&#36;</span>{}</bdi></span>'
        )
        if regular is None or price >= regular:
            return span.format(money(price))
        return (
            f'<del aria-hidden="true">{span.format(money(regular))}</del> '
            '<span class="screen-reader-text">Original price was: '
            f"&#036;{money(regular)}.</span>"
            f'<ins aria-hidden="true">{span.format(money(price))}</ins>'
            f'<span class="screen-reader-text">Current price is: &#036;{money(price)}.</span>'
        )

    def variation(self, product: Product, variant: Variant) -> Json:
        on_sale = (
            variant.price is not None
            and variant.regular_price is not None
            and variant.price < variant.regular_price
        )
        query = "&".join(f"attribute_{k.lower()}={v}" for k, v in variant.options.items())
        return {
            "id": variant.id,
            "type": "variation",
            "date_created": self.local(variant.created_at),
            "date_created_gmt": self.gmt(variant.created_at),
            "date_modified": self.local(variant.updated_at),
            "date_modified_gmt": self.gmt(variant.updated_at),
            "description": "",
            "permalink": f"{self.site}/product/{product.slug}/?{query}",
            "sku": variant.sku,
            "global_unique_id": variant.barcode,
            "price": _optional(variant.price),
            "regular_price": _optional(variant.regular_price),
            "sale_price": _optional(variant.price) if on_sale else "",
            **dict.fromkeys(
                (
                    "date_on_sale_from",
                    "date_on_sale_from_gmt",
                    "date_on_sale_to",
                    "date_on_sale_to_gmt",
                )
            ),
            "on_sale": on_sale,
            "status": "publish",
            "purchasable": variant.price is not None,
            "virtual": False,
            "downloadable": False,
            "downloads": [],
            "download_limit": -1,
            "download_expiry": -1,
            "tax_status": "taxable",
            "tax_class": "parent",
            "manage_stock": variant.stock is not None,
            "stock_quantity": variant.stock,
            "stock_status": "outofstock"
            if variant.stock is not None and variant.stock <= 0
            else "instock",
            "backorders": "no",
            "backorders_allowed": False,
            "backordered": False,
            "low_stock_amount": None,
            "weight": "",
            "dimensions": {"length": "", "width": "", "height": ""},
            "shipping_class": "",
            "shipping_class_id": 0,
            "image": None,
            "gallery_image_ids": [],
            "attributes": [
                {"id": 0, "name": name, "slug": name.lower(), "option": value}
                for name, value in variant.options.items()
            ],
            "menu_order": 0,
            "meta_data": [],
            "name": variant.title,
            "parent_id": product.id,
            "_links": self.links(
                f"products/{product.id}/variations/{variant.id}", up=f"products/{product.id}"
            ),
        }

    # ------------------------------------------------------------------ coupons

    def coupon(self, coupon: Coupon) -> Json:
        extra = coupon.extra
        return {
            "id": coupon.id,
            "code": coupon.code,
            "amount": f"{coupon.amount:.2f}",
            "status": coupon.status,
            "date_created": self.local(coupon.created_at),
            "date_created_gmt": self.gmt(coupon.created_at),
            "date_modified": self.local(coupon.updated_at),
            "date_modified_gmt": self.gmt(coupon.updated_at),
            "discount_type": "percent" if coupon.kind == "percent" else "fixed_cart",
            "description": coupon.title,
            "date_expires": self.local(coupon.expires_at),
            "date_expires_gmt": self.gmt(coupon.expires_at),
            "usage_count": coupon.used,
            "individual_use": bool(extra.get("individual_use", False)),
            "product_ids": extra.get("product_ids", []),
            "excluded_product_ids": extra.get("excluded_product_ids", []),
            "usage_limit": coupon.usage_limit,
            "usage_limit_per_user": coupon.usage_limit_per_customer,
            "limit_usage_to_x_items": None,
            "free_shipping": bool(extra.get("free_shipping", False)),
            "product_categories": [],
            "excluded_product_categories": [],
            "exclude_sale_items": bool(extra.get("exclude_sale_items", False)),
            "minimum_amount": f"{Decimal(extra.get('minimum_amount') or 0):.2f}",
            "maximum_amount": f"{Decimal(extra.get('maximum_amount') or 0):.2f}",
            "email_restrictions": list(coupon.emails),
            "used_by": list(coupon.used_by),
            "meta_data": [
                {"id": coupon.id * 10 + index, "key": meta["key"], "value": meta["value"]}
                for index, meta in enumerate(extra.get("meta_data", []))
            ],
            "_links": self.links(f"coupons/{coupon.id}"),
        }


def address(value: Address) -> Json:
    return {
        "first_name": value.first_name,
        "last_name": value.last_name,
        "company": value.company,
        "address_1": value.address1,
        "address_2": value.address2,
        "city": value.city,
        "state": value.province_code,
        "postcode": value.zip,
        "country": value.country_code,
        "phone": value.phone,
    }


def customer_address(value: Address) -> Json:
    """The same but for the order of its keys, which on customers is another."""
    return {
        "first_name": value.first_name,
        "last_name": value.last_name,
        "company": value.company,
        "address_1": value.address1,
        "address_2": value.address2,
        "city": value.city,
        "postcode": value.zip,
        "country": value.country_code,
        "state": value.province_code,
    }


def newest_first(refunds: list[Refund]) -> list[Refund]:
    """Newest second first; within one second by id, as recorded."""
    return sorted(refunds, key=lambda refund: (-(refund.created_at // MICROS), refund.id))


def refund_in_order(refund: Refund) -> Json:
    return {
        "id": refund.id,
        "reason": refund.reason,
        "total": f"-{money(refund.amount)}",
        "total_tax": "0.00",
    }


def short(minor: int) -> str:
    """Amounts of coupon lines drop their zeros: 10, 2.5, 1.25."""
    return str(number(minor))


def _optional(price: int | None) -> str:
    return "" if price is None else money(price)


def _prices(product: Product) -> tuple[int | None, int | None]:
    priced = [variant for variant in product.variants if variant.price is not None]
    if not priced:
        return None, None
    cheapest = min(priced, key=lambda variant: variant.price or 0)
    return cheapest.price, cheapest.regular_price


def _in_stock(product: Product) -> bool:
    return any(variant.stock is None or variant.stock > 0 for variant in product.variants)
