"""Which of an order's products make it the sale of a sample kit or of a full-size SPF. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

SHADE_KIT = "shade_kit"
FULL_SIZE_SPF = "full_size_spf"


class KindRule(BaseModel):
    """What makes a product one of a kind: its SKU, one of its tags or its type, in any case."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    skus: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    types: tuple[str, ...] = ()


class Kinds(BaseModel):
    """A store's own rules, from `settings.shade.kinds`; without any, a tag or type with the kind's
    name."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    shade_kit: KindRule = KindRule(
        tags=("shade_kit", "shade-kit"), types=("shade_kit", "shade kit")
    )
    full_size_spf: KindRule = KindRule(
        tags=("full_size_spf", "full-size-spf"), types=("full_size_spf", "full size spf")
    )


class Sold(NamedTuple):
    """A line's product, as far as the rules look at it."""

    sku: str | None
    tags: tuple[str, ...] = ()
    product_type: str | None = None


def kinds_of(settings: Mapping[str, Any]) -> Kinds:
    """The rules in a store's settings; what is not as it should be counts as not saved."""
    saved = settings.get("shade")
    kinds = saved.get("kinds") if isinstance(saved, dict) else None
    try:
        return Kinds.model_validate(kinds or {})
    except ValueError:
        return Kinds()


def classify(lines: Iterable[Sold], kinds: Kinds) -> str | None:
    """`shade_kit`, `full_size_spf`, or None. An order with both is the sale of the full size: who
    buys that has decided."""
    sold = list(lines)
    if any(_is(each, kinds.full_size_spf) for each in sold):
        return FULL_SIZE_SPF
    return SHADE_KIT if any(_is(each, kinds.shade_kit) for each in sold) else None


def _is(sold: Sold, rule: KindRule) -> bool:
    return (
        _named(sold.sku, rule.skus)
        or any(_named(tag, rule.tags) for tag in sold.tags)
        or _named(sold.product_type, rule.types)
    )


def _named(value: str | None, names: tuple[str, ...]) -> bool:
    return value is not None and value.casefold() in {name.casefold() for name in names}
