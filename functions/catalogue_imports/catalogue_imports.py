"""Imports of the catalogue: a file in the request, or one that is uploaded and then read as a job.

A store imports one file at a time. What is left of a job when time runs out, or its process dies,
is done when its message comes again; a file that was imported before changes nothing.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID, uuid4

import files
from backshop import db, logs
from backshop.aws import config, objects, queues
from backshop.aws.queues import BatchResponse, Message
from backshop.errors import BadRequest, Conflict, NotFound, TooLarge, Unprocessable
from backshop.projects.imports import importing, repository, rules
from backshop.projects.imports.importing import Given, Unreadable
from backshop.projects.imports.models import MOST_BYTES, Form, Import, NewUpload, Upload
from backshop.web import callers, http, idempotency, routes

REQUEST_BYTES = 5_000_000
REQUEST_SECONDS = 20.0
"""For a file in the request; the gateway waits for 30."""
JOB_SECONDS = 600.0
"""Of processor time, to read an XLSX file."""
LEFT_MS = 90_000
"""Of an invocation's time, in which no further lines are begun."""
UPLOAD_LASTS = timedelta(hours=1)
OPEN_UPLOADS = 10
TRIES = 3
"""Of a job that fails unexpectedly."""
LOCK = "catalogue-import"
OUR_FAULT = (
    "The import failed on our side, and we were told. The lines that are counted here are stored."
)

app = routes.app("Catalogue imports")
_routes = routes.handler(app)

PROBLEM = {
    "line": 7,
    "sku": "T-12",
    "message": "Size: 12/24 may be a size of two sides: write 12 x 24, or a fraction in its lowest "
    "terms, such as 1/2",
}
IMPORT = {
    "import_id": "0199a8f0-7c1e-7d6a-9a53-0e7f9d2b6a10",
    "status": "done",
    "message": None,
    "dry_run": True,
    "delete_missing": False,
    "file_name": None,
    "lines": 120,
    "lines_expected": None,
    "added": 3,
    "changed": 12,
    "unchanged": 104,
    "refused": 1,
    "deleted": 0,
    "file": {
        "format": "csv",
        "encoding": "utf-8",
        "separator": ",",
        "sheet": None,
        "other_sheets": [],
        "columns": {"SKU": "sku", "Name": "product_name", "Size": "size", "Price": "price_retail"},
        "ignored": ["Buyer"],
    },
    "problems": [PROBLEM],
    "created_at": "2026-11-20T03:19:21Z",
    "finished_at": "2026-11-20T03:19:22Z",
}
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def handler(event: dict[str, Any], context: Any) -> Any:
    """A call of a route, or messages of the bucket about files that were uploaded."""
    return (_messages if "Records" in event else _routes)(event, context)


@routes.route(
    app,
    "POST /catalogue/imports",
    scope="store",
    problems=[BadRequest, Conflict, TooLarge, Unprocessable],
    example=IMPORT,
    takes={
        "text/csv": "The file, in UTF-8; up to 5 MB.",
        XLSX: "The file; up to 4.4 MB, because it travels as base64.",
        "application/octet-stream": "Either of them; CSV in whatever encoding.",
    },
)
def import_file(dry_run: bool = False, delete_missing: bool = False) -> Import:
    """Add and change products from a CSV or XLSX file; every line that is refused is answered.

    Columns are known by their usual names. An empty cell changes nothing, and a product that the
    file does not name stays, unless `delete_missing=true`. With `dry_run=true` nothing is stored.
    """
    store_id, import_id = callers.store_of_call(_event()), uuid4()
    if "multipart/" in (http.header(_event(), "content-type") or ""):
        raise BadRequest("Send the file itself as the body, as `curl --data-binary @file` does.")
    content = http.raw_body(_event(), REQUEST_BYTES)
    upload = NewUpload(content_type="text/csv", dry_run=dry_run, delete_missing=delete_missing)
    ends = monotonic() + REQUEST_SECONDS
    with db.try_lock(store_id, LOCK) as is_free, tempfile.NamedTemporaryFile() as file:
        if not is_free:
            raise Conflict(
                "Another file is being imported: send this one when it is done.",
                slug="import-running",
            )
        file.write(content)
        file.flush()
        with db.transaction(store_id=store_id) as tx:
            repository.add(tx, import_id, upload, object_key=None)
        try:
            is_done = _import(
                store_id, import_id, Path(file.name), sha256(content).hexdigest(), REQUEST_SECONDS,
                lambda: monotonic() < ends,
            )  # fmt: skip
        except Unreadable as unreadable:
            _fail(store_id, import_id, str(unreadable))
            raise Unprocessable(str(unreadable), slug="unreadable-file") from None
        except Exception:
            with suppress(Exception):
                _fail(store_id, import_id, "The import failed on our side: send the file again.")
            raise
    if not is_done:
        message = (
            "The file takes longer than a request may: POST /catalogue/imports/uploads takes it."
        )
        _fail(store_id, import_id, message)
        raise TooLarge(message)
    return _shown(store_id, import_id)


