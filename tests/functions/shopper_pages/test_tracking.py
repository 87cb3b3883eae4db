"""/track: phone, code, orders, one order, against the real database; SMS are caught."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from backshop import phone_check, senders
from backshop.web import tokens

from tests.backshop.kits.shop import OTHER_PHONE, PHONE, add_orders, transaction

HOSTILE = '<img src=x onerror="alert(1)"> & "x"'


def host_of(store) -> str:
    return f"s{store.hex}.example.com"


@pytest.fixture
def shop(owner, new_store):
    made = new_store("vendure")
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || jsonb_build_object(
               'name', 'Signature Kits', 'time_zone', 'Asia/Colombo', 'otp', '{}'::jsonb,
               'pages', jsonb_build_object('host', %s::text, 'colour', '#7a1f3d'))
           WHERE id = %s""",
        [host_of(made), made],
    )
    add_orders(
        owner,
        made,
        ["KITS-1001"],
        items=[{"print_name": HOSTILE, "print_number": "10", "patch_enabled": True}],
    )
    add_orders(owner, made, ["KITS-1002"], phone=OTHER_PHONE)
    return made


@pytest.fixture
def sent(monkeypatch):
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr(senders, "send_sms", lambda phone, text: texts.append((phone, text)))
    monkeypatch.setattr(phone_check, "ROUNDS", 4)
    return texts


class Browser:
    """Keeps its cookies, sends forms as a browser would."""

    def __init__(self, function, event, context, host):
        self.function, self.event, self.context, self.host = function, event, context, host
        self.cookies: dict[str, str] = {}

    def __call__(self, name, *, path=None, form=None, query=None, headers=None):
        asked = self.event(f"shopper_pages/{name}")
        if path:
            asked["rawPath"] = asked["requestContext"]["http"]["path"] = path
        if form is not None:
            asked["body"] = urlencode(form)
        asked["queryStringParameters"] = query or {}
        asked["requestContext"]["domainName"] = self.host
        asked["headers"] |= {"host": self.host, "origin": f"https://{self.host}"} | (headers or {})
        asked["cookies"] = [f"{name}={value}" for name, value in self.cookies.items()]
        answer = self.function.handler(asked, self.context)
        for each in answer.get("cookies") or ():
            name, _, value = each.partition(";")[0].partition("=")
            self.cookies[name] = value
            assert "; Secure" in each
            assert "; HttpOnly" in each
            assert "; Path=/" in each
        return answer


@pytest.fixture
def open_browser(load, event, context, shop):
    function = load("shopper_pages")
    return lambda: Browser(function, event, context, host_of(shop))


@pytest.fixture
def browser(open_browser):
    return open_browser()


def place(answer):
    return answer["headers"].get("Location")


def sign_in(browser, sent):
    browser("send_code", form={"phone": "077 000 0012", "key": "k1"})
    code = sent[-1][1].split("#")[1]
    return browser("take_code", form={"code": f"{code[:3]} {code[3:]}"})


def test_from_phone_to_order(browser, sent):
    first = browser("track")
    assert first["statusCode"] == 200
    assert "Signature Kits" in first["body"]
    led = browser("send_code", form={"phone": "077 000 0012", "key": "k1"})
    assert (led["statusCode"], place(led)) == (303, "/track/code")
    assert sent[0][0] == PHONE
    assert sent[0][1].splitlines()[-1].startswith(f"@{browser.host} #")
    asked = browser("ask_code")["body"]
    assert "0012" in asked
    assert PHONE not in asked
    led = browser("take_code", form={"code": sent[0][1].split("#")[1]})
    assert place(led) == "/track/orders"
    listed = browser("orders")["body"]
    assert "KITS-1001" in listed
    assert "KITS-1002" not in listed
    shown = browser("order")["body"]
    assert HOSTILE not in shown
    assert HOSTILE in unescape(shown)


def test_a_double_click_sends_one_code(browser, sent):
    for _ in range(3):
        led = browser("send_code", form={"phone": "077 000 0012", "key": "same"})
        assert place(led) == "/track/code"
    assert len(sent) == 1
    again = browser("send_code", form={"phone": "077 000 0012", "key": "another"})
    assert again["statusCode"] == 429
    assert "Wait" in again["body"]


@pytest.mark.parametrize("phone", ["", "12", "x" * 5000, "+1 202 555 0100", "<script>"])
def test_what_is_no_phone_is_said_and_kept(browser, sent, phone):
    answer = browser("send_code", form={"phone": phone, "key": "k"})
    assert answer["statusCode"] == 422
    assert "Enter a mobile phone, such as 071 234 5678." in answer["body"]
    assert re.search(r'id="phone"[^>]*value="([^"]*)"', answer["body"])[1] == phone.replace(
        "<", "&lt;"
    ).replace(">", "&gt;")
    assert not sent


