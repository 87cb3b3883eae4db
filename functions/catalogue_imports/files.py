"""Files as lines of texts: CSV in whatever way a spreadsheet saved it, and XLSX.

Nothing of a file is believed. A CSV file is read as it comes, a line at a time. An XLSX file, which
may be small and become huge, is read in a process of its own with limits of memory and time.
"""

from __future__ import annotations

import codecs
import csv
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from backshop.projects.imports import cells, rules
from backshop.projects.imports.importing import HEADING_LINES, MOST_LINES, Source, Unreadable
from backshop.projects.imports.models import Table
from backshop.projects.imports.rules import Line
from backshop.sync.child_process import in_child_process

MOST_CELLS = 256
"""Of a line; what is behind them is not read."""
CELL_LENGTH = 32_767
"""Excel's own limit."""
UNPACKED_BYTES = 2_000_000_000
MEMORY_BYTES = 1_200_000_000
"""Of the process that reads an XLSX file, beside what it begins with."""
PART = 1_048_576
BATCH = 1000
SEPARATORS = ",;\t|"


class Shape(NamedTuple):
    """What a look at all bytes tells of a file; `lines` is None where it does not tell."""

    is_xlsx: bool
    encoding: str = ""
    lines: int | None = None


def look_at(path: Path) -> Shape:
    """Raises Unreadable where it is neither CSV nor XLSX."""
    with path.open("rb") as file:
        start = file.read(4096)
    if not start:
        raise Unreadable("The file is empty: save it again, and send that.")
    if start.startswith(b"PK"):
        return Shape(is_xlsx=True)
    if start.startswith(b"\xd0\xcf\x11\xe0"):
        raise Unreadable(
            "This is a file of Excel 97, or one with a password: save it as XLSX or CSV."
        )
    if start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"\x1f\x8b", b"Rar!", b"7z")):
        raise Unreadable("This is no table: save the product list as CSV or XLSX.")
    encoding, lines = _encoding(path, start)
    return Shape(False, encoding, lines)


def _encoding(path: Path, start: bytes) -> tuple[str, int | None]:
    """The encoding that all of the file is right in, and how many lines end in it."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32", None
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", None
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) > len(start) // 5:
        return ("utf-16-be" if even > odd else "utf-16-le"), None
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines, encoding = 0, "utf-8-sig"
    with path.open("rb") as file:
        while part := file.read(PART):
            lines += part.count(b"\n")
            if encoding == "utf-8-sig":
                try:
                    decoder.decode(part)
                except UnicodeDecodeError:
                    encoding = "cp1252"
    if encoding == "utf-8-sig":
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            encoding = "cp1252"
    return encoding, lines


def opened(path: Path, shape: Shape, seconds: float) -> Source:
    """The file's lines, read while they are asked for; XLSX in at most so many seconds of processor
    time. Asking raises Unreadable."""
    return _xlsx(path, seconds) if shape.is_xlsx else _csv(path, shape.encoding)


# ------------------------------------------------------------------------------- CSV


def _csv(path: Path, encoding: str) -> Source:
    separator, skipped = _separated(path, encoding)
    encoding_name = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(encoding, encoding)
    table = Table(format="csv", encoding=encoding_name, separator=separator)
    sign: cells.Sign = "," if separator == ";" else "."
    return Source(table, _csv_lines(path, encoding, separator, skipped), sign)


def _text(path: Path, encoding: str) -> Any:
    # The five bytes that Windows-1252 does not have become signs that no cell can hold.
    return path.open(encoding=encoding, newline="", errors="replace")


def _separated(path: Path, encoding: str) -> tuple[str, int]:
    """What separates the cells, and how many lines stand before the table: Excel writes and hides a
    first line `sep=;`. Otherwise the one counts that makes the most names of columns."""
    with _text(path, encoding) as file:
        first = file.readline(200).strip()
    if first.lower().startswith("sep=") and len(first) == len("sep=;"):
        return first[-1], 1
    best = (-1, ",")
    for separator in SEPARATORS:
        known = [0]
        with suppress(Unreadable):  # which the one that is chosen raises again
            lines = _csv_lines(path, encoding, separator, 0)
            known.extend(_known(line) for line in islice(lines, HEADING_LINES))
        best = max(best, (max(known), separator), key=lambda each: each[0])
    return best[1], 0


def _known(line: Line) -> int:
    heads = rules.heads_of(line)
    return len(heads.columns) if heads else 0


def _csv_lines(path: Path, encoding: str, separator: str, skipped: int) -> Iterator[Line]:
    csv.field_size_limit(CELL_LENGTH)
    with _text(path, encoding) as file:
        for _ in range(skipped):
            file.readline()
        rows = csv.reader(file, delimiter=separator)
        ended = 0
        try:
            for row in rows:
                number, ended = ended + 1 + skipped, rows.line_num
                if any(row):
                    yield Line(number, row if len(row) <= MOST_CELLS else row[:MOST_CELLS])
        except csv.Error:
            raise Unreadable(
                f"Behind line {ended + skipped} a quotation mark is opened and not closed: close it,"
                " or save the file as CSV once more."
            ) from None
        except UnicodeError:
            raise Unreadable("The file's text is damaged: save it as CSV in UTF-8.") from None


# ------------------------------------------------------------------------------- XLSX


class _Batch(NamedTuple):
    sheet: str
    others: list[str]
    lines: list[tuple[int, list[str]]]


def _xlsx(path: Path, seconds: float) -> Source:
    _refuse_bombs(path)
    batches = _in_child(path, seconds)
    first = next(batches, None)
    if first is None:
        raise Unreadable("The workbook has no sheet with anything in it: is it another file?")
    table = Table(format="xlsx", sheet=first.sheet, other_sheets=first.others)
    return Source(table, _lines(first, batches))


def _lines(first: _Batch, batches: Iterable[_Batch]) -> Iterator[Line]:
    yield from [Line(*each) for each in first.lines]
    for batch in batches:
        yield from [Line(*each) for each in batch.lines]


def _refuse_bombs(path: Path) -> None:
    """What a member says of its size is what can be read of it at most."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise Unreadable("The file is damaged: save it as XLSX or CSV once more.") from None
    if len(members) > 10_000 or sum(each.file_size for each in members) > UNPACKED_BYTES:
        raise Unreadable("The workbook is too large when it is unpacked: save it as CSV.")
    if not any(each.filename.lower().startswith("xl/") for each in members):
        raise Unreadable("This is no workbook of Excel: save the product list as XLSX or CSV.")


