"""Projects at the size that the issue names: 100,000 projects and 2,000,000 conversation entries,
loaded set-based. Each figure is a ratio within one run: a project read whole against its rows by
one bare
statement, a list's thousandth page against its first, a misspelt name against scanning all
customers, archiving against reading and writing the same bytes; and the catalogue's import, from
the file in S3 on, against a bare COPY and merge of the same rows.
"""

from __future__ import annotations

import csv
import gc
import io
import os
import random
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from bench import ingest
from bench.timing import interleaved, timed

PROJECTS = int(os.environ.get("BENCH_PROJECTS", "100000"))
TALKS = 20
"""Conversation entries of a project."""
ARCHIVED = PROJECTS // 10
PAGE = 50
ROUNDS = 9
LINES = int(os.environ.get("BENCH_LINES", "50000"))
"""Of the file of products."""
WHOLE, PAGES, SEARCH, ARCHIVE, IMPORT = 2.0, 1.3, 50.0, 3.0, 3.0
"""The limits: at most, at most, at least, at most, at most."""

LOAD = (
    """SELECT projects.ensure_partition(parent, key, (date_trunc('month', now()) - month * interval '1 month')::date)
       FROM (VALUES ('conversation_log', 'conversation_date')) AS t (parent, key),
         generate_series(0, 24) AS month""",
    """INSERT INTO projects.customers (store_id, customer_id, first_name, last_name, email,
         phone_primary, customer_type, created_at)
       SELECT %(store)s, md5('c' || n)::uuid,
         (ARRAY['Ana','Ben','Carla','David','Elena','Frank','Grace','Hugo','Irene','James'])[1 + n %% 10],
         initcap(translate(to_hex(n * 7919 %% 1000003), '0123456789', 'lmnorstuvw')) ||
         (ARRAY['son','ez','berg','ton','ley'])[1 + n %% 5],
         'c' || n || '@example.com', '+1 555 ' || lpad((n %% 10000000)::text, 7, '0'),
         'diy_homeowner', now() - n * interval '1 second'
       FROM generate_series(1, %(projects)s) AS n""",
    """INSERT INTO projects.projects (store_id, project_id, customer_id, project_name, project_status,
         installation_method, sales_associate, created_at, project_completion_date, notes)
       SELECT %(store)s, md5('p' || n)::uuid, md5('c' || n)::uuid, 'Project ' || n,
         CASE WHEN n <= %(archived)s THEN 'completed' ELSE 'inquiry' END::projects.project_status,
         'diy', 'Associate ' || n %% 40, now() - n * interval '1 second',
         CASE WHEN n <= %(archived)s THEN date '2020-01-01' END, 'Notes of project ' || n
       FROM generate_series(1, %(projects)s) AS n""",
    """INSERT INTO projects.project_rooms (store_id, room_id, project_id, room_type, room_name)
       SELECT %(store)s, md5('r' || n || '-' || r)::uuid, md5('p' || n)::uuid, 'bathroom', 'Room ' || r
       FROM generate_series(1, %(projects)s) AS n,
         generate_series(1, CASE WHEN n %% 1000 = 999 THEN 12 ELSE 2 END) AS r""",
    """INSERT INTO projects.surfaces (store_id, surface_id, room_id, surface_type, surface_area_sf)
       SELECT %(store)s, md5('s' || n || '-' || r)::uuid, md5('r' || n || '-' || r)::uuid, 'floor', 40 + r
       FROM generate_series(1, %(projects)s) AS n,
         generate_series(1, CASE WHEN n %% 1000 = 999 THEN 12 ELSE 2 END) AS r""",
    """INSERT INTO projects.selected_products (store_id, selection_id, surface_id, product_sku,
         product_name, product_type, quantity_needed, price_per_unit, total_price, selection_status)
       SELECT %(store)s, md5('t' || n || '-' || r || '-' || t)::uuid, md5('s' || n || '-' || r)::uuid,
         'T-' || t, 'Tile ' || t, 'tile', 44, 4.29, 188.76, 'selected'
       FROM generate_series(1, %(projects)s) AS n,
         generate_series(1, CASE WHEN n %% 1000 = 999 THEN 12 ELSE 2 END) AS r,
         generate_series(1, CASE WHEN n %% 1000 = 999 THEN 5 ELSE 1 END) AS t""",
    """INSERT INTO projects.conversation_log (store_id, log_id, project_id, conversation_date, aos_phase,
         aos_score_overall, sales_associate, conversation_summary)
       SELECT %(store)s, md5('l' || n || '-' || t)::uuid, md5('p' || n)::uuid,
         now() - (n %% 700) * interval '1 day' - t * interval '1 hour', 'close', 1 + t %% 4,
         'Associate ' || n %% 40, 'What was said in talk ' || t
       FROM generate_series(1, %(projects)s) AS n, generate_series(1, %(talks)s) AS t""",
    "ANALYZE projects.customers, projects.projects, projects.project_rooms, projects.surfaces,"
    " projects.selected_products, projects.conversation_log",
)

