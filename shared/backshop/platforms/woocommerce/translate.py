"""WooCommerce's records in the one language."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import TypeAdapter

from backshop import commerce
from backshop.commerce import Event, Fulfilment, Kind, Store, trusted
from backshop.platforms import payload as reading
from backshop.platforms.errors import Ignored, PayloadError
from backshop.platforms.payload import Page, name, per_unit
from backshop.platforms.woocommerce import payload

UNCOUNTED = frozenset({"pending", "cancelled", "failed", "trash", "checkout-draft"})
"""WooCommerce Analytics leaves out unpaid, cancelled and failed orders; refunded ones count, and
their refunds are subtracted."""
UNSAVED = "auto-draft"
"""An admin's form that was opened and not yet saved; no list shows it."""

_ZERO = Decimal(0)
_ORDER = commerce.defaults(commerce.Order)
_LINE = commerce.defaults(commerce.OrderLine)
_ADDRESS = commerce.defaults(commerce.Address)
_CUSTOMER = commerce.defaults(commerce.Customer)
_REFUND = commerce.defaults(commerce.Refund)

T = TypeVar("T", bound="reading.Identified")
Seen = datetime


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
) -> list[Event]:
    """What a delivery says; see `ports.Translator`."""
    resource, _, event = topic.partition(".")
    if resource not in _TOPICS or event not in ("created", "updated", "restored", "deleted"):
        raise Ignored(f"nothing is kept of the topic {topic[:60]!r}")
    kind, adapter, say = _TOPICS[resource]
    seen = triggered_at or received_at
    if event == "deleted":
        return [deletion(kind, reading.parse(payload.gone, body).id, received_at, seen)]
    try:
        record = reading.parse(adapter, body)
    except PayloadError:
        if _is_error(body):
            raise Ignored("WooCommerce sent an error in place of the record") from None
        raise
    return say(record, store, seen)


def _is_error(body: bytes) -> bool:
    try:
        reading.parse(payload.error, body)
    except PayloadError:
        return False
    return b'"id"' not in body


def deletion(kind: Kind, id: object, gone_at: datetime, seen: datetime) -> commerce.Deletion:
    return commerce.Deletion(id=str(id), kind=kind, changed_at=gone_at, observed_at=seen)


# Orders


def order(told: payload.Order, store: Store, seen: Seen) -> list[Event]:
    """The order after the customer it names; a trashed one is gone."""
    if told.status == UNSAVED:
        raise Ignored("an order that is not saved yet")
    changed_at = _utc(told.date_modified_gmt or told.date_created_gmt) or seen
    if told.status == "trash":
        return [deletion(Kind.ORDER, told.id, changed_at, seen)]
    said = _order(told, changed_at, seen)
    customer = _customer_of(said)
    return [customer, said] if customer else [said]


def _order(told: payload.Order, changed_at: datetime, seen: Seen) -> commerce.Order:
    billing, shipping = told.billing, told.shipping
    email = billing.email or None
    created_at = _utc(told.date_created_gmt) or changed_at
    lines = tuple([_line(each) for each in told.line_items])
    completed_at = _utc(told.date_completed_gmt) if told.status == "completed" else None
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": str(told.id),
            "changed_at": changed_at,
            "observed_at": seen,
            "code": told.number,
            "status": told.status,
            "is_cancelled": told.status in ("cancelled", "failed"),
            "is_counted": told.status not in UNCOUNTED,
            "fulfilment": Fulfilment.FULFILLED if told.status == "completed" else Fulfilment.NONE,
            "fulfilled_at": completed_at,
            "currency": told.currency,
            "subtotal": sum([line.subtotal for line in lines], _ZERO),
            "discount": told.discount_total,
            "shipping": told.shipping_total,
            "shipping_tax": told.shipping_tax,
            "tax": told.total_tax,
            "total": told.total,
            "created_at": created_at,
            "placed_at": None if told.status == "checkout-draft" else created_at,
            "paid_at": _utc(told.date_paid_gmt),
            "payment_method": told.payment_method or None,
            "channel": told.created_via or None,
            "customer_id": _customer_id(told.customer_id, email),
            "is_guest": not told.customer_id,
            "email": email,
            "phone": billing.phone or shipping.phone or None,
            "first_name": billing.first_name or None,
            "last_name": billing.last_name or None,
            "country": shipping.country or billing.country or None,
            "shipping_address": _address(shipping, "shipping"),
            "lines": lines,
            "coupons": tuple([_coupon_use(each) for each in told.coupon_lines]),
            "refunds": _refunds_of(told, changed_at, seen),
        },
    )


