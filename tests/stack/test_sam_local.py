"""The built template on real Lambda Python 3.13, in containers of `sam local`, with the whole
application behind them: the stack of `make run CONTAINERS=1`.

Each recorded delivery is sent once. Needs Docker and the Lambda image; where they are missing, the
tests are skipped and say so.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest

from local import containers, recordings, template
from tests.stack.conftest import Running, eventually, launch

pytestmark = [pytest.mark.sam, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/build/template.yaml"
SAM = ROOT / ".venv-sam/bin/sam"
LOGIN = {
    "SAM_CLI_TELEMETRY": "0",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}


@pytest.fixture(scope="module")
def stack(folder: Path) -> Iterator[Running]:
    """The application, reached by containers, too."""
    try:
        containers.bridge()
    except containers.NoContainers as missing:
        pytest.skip(str(missing))
    if not containers.is_pulled():
        pytest.skip(f"Docker lacks {containers.IMAGE}: `docker pull` it, then run again")
    if not BUILT.exists():
        pytest.fail("nothing is built; run `make template` first")
    state = folder / "containers" / "state"
    command = ["-m", "local", "--state", str(state), "run", "--port", "0", "--containers"]
    running = launch([*command, "--orders", "20"], state)
    try:
        running.until_synced()
        yield running
    finally:
        running.stop()


@dataclass(frozen=True)
class Sam:
    """`sam local` beside a stack, as the stack's own lines say to start it."""

    stack: Running
    options: list[str]

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """A function's answer to one event."""
        done = subprocess.run(
            [SAM, "local", "invoke", function, "--event", "-", *self.options],
            cwd=ROOT,
            env=os.environ | LOGIN,
            input=json.dumps(event),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def sam(stack: Running) -> Sam:
    endpoint = urlsplit(stack._said("host.json")["aws_endpoint"])
    reached = f"http://{containers.bridge()}:{endpoint.port}"
    places = f"AwsEndpoint={reached} DatabaseUrl=local DatabaseAdminSecretArn=local"
    options = ["--template", str(BUILT), "--env-vars", str(stack.state / "sam-env.json")]
    options += ["--parameter-overrides", places, "--skip-pull-image"]
    return Sam(stack, options)


@pytest.fixture(scope="module")
def api(sam: Sam, folder: Path) -> Iterator[httpx.Client]:
    """`sam local start-api`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    output = folder / "sam.out"
    command: list[str | Path] = [
        SAM,
        "local",
        "start-api",
        "--port",
        str(port),
        "--warm-containers",
        "LAZY",
    ]
    with output.open("w") as file:
        process = subprocess.Popen(
            [str(each) for each in (*command, *sam.options)],
            cwd=ROOT,
            env=os.environ | LOGIN,
            stdout=file,
            stderr=file,
            # What a shell starts in the background ignores Ctrl-C, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
    try:
        eventually(lambda: "Running on" in output.read_text(), seconds=120)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=200) as client:
            yield client
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def test_recorded_deliveries_become_rows(stack: Running, api: httpx.Client) -> None:
    shops = stack.connectors
    before = orders(stack)
    with psycopg.connect(stack.database_urls["owner"]) as connection:
        query = "SELECT shop_domain FROM connect.connector_config WHERE id = %s"
        found = connection.execute(query, [shops["shopify"]["id"]]).fetchone()
    assert found
    for each in recordings.of_shops(shops, found[0]):
        path = shops[each.platform]["webhook_path"]
        answer = api.post(path, content=each.body, headers=each.headers)
        assert answer.status_code == 200, f"{each.platform} {each.name}: {answer.text}"
    expected = {(shops[name]["id"], name) for name in shops}

    def arrived() -> bool:
        return {(id, platform) for id, platform, _ in orders(stack) - before} == expected

    eventually(arrived, seconds=60)


def orders(stack: Running) -> set[tuple[str, str, str]]:
    """Store, platform and code of every order in the database."""
    with psycopg.connect(stack.database_urls["owner"]) as connection:
        rows = connection.execute(
            "SELECT store_id::text, platform, code FROM connect.platform_order"
        ).fetchall()
    return {(row[0], row[1], row[2]) for row in rows}


def test_keys_open_what_they_open(stack: Running, api: httpx.Client) -> None:
    listed = api.get("/connectors", headers={"Authorization": f"Bearer {stack.staff_key}"})
    assert listed.status_code == 200, listed.text
    assert {each["platform"] for each in listed.json().get("items", [])} == set(stack.connectors), (
        listed.text
    )
    assert api.get("/connectors").status_code == 401
    last = "x" if stack.staff_key[-1] != "x" else "y"
    wrong = {"Authorization": f"Bearer {stack.staff_key[:-1]}{last}"}
    assert api.get("/connectors", headers=wrong).status_code == 403


def test_a_forged_delivery_is_refused(stack: Running, api: httpx.Client) -> None:
    delivery = recordings.first_order()
    path = stack.connectors["woocommerce"]["webhook_path"]
    forged = delivery.body.replace(b'"id"', b'"Id"', 1)
    assert api.post(path, content=forged, headers=delivery.headers).status_code == 401


def test_a_queue_function_saves_what_it_is_called_with(stack: Running, sam: Sam) -> None:
    id = stack.connectors["woocommerce"]["id"]
    order = json.loads(recordings.first_order().body) | {"id": 987654, "number": "987654"}
    body = json.dumps(order)
    message = {
        "connector_id": id,
        "platform": "woocommerce",
        "topic": "order.created",
        "key": "a-delivery-of-the-test",
        "received_at": "2026-11-28T12:00:00+00:00",
        "triggered_at": None,
        "sha256": "0" * 64,
        "body": body,
    }
    event = json.loads((ROOT / "events/webhook_ingest/woocommerce_order.json").read_text())
    event["Records"] = event["Records"][:1]
    event["Records"][0]["body"] = json.dumps(message)
    assert sam.invoke("WebhookIngestFunction", event) == {"batchItemFailures": []}
    assert "987654" in {code for store, _, code in orders(stack) if store == id}


def test_a_schedule_sees_the_whole_application(sam: Sam) -> None:
    answer = sam.invoke("OutboxSweepFunction", {})
    assert answer.keys() >= {"followed_up", "announced", "failed"}


def test_containers_need_passwords_as_others_do(stack: Running) -> None:
    where = urlsplit(stack.database_urls["backshop_service"])
    url = f"postgresql://backshop_service:wrong@{containers.bridge()}:{where.port}{where.path}"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url)


def test_every_function_is_told_where_the_application_is(stack: Running) -> None:
    told = json.loads((stack.state / "sam-env.json").read_text())
    made = template.load(
        BUILT, {"DatabaseUrl": "x", "DatabaseAdminSecretArn": "x"}, {"AWS::Region": "x"}
    )
    assert set(told) == {each.name for each in made.of_type("AWS::Serverless::Function")}
    assert (stack.state / "sam-env.json").stat().st_mode & 0o077 == 0
    bridge = containers.bridge()
    assert {urlsplit(each["DATABASE_URL"]).hostname for each in told.values()} == {bridge}
