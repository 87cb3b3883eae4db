"""The names that a store has, for planners to find in questions. Functions act on the transaction's
store."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

from backshop.db import Tx
from backshop.insights.planning.models import Known

SECONDS = 60.0
"""How long names are kept: who has just renamed a product waits as long for questions about it."""
AGAIN_SECONDS = 2.0
MOST_STORES = 64
MOST_NAMES = 50_000

_kept: dict[UUID, tuple[float, Known]] = {}

# Lines without a product are those of products that are gone.
_NAMES = f"""
  (SELECT 'product' AS field, name FROM insights.products WHERE store_id = %(store)s
   UNION SELECT 'product', product_name FROM insights.order_items
     WHERE store_id = %(store)s AND product_id IS NULL AND product_name IS NOT NULL
   LIMIT {MOST_NAMES})
  UNION ALL
  (SELECT 'sku', v.sku FROM insights.product_variants AS v
     WHERE v.store_id = %(store)s AND v.sku IS NOT NULL
   UNION SELECT 'sku', sku FROM insights.order_items
     WHERE store_id = %(store)s AND product_id IS NULL AND sku IS NOT NULL
   LIMIT {MOST_NAMES})
  UNION ALL SELECT 'category', name FROM insights.categories WHERE store_id = %(store)s
  UNION ALL
  (SELECT 'coupon', code FROM insights.coupons WHERE store_id = %(store)s
   UNION SELECT 'coupon', code FROM insights.order_coupons WHERE store_id = %(store)s
   LIMIT {MOST_NAMES})"""
_VALUES = """
  WITH used AS (
    SELECT DISTINCT status, payment_method, channel, country, currency
    FROM insights.orders WHERE store_id = %(store)s
  )
  SELECT DISTINCT kinds.field, kinds.name FROM used CROSS JOIN LATERAL (VALUES
    ('status', used.status), ('payment_method', used.payment_method),
    ('channel', used.channel), ('country', used.country), ('currency', used.currency)
  ) AS kinds (field, name) WHERE kinds.name IS NOT NULL"""


def known(tx: Tx, store_id: UUID, currency: str, *, again: bool = False) -> Known:
    """Every name of the store; kept for a minute, or for seconds where they are asked for
    `again`."""
    held = _kept.get(store_id)
    lasts = AGAIN_SECONDS if again else SECONDS
    if held and monotonic() - held[0] < lasts and held[1].currency == currency:
        return held[1]
    found: dict[str, list[str]] = {}
    for row in tx.execute(f"{_NAMES} UNION ALL ({_VALUES})".encode(), {"store": store_id}):
        found.setdefault(row["field"], []).append(row["name"])
    names = {field: tuple(sorted(set(each))) for field, each in found.items()}
    made = Known(
        products=names.get("product", ()),
        categories=names.get("category", ()),
        skus=names.get("sku", ()),
        coupons=_one_case(names.get("coupon", ())),
        countries=names.get("country", ()),
        currencies=names.get("currency", ()),
        statuses=names.get("status", ()),
        payment_methods=names.get("payment_method", ()),
        channels=names.get("channel", ()),
        currency=currency,
    )
    if len(_kept) >= MOST_STORES:
        _kept.pop(min(_kept, key=lambda each: _kept[each][0]))
    _kept[store_id] = (monotonic(), made)
    return made


def _one_case(codes: tuple[str, ...]) -> tuple[str, ...]:
    """A code was typed in several ways; the first of them by its letters stands for all, as it does
    where queries look names up."""
    found: dict[str, str] = {}
    for code in codes:
        found.setdefault(code.lower(), code)
    return tuple(found.values())


def forget() -> None:
    """Read all names anew."""
    _kept.clear()
