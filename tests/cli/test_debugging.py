"""What whoever changes a function sees of it here: errors with their text, a debugger in it, and
nothing from inside when it is loaded anew."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from backshop import logs
from backshop.aws import config

ROOT = Path(__file__).parents[2]
SECRET = "nobody at example dot com"


def local(stack: Any, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *options.pop("before", ()), "-m", "local", "--state", str(stack.state), *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, **options,
    )  # fmt: skip


def test_an_error_shows_its_text_and_where_it_came_from(stack: Any, here: Any) -> None:
    told = local(stack, "invoke", "staff_keys", '{"name": "x", "scopes": ["all"]}')
    assert told.returncode == 1
    assert "scopes may be staff and store" in told.stdout
    terminal = stack.output.read_text()
    assert "staff_keys failed: ValueError: scopes may be staff and store" in terminal
    assert "functions/staff_keys/staff_keys.py" in terminal
    log = here("logs", "staff_keys", "--errors").out
    assert "handler crashed" in log
    assert "\n      File " in log
    assert 'raise ValueError(f"scopes may be' in log


@pytest.mark.parametrize(
    "surroundings",
    [
        {},
        {"LOCAL_ERRORS": "yes"},
        {"LOCAL_ERRORS": "yes", "AWS_ENDPOINT_URL": "https://sqs.eu-west-1.amazonaws.com"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"},
    ],
)
def test_on_aws_the_text_stays_out(
    surroundings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("LOCAL_ERRORS", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name, value in surroundings.items():
        monkeypatch.setenv(name, value)
    assert not config.shows_errors()

    @logs.crash_safely
    def handler() -> None:
        raise ValueError(SECRET)

    with pytest.raises(logs.Crash) as crash:
        handler()
    assert SECRET not in str(crash.value)
    assert crash.value.__suppress_context__
    assert SECRET not in "".join(capsys.readouterr())


def test_a_debugger_stops_in_a_function(stack: Any) -> None:
    """As docs/local.md says, with the last event that the function got."""
    httpx.get(f"{stack.base_url}/health", timeout=40).raise_for_status()
    line = next(
        number
        for number, text in enumerate((ROOT / "functions/health/health.py").open(), 1)
        if "SELECT 1" in text
    )
    assert f"health.py:{line}'" in (ROOT / "docs/local.md").read_text()
    stopped = local(
        stack, "invoke", "health", "last", "--here",
        before=["-m", "pdb", "-c", f"b functions/health/health.py:{line}", "-c", "c"],
        input="p NOBODY\nc\nq\n",
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
    )  # fmt: skip
    assert f"health.py({line})check()" in stopped.stdout
    assert "UUID('00000000-0000-0000-0000-000000000000')" in stopped.stdout
    assert '"statusCode": 200' in stopped.stdout


def test_here_is_what_the_stack_does(stack: Any) -> None:
    told = local(stack, "invoke", "staff_keys", "{}", "--here")
    assert told.returncode == 0, told.stderr
    assert '"name": "local"' in told.stdout
    wrong = local(stack, "invoke", "nobody", "{}", "--here")
    assert (wrong.returncode, "there is no function nobody" in wrong.stderr) == (1, True)
    raised = local(stack, "invoke", "staff_keys", '{"name": "x", "scopes": ["all"]}', "--here")
    assert "ValueError: scopes may be staff and store" in raised.stderr


def test_a_function_is_loaded_anew_without_a_word(stack: Any) -> None:
    path = ROOT / "functions/health/health.py"
    httpx.get(f"{stack.base_url}/health", timeout=40)
    before = len(stack.output.read_text())
    for _ in range(3):
        os.utime(path)
        assert httpx.get(f"{stack.base_url}/health", timeout=40).status_code == 200
    time.sleep(1)
    lines = stack.output.read_text()[before:].splitlines()
    mine = [line for line in lines if "health" in line.lower()]
    assert len(mine) == 3
    assert all("GET /health 200" in line for line in mine)
    assert not [line for line in lines if "Traceback" in line or "signal" in line]
