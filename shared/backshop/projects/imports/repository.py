"""The SQL of imports: the job, and rows of a file merged into the catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from backshop import db
from backshop.db import Tx
from backshop.projects.imports.models import PROBLEMS, Counts, LineProblem, NewUpload, Table
from backshop.projects.imports.rules import STORED, Row

Job = dict[str, Any]


def add(
    tx: Tx,
    import_id: UUID,
    upload: NewUpload,
    *,
    object_key: str | None,
    expected: int | None = None,
) -> None:
    """A new import; without an object it runs at once."""
    tx.execute(
        """INSERT INTO projects.catalogue_imports
             (store_id, import_id, status, dry_run, delete_missing, file_name, object_key,
              lines_expected)
           VALUES (backshop.current_store_id(), %s, %s, %s, %s, %s, %s, %s)""",
        (
            import_id,
            "awaiting_upload" if object_key else "running",
            upload.dry_run,
            upload.delete_missing,
            upload.file_name,
            object_key,
            expected,
        ),
    )


def job(tx: Tx, import_id: UUID) -> Job | None:
    return tx.execute(
        """SELECT * FROM projects.catalogue_imports
           WHERE store_id = backshop.current_store_id() AND import_id = %s""",
        (import_id,),
    ).fetchone()


def begin(tx: Tx, import_id: UUID, digest: str, expected: int | None) -> int | None:
    """Take up an import of a file with this digest; the last line that was stored of it, None where
    it has ended. One of another file than before begins anew."""
    tx.execute(
        """UPDATE projects.catalogue_imports
           SET last_line = 0, lines = 0, added = 0, changed = 0, unchanged = 0, refused = 0,
             deleted = 0, problems = '[]'
           WHERE store_id = backshop.current_store_id() AND import_id = %s
             AND digest <> %s AND status = 'running'""",
        (import_id, digest),
    )
    row = tx.execute(
        """UPDATE projects.catalogue_imports
           SET status = 'running', digest = %s, lines_expected = %s
           WHERE store_id = backshop.current_store_id() AND import_id = %s
             AND status IN ('awaiting_upload', 'running')
           RETURNING last_line""",
        (digest, expected, import_id),
    ).fetchone()
    return row["last_line"] if row else None


def save_table(tx: Tx, import_id: UUID, table: Table) -> None:
    """How the file was read."""
    tx.execute(
        """UPDATE projects.catalogue_imports SET file = %s
           WHERE store_id = backshop.current_store_id() AND import_id = %s""",
        (Jsonb(table.model_dump(mode="json")), import_id),
    )


def advance(
    tx: Tx,
    import_id: UUID,
    last_line: int,
    lines: int,
    counts: Counts,
    problems: Sequence[LineProblem],
) -> None:
    """Note what became of the lines up to this one."""
    first_problems = [each.model_dump(mode="json") for each in problems[:PROBLEMS]]
    tx.execute(
        """UPDATE projects.catalogue_imports
           SET last_line = greatest(last_line, %(last)s), lines = lines + %(lines)s, added = added + %(added)s,
             changed = changed + %(changed)s, unchanged = unchanged + %(unchanged)s,
             refused = refused + %(refused)s, deleted = deleted + %(deleted)s,
             problems = CASE WHEN jsonb_array_length(problems) < %(most)s
               THEN jsonb_path_query_array(problems || %(problems)s, %(kept)s) ELSE problems END
           WHERE store_id = backshop.current_store_id() AND import_id = %(id)s""",
        {
            "id": import_id,
            "last": last_line,
            "lines": lines,
            "most": PROBLEMS,
            "kept": f"$[0 to {PROBLEMS - 1}]",
            "problems": Jsonb(first_problems),
            **counts.model_dump(),
        },
    )


def end(tx: Tx, import_id: UUID, *, failed: bool, message: str | None) -> None:
    """Nothing more is done for the import."""
    tx.execute(
        """UPDATE projects.catalogue_imports
           SET status = %s, message = %s, finished_at = now(), lines_expected = NULL
           WHERE store_id = backshop.current_store_id() AND import_id = %s
             AND status IN ('awaiting_upload', 'running')""",
        ("failed" if failed else "done", message, import_id),
    )


# ---------------------------------------------------------------- rows

_STAGED = {**STORED, "line": "integer"}
_COLUMNS = [each for each in STORED if each != "sku"]
_FLAGS = {"in_stock": "true", "discontinued": "false", "special_order": "false"}
"""What a product has that nothing is said of."""
_SAID = ", ".join([f"coalesce(s.{each}, p.{each})" for each in _COLUMNS])
_THERE = ", ".join([f"p.{each}" for each in _COLUMNS])
_MADE = ", ".join([f"coalesce(s.{each}, {_FLAGS.get(each, 'NULL')})" for each in _COLUMNS])


class Merged(NamedTuple):
    """What became of rows; `unnamed` are the lines of new products without a name."""

    added: list[str]
    changed: list[str]
    unnamed: list[tuple[int, str]]


def merge(tx: Tx, rows: Sequence[Row], currency: str | None, *, dry_run: bool) -> Merged:
    """Add the products that are new and change those that are said to be another; what a row says
    nothing of stays as it is. A dry run only tells; each SKU is in one row."""
    staged = db.stage_lines(tx, "s", _STAGED, [db.copy_line(row) for row in rows])
    unnamed: list[tuple[int, str]] = []
    if not all(row[1] for row in rows):
        unnamed = _unnamed(tx, staged)
    if dry_run:
        return _told(tx, staged, unnamed)
    added = _skus(
        tx,
        f"""WITH made AS (
              INSERT INTO projects.product_catalog (store_id, sku, {", ".join(_COLUMNS)}, currency)
              SELECT backshop.current_store_id(), s.sku, {_MADE}, coalesce(%(currency)s, 'USD')
              FROM {staged.source} WHERE s.product_name IS NOT NULL ORDER BY s.sku
              ON CONFLICT (store_id, sku) DO NOTHING RETURNING sku)
            SELECT string_agg(sku, chr(10)) AS skus FROM made""",
        {**staged.params, "currency": currency},
    )
    changed: list[str] = []
    if len(added) < len(rows):
        changed = _skus(
            tx,
            f"""WITH made AS (
                  UPDATE projects.product_catalog AS p SET ({", ".join(_COLUMNS)}) = ROW({_SAID})
                  FROM {staged.source}
                  WHERE p.store_id = backshop.current_store_id() AND p.sku = s.sku
                    AND ({_THERE}) IS DISTINCT FROM ({_SAID}) RETURNING p.sku)
                SELECT string_agg(sku, chr(10)) AS skus FROM made""",
            staged.params,
        )
    return Merged(added, changed, unnamed)


def _skus(tx: Tx, statement: str, params: dict[str, Any]) -> list[str]:
    """SKUs as one text, which is a tenth of the work of a row each; none holds a line's end."""
    row = tx.execute(statement.encode(), params).fetchone()
    return row["skus"].split("\n") if row and row["skus"] else []


