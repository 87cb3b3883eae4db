"""WooCommerce's records in the one language."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
from pydantic import TypeAdapter

from backshop import commerce
from backshop.commerce import Event, Fulfilment, Kind, Store, trusted
from backshop.plain_orders import PlainLine, PlainOrder, utc_text
from backshop.platforms import kinds, parsing
from backshop.platforms.customer_fields import consent_sources, listed_fields, truth
from backshop.platforms.errors import Ignored, PayloadError
from backshop.platforms.parsing import RecordPage, exact, name, per_unit, pieces
from backshop.platforms.woocommerce import payloads

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

VARIABLE = frozenset({"variable", "variable-subscription"})
VARIATIONS = frozenset({"variation", "subscription_variation"})
"""WooCommerce Subscriptions extends both (woocommerce/woocommerce-ios#11258)."""
STAFF = frozenset({"administrator", "shop_manager", "editor", "author", "contributor"})
"""Roles of WordPress and WooCommerce that work for the shop."""
ON_SALE = "publish"
STOCK = frozenset({"instock", "outofstock", "onbackorder"})

T = TypeVar("T", bound="parsing.Identified")


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
    *,
    plainly: bool = False,
) -> Sequence[Event | PlainOrder]:
    """What a delivery says; see `ports.Translator`."""
    resource, _, event = topic.partition(".")
    if resource not in _TOPICS or event not in ("created", "updated", "restored", "deleted"):
        raise Ignored(f"nothing is kept of the topic {topic[:60]!r}")
    kind, adapter, convert = _TOPICS[resource]
    if plainly and kind == Kind.ORDER:
        convert = _plain_or_full
    observed_at = min(triggered_at or received_at, received_at)
    if event == "deleted":
        return [
            deletion(kind, parsing.parse_unmended(payloads.gone, body).id, received_at, observed_at)
        ]
    try:
        kinds.check(body, resource, _MARKS)
        record = parsing.parse(adapter, body)
    except PayloadError:
        if _is_error(body):
            raise Ignored("WooCommerce sent an error in place of the record") from None
        raise
    return parsing.guarded(lambda: convert(record, store, observed_at))


def _is_error(body: bytes) -> bool:
    try:
        parsing.parse(payloads.error, body)
    except PayloadError:
        return False
    return b'"id"' not in body


def deletion(kind: Kind, id: object, gone_at: datetime, observed_at: datetime) -> commerce.Deletion:
    return commerce.Deletion(id=str(id), kind=kind, changed_at=gone_at, observed_at=observed_at)


# Orders


def order(payload: payloads.OrderPayload, _store: Store, observed_at: datetime) -> list[Event]:
    """The order after the customer it names; a trashed one is gone."""
    if payload.status == UNSAVED:
        raise Ignored("an order that is not saved yet")
    changed_at = _utc(payload.date_modified_gmt or payload.date_created_gmt) or observed_at
    if payload.status == "trash":
        return [deletion(Kind.ORDER, payload.id, changed_at, observed_at)]
    record = _order(payload, changed_at, observed_at)
    customer = _customer_of(record)
    return [customer, record] if customer else [record]


def _order(
    payload: payloads.OrderPayload, changed_at: datetime, observed_at: datetime
) -> commerce.Order:
    billing, shipping = payload.billing, payload.shipping
    phones = parsing.different(billing.phone, shipping.phone)
    email = billing.email or None
    created_at = _utc(payload.date_created_gmt) or changed_at
    lines = tuple([_line(each) for each in payload.line_items or ()])
    completed_at = _utc(payload.date_completed_gmt) if payload.status == "completed" else None
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": str(payload.id),
            "changed_at": changed_at,
            "observed_at": observed_at,
            "code": payload.number or str(payload.id),
            "status": payload.status,
            "is_cancelled": payload.status in ("cancelled", "failed"),
            "is_counted": payload.status not in UNCOUNTED,
            "fulfilment": Fulfilment.FULFILLED
            if payload.status == "completed"
            else Fulfilment.NONE,
            "fulfilled_at": completed_at,
            "currency": payload.currency,
            "subtotal": sum([line.subtotal for line in lines], _ZERO),
            "discount": payload.discount_total,
            "shipping": payload.shipping_total,
            "shipping_tax": payload.shipping_tax,
            "tax": payload.total_tax,
            "total": payload.total,
            "created_at": created_at,
            "placed_at": None if payload.status == "checkout-draft" else created_at,
            "paid_at": _utc(payload.date_paid_gmt),
            "payments": (_payment(payload),),
            "payment_method": payload.payment_method or None,
            "channel": payload.created_via or None,
            "customer_id": _customer_id(payload.customer_id, email),
            "is_guest": not payload.customer_id,
            "email": email,
            "phone": next(iter(phones), None),
            "other_phones": phones[1:],
            "first_name": billing.first_name or None,
            "last_name": billing.last_name or None,
            "country": shipping.country or billing.country or None,
            "shipping_address": _address(shipping, "shipping"),
            "lines": lines,
            "lines_known": payload.line_items is not None,
            "coupons": tuple([_coupon_use(each) for each in payload.coupon_lines]),
            "refunds": _refunds_of(payload, changed_at, observed_at),
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


