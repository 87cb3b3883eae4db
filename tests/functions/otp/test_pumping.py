"""SMS cost money and reach strangers: nobody has more of them sent than a phone, a block of
numbers, a store and the deployment may."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from backshop import db
from backshop.aws import config
from backshop.kits.otp import repository as otp
from backshop.kits.otp import rules

from tests.backshop.kits.shop import PHONE, Caller, Clock, environments
from tests.functions.otp.test_otp import call as call
from tests.functions.otp.test_otp import quick_hashes as quick_hashes
from tests.functions.otp.test_otp import sent as sent
from tests.functions.otp.test_otp import shop as shop
from tests.functions.otp.test_otp import switched_on


@pytest.fixture
def clock(call: Caller, monkeypatch: pytest.MonkeyPatch, quick_hashes) -> Clock:
    made = Clock()
    made.at = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    monkeypatch.setattr(call.module("otp"), "datetime", made)
    return made


def send(call: Caller, phone: str = PHONE, **more: Any) -> int:
    status: int = call("otp/send", body={"phone": phone}, **more)[0]
    return status


def test_a_phone_is_capped_over_all_stores(call, sent, clock, owner, new_store, shop):
    """Twenty stores, each within its own limits."""
    answers = []
    for _ in range(20):
        call.store = switched_on(owner, new_store("vendure"), resend_seconds=0)
        answers += [send(call), send(call)]
    assert answers == [202] * 5 + [429] * 35


def test_a_phone_has_a_day_s_cap_whatever_the_hour(call, sent, clock, owner, new_store, shop):
    stores = [shop, *(switched_on(owner, new_store("vendure")) for _ in range(2))]
    answers = []
    for number in range(60):
        call.store = stores[number % 3]
        answers.append(send(call))
        clock.at += timedelta(minutes=20)
    assert answers.count(202) == 10
    clock.at += timedelta(hours=4, seconds=1)
    assert send(call) == 202


@pytest.mark.parametrize("together", [True, False], ids=["locked", "control without the lock"])
def test_stores_that_send_to_a_phone_at_once_see_each_other(
    call, sent, clock, owner, new_store, shop, together
):
    """Forty stores at once. Without the phone's lock several see the same sends, and all go on."""
    stores = [switched_on(owner, new_store("vendure"), resend_seconds=0) for _ in range(40)]
    if not together:
        owner.execute(UNLOCKED)
    try:
        most = 0
        for _ in range(1 if together else 10):
            for table in ("otp_limits", "otp_phones"):
                owner.execute(f"DELETE FROM kits.{table}")
            bodies = [
                [("otp/send", {"body": {"phone": PHONE}, "query": {"store_id": str(store)}})]
                for store in stores
            ]
            with environments(call, 40) as crowd:
                most = max(most, crowd.together(bodies).count(202))
            if most > 5:
                break
        assert (most == 5) is together, most
    finally:
        owner.execute(LOCKED)


LOCKED = """
CREATE OR REPLACE FUNCTION kits.sends_to_phone(phone text, since timestamptz, at timestamptz)
RETURNS timestamptz[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO kits.otp_phones AS p (phone_hash, last_taken)
    VALUES (sha256(convert_to(phone, 'UTF8')), at)
    ON CONFLICT (phone_hash) DO UPDATE SET last_taken = greatest(p.last_taken, excluded.last_taken);
    RETURN ARRAY(
        SELECT taken.at
        FROM kits.otp_limits AS l, unnest(l.taken) AS taken (at)
        WHERE l.scope = 'phone' AND l.key = phone AND taken.at > since
        ORDER BY taken.at
    );
END
$$"""
UNLOCKED = LOCKED.replace(LOCKED[LOCKED.index("    INSERT") : LOCKED.index("    RETURN A")], "")


