"""Rooms of a project, and their surfaces."""

from typing import Any, Literal
from uuid import UUID

from answers import CHANGES, Cursor, IfMatch, Limit, Once, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict, NotFound
from backshop.projects import changing, repository, rules
from backshop.projects.fields import RoomType, SurfaceType
from backshop.projects.models import (
    NewRoom,
    NewSurface,
    Room,
    RoomChange,
    Surface,
    SurfaceChange,
)
from backshop.projects.quantities.models import plain
from backshop.projects.repository import IN_PROJECT, ROOMS, SURFACES
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Response
from served import app

TAGS: list[Any] = ["Rooms and surfaces"]


def locked_project(tx: db.Tx, table: repository.Table, key: UUID, what: str) -> UUID:
    """The project above a row, kept from other changes. Raises NotFound, Conflict."""
    project_id = repository.project_of(tx, table, key)
    if project_id is None:
        raise NotFound(f"There is no such {what}; the list of them tells what there is.")
    changing.lock(tx, project_id)
    return project_id


def room_columns(room: NewRoom) -> dict[str, Any]:
    """Measures in feet, to two decimals."""
    fields = room.given()
    fields.pop("surfaces", None)
    sides = ("room_length_ft", "room_width_ft", "room_height_ft")
    return fields | {side: plain(fields[side]) for side in sides if fields.get(side) is not None}


@app.post("/projects/{project_id}/rooms", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_room(
    project_id: UUID, room: NewRoom, store: StoreId, once: Once, response: Response
) -> Room:
    """A room of the project."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        changing.lock(tx, project_id)
        row = repository.add(tx, ROOMS, {"project_id": project_id, **room_columns(room)})
        return claim.keep(one(Room, row, response))


@app.get("/projects/{project_id}/rooms", tags=TAGS)
async def list_rooms(
    project_id: UUID,
    store: StoreId,
    room_type: RoomType | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Room]:
    """The project's rooms, in the order they were added."""
    filters = [("project_id", "=", project_id), ("room_type", "=", room_type)]
    return listed(store, Room, ROOMS, filters, cursor, limit)


@app.get("/rooms/{room_id}", tags=TAGS)
async def show_room(room_id: UUID, store: StoreId, response: Response) -> Room:
    """One room."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, ROOMS, room_id), "room")
    return one(Room, row, response)


@app.patch("/rooms/{room_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_room(
    room_id: UUID, change: RoomChange, store: StoreId, response: Response, if_match: IfMatch = None
) -> Room:
    """Change what is named."""
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, ROOMS, room_id, "room")
        expect(Room, found(repository.one(tx, ROOMS, room_id), "room"), if_match)
        row = found(repository.change(tx, ROOMS, room_id, room_columns(change)), "room")
        changing.reckon_again(tx, store, project_id)
    return one(Room, row, response)


@app.delete("/rooms/{room_id}", status_code=204, tags=TAGS, responses=problems(*CHANGES))
async def remove_room(room_id: UUID, store: StoreId, if_match: IfMatch = None) -> None:
    """Take a room out, with its surfaces and what is selected for them."""
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, ROOMS, room_id, "room")
        expect(Room, found(repository.one(tx, ROOMS, room_id), "room"), if_match)
        _refuse_ordered(tx, "room_id", room_id)
        repository.remove_room(tx, room_id)
        changing.reckon_again(tx, store, project_id)


@app.post("/rooms/{room_id}/surfaces", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_surface(
    room_id: UUID, surface: NewSurface, store: StoreId, once: Once, response: Response
) -> Surface:
    """A surface of the room, by its area or by measures."""
    columns = surface_columns(surface)
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        locked_project(tx, ROOMS, room_id, "room")
        row = repository.add(tx, SURFACES, {"room_id": room_id, **columns})
        return claim.keep(one(Surface, row, response))


def surface_columns(surface: NewSurface) -> dict[str, Any]:
    """The columns of a new surface. Raises Unprocessable, Conflict."""
    return rules.surface_columns(surface.given(), None)


@app.get("/projects/{project_id}/surfaces", tags=TAGS)
async def list_surfaces(
    project_id: UUID,
    store: StoreId,
    room_id: UUID | None = None,
    surface_type: SurfaceType | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Surface]:
    """The project's surfaces, in the order they were added."""
    filters = [
        ("r.project_id", "=", project_id),
        ("room_id", "=", room_id),
        ("surface_type", "=", surface_type),
    ]
    return listed(store, Surface, SURFACES, filters, cursor, limit, IN_PROJECT[SURFACES.name])


@app.get("/surfaces/{surface_id}", tags=TAGS)
async def show_surface(surface_id: UUID, store: StoreId, response: Response) -> Surface:
    """One surface."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, SURFACES, surface_id), "surface")
    return one(Surface, row, response)


@app.patch("/surfaces/{surface_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_surface(
    surface_id: UUID,
    change: SurfaceChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> Surface:
    """Change what is named; quantities of the whole project are reckoned again."""
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, SURFACES, surface_id, "surface")
        before = found(repository.one(tx, SURFACES, surface_id), "surface")
        expect(Surface, before, if_match)
        columns = rules.surface_columns(change.given(), before)
        row = found(repository.change(tx, SURFACES, surface_id, columns), "surface")
        changing.reckon_again(tx, store, project_id)
    return one(Surface, row, response)


@app.delete("/surfaces/{surface_id}", status_code=204, tags=TAGS, responses=problems(*CHANGES))
async def remove_surface(surface_id: UUID, store: StoreId, if_match: IfMatch = None) -> None:
    """Take a surface out, with what is selected for it."""
    with db.transaction(store_id=store) as tx:
        project_id = locked_project(tx, SURFACES, surface_id, "surface")
        expect(Surface, found(repository.one(tx, SURFACES, surface_id), "surface"), if_match)
        _refuse_ordered(tx, "surface_id", surface_id)
        repository.remove_surface(tx, surface_id)
        changing.reckon_again(tx, store, project_id)


def _refuse_ordered(tx: db.Tx, column: Literal["room_id", "surface_id"], key: UUID) -> None:
    """Raises Conflict where products were ordered for what is to be taken out."""
    if repository.has_ordered(tx, column, key):
        raise Conflict(
            "Products were ordered for it: it stays, so that they can be told apart.",
            slug="ordered",
        )
