"""Asking a platform: what is asked again, how long is waited, and what is final."""

import email.utils
import time

import httpx
import pytest
from backshop.platforms import api
from backshop.platforms.api import Deadline
from backshop.platforms.errors import (
    PayloadError,
    PermanentRefusal,
    TransientFailure,
    TransientOutage,
)
from backshop.platforms.ports import Credentials
from backshop.platforms.vendure.api import VendureApi as Vendure
from backshop.platforms.woocommerce.api import WooCommerceApi as WooCommerce

from shops.running import running


def client(handler):
    return httpx.Client(base_url="https://shop.example.com", transport=httpx.MockTransport(handler))


def answers(*given):
    waiting = list(given)

    def handler(request):
        each = waiting.pop(0)
        if isinstance(each, Exception):
            raise each
        return each

    return client(handler)


def send(http):
    return api.send(http, Deadline(), "GET", "/")


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 520])
def test_what_may_pass_is_passing(status):
    with pytest.raises(TransientFailure, match=str(status)):
        send(answers(httpx.Response(status)))


@pytest.mark.parametrize(
    "broken",
    [
        httpx.ConnectError("no route"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        httpx.ReadError("reset"),
    ],
)
def test_a_broken_connection_may_be_whole_the_next_time(broken):
    with pytest.raises(TransientFailure):
        send(answers(broken))


def test_a_body_that_does_not_unpack_is_asked_for_again():
    def handler(request):
        packed = {"Content-Encoding": "gzip"}
        return httpx.Response(200, headers=packed, stream=httpx.ByteStream(b"no gzip at all"))

    with pytest.raises(TransientFailure):
        send(client(handler))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_credentials_do_not_follow_a_redirect(status):
    elsewhere = httpx.Response(status, headers={"Location": "https://evil.example.com"})
    with pytest.raises(PermanentRefusal, match="store_url"):
        send(answers(elsewhere))


@pytest.mark.parametrize("status", [200, 201, 400, 401, 404])
def test_other_answers_are_the_callers_to_judge(status):
    assert send(answers(httpx.Response(status, content=b"{}"))).status == status


def test_retry_after_in_seconds_or_as_a_date():
    assert api.retry_after("7") == 7.0
    assert api.retry_after("1.5") == 1.5
    soon = email.utils.formatdate(time.time() + 60, usegmt=True)
    assert 55 < api.retry_after(soon) <= 60
    assert api.retry_after("-3") == 0.0
    for said in (None, "", "soon", "Fri"):
        assert api.retry_after(said) is None


def tries(*outcomes, left=900.0):
    """What insisting comes to, and the waits in between."""
    waits: list[float] = []
    given = list(outcomes)

    def ask():
        each = given.pop(0)
        if isinstance(each, Exception):
            raise each
        return each

    deadline = Deadline(lambda: left, waits.append)
    try:
        return api.with_retries(ask, deadline), waits
    except (TransientOutage, PermanentRefusal) as end:
        return end, waits


def test_the_platforms_own_wait_is_kept():
    assert tries(TransientFailure("429", 5.0), TransientFailure("429", 2.0), "got it") == (
        "got it",
        [5.0, 2.0],
    )


def test_waits_grow():
    got, waits = tries(*[TransientFailure("x")] * 7, "got it")
    assert got == "got it"
    assert all(0.05 * 2**n <= wait <= 0.1 * 2**n for n, wait in enumerate(waits))


def test_half_of_a_page_is_asked_for_again():
    assert tries(PayloadError("", "not JSON"), "whole")[0] == "whole"


def test_a_refusal_is_not_repeated():
    end, waits = tries(PermanentRefusal("no"), "never asked")
    assert isinstance(end, PermanentRefusal)
    assert waits == []


@pytest.mark.parametrize(
    "outcomes, left",
    [
        ([TransientFailure("x")] * 9, 900.0),
        ([TransientFailure("x", 31.0)], 900.0),
        ([TransientFailure("x", 5.0)], 4.0),
    ],
)
def test_in_the_end_somebody_else_comes_later(outcomes, left):
    end, _ = tries(*outcomes, left=left)
    assert isinstance(end, TransientOutage)
    assert end.after == outcomes[-1].after


def test_plain_http_is_signed_with_oauth_because_basic_is_refused_there():
    with running("woocommerce", orders=3, plain_http=True) as shop:
        keys = shop.credentials["api_key"], shop.credentials["secret"]
        basic = httpx.get(f"{shop.url}/wp-json/wc/v3/orders", auth=keys)
        assert basic.status_code == 401
        signed = WooCommerce(Credentials(shop.url, *keys))
        params = {"status": "any", "search": "a b&c/ü~"}
        assert signed.get("orders", params).status == 200
        assert signed.get("orders", params).status == 200, "each request has a nonce of its own"
        with pytest.raises(PermanentRefusal, match="read/write"):
            WooCommerce(Credentials(shop.url, keys[0], "wrong")).get("orders", {})


def test_over_tls_keys_go_as_basic():
    shop = WooCommerce(Credentials("https://shop.example.com", "ck", "cs"))
    assert shop._client.headers["Authorization"].startswith("Basic ")


@pytest.mark.parametrize("by_key", [True, False])
def test_vendure_signs_in_either_way(by_key):
    with running("vendure", orders=3) as shop:
        held = shop.credentials
        pair = (held["api_key"], "-") if by_key else (held["username"], held["password"])
        vendure = Vendure(Credentials(shop.url, *pair))
        assert vendure.run("shop", {})["activeChannel"]["defaultCurrencyCode"]


def test_a_forgotten_vendure_session_is_renewed():
    """A dead token is answered with status 200, FORBIDDEN and an empty token."""
    with running("vendure", orders=3) as shop:
        held = shop.credentials
        vendure = Vendure(Credentials(shop.url, held["username"], held["password"]))
        variables = {"options": {"take": 1}}
        assert vendure.run("orders", variables)
        shop.control("settings", forget_tokens=True)
        assert vendure.run("orders", variables)


def test_a_refused_vendure_login_is_final_though_its_status_is_200():
    with running("vendure", orders=3) as shop:
        vendure = Vendure(Credentials(shop.url, "superadmin", "wrong"))
        with pytest.raises(PermanentRefusal, match="user name or password"):
            vendure.run("shop", {})
        with pytest.raises(PermanentRefusal, match="ReadOrder"):
            Vendure(Credentials(shop.url, "no:key", "-")).run("orders", {"options": {"take": 1}})