def test_a_wrong_code_says_so_and_opens_nothing(browser, sent):
    browser("send_code", form={"phone": "077 000 0012", "key": "k1"})
    right = sent[0][1].split("#")[1]
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for code, words in ((wrong, "wrong or no longer valid"), ("12", "six digits")):
        answer = browser("take_code", form={"code": code})
        assert answer["statusCode"] == 422
        assert words in answer["body"]
    assert place(browser("orders")) == "/track"


def test_the_orders_of_others_are_like_none(browser, sent):
    sign_in(browser, sent)
    foreign = browser("order", path="/track/orders/KITS-1002")
    unknown = browser("order", path="/track/orders/KITS-9999")
    assert (foreign["statusCode"], unknown["statusCode"]) == (404, 404)
    assert foreign["body"] == unknown["body"]
    answer = browser("agree_to_sms", path="/track/orders/KITS-1002/sms")
    assert answer["statusCode"] == 404


def test_sms_on_and_off(browser, sent, owner, shop):
    sign_in(browser, sent)

    def agreed():
        return owner.execute(
            """SELECT sms_updates FROM kits.customer_orders_summary
               WHERE store_id = %s AND order_code = 'KITS-1001'""",
            [shop],
        ).fetchone()["sms_updates"]

    led = browser("agree_to_sms", form={"agreed": "yes"})
    assert place(led) == "/track/orders/KITS-1001?said=sms-on"
    assert agreed()
    assert "Stop the SMS" in browser("order")["body"]
    browser("agree_to_sms", form={"agreed": "no"})
    assert not agreed()


def test_no_form_of_another_origin_does_anything(browser, sent):
    for headers in ({"sec-fetch-site": "same-site"}, {"sec-fetch-site": "cross-site"}):
        answer = browser("send_code", headers=headers)
        assert answer["statusCode"] == 403
    assert not sent


def test_who_comes_by_a_link_to_an_order_lands_on_it(browser, sent):
    asked = browser("order")
    assert place(asked) == "/track?order=KITS-1001"
    browser("send_code", form={"phone": "077 000 0012", "key": "k1", "order": "KITS-1001"})
    led = browser("take_code", form={"code": sent[0][1].split("#")[1]})
    assert place(led) == "/track/orders/KITS-1001"


def test_who_signs_out_is_out(browser, sent):
    sign_in(browser, sent)
    assert place(browser("sign_out")) == "/track"
    assert place(browser("orders")) == "/track"


@pytest.mark.parametrize("ended", ["its code was used", "its time is over"])
def test_a_form_that_is_sent_again_when_its_check_is_over_sends_another_code(
    browser, sent, owner, shop, ended
):
    owner.execute(
        """UPDATE backshop.stores SET settings =
             jsonb_set(settings, '{otp}', coalesce(settings -> 'otp', '{}') || '{"resend_seconds": 0}')
           WHERE id = %s""",
        [shop],
    )
    form = {"phone": "077 000 0012", "key": "k1"}
    if ended == "its code was used":
        assert place(sign_in(browser, sent)) == "/track/orders"
    else:
        browser("send_code", form=form)
        owner.execute(
            "UPDATE kits.otp_sessions SET expires_at = now() - interval '1 s' WHERE store_id = %s",
            [shop],
        )
    led = browser("send_code", form=form)
    assert (led["statusCode"], place(led), len(sent)) == (303, "/track/code", 2)
    refused = browser("take_code", form={"code": sent[0][1].split("#")[1]})
    assert refused["statusCode"] == 422, "the code from before"
    assert place(browser("take_code", form={"code": sent[1][1].split("#")[1]})) == "/track/orders"


def test_an_expired_session_asks_for_the_phone(browser, shop):
    claims = {"store_id": str(shop), "phone": PHONE}
    old = datetime.now(UTC) - timedelta(minutes=31)
    browser.cookies["__Host-shopper"] = tokens.sign(
        "shopper", claims, at=old, lasts=timedelta(minutes=30)
    )
    assert place(browser("orders")) == "/track"
    assert place(browser("agree_to_sms")).startswith("/track?order=")


def test_an_order_says_when_it_will_come(browser, sent, database, owner, shop):
    codes = [f"KITS-{number}" for number in range(2000, 2012)]
    add_orders(
        owner, shop, codes, phone=OTHER_PHONE, placed_at=datetime.now(UTC) - timedelta(days=20)
    )
    with transaction(database, shop) as tx:
        for stage in ("SOURCING", "ARRIVED", "DISPATCHED", "DELIVERED"):
            tx.execute(
                """SELECT count(*) FROM kits.update_order_delivery_statuses(
                       %s::text[], array_fill(%s::text, ARRAY[12]),
                       array_fill('TE-1'::text, ARRAY[12]), array_fill(NULL::text, ARRAY[12]), 'x')""",
                [codes, stage],
            )
    sign_in(browser, sent)
    shown = browser("order")["body"]
    assert "Likely to arrive" in shown
    assert len(re.findall(r"<time datetime=\"\d{4}-\d\d-\d\d\">", shown)) in (1, 2)


