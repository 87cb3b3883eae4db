"""Shopify's sample payloads in the one language; webhook and API tell the same of the same
record."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from backshop import commerce, platforms
from backshop.commerce import Fulfilment, Kind
from backshop.platforms import errors
from backshop.platforms.api import Deadline
from backshop.platforms.errors import PermanentRefusal
from backshop.platforms.ports import Credentials
from backshop.platforms.reading import ReadContext, ReadScope
from backshop.platforms.shopify import graphql

from shops.running import running
from tests.backshop.platforms.recorded import NOW, sample, store, told

ID = 820982911946154508
"""The numeric id of the sample lost its last digits."""


def one(events, kind):
    (found,) = [each for each in events if isinstance(each, kind)]
    return found


def order(change=None, topic="orders/updated"):
    return one(told("shopify", topic, sample("orders/updated") | (change or {})), commerce.Order)


def test_the_sample_order_value_by_value():
    sent = sample("orders/updated")
    said = order()
    assert said.id == str(ID)
    assert (said.code, said.status, said.channel) == ("#9999", "cancelled", "web")
    assert said.total == Decimal(sent["total_price"])
    assert said.subtotal == Decimal(sent["total_line_items_price"])
    assert said.discount == Decimal(sent["total_discounts"])
    assert said.shipping == Decimal("10.00")
    assert said.tax == Decimal(sent["total_tax"])
    assert said.subtotal - said.discount + said.shipping + said.tax == said.total
    assert said.created_at == datetime(2022, 1, 1, tzinfo=UTC)
    assert said.changed_at == datetime(2022, 1, 1, tzinfo=UTC)
    assert said.tags == ("tag1", "tag2")
    assert (said.is_test, said.is_cancelled, said.is_counted) == (True, True, False)
    assert (said.email, said.country) == ("jon@example.com", "US")
    assert said.shipping_address.province_code == "KY"
    assert [line.sku for line in said.lines] == [item["sku"] for item in sent["line_items"]]
    assert [line.unit_price for line in said.lines] == [
        Decimal(item["price"]) for item in sent["line_items"]
    ]
    assert [line.id for line in said.lines] == [
        item["admin_graphql_api_id"].rpartition("/")[2] for item in sent["line_items"]
    ]


def test_the_customer_in_an_order_is_hearsay():
    customer, said = told("shopify", "orders/create", sample("orders/create"))
    assert customer.id == said.customer_id == "115310627314723954"
    assert (customer.rank, customer.email) == (0, "john@example.com")


def test_an_order_without_a_customer_is_a_guests():
    said = order({"customer": None})
    assert said.is_guest
    assert said.customer_id == commerce.guest_id("jon@example.com")


@pytest.mark.parametrize(
    "change, status, counted",
    [
        ({"cancelled_at": None, "financial_status": "paid", "test": False}, "paid", True),
        ({"cancelled_at": None, "financial_status": None, "test": False}, "pending", True),
        ({"cancelled_at": None, "financial_status": "voided", "test": False}, "voided", False),
        ({"cancelled_at": None, "financial_status": "paid", "test": True}, "paid", False),
        ({"financial_status": "paid", "test": False}, "cancelled", False),
    ],
)
def test_what_counts_as_a_sale(change, status, counted):
    said = order(change)
    assert (said.status, said.is_counted) == (status, counted)


@pytest.mark.parametrize(
    "status, shipments, fulfilment",
    [
        (None, [], Fulfilment.NONE),
        ("partial", ["delivered"], Fulfilment.PARTIAL),
        ("fulfilled", [None], Fulfilment.FULFILLED),
        ("fulfilled", ["delivered", "in_transit"], Fulfilment.FULFILLED),
        ("fulfilled", ["delivered", "delivered"], Fulfilment.DELIVERED),
    ],
)
def test_how_far_an_order_has_come(status, shipments, fulfilment):
    fulfillments = [
        {
            "status": "success",
            "shipment_status": each,
            "created_at": "2022-01-02T00:00:00Z",
            "updated_at": f"2022-01-0{number}T00:00:00Z",
        }
        for number, each in enumerate(shipments, 3)
    ]
    said = order({"fulfillment_status": status, "fulfillments": fulfillments})
    assert said.fulfilment == fulfilment
    assert (said.fulfilled_at is None) == (fulfilment in (Fulfilment.NONE, Fulfilment.PARTIAL))
    if fulfilment == Fulfilment.DELIVERED:
        assert said.delivered_at == datetime(2022, 1, 4, tzinfo=UTC)


def test_where_prices_include_tax_lines_do_not():
    line = sample("orders/updated")["line_items"][0] | {
        "price": "12.00",
        "quantity": 2,
        "tax_lines": [{"price": "3.00", "rate": 0.2}],
        "discount_allocations": [{"amount": "6.00", "discount_application_index": 0}],
    }
    said = order({"taxes_included": True, "line_items": [line], "total_tax": "3.00"}).lines[0]
    assert (said.unit_price, said.subtotal) == (Decimal("10.0000"), Decimal("20.00"))
    assert (said.total, said.tax) == (Decimal("15.00"), Decimal("3.00"))


def test_what_each_code_took_off():
    items = sample("orders/updated")["line_items"][:2]
    items[0]["discount_allocations"] = [
        {"amount": "4.00", "discount_application_index": 0},
        {"amount": "1.00", "discount_application_index": 1},
    ]
    items[1]["discount_allocations"] = [{"amount": "2.50", "discount_application_index": 0}]
    said = order(
        {
            "line_items": items,
            "discount_applications": [
                {"type": "discount_code", "code": "SORRY"},
                {"type": "automatic", "title": "Summer"},
            ],
            "discount_codes": [{"code": "SORRY", "amount": "6.50", "type": "percentage"}],
        }
    )
    assert said.coupons == (commerce.CouponUse(code="SORRY", discount=Decimal("6.50")),)


def test_the_sample_refund():
    (said,) = told("shopify", "refunds/create", sample("refunds/create"))
    assert (said.id, said.amount, said.status) == (
        "890088186047892319",
        Decimal("85.00"),
        "settled",
    )
    assert said.reason == "Things were damaged"
    assert said.lines[0].line_id == "487817672276298554"
    assert said.lines[0].amount == Decimal("89.99")


def test_products_customers_collections_and_codes():
    (shirt,) = told("shopify", "products/update", sample("products/update"))
    small, medium = shirt.variants
    assert small.sku == "shopify:642667041472713922"
    assert (small.regular_price, small.sale_price) == (Decimal("24.99"), Decimal("19.99"))
    assert (medium.stock, shirt.variants_known, shirt.type) == (50, True, "variable")
    (bob,) = told("shopify", "customers/create", sample("customers/create"))
    assert (bob.email, bob.addresses[0].is_default) == ("bob@example.com", True)
    (collection,) = told("shopify", "collections/create", sample("collections/create"))
    assert (collection.id, collection.name) == ("408372092144951419", "My New Collection")
    (code,) = told("shopify", "discounts/redeemcode_added", sample("discounts/redeemcode_added"))
    assert (code.id, code.code) == ("1", "code1")
    for topic in ("discounts/create", "discounts/delete"):
        with pytest.raises(errors.Ignored, match="automatic"):
            told("shopify", topic, sample(topic))


def test_more_variants_than_a_webhook_holds():
    sent = sample("products/update")
    sent["variant_gids"] = [
        {"admin_graphql_api_id": f"gid://shopify/ProductVariant/{n}"} for n in range(150)
    ]
    (shirt,) = told("shopify", "products/update", sent)
    assert not shirt.variants_known


@pytest.mark.parametrize(
    "topic, kind",
    [
        ("orders/delete", Kind.ORDER),
        ("customers/delete", Kind.CUSTOMER),
        ("products/delete", Kind.PRODUCT),
        ("collections/delete", Kind.CATEGORY),
    ],
)
def test_deletions_count_from_their_receipt(topic, kind):
    (gone,) = told("shopify", topic, sample(topic))
    assert (gone.kind, gone.changed_at) == (kind, NOW)


def test_the_privacy_topics_and_the_end():
    (request,) = told("shopify", "customers/data_request", sample("customers/data_request"))
    assert request.request_id == "9999"
    assert request.person.order_ids == ("299938", "280263", "220458")
    (erasure,) = told("shopify", "customers/redact", sample("customers/redact"))
    assert erasure.person.email == "john@example.com"
    assert told("shopify", "shop/redact", sample("shop/redact")) == [
        commerce.ShopErasure(received_at=NOW)
    ]
    assert told("shopify", "app/uninstalled", sample("app/uninstalled")) == [
        commerce.Uninstall(received_at=NOW)
    ]


@pytest.mark.parametrize(
    ("signed", "sent_as"),
    [
        ("orders/create", "orders/delete"),
        ("orders/create", "customers/redact"),
        ("orders/create", "shop/redact"),
        ("orders/create", "app/uninstalled"),
        ("customers/create", "customers/delete"),
        ("products/create", "products/delete"),
        ("collections/create", "collections/delete"),
        ("discounts/create", "discounts/delete"),
        ("customers/data_request", "customers/redact"),
        ("customers/redact", "shop/redact"),
        ("customers/redact", "app/uninstalled"),
    ],
)
def test_a_signed_body_under_another_topic_ends_nothing(signed, sent_as):
    with pytest.raises(errors.PayloadError):
        told("shopify", sent_as, sample(signed))


@pytest.mark.parametrize("topic", ["orders/edited", "themes/update", "", "orders"])
def test_an_unknown_topic_says_nothing(topic):
    with pytest.raises(errors.Ignored):
        told("shopify", topic, {"id": 1})


@pytest.mark.parametrize("bulk", [True, False])
def test_webhook_and_api_tell_the_same_of_the_same_order(bulk):
    """Orders of the local shop as it posts them, and as its API gives them."""
    with ExitStack() as stack:
        shop = stack.enter_context(running("shopify", orders=6, seed=2))
        placed = shop.place_order(coupon="welcome10", custom={"survey": "abc"})["id"]
        shop.control("ship", id=placed, tracking_number="1Z")
        shop.control("deliver", id=placed)
        shop.control("refund", id=placed, lines=[{"line": _line_of(shop, placed), "quantity": 1}])
        posted = {
            str(each["id"]): shop.control("webhook_payload", id=each["id"])
            for each in shop.state()["orders"]
        }
        opened = platforms.load("shopify").open(
            Credentials(shop.url, shop.credentials["api_key"], shop.credentials["secret"]),
            Deadline(),
        )
        stack.callback(opened.close)
        shop_store = store("shopify")
        found = opened.reader(shop_store, "orders", ReadContext(lambda: NOW))
        scope = ReadScope(complete=bulk, since=datetime(2020, 1, 1, tzinfo=UTC))
        events = [event for step in found.steps(scope, {}) for event in step.page.events]
        read = {each.id: each for each in events if isinstance(each, commerce.Order)}
        assert read.keys() == posted.keys()
        for id, body in posted.items():
            hook = platforms.load("shopify").translator.translate(
                "orders/updated", json.dumps(body).encode(), shop_store, NOW
            )
            assert one(hook, commerce.Order) == read[id]
        assert read[str(placed)].refunds
        assert read[str(placed)].coupons
        assert read[str(placed)].fulfilment == Fulfilment.DELIVERED
        buyers = {each.id: each for each in events if isinstance(each, commerce.Customer)}
        assert len(buyers) > 1


def _line_of(shop, order_id):
    return next(o for o in shop.state()["orders"] if o["id"] == order_id)["lines"][0]["id"]


def test_the_token_of_an_app_is_granted_and_renewed():
    """Client id and secret instead of a permanent token; a token that ended is asked for anew."""
    from backshop.platforms.shopify import api as shopify

    with running("shopify", orders=2) as shop:
        given = Credentials(
            shop.url, shop.credentials["client_id"], shop.credentials["client_secret"]
        )
        api = shopify.ShopifyApi(given)
        assert api.run("shop", {})["shop"]["currencyCode"] == "USD"
        ((key, granted),) = [
            (key, token) for key, token in shopify._tokens.items() if key[0] == shop.url
        ]
        assert api.run("shop", {})
        assert shopify._tokens[key] is granted, "one token does for a day"
        shopify._tokens[key] = shopify._Token("ended", granted.ends_at - 80_000)
        assert api.run("shop", {}), "a dead token is replaced"
        shopify._tokens[key] = shopify._Token("old", 0.0)
        assert api.run("shop", {}), "one about to end is not used"
        wrong = shopify.ShopifyApi(given._replace(api_key="nobody"))
        with pytest.raises(PermanentRefusal, match="refused the credentials"):
            wrong.run("shop", {})


def test_a_shop_that_throttles_is_waited_for(monkeypatch):
    from backshop.platforms.shopify import api as shopify

    waits = []
    monkeypatch.setattr(shopify, "monotonic", lambda: 1000.0)
    with running("shopify", orders=2) as shop:
        given = Credentials(shop.url, shop.credentials["api_key"], "x")
        api = shopify.ShopifyApi(given, Deadline(sleep=lambda seconds: waits.append(seconds)))
        api._level, api._restore, api._observed_at = 0.0, 100.0, 1000.0
        api._costs["shop"] = 50.0
        api.run("shop", {})
        assert waits == [0.5], "fifty points at a hundred a second"


@pytest.mark.parametrize("status", ["draft", "archived", "unlisted", "ACTIVE"])
def test_only_active_products_can_be_bought(status):
    sent = sample("products/update") | {"status": status}
    for variant in sent["variants"]:
        variant |= {"inventory_quantity": None}
    (shirt,) = told("shopify", "products/update", sent)
    assert {variant.available for variant in shirt.variants} == {status == "ACTIVE"}
    assert {variant.stock_status for variant in shirt.variants} == {"instock"}


def test_the_collection_of_the_home_page_is_no_category():
    nodes = [
        {"id": "gid://shopify/Collection/1", "title": "Home page", "handle": "frontpage"},
        {"id": "gid://shopify/Collection/2", "title": "Kits", "handle": "kits"},
    ]
    assert graphql._collections({"nodes": nodes}) == [
        {"id": 2, "admin_graphql_api_id": "gid://shopify/Collection/2", "title": "Kits"}
    ]
    assert graphql._collections(None) is None
