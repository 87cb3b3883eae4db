"""Saving records in the connect schema: catalogue, customers, orders and what was refunded of them.

Functions take staged relations (staging.py), act on the transaction's store and do the same
whatever
the order of arrival: who comes second completes the reference. The caller holds the store's lock
and passes only records that are newer than what is saved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backshop.commerce import (
    ConsentChange,
    Kind,
    Person,
    Platform,
    Refunded,
    Store,
    consents_by_channel,
    email_hash,
)
from backshop.db import NEW_IDS, Staged, Tx, export_rows, stage

if TYPE_CHECKING:
    from backshop.contexts import Changes

REFUNDED = {"order_id": "text", "amount": "numeric", "shipping": "numeric"}
REFUNDED_LINES = {"order_id": "text", "line_id": "text", "quantity": "integer"}


def save_products(tx: Tx, store: Store, products: Staged, variants: Staged) -> None:
    """One row a variant. Of products whose variants are all told, the others go."""
    of = {"store": store.id, "platform": store.platform}
    left = _delete_stale_variants(tx, of, products, variants) if products.size else []
    if products.size and store.platform == Platform.WOOCOMMERCE:
        _hide_variations(tx, of, products)
    if not variants.size:
        _settle_skus(tx, of, left)
        return
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO connect.platform_product AS stored
                (store_id, platform, product_id, variant_id, sku, given_sku, title, description,
                 metadata, price, currency, available, variant_title, product_type, tags, status,
                 stock_quantity, modified_at, synced_at)
              SELECT %(store)s, %(platform)s::text, product_id, id, left(own_sku, 100), given_sku,
                coalesce(left(product_title, 255), ''), description, metadata::jsonb, price, currency, available,
                left(title, 255), left(product_type, 255), tags, left(status, 50), stock,
                modified_at, now()
              FROM {variants.source}
              ON CONFLICT (store_id, platform, product_id, variant_id) DO UPDATE SET
                given_sku = excluded.given_sku, title = excluded.title,
                description = excluded.description, metadata = excluded.metadata,
                price = excluded.price, currency = excluded.currency,
                available = excluded.available, variant_title = excluded.variant_title,
                product_type = excluded.product_type, tags = excluded.tags,
                status = excluded.status, stock_quantity = excluded.stock_quantity,
                modified_at = excluded.modified_at, synced_at = excluded.synced_at
              WHERE (stored.given_sku, stored.title, stored.description, stored.metadata, stored.price,
                     stored.currency, stored.available, stored.variant_title, stored.product_type,
                     stored.tags, stored.status, stored.stock_quantity, stored.modified_at)
                IS DISTINCT FROM
                    (excluded.given_sku, excluded.title, excluded.description, excluded.metadata,
                     excluded.price, excluded.currency, excluded.available, excluded.variant_title,
                     excluded.product_type, excluded.tags, excluded.status,
                     excluded.stock_quantity, excluded.modified_at)
              RETURNING old.given_sku AS before, new.given_sku AS after
            )
            SELECT array_agg(before) AS before, array_agg(after) AS after FROM saved
            WHERE before IS DISTINCT FROM after""",
        of | variants.params,
    ).fetchone()
    changed = [*(row["before"] or []), *(row["after"] or [])] if row else []
    _settle_skus(tx, of, [*left, *changed])


def _delete_stale_variants(
    tx: Tx, of: dict[str, object], products: Staged, variants: Staged
) -> list[str]:
    """The SKUs that became free. A product that became variable loses the row of its own."""
    gone = tx.execute(
        f"""DELETE FROM connect.platform_product AS stored
            WHERE platform = %(platform)s
              AND product_id = ANY (ARRAY(SELECT id FROM {products.source}))
              AND (variant_id = product_id OR product_id = ANY (ARRAY(
                    SELECT id FROM {products.source} WHERE variants_known)))
              AND NOT EXISTS (SELECT FROM {variants.source}
                WHERE variants.product_id = stored.product_id AND variants.id = stored.variant_id)
            RETURNING given_sku""",
        of | products.params | variants.params,
    )
    return [row["given_sku"] for row in gone if row["given_sku"]]


def _hide_variations(tx: Tx, of: dict[str, object], products: Staged) -> None:
    """What is not published takes its variations with it, which are records of their own."""
    tx.execute(
        f"""UPDATE connect.platform_product AS stored
            SET available = false, status = left(products.status, 50), synced_at = now()
            FROM {products.source}
            WHERE NOT products.variants_known AND products.status <> 'publish'
              AND stored.platform = %(platform)s AND stored.product_id = products.id
              AND stored.variant_id <> products.id
              AND (stored.available OR stored.status IS DISTINCT FROM left(products.status, 50))""",
        of | products.params,
    )


