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
from backshop.platforms import kinds, parsing
from backshop.platforms.errors import Ignored, PayloadError
from backshop.platforms.parsing import RecordPage, exact, name, pieces
from backshop.platforms.shopify import money, payloads
from backshop.platforms.shopify.metafields import Metafield, metafields
from backshop.platforms.shopify.money import PAID, rounded

_ZERO = Decimal(0)
_ORDER = commerce.defaults(commerce.Order)
_LINE = commerce.defaults(commerce.OrderLine)

AddressKind = Literal["shipping", "billing", "both"]


def translate(
    topic: str,
    body: bytes,
    store: Store,
    received_at: datetime,
    triggered_at: datetime | None = None,
    *,
    plainly: bool = False,  # noqa: ARG001 - there is no short form
) -> list[Event]:
    """What a webhook says; see `ports.Translator`."""
    observed_at = min(triggered_at or received_at, received_at)
    if topic in _DELETIONS:
        gone = parsing.parse_unmended(payloads.gone, body)
        if "/DiscountAutomaticNode/" in (gone.admin_graphql_api_id or ""):
            raise Ignored("an automatic discount, which has no code")
        kind = _DELETIONS[topic]
        times = {"changed_at": received_at, "observed_at": observed_at}
        return parsing.guarded(lambda: [commerce.Deletion(id=gone.number, kind=kind, **times)])
    if topic in _PRIVACY:
        return parsing.guarded(lambda: [_PRIVACY[topic](body, received_at)])
    if topic not in _TOPICS:
        raise Ignored(f"nothing is kept of the topic {topic[:60]!r}")
    adapter, convert = _TOPICS[topic]
    kinds.check(body, _KINDS[topic.partition("/")[0]], _MARKS, _WHOLES)
    record = parsing.parse(adapter, body)
    if not record.number:
        raise PayloadError("id", "is missing")
    return parsing.guarded(lambda: convert(record, store, observed_at))


# Orders


def order(payload: payloads.OrderPayload, _store: Store, observed_at: datetime) -> list[Event]:
    """The order after the customer it names."""
    record = _order(payload, observed_at)
    customer = _customer_of(payload.customer, record)
    return [customer, record] if customer else [record]


def _order(payload: payloads.OrderPayload, observed_at: datetime) -> commerce.Order:
    created_at = parsing.utc(payload.created_at)
    changed_at = _utc(payload.updated_at) or created_at
    placed_at = _utc(payload.processed_at) or created_at
    currency = payload.currency
    share = money.net_share(payload)
    lines = tuple(_line(each, payload, share) for each in payload.line_items or ())
    subtotal = sum((line.subtotal for line in lines), _ZERO)
    shipping_lines = money.charged_shipping(payload)
    shipping_tax = sum((money.tax_of(each.tax_lines) for each in shipping_lines), _ZERO)
    person = payload.customer or payloads.CustomerPayload()
    billing = payload.billing_address or payloads.AddressPayload()
    shipping = payload.shipping_address or payloads.AddressPayload()
    phones = parsing.different(payload.phone, shipping.phone, billing.phone)
    email = payload.email or person.email or None
    status = (
        "cancelled" if payload.cancelled_at else (payload.financial_status or "pending").lower()
    )
    fulfilment = _fulfilment(payload)
    return trusted(
        commerce.Order,
        {
            **_ORDER,
            "id": payload.number,
            "changed_at": changed_at,
            "observed_at": observed_at,
            "code": payload.name or payload.number,
            "status": status,
            "is_cancelled": status == "cancelled",
            "is_counted": status not in ("cancelled", "voided", "expired") and not payload.test,
            "is_test": bool(payload.test),
            "fulfilment": fulfilment,
            "fulfilled_at": _fulfilled_at(payload, fulfilment),
            "delivered_at": _delivered_at(payload, fulfilment),
            "currency": currency,
            "subtotal": subtotal,
            "discount": _discount(payload, lines),
            "shipping": rounded(_shipping(payload, shipping_tax), currency),
            "shipping_tax": rounded(shipping_tax, currency),
            "tax": rounded(payload.total_tax, currency),
            "total": rounded(money.asked(payload), currency),
            "created_at": created_at,
            "placed_at": placed_at,
            "paid_at": placed_at if (payload.financial_status or "").lower() in PAID else None,
            "payments": (_payment(payload),),
            "payment_method": next(iter(payload.payment_gateway_names), None),
            "channel": payload.source_name or None,
            "customer_id": _customer_id(payload.customer, email),
            "is_guest": not person.number,
            "email": email,
            "phone": next(iter(phones), None),
            "other_phones": phones[1:],
            "first_name": billing.first_name or shipping.first_name or person.first_name or None,
            "last_name": billing.last_name or shipping.last_name or person.last_name or None,
            "country": shipping.country_code or billing.country_code or None,
            "shipping_address": _address(payload.shipping_address, "shipping"),
            "lines": lines,
            "coupons": _coupon_uses(payload),
            "lines_known": payload.line_items is not None,
            "refunds": _refunds_of(payload, changed_at, observed_at),
            "tracking_number": _tracking_number(payload),
            "attributes": {each.name: each.value or "" for each in payload.note_attributes},
            "tags": _tags(payload.tags),
        },
    )


