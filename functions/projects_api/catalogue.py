"""The catalogue of products."""

from typing import Annotated, Any

from answers import CHANGES, Cursor, IfMatch, Limit, Once, Text, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing, repository
from backshop.projects.catalogue.models import (
    CatalogueChange,
    CatalogueProduct,
    NewCatalogueProduct,
)
from backshop.projects.fields import ProductType, Sku
from backshop.projects.repository import CATALOGUE
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Path, Response
from served import app

TAGS: list[Any] = ["Catalogue"]
PathSku = Annotated[Sku, Path(description="May hold slashes.")]


@app.post("/catalogue", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_product(
    product: NewCatalogueProduct, store: StoreId, once: Once, response: Response
) -> CatalogueProduct:
    """A product of the catalogue."""
    try:
        with db.transaction(store_id=store) as tx:
            claim = once(tx)
            currency = repository.currency(tx)
            columns = product.columns() | ({"currency": currency} if currency else {})
            row = repository.add(tx, CATALOGUE, columns)
            return claim.keep(one(CatalogueProduct, row, response))
    except db.UniqueViolation:
        raise Conflict(
            "A product with this SKU is in the catalogue; change it with PATCH.", slug="sku-taken"
        ) from None


@app.get("/catalogue", tags=TAGS)
async def list_products(
    store: StoreId,
    q: Text = None,
    product_type: ProductType | None = None,
    brand: Text = None,
    material: Text = None,
    color: Text = None,
    in_stock: bool | None = None,
    discontinued: bool | None = None,
    special_order: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[CatalogueProduct]:
    """Products by SKU; `q` is a part of their name."""
    pattern = None if q is None else f"%{q.translate(_WILD)}%"
    filters = [
        ("product_name", "ilike", pattern),
        ("product_type", "=", product_type),
        ("brand", "=", brand),
        ("material", "=", material),
        ("color", "=", color),
        ("in_stock", "=", in_stock),
        ("discontinued", "=", discontinued),
        ("special_order", "=", special_order),
    ]
    return listed(store, CatalogueProduct, CATALOGUE, filters, cursor, limit)


_WILD = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})


@app.get("/catalogue/{sku:path}", tags=TAGS)
async def show_product(sku: PathSku, store: StoreId, response: Response) -> CatalogueProduct:
    """One product."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, CATALOGUE, sku), "product")
    return one(CatalogueProduct, row, response)


@app.patch("/catalogue/{sku:path}", tags=TAGS, responses=problems(*CHANGES))
async def change_product(
    sku: PathSku,
    change: CatalogueChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> CatalogueProduct:
    """Change what is named. Projects with open quotes of it are reckoned again at once, others when
    they are next changed."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, CATALOGUE, sku, lock=True), "product")
        expect(CatalogueProduct, row, if_match)
        changed = found(repository.change(tx, CATALOGUE, sku, change.columns()), "product")
        changing.reckon_quoted(tx, store, [sku])
    return one(CatalogueProduct, changed, response)
