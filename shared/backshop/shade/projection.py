"""Saving Shopify's customers, products and orders, and what the shade schema knows of a person.

Functions act on the transaction's store and do the same whatever the order of arrival. The caller
holds the store's lock and passes only records that are newer than what is saved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from backshop.commerce import (
    ConsentChange,
    Customer,
    Kind,
    Order,
    OrderLine,
    Person,
    Product,
    Refunded,
    Store,
    given_by,
    stable_number,
)
from backshop.db import Tx, export_rows, stage
from backshop.shade import kinds
from backshop.shade.conversions.repository import ask_mark, marks_of, settle
from backshop.shade.kinds import Sold
from backshop.shade.training import photos

if TYPE_CHECKING:
    from backshop.contexts import Changes

PRODUCTS = {"id": "bigint", "product_type": "text", "tags": "text[]"}
VARIANTS = {"id": "bigint", "product_id": "bigint", "is_available": "boolean"}
ON_SALE = {"active", "publish"}
CUSTOMERS = {
    "id": "text",
    "email": "text",
    "phone": "text",
    "first_name": "text",
    "last_name": "text",
    "created_at": "timestamptz",
    "consent": "boolean",
}
ORDERS = {
    "id": "text",
    "customer_id": "text",
    "status": "text",
    "placed_at": "timestamptz",
    "product_type": "text",
    "currency": "text",
    "total": "numeric",
    "code": "text",
    "is_cancelled": "boolean",
    "paid_at": "timestamptz",
    "fulfilled_at": "timestamptz",
    "delivered_at": "timestamptz",
    "line_items": "text",
    "product_ids": "bigint[]",
    "discount_codes": "text",
    "attributes": "text",
    "modified_at": "timestamptz",
    "lines_known": "boolean",
}


def save_products(tx: Tx, store: Store, products: Sequence[Product]) -> None:
    """Type, tags and stock of products; orders that hold one of them are classified anew."""
    _save_variants(tx, store, products)
    rows = [
        (
            str(stable_number(each.id)),
            each.product_type,
            "{" + ",".join(json.dumps(tag, ensure_ascii=False) for tag in each.tags) + "}",
        )
        for each in products
    ]
    staged = stage(tx, "products", PRODUCTS, rows)
    changed = tx.execute(
        f"""INSERT INTO shade.products AS target (store_id, product_id, product_type, tags)
            SELECT %(store)s, id, left(product_type, 255), tags FROM {staged.source}
            ON CONFLICT (store_id, product_id) DO UPDATE SET
              product_type = excluded.product_type, tags = excluded.tags
            WHERE (target.product_type, target.tags)
              IS DISTINCT FROM (excluded.product_type, excluded.tags)
            RETURNING product_id""",
        {"store": store.id} | staged.params,
    ).fetchall()
    _classify_again(tx, store, [row["product_id"] for row in changed])


def _save_variants(tx: Tx, store: Store, products: Sequence[Product]) -> None:
    """What can be bought; a variant that its product no longer names is gone."""
    with_variants = [each for each in products if each.variants_known]
    rows = [
        (
            str(stable_number(variant.id)),
            str(stable_number(each.id)),
            "ft"[variant.available and each.status in ON_SALE],
        )
        for each in with_variants
        for variant in each.variants
    ]
    staged = stage(tx, "variants", VARIANTS, rows)
    of = {
        "store": store.id,
        "products": [stable_number(each.id) for each in with_variants],
    } | staged.params
    tx.execute(
        f"""DELETE FROM shade.variants AS target
            WHERE target.product_id = ANY (%(products)s)
              AND NOT EXISTS (SELECT FROM {staged.source} WHERE variants.id = target.variant_id)""",
        of,
    )
    tx.execute(
        f"""INSERT INTO shade.variants AS target (store_id, variant_id, product_id, is_available)
            SELECT %(store)s, id, product_id, is_available FROM {staged.source} ORDER BY id
            ON CONFLICT (store_id, variant_id) DO UPDATE SET
              product_id = excluded.product_id, is_available = excluded.is_available
            WHERE (target.product_id, target.is_available)
              IS DISTINCT FROM (excluded.product_id, excluded.is_available)""",
        of,
    )


def delete_products(tx: Tx, store: Store, ids: Collection[str]) -> None:
    of = {"store": store.id, "numbers": [stable_number(each) for each in ids]}
    for table in ("products", "variants"):
        tx.execute(f"DELETE FROM shade.{table} WHERE product_id = ANY (%(numbers)s)", of)
    _classify_again(tx, store, of["numbers"])


def _classify_again(tx: Tx, store: Store, product_ids: Any) -> None:
    if not product_ids:
        return
    orders = tx.execute(
        """SELECT id, product_type, line_items, product_ids FROM shade.orders
           WHERE product_ids && %(products)s::bigint[] ORDER BY id""",
        {"store": store.id, "products": product_ids},
    ).fetchall()
    known = _known_products(tx, store, {each for row in orders for each in row["product_ids"]})
    rules = kinds.kinds_of(store.settings)
    for order in orders:
        order["kind"] = kinds.classify(
            (_sold(each["sku"], each["product_id"], known) for each in order["line_items"]), rules
        )
    changed = [order for order in orders if order["kind"] != order["product_type"]]
    tx.execute(
        """UPDATE shade.orders AS target SET product_type = source.kind
           FROM unnest(%(ids)s::uuid[], %(kinds)s::text[]) AS source (id, kind)
           WHERE target.id = source.id""",
        {
            "store": store.id,
            "ids": [order["id"] for order in changed],
            "kinds": [order["kind"] for order in changed],
        },
    )


Known = dict[int, tuple[str | None, tuple[str, ...]]]


def _known_products(tx: Tx, store: Store, product_ids: Collection[int]) -> Known:
    rows = tx.execute(
        """SELECT product_id, product_type, tags FROM shade.products
           WHERE product_id = ANY (%(products)s)""",
        {"store": store.id, "products": list(product_ids)},
    )
    return {row["product_id"]: (row["product_type"], tuple(row["tags"])) for row in rows}


def _sold(sku: str | None, product_id: int | None, known: Known) -> Sold:
    product_type, tags = known.get(product_id or 0, (None, ()))
    return Sold(sku, tags, product_type)


def save_customers(tx: Tx, store: Store, customers: Sequence[Customer]) -> None:
    """Customers with an account; a guest is none here."""
    rows = [
        (
            each.id,
            each.email,
            each.phone,
            each.first_name,
            each.last_name,
            _time(each.created_at),
            None if each.marketing_consent is None else "ft"[each.marketing_consent],
        )
        for each in customers
        if not each.is_guest
    ]
    staged = stage(tx, "customers", CUSTOMERS, rows)
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO shade.customers AS target
                (store_id, shopify_customer_id, email, phone_number, first_name, last_name,
                 created_at, accepts_marketing)
              SELECT %(store)s, id, left(email, 255), left(phone, 20), left(first_name, 100),
                left(last_name, 100), coalesce(created_at, now()), consent
              FROM {staged.source}
              ON CONFLICT (store_id, shopify_customer_id) DO UPDATE SET
                email = excluded.email, phone_number = excluded.phone_number,
                first_name = excluded.first_name, last_name = excluded.last_name,
                created_at = excluded.created_at, accepts_marketing =
                  coalesce(excluded.accepts_marketing, target.accepts_marketing)
              RETURNING new.shopify_customer_id AS id, old.id AS before
            )
            SELECT array_agg(id) AS new FROM saved WHERE before IS NULL""",
        {"store": store.id} | staged.params,
    ).fetchone()
    if row and row["new"]:
        linked = tx.execute(
            """UPDATE shade.orders AS target SET customer_id = (
                 SELECT c.id FROM shade.customers AS c
                 WHERE c.shopify_customer_id = target.shopify_customer_id)
               WHERE customer_id IS NULL
                 AND shopify_customer_id = ANY (%(new)s)
               RETURNING shopify_order_id""",
            {"store": store.id} | row,
        )
        settle(tx, [each["shopify_order_id"] for each in linked])


