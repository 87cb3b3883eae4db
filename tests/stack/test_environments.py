"""Functions run as on Lambda: environments, limits, freezing, isolation, reloading."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from local import runtime
from local.functions import Functions, TooLarge
from local.runtime import INVOKE_BYTES, Answer, Function, Surroundings

DATA = Path(__file__).parent / "data"
DEPENDENCIES = Path(sysconfig.get_paths()["purelib"])
HERE = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of a death")

Call = Callable[..., Awaitable[Any]]


class Echo:
    """The echo function, copied to a folder of the test so that it can be edited."""

    def __init__(self, tmp_path: Path, *, native: bool) -> None:
        self.folder = tmp_path / "echo"
        shutil.copytree(DATA / "echo", self.folder)
        self.log = tmp_path / "echo.log"
        self.surroundings = Surroundings(
            "eu-west-1", "http://127.0.0.1:1", DEPENDENCIES, tmp_path, native_client=native
        )
        self.functions: Functions

    def function(self, **options: Any) -> Function:
        settings: dict[str, Any] = {"timeout": 5.0, "memory_mb": 256, "environment": {}} | options
        return Function(name="echo", folder=self.folder, handler="echo.handler", **settings)

    def run(self, work: Callable[[], Awaitable[None]], **options: Any) -> None:
        async def main() -> None:
            self.functions = Functions([self.function(**options)], self.surroundings)
            try:
                await work()
            finally:
                await self.functions.stop()

        asyncio.run(main())

    async def answer(self, **event: Any) -> Answer:
        return await self.functions.invoke("echo", json.dumps(event).encode())

    async def ask(self, **event: Any) -> Any:
        answer = await self.answer(**event)
        assert not answer.failed, answer.payload
        return json.loads(answer.payload)

    async def error(self, **event: Any) -> tuple[str, str]:
        answer = await self.answer(**event)
        assert answer.failed
        said = json.loads(answer.payload)
        return said["errorType"], said["errorMessage"]


@pytest.fixture(params=["native", "python"])
def echo(request: pytest.FixtureRequest, tmp_path: Path) -> Echo:
    """Run with awslambdaric's own client, and with the one that stands in for it on macOS."""
    if request.param == "native" and sys.platform != "linux":
        pytest.skip("awslambdaric has its own client on Linux only")
    return Echo(tmp_path, native=request.param == "native")


def test_one_environment_serves_call_after_call(echo: Echo) -> None:
    async def work() -> None:
        first = await echo.ask(text="ä")
        second = await echo.ask()
        assert first["event"] == {"text": "ä"}
        assert (first["calls"], second["calls"]) == (1, 2)
        assert first["pid"] == second["pid"]
        assert 4000 < second["milliseconds"] <= 5000

    echo.run(work)


def test_concurrent_calls_get_environments_of_their_own_up_to_the_limit(echo: Echo) -> None:
    async def work() -> None:
        await asyncio.gather(*(echo.ask(do="sleep", seconds=0.3) for _ in range(5)))
        said = await asyncio.gather(*(echo.ask(do="sleep", seconds=0.1) for _ in range(5)))
        assert len({each["pid"] for each in said}) == 2

    echo.run(work, concurrency=2)


def test_nothing_runs_between_calls(echo: Echo) -> None:
    async def work() -> None:
        await echo.ask()
        before = (await echo.ask())["ticks"]
        await asyncio.sleep(0.5)
        frozen = (await echo.ask())["ticks"] - before
        awake = (await echo.ask(do="sleep", seconds=2))["ticks"] - before - frozen
        assert frozen <= 3
        assert awake >= 20

    echo.run(work)


def test_a_timeout_kills_the_environment_and_the_next_call_works(echo: Echo) -> None:
    async def work() -> None:
        pid = (await echo.ask())["pid"]
        kind, said = await echo.error(do="sleep", seconds=30)
        assert kind == "Sandbox.Timedout"
        assert "Task timed out after 0.50 seconds" in said
        assert (await echo.ask())["pid"] != pid
        assert not psutil.pid_exists(pid)

    echo.run(work, timeout=0.5)


@pytest.mark.slow
def test_a_busy_machine_does_not_shorten_a_timeout(echo: Echo) -> None:
    """Two busy loops a core: a second's work takes about three, and the timeout is two."""
    busy = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"])
        for _ in range(2 * (os.cpu_count() or 1))
    ]

    async def work() -> None:
        for _ in range(3):
            assert (await echo.ask(do="work", seconds=1))["calls"]
        kind, _ = await echo.error(do="work", seconds=30)
        assert kind == "Sandbox.Timedout"

    try:
        echo.run(work, timeout=2)
    finally:
        for each in busy:
            each.kill()
            each.wait()


def test_a_crash_is_an_error_and_the_next_call_works(echo: Echo) -> None:
    async def work() -> None:
        kind, said = await echo.error(do="crash")
        assert kind == "Runtime.ExitError"
        assert "exit status 3" in said
        assert (await echo.ask())["calls"] == 1

    echo.run(work)


