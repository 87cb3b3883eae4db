"""Vendure's records in the one language.

`updatedAt` stands still through payments, refunds, fulfilments and state transitions, so it is no
version: an event's own time is, and for a sync the moment at which the page was asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

from backshop import commerce
from backshop.commerce import Event, Fulfilment, Kind, Store, trusted
from backshop.platforms import kinds, parsing
from backshop.platforms.customer_fields import consent_sources, listed_fields, truth
from backshop.platforms.errors import Ignored
from backshop.platforms.parsing import RecordPage
from backshop.platforms.vendure import payloads
from backshop.platforms.vendure.money import money, money_precision

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
DEFAULT_CHANNEL = "__default_channel__"
PLACED_PHONE = "placedPhone"
"""The plugin's custom field of an order."""
_ZERO = Decimal(0)
_ORDER = commerce.defaults(commerce.Order)
_LINE = commerce.defaults(commerce.OrderLine)

T = TypeVar("T")


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
    *,
    plainly: bool = False,  # noqa: ARG001 - there is no short form
) -> list[Event]:
    """What an event says; see `ports.Translator`.

    The plugin's events are `order.updated` and the like; those that are named after Vendure's own
    classes (`OrderStateTransitionEvent`) and carry the same data are understood too.
    """
    payload = parsing.parse(payloads.envelope, body)
    subject = _subject(topic or payload.event or "")
    if subject is None:
        raise Ignored(f"nothing is kept of the event {topic[:60]!r}")
    if not _is_of_channel(payload.channel, store):
        raise Ignored("an event of another channel of this server")
    kind, adapter, convert, wrapped = _SUBJECTS[subject]
    happened_at = min(triggered_at or _utc(payload.created_at) or received_at, received_at)
    data = payload.data.get(wrapped, payload.data)
    if _is_deletion(topic, payload.data):
        gone = parsing.validate_unmended(payloads.gone, data)
        times = {"changed_at": received_at, "observed_at": happened_at}
        return parsing.guarded(lambda: [commerce.Deletion(id=gone.id, kind=kind, **times)])
    for each in (payload.data, data):
        kinds.check_value(each, wrapped, _MARKS)
    record = parsing.validate(adapter, data)
    return parsing.guarded(lambda: convert(record, store, happened_at))


def _is_of_channel(code: str | None, store: Store) -> bool:
    """Each channel is a store of its own. Syncs learn the channel's code; before that only the
    default channel, which needs no token, is known."""
    has_token = bool(store.settings.get("channel"))
    own = store.settings.get("channel_code") or (None if has_token else DEFAULT_CHANNEL)
    return code is None or own is None or code == own


def _subject(topic: str) -> str | None:
    """What an event is about: `order.placed` and `OrderPlacedEvent` are both about an order."""
    name = "".join(letter for letter in topic.lower() if letter.isalpha())
    return next((subject for prefix, subject in _PREFIXES if name.startswith(prefix)), None)


def _is_deletion(topic: str, data: dict[str, Any]) -> bool:
    return "delet" in topic.lower() or data.get("type") == "deleted"


# Orders


def order(payload: payloads.OrderPayload, store: Store, observed_at: datetime) -> list[Event]:
    """The order after its customer. Raises `Ignored` on a cart or draft."""
    if payload.active or payload.order_placed_at is None:
        raise Ignored("a cart or a draft, not an order yet")
    record = _order(payload, money_precision(store.settings), observed_at)
    customer = payload.customer and _customer_of(payload.customer, record)
    return [customer, record] if customer else [record]


def placed_order(
    payload: payloads.OrderPayload, store: Store, observed_at: datetime
) -> list[Event]:
    """The order at the moment it is placed, the only one at which the customer's phone is sure to
    be that of this order: any guest who names the same e-mail address overwrites it later."""
    phone = payload.customer.phone_number if payload.customer else None
    fields = payload.custom_fields or {}
    if phone and not _text(fields.get(PLACED_PHONE)):
        payload = payload.model_copy(update={"custom_fields": fields | {PLACED_PHONE: phone}})
    return order(payload, store, observed_at)


