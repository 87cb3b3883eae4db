"""A customer says which shade of a sample kit fits: the form, the answers, the match. Routes and
pages share it.

The link's token names store and kit order; whoever has it answers for them.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from pydantic import BaseModel, Field

from backshop import commerce, outbox, platforms
from backshop.commerce import Money, Time
from backshop.db import Tx
from backshop.errors import Conflict, Gone, NotFound, Unauthorized, Unprocessable
from backshop.shade.carts import rules as carts_rules
from backshop.shade.carts.models import CartItem
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount, DiscountStatus
from backshop.shade.matching import repository as matching
from backshop.shade.matching import rules as matching_rules
from backshop.shade.matching.models import Match, Recommendation
from backshop.shade.models import ShadeSettings, Undertone, settings_of
from backshop.shade.surveys import repository as surveys
from backshop.shade.surveys import rules as survey_rules
from backshop.shade.surveys.models import Answers, Kit
from backshop.stores import repository as stores
from backshop.web import http, tokens

AUDIENCE = "survey"


class SurveyLink(NamedTuple):
    """What a link's token stands for."""

    store_id: UUID
    order_id: UUID


class ShadeChoice(BaseModel):
    name: str
    depth: int
    undertone: Undertone
    finish: str | None
    swatch: str | None


class SurveyForm(BaseModel):
    """What the form shows."""

    shop_name: str | None
    answered: bool
    gives_discount: bool = Field(description="Whether a code comes with the match.")
    shades: list[ShadeChoice]
    fit_ratings: list[int] = [1, 2, 3, 4, 5]
    skin_types: list[str]
    skin_concerns: list[str]
    finish_preferences: list[str]
    addons: list[str]


class SurveyDiscount(BaseModel):
    """The customer's discount."""

    status: DiscountStatus
    used: bool
    code: str | None = Field(description="There once the shop knows it.")
    amount: Money = Field(description="Major units of the currency.")
    currency: str
    expires_at: Time


class SurveyResult(Match):
    """The match of a survey, the cart that it leads to, and the discount as it is now."""

    survey_id: UUID
    recommendation_id: UUID
    recommended_bundle: tuple[str, ...]
    cart_link: str | None
    discount: SurveyDiscount | None


class Answered(NamedTuple):
    """A survey, whether it is new, and what is to be told to the shop."""

    survey_id: UUID
    is_new: bool
    rows: list[outbox.Row]


def link(token: str, at: datetime) -> SurveyLink:
    """What a link's token stands for. Raises Unauthorized."""
    claims = tokens.read(AUDIENCE, token, at=at)
    try:
        return SurveyLink(UUID(claims["store_id"]), UUID(claims["order_id"]))
    except (KeyError, ValueError):
        raise Unauthorized("The link is broken; use the one that you were sent.") from None


def form(tx: Tx, link: SurveyLink) -> SurveyForm:
    """What the form shows. Raises Gone, Conflict where the store's settings do not fit."""
    shop, settings = _shop(tx)
    kit = surveys.kit(tx, link.order_id)
    shades = catalogue.shades(tx)
    answered = surveys.survey_of(tx, link.order_id) is not None
    if kit is None or not (kit.is_live or answered):
        raise _gone()
    return SurveyForm(
        shop_name=shop.settings.get("name"),
        answered=answered,
        gives_discount=kit.currency in settings.discount_amounts
        and platforms.load(shop.platform).makes_discounts,
        shades=[ShadeChoice.model_validate(each, from_attributes=True) for each in shades],
        skin_types=list(settings.skin_types),
        skin_concerns=list(settings.concerns),
        finish_preferences=list(settings.finishes),
        addons=[each.name for each in settings.addons],
    )


def answer(tx: Tx, link: SurveyLink, answers: Answers, at: datetime, host: str) -> Answered:
    """Save the answers with a match and a discount, unless it was done before; announce its rows
    after the transaction. `host` is where links to carts lead first, as `https://host`.

    Raises Gone, Unprocessable, Conflict.
    """
    shop, settings = _shop(tx)
    kit = surveys.kit(tx, link.order_id, lock=True)
    survey_id = surveys.survey_of(tx, link.order_id)
    if survey_id is not None:
        return Answered(survey_id, False, [])
    if kit is None or not kit.is_live:
        raise _gone()
    survey_id, rows = _save(tx, shop, settings, kit, answers, at, host)
    return Answered(survey_id, True, rows)


