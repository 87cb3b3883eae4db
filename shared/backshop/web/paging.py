"""Lists in pages: one shape, one limit, one opaque cursor.

def index(cursor: paging.Cursor = None, limit: paging.Limit = paging.LIMIT) -> Page[Batch]:
    after = paging.position(cursor, BatchPosition)
    with db.transaction(store_id=store_id) as tx:
        rows = repository.batches(tx, after, limit + 1)
    return paging.page(rows, limit, lambda last: BatchPosition(number=last.batch_number))
"""

from __future__ import annotations

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

from annotated_types import Interval, MaxLen, MinLen
from pydantic import BaseModel, Field, ValidationError

from backshop.errors import BadRequest
from backshop.web import http

LIMIT = 50
MOST = 200

T = TypeVar("T")
P = TypeVar("P", bound=BaseModel)

Limit = Annotated[int, Interval(ge=1, le=MOST)]
"""How many items a page holds."""
Cursor = Annotated[str, MaxLen(1000)] | None
"""`next_cursor` of the page before, as it was given."""
Search = Annotated[str, MinLen(1), MaxLen(200)] | None
"""Part of a text that what is looked for holds, in upper or lower case."""


class Page(BaseModel, Generic[T]):
    """A part of a list, in the list's order."""

    items: list[T]
    next_cursor: str | None = Field(
        description="Send it as `?cursor=` for the next page; null on the last."
    )


def page(rows: Sequence[T], limit: int, position_of: Callable[[T], BaseModel]) -> Page[T]:
    """A page of up to `limit` of the rows, which are one more where the list goes on; `position_of`
    tells where a row stands in the list."""
    more = len(rows) > limit
    items = list(rows[:limit])
    return Page(items=items, next_cursor=_cursor(position_of(items[-1])) if more else None)


def position(cursor: str | None, model: type[P]) -> P | None:
    """Where the page before ended; None for the first. Raises BadRequest for what is no cursor of
    ours."""
    if cursor is None:
        return None
    try:
        decoded = urlsafe_b64decode(cursor.encode())
        if http.holds_nul(decoded):
            raise ValueError
        return model.model_validate_json(decoded)
    except (ValidationError, binascii.Error, ValueError):
        raise BadRequest(
            "The cursor is not one of ours; send next_cursor as it was given.", slug="bad-cursor"
        ) from None


def _cursor(position: BaseModel) -> str:
    return urlsafe_b64encode(position.model_dump_json().encode()).decode()
