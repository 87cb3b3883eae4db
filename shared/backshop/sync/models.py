"""Runs, jobs and cursors as they are stored and shown."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from backshop.commerce import Time
from backshop.sync.rules import RunType

SHOP = "shop"
"""The resource of the job that comes first: facts of the shop, and its webhooks."""

Status = Literal["running", "completed", "failed"]


class NewSync(BaseModel):
    """POST /connectors/{id}/syncs."""

    model_config = ConfigDict(extra="forbid")

    type: RunType = RunType.INCREMENTAL


class JobKey(BaseModel):
    """What a message of the sync queue holds: which job is to be worked off."""

    store_id: UUID
    run_id: UUID
    resource: str = Field(max_length=50)


class Reject(BaseModel):
    """A record that was set aside; `problem` names fields, never their values."""

    id: str
    problem: str


class Job(BaseModel):
    """A job as the invocation that took it sees it."""

    key: JobKey
    type: RunType
    turn: int
    position: dict[str, Any]
    cursor: dict[str, Any]
    """What the last pass of this resource left: `mark`, `complete_at`, and the reader's own."""
    retry_count: int


class Progress(BaseModel):
    """What a batch adds to a job."""

    records: int = 0
    changed: int = 0
    deleted: int = 0
    rejects: list[Reject] = Field(default_factory=list)
    notes: list[str] = Field(default_factory=list)


class ShownJob(BaseModel):
    """A resource of a run, as GET shows it. `rejects` are the first of those set aside."""

    resource: str
    status: str
    records: int
    changed: int
    deleted: int
    rejected: int
    rejects: list[Reject]
    notes: list[str]
    error: str | None
    retry_count: int
    next_retry_at: Time | None
    started_at: Time | None
    finished_at: Time | None


class Run(BaseModel):
    """A run, as GET shows it; the columns' names are those of insights.sync_logs."""

    id: UUID
    type: str
    status: Status
    records_synced: int
    started_at: Time
    completed_at: Time | None
    error_message: str | None
    retry_count: int
    next_retry_at: Time | None
    resources: list[ShownJob]


class RunPosition(BaseModel):
    """Where a page of runs ended: they are newest first."""

    started_at: Time
    id: UUID
