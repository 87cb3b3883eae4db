"""Saving orders, as kits.md's flows "Order Placement" and "Delivery Tracking" say.

Orders are locked before their delivery status and that before batches, as everywhere here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from backshop.commerce import Order, OrderLine, Refunded, Store
from backshop.db import Asked, Tx, stage
from backshop.kits import phones
from backshop.kits.batches import repository as batches
from backshop.kits.customers.projection import sms_countries, update_customers
from backshop.kits.models import DeliverySettings, PrintField
from backshop.kits.reconcile import repository as reconcile

ORDERS = {
    "vendure_id": "text",
    "code": "text",
    "placed_at": "timestamptz",
    "payment_method": "text",
    "total": "numeric",
    "currency": "text",
    "phone": "text",
    "phone_source": "text",
    "state": "text",
    "is_cancelled": "boolean",
    "customer_id": "text",
}
ITEMS = {
    "order_id": "text",
    "line_id": "text",
    "sku": "text",
    "name": "text",
    "variant_name": "text",
    "quantity": "integer",
    "price": "numeric",
    "currency": "text",
    "patch_enabled": "boolean",
    "patch_type": "text",
    "print_name": "text",
    "print_number": "text",
}


_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What turns the direction of text: a supplier would read another name than what is there."""
TICKED = {"true", "yes", "on", "1"}
"""What carts say of a box that was ticked."""


def save_orders(tx: Tx, store: Store, orders: Sequence[Order]) -> None:
    """Orders that were placed, with their items, delivery and batch."""
    placed = sorted((each for each in orders if each.placed_at), key=lambda each: each.id)
    if not placed:
        return
    placed = _with_codes_of_their_own(tx, placed)
    concerned, new = _save_summaries(tx, store, placed)
    _save_items(tx, placed, store)
    reconcile.follow_platform(tx, placed, store, new)
    batches.assign_automatically(tx, [each.id for each in placed])
    reconcile.follow_states(tx, placed, store)
    update_customers(tx, store, concerned())


def _with_codes_of_their_own(tx: Tx, orders: Sequence[Order]) -> list[Order]:
    """The orders, a code that another order of the shop has already with its id behind it:
    WooCommerce numbers orders as a plugin likes, and people ask for one by its code."""
    rows = tx.execute(
        """SELECT order_code, vendure_order_id FROM kits.customer_orders_summary
           WHERE store_id = kits.require_store() AND order_code = ANY (%s)""",
        ([order.code for order in orders],),
    )
    holders = {row["order_code"]: row["vendure_order_id"] for row in rows}
    return [
        order
        if holders.setdefault(order.code, order.id) == order.id
        else order.model_copy(update={"code": f"{order.code}~{order.id}"})
        for order in orders
    ]


def _save_summaries(
    tx: Tx, store: Store, orders: Sequence[Order]
) -> tuple[Asked[list[str]], Asked[set[str]]]:
    """The customers concerned, those before the change included, and the codes of orders that were
    not here before."""
    countries = sms_countries(store)
    rows = [
        (
            order.id,
            order.code,
            (order.placed_at or order.created_at).isoformat(),
            order.payment_method,
            str(order.total),
            order.currency,
            *_phone_of(order, countries),
            order.status,
            "t" if order.is_cancelled else "f",
            order.customer_id,
        )
        for order in orders
    ]
    staged = stage(tx, "orders", ORDERS, rows)
    saved = tx.execute(
        f"""WITH saved AS (
              INSERT INTO kits.customer_orders_summary AS target
                (store_id, vendure_order_id, order_code, order_date, payment_method,
                 total_with_tax, currency, phone_number, phone_source, state, is_cancelled,
                 vendure_customer_id, customer_id, delivery_stage, tracking_number,
                 keep_unbatched, sms_updates)
              SELECT %(store)s, vendure_id, left(code, 100), placed_at, left(payment_method, 100),
                total, currency, phone, phone_source, left(state, 50), is_cancelled, customer_id,
                (SELECT c.id FROM kits.customers AS c
                 WHERE c.vendure_customer_id = orders.customer_id),
                coalesce(d.stage, 'ORDER_CONFIRMED'), d.tracking_number,
                coalesce(p.keep_unbatched, false), coalesce(p.sms_updates, false)
              FROM {staged.source}
              LEFT JOIN kits.order_delivery_status AS d ON d.order_code = left(code, 100)
              LEFT JOIN kits.order_places AS p ON p.vendure_order_id = vendure_id
              ORDER BY vendure_id
              ON CONFLICT (store_id, vendure_order_id) DO UPDATE SET
                order_code = excluded.order_code, order_date = excluded.order_date,
                payment_method = excluded.payment_method,
                total_with_tax = excluded.total_with_tax, currency = excluded.currency,
                (phone_number, phone_source) = (
                  SELECT CASE WHEN kept THEN target.phone_number ELSE excluded.phone_number END,
                    CASE WHEN kept THEN target.phone_source ELSE excluded.phone_source END
                  FROM (SELECT excluded.phone_number IS NULL
                    OR (target.phone_source = 'order' AND excluded.phone_source = 'customer')
                      AS kept) AS choice),
                state = excluded.state, is_cancelled = excluded.is_cancelled,
                vendure_customer_id = excluded.vendure_customer_id,
                customer_id = excluded.customer_id
              RETURNING old.vendure_customer_id AS before, new.vendure_customer_id AS after,
                CASE WHEN old.id IS NULL THEN new.order_code END AS new_code
            )
            SELECT array_agg(before) || array_agg(after) AS concerned,
              array_remove(array_agg(new_code), NULL) AS new
            FROM saved""",
        {"store": store.id} | staged.params,
    )

    @cache
    def told() -> dict[str, list[str | None]]:
        return saved.fetchone() or {}

    def concerned() -> list[str]:
        return sorted({each for each in told().get("concerned") or () if each})

    def new() -> set[str]:
        return {each for each in told().get("new") or () if each}

    return concerned, new


