"""Where backshop runs: on this machine (`make run`), or as a stack on AWS."""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from cli.errors import Refused, Stopped, Unreachable

ROOT = Path(__file__).resolve().parents[1]
QUEUE = "AWS::SQS::Queue"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105 (a type of resource)
LOG_GROUP = "AWS::Logs::LogGroup"
SCHEDULE = "AWS::Scheduler::Schedule"


@dataclass(frozen=True)
class Place:
    """One deployment. `resources` are physical ids by type and by the template's name."""

    name: str
    api_url: str
    resources: Mapping[str, Mapping[str, str]]
    functions: Mapping[str, str]
    """By the outputs of the template that name one: staff_keys, migrate."""
    region: str | None = None
    endpoint: str | None = None
    state: Path | None = None
    """The folder of the local stack; None on AWS."""
    schedules: tuple[Mapping[str, str], ...] = ()
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def is_local(self) -> bool:
        return self.state is not None

    def of_type(self, kind: str) -> Mapping[str, str]:
        return self.resources.get(kind, {})

    def client(self, service: str) -> Any:
        """A botocore client, made once."""
        if service not in self._clients:
            endpoint = self.api_url if self.is_local and service == "lambda" else self.endpoint
            self._clients[service] = _client(service, self.region, endpoint)
        return self._clients[service]

    @property
    def key_secret(self) -> str:
        """The secret that holds the key of whoever operates a stack on AWS."""
        return f"{self.name}/operator-key"

    @cached_property
    def key(self) -> str:
        """The staff key that the API is called with. Raises `Refused` where there is none."""
        if staff_key := os.environ.get("BACKSHOP_KEY"):
            return staff_key
        if self.state is not None:
            return str(_read(self.state / "stack.json")["staff_key"])
        manager = self.client("secretsmanager")
        try:
            return str(manager.get_secret_value(SecretId=self.key_secret)["SecretString"])
        except manager.exceptions.ResourceNotFoundException:
            raise Refused(
                f"there is no key for {self.name}: set BACKSHOP_KEY, or make one that stays in "
                f"Secrets Manager with `backshop keys make NAME --keep --stack {self.name}`"
            ) from None

    def keep_key(self, key: str) -> None:
        """Use this key from now on: in Secrets Manager, or in the folder of the local stack."""
        if self.state is None:
            put_secret(self.client("secretsmanager"), self.key_secret, key)
        else:
            _renew(self.state, str(_read(self.state / "stack.json")["staff_key"]), key)
        self.__dict__["key"] = key

    def keep_store_key(self, store_id: str, key: str) -> None:
        """Tell whoever reads the local stack's keys the one of now of a demo shop."""
        if self.state is not None:
            for each in _read(self.state / "stack.json")["connectors"]:
                if each["id"] == store_id:
                    _renew(self.state, str(each["store_key"]), key)

    def renew_urls(self) -> None:
        """Tell whoever reads the local stack's addresses of databases the logins of now."""
        if self.state is None:
            return
        manager = self.client("secretsmanager")
        about = _read(self.state / "stack.json")
        logins = {}
        for arn in self.of_type(SECRET).values():
            secret = manager.get_secret_value(SecretId=arn)["SecretString"]
            if secret.startswith("{"):
                login = json.loads(secret)
                logins[login["username"]] = login["password"]
        urls = {name: _with(url, logins) for name, url in about["database_urls"].items()}
        write_private(self.state / "stack.json", about | {"database_urls": urls})


def local(state: Path) -> Place:
    """The stack that `make run` serves with this folder. Raises `Unreachable`."""
    host = _read(state / "host.json")
    return Place(
        name="local",
        api_url=host["base_url"],
        resources=_by_type(host["resources"]),
        functions={"staff_keys": "staff_keys", "migrate": "migrate"},
        region=host["region"],
        endpoint=host["aws_endpoint"],
        state=state,
        schedules=tuple(host["schedules"]),
    )


