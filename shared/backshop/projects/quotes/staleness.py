"""Open quotes whose project is not as it was quoted any more say so; they stay as they are."""

from __future__ import annotations

from backshop.db import Tx
from backshop.projects.models import WholeProject
from backshop.projects.quantities.models import Product
from backshop.projects.quotes import repository, rules
from backshop.projects.quotes.models import Content, NewQuote
from backshop.projects.repository import Row


def note(tx: Tx, project: WholeProject, catalogue: dict[str, Product]) -> None:
    """Compare each open quote of the project with what it would be now."""
    quotes = repository.open_quotes(tx, project.project_id)
    if not quotes:
        return
    settings = repository.shop(tx).settings
    for quote in quotes:
        quoted = Content.model_validate(quote["content"])
        now = rules.draft(project, asked_of(quote), catalogue, settings).content
        changes = rules.changes_between(quoted, now)
        dumped = changes.model_dump(mode="json") if changes else None
        if dumped != quote["changes"]:
            repository.mark_stale(tx, quote["quote_id"], dumped)


def asked_of(quote: Row) -> NewQuote:
    """What a stored quote was asked to hold."""
    return NewQuote.model_validate(quote["asked"], strict=False)
