"""POST /otp/send and /otp/verify against the real database; SMS by moto."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import bcrypt
import jwt
import psycopg
import pytest
from backshop import phone_check, senders
from backshop.errors import Unauthorized
from backshop.web import tokens
from moto.core import DEFAULT_ACCOUNT_ID
from moto.sns import sns_backends

from tests.backshop.kits.shop import OTHER_PHONE, PHONE, Caller, Clock, environments

REFUSED = "The code is wrong or no longer valid; try again or ask for a new one."


@pytest.fixture
def shop(owner, new_store):
    made = new_store("vendure")
    owner.execute(
        "UPDATE backshop.stores SET store_url = 'https://kits.example.com' || id WHERE id = %s",
        [made],
    )
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"otp": {"domain": "kits.example.com"}}'
           WHERE id = %s""",
        [made],
    )
    return made


@pytest.fixture
def call(load, event, context, shop) -> Caller:
    return Caller(load, event, context, shop)


@pytest.fixture
def clock(call: Caller, monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    made.at = datetime.now(UTC)
    monkeypatch.setattr(call.module("otp"), "datetime", made)
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What would have been sent: (phone, text), newest last."""
    texts: list[tuple[str, str]] = []
    monkeypatch.setattr(senders, "send_sms", lambda phone, text: texts.append((phone, text)))
    return texts


@pytest.fixture
def quick_hashes(call: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests of the database: hashes that cost nothing."""
    monkeypatch.setattr(phone_check, "ROUNDS", 4)
    monkeypatch.setattr(phone_check, "NOBODY", bcrypt.hashpw(b"nobody", bcrypt.gensalt(4)).decode())


def switched_on(owner: Any, store: Any, **settings: Any) -> Any:
    owner.execute(
        "UPDATE backshop.stores SET settings = settings || %s WHERE id = %s",
        [json.dumps({"otp": settings}), store],
    )
    return store


def code_in(text: str) -> str:
    return text.split("#")[1]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def start(call: Caller, sent: list[tuple[str, str]], phone: str = PHONE) -> tuple[str, str]:
    """A session and its code."""
    status, body = call("otp/send", body={"phone": phone})
    assert status == 202, body
    return body["session_id"], code_in(sent[-1][1])


def verify(call: Caller, session_id: str, code: str) -> tuple[int, Any]:
    return call("otp/verify", body={"session_id": session_id, "code": code})


def test_a_shopper_proves_their_phone(call, shop, owner):
    owner.execute(
        """INSERT INTO kits.customers (store_id, vendure_customer_id, email, phone_number)
           VALUES (%s, '1', 'kumari@example.com', %s), (%s, '2', 'nimal@example.com', %s)""",
        [shop, PHONE, shop, OTHER_PHONE],
    )
    status, body = call("otp/send", body={"phone": "077 000 0012"})
    assert status == 202
    assert (body["expires_in"], body["resend_after"]) == (300, 60)
    [(to, text)] = sns_backends[DEFAULT_ACCOUNT_ID]["eu-west-1"].sms_messages.values()
    assert to == f"+{PHONE}"
    assert re.search(r"\n@kits\.example\.com #\d{6}$", text), "the last line is WebOTP's"
    status, proof = verify(call, body["session_id"], code_in(text))
    assert status == 200
    assert proof["expires_in"] == 1800
    claims = tokens.read("shopper", proof["token"], at=datetime.now(UTC))
    assert (claims["store_id"], claims["phone"]) == (str(shop), PHONE)
    verified = owner.execute(
        "SELECT vendure_customer_id, phone_verified FROM kits.customers WHERE store_id = %s", [shop]
    ).fetchall()
    assert {row["vendure_customer_id"]: row["phone_verified"] for row in verified} == {
        "1": True,
        "2": False,
    }


def test_only_a_bcrypt_hash_of_the_code_is_kept_and_nothing_is_logged(
    call, sent, shop, owner, capfd
):
    session_id, code = start(call, sent)
    verify(call, session_id, wrong(code))
    verify(call, session_id, code)
    [row] = owner.execute("SELECT * FROM kits.otp_sessions WHERE store_id = %s", [shop]).fetchall()
    assert bcrypt.checkpw(code.encode(), row["otp_hash"].encode())
    assert code not in json.dumps({**row, "otp_hash": None}, default=str).replace("otp", "")
    assert (row["phone"], row["attempts"], row["verified"]) == (PHONE, 1, True)
    printed = capfd.readouterr()
    for secret in (code, PHONE, "0012", session_id):
        assert secret not in printed.out + printed.err


def test_a_code_works_once(call, sent):
    session_id, code = start(call, sent)
    assert verify(call, session_id, code)[0] == 200
    status, body = verify(call, session_id, code)
    assert (status, body["detail"]) == (401, REFUSED)


def test_every_refusal_says_the_same(call, sent, clock):
    session_id, code = start(call, sent)
    answers = [verify(call, session_id, wrong(code)), verify(call, "no-such-session", code)]
    clock.at += timedelta(minutes=5)
    answers.append(verify(call, session_id, code))
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert answers[0][0] == 401
    assert answers[0][1]["detail"] == REFUSED


def test_five_guesses_and_no_more(call, sent):
    session_id, code = start(call, sent)
    for _ in range(5):
        assert verify(call, session_id, wrong(code))[0] == 401
    assert verify(call, session_id, code)[0] == 401, "the sixth guess is not looked at"


def test_the_fifth_guess_may_be_right(call, sent):
    session_id, code = start(call, sent)
    for _ in range(4):
        verify(call, session_id, wrong(code))
    assert verify(call, session_id, code)[0] == 200


def test_five_minutes(call, sent, clock):
    session_id, code = start(call, sent)
    clock.at += timedelta(minutes=4, seconds=59)
    assert verify(call, session_id, code)[0] == 200
    clock.at += timedelta(minutes=1)
    session_id, code = start(call, sent)
    clock.at += timedelta(minutes=5)
    assert verify(call, session_id, code)[0] == 401


def test_a_resend_after_a_minute_ends_the_first_code_and_keeps_its_guesses(call, sent, clock):
    first, first_code = start(call, sent)
    for _ in range(4):
        verify(call, first, wrong(first_code))
    clock.at += timedelta(seconds=59)
    status, body = call("otp/send", body={"phone": PHONE})
    assert (status, body["type"].split("#")[1]) == (429, "too-many-codes")
    assert call.raw("otp/send", body={"phone": PHONE})["headers"]["Retry-After"] == "1"
    clock.at += timedelta(seconds=1)
    second, second_code = start(call, sent)
    assert verify(call, first, first_code)[0] == 401
    assert verify(call, second, wrong(second_code))[0] == 401, "the fifth guess"
    assert verify(call, second, second_code)[0] == 401, "there is no sixth"


def test_no_new_code_while_the_guesses_are_used_up(call, sent, clock):
    session_id, code = start(call, sent)
    for _ in range(5):
        verify(call, session_id, wrong(code))
    clock.at += timedelta(minutes=2)
    assert call("otp/send", body={"phone": PHONE})[0] == 429
    clock.at += timedelta(minutes=3, seconds=1)
    session_id, code = start(call, sent)
    assert verify(call, session_id, code)[0] == 200


def test_five_sends_in_any_ten_minutes_to_a_phone(call, sent, clock, quick_hashes):
    began = clock.at
    for minute in (0, 5, 6, 7, 9):
        clock.at = began + timedelta(minutes=minute)
        start(call, sent)
    clock.at = began + timedelta(minutes=9, seconds=59)
    answer = call.raw("otp/send", body={"phone": PHONE})
    assert (answer["statusCode"], answer["headers"]["Retry-After"]) == (429, "1")
    clock.at = began + timedelta(minutes=10, seconds=1)
    start(call, sent)
    clock.at += timedelta(minutes=1)
    assert call("otp/send", body={"phone": PHONE})[0] == 429, "five of the last ten minutes"
    assert len(sent) == 6


@pytest.mark.parametrize(
    ("addresses", "other"),
    [
        (["192.0.2.9"], "192.0.2.10"),
        (["2001:db8::1", "2001:db8::2:3"], "2001:db8:0:1::1"),
        (["::ffff:192.0.2.9", "192.0.2.9"], "192.0.2.10"),
    ],
)
def test_thirty_sends_an_hour_from_an_address(call, sent, clock, quick_hashes, addresses, other):
    for number in range(30):
        status, _ = call(
            "otp/send",
            body={"phone": f"9477000{number:02d}00"},
            address=addresses[number % len(addresses)],
        )
        assert status == 202
    one_more = {"phone": "94770010000"}
    assert call("otp/send", body=one_more, address=addresses[0])[0] == 429
    assert call("otp/send", body=one_more, address=other)[0] == 202
    clock.at += timedelta(hours=1, seconds=1)
    assert call("otp/send", body=one_more, address=addresses[0])[0] == 202


def test_a_refused_send_takes_from_no_limit(call, sent, clock, quick_hashes, owner, shop):
    start(call, sent)
    before = owner.execute("SELECT sum(cardinality(taken)) FROM kits.otp_limits").fetchone()
    assert call("otp/send", body={"phone": PHONE})[0] == 429
    assert owner.execute("SELECT sum(cardinality(taken)) FROM kits.otp_limits").fetchone() == before


def test_limits_are_the_stores_own(call, sent, clock, quick_hashes, owner, shop, new_store):
    owner.execute(
        """UPDATE backshop.stores SET settings = settings ||
             '{"otp": {"phone_sends": 1, "minutes": 10, "guesses": 2, "countries": ["LK", "US"]}}'
           WHERE id = %s""",
        [shop],
    )
    session_id, code = start(call, sent)
    assert sent[-1][1].endswith(f"@kits.example.com{shop} #{code}"), "the domain of the store's URL"
    clock.at += timedelta(minutes=9)
    assert call("otp/send", body={"phone": PHONE})[0] == 429
    verify(call, session_id, wrong(code))
    assert verify(call, session_id, code)[0] == 200
    assert call("otp/send", body={"phone": "+1 202 555 0123"})[0] == 202
    call.store = switched_on(owner, new_store("vendure"))
    assert verify(call, session_id, code)[0] == 401


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"phone": "011 200 0012"}, 422, "phone"),
        ({"phone": "+1 202 555 0123"}, 422, "phone"),
        ({"phone": ""}, 422, "phone"),
        ({"phone": 94770000012}, 422, "phone"),
        ({}, 422, "phone"),
        ({"phone": PHONE, "admin": True}, 422, "admin"),
        ("{", 400, None),
        ("[]", 422, ""),
    ],
)
def test_what_is_wrong_with_a_send_is_said(call, sent, body, status, field):
    got, problem = call("otp/send", body=body)
    assert got == status
    if field is not None:
        assert [each["field"] for each in problem["errors"]] == [field]
    assert PHONE not in json.dumps(problem)
    assert sent == []


