"""The SQL of requests for ratings."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.invites.models import InviteWindow
from backshop.shade.invites.repository import ASKABLE, askable
from backshop.shade.rating_requests.models import RatingRequest


def to_ask(
    tx: Tx, window: InviteWindow, channel: str, limit: int, *, only_consenting: bool
) -> list[UUID]:
    """Ask about recommendations whose converted order arrived within the window, each once, those
    that arrived first first; their ids. Who was rated by already, cannot be reached, unsubscribed,
    or where that counts did not agree to marketing, is left alone."""
    rows = tx.execute(
        f"""INSERT INTO shade.rating_requests (store_id, recommendation_id, channel)
           SELECT v.store_id, v.recommendation_id, %(channel)s
           FROM shade.conversions AS v
           INNER JOIN shade.orders AS o ON v.store_id = o.store_id AND v.order_id = o.id
           INNER JOIN shade.surveys AS s ON v.store_id = s.store_id AND v.survey_id = s.id
           INNER JOIN shade.customers AS c ON v.store_id = c.store_id AND v.customer_id = c.id
           WHERE v.store_id = backshop.current_store_id() AND v.converted
             AND v.recommendation_id IS NOT NULL AND s.order_id IS NOT NULL
             AND NOT o.is_cancelled
             AND {ASKABLE}
             AND NOT EXISTS (SELECT FROM shade.rating_requests AS r
                             WHERE r.store_id = v.store_id
                               AND r.recommendation_id = v.recommendation_id)
             AND NOT EXISTS (SELECT FROM shade.model_training_data AS t
                             WHERE t.store_id = v.store_id AND t.survey_id = v.survey_id
                               AND t.match_accuracy_rating IS NOT NULL)
           ORDER BY coalesce(o.delivered_at, o.fulfilled_at), v.recommendation_id
           LIMIT %(limit)s
           ON CONFLICT DO NOTHING
           RETURNING recommendation_id""",
        askable(window, channel, only_consenting=only_consenting) | {"limit": limit},
    )
    return [row["recommendation_id"] for row in rows]


def request(tx: Tx, recommendation_id: UUID) -> RatingRequest | None:
    row = tx.execute(
        """SELECT q.channel, q.status, r.recommended_shade AS shade, s.order_id AS kit_order_id,
             c.email, c.phone_number, c.first_name, c.id AS customer_id,
             v.converted AND s.order_id IS NOT NULL AND c.unsubscribed_at IS NULL AND NOT EXISTS (
               SELECT FROM shade.model_training_data AS t
               WHERE t.store_id = v.store_id AND t.survey_id = v.survey_id
                 AND t.match_accuracy_rating IS NOT NULL) AS is_live
           FROM shade.rating_requests AS q
           INNER JOIN shade.recommendations AS r
             ON q.store_id = r.store_id AND q.recommendation_id = r.id
           INNER JOIN shade.conversions AS v
             ON q.store_id = v.store_id AND q.recommendation_id = v.recommendation_id
           INNER JOIN shade.surveys AS s ON v.store_id = s.store_id AND v.survey_id = s.id
           INNER JOIN shade.customers AS c ON v.store_id = c.store_id AND v.customer_id = c.id
           WHERE q.store_id = backshop.current_store_id() AND q.recommendation_id = %s""",
        (recommendation_id,),
    ).fetchone()
    return RatingRequest(**row) if row else None


def set_request(tx: Tx, recommendation_id: UUID, status: str, at: datetime | None = None) -> None:
    tx.execute(
        """UPDATE shade.rating_requests SET status = %s, sent_at = coalesce(%s, sent_at)
           WHERE store_id = backshop.current_store_id() AND recommendation_id = %s""",
        (status, at, recommendation_id),
    )
