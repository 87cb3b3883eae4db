"""Products selected for surfaces."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from answers import CHANGES, Cursor, IfMatch, Limit, Once, Text, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing, repository, rules
from backshop.projects.fields import ProductType, SelectionStatus
from backshop.projects.models import NewSelection, Selection, SelectionChange
from backshop.projects.quantities.models import Product
from backshop.projects.repository import IN_PROJECT, SELECTIONS, SURFACES
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Response
from rooms import locked_project
from served import app

TAGS: list[Any] = ["Selected products"]


@app.post(
    "/surfaces/{surface_id}/selections", status_code=201, tags=TAGS, responses=problems(Conflict)
)
async def add_selection(
    surface_id: UUID, selection: NewSelection, store: StoreId, once: Once, response: Response
) -> Selection:
    """A product for the surface. Quantity and price are reckoned where none are given."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project_id = locked_project(tx, SURFACES, surface_id, "surface")
        known = changing.products(tx, store, {selection.product_sku})
        row = added(tx, surface_id, selection, known)
        changing.reckon_again(tx, store, project_id)
        stored = found(repository.one(tx, SELECTIONS, row["selection_id"]), "selection")
        return claim.keep(one(Selection, stored, response))


def added(
    tx: db.Tx, surface_id: UUID, selection: NewSelection, known: Mapping[str, Product]
) -> repository.Row:
    """The stored row, before quantities are reckoned; `known` is what the catalogue has. Raises
    Conflict."""
    product = known.get(selection.product_sku)
    columns = rules.selection_columns(selection.given(), None, product)
    return repository.add(tx, SELECTIONS, {"surface_id": surface_id, **columns})


@app.get("/projects/{project_id}/selections", tags=TAGS)
async def list_selections(
    project_id: UUID,
    store: StoreId,
    surface_id: UUID | None = None,
    selection_status: SelectionStatus | None = None,
    product_type: ProductType | None = None,
    product_sku: Text = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Selection]:
    """What is selected in the project, newest first."""
    filters = [
        ("r.project_id", "=", project_id),
        ("surface_id", "=", surface_id),
        ("selection_status", "=", selection_status),
        ("product_type", "=", product_type),
        ("product_sku", "=", product_sku),
    ]
    return listed(store, Selection, SELECTIONS, filters, cursor, limit, IN_PROJECT[SELECTIONS.name])


@app.get("/selections", tags=TAGS)
async def list_all_selections(
    store: StoreId,
    selection_status: SelectionStatus | None = None,
    product_type: ProductType | None = None,
    product_sku: Text = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Selection]:
    """What is selected in all of the store's projects, newest first."""
    filters = [
        ("selection_status", "=", selection_status),
        ("product_type", "=", product_type),
        ("product_sku", "=", product_sku),
    ]
    return listed(store, Selection, SELECTIONS, filters, cursor, limit)


@app.get("/selections/{selection_id}", tags=TAGS)
async def show_selection(selection_id: UUID, store: StoreId, response: Response) -> Selection:
    """One selection."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, SELECTIONS, selection_id), "selection")
    return one(Selection, row, response)


@app.patch("/selections/{selection_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_selection(
    selection_id: UUID,
    change: SelectionChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> Selection:
    """Change what is named; null for a quantity or price has it reckoned again."""
    fields = change.given()
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, SELECTIONS, selection_id, "selection")
        before = found(repository.one(tx, SELECTIONS, selection_id), "selection")
        expect(Selection, before, if_match)
        sku = fields["product_sku"] if "product_sku" in fields else before["product_sku"]
        known = changing.products(tx, store, {sku}).get(sku)
        columns = rules.selection_columns(fields, before, known)
        repository.change(tx, SELECTIONS, selection_id, columns)
        changing.reckon_again(tx, store, project_id)
        row = found(repository.one(tx, SELECTIONS, selection_id), "selection")
    return one(Selection, row, response)


@app.delete("/selections/{selection_id}", status_code=204, tags=TAGS, responses=problems(*CHANGES))
async def remove_selection(selection_id: UUID, store: StoreId, if_match: IfMatch = None) -> None:
    """Take a product out of the selection."""
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, SELECTIONS, selection_id, "selection")
        before = found(repository.one(tx, SELECTIONS, selection_id), "selection")
        expect(Selection, before, if_match)
        if before["selection_status"] in ("ordered", "delivered"):
            raise Conflict("It was ordered: it stays in the project.", slug="ordered")
        repository.remove(tx, SELECTIONS, selection_id)
        changing.reckon_again(tx, store, project_id)
