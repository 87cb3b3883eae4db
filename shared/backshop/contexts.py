"""What a context (`connect`, `kits`, `shade`) is to the rest of backshop.

A context is one package, whose `CONTEXT` is a `Context`: it declares what it wants, and offers its
projection when there is something for it; `saving/registry.py` lists it, and mypy checks it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from backshop.uses import Use as Use

if TYPE_CHECKING:
    from backshop.commerce import ConsentChange, Kind, Person, Record, Refunded, Store
    from backshop.db import Staged, Tx

    R = TypeVar("R", bound=Record)

KindName = Literal["category", "product", "coupon", "customer", "order"]


class Changes(Protocol):
    """The records of a batch that are newer than what is saved."""

    def records(self, model: type[R], /) -> list[R]:
        """Those of a model, whole; only of kinds that a context with `reads_records` wants."""

    def overtaken(self, model: type[R], /) -> list[R]:
        """States of orders that are older than what is saved, whole: what they alone know may fill
        what is missing there, and replaces nothing."""

    def rows(self, relation: str, /) -> Staged:
        """Those of a relation (`rows.RELATIONS`) as rows for statements."""


class Projection(Protocol):
    """Called with the store's lock held, in the order of `commerce.Kind`; does the same whatever
    the order of arrival."""

    def save(self, tx: Tx, store: Store, kind: Kind, changes: Changes, /) -> None: ...

    def delete(self, tx: Tx, store: Store, kind: Kind, ids: Sequence[str], /) -> None: ...

    def save_refunded(self, tx: Tx, store: Store, refunded: Sequence[Refunded], /) -> None:
        """What was refunded of orders, in sums, whenever that changed."""

    def save_consents(self, tx: Tx, store: Store, changes: Sequence[ConsentChange], /) -> None:
        """What customers who are known agreed to."""


class Context(Protocol):
    @property
    def use(self) -> Use | None:
        """It is fed with records of the stores that use this; None: of all."""

    @property
    def kinds(self) -> frozenset[KindName]: ...

    @property
    def reads_records(self) -> bool:
        """Whether it reads whole records. Others read rows, and records are not kept for them."""

    @property
    def projection(self) -> Projection: ...


class PersonalData(Protocol):
    """What a context knows of persons (privacy.py)."""

    def export(self, tx: Tx, store: Store, person: Person, /) -> dict[str, Any]:
        """Every row about the person, by table, ready for JSON."""

    def erase(self, tx: Tx, store: Store, person: Person, /) -> None:
        """Forget the person."""