def on_aws(named: str) -> Place:
    """The stack of this name, or of this stage in samconfig.toml. Raises `Stopped`."""
    stage = tomllib.loads((ROOT / "samconfig.toml").read_text()).get(named, {})
    name = stage.get("deploy", {}).get("parameters", {}).get("stack_name", named)
    formation = _client("cloudformation", None, None)
    try:
        [about] = formation.describe_stacks(StackName=name)["Stacks"]
    except formation.exceptions.ClientError as refused:
        if "does not exist" in str(refused):
            raise Unreachable(
                f"there is no stack {name} in {formation.meta.region_name}: "
                "name one of `aws cloudformation list-stacks`, or set AWS_REGION and AWS_PROFILE"
            ) from None
        raise
    outputs = {each["OutputKey"]: each["OutputValue"] for each in about.get("Outputs", ())}
    if "ApiUrl" not in outputs:
        raise Stopped(f"the stack {name} has no output ApiUrl: is it one of backshop's?")
    pages = formation.get_paginator("list_stack_resources").paginate(StackName=name)
    made = [each for page in pages for each in page["StackResourceSummaries"]]
    return Place(
        name=name,
        api_url=outputs["ApiUrl"].rstrip("/"),
        resources=_by_type(made),
        functions={
            "staff_keys": outputs["StaffKeysFunctionName"],
            "migrate": outputs["MigrateFunctionName"],
        },
        region=formation.meta.region_name,
    )


def _renew(state: Path, former: str, key: str) -> None:
    """Replace a key wherever the local stack has told it."""
    for name in ("keys.json", "stack.json", "env"):
        path = state / name
        _write_private(path, path.read_text().replace(former, key))


def _with(url: str, logins: Mapping[str, str]) -> str:
    """The URL with the password of now of its login."""
    parts = urlsplit(url)
    password = logins.get(parts.username or "", parts.password or "")
    return urlunsplit(
        parts._replace(
            netloc=f"{parts.username}:{quote(password, safe='')}@{parts.hostname}:{parts.port}"
        )
    )


def put_secret(manager: Any, name: str, value: str) -> None:
    """The secret's new value; it is made where there is none."""
    try:
        manager.put_secret_value(SecretId=name, SecretString=value)
    except manager.exceptions.ResourceNotFoundException:
        manager.create_secret(Name=name, SecretString=value)


def snake(logical: str) -> str:
    """A name of the template as people know it: WebhookIngestFunction is webhook_ingest."""
    plain = re.sub(r"(Function|Logs|Secret)$", "", logical)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", plain).lower()


def _client(service: str, region: str | None, endpoint: str | None) -> Any:
    from botocore.config import Config
    from botocore.session import get_session

    session = get_session()
    # `aws` reads it, and botocore does not.
    region = region or os.environ.get("AWS_REGION")
    if endpoint:
        session.set_credentials("local", "local")
    limits = Config(
        connect_timeout=5,
        read_timeout=70,
        retries={"mode": "standard", "total_max_attempts": 1 if service == "lambda" else 3},
    )
    return session.create_client(service, region_name=region, endpoint_url=endpoint, config=limits)


def _by_type(made: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for each in made:
        by_name = found.setdefault(each["ResourceType"], {})
        by_name[each["LogicalResourceId"]] = each.get("PhysicalResourceId", "")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise Unreachable(
            "no stack is running here: start one with `make run`, or name one on AWS with --stack"
        ) from None
    return document


def write_private(path: Path, contents: Mapping[str, Any]) -> None:
    """JSON, whole or not at all, for the owner's eyes alone."""
    _write_private(path, json.dumps(contents, indent=2) + "\n")


def _write_private(path: Path, text: str) -> None:
    new = path.with_name(f"{path.name}.new")
    new.touch(mode=0o600)
    new.write_text(text)
    new.rename(path)
