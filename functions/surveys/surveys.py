"""Routes behind the link that a customer gets for a sample kit: the form, the answers, the match.

The link's token names store and kit order; whoever has it answers for them.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID, uuid4

from aws_lambda_powertools.event_handler import Response
from backshop import commerce, db, outbox
from backshop.db import Tx
from backshop.errors import Conflict, FieldError, Gone, NotFound, Unauthorized, Unprocessable
from backshop.shade.carts import rules as carts_rules
from backshop.shade.catalogue import repository as catalogue
from backshop.shade.discounts import issuing
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts.models import Discount
from backshop.shade.matching import models as matching_models
from backshop.shade.matching import repository as matching
from backshop.shade.matching import rules as matching_rules
from backshop.shade.matching.models import Match
from backshop.shade.models import Model, ShadeSettings, Text, settings_of
from backshop.shade.surveys import models as surveys_models
from backshop.shade.surveys import repository as surveys
from backshop.shade.surveys import rules as surveys_rules
from backshop.shade.surveys.models import Answers
from backshop.shade.training import repository as training
from backshop.stores import repository as stores
from backshop.web import old as http
from backshop.web import tokens
from pydantic import Field, StringConstraints

app = http.app()
handler = http.handler(app)

Token = Annotated[str, Field(min_length=1, max_length=2000)]


class Survey(Answers):
    """POST /surveys."""

    token: Token


class Rating(Model):
    """POST /surveys/{id}/rating."""

    token: Token
    match_accuracy_rating: int = Field(ge=1, le=5)
    feedback_notes: Annotated[Text, StringConstraints(max_length=2000)] | None = None


class Link(NamedTuple):
    """What a link's token says."""

    store_id: UUID
    order_id: UUID


@app.get("/surveys/form")
def form() -> Response[str]:
    """What the form shows: choices, shades with swatches, and whether it was answered already."""
    link = _link(app.current_event.query_string_parameters.get("token", ""))
    with db.transaction(store_id=link.store_id) as tx:
        shop, settings = _shop(tx)
        kit = surveys.kit(tx, link.order_id)
        shades = catalogue.shades(tx)
        answered = surveys.survey_of(tx, link.order_id) is not None
    if kit is None or not (kit.is_live or answered):
        raise _gone()
    return http.reply(
        200,
        {
            "shop_name": shop.settings.get("name"),
            "answered": answered,
            "shades": [
                each.model_dump(include={"name", "depth", "undertone", "finish", "swatch"})
                for each in shades
            ],
            "fit_ratings": [1, 2, 3, 4, 5],
            "skin_types": settings.skin_types,
            "skin_concerns": settings.concerns,
            "finish_preferences": settings.finishes,
            "addons": [each.name for each in settings.addons],
        },
    )


@app.post("/surveys")
def answer() -> Response[str]:
    """Save the answers with a match and a discount; sent again, the same is answered again."""
    asked = http.body(app, Survey)
    link = _link(asked.token)
    at = datetime.now(UTC)
    rows: list[outbox.Row] = []
    with db.transaction(store_id=link.store_id) as tx:
        shop, settings = _shop(tx)
        kit = surveys.kit(tx, link.order_id, lock=True)
        survey_id = surveys.survey_of(tx, link.order_id)
        is_new = survey_id is None
        if survey_id is None:
            if kit is None or not kit.is_live:
                raise _gone()
            given = Answers.model_validate(asked.model_dump(exclude={"token"}))
            survey_id, rows = _save(tx, shop, settings, kit, given, at)
        shown = _shown(tx, survey_id, at)
    outbox.announce(rows)
    return http.reply(201 if is_new else 200, shown)


@app.get("/surveys/result")
def result() -> Response[str]:
    """The match and the discount, whose code is there as soon as the shop has it."""
    link = _link(app.current_event.query_string_parameters.get("token", ""))
    with db.transaction(store_id=link.store_id) as tx:
        survey_id = surveys.survey_of(tx, link.order_id)
        if survey_id is None:
            raise NotFound("This survey is not answered yet; POST /surveys does.")
        return http.reply(200, _shown(tx, survey_id, datetime.now(UTC)))


