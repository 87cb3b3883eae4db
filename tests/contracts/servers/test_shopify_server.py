"""The traps of Shopify that the contracts name, as the local shop has them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shops import shopify
from shops.running import RunningShop
from shops.shopify.search import parse
from shops.shopify.server import ORDER_FIELDS
from tests.contracts.servers.receiver import Receiver, receiving
from tests.contracts.servers.recordings import Answer, send

SINCE = "2026-11-20T00:00:00Z"
NODES = "nodes { id updatedAt } pageInfo { hasNextPage endCursor }"
ORDERS = (
    "query($first: Int!, $after: String, $query: String, $sort: OrderSortKeys) {"
    f" orders(first: $first, after: $after, query: $query, sortKey: $sort) {{ {NODES} }} }}"
)


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with shopify.running(
        orders=130, catalogue="shades", bucket=1e6, restore=1e6, until=SINCE, seed=5
    ) as running:
        yield running


def post(
    shop: RunningShop, text: str, /, *, token: str = "shpat_local", **variables: Any
) -> Answer:
    return send(
        "POST",
        f"{shop.url}/admin/api/2026-10/graphql.json",
        body={"query": text, "variables": variables},
        headers={"X-Shopify-Access-Token": token},
    )


def ask(shop: RunningShop, text: str, /, **variables: Any) -> Any:
    answer = post(shop, text, **variables).body
    assert "errors" not in answer, answer["errors"]
    return answer["data"]


def gid(kind: str, number: int) -> str:
    return f"gid://shopify/{kind}/{number}"


# ------------------------------------------------------------------------------------ reading


def test_pages_hold_every_order_once(shop: RunningShop) -> None:
    seen: list[str] = []
    after = None
    while True:
        page = ask(shop, ORDERS, first=40, after=after, sort="UPDATED_AT")["orders"]
        seen += [order["id"] for order in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    wanted = {gid("Order", o["id"]) for o in shop.state()["orders"] if o["stage"] != "cart"}
    assert len(seen) == len(set(seen))
    assert set(seen) == wanted


def test_updated_at_filters_to_the_second(shop: RunningShop) -> None:
    orders = sorted(shop.state()["orders"], key=lambda order: order["updated_at"])
    for order in orders[::40]:
        second = order["updated_at"] // 1_000_000
        stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(second))
        for compare, keep in ((">=", True), (">", False), ("<=", True), ("<", False)):
            found = ask(shop, ORDERS, first=250, query=f"updated_at:{compare}'{stamp}'")
            ids = {node["id"] for node in found["orders"]["nodes"]}
            assert (gid("Order", order["id"]) in ids) == keep, compare


def test_the_customers_filter_matches_whole_days(shop: RunningShop) -> None:
    customer = shop.state()["customers"][0]["id"]
    shop.clock(now="2026-11-25T10:00:00Z", frozen=True)
    shop.control("edit_customer", id=customer, note="x")
    query = f"query($q: String) {{ customers(first: 100, query: $q) {{ {NODES} }} }}"
    late = ask(shop, query, q="updated_at:>='2026-11-25T23:00:00Z'")["customers"]["nodes"]
    assert [node["id"] for node in late] == [gid("Customer", customer)]


def test_what_the_search_does_not_know_is_ignored_with_a_warning(shop: RunningShop) -> None:
    everything = len(ask(shop, ORDERS, first=250)["orders"]["nodes"])
    answer = post(shop, ORDERS, first=250, query="updatedat:>'2026-11-19'").body
    assert len(answer["data"]["orders"]["nodes"]) == everything
    assert answer["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_field"
    unquoted = post(shop, ORDERS, first=250, query="updated_at:>2026-11-19T00:00:00Z").body
    assert unquoted["extensions"]["search"][0]["warnings"][0]["code"] == "invalid_value"


@pytest.mark.parametrize(
    ("text", "matching"),
    [
        ("", {1, 2, 3}),
        ("id:1 OR id:3", {1, 3}),
        ("id:>1 id:<3", {2}),
        ("id:>=1 AND NOT id:2", {1, 3}),
        ("-id:2 AND (id:2 OR id:3)", {3}),
    ],
)
def test_search_terms_combine(text: str, matching: set[int]) -> None:
    class Record:
        def __init__(self, number: int) -> None:
            self.id = number

    search = parse(text, {"id": ORDER_FIELDS["id"]})
    assert {n for n in (1, 2, 3) if search.matches(Record(n))} == matching
    assert search.warnings == []


def test_a_connection_needs_first_or_last_and_at_most_250(shop: RunningShop) -> None:
    for arguments in ("", "(first: 251)"):
        answer = post(shop, f"{{ orders{arguments} {{ nodes {{ id }} }} }}").body
        codes = {error["extensions"]["code"] for error in answer["errors"]}
        assert codes & {"BAD_REQUEST", "MAX_COST_EXCEEDED"}


def test_a_field_that_is_not_modelled_says_so(shop: RunningShop) -> None:
    answer = post(shop, "{ orders(first: 1) { nodes { id app { id } } } }").body
    assert "Order.app is not modelled" in answer["errors"][0]["message"]


def test_totals_of_an_order_add_up(shop: RunningShop) -> None:
    money = "{ shopMoney { amount currencyCode } }"
    query = (
        f"{{ orders(first: 15) {{ nodes {{ totalPriceSet {money} totalTaxSet {money}"
        f" totalShippingPriceSet {money} totalDiscountsSet {money}"
        f" lineItems(first: 10) {{ nodes {{ quantity originalUnitPriceSet {money}"
        f" discountedTotalSet(withCodeDiscounts: true) {money} }} }} }} }} }}"
    )

    def cents(bag: Any) -> int:
        assert bag["shopMoney"]["currencyCode"] == "USD"
        return round(float(bag["shopMoney"]["amount"]) * 100)

    for order in ask(shop, query)["orders"]["nodes"]:
        goods = sum(cents(line["discountedTotalSet"]) for line in order["lineItems"]["nodes"])
        extra = cents(order["totalShippingPriceSet"]) + cents(order["totalTaxSet"])
        assert cents(order["totalPriceSet"]) == goods + extra
        full = sum(
            line["quantity"] * cents(line["originalUnitPriceSet"])
            for line in order["lineItems"]["nodes"]
        )
        assert full - goods == cents(order["totalDiscountsSet"])


# ------------------------------------------------------------------------------------ limits


def test_a_query_may_cost_a_thousand_points_and_half_of_it_passes(shop: RunningShop) -> None:
    query = (
        "query($first: Int!) { orders(first: $first) { nodes { id customer { id }"
        " lineItems(first: 20) { nodes { id product { id } } } } } }"
    )
    answer = post(shop, query, first=50)
    assert answer.status == 200
    error = answer.body["errors"][0]["extensions"]
    assert error["code"] == "MAX_COST_EXCEEDED"
    assert error["cost"] > error["maxCost"] == 1000
    first = 50
    while "errors" in post(shop, query, first=first).body:
        first //= 2
    cost = post(shop, query, first=first).body["extensions"]["cost"]
    assert 1 <= first < 50
    assert cost["actualQueryCost"] <= cost["requestedQueryCost"] <= 1000


def test_an_empty_bucket_throttles_on_200_and_fills_again() -> None:
    with shopify.running(orders=60, bucket=300, restore=100) as shop:
        query = "{ orders(first: 50) { nodes { id customer { id } } } }"
        assert "data" in post(shop, query).body
        answers = [post(shop, query) for _ in range(4)]
        throttled = [answer for answer in answers if "errors" in answer.body]
        assert throttled
        assert {answer.status for answer in answers} == {200}
        body = throttled[0].body
        assert body["errors"][0]["extensions"]["code"] == "THROTTLED"
        status = body["extensions"]["cost"]["throttleStatus"]
        wait = body["extensions"]["cost"]["requestedQueryCost"] - status["currentlyAvailable"]
        assert wait > 0
        time.sleep(wait / status["restoreRate"] + 0.1)
        assert "data" in post(shop, query).body


# ------------------------------------------------------------------------------------ signing in


def test_a_token_of_client_credentials_lasts_a_day() -> None:
    with shopify.running(orders=3, token="") as shop:
        keys = {name: shop.credentials[name] for name in ("client_id", "client_secret")}
        url = shop.url + "/admin/oauth/access_token"
        grant = {**keys, "grant_type": "client_credentials"}
        answer = send("POST", url, body=grant)
        assert answer.body["expires_in"] == 86399
        token = answer.body["access_token"]
        assert post(shop, "{ shop { name } }", token=token).status == 200
        shop.clock(advance=86400)
        assert post(shop, "{ shop { name } }", token=token).status == 401
        assert send("POST", url, body={**grant, "client_secret": "no"}).status == 401
        assert send("POST", url, body={**grant, "grant_type": "password"}).status == 400
        assert post(shop, "{ shop { name } }", token="").status == 401


# ------------------------------------------------------------------------------------ writing

REFUND = (
    "mutation($input: RefundInput!, $key: String!) { refundCreate(input: $input)"
    " @idempotent(key: $key) { refund { id totalRefundedSet { shopMoney { amount } } }"
    " userErrors { field message } } }"
)


def refund_input(order: dict[str, Any], amount: str, **more: Any) -> dict[str, Any]:
    identity = gid("Order", order["id"])
    transaction = {
        "orderId": identity,
        "parentId": gid("OrderTransaction", order["payments"][0]["id"]),
        "gateway": "card",
        "kind": "REFUND",
        "amount": amount,
    }
    return {"orderId": identity, "transactions": [transaction], **more}


def test_a_refund_needs_its_key_and_the_same_key_refunds_once(shop: RunningShop) -> None:
    order = shop.place_order()
    given = refund_input(order, "2.00")
    bare = REFUND.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "")
    refused = post(shop, bare, input=given).body
    assert refused["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    answers = [ask(shop, REFUND, input=given, key="k1")["refundCreate"] for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert shop.order(order["id"])["refunded"] == 200
    other = post(shop, REFUND, input=refund_input(order, "3.00"), key="k1").body
    assert other["errors"][0]["extensions"]["code"] == "IDEMPOTENCY_KEY_PARAMETER_MISMATCH"
    assert ask(shop, REFUND, input=given, key="k2")["refundCreate"]["refund"] is not None
    assert shop.order(order["id"])["refunded"] == 400


def test_a_refund_is_never_more_than_what_is_left(shop: RunningShop) -> None:
    order = shop.place_order()
    too_much = refund_input(order, f"{order['total'] / 100 + 0.01:.2f}")
    answer = ask(shop, REFUND, input=too_much, key="k3")["refundCreate"]
    assert answer["refund"] is None
    assert "more than the amount left" in answer["userErrors"][0]["message"]
    line = {"lineItemId": gid("LineItem", order["lines"][0]["id"]), "quantity": 99}
    many = refund_input(order, "1.00", refundLineItems=[line])
    answer = ask(shop, REFUND, input=many, key="k4")["refundCreate"]
    assert answer["userErrors"][0]["field"] == ["refundLineItems", "quantity"]
    assert shop.order(order["id"])["refunded"] == 0


def test_the_suggested_refund_of_a_line_is_its_price_and_tax(shop: RunningShop) -> None:
    order = shop.place_order()
    line = order["lines"][0]
    query = (
        "query($id: ID!, $lines: [RefundLineItemInput!]) { order(id: $id) {"
        " suggestedRefund(refundLineItems: $lines) { amountSet { shopMoney { amount } }"
        " suggestedTransactions { gateway parentTransaction { id } } } } }"
    )
    lines = [{"lineItemId": gid("LineItem", line["id"]), "quantity": 1}]
    found = ask(shop, query, id=gid("Order", order["id"]), lines=lines)["order"]["suggestedRefund"]
    tax = round(line["unit_price"] * 0.1 + 1e-9)
    assert round(float(found["amountSet"]["shopMoney"]["amount"]) * 100) == pytest.approx(
        line["unit_price"] + tax, abs=1
    )
    parent = found["suggestedTransactions"][0]["parentTransaction"]["id"]
    assert parent == gid("OrderTransaction", order["payments"][0]["id"])


def test_discount_codes_are_unique_and_found_by_code(shop: RunningShop) -> None:
    create = (
        "mutation($input: DiscountCodeBasicInput!) {"
        " discountCodeBasicCreate(basicCodeDiscount: $input) { codeDiscountNode { id }"
        " userErrors { code field message } } }"
    )
    customer = gid("Customer", shop.state()["customers"][0]["id"])
    given = {
        "title": "Back again",
        "code": "BACK-7H3K9",
        "startsAt": "2026-11-20T00:00:00Z",
        "endsAt": "2030-11-27T00:00:00Z",
        "usageLimit": 1,
        "context": {"customers": {"add": [customer]}},
        "customerGets": {"items": {"all": True}, "value": {"discountAmount": {"amount": "5.00"}}},
    }
    made = ask(shop, create, input=given)["discountCodeBasicCreate"]
    identity = made["codeDiscountNode"]["id"]
    again = ask(shop, create, input=given)["discountCodeBasicCreate"]
    assert again["userErrors"][0]["code"] == "TAKEN"
    look = (
        "query($code: String!) { codeDiscountNodeByCode(code: $code) { id codeDiscount {"
        " ... on DiscountCodeBasic { status usageLimit endsAt customerGets { value {"
        " ... on DiscountAmount { amount { amount } } } } } } } }"
    )
    found = ask(shop, look, code="back-7h3k9")["codeDiscountNodeByCode"]
    assert found["id"] == identity
    assert found["codeDiscount"]["status"] == "ACTIVE"
    assert found["codeDiscount"]["customerGets"]["value"]["amount"]["amount"] == "5.0"
    end = "mutation($id: ID!) { discountCodeDeactivate(id: $id) { userErrors { code } } }"
    assert ask(shop, end, id=identity)["discountCodeDeactivate"]["userErrors"] == []
    after = ask(shop, look, code="BACK-7H3K9")["codeDiscountNodeByCode"]
    assert after["codeDiscount"]["status"] == "EXPIRED"
    assert ask(shop, look, code="none")["codeDiscountNodeByCode"] is None
    for change, code in (
        ({"code": "B2", "endsAt": "2020-01-01T00:00:00Z"}, "END_DATE_BEFORE_START_DATE"),
        ({"code": "B3", "context": {"customers": {"add": [gid("Customer", 1)]}}}, "INVALID"),
        ({"code": ""}, "BLANK"),
    ):
        answer = ask(shop, create, input={**given, **change})["discountCodeBasicCreate"]
        assert answer["userErrors"][0]["code"] == code


def test_an_address_is_written_with_codes(shop: RunningShop) -> None:
    order = shop.place_order(paid=False)
    update = (
        "mutation($input: OrderInput!) { orderUpdate(input: $input) { order { updatedAt"
        " shippingAddress { address1 city countryCodeV2 country provinceCode lastName } }"
        " userErrors { field message } } }"
    )
    address = {"address1": "2 New St", "city": "Ottawa", "countryCode": "CA", "provinceCode": "ON"}
    given = {"id": gid("Order", order["id"]), "shippingAddress": address}
    changed = ask(shop, update, input=given)["orderUpdate"]["order"]["shippingAddress"]
    assert changed["countryCodeV2"] == "CA"
    assert changed["country"] == "Canada"
    assert changed["lastName"] == order["shipping_address"]["last_name"]
    empty = {**given, "shippingAddress": {"city": ""}}
    errors = ask(shop, update, input=empty)["orderUpdate"]["userErrors"]
    assert errors[0]["field"] == ["shippingAddress", "city"]


# ------------------------------------------------------------------------------------ bulk

RUN = (
    "mutation($query: String!) { bulkOperationRunQuery(query: $query, groupObjects: false) {"
    " bulkOperation { id status } userErrors { code field message } } }"
)
POLL = (
    "query($id: ID!) { bulkOperation(id: $id) { status objectCount rootObjectCount fileSize url"
    " errorCode } }"
)


def poll(shop: RunningShop, identity: str) -> Any:
    for _ in range(1000):
        found = ask(shop, POLL, id=identity)["bulkOperation"]
        if found["status"] not in {"CREATED", "RUNNING"}:
            return found
        time.sleep(0.02)
    raise AssertionError("the bulk operation did not end")


def test_a_bulk_operation_gives_every_order_and_its_lines_as_json_lines(shop: RunningShop) -> None:
    query = (
        "{ orders { edges { node { id name lineItems { edges { node { id sku quantity } } } } } } }"
    )
    started = ask(shop, RUN, query=query)["bulkOperationRunQuery"]
    assert started["userErrors"] == []
    assert started["bulkOperation"]["status"] == "CREATED"
    done = poll(shop, started["bulkOperation"]["id"])
    assert done["status"] == "COMPLETED"
    raw = send("GET", done["url"]).raw
    lines = [json.loads(line) for line in raw.splitlines()]
    state = [order for order in shop.state()["orders"] if order["stage"] != "cart"]
    orders = [line for line in lines if "__parentId" not in line]
    assert {line["id"] for line in orders} == {gid("Order", order["id"]) for order in state}
    children = [(line["__parentId"], line["id"]) for line in lines if "__parentId" in line]
    wanted = [
        (gid("Order", order["id"]), gid("LineItem", line["id"]))
        for order in state
        for line in order["lines"]
    ]
    assert sorted(children) == sorted(wanted)
    assert done["objectCount"] == str(len(lines))
    assert done["rootObjectCount"] == str(len(orders))
    assert done["fileSize"] == str(len(raw))


def test_bulk_queries_have_limits(shop: RunningShop) -> None:
    deep = (
        "{ orders { edges { node { id fulfillmentOrders { edges { node { id } } } customer { id"
        " orders { edges { node { id lineItems { edges { node { id } } } } } } } } } } }"
    )
    for query in ("{ shop { name } }", deep, "{ orders { edges { node { nothing } } } }"):
        answer = ask(shop, RUN, query=query)["bulkOperationRunQuery"]
        assert answer["bulkOperation"] is None
        assert answer["userErrors"][0]["code"] == "INVALID"


def test_five_bulk_operations_run_at_once_and_results_last_a_week() -> None:
    with shopify.running(orders=3, bulk_seconds=0.6) as shop:
        query = "{ products { edges { node { id } } } }"
        answers = [ask(shop, RUN, query=query)["bulkOperationRunQuery"] for _ in range(6)]
        assert [bool(answer["bulkOperation"]) for answer in answers] == [True] * 5 + [False]
        assert answers[5]["userErrors"][0]["code"] == "OPERATION_IN_PROGRESS"
        identity = answers[0]["bulkOperation"]["id"]
        assert poll(shop, identity)["url"]
        shop.clock(advance=8 * 24 * 3600)
        expired = ask(shop, POLL, id=identity)["bulkOperation"]
        assert expired["url"] is None


# ------------------------------------------------------------------------------------ webhooks


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as one:
        yield one


SUBSCRIBE = (
    "mutation($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {"
    " webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {"
    " webhookSubscription { id topic uri } userErrors { field message } } }"
)


def subscribe(shop: RunningShop, topic: str, url: str) -> Any:
    return ask(shop, SUBSCRIBE, topic=topic, sub={"uri": url})["webhookSubscriptionCreate"]


def signed(shop: RunningShop, body: bytes) -> str:
    secret = shop.credentials["client_secret"].encode()
    return base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest()).decode()


def test_a_delivery_is_signed_and_shaped_like_rest(receiver: Receiver) -> None:
    with shopify.running(orders=3) as shop:
        for topic in ("ORDERS_CREATE", "ORDERS_PAID", "REFUNDS_CREATE", "ORDERS_DELETE"):
            assert subscribe(shop, topic, receiver.url)["userErrors"] == []
        order = shop.place_order()
        shop.refund(order["id"], amount=100)
        shop.delete(order["id"])
        shop.idle()
        topics = sorted(one.headers["x-shopify-topic"] for one in receiver.got)
        assert topics == ["orders/create", "orders/delete", "orders/paid", "refunds/create"]
        for one in receiver.got:
            assert one.headers["x-shopify-hmac-sha256"] == signed(shop, one.body)
            assert one.headers["x-shopify-shop-domain"] == shop.credentials["domain"]
        ids = {one.headers["x-shopify-webhook-id"] for one in receiver.got}
        assert len(ids) == 4
        paid = json.loads(receiver.of("x-shopify-topic", "orders/paid")[0].body)
        assert paid["id"] == order["id"]
        assert paid["total_price"] == f"{order['total'] / 100:.2f}"
        assert paid["financial_status"] == "paid"
        back = json.loads(receiver.of("x-shopify-topic", "refunds/create")[0].body)
        assert back["transactions"][0]["amount"] == "1.00"


def test_eight_retries_carry_the_first_payload_and_then_the_subscription_is_gone(
    receiver: Receiver,
) -> None:
    receiver.answer = lambda _: 503
    with shopify.running(orders=3, time_scale=0.00002) as shop:
        subscribe(shop, "ORDERS_UPDATED", receiver.url)
        order = shop.place_order(paid=False)["id"]
        shop.edit_order(order, note="first")
        shop.edit_order(order, note="second")
        assert shop.idle()
        notes: dict[str, set[Any]] = {}
        tries: dict[str, int] = {}
        for one in receiver.got:
            identity = one.headers["x-shopify-webhook-id"]
            notes.setdefault(identity, set()).add(json.loads(one.body)["note"])
            tries[identity] = tries.get(identity, 0) + 1
        assert sorted(tries.values()) == [9, 9]
        assert sorted(notes.values(), key=str) == [{"first"}, {"second"}]
        left = ask(shop, "{ webhookSubscriptions(first: 5) { nodes { id } } }")
        assert left["webhookSubscriptions"]["nodes"] == []


def test_an_older_state_can_arrive_after_a_newer_one(receiver: Receiver) -> None:
    failed: list[bytes] = []

    def answer(one: Any) -> int:
        if b'"note":"old"' in one.body and not failed:
            failed.append(one.body)
            return 500
        return 200

    receiver.answer = answer
    with shopify.running(orders=3, time_scale=0.002) as shop:
        subscribe(shop, "ORDERS_UPDATED", receiver.url)
        order = shop.place_order(paid=False)["id"]
        shop.edit_order(order, note="old")
        shop.edit_order(order, note="new")
        assert shop.idle()
    notes = [json.loads(one.body)["note"] for one in receiver.got]
    assert notes == ["old", "new", "old"]


def test_subscriptions_are_unique_and_go_to_safe_addresses(shop: RunningShop) -> None:
    url = "https://example.com/hook"
    assert subscribe(shop, "ORDERS_EDITED", url)["userErrors"] == []
    taken = subscribe(shop, "ORDERS_EDITED", url)
    assert taken["userErrors"][0]["message"] == "Address for this topic has already been taken"
    for bad in ("http://example.com/hook", "nonsense"):
        assert subscribe(shop, "ORDERS_EDITED", bad)["webhookSubscription"] is None


def test_privacy_topics_go_to_the_address_of_the_app(receiver: Receiver) -> None:
    with shopify.running(orders=40) as shop:
        shop.control("settings", app_address=receiver.url)
        customer = next(o["customer_id"] for o in shop.state()["orders"] if o["customer_id"])
        shop.emit("customers/redact", {"customer_id": customer})
        shop.emit("app/uninstalled")
        shop.idle()
        redact = receiver.of("x-shopify-topic", "customers/redact")[0]
        body = json.loads(redact.body)
        assert body["customer"]["id"] == customer
        assert body["orders_to_redact"]
        assert redact.headers["x-shopify-hmac-sha256"] == signed(shop, redact.body)
        assert receiver.of("x-shopify-topic", "app/uninstalled")