def _customer_id(id: int, email: str | None) -> str | None:
    if id:
        return str(id)
    return commerce.guest_id(email) if email else None


def _customer_of(order: commerce.Order) -> commerce.Customer | None:
    """The customer as the order names them: hearsay, which a customer's own record outweighs."""
    if order.customer_id is None:
        return None
    return trusted(
        commerce.Customer,
        {
            **_CUSTOMER,
            "id": order.customer_id,
            "changed_at": order.changed_at,
            "observed_at": order.observed_at,
            "rank": 0,
            "email": order.email,
            "phone": order.phone,
            "first_name": order.first_name,
            "last_name": order.last_name,
            "is_guest": order.is_guest,
        },
    )


def _line(told: payload.Line) -> commerce.OrderLine:
    variant = told.variation_id or told.product_id or None
    whole = told.name or ""
    prefix = f"{told.parent_name} - "
    shown = [each for each in told.meta_data if each.key[:1] != "_"]
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": str(told.id),
            "product_id": told.product_id or None,
            "variant_id": variant,
            "sku": told.sku or (f"woocommerce:{variant}" if variant else None),
            "name": whole,
            "variant_name": whole[len(prefix) :] if whole.startswith(prefix) else None,
            "quantity": told.quantity,
            "unit_price": per_unit(told.subtotal, told.quantity),
            "subtotal": told.subtotal,
            "total": told.total,
            "tax": told.total_tax,
            "custom": {each.key: each.value for each in shown},
            "raw": _raw(told, shown),
        },
    )


def _raw(told: payload.Line, shown: list[payload.Meta]) -> dict[str, Any]:
    """The line in WooCommerce's own words, without what is empty, internal or markup."""
    raw: dict[str, Any] = {
        "id": told.id,
        "name": told.name,
        "product_id": told.product_id,
        "variation_id": told.variation_id,
        "quantity": told.quantity,
        "sku": told.sku,
        "subtotal": str(told.subtotal),
        "subtotal_tax": str(told.subtotal_tax),
        "total": str(told.total),
        "total_tax": str(told.total_tax),
    }
    if shown:
        raw["meta_data"] = [{"key": each.key, "value": each.value} for each in shown]
    return raw


def _coupon_use(told: payload.CouponLine) -> commerce.CouponUse:
    return trusted(commerce.CouponUse, {"code": told.code.lower(), "discount": told.discount})


def _refunds_of(
    told: payload.Order, changed_at: datetime, seen: Seen
) -> tuple[commerce.Refund, ...] | None:
    """Refunds as the order tells them: amounts and reasons, neither date nor lines.

    Until the refund's own record is read, its date is that of the change that brought it.
    """
    if told.refunds is None:
        return None
    return tuple(
        [
            trusted(
                commerce.Refund,
                {
                    **_REFUND,
                    "id": str(each.id),
                    "changed_at": changed_at,
                    "observed_at": seen,
                    "rank": 0,
                    "order_id": str(told.id),
                    "amount": abs(each.total),
                    "currency": told.currency,
                    "created_at": changed_at,
                    "reason": each.reason or None,
                },
            )
            for each in told.refunds
        ]
    )


