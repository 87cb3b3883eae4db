"""Starts everything in order, serves until it is told to stop, and ends everything in order.

Child processes are all started from the main thread (`processes.options`).
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import json
import os
import shlex
import signal
import socket
import sysconfig
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, TypeVar

from aiohttp import web

from local import aws as stand_in
from local import (
    containers,
    docs_page,
    objects,
    plan,
    postgres,
    queues,
    runtime,
    schedules,
    template,
)
from local import gateway as gateways
from local.aws import ACCOUNT, REGION, Aws
from local.console import log, say, step
from local.errors import UserError
from local.functions import Functions, OnFailure, failure_record
from local.gateway import Gateway
from local.inbox import Inbox
from local.invoke_api import InvokeApi
from local.resources import STACK, Resources
from local.runtime import Answer, Surroundings

T = TypeVar("T")

HOST = "127.0.0.1"
_LOG_BYTES = 10 * 1024 * 1024
CONNECTIONS = {"max_connections": "400"}
"""Each environment of a function keeps one to three; under load 100 were used up."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class CannotStart(UserError):
    """The stack cannot start; the message says why and what to do."""


class Died(UserError):
    """Postgres or the AWS stand-in ended by itself."""


@dataclass(frozen=True)
class Settings:
    """Where the stack finds things and keeps things."""

    template: Path
    state: Path
    aws_python: Path
    port: int = 8080
    python_client: bool = False
    bridge: str | None = None
    """Where containers reach this machine, when they are to."""

    @property
    def stack_file(self) -> Path:
        """Where a running stack says what its callers need."""
        return self.state / "stack.json"

    @property
    def host_file(self) -> Path:
        """Where a running stack says what the commands beside it need."""
        return self.state / "host.json"

    @property
    def env_file(self) -> Path:
        """The same for a shell that reads it: `. .local/env`."""
        return self.state / "env"

    @property
    def sam_file(self) -> Path:
        """What `sam local` tells functions, while containers reach the stack."""
        return self.state / "sam-env.json"

    @property
    def logs(self) -> Path:
        return self.state / "logs"


@dataclass(frozen=True)
class Stack:
    """A running stack."""

    settings: Settings
    base_url: str
    database: postgres.Server
    aws: Aws
    resources: Resources
    plan: plan.Plan
    functions: Functions
    beside: Any = None
    """What the application runs beside it."""


async def _nothing() -> None:
    pass


@dataclass(frozen=True)
class Ready:
    """What the application has to tell: the contents of stack.json, and lines for a newcomer."""

    about: Mapping[str, Any] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    """What a shell gets by `. .local/env`, beside BACKSHOP, where everything is."""
    lines: tuple[str, ...] = ()
    settle: Callable[[], Awaitable[None]] = _nothing
    """Awaited before they are told, with queues, timers and buckets at work."""
    afterwards: Callable[[], Coroutine[Any, Any, None]] = _nothing
    """Begun when they are told."""


@dataclass(frozen=True)
class Application:
    """What is particular to the application that the template describes."""

    parameters: Callable[[postgres.Server, Aws, str], Mapping[str, str]]
    """The template's parameters on this machine; given the URL of the gateway, too."""
    prepare: Callable[[Stack], Awaitable[Ready]]
    """Readies it once its routes answer: migrations, keys, demo data."""
    beside: Callable[[Settings], AbstractContextManager[Any]] = nullcontext
    """What it needs beside the stack, from before the first step until after the last."""


def serve(settings: Settings, application: Application) -> None:
    """Run the stack until SIGINT, SIGTERM or SIGHUP.

    Raises `UserError`.
    """
    _make_folders(settings)
    for number in _SIGNALS:
        signal.signal(number, _interrupt)
    with ExitStack() as open_things, suppress(KeyboardInterrupt):
        open_things.enter_context(_alone(settings.state))
        _forget(settings)
        listener = open_things.enter_context(_bound(settings.port))
        base_url = f"http://{HOST}:{listener.getsockname()[1]}"
        beside = open_things.enter_context(application.beside(settings))
        with step("Postgres"):
            try:
                folder = settings.state / "postgres"
                server = postgres.running(folder, 0, CONNECTIONS, dies_with_us=True)
                database = open_things.enter_context(server)
            except postgres.ServerError as error:
                raise CannotStart(str(error)) from error

        def parameters(aws: Aws) -> Mapping[str, str]:
            return application.parameters(database, aws, base_url)

        aws, resources = _aws(settings, parameters, open_things)
        served = plan.make(resources, aws)
        functions = Functions(served.functions, _surroundings(settings, aws, base_url), log)
        stack = Stack(settings, base_url, database, aws, resources, served, functions, beside)
        try:
            asyncio.run(_serve(stack, application, listener))
        finally:
            _ignore_signals()
    say("stopped; `make run` goes on with the same data, `make reset` drops it")


def _make_folders(settings: Settings) -> None:
    settings.logs.mkdir(parents=True, exist_ok=True)
    for path in settings.logs.iterdir():
        if path.stat().st_size > _LOG_BYTES:
            path.unlink()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise KeyboardInterrupt