def save_consents(tx: Tx, store: Store, changes: Sequence[ConsentChange]) -> None:
    """Of customers who are known, whether they agreed to marketing by e-mail."""
    for each in changes:
        agreed = given_by("email", each.consents)
        if agreed is not None:
            tx.execute(
                """UPDATE shade.customers SET accepts_marketing = %(given)s
                   WHERE shopify_customer_id = %(id)s""",
                {"store": store.id, "given": agreed, "id": each.customer_id},
            )


def save_orders(tx: Tx, store: Store, orders: Sequence[Order]) -> None:
    """All orders, classified by what was sold (kinds.py)."""
    numbers = {line.product_id for order in orders for line in order.lines if line.product_id}
    known = _known_products(tx, store, numbers)
    rules = kinds.kinds_of(store.settings)
    rows = [_order_row(order, known, rules) for order in orders]
    staged = stage(tx, "orders", ORDERS, rows)
    tx.execute(
        f"""INSERT INTO shade.orders
              (store_id, shopify_order_id, shopify_customer_id, customer_id, order_status,
               order_date, product_type, currency, total_amount, code, is_cancelled, paid_at,
               fulfilled_at, delivered_at, line_items, product_ids, discount_codes, attributes,
               modified_at)
            SELECT %(store)s, id, customer_id,
              (SELECT c.id FROM shade.customers AS c
               WHERE c.shopify_customer_id = orders.customer_id),
              left(status, 50), placed_at, {_if_lines_known("product_type")}, currency, total, left(code, 100),
              is_cancelled, paid_at, fulfilled_at, delivered_at,
              {_if_lines_known("line_items", "::jsonb")}, {_if_lines_known("product_ids")},
              ARRAY(SELECT jsonb_array_elements_text(discount_codes::jsonb)), attributes::jsonb,
              modified_at
            FROM {staged.source} ORDER BY orders.id
            ON CONFLICT (store_id, shopify_order_id) DO UPDATE SET
              shopify_customer_id = excluded.shopify_customer_id,
              customer_id = excluded.customer_id, order_status = excluded.order_status,
              order_date = excluded.order_date, product_type = excluded.product_type,
              currency = excluded.currency, total_amount = excluded.total_amount,
              code = excluded.code, is_cancelled = excluded.is_cancelled,
              paid_at = excluded.paid_at, fulfilled_at = excluded.fulfilled_at,
              delivered_at = excluded.delivered_at, line_items = excluded.line_items,
              product_ids = excluded.product_ids, discount_codes = excluded.discount_codes,
              attributes = excluded.attributes, modified_at = excluded.modified_at""",
        {"store": store.id} | staged.params,
    )
    ids = [order.id for order in orders]
    settle(tx, ids, ask_mark(tx, ids))


