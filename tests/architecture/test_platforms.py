"""The table of what works with what says what the code does, in both places where it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from backshop import platforms
from backshop.platforms.api import Deadline
from backshop.platforms.ports import Credentials, Shop
from backshop.uses import USUAL, Use

ROOT = Path(__file__).parents[2]
HEAD = "| what | Shopify | WooCommerce | Vendure |"
PLATFORMS = ("shopify", "woocommerce", "vendure")
URL = "https://shop.example.com"


def table(page: str) -> str:
    found = re.search(rf"^{re.escape(HEAD)}\n(\|.*\n)+", (ROOT / page).read_text(), re.M)
    assert found, f"{page} has no table of what works with what"
    return found[0]


def row(begins: str) -> dict[str, str]:
    """What each platform's cell says in the row that begins so."""
    [line] = [each for each in table("README.md").splitlines() if each.startswith(f"| {begins}")]
    cells = [each.strip() for each in line.strip("|").split("|")][1:]
    return dict(zip(PLATFORMS, cells, strict=True))


def opened(platform: str) -> Shop:
    """It asks nobody until it has something to ask."""
    return platforms.load(platform).open(Credentials(URL, "key", "secret"), Deadline())


def test_both_pages_have_the_same_table() -> None:
    assert table("README.md") == table("docs/index.md")
    assert set(PLATFORMS) == set(platforms.NAMES)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_it_says_what_the_platforms_can(platform: str) -> None:
    adapter, shop = platforms.load(platform), opened(platform)
    link = adapter.cart_link(URL, [("7", 1)], {"mark": "our-mark"}, None)
    can = {
        "a stage that staff set": shop.delivery_stages is not None,
        "discount codes": adapter.makes_discounts,
        "a link that fills the cart": link is not None,
        "a sale without a code": "our-mark" in (link or ""),
    }
    said = {name: row(name)[platform] != "no" for name in can}
    assert said == can
    assert adapter.makes_discounts == (shop.discounts is not None)
    shop.close()


@pytest.mark.parametrize(("begins", "use"), [("phone check", "deliveries"), ("surveys", "surveys")])
def test_it_says_what_is_usual(begins: str, use: Use) -> None:
    for platform, said in row(begins).items():
        assert said == ("usual" if use in USUAL.get(platform, ()) else "setting"), platform