def _line(payload: payloads.LinePayload) -> commerce.OrderLine:
    variant = payload.variation_id or payload.product_id or None
    whole, quantity = payload.name or "", pieces(payload.quantity)
    shown = [each for each in payload.meta_data if each.key[:1] != "_"]
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": str(payload.id),
            "product_id": payload.product_id or None,
            "variant_id": variant,
            "sku": payload.sku or (f"woocommerce:{variant}" if variant else None),
            "name": whole,
            "variant_name": _variant_name(payload, whole) if payload.parent_name else None,
            "quantity": quantity,
            "exact_quantity": exact(payload.quantity),
            "unit_price": per_unit(payload.subtotal, payload.quantity),
            "subtotal": payload.subtotal,
            "total": payload.total,
            "tax": payload.total_tax,
            "custom": {each.key: each.value for each in shown},
            "raw": _raw(payload, quantity, shown),
        },
    )


def _variant_name(payload: payloads.LinePayload, whole: str) -> str | None:
    prefix = f"{payload.parent_name} - "
    return whole[len(prefix) :] if whole.startswith(prefix) else None


def _raw(
    payload: payloads.LinePayload, quantity: int, shown: list[payloads.MetaPayload]
) -> dict[str, Any]:
    """The line in WooCommerce's own words, without what is empty, internal or markup."""
    raw: dict[str, Any] = {
        "id": payload.id,
        "name": payload.name,
        "product_id": payload.product_id,
        "variation_id": payload.variation_id,
        "quantity": quantity,
        "sku": payload.sku,
        "subtotal": str(payload.subtotal),
        "subtotal_tax": str(payload.subtotal_tax),
        "total": str(payload.total),
        "total_tax": str(payload.total_tax),
    }
    if shown:
        raw["meta_data"] = [{"key": each.key, "value": each.value} for each in shown]
    return raw


def _coupon_use(payload: payloads.CouponLinePayload) -> commerce.CouponUse:
    return trusted(commerce.CouponUse, {"code": payload.code.lower(), "discount": payload.discount})


def _refunds_of(
    payload: payloads.OrderPayload, changed_at: datetime, observed_at: datetime
) -> tuple[commerce.Refund, ...] | None:
    """Refunds as the order tells them: amounts and reasons, neither date nor lines.

    Until the refund's own record is read, its date is that of the change that brought it.
    """
    if payload.refunds is None:
        return None
    return tuple(
        [
            trusted(
                commerce.Refund,
                {
                    **_REFUND,
                    "id": str(each.id),
                    "changed_at": changed_at,
                    "observed_at": observed_at,
                    "rank": 0,
                    "order_id": str(payload.id),
                    "amount": abs(each.total),
                    "currency": payload.currency,
                    "created_at": changed_at,
                    "is_dated": False,
                    "reason": each.reason or None,
                },
            )
            for each in payload.refunds
        ]
    )


def _payment(payload: payloads.OrderPayload) -> commerce.Payment:
    """WooCommerce knows of an order that it is paid, by its date, or by a status that only paid
    orders get."""
    is_paid = payload.date_paid_gmt or payload.status in ("completed", "refunded")
    state = "Settled" if is_paid else "Pending"
    return trusted(
        commerce.Payment, {"id": str(payload.id), "amount": payload.total, "state": state}
    )


