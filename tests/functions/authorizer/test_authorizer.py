"""Keys become principals; everything else is nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import bcrypt
import psycopg
import pytest
from backshop import db
from backshop.aws import config
from backshop.web import keys, tokens


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


def test_a_revoked_key_is_nobody_at_once(load, event, context, authorize, staff_key):
    """Only API Gateway keeps answers, for a minute."""
    header = f"Bearer {staff_key['staff_key']}"
    assert authorize(header)["isAuthorized"]
    load("staff_keys").handler({"revoke": staff_key["id"]}, context)
    assert not authorize(header)["isAuthorized"]


@pytest.fixture
def hashings(monkeypatch):
    """How often bcrypt was asked."""
    counted: list[str] = []
    check = bcrypt.checkpw

    def checked(secret, hashed):
        counted.append("bcrypt")
        return check(secret, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", checked)
    return counted


def test_a_secret_is_hashed_once_while_its_hash_stays(authorize, store_key, hashings):
    assert [authorize(f"Bearer {store_key}")["isAuthorized"] for _ in range(3)] == [True] * 3
    assert len(hashings) == 1


def test_a_key_that_was_replaced_is_nobody_and_the_new_one_is_hashed(
    authorize, store_key, store, owner, hashings
):
    assert authorize(f"Bearer {store_key}")["isAuthorized"]
    new, hashed = keys.make("store", store)
    owner.execute("UPDATE insights.stores SET api_key_hash = %s WHERE id = %s", [hashed, store])
    assert not authorize(f"Bearer {store_key}")["isAuthorized"]
    assert authorize(f"Bearer {new}")["isAuthorized"]
    assert len(hashings) == 3


def test_no_more_than_so_many_secrets_are_remembered(
    load, event, context, store_key, staff_key, hashings, monkeypatch
):
    function, ask = load("authorizer"), event("authorizer/staff_key")
    monkeypatch.setattr(function, "MOST_MATCHED", 1)
    for key in (store_key, staff_key["staff_key"], staff_key["staff_key"], store_key):
        ask["headers"]["authorization"] = f"Bearer {key}"
        assert function.handler(ask, context)["isAuthorized"]
    assert len(hashings) == 3


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


@pytest.fixture
def steps(monkeypatch):
    """What is asked of the database, and with what bcrypt hashes: by their costs."""
    taken: list[str] = []
    execute, check = psycopg.Cursor.execute, bcrypt.checkpw

    def executed(self, query, *rest, **named):
        taken.append(str(query)[:6])
        return execute(self, query, *rest, **named)

    def checked(secret, hashed):
        taken.append(f"{len(secret)} {hashed[:7]!r}")
        return check(secret, hashed)

    monkeypatch.setattr(psycopg.Cursor, "execute", executed)
    monkeypatch.setattr(bcrypt, "checkpw", checked)
    # Hashes of tests are cheap; a key's own, and the one that no key has, cost the same outside.
    assert keys.NOBODY[:7] == "$2b$10$"
    monkeypatch.setattr(keys, "NOBODY", "$2b$04$" + keys.NOBODY[7:])
    return taken


def test_hashes_of_keys_cost_what_the_one_costs_that_no_key_has():
    assert keys.NOBODY.startswith(f"$2b${keys.ROUNDS:02d}$")


@pytest.mark.parametrize("kind", ["staff", "store"])
def test_whatever_keeps_a_key_of_ours_out_takes_the_same_steps(
    kind, load, event, context, owner, new_store, aws, steps
):
    """Revoked, replaced, expired, of nobody: what a key that opens takes, so that neither the
    answer nor its time tells which ids there are."""
    module = load("authorizer")
    ask = event("authorizer/staff_key")

    def walk(key: str) -> tuple[bool, tuple[str, ...]]:
        steps.clear()
        module._matched.clear()
        ask["headers"]["authorization"] = f"Bearer {key}"
        return module.handler(ask, context)["isAuthorized"], tuple(steps)

    def kept(hashed_as: str | None, **columns: str) -> str:
        id = new_store() if kind == "store" else uuid4()
        key, hashed = keys.make(kind, id)
        if kind == "store":
            owner.execute(
                "UPDATE insights.stores SET api_key_hash = %s WHERE id = %s",
                [hashed_as or hashed, id],
            )
            return key
        owner.execute(
            "INSERT INTO backshop.api_keys (id, kind, name, key_hash, revoked_at, expires_at)"
            " VALUES (%s, 'staff', 'a', %s, %s, %s)",
            [id, hashed_as or hashed, columns.get("revoked"), columns.get("expires")],
        )
        return key

    walk(kept(None))  # connects
    is_open, way = walk(kept(None))
    assert is_open
    kept_out = {
        "of nobody": keys.make(kind, uuid4())[0],
        "replaced": kept(keys.make(kind, uuid4())[1]),
    }
    if kind == "staff":
        kept_out["revoked"] = kept(None, revoked="2026-01-01")
        kept_out["expired"] = kept(None, expires="2026-01-01")
        assert walk(kept(None, expires="2099-01-01"))[0]
    assert {why: walk(key) for why, key in kept_out.items()} == dict.fromkeys(
        kept_out, (False, way)
    )


@pytest.mark.parametrize("wrong", ["purpose", "time", "signature", "letters"])
def test_a_token_that_is_no_publishable_one_takes_no_steps(authorize, steps, store, wrong):
    at = datetime.now(UTC) - timedelta(hours=2 if wrong == "time" else 0)
    purpose = "try-on session" if wrong == "purpose" else "publishable"
    token = tokens.sign(purpose, {"store_id": str(store)}, at=at, lasts=timedelta(hours=1))
    if wrong == "signature":
        token = token[:-4] + ("AAAA" if token[-4:] != "AAAA" else "BBBB")
    if wrong == "letters":
        token = token.replace(".", "..", 1)
    steps.clear()
    assert authorize(f"Bearer {token}") == {"isAuthorized": False}
    assert steps == []


def test_a_publishable_token_begins_sessions_and_no_more(authorize, store):
    claims = {"store_id": str(store)}
    token = tokens.sign("publishable", claims, at=datetime.now(UTC), lasts=timedelta(minutes=1))
    assert authorize(f"Bearer {token}")["context"]["scopes"] == "try-on"


def test_a_key_that_another_deployment_marked_is_nobody(authorize, store, owner, monkeypatch, aws):
    ours = config.secret
    monkeypatch.setattr(config, "secret", lambda _name: "the secret of another deployment")
    key, hashed = keys.make("store", store)
    monkeypatch.setattr(config, "secret", ours)
    owner.execute("UPDATE insights.stores SET api_key_hash = %s WHERE id = %s", [hashed, store])
    assert authorize(f"Bearer {key}") == {"isAuthorized": False}