def _settle_skus(tx: Tx, of: dict[str, object], skus: Sequence[str | None]) -> None:
    """File each of these SKUs under the first of the variants that have it, by length and letters
    of the variant's id, which for numbers is the oldest; the others under a name of their own."""
    affected = {sku for sku in skus if sku}
    if not affected:
        return
    settle = """WITH wanted AS (
                  SELECT product_id, variant_id, given_sku,
                    left(platform || ':' || variant_id, 100) AS own_sku,
                    row_number() OVER (PARTITION BY given_sku
                      ORDER BY length(variant_id), variant_id, product_id) AS place
                  FROM connect.platform_product
                  WHERE platform = %(platform)s
                    AND given_sku = ANY (%(skus)s)
                )
                UPDATE connect.platform_product AS stored SET sku = {sku}
                FROM wanted
                WHERE stored.platform = %(platform)s
                  AND stored.product_id = wanted.product_id AND stored.variant_id = wanted.variant_id
                  AND stored.sku <> {sku} AND {which}"""
    params = of | {"skus": sorted(affected)}
    wrong = "(wanted.place > 1 OR stored.sku <> wanted.given_sku)"
    tx.execute(settle.format(sku="wanted.own_sku", which=wrong), params)
    tx.execute(settle.format(sku="wanted.given_sku", which="wanted.place = 1"), params)


def save_customers(tx: Tx, store: Store, customers: Staged) -> None:
    """Customers with an account; a guest is none here."""
    of = {"store": store.id, "platform": store.platform}
    saved = tx.execute(
        f"""WITH saved AS (
              INSERT INTO connect.platform_customer
                (store_id, customer_id, platform, email, name, phone, metadata, modified_at,
                 synced_at, consents)
              SELECT %(store)s, id, %(platform)s::text, coalesce(left(email, 255), ''), left(name, 255),
                left(phone, 50),
                CASE WHEN untold = '{{}}' THEN metadata::jsonb
                  ELSE coalesce(metadata::jsonb, '{{}}') || coalesce((
                    SELECT jsonb_object_agg(f.key, f.value)
                    FROM connect.platform_customer AS held, jsonb_each(held.metadata) AS f
                    WHERE held.customer_id = customers.id
                      AND held.platform = %(platform)s::text AND f.key = ANY (untold)), '{{}}') END,
                modified_at, now(),
                connect.with_consents('{{}}', consents::jsonb, now())
              FROM {customers.source} WHERE NOT is_guest
              ON CONFLICT (store_id, customer_id, platform) DO UPDATE SET
                email = excluded.email, name = excluded.name, phone = excluded.phone,
                metadata = excluded.metadata, modified_at = excluded.modified_at,
                synced_at = excluded.synced_at,
                consents = connect.with_consents(platform_customer.consents, excluded.consents, now())
              RETURNING new.customer_id, old.customer_id AS before
            )
            SELECT bool_or(before IS NULL) AS has_new FROM saved""",
        of | customers.params,
    )
    if customers.are_few or (saved.fetchone() or {}).get("has_new"):
        tx.execute(
            f"""UPDATE connect.platform_order SET customer_id = external_customer_id
                WHERE platform = %(platform)s AND customer_id IS NULL
                  AND external_customer_id = ANY (ARRAY(
                    SELECT id FROM {customers.source} WHERE NOT is_guest))""",
            of | customers.params,
        )


def save_consents(tx: Tx, store: Store, changes: Sequence[ConsentChange]) -> None:
    """What customers who are known agreed to; of two words the later counts, in any order."""
    for each in changes:
        tx.execute(
            """UPDATE connect.platform_customer
               SET consents = connect.with_consents(consents, %(told)s::jsonb, now())
               WHERE platform = %(platform)s AND customer_id = %(id)s""",
            {
                "store": store.id,
                "platform": store.platform,
                "id": each.customer_id,
                "told": json.dumps(consents_by_channel(each.consents)),
            },
        )