UNPAID = frozenset({"pending", "authorized", "voided", "expired"})
"""Financial statuses of orders for which no money came."""


def _payment(payload: payloads.OrderPayload) -> commerce.Payment:
    """What was received, as the API tells it; deliveries tell what is outstanding of what was
    asked."""
    is_paid = (payload.financial_status or "pending").lower() not in UNPAID
    received = payload.total_received
    if received is None:
        received = money.asked(payload) - max(_ZERO, payload.total_outstanding or _ZERO)
    return commerce.Payment(
        id=payload.number,
        amount=rounded(received if is_paid else money.asked(payload), payload.currency),
        state="Settled" if is_paid else "Pending",
    )


def _refunds_of(
    payload: payloads.OrderPayload, changed_at: datetime, observed_at: datetime
) -> tuple[commerce.Refund, ...] | None:
    if payload.refunds is None:
        return None
    return tuple(
        _refund(each, payload.number, payload.currency, changed_at, observed_at)
        for each in payload.refunds
    )


def _customer_id(payload: payloads.CustomerPayload | None, email: str | None) -> str | None:
    if payload is not None and payload.number:
        return payload.number
    return commerce.guest_id(email) if email else None


def _line(
    payload: payloads.LinePayload, order: payloads.OrderPayload, share: Decimal | None
) -> commerce.OrderLine:
    """`share` is that of a price which is no tax, where the line's own tax does not tell it."""
    currency = order.currency
    gross = payload.price * payload.quantity - money.off(payload)
    tax = money.tax_of(payload.tax_lines)
    total, unit_price = gross, payload.price
    if share is not None:
        total, unit_price = gross * share, round(payload.price * share, 4)
        tax = gross - total
    elif order.taxes_included:
        total = gross - tax
        unit_price = round(payload.price / (1 + money.rate_of(payload.tax_lines)), 4)
    variant = payload.variant_id
    properties = {each.name: each.value for each in payload.properties or []}
    return trusted(
        commerce.OrderLine,
        {
            **_LINE,
            "id": payload.number,
            "product_id": payload.product_id,
            "variant_id": variant,
            "sku": payload.sku or (f"shopify:{variant}" if variant else None),
            "name": payload.title or payload.name or "",
            "variant_name": payload.variant_title or None,
            "quantity": pieces(payload.quantity),
            "exact_quantity": exact(payload.quantity),
            "unit_price": unit_price if order.taxes_included else rounded(unit_price, currency),
            "subtotal": rounded(unit_price * payload.quantity, currency),
            "total": rounded(total, currency),
            "tax": rounded(tax, currency),
            "custom": properties,
            "raw": _raw(payload, currency, properties),
        },
    )


def _raw(
    payload: payloads.LinePayload, currency: str, properties: dict[str, str | None]
) -> dict[str, Any]:
    """The line in Shopify's own words, as far as webhook and API both say it."""
    raw = {
        "id": int(payload.number),
        "product_id": payload.product_id,
        "variant_id": payload.variant_id,
        "title": payload.title,
        "variant_title": payload.variant_title or None,
        "sku": payload.sku or None,
        "vendor": payload.vendor,
        "quantity": pieces(payload.quantity),
        "price": str(rounded(payload.price, currency)),
        "properties": [{"name": key, "value": value} for key, value in properties.items()],
    }
    return {key: value for key, value in raw.items() if value not in (None, [])}