def _phone_of(order: Order, countries: Sequence[str]) -> tuple[str | None, str | None]:
    """The first usable phone that was given with the order, else the customer's; whose it is."""
    candidates = (order.phone, *order.other_phones)
    for phone in candidates:
        if usable := phones.normalise(phone, countries, order.country):
            return usable, "order"
    usable = phones.normalise(order.customer_phone, countries, order.country)
    return usable, "customer" if usable else None


def fill_in(tx: Tx, store: Store, overtaken: Sequence[Order]) -> None:
    """What only an older state knew, where the newer ones do not tell it: the phone, and that the
    order was sent. Of two events of one moment either may come to be the newer."""
    if not overtaken:
        return
    placed = [each for each in overtaken if each.placed_at]
    reconcile.follow_states(tx, _with_codes_of_their_own(tx, placed), store)
    countries = sms_countries(store)
    known = [(each.id, *_phone_of(each, countries)) for each in overtaken]
    order_phones = [(id, phone) for id, phone, source in known if source == "order"]
    if not order_phones:
        return
    tx.execute(
        """UPDATE kits.customer_orders_summary AS target
           SET phone_number = source.phone, phone_source = 'order'
           FROM unnest(%s::text[], %s::text[]) AS source (id, phone)
           WHERE target.store_id = kits.require_store() AND target.vendure_order_id = source.id
             AND target.phone_source IS DISTINCT FROM 'order'""",
        ([id for id, _ in order_phones], [phone for _, phone in order_phones]),
    )


def _save_items(tx: Tx, orders: Sequence[Order], store: Store) -> None:
    named = DeliverySettings.model_validate(store.settings.get("deliveries") or {}).print_fields
    rows = [
        row
        for order in orders
        for row in {line.id: _item_row(line, order, named) for line in order.lines}.values()
    ]
    items = stage(tx, "items", ITEMS, rows)
    of = {"store": store.id, "orders": [each.id for each in orders]} | items.params
    tx.execute(
        f"""DELETE FROM kits.customer_order_items AS target
            WHERE order_summary_id = ANY (ARRAY(
                SELECT o.id FROM kits.customer_orders_summary AS o
                WHERE o.vendure_order_id = ANY (%(orders)s)))
              AND NOT EXISTS (SELECT FROM {items.source}
                WHERE items.line_id = target.vendure_line_id AND items.order_id = (
                  SELECT o.vendure_order_id FROM kits.customer_orders_summary AS o
                  WHERE o.id = target.order_summary_id))""",
        of,
    )
    tx.execute(
        f"""INSERT INTO kits.customer_order_items AS target
              (store_id, order_summary_id, vendure_line_id, product_sku, variant_sku, product_name,
               variant_name, quantity, unit_price_with_tax, currency, patch_enabled, patch_type,
               print_name, print_number)
            SELECT %(store)s,
              (SELECT o.id FROM kits.customer_orders_summary AS o
               WHERE o.vendure_order_id = order_id),
              left(line_id, 100), left(sku, 100), left(sku, 100), left(name, 500),
              left(variant_name, 500), quantity, price, currency, patch_enabled,
              left(patch_type, 100), left(print_name, 100), left(print_number, 20)
            FROM {items.source}
            ON CONFLICT (store_id, order_summary_id, vendure_line_id) DO UPDATE SET
              product_sku = excluded.product_sku, variant_sku = excluded.variant_sku,
              product_name = excluded.product_name, variant_name = excluded.variant_name,
              quantity = excluded.quantity, unit_price_with_tax = excluded.unit_price_with_tax,
              currency = excluded.currency, patch_enabled = excluded.patch_enabled,
              patch_type = excluded.patch_type, print_name = excluded.print_name,
              print_number = excluded.print_number
            WHERE (target.variant_sku, target.product_name, target.variant_name, target.quantity,
                   target.unit_price_with_tax, target.currency, target.patch_enabled, target.patch_type,
                   target.print_name, target.print_number)
              IS DISTINCT FROM
                  (excluded.variant_sku, excluded.product_name, excluded.variant_name,
                   excluded.quantity, excluded.unit_price_with_tax, excluded.currency,
                   excluded.patch_enabled, excluded.patch_type, excluded.print_name,
                   excluded.print_number)""",
        of,
    )


