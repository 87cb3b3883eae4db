"""Staff keys: made once, listed without secrets, revoked for good."""

from __future__ import annotations

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
    assert {"id", "name", "created_at", "revoked_at"} == set(listed[0])
    assert made["staff_key"] not in str(listed)