ROWS = """
SELECT p.*, c.*, r.*, s.*, sp.* FROM projects.projects AS p
INNER JOIN projects.customers AS c USING (store_id, customer_id)
LEFT JOIN projects.project_rooms AS r ON r.store_id = p.store_id AND r.project_id = p.project_id
LEFT JOIN projects.surfaces AS s ON s.store_id = r.store_id AND s.room_id = r.room_id
LEFT JOIN projects.selected_products AS sp ON sp.store_id = s.store_id AND sp.surface_id = s.surface_id
WHERE p.store_id = backshop.current_store_id() AND p.project_id = %s
"""
SCAN = """
SELECT c.customer_id, (SELECT count(*) FROM unnest(wanted) AS term WHERE term = ANY (c.search)) AS shared
FROM projects.customers AS c, (SELECT array_agg(term) AS wanted
  FROM unnest(projects.words_of(%s)) AS word, unnest(projects.trigrams_of(word)) AS term) AS q
WHERE c.store_id = backshop.current_store_id() ORDER BY shared DESC LIMIT 50
"""


def main() -> None:
    with ingest._database() as server:
        store = uuid4()
        owner_url = server.url("backshop_owner", ingest.PASSWORD)
        print(f"loading {PROJECTS:,} projects, {PROJECTS * TALKS:,} entries …", flush=True)
        print(f"  loaded in {timed(lambda: _load(owner_url, store)):.0f} s", flush=True)
        _said("a project whole, against its rows", _whole(store), WHOLE)
        _said("a list's thousandth page, against its first", _pages(store), PAGES)
        _said(
            "a misspelt name, faster than a scan by", _search(store, owner_url), SEARCH, least=True
        )
        _said(f"archiving {ARCHIVED:,} projects, against reading and writing", _archive(), ARCHIVE)
        _import(owner_url)


def _said(what: str, ratio: float, limit: float, *, least: bool = False) -> None:
    holds = ratio >= limit if least else ratio <= limit
    bound = "at least" if least else "at most"
    print(
        f"{what}: {ratio:.2f} x ({bound} {limit:g}: {'holds' if holds else 'BROKEN'})", flush=True
    )


def _load(owner_url: str, store: UUID) -> None:
    from backshop import db

    params = {"store": store, "projects": PROJECTS, "archived": ARCHIVED, "talks": TALKS}
    with db.connect(owner_url) as owner:
        owner.execute("INSERT INTO backshop.stores (id, settings) VALUES (%s, '{}')", [store])
        for statement in LOAD:
            owner.execute(statement, params if "%(" in statement else None)


def _whole(store: UUID) -> float:
    """A project of twelve rooms and sixty lines, as the context reads it; a median of many
    reads."""
    from backshop import db
    from backshop.projects import changing
    from psycopg.rows import tuple_row

    with db.transaction(store_id=store) as tx:
        row = tx.execute("SELECT md5('p' || %s)::uuid AS id", [PROJECTS - 1]).fetchone()
    assert row is not None
    id = row["id"]

    def ours() -> None:
        with db.transaction(store_id=store) as tx:
            assert len(changing.whole(tx, id).rooms) == 12

    def bare() -> None:
        with db.transaction(store_id=store) as tx, tx.cursor(row_factory=tuple_row) as cursor:
            assert len(cursor.execute(ROWS, [id]).fetchall()) == 60

    return _ratio(ours, bare, repeat=10)


def _pages(store: UUID) -> float:
    from backshop import db
    from backshop.projects import repository

    def page(after: Any) -> list[Any]:
        with db.reading(store) as tx:
            return repository.listed(tx, repository.PROJECTS, [], after, PAGE + 1)

    with db.reading(store) as tx:
        row = tx.execute(
            """SELECT created_at, project_id FROM projects.projects
               WHERE store_id = backshop.current_store_id()
               ORDER BY created_at DESC, project_id DESC OFFSET %s LIMIT 1""",
            [min(999 * PAGE, PROJECTS - 2 * PAGE)],
        ).fetchone()
    assert row is not None
    after = [row["created_at"], row["project_id"]]
    return _ratio(lambda: page(after), lambda: page(None), repeat=10)