def _order(payload: payloads.OrderPayload, precision: int, observed_at: datetime) -> commerce.Order:
    lines = tuple(_line(each, precision) for each in payload.lines)
    payments = payload.payments or []
    shipping_address = _address(payload.shipping_address, "shipping")
    customer = payload.customer or payloads.BuyerPayload()
    fields = payload.custom_fields or {}
    phones = _given_phones(payload)
    net = sum((line.total for line in lines), _ZERO)
    subtotal = sum((line.subtotal for line in lines), _ZERO)
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": payload.id,
            "changed_at": observed_at,
            "observed_at": observed_at,
            "code": payload.code,
            "status": payload.state.lower(),
            "is_cancelled": payload.state == "Cancelled",
            "is_counted": payload.state != "Cancelled",
            "fulfilment": _FULFILMENT.get(payload.state, Fulfilment.NONE),
            "fulfilled_at": _fulfilled_at(payload),
            "delivered_at": _delivered_at(payload),
            "currency": payload.currency_code,
            "subtotal": subtotal,
            "discount": subtotal - net,
            "shipping": money(payload.shipping, precision),
            "shipping_tax": money(payload.shipping_with_tax - payload.shipping, precision),
            "tax": money(payload.total_with_tax - payload.total, precision),
            "total": money(_asked(payload), precision),
            "created_at": parsing.utc(payload.created_at),
            "placed_at": _utc(payload.order_placed_at),
            "paid_at": _first(each.created_at for each in payments if each.state == "Settled"),
            "payment_method": next((each.method for each in payments if each.method), None),
            "payments": tuple(_payment(each, precision) for each in payments),
            "channel": _channel(payload.channels),
            "customer_id": _customer_id(customer),
            "is_guest": not customer.id,
            "email": customer.email_address or None,
            "phone": phones[0] if phones else None,
            "other_phones": phones[1:],
            "customer_phone": _customer_phone(payload),
            "first_name": customer.first_name or None,
            "last_name": customer.last_name or None,
            "country": _country(payload.shipping_address) or _country(payload.billing_address),
            "shipping_address": shipping_address,
            "lines": lines,
            "coupons": _coupon_uses(payload, subtotal - net),
            "refunds": _refunds(payload, precision, observed_at),
            "delivery_stage": _text(fields.get("deliveryStage")),
            "tracking_number": commerce.tracking_number(
                fields.get("trackingNumber"), *_tracking_codes(payload)
            ),
        },
    )


def _customer_id(payload: payloads.BuyerPayload) -> str | None:
    if payload.id:
        return payload.id
    return commerce.guest_id(payload.email_address) if payload.email_address else None


def _asked(payload: payloads.OrderPayload) -> int:
    """What was asked of the shopper, or what was paid where that is more: a total shrinks when
    goods are taken out, and what was paid for them stays until it is given back. Less the settled
    refunds it is what the shop kept, settled payments less settled refunds."""
    paid = sum(each.amount for each in payload.payments or [] if each.state == "Settled")
    return max(payload.total_with_tax, paid)


def _given_phones(payload: payloads.OrderPayload) -> tuple[str, ...]:
    """A guest's checkout overwrites the customer's phone; the order's addresses keep theirs, and
    the plugin keeps the customer's of the moment at which the order was placed."""
    addresses = (payload.shipping_address, payload.billing_address)
    placed = _text((payload.custom_fields or {}).get(PLACED_PHONE))
    return parsing.different(*(each.phone_number for each in addresses if each), placed)


def _customer_phone(payload: payloads.OrderPayload) -> str | None:
    """That of a verified customer, whom no guest's checkout overwrites, or of one who has not been
    changed since the order was placed."""
    customer, placed_at = payload.customer, payload.order_placed_at
    if customer is None or not customer.phone_number or placed_at is None:
        return None
    is_verified = customer.user is not None and customer.user.verified
    changed_at = customer.updated_at
    is_unchanged = changed_at is not None and parsing.utc(changed_at) <= parsing.utc(placed_at)
    return customer.phone_number if is_verified or is_unchanged else None


def _line(payload: payloads.LinePayload, precision: int) -> commerce.OrderLine:
    variant = payload.product_variant
    product = variant.product
    net = payload.prorated_line_price
    if net is None:
        net = _without_tax(payload.prorated_line_price_with_tax, payload)
    fields = payload.custom_fields or {}
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": payload.id,
            "product_id": commerce.stable_number(product.id) if product else None,
            "variant_id": commerce.stable_number(variant.id),
            "sku": variant.sku or f"vendure:{variant.id}",
            "name": (product.name if product else None) or variant.name or "",
            "variant_name": variant.name or None,
            "quantity": payload.quantity,
            "unit_price": money(payload.unit_price, precision),
            "subtotal": money(payload.unit_price * payload.quantity, precision),
            "total": money(net, precision),
            "tax": money(payload.prorated_line_price_with_tax - net, precision),
            "unit_price_with_tax": money(payload.unit_price_with_tax, precision),
            "custom": {_CUSTOM.get(k, k): v for k, v in fields.items() if v is not None},
            "raw": payload.model_dump(exclude_none=True, by_alias=True),
        },
    )


