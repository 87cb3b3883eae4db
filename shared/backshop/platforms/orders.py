"""What can be done to an order at every platform, and what they answer; each platform's own way is
in its `orders.py`.

Every function there may be called again after an attempt whose end is unknown: it looks first for
what that attempt may have done. A refund is recognised by its mark, the request's id in its note.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from backshop.commerce import Address
from backshop.platforms.errors import (
    PayloadError,
    PermanentDecline,
    PermanentRefusal,
    TransientFailure,
    TransientOutage,
    Unconfirmed,
)

Json = dict[str, Any]


class Graphql(Protocol):
    """A shop's GraphQL API; operations by the names of their files, answers are their `data`."""

    def run_once(self, operation: str, variables: Mapping[str, Any]) -> Json:
        """One try. Raises `TransientFailure`, `TransientOutage` and `PermanentRefusal`."""

    def run(self, operation: str, variables: Mapping[str, Any]) -> Json:
        """As often as it may help, for reading. Raises `TransientOutage` and `PermanentRefusal`."""


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """A refund to be made. `amount` in major units of `currency`; of `lines` (the platform's line
    id and a quantity) the platform's own prices count, and `amount` only where there are none.

    `manual`: only to be written down (WooCommerce). `refused`: ids of refunds with this mark that
    the payment provider refused, of which staff know and want another.
    """

    mark: str
    order_id: str
    amount: Decimal
    currency: str
    lines: tuple[tuple[str, int], ...] = ()
    reason: str = ""
    restock: bool = False
    manual: bool = False
    refused: frozenset[str] = frozenset()

    @property
    def note(self) -> str:
        """The reason with the mark by which the refund is found again."""
        return f"{self.reason} [{self.mark}]".strip()


def _keep_nothing(_state: str) -> None:
    """Most platforms change an address in one step."""


def _save_nothing(_order: Json) -> None:
    """Most platforms do not answer with the order."""


@dataclass(frozen=True, slots=True)
class AddressChange:
    """A shipping address to be put on an order.

    Vendure's orders go through a state of their own for it: `keep_state` is called before the first
    step with the state to come back to, and `state_before` is what an attempt kept that did not
    come back. WooCommerce answers with the whole order, for which `keep_order` is called.
    """

    order_id: str
    address: Address
    state_before: str | None = None
    keep_state: Callable[[str], None] = _keep_nothing
    keep_order: Callable[[Json], None] = _save_nothing


@dataclass(frozen=True, slots=True)
class RefundResult:
    """`amount` in major units, positive; `answer` is what the platform said of the refund.

    `others` are ids of further refunds with the same mark: money that was given back again.
    """

    refund_id: str
    amount: Decimal
    answer: Json
    others: tuple[str, ...] = ()


def unpaid(platform: str, refund_id: str) -> TransientOutage:
    """The refund is there, and where its money is only the payment provider knows: it is waited
    for, and never sent again."""
    return TransientOutage(
        f"{platform} has refund {refund_id}, but its payment gateway did not confirm that"
        " the money went back: check at the payment provider"
    )


def refused(refund: Json) -> PermanentDecline:
    """The refund is there, and no money went back."""
    return PermanentDecline(
        {
            "error": "the payment provider refused the refund: check at the payment provider",
            "refund": refund,
        }
    )


def check_quantities(
    request: RefundOrder, ordered: Mapping[str, int], refunded: Mapping[str, int]
) -> None:
    """Raises PermanentDecline where a line is not the order's, or fewer of it are left."""
    for line_id, quantity in request.lines:
        left = ordered.get(line_id, 0) - refunded.get(line_id, 0)
        if quantity > left:
            raise PermanentDecline({"error": f"of line {line_id} only {left} are left to refund"})


def check_left(amount: Decimal, left: Decimal) -> None:
    """Raises PermanentDecline where the platform has less left of the order than is asked for."""
    if amount > left:
        raise PermanentDecline({"error": f"only {left} are left of this order at the platform"})


def split_name(name: str | None) -> tuple[str, str]:
    """First and last name for platforms that want both: the last word is the last name."""
    first, _, last = (name or "").strip().rpartition(" ")
    return first.strip(), last


def same(current: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Whether a platform's address has all the wanted fields; empty and missing are the same."""
    return current is not None and all(
        (current.get(key) or "") == (wanted[key] or "") for key in wanted
    )


NEVER_BEGUN = {
    "USER_INPUT_ERROR",
    "ENTITY_NOT_FOUND",
    "GRAPHQL_VALIDATION_FAILED",
    "INVALID_VARIABLE",
    "BAD_USER_INPUT",
}
"""Error codes that come before anything is done; any other may have come after it."""


def write(api: Graphql, operation: str, variables: Mapping[str, Any]) -> Json:
    """Run a mutation once: a second try could do it twice. Raises Unconfirmed where its end is
    unknown."""
    try:
        return api.run_once(operation, variables)
    except (TransientFailure, PayloadError) as failed:
        after = failed.after if isinstance(failed, TransientFailure) else None
        raise Unconfirmed(f"the shop did not confirm: {failed}", after) from failed
    except PermanentRefusal as refused:
        if refused.status == 200 and refused.code not in NEVER_BEGUN:
            raise Unconfirmed(f"the shop did not confirm: {refused}") from refused
        raise
