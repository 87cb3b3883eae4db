"""A Lambda's surroundings for unit tests: its environment, secrets, and AWS by moto.

`aws` gives what template.yaml makes; `load` imports a function as Lambda would; `event` reads one
of `events/`, the same files that `sam local invoke` takes.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from backshop import db, logs
from backshop.aws import config
from backshop.db import migrations
from backshop.web import keys
from moto import mock_aws
from moto.kms import models as kms

from local import template
from tests import contract

ROOT = Path(__file__).parents[2]
REGION = "eu-west-1"
ROLES = ("owner", *(each.removeprefix("backshop_") for each in migrations.LOGINS))

_login: ContextVar[str] = ContextVar("login", default="service")
"""Of the function whose handler is called."""

CONTEXT = SimpleNamespace(
    function_name="test",
    function_version="$LATEST",
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:test",
    memory_limit_in_mb=512,
    aws_request_id="52fdfc07-2182-454f-963f-5f0f9a621d72",
    get_remaining_time_in_millis=lambda: 20_000,
)


@dataclass
class Aws:
    """What was made: the key, the bucket, and queues by the variable that holds their URL."""

    key_id: str
    bucket: str
    queues: dict[str, str] = field(default_factory=dict)

    def messages(self, variable: str) -> list[dict[str, Any]]:
        """Take all messages of the queue whose URL stands in `variable`; their JSON bodies."""
        url = config.value(variable)
        sqs = config.client("sqs")
        taken: list[dict[str, Any]] = []
        while True:
            found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
            if not found:
                return taken
            for message in found:
                taken.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture(scope="session", autouse=True)
def _one_private_key() -> Iterator[None]:
    """moto makes an RSA key for every KMS key, which none of ours signs with: one is enough."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kms, "generate_private_key", cache(kms.generate_private_key))
        yield


@pytest.fixture
def aws(database: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    """The surroundings of every function, by moto; Postgres is the real one."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("POWERTOOLS_METRICS_DISABLED", "true")
    monkeypatch.setattr(keys, "ROUNDS", 4)
    monkeypatch.setattr(config, "login", _login.get)
    config.reset()
    db.close()
    with mock_aws():
        made = Aws(key_id=_key(), bucket="backshop-data")
        config.client("s3").create_bucket(
            Bucket=made.bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        made.queues["WEBHOOK_QUEUE_URL"] = _queue("webhooks")
        made.queues["SYNC_QUEUE_URL"] = _queue("sync")
        made.queues["OUTBOX_QUEUE_URL"] = _queue("outbox-worker.fifo", FifoQueue="true")
        values = {
            "CREDENTIALS_KEY": made.key_id,
            "DATA_BUCKET": made.bucket,
            "WEBHOOK_BODIES_KEY": made.key_id,
            "LOCAL_SHOPS": "yes",
            "DATABASE_URL": f"postgresql://127.0.0.1:{database.server.port}/{database.name}",
            "CAPABILITY_SECRET": _secret("capability", database.capability_key.decode()),
            "TOKEN_SECRET": _secret("token", "a key that signs tokens in tests, long enough"),
            "KEY_SECRET": _secret("key", "a key that marks API keys in tests, long enough"),
            "SMS_SENDER": "sns",
            "PUBLIC_URL": "https://api.example.com",
            **made.queues,
        }
        password = unquote(urlsplit(database.owner_url).password or "")
        for role in ROLES:
            login = {"username": f"backshop_{role}", "password": password}
            values[f"DATABASE_{role.upper()}_SECRET"] = _secret(role, json.dumps(login))
        for name, value in values.items():
            monkeypatch.setenv(name, value)
        _forget_codes(database)
        yield made
        db.close()
    config.reset()


@pytest.fixture
def load(aws: Aws) -> Iterator[Callable[[str], ModuleType]]:
    """Imports `functions/<name>/<name>.py` anew, its folder first on the path, as on a Lambda."""
    before = set(sys.modules)
    path = list(sys.path)

    def import_function(name: str) -> ModuleType:
        folder = ROOT / "functions" / name
        sys.path.insert(0, str(folder))
        spec = importlib.util.spec_from_file_location(name, folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
        _give_login(module, logins().get(name, "service"))
        _hold_to_contract(module)
        return module

    yield import_function
    sys.path[:] = path
    for name in set(sys.modules) - before:
        where = getattr(sys.modules[name], "__file__", None) or ""
        if where.startswith(str(ROOT / "functions")):
            del sys.modules[name]


@cache
def logins() -> dict[str, str]:
    """The login of each function that has another than `service`, as the template says."""
    given = {"DatabaseUrl": "", "DatabaseAdminSecretArn": ""}
    names = ("Region", "AccountId", "Partition", "URLSuffix", "StackId")
    made = template.load(ROOT / "template.yaml", given, {f"AWS::{each}": "" for each in names})
    found = {}
    for each in made.of_type("AWS::Serverless::Function"):
        variables = each.properties.get("Environment", {}).get("Variables", {})
        if login := variables.get("DATABASE_LOGIN"):
            found[each.properties["CodeUri"].removeprefix("functions/")] = login
    return found


def _give_login(module: ModuleType, login: str) -> None:
    """What its handler does, it does as the login that the template gives the function."""
    handler = module.handler

    def handle(event: Any, context: Any) -> Any:
        before = _login.set(login)
        try:
            return handler(event, context)
        finally:
            _login.reset(before)

    module.handler = handle  # type: ignore[attr-defined]


def _hold_to_contract(module: ModuleType) -> None:
    """Every answer that a test gets from a route is one that docs/openapi.json promises."""
    handler = module.handler

    def handle(event: Any, context: Any) -> Any:
        answer = handler(event, context)
        contract.check_answer(event, answer)
        return answer

    module.handler = handle  # type: ignore[attr-defined]


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """Every line that is logged during the test, as CloudWatch would get it."""
    lines: list[str] = []
    logs.logger()
    log = logging.getLogger("backshop")

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keep = Keep()
    keep.setFormatter(log.handlers[0].formatter)
    log.addHandler(keep)
    yield lines
    log.removeHandler(keep)


@pytest.fixture
def event() -> Callable[[str], dict[str, Any]]:
    """An event by its name below `events/`: `event("connectors/create")`."""

    def read(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
        return found

    return read


@pytest.fixture
def context() -> SimpleNamespace:
    """The context object of an invocation with 20 seconds left."""
    return CONTEXT


def _forget_codes(database: Any) -> None:
    """What other tests' stores had sent to a phone counts for all stores."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute("TRUNCATE kits.otp_limits, kits.otp_days, kits.otp_phones")


def _key() -> str:
    made: str = config.client("kms").create_key()["KeyMetadata"]["KeyId"]
    return made


def _queue(name: str, **attributes: str) -> str:
    made = config.client("sqs").create_queue(QueueName=name, Attributes=attributes)
    url: str = made["QueueUrl"]
    return url


def _secret(name: str, value: str) -> str:
    made = config.client("secretsmanager").create_secret(Name=name, SecretString=value)
    arn: str = made["ARN"]
    return arn
