"""Ids of records as the numbers that tables know them by."""

from __future__ import annotations

from collections.abc import Collection

from backshop.commerce import stable_number


def numbers_of(ids: Collection[str]) -> list[int]:
    return [stable_number(each) for each in ids]
