"""Whole stacks on free ports, in folders of their own."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from local.aws import Aws

ROOT = Path(__file__).parents[2]
DATA = Path(__file__).parent / "data"
AWS_PYTHON = ROOT / ".venv-aws" / "bin" / "python"
START_SECONDS = 90.0


@dataclass
class Running:
    """A stack in a process of its own."""

    state: Path
    process: subprocess.Popen[str]
    output: Path

    def _said(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / name).read_text())
        return found

    @property
    def about(self) -> dict[str, Any]:
        return self._said("stack.json")

    @property
    def base_url(self) -> str:
        return str(self.about["base_url"])

    @property
    def staff_key(self) -> str:
        return str(self.about["staff_key"])

    @property
    def connectors(self) -> dict[str, dict[str, Any]]:
        """By platform: id, webhook_path, webhook_secret, store_key."""
        return {each["platform"]: each for each in self.about["connectors"]}

    @property
    def database_urls(self) -> dict[str, str]:
        """By login: owner, backshop_service, backshop_shopper, backshop_analyst."""
        return dict(self.about["database_urls"])

    def aws(self, service: str) -> Any:
        """A client of the stack's AWS services."""
        return Aws(self._said("host.json")["aws_endpoint"]).client(service)

    def queue_url(self, name: str) -> str:
        return f"{self._said('host.json')['aws_endpoint']}/000000000000/backshop-{name}"

    def http(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.base_url, timeout=40, **options)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`python -m local …` beside this stack."""
        return subprocess.run(
            [sys.executable, "-m", "local", "--state", str(self.state), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def backshop(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """`backshop …` for this stack, as a person calls it."""
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments, "--state", str(self.state)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def until_synced(self) -> None:
        """Wait until no sync is at work."""
        with psycopg.connect(self.database_urls["owner"], autocommit=True) as connection:

            def at_rest() -> bool:
                found = connection.execute(
                    "SELECT count(*) FROM insights.sync_logs WHERE status = 'running'"
                ).fetchone()
                return found == (0,)

            eventually(at_rest, seconds=90)

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End it as Ctrl-C would; its exit code."""
        self.process.send_signal(how)
        return self.process.wait(30)


def launch(command: list[str], state: Path, **environment: str) -> Running:
    """Start a stack and wait until it is ready."""
    state.mkdir(parents=True, exist_ok=True)
    output = state.parent / f"{state.name}.out"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'shared'}"} | environment,
            stdout=file,
            stderr=file,
            text=True,
        )
    running = Running(state, process, output)
    ends = time.monotonic() + START_SECONDS
    while not _is_ready(running):
        if process.poll() is not None or time.monotonic() > ends:
            process.kill()
            raise AssertionError(f"the stack did not start:\n{output.read_text()}")
        time.sleep(0.05)
    return running


def _is_ready(running: Running) -> bool:
    """A killed stack leaves its files behind: these have to be the new one's."""
    path = running.state / "host.json"
    return (
        path.exists()
        and running._said("host.json")["pid"] == running.process.pid
        and (running.state / "stack.json").exists()
    )


@contextmanager
def _stopped(running: Running) -> Iterator[Running]:
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()


def launch_toys(state: Path, **environment: str) -> Running:
    script = str(DATA / "serve_toys.py")
    results = str(state.parent / "results")
    return launch([script, str(state), "0", results, str(AWS_PYTHON)], state, **environment)


def launch_backshop(state: Path, orders: int = 200) -> Running:
    command = ["-m", "local", "--state", str(state), "run", "--port", "0"]
    return launch([*command, "--orders", str(orders)], state)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder that Postgres, which does not run as root, gets into."""
    with tempfile.TemporaryDirectory(prefix="backshop-stack-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def state(folder: Path, request: pytest.FixtureRequest) -> Path:
    """A state folder for a stack that the test starts itself."""
    return folder / request.node.name.replace("[", "-").strip("]")[:40] / "state"


@pytest.fixture(scope="session")
def toys(folder: Path) -> Iterator[Running]:
    """The stack with the toy functions of data/."""
    with _stopped(launch_toys(folder / "toys" / "state")) as running:
        yield running


@pytest.fixture(scope="session")
def stack(folder: Path) -> Iterator[Running]:
    """The whole application, as `make run` starts it, with its demo shops synced."""
    with _stopped(launch_backshop(folder / "backshop" / "state")) as running:
        running.until_synced()
        yield running


@pytest.fixture(name="launch_toys")
def launch_toys_fixture() -> Callable[..., Running]:
    """Starts a stack with the toy functions; the test ends it."""
    return launch_toys


@pytest.fixture(name="launch_backshop")
def launch_backshop_fixture() -> Callable[..., Running]:
    """Starts the whole application; the test ends it."""
    return launch_backshop


@pytest.fixture
def results(toys: Running) -> "Results":
    return Results(toys.state.parent / "results")


@dataclass(frozen=True)
class Results:
    """What the toy functions wrote down."""

    path: Path

    def of(self, key: str) -> list[dict[str, Any]]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [said for said in map(json.loads, lines) if key in said]


@pytest.fixture(name="eventually")
def eventually_fixture() -> Callable[..., Any]:
    return eventually


def eventually(found: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `found` gives once it is truthy; fails after a while."""
    ends = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < ends, f"still {value!r} after {seconds} s"
        time.sleep(0.05)
    return value
