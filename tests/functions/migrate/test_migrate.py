"""Migrating as a deployment does: the function, its secrets and an admin's login."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from backshop.aws import config
from backshop.db import migrations

from tests.conftest import Database

Event = Callable[[str], dict[str, Any]]
Load = Callable[[str], ModuleType]


@pytest.fixture
def fresh(database: Database, aws: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database that the function's environment names, beside the tests' own."""
    name = f"db_{uuid4().hex[:12]}"
    server = database.server
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    login = json.dumps({"username": "postgres", "password": server.password})
    secret = config.client("secretsmanager").create_secret(Name="admin", SecretString=login)
    monkeypatch.setenv("DATABASE_ADMIN_SECRET", secret["ARN"])
    monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{server.port}/{name}")
    yield Database(server, name)
    with psycopg.connect(server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def names() -> list[str]:
    return [each.name for each in migrations.read()]


def test_an_empty_database_becomes_whole(
    fresh: Database, load: Load, event: Event, context: SimpleNamespace
) -> None:
    function = load("migrate")
    assert function.handler(event("migrate/deploy"), context) == {"applied": names()}
    assert function.handler(event("migrate/deploy"), context) == {"applied": []}
    for login in ("backshop_owner", *migrations.LOGINS):
        with psycopg.connect(fresh.url(login)) as connection:
            assert connection.execute("SELECT current_user").fetchone() == (login,)


def test_several_invocations_at_once_do_it_once(
    fresh: Database, load: Load, event: Event, context: SimpleNamespace
) -> None:
    function = load("migrate")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: function.handler({}, context)["applied"], range(4)))
    assert sorted(map(len, answers)) == [0, 0, 0, len(names())]


def test_a_refusal_reaches_whoever_deploys(
    fresh: Database, load: Load, event: Event, context: SimpleNamespace
) -> None:
    function = load("migrate")
    function.handler(event("migrate/deploy"), context)
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute("UPDATE backshop.schema_migrations SET sha256 = 'x' WHERE name LIKE '0001%'")
    with pytest.raises(migrations.MigrationError, match=r"0001_\w+\.sql changed"):
        function.handler(event("migrate/deploy"), context)


def test_the_applications_key_signs_what_the_policies_accept(
    fresh: Database, load: Load, event: Event, context: SimpleNamespace
) -> None:
    from backshop import db

    load("migrate").handler(event("migrate/deploy"), context)
    db.close()
    made = uuid4()
    with psycopg.connect(fresh.owner_url) as owner:
        owner.execute(
            "INSERT INTO backshop.stores (id, store_url) VALUES (%s, 'https://a.example.com')",
            [made],
        )
        owner.execute(
            "INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)"
            " VALUES (%(id)s, %(id)s, 'https://a.example.com', '-')",
            {"id": made},
        )
    with db.analyst(made) as tx:
        assert tx.execute("SELECT id FROM insights.stores").fetchall() == [{"id": made}]
    with db.analyst(uuid4()) as tx:
        assert tx.execute("SELECT id FROM insights.stores").fetchall() == []