# ------------------------------------------------------------------------- own details


@pytest.fixture
def sold(owner, shop):
    """The orders as the shop itself holds them."""
    for id in ("1001", "1002"):
        owner.execute(
            """INSERT INTO connect.platform_order (store_id, order_id, platform, status, total_amount,
                 currency, line_items, code, shipping_address)
               VALUES (%s, %s, 'vendure', 'PaymentSettled', 5000, 'LKR', '[]', %s, %s)""",
            [
                shop,
                id,
                f"KITS-{id}",
                '{"name": "Nimal", "line1": "12 Temple Road", "city": "Kandy"}',
            ],
        )


TO = {
    "order": "KITS-1001",
    "name": "Nimal Perera",
    "line1": "7 Lake Road",
    "city": "Kandy",
    "postal_code": "20000",
    "country_code": "LK",
}


def wanted(owner, shop):
    return owner.execute(
        """SELECT order_id, status, requested_by, new_address ->> 'line1' AS line1, outbox_id
           FROM connect.address_update_request WHERE store_id = %s""",
        [shop],
    ).fetchall()


def test_a_shopper_sees_and_changes_their_own_details(browser, sent, sold, owner, shop):
    assert place(browser("show_profile")) == "/track", "nobody is signed in"
    owner.execute(
        """INSERT INTO kits.customers (store_id, vendure_customer_id, phone_number, marketing_consent)
           VALUES (%s, '7', %s, true)""",
        [shop, PHONE],
    )
    sign_in(browser, sent)
    shown = browser("show_profile")["body"]
    assert "12 Temple Road" in shown
    assert "KITS-1002" not in shown, "another phone's order"
    led = browser("change_profile", form={"name": HOSTILE, "key": "k"})
    assert place(led) == "/track/profile?said=saved"
    shown = browser("show_profile")["body"]
    assert HOSTILE not in shown
    assert HOSTILE in unescape(shown)
    assert "You said no" in shown
    [customer] = owner.execute(
        "SELECT marketing_consent, consent_told FROM kits.customers WHERE store_id = %s", [shop]
    ).fetchall()
    assert tuple(customer.values()) == (False, True)


def test_an_order_goes_elsewhere_until_the_courier_has_it(
    browser, sent, sold, owner, shop, database
):
    sign_in(browser, sent)
    for _ in range(2):
        led = browser("change_profile", form={**TO, "key": "once"})
        assert place(led) == "/track/profile?said=address"
    [asked] = wanted(owner, shop)
    assert asked.pop("outbox_id")
    assert list(asked.values()) == ["1001", "pending", "shopper", "7 Lake Road"]
    assert "You asked for another address" in browser("show_profile")["body"]
    other = browser("change_profile", form={**TO, "order": "KITS-1002", "key": "other"})
    assert other["statusCode"] == 404
    wrong = browser("change_profile", form={**TO, "line1": "", "country_code": "", "key": "w"})
    assert wrong["statusCode"] == 422
    assert 'value="Nimal Perera"' in wrong["body"]
    assert "Enter this: street and number." in wrong["body"]
    with transaction(database, shop) as tx:
        tx.execute(
            "SELECT FROM kits.update_order_delivery_status('KITS-1001', 'DISPATCHED', 'TE-1')"
        )
    late = browser("change_profile", form={**TO, "key": "late"})
    assert late["statusCode"] == 409
    assert "The courier has this order already" in late["body"]
    assert len(wanted(owner, shop)) == 1


def test_a_form_of_another_site_changes_nothing(browser, sent, sold, owner, shop):
    sign_in(browser, sent)
    for site in ("cross-site", "same-site"):
        answer = browser("change_profile", form=TO, headers={"sec-fetch-site": site})
        assert answer["statusCode"] == 403
    assert wanted(owner, shop) == []


@pytest.mark.parametrize("name", ["track", "try_on", "try_on_frame", "privacy"])
@pytest.mark.parametrize(
    ("query", "status"),
    [({}, 400), ({"store_id": "none"}, 404), ({"store_id": str(uuid4())}, 404)],
)
def test_a_page_of_no_shop_is_a_page_that_says_so(
    name, query, status, load, event, context, shop, new_store, owner
):
    """Where the address names none, or several are meant; the document promises both."""
    other = new_store("vendure")
    owner.execute(
        "UPDATE backshop.stores SET settings = settings || '{\"otp\": {}}' WHERE id = %s", [other]
    )
    browser = Browser(load("shopper_pages"), event, context, "api.example.com")
    answer = browser(name, query=query)
    assert answer["statusCode"] == status
    assert "<h1>" in answer["body"]
