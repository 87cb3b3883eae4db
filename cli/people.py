"""What `export` and `erase` share: who it is about, and what is known of them in numbers."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import click

from cli import show

person_argument = click.argument("person", metavar="EMAIL|PHONE|-")


def asked(person: str) -> dict[str, str]:
    """In the words of the API; `-` is read from standard input, so that no list of processes or
    history of a shell has it."""
    who = sys.stdin.readline().strip() if person == "-" else person.strip()
    if not who:
        raise click.UsageError("say who it is by e-mail address or phone")
    return {"email": who} if "@" in who else {"phone": who}


def tell(found: Mapping[str, Any]) -> None:
    """Numbers alone: nothing of the person, whose address or phone was just typed."""
    show.table(
        ("CONTEXT", "TABLE", "ROWS"),
        [
            (context, table, number)
            for context, tables in found["rows"].items()
            for table, number in tables.items()
        ],
    )
