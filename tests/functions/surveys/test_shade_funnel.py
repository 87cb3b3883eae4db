"""The funnel from kit to conversion on a local Shopify, with its clock moved, and each branch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from shops import shopify
from shops.running import RunningShop
from tests.contracts.servers.receiver import Receiver, receiving
from tests.functions.shade_world import World, read_cart, subscribe, token_in


@pytest.fixture(scope="module")
def shop() -> Iterator[RunningShop]:
    with shopify.running(
        orders=0, customers=60, products=0, catalogue="shades", places="nigeria", currency="NGN"
    ) as running:
        yield running


@pytest.fixture(scope="module")
def receiver(shop) -> Iterator[Receiver]:
    with receiving() as made:
        subscribe(shop, made)
        yield made


@pytest.fixture
def world(shop, receiver, aws, load, event, context, owner) -> World:
    made = World(shop, receiver, aws, load, event, context, owner)
    made.set_up()
    return made


@pytest.fixture(scope="module")
def people(shop) -> list[int]:
    return [customer["id"] for customer in shop.state()["customers"]]


@pytest.fixture
def customer(people) -> int:
    """A customer whom no other test knows."""
    return people.pop()


@pytest.fixture(autouse=True)
def alone(owner) -> None:
    """The scheduled function serves every store: those of earlier tests would be invited too."""
    owner.execute("TRUNCATE shade.customers, shade.orders CASCADE")


@pytest.fixture
def other(people) -> int:
    return people.pop()


def test_the_whole_funnel(world, customer) -> None:
    kit = world.buy("Kit", customer=customer)
    assert world.row("orders")["product_type"] == "shade_kit"
    world.shop.deliver(kit["id"])
    world.flow()
    assert world.sweep()["invited"] == 0, "five days too early"
    world.pass_time(days=5, minutes=1)
    assert world.sweep()["invited"] >= 1
    assert world.sweep()["invited"] == 0, "once"
    [mail] = world.mail()
    assert "Osaz" in mail.subject
    token = token_in(mail.body)

    status, form = world.request("surveys/form", query={"token": token})
    assert status == 200
    assert [each["name"] for each in form["shades"]][:2] == ["Ivory", "Sand"]
    assert form["shades"][0]["swatch"] == "#c68642"
    assert not form["answered"]

    status, said = world.answer(token)
    assert status == 201
    assert said["best"]["shade"] == "Honey"
    assert (said["lighter"]["shade"], said["deeper"]["shade"]) == ("Sand", "Amber")
    assert "as deep as Honey, which you tried" in said["best"]["reasons"]
    assert said["best"]["ratings"]["too_few"]
    assert said["discount"]["code"] is None, "the shop does not know it yet"
    assert (said["discount"]["amount"], said["discount"]["currency"]) == ("3000.00", "NGN")
    assert not world.coupons()

    world.flow()
    [coupon] = world.coupons()
    assert (coupon["usage_limit"], Decimal(coupon["amount"])) == (1, Decimal(3000))
    assert coupon["customers"] == [customer]
    shown = world.result(token)
    assert shown["discount"]["status"] == "active"
    assert shown["discount"]["code"] == coupon["code"]
    told = world.mail()[-1]
    assert coupon["code"] in told.body
    assert shown["cart_link"] in told.body

    cart = world.click(shown["cart_link"])
    assert cart.startswith(f"{world.shop.url}/cart/{world.variants['Honey']}:1?")
    assert f"discount={coupon['code']}" in cart
    clicked = world.row("conversions")
    assert (clicked["clicks"], clicked["converted"]) == (1, False)
    assert clicked["cart_url"] == cart

    sale = world.check_out(cart, customer=customer)
    converted = world.row("conversions")
    assert converted["converted"]
    assert converted["converted_at"] is not None
    discount = world.row("discounts")
    assert discount["used"]
    order = next(o for o in world.rows("orders") if o["shopify_order_id"] == str(sale["id"]))
    assert order["product_type"] == "full_size_spf"
    assert discount["applied_to_order_id"] == order["id"] == converted["order_id"]

    status, _ = world.request(
        "surveys/rate",
        id=said["survey_id"],
        body={"token": token, "match_accuracy_rating": 5, "feedback_notes": "Perfect."},
    )
    assert status == 200
    assert world.row("model_training_data")["match_accuracy_rating"] == 5

    status, numbers = world.request(
        "shade_admin/funnel",
        query={"from": "2026-01-01", "to": f"{world.now():%Y-%m-%d}", "period": "month"},
    )
    assert status == 200
    steps = ("kits", "invites", "surveys", "discounts", "clicks", "conversions")
    assert {step: sum(row[step] for row in numbers["rows"]) for step in steps} == dict.fromkeys(
        steps, 1
    )
    assert {row["currency"] for row in numbers["rows"]} == {"NGN"}
    assert {row["shade"] for row in numbers["rows"]} == {"Honey"}
    [earned] = [row["revenue"] for row in numbers["rows"] if row["conversions"]]
    assert Decimal(earned) == order["total_amount"]


def test_an_expired_code_is_told_and_led_to_no_more(world, customer) -> None:
    token = world.invited(customer=customer)
    world.answer(token)
    world.flow()
    link = world.result(token)["cart_link"]
    assert read_cart(world.click(link))[1] is not None
    world.pass_time(days=7, minutes=1)
    assert read_cart(world.click(link))[1] is None, "the cart without the code"
    assert world.result(token)["discount"]["code"] is None
    assert world.row("discounts")["status"] == "active"
    assert world.sweep()["discounts_expired"] >= 1
    assert world.row("discounts")["status"] == "expired"
    [coupon] = world.coupons()
    found = world.graphql(
        "query($code: String!) { codeDiscountNodeByCode(code: $code)"
        " { codeDiscount { ... on DiscountCodeBasic { status } } } }",
        code=coupon["code"],
    )
    assert found["codeDiscountNodeByCode"]["codeDiscount"]["status"] == "EXPIRED"
    # The customer buys without it: the cart's mark converts all the same.
    world.check_out(world.click(link), customer=customer)
    assert world.row("conversions")["converted"]
    assert not world.row("discounts")["used"]


def test_a_code_used_by_somebody_else_converts_nobody(world, customer, other) -> None:
    token = world.invited(customer=customer)
    world.answer(token)
    world.flow()
    sale = world.check_out(world.click(world.result(token)["cart_link"]), customer=other)
    discount = world.row("discounts")
    assert discount["used"]
    order = next(o for o in world.rows("orders") if o["shopify_order_id"] == str(sale["id"]))
    assert discount["applied_to_order_id"] == order["id"]
    attempt = world.row("conversions")
    assert not attempt["converted"]
    assert attempt["order_id"] is None
    assert world.result(token)["discount"]["code"] is None


def test_a_kit_that_was_given_back_is_not_asked_about(world, customer) -> None:
    kit = world.kit_arrives(customer=customer)
    world.shop.refund(kit["id"], amount=kit["total"])
    world.flow()
    assert world.sweep()["invited"] == 0


def test_a_kit_given_back_after_its_survey_takes_the_discount_with_it(world, customer) -> None:
    kit = world.kit_arrives(customer=customer)
    world.sweep()
    token = token_in(world.mail()[-1].body)
    world.answer(token)
    world.flow()
    code = world.result(token)["discount"]["code"]
    world.shop.refund(kit["id"], amount=kit["total"])
    world.flow()
    assert world.sweep()["discounts_ended"] >= 1
    assert world.row("discounts")["status"] == "revoked"
    assert world.sweep()["discounts_ended"] == 0
    [coupon] = world.coupons()
    assert coupon["code"] == code
    assert coupon["expires_at"] <= world.shop.state()["now"], "nobody can use it"
    assert read_cart(world.click(world.result(token)["cart_link"]))[1] is None


def test_a_kit_given_back_before_its_survey_closes_it(world, customer) -> None:
    kit = world.kit_arrives(customer=customer)
    world.sweep()
    token = token_in(world.mail()[-1].body)
    world.shop.cancel(kit["id"])
    world.flow()
    status, said = world.answer(token)
    assert status == 410, said
    assert said["type"].endswith("#survey-closed")
    assert not world.rows("surveys")
    assert not world.rows("discounts")


@pytest.mark.parametrize("how", ["cancelled", "refunded", "deleted"])
def test_a_sale_that_is_taken_back_takes_its_conversion_back(world, customer, how) -> None:
    token = world.invited(customer=customer)
    world.answer(token)
    world.flow()
    sale = world.check_out(world.click(world.result(token)["cart_link"]), customer=customer)
    assert world.row("conversions")["converted"]
    if how == "cancelled":
        world.shop.cancel(sale["id"])
    elif how == "refunded":
        world.shop.refund(sale["id"], amount=sale["total"] // 2)
        world.flow()
        assert world.row("conversions")["converted"], "half of it was given back"
        world.shop.refund(sale["id"], amount=sale["total"] - sale["total"] // 2)
    else:
        world.shop.delete(sale["id"])
    world.flow()
    attempt, discount = world.row("conversions"), world.row("discounts")
    assert (attempt["converted"], attempt["converted_at"], attempt["order_id"]) == (
        False,
        None,
        None,
    )
    assert (discount["used"], discount["applied_to_order_id"]) == (False, None)


def test_a_second_sale_converts_nothing_more(world, customer) -> None:
    token = world.invited(customer=customer)
    world.answer(token)
    world.flow()
    cart = world.click(world.result(token)["cart_link"])
    first = world.check_out(cart, customer=customer)
    converted = world.row("conversions")
    world.check_out(cart, customer=customer)
    assert world.row("conversions") == converted
    # When the first is taken back, the second is the one that converted.
    world.shop.cancel(first["id"])
    world.flow()
    after = world.row("conversions")
    assert after["converted"]
    assert after["order_id"] != converted["order_id"]


def test_a_survey_sent_twice_answers_the_same(world, customer) -> None:
    token = world.invited(customer=customer)
    status, first = world.answer(token)
    assert status == 201
    status, second = world.answer(token, shade_selected="Cocoa")
    assert status == 200
    assert second == first
    world.flow()
    for table in ("surveys", "recommendations", "discounts", "conversions"):
        world.row(table)
    assert len(world.coupons()) == 1


def test_a_survey_sent_twice_at_once_is_saved_once(world, customer) -> None:
    from tests.backshop.kits.shop import environments

    token = world.invited(customer=customer)
    world.call.module("surveys")
    body = {"token": token, "shade_selected": "Honey"}
    with environments(world.call, 6) as made:
        world._set_clocks()
        statuses = made.together([[("surveys/answer", {"body": body})] * 3] * 6)
    assert sorted(statuses) == [200] * 17 + [201]
    world.flow()
    for table in ("surveys", "recommendations", "discounts", "conversions"):
        world.row(table)
    [coupon] = world.coupons()
    assert coupon["code"] == world.row("discounts")["discount_code"]


def test_shopify_down_for_an_hour_only_delays_the_code(world, customer) -> None:
    token = world.invited(customer=customer)
    # The second fault does the work and loses the answer.
    world.shop.faults({"503": 1.0}, only="graphql", retry_after=60)
    world.answer(token)
    told = len(world.mail())
    for _ in range(6):
        world.flow()
        shown = world.result(token)["discount"]
        assert (shown["status"], shown["code"]) == ("pending", None)
        assert read_cart(world.click(world.result(token)["cart_link"]))[1] is None
        world.pass_time(minutes=10)
    [row] = world.outbox_rows("discount")
    assert row["status"] == "pending"
    assert row["attempts"] > 3
    assert len(world.mail()) == told, "no code goes out that the shop does not know"
    world.shop.faults({"after": 1.0}, only="graphql", most=1)
    world.pass_time(minutes=15)
    world.flow()
    world.shop.faults()
    world.pass_time(minutes=20)
    world.flow()
    [coupon] = world.coupons()
    shown = world.result(token)["discount"]
    assert (shown["status"], shown["code"]) == ("active", coupon["code"])
    assert len(world.mail()) == told + 1
    assert coupon["code"] in world.mail()[-1].body


def test_what_the_shop_refuses_for_good_is_seen_and_can_be_tried_again(world, customer) -> None:
    token = world.invited(customer=customer)
    world.answer(token)
    code = world.row("discounts")["discount_code"]
    taken = world.shop.control("add_coupon", code=code, amount="1", title="somebody else's")
    told = len(world.mail())
    world.flow()
    assert world.row("discounts")["status"] == "failed"
    assert world.result(token)["discount"]["code"] is None
    [row] = world.outbox_rows("discount")
    assert row["status"] == "failed"
    assert "another discount" in row["response"]["error"]
    assert len(world.mail()) == told
    # Staff mend it and open the row again.
    world.graphql(
        "mutation($id: ID!) { discountCodeDelete(id: $id) { userErrors { message } } }",
        id=f"gid://shopify/DiscountCodeNode/{taken['id']}",
    )
    status, _ = world.request("outbox_rows/retry", id=str(row["id"]))
    assert status == 200
    world.flow()
    assert world.result(token)["discount"]["code"] == code


def test_a_shop_that_sells_in_another_currency_refuses_the_amount(world, customer) -> None:
    """A dollar amount must never be taken off in naira, nor the other way round."""
    token = world.invited(customer=customer)
    world.owner.execute(
        "UPDATE shade.orders SET currency = 'USD' WHERE store_id = %s", [world.store]
    )
    _, said = world.answer(token)
    assert (said["discount"]["amount"], said["discount"]["currency"]) == ("5.00", "USD")
    world.flow()
    assert world.row("discounts")["status"] == "failed"
    assert not world.coupons()


def test_an_invitation_that_may_have_gone_out_is_not_sent_again(
    world, customer, monkeypatch
) -> None:
    from backshop import senders

    def lost(*_: Any) -> str:
        raise senders.Doubtful("SES did not answer: ReadTimeoutError")

    world.kit_arrives(customer=customer)
    with monkeypatch.context() as broken:
        broken.setattr(senders, "send_mail", lost)
        world.sweep()
    assert world.row("survey_invites")["status"] == "failed"
    world.pass_time(hours=1)
    assert world.sweep()["invited"] == 0
    assert not [each for each in world.mail() if token_of(each)]
    [row] = world.outbox_rows("survey_message")
    assert row["status"] == "failed"


def token_of(mail: Any) -> bool:
    return "token=" in mail.body


def test_an_invitation_that_ses_throttles_is_sent_later(world, customer, monkeypatch) -> None:
    from backshop import senders

    def throttled(*_: Any) -> str:
        raise senders.MessageNotSent("SES refused: Throttling", lasting=False)

    world.kit_arrives(customer=customer)
    with monkeypatch.context() as broken:
        broken.setattr(senders, "send_mail", throttled)
        world.sweep()
    assert world.row("survey_invites")["status"] == "pending"
    world.pass_time(minutes=1)
    world.flow()
    assert world.row("survey_invites")["status"] == "sent"
    assert len(world.mail()) == 1


def test_deliveries_in_any_order_end_the_same(world, customer) -> None:
    """The sale, its cancellation and its refund as Shopify repeats them: late, twice, reversed."""
    token = world.invited(customer=customer)
    world.answer(token)
    world.flow()
    cart = world.click(world.result(token)["cart_link"])
    before = len(world.receiver.got)
    sale = world.check_out(cart, customer=customer)
    world.shop.cancel(sale["id"])
    world.flow()
    ended = [world.row("conversions"), world.row("discounts")]
    again = world.receiver.got[before:]
    for number, delivery in enumerate(reversed(again)):
        delivery.headers["x-shopify-webhook-id"] = f"repeated-{number}"
    world.receiver.got.extend(reversed(again))
    world.flow()
    assert [world.row("conversions"), world.row("discounts")] == ended
    assert not ended[0]["converted"]


def test_two_kits_share_a_code_and_a_sale_converts_one_survey(world, customer) -> None:
    """The link says which survey it was; the code alone counts for the newer one."""
    tokens = []
    for _ in range(2):
        world.buy("Kit", customer=customer)
    for order in world.rows("orders"):
        world.shop.deliver(int(order["shopify_order_id"]))
    world.flow()
    world.pass_time(days=5, minutes=1)
    assert world.sweep()["invited"] >= 2
    tokens = [token_in(mail.body) for mail in world.mail()]
    links = []
    for token in tokens:
        world.answer(token)
        world.flow()
        world.pass_time(minutes=1)
        links.append(world.result(token)["cart_link"])
    discount = world.row("discounts")
    first, second = (world.result(token)["survey_id"] for token in tokens)
    by_link = world.check_out(world.click(links[0]), customer=customer)
    assert _converted(world) == {first}
    world.shop.cancel(by_link["id"])
    world.flow()
    assert _converted(world) == set()
    world.buy("Amber", customer=customer, coupon=discount["discount_code"].lower())
    assert _converted(world) == {second}


def _converted(world: World) -> set[str]:
    return {str(row["survey_id"]) for row in world.rows("conversions") if row["converted"]}


def test_a_store_may_invite_by_sms(world, customer, monkeypatch) -> None:
    from backshop import senders

    sent: list[tuple[str, str]] = []

    def text(phone: str, words: str) -> str:
        sent.append((phone, words))
        return "reference"

    monkeypatch.setattr(senders, "send_sms", text)
    world.set_up(channel="sms")
    world.shop.control("edit_customer", id=customer, phone="+12025550100")
    world.kit_arrives(customer=customer)
    world.sweep()
    [(phone, words)] = sent
    assert phone == "12025550100"
    status, _ = world.answer(token_in(words))
    assert status == 201
    world.flow()
    assert world.coupons()[0]["code"] in sent[1][1]
    assert not world.mail()


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({"shade_selected": "Shade 99"}, {"shade_selected"}),
    ({"shade_fit_rating": 6}, {"shade_fit_rating"}),
    ({"shade_fit_rating": "very"}, {"shade_fit_rating"}),
    ({"skin_type": "Scaly", "skin_concerns": ["Fame"]}, {"skin_type", "skin_concerns"}),
    ({"skin_concerns": "Acne"}, {"skin_concerns"}),
    ({"interested_in_addons": ["Yacht"]}, {"interested_in_addons"}),
    ({"texture_feedback": "x" * 2001}, {"texture_feedback"}),
    ({"eye_color": "brown"}, {"eye_color"}),
]


def test_answers_that_do_not_fit_name_their_fields(world, customer) -> None:
    from backshop.web import tokens

    world.buy("Kit", customer=customer)
    claims = {"store_id": str(world.store), "order_id": str(world.row("orders")["id"])}
    token = tokens.sign("survey", claims, at=world.now(), lasts=timedelta(days=1))
    for answers, fields in WRONG:
        status, said = world.answer(token, **answers)
        assert status == 422, (answers, said)
        assert {each["field"] for each in said["errors"]} == fields
    assert not world.rows("surveys")
    assert not world.rows("discounts")


def test_a_link_is_good_for_its_kit_and_its_time_alone(world, customer) -> None:
    from backshop.web import tokens

    token = world.invited(customer=customer)
    claims = {"store_id": str(world.store), "order_id": str(world.row("orders")["id"])}
    at = world.now()
    ended = tokens.sign("survey", claims, at=at - timedelta(days=2), lasts=timedelta(days=1))
    shopper = tokens.sign("shopper", claims, at=at, lasts=timedelta(days=1))
    nobody = tokens.sign("survey", {**claims, "order_id": "x"}, at=at, lasts=timedelta(days=1))
    for wrong in ("x", token[:-2], ended, shopper, nobody):
        assert world.answer(wrong)[0] == 401
        assert world.request("surveys/form", query={"token": wrong})[0] == 401
    unknown = {**claims, "order_id": str(world.store)}
    elsewhere = tokens.sign("survey", unknown, at=at, lasts=timedelta(days=1))
    assert world.answer(elsewhere)[0] == 410
    assert world.request("surveys/result", query={"token": token})[0] == 404
    assert not world.rows("surveys")


def test_an_out_of_stock_shade_gives_way_and_add_ons_come_along(world, customer) -> None:
    spare = world.variants["Espresso"]
    serum = {"name": "Fade Serum", "variant_ids": [spare], "good_for": ["Acne"]}
    world.set_up(addons=[serum])
    world.shop.control("edit_variant", id=world.variants["Honey"], stock=0)
    world.flow()
    try:
        token = world.invited(customer=customer)
        status, said = world.answer(token, skin_concerns=["acne"])
        assert status == 201
        assert said["best"]["shade"] in ("Sand", "Amber")
        assert {"shade": "Honey", "reason": "it is out of stock"} in said["left_out"]
        assert said["recommended_bundle"] == [said["best"]["shade"], "Fade Serum"]
        cart = world.click(said["cart_link"])
        assert read_cart(cart)[0] == [(world.variants[said["best"]["shade"]], 1), (spare, 1)]
    finally:
        world.shop.control("edit_variant", id=world.variants["Honey"], stock=5000)


def test_a_crash_after_handing_over_sends_nothing_twice(world, customer, monkeypatch) -> None:
    from backshop import senders

    send = senders.send_mail

    def send_and_die(*message: Any) -> str:
        send(*message)
        raise RuntimeError("the environment is gone")

    world.kit_arrives(customer=customer)
    with monkeypatch.context() as dying:
        dying.setattr(senders, "send_mail", send_and_die)
        with pytest.raises(AssertionError):
            world.sweep()
    assert world.row("survey_invites")["status"] == "sending"
    world.pass_time(minutes=5)
    world.flow()
    assert len(world.mail()) == 1
    assert world.row("survey_invites")["status"] == "failed"
    [row] = world.outbox_rows("survey_message")
    assert "may have gone out" in row["response"]["error"]
