"""Saving Vendure's records in the kits schema, as kits.md's flows "Customer Registration", "Order
Placement" and "Delivery Tracking" say.

Functions act on the transaction's store and do the same whatever the order of arrival. The caller
holds the store's lock and passes only records that are newer than what is saved. Orders are locked
before their delivery status and that before batches, as everywhere in this context.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backshop.commerce import Customer, Order, OrderLine, Person, Refunded, Store
from backshop.db import Tx, stage, tell
from backshop.kits import phones
from backshop.kits import repository as kits
from backshop.kits.models import OtpSettings

CUSTOMERS = {
    "vendure_id": "text",
    "email": "text",
    "phone": "text",
    "first_name": "text",
    "last_name": "text",
    "consent": "boolean",
    "custom_fields": "text",
}
ADDRESSES = {
    "vendure_id": "text",
    "customer_id": "text",
    "kind": "text",
    "is_default": "boolean",
    "name": "text",
    "company": "text",
    "line1": "text",
    "line2": "text",
    "city": "text",
    "province": "text",
    "postal_code": "text",
    "country": "text",
    "phone": "text",
}
ORDERS = {
    "vendure_id": "text",
    "code": "text",
    "placed_at": "timestamptz",
    "payment_method": "text",
    "total": "numeric",
    "currency": "text",
    "phone": "text",
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


def save_customers(tx: Tx, store: Store, customers: Sequence[Customer]) -> None:
    """Customers with their addresses; orders that waited for them are theirs from now on.

    A phone that changes is to be verified anew.
    """
    known = [each for each in customers if not each.is_guest]
    countries = _countries(store)
    rows = [_customer_row(each, countries) for each in known]
    staged = stage(tx, "customers", CUSTOMERS, rows)
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO kits.customers AS held
                (store_id, vendure_customer_id, given_email, phone_number, first_name, last_name,
                 marketing_consent, custom_fields)
              SELECT %(store)s, vendure_id, left(email, 255), phone, left(first_name, 100),
                left(last_name, 100), consent, custom_fields::jsonb
              FROM {staged.source}
              ON CONFLICT (store_id, vendure_customer_id) DO UPDATE SET
                given_email = excluded.given_email, phone_number = excluded.phone_number,
                phone_verified = held.phone_verified
                  AND held.phone_number IS NOT DISTINCT FROM excluded.phone_number,
                first_name = excluded.first_name, last_name = excluded.last_name,
                marketing_consent = excluded.marketing_consent,
                custom_fields = excluded.custom_fields, is_active = true
              RETURNING new.vendure_customer_id AS id, old.id AS before,
                old.given_email AS email_before, new.given_email AS email
            )
            SELECT array_agg(id) FILTER (WHERE before IS NULL) AS new,
              array_agg(email) || array_agg(email_before) AS emails
            FROM saved""",
        {"store": store.id} | staged.params,
    ).fetchone()
    _save_addresses(tx, store, [each for each in known if each.rank == 1])
    if row:
        _settle_emails(tx, row["emails"] or ())
        _adopt_orders(tx, store, row["new"] or ())


def _adopt_orders(tx: Tx, store: Store, new: Sequence[str]) -> None:
    """Orders that came before their customers."""
    if not new:
        return
    linked = tx.execute(
        """UPDATE kits.customer_orders_summary AS held SET customer_id = (
             SELECT c.id FROM kits.customers AS c
             WHERE c.vendure_customer_id = held.vendure_customer_id)
           WHERE customer_id IS NULL AND vendure_customer_id = ANY (%(new)s)
           RETURNING vendure_customer_id AS id""",
        {"new": list(new)},
    )
    update_customers(tx, store, sorted({each["id"] for each in linked}))


