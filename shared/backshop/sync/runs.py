"""Starting runs: the row first, then a message for each job, which sync_plan repeats if it is
lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from backshop import platforms
from backshop.aws import config, queues
from backshop.commerce import Platform
from backshop.db import Tx
from backshop.logs import warning
from backshop.sync import repository as store
from backshop.sync import rules
from backshop.sync.models import SHOP, JobKey
from backshop.sync.rules import RunType


def begin(
    tx: Tx, store_id: UUID, platform: Platform, run_type: RunType = RunType.FULL
) -> list[JobKey]:
    """Open a run of the transaction's store; pass the jobs to `announce` after the commit. Empty
    where the store has an open run already."""
    resources = [SHOP, *rules.resources_of(run_type, platforms.load(platform).resources)]
    run_id = store.start(tx, run_type, resources, datetime.now(UTC))
    if run_id is None:
        return []
    return [JobKey(store_id=store_id, run_id=run_id, resource=each) for each in resources]


def announce(jobs: Sequence[JobKey]) -> None:
    """Tell sync_run of these jobs. Where the queue cannot be reached nothing is lost: sync_plan
    announces again what nobody has touched for some minutes."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not jobs:
        return
    try:
        messages = [queues.Grouped(each.model_dump_json(), str(each.store_id)) for each in jobs]
        queues.send_all(config.value("SYNC_QUEUE_URL"), messages)
    except (BotoCoreError, ClientError, queues.NotSent) as error:
        warning("sync jobs wait for the next plan", error=type(error).__name__, jobs=len(jobs))
