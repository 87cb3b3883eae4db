"""Routes of staff for a person who asks what is known of them, or to be forgotten; by e-mail or
phone. Only this function and webhook_ingest, which obeys the platforms, may erase somebody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

from backshop import db, privacy
from backshop.aws import config, objects
from backshop.commerce import Person, Store
from backshop.errors import NotFound
from backshop.stores import repository as stores
from backshop.web import callers, http, routes
from pydantic import BaseModel, ConfigDict, Field, model_validator

LINK_LASTS = timedelta(minutes=15)

app = routes.app("People")
handler = routes.handler(app)

Email = Annotated[str, Field(max_length=255, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$")]
Phone = Annotated[str, Field(min_length=7, max_length=50, pattern=r"^[\s\d()+./-]+$")]


class Asked(BaseModel):
    """Who it is about. Without `dry_run: false` nothing is done but counted."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: Email | None = None
    phone: Phone | None = None
    dry_run: bool = True

    @model_validator(mode="after")
    def _somebody(self) -> Asked:
        if self.email is None and self.phone is None:
            raise ValueError("say who it is by email or phone")
        return self


class Found(BaseModel):
    """What is known of the person, in numbers of rows."""

    customers: int = Field(description="Accounts of the shop that are the person's.")
    rows: dict[str, dict[str, int]] = Field(
        description="By context and table, where there are any."
    )
    total: int


class Exported(Found):
    """The file is kept for seven days; the link lives 15 minutes."""

    request_id: str | None
    url: str | None


class Erasure(Found):
    """What was found, and whether it is erased now."""

    erased: bool


NUMBERS = {"customers": 1, "rows": {"connect": {"platform_customer": 1}}, "total": 1}


@routes.route(
    app,
    "POST /connectors/<id>/data-requests",
    scope="staff",
    body_example={"email": "shopper@example.com", "dry_run": False},
    example=NUMBERS | {"request_id": "staff-6f1c1e0a", "url": "https://data.example.com/exports/…"},
)
def export(id: UUID, body: Asked) -> Exported:
    """Export everything that every context knows of a person into a file; without `dry_run: false`
    it is counted alone."""
    with db.transaction(store_id=_store_id(id)) as tx:
        store = _store(tx, id)
        people = _people(tx, body)
        found = _found(tx, store, people)
        if body.dry_run or not found.total:
            return Exported(**found.model_dump(), request_id=None, url=None)
        request_id = f"staff-{uuid4()}"
        key = privacy.keep_export(tx, store, people[0], request_id, datetime.now(UTC), people[1:])
    url = objects.link(config.value("DATA_BUCKET"), key, LINK_LASTS)
    return Exported(**found.model_dump(), request_id=request_id, url=url)


@routes.route(
    app,
    "POST /connectors/<id>/erasures",
    scope="staff",
    body_example={"phone": "+1 555 010 0123", "dry_run": False},
    example=NUMBERS | {"erased": True},
)
def erase(id: UUID, body: Asked) -> Erasure:
    """Forget a person in every context; orders keep their goods and amounts. It cannot be taken
    back: without `dry_run: false` it is counted alone. It may be repeated."""
    with db.transaction(store_id=_store_id(id)) as tx:
        store = _store(tx, id)
        people = _people(tx, body)
        found = _found(tx, store, people)
        if not body.dry_run:
            for person in people:
                privacy.erase_with_objects(tx, store, person, datetime.now(UTC))
    return Erasure(**found.model_dump(), erased=not body.dry_run)


def _people(tx: db.Tx, body: Asked) -> list[Person]:
    """The person, once for each way in which the store writes their phone."""
    email = body.email.strip() if body.email else None
    if body.phone is None:
        return [Person(email=email)]
    return [Person(email=email, phone=each) for each in privacy.spellings(tx, body.phone.strip())]


def _found(tx: db.Tx, store: Store, people: list[Person]) -> Found:
    exported = privacy.export(tx, store, *people)
    rows: dict[str, dict[str, int]] = {}
    for context, tables in exported.items():
        numbers = {table: len(kept) for table, kept in _tables(tables).items() if kept}
        if context != "person" and numbers:
            rows[context] = numbers
    return Found(
        customers=rows.get("connect", {}).get("platform_customer", 0),
        rows=rows,
        total=sum(number for tables in rows.values() for number in tables.values()),
    )


def _tables(tables: Any) -> dict[str, list[Any]]:
    return {name: kept for name, kept in dict(tables).items() if isinstance(kept, list)}


def _store(tx: db.Tx, id: UUID) -> Store:
    """Also one without a platform, of which nothing here depends."""
    shop = stores.load(tx)
    if shop is not None:
        return shop
    settings = stores.settings_without_platform(tx)
    if settings is None:
        raise NotFound("There is no such store; GET /status lists them.")
    known: dict[str, Any] = {"id": id, "platform": None, "settings": settings, "url": ""}
    return Store.model_construct(None, **known)


def _store_id(id: UUID) -> UUID:
    event: http.Event = app.current_event.raw_event
    return callers.own_store(event, id)
