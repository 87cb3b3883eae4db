"""Vendure's records in the one language.

`updatedAt` stands still through payments, refunds, fulfilments and state transitions, so it is no
version: an event's own time is, and for a sync the moment at which the page was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

from backshop import commerce
from backshop.commerce import Event, Fulfilment, Kind, Store, trusted
from backshop.platforms import payload as reading
from backshop.platforms.errors import Ignored
from backshop.platforms.payload import Page, decimals
from backshop.platforms.vendure import payload

_FULFILMENT = {
    "PartiallyShipped": Fulfilment.PARTIAL,
    "Shipped": Fulfilment.FULFILLED,
    "PartiallyDelivered": Fulfilment.FULFILLED,
    "Delivered": Fulfilment.DELIVERED,
}
_REFUND_STATES: dict[str, Literal["pending", "settled", "failed"]] = {
    "Pending": "pending",
    "Settled": "settled",
    "Failed": "failed",
}
_CUSTOM = {
    "patchEnabled": "patch_enabled",
    "patchType": "patch_type",
    "printName": "print_name",
    "printNumber": "print_number",
}
_ZERO = Decimal(0)
_ORDER = commerce.defaults(commerce.Order)
_LINE = commerce.defaults(commerce.OrderLine)

T = TypeVar("T")
Seen = datetime


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
) -> list[Event]:
    """What an event says; see `ports.Translator`.

    The plugin's events are `order.updated` and the like; those that are named after Vendure's own
    classes (`OrderStateTransitionEvent`) and carry the same data are understood too.
    """
    told = reading.parse(payload.envelope, body)
    subject = _subject(topic or told.event or "")
    if subject is None:
        raise Ignored(f"nothing is kept of the event {topic[:60]!r}")
    kind, adapter, say, wrapped = _SUBJECTS[subject]
    happened_at = triggered_at or _utc(told.created_at) or received_at
    data = told.data.get(wrapped, told.data)
    if _is_deletion(topic, told.data):
        gone = reading.validate(payload.gone, data)
        return [
            commerce.Deletion(
                id=gone.id, kind=kind, changed_at=received_at, observed_at=happened_at
            )
        ]
    record = reading.validate(adapter, data)
    return say(record, store, happened_at)


def _subject(topic: str) -> str | None:
    """What an event is about: `order.placed` and `OrderPlacedEvent` are both about an order."""
    name = "".join(letter for letter in topic.lower() if letter.isalpha())
    return next((subject for prefix, subject in _PREFIXES if name.startswith(prefix)), None)


def _is_deletion(topic: str, data: dict[str, Any]) -> bool:
    return "delet" in topic.lower() or data.get("type") == "deleted"


def money(minor: int, currency: str) -> Decimal:
    """Major units of integer minor ones: 1999 USD is 19.99, 1999 JPY is 1999."""
    return Decimal(minor).scaleb(-decimals(currency))


# Orders


def order(told: payload.Order, store: Store, seen: Seen) -> list[Event]:
    """The order after its customer. Raises `Ignored` on a cart or draft."""
    if told.active or told.order_placed_at is None:
        raise Ignored("a cart or a draft, not an order yet")
    said = _order(told, seen)
    return [_customer_of(told.customer, said), said] if told.customer else [said]


def placed_order(told: payload.Order, store: Store, seen: Seen) -> list[Event]:
    """The order at the moment it is placed, the only one at which the customer's phone is sure to be
    that of this order: any guest who names the same e-mail address overwrites it later."""
    events = order(told, store, seen)
    phone = told.customer.phone_number if told.customer else None
    return [
        each.model_copy(update={"phone": phone})
        if isinstance(each, commerce.Order) and each.phone is None and phone
        else each
        for each in events
    ]


def _order(told: payload.Order, seen: Seen) -> commerce.Order:
    currency = told.currency_code
    lines = tuple(_line(each, currency) for each in told.lines)
    payments = told.payments or []
    shipping_address = _address(told.shipping_address, "shipping")
    customer = told.customer or payload.Customer(id="none")
    fields = told.custom_fields or {}
    net = sum((line.total for line in lines), _ZERO)
    subtotal = sum((line.subtotal for line in lines), _ZERO)
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": told.id,
            "changed_at": seen,
            "observed_at": seen,
            "code": told.code,
            "status": told.state.lower(),
            "is_cancelled": told.state == "Cancelled",
            "is_counted": told.state != "Cancelled",
            "fulfilment": _FULFILMENT.get(told.state, Fulfilment.NONE),
            "fulfilled_at": _fulfilled_at(told),
            "delivered_at": _delivered_at(told),
            "currency": currency,
            "subtotal": subtotal,
            "discount": subtotal - net,
            "shipping": money(told.shipping, currency),
            "shipping_tax": money(told.shipping_with_tax - told.shipping, currency),
            "tax": money(told.total_with_tax - told.total, currency),
            "total": money(told.total_with_tax, currency),
            "created_at": reading.utc(told.created_at),
            "placed_at": _utc(told.order_placed_at),
            "paid_at": _first(each.created_at for each in payments if each.state == "Settled"),
            "payment_method": next((each.method for each in payments if each.method), None),
            "payments": tuple(_payment(each, currency) for each in payments),
            "channel": _channel(told.channels),
            "customer_id": told.customer.id if told.customer else None,
            "is_guest": told.customer is None,
            "email": customer.email_address or None,
            "phone": _given_phone(told),
            "first_name": customer.first_name or None,
            "last_name": customer.last_name or None,
            "country": _country(told.shipping_address) or _country(told.billing_address),
            "shipping_address": shipping_address,
            "lines": lines,
            "coupons": _coupon_uses(told, subtotal - net),
            "refunds": _refunds(told, seen),
            "delivery_stage": _text(fields.get("deliveryStage")),
            "tracking_number": _text(fields.get("trackingNumber")) or _tracking_code(told),
        },
    )


def _given_phone(told: payload.Order) -> str | None:
    """A guest's checkout overwrites the customer's phone, the order's addresses keep theirs."""
    addresses = (told.shipping_address, told.billing_address)
    return next((each.phone_number for each in addresses if each and each.phone_number), None)


