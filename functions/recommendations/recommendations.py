"""What to offer a customer: two lists from the active model, or the best sellers; every serving is
logged. And how the last trainings did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import Response
from backshop import db
from backshop.connect.recommend import repository as store
from backshop.connect.recommend import rules
from backshop.connect.recommend.models import Ranked, Suggestion, Suggestions
from backshop.errors import BadRequest, NotFound
from backshop.web import old as http
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
    model = _headers.get(model_id) or _keep(store.header(tx, model_id)) if model_id else None
    history = store.history(tx, model, customer_id) if model else None
    if model is None or history is None:
        best = [_suggestion(offer, likely) for offer, likely in store.popular(tx, limit)]
        return Suggestions(
            customer_id=customer_id, basis="popularity", buy_again=[], new_for_you=best
        )
    rows = store.neighbours(tx, model, history.item.tolist())
    affinity = rules.affinities(rows, len(model.skus))
    day, number = store.days(now), limit * SPARE
    again = rules.buy_again(model.again, model.trend, history, affinity, day, number)
    new = rules.new_for_you(model.new, model.trend, history, affinity, day, number)
    named = [_named(ranked, model.skus) for ranked in (again, new)]
    offers = store.offers(tx, [sku for part in named for sku, _ in part])
    return Suggestions(
        customer_id=customer_id,
        basis="customer",
        buy_again=_available(named[0], offers, limit),
        new_for_you=_available(named[1], offers, limit),
    )


def _named(ranked: Ranked, skus: Sequence[str]) -> list[tuple[str, float]]:
    items, likely = ranked.items.tolist(), ranked.probabilities.tolist()
    return [(skus[item], each) for item, each in zip(items, likely, strict=True)]


def _keep(header: store.Header) -> store.Header:
    if len(_headers) > 20:
        _headers.clear()
    _headers[header.id] = header
    return header


def _available(
    named: Sequence[tuple[str, float]], offers: dict[str, store.Offer], limit: int
) -> list[Suggestion]:
    return [_suggestion(offers[sku], likely) for sku, likely in named if sku in offers][:limit]


def _suggestion(offer: store.Offer, likely: float) -> Suggestion:
    return Suggestion(**offer._asdict(), probability=round(likely, 4))


def _log(tx: db.Tx, found: Suggestions) -> None:
    served: Sequence[Suggestion] = [*found.buy_again, *found.new_for_you]
    mean = sum(each.probability for each in served) / len(served) if served else None
    skus = [each.sku for each in served]
    store.log(tx, found.customer_id, skus, mean if mean is None else round(mean * 100, 2))
