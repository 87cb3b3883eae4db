"""Who signed a delivery: the recorded ones, our own, and thousands that nobody did."""

import hmac
import random
from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

import pytest
from backshop import platforms

from tests.backshop.platforms.recorded import NOW, SECRET, deliveries

BODY = b'{"id": 1, "note": "\xc3\xa9"}'
SIGNED = {name: pair for name, pair in deliveries().items() if not name.endswith("ping")}


def shopify(secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, sha256).digest()
    return {"X-Shopify-Hmac-Sha256": b64encode(mac).decode()}


def woocommerce(secret: str = SECRET, body: bytes = BODY) -> dict[str, str]:
    mac = hmac.new(secret.encode(), body, sha256).digest()
    return {"X-WC-Webhook-Signature": b64encode(mac).decode()}


def vendure(secret: str = SECRET, body: bytes = BODY, at: str | None = None) -> dict[str, str]:
    stamp = at if at is not None else str(int(NOW.timestamp()))
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, sha256).hexdigest()
    return {"X-Vendure-Timestamp": stamp, "X-Vendure-Signature": f"sha256={mac}"}


SIGN = {"shopify": shopify, "woocommerce": woocommerce, "vendure": vendure}


@pytest.mark.parametrize("name", SIGNED)
def test_every_recorded_delivery_is_signed_by_its_secret_and_no_other(name):
    headers, body = SIGNED[name]
    assert platforms.load("woocommerce").signatures.verify(headers, body, [SECRET], NOW)
    assert not platforms.load("woocommerce").signatures.verify(headers, body, ["another"], NOW)
    assert not platforms.load("woocommerce").signatures.verify(headers, body + b" ", [SECRET], NOW)


@pytest.mark.parametrize("platform", SIGN)
def test_two_secrets_are_accepted_during_a_rotation(platform):
    for secrets in (["old", "new"], ["new", "old"], ["new"]):
        assert platforms.load(platform).signatures.verify(SIGN[platform]("new"), BODY, secrets, NOW)
    assert not platforms.load(platform).signatures.verify(
        SIGN[platform]("older"), BODY, ["old", "new"], NOW
    )


@pytest.mark.parametrize("platform", SIGN)
@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_accepted(platform, secrets):
    for claimed in (SIGN[platform](""), SIGN[platform](), {}):
        assert not platforms.load(platform).signatures.verify(claimed, BODY, secrets, NOW)


@pytest.mark.parametrize("platform", SIGN)
def test_names_of_headers_come_in_any_case(platform):
    for spell in (str.lower, str.upper, str.title):
        headers = {spell(name): said for name, said in SIGN[platform]().items()}
        assert platforms.load(platform).signatures.verify(headers, BODY, [SECRET], NOW)


@pytest.mark.parametrize("platform", SIGN)
def test_no_mutated_signature_is_accepted(platform):
    rng = random.Random(20)
    headers = SIGN[platform]()
    name = next(each for each in headers if each.endswith(("Sha256", "Signature")))
    for number in range(40_000):
        mutated = mutate(rng, headers[name])
        if mutated != headers[name]:
            given = headers | {name: mutated}
            assert not platforms.load(platform).signatures.verify(given, BODY, [SECRET], NOW), (
                number,
                mutated,
            )


def mutate(rng: random.Random, text: str) -> str:
    place = rng.randrange(len(text))
    return rng.choice(
        [
            text[:place]
            + chr(rng.choice([0, 9, 32, 43, 47, 61, 233, 8364, 120]))
            + text[place + 1 :],
            text[:place] + text[place + 1 :],
            text[:place] + text[place].swapcase() + text[place + 1 :],
            text + rng.choice(["=", " ", "\n", "A", "\x00", "é"]),
            rng.choice([" ", "\ufeff", "sha256="]) + text,
            text[:place],
        ]
    )


@pytest.mark.parametrize("claimed", ["", "é€", "\udcff", "\x00", "=" * 10_000])
@pytest.mark.parametrize("platform", SIGN)
def test_an_odd_signature_is_refused_and_does_not_raise(platform, claimed):
    headers = dict.fromkeys(SIGN[platform](), claimed)
    assert platforms.load(platform).signatures.verify(headers, BODY, [SECRET], NOW) is False


@pytest.mark.parametrize(
    "minutes, accepted", [(0, True), (-350, True), (9, True), (-361, False), (11, False)]
)
def test_vendure_deliveries_grow_old(minutes, accepted):
    stamp = str(int((NOW + timedelta(minutes=minutes)).timestamp()))
    assert (
        platforms.load("vendure").signatures.verify(vendure(at=stamp), BODY, [SECRET], NOW)
        is accepted
    )


def test_vendure_timestamps_may_be_seconds_milliseconds_or_iso():
    for stamp in (str(int(NOW.timestamp())), str(int(NOW.timestamp() * 1000)), NOW.isoformat()):
        assert platforms.load("vendure").signatures.verify(vendure(at=stamp), BODY, [SECRET], NOW)


@pytest.mark.parametrize(
    "stamp", ["", "yesterday", "9" * 30, "-1", "2026-11-20T04:00:00", "٣", "NaN"]
)
def test_a_vendure_timestamp_that_is_no_time_is_refused_though_it_is_signed(stamp):
    assert not platforms.load("vendure").signatures.verify(vendure(at=stamp), BODY, [SECRET], NOW)


def test_a_signed_vendure_timestamp_cannot_be_moved():
    headers = vendure(at=str(int((NOW - timedelta(days=2)).timestamp())))
    moved = headers | {"X-Vendure-Timestamp": str(int(NOW.timestamp()))}
    assert not platforms.load("vendure").signatures.verify(moved, BODY, [SECRET], NOW)


def test_an_unknown_platform_is_an_error_of_ours():
    with pytest.raises(ValueError, match="magento"):
        platforms.load("magento").signatures.verify({}, BODY, [SECRET], NOW)
