"""What the REST API lets a client change, and how WooCommerce refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shops.shop import (
    MICROS,
    Address,
    Coupon,
    Customer,
    Line,
    Note,
    Order,
    Payment,
    Product,
    Refund,
    RefundLine,
    Shop,
    Variant,
)
from shops.woocommerce.auth import Keys
from shops.woocommerce.errors import RestError, invalid, one_of
from shops.woocommerce.hooks import HOOKS, Hooks, Webhook
from shops.woocommerce.query import STATUSES
from shops.woocommerce.render import Renderer

Json = dict[str, Any]
Ids = Mapping[str, int]
Query = Mapping[str, str]

REFUND_REFUSED = "woocommerce_rest_cannot_create_order_refund"
OFFLINE = {"bacs", "cheque", "cod", ""}
"""Payment methods whose gateway cannot give money back."""
PAID = {"processing", "completed"}

ADDRESS = {
    "first_name": "first_name",
    "last_name": "last_name",
    "company": "company",
    "address_1": "address1",
    "address_2": "address2",
    "city": "city",
    "state": "province_code",
    "postcode": "zip",
    "country": "country_code",
    "phone": "phone",
}


class WritesServer(Protocol):
    """What writes need of the server; it refuses ids that it does not have."""

    shop: Shop
    renderer: Renderer
    hooks: Hooks
    keys: Keys
    zone: ZoneInfo
    taxes: list[Json]
    gateway: Gateway

    def order(self, number: int, status: int = 404) -> Order: ...
    def customer(self, number: int) -> Customer: ...
    def product(self, number: int) -> Any: ...
    def coupon(self, number: int) -> Any: ...
    def webhook(self, number: int) -> Any: ...


@dataclass
class Gateway:
    """The payment gateway behind the shop's refunds. A refund is saved first, and is marked as paid
    back once the gateway has said so; while it does not, refunds wait unmarked."""

    confirms: bool = True
    waiting: list[Refund] = field(default_factory=list)

    def pay_back(self, refund: Refund) -> None:
        self.waiting.append(refund)
        self.set_confirms(self.confirms)

    def set_confirms(self, confirms: bool) -> None:
        self.confirms = confirms
        if confirms:
            for refund in self.waiting:
                refund.by_gateway = True
            self.waiting.clear()


@dataclass(frozen=True)
class Written:
    body: Any
    status: int = 200
    location: str = ""


def minor(value: Any) -> int:
    """Minor units of a price given as a string or a number."""
    return int((Decimal(str(value or 0)) * 100).to_integral_value())


def _address(current: Address, fields: Json) -> Address:
    changed = {name: getattr(current, name) for name in current.__slots__}
    changed |= {ADDRESS[key]: str(value) for key, value in fields.items() if key in ADDRESS}
    return Address(**changed)


def _check_status(body: Json) -> None:
    if "status" in body and body["status"] not in STATUSES:
        raise invalid({"status": one_of("status", STATUSES)})


def _forced(query: Query) -> bool:
    return query.get("force", "").lower() in {"true", "1"}


# ----------------------------------------------------------------------------- orders


def create_order(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    _check_status(body)
    shop, now = server.shop, server.shop.clock.now()
    billing = body.get("billing", {})
    order_id = shop.ids.next("order")
    shipping = next(iter(body.get("shipping_lines", ())), None)
    order = Order(
        order_id,
        str(order_id),
        int(body.get("customer_id") or 0) or None,
        billing.get("email", ""),
        billing.get("phone", ""),
        _address(Address(), billing),
        _address(Address(), body.get("shipping", {})),
        [_line(server, line) for line in body.get("line_items", ())],
        "pending",
        "pending",
        shop.currency,
        now,
        now,
        placed_at=now,
        shipping_method=shipping.get("method_title", "") if shipping else "",
        shipping_line_id=shop.ids.next("line") if shipping else 0,
        shipping=minor(shipping.get("total")) if shipping else 0,
        shipping_tax_rate=shop.shipping_tax_rate,
        tax_rate=shop.tax_rate,
        tax_line_id=shop.ids.next("line") if shop.tax_rate else 0,
        gateway=body.get("payment_method", ""),
        gateway_title=body.get("payment_method_title", ""),
        note=body.get("customer_note", ""),
        source="rest-api",
        custom={meta["key"]: meta["value"] for meta in body.get("meta_data", ())},
        key=f"{shop.random.getrandbits(52):013x}",
    )
    _use_coupons(server, order, body)
    shop.add_order(order)
    if body.get("set_paid"):
        _pay(server, order, "processing")
    if "status" in body:
        _set_status(server, order, body["status"])
    return Written(server.renderer.order(order), 201, f"orders/{order.id}")


def _line(server: WritesServer, item: Json) -> Line:
    number = int(item.get("variation_id") or item.get("product_id") or 0)
    variant = server.shop.variants.get(number)
    if variant is None:
        raise RestError(
            400, "woocommerce_rest_invalid_product_id", "Product ID or SKU is required."
        )
    return server.shop.line(variant, int(item.get("quantity", 1)))


def _use_coupons(server: WritesServer, order: Order, body: Json) -> None:
    """Applies coupons; a bad one refuses the order and leaves a draft behind, as recorded."""
    for coupon_line in body.get("coupon_lines", ()):
        coupon = server.shop.coupon_by_code(coupon_line["code"])
        problem = _unusable(server, coupon, coupon_line["code"])
        if problem or coupon is None:
            order.status = "checkout-draft"
            server.shop.add_order(order, announce=False)
            data = {"status": 400, "new_draft_order_id": order.id}
            raise RestError(400, "woocommerce_rest_invalid_coupon", problem, data)
        server.shop.apply_coupon(order, coupon)


def _unusable(server: WritesServer, coupon: Coupon | None, code: str) -> str:
    if coupon is None:
        return f"Coupon &quot;{code}&quot; cannot be applied because it does not exist."
    if coupon.expires_at is not None and coupon.expires_at < server.shop.clock.now():
        return f"Coupon &quot;{code}&quot; has expired."
    if coupon.usage_limit is not None and coupon.used >= coupon.usage_limit:
        return f"Usage limit for coupon &quot;{code}&quot; has been reached."
    return ""


def _pay(server: WritesServer, order: Order, status: str) -> None:
    """Money arrived: stock goes down, the buyer has paid something, the status follows."""
    shop, now = server.shop, server.shop.clock.now()
    order.paid_at = now
    order.payments.append(
        Payment(shop.ids.next("payment"), order.total, order.gateway, "Settled", "", now)
    )
    for line in order.lines:
        _sell(server, line)
    if order.customer_id in shop.customers:
        shop.customers[order.customer_id].is_paying = True
    shop.set_status(order, status)


def _sell(server: WritesServer, line: Line) -> None:
    variant = server.shop.variants.get(line.variant_id)
    if variant is None:
        return
    product = server.shop.products[variant.product_id]
    product.total_sales += line.quantity
    if variant.stock is not None:
        variant.stock -= line.quantity
        line.stock_taken = line.quantity
        server.shop.publish("product.updated", product)


def _set_status(server: WritesServer, order: Order, status: str) -> None:
    if status in PAID and order.paid_at is None:
        _pay(server, order, status)
    elif status != order.status:
        server.shop.set_status(order, status)


def update_order(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    order = server.order(ids["id"], status=400)
    _check_status(body)
    _edit_fields(server, order, body)
    if body.get("set_paid") and order.paid_at is None:
        _pay(server, order, "processing")
    if "status" in body:
        _set_status(server, order, body["status"])
    server.shop.touch(order, "edit")
    return Written(server.renderer.order(order))


def _edit_fields(server: WritesServer, order: Order, body: Json) -> None:
    if "billing" in body:
        order.billing = _address(order.billing, body["billing"])
        order.email = body["billing"].get("email", order.email)
        order.phone = body["billing"].get("phone", order.phone)
    if "shipping" in body:
        order.shipping_address = _address(order.shipping_address, body["shipping"])
    if "customer_note" in body:
        order.note = str(body["customer_note"])
    if "customer_id" in body:
        order.customer_id = int(body["customer_id"]) or None
    for meta in body.get("meta_data", ()):
        order.custom[meta["key"]] = meta["value"]


def delete_order(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    """Trash, or with `force=true` for good; the answer is the order as it was."""
    order = server.order(ids["id"])
    before = server.renderer.order(order)
    if _forced(query):
        server.shop.delete_order(order)
    elif order.status == "trash":
        raise RestError(
            410, "woocommerce_rest_already_trashed", "The order has already been deleted."
        )
    else:
        server.shop.trash(order)
    return Written(before)


def create_note(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    order = server.order(ids["id"])
    shop = server.shop
    note = Note(
        shop.ids.next("note"),
        str(body.get("note", "")),
        bool(body.get("customer_note")),
        shop.clock.now(),
    )
    order.notes.append(note)
    location = f"orders/{order.id}/notes/{note.id}"
    return Written(server.renderer.note(order, note), 201, location)


# ---------------------------------------------------------------------------- refunds


def create_refund(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    """Refusals are HTTP 500, amount 0 passes, and the same request twice makes two refunds."""
    order = server.order(ids["id"])
    lines = [_refund_line(server, order, part) for part in body.get("line_items", ())]
    wanted = body.get("amount")
    amount = minor(wanted) if wanted is not None else sum(part.amount + part.tax for part in lines)
    if not 0 <= amount <= order.total - order.refunded:
        raise RestError(500, REFUND_REFUSED, "Invalid refund amount.", 500)
    by_gateway = body.get("api_refund", True) is not False
    if by_gateway and order.gateway in OFFLINE:
        # The refund was made and is taken back: its number is gone.
        server.shop.ids.next("refund")
        message = "The payment gateway for this order does not support automatic refunds."
        raise RestError(500, REFUND_REFUSED, message, 500)
    refund = server.shop.refund(
        order,
        amount,
        reason=str(body.get("reason", "")),
        lines=lines,
        restock=bool(lines) and body.get("api_restock", True) is not False,
    )
    if by_gateway:
        server.gateway.pay_back(refund)
    if order.refunded == order.total and order.status != "refunded":
        server.shop.set_status(order, "refunded")
    # As recorded: the Location of a refund holds the pattern of its route.
    location = rf"orders/(?P<order_id>[\d]+)/refunds/{refund.id}"
    return Written(server.renderer.refund(order, refund), 201, location)


def _refund_line(server: WritesServer, order: Order, part: Json) -> RefundLine:
    line = next((line for line in order.lines if line.id == int(part["id"])), None)
    if line is None:
        raise RestError(400, "woocommerce_rest_invalid_line_item", "Line item not found.")
    taxes = part.get("refund_tax", ())
    return RefundLine(
        server.shop.ids.next("line"),
        line.id,
        int(part.get("quantity", 0)),
        minor(part.get("refund_total")),
        sum(minor(tax.get("refund_total")) for tax in taxes),
    )


# -------------------------------------------------------------------------- customers


def create_customer(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    email = body.get("email", "")
    if "@" not in email:
        raise RestError(
            400,
            "registration-error-invalid-email",
            "Please provide a valid email address.",
        )
    if server.shop.customer_by_email(email):
        raise RestError(
            400,
            "registration-error-email-exists",
            f"An account is already registered with {email}. Please log in or use a different "
            "email address.",
        )
    billing = body.get("billing", {})
    customer = server.shop.add_customer(
        email=email,
        first_name=body.get("first_name", ""),
        last_name=body.get("last_name", ""),
        phone=billing.get("phone", ""),
        address=_address(Address(), billing),
        shipping=_address(Address(), body.get("shipping", {})),
    )
    return Written(server.renderer.customer(customer), 201, f"customers/{customer.id}")


def update_customer(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    customer = server.customer(ids["id"])
    changes: Json = {
        name: body[name] for name in ("email", "first_name", "last_name") if name in body
    }
    if "billing" in body:
        changes["address"] = _address(customer.address, body["billing"])
        changes["phone"] = body["billing"].get("phone", customer.phone)
    if "shipping" in body:
        changes["shipping"] = _address(customer.shipping, body["shipping"])
    server.shop.edit_customer(customer, **changes)
    return Written(server.renderer.customer(customer))


def delete_customer(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    customer = server.customer(ids["id"])
    if not _forced(query):
        raise _no_trash("Customers")
    before = server.renderer.customer(customer)
    server.shop.delete_customer(customer)
    return Written(before)


def _no_trash(what: str) -> RestError:
    return RestError(
        501, "woocommerce_rest_trash_not_supported", f"{what} do not support trashing."
    )


# --------------------------------------------------------------------------- products


def _check_sku(server: WritesServer, sku: str) -> None:
    for variant in server.shop.variants.values():
        if sku and variant.sku == sku:
            data = {"status": 400, "resource_id": variant.id, "unique_sku": f"{sku}-1"}
            raise RestError(400, "product_invalid_sku", "Invalid or duplicated SKU.", data)


def _price(body: Json) -> tuple[int | None, int | None]:
    """Current and regular price."""
    regular = minor(body["regular_price"]) if body.get("regular_price") else None
    sale = minor(body["sale_price"]) if body.get("sale_price") else None
    return (sale if sale is not None else regular), regular


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def create_product(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    _check_sku(server, body.get("sku", ""))
    shop, now = server.shop, server.shop.clock.now()
    product_id = shop.ids.next("product")
    variable = body.get("type") == "variable"
    price, regular = _price(body)
    only = Variant(
        product_id,
        product_id,
        body.get("sku", ""),
        "Default Title",
        {},
        price,
        regular,
        int(body.get("stock_quantity") or 0) if body.get("manage_stock") else None,
        now,
        now,
    )
    attributes = {a["name"]: tuple(a.get("options", ())) for a in body.get("attributes", ())}
    product = Product(
        product_id,
        body.get("name", ""),
        _slug(body.get("name", "")),
        body.get("description", ""),
        "",
        "",
        (),
        "Uncategorized",
        body.get("status", "publish"),
        [] if variable else [only],
        tuple(attributes),
        now,
        now,
        has_variants=variable,
        option_values=attributes,
    )
    shop.add_product(product)
    body_ = server.renderer.product(product, single=True)
    return Written(body_, 201, f"products/{product_id}")


def update_product(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    product = server.product(ids["id"])
    if not product.has_variants:
        _change_variant(product.variants[0], body)
    changes = {
        field: body[name]
        for name, field in (("name", "title"), ("status", "status"), ("description", "description"))
        if name in body
    }
    server.shop.edit_product(product, **changes)
    return Written(server.renderer.product(product, single=True))


def _change_variant(variant: Variant, body: Json) -> None:
    on_sale = variant.price != variant.regular_price
    if "regular_price" in body:
        variant.regular_price = minor(body["regular_price"]) if body["regular_price"] else None
        variant.price = variant.price if on_sale else variant.regular_price
    if "sale_price" in body:
        sale = body["sale_price"]
        variant.price = minor(sale) if sale else variant.regular_price
    if "stock_quantity" in body:
        variant.stock = None if body["stock_quantity"] is None else int(body["stock_quantity"])
    if "sku" in body:
        variant.sku = body["sku"]


def delete_product(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    product = server.product(ids["id"])
    before = server.renderer.product(product, single=True)
    if _forced(query):
        # For good: nobody is told, only trashing is.
        listeners, server.shop.listeners = server.shop.listeners, []
        server.shop.delete_product(product)
        server.shop.listeners = listeners
    else:
        product.status = "trash"
        product.updated_at = server.shop.clock.now()
        server.shop.publish("product.deleted", product)
    return Written(before)


def create_variation(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    product = server.product(ids["id"])
    _check_sku(server, body.get("sku", ""))
    shop, now = server.shop, server.shop.clock.now()
    options = {a["name"]: a["option"] for a in body.get("attributes", ())}
    price, regular = _price(body)
    variant = Variant(
        shop.ids.next("variant"),
        product.id,
        body.get("sku", ""),
        ", ".join(options.values()),
        options,
        price,
        regular,
        int(body.get("stock_quantity") or 0) if body.get("manage_stock") else None,
        now,
        now,
    )
    shop.add_variant(product, variant)
    # As recorded: the Location of a variation holds the pattern of its route.
    location = rf"products/(?P<product_id>[\d]+)/variations/{variant.id}"
    return Written(server.renderer.variation(product, variant), 201, location)


def update_variation(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    product = server.product(ids["id"])
    variant = next((v for v in product.variants if v.id == ids["variation"]), None)
    if variant is None:
        raise RestError(404, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.")
    _change_variant(variant, body)
    variant.updated_at = server.shop.clock.now()
    server.shop.edit_product(product)
    return Written(server.renderer.variation(product, variant))


# ---------------------------------------------------------------------------- coupons


def create_coupon(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    if not body.get("code"):
        raise RestError(
            400,
            "rest_missing_callback_param",
            "Missing parameter(s): code",
            {"status": 400, "params": ["code"]},
        )
    if server.shop.coupon_by_code(body["code"]):
        raise RestError(
            400, "woocommerce_rest_coupon_code_already_exists", "The coupon code already exists"
        )
    coupon = server.shop.add_coupon(
        **{"kind": "fixed", "amount": Decimal(0), **_coupon_fields(server, body)}
    )
    return Written(server.renderer.coupon(coupon), 201, f"coupons/{coupon.id}")


def update_coupon(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    coupon = server.coupon(ids["id"])
    fields = _coupon_fields(server, body)
    fields["extra"] = {**coupon.extra, **fields.get("extra", {})}
    server.shop.edit_coupon(coupon, **fields)
    return Written(server.renderer.coupon(coupon))


COUPON_FIELDS = {
    "usage_limit": "usage_limit",
    "usage_limit_per_user": "usage_limit_per_customer",
    "description": "title",
    "status": "status",
}
EXTRA = (
    "individual_use",
    "product_ids",
    "excluded_product_ids",
    "free_shipping",
    "exclude_sale_items",
    "minimum_amount",
    "maximum_amount",
    "meta_data",
)


def _coupon_fields(server: WritesServer, body: Json) -> Json:
    """The shop's fields of a coupon. Codes are lower-cased; `date_expires_gmt` is ignored, as the
    real shop silently does."""
    fields: Json = {COUPON_FIELDS[name]: body[name] for name in COUPON_FIELDS if name in body}
    if "code" in body:
        fields["code"] = str(body["code"]).lower()
    if "discount_type" in body:
        fields["kind"] = "percent" if body["discount_type"] == "percent" else "fixed"
    if "amount" in body:
        fields["amount"] = _amount(body)
    if "date_expires" in body:
        fields["expires_at"] = _expiry(server, body["date_expires"])
    if "email_restrictions" in body:
        fields["emails"] = tuple(body["email_restrictions"])
    extra = {name: body[name] for name in EXTRA if name in body}
    if extra:
        fields["extra"] = extra
    return fields


def _amount(body: Json) -> Decimal:
    refused = RestError(400, "coupon_invalid_amount", "Invalid discount amount.")
    try:
        amount = Decimal(str(body["amount"]))
    except InvalidOperation:
        raise refused from None
    if amount < 0 or (body.get("discount_type") == "percent" and amount > 100):
        raise refused
    return amount


def _expiry(server: WritesServer, text: str | None) -> int | None:
    """A naive time is the shop's; with a zone it is that instant."""
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=server.zone)
    return int(moment.timestamp()) * MICROS


