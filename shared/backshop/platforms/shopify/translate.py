"""Shopify's records in the one language.

Money is the shop's, not the shopper's, where an order has both. Where prices include tax, the tax
is taken out of lines and shipping, because the one language counts them without.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from pydantic import TypeAdapter

from backshop import commerce
from backshop.commerce import Event, Fulfilment, Kind, Store, trusted
from backshop.platforms import payload as reading
from backshop.platforms.errors import Ignored
from backshop.platforms.payload import Page, decimals, name
from backshop.platforms.shopify import payload

PAID = frozenset({"paid", "partially_refunded", "refunded"})

_ZERO = Decimal(0)
_ORDER = commerce.defaults(commerce.Order)
_LINE = commerce.defaults(commerce.OrderLine)

Seen = datetime
AddressKind = Literal["shipping", "billing", "both"]


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
) -> list[Event]:
    """What a webhook says; see `ports.Translator`."""
    seen = triggered_at or received_at
    if topic in _DELETIONS:
        gone = reading.parse(payload.gone, body)
        if "/DiscountAutomaticNode/" in (gone.admin_graphql_api_id or ""):
            raise Ignored("an automatic discount, which has no code")
        deleted = commerce.Deletion(
            id=gone.number, kind=_DELETIONS[topic], changed_at=received_at, observed_at=seen
        )
        return [deleted]
    if topic in _PRIVACY:
        return [_PRIVACY[topic](body, received_at)]
    if topic not in _TOPICS:
        raise Ignored(f"nothing is kept of the topic {topic[:60]!r}")
    adapter, say = _TOPICS[topic]
    return say(reading.parse(adapter, body), store, seen)


# Orders


def order(told: payload.Order, store: Store, seen: Seen) -> list[Event]:
    """The order after the customer it names."""
    said = _order(told, seen)
    customer = _customer_of(told.customer, said)
    return [customer, said] if customer else [said]


def _order(told: payload.Order, seen: Seen) -> commerce.Order:
    changed_at = reading.utc(told.updated_at)
    created_at = reading.utc(told.created_at)
    placed_at = _utc(told.processed_at) or created_at
    currency = told.currency
    lines = tuple(_line(each, told) for each in told.line_items)
    subtotal = sum((line.subtotal for line in lines), _ZERO)
    shipping_tax = sum((_tax(each.tax_lines) for each in told.shipping_lines), _ZERO)
    person = told.customer or payload.Customer()
    billing = told.billing_address or payload.Address()
    shipping = told.shipping_address or payload.Address()
    email = told.email or person.email or None
    status = "cancelled" if told.cancelled_at else (told.financial_status or "pending").lower()
    fulfilment = _fulfilment(told)
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": told.number,
            "changed_at": changed_at,
            "observed_at": seen,
            "code": told.name,
            "status": status,
            "is_cancelled": status == "cancelled",
            "is_counted": status not in ("cancelled", "voided", "expired") and not told.test,
            "is_test": bool(told.test),
            "fulfilment": fulfilment,
            "fulfilled_at": _fulfilled_at(told, fulfilment),
            "delivered_at": _delivered_at(told, fulfilment),
            "currency": currency,
            "subtotal": subtotal,
            "discount": _discount(told, lines),
            "shipping": _exact(_shipping(told, shipping_tax), currency),
            "shipping_tax": _exact(shipping_tax, currency),
            "tax": _exact(told.total_tax, currency),
            "total": _exact(told.total_price, currency),
            "created_at": created_at,
            "placed_at": placed_at,
            "paid_at": placed_at if (told.financial_status or "").lower() in PAID else None,
            "payment_method": next(iter(told.payment_gateway_names), None),
            "channel": told.source_name or None,
            "customer_id": _customer_id(told.customer, email),
            "is_guest": told.customer is None,
            "email": email,
            "phone": told.phone or shipping.phone or billing.phone or None,
            "first_name": billing.first_name or shipping.first_name or person.first_name or None,
            "last_name": billing.last_name or shipping.last_name or person.last_name or None,
            "country": shipping.country_code or billing.country_code or None,
            "shipping_address": _address(told.shipping_address, "shipping"),
            "lines": lines,
            "coupons": _coupon_uses(told),
            "refunds": tuple(
                _refund(each, told.number, currency, changed_at, seen) for each in told.refunds
            ),
            "tracking_number": _tracking_number(told),
            "attributes": {each.name: each.value or "" for each in told.note_attributes},
            "tags": _tags(told.tags),
        },
    )


def _customer_id(told: payload.Customer | None, email: str | None) -> str | None:
    if told is not None:
        return told.number
    return commerce.guest_id(email) if email else None


def _line(told: payload.Line, order: payload.Order) -> commerce.OrderLine:
    currency = order.currency
    tax = _tax(told.tax_lines)
    gross = told.price * told.quantity
    total = gross - sum((each.amount for each in told.discount_allocations), _ZERO)
    unit_price = told.price
    if order.taxes_included:
        total -= tax
        unit_price = round(told.price / (1 + _rate(told.tax_lines)), 4)
    variant = told.variant_id
    properties = {each.name: each.value for each in told.properties or []}
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": told.number,
            "product_id": told.product_id,
            "variant_id": variant,
            "sku": told.sku or (f"shopify:{variant}" if variant else None),
            "name": told.title or told.name or "",
            "variant_name": told.variant_title or None,
            "quantity": told.quantity,
            "unit_price": unit_price if order.taxes_included else _exact(unit_price, currency),
            "subtotal": _exact(unit_price * told.quantity, currency),
            "total": _exact(total, currency),
            "tax": _exact(tax, currency),
            "custom": properties,
            "raw": _raw(told, currency, properties),
        },
    )


def _raw(told: payload.Line, currency: str, properties: dict[str, str | None]) -> dict[str, Any]:
    """The line in Shopify's own words, as far as webhook and API both say it."""
    raw = {
        "id": int(told.number),
        "product_id": told.product_id,
        "variant_id": told.variant_id,
        "title": told.title,
        "variant_title": told.variant_title or None,
        "sku": told.sku or None,
        "vendor": told.vendor,
        "quantity": told.quantity,
        "price": str(_exact(told.price, currency)),
        "properties": [{"name": key, "value": value} for key, value in properties.items()],
    }
    return {key: value for key, value in raw.items() if value not in (None, [])}


