"""The contexts that platforms feed, each with what it declares; insights takes everything, and is
called by name (projections.py)."""

from __future__ import annotations

from functools import cache

from backshop import connect, kits, shade
from backshop.contexts import Context
from backshop.uses import Use

CONTEXTS: tuple[Context, ...] = (connect.CONTEXT, shade.CONTEXT, kits.CONTEXT)


@cache
def fed_by(uses: frozenset[Use]) -> tuple[Context, ...]:
    """The contexts that take records of a store that uses this."""
    return tuple(each for each in CONTEXTS if each.use is None or each.use in uses)


@cache
def record_kinds(uses: frozenset[Use]) -> frozenset[str]:
    """Kinds of which some context reads whole records."""
    reading = [each for each in fed_by(uses) if each.reads_records]
    return frozenset(kind for each in reading for kind in each.kinds)