def _address(payload: payloads.AddressPayload | None, kind: str) -> commerce.Address | None:
    if payload is None or not (
        payload.address_1 or payload.city or payload.postcode or payload.last_name
    ):
        return None
    state = payload.state or None
    return trusted(
        commerce.Address,
        {
            **_ADDRESS,
            "kind": kind,
            "name": name(payload.first_name, payload.last_name),
            "company": payload.company or None,
            "line1": payload.address_1 or None,
            "line2": payload.address_2 or None,
            "city": payload.city or None,
            "province": state,
            "province_code": state if state and len(state) <= 3 and state.isupper() else None,
            "postal_code": payload.postcode or None,
            "country_code": payload.country or None,
            "phone": payload.phone or None,
        },
    )


# Orders in their short form

_FULL_ALONE = frozenset({"trash", UNSAVED, "checkout-draft"})
_NUMBERS = 10**18
_LONGEST_SUM = 15
"""Characters of a sum of amounts that no column is too narrow for."""


class _RawLine(msgspec.Struct, gc=False, omit_defaults=True):
    """`_raw`."""

    id: int
    name: str | None
    product_id: int | None
    variation_id: int | None
    quantity: int
    sku: str | None
    subtotal: Decimal
    subtotal_tax: Decimal
    total: Decimal
    total_tax: Decimal
    meta_data: list[_RawMeta] = []


class _RawMeta(msgspec.Struct, gc=False):
    key: str
    value: str


class _RawAddress(msgspec.Struct, gc=False, omit_defaults=True):
    """`_address`."""

    kind: str
    is_default: bool
    name: str | None = None
    company: str | None = None
    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    province: str | None = None
    province_code: str | None = None
    postal_code: str | None = None
    country_code: str | None = None
    phone: str | None = None


_json = msgspec.json.Encoder().encode


def plain_order(payload: payloads.OrderPayload, observed_at: datetime) -> PlainOrder | None:
    """What `order` says, with its customer; None where that is not plain."""
    status, items, total = payload.status, payload.line_items, str(payload.total)
    created_at, modified_at = payload.date_created_gmt, payload.date_modified_gmt
    paid_at = payload.date_paid_gmt
    if (
        items is None
        or created_at is None
        or modified_at is None
        or _has_zone(created_at, modified_at, paid_at)
        or payload.refunds != []
        or payload.coupon_lines
        or status in _FULL_ALONE
        or payload.id >= _NUMBERS
    ):
        return None
    subtotal = str(sum([each.subtotal for each in items], _ZERO))
    raw = [_raw_line(each) for each in items]
    if len(subtotal) > _LONGEST_SUM or not all(raw) or len({e.id for e in items}) < len(items):
        return None
    billing, shipping = payload.billing, payload.shipping
    id, email = str(payload.id), billing.email or None
    is_done = status == "completed"
    state = "Settled" if paid_at or is_done or status == "refunded" else "Pending"
    return PlainOrder(
        id=id,
        changed_at=parsing.utc(modified_at),
        observed_at=observed_at,
        code=payload.number or id,
        status=status,
        is_cancelled=status in ("cancelled", "failed"),
        is_counted=status not in UNCOUNTED,
        is_guest=not payload.customer_id,
        fulfilment="fulfilled" if is_done else "none",
        currency=payload.currency,
        subtotal=subtotal,
        discount=str(payload.discount_total),
        shipping=str(payload.shipping_total),
        shipping_tax=str(payload.shipping_tax),
        tax=str(payload.total_tax),
        total=total,
        created_at=utc_text(created_at),
        paid_at=utc_text(paid_at) if paid_at else "",
        modified_at=utc_text(modified_at),
        payment_method=payload.payment_method or "",
        channel=payload.created_via or "",
        country=shipping.country or billing.country or "",
        customer_id=_customer_id(payload.customer_id, email) or "",
        customer_name=" ".join([e for e in (billing.first_name, billing.last_name) if e]),
        email=email or "",
        phone=billing.phone or shipping.phone or "",
        shipping_address=_raw_address(shipping),
        payments=f'[{{"id":"{id}","amount":"{total}","state":"{state}"}}]',
        line_items=_json(raw).decode(),
        lines=[_plain_line(each) for each in items],
    )


def _has_zone(*moments: datetime | None) -> bool:
    """Whether one of them has a zone of its own; WooCommerce tells them in UTC, without it."""
    return any(each is not None and each.tzinfo is not None for each in moments)


