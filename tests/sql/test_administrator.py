"""The statements of docs/security.md that only a superuser can run close what they say, and nothing
that backshop needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from backshop.db import migrations

from local import postgres

ROOT = Path(__file__).parents[2]
PASSWORD = "for tests alone"
SHUT = (
    "SELECT query FROM pg_stat_activity",
    "SELECT * FROM pg_stat_get_activity(NULL)",
    "SELECT pg_stat_get_backend_activity(1)",
    "SELECT * FROM pg_locks",
    "SELECT * FROM pg_lock_status()",
    "SELECT * FROM pg_stats",
    "SELECT pg_advisory_lock(1)",
    "SELECT pg_try_advisory_lock(1)",
    "SELECT pg_advisory_xact_lock_shared(1, 2)",
    "SELECT pg_advisory_unlock_all()",
)


@pytest.fixture(scope="module")
def name(postgres_server: postgres.Server) -> Iterator[str]:
    made = f"db_{uuid4().hex[:12]}"
    owner = postgres.create_database(postgres_server, PASSWORD, made)
    passwords = dict.fromkeys(migrations.LOGINS, PASSWORD)
    migrations.migrate(owner, passwords=passwords, say=lambda _line: None)
    yield made
    with psycopg.connect(postgres_server.superuser_url(), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {made} WITH (FORCE)".encode())


def statements() -> str:
    return (ROOT / "docs/security.md").read_text().split("```sql\n")[1].split("```")[0]


def is_refused(url: str, statement: str) -> bool:
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(statement.encode())
        except psycopg.errors.InsufficientPrivilege:
            return True
    return False


def test_they_close_the_catalogue_and_leave_backshop_at_work(
    postgres_server: postgres.Server, name: str
) -> None:
    urls = {login: postgres_server.url(login, PASSWORD, name) for login in migrations.LOGINS}
    before = {each: is_refused(urls["backshop_analyst"], each) for each in SHUT}
    assert not any(before.values()), "what is refused already proves nothing"
    admin = postgres_server.url(postgres.SUPERUSER, postgres_server.password, name)
    for _ in range(2):
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(statements().encode())
    left = [
        (login, each) for login, url in urls.items() for each in SHUT if not is_refused(url, each)
    ]
    assert left == []
    owner = postgres_server.url(migrations.OWNER, PASSWORD, name)
    assert migrations.migrate(owner, say=lambda _line: None) == []
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("SELECT projects.ensure_partitions()")
    with psycopg.connect(urls["backshop_analyst"]) as connection:
        assert connection.execute("SHOW temp_file_limit").fetchone() == ("256MB",)


def test_a_master_of_rds_cannot(postgres_server: postgres.Server, name: str) -> None:
    """Who may make roles and databases, and is no superuser."""
    owner = postgres_server.url(migrations.OWNER, PASSWORD, name)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("REVOKE SELECT ON pg_stat_database FROM PUBLIC")  # a warning alone
    assert not is_refused(
        postgres_server.url("backshop_service", PASSWORD, name), "SELECT * FROM pg_stat_database"
    )
