"""How pages write amounts and times: in the store's zone, with the moment in UTC behind it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from markupsafe import Markup

from backshop import commerce
from backshop.times import MONTHS

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def money(amount: Decimal, currency: str) -> str:
    """`LKR 4,500.00`: as many decimals as the currency has, and the amount no less exact."""
    places = max(commerce.decimals(currency), -int(amount.as_tuple().exponent))
    return f"{currency}\N{NO-BREAK SPACE}{amount:,.{places}f}"


def number(value: int | Decimal) -> str:
    """With commas between thousands, without zeros that say nothing."""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def units(quantity: Decimal, unit: str) -> str:
    """`144 sq ft`, `1 bag`, `3 boxes`, `12 linear ft`."""
    word = "sq ft" if unit == "sf" else unit.replace("_", " ")
    if quantity != 1 and not word.endswith("ft"):
        word += "es" if word.endswith("x") else "s"
    return f"{number(quantity)} {word}"


def day(when: datetime | date, zone: str = "UTC", *, year: bool = False) -> Markup:
    """`Tue 9 December`."""
    local = _local(when, zone)
    text = f"{_day(local)} {MONTHS[local.month - 1]}" + (f" {local.year}" if year else "")
    return _time(when, text)


def moment(when: datetime, zone: str) -> Markup:
    """`Tue 9 December, 14:05`."""
    local = when.astimezone(ZoneInfo(zone))
    text = f"{_day(local)} {MONTHS[local.month - 1]}, {local:%H:%M}"
    return _time(when, text)


def short(when: datetime, zone: str, now: datetime) -> Markup:
    """`Tue 9 Dec, 14:05`, for dense lists; of another year than this one, with it."""
    local = when.astimezone(ZoneInfo(zone))
    year = "" if local.year == now.astimezone(ZoneInfo(zone)).year else f" {local.year}"
    day = f"{_day(local)}\N{NO-BREAK SPACE}{MONTHS[local.month - 1][:3]}{year}"
    return _time(when, f"{day}, {local:%H:%M}")


def between(first: date, last: date) -> Markup:
    """`between Tue 9 and Sat 13 December`; `on Tue 9 December` where both are one day."""
    if first == last:
        return Markup("on {}").format(day(first))
    same = (first.year, first.month) == (last.year, last.month)
    start = _time(first, _day(first)) if same else day(first)
    return Markup("between {} and {}").format(start, day(last))


def _day(local: date) -> str:
    return f"{DAYS[local.weekday()]}\N{NO-BREAK SPACE}{local.day}"


def _local(when: datetime | date, zone: str) -> date:
    return when.astimezone(ZoneInfo(zone)) if isinstance(when, datetime) else when


def _time(when: datetime | date, text: str) -> Markup:
    exact = (
        f"{when.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if isinstance(when, datetime) else f"{when}"
    )
    # Both are of our own making, so that nothing is to be escaped; lists have hundreds of them.
    return Markup(f'<time datetime="{exact}">{text}</time>')  # noqa: S704
