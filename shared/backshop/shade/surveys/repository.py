"""The SQL of kits and their surveys."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.shade.repository import LIVE_KIT
from backshop.shade.surveys.models import Answers, Kit


def kit(tx: Tx, order_id: UUID, *, lock: bool = False) -> Kit | None:
    """The kit order; locked, it stays so until the end of the transaction: its survey is saved
    once."""
    row = tx.execute(
        f"""SELECT o.id AS order_id, o.customer_id, o.currency, {LIVE_KIT} AS is_live
            FROM shade.orders AS o
            WHERE o.store_id = backshop.current_store_id()
              AND o.id = %s {"FOR NO KEY UPDATE" if lock else ""}""",
        (order_id,),
    ).fetchone()
    return Kit(**row) if row else None


def survey_of(tx: Tx, order_id: UUID) -> UUID | None:
    row = tx.execute(
        """SELECT id FROM shade.surveys
           WHERE store_id = backshop.current_store_id()
             AND order_id = %s""",
        (order_id,),
    ).fetchone()
    return row["id"] if row else None


def add_survey(tx: Tx, kit: Kit, answers: Answers, at: datetime) -> UUID:
    row = tx.execute(
        """INSERT INTO shade.surveys
             (store_id, customer_id, order_id, shade_selected, shade_fit_rating, skin_type,
              skin_concerns, finish_preference, texture_feedback, interested_in_addons,
              survey_completed_at)
           VALUES (backshop.current_store_id(), %(customer_id)s, %(order_id)s, %(shade_selected)s,
                   %(shade_fit_rating)s, %(skin_type)s, %(skin_concerns)s, %(finish_preference)s,
                   %(texture_feedback)s, %(interested_in_addons)s, %(at)s)
           RETURNING id""",
        {
            **answers.model_dump(),
            "skin_concerns": list(answers.skin_concerns),
            "interested_in_addons": list(answers.interested_in_addons),
            "customer_id": kit.customer_id,
            "order_id": kit.order_id,
            "at": at,
        },
    ).fetchone()
    assert row is not None
    id: UUID = row["id"]
    return id
