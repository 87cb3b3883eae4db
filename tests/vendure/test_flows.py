"""The four flows of kits.md (data flow) with a real Vendure, its plugin, and backshop's
functions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.vendure import server
from tests.vendure.backshop import Backshop

pytestmark = pytest.mark.vendure
ERROR = "...on ErrorResult{errorCode message}"
Json = dict[str, Any]


def mail() -> str:
    return f"{uuid4().hex}@example.com"


def buy(vendure: server.Vendure, **more: Any) -> Json:
    more = {"email": mail(), "phone": "0770000012"} | more
    return server.check_out(vendure.shopper(), **more)


def arrived(shop: Backshop, id: str) -> bool:
    return shop.order(id) is not None


def order_id(shop: Backshop, placed: Json) -> Any:
    """Of the kits order."""
    return (shop.order(placed["id"]) or {})["id"]


def full(vendure: server.Vendure, id: str) -> Json:
    found: Json = vendure.admin().ask(
        f"""query{{order(id:"{id}"){{id code state totalWithTax
            lines{{id quantity productVariant{{id}}}}
            payments{{id amount state refunds{{id total state}}}}
            shippingAddress{{streetLine1}}
            customFields{{deliveryStage trackingNumber placedPhone}}}}}}"""
    )["order"]
    return found


# Customer registration


def test_a_customer_arrives_with_addresses(shop: Backshop, vendure: server.Vendure) -> None:
    email = mail()
    admin = vendure.admin()
    made = admin.do(
        f"""createCustomer(input:{{firstName:"Ann",lastName:"Lee",emailAddress:"{email}",
            phoneNumber:"077 000 0012"}}){{...on Customer{{id}} {ERROR}}}"""
    )
    admin.do(
        f"""createCustomerAddress(customerId:"{made["id"]}",input:{{fullName:"Ann Lee",
            streetLine1:"1 Main St",city:"Springfield",countryCode:"US"}}){{id}}"""
    )
    shop.take(lambda: bool(shop.rows("kits.customer_addresses")))
    [customer] = shop.rows("kits.customers", "vendure_customer_id = %s", made["id"])
    assert (customer["email"], customer["phone_number"]) == (email, "94770000012")
    [address] = shop.rows("kits.customer_addresses", "customer_id = %s", customer["id"])
    assert (address["street_line1"], address["country_code"]) == ("1 Main St", "US")


# Order placement


def test_a_placed_order_arrives_whole(shop: Backshop, vendure: server.Vendure) -> None:
    placed = buy(vendure, items={"1": 2, "2": 1})
    shop.take(lambda: shop.order(placed["id"]) is not None)
    order = shop.order(placed["id"])
    assert order
    assert (order["order_code"], order["phone_number"]) == (placed["code"], "94770000012")
    assert (order["total_with_tax"], order["currency"]) == (Decimal("82.00"), "USD")
    items = shop.rows("kits.customer_order_items", "order_summary_id = %s", order["id"])
    assert sorted((each["product_sku"], each["quantity"]) for each in items) == [
        ("MUG-L", 1),
        ("MUG-S", 2),
    ]
    assert {each["product_name"] for each in items} == {"Mug"}
    [delivery] = shop.rows("kits.order_delivery_status", "order_code = %s", placed["code"])
    assert delivery["stage"] == "ORDER_CONFIRMED"
    shop.take(lambda: shop.rows("kits.customers", "id = %s", order["customer_id"]) != [])
    [customer] = shop.rows("kits.customers", "id = %s", order["customer_id"])
    assert (customer["total_orders"], customer["total_spent"]) == (1, Decimal("82.00"))


def test_of_sixty_checkouts_at_once_no_phone_is_lost(
    shop: Backshop, vendure: server.Vendure
) -> None:
    """Events of one moment arrive in any order; each order is to have the phone given with it,
    though a second checkout with the same address has overwritten the customer's."""

    def place(number: int) -> tuple[str, str]:
        phone, email = f"9477000{number:04d}", mail()
        order = server.check_out(vendure.shopper(), email, f"0{phone[2:]}")
        server.check_out(vendure.shopper(), email, "0779999999")
        return order["id"], phone

    with ThreadPoolExecutor(6) as pool:
        placed = dict(pool.map(place, range(60)))
    shop.take(lambda: all(shop.order(id) for id in placed), seconds=90)
    held = {id: (shop.order(id) or {})["phone_number"] for id in placed}
    assert held == placed


def test_a_sync_heals_what_no_event_told(shop: Backshop, vendure: server.Vendure) -> None:
    placed = buy(vendure, phone="0770000042")
    shop.sync()
    order = shop.order(placed["id"])
    assert order
    assert (order["phone_number"], order["phone_source"]) == ("94770000042", "order")


# Delivery tracking


