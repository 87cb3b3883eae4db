"""The built template on real Lambda Python 3.13: an HTTP and a queue function under `sam local`.

What runs there is the handler with its layers: imports, compiled packages, routing, answers. A
container does not reach this machine's loopback, so the database is away, and that is what is
asserted; the
whole flow with a database is tests/stack/test_application.py. Needs Docker and the Lambda image;
where they are missing, the tests are skipped and say so.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.sam, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
BUILT = ROOT / ".aws-sam/build/template.yaml"
PLACES = "DatabaseUrl=postgresql://127.0.0.1:1/backshop DatabaseAdminSecretArn=none"

Invoke = Callable[[str, dict[str, Any]], Any]


@pytest.fixture(scope="module")
def invoke() -> Invoke:
    """Runs a function of the built template once; its answer as JSON."""
    try:
        subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no Docker here, or it lacks {IMAGE}: `docker pull` it, then run again")
    if not BUILT.exists():
        pytest.fail("nothing is built; run `make template` first")
    surroundings = os.environ | {
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
    }

    def run(function: str, event: dict[str, Any]) -> Any:
        command: list[str | Path] = [
            ROOT / ".venv-sam/bin/sam",
            "local",
            "invoke",
            function,
            "--template",
            BUILT,
        ]
        command += ["--event", "-", "--skip-pull-image", "--parameter-overrides", PLACES]
        done = subprocess.run(
            command,
            input=json.dumps(event),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env=surroundings,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    return run


def event(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return found


def test_an_http_function_routes_and_answers(invoke: Invoke) -> None:
    request = event("webhook_receive/woocommerce_order")
    path = "/webhooks/not-an-id"
    request |= {"rawPath": path, "pathParameters": {"connector_id": "not-an-id"}}
    request["requestContext"]["http"]["path"] = path
    answer = invoke("WebhookReceiveFunction", request)
    assert answer["statusCode"] == 404
    assert json.loads(answer["body"])["type"].endswith("#not-found")


def test_an_http_function_says_when_to_come_again_without_a_database(invoke: Invoke) -> None:
    answer = invoke("WebhookReceiveFunction", event("webhook_receive/woocommerce_order"))
    assert answer["statusCode"] == 503
    assert int(answer["headers"]["Retry-After"]) > 0


def test_a_queue_function_hands_back_what_it_cannot_save(invoke: Invoke) -> None:
    batch = event("webhook_ingest/woocommerce_order")
    failed = batch["Records"][0]["messageId"]
    answer = invoke("WebhookIngestFunction", batch)
    assert answer == {"batchItemFailures": [{"itemIdentifier": failed}]}
