"""What `make run` fetches on a cold machine: what it runs with, and not what only tests need."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from local import later

ROOT = Path(__file__).parents[2]
MOST_MB = 836 / 4
"""A quarter of what it once was."""
AWS_PACKAGES = (
    ROOT / ".venv-aws/lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
)


def pins(name: str) -> dict[str, set[str]]:
    """Versions by package; a package may have several, for several Pythons."""
    found: dict[str, set[str]] = {}
    for package, version in re.findall(
        r"^([\w.-]+)(?:\[.*?\])?==([^\s;\\]+)", (ROOT / name).read_text(), re.M
    ):
        found.setdefault(package, set()).add(version)
    return found


def fetched_mb(packages: list[str], path: list[str]) -> float:
    """The size of the packages' wheels: their files as a wheel holds them, deflated."""
    size = 0
    for each in importlib.metadata.distributions(path=path):
        if each.name.lower().replace("_", "-").replace(".", "-") in packages:
            for file in each.files or ():
                place = Path(str(file.locate()))
                if place.suffix != ".pyc" and place.is_file():
                    size += len(zlib.compress(place.read_bytes(), 6))
    return size / 1e6


@pytest.mark.slow
def test_make_run_fetches_a_quarter_of_what_it_did(capsys: pytest.CaptureFixture[str]) -> None:
    ours = [path for path in sys.path if path.endswith("site-packages")]
    parts = {
        "the installer": fetched_mb(sorted(pins("requirements/bootstrap.txt")), ours),
        "what runs": fetched_mb(sorted(pins("requirements/run.txt")), ours),
        "AWS services": fetched_mb(sorted(pins("requirements/aws.txt")), [str(AWS_PACKAGES)]),
    }
    total = sum(parts.values())
    with capsys.disabled():
        told = ", ".join(f"{name} {size:.0f} MB" for name, size in parts.items())
        print(f"\nmake run fetches {total:.0f} MB of at most {MOST_MB:.0f}: {told}")
    assert all(size > 10 for size in parts.values()), "measured what is installed"
    assert total <= MOST_MB


def test_what_runs_is_what_is_tested() -> None:
    run, whole = pins("requirements/run.txt"), pins("requirements/dev.txt")
    assert len(run) > 50
    assert {name: whole[name] for name in run} == run
    assert not {"pytest", "mypy", "ruff", "moto", "hypothesis", "schemathesis"} & run.keys()


def test_what_comes_later_is_what_running_leaves_out() -> None:
    """A layer that is neither would be missing where a function imports it."""
    named = set(
        re.findall(r"^-r \.\./layers/(\w+)/", (ROOT / "requirements/run.in").read_text(), re.M)
    )
    layers = {path.parent.name for path in (ROOT / "layers").glob("*/requirements.in")}
    assert named | set(later.LAYERS) == layers
    assert not named & set(later.LAYERS)


def test_whoever_waits_is_told_every_two_seconds(tmp_path: Path) -> None:
    def told(*command: str) -> subprocess.CompletedProcess[str]:
        script = ["sh", str(ROOT / "local/telling.sh"), str(tmp_path), *command]
        return subprocess.run(script, capture_output=True, text=True, check=False, timeout=60)

    slow = told("sh", "-c", "sleep 5; echo done; exit 3")
    assert slow.returncode == 3
    assert re.match(r"  … 2 s, \d+ MB\n  … 4 s, \d+ MB\n", slow.stdout)
    assert slow.stdout.splitlines()[-1] == "done"
    assert told("true").stdout == ""
