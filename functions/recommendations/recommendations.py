"""What to offer a customer: two lists from the active model, or the best sellers; every serving is
logged. And how the last trainings did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from backshop import db, http
from backshop.connect.recommend import rules, store
from backshop.connect.recommend.models import Ranked, Suggestion, Suggestions
from backshop.errors import BadRequest, NotFound
from pydantic import BaseModel, Field, ValidationError

SPARE = 5
"""Times the asked number is ranked, so that what is sold out leaves no gap."""
TRAININGS = 30

app = http.app()
handler = http.handler(app)
_headers: dict[Any, store.Header] = {}


class Query(BaseModel):
    limit: int = Field(default=10, ge=1, le=50)


@app.get("/connectors/<id>/customers/<customer_id>/recommendations")
def recommend(id: str, customer_id: str) -> Response[str]:
    """What to buy again, and what is new, each with the probability that the next order has it."""
    named = http.own_store(http.require(app, "store"), id)
    try:
        asked = Query.model_validate(app.current_event.query_string_parameters)
    except ValidationError:
        raise BadRequest("limit is a number from 1 to 50.") from None
    with db.transaction(store_id=named) as tx:
        if not store.knows_customer(tx, customer_id):
            raise NotFound("There is no such customer; the next sync brings new ones.")
        found = suggest(tx, customer_id, asked.limit, datetime.now(UTC))
        _log(tx, found)
    return http.reply(200, found)


@app.get("/connectors/<id>/recommender")
def trainings(id: str) -> Response[str]:
    """The last trainings, newest first: which model is served, and every one's held-out scores."""
    named = http.own_store(http.require(app, "staff"), id)
    with db.transaction(store_id=named) as tx:
        rows = store.models(tx, TRAININGS)
    return http.reply(200, {"trainings": rows})


def suggest(tx: db.Tx, customer_id: str, limit: int, now: datetime) -> Suggestions:
    """Both lists for a known customer, without what is sold out."""
    model_id = store.active_model(tx)
    bought = store.bought(tx, model_id, customer_id) if model_id else None
    if model_id is None or bought is None:
        best = [_suggestion(offer, likely) for offer, likely in store.popular(tx, limit)]
        return Suggestions(
            customer_id=customer_id, basis="popularity", buy_again=[], new_for_you=best
        )
    model = _headers.get(model_id) or _keep(store.header(tx, model_id))
    affinity = rules.affinities(bought.rows, model.trend.shape[1])
    day, number = store.days(now), limit * SPARE
    again = rules.buy_again(
        model.again, model.trend, bought.history, affinity, day, len(bought.history.item)
    )
    new = rules.new_for_you(model.new, model.trend, bought.history, affinity, day, number)
    offers = store.offers(tx, model_id, [*again.items.tolist(), *new.items.tolist()])
    return Suggestions(
        customer_id=customer_id,
        basis="customer",
        buy_again=_available(again, offers, limit),
        new_for_you=_available(new, offers, limit),
    )


def _keep(header: store.Header) -> store.Header:
    if len(_headers) > 20:
        _headers.clear()
    _headers[header.id] = header
    return header


def _available(ranked: Ranked, offers: dict[int, store.Offer], limit: int) -> list[Suggestion]:
    pairs = zip(ranked.items.tolist(), ranked.probabilities.tolist(), strict=True)
    return [_suggestion(offers[item], likely) for item, likely in pairs if item in offers][:limit]


def _suggestion(offer: store.Offer, likely: float) -> Suggestion:
    return Suggestion(**offer._asdict(), probability=round(likely, 4))


def _log(tx: db.Tx, found: Suggestions) -> None:
    served: Sequence[Suggestion] = [*found.buy_again, *found.new_for_you]
    mean = sum(each.probability for each in served) / len(served) if served else None
    skus = [each.sku for each in served]
    store.log(tx, found.customer_id, skus, mean if mean is None else round(mean * 100, 2))