def test_a_prefix_counts_phones_and_not_sends(call, sent, clock, owner, shop):
    """Who is sent to again is no new phone, and nobody blocks a block of numbers with one of
    them."""
    switched_on(owner, shop, prefix_sends=3, phone_sends=50, phone_daily_sends=50)
    for _ in range(10):
        assert send(call, "94770010001") == 202
        clock.at += timedelta(minutes=2)
    assert [send(call, f"9477001000{last}") for last in (2, 3, 4, 5)] == [202, 202, 429, 429]
    clock.at += timedelta(minutes=2)
    assert send(call, "94770010001") == 202, "a known phone is sent to all the same"
    assert send(call, "94770110001") == 202, "and so is another block"
    clock.at += timedelta(days=1)
    assert send(call, "94770010004") == 202


def test_a_store_has_a_budget_a_day(call, sent, clock, owner, shop, new_store):
    switched_on(owner, shop, daily_sends=3)
    phones = [f"94770{number}0001" for number in range(10, 16)]
    assert [send(call, phone) for phone in phones] == [202] * 3 + [429] * 3
    call.store = switched_on(owner, new_store("vendure"))
    assert send(call, phones[4]) == 202, "another store has its own"
    call.store = shop
    clock.at += timedelta(hours=15)
    assert send(call, phones[5]) == 202, "the next day"
    switched_on(owner, shop, daily_sends=0)
    assert send(call, "94770200001") == 429


def test_all_stores_together_have_a_budget_a_day(
    call, sent, clock, owner, new_store, shop, monkeypatch
):
    monkeypatch.setenv("OTP_DAILY_SENDS", "4")
    answers = []
    for number in range(8):
        call.store = switched_on(owner, new_store("vendure"))
        answers.append(send(call, f"94770{10 + number}0001"))
    assert answers == [202] * 4 + [429] * 4
    clock.at += timedelta(hours=15)
    assert send(call, "94770200001") == 202


def test_a_budget_is_not_overdrawn_by_many_at_once(call, sent, clock, owner, shop):
    switched_on(owner, shop, daily_sends=7)
    calls = [
        (
            "otp/send",
            {"body": {"phone": f"94770{number}0001"}, "address": f"198.51.100.{number}"},
        )
        for number in range(10, 50)
    ]
    with environments(call, 8) as crowd:
        answers = crowd.together([calls[place::8] for place in range(8)])
    assert (answers.count(202), answers.count(429)) == (7, 33)


@pytest.mark.parametrize("otp_settings", [None, {"enabled": False}])
def test_only_stores_that_switched_it_on_send(call, sent, owner, new_store, shop, otp_settings):
    call.store = new_store("vendure")
    if otp_settings:
        switched_on(owner, call.store, **otp_settings)
    status, problem = call("otp/send", body={"phone": PHONE})
    assert status == 404
    assert "settings.otp" in problem["detail"]
    assert call("otp/verify", body={"session_id": "s", "code": "123456"})[0] == 404
    assert sent == []
    switched_on(owner, call.store)
    assert send(call) == 202


def test_what_is_refused_says_when_to_ask_again(call, sent, clock, owner, shop):
    """As a header and in words; and then it is so."""

    def refused() -> tuple[int, str]:
        answer = call.raw("otp/send", body={"phone": PHONE})
        assert answer["statusCode"] == 429
        return int(answer["headers"]["Retry-After"]), answer["body"]

    switched_on(owner, shop, phone_sends=2, phone_daily_sends=3, daily_sends=4)
    assert send(call) == 202
    for wait, words in ((60, "60 seconds"), (480, "8 minutes"), (85_740, "24 hours")):
        clock.at += timedelta(seconds=0 if wait == 60 else 60)
        seconds, body = refused()
        assert (seconds, f"in {words}." in body) == (wait, True), body
        clock.at += timedelta(seconds=seconds)
        if wait != 85_740:
            assert send(call) == 202
        else:
            clock.at -= timedelta(seconds=1)
            assert send(call) == 429
            clock.at += timedelta(seconds=1, microseconds=1)
            assert send(call) == 202