def _without_tax(with_tax: int, line: payloads.LinePayload) -> int:
    """Minor units without tax, for selections that do not ask for them: by the unit price's
    rate."""
    if not line.unit_price_with_tax:
        return with_tax
    return round(Decimal(with_tax * line.unit_price) / line.unit_price_with_tax)


def _payment(payload: payloads.PaymentPayload, precision: int) -> commerce.Payment:
    return commerce.Payment(
        id=payload.id, amount=money(payload.amount, precision), state=payload.state
    )


def _refunds(
    payload: payloads.OrderPayload, precision: int, observed_at: datetime
) -> tuple[commerce.Refund, ...] | None:
    if payload.payments is None or any(each.refunds is None for each in payload.payments):
        return None
    prices = {each.id: each for each in payload.lines}
    return tuple(
        commerce.Refund(
            id=refund.id,
            changed_at=observed_at,
            observed_at=observed_at,
            order_id=payload.id,
            amount=money(refund.total, precision),
            shipping=money(refund.shipping, precision),
            currency=payload.currency_code,
            created_at=parsing.utc(refund.created_at),
            reason=refund.reason or None,
            status=_REFUND_STATES.get(refund.state, "pending"),
            lines=_refund_lines(refund, prices, precision),
        )
        for payment in payload.payments
        for refund in payment.refunds or []
    )


def _refund_lines(
    refund: payloads.RefundPayload, prices: dict[str, payloads.LinePayload], precision: int
) -> tuple[commerce.RefundLine, ...]:
    """Vendure names line and quantity; what they cost follows from the price after discounts of
    what is left of the line. Of a line that is cancelled whole nothing is left: for those it is
    what the refund gave back beside shipping and the others, by the lines' list prices."""
    priced = [
        (each, prices[each.order_line_id])
        for each in refund.lines or []
        if each.order_line_id in prices
    ]
    costs = {
        each.order_line_id: round(
            Decimal(line.prorated_line_price_with_tax * each.quantity) / line.quantity
        )
        for each, line in priced
        if line.quantity > 0
    }
    listed = {
        each.order_line_id: line.unit_price_with_tax * each.quantity
        for each, line in priced
        if line.quantity <= 0
    }
    rest = max(0, refund.total - refund.shipping - sum(costs.values()))
    share = min(Decimal(1), Decimal(rest) / sum(listed.values())) if any(listed.values()) else 0
    costs |= {id: round(share * cost) for id, cost in listed.items()}
    return tuple(_refund_line(each, line, costs[line.id], precision) for each, line in priced)


def _refund_line(
    payload: payloads.RefundLinePayload,
    line: payloads.LinePayload,
    with_tax: int,
    precision: int,
) -> commerce.RefundLine:
    net = _without_tax(with_tax, line)
    return commerce.RefundLine(
        line_id=payload.order_line_id,
        quantity=payload.quantity,
        amount=money(net, precision),
        tax=money(with_tax - net, precision),
    )


def _coupon_uses(
    payload: payloads.OrderPayload, discount: Decimal
) -> tuple[commerce.CouponUse, ...]:
    """Vendure does not say which code gave which discount, unless there is one of each."""
    is_plain = len(payload.discounts) == len(payload.coupon_codes) == 1
    amount = discount if is_plain else None
    return tuple(commerce.CouponUse(code=code, discount=amount) for code in payload.coupon_codes)


def _fulfilled_at(payload: payloads.OrderPayload) -> datetime | None:
    return _first(
        each.created_at for each in payload.fulfillments or [] if each.state != "Cancelled"
    )


def _delivered_at(payload: payloads.OrderPayload) -> datetime | None:
    if payload.state != "Delivered":
        return None
    times = [each.updated_at for each in payload.fulfillments or [] if each.state == "Delivered"]
    return max((parsing.utc(each) for each in times if each), default=None)


def _tracking_codes(payload: payloads.OrderPayload) -> list[str | None]:
    """Of the parcels that are on their way, the last one first."""
    sent = [each for each in payload.fulfillments or [] if each.state != "Cancelled"]
    return [each.tracking_code for each in reversed(sent)]