def _tax(told: list[payload.Tax]) -> Decimal:
    return sum((each.price for each in told), _ZERO)


def _rate(told: list[payload.Tax]) -> Decimal:
    return sum((each.rate for each in told if each.rate is not None), _ZERO)


def _shipping(told: payload.Order, tax: Decimal) -> Decimal:
    """What the shipping lines cost before discounts; `discount` has what was taken off them."""
    price = sum((each.price for each in told.shipping_lines), _ZERO)
    return price - tax if told.taxes_included else price


def _discount(told: payload.Order, lines: tuple[commerce.OrderLine, ...]) -> Decimal:
    """Everything taken off, shipping included, as Shopify sums it up; where prices include tax,
    what the lines lost without tax and the shipping lines with it."""
    if not told.taxes_included:
        return _exact(told.total_discounts, told.currency)
    off_lines = sum((line.subtotal - line.total for line in lines), _ZERO)
    off_shipping = sum(
        (each.amount for line in told.shipping_lines for each in line.discount_allocations), _ZERO
    )
    return _exact(off_lines + off_shipping, told.currency)


def _coupon_uses(told: payload.Order) -> tuple[commerce.CouponUse, ...]:
    """The codes with what each took off, by the allocations to lines and shipping; Shopify's own
    sum where it names no application."""
    taken: dict[str, Decimal] = {}
    of_lines = [each for line in told.line_items for each in line.discount_allocations]
    of_shipping = [each for line in told.shipping_lines for each in line.discount_allocations]
    for each in of_lines + of_shipping:
        code = _code(told.discount_applications, each.discount_application_index)
        if code:
            taken[code.lower()] = taken.get(code.lower(), _ZERO) + each.amount
    uses = []
    for given in told.discount_codes:
        amount = taken.get(given.code.lower(), given.amount)
        exact = None if amount is None else _exact(amount, told.currency)
        uses.append(commerce.CouponUse(code=given.code, discount=exact))
    return tuple(uses)