def result_of(tx: Tx, link: SurveyLink, at: datetime) -> SurveyResult:
    """The match and the discount of a link's survey. Raises NotFound."""
    survey_id = surveys.survey_of(tx, link.order_id)
    if survey_id is None:
        raise NotFound("This survey is not answered yet; POST /surveys does.")
    return result(tx, survey_id, at)


def _shop(tx: Tx) -> tuple[commerce.Store, ShadeSettings]:
    shop = stores.load(tx)
    if shop is None:
        raise _gone()
    return shop, settings_of(shop.settings)


def _gone() -> Gone:
    return Gone(
        "This survey is closed: its sample kit was given back or is no longer known.",
        slug="survey-closed",
    )


def _save(
    tx: Tx,
    shop: commerce.Store,
    settings: ShadeSettings,
    kit: Kit,
    raw: Answers,
    at: datetime,
    host: str,
) -> tuple[UUID, list[outbox.Row]]:
    """The survey with all that follows from it; the row that brings its discount to the shop."""
    shades = catalogue.shades(tx)
    answers, errors = survey_rules.canonical(raw, settings, shades)
    if errors:
        raise Unprocessable(http.please_correct(errors), errors=errors)
    variants = {each for shade in shades for each in shade.variant_ids}
    variants.update(each for addon in settings.addons for each in addon.variant_ids)
    in_stock = catalogue.in_stock(tx, variants)
    match = matching_rules.match(answers, shades, matching.tallies(tx), in_stock, settings.weights)
    items = carts_rules.bundle(match.best, answers, settings.addons, in_stock)
    discount, is_new = _discount(tx, shop, settings, kit, at)
    survey_id, recommendation_id = surveys.add_survey(tx, kit, answers, at), uuid4()
    code = discount.discount_code if discount else None
    recommended = Recommendation(
        id=recommendation_id,
        survey_id=survey_id,
        match=match,
        items=items,
        cart_url=_cart_url(shop, items, recommendation_id, code),
        click_url=_click_url(host, shop.id, recommendation_id),
        discount_id=discount.id if discount else None,
    )
    matching.add_recommendation(tx, recommended, kit.customer_id, at)
    rows = []
    if discount and is_new:
        of = {"discount_id": str(discount.id)}
        rows = [outbox.put(tx, "discount", f"discount:{discount.id}", of)]
    return survey_id, rows


def _cart_url(
    shop: commerce.Store, items: Sequence[CartItem], recommendation_id: UUID, code: str | None
) -> str | None:
    """The shop's own cart with the match, whose order carries our mark where the platform keeps
    it. None for an empty one."""
    if not items:
        return None
    wanted = [(str(each.variant_id), each.quantity) for each in items]
    marks = {carts_rules.ATTRIBUTE: str(recommendation_id)}
    return platforms.load(shop.platform).cart_link(shop.url, wanted, marks, code)


def _discount(
    tx: Tx, shop: commerce.Store, settings: ShadeSettings, kit: Kit, at: datetime
) -> tuple[Discount | None, bool]:
    """The discount of the kit's customer and whether it is new; a store that gives none in the
    kit's currency, or whose platform makes none, still matches."""
    if kit.customer_id is None or not platforms.load(shop.platform).makes_discounts:
        return None, False
    try:
        issued = issuing.issue(tx, settings, kit.customer_id, kit.currency, at)
    except (Unprocessable, Conflict):
        return None, False
    return issued.discount, issued.is_new


def _click_url(host: str, store_id: UUID, recommendation_id: UUID) -> str:
    """The link that leads to the cart."""
    name = urlsafe_b64encode(store_id.bytes + recommendation_id.bytes).decode().rstrip("=")
    return f"{host}/c/{name}"


def result(tx: Tx, survey_id: UUID, at: datetime) -> SurveyResult:
    """A survey's outcome as it was saved, with the discount as it is now."""
    saved = matching.recommendation(tx, survey_id)
    if saved is None:
        raise NotFound("This survey has no recommendation any more.")
    discount = discounts.discount(tx, saved.discount_id) if saved.discount_id else None
    return SurveyResult(
        **dict(saved.match),
        survey_id=survey_id,
        recommendation_id=saved.id,
        recommended_bundle=saved.recommended_bundle,
        cart_link=saved.click_url if saved.cart_url else None,
        discount=_shown(discount, at) if discount else None,
    )


def _shown(discount: Discount, at: datetime) -> SurveyDiscount:
    """Without the code until the shop knows it."""
    return SurveyDiscount(
        status=discount.status,
        used=discount.used,
        code=discount.discount_code if discount.is_usable(at) else None,
        amount=discount.amount,
        currency=discount.currency,
        expires_at=discount.expires_at,
    )
