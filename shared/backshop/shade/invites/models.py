"""An invitation, and which kits are due for one."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class InviteWindow(NamedTuple):
    """Kits that were delivered (or, without that report, fulfilled) after the first and not after
    the second of a pair are due."""

    delivered: tuple[datetime, datetime]
    fulfilled: tuple[datetime, datetime]


class Invite(NamedTuple):
    """An invitation and whom it goes to."""

    channel: str
    status: str
    email: str | None
    phone_number: str | None
    first_name: str | None
    customer_id: UUID
    is_live: bool
    """The kit was not given back, its survey was not answered yet, and mail is still wanted."""
