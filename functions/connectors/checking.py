"""Whether credentials open a shop, and what they may not read there; nothing is stored."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from time import monotonic
from uuid import UUID

from backshop import platforms
from backshop.commerce import Platform, Store
from backshop.platforms.api import Deadline
from backshop.platforms.errors import PayloadError, Permanent, PlatformError
from backshop.platforms.ports import Credentials, Shop
from backshop.platforms.reading import ReadContext
from pydantic import BaseModel, Field

SECONDS = 12.0
NOBODY = UUID(int=0)


class Checked(BaseModel):
    """One thing that backshop needs of a shop."""

    what: str = Field(description="`shop`, or what is read: `orders`, `products`, …")
    ok: bool
    problem: str | None = Field(description="What is missing, with its remedy.")


class Check(BaseModel):
    """What the shop answered."""

    ok: bool
    currency: str | None
    time_zone: str | None
    checks: list[Checked]


def check(platform: Platform, credentials: Credentials) -> Check:
    """Ask the shop for its facts and for the newest record of each kind."""
    until = monotonic() + SECONDS
    adapter = platforms.load(platform)
    store = Store(id=NOBODY, platform=platform, url=credentials.url, settings={})
    with closing(adapter.open(credentials, Deadline(lambda: until - monotonic()))) as shop:
        try:
            facts = shop.facts()
            problems = (*facts.problems, *shop.unreadable())
        except PlatformError as error:
            return Check(ok=False, currency=None, time_zone=None, checks=[_failed("shop", error)])
        checks = [Checked(what="shop", ok=not problems, problem=_said(problems))]
        checks += [_resource(shop, store, each) for each in adapter.resources]
    return Check(
        ok=all(each.ok for each in checks),
        currency=facts.currency,
        time_zone=facts.time_zone,
        checks=checks,
    )


def _resource(shop: Shop, store: Store, resource: str) -> Checked:
    context = ReadContext(lambda: datetime.now(UTC))
    try:
        shop.reader(store, resource, context).mark()
    except PlatformError as error:
        return _failed(resource, error)
    return Checked(what=resource, ok=True, problem=None)


def _failed(what: str, error: PlatformError) -> Checked:
    """Texts of these errors hold neither credentials nor records."""
    if isinstance(error, PayloadError):
        problem = "The shop answers in a form that is not its platform's; check the address."
    elif isinstance(error, Permanent):
        problem = str(error)
    else:
        problem = f"The shop does not answer: {error}. Check the address, or try again."
    return Checked(what=what, ok=False, problem=problem)


def _said(problems: tuple[str, ...]) -> str | None:
    return " ".join(problems) or None
