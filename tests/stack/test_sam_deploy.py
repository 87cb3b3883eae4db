"""A deployment drill: `sam deploy` of the built template to the AWS stand-in.

It proves that every resource can be made and that references between them hold; the stand-in
ignores the routes of HTTP APIs, which the local gateway serves from the same template.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from local import aws as stand_in
from local import template

pytestmark = [pytest.mark.sam, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/build/template.yaml"
SERVICES = (
    f"{stand_in.SERVICES},cloudformation,lambda,apigateway,apigatewayv2,iam,logs,cloudwatch,"
    "monitoring,events,scheduler"
)
PLACES = {
    "DatabaseUrl": "postgresql://db.example.com:5432/backshop",
    "DatabaseAdminSecretArn": "arn:aws:secretsmanager:eu-west-1:000000000000:secret:admin",
    "MailIdentityArns": "arn:aws:ses:eu-west-1:000000000000:identity/a.example.com,"
    "arn:aws:ses:eu-west-1:000000000000:identity/b.example.com",
}


def test_the_template_deploys(tmp_path: Path) -> None:
    if not BUILT.exists():
        pytest.fail("nothing is built; run `make template` first")
    with stand_in.running(tmp_path, ROOT / ".venv-aws/bin/python", SERVICES) as aws:
        command: list[str | Path] = [ROOT / ".venv-sam/bin/sam", "deploy", "--template", BUILT]
        command += ["--stack-name", "backshop", "--capabilities", "CAPABILITY_IAM"]
        command += ["--resolve-s3", "--no-confirm-changeset", "--parameter-overrides"]
        command += [" ".join(f"{name}={value}" for name, value in PLACES.items())]
        surroundings = os.environ | {
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_DEFAULT_REGION": stand_in.REGION,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=500, check=False, env=surroundings
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        made = aws.client("cloudformation").describe_stack_resources(StackName="backshop")
    deployed = {each["LogicalResourceId"] for each in made["StackResources"]}
    read = template.load(BUILT, PLACES, {"AWS::Region": "eu-west-1"})
    functions = {each.name for each in read.of_type("AWS::Serverless::Function")}
    assert functions <= deployed
