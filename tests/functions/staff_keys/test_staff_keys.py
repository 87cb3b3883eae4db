"""Staff keys: made once, listed without secrets, revoked for good."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from backshop import db
from backshop.logs import Crash
from backshop.stores import repository as stores
from backshop.web import keys


def test_a_key_is_shown_once_and_only_its_hash_is_stored(load, event, context, owner):
    made = load("staff_keys").handler(event("staff_keys/make"), context)
    key = keys.read(made["staff_key"])
    row = owner.execute("SELECT * FROM backshop.api_keys WHERE id = %s", [made["id"]]).fetchone()
    assert keys.matches(key.secret, row["key_hash"])
    assert key.secret not in str(row)


def test_a_revoked_key_is_revoked_once(load, event, context):
    function = load("staff_keys")
    made = function.handler(event("staff_keys/make"), context)
    assert function.handler({"revoke": made["id"]}, context) == {"id": made["id"], "revoked": True}
    assert function.handler({"revoke": made["id"]}, context)["revoked"] is False
    listed = function.handler(event("staff_keys/list"), context)["staff_keys"]
    assert {"id", "name", "scopes", "created_at", "revoked_at"} == set(listed[0])
    assert made["staff_key"] not in str(listed)


def test_a_key_may_do_less_than_all(load, event, context):
    function = load("staff_keys")
    authorizer = load("authorizer")
    made = function.handler({"name": "Bob", "scopes": ["store"]}, context)
    said = authorizer.handler(
        {"headers": {"authorization": f"Bearer {made['staff_key']}"}}, context
    )
    assert said["context"]["scopes"] == "store"
    assert "store_id" not in said["context"], "of every store"
    with pytest.raises(Crash, match="ValueError"):
        function.handler({"name": "Eve", "scopes": ["everything"]}, context)


def test_revoking_a_key_ends_its_sessions_and_signing_out_ends_them_alone(load, context, aws):
    function = load("staff_keys")
    made = function.handler({"name": "Alice"}, context)
    key = UUID(made["id"])

    def sign_in(token: bytes) -> None:
        with db.transaction(all_stores=True) as tx:
            stores.add_session(tx, token, key, timedelta(hours=8), None)

    def who(token: bytes) -> str | None:
        with db.transaction(all_stores=True) as tx:
            found = stores.session(tx, token)
        return found.name if found else None

    sign_in(b"one")
    sign_in(b"two")
    assert who(b"one") == who(b"two") == "Alice"
    assert function.handler({"sign_out": made["id"]}, context)["ended"] == 2
    assert who(b"one") is who(b"two") is None
    sign_in(b"three")
    function.handler({"revoke": made["id"]}, context)
    assert who(b"three") is None
    db.close()
