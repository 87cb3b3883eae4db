"""The SQL of what shoppers say of themselves."""

from __future__ import annotations

from datetime import datetime

from backshop.db import Tx
from backshop.kits.shoppers.models import ProfileChange, Said


def said_by(tx: Tx, phone: str) -> Said:
    row = tx.execute(
        """SELECT name, news, news_told_at FROM kits.shoppers
           WHERE store_id = backshop.current_store_id() AND phone = %s""",
        (phone,),
    ).fetchone()
    return Said(**row) if row else Said(None, None, None)


def save(tx: Tx, phone: str, change: ProfileChange, at: datetime) -> Said:
    """Keep what the shopper says; customers with this phone, now and later, are asked no more than
    that."""
    tx.execute("SELECT kits.lock_phones()")
    row = tx.execute(
        """INSERT INTO kits.shoppers AS known (store_id, phone, name, news, news_told_at)
           VALUES (backshop.current_store_id(), %(phone)s, %(name)s, %(news)s, %(at)s)
           ON CONFLICT (store_id, phone) DO UPDATE SET name = excluded.name, news = excluded.news,
             news_told_at = CASE WHEN known.news IS DISTINCT FROM excluded.news
               THEN excluded.news_told_at ELSE known.news_told_at END
           RETURNING name, news, news_told_at""",
        {"phone": phone, "name": change.name or None, "news": change.news, "at": at},
    ).fetchone()
    tx.execute(
        """UPDATE kits.customers SET marketing_consent = %s, consent_told = true
           WHERE store_id = backshop.current_store_id() AND phone_number = %s""",
        (change.news, phone),
    )
    assert row is not None
    return Said(**row)