@routes.route(
    app,
    "POST /catalogue/imports/uploads",
    scope="store",
    status=201,
    problems=[Conflict],
    body_example={"content_type": "text/csv", "file_name": "price-list.csv", "dry_run": False},
    example={
        "import_id": IMPORT["import_id"],
        "upload": {
            "url": "https://data.example.com/",
            "fields": {"key": "catalogue-imports/…", "Content-Type": "text/csv", "policy": "…"},
            "max_bytes": MOST_BYTES,
            "expires_in": 3600,
        },
    },
)
def begin_upload(body: NewUpload, key: idempotency.Key = None) -> Upload:
    """Where to upload a file of up to 100 MB; it is imported as soon as it is there."""
    store_id, import_id = callers.store_of_call(_event()), uuid4()
    bucket, object_key = config.value("DATA_BUCKET"), rules.object_key(store_id, import_id)
    with db.transaction(store_id=store_id) as tx:
        claim = idempotency.claim(tx, _event(), key)
        if repository.open_uploads(tx) >= OPEN_UPLOADS:
            raise Conflict(
                f"{OPEN_UPLOADS} files are expected or being read: wait until one is done.",
                slug="too-many-uploads",
            )
        repository.add(tx, import_id, body, object_key=object_key)
        form = objects.upload(bucket, object_key, body.content_type, MOST_BYTES, UPLOAD_LASTS)
        seconds = int(UPLOAD_LASTS.total_seconds())
        made = Upload(
            import_id=import_id, upload=Form(**form, max_bytes=MOST_BYTES, expires_in=seconds)
        )
        return claim.keep(made, secret=["upload"])


@routes.route(app, "GET /catalogue/imports/<id>", scope="store", example=IMPORT)
def show(id: UUID) -> Import:
    """An import: how far it is, and what came of its lines."""
    return _shown(callers.store_of_call(_event()), id)


def _shown(store_id: UUID, import_id: UUID) -> Import:
    with db.transaction(store_id=store_id) as tx:
        job = repository.job(tx, import_id)
    if job is None:
        raise NotFound("There is no such import; POST /catalogue/imports begins one.")
    return Import.model_validate(job)


def _event() -> http.Event:
    event: http.Event = app.current_event.raw_event
    return event


# ------------------------------------------------------------------------------- jobs


@logs.crash_safely
def _messages(event: dict[str, Any], context: Any) -> BatchResponse:
    """Import the files that notifications of the bucket name; what has to wait comes again soon."""
    waiting: list[Message] = []

    def one(message: Message) -> None:
        # S3's test of the queue has no records.
        for record in json.loads(message["body"]).get("Records", []):
            key = unquote_plus(record["s3"]["object"]["key"])
            if not _work(key, message, context.get_remaining_time_in_millis):
                waiting.append(message)

    answer = queues.process(event, one)
    if waiting:
        queues.hand_back(config.value("IMPORT_QUEUE_URL"), waiting)
        answer["batchItemFailures"] += [{"itemIdentifier": each["messageId"]} for each in waiting]
    return answer


def _work(key: str, message: Message, remaining_ms: Callable[[], float]) -> bool:
    """Import an object; False where that is for later. What fails unexpectedly again and again is
    given up, so that the import says so."""
    store_id, import_id = rules.parse_object_key(key)
    try:
        return _import_object(store_id, import_id, key, remaining_ms)
    except Exception as error:
        tries = int(message.get("attributes", {}).get("ApproximateReceiveCount", "1"))
        if not db.is_away(error) and tries >= TRIES:
            _fail(store_id, import_id, OUR_FAULT)
        raise


def _import_object(
    store_id: UUID, import_id: UUID, key: str, remaining_ms: Callable[[], float]
) -> bool:
    with db.try_lock(store_id, LOCK) as is_free, tempfile.NamedTemporaryFile() as file:
        if not is_free:
            return False
        with db.transaction(store_id=store_id) as tx:
            job = repository.job(tx, import_id)
        if job is None or job["status"] in ("done", "failed"):
            logs.info("nothing to import", import_id=str(import_id))
            return True
        try:
            digest = objects.download(config.value("DATA_BUCKET"), key, file, MOST_BYTES + 1)
            file.flush()
            path = Path(file.name)
            return _import(
                store_id, import_id, path, digest, JOB_SECONDS, lambda: remaining_ms() > LEFT_MS
            )
        except objects.Gone:
            _fail(store_id, import_id, "The file is gone: upload it again.")
        except Unreadable as unreadable:
            _fail(store_id, import_id, str(unreadable))
        return True


def _import(
    store_id: UUID,
    import_id: UUID,
    path: Path,
    digest: str,
    seconds: float,
    may_go_on: Callable[[], bool],
) -> bool:
    """Import what is left of the file; whether that was all. Raises Unreadable."""
    shape = files.look_at(path)
    with db.transaction(store_id=store_id) as tx:
        after = repository.begin(tx, import_id, digest, shape.lines)
        job = repository.job(tx, import_id)
    if after is None or job is None:
        return True
    begun = Given(store_id, import_id, job["dry_run"], job["delete_missing"], after)
    is_done = importing.run(begun, files.opened(path, shape, seconds), may_go_on)
    logs.info("catalogue import", import_id=str(import_id), is_done=is_done)
    return is_done


def _fail(store_id: UUID, import_id: UUID, message: str) -> None:
    with db.transaction(store_id=store_id) as tx:
        repository.end(tx, import_id, failed=True, message=message)
