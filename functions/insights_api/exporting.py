"""GET /insights/export: rows and answers as CSV, in the answer or, where that is large, by a
link."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import chain
from typing import Annotated
from uuid import UUID, uuid4

import answering
from backshop import db
from backshop.aws import config, objects
from backshop.errors import BadRequest, NotFound, TooManyRequests
from backshop.insights.plans import counting
from backshop.insights.saved import export
from backshop.insights.semantic.models import SemanticQuery
from backshop.insights.semantic.running import NotThere
from backshop.web import fast, http
from fastapi import Query, Response
from pydantic import ValidationError
from served import app

INLINE = 5 * 1024 * 1024
"""Bytes that an answer may have: Lambda's own limit is 6 MB."""
PART = 8 * 1024 * 1024
LINK_LASTS = timedelta(minutes=10)
CSV = "text/csv; charset=utf-8"


class Csv(Response):
    media_type = "text/csv"


@app.get(
    "/insights/export",
    response_class=Csv,
    responses=fast.problems(TooManyRequests)
    | {
        200: {"content": {"text/csv": {"schema": {"type": "string"}}}, "description": "Up to 5 MB"},
        303: {"description": "More than that: a link that lasts ten minutes"},
    },
)
async def export_csv(
    caller: fast.Caller,
    store_id: fast.StoreId,
    what: Annotated[export.What | None, Query(description="Rows of one kind.")] = None,
    query: Annotated[
        str | None, Query(max_length=8000, description="A query as JSON, in place of `what`.")
    ] = None,
    as_of: Annotated[
        str | None, Query(max_length=40, description="For staff: as in a query.")
    ] = None,
) -> Response:
    """A store's own orders, items, customers (by pseudonym) or products, or any query, as CSV."""
    if (what is None) is (query is None):
        raise BadRequest("Name what to export, orders, items, customers or products, or a query.")
    at = answering.moment(caller, as_of)
    semantic_query = _query(query) if query is not None else None
    counting.count(caller.kind, store_id)
    with db.transaction(store_id=store_id) as tx:
        if what is not None:
            return _answer(export.rows(tx, what, store_id), store_id, what)
        assert semantic_query is not None
        tx.execute(f"SET LOCAL statement_timeout = '{answering.TIMEOUT}'".encode())
        try:
            result = answering.result(tx, semantic_query, at)
        except NotThere as missing:
            raise NotFound(answering.not_there(semantic_query, missing).text) from None
        return _answer(export.answered(result), store_id, "answer")


def _query(text: str) -> SemanticQuery:
    try:
        return SemanticQuery.model_validate_json(text)
    except ValidationError as wrong:
        errors = http.field_errors(wrong.errors(include_url=False, include_input=False))
        raise BadRequest(http.please_correct(errors), errors=errors) from None


def _answer(pieces: Iterator[bytes], store_id: UUID, name: str) -> Response:
    """The pieces in the answer as long as they fit, else all of them in S3."""
    begun: list[bytes] = []
    length = 0
    for piece in pieces:
        begun.append(piece)
        length += len(piece)
        if length > INLINE:
            return _link(chain(begun, pieces), store_id, name)
    disposition = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return Response(b"".join(begun), 200, disposition, CSV)


def _link(pieces: Iterator[bytes], store_id: UUID, name: str) -> Response:
    bucket = config.value("DATA_BUCKET")
    key = f"insights-exports/{store_id}/{uuid4()}/{name}.csv"
    objects.put_in_parts(bucket, key, export.parts(pieces, PART), CSV)
    return Response(status_code=303, headers={"Location": objects.link(bucket, key, LINK_LASTS)})
