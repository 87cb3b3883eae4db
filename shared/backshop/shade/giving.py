"""Giving a customer a discount: the one they have, or a new one under a code of its own."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from backshop.db import Tx
from backshop.errors import Conflict, Unprocessable
from backshop.shade import repository as store
from backshop.shade import rules
from backshop.shade.models import Discount, ShadeSettings

DRAWS = 5
"""Two equal draws come once in 10^19; five in a row mean that something else is wrong."""


class Given(NamedTuple):
    discount: Discount
    is_new: bool
    """The shop has yet to be told of it."""


def give(tx: Tx, settings: ShadeSettings, customer_id: UUID, currency: str, at: datetime) -> Given:
    """The customer's discount, in the transaction's store. Whoever asks at the same time waits for
    the customer's lock and gets the same.

    Raises Unprocessable where the store gives none in this currency, Conflict where the customer's
    open one is in another.
    """
    store.lock_customer(tx, customer_id)
    held = store.open_discount(tx, customer_id, at)
    if held is not None:
        if held.currency != currency:
            raise Conflict(
                f"The customer has an open discount in {held.currency}; revoke it first.",
                slug="discount-in-other-currency",
            )
        return Given(held, is_new=False)
    terms = rules.terms(settings, currency, at)
    if terms is None:
        raise Unprocessable(
            f"This store gives no discount in {currency}: name an amount in discount_amounts "
            "(PUT /shade/settings)."
        )
    for _ in range(DRAWS):
        code = rules.spell_code(secrets.randbelow(rules.CODES))
        made = store.add_discount(tx, customer_id, code, terms, at)
        if made is not None:
            return Given(made, is_new=True)
    raise RuntimeError("five random codes were taken already")