def _address(told: payload.Address | None, kind: str) -> commerce.Address | None:
    if told is None or not (told.address_1 or told.city or told.postcode or told.last_name):
        return None
    state = told.state or None
    return trusted(
        commerce.Address,
        {
            **_ADDRESS,
            "kind": kind,
            "name": name(told.first_name, told.last_name),
            "company": told.company or None,
            "line1": told.address_1 or None,
            "line2": told.address_2 or None,
            "city": told.city or None,
            "province": state,
            "province_code": state if state and len(state) <= 3 and state.isupper() else None,
            "postal_code": told.postcode or None,
            "country_code": told.country or None,
            "phone": told.phone or None,
        },
    )


# Everything else


def refund(told: payload.Refund, store: Store, seen: Seen) -> list[Event]:
    """A refund of its own; it never changes, so its version is its date."""
    lines = tuple(_refund_line(each) for each in told.line_items)
    charges = [each.total_tax for each in [*told.shipping_lines, *told.fee_lines]]
    taxes = charges + [each.total_tax for each in told.line_items]
    created_at = reading.utc(told.date_created_gmt)
    return [
        commerce.Refund(
            id=str(told.id),
            changed_at=created_at,
            observed_at=seen,
            order_id=str(told.parent_id),
            amount=abs(told.amount),
            shipping=abs(sum((each.total for each in told.shipping_lines), _ZERO)),
            tax=abs(sum(taxes, _ZERO)),
            currency=store.currency or "USD",
            created_at=created_at,
            reason=told.reason or None,
            lines=lines,
        )
    ]


def _refund_line(told: payload.RefundedLine) -> commerce.RefundLine:
    """The line of the order that it takes back is named in the meta data."""
    of = next((m.value for m in told.meta_data if m.key == "_refunded_item_id"), told.id)
    return commerce.RefundLine(
        line_id=str(of),
        quantity=abs(told.quantity),
        amount=abs(told.total),
        tax=abs(told.total_tax),
    )


def customer(told: payload.Customer, store: Store, seen: Seen) -> list[Event]:
    """A customer with an account; one who never changed anything has no modified time."""
    billing, shipping = told.billing or payload.Address(), told.shipping or payload.Address()
    addresses = (_address(billing, "billing"), _address(shipping, "shipping"))
    created_at = _utc(told.date_created_gmt)
    return [
        commerce.Customer(
            id=str(told.id),
            changed_at=_utc(told.date_modified_gmt) or created_at or seen,
            observed_at=seen,
            email=told.email or billing.email or None,
            phone=billing.phone or shipping.phone or None,
            first_name=told.first_name or billing.first_name or None,
            last_name=told.last_name or billing.last_name or None,
            addresses=tuple(each for each in addresses if each),
            created_at=created_at,
            metadata=_said(
                role=told.role,
                username=told.username,
                is_paying_customer=told.is_paying_customer,
            ),
        )
    ]


def product(told: payload.Product, store: Store, seen: Seen) -> list[Event]:
    """A product, or a variation that comes alone and names its parent.

    A variable product names its variations without telling their SKUs and prices.
    """
    if told.status == UNSAVED:
        raise Ignored("a product that is not saved yet")
    created_at = _utc(told.date_created_gmt)
    changed_at = _utc(told.date_modified_gmt) or created_at or seen
    if told.status == "trash":
        return [deletion(Kind.PRODUCT, told.id, changed_at, seen)]
    is_variable = told.type == "variable"
    return [
        commerce.Product(
            id=str(told.id),
            changed_at=changed_at,
            observed_at=seen,
            title=told.name,
            description=told.description or told.short_description or None,
            status=told.status,
            type=told.type,
            tags=tuple(each.name for each in told.tags),
            categories=tuple(_category_of(each, changed_at, seen) for each in told.categories),
            variants=() if is_variable else (_variant(told, store),),
            variants_known=not is_variable,
            parent_id=str(told.parent_id) if told.type == "variation" else None,
            created_at=created_at,
            metadata=_said(
                slug=told.slug,
                permalink=told.permalink,
                price=str(told.price) if told.price is not None else None,
                attributes=[each.model_dump(exclude_none=True) for each in told.attributes],
                variations=told.variations,
            ),
        )
    ]


