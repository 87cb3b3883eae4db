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


def survey_link(settings: ShadeSettings, shop_url: str, token: str) -> str:
    page = settings.survey_url or f"{shop_url.rstrip('/')}/pages/shade-survey"
    return f"{page}{'&' if urlsplit(page).query else '?'}{urlencode({'token': token})}"
