"""The minor units in which a Vendure server keeps money."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

DEFAULT_PRECISION = 2


def money_precision(settings: Mapping[str, Any]) -> int:
    """Decimals of the server's minor units, whatever the currency: its `moneyStrategyPrecision`, 2
    unless it was set (Vendure, MoneyStrategy); a sync learns it."""
    precision = settings.get("money_precision")
    return precision if isinstance(precision, int) else DEFAULT_PRECISION


def money(minor: int, precision: int) -> Decimal:
    """Major units of the server's minor ones: 270000 with a precision of 2 is 2,700 yen."""
    return Decimal(minor).scaleb(-precision)


def minor_units(major: Decimal, precision: int) -> int:
    """The server's minor units of an amount that has no more decimals than they do."""
    return int(major.scaleb(precision))
