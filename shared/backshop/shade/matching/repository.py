"""The SQL of ratings and recommendations."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop.db import Tx
from backshop.shade.matching.models import Recommendation, Tally

Row = dict[str, Any]


def tallies(tx: Tx) -> list[Tally]:
    """All ratings of shades: how the tried one fits, and how well a recommended one did."""
    rows = tx.execute(
        """SELECT rated.name AS shade, tried.depth, tried.undertone, skin_type,
             count(*)::int AS number, sum(rating)::int AS total
           FROM (
             SELECT shade_selected AS shade, shade_selected, skin_type, shade_fit_rating AS rating
             FROM shade.surveys WHERE shade_fit_rating IS NOT NULL
             UNION ALL
             SELECT r.recommended_shade, s.shade_selected, s.skin_type, t.match_accuracy_rating
             FROM shade.model_training_data AS t
             INNER JOIN shade.surveys AS s ON t.store_id = s.store_id AND t.survey_id = s.id
             INNER JOIN shade.recommendations AS r
               ON s.store_id = r.store_id AND s.id = r.survey_id
             WHERE t.match_accuracy_rating IS NOT NULL
           ) AS given
           INNER JOIN shade.shades AS rated ON lower(given.shade) = lower(rated.name)
           INNER JOIN shade.shades AS tried ON lower(given.shade_selected) = lower(tried.name)
           GROUP BY 1, 2, 3, 4"""
    ).fetchall()
    return [Tally(**row) for row in rows]


def add_recommendation(
    tx: Tx, given: Recommendation, customer_id: UUID | None, at: datetime
) -> None:
    """Save a recommendation, and with it the attempt to convert."""
    of = {
        **given._asdict(),
        "customer_id": customer_id,
        "match": Jsonb(given.match.model_dump(mode="json")),
        "shade": given.match.best.shade if given.match.best else None,
        "bundle": [each.name for each in given.items],
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


def recommendation(tx: Tx, survey_id: UUID) -> Row | None:
    """id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url, discount_id, match."""
    return tx.execute(
        """SELECT id, survey_id, recommended_shade, recommended_bundle, cart_url, click_url,
             discount_id, match
           FROM shade.recommendations WHERE survey_id = %s""",
        (survey_id,),
    ).fetchone()
