"""Routes behind the link that a customer gets for a sample kit: the form, the answers, the match.

The link's token names store and kit order; whoever has it answers for them.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, NamedTuple
from uuid import UUID, uuid4

from backshop import commerce, db, outbox
from backshop.commerce import Model, Money, Time
from backshop.db import Tx
from backshop.errors import Conflict, Gone, NotFound, Unauthorized, Unprocessable
from backshop.shade.carts import rules as carts_rules
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount, DiscountStatus
from backshop.shade.matching import repository as matching
from backshop.shade.matching import rules as matching_rules
from backshop.shade.matching.models import Match, Recommendation
from backshop.shade.models import ShadeSettings, Text, Undertone, settings_of
from backshop.shade.surveys import repository as surveys
from backshop.shade.surveys import rules as survey_rules
from backshop.shade.surveys.models import Answers, Kit
from backshop.shade.training import repository as training
from backshop.stores import repository as stores
from backshop.web import http, idempotency, routes, tokens
from pydantic import BaseModel, Field, StringConstraints

app = routes.app("Surveys")
handler = routes.handler(app)

Token = Annotated[str, Field(min_length=1, max_length=2000)]


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
    shades: list[ShadeChoice]
    fit_ratings: list[int] = [1, 2, 3, 4, 5]
    skin_types: list[str]
    skin_concerns: list[str]
    finish_preferences: list[str]
    addons: list[str]


class SurveyAnswers(Answers):
    """A customer's answers, and the link's token."""

    token: Token


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


class Rating(Model):
    token: Token
    match_accuracy_rating: int = Field(ge=1, le=5)
    feedback_notes: Annotated[Text, StringConstraints(max_length=2000)] | None = None


class SavedRating(BaseModel):
    survey_id: UUID
    match_accuracy_rating: int


TOKEN = "eyJhbGciOiJIUzI1NiIs…"  # noqa: S105  an example, cut short
RESULT = {
    "best": {
        "shade": "Honey",
        "swatch": "#c68642",
        "depth": 3,
        "undertone": "warm",
        "variant_id": 40000000000003,
        "points": 9.2,
        "parts": {"depth": 0.0, "undertone": 0.0, "own_fit": 6.0, "ratings": 3.2},
        "reasons": [
            "as deep as Honey, which you tried",
            "the same warm undertone",
            "you rated its fit 5 of 5",
            "rated 3.8 of 5, by 24 customers who tried it",
        ],
        "ratings": {"average": 3.8, "count": 24, "level": "shade", "too_few": False},
    },
    "lighter": None,
    "deeper": None,
    "left_out": [{"shade": "Sand", "reason": "it is out of stock"}],
    "survey_id": "8f14e45f-ceea-467f-a8f1-5e3d3b2c1a01",
    "recommendation_id": "c9f0f895-fb98-4b91-99f5-1fd02973d001",
    "recommended_bundle": ["Honey"],
    "cart_link": "https://api.example.com/c/C3w_TlpRTY6dPi9qHA6bEcnw-JX7mEuRmfUf0ClzAQE",
    "discount": {
        "status": "pending",
        "used": False,
        "code": None,
        "amount": "3000.00",
        "currency": "NGN",
        "expires_at": "2026-11-27T03:19:21Z",
    },
}


@routes.route(
    app,
    "GET /surveys/form",
    scope="token",
    problems=[Conflict, Gone],
    example={
        "shop_name": "Osaz",
        "answered": False,
        "shades": [
            {
                "name": "Honey",
                "depth": 3,
                "undertone": "warm",
                "finish": "Matte",
                "swatch": "#c68642",
            }
        ],
        "fit_ratings": [1, 2, 3, 4, 5],
        "skin_types": ["Oily", "Dry"],
        "skin_concerns": ["Acne"],
        "finish_preferences": ["Matte", "Dewy"],
        "addons": ["Serum"],
    },
)
def form(token: str = "") -> SurveyForm:
    """What the form shows: choices, shades with swatches, and whether it was answered already."""
    link = _link(token)
    with db.transaction(store_id=link.store_id) as tx:
        shop, settings = _shop(tx)
        kit = surveys.kit(tx, link.order_id)
        shades = catalogue.shades(tx)
        answered = surveys.survey_of(tx, link.order_id) is not None
    if kit is None or not (kit.is_live or answered):
        raise _gone()
    return SurveyForm(
        shop_name=shop.settings.get("name"),
        answered=answered,
        shades=[ShadeChoice.model_validate(each, from_attributes=True) for each in shades],
        skin_types=list(settings.skin_types),
        skin_concerns=list(settings.concerns),
        finish_preferences=list(settings.finishes),
        addons=[each.name for each in settings.addons],
    )


@routes.route(
    app,
    "POST /surveys",
    scope="token",
    status=201,
    also={200: "The survey was answered before; what came of it."},
    problems=[Conflict, Gone],
    example=RESULT,
    body_example={
        "token": TOKEN,
        "shade_selected": "Honey",
        "shade_fit_rating": 5,
        "skin_type": "Oily",
        "skin_concerns": ["Acne"],
    },
)
def answer(body: SurveyAnswers, key: idempotency.Key = None) -> tuple[SurveyResult, int]:
    """Save the answers with a match and a discount.

    A survey is answered once: sent again, with other answers too, the same is answered again.
    """
    link = _link(body.token)
    at = datetime.now(UTC)
    rows: list[outbox.Row] = []
    with db.transaction(store_id=link.store_id) as tx:
        claim = idempotency.claim(tx, app.current_event.raw_event, key)
        shop, settings = _shop(tx)
        kit = surveys.kit(tx, link.order_id, lock=True)
        survey_id = surveys.survey_of(tx, link.order_id)
        status = 201 if survey_id is None else 200
        if survey_id is None:
            if kit is None or not kit.is_live:
                raise _gone()
            answers = Answers.model_validate(body.model_dump(exclude={"token"}))
            survey_id, rows = _save(tx, shop, settings, kit, answers, at)
        result = claim.keep(_result(tx, survey_id, at), status=status)
    outbox.announce(rows)
    return result, status


@routes.route(app, "GET /surveys/result", scope="token", example=RESULT)
def result(token: str = "") -> SurveyResult:
    """The match and the discount, whose code is there as soon as the shop has it."""
    link = _link(token)
    with db.transaction(store_id=link.store_id) as tx:
        survey_id = surveys.survey_of(tx, link.order_id)
        if survey_id is None:
            raise NotFound("This survey is not answered yet; POST /surveys does.")
        return _result(tx, survey_id, datetime.now(UTC))


@routes.route(
    app,
    "POST /surveys/<id>/rating",
    scope="token",
    example={"survey_id": RESULT["survey_id"], "match_accuracy_rating": 5},
    body_example={"token": TOKEN, "match_accuracy_rating": 5, "feedback_notes": "Fits well."},
)
def rate(id: UUID, body: Rating) -> SavedRating:
    """Say how well the recommended shade did; the last word counts."""
    link = _link(body.token)
    with db.transaction(store_id=link.store_id) as tx:
        if surveys.survey_of(tx, link.order_id) != id:
            raise NotFound("There is no such survey behind this link.")
        training.rate(tx, id, body.match_accuracy_rating, body.feedback_notes, datetime.now(UTC))
    return SavedRating(survey_id=id, match_accuracy_rating=body.match_accuracy_rating)


def _link(token: str) -> SurveyLink:
    claims = tokens.read("survey", token, at=datetime.now(UTC))
    try:
        return SurveyLink(UUID(claims["store_id"]), UUID(claims["order_id"]))
    except (KeyError, ValueError):
        raise Unauthorized("The link is broken; use the one that you were sent.") from None


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
    discount, is_new = _discount(tx, settings, kit, at)
    survey_id, recommendation_id = surveys.add_survey(tx, kit, answers, at), uuid4()
    code = discount.discount_code if discount else None
    recommended = Recommendation(
        id=recommendation_id,
        survey_id=survey_id,
        match=match,
        items=items,
        cart_url=carts_rules.cart_url(shop.url, items, recommendation_id, code),
        click_url=_click_url(shop.id, recommendation_id),
        discount_id=discount.id if discount else None,
    )
    matching.add_recommendation(tx, recommended, kit.customer_id, at)
    rows = []
    if discount and is_new:
        of = {"discount_id": str(discount.id)}
        rows = [outbox.put(tx, "discount", f"discount:{discount.id}", of)]
    return survey_id, rows


def _discount(
    tx: Tx, settings: ShadeSettings, kit: Kit, at: datetime
) -> tuple[Discount | None, bool]:
    """The discount of the kit's customer and whether it is new; a store that gives none in the
    kit's currency still matches."""
    if kit.customer_id is None:
        return None, False
    try:
        issued = issuing.issue(tx, settings, kit.customer_id, kit.currency, at)
    except (Unprocessable, Conflict):
        return None, False
    return issued.discount, issued.is_new


def _click_url(store_id: UUID, recommendation_id: UUID) -> str:
    """The link that notes the click, on the host that was called."""
    event = app.current_event
    scheme = event.headers.get("x-forwarded-proto", "https")
    name = urlsafe_b64encode(store_id.bytes + recommendation_id.bytes).decode().rstrip("=")
    return f"{scheme}://{event.request_context.domain_name}/c/{name}"


def _result(tx: Tx, survey_id: UUID, at: datetime) -> SurveyResult:
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
