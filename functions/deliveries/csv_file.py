"""A CSV file of deliveries: code, stage, tracking_number."""

from __future__ import annotations

import csv
import io
from typing import NamedTuple

from backshop.errors import BadRequest
from backshop.kits.deliveries.models import DeliveryChange, Stage
from pydantic import ValidationError

COLUMNS = {"code", "stage", "tracking_number"}
LINES = 10_000


class FileLine(NamedTuple):
    """One line of the file: a change, or why it is none. The header is line 1."""

    number: int
    code: str
    change: DeliveryChange | None
    message: str | None = None


def read(content: bytes) -> list[FileLine]:
    """The lines of the file; separators may be commas, semicolons or tabs, as spreadsheets save
    them. Raises BadRequest where it is no such file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("Save the file as CSV in UTF-8 and send it again.", slug="csv") from None
    separator, table, skipped = _separated(text)
    rows = csv.DictReader(io.StringIO(table), delimiter=separator, restkey="more")
    try:
        rows.fieldnames = [name.strip().lower() for name in rows.fieldnames or ()]
        if not set(rows.fieldnames) >= COLUMNS:
            raise BadRequest(
                "The first line must name the columns: code,stage,tracking_number.", slug="csv"
            )
        lines = _read_lines(rows, skipped)
    except csv.Error:
        raise BadRequest("The file is no valid CSV; save it again.", slug="csv") from None
    if len(lines) > LINES:
        raise BadRequest(f"Send at most {LINES:,} lines at once.", slug="csv")
    return lines


def _separated(text: str) -> tuple[str, str, int]:
    """What separates the cells, the table, and how many lines stand before it: Excel writes and
    hides a first line `sep=;` (PowerShell/PowerShell#7776)."""
    first, _, rest = text.partition("\n")
    named = first.strip("\r")
    if named.lower().startswith("sep=") and len(named) == len("sep=;"):
        return named[-1], rest, 1
    return max(",;\t", key=first.count), text, 0


def _read_lines(rows: csv.DictReader[str], skipped: int) -> list[FileLine]:
    lines: list[FileLine] = []
    first_line: dict[str, int] = {}
    for row in rows:
        cells = {name: (row[name] or "").strip() for name in COLUMNS}
        code, number = cells["code"], rows.line_num + skipped
        if code in first_line:
            message = f"this order is in line {first_line[code]} already"
            lines.append(FileLine(number, code, None, message))
            continue
        first_line[code] = number
        lines.append(_read_line(number, code, cells))
    return lines


def _read_line(number: int, code: str, cells: dict[str, str]) -> FileLine:
    if not code:
        return FileLine(number, code, None, "the code is missing")
    if "\0" in code:
        message = "the code holds a character that no order's code has"
        return FileLine(number, code, None, message)
    try:
        change = DeliveryChange.model_validate(
            {
                "stage": cells["stage"].upper().replace(" ", "_"),
                "tracking_number": cells["tracking_number"] or None,
            }
        )
    except ValidationError as wrong:
        return FileLine(number, code, None, _what_is_allowed(str(wrong.errors()[0]["loc"][0])))
    return FileLine(number, code, change)


def _what_is_allowed(field: str) -> str:
    if field == "stage":
        return f"stage must be one of {', '.join(Stage)}"
    return f"{field} is 1 to 100 letters, digits, spaces and the signs . / - _"