@pytest.mark.parametrize("code", ["12345", "1234567", "12345a", "١٢٣٤٥٦", ""])
def test_what_is_no_code_costs_no_guess(call, sent, owner, shop, code):
    session_id, _ = start(call, sent)
    assert verify(call, session_id, code)[0] == 422
    row = owner.execute(
        "SELECT attempts FROM kits.otp_sessions WHERE store_id = %s", [shop]
    ).fetchone()
    assert row["attempts"] == 0


@pytest.mark.parametrize("named", ["no-uuid", "00000000-0000-0000-0000-000000000000"])
def test_an_unknown_store_is_a_404(call, sent, named):
    call.store = named
    assert call("otp/send", body={"phone": PHONE})[0] == 404
    assert sent == []


def test_a_provider_that_is_away_says_so_and_one_that_refuses_a_phone_does_not(call, monkeypatch):
    def fail(error: Exception) -> Callable[..., None]:
        def send(*_: str) -> None:
            raise error

        return send

    for error, phone, status in (
        (senders.MessageNotSent("away", lasting=False), "94770000031", 503),
        (senders.MessageNotSent("no such phone", lasting=True), "94770000032", 202),
        (senders.Doubtful("no answer"), "94770000033", 202),
    ):
        monkeypatch.setattr(senders, "send_sms", fail(error))
        assert call("otp/send", body={"phone": phone})[0] == status