@app.post("/surveys/<id>/rating")
def rate(id: str) -> Response[str]:
    """How well the recommended shade did; the last word counts."""
    asked = http.body(app, Rating)
    link = _link(asked.token)
    with db.transaction(store_id=link.store_id) as tx:
        survey_id = surveys.survey_of(tx, link.order_id)
        if survey_id is None or str(survey_id) != id.lower():
            raise NotFound("There is no such survey behind this link.")
        training.rate(
            tx, survey_id, asked.match_accuracy_rating, asked.feedback_notes, datetime.now(UTC)
        )
    return http.reply(
        200, {"survey_id": survey_id, "match_accuracy_rating": asked.match_accuracy_rating}
    )


def _link(token: str) -> Link:
    claims = tokens.read("survey", token, at=datetime.now(UTC))
    try:
        return Link(UUID(claims["store_id"]), UUID(claims["order_id"]))
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
    kit: surveys_models.Kit,
    given: Answers,
    at: datetime,
) -> tuple[UUID, list[outbox.Row]]:
    """The survey with all that follows from it, and the row that brings its discount to the shop."""
    shades = catalogue.shades(tx)
    answers, errors = surveys_rules.canonical(given, settings, shades)
    if errors:
        raise Unprocessable(_please(errors), errors=errors)
    variants = {each for shade in shades for each in shade.variant_ids}
    variants.update(each for addon in settings.addons for each in addon.variant_ids)
    in_stock = catalogue.in_stock(tx, variants)
    match = matching_rules.match(answers, shades, matching.tallies(tx), in_stock, settings.weights)
    items = carts_rules.bundle(match.best, answers, settings.addons, in_stock)
    discount, is_new = _give(tx, settings, kit, at)
    survey_id, recommendation_id = surveys.add_survey(tx, kit, answers, at), uuid4()
    code = discount.discount_code if discount else None
    recommended = matching_models.Recommendation(
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


def _give(
    tx: Tx, settings: ShadeSettings, kit: surveys_models.Kit, at: datetime
) -> tuple[Discount | None, bool]:
    """The kit's customer's discount; a store that gives none in the kit's currency still matches."""
    if kit.customer_id is None:
        return None, False
    try:
        given = issuing.issue(tx, settings, kit.customer_id, kit.currency, at)
    except (Unprocessable, Conflict):
        return None, False
    return given.discount, given.is_new


def _please(errors: list[FieldError]) -> str:
    return "Please correct: " + ", ".join(each["field"] for each in errors) + "."


def _click_url(store_id: UUID, recommendation_id: UUID) -> str:
    """The link that notes the click, on the host that was called."""
    event = app.current_event
    scheme = event.headers.get("x-forwarded-proto", "https")
    name = urlsafe_b64encode(store_id.bytes + recommendation_id.bytes).decode().rstrip("=")
    return f"{scheme}://{event.request_context.domain_name}/c/{name}"


def _shown(tx: Tx, survey_id: UUID, at: datetime) -> dict[str, Any]:
    """A survey's outcome as it was saved, with the discount as it is now."""
    found = matching.recommendation(tx, survey_id)
    if found is None:
        raise NotFound("This survey has no recommendation any more.")
    discount = discounts.discount(tx, found["discount_id"]) if found["discount_id"] else None
    match = Match.model_validate(found["match"])
    return {
        "survey_id": survey_id,
        "recommendation_id": found["id"],
        **match.model_dump(mode="json"),
        "recommended_bundle": found["recommended_bundle"],
        "cart_link": found["click_url"] if found["cart_url"] else None,
        "discount": discount and _shown_discount(discount, at),
    }


def _shown_discount(discount: Discount, at: datetime) -> dict[str, Any]:
    """Without the code until the shop knows it."""
    return {
        "status": discount.status,
        "used": discount.used,
        "code": discount.discount_code if discount.is_usable(at) else None,
        "amount": str(discount.amount),
        "currency": discount.currency,
        "expires_at": discount.expires_at,
    }