def _shipping(payload: payloads.OrderPayload, tax: Decimal) -> Decimal:
    """What the shipping lines cost before discounts; `discount` has what was taken off them."""
    price = sum((each.price for each in money.charged_shipping(payload)), _ZERO)
    return price - tax if payload.taxes_included else price


def _discount(payload: payloads.OrderPayload, lines: tuple[commerce.OrderLine, ...]) -> Decimal:
    """Everything taken off, shipping included, as Shopify sums it up; where prices include tax,
    what the lines lost without tax and the shipping lines with it."""
    if not payload.taxes_included:
        return rounded(payload.total_discounts, payload.currency)
    off_lines = sum((line.subtotal - line.total for line in lines), _ZERO)
    off_shipping = sum((money.off(each) for each in money.charged_shipping(payload)), _ZERO)
    return rounded(off_lines + off_shipping, payload.currency)


def _coupon_uses(payload: payloads.OrderPayload) -> tuple[commerce.CouponUse, ...]:
    """The codes with what each took off, by the allocations to lines and shipping; Shopify's own
    sum where it names no application."""
    taken: dict[str, Decimal] = {}
    of_lines = [each for line in payload.line_items or () for each in line.discount_allocations]
    of_shipping = [
        each for line in money.charged_shipping(payload) for each in line.discount_allocations
    ]
    for each in of_lines + of_shipping:
        code = _code(payload.discount_applications, each.discount_application_index)
        if code:
            taken[code.lower()] = taken.get(code.lower(), _ZERO) + each.amount
    uses = []
    for value in payload.discount_codes:
        amount = taken.get(value.code.lower(), value.amount)
        exact = None if amount is None else rounded(amount, payload.currency)
        uses.append(commerce.CouponUse(code=value.code, discount=exact))
    return tuple(uses)


def _code(applications: list[payloads.ApplicationPayload], index: int) -> str | None:
    return applications[index].code if 0 <= index < len(applications) else None


def _fulfilment(payload: payloads.OrderPayload) -> Fulfilment:
    status = (payload.fulfillment_status or "").lower()
    if status in ("partial", "partially_fulfilled"):
        return Fulfilment.PARTIAL
    if status != "fulfilled":
        return Fulfilment.NONE
    sent = _sent(payload)
    delivered = sent and all((each.shipment_status or "").lower() == "delivered" for each in sent)
    return Fulfilment.DELIVERED if delivered else Fulfilment.FULFILLED


def _sent(payload: payloads.OrderPayload) -> list[payloads.FulfillmentPayload]:
    gone = ("cancelled", "error", "failure")
    return [each for each in payload.fulfillments if (each.status or "").lower() not in gone]


def _fulfilled_at(payload: payloads.OrderPayload, fulfilment: Fulfilment) -> datetime | None:
    if fulfilment not in (Fulfilment.FULFILLED, Fulfilment.DELIVERED):
        return None
    return max(
        (parsing.utc(each.created_at) for each in _sent(payload) if each.created_at), default=None
    )


def _delivered_at(payload: payloads.OrderPayload, fulfilment: Fulfilment) -> datetime | None:
    """The last change of the fulfilments that are delivered: webhooks tell no delivery time."""
    if fulfilment != Fulfilment.DELIVERED:
        return None
    return max(
        (parsing.utc(each.updated_at) for each in _sent(payload) if each.updated_at), default=None
    )


def _tracking_number(payload: payloads.OrderPayload) -> str | None:
    return commerce.tracking_number(*[each.tracking_number for each in reversed(_sent(payload))])


def _customer_of(
    payload: payloads.CustomerPayload | None, order: commerce.Order
) -> commerce.Customer | None:
    """The customer as the order names them: hearsay, which the customer's own record outweighs."""
    if order.customer_id is None:
        return None
    person = payload or payloads.CustomerPayload(
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
        is_guest=order.is_guest,
    )


# Refunds


def refund(payload: payloads.RefundPayload, store: Store, observed_at: datetime) -> list[Event]:
    """A refund that comes alone (refunds/create). Raises `PayloadError` where it names no order."""
    if payload.order_id is None:
        raise PayloadError("order_id", "is missing")
    changed_at = parsing.utc(payload.processed_at or payload.created_at)
    currency = money.currency_of(payload) or store.currency
    return [_refund(payload, str(payload.order_id), currency, changed_at, observed_at)]


