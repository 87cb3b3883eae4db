"""The conversation log of a project."""

from typing import Any
from uuid import UUID

from answers import CHANGES, Cursor, Day, IfMatch, Limit, Once, Text, expect, found, listed, one
from backshop import db
from backshop.errors import Conflict
from backshop.projects import changing, repository
from backshop.projects.conversations.models import (
    Conversation,
    ConversationChange,
    NewConversation,
)
from backshop.projects.fields import InteractionType, Outcome, Phase
from backshop.projects.repository import CONVERSATIONS
from backshop.web import paging
from backshop.web.fast import StoreId, problems
from fastapi import Response
from served import app

TAGS: list[Any] = ["Conversations"]


@app.post(
    "/projects/{project_id}/conversations", status_code=201, tags=TAGS, responses=problems(Conflict)
)
async def add_conversation(
    project_id: UUID,
    conversation: NewConversation,
    store: StoreId,
    once: Once,
    response: Response,
) -> Conversation:
    """An entry of the project's log."""
    with db.transaction(store_id=store) as tx:
        claim = once(tx)
        project = changing.lock(tx, project_id)
        row = noted(tx, project, conversation.model_dump(exclude_unset=True))
        return claim.keep(one(Conversation, row, response))


def noted(tx: db.Tx, project: repository.Row, fields: dict[str, Any]) -> repository.Row:
    """The stored entry; its associate is the project's where it names none."""
    columns = {"sales_associate": project["sales_associate"], "project_id": project["project_id"]}
    columns |= {key: value for key, value in fields.items() if value is not None}
    return repository.add(tx, CONVERSATIONS, columns)


@app.get("/projects/{project_id}/conversations", tags=TAGS)
async def list_conversations(
    project_id: UUID,
    store: StoreId,
    aos_phase: Phase | None = None,
    outcome: Outcome | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Conversation]:
    """The project's log, newest first."""
    filters = [
        ("project_id", "=", project_id),
        ("aos_phase", "=", aos_phase),
        ("outcome", "=", outcome),
    ]
    return listed(store, Conversation, CONVERSATIONS, filters, cursor, limit)


@app.get("/conversations", tags=TAGS)
async def list_all_conversations(
    store: StoreId,
    sales_associate: Text = None,
    aos_phase: Phase | None = None,
    interaction_type: InteractionType | None = None,
    outcome: Outcome | None = None,
    since: Day | None = None,
    until: Day | None = None,
    cursor: Cursor = None,
    limit: Limit = paging.LIMIT,
) -> paging.Page[Conversation]:
    """The store's log, newest first; `until` is not in it."""
    filters = [
        ("sales_associate", "=", sales_associate),
        ("aos_phase", "=", aos_phase),
        ("interaction_type", "=", interaction_type),
        ("outcome", "=", outcome),
        ("conversation_date", ">=", since),
        ("conversation_date", "<", until),
    ]
    return listed(store, Conversation, CONVERSATIONS, filters, cursor, limit)


@app.get("/conversations/{log_id}", tags=TAGS)
async def show_conversation(log_id: UUID, store: StoreId, response: Response) -> Conversation:
    """One entry."""
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, CONVERSATIONS, log_id), "conversation")
    return one(Conversation, row, response)


@app.patch("/conversations/{log_id}", tags=TAGS, responses=problems(*CHANGES))
async def change_conversation(
    log_id: UUID,
    change: ConversationChange,
    store: StoreId,
    response: Response,
    if_match: IfMatch = None,
) -> Conversation:
    """Change what is named; when it was stays."""
    columns = change.model_dump(exclude_unset=True, exclude={"conversation_date"})
    with db.transaction(store_id=store) as tx:
        row = found(repository.one(tx, CONVERSATIONS, log_id, lock=True), "conversation")
        expect(Conversation, row, if_match)
        changed = found(repository.change(tx, CONVERSATIONS, log_id, columns), "conversation")
    return one(Conversation, changed, response)
