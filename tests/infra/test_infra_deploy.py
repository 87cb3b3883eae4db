"""`make deploy`: both stacks in order, each told what the other made."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra import deploy
from local import template

ROOT = Path(__file__).parents[2]
INFRA = {
    "DatabaseHost": "db.cluster-abc.eu-west-1.rds.amazonaws.com",
    "DatabaseAdminSecretArn": "arn:admin",
    "SubnetIds": "subnet-1,subnet-2",
    "SecurityGroupIds": "sg-1",
    "AlarmTopicArn": "arn:topic",
    "OutgoingAddress": "192.0.2.1",
}
PROXY = "backshop.proxy-abc.eu-west-1.rds.amazonaws.com"
DIRECT = "postgresql://db.cluster-abc.eu-west-1.rds.amazonaws.com:5432/backshop?sslmode=verify-full"
THROUGH = f"postgresql://{PROXY}:5432/backshop?sslmode=verify-full"


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> tuple[dict[str, dict[str, str]], list[Any]]:
    """The stacks of an account, which are as empty as it is, and what is deployed there."""
    stacks: dict[str, dict[str, str]] = {}
    done: list[Any] = []

    def made(path: Path, stack: str, settings: Any, given: dict[str, str]) -> None:
        done.append((stack, dict(given)))
        if path == deploy.INFRA:
            has_proxy = given["WithProxy"] == "true" and given.get("ProxySecretArns")
            stacks[stack] = INFRA | ({"ProxyHost": PROXY} if has_proxy else {})
        else:
            stacks[stack] = {"ApiUrl": "https://api.example.com", "ProxySecretArns": "a,b,c"}

    monkeypatch.setattr(deploy, "deploy", made)
    monkeypatch.setattr(deploy, "executions_at_once", lambda: 1000)
    monkeypatch.setattr(deploy, "outputs", lambda stack: stacks.get(stack, {}))
    return stacks, done


@pytest.fixture
def asks_for_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """`WithProxy=true` in each stage's settings."""
    read = deploy.read_settings()
    for stage in deploy.STAGES:
        read[f"infra-{stage}"]["deploy"]["parameters"]["parameter_overrides"].append(
            "WithProxy=true"
        )
    monkeypatch.setattr(deploy, "read_settings", lambda: read)


@pytest.mark.parametrize("stage", deploy.STAGES)
def test_no_stage_has_a_proxy_unless_it_asks(account: Any, stage: str) -> None:
    _, done = account
    deploy.main(stage)
    assert [stack for stack, _ in done] == [f"backshop-{stage}-infra", f"backshop-{stage}"]
    assert done[0][1] == {"WithProxy": "false"}
    assert (done[1][1]["DatabaseUrl"], done[1][1]["DatabaseDirectUrl"]) == (DIRECT, "")


@pytest.mark.usefixtures("asks_for_proxy")
def test_a_first_deployment_comes_back_for_the_proxy(account: Any) -> None:
    _, done = account
    deploy.main("dev")
    order = ["backshop-dev-infra", "backshop-dev"]
    assert [stack for stack, _ in done] == order * 2
    given = [places for _, places in done]
    assert given[0] == {"WithProxy": "true"}
    assert (given[1]["DatabaseUrl"], given[1]["DatabaseDirectUrl"]) == (DIRECT, "")
    assert given[2] == {"WithProxy": "true", "ProxySecretArns": "a,b,c"}
    assert (given[3]["DatabaseUrl"], given[3]["DatabaseDirectUrl"]) == (THROUGH, DIRECT)


@pytest.mark.usefixtures("asks_for_proxy")
def test_later_ones_go_once(account: Any) -> None:
    _, done = account
    deploy.main("prod")
    done.clear()
    deploy.main("prod")
    assert [stack for stack, _ in done] == ["backshop-prod-infra", "backshop-prod"]
    assert done[1][1]["DatabaseUrl"] == THROUGH


def test_functions_leave_a_proxy_before_it_goes(account: Any) -> None:
    stacks, done = account
    stacks["backshop-dev-infra"] = INFRA | {"ProxyHost": PROXY}
    stacks["backshop-dev"] = {"ApiUrl": "x", "ProxySecretArns": "a,b,c"}
    deploy.main("dev")
    assert [stack for stack, _ in done][:2] == ["backshop-dev", "backshop-dev-infra"]
    assert done[0][1]["DatabaseUrl"] == DIRECT
    assert done[1][1] == {"WithProxy": "false"}


def test_a_proxy_is_made_only_of_a_template_that_is_asked_for_one() -> None:
    def has_proxy(**given: str) -> bool:
        made = template.load(ROOT / "infra/template.yaml", given, {"AWS::StackName": "x"})
        return bool(list(made.of_type("AWS::RDS::DBProxy")))

    arns = ",".join("abcdefg")
    assert not has_proxy()
    assert not has_proxy(ProxySecretArns=arns)
    assert not has_proxy(WithProxy="true")
    assert has_proxy(WithProxy="true", ProxySecretArns=arns)


