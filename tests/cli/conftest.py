"""`backshop` beside one running stack, called in this process as the shell calls it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from cli import app
from local import template
from tests.stack.conftest import ROOT, Running, launch_backshop

QUEUES = {
    name
    for name, each in template.read(ROOT / "template.yaml")["Resources"].items()
    if each["Type"] == "AWS::SQS::Queue" and "RedrivePolicy" in each["Properties"]
}
"""Those of the template that have dead letters."""


@dataclass(frozen=True)
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.code == 0, self.err
        return json.loads(self.out)


@pytest.fixture(scope="session")
def stack() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="backshop-cli-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        running = launch_backshop(Path(made) / "state", orders=60)
        try:
            running.until_synced()
            yield running
        finally:
            running.stop()


@pytest.fixture(scope="session")
def rows(stack: Running) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    """The owner's connection to the stack's database."""
    url = stack.database_urls["owner"]
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Calls `backshop` with arguments."""

    def call(*arguments: str) -> Said:
        capsys.readouterr()
        code = app.main(arguments)
        told = capsys.readouterr()
        return Said(code, told.out, told.err)

    return call


@pytest.fixture
def here(run: Callable[..., Said], stack: Running) -> Callable[..., Said]:
    """Calls `backshop` for the running stack."""
    return lambda *arguments: run(*arguments, "--state", str(stack.state))


@pytest.fixture
def woocommerce(stack: Running) -> str:
    return str(stack.connectors["woocommerce"]["id"])