def _line(told: payload.Line, currency: str) -> commerce.OrderLine:
    variant = told.product_variant
    product = variant.product
    net = told.prorated_line_price
    if net is None:
        net = _without_tax(told.prorated_line_price_with_tax, told)
    fields = told.custom_fields or {}
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": told.id,
            "product_id": commerce.stable_number(product.id) if product else None,
            "variant_id": commerce.stable_number(variant.id),
            "sku": variant.sku or f"vendure:{variant.id}",
            "name": (product.name if product else None) or variant.name or "",
            "variant_name": variant.name or None,
            "quantity": told.quantity,
            "unit_price": money(told.unit_price, currency),
            "subtotal": money(told.unit_price * told.quantity, currency),
            "total": money(net, currency),
            "tax": money(told.prorated_line_price_with_tax - net, currency),
            "unit_price_with_tax": money(told.unit_price_with_tax, currency),
            "custom": {_CUSTOM.get(k, k): v for k, v in fields.items() if v is not None},
            "raw": told.model_dump(exclude_none=True, by_alias=True),
        },
    )


def _without_tax(with_tax: int, line: payload.Line) -> int:
    """Minor units without tax, for selections that do not ask for them: by the unit price's rate."""
    if not line.unit_price_with_tax:
        return with_tax
    return round(Decimal(with_tax * line.unit_price) / line.unit_price_with_tax)


def _payment(told: payload.Payment, currency: str) -> commerce.Payment:
    return commerce.Payment(id=told.id, amount=money(told.amount, currency), state=told.state)


def _refunds(told: payload.Order, seen: Seen) -> tuple[commerce.Refund, ...] | None:
    if told.payments is None or any(each.refunds is None for each in told.payments):
        return None
    prices = {each.id: each for each in told.lines}
    return tuple(
        commerce.Refund(
            id=refund.id,
            changed_at=seen,
            observed_at=seen,
            order_id=told.id,
            amount=money(refund.total, told.currency_code),
            shipping=money(refund.shipping, told.currency_code),
            currency=told.currency_code,
            created_at=reading.utc(refund.created_at),
            reason=refund.reason or None,
            status=_REFUND_STATES.get(refund.state, "pending"),
            lines=tuple(
                _refund_line(line, prices[line.order_line_id], told.currency_code)
                for line in refund.lines or []
                if line.order_line_id in prices
            ),
        )
        for payment in told.payments
        for refund in payment.refunds or []
    )