def _unnamed(tx: Tx, staged: db.Staged) -> list[tuple[int, str]]:
    rows = tx.execute(
        f"""SELECT s.line, s.sku FROM {staged.source}
            WHERE s.product_name IS NULL AND NOT EXISTS (
              SELECT FROM projects.product_catalog AS p
              WHERE p.store_id = backshop.current_store_id() AND p.sku = s.sku)
            ORDER BY s.line""".encode(),
        staged.params,
    )
    return [(row["line"], row["sku"]) for row in rows]


def _told(tx: Tx, staged: db.Staged, unnamed: list[tuple[int, str]]) -> Merged:
    rows = tx.execute(
        f"""SELECT s.sku, p.sku IS NULL AS is_new FROM {staged.source}
            LEFT JOIN projects.product_catalog AS p
              ON p.store_id = backshop.current_store_id() AND p.sku = s.sku
            WHERE CASE WHEN p.sku IS NULL THEN s.product_name IS NOT NULL
                  ELSE ({_THERE}) IS DISTINCT FROM ({_SAID}) END""".encode(),
        staged.params,
    ).fetchall()
    return Merged(
        [row["sku"] for row in rows if row["is_new"]],
        [row["sku"] for row in rows if not row["is_new"]],
        unnamed,
    )


def missing(tx: Tx, skus: Sequence[str], *, dry_run: bool) -> list[str]:
    """The SKUs of the catalogue that are not among these; their products are deleted where it is no
    dry run."""
    staged = db.stage(tx, "s", {"sku": "varchar(50)"}, [(sku,) for sku in skus])
    statement = (
        f"""SELECT p.sku FROM projects.product_catalog AS p
            WHERE p.store_id = backshop.current_store_id()
              AND NOT EXISTS (SELECT FROM {staged.source} WHERE s.sku = p.sku)"""
        if dry_run
        else f"""DELETE FROM projects.product_catalog AS p
                 WHERE p.store_id = backshop.current_store_id()
                   AND NOT EXISTS (SELECT FROM {staged.source} WHERE s.sku = p.sku)
                 RETURNING p.sku"""
    )
    return [row["sku"] for row in tx.execute(statement.encode(), staged.params)]


def open_uploads(tx: Tx) -> int:
    """How many uploads of the store are expected or being read."""
    row = tx.execute(
        """SELECT count(*) AS number FROM projects.catalogue_imports
           WHERE store_id = backshop.current_store_id() AND object_key IS NOT NULL
             AND status IN ('awaiting_upload', 'running') AND created_at > now() - interval '1 hour'"""
    ).fetchone()
    return int(row["number"]) if row else 0