@pytest.mark.parametrize("stage", ["", "production", "infra-dev"])
def test_a_stage_that_there_is_not_is_named(account: Any, stage: str) -> None:
    with pytest.raises(SystemExit, match="which stage"):
        deploy.main(stage)
    assert account[1] == []


@pytest.mark.parametrize("stage", ["", "production"])
def test_nothing_is_built_for_a_stage_that_there_is_not(stage: str) -> None:
    with pytest.raises(SystemExit, match="which stage"):
        deploy.check(stage)


@pytest.mark.parametrize("region", [None, "eu-west-1"])
def test_nothing_is_built_without_a_login(
    region: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    if region:
        monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    with pytest.raises(SystemExit, match="AWS_PROFILE, AWS_REGION"):
        deploy.check("dev")


def test_building_waits_for_the_login() -> None:
    made = (ROOT / "Makefile").read_text()
    recipe = re.findall(r"^deploy:.*\n((?:\t.*\n)+)", made, re.M)[0]
    assert recipe.index("--check") < recipe.index(" template")
    assert not re.search(r"^deploy:[^#]*template", made, re.M)


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What would be run, in place of it."""
    run: list[list[str]] = []

    def record(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        run.append([str(each) for each in command])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", record)
    monkeypatch.setattr(deploy, "executions_at_once", lambda: 1000)
    return run


def test_every_parameter_has_a_value(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SAM takes `Name=` for a mistake, and an empty one has to be `Name=""`."""
    stacks = {"backshop-dev-infra": INFRA}
    monkeypatch.setattr(deploy, "outputs", lambda stack: {"ApiUrl": "x"} | stacks.get(stack, {}))
    deploy.main("dev")
    assert len(commands) == 2
    for command in commands:
        overrides = command[command.index("--parameter-overrides") + 1 :]
        for each in overrides:
            assert re.fullmatch(r'\w+=("[^"]*"|[^\s"]+)', each), each
    assert 'DatabaseDirectUrl=""' in commands[1]
    declared = template.read(ROOT / "template.yaml")["Parameters"].keys()
    given = commands[1][commands[1].index("--parameter-overrides") + 1 :]
    assert {each.split("=")[0] for each in given} <= declared


@pytest.mark.sam
def test_sam_reads_the_parameters_as_they_are_meant(
    commands: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = (
        "import json, sys; from samcli.cli.types import CfnParameterOverridesType as T;"
        "print(json.dumps(T().convert(tuple(sys.argv[1:]), None, None)))"
    )
    stacks = {"backshop-dev-infra": INFRA}
    monkeypatch.setattr(deploy, "outputs", lambda stack: {"ApiUrl": "x"} | stacks.get(stack, {}))
    deploy.main("dev")
    monkeypatch.undo()
    command = commands[1]
    overrides = command[command.index("--parameter-overrides") + 1 :]
    python = ROOT / ".venv-sam/bin/python"
    said = subprocess.run([python, "-c", read, *overrides], capture_output=True, check=True)
    assert json.loads(said.stdout) == {"LogDays": "7"} | deploy.places(INFRA)


def test_the_templates_know_what_they_are_told() -> None:
    """Every parameter that goes over is declared there, and comes from an output."""
    read: Callable[[str], dict[str, Any]] = lambda name: template.read(ROOT / name)  # noqa: E731
    infra, application = read("infra/template.yaml"), read("template.yaml")
    assert INFRA.keys() | {"ProxyHost"} == infra["Outputs"].keys()
    assert deploy.places(INFRA).keys() <= application["Parameters"].keys()
    assert "ProxySecretArns" in application["Outputs"]
    assert {"ProxySecretArns", "WithProxy"} <= infra["Parameters"].keys()


def test_owners_go_past_the_proxy_where_their_login_is_unknown() -> None:
    """RDS Proxy knows the logins of its secrets and no others."""
    made = template.load(
        ROOT / "template.yaml",
        {"DatabaseUrl": THROUGH, "DatabaseDirectUrl": DIRECT, "DatabaseAdminSecretArn": "arn:a"},
        {"AWS::StackName": "x", "AWS::StackId": "a/b/c", "AWS::Region": "x"},
    )
    direct, owners = set(), set()
    for each in made.of_type("AWS::Serverless::Function"):
        variables = each.properties["Environment"]["Variables"]
        if {"DATABASE_OWNER_SECRET", "DATABASE_ADMIN_SECRET"} & variables.keys():
            owners.add(each.name)
        if made.resolve(variables["DATABASE_URL"], lambda name, _: name) == DIRECT:
            direct.add(each.name)
    assert owners
    assert owners == direct
