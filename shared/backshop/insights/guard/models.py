"""What comes of SQL that the guard let through."""

from __future__ import annotations

from typing import NamedTuple

from backshop.insights.semantic.models import Cell, Column


class Refused(Exception):
    """The SQL is not run, or its run was ended; `message` is a sentence that says what to write
    instead, and holds nothing of the data."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Guarded(NamedTuple):
    """What may run: one SELECT whose parameter $1 is the store's id, and the texts that $2 and on
    stand for. `subtracts` says that it holds EXCEPT or INTERSECT."""

    text: str
    texts: tuple[str, ...]
    subtracts: bool = False


class Found(NamedTuple):
    """`is_cut` says that there are more rows than these. Numbers that are not whole are decimal
    texts, times without a time of day are dates."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    is_cut: bool
