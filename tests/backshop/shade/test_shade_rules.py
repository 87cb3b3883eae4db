"""Invitations, answers, carts, links and codes of the shade funnel."""

from __future__ import annotations

import math
import secrets
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from backshop import platforms
from backshop.shade.carts import rules as carts_rules
from backshop.shade.carts.models import CartItem
from backshop.shade.catalogue.models import Catalogue, Shade
from backshop.shade.discounts import rules as discounts_rules
from backshop.shade.invites import rules as invites_rules
from backshop.shade.matching.models import Pick, Ratings
from backshop.shade.models import AddOn, SettingsChange, ShadeSettings, settings_of
from backshop.shade.surveys import rules as surveys_rules
from backshop.shade.surveys.models import Answers
from pydantic import ValidationError

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
ID = UUID("5a1f7b52-4a4e-4c1e-9a6f-2f6a1c0e9b11")
SHOP = "https://shop.example.com"


def test_a_kit_is_due_days_after_delivery_or_transit() -> None:
    window = invites_rules.invite_window(
        ShadeSettings(days_after_delivery=5, transit_days=7, invite_within_days=30), AT
    )
    assert window.delivered == (AT - timedelta(days=35), AT - timedelta(days=5))
    assert window.fulfilled == (AT - timedelta(days=42), AT - timedelta(days=12))


# ------------------------------------------------------------------------------- codes

MILLION = 1_000_000
LETTERS = discounts_rules.ALPHABET


@pytest.mark.parametrize("number", [MILLION // 10, pytest.param(MILLION, marks=pytest.mark.slow)])
def test_codes_are_all_different_and_spread_evenly(number: int) -> None:
    """Chi-square of each place's letters, and of each pair of neighbours: with 19 and 399 degrees
    of freedom, beyond six standard deviations lies nothing that chance brings."""
    drawn = [
        discounts_rules.spell_code(secrets.randbelow(discounts_rules.CODES)) for _ in range(number)
    ]
    assert len(set(drawn)) == number
    text = "".join(drawn)
    places = [text[place::17] for place in (*range(5), *range(6, 11), *range(12, 17))]
    for letters in places:
        assert _chi_square(Counter(letters), 20) < 19 + 6 * math.sqrt(38)
    for one, next_one in ((0, 1), (9, 10)):
        pairs = Counter(zip(places[one], places[next_one], strict=True))
        assert _chi_square(pairs, 400) < 399 + 6 * math.sqrt(2 * 399)


def _chi_square(found: Counter[Any], cells: int) -> float:
    expected = sum(found.values()) / cells
    missing = (cells - len(found)) * expected
    return sum((number - expected) ** 2 / expected for number in found.values()) + missing


def test_the_randomness_check_notices_a_bad_generator() -> None:
    """Bytes modulo 20 give the first sixteen letters a twelfth more often than the others."""
    drawn = Counter(LETTERS[byte % 20] for byte in secrets.token_bytes(MILLION))
    assert _chi_square(drawn, 20) > 19 + 6 * math.sqrt(38)


def test_a_code_holds_sixty_random_bits_and_nothing_that_looks_alike() -> None:
    assert math.log2(discounts_rules.CODES) >= 60
    assert len(set(LETTERS)) == len(LETTERS)
    for alike in ("0OQD", "1IL", "2Z", "5S", "8B", "UV", "6G"):
        assert sum(letter in LETTERS for letter in alike) <= (2 if alike == "0OQD" else 1)
    assert not set("AEIOU") & set(LETTERS)
    assert not set("O0I1L") & set(LETTERS)


def test_every_number_has_a_code_of_its_own() -> None:
    ends = [0, 1, 19, 20, 20**14, discounts_rules.CODES - 1]
    codes = [discounts_rules.spell_code(number) for number in ends]
    assert len(set(codes)) == len(ends)
    assert {len(code) for code in codes} == {17}


# ------------------------------------------------------------------------------- cart


def pick(shade: str = "Honey", variant: int = 7) -> Pick:
    ratings = Ratings(average=3, count=0, level="all", too_few=True)
    return Pick(
        shade=shade,
        swatch=None,
        depth=3,
        undertone="warm",
        variant_id=variant,
        points=0,
        parts={},
        reasons=(),
        ratings=ratings,
    )


def test_each_platform_fills_its_own_cart_and_shopify_brings_the_mark_back() -> None:
    items, marks = [("7", 1), ("9", 2)], {"shade_recommendation": str(ID)}
    links = {
        each: platforms.load(each).cart_link(SHOP, items, marks, "ABC-DEF")
        for each in platforms.NAMES
    }
    shopify, woocommerce = (urlsplit(links[each] or "") for each in ("shopify", "woocommerce"))
    assert (shopify.scheme, shopify.netloc, shopify.path) == (
        "https",
        "shop.example.com",
        "/cart/7:1,9:2",
    )
    assert parse_qs(shopify.query) == {
        "discount": ["ABC-DEF"],
        "attributes[shade_recommendation]": [str(ID)],
    }
    assert woocommerce.path == "/checkout-link/"
    assert parse_qs(woocommerce.query) == {"products": ["7:1,9:2"], "coupon": ["ABC-DEF"]}
    assert links["vendure"] is None
    for each in ("shopify", "woocommerce"):
        without = platforms.load(each).cart_link(SHOP, items, marks, None)
        assert carts_rules.without_code(links[each] or "") == without


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://shop.example.com/cart/7:1", True),
        ("https://shop.example.com.evil.example/cart/7:1", False),
        ("https://evil.example/cart/7:1", False),
        ("http://shop.example.com/cart/7:1", False),
        ("https://shop.example.com@evil.example/cart/7:1", False),
        ("https://shop.example.com:8443/cart/7:1", False),
        ("//shop.example.com/cart/7:1", False),
        ("/cart/7:1", False),
        ("javascript:alert(1)", False),
    ],
)
def test_a_link_leads_only_to_the_shops_own_host(url: str, leads: bool) -> None:
    assert carts_rules.leads_to(url, SHOP) is leads


