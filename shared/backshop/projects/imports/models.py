"""What is said of an import."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backshop.projects.fields import Name255
from backshop.times import Time

Status = Literal["awaiting_upload", "running", "done", "failed"]
MOST_BYTES = 100_000_000
"""Of a file that is uploaded."""
PROBLEMS = 1000
"""Lines that are kept with what is wrong with them; others are counted."""
ContentType = Literal[
    "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
]


class LineProblem(BaseModel):
    """What is wrong with a line, and what to do about it."""

    line: int = Field(description="As a spreadsheet counts; of a CSV file, where the line begins.")
    sku: str | None
    message: str


class Table(BaseModel):
    """How a file was read."""

    format: Literal["csv", "xlsx"]
    encoding: str | None = None
    separator: str | None = None
    sheet: str | None = None
    other_sheets: list[str] = Field(
        [], description="Sheets that were not read: one is, the first that names its columns."
    )
    columns: dict[str, str] = Field(
        {}, description="Names of columns, and what they were taken as."
    )
    ignored: list[str] = Field(
        [],
        description="Names of columns that nothing is known of, or that say again what another one "
        "does.",
    )


class NewUpload(BaseModel):
    """A file that is to be uploaded, of up to 100 MB."""

    model_config = ConfigDict(strict=True, extra="forbid")

    content_type: ContentType
    file_name: Name255 | None = None
    dry_run: bool = False
    delete_missing: bool = False


class Counts(BaseModel):
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    deleted: int = 0


class Import(Counts):
    """An import and what came of it. With `dry_run` nothing was stored: it is what would come of
    it."""

    import_id: UUID
    status: Status
    message: str | None = Field(description="Why it failed, and what to do; or what to know of it.")
    dry_run: bool
    delete_missing: bool
    file_name: str | None
    lines: int = Field(
        description="Lines that were read, without empty ones and the columns' names."
    )
    lines_expected: int | None = Field(
        description="About as many as the file has, while it is read; null where it does not tell."
    )
    file: Table | None
    problems: list[LineProblem] = Field(
        description=f"Lines that were refused, the first {PROBLEMS:,} of them; correct them and send "
        "the file again: what was stored is unchanged then."
    )
    created_at: Time
    finished_at: Time | None


class Form(BaseModel):
    """Post the file as a form (multipart/form-data) with these fields, `file` last."""

    url: str
    fields: dict[str, str]
    max_bytes: Annotated[int, Field(examples=[MOST_BYTES])]
    expires_in: int = Field(description="Seconds.")


class Upload(BaseModel):
    """An import that begins when its file is uploaded; GET it for how far it is."""

    import_id: UUID
    upload: Form