def test_a_stage_set_in_vendure_arrives_and_one_set_here_goes_there(
    shop: Backshop, vendure: server.Vendure
) -> None:
    placed = buy(vendure)
    shop.take(lambda: shop.order(placed["id"]) is not None)
    vendure.admin().do(
        f"""setOrderCustomFields(input:{{id:"{placed["id"]}",
            customFields:{{deliveryStage:"SOURCING"}}}}){{id}}"""
    )
    code = placed["code"]
    shop.take(
        lambda: (
            shop.rows("kits.order_delivery_status", "order_code = %s", code)[0]["stage"]
            == "SOURCING"
        )
    )
    status, _ = shop.call(
        "deliveries/update", code=code, body={"stage": "DISPATCHED", "tracking_number": "TE-1"}
    )
    assert status == 200
    shop.work_off()
    fields = full(vendure, placed["id"])["customFields"]
    assert (fields["deliveryStage"], fields["trackingNumber"]) == ("DISPATCHED", "TE-1")
    events = shop.rows("kits.order_delivery_status_events", "order_code = %s", code)
    assert [each["stage"] for each in sorted(events, key=lambda e: e["sequence"])] == [
        "ORDER_CONFIRMED",
        "SOURCING",
        "DISPATCHED",
    ]


def test_a_stage_set_in_sql_by_any_program_reaches_vendure(
    shop: Backshop, vendure: server.Vendure
) -> None:
    placed = buy(vendure)
    shop.take(lambda: shop.order(placed["id"]) is not None)
    with shop.owner.transaction():
        shop.owner.execute("SELECT set_config('backshop.store_id', %s, true)", [str(shop.store)])
        shop.owner.execute(
            "SELECT kits.update_order_delivery_status(%s, 'ARRIVED', NULL, NULL, 'a script')",
            [placed["code"]],
        )
    shop.work_off()
    assert full(vendure, placed["id"])["customFields"]["deliveryStage"] == "ARRIVED"


def test_stages_written_beside_transitions_take_no_state_back(
    shop: Backshop, vendure: server.Vendure
) -> None:
    """Nor is a stage lost for good where the transition, which saves the whole order as Vendure
    read it, takes it back: Vendure tells of the transition, and the stage is sent again."""
    for _ in range(10):
        placed = buy(vendure)
        shop.take(partial(arrived, shop, placed["id"]))
        shop.call("deliveries/update", code=placed["code"], body={"stage": "SOURCING"})
        staff = vendure.admin()
        with ThreadPoolExecutor(1) as pool:
            moved = pool.submit(
                staff.do,
                f'transitionOrderToState(id:"{placed["id"]}",state:"Modifying")'
                f"{{...on Order{{state}} {ERROR}}}",
            )
            shop.work_off()
            assert moved.result()["state"] == "Modifying"
        assert full(vendure, placed["id"])["state"] == "Modifying"
        shop.take(partial(has_stage, shop, vendure, placed["id"], "SOURCING"))
        assert full(vendure, placed["id"])["state"] == "Modifying"


def has_stage(shop: Backshop, vendure: server.Vendure, id: str, stage: str) -> bool:
    """Once what is to be sent was sent."""
    shop.work_off()
    return bool(full(vendure, id)["customFields"]["deliveryStage"] == stage)


def test_vendures_own_fulfilment_moves_the_stage(shop: Backshop, vendure: server.Vendure) -> None:
    placed = buy(vendure)
    order = full(vendure, placed["id"])
    admin = vendure.admin()
    parcel = admin.do(
        f"""addFulfillmentToOrder(input:{{lines:[{{orderLineId:"{order["lines"][0]["id"]}",quantity:1}}],
            handler:{{code:"manual-fulfillment",arguments:[{{name:"method",value:"courier"}},
            {{name:"trackingCode",value:"TE-77"}}]}}}}){{...on Fulfillment{{id}} {ERROR}}}"""
    )
    for state in ("Shipped", "Delivered"):
        admin.do(
            f'transitionFulfillmentToState(id:"{parcel["id"]}",state:"{state}")'
            f"{{...on Fulfillment{{id}} {ERROR}}}"
        )
    code = placed["code"]
    shop.take(
        lambda: (
            [
                (each["stage"], each["tracking_number"])
                for each in shop.rows("kits.order_delivery_status", "order_code = %s", code)
            ]
            == [("DELIVERED", "TE-77")]
        )
    )


# Batch management


