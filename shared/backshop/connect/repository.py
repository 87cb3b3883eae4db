"""The SQL of `connect.connector_config`; each function acts on the transaction's store."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from backshop.db import Tx

if TYPE_CHECKING:
    # Taking a delivery needs this module and no models, whose classes take a while to be made.
    from backshop.connect.models import ConnectorPosition

_SHOWN = """
    SELECT c.id, c.platform, c.store_url, c.sync_interval, c.status, c.shop_domain,
           c.erasure_asked_at, c.paused_at, s.settings,
           c.created_at, greatest(c.updated_at, s.updated_at) AS updated_at
    FROM connect.connector_config c JOIN backshop.stores s ON s.id = c.store_id
"""


class WebhookSecrets(NamedTuple):
    """What checks a delivery: ciphertexts by the field that they are sealed under."""

    platform: str
    shop_domain: str | None
    sealed: dict[str, str]


class Standing(NamedTuple):
    status: str
    shop_domain: str | None
    connected_at: datetime
    """When the present credentials were given."""
    is_erasure_asked: bool
    """Since the present credentials were given."""


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


def pause(tx: Tx, paused: bool) -> None:
    """Let nothing be read at the shop or written to it, or let it go on."""
    tx.execute(
        """UPDATE connect.connector_config
           SET paused_at = CASE WHEN %s THEN coalesce(paused_at, now()) END
           WHERE id = backshop.current_store_id()""",
        (paused,),
    )


def webhook_secrets(tx: Tx) -> WebhookSecrets | None:
    """The current secret, and for a day the one before it."""
    row = tx.execute(
        """SELECT platform, shop_domain, webhook_secret,
                  CASE WHEN webhook_secret_previous_until > now()
                       THEN webhook_secret_previous END AS webhook_secret_previous
           FROM connect.connector_config WHERE id = backshop.current_store_id()"""
    ).fetchone()
    if row is None:
        return None
    platform, domain = row.pop("platform"), row.pop("shop_domain")
    sealed = {field: sealed for field, sealed in row.items() if sealed}
    return WebhookSecrets(platform, domain, sealed)


def stores_of_shop(tx: Tx, domain: str) -> list[UUID]:
    """The stores of the shop that its platform calls so, whatever the transaction's store."""
    rows = tx.execute("SELECT connect.stores_of_shop(%s) AS id", (domain,)).fetchall()
    return [row["id"] for row in rows]


def standing(tx: Tx) -> Standing | None:
    """How the transaction's store stands with its shop; None where it has no connector."""
    row = tx.execute(
        """SELECT status, shop_domain, connected_at,
                  coalesce(erasure_asked_at >= connected_at, false) AS is_erasure_asked
           FROM connect.connector_config WHERE id = backshop.current_store_id()"""
    ).fetchone()
    return Standing(**row) if row else None


def ask_erasure(tx: Tx, at: datetime) -> None:
    """Note that the platform asked at `at` to erase the shop."""
    tx.execute(
        """UPDATE connect.connector_config
           SET erasure_asked_at = greatest(erasure_asked_at, %s)
           WHERE id = backshop.current_store_id()""",
        (at,),
    )


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
           SET status = 'uninstalled', api_key = '', secret = '', paused_at = NULL
           WHERE id = backshop.current_store_id() AND connected_at <= %s""",
        (at,),
    )
    return done.rowcount == 1


def disconnect(tx: Tx) -> None:
    """Staff took the shop off: forget what opens its API and what its webhooks are signed with.
    That of Shopify stays, whose order to erase the shop may come yet."""
    tx.execute(
        """UPDATE connect.connector_config
           SET status = 'uninstalled', api_key = '', secret = '', paused_at = NULL,
               webhook_secret = CASE WHEN platform = 'shopify' THEN webhook_secret END,
               webhook_secret_previous = NULL, webhook_secret_previous_until = NULL
           WHERE id = backshop.current_store_id()"""
    )


def holdings(tx: Tx) -> dict[str, int]:
    """How many orders, customers and products are stored."""
    row = tx.execute(
        """SELECT
             (SELECT count(*) FROM connect.platform_order
              WHERE store_id = backshop.current_store_id() AND status <> 'deleted') AS orders,
             (SELECT count(*) FROM connect.platform_customer
              WHERE store_id = backshop.current_store_id()) AS customers,
             (SELECT count(*) FROM connect.platform_product
              WHERE store_id = backshop.current_store_id()) AS products"""
    ).fetchone()
    assert row is not None
    return row
