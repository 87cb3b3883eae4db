"""Nightly: one message a store, and per message a new model that has to prove itself.

The best sellers are counted anew each night; the model of the night before stays in use until the
new one beats popularity on held-out orders (docs/recommendations.md).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import floor
from typing import Any
from uuid import UUID

from backshop import db, logs
from backshop.aws import config, queues
from backshop.aws.queues import BatchResponse, Message
from backshop.connect.recommend import repository, rules, training
from pydantic import BaseModel

HISTORY = timedelta(days=730)
BEST_SELLERS = 200


class Job(BaseModel):
    store_id: UUID


@logs.crash_safely
def handler(event: dict[str, Any], _context: Any) -> BatchResponse | dict[str, int]:
    """A scheduled event queues the stores, a message trains one."""
    if "Records" in event:
        return queues.process(event, _one)
    with db.transaction(all_stores=True) as tx:
        jobs = [Job(store_id=each) for each in repository.stores_to_train(tx)]
    messages = [queues.Grouped(job.model_dump_json(), str(job.store_id)) for job in jobs]
    queues.send_all(config.value("TRAIN_QUEUE_URL"), messages)
    return {"stores": len(jobs)}


def _one(message: Message) -> None:
    train(Job.model_validate_json(message["body"]).store_id, datetime.now(UTC))


def train(store_id: UUID, now: datetime) -> str:
    """Train one store; `active`, `rejected`, or `too little` where nothing can be learnt yet.

    Nothing is locked while it computes: the orders are read in one transaction, the best sellers
    are saved in another before anything is learnt, the model in a third.
    """
    with db.transaction(store_id=store_id) as tx:
        baskets, skus = repository.read_baskets(tx, now - HISTORY)
    today = float(floor(repository.days(now)))
    trend, orders = training.trends(baskets, today)
    month = rules.popular(trend[1], orders[1], BEST_SELLERS)
    with db.transaction(store_id=store_id) as tx:
        repository.save_popular(tx, month, skus)
    try:
        trained = training.train(baskets, today)
    except training.TooLittle:
        trained = None
    if trained:
        with db.transaction(store_id=store_id) as tx:
            repository.save_model(tx, trained, skus)
    outcome = _outcome(trained)
    logs.info("recommender trained", store_id=str(store_id), outcome=outcome, items=len(skus))
    if outcome == "rejected":
        logs.count("RecommenderRejected")
    return outcome


def _outcome(trained: training.Trained | None) -> str:
    if trained is None:
        return "too little"
    return "active" if trained.scores.beats_popularity else "rejected"
