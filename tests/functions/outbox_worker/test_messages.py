"""What a message to a customer says and where it goes, whoever filled in the order's form."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from importlib import import_module
from types import ModuleType, SimpleNamespace
from uuid import uuid4

import pytest
from backshop import commerce, senders
from backshop.web.pages import mails

LINK = "https://shop.example.com/pages/shade-survey?token=t"


@pytest.fixture
def messages(load) -> ModuleType:
    load("outbox_worker")
    return import_module("messages")


@pytest.mark.parametrize(
    "name",
    [
        "https://evil.example.com",
        "evil.example.com",
        "Win 500 at evil.example",
        "www.evil",
        "evil\u3002example",
        "evil\uff0eexample.com",
        "evil\u2024com",
        "e@evil.example",
        "//evil",
        "evil/x",
        "evil:8080",
        "tel:+15550100",
        "+1 555 0100",
        "<a href=x>",
        "Ann\nclick evil.example",
        "Ann\u2028x",
        "Ann\u202ex",
        "Ann\u200bx",
        "a.b",
        "J.R",
        ".com",
        "you have won a prize today",
        "x" * 41,
        " ",
        "",
        None,
    ],
)
def test_a_first_name_that_could_be_a_link_is_not_said(name):
    brand, until = mails.brand_of(store("UTC")), datetime(2026, 12, 1, tzinfo=UTC)
    worth = (Decimal(5), "USD")
    made = [
        mails.write("invitation", brand, LINK, name=name),
        mails.write("discount", brand, LINK, name=name, code="CODE", amount=worth, until=until),
    ]
    without = [
        mails.write("invitation", brand, LINK),
        mails.write("discount", brand, LINK, code="CODE", amount=worth, until=until),
    ]
    assert made == without
    assert all(each.text.startswith("Hello,\n") for each in made)


@pytest.mark.parametrize(
    "name",
    [
        "Ann",
        "Ann-Marie",
        "O'Neill",
        "D’Arcy",
        "J. R.",
        "किशोर",
        "Zoë",
        "Ngọc Ánh",
        "Adaeze",
        "王芳",
    ],
)
def test_a_name_is_said(name):
    mail = mails.write("invitation", mails.brand_of(store("UTC")), LINK, name=f" {name} ")
    assert mail.text.startswith(f"Hello {name},\n")


def store(zone: str, country: str | None = None) -> commerce.Store:
    return commerce.Store(
        id=uuid4(),
        platform=commerce.Platform.SHOPIFY,
        url="https://osaz.example.com",
        currency="NGN",
        time_zone=zone,
        settings={"shade": {"country": country}},
    )


@pytest.mark.parametrize(
    "zone, country, typed, sent",
    [
        ("Africa/Lagos", None, "0803 123 4567", "2348031234567"),
        ("Africa/Lagos", None, "2348031234567", "2348031234567"),
        ("Africa/Lagos", None, "+234 803 123 4567", "2348031234567"),
        ("Africa/Lagos", None, "+44 7400 123456", "447400123456"),
        ("Asia/Colombo", None, "077 123 4567", "94771234567"),
        ("America/New_York", None, "(202) 555-0123", "12025550123"),
        ("UTC", "NG", "0803 123 4567", "2348031234567"),
        ("Europe/London", "NG", "0803 123 4567", "2348031234567"),
        ("UTC", None, "+2348031234567", "2348031234567"),
        ("UTC", None, "0803 123 4567", None),
        ("Africa/Lagos", None, "12345", None),
        ("Africa/Lagos", None, "0803 123 4567 ext 9", None),
        ("Africa/Lagos", None, None, None),
    ],
)
def test_sms_numbers_are_read_with_the_store_s_country(
    messages, monkeypatch, zone, country, typed, sent
):
    went: list[str] = []

    def send(phone: str, _text: str) -> str:
        went.append(phone)
        return "ref"

    monkeypatch.setattr(senders, "send_sms", send)
    customer = SimpleNamespace(email=None, phone_number=typed)
    to = messages.recipient("sms", customer, store(zone, country))
    message = mails.write("invitation", mails.brand_of(store(zone)), LINK, name="Ann")
    if sent is None:
        with pytest.raises(messages.PermanentDecline):
            messages.send_once(message, to, None, lambda _state: None)
    else:
        assert messages.send_once(message, to, None, lambda _state: None) == "ref"
    assert went == ([sent] if sent else [])
