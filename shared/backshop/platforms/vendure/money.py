"""The minor units in which a Vendure server keeps money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from backshop.platforms.errors import PermanentDecline

DEFAULT_PRECISION = 2


def money_precision(settings: Mapping[str, Any]) -> int:
    """Decimals of the server's minor units, whatever the currency: its `moneyStrategyPrecision`, 2
    unless it was set (Vendure, MoneyStrategy); syncs learn it (`subscribing.facts`)."""
    precision = settings.get("money_precision")
    return precision if isinstance(precision, int) else DEFAULT_PRECISION


def money(minor: int, precision: int) -> Decimal:
    """Major units of the server's minor ones: 270000 with a precision of 2 is 2,700 yen."""
    return Decimal(minor).scaleb(-precision)


def minor_units(major: Decimal, precision: int) -> int:
    """The server's minor units. Raises `PermanentDecline` where the amount has more decimals than
    they do: 10.505 cannot be kept in hundredths."""
    minor = major.scaleb(precision)
    if minor != minor.to_integral_value():
        raise PermanentDecline(
            {"error": f"the server keeps {precision} decimals, {major} has more"}
        )
    return int(minor)
