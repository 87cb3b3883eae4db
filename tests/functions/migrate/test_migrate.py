"""Migrating as a deployment does: the function, its secrets and an admin's login."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
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


@pytest.fixture
def told() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Where CloudFormation would wait, and what it hears there."""
    heard: list[dict[str, Any]] = []

    class Waiting(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            assert self.headers["Content-Type"] == ""
            heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Waiting)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/response?signed", heard
    server.shutdown()
    server.server_close()


def order(url: str, type: str) -> dict[str, Any]:
    """What CloudFormation sends for a custom resource."""
    names = {"StackId": "arn:stack", "RequestId": "r-1", "LogicalResourceId": "Migration"}
    return {"RequestType": type, "ResponseURL": url, "ResourceProperties": {}, **names}


@pytest.mark.parametrize("type", ["Create", "Update"])
def test_a_deployment_hears_that_it_may_go_on(
    fresh: Database, load: Load, told: Any, context: SimpleNamespace, type: str
) -> None:
    url, heard = told
    load("migrate").handler(order(url, type), context)
    [answer] = heard
    assert answer == {
        "Status": "SUCCESS",
        "Reason": "",
        "PhysicalResourceId": "migrations",
        "StackId": "arn:stack",
        "RequestId": "r-1",
        "LogicalResourceId": "Migration",
    }
    with psycopg.connect(fresh.url("backshop_service")) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("backshop_service",)


def test_a_deployment_hears_why_a_migration_failed(
    fresh: Database, load: Load, told: Any, context: SimpleNamespace, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "0001_break_something.sql").write_text("SELECT 'a secret'::int")
    monkeypatch.setattr(migrations.migrate, "__kwdefaults__", {
        **(migrations.migrate.__kwdefaults__ or {}), "folder": tmp_path,
    })  # fmt: skip
    url, heard = told
    load("migrate").handler(order(url, "Update"), context)
    [answer] = heard
    assert answer["Status"] == "FAILED"
    assert "0001_break_something.sql failed and nothing of it was kept" in answer["Reason"]


def test_what_nobody_expected_is_told_by_its_type(
    fresh: Database, load: Load, told: Any, context: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def fail(*_arguments: Any) -> None:
        raise RuntimeError("login postgres, password hunter2")

    monkeypatch.setattr(migrations, "prepare", fail)
    url, heard = told
    load("migrate").handler(order(url, "Update"), context)
    [answer] = heard
    assert answer["Status"] == "FAILED"
    assert answer["Reason"].startswith("RuntimeError")
    assert "hunter2" not in json.dumps(answer)


def test_the_database_outlives_its_stack(
    load: Load, told: Any, context: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrations, "prepare", None)
    url, heard = told
    load("migrate").handler(order(url, "Delete"), context)
    assert [each["Status"] for each in heard] == ["SUCCESS"]
