"""Routes behind the link that a customer gets for a sample kit: the form, the answers, the match.

The link's token names store and kit order; whoever has it answers for them.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from backshop import db, outbox, shade_survey
from backshop.commerce import Model
from backshop.errors import Conflict, Gone, NotFound
from backshop.shade.models import Text
from backshop.shade.surveys import repository as surveys
from backshop.shade.surveys.models import Answers
from backshop.shade.training import repository as training
from backshop.shade_survey import SurveyForm, SurveyResult
from backshop.web import http, idempotency, routes
from pydantic import BaseModel, Field, StringConstraints

app = routes.app("Surveys")
handler = routes.handler(app)

Token = Annotated[str, Field(min_length=1, max_length=2000)]


class SurveyAnswers(Answers):
    """A customer's answers, and the link's token."""

    token: Token


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
        "gives_discount": True,
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
    link = shade_survey.link(token, datetime.now(UTC))
    with db.transaction(store_id=link.store_id) as tx:
        return shade_survey.form(tx, link)


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
    event, at = app.current_event.raw_event, datetime.now(UTC)
    link = shade_survey.link(body.token, at)
    answers = Answers.model_validate(body.model_dump(exclude={"token"}))
    with db.transaction(store_id=link.store_id) as tx:
        claim = idempotency.claim(tx, event, key)
        answered = shade_survey.answer(tx, link, answers, at, http.origin(event))
        status = 201 if answered.is_new else 200
        result = claim.keep(shade_survey.result(tx, answered.survey_id, at), status=status)
    outbox.announce(answered.rows)
    return result, status


@routes.route(app, "GET /surveys/result", scope="token", example=RESULT)
def result(token: str = "") -> SurveyResult:
    """The match and the discount, whose code is there as soon as the shop has it."""
    at = datetime.now(UTC)
    link = shade_survey.link(token, at)
    with db.transaction(store_id=link.store_id) as tx:
        return shade_survey.result_of(tx, link, at)


@routes.route(
    app,
    "POST /surveys/<id>/rating",
    scope="token",
    example={"survey_id": RESULT["survey_id"], "match_accuracy_rating": 5},
    body_example={"token": TOKEN, "match_accuracy_rating": 5, "feedback_notes": "Fits well."},
)
def rate(id: UUID, body: Rating) -> SavedRating:
    """Say how well the recommended shade did; the last word counts."""
    at = datetime.now(UTC)
    link = shade_survey.link(body.token, at)
    with db.transaction(store_id=link.store_id) as tx:
        if surveys.survey_of(tx, link.order_id) != id:
            raise NotFound("There is no such survey behind this link.")
        training.rate(tx, id, body.match_accuracy_rating, body.feedback_notes, at)
    return SavedRating(survey_id=id, match_accuracy_rating=body.match_accuracy_rating)