def _if_lines_known(column: str, cast: str = "") -> str:
    """What was sent, or what is stored where the order was sent without its lines."""
    return f"""CASE WHEN lines_known THEN {column}{cast} ELSE coalesce((
                SELECT o.{column} FROM shade.orders AS o WHERE o.shopify_order_id = orders.id),
                {column}{cast}) END"""


def _order_row(order: Order, known: Known, rules: kinds.Kinds) -> tuple[str | None, ...]:
    sold = (_sold(line.sku, line.product_id, known) for line in order.lines)
    product_ids = sorted({line.product_id for line in order.lines if line.product_id})
    return (
        order.id,
        None if order.is_guest else order.customer_id,
        _status(order),
        (order.placed_at or order.created_at).isoformat(),
        kinds.classify(sold, rules),
        order.currency,
        str(order.total),
        order.code,
        "t" if order.is_cancelled else "f",
        _time(order.paid_at),
        _time(order.fulfilled_at),
        _time(order.delivered_at),
        json.dumps([_line_item(line) for line in order.lines]),
        "{" + ",".join(map(str, product_ids)) + "}",
        json.dumps([use.code for use in order.coupons]),
        json.dumps(order.attributes),
        order.changed_at.isoformat(),
        "t" if order.lines_known else "f",
    )


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _status(order: Order) -> str:
    """`cancelled`, `delivered`, `fulfilled` or `partial`, and before any of them the payment's."""
    if order.is_cancelled or order.fulfilment == "none":
        return order.status
    return order.fulfilment.value


def _line_item(line: OrderLine) -> dict[str, Any]:
    return {
        "line_id": line.id,
        "product_id": line.product_id,
        "variant_id": line.variant_id,
        "sku": line.sku,
        "name": line.name,
        "quantity": line.quantity,
        "total": str(line.total),
    }


def save_refunded(tx: Tx, store: Store, refunded: Sequence[Refunded]) -> None:
    """What has been given back of these orders, all of it."""
    tx.execute(
        """UPDATE shade.orders AS target SET refunded_amount = source.amount
           FROM unnest(%(ids)s::text[], %(amounts)s::numeric[]) AS source (id, amount)
           WHERE target.shopify_order_id = source.id
             AND target.refunded_amount <> round(source.amount, 2)""",
        {
            "store": store.id,
            "ids": [each.order_id for each in refunded],
            "amounts": [each.amount for each in refunded],
        },
    )
    settle(tx, [each.order_id for each in refunded])


def delete_customers(tx: Tx, store: Store, ids: Collection[str]) -> None:
    """The customers go; orders, surveys and discounts stay, without them."""
    rows = tx.execute(
        "SELECT id FROM shade.customers WHERE shopify_customer_id = ANY (%s)", (list(ids),)
    )
    _let_go(tx, [row["id"] for row in rows])


def _let_go(tx: Tx, customers: Sequence[Any]) -> None:
    for table in ("orders", "surveys", "discounts", "conversions"):
        tx.execute(
            f"UPDATE shade.{table} SET customer_id = NULL WHERE customer_id = ANY (%s)",
            (list(customers),),
        )
    tx.execute("DELETE FROM shade.customers WHERE id = ANY (%s)", (list(customers),))