def _ignore_signals() -> None:
    """Whoever presses Ctrl-C twice gets the same orderly end."""
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One stack a folder."""
    with (state / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise CannotStart(
                f"a stack is running with {state} already: stop it with Ctrl-C first, "
                "or give this one a folder of its own with --state"
            ) from error
        yield


def is_running(state: Path) -> bool:
    """Whether a stack has this folder."""
    if not (state / "lock").exists():
        return False
    try:
        with _alone(state):
            return False
    except CannotStart:
        return True


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    """The gateway's address, taken before anything slow begins."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
            why = "is taken" if error.errno == errno.EADDRINUSE else "needs root"
            raise CannotStart(f"port {port} {why}: try `make run PORT={port + 1000}`") from error
        yield listener


def _forget(settings: Settings) -> None:
    for path in (settings.stack_file, settings.host_file, settings.env_file, settings.sam_file):
        path.unlink(missing_ok=True)


def _aws(
    settings: Settings,
    parameters: Callable[[Aws], Mapping[str, str]],
    open_things: ExitStack,
) -> tuple[Aws, Resources]:
    """The AWS services with everything in them that the template asks for.

    They write down what they hold when they end. After the first start they are ended once, so that
    the keys are on disk before anything is encrypted with them.
    """
    folder = settings.state / "aws"
    first = not folder.exists()
    with step("AWS services"):
        if first:
            with stand_in.running(folder, settings.aws_python) as aws:
                _resources(settings, parameters, aws).make_all()
        aws = open_things.enter_context(stand_in.running(folder, settings.aws_python))
        resources = _resources(settings, parameters, aws)
        resources.make_all()
    return aws, resources


def _resources(
    settings: Settings, parameters: Callable[[Aws], Mapping[str, str]], aws: Aws
) -> Resources:
    pseudo = {
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::StackName": STACK,
        "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/local",
        "AWS::URLSuffix": "amazonaws.com",
    }
    return Resources(template.load(settings.template, parameters(aws), pseudo), aws)


async def _serve(stack: Stack, application: Application, listener: socket.socket) -> None:
    stop = asyncio.Event()
    for number in _SIGNALS:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    for each in stack.plan.unserved:
        say(f"[yellow]not served here:[/yellow] {each}")
    sqs = queues.Sqs(stack.aws.endpoint)
    inbox = Inbox(stack.aws)
    is_ready = asyncio.Event()
    gateway = await _open_gateway(stack, listener, sqs, inbox, is_ready)
    tasks: list[asyncio.Task[Any]] = []
    try:
        if stack.settings.bridge:
            await containers.listen(stack.settings.bridge, _ports(stack))
        ready = await _unless(stop, application.prepare(stack))
        if ready is not None:
            tasks = [asyncio.create_task(inbox.watch()), *_begin(stack, sqs)]
            await _unless(stop, ready.settle())
            if not stop.is_set():
                _announce(stack, ready)
                tasks.append(asyncio.create_task(ready.afterwards()))
                is_ready.set()
                await _unless(stop, _watch(stack, tasks))
    finally:
        say("stopping …")
        _forget(stack.settings)
        await gateway.cleanup()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await stack.functions.stop()
        await sqs.close()


async def _unless(stop: asyncio.Event, work: Awaitable[T]) -> T | None:
    """The work's result, or None when the person wants to stop before it is done."""
    working = asyncio.ensure_future(work)
    stopping = asyncio.ensure_future(stop.wait())
    await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if working.done():
        return working.result()
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return None


def _surroundings(settings: Settings, aws: Aws, base_url: str) -> Surroundings:
    surroundings = Surroundings(
        region=REGION,
        aws_endpoint=aws.endpoint,
        dependencies=Path(sysconfig.get_paths()["purelib"]),
        logs=settings.logs,
        invoke_endpoint=base_url,
        say=log,
    )
    return replace(surroundings, native_client=False) if settings.python_client else surroundings


async def _open_gateway(
    stack: Stack, listener: socket.socket, sqs: queues.Sqs, inbox: Inbox, is_ready: asyncio.Event
) -> web.AppRunner:
    """Requests are told once everything is ready: those before are the start's own."""

    def log_request(line: str) -> None:
        if is_ready.is_set():
            log(line)

    gateway = Gateway(
        stack.plan.routes,
        stack.plan.apis,
        stack.functions,
        account=ACCOUNT,
        region=REGION,
        say=log,
        say_request=log_request,
    )
    invoke_api = InvokeApi(stack.functions, lambda name: _on_failure(stack, sqs, name))
    local = [*inbox.routes(), *invoke_api.routes(), *docs_page.routes()]
    runner = web.AppRunner(
        gateway.application(local),
        access_log=None,
        logger=gateways.logger(),
        auto_decompress=False,  # a signature is of the bytes that were sent
        shutdown_timeout=3.0,
    )
    await runner.setup()
    await web.SockSite(runner, listener).start()
    return runner


