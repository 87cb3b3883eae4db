"""The SQL of a store's records as they are looked up; each function acts on the transaction's
store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from backshop.connect.records.models import (
    CustomerPosition,
    OrderFilter,
    OrderPosition,
    ProductFilter,
    ProductPosition,
    ShownCustomer,
    ShownOrder,
    ShownProduct,
    WholeOrder,
)
from backshop.connect.records.rules import Search, search
from backshop.db import Tx

_ORDER = """
    o.order_id, o.code, o.platform, o.status, o.total_amount, o.refunded_amount, o.currency,
    o.created_at, o.fulfilment_status, o.is_cancelled, o.customer_id,
    coalesce(c.name, o.shipping_address ->> 'name') AS customer_name,
    nullif(c.email, '') AS customer_email,
    (SELECT coalesce(sum(i.quantity), 0)::int FROM connect.order_item AS i
     WHERE i.store_id = o.store_id AND i.order_id = o.order_id AND i.platform = o.platform)
      AS item_count"""
_WITH_CUSTOMER = """
    LEFT JOIN connect.platform_customer AS c
      ON c.store_id = o.store_id AND c.customer_id = o.customer_id AND c.platform = o.platform"""
# One arm a way to be found, so that each that has an index uses it.
_FOUND_ORDERS = """
    WITH found AS (
      SELECT order_id FROM connect.platform_order
      WHERE store_id = backshop.current_store_id() AND code = ANY (%(codes)s)
      UNION
      SELECT order_id FROM connect.platform_order
      WHERE store_id = backshop.current_store_id() AND order_id = ANY (%(codes)s)
      UNION
      SELECT order_id FROM connect.platform_order
      WHERE store_id = backshop.current_store_id() AND email_hash = %(email_hash)s
      UNION
      SELECT order_id FROM connect.platform_order
      WHERE %(digits)s::text IS NOT NULL AND store_id = backshop.current_store_id()
        AND regexp_replace(phone, '\\D', '', 'g') LIKE '%%' || %(digits)s
      UNION
      SELECT b.order_id FROM connect.platform_customer AS p
      INNER JOIN connect.platform_order AS b
        ON b.store_id = p.store_id AND b.customer_id = p.customer_id AND b.platform = p.platform
      WHERE %(text)s::text IS NOT NULL AND p.store_id = backshop.current_store_id()
        AND position(%(text)s IN lower(concat_ws(' ', p.name, p.email))) > 0
    )"""


def orders(
    tx: Tx,
    which: OrderFilter,
    after: OrderPosition | None,
    number: int,
    among: Sequence[str] | None = None,
) -> list[ShownOrder]:
    """So many orders, newest first; where ids are given, of those alone."""
    criteria = search(which.q)
    found = _FOUND_ORDERS if criteria else ""
    rows = tx.execute(
        f"""{found}
            SELECT {_ORDER} FROM connect.platform_order AS o {_WITH_CUSTOMER}
            WHERE o.store_id = backshop.current_store_id() AND o.status <> 'deleted'
              {"AND o.order_id IN (SELECT order_id FROM found)" if criteria else ""}
              {"AND o.order_id = ANY (%(among)s)" if among is not None else ""}
              AND (%(status)s::text IS NULL OR o.status = %(status)s)
              AND (%(fulfilment)s::text IS NULL OR o.fulfilment_status = %(fulfilment)s)
              AND (%(cancelled)s::bool IS NULL OR o.is_cancelled = %(cancelled)s)
              AND (%(customer_id)s::text IS NULL OR o.customer_id = %(customer_id)s)
              AND (%(since)s::timestamptz IS NULL OR o.created_at >= %(since)s)
              AND (%(until)s::timestamptz IS NULL OR o.created_at < %(until)s)
              AND (%(at)s::timestamptz IS NULL OR (o.created_at, o.order_id) < (%(at)s, %(id)s))
            ORDER BY o.created_at DESC, o.order_id DESC LIMIT %(number)s""".encode(),
        {
            **_asked(criteria),
            **which.model_dump(exclude={"q", "late"}),
            "among": list(among or ()),
            "at": after.created_at if after else None,
            "id": after.order_id if after else None,
            "number": number,
        },
    )
    return [ShownOrder.model_validate(row) for row in rows]


def order(tx: Tx, order_id: str) -> WholeOrder | None:
    """One order with its lines, by the platform's id or by its code; None where there is none."""
    row = tx.execute(
        f"""SELECT {_ORDER}, o.phone, o.shipping_address, o.shipping_amount, o.tax_amount,
              o.refunded_shipping_amount, o.payments, o.modified_at, o.synced_at,
              (SELECT coalesce(jsonb_agg(to_jsonb(i) || jsonb_build_object(
                   'price', i.price::text, 'total', i.total::text, 'tax', i.tax::text)
                 ORDER BY length(i.line_id), i.line_id), '[]')
               FROM connect.order_item AS i
               WHERE i.store_id = o.store_id AND i.order_id = o.order_id
                 AND i.platform = o.platform) AS lines
            FROM connect.platform_order AS o {_WITH_CUSTOMER}
            WHERE o.store_id = backshop.current_store_id() AND o.status <> 'deleted'
              AND (o.order_id = %(id)s OR o.code = ANY (%(codes)s))
            ORDER BY (o.order_id = %(id)s) DESC, o.created_at DESC LIMIT 1""".encode(),
        {"id": order_id, "codes": [order_id, f"#{order_id}"]},
    ).fetchone()
    if row is None:
        return None
    row["payments"] = [
        {name: None if value is None else str(value) for name, value in each.items()}
        for each in row["payments"]
    ]
    return WholeOrder.model_validate(row)


