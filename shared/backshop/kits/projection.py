"""Saving Vendure's records in the kits schema, and what it knows of a person.

Functions act on the transaction's store and do the same whatever the order of arrival. The caller
holds the store's lock and passes only records that are newer than what is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from backshop.commerce import ConsentChange, Customer, Kind, Order, Person, Store, given_by
from backshop.db import Tx, export_rows
from backshop.kits import phones
from backshop.kits.customers.projection import deactivate_customers, sms_countries
from backshop.kits.customers.projection import delete_customers as delete_customers
from backshop.kits.customers.projection import save_customers as save_customers
from backshop.kits.orders.projection import delete_orders as delete_orders
from backshop.kits.orders.projection import fill_in
from backshop.kits.orders.projection import save_orders as save_orders
from backshop.kits.orders.projection import save_refunded as save_refunded

if TYPE_CHECKING:
    from backshop.contexts import Changes

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
    "order_places": "vendure_order_id = ANY (%(vendure_orders)s)",
}
_SESSIONS = "phone = ANY (%(phones)s)"


def _about(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS` and `_SESSIONS`."""
    phone = phones.normalise(person.phone, sms_countries(store))
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
    return export_rows(
        tx,
        "kits",
        {
            **_THEIRS,
            "otp_sessions": _SESSIONS,
            "verified_phones": _SESSIONS,
            "shoppers": _SESSIONS,
        },
        about,
        without=("store_id", "otp_hash", "session_id"),
    )


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts, what was printed and noted
    left out."""
    about = _about(tx, store, person)
    tx.execute(
        """UPDATE kits.customer_orders_summary
           SET phone_number = NULL, vendure_customer_id = NULL, customer_id = NULL,
             sms_updates = false
           WHERE id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(
        """UPDATE kits.order_places SET sms_updates = false
           WHERE vendure_order_id = ANY (%(vendure_orders)s || %(orders)s::text[])""",
        about,
    )
    # What staff wrote in their own words may name anybody.
    for table in ("order_delivery_status", "order_delivery_status_events"):
        tx.execute(
            f"""UPDATE kits.{table} SET note = NULL
                WHERE order_code = ANY (%(codes)s) AND note IS NOT NULL""",
            about,
        )
    tx.execute(
        """UPDATE kits.customer_order_items SET print_name = NULL, print_number = NULL
           WHERE order_summary_id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute(f"DELETE FROM kits.otp_sessions WHERE {_SESSIONS}", about)
    tx.execute(f"DELETE FROM kits.verified_phones WHERE {_SESSIONS}", about)
    tx.execute(f"DELETE FROM kits.shoppers WHERE {_SESSIONS}", about)
    tx.execute(
        "DELETE FROM kits.otp_limits WHERE scope = 'phone' AND key = ANY (%(phones)s)", about
    )
    rows = tx.execute(
        "SELECT vendure_customer_id AS id FROM kits.customers WHERE id = ANY (%(customers)s)", about
    )
    delete_customers(tx, store, [row["id"] for row in rows if row["id"]])


def save(tx: Tx, store: Store, kind: Kind, changes: Changes) -> None:
    """See `contexts.Projection`."""
    if kind == Kind.CUSTOMER:
        save_customers(tx, store, changes.records(Customer))
    elif kind == Kind.ORDER:
        save_orders(tx, store, changes.records(Order))
        fill_in(tx, store, changes.overtaken(Order))


def save_consents(tx: Tx, store: Store, changes: Sequence[ConsentChange]) -> None:
    """See `contexts.Projection`. By e-mail; what shoppers who proved a phone said outweighs it."""
    for each in changes:
        agreed = given_by("email", each.consents)
        if agreed is not None:
            tx.execute(
                """UPDATE kits.customers AS c SET marketing_consent = %s, consent_told = true
                   WHERE c.store_id = kits.require_store() AND c.vendure_customer_id = %s
                     AND NOT EXISTS (SELECT FROM kits.shoppers AS own
                       WHERE own.store_id = c.store_id AND own.phone = c.phone_number
                         AND own.news IS NOT NULL)""",
                (agreed, each.customer_id),
            )


def delete(tx: Tx, store: Store, kind: Kind, ids: Sequence[str]) -> None:
    """See `contexts.Projection`."""
    _DELETE[kind](tx, store, ids)


_DELETE: dict[Kind, Callable[[Tx, Store, Sequence[str]], None]] = {
    Kind.CUSTOMER: deactivate_customers,
    Kind.ORDER: delete_orders,
}