def test_a_token_is_for_its_audience_and_its_time(call, sent):
    session_id, code = start(call, sent)
    token = verify(call, session_id, code)[1]["token"]
    now = datetime.now(UTC)
    tokens.read("shopper", token, at=now)
    with pytest.raises(Unauthorized):
        tokens.read("survey", token, at=now)
    with pytest.raises(Unauthorized):
        tokens.read("shopper", token, at=now + timedelta(minutes=30))
    forged = jwt.encode({"aud": "shopper", "exp": 9e9, "phone": PHONE}, "x" * 32, algorithm="HS256")
    unsigned = jwt.encode({"aud": "shopper", "exp": 9e9, "phone": PHONE}, "", algorithm="none")
    for other in (forged, unsigned, token[:-2], "", "a.b.c"):
        with pytest.raises(Unauthorized):
            tokens.read("shopper", other, at=now)


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_forty_guess_at_once_five_count_and_one_succeeds_at_most(
    call, sent, clock, quick_hashes, owner, rounds
):
    """Rounds in half of which several know the code."""
    began = clock.at
    with environments(call, 40) as crowd:
        for knowing in [0, 8] * rounds:
            owner.execute("DELETE FROM kits.otp_sessions")
            owner.execute("DELETE FROM kits.otp_limits")
            session_id, code = start(call, sent)
            guesses = [code] * knowing + [wrong(code)] * (40 - knowing)
            bodies = [{"session_id": session_id, "code": each} for each in guesses]
            answers = crowd.together([[("otp/verify", {"body": body})] for body in bodies])
            row = owner.execute(
                "SELECT attempts, verified FROM kits.otp_sessions WHERE session_id = %s",
                [session_id],
            ).fetchone()
            assert answers.count(200) == row["verified"], "at most one, and the row knows"
            assert answers.count(200) + answers.count(401) == 40
            counted = row["attempts"] + row["verified"]
            assert counted <= 5
            assert knowing or counted == 5
    assert clock.at == began