def delete_orders(tx: Tx, store: Store, ids: Collection[str]) -> None:
    """The orders go; surveys and discounts stay, without them."""
    of = {"store": store.id, "ids": list(ids)}
    gone = """ARRAY(SELECT o.id FROM shade.orders AS o
                    WHERE o.shopify_order_id = ANY (%(ids)s))"""
    tx.execute(f"UPDATE shade.surveys SET order_id = NULL WHERE order_id = ANY ({gone})", of)
    carried = tx.execute(
        """UPDATE shade.orders SET discount_id = NULL, recommendation_id = NULL
           WHERE shopify_order_id = ANY (%(ids)s)
             AND (discount_id IS NOT NULL OR recommendation_id IS NOT NULL)
           RETURNING old.discount_id, old.recommendation_id""",
        of,
    ).fetchall()
    settle(tx, (), lambda: marks_of(carried))
    tx.execute(
        "DELETE FROM shade.orders WHERE shopify_order_id = ANY (%(ids)s)",
        of,
    )


_THEIRS = {
    "customers": """(shopify_customer_id = %(id)s OR lower(email) = lower(%(email)s)
                   OR phone_number = %(phone)s)""",
    "orders": """(customer_id = ANY (%(customers)s) OR shopify_customer_id = %(id)s
                OR shopify_order_id = ANY (%(orders)s))""",
    "surveys": "(customer_id = ANY (%(customers)s) OR order_id = ANY (%(of_orders)s))",
    "survey_invites": "order_id = ANY (%(of_orders)s)",
    "rating_requests": """recommendation_id IN (
        SELECT r.id FROM shade.recommendations AS r WHERE r.survey_id = ANY (%(surveys)s))""",
    "discounts": "customer_id = ANY (%(customers)s)",
    "recommendations": "survey_id = ANY (%(surveys)s)",
    "conversions": "(customer_id = ANY (%(customers)s) OR survey_id = ANY (%(surveys)s))",
    "model_training_data": "survey_id = ANY (%(surveys)s)",
}


def _about(tx: Tx, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS`."""
    about: dict[str, Any] = {
        "id": person.customer_id,
        "email": person.email,
        "phone": person.phone,
        "orders": list(person.order_ids),
    }
    for name, table in (
        ("customers", "customers"),
        ("of_orders", "orders"),
        ("surveys", "surveys"),
    ):
        rows = tx.execute(f"SELECT id FROM shade.{table} WHERE {_THEIRS[table]}", about)
        about[name] = [row["id"] for row in rows]
    return about


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON."""
    about = _about(tx, person)
    return export_rows(tx, "shade", _THEIRS, about)


def stored(tx: Tx, person: Person) -> list[str]:
    """Keys of the photos that came with the person's ratings, in the try-on's bucket."""
    rows = tx.execute(
        """SELECT store_id, survey_id FROM shade.model_training_data
           WHERE survey_id = ANY (%(surveys)s) AND image_url IS NOT NULL""",
        _about(tx, person),
    )
    return [photos.key(row["store_id"], row["survey_id"]) for row in rows]


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts, surveys their choices, as numbers."""
    about = _about(tx, person)
    tx.execute(
        """UPDATE shade.surveys SET texture_feedback = NULL WHERE id = ANY (%(surveys)s)""", about
    )
    tx.execute(
        """UPDATE shade.model_training_data SET image_url = NULL, image_at = NULL,
             image_consent = NULL, feedback_notes = NULL, qa_note = NULL
           WHERE survey_id = ANY (%(surveys)s)""",
        about,
    )
    tx.execute(
        """UPDATE shade.orders SET shopify_customer_id = NULL, attributes = '{}'
           WHERE id = ANY (%(of_orders)s)""",
        about,
    )
    _let_go(tx, about["customers"])


def save(tx: Tx, store: Store, kind: Kind, changes: Changes) -> None:
    """See `contexts.Projection`."""
    if kind == Kind.PRODUCT:
        save_products(tx, store, changes.records(Product))
    elif kind == Kind.CUSTOMER:
        save_customers(tx, store, changes.records(Customer))
    elif kind == Kind.ORDER:
        save_orders(tx, store, changes.records(Order))


def delete(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> None:
    """See `contexts.Projection`."""
    _DELETE[kind](tx, store, ids)


_DELETE: dict[Kind, Callable[[Tx, Store, Sequence[str]], None]] = {
    Kind.PRODUCT: delete_products,
    Kind.CUSTOMER: delete_customers,
    Kind.ORDER: delete_orders,
}
