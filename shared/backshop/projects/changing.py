"""What goes with every change of a project: its quantities are reckoned again, in the transaction
of the change, one change of a project at a time."""

from __future__ import annotations

from time import monotonic
from typing import Any
from uuid import UUID

from backshop.db import Tx
from backshop.errors import Conflict, NotFound
from backshop.projects import repository, rules
from backshop.projects.models import WholeProject
from backshop.projects.quantities.models import Product

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
    """Reckon the project's quantities and prices, and write down those of its selections.

    Raises Conflict where an amount cannot be stored."""
    project = whole(tx, project_id)
    reckoned = reckoned_of(tx, store_id, project)
    repository.set_amounts(tx, [repository.Amount(*each) for each in reckoned.amounts])
    return reckoned.shown


def reckoned_of(tx: Tx, store_id: UUID, project: WholeProject) -> rules.Reckoned:
    """The project's quantities and prices with the catalogue as it is now."""
    skus = {
        each.product_sku
        for room in project.rooms
        for surface in room.surfaces
        for each in surface.selections
    }
    return rules.reckon(project, products(tx, store_id, skus))
