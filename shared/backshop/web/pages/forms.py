"""Forms: from whom they come, what was typed, and what is to be corrected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar, get_origin
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, ValidationError

from backshop.db import Tx
from backshop.errors import FieldError, Forbidden, Unprocessable
from backshop.web import http, idempotency
from backshop.web.http import Event

KEY = "key"
"""The field with the idempotency key that the page came with."""
BYTES = 200_000
FIELDS = 2_000
MULTIPART = "multipart/form-data"
USED = (
    "This form was sent before with something else in it. That was done, and this was not: open the"
    " page anew, and send it from there."
)
_PART_NAME = re.compile(r'[; ]name="([^"]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r"[; ]filename\*?=", re.IGNORECASE)
M = TypeVar("M", bound=BaseModel)


class Fields(BaseModel):
    """Base of a form's model. A field's description is what its page says where it does not fit."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True, hide_input_in_errors=True)


class Led(BaseModel):
    """Where a form led; kept under its key, so that sent twice it leads there again."""

    to: str


class Sent(NamedTuple):
    """A form as it was sent: each field with all its values, in order; of a form with files, the
    content of each that was chosen, too."""

    values: Mapping[str, list[str]]
    files: Mapping[str, bytes] = {}

    @property
    def key(self) -> str | None:
        """The form's idempotency key."""
        return self.first(KEY)[: idempotency.KEY_LENGTH] or None

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, to be shown again."""
        return {name: each[0] for name, each in self.values.items()}

    def first(self, name: str) -> str:
        """A field's value; empty where it is missing."""
        return next(iter(self.values.get(name, ())), "")

    def all(self, name: str) -> list[str]:
        """The values of a field that can be chosen several times."""
        return list(self.values.get(name, ()))


def new_key() -> str:
    """For a form that is about to be shown."""
    return uuid4().hex


def read(event: Event, limit: int = BYTES) -> Sent:
    """A form from one of our own pages. Raises Forbidden where it comes from anywhere else."""
    check_origin(event)
    return read_from_anywhere(event, limit)


def read_from_anywhere(event: Event, limit: int = BYTES) -> Sent:
    """A form of at most `limit` bytes that others may send too, such as a mail provider that
    unsubscribes for its reader. Raises TooLarge, and Unprocessable for what is no form or no
    column can hold."""
    body = http.raw_body(event, limit)
    kind = http.header(event, "content-type") or ""
    has_files = kind.lower().startswith(MULTIPART)
    sent = _parts(body, kind) if has_files else Sent(_fields(body))
    if any("\0" in each for name in sent.values for each in (name, *sent.values[name])):
        raise Unprocessable("The form holds the character NUL, which cannot be kept; remove it.")
    return sent


def _fields(body: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(
            body.decode(errors="replace"), keep_blank_values=True, max_num_fields=FIELDS
        )
    except ValueError:
        raise _too_many() from None


def _parts(body: bytes, kind: str) -> Sent:
    """A form with files (RFC 7578), as browsers write it: parts between boundaries, each with the
    name of its field. A file that was not chosen is an empty one."""
    boundary = kind.partition("boundary=")[2].partition(";")[0].strip().strip('"')
    if not boundary:
        raise Unprocessable("The form does not say where its parts end; send it from our page.")
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "replace"))[1:]
    if len(parts) > FIELDS:
        raise _too_many()
    values: dict[str, list[str]] = {}
    files: dict[str, bytes] = {}
    for part in parts:
        head, ends, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = head.decode(errors="replace")
        name = _PART_NAME.search(headers)
        if not ends or name is None:
            continue
        if not _FILE_NAME.search(headers):
            values.setdefault(name[1], []).append(content.decode(errors="replace"))
        elif content:
            files[name[1]] = content
    return Sent(values, files)


def _too_many() -> Unprocessable:
    return Unprocessable("The form has too many fields; go back and send it again.")


def check_origin(event: Event) -> None:
    """Raises Forbidden where a browser says that a page of another origin sent this: another host,
    or another port of this one."""
    site = http.header(event, "sec-fetch-site")
    origin = http.header(event, "origin")
    if site == "same-origin" or (
        site is None and origin is not None and origin == http.origin(event)
    ):
        return
    raise Forbidden(
        "This came from another page than ours; open the page itself and do it there.",
        slug="another-origin",
    )


def host(event: Event) -> str:
    """The name of the host that was called, without its port; nothing where it is no name."""
    try:
        return urlsplit(http.origin(event)).hostname or ""
    except ValueError:
        return ""


def parse(model: type[M], sent: Sent) -> M:
    """The form as a model. Raises Unprocessable with every field that does not fit, each with the
    description of the model's field where it has one."""
    values: dict[str, Any] = {
        name: sent.all(name) if get_origin(field.annotation) in (list, tuple) else sent.first(name)
        for name, field in model.model_fields.items()
        if name in sent.values
    }
    try:
        return model.model_validate(values)
    except ValidationError as wrong:
        found = http.field_errors(wrong.errors(include_url=False, include_input=False))
    errors = [FieldError(field=each["field"], message=_said(model, each)) for each in found]
    raise Unprocessable(http.please_correct(errors), errors=errors)


def _said(model: type[BaseModel], error: FieldError) -> str:
    field = model.model_fields.get(error["field"].partition(".")[0])
    return (field.description if field else None) or error["message"]


def used() -> idempotency.KeyReused:
    """What a form is answered whose key was sent before with something else in it."""
    return idempotency.KeyReused(USED)


def claim(tx: Tx, event: Event, sent: Sent) -> idempotency.Claim:
    """Claim the form's key, before anything else is done in its transaction; its last is
    `claim.keep(Led(to=…), status=303)`. Raises idempotency.Answered, which leads where it led."""
    return idempotency.claim(tx, event, sent.key)
