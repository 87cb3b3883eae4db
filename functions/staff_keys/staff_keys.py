"""Makes and revokes staff keys. It has no route: who may invoke it is decided by IAM.

{"name": "Alice"}        -> {"id": …, "name": …, "staff_key": …}   shown this once
{"name": "Bob", "scopes": ["store"]}   a key that may do less: everything of every store but what is
                            staff's alone; without `scopes` a key may do both
{"revoke": "<id>"}       -> {"id": …, "revoked": true}, and its sessions at the desk end
{"sign_out": "<id>"}     -> {"id": …, "ended": 2}: its sessions at the desk, not the key
{}                       -> {"staff_keys": [{"id", "name", "scopes", …}, …]}, newest first
"""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from backshop import db
from backshop.aws import config
from backshop.logs import crash_safely
from backshop.stores import repository as stores
from backshop.web import keys

SCOPES = ("staff", "store")


@crash_safely
def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """See the module; raises ValueError for an id that is none, and for scopes that are none."""
    with db.transaction(all_stores=True) as tx:
        if name := event.get("name"):
            scopes = sorted(set(event.get("scopes") or SCOPES))
            if not set(scopes) <= set(SCOPES):
                raise ValueError(f"scopes may be {' and '.join(SCOPES)}")
            id = uuid4()
            config.forget_secret("KEY_SECRET")  # a key that is marked with a former one is none
            key, hashed = keys.make("staff", id)
            stores.add_staff_key(tx, id, str(name), hashed, scopes)
            return {"id": str(id), "name": name, "staff_key": key}
        if revoked := event.get("revoke"):
            stores.end_sessions(tx, UUID(revoked))
            return {"id": revoked, "revoked": stores.revoke_staff_key(tx, UUID(revoked))}
        if signed_out := event.get("sign_out"):
            return {"id": signed_out, "ended": stores.end_sessions(tx, UUID(signed_out))}
        return {"staff_keys": stores.list_staff_keys(tx)}
