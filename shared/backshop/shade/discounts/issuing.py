"""Issuing a customer a discount: the one they have, or a new one under a code of its own."""

from __future__ import annotations

import secrets
from datetime import datetime
from uuid import UUID

from backshop.db import Tx
from backshop.errors import Conflict, Unprocessable
from backshop.shade.discounts import repository as discounts
from backshop.shade.discounts import rules
from backshop.shade.discounts.models import IssuedDiscount
from backshop.shade.models import ShadeSettings

DRAWS = 5
"""Two equal draws come once in 10^19; five in a row mean that something else is wrong."""


def issue(
    tx: Tx, settings: ShadeSettings, customer_id: UUID, currency: str, at: datetime
) -> IssuedDiscount:
    """The customer's discount, in the transaction's store. Whoever asks at the same time waits for
    the customer's lock and gets the same.

    Raises Unprocessable where the store gives none in this currency, Conflict where the customer's
    open one is in another.
    """
    discounts.lock_customer(tx, customer_id)
    current = discounts.open_discount(tx, customer_id, at)
    if current is not None:
        if current.currency != currency:
            raise Conflict(
                f"The customer has an open discount in {current.currency}; revoke it first.",
                slug="discount-in-other-currency",
            )
        return IssuedDiscount(current, is_new=False)
    terms = rules.terms(settings, currency, at)
    if terms is None:
        raise Unprocessable(
            f"This store gives no discount in {currency}: name an amount in discount_amounts "
            "(PUT /shade/settings)."
        )
    for _ in range(DRAWS):
        code = rules.spell_code(secrets.randbelow(rules.CODES))
        made = discounts.add_discount(tx, customer_id, code, terms, at)
        if made is not None:
            return IssuedDiscount(made, is_new=True)
    raise RuntimeError("five random codes were taken already")
