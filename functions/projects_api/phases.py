"""The four phases of an AOS conversation, each recorded in one transaction with its entry."""

from typing import Any
from uuid import UUID

import customers
import projects
import rooms
import selections
from answers import Once
from backshop import db
from backshop.errors import Conflict, Unprocessable
from backshop.projects import changing, repository, rules
from backshop.projects.conversations import repository as follow_ups
from backshop.projects.conversations.models import (
    Close,
    Conversation,
    Design,
    Greeted,
    Greeting,
    Needs,
    Recorded,
)
from backshop.projects.models import Customer, Project
from backshop.projects.repository import CUSTOMERS, PROJECTS, ROOMS, SURFACES
from backshop.web.fast import StoreId, problems
from conversations import noted
from served import app

TAGS: list[Any] = ["Phases"]


@app.post("/projects/greeting", status_code=201, tags=TAGS, responses=problems(Conflict))
async def greet(greeting: Greeting, store: StoreId, once: Once) -> Greeted:
    """Phase 1, greeting and credibility: who it is, and their project."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        customer = _customer(tx, greeting)
        columns = greeting.project.model_dump(exclude_unset=True)
        columns |= {
            "customer_id": customer["customer_id"],
            "installation_method": greeting.project.installation_method,
        }
        project = projects.added(tx, columns)
        entry = greeting.conversation.model_dump(exclude_none=True)
        entry = {"interaction_type": "initial_inquiry", "outcome": "information_gathered"} | entry
        row = noted(tx, project, entry)
        whole = changing.whole(tx, project["project_id"])
        return claim.keep(
            Greeted(
                customer=Customer.model_validate(customer),
                project=Project.model_validate(project),
                conversation=Conversation.model_validate(row),
                next=rules.next_step(whole, row["next_contact_date"]),
            )
        )


def _customer(tx: db.Tx, greeting: Greeting) -> repository.Row:
    if greeting.customer_id is None:
        if greeting.customer is None:
            raise Unprocessable("Give `customer` for somebody new, or customer_id.", slug="who")
        return customers.added(tx, greeting.customer)
    row = repository.one(tx, CUSTOMERS, greeting.customer_id)
    if row is None:
        raise Conflict(
            "There is no customer with this customer_id: send `customer` for somebody new.",
            slug="no-customer",
        )
    return row


@app.post("/projects/{project_id}/needs-assessment", tags=TAGS, responses=problems(Conflict))
async def assess_needs(project_id: UUID, needs: Needs, store: StoreId, once: Once) -> Recorded:
    """Phase 2, needs assessment: what is tiled, who does it, when, and for how much."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project = changing.lock(tx, project_id)
        for room in needs.rooms:
            columns = {"project_id": project_id, **rooms.room_columns(room)}
            added = repository.add(tx, ROOMS, columns)
            for surface in room.surfaces:
                columns = {"room_id": added["room_id"], **rooms.surface_columns(surface)}
                repository.add(tx, SURFACES, columns)
        repository.change(tx, PROJECTS, project_id, needs.project.model_dump(exclude_none=True))
        entry = {"aos_phase": "needs_assessment", "outcome": "information_gathered"}
        row = noted(tx, project, entry | needs.conversation.model_dump(exclude_none=True))
        return claim.keep(_recorded(tx, project_id, row), status=200)


@app.post("/projects/{project_id}/design-details", tags=TAGS, responses=problems(Conflict))
async def design(project_id: UUID, details: Design, store: StoreId, once: Once) -> Recorded:
    """Phase 3, design and details: products that are considered for surfaces of the project."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project = changing.lock(tx, project_id)
        surfaces = repository.surfaces_of(tx, project_id)
        skus = {selection.product_sku for selection in details.selections}
        known = changing.products(tx, store, skus)
        for selection in details.selections:
            if selection.surface_id not in surfaces:
                raise Conflict(
                    "A surface_id is none of this project's; GET /projects/{id} shows them.",
                    slug="no-surface",
                )
            selections.added(tx, selection.surface_id, selection, known)
        changing.reckon_again(tx, store, project_id)
        entry = {"aos_phase": "design_details"}
        row = noted(tx, project, entry | details.conversation.model_dump(exclude_none=True))
        return claim.keep(_recorded(tx, project_id, row), status=200)


@app.post("/projects/{project_id}/close", tags=TAGS, responses=problems(Conflict))
async def close(project_id: UUID, closing: Close, store: StoreId, once: Once) -> Recorded:
    """Phase 4, close and follow-up: how the conversation ended, and what comes next."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project = changing.lock(tx, project_id)
        fields = closing.conversation.model_dump(exclude_none=True)
        kind = "order_placement" if fields.get("outcome") == "order_placed" else "followup"
        row = noted(tx, project, {"aos_phase": "close", "interaction_type": kind} | fields)
        return claim.keep(_recorded(tx, project_id, row), status=200)


def _recorded(tx: db.Tx, project_id: UUID, row: repository.Row) -> Recorded:
    whole = changing.whole(tx, project_id)
    return Recorded(
        project=whole,
        conversation=Conversation.model_validate(row),
        next=rules.next_step(whole, follow_ups.next_contact(tx, project_id)),
    )
