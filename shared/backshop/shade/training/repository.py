"""The SQL of the training set."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from backshop.db import Tx

Row = dict[str, Any]


def rate(tx: Tx, survey_id: UUID, rating: int, notes: str | None, at: datetime) -> None:
    """Keep how well the recommended shade did; a later word takes the place of an earlier one and
    may be trained on anew."""
    tx.execute(
        """INSERT INTO shade.model_training_data AS target
             (store_id, survey_id, match_accuracy_rating, feedback_notes, rated_at)
           VALUES (backshop.current_store_id(), %(survey)s, %(rating)s, %(notes)s, %(at)s)
           ON CONFLICT (store_id, survey_id) DO UPDATE SET
             match_accuracy_rating = excluded.match_accuracy_rating,
             feedback_notes = excluded.feedback_notes, rated_at = excluded.rated_at,
             used_for_training = false
           WHERE (target.match_accuracy_rating, target.feedback_notes)
             IS DISTINCT FROM (excluded.match_accuracy_rating, excluded.feedback_notes)""",
        {"survey": survey_id, "rating": rating, "notes": notes, "at": at},
    )


def training_rows(tx: Tx, *, only_new: bool) -> list[Row]:
    """Every rated match with what it was made from, nobody named; marked as used from now on."""
    return tx.execute(
        """WITH used AS (
             UPDATE shade.model_training_data SET used_for_training = true
             WHERE match_accuracy_rating IS NOT NULL AND (NOT %s OR NOT used_for_training)
             RETURNING store_id, id, survey_id, image_url, match_accuracy_rating, feedback_notes
           )
           SELECT u.id, u.survey_id, s.shade_selected, s.shade_fit_rating, s.skin_type,
             s.skin_concerns, s.finish_preference, s.texture_feedback, s.interested_in_addons,
             tried.depth AS selected_depth, tried.undertone AS selected_undertone,
             r.recommended_shade, best.depth AS recommended_depth,
             best.undertone AS recommended_undertone, c.converted,
             u.image_url, u.match_accuracy_rating, u.feedback_notes
           FROM used AS u
           INNER JOIN shade.surveys AS s ON u.store_id = s.store_id AND u.survey_id = s.id
           LEFT JOIN shade.recommendations AS r ON s.store_id = r.store_id AND s.id = r.survey_id
           LEFT JOIN shade.conversions AS c
             ON r.store_id = c.store_id AND r.id = c.recommendation_id
           LEFT JOIN shade.shades AS tried
             ON s.store_id = tried.store_id AND lower(s.shade_selected) = lower(tried.name)
           LEFT JOIN shade.shades AS best
             ON r.store_id = best.store_id AND lower(r.recommended_shade) = lower(best.name)
           ORDER BY u.id""",
        (only_new,),
    ).fetchall()