def _refund_line(
    told: payload.RefundLine, line: payload.Line, currency: str
) -> commerce.RefundLine:
    """Vendure names line and quantity; what they cost follows from the line's price after
    discounts."""
    placed = line.order_placed_quantity or line.quantity or 1
    with_tax = round(Decimal(line.prorated_line_price_with_tax * told.quantity) / placed)
    net = _without_tax(with_tax, line)
    return commerce.RefundLine(
        line_id=told.order_line_id,
        quantity=told.quantity,
        amount=money(net, currency),
        tax=money(with_tax - net, currency),
    )


def _coupon_uses(told: payload.Order, discount: Decimal) -> tuple[commerce.CouponUse, ...]:
    """Vendure does not say which code gave which discount, unless there is one of each."""
    is_plain = len(told.discounts) == len(told.coupon_codes) == 1
    amount = discount if is_plain else None
    return tuple(commerce.CouponUse(code=code, discount=amount) for code in told.coupon_codes)


def _fulfilled_at(told: payload.Order) -> datetime | None:
    return _first(each.created_at for each in told.fulfillments or [] if each.state != "Cancelled")


def _delivered_at(told: payload.Order) -> datetime | None:
    if told.state != "Delivered":
        return None
    times = [each.updated_at for each in told.fulfillments or [] if each.state == "Delivered"]
    return max((reading.utc(each) for each in times if each), default=None)


def _tracking_code(told: payload.Order) -> str | None:
    codes = [each.tracking_code for each in told.fulfillments or [] if each.tracking_code]
    return codes[-1] if codes else None


def _channel(channels: list[payload.Channel]) -> str | None:
    """The channel it was bought in; every order is in the default channel as well."""
    codes = [each.code for each in channels]
    chosen = [code for code in codes if code != "__default_channel__"] or codes
    return chosen[0] if chosen else None


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((reading.utc(each) for each in times if each), default=None)


# Everything else


def _customer_of(told: payload.Customer, order: commerce.Order) -> commerce.Customer:
    """The customer as the order names them: hearsay, which the customer's own record outweighs."""
    return commerce.Customer(
        id=told.id,
        changed_at=order.changed_at,
        observed_at=order.observed_at,
        rank=0,
        email=told.email_address or None,
        phone=told.phone_number or None,
        first_name=told.first_name or None,
        last_name=told.last_name or None,
    )


def customer(told: payload.Customer, store: Store, seen: Seen) -> list[Event]:
    """A customer. Guests have records and ids too, but no user."""
    addresses = (_address(each, _kind(each)) for each in told.addresses or [])
    return [
        commerce.Customer(
            id=told.id,
            changed_at=seen,
            observed_at=seen,
            email=told.email_address or None,
            phone=told.phone_number or None,
            first_name=told.first_name or None,
            last_name=told.last_name or None,
            addresses=tuple(each for each in addresses if each),
            created_at=_utc(told.created_at),
            metadata={"verified": bool(told.user and told.user.verified)},
        )
    ]


def _kind(told: payload.Address) -> Literal["shipping", "billing", "both"]:
    if bool(told.default_shipping_address) == bool(told.default_billing_address):
        return "both"
    return "shipping" if told.default_shipping_address else "billing"


def _address(
    told: payload.Address | None, kind: Literal["shipping", "billing", "both"]
) -> commerce.Address | None:
    if told is None or not (told.street_line1 or told.city or told.postal_code or told.full_name):
        return None
    return commerce.Address(
        id=told.id,
        kind=kind,
        is_default=bool(told.default_shipping_address or told.default_billing_address),
        name=told.full_name or None,
        company=told.company or None,
        line1=told.street_line1 or None,
        line2=told.street_line2 or None,
        city=told.city or None,
        province=told.province or None,
        postal_code=told.postal_code or None,
        country_code=_country(told),
        phone=told.phone_number or None,
    )


def _country(told: payload.Address | None) -> str | None:
    if told is None:
        return None
    named = told.country.code if isinstance(told.country, payload.Country) else None
    return told.country_code or named or None