def _search(store: UUID, owner_url: str) -> float:
    """A last name with two letters exchanged; the scan reckons the same similarity for
    everybody."""
    from backshop import db
    from backshop.projects import repository

    with db.transaction(store_id=store) as tx:
        row = tx.execute(
            "SELECT first_name, last_name, customer_id FROM projects.customers"
            " WHERE customer_id = md5('c' || %s)::uuid",
            [PROJECTS // 2],
        ).fetchone()
    assert row is not None
    last = row["last_name"]
    misspelt = f"{row['first_name']} {last[:2]}{last[3]}{last[2]}{last[4:]}"

    def ours() -> None:
        with db.transaction(store_id=store) as tx:
            found = repository.found_customers(tx, misspelt, 50)
        assert row["customer_id"] in [each["customer_id"] for each in found]

    def scan() -> None:
        with db.transaction(store_id=store) as tx:
            tx.execute(SCAN, [misspelt]).fetchall()

    return 1 / _ratio(ours, scan, rounds=3)


def _archive() -> float:
    """Both sides read the same projects and write the same bytes with as many writers to S3 (moto);
    the limit keeps everything in the tables."""
    from concurrent.futures import ThreadPoolExecutor

    from backshop import db
    from backshop.aws import objects
    from backshop.projects.archive import archiving, repository
    from moto import mock_aws

    _s3()
    written: dict[str, bytes] = {}

    def put(key: str, content: bytes) -> str:
        written[key] = content
        objects.put("bench", key, content)
        return objects.address("bench", key)

    def archive() -> None:
        done = 0
        while done < ARCHIVED:
            with db.transaction(all_stores=True) as tx:
                done += archiving.archive(tx, date(2021, 1, 1), 500, put)

    def limit() -> None:
        contents = list(written.items())
        for at in range(0, ARCHIVED, 500):
            with db.transaction(all_stores=True) as tx:
                repository.due(tx, date(2021, 1, 1), 500)
            with ThreadPoolExecutor(archiving.WRITERS) as writers:
                part = contents[at : at + 500]
                list(writers.map(lambda each: objects.put("bench", *each), part))

    with mock_aws():
        _bucket()
        # What is written has to be known before the limit writes it.
        with db.transaction(all_stores=True) as tx:
            import zlib

            for each in repository.due(tx, date(2021, 1, 1), ARCHIVED):
                key = archiving.key_of(each.store_id, each.project_id)
                written[key] = zlib.compress(each.content.encode(), 1)
        bare = timed(limit)
        ours = timed(archive)
    return ours / bare


def _import(owner_url: str) -> None:
    """A price list of new products, as CSV and as XLSX, each time for a new store."""
    import sys
    from pathlib import Path

    from moto import mock_aws

    sys.path.insert(0, str(Path(__file__).parents[1] / "functions" / "catalogue_imports"))
    _s3()
    with mock_aws():
        _bucket()
        texts = _price_list()
        ours, bare = partial(_import_once, owner_url), partial(_merge_once, owner_url, texts)
        csv_file, workbook = _as_csv(texts), _as_xlsx(texts)
        gc.freeze()  # what the bench holds is not looked through while it is timed
        ours(csv_file), bare(csv_file)
        sides = {"csv": lambda: ours(csv_file), "bare": lambda: bare(csv_file)}
        taken = interleaved(sides, 5)
        ratio = taken["csv"] / taken["bare"]
        _said(f"importing {LINES:,} lines of CSV, against a bare COPY and merge", ratio, IMPORT)
        print(
            f"  CSV {taken['csv']:.2f} s, bare {taken['bare']:.2f} s; "
            f"the same as XLSX {ours(workbook) / taken['bare']:.2f} x, in its own process",
            flush=True,
        )


COLUMNS = (
    "SKU", "Name", "Type", "Brand", "Material", "Color", "Size", "Thickness", "SF/Box", "Pcs/Box",
    "Retail price", "Pro price", "Unit", "In stock",
)  # fmt: skip


def _price_list() -> list[list[str]]:
    draw = random.Random(7)
    sizes = ['12" x 24"', "11-13/16 x 23-5/8", "300 x 600 mm", "4 x 12", "24 x 48 in"]
    return [
        [
            f"T-{number:06}",
            f"Tile number {number}, glazed",
            "tile",
            f"Maker {number % 40}",
            draw.choice(["porcelain", "ceramic", "marble"]),
            draw.choice(["grey", "white", "sand", "blue"]),
            draw.choice(sizes),
            draw.choice(["3/8", "9.5 mm", "5/16"]),
            f"{draw.randrange(800, 1600) / 100}",
            str(draw.randrange(4, 20)),
            f"${draw.randrange(199, 150000) / 100:,.2f}",
            f"{draw.randrange(199, 9999) / 100:.2f}",
            "sq ft",
            draw.choice(["yes", "no"]),
        ]
        for number in range(LINES)
    ]


def _as_csv(texts: list[list[str]]) -> bytes:
    made = io.StringIO()
    csv.writer(made).writerows([COLUMNS, *texts])
    return made.getvalue().encode()


def _as_xlsx(texts: list[list[str]]) -> bytes:
    from xlsxwriter import Workbook

    made = io.BytesIO()
    with Workbook(made, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([list(COLUMNS), *texts]):
            sheet.write_row(number, 0, row)
    return made.getvalue()


def _new_store(owner_url: str) -> UUID:
    from backshop import db

    store = uuid4()
    with db.connect(owner_url) as owner:
        owner.execute(
            "INSERT INTO backshop.stores (id, settings) VALUES (%s, %s)",
            [store, '{"currency": "USD"}'],
        )
    return store


def _import_once(owner_url: str, content: bytes) -> float:
    """Seconds from the object in S3 to the products in the catalogue."""
    import tempfile
    from pathlib import Path

    import files
    from backshop import db
    from backshop.aws import objects
    from backshop.projects.imports import importing, repository
    from backshop.projects.imports.models import NewUpload

    store, import_id = _new_store(owner_url), uuid4()
    _put("bench", "list", content)
    upload = NewUpload(content_type="text/csv")
    with db.transaction(store_id=store) as tx:
        repository.add(tx, import_id, upload, object_key="list")

    def run() -> None:
        with tempfile.NamedTemporaryFile() as file:
            digest = objects.download("bench", "list", file, 100_000_000)
            file.flush()
            path = Path(file.name)
            shape = files.look_at(path)
            with db.transaction(store_id=store) as tx:
                repository.begin(tx, import_id, digest, shape.lines)
            begun = importing.Given(store, import_id, False, False)
            assert importing.run(begun, files.opened(path, shape, 600), lambda: True)

    taken = timed(run)
    with db.transaction(store_id=store) as tx:
        job = repository.job(tx, import_id)
    assert job is not None
    assert (job["status"], job["added"], job["refused"]) == ("done", LINES, 0), job["problems"][:3]
    return taken


def _merge_once(owner_url: str, texts: list[list[str]], _content: bytes) -> float:
    """Seconds that Postgres takes for the same rows in one COPY and one merge."""
    from backshop import db
    from backshop.projects.imports import rules

    store = _new_store(owner_url)
    heads = rules.heads_of(rules.Line(1, list(COLUMNS)))
    assert heads is not None
    lines = [rules.Line(number, row) for number, row in enumerate(texts, 2)]
    rows = rules.Lines(heads, ".", "USD").read(lines).rows
    text = "\n".join(db.copy_line(row[:-1]) for row in rows)
    columns, typed = ", ".join(rules.STORED), ", ".join(f"{n} {t}" for n, t in rules.STORED.items())
    others = [each for each in rules.STORED if each != "sku"]
    sets = ", ".join(f"{each} = excluded.{each}" for each in others)

    def run() -> None:
        with db.transaction(store_id=store) as tx:
            tx.execute(f"CREATE TEMPORARY TABLE bare ({typed}) ON COMMIT DROP".encode())
            with (
                tx.cursor() as cursor,
                cursor.copy("COPY bare FROM STDIN (DELIMITER '|', NULL '')") as copy,
            ):
                copy.write(text)
            merged = tx.execute(
                f"""INSERT INTO projects.product_catalog (store_id, {columns})
                    SELECT backshop.current_store_id(), {columns} FROM bare
                    ON CONFLICT (store_id, sku) DO UPDATE SET {sets}""".encode()
            )
            assert merged.rowcount == LINES

    return timed(run)


def _s3() -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "bench")
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"


def _bucket() -> None:
    from backshop.aws import config

    config.client("s3").create_bucket(
        Bucket="bench", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )


def _put(bucket: str, key: str, content: bytes) -> None:
    from backshop.aws import config

    config.client("s3").put_object(Bucket=bucket, Key=key, Body=content)


def _ratio(
    ours: Callable[[], object], bare: Callable[[], object], *, rounds: int = ROUNDS, repeat: int = 1
) -> float:
    """Medians of rounds that take turns."""

    def many(run: Callable[[], object]) -> float:
        return timed(lambda: [run() for _ in range(repeat)])

    many(ours), many(bare)
    taken = interleaved({"ours": lambda: many(ours), "bare": lambda: many(bare)}, rounds)
    return taken["ours"] / taken["bare"]


if __name__ == "__main__":
    main()
