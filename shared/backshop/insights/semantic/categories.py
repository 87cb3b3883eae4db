"""The tree of a store's categories: what belongs to a parent, and which rows a breakdown has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID


class Category(NamedTuple):
    id: UUID
    parent_id: UUID | None
    name: str


class Group(NamedTuple):
    """The row that a category's figures belong to."""

    category: UUID
    row: UUID
    name: str


def under(tree: Sequence[Category], named: Collection[UUID]) -> set[UUID]:
    """These categories and all below them."""
    children: dict[UUID | None, list[UUID]] = defaultdict(list)
    for each in tree:
        children[each.parent_id].append(each.id)
    reached: set[UUID] = set()
    open_ones = list(named)
    while open_ones:
        id = open_ones.pop()
        if id not in reached:
            reached.add(id)
            open_ones += children[id]
    return reached


def groups(tree: Sequence[Category], named: Collection[UUID] = ()) -> list[Group]:
    """Rows that exclude each other and hold what is below them: the topmost categories; where the
    query names categories, their children, and what is in themselves alone.

    A single category without children is its own row. Parents that go round in a circle end it.
    """
    by_id = {each.id: each for each in tree}
    wanted = set(named)
    found = []
    for each in tree:
        row = _row_of(each, by_id, wanted)
        if row is not None:
            found.append(Group(each.id, row.id, row.name))
    return found


def _row_of(start: Category, by_id: dict[UUID, Category], wanted: set[UUID]) -> Category | None:
    """Upwards from a category to the last one before a wanted one, or before the top."""
    if start.id in wanted:
        return start
    seen = {start.id}
    current = start
    while current.parent_id in by_id and current.parent_id not in seen:
        parent = by_id[current.parent_id]
        if parent.id in wanted:
            return current
        seen.add(parent.id)
        current = parent
    return None if wanted else current
