"""Times as everything that is said of a shop has them: aware, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("a time needs its zone")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time needs to be one in UTC, too: years 1 to 9999") from None


Time = Annotated[datetime, AfterValidator(_utc)]
