"""`make deploy STAGE=…`: what is in infra/ first, then the application with what came of it.

A stage has no RDS Proxy unless its settings of infra/ say `WithProxy=true`: no page of AWS says
that it takes PostgreSQL 18. It needs the passwords of the logins, which the application's stack
makes, so that the first deployment with one goes round twice: the application reaches the database
itself before it does so through the proxy. Where it is given up, the application leaves it first.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from infra import connections

ROOT = Path(__file__).resolve().parents[1]
SAM = ROOT / ".venv-sam/bin/sam"
BUILT = ROOT / ".aws-sam/build/template.yaml"
INFRA = ROOT / "infra/template.yaml"
EMPTY = '""'
STAGES = ("dev", "staging", "prod")

Outputs = Mapping[str, str]


def main(stage: str) -> None:
    """Deploy both stacks of a stage."""
    known(stage)
    settings = read_settings()
    application = settings[stage]["deploy"]["parameters"]
    below = settings["infra-" + stage]["deploy"]["parameters"]
    name, lower = application["stack_name"], below["stack_name"]
    has_proxy = wants_proxy(below)
    say_connections(below, has_proxy=has_proxy)
    before = outputs(lower)
    if "ProxyHost" in before and not has_proxy:
        deploy(BUILT, name, application, places(without_proxy(before)))
    for _ in range(2):
        parameters = proxy_places(outputs(name), has_proxy=has_proxy)
        deploy(INFRA, lower, below, parameters)
        deploy(BUILT, name, application, places(outputs(lower)))
        if not has_proxy or "ProxySecretArns" in parameters:
            break
    sys.stdout.write(f"{name}: {outputs(name)['ApiUrl']}\n")


def check(stage: str) -> None:
    """Raises `SystemExit` where a deployment cannot begin: no such stage, or no login."""
    known(stage)
    who = login()
    sys.stdout.write(f"{stage}: into account {who['account']}, region {who['region']}\n")


def known(stage: str) -> None:
    """Raises `SystemExit` where there is no such stage."""
    if stage not in STAGES:
        raise SystemExit(f"which stage? make deploy STAGE={'|'.join(STAGES)}")


def login() -> dict[str, str]:
    """The account and the region that AWS is asked in. Raises `SystemExit` where there is none."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.session import get_session

    session = get_session()
    try:
        account = session.create_client("sts").get_caller_identity()["Account"]
        region = session.create_client("cloudformation").meta.region_name
    except (BotoCoreError, ClientError) as error:
        reason = str(error).rstrip(".")
        raise SystemExit(
            f"AWS does not let in: {reason}. Name a login and a region (AWS_PROFILE, AWS_REGION)"
        ) from None
    return {"account": str(account), "region": str(region)}


def read_settings() -> dict[str, Any]:
    """Of samconfig.toml."""
    with (ROOT / "samconfig.toml").open("rb") as file:
        return tomllib.load(file)


def wants_proxy(below: Mapping[str, Any]) -> bool:
    """Whether a stage's settings of infra/ ask for RDS Proxy."""
    parameters = connections.settings(below.get("parameter_overrides", []))
    return parameters["WithProxy"] == "true"


def say_connections(below: Mapping[str, Any], *, has_proxy: bool) -> None:
    """Whether the database takes what the account's executions at once hold: a figure to look at
    before it is needed, and no reason to refuse a deployment, since few reach their limit."""
    parameters = connections.settings(below.get("parameter_overrides", []))
    each = connections.most_held()
    verdict = connections.verdict(parameters, executions_at_once(), each, has_proxy=has_proxy)
    sys.stdout.write(f"connections: {verdict}\n")


def executions_at_once() -> int:
    """How many the account has, for all of its functions."""
    from botocore.session import get_session

    limits = get_session().create_client("lambda").get_account_settings()["AccountLimit"]
    return int(limits["ConcurrentExecutions"])


def proxy_places(application: Outputs, *, has_proxy: bool) -> dict[str, str]:
    """Parameters of infra/ for its proxy; the application's stack tells the secrets, once there is
    one. A parameter that is not given would keep the value that it had."""
    arns = application.get("ProxySecretArns") if has_proxy else None
    return {"WithProxy": str(has_proxy).lower(), **({"ProxySecretArns": arns} if arns else {})}


def without_proxy(infra: Outputs) -> Outputs:
    """The outputs of infra/ as they are once its proxy is gone."""
    return {key: value for key, value in infra.items() if key != "ProxyHost"}


def places(infra: Outputs) -> dict[str, str]:
    """Parameters of the application that infra/ tells."""
    parameters = {
        key: infra[key]
        for key in ("DatabaseAdminSecretArn", "SubnetIds", "SecurityGroupIds", "AlarmTopicArn")
    }
    direct = url(infra["DatabaseHost"])
    if "ProxyHost" not in infra:
        return {**parameters, "DatabaseUrl": direct, "DatabaseDirectUrl": ""}
    return {**parameters, "DatabaseUrl": url(infra["ProxyHost"]), "DatabaseDirectUrl": direct}


def url(host: str) -> str:
    return f"postgresql://{host}:5432/backshop?sslmode=verify-full"


def deploy(template: Path, stack: str, settings: Mapping[str, Any], parameters: Outputs) -> None:
    """`sam deploy` with a stage's settings of samconfig.toml and these parameters."""
    own = [
        str(each)
        for each in settings.get("parameter_overrides", [])
        if str(each).partition("=")[0] not in parameters
    ]
    # Without the quotes SAM takes an empty value for a mistake.
    overrides = [*own, *(f"{key}={value or EMPTY}" for key, value in parameters.items())]
    command: list[str | Path] = [SAM, "deploy", "--template", template, "--stack-name", stack]
    command += ["--capabilities", settings["capabilities"], "--resolve-s3"]
    command += ["--no-fail-on-empty-changeset", "--tags", *settings.get("tags", [])]
    command.append(
        "--confirm-changeset" if settings["confirm_changeset"] else "--no-confirm-changeset"
    )
    command += ["--parameter-overrides", *overrides] if overrides else []
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise SystemExit(f"{stack} was not deployed; what failed stands above")


def outputs(stack: str) -> dict[str, str]:
    """The outputs of a stack; none where there is no such stack."""
    from botocore.exceptions import ClientError
    from botocore.session import get_session

    client = get_session().create_client("cloudformation")
    try:
        [found] = client.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return {}
        raise
    return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}


if __name__ == "__main__":
    os.environ.setdefault("SAM_CLI_TELEMETRY", "0")
    if region := os.environ.get("AWS_REGION"):
        # `aws` reads it; botocore and SAM do not.
        os.environ["AWS_DEFAULT_REGION"] = region
    is_check, stages = "--check" in sys.argv, [each for each in sys.argv[1:] if each != "--check"]
    (check if is_check else main)(*stages[:1] or [""])
