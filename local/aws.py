"""AWS services on this machine: ministack as a child process, and clients for it.

Keys, queues with their messages, and objects are in its folder and survive a restart. It writes
them when it is asked to end, so it is asked even when this process dies (`processes.options`).
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil

from local import processes
from local.errors import UserError

REGION = "eu-west-1"
ACCOUNT = "000000000000"
SERVICES = "sqs,s3,kms,secretsmanager,sns,ses,ssm,sts"
_STAND_IN = Path(__file__).parent / "aws_stand_in" / "ministack_fair.py"
_START_SECONDS = 30.0
_STOP_SECONDS = 15.0


class NotStarted(UserError):
    """The AWS stand-in did not start; the message says why and what to do."""


@dataclass(frozen=True)
class Aws:
    """A running stand-in."""

    endpoint: str
    process: subprocess.Popen[bytes] | None = None

    @cached_property
    def _session(self) -> Any:
        from botocore.session import get_session

        session = get_session()
        session.set_credentials("local", "local")
        return session

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}

    def client(self, service: str) -> Any:
        """A botocore client, made once."""
        if service not in self._clients:
            self._clients[service] = self._session.create_client(
                service, region_name=REGION, endpoint_url=self.endpoint
            )
        return self._clients[service]

    def inbox(self, path: str) -> Any:
        """What one of the stand-in's own pages holds, such as the SMS it was told to send."""
        url = f"{self.endpoint}/_ministack/{path}"
        with urllib.request.urlopen(url, timeout=10) as page:  # noqa: S310 (loopback)
            return json.load(page)


@contextmanager
def running(folder: Path, python: Path, services: str = SERVICES) -> Iterator[Aws]:
    """The stand-in for the length of a `with` block; `python` is the interpreter that has it.

    Start it from the main thread. Raises `NotStarted`.
    """
    aws = start(folder, python, services)
    try:
        wait(aws, folder)
        yield aws
    finally:
        stop(aws)


def start(folder: Path, python: Path, services: str = SERVICES) -> Aws:
    """Start the stand-in without waiting for it. Raises `NotStarted`."""
    if not python.exists():
        raise NotStarted(f"{python} is missing; run `make setup`")
    folder.mkdir(parents=True, exist_ok=True)
    _end_leftover(folder)
    port = _port(folder)
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [python, _STAND_IN],
            cwd=folder,
            env=_environment(folder, port, services),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **processes.options(signal.SIGINT),
        )
    (folder / "pid").write_text(str(process.pid))
    return Aws(f"http://127.0.0.1:{port}", process)


def wait(aws: Aws, folder: Path) -> None:
    """Wait until the stand-in answers. Raises `NotStarted`."""
    assert aws.process is not None
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        if aws.process.poll() is not None:
            break
        with suppress(OSError):
            aws.inbox("ready")
            return
        time.sleep(0.02)
    raise NotStarted(f"the AWS stand-in did not start; {folder / 'log'} says why")


def stop(aws: Aws) -> None:
    """End it; it writes its state first."""
    if aws.process is not None:
        processes.stop(aws.process, signal.SIGINT, _STOP_SECONDS)


def _environment(folder: Path, port: int, services: str) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        # The functions' credentials (runtime.py): links that they sign are checked against them.
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_SESSION_TOKEN": "local",
        "SERVICES": services,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(folder / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(folder / "objects"),
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/no-docker",
        "LOG_LEVEL": "WARNING",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _end_leftover(folder: Path) -> None:
    """End the stand-in of an earlier stack that was killed where nothing ends orphans."""
    try:
        process = psutil.Process(int((folder / "pid").read_text()))
        if str(_STAND_IN) in process.cmdline() and process.cwd() == str(folder.resolve()):
            process.send_signal(signal.SIGINT)
            process.wait(_STOP_SECONDS)
    except (FileNotFoundError, ValueError, psutil.Error):
        return


def _port(folder: Path) -> int:
    """The port of the last time if it is free: queues remember their addresses with it."""
    kept = folder / "port"
    wanted = int(kept.read_text()) if kept.exists() else 0
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    kept.write_text(str(port))
    return port
