"""What a list's address filters, all of it, as a file that spreadsheets open."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.event_handler import Response
from backshop import spreadsheets
from backshop.errors import TooLarge
from backshop.web.http import Event

MOST = 10_000
PAGE = "200"
KIND = "text/csv; charset=utf-8"


class Found(Exception):
    """A page of the list, in place of its HTML."""

    def __init__(self, page: dict[str, Any]) -> None:
        self.page = page


def is_wanted(event: Event) -> bool:
    return (event.get("queryStringParameters") or {}).get("format") == "csv"


def file(event: Event, show: Callable[[], Response[Any]], name: str) -> Response[Any]:
    """Every row that `show` finds, page by page. Raises TooLarge where they are too many."""
    rows: list[dict[str, Any]] = []
    cursor = ""
    while True:
        query = {**event["queryStringParameters"], "limit": PAGE, "cursor": cursor}
        event["queryStringParameters"] = query
        try:
            answer = show()
        except Found as found:
            rows += found.page["items"]
            cursor = found.page["next_cursor"] or ""
        else:
            return answer  # it leads to the sign-in, or says what is wrong with the filter
        if not cursor:
            break
        if len(rows) >= MOST:
            raise TooLarge(f"More than {MOST:,} match; filter the list, then download it.")
    headers: dict[str, str | list[str]] = {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(200, KIND, written(rows), headers=headers)


def written(rows: list[dict[str, Any]]) -> str:
    """The rows, with a column for every name that one of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([[_cell(row.get(name)) for name in columns] for row in rows])
    return out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | dict | list):
        return spreadsheets.harmless(json.dumps(value, ensure_ascii=False))
    return str(value) if isinstance(value, int | float) else spreadsheets.harmless(str(value))
