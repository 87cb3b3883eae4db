"""Makes and revokes staff keys. It has no route: who may invoke it is decided by IAM.

{"name": "Alice"}        -> {"id": …, "name": …, "staff_key": …}   shown this once
{"revoke": "<id>"}       -> {"id": …, "revoked": true}
{}                       -> {"staff_keys": [{"id", "name", "created_at", "revoked_at"}, …]}
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from backshop import db
from backshop.logs import crash_safely
from backshop.stores import repository as stores
from backshop.web import keys


@crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module; raises ValueError for an id that is none."""
    with db.transaction(all_stores=True) as tx:
        if name := event.get("name"):
            id = uuid4()
            key, hashed = keys.make("staff", id)
            stores.add_staff_key(tx, id, str(name), hashed)
            return {"id": str(id), "name": name, "staff_key": key}
        if revoked := event.get("revoke"):
            return {"id": revoked, "revoked": stores.revoke_staff_key(tx, UUID(revoked))}
        return {"staff_keys": stores.list_staff_keys(tx)}
