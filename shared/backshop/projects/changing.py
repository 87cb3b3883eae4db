"""What goes with every change of a project: its quantities are reckoned again, in the transaction
of the change, one change of a project at a time."""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any
from uuid import UUID

from backshop.db import Tx
from backshop.errors import Conflict, NotFound
from backshop.projects import repository, rules
from backshop.projects.models import WholeProject
from backshop.projects.quantities.models import Product
from backshop.projects.quotes import repository as quotes
from backshop.projects.quotes import staleness

CATALOGUE_SECONDS = 900
CATALOGUE_SKUS = 5000

_catalogue: dict[UUID, tuple[float, int, dict[str, Product | None]]] = {}
"""By store: until when, which version, and the products that were asked for."""


def products(tx: Tx, store_id: UUID, skus: set[str]) -> dict[str, Product]:
    """Products of the catalogue by SKU. They are kept in the environment; that the catalogue has
    the version they were read at is looked up each time."""
    version = repository.catalogue_version(tx)
    until, kept_version, kept = _catalogue.get(store_id, (0.0, -1, {}))
    if kept_version != version or until < monotonic() or len(kept) > CATALOGUE_SKUS:
        kept = {}
        _catalogue[store_id] = (monotonic() + CATALOGUE_SECONDS, version, kept)
    missing = skus - kept.keys()
    if missing:
        kept.update(dict.fromkeys(missing))
        for row in repository.products(tx, sorted(missing)):
            kept[row["sku"]] = rules.of_catalogue(row)
    return {sku: product for sku in skus if (product := kept[sku]) is not None}


def lock(tx: Tx, project_id: UUID) -> dict[str, Any]:
    """The project's row, kept from others until the transaction ends.

    Raises NotFound, and Conflict where its details are in the archive."""
    row = repository.one(tx, repository.PROJECTS, project_id, lock=True)
    if row is None:
        raise NotFound("There is no such project; GET /projects lists them.")
    if row["archived_at"] is not None:
        raise Conflict(
            "The project is archived: POST /projects/{id}/restore brings its details back.",
            slug="archived",
        )
    return row


def whole(tx: Tx, project_id: UUID) -> WholeProject:
    """The project with everything below it. Raises NotFound."""
    text = repository.whole(tx, project_id)
    if text is None:
        raise NotFound("There is no such project; GET /projects lists them.")
    return rules.whole_of(text)


def reckon_again(tx: Tx, store_id: UUID, project_id: UUID) -> rules.ProjectQuantities:
    """Reckon the project's quantities and prices, write down those of its selections, and mark the
    open quotes that it differs from now.

    Raises Conflict where an amount cannot be stored."""
    project = whole(tx, project_id)
    catalogue = products_of(tx, store_id, project)
    reckoned = rules.reckon(project, catalogue)
    repository.set_amounts(tx, [repository.Amount(*each) for each in reckoned.amounts])
    staleness.note(tx, project, catalogue)
    return reckoned.shown


def reckon_quoted(tx: Tx, store_id: UUID, skus: Sequence[str]) -> None:
    """After a change of these products in the catalogue: reckon the projects again that have open
    quotes with them, so that the quotes say what became of their prices."""
    try:
        for project_id in quotes.projects_quoting(tx, skus):
            repository.one(tx, repository.PROJECTS, project_id, lock=True)
            reckon_again(tx, store_id, project_id)
    finally:
        # Read before the change was committed: rolled back, its version would come a second time.
        _catalogue.pop(store_id, None)


def reckon_customer(tx: Tx, store_id: UUID, customer_id: UUID) -> None:
    """After a change of a customer: reckon those of their projects again that are not ordered."""
    for project_id in quotes.open_projects_of(tx, customer_id):
        repository.one(tx, repository.PROJECTS, project_id, lock=True)
        reckon_again(tx, store_id, project_id)


def reckoned_of(tx: Tx, store_id: UUID, project: WholeProject) -> rules.Reckoned:
    """The project's quantities and prices with the catalogue as it is now."""
    return rules.reckon(project, products_of(tx, store_id, project))


def products_of(tx: Tx, store_id: UUID, project: WholeProject) -> dict[str, Product]:
    """What the catalogue knows of the project's selections."""
    skus = {
        each.product_sku
        for room in project.rooms
        for surface in room.surfaces
        for each in surface.selections
    }
    return products(tx, store_id, skus)