def _settle_emails(tx: Tx, emails: Sequence[str | None]) -> None:
    """Give each of these addresses to one of the customers that have it: to the one with the
    greatest id, in whatever order they come and go."""
    affected = sorted({each for each in emails if each})
    if not affected:
        return
    settle = """WITH wanted AS (
                  SELECT id, given_email, row_number() OVER (PARTITION BY given_email
                    ORDER BY length(vendure_customer_id) DESC, vendure_customer_id DESC) AS place
                  FROM kits.customers WHERE given_email = ANY (%(emails)s)
                )
                UPDATE kits.customers AS held SET email = {email} FROM wanted
                WHERE held.id = wanted.id AND {which}"""
    wrong = "held.email IS NOT NULL AND (wanted.place > 1 OR held.email <> wanted.given_email)"
    missing = "wanted.place = 1 AND held.email IS DISTINCT FROM wanted.given_email"
    params = {"emails": affected}
    tx.execute(settle.format(email="NULL", which=wrong), params)
    tx.execute(
        """UPDATE kits.customers SET email = NULL
           WHERE email = ANY (%(emails)s) AND given_email IS DISTINCT FROM email""",
        params,
    )
    tx.execute(settle.format(email="wanted.given_email", which=missing), params)


def _countries(store: Store) -> tuple[str, ...]:
    return OtpSettings(**store.settings.get("otp") or {}).countries


def _customer_row(customer: Customer, countries: Sequence[str]) -> tuple[str | None, ...]:
    return (
        customer.id,
        customer.email,
        phones.normalise(customer.phone, countries),
        customer.first_name,
        customer.last_name,
        "t" if customer.marketing_consent else "f",
        json.dumps(customer.metadata, default=str),
    )


def _save_addresses(tx: Tx, store: Store, customers: Sequence[Customer]) -> None:
    rows = {
        address.id or f"{customer.id}/{place}": (
            address.id or f"{customer.id}/{place}",
            customer.id,
            address.kind,
            "t" if address.is_default else "f",
            address.name,
            address.company,
            address.line1,
            address.line2,
            address.city,
            address.province,
            address.postal_code,
            address.country_code[:2] if address.country_code else None,
            address.phone,
        )
        for customer in customers
        for place, address in enumerate(customer.addresses)
    }
    addresses = stage(tx, "addresses", ADDRESSES, [rows[id] for id in sorted(rows)])
    of = {"store": store.id, "customers": [each.id for each in customers]} | addresses.params
    tx.execute(
        f"""DELETE FROM kits.customer_addresses AS held
            WHERE customer_id = ANY (ARRAY(
                SELECT c.id FROM kits.customers AS c
                WHERE c.vendure_customer_id = ANY (%(customers)s)))
              AND NOT EXISTS (SELECT FROM {addresses.source}
                WHERE addresses.vendure_id = held.vendure_address_id)""",
        of,
    )
    tx.execute(
        f"""INSERT INTO kits.customer_addresses AS held
              (store_id, vendure_address_id, customer_id, address_type, is_default, full_name,
               company, street_line1, street_line2, city, province, postal_code, country_code,
               phone_number)
            SELECT %(store)s, vendure_id,
              (SELECT c.id FROM kits.customers AS c
               WHERE c.vendure_customer_id = addresses.customer_id),
              kind, is_default, left(name, 255), left(company, 255), left(line1, 255),
              left(line2, 255), left(city, 100), left(province, 100), left(postal_code, 20),
              country, left(phone, 50)
            FROM {addresses.source}
            ON CONFLICT (store_id, vendure_address_id) DO UPDATE SET
              customer_id = excluded.customer_id, address_type = excluded.address_type,
              is_default = excluded.is_default, full_name = excluded.full_name,
              company = excluded.company, street_line1 = excluded.street_line1,
              street_line2 = excluded.street_line2, city = excluded.city,
              province = excluded.province, postal_code = excluded.postal_code,
              country_code = excluded.country_code, phone_number = excluded.phone_number
            WHERE (held.customer_id, held.address_type, held.is_default, held.full_name,
                   held.company, held.street_line1, held.street_line2, held.city, held.province,
                   held.postal_code, held.country_code, held.phone_number)
              IS DISTINCT FROM
                  (excluded.customer_id, excluded.address_type, excluded.is_default,
                   excluded.full_name, excluded.company, excluded.street_line1,
                   excluded.street_line2, excluded.city, excluded.province, excluded.postal_code,
                   excluded.country_code, excluded.phone_number)""",
        of,
    )