def _code(applications: list[payload.Application], index: int) -> str | None:
    return applications[index].code if 0 <= index < len(applications) else None


def _fulfilment(told: payload.Order) -> Fulfilment:
    status = (told.fulfillment_status or "").lower()
    if status in ("partial", "partially_fulfilled"):
        return Fulfilment.PARTIAL
    if status != "fulfilled":
        return Fulfilment.NONE
    sent = _sent(told)
    delivered = sent and all((each.shipment_status or "").lower() == "delivered" for each in sent)
    return Fulfilment.DELIVERED if delivered else Fulfilment.FULFILLED


def _sent(told: payload.Order) -> list[payload.Fulfillment]:
    gone = ("cancelled", "error", "failure")
    return [each for each in told.fulfillments if (each.status or "").lower() not in gone]


def _fulfilled_at(told: payload.Order, fulfilment: Fulfilment) -> datetime | None:
    if fulfilment not in (Fulfilment.FULFILLED, Fulfilment.DELIVERED):
        return None
    return max(
        (reading.utc(each.created_at) for each in _sent(told) if each.created_at), default=None
    )


def _delivered_at(told: payload.Order, fulfilment: Fulfilment) -> datetime | None:
    """The last change of the fulfilments that are delivered: webhooks tell no delivery time."""
    if fulfilment != Fulfilment.DELIVERED:
        return None
    return max(
        (reading.utc(each.updated_at) for each in _sent(told) if each.updated_at), default=None
    )


def _tracking_number(told: payload.Order) -> str | None:
    numbers = [each.tracking_number for each in _sent(told) if each.tracking_number]
    return numbers[-1] if numbers else None


def _customer_of(told: payload.Customer | None, order: commerce.Order) -> commerce.Customer | None:
    """The customer as the order names them: hearsay, which the customer's own record outweighs."""
    if order.customer_id is None:
        return None
    person = told or payload.Customer(
        email=order.email,
        phone=order.phone,
        first_name=order.first_name,
        last_name=order.last_name,
    )
    return commerce.Customer(
        id=order.customer_id,
        changed_at=order.changed_at,
        observed_at=order.observed_at,
        rank=0,
        email=person.email or None,
        phone=person.phone or None,
        first_name=person.first_name or None,
        last_name=person.last_name or None,
        is_guest=told is None,
    )


# Refunds


def refund(told: payload.Refund, store: Store, seen: Seen) -> list[Event]:
    """A refund that comes alone (refunds/create)."""
    changed_at = reading.utc(told.processed_at or told.created_at)
    currency = store.currency or "USD"
    return [_refund(told, str(told.order_id), currency, changed_at, seen)]


def _refund(
    told: payload.Refund, order_id: str, currency: str, changed_at: datetime, seen: Seen
) -> commerce.Refund:
    lines = tuple(_refund_line(each, currency) for each in told.refund_line_items)
    shipping = [each.subtotal_amount_set.shop_money.amount for each in told.refund_shipping_lines]
    taxes = [each.tax_amount_set.shop_money.amount for each in told.refund_shipping_lines]
    taxes += [line.tax for line in lines]
    parts = [line.amount for line in lines] + shipping + taxes
    amount, status = _given_back(told.transactions or [], currency, sum(parts, _ZERO))
    return commerce.Refund(
        id=told.number,
        changed_at=changed_at,
        observed_at=seen,
        order_id=order_id,
        amount=_exact(amount, currency),
        shipping=_exact(sum(shipping, _ZERO), currency),
        tax=_exact(sum(taxes, _ZERO), currency),
        currency=currency,
        created_at=reading.utc(told.created_at),
        reason=told.note or None,
        status=status,
        lines=lines,
    )