def test_an_exception_is_an_error_and_keeps_the_environment(echo: Echo) -> None:
    async def work() -> None:
        assert await echo.error(do="raise") == ("ValueError", "on purpose")
        assert (await echo.ask())["calls"] == 2

    echo.run(work)


def test_more_memory_than_given_kills_the_environment(echo: Echo) -> None:
    async def work() -> None:
        kind, _ = await echo.error(do="grow", megabytes=100, then="sleep")
        assert kind == "Runtime.OutOfMemory"
        assert (await echo.ask())["calls"] == 1

    (echo.folder / "echo.py").write_text(
        (echo.folder / "echo.py")
        .read_text()
        .replace(
            'return len(b"x" * (int(asked["megabytes"]) << 20))',
            'kept = b"x" * (int(asked["megabytes"]) << 20); time.sleep(4)',
        )
    )
    echo.run(work, memory_mb=100)


def test_an_import_error_is_told_every_time_until_it_is_mended(echo: Echo) -> None:
    source = echo.folder / "echo.py"
    whole = source.read_text()
    source.write_text("import does_not_exist\n")

    async def work() -> None:
        for _ in range(2):
            kind, said = await echo.error()
            assert kind == "Runtime.ImportModuleError"
            assert "does_not_exist" in said
        source.write_text(whole)
        assert (await echo.ask())["calls"] == 1

    echo.run(work)


def test_an_edited_source_is_used_by_the_next_call(echo: Echo) -> None:
    source = echo.folder / "echo.py"

    async def work() -> None:
        for number in range(5):
            source.write_text(f"def handler(event, context):\n    return {number}\n")
            assert await echo.ask() == number
        (echo.folder / "beside.py").write_text("value = 7\n")
        source.write_text("import beside\ndef handler(event, context): return beside.value\n")
        assert await echo.ask() == 7
        (echo.folder / "beside.py").write_text("value = 8\n")
        assert await echo.ask() == 8

    echo.run(work)


def test_the_environment_holds_lambdas_variables_and_the_templates_alone(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DEVELOPER", "secret")
    monkeypatch.setenv("AWS_PROFILE", "production")

    async def work() -> None:
        said = await echo.ask(do="environment")
        assert said["GREETING"] == "hello"
        assert said["AWS_LAMBDA_FUNCTION_NAME"] == "echo"
        assert said["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
        assert said["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
        assert not {"OF_THE_DEVELOPER", "AWS_PROFILE", "HOME", "USER"} & said.keys()
        expected = runtime.variables(echo.function(), echo.surroundings, 1).keys()
        # Python sets LC_CTYPE and awslambdaric the trace id by themselves.
        assert said.keys() - expected == {"GREETING", "_X_AMZN_TRACE_ID"} | (
            {"LC_CTYPE"} & said.keys()
        )

    echo.run(work, environment={"GREETING": "hello"})


def test_lambdas_limits_on_events_and_answers(echo: Echo) -> None:
    async def work() -> None:
        quoted = INVOKE_BYTES - 2
        assert len(await echo.ask(do="big", bytes=quoted)) == quoted
        kind, _ = await echo.error(do="big", bytes=quoted + 1)
        assert kind == "Function.ResponseSizeTooLarge"
        with pytest.raises(TooLarge):
            await echo.answer(text="x" * INVOKE_BYTES)

    echo.run(work)


def test_the_log_is_lambdas(echo: Echo) -> None:
    async def work() -> None:
        await echo.error(do="raise")

    echo.run(work)
    log = echo.log.read_text()
    for part in (
        "START RequestId: ",
        "[ERROR] ValueError: on purpose",
        "END RequestId: ",
        "REPORT",
    ):
        assert part in log


def test_an_asynchronous_call_is_tried_three_times(
    echo: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.functions.ASYNC_WAITS", (0.0, 0.0))
    given_up: list[bytes] = []

    async def keep(event: bytes, _answer: Answer, _request_id: str) -> None:
        given_up.append(event)

    async def work() -> None:
        await echo.functions.invoke_async("echo", b'{"do": "raise"}', keep)
        assert given_up == [b'{"do": "raise"}']
        assert (await echo.ask())["calls"] == 4

    echo.run(work)


@pytest.mark.parametrize(
    "portable",
    [pytest.param(False, id="linux", marks=HERE), pytest.param(True, id="portable")],
)
def test_no_frozen_environment_outlives_a_killed_host(tmp_path: Path, portable: bool) -> None:
    """Linux tells the child. Elsewhere the kernel ends a stopped process whose group is orphaned,
    which takes a parent in a session of its own, as a shell's child or a service is."""
    command = [sys.executable, str(DATA / "serve_one.py"), str(DATA / "echo"), str(tmp_path)]
    command += [str(DEPENDENCIES), *(["portable"] if portable else [])]
    host = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])},
        start_new_session=True,
    )
    assert host.stdout is not None
    pid = json.loads(host.stdout.readline())["pid"]
    environment = psutil.Process(pid)
    ends = time.monotonic() + 30
    while environment.status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < ends
        time.sleep(0.01)
    host.send_signal(signal.SIGKILL)
    host.wait()
    environment.wait(30)
