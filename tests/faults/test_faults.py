"""What stands between works as it says, and, in the slow tests, a short run among all faults with
its control."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults import plan
from tests.faults.controls import Controls
from tests.faults.proxy import Proxy, loop_in_thread, wait_for

ROOT = Path(__file__).parents[2]


def test_a_seed_says_what_comes_when_and_every_fault_comes_about_as_often() -> None:
    tracks = plan.tracks(3, 600)
    assert tracks == plan.tracks(3, 600) != plan.tracks(4, 600)
    for track, faults in zip(tracks, (plan.DATABASE, plan.OTHERS), strict=True):
        windows = list(track)
        often = Counter(each.fault for each in windows)
        assert set(often) == set(faults)
        assert max(often.values()) - min(often.values()) <= 1
        assert min(often.values()) > 20
        assert all(one.at + one.seconds < other.at for one, other in pairwise(windows))


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that sends back what it gets; its port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    while content := connection.recv(1024):
                        connection.sendall(content)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


def test_the_proxy_passes_drops_and_cuts(echo: int) -> None:
    with loop_in_thread() as loop:
        proxy = Proxy(echo, seed=1)
        wait_for(loop, proxy.start())
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
            client.sendall(b"hello")
            assert client.recv(1024) == b"hello"
            proxy.cut(loop)
            assert client.recv(1024) == b""
        proxy.drop = 1.0
        with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as client:
            client.sendall(b"hello")
            assert client.recv(1024) == b""
        assert (proxy.counts["cut"], proxy.counts["dropped"]) == (1, 1)


@pytest.mark.parametrize(
    "step",
    [
        "psycopg.Connection.execute(None, 'SELECT 1')",
        "botocore.client.BaseClient._make_api_call(None, 'SendMessage', {})",
        "signed.send(None, None)",
    ],
    ids=["database", "botocore", "signed"],
)
def test_a_function_among_faults_has_its_own_clock_and_dies(tmp_path: Path, step: str) -> None:
    controls = Controls(tmp_path / "controls.json", apart=3600.0)
    controls.write()
    (tmp_path / "real.py").write_text(
        "import datetime, time\n"
        "def handler(event, context):\n"
        "    now = datetime.datetime.now(datetime.UTC)\n"
        "    assert abs(now.timestamp() - time.time()) < 1 and type(now) is datetime.datetime\n"
        "    return now.isoformat()\n"
    )
    script = (
        "import faulty, json, types, botocore.client, psycopg\n"
        "from backshop.aws import signed\n"
        "context = types.SimpleNamespace(_epoch_deadline_time_in_ms=0)\n"
        "print(faulty.handler({}, context), context._epoch_deadline_time_in_ms, flush=True)\n"
        f"json.dump({json.dumps({'seed': 1, 'killed': 1.0, 'apart': 0.0})},"
        f" open({str(controls.path)!r}, 'w'))\n"
        "faulty.handler({}, context)\n"
        f"{step}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ
        | {
            "PYTHONPATH": f"{ROOT / 'tests/faults/hook'}:{tmp_path}:{ROOT / 'shared'}",
            "FAULTS_CONTROLS": str(controls.path),
            "FAULTS_HANDLER": "real.handler",
            "AWS_LAMBDA_FUNCTION_NAME": "today",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -9, done.stderr
    moment, deadline = done.stdout.split()
    ahead = (datetime.fromisoformat(moment) - datetime.now(UTC)).total_seconds()
    assert 60 < abs(ahead) < 3660
    assert abs(ahead - int(deadline) / 1000) < 60, "by its own clock it has as much time"
    assert controls.counted() == {"clocks": 1, "killed": 1}


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("options", [(), ("--acknowledge-first",)], ids=["promises", "control"])
def test_half_a_minute_of_faults_breaks_no_promise_and_the_control_loses(
    options: tuple[str, ...],
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--minutes", "0.5", *options],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}"},
        capture_output=True,
        text=True,
        timeout=1700,
        check=False,
    )
    print(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
