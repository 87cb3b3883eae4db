"""What the projects schema tells and forgets of a person. No shop platform feeds this context."""

from __future__ import annotations

from typing import Any

from backshop.commerce import Person, Store
from backshop.db import Tx, export_rows

_THEIRS = {
    "customers": """(lower(email) = lower(%(email)s) OR phone_primary = %(phone)s
                   OR phone_secondary = %(phone)s)""",
    "projects": "customer_id = ANY (%(customers)s)",
    "project_rooms": "project_id = ANY (%(projects)s)",
    "surfaces": "room_id = ANY (%(rooms)s)",
    "selected_products": "surface_id = ANY (%(surfaces)s)",
    "conversation_log": "project_id = ANY (%(projects)s)",
    "quotes": "project_id = ANY (%(projects)s)",
    "quote_acceptances": "project_id = ANY (%(projects)s)",
}


def _about(tx: Tx, person: Person) -> dict[str, Any]:
    """Parameters of `_THEIRS`."""
    about: dict[str, Any] = {"email": person.email, "phone": person.phone}
    for name, key, table in (
        ("customers", "customer_id", "customers"),
        ("projects", "project_id", "projects"),
        ("rooms", "room_id", "project_rooms"),
        ("surfaces", "surface_id", "surfaces"),
    ):
        rows = tx.execute(f"SELECT {key} AS id FROM projects.{table} WHERE {_THEIRS[table]}", about)
        about[name] = [row["id"] for row in rows]
    return about


def export(tx: Tx, store: Store, person: Person) -> dict[str, Any]:
    """Every row about the person, by table, ready for JSON."""
    about = _about(tx, person)
    return export_rows(tx, "projects", _THEIRS, about)


def stored(tx: Tx, person: Person) -> list[str]:
    """Keys of what is stored of the person, archived projects and PDFs of quotes, which are
    forgotten with this. By whose they are, whatever address the rows hold."""
    from backshop.projects.archive.archiving import key_of
    from backshop.projects.quotes.rules import pdf_key

    about = _about(tx, person)
    pdfs = tx.execute(
        """UPDATE projects.quotes SET pdf_key = NULL
           WHERE project_id = ANY (%(projects)s) AND pdf_key IS NOT NULL
           RETURNING store_id, quote_id""",
        about,
    ).fetchall()
    archived = tx.execute(
        """DELETE FROM projects.archived_projects WHERE project_id = ANY (%(projects)s)
           RETURNING store_id, project_id""",
        about,
    ).fetchall()
    return [
        *(key_of(row["store_id"], row["project_id"]) for row in archived),
        *(pdf_key(row["store_id"], row["quote_id"]) for row in pdfs),
    ]


def erase(tx: Tx, store: Store, person: Person) -> None:
    """Forget the person; projects keep measures and amounts, and no free text."""
    about = _about(tx, person)
    tx.execute(
        """UPDATE projects.customers
           SET first_name = '', last_name = NULL, email = NULL, phone_primary = NULL,
             phone_secondary = NULL, address_line1 = NULL, address_line2 = NULL, city = NULL,
             state = NULL, zip_code = NULL, pro_account_number = NULL, notes = NULL,
             marketing_opt_in = false, tax_exemption = NULL
           WHERE customer_id = ANY (%(customers)s)""",
        about,
    )
    tx.execute(
        """UPDATE projects.projects
           SET project_name = NULL, contractor_name = NULL, contractor_phone = NULL,
             contractor_email = NULL, designer_name = NULL, designer_company = NULL, notes = NULL
           WHERE project_id = ANY (%(projects)s)""",
        about,
    )
    for table, columns, which in (
        ("surfaces", "obstacles_description = NULL", "surface_id = ANY (%(surfaces)s)"),
        ("project_rooms", "room_notes = NULL", "project_id = ANY (%(projects)s)"),
        ("selected_products", "notes = NULL", "surface_id = ANY (%(surfaces)s)"),
        (
            "quotes",
            "special_instructions = NULL, recipient = NULL",
            "project_id = ANY (%(projects)s)",
        ),
        (
            "quote_acceptances",
            "accepted_name = NULL, source_address = NULL, user_agent = NULL",
            "project_id = ANY (%(projects)s)",
        ),
        (
            "conversation_log",
            "conversation_summary = NULL, next_action = NULL",
            "project_id = ANY (%(projects)s)",
        ),
    ):
        tx.execute(f"UPDATE projects.{table} SET {columns} WHERE {which}", about)
