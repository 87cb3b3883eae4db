"""What the suite's watch over log lines finds, and that it is watching."""

from __future__ import annotations

import secrets

import pytest
from backshop import logs

from tests.private_lines import CODES, Watch, private


@pytest.mark.parametrize(
    "planted, kind",
    [
        ("shopper@example.com", "e-mail"),
        ("a.b+c@mail.example.co.uk", "e-mail"),
        ("+1 555 0123", "phone"),
        ("+15555550123", "phone"),
        ("94771234567", "phone"),
        ("0771234567", "phone"),
        ("077 123 4567", "phone"),
        ("bs_staff_0123456789abcdef0123456789abcdef_abcdefgh", "key"),
        ("shpat_0123456789abcdef", "key"),
        ("ck_0123456789abcdef0123456789", "key"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.x", "token"),
        ("123456", "code"),
    ],
)
def test_what_is_private_is_found(planted: str, kind: str) -> None:
    line = f'{{"level": "INFO", "message": "sent", "to": "{planted}"}}'
    assert kind in private(line, {"123456"})


@pytest.mark.parametrize(
    "said",
    [
        '{"timestamp":"2026-11-28 20:28:25,302+0000","store_id":"00000000-0000-4000-8000-000000000000"}',
        '{"order_id":"820982911946154508","at":["/opt/python/backshop/logs.py:123456 guarded"]}',
        '{"rows":654321,"seconds":0.123456}',
    ],
)
def test_ids_times_and_numbers_are_not_private(said: str) -> None:
    assert private(said, {"123456"}) == []


def test_the_watch_is_on(private_lines: Watch) -> None:
    code = f"{secrets.randbelow(CODES):06d}"
    logs.info("sent", to="shopper@example.com", code=code)
    found, private_lines.found[:] = list(private_lines.found), []
    assert [each.split(" in:")[0] for each in found] == ["e-mail", "code"]