def _begin(stack: Stack, sqs: queues.Sqs) -> list[asyncio.Task[Any]]:
    """Start what runs beside the gateway: queues, buckets, timers."""

    async def call(name: str, payload: bytes) -> Answer:
        return await stack.functions.invoke_async(name, payload, _on_failure(stack, sqs, name))

    works: list[Coroutine[Any, Any, Any]] = [stack.functions.give_up_idle()]
    works += [queues.poll(each, sqs, stack.functions, log) for each in stack.plan.sources]
    firsts = schedules.first_times(stack.plan.schedules, datetime.now(UTC))
    works += [
        schedules.keep(each, due, call)
        for each, due in zip(stack.plan.schedules, firsts, strict=True)
    ]
    for bucket in sorted({each.bucket for each in stack.plan.triggers}):
        triggers = [each for each in stack.plan.triggers if each.bucket == bucket]
        for trigger, url in objects.subscribe(stack.aws, bucket, triggers).items():
            works.append(objects.poll(trigger, url, sqs, call, log))
    return [asyncio.create_task(work) for work in works]


def _on_failure(stack: Stack, sqs: queues.Sqs, name: str) -> OnFailure | None:
    """Events that failed for good go to the queue that the template names."""
    url = stack.plan.on_failure.get(name)
    if url is None:
        return None

    async def keep(payload: bytes, answer: Answer, request_id: str) -> None:
        record = failure_record(name, payload, answer, request_id)
        await sqs.call("SendMessage", QueueUrl=url, MessageBody=json.dumps(record))

    return keep


async def _watch(stack: Stack, tasks: list[asyncio.Task[Any]]) -> None:
    """Runs as long as everything else does. Raises `Died`, or what ended a task."""
    while True:
        await asyncio.sleep(0.5)
        if stack.database.process.poll() is not None:
            raise Died(f"Postgres ended; its log is in {stack.settings.state / 'postgres'}")
        if stack.aws.process is not None and stack.aws.process.poll() is not None:
            raise Died(f"the AWS services ended; {stack.settings.state / 'aws' / 'log'} says why")
        for task in tasks:
            if task.done():
                task.result()


def _ports(stack: Stack) -> list[int]:
    """Of the services that functions call."""
    return [stack.database.port, int(stack.aws.endpoint.rpartition(":")[2])]


def _write_sam_file(stack: Stack, bridge: str) -> None:
    ids = [each.name for each in stack.resources.template.of_type("AWS::Serverless::Function")]
    # Named by the template under a condition, which `sam local` resolves nowhere but here.
    endpoint = {"AWS_ENDPOINT_URL": stack.aws.endpoint}
    variables = [{**each.environment, **endpoint} for each in stack.plan.functions]
    functions = dict(zip(ids, variables, strict=True))
    file = stack.settings.sam_file
    write_private(file, containers.environments(functions, bridge, _ports(stack)))
    reached = stack.aws.endpoint.replace(HOST, bridge)
    is_pulled = containers.is_pulled()
    say("Every route and event in containers of `sam local`, after `make template`:")
    for what in ("start-api --warm-containers LAZY", "invoke WebhookIngestFunction --event FILE"):
        say("  " + containers.command(what, file, reached, is_pulled=is_pulled))


def _announce(stack: Stack, ready: Ready) -> None:
    host = {
        "pid": os.getpid(),
        "base_url": stack.base_url,
        "aws_endpoint": stack.aws.endpoint,
        "region": REGION,
        "functions": stack.functions.names,
        "environments": _environments(stack),
        "resources": _made(stack),
        "schedules": [
            {
                "name": each.name,
                "function": each.function,
                "expression": each.expression,
                "input": each.input,
            }
            for each in stack.plan.schedules
        ],
    }
    write_private(stack.settings.host_file, host)
    variables = {"BACKSHOP": stack.base_url, **ready.variables}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in variables.items()]
    _write_private(stack.settings.env_file, "".join(lines))
    write_private(stack.settings.stack_file, {"base_url": stack.base_url, **ready.about})
    for line in ready.lines:
        say(line)
    if stack.settings.bridge:
        _write_sam_file(stack, stack.settings.bridge)


def _environments(stack: Stack) -> dict[str, dict[str, str]]:
    """What each function sees, for who runs one in another process."""
    surroundings = _surroundings(stack.settings, stack.aws, stack.base_url)
    return {
        each.name: runtime.variables(each, surroundings, port=0) for each in stack.plan.functions
    }


def _made(stack: Stack) -> list[dict[str, str]]:
    """What the template's names stand for here, in the words of CloudFormation's list of them."""
    return [
        {
            "LogicalResourceId": each.name,
            "ResourceType": each.type,
            "PhysicalResourceId": stack.resources.attribute(each.name, "Ref"),
        }
        for kind in ("AWS::SQS::Queue", "AWS::SecretsManager::Secret")
        for each in stack.resources.template.of_type(kind)
    ]


def write_private(path: Path, contents: Any) -> None:
    """Write JSON that only the owner may read, whole or not at all."""
    _write_private(path, json.dumps(contents, indent=2) + "\n")


def _write_private(path: Path, text: str) -> None:
    new = path.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.rename(path)