def test_a_bundle_adds_what_is_asked_for_and_what_concerns_call_for() -> None:
    addons = (
        AddOn(name="Fade Serum", variant_ids=(20, 21), good_for=("Hyperpigmentation",)),
        AddOn(name="Retinoid", variant_ids=(30,), good_for=("Fine lines",)),
        AddOn(name="Toner", variant_ids=(40,)),
        AddOn(name="Mist", variant_ids=(50,)),
    )
    answers = Answers(
        shade_selected="Honey",
        skin_concerns=("Hyperpigmentation",),
        interested_in_addons=("Toner", "Mist"),
    )
    found = carts_rules.bundle(pick(), answers, addons, {7, 21, 30, 40})
    assert found == (CartItem("Honey", 7), CartItem("Fade Serum", 21), CartItem("Toner", 40))
    assert carts_rules.bundle(None, answers, addons, set()) == ()


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (None, f"{SHOP}/survey?token=t.o-k"),
        ("https://osaz.example/survey?lang=en", "https://osaz.example/survey?lang=en&token=t.o-k"),
    ],
)
def test_the_survey_link(page: str | None, link: str) -> None:
    assert invites_rules.survey_link(ShadeSettings(survey_url=page), SHOP, "t.o-k") == link


# ------------------------------------------------------------------------------- terms and answers


def test_an_amount_belongs_to_its_currency() -> None:
    settings = ShadeSettings(discount_amounts={"NGN": Decimal(3000), "USD": Decimal(5)})
    naira = discounts_rules.terms(settings, "NGN", AT)
    dollars = discounts_rules.terms(settings, "USD", AT)
    assert naira == (Decimal(3000), "NGN", AT + timedelta(days=7))
    assert dollars == (Decimal(5), "USD", AT + timedelta(days=7))
    assert discounts_rules.terms(settings, "EUR", AT) is None, "nothing is ever converted"


def test_amounts_have_the_decimals_of_their_currency() -> None:
    given = {"discount_amounts": {"JPY": "500", "KWD": "1.505"}}
    settings = ShadeSettings.model_validate(given)
    assert discounts_rules.terms(settings, "JPY", AT) == (
        Decimal(500),
        "JPY",
        AT + timedelta(days=7),
    )
    assert settings.discount_amounts["KWD"] == Decimal("1.505")


SHADES = [Shade(name="Honey", depth=1, undertone="warm")]


def test_answers_are_spelled_as_the_store_spells_them() -> None:
    given = Answers(shade_selected="HONEY", skin_type="oily", skin_concerns=("acne", "REDNESS"))
    spelled, errors = surveys_rules.canonical(given, ShadeSettings(), SHADES)
    assert not errors
    assert (spelled.shade_selected, spelled.skin_type) == ("Honey", "Oily")
    assert spelled.skin_concerns == ("Acne", "Redness")


def test_every_wrong_answer_is_named_with_its_choices() -> None:
    given = Answers(
        shade_selected="Shade 99",
        skin_type="Scaly",
        skin_concerns=("Acne", "Fame"),
        finish_preference="Glossy",
        interested_in_addons=("Yacht",),
    )
    _, errors = surveys_rules.canonical(given, ShadeSettings(), SHADES)
    assert [each["field"] for each in errors] == [
        "shade_selected",
        "skin_type",
        "skin_concerns",
        "finish_preference",
        "interested_in_addons",
    ]
    assert errors[0]["message"] == "choose from: Honey"
    assert "Matte" in errors[3]["message"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"discount_amounts": {"NGN": 0}},
        {"discount_amounts": {"naira": 3000}},
        {"discount_amounts": {"USD": "5.001"}},
        {"discount_amounts": {"JPY": "500.50"}},
        {"discount_amounts": {"KRW": "0.5"}},
        {"days_after_delivery": -1},
        {"channel": "pigeon"},
        {"sender": "nobody"},
        {"survey_url": "javascript:alert(1)"},
        {"weights": {"depth": -1}},
        {"weights": {"dept": 1}},
        {"skin_types": ["Oily", "oily"]},
        {"unknown": 1},
        {"kinds": {"kit": {}}},
    ],
)
def test_settings_that_do_not_fit_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SettingsChange.model_validate(wrong)


def test_settings_have_defaults_that_work() -> None:
    found = settings_of({})
    assert found.discount_amounts == {}
    assert (found.discount_days, found.channel, found.sender) == (7, "email", None)


def test_a_shade_is_named_once() -> None:
    with pytest.raises(ValidationError):
        Catalogue.model_validate(
            {
                "shades": [
                    {"name": "Honey", "depth": 1, "undertone": "warm"},
                    {"name": "honey", "depth": 2, "undertone": "warm"},
                ]
            }
        )