def flood(call: Caller, sends: int) -> list[int]:
    """Ask for a code for that many phones of one prefix, each from an address of its own, in four
    environments at once."""
    calls = [
        (
            "otp/send",
            {
                "body": {"phone": f"9477001{number:04d}"},
                "address": f"198.51.{number // 256}.{number % 256}",
            },
        )
        for number in range(sends)
    ]
    call.module("otp")
    with environments(call, 4) as crowd:
        return crowd.together([calls[place::4] for place in range(4)])


def test_sends_over_one_prefix_stay_below_its_daily_cap(
    call, sent, clock, quick_hashes, owner, shop
):
    owner.execute(
        """UPDATE backshop.stores SET settings = settings || '{"otp": {"prefix_sends": 50}}'
           WHERE id = %s""",
        [shop],
    )
    answers = flood(call, 200)
    assert answers.count(202) == 50
    assert answers.count(429) == 150
    made = owner.execute(
        "SELECT count(*) AS number FROM kits.otp_sessions WHERE store_id = %s", [shop]
    ).fetchone()
    assert made["number"] == 50
    clock.at += timedelta(hours=23)
    assert call("otp/send", body={"phone": "94770019999"})[0] == 429
    clock.at += timedelta(hours=1, seconds=1)
    assert call("otp/send", body={"phone": "94770019999"})[0] == 202


@pytest.mark.slow
def test_ten_thousand_sends_over_one_prefix_stay_below_the_cap(call, sent, clock, quick_hashes):
    answers = flood(call, 10_000)
    assert answers.count(202) == 200
    assert answers.count(429) == 9_800


Case = dict[str, str]


@pytest.fixture
def cases(call, sent, owner, shop) -> Case:
    """Sessions that are refused, each for another reason."""
    wrong_one, _ = start(call, sent)
    expired, _ = start(call, sent, OTHER_PHONE)
    used_up, _ = start(call, sent, "94770000077")
    owner.execute("UPDATE kits.otp_sessions SET attempts = 5 WHERE session_id = %s", [used_up])
    owner.execute(
        "UPDATE kits.otp_sessions SET expires_at = now() - interval '1 s' WHERE session_id = %s",
        [expired],
    )
    return {
        "unknown": "no-such-session",
        "wrong": wrong_one,
        "expired": expired,
        "used up": used_up,
    }


def test_verify_takes_the_same_steps_for_unknown_wrong_expired_and_used_up(
    call, owner, cases, monkeypatch
):
    """As many statements, and one hash of the real cost for whatever it is: neither the answer nor
    its time tells whether there is a session."""
    execute, check = psycopg.Cursor.execute, bcrypt.checkpw
    steps: list[str] = []

    def executed(self, query, *rest, **named):
        steps.append(str(query)[:12])
        return execute(self, query, *rest, **named)

    def checked(code, hashed):
        steps.append(f"{len(code)} {hashed[:7]!r}")
        return check(code, hashed)

    monkeypatch.setattr(psycopg.Cursor, "execute", executed)
    monkeypatch.setattr(bcrypt, "checkpw", checked)
    ways = {}
    for name, session in cases.items():
        steps.clear()
        assert verify(call, session, "000000")[0] == 401
        ways[name] = tuple(steps)
    assert len(set(ways.values())) == 1, ways
    [hashed] = [each for each in ways["unknown"] if "$2b$" in each]
    assert f"$2b${phone_check.ROUNDS:02d}$" in hashed


def test_expired_sessions_and_old_limits_are_cleaned_by_the_schedule(
    call, sent, clock, quick_hashes, owner, shop, load, event, context
):
    clock.at = datetime.now(UTC) - timedelta(days=2)
    start(call, sent)
    clock.at = None
    live, _ = start(call, sent, OTHER_PHONE)
    done = load("maintain").handler(event("maintain/scheduled"), context)
    assert done["otp_sessions_deleted"] >= 1
    left = owner.execute(
        "SELECT session_id FROM kits.otp_sessions WHERE store_id = %s", [shop]
    ).fetchall()
    assert [row["session_id"] for row in left] == [live]
    keys = owner.execute(
        "SELECT key FROM kits.otp_limits WHERE store_id = %s AND scope = 'phone'", [shop]
    ).fetchall()
    assert [row["key"] for row in keys] == [OTHER_PHONE]


@pytest.mark.parametrize(
    "typed",
    [
        *(" 123456", "123456 ", "123 456", "123-456", "12 34 56", "123456\n"),
        *("123\u00a0456", "123\u2013456", "\u200e123456\u200b", "\ufeff123456"),
    ],
)
def test_a_code_is_the_same_however_it_is_typed(load, typed):
    """Codes are pasted with a space and written in groups (mozilla/fxa#2498, #2829)."""
    assert load("otp").Guess(session_id="s", code=typed).code == "123456"