def product(told: payload.Product, store: Store, seen: Seen) -> list[Event]:
    return [
        commerce.Product(
            id=told.id,
            changed_at=seen,
            observed_at=seen,
            title=told.name,
            description=told.description or None,
            status="publish" if told.enabled else "draft",
            type="variable" if len(told.variants) > 1 else "simple",
            categories=tuple(_category(each, seen, rank=0) for each in told.collections),
            variants=tuple(_variant(each, told, store) for each in told.variants),
            created_at=_utc(told.created_at),
            metadata={"slug": told.slug} if told.slug else {},
        )
    ]


def _variant(told: payload.Variant, product: payload.Product, store: Store) -> commerce.Variant:
    currency = told.currency_code or store.currency or "USD"
    price = money(told.price, currency)
    stock = None
    if told.stock_levels is not None:
        stock = sum(each.stock_on_hand - each.stock_allocated for each in told.stock_levels)
    return commerce.Variant(
        id=told.id,
        sku=told.sku or f"vendure:{told.id}",
        title=told.name if told.name != product.name else None,
        price=price,
        currency=currency,
        regular_price=price,
        stock=stock,
        available=product.enabled and told.enabled and (stock is None or stock > 0),
    )


def collection(told: payload.Collection, store: Store, seen: Seen) -> list[Event]:
    return [_category(told, seen, rank=1)]


def _category(told: payload.Collection, seen: Seen, rank: Literal[0, 1]) -> commerce.Category:
    return commerce.Category(
        id=told.id,
        changed_at=seen,
        observed_at=seen,
        rank=rank,
        name=told.name,
        parent_id=told.parent_id,
    )


def promotion(told: payload.Promotion, store: Store, seen: Seen) -> list[Event]:
    """A coupon. Raises `Ignored` on a promotion that works without a code."""
    if not told.coupon_code:
        raise Ignored("a promotion without a coupon code")
    kind, amount = _worth(told, store)
    return [
        commerce.Coupon(
            id=told.id,
            changed_at=seen,
            observed_at=seen,
            code=told.coupon_code,
            type=kind,
            amount=amount,
            expires_at=_utc(told.ends_at),
            status="active" if told.enabled else "disabled",
        )
    ]


def _worth(told: payload.Promotion, store: Store) -> tuple[str | None, Decimal | None]:
    """What the promotion's one action is and gives: money in major units, or percent."""
    if len(told.actions) != 1:
        return None, None
    action = told.actions[0]
    given = next((each.value for each in action.args if each.name == "discount"), "")
    if not given.isdigit() or len(given) > 12:
        return action.code, None
    if "percentage" in action.code:
        return action.code, Decimal(given)
    return action.code, money(int(given), store.currency or "USD")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else reading.utc(value)


Say = Callable[[Any, Store, Seen], list[Event]]

_SUBJECTS: dict[str, tuple[Kind, TypeAdapter[Any], Say, str]] = {
    "order": (Kind.ORDER, payload.order, order, "order"),
    "placed order": (Kind.ORDER, payload.order, placed_order, "order"),
    "customer": (Kind.CUSTOMER, payload.customer, customer, "customer"),
    "product": (Kind.PRODUCT, payload.product, product, "product"),
    "collection": (Kind.CATEGORY, payload.collection, collection, "collection"),
    "promotion": (Kind.COUPON, payload.promotion, promotion, "promotion"),
}
_PREFIXES = (
    ("orderplaced", "placed order"),
    ("order", "order"),
    ("payment", "order"),
    ("refund", "order"),
    ("fulfillment", "order"),
    ("customer", "customer"),
    ("product", "product"),
    ("collection", "collection"),
    ("promotion", "promotion"),
    ("coupon", "promotion"),
)


# Pages of the API


def page(resource: str, items: list[Any], store: Store, seen: Seen) -> Page:
    """A page's decoded items (`orders`, `customers`, `products`, `collections`, `promotions`)."""
    _, adapter, say, _ = _SUBJECTS[resource.removesuffix("s")]
    records, rejected = reading.sort_out(adapter, items)
    read = Page([], rejected, reading.ids_of(items))
    return reading.each(records, lambda record: say(record, store, seen), read)