def _given_back(
    told: list[payload.Transaction], currency: str, parts: Decimal
) -> tuple[Decimal, Literal["pending", "settled", "failed"]]:
    """The sum of the transactions and how far they are; what the refund's parts sum up to where
    the transactions are in the shopper's currency. A refund without any is a mere restock."""
    paid = [each for each in told if each.kind.lower() == "refund"]
    states = {(each.status or "success").lower() for each in paid}
    if states & {"pending", "awaiting_response", "unknown"}:
        state: Literal["pending", "settled", "failed"] = "pending"
    elif states and "success" not in states:
        state = "failed"
    else:
        state = "settled"
    meant = [
        each for each in paid if (each.status or "success").lower() not in ("failure", "error")
    ]
    if any(each.currency not in (None, currency) for each in meant):
        return parts, state
    return sum((each.amount for each in meant), _ZERO), state


def _refund_line(told: payload.RefundLine, currency: str) -> commerce.RefundLine:
    line = told.line_item or payload.Numbered()
    return commerce.RefundLine(
        line_id=line.number or str(told.line_item_id),
        quantity=told.quantity,
        amount=_exact(told.subtotal, currency),
        tax=_exact(told.total_tax, currency),
    )


# Everything else


def customer(told: payload.Customer, store: Store, seen: Seen) -> list[Event]:
    created_at = _utc(told.created_at)
    given = told.addresses or ([told.default_address] if told.default_address else [])
    addresses = (_address(each, "both") for each in given)
    consent = told.email_marketing_consent
    return [
        commerce.Customer(
            id=told.number,
            changed_at=_utc(told.updated_at) or created_at or seen,
            observed_at=seen,
            email=told.email or None,
            phone=told.phone or None,
            first_name=told.first_name or None,
            last_name=told.last_name or None,
            marketing_consent=_consent(consent),
            addresses=tuple(each for each in addresses if each),
            created_at=created_at,
            metadata=_said(
                state=(told.state or "").lower(),
                tags=list(_tags(told.tags)),
                verified_email=told.verified_email,
            ),
        )
    ]


def _consent(told: payload.Consent | None) -> bool | None:
    return None if told is None or told.state is None else told.state.lower() == "subscribed"


def _address(told: payload.Address | None, kind: AddressKind) -> commerce.Address | None:
    if told is None:
        return None
    return commerce.Address(
        id=str(told.id) if told.id else None,
        kind=kind,
        is_default=told.default,
        name=name(told.first_name, told.last_name),
        company=told.company or None,
        line1=told.address1 or None,
        line2=told.address2 or None,
        city=told.city or None,
        province=told.province or None,
        province_code=told.province_code or None,
        postal_code=told.zip or None,
        country_code=told.country_code or None,
        phone=told.phone or None,
    )


def product(told: payload.Product, store: Store, seen: Seen) -> list[Event]:
    """A product; webhooks carry at most 100 variants and name the others by id only."""
    created_at = _utc(told.created_at)
    named = len(told.variant_gids or [])
    return [
        commerce.Product(
            id=told.number,
            changed_at=_utc(told.updated_at) or created_at or seen,
            observed_at=seen,
            title=told.title,
            description=told.body_html or None,
            status=told.status.lower(),
            type="variable" if max(len(told.variants), named) > 1 else "simple",
            product_type=told.product_type or None,
            tags=_tags(told.tags),
            variants=tuple(_variant(each, store) for each in told.variants),
            variants_known=named <= len(told.variants),
            created_at=created_at,
            metadata=_said(handle=told.handle, vendor=told.vendor),
        )
    ]


def _variant(told: payload.Variant, store: Store) -> commerce.Variant:
    before = told.compare_at_price
    is_sale = before is not None and before > told.price
    stock = told.inventory_quantity
    sells_on = (told.inventory_policy or "").lower() == "continue"
    return commerce.Variant(
        id=told.number,
        sku=told.sku or f"shopify:{told.number}",
        title=told.title if told.title != "Default Title" else None,
        price=told.price,
        currency=store.currency,
        regular_price=before if is_sale else told.price,
        sale_price=told.price if is_sale else None,
        stock=stock,
        available=sells_on or stock is None or stock > 0,
    )


def collection(told: payload.Collection, store: Store, seen: Seen) -> list[Event]:
    changed_at = _utc(told.updated_at) or seen
    return [
        commerce.Category(id=told.number, changed_at=changed_at, observed_at=seen, name=told.title)
    ]


