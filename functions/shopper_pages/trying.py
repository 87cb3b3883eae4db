"""Try it on: the page that takes a picture and shows products on it, alone or in a shop's frame,
the line that a shop puts into its product page, and how long pictures are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import quote, urlencode

from aws_lambda_powertools.event_handler import Response
from backshop import db, platforms
from backshop.connect.try_on import repository as try_on
from backshop.connect.try_on import rules
from backshop.connect.try_on.looks import Result
from backshop.connect.try_on.models import MAX_SKUS
from backshop.connect.try_on.repository import Offer
from backshop.errors import BadRequest, FieldError, NotFound
from backshop.shade.training import photos
from backshop.web import pages, routes, tokens
from backshop.web.pages import Policy, assets, forms
from frame import Shop, app, bucket_origin, called_shop, now, query

CONSENT = "2026-11-28"
"""The version of what the shopper agrees to, kept with each session."""
SNIPPET_KEPT = "public, max-age=300"


class Choice(NamedTuple):
    """A product that can be tried on, as the page offers it."""

    sku: str
    title: str
    colour: str | None
    cart: str | None


@pages.route(app, "GET /try-on", problems=[BadRequest, NotFound])
def try_it_on() -> Response[str]:
    """Take or choose a picture, and see the products on it."""
    shop = called_shop()
    return consent_page(shop, choices_of(shop))


@pages.route(app, "GET /try-on/frame", problems=[BadRequest, NotFound])
def try_it_on_in_a_frame() -> Response[str]:
    """The same for a frame in the store's own pages; nobody else may frame it."""
    shop = called_shop()
    return consent_page(shop, choices_of(shop), framed=True)


@routes.route(
    app,
    "GET /try-on/embed.js",
    scope="anyone",
    answers={"text/javascript": "What the line in a shop's product page loads."},
)
def embed() -> Response[str]:
    """The script of `<script src="…/try-on/embed.js" data-sku="…" async></script>`."""
    found = assets.asset(assets.address("embed.js").removeprefix("/assets/"))
    assert found is not None
    headers: dict[str, str | list[str]] = {
        "Cache-Control": SNIPPET_KEPT,
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    return Response(200, found.kind, found.content.decode(), headers=headers)


@pages.route(app, "GET /privacy/pictures", problems=[BadRequest, NotFound])
def privacy() -> Response[str]:
    """What happens to pictures, and for how long."""
    return called_shop().page(
        "privacy.html",
        selfie_hours=int(rules.SELFIE_LASTS.total_seconds() // 3600),
        picture_days=rules.OVERLAYS_LAST.days,
        version=date.fromisoformat(CONSENT),
        photo_days=photos.LASTS.days,
        photo_version=date.fromisoformat(photos.CONSENT),
    )


def consent_page(
    shop: Shop, choices: list[Choice], errors: Sequence[FieldError] = (), *, framed: bool = False
) -> Response[str]:
    """The page that asks for consent; with scripts, all that follows is in it."""
    origins = shop.store.settings.get("allowed_origins") or []
    policy = Policy(camera=True, reaches=[bucket_origin()])
    if framed:
        policy = policy._replace(framed_by=origins)
    claims = {"store_id": str(shop.id)}
    return shop.page(
        "try_on.html",
        status=422 if errors else 200,
        policy=policy,
        choices=choices,
        framed=framed,
        origins=origins,
        version=CONSENT,
        hours=int(rules.SELFIE_LASTS.total_seconds() // 3600),
        days=rules.OVERLAYS_LAST.days,
        token=tokens.sign(rules.PUBLISHABLE, claims, at=now(), lasts=rules.TOKEN_LASTS),
        here=own_address("/try-on"),
        key=forms.new_key(),
        errors=errors,
    )


def choices_of(shop: Shop) -> list[Choice]:
    """What was asked for (`?skus=`), then what is worn alike: other shades need no new picture.
    Raises NotFound where nothing can be tried on."""
    asked = [each for each in query("skus").split(",") if each][:MAX_SKUS]
    with db.transaction(store_id=shop.id) as tx:
        offered = try_on.offers(tx, asked, MAX_SKUS)
    found = [_choice(shop, each) for each in offered if _is_worn(each)]
    if not found:
        raise NotFound("None of these products can be tried on yet; go back and choose another.")
    return found


def own_address(path: str, **more: str) -> str:
    """A page of the same store about the same products."""
    kept = {name: query(name) for name in ("skus", "store_id") if query(name)}
    given = kept | more
    return path + (f"?{urlencode(given)}" if given else "")


def _is_worn(offer: Offer) -> bool:
    look = rules.look({"try_on": offer.look})
    return not isinstance(look, Result)


def _choice(shop: Shop, offer: Offer) -> Choice:
    colour = offer.look.get("shade") or offer.look.get("color")
    is_hex = isinstance(colour, str) and colour.startswith("#")
    return Choice(offer.sku, offer.title, colour if is_hex else None, _cart(shop, offer))


def _cart(shop: Shop, offer: Offer) -> str | None:
    """The address that puts a product into the shop's own cart, where the platform has one."""
    number = quote(offer.variant_id or offer.product_id or "", safe="")
    if not number:
        return None
    return platforms.load(shop.store.platform).cart_link(shop.store.url, [(number, 1)], {}, None)
