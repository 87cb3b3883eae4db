"""What the cart holds, and its link. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from backshop.shade.carts.models import CartItem
from backshop.shade.matching.models import Pick
from backshop.shade.matching.rules import includes
from backshop.shade.models import AddOn
from backshop.shade.surveys.models import Answers

ATTRIBUTE = "shade_recommendation"
"""The cart attribute that ties an order to a recommendation."""


def bundle(
    best: Pick | None, answers: Answers, addons: Sequence[AddOn], in_stock: Collection[int]
) -> tuple[CartItem, ...]:
    """The best shade, and the add-ons that the customer asked for or that their concerns call for,
    as far as they can be bought."""
    items = [CartItem(best.shade, best.variant_id)] if best else []
    for each in addons:
        wanted = includes(answers.interested_in_addons, each.name) or any(
            includes(each.good_for, concern) for concern in answers.skin_concerns
        )
        variant = next((number for number in each.variant_ids if number in in_stock), None)
        if wanted and variant is not None:
            items.append(CartItem(each.name, variant))
    return tuple(items)


def without_code(url: str) -> str:
    """A link to a cart without its code, whatever the platform calls that."""
    parts = urlsplit(url)
    kept = [each for each in parse_qsl(parts.query) if each[0] not in ("discount", "coupon")]
    return parts._replace(query=urlencode(kept, safe="[]:,")).geturl()


def leads_to(url: str, shop_url: str) -> bool:
    """Whether a link leads to the shop's own host, the same way that the shop is reached."""
    shop, link = urlsplit(shop_url), urlsplit(url)
    return (link.scheme, link.netloc) == (shop.scheme, shop.netloc) and bool(link.netloc)
