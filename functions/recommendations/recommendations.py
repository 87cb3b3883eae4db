"""What to offer a customer: two lists from the active model, or the best sellers; every serving is
logged. And how the last trainings did."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from annotated_types import Interval
from backshop import db
from backshop.commerce import in_currency
from backshop.connect.recommend import repository, rules
from backshop.connect.recommend.models import (
    Ranked,
    Suggestion,
    Suggestions,
    Training,
    TrainingPosition,
)
from backshop.errors import NotFound
from backshop.web import callers, paging, routes
from pydantic import StringConstraints

SPARE = 5
"""Times the number that is wanted is ranked, so that what is sold out leaves no gap."""

CustomerId = Annotated[str, StringConstraints(max_length=100, pattern=r"^[^\x00]*$")]

app = routes.app("Recommendations")
handler = routes.handler(app)
_headers: dict[UUID, repository.Header] = {}

OFFER = {
    "sku": "TEA-01",
    "title": "Green tea",
    "price": "12.50",
    "currency": "USD",
    "probability": 0.31,
}
QUALITY = {"customers": 900, "hr": 0.31, "ndcg": 0.18, "ece": 0.01, "log_loss_ratio": 0.8}
TRAINING = {
    "id": "6f1c1e0a-9f6d-4b57-8a53-0e7f9d2b6a10",
    "status": "active",
    "scores": dict.fromkeys(("new", "again", "any", "popularity_new", "popularity_any"), QUALITY),
    "items": 240,
    "trained_at": "2026-11-02T02:15:00Z",
}


@routes.route(
    app,
    "GET /connectors/<id>/customers/<customer_id>/recommendations",
    scope="store",
    example={
        "customer_id": "7",
        "basis": "customer",
        "buy_again": [OFFER],
        "new_for_you": [OFFER | {"sku": "TEA-02", "title": "Black tea"}],
    },
)
def recommend(
    id: UUID, customer_id: CustomerId, limit: Annotated[int, Interval(ge=1, le=50)] = 10
) -> Suggestions:
    """What to buy again, and what is new, each with the probability that the next order has it."""
    with db.transaction(store_id=_store_id(id)) as tx:
        if not repository.knows_customer(tx, customer_id):
            raise NotFound("There is no such customer; the next sync brings new ones.")
        suggestions = suggest(tx, customer_id, limit, datetime.now(UTC))
        _log(tx, suggestions)
    return suggestions


@routes.route(
    app,
    "GET /connectors/<id>/recommender",
    scope="staff",
    example={"items": [TRAINING], "next_cursor": None},
)
def trainings(
    id: UUID, cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT
) -> paging.Page[Training]:
    """The last trainings, newest first: which model is served, and every one's held-out scores."""
    after = paging.position(cursor, TrainingPosition)
    with db.transaction(store_id=_store_id(id)) as tx:
        page = repository.trainings(tx, after, limit + 1)
    return paging.page(
        page, limit, lambda last: TrainingPosition(trained_at=last.trained_at, id=last.id)
    )


def _store_id(connector_id: UUID) -> UUID:
    return callers.own_store(app.current_event.raw_event, connector_id)


def suggest(tx: db.Tx, customer_id: str, limit: int, now: datetime) -> Suggestions:
    """Both lists for a known customer, without what is sold out."""
    model_id = repository.active_model(tx)
    model = _headers.get(model_id) or _keep(repository.header(tx, model_id)) if model_id else None
    history = repository.history(tx, model, customer_id) if model else None
    if model is None or history is None:
        best = [_suggestion(offer, likely) for offer, likely in repository.popular(tx, limit)]
        return Suggestions(
            customer_id=customer_id, basis="popularity", buy_again=[], new_for_you=best
        )
    rows = repository.neighbours(tx, model, history.item.tolist())
    affinity = rules.affinities(rows, len(model.skus))
    day, number = repository.days(now), limit * SPARE
    again = rules.buy_again(model.again, model.trend, history, affinity, day, number)
    new = rules.new_for_you(model.new, model.trend, history, affinity, day, number)
    ranked_skus = [_named(ranked, model.skus) for ranked in (again, new)]
    offers = repository.offers(tx, [sku for part in ranked_skus for sku, _ in part])
    return Suggestions(
        customer_id=customer_id,
        basis="customer",
        buy_again=_available(ranked_skus[0], offers, limit),
        new_for_you=_available(ranked_skus[1], offers, limit),
    )


def _named(ranked: Ranked, skus: Sequence[str]) -> list[tuple[str, float]]:
    items, likely = ranked.items.tolist(), ranked.probabilities.tolist()
    return [(skus[item], each) for item, each in zip(items, likely, strict=True)]


def _keep(header: repository.Header) -> repository.Header:
    if len(_headers) > 20:
        _headers.clear()
    _headers[header.id] = header
    return header


def _available(
    ranked: Sequence[tuple[str, float]], offers: dict[str, repository.Offer], limit: int
) -> list[Suggestion]:
    return [_suggestion(offers[sku], likely) for sku, likely in ranked if sku in offers][:limit]


def _suggestion(offer: repository.Offer, likely: float) -> Suggestion:
    return Suggestion(
        sku=offer.sku,
        title=offer.title,
        price=in_currency(offer.price, offer.currency or ""),
        currency=offer.currency,
        probability=round(likely, 4),
    )


def _log(tx: db.Tx, suggestions: Suggestions) -> None:
    served: Sequence[Suggestion] = [*suggestions.buy_again, *suggestions.new_for_you]
    mean = sum(each.probability for each in served) / len(served) if served else None
    skus = [each.sku for each in served]
    repository.log(
        tx, suggestions.customer_id, skus, mean if mean is None else round(mean * 100, 2)
    )