def _in_child(path: Path, seconds: float) -> Iterator[_Batch]:
    try:
        yield from in_child_process(lambda: _read_within_limits(path, seconds))
    except (RuntimeError, MemoryError):
        raise Unreadable(
            "The workbook takes too much memory or time to read: save it as CSV, which may be as"
            " large."
        ) from None


def _read_within_limits(path: Path, seconds: float) -> Iterator[_Batch]:
    """In a process of its own: its limits are gone with it. Where none is made (macOS), there are
    none."""
    if sys.platform != "linux":
        yield from _sheet(path)
        return
    import resource

    begins_with = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    most = begins_with + MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 1))
    try:
        yield from _sheet(path)
    except (Unreadable, MemoryError):
        raise
    except Exception as damaged:
        raise Unreadable(
            "The workbook is damaged: open it, and save it as XLSX or CSV."
        ) from damaged


def _sheet(path: Path) -> Iterator[_Batch]:
    """The lines of the first visible sheet that names its columns, else of the first."""
    book = _book(path, with_values=True)
    shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    if not shown:
        raise Unreadable("All sheets of the workbook are hidden: show the one with the products.")
    chosen = next((sheet for sheet in shown if _names_columns(sheet)), shown[0])
    formulas = _formulas(path, chosen.title)
    others = [sheet.title for sheet in book.worksheets if sheet is not chosen]
    rows = _texts(chosen, formulas)
    while lines := list(islice(rows, BATCH)):
        yield _Batch(chosen.title, others, lines)


def _book(path: Path, *, with_values: bool) -> Any:
    """The workbook with its formulas' values, or with the formulas. It is handed over open: of a
    name openpyxl believes the end."""
    from openpyxl import load_workbook

    return load_workbook(path.open("rb"), read_only=True, data_only=with_values, keep_links=False)


def _names_columns(sheet: Any) -> bool:
    return any(_known(Line(*each)) for each in islice(_texts(sheet, None), HEADING_LINES))


def _formulas(path: Path, title: str) -> Any:
    """The same sheet with its formulas, where it has any: a formula that no program worked out has
    no value, and its cell is not empty all the same."""
    sheet = _book(path, with_values=False)[title]
    with zipfile.ZipFile(path) as archive, archive.open(sheet._worksheet_path) as file:
        before = b""
        while part := file.read(PART):
            if b"<f>" in before + part or b"<f " in before + part or b"<f/" in before + part:
                return sheet
            before = part[-3:]
    return None


def _texts(sheet: Any, formulas: Any) -> Iterator[tuple[int, list[str]]]:
    """The sheet's lines that hold anything, by their number."""
    sheet.reset_dimensions()  # what a file says of its size makes cells that are not there
    rows = sheet.iter_rows(values_only=True, max_col=MOST_CELLS)
    if formulas is not None:
        formulas.reset_dimensions()
        others = formulas.iter_rows(values_only=True, max_col=MOST_CELLS)
        rows = (
            [_worked_out(*pair) for pair in zip(row, other, strict=False)]
            for row, other in zip(rows, others, strict=False)
        )
    for number, row in enumerate(rows, 1):
        if number > MOST_LINES + 1:
            raise Unreadable(f"A file has at most {MOST_LINES:,} lines: send it in parts.")
        texts = [value if type(value) is str else _written(value) for value in row]
        while texts and not texts[-1]:
            texts.pop()
        if texts:
            yield number, texts


def _worked_out(value: Any, formula: Any) -> Any:
    is_formula = isinstance(formula, str) and formula.startswith("=")
    return formula if value is None and is_formula else value


def _written(value: Any) -> str:
    """A cell's value as its text would be typed."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        # Excel knows fifteen digits; the others are noise of its reckoning.
        return (
            f"{value:.15g}" if "e" not in f"{value:.15g}" else f"{value:f}".rstrip("0").rstrip(".")
        )
    if isinstance(value, datetime | date):
        return f"{cells.DATED}{value:%-d %b %Y}"
    if isinstance(value, time | timedelta):
        return f"{cells.DATED}{value}"
    return str(value)