def products(
    tx: Tx, which: ProductFilter, after: ProductPosition | None, number: int
) -> list[ShownProduct]:
    """So many products, in the order of their SKUs."""
    criteria = search(which.q)
    rows = tx.execute(
        f"""SELECT sku, platform, title, variant_title, product_type, price, currency, available,
              stock_quantity, status, tags, product_id, variant_id, modified_at
            FROM connect.platform_product
            WHERE store_id = backshop.current_store_id()
              {_PRODUCT_MATCHES if criteria else ""}
              AND (%(available)s::bool IS NULL OR available = %(available)s)
              AND (%(status)s::text IS NULL OR status = %(status)s)
              AND (%(most_stock)s::int IS NULL OR stock_quantity <= %(most_stock)s)
              AND (%(sku)s::text IS NULL OR sku > %(sku)s)
            ORDER BY sku LIMIT %(number)s""".encode(),
        {
            **_asked(criteria),
            **which.model_dump(exclude={"q"}),
            "sku": after.sku if after else None,
            "number": number,
        },
    )
    return [ShownProduct.model_validate(row) for row in rows]


_PRODUCT_MATCHES = """AND (sku = ANY (%(codes)s) OR given_sku = ANY (%(codes)s)
    OR product_id = ANY (%(codes)s) OR variant_id = ANY (%(codes)s)
    OR (%(text)s::text IS NOT NULL AND
        position(%(text)s IN lower(concat_ws(' ', sku, title, variant_title))) > 0))"""


def customers(
    tx: Tx, query: str | None, after: CustomerPosition | None, number: int
) -> list[ShownCustomer]:
    """So many customers, in the order of their ids."""
    criteria = search(query)
    rows = tx.execute(
        f"""WITH page AS (
              SELECT * FROM connect.platform_customer
              WHERE store_id = backshop.current_store_id()
                {_CUSTOMER_MATCHES if criteria else ""}
                AND (%(id)s::text IS NULL OR customer_id > %(id)s)
              ORDER BY customer_id LIMIT %(number)s
            )
            SELECT p.customer_id, p.platform, p.name, nullif(p.email, '') AS email, p.phone,
              p.modified_at, bought.order_count, bought.last_order_at
            FROM page AS p CROSS JOIN LATERAL (
              SELECT count(*)::int AS order_count, max(o.created_at) AS last_order_at
              FROM connect.platform_order AS o
              WHERE o.store_id = p.store_id AND o.customer_id = p.customer_id
                AND o.platform = p.platform AND NOT o.is_cancelled
            ) AS bought
            ORDER BY p.customer_id""".encode(),
        {**_asked(criteria), "id": after.customer_id if after else None, "number": number},
    )
    return [ShownCustomer.model_validate(row) for row in rows]


_CUSTOMER_MATCHES = """AND (customer_id = ANY (%(codes)s)
    OR (%(digits)s::text IS NOT NULL
        AND regexp_replace(phone, '\\D', '', 'g') LIKE '%%' || %(digits)s)
    OR (%(text)s::text IS NOT NULL
        AND position(%(text)s IN lower(concat_ws(' ', name, email))) > 0))"""


def _asked(criteria: Search | None) -> dict[str, Any]:
    return criteria._asdict() if criteria else {}