def _channel(channels: list[payloads.ChannelPayload]) -> str | None:
    """The channel it was bought in; every order is in the default channel as well."""
    codes = [each.code for each in channels]
    chosen = [code for code in codes if code != DEFAULT_CHANNEL] or codes
    return chosen[0] if chosen else None


def _first(times: Iterable[datetime | None]) -> datetime | None:
    return min((parsing.utc(each) for each in times if each), default=None)


# Everything else


def _customer_of(payload: payloads.BuyerPayload, order: commerce.Order) -> commerce.Customer | None:
    """The customer as the order names them: hearsay, which the customer's own record outweighs."""
    if order.customer_id is None:
        return None
    return commerce.Customer(
        id=order.customer_id,
        changed_at=order.changed_at,
        observed_at=order.observed_at,
        rank=0,
        email=payload.email_address or None,
        phone=payload.phone_number or None,
        first_name=payload.first_name or None,
        last_name=payload.last_name or None,
        is_guest=order.is_guest,
    )


def customer(payload: payloads.CustomerPayload, store: Store, observed_at: datetime) -> list[Event]:
    """A customer. Guests have records and ids too, but no user."""
    addresses = (_address(each, _kind(each)) for each in payload.addresses or [])
    consents = tuple(_consents(payload, store))
    fields = payload.custom_fields or {}
    listed = {name: fields[name] for name in listed_fields(store.settings) if name in fields}
    return [
        commerce.Customer(
            id=payload.id,
            changed_at=observed_at,
            observed_at=observed_at,
            email=payload.email_address or None,
            phone=payload.phone_number or None,
            first_name=payload.first_name or None,
            last_name=payload.last_name or None,
            addresses=tuple(each for each in addresses if each),
            created_at=_utc(payload.created_at),
            marketing_consent=commerce.given_by("email", consents),
            consents=consents,
            metadata={**listed, "verified": bool(payload.user and payload.user.verified)},
            untold_fields=()
            if payload.custom_fields is not None
            else listed_fields(store.settings),
        )
    ]


def _consents(payload: payloads.CustomerPayload, store: Store) -> Iterator[commerce.Consent]:
    """By the custom fields or groups that the store names in `settings.consent`; none where the
    record does not tell: that is no refusal. Vendure does not say since when."""
    fields = payload.custom_fields or {}
    for channel, named in consent_sources(store.settings).items():
        if named.field and named.field in fields:
            agreed, source = truth(fields[named.field]), f"custom field {named.field}"
        elif named.group and payload.groups is not None:
            agreed = any(each.name == named.group for each in payload.groups)
            source = f"customer group {named.group}"
        else:
            continue
        if agreed is not None:
            yield commerce.Consent(channel=channel, given=agreed, source=source)


def _kind(payload: payloads.AddressPayload) -> Literal["shipping", "billing", "both"]:
    if bool(payload.default_shipping_address) == bool(payload.default_billing_address):
        return "both"
    return "shipping" if payload.default_shipping_address else "billing"


def _address(
    payload: payloads.AddressPayload | None, kind: Literal["shipping", "billing", "both"]
) -> commerce.Address | None:
    if payload is None or not (
        payload.street_line1 or payload.city or payload.postal_code or payload.full_name
    ):
        return None
    return commerce.Address(
        id=payload.id,
        kind=kind,
        is_default=bool(payload.default_shipping_address or payload.default_billing_address),
        name=payload.full_name or None,
        company=payload.company or None,
        line1=payload.street_line1 or None,
        line2=payload.street_line2 or None,
        city=payload.city or None,
        province=payload.province or None,
        postal_code=payload.postal_code or None,
        country_code=_country(payload),
        phone=payload.phone_number or None,
    )


def _country(payload: payloads.AddressPayload | None) -> str | None:
    if payload is None:
        return None
    named = payload.country.code if isinstance(payload.country, payloads.CountryPayload) else None
    return payload.country_code or named or None


def product(payload: payloads.ProductPayload, store: Store, observed_at: datetime) -> list[Event]:
    return [
        commerce.Product(
            id=payload.id,
            changed_at=observed_at,
            observed_at=observed_at,
            title=payload.name,
            description=payload.description or None,
            status="publish" if payload.enabled else "draft",
            type="variable" if len(payload.variants) > 1 else "simple",
            categories=tuple(_category(each, observed_at, rank=0) for each in payload.collections),
            variants=tuple(_variant(each, payload, store) for each in payload.variants),
            created_at=_utc(payload.created_at),
            metadata={"slug": payload.slug} if payload.slug else {},
        )
    ]