def _variant(told: payload.Product, store: Store) -> commerce.Variant:
    return commerce.Variant(
        id=str(told.id),
        sku=told.sku or f"woocommerce:{told.id}",
        title=told.name if told.type == "variation" else None,
        price=told.price if told.price is not None else _ZERO,
        currency=store.currency,
        regular_price=told.regular_price,
        sale_price=told.sale_price,
        stock=told.stock_quantity,
        available=told.stock_status != "outofstock",
    )


def _category_of(told: payload.Named, changed_at: datetime, seen: Seen) -> commerce.Category:
    return commerce.Category(
        id=str(told.id), changed_at=changed_at, observed_at=seen, rank=0, name=told.name
    )


def category(told: payload.Category, store: Store, seen: Seen) -> list[Event]:
    """A product category; WooCommerce keeps no times of them, so the reading is the version."""
    return [
        commerce.Category(
            id=str(told.id),
            changed_at=seen,
            observed_at=seen,
            name=told.name,
            parent_id=str(told.parent) if told.parent else None,
            product_count=told.count,
        )
    ]


def coupon(told: payload.Coupon, store: Store, seen: Seen) -> list[Event]:
    """A coupon; WooCommerce compares codes in lower case."""
    if told.status == UNSAVED or not told.code:
        raise Ignored("a coupon that is not saved yet")
    changed_at = _utc(told.date_modified_gmt or told.date_created_gmt) or seen
    if told.status == "trash":
        return [deletion(Kind.COUPON, told.id, changed_at, seen)]
    return [
        commerce.Coupon(
            id=str(told.id),
            changed_at=changed_at,
            observed_at=seen,
            code=told.code.lower(),
            type=told.discount_type,
            amount=told.amount,
            usage_count=told.usage_count,
            expires_at=_utc(told.date_expires_gmt),
            status=told.status,
        )
    ]


def _said(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else reading.utc(value)


# Pages of the API


def orders_page(body: bytes, store: Store, seen: Seen) -> Page:
    """A page of the API in the one language; raises `PayloadError` where it is no list."""
    return _page(payload.orders, payload.order, order, body, store, seen)


def refunds_page(body: bytes, store: Store, seen: Seen) -> Page:
    return _page(payload.refunds, payload.refund, refund, body, store, seen)


def customers_page(body: bytes, store: Store, seen: Seen) -> Page:
    return _page(payload.customers, payload.customer, customer, body, store, seen)


def products_page(body: bytes, store: Store, seen: Seen) -> Page:
    return _page(payload.products, payload.product, product, body, store, seen)


def categories_page(body: bytes, store: Store, seen: Seen) -> Page:
    return _page(payload.categories, payload.category, category, body, store, seen)


def coupons_page(body: bytes, store: Store, seen: Seen) -> Page:
    return _page(payload.coupons, payload.coupon, coupon, body, store, seen)


def _page(
    adapter: TypeAdapter[list[T]],
    one: TypeAdapter[T],
    say: Callable[[T, Store, Seen], list[Event]],
    body: bytes,
    store: Store,
    seen: Seen,
) -> Page:
    records, read = reading.page(adapter, one, body)
    return reading.each(records, lambda record: say(record, store, seen), read)


_TOPICS: dict[str, tuple[Kind, TypeAdapter[Any], Callable[[Any, Store, Seen], list[Event]]]] = {
    "order": (Kind.ORDER, payload.order, order),
    "customer": (Kind.CUSTOMER, payload.customer, customer),
    "product": (Kind.PRODUCT, payload.product, product),
    "coupon": (Kind.COUPON, payload.coupon, coupon),
}