def _raw_line(payload: payloads.LinePayload) -> _RawLine | None:
    quantity, meta = payload.quantity, [e for e in payload.meta_data if e.key[:1] != "_"]
    if not isinstance(quantity, int) or any(not isinstance(e.value, str) for e in meta):
        return None
    return _RawLine(
        payload.id,
        payload.name,
        payload.product_id,
        payload.variation_id,
        quantity,
        payload.sku,
        payload.subtotal,
        payload.subtotal_tax,
        payload.total,
        payload.total_tax,
        [_RawMeta(e.key, e.value) for e in meta],
    )


def _plain_line(payload: payloads.LinePayload) -> PlainLine:
    product_id, subtotal = payload.product_id or "", str(payload.subtotal)
    variant_id = payload.variation_id or product_id
    quantity = payload.quantity
    return PlainLine(
        str(payload.id),
        str(product_id),
        str(variant_id),
        payload.sku or (f"woocommerce:{variant_id}" if variant_id else ""),
        payload.name or "",
        str(quantity),
        subtotal if quantity == 1 else str(per_unit(payload.subtotal, quantity)),
        subtotal,
        str(payload.total),
        str(payload.total_tax),
    )


def _raw_address(payload: payloads.AddressPayload) -> str:
    if not (payload.address_1 or payload.city or payload.postcode or payload.last_name):
        return ""
    state = payload.state or None
    address = _RawAddress(
        "shipping",
        False,
        name(payload.first_name, payload.last_name),
        payload.company or None,
        payload.address_1 or None,
        payload.address_2 or None,
        payload.city or None,
        state,
        state if state and len(state) <= 3 and state.isupper() else None,
        payload.postcode or None,
        payload.country or None,
        payload.phone or None,
    )
    return _json(address).decode()


# Everything else


def refund(payload: payloads.RefundPayload, _store: Store, observed_at: datetime) -> list[Event]:
    """A refund of its own; it never changes, so its version is its date."""
    lines = tuple(_refund_line(each) for each in payload.line_items)
    charges = [each.total_tax for each in [*payload.shipping_lines, *payload.fee_lines]]
    taxes = charges + [each.total_tax for each in payload.line_items]
    created_at = _utc(payload.date_created_gmt) or observed_at
    return [
        commerce.Refund(
            id=str(payload.id),
            changed_at=created_at,
            observed_at=observed_at,
            order_id=str(payload.parent_id),
            amount=abs(payload.amount),
            shipping=abs(sum((each.total for each in payload.shipping_lines), _ZERO)),
            tax=abs(sum(taxes, _ZERO)),
            currency=None,
            created_at=created_at,
            reason=payload.reason or None,
            lines=lines,
        )
    ]


def _refund_line(payload: payloads.RefundedLinePayload) -> commerce.RefundLine:
    """The line of the order that it takes back is named in the meta data."""
    of = next((m.value for m in payload.meta_data if m.key == "_refunded_item_id"), payload.id)
    return commerce.RefundLine(
        line_id=str(of),
        quantity=abs(pieces(payload.quantity)),
        exact_quantity=exact(payload.quantity) and abs(Decimal(payload.quantity)),
        amount=abs(payload.total),
        tax=abs(payload.total_tax),
    )


def customer(payload: payloads.CustomerPayload, store: Store, observed_at: datetime) -> list[Event]:
    """A customer with an account; one who never changed anything has no modified time. Raises
    `Ignored` on an account of staff."""
    if payload.role in STAFF:
        raise Ignored("an account of staff")
    billing, shipping = (
        payload.billing or payloads.AddressPayload(),
        payload.shipping or payloads.AddressPayload(),
    )
    addresses = (_address(billing, "billing"), _address(shipping, "shipping"))
    created_at = _utc(payload.date_created_gmt)
    fields = {each.key: each.value for each in payload.meta_data or ()}
    has_meta_data = payload.meta_data is not None
    consents = tuple(_consents(fields, store))
    return [
        commerce.Customer(
            id=str(payload.id),
            changed_at=_utc(payload.date_modified_gmt) or created_at or observed_at,
            observed_at=observed_at,
            email=payload.email or billing.email or None,
            phone=billing.phone or shipping.phone or None,
            first_name=payload.first_name or billing.first_name or None,
            last_name=payload.last_name or billing.last_name or None,
            addresses=tuple(each for each in addresses if each),
            created_at=created_at,
            marketing_consent=commerce.given_by("email", consents),
            consents=consents,
            metadata={
                **{name: fields[name] for name in listed_fields(store.settings) if name in fields},
                **_without_none(
                    role=payload.role,
                    username=payload.username,
                    is_paying_customer=payload.is_paying_customer,
                ),
            },
            untold_fields=() if has_meta_data else listed_fields(store.settings),
        )
    ]


