"""Each page of the docs begins with something to try; it is tried here, as it stands."""

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted({*(ROOT / "docs").glob("*.md")} - {ROOT / "docs/index.md"})
"""The index leads to the README, whose two commands start everything."""
BLOCKS = re.compile(r"^## Try it\n.*?^```sh\n(.*?)^```\n```text\n(.*?)^```\n", re.M | re.S)


def tried(page: Path) -> tuple[str, str]:
    """The page's commands and what it says they print, with `…` for what differs each time."""
    found = BLOCKS.search(page.read_text())
    assert found, f"{page.name} has no `## Try it` with commands and what they print"
    return found[1], found[2]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_begins_with_prints_what_it_says(page: Path, stack: Any) -> None:
    commands, expected = tried(page)
    commands = commands.replace(".local/env", f"{stack.state}/env")
    commands = commands.replace("-m local ", f"-m local --state {stack.state} ")
    run = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=ROOT,
        env=os.environ | {"BACKSHOP_STATE": str(stack.state)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    parts = [re.escape(" ".join(part.split())) for part in expected.split("…")]
    pattern = ".*?".join(parts)
    assert re.search(pattern, " ".join(run.stdout.split()), re.S), run.stdout
