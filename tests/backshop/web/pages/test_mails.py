"""Mails in a store's look and language: every language has every word, and nobody's text is
markup."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from backshop.stores.models import PageSettings
from backshop.web.pages import mails

KINDS: dict[str, dict[str, Any]] = {
    "invitation": {},
    "discount": {
        "code": "SAVE-1",
        "amount": (Decimal(3000), "NGN"),
        "until": datetime(2026, 12, 8, 22, 30, tzinfo=UTC),
    },
    "rating": {"shade": "Honey"},
}
LANGUAGES = [path.stem for path in sorted(mails.WORDS.glob("*.json"))]
HOSTILE = '<b>"Ada"</b> {link} {0}'


def brand(language="en", name="Osaz"):
    settings = PageSettings(language=language, colour="#0f6b4f", help="Write to care@example.com.")
    return mails.Brand(name, settings, "Africa/Lagos")


def shape(words):
    """Keys, number of texts, and the places of each text."""
    if isinstance(words, dict):
        return {key: shape(value) for key, value in words.items()}
    if isinstance(words, list):
        return [shape(each) for each in words]
    return sorted(set(re.findall(r"\{(\w+)\}", words)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_says_everything(language):
    first, other = (
        json.loads((mails.WORDS / f"{each}.json").read_text()) for each in ("en", language)
    )
    assert shape(first) == shape(other)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_mail_has_both_parts_and_the_brand(kind, language):
    mail = mails.write(
        kind,
        brand(language),
        "https://shop.example.com/survey?token=a&b=c",
        name="Ada",
        stop_url="https://shop.example.com/mail/stop/t",
        **KINDS[kind],
    )
    for part in (mail.text, mail.html):
        assert "Ada" in part
        assert "https://shop.example.com/mail/stop/t" in part
        assert "{" not in part
    assert "https://shop.example.com/survey?token=a&b=c" in mail.text
    assert "token=a&amp;b=c" in mail.html
    assert "background:#0f6b4f;color:#ffffff" in mail.html
    assert f'<html lang="{language}">' in mail.html
    assert mail.headers == {
        "List-Unsubscribe": "<https://shop.example.com/mail/stop/t>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_the_time_is_the_shops():
    said = mails.write("discount", brand(), "https://x.example", **KINDS["discount"]).text
    assert "until 8 December 2026, 23:30." in said
    assert "NGN 3,000 off" in said


def test_what_people_wrote_is_text():
    mail = mails.write(
        "rating", brand(name=HOSTILE), "https://x.example", name=HOSTILE, shade="a\nb"
    )
    assert HOSTILE in mail.short
    assert "Hello," in mail.text, "nobody is greeted by what is no name"
    assert "<b>" not in mail.html
    assert "\n" not in mail.subject
    assert mail.headers == {}
