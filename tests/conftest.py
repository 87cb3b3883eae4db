"""A real, migrated PostgreSQL for every test that asks for one.

Each test session has a server of its own, in a folder and on a port of its own, so that several
sessions run side by side; it is up and migrated in about a second.
"""

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from backshop.aws import signed
from backshop.db import migrations
from psycopg.rows import dict_row

import shops.running
from local import postgres
from tests import mocked, nursery
from tests import private_lines as private_lines_module

os.environ["LOCAL_SHOPS"] = "yes"
"""Simulated shops are on loopback; tests of what is refused say otherwise."""
PASSWORD = "for tests alone"
CAPABILITY_KEY = b"a key that signs capabilities in tests"

Connection = psycopg.Connection[dict[str, Any]]


def one_in(number: int, cases: Iterable[Any]) -> list[Any]:
    """Parameters of a long test: one in so many runs in `make test`, the others are slow."""
    return [
        pytest.param(each, marks=pytest.mark.slow) if place % number else each
        for place, each in enumerate(cases)
    ]


@dataclass(frozen=True)
class Database:
    """One migrated database and its four logins."""

    server: postgres.Server
    name: str = postgres.DATABASE
    capability_key: bytes = CAPABILITY_KEY

    def url(self, login: str) -> str:
        return self.server.url(login, PASSWORD, self.name)

    @property
    def owner_url(self) -> str:
        return self.url("backshop_owner")

    @property
    def service_url(self) -> str:
        return self.url("backshop_service")

    @property
    def shopper_url(self) -> str:
        return self.url("backshop_shopper")

    @property
    def analyst_url(self) -> str:
        return self.url("backshop_analyst")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[postgres.Server]:
    """An empty server; a test that needs a database of its own makes it here."""
    with tempfile.TemporaryDirectory(prefix="backshop-test-", ignore_cleanup_errors=True) as folder:
        # Where the tests run as root, the server does not, and has to get at its files.
        Path(folder).chmod(0o711)
        with postgres.running(Path(folder), settings=postgres.THROWAWAY) as server:
            yield server


@pytest.fixture(scope="session")
def database(postgres_server: postgres.Server) -> Database:
    """A migrated database, shared by the session: a test makes its own store and stays in it."""
    return migrated(Database(postgres_server))


def migrated(made: Database) -> Database:
    postgres.create_database(made.server, PASSWORD, made.name)
    migrations.migrate(
        made.owner_url,
        passwords=dict.fromkeys(migrations.LOGINS, PASSWORD),
        capability_key=CAPABILITY_KEY,
        say=lambda _line: None,
    )
    return made


@pytest.fixture(scope="session", autouse=True)
def _shops_of_a_nursery() -> Iterator[None]:
    """Every `shops.running.running` of a test forks its server."""
    with nursery.opened() as start, pytest.MonkeyPatch.context() as patch:
        patch.setattr(shops.running, "start", start)
        yield


@pytest.fixture(scope="session", autouse=True)
def _signed_calls_by_moto() -> Iterator[None]:
    """Where moto stands for AWS it answers what `signed` sends, as it answers botocore."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(signed, "_sent", mocked.sent(signed._sent))
        yield


@pytest.fixture(autouse=True)
def private_lines() -> Iterator[private_lines_module.Watch]:
    """Fails each test that logs a phone, a code, an e-mail address or a key."""
    with private_lines_module.watched() as watch:
        yield watch
    assert watch.found == []


@pytest.fixture
def owner(database: Database) -> Iterator[Connection]:
    """The owner, who sees every row; each statement commits by itself."""
    with psycopg.connect(database.owner_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def new_store(owner: Connection) -> Callable[..., UUID]:
    """Makes a store: its row in `backshop` and its twin in `insights`, without a connector."""

    def make(platform: str | None = "woocommerce") -> UUID:
        row = owner.execute(
            """INSERT INTO backshop.stores (platform, store_url, settings)
               VALUES (%s, 'https://' || gen_random_uuid() || '.example.com',
                       '{"time_zone": "UTC", "currency": "USD", "country": "LK"}')
               RETURNING id, store_url""",
            [platform],
        ).fetchone()
        assert row is not None
        owner.execute(
            "INSERT INTO insights.stores (id, store_id, store_url, api_key_hash)"
            " VALUES (%(id)s, %(id)s, %(url)s, 'no key')",
            {"id": row["id"], "url": row["store_url"]},
        )
        return UUID(str(row["id"]))

    return make


@pytest.fixture
def store(new_store: Callable[..., UUID]) -> UUID:
    """A store that no other test uses."""
    return new_store()


@pytest.fixture
def tx(database: Database, store: UUID) -> Iterator[Connection]:
    """A transaction of the handlers' login on that store; rolled back at the end."""
    with psycopg.connect(database.service_url, row_factory=dict_row) as connection:
        connection.execute("SELECT set_config('backshop.store_id', %s, true)", [str(store)])
        yield connection
        connection.rollback()
