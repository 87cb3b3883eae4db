"""What is stored about a person: to hand out, and to forget."""

from __future__ import annotations

from typing import Any

from backshop.commerce import Person, Store, email_hash, guest_id
from backshop.db import Tx, export_rows
from backshop.insights.projection.numbers import numbers_of
from backshop.insights.rollups import Keeping

_THEIRS = {
    "customers": "(wc_customer_id = ANY (%(numbers)s) OR email_hash = %(email_hash)s)",
    "orders": """(wc_order_id = ANY (%(orders)s) OR wc_customer_id = ANY (%(numbers)s)
                OR customer_id = ANY (%(of_customers)s))""",
    "order_items": "order_id = ANY (%(of_orders)s)",
    "order_coupons": "order_id = ANY (%(of_orders)s)",
    "refunds": "order_id = ANY (%(of_orders)s)",
}


def _about(tx: Tx, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS`."""
    known = [person.customer_id, guest_id(person.email) if person.email else None]
    about: dict[str, Any] = {
        "numbers": numbers_of([each for each in known if each]),
        "email_hash": email_hash(person.email),
        "orders": numbers_of(person.order_ids),
    }
    for name, table in (("of_customers", "customers"), ("of_orders", "orders")):
        rows = tx.execute(f"SELECT id FROM insights.{table} WHERE {_THEIRS[table]}", about)
        about[name] = [row["id"] for row in rows]
    return about


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON."""
    about = _about(tx, person)
    return export_rows(tx, "insights", _THEIRS, about)


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; orders keep their goods and amounts."""
    about = _about(tx, person)
    sums = Keeping(tx, store.id)
    sums.before_numbers(_numbers_of_orders(tx, about))
    tx.execute(
        """UPDATE insights.orders SET customer_id = NULL, wc_customer_id = NULL
           WHERE id = ANY (%(of_orders)s)""",
        about,
    )
    tx.execute("DELETE FROM insights.customers WHERE id = ANY (%(of_customers)s)", about)
    sums.after()


def _numbers_of_orders(tx: Tx, about: dict[str, Any]) -> list[int]:
    rows = tx.execute(
        "SELECT wc_order_id AS number FROM insights.orders WHERE id = ANY (%(of_orders)s)", about
    )
    return [row["number"] for row in rows]