def _item_row(
    line: OrderLine, order: Order, named: Mapping[PrintField, str]
) -> tuple[str | None, ...]:
    """Vendure has SKUs on variants only, so the product's is the variant's."""

    def custom(field: PrintField) -> object:
        return line.custom.get(named.get(field, field))

    price = line.unit_price if line.unit_price_with_tax is None else line.unit_price_with_tax
    return (
        order.id,
        line.id,
        line.sku,
        line.name,
        line.variant_name,
        str(line.quantity),
        str(price),
        order.currency,
        "t" if str(custom("patch_enabled")).lower() in TICKED else "f",
        _text(custom("patch_type")),
        _text(custom("print_name")),
        _text(custom("print_number")),
    )


def _text(value: object) -> str | None:
    """One line of text or a number; carts may hold anything, and shoppers type what they like."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    return " ".join(_UNPRINTABLE.sub(" ", _TURNS.sub("", str(value))).split()) or None


def save_refunded(tx: Tx, store: Store, refunded: Sequence[Refunded]) -> None:
    """What has been given back of these orders, all of it."""
    changed = tx.execute(
        """UPDATE kits.customer_orders_summary AS target SET refunded_amount = source.amount
           FROM unnest(%(ids)s::text[], %(amounts)s::numeric[]) AS source (id, amount)
           WHERE target.vendure_order_id = source.id
             AND target.refunded_amount <> round(source.amount, 4)
           RETURNING target.vendure_customer_id AS id""",
        {
            "store": store.id,
            "ids": [each.order_id for each in refunded],
            "amounts": [each.amount for each in refunded],
        },
    )
    update_customers(tx, store, sorted({row["id"] for row in changed if row["id"]}))


def delete_orders(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The orders go with their items. How they were delivered stays (kits.md: "full history"),
    without what may name somebody, and so does their place; one that comes back goes on there."""
    of: dict[str, Any] = {"store": store.id, "ids": list(ids)}
    rows = tx.execute(
        """SELECT id, order_code, vendure_customer_id FROM kits.customer_orders_summary
           WHERE vendure_order_id = ANY (%(ids)s)
           ORDER BY vendure_order_id FOR UPDATE""",
        of,
    ).fetchall()
    if not rows:
        return
    of |= {"orders": [row["id"] for row in rows], "codes": [row["order_code"] for row in rows]}
    tx.execute("SELECT kits.keep_places(%(ids)s), kits.unassign_orders(%(ids)s)", of)
    for table, which in (
        ("order_batch_assignments", "vendure_order_id = ANY (%(ids)s)"),
        ("customer_order_items", "order_summary_id = ANY (%(orders)s)"),
        ("customer_orders_summary", "id = ANY (%(orders)s)"),
    ):
        tx.execute(f"DELETE FROM kits.{table} WHERE {which}", of)
    for table, settled in (
        ("order_delivery_status_events", ""),
        ("order_delivery_status", ", to_repair = false, to_tell = false"),
    ):
        tx.execute(
            f"""UPDATE kits.{table} SET note = NULL,
                  updated_by = CASE WHEN updated_by = %(platform)s THEN updated_by END{settled}
                WHERE order_code = ANY (%(codes)s)""",
            of | {"platform": store.platform},
        )
    concerned = {row["vendure_customer_id"] for row in rows if row["vendure_customer_id"]}
    update_customers(tx, store, sorted(concerned))