def _refund(
    payload: payloads.RefundPayload,
    order_id: str,
    currency: str | None,
    changed_at: datetime,
    observed_at: datetime,
) -> commerce.Refund:
    """Without transactions it is hearsay: it never takes the place of one that was payload
    whole."""
    spelled = currency or "USD"
    lines = tuple(_refund_line(each, spelled) for each in payload.refund_line_items)
    shipping = [
        each.subtotal_amount_set.shop_money.amount for each in payload.refund_shipping_lines
    ]
    taxes = [each.tax_amount_set.shop_money.amount for each in payload.refund_shipping_lines]
    taxes += [line.tax for line in lines]
    parts = [line.amount for line in lines] + shipping + taxes
    back = money.given_back(payload, spelled, sum(parts, _ZERO))
    return commerce.Refund(
        id=payload.number,
        changed_at=changed_at,
        observed_at=observed_at,
        rank=1 if back.is_told else 0,
        order_id=order_id,
        amount=max(_ZERO, rounded(back.amount, spelled)),
        shipping=rounded(sum(shipping, _ZERO), spelled),
        tax=rounded(sum(taxes, _ZERO), spelled),
        currency=currency,
        created_at=parsing.utc(payload.created_at),
        reason=payload.note or None,
        status=back.state,
        lines=lines,
    )


def _refund_line(payload: payloads.RefundLinePayload, currency: str) -> commerce.RefundLine:
    line = payload.line_item or payloads.NumberedPayload()
    return commerce.RefundLine(
        line_id=line.number or str(payload.line_item_id),
        quantity=pieces(payload.quantity),
        exact_quantity=exact(payload.quantity),
        amount=rounded(payload.subtotal, currency),
        tax=rounded(payload.total_tax, currency),
    )


# Everything else


def customer(payload: payloads.CustomerPayload, store: Store, observed_at: datetime) -> list[Event]:
    listed = metafields(store.settings)
    created_at = _utc(payload.created_at)
    value = payload.addresses or ([payload.default_address] if payload.default_address else [])
    addresses = (_address(each, "both") for each in value)
    consents = _consents(payload)
    return [
        commerce.Customer(
            id=payload.number,
            changed_at=_utc(payload.updated_at) or created_at or observed_at,
            observed_at=observed_at,
            email=payload.email or None,
            phone=payload.phone or None,
            first_name=payload.first_name or None,
            last_name=payload.last_name or None,
            marketing_consent=commerce.given_by("email", consents),
            consents=consents,
            addresses=tuple(each for each in addresses if each),
            created_at=created_at,
            metadata={
                **_listed(payload.metafields or [], listed),
                **_without_none(
                    state=(payload.state or "").lower(),
                    tags=list(_tags(payload.tags)),
                    verified_email=payload.verified_email,
                ),
            },
            untold_fields=()
            if payload.metafields is not None
            else tuple(each.name for each in listed),
        )
    ]


def _listed(
    nodes: list[payloads.MetafieldPayload], listed: list[Metafield]
) -> dict[str, str | None]:
    values = {f"{each.namespace}.{each.key}": each.value for each in nodes}
    return {each.name: values[each.full] for each in listed if each.full in values}


def consent_change(
    payload: payloads.ConsentChangePayload, _store: Store, observed_at: datetime
) -> list[Event]:
    """What a customer agreed to now, after the customer as hearsay, for one who is not known yet.
    Raises `Ignored` where nothing is told."""
    consents = _consents(payload)
    if not consents:
        raise Ignored("no consent is told")
    customer = commerce.Customer(
        id=payload.number,
        changed_at=observed_at,
        observed_at=observed_at,
        rank=0,
        email=payload.email_address or None,
        phone=payload.phone or None,
        marketing_consent=commerce.given_by("email", consents),
        consents=consents,
    )
    return [customer, commerce.ConsentChange(customer_id=payload.number, consents=consents)]


def _consents(
    payload: payloads.CustomerPayload | payloads.ConsentChangePayload,
) -> tuple[commerce.Consent, ...]:
    by_channel: tuple[tuple[commerce.Channel, payloads.ConsentPayload | None], ...] = (
        ("email", payload.email_marketing_consent),
        ("sms", payload.sms_marketing_consent),
    )
    return tuple(made for channel, each in by_channel if each and (made := _consent(channel, each)))


