"""A deployment drill: `sam deploy` of the built template to the AWS stand-in, twice side by side,
and once more with a migration that fails.

It proves that every resource can be made, that references between them hold, that no name is taken
when a second stack comes into the region, and that migrations run inside the deployment. The
stand-in hands calls of `migrate` over to this test, which runs the function with the built layer
and the environment that was deployed, against a real Postgres. The stand-in knows no CodeDeploy
(traffic goes over at once here), and ignores the routes of HTTP APIs, which the local gateway
serves from the same template.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
import yaml

from local import aws as stand_in
from local import postgres, template

pytestmark = [pytest.mark.sam, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/build/template.yaml"
SERVICES = (
    f"{stand_in.SERVICES},cloudformation,lambda,apigateway,apigatewayv2,iam,logs,cloudwatch,"
    "monitoring,events,scheduler"
)
PLACES = {
    "DatabaseUrl": "set for each stack",
    "DatabaseAdminSecretArn": "set for each stack",
    "MailIdentityArns": "arn:aws:ses:eu-west-1:000000000000:identity/a.example.com,"
    "arn:aws:ses:eu-west-1:000000000000:identity/b.example.com",
}
CREDENTIALS = {
    "AWS_DEFAULT_REGION": stand_in.REGION,
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}
CALL = """
import json, sys
from pathlib import Path
from backshop.db import migrations
import migrate
migrations.migrate.__kwdefaults__["folder"] = Path(sys.argv[1])
print(json.dumps(migrate.handler(json.load(sys.stdin), None)))
"""


@dataclass
class Drill:
    """The stand-in, a Postgres, and what runs `migrate` between them."""

    aws: stand_in.Aws
    server: postgres.Server
    migrations: Path
    url: str = ""
    failed: list[str] = field(default_factory=list)

    def migrate(self, event: bytes, function: str) -> bytes:
        """Call the function as it is built, with the environment that was deployed."""
        about = self.aws.client("lambda").get_function_configuration(FunctionName=function)
        layer = BUILT.parent / "BackshopLayer/python"
        places = {
            "PYTHONPATH": f"{ROOT / 'functions/migrate'}:{layer}",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        endpoint = {"AWS_ENDPOINT_URL": self.aws.endpoint}
        done = subprocess.run(
            [sys.executable, "-c", CALL, str(self.migrations)],
            input=event,
            env=about["Environment"]["Variables"] | CREDENTIALS | places | endpoint,
            capture_output=True,
            check=False,
            timeout=120,
        )
        if done.returncode:
            self.failed.append(done.stderr.decode()[-2000:])
        return done.stdout.strip().splitlines()[-1] if done.stdout else b"null"

    def database(self, name: str) -> str:
        return self.server.url(postgres.SUPERUSER, self.server.password, name)

    def applied(self, name: str) -> set[str]:
        """Names of the migrations that a stack's database has."""
        with psycopg.connect(self.database(name)) as connection:
            rows = connection.execute("SELECT name FROM backshop.schema_migrations").fetchall()
        return {row[0] for row in rows}

    def describe(self, name: str) -> dict[str, Any]:
        [stack] = self.aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        return dict(stack)

    def reasons(self, name: str) -> list[str]:
        """What CloudFormation says of resources, or of a whole stack, that it could not make."""
        events = self.aws.client("cloudformation").describe_stack_events(StackName=name)
        return [
            f"{each['LogicalResourceId']}: {each.get('ResourceStatusReason', '')}"
            for each in events["StackEvents"]
            if each["ResourceStatus"].endswith(("FAILED", "ROLLBACK_IN_PROGRESS"))
        ]

    def resources(self, name: str) -> dict[str, str]:
        """Physical ids by logical ids."""
        made = self.aws.client("cloudformation").describe_stack_resources(StackName=name)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made["StackResources"]
        }


@pytest.fixture(scope="module")
def drill(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drill]:
    if not BUILT.exists():
        pytest.fail("nothing is built; run `make template` first")
    folder = tmp_path_factory.mktemp("drill")
    for each in (folder, *folder.parents[:2]):
        each.chmod(0o711)
    with (
        stand_in.running(folder / "aws", ROOT / ".venv-aws/bin/python", SERVICES) as aws,
        postgres.running(folder / "postgres", settings=postgres.THROWAWAY) as server,
    ):
        made = Drill(aws, server, ROOT / "sql/migrations")

        class Calls(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                event = self.rfile.read(int(self.headers["Content-Length"]))
                answer = made.migrate(event, self.headers["X-Amzn-Lambda-Function-Name"])
                self.send_response(200)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments: Any) -> None:
                pass

        calls = ThreadingHTTPServer(("127.0.0.1", 0), Calls)
        Thread(target=calls.serve_forever, daemon=True).start()
        made.url = f"http://127.0.0.1:{calls.server_port}/"
        yield made
        calls.shutdown()
        calls.server_close()


