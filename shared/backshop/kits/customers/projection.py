"""Saving customers with their addresses, as kits.md's flow "Customer Registration" says."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from backshop.commerce import Customer, Store
from backshop.db import Tx, stage
from backshop.kits import phones

CUSTOMERS = {
    "vendure_id": "text",
    "email": "text",
    "phone": "text",
    "first_name": "text",
    "last_name": "text",
    "consent": "boolean",
    "custom_fields": "text",
    "untold": "text[]",
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


def save_customers(tx: Tx, store: Store, customers: Sequence[Customer]) -> None:
    """Customers with their addresses; orders that waited for them are theirs from now on.

    A phone that changes is to be verified anew, unless it was before its customer was known.
    """
    known = [each for each in customers if not each.is_guest]
    countries = sms_countries(store)
    rows = [_customer_row(each, countries) for each in known]
    staged = stage(tx, "customers", CUSTOMERS, rows)
    # A statement of its own before the one that looks for what shoppers proved: it sees what those
    # committed who had to be waited for.
    tx.execute("SELECT kits.lock_phones()")
    row = tx.execute(
        f"""WITH saved AS (
              INSERT INTO kits.customers AS target
                (store_id, vendure_customer_id, given_email, phone_number, first_name, last_name,
                 phone_verified, marketing_consent, consent_told, custom_fields)
              SELECT %(store)s, vendure_id, left(email, 255), phone, left(first_name, 100),
                left(last_name, 100),
                EXISTS (SELECT FROM kits.verified_phones AS v WHERE v.phone = customers.phone),
                coalesce(own.news, consent, false), coalesce(own.news, consent) IS NOT NULL,
                custom_fields::jsonb || coalesce((
                  SELECT jsonb_object_agg(f.key, f.value)
                  FROM kits.customers AS held, jsonb_each(held.custom_fields) AS f
                  WHERE held.vendure_customer_id = customers.vendure_id
                    AND f.key = ANY (untold)), '{{}}')
              FROM {staged.source}
              LEFT JOIN (SELECT phone AS told_by, news FROM kits.shoppers) AS own
                ON own.told_by = customers.phone
              ON CONFLICT (store_id, vendure_customer_id) DO UPDATE SET
                given_email = excluded.given_email, phone_number = excluded.phone_number,
                phone_verified = excluded.phone_verified OR target.phone_verified
                  AND target.phone_number IS NOT DISTINCT FROM excluded.phone_number,
                first_name = excluded.first_name, last_name = excluded.last_name,
                marketing_consent = CASE WHEN excluded.consent_told
                  THEN excluded.marketing_consent ELSE target.marketing_consent END,
                consent_told = excluded.consent_told OR target.consent_told,
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
        """UPDATE kits.customer_orders_summary AS target SET customer_id = (
             SELECT c.id FROM kits.customers AS c
             WHERE c.vendure_customer_id = target.vendure_customer_id)
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
                UPDATE kits.customers AS target SET email = {email} FROM wanted
                WHERE target.id = wanted.id AND {which}"""
    wrong = "target.email IS NOT NULL AND (wanted.place > 1 OR target.email <> wanted.given_email)"
    missing = "wanted.place = 1 AND target.email IS DISTINCT FROM wanted.given_email"
    params = {"emails": affected}
    tx.execute(settle.format(email="NULL", which=wrong), params)
    tx.execute(
        """UPDATE kits.customers SET email = NULL
           WHERE email = ANY (%(emails)s) AND given_email IS DISTINCT FROM email""",
        params,
    )
    tx.execute(settle.format(email="wanted.given_email", which=missing), params)


def sms_countries(store: Store) -> tuple[str, ...]:
    """The countries whose phones are kept; any where the store is at home nowhere."""
    return phones.settings_of(store.settings, store.time_zone).countries


def _customer_row(customer: Customer, countries: Sequence[str]) -> tuple[str | None, ...]:
    return (
        customer.id,
        customer.email,
        phones.normalise(customer.phone, countries),
        customer.first_name,
        customer.last_name,
        None if customer.marketing_consent is None else "ft"[customer.marketing_consent],
        json.dumps(customer.metadata, default=str),
        "{" + ",".join(json.dumps(each) for each in customer.untold_fields) + "}",
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
        f"""DELETE FROM kits.customer_addresses AS target
            WHERE customer_id = ANY (ARRAY(
                SELECT c.id FROM kits.customers AS c
                WHERE c.vendure_customer_id = ANY (%(customers)s)))
              AND NOT EXISTS (SELECT FROM {addresses.source}
                WHERE addresses.vendure_id = target.vendure_address_id)""",
        of,
    )
    tx.execute(
        f"""INSERT INTO kits.customer_addresses AS target
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
            WHERE (target.customer_id, target.address_type, target.is_default, target.full_name,
                   target.company, target.street_line1, target.street_line2, target.city, target.province,
                   target.postal_code, target.country_code, target.phone_number)
              IS DISTINCT FROM
                  (excluded.customer_id, excluded.address_type, excluded.is_default,
                   excluded.full_name, excluded.company, excluded.street_line1,
                   excluded.street_line2, excluded.city, excluded.province, excluded.postal_code,
                   excluded.country_code, excluded.phone_number)""",
        of,
    )


def update_customers(tx: Tx, store: Store, customer_ids: Sequence[str]) -> None:
    """kits.update_customer_statistics() for many customers, by Vendure's ids, in one statement."""
    if not customer_ids:
        return
    tx.execute(
        """SELECT kits.update_customers_statistics(ARRAY(
             SELECT id FROM kits.customers WHERE vendure_customer_id = ANY (%s)))""",
        (list(customer_ids),),
    )


def deactivate_customers(tx: Tx, store: Store, ids: Sequence[str]) -> None:
    """The shop deleted these customers: they stay with their orders, nameless and inactive, also
    those whose deletion is heard of first."""
    of: dict[str, Any] = {"store": store.id, "ids": list(ids)}
    tx.execute(
        """DELETE FROM kits.customer_addresses
           WHERE customer_id = ANY (ARRAY(SELECT c.id FROM kits.customers AS c
             WHERE c.vendure_customer_id = ANY (%(ids)s)))""",
        of,
    )
    rows = tx.execute(
        """INSERT INTO kits.customers (store_id, vendure_customer_id, is_active)
           SELECT %(store)s, id, false FROM unnest(%(ids)s::text[]) AS id
           ON CONFLICT (store_id, vendure_customer_id) DO UPDATE
           SET email = NULL, given_email = NULL, phone_number = NULL, phone_verified = false,
             first_name = NULL, last_name = NULL, marketing_consent = false, consent_told = false,
             custom_fields = '{}', is_active = false
           RETURNING new.vendure_customer_id AS id, old.id AS before, old.given_email""",
        of,
    ).fetchall()
    _settle_emails(tx, [row["given_email"] for row in rows])
    _adopt_orders(tx, store, [row["id"] for row in rows if row["before"] is None])


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
