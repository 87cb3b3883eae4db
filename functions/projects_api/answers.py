"""What the routes of this function share: one row with its ETag, lists in pages, refusals."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from backshop import db
from backshop.errors import Conflict, NotFound, PreconditionFailed
from backshop.projects import repository
from backshop.projects.fields import NUL_FREE, Sku
from backshop.projects.repository import Filter, Row, Table
from backshop.times import Time
from backshop.web import fast, idempotency, paging
from fastapi import Depends, Header, Query, Request, Response
from pydantic import BaseModel, BeforeValidator

M = TypeVar("M", bound=BaseModel)

Cursor = Annotated[
    str | None,
    Query(max_length=1000, description="`next_cursor` of the page before, as it was given."),
]
Limit = Annotated[int, Query(ge=1, le=paging.MOST, description="Items of a page.")]
IfMatch = Annotated[
    str | None,
    Header(
        max_length=200,
        description="The ETag of the state that the change was made for; 412 where it is another now.",
    ),
]
Text = Annotated[str | None, Query(max_length=255, pattern=NUL_FREE)]


def _written_day(value: object) -> object:
    """A number would be read as seconds since 1970."""
    if isinstance(value, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        raise ValueError("write the day as 2026-11-20")
    return value


Day = Annotated[date, BeforeValidator(_written_day)]
CHANGES = (Conflict, PreconditionFailed)
"""What a change may be refused for."""


Claiming = Callable[[db.Tx], idempotency.Claim]


async def _claiming(request: Request, key: fast.IdempotencyKey = None) -> Claiming:
    """Claims the call's Idempotency-Key in a transaction, before anything else is done in it."""
    return lambda tx: idempotency.claim(tx, request.scope["aws.event"], key)


Once = Annotated[Claiming, Depends(_claiming)]
"""Of a route that makes something: `claim = once(tx)` first, `claim.keep(answer)` last."""


class TimePosition(BaseModel):
    at: Time
    id: UUID


class SkuPosition(BaseModel):
    sku: Sku


def found(row: Row | None, what: str) -> Row:
    """The row. Raises NotFound where there is none."""
    if row is None:
        raise NotFound(f"There is no such {what}; the list of them tells what there is.")
    return row


def one(model: type[M], row: Row, response: Response) -> M:
    """The row as its model, with its ETag."""
    response.headers["ETag"] = etag(row)
    return model.model_validate(row)


def etag(row: Mapping[str, Any]) -> str:
    return f'"{row["version"]}"'


def expect(model: type[M], row: Row, if_match: str | None) -> None:
    """Raises PreconditionFailed, with the current state, where the caller knows another."""
    if if_match is None or if_match.strip() == "*":
        return
    if etag(row) not in [each.strip() for each in if_match.split(",")]:
        current = model.model_validate(row).model_dump(mode="json")
        raise PreconditionFailed(
            "Somebody changed it meanwhile: look at `current`, then decide again.",
            members={"current": current, "etag": etag(row)},
        )


def listed(
    store: UUID,
    model: type[M],
    table: Table,
    filters: Sequence[tuple[str, str, Any]],
    cursor: str | None,
    limit: int,
    joined: Any = None,
) -> paging.Page[M]:
    """A page of the table's rows; filters whose value is None are left out."""
    kept = [Filter(*each) for each in filters if each[2] is not None]  # type: ignore[arg-type]
    at, position_of = _position(table, cursor)
    with db.reading(store) as tx:
        rows = repository.listed(tx, table, kept, at, limit + 1, joined=joined)
    return paging.page([model.model_validate(row) for row in rows], limit, position_of)


def _position(
    table: Table, cursor: str | None
) -> tuple[Sequence[Any] | None, Callable[[Any], BaseModel]]:
    if len(table.order) == 1:
        sku = paging.position(cursor, SkuPosition)
        return ([sku.sku] if sku else None), lambda last: SkuPosition(sku=last.sku)
    at, id = table.order
    after = paging.position(cursor, TimePosition)

    def position_of(last: Any) -> BaseModel:
        moment: datetime = getattr(last, at)
        return TimePosition(at=moment, id=getattr(last, id))

    return ([after.at, after.id] if after else None), position_of
