"""The contexts that platforms feed, each with what it declares; insights takes everything, and is
called by name (projections.py)."""

from __future__ import annotations

from functools import cache

from backshop import connect, kits, shade
from backshop.contexts import Context

CONTEXTS: tuple[Context, ...] = (connect.CONTEXT, shade.CONTEXT, kits.CONTEXT)


@cache
def fed_by(platform: str) -> tuple[Context, ...]:
    return tuple(each for each in CONTEXTS if platform in each.platforms)


@cache
def record_kinds(platform: str) -> frozenset[str]:
    """Kinds of which some context reads whole records."""
    reading = [each for each in fed_by(platform) if each.reads_records]
    return frozenset(kind for each in reading for kind in each.kinds)
