"""Keys become principals; everything else is nobody."""

from __future__ import annotations

from uuid import uuid4

import bcrypt
import pytest
from backshop import db
from backshop.aws import config
from backshop.web import keys


@pytest.fixture
def authorize(load, event, context):
    function = load("authorizer")

    def ask(header: str | None):
        request = event("authorizer/staff_key")
        request["headers"].pop("authorization")
        if header is not None:
            request["headers"]["authorization"] = header
        return function.handler(request, context)

    return ask


@pytest.fixture
def staff_key(load, event, context):
    return load("staff_keys").handler(event("staff_keys/make"), context)


@pytest.fixture
def store_key(owner, store):
    key, hashed = keys.make("store", store)
    owner.execute("UPDATE insights.stores SET api_key_hash = %s WHERE id = %s", [hashed, store])
    return key


def test_a_staff_key_has_all_scopes_and_no_store(authorize, staff_key):
    answer = authorize(f"Bearer {staff_key['staff_key']}")
    assert answer == {
        "isAuthorized": True,
        "context": {"kind": "staff", "id": staff_key["id"], "scopes": "staff store"},
    }


def test_a_store_key_is_tied_to_its_store(authorize, store_key, store):
    context = authorize(f"bearer {store_key}")["context"]
    assert (context["kind"], context["store_id"], context["scopes"]) == (
        "store",
        str(store),
        "store",
    )


def test_a_store_key_does_not_open_another_store(authorize, store_key, store, new_store, owner):
    other = new_store()
    owner.execute(
        "UPDATE insights.stores SET api_key_hash = %s WHERE id = %s",
        [keys.make("store", other)[1], other],
    )
    assert not authorize(f"Bearer {store_key.replace(store.hex, other.hex)}")["isAuthorized"]


def test_a_store_key_is_no_staff_key(authorize, store_key):
    assert not authorize(f"Bearer {store_key.replace('bs_store', 'bs_staff')}")["isAuthorized"]


@pytest.mark.parametrize(
    "header",
    [
        None, "", "Bearer", "Bearer ", "Bearer x", "Basic YTpi", "Bearer bs_staff_x_y",
        "Bearer bs_admin_7c9e6679742540de944be07fc1f90ae7_secret",
        "Bearer bs_staff_7c9e6679742540de944be07fc1f90ae7_unknown",
        "Bearer bs_staff_7c9e6679742540de944be07fc1f90ae7_" + "x" * 10_000,
        "Bearer bs_staff_7c9e6679742540de944be07fc1f90ae7_\x00",
    ],
)  # fmt: skip
def test_whatever_is_no_key_is_nobody(authorize, header):
    assert authorize(header) == {"isAuthorized": False}


def test_a_revoked_key_stops_working_when_the_kept_answer_ends(
    load, event, context, staff_key, monkeypatch
):
    function = load("authorizer")
    request = event("authorizer/staff_key")
    request["headers"]["authorization"] = f"Bearer {staff_key['staff_key']}"
    assert function.handler(request, context)["isAuthorized"]
    load("staff_keys").handler({"revoke": staff_key["id"]}, context)
    monkeypatch.setattr(function, "SECONDS", 0)
    assert not function.handler(request, context)["isAuthorized"]


def test_made_up_keys_cost_nothing(authorize, store_key, store, new_store, monkeypatch):
    """Whoever makes a key up has no mark for it: neither Postgres nor bcrypt is asked."""
    asked: list[str] = []

    def noting(name, call):
        def note(*args, **named):
            asked.append(name)
            return call(*args, **named)

        return note

    monkeypatch.setattr(db, "transaction", noting("database", db.transaction))
    monkeypatch.setattr(bcrypt, "checkpw", noting("bcrypt", bcrypt.checkpw))
    unmarked, mark = store_key[: -keys.MARK_LENGTH], store_key[-keys.MARK_LENGTH :]
    other = new_store()
    made_up = [
        unmarked,
        unmarked + "A" * len(mark),
        unmarked + mark.swapcase(),
        unmarked + mark[:-1],
        store_key.replace(store.hex, other.hex),
        store_key.replace("bs_store", "bs_staff"),
        store_key.replace(store.hex, store.hex.upper()),
        store_key + "A",
        mark,
        "_" * 60,
        "é" * 60,
        *(f"bs_{kind}_{uuid4().hex}_{uuid4().hex}{mark}" for kind in ("store", "staff")),
        *(
            unmarked[:place]
            + ("x" if unmarked[place] != "x" else "y")
            + unmarked[place + 1 :]
            + mark
            for place in range(len(unmarked))
        ),
    ]
    for key in made_up:
        assert key != store_key
        assert authorize(f"Bearer {key}") == {"isAuthorized": False}, key
    assert asked == []
    assert authorize(f"Bearer {store_key}")["isAuthorized"], "and the real one is looked up"
    assert asked == ["database", "bcrypt"]


def test_a_key_that_another_deployment_marked_is_nobody(authorize, store, owner, monkeypatch, aws):
    ours = config.secret
    monkeypatch.setattr(config, "secret", lambda _name: "the secret of another deployment")
    key, hashed = keys.make("store", store)
    monkeypatch.setattr(config, "secret", ours)
    owner.execute("UPDATE insights.stores SET api_key_hash = %s WHERE id = %s", [hashed, store])
    assert authorize(f"Bearer {key}") == {"isAuthorized": False}
