"""Vendure's recorded records in the one language, as events of the plugin and as pages."""

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from backshop import commerce
from backshop.commerce import Fulfilment, Kind
from backshop.platforms import errors
from backshop.platforms.vendure import translate as vendure

from tests.backshop.platforms.recorded import NOW, answer, store, told

HAPPENED = datetime(2026, 11, 20, 3, 26, 20, 123000, tzinfo=UTC)


def recorded(name, *path):
    found = answer("vendure-3.7.3", name)["data"]
    for step in path:
        found = found[step]
    return found


FINAL = recorded("order_final", "order")


def event(topic, data, **given):
    body = {"deliveryId": "d1", "event": topic, "createdAt": HAPPENED.isoformat(), "data": data}
    return told("vendure", topic, body, triggered_at=HAPPENED, **given)


def one(events, kind):
    (found,) = [each for each in events if isinstance(each, kind)]
    return found


def order(change=None, topic="order.updated", **given):
    return one(event(topic, FINAL | (change or {}), **given), commerce.Order)


def test_the_recorded_order_value_by_value():
    said = order()
    assert (said.id, said.code, said.status) == ("1", "ERK5MR14MC1RPZ6U", "delivered")
    assert said.total == Decimal("37.98")
    assert said.tax == Decimal("3.00")
    assert said.shipping == Decimal("5.00")
    assert said.shipping_tax == 0
    assert said.subtotal == Decimal("39.98")
    assert said.discount == Decimal("10.00")
    assert said.subtotal - said.discount + said.shipping + said.tax == said.total
    assert said.created_at == datetime(2026, 11, 20, 3, 25, 57, tzinfo=UTC)
    assert said.placed_at == datetime(2026, 11, 20, 3, 25, 58, 619000, tzinfo=UTC)
    assert said.paid_at == datetime(2026, 11, 20, 3, 25, 58, tzinfo=UTC)
    assert said.fulfilment == Fulfilment.DELIVERED
    assert said.delivered_at == datetime(2026, 11, 20, 3, 26, tzinfo=UTC)
    assert said.payment_method == "dummy"
    assert said.payments == (commerce.Payment(id="1", amount=Decimal("37.98"), state="Settled"),)
    assert said.coupons == (commerce.CouponUse(code="SORRY-7H3K9", discount=Decimal("10.00")),)
    assert said.delivery_stage == "out_for_delivery"
    assert said.tracking_number == "1Z"
    assert (said.customer_id, said.email, said.country) == ("1", "jane@example.com", "US")
    assert said.shipping_address.line1 == "2 New St"
    (line,) = said.lines
    assert (line.sku, line.name, line.quantity) == ("MUG-1", "Mug", 2)
    assert (line.unit_price, line.unit_price_with_tax) == (Decimal("19.99"), Decimal("21.99"))
    assert (line.total, line.tax) == (Decimal("29.98"), Decimal("3.00"))
    assert line.raw["proratedLinePriceWithTax"] == 3298


def test_the_version_is_the_events_time_because_updated_at_stands_still():
    assert recorded("order_get", "order")["state"] != FINAL["state"]
    assert order().changed_at == order().observed_at == HAPPENED


def test_the_phone_is_the_one_given_with_the_order():
    customer, said = event("order.placed", FINAL)
    assert said.phone == "415"
    assert customer.phone == "+1415"
    assert customer.rank == 0


def test_without_one_in_its_addresses_the_customers_phone_is_the_orders_only_when_it_is_placed():
    """Whoever checks out with somebody's e-mail address overwrites that customer's phone."""
    bare = FINAL | {"shippingAddress": None, "billingAddress": None}
    placed = event("order.placed", bare)[-1]
    later = event("order.updated", bare)[-1]
    assert (placed.phone, later.phone) == ("+1415", None)


@pytest.mark.parametrize("change", [{"active": True}, {"orderPlacedAt": None}])
def test_carts_and_drafts_are_left_out(change):
    with pytest.raises(errors.Ignored, match="cart"):
        order(change)


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
def test_minor_units_follow_the_server_and_not_the_currency(currency):
    change = {"currencyCode": currency, "totalWithTax": 270000, "payments": []}
    assert order(change).total == Decimal(2700)


