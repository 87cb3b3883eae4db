"""The real server is started once for all tests that use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local import postgres
from tests.vendure import server


@pytest.fixture(scope="session")
def built() -> None:
    reason = server.missing()
    if reason:
        pytest.skip(reason)
    server.build()


@pytest.fixture(scope="session")
def vendure(built: None, postgres_server: postgres.Server) -> Iterator[server.Vendure]:
    """A shop in US dollars."""
    with server.running(postgres_server, "vendure") as running:
        server.furnish(running.admin())
        yield running