def deploy(drill: Drill, name: str, **changes: Any) -> subprocess.CompletedProcess[str]:
    """Deploy the built template with properties changed, by `Resource__Property`."""
    document = template.read(BUILT)
    variables = document["Resources"]["MigrateFunction"]["Properties"]["Environment"]["Variables"]
    variables["MINISTACK_LAMBDA_PROXY_URL"] = drill.url
    document["Resources"]["Migration"]["Properties"]["ServiceTimeout"] = "90"
    for change, value in changes.items():
        resource, key = change.split("__")
        document["Resources"][resource]["Properties"][key] = value
    path = BUILT.with_name(f"drill-{name}.yaml")
    path.write_text(yaml.safe_dump(document))
    places = {
        **PLACES,
        "DatabaseUrl": f"postgresql://127.0.0.1:{drill.server.port}/{_database(drill, name)}",
        "DatabaseAdminSecretArn": _admin_secret(drill),
    }
    command: list[str | Path] = [ROOT / ".venv-sam/bin/sam", "deploy", "--template", path]
    command += ["--stack-name", name, "--capabilities", "CAPABILITY_IAM"]
    command += ["--resolve-s3", "--no-confirm-changeset", "--parameter-overrides"]
    command += [" ".join(f"{key}={value}" for key, value in places.items())]
    surroundings = {"SAM_CLI_TELEMETRY": "0", "AWS_ENDPOINT_URL": drill.aws.endpoint, **CREDENTIALS}
    try:
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
            env=os.environ | surroundings,
        )
    finally:
        path.unlink()


def _database(drill: Drill, name: str) -> str:
    with psycopg.connect(drill.server.superuser_url(), autocommit=True) as connection:
        there = "SELECT FROM pg_database WHERE datname = %s"
        if connection.execute(there, [name]).fetchone() is None:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return name


def _admin_secret(drill: Drill) -> str:
    login = json.dumps({"username": postgres.SUPERUSER, "password": drill.server.password})
    manager = drill.aws.client("secretsmanager")
    try:
        made = manager.create_secret(Name="admin", SecretString=login)
    except manager.exceptions.ResourceExistsException:
        made = manager.describe_secret(SecretId="admin")
    return str(made["ARN"])


def assert_deployed(drill: Drill, name: str, done: subprocess.CompletedProcess[str]) -> None:
    told = (drill.reasons(name), drill.failed, done.stdout[-1500:], done.stderr[-1500:])
    assert done.returncode == 0, told


def test_two_stacks_stand_beside_each_other(drill: Drill) -> None:
    for name in ("backshop-one", "backshop-two"):
        assert_deployed(drill, name, deploy(drill, name))
    first, second = drill.resources("backshop-one"), drill.resources("backshop-two")
    read = template.load(BUILT, PLACES, {"AWS::Region": "eu-west-1"})
    assert {each.name for each in read.of_type("AWS::Serverless::Function")} <= first.keys()
    assert first.keys() == second.keys()
    same = {name: each for name, each in first.items() if second[name] == each}
    # A stage is its API's, and what the migration is called is the resource's own affair.
    assert same == {"ApiApiGatewayDefaultStage": "$default", "Migration": "migrations"}
    buckets = {each["Name"] for each in drill.aws.client("s3").list_buckets()["Buckets"]}
    assert {made["TryOnBucket"] for made in (first, second)} <= buckets
    known = {path.name for path in (ROOT / "sql/migrations").glob("*.sql")}
    assert drill.applied("backshop-one") == drill.applied("backshop-two") == known


def test_a_failed_migration_leaves_the_former_version_answering(
    drill: Drill, tmp_path: Path
) -> None:
    name = "backshop-one"
    if "backshop-one" not in str(drill.aws.client("cloudformation").list_stacks()):
        assert_deployed(drill, name, deploy(drill, name))
    function = drill.resources(name)["AuthorizerFunction"]
    client = drill.aws.client("lambda")

    def live() -> tuple[str, int]:
        """The version that callers reach, and its timeout."""
        version = client.get_alias(FunctionName=function, Name="live")["FunctionVersion"]
        about = client.get_function_configuration(FunctionName=function, Qualifier=version)
        return version, about["Timeout"]

    before = live()
    for path in (ROOT / "sql/migrations").glob("*.sql"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "9999_divide_something.sql").write_text("SELECT 1 / 0;\n")
    kept, drill.migrations = drill.migrations, tmp_path
    changes = {"Timeout": 9, "AutoPublishCodeSha256": "0" * 64}
    done = deploy(
        drill,
        name,
        Migration__Code="a newer layer",
        **{f"AuthorizerFunction__{key}": value for key, value in changes.items()},
    )
    drill.migrations = kept
    assert done.returncode != 0
    assert any("9999_divide_something.sql failed" in each for each in drill.reasons(name))
    assert live() == before
    assert "9999_divide_something.sql" not in drill.applied(name)