def test_a_cancelled_order_reads_zero_and_counts_no_more():
    said = order({"state": "Cancelled", "total": 0, "totalWithTax": 0, "shipping": 0})
    assert (said.is_cancelled, said.is_counted) == (True, False)
    assert said.total == sum(each.amount for each in said.payments), "nothing was given back yet"


def test_refunds_are_those_of_the_payments():
    (refunded,) = recorded("order_after_refund", "order")["payments"]
    said = order({"payments": [FINAL["payments"][0] | refunded]})
    assert [(each.id, each.amount, each.status, each.rank) for each in said.refunds] == [
        ("1", Decimal("7.50"), "settled", 1),
        ("2", Decimal("7.50"), "pending", 1),
    ]
    assert said.refunds[0].created_at == datetime(2026, 11, 20, 3, 26, 14, tzinfo=UTC)
    assert order().refunds == ()
    assert order({"payments": recorded("payments", "order")["payments"]}).refunds is None


def test_a_refund_of_lines_costs_what_they_cost_after_discounts():
    refund = {
        "id": "9",
        "createdAt": "2026-11-20T03:26:14.000Z",
        "total": 1649,
        "state": "Settled",
        "lines": [{"orderLineId": "1", "quantity": 1}, {"orderLineId": "gone", "quantity": 1}],
    }
    payment = FINAL["payments"][0] | {"refunds": [refund]}
    ((line,),) = [each.lines for each in order({"payments": [payment]}).refunds]
    assert (line.amount, line.tax) == (Decimal("14.99"), Decimal("1.50"))


def refunded_lines(total, lines, *, shipping=0, **left):
    """What a refund of these (line, quantity) gave back for each, with so many left of a line."""
    refund = {
        "id": "9",
        "createdAt": "2026-11-20T03:26:14.000Z",
        "total": total,
        "shipping": shipping,
        "state": "Settled",
        "lines": [{"orderLineId": id, "quantity": quantity} for id, quantity in lines],
    }
    priced = {"unitPrice": 1000, "unitPriceWithTax": 1100, "orderPlacedQuantity": 4}
    told = [
        FINAL["lines"][0]
        | priced
        | {
            "id": id,
            "quantity": quantity,
            "proratedLinePrice": 800 * quantity,
            "proratedLinePriceWithTax": 880 * quantity,
        }
        for id, quantity in left.items()
    ]
    payment = FINAL["payments"][0] | {"refunds": [refund]}
    [made] = order({"payments": [payment], "lines": told}).refunds
    return [(each.line_id, each.amount, each.tax) for each in made.lines]


@pytest.mark.parametrize(("left", "quantity"), [(3, 1), (2, 2), (1, 3), (4, 2)])
def test_a_refund_of_cancelled_pieces_costs_what_was_paid_for_them(left, quantity):
    """A line's price is that of what is left of it (OrderLine.proratedLinePrice)."""
    assert refunded_lines(880 * quantity, [("a", quantity)], a=left) == [
        ("a", Decimal(8 * quantity), Decimal("0.80") * quantity)
    ]


def test_of_a_line_that_is_cancelled_whole_the_refund_tells_what_it_cost():
    """Nothing is left of its price, discounts included; what was given back for it is."""
    assert refunded_lines(3520, [("a", 4)], a=0) == [("a", Decimal("32"), Decimal("3.20"))]
    assert refunded_lines(4020, [("a", 4)], shipping=500, a=0)[0][1] == Decimal("32")
    both = refunded_lines(3520 + 880, [("a", 4), ("b", 1)], a=0, b=3)
    assert both == [("a", Decimal("32"), Decimal("3.20")), ("b", Decimal("8"), Decimal("0.80"))]
    halves = refunded_lines(3520, [("a", 2), ("b", 2)], a=0, b=0)
    assert halves == [("a", Decimal("16"), Decimal("1.60")), ("b", Decimal("16"), Decimal("1.60"))]


def test_no_line_cost_more_than_its_price_or_less_than_nothing():
    assert refunded_lines(9999, [("a", 4)], a=0)[0][1] == Decimal("40")
    assert refunded_lines(0, [("a", 4)], a=0)[0][1] == 0
    assert refunded_lines(100, [("a", 4), ("b", 1)], a=0, b=3)[0][1] == 0


