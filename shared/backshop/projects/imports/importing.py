"""Importing: the lines of a file, thousands a transaction. Each transaction notes how far it came,
so that an import that was broken off goes on there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import NamedTuple
from uuid import UUID

from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing
from backshop.projects import repository as projects
from backshop.projects.imports import cells, repository, rules
from backshop.projects.imports.models import Counts, Table
from backshop.projects.imports.rules import Line

CHUNK = 5000
"""Lines of a transaction."""
HEADING_LINES = 30
"""Among so many lines the one with the columns' names is looked for."""
SAMPLE = 500
"""Lines that tell what stands before the decimals of prices."""
MOST_LINES = 1_000_000


class Unreadable(Exception):
    """A file that is no catalogue; the text says what to do."""


class Source(NamedTuple):
    """A file: how it was read, its lines, and what stands before decimals where no price tells."""

    table: Table
    lines: Iterable[Line]
    sign: cells.Sign = "."


class Given(NamedTuple):
    """An import that was begun: `after` is the last line that is stored of it."""

    store_id: UUID
    import_id: UUID
    dry_run: bool
    delete_missing: bool
    after: int = 0


def run(job: Given, source: Source, may_go_on: Callable[[], bool]) -> bool:
    """Import what is left of the file; False where `may_go_on` said no in between, and the rest is
    left for another call. Raises Unreadable."""
    lines = iter(source.lines)
    heads = _heads(lines)
    sample = list(islice(lines, SAMPLE))
    with db.transaction(store_id=job.store_id) as tx:
        currency = projects.currency(tx)
        repository.save_table(tx, job.import_id, _told(source.table, heads))
    sign = cells.sign_of(list(_prices(heads, sample)), source.sign)
    reader = rules.Lines(heads, sign if source.table.format == "csv" else ".", currency)
    remaining = chain(sample, lines)
    for read in _ahead(reader, remaining):
        if read.last <= job.after:
            continue
        if not may_go_on():
            return False
        _save(job, read, currency)
    message = _delete_missing(job, reader) if job.delete_missing else None
    with db.transaction(store_id=job.store_id) as tx:
        repository.end(tx, job.import_id, failed=False, message=message)
    return True


def _ahead(reader: rules.Lines, lines: Iterator[Line]) -> Iterator[rules.Read]:
    """What the lines say, thousands at a time; the next ones are read while these are saved."""

    def read() -> rules.Read | None:
        chunk = list(islice(lines, CHUNK))
        if chunk and chunk[-1].number > MOST_LINES:
            raise Unreadable(f"A file has at most {MOST_LINES:,} lines: send it in parts.")
        return reader.read(chunk) if chunk else None

    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(read)
        while (now := coming.result()) is not None:
            coming = thread.submit(read)
            yield now


def _heads(lines: Iterator[Line]) -> rules.Heads:
    seen: list[str] = []
    for line in islice(lines, HEADING_LINES):
        if (heads := rules.heads_of(line)) is not None:
            return heads
        seen += [text for name in line.cells[:20] if (text := rules.shown(name[:40]))]
    names = ", ".join(seen[:10]) or "nothing"
    raise Unreadable(
        "No line names the columns: the first must name one “SKU” and others, such as “Name”,"
        f" “Size”, “Retail price”. What was found: {names[:300]}."
    )


def _told(table: Table, heads: rules.Heads) -> Table:
    names = heads.line.cells
    columns = {names[place]: heading.column for place, heading in heads.columns.items()}
    return table.model_copy(update={"columns": columns, "ignored": heads.ignored})


def _prices(heads: rules.Heads, sample: list[Line]) -> Iterator[str]:
    for place, heading in heads.columns.items():
        if heading.column in ("price_retail", "price_pro"):
            yield from [line.cells[place] for line in sample if place < len(line.cells)]


def _save(job: Given, read: rules.Read, currency: str | None) -> None:
    """Store what the lines say. Where the amount of a quote would become too large with one of
    them, that line is refused: it is found by halves."""
    rows = read.rows
    try:
        db.despite_deadlocks(lambda: _save_rows(job, read, currency))
    except Conflict as refused:
        if len(rows) == 1:
            problem = rules.problem(int(rows[0][-1]), rows[0][0], refused.detail)
            alone = read._replace(rows=[], problems=[*read.problems, problem])
            _save_rows(job, alone, currency)
            return
        middle = len(rows) // 2
        _save(job, rules.Read(rows[:middle], [], job.after, middle), currency)
        rest = read._replace(rows=rows[middle:], lines=read.lines - middle)
        _save(job, rest, currency)


def _save_rows(job: Given, read: rules.Read, currency: str | None) -> None:
    with db.transaction(store_id=job.store_id) as tx:
        merged = (
            repository.merge(tx, read.rows, currency, dry_run=job.dry_run)
            if read.rows
            else repository.Merged([], [], [])
        )
        if not job.dry_run and (skus := [*merged.added, *merged.changed]):
            changing.reckon_quoted(tx, job.store_id, skus)
        unnamed = [
            rules.problem(line, sku, "this SKU is new: give the product a name, in a column “Name”")
            for line, sku in merged.unnamed
        ]
        problems = sorted([*read.problems, *unnamed], key=lambda each: each.line)
        counts = Counts(
            added=len(merged.added),
            changed=len(merged.changed),
            unchanged=len(read.rows) - len(merged.added) - len(merged.changed) - len(unnamed),
            refused=len(problems),
        )
        repository.advance(tx, job.import_id, read.last, read.lines, counts, problems)


def _delete_missing(job: Given, reader: rules.Lines) -> str | None:
    """Delete the products that the file does not name; what to know of it. A refused line may mean
    any product where it names none: then nothing is deleted."""
    if not reader.all_named:
        return "Nothing was deleted, because refused lines name no SKU: correct them, and send the file again."
    with db.transaction(store_id=job.store_id) as tx:
        deleted = repository.missing(tx, list(reader.first_lines), dry_run=job.dry_run)
        if not job.dry_run:
            changing.reckon_quoted(tx, job.store_id, deleted)
        repository.advance(tx, job.import_id, MOST_LINES, 0, Counts(deleted=len(deleted)), [])
    return None
