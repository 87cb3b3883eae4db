"""When a kit is due for an invitation, and where its link leads. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from backshop.shade.invites.models import InviteWindow
from backshop.shade.models import ShadeSettings


def invite_window(settings: ShadeSettings, at: datetime) -> InviteWindow:
    until = at - timedelta(days=settings.days_after_delivery)
    within = timedelta(days=settings.invite_within_days)
    transit = timedelta(days=settings.transit_days)
    return InviteWindow((until - within, until), (until - within - transit, until - transit))


def rating_window(settings: ShadeSettings, at: datetime) -> InviteWindow:
    """Full sizes that arrived so long ago are asked about; no later than kits are."""
    waits = settings.model_copy(update={"days_after_delivery": settings.rating_days})
    return invite_window(waits, at)


def survey_link(settings: ShadeSettings, pages: str, token: str) -> str:
    """The page with the form: our own at `pages`, or the one that the store names."""
    page = settings.survey_url or f"{pages}/survey"
    return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode({'token': token})}"
