"""Ids of records as the numbers that tables know them by."""

from __future__ import annotations

from collections.abc import Collection

from backshop.commerce import stable_number
from backshop.db import array


def numbers_of(ids: Collection[str]) -> str:
    """Their numbers, as an array of a statement."""
    return array([stable_number(each) for each in ids])
