"""A function is published anew when anything that it runs has changed, and only then."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from local import release, template

TEMPLATE = """
Globals:
  Function:
    Layers: [{Ref: SharedLayer}]
    Runtime: python3.13
Resources:
  SharedLayer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: SharedLayer}}
  OwnLayer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: OwnLayer}}
  Plain: {Type: AWS::Serverless::Function, Properties: {CodeUri: Plain, Timeout: 5}}
  Layered:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: Layered, Layers: [!Ref OwnLayer], MemorySize: !Ref Memory}
"""


@pytest.fixture
def built(tmp_path: Path) -> Path:
    for name in ("SharedLayer", "OwnLayer", "Plain", "Layered"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "code.py").write_text("one = 1\n")
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def digests(built: Path) -> dict[str, str]:
    release.main(built)
    made = template.read(built / "template.yaml")["Resources"]
    return {
        name: made[name]["Properties"]["AutoPublishCodeSha256"] for name in ("Plain", "Layered")
    }


def write(path: str) -> Callable[[Path], object]:
    return lambda built: (built / path).write_text("two = 2\n")


def set_timeout(built: Path) -> None:
    path = built / "template.yaml"
    path.write_text(path.read_text().replace("Timeout: 5", "Timeout: 6"))


def set_runtime(built: Path) -> None:
    path = built / "template.yaml"
    path.write_text(path.read_text().replace("python3.13", "python3.14"))


@pytest.mark.parametrize(
    "change, published",
    [
        (lambda _built: None, set()),
        (write("Plain/code.py"), {"Plain"}),
        (write("Plain/more.py"), {"Plain"}),
        (write("OwnLayer/code.py"), {"Layered"}),
        (write("SharedLayer/code.py"), {"Plain", "Layered"}),
        (set_timeout, {"Plain"}),
        (set_runtime, {"Plain", "Layered"}),
    ],
)
def test_what_changed_is_published(
    built: Path, change: Callable[[Path], object], published: set[str]
) -> None:
    (built / "template.yaml").write_text(TEMPLATE.replace("!Ref OwnLayer", "{Ref: OwnLayer}"))
    before = digests(built)
    assert all(each.isalnum() for each in before.values())
    change(built)
    after = digests(built)
    assert {name for name, each in before.items() if after[name] != each} == published
