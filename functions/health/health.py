"""GET /health: whether backshop can do its work, for whoever watches it from outside."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from backshop import db, logs
from backshop.aws import config
from backshop.errors import Unavailable
from backshop.web import routes
from pydantic import BaseModel

app = routes.app("Health")
handler = routes.handler(app)

NOBODY = UUID(int=0)
"""A store that there is not: the question is to the database alone."""


class Health(BaseModel):
    """What was asked just now, and answered."""

    status: Literal["ok"] = "ok"
    database: Literal["ok"] = "ok"


@routes.route(app, "GET /health", scope="anyone", problems=[Unavailable], example=Health())
def check() -> Health:
    """Whether the API, its secrets and its database answer.

    503 where they do not; what is wrong stands in the log.
    """
    try:
        with db.transaction(store_id=NOBODY) as tx:
            tx.execute("SELECT 1")
    except (db.Unreachable, config.Unreachable) as away:
        logs.failure("the database cannot be asked", away)
        raise Unavailable("The database does not answer; try again.", retry_after=30) from away
    return Health()
