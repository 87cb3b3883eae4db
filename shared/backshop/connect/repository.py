"""The SQL of `connect.connector_config`; each function acts on the transaction's store."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from backshop.db import Tx

if TYPE_CHECKING:
    # Taking a delivery needs this module and no models, whose classes take a while to be made.
    from backshop.connect.models import ConnectorPosition

_SHOWN = """
    SELECT c.id, c.platform, c.store_url, c.sync_interval, c.status, s.settings,
           c.created_at, greatest(c.updated_at, s.updated_at) AS updated_at
    FROM connect.connector_config c JOIN backshop.stores s ON s.id = c.store_id
"""


class WebhookSecrets(NamedTuple):
    """What checks a delivery: ciphertexts by the field that they are sealed under."""

    platform: str
    sealed: dict[str, str]


def add_connector(
    tx: Tx, platform: str, url: str, sync_interval: int, sealed: dict[str, str]
) -> None:
    """`sealed` holds the ciphertexts of api_key, secret and webhook_secret."""
    tx.execute(
        """INSERT INTO connect.connector_config
             (id, store_id, platform, store_url, sync_interval, api_key, secret, webhook_secret)
           VALUES (backshop.current_store_id(), backshop.current_store_id(), %(platform)s, %(url)s,
                   %(sync_interval)s, %(api_key)s, %(secret)s, %(webhook_secret)s)""",
        {"platform": platform, "url": url, "sync_interval": sync_interval, **sealed},
    )


def connector(tx: Tx) -> dict[str, Any] | None:
    """The connector as it may be shown: no credentials."""
    own = _SHOWN + " WHERE c.id = backshop.current_store_id()"
    return tx.execute(own.encode()).fetchone()


def connectors(tx: Tx, after: ConnectorPosition | None, number: int) -> list[dict[str, Any]]:
    """So many of those that the transaction sees, oldest first."""
    page = """ WHERE %(at)s::timestamptz IS NULL OR (c.created_at, c.id) > (%(at)s, %(id)s)
               ORDER BY c.created_at, c.id LIMIT %(number)s"""
    at, id = (after.created_at, after.id) if after else (None, None)
    return tx.execute((_SHOWN + page).encode(), {"at": at, "id": id, "number": number}).fetchall()


def change_connector(
    tx: Tx, url: str | None, sync_interval: int | None, sealed: dict[str, str]
) -> None:
    """Change what is given. New credentials make an uninstalled connector active again."""
    tx.execute(
        """UPDATE connect.connector_config SET
             store_url = coalesce(%(url)s, store_url),
             sync_interval = coalesce(%(sync_interval)s, sync_interval),
             api_key = coalesce(%(api_key)s, api_key),
             secret = coalesce(%(secret)s, secret),
             webhook_secret = coalesce(%(webhook_secret)s, webhook_secret),
             status = CASE WHEN %(api_key)s::text IS NULL THEN status ELSE 'active' END,
             connected_at = CASE WHEN %(api_key)s::text IS NULL THEN connected_at ELSE now() END
           WHERE id = backshop.current_store_id()""",
        {
            "url": url,
            "sync_interval": sync_interval,
            **dict.fromkeys(("api_key", "secret", "webhook_secret")),
            **sealed,
        },
    )


def webhook_secrets(tx: Tx) -> WebhookSecrets | None:
    """The current secret, and for a day the one before it."""
    row = tx.execute(
        """SELECT platform, webhook_secret,
                  CASE WHEN webhook_secret_previous_until > now()
                       THEN webhook_secret_previous END AS webhook_secret_previous
           FROM connect.connector_config WHERE id = backshop.current_store_id()"""
    ).fetchone()
    if row is None:
        return None
    platform = row.pop("platform")
    return WebhookSecrets(platform, {field: sealed for field, sealed in row.items() if sealed})


def keep_previous_secret(tx: Tx, sealed: str) -> None:
    """Accept this secret beside the current one for a day: deliveries are retried for hours."""
    tx.execute(
        """UPDATE connect.connector_config
           SET webhook_secret_previous = %s,
               webhook_secret_previous_until = now() + interval '1 day'
           WHERE id = backshop.current_store_id()""",
        (sealed,),
    )


def end(tx: Tx, at: datetime) -> bool:
    """The shop took the app away at `at`: forget what opens its API and stop syncing. False where
    it was connected again since.

    The webhook secret stays, because Shopify's order to erase the shop comes 48 hours later.
    """
    done = tx.execute(
        """UPDATE connect.connector_config
           SET status = 'uninstalled', api_key = '', secret = ''
           WHERE id = backshop.current_store_id() AND connected_at <= %s""",
        (at,),
    )
    return done.rowcount == 1