def test_what_the_shopper_had_made_of_a_line():
    fields = {"patchEnabled": True, "patchType": "Cup", "printName": "DIAS", "printNumber": None}
    line = FINAL["lines"][0] | {"customFields": fields}
    assert order({"lines": [line]}).lines[0].custom == {
        "patch_enabled": True,
        "patch_type": "Cup",
        "print_name": "DIAS",
    }


def test_uuid_ids_get_a_stable_number_and_stay():
    uuid = "0b9c6bd5-6b0e-4a83-9a4b-1f8b9f0d8c11"
    line = FINAL["lines"][0] | {
        "productVariant": {"id": uuid, "sku": "", "name": "Mug", "product": {"id": uuid}}
    }
    said = order({"id": uuid, "lines": [line]})
    assert said.id == uuid
    assert said.lines[0].sku == f"vendure:{uuid}"
    assert said.lines[0].variant_id == commerce.stable_number(uuid)
    assert 2**32 < commerce.stable_number(uuid) < 2**63


@pytest.mark.parametrize(
    "topic",
    [
        "order.placed",
        "OrderPlacedEvent",
        "OrderStateTransitionEvent",
        "PaymentStateTransitionEvent",
    ],
)
def test_vendures_own_names_of_events_are_understood(topic):
    assert order(topic=topic).model_copy(update={"other_phones": ()}) == order()
    wrapped = one(event(topic, {"order": FINAL}), commerce.Order)
    assert wrapped.model_copy(update={"other_phones": ()}) == order()


def test_an_unknown_event_says_nothing():
    with pytest.raises(errors.Ignored):
        event("asset.updated", {"id": "1"})


@pytest.mark.parametrize(
    "topic, data, kind",
    [
        ("order.deleted", {"id": "7"}, Kind.ORDER),
        ("customer.deleted", {"id": "7"}, Kind.CUSTOMER),
        ("ProductEvent", {"type": "deleted", "product": {"id": "7"}}, Kind.PRODUCT),
        ("promotion.deleted", {"id": "7"}, Kind.COUPON),
    ],
)
def test_deletions(topic, data, kind):
    (gone,) = event(topic, data)
    assert (gone.id, gone.kind, gone.changed_at, gone.observed_at) == ("7", kind, NOW, HAPPENED)


def test_customers_products_and_promotions():
    (jane,) = event("customer.updated", recorded("customers_incremental", "customers", "items", 0))
    assert (jane.id, jane.email, jane.phone, jane.rank) == ("1", "jane@example.com", "+1415", 1)
    (mug,) = event("product.updated", recorded("products_incremental", "products", "items", 0))
    (variant,) = mug.variants
    assert (variant.sku, variant.price, variant.stock) == ("MUG-1", Decimal("19.99"), 98)
    promotion = recorded("promotion_create_fixed_coupon", "createPromotion")
    promotion |= {
        "actions": [
            {"code": "order_fixed_discount", "args": [{"name": "discount", "value": "1000"}]}
        ]
    }
    (coupon,) = event("promotion.created", promotion)
    assert (coupon.code, coupon.amount) == ("SORRY-7H3K9", Decimal("10.00"))
    assert coupon.expires_at == datetime(2026, 12, 20, tzinfo=UTC)
    with pytest.raises(errors.Ignored):
        event("promotion.created", promotion | {"couponCode": None})


def test_the_same_order_is_the_same_record_from_a_page():
    items = recorded("orders_incremental", "orders", "items")
    page = vendure.page("orders", items, store("vendure"), HAPPENED)
    assert page.events == event("order.updated", items[0])


def test_a_page_sets_carts_and_unreadable_records_aside():
    items = [FINAL, FINAL | {"active": True}, {"id": "3", "code": 5, "lines": "none"}]
    page = vendure.page("orders", items, store("vendure"), NOW)
    assert len([each for each in page.events if isinstance(each, commerce.Order)]) == 1
    assert [each.id for each in page.rejected] == ["3"]


def test_what_postgres_cannot_store_is_dropped():
    body = {"event": "order.updated", "createdAt": HAPPENED.isoformat(), "data": FINAL}
    body["data"] |= {"customer": FINAL["customer"] | {"firstName": "J\x00a\udc00ne"}}
    text = json.dumps(body).encode()
    assert one(told("vendure", "order.updated", text), commerce.Order).first_name == "Jane"
