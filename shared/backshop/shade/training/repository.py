"""The SQL of the training set."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from backshop.db import Tx
from backshop.shade.training.models import RatingPosition, ShownRating

Row = dict[str, Any]


class KeptPhoto(NamedTuple):
    """A photo that came with a rating."""

    store_id: UUID
    survey_id: UUID
    at: datetime


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


def add_photo(tx: Tx, survey_id: UUID, address: str, consent: str, at: datetime) -> None:
    """Remember the photo of a rating and which text its sender agreed to; an earlier one is
    forgotten."""
    tx.execute(
        """UPDATE shade.model_training_data
           SET image_url = %s, image_consent = %s, image_at = %s, used_for_training = false
           WHERE store_id = backshop.current_store_id() AND survey_id = %s""",
        (address, consent, at, survey_id),
    )


def photo(tx: Tx, survey_id: UUID) -> KeptPhoto | None:
    """The photo that came with a survey's rating."""
    row = tx.execute(
        """SELECT store_id, survey_id, image_at AS at FROM shade.model_training_data
           WHERE store_id = backshop.current_store_id() AND survey_id = %s
             AND image_url IS NOT NULL AND image_at IS NOT NULL""",
        (survey_id,),
    ).fetchone()
    return KeptPhoto(**row) if row else None


def photos_due(tx: Tx, before: datetime, most: int) -> list[KeptPhoto]:
    """Photos from before then, oldest first; of every store that the transaction sees. One that
    does not say when it came is as old as its rating."""
    rows = tx.execute(
        """SELECT store_id, survey_id, coalesce(image_at, rated_at, '-infinity') AS at
           FROM shade.model_training_data
           WHERE image_url IS NOT NULL AND survey_id IS NOT NULL
             AND (image_at <= %(before)s
               OR (image_at IS NULL AND (rated_at <= %(before)s OR rated_at IS NULL)))
           ORDER BY image_at NULLS FIRST LIMIT %(most)s""",
        {"before": before, "most": most},
    )
    return [KeptPhoto(**row) for row in rows]


def forget_photos(tx: Tx, survey_ids: Sequence[UUID]) -> None:
    """Forget the photos of these ratings, in every store that the transaction sees."""
    tx.execute(
        """UPDATE shade.model_training_data
           SET image_url = NULL, image_at = NULL, image_consent = NULL
           WHERE survey_id = ANY (%s)""",
        (list(survey_ids),),
    )


def ratings(
    tx: Tx,
    rating: int | None,
    noted: bool | None,
    after: RatingPosition | None,
    number: int,
    *,
    q: str | None = None,
    has_photo: bool | None = None,
) -> list[ShownRating]:
    """So many ratings, newest first; `q` is part of a shade's name or of what was written."""
    rows = tx.execute(
        f"""{_SHOWN}
            WHERE u.store_id = backshop.current_store_id()
              AND u.match_accuracy_rating IS NOT NULL AND u.rated_at IS NOT NULL
              AND (%(rating)s::int IS NULL OR u.match_accuracy_rating = %(rating)s)
              AND (%(noted)s::bool IS NULL OR (u.qa_note IS NOT NULL) = %(noted)s)
              AND (%(has_photo)s::bool IS NULL OR (u.image_url IS NOT NULL) = %(has_photo)s)
              AND (%(q)s::text IS NULL OR position(lower(%(q)s) IN lower(concat_ws(
                ' ', s.shade_selected, r.recommended_shade, u.feedback_notes, u.qa_note))) > 0)
              AND (%(at)s::timestamptz IS NULL OR (u.rated_at, u.id) < (%(at)s, %(id)s))
            ORDER BY u.rated_at DESC, u.id DESC LIMIT %(number)s""",
        {
            "rating": rating,
            "noted": noted,
            "q": q,
            "has_photo": has_photo,
            "at": after.rated_at if after else None,
            "id": after.id if after else None,
            "number": number,
        },
    )
    return [ShownRating.model_validate(row) for row in rows]


_SHOWN = """
    SELECT u.id, u.survey_id, u.match_accuracy_rating AS rating, u.feedback_notes, u.image_url,
      u.rated_at, u.qa_note, u.qa_by, u.qa_at, s.shade_selected, r.recommended_shade
    FROM shade.model_training_data AS u
    LEFT JOIN shade.surveys AS s ON u.store_id = s.store_id AND u.survey_id = s.id
    LEFT JOIN LATERAL (
      SELECT recommended_shade FROM shade.recommendations AS r
      WHERE r.store_id = u.store_id AND r.survey_id = u.survey_id
      ORDER BY r.created_at DESC, r.id LIMIT 1) AS r ON true"""


def note(tx: Tx, id: UUID, text: str | None, by: str) -> ShownRating | None:
    """Staff's own note on a rating, None to take it away; None for no rating."""
    changed = tx.execute(
        """UPDATE shade.model_training_data SET qa_note = %(text)s,
             qa_by = CASE WHEN %(text)s::text IS NULL THEN NULL ELSE %(by)s END,
             qa_at = CASE WHEN %(text)s::text IS NULL THEN NULL ELSE now() END
           WHERE store_id = backshop.current_store_id() AND id = %(id)s""",
        {"id": id, "text": text, "by": by},
    )
    if not changed.rowcount:
        return None
    row = tx.execute(
        f"{_SHOWN} WHERE u.store_id = backshop.current_store_id() AND u.id = %s", (id,)
    ).fetchone()
    return ShownRating.model_validate(row)


def training_rows(tx: Tx, *, only_new: bool) -> list[Row]:
    """Every rated match with what it was made from, nobody named; marked as used from now on."""
    return tx.execute(
        """WITH used AS (
             UPDATE shade.model_training_data SET used_for_training = true
             WHERE store_id = backshop.current_store_id()
               AND match_accuracy_rating IS NOT NULL AND (NOT %s OR NOT used_for_training)
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