def _consents(fields: Mapping[str, Any], store: Store) -> Iterator[commerce.Consent]:
    """By the meta data that plugins keep it in, which the store names in `settings.consent`; none
    where the customer has none. WooCommerce does not say since when."""
    for channel, named in consent_sources(store.settings).items():
        agreed = truth(fields.get(named.field)) if named.field else None
        if agreed is not None:
            source = f"meta data {named.field}"
            yield commerce.Consent(channel=channel, given=agreed, source=source)


def product(payload: payloads.ProductPayload, store: Store, observed_at: datetime) -> list[Event]:
    """A product, or a variation that comes alone and names its parent.

    A variable product names its variations without telling their SKUs and prices.
    """
    if payload.status == UNSAVED:
        raise Ignored("a product that is not saved yet")
    created_at = _utc(payload.date_created_gmt)
    changed_at = _utc(payload.date_modified_gmt) or created_at or observed_at
    if payload.status == "trash":
        return [deletion(Kind.PRODUCT, payload.id, changed_at, observed_at)]
    is_variable = payload.type in VARIABLE
    return [
        commerce.Product(
            id=str(payload.id),
            changed_at=changed_at,
            observed_at=observed_at,
            title=_titled(payload),
            description=payload.description or payload.short_description or None,
            status=payload.status,
            type=payload.type,
            tags=tuple(each.name for each in payload.tags),
            categories=tuple(
                _category_of(each, changed_at, observed_at) for each in payload.categories
            ),
            variants=() if is_variable else (_variant(payload, store),),
            variants_known=not is_variable,
            variation_ids=_variation_ids(payload) if is_variable else None,
            parent_id=str(payload.parent_id) if payload.type in VARIATIONS else None,
            created_at=created_at,
            metadata=_without_none(
                slug=payload.slug,
                permalink=payload.permalink,
                price=str(payload.price) if payload.price is not None else None,
                attributes=[_attribute(each) for each in payload.attributes],
                variations=payload.variations,
            ),
        )
    ]


def _attribute(payload: payloads.AttributePayload) -> dict[str, Any]:
    """As far as it is told."""
    fields = {"name": payload.name, "option": payload.option, "options": payload.options}
    return {key: value for key, value in fields.items() if value is not None}


def _variation_ids(payload: payloads.ProductPayload) -> tuple[str, ...] | None:
    """None where they are not told: an odd list was made empty, and an empty one is never taken for
    the word that all are gone."""
    ids = payload.variations
    if not ids or not all(isinstance(each, int) and not isinstance(each, bool) for each in ids):
        return None
    return tuple(str(each) for each in ids)


def _variant(payload: payloads.ProductPayload, store: Store) -> commerce.Variant:
    return commerce.Variant(
        id=str(payload.id),
        sku=payload.sku or f"woocommerce:{payload.id}",
        title=(_options(payload) or payload.name) if payload.type in VARIATIONS else None,
        price=payload.price if payload.price is not None else _ZERO,
        currency=store.currency,
        regular_price=payload.regular_price,
        sale_price=payload.sale_price,
        stock=None if payload.stock_quantity is None else pieces(payload.stock_quantity),
        available=payload.stock_status != "outofstock"
        and payload.status == ON_SALE
        and payload.price is not None,
        stock_status=payload.stock_status if payload.stock_status in STOCK else "instock",
    )


def _options(payload: payloads.ProductPayload) -> str:
    return ", ".join(each.option for each in payload.attributes if each.option)


def _titled(payload: payloads.ProductPayload) -> str:
    """The name, of a variation with its product's before its options ("Kit, S"): deliveries name it
    "Kit - S" and, from three options on, "Kit"; lists only "S" (`of_product` adds the rest)."""
    options = _options(payload)
    if payload.type not in VARIATIONS or not options or payload.name == options:
        return payload.name
    return f"{payload.name.removesuffix(f' - {options}')}, {options}"