def save_orders(tx: Tx, store: Store, orders: Staged, lines: Staged) -> None:
    of = {"store": store.id, "platform": store.platform}
    are_new = orders.is_table and not _are_stored(tx, of, orders)
    known = _KNOWN_CUSTOMERS.format(orders=orders.source) if orders.is_table else ""
    saved = tx.execute(
        f"""WITH saved AS (
              INSERT INTO connect.platform_order
                (store_id, order_id, platform, customer_id, external_customer_id, status,
                 total_amount, currency, line_items, created_at, synced_at, code, email_hash,
                 phone, is_cancelled, fulfilment_status, shipping_address, shipping_amount,
                 tax_amount, payments, modified_at)
              SELECT %(store)s, id, %(platform)s::text,
                {"known.id_of" if known else _CUSTOMER},
                CASE WHEN NOT is_guest THEN customer_id END, status, total, currency,
                CASE WHEN lines_known THEN line_items::jsonb ELSE coalesce((
                  SELECT o.line_items FROM connect.platform_order AS o
                  WHERE o.order_id = orders.id AND o.platform = %(platform)s::text), '[]') END,
                created_at, now(), left(code, 100), email_hash,
                left(phone, 50), is_cancelled, fulfilment, shipping_address::jsonb, shipping, tax,
                coalesce(payments::jsonb, '[]'), modified_at
              FROM {orders.source} {known}
              {"" if are_new else _CHANGE_ORDER}
              RETURNING old.order_id AS before
            )
            SELECT bool_or(before IS NOT NULL) AS has_older FROM saved""",
        of | orders.params,
    )
    has_older = orders.are_few or (saved.fetchone() or {}).get("has_older")
    if has_older:
        tx.execute(
            f"""DELETE FROM connect.order_item AS stored
                WHERE platform = %(platform)s
                  AND order_id = ANY (ARRAY(SELECT id FROM {orders.source}))
                  AND order_id <> ALL (ARRAY(
                    SELECT id FROM {orders.source} WHERE NOT lines_known))
                  AND NOT EXISTS (SELECT FROM {lines.source}
                    WHERE lines.order_id = stored.order_id AND lines.id = stored.line_id)""",
            of | orders.params | lines.params,
        )
    tx.execute(
        f"""INSERT INTO connect.order_item AS stored
              (id, store_id, order_id, platform, line_id, sku, quantity, price, product_id,
               variant_id, name, total, tax)
            SELECT {NEW_IDS}, %(store)s, order_id, %(platform)s::text, left(id, 100), sku, quantity,
              unit_price, product_id, variant_id, left(name, 500), total, tax
            FROM {lines.source}
            {_CHANGE_ITEM if has_older else ""}""",
        of | lines.params,
    )


_CUSTOMER = """(SELECT c.customer_id FROM connect.platform_customer AS c
                 WHERE c.customer_id = orders.customer_id
                   AND c.platform = %(platform)s::text)"""
# The same of many at once, which reads each page of the index once.
_KNOWN_CUSTOMERS = """LEFT JOIN (
  SELECT c.customer_id AS id_of FROM connect.platform_customer AS c
  WHERE c.platform = %(platform)s AND c.customer_id = ANY (ARRAY(SELECT customer_id FROM {orders}))
  OFFSET 0) AS known ON known.id_of = orders.customer_id"""


def _are_stored(tx: Tx, of: dict[str, object], orders: Staged) -> bool:
    """Whether any of these orders is there."""
    found = tx.execute(
        f"""SELECT FROM connect.platform_order
            WHERE platform = %(platform)s
              AND order_id = ANY (ARRAY(SELECT id FROM {orders.source})) LIMIT 1""",
        of | orders.params,
    )
    return bool(found.rowcount)


# Orders that are all new, and their lines, have nothing to conflict with, which saves a sixth of an
# insert.
_CHANGE_ORDER = """ON CONFLICT (store_id, order_id, platform) DO UPDATE SET
  customer_id = excluded.customer_id, external_customer_id = excluded.external_customer_id,
  status = excluded.status, total_amount = excluded.total_amount, currency = excluded.currency,
  line_items = excluded.line_items, created_at = excluded.created_at,
  synced_at = excluded.synced_at, code = excluded.code, email_hash = excluded.email_hash,
  phone = excluded.phone, is_cancelled = excluded.is_cancelled,
  fulfilment_status = excluded.fulfilment_status, shipping_address = excluded.shipping_address,
  shipping_amount = excluded.shipping_amount, tax_amount = excluded.tax_amount,
  payments = excluded.payments, modified_at = excluded.modified_at"""
_CHANGE_ITEM = """ON CONFLICT (store_id, order_id, platform, line_id) DO UPDATE SET
  sku = excluded.sku, quantity = excluded.quantity, price = excluded.price,
  product_id = excluded.product_id, variant_id = excluded.variant_id, name = excluded.name,
  total = excluded.total, tax = excluded.tax
WHERE (stored.sku, stored.quantity, stored.price, stored.product_id, stored.variant_id, stored.name,
       stored.total, stored.tax)
  IS DISTINCT FROM
      (excluded.sku, excluded.quantity, excluded.price, excluded.product_id,
       excluded.variant_id, excluded.name, excluded.total, excluded.tax)"""


