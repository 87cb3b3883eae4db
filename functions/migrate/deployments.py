"""A custom resource of CloudFormation: what it orders is done, and it hears how that went.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from backshop import logs

ID = "migrations"
REASON_CHARACTERS = 1000
"""An answer may have 4 KB."""
TRIES = 3


def answer(event: dict[str, Any], work: Callable[[], Any], expected: type[Exception]) -> None:
    """Do the work and tell CloudFormation, which waits for it and rolls back on a failure.

    Only the text of an `expected` error is told; of others the type. Nothing is undone where the
    resource is deleted: the database outlives the stack.
    """
    reason = None
    if event["RequestType"] != "Delete":
        try:
            work()
        except expected as error:
            reason = str(error)
        except Exception as error:
            logs.failure("handler crashed", error)
            reason = f"{type(error).__qualname__}; the log of the function migrate says where"
    _tell(event, reason)


def _tell(event: dict[str, Any], reason: str | None) -> None:
    body = {
        "Status": "FAILED" if reason else "SUCCESS",
        "Reason": (reason or "")[:REASON_CHARACTERS],
        "PhysicalResourceId": ID,
        **{key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")},
    }
    # The address is signed for a body without a type.
    request = urllib.request.Request(  # noqa: S310 (CloudFormation's own)
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        headers={"Content-Type": ""},
        method="PUT",
    )
    for _ in range(TRIES - 1):
        with suppress(OSError):
            urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
            return
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310