def of_product(variation: commerce.Product, product: commerce.Product) -> commerce.Product:
    """A variation that was read from its product's list, with that one's name before its own, which
    one for any choice of options has not; what is not published takes its variations with it."""
    own_name = variation.variants[0].title
    title = f"{product.title}, {own_name}" if own_name else product.title
    if product.status == ON_SALE:
        return variation.model_copy(update={"title": title})
    variants = tuple(e.model_copy(update={"available": False}) for e in variation.variants)
    changes = {"title": title, "status": product.status, "variants": variants}
    return variation.model_copy(update=changes)


def _category_of(
    payload: payloads.NamedPayload, changed_at: datetime, observed_at: datetime
) -> commerce.Category:
    return commerce.Category(
        id=str(payload.id),
        changed_at=changed_at,
        observed_at=observed_at,
        rank=0,
        name=payload.name,
    )


def category(
    payload: payloads.CategoryPayload, _store: Store, observed_at: datetime
) -> list[Event]:
    """A product category; WooCommerce keeps no times of them, so the reading is the version."""
    return [
        commerce.Category(
            id=str(payload.id),
            changed_at=observed_at,
            observed_at=observed_at,
            name=payload.name,
            parent_id=str(payload.parent) if payload.parent else None,
            product_count=payload.count,
        )
    ]


def coupon(payload: payloads.CouponPayload, _store: Store, observed_at: datetime) -> list[Event]:
    """A coupon; WooCommerce compares codes in lower case."""
    if payload.status == UNSAVED or not payload.code:
        raise Ignored("a coupon that is not saved yet")
    changed_at = _utc(payload.date_modified_gmt or payload.date_created_gmt) or observed_at
    if payload.status == "trash":
        return [deletion(Kind.COUPON, payload.id, changed_at, observed_at)]
    return [
        commerce.Coupon(
            id=str(payload.id),
            changed_at=changed_at,
            observed_at=observed_at,
            code=payload.code.lower(),
            type=payload.discount_type,
            amount=payload.amount,
            usage_count=payload.usage_count,
            expires_at=_utc(payload.date_expires_gmt),
            status=payload.status,
        )
    ]


def _without_none(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else parsing.utc(value)


# Pages of the API


def orders_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    """A page of the API in the one language; raises `PayloadError` where it is no list."""
    return _page(payloads.orders, payloads.order, order, body, store, observed_at)


def refunds_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    return _page(payloads.refunds, payloads.refund, refund, body, store, observed_at)


def customers_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    return _page(payloads.customers, payloads.customer, customer, body, store, observed_at)


def products_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    return _page(payloads.products, payloads.product, product, body, store, observed_at)


def categories_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    return _page(payloads.categories, payloads.category, category, body, store, observed_at)


def coupons_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    return _page(payloads.coupons, payloads.coupon, coupon, body, store, observed_at)


def plain_orders_page(body: bytes, store: Store, observed_at: datetime) -> RecordPage:
    """`orders_page` with orders in their short form, where they have one."""

    return _page(payloads.orders, payloads.order, _plain_or_full, body, store, observed_at)


def _plain_or_full(
    payload: payloads.OrderPayload, store: Store, observed_at: datetime
) -> Sequence[Event | PlainOrder]:
    plain = plain_order(payload, observed_at)
    return [plain] if plain else order(payload, store, observed_at)


def _page(
    adapter: TypeAdapter[list[T]],
    one: TypeAdapter[T],
    convert: Callable[[T, Store, datetime], Sequence[Event | PlainOrder]],
    body: bytes,
    store: Store,
    observed_at: datetime,
) -> RecordPage:
    records, read = parsing.page(adapter, one, body)
    return parsing.convert_each(records, lambda record: convert(record, store, observed_at), read)


_MARKS = {
    "order": frozenset({"line_items", "order_key", "payment_method", "fee_lines"}),
    "customer": frozenset({"role", "username", "is_paying_customer", "avatar_url"}),
    "product": frozenset({"stock_status", "catalog_visibility", "regular_price", "variations"}),
    "coupon": frozenset({"discount_type", "individual_use"}),
    "refund": frozenset({"refunded_payment", "refunded_by"}),
}
_Converting = Callable[[Any, Store, datetime], Sequence[Event | PlainOrder]]
_TOPICS: dict[str, tuple[Kind, TypeAdapter[Any], _Converting]] = {
    "order": (Kind.ORDER, payloads.order, order),
    "customer": (Kind.CUSTOMER, payloads.customer, customer),
    "product": (Kind.PRODUCT, payloads.product, product),
    "coupon": (Kind.COUPON, payloads.coupon, coupon),
}
