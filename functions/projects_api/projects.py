"""Projects: as a whole, as a list, and the steps of their status."""

from typing import Annotated, Any
from uuid import UUID

import stored
from answers import CHANGES, Cursor, Day, IfMatch, Limit, Once, Text, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing, repository, rules
from backshop.projects.archive import archiving
from backshop.projects.conversations import repository as conversations
from backshop.projects.fields import ProjectStatus, Urgency
from backshop.projects.models import NewProject, Project, ProjectChange, StatusMove, WholeProject
from backshop.projects.repository import PROJECTS
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Query, Response
from served import app

TAGS: list[Any] = ["Projects"]


@app.post("/projects", status_code=201, tags=TAGS, responses=problems(Conflict))
async def add_project(
    project: NewProject, store: StoreId, once: Once, response: Response
) -> Project:
    """A project of a customer."""
    try:
        with db.transaction(store_id=store) as tx:
            claim = once(tx)
            row = added(tx, project.model_dump(exclude_unset=True))
            return claim.keep(one(Project, row, response))
    except db.ForeignKeyViolation:
        raise _no_customer() from None


def added(tx: db.Tx, columns: dict[str, Any]) -> repository.Row:
    """The stored row, in the store's currency. Raises ForeignKeyViolation."""
    currency = repository.currency(tx)
    return repository.add(tx, PROJECTS, columns | ({"currency": currency} if currency else {}))


def _no_customer() -> Conflict:
    return Conflict(
        "There is no customer with this customer_id; POST /customers adds one.", slug="no-customer"
    )


@app.get("/projects", tags=TAGS)
async def list_projects(
    store: StoreId,
    status: ProjectStatus | None = None,
    customer_id: UUID | None = None,
    sales_associate: Text = None,
    urgency_level: Urgency | None = None,
    created_from: Day | None = None,
    created_until: Annotated[Day | None, Query(description="Not this day any more.")] = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Project]:
    """Projects, newest first."""
    filters = [
        ("project_status", "=", status),
        ("customer_id", "=", customer_id),
        ("sales_associate", "=", sales_associate),
        ("urgency_level", "=", urgency_level),
        ("created_at", ">=", created_from),
        ("created_at", "<", created_until),
    ]
    return listed(store, Project, PROJECTS, filters, cursor, limit)


@app.get("/projects/{project_id}", tags=TAGS)
async def show_project(project_id: UUID, store: StoreId, response: Response) -> WholeProject:
    """A project whole: customer, rooms, surfaces, selections and totals."""
    with db.transaction(store_id=store) as tx:
        project = changing.whole(tx, project_id)
    response.headers["ETag"] = f'"{project.version}"'
    return project


@app.patch("/projects/{project_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_project(
    project_id: UUID,
    change: ProjectChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> Project:
    """Change what is named."""
    columns = change.model_dump(exclude_unset=True)
    try:
        with db.transaction(store_id=store) as tx:
            expect(Project, changing.lock(tx, project_id), if_match)
            row = found(repository.change(tx, PROJECTS, project_id, columns), "project")
            if "customer_id" in columns:
                changing.reckon_again(tx, store, project_id)
    except db.ForeignKeyViolation:
        raise _no_customer() from None
    return one(Project, row, response)


@app.post("/projects/{project_id}/status", tags=TAGS, responses=problems(*CHANGES))
async def move_project(
    project_id: UUID, move: StatusMove, store: StoreId, response: Response, if_match: IfMatch = None
) -> Project:
    """Move a project to in_progress, completed or cancelled, as far as its status allows."""
    with db.transaction(store_id=store) as tx:
        project = changing.lock(tx, project_id)
        expect(Project, project, if_match)
        step = rules.move(
            project["project_status"], move.status, move.completed_on, conversations.today(tx)
        )
        row = found(repository.change(tx, PROJECTS, project_id, step), "project")
    return one(Project, row, response)


@app.post("/projects/{project_id}/restore", tags=TAGS, responses=problems(Conflict))
async def restore_project(project_id: UUID, store: StoreId, response: Response) -> WholeProject:
    """Bring the details of an archived project back."""
    with db.transaction(store_id=store) as tx:
        if not archiving.restore(
            tx, project_id, lambda key: stored.read(key, "What was archived of the project")
        ):
            found(repository.one(tx, PROJECTS, project_id), "project")
            raise Conflict("The project is not archived.", slug="not-archived")
        project = changing.whole(tx, project_id)
    response.headers["ETag"] = f'"{project.version}"'
    return project


@app.get("/projects/{project_id}/next", tags=TAGS)
async def ask_next(project_id: UUID, store: StoreId) -> rules.Next:
    """What is still unknown (who, what, when, how, how much), and what to say next."""
    with db.transaction(store_id=store) as tx:
        project = changing.whole(tx, project_id)
        return rules.next_step(project, conversations.next_contact(tx, project_id))


@app.get("/projects/{project_id}/quantities", tags=["Quantities"], responses=problems(Conflict))
async def reckon_project(project_id: UUID, store: StoreId) -> rules.ProjectQuantities:
    """What the project's surfaces take, each product rounded up over all rooms once."""
    with db.transaction(store_id=store) as tx:
        project = changing.whole(tx, project_id)
        return changing.reckoned_of(tx, store, project).shown