def _consent(
    channel: commerce.Channel, payload: payloads.ConsentPayload
) -> commerce.Consent | None:
    """None where the shop does not tell."""
    if payload.state is None:
        return None
    ways = (payload.consent_collected_from, payload.opt_in_level)
    return commerce.Consent(
        channel=channel,
        given=payload.state.lower() == "subscribed",
        source=", ".join(["shopify", *(each.lower() for each in ways if each)]),
        at=_utc(payload.consent_updated_at),
    )


def _address(payload: payloads.AddressPayload | None, kind: AddressKind) -> commerce.Address | None:
    if payload is None:
        return None
    return commerce.Address(
        id=str(payload.id) if payload.id else None,
        kind=kind,
        is_default=payload.default,
        name=name(payload.first_name, payload.last_name),
        company=payload.company or None,
        line1=payload.address1 or None,
        line2=payload.address2 or None,
        city=payload.city or None,
        province=payload.province or None,
        province_code=payload.province_code or None,
        postal_code=payload.zip or None,
        country_code=payload.country_code or None,
        phone=payload.phone or None,
    )


def product(payload: payloads.ProductPayload, store: Store, observed_at: datetime) -> list[Event]:
    """A product; webhooks carry at most 100 variants and name the others by id only."""
    created_at = _utc(payload.created_at)
    named = len(payload.variant_gids or [])
    return [
        commerce.Product(
            id=payload.number,
            changed_at=_utc(payload.updated_at) or created_at or observed_at,
            observed_at=observed_at,
            title=payload.title,
            description=payload.body_html or None,
            status=payload.status.lower(),
            type="variable" if max(len(payload.variants), named) > 1 else "simple",
            product_type=payload.product_type or None,
            tags=_tags(payload.tags),
            categories=tuple(
                commerce.Category(
                    id=each.number,
                    changed_at=observed_at,
                    observed_at=observed_at,
                    rank=0,
                    name=each.title,
                )
                for each in payload.collections or ()
            ),
            categories_known=payload.collections is not None,
            variants=tuple(
                _variant(each, store, is_on_sale=payload.status.lower() == "active")
                for each in payload.variants
            ),
            variants_known=named <= len(payload.variants),
            created_at=created_at,
            metadata=_without_none(handle=payload.handle, vendor=payload.vendor),
        )
    ]


def _variant(
    payload: payloads.VariantPayload, store: Store, *, is_on_sale: bool
) -> commerce.Variant:
    before = payload.compare_at_price
    is_sale = before is not None and before > payload.price
    stock = None if payload.inventory_quantity is None else pieces(payload.inventory_quantity)
    sells_on = (payload.inventory_policy or "").lower() == "continue"
    is_counted = _is_counted(payload, sells_on=sells_on)
    if is_counted is False:
        stock = None
    in_stock = sells_on or stock is None or stock > 0
    return commerce.Variant(
        id=payload.number,
        sku=payload.sku or f"shopify:{payload.number}",
        title=payload.title if payload.title != "Default Title" else None,
        price=payload.price,
        currency=store.currency,
        regular_price=before if is_sale else payload.price,
        sale_price=payload.price if is_sale else None,
        stock=stock,
        is_counted=is_counted,
        is_on_sale=is_on_sale,
        available=is_on_sale and in_stock,
        stock_status="instock" if in_stock else "outofstock",
    )


def _is_counted(payload: payloads.VariantPayload, *, sells_on: bool) -> bool | None:
    """Whether Shopify tracks the variant's stock. The API is not asked for `tracked`, which would
    cost a point a variant: what sells with nothing in stock, and may not sell on, is not counted.
    Deliveries tell neither."""
    if "inventory_management" in payload.model_fields_set:
        return bool(payload.inventory_management)
    if payload.available_for_sale is None:
        return None
    return sells_on or not payload.available_for_sale or (payload.inventory_quantity or 0) > 0


def collection(
    payload: payloads.CollectionPayload, _store: Store, observed_at: datetime
) -> list[Event]:
    changed_at = _utc(payload.updated_at) or observed_at
    return [
        commerce.Category(
            id=payload.number,
            changed_at=changed_at,
            observed_at=observed_at,
            name=payload.title,
            product_count=payload.products_count,
        )
    ]


