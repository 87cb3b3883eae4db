"""Whoever has read enough ends a command without noise, whenever that is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("reader", ["true", "head -n 1", "head -c 1", "cat >/dev/null"])
def test_who_reads_may_stop(reader: str) -> None:
    line = f"set -o pipefail; {sys.executable} -m cli --help | {reader}"
    said = subprocess.run(
        ["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stderr) == (0, "")
