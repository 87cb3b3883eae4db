"""Commands that the docs name are ones that there are: each `backshop …` is read by the command
line itself, and each `aws …` is held to botocore's own models, so that a renamed command or option
fails here and not in the night when an alarm rings."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel

from cli import app
from cli.places import snake
from local import template

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
OPERATIONS = (ROOT / "docs/operations.md").read_text()
FENCE = re.compile(r"^ *```(?:sh|bash)\n(.*?)^ *```", re.M | re.S)
SPAN = re.compile(r"`((?:\S*/)?(?:backshop|aws)\s[^`]+)`")
SHELL = {"|", "||", "&&", ";", "(", ")", "<(", "&"}
GLOBAL = {"query", "output", "region", "profile", "endpoint-url"}
"""Options that `aws` takes with every operation, from its reference."""
SERVICES = {"deploy": "codedeploy"}
"""What the AWS command line calls differently from botocore."""
FOLLOWING = {"logs tail", "s3 cp", "s3 sync", "s3 ls"}
"""Commands of `aws` that are no operation of a service's model."""


def lines(text: str) -> Iterator[str]:
    """Of shell blocks one a line, continued ones joined; of the prose each span of code."""
    for block in FENCE.findall(text):
        yield from block.replace("\\\n", " ").splitlines()
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S)
    yield from (" ".join(each.split()) for each in SPAN.findall(prose))


def words(line: str) -> list[str]:
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
    lexer.whitespace_split = True
    try:
        return list(lexer)
    except ValueError:
        return []  # a span of prose with an apostrophe


def commands(text: str, program: str) -> list[list[str]]:
    """What is given to each call of a program, in pipes and substitutions, too."""
    found = []
    for line in lines(text):
        parts: list[list[str]] = [[]]
        for word in words(line):
            if word in SHELL:
                parts.append([])
            else:
                parts[-1].append(word)
        found += [each[1:] for each in parts if each and each[0].rpartition("/")[2] == program]
    return found


def every(program: str) -> list[Any]:
    return [
        pytest.param(each, id=f"{page.stem}: {' '.join(each)}")
        for page in PAGES
        for each in commands(page.read_text(), program)
        # `backshop …` stands for all of its commands.
        if each not in (["…"], [])
    ]


def runbooks() -> dict[str, str]:
    """By alarm."""
    sections = re.split(r"^### (\w+Alarm)$", OPERATIONS, flags=re.M)
    return dict(zip(sections[1::2], sections[2::2], strict=True))


def resources(kind: str) -> dict[str, Any]:
    made = template.read(ROOT / "template.yaml")["Resources"]
    return {name: each["Properties"] for name, each in made.items() if each["Type"] == kind}


def schedules() -> set[str]:
    return {
        snake(f"{function.removesuffix('Function')}{event}")
        for function, about in resources("AWS::Serverless::Function").items()
        for event, given in (about.get("Events") or {}).items()
        if given["Type"] == "ScheduleV2"
    }


def is_mention(arguments: list[str]) -> bool:
    """A command that the text only names, without what it is given: `backshop erase`."""
    return len(arguments) <= 2 and not any(re.search("[^a-z-]|^-", each) for each in arguments)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reads arguments as `backshop` does, and does nothing: the exit code, the command's name and
    what it was given."""
    seen: list[click.Context] = []
    monkeypatch.setattr(click.Command, "invoke", lambda _self, context: seen.append(context))

    def call(arguments: list[str]) -> tuple[int, str, dict[str, Any]]:
        seen.clear()
        code = app.main(arguments)
        last = seen[-1] if seen else None
        return code, (last and last.info_name) or "", (last and last.params) or {}

    return call


@pytest.mark.parametrize("arguments", every("backshop"))
def test_a_command_of_ours_is_understood(arguments: list[str], read: Any) -> None:
    code, name, given = read(arguments)
    if code and is_mention(arguments):
        assert read([*arguments, "--help"])[0] == 0
        return
    assert code == 0
    if name == "logs":
        folders = {each.name for each in (ROOT / "functions").iterdir()} | {"api"}
        assert set(given["functions"]) - {"NAME", "FUNCTION"} <= folders
    if name == "redrive":
        assert set(given["queues"]) <= resources("AWS::SQS::Queue").keys()
    if name == "run":
        assert given["schedule"] in schedules()
    if "--stack" in arguments:
        stages = tomllib.loads((ROOT / "samconfig.toml").read_text()).keys()
        assert arguments[arguments.index("--stack") + 1] in {*stages, "backshop", "NAME"}


@pytest.mark.parametrize("arguments", [["logs", "--sinse", "1h"], ["redrives"], ["sync", "a"]])
def test_what_is_not_understood_is_found_out(arguments: list[str], read: Any) -> None:
    assert read(arguments)[0] == 2


@pytest.mark.parametrize("alarm", sorted(runbooks()))
def test_a_runbook_is_worked_off_with_the_command_line(alarm: str) -> None:
    """What to look at, for whom production is meant; what needs no command of ours says why."""
    look = runbooks()[alarm].partition("**Look:**")[2].partition("**Do:**")[0]
    found = commands(look, "backshop")
    assert found, "**Look:** names no `backshop …`"
    assert all(each[-2:] == ["--stack", "prod"] for each in found)


def test_runbooks_leave_nothing_to_fill_in() -> None:
    """Who is woken by an alarm has no time to look up what `…` or <name> stands for."""
    left = {
        alarm: [each for each in commands(text, "backshop") if re.search("[…<>]", " ".join(each))]
        for alarm, text in runbooks().items()
    }
    assert {alarm: each for alarm, each in left.items() if each} == {}


def operation(service: str, named: str) -> Any:
    """The operation's model, as the AWS command line calls it. Raises `KeyError`."""
    service = SERVICES.get(service, service)
    model = ServiceModel(Loader().load_service_model(service, "service-2"), service)
    by_name = {xform_name(each, "-"): each for each in model.operation_names}
    return model.operation_model(by_name[named])


@pytest.mark.parametrize("arguments", every("aws"))
def test_a_command_of_aws_is_one_of_its_models(arguments: list[str]) -> None:
    service, named, *rest = arguments
    if f"{service} {named}" in FOLLOWING:
        return
    shape = operation(service, named).input_shape
    members = {xform_name(each, "-"): each for each in shape.members}
    booleans = {
        f"no-{name}" for name in members if shape.members[members[name]].type_name == "boolean"
    }
    given = {each[2:].partition("=")[0] for each in rest if each.startswith("--")}
    assert given - members.keys() - booleans <= GLOBAL
    needed = {xform_name(each, "-") for each in shape.required_members}
    assert needed <= given or is_mention(arguments)