def discount(
    payload: payloads.DiscountPayload, _store: Store, observed_at: datetime
) -> list[Event]:
    """A discount code. Raises `Ignored` on a discount that applies by itself.

    The webhook tells the title, which Shopify makes of the code, until the code itself is told.
    """
    if "/DiscountCodeNode/" not in payload.admin_graphql_api_id:
        raise Ignored("an automatic discount, which has no code")
    code = payload.redeem_code.code if payload.redeem_code else payload.title
    if not code:
        raise Ignored("a discount without a code or a title")
    return [
        commerce.Coupon(
            id=payload.number,
            changed_at=_utc(payload.updated_at) or _utc(payload.created_at) or observed_at,
            observed_at=observed_at,
            code=code,
            type=payload.type,
            amount=payload.amount,
            usage_count=payload.usage_count,
            expires_at=_utc(payload.ends_at),
            status=(payload.status or "active").lower(),
        )
    ]


# Privacy


def _data_request(body: bytes, received_at: datetime) -> Event:
    payload = parsing.parse_unmended(payloads.data_request, body)
    return commerce.DataRequest(
        request_id=str(payload.data_request.id),
        person=_person(payload.customer, payload.orders_requested),
        received_at=received_at,
    )


def _redaction(body: bytes, received_at: datetime) -> Event:
    payload = parsing.parse_unmended(payloads.redaction, body)
    person = _person(payload.customer, payload.orders_to_redact)
    return commerce.Erasure(person=person, received_at=received_at)


def _person(payload: payloads.SubjectPayload, orders: list[int]) -> commerce.Person:
    return commerce.Person(
        customer_id=str(payload.id) if payload.id else None,
        email=payload.email or None,
        phone=payload.phone or None,
        order_ids=tuple(str(each) for each in orders),
    )


def _shop_redaction(body: bytes, received_at: datetime) -> Event:
    parsing.parse_unmended(payloads.shop_redaction, body)
    return commerce.ShopErasure(received_at=received_at)


def _uninstall(body: bytes, received_at: datetime) -> Event:
    parsing.parse_unmended(payloads.shop, body)
    return commerce.Uninstall(received_at=received_at)


def _tags(payload: str | None) -> tuple[str, ...]:
    return tuple(each for each in (part.strip() for part in (payload or "").split(",")) if each)


def _without_none(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}


def _utc(value: datetime | None) -> datetime | None:
    return None if value is None else parsing.utc(value)


Convert = Callable[[Any, Store, datetime], list[Event]]

_RESOURCES: dict[str, tuple[TypeAdapter[Any], Convert]] = {
    "orders": (payloads.order, order),
    "customers": (payloads.customer, customer),
    "products": (payloads.product, product),
    "refunds": (payloads.refund, refund),
    "collections": (payloads.collection, collection),
    "discounts": (payloads.discount, discount),
}
_CONSENTS = ("customers_email_marketing_consent", "customers_marketing_consent")
_KINDS = {
    **dict.fromkeys(_CONSENTS, "Consent"),
    "orders": "Order",
    "customers": "Customer",
    "products": "Product",
    "refunds": "Refund",
    "collections": "Collection",
    "discounts": "Discount",
}
"""As global ids name them."""
_MARKS = {
    "Order": frozenset({"line_items", "financial_status", "order_number", "total_price"}),
    "Customer": frozenset({"verified_email", "tax_exemptions", "addresses", "default_address"}),
    "Product": frozenset({"variants", "product_type", "variant_gids"}),
    "Refund": frozenset({"refund_line_items", "order_adjustments"}),
    "Collection": frozenset({"sort_order"}),
    "Discount": frozenset({"redeem_code"}),
    "Consent": frozenset({"customer_id", "email_address"}),
}
_WHOLES = {frozenset({"id", "phone", "sms_marketing_consent"}): "Consent"}
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
} | {f"{each}/update": (payloads.consent_change, consent_change) for each in _CONSENTS}
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


def page(resource: str, items: list[Any], store: Store, observed_at: datetime) -> RecordPage:
    """A page's items, put into the REST form already (`graphql.py`)."""
    adapter, convert = _RESOURCES[resource]
    records, rejected = parsing.sort_out(adapter, items)
    read = RecordPage([], rejected, parsing.ids_of(items))
    return parsing.convert_each(records, lambda record: convert(record, store, observed_at), read)