def save_refunded(tx: Tx, store: Store, refunded: Sequence[Refunded]) -> None:
    """What has been given back of these orders, all of it."""
    sums = [(each.order_id, str(each.amount), str(each.shipping)) for each in refunded]
    quantities = [
        (each.order_id, line_id, str(quantity))
        for each in refunded
        for line_id, quantity in each.quantities.items()
    ]
    orders = stage(tx, "refunded", REFUNDED, sums)
    lines = stage(tx, "refunded_lines", REFUNDED_LINES, quantities)
    of = {"store": store.id, "platform": store.platform} | orders.params | lines.params
    tx.execute(
        f"""UPDATE connect.platform_order AS stored
            SET refunded_amount = refunded.amount, refunded_shipping_amount = refunded.shipping
            FROM {orders.source}
            WHERE stored.platform = %(platform)s
              AND stored.order_id = refunded.order_id
              AND (stored.refunded_amount, stored.refunded_shipping_amount)
                IS DISTINCT FROM (round(refunded.amount, 4), round(refunded.shipping, 4))""",
        of,
    )
    tx.execute(
        f"""WITH wanted AS (
              SELECT i.id, coalesce((SELECT quantity FROM {lines.source}
                WHERE refunded_lines.order_id = i.order_id
                  AND refunded_lines.line_id = i.line_id), 0) AS quantity
              FROM connect.order_item AS i
              WHERE i.platform = %(platform)s
                AND i.order_id = ANY (ARRAY(SELECT order_id FROM {orders.source}))
            )
            UPDATE connect.order_item AS stored SET refunded_quantity = wanted.quantity
            FROM wanted
            WHERE stored.platform = %(platform)s
              AND stored.order_id = ANY (ARRAY(SELECT order_id FROM {orders.source}))
              AND stored.id = wanted.id
              AND stored.refunded_quantity <> wanted.quantity""",
        of,
    )


