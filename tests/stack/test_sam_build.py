"""`sam build` where there is a Python 3.13, where there is Docker instead, and where there is
neither: layers hold bytecode of that Python, or a sentence says what is missed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = [pytest.mark.sam, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
IMAGE = "public.ecr.aws/lambda/python:3.13-x86_64"
MISSED = "FastapiLayer: no bytecode"

Build = Callable[..., tuple[Path, str]]


@pytest.fixture
def build(tmp_path: Path) -> Build:
    """Builds a small layer with `python3.13` and `docker` as they are given; a program that is not
    given is there and fails, as a shim of pyenv does. So do installers that are on the PATH: layers
    are installed by the one that the project pins."""

    def run(**programs: str) -> tuple[Path, str]:
        first = tmp_path / "bin"
        first.mkdir()
        for name in ("python3.13", "docker", "python3", "pip", "pip3", "uv"):
            line = f'exec "{programs[name]}" "$@"' if name in programs else "exit 127"
            (first / name).write_text(f"#!/bin/sh\n{line}\n")
            (first / name).chmod(0o755)
        made = tmp_path / "built"
        command = [str(ROOT / ".venv-sam/bin/sam"), "build", "FastapiLayer", "--no-cached"]
        done = subprocess.run(
            [*command, "--build-dir", str(made)],
            cwd=ROOT,
            env=os.environ | {"PATH": f"{first}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"},
            capture_output=True,
            text=True,
            timeout=500,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return made / "FastapiLayer", done.stdout + done.stderr

    return run


def bytecode(layer: Path) -> set[str]:
    """The Pythons whose bytecode there is."""
    assert (layer / "python/fastapi/__init__.py").exists()
    return {path.suffixes[-2] for path in layer.rglob("*.pyc")}


def assert_is_of_a_lambda(layer: Path) -> None:
    assert bytecode(layer) == {".cpython-313"}
    [compiled] = layer.glob("python/mangum/__pycache__/__init__.*.pyc")
    assert b"/opt/python/mangum/__init__.py" in compiled.read_bytes()


def test_with_a_python_of_lambda(build: Build) -> None:
    places = [path for path in os.environ["PATH"].split(":") if "shims" not in path]
    pyenv = Path.home().glob(".pyenv/versions/3.13*/bin")
    found = shutil.which("python3.13", path=":".join([*places, *map(str, pyenv)]))
    if found is None:
        pytest.skip("no Python 3.13 here: install one, then run again")
    layer, output = build(**{"python3.13": found})
    assert_is_of_a_lambda(layer)
    assert MISSED not in output


def test_with_docker(build: Build) -> None:
    try:
        subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, check=True)
        docker = subprocess.check_output(["sh", "-c", "command -v docker"], text=True).strip()
    except (OSError, subprocess.CalledProcessError):
        pytest.skip(f"no Docker here, or it lacks {IMAGE}: `docker pull` it, then run again")
    layer, output = build(docker=docker)
    assert_is_of_a_lambda(layer)
    assert MISSED not in output


def test_with_neither(build: Build) -> None:
    layer, output = build()
    assert bytecode(layer) == set()
    assert MISSED in output
    assert "twice as long" in output
