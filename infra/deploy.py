"""`make deploy STAGE=…`: what is in infra/ first, then the application with what came of it.

RDS Proxy needs the passwords of the logins, which the application's stack makes. So the first
deployment of a stage goes round twice: the application reaches the database itself before it does
so through the proxy. Later ones go once.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SAM = ROOT / ".venv-sam/bin/sam"
BUILT = ROOT / ".aws-sam/build/template.yaml"
INFRA = ROOT / "infra/template.yaml"
EMPTY = '""'
STAGES = ("dev", "staging", "prod")

Outputs = Mapping[str, str]


def main(stage: str) -> None:
    """Deploy both stacks of a stage."""
    if stage not in STAGES:
        raise SystemExit(f"which stage? make deploy STAGE={'|'.join(STAGES)}")
    with (ROOT / "samconfig.toml").open("rb") as file:
        settings = tomllib.load(file)
    application = settings[stage]["deploy"]["parameters"]
    below = settings["infra-" + stage]["deploy"]["parameters"]
    name, lower = application["stack_name"], below["stack_name"]
    for _ in range(2):
        before = outputs(name)
        given = proxy_places(before)
        deploy(INFRA, lower, below, given)
        deploy(BUILT, name, application, places(outputs(lower)))
        if given:
            break
    sys.stdout.write(f"{name}: {outputs(name)['ApiUrl']}\n")


def proxy_places(application: Outputs) -> dict[str, str]:
    """Parameters of infra/ that the application's stack tells; none before there is one."""
    arns = application.get("ProxySecretArns")
    return {"ProxySecretArns": arns} if arns else {}


def places(infra: Outputs) -> dict[str, str]:
    """Parameters of the application that infra/ tells."""
    given = {
        key: infra[key]
        for key in ("DatabaseAdminSecretArn", "SubnetIds", "SecurityGroupIds", "AlarmTopicArn")
    }
    direct = url(infra["DatabaseHost"])
    if "ProxyHost" not in infra:
        return {**given, "DatabaseUrl": direct, "DatabaseDirectUrl": ""}
    return {**given, "DatabaseUrl": url(infra["ProxyHost"]), "DatabaseDirectUrl": direct}


def url(host: str) -> str:
    return f"postgresql://{host}:5432/backshop?sslmode=verify-full"


def deploy(template: Path, stack: str, settings: Mapping[str, Any], given: Outputs) -> None:
    """`sam deploy` with a stage's settings of samconfig.toml and these parameters."""
    own = [str(each) for each in settings.get("parameter_overrides", [])]
    # Without the quotes SAM takes an empty value for a mistake.
    overrides = [*own, *(f"{key}={value or EMPTY}" for key, value in given.items())]
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
    main(*sys.argv[1:2] or [""])
