"""The SQL of ratings and recommendations."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.shade.matching.models import RatingTally, Recommendation, SavedRecommendation


def tallies(tx: Tx) -> list[RatingTally]:
    """All ratings of shades: how the tried one fits, and how well a recommended one did."""
    rows = tx.execute(
        """SELECT rated.name AS shade, tried.depth, tried.undertone, skin_type,
             count(*)::int AS number, sum(rating)::int AS total
           FROM (
             SELECT shade_selected AS shade, shade_selected, skin_type, shade_fit_rating AS rating
             FROM shade.surveys
             WHERE store_id = backshop.current_store_id() AND shade_fit_rating IS NOT NULL
             UNION ALL
             SELECT r.recommended_shade, s.shade_selected, s.skin_type, t.match_accuracy_rating
             FROM shade.model_training_data AS t
             INNER JOIN shade.surveys AS s ON t.store_id = s.store_id AND t.survey_id = s.id
             INNER JOIN shade.recommendations AS r
               ON s.store_id = r.store_id AND s.id = r.survey_id
             WHERE t.store_id = backshop.current_store_id() AND t.match_accuracy_rating IS NOT NULL
           ) AS rating
           INNER JOIN shade.shades AS rated ON lower(rating.shade) = lower(rated.name)
           INNER JOIN shade.shades AS tried ON lower(rating.shade_selected) = lower(tried.name)
           WHERE rated.store_id = backshop.current_store_id()
             AND tried.store_id = rated.store_id
           GROUP BY 1, 2, 3, 4"""
    ).fetchall()
    return [RatingTally(**row) for row in rows]


def add_recommendation(
    tx: Tx, recommendation: Recommendation, customer_id: UUID | None, at: datetime
) -> None:
    """Save a recommendation, and with it the attempt to convert."""
    of = {
        **recommendation._asdict(),
        "customer_id": customer_id,
        "match": Jsonb(recommendation.match.model_dump(mode="json")),
        "shade": recommendation.match.best.shade if recommendation.match.best else None,
        "bundle": [each.name for each in recommendation.items],
        "at": at,
    }
    tx.execute(
        """INSERT INTO shade.recommendations
             (store_id, id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url,
              discount_id, match, created_at)
           VALUES (backshop.current_store_id(), %(id)s, %(survey_id)s, %(shade)s, %(bundle)s,
                   %(cart_url)s, %(click_url)s, %(discount_id)s, %(match)s, %(at)s)""",
        of,
    )
    tx.execute(
        """INSERT INTO shade.conversions
             (store_id, customer_id, survey_id, discount_id, recommendation_id, created_at)
           VALUES (backshop.current_store_id(), %(customer_id)s, %(survey_id)s, %(discount_id)s,
                   %(id)s, %(at)s)""",
        of,
    )


def recommendation(tx: Tx, survey_id: UUID) -> SavedRecommendation | None:
    """What was recommended for a survey."""
    row = tx.execute(
        """SELECT id, survey_id, recommended_bundle, cart_url, click_url, discount_id, match
           FROM shade.recommendations
           WHERE store_id = backshop.current_store_id()
             AND survey_id = %s""",
        (survey_id,),
    ).fetchone()
    return SavedRecommendation.model_validate(row) if row else None