def delete_coupon(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    coupon = server.coupon(ids["id"])
    if not _forced(query):
        raise _no_trash("Coupons")
    before = server.renderer.coupon(coupon)
    server.shop.delete_coupon(coupon)
    return Written(before)


# --------------------------------------------------------------------------- webhooks


def create_webhook(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    if body.get("topic") not in HOOKS:
        raise RestError(
            400,
            "woocommerce_rest_shop_webhook_invalid_topic",
            "Webhook topic is required and must be valid.",
        )
    if not str(body.get("delivery_url", "")).startswith(("http://", "https://")):
        raise RestError(
            400,
            "woocommerce_rest_shop_webhook_invalid_delivery_url",
            "Webhook delivery URL must be a valid URL starting with http:// or https://.",
        )
    shop = server.shop
    webhook = Webhook(
        shop.ids.next("webhook"),
        body.get("name", ""),
        body["topic"],
        body["delivery_url"],
        body.get("secret") or server.keys.secret,
        shop.clock.now(),
        body.get("status", "active"),
    )
    server.hooks.all[webhook.id] = webhook
    if webhook.status == "active":
        server.hooks.ping(webhook)
    return Written(server.hooks.json(webhook), 201, f"webhooks/{webhook.id}")


def update_webhook(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    webhook = server.webhook(ids["id"])
    moved = body.get("delivery_url", webhook.delivery_url) != webhook.delivery_url
    for name in ("name", "topic", "delivery_url", "secret", "status"):
        if name in body:
            setattr(webhook, name, body[name])
    webhook.updated_at = server.shop.clock.now()
    if moved and webhook.status == "active":
        server.hooks.ping(webhook)
    return Written(server.hooks.json(webhook))


def delete_webhook(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    webhook = server.webhook(ids["id"])
    if not _forced(query):
        raise _no_trash("Webhooks")
    del server.hooks.all[webhook.id]
    return Written(server.hooks.json(webhook))


def create_tax(server: WritesServer, ids: Ids, body: Json, query: Query) -> Written:
    rate = Decimal(str(body.get("rate", 0)))
    number = server.shop.ids.next("tax")
    tax = {
        "id": number,
        "country": body.get("country", ""),
        "state": body.get("state", ""),
        "postcode": "",
        "city": "",
        "rate": f"{rate:.4f}",
        "name": body.get("name", "Tax"),
        "priority": 1,
        "compound": False,
        "shipping": bool(body.get("shipping", True)),
        "order": 0,
        "class": "standard",
        "postcodes": [],
        "cities": [],
        "_links": server.renderer.links(f"taxes/{number}"),
    }
    server.taxes.append(tax)
    server.shop.tax_rate = rate
    server.shop.shipping_tax_rate = rate if tax["shipping"] else Decimal(0)
    return Written(tax, 201, f"taxes/{number}")