def discount(told: payload.Discount, store: Store, seen: Seen) -> list[Event]:
    """A discount code. Raises `Ignored` on a discount that applies by itself.

    The webhook tells the title, which Shopify makes of the code, until the code itself is told.
    """
    if "/DiscountCodeNode/" not in told.admin_graphql_api_id:
        raise Ignored("an automatic discount, which has no code")
    code = told.redeem_code.code if told.redeem_code else told.title
    if not code:
        raise Ignored("a discount without a code or a title")
    return [
        commerce.Coupon(
            id=told.number,
            changed_at=_utc(told.updated_at) or _utc(told.created_at) or seen,
            observed_at=seen,
            code=code,
            type=told.type,
            amount=told.amount,
            usage_count=told.usage_count,
            expires_at=_utc(told.ends_at),
            status=(told.status or "active").lower(),
        )
    ]


# Privacy


def _data_request(body: bytes, received_at: datetime) -> Event:
    told = reading.parse(payload.data_request, body)
    return commerce.DataRequest(
        request_id=str(told.data_request.id),
        person=_person(told.customer, told.orders_requested),
        received_at=received_at,
    )


def _redaction(body: bytes, received_at: datetime) -> Event:
    told = reading.parse(payload.redaction, body)
    person = _person(told.customer, told.orders_to_redact)
    return commerce.Erasure(person=person, received_at=received_at)


def _person(told: payload.Subject, orders: list[int]) -> commerce.Person:
    return commerce.Person(
        customer_id=str(told.id) if told.id else None,
        email=told.email or None,
        phone=told.phone or None,
        order_ids=tuple(str(each) for each in orders),
    )


def _shop_redaction(body: bytes, received_at: datetime) -> Event:
    reading.parse(payload.shop_redaction, body)
    return commerce.ShopErasure(received_at=received_at)


def _uninstall(body: bytes, received_at: datetime) -> Event:
    reading.parse(payload.shop, body)
    return commerce.Uninstall(received_at=received_at)


def _exact(amount: Decimal, currency: str) -> Decimal:
    """Spelled with the currency's decimals: webhooks write 9.90 where GraphQL writes 9.9."""
    return round(amount, decimals(currency))


def _tags(told: str | None) -> tuple[str, ...]:
    return tuple(each for each in (part.strip() for part in (told or "").split(",")) if each)


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else reading.utc(value)


Say = Callable[[Any, Store, Seen], list[Event]]

_RESOURCES: dict[str, tuple[TypeAdapter[Any], Say]] = {
    "orders": (payload.order, order),
    "customers": (payload.customer, customer),
    "products": (payload.product, product),
    "refunds": (payload.refund, refund),
    "collections": (payload.collection, collection),
    "discounts": (payload.discount, discount),
}
_TOPICS = {
    f"{resource}/{event}": _RESOURCES[resource]
    for resource, events in {
        "orders": "create updated cancelled fulfilled partially_fulfilled paid",
        "customers": "create update enable disable",
        "products": "create update",
        "refunds": "create",
        "collections": "create update",
        "discounts": "create update redeemcode_added",
    }.items()
    for event in events.split()
}
_DELETIONS = {
    "orders/delete": Kind.ORDER,
    "customers/delete": Kind.CUSTOMER,
    "products/delete": Kind.PRODUCT,
    "collections/delete": Kind.CATEGORY,
    "discounts/delete": Kind.COUPON,
}
_PRIVACY: dict[str, Callable[[bytes, datetime], Event]] = {
    "customers/data_request": _data_request,
    "customers/redact": _redaction,
    "shop/redact": _shop_redaction,
    "app/uninstalled": _uninstall,
}


# Pages of the API


def page(resource: str, items: list[Any], store: Store, seen: Seen) -> Page:
    """A page's items, put into the REST form already (`graphql.py`)."""
    adapter, say = _RESOURCES[resource]
    records, rejected = reading.sort_out(adapter, items)
    read = Page([], rejected, reading.ids_of(items))
    return reading.each(records, lambda record: say(record, store, seen), read)
