"""WooCommerce's recorded deliveries and pages in the one language, value by value."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from backshop import commerce
from backshop.commerce import Fulfilment, Kind
from backshop.platforms import errors
from backshop.platforms.api import HttpAnswer
from backshop.platforms.woocommerce import subscribing
from backshop.platforms.woocommerce import translate as woocommerce

from tests.backshop.platforms.recorded import NOW, answer, deliveries, store, told

RECORDED = deliveries()
ORDERS = [name for name in RECORDED if "_order." in name and name[:3] not in ("030", "031")]


def say(name, **given):
    headers, body = RECORDED[name]
    return told("woocommerce", headers["X-WC-Webhook-Topic"], body, **given)


def one(events, kind):
    (found,) = [each for each in events if isinstance(each, kind)]
    return found


def gmt(text):
    return text and datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize("name", ORDERS)
def test_orders_are_what_was_delivered(name):
    sent = json.loads(RECORDED[name][1])
    order = one(say(name), commerce.Order)
    assert order.id == str(sent["id"])
    assert order.code == sent["number"]
    assert order.status == sent["status"]
    assert order.currency == sent["currency"]
    assert order.total == Decimal(sent["total"])
    assert order.tax == Decimal(sent["total_tax"])
    assert order.shipping == Decimal(sent["shipping_total"])
    assert order.shipping_tax == Decimal(sent["shipping_tax"])
    assert order.discount == Decimal(sent["discount_total"])
    assert order.subtotal == sum(Decimal(line["subtotal"]) for line in sent["line_items"])
    assert order.subtotal - order.discount + order.shipping + order.tax == order.total
    assert order.created_at == gmt(sent["date_created_gmt"])
    assert order.changed_at == gmt(sent["date_modified_gmt"])
    assert order.paid_at == gmt(sent["date_paid_gmt"])
    assert order.fulfilled_at == gmt(sent["date_completed_gmt"])
    assert order.channel == "rest-api"
    assert order.email == sent["billing"]["email"]
    assert order.country == (sent["shipping"]["country"] or sent["billing"]["country"] or None)
    assert len(order.lines) == len(sent["line_items"])
    for line, item in zip(order.lines, sent["line_items"], strict=True):
        assert line.id == str(item["id"])
        assert line.product_id == item["product_id"]
        assert line.variant_id == (item["variation_id"] or item["product_id"])
        assert (line.sku, line.name) == (item["sku"], item["name"])
        assert line.quantity == item["quantity"]
        assert line.unit_price * line.quantity == line.subtotal == Decimal(item["subtotal"])
        assert line.total == Decimal(item["total"])
        assert line.tax == Decimal(item["total_tax"])
        for key, value in line.raw.items():
            if key != "meta_data":
                assert value == item[key]
    assert [(use.code, use.discount) for use in order.coupons] == [
        (each["code"], Decimal(each["discount"])) for each in sent["coupon_lines"]
    ]
    assert [(each.id, each.amount) for each in order.refunds or ()] == [
        (str(each["id"]), -Decimal(each["total"])) for each in sent["refunds"]
    ]


def test_times_are_those_of_gmt_though_the_shop_is_in_new_york():
    order = one(say("019_order.created"), commerce.Order)
    assert order.created_at == datetime(2026, 11, 20, 3, 19, 20, tzinfo=UTC)


def test_a_guest_is_named_by_the_hash_of_the_address():
    customer, order = say("019_order.created")
    assert order.is_guest
    assert order.customer_id == customer.id == commerce.guest_id("Guest@Example.com ")
    assert customer.is_guest
    assert customer.rank == 0
    assert (customer.first_name, customer.last_name, customer.phone) == ("Jane", "Doe", "5550100")


def test_a_customer_in_an_order_is_hearsay_of_the_orders_time():
    customer, order = say("027_order.updated")
    assert (customer.id, customer.rank, customer.is_guest) == ("2", 0, False)
    assert customer.version < commerce.Version(1, order.created_at, order.created_at)
    assert customer.changed_at == order.changed_at


def test_an_order_without_customer_and_address_names_nobody():
    sent = json.loads(RECORDED["024_order.created"][1])
    sent["billing"]["email"] = ""
    (order,) = told("woocommerce", "order.created", sent)
    assert order.customer_id is None
    assert order.is_guest


@pytest.mark.parametrize(
    "status, counted, cancelled",
    [
        ("processing", True, False),
        ("completed", True, False),
        ("on-hold", True, False),
        ("refunded", True, False),
        ("wc-shipped", True, False),
        ("pending", False, False),
        ("checkout-draft", False, False),
        ("failed", False, True),
        ("cancelled", False, True),
    ],
)
def test_what_counts_as_a_sale(status, counted, cancelled):
    sent = json.loads(RECORDED["019_order.created"][1]) | {"status": status}
    order = one(told("woocommerce", "order.updated", sent), commerce.Order)
    assert (order.is_counted, order.is_cancelled) == (counted, cancelled)
    assert order.fulfilment == (Fulfilment.FULFILLED if status == "completed" else Fulfilment.NONE)


def test_refunds_in_an_order_are_positive_and_never_change_its_total():
    order = one(say("026_order.updated"), commerce.Order)
    assert [(each.amount, each.reason, each.rank) for each in order.refunds] == [
        (Decimal("0.00"), None, 0),
        (Decimal("7.50"), "late delivery", 0),
        (Decimal("14.99"), "broken", 0),
    ]
    assert order.total == one(say("019_order.created"), commerce.Order).total


def test_refunds_of_their_own_tell_dates_and_lines():
    body = json.dumps(answer("woocommerce-11.0.1", "refunds_global_list")).encode()
    page = woocommerce.refunds_page(body, store("woocommerce"), NOW)
    assert len(page.ids) == 3
    none, broken, late = page.events
    assert (none.id, none.amount, none.order_id) == ("21", Decimal("0.00"), "15")
    assert late.amount == Decimal("7.50")
    assert late.lines == ()
    assert broken.created_at == datetime(2026, 11, 20, 3, 19, 26, tzinfo=UTC)
    assert broken.lines == (
        commerce.RefundLine(line_id="1", quantity=1, amount=Decimal("14.99"), tax=Decimal(0)),
    )


def test_products_with_and_without_variations():
    (mug,) = say("012_product.created")
    (variant,) = mug.variants
    assert (variant.id, variant.sku, variant.stock) == ("10", "MUG-1", 18)
    assert variant.price == variant.sale_price == Decimal("14.99")
    assert variant.regular_price == Decimal("19.99")
    assert [(each.id, each.name, each.rank) for each in mug.categories] == [
        ("15", "Uncategorized", 0)
    ]
    (tee,) = say("013_product.created")
    assert (tee.type, tee.variants, tee.variants_known) == ("variable", (), False)
    (small,) = told(
        "woocommerce", "product.created", answer("woocommerce-11.0.1", "variation_create")
    )
    assert (small.parent_id, small.variants[0].id, small.variants[0].sku) == ("11", "12", "TEE-S")
    assert small.variants[0].sale_price is None


def test_a_draft_without_price_and_sku():
    (draft,) = told(
        "woocommerce",
        "product.updated",
        answer("woocommerce-11.0.1", "product_create_draft_noprice"),
    )
    assert draft.status == "draft"
    assert draft.variants[0].price == 0
    assert draft.variants[0].sku == "woocommerce:13"


def test_a_line_without_sku_or_product():
    sent = json.loads(RECORDED["027_order.updated"][1])
    sent["line_items"][0] |= {"sku": "", "product_id": 0}
    sent["line_items"][1]["sku"] = ""
    order = one(told("woocommerce", "order.updated", sent), commerce.Order)
    assert [line.sku for line in order.lines] == [None, "woocommerce:12"]
    assert order.lines[0].product_id is None
    assert order.lines[1].variant_name == "S"
    assert order.lines[1].custom == {"size": "S"}


def test_customers_coupons_and_categories():
    (jane,) = say("016_customer.created")
    assert (jane.id, jane.email, jane.phone, jane.rank) == (
        "2",
        "jane@example.com",
        "+14155550100",
        1,
    )
    assert jane.changed_at == datetime(2026, 11, 20, 3, 19, 20, tzinfo=UTC)
    assert [each.kind for each in jane.addresses] == ["billing"]
    (coupon,) = say("018_coupon.created")
    assert (coupon.code, coupon.amount, coupon.usage_count) == ("sorry-7h3k9", Decimal("10.00"), 1)
    body = json.dumps([{"id": 3, "name": "Mugs", "parent": 2, "count": 7}]).encode()
    (category,) = woocommerce.categories_page(body, store("woocommerce"), NOW).events
    assert (category.parent_id, category.product_count, category.changed_at) == ("2", 7, NOW)


def test_a_customer_who_never_changed_anything_has_no_modified_time():
    listed = [
        each | {"role": "customer"} for each in answer("woocommerce-11.0.1", "customers_list")
    ]
    body = json.dumps(listed).encode()
    admin, _jane = woocommerce.customers_page(body, store("woocommerce"), NOW).events
    assert admin.changed_at == admin.created_at == datetime(2026, 11, 20, 3, 17, 34, tzinfo=UTC)


def test_a_deletion_counts_from_its_receipt():
    (gone,) = say("030_order.deleted")
    assert (gone.id, gone.kind, gone.changed_at) == ("16", Kind.ORDER, NOW)


@pytest.mark.parametrize("kind", ["order", "product", "customer", "coupon"])
def test_a_record_under_the_topic_of_a_deletion_deletes_nothing(kind):
    whole = {"id": 15, "date_created": "2026-11-20T03:19:00", "status": "processing"}
    with pytest.raises(errors.PayloadError):
        told("woocommerce", f"{kind}.deleted", whole)


def test_a_trashed_order_is_gone_since_it_was_trashed():
    (trashed,) = answer("woocommerce-11.0.1", "orders_list_trash")
    (gone,) = told("woocommerce", "order.updated", trashed)
    assert isinstance(gone, commerce.Deletion)
    assert gone.changed_at == datetime(2026, 11, 20, 3, 19, 32, tzinfo=UTC)


def test_a_signed_error_object_says_nothing_and_says_why():
    with pytest.raises(errors.Ignored, match="error in place of the record"):
        say("031_order.created")


@pytest.mark.parametrize(
    "topic", ["", "order", "order.paid", "action.wc_api", "subscription.created"]
)
def test_an_unknown_topic_says_nothing(topic):
    with pytest.raises(errors.Ignored):
        told("woocommerce", topic, {"id": 1})


@pytest.mark.parametrize(
    "change, path",
    [
        ({"total": "many"}, "total"),
        ({"total": None}, "total"),
        ({"line_items": [{"id": 1, "quantity": 1, "total": "many"}]}, "line_items.0.subtotal"),
        ({"id": 10**30}, "id"),
        ({"id": "x"}, "id"),
        ({"currency": ["secret"]}, "currency"),
        ({"total": "NaN"}, "total"),
    ],
)
def test_a_wrong_type_is_named_by_its_path_and_never_by_its_value(change, path):
    sent = json.loads(RECORDED["019_order.created"][1]) | change
    with pytest.raises(errors.PayloadError) as caught:
        told("woocommerce", "order.updated", sent)
    assert caught.value.path == path
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "change",
    [
        {"line_items": {}},
        {"billing": "nobody"},
        {"date_modified_gmt": "0000-00-00T00:00:00"},
        {"coupon_lines": {"0": {"code": "a"}, "2": {"code": "b"}}},
        {"discount_total": ""},
        {"refunds": None},
    ],
)
def test_an_odd_side_field_loses_no_order(change):
    sent = json.loads(RECORDED["019_order.created"][1]) | change
    assert any(
        isinstance(each, commerce.Order) for each in told("woocommerce", "order.updated", sent)
    )


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"id": ', b"\xff\xfe", b"[" * 200_000, b'"\\ud800"', b"7" * 5000],
)
def test_hostile_bodies_raise_payload_errors_only(body):
    for topic in ("order.updated", "order.deleted", "product.updated", "coupon.created"):
        with pytest.raises(errors.PayloadError):
            told("woocommerce", topic, body)


def test_what_postgres_cannot_store_is_dropped():
    sent = json.loads(RECORDED["027_order.updated"][1])
    sent["billing"]["first_name"] = "Ja\x00n\ud800e"
    sent["line_items"][0]["name"] = "M\x00ug \U0001f600"
    order = one(told("woocommerce", "order.updated", sent), commerce.Order)
    assert order.first_name == "Jane"
    assert order.lines[0].name == order.lines[0].raw["name"] == "Mug \U0001f600"


def test_a_page_sets_the_unreadable_record_aside_and_keeps_the_rest():
    good = json.loads(RECORDED["027_order.updated"][1])
    page = [good, {"id": 77, "total": []}, good | {"id": 18}, 5]
    read = woocommerce.orders_page(json.dumps(page).encode(), store("woocommerce"), NOW)
    orders = [each.id for each in read.events if isinstance(each, commerce.Order)]
    assert orders == ["16", "18"]
    assert [each.id for each in read.rejected] == ["77", "record 3"]
    assert len(read.ids) == 4


@pytest.mark.parametrize("body", [b"<html>", b'{"code": "x"}', b"[", b""])
def test_a_page_that_is_no_list_is_an_error(body):
    with pytest.raises(errors.PayloadError):
        woocommerce.orders_page(body, store("woocommerce"), NOW)


@pytest.mark.parametrize(
    ("changes", "is_available", "stock_status"),
    [
        ({}, True, "instock"),
        ({"status": "private"}, False, "instock"),
        ({"status": "draft"}, False, "instock"),
        ({"status": "pending"}, False, "instock"),
        ({"price": ""}, False, "instock"),
        ({"price": "0"}, True, "instock"),
        ({"stock_status": "outofstock"}, False, "outofstock"),
        ({"stock_status": "onbackorder"}, True, "onbackorder"),
    ],
)
def test_only_what_is_published_and_priced_can_be_bought(changes, is_available, stock_status):
    sent = json.loads(RECORDED["012_product.created"][1]) | changes
    (mug,) = told("woocommerce", "product.updated", sent)
    (variant,) = mug.variants
    assert (variant.available, variant.stock_status) == (is_available, stock_status)


def test_a_variation_for_any_choice_of_options_is_named_as_its_product():
    """It has no options of its own: lists name it "", deliveries as its product."""
    listed = answer("woocommerce-11.0.1", "variation_create")
    [tee] = told("woocommerce", "product.created", listed | {"type": "simple", "name": "Tee"})
    any_size = listed | {"type": "variation", "attributes": []}
    [one] = told("woocommerce", "product.updated", any_size | {"name": ""})
    [delivered] = told("woocommerce", "product.updated", any_size | {"name": "Tee"})
    assert woocommerce.of_product(one, tee).title == delivered.title == "Tee"


def test_variations_are_named_with_their_product_however_they_come():
    listed = answer("woocommerce-11.0.1", "variation_create")
    (tee,) = say("013_product.created")
    (small,) = told("woocommerce", "product.created", listed)
    for one_of in (woocommerce.of_product(small, tee), *told(
        "woocommerce", "product.updated", listed | {"name": "Tee - S"}
    ), *told("woocommerce", "product.updated", listed | {"name": "Tee"})):  # fmt: skip
        assert (one_of.title, one_of.variants[0].title) == ("Tee, S", "S")
    hidden = woocommerce.of_product(small, tee.model_copy(update={"status": "private"}))
    assert (hidden.status, hidden.variants[0].available) == ("private", False)


@pytest.mark.parametrize("role", ["administrator", "shop_manager", "editor"])
def test_accounts_of_staff_are_no_customers(role):
    sent = json.loads(RECORDED["016_customer.created"][1]) | {"role": role}
    with pytest.raises(errors.Ignored):
        told("woocommerce", "customer.created", sent)


@pytest.mark.parametrize(
    ("index", "zone"),
    [
        ({"timezone_string": "Asia/Tokyo", "gmt_offset": 9}, "Asia/Tokyo"),
        ({"timezone_string": "", "gmt_offset": 0}, "UTC"),
        ({"timezone_string": "", "gmt_offset": "-5"}, "Etc/GMT+5"),
        ({"timezone_string": "", "gmt_offset": 2}, "Etc/GMT-2"),
        ({"timezone_string": "", "gmt_offset": "5.5"}, "Asia/Kolkata"),
        ({"timezone_string": "+05:45", "gmt_offset": 5.75}, "Asia/Kathmandu"),
        ({"timezone_string": "-09:30"}, "Pacific/Marquesas"),
        ({"timezone_string": "", "gmt_offset": 1.25}, None),
        ({}, None),
        ({"timezone_string": "Nowhere/City"}, None),
        ({"timezone_string": "../../etc/passwd"}, None),
        ({"timezone_string": ["UTC"]}, None),
        ({"timezone_string": "", "gmt_offset": 99}, None),
        ({"timezone_string": "", "gmt_offset": 1e308}, None),
        ({"timezone_string": "", "gmt_offset": "Infinity"}, None),
        ({"timezone_string": "", "gmt_offset": "NaN"}, None),
        ({"settings": ["USD"], "environment": "9"}, None),
        ({"settings": {"currency": {"a": 1}}, "environment": {"version": [1]}}, None),
    ],
)
def test_a_zone_given_as_hours_from_utc(index, zone):
    class Api:
        deadline = None

        def get(self, path, params):
            return HttpAnswer(200, httpx.Headers(), json.dumps(index).encode())

    api: Any = Api()
    told = subscribing.facts(api)
    assert (told.currency, told.time_zone, told.version) == (None, zone, None)
    assert zone is None or datetime(2026, 1, 1, tzinfo=ZoneInfo(zone)).utcoffset() is not None
