"""What `sam local` needs of a running stack: its services where containers reach them, and a file
that tells functions where that is.

A container's loopback is its own. So while `make run CONTAINERS=1` runs, each service also listens
on the address that the container bridge has on this machine, on the same port, and passes
connections on; nothing outside this machine and its containers reaches that address. Passwords are
asked for as elsewhere.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import subprocess
from collections.abc import Iterable, Mapping
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from local.aws import REGION
from local.errors import UserError

HOST = "127.0.0.1"
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
CHUNK = 64 * 1024


class NoContainers(UserError):
    """There is no container bridge; the message says what to do."""


def bridge() -> str:
    """This machine's address on Docker's bridge. Raises `NoContainers`.

    A daemon that made its bridge just now tells the subnet alone (seen with 20.10), and has taken
    the first address there.
    """
    command = ["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        configs = json.loads(done.stdout) or []
    except (OSError, subprocess.SubprocessError):
        raise NoContainers(
            "Docker does not answer: start it, or run without CONTAINERS=1"
        ) from None
    addresses = [_gateway(each) for each in configs if "." in each["Subnet"]]
    if not addresses:
        raise NoContainers("Docker's bridge has no address of its own: containers need one")
    return addresses[0]


def _gateway(config: dict[str, str]) -> str:
    return config.get("Gateway") or str(next(ip_network(config["Subnet"]).hosts()))


async def listen(address: str, ports: Iterable[int]) -> None:
    """Until the stack ends, the services at these ports of the loopback are at `address`, too.
    Raises `NoContainers`."""
    for port in ports:
        try:
            await asyncio.start_server(_passing_on(port), address, port)
        except OSError as error:
            raise NoContainers(
                f"port {port} of {address}, which containers call, cannot be opened: "
                f"{error.strerror}; end what has it, or run without CONTAINERS=1"
            ) from None


def _passing_on(port: int) -> Any:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, to = await asyncio.open_connection(HOST, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(_pump(reader, to), _pump(there, writer))

    return connected


async def _pump(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(CHUNK):
            target.write(data)
            await target.drain()
    with suppress(OSError):
        target.close()


def environments(
    functions: Mapping[str, Mapping[str, str]], address: str, ports: Iterable[int]
) -> dict[str, dict[str, str]]:
    """`--env-vars` of `sam local`: the variables of each function by its logical id, with the
    services where containers reach them."""
    moved = {f"{HOST}:{port}": f"{address}:{port}" for port in ports}

    def seen(value: str) -> str:
        for here, there in moved.items():
            value = value.replace(here, there)
        return value

    return {
        name: {key: seen(value) for key, value in variables.items()}
        for name, variables in functions.items()
    }


def command(what: str, file: Path, endpoint: str, *, is_pulled: bool) -> str:
    """The line that starts `sam local` beside the stack."""
    places = f"AwsEndpoint={endpoint} DatabaseUrl=local DatabaseAdminSecretArn=local"
    words = [".venv-sam/bin/sam", "local", *what.split()]
    words += ["--env-vars", str(file), "--parameter-overrides", places]
    words += ["--skip-pull-image"] if is_pulled else []
    login = f"AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION={REGION}"
    return f"{login} {shlex.join(words)}"


def is_pulled() -> bool:
    """Whether the image of Lambda is here already."""
    command = ["docker", "image", "inspect", IMAGE]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