@pytest.mark.parametrize(
    "seconds, words",
    [(0.2, "1 second"), (59, "59 seconds"), (61, "2 minutes"), (3600, "60 minutes"), (3601, "2 hours")],
)  # fmt: skip
def test_waits_in_words(seconds, words):
    assert rules.in_words(timedelta(seconds=seconds)) == words


@pytest.mark.parametrize(
    "name, told, secret, counted",
    [
        ("", "203.0.113.7", "right", "192.0.2.1"),
        ("CloudFront-Viewer-Address", "203.0.113.7:4711", "right", "203.0.113.7"),
        ("CloudFront-Viewer-Address", "203.0.113.7:4711", "wrong", "192.0.2.1"),
        ("CloudFront-Viewer-Address", "203.0.113.7:4711", None, "192.0.2.1"),
        ("CloudFront-Viewer-Address", "203.0.113.7:4711", "\udcff", "192.0.2.1"),
        ("CloudFront-Viewer-Address", "[2001:db8::7]:443", "right", "2001:db8::7"),
        ("CloudFront-Viewer-Address", "nonsense", "right", "192.0.2.1"),
        ("CloudFront-Viewer-Address", None, "right", "192.0.2.1"),
        ("X-Forwarded-For", "198.51.100.9, 203.0.113.7, 192.0.2.1", "right", "203.0.113.7"),
        ("X-Forwarded-For", "203.0.113.7", "right", "203.0.113.7"),
    ],
)
def test_callers_are_who_the_cdn_says(
    call, sent, clock, owner, shop, monkeypatch, name, told, secret, counted
):
    """The header is anybody's to send; the CDN's secret beside it is not."""
    made = config.client("secretsmanager").create_secret(Name="cdn", SecretString="right")
    monkeypatch.setenv("CDN_ADDRESS_HEADER", name)
    monkeypatch.setenv("CDN_SECRET", made["ARN"])
    request = call.request("otp/send", body={"phone": PHONE}, address="192.0.2.1")
    header = (name or "CloudFront-Viewer-Address").lower()
    request["headers"] |= {key: value for key, value in ((header, told), ("x-cdn-secret", secret)) if value}  # fmt: skip
    assert call.module("otp").handler(request, call.context)["statusCode"] == 202
    rows = owner.execute(
        "SELECT key FROM kits.otp_limits WHERE store_id = %s AND scope = 'address'", [shop]
    ).fetchall()
    assert [row["key"] for row in rows] == [rules.network(counted)]


def test_staff_see_what_is_spent(call, sent, clock, owner, shop, new_store):
    for number in range(3):
        assert send(call, f"94770{10 + number}0001") == 202
    clock.at += timedelta(days=1)
    assert send(call, "94770090001") == 202
    call.store = switched_on(owner, new_store("vendure"))
    assert send(call, "94770080001") == 202
    call.store = shop
    status, usage = call("otp/usage")
    assert status == 200
    assert usage == {
        "days": [{"day": "2026-11-21", "sends": 1}, {"day": "2026-11-20", "sends": 3}],
        "daily_sends": 1000,
        "sends_of_all_stores": 2,
        "daily_sends_of_all_stores": 5000,
    }
    request = call.request("otp/usage")
    store = {"kind": "store", "id": str(shop), "store_id": str(shop), "scopes": "store"}
    request["requestContext"]["authorizer"] = {"lambda": store}
    assert call.module("otp").handler(request, call.context)["statusCode"] == 403


def test_the_shared_counts_are_nobody_s_to_read(database, owner, shop, aws):
    """Neither whose phones they are nor what other stores spent."""
    with db.transaction(store_id=shop) as tx:
        otp.sends_to_phone(tx, PHONE, datetime.now(UTC), datetime.now(UTC))
        otp.spend_of_all(tx, datetime.now(UTC).date(), 5)
    held = str(owner.execute("SELECT * FROM kits.otp_phones").fetchall())
    assert PHONE not in held