def _variant(
    payload: payloads.VariantPayload, product: payloads.ProductPayload, store: Store
) -> commerce.Variant:
    currency = payload.currency_code or store.currency or "USD"
    price = money(payload.price, money_precision(store.settings))
    is_counted, stock = _is_counted(payload, store), None
    if payload.stock_levels is not None and is_counted is not False:
        stock = sum(each.stock_on_hand - each.stock_allocated for each in payload.stock_levels)
    return commerce.Variant(
        id=payload.id,
        sku=payload.sku or f"vendure:{payload.id}",
        title=payload.name if payload.name != product.name else None,
        price=price,
        currency=currency,
        regular_price=price,
        stock=stock,
        is_counted=is_counted,
        is_on_sale=product.enabled and payload.enabled,
        available=product.enabled and payload.enabled and (stock is None or stock > 0),
    )


def _is_counted(payload: payloads.VariantPayload, store: Store) -> bool | None:
    """Whether Vendure tracks the variant's stock, as its own flag says or the server's settings,
    which syncs learn; None where an older plugin does not tell."""
    setting = payload.track_inventory
    if setting is None:
        return None
    flag = str(setting).upper()
    return (
        store.settings.get("track_inventory") is not False if flag == "INHERIT" else flag != "FALSE"
    )


def collection(
    payload: payloads.CollectionPayload, _store: Store, observed_at: datetime
) -> list[Event]:
    return [_category(payload, observed_at, rank=1)]


def _category(
    payload: payloads.CollectionPayload, observed_at: datetime, rank: Literal[0, 1]
) -> commerce.Category:
    return commerce.Category(
        id=payload.id,
        changed_at=observed_at,
        observed_at=observed_at,
        rank=rank,
        name=payload.name,
        parent_id=payload.parent_id,
        product_count=payload.product_variants and payload.product_variants.total_items,
    )


def promotion(
    payload: payloads.PromotionPayload, store: Store, observed_at: datetime
) -> list[Event]:
    """A coupon. Raises `Ignored` on a promotion that works without a code."""
    if not payload.coupon_code:
        raise Ignored("a promotion without a coupon code")
    kind, amount = _worth(payload, store)
    return [
        commerce.Coupon(
            id=payload.id,
            changed_at=observed_at,
            observed_at=observed_at,
            code=payload.coupon_code,
            type=kind,
            amount=amount,
            expires_at=_utc(payload.ends_at),
            status="active" if payload.enabled else "disabled",
        )
    ]


def _worth(payload: payloads.PromotionPayload, store: Store) -> tuple[str | None, Decimal | None]:
    """What the promotion's one action is and gives: money in major units, or percent."""
    if len(payload.actions) != 1:
        return None, None
    action = payload.actions[0]
    value = next((each.value for each in action.args if each.name == "discount"), "")
    if not value.isdigit() or len(value) > 12:
        return action.code, None
    if "percentage" in action.code:
        return action.code, Decimal(value)
    return action.code, money(int(value), money_precision(store.settings))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else parsing.utc(value)


Convert = Callable[[Any, Store, datetime], list[Event]]

_SUBJECTS: dict[str, tuple[Kind, TypeAdapter[Any], Convert, str]] = {
    "order": (Kind.ORDER, payloads.order, order, "order"),
    "placed order": (Kind.ORDER, payloads.order, placed_order, "order"),
    "customer": (Kind.CUSTOMER, payloads.customer, customer, "customer"),
    "product": (Kind.PRODUCT, payloads.product, product, "product"),
    "collection": (Kind.CATEGORY, payloads.collection, collection, "collection"),
    "promotion": (Kind.COUPON, payloads.promotion, promotion, "promotion"),
}
_MARKS = {
    "order": frozenset({"orderPlacedAt", "lines", "totalWithTax"}),
    "customer": frozenset({"emailAddress", "addresses"}),
    "product": frozenset({"variants", "collections"}),
    "collection": frozenset({"parentId", "productVariants"}),
    "promotion": frozenset({"couponCode", "actions", "conditions"}),
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


def page(resource: str, items: list[Any], store: Store, observed_at: datetime) -> RecordPage:
    """A page's decoded items (`orders`, `customers`, `products`, `collections`, `promotions`)."""
    _, adapter, convert, _ = _SUBJECTS[resource.removesuffix("s")]
    records, rejected = parsing.sort_out(adapter, items)
    read = RecordPage([], rejected, parsing.ids_of(items))
    return parsing.convert_each(records, lambda record: convert(record, store, observed_at), read)