def save_orders(tx: Tx, store: Store, orders: Sequence[Order]) -> None:
    """Orders that were placed, with their items, delivery and batch."""
    placed = sorted((each for each in orders if each.placed_at), key=lambda each: each.id)
    if not placed:
        return
    concerned = _save_summaries(tx, store, placed)
    _save_items(tx, store, placed)
    kits.follow_platform(tx, placed, store.platform)
    kits.assign_automatically(tx, [each.id for each in placed])
    update_customers(tx, store, concerned)


def _save_summaries(tx: Tx, store: Store, orders: Sequence[Order]) -> list[str]:
    """The customers concerned, those before the change included."""
    countries = _countries(store)
    rows = [
        (
            order.id,
            order.code,
            (order.placed_at or order.created_at).isoformat(),
            order.payment_method,
            str(order.total),
            order.currency,
            phones.normalise(order.phone, countries),
            order.status,
            "t" if order.is_cancelled else "f",
            order.customer_id,
        )
        for order in orders
    ]
    staged = stage(tx, "orders", ORDERS, rows)
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO kits.customer_orders_summary AS held
                (store_id, vendure_order_id, order_code, order_date, payment_method,
                 total_with_tax, currency, phone_number, state, is_cancelled,
                 vendure_customer_id, customer_id)
              SELECT %(store)s, vendure_id, left(code, 100), placed_at, left(payment_method, 100),
                total, currency, phone, left(state, 50), is_cancelled, customer_id,
                (SELECT c.id FROM kits.customers AS c
                 WHERE c.vendure_customer_id = orders.customer_id)
              FROM {staged.source} ORDER BY vendure_id
              ON CONFLICT (store_id, vendure_order_id) DO UPDATE SET
                order_code = excluded.order_code, order_date = excluded.order_date,
                payment_method = excluded.payment_method,
                total_with_tax = excluded.total_with_tax, currency = excluded.currency,
                phone_number = coalesce(excluded.phone_number, held.phone_number),
                state = excluded.state, is_cancelled = excluded.is_cancelled,
                vendure_customer_id = excluded.vendure_customer_id,
                customer_id = excluded.customer_id
              RETURNING old.vendure_customer_id AS before, new.vendure_customer_id AS after
            )
            SELECT array_agg(before) || array_agg(after) AS concerned FROM saved""",
        {"store": store.id} | staged.params,
    ).fetchone()
    found = (row and row["concerned"]) or []
    return sorted({each for each in found if each})


def _save_items(tx: Tx, store: Store, orders: Sequence[Order]) -> None:
    rows = [
        row
        for order in orders
        for row in {line.id: _item_row(line, order) for line in order.lines}.values()
    ]
    items = stage(tx, "items", ITEMS, rows)
    of = {"store": store.id, "orders": [each.id for each in orders]} | items.params
    tx.execute(
        f"""DELETE FROM kits.customer_order_items AS held
            WHERE order_summary_id = ANY (ARRAY(
                SELECT o.id FROM kits.customer_orders_summary AS o
                WHERE o.vendure_order_id = ANY (%(orders)s)))
              AND NOT EXISTS (SELECT FROM {items.source}
                WHERE items.line_id = held.vendure_line_id AND items.order_id = (
                  SELECT o.vendure_order_id FROM kits.customer_orders_summary AS o
                  WHERE o.id = held.order_summary_id))""",
        of,
    )
    tx.execute(
        f"""INSERT INTO kits.customer_order_items AS held
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
            WHERE (held.variant_sku, held.product_name, held.variant_name, held.quantity,
                   held.unit_price_with_tax, held.currency, held.patch_enabled, held.patch_type,
                   held.print_name, held.print_number)
              IS DISTINCT FROM
                  (excluded.variant_sku, excluded.product_name, excluded.variant_name,
                   excluded.quantity, excluded.unit_price_with_tax, excluded.currency,
                   excluded.patch_enabled, excluded.patch_type, excluded.print_name,
                   excluded.print_number)""",
        of,
    )


def _item_row(line: OrderLine, order: Order) -> tuple[str | None, ...]:
    """Vendure has SKUs on variants only, so the product's is the variant's."""
    custom = line.custom
    price = line.unit_price if line.unit_price_with_tax is None else line.unit_price_with_tax
    is_patched = custom.get("patch_enabled")
    return (
        order.id,
        line.id,
        line.sku,
        line.name,
        line.variant_name,
        str(line.quantity),
        str(price),
        order.currency,
        "t" if is_patched is True or str(is_patched).lower() == "true" else "f",
        _text(custom.get("patch_type")),
        _text(custom.get("print_name")),
        _text(custom.get("print_number")),
    )


def _text(value: object) -> str | None:
    return None if value in (None, "") else str(value)


def save_refunded(tx: Tx, store: Store, refunded: Sequence[Refunded]) -> None:
    """What has been given back of these orders, all of it."""
    changed = tx.execute(
        """UPDATE kits.customer_orders_summary AS held SET refunded_amount = given.amount
           FROM unnest(%(ids)s::text[], %(amounts)s::numeric[]) AS given (id, amount)
           WHERE held.vendure_order_id = given.id
             AND held.refunded_amount <> round(given.amount, 2)
           RETURNING held.vendure_customer_id AS id""",
        {
            "store": store.id,
            "ids": [each.order_id for each in refunded],
            "amounts": [each.amount for each in refunded],
        },
    )
    update_customers(tx, store, sorted({row["id"] for row in changed if row["id"]}))


def update_customers(tx: Tx, store: Store, customer_ids: Sequence[str]) -> None:
    """kits.update_customer_statistics() for many customers, by Vendure's ids, in one statement."""
    if not customer_ids:
        return
    of = {"store": store.id, "ids": list(customer_ids)}
    tx.execute(
        """UPDATE kits.customers AS held
           SET total_orders = s.number, total_spent = s.spent, last_order_date = s.latest,
             currency = s.currency
           FROM (
             SELECT c.id, o.* FROM kits.customers AS c
             CROSS JOIN LATERAL (
               SELECT count(*) AS number, max(order_date) AS latest,
                 coalesce(sum(total_with_tax - refunded_amount), 0) AS spent,
                 (array_agg(currency ORDER BY order_date DESC, vendure_order_id))[1] AS currency
               FROM kits.customer_orders_summary AS o
               WHERE o.customer_id = c.id AND NOT o.is_cancelled
             ) AS o
             WHERE c.vendure_customer_id = ANY (%(ids)s)
           ) AS s
           WHERE held.id = s.id
             AND (held.total_orders, held.total_spent, held.last_order_date, held.currency)
               IS DISTINCT FROM
                 (s.number, s.spent, s.latest, s.currency)""",
        of,
    )


