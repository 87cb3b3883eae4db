"""`python -m tests.faults.serve FILE`: the local stack on a Postgres that is somebody else's, with
functions that die, and queues that double and reorder. FILE is JSON: see `Given`."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local import aws, errors, plan, postgres, queues, resources, stack
from local.application import application
from local.shops import Wanted
from tests.faults import controls

ROOT = Path(__file__).parents[2]
HOOK = Path(__file__).parent / "hook"


@dataclass(frozen=True)
class Given:
    state: str
    port: int
    """Of the gateway."""
    database_port: int
    """Where Postgres is reached: a proxy's."""
    database_password: str
    webhooks: str
    """Where shops send their webhooks: the relay's address."""
    controls: str
    orders: int


class UnkindSqs(queues.Sqs):
    """Queues as SQS allows them to be: a message comes twice, or later than those after it."""

    controls_path: Path

    def __init__(self, endpoint: str) -> None:
        super().__init__(endpoint)
        self._dice = random.Random(controls.read(self.controls_path).seed)

    async def receive(self, url: str, most: int, wait: int) -> list[queues.Message]:
        told = controls.read(self.controls_path)
        found = await super().receive(url, most, wait)
        if told.acknowledge_first:
            await super().delete(url, found)
        if told.held and not url.endswith(".fifo"):
            held = [each for each in found if self._dice.random() < told.held]
            await super().show_again(url, held, 2)
            self._count("held", held)
            found = [each for each in found if each not in held]
        return found

    async def delete(self, url: str, messages: Sequence[queues.Message]) -> None:
        told = controls.read(self.controls_path)
        if told.acknowledge_first:
            return
        again = [each for each in messages if told.doubled and self._dice.random() < told.doubled]
        await super().show_again(url, again, 0)
        self._count("doubled", again)
        await super().delete(url, [each for each in messages if each not in again])

    async def show_again(self, url: str, messages: Sequence[queues.Message], seconds: int) -> None:
        if not controls.read(self.controls_path).acknowledge_first:
            await super().show_again(url, messages, seconds)

    def _count(self, what: str, messages: Sequence[queues.Message]) -> None:
        for _ in messages:
            controls.count(self.controls_path.with_suffix(".counts"), what)


class _Elsewhere:
    """The process of a server that is not ours: it dies and comes back, and we go on."""

    def poll(self) -> None:
        return None


def serve(given: Given) -> None:
    told = Path(given.controls)
    make = plan.make

    @contextmanager
    def running(folder: Path, *_given: Any, **_options: Any) -> Iterator[postgres.Server]:
        process: Any = _Elsewhere()
        with Path("/dev/null").open("rb") as lock:
            yield postgres.Server(
                folder, given.database_port, given.database_password, process, lock
            )

    def planned(found: resources.Resources, where: aws.Aws) -> plan.Plan:
        made = make(found, where)
        made.functions = [
            each if each.name == "migrate" else _among_faults(each, told) for each in made.functions
        ]
        return made

    made = application(Wanted(given.orders))

    def parameters(database: postgres.Server, where: aws.Aws, base_url: str) -> Mapping[str, str]:
        return {**made.parameters(database, where, base_url), "PublicUrl": given.webhooks}

    UnkindSqs.controls_path = told
    settings = stack.Settings(
        template=ROOT / "template.yaml",
        state=Path(given.state),
        aws_python=ROOT / ".venv-aws" / "bin" / "python",
        port=given.port,
    )
    with ExitStack() as patches:
        patches.enter_context(patch.object(postgres, "running", running))
        patches.enter_context(patch.object(plan, "make", planned))
        patches.enter_context(patch.object(queues, "Sqs", UnkindSqs))
        stack.serve(settings, replace(made, parameters=parameters))


def _among_faults(function: Any, told: Path) -> Any:
    return replace(
        function,
        handler="faulty.handler",
        layers=(HOOK, *function.layers),
        environment={
            **function.environment,
            "FAULTS_HANDLER": function.handler,
            "FAULTS_CONTROLS": str(told),
        },
    )


if __name__ == "__main__":
    try:
        serve(Given(**json.loads(Path(sys.argv[1]).read_text())))
    except errors.UserError as error:
        sys.exit(f"error: {error}")
