"""The frame of pages: colours that can be read, forms from our own pages, what is escaped."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from backshop.errors import Forbidden, Unprocessable
from backshop.web import http, pages
from backshop.web.pages import Policy, answers, colours, forms, texts
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError
from pydantic import Field

HOST = "shop.example.com"
COLOUR = st.integers(0, 0xFFFFFF).map(lambda each: f"#{each:06x}")


def post(fields: Any, **headers: str):
    sent = {"host": HOST, "x-forwarded-proto": "https"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    body = fields if isinstance(fields, str) else urlencode(fields, doseq=True)
    return {"headers": sent, "body": body, "requestContext": {"domainName": HOST}}


@given(COLOUR)
def test_any_colour_becomes_readable(colour):
    assert colours.contrast(colour, colours.on(colour)) >= 4.5
    for ground in (colours.LIGHT, "#ffffff", colours.DARK, "#101418"):
        pair = colours.LIGHT if ground in (colours.LIGHT, "#ffffff") else colours.DARK
        assert colours.contrast(colours.readable(colour, pair), ground) >= 4.5


def test_contrast_is_that_of_wcag():
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#0a5ea8", "#f4f6f8") == pytest.approx(6.1, abs=0.05)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"origin": f"https://{HOST}"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
    ],
)
def test_our_own_forms_are_read(headers):
    assert forms.read(post({"a": "1"}, **headers)).first("a") == "1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec_fetch_site": "same-site", "origin": f"https://{HOST}:8443"},
        {"sec_fetch_site": "cross-site", "origin": f"https://{HOST}"},
        {"sec_fetch_site": "none"},
        {"origin": f"https://{HOST}:8443"},
        {"origin": f"http://{HOST}"},
        {"origin": "null"},
        {"origin": f"https://{HOST}.evil.example"},
    ],
)
def test_forms_of_others_are_refused(headers):
    with pytest.raises(Forbidden):
        forms.read(post({"a": "1"}, **headers))


class Shoe(forms.Fields):
    size: int = Field(ge=30, le=50, description="Choose a size from 30 to 50.")
    colours: list[str] = Field(default=[])


def test_a_form_becomes_its_model_or_says_what_to_correct():
    ours = {"sec_fetch_site": "same-origin"}
    sent = forms.read(post({"size": " 42 ", "colours": ["red", "blue"], "other": "x"}, **ours))
    assert forms.parse(Shoe, sent) == Shoe(size=42, colours=["red", "blue"])
    wrong = forms.read(post({"size": "4.5", "colours": "red"}, **ours))
    with pytest.raises(Unprocessable) as refused:
        forms.parse(Shoe, wrong)
    assert refused.value.errors == [{"field": "size", "message": "Choose a size from 30 to 50."}]
    assert wrong.typed["size"] == "4.5"


def test_what_no_column_holds_and_floods_of_fields_are_refused():
    ours = {"sec_fetch_site": "same-origin"}
    with pytest.raises(Unprocessable):
        forms.read(post({"a": "b\0c"}, **ours))
    with pytest.raises(Unprocessable):
        forms.read(post("&".join(f"f{each}=1" for each in range(3000)), **ours))


def test_no_policy_allows_what_is_inline_and_only_a_named_one_frames():
    usual = answers.content_security(Policy())
    assert "unsafe" not in usual
    assert "frame-ancestors 'none'" in usual
    framed = answers.content_security(Policy(framed_by=["https://a.example"], camera=True))
    assert "frame-ancestors https://a.example;" in framed
    assert "unsafe" not in framed


def test_texts_are_escaped_and_a_missing_name_is_an_error(tmp_path: Path):
    (tmp_path / "hello.html").write_text("<p>{{ name }}</p>")
    page = pages.renderer(tmp_path)
    assert page("hello.html", name="<b>&").body == "<p>&lt;b&gt;&amp;</p>"
    with pytest.raises(UndefinedError):
        page("hello.html")


def test_amounts_have_the_decimals_of_their_currency():
    assert texts.money(Decimal("4500"), "LKR") == "LKR\N{NO-BREAK SPACE}4,500.00"
    assert texts.money(Decimal("4500"), "JPY") == "JPY\N{NO-BREAK SPACE}4,500"
    assert texts.money(Decimal("0.125"), "USD") == "USD\N{NO-BREAK SPACE}0.125"


def test_numbers_have_no_zeros_that_say_nothing():
    given: list[int | Decimal] = [
        1204,
        Decimal("1.00"),
        Decimal("1204.50"),
        Decimal("100"),
        Decimal("0.0"),
    ]
    assert [texts.number(each) for each in given] == ["1,204", "1", "1,204.5", "100", "0"]


def test_units_are_words_and_dense_times_name_another_year() -> None:
    said = [(144, "sf"), (1, "bag"), (3, "bag"), (2, "box"), (12, "linear_ft"), (0, "piece")]
    assert [texts.units(Decimal(number), unit) for number, unit in said] == [
        "144 sq ft",
        "1 bag",
        "3 bags",
        "2 boxes",
        "12 linear ft",
        "0 pieces",
    ]
    at = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    now = datetime(2027, 1, 1, 12, tzinfo=UTC)
    here = str(texts.short(at, "Asia/Colombo", now)).replace("\N{NO-BREAK SPACE}", " ")
    assert ">Fri 1 Jan, 05:00<" in here
    there = str(texts.short(at, "UTC", now)).replace("\N{NO-BREAK SPACE}", " ")
    assert ">Thu 31 Dec 2026, 23:30<" in there


def test_times_are_the_stores_with_the_moment_in_utc_behind():
    late = datetime(2026, 12, 8, 20, 0, tzinfo=UTC)
    shown = texts.day(late, "Asia/Colombo")
    assert "Wed\N{NO-BREAK SPACE}9 December" in shown
    assert 'datetime="2026-12-08T20:00:00Z"' in shown


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (date(2026, 12, 9), "on Wed 9 December"),
        (date(2026, 12, 13), "between Wed 9 and Sun 13 December"),
        (date(2027, 1, 2), "between Wed 9 December and Sat 2 January"),
    ],
)
def test_a_span_is_two_dates(last, said):
    shown = texts.between(date(2026, 12, 9), last).striptags()
    assert shown.replace("\N{NO-BREAK SPACE}", " ") == said


@pytest.mark.parametrize(
    ("host", "name"), [("shop.example.com:8443", "shop.example.com"), ("[", ""), ("[::1", "")]
)
def test_a_host_that_is_no_name_is_none(host, name):
    asked = {"headers": {"host": host}, "requestContext": {"domainName": host}}
    assert forms.host(asked) == name


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example"},
        {"host": f"{HOST}.evil.example"},
        {"host": f"evil.example/{HOST}"},
        {"host": f"{HOST}@evil.example"},
        {"host": f"evil.example#{HOST}"},
        {"host": f"{HOST}:443@evil.example"},
        {"host": f"{HOST}:evil"},
        {"host": f"x@{HOST}"},
        {"host": "["},
        {"x-forwarded-host": "evil.example"},
        {"x-forwarded-proto": "javascript:alert(1)//"},
        {"x-forwarded-proto": "https://evil.example/"},
        {"x-forwarded-proto": "https,http"},
        {"forwarded": "host=evil.example;proto=http"},
        {"x-original-host": "evil.example", "x-forwarded-server": "evil.example"},
    ],
)
def test_no_header_says_where_links_lead(headers):
    """A code by SMS is filled in at the host that it names, and a mail's link leads there."""
    asked = {"headers": headers, "requestContext": {"domainName": HOST}}
    assert http.origin(asked) == f"https://{HOST}"
    assert forms.host(asked) == HOST


def test_a_laptops_port_is_kept():
    sent = {"host": "127.0.0.1:8080", "x-forwarded-proto": "http"}
    asked = {"headers": sent, "requestContext": {"domainName": "127.0.0.1:8080"}}
    assert http.origin(asked) == "http://127.0.0.1:8080"