def test_a_batch_fills_and_its_list_follows_a_partial_cancellation(
    shop: Backshop, vendure: server.Vendure
) -> None:
    status, batch = shop.call("batches/create", body={"target_order_count": 1, "auto_assign": True})
    assert status == 201, batch
    placed = buy(vendure, items={"1": 3})
    shop.take(lambda: (shop.order(placed["id"]) or {}).get("batch_id") is not None)
    [listed] = shop.rows("kits.supplier_purchase_lists")
    assert listed["quantity"] == 3
    line = full(vendure, placed["id"])["lines"][0]["id"]
    vendure.admin().do(
        f"""cancelOrder(input:{{orderId:"{placed["id"]}",
            lines:[{{orderLineId:"{line}",quantity:2}}],reason:"two too many"}})
            {{...on Order{{id}} {ERROR}}}"""
    )
    kept = partial(
        shop.rows, "kits.customer_order_items", "order_summary_id = %s", order_id(shop, placed)
    )
    shop.take(lambda: [each["quantity"] for each in kept()] == [1])
    order = shop.order(placed["id"])
    assert order
    assert order["total_with_tax"] == Decimal("71.00"), "what was paid stays until it is given back"


# Money


def test_partial_cancellation_and_refund_leave_what_was_kept(
    shop: Backshop, vendure: server.Vendure
) -> None:
    """Three mugs (66.00) and 5.00 of shipping: two are taken out and given back, 27.00 are kept;
    and what is left can be refunded, to the cent."""
    placed = buy(vendure, items={"1": 3})
    shop.take(lambda: shop.order(placed["id"]) is not None)
    order = full(vendure, placed["id"])
    line, payment = order["lines"][0]["id"], order["payments"][0]["id"]
    admin = vendure.admin()
    admin.do(
        f"""cancelOrder(input:{{orderId:"{placed["id"]}",
            lines:[{{orderLineId:"{line}",quantity:2}}]}}){{...on Order{{id}} {ERROR}}}"""
    )
    admin.do(
        f"""refundOrder(input:{{paymentId:"{payment}",amount:4400,shipping:0,adjustment:0,
            lines:[{{orderLineId:"{line}",quantity:2}}]}}){{...on Refund{{id}} {ERROR}}}"""
    )

    def kept() -> Decimal:
        found = shop.order(placed["id"]) or {}
        return Decimal(found["total_with_tax"] - found["refunded_amount"])

    shop.take(lambda: kept() == Decimal("27.00"))
    [customer] = shop.rows(
        "kits.customers", "id = %s", (shop.order(placed["id"]) or {})["customer_id"]
    )
    assert customer["total_spent"] == Decimal("27.00")
    assert _refund(shop, placed["id"], amount="27.01")[0] == 409
    status, made = _refund(shop, placed["id"], lines=[{"line_id": line, "quantity": 1}])
    assert (status, made["amount"]) == (202, "22.00"), made
    shop.work_off()
    totals = [each["total"] for each in full(vendure, placed["id"])["payments"][0]["refunds"]]
    assert sorted(totals) == [2200, 4400]


def _refund(shop: Backshop, order: str, **body: Any) -> tuple[int, Json]:
    """POST /connectors/{id}/orders/{order}/refunds."""
    answer: tuple[int, Json] = _order_call(shop, "refund", order, body)
    return answer


def _order_call(shop: Backshop, name: str, order: str, body: Json) -> Any:
    import json

    request = shop.event(f"order_requests/{name}")
    path = request["rawPath"].replace("0b7c3f4e-5a51-4d8e-9d3e-2f6a1c0e9b11", str(shop.store))
    path = path.replace("/orders/15/", f"/orders/{order}/")
    request["rawPath"] = request["requestContext"]["http"]["path"] = path
    request["headers"]["idempotency-key"] = uuid4().hex
    request["body"] = json.dumps(body)
    answer = shop.call.module("order_requests").handler(request, shop.context)
    return answer["statusCode"], json.loads(answer["body"])


ADDRESS = {
    "name": "Ada Buyer",
    "line1": "2 New St",
    "city": "Oakland",
    "province_code": "CA",
    "postal_code": "94601",
    "country_code": "US",
}


def test_an_address_is_changed_and_the_order_comes_back(
    shop: Backshop, vendure: server.Vendure
) -> None:
    placed = buy(vendure)
    shop.take(lambda: shop.order(placed["id"]) is not None)
    assert _order_call(shop, "address", placed["id"], ADDRESS)[0] == 202
    shop.work_off()
    after = full(vendure, placed["id"])
    assert (after["state"], after["shippingAddress"]["streetLine1"]) == (
        "PaymentSettled",
        "2 New St",
    )


def test_the_address_of_a_partly_refunded_order_is_declined_not_stuck(
    shop: Backshop, vendure: server.Vendure
) -> None:
    placed = buy(vendure)
    shop.take(lambda: shop.order(placed["id"]) is not None)
    assert _refund(shop, placed["id"], amount="5.00")[0] == 202
    shop.work_off()
    assert _order_call(shop, "address", placed["id"], ADDRESS)[0] == 202
    shop.work_off()
    [request] = shop.rows("connect.address_update_request", "order_id = %s", placed["id"])
    assert request["status"] == "failed"
    assert "Modifying" in request["response"]["error"]
    assert full(vendure, placed["id"])["state"] == "PaymentSettled"
