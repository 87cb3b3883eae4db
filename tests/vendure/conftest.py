"""The real server is started once for all tests that use it, and backshop around it: its functions
with their queues, and the address at which the plugin's deliveries arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest

from local import postgres
from tests.functions.conftest import (
    _one_private_key as _one_private_key,
)
from tests.functions.conftest import (
    aws as aws,
)
from tests.functions.conftest import (
    context as context,
)
from tests.functions.conftest import (
    event as event,
)
from tests.functions.conftest import (
    load as load,
)
from tests.vendure import server
from tests.vendure.backshop import Arrived, Backshop, listening


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


@pytest.fixture(scope="session")
def letter_box() -> Iterator[tuple[str, Arrived]]:
    with listening() as box:
        yield box


@pytest.fixture
def shop(
    aws: Any,
    load: Callable[[str], Any],
    event: Callable[[str], dict[str, Any]],
    context: Any,
    owner: Any,
    new_store: Callable[..., UUID],
    vendure: server.Vendure,
    letter_box: tuple[str, Arrived],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Backshop]:
    """backshop, connected to the server as a superadmin, its webhooks subscribed."""
    address, arrived = letter_box
    monkeypatch.setenv("PUBLIC_URL", address)
    made = Backshop(load, event, context, owner, aws, arrived=arrived)
    made.connect(new_store("vendure"), vendure)
    yield made
    made.disconnect()
