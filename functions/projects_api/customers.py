"""Customers: who they are, and how they are found."""

from typing import Any
from uuid import UUID

from answers import CHANGES, Cursor, IfMatch, Limit, Once, Text, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing, repository
from backshop.projects.fields import CustomerType
from backshop.projects.models import Customer, CustomerChange, NewCustomer, Summary
from backshop.projects.repository import CUSTOMERS
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Response
from pydantic import BaseModel
from served import app

SEARCHED = 50
"""Customers that a search finds at most."""
PRICING = ("customer_type", "pro_account_number", "tax_exemption")
"""What prices and tax follow from."""
TAGS: list[Any] = ["Customers"]


class Summaries(BaseModel):
    items: list[Summary]


@app.post("/customers", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_customer(
    customer: NewCustomer, store: StoreId, once: Once, response: Response
) -> Customer:
    """A new customer."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        return claim.keep(one(Customer, added(tx, customer), response))


def added(tx: db.Tx, customer: NewCustomer) -> repository.Row:
    """The stored row. Raises Conflict where the e-mail address is another customer's."""
    try:
        return repository.add(tx, CUSTOMERS, _columns(customer))
    except db.UniqueViolation:
        raise _taken() from None


def _taken() -> Conflict:
    return Conflict(
        "A customer with this e-mail address is there already; GET /customers?email= shows them.",
        slug="already-a-customer",
    )


def _columns(customer: NewCustomer) -> dict[str, Any]:
    columns = customer.model_dump(exclude_unset=True)
    if columns.get("email"):
        columns["email"] = columns["email"].lower()
    return columns


@app.get("/customers", tags=TAGS)
async def list_customers(
    store: StoreId,
    q: Text = None,
    email: Text = None,
    customer_type: CustomerType | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Customer]:
    """Customers, newest first; with `q` those found by name, e-mail or phone, the likeliest first.

    A search forgives slips of letters and any spelling of a phone. It is one page.
    """
    if q is not None:
        with db.reading(store) as tx:
            rows = repository.found_customers(tx, q, min(limit, SEARCHED))
        return paging.Page(items=[Customer.model_validate(row) for row in rows], next_cursor=None)
    filters = [
        ("email", "=", email.lower() if email else email),
        ("customer_type", "=", customer_type),
    ]
    return listed(store, Customer, CUSTOMERS, filters, cursor, limit)


@app.get("/customers/{customer_id}", tags=TAGS)
async def show_customer(customer_id: UUID, store: StoreId, response: Response) -> Customer:
    """One customer."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, CUSTOMERS, customer_id), "customer")
    return one(Customer, row, response)


@app.patch("/customers/{customer_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_customer(
    customer_id: UUID,
    change: CustomerChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> Customer:
    """Change what is named. Their open projects are reckoned again where prices or tax follow from
    it."""
    try:
        with db.transaction(store_id=store) as tx:
            row = found(repository.one(tx, CUSTOMERS, customer_id, lock=True), "customer")
            expect(Customer, row, if_match)
            changed = found(
                repository.change(tx, CUSTOMERS, customer_id, _columns(change)), "customer"
            )
            if any(row[name] != changed[name] for name in PRICING):
                changing.reckon_customer(tx, store, customer_id)
    except db.UniqueViolation:
        raise _taken() from None
    return one(Customer, changed, response)


@app.get("/customers/{customer_id}/projects", tags=TAGS)
async def summarize_customer(customer_id: UUID, store: StoreId) -> Summaries:
    """A customer's projects with their rooms, area and tile budget, newest first."""
    with db.reading(store) as tx:
        found(repository.one(tx, CUSTOMERS, customer_id), "customer")
        rows = repository.summary(tx, customer_id)
    return Summaries(items=[Summary.model_validate(row) for row in rows])