def delete_customers(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The customers go with their addresses; their orders stay."""
    of: dict[str, Any] = {"store": store.id, "ids": list(ids)}
    gone = """ARRAY(SELECT c.id FROM kits.customers AS c
                    WHERE c.vendure_customer_id = ANY (%(ids)s))"""
    tx.execute(
        f"""UPDATE kits.customer_orders_summary SET customer_id = NULL
            WHERE customer_id = ANY ({gone})""",
        of,
    )
    tx.execute(
        f"""DELETE FROM kits.customer_addresses
            WHERE customer_id = ANY ({gone})""",
        of,
    )
    rows = tx.execute(
        "DELETE FROM kits.customers WHERE vendure_customer_id = ANY (%(ids)s) RETURNING given_email",
        of,
    )
    _settle_emails(tx, [row["given_email"] for row in rows])


def delete_orders(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The orders go with their items, delivery and batch."""
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
    tx.execute("SELECT kits.unassign_orders(%(ids)s)", of)
    for table, which in (
        ("order_batch_assignments", "vendure_order_id = ANY (%(ids)s)"),
        ("order_delivery_status_events", "order_code = ANY (%(codes)s)"),
        ("order_delivery_status", "order_code = ANY (%(codes)s)"),
        ("order_tracking", "vendure_order_id = ANY (%(ids)s)"),
        ("customer_order_items", "order_summary_id = ANY (%(orders)s)"),
        ("customer_orders_summary", "id = ANY (%(orders)s)"),
    ):
        tx.execute(f"DELETE FROM kits.{table} WHERE {which}", of)
    concerned = {row["vendure_customer_id"] for row in rows if row["vendure_customer_id"]}
    update_customers(tx, store, sorted(concerned))


# ------------------------------------------------------------------------------- privacy

_THEIRS = {
    "customers": """(vendure_customer_id = %(id)s OR lower(given_email) = lower(%(email)s)
                   OR phone_number = %(phone)s)""",
    "customer_addresses": "customer_id = ANY (%(customers)s)",
    "customer_orders_summary": """(customer_id = ANY (%(customers)s)
                                 OR vendure_customer_id = %(id)s OR phone_number = %(phone)s
                                 OR vendure_order_id = ANY (%(orders)s))""",
    "customer_order_items": "order_summary_id = ANY (%(of_orders)s)",
    "order_delivery_status": "order_code = ANY (%(codes)s)",
    "order_delivery_status_events": "order_code = ANY (%(codes)s)",
    "order_tracking": "vendure_order_id = ANY (%(vendure_orders)s)",
    "order_batch_assignments": "vendure_order_id = ANY (%(vendure_orders)s)",
}
_SESSIONS = "phone = ANY (%(phones)s)"


def _about(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS` and `_SESSIONS`."""
    phone = phones.normalise(person.phone, _countries(store))
    about: dict[str, Any] = {
        "id": person.customer_id,
        "email": person.email,
        "phone": phone,
        "orders": list(person.order_ids),
    }
    customers = tx.execute(
        f"SELECT id, phone_number FROM kits.customers WHERE {_THEIRS['customers']}", about
    ).fetchall()
    about["customers"] = [row["id"] for row in customers]
    orders = tx.execute(
        f"""SELECT id, order_code, vendure_order_id, phone_number
            FROM kits.customer_orders_summary
            WHERE {_THEIRS["customer_orders_summary"]} ORDER BY vendure_order_id""",
        about,
    ).fetchall()
    known = {phone, *(row["phone_number"] for row in [*customers, *orders])}
    return about | {
        "of_orders": [row["id"] for row in orders],
        "codes": [row["order_code"] for row in orders],
        "vendure_orders": [row["vendure_order_id"] for row in orders],
        "phones": sorted(each for each in known if each),
    }


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON; of phone checks not the hashes."""
    about = _about(tx, store, person)
    return tell(
        tx,
        "kits",
        {**_THEIRS, "otp_sessions": _SESSIONS},
        about,
        without=("store_id", "otp_hash", "session_id"),
    )


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts, what was printed left out."""
    about = _about(tx, store, person)
    tx.execute(
        """UPDATE kits.customer_orders_summary
           SET phone_number = NULL, vendure_customer_id = NULL, customer_id = NULL,
             sms_updates = false
           WHERE id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(
        """UPDATE kits.customer_order_items SET print_name = NULL, print_number = NULL
           WHERE order_summary_id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(f"DELETE FROM kits.otp_sessions WHERE {_SESSIONS}", about)
    tx.execute(
        "DELETE FROM kits.otp_limits WHERE scope = 'phone' AND key = ANY (%(phones)s)", about
    )
    rows = tx.execute(
        "SELECT vendure_customer_id AS id FROM kits.customers WHERE id = ANY (%(customers)s)", about
    )
    delete_customers(tx, store, [row["id"] for row in rows if row["id"]])