def delete_products(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """Products, or variations that were records of their own (WooCommerce)."""
    of = {"store": store.id, "platform": store.platform, "ids": list(ids)}
    also = "OR variant_id = ANY (%(ids)s)" if store.platform == Platform.WOOCOMMERCE else ""
    gone = tx.execute(
        f"""DELETE FROM connect.platform_product
            WHERE platform = %(platform)s
              AND (product_id = ANY (%(ids)s) {also})
            RETURNING given_sku""",
        of,
    ).fetchall()
    _settle_skus(tx, of, [row["given_sku"] for row in gone])


def delete_customers(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The customers go; what refers to them stays, without them."""
    of = {"store": store.id, "platform": store.platform, "ids": list(ids)}
    for table in ("platform_order", "recommendation_log", "try_on_session"):
        tx.execute(
            f"""UPDATE connect.{table} SET customer_id = NULL
                WHERE platform = %(platform)s
                  AND customer_id = ANY (%(ids)s)""",
            of,
        )
    tx.execute(
        """DELETE FROM connect.platform_customer
           WHERE platform = %(platform)s AND customer_id = ANY (%(ids)s)""",
        of,
    )


def delete_orders(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The orders go. One with requests of staff stays as an empty shell of status `deleted`,
    because what was asked and answered is to be found later."""
    of = {"store": store.id, "platform": store.platform, "ids": list(ids)}
    tx.execute(
        """DELETE FROM connect.order_item
           WHERE platform = %(platform)s AND order_id = ANY (%(ids)s)""",
        of,
    )
    tx.execute(
        """UPDATE connect.platform_order AS stored
           SET status = 'deleted', is_cancelled = true, customer_id = NULL, email_hash = NULL,
             external_customer_id = NULL, phone = NULL, shipping_address = NULL, line_items = '[]'
           WHERE platform = %(platform)s AND order_id = ANY (%(ids)s)
             AND (EXISTS (SELECT FROM connect.refund_request AS r
                    WHERE r.order_id = stored.order_id
                      AND r.platform = stored.platform)
               OR EXISTS (SELECT FROM connect.address_update_request AS r
                    WHERE r.order_id = stored.order_id
                      AND r.platform = stored.platform))""",
        of,
    )
    tx.execute(
        """DELETE FROM connect.platform_order AS stored
           WHERE platform = %(platform)s AND order_id = ANY (%(ids)s)
             AND status <> 'deleted'""",
        of,
    )


# ------------------------------------------------------------------------------- privacy

_THEIRS = {
    "platform_customer": "customer_id = ANY (%(customers)s)",
    "platform_order": """(customer_id = ANY (%(customers)s) OR order_id = ANY (%(orders)s)
                        OR email_hash = %(email_hash)s OR phone = %(phone)s)""",
    "order_item": "order_id = ANY (%(of_orders)s)",
    "refund_request": "order_id = ANY (%(of_orders)s)",
    "address_update_request": "order_id = ANY (%(of_orders)s)",
    "recommendation_log": "customer_id = ANY (%(customers)s)",
    "try_on_session": "customer_id = ANY (%(customers)s)",
    "try_on_overlay": "session_id = ANY (%(sessions)s)",
}


def customers_of(tx: Tx, person: Person) -> list[str]:
    """Ids of the customers that a person is known as."""
    rows = tx.execute(
        """SELECT customer_id FROM connect.platform_customer
           WHERE customer_id = %(id)s OR lower(email) = lower(%(email)s) OR phone = %(phone)s
           ORDER BY customer_id""",
        {"id": person.customer_id, "email": person.email, "phone": person.phone},
    )
    return [row["customer_id"] for row in rows]


def orders_of(tx: Tx, person: Person) -> list[str]:
    """Ids of the orders that a person is known by; to be asked before they are erased."""
    orders: list[str] = _about(tx, person)["of_orders"]
    return orders


def _about(tx: Tx, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS`."""
    about: dict[str, Any] = {
        "customers": customers_of(tx, person),
        "orders": list(person.order_ids),
        "email_hash": email_hash(person.email),
        "phone": person.phone,
    }
    for name, key, table in (
        ("of_orders", "order_id", "platform_order"),
        ("sessions", "session_id", "try_on_session"),
    ):
        rows = tx.execute(f"SELECT {key} AS id FROM connect.{table} WHERE {_THEIRS[table]}", about)
        about[name] = [row["id"] for row in rows]
    return about


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON."""
    about = _about(tx, person)
    return export_rows(tx, "connect", _THEIRS, about)


def stored(tx: Tx, person: Person) -> list[str]:
    """Keys of the person's selfies and of pictures made of them, in the try-on's bucket; to be
    asked before they are erased. By whose they are, not by the addresses in the rows: one that
    names nothing of ours must not keep the person from being erased."""
    from backshop.connect.try_on import rules  # rarely needed

    sessions = tx.execute(
        f"""SELECT store_id, session_id, skus || ARRAY (
              SELECT o.sku FROM connect.try_on_overlay AS o WHERE o.session_id = s.session_id
            ) AS skus
            FROM connect.try_on_session AS s WHERE {_THEIRS["try_on_session"]}""",
        _about(tx, person),
    )
    return [
        key
        for of in sessions
        for key in (
            rules.selfie_key(of["store_id"], of["session_id"]),
            *(
                rules.overlay_key(of["store_id"], of["session_id"], sku)
                for sku in sorted(set(of["skus"]))
            ),
        )
    ]


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts."""
    about = _about(tx, person)
    tx.execute(f"DELETE FROM connect.try_on_overlay WHERE {_THEIRS['try_on_overlay']}", about)
    tx.execute(f"DELETE FROM connect.try_on_session WHERE {_THEIRS['try_on_session']}", about)
    tx.execute(
        """UPDATE connect.platform_order SET email_hash = NULL, phone = NULL,
             shipping_address = NULL, external_customer_id = NULL, customer_id = NULL,
             line_items = (SELECT coalesce(jsonb_agg(
                 item - '{custom,customFields,meta_data,properties}'::text[] ORDER BY place), '[]')
               FROM jsonb_array_elements(line_items) WITH ORDINALITY AS i (item, place))
           WHERE order_id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(
        """UPDATE connect.refund_request SET reason = NULL, response = NULL
           WHERE order_id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(
        """UPDATE connect.address_update_request SET new_address = '{}', response = NULL
           WHERE order_id = ANY (%(of_orders)s)""",
        about,
    )
    delete_customers(tx, store, about["customers"])


def save(tx: Tx, store: Store, kind: Kind, changes: Changes) -> None:
    """See `contexts.Projection`."""
    if kind == Kind.PRODUCT:
        save_products(tx, store, changes.rows("products"), changes.rows("variants"))
    elif kind == Kind.CUSTOMER:
        save_customers(tx, store, changes.rows("customers"))
    elif kind == Kind.ORDER:
        save_orders(tx, store, changes.rows("orders"), changes.rows("lines"))


def delete(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> None:
    """See `contexts.Projection`."""
    _DELETE[kind](tx, store, ids)


_DELETE: dict[Kind, Callable[[Tx, Store, Sequence[str]], None]] = {
    Kind.PRODUCT: delete_products,
    Kind.CUSTOMER: delete_customers,
    Kind.ORDER: delete_orders,
}
